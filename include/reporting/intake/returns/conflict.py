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
from reporting.forms.models import Form
from reporting.intake.returns import sources
from reporting.intake.returns.difference import ChangedCell, as_data, between, nil_tick
from reporting.intake.returns.forms import cycle_of
from reporting.intake.returns.versions import hold_office
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
    followed_by: int | None
    """The conflict of the version that took the place of the standing one."""


def find(
    connection: Connection, standing: int, other: int, cells: Sequence[ChangedCell], at: datetime
) -> int | None:
    """Keep a conflict for a decision; its number, None when it was found before."""
    number: int | None = connection.execute(
        query("returns/add_conflict"),
        {"standing": standing, "other": other, "cells": as_data(cells), "at": at},
    ).scalar_one_or_none()
    return number


def follow(
    connection: Connection,
    form: Form,
    recipient_id: int,
    before: int,
    after: int,
    *,
    is_nil: bool,
    is_preferred: bool,
    at: datetime,
    by: str,
) -> None:
    """Set version `after`, which counts in the place of `before` from now on, against the files that
    contradict that one and wait for a decision.

    None waits any more that says the same, or (`is_preferred`) has the lower source. Should `after` be taken
    back, the conflicts with `before` wait again.
    """
    for row in connection.execute(query("returns/open_conflicts_of"), {"recipient_id": recipient_id}).all():
        if row.standing_submission_id != before or row.other_submission_id == after:
            continue
        cells = _cells(connection, form, after, row.other_submission_id, is_nil, row.other_is_nil)
        number = find(connection, after, row.other_submission_id, cells, at)
        if number is None:
            continue
        if is_preferred or not cells:
            reason = text(f"returns.conflict.{'by_rank' if is_preferred else 'agreed'}")
            _settle(connection, number, after, reason, by, at)


def _cells(
    connection: Connection, form: Form, standing: int, other: int, standing_is_nil: bool, other_is_nil: bool
) -> list[ChangedCell]:
    cells = between(connection, form, standing, other)
    if standing_is_nil != other_is_nil:
        cells.insert(0, nil_tick(other_is_nil))
    return cells


def conflicts(connection: Connection, conflict_id: int | None = None) -> list[Conflict]:
    """Those that wait for a decision, oldest first; or the one of this number, however it stands."""
    rows = connection.execute(query("returns/conflicts"), {"conflict_id": conflict_id})
    return [_conflict(row) for row in rows]


def decide(engine: Engine, conflict_id: int, keep: int, *, reason: str, by: str) -> Conflict:
    """Decide which of the two versions (by its number) counts; repeated, it changes nothing.

    Raises LookupError for an unknown conflict, RefusedChange for a version that is neither of the two, a
    conflict decided otherwise before, or one whose standing version was followed by a newer (which has a
    conflict of its own).
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
        hold_office(connection, found.cycle_id, found.reference_code)
        # a statement of its own: it must see what was committed while the one before waited
        (found,) = conflicts(connection, conflict_id)
        if found.decided_at is None and found.followed_by is not None:
            (newer,) = conflicts(connection, found.followed_by)
            raise RefusedChange(
                "conflict_followed",
                f"Version {newer.standing.version} took the place of version {found.standing.version}, which "
                f"conflict {conflict_id} is about; decide conflict {newer.conflict_id}.",
                conflict=conflict_id,
                before=found.standing.version,
                version=newer.standing.version,
                newer=newer.conflict_id,
            )
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
    report was registered; how many. A version kept aside counts if its source is the highest by now; if it is
    of the same rank as the one that counts, the two wait for an officer.
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
    return count + _prefer(connection, cycle_id, recipient_id, by, at)


def _prefer(connection: Connection, cycle_id: str, recipient_id: int, by: str, at: datetime) -> int:
    keys = {"cycle_id": cycle_id, "recipient_id": recipient_id}
    rows = connection.execute(query("returns/kept_aside"), keys).all()
    if not rows:
        return 0
    ranks = sources.ranks(connection, [row.submission_id for row in rows] + [rows[0].current])
    standing = min(ranks[rows[0].current], rows[0].current_rank)
    _, form = cycle_of(connection, rows[0].current)
    count = 0
    for row in rows:
        rank = ranks[row.submission_id]
        if rank > standing or rank >= row.source_rank:
            continue
        cells = _cells(connection, form, row.current, row.submission_id, row.current_is_nil, row.is_nil)
        if rank == standing:
            if row.version < row.current_version or not any(cell.contradicts for cell in cells):
                continue
            number = find(connection, row.current, row.submission_id, cells, at)
            kind = "conflict_found"
        else:
            number, kind = None, "submission_preferred"
        sources.keep(connection, row.submission_id, rank)
        events.record(
            connection, cycle_id, kind, by, at, recipient_id=recipient_id, submission_id=row.submission_id,
            version=row.version, version_before=row.current_version, count=len(cells), sender=row.sender,
            conflict_id=number,
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
        followed_by=row.followed_by,
    )
