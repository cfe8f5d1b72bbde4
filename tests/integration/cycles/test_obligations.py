"""Where each office stands: state and timeliness, told by the database as the deadline's words mean."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from reporting import clock
from reporting.calendar.deadlines import Deadline
from reporting.consolidation.refresh import refresh
from reporting.cycles import changes, work
from tests.factories import register_signed_report, submit
from tests.integration.rehearsed import Rehearsed, vn

DEADLINE = Deadline("through", date(2012, 12, 31))
LATER = Deadline("before", date(2013, 1, 10))
MIDNIGHT, LATER_MIDNIGHT = vn(2013, 1, 1), vn(2013, 1, 10)
MINUTE = timedelta(minutes=1)


def receive(cycle: Rehearsed, at: datetime, *, sent_at: datetime | None = None, **kwargs: object) -> None:
    """The first office's workbook arrives."""
    with cycle.engine.begin() as connection:
        # keywords of several types travel in one mapping
        submit(connection, cycle.sample, cycle.offices[0], received_at=at, **kwargs)  # type: ignore[arg-type]
    if sent_at is not None:
        cycle.run("UPDATE intake.submission SET sent_at = :at", at=sent_at)


def grant(cycle: Rehearsed, deadline: Deadline) -> None:
    changes.extend(
        cycle.engine, cycle.cycle_id, cycle.offices[0].reference_code, deadline,
        asked_how="phone", reason="thay đổi nhân sự", agreed_by="lanh_dao",
    )  # fmt: skip


def status_of_first(cycle: Rehearsed) -> tuple[str, int | None, bool]:
    """Timeliness, days late and whether the ministry entered it, for the first office."""
    with cycle.engine.begin() as connection:
        refresh(connection, cycle.cycle_id)
    ((timeliness, days, is_entered),) = cycle.rows(
        "SELECT timeliness, days_late, is_entered_by_ministry FROM mart.recipient_status WHERE position = 1"
    )
    return timeliness, days, is_entered


def test_an_obligation_goes_from_not_requested_to_completed(small: Rehearsed) -> None:
    assert small.states() == ["not_requested"] * 3
    small.issue()
    assert small.states() == ["requested"] * 3
    receive(small, vn(2012, 12, 18, 9), outcome="to_complete")
    assert small.states() == ["to_complete", "requested", "requested"]
    receive(small, vn(2012, 12, 19, 9), outcome="accepted_with_warnings", data=b"mended")
    assert small.states() == ["completed", "requested", "requested"]
    receive(small, vn(2012, 12, 20, 9), outcome="unreadable", data=b"a later slip")
    assert small.states() == ["completed", "requested", "requested"]
    assert small.states("signed_report") == ["requested"] * 3
    with small.engine.begin() as connection:
        register_signed_report(connection, small.sample, small.offices[1])
    assert small.states("signed_report") == ["requested", "completed", "requested"]
    small.go_to(vn(2013, 1, 15, 17))
    work.close(small.engine, small.cycle_id)
    assert small.states() == ["completed", "closed_missing", "closed_missing"]


def test_a_duplicate_alone_is_no_answer(small: Rehearsed) -> None:
    receive(small, vn(2012, 12, 18, 9), outcome="duplicate")
    assert small.states()[0] == "not_requested"


@pytest.mark.parametrize(
    ("at", "timeliness", "days_late"),
    [
        (MIDNIGHT - MINUTE, "on_time", None),
        (MIDNIGHT - timedelta(microseconds=1), "on_time", None),
        (MIDNIGHT, "late", 1),
        (MIDNIGHT + MINUTE, "late", 1),
        (vn(2013, 1, 1, 23, 59), "late", 1),
        (vn(2013, 1, 4, 0, 1), "late", 4),
    ],
    ids=str,
)
def test_the_last_day_ends_at_midnight_in_viet_nam_for_database_and_words_alike(
    small: Rehearsed, at: datetime, timeliness: str, days_late: int | None
) -> None:
    receive(small, at)
    assert status_of_first(small) == (timeliness, days_late, False)
    assert (at >= DEADLINE.first_late_at) == (timeliness == "late")
    assert small.value("SELECT DISTINCT due_at FROM cycle.obligation_status") == DEADLINE.first_late_at


