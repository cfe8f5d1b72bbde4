"""An office at its workbook: the request it gets, and what it types into the cells."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, datetime

import openpyxl

from reporting.forms.models import Form, load_form
from reporting.registry.names import fold
from reporting.validation.check import CheckContext, CheckedWorkbook, WorkbookFile, check_workbooks
from reporting.workbook.build import CoverPage, WorkbookIdentity, build_workbook
from reporting.workbook.prior import NOTHING, LastPeriod
from reporting.workbook.read import ReadWorkbook, read_workbook

KEY = "a signing key of the tests"
CYCLE = "ttdn_dia_phuong__2011_2012"
DONG_NAI, QUANG_NINH, QUANG_BINH = "TTDN12-19", "TTDN12-48", "TTDN12-45"
RECIPIENTS = {DONG_NAI: "Đồng Nai", QUANG_NINH: "Quảng Ninh", QUANG_BINH: "Quảng Bình"}
COVER, MARKS, SECTIONS = "Thông tin chung", "Biểu 1", "Thuyết minh"
TICK = (COVER, "C25")

Entries = Mapping[tuple[str, str], str | int | float | bool | date | None]


def form() -> Form:
    return load_form("theo_doi_ttdn", "2012.1")


def context() -> CheckContext:
    names = {fold(name): code for code, name in RECIPIENTS.items()}
    return CheckContext(
        form=form(),
        cycle_id=CYCLE,
        cycle_title="tình hình công tác thông tin đối ngoại địa phương năm 2011 - 2012",
        period_from=date(2011, 1, 1),
        period_to=date(2012, 12, 31),
        recipients=RECIPIENTS,
        resolve=lambda name: names.get(fold(name)),
        signing_key=KEY,
    )


def request_workbook(
    reference_code: str = DONG_NAI,
    *,
    key: str = KEY,
    cycle_id: str = CYCLE,
    of_form: Form | None = None,
    name: str | None = None,
    last: LastPeriod = NOTHING,
) -> bytes:
    asked = of_form or form()
    short_name = name or RECIPIENTS[reference_code]
    cover = CoverPage(
        report_title="tình hình công tác thông tin đối ngoại địa phương năm 2011 - 2012",
        letter_number="3621/BTTTT-TTĐN",
        letter_on=date(2012, 12, 3),
        period_label="năm 2011 - 2012",
        deadline_phrase="đến hết ngày 31/12/2012",
        last_day_phrase="ngày 31/12/2012 (thứ Hai)",
        organization_name=f"Sở Thông tin và Truyền thông {short_name}",
        ministry_name="Bộ Thông tin và Truyền thông",
        unit_name="Cục Thông tin đối ngoại",
        contact_line="chuyên viên đầu mối, Cục Thông tin đối ngoại",
    )
    identity = WorkbookIdentity(cycle_id, reference_code, asked.code, asked.version)
    return build_workbook(asked, identity, cover, key, last)


GOOD: Entries = {
    TICK: "X",
    (MARKS, "E6"): "x",
    (MARKS, "F6"): "15/QĐ-UBND",
    (MARKS, "G6"): "05/3/2011",
    (MARKS, "H6"): "SỐ LIỆU MẪU",
    (MARKS, "E9"): 1,
    (MARKS, "F9"): "16/KH-UBND",
    (MARKS, "G9"): datetime(2012, 2, 1),  # noqa: DTZ001 - as Excel stores a date
    (SECTIONS, "D5"): "Đã quán triệt Quyết định số 79/2010/QĐ-TTg.",
    (SECTIONS, "D6"): "Kinh phí còn ít.",
}


def fill(data: bytes, entries: Entries) -> bytes:
    """Type values into cells, as by hand, and save."""
    book = openpyxl.load_workbook(io.BytesIO(data), rich_text=True)
    for (sheet, address), value in entries.items():
        book[sheet][address] = value
    return save(book)


def save(book: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def read(data: bytes) -> ReadWorkbook:
    return read_workbook(data, "tra-loi.xlsx", form())


def check(data: bytes, sender: str | None = DONG_NAI, against: CheckContext | None = None) -> CheckedWorkbook:
    return check_workbooks([WorkbookFile("tra-loi.xlsx", data, sender)], against or context())[0]
