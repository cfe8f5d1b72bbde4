"""Handling what arrived: match it to its cycle, check the workbooks, commit, answer."""

from __future__ import annotations

import gc
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection, Engine, Row
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError, ProgrammingError

from reporting import archive, clock, events, logs
from reporting.database import query, storable
from reporting.intake import attachments, faults, virus_scan
from reporting.intake.answering import CheckedFile, answer_workbooks, check_batch, with_marks
from reporting.intake.attachments import Kept, ReceivedFile
from reporting.intake.context import check_context
from reporting.intake.explanations import record_explanations
from reporting.intake.opening import OpenedArrival, open_arrivals
from reporting.intake.replies import record_reply
from reporting.intake.submissions import ACCEPTED, DUPLICATE, Recorded
from reporting.intake.virus_scan import Verdict
from reporting.mail import bounces
from reporting.mail.alerts import send_alerts
from reporting.mail.delivery import deliver
from reporting.mail.remarks import keep
from reporting.validation.check import CheckedWorkbook, WorkbookFile
from reporting.wording.catalogue import text

ACTOR = "submission_intake"
CHUNK = 500
"""So many arrivals are read, checked and committed together: the checks cost the less the more there are."""

CHUNK_BYTES = 96 * 1024 * 1024
"""So much of what arrived is held at once, and one arrival in any case."""

_PASSING = (
    OperationalError, InterfaceError, InternalError, ProgrammingError, OSError, MemoryError,
)  # fmt: skip
"""What another try mends: the database or the archive is away, two workers are in each other's way, or the
software and the schema are of different days, which must not put everything aside.
"""

_LONGEST_ERROR = 500
_log = logging.getLogger(__name__)


class IntakeError(RuntimeError):
    """Some arrivals could not be handled, or answers not be sent; both are tried again in the next pass. The
    message names each and why.
    """


@dataclass
class IntakeResult:
    """What one pass did. `handled` counts arrivals, `outcomes` workbooks by outcome, `put_aside` what waits
    for a person; `failures` says of arrivals that could not be handled why; `unscanned` wait for the virus
    scanner.
    """

    handled: int = 0
    outcomes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    put_aside: int = 0
    without_workbook: int = 0
    cycles: set[str] = field(default_factory=set)
    has_alerts_to_send: bool = False
    failures: dict[int, str] = field(default_factory=dict)
    unscanned: set[int] = field(default_factory=set)

    @property
    def accepted(self) -> int:
        """Workbooks accepted, with or without warnings."""
        return sum(self.outcomes.get(outcome, 0) for outcome in ACCEPTED)

    @property
    def to_complete(self) -> int:
        """Workbooks whose senders were asked to complete them."""
        return self.outcomes.get("to_complete", 0) + self.outcomes.get("unreadable", 0)


@dataclass(frozen=True)
class _Settled:
    """What became of one arrival."""

    arrival: OpenedArrival
    at: datetime
    cycle_id: str | None
    reference_code: str | None
    outcome: str
    note: str | None
    outcomes: tuple[str, ...] = ()
    submission_ids: tuple[int, ...] = ()
    has_alert_to_send: bool = False

    @property
    def needs_person(self) -> bool:
        return self.outcome == "quarantined" or (self.outcome == "submission" and self.note is not None)

    @property
    def is_without_workbook(self) -> bool:
        return self.outcome in {"no_submission", "bounce"}


@dataclass(frozen=True)
class _Work:
    """An arrival with its workbooks, checked and ready to be answered; `hashes` of all that came with it."""

    arrival: OpenedArrival
    hashes: tuple[str, ...]
    files: tuple[CheckedFile, ...] = ()

    @property
    def codes(self) -> set[str]:
        """The recipients whose rows it needs."""
        codes = {file.reference_code for file in self.files if file.reference_code is not None}
        said = (self.arrival.reply, self.arrival.explanation)
        return codes | {one.reference_code for one in said if one is not None}


