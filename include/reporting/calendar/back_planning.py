"""Planning backwards: from the ministry's own time limit to the latest days of each step before it.

Light to import, so that a regime may hold an `Upstream` and `Durations`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from reporting.calendar.periods import CalendarPeriod

if TYPE_CHECKING:
    from reporting.calendar.working_days import WorkingCalendar

Item = Literal["request_on", "last_day", "close_on", "report_on"]
ITEMS: tuple[Item, ...] = ("request_on", "last_day", "close_on", "report_on")


class Upstream(BaseModel):
    """The ministry's own time limit, as data: the last day that is in time, or a period by whose end it ends.

    `{phrase: "trong quý IV năm 2023", due_on: 2023-12-31}` or `{by_end_of: "2023_q4"}`, which brings its own
    words where `phrase` is left off.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    phrase: str = ""
    due_on: date | None = None
    by_end_of: str | None = None

    @field_validator("by_end_of")
    @classmethod
    def _is_a_period(cls, code: str | None) -> str | None:
        if code is not None:
            CalendarPeriod.parse(code)
        return code

    @model_validator(mode="after")
    def _one_way(self) -> Upstream:
        if (self.due_on is None) == (self.by_end_of is None):
            raise ValueError("give either due_on or by_end_of")
        if self.due_on is not None and not self.phrase:
            raise ValueError("due_on needs a phrase, the words of the time limit in letters")
        return self

    @property
    def last_day(self) -> date:
        """The last day that is in time; it may be a day off."""
        if self.due_on is not None:
            return self.due_on
        assert self.by_end_of is not None
        return CalendarPeriod.parse(self.by_end_of).last_day

    @property
    def words(self) -> str:
        """The time limit as letters write it: "trong quý IV năm 2023"."""
        from reporting.wording.catalogue import text

        if self.phrase or self.by_end_of is None:
            return self.phrase
        return text("calendar.upstream.by_end_of", period=CalendarPeriod.parse(self.by_end_of).label)


class Durations(BaseModel):
    """How many working days each stretch of a cycle takes, in the order of the cycle."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    collecting: int = Field(ge=1)
    """From the request to the offices' last day."""
    urging: int = Field(ge=0)
    """From the offices' last day to the close."""
    consolidation: int = Field(ge=0)
    """From the close to the draft of the report."""
    leadership_approval: int = Field(ge=0)
    """From the draft of the report to its dispatch."""


@dataclass(frozen=True)
class BackPlan:
    """The latest days with which the upstream time limit is kept; every one is a working day."""

    upstream: Upstream
    dispatch_on: date
    """The report leaves the ministry: the last working day that is in time."""
    report_on: date
    close_on: date
    last_day: date
    """The offices' last day."""
    request_on: date

    def latest(self, item: Item) -> date:
        """The latest day of one item."""
        days: dict[Item, date] = {
            "request_on": self.request_on,
            "last_day": self.last_day,
            "close_on": self.close_on,
            "report_on": self.report_on,
        }
        return days[item]


@dataclass(frozen=True)
class Tightness:
    """A given day that is later than the plan allows."""

    item: Item
    given: date
    latest: date
    working_days: int
    """How many working days later, 1 at least."""
    sentence: str


def back_plan(upstream: Upstream, durations: Durations, calendar: WorkingCalendar) -> BackPlan:
    """Plan backwards from the upstream time limit.

    A time limit on a day off is not moved, but the report leaves on the working day before it.
    Raises CalendarDataError when working days cannot be told.
    """
    dispatch_on = calendar.on_or_before(upstream.last_day)
    report_on = calendar.shift(dispatch_on, -durations.leadership_approval)
    close_on = calendar.shift(report_on, -durations.consolidation)
    last_day = calendar.shift(close_on, -durations.urging)
    return BackPlan(
        upstream=upstream,
        dispatch_on=dispatch_on,
        report_on=report_on,
        close_on=close_on,
        last_day=last_day,
        request_on=calendar.shift(last_day, -durations.collecting),
    )


def tightness(plan: BackPlan, given: Mapping[Item, date], calendar: WorkingCalendar) -> list[Tightness]:
    """Which of the given days are later than the plan allows, in the order of the cycle, in words.

    `last_day` is the last day that is in time, not the day after "trước ngày". A day is too late when at
    least one working day is lost: the Sunday after a latest Friday loses none. Empty when all are in time.
    """
    from reporting.wording.catalogue import text
    from reporting.wording.vietnamese import date_with_weekday

    late = []
    for item in ITEMS:
        working_days = calendar.count_between(plan.latest(item), given[item]) if item in given else 0
        if working_days > 0:
            late.append(
                Tightness(
                    item=item,
                    given=given[item],
                    latest=plan.latest(item),
                    working_days=working_days,
                    sentence=text(
                        "calendar.back_plan.too_late",
                        item=text(f"calendar.back_plan.item.{item}"),
                        given=date_with_weekday(given[item]),
                        latest=date_with_weekday(plan.latest(item)),
                        working_days=working_days,
                        upstream=plan.upstream.words,
                        due=date_with_weekday(plan.upstream.last_day),
                    ),
                )
            )
    return late
