"""What the next workbook shows of the last period: lasting marks as answers, everything else beside them."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest

from reporting.validation.check import CheckedWorkbook
from reporting.validation.models import PriorFact
from reporting.workbook.prior import LastPeriod, PriorAnswer
from reporting.workbook.read import read_workbook
from reporting.workbook.refill import refill
from tests.unit.validation.progress import CYCLE, check_file, context, form
from tests.unit.workbook.office import COVER, fill, request_workbook

PLAN = PriorAnswer("yes", None, "128/KH-UBND", date(2024, 5, 17))
LAST = LastPeriod(
    "6 tháng đầu năm 2024",
    {
        ("ke_hoach_nq_47", 2024): PLAN,
        ("vi_tri_chuyen_trach", 2024): PriorAnswer("no"),
        ("can_bo", 2024): PriorAnswer("value", Decimal(12)),
        ("kinh_phi", 2024): PriorAnswer("value", Decimal("1150.5")),
        ("su_kien_nuoc_ngoai", 2024): PriorAnswer("nil"),
    },
    {"contact_name": "Lê Thị Hà", "contact_phone": "0251 000 000", "contact_email": "ha@dong-nai.example"},
)
PRIOR = {"ke_hoach_nq_47": PriorFact(2024, "yes", None, "128/KH-UBND")}
NUMBERS = "Biểu 2"
NIL_TICK = (COVER, "C27")  # a row further down than without: the cover names the last period


def asked() -> bytes:
    return request_workbook(of_form=form(), cycle_id=CYCLE, last=LAST)


def check_answer(data: bytes) -> CheckedWorkbook:
    return check_file("tra-loi.xlsx", data, context(prior=PRIOR))


def test_only_what_lasts_is_an_answer_and_the_rest_is_not_read() -> None:
    read = read_workbook(asked(), "x.xlsx", form())
    marks = {row.indicator: row for row in read.marks}
    plan = marks.pop("ke_hoach_nq_47")
    assert (plan.mark.text, plan.document_number.text) == ("X", "128/KH-UBND")
    assert plan.document_on.value in (date(2024, 5, 17), datetime(2024, 5, 17))  # noqa: DTZ001 - a cell
    assert all(not cell.text for row in marks.values() for cell in row[2:])
    assert all(not cell.text for one in read.quantities for cell in one[2:])
    assert read.notes == ()
    assert read.cover["contact_name"].text == "Lê Thị Hà"
    assert read.cover["prior_period"].text == "6 tháng đầu năm 2024"


def test_the_last_period_stands_beside_locked_and_is_named() -> None:
    book = openpyxl.load_workbook(io.BytesIO(asked()))
    marks, numbers = book["Biểu 1"], book[NUMBERS]
    assert [marks.cell(row, 5).value for row in (5, 6, 7, 8)] == [
        "Kỳ trước", "Chưa có", "Có: 128/KH-UBND, 17/5/2024", "",
    ]  # fmt: skip
    assert [numbers.cell(row, 5).value for row in (5, 6, 7, 8)] == ["Kỳ trước", "12", "", "1.150,5"]
    assert all(sheet.cell(6, 5).protection.locked for sheet in (marks, numbers))
    assert not marks.cell(7, 6).protection.locked
    for sheet in (marks, numbers):
        assert "Số liệu kỳ trước: 6 tháng đầu năm 2024" in sheet.cell(4, 2).value


def test_an_untouched_workbook_claims_no_number() -> None:
    checked = check_answer(fill(asked(), {}))
    assert checked.outcome == "to_complete"
    assert {finding.rule for finding in checked.findings if finding.severity == "error"} >= {
        "number_is_given"
    }


def test_a_mark_that_was_cleared_stays_cleared_when_the_file_is_given_back() -> None:
    sent = fill(asked(), {("Biểu 1", "F7"): None, ("Biểu 1", "G7"): None, ("Biểu 1", "H7"): None})
    assert read_workbook(sent, "x.xlsx", form()).marks[1].mark.text == ""
    again = refill(asked(), sent, "x.xlsx", form()).data
    assert all(not cell.text for cell in read_workbook(again, "x.xlsx", form()).marks[1][2:])


@pytest.mark.parametrize(("number", "accepted"), [("128/KH-UBND", True), ("999/KH-UBND", False)])
def test_what_is_kept_does_not_contradict_that_nothing_occurred(number: str, accepted: bool) -> None:
    """A mark that only stands from last time is nothing that occurred; a new document is."""
    sent = fill(asked(), {NIL_TICK: "X", ("Biểu 1", "G7"): number})
    checked = check_answer(sent)
    rules = {finding.rule for finding in checked.findings}
    assert ("nil_is_consistent" not in rules) == accepted
    assert checked.outcome.startswith("accepted") == accepted
    assert not accepted or "nil_is_like_last_time" not in rules


def test_who_has_not_reported_before_sees_the_form_as_ever() -> None:
    plain = request_workbook(of_form=form(), cycle_id=CYCLE)
    book = openpyxl.load_workbook(io.BytesIO(plain))
    assert all("Kỳ trước" not in {cell.value for cell in sheet[5]} for sheet in book if sheet.title != "_kbc")
