"""Working days of Vietnam, with the days off that were exchanged for working Saturdays."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.calendar import working_days
from reporting.calendar.working_days import CalendarDataError, WorkingCalendar, read_overrides

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
