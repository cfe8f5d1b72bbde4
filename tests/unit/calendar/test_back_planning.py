"""From the ministry's own time limit back to the request, with the letter of 2023 as the example."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reporting.calendar.back_planning import Durations, Upstream, back_plan, tightness
from reporting.calendar.deadlines import Deadline
from reporting.calendar.working_days import WorkingCalendar

CALENDAR = WorkingCalendar.load()
QUARTER_IV = Upstream(by_end_of="2023_q4")
DURATIONS = Durations(collecting=20, urging=10, consolidation=15, leadership_approval=5)


def test_a_quarter_ends_with_its_last_day_and_has_its_words() -> None:
    assert (QUARTER_IV.last_day, QUARTER_IV.words) == (date(2023, 12, 31), "trong quý IV năm 2023")
    own_words = Upstream(by_end_of="2023_q4", phrase="trong Quý IV/2023")
    assert (own_words.last_day, own_words.words) == (date(2023, 12, 31), "trong Quý IV/2023")
    day = Upstream(phrase="trước ngày 15/12/2023", due_on=date(2023, 12, 14))
    assert (day.last_day, day.words) == (date(2023, 12, 14), "trước ngày 15/12/2023")
    assert Upstream.model_validate_json(QUARTER_IV.model_dump_json()) == QUARTER_IV
    assert Upstream.model_validate_json(day.model_dump_json()) == day


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "give either due_on or by_end_of"),
        ({"by_end_of": "2023_q4", "due_on": "2023-12-31", "phrase": "x"}, "give either due_on or by_end_of"),
        ({"due_on": "2023-12-31"}, "due_on needs a phrase"),
        ({"by_end_of": "quý IV năm 2023"}, "there is no period 'quý IV năm 2023'; write a month as 2026_t01"),
        ({"by_end_of": "2023_q4", "in": "x"}, "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_time_limit_is_refused(data: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Upstream.model_validate(data)


def test_the_letter_of_2023_planned_backwards() -> None:
    """Counted by hand. 31/12/2023 is a Sunday, so that the report leaves on Friday 29/12.

    Approval, 5 before it: Thu 28, Wed 27, Tue 26, Mon 25, Fri 22/12. Consolidation, 15 before that:
    Thu 21 (1), Wed 20, Tue 19, Mon 18 (4), Fri 15 (5), …, Fri 8 (10), …, Fri 1/12 (15). Urging, 10 before
    that: Fri 24/11 (5), Fri 17/11 (10). Collecting, 20 working days are four weeks: Fri 20/10.
    """
    plan = back_plan(QUARTER_IV, DURATIONS, CALENDAR)
    assert plan.dispatch_on == date(2023, 12, 29)
    assert plan.report_on == date(2023, 12, 22)
    assert plan.close_on == date(2023, 12, 1)
    assert plan.last_day == date(2023, 11, 17)
    assert plan.request_on == date(2023, 10, 20)


def test_the_deadline_of_the_letter_of_2023_is_in_time() -> None:
    plan = back_plan(QUARTER_IV, DURATIONS, CALENDAR)
    deadline = Deadline("before", date(2023, 8, 26))
    assert tightness(plan, {"request_on": date(2023, 8, 1), "last_day": deadline.last_day}, CALENDAR) == []


def test_what_is_too_late_is_told_in_the_order_of_the_cycle() -> None:
    plan = back_plan(QUARTER_IV, DURATIONS, CALENDAR)
    late = tightness(
        plan,
        {"close_on": date(2023, 12, 12), "last_day": date(2023, 11, 30), "request_on": plan.request_on},
        CALENDAR,
    )
    assert [(t.item, t.latest, t.working_days) for t in late] == [
        ("last_day", date(2023, 11, 17), 9),
        ("close_on", date(2023, 12, 1), 7),
    ]
    assert late[0].sentence == (
        "Hạn gửi báo cáo của các cơ quan, ngày 30/11/2023 (thứ Năm), muộn hơn 9 ngày làm việc so với mức "
        "chậm nhất, ngày 17/11/2023 (thứ Sáu), để kịp báo cáo trong quý IV năm 2023 – hạn cuối là "
        "ngày 31/12/2023 (Chủ nhật)."
    )


def test_a_day_off_after_the_latest_day_loses_nothing() -> None:
    plan = back_plan(QUARTER_IV, DURATIONS, CALENDAR)
    assert tightness(plan, {"last_day": date(2023, 11, 19)}, CALENDAR) == []  # the Sunday after it
    (late,) = tightness(plan, {"last_day": date(2023, 11, 20)}, CALENDAR)
    assert late.working_days == 1


def test_tet_makes_the_plan_longer() -> None:
    """Due through 27/2/2026, a Friday: Tết is off from 14/2 to 22/2, so that ten working days reach to 6/2.

    Thu 26 (1), Wed 25, Tue 24, Mon 23 (4), Fri 13 (5), Thu 12, Wed 11, Tue 10, Mon 9 (9), Fri 6/2 (10).
    """
    upstream = Upstream(phrase="trước ngày 28/02/2026", due_on=date(2026, 2, 27))
    durations = Durations(collecting=1, urging=0, consolidation=0, leadership_approval=10)
    plan = back_plan(upstream, durations, CALENDAR)
    assert plan.report_on == plan.close_on == plan.last_day == date(2026, 2, 6)
    assert plan.request_on == date(2026, 2, 5)


@given(
    st.dates(date(2013, 6, 1), date(2030, 6, 1)),
    st.builds(Durations, collecting=st.integers(1, 40), urging=st.integers(0, 20),
              consolidation=st.integers(0, 20), leadership_approval=st.integers(0, 20)),
)  # fmt: skip
def test_a_plan_is_in_order_on_working_days_and_in_time_by_itself(due_on: date, durations: Durations) -> None:
    plan = back_plan(Upstream(phrase="đúng hạn", due_on=due_on), durations, CALENDAR)
    days = [plan.request_on, plan.last_day, plan.close_on, plan.report_on, plan.dispatch_on]
    assert days == sorted(days)
    assert all(CALENDAR.is_working_day(day) for day in days)
    assert plan.dispatch_on <= due_on
    own = {"request_on": days[0], "last_day": days[1], "close_on": days[2], "report_on": days[3]}
    assert tightness(plan, own, CALENDAR) == []  # type: ignore[arg-type]
    later = CALENDAR.shift(plan.last_day, 1)
    assert [t.working_days for t in tightness(plan, {"last_day": later}, CALENDAR)] == [1]
