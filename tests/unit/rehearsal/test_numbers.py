"""Simulated offices fill in numbers and open tables, in any form, without a fault."""

from __future__ import annotations

from datetime import date

import pytest

from rehearsal.answers import Evidence, OfficeAnswer, numbers, rows
from rehearsal.workbooks import CoverEntries, FilledWorkbook
from reporting.forms.models import all_forms
from reporting.validation.check import CheckedWorkbook, WorkbookFile, check_workbooks
from tests.unit.validation.progress import CYCLE, NUMBERS, context, form
from tests.unit.workbook.office import DONG_NAI, request_workbook

COVER = CoverEntries("45/BC-UBND", date(2024, 12, 20), "An", "Bình", "a@b.example", date(2024, 12, 20))
OFFICES = [f"ubnd_{number}" for number in range(25)]


def _answer(office: str) -> OfficeAnswer:
    marked = [(indicator.code, 2024) for n, indicator in enumerate(form().indicators) if len(office) + n != 8]
    return OfficeAnswer(
        organization_id=office,
        mark="X",
        marks={key: Evidence("12/KH-UBND", date(2024, 9, 5)) for key in marked},
        narratives={"results": "Đã ban hành kế hoạch."},
        numbers=numbers(form(), marked, office),
        rows=rows(form(), office),
    )


def _filled(office: str) -> FilledWorkbook:
    workbook = FilledWorkbook(request_workbook(of_form=form(), cycle_id=CYCLE))
    workbook.fill(_answer(office), COVER, form())
    return workbook


def _check(*workbooks: FilledWorkbook) -> list[CheckedWorkbook]:
    return check_workbooks([WorkbookFile("a.xlsx", w.save(), DONG_NAI) for w in workbooks], context())


def test_what_is_made_up_has_no_fault_and_is_read_as_it_was_written() -> None:
    checked = _check(*map(_filled, OFFICES))
    assert {one.outcome for one in checked} == {"accepted"}, [f.message for c in checked for f in c.findings]
    for office, one in zip(OFFICES, checked, strict=True):
        answer = _answer(office)
        read = {(q.indicator, q.year): int(q.value) if q.value else 0 for q in one.quantities}
        assert read == {key: value if isinstance(value, int) else 0 for key, value in answer.numbers.items()}
        assert len(one.list_rows) == len(answer.rows["nhiem_vu"])
    assert len({len(one.list_rows) for one in checked}) == 3
    assert len({str(one.quantities) for one in checked}) > 20, "offices do not all say the same"


def test_a_fault_in_a_number_is_found_and_mended() -> None:
    workbook = _filled(OFFICES[0])
    workbook.write_number("kinh_phi", 2024, 77_777)
    (checked,) = _check(workbook)
    assert [(f.rule, f.sheet, f.cell) for f in checked.findings] == [("total_is_sum_of_parts", NUMBERS, "E8")]
    workbook.fill(_answer(OFFICES[0]), COVER, form())
    assert _check(workbook)[0].outcome == "accepted"


@pytest.mark.parametrize("of_form", all_forms(), ids=lambda f: f"{f.code}@{f.version}")
def test_numbers_are_made_up_for_every_form(of_form: object) -> None:
    made = numbers(of_form, (), "x")  # type: ignore[arg-type]
    assert len(made) == len(of_form.quantity_rows) * len(of_form.years)  # type: ignore[attr-defined]
