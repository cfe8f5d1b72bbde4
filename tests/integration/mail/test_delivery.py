"""Mail leaves once, whatever happens to whoever sends it."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage

import pytest
from aiosmtpd.smtp import SMTP
from sqlalchemy import Engine, text

from reporting import archive
from reporting.clock import VIETNAM
from reporting.database import engine as make_engine
from reporting.database import query
from reporting.mail import delivery
from reporting.mail.delivery import DeliveryResult, deliver, is_stopped, start_mail, stop_mail
from reporting.mail.ledger import OutgoingMessage, queue
from reporting.mail.transport import NotACaptureServer
from reporting.settings import settings
from tests.factories import SampleCycle, make_cycle, register_signed_report, set_clock, submit
from tests.integration.mail.conftest import Server

REMINDER = "reminder__t_minus_7"
AT_REMINDER = datetime(2012, 12, 20, 9, tzinfo=VIETNAM)


def queue_step(engine: Engine, cycle: SampleCycle, step: str, count: int = 1) -> list[int]:
    """Queue `count` messages of a step to each office."""
    numbers = []
    with engine.begin() as connection:
        for office in cycle.offices:
            for sequence in range(1, count + 1):
                number = queue(
                    connection,
                    OutgoingMessage(
                        cycle_id=cycle.cycle_id,
                        recipient_id=office.recipient_id,
                        contact_id=office.contact_id,
                        step=step,
                        sequence=sequence,
                        to_address=office.email,
                        subject=f"[{office.reference_code}] Đề nghị báo cáo",
                        body_text="Kính gửi: Quý Cơ quan\n",
                        body_html="<p>Kính gửi: Quý Cơ quan</p>",
                    ),
                )
                assert number is not None
                numbers.append(number)
    return numbers


def states(engine: Engine) -> Counter[str]:
    with engine.connect() as connection:
        return Counter(connection.execute(text("SELECT state FROM cycle.message")).scalars())


def history(engine: Engine, number: int) -> list[tuple[str, str | None]]:
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT state, detail FROM cycle.message_event WHERE message_id = :n ORDER BY event_id"),
            {"n": number},
        )
        return [(row.state, row.detail) for row in rows]


@pytest.fixture
def cycle(warehouse: Engine) -> SampleCycle:
    with warehouse.begin() as connection:
        return make_cycle(connection)


def test_a_message_queued_again_stays_one(warehouse: Engine, cycle: SampleCycle, capture: Server) -> None:
    queue_step(warehouse, cycle, "request")
    office = cycle.offices[0]
    with warehouse.begin() as connection:
        again = OutgoingMessage(
            cycle_id=cycle.cycle_id,
            recipient_id=office.recipient_id,
            contact_id=office.contact_id,
            step="request",
            to_address=office.email,
            subject="khác",
            body_text="khác",
            body_html="khác",
        )
        assert queue(connection, again) is None
    assert deliver(warehouse, cycle.cycle_id).sent == 3
    assert deliver(warehouse, cycle.cycle_id).sent == 0
    (message,) = capture.to(office.email)
    assert message["Subject"] == "[TTDN12-DT1-01] Đề nghị báo cáo"
    assert message["Message-ID"] == f"<TTDN12-DT1-01.request.1.{office.contact_id}@ttdn.bo-chu-tri.example>"
    assert message["Date"].datetime == datetime(2012, 12, 3, 14, tzinfo=VIETNAM)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] == "<ttdn-dia-phuong--2011-2012--dien-tap-1.ttdn.bo-chu-tri.example>"
    assert str(message["From"]) == "Cục Thông tin đối ngoại <baocao@ttdn.bo-chu-tri.example>"
    assert capture.sessions == 1, "one session carries all messages"


def test_several_deliverers_at_once_send_each_message_once(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    numbers = queue_step(warehouse, cycle, "receipt", count=20)
    results = []

    def work() -> None:
        results.append(deliver(warehouse, cycle.cycle_id))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(result.sent for result in results) == len(numbers)
    assert len(capture.captured) == len(numbers)
    assert len({message["Message-ID"] for message in capture.captured}) == len(numbers)
    assert states(warehouse) == {"sent": len(numbers)}


PROGRAM = """
    import os, signal, sys
    from reporting.database import engine
    from reporting.mail import delivery, transport
    from reporting.settings import settings

    moment, left = sys.argv[1], int(sys.argv[2])
    given = transport.Transport.send

    def send(self, prepared):
        global left
        left -= 1
        if left == 0 and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        is_real_server = given(self, prepared)
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return is_real_server

    transport.Transport.send = send
    delivery.deliver(engine())
