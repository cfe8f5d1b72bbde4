"""What each office reads, word for word: the mails as they arrive at the server.

The expected mails lie in tests/data/mail; WRITE_GOLDEN=1 writes them anew, to be read through before they are
kept.
"""

from __future__ import annotations

import html
import os
import re
from datetime import date, datetime
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import pytest
from icalendar import Calendar
from openpyxl import load_workbook
from sqlalchemy import Engine, text

from reporting.calendar.deadlines import Deadline
from reporting.clock import VIETNAM
from reporting.cycles.changes import move_deadline
from reporting.mail import answers, compose, facts, notices
from reporting.mail.delivery import deliver
from tests.factories import (
    SIGNED_LETTER,
    Office,
    SampleCycle,
    add_mark,
    make_cycle,
    register_signed_report,
    set_clock,
    submit,
)
from tests.integration.mail.conftest import Server

GOLDEN = Path(__file__).parents[2] / "data" / "mail"
T_MINUS_7, T_MINUS_2, T_PLUS_1 = "reminder__t_minus_7", "reminder__t_minus_2", "reminder__t_plus_1"
AT = {
    T_MINUS_7: datetime(2012, 12, 20, 9, tzinfo=VIETNAM),
    T_MINUS_2: datetime(2012, 12, 27, 9, tzinfo=VIETNAM),
    T_PLUS_1: datetime(2013, 1, 2, 9, tzinfo=VIETNAM),
}
BLANK = 'Trang "Biểu 1", các ô D12, F12, H12: để trống. → Có thì ghi X; chưa có thì chọn "Chưa có".'
BAD_MARK = (
    'Trang "Biểu 1", ô C12 (Quy chế năm 2011): giá trị "đang làm" không phải dấu hợp lệ. → Đã ban hành thì '
    'ghi X; chưa ban hành thì chọn "Chưa có" và nêu tiến độ tại cột "Ghi chú".'
)
NO_SECTION = (
    'Trang "Thuyết minh", ô B4 (Kết quả): để trống. → Đề nghị ghi nội dung; nếu không có, ghi "Không có".'
)


@pytest.fixture
def cycle(warehouse: Engine) -> SampleCycle:
    with warehouse.begin() as connection:
        return make_cycle(connection)


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def words(marked: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", marked)).split())


def check(name: str, message: EmailMessage) -> None:
    """Compare subject, text and attachments with what is expected, and the HTML with the text."""
    files = "".join(f"[{part.get_filename()}]\n" for part in message.iter_attachments())
    shown = f"{message['Subject']}\n\n{text_of(message)}{files}"
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("WRITE_GOLDEN"):
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")
    body = message.get_body(("html",))
    assert body is not None
    marked = str(body.get_content()).split("<body", 1)[1].split(">", 1)[1]
    plain = re.sub(r"(?m)^(-- |- |\d+\. )", "", text_of(message))
    assert words(marked) == " ".join(plain.split())


def delivered(engine: Engine, capture: Server) -> dict[str, list[EmailMessage]]:
    """Send what is queued; the mails by address."""
    capture.captured.clear()
    deliver(engine)
    taken: dict[str, list[EmailMessage]] = {}
    for message in capture.captured:
        taken.setdefault(message["To"].addresses[0].addr_spec, []).append(message)
    return taken


def at(engine: Engine, cycle: SampleCycle, moment: datetime) -> None:
    with engine.begin() as connection:
        set_clock(connection, cycle, moment)


def remind(engine: Engine, cycle: SampleCycle, step: str) -> int:
    with engine.begin() as connection:
        set_clock(connection, cycle, AT[step])
        return notices.queue_reminders(connection, cycle.cycle_id, step)


def execute(engine: Engine, statement: str, **values: object) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement), values)


