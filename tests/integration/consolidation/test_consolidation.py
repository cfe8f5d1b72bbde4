"""From accepted facts to the analysts' tables, and their comparison with the ministry's letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from reporting.consolidation import stated as stated_module
from reporting.consolidation.reconcile import Discrepancy, reconcile
from reporting.consolidation.refresh import refresh
from reporting.consolidation.stated import StatedFigures, load_stated
from reporting.cycles import work
from reporting.documents.lifecycle import Figure, add_version
from tests.factories import SampleCycle, add_mark, submit
from tests.integration.letters.filled import fill
from tests.integration.rehearsed import Rehearsed, draft, vn
from tests.unit.summary.sample import rows

TABLES = ("tracking", "indicator_total", "indicator_distinct", "recipient_status", "discrepancy")
LETTER = "ttdn_dia_phuong__2011_2012"


def snapshot(cycle: Rehearsed) -> list[list[tuple[object, ...]]]:
    return [
        cycle.rows(f"SELECT t::text FROM mart.{table} t WHERE cycle_id = :c ORDER BY 1") for table in TABLES
    ]


def consolidate(
    cycle: Rehearsed, totals: Mapping[tuple[str, int], int | None], claims: Mapping[str, int]
) -> list[Discrepancy]:
    with cycle.engine.begin() as connection:
        refresh(connection, cycle.cycle_id)
        return reconcile(connection, cycle.cycle_id, StatedFigures("Công văn 212", totals, claims))


@pytest.fixture
def marked(small: Rehearsed) -> Rehearsed:
    """Three offices: quy_che in 2011 and 2012, quy_che in 2012 only, and one that is silent."""
    with small.engine.begin() as connection:
        both = submit(connection, small.sample, small.offices[0], data=b"1")
        later = submit(connection, small.sample, small.offices[1], data=b"2")
        add_mark(connection, both, "quy_che", 2011, number="15/QĐ-UBND")
        add_mark(connection, both, "quy_che", 2012)
        add_mark(connection, later, "quy_che", 2011, is_marked=False)
        add_mark(connection, later, "quy_che", 2012)
    return small


def test_the_63_answers_give_the_sums_of_the_letters_table_and_its_discrepancies(registered: Engine) -> None:
    cycle_id = fill(registered, silent=["Đồng Nai"])
    cycle = Rehearsed(registered, SampleCycle(cycle_id, f"rehearsal:{cycle_id}", ()))
    answered = [row for row in rows() if row["so_tttt"] != "Đồng Nai"]
    computed = {
        (indicator, year): n
        for indicator, year, n in cycle.rows("SELECT indicator, year, office_count FROM mart.indicator_total")
    }
    assert len(computed) == 12
    assert computed == {
        (indicator, year): sum(bool(row[f"{indicator}_{year}"].strip()) for row in answered)
        for indicator, year in computed
    }
    distinct = dict(cycle.rows("SELECT indicator, office_count FROM mart.indicator_distinct"))
    assert distinct == {
        code: sum(any(row[f"{code}_{year}"].strip() for year in (2011, 2012)) for row in answered)
        for code in distinct
    }
    stated = load_stated(LETTER)
    assert stated is not None
    found = cycle.rows("SELECT measure, indicator, year, stated, computed FROM mart.discrepancy")
    expected = [
        ("total", code, year, n, computed[code, year])
        for (code, year), n in stated.totals.items()
        if n is not None and n != computed[code, year]
    ] + [("distinct", code, 0, n, distinct[code]) for code, n in stated.claims.items() if n != distinct[code]]
    assert expected
    assert sorted(found) == sorted(expected)
    assert cycle.rows(
        "SELECT count(*), count(is_marked), count(submission_id) FROM mart.tracking"
        " WHERE short_name = 'Đồng Nai'"
    ) == [(12, 0, 0)]
    assert cycle.value("SELECT count(*) FROM mart.tracking") == 63 * 12


def test_totals_count_each_year_and_distinct_offices_once(marked: Rehearsed) -> None:
    consolidate(marked, {}, {})
    assert marked.rows(
        "SELECT year, office_count FROM mart.indicator_total WHERE indicator = 'quy_che' ORDER BY 1"
    ) == [(2011, 1), (2012, 2)]
    assert marked.value("SELECT office_count FROM mart.indicator_distinct WHERE indicator = 'quy_che'") == 2
    assert marked.value("SELECT office_count FROM mart.indicator_distinct WHERE indicator = 'de_an'") == 0


def test_each_mark_keeps_its_evidence_and_its_cell_and_the_silent_office_has_empty_marks(
    marked: Rehearsed,
) -> None:
    consolidate(marked, {}, {})
    assert marked.rows(
        "SELECT position, is_marked, document_number, cell FROM mart.tracking"
        " WHERE indicator = 'quy_che' AND year = 2011 ORDER BY 1"
    ) == [(1, True, "15/QĐ-UBND", "C12"), (2, False, None, "C12"), (3, None, None, None)]


def test_refreshing_twice_gives_the_same_tables(marked: Rehearsed) -> None:
    figures = ({("quy_che", 2011): 3}, {"quy_che": 8})
    first = consolidate(marked, *figures)
    before = snapshot(marked)
    assert consolidate(marked, *figures) == first
    assert snapshot(marked) == before
    assert all(before)


def test_what_has_no_fixed_day_is_never_late(marked: Rehearsed) -> None:
    marked.run("UPDATE cycle.obligation SET due_at = NULL")
    consolidate(marked, {}, {})
    assert marked.rows("SELECT timeliness, days_late FROM mart.recipient_status ORDER BY position") == [
        ("on_time", None),
        ("on_time", None),
        ("not_due", None),
    ]


def test_only_the_latest_accepted_version_counts(marked: Rehearsed) -> None:
    with marked.engine.begin() as connection:
        newer = submit(connection, marked.sample, marked.offices[0], data=b"corrected")
        add_mark(connection, newer, "quy_che", 2011, is_marked=False)
        refused = submit(connection, marked.sample, marked.offices[0], data=b"slip", outcome="to_complete")
        assert refused > newer
    consolidate(marked, {}, {})
    assert marked.rows(
        "SELECT is_marked, submission_id FROM mart.tracking"
        " WHERE position = 1 AND indicator = 'quy_che' AND year = 2011"
    ) == [(False, newer)]


def test_a_figure_that_differs_names_the_offices_we_counted(marked: Rehearsed) -> None:
    names = tuple(office.short_name for office in marked.offices)
    found = consolidate(marked, {("quy_che", 2011): 3, ("quy_che", 2012): 2}, {"quy_che": 1, "de_an": 0})
    assert found == [
        Discrepancy("total", "quy_che", 2011, 3, 1, "Công văn 212", names[:1]),
        Discrepancy("distinct", "quy_che", 0, 1, 2, "Công văn 212", names[:2]),
    ]
    assert marked.rows("SELECT measure, offices FROM mart.discrepancy ORDER BY measure DESC") == [
        ("total", [names[0]]),
        ("distinct", list(names[:2])),
    ]


def test_a_figure_left_blank_in_the_letter_claims_nothing(marked: Rehearsed) -> None:
    assert consolidate(marked, {("quy_che", 2011): None}, {}) == []
    assert marked.value("SELECT count(*) FROM mart.discrepancy") == 0


def test_discrepancies_of_an_earlier_consolidation_are_forgotten(marked: Rehearsed) -> None:
    consolidate(marked, {("quy_che", 2011): 3}, {})
    with marked.engine.begin() as connection:
        assert reconcile(connection, marked.cycle_id, None) == []
    assert marked.value("SELECT count(*) FROM mart.discrepancy") == 0


@pytest.mark.parametrize(
    ("totals", "claims"), [({("quy_che", 2010): 3}, {}), ({("khong_co", 2011): 3}, {}), ({}, {"khong_co": 3})]
)
def test_figures_of_another_period_are_refused(
    marked: Rehearsed, totals: dict[tuple[str, int], int | None], claims: dict[str, int]
) -> None:
    with pytest.raises(ValueError, match=r"Công văn 212: states .* does not ask for"):
        consolidate(marked, totals, claims)
    assert marked.value("SELECT count(*) FROM mart.tracking") == 0  # nothing half done


def test_consolidating_a_cycle_notes_how_many_figures_differ(marked: Rehearsed) -> None:
    marked.run("UPDATE cycle.cycle SET stated_figures = :n", n=LETTER)
    found = work.consolidate(marked.engine, marked.cycle_id)
    assert found == marked.value("SELECT count(*) FROM mart.discrepancy") > 10
    assert marked.rows("SELECT detail ->> 'discrepancies' FROM audit.event WHERE kind = 'consolidated'") == [
        (str(found),)
    ]


def test_consolidating_again_with_nothing_new_is_not_noted_again(marked: Rehearsed) -> None:
    """A process that died after the consolidation and before the draft does it once more."""

    def noted() -> int:
        count: int = marked.value("SELECT count(*) FROM audit.event WHERE kind = 'consolidated'")
        return count

    work.consolidate(marked.engine, marked.cycle_id)
    work.consolidate(marked.engine, marked.cycle_id)
    assert noted() == 1
    with marked.engine.begin() as connection:
        submit(connection, marked.sample, marked.offices[1], received_at=vn(2012, 12, 3, 9))
    work.consolidate(marked.engine, marked.cycle_id)
    assert noted() == 2


def test_a_cycle_compared_with_nothing_has_no_discrepancies(marked: Rehearsed) -> None:
    assert work.consolidate(marked.engine, marked.cycle_id) == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("source: x\ntotals: {quy_che: {2011: -1}}\nclaims: {}", "quy_che"),
        ("source: x\ntotals: {}\nclaim: {}", "claim"),
        ("source: [x", "flow sequence"),
    ],
)
def test_a_malformed_file_of_stated_figures_is_named_with_what_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, words: str
) -> None:
    (tmp_path / "sai.yaml").write_text(content, encoding="utf-8")
    monkeypatch.setattr(stated_module, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=rf"(?s)sai\.yaml: .*{words}.*Write source, totals"):
        load_stated("sai")
    with pytest.raises(FileNotFoundError, match=r"khong_co\.yaml"):
        load_stated("khong_co")
    assert load_stated(None) is None


def test_what_an_earlier_report_states_of_years_over_is_held_against_today(
    marked: Rehearsed,
) -> None:
    marked.run(
        "INSERT INTO cycle.cycle SELECT (jsonb_populate_record(c, jsonb_build_object("
        " 'cycle_id', 'earlier', 'period', 'earlier', 'period_to', date '2012-06-30'))).*"
        " FROM cycle.cycle c WHERE c.cycle_id = :c"
    )
    earlier = Rehearsed(marked.engine, SampleCycle("earlier", marked.sample.clock_id, ()))
    figures = (
        Figure("total:quy_che:2011", 3, "contents"),
        Figure("total:ke_hoach:2011", 0, "contents"),
        Figure("total:quy_che:2012", 9, "contents"),
        Figure("distinct:quy_che", 9, "contents"),
        Figure("total:khac:2011", 9, "contents"),
    )
    with marked.engine.begin() as connection:
        report = replace(draft(), figures=figures)
        version = add_version(connection, "earlier", "summary_report", report)
    earlier.run(
        "INSERT INTO cycle.document_registration (document_id, version, number, registered_on, signer,"
        " signed_file_name, signed_file_sha256, entered_by, entered_at)"
        " SELECT document_id, :v, '12/BC-BTTTT', '2012-07-05', 'A', 'a.pdf', f.sha256, 'van_thu', now()"
        " FROM cycle.document d JOIN cycle.document_file f USING (document_id) WHERE d.cycle_id = :c",
        v=version,
    )
    (found,) = consolidate(marked, {}, {})
    assert found == Discrepancy(
        "total",
        "quy_che",
        2011,
        3,
        1,
        "Báo cáo số 12/BC-BTTTT ngày 05/7/2012",
        (marked.offices[0].short_name,),
    )
    stored = marked.rows("SELECT measure, stated, computed, source FROM mart.discrepancy")
    assert stored == [("total", 3, 1, found.source)]
