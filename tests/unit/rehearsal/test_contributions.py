"""What simulated offices say of themselves: the same every time, checked without a fault."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from rehearsal.contributions import Contributor, contribution, contributions, days_late, timing
from reporting.forms.models import load_form

FORMS = [("de_xuat_kl_57", "2023.1"), ("tien_do_nq_47", "2024.1")]
OFFICES = [
    Contributor(f"office_{n}", f"Ủy ban nhân dân tỉnh {n}", f"Tỉnh {n}", n % 4 > 0) for n in range(200)
]


@pytest.mark.parametrize(("code", "version"), FORMS)
def test_what_is_said_fits_the_form(code: str, version: str) -> None:
    form, found = load_form(code, version), contributions(code)
    assert found is not None
    assert set(found.narratives) == {section.code for section in form.sections}
    for table in form.lists:
        columns = {column.code: column for column in table.columns}
        for row in found.rows[table.code]:
            assert set(row.cells) <= set(columns)
            assert {c.code for c in table.columns if c.required} <= set(row.cells)
            for column, value in row.cells.items():
                assert not columns[column].choices or value in columns[column].choices


@pytest.mark.parametrize(("code", "version"), FORMS)
def test_offices_differ_in_when_and_what_and_are_the_same_each_time(code: str, version: str) -> None:
    form = load_form(code, version)
    when = Counter(timing(code, office.organization_id) for office in OFFICES)
    assert min(when["late"], when["never"]) > 3
    assert when["in_time"] > 140
    assert {days_late(office.organization_id) for office in OFFICES} == set(range(1, 10))
    answers = [contribution(form, date(2024, 6, 30), office) for office in OFFICES]
    assert answers == [contribution(form, date(2024, 6, 30), office) for office in OFFICES]
    assert sum(answer.is_nil for answer in answers) > 1
    assert len({str(answer.narratives) for answer in answers}) > 100
    assert not any("{" in words for answer in answers for words in answer.narratives.values())


def test_what_was_set_stays_set_with_its_document_and_more_comes() -> None:
    form = load_form("tien_do_nq_47", "2024.1")
    sums = [0, 0]
    for office in OFFICES:
        then, now = (contribution(form, day, office).marks for day in (date(2024, 6, 30), date(2024, 12, 31)))
        assert then.items() <= now.items()
        sums[0], sums[1] = sums[0] + len(then), sums[1] + len(now)
    assert sums[0] < sums[1]


def test_other_forms_are_made_up_as_ever() -> None:
    assert contributions("theo_doi_ttdn") is None
    assert timing("theo_doi_ttdn", "ubnd_an_giang") == timing(None, "ubnd_an_giang") == "in_time"
    with pytest.raises(LookupError, match=r"contributions\.yaml says nothing"):
        contribution(load_form("theo_doi_ttdn", "2012.1"), date(2012, 12, 31), OFFICES[0])
