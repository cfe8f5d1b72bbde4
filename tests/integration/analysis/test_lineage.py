"""Every figure of the sample leads to cells of archived files in which its value stands."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import text

from rehearsal.offices import Offices
from reporting import archive
from reporting.consolidation import lineage
from reporting.consolidation.refresh import refresh
from reporting.documents import lifecycle
from reporting.documents.lifecycle import Draft, DraftedFile, Figure
from reporting.forms.models import load_form, mark_key
from reporting.settings import settings
from reporting.summary.draft import render_summary_report
from tests.factories import add_mark, submit
from tests.integration.intake.conftest import AskedCycle
from tests.integration.intake.test_whole_scenario import play
from tests.integration.rehearsed import Rehearsed
from tests.unit.cli.shell import refused, run


class _Files:
    """Archived workbooks, each opened once."""

    def __init__(self) -> None:
        self._sheets: dict[str, Any] = {}

    def value(self, sha256: str, sheet: str, cell: str) -> object:
        """What stands in the cell of the file as it was sent."""
        if sha256 not in self._sheets:
            self._sheets[sha256] = openpyxl.load_workbook(io.BytesIO(archive.read(sha256)), data_only=True)
        return self._sheets[sha256][sheet][cell].value


def test_every_figure_of_the_sample_leads_to_cells_that_hold_it(asked: AskedCycle, tmp_path: Path) -> None:
    """63 offices by mail, six of them in a second version, one entered by the ministry."""
    play(asked, Offices(asked.mail_root, asked.scenario, asked.answers, settings().capture_address))
    form = load_form(asked.scenario.form_code, asked.scenario.form_version)
    files, opened = _Files(), 0
    with asked.engine.begin() as connection:
        refresh(connection, asked.cycle_id)
        draft = render_summary_report(connection, asked.cycle_id)
        lifecycle.add_version(connection, asked.cycle_id, "summary_report", draft)
        assert len(draft.figures) > 15
        figures = lineage.figures(connection, asked.cycle_id, with_regions=True)
        by_measure = defaultdict(list)
        for figure in figures:
            by_measure[figure.figure.split(":")[0]].append(figure)
            if figure.value is None:
                assert figure.figure.split(":")[0] == "wrote"  # counted, but not in cells
                continue
            assert not figure.has_moved, figure
            found = lineage.contributions(connection, asked.cycle_id, figure.figure)
            assert sum(one.counts for one in found) == figure.value, figure.figure
            for one in found:
                assert one.filename, figure.figure
                assert one.file_sha256, figure.figure
                assert one.sender, figure.figure
                assert one.archive_path == f"{one.file_sha256[:2]}/{one.file_sha256}"
                if one.cell is not None:
                    assert one.sheet is not None
                    stands = files.value(one.file_sha256, one.sheet, one.cell)
                    meaning = form.mark_meanings[mark_key(str(stands))] if stands is not None else "no"
                    assert meaning == one.state, (figure.figure, one.short_name)
                    assert meaning == ("no" if figure.figure.startswith("without:") else "yes")
                    opened += 1
    assert {name: len(by_measure[name]) for name in ("answered", "missing", "distinct", "office_count")} == {
        "answered": 1, "missing": 1, "distinct": 6, "office_count": 1,
    }  # fmt: skip
    assert len(by_measure["total"]) == 12 + 12 * 6
    assert opened > 400
    versions = asked.rows("SELECT DISTINCT short_name, file_version FROM mart.lineage WHERE file_version > 1")
    assert len(versions) == 6
    # what was answered with no stands in its cell too
    for sha256, sheet, cell, state in asked.rows(
        "SELECT file_sha256, sheet, cell, state FROM mart.lineage WHERE position <= 10"
    ):
        stands = files.value(str(sha256), str(sheet), str(cell))
        meaning = form.mark_meanings[mark_key(str(stands))] if stands is not None else "no"
        assert meaning == state


@pytest.fixture
def drafted(small: Rehearsed) -> Rehearsed:
    """Three offices: one has quy_che in both years, one in a part sent before, one is silent; a draft."""
    with small.engine.begin() as connection:
        both = submit(connection, small.sample, small.offices[0], data=b"1")
        first = submit(connection, small.sample, small.offices[1], data=b"2")
        later = submit(connection, small.sample, small.offices[1], data=b"3")
        add_mark(connection, both, "quy_che", 2011, number="15/QĐ-UBND")
        add_mark(connection, both, "quy_che", 2012)
        add_mark(connection, later, "quy_che", 2011, is_marked=False)
        for submission in (both, later):
            for year in (2011, 2012):
                add_mark(connection, submission, "de_an", year, is_marked=False)
        add_mark(connection, later, "quy_che", 2012)
        connection.execute(
            text("UPDATE core.fact SET carried_from = :first WHERE submission_id = :later AND year = 2012"),
            {"first": first, "later": later},
        )
        refresh(connection, small.cycle_id)
        lifecycle.add_version(
            connection,
            small.cycle_id,
            "summary_report",
            Draft(
                "Báo cáo",
                "…",
                "h",
                (DraftedFile("report", "bc.docx", b"x", "text/plain"),),
                figures=(
                    Figure("answered", Decimal(2), "opening"),
                    Figure("total:quy_che:2012", Decimal(1), "results"),
                ),
            ),
        )
    return small


def test_a_cell_that_an_earlier_part_brought_leads_to_its_file(drafted: Rehearsed) -> None:
    with drafted.engine.connect() as connection:
        found = lineage.contributions(connection, drafted.cycle_id, "total:quy_che:2012")
    assert [(one.version, one.file_version, one.carried_from is None) for one in found] == [
        (1, 1, True),
        (2, 1, False),
    ]
    assert found[1].file_sha256 == archive.sha256_of(b"2")


def test_figures_of_the_draft_stand_beside_those_of_now(drafted: Rehearsed) -> None:
    with drafted.engine.connect() as connection:
        figures = {one.figure: one for one in lineage.figures(connection, drafted.cycle_id)}
    assert (figures["answered"].value, figures["answered"].drafted_value) == (2, 2)
    assert not figures["answered"].has_moved
    assert (figures["total:quy_che:2012"].value, figures["total:quy_che:2012"].drafted_value) == (2, 1)
    assert figures["total:quy_che:2012"].has_moved
    assert figures["total:quy_che:2012"].section == "results"
    assert figures["total:quy_che:2011"].drafted_value is None


def test_the_command_lists_figures_and_says_which_moved(drafted: Rehearsed) -> None:
    listed = run("trace", drafted.cycle_id)
    assert listed.exit_code == 0
    assert "total:quy_che:2012" in listed.stdout
    assert "total:quy_che:2012: dự thảo 1 nêu số khác" in listed.stderr
    assert "answered:" not in listed.stderr


def test_the_command_names_file_sheet_and_cell_and_writes_the_file(
    drafted: Rehearsed, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    shown = run("trace", drafted.cycle_id, "distinct:quy_che", "--open-file", folder)
    assert shown.exit_code == 0
    assert "distinct:quy_che = 2 (từ 3 dòng)" in shown.stdout
    assert sorted(path.read_bytes() for path in folder.iterdir()) == [b"1", b"2"]
    office = drafted.offices[0]
    of_one = json.loads(
        run("trace", drafted.cycle_id, "distinct:quy_che", "--office", office.short_name, "--json").stdout
    )
    assert [(one["short_name"], one["year"], one["counts"]) for one in of_one] == [
        (office.short_name, 2011, "1"),
        (office.short_name, 2012, "0"),
    ]
    assert all(one["sheet"] and one["cell"] for one in of_one)


def test_a_figure_behind_which_nothing_was_sent_says_so(drafted: Rehearsed) -> None:
    shown = run("trace", drafted.cycle_id, "missing").stdout
    assert drafted.offices[2].short_name in shown
    assert "(chưa có tệp nào được nhận)" in shown
    assert "missing = 1 (từ 1 dòng)" in shown


@pytest.mark.parametrize(
    "name", ["total:quy_che:2031", "total:khong_co:2011", "x", "total:quy_che:2012@Mặt Trăng"]
)
def test_what_is_no_figure_is_refused_with_where_they_are_listed(drafted: Rehearsed, name: str) -> None:
    assert "lists them" in refused("trace", drafted.cycle_id, name)


@pytest.mark.parametrize(
    ("name", "offices"),
    [
        ("office_count", [0, 1, 2]),
        ("every_year:quy_che", [0]),
        ("without:quy_che", []),
        ("without:de_an", [0, 1]),
        ("signed", []),
    ],
)
def test_other_figures_of_reports_lead_to_their_offices(
    drafted: Rehearsed, name: str, offices: list[int]
) -> None:
    found = drafted.rows(
        "SELECT organization_id FROM mart.trace(:c, :f) GROUP BY organization_id, position"
        " HAVING sum(counts) = 1 ORDER BY position",
        f=name,
    )
    assert [office for (office,) in found] == [drafted.offices[n].organization_id for n in offices]


def test_figures_of_the_cycle_before_are_traced_there(drafted: Rehearsed) -> None:
    """A first cycle has none before it: nothing contributes."""
    found = drafted.rows("SELECT * FROM mart.trace(:c, 'previous:total:quy_che:2012')")
    assert found == []


def test_a_file_with_a_long_name_is_written_under_one_that_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "read", lambda sha256: b"a workbook")
    name = "Báo cáo tình hình thực hiện công tác thông tin đối ngoại " * 5 + ".xlsx"
    none: dict[str, Any] = dict.fromkeys(lineage.Contribution.__dataclass_fields__)
    found = lineage.Contribution(
        **none | {"filename": name, "file_sha256": "a" * 64, "position": 1, "file_version": 2}
    )
    (path,) = lineage.write_files([found], tmp_path)
    assert path.read_bytes() == b"a workbook"
    assert path.name.startswith("01_v2_Báo cáo tình hình")
    assert path.suffix == ".xlsx"
    assert 240 < len(path.name.encode()) <= 255