"""


def wait_for_its_connection_to_end(url: str) -> None:
    """The server notices within moments that a killed process hung up."""
    deadline = time.monotonic() + 10
    with make_engine(url).connect() as connection:
        while connection.execute(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")).scalar():
            assert time.monotonic() < deadline, "the lock of a killed process is still held"
            time.sleep(0.02)


def deliver_and_die(environment: dict[str, str], moment: str, message: int = 1) -> None:
    """Deliver in a process of its own that is killed before, or right after, the server took a message."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), moment, str(message)],
        env={**os.environ, **environment},
        check=False,
        timeout=60,
    )
    assert done.returncode == -signal.SIGKILL
    wait_for_its_connection_to_end(environment["AIRFLOW_CONN_REPORTING_WAREHOUSE"])


@pytest.mark.parametrize(("moment", "copies"), [("before", 1), ("after", 2)])
def test_a_request_that_was_cut_off_goes_again_under_the_same_id(
    warehouse: Engine,
    cycle: SampleCycle,
    capture: Server,
    surroundings: dict[str, str],
    moment: str,
    copies: int,
) -> None:
    first = queue_step(warehouse, cycle, "request")[0]
    deliver_and_die(surroundings, moment)
    assert states(warehouse) == {"sending": 1, "queued": 2}
    result = deliver(warehouse, cycle.cycle_id)
    assert (result.sent, result.ambiguous, result.left_queued) == (3, 0, 0)
    taken = capture.to(cycle.offices[0].email)
    assert len(taken) == copies
    assert len({message["Message-ID"] for message in taken}) == 1
    assert [state for state, _ in history(warehouse, first)] == [
        "queued",
        "sending",
        "ambiguous",
        "queued",
        "sending",
        "sent",
    ]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_leaves_one_message_in_doubt_and_the_reserved_ones_unharmed(
    warehouse: Engine, cycle: SampleCycle, capture: Server, surroundings: dict[str, str], moment: str
) -> None:
    numbers = queue_step(warehouse, cycle, "receipt", count=40)
    killed_at = (5, 60, 30)
    for message in killed_at:
        deliver_and_die(surroundings, moment, message)
        assert states(warehouse)["sending"] == 1
    assert deliver(warehouse, cycle.cycle_id).left_queued == 0
    assert states(warehouse) == {"sent": len(numbers)}
    copies = Counter(message["Message-ID"] for message in capture.captured)
    assert len(copies) == len(numbers), "nothing was left out"
    doubled = [header for header, count in copies.items() if count > 1]
    assert len(doubled) == (len(killed_at) if moment == "after" else 0)
    in_doubt = [number for number in numbers if "ambiguous" in dict(history(warehouse, number))]
    assert len(in_doubt) == len(killed_at)
    unharmed = [state for state, _ in history(warehouse, numbers[-1])]
    assert unharmed == ["queued", "sending", "sent"], "a reservation is no change of state"


