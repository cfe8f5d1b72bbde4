"""Working days of Vietnam, with the days off that were exchanged for working Saturdays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.calendar import working_days
from reporting.calendar.working_days import CalendarDataError, WorkingCalendar, read_overrides
from reporting.settings import settings

CALENDAR = WorkingCalendar.load()


@pytest.mark.parametrize(
    ("day", "is_working"),
    [
        # exchanged by announcement, unknown to the library
        (date(2012, 12, 31), False),
        (date(2013, 1, 5), True),
        (date(2013, 2, 15), False),
        (date(2013, 2, 23), True),
        (date(2014, 1, 25), True),
        (date(2014, 1, 28), False),
        (date(2014, 1, 29), False),
        (date(2014, 2, 5), False),
        (date(2014, 2, 6), True),
        (date(2014, 2, 8), True),
        (date(2026, 1, 2), False),
        (date(2026, 1, 10), True),
        # exchanged, and known to the library
        (date(2012, 1, 27), False),
        (date(2013, 4, 29), False),
        (date(2014, 5, 2), False),
        (date(2015, 1, 2), False),
        (date(2024, 4, 29), False),
        (date(2026, 8, 22), True),
        # the second day of the National Day holiday from 2021; Culture Day from 2026
        (date(2020, 9, 1), True),
        (date(2021, 9, 3), False),
        (date(2026, 11, 24), False),
        (date(2025, 11, 24), True),
        # the deadline of the letter of 2023 is a Saturday, its last valid day a working Friday
        (date(2023, 8, 26), False),
        (date(2023, 8, 25), True),
        # plain days of the sample cycle
        (date(2012, 12, 3), True),
        (date(2013, 1, 1), False),
        (date(2013, 1, 2), True),
        (date(2013, 1, 18), True),
    ],
)
def test_single_days(day: date, is_working: bool) -> None:
    assert CALENDAR.is_working_day(day) is is_working


def test_new_year_of_2013_runs_from_9_to_17_february() -> None:
    off = [day for day in range(1, 29) if not CALENDAR.is_working_day(date(2013, 2, day))]
    # weekends 2-3, then the holiday with its weekends, and of the last weekend only the Sunday
    assert off == [2, 3, 9, 10, 11, 12, 13, 14, 15, 16, 17, 24]


def test_reminders_around_31_december_2012() -> None:
    """Counted by hand. 31/12/2012 is a Monday, off in exchange for Saturday 5/1/2013.

    Before it: Fri 28 (1), Thu 27 (2), Wed 26 (3), Tue 25 (4), Mon 24 (5), Fri 21 (6), Thu 20 (7).
    After it: Tue 1/1/2013 is a holiday, so that the first working day is Wed 2/1/2013; the next are
    Thu 3, Fri 4 and, in exchange, Sat 5.
    """
    deadline = date(2012, 12, 31)
    assert CALENDAR.shift(deadline, -7) == date(2012, 12, 20)
    assert CALENDAR.shift(deadline, -2) == date(2012, 12, 27)
    assert CALENDAR.shift(deadline, 1) == date(2013, 1, 2)
    assert CALENDAR.shift(deadline, 4) == date(2013, 1, 5)


def test_reminders_around_the_deadline_of_26_august_2023() -> None:
    """From the last valid day, Friday 25/8: Thu 24 (1), Wed 23 (2), … Wed 16 (7); after it, Monday 28."""
    last_day = date(2023, 8, 25)
    assert CALENDAR.shift(last_day, -2) == date(2023, 8, 23)
    assert CALENDAR.shift(last_day, -7) == date(2023, 8, 16)
    assert CALENDAR.shift(last_day, 1) == date(2023, 8, 28)


@given(st.dates(date(2011, 6, 1), date(2027, 6, 1)), st.integers(-30, 30).filter(bool))
def test_a_shift_ends_on_a_working_day_with_the_right_number_between(day: date, count: int) -> None:
    end = CALENDAR.shift(day, count)
    assert CALENDAR.is_working_day(end)
    step = 1 if count > 0 else -1
    passed = [day + timedelta(days=step * n) for n in range(1, abs((end - day).days) + 1)]
    assert sum(CALENDAR.is_working_day(other) for other in passed) == abs(count)


def test_a_shift_by_nothing_gives_the_day_back() -> None:
    assert CALENDAR.shift(date(2023, 8, 26), 0) == date(2023, 8, 26)


def test_an_announcement_takes_effect_with_the_next_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overrides = tmp_path / "working_day_overrides.csv"
    overrides.write_text(working_days.OVERRIDES.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(working_days, "OVERRIDES", overrides)
    assert WorkingCalendar.load().is_working_day(date(2027, 2, 3))
    with overrides.open("a", encoding="utf-8") as handle:
        handle.write("2027-02-03,no,Nghỉ bão,Thông báo ngày 02/02/2027\n")
    assert not WorkingCalendar.load().is_working_day(date(2027, 2, 3))


TET = {
    # first day of the year, and the days off around it as announced
    2013: (date(2013, 2, 10), date(2013, 2, 9), date(2013, 2, 17)),
    2014: (date(2014, 1, 31), date(2014, 1, 28), date(2014, 2, 5)),
    2015: (date(2015, 2, 19), date(2015, 2, 15), date(2015, 2, 23)),
    2016: (date(2016, 2, 8), date(2016, 2, 6), date(2016, 2, 14)),
    2017: (date(2017, 1, 28), date(2017, 1, 26), date(2017, 2, 1)),
    2018: (date(2018, 2, 16), date(2018, 2, 14), date(2018, 2, 20)),
    2019: (date(2019, 2, 5), date(2019, 2, 2), date(2019, 2, 10)),
    2020: (date(2020, 1, 25), date(2020, 1, 23), date(2020, 1, 29)),
    2021: (date(2021, 2, 12), date(2021, 2, 10), date(2021, 2, 16)),
    2022: (date(2022, 2, 1), date(2022, 1, 29), date(2022, 2, 6)),
    2023: (date(2023, 1, 22), date(2023, 1, 20), date(2023, 1, 26)),
    2024: (date(2024, 2, 10), date(2024, 2, 8), date(2024, 2, 14)),
    2025: (date(2025, 1, 29), date(2025, 1, 25), date(2025, 2, 2)),
    2026: (date(2026, 2, 17), date(2026, 2, 14), date(2026, 2, 22)),
    2027: (date(2027, 2, 6), date(2027, 2, 4), date(2027, 2, 10)),  # a projection
}


@pytest.mark.parametrize("year", TET)
def test_the_new_year_holiday_of_every_year(year: int) -> None:
    new_year, first, last = TET[year]
    run = [new_year]
    while not CALENDAR.is_working_day(run[0] - timedelta(days=1)):
        run.insert(0, run[0] - timedelta(days=1))
    while not CALENDAR.is_working_day(run[-1] + timedelta(days=1)):
        run.append(run[-1] + timedelta(days=1))
    assert (run[0], run[-1]) == (first, last)


def test_a_year_without_an_announcement_is_a_projection() -> None:
    assert [year for year in range(2011, 2031) if CALENDAR.is_projected(year)] == [
        2011,
        2027,
        2028,
        2029,
        2030,
    ]


@pytest.mark.parametrize("year", [1900, 2101, 2200])
def test_a_year_that_the_library_does_not_know_is_never_counted_without_holidays(year: int) -> None:
    with pytest.raises(
        CalendarDataError, match=f"public holidays of Viet Nam in {year}.*Install a newer holidays"
    ):
        CALENDAR.is_working_day(date(year, 6, 1))


def test_a_library_without_vietnam_counts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = holidays.HolidayBase()
    monkeypatch.setattr(working_days, "_library", lambda: empty)
    working_days._holidays_of.cache_clear()
    with pytest.raises(CalendarDataError, match="knows 0 public holidays of Viet Nam in 2026"):
        WorkingCalendar.load().shift(date(2026, 3, 2), 1)
    working_days._holidays_of.cache_clear()


def test_reminders_move_to_the_working_day_before_and_follow_on_the_next() -> None:
    """Saturday 26/8/2023; within Tết of 2026 (14-22/2), where 13/2 is a Friday and 23/2 a Monday."""
    saturday, in_tet = date(2023, 8, 26), date(2026, 2, 18)
    assert [CALENDAR.reminder_day(saturday, n) for n in (-2, 0, 1)] == [
        date(2023, 8, 24), date(2023, 8, 25), date(2023, 8, 28),
    ]  # fmt: skip
    assert [CALENDAR.reminder_day(in_tet, n) for n in (-2, -1, 0, 1, 2)] == [
        date(2026, 2, 12), date(2026, 2, 13), date(2026, 2, 13), date(2026, 2, 23), date(2026, 2, 24),
    ]  # fmt: skip
    friday = date(2023, 8, 25)
    assert CALENDAR.reminder_day(friday, 0) == friday


@given(st.dates(date(2012, 1, 1), date(2030, 6, 1)), st.integers(-15, 15))
def test_a_reminder_always_falls_on_a_working_day_and_in_order(last_day: date, count: int) -> None:
    day = CALENDAR.reminder_day(last_day, count)
    assert CALENDAR.is_working_day(day)
    assert day <= last_day if count <= 0 else day > last_day
    assert CALENDAR.reminder_day(last_day, count + 1) >= day


class Files:
    """A registry of a test, and a folder outside the clone."""

    HEADER = "day,is_working_day,reason,source\n"

    def __init__(self, folder: Path) -> None:
        self.registry, self.outside = folder / "registry", folder / "outside"
        for place in (self.registry, self.outside):
            (place / "working_day_overrides").mkdir(parents=True)
        self.general = self.registry / "working_day_overrides.csv"
        self.own = self.registry / "working_day_overrides" / "bao_cao_quy.csv"
        self.general.write_text(self.HEADER, "utf-8")

    def write(self, file: Path, *rows: str) -> None:
        file.write_text(self.HEADER + "".join(f"{row},Nghỉ bão,Thông báo\n" for row in rows), "utf-8")


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    found = Files(tmp_path)
    monkeypatch.setattr(working_days, "OVERRIDES", found.general)
    monkeypatch.delenv("REPORTING_WORKING_DAYS", raising=False)
    settings.cache_clear()
    yield found
    settings.cache_clear()


MONDAY, TUESDAY = date(2027, 3, 1), date(2027, 3, 2)


def test_a_regime_has_working_days_of_its_own(files: Files) -> None:
    files.write(files.general, "2027-03-01,no", "2027-03-02,no")
    files.write(files.own, "2027-03-01,yes")
    general, own, other = (WorkingCalendar.load(regime) for regime in (None, "bao_cao_quy", "another"))
    assert [c.is_working_day(MONDAY) for c in (general, own, other)] == [False, True, False]
    assert [c.is_working_day(TUESDAY) for c in (general, own, other)] == [False, False, False]


def test_an_edit_takes_effect_in_a_running_process_and_is_read_once(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []
    read = working_days.read_overrides
    monkeypatch.setattr(working_days, "read_overrides", lambda file: reads.append(file) or read(file))
    files.write(files.general, "2027-03-01,no")
    for _ in range(5):
        assert not WorkingCalendar.load().is_working_day(MONDAY)
    assert len(reads) == 1
    files.write(files.general, "2027-03-02,no")  # as long as before
    calendar = WorkingCalendar.load()
    assert (calendar.is_working_day(MONDAY), calendar.is_working_day(TUESDAY)) == (True, False)
    files.own.unlink(missing_ok=True)
    files.write(files.own, "2027-03-02,yes")
    assert WorkingCalendar.load("bao_cao_quy").is_working_day(TUESDAY)
    files.own.unlink()
    assert not WorkingCalendar.load("bao_cao_quy").is_working_day(TUESDAY)


def test_a_broken_file_is_told_each_time_and_no_older_calendar_is_used(files: Files) -> None:
    files.write(files.general, "2027-03-01,no")
    assert not WorkingCalendar.load().is_working_day(MONDAY)
    files.write(files.general, "2027-03-01,maybe")
    for _ in range(2):
        with pytest.raises(
            CalendarDataError, match=r"overrides.csv, line 2, column is_working_day: 'maybe'; write"
        ):
            WorkingCalendar.load()
    files.general.write_bytes("day,is_working_day,reason,source\n2027-03-01,no,nghỉ,báo\n".encode("utf-16"))
    with pytest.raises(CalendarDataError, match=r"overrides.csv: not UTF-8 .*save it as CSV UTF-8"):
        WorkingCalendar.load()
    files.general.unlink()
    with pytest.raises(CalendarDataError, match=r"overrides.csv: cannot be read"):
        WorkingCalendar.load()


@pytest.mark.parametrize("is_folder", [True, False])
def test_corrections_may_lie_outside_the_clone(
    files: Files, monkeypatch: pytest.MonkeyPatch, is_folder: bool
) -> None:
    files.write(files.general, "2027-03-01,yes")
    outside = files.outside / "working_day_overrides.csv"
    files.write(outside, "2027-03-01,no")
    monkeypatch.setenv("REPORTING_WORKING_DAYS", str(files.outside if is_folder else outside))
    settings.cache_clear()
    assert not WorkingCalendar.load().is_working_day(MONDAY)
    files.write(outside, "2027-03-02,no")
    assert WorkingCalendar.load().is_working_day(MONDAY)
    assert not WorkingCalendar.load().is_working_day(TUESDAY)


def test_a_folder_outside_may_hold_one_regimes_days_and_announce_a_year(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.write(files.outside / "working_day_overrides" / "bao_cao_quy.csv", "2027-03-01,no")
    (files.outside / "holiday_years.csv").write_text("year,is_checked,source\n2027,yes,Thông báo\n", "utf-8")
    monkeypatch.setenv("REPORTING_WORKING_DAYS", str(files.outside))
    settings.cache_clear()
    calendar = WorkingCalendar.load("bao_cao_quy")
    assert not calendar.is_working_day(MONDAY)
    assert WorkingCalendar.load().is_working_day(MONDAY)
    assert (calendar.is_projected(2027), calendar.is_projected(2028)) == (False, True)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("năm,yes,a", "line 2, column year: 'năm' is not a year; write it as 2026"),
        ("2027,ja,a", "line 2, column is_checked: 'ja'; write yes or no"),
        ("2027,yes,", "line 2, column source: empty; say who announced it, and when"),
    ],
)
def test_years_are_announced_by_somebody(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "holiday_years.csv"
    file.write_text(f"year,is_checked,source\n{line}\n", "utf-8")
    with pytest.raises(CalendarDataError, match=message):
        working_days.read_holiday_years(file)


def test_a_place_outside_that_is_not_there_is_told(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORTING_WORKING_DAYS", str(files.outside / "missing"))
    settings.cache_clear()
    with pytest.raises(
        CalendarDataError, match=r"REPORTING_WORKING_DAYS names .*missing, which is not there; create"
    ):
        WorkingCalendar.load()
    monkeypatch.setenv("REPORTING_WORKING_DAYS", "")
    settings.cache_clear()
    assert WorkingCalendar.load().is_working_day(MONDAY)


def test_every_override_names_its_source() -> None:
    overrides = read_overrides()
    assert len(overrides) == 15
    assert all(override.source and override.reason for override in overrides)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("31/12/2012,no,a,b", "line 2, column day: '31/12/2012' is not a date; write it as 2012-12-31"),
        ("2012-12-31,nghỉ,a,b", "line 2, column is_working_day: 'nghỉ'; write yes or no"),
        ("2012-12-31,no,a,", "line 2, column source: empty; say who announced it, and when"),
        ("2012-12-31,no,a", "line 2: the row does not have 4 columns; quote commas"),
        ("2012-12-31,no,a,b,c", "line 2: the row does not have 4 columns; quote commas"),
        (
            "2012-12-31,no,a,b\n2012-12-31,yes,a,b",
            "line 3, column day: 2012-12-31 stands there twice; keep one row",
        ),
    ],
)
def test_a_wrong_override_is_refused_with_place_and_remedy(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "overrides.csv"
    file.write_text(f"day,is_working_day,reason,source\n{line}\n", "utf-8")
    with pytest.raises(CalendarDataError, match=message):
        read_overrides(file)


def test_overrides_with_other_columns_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "overrides.csv"
    file.write_text("day,off\n2012-12-31,no\n", "utf-8")
    with pytest.raises(
        CalendarDataError, match="line 1: the columns must be day,is_working_day,reason,source"
    ):
        read_overrides(file)
