"""Dates, times, numbers and enumerations in Vietnamese, as official documents write them.

The words themselves stand in ``include/wording/dates.yaml``. All results are NFC.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from babel.numbers import format_decimal

from reporting.clock import VIETNAM
from reporting.wording.catalogue import text

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LAST_PADDED_MONTH = 2


def _local_day(day: date) -> date:
    """A moment is first put into Vietnam's time; a moment without a time zone is refused."""
    if not isinstance(day, datetime):
        return day
    if day.utcoffset() is None:
        raise ValueError(
            f"{day.isoformat()} has no time zone; pass an aware moment, such as reporting.clock gives"
        )
    return day.astimezone(VIETNAM)


def weekday(day: date) -> str:
    """Return "thứ Sáu" for a Friday, "Chủ nhật" for a Sunday."""
    return text(f"dates.weekday.{_WEEKDAYS[_local_day(day).weekday()]}")


@lru_cache(maxsize=4096)
def short_date(day: date) -> str:
    """Return "26/8/2023": no padding, day first."""
    day = _local_day(day)
    return text("dates.short_date", day=day.day, month=day.month, year=day.year)


def long_date(day: date) -> str:
    """Return "ngày 05 tháng 01 năm 2012" or "ngày 18 tháng 6 năm 2012".

    Days below 10 and the months 1 and 2, and only they, are written with a zero (Decree 30/2020, appendix I).
    """
    day = _local_day(day)
    month = f"{day.month:02d}" if day.month <= _LAST_PADDED_MONTH else str(day.month)
    return text("dates.long_date", day=day.day, month=month, year=day.year)


@lru_cache(maxsize=4096)
def date_with_weekday(day: date) -> str:
    """Return "ngày 25/8/2023 (thứ Sáu)"."""
    return text("dates.day_with_weekday", date=short_date(day), weekday=weekday(day))


def moment(at: datetime) -> str:
    """Return "9 giờ 05 phút, ngày 26/12/2012 (thứ Tư)", in Vietnam's time.

    Raises ValueError for a moment without a time zone.
    """
    local = _local_day(at)
    assert isinstance(local, datetime)
    return text(
        "dates.moment",
        hour=local.hour,
        minute=local.minute,
        date=short_date(local),
        weekday=weekday(local),
    )


def number(value: int | float | Decimal) -> str:
    """Return the number with a point between thousands and a comma before decimals: "1.234,5".

    No digit is rounded away. Raises ValueError for what is not a finite number.
    """
    exact = Decimal(str(value))
    if not exact.is_finite():
        raise ValueError(f"{value!r} is not a finite number")
    return format_decimal(exact, locale="vi", decimal_quantization=False)


def join_names(names: Iterable[str], conjunction: str | None = None) -> str:
    """Return "A, B và C"; one name alone stands as it is, none gives "".

    Where one of three or more has a comma of its own they are parted by semicolons: "A; B, C và D; E".
    ``conjunction`` replaces "và".
    """
    listed = [unicodedata.normalize("NFC", name) for name in names]
    if len(listed) < 2:
        return "".join(listed)
    separator = name_separator(listed)
    if len(listed) > 2 and separator != text("dates.list.separator") and conjunction is None:
        return separator.join(listed)
    return text(
        "dates.list.last",
        names=separator.join(listed[:-1]),
        conjunction=conjunction or text("dates.list.conjunction"),
        name=listed[-1],
    )


def name_separator(names: Iterable[str]) -> str:
    """What stands between names: a comma, or a semicolon where one of them has a comma of its own."""
    has_comma = any("," in name for name in names)
    return text("dates.list.separator_of_long" if has_comma else "dates.list.separator")
