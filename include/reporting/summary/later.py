"""Later editions of a report and supplements to it, as drafts."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from reporting import archive
from reporting.consolidation.refresh import refresh
from reporting.database import query
from reporting.documents import editions, lifecycle
from reporting.documents.editions import PublishedReport
from reporting.documents.lifecycle import Draft
from reporting.letters.cycle import load_letter_cycle
from reporting.summary import (
    received_snapshot,
    received_supplement,
    snapshot,
    supplement,
    supplement_changes,
)
from reporting.summary.data import Replaced
from reporting.summary.draft import render_summary_report, summary_draft
from reporting.summary.received import load_received
from reporting.summary.received_draft import received_draft
from reporting.summary.supplement_snapshot import About


def render_later_report(connection: Connection, cycle_id: str, kind: str) -> Draft:
    """A later edition (summary_report__2) or a supplement (supplement_report__1) from what counts now.

    Raises LookupError when it was not started, or what the report held to which it belongs was not kept.
    """
    document = lifecycle.find(connection, cycle_id, kind)
    if document is None or document.content is None:
        raise LookupError(
            f"{cycle_id} has no {kind}; `reporting report reopen` or `… supplement` starts one."
        )
    base = editions.base_of(connection, document)
    number = editions.number_of(kind)
    if editions.family_of(kind) == "edition":
        replaces = Replaced(
            number,
            base.number,
            base.registered_on,
            str(document.content["reason"]),
            _supplements_to(connection, cycle_id, base),
        )
        return render_summary_report(connection, cycle_id, replaces)
    about = About(number, base.number, base.registered_on)
    held = _held(connection, base)
    cycle = load_letter_cycle(connection, cycle_id)
    if cycle.form is None:
        return received_supplement.received_supplement_draft(
            received_supplement.ReceivedSupplement(
                about, received_supplement.held_by(held), load_received(connection, cycle)
            )
        )
    return supplement.supplement_draft(
        supplement.Supplement(about, supplement.held_by(held), snapshot.take(connection, cycle_id))
    )


def says_something(connection: Connection, cycle_id: str, base: PublishedReport) -> bool:
    """Whether a supplement to this report would tell anything: whether what came since says otherwise
    what the report says. Raises LookupError when what the report held was not kept.
    """
    cycle = load_letter_cycle(connection, cycle_id)
    if cycle.form is None:
        return True  # each document that came is told
    former = supplement.held_by(_held(connection, base))
    refresh(connection, cycle_id)
    return bool(supplement_changes.office_news(former, snapshot.take(connection, cycle_id)))


def _supplements_to(
    connection: Connection, cycle_id: str, base: PublishedReport
) -> tuple[tuple[str, date], ...]:
    """Number and date of the supplements given out since an edition, which the next one replaces with it."""
    return tuple(
        (report.number, report.registered_on)
        for report in editions.published(connection, cycle_id)
        if editions.family_of(report.kind) == "supplement" and report.document_id > base.document_id
    )


def draft_of(stored: bytes) -> Draft:
    """The draft of whatever report a snapshot holds. Raises SnapshotError when it is none."""
    if supplement.is_one(stored):
        return supplement.supplement_draft(supplement.opened(stored))
    if received_supplement.is_one(stored):
        return received_supplement.received_supplement_draft(received_supplement.opened(stored))
    if received_snapshot.is_one(stored):
        return received_draft(received_snapshot.opened(stored))
    return summary_draft(snapshot.opened(stored))


def _held(connection: Connection, base: PublishedReport) -> bytes:
    key = {"document_id": base.document_id, "version": base.version}
    sha256 = connection.execute(query("documents/snapshot"), key).scalar_one_or_none()
    if sha256 is None:
        raise LookupError(
            f"Report {base.number} was kept without a snapshot, so nothing can be set against it; "
            "make a new edition instead (`reporting report reopen`)."
        )
    return archive.read(sha256)
