"""The deadline as an entry for the receiver's calendar (iCalendar, RFC 5545)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Alarm, Calendar, Event

from reporting.mail.ledger import ministry_domain

MEDIA_TYPE = "text/calendar; method=PUBLISH"
_PRODUCT = "-//Ky Bao Cao//Reporting cycles//VI"
_ALARM_AT = timedelta(hours=8)


@dataclass(frozen=True)
class CalendarEntry:
    """An all-day entry on the last day that is in time. `reference_code` makes its identity stable."""

    reference_code: str
    summary: str
    description: str
    alarm_text: str
    last_day: date
    alarm_on: date
    written_at: datetime


def build_calendar_entry(entry: CalendarEntry) -> bytes:
    """The .ics file: one all-day event with an alarm at eight in the morning of `alarm_on`.

    The same entry gives the same bytes, and the same recipient of a cycle always the same UID, so that a
    later one replaces it in the receiver's calendar.
    """
    event = Event()
    event.add("uid", f"{entry.reference_code}.deadline@{ministry_domain()}")
    event.add("dtstamp", entry.written_at)
    event.add("dtstart", entry.last_day)
    event.add("dtend", entry.last_day + timedelta(days=1))
    event.add("summary", entry.summary)
    event.add("description", entry.description)
    event.add("transp", "TRANSPARENT")
    event.add("status", "CONFIRMED")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", entry.alarm_text)
    alarm.add("trigger", entry.alarm_on - entry.last_day + _ALARM_AT)
    event.add_component(alarm)
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
