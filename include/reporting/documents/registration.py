"""Number, date and signed file of a document, as the records office gives them.

A letter has a number only after it was signed and registered.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime

from sqlalchemy import Connection

from reporting import archive, clock, events
from reporting.clock import VIETNAM
from reporting.cycles.opening import is_withdrawn
from reporting.database import query
from reporting.documents import editions, extra, lapse, signed_text
from reporting.documents.lifecycle import (
    Document,
    OvertakenError,
    RefusedEntryError,
    UnconfirmedError,
    files,
    hold,
    is_overtaken,
)
from reporting.intake import virus_scan
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import short_date

NUMBER = re.compile(r"^\d{1,6}/[^\W\d_][\w&.-]*(?:-[\w&.]+)*$")
"""Number and symbol of a document: 212/BTTTT-TTĐN, 117/BC-BTTTT (Decree 30/2020, appendix I)."""


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
    OvertakenError when a later draft has taken its place or something changed that it rests on,
    RefusedEntryError (all in Vietnamese) when the cycle was withdrawn (unless the letter tells of that), the
    number is not of the official form, the date is out of place, the signer is missing, the file is empty,
    not let through by the virus scanner or (in a live cycle) no whole PDF, or the newest draft is not
    approved; UnconfirmedError when the signed text is not the approved one or (in a live cycle) cannot be
    read, the file prints another number or date than was entered, the date lies before the approval, or the
    last day that an urging letter gives is over or today, and no `difference_reason` says why that may stand.
    A registration that stands is kept; another one is only noted.
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
    if is_withdrawn(connection, cycle_id) and extra.family_of(kind) not in extra.GOES_ON_AFTER_WITHDRAWAL:
        raise RefusedEntryError(
            text("documents.registration_withdrawn", title=document.title, cycle=cycle_id)
        )
    editions.refuse_if_lapsed(connection, document)
    if is_overtaken(connection, document):
        because = lapse.changes(connection, document.document_id, document.version, None)
        raise OvertakenError(
            text(
                "approval.lapsed_before_registration",
                title=document.title,
                version=document.version,
                because=lapse.capped(because) or text("approval.unknown_cause"),
            )
        )
    _validate(number, registered_on, signer, signed_file_name, signed_file, moment)
    is_rehearsal = connection.execute(query("waits/is_rehearsal"), {"cycle_id": cycle_id}).scalar_one()
    is_whole_pdf = signed_file.startswith(b"%PDF") and b"%%EOF" in signed_file[-1024:]
    if not is_rehearsal and not is_whole_pdf:
        # A rehearsal takes a draft in its place where no PDF could be made.
        raise RefusedEntryError(text("documents.not_a_pdf", filename=signed_file_name))
    try:  # it goes to every addressee
        virus_scan.refuse(connection.engine, [(signed_file_name, signed_file)])
    except virus_scan.ScanRefused as refused:
        raise RefusedEntryError(str(refused)) from refused
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
