"""What a warehouse and its files hold, so that two of them can be compared row by row.

Numbers of rows and moments of the machine's clock are left out (state.yaml): a numbering has gaps after every
transaction that was given up.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from rehearsal.faults.domain.ledger import ledger, ranked
from reporting import plain_yaml
from reporting.database import query


@dataclass(frozen=True)
class State:
    """The rows of every table, and the files, that are there."""

    tables: dict[str, Counter[str]]
    archived: frozenset[str]
    channels: frozenset[str]


@cache
def rules() -> dict[str, Any]:
    """What is left out of comparisons."""
    found: dict[str, Any] = plain_yaml.load(Path(__file__).with_name("state.yaml").read_text("utf-8"))
    return found


def read(engine: Engine, folder: Path) -> State:
    """The present state of a site."""
    tables = {}
    names = ranked(ledger(engine))
    with engine.connect() as connection:
        for table in connection.scalars(query("rehearsal/kept_tables")).all():
            if table in rules()["tables"]:
                continue
            rows = connection.scalars(text(f"SELECT to_jsonb(t) FROM {table} t"))  # noqa: S608 - its own name
            tables[table] = Counter(
                _canonical(table, row, names) for row in rows if not _tells_of_repeat(row)
            )
    archived = frozenset(p.name for p in (folder / "archive").glob("*/*") if p.name[:2] == p.parent.name)
    channels = frozenset(
        str(p.relative_to(folder))
        for part in ("inbox", "folder")
        for p in (folder / part).rglob("*")
        if p.is_file()
    )
    return State(tables, archived, channels)


def differences(expected: State, found: State) -> list[str]:
    """What `found` has less or more, line by line: `table: less|more row`."""
    lines = []
    for table in sorted(expected.tables.keys() | found.tables.keys()):
        there, here = expected.tables.get(table, Counter()), found.tables.get(table, Counter())
        lines += [f"{table}: less {row}" for row in (there - here).elements()]
        lines += [f"{table}: more {row}" for row in (here - there).elements()]
    lines += [f"archive: less {name}" for name in sorted(expected.archived - found.archived)]
    lines += [f"channel: less {name}" for name in sorted(expected.channels - found.channels)]
    lines += [f"channel: more {name}" for name in sorted(found.channels - expected.channels)]
    return lines


def _canonical(table: str, row: dict[str, Any], names: Mapping[str, str]) -> str:
    left_out = {*rules()["columns"], *rules()["columns_of"].get(table, ())}
    if row.get("kind") in rules()["by_the_machines_clock"]:
        left_out.add("occurred_at")
    for column, pattern in rules()["numbers_in"].get(table, {}).items():
        found = re.fullmatch(pattern, row[column])
        if found is not None:
            row = row | {column: f"{row[column][: found.start(1)]}…{row[column][found.end(1) :]}"}
    return json.dumps(_without(row, left_out, names), ensure_ascii=False, sort_keys=True)


def _tells_of_repeat(row: dict[str, Any]) -> bool:
    return row.get("kind") in rules()["told_of_repeats"]


def _without(value: Any, left_out: set[str], names: Mapping[str, str]) -> Any:
    """The value without these keys, and without numbers given by a numbering (integers called …_id);
    Message-IDs by their names.
    """
    if isinstance(value, dict):
        return {
            key: _without(one, left_out, names)
            for key, one in value.items()
            if key not in left_out and not (key.endswith("_id") and isinstance(one, int))
        }
    if isinstance(value, list):
        return [_without(one, left_out, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value
