"""Committing a checked workbook as a version of an office's answer: submission, findings, facts, prose,
events.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from reporting import archive, events
from reporting.database import copy_rows, query
from reporting.intake import returns
from reporting.intake.explanations import keep_mailed_explanations, mailed_explanations
from reporting.intake.message import Attachment
from reporting.validation.check import CheckedWorkbook

ACCEPTED = frozenset({"accepted", "accepted_with_warnings"})
FAULT = "system_fault"
DUPLICATE = "duplicate"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_KEPT_OF_COVER = (
    "report_number",
    "contact_name",
    "contact_position",
    "contact_department",
    "contact_phone",
    "contact_email",
    "contact_changed",
)
_KEYS = ("submission_id", "cycle_id", "recipient_id")
_FACT = (
    "indicator",
    "year",
    "kind",
    "state",
    "value",
    "unit",
    "document_number",
    "document_on",
    "note",
    "explanation",
    "sheet",
    "cell",
)
_FINDING = (
    "submission_id",
    "position",
    "severity",
    "stage",
    "rule",
    "sheet",
    "cell",
    "indicator",
    "value_seen",
    "message",
    "explanation",
    "rule_waiver_id",
)


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


def asks_for_workbook(connection: Connection, cycle_id: str) -> bool:
    """Whether the cycle asks for a workbook at all. Raises NoResultFound when there is no such cycle."""
    return bool(connection.execute(query("intake/asks_for_workbook"), {"cycle_id": cycle_id}).scalar_one())


@dataclass(frozen=True)
class Answer:
    """A workbook that is to be recorded as a version of a recipient's answer.

    `checked` is None when our own checks failed on it. `sha256` is the hash of the file where it lies in the
    archive already; None: it is put there.
    """

    reference_code: str
    file: Attachment
    checked: CheckedWorkbook | None
    delivery: Delivery
    sha256: str | None = None

    @property
    def outcome(self) -> str:
        """The outcome if it is a new version."""
        return self.checked.outcome if self.checked else FAULT


def record_submissions(
    connection: Connection, cycle_id: str, answers: Sequence[Answer], checked_at: datetime, actor: str
) -> list[Recorded]:
    """Commit workbooks as their recipients' next versions, with findings and, of accepted ones, the facts.

    One result per answer, in their order. A version whose checks failed is kept as a system fault. The very
    file that is a version already makes no second one: the outcome is then "duplicate". A version that a
    fault of ours had kept from being checked gets its result when the file comes again; so does one that was
    to be completed and passes now, because a rule was waived since. Holds the recipients' rows until the end
    of the transaction. Raises LookupError when the cycle has no such recipient, ValueError
    when two answers are one recipient's: the second is to be recorded in a call of its own.
    """
    codes = [answer.reference_code for answer in answers]
    if len(set(codes)) != len(codes):
        raise ValueError("two workbooks of one recipient cannot be recorded at once; record them in turn")
    locked = connection.execute(
        query("intake/lock_recipients"), {"cycle_id": cycle_id, "reference_codes": codes}
    )
    recipients = {row.reference_code: row.recipient_id for row in locked}
    for code in codes:
        if code not in recipients:
            raise LookupError(f"Cycle {cycle_id} has no recipient with the code {code!r}.")
    hashes = [a.sha256 or archive.store(connection, a.file.data, a.file.media_type) for a in answers]
    files = [
        _submission(answer, recipients[answer.reference_code], sha256)
        for answer, sha256 in zip(answers, hashes, strict=True)
    ]
    written = connection.execute(
        query("intake/add_submissions"),
        {"cycle_id": cycle_id, "checked_at": checked_at, "files": json.dumps(files, ensure_ascii=False)},
    )
    numbers = {row.recipient_id: row for row in written}
    repeats = [place for place, code in enumerate(codes) if recipients[code] not in numbers]
    found = connection.execute(
        query("intake/find_submissions"),
        {
            "recipient_ids": [recipients[codes[place]] for place in repeats],
            "file_sha256s": [hashes[place] for place in repeats],
        },
    ) if repeats else ()  # fmt: skip
    first = {row.recipient_id: row for row in found}
    results: list[Recorded] = []
    new: list[tuple[Answer, Recorded]] = []
    happened: list[events.Event] = []
    for answer in answers:
        recipient_id = recipients[answer.reference_code]
        if recipient_id in numbers:
            row = numbers[recipient_id]
            recorded = Recorded(row.submission_id, recipient_id, row.version, answer.outcome)
            new.append((answer, recorded))
            happened.append(_checked_event(answer, recorded))
        else:
            row = first[recipient_id]
            recorded = Recorded(row.submission_id, recipient_id, row.version, DUPLICATE)
            detail = {
                "filename": answer.file.filename,
                "arrival_id": answer.delivery.arrival_id,
                "repeats_version": row.version,
                "first_outcome": row.outcome,
            }
            happened.append(events.Event("submission_repeated", recipient_id, detail))
        results.append(recorded)
    read_anew = [row.submission_id for row in numbers.values() if row.is_read_anew]
    mailed = {one: mailed_explanations(connection, one) for one in read_anew}
    for submission_id in read_anew:
        connection.execute(query("intake/clear_contents"), {"submission_id": submission_id})
    write_contents(connection, cycle_id, new)
    for submission_id, explained in mailed.items():
        keep_mailed_explanations(connection, submission_id, explained)
    events.record_all(connection, cycle_id, actor, checked_at, happened)
    for answer, recorded in new:
        if answer.checked is not None and returns.is_special(recorded, answer.checked):
            returns.settle(connection, recorded, answer.checked, answer.delivery, checked_at, actor)
    return results


def _submission(answer: Answer, recipient_id: int, sha256: str) -> dict[str, object]:
    checked, delivery = answer.checked, answer.delivery
    return {
        "recipient_id": recipient_id,
        "arrival_id": delivery.arrival_id,
        "file_sha256": sha256,
        "filename": answer.file.filename,
        "sender": delivery.sender,
        "channel": delivery.channel,
        "entered_for_reason": delivery.entered_for_reason,
        "sent_at": delivery.sent_at.isoformat() if delivery.sent_at else None,
        "received_at": delivery.received_at.isoformat(),
        "outcome": answer.outcome,
        "blank_means_no": checked.blank_means_no if checked else None,
        "kind": checked.kind if checked else "official",
        "is_nil": checked.is_nil if checked else False,
        "is_partial": checked.is_partial if checked else False,
    }


def _checked_event(answer: Answer, recorded: Recorded) -> events.Event:
    findings = answer.checked.findings if answer.checked else ()
    return events.Event(
        "submission_checked",
        recorded.recipient_id,
        {
            "submission_id": recorded.submission_id,
            "version": recorded.version,
            "outcome": recorded.outcome,
            "filename": answer.file.filename,
            "channel": answer.delivery.channel,
            "arrival_id": answer.delivery.arrival_id,
            "error_count": sum(finding.severity == "error" for finding in findings),
            "warning_count": sum(finding.severity == "warning" for finding in findings),
        },
    )


def write_contents(connection: Connection, cycle_id: str, written: Sequence[tuple[Answer, Recorded]]) -> None:
    """Write the findings of new versions and, of accepted ones, what they say."""
    checked = [(a.checked, r, (r.submission_id, cycle_id, r.recipient_id)) for a, r in written if a.checked]
    copy_rows(
        connection,
        "intake.finding",
        _FINDING,
        (
            (recorded.submission_id, position, *(getattr(finding, name) for name in _FINDING[2:]))
            for one, recorded, _ in checked
            for position, finding in enumerate(
                sorted(one.findings, key=lambda finding: finding.severity != "error"), start=1
            )
        ),
    )
    accepted = [(one, keys) for one, recorded, keys in checked if recorded.outcome in ACCEPTED]
    copy_rows(
        connection,
        "core.fact",
        (*_KEYS, *_FACT),
        [
            (*keys, m.indicator, m.year, "mark", m.meaning, None, None, m.document_number, m.document_on,
             m.note, m.explanation, m.sheet, m.cell)
            for one, keys in accepted
            for m in one.marks
        ]
        + [
            (*keys, q.indicator, q.year, "quantity", q.state, q.value, q.unit, None, None, q.note,
             q.explanation, q.sheet, q.cell)
            for one, keys in accepted
            for q in one.quantities
        ],
    )  # fmt: skip
    copy_rows(
        connection,
        "core.list_row",
        (*_KEYS, "list", "position", "content", "sheet", "first_cell"),
        (
            (*keys, e.list, e.position, json.dumps(e.content, ensure_ascii=False), e.sheet, e.first_cell)
            for one, keys in accepted
            for e in one.list_rows
        ),
    )
    copy_rows(
        connection,
        "core.narrative",
        (*_KEYS, "section", "body", "sheet", "cell"),
        (
            (*keys, part.section, part.body, part.sheet, part.cell)
            for one, keys in accepted
            for part in one.narratives
        ),
    )
    said = [
        (keys[0], field, value)
        for one, keys in accepted
        for field in _KEPT_OF_COVER
        if (value := one.cover.get(field, "").strip())
    ]
    if said:
        submission_ids, fields, values = (list(column) for column in zip(*said, strict=True))
        connection.execute(
            query("intake/add_cover_fields"),
            {"submission_ids": submission_ids, "fields": fields, "values": values},
        )


def workbook_asked_with(connection: Connection, cycle_id: str, reference_code: str) -> bytes | None:
    """The workbook that went out with the request to this recipient; None when none did."""
    attachments = connection.execute(
        query("intake/sent_workbook"), {"cycle_id": cycle_id, "reference_code": reference_code}
    ).scalar_one_or_none()
    for attachment in attachments or []:
        if attachment["media_type"] == XLSX:
            return archive.read(attachment["sha256"])
    return None