def test_what_a_deliverer_has_reserved_is_not_sent_by_another_while_it_lives(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    numbers = queue_step(warehouse, cycle, "receipt", count=20)
    other: list[threading.Thread] = []
    sent_by_other: list[int] = []

    def start_another(message: EmailMessage) -> None:
        capture.before_data = lambda message: None
        other.append(
            threading.Thread(target=lambda: sent_by_other.append(deliver(warehouse, cycle.cycle_id).sent))
        )
        other[0].start()

    capture.before_data = start_another
    first = deliver(warehouse, cycle.cycle_id)
    other[0].join(10)
    assert first.sent + sent_by_other[0] == len(numbers)
    assert sent_by_other[0] <= len(numbers) - 50
    assert len({message["Message-ID"] for message in capture.captured}) == len(numbers)


@pytest.mark.parametrize(("moment", "copies"), [("before", 0), ("after", 1)])
def test_a_reminder_that_was_cut_off_is_never_sent_again(
    warehouse: Engine,
    cycle: SampleCycle,
    capture: Server,
    surroundings: dict[str, str],
    moment: str,
    copies: int,
) -> None:
    with warehouse.begin() as connection:
        set_clock(connection, cycle, AT_REMINDER)
    first = queue_step(warehouse, cycle, REMINDER)[0]
    deliver_and_die(surroundings, moment)
    result = deliver(warehouse, cycle.cycle_id)
    assert (result.sent, result.ambiguous, result.left_queued) == (2, 1, 0)
    assert deliver(warehouse, cycle.cycle_id).ambiguous == 0, "it is settled once"
    assert len(capture.to(cycle.offices[0].email)) == copies
    assert [state for state, _ in history(warehouse, first)] == ["queued", "sending", "ambiguous"]


def test_a_send_under_way_is_not_taken_for_one_that_was_cut_off(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    queue_step(warehouse, cycle, "request")
    is_inside, may_go_on = threading.Event(), threading.Event()

    def hold(message: EmailMessage) -> None:
        is_inside.set()
        may_go_on.wait(10)

    capture.before_data = hold
    slow = threading.Thread(target=deliver, args=(warehouse, cycle.cycle_id))
    slow.start()
    assert is_inside.wait(10)
    capture.before_data = lambda message: None
    assert states(warehouse)["sending"] == 1
    with warehouse.begin() as connection:
        assert connection.execute(query("mail/cut_off")).all() == []
    may_go_on.set()
    slow.join(10)
    assert deliver(warehouse, cycle.cycle_id).sent == 0
    assert len(capture.captured) == 3


def test_a_deliverer_that_lost_its_lock_stops(warehouse: Engine, cycle: SampleCycle, capture: Server) -> None:
    numbers = queue_step(warehouse, cycle, "request")

    def cut(message: EmailMessage) -> None:
        capture.before_data = lambda message: None
        with warehouse.begin() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> "
                    "pg_backend_pid()"
                )
            )

    capture.before_data = cut
    with pytest.raises(Exception, match=r"terminat|closed|connection"):
        deliver(warehouse, cycle.cycle_id)
    assert len(capture.captured) == 1, "nothing more was sent after the lock was lost"
    assert states(warehouse) == {"sent": 1, "queued": 2}, "what the server had taken is known to be sent"
    assert deliver(warehouse, cycle.cycle_id).sent == 2
    assert len(capture.captured) == len(numbers)


