"""Deadlines as letters write them, and the first instant that is late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from reporting.clock import VIETNAM
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import date_with_weekday, short_date


@dataclass(frozen=True)
class Deadline:
    """A deadline by its wording.

    ``before`` ("trước ngày D") is strict: it ends at 24:00 of the day before D. ``through``
    ("đến hết ngày D") ends at 24:00 of D itself.
    """

    kind: Literal["before", "through"]
    on: date

    def __post_init__(self) -> None:
        if self.kind not in ("before", "through"):
            raise ValueError(f'the deadline is of kind {self.kind!r}; write "before" or "through"')

    @property
    def last_day(self) -> date:
        """The last day on which an answer is still in time; it may be a day off."""
        return self.on - timedelta(days=1) if self.kind == "before" else self.on

    @property
    def first_late_at(self) -> datetime:
        """The first instant that is late, in Vietnam's time: midnight after the last day."""
        return datetime.combine(self.last_day + timedelta(days=1), time.min, tzinfo=VIETNAM)

    @property
    def phrase(self) -> str:
        """The deadline in the letter's words: "trước ngày 26/8/2023" or "đến hết ngày 31/12/2012"."""
        return text(f"dates.deadline.{self.kind}", date=short_date(self.on))

    @property
    def last_day_phrase(self) -> str:
        """The last day in words: "ngày 25/8/2023 (thứ Sáu)"."""
        return date_with_weekday(self.last_day)
