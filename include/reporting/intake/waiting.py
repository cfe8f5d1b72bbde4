"""What waits for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from reporting.database import query


@dataclass(frozen=True)
class Waiting:
    """Something that waits for a person.

    `kind` is arrival, unreachable, message, registration, refused (on the document axis), fault or conflict;
    `since` when it came or happened; `who` the address or user concerned; `note` what the officer reads (for
    a message its subject, for a fault the file, for a conflict its number). Cycle and office are None where
    nobody can tell.
    """

    kind: str
    arrival_id: int | None
    cycle_id: str | None
    reference_code: str | None
    short_name: str | None
    since: datetime
    who: str | None
    state: str | None
    note: str | None


def waiting(connection: Connection) -> list[Waiting]:
    """All that waits for a person, oldest first."""
    return [Waiting(**row._mapping) for row in connection.execute(query("intake/waiting"))]
