"""Handling what arrived: match it to its cycle, check the workbooks, commit, answer."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Engine, Row

from reporting import archive, clock, events
from reporting.database import query
from reporting.intake import message as mail
from reporting.intake.matching import Match, match
from reporting.intake.message import Attachment
from reporting.intake.submissions import (
    ACCEPTED,
    DUPLICATE,
    FAULT,
    Delivery,
    Recorded,
    check_context,
    record_submission,
    workbook_to_return,
)
from reporting.mail.delivery import deliver
from reporting.mail.notices import queue_completion_request, queue_receipt, queue_system_fault
from reporting.validation.check import CheckContext, CheckedWorkbook, WorkbookFile, check_workbooks
from reporting.wording.catalogue import text
from reporting.workbook.annotate import annotate

ACTOR = "submission_intake"
_log = logging.getLogger(__name__)


class IntakeError(RuntimeError):
    """Some arrivals could not be handled and wait for the next pass; the message names each and why."""


@dataclass
class IntakeResult:
    """What one pass did. `handled` counts arrivals, `outcomes` workbooks by outcome, `put_aside` what waits
    for a person.
    """

    handled: int = 0
    outcomes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    put_aside: int = 0
    without_workbook: int = 0
    cycles: set[str] = field(default_factory=set)

    @property
    def accepted(self) -> int:
        """Workbooks accepted, with or without warnings."""
        return sum(self.outcomes.get(outcome, 0) for outcome in ACCEPTED)

    @property
    def to_complete(self) -> int:
        """Workbooks whose senders were asked to complete them."""
        return self.outcomes.get("to_complete", 0) + self.outcomes.get("unreadable", 0)


@dataclass(frozen=True)
class _Arrival:
    arrival_id: int
    channel: str
    from_address: str | None
    sent_at: datetime | None
    received_at: datetime
    match: Match
    outcome: str | None  # decided without looking at any workbook
    note: str | None
    files: tuple[Attachment, ...] = ()


def process_arrivals(engine: Engine, limit: int = 200) -> IntakeResult:
    """Handle what waits, in the order in which it reached us, up to `limit` arrivals; then send the answers.

    All workbooks of one cycle are checked in one pass. Each arrival is settled in a transaction of its own,
    together with its answer: a kill at any point loses nothing and answers nothing twice, and of two workers
    one handles an arrival. Raises IntakeError, after everything else is done, when arrivals failed; they are
    tried again next time.
    """
    result = IntakeResult()
    failures: dict[int, str] = {}
    while result.handled < limit:
        arrivals = []
        with engine.connect() as connection:
            rows = _open_arrivals(connection, limit - result.handled, failures)
            for row in rows:
                try:
                    arrivals.append(_read(connection, row))
                except OSError as error:  # its file in the archive; the others need not wait for it
                    failures[row.arrival_id] = f"{type(error).__name__}: {error}"
        if not rows:
            break
        if not arrivals:
            continue
        checked = _check(engine, arrivals)
        before = result.handled
        for arrival in arrivals:
            try:
                _settle(engine, arrival, checked.get(arrival.arrival_id, []), result)
            except Exception as error:
                _log.exception("arrival %d could not be handled", arrival.arrival_id)
                failures[arrival.arrival_id] = f"{type(error).__name__}: {error}"
        if result.handled == before:
            break  # the rest is another worker's, or waits for it
    for cycle_id in sorted(result.cycles):
        deliver(engine, cycle_id)
    if failures:
        listed = "; ".join(f"arrival {arrival_id}: {why}" for arrival_id, why in failures.items())
        raise IntakeError(
            f"{len(failures)} arrivals could not be handled and wait for the next pass: {listed}"
        )
    return result


def _open_arrivals(
    connection: Connection, limit: int, failed: Collection[int]
) -> Sequence[Row[tuple[object, ...]]]:
    ids = (
        connection.execute(query("intake/open_arrivals"), {"limit": limit, "except": list(failed)})
        .scalars()
        .all()
    )
    return connection.execute(query("intake/arrivals"), {"arrival_ids": ids}).all()


def _read(connection: Connection, row: Row[tuple[object, ...]]) -> _Arrival:
    """Read one archived message: whose it is and which workbooks it carries."""

    def arrival(
        found: Match, outcome: str | None, note: str | None, files: Sequence[Attachment] = ()
    ) -> _Arrival:
        return _Arrival(
            row.arrival_id, row.channel, row.from_address, row.sent_at, row.received_at, found, outcome, note,
            tuple(files),
        )  # fmt: skip

    nobody = Match(None, None, None)
    try:
        parsed = mail.parse(archive.read(row.raw_sha256))
        headers = mail.headers(parsed)
        is_bounce = mail.is_bounce(parsed)
        files = mail.workbooks(parsed)
    except OSError:
        raise
    except Exception as error:  # whatever a stranger's message does to the parser
        return arrival(nobody, "quarantined", text("intake.put_aside.unreadable_message", problem=str(error)))
    if is_bounce:
        return arrival(nobody, "bounce", text("intake.put_aside.bounce"))
    found = match(connection, headers, row.mode)
    if not files:
        return arrival(found, "no_submission", text("intake.put_aside.no_workbook"))
    if found.cycle_id is None:
        return arrival(found, "quarantined", found.reason)
    return arrival(found, None, None, files)


def _check(engine: Engine, arrivals: Sequence[_Arrival]) -> dict[int, list[CheckedWorkbook | None]]:
    """Check all workbooks, one pass per cycle; None stands for a workbook on which our own checks failed."""
    by_cycle: dict[str, list[tuple[int, WorkbookFile]]] = defaultdict(list)
    for arrival in arrivals:
        if arrival.outcome is None and arrival.match.cycle_id is not None:
            by_cycle[arrival.match.cycle_id] += [
                (arrival.arrival_id, WorkbookFile(f.filename, f.data, arrival.match.reference_code))
                for f in arrival.files
            ]
    checked: dict[int, list[CheckedWorkbook | None]] = defaultdict(list)
    for cycle_id, entries in by_cycle.items():
        with engine.connect() as connection:
            context = check_context(connection, cycle_id)
        results = check_batch([file for _, file in entries], context)
        for (arrival_id, _), one in zip(entries, results, strict=True):
            checked[arrival_id].append(one)
    return checked


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


def _settle(
    engine: Engine, arrival: _Arrival, checked: Sequence[CheckedWorkbook | None], result: IntakeResult
) -> None:
    """Commit one arrival with its answers, unless another worker has it or an earlier one of its sender
    waits.
    """
    outcomes: list[str] = []
    with engine.begin() as connection:
        claimed = connection.execute(
            query("intake/claim_arrival"), {"arrival_id": arrival.arrival_id}
        ).one_or_none()
        if claimed is None:
            return
        cycle_id = arrival.match.cycle_id
        at = arrival.received_at if cycle_id is None else clock.now(connection, cycle_id)
        outcome, notes = arrival.outcome, [arrival.note] if arrival.note else []
        if outcome is None and cycle_id is not None:
            questions = []
            for file, one in _in_order(arrival, checked):
                recorded = _record(connection, cycle_id, arrival, file, one, at)
                if isinstance(recorded, Recorded):
                    outcomes.append(recorded.outcome)
                else:
                    questions.append(recorded)
            outcome = _overall(outcomes)
            notes += questions
        note = "\n".join(notes) or None
        connection.execute(
            query("intake/settle_arrival"),
            {"arrival_id": arrival.arrival_id, "handled_at": at, "outcome": outcome, "note": note},
        )
        needs_person = outcome == "quarantined" or (outcome == "submission" and note is not None)
        if needs_person or outcome in {"no_submission", "bounce"}:
            kind = "arrival_put_aside" if needs_person else "arrival_without_workbook"
            events.record(
                connection, cycle_id, kind, ACTOR, at,
                arrival_id=arrival.arrival_id, outcome=outcome, note=note, from_address=arrival.from_address,
                reference_code=arrival.match.reference_code,
            )  # fmt: skip
    result.handled += 1
    for one_outcome in outcomes:
        result.outcomes[one_outcome] += 1
    result.put_aside += needs_person
    result.without_workbook += outcome in {"no_submission", "bounce"}
    if cycle_id is not None and outcomes:
        result.cycles.add(cycle_id)


def _in_order(
    arrival: _Arrival, checked: Sequence[CheckedWorkbook | None]
) -> Iterator[tuple[Attachment, CheckedWorkbook | None]]:
    """Always the same order of recipients, so that two workers never wait for each other in a ring."""
    pairs = list(zip(arrival.files, checked, strict=True))
    yield from sorted(pairs, key=lambda pair: (pair[1].reference_code or "") if pair[1] else "")


def _overall(outcomes: Sequence[str]) -> str:
    if not outcomes:
        return "quarantined"
    return DUPLICATE if set(outcomes) == {DUPLICATE} else "submission"


def _record(
    connection: Connection,
    cycle_id: str,
    arrival: _Arrival,
    file: Attachment,
    checked: CheckedWorkbook | None,
    at: datetime,
) -> Recorded | str:
    """Commit one workbook and queue its answer, or say why a person must decide."""
    if checked is not None and checked.reference_code is None:
        return text("intake.put_aside.question", filename=file.filename, question=checked.question or "")
    reference_code = checked.reference_code if checked else arrival.match.reference_code
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
    delivery = Delivery(
        channel=arrival.channel,
        sender=arrival.from_address or "",
        received_at=arrival.received_at,
        sent_at=arrival.sent_at,
        arrival_id=arrival.arrival_id,
    )
    recorded = record_submission(connection, cycle_id, reference_code, file, checked, delivery, at, ACTOR)
    if recorded.outcome in ACCEPTED:
        queue_receipt(connection, recorded.submission_id)
    elif recorded.outcome == FAULT:
        queue_system_fault(connection, recorded.submission_id)
    elif recorded.outcome != DUPLICATE and returned is not None:
        queue_completion_request(connection, recorded.submission_id, returned)
    return recorded
