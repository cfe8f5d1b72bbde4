"""The records desk: registering signed documents that came by the document axis or post, and entering for an
office.
"""

from __future__ import annotations

import mimetypes
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row

from reporting import archive, clock, events
from reporting.database import query
from reporting.intake import virus_scan
from reporting.intake.answering import reinstate
from reporting.intake.context import check_context
from reporting.intake.message import Attachment
from reporting.intake.returns import is_confidential
from reporting.intake.returns.conflict import settle_by_rank
from reporting.intake.submissions import (
    ACCEPTED,
    DUPLICATE,
    XLSX,
    Answer,
    Delivery,
    record_submissions,
)
from reporting.mail.answers import queue_receipt
from reporting.mail.delivery import deliver
from reporting.registry.names import NameIndex
from reporting.validation.check import WorkbookFile, check_workbooks
from reporting.validation.findings import Finding
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import moment, short_date

ISSUERS = ("recipient", "department")
CAPACITIES = ("TM.", "KT.", "TL.", "TUQ.", "Q.", "GĐ")
_DOCUMENT_NUMBER = re.compile(r"\d{1,6}(?:/\d{4})?/[\wĐđ]+(?:[-.&][\wĐđ]+)*", re.UNICODE)

_DEPARTMENT = re.compile(r"[-.]S[A-ZĐ][\wĐđ]*$")  # Sở: STTTT, SVHTTDL, SKHCN


class DeskError(ValueError):
    """What was entered cannot stand; the message is for the person at the desk and says what to mend."""


class EntryRefused(DeskError):
    """A workbook entered for an office has errors; `findings` lists them."""

    def __init__(self, message: str, findings: Sequence[Finding]) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


@dataclass(frozen=True)
class IncomingDocument:
    """A signed document as the records desk registers it. `file` is its scan, if there is one."""

    registered_number: str
    document_number: str
    signed_on: date
    sent_on: date
    received_on: date
    signer: str
    capacity: str
    entered_by: str
    filename: str | None = None
    file: bytes | None = None
    deliverables: tuple[str, ...] = ()
    """What it answers; empty: the one document that the office owes."""
    issuer: str | None = None
    """recipient: who owes it signed it; department: a department, for its committee; None: as its number and
    capacity tell (`proposed_issuer`)."""
    authorisation: str | None = None
    """Number and date of the authorisation, for a document signed TUQ."""
    attachment: tuple[int, int] | None = None
    """Number of the delivery, and place in it, of a file that came by mail before: its scan."""


def register_incoming_document(
    connection: Connection, cycle_id: str, reference_code: str, document: IncomingDocument
) -> int:
    """Register the signed report of a recipient and return its id; the same entry made twice is one.

    A document that a department signed for its committee is taken, too; what it answers is then still owed by
    the committee. Raises DeskError, saying what to mend, for an unknown recipient, a malformed number, dates
    out of order or in the future, a capacity that does not exist, TUQ. without the authorisation, an
    attachment that is not there or is another office's, or a registered number that stands for another
    document.
    """
    now = clock.now(connection, cycle_id)
    _validate(document, now.date())
    recipient = connection.execute(
        query("intake/lock_recipient"), {"cycle_id": cycle_id, "reference_code": reference_code}
    ).one_or_none()
    if recipient is None:
        raise DeskError(text("intake.desk.unknown_recipient", cycle=cycle_id, code=reference_code))
    document = replace(document, registered_number=document.registered_number.strip())
    keys = {"cycle_id": cycle_id, "registered_number": document.registered_number}
    answered = _answered(connection, cycle_id, recipient.recipient_id, document)
    issuer, issuer_id = _issuer(connection, recipient, document)
    filename, sha256 = _scan(connection, cycle_id, recipient.recipient_id, document)
    entry = {
        "recipient_id": recipient.recipient_id,
        "document_number": document.document_number,
        "signed_on": document.signed_on,
        "sent_on": document.sent_on,
        "received_on": document.received_on,
        "signer": document.signer,
        "capacity": document.capacity,
        "issuer": issuer,
        "issuer_id": issuer_id,
        "authorisation": (document.authorisation or "").strip() or None,
        "filename": filename,
        "file_sha256": sha256,
        "arrival_id": document.attachment[0] if document.attachment else None,
        "attachment_position": document.attachment[1] if document.attachment else None,
    }
    number: int | None = connection.execute(
        query("intake/add_incoming_document"),
        {**keys, **entry, "entered_by": document.entered_by, "entered_at": now},
    ).scalar_one_or_none()
    if number is None:
        standing = connection.execute(query("intake/find_incoming_document"), keys).mappings().one()
        number = int(standing["incoming_document_id"])
        before = connection.execute(
            query("intake/answers_of_document"), {"incoming_document_id": number}
        ).scalars()
        if any(standing[key] != value for key, value in entry.items()) or {*before} != {*answered}:
            raise DeskError(text("intake.desk.number_taken", number=document.registered_number))
        return number
    for deliverable in answered:
        connection.execute(
            query("intake/add_document_answer"),
            {
                "incoming_document_id": number,
                "recipient_id": recipient.recipient_id,
                "deliverable": deliverable,
            },
        )
    events.record(
        connection, cycle_id, "incoming_document_registered", document.entered_by, now,
        recipient_id=recipient.recipient_id, incoming_document_id=number,
        registered_number=document.registered_number, document_number=document.document_number,
        signed_on=document.signed_on, received_on=document.received_on, answers=answered,
        issuer=issuer,
    )  # fmt: skip
    if document.attachment is not None:
        _settle_delivery(connection, cycle_id, reference_code, document, now)
    settle_by_rank(connection, cycle_id, recipient.recipient_id, document.entered_by, now)
    return number


