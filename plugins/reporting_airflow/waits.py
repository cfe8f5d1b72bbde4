"""The questions that waits ask PostgreSQL and the channels, shared by tasks and triggers."""

from __future__ import annotations

from typing import Any

from reporting import database
from reporting.database import query
from reporting.settings import settings

REHEARSAL_POLL_SECONDS = 0.3


def step_ready(cycle_id: str, step: str) -> bool:
    """Whether the task of this step may go on."""
    return _ask("waits/step_ready", cycle_id=cycle_id, step=step)


def document_ready(cycle_id: str, kind: str, until: str, attempt: int) -> bool:
    """Whether there is news about this document since `attempt` was asked."""
    from reporting.documents.extra import GOES_ON_AFTER_WITHDRAWAL

    return _ask(
        "waits/document_ready",
        cycle_id=cycle_id,
        kind=kind,
        until=until,
        attempt=attempt,
        going_on=list(GOES_ON_AFTER_WITHDRAWAL),
    )


def arrivals_ready() -> bool:
    """Whether something waits to be collected or answered."""
    from reporting_airflow.channels import lookout

    return _ask("waits/arrivals_ready") or lookout().has_new(database.engine())


def poll_seconds(cycle_id: str) -> float:
    """How often to look: often in a rehearsal, as configured in a live cycle."""
    return (
        REHEARSAL_POLL_SECONDS if _ask("waits/is_rehearsal", cycle_id=cycle_id) else settings().poll_seconds
    )


def _ask(name: str, **parameters: Any) -> bool:
    with database.engine().connect() as connection:
        return bool(connection.execute(query(name), parameters).scalar_one_or_none())
