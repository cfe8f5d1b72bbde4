"""What a deadline's words mean to the minute."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Literal, cast

import pytest

from reporting.calendar.deadlines import Deadline
from reporting.clock import VIETNAM

BEFORE = Deadline("before", date(2023, 8, 26))
THROUGH = Deadline("through", date(2012, 12, 31))


def test_the_words_of_the_letters() -> None:
    assert BEFORE.phrase == "trước ngày 26/8/2023"
    assert BEFORE.last_day == date(2023, 8, 25)
    assert BEFORE.last_day_phrase == "ngày 25/8/2023 (thứ Sáu)"
    assert THROUGH.phrase == "đến hết ngày 31/12/2012"
    assert THROUGH.last_day == date(2012, 12, 31)
    assert THROUGH.last_day_phrase == "ngày 31/12/2012 (thứ Hai)"


@pytest.mark.parametrize(
    ("deadline", "sent_at", "is_late"),
    [
        (BEFORE, datetime(2023, 8, 25, 23, 59, tzinfo=VIETNAM), False),
        (BEFORE, datetime(2023, 8, 26, 0, 0, tzinfo=VIETNAM), True),
        (BEFORE, datetime(2023, 8, 26, 0, 1, tzinfo=VIETNAM), True),
        (THROUGH, datetime(2012, 12, 31, 23, 59, tzinfo=VIETNAM), False),
        (THROUGH, datetime(2013, 1, 1, 0, 0, tzinfo=VIETNAM), True),
        (THROUGH, datetime(2013, 1, 1, 0, 1, tzinfo=VIETNAM), True),
        # midnight in Vietnam is 17:00 of the day before in UTC
        (THROUGH, datetime(2012, 12, 31, 16, 59, tzinfo=UTC), False),
        (THROUGH, datetime(2012, 12, 31, 17, 1, tzinfo=UTC), True),
    ],
)
def test_an_answer_around_midnight(deadline: Deadline, sent_at: datetime, is_late: bool) -> None:
    assert (sent_at >= deadline.first_late_at) is is_late


def test_the_first_late_instant_is_told_in_vietnams_time() -> None:
    assert THROUGH.first_late_at.isoformat() == "2013-01-01T00:00:00+07:00"


def test_another_wording_is_refused() -> None:
    kind = cast("Literal['before']", "until")
    with pytest.raises(ValueError, match='the deadline is of kind \'until\'; write "before" or "through"'):
        Deadline(kind, date(2023, 8, 26))
