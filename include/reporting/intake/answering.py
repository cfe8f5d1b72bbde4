"""Checking workbooks and committing each with its answer: what every way of handling a delivery shares."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from reporting import events
from reporting.database import query
from reporting.intake.message import Attachment
from reporting.intake.submissions import (
    ACCEPTED,
    DUPLICATE,
    FAULT,
    Delivery,
    Recorded,
    is_published,
    record_submission,
    workbook_to_return,
)
from reporting.mail.answers import (
    queue_completion_request,
    queue_receipt,
    queue_repeat_receipt,
    queue_system_fault,
)
from reporting.validation.check import CheckContext, CheckedWorkbook, WorkbookFile, check_workbooks
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import moment
from reporting.workbook.annotate import annotate

_log = logging.getLogger(__name__)


def check_batch(files: Sequence[WorkbookFile], context: CheckContext) -> list[CheckedWorkbook | None]:
    """Check all files in one pass; if that fails, each by itself. None for a file on which the checks
    themselves fail.
    """
    try:
        return list(check_workbooks(files, context))
    except Exception:
        _log.exception("the check of %d workbooks failed; trying each by itself", len(files))
    results: list[CheckedWorkbook | None] = []
    for file in files:
        try:
            results += check_workbooks([file], context)
        except Exception:
            _log.exception("the check of %s failed", file.filename)
            results.append(None)
    return results


def answer_workbook(
    connection: Connection,
    cycle_id: str,
    sender_code: str | None,
    delivery: Delivery,
    file: Attachment,
    checked: CheckedWorkbook | None,
    at: datetime,
    actor: str,
    *,
    is_decided: bool = False,
) -> Recorded | str:
    """Commit one workbook and queue its answer, or say in Vietnamese why a person must decide.

    `sender_code` is the look-up code of the recipient for whom the sender speaks; `checked` is None when our
    own checks failed. A version that stays a fault of ours is answered as such once. A file that repeats the
    version that counts (or the newest) is told so; one that repeats an earlier version is for a person, who
    decides (`is_decided`) that it counts again. After the report's publication every file is for a person.
    """
    if is_published(connection, cycle_id):
        return text("intake.put_aside.published_before_file", cycle=cycle_id, filename=file.filename)
    if checked is not None and checked.reference_code is None:
        return text("intake.put_aside.question", filename=file.filename, question=checked.question or "")
    reference_code = checked.reference_code if checked else sender_code
    if reference_code is None:
        return text("intake.put_aside.system_fault", filename=file.filename)
    returned: bytes | None = None
    if checked is not None and checked.outcome not in ACCEPTED:
        base = workbook_to_return(connection, cycle_id, reference_code, file.data, checked)
        try:
            returned = annotate(base, checked.findings) or b""
        except Exception:
            _log.exception("the findings could not be marked in %s", file.filename)
            checked = None
    recorded = record_submission(connection, cycle_id, reference_code, file, checked, delivery, at, actor)
    if recorded.outcome in ACCEPTED:
        queue_receipt(connection, recorded.submission_id)
    elif recorded.outcome == FAULT:
        queue_system_fault(connection, recorded.submission_id)
    elif recorded.outcome == DUPLICATE:
        return _answer_repeat(
            connection, cycle_id, delivery, file, recorded, at, actor, is_decided=is_decided
        )
    elif returned is not None:
        queue_completion_request(connection, recorded.submission_id, returned)
    return recorded


def _answer_repeat(
    connection: Connection,
    cycle_id: str,
    delivery: Delivery,
    file: Attachment,
    recorded: Recorded,
    at: datetime,
    actor: str,
    *,
    is_decided: bool,
) -> Recorded | str:
    standing = connection.execute(
        query("intake/standing_of_repeat"), {"submission_id": recorded.submission_id}
    ).one()
    if delivery.arrival_id is None or standing.arrival_id == delivery.arrival_id:
        return recorded  # twice in one delivery: answered already
    if standing.version in {standing.current_version, standing.newest_version}:
        queue_repeat_receipt(connection, recorded.submission_id, delivery.arrival_id)
        return recorded
    if not is_decided:
        return text(
            "intake.put_aside.repeats_older",
            filename=file.filename,
            version=standing.version,
            received_at=moment(standing.received_at),
            current=standing.current_version,
            current_received_at=moment(standing.current_received_at),
        )
    version = connection.execute(
        query("intake/reinstate_submission"), {"submission_id": recorded.submission_id}
    ).scalar_one()
    events.record(
        connection, cycle_id, "submission_reinstated", actor, at, recipient_id=recorded.recipient_id,
        submission_id=recorded.submission_id, version=version, version_before=standing.version,
        arrival_id=delivery.arrival_id,
    )  # fmt: skip
    if standing.outcome in ACCEPTED:
        queue_receipt(connection, recorded.submission_id)
    else:
        queue_repeat_receipt(connection, recorded.submission_id, delivery.arrival_id)
    return Recorded(recorded.submission_id, recorded.recipient_id, version, standing.outcome)
