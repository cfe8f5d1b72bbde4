"""Answers to what an office sent: receipt, request to complete, a fault of ours, receipt of a repeat.

Each function queues and returns how many messages were new; called again, it queues nothing that is in the
ledger already.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePath
from typing import Any

from sqlalchemy import Connection, Row

from reporting import archive
from reporting.calendar.working_days import WorkingCalendar
from reporting.clock import VIETNAM
from reporting.database import query
from reporting.mail import compose
from reporting.mail.facts import (
    MailCycle,
    completion_day,
    last_correction_day,
    load_cycle,
    media_type,
    owed_by,
    queue_to,
    report_unreachable,
    today,
)
from reporting.mail.ledger import AttachedFile
from reporting.validation.summary import understood_lines
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import date_with_weekday, moment, short_date

RECEIPT, COMPLETION_REQUEST, SYSTEM_FAULT, REPEAT = "receipt", "completion_request", "system_fault", "repeat"
_FINDINGS_IN_MAIL = 3
_FAULT_ANSWERED_WITHIN_WORKING_DAYS = 1


def queue_receipt(connection: Connection, submission_id: int) -> int:
    """Confirm an accepted submission: what was understood, and where the signed report stands.

    Raises LookupError for an unknown submission.
    """
    cycle, submission = _submission(connection, submission_id)
    owed = owed_by(connection, cycle, submission.recipient_id)[submission.recipient_id]
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
        "last_correction_day": last_correction_day(cycle),
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
    items = owed_by(connection, cycle, submission.recipient_id)[submission.recipient_id]
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
        "completion_last_day": date_with_weekday(completion_day(cycle)),
    }
    composed = compose.compose("completion_request", values, is_rehearsal=cycle.is_rehearsal)
    attachments: tuple[AttachedFile, ...] = ()
    if returned_workbook:
        kind = media_type(filename)
        attachments = (AttachedFile(filename, archive.store(connection, returned_workbook, kind), kind),)
    return _answer(connection, cycle, submission, COMPLETION_REQUEST, composed, attachments)


def queue_system_fault(connection: Connection, submission_id: int) -> int:
    """Say that the file is kept and its time noted though our system failed; the sender need do nothing.

    Raises LookupError for an unknown submission.
    """
    cycle, submission = _submission(connection, submission_id)
    day = WorkingCalendar.load(cycle.regime.code).shift(today(cycle), _FAULT_ANSWERED_WITHIN_WORKING_DAYS)
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
    cycle = load_cycle(connection, repeat.cycle_id, is_registered=False)
    states = {"accepted": "accepted", "accepted_with_warnings": "accepted", "system_fault": "in_check"}
    values = cycle.values(repeat) | {
        "filename": repeat.filename,
        "received_at": moment(repeat.received_at),
        "first_received_at": moment(repeat.first_received_at),
        "state": states.get(repeat.outcome, "to_complete"),
    }
    composed = compose.compose("repeat", values, is_rehearsal=cycle.is_rehearsal)
    return _answer(connection, cycle, repeat, REPEAT, composed, sequence=arrival_id)


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
    contacts = connection.execute(
        query("mail/contacts_to_answer"),
        {"organization_id": submission.organization_id, "sender": submission.sender},
    ).all()
    if not contacts:
        report_unreachable(connection, cycle, submission.recipient_id)
    return sum(
        queue_to(
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


def _understood(connection: Connection, cycle: MailCycle, submission_id: int) -> list[str]:
    key = {"submission_id": submission_id}
    marks = connection.execute(query("mail/marks"), key).all()
    section_count = connection.execute(query("mail/count_sections"), key).scalar_one()
    return understood_lines(marks, section_count, cycle.form)
