"""Lateness told by Python and by SQL is the same, whatever the time zones of both."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from reporting import database
from reporting.calendar.deadlines import Deadline
from reporting.clock import VIETNAM
from reporting.cycles.plan import last_day_before

Kind = Literal["before", "through"]

ASK = text(
    "SELECT late, cycle.last_day_in_time(late) AS last_day, cycle.is_late(:at, late) AS is_late,"
    " cycle.days_late(:at, late) AS days_late FROM cycle.first_late_at(:kind, :day) AS late"
)
LATE = text("SELECT cycle.first_late_at(:kind, :day) AS late")
ZONES = ("UTC", "America/Los_Angeles", "Asia/Ho_Chi_Minh")


@pytest.fixture(params=ZONES)
def connection(request: pytest.FixtureRequest, _registered_url: str) -> Iterator[Connection]:
    """A session in a time zone of its own; Python's process stands in another one."""
    zone = request.param
    before = os.environ.get("TZ")
    os.environ["TZ"] = ZONES[(ZONES.index(zone) + 1) % len(ZONES)]
    time.tzset()
    with database.engine(_registered_url).connect() as session:
        session.execute(text("SELECT set_config('TimeZone', :zone, true)"), {"zone": zone})
        assert session.execute(text("SHOW TimeZone")).scalar_one() == zone
        yield session
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def agree(connection: Connection, kind: Kind, day: date, at: datetime) -> tuple[bool, int | None]:
    """Whether `at` is late, and by how many days, after Python and SQL said the same."""
    deadline = Deadline(kind, day)
    row = connection.execute(ASK, {"kind": kind, "day": day, "at": at}).one()
    is_late = at >= deadline.first_late_at
    days_late = (at.astimezone(VIETNAM).date() - deadline.last_day).days if is_late else None
    assert row.late == deadline.first_late_at
    assert row.last_day == deadline.last_day == last_day_before(row.late)
    assert (row.is_late, row.days_late) == (is_late, days_late)
    return row.is_late, row.days_late


SATURDAY = date(2023, 8, 26)


@pytest.mark.parametrize(
    ("kind", "day", "at", "late"),
    [
        # "trước ngày 26/8/2023", a Saturday: Friday ends it; no day off shortens or lengthens it
        ("before", SATURDAY, "2023-08-25 23:59:59", (False, None)),
        ("before", SATURDAY, "2023-08-26 00:00:00", (True, 1)),
        ("before", SATURDAY, "2023-08-26 00:01:00", (True, 1)),
        ("before", SATURDAY, "2023-08-28 00:00:00", (True, 3)),
        # "đến hết ngày 26/8/2023": the Saturday counts in full
        ("through", SATURDAY, "2023-08-25 23:59:59", (False, None)),
        ("through", SATURDAY, "2023-08-26 23:59:59", (False, None)),
        ("through", SATURDAY, "2023-08-27 00:00:00", (True, 1)),
        ("through", SATURDAY, "2023-08-27 00:01:00", (True, 1)),
        # New Year
        ("through", date(2012, 12, 31), "2012-12-31 23:59:59", (False, None)),
        ("through", date(2012, 12, 31), "2013-01-01 00:00:00", (True, 1)),
        ("before", date(2013, 1, 1), "2012-12-31 23:59:59", (False, None)),
        ("before", date(2013, 1, 1), "2013-01-01 00:01:00", (True, 1)),
        # Tết of 2026 (14-22/2): a deadline within it ends within it
        ("through", date(2026, 2, 15), "2026-02-15 23:59:59", (False, None)),
        ("through", date(2026, 2, 15), "2026-02-16 00:00:00", (True, 1)),
        ("through", date(2026, 2, 15), "2026-02-23 08:00:00", (True, 8)),
        ("before", date(2024, 3, 1), "2024-02-29 23:59:59.999999", (False, None)),
    ],
)
def test_around_midnight_python_and_sql_agree(
    connection: Connection, kind: Kind, day: date, at: str, late: tuple[bool, int | None]
) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=VIETNAM)
    for told_in in (moment, moment.astimezone(UTC), moment.astimezone(ZoneInfo("America/Los_Angeles"))):
        assert agree(connection, kind, day, told_in) == late


DAYS = st.one_of(
    st.dates(date(2012, 1, 1), date(2030, 12, 31)),
    st.sampled_from([SATURDAY, date(2026, 2, 14), date(2026, 2, 22), date(2013, 1, 1), date(2027, 2, 6)]),
)
FROM_MIDNIGHT = st.one_of(
    st.sampled_from([timedelta(0), timedelta(seconds=-1), timedelta(minutes=1), timedelta(microseconds=-1)]),
    st.timedeltas(timedelta(days=-40), timedelta(days=40)),
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    kind=st.sampled_from(("before", "through")),
    day=DAYS,
    from_midnight=FROM_MIDNIGHT,
    zone=st.sampled_from(ZONES),
)
@example(kind="before", day=SATURDAY, from_midnight=timedelta(0), zone="America/Los_Angeles")
def test_python_and_sql_agree_on_any_day(
    connection: Connection, kind: Kind, day: date, from_midnight: timedelta, zone: str
) -> None:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=7)
    agree(connection, kind, day, (midnight + from_midnight).astimezone(ZoneInfo(zone)))


def test_without_a_fixed_day_nothing_is_late(connection: Connection) -> None:
    at = datetime(2026, 1, 1, tzinfo=VIETNAM)
    row = connection.execute(ASK, {"kind": "through", "day": None, "at": at}).one()
    assert tuple(row) == (None, None, False, None)


def test_what_was_not_sent_is_not_late_by_any_day(connection: Connection) -> None:
    row = connection.execute(ASK, {"kind": "through", "day": SATURDAY, "at": None}).one()
    assert (row.is_late, row.days_late) == (False, None)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 2, 16, 16, 59, 59, 999999, tzinfo=UTC), date(2026, 2, 16)),
        (datetime(2026, 2, 16, 17, 0, tzinfo=UTC), date(2026, 2, 17)),
        (datetime(2012, 12, 31, 23, 59, tzinfo=VIETNAM), date(2012, 12, 31)),
    ],
)
def test_a_moment_lies_on_its_day_in_vietnam(connection: Connection, at: datetime, day: date) -> None:
    told = text("SELECT cycle.day_in_vietnam(:at) AS day, cycle.day_begins_at(:day) AS begins")
    row = connection.execute(told, {"at": at, "day": day}).one()
    assert row.day == day == at.astimezone(VIETNAM).date()
    assert row.begins == datetime(day.year, day.month, day.day, tzinfo=VIETNAM)


def test_another_kind_of_deadline_is_refused(connection: Connection) -> None:
    with pytest.raises(DBAPIError, match="the deadline is of kind 'until'; write before or through"):
        connection.execute(LATE, {"kind": "until", "day": SATURDAY})


def test_every_function_says_what_it_tells(connection: Connection) -> None:
    undocumented = connection.execute(
        text(
            "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE n.nspname = 'cycle' AND obj_description(p.oid) IS NULL"
        )
    )
    assert undocumented.scalars().all() == []
