"""Carrying rehearsed cycles through without Airflow: what is due at the present moment of their clock is done
by the same functions that the tasks of the DAGs call.

Nothing is remembered here: what is done and what is due is asked of PostgreSQL each time, so a process that
was killed at any point is simply started again. Several rehearsals may share one clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time
from itertools import count
from pathlib import PurePath
from typing import Any, Literal, Protocol

from sqlalchemy import Connection, Engine, Row

from reporting import archive, clock
from reporting.calendar.working_days import WorkingCalendar
from reporting.cycles import checklist, digest_of_rehearsal, plan, status, steps, work
from reporting.cycles.digest_of_rehearsal import RehearsalDigest
from reporting.cycles.opening import cycle_id_of, is_withdrawn, open_cycle, regime_of
from reporting.database import query
from reporting.documents import approval, lapse, lifecycle, registration
from reporting.intake import desk
from reporting.intake.channels import collect, has_new
from reporting.intake.process import process_arrivals
from reporting.intake.replies import record_reply
from reporting.mail.delivery import deliver
from reporting.mail.facts import NotRegistered
from reporting.pdf import to_pdf
from reporting.regimes.models import Regime
from reporting.settings import settings
from reporting.wording.catalogue import text

Answers = Literal["nobody", "on_time", "filled"]

ANSWERED_AT = time(10, 0)
ANSWERED_AFTER_WORKING_DAYS = 5
"""When an office is supposed to answer what has no fixed day, counted from the issue."""

SIGNED_ROLES = ("letter", "report")
"""The file of a draft that is signed; a letter may come with a sheet for the leadership, a report with
tables."""

MOST_DRAFTS = 10
"""So many drafts of one document are made at one moment, where its approver sends each back."""


class NotARehearsalError(ValueError):
    """The cycle is live: only people answer for it, and its clock is the machine's."""


class AnswerForms(Protocol):
    """The simulated offices, that answer data forms."""

    def delay(self, form_code: str | None, organization_id: str) -> int | None:
        """So many working days after its last day an office answers; 0: in time, None: never."""

    def __call__(self, engine: Engine, cycle_id: str, reference_codes: Sequence[str]) -> None:
        """Let the offices of these look-up codes answer their data forms at the cycle's present moment."""


class Approver(Protocol):
    """Who answers for the unit and for the records office."""

    def answer(self, engine: Engine, cycle_id: str, kind: str) -> bool:
        """Answer what the newest draft of a document waits for; returns whether anything was answered."""


@dataclass(frozen=True)
class RehearsalApprover:
    """Approves every draft as it is at each step of its approval, and registers it under the next number of
    the clock, in names that say that this is a rehearsal. With `makes_pdf` off the Word file stands for the
    signed one.
    """

    makes_pdf: bool = False

    def answer(self, engine: Engine, cycle_id: str, kind: str) -> bool:
        """Approve and register the newest draft; does what is still to be done of the two."""
        with engine.begin() as connection:
            document = lifecycle.find(connection, cycle_id, kind)
            if document is None or not document.version or document.number is not None:
                return False
            if document.decision is not None and (
                document.decision != "approved" or not document.is_numbered
            ):
                return False
            for step in lapse.steps(connection, document.document_id, document.version):
                if step.decision is None:
                    approval.record_decision(
                        connection,
                        cycle_id,
                        kind,
                        document.version,
                        document.content_hash,
                        "approved",
                        text("rehearsal.approver", who=step.label),
                        step=step.step,
                    )
        if not document.is_numbered:
            return True
        with engine.begin() as connection:
            number = _next_number(connection, cycle_id)
            name, data = self._signed(connection, document, number)
            registration.record_registration(
                connection,
                cycle_id,
                kind,
                number=number,
                registered_on=clock.now(connection, cycle_id).date(),
                signer=regime_of(connection, cycle_id).signer.name or text("rehearsal.signer"),
                signed_file_name=name,
                signed_file=data,
                entered_by=text("rehearsal.records_office"),
                version=document.version,
                difference_reason=text("rehearsal.difference"),
            )
        return True

    def _signed(self, connection: Connection, document: lifecycle.Document, number: str) -> tuple[str, bytes]:
        files = lifecycle.files(connection, document.document_id, document.version)
        _, filename, sha256 = next((f for f in files if f[0] in SIGNED_ROLES), files[0])
        data, suffix = archive.read(sha256), PurePath(filename).suffix
        pdf = to_pdf(data, suffix) if self.makes_pdf else None
        if pdf is not None:
            data, suffix = pdf, ".pdf"
        title = document.title[:80]
        name = text("rehearsal.signed_file", number=number, title=title, suffix=suffix)
        return re.sub(r"[/\\]", "-", name), data


