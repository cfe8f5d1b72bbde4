"""Follow-up questions: to chosen offices, each with its own value; answered in words or in silence."""

from __future__ import annotations

from datetime import date
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from reporting.calendar.deadlines import Deadline
from reporting.cycles import conducting, questions
from reporting.cycles.conducting import RehearsalApprover
from reporting.cycles.questions import AskedQuestion, QuestionRefused
from reporting.documents import lifecycle
from reporting.intake import process
from reporting.intake.channels import collect
from reporting.intake.desk import DeskError
from reporting.intake.replies import record_reply
from reporting.settings import settings
from tests.factories import add_mark, submit
from tests.integration.rehearsed import Rehearsed, vn

APPROVER = RehearsalApprover()
DEADLINE = Deadline("through", date(2013, 1, 11))
OFFICER = "bà Nguyễn Thị A, chuyên viên (điện thoại 000)"
WHY = AskedQuestion("Đề nghị cho biết lý do chưa ban hành Quy chế.", "quy_che", 2012)


@pytest.fixture
def parent(small: Rehearsed) -> Rehearsed:
    """A cycle in which the first two offices have reported; it is 7/1/2013."""
    small.issue()
    first, second, _ = small.offices
    with small.engine.begin() as connection:
        answer = submit(connection, small.sample, first, data=b"one", message_id_header="<1@a.example>")
        add_mark(connection, answer, "quy_che", 2012, is_marked=False)
        answer = submit(connection, small.sample, second, data=b"two", message_id_header="<2@a.example>")
        add_mark(connection, answer, "quy_che", 2012, number="15/QĐ-UBND", on=date(2012, 3, 5))
    small.go_to(vn(2013, 1, 7, 9))
    return small


def ask(parent: Rehearsed, *offices: str, **changes: Any) -> str:
    arguments: dict[str, Any] = {
        "asked": [WHY], "deadline": DEADLINE, "officer": OFFICER, "by": "chuyen_vien", "clock_id": "asking",
    } | changes  # fmt: skip
    conducting.create_clock(parent.engine, "asking", vn(2013, 1, 7, 8))
    asked, deadline = arguments.pop("asked"), arguments.pop("deadline")
    return questions.ask(parent.engine, parent.cycle_id, offices, asked, deadline, **arguments)


def send(parent: Rehearsed, cycle_id: str) -> list[tuple[Any, ...]]:
    """Approve the questions and send them; what went to whom."""
    conducting.do_due(parent.engine, cycle_id, APPROVER)
    assert conducting.advance(parent.engine, "asking", [cycle_id]) == vn(2013, 1, 7, 14)
    conducting.do_due(parent.engine, cycle_id, APPROVER)
    return rows(parent.engine, cycle_id, "to_address, subject, body_text, message_id_header")


