"""The office's own workbook comes back marked, and reads right when it is corrected and sent again."""

from __future__ import annotations

import io

import openpyxl
import pytest

from reporting.validation.findings import Finding, make_finding
from reporting.workbook.annotate import annotate
from tests.unit.workbook.office import (
    COVER,
    GOOD,
    MARKS,
    SECTIONS,
    TICK,
    Entries,
    check,
    fill,
    request_workbook,
)

RED, YELLOW, WHITE = "00FFC7CE", "00FFEB9C", "00FFFFFF"
LIST = "Cần hoàn thiện"
FAULTY: Entries = {
    **GOOD,
    (MARKS, "E7"): "đang làm",
    (MARKS, "E8"): "X",
    (MARKS, "G9"): "3/4/2011",
    (SECTIONS, "D6"): None,
}


def opened(data: bytes | None) -> openpyxl.Workbook:
    assert data is not None
    return openpyxl.load_workbook(io.BytesIO(data), rich_text=True)


@pytest.fixture(scope="module")
def returned() -> bytes:
    data = fill(request_workbook(), FAULTY)
    marked = annotate(data, check(data).findings)
    assert marked is not None
    return marked


def test_cells_are_coloured_and_say_what_to_do(returned: bytes) -> None:
    sheet = opened(returned)[MARKS]
    assert sheet["E7"].fill.start_color.rgb == RED
    assert sheet["E7"].comment.text == (
        'Giá trị "đang làm" không phải dấu hợp lệ.\n'
        '→ Đã có thì ghi X; chưa có thì chọn "Chưa có" và nêu tiến độ tại cột "Ghi chú".'
    )
    assert {sheet[a].fill.start_color.rgb for a in ("F8", "G8")} == {RED}
    assert sheet["G9"].fill.start_color.rgb == YELLOW
    assert sheet["E6"].comment is None
    assert sheet["E6"].value == "x"


def test_the_first_sheet_lists_the_worst_first(returned: bytes) -> None:
    book = opened(returned)
    assert book.sheetnames[0] == LIST
    assert book.active is not None
    assert book.active.title == LIST
    assert [sheet.title for sheet in book.worksheets if sheet.sheet_view.tabSelected] == [LIST]
    sheet = book[LIST]
    assert sheet["A2"].value == "2 nội dung cần sửa (ô màu đỏ), 2 nội dung cần giải trình (ô màu vàng)"
    assert [cell.value for cell in sheet[4]] == [
        "STT", "Mức độ", "Trang", "Ô", "Chỉ tiêu", "Nội dung", "Cách sửa", "Giá trị đã nhập",
    ]  # fmt: skip
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5, max_row=8)]
    assert [row[1] for row in rows] == ["Cần sửa", "Cần sửa", "Cần giải trình", "Cần giải trình"]
    assert rows[0] == [
        "1", "Cần sửa", MARKS, "E7", "Quy chế năm 2012", 'Giá trị "đang làm" không phải dấu hợp lệ.',
        'Đã có thì ghi X; chưa có thì chọn "Chưa có" và nêu tiến độ tại cột "Ghi chú".', "đang làm",
    ]  # fmt: skip
    assert rows[1][3:6] == [
        "F8, G8",
        "Kế hoạch năm 2011",
        "Đã ghi X nhưng chưa có số, ký hiệu và ngày văn bản.",
    ]


def test_nothing_of_the_office_is_lost(returned: bytes) -> None:
    before, after = opened(fill(request_workbook(), FAULTY)), opened(returned)
    assert after.sheetnames[1:] == before.sheetnames
    for name in before.sheetnames:
        old, new = before[name], after[name]
        assert {c.coordinate: str(c.value) for row in old for c in row if c.value is not None} == {
            c.coordinate: str(c.value) for row in new for c in row if c.value is not None
        }
        assert new.protection.sheet
        assert new.sheet_state == old.sheet_state
        assert new.freeze_panes == old.freeze_panes
        assert len(new.data_validations.dataValidation) == len(old.data_validations.dataValidation)


def test_corrected_and_sent_again_it_is_accepted(returned: bytes) -> None:
    again = check(
        fill(
            returned,
            {
                (MARKS, "E7"): "Chưa có",
                (MARKS, "F8"): "2/KH-UBND",
                (MARKS, "G8"): "05/01/2011",
                (MARKS, "I9"): "Kế hoạch 2 năm",
                (SECTIONS, "D6"): "Không có",
            },
        )
    )
    assert (again.outcome, again.findings) == ("accepted", ())
    assert {(m.indicator, m.year) for m in again.marks if m.is_marked} == {
        ("quy_che", 2011),
        ("ke_hoach", 2011),
        ("ke_hoach", 2012),
    }
    assert next(m.note for m in again.marks if (m.indicator, m.year) == ("ke_hoach", 2012)) == (
        "Giải trình: Kế hoạch 2 năm"
    )


def test_a_second_return_replaces_the_first(returned: bytes) -> None:
    half = fill(returned, {(MARKS, "E7"): "Chưa có", (MARKS, "G9"): "3/4/2012"})
    book = opened(annotate(half, check(half).findings))
    assert book.sheetnames.count(LIST) == 1
    assert len([name for name in book.sheetnames if name.startswith(LIST)]) == 1
    sheet = book[MARKS]
    assert (sheet["E7"].fill.start_color.rgb, sheet["E7"].comment) == (WHITE, None)
    assert (sheet["G9"].fill.start_color.rgb, sheet["G9"].comment) == (WHITE, None)
    assert sheet["F8"].fill.start_color.rgb == RED
    assert sheet["F8"].comment.text.count("Đã ghi X") == 1


def test_the_offices_own_comment_stays() -> None:
    book = opened(fill(request_workbook(), FAULTY))
    book[MARKS]["E7"].comment = openpyxl.comments.Comment("Đang trình ký", "Chuyên viên")
    buffer = io.BytesIO()
    book.save(buffer)
    marked = opened(annotate(buffer.getvalue(), check(buffer.getvalue()).findings))
    assert marked[MARKS]["E7"].comment.text.endswith("—\nĐang trình ký")


@pytest.mark.parametrize("typed", ['=HYPERLINK("http://evil.example")', "+1+1", "-2+3", "@SUM(1)"])
def test_what_looks_like_a_formula_is_echoed_as_text(typed: str) -> None:
    data = fill(request_workbook(), {TICK: "X", (MARKS, "H6"): "x"})
    finding = make_finding(
        "mark_is_valid", "error", "cells", sheet=MARKS, cells=["E6"], indicator="quy_che", value_seen=typed
    )
    cell = opened(annotate(data, [finding]))[LIST]["H5"]
    assert (cell.value, cell.data_type, bool(cell.quotePrefix)) == (typed, "s", True)


def test_the_list_stops_at_two_hundred() -> None:
    findings = [
        Finding("warning", "cells", "r", COVER, f"C{n}", None, None, f'Trang "{COVER}", ô C{n}: sai. → Sửa.')
        for n in range(1, 213)
    ]
    sheet = opened(annotate(request_workbook(), findings))[LIST]
    assert sheet["A204"].value == "200"
    assert sheet["A205"].value == "Còn 12 nội dung khác chưa liệt kê tại đây."


def test_what_cannot_be_opened_is_not_returned() -> None:
    assert annotate(b"", []) is None
    assert annotate(b"not a workbook", []) is None
    assert annotate(request_workbook()[:4000], []) is None
