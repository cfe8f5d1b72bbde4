"""What one delivery or one cycle does to us holds up nobody else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, text

from local_stack.capture import MaildirStore
from reporting import archive
from reporting.clock import VIETNAM
from reporting.intake import opening, process
from reporting.intake.channels import collect
from reporting.intake.process import IntakeError, process_arrivals
from reporting.intake.settling import ignore_arrival
from reporting.intake.waiting import waiting
from tests.integration.intake.conftest import MINISTRY, AskedCycle, reply
from tests.integration.intake.test_explanations import explanations, send_with_warnings, take_in

AN_GIANG, CA_MAU = "so_tttt_an_giang", "so_tttt_ca_mau"


@pytest.fixture(autouse=True)
def on_the_twelfth(asked: AskedCycle) -> None:
    """The clock stands at the afternoon of 12/12/2012."""
    asked.set_clock(datetime(2012, 12, 12, 17, tzinfo=VIETNAM))


def _receive_words(asked: AskedCycle, answers: str, content_type: str, body: str) -> None:
    sender = asked.address(AN_GIANG)
    raw = (
        f"From: {sender}\r\nTo: {MINISTRY}\r\nSubject: Re\r\nMessage-ID: <s@x.example>\r\n"
        f"Date: Wed, 12 Dec 2012 14:00:00 +0700\r\nIn-Reply-To: {answers}\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: {content_type}\r\n\r\n{body}\r\n"
    )
    MaildirStore(asked.mail_root, stamp_from_date=True).keep(raw.encode(), "test", sender, [MINISTRY])


def _outcomes(asked: AskedCycle) -> list[Any]:
    return [row[0] for row in asked.rows("SELECT outcome FROM intake.arrival ORDER BY arrival_id")]


def test_half_a_character_in_a_reason_is_kept_as_one_that_cannot_be_read(asked: AskedCycle) -> None:
    receipt = send_with_warnings(asked)
    said = "1. Do ke hoach duoc ban hanh cho ca hai nam +2AA- het."
    _receive_words(asked, receipt, "text/plain; charset=utf-7", said)
    collect(asked.engine)
    process_arrivals(asked.engine)
    assert _outcomes(asked) == ["submission", "reply"]
    assert explanations(asked)[0][1] == "Do ke hoach duoc ban hanh cho ca hai nam \ufffd het."


def test_html_on_which_the_parser_fails_is_a_mail_without_a_workbook(asked: AskedCycle) -> None:
    receipt = send_with_warnings(asked)
    _receive_words(asked, receipt, "text/html; charset=utf-8", "<p>Xin <![foo[ chào ]]></p>")
    collect(asked.engine)
    process_arrivals(asked.engine)
    assert _outcomes(asked) == ["submission", "no_submission"]


def test_what_cannot_be_opened_or_committed_waits_for_a_person_and_for_nobody_else(
    asked: AskedCycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = send_with_warnings(asked)

    def failing(*_: Any, **__: Any) -> int:
        raise RuntimeError("no rule \ud800\x00")

    monkeypatch.setattr(process, "record_explanations", failing)
    write = reply(asked.address(AN_GIANG), answers=receipt, at=datetime(2012, 12, 12, 14, tzinfo=VIETNAM))
    write.set_content("1. Kế hoạch hai năm.")
    later = reply(
        asked.address(AN_GIANG),
        ("b.xlsx", asked.filled(AN_GIANG).save()),
        at=datetime(2012, 12, 12, 15, tzinfo=VIETNAM),
    )
    take_in(asked, write, later)
    take_in(asked)
    assert _outcomes(asked) == ["submission", "quarantined", "submission"]
    with asked.engine.connect() as connection:
        (one,) = waiting(connection)
    assert one.note == (
        "Hệ thống gặp lỗi khi xử lý thư, tệp này nên chưa ghi nhận gì (RuntimeError: no rule \ufffd)."
        " Thư, tệp gốc đã được lưu. Đề nghị mở xem: nếu có tệp số liệu thì ghi nhận cho cơ quan gửi,"
        " nếu không thì cất."
    )
    assert asked.rows("SELECT subject FROM audit.alert") == [
        (f"Cần xem: chưa xử lý được thư, tệp số {one.arrival_id}",)
    ]
    ignore_arrival(asked.engine, int(str(one.arrival_id)), "Đã đọc", "chuyen_vien")

    def unreadable(*_: Any) -> str:
        raise RecursionError("too deep")

    monkeypatch.setattr(opening, "is_automatic", unreadable)
    take_in(asked, reply(asked.address(CA_MAU)))
    assert _outcomes(asked)[-1] == "quarantined"


def test_what_another_try_mends_is_tried_again_and_nobody_else_waits(asked: AskedCycle) -> None:
    asked.receive(reply(asked.address(AN_GIANG), ("a.xlsx", asked.filled(AN_GIANG).save())))
    collect(asked.engine)
    sha256 = str(asked.scalar("SELECT raw_sha256 FROM intake.arrival"))
    file = archive.path_of(sha256)
    kept = file.read_bytes()
    file.unlink()
    with pytest.raises(IntakeError, match="FileNotFoundError"):
        take_in(asked, reply(asked.address(CA_MAU), ("b.xlsx", asked.filled(CA_MAU).save())))
    assert _outcomes(asked) == [None, "submission"]
    file.write_bytes(kept)
    take_in(asked)
    assert _outcomes(asked) == ["submission", "submission"]


def test_a_cycle_whose_form_cannot_be_read_holds_up_no_other(
    asked: AskedCycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its offices are told that the fault is ours; when it is mended their files are checked."""
    real, broken = process.check_context, ["any"]

    def unreadable(connection: Connection, cycle_id: str) -> Any:
        if broken:
            connection.execute(text("SELECT 1"))
            raise ValueError("the form has no year")
        return real(connection, cycle_id)

    for module in (process, process.faults):
        monkeypatch.setattr(module, "check_context", unreadable)
    take_in(
        asked,
        reply(asked.address(AN_GIANG), ("a.xlsx", asked.filled(AN_GIANG).save())),
        reply("la@la.example"),
    )
    assert _outcomes(asked) == ["submission", "no_submission"]
    assert asked.rows("SELECT outcome FROM intake.submission") == [("system_fault",)]
    assert asked.scalar("SELECT state FROM cycle.message WHERE step = 'system_fault'") == "sent"
    broken.clear()
    with asked.engine.begin() as connection:
        connection.execute(text("UPDATE audit.event SET recorded_at = recorded_at - interval '11 minutes'"))
    process_arrivals(asked.engine)
    assert asked.rows("SELECT outcome FROM intake.submission") == [("accepted",)]


def test_the_answers_of_a_cycle_that_cannot_be_sent_hold_up_no_other(
    asked: AskedCycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = process.deliver

    def failing(engine: Any, cycle_id: str) -> Any:
        if cycle_id == "a_broken_one":
            raise ValueError("no letterhead")
        return real(engine, cycle_id)

    monkeypatch.setattr(process, "deliver", failing)
    monkeypatch.setattr(process.faults, "check_again", lambda _: {"a_broken_one": []})
    with pytest.raises(IntakeError, match="a_broken_one could not be sent: ValueError: no letterhead"):
        take_in(asked, reply(asked.address(AN_GIANG), ("a.xlsx", asked.filled(AN_GIANG).save())))
    assert asked.scalar("SELECT state FROM cycle.message WHERE step = 'receipt'") == "sent"
