"""Checking workbooks and committing each with its answer: what every way of handling a delivery shares."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from reporting import events, logs
from reporting.database import query
from reporting.intake.giving_back import workbook_to_give_back
from reporting.intake.message import Attachment
from reporting.intake.returns import confidential_offices, settle_again
from reporting.intake.submissions import (
    ACCEPTED,
    DUPLICATE,
    FAULT,
    Answer,
    Delivery,
    Recorded,
    record_submissions,
)
from reporting.isolation import is_of_the_machine
from reporting.mail.answers import (
    queue_answers,
    queue_completion_request,
    queue_receipt,
    queue_repeat_receipt,
    queue_system_fault,
)
from reporting.validation.check import CheckContext, CheckedWorkbook, WorkbookFile, check_workbooks
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import moment

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
            with logs.about(recipient=file.sender_reference):
                _log.exception("the check of a workbook failed")
            results.append(None)
    return results


@dataclass(frozen=True)
class CheckedFile:
    """A workbook that was checked and is to be answered.

    `sender_code` is the look-up code of the recipient for whom the sender speaks; `checked` is None when our
    own checks failed; `returned` is the workbook with its findings marked, empty where none can be given
    back, None where nothing is to be mended. `sha256`: where the file lies in the archive already.
    """

    sender_code: str | None
    delivery: Delivery
    file: Attachment
    checked: CheckedWorkbook | None
    sha256: str | None = None
    returned: bytes | None = None

    @property
    def reference_code(self) -> str | None:
        """The look-up code of the recipient whose answer it is; None where a person must decide."""
        return self.checked.reference_code if self.checked else self.sender_code


def with_marks(connection: Connection, cycle_id: str, file: CheckedFile) -> CheckedFile:
    """The file with what is to be given back to its sender, if anything is to be mended.

    Costs the more the larger the workbook: to be called before anything is locked. When the findings cannot
    be marked, that is a fault of ours and the file counts as not checked. Raises OSError and
    sqlalchemy.exc.OperationalError when the machine lacks something or the warehouse is away: nothing is said
    of the file then, and the next pass takes it.
    """
    checked = file.checked
    if checked is None or checked.reference_code is None or checked.outcome in ACCEPTED:
        return file
    try:
        returned = workbook_to_give_back(connection, cycle_id, checked.reference_code, file.file, checked)
        return replace(file, returned=returned)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if is_of_the_machine(error):
            raise
        with logs.about(cycle_id=cycle_id, recipient=checked.reference_code):
            _log.exception("the findings could not be marked in a workbook")
        return replace(file, checked=None, sender_code=checked.reference_code)


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
    """Commit one workbook and queue its answer, as `answer_workbooks` does several."""
    marked = with_marks(connection, cycle_id, CheckedFile(sender_code, delivery, file, checked))
    (answered,) = answer_workbooks(connection, cycle_id, [marked], at, actor, is_decided=is_decided)
    return answered


def answer_workbooks(
    connection: Connection,
    cycle_id: str,
    files: Sequence[CheckedFile],
    at: datetime,
    actor: str,
    *,
    is_decided: bool = False,
) -> list[Recorded | str]:
    """Commit workbooks (each as `with_marks` made it) and queue their answers; one result per file, in order.

    A result in words says in Vietnamese why a person must decide. A version that stays a fault of ours is
    answered as such once. A file that repeats the version that counts (or the newest) is told so; one that
    repeats an earlier version is for a person, who decides (`is_decided`) that it counts again; one that
    repeats a version that was taken back counts again by itself. For a person is every file of an office that
    answers by the secret mail. What comes after the report's publication is recorded and answered like
    everything else; the report stays as it is, and a supplement tells of it.
    """
    results: dict[int, Recorded | str] = {}
    rounds: list[list[tuple[int, Answer]]] = []  # in each at most one file of a recipient, in their order
    count_of: dict[str, int] = defaultdict(int)
    confidential = confidential_offices(connection, cycle_id)
    for place, file in enumerate(files):
        reference_code = file.reference_code
        if reference_code is None:
            results[place] = _question(file)
            continue
        if reference_code in confidential:
            results[place] = text("returns.confidential.put_aside", code=reference_code, cycle=cycle_id)
            continue
        if count_of[reference_code] == len(rounds):
            rounds.append([])
        answer = Answer(reference_code, file.file, file.checked, file.delivery, file.sha256)
        rounds[count_of[reference_code]].append((place, answer))
        count_of[reference_code] += 1
    for one_round in rounds:
        recorded = record_submissions(connection, cycle_id, [answer for _, answer in one_round], at, actor)
        to_confirm: list[int] = []
        for (place, answer), one in zip(one_round, recorded, strict=True):
            file = files[place]
            results[place] = one
            if one.outcome in ACCEPTED:
                to_confirm.append(one.submission_id)
            elif one.outcome == FAULT:
                queue_system_fault(connection, one.submission_id)
            elif one.outcome == DUPLICATE:
                results[place] = _answer_repeat(
                    connection, cycle_id, answer, one, at, actor, is_decided=is_decided
                )
            elif file.returned is not None:
                queue_completion_request(connection, one.submission_id, file.returned)
        queue_answers(connection, cycle_id, to_confirm)
    return [results[place] for place in range(len(files))]


def _question(file: CheckedFile) -> str:
    if file.checked is None:
        return text("intake.put_aside.system_fault", filename=file.file.filename)
    question = file.checked.question or ""
    return text("intake.put_aside.question", filename=file.file.filename, question=question)


def _answer_repeat(
    connection: Connection,
    cycle_id: str,
    answer: Answer,
    recorded: Recorded,
    at: datetime,
    actor: str,
    *,
    is_decided: bool,
) -> Recorded | str:
    delivery = answer.delivery
    standing = connection.execute(
        query("intake/standing_of_repeat"), {"submission_id": recorded.submission_id}
    ).one()
    if delivery.arrival_id is None or standing.arrival_id == delivery.arrival_id:
        return recorded  # twice in one delivery: answered already
    if standing.version in {standing.current_version, standing.newest_version} and not standing.is_withdrawn:
        queue_repeat_receipt(connection, recorded.submission_id, delivery.arrival_id)
        return recorded
    if not is_decided and not standing.is_withdrawn:
        return text(
            "intake.put_aside.repeats_older",
            filename=answer.file.filename,
            version=standing.version,
            received_at=moment(standing.received_at),
            current=standing.current_version,
            current_received_at=moment(standing.current_received_at),
        )
    again = reinstate(connection, cycle_id, answer, recorded, at, actor, is_decided=is_decided)
    if again.outcome in ACCEPTED:
        queue_receipt(connection, again.submission_id)
    else:
        queue_repeat_receipt(connection, again.submission_id, delivery.arrival_id)
    return again


def reinstate(
    connection: Connection,
    cycle_id: str,
    answer: Answer,
    recorded: Recorded,
    at: datetime,
    actor: str,
    *,
    is_decided: bool = False,
) -> Recorded:
    """Let the version that this file repeats (`recorded`) count again, as the newest of its office: it was
    taken back, or a person decided so (`is_decided`). Its result is the one it had, unless it passes only
    now, because a rule was waived since. Nothing is answered.
    """
    standing = connection.execute(
        query("intake/standing_of_repeat"), {"submission_id": recorded.submission_id}
    ).one()
    version = connection.execute(
        query("intake/reinstate_submission"),
        {
            "submission_id": recorded.submission_id,
            "is_decided": is_decided,
            "by": actor,
            "at": at,
            "reason": text("returns.conflict.reinstated"),
        },
    ).scalar_one()
    events.record(
        connection, cycle_id, "submission_reinstated", actor, at, recipient_id=recorded.recipient_id,
        submission_id=recorded.submission_id, version=version, version_before=standing.version,
        arrival_id=answer.delivery.arrival_id,
    )  # fmt: skip
    if standing.outcome not in ACCEPTED and answer.outcome in ACCEPTED:
        (read_anew,) = record_submissions(connection, cycle_id, [answer], at, actor)
        return read_anew
    again = Recorded(recorded.submission_id, recorded.recipient_id, version, standing.outcome)
    if again.outcome in ACCEPTED and not is_decided:
        settle_again(connection, again, answer.delivery, at, actor)
    return again
