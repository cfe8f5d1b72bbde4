"""Answers to what an office sent: receipt, request to complete, a fault of ours, receipt of a repeat.

Each function queues and returns how many messages were new; called again, it queues nothing that is in the
ledger already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import PurePath
from typing import Any

from sqlalchemy import Connection, Row

from reporting import archive
from reporting.calendar.working_days import WorkingCalendar
from reporting.clock import VIETNAM
from reporting.database import query
from reporting.intake.returns import difference
from reporting.mail import compose
from reporting.mail.facts import (
    Item,
    MailCycle,
    completion_day,
    last_correction_day,
    load_cycle,
    media_type,
    owed_by,
    report_unreachable,
    today,
    workbook_name,
)
from reporting.mail.ledger import AttachedFile, OutgoingMessage, queue_all
from reporting.validation.findings import NOTICES
from reporting.validation.summary import Figure, understood_lines
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import date_with_weekday, join_names, moment, short_date

RECEIPT, REPEAT = "receipt", "repeat"
COMPLETION_REQUEST, SYSTEM_FAULT = "completion_request", "system_fault"
EXPLAINED = "explained"
_FINDINGS_IN_MAIL = 3
_EXPLAINED_IN_RECEIPT = 10
_FAULT_ANSWERED_WITHIN_WORKING_DAYS = 1
_OF_ANOTHER_FORM = frozenset({"container", "template"})
_MARKED_THEMSELVES = frozenset({".xlsx", ".xlsm", ".xltx", ".xltm"})
_ACCEPTED = frozenset({"accepted", "accepted_with_warnings"})


def queue_answers(connection: Connection, cycle_id: str, submission_ids: Sequence[int]) -> int:
    """Confirm accepted versions of one cycle: what was understood, how each version and the signed report
    stand, and which warnings wait for an explanation.

    However many there are, the warehouse is asked a fixed number of times. A version that was taken back
    gets no receipt. Raises LookupError for an unknown cycle, or a version that is not one of the cycle's.
    """
    if not submission_ids:
        return 0
    cycle = load_cycle(connection, cycle_id, is_registered=False)
    rows = connection.execute(
        query("mail/versions_to_answer"), {"cycle_id": cycle_id, "submission_ids": list(submission_ids)}
    ).all()
    if unknown := {*submission_ids} - {row.submission_id for row in rows}:
        raise LookupError(f"There is no submission number {min(unknown)} in {cycle_id}.")
    standing = _standing(connection, rows)
    rows = [row for row in rows if not standing[row.submission_id].is_withdrawn]
    recipient_ids = list({row.recipient_id for row in rows})
    owed = owed_by(connection, cycle, recipient_ids)
    reports = {
        row.recipient_id: text(
            "mail.signed_report", number=row.document_number, date=short_date(row.signed_on)
        )
        for row in connection.execute(query("mail/signed_reports"), {"recipient_ids": recipient_ids})
    }
    contacts = _contacts(connection, cycle, rows)
    messages: list[tuple[OutgoingMessage, str]] = []
    for row, to in zip(rows, contacts, strict=True):
        if not to:
            continue
        stands, items = standing[row.submission_id], owed[row.recipient_id]
        if row.is_nil and stands.counted == row.submission_id:
            template, said = "nil_return", _nil_values(cycle, row, items)
        else:
            template = RECEIPT
            said = _receipt_values(cycle, row, stands, items, reports.get(row.recipient_id))
        composed = compose.compose(template, cycle.values(row) | said, is_rehearsal=cycle.is_rehearsal)
        messages += [(_message(cycle, row, contact, RECEIPT, composed), row.reference_code) for contact in to]
    return len(queue_all(connection, cycle_id, messages, cycle.at))


def queue_receipt(connection: Connection, submission_id: int) -> int:
    """Confirm one accepted version; see queue_answers. Raises LookupError for an unknown submission."""
    _, submission = _submission(connection, submission_id)
    return queue_answers(connection, submission.cycle_id, [submission_id])


@dataclass(frozen=True)
class _Standing:
    """How a version stands beside the others of its office."""

    submission_id: int
    is_withdrawn: bool = False
    counted: int | None = None
    counted_version: int | None = None
    counted_received_at: datetime | None = None
    conflicting_cells: int | None = None
    conflict_version: int | None = None
    conflict_received_at: datetime | None = None


def _standing(connection: Connection, rows: Sequence[Row[Any]]) -> dict[int, _Standing]:
    """How each version stands. A first official version has none beside it, and nothing is asked about it."""
    beside_others = [row.submission_id for row in rows if row.version > 1 or row.kind == "draft"]
    standing = {row.submission_id: _Standing(row.submission_id, counted=row.submission_id) for row in rows}
    if beside_others:
        found = connection.execute(query("mail/standing_of_versions"), {"submission_ids": beside_others})
        for row in found:
            standing[row.submission_id] = _Standing(**row._mapping)
    return standing


def _receipt_values(
    cycle: MailCycle, row: Row[Any], standing: _Standing, owed: Sequence[Item], report: str | None
) -> dict[str, object]:
    report_item = next((item for item in owed if item.kind == "document" and not item.is_opt_in), None)
    form_item = next((item for item in owed if item.kind == "data_form"), None)
    findings = row.findings or ()
    open_findings = [
        message for rule, message, explanation in findings if rule not in NOTICES and not explanation
    ]
    return {
        "is_entered_by_ministry": row.channel == "ministry_entry",
        "filename": row.filename,
        "received_at": moment(row.received_at),
        "version": row.version,
        "kind": row.kind,
        "is_partial": row.is_partial,
        "understood": [*_understood(cycle, row), *_taken_over(cycle, row)],
        "difference": difference.lines(row.difference),
        "is_unchanged": row.difference == [],
        "to_explain": open_findings[:_EXPLAINED_IN_RECEIPT],
        "to_explain_count": len(open_findings),
        "explained_count": sum(bool(explanation) for _, _, explanation in findings),
        "noticed": [message for rule, message, _ in findings if rule in NOTICES],
        "late_item": form_item if _is_late(form_item) else None,
        "data_deadline": form_item,
        "signed_report": report,
        "awaits_committee": report_item is not None and report_item.state == "department_only",
        "asks_signed_report": report_item is not None and report_item.is_outstanding,
        "signed_report_deadline": report_item,
        "is_signed_report_late": report_item is not None
        and report_item.due_at is not None
        and report_item.due_at <= cycle.at,
        "last_correction_day": last_correction_day(cycle),
    } | _beside_others(row, standing)


def _beside_others(row: Row[Any], standing: _Standing) -> dict[str, object]:
    """What is said of a version that another one is counted before, or contradicts."""
    return {
        "counted_version": None
        if row.kind == "draft" or standing.counted == row.submission_id
        else standing.counted_version,
        "counted_received_at": standing.counted_received_at and moment(standing.counted_received_at),
        "conflicting_cells": standing.conflicting_cells,
        "conflict_version": standing.conflict_version,
        "conflict_received_at": standing.conflict_received_at and moment(standing.conflict_received_at),
    }


def _nil_values(cycle: MailCycle, row: Row[Any], owed: Sequence[Item]) -> dict[str, object]:
    return {
        "period": cycle.regime.period(cycle.row.period).label,
        "form_title": cycle.form.title,
        "basis": text("returns.nil.workbook", filename=row.filename, received_at=moment(row.received_at)),
        "others": [item for item in owed if item.is_outstanding and item.kind != "data_form"],
        "last_correction_day": last_correction_day(cycle),
    }


def _is_late(item: Item | None) -> bool:
    """Whether the first delivery in good faith came after the deadline."""
    return (
        item is not None
        and item.due_at is not None
        and item.first_received_at is not None
        and item.first_received_at >= item.due_at
    )


def _taken_over(cycle: MailCycle, row: Row[Any]) -> list[str]:
    """Which lasting marks say what was filled in from the last period."""
    kept = {(indicator, year) for indicator, year in row.kept or ()}
    marks = [
        text("mail.taken_over.mark", label=one.short_label, year=year)
        for one in cycle.form.indicators
        if one.is_lasting
        for year in cycle.form.years
        if (one.code, year) in kept
    ]
    if not marks:
        return []
    return [text("mail.taken_over.line", period=row.prior_period, marks=join_names(marks))]


def _understood(cycle: MailCycle, row: Row[Any]) -> list[str]:
    figures = [
        Figure(
            indicator,
            year,
            state,
            None if value is None else Decimal(value),
            number,
            None if on is None else date.fromisoformat(on),
        )
        for indicator, year, state, value, number, on in row.figures or ()
    ]
    return understood_lines(figures, row.list_rows or {}, row.sections or (), cycle.form)


def queue_completion_request(connection: Connection, submission_id: int, returned_workbook: bytes) -> int:
    """Ask for a submission to be completed: the worst findings, how many there are, and the marked workbook;
    where the file may be another office's, the workbook that its sender was asked with, and what to do then.

    `returned_workbook` is empty where the file could not be opened at all; then none is attached. Raises
    LookupError for an unknown submission.
    """
    cycle, submission = _submission(connection, submission_id)
    findings = connection.execute(query("mail/findings"), {"submission_id": submission_id}).all()
    items = owed_by(connection, cycle, [submission.recipient_id])[submission.recipient_id]
    first = next((item.first_received_at for item in items if item.kind == "data_form"), None)
    filename = _returned_name(submission.filename, submission.reference_code)
    returned = "own" if PurePath(submission.filename).suffix.lower() in _MARKED_THEMSELVES else "refilled"
    stages = {finding.stage for finding in findings if finding.severity == "error"}
    if stages & _OF_ANOTHER_FORM:
        returned = "fresh"
    elif "identity" in stages:
        returned = "as_asked"
        filename = workbook_name(submission.reference_code, submission.short_name)
    values = cycle.values(submission) | {
        "filename": submission.filename,
        "received_at": moment(submission.received_at),
        "is_first_delivery": submission.version == 1 or first is None,
        "first_received_at": moment(first) if first else None,
        "error_count": sum(finding.severity == "error" for finding in findings),
        "warning_count": sum(finding.severity == "warning" for finding in findings),
        "findings": [finding.message for finding in findings[:_FINDINGS_IN_MAIL]],
        "has_returned_workbook": bool(returned_workbook),
        "returned": returned if returned_workbook else None,
        "returned_filename": filename,
        "completion_last_day": date_with_weekday(completion_day(cycle)),
    }
    composed = compose.compose("completion_request", values, is_rehearsal=cycle.is_rehearsal)
    attachments: tuple[AttachedFile, ...] = ()
    if returned_workbook:
        kind = media_type(filename)
        attachments = (AttachedFile(filename, archive.store(connection, returned_workbook, kind), kind),)
    return _answer(connection, cycle, submission, COMPLETION_REQUEST, composed, attachments)


def _returned_name(filename: str, code: str) -> str:
    """What the marked copy is called: once returned, again the same; always .xlsx, which it is."""
    stem = PurePath(filename.replace("\\", "/")).stem
    prefix = text("mail.file.returned", stem="").removesuffix(".xlsx")
    while stem.startswith(prefix):
        stem = stem.removeprefix(prefix)
    return text("mail.file.returned", stem=stem or code)


def queue_system_fault(connection: Connection, submission_id: int) -> int:
    """Say that the file is kept and its time noted though our system failed; the sender need do nothing.

    The mail promises word before a moment. Called again after that moment, while the fault lasts, it promises
    a new one; before it, it queues nothing. Raises LookupError for an unknown submission.
    """
    cycle, submission = _submission(connection, submission_id)
    told = connection.execute(query("mail/fault_notices"), {"submission_id": submission_id}).one()
    if told.notices and cycle.at < _answer_before(cycle, told.told_at.astimezone(VIETNAM).date()):
        return 0
    values = cycle.values(submission) | {
        "filename": submission.filename,
        "received_at": moment(submission.received_at),
        "is_renewed": bool(told.notices),
        "answer_before": moment(_answer_before(cycle, today(cycle))),
    }
    composed = compose.compose("system_fault", values, is_rehearsal=cycle.is_rehearsal)
    step = f"{SYSTEM_FAULT}__{told.notices + 1}" if told.notices else SYSTEM_FAULT
    return _answer(connection, cycle, submission, step, composed)


def _answer_before(cycle: MailCycle, told_on: date) -> datetime:
    """The moment before which an office told on this day of our fault is to hear of its file."""
    day = WorkingCalendar.load(cycle.regime.code).shift(told_on, _FAULT_ANSWERED_WITHIN_WORKING_DAYS)
    return datetime.combine(day, cycle.regime.office_hours.closes, tzinfo=VIETNAM)


def queue_repeat_receipt(connection: Connection, submission_id: int, arrival_id: int) -> int:
    """Say, in the thread of this delivery, that its file repeats a submission, and how that one stands: as a
    receipt would say it today, with the warnings that wait for an explanation numbered as in the receipt.

    Raises LookupError for an unknown submission or delivery.
    """
    cycle, repeat = _delivery_about(connection, submission_id, arrival_id)
    states = {"accepted": "accepted", "accepted_with_warnings": "accepted", "system_fault": "in_check"}
    owed = owed_by(connection, cycle, [repeat.recipient_id])[repeat.recipient_id]
    form_item = next((item for item in owed if item.kind == "data_form"), None)
    listed = [
        (message, explanation)
        for rule, message, explanation, is_by_mail in repeat.findings or ()
        if rule not in NOTICES and (is_by_mail or not explanation)
    ]
    to_explain = [
        (number, message) for number, (message, explanation) in enumerate(listed, start=1) if not explanation
    ]
    values = cycle.values(repeat) | {
        "filename": repeat.filename,
        "received_at": moment(repeat.received_at),
        "first_received_at": moment(repeat.first_received_at),
        "state": states.get(repeat.outcome, "to_complete"),
        "kind": repeat.kind,
        "is_partial": repeat.is_partial,
        "to_explain": to_explain[:_EXPLAINED_IN_RECEIPT],
        "to_explain_count": len(to_explain),
        "data_deadline": form_item,
        "late_item": form_item if _is_late(form_item) else None,
    }
    values |= _beside_others(repeat, _standing(connection, [repeat])[submission_id])
    composed = compose.compose("repeat", values, is_rehearsal=cycle.is_rehearsal)
    return _answer(connection, cycle, repeat, REPEAT, composed, sequence=arrival_id)


def queue_explanation_receipt(
    connection: Connection,
    submission_id: int,
    arrival_id: int,
    explained: Sequence[str],
    still_open: Sequence[tuple[int, str]],
) -> int:
    """Say, in the thread of this mail, which warnings it explained and which, by number, wait still.

    Raises LookupError for an unknown submission or delivery.
    """
    cycle, mail = _delivery_about(connection, submission_id, arrival_id)
    values = cycle.values(mail) | {
        "filename": mail.filename,
        "received_at": moment(mail.received_at),
        "explained": explained,
        "still_open": still_open,
        "is_accepted": mail.outcome in _ACCEPTED,
        "is_all": mail.kind != "draft" and not mail.is_partial,
    }
    composed = compose.compose(EXPLAINED, values, is_rehearsal=cycle.is_rehearsal)
    return _answer(connection, cycle, mail, EXPLAINED, composed, sequence=arrival_id)


def _delivery_about(
    connection: Connection, submission_id: int, arrival_id: int
) -> tuple[MailCycle, Row[Any]]:
    """A delivery that concerns a submission which came by another one."""
    row = connection.execute(
        query("mail/repeat_facts"), {"submission_id": submission_id, "arrival_id": arrival_id}
    ).one_or_none()
    if row is None:
        raise LookupError(f"There is no submission number {submission_id} or no delivery {arrival_id}.")
    return load_cycle(connection, row.cycle_id, is_registered=False), row


def _submission(connection: Connection, submission_id: int) -> tuple[MailCycle, Row[Any]]:
    row = connection.execute(query("mail/submission_facts"), {"submission_id": submission_id}).one_or_none()
    if row is None:
        raise LookupError(f"There is no submission number {submission_id}.")
    return load_cycle(connection, row.cycle_id, is_registered=False), row


def _answer(
    connection: Connection,
    cycle: MailCycle,
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
    (contacts,) = _contacts(connection, cycle, [submission])
    messages = [
        (_message(cycle, submission, to, step, composed, attachments, sequence), submission.reference_code)
        for to in contacts
    ]
    return len(queue_all(connection, cycle.row.cycle_id, messages, cycle.at))


def _contacts(connection: Connection, cycle: MailCycle, rows: Sequence[Row[Any]]) -> list[list[Row[Any]]]:
    """Whom the answer to each of these deliveries goes to; an office without a contact in use is reported."""
    contacts: list[list[Row[Any]]] = [[] for _ in rows]
    found = connection.execute(
        query("mail/contacts_to_answer"),
        {
            "organization_ids": [row.organization_id for row in rows],
            "senders": [row.sender for row in rows],
        },
    )
    for contact in found:
        contacts[contact.position - 1].append(contact)
    for row, of_row in zip(rows, contacts, strict=True):
        if not of_row:
            report_unreachable(connection, cycle, row.recipient_id)
    return contacts


def _message(
    cycle: MailCycle,
    submission: Row[Any],
    contact: Row[Any],
    step: str,
    composed: compose.Composed,
    attachments: tuple[AttachedFile, ...] = (),
    sequence: int | None = None,
) -> OutgoingMessage:
    return OutgoingMessage(
        cycle_id=cycle.row.cycle_id,
        recipient_id=submission.recipient_id,
        contact_id=contact.contact_id,
        step=step,
        sequence=submission.version if sequence is None else sequence,
        to_address=contact.email,
        subject=composed.subject,
        body_text=composed.body_text,
        body_html=composed.body_html,
        attachments=attachments,
        in_reply_to=submission.arrival_message_id,
    )
