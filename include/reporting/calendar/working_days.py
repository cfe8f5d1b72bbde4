"""Working days of Vietnam: the ``holidays`` library, corrected by the days that were announced otherwise.

Days off are exchanged for working Saturdays by announcements that often come days before, so that the
corrections are data (``include/registry/working_day_overrides.csv``) and are read anew by every
``WorkingCalendar.load()``.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import holidays

from reporting.settings import INCLUDE

OVERRIDES = INCLUDE / "registry" / "working_day_overrides.csv"
_COLUMNS = ["day", "is_working_day", "reason", "source"]
_TRUTH = {"yes": True, "no": False}


class CalendarDataError(ValueError):
    """The overrides cannot be read; the message names file, line, column and remedy."""


@dataclass(frozen=True)
class WorkingDayOverride:
    """A day that is, or is not, a working day whatever the general rule says, and who announced it."""

    day: date
    is_working_day: bool
    reason: str
    source: str


def read_overrides(file: Path = OVERRIDES) -> list[WorkingDayOverride]:
    """Read the overrides. Raises CalendarDataError naming file, line, column and remedy."""
    overrides: dict[date, WorkingDayOverride] = {}
    with file.open(encoding="utf-8-sig", newline="") as handle:
        rows = csv.DictReader(handle)
        if rows.fieldnames != _COLUMNS:
            raise CalendarDataError(f"{file}, line 1: the columns must be {','.join(_COLUMNS)}")
        for row in rows:
            place = f"{file}, line {rows.line_num}"
            if None in row or None in row.values():
                raise CalendarDataError(
                    f"{place}: the row does not have {len(_COLUMNS)} columns; quote commas"
                )
            try:
                day = date.fromisoformat(row["day"])
            except ValueError as error:
                raise CalendarDataError(
                    f"{place}, column day: {row['day']!r} is not a date; write it as 2012-12-31"
                ) from error
            if row["is_working_day"] not in _TRUTH:
                raise CalendarDataError(
                    f"{place}, column is_working_day: {row['is_working_day']!r}; write yes or no"
                )
            if not row["source"].strip():
                raise CalendarDataError(f"{place}, column source: empty; say who announced it, and when")
            if day in overrides:
                raise CalendarDataError(f"{place}, column day: {day} stands there twice; keep one row")
            overrides[day] = WorkingDayOverride(
                day, _TRUTH[row["is_working_day"]], row["reason"], row["source"]
            )
    return list(overrides.values())


class WorkingCalendar:
    """Tells working days from days off in Vietnam. Public holidays of a future year are a projection."""

    def __init__(self, overrides: Mapping[date, bool]) -> None:
        """``overrides`` says of single days whether they are working days; the library knows the rest."""
        self._overrides = dict(overrides)
        self._holidays = holidays.country_holidays("VN", language="vi")

    @classmethod
    def load(cls) -> WorkingCalendar:
        """Return the calendar with the overrides as they stand in the file now."""
        return cls({override.day: override.is_working_day for override in read_overrides(OVERRIDES)})

    def is_working_day(self, day: date) -> bool:
        """Say whether offices work on ``day``."""
        announced = self._overrides.get(day)
        return bool(self._holidays.is_working_day(day)) if announced is None else announced

    def shift(self, day: date, working_days: int) -> date:
        """Return the day ``working_days`` working days after ``day``, or before it if the number is negative.

        ``day`` itself is not counted and need not be a working day; 0 gives ``day`` back.
        """
        step = timedelta(days=1 if working_days > 0 else -1)
        left = abs(working_days)
        while left:
            day += step
            left -= self.is_working_day(day)
        return day
