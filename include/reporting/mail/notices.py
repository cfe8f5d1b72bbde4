"""Who gets which mail, from the database. Each function queues and returns how many messages were new.

Called again, each queues nothing that is in the ledger already.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from pathlib import PurePath
from typing import Any

from sqlalchemy import Connection, Row
from unidecode import unidecode

from reporting import archive, clock, events
from reporting.calendar.working_days import WorkingCalendar
from reporting.clock import VIETNAM
from reporting.cycles.questions import mail_values
from reporting.database import query
from reporting.documents import dispatch, extra, lifecycle
from reporting.forms.models import Form
from reporting.mail import compose
from reporting.mail.calendar_entry import MEDIA_TYPE as CALENDAR_MEDIA_TYPE
from reporting.mail.calendar_entry import CalendarEntry, build_calendar_entry
from reporting.mail.ledger import AttachedFile, OutgoingMessage, queue
from reporting.regimes.models import Regime
from reporting.settings import settings
from reporting.validation.summary import understood_lines
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import date_with_weekday, join_names, moment, short_date
from reporting.workbook.build import CoverPage, WorkbookIdentity, build_workbook

REQUEST, COPY, URGING, ESCALATION, RECEIPT, COMPLETION_REQUEST, SYSTEM_FAULT, REPEAT = (
    "request",
    "copy",
    "urging",
    "escalation",
    "receipt",
    "completion_request",
    "system_fault",
    "repeat",
)
ACTOR = "mail"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FINDINGS_IN_MAIL = 3
_FAULT_ANSWERED_WITHIN_WORKING_DAYS = 1


class NotRegistered(LookupError):
    """The request letter has no number, date and signed file yet, so nothing that refers to it is sent."""


@dataclass(frozen=True)
class Item:
    """Something a recipient owes, as a mail names it. `last_day` is None where no day is fixed."""

    obligation_id: int
    code: str
    kind: str
    label: str
    is_opt_in: bool
    phrase: str
    last_day: str | None
    last_day_short: str | None
    last_on: date | None
    due_at: datetime | None
    is_extended: bool
    state: str
    is_outstanding: bool
    first_received_at: datetime | None


@dataclass(frozen=True)
class _Cycle:
    """A cycle's row, its regime, and its present moment."""

    row: Row[Any]
    regime: Regime
    at: datetime

    @cached_property
    def form(self) -> Form:
        """The form as it was frozen when the cycle was opened."""
        return Form.model_validate(self.row.form_content)

    @property
    def cited_request(self) -> str:
        """What asks for the report, as a mail cites it: the letter by number and date, or the instrument."""
        if self.row.asked_by == "instrument":
            return self.regime.instrument or ""
        if self.row.asked_by == "mail":
            return text("mail.cited.mail", unit=self.regime.unit.name)
        number, on = self.row.letter_number, self.row.letter_on
        return text(
            "mail.cited.letter",
            number=number or text("mail.preview.number_pending"),
            date=short_date(on) if on else text("mail.preview.date_pending"),
            ministry=self.regime.ministry.name,
        )

    @property
    def is_rehearsal(self) -> bool:
        return bool(self.row.mode != "live")

    def values(self, recipient: Row[Any]) -> dict[str, object]:
        """What every mail of the cycle may say, to this recipient."""
        number, on = self.row.letter_number, self.row.letter_on
        return {
            "recipient_name": recipient.name,
            "recipient_short_name": recipient.short_name,
            "reference_code": recipient.reference_code,
            "title": self.row.title,
            "letter_subject": self.row.subject,
            "letter_number": number or text("mail.preview.number_pending"),
            "letter_on": short_date(on) if on else text("mail.preview.date_pending"),
            "asked_by": self.row.asked_by,
            "cited_request": self.cited_request,
            "ministry_name": self.regime.ministry.name,
            "unit_name": self.regime.unit.name,
            "report_to": self.regime.ministry.report_to if self.regime.report is not None else None,
            "contact_line": self.regime.unit.contact,
            "at": moment(self.at),
        }


