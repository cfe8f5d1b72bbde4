"""The half-yearly progress report: asked for, answered with numbers and tasks, compared with the half-year
before; rules waived from the shell.
"""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine, text

from reporting import clock
from reporting.cycles.opening import open_cycle
from reporting.cycles.work import consolidate
from reporting.intake.context import check_context
from reporting.intake.message import Attachment
from reporting.intake.submissions import XLSX, Delivery, Recorded
from reporting.letters.request import render_request_letter
from reporting.regimes.models import load_regime
from reporting.settings import settings
from reporting.validation.check import CheckedWorkbook, WorkbookFile, check_workbooks
from reporting.validation.models import PriorFact
from reporting.workbook.build import CoverPage, WorkbookIdentity, build_workbook
from tests.factories import record_submission
from tests.integration.rehearsed import vn
from tests.unit.cli.shell import refused, run
from tests.unit.validation.progress import CLEAN, MARKS, NUMBERS, TASKS
from tests.unit.workbook.office import Entries, fill

REGIME, OFFICE = "tien_do_nq_47", "ubnd_dong_nai"
TASK: Entries = {
    (TASKS, "C6"): "Đề án quảng bá hình ảnh địa phương",
    (TASKS, "D6"): "Địa phương",
    (TASKS, "E6"): "Ủy ban nhân dân tỉnh",
    (TASKS, "F6"): "31/12/2025",
    (TASKS, "H6"): "Đề án",
}


