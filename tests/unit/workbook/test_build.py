"""The workbook that goes out: pre-filled, locked, the same bytes every time."""

from __future__ import annotations

import io
import time
from datetime import date

import openpyxl
import pytest

from reporting.forms.models import load_form
from reporting.workbook.build import CoverPage, WorkbookIdentity, build_workbook
from reporting.workbook.instructions import instruction_examples
from tests.unit.workbook.office import (
    COVER,
    DONG_NAI,
    KEY,
    MARKS,
    SECTIONS,
    check,
    fill,
    form,
    request_workbook,
)


def test_equal_input_gives_equal_bytes_over_time() -> None:
    first = request_workbook()
    time.sleep(1.1)  # a creation date of the moment would show
    assert request_workbook() == first
    assert request_workbook(name="Đồng Tháp") != first


def test_the_cover_is_filled_in_before_the_office_opens_it() -> None:
    book = openpyxl.load_workbook(io.BytesIO(request_workbook()))
    assert book.sheetnames == [COVER, MARKS, SECTIONS, "Hướng dẫn", "_kbc"]
    shown = {row[1].value: row[2].value for row in book[COVER].iter_rows(min_row=4, max_row=40)}
    assert shown["Cơ quan báo cáo"] == "Sở Thông tin và Truyền thông Đồng Nai"
    assert shown["Mã tra cứu"] == DONG_NAI
    assert shown["Thực hiện Công văn"] == "Công văn số 3621/BTTTT-TTĐN ngày 3/12/2012"
    assert shown["Thời hạn gửi"] == "đến hết ngày 31/12/2012 (thứ Hai)"
    assert "Các ô để trống là chưa có" in shown


def test_only_input_cells_are_open_and_no_password_is_needed() -> None:
    book = openpyxl.load_workbook(io.BytesIO(request_workbook()))
    sheet = book[MARKS]
    assert sheet.protection.sheet
    assert not sheet.protection.password
    assert [sheet.cell(6, column).protection.locked for column in range(2, 10)] == [True] * 3 + [False] * 5
    assert book[COVER]["C11"].protection.locked
    assert not book[COVER]["C25"].protection.locked
    assert book["_kbc"].sheet_state == "veryHidden"
    assert sheet.row_dimensions[1].hidden
    assert sheet.column_dimensions["A"].hidden


def test_a_mark_is_chosen_from_a_list_and_prints_on_a4_landscape() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(request_workbook()))[MARKS]
    lists = {str(v.sqref): v.formula1 for v in sheet.data_validations.dataValidation if v.type == "list"}
    assert lists["E6"] == '"X,Chưa có,Không áp dụng"'
    assert len(lists) == 12
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
    assert sheet.freeze_panes == "D6"
    assert {sheet.cell(row, 5).font.name for row in range(5, 18)} == {"Times New Roman"}


def test_every_example_of_the_instructions_passes_the_checks() -> None:
    examples = instruction_examples(form())
    entries = {
        (COVER, "C25"): examples["blank_means_no"],
        (COVER, "C17"): examples["report"],
        (MARKS, "E7"): examples["mark_yes"],
        (MARKS, "F7"): examples["document_number"],
        (MARKS, "G7"): examples["document_on"],
        (MARKS, "E8"): examples["mark_no"],
        (MARKS, "E9"): examples["mark_not_applicable"],
        (SECTIONS, "D5"): examples["section"],
        (SECTIONS, "D6"): examples["section"],
    }
    sheet = openpyxl.load_workbook(io.BytesIO(request_workbook()))["Hướng dẫn"]
    assert set(examples.values()) <= {cell.value for cell in sheet["C"]}
    checked = check(fill(request_workbook(), entries))
    assert (checked.outcome, checked.findings) == ("accepted", ())
    assert [(m.indicator, m.year) for m in checked.marks if m.is_marked] == [("quy_che", 2012)]


def test_an_identity_of_another_form_version_is_refused() -> None:
    identity = WorkbookIdentity("c", DONG_NAI, "theo_doi_ttdn", "2010.1")
    cover = CoverPage("", "", date(2012, 12, 3), "", "", "", "", "", "", "")
    with pytest.raises(ValueError, match=r"names form theo_doi_ttdn@2010\.1"):
        build_workbook(load_form("theo_doi_ttdn", "2012.1"), identity, cover, KEY)
    with pytest.raises(ValueError, match="REPORTING_SIGNING_KEY"):
        request_workbook(key="")