@dataclass(frozen=True)
class Entered:
    """A workbook that was entered, as a version of its office's answer; `counted_version` is the one that
    counts: another where the two contradict each other.
    """

    submission_id: int
    version: int
    counted_version: int

    @property
    def counts(self) -> bool:
        """Whether what was entered counts."""
        return self.version == self.counted_version


@dataclass(frozen=True)
class Registered:
    """A document in the register, who signed it, and what was keyed in from paper with it."""

    incoming_document_id: int
    issuer: str
    entered: Entered | None = None


def register_at_desk(
    engine: Engine,
    cycle_id: str,
    reference_code: str,
    document: IncomingDocument,
    keyed_in: tuple[str, bytes] | None = None,
) -> Registered:
    """Register a document and, where the data form came on paper with it, enter the workbook that was keyed
    in from it (`keyed_in`: name and bytes). Made twice, it is one.

    Raises DeskError as register_incoming_document and enter_for_office do; a document whose workbook is
    refused stays registered, and the message says so.
    """
    if document.file is not None:
        _see_clean(engine, document.filename or document.registered_number, document.file)
    with engine.begin() as connection:
        number = register_incoming_document(connection, cycle_id, reference_code, document)
        issuer = (
            connection.execute(
                query("intake/find_incoming_document"),
                {"cycle_id": cycle_id, "registered_number": document.registered_number.strip()},
            )
            .one()
            .issuer
        )
    if keyed_in is None:
        return Registered(number, issuer)
    reason = text(
        "intake.desk.keyed_in",
        number=document.document_number,
        on=short_date(document.signed_on),
        registered=document.registered_number.strip(),
    )
    try:
        entered = enter_for_office(engine, cycle_id, reference_code, *keyed_in, reason, document.entered_by)
    except DeskError as refusal:
        raise DeskError(
            text("intake.desk.registered_only", registered=document.registered_number.strip(), why=refusal)
        ) from refusal
    return Registered(number, issuer, entered)


def _see_clean(engine: Engine, filename: str, data: bytes) -> None:
    """See that the virus scanner lets a file be opened. Raises DeskError."""
    try:
        virus_scan.refuse(engine, [(filename, data)])
    except virus_scan.ScanRefused as refused:
        raise DeskError(str(refused)) from refused


def proposed_issuer(document_number: str, capacity: str) -> str:
    """Who signed a document that answers a committee's obligation, by its symbol and the signer's capacity: a
    department where the symbol names one (97/BC-STTTT) or its head signed as such; else the committee.
    """
    symbol = unicodedata.normalize("NFC", document_number).partition("/")[2]
    if "UBND" in symbol.upper():
        return "recipient"
    return "department" if capacity == "GĐ" or _DEPARTMENT.search(symbol) else "recipient"


def _issuer(
    connection: Connection, recipient: Row[Any], document: IncomingDocument
) -> tuple[str, str | None]:
    """(issuer, the department where there is just one that it can be)."""
    if recipient.kind != "province_committee":
        if document.issuer == "department":
            raise DeskError(text("intake.desk.no_department", office=recipient.short_name))
        return "recipient", None
    issuer = document.issuer or proposed_issuer(document.document_number, document.capacity)
    if issuer == "recipient":
        return issuer, None
    departments = connection.execute(
        query("intake/departments_of"),
        {"organization_id": recipient.organization_id, "on": document.signed_on},
    ).scalars()
    known = [*departments]
    return issuer, known[0] if len(known) == 1 else None


