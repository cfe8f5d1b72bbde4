"""Pauses: times in which an office is not reminded, because of a disaster, a promised day, an agreement.

What fell due in a pause is sent after it, if it is still due then (cycle.reminder_due says what is).
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Literal, get_args

from sqlalchemy import Connection, Engine

from reporting import events
from reporting.calendar.working_days import WorkingCalendar
from reporting.clock import VIETNAM
from reporting.cycles.selection import HeldCycle, OfficeChoice, RefusedChange, choose, hold, required
from reporting.database import query
from reporting.wording.vietnamese import short_date

PauseKind = Literal["disaster", "promise", "agreement"]


def pause(
    engine: Engine, cycle_id: str, offices: OfficeChoice, until: date, *, kind: str, reason: str, by: str
) -> int:
    """Let reminders to these offices rest through the day `until`; returns for how many that is new.

    The pause ends at the opening of the office on the next working day. An office that has this pause already
    is left as it is. Raises UnknownOffice for an unknown office or region, RefusedChange when the day is over
    or after the close, or the kind is none.
    """
    required(reason=reason, by=by)
    if kind not in get_args(PauseKind):
        known = ", ".join(get_args(PauseKind))
        raise RefusedChange("bad_kind", f"{kind!r} is no kind of pause; {known}.", given=kind, known=known)
    with engine.begin() as connection:
        cycle = hold(connection, cycle_id)
        if until < cycle.today:
            raise RefusedChange(
                "pause_is_over",
                f"{until:%d/%m/%Y} is over; choose a day from today on.",
                on=short_date(until),
            )
        if until >= cycle.close_at.date():
            raise RefusedChange(
                "pause_after_close",
                f"{until:%d/%m/%Y} is not before the close of {cycle.close_at:%d/%m/%Y}, after which "
                "nobody is "
                "reminded; choose an earlier day.",
                on=short_date(until),
                close=short_date(cycle.close_at.date()),
            )
        chosen = choose(connection, cycle, offices)
        new = [
            pause_id
            for office in chosen
            if office.role == "owes"
            and (pause_id := insert(connection, cycle, office.recipient_id, until, kind, reason, by))
        ]
    return len(new)


def unpause(engine: Engine, cycle_id: str, offices: OfficeChoice, *, by: str, reason: str) -> int:
    """End the pauses of these offices now; returns how many. Raises RefusedChange when none is paused."""
    required(reason=reason, by=by)
    with engine.begin() as connection:
        cycle = hold(connection, cycle_id)
        chosen = choose(connection, cycle, offices)
        ended = connection.execute(
            query("cycles/end_pauses"),
            {"recipient_ids": [office.recipient_id for office in chosen], "at": cycle.now, "kind": None},
        ).all()
        if not ended:
            raise RefusedChange("no_pause", "None of these offices is paused.")
        for row in ended:
            events.record(
                connection, cycle_id, "pause_ended", by, cycle.now, recipient_id=row.recipient_id,
                pause_id=row.pause_id, reason=reason,
            )  # fmt: skip
    return len(ended)


def insert(
    connection: Connection,
    cycle: HeldCycle,
    recipient_id: int,
    until: date,
    kind: str,
    reason: str,
    by: str,
) -> int | None:
    """Add a pause through the day `until` and record it; its id, None when the office has it already."""
    until_at = ends_at(cycle, until)
    pause_id: int | None = connection.execute(
        query("cycles/add_pause"),
        {
            "cycle_id": cycle.cycle_id,
            "recipient_id": recipient_id,
            "kind": kind,
            "from_at": cycle.now,
            "until_at": until_at,
            "reason": reason.strip(),
            "by": by.strip(),
        },
    ).scalar_one_or_none()
    if pause_id is not None:
        events.record(
            connection, cycle.cycle_id, "reminders_paused", by, cycle.now, recipient_id=recipient_id,
            pause_id=pause_id, pause=kind, until_at=until_at, reason=reason,
        )  # fmt: skip
    return pause_id


def ends_at(cycle: HeldCycle, until: date) -> datetime:
    """When a pause through this day ends: the opening of the office on the next working day."""
    day = WorkingCalendar.load(cycle.regime.code).shift(until, 1)
    opens: time = cycle.regime.office_hours.opens
    return datetime.combine(day, opens, tzinfo=VIETNAM)
