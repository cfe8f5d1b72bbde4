"""The paragraphs of a letter, made from the regime's data."""

from __future__ import annotations

from datetime import date

import pytest

from reporting.letters.defaults import default_letter
from reporting.letters.text import (
    document_date,
    document_number,
    escape,
    fill,
    paragraphs,
    run_on,
    salutation,
    unbroken,
)
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


def test_a_placeholder_with_an_empty_value_falls_away_with_its_blank() -> None:
    values = {"deadline_phrase": "", "report_title": "tình hình", "count": 0}
    assert fill("gửi {report_title} {deadline_phrase}. Còn {count}.", values) == "gửi tình hình. Còn 0."
    assert fill("{deadline_phrase}Hết", values) == "Hết"
    assert fill("in {{deadline_phrase}} ra", values) == "in {deadline_phrase} ra"


def test_a_brace_that_stands_alone_is_told() -> None:
    with pytest.raises(ValueError, match="a brace that opens or closes no placeholder"):
        fill("gửi {", {"x": ""})


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("V/v báo cáo năm 2011 - 2012", "V/v báo cáo năm~2011~-~2012"),
        ("giai đoạn 2020 – 2025 và", "giai đoạn 2020~–~2025 và"),
        ("ngày 15/6/2023 của Chính phủ", "ngày~15/6/2023 của Chính phủ"),
        ("Công văn số 3621/BTTTT-TTĐN", "Công văn số~3621/BTTTT-TTĐN"),
        ("đôn đốc (lần 2), kinh phí 1.200 triệu đồng", "đôn đốc (lần~2), kinh phí 1.200~triệu đồng"),
        ("số liệu năm trước - sau", "số liệu năm trước - sau"),
    ],
)
def test_years_days_and_numbers_of_a_subject_are_not_broken(line: str, kept: str) -> None:
    assert unbroken(line).replace("\N{NO-BREAK SPACE}", "~") == kept
    assert unbroken(line).split() == line.split()


@pytest.mark.parametrize(
    "name",
    [
        "request_letter", "urging_letter", "escalation_letter", "notice_letter",
        "erratum_letter", "replacement_letter", "recall_letter",
    ],
)  # fmt: skip
def test_every_default_letter_ends_as_letters_do(name: str) -> None:
    letter = default_letter(name)
    assert letter.closing[-1].endswith("./.")
    assert [c.purpose for c in letter.copies][:: len(letter.copies) - 1] == ["như trên", "lưu"]
    for tone in ("yêu cầu báo cáo", "vi phạm", "từ chối", "bạn ", "!"):
        assert tone not in " ".join((*letter.opening, *letter.requests, *letter.closing))


def test_a_default_letter_that_is_not_there_is_named() -> None:
    with pytest.raises(LookupError, match=r"defaults\.yaml has no letter 'thu_moi'.*recall_letter"):
        default_letter("thu_moi")


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


@pytest.mark.parametrize(
    ("entered", "cited"),
    [
        ("5/BTTTT-TTĐN", "05/BTTTT-TTĐN"),
        ("05/BTTTT-TTĐN", "05/BTTTT-TTĐN"),
        ("10/BC-BTTTT", "10/BC-BTTTT"),
        ("3621/BTTTT-TTĐN", "3621/BTTTT-TTĐN"),
        ("không số", "không số"),
    ],
)
def test_numbers_below_ten_are_cited_with_a_zero(entered: str, cited: str) -> None:
    assert document_number(entered) == cited


def test_nothing_a_sender_wrote_becomes_markup_for_the_approver() -> None:
    assert escape("# a\n[b](c) | <i>*") == r"\# a \[b\](c) \| \<i\>\*"
    assert escape("- mục") == r"\- mục"