def _settle_delivery(
    connection: Connection, cycle_id: str, reference_code: str, document: IncomingDocument, now: datetime
) -> None:
    """A delivery that waits only because it brought a report and no workbook waits no more."""
    arrival_id = document.attachment[0] if document.attachment else None
    row = connection.execute(query("intake/hold_arrival"), {"arrival_id": arrival_id}).one()
    if row.outcome == "no_submission" and not row.is_settled:
        reason = text("intake.desk.settled_by_register", registered=document.registered_number)
        events.record(
            connection, cycle_id, "arrival_settled", document.entered_by, now, arrival_id=arrival_id,
            reference_code=reference_code, reason=reason, note_before=row.note,
        )  # fmt: skip


def _scan(
    connection: Connection, cycle_id: str, recipient_id: int, document: IncomingDocument
) -> tuple[str | None, str | None]:
    """(name, hash) of the document's file: given, or a file that came by mail before. Raises DeskError."""
    if document.attachment is not None:
        arrival_id, position = document.attachment
        if document.file is not None:
            raise DeskError(text("intake.desk.two_files"))
        row = connection.execute(
            query("intake/attachment_for_desk"),
            {"arrival_id": arrival_id, "position": position, "cycle_id": cycle_id},
        ).one_or_none()
        named = f"{arrival_id}:{position}"
        if row is None:
            raise DeskError(text("intake.desk.unknown_attachment", attachment=named, arrival=arrival_id))
        if row.recipient_id is not None and row.recipient_id != recipient_id and row.cycle_id == cycle_id:
            raise DeskError(
                text("intake.desk.attachment_of_another", attachment=named, filename=row.filename)
            )
        return row.filename, row.file_sha256
    if document.file is None or not document.filename:
        return document.filename, None
    media_type = mimetypes.guess_type(document.filename)[0] or "application/octet-stream"
    return document.filename, archive.store(connection, document.file, media_type)


def office_of(connection: Connection, cycle_id: str, given: str) -> str:
    """The look-up code of the recipient that a person at the desk names by code or in any usual spelling.

    Raises DeskError naming similar offices, which are never taken by themselves; or an unknown cycle.
    """
    rows = connection.execute(query("intake/recipients"), {"cycle_id": cycle_id}).all()
    if not rows:
        raise DeskError(text("intake.desk.unknown_cycle", cycle=cycle_id))
    names = {row.reference_code: row.short_name for row in rows}
    code = unicodedata.normalize("NFC", given).strip().upper()
    if code in names:
        return code
    index = NameIndex((row.reference_code, [row.name, row.short_name, *row.aliases]) for row in rows)
    resolved = index.resolve(given)
    if resolved is None:
        similar = "; ".join(f"{names[code]} ({code})" for code, _ in index.suggest(given))
        raise DeskError(text("intake.desk.unknown_office", cycle=cycle_id, office=given, similar=similar))
    return resolved


def _answered(
    connection: Connection, cycle_id: str, recipient_id: int, document: IncomingDocument
) -> list[str]:
    """What a document answers: as entered, or the one document that the office owes. Raises DeskError."""
    owed = connection.execute(
        query("intake/owed_documents"), {"cycle_id": cycle_id, "recipient_id": recipient_id}
    ).all()
    codes = [o.deliverable for o in owed]
    listed = "; ".join(f"{o.deliverable} ({o.label})" for o in owed)
    if not codes:
        raise DeskError(text("intake.desk.owes_no_document", cycle=cycle_id))
    if document.deliverables:
        by_label = {_folded(o.label): o.deliverable for o in owed}
        named = [(given, by_label.get(_folded(given), given)) for given in document.deliverables]
        strays = [given for given, code in named if code not in codes]
        if strays:
            raise DeskError(text("intake.desk.not_owed", strays=", ".join(strays), owed=listed))
        return list(dict.fromkeys(code for _, code in named))
    if len(codes) > 1:
        raise DeskError(text("intake.desk.which_deliverable", owed=listed))
    return codes


def _folded(label: str) -> str:
    return " ".join(unicodedata.normalize("NFC", label).casefold().split())


