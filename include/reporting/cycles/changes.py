"""Changes to a cycle while it runs: a later deadline for one office, an early close."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from reporting import clock, events
from reporting.calendar.deadlines import Deadline
from reporting.calendar.working_days import WorkingCalendar
from reporting.cycles import plan, steps
from reporting.cycles.opening import regime_of, request_day
from reporting.database import query


def extend(
    engine: Engine,
    cycle_id: str,
    reference_code: str,
    deadline: Deadline,
    *,
    asked_how: str,
    reason: str,
    agreed_by: str,
) -> datetime:
    """Grant one recipient a later deadline for all it still owes; returns the new first late instant.

    Its reminders are planned again from the new deadline, but for those whose new moment is past already.
    Raises LookupError when the recipient is unknown or owes nothing any more, ValueError when the new
    deadline is not later than the one that holds or falls after the close.
    """
    new_due_at = deadline.first_late_at
    with engine.begin() as connection:
        moment = clock.now(connection, cycle_id)
        regime = regime_of(connection, cycle_id)
        owed = connection.execute(
            query("cycles/owed_by"), {"cycle_id": cycle_id, "reference_code": reference_code}
        ).all()
        if not owed:
            raise LookupError(
                f"{reference_code!r} owes nothing in {cycle_id}; "
                f"`reporting cycle show {cycle_id}` lists who owes what."
            )
        if any(o.due_at is not None and o.due_at >= new_due_at for o in owed):
            raise ValueError(
                "The new deadline must be later than the one that holds, "
                f"{owed[0].due_at.astimezone(clock.VIETNAM):%d/%m/%Y %H:%M}."
            )
        close = steps.lock(connection, cycle_id, plan.CLOSE)
        if close.is_done or new_due_at > close.due_at:
            raise ValueError(
                f"The cycle closes {close.due_at.astimezone(clock.VIETNAM):%d/%m/%Y %H:%M}; "
                "choose an earlier day, or move the close first."
            )
        request_on = request_day(connection, cycle_id)
        planned = plan.reminder_plan(regime, new_due_at, request_on, WorkingCalendar.load(regime.code))
        reminders = {step: due_at for step, due_at in planned.items() if due_at > moment}
        for obligation in owed:
            connection.execute(
                query("cycles/insert_extension"),
                {
                    "obligation_id": obligation.obligation_id,
                    "due_at": new_due_at,
                    "asked_how": asked_how,
                    "asked_by": "",
                    "reason": reason,
                    "agreed_by": agreed_by,
                    "agreed_on": None,
                    "granted_at": moment,
                },
            )
            for step, due_at in reminders.items():
                connection.execute(
                    query("cycles/set_reminder"),
                    {"obligation_id": obligation.obligation_id, "step": step, "due_at": due_at},
                )
        connection.execute(query("cycles/replan_reminder_steps"), {"cycle_id": cycle_id})
        events.record(
            connection, cycle_id, "deadline_extended", agreed_by, moment,
            recipient_id=owed[0].recipient_id, due_at=new_due_at, asked_how=asked_how, reason=reason,
        )  # fmt: skip
    return new_due_at


def close_early(engine: Engine, cycle_id: str, by: str, reason: str) -> None:
    """Let the cycle close now instead of on its planned day; the waiting run notices by itself."""
    with engine.begin() as connection:
        current = steps.lock(connection, cycle_id, plan.CLOSE)
        if current.is_done:
            raise ValueError(f"{cycle_id} is closed already, since {current.done_at:%d/%m/%Y %H:%M}.")
        steps.postpone(connection, cycle_id, plan.CLOSE, min(current.now, current.due_at))
        events.record(connection, cycle_id, "closed_early", by, current.now, reason=reason)
