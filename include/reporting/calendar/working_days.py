"""Working days of Vietnam: the ``holidays`` library, corrected by the days that were announced otherwise.

Days off are exchanged for working Saturdays by announcements that often come days before, so that the
corrections are data and are looked at anew by every ``WorkingCalendar.load()``: the files of
``include/registry`` and, where ``REPORTING_WORKING_DAYS`` names a folder or a file, those outside the clone.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import holidays

from reporting.settings import INCLUDE, settings

OVERRIDES = INCLUDE / "registry" / "working_day_overrides.csv"
_COLUMNS = ["day", "is_working_day", "reason", "source"]
_YEAR_COLUMNS = ["year", "is_checked", "source"]
_TRUTH = {"yes": True, "no": False}
_FEWEST_HOLIDAYS = 9
"""By the labour code of 1994 with the Hùng Kings' day (2007) no year has fewer; Tết alone has four."""


class CalendarDataError(ValueError):
    """The working days cannot be told; the message names file, line, column and remedy."""


@dataclass(frozen=True)
class WorkingDayOverride:
    """A day that is, or is not, a working day whatever the general rule says, and who announced it."""

    day: date
    is_working_day: bool
    reason: str
    source: str


@dataclass(frozen=True)
class HolidayYear:
    """A year whose holidays were announced; `is_checked` when its swapped days were compared with it."""

    year: int
    is_checked: bool
    source: str


def read_overrides(file: Path = OVERRIDES) -> list[WorkingDayOverride]:
    """Read the overrides. Raises CalendarDataError naming file, line, column and remedy."""
    overrides: dict[date, WorkingDayOverride] = {}
    for place, row in _rows(file, _COLUMNS):
        try:
            day = date.fromisoformat(row["day"])
        except ValueError as error:
            raise CalendarDataError(
                f"{place}, column day: {row['day']!r} is not a date; write it as 2012-12-31"
            ) from error
        is_working_day = _truth(place, row, "is_working_day")
        if not row["source"].strip():
            raise CalendarDataError(f"{place}, column source: empty; say who announced it, and when")
        if day in overrides:
            raise CalendarDataError(f"{place}, column day: {day} stands there twice; keep one row")
        overrides[day] = WorkingDayOverride(day, is_working_day, row["reason"], row["source"])
    return list(overrides.values())


def read_holiday_years(file: Path) -> list[HolidayYear]:
    """Read for which years the holidays were announced. Raises CalendarDataError naming file, line, column
    and remedy.
    """
    years = []
    for place, row in _rows(file, _YEAR_COLUMNS):
        if not (row["year"].isascii() and row["year"].isdigit()):
            raise CalendarDataError(f"{place}, column year: {row['year']!r} is not a year; write it as 2026")
        if not row["source"].strip():
            raise CalendarDataError(f"{place}, column source: empty; say who announced it, and when")
        years.append(HolidayYear(int(row["year"]), _truth(place, row, "is_checked"), row["source"]))
    return years


