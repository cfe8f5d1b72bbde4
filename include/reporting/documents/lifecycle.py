"""Drafts, what the unit decided about them, their registration by the records office, and publication.

A letter has a number only after it was signed and registered. Approval here means "the unit submits",
never a signature.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import date
from typing import Literal

from sqlalchemy import Connection

from reporting import archive, clock, events
from reporting.database import query
from reporting.wording.catalogue import text

Decision = Literal["approved", "sent_back"]

NUMBER = re.compile(r"^\d{1,6}/[^\W\d_][\w&.-]*(?:-[\w&.]+)*$")
"""Number and symbol of a document: 212/BTTTT-TTĐN, 117/BC-BTTTT (Decree 30/2020, appendix I)."""


class RefusedEntryError(ValueError):
    """A person's entry that cannot be recorded; the message, in Vietnamese, says what to mend."""


class OvertakenError(RefusedEntryError):
    """What was signed is a draft whose place a later one has taken; to be repeated for that one."""


@dataclass(frozen=True)
class DraftedFile:
    """One file of a draft. `role` is letter, report, appendix, reconciliation, tracking or figures."""

    role: str
    filename: str
    data: bytes
    media_type: str


@dataclass(frozen=True)
class ListedDebt:
    """What a letter says that a recipient still owes, and the last day that it gives for it."""

    recipient_id: int
    deliverable: str
    new_last_day: date


@dataclass(frozen=True)
class Draft:
    """A document as generated: `data_hash` is the SHA-256 of the data it was made from.

    `listed` is who is named in an urging letter's list, for what.
    """

    title: str
    body_markdown: str
    data_hash: str
    files: tuple[DraftedFile, ...]
    listed: tuple[ListedDebt, ...] = ()


@dataclass(frozen=True)
class Document:
    """Where a document stands. `version` is its newest draft, 0 when there is none."""

    document_id: int
    cycle_id: str
    kind: str
    title: str
    version: int
    content_hash: str
    data_hash: str
    body_markdown: str
    decision: str | None
    reason: str | None
    number: str | None
    registered_on: date | None
    is_published: bool


def hash_of(value: object) -> str:
    """SHA-256 of the canonical JSON of `value`; for binding an approval to the data it was given for."""
    canonical = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def find(connection: Connection, cycle_id: str, kind: str) -> Document | None:
    """The document of this kind in the cycle, with its newest draft, or None."""
    row = connection.execute(query("documents/find"), {"cycle_id": cycle_id, "kind": kind}).one_or_none()
    return Document(**row._mapping) if row is not None else None


def _hold(connection: Connection, cycle_id: str, kind: str) -> Document | None:
    """The same, its row written anew, so that no draft is added until the transaction ends, nor afterwards
    by one that began before.
    """
    connection.execute(query("documents/hold"), {"cycle_id": cycle_id, "kind": kind})
    return find(connection, cycle_id, kind)


