"""The versions of an office's answer: which there are, and taking one back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from reporting import events
from reporting.cycles.selection import HeldCycle
from reporting.database import query


@dataclass(frozen=True)
class Version:
    """A version as it stands. `difference` is None for one with none before it."""

    submission_id: int
    version: int
    outcome: str
    kind: str
    sender: str
    filename: str
    received_at: datetime
    difference: Sequence[Mapping[str, str]] | None
    is_withdrawn: bool
    is_current: bool

    @property
    def has_figures(self) -> bool:
        """Whether it was accepted (also as a draft) and not taken back."""
        return self.outcome in {"accepted", "accepted_with_warnings"} and not self.is_withdrawn


def versions_of(connection: Connection, cycle_id: str, reference_code: str) -> list[Version]:
    """Every version of this office, the first one first."""
    rows = connection.execute(
        query("returns/versions"), {"cycle_id": cycle_id, "reference_code": reference_code}
    )
    return [Version(**row._mapping) for row in rows]


def take_back(
    connection: Connection,
    cycle: HeldCycle,
    recipient_id: int,
    version: Version,
    *,
    asked_by: str,
    reason: str,
    by: str,
) -> bool:
    """Let a version count no more, and nothing that a later part took over from it; whether it was new."""
    taken = connection.execute(
        query("returns/add_withdrawal"),
        {
            "submission_id": version.submission_id,
            "reason": reason.strip(),
            "asked_by": asked_by.strip(),
            "by": by.strip(),
            "at": cycle.now,
        },
    ).scalar_one_or_none()
    if taken is None:
        return False
    part = {"recipient_id": recipient_id, "submission_id": version.submission_id}
    connection.execute(query("returns/revise_takers"), part)
    connection.execute(query("returns/drop_carried"), part)
    events.record(
        connection, cycle.cycle_id, "submission_withdrawn", by, cycle.now, recipient_id=recipient_id,
        submission_id=version.submission_id, version=version.version, asked_by=asked_by, reason=reason,
    )  # fmt: skip
    return True


def hold_office(connection: Connection, cycle_id: str, reference_code: str) -> None:
    """Let workbooks of this office wait until the caller's transaction has ended. What is read from now on
    stays as it is.
    """
    connection.execute(
        query("intake/lock_recipient"), {"cycle_id": cycle_id, "reference_code": reference_code}
    )
