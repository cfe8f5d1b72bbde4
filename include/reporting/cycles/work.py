"""What is done at each step of a cycle. Every function may be run again, at any time, by any process.

A step asks PostgreSQL what is due and undone, does it, and records it in the same transaction; mail is
queued in that transaction and delivered after it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import Connection, Engine

from reporting import clock, events
from reporting.consolidation.reconcile import reconcile
from reporting.consolidation.refresh import refresh
from reporting.consolidation.stated import StatedFigures, load_stated
from reporting.cycles import plan, steps
from reporting.cycles.changes import ADDED
from reporting.cycles.late_issue import replan_from_issue
from reporting.cycles.obligations import oblige_since_issue
from reporting.cycles.opening import asked_by, is_withdrawn, period_of, regime_of
from reporting.cycles.questions import render_question
from reporting.database import query
from reporting.documents import editions, extra, lifecycle
from reporting.letters.follow_up import render_follow_up_letter
from reporting.letters.free import render_free_letter
from reporting.letters.request import render_request_letter
from reporting.letters.urging import late_offices, render_escalation_letter, render_urging_letter
from reporting.mail import notices
from reporting.mail.delivery import DeliveryResult, deliver
from reporting.mail.notices import ChangeNotice
from reporting.regimes.models import Regime
from reporting.summary.draft import render_summary_report
from reporting.summary.later import render_later_report

STEP_OF_DOCUMENT = {
    "request_letter": plan.REQUEST_LETTER,
    "urging_letter": plan.URGING_LETTER,
    "escalation_letter": plan.ESCALATION_LETTER,
    "summary_report": plan.REPORT,
}
"""The step that is done when the document is registered."""


LEFT_BY_ITS_TASK = timedelta(hours=1)
"""So long after its moment a reminder is left to the task of its step; then mail_delivery sends it, such as
where the regime was edited and the run's DAG has no such task any more."""


class NotYetDueError(RuntimeError):
    """The step's moment has not come by the cycle's clock."""


class LapsedError(RuntimeError):
    """Nothing is left to be done at the step: there is nobody to urge, or the cycle was closed before."""


class UndeliveredError(RuntimeError):
    """Mail is left in the queue; trying again delivers it."""


def draft_document(engine: Engine, cycle_id: str, kind: str) -> int:
    """Generate a document from today's data and keep it as the newest draft; returns its version.

    Nothing is added while the newest draft stands: it was not sent back, the data are the same, or the
    document is registered already. An urging letter is not written before its moment (NotYetDueError);
    where nobody is to be urged, or the cycle was closed, its steps are completed without it and
    LapsedError is raised.

    Everything is read from one snapshot, so that the draft and what is noted as its source agree; where
    another transaction gets in the way, PostgreSQL refuses one of the two and the task is tried again.
    """
    snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
    with snapshot.begin() as connection:
        if STEP_OF_DOCUMENT.get(kind) in plan.URGING_STEPS:
            steps.hold(connection, cycle_id)
        existing = lifecycle.find(connection, cycle_id, kind)
        is_registered = existing is not None and existing.is_done
        rests_until = None if is_registered else _rests_until(connection, cycle_id, kind)
        put_off_to = None
        if existing is not None and rests_until is not None and existing.decision == "approved":
            return existing.version  # what the unit has approved goes on to its number
        if rests_until is not None:
            put_off_to = _put_off(connection, cycle_id, kind, rests_until)
        lapses = not is_registered and put_off_to is None and _lapses(connection, cycle_id, kind)
        if not lapses and put_off_to is None:
            if existing is not None and lifecycle.stands(connection, existing):
                return existing.version
            if editions.family_of(kind) is not None or kind == "follow_up_letter":
                consolidate_in(connection, cycle_id)
            return lifecycle.add_version(
                connection, cycle_id, kind, render_document(connection, cycle_id, kind)
            )
    if put_off_to is not None:
        raise NotYetDueError(f"All who are late in {cycle_id} have time until {put_off_to:%d/%m/%Y %H:%M}.")
    raise LapsedError(f"{cycle_id} needs no {kind} any more; its history says why.")