def queue_requests(connection: Connection, cycle_id: str) -> int:
    """Ask every recipient that owes something, or may give it: signed letter, own workbook, calendar entry.

    Whose request was withdrawn or came back is asked again, but not through a contact that refused it.
    Raises NotRegistered before the letter has its number, date and signed file, LookupError for an unknown
    cycle.
    """
    cycle = _cycle(connection, cycle_id, is_registered=True)
    owed = _owed(connection, cycle)
    rows = connection.execute(query("mail/recipients_to_ask"), {"cycle_id": cycle_id}).all()
    new = 0
    for _, group in groupby(rows, key=lambda row: row.recipient_id):
        contacts = _live(connection, cycle, list(group))
        if not contacts:
            continue
        recipient = contacts[0]
        items = [item for item in owed[recipient.recipient_id] if item.state != "waived"]
        files = _request_files(connection, cycle, recipient, items)
        composed = _compose_request(connection, cycle, recipient, items, files)
        for contact in contacts:
            new += _queue(
                connection,
                cycle,
                contact,
                REQUEST,
                composed,
                sequence=contact.sequence,
                attachments=tuple(file for _, file in files),
            )
    return new


def queue_copies(connection: Connection, cycle_id: str) -> int:
    """Send a copy of the signed request, for information, to every recipient that owes nothing.

    Raises NotRegistered before the letter has its number, date and signed file, LookupError for an unknown
    cycle. A cycle that asks without a letter has no copies.
    """
    cycle = _cycle(connection, cycle_id, is_registered=True)
    if cycle.row.letter_number is None:
        return 0
    rows = connection.execute(query("mail/recipients_to_copy"), {"cycle_id": cycle_id}).all()
    file = AttachedFile(
        cycle.row.signed_file_name, cycle.row.signed_file_sha256, _media_type(cycle.row.signed_file_name)
    )
    new = 0
    for _, group in groupby(rows, key=lambda row: row.recipient_id):
        contacts = _live(connection, cycle, list(group))
        if not contacts:
            continue
        values = cycle.values(contacts[0]) | {"file": file.filename}
        composed = compose.compose("copy", values, is_rehearsal=cycle.is_rehearsal)
        for contact in contacts:
            new += _queue(
                connection, cycle, contact, COPY, composed, sequence=contact.sequence, attachments=(file,)
            )
    return new


def queue_reminders(connection: Connection, cycle_id: str, step: str) -> int:
    """Remind those who still owe something whose reminder of this step has fallen due by the cycle's clock.

    Each mail names what is missing, and nothing else; whoever owes nothing gets none, and nobody the same
    step twice for the same deadline. Raises LookupError for an unknown cycle or step, NotRegistered before
    the letter is out.
    """
    cycle = _cycle(connection, cycle_id, is_registered=True)
    _working_days(cycle, step)
    owed = _owed(connection, cycle)
    rows = connection.execute(
        query("mail/reminders_due"), {"cycle_id": cycle_id, "step": step, "now": cycle.at}
    ).all()
    new = 0
    for recipient_id, group in groupby(rows, key=lambda row: row.recipient_id):
        of_recipient = list(group)
        contacts = _live(connection, cycle, of_recipient)
        if not contacts:
            continue
        due = {row.obligation_id for row in of_recipient}
        items = [item for item in owed[recipient_id] if item.obligation_id in due]
        composed = _compose_reminder(cycle, contacts[0], items, step)
        for contact in contacts:
            new += _queue(connection, cycle, contact, step, composed, sequence=contact.sequence)
    return new


def queue_urging(connection: Connection, cycle_id: str, kind: str = "urging_letter") -> int:
    """Send a copy of the signed urging (or escalation) letter to those on its list who still owe something
    listed.

    Each mail names what is missing at this moment. Raises NotRegistered before the letter has its number,
    date and signed file, LookupError for an unknown cycle.
    """
    cycle = _cycle(connection, cycle_id, is_registered=True)
    letter = lifecycle.find(connection, cycle_id, kind)
    step = ESCALATION if kind == "escalation_letter" else URGING
    if letter is None or letter.number is None or letter.registered_on is None:
        raise NotRegistered(
            f"The {kind} of {cycle_id} has no number, date and signed file yet. "
            f"Enter them (step {kind}); nothing is sent before."
        )
    signed = connection.execute(query("documents/signed_file"), {"document_id": letter.document_id}).one()
    file = AttachedFile(
        signed.signed_file_name, signed.signed_file_sha256, _media_type(signed.signed_file_name)
    )
    owed = _owed(connection, cycle)
    rows = connection.execute(
        query("mail/recipients_to_urge"), {"cycle_id": cycle_id, "kind": kind, "step": step, "now": cycle.at}
    ).all()
    new = 0
    for recipient_id, group in groupby(rows, key=lambda row: row.recipient_id):
        of_recipient = list(group)
        contacts = _live(connection, cycle, of_recipient)
        if not contacts:
            continue
        late = {row.obligation_id for row in of_recipient}
        items = [item for item in owed[recipient_id] if item.obligation_id in late]
        values = cycle.values(contacts[0]) | {
            "is_escalation": step == ESCALATION,
            "urging_number": letter.number,
            "urging_on": short_date(letter.registered_on),
            "missing": join_names(item.label for item in items if item.state != "to_complete"),
            "to_complete": join_names(item.label for item in items if item.state == "to_complete"),
            "asks_signed_report": any(item.kind == "document" for item in items),
            "asks_data_form": any(item.kind == "data_form" for item in items),
            "new_last_day": date_with_weekday(contacts[0].new_last_day),
            "file": file.filename,
        }
        composed = compose.compose("urging", values, is_rehearsal=cycle.is_rehearsal)
        for contact in contacts:
            new += _queue(
                connection, cycle, contact, step, composed, sequence=contact.sequence, attachments=(file,)
            )
    return new


