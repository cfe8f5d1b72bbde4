"""The steps of a cycle as PostgreSQL knows them: due or not, done or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from reporting import clock, events
from reporting.database import query


@dataclass(frozen=True)
class StepState:
    """When a step falls due and whether it is done, by the cycle's clock."""

    step: str
    due_at: datetime
    done_at: datetime | None
    now: datetime

    @property
    def is_done(self) -> bool:
        """Whether the step was completed."""
        return self.done_at is not None

    @property
    def is_due(self) -> bool:
        """Whether its moment has come."""
        return self.due_at <= self.now


def exists(connection: Connection, cycle_id: str, step: str) -> bool:
    """Whether the cycle's plan has this step."""
    return bool(
        connection.execute(query("cycles/has_step"), {"cycle_id": cycle_id, "step": step}).scalar_one()
    )


def state(connection: Connection, cycle_id: str, step: str) -> StepState:
    """Where a step stands. Raises LookupError when the cycle has no such step."""
    return _read(connection, cycle_id, step, "cycles/step_state")


def lock(connection: Connection, cycle_id: str, step: str) -> StepState:
    """The same, with the step locked until the transaction ends, so that only one process does its work."""
    return _read(connection, cycle_id, step, "cycles/lock_step")


def hold(connection: Connection, cycle_id: str) -> None:
    """Hold the cycle until the transaction ends; called before steps are locked by whatever moves several of
    them, so that no two such transactions wait for one another.
    """
    connection.execute(query("cycles/lock_cycle"), {"cycle_id": cycle_id})


def _read(connection: Connection, cycle_id: str, step: str, name: str) -> StepState:
    row = connection.execute(query(name), {"cycle_id": cycle_id, "step": step}).one_or_none()
    if row is None:
        raise LookupError(
            f"Cycle {cycle_id!r} has no step {step!r}; `reporting cycle show {cycle_id}` lists its plan."
        )
    return StepState(step, row.due_at.astimezone(clock.VIETNAM), row.done_at, clock.now(connection, cycle_id))


def complete(
    connection: Connection, cycle_id: str, step: str, actor: str = "pipeline", **detail: Any
) -> None:
    """Mark a step as done, in the transaction of its work; does nothing when it is done already."""
    moment = clock.now(connection, cycle_id)
    changed = connection.execute(
        query("cycles/complete_step"), {"cycle_id": cycle_id, "step": step, "done_at": moment}
    ).rowcount
    if changed:
        events.record(connection, cycle_id, "milestone_done", actor, moment, step=step, **detail)


def postpone(connection: Connection, cycle_id: str, step: str, due_at: datetime) -> None:
    """Move a step that is not done to another moment."""
    connection.execute(query("cycles/postpone_step"), {"cycle_id": cycle_id, "step": step, "due_at": due_at})
