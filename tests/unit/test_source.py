"""What holds for every source file: who imports whom, where SQL stands, where the present comes from."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from reporting.mail import compose
from reporting.regimes.models import all_regimes

CLONE = Path(__file__).parents[2]
INCLUDE, PLUGINS = CLONE / "include", CLONE / "plugins"
QUERIES = INCLUDE / "sql" / "queries"
PYTHON = sorted([*INCLUDE.rglob("*.py"), *PLUGINS.rglob("*.py"), *(CLONE / "dags").glob("*.py")])
SQL_FILES = sorted([*QUERIES.rglob("*.sql"), *(INCLUDE / "sql" / "marts").glob("*.sql")])
INSIDE_AIRFLOW = {"include/local_stack/accounts.py", "include/local_stack/auth_manager.py"}
"""What of the local stack runs inside Airflow: Airflow loads the auth manager by its name, which has to be a
class made from FAB's; accounts and roles are changed through FAB's own functions."""
WORDS = sorted(
    path
    for folder in ("wording", "templates", "regimes", "forms", "registry", "rehearsal")
    for path in (INCLUDE / folder).rglob("*")
    if path.suffix in {".yaml", ".j2", ".csv", ".xml"}
)
STATEMENT = re.compile(
    r"\b(SELECT\s|INSERT INTO\s|UPDATE\s+\w+[.\w]*\s+SET\s|DELETE FROM\s|CREATE (TABLE|VIEW)\s|WITH \w+ AS)"
)


def named(path: Path) -> str:
    return str(path.relative_to(CLONE))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> set[str]:
    """The first part of every module that a file imports, at its top or inside a function."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def strings(path: Path) -> Iterator[tuple[int, str, int]]:
    """(line, text, lines it takes) of every string of a file that is no docstring."""
    module = tree(path)
    documentation = {
        id(node.value)
        for node in ast.walk(module)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in documentation:
            text = (
                "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
                if isinstance(node, ast.JoinedStr)
                else node.value
            )
            if isinstance(text, str):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                yield node.lineno, text, max(lines, text.strip().count("\n") + 1)


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        (INCLUDE / "reporting", {"airflow", "reporting_airflow", "rehearsal", "local_stack"}),
        (INCLUDE / "rehearsal", {"airflow", "reporting_airflow"}),
        (INCLUDE / "local_stack", {"airflow", "reporting_airflow", "rehearsal"}),
        (PLUGINS, {"rehearsal", "local_stack"}),
        (CLONE / "dags", {"rehearsal", "local_stack"}),
    ],
    ids=["reporting", "rehearsal", "local_stack", "plugins", "dags"],
)
def test_a_part_imports_only_what_the_architecture_lets_it(folder: Path, forbidden: set[str]) -> None:
    files = sorted(folder.rglob("*.py"))
    assert files
    found = {named(path): imported(path) & forbidden for path in files}
    for name in found:
        if name.startswith("include/reporting/cli/"):  # the command line finds the stack that runs here
            found[name] -= {"local_stack"}
        if name in INSIDE_AIRFLOW:
            found[name] -= {"airflow"}
    assert {name: sorted(parts) for name, parts in found.items() if parts} == {}


def test_importing_the_local_stack_loads_no_airflow() -> None:
    # The auth manager is a class made from Airflow's; Airflow's configuration names it, nobody imports it.
    def modules(nodes: Iterable[ast.AST]) -> Iterator[str]:
        for node in nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    manager = INCLUDE / "local_stack" / "auth_manager.py"
    for path in (INCLUDE / "local_stack").glob("*.py"):
        at_top = {name.split(".")[0] for name in modules(tree(path).body)}
        assert path == manager or "airflow" not in at_top, named(path)
    loading = [
        named(path)
        for path in PYTHON
        if any(name.startswith("local_stack.auth_manager") for name in modules(ast.walk(tree(path))))
    ]
    assert loading == []


def test_a_statement_longer_than_a_line_stands_in_a_file_of_its_own() -> None:
    found = [
        f"{named(path)}:{line}"
        for path in PYTHON
        for line, text, lines in strings(path)
        if lines > 1 and STATEMENT.search(text)
    ]
    assert found == []


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_sql_file_opens_with_the_question_it_answers(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert re.match(r"-- \S.{8,}", first), first


def test_every_query_that_is_named_is_there_and_every_one_that_is_there_is_named() -> None:
    # Most names stand in a call of query(); some are passed on as strings, so every string counts.
    there = {f"{path.parent.name}/{path.stem}" for path in QUERIES.rglob("*.sql")}
    said = {text for path in PYTHON for _, text, _ in strings(path)}
    called = {
        node.args[0].value
        for path in PYTHON
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name | ast.Attribute)
        and (node.func.id if isinstance(node.func, ast.Name) else node.func.attr) == "query"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    assert called - there == set()
    begun = tuple(text for text in said if re.fullmatch(r"\w+/\w*_?", text))  # f"registry/load_{name}"
    assert {name for name in there - said if not name.startswith(begun)} == set()


def test_the_present_moment_comes_from_the_clock_alone() -> None:
    found = [
        f"{named(path)}:{node.lineno}"
        for path in PYTHON
        if INCLUDE / "local_stack" not in path.parents and path != INCLUDE / "reporting" / "clock.py"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and (node.attr in {"utcnow", "today"} or (node.attr == "now" and ast.unparse(node.value) != "clock"))
        and ast.unparse(node.value)
        in {"datetime", "date", "datetime.datetime", "datetime.date", "pd.Timestamp"}
    ]
    assert found == []


@pytest.mark.parametrize("path", WORDS, ids=named)
def test_words_are_written_in_one_form_of_unicode(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert unicodedata.normalize("NFC", text) == text


def test_every_mail_has_its_template_and_every_template_its_mail() -> None:
    mails = [path for path in PYTHON if INCLUDE / "reporting" in path.parents]
    calls = {
        node.args[0].value
        for path in mails
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "compose.compose"
        if isinstance(node.args[0], ast.Constant)
    }
    there = {path.name.removesuffix(".txt.j2") for path in compose.FOLDER.glob("*.txt.j2")}
    assert calls - there == set()
    said = {text for path in mails for _, text, _ in strings(path)}
    assert there - {"frame", "macros"} - said == set()


def test_a_regimes_reminder_is_named_by_its_working_days() -> None:
    for regime in all_regimes():
        for reminder in regime.reminders:
            side = "i_plus" if reminder.anchor == "issue" else "t_plus"
            side = "t_minus" if reminder.working_days < 0 else side
            assert reminder.step == f"reminder__{side}_{abs(reminder.working_days)}"
