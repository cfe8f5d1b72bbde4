"""The next cycle: workbooks show what was accepted last, the form asks about what the Government directed."""

from __future__ import annotations

import io
from datetime import date
from email.message import EmailMessage
from mailbox import Maildir

import openpyxl
import pytest
from sqlalchemy import Engine

from rehearsal.answers import Evidence, OfficeAnswer, numbers
from rehearsal.workbooks import CoverEntries, FilledWorkbook
from reporting.cycles import work
from reporting.cycles.opening import open_cycle
from reporting.documents import replies
from reporting.forms.models import Form
from reporting.intake.channels import collect
from reporting.intake.context import check_context
from reporting.intake.process import process_arrivals
from reporting.intake.submissions import workbook_asked_with
from reporting.regimes.models import load_regime
from reporting.settings import INCLUDE, settings
from reporting.workbook.read import read_workbook
from tests.factories import SampleCycle
from tests.integration.rehearsed import Rehearsed, vn
from tests.unit.cli.shell import run

REGIME, OFFICE = "tien_do_nq_47", "ubnd_an_giang"
PLAN = ("ke_hoach_nq_47", 2024)
COVER = CoverEntries(
    "45/BC-UBND", date(2024, 7, 1), "An", "Lê Thị Hà", "ha@an-giang.example", date(2024, 7, 1)
)
REPLY = replies.load_reply(INCLUDE / "registry" / "replies" / "11062_vpcp_qhqt.yaml")


def issued(engine: Engine, period: str, number: str) -> Rehearsed:
    """The cycle of a half-year, asked."""
    cycle_id = open_cycle(engine, load_regime(REGIME), period, "rehearsal")
    found = Rehearsed(engine, SampleCycle(cycle_id, f"rehearsal:{cycle_id}", ()))
    found.register(number=number)
    found.go_to(found.step("issue")[0])
    work.issue(engine, cycle_id)
    return found


def form_of(cycle: Rehearsed) -> Form:
    with cycle.engine.connect() as connection:
        return check_context(connection, cycle.cycle_id).form


def code_of(cycle: Rehearsed) -> str:
    return str(
        cycle.value(
            "SELECT reference_code FROM cycle.recipient WHERE cycle_id = :c AND organization_id = :o",
            o=OFFICE,
        )
    )


def asked_with(cycle: Rehearsed) -> bytes:
    with cycle.engine.connect() as connection:
        data = workbook_asked_with(connection, cycle.cycle_id, code_of(cycle))
    assert data is not None
    return data


def mail_of(cycle: Rehearsed, step: str) -> str:
    """What the office's mail of a step says, in one line."""
    body = cycle.value(
        "SELECT max(m.body_text) FROM cycle.message m JOIN cycle.recipient r USING (recipient_id)"
        " WHERE r.cycle_id = :c AND r.organization_id = :o AND m.step = :step",
        o=OFFICE,
        step=step,
    )
    return " ".join(str(body).split())


def answer(cycle: Rehearsed, data: bytes, key: str) -> None:
    """The office sends the workbook back."""
    code = code_of(cycle)
    address = cycle.value(
        "SELECT max(m.to_address) FROM cycle.message m JOIN cycle.recipient r USING (recipient_id)"
        " WHERE r.cycle_id = :c AND r.reference_code = :code AND m.step = 'request'",
        code=code,
    )
    message = EmailMessage()
    message["From"], message["To"] = str(address), "baocao@ttdn.bo-chu-tri.example"
    message["Subject"], message["Message-ID"] = f"Re: [{code}]", f"<{key}@an-giang.example>"
    message.set_content("Kính gửi.")
    message.add_attachment(
        data,
        maintype="application",
        subtype="vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        filename="tra-loi.xlsx",
    )
    Maildir(settings().channels.removeprefix("maildir:"), create=True).add(message)
    collect(cycle.engine)
    process_arrivals(cycle.engine)


def filled(data: bytes, form: Form, **narratives: str) -> bytes:
    marks = {PLAN: Evidence("128/KH-UBND", date(2024, 5, 17))}
    book = FilledWorkbook(data)
    book.fill(
        OfficeAnswer(
            OFFICE, "X", marks, {"results": "Đã ban hành kế hoạch.", **narratives}, numbers(form, marks, 7)
        ),
        COVER,
        form,
    )
    return book.save()


@pytest.fixture
def first(registered: Engine) -> Rehearsed:
    """The first half-year, answered by one office and closed, its report registered."""
    cycle = issued(registered, "2024_1", "2100/BTTTT-TTĐN")
    answer(cycle, filled(asked_with(cycle), form_of(cycle)), "first")
    assert cycle.value("SELECT outcome FROM intake.submission") in ("accepted", "accepted_with_warnings")
    cycle.register("summary_report", "117/BC-BTTTT")
    return cycle


