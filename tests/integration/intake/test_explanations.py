"""An office explains warnings by answering the receipt; nothing else that it writes is taken for a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from email.message import EmailMessage

import pytest
from sqlalchemy import text

from reporting.clock import VIETNAM
from reporting.intake import replay as replaying
from reporting.intake.channels import collect
from reporting.intake.process import process_arrivals
from reporting.intake.replay import apply_replay, plan_replay
from reporting.intake.waiting import waiting
from reporting.intake.waivers import waive_rule
from tests.integration.intake.conftest import AskedCycle, reply

AN_GIANG, CA_MAU = "so_tttt_an_giang", "so_tttt_ca_mau"
AFTERNOON = datetime(2012, 12, 12, 14, tzinfo=VIETNAM)
_NEWEST_EXPLAINED = (
    "SELECT message_id_header FROM cycle.message WHERE step = 'explained' ORDER BY message_id DESC"
)
REASON = "Kế hoạch được ban hành cho cả hai năm."


def take_in(asked: AskedCycle, *messages: EmailMessage) -> None:
    for message in messages:
        asked.receive(message)
    collect(asked.engine)
    process_arrivals(asked.engine)


def send_with_warnings(asked: AskedCycle) -> str:
    """A workbook with two dates outside their years; the Message-ID of its receipt."""
    workbook = asked.filled(AN_GIANG)
    workbook.write_mark("ke_hoach", 2011, {"document_on": date(2012, 5, 3)})
    workbook.write_mark("bao_cao_tong_ket", 2011, {"document_on": date(2012, 11, 3)})
    take_in(asked, reply(asked.address(AN_GIANG), ("a.xlsx", workbook.save())))
    header = asked.scalar("SELECT message_id_header FROM cycle.message WHERE step = 'receipt'")
    assert isinstance(header, str)
    return header


def write(asked: AskedCycle, to: str, body: str, *, sender: str | None = None) -> None:
    message = reply(sender or asked.address(AN_GIANG), answers=to, at=AFTERNOON)
    message.set_content(f"{body}\n\nVào 12/12/2012, Cục Thông tin đối ngoại đã viết:\n> 1. Trang\n")
    take_in(asked, message)


def explanations(asked: AskedCycle) -> list[tuple[object, ...]]:
    return asked.rows(
        "SELECT indicator, explanation, explanation_arrival_id IS NOT NULL FROM intake.finding"
        " ORDER BY position"
    )


def explained_facts(asked: AskedCycle) -> list[tuple[object, ...]]:
    return asked.rows(
        "SELECT indicator, year, explanation FROM core.fact WHERE explanation IS NOT NULL ORDER BY 1, 2"
    )


def answer(asked: AskedCycle) -> str:
    body = asked.scalar(
        "SELECT body_text FROM cycle.message WHERE step = 'explained' ORDER BY message_id DESC"
    )
    assert isinstance(body, str)
    return body


def test_reasons_by_number_are_kept_with_warning_and_fact(asked: AskedCycle) -> None:
    receipt = send_with_warnings(asked)
    first, second = (row[0] for row in explanations(asked))
    write(asked, receipt, f"Kính gửi Quý Cục,\n2. {REASON}\nTrân trọng.")
    assert explanations(asked) == [(first, None, False), (second, REASON, True)]
    assert explained_facts(asked) == [(second, 2011, REASON)]
    assert asked.scalar("SELECT outcome FROM intake.arrival ORDER BY arrival_id DESC") == "reply"
    with asked.engine.connect() as connection:
        assert waiting(connection) == []
    assert "Nội dung chưa có giải trình:" in answer(asked)
    assert "- Nội dung 1: Trang" in answer(asked)

    follow_up = asked.scalar("SELECT message_id_header FROM cycle.message WHERE step = 'explained'")
    write(asked, str(follow_up), "Nội dung 1: Văn bản ký lại năm sau")
    assert explanations(asked)[0] == (first, "Văn bản ký lại năm sau", True)
    assert "chưa có giải trình" not in answer(asked)
    assert [row[0] for row in asked.rows("SELECT state FROM cycle.message WHERE step = 'explained'")] == [
        "sent",
        "sent",
    ]


def test_a_reason_without_number_is_of_the_one_warning_that_is_open(asked: AskedCycle) -> None:
    receipt = send_with_warnings(asked)
    write(asked, receipt, REASON)
    assert [row[1] for row in explanations(asked)] == [None, None]
    with asked.engine.connect() as connection:
        assert [(one.kind, one.state) for one in waiting(connection)] == [("arrival", "no_submission")]

    write(asked, receipt, "1. Văn bản ký lại năm sau")
    write(asked, receipt, REASON)
    assert [row[1:] for row in explanations(asked)] == [("Văn bản ký lại năm sau", True), (REASON, True)]


@pytest.mark.parametrize(
    "body",
    [
        "Trân trọng cảm ơn Quý Cục.",
        "Ô G9 phải ghi thế nào cho đúng ạ?",
        "1. Đề nghị Cục hướng dẫn cách điền ô này.",
        "1. Ngày này nhập nhầm, đề nghị sửa thành 5/3/2011.",
    ],
)
def test_thanks_questions_and_corrections_are_left_to_a_person(asked: AskedCycle, body: str) -> None:
    receipt = send_with_warnings(asked)
    write(asked, receipt, body)
    assert [row[1] for row in explanations(asked)] == [None, None]
    with asked.engine.connect() as connection:
        assert [(one.kind, one.state) for one in waiting(connection)] == [("arrival", "no_submission")]


def test_the_signed_report_in_answer_to_a_receipt_waits_to_be_registered(asked: AskedCycle) -> None:
    receipt = send_with_warnings(asked)
    message = reply(asked.address(AN_GIANG), answers=receipt, at=AFTERNOON)
    message.set_content(f"Kính gửi Quý Cục,\n1. {REASON}\n2. Như trên.\nTrân trọng./.")
    message.add_attachment(
        b"%PDF-1.4 " + b"x" * 100_000, maintype="application", subtype="pdf", filename="45-BC-STTTT.pdf"
    )
    take_in(asked, message)
    assert [row[1] for row in explanations(asked)] == [None, None]
    assert asked.rows("SELECT 1 FROM cycle.message WHERE step = 'explained'") == []
    with asked.engine.connect() as connection:
        (one,) = waiting(connection)
    assert (one.state, one.note) == (
        "no_submission",
        "Thư không kèm tệp số liệu, có văn bản kèm theo (45-BC-STTTT.pdf). Đề nghị xem thư và vào sổ văn bản"
        " (reporting desk register); nội dung thư không được ghi là giải trình.",
    )


def test_a_mail_outside_the_thread_or_of_another_office_explains_nothing(asked: AskedCycle) -> None:
    receipt = send_with_warnings(asked)
    write(asked, "<another@so.example>", REASON)
    write(asked, receipt, REASON, sender=asked.address(CA_MAU))
    assert [row[1] for row in explanations(asked)] == [None, None]
    assert explained_facts(asked) == []


def test_an_error_is_not_explained_away(asked: AskedCycle) -> None:
    workbook = asked.filled(AN_GIANG)
    workbook.write_mark("quy_che", 2011, {"mark": "đang làm"})
    take_in(asked, reply(asked.address(AN_GIANG), ("a.xlsx", workbook.save())))
    header = asked.scalar("SELECT message_id_header FROM cycle.message WHERE step = 'completion_request'")
    write(asked, str(header), "1. Quy chế đang được xây dựng")
    with asked.engine.connect() as connection:
        assert connection.execute(text("SELECT count(explanation) FROM intake.finding")).scalar_one() == 0
        assert [one.state for one in waiting(connection)] == ["no_submission"]


def test_a_repeat_says_what_is_open_and_its_answer_explains(asked: AskedCycle) -> None:
    workbook = asked.filled(AN_GIANG)
    workbook.write_mark("ke_hoach", 2011, {"document_on": date(2012, 5, 3)})
    workbook.write_mark("bao_cao_tong_ket", 2011, {"document_on": date(2012, 11, 3)})
    data = workbook.save()
    take_in(asked, reply(asked.address(AN_GIANG), ("a.xlsx", data)))
    receipt = str(asked.scalar("SELECT message_id_header FROM cycle.message WHERE step = 'receipt'"))
    write(asked, receipt, "1. Văn bản ký lại năm sau")
    take_in(asked, reply(asked.address(AN_GIANG), ("a.xlsx", data), at=AFTERNOON))
    ((header, body),) = asked.rows(
        "SELECT message_id_header, body_text FROM cycle.message WHERE step = 'repeat'"
    )
    said = " ".join(str(body).split())
    assert "Số liệu của bản này đã được ghi nhận. Bản này còn 01 nội dung đề nghị Quý Cơ quan giải" in said
    assert "- Nội dung 2: Trang" in said
    assert 'nêu lý do theo số nội dung ở trên (ví dụ "Nội dung 2: …"); không cần gửi lại tệp.' in said

    write(asked, str(header), f"Nội dung 2: {REASON}")
    assert [row[1] for row in explanations(asked)] == ["Văn bản ký lại năm sau", REASON]
    write(asked, str(asked.scalar(_NEWEST_EXPLAINED)), "Nội dung 1: Văn bản được ký lại hai lần")
    assert [row[1] for row in explanations(asked)] == ["Văn bản được ký lại hai lần", REASON]


def test_a_replay_keeps_by_which_mail_a_warning_was_explained(
    asked: AskedCycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = send_with_warnings(asked)
    write(asked, receipt, "1. Văn bản ký lại năm sau")
    check = replaying.check_batch
    monkeypatch.setattr(  # a rule that reads less prose
        replaying,
        "check_batch",
        lambda files, context: [replace(one, narratives=()) for one in check(files, context) if one],
    )
    found = plan_replay(asked.engine, asked.cycle_id, "quy tắc mới", "cv")
    assert apply_replay(asked.engine, found, "cv").changed == 1
    assert [row[1:] for row in explanations(asked)] == [("Văn bản ký lại năm sau", True), (None, False)]
    assert [row[2] for row in explained_facts(asked)] == ["Văn bản ký lại năm sau"]

    write(asked, receipt, f"2. {REASON}")
    assert [row[1] for row in explanations(asked)] == ["Văn bản ký lại năm sau", REASON]


def test_a_file_read_anew_keeps_what_was_explained(asked: AskedCycle) -> None:
    asked.set_clock(AFTERNOON)
    workbook = asked.filled(AN_GIANG)
    workbook.write_mark("quy_che", 2011, {"mark": "X"})
    workbook.write_mark("ke_hoach", 2011, {"document_on": date(2012, 5, 3)})
    data = workbook.save()
    take_in(asked, reply(asked.address(AN_GIANG), ("a.xlsx", data)))
    request = str(
        asked.scalar("SELECT message_id_header FROM cycle.message WHERE step = 'completion_request'")
    )
    (rule,) = asked.rows("SELECT rule FROM intake.finding WHERE severity = 'error'")[0]
    write(asked, request, f"2. {REASON}")
    with asked.engine.begin() as connection:
        waive_rule(
            connection, str(rule), reason="đang ban hành", allowed_by="lãnh đạo", entered_by="cv",
            valid_from=date(2012, 1, 1), valid_to=date(2013, 12, 31),
        )  # fmt: skip
    take_in(asked, reply(asked.address(AN_GIANG), ("a.xlsx", data), at=AFTERNOON))
    assert asked.scalar("SELECT outcome FROM intake.submission") == "accepted_with_warnings"
    assert (REASON, True) in [row[1:] for row in explanations(asked)]
    assert [row[2] for row in explained_facts(asked)] == [REASON]