def test_stopping_mail_halts_a_delivery_under_way(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    queue_step(warehouse, cycle, "request")

    def stop(message: EmailMessage) -> None:
        stop_mail(warehouse, "truc_ban", "bão số 9")

    capture.before_data = stop
    result = deliver(warehouse, cycle.cycle_id)
    assert (result.sent, result.left_queued) == (1, 2)
    with warehouse.connect() as connection:
        assert is_stopped(connection)
        (event,) = connection.execute(text("SELECT kind, actor, detail FROM audit.event")).all()
        assert tuple(event) == ("mail_stopped", "truc_ban", {"reason": "bão số 9"})
    assert deliver(warehouse, cycle.cycle_id).sent == 0
    capture.before_data = lambda message: None
    start_mail(warehouse, "truc_ban")
    assert deliver(warehouse, cycle.cycle_id).sent == 2


def test_a_reminder_is_withdrawn_when_the_office_has_answered_everything(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    with warehouse.begin() as connection:
        set_clock(connection, cycle, AT_REMINDER)
    numbers = queue_step(warehouse, cycle, REMINDER)
    answered, half, _ = cycle.offices
    with warehouse.begin() as connection:
        submit(connection, cycle, answered)
        register_signed_report(connection, cycle, answered)
        submit(connection, cycle, half, data=b"another workbook")
    result = deliver(warehouse, cycle.cycle_id)
    assert (result.sent, result.withdrawn) == (2, 1)
    assert capture.to(answered.email) == []
    assert len(capture.to(half.email)) == 1
    assert history(warehouse, numbers[0])[-1] == ("withdrawn", "nothing_outstanding")


@pytest.mark.parametrize("step", ["urging", "escalation"])
def test_a_copy_of_an_urging_letter_is_withdrawn_when_the_office_has_answered_everything(
    warehouse: Engine, cycle: SampleCycle, capture: Server, step: str
) -> None:
    numbers = queue_step(warehouse, cycle, step)
    with warehouse.begin() as connection:
        submit(connection, cycle, cycle.offices[0])
        register_signed_report(connection, cycle, cycle.offices[0])
    result = deliver(warehouse, cycle.cycle_id)
    assert (result.sent, result.withdrawn) == (2, 1)
    assert history(warehouse, numbers[0])[1:] == [("withdrawn", "nothing_outstanding")]


@pytest.mark.parametrize("step", [REMINDER, "urging", "escalation"])
def test_nobody_is_reminded_or_urged_after_the_close(
    warehouse: Engine, cycle: SampleCycle, capture: Server, step: str
) -> None:
    with warehouse.begin() as connection:
        set_clock(connection, cycle, AT_REMINDER)
    numbers = queue_step(warehouse, cycle, step)
    queue_step(warehouse, cycle, "receipt")
    with warehouse.begin() as connection:
        connection.execute(text("UPDATE cycle.milestone SET done_at = due_at WHERE step = 'close'"))
    result = deliver(warehouse, cycle.cycle_id)
    assert (result.sent, result.withdrawn) == (3, 3)
    assert history(warehouse, numbers[0])[-1] == ("withdrawn", "cycle_closed")


def test_a_later_reminder_takes_the_place_of_an_earlier_one(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    with warehouse.begin() as connection:
        set_clock(connection, cycle, datetime(2012, 12, 27, 9, tzinfo=VIETNAM))
    numbers = queue_step(warehouse, cycle, REMINDER)
    queue_step(warehouse, cycle, "reminder__t_minus_2")
    result = deliver(warehouse, cycle.cycle_id)
    assert (result.sent, result.withdrawn) == (3, 3)
    assert history(warehouse, numbers[0])[-1] == ("withdrawn", "superseded")


def test_whether_a_reserved_message_is_still_right_is_asked_when_it_is_sent(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    with warehouse.begin() as connection:
        set_clock(connection, cycle, AT_REMINDER)
    numbers = queue_step(warehouse, cycle, REMINDER)
    _, answers_now, leaves_now = cycle.offices

    def answer(message: EmailMessage) -> None:
        capture.before_data = lambda message: None
        with warehouse.begin() as connection:
            submit(connection, cycle, answers_now)
            register_signed_report(connection, cycle, answers_now)
            connection.execute(
                text("UPDATE registry.contact SET state = 'retired' WHERE contact_id = :c"),
                {"c": leaves_now.contact_id},
            )

    capture.before_data = answer
    result = deliver(warehouse, cycle.cycle_id)
    assert (result.sent, result.withdrawn) == (1, 2)
    assert history(warehouse, numbers[1])[1:] == [("withdrawn", "nothing_outstanding")]
    assert history(warehouse, numbers[2])[1:] == [("withdrawn", "contact_not_in_use")]


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
def test_a_connection_dropped_before_the_message_was_given_leaves_nothing_in_doubt(
    warehouse: Engine, cycle: SampleCycle, capture: Server, command: str
) -> None:
    with warehouse.begin() as connection:
        set_clock(connection, cycle, AT_REMINDER)
    numbers = queue_step(warehouse, cycle, REMINDER)

    def drop_next(message: EmailMessage) -> None:
        capture.before_data = lambda message: None
        capture.drop_at = command

    capture.before_data = drop_next
    result = deliver(warehouse, cycle.cycle_id)
    assert (result.sent, result.ambiguous, result.left_queued) == (3, 0, 0)
    assert capture.sessions == 2
    assert len(capture.captured) == 3
    assert [state for state, _ in history(warehouse, numbers[1])] == ["queued", "sending", "sent"]


def test_a_server_that_always_hangs_up_leaves_everything_queued(
    warehouse: Engine, cycle: SampleCycle, capture: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_step(warehouse, cycle, "request")

    def hang_up(server: SMTP, command: str) -> bool:
        server.transport.abort()
        return True

    monkeypatch.setattr(capture, "drops", hang_up)
    result = deliver(warehouse, cycle.cycle_id)
    assert (result.sent, result.left_queued) == (0, 3)
    assert result.problem is not None
    assert "before it takes a message" in result.problem


@pytest.mark.parametrize(("step", "copies", "outcome"), [("request", 2, "sent"), (REMINDER, 1, "ambiguous")])
def test_a_connection_dropped_after_the_message_was_given_is_settled_by_the_policy_of_its_step(
    warehouse: Engine, cycle: SampleCycle, capture: Server, step: str, copies: int, outcome: str
) -> None:
    with warehouse.begin() as connection:
        set_clock(connection, cycle, AT_REMINDER)
    numbers = queue_step(warehouse, cycle, step)
    capture.drop_at = "DATA"
    first = deliver(warehouse, cycle.cycle_id)
    assert first.sent == 2
    assert (first.ambiguous, first.left_queued) == ((1, 0) if outcome == "ambiguous" else (0, 1))
    deliver(warehouse, cycle.cycle_id)
    taken = capture.to(cycle.offices[0].email)
    assert len(taken) == copies
    assert len({message["Message-ID"] for message in taken}) == 1
    assert history(warehouse, numbers[0])[-1][0] == outcome
    assert deliver(warehouse, cycle.cycle_id) == DeliveryResult(), "nothing is left open"


def test_a_send_left_in_doubt_by_its_policy_is_settled_and_waits_for_nobody(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    with warehouse.begin() as connection:
        set_clock(connection, cycle, AT_REMINDER)
    (number, *_) = queue_step(warehouse, cycle, REMINDER)
    capture.drop_at = "DATA"
    deliver(warehouse, cycle.cycle_id)
    state, detail = history(warehouse, number)[-1]
    assert state == "ambiguous"
    assert "settled by the policy of its step, leave: not sent again" in str(detail)
    with warehouse.connect() as connection:
        assert [row.kind for row in connection.execute(query("intake/waiting")).all()] == []


def test_mail_of_a_step_without_a_policy_is_not_queued(warehouse: Engine, cycle: SampleCycle) -> None:
    with pytest.raises(LookupError, match=r"'greeting' has no policy.*mail_policies\.yaml"):
        queue_step(warehouse, cycle, "greeting")


def test_files_that_are_too_large_are_never_stripped_but_refused_and_told_once(
    warehouse: Engine, cycle: SampleCycle, capture: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORTING_MAIL_ATTACHMENT_LIMIT", "0.01")
    monkeypatch.setenv("REPORTING_OPERATOR_ADDRESS", "truc-ban@bo-chu-tri.example")
    monkeypatch.setenv("REPORTING_MAILBOX_MODE", "rehearsal")
    settings.cache_clear()
    numbers = queue_step(warehouse, cycle, "request")
    with warehouse.begin() as connection:
        for number, size in zip(numbers, (6_000, 5_000, 4_000), strict=True):
            first = archive.store(connection, b"a" * size, "application/pdf")
            second = archive.store(connection, b"b" * size, "application/pdf")
            files = [
                {"filename": f"Công văn {name}.pdf", "sha256": sha256, "media_type": "application/pdf"}
                for name, sha256 in (("1", first), ("2", second))
            ]
            connection.execute(
                text("UPDATE cycle.message SET attachments = CAST(:f AS jsonb) WHERE message_id = :n"),
                {"f": json.dumps(files), "n": number},
            )
    result = deliver(warehouse, cycle.cycle_id)
    assert (result.sent, result.failed) == (2, 1)
    for office in cycle.offices[1:]:
        (message,) = capture.to(office.email)
        assert len(list(message.iter_attachments())) == 2
    assert capture.to(cycle.offices[0].email) == []
    assert history(warehouse, numbers[0])[-1] == (
        "failed",
        "its 2 files have 0.0 MB, more than the 0.01 MB of REPORTING_MAIL_ATTACHMENT_LIMIT",
    )
    (alert,) = capture.to("truc-ban@bo-chu-tri.example")
    assert "Công văn 1.pdf; Công văn 2.pdf" in alert.get_body(("plain",)).get_content()


def test_no_password_reaches_logs_events_or_errors(
    warehouse: Engine,
    real_server: Server,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    secret = "mat-khau-bi-mat"
    with warehouse.begin() as connection:
        cycle = make_cycle(
            connection, mode="live", addresses=("a@so.invalid", "b@so.invalid", "c@so.invalid")
        )
    queue_step(warehouse, cycle, "request")
    problems = []
    with caplog.at_level(logging.DEBUG):
        for url in (
            f"smtp://baocao:{secret}@127.0.0.1:{real_server.port}?starttls=false",  # offers no login
            f"smtp://baocao:{secret}@127.0.0.1:9",
            f"smtps://baocao:{secret}@127.0.0.1:{real_server.port}",
            f"imap://baocao:{secret}@127.0.0.1:{real_server.port}",
            f"smtp://baocao:{secret}@",
        ):
            monkeypatch.setenv("AIRFLOW_CONN_REPORTING_SMTP", url)
            settings.cache_clear()
            result = deliver(warehouse, cycle.cycle_id)
            assert (result.sent, result.left_queued) == (0, 3)
            problems.append(str(result.problem))
            assert secret not in repr(settings())
    with warehouse.connect() as connection:
        kept = connection.execute(text("SELECT detail FROM cycle.message_event")).scalars().all()
    printed = capfd.readouterr()
    for said in (*problems, *map(str, kept), caplog.text, printed.out, printed.err):
        assert secret not in said
    assert len(set(problems)) == len(problems), "each says what is wrong"


def test_a_permanent_refusal_fails_with_the_servers_answer(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    numbers = queue_step(warehouse, cycle, "request")
    gone = cycle.offices[1].email
    capture.at_recipient = lambda address: "550 5.1.1 no such mailbox" if address == gone else None
    result = deliver(warehouse, cycle.cycle_id)
    assert (result.sent, result.failed, result.left_queued) == (2, 1, 0)
    assert history(warehouse, numbers[1])[-1] == ("failed", "550 5.1.1 no such mailbox")


def test_a_temporary_refusal_leaves_the_message_queued(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    numbers = queue_step(warehouse, cycle, "request")
    busy = cycle.offices[0].email
    capture.at_recipient = lambda address: "451 4.7.1 try later" if address == busy else None
    result = deliver(warehouse, cycle.cycle_id)
    assert (result.sent, result.failed, result.left_queued) == (2, 0, 1)
    assert history(warehouse, numbers[0])[-1] == ("queued", "451 4.7.1 try later")
    capture.at_recipient = lambda address: None
    assert deliver(warehouse, cycle.cycle_id).sent == 1
    with warehouse.connect() as connection:
        attempts = (
            connection.execute(text("SELECT attempt_count FROM cycle.message ORDER BY message_id"))
            .scalars()
            .all()
        )
    assert attempts == [2, 1, 1]


def test_a_message_too_large_for_the_server_fails_alone(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    numbers = queue_step(warehouse, cycle, "request")
    with warehouse.begin() as connection:
        change = text("UPDATE cycle.message SET body_text = repeat('x', 20000) WHERE message_id = :n")
        connection.execute(change, {"n": numbers[0]})
    capture.largest = 15_000
    result = deliver(warehouse, cycle.cycle_id)
    assert (result.sent, result.failed, result.left_queued) == (2, 1, 0)
    assert history(warehouse, numbers[0])[-1] == ("failed", "552 5.3.4 message too big for system")


@pytest.mark.parametrize(
    "change",
    [
        """attachments = '[{"filename": "a.pdf", "sha256": "00", "media_type": "application/pdf"}]'""",
        "subject = 'two' || chr(10) || 'lines'",
    ],
)
def test_a_message_that_cannot_be_built_waits_alone(
    warehouse: Engine, cycle: SampleCycle, capture: Server, change: str
) -> None:
    numbers = queue_step(warehouse, cycle, "request")
    with warehouse.begin() as connection:
        connection.exec_driver_sql(f"UPDATE cycle.message SET {change} WHERE message_id = {numbers[0]}")
    result = deliver(warehouse, cycle.cycle_id)
    assert (result.sent, result.ambiguous, result.left_queued) == (2, 0, 1)
    assert result.problem is not None
    assert f"message {numbers[0]} could not be built" in result.problem


def test_without_a_server_everything_stays_queued(
    warehouse: Engine, cycle: SampleCycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_step(warehouse, cycle, "request")
    monkeypatch.setenv("REPORTING_CAPTURE_ADDRESS", "127.0.0.1:9")
    settings.cache_clear()
    result = deliver(warehouse, cycle.cycle_id)
    assert (result.sent, result.left_queued) == (0, 3)
    assert result.problem is not None
    assert "127.0.0.1:9" in result.problem


def test_a_dropped_connection_is_built_anew(warehouse: Engine, cycle: SampleCycle, capture: Server) -> None:
    queue_step(warehouse, cycle, "request")

    def drop(message: EmailMessage) -> str:
        capture.before_data = lambda message: None
        return "421 4.3.2 closing"

    capture.before_data = drop
    result = deliver(warehouse, cycle.cycle_id)
    assert (result.sent, result.left_queued) == (2, 1)
    assert capture.sessions == 2
    assert deliver(warehouse, cycle.cycle_id).sent == 1


def test_a_rehearsal_reaches_no_server_but_the_capture_server(
    warehouse: Engine, cycle: SampleCycle, real_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_step(warehouse, cycle, "request")
    for address in (f"127.0.0.1:{real_server.port}", "mail.bo-chu-tri.example:25", "8.8.8.8:25", ""):
        monkeypatch.setenv("REPORTING_CAPTURE_ADDRESS", address)
        settings.cache_clear()
        with pytest.raises(NotACaptureServer, match="REPORTING_CAPTURE_ADDRESS"):
            deliver(warehouse, cycle.cycle_id)
    assert real_server.captured == []
    assert states(warehouse) == {"queued": 3}


def test_a_server_with_another_installations_token_is_not_ours(
    warehouse: Engine, cycle: SampleCycle, capture: Server
) -> None:
    queue_step(warehouse, cycle, "request")
    capture.token = "another"
    with pytest.raises(NotACaptureServer):
        deliver(warehouse, cycle.cycle_id)
    assert capture.captured == []


def test_a_rehearsal_writes_to_sample_addresses_only(warehouse: Engine, capture: Server) -> None:
    with warehouse.begin() as connection:
        cycle = make_cycle(connection, offices=("An Giang",), addresses=("dau-moi@so.invalid",))
    (number,) = queue_step(warehouse, cycle, "request")
    assert deliver(warehouse, cycle.cycle_id).failed == 1
    assert capture.captured == []
    assert "a rehearsal writes to no other" in str(history(warehouse, number)[-1][1])


def test_a_live_cycle_writes_to_no_sample_through_a_real_server(
    warehouse: Engine, capture: Server, real_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with warehouse.begin() as connection:
        cycle = make_cycle(
            connection,
            mode="live",
            offices=("An Giang", "Bắc Giang"),
            addresses=("dau-moi@so-1.example", "dau-moi@so-2.invalid"),
        )
    numbers = queue_step(warehouse, cycle, "request")
    monkeypatch.setenv("AIRFLOW_CONN_REPORTING_SMTP", f"smtp://127.0.0.1:{real_server.port}?starttls=false")
    settings.cache_clear()
    result = deliver(warehouse, cycle.cycle_id)
    assert (result.sent, result.failed) == (1, 1)
    assert [m["To"].addresses[0].addr_spec for m in real_server.captured] == ["dau-moi@so-2.invalid"]
    assert "sample contact" in str(history(warehouse, numbers[0])[-1][1])


def test_a_live_cycle_may_write_to_samples_through_the_capture_server(
    warehouse: Engine, capture: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with warehouse.begin() as connection:
        cycle = make_cycle(connection, mode="live", offices=("An Giang",))
    queue_step(warehouse, cycle, "request")
    monkeypatch.setenv("AIRFLOW_CONN_REPORTING_SMTP", f"smtp://127.0.0.1:{capture.port}?starttls=false")
    settings.cache_clear()
    assert deliver(warehouse, cycle.cycle_id).sent == 1


@dataclass
class Seconds:
    """A clock that only moves while somebody sleeps."""

    now: float = 100.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    made = Seconds()
    monkeypatch.setattr(delivery, "time", made)
    return made


def test_the_pace_of_a_real_server_is_kept_and_nothing_is_left_open_while_waiting(
    warehouse: Engine, real_server: Server, monkeypatch: pytest.MonkeyPatch, seconds: Seconds
) -> None:
    with warehouse.begin() as connection:
        cycle = make_cycle(
            connection, mode="live", addresses=("a@so.invalid", "b@so.invalid", "c@so.invalid")
        )
    queue_step(warehouse, cycle, "request")
    monkeypatch.setenv("AIRFLOW_CONN_REPORTING_SMTP", f"smtp://127.0.0.1:{real_server.port}?starttls=false")
    monkeypatch.setenv("REPORTING_MAIL_PER_SECOND", "5")
    settings.cache_clear()
    while_waiting = []
    sleep = seconds.sleep

    def look_and_sleep(length: float) -> None:
        while_waiting.append(states(warehouse))
        sleep(length)

    monkeypatch.setattr(seconds, "sleep", look_and_sleep)
    assert deliver(warehouse, cycle.cycle_id).sent == 3
    assert seconds.slept == pytest.approx([0.2, 0.2, 0.2])
    assert while_waiting == [{"sent": 1, "queued": 2}, {"sent": 2, "queued": 1}, {"sent": 3}]


def test_the_capture_server_is_not_paced(
    warehouse: Engine,
    cycle: SampleCycle,
    capture: Server,
    monkeypatch: pytest.MonkeyPatch,
    seconds: Seconds,
) -> None:
    queue_step(warehouse, cycle, "request")
    monkeypatch.setenv("REPORTING_MAIL_PER_SECOND", "0.01")
    settings.cache_clear()
    assert deliver(warehouse, cycle.cycle_id).sent == 3
    assert seconds.slept == []