def rows(engine: Engine, cycle_id: str, columns: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        found = connection.execute(
            text(
                f"SELECT {columns} FROM cycle.message WHERE cycle_id = :c AND state = 'sent'"
                " ORDER BY message_id"
            ),
            {"c": cycle_id},
        )
        return [tuple(row) for row in found]


def deliver_to_us(
    engine: Engine, sender: str, answers: str, body: str, workbook: bytes = b"", **headers: str
) -> None:
    """A mail in the ministry's mailbox, collected and handled."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = sender, settings().ministry_address
    message["Subject"], message["In-Reply-To"] = "Trả lời", answers
    message["Date"] = "Tue, 08 Jan 2013 09:00:00 +0700"
    message["Received"] = "from a by b; Tue, 08 Jan 2013 09:00:01 +0700"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    if workbook:
        kind = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        message.add_attachment(workbook, "application", kind, filename="Bieu so lieu.xlsx")
    folder = settings().channels.removeprefix("maildir:")
    inbox = Path(folder)
    for name in ("new", "cur", "tmp"):
        (inbox / name).mkdir(parents=True, exist_ok=True)
    (inbox / "new" / f"{len(list((inbox / 'new').iterdir()))}.{abs(hash(body))}").write_bytes(bytes(message))
    collect(engine)
    process.process_arrivals(engine)


def outstanding(engine: Engine, cycle_id: str) -> list[bool]:
    with engine.connect() as connection:
        return list(
            connection.scalars(
                text(
                    "SELECT is_outstanding FROM cycle.obligation_status"
                    " JOIN cycle.recipient r USING (recipient_id)"
                    " WHERE r.cycle_id = :c ORDER BY r.position"
                ),
                {"c": cycle_id},
            )
        )


def test_each_office_is_shown_its_own_value_and_cell(parent: Rehearsed) -> None:
    first, second, third = parent.offices
    cycle_id = ask(parent, first.short_name, second.reference_code, third.organization_id)
    mails = send(parent, cycle_id)
    assert [to for to, *_ in mails] == [office.email for office in parent.offices]
    bodies = [" ".join(body.split()) for _, _, body, _ in mails]
    assert "năm 2012: chưa có (trang “Biểu 1”, ô C12)" in bodies[0]
    assert "năm 2012: có (Số 15/QĐ-UBND ngày 5/3/2012) (trang “Biểu 1”, ô C12)" in bodies[1]
    assert "năm 2012: chưa có số liệu." in bodies[2]
    for body in bodies:
        assert "Đề nghị cho biết lý do chưa ban hành Quy chế." in body
        assert "chậm nhất hết ngày 11/1/2013 (thứ Sáu)" in body
        assert OFFICER in body
    assert all("Đề nghị làm rõ 01 nội dung trong báo cáo tình hình" in subject for _, subject, *_ in mails)


def test_nothing_is_sent_before_the_questions_are_approved_and_no_number_is_asked_for(
    parent: Rehearsed,
) -> None:
    class Unit:
        def answer(self, engine: Engine, cycle_id: str, kind: str) -> bool:
            return False

    cycle_id = ask(parent, parent.offices[0].short_name)
    conducting.do_due(parent.engine, cycle_id, Unit())
    conducting.advance(parent.engine, "asking", [cycle_id])
    conducting.do_due(parent.engine, cycle_id, Unit())
    assert rows(parent.engine, cycle_id, "message_id") == []
    with parent.engine.connect() as connection:
        document = lifecycle.find(connection, cycle_id, "request_letter")
    assert document is not None
    assert not document.is_numbered
    assert "Thư gửi cơ quan đầu tiên" in document.body_markdown
    assert "| chưa có | trang “Biểu 1”, ô C12 |" in document.body_markdown.replace("Quy chế năm 2012: ", "")
    conducting.do_due(parent.engine, cycle_id, APPROVER)
    assert len(rows(parent.engine, cycle_id, "message_id")) == 1
    with parent.engine.connect() as connection:
        document = lifecycle.find(connection, cycle_id, "request_letter")
    assert document is not None
    assert (document.number, document.is_published) == (None, True)


def test_an_answer_by_mail_is_kept_without_what_it_quotes(parent: Rehearsed) -> None:
    first, second, _ = parent.offices
    cycle_id = ask(parent, first.short_name, second.short_name)
    mails = send(parent, cycle_id)
    body = (
        "Kính gửi Cục,\n\nQuy chế đang trình UBND tỉnh.\nTrân trọng.\n\n"
        "Vào Th 2, 7 thg 1, 2013 vào lúc 14:00 Cục Thông tin đối ngoại\n"
        "<baocao@ttdn.bo-chu-tri.example> đã viết:\n"
        "> Qua tổng hợp báo cáo\n"
    )
    deliver_to_us(parent.engine, first.email, mails[0][3], body)
    with parent.engine.connect() as connection:
        answered, silent = questions.answers(connection, cycle_id)
    assert answered.body == "Kính gửi Cục,\n\nQuy chế đang trình UBND tỉnh.\nTrân trọng."
    assert (answered.value_seen, answered.entered_by) == ("chưa có", "submission_intake")
    assert silent.body is None
    assert outstanding(parent.engine, cycle_id) == [False, True]
    assert parent.value("SELECT outcome FROM intake.arrival WHERE in_reply_to IS NOT NULL") == "reply"


def test_an_automatic_answer_is_no_answer(parent: Rehearsed) -> None:
    first = parent.offices[0]
    cycle_id = ask(parent, first.short_name)
    mails = send(parent, cycle_id)
    deliver_to_us(parent.engine, first.email, mails[0][3], "Tôi đi vắng.", Auto_Submitted="auto-replied")
    assert outstanding(parent.engine, cycle_id) == [True]


def test_a_question_closes_in_silence_without_reminder_or_urging(parent: Rehearsed) -> None:
    first, second, _ = parent.offices
    cycle_id = ask(parent, first.short_name, second.short_name)
    send(parent, cycle_id)
    while conducting.advance(parent.engine, "asking", [cycle_id]):
        conducting.do_due(parent.engine, cycle_id, APPROVER)
    assert conducting.is_finished(parent.engine, [cycle_id])
    assert rows(parent.engine, cycle_id, "step") == [("request",), ("request",)]
    assert parent.value("SELECT count(*) FROM cycle.document WHERE cycle_id = :q", q=cycle_id) == 1


def test_an_answer_by_telephone_is_entered_by_an_officer(parent: Rehearsed) -> None:
    first = parent.offices[0]
    cycle_id = ask(parent, first.short_name)
    send(parent, cycle_id)
    with parent.engine.begin() as connection:
        (asked,) = questions.answers(connection, cycle_id)
        record_reply(connection, cycle_id, asked.reference_code, "Đang trình ký.", by="Lê Văn B")
        with pytest.raises(DeskError, match="Chưa có nội dung"):
            record_reply(connection, cycle_id, asked.reference_code, "  ", by="Lê Văn B")
        with pytest.raises(DeskError, match="không đề nghị trả lời"):
            record_reply(connection, parent.cycle_id, first.reference_code, "x", by="Lê Văn B")
    with parent.engine.connect() as connection:
        (answer,) = questions.answers(connection, cycle_id)
    assert (answer.body, answer.entered_by) == ("Đang trình ký.", "Lê Văn B")
    assert outstanding(parent.engine, cycle_id) == [False]


def test_the_same_question_asked_twice_is_one_cycle_and_another_one_is_another(parent: Rehearsed) -> None:
    first = parent.offices[0].short_name
    once = ask(parent, first)
    assert ask(parent, first) == once
    other = ask(parent, first, asked=[AskedQuestion("Câu hỏi khác?")])
    assert other != once
    assert parent.rows(
        "SELECT parent_cycle_id, kind, asked_by, officer FROM cycle.cycle WHERE cycle_id = :q", q=once
    ) == [(parent.cycle_id, "question", "mail", OFFICER)]
    assert (
        parent.value(
            "SELECT count(*) FROM cycle.question JOIN cycle.recipient r USING (recipient_id)"
            " WHERE r.cycle_id = :q",
            q=once,
        )
        == 1
    )


def test_everything_to_mend_is_told_at_once(parent: Rehearsed) -> None:
    with pytest.raises(QuestionRefused) as refused:
        ask(parent, "An Gang", asked=[], deadline=Deadline("before", date(2013, 1, 8)), officer=" ")
    problems = refused.value.problems
    assert len(problems) == 4
    assert "An Giang" in problems[-1]
    assert parent.value("SELECT count(*) FROM cycle.cycle") == 1


def test_a_question_line_names_its_value_by_label_or_code(parent: Rehearsed) -> None:
    with parent.engine.connect() as connection:
        form = questions.form_of(connection, parent.cycle_id)
    assert form is not None
    label = next(i.short_label for i in form.indicators if i.code == "quy_che")
    assert questions.parse_question(f"[{label} 2012] Vì sao?", form) == AskedQuestion(
        "Vì sao?", "quy_che", 2012
    )
    assert questions.parse_question("[quy_che 2011] Vì sao?", form) == AskedQuestion(
        "Vì sao?", "quy_che", 2011
    )
    assert questions.parse_question(" Vì sao? ", form) == AskedQuestion("Vì sao?")
    for line, told in (("[quy_che 1999] a", "2011"), ("[quy 2012] a", label)):
        with pytest.raises(QuestionRefused, match=told):
            questions.parse_question(line, form)


def test_the_question_about_a_rehearsed_cycle_runs_by_its_clock(parent: Rehearsed) -> None:
    cycle_id = questions.ask(
        parent.engine,
        parent.cycle_id,
        [parent.offices[0].short_name],
        [WHY],
        DEADLINE,
        officer=OFFICER,
        by="A",
    )
    assert (
        parent.value("SELECT clock_id FROM cycle.cycle WHERE cycle_id = :q", q=cycle_id)
        == parent.sample.clock_id
    )


def test_a_workbook_that_comes_with_an_answer_is_of_the_cycle_asked_about(parent: Rehearsed) -> None:
    first = parent.offices[0]
    cycle_id = ask(parent, first.short_name)
    mails = send(parent, cycle_id)
    deliver_to_us(parent.engine, first.email, mails[0][3], "Gửi lại biểu số liệu.", workbook=b"no workbook")
    with parent.engine.connect() as connection:
        (answer,) = questions.answers(connection, cycle_id)
    assert answer.body == "Gửi lại biểu số liệu."
    assert parent.rows(
        "SELECT cycle_id, outcome FROM intake.submission WHERE recipient_id = :r ORDER BY version",
        r=first.recipient_id,
    ) == [(parent.cycle_id, "accepted"), (parent.cycle_id, "unreadable")]