def add_version(connection: Connection, cycle_id: str, kind: str, draft: Draft) -> int:
    """Keep `draft` as the document's next version and return its number.

    A draft of the same data as the newest one that was not sent back is not added again: the newest one is
    confirmed as of this moment and its number returned. The document's row is locked, so two processes
    cannot both add the same draft. A registered document takes no further draft (ValueError): what was
    signed stays.
    """
    files = [(f, archive.store(connection, f.data, f.media_type)) for f in draft.files]
    content_hash = hash_of([[f.role, f.filename, sha256] for f, sha256 in files])
    document_id = connection.execute(
        query("documents/ensure"), {"cycle_id": cycle_id, "kind": kind, "title": draft.title}
    ).scalar_one()
    newest = find(connection, cycle_id, kind)
    assert newest is not None  # ensured above
    if newest.number is not None:
        raise ValueError(
            f"{kind} of {cycle_id} is registered as {newest.number} and cannot be redrafted; "
            "issue a correction instead."
        )
    moment = clock.now(connection, cycle_id)
    if newest.version and newest.data_hash == draft.data_hash and newest.decision != "sent_back":
        connection.execute(
            query("documents/confirm_version"),
            {"document_id": document_id, "version": newest.version, "drafted_at": moment},
        )
        return newest.version
    version = newest.version + 1
    connection.execute(
        query("documents/add_version"),
        {
            "document_id": document_id,
            "version": version,
            "content_hash": content_hash,
            "data_hash": draft.data_hash,
            "body_markdown": draft.body_markdown,
            "drafted_at": moment,
        },
    )
    for f, sha256 in files:
        connection.execute(
            query("documents/add_file"),
            {
                "document_id": document_id,
                "version": version,
                "role": f.role,
                "filename": f.filename,
                "sha256": sha256,
            },
        )
    if draft.listed:
        key = {"document_id": document_id, "version": version}
        connection.execute(query("documents/add_addressee"), [key | asdict(debt) for debt in draft.listed])
    events.record(
        connection, cycle_id, "document_drafted", "pipeline", moment,
        document=kind, version=version, content_hash=content_hash,
    )  # fmt: skip
    return version


def record_decision(
    connection: Connection,
    cycle_id: str,
    kind: str,
    version: int,
    content_hash: str,
    decision: Decision,
    decided_by: str,
    reason: str | None = None,
) -> bool:
    """Record what the unit decided about the draft that was shown (`content_hash`).

    Returns False, and records nothing but an event, when the draft is no longer the newest one or its
    content differs from what was shown: the approval has lapsed and must be asked for again. A decision
    that stands is kept.
    """
    document = _hold(connection, cycle_id, kind)
    if document is None:
        raise LookupError(f"{cycle_id} has no {kind}.")
    moment = clock.now(connection, cycle_id)
    if document.version != version or document.content_hash != content_hash:
        record_lapse(connection, document, "approval", version, decided_by)
        return False
    added = connection.execute(
        query("documents/add_decision"),
        {
            "document_id": document.document_id,
            "version": version,
            "decision": decision,
            "reason": reason,
            "content_hash": content_hash,
            "decided_by": decided_by,
            "decided_at": moment,
        },
    ).rowcount
    if added:
        events.record(
            connection, cycle_id, f"document_{decision}", decided_by, moment,
            document=kind, version=version, reason=reason,
        )  # fmt: skip
    elif document.decision != decision:
        # Two people answered differently: the first answer stands, the second is on record.
        events.record(
            connection, cycle_id, "decision_not_kept", decided_by, moment,
            document=kind, version=version, decision=decision, reason=reason, stands=document.decision,
        )  # fmt: skip
    return True


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


def record_registration(
    connection: Connection,
    cycle_id: str,
    kind: str,
    *,
    number: str,
    registered_on: date,
    signer: str,
    signed_file_name: str,
    signed_file: bytes,
    entered_by: str,
    version: int | None = None,
) -> None:
    """Record number, date and signed file of an approved document, as the records office gave them.

    `version` is the draft that the person was asked about; None where they speak of the newest one. Raises
    OvertakenError when a later draft has taken its place, RefusedEntryError (both in Vietnamese) when the
    number is not of the official form, the date is out of place, the signer is missing, the file is empty or
    (in a live cycle) no whole PDF, or the newest draft is not approved. A registration that stands is kept.
    """
    document = _hold(connection, cycle_id, kind)
    if document is not None and version is not None and document.version != version:
        raise OvertakenError(
            text("documents.overtaken", title=document.title, version=version, newest=document.version)
        )
    if document is None or document.decision != "approved":
        raise RefusedEntryError(text("documents.not_approved"))
    if document.number is not None:
        return
    if not NUMBER.fullmatch(number.strip()):
        raise RefusedEntryError(text("documents.bad_number", number=number))
    moment = clock.now(connection, cycle_id)
    if registered_on > moment.date():
        raise RefusedEntryError(
            text("documents.date_in_future", entered=f"{registered_on:%d/%m/%Y}", today=f"{moment:%d/%m/%Y}")
        )
    if not signer.strip():
        raise RefusedEntryError(text("documents.no_signer"))
    if not signed_file:
        raise RefusedEntryError(text("documents.empty_file", filename=signed_file_name))
    if not connection.execute(query("waits/is_rehearsal"), {"cycle_id": cycle_id}).scalar_one() and not (
        signed_file.startswith(b"%PDF") and b"%%EOF" in signed_file[-1024:]
    ):
        # A rehearsal takes a draft in its place where no PDF could be made.
        raise RefusedEntryError(text("documents.not_a_pdf", filename=signed_file_name))
    media_type = "application/pdf" if signed_file.startswith(b"%PDF") else "application/octet-stream"
    connection.execute(
        query("documents/add_registration"),
        {
            "document_id": document.document_id,
            "version": document.version,
            "number": number.strip(),
            "registered_on": registered_on,
            "signer": signer,
            "signed_file_name": signed_file_name,
            "signed_file_sha256": archive.store(connection, signed_file, media_type),
            "entered_by": entered_by,
            "entered_at": moment,
        },
    )
    events.record(
        connection, cycle_id, "document_registered", entered_by, moment,
        document=kind, version=document.version, number=number.strip(), registered_on=registered_on,
    )  # fmt: skip


