"""Periodic reporting by law: calendars of cut-offs and report days, their periods, and when cycles open.

A calendar is data, ``include/calendars/<code>.yaml``, each rule with its source. Day rules count months from
the first or the last month of a period, so that one rule serves every year. Days given by law are never
moved by a day off; what is odd about a period is marked on it instead.

Light to import: DAG files read a schedule at parse time. Working days are loaded when dates are computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from reporting import plain_yaml
from reporting.settings import INCLUDE

if TYPE_CHECKING:
    from reporting.calendar.deadlines import Deadline
    from reporting.calendar.working_days import WorkingCalendar

FOLDER = INCLUDE / "calendars"
OPENS_AT = time(8, 0)
OPENING_GRACE = timedelta(hours=1)
"""So long after its opening a period is left to its scheduled run; from then on it was missed, and the keeper
of cycles opens it late."""

Frequency = Literal["month", "quarter", "six_months", "nine_months", "year"]
Mark = Literal[
    "report_on_day_off",
    "no_working_day_after_cutoff",
    "no_working_day_to_consolidate",
    "report_after_upstream",
    "holidays_projected",
]


class _Shape(NamedTuple):
    """How a year is cut: the suffix of period codes, months of a part, parts of a year."""

    suffix: str
    months: int
    parts: int

    def code(self, year: int, part: int) -> str:
        return f"{year:04d}{self.suffix.format(part=part)}"


_SHAPES: dict[Frequency, _Shape] = {
    "month": _Shape("_t{part:02d}", 1, 12),
    "quarter": _Shape("_q{part}", 3, 4),
    "six_months": _Shape("_h{part}", 6, 2),
    "nine_months": _Shape("_m9", 9, 1),
    "year": _Shape("", 12, 1),
}
_BY_SUFFIX: dict[str, tuple[Frequency, int]] = {
    shape.suffix.format(part=part): (frequency, part)
    for frequency, shape in _SHAPES.items()
    for part in range(1, shape.parts + 1)
}
_YEAR_DIGITS = 4


@dataclass(frozen=True, order=True)
class CalendarPeriod:
    """A part of a calendar year: `part` counts from 1 within the year ("quý IV" is part 4 of quarter)."""

    year: int
    frequency: Frequency
    part: int

    @classmethod
    def parse(cls, code: str) -> CalendarPeriod:
        """The period with this code: 2026_t01, 2026_q1, 2026_h1, 2026_m9, 2026.

        Raises ValueError naming the forms there are.
        """
        year, suffix = code[:_YEAR_DIGITS], code[_YEAR_DIGITS:]
        if len(year) < _YEAR_DIGITS or not (year.isascii() and year.isdigit()) or suffix not in _BY_SUFFIX:
            raise ValueError(
                f"there is no period {code!r}; write a month as 2026_t01, a quarter as 2026_q1, half a year "
                "as 2026_h1 or 2026_h2, nine months as 2026_m9, a year as 2026"
            )
        frequency, part = _BY_SUFFIX[suffix]
        return cls(int(year), frequency, part)

    @property
    def code(self) -> str:
        """2026_t01, 2026_q1, 2026_h1, 2026_m9 or 2026."""
        return _SHAPES[self.frequency].code(self.year, self.part)

    @property
    def first_month(self) -> int:
        """The first month, 1 to 12."""
        return (self.part - 1) * _SHAPES[self.frequency].months + 1

    @property
    def last_month(self) -> int:
        """The last month, 1 to 12."""
        return self.first_month + _SHAPES[self.frequency].months - 1

    @property
    def last_day(self) -> date:
        """The last day of the last month: what "quý IV năm 2023" as a time limit ends with."""
        return _day(self.year, self.last_month + 1, 1) - timedelta(days=1)

    @property
    def label(self) -> str:
        """ "quý I năm 2026", "6 tháng đầu năm 2026", "tháng 01 năm 2026" (months 1 and 2 padded)."""
        from reporting.wording.catalogue import text

        month = f"{self.last_month:02d}" if self.last_month <= 2 else str(self.last_month)
        several = self.frequency in ("quarter", "six_months")
        key = f"dates.period.{self.frequency}" + (f".{self.part}" if several else "")
        return text(key, month=month, year=self.year)


def _day(year: int, month: int, day: int) -> date:
    """The day of a month that may lie outside 1 to 12: month 0 of 2026 is December of 2025."""
    years, month_index = divmod(month - 1, 12)
    return date(year + years, month_index + 1, day)


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DayOfFirstMonth(_Data):
    """A day of the month so many months from the first month of a period (0: that month)."""

    months_from_first: int = Field(ge=-12, le=12)
    day: int = Field(ge=1, le=28)

    def of(self, period: CalendarPeriod) -> date:
        """The day for a period."""
        return _day(period.year, period.first_month + self.months_from_first, self.day)


class DayOfLastMonth(_Data):
    """A day of the month so many months from the last month of a period (0: that month)."""

    months_from_last: int = Field(ge=-12, le=12)
    day: int = Field(ge=1, le=28)

    def of(self, period: CalendarPeriod) -> date:
        """The day for a period."""
        return _day(period.year, period.last_month + self.months_from_last, self.day)


class _Rule(_Data):
    """A rule with where it stands, and how sure that is: H read, M restated elsewhere, L inferred."""

    source: str = Field(min_length=1)
    confidence: Literal["H", "M", "L"]
    note: str = ""


class CutoffRule(_Rule):
    """From which day to which the data count (Decree 09/2019, art. 8(5), art. 12)."""

    from_: DayOfFirstMonth = Field(alias="from")
    to: DayOfLastMonth


class ReportRule(_Rule):
    """Until when the offices report: a day, or so many working days after the cut-off ends."""

    kind: Literal["before", "through"]
    on_day: DayOfLastMonth | None = None
    working_days_after_cutoff: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one_way(self) -> ReportRule:
        if (self.on_day is None) == (self.working_days_after_cutoff is None):
            raise ValueError("give either on_day or working_days_after_cutoff")
        return self


class ConsolidateRule(_Rule):
    """Until when the ministry's unit consolidates: a day, or so many working days after the report."""

    on_day: DayOfLastMonth | None = None
    working_days_after_report: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one_way(self) -> ConsolidateRule:
        if (self.on_day is None) == (self.working_days_after_report is None):
            raise ValueError("give either on_day or working_days_after_report")
        return self


