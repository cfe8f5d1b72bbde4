"""Approvals that lapsed because of a change in what the report says, and what changed.

With each draft of a report, and of the letter after it, is kept what it rests on (core.basis_of); two drafts
differ in what happened between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row

from reporting.clock import VIETNAM
from reporting.database import query
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import short_date

MOST_SHOWN = 5
"""So many changes are named; of the others the number is told."""


@dataclass(frozen=True)
class Step:
    """A step of the approval of a draft: who is asked, and what was decided, None while that is open."""

    position: int
    step: str
    label: str
    title: str
    distinct_people: bool
    decision: str | None
    reason: str | None
    decided_by: str | None
    decided_by_id: str | None
    decided_at: datetime | None


@dataclass(frozen=True)
class Lapse:
    """An approval that no longer holds: of which draft, by whom at which steps, and what changed since, in
    words; () where no such change is known.
    """

    version: int
    approved: tuple[Step, ...]
    because: tuple[str, ...]


def steps(connection: Connection, document_id: int, version: int) -> tuple[Step, ...]:
    """The steps of the approval of a draft, in order."""
    rows = connection.execute(query("documents/decisions"), {"document_id": document_id, "version": version})
    return tuple(
        Step(
            position=r.position,
            step=r.step,
            label=r.label or text("approval.default.label"),
            title=r.title or text("approval.default.title"),
            distinct_people=r.distinct_people,
            decision=r.decision,
            reason=r.reason,
            decided_by=r.decided_by,
            decided_by_id=r.decided_by_id,
            decided_at=r.decided_at.astimezone(VIETNAM) if r.decided_at is not None else None,
        )
        for r in rows
    )


def keep_basis(connection: Connection, document_id: int, version: int) -> None:
    """Note with a draft of a report, or of the letter after it, what counts now; for other documents nothing
    is noted.
    """
    connection.execute(query("documents/keep_basis"), {"document_id": document_id, "version": version})


def changes(connection: Connection, document_id: int, earlier: int, version: int | None) -> tuple[str, ...]:
    """What changed, in words, between what two drafts rest on; up to now where `version` is
    None.
    """
    rows = connection.execute(
        query("documents/changed_basis"),
        {"document_id": document_id, "earlier": earlier, "version": version},
    )
    return tuple(dict.fromkeys(_words(row) for row in rows))


def capped(listed: Sequence[str], most: int = MOST_SHOWN) -> str:
    """The first of what is listed, in one sentence, and how many there are besides; "" for nothing."""
    shown = text("approval.between").join(listed[:most])
    left = len(listed) - most
    return text("approval.and_others", shown=shown, count=left) if left > 0 else shown


def of_draft(connection: Connection, document_id: int, version: int) -> Lapse | None:
    """The approval that the draft's predecessors had and that lapsed, if none of them was sent back since."""
    before = connection.execute(
        query("documents/decided_before"), {"document_id": document_id, "version": version}
    ).scalar_one()
    if before is None:
        return None
    decided = steps(connection, document_id, before)
    if any(step.decision == "sent_back" for step in decided):
        return None
    approved = tuple(step for step in decided if step.decision == "approved")
    return Lapse(before, approved, changes(connection, document_id, before, version))


def in_words(found: Lapse) -> str:
    """Which approval lapsed, whose, and because of what, in a sentence."""
    return text(
        "approval.lapsed",
        version=found.version,
        approved=text("approval.between").join(map(given, found.approved)),
        because=capped(found.because) or text("approval.unknown_cause"),
    )


def given(step: Step) -> str:
    """Who approved at a step, and when."""
    return text(
        "approval.given", label=step.label, by=step.decided_by or "", at=short_moment(step.decided_at)
    )


def short_moment(moment: datetime | None) -> str:
    """A moment in Viet Nam time, such as 09:05 20/12/2012; "" for none."""
    if moment is None:
        return ""
    local = moment.astimezone(VIETNAM)
    return text("command_line.moment", hour=local.hour, minute=local.minute, date=short_date(local))


def _words(row: Row[tuple[object, ...]]) -> str:
    kind = str(row.kind)
    what = "new" if row.is_new else "gone" if row.is_gone else "changed"
    if kind == "submission" and what == "changed" and row.before == row.after:
        what = "read_anew"
    return text(
        f"approval.change.{kind}.{what}",
        office=row.short_name,
        deliverable=row.deliverable,
        version=row.submission_version,
    )