def test_a_request_brings_letter_workbook_and_calendar_entry(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    with warehouse.begin() as connection:
        assert notices.queue_requests(connection, cycle.cycle_id) == 3
    with warehouse.begin() as connection:
        assert notices.queue_requests(connection, cycle.cycle_id) == 0, "asked once"
    taken = delivered(warehouse, capture)
    assert sorted(taken) == ["dau-moi@so-1.example", "dau-moi@so-2.example", "dau-moi@so-3.example"]
    (message,) = taken["dau-moi@so-2.example"]
    check("request", message)
    letter, workbook, entry = message.iter_attachments()
    assert letter.get_content() == SIGNED_LETTER
    assert letter.get_content_type() == "application/pdf"
    cells = [
        cell.value
        for sheet in load_workbook(BytesIO(workbook.get_content())).worksheets
        for row in sheet.iter_rows()
        for cell in row
    ]
    assert "Sở Thông tin và Truyền thông tỉnh Bà Rịa - Vũng Tàu" in cells
    assert any("TTDN12-DT1-02" in str(value) for value in cells)
    (event,) = Calendar.from_ical(entry.get_content()).walk("VEVENT")
    assert event.decoded("dtstart") == date(2012, 12, 31)
    assert str(event["SUMMARY"]) == (
        "Hạn gửi báo cáo tình hình công tác thông tin đối ngoại địa phương năm 2011 - 2012 (TTDN12-DT1-02)"
    )


def test_a_request_asks_for_what_is_owed(warehouse: Engine, capture: Server) -> None:
    with warehouse.begin() as connection:
        cycle = make_cycle(connection, mode="live")
    execute(
        warehouse,
        "DELETE FROM cycle.reminder_plan WHERE obligation_id IN"
        " (SELECT obligation_id FROM cycle.obligation WHERE deliverable = 'data_form' AND recipient_id = "
        ":id)",
        id=cycle.offices[0].recipient_id,
    )
    execute(
        warehouse,
        "DELETE FROM cycle.obligation WHERE deliverable = 'data_form' AND recipient_id = :id",
        id=cycle.offices[0].recipient_id,
    )
    execute(
        warehouse,
        "UPDATE cycle.obligation SET due_at = NULL WHERE recipient_id = :id",
        id=cycle.offices[1].recipient_id,
    )
    execute(warehouse, "UPDATE cycle.cycle SET deadline_phrase = 'trước ngày 01/01/2013'")
    with warehouse.begin() as connection:
        assert notices.queue_requests(connection, cycle.cycle_id) == 3
        rows = connection.execute(
            text("SELECT subject, body_text, attachments FROM cycle.message ORDER BY message_id")
        ).all()
    signed_only, no_day, both = rows
    assert "Excel" not in signed_only.body_text
    assert (
        "1. Gửi báo cáo có chữ ký số của người có thẩm quyền về Bộ Thông tin và Truyền thông qua Trục liên "
        "thông văn bản "
        "quốc gia, thời hạn trước ngày 01/01/2013 (chậm nhất hết ngày 31/12/2012, thứ Hai)."
        in signed_only.body_text
    )
    assert [file["filename"] for file in signed_only.attachments] == [
        "Công văn 3456 - đề nghị báo cáo.pdf",
        "thoi-han_TTDN12-DT1-01.ics",
    ]
    assert "(không ấn định thời hạn)" in no_day.body_text
    assert "thời hạn" not in no_day.subject
    assert [file["filename"] for file in no_day.attachments] == [
        "Công văn 3456 - đề nghị báo cáo.pdf",
        "bieu-so-lieu_TTDN12-DT1-02_ba-ria-vung-tau.xlsx",
    ]
    assert both.subject == (
        "[TTDN12-DT1-03] Đề nghị báo cáo tình hình công tác thông tin đối ngoại địa phương năm 2011 - 2012"
        " – thời hạn trước ngày 01/01/2013"
    )
    assert "DIỄN TẬP" not in both.body_text


def test_nothing_goes_out_before_the_letter_has_its_number(warehouse: Engine) -> None:
    with warehouse.begin() as connection:
        cycle = make_cycle(connection, is_registered=False)
        with pytest.raises(facts.NotRegistered, match="has no number, date and signed file"):
            notices.queue_requests(connection, cycle.cycle_id)
        shown = compose.preview(connection, cycle.cycle_id, "request")
    assert shown.startswith("Tiêu đề: DIỄN TẬP – [TTDN12-DT1-01] Đề nghị báo cáo tình hình công tác")
    assert "Công văn số … ngày …" in shown


def test_a_reminder_names_what_is_still_missing_and_nothing_else(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    silent, signed, answered = cycle.offices
    with warehouse.begin() as connection:
        register_signed_report(connection, cycle, signed)
        register_signed_report(connection, cycle, answered)
        submit(connection, cycle, answered)
    assert remind(warehouse, cycle, T_MINUS_7) == 2
    assert remind(warehouse, cycle, T_MINUS_7) == 0, "nobody is asked twice at one step"
    taken = delivered(warehouse, capture)
    assert sorted(taken) == [silent.email, signed.email]
    check("reminder_both", taken[silent.email][0])
    check("reminder_workbook_only", taken[signed.email][0])


def test_the_last_reminder_before_the_deadline(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    faulty, _, _ = cycle.offices
    with warehouse.begin() as connection:
        submit(connection, cycle, faulty, outcome="to_complete")
    assert remind(warehouse, cycle, T_MINUS_2) == 3
    check("reminder_last_to_complete", delivered(warehouse, capture)[faulty.email][0])


def test_after_the_deadline_a_later_day_is_asked_for(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    faulty, silent, _ = cycle.offices
    with warehouse.begin() as connection:
        register_signed_report(connection, cycle, faulty)
        submit(connection, cycle, faulty, outcome="to_complete")
    assert remind(warehouse, cycle, T_PLUS_1) == 3
    taken = delivered(warehouse, capture)
    check("reminder_after_both", taken[silent.email][0])
    check("reminder_after_to_complete", taken[faulty.email][0])


def test_an_office_with_an_extension_is_reminded_on_its_own_day(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    extended = cycle.offices[0]
    execute(
        warehouse,
        "INSERT INTO cycle.extension (obligation_id, due_at, asked_how, reason, agreed_by, granted_at)"
        " SELECT obligation_id, '2013-01-09T00:00+07', 'letter', 'bão', 'Cục trưởng', '2012-12-19T09:00+07'"
        " FROM cycle.obligation WHERE recipient_id = :id",
        id=extended.recipient_id,
    )
    execute(
        warehouse,
        "UPDATE cycle.reminder_plan SET due_at = '2012-12-28T09:00+07' WHERE step = :step AND obligation_id "
        "IN"
        " (SELECT obligation_id FROM cycle.obligation WHERE recipient_id = :id)",
        id=extended.recipient_id,
        step=T_MINUS_7,
    )
    assert remind(warehouse, cycle, T_MINUS_7) == 2
    at(warehouse, cycle, datetime(2012, 12, 28, 9, tzinfo=VIETNAM))
    with warehouse.begin() as connection:
        assert notices.queue_reminders(connection, cycle.cycle_id, T_MINUS_7) == 1
    (message,) = delivered(warehouse, capture)[extended.email]
    assert message["Subject"].endswith("– hết ngày 8/1/2013 (thứ Ba)")
    assert "của Quý Cơ quan, sau khi được thống nhất lùi, là đến hết ngày 8/1/2013 (thứ Ba)." in text_of(
        message
    )


def test_a_reminder_that_waited_too_long_gives_way_to_the_next(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    assert remind(warehouse, cycle, T_MINUS_7) == 3
    assert remind(warehouse, cycle, T_MINUS_2) == 3
    result = deliver(warehouse, cycle.cycle_id)
    assert (result.sent, result.withdrawn) == (3, 3)
    assert remind(warehouse, cycle, T_MINUS_7) == 0, "what was withdrawn is not written anew"


def test_a_receipt_says_what_was_understood_and_asks_for_the_signed_report(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    office = cycle.offices[0]
    at(warehouse, cycle, datetime(2012, 12, 18, 9, 31, tzinfo=VIETNAM))
    with warehouse.begin() as connection:
        number = submit(connection, cycle, office)
        add_mark(connection, number, "quy_che", 2011, is_marked=False)
        add_mark(connection, number, "quy_che", 2012, number="15/2012/QĐ-UBND", on=date(2012, 3, 5))
        add_mark(connection, number, "de_an", 2011, is_marked=False)
        add_mark(connection, number, "de_an", 2012, is_marked=False)
        assert answers.queue_receipt(connection, number) == 1
        assert answers.queue_receipt(connection, number) == 0
    (message,) = delivered(warehouse, capture)[office.email]
    check("receipt_signed_report_missing", message)
    assert message["In-Reply-To"] == "<reply-1@so-1.example>"


def test_a_receipt_names_the_signed_report_and_what_was_noticed(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    office = cycle.offices[0]
    at(warehouse, cycle, datetime(2013, 1, 3, 9, tzinfo=VIETNAM))
    with warehouse.begin() as connection:
        register_signed_report(connection, cycle, office)
        number = submit(
            connection,
            cycle,
            office,
            outcome="accepted_with_warnings",
            findings=tuple(("warning", f"{NO_SECTION[:-1]} ({n}).") for n in range(1, 6)),
        )
        assert answers.queue_receipt(connection, number) == 1
    check("receipt_complete_with_warnings", delivered(warehouse, capture)[office.email][0])


def test_a_receipt_for_an_entry_by_the_ministry_goes_to_the_office(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    office = cycle.offices[2]
    at(warehouse, cycle, datetime(2013, 1, 7, 10, tzinfo=VIETNAM))
    with warehouse.begin() as connection:
        number = submit(connection, cycle, office, sender="chuyen_vien", channel="ministry_entry")
        assert answers.queue_receipt(connection, number) == 1
    (message,) = delivered(warehouse, capture)[office.email]
    assert message["In-Reply-To"] is None
    assert (
        "Cục Thông tin đối ngoại đã ghi nhận số liệu báo cáo tình hình công tác thông tin đối ngoại địa "
        "phương năm"
        " 2011 - 2012 của Quý Cơ quan lúc 9 giờ 30 phút, ngày 18/12/2012 (thứ Ba), theo nội dung đã trao đổi "
        "với Quý Cơ"
        " quan" in text_of(message)
    )
    assert "do Quý Cơ quan gửi" not in text_of(message)


def test_the_answer_goes_to_the_colleague_who_sent_the_file(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    office = cycle.offices[0]
    execute(
        warehouse,
        "INSERT INTO registry.contact (organization_id, email, display_name, role, is_sample)"
        " VALUES (:id, 'lanh-dao@so-1.example', 'Lãnh đạo Sở', 'copy', true)",
        id=office.organization_id,
    )
    with warehouse.begin() as connection:
        known = submit(connection, cycle, office, sender="lanh-dao@so-1.example")
        unknown = submit(
            connection, cycle, office, sender="rieng@noi-khac.example", data=b"second", message_id_header=None
        )
        assert answers.queue_receipt(connection, known) == 1
        assert answers.queue_receipt(connection, unknown) == 1
    assert sorted(delivered(warehouse, capture)) == [office.email, "lanh-dao@so-1.example"]


def complete(engine: Engine, cycle: SampleCycle, office: Office, **values: object) -> int:
    with engine.begin() as connection:
        returned = values.pop("returned", b"PK marked workbook")
        # keywords of several types travel in one mapping
        number = submit(connection, cycle, office, **values)  # type: ignore[arg-type]
        assert isinstance(returned, bytes)
        return answers.queue_completion_request(connection, number, returned)


def test_a_completion_request_brings_the_workbook_back(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    office = cycle.offices[0]
    at(warehouse, cycle, datetime(2012, 12, 18, 9, 31, tzinfo=VIETNAM))
    findings = (("error", BLANK), ("error", BAD_MARK), ("warning", NO_SECTION), ("warning", NO_SECTION))
    assert complete(warehouse, cycle, office, outcome="to_complete", findings=findings) == 1
    (message,) = delivered(warehouse, capture)[office.email]
    check("completion_request", message)
    (workbook,) = message.iter_attachments()
    assert workbook.get_content() == b"PK marked workbook"
    assert workbook.get_filename() == "can-hoan-thien_Biểu số liệu An Giang.xlsx"
    assert message["In-Reply-To"] == "<reply-1@so-1.example>"
    later = datetime(2012, 12, 20, 9, tzinfo=VIETNAM)
    at(warehouse, cycle, later)
    complete(
        warehouse,
        cycle,
        office,
        outcome="to_complete",
        findings=(("error", BAD_MARK),),
        data=b"second",
        received_at=later,
        message_id_header="<reply-2@so-1.example>",
    )
    check("completion_request_second", delivered(warehouse, capture)[office.email][0])


def test_a_file_that_cannot_be_opened_is_asked_for_again(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    office = cycle.offices[0]
    at(warehouse, cycle, datetime(2012, 12, 18, 9, 31, tzinfo=VIETNAM))
    locked = "Tệp được đặt mật khẩu nên chưa đọc được. → Bỏ mật khẩu (Tệp › Thông tin › Bảo vệ) và gửi lại."
    complete(warehouse, cycle, office, outcome="unreadable", findings=(("error", locked),), returned=b"")
    (message,) = delivered(warehouse, capture)[office.email]
    check("completion_request_unreadable", message)
    assert list(message.iter_attachments()) == []


def test_a_completion_is_not_asked_for_beyond_the_close(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    office = cycle.offices[0]
    at(warehouse, cycle, datetime(2013, 1, 10, 9, tzinfo=VIETNAM))
    complete(warehouse, cycle, office, outcome="to_complete", findings=(("error", BAD_MARK),))
    (message,) = delivered(warehouse, capture)[office.email]
    assert "chậm nhất hết ngày 11/1/2013 (thứ Sáu)." in text_of(message)


def test_a_fault_of_ours_asks_nothing_of_the_office(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    office = cycle.offices[1]
    at(warehouse, cycle, datetime(2012, 12, 18, 9, 31, tzinfo=VIETNAM))
    with warehouse.begin() as connection:
        number = submit(connection, cycle, office, outcome="system_fault")
        assert answers.queue_system_fault(connection, number) == 1
    check("system_fault", delivered(warehouse, capture)[office.email][0])


def test_an_office_that_cannot_be_reached_is_reported_once(warehouse: Engine, cycle: SampleCycle) -> None:
    gone = cycle.offices[1]
    execute(
        warehouse, "UPDATE registry.contact SET state = 'retired' WHERE contact_id = :id", id=gone.contact_id
    )
    for _ in range(2):
        with warehouse.begin() as connection:
            notices.queue_requests(connection, cycle.cycle_id)
    assert remind(warehouse, cycle, T_MINUS_7) == 2
    with warehouse.connect() as connection:
        events = connection.execute(text("SELECT recipient_id, kind FROM audit.event")).all()
        asked = connection.execute(text("SELECT count(*) FROM cycle.message WHERE step = 'request'")).scalar()
    assert [(event.recipient_id, event.kind) for event in events] == [(gone.recipient_id, "no_live_contact")]
    assert asked == 2


def test_an_unknown_step_or_cycle_is_named(warehouse: Engine, cycle: SampleCycle) -> None:
    with warehouse.begin() as connection:
        with pytest.raises(LookupError, match="reminder__t_minus_9"):
            compose.preview(connection, cycle.cycle_id, "reminder__t_minus_9")
        with pytest.raises(LookupError, match="reminder__t_minus_9"):
            notices.queue_reminders(connection, cycle.cycle_id, "reminder__t_minus_9")
        with pytest.raises(LookupError, match="There is no cycle"):
            notices.queue_requests(connection, "khong_co")
        with pytest.raises(LookupError, match="no submission number 99"):
            answers.queue_receipt(connection, 99)


def test_an_office_whose_extended_deadline_is_over_is_told_of_that_one(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    extended, other, _ = cycle.offices
    execute(
        warehouse,
        "INSERT INTO cycle.extension (obligation_id, due_at, asked_how, reason, agreed_by, granted_at)"
        " SELECT obligation_id, '2013-01-09T00:00+07', 'letter', 'bão', 'Cục trưởng', '2012-12-19T09:00+07'"
        " FROM cycle.obligation WHERE recipient_id = :id",
        id=extended.recipient_id,
    )
    execute(
        warehouse,
        "UPDATE cycle.reminder_plan SET due_at = '2013-01-09T09:00+07' WHERE step = :step AND obligation_id"
        " IN (SELECT obligation_id FROM cycle.obligation WHERE recipient_id = :id)",
        id=extended.recipient_id,
        step=T_PLUS_1,
    )
    at(warehouse, cycle, datetime(2013, 1, 9, 9, tzinfo=VIETNAM))
    with warehouse.begin() as connection:
        assert notices.queue_reminders(connection, cycle.cycle_id, T_PLUS_1) == 3
    taken = delivered(warehouse, capture)
    assert (
        "của Quý Cơ quan theo Công văn số 3456/BTTTT-TTĐN ngày 3/12/2012 của Bộ Thông tin và Truyền thông,"
        " sau khi được thống nhất lùi, đã kết thúc vào ngày 8/1/2013 (thứ Ba)."
    ) in text_of(taken[extended.email][0])
    assert "lùi" not in text_of(taken[other.email][0])


@pytest.mark.parametrize("asked_by", ["letter", "instrument", "mail"])
def test_no_mail_speaks_of_a_letter_where_none_asked(
    warehouse: Engine, cycle: SampleCycle, capture: Server, asked_by: str
) -> None:
    execute(
        warehouse,
        "UPDATE cycle.cycle SET asked_by = :by,"
        " regime_content = jsonb_set(regime_content, '{instrument}', '\"Thông tư số 22/2016/TT-BTTTT\"')",
        by=asked_by,
    )
    if asked_by != "letter":
        execute(warehouse, "DELETE FROM cycle.document_registration")
        execute(warehouse, "DELETE FROM cycle.reminder_plan")
        execute(warehouse, "DELETE FROM cycle.obligation WHERE deliverable = 'data_form'")
    with warehouse.begin() as connection:
        assert notices.queue_requests(connection, cycle.cycle_id) == 3
    execute(warehouse, "UPDATE cycle.milestone SET done_at = due_at WHERE step = 'issue'")
    (request,) = delivered(warehouse, capture)[cycle.offices[0].email]
    new_day = Deadline("through", date(2013, 1, 4))
    move_deadline(
        warehouse, cycle.cycle_id, new_day, agreed_by="Lãnh đạo Cục", by="x", reason="y", confirm="mail"
    )
    (moved,) = delivered(warehouse, capture)[cycle.offices[0].email]
    assert moved["Subject"].endswith("hết ngày 4/1/2013 (thứ Sáu)")
    cited = {
        "letter": "theo Công văn số 3456/BTTTT-TTĐN ngày 3/12/2012 (thời hạn ghi tại Công văn: đến hết ngày",
        "instrument": "theo Thông tư số 22/2016/TT-BTTTT (thời hạn trước đây: đến hết ngày 31/12/2012):",
        "mail": "theo thư trao đổi của Cục Thông tin đối ngoại (thời hạn trước đây: đến hết ngày 31/12/2012",
    }
    assert cited[asked_by] in text_of(moved)
    for message in (request, moved):
        assert ("Công văn" in text_of(message)) is (asked_by == "letter")


def test_a_workbook_asked_for_by_an_instrument_names_it_on_its_cover(
    warehouse: Engine, capture: Server
) -> None:
    with warehouse.begin() as connection:
        cycle = make_cycle(connection, is_registered=False)
        connection.execute(
            text(
                "UPDATE cycle.cycle SET asked_by = 'instrument', regime_content ="
                " jsonb_set(regime_content, '{instrument}', '\"Thông tư số 22/2016/TT-BTTTT\"')"
            )
        )
        assert notices.queue_requests(connection, cycle.cycle_id) == len(cycle.offices)
    (first, *_) = delivered(warehouse, capture)[cycle.offices[0].email]
    (attached,) = [part for part in first.iter_attachments() if str(part.get_filename()).endswith(".xlsx")]
    book = load_workbook(BytesIO(attached.get_content()))
    cover = [str(cell.value) for row in book.worksheets[0].iter_rows() for cell in row if cell.value]
    assert "Thông tư số 22/2016/TT-BTTTT" in cover
    assert "Công văn số" not in " ".join(cover)
