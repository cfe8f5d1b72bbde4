"""The paragraphs of a letter, made from the regime's data."""

from __future__ import annotations

from datetime import date

import pytest

from reporting.letters.text import document_date, escape, paragraphs, run_on, salutation
from reporting.regimes.models import LetterText, load_regime


def test_a_basis_that_ends_with_a_comma_runs_on_in_lower_case() -> None:
    assert run_on(["Thực hiện Chỉ thị,", "Để có cơ sở, đề nghị:"]) == [
        "Thực hiện Chỉ thị, để có cơ sở, đề nghị:"
    ]
    assert run_on(["Thực hiện Chỉ thị,", "Bộ đề nghị:"]) == ["Thực hiện Chỉ thị, Bộ đề nghị:"]
    assert run_on(["Một đoạn.", "Một đoạn khác."]) == ["Một đoạn.", "Một đoạn khác."]


def test_requests_are_numbered_unless_they_begin_with_a_dash() -> None:
    letter = LetterText(
        subject="x", opening=("Đề nghị:",), requests=("Gửi báo cáo {han}.", "- Bố trí cán bộ.")
    )
    assert paragraphs(letter, {"han": "trước ngày 26/8/2023"}) == [
        "Đề nghị:",
        "1. Gửi báo cáo trước ngày 26/8/2023.",
        "- Bố trí cán bộ.",
    ]


def test_a_placeholder_without_a_value_is_named() -> None:
    with pytest.raises(KeyError, match=r"hạn.*deadline_phrase"):
        paragraphs(LetterText(subject="x", opening=("Gửi {hạn}",)), {"deadline_phrase": ""})


def test_a_letter_greets_whom_the_regime_asks_unless_it_says_otherwise() -> None:
    regime = load_regime("ttdn_dia_phuong")
    asked = ["Sở Thông tin và Truyền thông các tỉnh, thành phố trực thuộc Trung ương"]
    assert salutation(regime.request_letter, regime) == asked
    assert regime.follow_up_letter is not None
    assert salutation(regime.follow_up_letter, regime) == [
        "Ủy ban nhân dân các tỉnh, thành phố trực thuộc Trung ương"
    ]


@pytest.mark.parametrize(
    ("day", "written"),
    [
        (date(2012, 12, 3), "03/12/2012"),
        (date(2013, 1, 18), "18/01/2013"),
        (date(2012, 8, 6), "06/8/2012"),
        (date(2011, 11, 24), "24/11/2011"),
    ],
)
def test_dates_are_cited_as_in_official_letters(day: date, written: str) -> None:
    assert document_date(day) == written


def test_nothing_a_sender_wrote_becomes_markup_for_the_approver() -> None:
    assert escape("# a\n[b](c) | <i>*") == r"\# a \[b\](c) \| \<i\>\*"
    assert escape("- mục") == r"\- mục"
