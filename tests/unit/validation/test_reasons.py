"""What counts as a reason, where one may be given, and what is asked of documents and empty tables."""

from __future__ import annotations

from datetime import datetime

import pytest

from reporting.validation.findings import split_message
from tests.unit.validation.progress import CLEAN, MARKS, NUMBERS, TASKS, check
from tests.unit.workbook.office import Entries

TASK: Entries = {
    (TASKS, "C6"): "Đề án A",
    (TASKS, "D6"): "Địa phương",
    (TASKS, "E6"): "Sở",
    (TASKS, "H6"): "X",
}


def test_a_warning_in_an_open_table_is_answered_by_a_reply() -> None:
    (finding,) = check({**CLEAN, **TASK, (TASKS, "G6"): "1,150"}).findings
    assert finding.sheet == TASKS
    assert split_message(finding).mend.endswith("nếu giữ nguyên, đề nghị trả lời thư nêu lý do.")


def test_a_number_that_may_be_right_may_be_explained() -> None:
    (finding,) = check({**CLEAN, (NUMBERS, "E12"): 2000}).findings
    assert split_message(finding).mend == (
        'Kiểm tra lại hai số và sửa số chưa đúng; nếu giữ nguyên, ghi lý do tại cột "Giải trình".'
    )


@pytest.mark.parametrize("words", ["Không có", "Không", "-", "Không phát sinh."])
def test_an_open_table_that_says_there_is_nothing_is_empty(words: str) -> None:
    checked = check({**CLEAN, (TASKS, "C6"): words})
    assert (checked.outcome, checked.list_rows) == ("accepted", ())


@pytest.mark.parametrize(
    ("words", "counts"), [(".", False), ("-", False), ("Đúng", True), ("Tăng do lũ", True)]
)
def test_a_dot_is_no_reason(words: str, counts: bool) -> None:
    (finding,) = check({**CLEAN, (NUMBERS, "E12"): 2000, (NUMBERS, "G12"): words}).findings
    assert finding.explanation == (words if counts else None)


@pytest.mark.parametrize(("cell", "typed"), [("G12", "=A1"), ("F12", "=1/0")])
def test_a_formula_in_the_words_of_a_row_is_told(cell: str, typed: str) -> None:
    findings = check({**CLEAN, (NUMBERS, cell): typed}).findings
    assert [(f.rule, f.cell, f.value_seen) for f in findings] == [("formula_has_result", cell, typed)]


@pytest.mark.parametrize("typed", ["5/12/2024", datetime(2024, 12, 5)])  # noqa: DTZ001 - as Excel stores it
def test_a_document_number_that_became_a_date_is_asked_about(typed: str | datetime) -> None:
    (finding,) = check({**CLEAN, (MARKS, "F7"): typed}).findings
    assert (finding.rule, finding.severity, finding.cell) == ("document_number_is_plausible", "warning", "F7")
    assert "Excel có thể đã tự đổi thành ngày" in finding.message