def process_arrivals(engine: Engine, limit: int = CHUNK, only: Collection[int] | None = None) -> IntakeResult:
    """Handle what waits, in the order in which it reached us, up to `limit` arrivals; then send the answers.

    With `only` just these arrivals. Many are committed in one transaction, each with its answer: a kill at
    any point loses nothing and answers nothing twice, and of two workers one handles an arrival. Raises
    IntakeError, after everything else is done, when arrivals failed that are tried again next time, or the
    answers of a cycle could not be sent. Versions that a fault of ours kept from being checked are tried
    again, too.
    """
    result = handle_arrivals(engine, limit, only)
    if result.has_alerts_to_send:
        send_alerts(engine)
    for cycle_id, outcomes in faults.check_again(engine).items():
        result.cycles.add(cycle_id)
        for outcome in outcomes:
            result.outcomes[outcome] += 1
    failures = []
    if result.failures:
        listed = "; ".join(f"arrival {arrival_id}: {why}" for arrival_id, why in result.failures.items())
        failures.append(
            f"{len(result.failures)} arrivals could not be handled and wait for the next pass: {listed}"
        )
    for cycle_id in sorted(result.cycles):
        try:
            deliver(engine, cycle_id)
        except Exception as error:  # the answers of the other cycles need not wait for it
            _log.exception("the answers of the cycle %s could not be sent", cycle_id)
            failures.append(f"the answers of {cycle_id} could not be sent: {_told(error)}")
    if failures:
        raise IntakeError("\n".join(failures))
    return result


def handle_arrivals(engine: Engine, limit: int = CHUNK, only: Collection[int] | None = None) -> IntakeResult:
    """Handle what waits as `process_arrivals` does, up to the queued answers; nothing is sent.

    Read, matched and checked together, outside of any lock; then committed together, a chunk that fails once
    more arrival by arrival. `failures` of the result tells what could not be handled.
    """
    result = IntakeResult()
    scanner, is_scanner_away = virus_scan.scanner(engine), False
    while result.handled < limit and not is_scanner_away:
        with engine.connect() as connection:
            left = result.failures.keys() | result.unscanned
            rows = _open_rows(connection, min(limit - result.handled, CHUNK), left, only)
            connection.rollback()  # reading and scanning may take long: nothing is held open meanwhile
            opening = open_arrivals(connection, rows, scanner)
        result.failures |= opening.unread
        result.unscanned |= opening.unscanned
        if not rows:
            break
        if scanner is not None and opening.unscanned:
            is_scanner_away = scanner.is_resting()  # whatever follows would be read in vain
        if not opening.arrivals:
            continue
        before = result.handled
        with _without_collections():
            _settle_all(engine, _checked(engine, opening.arrivals), result)
        if result.handled == before:
            break  # the rest is another worker's, or waits for it
    return result


@contextmanager
def _without_collections() -> Iterator[None]:
    """Let the garbage collector rest: a chunk makes objects by the hundred thousand, all of which go when
    their last reference does, and looking through them again and again takes a sixth of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def shares(engine: Engine, size: int, most: int = 1000) -> list[list[int]]:
    """What waits, shared out for several workers: lists of about `size` arrivals, at most `most` of them.

    All arrivals of one sender are in one list. What is beyond waits for the next time.
    """
    with engine.connect() as connection:
        rows = connection.execute(query("intake/senders_of_open_arrivals"), {"limit": size * most}).all()
    by_sender: dict[str, list[int]] = {}
    for row in rows:
        by_sender.setdefault(row.sender or f"#{row.arrival_id}", []).append(row.arrival_id)
    found: list[list[int]] = [[]]
    for arrival_ids in by_sender.values():
        if len(found[-1]) >= size:
            found.append([])
        found[-1] += arrival_ids
    return [sorted(share) for share in found if share]


def _open_rows(
    connection: Connection, limit: int, failed: Collection[int], only: Collection[int] | None
) -> Sequence[Row[tuple[object, ...]]]:
    values = {
        "limit": limit,
        "max_bytes": CHUNK_BYTES,
        "except": list(failed),
        "only": None if only is None else list(only),
    }
    return connection.execute(query("intake/open_arrivals"), values).all()


def _archived(engine: Engine, arrivals: Sequence[OpenedArrival]) -> list[tuple[str, ...]]:
    """Keep everything that came by itself; the hashes of each arrival's files, in their order."""
    others = [arrival for arrival in arrivals if not arrival.is_one_file]
    with engine.begin() as connection:
        files = [(file.data, file.media_type) for arrival in others for file in arrival.received]
        hashes = iter(archive.store_all(connection, files))
    return [
        (str(arrival.row.raw_sha256),)
        if arrival.is_one_file
        else tuple(next(hashes) for _ in arrival.received)
        for arrival in arrivals
    ]


