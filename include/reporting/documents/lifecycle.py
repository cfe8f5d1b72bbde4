"""Drafts, what the unit decided about them, their registration by the records office, and publication.

A letter has a number only after it was signed and registered. Approval here means "the unit submits",
never a signature.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from reporting import archive, clock, events
from reporting.database import query
from reporting.documents import lapse

INTERNAL_ROLES = frozenset({"leadership_sheet", "leadership_page"})
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
    """One file of a draft. `role` is letter, report, appendix, reconciliation, tracking, figures,
    snapshot, leadership_sheet or leadership_page.
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
class Figure:
    """A computed figure that stands in a document: what it is of (answered, total:quy_che:2011), in which
    section.
    """

    code: str
    value: int | Decimal
    section: str


@dataclass(frozen=True)
class Draft:
    """A document as generated: `data_hash` is the SHA-256 of the data it was made from.

    `listed` is who is named in an urging letter's list, for what. `figures` are those of a report's
    sentences, each once. A document that is not `is_numbered` (a question by mail) gets no number and goes
    out when it is approved.
    """

    title: str
    body_markdown: str
    data_hash: str
    files: tuple[DraftedFile, ...]
    listed: tuple[ListedDebt, ...] = ()
    is_numbered: bool = True
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class Document:
    """Where a document stands. `version` is its newest draft, 0 when there is none.

    `about_document_id` is the document that it corrects, replaces or recalls; `content` what a person entered
    for it (reporting.documents.extra), None for documents made from regime and data alone. `decision` is that
    about its newest draft, once all steps of its approval agreed or one sent it back; until then `open_step`
    is the step that is to decide next.
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
    decided_by: str | None
    decided_at: datetime | None
    open_step: str | None
    last_step: str | None
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
    cannot both add the same draft. Where the newest one was approved, at all steps or at some, that lapses
    and an event says because of what. A registered document takes no further draft (ValueError): what was
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
        lapse.keep_basis(connection, document_id, newest.version)
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
    if draft.figures:
        key = {"document_id": document_id, "version": version}
        connection.execute(query("documents/add_figure"), [key | asdict(figure) for figure in draft.figures])
    events.record(
        connection, cycle_id, "document_drafted", "pipeline", moment,
        document=kind, version=version, content_hash=content_hash,
    )  # fmt: skip
    lapse.keep_basis(connection, document_id, version)
    lapsed = lapse.of_draft(connection, document_id, version)
    if lapsed is not None and lapsed.version == newest.version:
        events.record(
            connection, cycle_id, "approval_overtaken", "pipeline", moment,
            document=kind, version=lapsed.version, newest_version=version, because=lapsed.because,
            approved_by=[approved.decided_by for approved in lapsed.approved],
        )  # fmt: skip
    return version


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
    return not is_overtaken(connection, document)


def is_overtaken(connection: Connection, document: Document) -> bool:
    """Whether something changed that the newest draft rests on; the text may be the same for all that."""
    parameters = {"document_id": document.document_id, "version": document.version}
    return bool(connection.execute(query("documents/is_overtaken"), parameters).scalar_one())


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