def enter_for_office(
    engine: Engine,
    cycle_id: str,
    reference_code: str,
    filename: str,
    data: bytes,
    reason: str,
    entered_by: str,
) -> Entered:
    """Enter a workbook for an office that answered on another way; the result tells how it stands.

    It goes through the same checks; a version with errors is refused and nothing is kept of it. The office
    gets a receipt that says who entered it. The same file entered twice is one submission; one that the
    office took back, or that had to be completed and passes now, counts. Raises EntryRefused with the
    findings, or DeskError, with nothing recorded, when the reason is missing, the workbook is not this
    office's or a draft, it repeats a version that does not count beside another, or the office answers by the
    secret mail.
    """
    if not reason.strip():
        raise DeskError(text("intake.desk.reason_missing"))
    with engine.connect() as connection:
        context = check_context(connection, cycle_id)
    office = context.recipients.get(reference_code)
    if office is None:
        raise DeskError(text("intake.desk.unknown_recipient", cycle=cycle_id, code=reference_code))
    _see_clean(engine, filename, data)
    (checked,) = check_workbooks([WorkbookFile(filename, data, reference_code)], context)
    if checked.reference_code is None:
        raise DeskError(
            text(
                "intake.desk.entry_undecided",
                filename=filename,
                office=office,
                question=checked.question or "",
            )
        )
    if checked.reference_code != reference_code:
        raise DeskError(text("intake.desk.entry_of_another", filename=filename, office=office))
    if checked.outcome not in ACCEPTED:
        errors = [finding for finding in checked.findings if finding.severity == "error"]
        raise EntryRefused(
            text(
                "intake.desk.entry_refused",
                filename=filename,
                office=office,
                count=len(errors),
                findings=" ".join(finding.message for finding in errors),
            ),
            checked.findings,
        )
    if checked.kind == "draft":
        raise DeskError(text("intake.desk.entry_is_draft", filename=filename, office=office))
    with engine.begin() as connection:
        if is_confidential(connection, cycle_id, reference_code):
            raise DeskError(text("returns.confidential.entry", office=office))
        now = clock.now(connection, cycle_id)
        answer = Answer(
            reference_code,
            Attachment(filename, data, mimetypes.guess_type(filename)[0] or XLSX),
            checked,
            Delivery("ministry_entry", entered_by, now, None, entered_for_reason=reason.strip()),
        )
        (recorded,) = record_submissions(connection, cycle_id, [answer], now, entered_by)
        is_repeat = recorded.outcome == DUPLICATE
        if is_repeat and _standing(connection, recorded.submission_id).is_withdrawn:
            recorded = reinstate(connection, cycle_id, answer, recorded, now, entered_by)
            is_repeat = False
        if recorded.outcome in ACCEPTED:
            queue_receipt(connection, recorded.submission_id)
        standing = _standing(connection, recorded.submission_id)
        if is_repeat and standing.version != standing.current_version:
            raise DeskError(
                text(
                    "intake.desk.entry_repeats_older",
                    filename=filename,
                    office=office,
                    version=standing.version,
                    current=standing.current_version,
                    received=moment(standing.current_received_at),
                )
            )
    deliver(engine, cycle_id)
    return Entered(recorded.submission_id, standing.version, standing.current_version)


def _standing(connection: Connection, submission_id: int) -> Row[Any]:
    return connection.execute(query("intake/standing_of_repeat"), {"submission_id": submission_id}).one()


def _validate(document: IncomingDocument, today: date) -> None:
    if not document.registered_number.strip():
        raise DeskError(text("intake.desk.registered_number_missing"))
    if not _DOCUMENT_NUMBER.fullmatch(document.document_number):
        raise DeskError(text("intake.desk.bad_document_number", number=document.document_number))
    if not document.signed_on <= document.sent_on <= document.received_on:
        raise DeskError(
            text(
                "intake.desk.dates_out_of_order",
                signed=short_date(document.signed_on),
                sent=short_date(document.sent_on),
                received=short_date(document.received_on),
            )
        )
    if document.received_on > today:
        raise DeskError(
            text(
                "intake.desk.received_in_future",
                received=short_date(document.received_on),
                today=short_date(today),
            )
        )
    if not document.signer.strip():
        raise DeskError(text("intake.desk.signer_missing"))
    if document.capacity not in CAPACITIES:
        raise DeskError(
            text("intake.desk.bad_capacity", capacity=document.capacity, known=", ".join(CAPACITIES))
        )
    if document.issuer is not None and document.issuer not in ISSUERS:
        raise DeskError(text("intake.desk.bad_issuer", issuer=document.issuer, known=", ".join(ISSUERS)))
    if document.capacity == "TUQ." and not (document.authorisation or "").strip():
        raise DeskError(text("intake.desk.authorisation_missing"))
    if document.file is not None and not document.filename:
        raise DeskError(text("intake.desk.file_without_name"))