def _checked(engine: Engine, arrivals: Sequence[OpenedArrival]) -> list[_Work]:
    """Archive what came with these arrivals, check all workbooks, one pass per cycle, and mark those that are
    to be given back.
    """
    hashes = _archived(engine, arrivals)
    by_cycle: dict[str, list[tuple[int, ReceivedFile]]] = defaultdict(list)
    for place, arrival in enumerate(arrivals):
        if arrival.outcome is None and arrival.match.cycle_id is not None:
            by_cycle[arrival.match.cycle_id] += [(place, file) for file in arrival.files]
    ready: dict[int, list[CheckedFile]] = defaultdict(list)
    for cycle_id, entries in by_cycle.items():
        given = [
            WorkbookFile(file.filename, file.data, arrivals[place].match.reference_code)
            for place, file in entries
        ]
        with engine.connect() as connection:
            results = _results(connection, cycle_id, given)
            for (place, file), one in zip(entries, results, strict=True):
                arrival = arrivals[place]
                sha256 = _hash_of(file, arrival, hashes[place])
                checked = CheckedFile(arrival.match.reference_code, arrival.delivery, file, one, sha256)
                ready[place].append(with_marks(connection, cycle_id, checked))
    return [
        _Work(arrival, hashes[place], tuple(_in_order(ready.get(place, ()))))
        for place, arrival in enumerate(arrivals)
    ]


def _results(
    connection: Connection, cycle_id: str, files: Sequence[WorkbookFile]
) -> Sequence[CheckedWorkbook | None]:
    """What the checks say of workbooks of one cycle; None for one on which they fail themselves, and for all
    where the cycle cannot be read: the other cycles' need not wait for it.
    """
    try:
        context = check_context(connection, cycle_id)
    except _PASSING:
        raise
    except Exception:
        _log.exception("nothing that came for the cycle %s can be checked", cycle_id)
        return [None] * len(files)
    finally:
        connection.rollback()  # the checks may take long: nothing is held open meanwhile
    return check_batch(files, context)


def _hash_of(file: ReceivedFile, arrival: OpenedArrival, hashes: Sequence[str]) -> str:
    return next(sha256 for one, sha256 in zip(arrival.received, hashes, strict=True) if one is file)


def _in_order(files: Sequence[CheckedFile]) -> list[CheckedFile]:
    """Always the same order of recipients within an arrival."""
    return sorted(files, key=lambda file: file.reference_code or "")


def _settle_all(engine: Engine, works: Sequence[_Work], result: IntakeResult) -> None:
    """Commit these arrivals together; those that must wait for a recipient held by somebody, and all of them
    when that fails, each by itself. One that fails by itself, and would again, waits for a person.
    """
    one_by_one = list(works)
    if len(works) > 1:
        try:
            one_by_one = _settle(engine, works, result, is_waiting=False)
        except Exception:
            _log.exception("%d arrivals could not be committed together; trying each by itself", len(works))
    for work in one_by_one:
        try:
            _settle(engine, [work], result, is_waiting=True)
        except Exception as error:
            with logs.about(arrival_id=work.arrival.arrival_id, cycle_id=work.arrival.match.cycle_id):
                _log.exception("the delivery could not be handled")
            try:
                is_put_aside = not isinstance(error, _PASSING) and _put_aside(engine, work, error, result)
            except Exception:
                _log.exception("arrival %d could not be put aside", work.arrival.arrival_id)
                is_put_aside = False
            if not is_put_aside:
                result.failures[work.arrival.arrival_id] = _told(error)


def _put_aside(engine: Engine, work: _Work, error: Exception, result: IntakeResult) -> bool:
    """Let an arrival on which we fail wait for a person, so that it holds up nobody, and tell the operator;
    False where another worker has it. Nothing of it is recorded but that it came.
    """
    arrival = work.arrival
    with engine.begin() as connection:
        if not _claimed(connection, [work]):
            return False
        values = {"arrival": arrival.arrival_id, "sender": arrival.from_address or "–", "error": _told(error)}
        note = text("intake.put_aside.failed", **values)
        found = arrival.match
        at = arrival.received_at if found.cycle_id is None else clock.now(connection, found.cycle_id)
        settled = _Settled(arrival, at, found.cycle_id, found.reference_code, "quarantined", note)
        _note(connection, [settled])
        keep(
            connection,
            f"arrival_failed:{arrival.arrival_id}",
            subject=text("intake.failed_told.subject", **values),
            body=text("intake.failed_told.body", **values),
        )
    result.handled += 1
    result.put_aside += 1
    result.has_alerts_to_send = True
    return True


def _told(error: Exception) -> str:
    """An error in one line; of one of the database not the values, which are whatever a stranger wrote."""
    said = error.orig if isinstance(error, DBAPIError) else error
    return storable(f"{type(said).__name__}: {' '.join(str(said).split())}")[:_LONGEST_ERROR]


