"""Reading a table of answers: any table of the same columns, and clear words for a bad one."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from rehearsal.answers import AnswersError, read_answers, samples
from rehearsal.scenario import load_scenario
from reporting.forms.models import load_form

TABLE = Path(__file__).parents[2] / "data" / "tracking_2011_2012.csv"
FORM = load_form("theo_doi_ttdn", "2012.1")
INDEX = load_scenario("tracking_2011_2012").index


def _rows() -> list[list[str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _write(folder: Path, rows: list[list[str]]) -> Path:
    path = folder / "answers.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def test_the_sample_holds_the_marks_of_63_offices_each_with_evidence_of_its_year() -> None:
    answers = read_answers(TABLE, FORM, INDEX)
    assert len(answers) == 63
    counted = {
        (indicator.code, year): sum((indicator.code, year) in a.marks for a in answers.values())
        for indicator in FORM.indicators
        for year in FORM.years
    }
    with TABLE.open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert counted == {
        (code, year): sum(row[f"{code}_{year}"] != "" for row in table) for code, year in counted
    }
    for answer in answers.values():
        for (_, year), evidence in answer.marks.items():
            assert evidence.document_on.year == year
            assert evidence.document_on.weekday() < 5
            assert "/" in evidence.document_number
        assert set(answer.narratives) == {section.code for section in FORM.sections}
        assert all(answer.narratives.values())


def test_reading_twice_gives_the_same_and_marks_are_written_in_several_ways() -> None:
    answers = read_answers(TABLE, FORM, INDEX)
    assert answers == read_answers(TABLE, FORM, INDEX)
    assert {answer.mark for answer in answers.values()} == set(samples().marks)


def test_several_offices_share_a_difficulty() -> None:
    answers = read_answers(TABLE, FORM, INDEX)
    lines = [line for answer in answers.values() for line in answer.narratives["difficulties"].split("\n")]
    assert len(lines) > 2 * len(set(lines))


def test_a_slip_of_diacritics_is_understood_and_a_shorter_table_is_allowed(tmp_path: Path) -> None:
    rows = _rows()
    answers = read_answers(_write(tmp_path, [rows[0], rows[19]]), FORM, INDEX)
    assert rows[19][1] == "Đông Nai"
    assert list(answers) == ["so_tttt_dong_nai"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r[3].__setitem__(1, "Đồng Nia"), r"line 4, column so_tttt.*'Đồng Nia'.*so_tttt_dong_nai"),
        (lambda r: r[3].__setitem__(1, r[2][1]), r"line 4, column so_tttt.*line 3"),
        (lambda r: r[3].__setitem__(4, "đang làm"), r"line 4, column ke_hoach_2011: 'đang làm' is no mark"),
        (lambda r: r[0].__setitem__(4, "ke_hoach_2010"), r"line 1, column ke_hoach_2010.*ke_hoach_2011"),
        (lambda r: [row.pop(4) for row in r], r"line 1: missing columns ke_hoach_2011"),
        (lambda r: r[5].append("X"), r"line 6: 15 cells where the header has 14"),
        (lambda r: r[0].__setitem__(1, "ten"), r"no column 'so_tttt'"),
        (lambda r: r.clear(), r"empty"),
    ],
)
def test_a_bad_table_is_refused_with_place_and_remedy(tmp_path: Path, change: object, words: str) -> None:
    rows = _rows()
    assert callable(change)
    change(rows)
    with pytest.raises(AnswersError, match=words) as refusal:
        read_answers(_write(tmp_path, rows), FORM, INDEX)
    assert "answers.csv" in str(refusal.value)


def test_a_missing_file_and_another_encoding_are_named(tmp_path: Path) -> None:
    with pytest.raises(AnswersError, match="no such file"):
        read_answers(tmp_path / "none.csv", FORM, INDEX)
    path = tmp_path / "old.csv"
    path.write_bytes("so_tttt\nĐồng".encode("utf-16"))
    with pytest.raises(AnswersError, match="UTF-8"):
        read_answers(path, FORM, INDEX)
