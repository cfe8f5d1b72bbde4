"""No figure depends on the sample: any table of the same columns, and an office that stays silent."""

from __future__ import annotations

import csv
import random
from dataclasses import replace
from pathlib import Path

import pytest

from rehearsal.answers import read_answers
from rehearsal.offices import Offices
from rehearsal.results import summary
from rehearsal.scenario import load_scenario
from reporting.cycles import work
from reporting.documents import lifecycle
from reporting.forms.models import load_form
from reporting.settings import settings
from tests.integration.intake.conftest import TABLE, AskedCycle
from tests.integration.intake.test_whole_scenario import play
from tests.integration.rehearsed import vn


def another_table(path: Path, seed: int) -> list[list[str]]:
    """A table of the sample's columns and offices with arbitrary marks; returns its rows without the
    header.
    """
    chance = random.Random(seed)
    with TABLE.open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    filled = [[*row[:2], *(chance.choice(["X", "x", "", ""]) for _ in row[2:])] for row in rows]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *filled])
    return filled


@pytest.mark.parametrize("silent", [None, "Cần Thơ"])
def test_the_figures_are_those_of_the_table_given(
    asked: AskedCycle, tmp_path: Path, silent: str | None
) -> None:
    rows = another_table(tmp_path / "other.csv", seed=2026)
    scenario = load_scenario("tracking_2011_2012", [silent] if silent else [])
    form = load_form(scenario.form_code, scenario.form_version)
    answers = read_answers(tmp_path / "other.csv", form, scenario.index)
    case = replace(asked, scenario=scenario, answers=answers)
    play(case, Offices(case.mail_root, scenario, answers, settings().capture_address))
    case.set_clock(vn(2013, 1, 15, 17))
    work.close(case.engine, case.cycle_id)
    work.consolidate(case.engine, case.cycle_id)

    with case.engine.connect() as connection:
        figures = summary(connection, case.cycle_id)
    counted = [row for row in rows if row[1] != silent]
    codes = [indicator.code for indicator in form.indicators]
    marked = [[bool(cell.strip()) for cell in row[2:]] for row in counted]
    assert figures["totals"] == {
        code: {str(year): sum(marks[2 * i + j] for marks in marked) for j, year in enumerate(form.years)}
        for i, code in enumerate(codes)
    }
    assert figures["distinct"] == {
        code: sum(marks[2 * i] or marks[2 * i + 1] for marks in marked) for i, code in enumerate(codes)
    }
    assert figures["submissions"]["accepted"] == len(counted)
    assert figures["submissions"]["missing"] == (1 if silent else 0)
    assert figures["discrepancies"] == [], "nothing is stated about another table"

    case.set_clock(vn(2013, 1, 18, 8))
    work.draft_document(case.engine, case.cycle_id, "summary_report")
    with case.engine.connect() as connection:
        report = lifecycle.find(connection, case.cycle_id, "summary_report")
    assert report is not None
    assert f"{len(counted)}/63" in report.body_markdown
    if silent:
        assert silent in report.body_markdown
