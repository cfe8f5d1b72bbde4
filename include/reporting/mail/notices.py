"""Who gets which mail, from the database. Each function queues and returns how many messages were new.

Called again, each queues nothing that is in the ledger already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row

from reporting import archive
from reporting.calendar.working_days import WorkingCalendar
from reporting.cycles.questions import mail_values
from reporting.database import query
from reporting.documents import dispatch, editions, extra, lifecycle
from reporting.mail import compose
from reporting.mail.calendar_entry import MEDIA_TYPE as CALENDAR_MEDIA_TYPE
from reporting.mail.calendar_entry import CalendarEntry, build_calendar_entry
from reporting.mail.facts import (
    XLSX,
    Item,
    MailCycle,
    NotRegistered,
    completion_day,
    load_cycle,
    media_type,
    owed_by,
    queue_to,
    report_unreachable,
    workbook_name,
)
from reporting.mail.ledger import AttachedFile
from reporting.settings import settings
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import date_with_weekday, join_names, short_date
from reporting.workbook.build import CoverPage, WorkbookIdentity, build_workbook
from reporting.workbook.prior import NOTHING, LastPeriod, PriorAnswer

REQUEST, COPY, URGING, ESCALATION = "request", "copy", "urging", "escalation"
REPORT_COPY = "report_copy"


def queue_requests(connection: Connection, cycle_id: str) -> int:
    """Ask every recipient that owes something, or may give it: signed letter, own workbook, calendar entry.

    Whose request was withdrawn or came back is asked again, but not through a contact that refused it.
    Raises NotRegistered before the letter has its number, date and signed file, LookupError for an unknown
    cycle.
    """
    cycle = load_cycle(connection, cycle_id, is_registered=True)
    owed = owed_by(connection, cycle)
    rows = connection.execute(query("mail/recipients_to_ask"), {"cycle_id": cycle_id}).all()
    new = 0
    for _, group in groupby(rows, key=lambda row: row.recipient_id):
        contacts = _live(connection, cycle, list(group))
        if not contacts:
            continue
        recipient = contacts[0]
        items = [item for item in owed[recipient.recipient_id] if item.state != "waived"]
        last = _last_period(connection, recipient.recipient_id)
        files = _request_files(connection, cycle, recipient, items, last)
        composed = _compose_request(connection, cycle, recipient, items, files, last)
        for contact in contacts:
            new += queue_to(
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
    cycle = load_cycle(connection, cycle_id, is_registered=True)
    if cycle.row.letter_number is None:
        return 0
    rows = connection.execute(query("mail/recipients_to_copy"), {"cycle_id": cycle_id}).all()
    file = AttachedFile(
        cycle.row.signed_file_name, cycle.row.signed_file_sha256, media_type(cycle.row.signed_file_name)
    )
    new = 0
    for _, group in groupby(rows, key=lambda row: row.recipient_id):
        contacts = _live(connection, cycle, list(group))
        if not contacts:
            continue
        values = cycle.values(contacts[0]) | {"file": file.filename}
        composed = compose.compose("copy", values, is_rehearsal=cycle.is_rehearsal)
        for contact in contacts:
            new += queue_to(
                connection, cycle, contact, COPY, composed, sequence=contact.sequence, attachments=(file,)
            )
    return new


def queue_reminders(connection: Connection, cycle_id: str, step: str) -> int:
    """Remind those who still owe something whose reminder of this step has fallen due by the cycle's clock.

    Each mail names what is missing, and nothing else; whoever owes nothing gets none, and nobody the same
    step twice for the same deadline. Raises LookupError for an unknown cycle or step, NotRegistered before
    the letter is out.
    """
    cycle = load_cycle(connection, cycle_id, is_registered=True)
    _working_days(cycle, step)
    owed = owed_by(connection, cycle)
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
            new += queue_to(connection, cycle, contact, step, composed, sequence=contact.sequence)
    return new


def queue_urging(connection: Connection, cycle_id: str, kind: str = "urging_letter") -> int:
    """Send a copy of the signed urging (or escalation) letter to those on its list who still owe something
    listed.

    Each mail names what is missing at this moment. Raises NotRegistered before the letter has its number,
    date and signed file, LookupError for an unknown cycle.
    """
    cycle = load_cycle(connection, cycle_id, is_registered=True)
    letter = lifecycle.find(connection, cycle_id, kind)
    step = ESCALATION if kind == "escalation_letter" else URGING
    if letter is None or letter.number is None or letter.registered_on is None:
        raise NotRegistered(
            f"The {kind} of {cycle_id} has no number, date and signed file yet. "
            f"Enter them (step {kind}); nothing is sent before."
        )
    signed = connection.execute(query("documents/signed_file"), {"document_id": letter.document_id}).one()
    file = AttachedFile(
        signed.signed_file_name, signed.signed_file_sha256, media_type(signed.signed_file_name)
    )
    owed = owed_by(connection, cycle)
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
            new += queue_to(
                connection, cycle, contact, step, composed, sequence=contact.sequence, attachments=(file,)
            )
    return new


def example(connection: Connection, cycle_id: str, step: str) -> compose.Composed:
    """The mail of `step` as the first recipient would get it if nothing had come in. Raises LookupError."""
    cycle = load_cycle(connection, cycle_id, is_registered=False)
    recipient = connection.execute(query("mail/example_recipient"), {"cycle_id": cycle_id}).one_or_none()
    if recipient is None:
        raise LookupError(
            f"Cycle {cycle_id!r} has no recipient that owes a report; check the regime's addressees."
        )
    items = owed_by(connection, cycle, [recipient.recipient_id])[recipient.recipient_id]
    if step != REQUEST:
        return _compose_reminder(cycle, recipient, items, step)
    files = _request_file_names(cycle, recipient, items)
    last = _last_period(connection, recipient.recipient_id)
    return _compose_request(connection, cycle, recipient, items, files, last)


def _live(connection: Connection, cycle: MailCycle, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """One row per live contact; a recipient without one is reported, once."""
    contacts = {row.contact_id: row for row in rows if row.contact_id is not None}
    if not contacts:
        report_unreachable(connection, cycle, rows[0].recipient_id)
    return list(contacts.values())


def _compose_request(
    connection: Connection,
    cycle: MailCycle,
    recipient: Row[Any],
    items: Sequence[Item],
    files: Sequence[tuple[str, AttachedFile]],
    last: LastPeriod,
) -> compose.Composed:
    """The mail that asks; a question cycle's puts its questions."""
    if cycle.row.kind == "question":
        name, values = "question", mail_values(connection, cycle.row.cycle_id, recipient.recipient_id)
    else:
        name, values = "request", _request_values(cycle, recipient, items, files, last)
    return compose.compose(name, values, is_rehearsal=cycle.is_rehearsal)


