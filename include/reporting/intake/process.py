"""Handling what arrived: match it to its cycle, check the workbooks, commit, answer."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage

from sqlalchemy import Connection, Engine, Row

from reporting import archive, clock, events
from reporting.database import query
from reporting.intake import attachments, faults
from reporting.intake import message as mail
from reporting.intake.answering import answer_workbook, check_batch
from reporting.intake.context import check_context
from reporting.intake.matching import Match, match
from reporting.intake.message import Attachment
from reporting.intake.replies import is_automatic, record_reply, reply_text
from reporting.intake.submissions import (
    ACCEPTED,
    DUPLICATE,
    Delivery,
    Recorded,
    asks_for_workbook,
    is_published,
)
from reporting.mail import bounces
from reporting.mail.alerts import send_alerts
from reporting.mail.bounces import Bounce
from reporting.mail.delivery import deliver
from reporting.validation.check import CheckedWorkbook, WorkbookFile
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import join_names

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
    has_alerts_to_send: bool = False

    @property
    def accepted(self) -> int:
        """Workbooks accepted, with or without warnings."""
        return sum(self.outcomes.get(outcome, 0) for outcome in ACCEPTED)

    @property
    def to_complete(self) -> int:
        """Workbooks whose senders were asked to complete them."""
        return self.outcomes.get("to_complete", 0) + self.outcomes.get("unreadable", 0)


@dataclass(frozen=True)
class _Reply:
    cycle_id: str
    reference_code: str
    body: str


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
    mode: str = "live"
    bounce: Bounce | None = None
    reply: _Reply | None = None

    @property
    def delivery(self) -> Delivery:
        """How its workbooks came."""
        return Delivery(
            channel=self.channel,
            sender=self.from_address or "",
            received_at=self.received_at,
            sent_at=self.sent_at,
            arrival_id=self.arrival_id,
        )


def process_arrivals(engine: Engine, limit: int = 200) -> IntakeResult:
    """Handle what waits, in the order in which it reached us, up to `limit` arrivals; then send the answers.

    All workbooks of one cycle are checked in one pass. Each arrival is settled in a transaction of its own,
    together with its answer: a kill at any point loses nothing and answers nothing twice, and of two workers
    one handles an arrival. Raises IntakeError, after everything else is done, when arrivals failed; they are
    tried again next time. Versions that a fault of ours kept from being checked are tried again, too.
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
    if result.has_alerts_to_send:
        send_alerts(engine)
    for cycle_id, outcomes in faults.check_again(engine).items():
        result.cycles.add(cycle_id)
        for outcome in outcomes:
            result.outcomes[outcome] += 1
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
        found: Match,
        outcome: str | None,
        note: str | None,
        files: Sequence[Attachment] = (),
        bounce: Bounce | None = None,
        reply: _Reply | None = None,
    ) -> _Arrival:
        return _Arrival(
            row.arrival_id, row.channel, row.from_address, row.sent_at, row.received_at, found, outcome, note,
            tuple(files), row.mode, bounce, reply,
        )  # fmt: skip

    nobody = Match(None, None, None)
    try:
        raw = archive.read(row.raw_sha256)
        parsed = mail.parse(raw)
        headers = mail.headers(parsed)
        is_bounce = mail.is_bounce(parsed)
        files = attachments.workbooks(attachments.received_files(parsed, raw))
    except OSError:
        raise
    except Exception as error:  # whatever a stranger's message does to the parser
        return arrival(nobody, "quarantined", text("intake.put_aside.unreadable_message", problem=str(error)))
    if is_bounce:
        return arrival(nobody, "bounce", text("intake.put_aside.bounce"), bounce=bounces.read(raw))
    found = match(connection, headers, row.mode)
    reply = _reply(connection, parsed, found)
    if not files:
        if reply is not None:
            return arrival(found, "reply", None, reply=reply)
        return arrival(found, "no_submission", text("intake.put_aside.no_workbook"))
    found = _of_workbook(connection, found)
    if found.cycle_id is None:
        return arrival(found, "quarantined", found.reason, reply=reply)
    if not asks_for_workbook(connection, found.cycle_id):
        names = join_names(file.filename for file in files)
        return arrival(
            found,
            "quarantined",
            text("intake.put_aside.no_form", filenames=names, cycle=found.cycle_id),
            reply=reply,
        )
    return arrival(found, None, None, files, reply=reply)


def _reply(connection: Connection, message: EmailMessage, found: Match) -> _Reply | None:
    """The answer in words, where the cycle asks for one and the sender speaks for its office."""
    if found.cycle_id is None or found.reference_code is None or is_automatic(message):
        return None
    asked = connection.execute(query("intake/asks_for"), {"cycle_id": found.cycle_id}).one()
    body = reply_text(message) if asked.asks_reply else ""
    return _Reply(found.cycle_id, found.reference_code, body) if body else None


def _of_workbook(connection: Connection, found: Match) -> Match:
    """Whose workbook comes with a mail: one that comes with the answer to a question is of the cycle asked
    about.
    """
    if found.cycle_id is None or asks_for_workbook(connection, found.cycle_id):
        return found
    asked = connection.execute(query("intake/asks_for"), {"cycle_id": found.cycle_id}).one()
    code = connection.execute(
        query("intake/same_office"),
        {
            "cycle_id": found.cycle_id,
            "reference_code": found.reference_code,
            "other_cycle_id": asked.parent_cycle_id,
        },
    ).scalar_one_or_none()
    if code is None:
        return found
    if is_published(connection, asked.parent_cycle_id):
        reason = text("intake.put_aside.published", cycle=asked.parent_cycle_id, office=code)
        return Match(None, None, reason)
    return Match(asked.parent_cycle_id, code, None)


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
        found = arrival.match
        if arrival.bounce is not None:
            about = bounces.settle(connection, arrival.bounce, arrival.mode)
            if about is not None:
                found = Match(about.cycle_id, about.reference_code, None)
                result.has_alerts_to_send |= about.is_operator_to_be_told
        cycle_id = found.cycle_id
        at = arrival.received_at if cycle_id is None else clock.now(connection, cycle_id)
        outcome, notes = arrival.outcome, [arrival.note] if arrival.note else []
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
        if outcome is None and cycle_id is not None:
            questions = []
            for file, one in _in_order(arrival, checked):
                answered = answer_workbook(
                    connection, cycle_id, found.reference_code, arrival.delivery, file, one, at, ACTOR
                )
                if isinstance(answered, Recorded):
                    outcomes.append(answered.outcome)
                else:
                    questions.append(answered)
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
                reference_code=found.reference_code,
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
