"""The deadline in the receiver's calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from icalendar import Calendar

from reporting.clock import VIETNAM
from reporting.mail.calendar_entry import CalendarEntry, build_calendar_entry
from reporting.settings import settings


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AIRFLOW_CONN_REPORTING_WAREHOUSE", "postgres://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("REPORTING_MINISTRY_ADDRESS", "baocao@bo-chu-tri.example")
    settings.cache_clear()
    yield
    settings.cache_clear()


def entry() -> CalendarEntry:
    return CalendarEntry(
        reference_code="TTDN12-01",
        summary="Hạn gửi báo cáo tình hình công tác thông tin đối ngoại",
        description="Sở Thông tin và Truyền thông tỉnh An Giang; theo Công văn số 1, ngày 3/12/2012",
        alarm_text="Sắp đến hạn",
        last_day=date(2012, 12, 31),
        alarm_on=date(2012, 12, 28),
        written_at=datetime(2012, 12, 3, 14, tzinfo=VIETNAM),
    )


def test_it_is_an_all_day_event_on_the_last_day_in_time() -> None:
    calendar = Calendar.from_ical(build_calendar_entry(entry()))
    assert calendar["METHOD"] == "PUBLISH"
    (event,) = calendar.walk("VEVENT")
    assert event.decoded("dtstart") == date(2012, 12, 31)
    assert event.decoded("dtend") == date(2013, 1, 1)
    assert str(event["SUMMARY"]) == entry().summary
    assert str(event["DESCRIPTION"]) == entry().description
    (alarm,) = event.walk("VALARM")
    assert alarm.decoded("trigger") == timedelta(days=-3, hours=8)


def test_its_identity_does_not_change() -> None:
    first = build_calendar_entry(entry())
    assert first == build_calendar_entry(entry())
    (event,) = Calendar.from_ical(first).walk("VEVENT")
    assert str(event["UID"]) == "TTDN12-01.deadline@bo-chu-tri.example"
