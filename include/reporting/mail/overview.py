"""What a person asks of the ledger: is mail stopped, how much waits, what became of each message."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from reporting.database import query


@dataclass(frozen=True)
class Switch:
    """Whether all mail is stopped, and who last changed that; nobody yet: None."""

    is_stopped: bool
    changed_by: str | None
    changed_at: datetime | None
    reason: str | None


@dataclass(frozen=True)
class LedgerRow:
    """One message with what was last noted about it. Moments are those of the cycle's clock."""

    message_id: int
    reference_code: str
    short_name: str
    step: str
    sequence: int
    to_address: str
    subject: str
    state: str
    dated_at: datetime
    attempt_count: int
    state_since: datetime | None
    detail: str | None


def switch(connection: Connection) -> Switch:
    """The switch that halts all sending."""
    row = connection.execute(query("mail/switch")).one_or_none()
    if row is None:
        return Switch(False, None, None, None)
    return Switch(bool(row.is_on), row.changed_by, row.changed_at, row.reason)


def counts(connection: Connection) -> dict[str, dict[str, int]]:
    """Number of messages by cycle and state; a cycle without messages is not there."""
    found: dict[str, dict[str, int]] = {}
    for row in connection.execute(query("mail/count_by_state")):
        found.setdefault(row.cycle_id, {})[row.state] = row.messages
    return found


def ledger(connection: Connection, cycle_id: str, states: Collection[str] | None = None) -> list[LedgerRow]:
    """The messages of a cycle in the order in which they were queued; only those in `states`, if given."""
    parameters = {"cycle_id": cycle_id, "states": sorted(states) if states else None}
    return [LedgerRow(**row._mapping) for row in connection.execute(query("mail/ledger"), parameters)]