class UpstreamRule(_Rule):
    """Until when the ministry reports to the Government (Decree 09/2019, art. 13(1))."""

    on_day: DayOfLastMonth


class FrequencyRules(_Data):
    """The rules of one frequency. `parts` are those of the year that are reported; `summary` stands in the
    list of DAGs.
    """

    summary: str
    parts: tuple[int, ...] = Field(min_length=1)
    cutoff: CutoffRule
    report_by: ReportRule
    consolidate_by: ConsolidateRule
    upstream_by: UpstreamRule


class ReportingCalendar(_Data):
    """The dates of one instrument: include/calendars/<code>.yaml."""

    code: str = Field(pattern=r"^[a-z0-9_]+$")
    title: str
    in_force_from: date
    in_force_to: date | None = None
    opens_working_days_before: int = Field(ge=1, le=60)
    frequencies: dict[Frequency, FrequencyRules]

    @model_validator(mode="after")
    def _parts_exist(self) -> ReportingCalendar:
        for frequency, rules in self.frequencies.items():
            known = range(1, _SHAPES[frequency].parts + 1)
            if list(rules.parts) != sorted(set(rules.parts) & set(known)):
                raise ValueError(
                    f"frequencies.{frequency}.parts: {list(rules.parts)}; write numbers from 1 to "
                    f"{known[-1]} in order, each once"
                )
        return self

    def rules(self, frequency: Frequency) -> FrequencyRules:
        """The rules of a frequency. Raises LookupError naming those there are."""
        if frequency not in self.frequencies:
            raise LookupError(
                f"Calendar {self.code} sets no dates for {frequency!r}; "
                f"it has: {', '.join(self.frequencies)}."
            )
        return self.frequencies[frequency]


def parse_calendar(path: Path) -> ReportingCalendar:
    """Read one calendar file. Raises ValueError naming the file, the keys at fault and the remedy."""
    try:
        return ReportingCalendar.model_validate(plain_yaml.load(path.read_text(encoding="utf-8")))
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: not UTF-8 (byte {error.start}). Save it as UTF-8 and try again."
        ) from error
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: not valid YAML: {error}. Mend the file and try again.") from error
    except ValidationError as error:
        named = ((".".join(map(str, e["loc"])), e["msg"]) for e in error.errors())
        places = "; ".join(": ".join(filter(None, parts)) for parts in named)
        raise ValueError(f"{path}: {places}. Mend these keys and try again.") from error


@lru_cache
def load_calendar(code: str) -> ReportingCalendar:
    """The calendar of include/calendars/<code>.yaml.

    Raises LookupError naming those there are, ValueError naming the file and what is wrong with it.
    """
    known = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}
    if code not in known:
        raise LookupError(f"There is no calendar {code!r}; include/calendars has: {', '.join(known)}.")
    calendar = parse_calendar(known[code])
    if calendar.code != code:
        raise ValueError(
            f"{known[code]}: code is {calendar.code!r}; it must be {code!r}, the name of the file."
        )
    return calendar