def _rests_until(connection: Connection, cycle_id: str, kind: str) -> datetime | None:
    """The end of the first pause, where the reminders of all whom an urging letter would urge rest now; None
    where there is somebody to urge or nobody is late, before the letter's moment, and where the pause lasts
    to the close.
    """
    step = STEP_OF_DOCUMENT.get(kind)
    if step not in plan.URGING_STEPS or not steps.exists(connection, cycle_id, step):
        return None
    current = steps.lock(connection, cycle_id, step)
    if current.is_done or not current.is_due or late_offices(connection, cycle_id, step):
        return None
    urging = plan.urging_of(regime_of(connection, cycle_id), step)
    ends_at: datetime | None = connection.execute(
        query("letters/late_pauses_end"),
        {
            "cycle_id": cycle_id,
            "now": current.now,
            "counts_undated": urging is not None and urging.anchor == "issue",
        },
    ).scalar_one()
    if ends_at is None or ends_at >= steps.state(connection, cycle_id, plan.CLOSE).due_at:
        return None
    return ends_at.astimezone(clock.VIETNAM)  # a pause ends when the office opens


def _put_off(connection: Connection, cycle_id: str, step: str, moment: datetime) -> datetime:
    """Put an urging letter off to this moment; returns it."""
    steps.postpone(connection, cycle_id, step, moment)
    issue_at = max(moment, plan.when_letters_go_out(moment.date()))
    steps.postpone(connection, cycle_id, plan.URGING_STEPS[step], issue_at)
    now = clock.now(connection, cycle_id)
    events.record(connection, cycle_id, "urging_put_off", "pipeline", now, step=step, due_at=moment)
    return moment


def _lapses(connection: Connection, cycle_id: str, kind: str) -> bool:
    """Whether the document is not needed (any more): the cycle has no such step or was withdrawn, nobody is
    to be urged, or nothing is left for a supplement. The steps of an urging letter that is not needed are
    then done.
    """
    step = STEP_OF_DOCUMENT.get(kind)
    if step is None:
        if editions.is_later(kind):
            document = lifecycle.find(connection, cycle_id, kind)
            return document is None or editions.lapses(connection, document)
        if extra.family_of(kind) in extra.GOES_ON_AFTER_WITHDRAWAL:
            return False
        return is_withdrawn(connection, cycle_id)
    if not steps.exists(connection, cycle_id, step):
        return True
    if step not in plan.URGING_STEPS:
        return is_withdrawn(connection, cycle_id)
    if _begin(connection, cycle_id, step):
        return True
    if late_offices(connection, cycle_id, step):
        return False
    _complete_urging(connection, cycle_id, step, "nobody_outstanding")
    return True


def _complete_urging(connection: Connection, cycle_id: str, letter: str, reason: str) -> None:
    """Complete the steps of an urging letter that are not done, without one; a cycle may have none of
    them.
    """
    for step in (letter, plan.URGING_STEPS[letter]):
        steps.complete(connection, cycle_id, step, lapsed=reason)


def render_document(
    connection: Connection, cycle_id: str, kind: str, stated: StatedFigures | None = None
) -> lifecycle.Draft:
    """Generate a document from the data that the connection sees; nothing is kept.

    A follow-up letter states the figures of `stated` where they are given, the computed ones otherwise.
    """
    if extra.family_of(kind) is not None:
        return render_free_letter(connection, cycle_id, kind)
    if editions.is_later(kind):
        return render_later_report(connection, cycle_id, kind)
    renderers: dict[str, Callable[[], lifecycle.Draft]] = {
        "request_letter": lambda: (
            render_question(connection, cycle_id)
            if asked_by(connection, cycle_id) == "mail"
            else render_request_letter(connection, cycle_id)
        ),
        "urging_letter": lambda: render_urging_letter(connection, cycle_id),
        "escalation_letter": lambda: render_escalation_letter(connection, cycle_id),
        "summary_report": lambda: render_summary_report(connection, cycle_id),
        "follow_up_letter": lambda: render_follow_up_letter(connection, cycle_id, stated),
    }
    return renderers[kind]()


