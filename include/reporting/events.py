"""The append-only log of what happened, who did it and when."""

from __future__ import annotations

import json
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
