"""A whole half-year of the form with numbers: committees answer, some with mended faults, and the
appendix has what they said.
"""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine, text

from rehearsal.answers import Evidence, OfficeAnswer, chosen, numbers, rows
from rehearsal.workbooks import CoverEntries, FilledWorkbook
from reporting import clock
from reporting.consolidation.refresh import refresh
from reporting.cycles.opening import open_cycle
from reporting.forms.models import load_form
from reporting.intake.context import check_context
from reporting.intake.message import Attachment
from reporting.intake.submissions import XLSX, Delivery
from reporting.regimes.models import load_regime
from reporting.settings import settings
from reporting.summary import snapshot
from reporting.summary.appendix import render_appendix, render_tracking_csv
from reporting.summary.data import SummaryData
from reporting.summary.reconciliation import render_reconciliation
from reporting.validation.check import WorkbookFile, check_workbooks
from reporting.workbook.build import CoverPage, WorkbookIdentity, build_workbook
from tests.factories import record_submission

FORM = load_form("tien_do_nq_47", "2024.1")
COVER = CoverEntries("45/BC-UBND", date(2024, 7, 1), "An", "Bình", "a@b.example", date(2024, 7, 1))
OFFICES = 9
FAULTY = 4
Book = dict[str, list[list[Any]]]


def _answer(code: str) -> OfficeAnswer:
    marks = {
        (one.code, 2024): Evidence("12/KH-UBND", date(2024, 5, 6))
        for one in FORM.indicators
        if chosen(4, code, one.code)
    }
    return OfficeAnswer(
        organization_id=code,
        mark="X",
        marks=marks,
        narratives={"results": "Đã ban hành kế hoạch."},
        numbers=numbers(FORM, marks.keys(), code),
        rows=rows(FORM, code),
    )


def _workbook(cycle_id: str, code: str, *, is_faulty: bool) -> bytes:
    page = CoverPage(
        "tiến độ", "2100/BTTTT-TTĐN", date(2024, 6, 3), "6 tháng đầu năm 2024", "", "", "", "", "", ""
    )
    identity = WorkbookIdentity(cycle_id, code, FORM.code, FORM.version)
    filled = FilledWorkbook(build_workbook(FORM, identity, page, settings().signing_key.get_secret_value()))
    filled.fill(_answer(code), COVER, FORM)
    if is_faulty:
        filled.write_number("kinh_phi", 2024, "khoảng 1,2 tỷ" if chosen(2, code) else 77_777)
    return filled.save()


@pytest.fixture
def answered(registered: Engine) -> tuple[SummaryData, list[str]]:
    """The figures of the first half-year, and what the faulty answers were told."""
    cycle_id = open_cycle(registered, load_regime("tien_do_nq_47"), "2024_1", "rehearsal")
    told: list[str] = []
    with registered.begin() as connection:
        at = clock.now(connection, cycle_id)
        codes = connection.execute(
            text(
                "SELECT reference_code FROM cycle.recipient WHERE cycle_id = :c AND role = 'owes'"
                " ORDER BY position LIMIT :n"
            ),
            {"c": cycle_id, "n": OFFICES},
        ).scalars()
        context = check_context(connection, cycle_id)
        order = [(code, True) for code in codes]
        order = [*order[:FAULTY], *[(code, False) for code, _ in order]]
        files = [
            WorkbookFile(f"{code}.xlsx", _workbook(cycle_id, code, is_faulty=faulty), code)
            for code, faulty in order
        ]
        for file, checked in zip(files, check_workbooks(files, context), strict=True):
            delivery = Delivery("mail", f"{file.sender_reference}@ubnd.example", at, at)
            record_submission(
                connection, cycle_id, str(file.sender_reference), Attachment(file.filename, file.data, XLSX),
                checked, delivery, at, "submission_intake",
            )  # fmt: skip
            told += [f"{checked.outcome} {finding.rule} {finding.cell}" for finding in checked.findings]
        refresh(connection, cycle_id)
        return snapshot.take(connection, cycle_id), told


def _sheets(data: bytes) -> Book:
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)  # what the live totals came to
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book}


def test_faults_are_told_and_what_is_mended_stands_in_the_appendix(
    answered: tuple[SummaryData, list[str]],
) -> None:
    data, told = answered
    assert len(told) == FAULTY
    assert set(told) <= {"to_complete total_is_sum_of_parts E8", "to_complete number_is_readable E8"}
    sheets = _sheets(render_appendix(data))
    assert list(sheets)[:4] == [
        "Bảng theo dõi",
        "Số liệu",
        "Đề án, nhiệm vụ đề xuất",
        "Tình hình gửi báo cáo",
    ]
    table = sheets["Số liệu"]
    heading, body, total = table[3], table[4:-1], table[-1]
    assert heading[:4] == ["STT", "Cơ quan", "Cán bộ (người)", "Cán bộ chuyên trách (người)"]
    assert len(body) == len(data.offices)
    by_code = {n.organization_id: _answer(n.filename.removesuffix(".xlsx")) for n in data.numbers}
    for office, row in zip(data.offices, body, strict=True):
        answer = by_code.get(office.organization_id)
        for quantity, value in zip(FORM.quantity_rows, row[2:], strict=True):
            given = answer.numbers[quantity.code, 2024] if answer else None
            assert value == (0 if given == "Không phát sinh" else given), (office.short_name, quantity.code)
    for column, quantity in enumerate(FORM.quantity_rows, 2):
        added = sum(row[column] or 0 for row in body)
        assert total[column] == (None if quantity.kind == "percent" else added)


def test_the_rows_of_the_open_table_are_listed_with_their_place(
    answered: tuple[SummaryData, list[str]],
) -> None:
    data, _ = answered
    listed = [
        row for row in _sheets(render_appendix(data))["Đề án, nhiệm vụ đề xuất"][4:] if row[0] is not None
    ]
    assert len(listed) == len(data.list_rows) > 0
    first, row = next(iter(data.list_rows)), listed[0]
    assert row[1:4] == [data.short_name(first.organization_id), first.content["ten"], first.content["quy_mo"]]
    inside = [row for sheet in _sheets(render_reconciliation(data)).values() for row in sheet]
    assert any(first.filename in row and "Biểu 3, ô C6" in row for row in inside)
    head, *lines = render_tracking_csv(data).decode().splitlines()
    assert (head.split(",")[1], len(lines)) == ("co_quan", len(data.offices))
