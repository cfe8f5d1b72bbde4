"""The corpus: each workbook gets the outcome it should have, in exactly the words that are kept for it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from reporting.workbook.container import MAX_FILE_BYTES
from tests.corpus.case import EXPECTED, FOLDER, Case, cases_by_name, contents
from tests.corpus.outcome import seen
from tests.corpus.workbooks import workbook_cases

CASES = cases_by_name(workbook_cases())
_AGAIN = "run python -m tests.corpus, and look at what changed"


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, object]]:
    """What the checks say, all cases in one batch."""
    return dict(zip(CASES, seen(list(CASES.values())), strict=True))


@pytest.fixture(scope="module")
def expected() -> dict[str, dict[str, object]]:
    """What they are to say, word for word."""
    words: dict[str, dict[str, object]] = yaml.safe_load(EXPECTED.read_text(encoding="utf-8"))
    return words


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_each_case_has_its_outcome_owner_and_cells(case: Case, found: dict[str, dict[str, object]]) -> None:
    got = found[case.name]
    findings: list[dict[str, str]] = got.get("findings", [])  # type: ignore[assignment]
    assert (got["outcome"], got["owner"]) == (case.outcome, case.owner), case.odd
    assert tuple((one["rule"], one["cell"]) for one in findings) == case.at, case.odd
    if case.outcome in {"to_complete", "unreadable"}:
        assert findings, f"{case.odd}: refused without a word"
    if case.owner is None:
        assert got["question"], f"{case.odd}: nobody is told what to decide"


@pytest.mark.parametrize("name", CASES)
def test_each_case_is_told_in_these_words(
    name: str, found: dict[str, dict[str, object]], expected: dict[str, dict[str, object]]
) -> None:
    assert {"odd": CASES[name].odd, **found[name]} == expected[name]


def test_nothing_is_kept_of_cases_that_are_gone(expected: dict[str, dict[str, object]]) -> None:
    assert set(expected) == set(CASES)
    stored = {path.name for path in FOLDER.iterdir()} - {EXPECTED.name}
    assert stored == {name for name, case in CASES.items() if case.is_stored}


@pytest.mark.parametrize(
    "case", [c for c in CASES.values() if c.is_stored and not c.is_foreign], ids=lambda c: c.name
)
def test_the_stored_files_are_those_that_the_code_makes(case: Case) -> None:
    assert contents(case.path.read_bytes()) == contents(case.build()), _AGAIN


def test_there_are_enough_of_them_and_none_is_large() -> None:
    assert len(CASES) >= 60
    assert all(path.stat().st_size < MAX_FILE_BYTES / 50 for path in Path(FOLDER).iterdir())