def create_clock(engine: Engine, clock_id: str, start: datetime, *, keeps_mail: bool = False) -> None:
    """Add a simulated clock for cycles that are conducted here; one that exists is kept.

    Cycles opened with this `clock_id` get no run in Airflow. With `keeps_mail` their mail stays in the
    ledger.
    """
    with engine.begin() as connection:
        connection.execute(
            query("conducting/create_clock"),
            {"clock_id": clock_id, "now_at": start, "keeps_mail": keeps_mail},
        )


def do_due(engine: Engine, cycle_id: str, approver: Approver) -> list[str]:
    """Do everything of a cycle that is due at its present moment, in the order of its plan; returns what was
    done, by step.

    What cannot be done now (a letter without a number, mail that the server does not take) is left for the
    next call. Raises NotARehearsalError for a live cycle, LookupError for an unknown one, and what the work
    itself raises.
    """
    with engine.connect() as connection:
        _refuse_live(connection, cycle_id)
    return carry_out_due(engine, cycle_id, approver)


def carry_out_due(engine: Engine, cycle_id: str, approver: Approver) -> list[str]:
    """The same without asking whether it is a rehearsal: for experiments on installations without people."""
    done: list[str] = []
    tried: set[tuple[str, datetime]] = set()
    while (step := _next_step(engine, cycle_id, tried)) is not None:
        if _carry_out(engine, cycle_id, step, approver):
            done.append(step)
    done += _after_close(engine, cycle_id, approver)
    done += _other_letters(engine, cycle_id, approver)
    _send_the_rest(engine, cycle_id)
    return done


def take_in(engine: Engine) -> int:
    """Collect and answer what lies in a rehearsal's mailbox, for all cycles; returns how many mails were
    handled. Does nothing where the mailbox is the live one, or none.
    """
    if settings().mailbox_mode != "rehearsal" or not settings().channels:
        return 0
    if has_new(engine):
        collect(engine)
    with engine.connect() as connection:
        if not connection.execute(query("waits/arrivals_ready")).scalar_one():
            return 0
    return process_arrivals(engine).handled


def do_all_due(engine: Engine, cycles: Sequence[str], approver: Approver) -> dict[str, list[str]]:
    """Take in what arrived, then do what is due of each cycle; returns the steps done, by cycle that had
    any.
    """
    take_in(engine)
    done = {cycle_id: do_due(engine, cycle_id, approver) for cycle_id in cycles}
    return {cycle_id: found for cycle_id, found in done.items() if found}


def next_moment(engine: Engine, cycles: Sequence[str]) -> datetime | None:
    """When the next step of any of the cycles falls due after its present moment; None when none is left."""
    with engine.connect() as connection:
        moments = [status.next_due_at(connection, cycle_id) for cycle_id in cycles]
    return min((moment for moment in moments if moment is not None), default=None)


def advance(
    engine: Engine, clock_id: str, cycles: Sequence[str], *, until: datetime | None = None
) -> datetime | None:
    """Step a clock to the next moment at which anything of its cycles falls due; returns it, or None when
    nothing is left.

    Not beyond `until`: the moment of something else that is to happen, such as an answer. Raises ValueError
    for the wall clock.
    """
    moment = next_moment(engine, cycles)
    if until is not None:
        moment = until if moment is None else min(moment, until)
    if moment is not None:
        with engine.begin() as connection:
            clock.step_to(connection, clock_id, moment)
    return moment


