"""What must hold of every mark, number, day and name, however it is written."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporting.forms.models import load_form, mark_key
from reporting.intake.attachments import storable_name
from reporting.registry.names import NameIndex, fold
from reporting.registry.offline import members_from_files, name_index_from_files
from reporting.registry.roster import Member
from reporting.workbook.values import as_line, as_text, read_date, read_number

DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))
BLANKS = st.text(" \u00a0\t\n\u200b", max_size=3)
SPELLINGS = [
    "{d}/{m}/{y}", "{d:02}/{m:02}/{y}", "{d}.{m}.{y}", "{d}-{m}-{y}", "{d} / {m} / {y}", "{y}-{m:02}-{d:02}",
    "ngày {d:02} tháng {m} năm {y}", "Ngày {d}/{m}/{y}.", "{y}-{m:02}-{d:02} 00:00:00",
]  # fmt: skip
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def both_forms(words: str) -> tuple[str, str]:
    """The words with their diacritics on the letters, and apart."""
    return unicodedata.normalize("NFC", words), unicodedata.normalize("NFD", words)


@cache
def departments() -> tuple[list[Member], NameIndex]:
    """The departments of 2012, and their index."""
    members = members_from_files("provincial_departments_2012", date(2012, 12, 3))
    return members, name_index_from_files(members)


# -- days ----------------------------------------------------------------------------------------


@given(DAYS, st.sampled_from(SPELLINGS), BLANKS, BLANKS)
def test_a_day_reads_back_from_every_spelling(day: date, spelling: str, before: str, after: str) -> None:
    written = spelling.format(d=day.day, m=day.month, y=day.year)
    for words in both_forms(before + written + after):
        assert read_date(words) == ("date", day) or read_date(words).on == day, words


@given(DAYS)
def test_a_day_as_excel_stores_it_is_that_day(day: date) -> None:
    assert read_date(day).on == day
    assert read_date(datetime(day.year, day.month, day.day, 8)).on == day  # noqa: DTZ001 - as Excel stores it
    assert read_date((day - date(1899, 12, 30)).days).on == day


@given(st.integers(1, 31), st.integers(13, 31), st.integers(1990, 2060))
def test_the_month_never_stands_before_the_day(first: int, second: int, year: int) -> None:
    assert read_date(f"{first}/{second}/{year}").state == "unreadable"


@given(DAYS, st.sampled_from(["khoảng {}", "{} và {}", "{}?", "trước {}", "{}/{}", "x{}"]))
def test_words_beside_a_day_are_not_read_away(day: date, around: str) -> None:
    written = f"{day.day}/{day.month}/{day.year}"
    assert read_date(around.format(written, written)).state == "unreadable"


@given(WORDS)
def test_any_words_are_a_day_blank_or_neither(words: str) -> None:
    read = read_date(words)
    assert (read.on is not None) == (read.state == "date")
    assert (as_line(words) is None) <= (read.state == "blank")


# -- numbers -------------------------------------------------------------------------------------


@given(st.decimals(-(10**12), 10**12, places=2, allow_nan=False), BLANKS, BLANKS)
def test_a_number_reads_back_from_the_vietnamese_notation(number: Decimal, before: str, after: str) -> None:
    written = f"{number:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")
    read = read_number(before + written + after)
    assert (read.state, read.value) == (("number", number) if number else ("nil", None))


@given(st.integers(-(10**14), 10**14))
def test_a_count_is_the_same_stored_typed_and_grouped(number: int) -> None:
    for written in (number, str(number), f"{number:,}".replace(",", " ")):
        read = read_number(written)
        assert read.value == (Decimal(number) if number else None), written
    if abs(number) >= 10**6:
        for separator in (".", ","):
            assert read_number(f"{number:,}".replace(",", separator)).value == number


@given(
    st.integers(1, 10**9),
    st.sampled_from(["khoảng {}", "{} tỷ", "{} đồng", "{} - {}", "{} + {}", "~{}", "{}x", "{} {}a"]),
)
def test_words_beside_a_number_are_not_read_away(number: int, around: str) -> None:
    read = read_number(around.format(number, number))
    assert (read.state, read.value) == ("unreadable", None)
    assert read.fault


@given(WORDS)
def test_a_number_has_a_value_and_nothing_else_has(words: str) -> None:
    read = read_number(words)
    assert (read.value is not None) == (read.state == "number")
    assert bool(read.fault) == (read.state == "unreadable")
    assert read_number(both_forms(words)[0]).state == read_number(both_forms(words)[1]).state


# -- marks and texts -----------------------------------------------------------------------------


@given(st.sampled_from(sorted(load_form("theo_doi_ttdn", "2012.1").mark_meanings)), BLANKS, BLANKS)
def test_a_mark_means_the_same_in_every_form(mark: str, before: str, after: str) -> None:
    meanings = load_form("theo_doi_ttdn", "2012.1").mark_meanings
    for words in (*both_forms(mark), *both_forms(mark.upper()), *both_forms(mark.lower())):
        assert meanings.get(mark_key(as_text(before + words + after))) == meanings[mark], words


@given(WORDS)
def test_a_mark_compared_twice_is_the_same(words: str) -> None:
    assert mark_key(mark_key(words)) == mark_key(words)


@given(WORDS)
def test_a_text_is_cleaned_once(words: str) -> None:
    cleaned = as_text(words)
    assert as_text(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert as_text(both_forms(words)[1]) == as_text(both_forms(words)[0])


# -- names ---------------------------------------------------------------------------------------


@settings(max_examples=200)
@given(
    st.integers(0, 62),
    st.sampled_from(
        ["{}", "tỉnh {}", "Sở TT&TT {}", "Sở Thông tin và Truyền thông tỉnh {}", "  {} ", "sở tttt {}"]
    ),
    st.sampled_from([str.upper, str.lower, str.title, str]),
    st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]),
)
def test_an_office_is_found_by_its_name_in_every_dress(
    number: int, dress: str, case: type[str], form: str
) -> None:
    members, index = departments()
    member = members[number]
    written = unicodedata.normalize(form, case(dress.format(member.short_name)))
    assert index.resolve(written) == member.organization_id


@given(WORDS, st.integers(0, 62))
def test_no_other_name_is_taken_for_an_offices(words: str, number: int) -> None:
    members, index = departments()
    found = index.resolve(words)
    if found is not None:
        spellings = {fold(m.name) for m in members} | {fold(m.short_name) for m in members}
        assert fold(words) in spellings or found in index.candidates(words)
    key = fold(members[number].short_name)
    assert index.resolve(key + "x") is None


@pytest.mark.parametrize("number", range(63))
def test_no_two_offices_share_a_name(number: int) -> None:
    members, index = departments()
    assert index.candidates(members[number].name) == {members[number].organization_id}


# -- file names ----------------------------------------------------------------------------------


@given(st.text(max_size=400))
def test_a_file_name_can_always_be_stored(words: str) -> None:
    name = storable_name(words)
    assert len(name) <= 180
    assert unicodedata.is_normalized("NFC", name)
    assert not set(name) & set('/\\<>:"|?*\x00\r\n')
    assert name not in {".", ".."}
    assert storable_name(name) == name
