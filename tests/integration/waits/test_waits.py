"""The questions that waiting tasks ask: may I go on?"""

from __future__ import annotations

import pytest
from reporting_airflow import waits

from reporting.cycles import changes, work
from reporting.documents import approval, lifecycle
from reporting.documents.approval import Decision
from tests.factories import submit
from tests.integration.rehearsed import ISSUE_AT, Rehearsed, draft, vn

T_MINUS_2 = "reminder__t_minus_2"


def test_a_step_is_waited_for_until_its_moment_and_never_again_once_done(small: Rehearsed) -> None:
    assert waits.step_ready(small.cycle_id, "request_letter")
    assert not waits.step_ready(small.cycle_id, "issue")
    small.issue()
    assert waits.step_ready(small.cycle_id, "issue")
    small.run("UPDATE cycle.milestone SET due_at = '2030-01-01' WHERE step = 'issue'")
    assert waits.step_ready(small.cycle_id, "issue")


def test_a_wait_follows_a_step_that_was_moved(small: Rehearsed) -> None:
    small.go_to(vn(2013, 1, 10))
    assert not waits.step_ready(small.cycle_id, "close")
    changes.close_early(small.engine, small.cycle_id, "lanh_dao", "đủ số liệu")
    assert waits.step_ready(small.cycle_id, "close")


def test_a_reminder_does_not_wait_beyond_the_close_but_the_report_keeps_its_day(small: Rehearsed) -> None:
    small.issue()
    changes.close_early(small.engine, small.cycle_id, "lanh_dao", "đủ số liệu")
    assert not waits.step_ready(small.cycle_id, T_MINUS_2)
    work.close(small.engine, small.cycle_id)
    assert waits.step_ready(small.cycle_id, T_MINUS_2)
    assert waits.step_ready(small.cycle_id, "deadline")
    assert not waits.step_ready(small.cycle_id, "publish")


def test_a_step_that_the_cycle_does_not_have_lapses_instead_of_waiting_for_ever(
    small: Rehearsed,
) -> None:
    assert waits.step_ready(small.cycle_id, "reminder__t_minus_30")
    with pytest.raises(work.LapsedError, match="plans no reminder__t_minus_30"):
        work.remind(small.engine, small.cycle_id, "reminder__t_minus_30")


def test_a_live_cycles_step_is_measured_by_the_machines_clock(small: Rehearsed) -> None:
    small.run("INSERT INTO cycle.clock (clock_id, kind) VALUES ('wall', 'wall') ON CONFLICT DO NOTHING")
    small.run("UPDATE cycle.cycle SET clock_id = 'wall'")
    assert waits.step_ready(small.cycle_id, "publish")
    small.run("UPDATE cycle.milestone SET due_at = now() + interval '1 day' WHERE step = 'publish'")
    assert not waits.step_ready(small.cycle_id, "publish")


def ready(cycle: Rehearsed, kind: str = "request_letter", until: str = "approved", attempt: int = 1) -> bool:
    return waits.document_ready(cycle.cycle_id, kind, until, attempt)


def asked(cycle: Rehearsed, kind: str = "request_letter") -> None:
    """A draft about which a person was asked."""
    with cycle.engine.begin() as connection:
        lifecycle.add_version(connection, cycle.cycle_id, kind, draft())
        document = lifecycle.find(connection, cycle.cycle_id, kind)
        assert document is not None
        known = approval.newest_request(connection, document)
        approval.open_request(connection, document, after=known)


def decide(cycle: Rehearsed, decision: Decision, kind: str = "request_letter") -> None:
    with cycle.engine.begin() as connection:
        document = lifecycle.find(connection, cycle.cycle_id, kind)
        assert document is not None
        approval.record_decision(
            connection,
            cycle.cycle_id,
            kind,
            document.version,
            document.content_hash,
            decision,
            "truong_phong",
        )


@pytest.mark.parametrize(
    ("decision", "until", "is_ready"),
    [
        ("approved", "approved", True),
        ("approved", "registered", False),
        ("sent_back", "approved", True),
        ("sent_back", "registered", True),
    ],
)
def test_a_decision_ends_the_wait_that_it_concerns(
    small: Rehearsed, decision: Decision, until: str, is_ready: bool
) -> None:
    assert not ready(small)  # not drafted yet
    asked(small)
    assert not ready(small, until=until)
    decide(small, decision)
    assert ready(small, until=until) is is_ready


def test_a_registration_ends_the_wait(small: Rehearsed) -> None:
    small.register()
    assert ready(small, until="registered", attempt=0)


def test_a_question_asked_again_wakes_the_task_that_starts_its_run(small: Rehearsed) -> None:
    asked(small)
    decide(small, "approved")
    asked(small)
    assert ready(small, until="registered", attempt=1)
    assert not ready(small, until="registered", attempt=2)


@pytest.mark.parametrize(("kind", "is_ready"), [("summary_report", True), ("request_letter", False)])
def test_data_accepted_after_the_draft_of_a_report_wake_its_task(
    small: Rehearsed, kind: str, is_ready: bool
) -> None:
    small.go_to(ISSUE_AT)
    asked(small, kind)
    assert not ready(small, kind)
    with small.engine.begin() as connection:
        submit(connection, small.sample, small.offices[0], received_at=vn(2012, 12, 4))
    assert ready(small, kind) is is_ready


def test_a_rehearsal_is_looked_at_often_and_a_live_cycle_as_configured(small: Rehearsed) -> None:
    assert waits.poll_seconds(small.cycle_id) == waits.REHEARSAL_POLL_SECONDS
    small.run("UPDATE cycle.cycle SET mode = 'live'")
    assert waits.poll_seconds(small.cycle_id) == 30.0


def test_an_arrival_is_waited_for_until_it_lies_in_the_mailbox_or_in_the_archive(small: Rehearsed) -> None:
    assert not waits.arrivals_ready()
    with small.engine.begin() as connection:
        submit(connection, small.sample, small.offices[0])
    small.run("UPDATE intake.arrival SET handled_at = NULL")
    assert waits.arrivals_ready()
    small.run("UPDATE intake.arrival SET handled_at = now()")
    assert not waits.arrivals_ready()
