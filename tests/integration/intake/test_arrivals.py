"""What becomes of a mail: accepted, to be completed, repeated, put aside; once, whoever is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from datetime import date, datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path

import pytest
from sqlalchemy import text

from local_stack.capture import maildir
from reporting.archive import path_of
from reporting.clock import VIETNAM
from reporting.database import query
from reporting.intake import answering, process
from reporting.intake.channels import collect, configured, has_new
from reporting.intake.context import check_context
from reporting.intake.process import process_arrivals
from reporting.intake.settling import settle_arrival
from reporting.mail.notices import queue_reminders
from reporting.settings import settings
from tests.integration.intake.conftest import AskedCycle, reply

AN_GIANG = "so_tttt_an_giang"
BAC_GIANG = "so_tttt_bac_giang"
CA_MAU = "so_tttt_ca_mau"
DATA_FORM = "tệp số liệu"


@pytest.fixture(autouse=True)
def on_the_twelfth(asked: AskedCycle) -> None:
    """The clock stands at the afternoon of 12/12/2012."""
    asked.set_clock(datetime(2012, 12, 12, 17, tzinfo=VIETNAM))


def _submissions(asked: AskedCycle) -> list[tuple[object, ...]]:
    return asked.rows(
        "SELECT r.organization_id, s.version, s.outcome FROM intake.submission s"
        " JOIN cycle.recipient r USING (recipient_id) ORDER BY s.submission_id"
    )


def _answers(asked: AskedCycle, step: str) -> list[tuple[object, ...]]:
    return asked.rows(
        "SELECT to_address, state FROM cycle.message WHERE step = :s ORDER BY message_id", s=step
    )


def _take_in(asked: AskedCycle, *messages: EmailMessage) -> process.IntakeResult:
    for message in messages:
        asked.receive(message)
    collect(asked.engine)
    return process_arrivals(asked.engine)


def test_a_good_workbook_is_accepted_and_confirmed(asked: AskedCycle) -> None:
    data = asked.filled(AN_GIANG).save()
    result = _take_in(asked, reply(asked.address(AN_GIANG), ("So lieu.xlsx", data)))

    assert (result.handled, result.accepted, result.put_aside) == (1, 1, 0)
    assert _submissions(asked) == [(AN_GIANG, 1, "accepted")]
    marked = asked.rows("SELECT indicator, year FROM core.fact WHERE is_marked ORDER BY indicator, year")
    assert marked == [("bao_cao_tong_ket", 2011), ("bao_cao_tong_ket", 2012), ("ke_hoach", 2011)]
    assert asked.scalar("SELECT count(*) FROM core.fact") == 12
    assert asked.scalar("SELECT count(*) FROM core.narrative") == 4
    number = asked.scalar(
        "SELECT document_number FROM core.fact WHERE indicator = 'ke_hoach' AND year = 2011"
    )
    assert number == asked.answers[AN_GIANG].marks["ke_hoach", 2011].document_number
    assert _answers(asked, "receipt") == [(asked.address(AN_GIANG), "sent")]
    received = asked.scalar("SELECT received_at FROM intake.submission")
    assert received == datetime(2012, 12, 12, 9, 30, tzinfo=VIETNAM)
    assert asked.rows("SELECT kind FROM audit.event WHERE kind LIKE 'submission%'") == [
        ("submission_checked",)
    ]


def test_a_bad_mark_comes_back_marked_and_the_completed_workbook_counts(asked: AskedCycle) -> None:
    workbook = asked.filled(CA_MAU)
    workbook.write_mark("quy_che", 2011, {"mark": "đang làm"})
    first = reply(asked.address(CA_MAU), ("a.xlsx", workbook.save()))
    assert _take_in(asked, first).to_complete == 1

    assert asked.scalar("SELECT count(*) FROM core.fact") == 0
    (finding,) = asked.rows("SELECT severity, rule, sheet, value_seen FROM intake.finding")
    assert finding == ("error", "mark_is_valid", "Biểu 1", "đang làm")
    (request,) = asked.rows(
        "SELECT in_reply_to, jsonb_array_length(attachments), state FROM cycle.message"
        " WHERE step = 'completion_request'"
    )
    assert request == (str(first["Message-ID"]), 1, "sent")

    again = reply(
        asked.address(CA_MAU),
        ("b.xlsx", asked.filled(CA_MAU).save()),
        at=datetime(2012, 12, 12, 15, tzinfo=VIETNAM),
    )
    _take_in(asked, again)
    assert _submissions(asked) == [(CA_MAU, 1, "to_complete"), (CA_MAU, 2, "accepted")]
    first_received = asked.scalar(
        "SELECT min(first_received_at) FROM cycle.obligation_status WHERE deliverable = 'data_form'"
    )
    assert first_received == datetime(2012, 12, 12, 9, 30, tzinfo=VIETNAM)


def test_the_same_file_again_is_not_counted_again_and_its_sender_is_told(asked: AskedCycle) -> None:
    data = asked.filled(AN_GIANG).save()
    for hour in (9, 10):
        _take_in(
            asked,
            reply(asked.address(AN_GIANG), ("a.xlsx", data), at=datetime(2012, 12, 12, hour, tzinfo=VIETNAM)),
        )

    assert _submissions(asked) == [(AN_GIANG, 1, "accepted")]
    assert asked.rows("SELECT outcome FROM intake.arrival ORDER BY arrival_id") == [
        ("submission",),
        ("duplicate",),
    ]
    assert len(_answers(asked, "receipt")) == 1
    assert _answers(asked, "repeat") == [(asked.address(AN_GIANG), "sent")]
    told = " ".join(str(asked.scalar("SELECT body_text FROM cycle.message WHERE step = 'repeat'")).split())
    assert "Tệp trùng bản đã nhận lúc 9 giờ 00 phút, ngày 12/12/2012" in told
    assert "Quý Cơ quan không cần gửi lại" in told
    assert asked.scalar("SELECT count(*) FROM audit.event WHERE kind = 'submission_repeated'") == 1


def test_an_earlier_version_sent_again_is_a_persons_decision(asked: AskedCycle) -> None:
    """Whether the office takes its second version back, or took the wrong file, nobody can tell but it."""
    second = asked.filled(AN_GIANG)
    second.write_mark(
        "quy_che", 2011, {"mark": "X", "document_number": "9/QĐ-UBND", "document_on": date(2011, 5, 4)}
    )
    first = asked.filled(AN_GIANG).save()
    for hour, data in ((9, first), (10, second.save()), (11, first)):
        _take_in(
            asked,
            reply(asked.address(AN_GIANG), ("a.xlsx", data), at=datetime(2012, 12, 12, hour, tzinfo=VIETNAM)),
        )
    assert [version for _, version, _ in _submissions(asked)] == [1, 2]
    (arrival, outcome, note) = asked.rows("SELECT arrival_id, outcome, note FROM intake.arrival")[-1]
    assert outcome == "quarantined"
    assert "trùng bản lần 1 (nhận lúc 9 giờ 00 phút, ngày 12/12/2012" in str(note)
    assert asked.scalar("SELECT version FROM core.current_submission") == 2

    number, code = int(str(arrival)), asked.code(AN_GIANG)
    assert settle_arrival(asked.engine, number, asked.cycle_id, code, "Đã hỏi lại", "can_bo").outcomes == (
        "accepted",
    )
    current = asked.rows(
        "SELECT c.version, s.filename, c.received_at FROM core.current_submission c"
        " JOIN intake.submission s USING (submission_id)"
    )
    assert current == [(3, "a.xlsx", datetime(2012, 12, 12, 9, tzinfo=VIETNAM))]
    assert len(_answers(asked, "receipt")) == 3


def test_the_workbook_of_another_office_is_not_counted_for_either(asked: AskedCycle) -> None:
    _take_in(asked, reply(asked.address(AN_GIANG), ("a.xlsx", asked.filled(BAC_GIANG, AN_GIANG).save())))

    assert _submissions(asked) == [(AN_GIANG, 1, "to_complete")]
    (finding,) = asked.rows("SELECT rule, message FROM intake.finding WHERE severity = 'error'")
    assert finding[0] == "workbook_is_of_the_sender"
    assert "Bắc Giang" in str(finding[1])
    assert asked.scalar("SELECT count(*) FROM core.fact") == 0
    assert _answers(asked, "completion_request") == [(asked.address(AN_GIANG), "sent")]
    ((sent, given_back),) = asked.rows(
        "SELECT q.attachments, c.attachments->0 FROM cycle.message c"
        " JOIN cycle.message q USING (recipient_id)"
        " WHERE c.step = 'completion_request' AND q.step = 'request'"
    )
    assert given_back in sent, "the form that An Giang was asked with, not the file of Bắc Giang"
    body = asked.scalar("SELECT body_text FROM cycle.message WHERE step = 'completion_request'")
    assert "1. Nếu gửi nhầm tệp: trả lời thư này, đính kèm đúng tệp" in str(body)
    assert "màu đỏ" not in str(body)


def test_a_wrong_form_version_is_answered_with_the_workbook_of_this_cycle(asked: AskedCycle) -> None:
    from rehearsal.workbooks import workbook_of_old_form
    from reporting.forms.models import load_form
    from reporting.workbook.read import read_workbook

    old = workbook_of_old_form(
        load_form("theo_doi_ttdn", "2010.1"), asked.code(AN_GIANG), "Sở TT&TT An Giang", date(2012, 12, 12)
    )
    _take_in(asked, reply(asked.address(AN_GIANG), ("cu.xlsx", old)))

    assert _submissions(asked) == [(AN_GIANG, 1, "to_complete")]
    sha256 = str(
        asked.scalar("SELECT attachments->0->>'sha256' FROM cycle.message WHERE step = 'completion_request'")
    )
    returned = (settings().archive / sha256[:2] / sha256).read_bytes()
    read = read_workbook(returned, "x.xlsx", load_form("theo_doi_ttdn", "2012.1"))
    assert read.form_version == "2012.1"
    assert read.cover["reference_code"].text == asked.code(AN_GIANG)


def test_an_unknown_sender_is_put_aside_for_a_person(asked: AskedCycle) -> None:
    data = asked.filled(AN_GIANG).save()
    result = _take_in(asked, reply("nguoi-la@noi-khac.example", ("a.xlsx", data)))

    assert (result.put_aside, result.accepted) == (1, 0)
    assert _submissions(asked) == []
    (arrival,) = asked.rows("SELECT outcome, note FROM intake.arrival")
    assert arrival[0] == "quarantined"
    assert "nguoi-la@noi-khac.example" in str(arrival[1])
    assert (
        asked.scalar("SELECT count(*) FROM cycle.message WHERE step IN ('receipt', 'completion_request')")
        == 0
    )


def test_a_colleague_who_answers_our_mail_speaks_for_the_office(asked: AskedCycle) -> None:
    ours = str(
        asked.scalar(
            "SELECT m.message_id_header FROM cycle.message m JOIN cycle.recipient r USING (recipient_id)"
            " WHERE r.organization_id = :o AND m.step = 'request'",
            o=AN_GIANG,
        )
    )
    data = asked.filled(AN_GIANG).save()
    _take_in(asked, reply("dong-nghiep@so-tttt-an-giang.example", ("a.xlsx", data), answers=ours))
    assert _submissions(asked) == [(AN_GIANG, 1, "accepted")]


def test_contradicting_signs_are_a_question(asked: AskedCycle) -> None:
    data = asked.filled(AN_GIANG).save()
    code = asked.code(BAC_GIANG)
    _take_in(asked, reply(asked.address(AN_GIANG), ("a.xlsx", data), subject=f"Re: [{code}] Đề nghị báo cáo"))

    (arrival,) = asked.rows("SELECT outcome, note FROM intake.arrival")
    assert arrival[0] == "quarantined"
    assert "An Giang" in str(arrival[1])
    assert "Bắc Giang" in str(arrival[1])


def test_a_mail_without_workbook_and_a_bounce_are_kept_and_not_answered(asked: AskedCycle) -> None:
    bounce = reply("mailer-daemon@so-tttt-an-giang.example", ("tra-lai.xlsx", b"what was sent"))
    bounce.set_type("multipart/report")
    result = _take_in(asked, reply(asked.address(AN_GIANG)), bounce)

    assert result.without_workbook == 2
    assert sorted(asked.rows("SELECT outcome FROM intake.arrival")) == [("bounce",), ("no_submission",)]
    assert asked.scalar("SELECT count(*) FROM cycle.message WHERE step <> 'request'") == 0


def test_a_rehearsals_mailbox_never_reaches_a_live_cycle(
    asked: AskedCycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORTING_MAILBOX_MODE", "live")
    settings.cache_clear()
    _take_in(asked, reply(asked.address(AN_GIANG), ("a.xlsx", asked.filled(AN_GIANG).save())))
    assert asked.rows("SELECT mode, outcome FROM intake.arrival") == [("live", "quarantined")]


def test_what_comes_after_the_report_goes_into_a_supplement(asked: AskedCycle) -> None:
    with asked.engine.begin() as connection:
        connection.execute(text("UPDATE cycle.milestone SET done_at = due_at WHERE step = 'close'"))
    _take_in(asked, reply(asked.address(AN_GIANG), ("a.xlsx", asked.filled(AN_GIANG).save())))
    asked.publish_report()
    said = asked.values_of_report()
    assert {row[0] for row in said} == {AN_GIANG}
    assert asked.after_report() == []

    _take_in(asked, reply(asked.address(CA_MAU), ("a.xlsx", asked.filled(CA_MAU).save())))
    assert _submissions(asked) == [(AN_GIANG, 1, "accepted"), (CA_MAU, 1, "accepted")]
    assert asked.after_report() == [(CA_MAU, "submission", "new")]
    assert asked.values_of_report() == said, "the published report stays as it is"
    body = str(asked.scalar("SELECT body_text FROM cycle.message WHERE step = 'receipt' ORDER BY 1 LIMIT 1"))
    (late,) = asked.rows(
        "SELECT m.body_text FROM cycle.message m JOIN cycle.recipient r USING (recipient_id)"
        " WHERE m.step = 'receipt' AND r.organization_id = :o",
        o=CA_MAU,
    )
    told = " ".join(str(late[0]).split())
    assert "Báo cáo số 9/BC-BTTTT ngày 15/1/2013 và không thay đổi" in told
    assert "báo cáo bổ sung" in told
    assert "9/BC-BTTTT" not in body or body == late[0], "who answered in time is not told so"


def test_a_report_published_while_a_workbook_is_checked_is_not_changed_by_it(
    asked: AskedCycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = answering.check_workbooks

    def published_meanwhile(
        files: Sequence[answering.WorkbookFile], context: answering.CheckContext
    ) -> list[answering.CheckedWorkbook]:
        asked.publish_report()
        return real(files, context)

    monkeypatch.setattr(answering, "check_workbooks", published_meanwhile)
    _take_in(asked, reply(asked.address(CA_MAU), ("a.xlsx", asked.filled(CA_MAU).save())))
    assert _submissions(asked) == [(CA_MAU, 1, "accepted")], "it is recorded and counts"
    assert asked.after_report() == [(CA_MAU, "submission", "new")]
    assert asked.values_of_report() == []


def _fail_on(monkeypatch: pytest.MonkeyPatch, filename: str) -> None:
    """Let our own checks fail on files of this name."""
    real = answering.check_workbooks

    def failing(
        files: Sequence[answering.WorkbookFile], context: answering.CheckContext
    ) -> list[answering.CheckedWorkbook]:
        if any(file.filename == filename for file in files):
            raise RuntimeError("an expectation cannot be evaluated")
        return real(files, context)

    monkeypatch.setattr(answering, "check_workbooks", failing)


def _minutes_pass(asked: AskedCycle, minutes: int) -> None:
    """By the machine's clock, which the tries of a version go by."""
    with asked.engine.begin() as connection:
        connection.execute(
            text("UPDATE audit.event SET recorded_at = recorded_at - make_interval(mins => :m)"),
            {"m": minutes},
        )


