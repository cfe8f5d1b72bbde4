"""What a cell says: texts, marks, dates, numbers, as people type them and as Excel stores them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from unidecode import unidecode

from reporting.wording.vietnamese import short_date
from reporting.workbook.layout import address

CellValue = str | int | float | bool | date | datetime | time | timedelta | None
NumberState = Literal["blank", "number", "nil", "not_applicable", "unreadable"]
NumberFault = Literal["", "unit", "several", "words", "date"]

DAYS_1904 = 1462
"""Days by which the serials of a workbook that counts from 1904 lag behind the usual ones."""

_EXCEL_EPOCH = date(1899, 12, 30)
_SERIALS = range(20_000, 80_000)  # 1954 to 2119: a date whose cell lost its format
_EARLIEST = _EXCEL_EPOCH + timedelta(
    days=_SERIALS.start
)  # what is stored before is a number: 2025 is a day of 1905
_CENTURY_TURNS = 70  # a year of two digits: 69 is 2069, 70 is 1970
_TIME = r"(?:[T ,]\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?"
_DAY_FIRST = re.compile(rf"(\d{{1,2}})\s*[/.\-]\s*(\d{{1,2}})\s*[/.\-]\s*(\d{{4}}|\d{{2}}){_TIME}")
_YEAR_FIRST = re.compile(rf"(\d{{4}})\s*[-/.]\s*(\d{{1,2}})\s*[-/.]\s*(\d{{1,2}}){_TIME}")
_IN_WORDS = re.compile(r"(\d{1,2})\s+tháng\s+(\d{1,2})\s+năm\s+(\d{4}|\d{2})", re.IGNORECASE)
_LEADING_DAY = re.compile(
    r"^\(?(?:(?:thứ\s*(?:hai|ba|tư|năm|sáu|bảy|bẩy|[2-7])|t[2-7]|chủ\s*nhật|cn)\s*[,.:)]*\s*)?(?:ngày\s+)?",
    re.IGNORECASE,
)

# The Icelandic letter Ð looks like the Vietnamese Đ; the rest takes no room, or is a blank of another kind.
_CLEANED = str.maketrans(
    {
        "Ð": "Đ",
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff"),
        **dict.fromkeys("\u00a0\u2007\u202f", " "),
    }
)
_TO_CLEAN = re.compile("[" + "".join(map(chr, _CLEANED)) + "]")

_DASHES = frozenset(("-", "–", "—"))
_NIL = frozenset(
    (
        "khongphatsinh",
        "khongcophatsinh",
        "chuaphatsinh",
        "chuacophatsinh",
        "kophatsinh",
        "kphatsinh",
        "kps",
        "khongco",
        "koco",
        "khong",
        "ko",
        "nil",
    )
)
"""Folded, as are the next."""
_NOT_APPLICABLE = frozenset(("khongapdung", "koapdung", "khongthuocdoituong", "kad", "na"))
_LONGEST_WORD = 30  # letters; longer words are none of these
_NOT_WORDS = re.compile("[^0-9a-z]+")
_PLAIN = re.compile(r"\d+")
_GROUPED_VIETNAMESE = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?")
_GROUPED_ENGLISH = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_GROUPED_BY_BLANKS = re.compile(r"[1-9]\d{0,2}(?: \d{3})+(?:[.,]\d+)?")
_DECIMAL = re.compile(r"\d+[.,]\d+")
_AMBIGUOUS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_NUMBER_AND_WORDS = re.compile(r"[+-]?\d[\d.,\s]*\s*[^\d\s.,+\-*/:;–()]+(?:\s+[^\d\s]+)*\.?")
_FIGURES = re.compile(r"\d+(?:[.,]\d+)*")
_SIGNIFICANT = 15  # digits that Excel itself keeps


class Cell(NamedTuple):
    """A cell of the sender's sheet; row and column count from zero, `address` is as the sender sees it.

    `is_unresolved`: a formula without a result, or an error such as #REF!; `value` is then the formula or the
    error.
    """

    sheet: str
    row: int
    column: int
    value: CellValue
    is_unresolved: bool = False

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


class NumberReading(NamedTuple):
    """A number as understood. `value` is None unless `state` is number.

    `fault` says why it is unreadable: a unit written behind the figure, several figures, words, or a date
    that Excel made of it. `is_ambiguous`: it could also be read in English notation ("1.234" is taken for
    one thousand two hundred and thirty-four). `is_percent`: a percent sign stood behind it; "12,5%" is 12.5.
    """

    state: NumberState
    value: Decimal | None = None
    fault: NumberFault = ""
    is_ambiguous: bool = False
    is_percent: bool = False


def as_text(value: CellValue) -> str:
    """A value as an official would type it: 15 rather than 15.0, 5/1/2012 rather than a timestamp.

    Texts are NFC, without letters of no width; the look-alike Ð is Đ; a blank that does not break is a blank.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        words = value
        if not words.isascii():
            words = unicodedata.normalize("NFC", words)
            if _TO_CLEAN.search(words):
                words = words.translate(_CLEANED)
        return (words.replace("\r\n", "\n") if "\r" in words else words).strip()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return short_date(value.date())
    if isinstance(value, date):
        return short_date(value)
    return str(value)