def queue_receipt(connection: Connection, submission_id: int) -> int:
    """Confirm an accepted submission: what was understood, and where the signed report stands.

    Raises LookupError for an unknown submission.
    """
    cycle, submission = _submission(connection, submission_id)
    owed = _owed(connection, cycle, submission.recipient_id)[submission.recipient_id]
    findings = connection.execute(query("mail/findings"), {"submission_id": submission_id}).all()
    report = connection.execute(
        query("mail/signed_report"), {"recipient_id": submission.recipient_id}
    ).one_or_none()
    report_item = next((item for item in owed if item.kind == "document" and not item.is_opt_in), None)
    values = cycle.values(submission) | {
        "is_entered_by_ministry": submission.channel == "ministry_entry",
        "filename": submission.filename,
        "received_at": moment(submission.received_at),
        "understood": _understood(connection, cycle, submission_id),
        "findings": [finding.message for finding in findings[:_FINDINGS_IN_MAIL]],
        "warning_count": len(findings),
        "signed_report": None
        if report is None
        else text("mail.signed_report", number=report.document_number, date=short_date(report.signed_on)),
        "asks_signed_report": report_item is not None and report_item.is_outstanding,
        "signed_report_deadline": report_item,
        "is_signed_report_late": report_item is not None
        and report_item.due_at is not None
        and report_item.due_at <= cycle.at,
        "last_correction_day": _last_correction_day(cycle),
    }
    composed = compose.compose("receipt", values, is_rehearsal=cycle.is_rehearsal)
    return _answer(connection, cycle, submission, RECEIPT, composed)


def queue_completion_request(connection: Connection, submission_id: int, returned_workbook: bytes) -> int:
    """Ask for a submission to be completed: the worst findings, how many there are, and the marked workbook.

    `returned_workbook` is empty where the file could not be opened at all; then none is attached. Raises
    LookupError for an unknown submission.
    """
    cycle, submission = _submission(connection, submission_id)
    findings = connection.execute(query("mail/findings"), {"submission_id": submission_id}).all()
    items = _owed(connection, cycle, submission.recipient_id)[submission.recipient_id]
    first = next((item.first_received_at for item in items if item.kind == "data_form"), None)
    filename = text("mail.file.returned", filename=PurePath(submission.filename).name)
    values = cycle.values(submission) | {
        "filename": submission.filename,
        "received_at": moment(submission.received_at),
        "is_first_delivery": submission.version == 1 or first is None,
        "first_received_at": moment(first) if first else None,
        "error_count": sum(finding.severity == "error" for finding in findings),
        "warning_count": sum(finding.severity == "warning" for finding in findings),
        "findings": [finding.message for finding in findings[:_FINDINGS_IN_MAIL]],
        "has_returned_workbook": bool(returned_workbook),
        "returned_filename": filename,
        "completion_last_day": date_with_weekday(_completion_day(cycle)),
    }
    composed = compose.compose("completion_request", values, is_rehearsal=cycle.is_rehearsal)
    attachments: tuple[AttachedFile, ...] = ()
    if returned_workbook:
        media_type = _media_type(filename)
        attachments = (
            AttachedFile(filename, archive.store(connection, returned_workbook, media_type), media_type),
        )
    return _answer(connection, cycle, submission, COMPLETION_REQUEST, composed, attachments)