class Progress:
    """One half-year's cycle in the warehouse."""

    def __init__(self, engine: Engine, period: str) -> None:
        self.engine = engine
        self.period = load_regime(REGIME).period(period)
        self.cycle_id = open_cycle(engine, load_regime(REGIME), period, "rehearsal")

    def rows(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            found = connection.execute(text(statement), {"c": self.cycle_id, "o": OFFICE} | values)
            return [tuple(row) for row in found]

    @property
    def code(self) -> str:
        ((code,),) = self.rows(
            "SELECT reference_code FROM cycle.recipient WHERE cycle_id = :c AND organization_id = :o"
        )
        return str(code)

    def check(self, entries: Entries) -> tuple[bytes, CheckedWorkbook]:
        """The office's workbook filled in, and what the checks say of it."""
        with self.engine.connect() as connection:
            context = check_context(connection, self.cycle_id)
        cover = CoverPage(
            report_title=self.period.report_title,
            letter_number="2100/BTTTT-TTĐN",
            letter_on=self.period.request_on,
            period_label=self.period.label,
            deadline_phrase="đến hết ngày 10/7/2024",
            last_day_phrase="ngày 10/7/2024 (thứ Tư)",
            organization_name="Ủy ban nhân dân tỉnh Đồng Nai",
            ministry_name="Bộ Thông tin và Truyền thông",
            unit_name="Cục Thông tin đối ngoại",
            contact_line="chuyên viên đầu mối",
        )
        identity = WorkbookIdentity(self.cycle_id, self.code, context.form.code, context.form.version)
        blank = build_workbook(context.form, identity, cover, settings().signing_key.get_secret_value())
        data = fill(blank, entries)
        (checked,) = check_workbooks([WorkbookFile("Tien do.xlsx", data, self.code)], context)
        return data, checked

    def answer(self, entries: Entries) -> tuple[CheckedWorkbook, Recorded]:
        """Check the filled workbook and commit it."""
        data, checked = self.check(entries)
        with self.engine.begin() as connection:
            at = clock.now(connection, self.cycle_id)
            delivery = Delivery("mail", "van-phong@dong-nai.example", at, at)
            recorded = record_submission(
                connection,
                self.cycle_id,
                self.code,
                Attachment("Tien do.xlsx", data, XLSX),
                checked,
                delivery,
                at,
                "submission_intake",
            )
        return checked, recorded


@pytest.fixture
def first(registered: Engine) -> Progress:
    return Progress(registered, "2024_1")


IN_FIRST_HALF: Entries = {**CLEAN, (MARKS, "G7"): "15/5/2024"}
KL_57: Entries = {(MARKS, "E8"): "X", (MARKS, "F8"): "96/KH-UBND", (MARKS, "G8"): "2/4/2024"}


def test_numbers_and_tasks_reach_the_warehouse(first: Progress) -> None:
    explained = {**IN_FIRST_HALF, **TASK, (NUMBERS, "G6"): "Tính cả cán bộ kiêm nhiệm"}
    checked, recorded = first.answer(explained)
    assert ([f.message for f in checked.findings], recorded.outcome) == ([], "accepted")
    facts = first.rows(
        "SELECT indicator, state, value, unit, explanation, cell FROM core.fact"
        " WHERE cycle_id = :c AND kind = 'quantity' ORDER BY cell, indicator LIMIT 3"
    )
    assert facts == [
        ("kinh_phi_trung_uong", "nil", None, "triệu đồng", None, "E10"),
        ("kinh_phi_xahoihoa", "value", Decimal(150), "triệu đồng", None, "E11"),
        ("kinh_phi_da_chi", "nil", None, "triệu đồng", None, "E12"),
    ]
    assert first.rows("SELECT explanation FROM core.fact WHERE cycle_id = :c AND indicator = 'can_bo'") == [
        ("Tính cả cán bộ kiêm nhiệm",)
    ]
    ((table, content),) = first.rows("SELECT list, content FROM core.list_row WHERE cycle_id = :c")
    assert (table, content["quy_mo"], content["trinh_truoc"]) == ("nhiem_vu", "Địa phương", "2025-12-31")
    # only marks are counted in the analysts' tables
    assert consolidate(first.engine, first.cycle_id) == 0
    assert first.rows(
        "SELECT count(*) FROM core.fact WHERE cycle_id = :c AND is_marked AND kind = 'mark'"
    ) == [(2,)]


def test_the_request_letter_names_what_is_asked(first: Progress) -> None:
    with first.engine.begin() as connection:
        draft = render_request_letter(connection, first.cycle_id)
    assert draft.files
    with_wrong_estimate = {**IN_FIRST_HALF, (NUMBERS, "E8"): 2000}
    _, checked = first.check(with_wrong_estimate)
    assert [f.rule for f in checked.findings] == ["total_is_sum_of_parts"]


def test_the_second_half_year_is_compared_with_the_first(first: Progress) -> None:
    first.answer({**IN_FIRST_HALF, **KL_57, (NUMBERS, "E6"): 400})
    second = Progress(first.engine, "2024_2")
    with second.engine.connect() as connection:
        prior = check_context(connection, second.cycle_id).prior
    assert list(prior) == [second.code]
    assert prior[second.code]["can_bo"] == (PriorFact(2024, "value", Decimal(400)),)
    assert prior[second.code]["ra_soat_kl_57"] == (PriorFact(2024, "yes", None, "96/KH-UBND"),)

    checked, recorded = second.answer({**CLEAN, (NUMBERS, "G6"): "Sáp nhập sở"})
    assert recorded.outcome == "accepted_with_warnings"
    assert second.rows(
        "SELECT rule, stage, explanation FROM intake.finding WHERE submission_id = :s ORDER BY position",
        s=recorded.submission_id,
    ) == [
        ("mark_is_kept", "history", None),
        ("number_is_like_last_time", "history", "Sáp nhập sở"),
    ]
    assert "số 96/KH-UBND" in checked.findings[0].message


# -- waivers from the shell ------------------------------------------------------------------

WAIVE = (
    "rules", "waive", "total_is_sum_of_parts", "--until", "31/12/2024", "--since", "1/6/2024",
    "--reason", "Nguồn viện trợ chưa có dòng riêng", "--allowed-by", "Trưởng phòng", "--by", "chuyen_vien",
)  # fmt: skip


def test_a_rule_is_waived_listed_and_taken_back_from_the_shell(first: Progress) -> None:
    waived = run(*WAIVE, "--office", OFFICE, "--form", REGIME, "--indicator", "kinh_phi")
    assert waived.exit_code == 0, waived.output
    wrong = {**IN_FIRST_HALF, (NUMBERS, "E8"): 1152}
    _, recorded = first.answer(wrong)
    ((number, severity),) = first.rows(
        "SELECT rule_waiver_id, severity FROM intake.finding WHERE submission_id = :s",
        s=recorded.submission_id,
    )
    assert (recorded.outcome, severity) == ("accepted", "warning")
    again = run(*WAIVE, "--office", OFFICE, "--form", REGIME, "--indicator", "kinh_phi")
    assert again.output == waived.output
    assert f"{number}" in again.output
    (listed,) = json.loads(run("rules", "waivers", "--on", "1/7/2024", "--json").output)
    assert (listed["rule_waiver_id"], listed["rule"], listed["organization_id"]) == (
        number,
        "total_is_sum_of_parts",
        OFFICE,
    )
    assert json.loads(run("rules", "waivers", "--on", "1/7/2025", "--json").output) == []

    assert run("rules", "unwaive", str(number), "--by", "chuyen_vien").exit_code == 0
    assert "đang có hiệu lực" in refused("rules", "unwaive", str(number), "--by", "chuyen_vien")
    _, checked = first.check(wrong)
    assert checked.outcome == "to_complete"
    assert "Đã hủy (chuyen_vien)" in run("rules", "waivers").output


def test_a_waiver_lasts_by_the_clock_of_the_cycle(first: Progress) -> None:
    assert run(*WAIVE).exit_code == 0
    wrong = {**IN_FIRST_HALF, (NUMBERS, "E8"): 1152}
    assert first.check(wrong)[1].outcome == "accepted"
    with first.engine.begin() as connection:
        clock.step_to(connection, f"rehearsal:{first.cycle_id}", vn(2025, 1, 1, 8))
    assert first.check(wrong)[1].outcome == "to_complete"


@pytest.mark.parametrize(
    ("rule", "options", "why"),
    [
        ("workbook_is_of_the_sender", (), "Không có quy tắc workbook_is_of_the_sender"),
        ("file_is_readable", (), "Không có quy tắc file_is_readable"),
        ("number_is_readable", (), "Không được miễn quy tắc number_is_readable"),
        ("number_is_given", ("--form", "no_such"), "Không có biểu mẫu no_such"),
        ("number_is_given", ("--indicator", "no_such"), "Không có chỉ tiêu no_such"),
        ("number_is_given", ("--office", "no_such"), "Không có cơ quan no_such"),
        ("number_is_given", ("--since", "1/1/2026"), "Ngày cuối sớm hơn ngày đầu"),
    ],
)
def test_a_waiver_that_cannot_be_is_refused(
    registered: Engine, rule: str, options: tuple[str, ...], why: str
) -> None:
    message = refused(
        "rules", "waive", rule, "--until", "31/12/2024", "--since", "1/6/2024", "--reason", "x",
        "--allowed-by", "y", "--by", "z", *options,
    )  # fmt: skip
    assert why in message
    with registered.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM intake.rule_waiver")) == 0


def test_a_blank_workbook_of_the_form_can_be_made(registered: Engine, tmp_path: Path) -> None:
    out = tmp_path / "mau.xlsx"
    made = run("workbook", "blank", REGIME, "2024.1", "--out", str(out))
    assert made.exit_code == 0, made.output
    book = openpyxl.load_workbook(io.BytesIO(out.read_bytes()))
    assert {MARKS, NUMBERS, TASKS} <= set(book.sheetnames)
