"""An office copies the form into a file of its own: read by headings and labels where they are whole."""

from __future__ import annotations

import io
from collections.abc import Callable

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from tests.unit.workbook.office import (
    COVER,
    DONG_NAI,
    GOOD,
    MARKS,
    SECTIONS,
    check,
    fill,
    read,
    request_workbook,
    save,
)
from tests.unit.workbook.progress import NUMBERS, TASKS, progress_request, read_progress
from tests.unit.workbook.test_tables import FILLED

NOTE = (
    "đã mất hàng, cột ẩn của mẫu; số liệu được ghi nhận theo tiêu đề cột và tên chỉ tiêu. → Đề nghị "
    "kiểm tra lại số liệu đã ghi nhận; lần sau điền trực tiếp vào tệp mẫu."
)


def copied(data: bytes, change: Callable[[openpyxl.Workbook], object] | None = None) -> bytes:
    """The visible cells of every visible sheet, typed into a new file two rows further down."""
    old, new = openpyxl.load_workbook(io.BytesIO(data)), openpyxl.Workbook()
    new.remove(new.worksheets[0])
    for sheet in old.worksheets:
        if sheet.sheet_state != "visible":
            continue
        copy: Worksheet = new.create_sheet(sheet.title.upper())
        for row in sheet.iter_rows(min_row=2, min_col=2):
            for cell in row:
                if cell.value is not None:
                    copy.cell(cell.row + 1, cell.column - 1).value = cell.value
    if change is not None:
        change(new)
    return save(new)


def test_the_copy_says_the_same_with_a_note_for_each_sheet() -> None:
    data = copied(fill(request_workbook(), GOOD))
    book, original = read(data), read(fill(request_workbook(), GOOD))
    assert book.findings == ()
    assert [[cell.text for cell in row[2:]] for row in book.marks] == [
        [cell.text for cell in row[2:]] for row in original.marks
    ]
    assert (book.marks[0].mark.sheet, book.marks[0].mark.address) == ("BIỂU 1", "D7")
    assert {key: cell.text for key, cell in book.sections.items()} == {
        key: cell.text for key, cell in original.sections.items()
    }
    assert (book.token, book.form_version, book.blank_means_no) == (None, "2012.1", True)
    assert book.cover["organization_name"].text == "Sở Thông tin và Truyền thông Đồng Nai"
    assert [note.message for note in book.notes] == [
        f'Trang "{name}": {NOTE}' for name in ("THÔNG TIN CHUNG", "BIỂU 1", "THUYẾT MINH")
    ]


def test_the_copy_is_accepted_from_a_known_sender() -> None:
    checked = check(copied(fill(request_workbook(), GOOD)))
    assert (checked.outcome, checked.reference_code) == ("accepted_with_warnings", DONG_NAI)
    assert sum(mark.is_marked for mark in checked.marks) == 2
    assert {finding.rule for finding in checked.findings} == {"template_is_kept", "identity_is_signed"}


def test_headings_without_diacritics_and_labels_in_capitals_are_known() -> None:
    def retyped(book: openpyxl.Workbook) -> None:
        sheet = book["BIỂU 1"]
        sheet["D6"], sheet["F6"] = "danh dau", "NGAY  BAN HANH"
        sheet["B7"] = str(sheet["B7"].value).upper()

    assert read(copied(fill(request_workbook(), GOOD), retyped)).findings == ()


def test_what_is_incomplete_or_ambiguous_stays_an_error() -> None:
    def lacks_a_row(book: openpyxl.Workbook) -> None:
        book["BIỂU 1"].delete_rows(8)

    def has_two(book: openpyxl.Workbook) -> None:
        book.copy_worksheet(book["BIỂU 1"])

    for change in (lacks_a_row, has_two):
        messages = [finding.message for finding in read(copied(request_workbook(), change)).findings]
        assert len(messages) == 1
        assert messages[0].startswith('Tệp không có trang "Biểu 1" của mẫu')


def test_one_lost_table_is_read_by_labels_beside_tagged_ones() -> None:
    book = openpyxl.load_workbook(io.BytesIO(fill(request_workbook(), GOOD)))
    for row in range(1, 20):
        book[MARKS].cell(row, 1).value = None
    found = read(save(book))
    assert found.findings == ()
    assert [(note.rule, note.severity, note.message) for note in found.notes] == [
        ("template_is_kept", "warning", f'Trang "{MARKS}": {NOTE}')
    ]
    assert found.token is not None
    assert found.sections["results"].sheet == SECTIONS
    assert found.marks[0].mark.text == "x"


def test_numbers_and_open_tables_are_known_by_their_labels_too() -> None:
    data = fill(progress_request(), FILLED)
    book, original = read_progress(copied(data)), read_progress(data)
    assert book.findings == ()
    assert [cell.value.text for cell in book.quantities] == [cell.value.text for cell in original.quantities]
    assert [{key: cell.text for key, cell in row.cells.items()} for row in book.lists["de_xuat"]] == [
        {key: cell.text for key, cell in row.cells.items()} for row in original.lists["de_xuat"]
    ]
    assert {note.sheet for note in book.notes} >= {NUMBERS.upper(), TASKS.upper(), COVER.upper()}


def test_a_copy_of_another_form_version_is_still_named_so() -> None:
    def older(book: openpyxl.Workbook) -> None:
        for row in book["THÔNG TIN CHUNG"].iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.value.startswith("theo_doi_ttdn"):
                    cell.value = "theo_doi_ttdn phiên bản 2010.1"

    (finding,) = read(copied(request_workbook(), older)).findings
    assert finding.rule == "form_version_is_current"