def queue_system_fault(connection: Connection, submission_id: int) -> int:
    """Say that the file is kept and its time noted though our system failed; the sender need do nothing.

    Raises LookupError for an unknown submission.
    """
    cycle, submission = _submission(connection, submission_id)
    day = WorkingCalendar.load(cycle.regime.code).shift(_today(cycle), _FAULT_ANSWERED_WITHIN_WORKING_DAYS)
    values = cycle.values(submission) | {
        "filename": submission.filename,
        "received_at": moment(submission.received_at),
        "answer_before": moment(datetime.combine(day, cycle.regime.office_hours.closes, tzinfo=VIETNAM)),
    }
    composed = compose.compose("system_fault", values, is_rehearsal=cycle.is_rehearsal)
    return _answer(connection, cycle, submission, SYSTEM_FAULT, composed)


def queue_repeat_receipt(connection: Connection, submission_id: int, arrival_id: int) -> int:
    """Say, in the thread of this delivery, that its file repeats a submission, and how that one stands.

    Raises LookupError for an unknown submission or delivery.
    """
    repeat = connection.execute(
        query("mail/repeat_facts"), {"submission_id": submission_id, "arrival_id": arrival_id}
    ).one_or_none()
    if repeat is None:
        raise LookupError(f"There is no submission number {submission_id} or no delivery {arrival_id}.")
    cycle = _cycle(connection, repeat.cycle_id, is_registered=False)
    states = {"accepted": "accepted", "accepted_with_warnings": "accepted", "system_fault": "in_check"}
    values = cycle.values(repeat) | {
        "filename": repeat.filename,
        "received_at": moment(repeat.received_at),
        "first_received_at": moment(repeat.first_received_at),
        "state": states.get(repeat.outcome, "to_complete"),
    }
    composed = compose.compose("repeat", values, is_rehearsal=cycle.is_rehearsal)
    return _answer(connection, cycle, repeat, REPEAT, composed, sequence=arrival_id)


def example(connection: Connection, cycle_id: str, step: str) -> compose.Composed:
    """The mail of `step` as the first recipient would get it if nothing had come in. Raises LookupError."""
    cycle = _cycle(connection, cycle_id, is_registered=False)
    recipient = connection.execute(query("mail/example_recipient"), {"cycle_id": cycle_id}).one_or_none()
    if recipient is None:
        raise LookupError(
            f"Cycle {cycle_id!r} has no recipient that owes a report; check the regime's addressees."
        )
    items = _owed(connection, cycle, recipient.recipient_id)[recipient.recipient_id]
    if step != REQUEST:
        return _compose_reminder(cycle, recipient, items, step)
    files = _request_file_names(cycle, recipient, items)
    return _compose_request(connection, cycle, recipient, items, files)


def _cycle(connection: Connection, cycle_id: str, *, is_registered: bool) -> _Cycle:
    row = connection.execute(query("mail/cycle_facts"), {"cycle_id": cycle_id}).one_or_none()
    if row is None:
        raise LookupError(f"There is no cycle {cycle_id!r}; `reporting cycle list` shows those there are.")
    if is_registered and row.asked_by == "letter" and row.letter_number is None:
        raise NotRegistered(
            f"The request letter of {cycle_id} has no number, date and signed file yet. "
            "Enter them (step request_letter); nothing is sent before."
        )
    return _Cycle(row, Regime.model_validate(row.regime_content), clock.now(connection, cycle_id))


def _submission(connection: Connection, submission_id: int) -> tuple[_Cycle, Row[Any]]:
    row = connection.execute(query("mail/submission_facts"), {"submission_id": submission_id}).one_or_none()
    if row is None:
        raise LookupError(f"There is no submission number {submission_id}.")
    return _cycle(connection, row.cycle_id, is_registered=False), row


def _owed(connection: Connection, cycle: _Cycle, recipient_id: int | None = None) -> dict[int, list[Item]]:
    """What each recipient (or this one) owes, in the order of the deliverables."""
    rows = connection.execute(
        query("mail/obligations"), {"cycle_id": cycle.row.cycle_id, "recipient_id": recipient_id}
    ).all()
    owed: dict[int, list[Item]] = {} if recipient_id is None else {recipient_id: []}
    for row in rows:
        owed.setdefault(row.recipient_id, []).append(_item(cycle, row))
    return owed


def _item(cycle: _Cycle, row: Row[Any]) -> Item:
    last_on = None if row.due_at is None else _last_day(row.due_at)
    if last_on is None:
        phrase = ""
    elif row.due_at == cycle.row.due_at:
        phrase = cycle.row.deadline_phrase
    else:
        phrase = text("dates.deadline.through", date=short_date(last_on))
    return Item(
        obligation_id=row.obligation_id,
        code=row.code,
        kind=row.kind,
        label=row.label,
        is_opt_in=row.is_opt_in,
        phrase=phrase,
        last_day=None if last_on is None else date_with_weekday(last_on),
        last_day_short=None if last_on is None else short_date(last_on),
        last_on=last_on,
        due_at=row.due_at,
        is_extended=row.is_extended,
        state=row.state,
        is_outstanding=row.is_outstanding,
        first_received_at=row.first_received_at,
    )