def as_line(value: CellValue) -> str | None:
    """A value as one line of text; None for an empty cell."""
    return " ".join(as_text(value).split()) or None


def fold(words: str) -> str:
    """Letters and digits only, without diacritics, lower case."""
    return _NOT_WORDS.sub("", unidecode(words).lower())


def read_date(value: CellValue) -> DateReading:
    """A date as Excel stores it, or as typed: day first, or year first; a weekday or a time beside it is
    passed over. A year alone, which Excel shows as a day of 1905, is no date.
    """
    if isinstance(value, date):
        on = value.date() if isinstance(value, datetime) else value
        return DateReading("date", on) if on >= _EARLIEST else DateReading("unreadable", None)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value == value and abs(value) < _SERIALS.stop and int(value) in _SERIALS:
            return DateReading("date", _EXCEL_EPOCH + timedelta(days=int(value)))
        return DateReading("unreadable", None)
    words = " ".join(as_text(value).split()).rstrip(".")
    if not words:
        return DateReading("blank", None)
    words = _LEADING_DAY.sub("", words, count=1)
    if match := _YEAR_FIRST.fullmatch(words):
        year, month, day = (int(part) for part in match.groups())
    elif match := _IN_WORDS.fullmatch(words) or _DAY_FIRST.fullmatch(words):
        day, month, year = (int(part) for part in match.groups())
        year += 0 if year >= 100 else 2000 if year < _CENTURY_TURNS else 1900
    else:
        return DateReading("unreadable", None)
    try:
        return DateReading("date", date(year, month, day))
    except ValueError:
        return DateReading("unreadable", None)


def read_number(value: CellValue) -> NumberReading:
    """A number as Excel stores it, or as typed in Vietnamese ("1.234,5") or English notation ("1,234.5").

    What fits both follows the Vietnamese one and is_ambiguous. 0, a dash, "không phát sinh" are nil, with or
    without diacritics.
    """
    if isinstance(value, bool):
        return NumberReading("unreadable", fault="words")
    if isinstance(value, int | float):
        return _stored(value)
    if isinstance(value, date | time | timedelta):
        return NumberReading("unreadable", fault="date")
    words = as_line(value)
    if words is None:
        return NumberReading("blank")
    if words in _DASHES:
        return NumberReading("nil")
    reading = _typed(words)
    if reading.state != "unreadable" or len(words) > _LONGEST_WORD:
        return reading
    folded = fold(words)
    if folded in _NIL:
        return NumberReading("nil")
    return NumberReading("not_applicable") if folded in _NOT_APPLICABLE else reading


def _stored(value: float) -> NumberReading:
    if value != value or value in (float("inf"), float("-inf")):
        return NumberReading("unreadable", fault="words")
    if value == 0:
        return NumberReading("nil")
    number = Decimal(value) if isinstance(value, int) else Decimal(f"{value:.{_SIGNIFICANT}g}")
    return NumberReading("number", number)


def _typed(words: str) -> NumberReading:
    figures = words.replace("\u2212", "-")
    is_percent = figures.endswith("%")
    figures = figures.removesuffix("%").rstrip()
    sign, figures = (figures[0], figures[1:].lstrip()) if figures[:1] in ("+", "-") else ("", figures)
    plain = _plain(figures)
    if plain is None:
        return NumberReading("unreadable", fault=_fault(words), is_percent=is_percent)
    number = Decimal(plain) * (-1 if sign == "-" else 1)
    if number == 0:
        return NumberReading("nil", is_percent=is_percent)
    return NumberReading(
        "number", number, is_ambiguous=_AMBIGUOUS.fullmatch(figures) is not None, is_percent=is_percent
    )


def _plain(figures: str) -> str | None:
    """The figures as Decimal takes them; None when they are no number."""
    if _PLAIN.fullmatch(figures):
        return figures
    if _GROUPED_BY_BLANKS.fullmatch(figures):
        return figures.replace(" ", "").replace(",", ".")
    if _GROUPED_VIETNAMESE.fullmatch(figures):
        return figures.replace(".", "").replace(",", ".")
    if _AMBIGUOUS.fullmatch(figures) or _DECIMAL.fullmatch(figures):
        return figures.replace(",", ".")
    if _GROUPED_ENGLISH.fullmatch(figures):
        return figures.replace(",", "")
    return None


def _fault(words: str) -> NumberFault:
    if read_date(words).state == "date":
        return "date"
    if _NUMBER_AND_WORDS.fullmatch(words):
        return "unit"
    is_figures = not any(letter.isalpha() for letter in words) and _FIGURES.search(words) is not None
    return "several" if is_figures or len(_FIGURES.findall(words)) > 1 else "words"
