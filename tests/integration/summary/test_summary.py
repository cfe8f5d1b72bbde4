"""The summary report of a cycle whose answers lie in the warehouse."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine, text

from reporting.consolidation.reconcile import reconcile
from reporting.consolidation.refresh import refresh
from reporting.consolidation.stated import load_stated
from reporting.cycles.opening import open_cycle
from reporting.database import engine as make_engine
from reporting.documents.approval import record_decision
from reporting.documents.lifecycle import add_version, find
from reporting.documents.registration import record_registration
from reporting.letters.request import render_request_letter
from reporting.regimes.models import load_regime
from reporting.settings import settings
from reporting.summary import snapshot
from reporting.summary.draft import render_summary_report
from reporting.wording.catalogue import text as wording
from tests.integration.letters.filled import fill


@pytest.fixture
def warehouse(warehouse_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    monkeypatch.setenv("AIRFLOW_CONN_REPORTING_WAREHOUSE", warehouse_url)
    monkeypatch.setenv("REPORTING_ARCHIVE", str(tmp_path / "archive"))
    settings.cache_clear()
    yield make_engine(warehouse_url)
    settings.cache_clear()


def test_the_figures_of_2011_2012_come_out_of_the_warehouse(warehouse: Engine) -> None:
    cycle_id = fill(warehouse)
    with warehouse.begin() as connection:
        data = snapshot.take(connection, cycle_id)
        draft = render_summary_report(connection, cycle_id)
        again = render_summary_report(connection, cycle_id)
    totals = [data.totals[i.code, year] for i in data.form.indicators for year in data.form.years]
    assert totals == [
        2, 7, 32, 14, 10, 20, 59, 50, 0, 28, 10, 0,
    ]  # fmt: skip
    assert data.distinct == {
        "quy_che": 9, "ke_hoach": 37, "tap_huan": 30, "bao_cao_tong_ket": 61, "de_an": 28,
        "phoi_hop_bdbp": 10,
    }  # fmt: skip
    assert data.words == "department"
    assert len(data.offices) == 63
    assert all(o.has_figures and o.timeliness == "on_time" for o in data.offices)
    assert [(d.measure, d.indicator, d.year, d.stated, d.computed) for d in data.discrepancies] == [
        ("total", "quy_che", 2012, 6, 7),
        ("distinct", "quy_che", 0, 8, 9),
    ]
    assert draft == again
    files = {f.role: f.data for f in draft.files}
    table = list(csv.reader(io.StringIO(files["tracking"].decode("utf-8"))))
    assert table[1][:2] == ["1", "An Giang"]
    assert table[63][:2] == ["63", "Phú Yên"]
    assert "Căn cứ số liệu" not in openpyxl.load_workbook(io.BytesIO(files["appendix"])).sheetnames
    kept = openpyxl.load_workbook(io.BytesIO(files["reconciliation"]))[
        wording("reconciliation.sheets.sources")
    ]
    evidence = next(row for row in kept.iter_rows(values_only=True) if row[4] == "X")
    assert evidence[1:6] == ("An Giang", "Kế hoạch", 2011, "X", "15/KH-UBND")
    assert evidence[10:12] == ("bieu-0.xlsx", "Biểu 1, ô C13")
    assert "63 địa phương (An Giang" not in draft.body_markdown, "nobody signed or confirmed what they wrote"
    (not_cited,) = [line for line in draft.body_markdown.splitlines() if "Chưa dùng trong Báo cáo" in line]
    assert "(63)" in not_cited
    assert {f.code: f.value for f in draft.figures}["total:quy_che:2012"] == 7


def test_a_silent_office_is_missing_everywhere_and_the_hash_tells(warehouse: Engine) -> None:
    cycle_id = fill(warehouse, silent=["Tây Ninh"])
    with warehouse.begin() as connection:
        before = render_summary_report(connection, cycle_id)
        data = snapshot.take(connection, cycle_id)
        assert data.distinct["quy_che"] == 8
        assert [d.measure for d in data.discrepancies if d.indicator == "quy_che"] == ["total", "total"]
        assert "**Chưa có số liệu (1):** Tây Ninh." in before.body_markdown
        connection.execute(
            text("UPDATE core.fact SET state = 'yes' WHERE indicator = 'de_an' AND year = 2011")
        )
        refresh(connection, cycle_id)
        reconcile(connection, cycle_id, load_stated("ttdn_dia_phuong__2011_2012"))
        after = render_summary_report(connection, cycle_id)
    assert after.data_hash != before.data_hash
    assert "| Đề án | 62 |" in after.body_markdown


def test_the_report_cites_the_request_once_it_is_registered(warehouse: Engine) -> None:
    cycle_id = fill(warehouse)
    with warehouse.begin() as connection:
        before = render_summary_report(connection, cycle_id).body_markdown
        assert "Bộ Thông tin và Truyền thông đã đề nghị 63 Sở Thông tin và Truyền thông báo cáo" in before
        version = add_version(
            connection, cycle_id, "request_letter", render_request_letter(connection, cycle_id)
        )
        document = find(connection, cycle_id, "request_letter")
        assert document is not None
        assert record_decision(
            connection, cycle_id, "request_letter", version, document.content_hash, "approved", "chuyên viên"
        )
        record_registration(
            connection,
            cycle_id,
            "request_letter",
            number="4102/BTTTT-TTĐN",
            registered_on=date(2012, 12, 3),
            signer="Đỗ Quý Doãn",
            signed_file_name="4102.pdf",
            signed_file=b"%PDF-1.4",
            entered_by="văn thư",
        )
        after = render_summary_report(connection, cycle_id).body_markdown
    assert "đã có Công văn số 4102/BTTTT-TTĐN ngày 03/12/2012 đề nghị 63 Sở" in after


def test_an_unknown_cycle_is_named(warehouse: Engine) -> None:
    with warehouse.begin() as connection, pytest.raises(LookupError, match="khong_co"):
        snapshot.take(connection, "khong_co")


_ANSWER_AGAIN = (
    "INSERT INTO intake.submission (cycle_id, recipient_id, version, file_sha256, filename, sender, channel,"
    " received_at, outcome, checked_at, blank_means_no)"
    " SELECT n.cycle_id, n.recipient_id, 1, s.file_sha256, s.filename, s.sender, s.channel, s.received_at,"
    " s.outcome, s.checked_at, s.blank_means_no FROM intake.submission s JOIN cycle.recipient o"
    " USING (recipient_id) JOIN cycle.recipient n ON n.organization_id = o.organization_id"
    " WHERE s.cycle_id = :first AND n.cycle_id = :second",
    "INSERT INTO core.fact (submission_id, cycle_id, recipient_id, indicator, year, state, document_number,"
    " sheet, cell) SELECT t.submission_id, t.cycle_id, t.recipient_id, f.indicator, f.year,"
    " CASE f.indicator WHEN 'de_an' THEN 'yes' ELSE f.state END, '15/KH-UBND', f.sheet, f.cell"
    " FROM core.fact f JOIN cycle.recipient o USING (recipient_id) JOIN cycle.recipient n"
    " ON n.organization_id = o.organization_id JOIN intake.submission t ON t.recipient_id = n.recipient_id"
    " WHERE f.cycle_id = :first AND n.cycle_id = :second",
)


def test_the_report_of_a_second_period_says_what_changed_since_the_first(warehouse: Engine) -> None:
    """The figures of the period before are read from the marts."""
    first = fill(warehouse)
    second = open_cycle(warehouse, load_regime("ttdn_dia_phuong"), "2011_2012", "rehearsal", number=2)
    both = {"first": first, "second": second}
    with warehouse.begin() as connection:
        connection.execute(
            text(
                "UPDATE cycle.cycle SET period_from = '2009-01-01', period_to = '2010-12-31'"
                " WHERE cycle_id = :c"
            ),
            {"c": first},
        )
        for statement in _ANSWER_AGAIN:
            connection.execute(text(statement), both)
        for cycle_id in (first, second):
            refresh(connection, cycle_id, whole=True)
        data = snapshot.take(connection, second)
        draft = render_summary_report(connection, second)
    assert data.previous is not None
    assert (data.previous.office_count, data.previous.answered_count) == (63, 63)
    before = {(f.indicator, f.year): f.office_count for f in data.previous.figures}
    assert (before["quy_che", 2012], before["quy_che", None], before["de_an", None]) == (7, 9, 28)
    figures = {f.code: f.value for f in draft.figures}
    assert figures["previous:answered"] == 63
    assert figures["distinct:de_an"] == 63
    assert {v for code, v in figures.items() if code.startswith("previous:") and "de_an" in code} == {28}