def _last_day(due_at: datetime) -> date:
    """The last day in time, when `due_at` is the first instant that is late."""
    return (due_at.astimezone(VIETNAM) - timedelta(microseconds=1)).date()


def _today(cycle: _Cycle) -> date:
    return cycle.at.astimezone(VIETNAM).date()


def _completion_day(cycle: _Cycle) -> date:
    """Until when something is asked to be mended: so many working days from now, but not beyond the close."""
    day = WorkingCalendar.load(cycle.regime.code).shift(_today(cycle), cycle.regime.completion_working_days)
    close_at: datetime | None = cycle.row.close_at
    if close_at is None or close_at <= cycle.at:
        return day
    return min(day, close_at.astimezone(VIETNAM).date())


def _last_correction_day(cycle: _Cycle) -> str | None:
    """Until when figures can be corrected: the day of the close, while it lies ahead."""
    close_at: datetime | None = cycle.row.close_at
    if close_at is None or cycle.row.is_closed or close_at <= cycle.at:
        return None
    return date_with_weekday(close_at.astimezone(VIETNAM).date())


def _live(connection: Connection, cycle: _Cycle, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """One row per live contact; a recipient without one is reported, once."""
    contacts = {row.contact_id: row for row in rows if row.contact_id is not None}
    if not contacts:
        _report_unreachable(connection, cycle, rows[0].recipient_id)
    return list(contacts.values())


def _report_unreachable(connection: Connection, cycle: _Cycle, recipient_id: int) -> None:
    key = {"cycle_id": cycle.row.cycle_id, "recipient_id": recipient_id}
    if not connection.execute(query("mail/has_no_live_contact_event"), key).scalar_one():
        events.record(
            connection, cycle.row.cycle_id, "no_live_contact", ACTOR, cycle.at, recipient_id=recipient_id
        )


def _queue(
    connection: Connection,
    cycle: _Cycle,
    contact: Row[Any],
    step: str,
    composed: compose.Composed,
    *,
    sequence: int = 1,
    attachments: tuple[AttachedFile, ...] = (),
    in_reply_to: str | None = None,
    recipient_id: int | None = None,
) -> int:
    """Queue one mail to one contact; 1 if it is new, 0 if it was there."""
    number = queue(
        connection,
        OutgoingMessage(
            cycle_id=cycle.row.cycle_id,
            recipient_id=contact.recipient_id if recipient_id is None else recipient_id,
            contact_id=contact.contact_id,
            step=step,
            sequence=sequence,
            to_address=contact.email,
            subject=composed.subject,
            body_text=composed.body_text,
            body_html=composed.body_html,
            attachments=attachments,
            in_reply_to=in_reply_to,
        ),
    )
    return int(number is not None)


def _answer(
    connection: Connection,
    cycle: _Cycle,
    submission: Row[Any],
    step: str,
    composed: compose.Composed,
    attachments: tuple[AttachedFile, ...] = (),
    *,
    sequence: int | None = None,
) -> int:
    """Queue the answer to a submission, in its thread; its version (or `sequence`) tells it from the answers
    to others.
    """
    contacts = connection.execute(
        query("mail/contacts_to_answer"),
        {"organization_id": submission.organization_id, "sender": submission.sender},
    ).all()
    if not contacts:
        _report_unreachable(connection, cycle, submission.recipient_id)
    return sum(
        _queue(
            connection,
            cycle,
            contact,
            step,
            composed,
            sequence=submission.version if sequence is None else sequence,
            attachments=attachments,
            in_reply_to=submission.arrival_message_id,
            recipient_id=submission.recipient_id,
        )
        for contact in contacts
    )


def _compose_request(
    connection: Connection,
    cycle: _Cycle,
    recipient: Row[Any],
    items: Sequence[Item],
    files: Sequence[tuple[str, AttachedFile]],
) -> compose.Composed:
    """The mail that asks; a question cycle's puts its questions."""
    if cycle.row.kind == "question":
        name, values = "question", mail_values(connection, cycle.row.cycle_id, recipient.recipient_id)
    else:
        name, values = "request", _request_values(cycle, recipient, items, files)
    return compose.compose(name, values, is_rehearsal=cycle.is_rehearsal)


def _request_values(
    cycle: _Cycle, recipient: Row[Any], items: Sequence[Item], files: Sequence[tuple[str, AttachedFile]]
) -> dict[str, object]:
    return cycle.values(recipient) | {
        "owed": items,
        "owes_data_form": any(item.kind == "data_form" for item in items),
        "same_deadline": len({item.due_at for item in items}) == 1,
        "first_due": _first_due(items),
        "files": [{"label": label, "name": file.filename} for label, file in files],
    }


def _request_files(
    connection: Connection, cycle: _Cycle, recipient: Row[Any], items: Sequence[Item]
) -> list[tuple[str, AttachedFile]]:
    """The attachments of a request with what each is, all in the archive."""
    contents: dict[str, bytes] = {}
    if any(item.kind == "data_form" for item in items):
        contents[_XLSX] = _workbook(cycle, recipient, items)
    first_due = _first_due(items)
    if first_due is not None:
        contents[CALENDAR_MEDIA_TYPE] = _calendar_entry(cycle, recipient, first_due)
    return [
        (
            label,
            file
            if file.sha256
            else AttachedFile(
                file.filename,
                archive.store(connection, contents[file.media_type], file.media_type),
                file.media_type,
            ),
        )
        for label, file in _request_file_names(cycle, recipient, items)
    ]


def _request_file_names(
    cycle: _Cycle, recipient: Row[Any], items: Sequence[Item]
) -> list[tuple[str, AttachedFile]]:
    """What a request carries, in order; of the files made for this recipient the content is not there yet."""
    values = cycle.values(recipient)
    code = recipient.reference_code
    files = []
    if cycle.row.asked_by == "letter":
        signed_name = cycle.row.signed_file_name or text("mail.preview.number_pending")
        label = text("mail.file.letter_label", number=values["letter_number"], date=values["letter_on"])
        signed = AttachedFile(signed_name, cycle.row.signed_file_sha256 or "", _media_type(signed_name))
        files.append((label, signed))
    if any(item.kind == "data_form" for item in items):
        office = "-".join(unidecode(recipient.short_name).lower().replace(".", " ").replace("-", " ").split())
        name = text("mail.file.workbook", reference_code=code, office=office)
        files.append((text("mail.file.workbook_label"), AttachedFile(name, "", _XLSX)))
    if _first_due(items) is not None:
        name = text("mail.file.calendar", reference_code=code)
        files.append((text("mail.file.calendar_label"), AttachedFile(name, "", CALENDAR_MEDIA_TYPE)))
    return files


def _first_due(items: Sequence[Item]) -> Item | None:
    """What falls due first; None where no day is fixed for anything."""
    dated = [item for item in items if item.last_on is not None]
    return min(dated, key=lambda item: item.last_on or date.max, default=None)


def _workbook(cycle: _Cycle, recipient: Row[Any], items: Sequence[Item]) -> bytes:
    form = cycle.form
    item = next(item for item in items if item.kind == "data_form")
    cover = CoverPage(
        report_title=cycle.row.title,
        letter_number=cycle.row.letter_number or "",
        letter_on=cycle.row.letter_on or cycle.row.request_on,
        period_label=cycle.regime.period(cycle.row.period).label,
        deadline_phrase=item.phrase,
        last_day_phrase=item.last_day or "",
        organization_name=recipient.name,
        ministry_name=cycle.regime.ministry.name,
        unit_name=cycle.regime.unit.name,
        contact_line=cycle.regime.unit.contact,
        request="" if cycle.row.asked_by == "letter" else cycle.cited_request,
    )
    identity = WorkbookIdentity(cycle.row.cycle_id, recipient.reference_code, form.code, form.version)
    return build_workbook(form, identity, cover, settings().signing_key.get_secret_value())


def _calendar_entry(cycle: _Cycle, recipient: Row[Any], due: Item) -> bytes:
    assert due.last_on is not None
    values = cycle.values(recipient)
    return build_calendar_entry(
        CalendarEntry(
            reference_code=recipient.reference_code,
            summary=text("mail.calendar.summary", **values),
            description=text(
                "mail.calendar.description",
                recipient=recipient.name,
                title=cycle.row.title,
                request=values["cited_request"],
                deadline=due.phrase,
                contact=cycle.regime.unit.contact,
            ),
            alarm_text=text("mail.calendar.alarm", title=cycle.row.title),
            last_day=due.last_on,
            alarm_on=WorkingCalendar.load(cycle.regime.code).shift(due.last_on, -1),
            written_at=cycle.at,
        )
    )


def _compose_reminder(
    cycle: _Cycle, recipient: Row[Any], items: Sequence[Item], step: str
) -> compose.Composed:
    working_days = _working_days(cycle, step)
    missing = [item for item in items if item.state != "to_complete"]
    to_complete = [item for item in items if item.state == "to_complete"]
    kinds = {item.kind for item in items}
    labels = {item.obligation_id: item.label for item in items}
    if len({item.last_on for item in items}) > 1:
        # the mail speaks of the first deadline; each thing missing then names its own
        labels |= {
            item.obligation_id: text("mail.label_with_deadline", label=item.label, day=item.last_day)
            for item in items
            if item.last_day is not None
        }
    values = cycle.values(recipient) | {
        "deadline": _first_due(items),
        "working_days_left": -working_days,
        "missing": join_names(labels[item.obligation_id] for item in missing),
        "to_complete": join_names(labels[item.obligation_id] for item in to_complete),
        "asks_signed_report": "document" in kinds,
        "asks_data_form": "data_form" in kinds,
        "new_last_day": date_with_weekday(_completion_day(cycle)),
    }
    name = "reminder" if working_days <= 0 else "reminder_after"
    if values["deadline"] is None:
        name = "reminder_open"
    return compose.compose(name, values, is_rehearsal=cycle.is_rehearsal)


def _working_days(cycle: _Cycle, step: str) -> int:
    """So many working days from the deadline this reminder is sent; negative before it."""
    plan = {reminder.step: reminder.working_days for reminder in cycle.regime.reminders}
    if step not in plan:
        raise LookupError(
            f"{step!r} is no reminder step of {cycle.row.cycle_id}; it has: {', '.join(plan) or 'none'}."
        )
    return plan[step]


def _understood(connection: Connection, cycle: _Cycle, submission_id: int) -> list[str]:
    key = {"submission_id": submission_id}
    marks = connection.execute(query("mail/marks"), key).all()
    section_count = connection.execute(query("mail/count_sections"), key).scalar_one()
    return understood_lines(marks, section_count, cycle.form)


def _media_type(filename: str) -> str:
    return mimetypes.guess_type(filename)[0] or "application/octet-stream"


@dataclass(frozen=True)
class ChangeNotice:
    """What one recipient is told about a change of its cycle: about which obligations, and what the template
    says besides. `sequence` tells it from the notices of other changes.
    """

    recipient_id: int
    sequence: int
    obligation_ids: tuple[int, ...]
    values: Mapping[str, object]


def queue_change(connection: Connection, cycle_id: str, step: str, changes: Sequence[ChangeNotice]) -> int:
    """Tell recipients of a change of the cycle (extension, waiver, deadline_changed, withdrawal …).

    Each mail names the obligations concerned as they stand now. Raises LookupError for an unknown cycle.
    """
    cycle = _cycle(connection, cycle_id, is_registered=False)
    owed = _owed(connection, cycle)
    of_recipient = {change.recipient_id: change for change in changes}
    rows = connection.execute(query("mail/contacts_of"), {"recipient_ids": list(of_recipient)}).all()
    new = 0
    for recipient_id, group in groupby(rows, key=lambda row: row.recipient_id):
        contacts = _live(connection, cycle, list(group))
        if not contacts:
            continue
        change = of_recipient[recipient_id]
        values = _change_values(cycle, contacts[0], change, owed.get(recipient_id, []))
        composed = compose.compose(step.partition("__")[2] or step, values, is_rehearsal=cycle.is_rehearsal)
        for contact in contacts:
            new += _queue(connection, cycle, contact, step, composed, sequence=change.sequence)
    return new


def _change_values(
    cycle: _Cycle, recipient: Row[Any], change: ChangeNotice, owed: Sequence[Item]
) -> dict[str, object]:
    items = [item for item in owed if item.obligation_id in change.obligation_ids]
    others = [item for item in owed if item.is_outstanding and item not in items]
    outstanding = [item for item in items if item.is_outstanding]
    return (
        cycle.values(recipient)
        | {
            "is_registered": cycle.row.letter_number is not None,
            "original_phrase": cycle.row.deadline_phrase,
            "items": items,
            "deadline": _first_due(outstanding or items),
            "others": others,
            "labels": join_names(item.label for item in items),
            "missing": join_names(item.label for item in outstanding if item.state != "to_complete"),
            "to_complete": join_names(item.label for item in outstanding if item.state == "to_complete"),
        }
        | dict(change.values)
    )


@dataclass(frozen=True)
class Debt:
    """What an office still owes, for a few words to it. `last_day` is None where no day is fixed."""

    unit: str
    title: str
    letter_number: str | None
    labels: tuple[str, ...]
    last_day: str | None


def debt_of(connection: Connection, cycle_id: str, reference_code: str) -> Debt | None:
    """What the office with this look-up code still owes, None when nothing. Raises LookupError when there is
    no such cycle.
    """
    cycle = _cycle(connection, cycle_id, is_registered=False)
    rows = connection.execute(query("intake/recipients"), {"cycle_id": cycle_id})
    recipient_id = next((row.recipient_id for row in rows if row.reference_code == reference_code), None)
    if recipient_id is None:
        return None
    items = [item for item in _owed(connection, cycle, recipient_id)[recipient_id] if item.is_outstanding]
    if not items:
        return None
    first = _first_due(items)
    return Debt(
        unit=cycle.regime.unit.name,
        title=cycle.row.title,
        letter_number=cycle.row.letter_number,
        labels=tuple(item.label for item in items),
        last_day=None if first is None else first.last_day,
    )


def letter_of_change(
    connection: Connection, cycle_id: str, step: str, changes: Sequence[ChangeNotice]
) -> dict[str, object]:
    """The content of a letter that tells these recipients of a change, where a mail is not enough: V/v line,
    paragraphs, and the look-up codes of those concerned.
    """
    cycle = _cycle(connection, cycle_id, is_registered=False)
    owed = _owed(connection, cycle)
    of_recipient = {change.recipient_id: change for change in changes}
    found = connection.execute(query("mail/contacts_of"), {"recipient_ids": list(of_recipient)}).all()
    recipients = {row.recipient_id: row for row in found}
    first = next(iter(recipients.values()))
    told = _change_values(cycle, first, changes[0], owed.get(first.recipient_id, []))
    due = told["deadline"]
    values = {
        "ministry": cycle.regime.ministry.name,
        "title": cycle.row.title,
        "letter_subject": cycle.row.subject,
        "number": told["letter_number"],
        "date": told["letter_on"],
        "deadline": text("dates.deadline.through", date=due.last_day_short)
        if isinstance(due, Item) and due.last_day_short
        else "",
        "labels": told["labels"],
        "reason": changes[0].values.get("reason", ""),
        "offices": first.name,
    }
    key = f"changes.letter.{step.partition('__')[2] or step}"
    many = "one" if len(recipients) == 1 else "many"
    return {
        "subject": text(f"{key}.subject", **values),
        "paragraphs": [
            text(f"{key}.{many}", **values),
            text(f"{key}.closing", **values),
            text("changes.letter.thanks"),
        ],
        "offices": [row.reference_code for row in recipients.values()],
    }


def queue_letter(connection: Connection, cycle_id: str, kind: str) -> int:
    """Send a copy of a registered letter beside the plan (notice, correction, replacement, recall) to the
    offices that it addresses, and to no others.

    Raises LookupError for an unknown letter, NotRegistered before it has its number, date and signed file.
    """
    letter = lifecycle.find(connection, cycle_id, kind)
    family = extra.family_of(kind)
    if letter is None or family is None:
        raise LookupError(f"{cycle_id} has no letter {kind!r} beside its plan.")
    if letter.number is None or letter.registered_on is None:
        raise NotRegistered(f"The {kind} of {cycle_id} has no number, date and signed file yet.")
    cycle = _cycle(connection, cycle_id, is_registered=False)
    signed = connection.execute(query("documents/signed_file"), {"document_id": letter.document_id}).one()
    file = AttachedFile(
        signed.signed_file_name, signed.signed_file_sha256, _media_type(signed.signed_file_name)
    )
    shared = {
        "family": family,
        "number": letter.number,
        "signed_on": short_date(letter.registered_on),
        "subject": extra.subject_of(letter),
        "about": extra.about_cited(connection, letter),
        "file": file.filename,
    }
    addressed = [row.recipient_id for row in dispatch.addressed(connection, letter)]
    rows = connection.execute(
        query("mail/recipients_of_letter"), {"recipient_ids": addressed, "step": kind}
    ).all()
    new = 0
    for _, group in groupby(rows, key=lambda row: row.recipient_id):
        contacts = _live(connection, cycle, list(group))
        if not contacts:
            continue
        composed = compose.compose(
            "letter", cycle.values(contacts[0]) | shared, is_rehearsal=cycle.is_rehearsal
        )
        for contact in contacts:
            new += _queue(connection, cycle, contact, kind, composed, attachments=(file,))
    return new
