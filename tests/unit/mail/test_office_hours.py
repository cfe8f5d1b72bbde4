"""When offices work: reminders go at no other time."""

from __future__ import annotations

from datetime import datetime

import pytest

from reporting.calendar.working_days import WorkingCalendar
from reporting.clock import VIETNAM
from reporting.mail.office_hours import is_open
from reporting.regimes.models import OfficeHours


@pytest.mark.parametrize(
    ("moment", "is_working_time"),
    [
        ("2012-12-20 07:59", False),
        ("2012-12-20 08:00", True),
        ("2012-12-20 16:59", True),
        ("2012-12-20 17:00", False),
        ("2012-12-22 10:00", False),  # a Saturday
        ("2013-01-01 10:00", False),  # New Year
    ],
)
def test_offices_work_from_opening_to_closing_on_working_days(moment: str, is_working_time: bool) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=VIETNAM)
    assert is_open(OfficeHours(), WorkingCalendar.load(), at) is is_working_time