def complete_registration(engine: Engine, cycle_id: str, kind: str) -> bool:
    """Complete the step of a document that is registered; returns whether it is."""
    with engine.begin() as connection:
        document = lifecycle.find(connection, cycle_id, kind)
        if document is None or not document.is_done:
            return False
        step = STEP_OF_DOCUMENT.get(kind)
        if step is not None:
            steps.complete(connection, cycle_id, step, number=document.number)
    return True


def issue(engine: Engine, cycle_id: str) -> DeliveryResult:
    """Send the signed request to every recipient that owes a report; what follows is planned anew where it
    goes out late.
    """
    with engine.begin() as connection:
        steps.hold(connection, cycle_id)
        if not _begin(connection, cycle_id, plan.ISSUE):
            queued = notices.queue_requests(connection, cycle_id)
            queued += notices.queue_copies(connection, cycle_id)
            if asked_by(connection, cycle_id) != "instrument":
                lifecycle.publish(connection, cycle_id, "request_letter", "pipeline")
            steps.complete(connection, cycle_id, plan.ISSUE, queued=queued)
            replan_from_issue(connection, cycle_id)
    return _deliver(engine, cycle_id)


def issue_urging(engine: Engine, cycle_id: str) -> DeliveryResult:
    """Send copies of the signed urging letter to those on its list who still owe something.

    Raises LapsedError when the cycle was closed, or there was nobody to urge, before the letter went out.
    """
    return _issue_urging(engine, cycle_id, plan.URGING_LETTER)


def issue_escalation(engine: Engine, cycle_id: str) -> DeliveryResult:
    """The same for the letter to the committees (or ministries) themselves, the last rung of the ladder."""
    return _issue_urging(engine, cycle_id, plan.ESCALATION_LETTER)


def _issue_urging(engine: Engine, cycle_id: str, letter: str) -> DeliveryResult:
    with engine.begin() as connection:
        steps.hold(connection, cycle_id)
        step = plan.URGING_STEPS[letter]
        is_done = not steps.exists(connection, cycle_id, step) or _begin(connection, cycle_id, step)
        if not is_done:
            queued = notices.queue_urging(connection, cycle_id, letter)
            lifecycle.publish(connection, cycle_id, letter, "pipeline")
            steps.complete(connection, cycle_id, step, queued=queued)
        document = lifecycle.find(connection, cycle_id, letter)
    if document is None or not document.is_published:
        raise LapsedError(f"The {letter} of {cycle_id} was not sent; the cycle's history says why.")
    return _deliver(engine, cycle_id)


def issue_letter(engine: Engine, cycle_id: str, kind: str) -> DeliveryResult:
    """Send copies of a registered letter beside the plan to the offices that it addresses, once; of a later
    edition or supplement of the report, to those to whom the regime mails it.

    Raises LookupError for an unknown letter, LapsedError when it is not needed any more (such as a correction
    in a cycle that was withdrawn before), NotYetDueError before it is registered.
    """
    with engine.begin() as connection:
        document = lifecycle.hold(connection, cycle_id, kind)
        if document is None or (extra.family_of(kind) is None and not editions.is_later(kind)):
            raise LookupError(f"{cycle_id} has no letter {kind!r} beside its plan.")
        if not document.is_published:
            is_report = editions.is_later(kind)
            if is_withdrawn(connection, cycle_id) if is_report else _lapses(connection, cycle_id, kind):
                raise LapsedError(f"{cycle_id} was withdrawn, so its {kind} is not sent.")
            if not document.is_done:
                raise NotYetDueError(f"The {kind} of {cycle_id} has no number, date and signed file yet.")
            lifecycle.publish(connection, cycle_id, kind, "pipeline")
            if is_report:
                notices.queue_report_copies(connection, cycle_id, kind)
            else:
                notices.queue_letter(connection, cycle_id, kind)
    return _deliver(engine, cycle_id)


def remind(engine: Engine, cycle_id: str, step: str) -> DeliveryResult:
    """Send a reminder to those outstanding for whom it is due now.

    The step is done when no outstanding obligation has it unsent; until then it is moved to the next such
    moment.
    """
    with engine.begin() as connection:
        steps.hold(connection, cycle_id)
        _remind(connection, cycle_id, step)
    return _deliver(engine, cycle_id)


