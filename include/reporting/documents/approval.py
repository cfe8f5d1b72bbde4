"""What people decide about drafts, and the questions put to them.

Approval here means "agreed to be submitted", never a signature.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from reporting import clock, events
from reporting.database import query
from reporting.documents import remarks
from reporting.documents.lapse import Step, steps
from reporting.documents.lifecycle import Document, RefusedEntryError, find, hold
from reporting.wording.catalogue import text

Decision = Literal["approved", "sent_back"]


def record_decision(
    connection: Connection,
    cycle_id: str,
    kind: str,
    version: int,
    content_hash: str,
    decision: Decision,
    decided_by: str,
    reason: str | None = None,
    *,
    step: str | None = None,
    decided_by_id: str | None = None,
) -> bool:
    """Record what was decided about the draft that was shown (`content_hash`) at a step of its approval; at
    the one that is open, where `step` is None.

    Returns False, and records nothing but an event, when the draft is no longer the newest one or its
    content differs from what was shown: the approval has lapsed and must be asked for again. A decision
    that stands is kept. `decided_by_id` is the id of the user, by which people are told apart; without it, by
    their names, however these are written. What the reason says of single sections of the draft is kept with
    these. Raises RefusedEntryError (in Vietnamese) when the step is for another person than one who approved
    before, LookupError for a step that the document does not have or whose turn has not come.
    """
    document = hold(connection, cycle_id, kind)
    if document is None:
        raise LookupError(f"{cycle_id} has no {kind}.")
    moment = clock.now(connection, cycle_id)
    if document.version != version or document.content_hash != content_hash:
        record_lapse(connection, document, "approval", version, decided_by)
        return False
    asked = _step(connection, document, step)
    is_open = asked.step == document.open_step
    if is_open and decision == "approved":
        _refuse_same_person(connection, document, asked, decided_by, decided_by_id)
    added = (
        is_open
        and connection.execute(
            query("documents/add_decision"),
            {
                "document_id": document.document_id,
                "version": version,
                "step": asked.step,
                "decision": decision,
                "reason": reason,
                "content_hash": content_hash,
                "decided_by": decided_by,
                "decided_by_id": decided_by_id,
                "decided_at": moment,
            },
        ).rowcount
    )
    if added:
        events.record(
            connection, cycle_id, f"document_{decision}", decided_by, moment,
            document=kind, version=version, step=asked.step, reason=reason,
        )  # fmt: skip
        if decision == "sent_back":
            remarks.keep(connection, document, asked.step, reason or "", decided_by, moment)
    elif asked.decision != decision:
        # Two people answered differently: the first answer stands, the second is on record.
        events.record(
            connection, cycle_id, "decision_not_kept", decided_by, moment,
            document=kind, version=version, step=asked.step, decision=decision, reason=reason,
            stands=asked.decision or document.decision,
        )  # fmt: skip
    return True


def _step(connection: Connection, document: Document, code: str | None) -> Step:
    wanted = code or document.open_step or document.last_step
    listed = steps(connection, document.document_id, document.version)
    found = next((step for step in listed if step.step == wanted), None)
    is_early = found is not None and document.open_step is not None and found.decision is None
    if found is None or (is_early and found.step != document.open_step):
        raise LookupError(
            f"Draft {document.version} of {document.kind} in {document.cycle_id} does not wait for the step "
            f"{wanted!r}; its steps are {', '.join(step.step for step in listed)}."
        )
    return found


def _refuse_same_person(
    connection: Connection, document: Document, asked: Step, decided_by: str, decided_by_id: str | None
) -> None:
    if not asked.distinct_people:
        return
    for step in steps(connection, document.document_id, document.version):
        is_before = step.position < asked.position and step.decision == "approved"
        if not is_before:
            continue
        if decided_by_id is not None and step.decided_by_id is not None:
            is_same = decided_by_id == step.decided_by_id
        else:
            is_same = _plain_name(step.decided_by or "") == _plain_name(decided_by)
        if is_same:
            raise RefusedEntryError(
                text("approval.same_person", person=decided_by, before=step.title, now=asked.title)
            )


def _plain_name(name: str) -> str:
    """A name without what may be written in two ways: composed or not, capitals, blanks."""
    return unicodedata.normalize("NFC", " ".join(unicodedata.normalize("NFC", name).casefold().split()))


def send_back(connection: Connection, cycle_id: str, kind: str, reason: str, by: str) -> None:
    """Take an approval back, at all steps or so far, so that the document is drafted anew and begins at the
    first step again. What the reason says of single sections is kept with these.

    Raises LookupError when there is no such document, RefusedEntryError (in Vietnamese) without a reason or
    when nobody approved its newest draft, or it is registered or given out already.
    """
    document = hold(connection, cycle_id, kind)
    if document is None:
        raise LookupError(f"{cycle_id} has no {kind}.")
    if not reason.strip():
        raise RefusedEntryError(text("documents.no_reason"))
    moment = clock.now(connection, cycle_id)
    step = connection.execute(
        query("documents/send_back"),
        {
            "document_id": document.document_id,
            "version": document.version,
            "reason": reason.strip(),
            "decided_by": by,
            "decided_at": moment,
        },
    ).scalar_one_or_none()
    if step is None:
        raise RefusedEntryError(text("documents.not_to_send_back", title=document.title))
    events.record(
        connection, cycle_id, "document_sent_back", by, moment,
        document=kind, version=document.version, step=step, reason=reason.strip(),
    )  # fmt: skip
    remarks.keep(connection, document, step, reason, by, moment)


def record_lapse(
    connection: Connection,
    document: Document,
    answer: Literal["approval", "registration"],
    version: int,
    actor: str,
) -> None:
    """Note that a person answered about a draft whose place a later one has taken; nothing else is kept."""
    events.record(
        connection, document.cycle_id, f"{answer}_lapsed", actor, clock.now(connection, document.cycle_id),
        document=document.kind, version=version, newest_version=document.version,
    )  # fmt: skip


@dataclass(frozen=True)
class ApprovalRequest:
    """A run of document_approval that asks about one draft, at one step of its approval."""

    run_id: str
    cycle_id: str
    kind: str
    version: int
    attempt: int
    step: str
    problem: str | None


def open_request(
    connection: Connection,
    document: Document,
    problem: str | None = None,
    *,
    after: ApprovalRequest | None = None,
) -> ApprovalRequest:
    """Note that a person is to be asked (again) about the newest draft, by a run of its own: at the step that
    is open, or for the registration.

    `after` is the newest question about it that the caller knows of. Where somebody else asked meanwhile,
    their question is returned and none is added: of two who carry one document, one asks.
    """
    hold(connection, document.cycle_id, document.kind)
    newest = newest_request(connection, document)
    if newest is not None and newest.attempt != (0 if after is None else after.attempt):
        return newest
    row = connection.execute(
        query("documents/add_request"),
        {
            "document_id": document.document_id,
            "version": document.version,
            "cycle_id": document.cycle_id,
            "kind": document.kind,
            "step": document.open_step or document.last_step,
            "problem": problem,
            "asked_at": clock.now(connection, document.cycle_id),
        },
    ).one()
    return ApprovalRequest(**row._mapping)


def newest_request(connection: Connection, document: Document) -> ApprovalRequest | None:
    """The latest question about the newest draft, or None."""
    row = connection.execute(
        query("documents/newest_request"), {"document_id": document.document_id, "version": document.version}
    ).one_or_none()
    return ApprovalRequest(**row._mapping) if row is not None else None


def request_of_run(connection: Connection, run_id: str) -> tuple[ApprovalRequest, Document]:
    """The question that a run of document_approval asks, and its document. Raises LookupError for a run
    started by hand.
    """
    row = connection.execute(query("documents/request_of_run"), {"run_id": run_id}).one_or_none()
    if row is None:
        raise LookupError(
            f"No document waits for run {run_id!r}. "
            "Runs of document_approval are started by the cycle; do not start them by hand."
        )
    request = ApprovalRequest(**row._mapping)
    document = find(connection, request.cycle_id, request.kind)
    assert document is not None  # the request refers to it
    return request, document