@dataclass(frozen=True)
class ReportingPeriod:
    """One period of a calendar with its days.

    Data count from `period_from` to `period_to`, which is the cut-off day. `opens_on` is the working day on
    which its cycle opens; `upstream_on` the last day of the ministry's own report to the Government.
    """

    of: CalendarPeriod
    calendar: str
    period_from: date
    period_to: date
    report_by: Deadline
    consolidate_on: date
    upstream_on: date
    opens_on: date
    is_in_force: bool
    """Whether the calendar's instrument is in force on the report day."""
    marks: tuple[Mark, ...]

    @property
    def code(self) -> str:
        """2026_t01, 2026_q1, 2026_h1, 2026_m9 or 2026."""
        return self.of.code

    @property
    def label(self) -> str:
        """The period in words: "quý I năm 2026"."""
        return self.of.label

    @property
    def cutoff_on(self) -> date:
        """The last day whose data count."""
        return self.period_to

    @property
    def opens_at(self) -> datetime:
        """The moment at which the cycle opens, in Viet Nam."""
        from reporting.clock import VIETNAM

        return datetime.combine(self.opens_on, OPENS_AT, tzinfo=VIETNAM)

    def is_missed(self, moment: datetime) -> bool:
        """Whether its scheduled run should have opened it by `moment`."""
        return moment >= self.opens_at + OPENING_GRACE

    @property
    def remarks(self) -> list[str]:
        """What is odd about the period's days, in words for the officer who opens its cycle."""
        from reporting.wording.catalogue import text
        from reporting.wording.vietnamese import date_with_weekday

        return [
            text(
                f"calendar.marks.{mark}",
                period=self.label,
                cutoff=date_with_weekday(self.cutoff_on),
                last_day=self.report_by.last_day_phrase,
                consolidate=date_with_weekday(self.consolidate_on),
                upstream=date_with_weekday(self.upstream_on),
            )
            for mark in self.marks
        ]


def periods(
    calendar: ReportingCalendar | str,
    frequency: Frequency,
    from_day: date,
    to_day: date,
    *,
    opens_working_days_before: int | None = None,
    working: WorkingCalendar | None = None,
) -> list[ReportingPeriod]:
    """The periods whose last day for reporting lies from `from_day` to `to_day`, in order.

    Those outside the calendar's time in force are among them, and say so. Raises LookupError for a calendar
    or a frequency that there is not, CalendarDataError when working days cannot be told.
    """
    rules_of = load_calendar(calendar) if isinstance(calendar, str) else calendar
    days = working or _working_days()
    return [
        period
        for year in range(from_day.year - 1, to_day.year + 2)
        for period in _of_year(rules_of, frequency, year, opens_working_days_before, days)
        if from_day <= period.report_by.last_day <= to_day
    ]


def _working_days() -> WorkingCalendar:
    from reporting.calendar.working_days import WorkingCalendar

    return WorkingCalendar.load()


def _of_year(
    calendar: ReportingCalendar,
    frequency: Frequency,
    year: int,
    opens_working_days_before: int | None,
    working: WorkingCalendar,
) -> Iterator[ReportingPeriod]:
    """The periods of a year in order, lazily: a year's days are computed when it is looked at."""
    rules = calendar.rules(frequency)
    for part in rules.parts:
        yield _reporting_period(
            calendar,
            rules,
            CalendarPeriod(year, frequency, part),
            opens_working_days_before or calendar.opens_working_days_before,
            working,
        )


def _reporting_period(
    calendar: ReportingCalendar,
    rules: FrequencyRules,
    period: CalendarPeriod,
    opens_working_days_before: int,
    working: WorkingCalendar,
) -> ReportingPeriod:
    from reporting.calendar.deadlines import Deadline

    cutoff_on = rules.cutoff.to.of(period)
    upstream_on = rules.upstream_by.on_day.of(period)
    report = rules.report_by
    if report.on_day is not None:
        deadline = Deadline(report.kind, report.on_day.of(period))
    else:
        assert report.working_days_after_cutoff is not None
        last = working.shift(cutoff_on, report.working_days_after_cutoff)
        deadline = Deadline(report.kind, last + timedelta(days=1) if report.kind == "before" else last)
    last_day = deadline.last_day
    consolidation = rules.consolidate_by
    if consolidation.on_day is not None:
        consolidate_on = consolidation.on_day.of(period)
    else:
        assert consolidation.working_days_after_report is not None
        consolidate_on = working.shift(last_day, consolidation.working_days_after_report)
        if consolidate_on > upstream_on >= last_day:
            consolidate_on = upstream_on
    opens_on = working.shift(last_day, -opens_working_days_before)
    marks: list[Mark] = []
    if not working.is_working_day(last_day):
        marks.append("report_on_day_off")
    if working.count_between(cutoff_on, last_day) < 1:
        marks.append("no_working_day_after_cutoff")
    if working.count_between(last_day, consolidate_on) < 1:
        marks.append("no_working_day_to_consolidate")
    if last_day > upstream_on:
        marks.append("report_after_upstream")
    if any(working.is_projected(year) for year in {opens_on.year, last_day.year}):
        marks.append("holidays_projected")
    return ReportingPeriod(
        of=period,
        calendar=calendar.code,
        period_from=rules.cutoff.from_.of(period),
        period_to=cutoff_on,
        report_by=deadline,
        consolidate_on=consolidate_on,
        upstream_on=upstream_on,
        opens_on=opens_on,
        is_in_force=calendar.in_force_from <= last_day
        and (calendar.in_force_to is None or last_day <= calendar.in_force_to),
        marks=tuple(marks),
    )