def _settle(engine: Engine, works: Sequence[_Work], result: IntakeResult, *, is_waiting: bool) -> list[_Work]:
    """Commit arrivals with their answers, save those of other workers, or behind an earlier one of theirs.

    Without `is_waiting`, those are left out, and returned, whose recipients are held by somebody else:
    neither do the others wait for them, nor can two workers wait for each other.
    """
    with engine.begin() as connection:
        mine = _claimed(connection, works)
        left: list[_Work] = []
        if not is_waiting:
            mine, left = _free(connection, mine)
        settled = _answered(connection, mine)
        _keep(connection, mine, settled)
        _note(connection, settled)
    for one in settled:
        _log_settled(one)
        result.handled += 1
        for outcome in one.outcomes:
            result.outcomes[outcome] += 1
        result.put_aside += one.needs_person
        result.without_workbook += one.is_without_workbook
        result.has_alerts_to_send |= one.has_alert_to_send
        if one.cycle_id is not None and (one.outcomes or one.outcome == "reply"):
            result.cycles.add(one.cycle_id)
    return left


def _log_settled(one: _Settled) -> None:
    """Say in the log what became of an arrival, once that is committed."""
    with logs.about(arrival_id=one.arrival.arrival_id, cycle_id=one.cycle_id, recipient=one.reference_code):
        for submission_id, outcome in zip(one.submission_ids, one.outcomes, strict=True):
            with logs.about(submission_id=submission_id):
                _log.info("workbook checked: %s", outcome)
        _log.info("delivery handled: %s%s", one.outcome, ", for a person" if one.needs_person else "")


def _claimed(connection: Connection, works: Sequence[_Work]) -> list[_Work]:
    """Those that may be handled now by us alone; they are held until the end of the transaction."""
    ids = [work.arrival.arrival_id for work in works]
    claimed = connection.execute(query("intake/claim_arrivals"), {"arrival_ids": ids}).scalars().all()
    # a statement of its own: it must see what was committed until we held them
    behind = connection.execute(query("intake/behind_others"), {"arrival_ids": list(claimed)}).scalars()
    ours = {*claimed} - {*behind}
    return [work for work in works if work.arrival.arrival_id in ours]


def _free(connection: Connection, works: Sequence[_Work]) -> tuple[list[_Work], list[_Work]]:
    """Those whose recipients nobody else holds (we do, from now on), and the others; what follows one of the
    others from the same sender is among them.
    """
    codes = sorted(set().union(*(work.codes for work in works)))
    rows = connection.execute(query("intake/free_recipients"), {"reference_codes": codes}) if codes else ()
    free = {row.reference_code for row in rows}
    ours: list[_Work] = []
    left: list[_Work] = []
    waiting: set[str] = set()
    for work in works:
        sender = work.arrival.sender_key
        if work.codes <= free and sender not in waiting:
            ours.append(work)
        else:
            left.append(work)
            waiting |= {sender} if sender else set()
    return ours, left


def _answered(connection: Connection, works: Sequence[_Work]) -> list[_Settled]:
    """Record everything and queue the answers."""
    clocks: dict[str, datetime] = {}

    def now(cycle_id: str) -> datetime:
        if cycle_id not in clocks:
            clocks[cycle_id] = clock.now(connection, cycle_id)
        return clocks[cycle_id]

    answered = _answered_workbooks(connection, works, now)
    return [_concluded(connection, work, answered.get(place, ()), now) for place, work in enumerate(works)]


def _answered_workbooks(
    connection: Connection, works: Sequence[_Work], now: Callable[[str], datetime]
) -> Mapping[int, Sequence[Recorded | str]]:
    """The results of the workbooks by the place of their arrival; one pass per cycle."""
    by_cycle: dict[str, list[tuple[int, CheckedFile]]] = defaultdict(list)
    for place, work in enumerate(works):
        if work.files and work.arrival.match.cycle_id is not None:
            by_cycle[work.arrival.match.cycle_id] += [(place, file) for file in work.files]
    answered: dict[int, list[Recorded | str]] = defaultdict(list)
    for cycle_id, entries in sorted(by_cycle.items()):
        files = [file for _, file in entries]
        results = answer_workbooks(connection, cycle_id, files, now(cycle_id), ACTOR)
        for (place, _), one in zip(entries, results, strict=True):
            answered[place].append(one)
    return answered


