"""Versions that a fault of ours kept from being checked: tried again from the archive until they have a
result.
"""

from __future__ import annotations

import logging
from typing import Any

from sqlalchemy import Engine, Row

from reporting import archive, clock, events, logs
from reporting.database import query
from reporting.intake import virus_scan
from reporting.intake.answering import answer_workbook, check_batch
from reporting.intake.context import check_context
from reporting.intake.message import Attachment
from reporting.intake.submissions import FAULT, Delivery, Recorded
from reporting.mail.answers import queue_system_fault
from reporting.mail.remarks import tell
from reporting.validation.check import CheckedWorkbook, WorkbookFile
from reporting.wording.catalogue import text

ACTOR = "submission_intake"
_log = logging.getLogger(__name__)


def check_again(engine: Engine) -> dict[str, list[str]]:
    """Check the versions again whose next try has come; returns the outcomes reached, by cycle.

    Each try is noted in audit.event before it is made, so that of two workers one makes it and a crash counts
    as one; the next follows ten minutes later, then at twice the distance each time, up to a day
    (intake.fault_to_check). The operator is told of each version once. Without any it is one look.
    """
    with engine.connect() as connection:
        due = connection.execute(query("intake/faults_due")).scalars().all()
    reached: dict[str, list[str]] = {}
    for submission_id in due:
        row = _claim(engine, submission_id)
        if row is None:
            continue  # another worker's
        outcome = None
        try:
            outcome = _try(engine, row)
        except Exception:  # the next try is planned already, and nothing else waits for this one
            with logs.about(cycle_id=row.cycle_id, submission_id=submission_id):
                _log.exception("the workbook could not be checked again")
        if outcome is None:
            _tell(engine, row)
            if _promise_anew(engine, submission_id):
                reached.setdefault(row.cycle_id, [])
        else:
            reached.setdefault(row.cycle_id, []).append(outcome)
    return reached


def _claim(engine: Engine, submission_id: int) -> Row[Any] | None:
    with engine.begin() as connection:
        row = connection.execute(query("intake/claim_fault"), {"submission_id": submission_id}).one_or_none()
        if row is not None:
            events.record(
                connection, row.cycle_id, "submission_check_retried", ACTOR,
                clock.now(connection, row.cycle_id), recipient_id=row.recipient_id,
                submission_id=submission_id, version=row.version, attempt=row.tries + 1,
            )  # fmt: skip
        return row


def _try(engine: Engine, row: Row[Any]) -> str | None:
    """The outcome of one try; None while our checks still fail."""
    data = archive.read(row.file_sha256)
    virus_scan.refuse(engine, [(row.filename, data)])
    with engine.connect() as connection:
        context = check_context(connection, row.cycle_id)
    (checked,) = check_batch([WorkbookFile(row.filename, data, row.reference_code)], context)
    return None if checked is None else _settle(engine, row, data, checked)


def _settle(engine: Engine, row: Row[Any], data: bytes, checked: CheckedWorkbook) -> str | None:
    delivery = Delivery(row.channel, row.sender, row.received_at, row.sent_at, row.arrival_id)
    file = Attachment(row.filename, data, row.media_type)
    with engine.begin() as connection:
        at = clock.now(connection, row.cycle_id)
        answered = answer_workbook(
            connection, row.cycle_id, row.reference_code, delivery, file, checked, at, ACTOR
        )
        if isinstance(answered, Recorded):
            return None if answered.outcome == FAULT else answered.outcome
        connection.execute(
            query("intake/settle_arrival"),
            {"arrival_id": row.arrival_id, "handled_at": at, "outcome": "quarantined", "note": answered},
        )
        events.record(
            connection, row.cycle_id, "arrival_put_aside", ACTOR, at, recipient_id=row.recipient_id,
            arrival_id=row.arrival_id, outcome="quarantined", note=answered, from_address=row.sender,
            reference_code=row.reference_code,
        )  # fmt: skip
    return "quarantined"


def _promise_anew(engine: Engine, submission_id: int) -> bool:
    """Tell the office a new moment when the one it was promised has passed; whether it was."""
    try:
        with engine.begin() as connection:
            return bool(queue_system_fault(connection, submission_id))
    except Exception:  # the next try promises again, and nothing else waits for this one
        with logs.about(submission_id=submission_id):
            _log.exception("no new moment could be promised for an answer")
        return False


def _tell(engine: Engine, row: Row[Any]) -> None:
    values = {
        "filename": row.filename,
        "office": row.short_name,
        "code": row.reference_code,
        "cycle": row.cycle_id,
    }
    tell(
        engine,
        f"system_fault:{row.submission_id}",
        subject=text("intake.fault_told.subject", **values),
        body=text("intake.fault_told.body", **values),
    )