def _remind(connection: Connection, cycle_id: str, step: str) -> None:
    if not steps.exists(connection, cycle_id, step):
        raise LapsedError(f"{cycle_id} plans no {step}.")
    if steps.state(connection, cycle_id, plan.CLOSE).is_done:
        # Nobody is reminded after the close, which may come before the step's moment.
        steps.complete(connection, cycle_id, step, queued=0)
    elif not _begin(connection, cycle_id, step):
        queued = notices.queue_reminders(connection, cycle_id, step)
        later = connection.execute(
            query("cycles/next_reminder"),
            {"cycle_id": cycle_id, "step": step, "now": clock.now(connection, cycle_id)},
        ).scalar_one()
        if later is None:
            steps.complete(connection, cycle_id, step, queued=queued)
        else:
            steps.postpone(connection, cycle_id, step, later)


def pass_deadline(engine: Engine, cycle_id: str) -> int:
    """Note that the deadline has passed; returns how many recipients still owe something."""
    with engine.begin() as connection:
        if not steps.exists(connection, cycle_id, plan.DEADLINE):
            raise LapsedError(f"No day is fixed in {cycle_id}.")
        outstanding = _outstanding(connection, cycle_id)
        if not _begin(connection, cycle_id, plan.DEADLINE):
            steps.complete(connection, cycle_id, plan.DEADLINE, outstanding=outstanding)
    return outstanding


def close(engine: Engine, cycle_id: str) -> int:
    """Close the cycle: nobody is reminded or urged any more; reminders and an urging letter that were not
    sent lapse.

    Returns how many recipients never answered in full.
    """
    with engine.begin() as connection:
        steps.hold(connection, cycle_id)
        outstanding = _outstanding(connection, cycle_id)
        if not _begin(connection, cycle_id, plan.CLOSE):
            steps.complete(connection, cycle_id, plan.CLOSE, outstanding=outstanding)
            for step in connection.scalars(query("cycles/steps_to_close"), {"cycle_id": cycle_id}).all():
                steps.complete(connection, cycle_id, step, lapsed="closed")
            for letter in plan.URGING_STEPS:
                _complete_urging(connection, cycle_id, letter, "closed")
    return outstanding


def consolidate(engine: Engine, cycle_id: str) -> int:
    """Refresh the analysts' tables and compare them with figures stated elsewhere; returns the
    discrepancies found. Done again with nothing new, it is not noted again.
    """
    with engine.begin() as connection:
        refreshed = refresh(connection, cycle_id)
        found = _reconciled(connection, cycle_id)
        noted = connection.execute(query("cycles/consolidation_noted"), {"cycle_id": cycle_id})
        if refreshed.is_whole or refreshed.recipient_count or noted.scalar_one_or_none() != found:
            events.record(
                connection,
                cycle_id,
                "consolidated",
                "pipeline",
                clock.now(connection, cycle_id),
                discrepancies=found,
            )
    return found


def consolidate_in(connection: Connection, cycle_id: str) -> int:
    """The same in the caller's transaction, without a note."""
    refresh(connection, cycle_id)
    return _reconciled(connection, cycle_id)


def _reconciled(connection: Connection, cycle_id: str) -> int:
    stated = connection.execute(query("cycles/stated_figures_of_cycle"), {"cycle_id": cycle_id}).scalar_one()
    return len(reconcile(connection, cycle_id, load_stated(stated)))


def publish(engine: Engine, cycle_id: str) -> str:
    """Freeze the registered report as given out and send copies to those to whom the regime mails it; returns
    its content hash.

    Raises NotYetDueError before its moment, LapsedError where the cycle leads to no report or was
    withdrawn before it was out. Copies that could
    not be delivered are left to mail_delivery: the report is out.
    """
    with engine.begin() as connection:
        if not steps.exists(connection, cycle_id, plan.PUBLISH):
            raise LapsedError(f"{cycle_id} leads to no report.")
        if _begin(connection, cycle_id, plan.PUBLISH):
            document = lifecycle.find(connection, cycle_id, "summary_report")
            if document is None or not document.is_published:
                raise LapsedError(
                    f"The report of {cycle_id} was not published; the cycle's history says why."
                )
            return document.content_hash
        content_hash = lifecycle.publish(connection, cycle_id, "summary_report", "pipeline")
        queued = notices.queue_report_copies(connection, cycle_id, "summary_report")
        steps.complete(connection, cycle_id, plan.PUBLISH, content_hash=content_hash, queued=queued)
    deliver(engine, cycle_id)
    return content_hash


