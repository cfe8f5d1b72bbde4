"""The plan of a cycle: which step falls due when, and when each obligation is to be reminded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from reporting.calendar.deadlines import Deadline
from reporting.calendar.working_days import WorkingCalendar
from reporting.clock import VIETNAM
from reporting.regimes.models import Period, Regime

REQUEST_LETTER, ISSUE, DEADLINE = "request_letter", "issue", "deadline"
URGING_LETTER, URGING_ISSUE = "urging_letter", "urging_issue"
CLOSE, REPORT, PUBLISH = "close", "report", "publish"
LETTERS_GO_OUT_AT = time(14, 0)


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


def deadline_of(period: Period) -> Deadline:
    """The deadline of a period's request."""
    return Deadline(period.deadline.kind, period.deadline.day)


def reminder_due_at(regime: Regime, last_day: date, working_days: int, calendar: WorkingCalendar) -> datetime:
    """When the reminder so many working days from `last_day` (the last day in time) is sent, in office
    hours.
    """
    return _at(calendar.shift(last_day, working_days), regime.office_hours.reminders_at)


def last_day_before(due_at: datetime) -> date:
    """The last day that is in time, when `due_at` is the first instant that is late."""
    return (due_at.astimezone(VIETNAM) - timedelta(microseconds=1)).date()


def reminder_plan(regime: Regime, due_at: datetime, calendar: WorkingCalendar) -> dict[str, datetime]:
    """Step → when it falls due, for an obligation that is late from `due_at`."""
    last_day = last_day_before(due_at)
    return {r.step: reminder_due_at(regime, last_day, r.working_days, calendar) for r in regime.reminders}


def milestones(regime: Regime, period: Period, calendar: WorkingCalendar) -> list[Milestone]:
    """Every step of a cycle in the order of its due moments.

    Raises ValueError when the urging letter's new deadline would fall after the close.
    """
    hours = regime.office_hours
    deadline = deadline_of(period)
    plan = [
        Milestone(REQUEST_LETTER, _at(period.request_on, hours.opens)),
        Milestone(ISSUE, _at(period.request_on, LETTERS_GO_OUT_AT)),
        Milestone(DEADLINE, deadline.first_late_at),
        Milestone(CLOSE, _at(period.close_on, hours.closes)),
        Milestone(REPORT, _at(period.report_on, hours.opens)),
        Milestone(PUBLISH, _at(period.report_on, time(15, 0))),
    ]
    plan += [
        Milestone(
            r.step, reminder_due_at(regime, deadline.last_day, r.working_days, calendar), r.working_days
        )
        for r in regime.reminders
    ]
    if regime.urging is not None:
        day = calendar.shift(deadline.last_day, regime.urging.working_days)
        new_last_day = calendar.shift(day, regime.urging.new_deadline_working_days)
        if new_last_day > period.close_on:
            raise ValueError(
                f"Regime {regime.code}, period {period.code}: the urging letter of {day:%d/%m/%Y} would give "
                f"time until {new_last_day:%d/%m/%Y}, after the close of {period.close_on:%d/%m/%Y}. "
                "Lessen the working days of urging, or set close_on later."
            )
        plan.append(Milestone(URGING_LETTER, _at(day, hours.opens)))
        plan.append(Milestone(URGING_ISSUE, _at(day, LETTERS_GO_OUT_AT)))
    return sorted(plan, key=lambda m: m.due_at)


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, tzinfo=VIETNAM)
