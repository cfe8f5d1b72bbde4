"""What the pipeline's role may do is what the statements of the software need: no less and no more."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from reporting.database import SQL
from reporting.pipeline_role import working
from reporting.settings import INCLUDE

_COMMENT = re.compile(r"--[^\n]*")
_CHANGE = re.compile(
    r"(?<!DO )(?<!FOR )(?<!KEY )\bUPDATE\s+(\w+\.\w+)(?:\s+(?:AS\s+)?(?!SET\b)\w+)?\s+SET\b", re.I
)
_ADD = re.compile(r"\bINSERT\s+INTO\s+([\w{}.]+)", re.I)
_INSTEAD = re.compile(r"\bDO\s+UPDATE\s+SET\b", re.I)
_REMOVE = re.compile(r"\bDELETE\s+FROM\s+(\w+\.\w+)", re.I)
_HOLD = re.compile(r"\bFOR\s+(?:NO\s+KEY\s+)?(?:UPDATE|SHARE|KEY\s+SHARE)\b(?:\s+OF\s+(\w+))?", re.I)
_SOURCE = re.compile(
    r"\b(?:FROM|JOIN)\s+(\w+\.\w+)(?:\s+(?:AS\s+)?(?!WHERE|JOIN|ORDER|ON\b|USING)(\w+))?", re.I
)
_END = re.compile(r"(?:FROM|WHERE|RETURNING)\b")

OWNERS = ("registry/load_", "rehearsal/list_few", "backup/note_restore")
"""Statements that the owner of the warehouse alone runs: `reporting registry load`, scenes of experiments, a
restore.
"""


def _statements() -> Iterator[tuple[str, str]]:
    for path in sorted((SQL / "queries").rglob("*.sql")):
        name = str(path.relative_to(SQL / "queries"))
        if not name.startswith(OWNERS):
            yield name, _COMMENT.sub("", path.read_text(encoding="utf-8"))


def _set_columns(statement: str, start: int) -> set[str]:
    """The columns left of the equals signs of a SET clause."""
    depth, place = 0, start
    parts = [""]
    while place < len(statement):
        sign = statement[place]
        if sign in ";" or (sign == ")" and depth == 0):
            break
        if depth == 0 and not statement[place - 1].isalnum() and _END.match(statement, place):
            break
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
        place += 1
    names = (part.partition("=")[0].strip().strip("()") for part in parts)
    return {name.strip() for part in names for name in part.split(",")}


def _changed() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for _, statement in _statements():
        for change in _CHANGE.finditer(statement):
            found[change[1]] |= _set_columns(statement, change.end())
        for instead in _INSTEAD.finditer(statement):
            table = list(_ADD.finditer(statement, 0, instead.start()))[-1][1]
            found[table] |= _set_columns(statement, instead.end())
    return {table: columns for table, columns in found.items() if not table.startswith("mart.")}


def _with_verb(pattern: re.Pattern[str]) -> set[str]:
    return {match[1] for _, statement in _statements() for match in pattern.finditer(statement)}


def _in_python(pattern: str) -> set[str]:
    files = [*INCLUDE.rglob("*.py"), *(INCLUDE.parent / "plugins").rglob("*.py")]
    return {name for file in files for name in re.findall(pattern, Path(file).read_text(encoding="utf-8"))}


def test_columns_that_may_be_changed_are_those_that_statements_change() -> None:
    assert {table: set(columns) for table, columns in working().columns.items()} == _changed()


def test_rows_may_be_removed_where_a_statement_removes_some() -> None:
    named = {table for table, verbs in working().tables.items() if "delete" in verbs}
    assert named == {table for table in _with_verb(_REMOVE) if not table.startswith("mart.")}


def test_rows_may_be_added_wherever_a_statement_adds_some() -> None:
    added = {table for table in _with_verb(_ADD) if "{" not in table}
    added |= _in_python(r'copy_rows\(\s*\w+,\s*"(\w+\.\w+)"')
    assert len(added) > 50
    assert [table for table in sorted(added) if "insert" not in working().verbs(table)] == []
    named = {table for table, verbs in working().tables.items() if "insert" in verbs}
    assert named <= added


def test_rows_that_are_held_may_be() -> None:
    """PostgreSQL wants the right to change some column of a row that is locked."""
    held = set()
    for name, statement in _statements():
        for hold in _HOLD.finditer(statement):
            if statement[max(0, hold.start() - 4) : hold.start()].strip().upper() == "DO":
                continue
            sources = [
                (source[1], source[2] or source[1].partition(".")[2])
                for source in _SOURCE.finditer(statement, 0, hold.start())
            ]
            of = [table for table, alias in sources if hold[1] in (None, alias)]
            assert of, name
            held.add(of[-1])
    assert [table for table in sorted(held) if not working().changeable(table)] == []
    assert set(working().held) <= held


def test_records_of_what_happened_can_only_be_added_to() -> None:
    for table in (
        "audit.event",
        "cycle.message_event",
        "cycle.document_registration",
        "cycle.document_file",
        "cycle.document_remark",
        "cycle.publication",
        "cycle.withdrawal",
        "cycle.contact_log",
        "cycle.dispatch",
        "core.former_content",
        "intake.reply",
        "intake.document_answer",
        "registry.contact_change",
    ):
        assert working().verbs(table) == ("select", "insert"), table
        assert working().changeable(table) == (), table
    kept = {"raw_sha256", "from_address", "received_at", "sent_at", "channel", "filename"}
    assert not kept & set(working().changeable("intake.arrival"))
    assert not {"file_sha256", "received_at", "sender"} & set(working().changeable("intake.submission"))
    assert not {"to_address", "subject", "body_text", "attachments"} & set(
        working().changeable("cycle.message")
    )
    assert not {"sha256", "size"} & set(working().changeable("intake.archived_file"))