def rehearse(
    engine: Engine,
    regime: Regime,
    period: str,
    number: int,
    *,
    answers: Answers = "nobody",
    answer_forms: AnswerForms | None = None,
    is_delivered: bool | None = None,
    parent_cycle_id: str | None = None,
    officer: str | None = None,
) -> RehearsalDigest:
    """Carry one period of a regime through to its end on a clock of its own, with the real roster, letters
    and days, and return what would have been sent, to whom, when; the digest is kept in the archive.

    `answers` is what is supposed of the offices: nobody answers; or everybody gives the documents and replies
    it owes on the last working day in time; a data form stays outstanding unless `answer_forms` is given: the
    offices then answer everything when it says. Mail goes to the capture server
    where one is configured (or as `is_delivered` says); otherwise it stays in the ledger and is withdrawn at
    the end. A rehearsal of the same number that was cut off goes on where it was. Raises what opening a cycle
    raises.
    """
    cycle_id = cycle_id_of(regime, period, "rehearsal", number)
    clock_id = prepare(engine, regime, period, cycle_id, is_delivered=is_delivered)
    open_cycle(
        engine,
        regime,
        period,
        "rehearsal",
        number,
        parent_cycle_id=parent_cycle_id,
        officer=officer,
        clock_id=clock_id,
    )
    return rehearse_opened(engine, cycle_id, answers=answers, answer_forms=answer_forms)


def prepare(
    engine: Engine, regime: Regime, period: str, cycle_id: str, *, is_delivered: bool | None = None
) -> str:
    """Make the clock of a rehearsal that is about to be opened and conducted; returns its id."""
    clock_id = f"rehearsal:{cycle_id}"
    start = plan.milestones(regime, regime.period(period), WorkingCalendar.load(regime.code))[0].due_at
    keeps = keeps_mail() if is_delivered is None else not is_delivered
    create_clock(engine, clock_id, start, keeps_mail=keeps)
    return clock_id


def keeps_mail() -> bool:
    """Whether a rehearsal's mail stays in the ledger here, as there is no capture server to take it."""
    return not settings().capture_address


def rehearse_opened(
    engine: Engine,
    cycle_id: str,
    *,
    answers: Answers = "nobody",
    answer_forms: AnswerForms | None = None,
) -> RehearsalDigest:
    """The same for a rehearsal that is open already, on a clock of `create_clock`. Raises
    NotARehearsalError.
    """
    approver = RehearsalApprover()
    with engine.connect() as connection:
        _refuse_live(connection, cycle_id)
        clock_id = connection.execute(query("conducting/facts"), {"cycle_id": cycle_id}).one().clock_id
        # the check looks at what is planned from now on, so it comes first
        findings = [
            text("rehearsal.would_block", finding=f.message)
            if f.is_blocking and f.let_pass_by is None
            else f.message
            for f in checklist.findings(connection, cycle_id)
        ]
    while True:
        do_due(engine, cycle_id, approver)
        until = None if answers == "nobody" else _answer_in_time(engine, cycle_id, answer_forms)
        if advance(engine, clock_id, [cycle_id], until=until) is None:
            break
    with engine.begin() as connection:
        found = digest_of_rehearsal.digest(connection, cycle_id, answers, findings)
        now = clock.now(connection, cycle_id)
        connection.execute(query("conducting/withdraw_kept_mail"), {"cycle_id": cycle_id, "occurred_at": now})
        digest_of_rehearsal.keep(connection, found)
    return found


def first_free_number(engine: Engine, regime: Regime, period: str) -> int:
    """The number of the next rehearsal of this period."""
    with engine.connect() as connection:
        for number in count(1):
            key = {"cycle_id": cycle_id_of(regime, period, "rehearsal", number)}
            if connection.execute(query("cycles/exists"), key).one_or_none() is None:
                return number
    raise AssertionError("unreachable")


