"""The periods of the law's calendars, against a table written out from the texts and announced days off."""

from __future__ import annotations

import csv
import itertools
import subprocess
import sys
import unicodedata
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from reporting.calendar import periods as module
from reporting.calendar.periods import (
    CalendarPeriod,
    Frequency,
    ReportingPeriod,
    Schedule,
    load_calendar,
    parse_calendar,
    periods,
)
from reporting.calendar.working_days import WorkingCalendar
from reporting.clock import VIETNAM

TABLE = Path(__file__).parents[2] / "data" / "reporting_periods.csv"
CODES = ("decree_09_2019", "circular_02_2023")
ALL = [(code, frequency) for code in CODES for frequency in load_calendar(code).frequencies]


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def all_years(calendar: str, frequency: Frequency) -> list[ReportingPeriod]:
    return periods(calendar, frequency, date(2013, 1, 1), date(2030, 12, 31))


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str], ReportingPeriod]:
    return {(code, p.code): p for code, frequency in ALL for p in all_years(code, frequency)}


def test_every_day_of_every_period_in_the_table(found: dict[tuple[str, str], ReportingPeriod]) -> None:
    expected = rows()
    assert len(expected) == 228
    wrong = []
    for row in expected:
        p = found[row["calendar"], row["code"]]
        days = {
            "calendar": p.calendar,
            "frequency": p.of.frequency,
            "code": p.code,
            "period_from": str(p.period_from),
            "cutoff_on": str(p.cutoff_on),
            "report_last_day": str(p.report_by.last_day),
            "consolidate_on": str(p.consolidate_on),
            "upstream_on": str(p.upstream_on),
            "opens_on": str(p.opens_on),
        }
        if days != row:
            wrong.append((row, days))
    assert wrong == []


def test_the_table_holds_whole_years() -> None:
    per_year = {
        (calendar, year): sum(r["calendar"] == calendar and r["code"][:4] == year for r in rows())
        for calendar in CODES
        for year in ("2013", "2019", "2023", "2024", "2026", "2030")
    }
    assert set(per_year.values()) == {20, 18}


@pytest.mark.parametrize(("calendar", "frequency"), ALL)
def test_eighteen_years_of_periods_keep_the_law(calendar: str, frequency: Frequency) -> None:
    working = WorkingCalendar.load()
    every = all_years(calendar, frequency)
    parts = len(load_calendar(calendar).rules(frequency).parts)
    assert len(every) == 18 * parts
    assert len({p.code for p in every}) == len(every)
    for p in every:
        assert p.period_from.day == 15, p.code
        assert p.cutoff_on.day == 14, p.code
        assert p.opens_on < p.report_by.last_day <= p.consolidate_on <= p.upstream_on or (
            "report_after_upstream" in p.marks
        ), p
        assert p.upstream_on.day == 25, p.code
        assert working.is_working_day(p.opens_on), p.code
        tight = working.count_between(p.cutoff_on, p.report_by.last_day) == 0
        assert tight == ("no_working_day_after_cutoff" in p.marks), p
        assert (p.report_by.last_day > p.cutoff_on) or tight, p
        assert p.label
    for earlier, later in itertools.pairwise(every):
        assert earlier.opens_on < later.opens_on
        if (
            parts * _months(frequency) == 12
        ):  # nine months, and the first half alone, leave the rest of a year
            assert later.period_from == earlier.cutoff_on + timedelta(days=1), (earlier.code, later.code)


def _months(frequency: Frequency) -> int:
    return {"month": 1, "quarter": 3, "six_months": 6, "nine_months": 9, "year": 12}[frequency]


@pytest.mark.parametrize("calendar", CODES)
def test_quarters_add_up_to_the_year_and_the_first_two_to_the_half(calendar: str) -> None:
    for year in range(2013, 2031):
        span = (date(year, 1, 1), date(year, 12, 31))
        quarters = periods(calendar, "quarter", *span)
        (whole,) = periods(calendar, "year", *span)
        half = periods(calendar, "six_months", *span)[0]
        assert (quarters[0].period_from, quarters[-1].period_to) == (whole.period_from, whole.period_to)
        assert (quarters[0].period_from, quarters[1].period_to) == (half.period_from, half.period_to)