def _rows(file: Path, columns: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    try:
        content = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CalendarDataError(
            f"{file}: not UTF-8 (byte {error.start}); save it as CSV UTF-8 and try again"
        ) from error
    except OSError as error:
        raise CalendarDataError(f"{file}: cannot be read ({error.strerror}); mend its permissions") from error
    rows = csv.DictReader(io.StringIO(content, newline=""))
    if rows.fieldnames != columns:
        raise CalendarDataError(f"{file}, line 1: the columns must be {','.join(columns)}")
    for row in rows:
        place = f"{file}, line {rows.line_num}"
        if None in row or None in row.values():
            raise CalendarDataError(f"{place}: the row does not have {len(columns)} columns; quote commas")
        yield place, row


def _truth(place: str, row: dict[str, str], column: str) -> bool:
    if row[column] not in _TRUTH:
        raise CalendarDataError(f"{place}, column {column}: {row[column]!r}; write yes or no")
    return _TRUTH[row[column]]


class WorkingCalendar:
    """Tells working days from days off in Vietnam.

    Public holidays of a year that was not announced are a projection (`is_projected`).
    """

    def __init__(
        self, overrides: Mapping[date, bool], announced_years: AbstractSet[int] = frozenset()
    ) -> None:
        """``overrides`` says of single days whether they are working days; the library knows the rest.

        ``announced_years`` are the years whose holidays were announced officially.
        """
        self._overrides = dict(overrides)
        self._announced_years = frozenset(announced_years)

    @classmethod
    def load(cls, regime: str | None = None) -> WorkingCalendar:
        """Return the calendar with the overrides as they stand in the files now.

        A row of the regime's own file goes before the general one, and a row outside the clone
        (``REPORTING_WORKING_DAYS``) before the clone's. Raises CalendarDataError naming file, line, column
        and remedy: nothing is ever counted with an older or a lesser calendar instead.
        """
        overrides: dict[date, bool] = {}
        for file in _override_files(regime):
            overrides |= {o.day: o.is_working_day for o in _overrides(file)}
        years: set[int] = set()
        for file in _files("holiday_years.csv"):
            years |= {y.year for y in _holiday_years(file)}
        return cls(overrides, years)

    def is_working_day(self, day: date) -> bool:
        """Say whether offices work on ``day``.

        Raises CalendarDataError for a year whose holidays the library does not know.
        """
        announced = self._overrides.get(day)
        return bool(_holidays_of(day.year).is_working_day(day)) if announced is None else announced

    def is_projected(self, year: int) -> bool:
        """Whether the holidays of ``year`` are computed and were not announced yet: swaps are to come."""
        return year not in self._announced_years

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

    def count_between(self, day: date, end: date) -> int:
        """Return how many working days lie after ``day`` up to ``end``; 0 where ``end`` is not later."""
        return sum(self.is_working_day(day + timedelta(days=n)) for n in range(1, (end - day).days + 1))

    def reminder_day(self, last_day: date, working_days: int) -> date:
        """The working day on which to remind, so many working days from the last day in time.

        The last day may be a day off and is never moved by it: what falls on it is sent the working day
        before (0), counted back from it (negative), or follows on the next working days (positive).
        """
        return self.on_or_before(last_day) if working_days == 0 else self.shift(last_day, working_days)

    def on_or_before(self, day: date) -> date:
        """Return ``day`` if it is a working day, else the working day before it."""
        return day if self.is_working_day(day) else self.shift(day, -1)


def _override_files(regime: str | None) -> list[Path]:
    general, own = OVERRIDES.name, f"{OVERRIDES.stem}/{regime}.csv"
    return [*_files(general), *(_files(own) if regime else [])]


def _files(name: str) -> list[Path]:
    """The files of this name that there are: the clone's, then the one of REPORTING_WORKING_DAYS."""
    folder = OVERRIDES.parent
    files = [folder / name]
    outside = settings().working_days
    if outside is not None:
        if outside.is_dir():
            files.append(outside / name)
        elif outside.is_file():
            files += [outside] if name == OVERRIDES.name else []
        else:
            raise CalendarDataError(
                f"REPORTING_WORKING_DAYS names {outside}, which is not there; create the folder or the file, "
                "or unset the variable"
            )
    return [file for file in files if file.exists() or (name == OVERRIDES.name and file.parent == folder)]


def _stamp(file: Path) -> tuple[int, int, int]:
    try:
        found = file.stat()
    except OSError as error:
        raise CalendarDataError(
            f"{file}: cannot be read ({error.strerror}); put it back, or mend its permissions"
        ) from error
    return found.st_mtime_ns, found.st_size, found.st_ino


def _overrides(file: Path) -> tuple[WorkingDayOverride, ...]:
    return _overrides_as_of(file, _stamp(file))


def _holiday_years(file: Path) -> tuple[HolidayYear, ...]:
    return _holiday_years_as_of(file, _stamp(file))


@lru_cache(maxsize=32)
def _overrides_as_of(file: Path, stamp: tuple[int, int, int]) -> tuple[WorkingDayOverride, ...]:
    return tuple(read_overrides(file))  # an error is not kept: it is told again until the file is mended


@lru_cache(maxsize=8)
def _holiday_years_as_of(file: Path, stamp: tuple[int, int, int]) -> tuple[HolidayYear, ...]:
    return tuple(read_holiday_years(file))


@lru_cache(maxsize=1)
def _library() -> Any:
    return holidays.country_holidays("VN", language="vi")


@lru_cache(maxsize=256)
def _holidays_of(year: int) -> Any:
    """The library, once it is sure that it knows the holidays of ``year``.

    Outside the years it covers the library holds no holiday and would count every weekday as a working day.
    """
    library = _library()
    library.get(date(year, 1, 1))  # it computes a year when it is first asked about it
    known = sum(day.year == year for day in library)
    if known < _FEWEST_HOLIDAYS:
        raise CalendarDataError(
            f"The library holidays knows {known} public holidays of Viet Nam in {year}; "
            f"there are {_FEWEST_HOLIDAYS} at least, so working days of {year} cannot be counted. "
            "Install a newer holidays, or check the year."
        )
    return library
