"""The append-only log of what happened, who did it and when."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from reporting.database import query


def record(
    connection: Connection,
    cycle_id: str | None,
    kind: str,
    actor: str,
    occurred_at: datetime,
    *,
    recipient_id: int | None = None,
    **detail: object,
) -> None:
    """Append one event. `detail` holds particulars that JSON can hold; dates are written as text."""
    connection.execute(
        query("audit/record_event"),
        {
            "cycle_id": cycle_id,
            "recipient_id": recipient_id,
            "kind": kind,
            "actor": actor,
            "occurred_at": occurred_at,
            "detail": json.dumps(detail, ensure_ascii=False, default=str),
        },
    )


@dataclass(frozen=True)
class Event:
    """One event of a cycle, to be recorded with others."""

    kind: str
    recipient_id: int | None
    detail: Mapping[str, object] = field(default_factory=dict)


def record_all(
    connection: Connection, cycle_id: str | None, actor: str, occurred_at: datetime, events: Sequence[Event]
) -> None:
    """Append events of one moment in one statement, in their order; `detail` as in `record`."""
    if events:
        connection.execute(
            query("audit/record_events"),
            {
                "cycle_id": cycle_id,
                "actor": actor,
                "occurred_at": occurred_at,
                "kinds": [event.kind for event in events],
                "recipient_ids": [event.recipient_id for event in events],
                "details": [json.dumps(event.detail, ensure_ascii=False, default=str) for event in events],
            },
        )
