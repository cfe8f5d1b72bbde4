"""A form that asks for proposals and prose, and for no marks: sent, filled in, checked, given back."""

from __future__ import annotations

import io
from dataclasses import replace

import openpyxl
import pytest

from reporting.forms.models import Form, load_form
from reporting.validation.check import CheckContext, CheckedWorkbook, WorkbookFile, check_workbooks
from reporting.workbook.annotate import annotate
from reporting.workbook.refill import refill
from tests.unit.workbook.office import COVER, DONG_NAI, SECTIONS, context, fill, request_workbook, save

TASKS = "Biểu 1"
GOOD = {
    (TASKS, "C6"): "Cổng thông tin đối ngoại đa ngôn ngữ",
    (TASKS, "D6"): "Quốc gia",
    (TASKS, "E6"): "Bộ Thông tin và Truyền thông",
    (TASKS, "G6"): "2024 - 2026",
    (TASKS, "H6"): "Cổng thông tin",
    (TASKS, "I6"): 3200,
    (SECTIONS, "D5"): "Duy trì trang tiếng Anh.",
    (SECTIONS, "D6"): "Kinh phí còn ít.",
}


def form() -> Form:
    return load_form("de_xuat_kl_57", "2023.1")


def against() -> CheckContext:
    return replace(context(), form=form())


def asked() -> bytes:
    return request_workbook(of_form=form())


def check(data: bytes, name: str = "tra-loi.xlsx") -> CheckedWorkbook:
    return check_workbooks([WorkbookFile(name, data, DONG_NAI)], against())[0]


def test_it_has_no_sheet_of_marks_and_no_word_about_them() -> None:
    book = openpyxl.load_workbook(io.BytesIO(asked()))
    assert book.sheetnames == [COVER, TASKS, SECTIONS, "Hướng dẫn", "_kbc"]
    words = " ".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
    assert "Đánh dấu" not in words
    assert "Các ô để trống" not in words
    assert 'cột "Giải trình"' not in words


def test_a_proposal_and_prose_are_accepted_and_kept() -> None:
    checked = check(fill(asked(), GOOD))
    assert (checked.outcome, checked.findings) == ("accepted", ())
    assert checked.reference_code == DONG_NAI
    (row,) = checked.list_rows
    assert (row.content["quy_mo"], row.content["kinh_phi_du_kien"]) == ("Quốc gia", 3200)
    assert {one.section for one in checked.narratives} >= {"results", "difficulties"}
    assert checked.marks == checked.quantities == ()


def test_what_is_wrong_is_said_marked_and_given_back() -> None:
    sent = fill(asked(), {**GOOD, (TASKS, "D6"): "toàn quốc", (TASKS, "E6"): None})
    checked = check(sent)
    found = {(one.rule, one.sheet, one.cell) for one in checked.findings if one.severity == "error"}
    assert found == {("choice_is_offered", TASKS, "D6"), ("list_cell_is_given", TASKS, "E6")}
    returned = annotate(sent, checked.findings)
    assert returned is not None
    assert openpyxl.load_workbook(io.BytesIO(returned))[TASKS]["D6"].comment is not None
    assert check(refill(asked(), sent, "tra-loi.xlsx", form()).data).findings == checked.findings


def test_an_office_that_proposes_nothing_says_so() -> None:
    book = openpyxl.load_workbook(io.BytesIO(asked()))
    (label,) = [c for row in book[COVER].iter_rows() for c in row if c.value == "Toàn bộ không phát sinh"]
    nil = (COVER, f"C{label.row}")
    checked = check(fill(asked(), {nil: "X"}))
    assert (checked.outcome, checked.is_nil) == ("accepted", True)
    assert "nil_is_consistent" in {one.rule for one in check(fill(asked(), {**GOOD, nil: "X"})).findings}


def test_a_file_that_lost_its_tags_is_read_by_its_headings() -> None:
    book = openpyxl.load_workbook(io.BytesIO(fill(asked(), GOOD)))
    for name in (COVER, TASKS, SECTIONS):
        for cell in (*book[name][1], *(row[0] for row in book[name].iter_rows())):
            cell.value = None
    checked = check(save(book))
    assert checked.outcome == "accepted_with_warnings"
    assert {one.rule for one in checked.findings} == {"template_is_kept"}
    assert len(checked.list_rows) == 1


def test_a_form_that_asks_for_nothing_is_none() -> None:
    content = form().model_dump(mode="json") | {"lists": [], "sections": []}
    with pytest.raises(ValueError, match="asks for nothing"):
        Form.model_validate(content)