def _answer_in_time(
    engine: Engine, cycle_id: str, answer_forms: AnswerForms | None = None
) -> datetime | None:
    """Enter the answers that come at the present moment; returns when the next ones come, None: none do."""
    later = []
    forms: list[str] = []
    kinds = ["document", "reply"] if answer_forms is None else ["document", "reply", "data_form"]
    with engine.begin() as connection:
        now = clock.now(connection, cycle_id)
        regime = regime_of(connection, cycle_id)
        calendar = WorkingCalendar.load(regime.code)
        owed = connection.execute(
            query("conducting/owed_in_time"), {"cycle_id": cycle_id, "kinds": kinds}
        ).all()
        for debt in owed:
            if debt.due_at is None:
                issued_on = debt.issued_at.astimezone(clock.VIETNAM).date()
                day = calendar.shift(issued_on, ANSWERED_AFTER_WORKING_DAYS)
            else:
                day = calendar.on_or_before(plan.last_day_before(debt.due_at))
            delay = 0 if answer_forms is None else answer_forms.delay(regime.form_code, debt.organization_id)
            if delay is None:
                continue
            day = calendar.shift(day, delay) if delay else day
            at = datetime.combine(day, ANSWERED_AT, tzinfo=clock.VIETNAM)
            if at > now:
                later.append(at)
            elif debt.kind == "data_form":
                forms.append(debt.reference_code)
            elif debt.kind == "reply":
                record_reply(
                    connection,
                    cycle_id,
                    debt.reference_code,
                    text("rehearsal.reply"),
                    by=text("rehearsal.officer"),
                )
            else:
                _enter_document(connection, cycle_id, debt, now)
    if forms and answer_forms is not None:
        answer_forms(engine, cycle_id, forms)
    return min(later, default=None)


def _enter_document(connection: Connection, cycle_id: str, debt: Row[Any], now: datetime) -> None:
    desk.register_incoming_document(
        connection,
        cycle_id,
        debt.reference_code,
        desk.IncomingDocument(
            registered_number=text("rehearsal.registered_number", sequence=debt.obligation_id),
            document_number=text("rehearsal.document_number", sequence=debt.obligation_id),
            signed_on=now.date(),
            sent_on=now.date(),
            received_on=now.date(),
            signer=text("rehearsal.signer"),
            capacity="KT.",
            entered_by=text("rehearsal.officer"),
            deliverables=(debt.deliverable,),
        ),
    )


def is_finished(engine: Engine, cycles: Sequence[str]) -> bool:
    """Whether every step of every cycle is done."""
    with engine.connect() as connection:
        return all(status.is_finished(connection, cycle_id) for cycle_id in cycles)


def _next_number(connection: Connection, cycle_id: str) -> str:
    facts = connection.execute(query("conducting/facts"), {"cycle_id": cycle_id}).one()
    sequence = connection.execute(query("conducting/next_number"), {"clock_id": facts.clock_id}).scalar_one()
    regime = regime_of(connection, cycle_id)
    symbol = f"{regime.ministry.symbol}-{regime.unit.symbol}"
    return text("rehearsal.number", sequence=sequence, symbol=symbol)


def _refuse_live(connection: Connection, cycle_id: str) -> None:
    facts = connection.execute(query("conducting/facts"), {"cycle_id": cycle_id}).one_or_none()
    if facts is None:
        raise LookupError(f"There is no cycle {cycle_id!r}; `reporting cycle list` shows those there are.")
    if facts.mode != "rehearsal":
        raise NotARehearsalError(
            f"{cycle_id} is live: its drafts are for people to answer. Rehearse its regime instead."
        )


def _next_step(engine: Engine, cycle_id: str, tried: set[tuple[str, datetime]]) -> str | None:
    """The first step that is due, undone and not tried at this moment yet; marks it as tried.

    Until the request is issued, nothing that comes after it is begun.
    """
    with engine.connect() as connection:
        now = clock.now(connection, cycle_id)
        rows = status.milestones(connection, cycle_id)
    is_asked = all(row.done_at is not None for row in rows if row.step == plan.REQUEST_LETTER)
    is_issued = all(row.done_at is not None for row in rows if row.step == plan.ISSUE)
    for row in rows:
        if row.done_at is not None or row.due_at > now or (row.step, row.due_at) in tried:
            continue
        if row.step != plan.REQUEST_LETTER and not (is_issued or (row.step == plan.ISSUE and is_asked)):
            continue
        tried.add((row.step, row.due_at))
        return row.step
    return None


