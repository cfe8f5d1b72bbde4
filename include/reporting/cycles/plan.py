"""The plan of a cycle: which step falls due when, and when each obligation is to be reminded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from reporting.calendar.deadlines import Deadline
from reporting.calendar.working_days import WorkingCalendar
from reporting.clock import VIETNAM
from reporting.regimes.models import DeadlineRule, Period, Regime, UrgingStep

REQUEST_LETTER, ISSUE, DEADLINE = "request_letter", "issue", "deadline"
URGING_LETTER, URGING_ISSUE = "urging_letter", "urging_issue"
ESCALATION_LETTER, ESCALATION_ISSUE = "escalation_letter", "escalation_issue"
CLOSE, REPORT, PUBLISH = "close", "report", "publish"
LETTERS_GO_OUT_AT = time(14, 0)
URGING_STEPS = {URGING_LETTER: URGING_ISSUE, ESCALATION_LETTER: ESCALATION_ISSUE}
"""The steps of the ladder of numbered letters to those outstanding: drafted at one, sent at the other."""


@dataclass(frozen=True)
class Milestone:
    """A step and the instant at which it falls due."""

    step: str
    due_at: datetime
    offset_working_days: int | None = None

    @property
    def is_reminder(self) -> bool:
        """Whether the step sends reminders."""
        return self.offset_working_days is not None


def deadline_of(rule: DeadlineRule) -> Deadline | None:
    """The deadline of a rule; None where no day is fixed."""
    if rule.kind == "open" or rule.day is None:
        return None
    return Deadline(rule.kind, rule.day)


def deadline_phrase(period: Period) -> str:
    """The period's deadline in words, as in the letter; empty where no day is fixed."""
    deadline = deadline_of(period.deadline)
    return "" if deadline is None else deadline.phrase


def urging_of(regime: Regime, step: str) -> UrgingStep | None:
    """The rung of the ladder whose letter is drafted at `step`; None where the regime plans none."""
    return {URGING_LETTER: regime.urging, ESCALATION_LETTER: regime.escalation}[step]


def reminder_due_at(regime: Regime, last_day: date, working_days: int, calendar: WorkingCalendar) -> datetime:
    """When the reminder so many working days from `last_day` (the last day in time) is sent, in office
    hours.
    """
    return _at(calendar.reminder_day(last_day, working_days), regime.office_hours.reminders_at)


def last_day_before(due_at: datetime) -> date:
    """The last day that is in time, when `due_at` is the first instant that is late."""
    return (due_at.astimezone(VIETNAM) - timedelta(microseconds=1)).date()


def reminder_plan(
    regime: Regime, due_at: datetime | None, request_on: date, calendar: WorkingCalendar
) -> dict[str, datetime]:
    """Step → when it falls due, for an obligation that is late from `due_at`; None: no day is fixed, and its
    reminders count from the day of the request.
    """
    anchor, start = ("issue", request_on) if due_at is None else ("deadline", last_day_before(due_at))
    return {
        r.step: reminder_due_at(regime, start, r.working_days, calendar)
        for r in regime.reminders
        if r.anchor == anchor
    }


def earliest_reminder(asked_at: datetime, calendar: WorkingCalendar) -> datetime:
    """From when on an office that is asked at this moment may be reminded: a working day later."""
    local = asked_at.astimezone(VIETNAM)
    return datetime.combine(calendar.shift(local.date(), 1), local.time(), tzinfo=VIETNAM)


def milestones(regime: Regime, period: Period, calendar: WorkingCalendar) -> list[Milestone]:
    """Every step of a cycle in the order of its due moments.

    The last deadline is the one from which the step `deadline` and the urging letters count. Raises
    ValueError when a deadline, a reminder or an urging letter's new deadline would fall after the close, or
    a reminder or an urging letter counts from a deadline that the period does not have.
    """
    hours = regime.office_hours
    place = f"Regime {regime.code}, period {period.code}"
    rules = [period.deadline, *(d.deadline for d in regime.deliverables if d.deadline is not None)]
    deadlines = [deadline for rule in rules if (deadline := deadline_of(rule)) is not None]
    last_day = max((d.last_day for d in deadlines), default=None)
    if last_day is not None and last_day > period.close_on:
        raise ValueError(
            f"{place}: the deadline {last_day:%d/%m/%Y} falls after the close of {period.close_on:%d/%m/%Y}. "
            "Set close_on later."
        )
    plan = [
        Milestone(ISSUE, _at(period.request_on, LETTERS_GO_OUT_AT)),
        Milestone(CLOSE, _at(period.close_on, hours.closes)),
    ]
    if regime.asked_by != "instrument":
        plan.append(Milestone(REQUEST_LETTER, _at(period.request_on, hours.opens)))
    if deadlines:
        plan.append(Milestone(DEADLINE, max(d.first_late_at for d in deadlines)))
    if period.report_on is not None:
        plan.append(Milestone(REPORT, _at(period.report_on, hours.opens)))
        plan.append(Milestone(PUBLISH, _at(period.report_on, time(15, 0))))

    def start_of(anchor: str, what: str) -> date:
        if anchor == "issue":
            return period.request_on
        if last_day is None:
            raise ValueError(
                f"{place}: {what} counts from a deadline, but no day is fixed. "
                "Let it count from the issue (anchor: issue), or set a deadline."
            )
        return last_day

    plan += [
        Milestone(
            r.step,
            reminder_due_at(regime, start_of(r.anchor, r.step), r.working_days, calendar),
            r.working_days,
        )
        for r in regime.reminders
    ]
    close_at = _at(period.close_on, hours.closes)
    for planned in plan:
        if planned.is_reminder and planned.due_at >= close_at:
            remedy = "schedule_close_working_days" if regime.schedule is not None else "close_on"
            raise ValueError(
                f"{place}: {planned.step} of {planned.due_at:%d/%m/%Y} would fall after the close of "
                f"{period.close_on:%d/%m/%Y}, when nobody is reminded any more. Lessen its working days, "
                f"leave it out, or set {remedy} later."
            )
    for letter, issue in URGING_STEPS.items():
        urging = urging_of(regime, letter)
        if urging is None:
            continue
        day = calendar.shift(start_of(urging.anchor, letter), urging.working_days)
        new_last_day = calendar.shift(day, urging.new_deadline_working_days)
        if new_last_day > period.close_on:
            raise ValueError(
                f"{place}: the {letter.replace('_', ' ')} of {day:%d/%m/%Y} would give "
                f"time until {new_last_day:%d/%m/%Y}, after the close of {period.close_on:%d/%m/%Y}. "
                "Lessen its working days, or set close_on later."
            )
        plan.append(Milestone(letter, _at(day, hours.opens)))
        plan.append(Milestone(issue, _at(day, LETTERS_GO_OUT_AT)))
    return sorted(plan, key=lambda m: m.due_at)


def when_letters_go_out(day: date) -> datetime:
    """The moment of a day at which letters that were registered by then go out."""
    return _at(day, LETTERS_GO_OUT_AT)


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, tzinfo=VIETNAM)