def test_what_a_ministry_asks_of_its_offices_is_marked_where_the_days_are_odd() -> None:
    """15/2/2026 is the Sunday of Tết; the cut-off the day before it, a Saturday off."""
    (february,) = periods("circular_02_2023", "month", date(2026, 2, 1), date(2026, 2, 28))
    assert february.marks == (
        "report_on_day_off",
        "no_working_day_after_cutoff",
        "no_working_day_to_consolidate",
    )
    assert february.report_by.last_day == date(2026, 2, 15), "a day given by law is not moved"
    assert february.remarks[0] == (
        "Hạn gửi báo cáo tháng 02 năm 2026 là ngày 15/2/2026 (Chủ nhật), trùng ngày nghỉ; thời hạn giữ "
        "nguyên theo quy định."
    )
    assert "không có đủ 01 ngày làm việc" in february.remarks[1]


def test_consolidation_after_tet_is_cut_short_by_the_day_of_the_government() -> None:
    """2026: cut-off Sat 14/2, off until Sun 22/2; two working days are Mon 23 and Tue 24; 25/2 the end."""
    (february,) = periods("decree_09_2019", "month", date(2026, 2, 1), date(2026, 2, 28))
    assert february.report_by.last_day == date(2026, 2, 24)
    assert february.consolidate_on == february.upstream_on == date(2026, 2, 25)


def test_an_instrument_that_leaves_the_ministry_no_time_is_told_on_and_not_mended(tmp_path: Path) -> None:
    """Ten working days after 14/3/2026, a Saturday: Mon 16 (1) … Fri 20 (5), Mon 23 (6), … Fri 27/3 (10)."""
    content = (module.FOLDER / "decree_09_2019.yaml").read_text("utf-8")
    file = tmp_path / "slow.yaml"
    slow = content.replace("working_days_after_cutoff: 2", "working_days_after_cutoff: 10")
    file.write_text(slow.replace("code: decree_09_2019", "code: slow"), "utf-8")
    (march,) = periods(parse_calendar(file), "month", date(2026, 3, 20), date(2026, 4, 10))
    assert march.report_by.last_day == date(2026, 3, 27)
    assert march.consolidate_on == date(2026, 3, 31)
    assert march.marks == ("report_after_upstream",)
    assert march.remarks == [
        "Hạn gửi báo cáo tháng 3 năm 2026, ngày 27/3/2026 (thứ Sáu), sau thời hạn Bộ báo cáo Chính phủ, "
        "ngày 25/3/2026 (thứ Tư)."
    ]


def test_a_deadline_before_a_day_counts_its_working_days_to_the_last_day_in_time(tmp_path: Path) -> None:
    content = (module.FOLDER / "decree_09_2019.yaml").read_text("utf-8")
    file = tmp_path / "strict.yaml"
    strict = content.replace("kind: through", "kind: before").replace("code: decree_09_2019", "code: strict")
    file.write_text(strict, "utf-8")
    (march,) = periods(parse_calendar(file), "month", date(2026, 3, 1), date(2026, 3, 31))
    assert march.report_by.phrase == "trước ngày 18/3/2026"
    assert march.report_by.last_day == date(2026, 3, 17)


def test_a_period_says_when_its_holidays_are_a_projection_and_its_instrument_not_in_force() -> None:
    (early,) = periods("decree_09_2019", "year", date(2013, 1, 1), date(2013, 12, 31))
    (late,) = periods("decree_09_2019", "year", date(2030, 1, 1), date(2030, 12, 31))
    assert (early.is_in_force, early.marks) == (False, ())
    assert (late.is_in_force, late.marks) == (True, ("holidays_projected",))
    assert "chưa được công bố" in late.remarks[0]


