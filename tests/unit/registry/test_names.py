"""Names of offices: every way of writing one of the 63 leads to it, and nothing merely similar does."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.registry.load import read_registry
from reporting.registry.names import NameIndex, fold

REGISTRY = read_registry()
SHORT_NAMES = {
    row.text("organization_id"): row.text("short_name")
    for row in REGISTRY.names
    if row.text("organization_id").startswith("so_tttt_") and row.text("valid_from") == "2008-08-01"
}
FULL_NAMES = {
    row.text("organization_id"): row.text("name")
    for row in REGISTRY.names
    if row.text("organization_id") in SHORT_NAMES and row.text("valid_from") == "2008-08-01"
}
ALIASES = [
    (str(alias["organization_id"]), [str(alias["spelling"])])
    for alias in REGISTRY.aliases
    if alias["organization_id"] in SHORT_NAMES
]
DEPARTMENTS = NameIndex(
    [(office, [SHORT_NAMES[office], FULL_NAMES[office]]) for office in SHORT_NAMES] + ALIASES
)
PREFIXES = (
    "",
    "tỉnh ",
    "Tỉnh ",
    "TP. ",
    "TP.",
    "Tp ",
    "thành phố ",
    "Thành phố ",
    "T. ",
    "UBND ",
    "UBND tỉnh ",
    "UBND TP. ",
    "Ủy ban nhân dân tỉnh ",
    "Uỷ ban nhân dân thành phố ",
    "U.B.N.D. tỉnh ",
    "Sở TT&TT ",
    "Sở TT&TT tỉnh ",
    "Sở TT & TT ",
    "Sở TTTT ",
    "SỞ TT-TT ",
    "Sở TT và TT ",
    "Sở Thông tin và Truyền thông ",
    "SỞ THÔNG TIN VÀ TRUYỀN THÔNG TỈNH ",
    "Sở Thông tin & Truyền thông tỉnh ",
)
_TONE_PLACES = (
    ("óa", "oá"),
    ("òa", "oà"),
    ("ỏa", "oả"),
    ("õa", "oã"),
    ("ọa", "oạ"),
    ("ủy", "uỷ"),
    ("úy", "uý"),
)


def _old_tone(name: str) -> str:
    for new, old in _TONE_PLACES:
        name = name.replace(new, old)
    return name


SPELLINGS = {
    "as it is": lambda name: name,
    "NFD": lambda name: unicodedata.normalize("NFD", name),
    "capitals": str.upper,
    "no capitals": str.lower,
    "U+00D0": lambda name: name.replace("Đ", "\N{LATIN CAPITAL LETTER ETH}"),
    "U+00F0": lambda name: name.replace("đ", "\N{LATIN SMALL LETTER ETH}"),
    "tone on the second vowel": _old_tone,
    "no diacritics": lambda name: (
        "".join(letter for letter in unicodedata.normalize("NFD", name) if not unicodedata.combining(letter))
        .replace("Đ", "D")
        .replace("đ", "d")
    ),
    "no spaces": lambda name: name.replace(" ", ""),
    "hyphens": lambda name: name.replace(" ", "-"),
    "no-break spaces": lambda name: name.replace(" ", "\N{NO-BREAK SPACE}"),
    "en dash": lambda name: name.replace(" - ", " – "),
    "line break": lambda name: name.replace(" ", "\n", 1),
    "outer spaces": lambda name: f"  {name} \t",
    "trailing stop": lambda name: f"{name}.",
}


def test_the_63_names_stay_distinct() -> None:
    assert len(SHORT_NAMES) == 63
    assert len({fold(name) for name in SHORT_NAMES.values()}) == 63


@pytest.mark.parametrize("office", SHORT_NAMES)
def test_every_way_of_writing_a_name_resolves_to_its_office(office: str) -> None:
    name = SHORT_NAMES[office].removeprefix("TP. ")
    for label, spell in SPELLINGS.items():
        for prefix in PREFIXES:
            written = prefix + spell(name)
            assert DEPARTMENTS.resolve(written) == office, (label, written)
            if label in (
                "NFD",
                "capitals",
                "no capitals",
                "no diacritics",
                "no-break spaces",
                "outer spaces",
            ):
                assert DEPARTMENTS.resolve(spell(prefix + name)) == office, (label, spell(prefix + name))


@given(st.text())
def test_folding_a_key_again_changes_nothing(name: str) -> None:
    key = fold(name)
    assert fold(key) == key
    assert key == "" or (key.isascii() and key.isalnum() and key == key.lower())


def test_a_name_that_lost_a_letter_is_not_taken_for_another_office() -> None:
    """Without its u, Hậu Giang is Hà Giang but for a tone: the one slip that folding cannot tell."""
    mistaken = set()
    for office, name in SHORT_NAMES.items():
        for place in range(len(name)):
            written = name[:place] + name[place + 1 :]
            if DEPARTMENTS.resolve(written) not in (office, None):
                mistaken.add(written)
    assert mistaken == {"Hậ Giang"}


@given(st.text(), st.sampled_from(sorted(SHORT_NAMES)))
def test_words_after_a_name_are_not_guessed_away(extra: str, office: str) -> None:
    written = f"{SHORT_NAMES[office]} {extra}"
    expected = office if fold(written) == fold(SHORT_NAMES[office]) else None
    assert DEPARTMENTS.resolve(written) == expected


@pytest.mark.parametrize(
    "written", ["Quảng Nin", "Hậu Gian", "Bình Thuậ", "Quảng", "Hà", "", "…", "tỉnh", "UBND"]
)
def test_a_similar_name_does_not_resolve(written: str) -> None:
    assert DEPARTMENTS.resolve(written) is None


def test_a_similar_name_is_a_suggestion_for_a_person() -> None:
    suggestions = DEPARTMENTS.suggest("Quảng Nin")
    assert len(suggestions) == 3
    assert suggestions[0][0] == "so_tttt_quang_ninh"
    assert suggestions[0][1] > suggestions[1][1] >= suggestions[2][1] > 0
    assert len(DEPARTMENTS.suggest("Quảng Nin", limit=1)) == 1


def test_an_empty_name_suggests_nothing() -> None:
    assert DEPARTMENTS.suggest("  ") == []


def test_offices_that_share_a_name_are_told_apart_only_by_the_word_for_their_kind() -> None:
    index = NameIndex(
        [
            ("committee", ["Ủy ban nhân dân tỉnh An Giang", "An Giang"]),
            ("department", ["Sở Thông tin và Truyền thông tỉnh An Giang", "An Giang"]),
        ]
    )
    assert index.resolve("An Giang") is None
    assert index.resolve("tỉnh An Giang") is None
    assert index.resolve("UBND An Giang") == "committee"
    assert index.resolve("Sở TTTT An Giang") == "department"
    assert [office for office, _ in index.suggest("An Gian")] == ["committee", "department"]


def test_the_names_typed_in_the_ministrys_own_table_resolve() -> None:
    """The table of 18/01/2013, with its "Đông Nai" and "TP. Hồ Chí Minh", names every department once."""
    table = Path(__file__).parents[2] / "data" / "tracking_2011_2012.csv"
    with table.open(encoding="utf-8") as handle:
        written = [row["so_tttt"] for row in csv.DictReader(handle)]
    assert "Đông Nai" in written
    assert {DEPARTMENTS.resolve(name) for name in written} == set(SHORT_NAMES)
