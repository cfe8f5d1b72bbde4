"""Where a cycle stands: what is to be done now, and when the next thing falls due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from reporting import clock
from reporting.database import query
from reporting.mail.office_hours import closed_cycles


@dataclass(frozen=True)
class CycleRow:
    """One line of the list of cycles."""

    cycle_id: str
    title: str
    mode: str
    due_at: datetime
    recipients: int
    outstanding: int
    next_step: str | None
    next_due_at: datetime | None


@dataclass(frozen=True)
class RecipientRow:
    """How one recipient stands, by deliverable."""

    position: int
    reference_code: str
    short_name: str
    deliverable: str
    state: str
    due_at: datetime | None
    is_outstanding: bool
    is_in_conflict: bool
    draft_received_at: datetime | None
    first_received_at: datetime | None
    reminders: int


@dataclass(frozen=True)
class MilestoneRow:
    """A step of the plan."""

    step: str
    due_at: datetime
    done_at: datetime | None


def cycles(connection: Connection) -> list[CycleRow]:
    """All cycles, newest first."""
    return [CycleRow(**r._mapping) for r in connection.execute(query("cycles/list"))]


def recipients(connection: Connection, cycle_id: str) -> list[RecipientRow]:
    """Every obligation of a cycle, in the order of the addressees."""
    return [
        RecipientRow(**r._mapping)
        for r in connection.execute(query("cycles/recipients"), {"cycle_id": cycle_id})
    ]


def milestones(connection: Connection, cycle_id: str) -> list[MilestoneRow]:
    """The plan of a cycle in the order of its due moments."""
    return [
        MilestoneRow(**r._mapping)
        for r in connection.execute(query("cycles/milestones"), {"cycle_id": cycle_id})
    ]


def work_due(connection: Connection, cycle_id: str) -> list[str]:
    """What is due at the cycle's present moment and not done, in words for a log; empty when all is done.

    Steps, mail in the queue or being sent, and arrivals that wait for their answer; not mail that waits for
    office hours. Only where there is none of these, reminders to catch up.
    """
    parameters = {
        "cycle_id": cycle_id,
        "now": clock.now(connection, cycle_id),
        "is_closed": bool(closed_cycles(connection, cycle_id)),
    }
    found = [str(r) for r in connection.execute(query("cycles/work_due"), parameters).scalars()]
    return found or [f"reminder {step}" for step in reminders_to_catch_up(connection, cycle_id)]


def reminders_to_catch_up(connection: Connection, cycle_id: str) -> list[str]:
    """The steps of which an office with a contact in use is owed a reminder that their own task does not send
    any more.
    """
    parameters = {"cycle_id": cycle_id, "now": clock.now(connection, cycle_id)}
    return list(connection.execute(query("cycles/reminders_that_can_go"), parameters).scalars())


def next_due_at(connection: Connection, cycle_id: str) -> datetime | None:
    """When the next step falls due after the present moment, or None when none is left."""
    parameters = {"cycle_id": cycle_id, "now": clock.now(connection, cycle_id)}
    moment: datetime | None = connection.execute(query("cycles/next_due_at"), parameters).scalar_one()
    return moment.astimezone(clock.VIETNAM) if moment is not None else None


def is_finished(connection: Connection, cycle_id: str) -> bool:
    """Whether every step of the plan is done."""
    return bool(connection.execute(query("cycles/is_finished"), {"cycle_id": cycle_id}).scalar_one())
