"""Two files of one office that say different things: kept side by side until an officer decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row

from reporting import clock, events
from reporting.cycles.selection import RefusedChange, required
from reporting.database import query
from reporting.intake.returns import sources
from reporting.intake.returns.difference import ChangedCell, as_data
from reporting.intake.returns.versions import refuse_published
from reporting.wording.catalogue import text


@dataclass(frozen=True)
class File:
    """One of the two files."""

    submission_id: int
    version: int
    sender: str
    filename: str
    received_at: datetime


@dataclass(frozen=True)
class Conflict:
    """Two accepted files of one office. `standing` counts until it is decided; `kept` is the version kept by
    the decision. `cells` are {label, sheet, cell, before, after}, before as the standing one has it.
    """

    conflict_id: int
    cycle_id: str
    title: str
    mode: str
    recipient_id: int
    reference_code: str
    name: str
    short_name: str
    found_at: datetime
    standing: File
    other: File
    cells: Sequence[Mapping[str, str]]
    kept: int | None
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None


def find(
    connection: Connection, standing: int, other: int, cells: Sequence[ChangedCell], at: datetime
) -> int | None:
    """Keep a conflict for a decision; its number, None when it was found before."""
    number: int | None = connection.execute(
        query("returns/add_conflict"),
        {"standing": standing, "other": other, "cells": as_data(cells), "at": at},
    ).scalar_one_or_none()
    return number


def conflicts(connection: Connection, conflict_id: int | None = None) -> list[Conflict]:
    """Those that wait for a decision, oldest first; or the one of this number, however it stands."""
    rows = connection.execute(query("returns/conflicts"), {"conflict_id": conflict_id})
    return [_conflict(row) for row in rows]


def decide(engine: Engine, conflict_id: int, keep: int, *, reason: str, by: str) -> Conflict:
    """Decide which of the two versions (by its number) counts; repeated, it changes nothing.

    Raises LookupError for an unknown conflict, RefusedChange for a version that is neither of the two, a
    conflict decided otherwise before, or once the summary report is published.
    """
    required(reason=reason, by=by)
    with engine.begin() as connection:
        found = next(iter(conflicts(connection, conflict_id)), None)
        if found is None:
            raise LookupError(
                f"There is no conflict number {conflict_id}; `reporting intake conflicts` lists them."
            )
        versions = {file.version: file.submission_id for file in (found.standing, found.other)}
        if keep not in versions:
            known = ", ".join(str(version) for version in versions)
            raise RefusedChange(
                "not_in_conflict",
                f"Conflict {conflict_id} is between the versions {known}; keep one of them.",
                given=keep,
                known=known,
            )
        if found.decided_at is not None and found.kept == keep:
            return found
        refuse_published(connection, found.cycle_id)
        at = clock.now(connection, found.cycle_id)
        if not _settle(connection, conflict_id, versions[keep], reason.strip(), by.strip(), at):
            raise RefusedChange(
                "conflict_decided",
                f"Conflict {conflict_id} was decided by {found.decided_by}: version {found.kept} counts. "
                "Should another one count, let the office send it again, marked as adjusted.",
                conflict=conflict_id,
                by=found.decided_by,
                version=found.kept,
            )
        events.record(
            connection, found.cycle_id, "conflict_decided", by, at, recipient_id=found.recipient_id,
            conflict_id=conflict_id, version=keep, reason=reason,
        )  # fmt: skip
        return conflicts(connection, conflict_id)[0]


def settle_by_rank(connection: Connection, cycle_id: str, recipient_id: int, by: str, at: datetime) -> int:
    """Decide conflicts of an office in which one of the two has the higher source by now, as after its signed
    report was registered; how many.
    """
    rows = connection.execute(query("returns/open_conflicts_of"), {"recipient_id": recipient_id}).all()
    count = 0
    for row in rows:
        pair = (row.standing_submission_id, row.other_submission_id)
        ranks = sources.ranks(connection, pair)
        if ranks[pair[0]] == ranks[pair[1]]:
            continue
        kept = min(pair, key=lambda submission_id: ranks[submission_id])
        _settle(connection, row.conflict_id, kept, text("returns.conflict.by_rank"), by, at)
        for submission_id in pair:
            sources.keep(connection, submission_id, ranks[submission_id])
        events.record(
            connection, cycle_id, "conflict_decided", by, at, recipient_id=recipient_id,
            conflict_id=row.conflict_id, submission_id=kept, reason=text("returns.conflict.by_rank"),
        )  # fmt: skip
        count += 1
    return count


def _settle(connection: Connection, conflict_id: int, kept: int, reason: str, by: str, at: datetime) -> bool:
    return (
        connection.execute(
            query("returns/decide_conflict"),
            {"conflict_id": conflict_id, "kept": kept, "reason": reason, "by": by, "at": at},
        ).scalar_one_or_none()
        is not None
    )


def _conflict(row: Row[Any]) -> Conflict:
    standing, other = (
        File(
            getattr(row, f"{which}_submission_id"),
            getattr(row, f"{which}_version"),
            getattr(row, f"{which}_sender"),
            getattr(row, f"{which}_filename"),
            getattr(row, f"{which}_received_at"),
        )
        for which in ("standing", "other")
    )
    versions = {file.submission_id: file.version for file in (standing, other)}
    return Conflict(
        conflict_id=row.conflict_id,
        cycle_id=row.cycle_id,
        title=row.title,
        mode=row.mode,
        recipient_id=row.recipient_id,
        reference_code=row.reference_code,
        name=row.name,
        short_name=row.short_name,
        found_at=row.found_at,
        standing=standing,
        other=other,
        cells=row.cells,
        kept=versions.get(row.kept_submission_id),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        reason=row.reason,
    )