def _request_values(
    cycle: MailCycle,
    recipient: Row[Any],
    items: Sequence[Item],
    files: Sequence[tuple[str, AttachedFile]],
    last: LastPeriod,
) -> dict[str, object]:
    return cycle.values(recipient) | {
        "owed": items,
        "owes_data_form": any(item.kind == "data_form" for item in items),
        "prior_period": last.label,
        "has_marks": any(item.kind == "data_form" for item in items) and bool(cycle.form.indicators),
        "same_deadline": len({item.due_at for item in items}) == 1,
        "first_due": _first_due(items),
        "files": [{"label": label, "name": file.filename} for label, file in files],
    }


def _request_files(
    connection: Connection, cycle: MailCycle, recipient: Row[Any], items: Sequence[Item], last: LastPeriod
) -> list[tuple[str, AttachedFile]]:
    """The attachments of a request with what each is, all in the archive."""
    contents: dict[str, bytes] = {}
    if any(item.kind == "data_form" for item in items):
        contents[XLSX] = _workbook(cycle, recipient, items, last)
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
    cycle: MailCycle, recipient: Row[Any], items: Sequence[Item]
) -> list[tuple[str, AttachedFile]]:
    """What a request carries, in order; of the files made for this recipient the content is not there yet."""
    values = cycle.values(recipient)
    code = recipient.reference_code
    files = []
    if cycle.row.asked_by == "letter":
        signed_name = cycle.row.signed_file_name or text("mail.preview.number_pending")
        label = text("mail.file.letter_label", number=values["letter_number"], date=values["letter_on"])
        signed = AttachedFile(signed_name, cycle.row.signed_file_sha256 or "", media_type(signed_name))
        files.append((label, signed))
    if any(item.kind == "data_form" for item in items):
        name = workbook_name(code, recipient.short_name)
        files.append((text("mail.file.workbook_label"), AttachedFile(name, "", XLSX)))
    if _first_due(items) is not None:
        name = text("mail.file.calendar", reference_code=code)
        files.append((text("mail.file.calendar_label"), AttachedFile(name, "", CALENDAR_MEDIA_TYPE)))
    return files


def _first_due(items: Sequence[Item]) -> Item | None:
    """What falls due first; None where no day is fixed for anything."""
    dated = [item for item in items if item.last_on is not None]
    return min(dated, key=lambda item: item.last_on or date.max, default=None)


def _last_period(connection: Connection, recipient_id: int) -> LastPeriod:
    """What the recipient's office last reported, as its workbook shows it."""
    row = connection.execute(query("mail/last_period"), {"recipient_id": recipient_id}).one_or_none()
    if row is None:
        return NOTHING
    answers = {
        (indicator, year): PriorAnswer(
            state,
            None if value is None else Decimal(value),
            document_number,
            None if document_on is None else date.fromisoformat(document_on),
        )
        for indicator, year, state, value, document_number, document_on in row.figures or ()
    }
    return LastPeriod(row.period_label or "", answers, row.cover or {})