def _concluded(
    connection: Connection,
    work: _Work,
    answered: Sequence[Recorded | str],
    now: Callable[[str], datetime],
) -> _Settled:
    arrival = work.arrival
    found, has_alert = arrival.match, False
    if arrival.bounce is not None:
        about = bounces.settle(connection, arrival.bounce, arrival.mode)
        if about is not None:
            found = replace(found, cycle_id=about.cycle_id, reference_code=about.reference_code)
            has_alert = about.is_operator_to_be_told
    if arrival.virus is not None:
        _tell_of_virus(connection, arrival, arrival.virus)
        has_alert = True
    if arrival.reply is not None:
        record_reply(
            connection,
            arrival.reply.cycle_id,
            arrival.reply.reference_code,
            arrival.reply.body,
            by=ACTOR,
            received_at=arrival.received_at,
            arrival_id=arrival.arrival_id,
        )
    is_explanation = arrival.explanation is not None and bool(
        record_explanations(
            connection,
            arrival.explanation.reference_code,
            arrival.explanation.body,
            arrival_id=arrival.arrival_id,
            at=now(arrival.explanation.cycle_id),
            actor=ACTOR,
        )
    )
    outcomes = tuple(one.outcome for one in answered if isinstance(one, Recorded))
    notes = [arrival.note] if arrival.note and not is_explanation else []
    notes += [one for one in answered if isinstance(one, str)]
    return _Settled(
        arrival,
        at=arrival.received_at if found.cycle_id is None else now(found.cycle_id),
        cycle_id=found.cycle_id,
        reference_code=found.reference_code or _of_one(work),
        outcome="reply" if is_explanation else arrival.outcome or _overall(outcomes),
        note="\n".join(notes) or None,
        outcomes=outcomes,
        submission_ids=tuple(one.submission_id for one in answered if isinstance(one, Recorded)),
        has_alert_to_send=has_alert,
    )


def _tell_of_virus(connection: Connection, arrival: OpenedArrival, verdict: Verdict) -> None:
    """Note what the scanner said of a delivery, and tell the operator of what it found, once."""
    events.record(
        connection, None, "virus_found" if verdict.said == "infected" else "virus_not_scanned", ACTOR,
        arrival.received_at, arrival_id=arrival.arrival_id, signature=verdict.signature,
        engine=verdict.engine,
    )  # fmt: skip
    if verdict.said == "infected":
        told = {
            "arrival": arrival.arrival_id,
            "sender": arrival.from_address or "–",
            "signature": verdict.signature,
        }
        keep(
            connection,
            f"virus/{arrival.arrival_id}",
            subject=text("virus_scan.told.subject", **told),
            body=text("virus_scan.told.body", **told),
        )


def _of_one(work: _Work) -> str | None:
    """The recipient whose workbooks came, where no sender is known to speak for one."""
    codes = {file.reference_code for file in work.files}
    return codes.pop() if len(codes) == 1 else None


def _overall(outcomes: Sequence[str]) -> str:
    if not outcomes:
        return "quarantined"
    return DUPLICATE if set(outcomes) == {DUPLICATE} else "submission"


def _keep(connection: Connection, works: Sequence[_Work], settled: Sequence[_Settled]) -> None:
    """Note everything that came with the arrivals, and from whom."""
    codes = sorted({one.reference_code for one in settled if one.reference_code is not None})
    rows = connection.execute(query("intake/recipient_ids"), {"reference_codes": codes}) if codes else ()
    recipient_ids = {row.reference_code: row.recipient_id for row in rows}
    attachments.record_all(
        connection,
        [
            Kept(
                one.arrival.arrival_id,
                one.arrival.received,
                work.hashes,
                one.cycle_id,
                recipient_ids.get(one.reference_code),
            )
            for work, one in zip(works, settled, strict=True)
        ],
    )


def _note(connection: Connection, settled: Sequence[_Settled]) -> None:
    """Note what became of the arrivals, and what waits for a person."""
    if not settled:
        return
    connection.execute(
        query("intake/settle_arrivals"),
        {
            "arrival_ids": [one.arrival.arrival_id for one in settled],
            "handled_ats": [one.at for one in settled],
            "outcomes": [one.outcome for one in settled],
            "notes": [one.note for one in settled],
        },
    )
    for one in settled:
        if one.needs_person or one.is_without_workbook:
            kind = "arrival_put_aside" if one.needs_person else "arrival_without_workbook"
            events.record(
                connection, one.cycle_id, kind, ACTOR, one.at, arrival_id=one.arrival.arrival_id,
                outcome=one.outcome, note=one.note, from_address=one.arrival.from_address,
                reference_code=one.reference_code,
            )  # fmt: skip