@pytest.mark.parametrize(
    ("code", "label", "last_day"),
    [
        ("2026_t01", "tháng 01 năm 2026", date(2026, 1, 31)),
        ("2024_t02", "tháng 02 năm 2024", date(2024, 2, 29)),
        ("2026_t12", "tháng 12 năm 2026", date(2026, 12, 31)),
        ("2026_t03", "tháng 3 năm 2026", date(2026, 3, 31)),
        ("2026_q1", "quý I năm 2026", date(2026, 3, 31)),
        ("2023_q4", "quý IV năm 2023", date(2023, 12, 31)),
        ("2026_h1", "6 tháng đầu năm 2026", date(2026, 6, 30)),
        ("2026_h2", "6 tháng cuối năm 2026", date(2026, 12, 31)),
        ("2026_m9", "9 tháng đầu năm 2026", date(2026, 9, 30)),
        ("2026", "năm 2026", date(2026, 12, 31)),
    ],
)
def test_a_code_its_words_and_its_end(code: str, label: str, last_day: date) -> None:
    period = CalendarPeriod.parse(code)
    assert (period.code, period.label, period.last_day) == (code, label, last_day)


@pytest.mark.parametrize(
    "code", ["2026_q5", "2026q1", "26_q1", "2026_t1", "2026_t13", "", "năm_", "２０２６"]
)
def test_what_is_no_period_is_refused_with_the_ways_to_write_one(code: str) -> None:
    with pytest.raises(ValueError, match="write a month as 2026_t01, a quarter as 2026_q1"):
        CalendarPeriod.parse(code)


QUARTERLY = Schedule(calendar="circular_02_2023", frequency="quarter", first_on=date(2026, 1, 1))


def test_a_schedule_tells_the_next_opening_and_those_between_two_days() -> None:
    first = QUARTERLY.next_after(date(2025, 6, 1))
    assert first is not None
    assert (first.code, first.opens_on) == ("2026_q1", date(2026, 2, 13))
    second = QUARTERLY.next_after(first.opens_on)
    assert second is not None
    assert second.code == "2026_q2"
    between = QUARTERLY.periods_between(date(2026, 2, 13), date(2026, 11, 20))
    assert [p.code for p in between] == ["2026_q1", "2026_q2", "2026_q3", "2026_q4"]
    assert QUARTERLY.periods_between(date(2025, 1, 1), date(2025, 12, 31)) == [], "before first_on"


def test_a_january_report_opens_in_the_year_before() -> None:
    monthly = Schedule(calendar="circular_02_2023", frequency="month", first_on=date(2025, 12, 1))
    codes = [p.code for p in monthly.periods_between(date(2025, 12, 1), date(2026, 1, 31))]
    assert codes == ["2025_t12", "2026_t01"]


def test_a_period_is_not_opened_before_its_instrument_is_in_force() -> None:
    old = Schedule(calendar="circular_02_2023", frequency="quarter", first_on=date(2020, 1, 1))
    found = old.next_after(date(2020, 1, 1))
    assert found is not None
    assert found.code == "2023_q2", "reported by 6/6/2023, five days after 1/6/2023"


def test_an_office_may_set_its_own_days_before() -> None:
    own = QUARTERLY.model_copy(update={"opens_working_days_before": 3})
    period = own.period("2026_q1")
    assert period is not None
    assert period.opens_on == date(2026, 3, 3), "Fri 6/3: Thu 5 (1), Wed 4 (2), Tue 3 (3)"


def test_a_period_is_found_by_its_code_or_is_none() -> None:
    period = QUARTERLY.period("2024_q3")
    assert period is not None
    assert period.cutoff_on == date(2024, 8, 14)
    assert QUARTERLY.period("2024_t03") is None
    assert QUARTERLY.period("unknown") is None
    assert QUARTERLY.starting(date(2025, 11, 15)).code == "2026_q1"
    with pytest.raises(LookupError, match="has no period that begins on 2025-11-16"):
        QUARTERLY.starting(date(2025, 11, 16))


