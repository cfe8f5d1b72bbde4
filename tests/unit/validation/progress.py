"""A committee at its progress workbook: the form with numbers and an open table, filled in as by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from reporting.forms.models import Form, load_form
from reporting.validation.check import CheckContext, CheckedWorkbook, WorkbookFile, check_workbooks
from reporting.validation.models import PriorFact, RuleWaiver
from tests.unit.workbook.office import COVER, DONG_NAI, KEY, RECIPIENTS, Entries, fill, request_workbook

CYCLE = "tien_do_nq_47__2024_2"
MARKS, NUMBERS, TASKS = "Biểu 1", "Biểu 2", "Biểu 3"
NIL_TICK, FOLLOWS_TICK = (COVER, "C26"), (COVER, "C27")

GOOD: Entries = {
    (MARKS, "E6"): "X",
    (MARKS, "E7"): "X",
    (MARKS, "F7"): "128/KH-UBND",
    (MARKS, "G7"): "15/7/2024",
    (MARKS, "E8"): "Không áp dụng",
    (NUMBERS, "E6"): 12,
    (NUMBERS, "E7"): 2,
    (NUMBERS, "E8"): 1150,
    (NUMBERS, "E9"): "1.000",
    (NUMBERS, "E10"): 0,
    (NUMBERS, "E11"): 150,
    (NUMBERS, "E12"): "Không phát sinh",
    (NUMBERS, "E13"): 3,
    (NUMBERS, "E14"): 240,
    (NUMBERS, "E16"): "Không áp dụng",
    ("Thuyết minh", "D5"): "Đã ban hành kế hoạch.",
}
"""An answer without a fault, but for one number that could be read in two ways."""

CLEAN: Entries = {**GOOD, (NUMBERS, "E9"): 1000}


def form() -> Form:
    return load_form("tien_do_nq_47", "2024.1")


def context(
    *,
    prior: Mapping[str, PriorFact] | None = None,
    waivers: tuple[RuleWaiver, ...] = (),
    of_form: Form | None = None,
) -> CheckContext:
    """The second half-year; `prior` is what Đồng Nai reported for the first, by indicator."""
    return CheckContext(
        form=of_form or form(),
        cycle_id=CYCLE,
        cycle_title="tiến độ thực hiện Nghị quyết số 47/NQ-CP 6 tháng cuối năm 2024",
        period_from=date(2024, 7, 1),
        period_to=date(2024, 12, 31),
        recipients=RECIPIENTS,
        resolve=lambda name: None if "Đồng Nai" not in name else DONG_NAI,
        signing_key=KEY,
        waivers=waivers,
        prior={DONG_NAI: {code: (fact,) for code, fact in (prior or {}).items()}},
    )


def before(value: int | str) -> PriorFact:
    """A number of last time."""
    return PriorFact(2024, "value", Decimal(value))


def check(entries: Entries, against: CheckContext | None = None) -> CheckedWorkbook:
    data = fill(request_workbook(of_form=form(), cycle_id=CYCLE), entries)
    return check_file("tra-loi.xlsx", data, against)


def check_file(filename: str, data: bytes, against: CheckContext | None = None) -> CheckedWorkbook:
    """Đồng Nai sends this file."""
    return check_workbooks([WorkbookFile(filename, data, DONG_NAI)], against or context())[0]