@pytest.mark.parametrize(
    ("at", "timeliness", "days_late"),
    [
        (MIDNIGHT - MINUTE, "on_time", None),
        (MIDNIGHT + MINUTE, "extended_on_time", None),
        (LATER_MIDNIGHT - MINUTE, "extended_on_time", None),
        (LATER_MIDNIGHT + MINUTE, "late", 1),
    ],
    ids=str,
)
def test_an_extended_office_is_late_only_after_its_own_deadline(
    small: Rehearsed, at: datetime, timeliness: str, days_late: int | None
) -> None:
    grant(small, LATER)
    receive(small, at)
    assert status_of_first(small) == (timeliness, days_late, False)
    assert (at >= LATER.first_late_at) == (timeliness == "late")


def test_of_two_extensions_the_last_one_holds(small: Rehearsed) -> None:
    for day in (date(2013, 1, 4), date(2013, 1, 8)):
        grant(small, Deadline("through", day))
    assert small.rows(
        "SELECT DISTINCT due_at, original_due_at, is_extended FROM cycle.obligation_status"
        " WHERE recipient_id = :r",
        r=small.offices[0].recipient_id,
    ) == [(vn(2013, 1, 9), vn(2013, 1, 1), True)]


@pytest.mark.parametrize(
    ("sent_at", "received_at", "believed"),
    [
        (MIDNIGHT - MINUTE, MIDNIGHT + timedelta(hours=5), True),
        (MIDNIGHT - MINUTE, MIDNIGHT + timedelta(days=2, hours=23), True),
        (MIDNIGHT - MINUTE, MIDNIGHT + timedelta(days=3), False),
        (vn(2012, 12, 1), MIDNIGHT + MINUTE, False),
        (vn(2013, 6, 1), MIDNIGHT - MINUTE, False),
    ],
    ids=[
        "night_of_the_deadline",
        "slow_mail",
        "more_than_three_days",
        "clock_of_the_office_wrong",
        "after_arrival",
    ],
)
def test_the_day_sent_counts_unless_it_lies_more_than_three_days_before_arrival(
    small: Rehearsed, sent_at: datetime, received_at: datetime, believed: bool
) -> None:
    receive(small, received_at, sent_at=sent_at)
    assert small.value(
        "SELECT first_received_at FROM cycle.obligation_status WHERE completed_at IS NOT NULL"
    ) == (sent_at if believed else received_at)


def test_an_office_that_sent_in_time_and_mended_later_is_on_time(small: Rehearsed) -> None:
    receive(small, vn(2012, 12, 31, 20), outcome="to_complete")
    receive(small, vn(2013, 1, 3, 9), data=b"mended")
    assert status_of_first(small) == ("on_time", None, False)
    assert small.rows(
        "SELECT submission_count, completion_request_count, data_form_state FROM mart.recipient_status"
        " WHERE position = 1"
    ) == [(2, 1, "completed")]


def test_a_silent_office_is_missing_only_from_its_deadline_on(small: Rehearsed) -> None:
    assert status_of_first(small) == ("not_due", None, False)
    small.go_to(MIDNIGHT - MINUTE)
    assert status_of_first(small) == ("not_due", None, False)
    small.go_to(MIDNIGHT)
    assert status_of_first(small) == ("missing", None, False)


def test_what_the_ministry_typed_in_counts_from_its_arrival_and_says_so(small: Rehearsed) -> None:
    receive(small, vn(2013, 1, 2, 10), channel="ministry_entry")
    assert status_of_first(small) == ("late", 2, True)
    assert small.states()[0] == "completed"


def test_reminders_and_states_stand_in_the_analysts_table(small: Rehearsed) -> None:
    small.issue()
    small.go_to(vn(2012, 12, 20, 9))
    work.remind(small.engine, small.cycle_id, "reminder__t_minus_7")
    status_of_first(small)
    assert small.rows(
        "SELECT position, data_form_state, signed_report_state, reminder_count"
        " FROM mart.recipient_status ORDER BY 1"
    ) == [(n, "requested", "requested", 1) for n in (1, 2, 3)]
    with small.engine.connect() as connection:
        assert clock.now(connection, small.cycle_id) == vn(2012, 12, 20, 9)
