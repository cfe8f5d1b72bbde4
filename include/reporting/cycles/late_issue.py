"""A request that goes out later than planned, or shortly before its deadline: nobody is reminded or urged at
once.
"""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy import Connection

from reporting import clock
from reporting.calendar.working_days import WorkingCalendar
from reporting.cycles import plan, steps
from reporting.cycles.opening import regime_of, request_day
from reporting.database import query

ISSUED_LATE = "issued_late"
"""Why a step lapsed: the request went out too late for it."""


def replan_from_issue(connection: Connection, cycle_id: str) -> None:
    """Fit the plan to the moment at which the request goes out, in the transaction of the step issue.

    Where that is later than planned, what counts from the issue counts from today, and a letter that urges
    counts from today where the deadline is over already. Reminders that would come within a working day are
    not sent. What would then fall behind the close lapses.
    """
    regime = regime_of(connection, cycle_id)
    calendar = WorkingCalendar.load(regime.code)
    now = clock.now(connection, cycle_id).astimezone(clock.VIETNAM)
    today = now.date()
    close_at = steps.state(connection, cycle_id, plan.CLOSE).due_at
    if today > request_day(connection, cycle_id):
        for reminder in regime.reminders:
            if reminder.anchor == "issue" and _is_undone(connection, cycle_id, reminder.step):
                at = plan.reminder_due_at(regime, today, reminder.working_days, calendar)
                values = {"cycle_id": cycle_id, "step": reminder.step, "due_at": at}
                connection.execute(query("cycles/plan_undated_reminder"), values)
                if at < close_at:
                    steps.postpone(connection, cycle_id, reminder.step, at)
                else:
                    steps.complete(connection, cycle_id, reminder.step, lapsed=ISSUED_LATE)
        for letter in plan.URGING_STEPS:
            _replan_urging(connection, cycle_id, letter, now, close_at, calendar)
    first = plan.earliest_reminder(now, calendar)
    connection.execute(query("cycles/drop_reminders_before"), {"cycle_id": cycle_id, "moment": first})
    for row in connection.execute(
        query("cycles/reminder_steps_before"), {"cycle_id": cycle_id, "moment": first}
    ).all():
        if row.needed_at is None or row.needed_at >= close_at:
            steps.complete(connection, cycle_id, row.step, lapsed=ISSUED_LATE)
        else:
            steps.postpone(connection, cycle_id, row.step, row.needed_at)


def _replan_urging(
    connection: Connection,
    cycle_id: str,
    letter: str,
    now: datetime,
    close_at: datetime,
    calendar: WorkingCalendar,
) -> None:
    regime = regime_of(connection, cycle_id)
    urging = plan.urging_of(regime, letter)
    if urging is None or not _is_undone(connection, cycle_id, letter):
        return
    if urging.anchor == "deadline":
        deadline = steps.state(connection, cycle_id, plan.DEADLINE)
        if deadline.due_at > now:
            return  # there is time until the deadline, and the letter counts from there
    day = calendar.shift(now.date(), urging.working_days)
    opens_at = datetime.combine(day, regime.office_hours.opens, tzinfo=clock.VIETNAM)
    issue = plan.URGING_STEPS[letter]
    gives_until = calendar.shift(day, urging.new_deadline_working_days)
    if datetime.combine(gives_until, time(), tzinfo=clock.VIETNAM) > close_at:
        for step in (letter, issue):
            steps.complete(connection, cycle_id, step, lapsed=ISSUED_LATE)
    elif opens_at > steps.state(connection, cycle_id, letter).due_at:
        steps.postpone(connection, cycle_id, letter, opens_at)
        steps.postpone(connection, cycle_id, issue, plan.when_letters_go_out(day))


def _is_undone(connection: Connection, cycle_id: str, step: str) -> bool:
    return steps.exists(connection, cycle_id, step) and not steps.state(connection, cycle_id, step).is_done
