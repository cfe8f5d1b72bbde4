"""Drafts, what the unit decided about them, their registration by the records office, and publication.

A letter has a number only after it was signed and registered. Approval here means "the unit submits",
never a signature.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection

from reporting import archive, clock, events
from reporting.clock import VIETNAM
from reporting.database import query
from reporting.documents import signed_text
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import short_date

Decision = Literal["approved", "sent_back"]

NUMBER = re.compile(r"^\d{1,6}/[^\W\d_][\w&.-]*(?:-[\w&.]+)*$")
"""Number and symbol of a document: 212/BTTTT-TTĐN, 117/BC-BTTTT (Decree 30/2020, appendix I)."""


INTERNAL_ROLES = frozenset({"leadership_sheet"})
"""Roles of files that go with a draft to those who sign, but are no part of what they sign."""


class RefusedEntryError(ValueError):
    """A person's entry that cannot be recorded; the message, in Vietnamese, says what to mend."""


class UnconfirmedError(RefusedEntryError):
    """What was entered can stand only when a person says why: the signed file differs from the approved
    draft, or cannot be read.
    """


class OvertakenError(RefusedEntryError):
    """What was signed is a draft whose place a later one has taken; to be repeated for that one."""


@dataclass(frozen=True)
class DraftedFile:
    """One file of a draft. `role` is letter, report, appendix, reconciliation, tracking, figures or
    leadership_sheet.
    """

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

    `listed` is who is named in an urging letter's list, for what. A document that is not `is_numbered` (a
    question by mail) gets no number and goes out when it is approved.
    """

    title: str
    body_markdown: str
    data_hash: str
    files: tuple[DraftedFile, ...]
    listed: tuple[ListedDebt, ...] = ()
    is_numbered: bool = True


@dataclass(frozen=True)
class Document:
    """Where a document stands. `version` is its newest draft, 0 when there is none.

    `about_document_id` is the document that it corrects, replaces or recalls; `content` what a person entered
    for it (reporting.documents.extra), None for documents made from regime and data alone.
    """

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
    decided_at: datetime | None
    number: str | None
    registered_on: date | None
    is_published: bool
    is_numbered: bool
    about_document_id: int | None
    content: Mapping[str, Any] | None

    @property
    def is_done(self) -> bool:
        """Whether it may go out: it is registered, or approved where no number is given to it."""
        return self.number is not None or (not self.is_numbered and self.decision == "approved")


def hash_of(value: object) -> str:
    """SHA-256 of the canonical JSON of `value`; for binding an approval to the data it was given for."""
    canonical = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def find(connection: Connection, cycle_id: str, kind: str) -> Document | None:
    """The document of this kind in the cycle, with its newest draft, or None."""
    row = connection.execute(query("documents/find"), {"cycle_id": cycle_id, "kind": kind}).one_or_none()
    return Document(**row._mapping) if row is not None else None


def cited_request(connection: Connection, cycle_id: str) -> Document | None:
    """The document that letters and mails cite as the cycle's request: the newest registered one that
    replaced it, else the request itself; None before it is registered.
    """
    kind = connection.execute(query("documents/citation"), {"cycle_id": cycle_id}).scalar_one_or_none()
    return None if kind is None else find(connection, cycle_id, kind)


def hold(connection: Connection, cycle_id: str, kind: str) -> Document | None:
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
        query("documents/ensure"),
        {"cycle_id": cycle_id, "kind": kind, "title": draft.title, "is_numbered": draft.is_numbered},
    ).scalar_one()
    newest = find(connection, cycle_id, kind)
    assert newest is not None  # ensured above
    if newest.number is not None:
        raise ValueError(
            f"{kind} of {cycle_id} is registered as {newest.number} and cannot be redrafted; "
            "issue a correction instead."
        )
    if newest.is_published:
        raise ValueError(f"{kind} of {cycle_id} was sent and cannot be redrafted; ask anew instead.")
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
    document = hold(connection, cycle_id, kind)
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


def send_back(connection: Connection, cycle_id: str, kind: str, reason: str, by: str) -> None:
    """Take an approval back, so that the document is drafted anew and put before the unit again.

    Raises LookupError when there is no such document, RefusedEntryError (in Vietnamese) without a reason or
    when its newest draft is not approved, or registered or given out already.
    """
    document = hold(connection, cycle_id, kind)
    if document is None:
        raise LookupError(f"{cycle_id} has no {kind}.")
    if not reason.strip():
        raise RefusedEntryError(text("documents.no_reason"))
    moment = clock.now(connection, cycle_id)
    changed = connection.execute(
        query("documents/send_back"),
        {
            "document_id": document.document_id,
            "version": document.version,
            "reason": reason.strip(),
            "decided_by": by,
            "decided_at": moment,
        },
    ).rowcount
    if not changed:
        raise RefusedEntryError(text("documents.not_to_send_back", title=document.title))
    events.record(
        connection, cycle_id, "document_sent_back", by, moment,
        document=kind, version=document.version, reason=reason.strip(),
    )  # fmt: skip


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
    difference_reason: str | None = None,
) -> None:
    """Record number, date and signed file of an approved document, as the records office gave them.

    `version` is the draft that the person was asked about; None where they speak of the newest one. Raises
    OvertakenError when a later draft has taken its place, RefusedEntryError (all in Vietnamese) when the
    number is not of the official form, the date is out of place, the signer is missing, the file is empty or
    (in a live cycle) no whole PDF, or the newest draft is not approved; UnconfirmedError when the signed text
    is not the approved one or (in a live cycle) cannot be read, the file prints another number or date than
    was entered, the date lies before the approval, or the last day that an urging letter gives is over or
    today, and no `difference_reason` says why that may stand. A registration that stands is kept; another
    one is only noted.
    """
    document = hold(connection, cycle_id, kind)
    if document is not None and version is not None and document.version != version:
        raise OvertakenError(
            text("documents.overtaken", title=document.title, version=version, newest=document.version)
        )
    if document is None or document.decision != "approved":
        raise RefusedEntryError(text("documents.not_approved"))
    if not document.is_numbered:
        raise RefusedEntryError(text("documents.not_numbered", title=document.title))
    moment = clock.now(connection, cycle_id)
    number = number.strip()
    if document.number is not None:
        if (document.number, document.registered_on) != (number, registered_on):
            events.record(
                connection, cycle_id, "registration_not_kept", entered_by, moment,
                document=kind, number=number, registered_on=registered_on, stands=document.number,
            )  # fmt: skip
        return
    _validate(number, registered_on, signer, signed_file_name, signed_file, moment)
    is_rehearsal = connection.execute(query("waits/is_rehearsal"), {"cycle_id": cycle_id}).scalar_one()
    is_whole_pdf = signed_file.startswith(b"%PDF") and b"%%EOF" in signed_file[-1024:]
    if not is_rehearsal and not is_whole_pdf:
        # A rehearsal takes a draft in its place where no PDF could be made.
        raise RefusedEntryError(text("documents.not_a_pdf", filename=signed_file_name))
    checked = signed_text.compare(_text_files(connection, document), signed_file)
    doubts = _doubts(document, checked, number, registered_on, may_be_unread=bool(is_rehearsal))
    last_day = connection.execute(
        query("documents/last_day_given"), {"document_id": document.document_id, "version": document.version}
    ).scalar_one()
    if last_day is not None and last_day <= moment.date():
        doubts.append(
            text("documents.last_day_over", last_day=short_date(last_day), cycle=cycle_id, kind=document.kind)
        )
    reason = (difference_reason or "").strip() or None
    if doubts and reason is None:
        raise UnconfirmedError(text("documents.confirm", doubts="\n\n".join(doubts)))
    media_type = "application/pdf" if signed_file.startswith(b"%PDF") else "application/octet-stream"
    connection.execute(
        query("documents/add_registration"),
        {
            "document_id": document.document_id,
            "version": document.version,
            "number": number,
            "registered_on": registered_on,
            "signer": signer,
            "signed_file_name": signed_file_name,
            "signed_file_sha256": archive.store(connection, signed_file, media_type),
            "text_check": checked.outcome,
            "text_difference": "\n\n".join(doubts) or None,
            "difference_accepted_because": reason if doubts else None,
            "entered_by": entered_by,
            "entered_at": moment,
        },
    )
    events.record(
        connection, cycle_id, "document_registered", entered_by, moment,
        document=kind, version=document.version, number=number, registered_on=registered_on,
        text_check=checked.outcome, accepted_because=reason if doubts else None,
    )  # fmt: skip


def _validate(
    number: str, registered_on: date, signer: str, filename: str, signed_file: bytes, moment: datetime
) -> None:
    """Refuse what no reason could make right."""
    if not NUMBER.fullmatch(number):
        raise RefusedEntryError(text("documents.bad_number", number=number))
    if registered_on > moment.date():
        raise RefusedEntryError(
            text("documents.date_in_future", entered=f"{registered_on:%d/%m/%Y}", today=f"{moment:%d/%m/%Y}")
        )
    if not signer.strip():
        raise RefusedEntryError(text("documents.no_signer"))
    if not signed_file:
        raise RefusedEntryError(text("documents.empty_file", filename=filename))


def _doubts(
    document: Document,
    checked: signed_text.Comparison,
    number: str,
    registered_on: date,
    *,
    may_be_unread: bool,
) -> list[str]:
    """What a person has to look at before the entry stands, a paragraph each."""
    doubts = []
    if checked.outcome == "unread" and not may_be_unread:
        doubts.append(text("documents.text_unread"))
    if checked.outcome == "differs":
        places = "\n".join(f"- {place}" for place in checked.differences)
        doubts.append(text("documents.text_differs", places=places))
    if checked.number is not None and _plain_number(checked.number) != _plain_number(number):
        doubts.append(text("documents.other_number", entered=number, printed=checked.number))
    if checked.dated is not None and checked.dated != registered_on:
        doubts.append(
            text("documents.other_date", entered=short_date(registered_on), printed=short_date(checked.dated))
        )
    decided_on = None if document.decided_at is None else document.decided_at.astimezone(VIETNAM).date()
    if decided_on is not None and registered_on < decided_on:
        doubts.append(
            text(
                "documents.before_approval",
                entered=short_date(registered_on),
                approved=short_date(decided_on),
            )
        )
    return doubts


def _plain_number(number: str) -> str:
    """A number without what may be written in two ways: 05/CT-TTg and 5/CT-TTg."""
    return "".join(unicodedata.normalize("NFC", number).split()).lstrip("0").casefold()


def _text_files(connection: Connection, document: Document) -> list[bytes]:
    """The Word files of the newest draft that are signed: the letter or report, not what goes beside it."""
    listed = files(connection, document.document_id, document.version)
    return [
        archive.read(sha256)
        for role, filename, sha256 in listed
        if role in ("letter", "report") and filename.endswith(".docx")
    ]


def publish(connection: Connection, cycle_id: str, kind: str, actor: str) -> str:
    """Freeze a document that is registered (or approved, where it gets no number) as given out; returns the
    content hash it is frozen with.

    Raises ValueError when it is not.
    """
    document = find(connection, cycle_id, kind)
    if document is None or not document.is_done:
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
    if document.number is not None or document.is_published:
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
