"""The catalogue of sentences: what it demands of its files and of those who use it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from reporting.settings import INCLUDE
from reporting.wording import catalogue
from reporting.wording.catalogue import WordingError, read, text

STATES = {
    "states.obligation": ("cycle.obligation_status", "state"),
    "states.submission": ("intake.submission", "outcome"),
    "states.arrival": ("intake.arrival", "outcome"),
    "states.timeliness": ("mart.recipient_status", "timeliness"),
    "states.message": ("cycle.message", "state"),
    "reconciliation.offices.states": ("cycle.obligation_status", "state"),
    "reconciliation.offices.timeliness": ("mart.recipient_status", "timeliness"),
    "reconciliation.submissions.channels": ("intake.submission", "channel"),
    "reconciliation.submissions.outcomes": ("intake.submission", "outcome"),
    "reconciliation.submissions.kinds": ("intake.submission", "kind"),
}
"""Wherever a state is worded by its code: a code without words would keep a whole file from being made."""


@pytest.fixture
def wording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    catalogue.of_today.cache_clear()
    yield tmp_path
    catalogue.of_today.cache_clear()


def test_placeholders_are_filled_and_other_values_ignored() -> None:
    assert text("states.timeliness.late", days=3, office="An Giang") == "Gửi chậm 3 ngày"


def test_a_value_that_is_missing_is_named() -> None:
    with pytest.raises(WordingError, match=r"the sentence 'states\.timeliness\.late' needs values for: days"):
        text("states.timeliness.late")


def test_an_unknown_key_is_named_with_the_file_it_belongs_to() -> None:
    with pytest.raises(
        WordingError, match=r"no sentence 'states\.obligation\.lost'; add it to .*/wording/states\.yaml"
    ):
        text("states.obligation.lost")


def test_keys_may_be_nested_or_in_one_piece_with_or_without_the_files_name(wording: Path) -> None:
    (wording / "greetings.yaml").write_text(
        'greetings.formal: "Kính gửi: {office}"\n'
        "greetings:\n  closing: Trân trọng./.\n"
        "thanks:\n  brief: Trân trọng cảm ơn./.\n",
        "utf-8",
    )
    office = unicodedata.normalize("NFD", "Sở TT&TT Đồng Nai")
    assert text("greetings.formal", office=office) == "Kính gửi: Sở TT&TT Đồng Nai"
    assert text("greetings.closing") == "Trân trọng./."
    assert text("greetings.thanks.brief") == "Trân trọng cảm ơn./."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: một\na: hai", "the key 'a' stands here a second time"),
        ("a.b: một\na:\n  b: hai", "the key 'wrong.a.b' stands there twice, nested and in one piece"),
        ("a: {b: 5}", "'a.b': 5 is not text; put it in quotes"),
        ("a: {no: không}", "under 'a': the key False is not text; put it in quotes"),
        ("- a", "expected a mapping of keys to sentences"),
        ("a: [", "not readable as YAML"),
        ('a: "{office"', "a literal brace is written twice"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(content, "utf-8")
    with pytest.raises(WordingError, match=re.escape(message)) as caught:
        read(file)
    assert "wrong.yaml" in str(caught.value)


def test_every_file_of_the_catalogue_is_readable_and_composed() -> None:
    files = sorted((INCLUDE / "wording").glob("*.yaml"))
    assert files
    for file in files:
        assert read(file)
        assert unicodedata.is_normalized("NFC", file.read_text("utf-8")), file


def _codes(table: str, column: str) -> set[str]:
    """The codes that the schema gives a column, from its CHECK or its comment."""
    schema = "\n".join(file.read_text("utf-8") for file in sorted((INCLUDE / "sql" / "schema").glob("*.sql")))
    comment = re.search(
        rf"COMMENT ON COLUMN {re.escape(table)}\.{column} IS '([a-z_]+(?:, [a-z_]+)+)'", schema
    )
    if comment:
        return set(comment.group(1).split(", "))
    definition = schema.split(f"CREATE TABLE {table} (")[1].split("\n);")[0]
    check = re.search(rf"\b{column} text.*?IN \(([^)]*)\)", definition)
    assert check, (table, column)
    return set(re.findall(r"'([a-z_]+)'", check.group(1)))


@pytest.mark.parametrize(("group", "place"), STATES.items())
def test_every_state_of_the_warehouse_has_its_name(group: str, place: tuple[str, str]) -> None:
    codes = _codes(*place)
    assert len(codes) >= 3
    for code in codes:
        assert text(f"{group}.{code}", days=1, date="5/1/2013")


def test_the_words_that_officials_are_spared() -> None:
    """Nothing of an office's is rejected, and no office is accused or shouted at."""
    for file in sorted((INCLUDE / "wording").glob("*.yaml")):
        for key, template in read(file).items():
            for word in ("từ chối", "bị trả lại", "vi phạm", "!"):
                # a mailroom may refuse what was sent to the wrong place: the name of that state
                assert word not in template.lower().replace("từ chối tiếp nhận", ""), (key, word)
