"""What a cell says: texts, marks, dates, as people type them and as Excel stores them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from reporting.wording.vietnamese import short_date
from reporting.workbook.layout import address

CellValue = str | int | float | bool | date | datetime | time | timedelta | None

_EXCEL_EPOCH = date(1899, 12, 30)
_SERIALS = range(20_000, 80_000)  # 1954 to 2119: a date whose cell lost its format
_DAY_FIRST = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4}|\d{2})")
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_IN_WORDS = re.compile(r"(?:ngày\s+)?(\d{1,2})\s+tháng\s+(\d{1,2})\s+năm\s+(\d{4})", re.IGNORECASE)
_LEADING_DAY = re.compile(r"^ngày\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Cell:
    """A cell of the sender's sheet; row and column count from zero, `address` is as the sender sees it."""

    sheet: str
    row: int
    column: int
    value: CellValue
    is_unresolved: bool = False
    """A formula without a result, or an error such as #REF!; `value` is then the formula or the error."""

    @property
    def address(self) -> str:
        """A1 notation."""
        return address(self.row, self.column)

    @property
    def text(self) -> str:
        """The value as text, NFC, outer blanks removed; "" for an empty cell."""
        return as_text(self.value)


@dataclass(frozen=True)
class DateReading:
    """`on` is None when the cell is empty or does not hold a date."""

    state: Literal["blank", "date", "unreadable"]
    on: date | None


def as_text(value: CellValue) -> str:
    """A value as an official would type it: 15 rather than 15.0, 5/1/2012 rather than a timestamp."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return short_date(value.date())
    if isinstance(value, date):
        return short_date(value)
    words = unicodedata.normalize("NFC", str(value)).replace("\u00a0", " ").replace("\u200b", "")
    return words.replace("\r\n", "\n").strip()


def as_line(value: CellValue) -> str | None:
    """A value as one line of text; None for an empty cell."""
    return " ".join(as_text(value).split()) or None


def read_date(value: CellValue) -> DateReading:
    """A date as Excel stores it, or as typed: day first, or year first with hyphens."""
    if isinstance(value, datetime):
        return DateReading("date", value.date())
    if isinstance(value, date):
        return DateReading("date", value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if int(value) in _SERIALS:
            return DateReading("date", _EXCEL_EPOCH + timedelta(days=int(value)))
        return DateReading("unreadable", None)
    words = " ".join(as_text(value).split()).rstrip(".")
    if not words:
        return DateReading("blank", None)
    if match := _IN_WORDS.fullmatch(words):
        day, month, year = (int(part) for part in match.groups())
    elif match := _YEAR_FIRST.fullmatch(words):
        year, month, day = (int(part) for part in match.groups())
    elif match := _DAY_FIRST.fullmatch(_LEADING_DAY.sub("", words)):
        day, month, year = (int(part) for part in match.groups())
        year += 2000 if year < 100 else 0
    else:
        return DateReading("unreadable", None)
    try:
        return DateReading("date", date(year, month, day))
    except ValueError:
        return DateReading("unreadable", None)