def test_the_next_workbook_shows_and_fills_in_what_was_accepted(first: Rehearsed) -> None:
    second = issued(first.engine, "2024_2", "4100/BTTTT-TTĐN")
    data = asked_with(second)
    read = read_workbook(data, "x.xlsx", form_of(second))
    filled_in = [(row.indicator, row.document_number.text) for row in read.marks if row.mark.text]
    assert filled_in == [(PLAN[0], "128/KH-UBND")]
    assert not any(one.value.text for one in read.quantities)
    assert read.cover["prior_period"].text == "6 tháng đầu năm 2024"
    assert (read.cover["contact_name"].text, read.cover["contact_email"].text) == (
        "Lê Thị Hà",
        "ha@an-giang.example",
    )
    shown = openpyxl.load_workbook(io.BytesIO(data))["Biểu 2"]
    assert shown.cell(5, 5).value == "Kỳ trước"
    assert any(shown.cell(row, 5).value for row in range(6, 17))
    body = mail_of(second, "request")
    assert "số liệu kỳ trước (6 tháng đầu năm 2024)" in body

    answer(second, filled(data, form_of(second)), "second")
    assert "Giữ nguyên theo số liệu kỳ trước (6 tháng đầu năm 2024): Kế hoạch NQ 47 năm 2024" in mail_of(
        second, "receipt"
    )


def test_an_office_that_has_not_answered_is_asked_as_ever(first: Rehearsed) -> None:
    second = issued(first.engine, "2024_2", "4100/BTTTT-TTĐN")
    other = second.value(
        "SELECT reference_code FROM cycle.recipient WHERE cycle_id = :c AND organization_id = 'ubnd_ca_mau'"
    )
    with second.engine.connect() as connection:
        data = workbook_asked_with(connection, second.cycle_id, str(other))
    assert data is not None
    read = read_workbook(data, "x.xlsx", form_of(second))
    assert "prior_period" not in read.cover
    assert not any(row.mark.text for row in read.marks)


def test_directions_on_the_last_report_are_asked_about_and_answered(first: Rehearsed) -> None:
    first.run(
        "UPDATE cycle.document_registration SET registered_on = '2020-12-02' WHERE number = '117/BC-BTTTT'"
    )
    with first.engine.begin() as connection:
        replies.record_reply(connection, REPLY, by="chuyen_vien")
        items = replies.follow_ups(connection)
        replies.close_follow_up(connection, items[3].item_id, "Công văn số 15/BTTTT-TTĐN", "chuyen_vien")
    second = issued(first.engine, "2024_2", "4100/BTTTT-TTĐN")
    form = form_of(second)
    asked = [section for section in form.sections if section.follow_up]
    assert form.version == "2024.1.1"
    assert [s.follow_up.wording for s in asked if s.follow_up] == [i.wording for i in items[:3]]
    assert {(s.follow_up.number, s.follow_up.signed_on) for s in asked if s.follow_up} == {
        ("11062/VPCP-QHQT", date(2020, 12, 31))
    }
    assert asked[0].label.startswith(
        "Kết quả thực hiện ý kiến chỉ đạo tại văn bản số 11062/VPCP-QHQT ngày 31/12/2020"
    )

    words = "Đã phản bác 12 nội dung sai lệch trên mạng xã hội."
    answer(second, filled(asked_with(second), form, **{asked[2].code: words}), "second")
    assert second.value("SELECT outcome FROM intake.submission WHERE cycle_id = :c") in (
        "accepted",
        "accepted_with_warnings",
    )
    ((item_id, body),) = second.rows("SELECT item_id, body FROM cycle.follow_up_answer WHERE cycle_id = :c")
    assert (item_id, body) == (items[2].item_id, words)
    assert second.value("SELECT count(*) FROM core.narrative WHERE body = :b", b=words) == 1
    with second.engine.connect() as connection:
        listed = {one.item_id: one for one in replies.follow_ups(connection)}
    found = listed[items[2].item_id]
    assert (found.asked_in, found.asked, found.answered) == (second.cycle_id, 63, 1)
    assert listed[items[0].item_id].answered == 0
    assert f"1/63 ({second.cycle_id})" in run("follow-up", "list").stdout

    # a rehearsal of the same period asks the same with the same version; with one item less it is a new one
    again = open_cycle(second.engine, load_regime(REGIME), "2024_2", "rehearsal", 2)
    assert second.value("SELECT form_version FROM cycle.cycle WHERE cycle_id = :x", x=again) == "2024.1.1"
    with second.engine.begin() as connection:
        replies.close_follow_up(connection, items[0].item_id, "Đã báo cáo", "chuyen_vien")
    third = open_cycle(second.engine, load_regime(REGIME), "2024_2", "rehearsal", 3)
    assert second.value("SELECT form_version FROM cycle.cycle WHERE cycle_id = :x", x=third) == "2024.1.2"


def test_directions_of_other_regimes_or_none_leave_the_form_as_it_is(first: Rehearsed) -> None:
    with first.engine.begin() as connection:
        replies.record_reply(connection, REPLY, by="chuyen_vien")  # answers a report of another day
    second = open_cycle(first.engine, load_regime(REGIME), "2024_2", "rehearsal")
    assert first.value("SELECT form_version FROM cycle.cycle WHERE cycle_id = :x", x=second) == "2024.1"
    assert first.value("SELECT count(*) FROM cycle.follow_up_question") == 0


def test_who_answers_late_finds_the_cycle_on_its_own_day(first: Rehearsed) -> None:
    first.go_to(vn(2024, 7, 31, 17))
    work.close(first.engine, first.cycle_id)
    second = issued(first.engine, "2024_2", "4100/BTTTT-TTĐN")
    assert second.value("SELECT count(*) FROM core.prior_submission WHERE cycle_id = :c") == 1
