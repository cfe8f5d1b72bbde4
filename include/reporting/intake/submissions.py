"""Committing a checked workbook as a version of an office's answer: submission, findings, facts, prose,
events.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection

from reporting import archive, events
from reporting.database import query
from reporting.forms.models import Form
from reporting.intake.message import Attachment
from reporting.registry.names import NameIndex
from reporting.settings import settings
from reporting.validation.check import CheckContext, CheckedWorkbook
from reporting.validation.findings import Finding
from reporting.wording.catalogue import text

ACCEPTED = frozenset({"accepted", "accepted_with_warnings"})
FAULT = "system_fault"
DUPLICATE = "duplicate"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FOCAL_POINT = (
    "contact_name",
    "contact_position",
    "contact_department",
    "contact_phone",
    "contact_email",
    "contact_changed",
)
_STAGES_ANSWERED_BY_A_FRESH_FORM = frozenset({"container", "template"})


class NoFormError(LookupError):
    """The cycle asks for no workbook; the message says in Vietnamese what to do with one that came."""


@dataclass(frozen=True)
class Delivery:
    """How a workbook came. `arrival_id` is None for an entry by the ministry."""

    channel: str
    sender: str
    received_at: datetime
    sent_at: datetime | None
    arrival_id: int | None = None
    entered_for_reason: str | None = None


@dataclass(frozen=True)
class Recorded:
    """What became of a workbook; a duplicate keeps the number of the version it repeats."""

    submission_id: int
    recipient_id: int
    version: int
    outcome: str


def check_context(connection: Connection, cycle_id: str) -> CheckContext:
    """What the checks need to know of a cycle. Raises LookupError when there is no such cycle, NoFormError
    when it asks for no workbook.
    """
    row = connection.execute(query("intake/cycle_context"), {"cycle_id": cycle_id}).one_or_none()
    if row is None:
        raise LookupError(f"There is no cycle {cycle_id!r}; `reporting cycle list` shows those there are.")
    if row.form_content is None:
        raise NoFormError(text("intake.no_form", cycle=cycle_id))
    recipients = connection.execute(query("intake/recipients"), {"cycle_id": cycle_id}).all()
    index = NameIndex((r.reference_code, [r.name, r.short_name, *r.aliases]) for r in recipients)
    return CheckContext(
        form=Form.model_validate(row.form_content),
        cycle_id=cycle_id,
        cycle_title=row.title,
        period_from=row.period_from,
        period_to=row.period_to,
        recipients={r.reference_code: r.short_name for r in recipients},
        resolve=lru_cache(maxsize=1024)(index.resolve),
        signing_key=settings().signing_key.get_secret_value(),
    )


def asks_for_workbook(connection: Connection, cycle_id: str) -> bool:
    """Whether the cycle asks for a workbook at all. Raises NoResultFound when there is no such cycle."""
    return bool(connection.execute(query("intake/asks_for_workbook"), {"cycle_id": cycle_id}).scalar_one())


def is_published(connection: Connection, cycle_id: str) -> bool:
    """Whether the cycle's summary report is published, so that nothing may change any more what counts.

    While it is not, its publication waits until the caller's transaction has ended.
    """
    connection.execute(query("intake/hold_publication"), {"cycle_id": cycle_id})
    # a statement of its own: it must see what was committed while the one before waited
    return bool(connection.execute(query("intake/is_published"), {"cycle_id": cycle_id}).scalar_one())


def record_submission(
    connection: Connection,
    cycle_id: str,
    reference_code: str,
    file: Attachment,
    checked: CheckedWorkbook | None,
    delivery: Delivery,
    checked_at: datetime,
    actor: str,
) -> Recorded:
    """Commit a workbook as the recipient's next version, with its findings and, when accepted, its facts.

    `checked` is None when our own checks failed on it: the version is then kept as a system fault. The very
    file that is a version already makes no second one: the outcome is then "duplicate". A version that a
    fault of ours had kept from being checked gets its result when the file comes again. Holds the recipient's
    row until the end of the transaction. Raises LookupError when the cycle has no such recipient.
    """
    recipient = connection.execute(
        query("intake/lock_recipient"), {"cycle_id": cycle_id, "reference_code": reference_code}
    ).one_or_none()
    if recipient is None:
        raise LookupError(f"Cycle {cycle_id} has no recipient with the code {reference_code!r}.")
    sha256 = archive.store(connection, file.data, file.media_type)
    outcome = checked.outcome if checked else FAULT
    row = connection.execute(
        query("intake/add_submission"),
        {
            "cycle_id": cycle_id,
            "recipient_id": recipient.recipient_id,
            "arrival_id": delivery.arrival_id,
            "file_sha256": sha256,
            "filename": file.filename,
            "sender": delivery.sender,
            "channel": delivery.channel,
            "entered_for_reason": delivery.entered_for_reason,
            "sent_at": delivery.sent_at,
            "received_at": delivery.received_at,
            "outcome": outcome,
            "checked_at": checked_at,
            "blank_means_no": checked.blank_means_no if checked else None,
        },
    ).one_or_none()
    if row is None:
        first = connection.execute(
            query("intake/find_submission"), {"recipient_id": recipient.recipient_id, "file_sha256": sha256}
        ).one()
        events.record(
            connection, cycle_id, "submission_repeated", actor, checked_at,
            recipient_id=recipient.recipient_id, filename=file.filename,
            arrival_id=delivery.arrival_id, repeats_version=first.version,
            first_outcome=first.outcome,
        )  # fmt: skip
        return Recorded(first.submission_id, recipient.recipient_id, first.version, DUPLICATE)
    keys = {"submission_id": row.submission_id, "cycle_id": cycle_id, "recipient_id": recipient.recipient_id}
    findings = sorted(checked.findings if checked else (), key=lambda finding: finding.severity != "error")
    _insert(
        connection,
        "add_finding",
        [{"submission_id": row.submission_id} | _finding(f, n) for n, f in enumerate(findings, start=1)],
    )
    if checked and outcome in ACCEPTED:
        _insert(
            connection,
            "add_fact",
            [
                keys
                | {
                    "indicator": mark.indicator,
                    "year": mark.year,
                    "kind": "mark",
                    "state": mark.meaning,
                    "value": None,
                    "unit": None,
                    "document_number": mark.document_number,
                    "document_on": mark.document_on,
                    "note": mark.note,
                    "explanation": mark.explanation,
                    "sheet": mark.sheet,
                    "cell": mark.cell,
                }
                for mark in checked.marks
            ]
            + [
                keys
                | {
                    "indicator": quantity.indicator,
                    "year": quantity.year,
                    "kind": "quantity",
                    "state": quantity.state,
                    "value": quantity.value,
                    "unit": quantity.unit,
                    "document_number": None,
                    "document_on": None,
                    "note": quantity.note,
                    "explanation": quantity.explanation,
                    "sheet": quantity.sheet,
                    "cell": quantity.cell,
                }
                for quantity in checked.quantities
            ],
        )
        _insert(
            connection,
            "add_list_row",
            [
                keys
                | {
                    "list": entry.list,
                    "position": entry.position,
                    "content": json.dumps(entry.content, ensure_ascii=False),
                    "sheet": entry.sheet,
                    "first_cell": entry.first_cell,
                }
                for entry in checked.list_rows
            ],
        )
        _insert(
            connection,
            "add_narrative",
            [
                keys | {"section": part.section, "body": part.body, "sheet": part.sheet, "cell": part.cell}
                for part in checked.narratives
            ],
        )
        said = {field: value for field in _FOCAL_POINT if (value := checked.cover.get(field, "").strip())}
        if said:
            connection.execute(
                query("intake/add_cover_fields"),
                {"submission_id": row.submission_id, "fields": json.dumps(said, ensure_ascii=False)},
            )
    events.record(
        connection, cycle_id, "submission_checked", actor, checked_at, recipient_id=recipient.recipient_id,
        submission_id=row.submission_id, version=row.version, outcome=outcome, filename=file.filename,
        channel=delivery.channel, arrival_id=delivery.arrival_id,
        error_count=sum(f.severity == "error" for f in findings),
        warning_count=sum(f.severity == "warning" for f in findings),
    )  # fmt: skip
    return Recorded(row.submission_id, recipient.recipient_id, row.version, outcome)


def workbook_to_return(
    connection: Connection, cycle_id: str, reference_code: str, data: bytes, checked: CheckedWorkbook
) -> bytes:
    """The workbook on which the findings are to be marked: the sender's own, as a rule.

    Where the file could not be opened, or is not the form asked for, it is the one the recipient was asked
    with, if it can still be found.
    """
    is_unusable = checked.outcome == "unreadable" or any(
        finding.severity == "error" and finding.stage in _STAGES_ANSWERED_BY_A_FRESH_FORM
        for finding in checked.findings
    )
    fresh = workbook_asked_with(connection, cycle_id, reference_code) if is_unusable else None
    return fresh or data


def workbook_asked_with(connection: Connection, cycle_id: str, reference_code: str) -> bytes | None:
    """The workbook that went out with the request to this recipient; None when none did."""
    attachments = connection.execute(
        query("intake/sent_workbook"), {"cycle_id": cycle_id, "reference_code": reference_code}
    ).scalar_one_or_none()
    for attachment in attachments or []:
        if attachment["media_type"] == XLSX:
            return archive.read(attachment["sha256"])
    return None


def _finding(finding: Finding, position: int) -> dict[str, object]:
    return {
        "position": position,
        "severity": finding.severity,
        "stage": finding.stage,
        "rule": finding.rule,
        "sheet": finding.sheet,
        "cell": finding.cell,
        "indicator": finding.indicator,
        "value_seen": finding.value_seen,
        "message": finding.message,
        "explanation": finding.explanation,
        "rule_waiver_id": finding.rule_waiver_id,
    }


def _insert(connection: Connection, name: str, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        connection.execute(query(f"intake/{name}"), rows)
