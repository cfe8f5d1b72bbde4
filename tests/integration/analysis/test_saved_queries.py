"""Saved queries: each answers, draws, and says what it needs."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from reporting.consolidation import saved_queries
from reporting.consolidation.saved_queries import Answer, QueryError
from reporting.wording.catalogue import catalogue
from tests.integration.letters.filled import fill
from tests.integration.rehearsed import Rehearsed, SampleCycle
from tests.unit.cli.shell import refused, run

EXPECTED = {
    "reporting_rate_by_region", "tracking_matrix", "totals_year_on_year", "who_is_missing",
    "indicator_by_region", "who_is_late", "change_of_indicator", "first_pass", "commonest_findings",
    "reminder_effect",
}  # fmt: skip


@pytest.fixture
def filled(registered: object) -> Rehearsed:
    """The cycle of 2011-2012, answered by all but Đồng Nai."""
    cycle_id = fill(registered, silent=["Đồng Nai"])  # type: ignore[arg-type]
    return Rehearsed(registered, SampleCycle(cycle_id, f"rehearsal:{cycle_id}", ()))  # type: ignore[arg-type]


def _given(cycle: Rehearsed, name: str) -> dict[str, str]:
    known = {parameter.name for parameter in saved_queries.find(name).parameters}
    offered = {"cycle_id": cycle.cycle_id, "indicator": "ke_hoach", "mode": "rehearsal"}
    return {key: value for key, value in offered.items() if key in known}


def _ask(cycle: Rehearsed, name: str, **given: str) -> Answer:
    with cycle.engine.connect() as connection:
        return saved_queries.ask(connection, name, _given(cycle, name) | given)


def test_all_queries_open_with_a_question_and_have_words() -> None:
    known = saved_queries.saved_queries()
    assert set(known) == EXPECTED
    for query in known.values():
        assert "?" in query.question
        assert f"analysis.query.{query.name}" in catalogue()
        named = set(re.findall(r"(?<!:):([a-z_]+)", query.statement))
        assert named == {parameter.name for parameter in query.parameters}, query.name


def test_every_query_answers_with_columns_that_have_headings(filled: Rehearsed) -> None:
    for name, query in saved_queries.saved_queries().items():
        answer = _ask(filled, name)
        for column in answer.columns:
            assert saved_queries.heading(column, name)
        if query.plot is not None:
            needed = {query.plot.category, query.plot.value, query.plot.series, query.plot.before} - {None}
            needed |= {naming for names in query.plot.names.values() for naming in names}
            assert needed <= set(answer.columns), name


def test_the_answers_are_those_of_the_sample(filled: Rehearsed) -> None:
    totals = _ask(filled, "totals_year_on_year")
    by_mark = dict(
        zip(
            zip(totals.column("indicator_label"), totals.column("year"), strict=True),
            totals.column("total"),
            strict=True,
        )
    )
    assert by_mark["Quy chế", 2012] == 7
    assert set(totals.column("previous_total")) == {None}  # there was no cycle before
    rates = _ask(filled, "reporting_rate_by_region")
    assert sum(rates.column("asked_count")) == 63
    assert sum(rates.column("received_count")) == 62
    assert len(_ask(filled, "tracking_matrix").rows) == 63 * 12
    assert (
        sum(_ask(filled, "indicator_by_region").column("total"))
        == by_mark["Kế hoạch", 2011] + by_mark["Kế hoạch", 2012]
    )
    assert _ask(filled, "change_of_indicator").column("change") == [
        None,
        by_mark["Kế hoạch", 2012] - by_mark["Kế hoạch", 2011],
    ]


def test_rehearsals_are_left_out_where_no_cycle_is_named(filled: Rehearsed) -> None:
    with filled.engine.connect() as connection:
        assert saved_queries.ask(connection, "reporting_rate_by_region", {}).rows == ()
        assert saved_queries.ask(connection, "change_of_indicator", {"indicator": "ke_hoach"}).rows == ()


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_pictures_are_the_same_for_the_same_answer(filled: Rehearsed, kind: str) -> None:
    for name in ("totals_year_on_year", "tracking_matrix", "change_of_indicator", "first_pass"):
        answer, given = _ask(filled, name), _given(filled, name)
        first = saved_queries.picture(name, answer, given, kind)  # type: ignore[arg-type]
        assert first == saved_queries.picture(name, answer, given, kind)  # type: ignore[arg-type]
        assert first.startswith(b"\x89PNG" if kind == "png" else b"<?xml")
        assert len(first) > 5000


def test_what_cannot_be_drawn_is_refused_with_the_reason(filled: Rehearsed) -> None:
    answer = _ask(filled, "who_is_missing")
    with pytest.raises(QueryError, match=r"who_is_missing has no picture; those with one: .*first_pass"):
        saved_queries.picture("who_is_missing", answer, {}, "png")
    with pytest.raises(QueryError, match="found nothing that could be drawn"):
        saved_queries.picture("first_pass", Answer(("cycle_id", "rate"), ()), {}, "png")
    many = Answer(("cycle_id", "rate"), tuple((str(n), 1) for n in range(200)))
    with pytest.raises(QueryError, match="too many for one picture"):
        saved_queries.picture("first_pass", many, {}, "png")


def test_the_command_lists_asks_draws_and_writes(filled: Rehearsed, tmp_path: Path) -> None:
    assert set(re.findall(r"^(\w+) ", run("query").stdout, re.M)) >= EXPECTED
    plot, out = tmp_path / "a" / "rate.png", tmp_path / "rate.csv"
    done = run("query", "reporting_rate_by_region", "--cycle", filled.cycle_id, "--plot", plot, "--out", out)
    assert done.exit_code == 0, done.stderr
    assert plot.read_bytes().startswith(b"\x89PNG")
    with out.open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 6
    found = json.loads(run("query", "who_is_missing", "--cycle", filled.cycle_id, "--json").stdout)
    assert isinstance(found, list)
    assert "needs indicator" in refused("query", "change_of_indicator")
    assert "knows no office" in refused("query", "first_pass", "--set", "office=x")
    assert "is no saved query; there are:" in refused("query", "nothing")
    assert run("query", "first_pass", "--plot", tmp_path / "x.gif").exit_code == 2


def test_offices_of_one_short_name_are_drawn_apart_and_nothing_is_drawn_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    columns = ("unit_id", "office_kind", "short_name", "late_or_missing_count")
    rows = (
        ("ubnd_an_giang", "province_committee", "An Giang", 3),
        ("so_an_giang", "province_department", "An Giang", 1),
        ("bo_cong_an", "ministry", "Bộ Công an", 1),
    )
    drawn: list[tuple[list[str], list[list[float]]]] = []
    real = saved_queries._bars
    monkeypatch.setattr(
        saved_queries, "_bars", lambda *given: (drawn.append((given[2], given[4])), real(*given))[1]
    )
    saved_queries.picture("who_is_late", Answer(columns, rows), {}, "svg")
    assert drawn == [(["UBND An Giang", "Sở An Giang", "Bộ Công an"], [[3, 1, 1]])]
    with pytest.raises(QueryError, match="unit_id 'bo_cong_an' has several values"):
        saved_queries.picture("who_is_late", Answer(columns, (*rows, rows[2])), {}, "svg")


def test_a_picture_of_totals_has_what_was_before(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = ("indicator_label", "year", "unit", "total", "previous_total")
    rows = (("Kế hoạch", 2024, None, 5, 3), ("Kinh phí", 2024, "triệu đồng", 9, None))
    drawn: list[tuple[object, ...]] = []
    real = saved_queries._bars
    monkeypatch.setattr(saved_queries, "_bars", lambda *given: (drawn.append(given[2:4]), real(*given))[1])
    saved_queries.picture("totals_year_on_year", Answer(columns, rows), {}, "svg")
    assert drawn == [(["Kế hoạch"], ["2024, Đợt trước", "2024"]), (["Kinh phí"], ["2024, Đợt trước", "2024"])]


def test_values_are_told_as_people_say_them() -> None:
    assert saved_queries.label("last_day", date(2024, 7, 10)) == "10/7/2024"
    late = datetime(2024, 7, 10, 17, tzinfo=UTC)
    assert saved_queries.label("first_received_at", late) == "0 giờ 00 phút, ngày 11/7/2024 (thứ Năm)"
    assert saved_queries.label("step", "reminder__t_plus_3") == "Sau hạn 3 ngày làm việc"
    assert saved_queries.label("group_code", "provincial_committees") == "UBND cấp tỉnh"
    assert saved_queries.heading("answered_count", "reminder_effect") == "Gửi sau khi nhắc"


def test_of_regimes_that_share_an_indicator_each_has_its_own_line(filled: Rehearsed) -> None:
    """A later cycle without answers says nothing; regimes are not compared with one another."""
    copied = (
        "INSERT INTO cycle.cycle SELECT (jsonb_populate_record(c, CAST(:changed AS jsonb))).*"
        " FROM cycle.cycle c WHERE cycle_id = :c"
    )
    filled.run(copied, changed=json.dumps({"cycle_id": "later", "period_to": "2013-12-31"}))
    filled.run(copied, changed=json.dumps({"cycle_id": "other", "regime": "khac"}))
    filled.run(
        "INSERT INTO mart.asked_value SELECT n, indicator, year, kind, place, label, short_label, unit,"
        " previous_year, rule FROM mart.asked_value, unnest(ARRAY['later', 'other']) n"
    )
    columns = "indicator, year, kind, asked_count"
    numbers = (
        "office_count, no_count, not_applicable_count, nil_count, value_count, value_sum,"
        " previous_office_count, previous_value_count, previous_value_sum, both_count, change_sum,"
        " gained_count, lost_count, row_count"
    )
    filled.run(
        f"INSERT INTO mart.indicator_total (cycle_id, {columns}, answered_count, {numbers})"
        f" SELECT n, {columns}, CASE n WHEN 'other' THEN answered_count ELSE 0 END, {numbers}"
        " FROM mart.indicator_total, unnest(ARRAY['later', 'other']) n"
    )
    answer = _ask(filled, "change_of_indicator")
    assert sorted(set(answer.column("cycle_id"))) == sorted({filled.cycle_id, "other"})
    assert answer.column("change").count(None) == 2, "each regime's first year has no year before it"
    with filled.engine.begin() as connection:
        connection.execute(text("UPDATE mart.asked_value SET rule = 'list'"))
        connection.execute(text("UPDATE mart.indicator_total SET kind = 'quantity'"))
        connection.execute(text("UPDATE mart.indicator_by_region SET kind = 'quantity'"))
        connection.execute(
            text("UPDATE mart.indicator_value SET value = CASE WHEN position <= 3 THEN position * 10 END")
        )
    assert set(_ask(filled, "change_of_indicator", regime="ttdn_dia_phuong").column("total")) == {20}
    by_region = _ask(filled, "indicator_by_region")
    assert set(by_region.column("rate")) == {None}
    assert max(total for total in by_region.column("total") if total is not None) <= 30