def publish(connection: Connection, cycle_id: str, kind: str, actor: str) -> str:
    """Freeze a registered document as given out; returns the content hash it is frozen with.

    Raises ValueError when it is not registered.
    """
    document = find(connection, cycle_id, kind)
    if document is None or document.number is None:
        raise ValueError(f"{kind} of {cycle_id} is not registered, so it cannot be published.")
    moment = clock.now(connection, cycle_id)
    added = connection.execute(
        query("documents/add_publication"),
        {
            "document_id": document.document_id,
            "version": document.version,
            "content_hash": document.content_hash,
            "published_at": moment,
        },
    ).rowcount
    if added:
        events.record(
            connection, cycle_id, "document_published", actor, moment,
            document=kind, version=document.version, content_hash=document.content_hash,
        )  # fmt: skip
    return document.content_hash


def stands(connection: Connection, document: Document) -> bool:
    """Whether the newest draft need not be made anew: it is registered, or was neither sent back nor
    overtaken by data.
    """
    if document.number is not None:
        return True
    if not document.version or document.decision == "sent_back":
        return False
    parameters = {"document_id": document.document_id, "version": document.version}
    return not connection.execute(query("documents/is_overtaken"), parameters).scalar_one()


@dataclass(frozen=True)
class Version:
    """One draft as it was shown, and what was decided about it."""

    version: int
    content_hash: str
    body_markdown: str
    decision: str | None


def version_of(connection: Connection, document_id: int, version: int) -> Version:
    """A draft by its number. Raises LookupError when there is none."""
    row = connection.execute(
        query("documents/version"), {"document_id": document_id, "version": version}
    ).one_or_none()
    if row is None:
        raise LookupError(f"Document {document_id} has no draft {version}.")
    return Version(**row._mapping)


def files(connection: Connection, document_id: int, version: int) -> list[tuple[str, str, str]]:
    """(role, filename, sha256) of a draft's files, by name."""
    rows = connection.execute(query("documents/files"), {"document_id": document_id, "version": version})
    return [(r.role, r.filename, r.sha256) for r in rows]


# --- questions put to a person
# ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ApprovalRequest:
    """A run of document_approval that asks about one draft."""

    run_id: str
    cycle_id: str
    kind: str
    version: int
    attempt: int
    problem: str | None


def open_request(connection: Connection, document: Document, problem: str | None = None) -> ApprovalRequest:
    """Note that a person is to be asked (again) about the newest draft, by a run of its own."""
    row = connection.execute(
        query("documents/add_request"),
        {
            "document_id": document.document_id,
            "version": document.version,
            "cycle_id": document.cycle_id,
            "kind": document.kind,
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