def catch_up(engine: Engine, cycle_id: str) -> DeliveryResult:
    """Send what a cycle's own steps could not: requests and copies to offices that had no contact in use at
    the step, whose mail came back, or that were left in peace then; copies of reports that were given out, to
    such offices; reminders that their step does not send
    (cycle.reminder_to_catch_up); and mail left in the queue.
    """
    with engine.begin() as connection:
        steps.hold(connection, cycle_id)
        moment = clock.now(connection, cycle_id)
        if connection.execute(query("cycles/asks_latecomers"), {"cycle_id": cycle_id}).scalar_one():
            regime = regime_of(connection, cycle_id)
            _tell_of_more_owed(connection, cycle_id, regime)
            notices.queue_requests(connection, cycle_id)
            notices.queue_copies(connection, cycle_id)
            for letter in plan.URGING_STEPS:
                document = lifecycle.find(connection, cycle_id, letter)
                if document is not None and document.is_published:
                    notices.queue_urging(connection, cycle_id, letter)
        for step in connection.scalars(
            query("cycles/overdue_reminder_steps"),
            {"cycle_id": cycle_id, "moment": moment - LEFT_BY_ITS_TASK},
        ).all():
            _remind(connection, cycle_id, step)
        for step in connection.execute(
            query("cycles/reminders_to_catch_up"), {"cycle_id": cycle_id, "now": moment}
        ).scalars():
            notices.queue_reminders(connection, cycle_id, step)
        _queue_missing_copies(connection, cycle_id)
    return deliver(engine, cycle_id)


def queue_late_copies(engine: Engine) -> list[str]:
    """Queue copies of reports of finished cycles for offices that had no contact in use when these were given
    out; returns the cycles in question.
    """
    with engine.begin() as connection:
        cycles = [str(c) for c in connection.execute(query("cycles/finished_with_copies")).scalars()]
        for cycle_id in cycles:
            _queue_missing_copies(connection, cycle_id)
    return cycles


def _queue_missing_copies(connection: Connection, cycle_id: str) -> None:
    if not is_withdrawn(connection, cycle_id):
        for report in editions.published(connection, cycle_id):
            notices.queue_report_copies(connection, cycle_id, report.kind)


def _tell_of_more_owed(connection: Connection, cycle_id: str, regime: Regime) -> None:
    """Add what came to be owed since the issue; offices that were asked before are told what they owe
    besides, the others get their request.
    """
    period = regime.period(period_of(connection, cycle_id))
    added = oblige_since_issue(connection, cycle_id, regime, period)
    asked = set(connection.scalars(query("cycles/recipients_asked"), {"cycle_id": cycle_id}))
    told = []
    for recipient_id, owed in groupby(added, key=lambda owed: owed.recipient_id):
        ids = tuple(o.obligation_id for o in owed)
        if recipient_id in asked:
            told.append(ChangeNotice(recipient_id, max(ids), ids, {}))
    if told:
        notices.queue_change(connection, cycle_id, ADDED, told)


def _begin(connection: Connection, cycle_id: str, step: str) -> bool:
    """Lock a step; returns whether it is done already. Raises NotYetDueError before its moment."""
    current = steps.lock(connection, cycle_id, step)
    if not current.is_done and not current.is_due:
        raise NotYetDueError(
            f"{step} of {cycle_id} falls due {current.due_at:%d/%m/%Y %H:%M}, "
            f"now it is {current.now:%d/%m/%Y %H:%M}."
        )
    return current.is_done


def _outstanding(connection: Connection, cycle_id: str) -> int:
    return int(connection.execute(query("cycles/count_outstanding"), {"cycle_id": cycle_id}).scalar_one())


def _deliver(engine: Engine, cycle_id: str) -> DeliveryResult:
    result = deliver(engine, cycle_id)
    if result.left_queued:
        raise UndeliveredError(
            f"{result.left_queued} messages of {cycle_id} are still in the queue and are tried again"
            f" ({result.problem or 'no reason given'})."
        )
    return result