def test_a_fault_of_ours_is_mended_without_the_office(
    asked: AskedCycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is kept, the office left in peace, the operator told once, the result sent in the end."""
    with monkeypatch.context() as broken:
        _fail_on(broken, "la.xlsx")
        _take_in(
            asked,
            reply(asked.address(AN_GIANG), ("a.xlsx", asked.filled(AN_GIANG).save())),
            reply(asked.address(CA_MAU), ("la.xlsx", asked.filled(CA_MAU).save())),
        )
        assert sorted(_submissions(asked)) == [(AN_GIANG, 1, "accepted"), (CA_MAU, 1, "system_fault")]
        assert _answers(asked, "system_fault") == [(asked.address(CA_MAU), "sent")]

        asked.set_clock(datetime(2013, 1, 2, 17, tzinfo=VIETNAM))  # the deadline is past
        status = (
            "SELECT state, is_outstanding FROM cycle.obligation_status"
            " JOIN cycle.recipient USING (recipient_id)"
            " WHERE deliverable = 'data_form' AND organization_id = :o"
        )
        assert asked.rows(status, o=CA_MAU) == [("in_check", False)]
        with asked.engine.begin() as connection:
            queue_reminders(connection, asked.cycle_id, "reminder__t_plus_1")
        reminder = "SELECT body_text FROM cycle.message WHERE step = 'reminder__t_plus_1' AND to_address = :a"
        (peaceful,) = asked.rows(reminder, a=asked.address(CA_MAU))
        (reminded,) = asked.rows(reminder, a=asked.address(BAC_GIANG))
        assert DATA_FORM not in str(peaceful[0])
        assert DATA_FORM in str(reminded[0])

        assert not waits_for_us(asked)
        process_arrivals(asked.engine)
        tries = "SELECT count(*) FROM audit.event WHERE kind = 'submission_check_retried'"
        assert asked.scalar(tries) == 0, "not within ten minutes of the last try"
        for minutes, expected in ((11, 1), (11, 1), (21, 2)):
            _minutes_pass(asked, minutes)
            process_arrivals(asked.engine)
            assert asked.scalar(tries) == expected
        (told,) = asked.rows("SELECT alert_key, body FROM audit.alert")
        assert str(told[0]).startswith("system_fault:")
        assert "la.xlsx" in str(told[1])

    _minutes_pass(asked, 41)
    assert waits_for_us(asked)
    process_arrivals(asked.engine)
    assert sorted(_submissions(asked)) == [(AN_GIANG, 1, "accepted"), (CA_MAU, 1, "accepted")]
    assert asked.scalar("SELECT count(*) FROM core.fact") == 24
    assert (asked.address(CA_MAU), "sent") in _answers(asked, "receipt")
    assert asked.rows(status, o=CA_MAU) == [("completed", False)]
    assert not waits_for_us(asked)


def waits_for_us(asked: AskedCycle) -> bool:
    """Whether the intake has something to do, as its trigger asks."""
    with asked.engine.connect() as connection:
        return bool(connection.execute(query("waits/arrivals_ready")).scalar_one())


def test_two_workers_at_once_handle_every_mail_once(asked: AskedCycle) -> None:
    offices = list(asked.answers)[:8]
    for organization_id in offices:
        asked.receive(reply(asked.address(organization_id), ("a.xlsx", asked.filled(organization_id).save())))
    collect(asked.engine)
    handled: list[int] = []
    workers = [
        threading.Thread(target=lambda: handled.append(process_arrivals(asked.engine).handled)) for _ in "ab"
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sum(handled) == 8
    assert sorted(_submissions(asked)) == sorted((o, 1, "accepted") for o in offices)
    assert len(_answers(asked, "receipt")) == 8


def test_a_mail_collected_twice_is_one_arrival(asked: AskedCycle) -> None:
    """As after a kill between the commit and the mark in the mailbox."""
    asked.receive(reply(asked.address(AN_GIANG), ("a.xlsx", asked.filled(AN_GIANG).save())))
    (channel,) = configured()
    (key,) = channel.waiting()
    waiting = channel.fetch(key)
    assert waiting is not None
    assert collect(asked.engine) == 1
    folder = maildir(asked.mail_root, settings().ministry_address)
    (folder / "new" / waiting.key).write_bytes(waiting.raw)
    assert collect(asked.engine) == 0
    assert not has_new(asked.engine)
    assert asked.scalar("SELECT count(*) FROM intake.arrival") == 1


_WORKER = """
from reporting.database import engine
from reporting.intake.channels import collect
from reporting.intake.process import process_arrivals
collect(engine())
print("collected", flush=True)
process_arrivals(engine())
"""


def test_a_worker_killed_in_the_middle_loses_and_repeats_nothing(
    asked: AskedCycle, surroundings: dict[str, str]
) -> None:
    offices = list(asked.answers)[:12]
    for organization_id in offices:
        asked.receive(reply(asked.address(organization_id), ("a.xlsx", asked.filled(organization_id).save())))
    with asked.engine.begin() as holder:
        # The worker commits what it can and comes to a stop at the office whose row is held.
        holder.execute(
            text("SELECT 1 FROM cycle.recipient WHERE organization_id = :o FOR UPDATE"), {"o": offices[6]}
        )
        worker = subprocess.Popen(
            [sys.executable, "-c", _WORKER],
            env={**os.environ, **surroundings},
            stdout=subprocess.DEVNULL,
            cwd=Path(__file__).parents[3],
        )
        deadline = time.monotonic() + 90
        while asked.scalar("SELECT count(*) FROM intake.arrival WHERE handled_at IS NOT NULL") != 11:
            assert time.monotonic() < deadline
            assert worker.poll() is None
            time.sleep(0.05)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert asked.scalar("SELECT count(*) FROM intake.submission") == 11

    process_arrivals(asked.engine)
    assert sorted(_submissions(asked)) == sorted((o, 1, "accepted") for o in offices)
    assert sorted(_answers(asked, "receipt")) == sorted((asked.address(o), "sent") for o in offices)


def test_bytes_that_are_no_message_are_kept_and_put_aside(asked: AskedCycle) -> None:
    folder = maildir(asked.mail_root, settings().ministry_address)
    broken = reply(asked.address(AN_GIANG), ("a.xlsx", b"x")).as_bytes(policy=SMTP_POLICY)
    hostile = b"From: a@so.example\r\nContent-Type: text/plain; charset*\r\n\r\nthe parser fails on it"
    messages = {"1.a": b"\x00\xff\xfe not a message", "2.b": broken[: len(broken) // 2], "3.c": hostile}
    for name, raw in messages.items():
        for part in ("tmp", "new", "cur"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / "new" / name).write_bytes(raw)
    assert collect(asked.engine) == 3
    process_arrivals(asked.engine)
    assert asked.scalar("SELECT count(*) FROM intake.arrival WHERE handled_at IS NULL") == 0
    assert asked.scalar("SELECT outcome FROM intake.arrival WHERE channel_key = '3.c'") == "no_submission"
    assert asked.scalar("SELECT count(*) FROM core.fact") == 0


def test_a_mail_missing_from_the_archive_waits_alone(asked: AskedCycle) -> None:
    for office in (AN_GIANG, BAC_GIANG):
        asked.receive(reply(asked.address(office), ("a.xlsx", asked.filled(office).save())))
    collect(asked.engine)
    lost = asked.scalar("SELECT raw_sha256 FROM intake.arrival ORDER BY arrival_id LIMIT 1")
    kept = path_of(str(lost)).rename(settings().archive / "elsewhere")
    with pytest.raises(process.IntakeError, match=r"1 arrivals could not be handled.*FileNotFoundError"):
        process_arrivals(asked.engine)
    assert len(_submissions(asked)) == 1
    kept.rename(path_of(str(lost)))
    process_arrivals(asked.engine)
    assert len(_submissions(asked)) == 2


def test_a_workbook_is_checked_by_the_form_that_its_cycle_was_opened_with(asked: AskedCycle) -> None:
    renamed = "UPDATE cycle.form_version SET content = jsonb_set(content, '{title}', '\"another\"')"
    with asked.engine.begin() as connection:
        connection.execute(text(renamed))
        assert check_context(connection, asked.cycle_id).form.title == "another"