def test_a_period_whose_opening_was_moved_is_not_given_again() -> None:
    moment = datetime(2026, 2, 13, 7, 0, tzinfo=VIETNAM)
    first = QUARTERLY.next_run(moment, None)
    assert first is not None
    assert first.opens_at == datetime(2026, 2, 13, 8, 0, tzinfo=VIETNAM)
    # Saturday 28/2 becomes a working day after the run of 13/2: the opening would now be on Monday 23/2
    swapped = WorkingCalendar({date(2026, 2, 28): True}, {2025, 2026})
    moved = QUARTERLY.period("2026_q1", swapped)
    assert moved is not None
    assert moved.opens_on > first.opens_on
    again = QUARTERLY.next_run(first.opens_at, first.period_from, swapped)
    assert again is not None
    assert again.code == "2026_q2"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"calendar": "decree_9"},
            "There is no calendar 'decree_9'; include/calendars has: circular_02_2023",
        ),
        (
            {"frequency": "nine_months"},
            "sets no dates for 'nine_months'; it has: month, quarter, six_months, year",
        ),
        ({"frequency": "week"}, "frequency"),
        ({"first": "2026_q1"}, "first"),
    ],
)
def test_a_wrong_schedule_is_refused(wrong: dict[str, str], message: str) -> None:
    data = {"calendar": "circular_02_2023", "frequency": "quarter", "first_on": "2026-01-01"}
    with pytest.raises(ValidationError, match=message):
        Schedule.model_validate(data | wrong)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("day: 6}", "day: 31}", r"report_by.on_day.day: Input should be less than or equal to 28"),
        (
            "parts: [1, 2, 3, 4]",
            "parts: [1, 5]",
            r"frequencies.quarter.parts: \[1, 5\]; write numbers from 1 to 4",
        ),
        ("kind: through", "kind: until", "report_by.kind: Input should be 'before' or 'through'"),
        ("confidence: L", "confidence: X", "cutoff.confidence: Input should be"),
        ("  quarter:", "  fortnight:", "frequencies.fortnight"),
        ("title:", "titel:", "titel: Extra inputs are not permitted"),
        ("title: Thông", "title: [Thông", "not valid YAML"),
    ],
)
def test_a_wrong_calendar_is_refused_with_file_and_key(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    content = (module.FOLDER / "circular_02_2023.yaml").read_text("utf-8")
    assert old in content
    file = tmp_path / "wrong.yaml"
    file.write_text(content.replace(old, new), "utf-8")
    with pytest.raises(ValueError, match=message) as caught:
        parse_calendar(file)
    assert str(file) in str(caught.value)


def test_every_rule_says_where_it_stands_and_an_inferred_one_why() -> None:
    for code in CODES:
        content = (module.FOLDER / f"{code}.yaml").read_text("utf-8")
        assert unicodedata.is_normalized("NFC", content)
        for frequency, rules in load_calendar(code).frequencies.items():
            for rule in (rules.cutoff, rules.report_by, rules.consolidate_by, rules.upstream_by):
                assert rule.source, (code, frequency)
                assert rule.confidence != "L" or rule.note, (code, frequency)
    cutoff = load_calendar("circular_02_2023").rules("quarter").cutoff
    assert cutoff.confidence == "L"


def test_a_schedule_can_be_read_without_working_days_or_a_database() -> None:
    """DAG files read it when they are parsed."""
    program = (
        "import sys\n"
        "from reporting.calendar.periods import Schedule\n"
        "data = {'calendar': 'circular_02_2023', 'frequency': 'year', 'first_on': '2026-01-01'}\n"
        "assert Schedule.model_validate(data).summary\n"
        "print(sorted({'holidays', 'sqlalchemy', 'alembic', 'babel'} & set(sys.modules)))"
    )
    include = Path(module.__file__).parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True, text=True, check=True, env={"PYTHONPATH": str(include)},
    )  # fmt: skip
    assert ended.stdout.strip() == "[]"
