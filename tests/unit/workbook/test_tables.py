"""The table of numbers, the open tables and the new ticks: sent out, filled in, read."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest

from reporting.forms.models import load_form
from reporting.workbook.instructions import instruction_examples, instructions
from reporting.workbook.read import is_ticked, read_workbook
from reporting.workbook.values import read_date, read_number
from tests.unit.workbook.office import COVER, MARKS, SECTIONS, Entries, fill, request_workbook, save
from tests.unit.workbook.progress import NUMBERS, TASKS, progress_form, progress_request, read_progress

FILLED: Entries = {
    (COVER, "C26"): "X",
    (NUMBERS, "E6"): "1.234,5",
    (NUMBERS, "F6"): 12,
    (NUMBERS, "G6"): "Kể cả nhiệm vụ đột xuất",
    (NUMBERS, "H8"): "Đã đối chiếu",
    (NUMBERS, "F9"): "12,5",
    (TASKS, "C7"): "Xây dựng bản tin",
    (TASKS, "D7"): "Nhân lực, bồi dưỡng",
    (TASKS, "E7"): date(2024, 6, 30),
    (TASKS, "C9"): "Tập huấn cán bộ",
    (TASKS, "F9"): 500,
}


def opened(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def test_the_sheets_stand_in_order_and_print_on_a4_landscape() -> None:
    book = opened(progress_request())
    assert book.sheetnames == [COVER, MARKS, NUMBERS, TASKS, SECTIONS, "Hướng dẫn", "_kbc"]
    for name in (NUMBERS, TASKS):
        sheet = book[name]
        assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
        assert sheet.protection.sheet
    header = [cell.value for cell in book[NUMBERS][5]][1:]
    assert header == ["STT", "Chỉ tiêu", "Đơn vị tính", "2011", "2012", "Ghi chú", "Giải trình"]
    assert [cell.value for cell in book[TASKS][5]][1:] == [
        "STT", "Nội dung nhiệm vụ", "Lĩnh vực", "Thời hạn hoàn thành", "Kinh phí (triệu đồng)",
        "Văn bản giao",
    ]  # fmt: skip


def test_numbers_are_typed_into_open_cells_that_harm_no_text() -> None:
    sheet = opened(progress_request())[NUMBERS]
    assert [sheet.cell(6, column).protection.locked for column in range(2, 9)] == [True] * 3 + [False] * 4
    assert [sheet.cell(row, 5).number_format for row in range(6, 11)] == [
        "#,##0", "#,##0", "#,##0", "@", "#,##0",
    ]  # fmt: skip
    assert (sheet["D8"].value, sheet["C8"].font.bold, sheet["C6"].font.bold) == ("nhiệm vụ", True, False)
    checks = {str(check.sqref): check for check in sheet.data_validations.dataValidation}
    assert checks["E6:F6"].formula1 == 'OR(ISNUMBER(E6),E6="Không phát sinh",E6="Không áp dụng")'
    assert checks["E6:F6"].errorStyle == "warning"
    assert checks["E10:F10"].prompt.startswith("Đơn vị tính: triệu đồng. Chỉ nhập số;")


def test_rows_may_be_inserted_into_an_open_table_and_choices_may_hold_commas() -> None:
    book = opened(progress_request())
    sheet = book[TASKS]
    assert not sheet.protection.insertRows  # openpyxl names what is forbidden
    assert book[MARKS].protection.insertRows
    checks = {str(check.sqref): check.formula1 for check in sheet.data_validations.dataValidation}
    assert checks["D6:D9"] == "_kbc!$D$1:$D$3"
    assert [cell.value for cell in book["_kbc"]["D"]][:3] == ["Thể chế", "Nhân lực, bồi dưỡng", "Hạ tầng"]


def test_what_is_typed_is_read_with_its_place() -> None:
    book = read_progress(fill(progress_request(), FILLED))
    assert (book.findings, book.notes) == ((), ())
    cells = {(cell.indicator, cell.year): cell for cell in book.quantities}
    assert len(cells) == 10
    first = cells["viec_xong", 2011]
    assert (first.value.sheet, first.value.address, first.remark.text) == (
        NUMBERS,
        "E6",
        "Kể cả nhiệm vụ đột xuất",
    )
    assert [read_number(cells["viec_xong", year].value.value).value for year in (2011, 2012)] == [
        read_number(1234.5).value,
        12,
    ]
    assert (cells["viec_tong", 2012].explanation.text, cells["viec_tong", 2012].value.value) == (
        "Đã đối chiếu",
        None,
    )
    assert read_number(cells["ty_le", 2012].value.value).value == read_number(12.5).value
    rows = book.lists["de_xuat"]
    assert [row.position for row in rows] == [1, 2]
    assert {key: cell.text for key, cell in rows[0].cells.items()} == {
        "noi_dung": "Xây dựng bản tin", "linh_vuc": "Nhân lực, bồi dưỡng", "thoi_han": "30/6/2024",
        "kinh_phi": "", "van_ban": "",
    }  # fmt: skip
    assert read_date(rows[0].cells["thoi_han"].value).on == date(2024, 6, 30)
    assert rows[1].cells["noi_dung"].address == "C9"
    form = progress_form()
    assert is_ticked(book.cover["nothing_occurred"], form, "nothing_occurred")
    assert not is_ticked(book.cover["rest_follows"], form, "rest_follows")


def test_rows_that_the_office_inserted_count_without_a_tag() -> None:
    book = opened(fill(progress_request(), FILLED))
    sheet = book[TASKS]
    sheet.insert_rows(8, 30)
    sheet["C20"] = "Hàng chèn thêm"
    sheet.title = "Bieu 3 (sua)"
    found = read_progress(save(book))
    assert (found.findings, found.notes) == ((), ())
    assert [
        (row.cells["noi_dung"].text, row.cells["noi_dung"].address) for row in found.lists["de_xuat"]
    ] == [
        ("Xây dựng bản tin", "C7"),
        ("Hàng chèn thêm", "C20"),
        ("Tập huấn cán bộ", "C39"),
    ]


def test_rows_beneath_an_open_table_are_named_and_not_counted() -> None:
    found = read_progress(fill(progress_request(), {**FILLED, (TASKS, "C12"): "Quá hàng cuối"}))
    assert len(found.lists["de_xuat"]) == 2
    assert [note.message for note in found.notes] == [
        'Trang "Biểu 3", ô C12: nội dung nằm dưới hàng cuối của biểu nên không được ghi nhận. → Đề nghị '
        "chèn thêm hàng vào trong biểu và chuyển nội dung vào đó."
    ]


def test_without_its_end_an_open_table_goes_on_to_the_last_row() -> None:
    book = opened(fill(progress_request(), {**FILLED, (TASKS, "C12"): "Sau hàng cuối"}))
    book[TASKS]["A10"] = None
    assert len(read_progress(save(book)).lists["de_xuat"]) == 3


def test_lost_parts_are_named_by_their_sheets() -> None:
    book = opened(progress_request())
    del book[NUMBERS]
    book[TASKS].delete_cols(5)
    assert [finding.message.split(" → ")[0] for finding in read_progress(save(book)).findings] == [
        'Tệp không có trang "Biểu 2" của mẫu, hoặc trang đã bị thay bằng bản sao.',
        'Trang "Biểu 3": hàng tiêu đề hoặc cột của mẫu đã bị xóa.',
    ]


def test_a_quantity_row_that_stands_twice_is_named() -> None:
    book = opened(fill(progress_request(), FILLED))
    book[NUMBERS]["A12"] = book[NUMBERS]["A6"].value
    book[NUMBERS]["E12"] = 7
    (finding,) = read_progress(save(book)).findings
    assert finding.message.startswith('Trang "Biểu 2", các ô E6, E12 (Hoàn thành): có nhiều hàng')


def test_a_form_without_them_offers_neither_tick() -> None:
    labels = {cell.value for cell in opened(request_workbook())[COVER]["B"]}
    assert not labels & {"Toàn bộ không phát sinh", "Phần còn lại gửi sau"}
    labels = {cell.value for cell in opened(progress_request())[COVER]["B"]}
    assert labels >= {"Toàn bộ không phát sinh", "Phần còn lại gửi sau"}
    without_nil = progress_form().model_copy(update={"nil": None, "code": "khac"})
    labels = {cell.value for cell in opened(request_workbook(of_form=without_nil))[COVER]["B"]}
    assert labels & {"Toàn bộ không phát sinh", "Phần còn lại gửi sau"} == {"Phần còn lại gửi sau"}


def test_the_examples_read_as_what_they_show() -> None:
    examples = instruction_examples(progress_form())
    sheet = opened(progress_request())["Hướng dẫn"]
    assert set(examples.values()) <= {cell.value for cell in sheet["C"]}
    assert read_number(examples["quantity"]).state == "number"
    assert read_number(examples["quantity_nil"]).state == "nil"
    said = {item: words for item, words, _ in instructions(progress_form())}
    assert said["list"].startswith('Trang "Biểu 3" – mỗi nội dung ghi một hàng')


@pytest.mark.parametrize("version", ["2024.1"])
def test_the_form_of_the_resolution_reads_back_blank(version: str) -> None:
    form = load_form("tien_do_nq_47", version)
    book = read_workbook(request_workbook(of_form=form), "x.xlsx", form)
    assert (book.findings, book.notes) == ((), ())
    assert {cell.value.value for cell in book.quantities} == {None}
    assert dict(book.lists) == {table.code: () for table in form.lists}


def test_what_stands_outside_the_rows_and_columns_of_a_table_is_named() -> None:
    book = opened(progress_request())
    book[NUMBERS].insert_cols(5)
    book[NUMBERS]["E6"] = "Ghi chú riêng"
    book[NUMBERS]["C11"], book[NUMBERS]["F11"] = "Tổng số", 99
    assert [f.message for f in read_progress(save(book)).notes] == [
        'Trang "Biểu 2", các ô C11, E6, F11: có nội dung nằm ngoài phạm vi của biểu (3 ô), không được '
        "ghi nhận. "
        "→ Nếu là nội dung cần báo cáo, đề nghị chuyển vào ô của biểu; nếu không, xóa nội dung đó."
    ]


def test_a_full_open_table_goes_on_beneath_its_end() -> None:
    book = opened(progress_request())
    for row in range(6, 11):  # one more than there are rows
        book[TASKS][f"C{row}"] = f"Nhiệm vụ {row}"
    read = read_progress(save(book))
    assert ([row.position for row in read.lists["de_xuat"]], read.notes) == ([1, 2, 3, 4, 5], ())
