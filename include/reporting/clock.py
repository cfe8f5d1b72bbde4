"""The clocks of cycles: the only source of the present moment.

A live cycle runs by the machine's clock, a rehearsal by a simulated one that stands still while there is
work due and is stepped from one due moment to the next.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from reporting.database import query

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
WALL = "wall"


def wall_now() -> datetime:
    """The machine's present moment, in Viet Nam time."""
    return datetime.now(UTC).astimezone(VIETNAM)


def now(connection: Connection, cycle_id: str) -> datetime:
    """The present moment of a cycle, in Viet Nam time. Raises LookupError when there is no such cycle."""
    row = connection.execute(query("cycles/clock_of_cycle"), {"cycle_id": cycle_id}).one_or_none()
    if row is None:
        raise LookupError(f"There is no cycle {cycle_id!r}; `reporting cycle list` shows those there are.")
    return wall_now() if row.now_at is None else cast("datetime", row.now_at).astimezone(VIETNAM)


def create_simulated(connection: Connection, clock_id: str, start: datetime) -> None:
    """Add a simulated clock that stands at `start`; keeps one that exists already."""
    connection.execute(query("cycles/create_clock"), {"clock_id": clock_id, "now_at": start})


def step_to(connection: Connection, clock_id: str, moment: datetime) -> None:
    """Step a simulated clock forward to `moment`.

    Raises ValueError for the wall clock, an unknown clock, or a step backwards.
    """
    stepped = connection.execute(
        query("cycles/step_clock"), {"clock_id": clock_id, "moment": moment}
    ).rowcount
    if stepped != 1:
        raise ValueError(
            f"Clock {clock_id!r} cannot be stepped to {moment:%d/%m/%Y %H:%M}: "
            "it is not simulated, or already later."
        )