def _carry_out(engine: Engine, cycle_id: str, step: str, approver: Approver) -> bool:
    """Do the work of one step, as its task in the DAG would; returns whether it could be done."""
    documents = {of: kind for kind, of in work.STEP_OF_DOCUMENT.items()}
    works: dict[str, Callable[[Engine, str], object]] = {
        plan.ISSUE: work.issue,
        plan.DEADLINE: work.pass_deadline,
        plan.URGING_ISSUE: work.issue_urging,
        plan.ESCALATION_ISSUE: work.issue_escalation,
        plan.CLOSE: work.close,
        plan.PUBLISH: work.publish,
    }
    try:
        if step in documents:
            if step == plan.REPORT:
                work.consolidate(engine, cycle_id)
            return _document(engine, cycle_id, documents[step], approver)
        if step in works:
            works[step](engine, cycle_id)
        else:
            work.remind(engine, cycle_id, step)
    except (work.NotYetDueError, NotRegistered):
        return False
    except (work.LapsedError, work.UndeliveredError):
        pass  # what was left unsent goes with the next call
    with engine.connect() as connection:
        current = steps.state(connection, cycle_id, step)
        return current.is_done or not current.is_due  # a reminder goes on to its next moment


def _document(engine: Engine, cycle_id: str, kind: str, approver: Approver) -> bool:
    """Draft a document and have it answered until it is registered; returns whether it is, or is not
    needed.
    """
    for _ in range(MOST_DRAFTS):
        try:
            work.draft_document(engine, cycle_id, kind)
        except work.LapsedError:
            return True
        answered = approver.answer(engine, cycle_id, kind)
        if work.complete_registration(engine, cycle_id, kind):
            return True
        if not answered:
            return False
    return False


def _after_close(engine: Engine, cycle_id: str, approver: Approver) -> list[str]:
    """Consolidate a closed cycle that leads to no report, and write the letter that follows, where there is
    one.
    """
    key = {"cycle_id": cycle_id}
    done = []
    with engine.connect() as connection:
        if not steps.state(connection, cycle_id, plan.CLOSE).is_done or is_withdrawn(connection, cycle_id):
            return []
        has_report = steps.exists(connection, cycle_id, plan.REPORT)
        is_consolidated = connection.execute(query("conducting/is_consolidated"), key).scalar_one()
        has_follow_up = regime_of(connection, cycle_id).follow_up_letter is not None
        letter = lifecycle.find(connection, cycle_id, "follow_up_letter")
    if not has_report and not is_consolidated:
        work.consolidate(engine, cycle_id)
        is_consolidated = True
        done.append("consolidate")
    if (
        has_follow_up
        and is_consolidated
        and (letter is None or letter.number is None)
        and _document(engine, cycle_id, "follow_up_letter", approver)
    ):
        done.append("follow_up_letter")
    return done


def _other_letters(engine: Engine, cycle_id: str, approver: Approver) -> list[str]:
    """Carry through the letters that a person started beside the plan: notices, corrections, recalls."""
    with engine.connect() as connection:
        kinds = connection.execute(query("conducting/open_letters"), {"cycle_id": cycle_id}).scalars().all()
    done = []
    for kind in kinds:
        if _document(engine, cycle_id, kind, approver):
            with suppress(work.LapsedError, work.UndeliveredError):
                work.issue_letter(engine, cycle_id, kind)
                done.append(kind)
    return done


def _send_the_rest(engine: Engine, cycle_id: str) -> None:
    """What mail_delivery does for a cycle: latecomers, reminders on another day, mail left in the queue."""
    with engine.connect() as connection:
        is_over = status.is_finished(connection, cycle_id)
    if is_over:
        deliver(engine, cycle_id)
    else:
        work.catch_up(engine, cycle_id)
