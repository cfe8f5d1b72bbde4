"""Mail that waited, for a person or a server: what of it still goes, what does not, what is written anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

import pytest
from sqlalchemy import Engine

from reporting.calendar.deadlines import Deadline
from reporting.cycles import changes, pauses, status, work
from reporting.cycles.opening import open_cycle
from reporting.mail import answers
from reporting.mail.delivery import deliver, start_mail, stop_mail
from reporting.regimes.models import Deliverable
from tests.factories import SampleCycle, submit
from tests.integration.rehearsed import PERIOD, Rehearsed, open_small_cycle, small_regime, vn

T_MINUS_7, T_MINUS_2, T_PLUS_1 = "reminder__t_minus_7", "reminder__t_minus_2", "reminder__t_plus_1"
STORM = {"kind": "disaster", "reason": "bão số 5", "by": "chuyen_vien"}
AGREED = {"asked_how": "phone", "reason": "chờ số liệu", "agreed_by": "Trưởng phòng", "confirm": "none"}
ISSUE_AT = vn(2012, 12, 3, 14)


@contextmanager
def halted(cycle: Rehearsed) -> Iterator[None]:
    """All mail waits meanwhile; what is left in the queue is delivered afterwards."""
    stop_mail(cycle.engine, "lanh_dao", "rà soát")
    yield
    start_mail(cycle.engine, "lanh_dao")
    deliver(cycle.engine, cycle.cycle_id)


def queue_only(cycle: Rehearsed, step: str) -> None:
    with pytest.raises(work.UndeliveredError):
        work.remind(cycle.engine, cycle.cycle_id, step)


def ledger(cycle: Rehearsed, position: int, step: str) -> list[tuple[str, str | None]]:
    """State of each mail of a step to one office, and what was last noted about it."""
    return [
        (state, detail)
        for state, detail in cycle.rows(
            "SELECT m.state, (SELECT e.detail FROM cycle.message_event e WHERE e.message_id = m.message_id"
            " ORDER BY e.event_id DESC LIMIT 1) FROM cycle.message m"
            " WHERE m.recipient_id = :r AND m.step = :s ORDER BY m.message_id",
            r=cycle.offices[position].recipient_id,
            s=step,
        )
    ]


@pytest.fixture
def issued(small: Rehearsed) -> Rehearsed:
    """A cycle whose request was sent on 3/12/2012 at 14:00."""
    small.issue()
    return small


def test_a_reminder_of_one_thing_does_not_take_the_place_of_one_of_another(issued: Rehearsed) -> None:
    issued.go_to(vn(2012, 12, 26, 10))
    code = issued.offices[0].reference_code
    changes.extend(
        issued.engine,
        issued.cycle_id,
        code,
        Deadline("through", date(2013, 1, 4)),
        deliverables=["data_form"],
        **AGREED,
    )
    issued.go_to(vn(2013, 1, 2, 9))
    with halted(issued):
        queue_only(issued, T_PLUS_1)
        queue_only(issued, T_MINUS_2)
    assert ledger(issued, 0, T_PLUS_1) == [("sent", None)], "of the report, which is late"
    assert ledger(issued, 0, T_MINUS_2) == [("sent", None)], "of the form, which has more time"


def test_a_reminder_of_a_deadline_ahead_is_not_sent_after_it(issued: Rehearsed) -> None:
    issued.go_to(vn(2012, 12, 27, 9))
    with halted(issued):
        queue_only(issued, T_MINUS_2)
        issued.go_to(vn(2013, 1, 2, 8))
    assert ledger(issued, 0, T_MINUS_2) == [("withdrawn", "deadline_passed")]
    issued.go_to(vn(2013, 1, 2, 9))
    work.remind(issued.engine, issued.cycle_id, T_PLUS_1)
    assert ledger(issued, 0, T_PLUS_1) == [("sent", None)]


def test_what_a_pause_held_back_does_not_wait_for_the_extension_of_another(issued: Rehearsed) -> None:
    paused, extended, _ = issued.offices
    issued.go_to(vn(2012, 12, 19, 10))
    last_day = Deadline("through", date(2013, 1, 11))
    changes.extend(issued.engine, issued.cycle_id, extended.reference_code, last_day, **AGREED)
    pauses.pause(issued.engine, issued.cycle_id, paused.reference_code, date(2012, 12, 21), **STORM)
    issued.go_to(vn(2012, 12, 20, 9))
    work.remind(issued.engine, issued.cycle_id, T_MINUS_7)
    assert issued.step(T_MINUS_7)[1] is None
    issued.go_to(vn(2012, 12, 24, 9))
    for _ in range(2):
        work.catch_up(issued.engine, issued.cycle_id)
    assert ledger(issued, 0, T_MINUS_7) == [("sent", None)]
    assert ledger(issued, 1, T_MINUS_7) == []


@pytest.mark.parametrize("what", ["waived", "closed", "withdrawn"])
def test_a_request_that_waited_is_not_sent_when_nothing_is_asked_any_more(
    small: Rehearsed, what: str
) -> None:
    small.register()
    small.go_to(ISSUE_AT)
    asked = {"by": "chuyen_vien", "reason": "theo chỉ đạo"}
    with halted(small):
        with pytest.raises(work.UndeliveredError):
            work.issue(small.engine, small.cycle_id)
        if what == "waived":
            changes.waive(small.engine, small.cycle_id, small.offices[0].reference_code, **AGREED)
        elif what == "closed":
            small.go_to(small.step("close")[0])
            work.close(small.engine, small.cycle_id)
        else:
            # one is being sent when the cycle is withdrawn, and its deliverer dies
            small.run(
                "UPDATE cycle.message SET state = 'sending', attempt_count = 1, claimed_by = 'dead'"
                " WHERE cycle_id = :c AND recipient_id = :r",
                r=small.offices[0].recipient_id,
            )
            changes.withdraw(small.engine, small.cycle_id, **asked)
    reason = {"waived": "nothing_outstanding", "closed": "cycle_closed", "withdrawn": "cycle_withdrawn"}[what]
    assert ledger(small, 0, "request") == [("withdrawn", reason)]
    others = ("sent", None) if what == "waived" else ("withdrawn", reason)
    assert ledger(small, 1, "request") == [others]
    work.catch_up(small.engine, small.cycle_id)
    assert len(ledger(small, 0, "request")) == 1
    if what == "withdrawn":
        assert ledger(small, 0, "withdrawal") == [("sent", None)]


def test_whoever_owes_again_after_its_request_was_withdrawn_is_asked_again(small: Rehearsed) -> None:
    small.register()
    small.go_to(ISSUE_AT)
    code = small.offices[0].reference_code
    with halted(small):
        with pytest.raises(work.UndeliveredError):
            work.issue(small.engine, small.cycle_id)
        changes.waive(small.engine, small.cycle_id, code, **AGREED)
    changes.undo_waiver(small.engine, small.cycle_id, code, by="chuyen_vien", reason="nhập nhầm")
    for _ in range(2):
        work.catch_up(small.engine, small.cycle_id)
    assert ledger(small, 0, "request") == [("withdrawn", "nothing_outstanding"), ("sent", None)]


def test_a_request_that_was_refused_is_not_tried_again_by_itself(small: Rehearsed) -> None:
    small.register()
    small.go_to(ISSUE_AT)
    with halted(small):
        with pytest.raises(work.UndeliveredError):
            work.issue(small.engine, small.cycle_id)
        small.run(
            "UPDATE cycle.message SET state = 'failed' WHERE recipient_id = :r",
            r=small.offices[0].recipient_id,
        )
    for _ in range(3):
        work.catch_up(small.engine, small.cycle_id)
    assert [state for state, _ in ledger(small, 0, "request")] == ["failed"]
    assert small.states() == ["not_requested", "requested", "requested"]


def test_a_reminder_waits_while_something_from_the_office_is_unread(issued: Rehearsed) -> None:
    issued.go_to(vn(2012, 12, 20, 9))
    issued.run("INSERT INTO intake.archived_file (sha256, byte_count, media_type) VALUES ('a', 1, 'x/y')")
    issued.run(
        "INSERT INTO intake.arrival (channel, mode, raw_sha256, channel_key, from_address, received_at)"
        " VALUES ('mail', 'rehearsal', 'a', 'a', :e, '2012-12-20 08:59+07'),"
        " ('folder', 'live', 'a', 'b', :f, '2012-12-20 08:59+07')",
        e=issued.offices[0].email,
        f=issued.offices[1].email,
    )
    work.remind(issued.engine, issued.cycle_id, T_MINUS_7)
    for _ in range(2):
        work.catch_up(issued.engine, issued.cycle_id)
    assert ledger(issued, 0, T_MINUS_7) == [("withdrawn", "answer_unread")]
    assert ledger(issued, 1, T_MINUS_7) == [("sent", None)], "a live delivery is about no rehearsal"
    issued.run("UPDATE intake.arrival SET handled_at = received_at, outcome = 'no_submission'")
    with issued.engine.connect() as connection:
        assert T_MINUS_7 in status.reminders_to_catch_up(connection, issued.cycle_id)
    for _ in range(2):
        work.catch_up(issued.engine, issued.cycle_id)
    assert ledger(issued, 0, T_MINUS_7) == [("withdrawn", "answer_unread"), ("sent", None)]


@pytest.mark.parametrize("is_queued", [True, False], ids=["in the queue", "before"])
def test_a_paused_office_gets_its_copy_of_the_urging_letter_after_the_pause(
    registered: Engine, is_queued: bool
) -> None:
    cycle = open_small_cycle(registered, is_urging=True)
    cycle.issue()
    cycle.go_to(cycle.step("urging_letter")[0])
    cycle.register("urging_letter", "9002/BTTTT-TTĐN")
    cycle.run(
        "INSERT INTO cycle.document_addressee SELECT d.document_id, g.version, o.recipient_id, o.deliverable,"
        " '2013-01-11' FROM cycle.document d JOIN cycle.document_registration g USING (document_id)"
        " JOIN cycle.obligation o USING (cycle_id) WHERE d.kind = 'urging_letter'"
    )
    work.complete_registration(cycle.engine, cycle.cycle_id, "urging_letter")
    cycle.go_to(cycle.step("urging_issue")[0])

    def pause() -> None:
        code = cycle.offices[0].reference_code
        pauses.pause(cycle.engine, cycle.cycle_id, code, date(2013, 1, 8), **STORM)

    if is_queued:
        with halted(cycle):
            with pytest.raises(work.UndeliveredError):
                work.issue_urging(cycle.engine, cycle.cycle_id)
            pause()
    else:
        pause()
        work.issue_urging(cycle.engine, cycle.cycle_id)
    work.catch_up(cycle.engine, cycle.cycle_id)
    held = [("withdrawn", "paused")] if is_queued else []
    assert ledger(cycle, 0, "urging") == held
    assert ledger(cycle, 1, "urging") == [("sent", None)]
    cycle.go_to(vn(2013, 1, 9, 9))
    for _ in range(2):
        work.catch_up(cycle.engine, cycle.cycle_id)
    assert ledger(cycle, 0, "urging") == [*held, ("sent", None)]
    assert ledger(cycle, 1, "urging") == [("sent", None)]


@pytest.mark.parametrize(("kind", "step"), [("document", "request"), ("task", "copy")])
def test_an_office_that_may_give_something_is_asked_and_one_that_owes_nothing_is_told(
    registered: Engine, kind: str, step: str
) -> None:
    asked_for = Deliverable(code="dang_ky", label="văn bản đăng ký", kind=kind, is_opt_in=kind != "task")
    regime = small_regime(registered).model_copy(
        update={"deliverables": (asked_for,), "form_code": None, "form_version": None}
    )
    cycle_id = open_cycle(registered, regime, PERIOD, "rehearsal")
    cycle = Rehearsed(registered, SampleCycle(cycle_id, f"rehearsal:{cycle_id}", ()))
    cycle.issue()
    for _ in range(2):
        work.catch_up(registered, cycle_id)
    sent = cycle.rows("SELECT step, state, count(*) FROM cycle.message WHERE cycle_id = :c GROUP BY 1, 2")
    assert sent == [(step, "sent", 3)]
    if step == "request":
        assert "Trường hợp có nhu cầu, gửi văn bản đăng ký" in cycle.value(
            "SELECT body_text FROM cycle.message WHERE cycle_id = :c LIMIT 1"
        )


@pytest.mark.parametrize("evening", [vn(2012, 12, 20, 17), vn(2012, 12, 22, 10)], ids=["17:00", "Saturday"])
def test_reminders_wait_for_office_hours_and_answers_do_not(issued: Rehearsed, evening: datetime) -> None:
    office = issued.offices[0]
    issued.go_to(evening)
    with issued.engine.begin() as connection:
        submitted = submit(connection, issued.sample, office, received_at=evening)
        answers.queue_receipt(connection, submitted)
    work.remind(issued.engine, issued.cycle_id, T_MINUS_7)
    assert ledger(issued, 0, "receipt") == [("sent", None)]
    assert ledger(issued, 1, T_MINUS_7) == [("queued", None)]
    with issued.engine.connect() as connection:
        due = status.work_due(connection, issued.cycle_id)
    assert not [line for line in due if line.startswith("message")], "the clock may go on"
    issued.go_to(vn(2012, 12, 24, 8))
    with issued.engine.connect() as connection:
        due = status.work_due(connection, issued.cycle_id)
    assert [line for line in due if line.startswith("message")]
    work.catch_up(issued.engine, issued.cycle_id)
    assert ledger(issued, 1, T_MINUS_7) == [("sent", None)]