class Schedule(_Data):
    """When the cycles of a regime open: `schedule: {calendar, frequency, first_on}` of its YAML.

    Periods that would open before `first_on`, or whose report day lies outside the calendar's time in force,
    are not opened.
    """

    calendar: str
    frequency: Frequency
    first_on: date
    opens_working_days_before: int | None = Field(default=None, ge=1, le=60)
    """Instead of the calendar's own."""

    @field_validator("calendar")
    @classmethod
    def _calendar_is_there(cls, code: str) -> str:
        try:
            load_calendar(code)
        except LookupError as error:
            raise ValueError(str(error)) from error
        return code

    @model_validator(mode="after")
    def _frequency_is_there(self) -> Schedule:
        try:
            load_calendar(self.calendar).rules(self.frequency)
        except LookupError as error:
            raise ValueError(str(error)) from error
        return self

    @property
    def summary(self) -> str:
        """The schedule in words, such as "Hằng quý, theo Thông tư số 02/2023/TT-BTTTT"."""
        return load_calendar(self.calendar).rules(self.frequency).summary

    def periods_between(
        self, from_day: date, to_day: date, working: WorkingCalendar | None = None
    ) -> list[ReportingPeriod]:
        """The periods that open from `from_day` to `to_day`, in order."""
        found = self._openings(from_day.year, to_day.year + 1, working)
        return [p for p in found if from_day <= p.opens_on <= to_day]

    def next_after(self, day: date, working: WorkingCalendar | None = None) -> ReportingPeriod | None:
        """The first period that opens after `day`; None when the calendar is no longer in force by then."""
        return next((p for p in self._ahead(day, working) if p.opens_on > day), None)

    def next_run(
        self,
        not_before: datetime | None,
        after_period_from: date | None,
        working: WorkingCalendar | None = None,
    ) -> ReportingPeriod | None:
        """The first period whose opening moment is not earlier than `not_before` and whose data begin after
        `after_period_from`; None when there is none.

        A period is told by its first day, which no announcement of working days moves: one that opened before
        its opening day was moved is not given a second time.
        """
        bounds = [after_period_from, None if not_before is None else not_before.date()]
        start = max([day for day in bounds if day is not None], default=self.first_on)
        return next(
            (
                p
                for p in self._ahead(start, working)
                if (not_before is None or p.opens_at >= not_before)
                and (after_period_from is None or p.period_from > after_period_from)
            ),
            None,
        )

    def period(self, code: str, working: WorkingCalendar | None = None) -> ReportingPeriod | None:
        """The period with this code, whether it is to be opened or not; None when the schedule has none."""
        try:
            wanted = CalendarPeriod.parse(code)
        except ValueError:
            return None
        return next((p for p in self._all(wanted.year, wanted.year, working) if p.of == wanted), None)

    def starting(self, period_from: date, working: WorkingCalendar | None = None) -> ReportingPeriod:
        """The period whose data begin on this day. Raises LookupError when none does."""
        for period in self._all(period_from.year, period_from.year + 1, working):
            if period.period_from == period_from:
                return period
        raise LookupError(
            f"The schedule ({self.calendar}, {self.frequency}) has no period that begins on {period_from}."
        )

    def _all(self, first: int, last: int, working: WorkingCalendar | None) -> Iterator[ReportingPeriod]:
        calendar, days = load_calendar(self.calendar), working or _working_days()
        for year in range(first, last + 1):
            yield from _of_year(calendar, self.frequency, year, self.opens_working_days_before, days)

    def _openings(self, first: int, last: int, working: WorkingCalendar | None) -> Iterator[ReportingPeriod]:
        for period in self._all(first, last, working):
            if period.is_in_force and period.opens_on >= self.first_on:
                yield period

    def _ahead(self, day: date, working: WorkingCalendar | None) -> Iterator[ReportingPeriod]:
        """Every opening from `day` on and some before it, far enough to hold the next one."""
        first = max(day, self.first_on, load_calendar(self.calendar).in_force_from).year
        return self._openings(first, first + 2, working)
