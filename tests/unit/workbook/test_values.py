"""What people type into a cell, and what is understood."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.workbook.values import CellValue, as_text, read_date, read_number


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("1.234,5", "1234.5"), ("1,234.5", "1234.5"), ("1 234", "1234"), ("1\u00a0234,5", "1234.5"),
        ("1.200.000", "1200000"), ("1,200,000", "1200000"), ("12,5", "12.5"), ("12.5", "12.5"),
        ("0,125", "0.125"), ("0.125", "0.125"), ("-5", "-5"), ("\u22125", "-5"), ("+7", "7"),
        ("1200", "1200"), (1200, "1200"), (12.5, "12.5"), (0.1 + 0.2, "0.3"), (1e15, "1E+15"),
    ],
)  # fmt: skip
def test_numbers_in_vietnamese_and_english_notation(typed: CellValue, expected: str) -> None:
    reading = read_number(typed)
    assert (reading.state, reading.value, reading.is_ambiguous) == ("number", Decimal(expected), False)


@pytest.mark.parametrize(("typed", "expected"), [("1.234", "1234"), ("12.500", "12500"), ("1,234", "1.234")])
def test_what_fits_both_notations_follows_the_vietnamese_and_is_noted(typed: str, expected: str) -> None:
    reading = read_number(typed)
    assert (reading.value, reading.is_ambiguous) == (Decimal(expected), True)


def test_a_percent_sign_stays_a_percent() -> None:
    reading = read_number("12,5%")
    assert (reading.value, reading.is_percent) == (Decimal("12.5"), True)
    assert read_number("12.5 %").value == Decimal("12.5")


@pytest.mark.parametrize(
    "typed", ["Không phát sinh", "không phát  sinh.", "KPS", "0", "0,0", "-", "–", "Không", 0, 0.0]
)
def test_nil_in_any_words(typed: CellValue) -> None:
    assert read_number(typed) == read_number("KPS")
    assert read_number(typed).state == "nil"


def test_not_applicable_and_blank() -> None:
    assert read_number("không áp dụng").state == "not_applicable"
    assert {read_number(value).state for value in (None, "", " ", "\u00a0\u200b")} == {"blank"}


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("1200 triệu đồng", "unit"), ("1.200tr", "unit"), ("khoảng 1,2 tỷ", "words"), ("nhiều", "words"),
        ("10-15", "several"), ("3/4", "several"), ("05/3/2012", "date"), (date(2012, 2, 1), "date"),
        (time(1, 2), "date"), (True, "words"), ("1.23.456", "several"), (float("nan"), "words"),
    ],
)  # fmt: skip
def test_why_a_number_is_unreadable(typed: CellValue, fault: str) -> None:
    reading = read_number(typed)
    assert (reading.state, reading.value, reading.fault) == ("unreadable", None, fault)


@given(st.decimals(min_value=Decimal("0.01"), max_value=Decimal(10) ** 12, places=2))
def test_every_number_reads_back_from_vietnamese_and_english_notation(number: Decimal) -> None:
    english = f"{number:,.2f}"
    vietnamese = english.translate(str.maketrans(",.", ".,"))
    assert read_number(english).value == read_number(vietnamese).value == number


@given(st.text(max_size=30) | st.floats() | st.integers() | st.datetimes() | st.booleans())
def test_no_value_breaks_the_readers(value: CellValue) -> None:
    assert (read_number(value).value is not None) == (read_number(value).state == "number")
    assert (read_date(value).on is not None) == (read_date(value).state == "date")
    assert as_text(as_text(value)) == as_text(value)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("thứ Hai, ngày 05/03/2012", date(2012, 3, 5)), ("CN 04/3/2012", date(2012, 3, 4)),
        ("Thứ 2 ngày 5-3-12", date(2012, 3, 5)), ("(T2) 5.3.2012", date(2012, 3, 5)),
        ("05.01.2012", date(2012, 1, 5)), ("5 / 3 / 2012", date(2012, 3, 5)), ("2012/3/5", date(2012, 3, 5)),
        ("ngày 05 tháng 3 năm 2012", date(2012, 3, 5)), ("05/03/2012 00:00:00", date(2012, 3, 5)),
        ("2012-03-05T00:00:00", date(2012, 3, 5)), ("5/3/99", date(1999, 3, 5)), ("5/3/69", date(2069, 3, 5)),
        ("\u00a005/3/2012\u200b", date(2012, 3, 5)), (40973.5, date(2012, 3, 5)),
        (datetime(2012, 3, 5, 7), date(2012, 3, 5)),  # noqa: DTZ001 - as Excel stores a date
        ("tháng 3/2012", None), ("quý I/2012", None), ("13/13/2012", None), ("thứ Hai", None),
        (float("inf"), None),
    ],
)  # fmt: skip
def test_dates_as_people_write_them(typed: CellValue, expected: date | None) -> None:
    assert read_date(typed).on == expected


def test_texts_are_cleaned_of_what_nobody_sees() -> None:
    assert as_text("\ufeffÐà\u00a0Nẵng\u200b") == "Đà Nẵng"
    assert as_text("a\r\nb ") == "a\nb"
    assert (as_text(15.0), as_text(datetime(2012, 1, 5)), as_text(True)) == ("15", "5/1/2012", "true")  # noqa: DTZ001


@pytest.mark.parametrize(
    "words",
    ["khong phat sinh", "Chưa phát sinh", "Ko có", "KHÔNG CÓ.", "không  phát sinh", "k phát sinh", "KPS"],
)
def test_nothing_is_nil_however_it_is_spelled(words: str) -> None:
    assert read_number(words).state == "nil"
