"""How a cycle's figures came about: findings, explanations, waivers, conflicts, differences, files."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from reporting.clock import VIETNAM
from reporting.database import query


@dataclass(frozen=True)
class ReportedFinding:
    """A finding in a version, with what became of it. `explained_at`: when the mail came that explains it."""

    organization_id: str
    version: int
    severity: str
    sheet: str | None
    cell: str | None
    message: str
    value_seen: str | None
    explanation: str | None
    explained_at: datetime | None
    allowed_by: str | None
    allowed_until: date | None
    allowed_because: str | None


@dataclass(frozen=True)
class ReportedConflict:
    """Two versions that contradict each other; `kept_version` is None while nobody has decided."""

    organization_id: str
    standing_version: int
    standing_sender: str
    other_version: int
    other_sender: str
    cells: Sequence[Mapping[str, str]]
    found_at: datetime
    kept_version: int | None
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None


@dataclass(frozen=True)
class ReportedDifference:
    """A cell that a version gives otherwise than the one that counted before it."""

    organization_id: str
    version: int
    received_at: datetime
    label: str
    sheet: str
    cell: str
    before: str
    after: str


@dataclass(frozen=True)
class ReportedFile:
    """A file beside the workbooks: registered (a signed report), document, picture, archive or other."""

    organization_id: str
    at: datetime
    role: str
    filename: str | None
    document_number: str | None
    signed_on: date | None
    signer: str | None
    file_sha256: str | None


@dataclass(frozen=True)
class ReportedContribution:
    """What an office wrote in words, in the version that counts: who sent it, how far it speaks for it
    (`source_rank`, 1 highest), who signed the report that it rests on, or which officer confirmed it and how.
    `written_at` is when the last of its words first came; None in snapshots that do not say.
    """

    organization_id: str
    version: int
    sender: str
    source_rank: int
    document_number: str | None
    signed_on: date | None
    signer: str | None
    how: str | None
    confirmed_by: str | None
    confirmed_at: datetime | None
    is_citable: bool
    written_at: datetime | None = None

    @property
    def is_newer_than_signed(self) -> bool:
        """Whether its words are used though they came after the day of the signed report, and no officer
        confirmed them.
        """
        if not self.is_citable or self.how is not None or self.signed_on is None or self.written_at is None:
            return False
        return self.written_at.astimezone(VIETNAM).date() > self.signed_on


@dataclass(frozen=True)
class IntakeRecord:
    """What happened to the answers of a cycle's offices, in the order of the offices."""

    findings: Collection[ReportedFinding] = ()
    conflicts: Collection[ReportedConflict] = ()
    differences: Collection[ReportedDifference] = ()
    files: Collection[ReportedFile] = ()
    contributions: Collection[ReportedContribution] = ()


def load_intake_record(connection: Connection, cycle_id: str) -> IntakeRecord:
    """The record of a cycle as it stands now; empty for a cycle without answers."""
    key = {"cycle_id": cycle_id}

    def rows(name: str, *moments: str) -> list[dict[str, object]]:
        found = connection.execute(query(f"summary/{name}"), key)
        return [_local(dict(row._mapping), moments) for row in found]

    return IntakeRecord(
        # the columns of the queries are the fields, in their types
        # rows come as the queries name their columns, which are the fields
        tuple(ReportedFinding(**row) for row in rows("findings", "explained_at")),  # type: ignore[arg-type]
        tuple(ReportedConflict(**row) for row in rows("conflicts", "found_at", "decided_at")),  # type: ignore[arg-type]
        tuple(ReportedDifference(**row) for row in rows("differences", "received_at")),  # type: ignore[arg-type]
        tuple(ReportedFile(**row) for row in rows("attachments")),  # type: ignore[arg-type]
        tuple(ReportedContribution(**row) for row in rows("contributions", "confirmed_at", "written_at")),  # type: ignore[arg-type]
    )


def _local(row: dict[str, object], moments: Sequence[str]) -> dict[str, object]:
    for name in moments:
        value = row[name]
        if isinstance(value, datetime):
            row[name] = value.astimezone(VIETNAM)
    for name in ("group_code", "position"):
        row.pop(name, None)
    return row