def _workbook(cycle: MailCycle, recipient: Row[Any], items: Sequence[Item], last: LastPeriod) -> bytes:
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
    key = settings().signing_key.get_secret_value()
    return build_workbook(form, identity, cover, key, last)


def _calendar_entry(cycle: MailCycle, recipient: Row[Any], due: Item) -> bytes:
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
    cycle: MailCycle, recipient: Row[Any], items: Sequence[Item], step: str
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
        "new_last_day": date_with_weekday(completion_day(cycle)),
    }
    name = "reminder" if working_days <= 0 else "reminder_after"
    if values["deadline"] is None:
        name = "reminder_open"
    return compose.compose(name, values, is_rehearsal=cycle.is_rehearsal)


def _working_days(cycle: MailCycle, step: str) -> int:
    """So many working days from the deadline this reminder is sent; negative before it."""
    plan = {reminder.step: reminder.working_days for reminder in cycle.regime.reminders}
    if step not in plan:
        raise LookupError(
            f"{step!r} is no reminder step of {cycle.row.cycle_id}; it has: {', '.join(plan) or 'none'}."
        )
    return plan[step]


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
    cycle = load_cycle(connection, cycle_id, is_registered=False)
    owed = owed_by(connection, cycle)
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
            new += queue_to(connection, cycle, contact, step, composed, sequence=change.sequence)
    return new


def _change_values(
    cycle: MailCycle, recipient: Row[Any], change: ChangeNotice, owed: Sequence[Item]
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
    cycle = load_cycle(connection, cycle_id, is_registered=False)
    rows = connection.execute(query("intake/recipients"), {"cycle_id": cycle_id})
    recipient_id = next((row.recipient_id for row in rows if row.reference_code == reference_code), None)
    if recipient_id is None:
        return None
    items = [item for item in owed_by(connection, cycle, [recipient_id])[recipient_id] if item.is_outstanding]
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
    cycle = load_cycle(connection, cycle_id, is_registered=False)
    owed = owed_by(connection, cycle)
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
    cycle = load_cycle(connection, cycle_id, is_registered=False)
    signed = connection.execute(query("documents/signed_file"), {"document_id": letter.document_id}).one()
    file = AttachedFile(
        signed.signed_file_name, signed.signed_file_sha256, media_type(signed.signed_file_name)
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
            new += queue_to(connection, cycle, contact, kind, composed, attachments=(file,))
    return new


def queue_report_copies(connection: Connection, cycle_id: str, kind: str) -> int:
    """Send a copy of a report that was given out, as it was signed, to the offices of the lists to which the
    cycle's regime mails it (report.mailed_to); none where it names none.

    The sequence of the mails is the place of the report among those of the cycle. Raises NotRegistered before
    the report is given out, LookupError for an unknown cycle.
    """
    cycle = load_cycle(connection, cycle_id, is_registered=False)
    report = cycle.regime.report
    if report is None or not report.mailed_to:
        return 0
    published = {p.kind: (place, p) for place, p in enumerate(editions.published(connection, cycle_id), 1)}
    if kind not in published:
        raise NotRegistered(f"The {kind} of {cycle_id} was not given out yet.")
    place, this = published[kind]
    document = lifecycle.find(connection, cycle_id, kind)
    assert document is not None  # published
    signed = connection.execute(query("documents/signed_file"), {"document_id": this.document_id}).one()
    file = AttachedFile(
        signed.signed_file_name, signed.signed_file_sha256, media_type(signed.signed_file_name)
    )
    former = None if document.about_document_id is None else editions.base_of(connection, document)
    shared = {
        "family": editions.family_of(kind),
        "number": this.number,
        "signed_on": short_date(this.registered_on),
        "addressee": report.addressee,
        "subject": report.subject,
        "former_number": former.number if former else None,
        "former_on": short_date(former.registered_on) if former else None,
        "file": file.filename,
    }
    rows = connection.execute(
        query("mail/recipients_of_report"),
        {"cycle_id": cycle_id, "groups": list(report.mailed_to), "step": REPORT_COPY, "sequence": place},
    ).all()
    new = 0
    for _, group in groupby(rows, key=lambda row: row.recipient_id):
        contacts = _live(connection, cycle, list(group))
        if not contacts:
            continue
        composed = compose.compose(
            REPORT_COPY, cycle.values(contacts[0]) | shared, is_rehearsal=cycle.is_rehearsal
        )
        for contact in contacts:
            new += queue_to(
                connection, cycle, contact, REPORT_COPY, composed, sequence=place, attachments=(file,)
            )
    return new
