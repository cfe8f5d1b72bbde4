"""Dates, times, numbers and lists as official documents write them."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from reporting.clock import VIETNAM
from reporting.wording.vietnamese import date_with_weekday, join_names, long_date, moment, number, short_date


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2012, 1, 5), "ngày 05 tháng 01 năm 2012"),
        (date(2013, 2, 28), "ngày 28 tháng 02 năm 2013"),
        (date(2013, 3, 1), "ngày 01 tháng 3 năm 2013"),
        (date(2020, 6, 29), "ngày 29 tháng 6 năm 2020"),
        (date(2012, 12, 3), "ngày 03 tháng 12 năm 2012"),
        (date(2020, 12, 31), "ngày 31 tháng 12 năm 2020"),
    ],
)
def test_long_dates_pad_days_below_ten_and_the_first_two_months_only(day: date, words: str) -> None:
    assert long_date(day) == words


def test_short_dates_are_not_padded() -> None:
    assert short_date(date(2023, 8, 26)) == "26/8/2023"
    assert short_date(date(2013, 1, 5)) == "5/1/2013"


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2023, 8, 21), "ngày 21/8/2023 (thứ Hai)"),
        (date(2023, 8, 22), "ngày 22/8/2023 (thứ Ba)"),
        (date(2023, 8, 23), "ngày 23/8/2023 (thứ Tư)"),
        (date(2023, 8, 24), "ngày 24/8/2023 (thứ Năm)"),
        (date(2023, 8, 25), "ngày 25/8/2023 (thứ Sáu)"),
        (date(2023, 8, 26), "ngày 26/8/2023 (thứ Bảy)"),
        (date(2023, 8, 27), "ngày 27/8/2023 (Chủ nhật)"),
    ],
)
def test_days_of_the_week(day: date, words: str) -> None:
    assert date_with_weekday(day) == words
    assert unicodedata.is_normalized("NFC", date_with_weekday(day))


def test_moments_are_told_in_vietnams_time() -> None:
    assert moment(datetime(2012, 12, 26, 9, 5, tzinfo=VIETNAM)) == "9 giờ 05 phút, ngày 26/12/2012 (thứ Tư)"
    assert moment(datetime(2012, 12, 25, 17, 0, tzinfo=UTC)) == "0 giờ 00 phút, ngày 26/12/2012 (thứ Tư)"
    assert short_date(datetime(2012, 12, 31, 17, 30, tzinfo=UTC)) == "1/1/2013"


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="2012-12-26T09:05:00 has no time zone"):
        moment(datetime(2012, 12, 26, 9, 5))  # noqa: DTZ001 - the fault under test


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (63, "63"),
        (1234.5, "1.234,5"),
        (1200000000, "1.200.000.000"),
        (-1150, "-1.150"),
        (Decimal("0.123456789"), "0,123456789"),
        (0.1, "0,1"),
    ],
)
def test_numbers(value: int | float | Decimal, words: str) -> None:
    assert number(value) == words


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="nan is not a finite number"):
        number(float("nan"))


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], ""),
        (["Kon Tum"], "Kon Tum"),
        (["Kon Tum", "Hòa Bình"], "Kon Tum và Hòa Bình"),
        (["Kon Tum", "Hòa Bình", "Hải Phòng"], "Kon Tum, Hòa Bình và Hải Phòng"),
        ([unicodedata.normalize("NFD", "Đồng Nai")], "Đồng Nai"),
    ],
)
def test_lists_of_names(names: list[str], words: str) -> None:
    assert join_names(names) == words


def test_names_with_commas_are_parted_by_semicolons() -> None:
    names = ["Bộ Tài chính", "Bộ Văn hóa, Thể thao và Du lịch", "Bộ Y tế"]
    assert join_names(names) == "Bộ Tài chính; Bộ Văn hóa, Thể thao và Du lịch; Bộ Y tế"
    assert join_names(names, "hoặc") == "Bộ Tài chính; Bộ Văn hóa, Thể thao và Du lịch hoặc Bộ Y tế"


def test_a_list_with_another_conjunction() -> None:
    assert join_names(["D12", "F12", "H12"], conjunction="hoặc") == "D12, F12 hoặc H12"
