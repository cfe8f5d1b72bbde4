"""Totals that an office types beneath an open table: no rows of it, and held against the rows."""

from __future__ import annotations

import pytest

from tests.unit.validation.progress import CLEAN, TASKS, check
from tests.unit.workbook.office import Entries


def task(row: int, name: str, budget: object) -> Entries:
    cells: Entries = {
        (TASKS, f"C{row}"): name,
        (TASKS, f"D{row}"): "Địa phương",
        (TASKS, f"E{row}"): "UBND tỉnh",
        (TASKS, f"F{row}"): "31/12/2025",
        (TASKS, f"G{row}"): budget,
        (TASKS, f"H{row}"): "Đề án",
    }
    return cells


TASKS_OF_TWO = {**CLEAN, **task(6, "Cổng thông tin", 500), **task(7, "Tập huấn", 250.5)}


@pytest.mark.parametrize(
    ("label_at", "words"),
    [("C", "Tổng cộng"), ("B", "TỔNG CỘNG:"), ("C", "cong"), ("C", "Tổng số")],
)
def test_a_row_that_says_it_is_the_sum_is_no_task(label_at: str, words: str) -> None:
    checked = check({**TASKS_OF_TWO, (TASKS, f"{label_at}8"): words, (TASKS, "G8"): 750.5})
    assert [row.content["ten"] for row in checked.list_rows] == ["Cổng thông tin", "Tập huấn"]
    assert [f.rule for f in checked.findings] == []


def test_a_typed_total_that_is_not_the_sum_is_a_warning_with_place_and_both_numbers() -> None:
    checked = check({**TASKS_OF_TWO, (TASKS, "C8"): "Tổng cộng", (TASKS, "G8"): 800})
    (finding,) = checked.findings
    assert (finding.rule, finding.severity, finding.cell) == ("list_total_is_sum_of_rows", "warning", "G8")
    assert finding.message.startswith(
        'Trang "Biểu 3", ô G8 (Kinh phí dự kiến): hàng tổng cộng ghi 800, trong khi cộng các ô G6, G7 được '
        "750,5 (chênh 49,5). → Sửa hàng còn thiếu hoặc sửa số tổng cộng"
    )
    assert checked.outcome == "accepted_with_warnings"
    assert len(checked.list_rows) == 2


def test_a_total_of_the_rows_since_the_last_total_is_one_too() -> None:
    entries = {
        **TASKS_OF_TWO,
        (TASKS, "C8"): "Cộng",
        (TASKS, "G8"): 750.5,
        **task(9, "Ấn phẩm", 100),
        (TASKS, "C10"): "Cộng",
        (TASKS, "G10"): 100,
        (TASKS, "C11"): "Tổng cộng",
        (TASKS, "G11"): 850.5,
    }
    checked = check(entries)
    assert checked.findings == ()
    assert len(checked.list_rows) == 3


def test_a_total_without_rows_says_so() -> None:
    checked = check({**CLEAN, (TASKS, "C6"): "Tổng cộng", (TASKS, "G6"): 300})
    assert [f.rule for f in checked.findings] == ["list_total_is_sum_of_rows"]
    assert "các hàng trên không có số liệu" in checked.findings[0].message
    assert checked.list_rows == ()


def test_a_task_whose_name_begins_like_a_total_stays_a_task() -> None:
    checked = check({**CLEAN, **task(6, "Tổng kết công tác thông tin đối ngoại", 100)})
    assert [row.content["ten"] for row in checked.list_rows] == ["Tổng kết công tác thông tin đối ngoại"]
