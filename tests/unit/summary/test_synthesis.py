"""Grouping what offices wrote: the same thing is said once, different things never are."""

from __future__ import annotations

import pytest

from reporting.summary.data import Narrative
from reporting.summary.synthesis import Statement, statements


def wrote(*entries: tuple[str, str]) -> list[Statement]:
    return statements(
        Narrative(office, "difficulties", body, "Thuyết minh", "C6", "f.xlsx") for office, body in entries
    )


def test_lines_are_statements_without_bullets_blanks_and_closing_marks() -> None:
    found = wrote(("a", "  - Cán bộ còn mỏng.\n\n2) Kinh phí   còn ít;\n• Chưa có trang tin\n---\n"))
    assert [s.text for s in found] == ["Cán bộ còn mỏng", "Kinh phí còn ít", "Chưa có trang tin"]


def test_near_duplicates_are_one_with_the_wording_most_used_and_offices_in_order() -> None:
    found = wrote(
        ("a", "Đội ngũ cán bộ chuyên trách còn mỏng"),
        ("b", "đội ngũ cán bộ chuyên trách còn mỏng."),
        ("c", "Đội ngũ cán bộ chuyên trách còn rất mỏng"),
        ("d", "đội ngũ cán bộ chuyên trách còn mỏng"),
        ("a", "Kinh phí còn ít"),
    )
    assert found == [
        Statement("đội ngũ cán bộ chuyên trách còn mỏng", ("a", "b", "c", "d")),
        Statement("Kinh phí còn ít", ("a",)),
    ]


def test_an_office_that_says_it_twice_is_counted_once() -> None:
    assert wrote(("a", "Kinh phí còn ít\nKinh phí còn ít"))[0].organization_ids == ("a",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Đã tổ chức 12 lớp tập huấn", "Đã tổ chức 13 lớp tập huấn"),
        (
            "Cán bộ chuyên trách làm công tác đối ngoại còn thiếu",
            "Cán bộ chuyên trách làm công tác đối ngoại còn đủ",
        ),
        ("Kinh phí cho công tác thông tin đối ngoại tăng", "Kinh phí cho công tác thông tin đối ngoại giảm"),
        ("Sở có bố trí cán bộ phụ trách", "Sở không bố trí cán bộ phụ trách"),
    ],
)
def test_statements_that_differ_in_what_matters_stay_apart(one: str, other: str) -> None:
    assert [s.text for s in wrote(("a", one), ("b", other))] == [one, other]


def test_nothing_written_is_nothing_said() -> None:
    assert wrote() == []
    assert wrote(("a", " \n - \n")) == []
