"""Tables and answers given out as CSV and Parquet."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Connection, text

from reporting.clock import VIETNAM
from reporting.consolidation import export
from reporting.consolidation.export import ExportError, UnknownTable
from reporting.consolidation.refresh import refresh
from tests.factories import add_mark, submit
from tests.integration.rehearsed import Rehearsed, vn
from tests.unit.cli.shell import refused, run


@pytest.fixture
def cycle(small: Rehearsed) -> Rehearsed:
    """Three offices; the first marked quy_che, by a document whose number begins like a formula."""
    with small.engine.begin() as connection:
        submission = submit(
            connection, small.sample, small.offices[0], data=b"1", received_at=vn(2012, 12, 18, 9)
        )
        add_mark(connection, submission, "quy_che", 2011, number="=HYPERLINK(A1)", on=date(2011, 3, 4))
        connection.execute(
            text(
                "INSERT INTO core.fact (submission_id, cycle_id, recipient_id, indicator, year, kind, state,"
                " value, unit, sheet, cell) SELECT submission_id, cycle_id, recipient_id, 'kinh_phi', 2011,"
                " 'quantity', 'value', -1234.56, 'triệu đồng', 'Biểu 2', 'C9' FROM core.fact"
            )
        )
        refresh(connection, small.cycle_id)
    return small


def _connected(cycle: Rehearsed, do: Callable[[Connection], int]) -> int:
    with cycle.engine.connect() as connection:
        return do(connection)


def test_parquet_has_the_types_of_the_table_and_its_values(cycle: Rehearsed, tmp_path: Path) -> None:
    path = tmp_path / "obligation.parquet"
    count = _connected(cycle, lambda c: export.export_table(c, "mart.obligation", path, "parquet"))
    table = pq.read_table(path)
    assert table.num_rows == count == cycle.value("SELECT count(*) FROM mart.obligation")
    assert table.schema.field("due_at").type == pa.timestamp("us", tz="Asia/Ho_Chi_Minh")
    assert table.schema.field("is_asked").type == pa.bool_()
    assert table.schema.field("recipient_id").type == pa.int64()
    assert table.schema.field("days_late").type == pa.int32()
    due = cycle.rows("SELECT recipient_id, deliverable, due_at FROM mart.obligation")
    assert {(r["recipient_id"], r["deliverable"], r["due_at"]) for r in table.to_pylist()} == set(due)


def test_parquet_keeps_decimals_days_lists_and_json(cycle: Rehearsed, tmp_path: Path) -> None:
    path = tmp_path / "answer.parquet"
    statement = (
        "SELECT value, document_on, ARRAY['a', NULL] AS names, jsonb_build_object('ă', 1) AS content,"
        " CAST(1 AS smallint) AS small, document_number FROM core.fact ORDER BY kind"
    )
    count = _connected(cycle, lambda c: export.export_statement(c, statement, {}, path, "parquet"))
    table = pq.read_table(path)
    assert count == 2
    assert [str(table.schema.field(n).type) for n in range(6)] == [
        "decimal128(38, 10)", "date32[day]", "list<element: string>", "string", "int16", "string",
    ]  # fmt: skip
    mark, quantity = table.to_pylist()
    assert mark == {
        "value": None, "document_on": date(2011, 3, 4), "names": ["a", None], "content": '{"ă": 1}',
        "small": 1, "document_number": "=HYPERLINK(A1)",
    }  # fmt: skip
    assert quantity["value"] == Decimal("-1234.56")


def test_csv_is_safe_to_open_and_numbers_stay_numbers(cycle: Rehearsed, tmp_path: Path) -> None:
    path = tmp_path / "fact.csv"
    _connected(cycle, lambda c: export.export_table(c, "core.fact", path, "csv", cycle_id=cycle.cycle_id))
    rows = {row["kind"]: row for row in csv.DictReader(path.open(encoding="utf-8", newline=""))}
    assert rows["mark"]["document_number"] == "'=HYPERLINK(A1)"
    assert rows["mark"]["document_on"] == "2011-03-04"
    assert rows["mark"]["is_marked"] == "true"
    assert rows["mark"]["value"] == ""
    assert rows["quantity"]["value"] == "-1234.56"
    assert rows["quantity"]["unit"] == "triệu đồng"
    assert not path.read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("opening", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_text_is_left_that_a_spreadsheet_takes_for_a_formula(opening: str) -> None:
    assert export.cell(f"{opening}1+1") == f"'{opening}1+1"


def test_other_cells_stay_as_they_are() -> None:
    assert export.cell("a=b") == "a=b"
    assert export.cell(-5) == "-5"
    assert export.cell(Decimal("-0.50")) == "-0.50"
    assert export.cell(Decimal("1E+3")) == "1000"
    assert export.cell(datetime(2012, 12, 18, 2, tzinfo=VIETNAM)) == "2012-12-18T02:00:00+07:00"


def test_rows_of_many_portions_come_whole_and_in_order(
    cycle: Rehearsed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "BATCH", 7)
    statement = "SELECT n, 'x' || n AS word FROM generate_series(1, 50) n ORDER BY n"
    for file_format in ("csv", "parquet"):
        path = tmp_path / f"n.{file_format}"
        assert (
            _connected(
                cycle, lambda c, p=path, f=file_format: export.export_statement(c, statement, {}, p, f)
            )
            == 50
        )
    with (tmp_path / "n.csv").open(encoding="utf-8") as file:
        assert [int(row["n"]) for row in csv.DictReader(file)] == list(range(1, 51))
    parquet = pq.ParquetFile(tmp_path / "n.parquet")
    assert parquet.read().column("n").to_pylist() == list(range(1, 51))
    assert parquet.num_row_groups > 1


def test_a_number_that_does_not_fit_leaves_no_file(cycle: Rehearsed, tmp_path: Path) -> None:
    path = tmp_path / "n.parquet"
    with pytest.raises(ExportError, match="write CSV"):
        _connected(
            cycle, lambda c: export.export_statement(c, "SELECT 10::numeric ^ 30 AS n", {}, path, "parquet")
        )
    assert list(tmp_path.glob("*n.parquet*")) == []


def test_unknown_tables_and_those_of_persons_are_refused_with_those_there_are(
    cycle: Rehearsed, tmp_path: Path
) -> None:
    for table in (
        "nothing",
        "cycle.message",
        "intake.arrival",
        "registry.contact_change",
        "pg_catalog.pg_authid",
    ):
        with pytest.raises(UnknownTable, match=r"there are: .*mart\.indicator_value"):
            _connected(cycle, lambda c, t=table: export.export_table(c, t, tmp_path / "x.csv", "csv"))
    with pytest.raises(ExportError, match="does not tell cycles apart"):
        _connected(
            cycle, lambda c: export.export_table(c, "unit_today", tmp_path / "x.csv", "csv", cycle_id="x")
        )
    path = tmp_path / "contact.csv"
    _connected(cycle, lambda c: export.export_table(c, "registry.contact", path, "csv"))
    assert ".example" not in path.read_text(encoding="utf-8")


def test_the_command_writes_tables_and_saved_queries(cycle: Rehearsed, tmp_path: Path) -> None:
    path = tmp_path / "tracking.csv"
    done = run("export", "tracking", "--cycle", cycle.cycle_id, "--out", path, "--bom")
    assert done.exit_code == 0, done.stderr
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig") as file:
        assert len(list(csv.DictReader(file))) == 36
    assert "is there already" in refused("export", "tracking", "--out", path)
    saved = tmp_path / "totals.parquet"
    done = run(
        "export", "totals_year_on_year", "--cycle", cycle.cycle_id, "--format", "parquet", "--out", saved
    )
    assert done.exit_code == 0, done.stderr
    assert pq.read_table(saved).num_rows == 12
    told = refused("export", "nothing", "--out", tmp_path / "x.csv")
    assert "mart.indicator_value_today" in told
    assert "totals_year_on_year" in told
