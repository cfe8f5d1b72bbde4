"""Office hours: reminders and copies of urging letters are handed over while offices work, and at no other
time. What a person waits for, such as a receipt, goes at any time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from reporting.calendar.working_days import CalendarDataError, WorkingCalendar
from reporting.clock import VIETNAM, wall_now
from reporting.database import query
from reporting.regimes.models import OfficeHours


def is_open(hours: OfficeHours, calendar: WorkingCalendar, at: datetime) -> bool:
    """Whether offices work at this moment: on a working day, from the opening to before the closing."""
    local = at.astimezone(VIETNAM)
    return hours.opens <= local.time() < hours.closes and calendar.is_working_day(local.date())


def closed_cycles(connection: Connection, cycle_id: str | None = None) -> list[str]:
    """The cycles (or this one) with reminders or copies of urging letters in the queue that must wait now, by
    their own clocks, until offices work; also where the working days cannot be told.
    """
    rows = connection.execute(
        query("mail/cycles_that_remind"), {"cycle_id": cycle_id, "wall_now": wall_now()}
    )
    return sorted(row.cycle_id for row in rows if not _is_open(row))


def _is_open(row: Row[Any]) -> bool:
    hours = OfficeHours.model_validate(row.office_hours or {})
    try:
        return is_open(hours, WorkingCalendar.load(row.regime), row.now)
    except CalendarDataError:
        return False  # what plans by this calendar says what is wrong with it; all other mail goes on
