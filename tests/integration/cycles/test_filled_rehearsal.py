"""Periods rehearsed to their end with data forms filled in: late, never, nil, some faulty at first."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import pytest
from docx import Document
from sqlalchemy import Engine, text

from rehearsal.contributions import timing
from rehearsal.figures import answer_data_forms
from reporting import archive
from reporting.cycles import conducting
from reporting.documents import lifecycle
from reporting.regimes.models import load_regime
from reporting.settings import settings


@pytest.fixture(autouse=True)
def archive_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORTING_ARCHIVE", str(tmp_path / "archive"))
    settings.cache_clear()


def rehearse(engine: Engine, regime: str, period: str) -> str:
    return conducting.rehearse(
        engine,
        load_regime(regime),
        period,
        1,
        answers="filled",
        answer_forms=answer_data_forms,
        is_delivered=False,
    ).cycle_id


def states(engine: Engine, cycle_id: str, kind: str = "data_form") -> Counter[str]:
    with engine.connect() as connection:
        return Counter(
            connection.scalars(
                text("SELECT state FROM cycle.obligation_status WHERE kind = :k AND cycle_id = :c"),
                {"c": cycle_id, "k": kind},
            )
        )


def report(engine: Engine, cycle_id: str) -> list[str]:
    """The paragraphs of the published summary report."""
    with engine.connect() as connection:
        document = lifecycle.find(connection, cycle_id, "summary_report")
        assert document is not None
        assert document.number is not None
        files = lifecycle.files(connection, document.document_id, document.version)
    (data,) = [archive.read(sha256) for role, _, sha256 in files if role == "report"]
    return [p.text for p in Document(io.BytesIO(data)).paragraphs]


def test_the_progress_of_two_half_years(registered: Engine) -> None:
    first = rehearse(registered, "tien_do_nq_47", "2024_1")
    found = states(registered, first)
    assert found["completed"] > 50
    assert found["nil"] > 0
    assert 0 < found["closed_missing"] < 10
    with registered.connect() as connection:
        never = {
            row.organization_id
            for row in connection.execute(
                text("SELECT organization_id FROM cycle.recipient WHERE cycle_id = :c AND role = 'owes'"),
                {"c": first},
            )
            if timing("tien_do_nq_47", row.organization_id) == "never"
        }
        late = connection.scalar(
            text(
                "SELECT count(*) FROM cycle.obligation_status WHERE cycle_id = :c AND kind = 'data_form'"
                " AND first_received_at >= due_at"
            ),
            {"c": first},
        )
        outcomes = Counter(connection.scalars(text("SELECT outcome FROM intake.submission")))
        rules = set(connection.scalars(text("SELECT rule FROM intake.finding")))
        strays = connection.scalar(text("SELECT count(*) FROM intake.arrival WHERE outcome <> 'submission'"))
    assert len(never) == found["closed_missing"]
    assert late > 2
    assert set(outcomes) == {"accepted", "to_complete"}
    assert 5 < outcomes["to_complete"] < 25
    assert rules == {"number_is_readable"}
    assert strays == 0
    words = " ".join(report(registered, first))
    assert "6 tháng đầu năm 2024 tại các tỉnh, thành phố" in words

    second = rehearse(registered, "tien_do_nq_47", "2024_2")
    assert states(registered, second)["completed"] == found["completed"]
    with registered.connect() as connection:
        marked = [
            connection.scalar(
                text("SELECT count(*) FROM mart.tracking WHERE cycle_id = :c AND is_marked"), {"c": cycle}
            )
            for cycle in (first, second)
        ]
        dropped = connection.scalar(text("SELECT count(*) FROM intake.finding WHERE rule = 'mark_is_kept'"))
    assert marked[0] < marked[1]
    assert dropped == 0
    assert "6 tháng cuối năm 2024 tại các tỉnh, thành phố" in " ".join(report(registered, second))


def test_the_proposals_for_conclusion_57(registered: Engine) -> None:
    cycle_id = rehearse(registered, "cthd_kl_57", "2023")
    found = states(registered, cycle_id)
    assert found["completed"] > 65
    assert found["nil"] > 0
    assert found["optional"] > 0, "the workbook is a courtesy: who does not give it owes nothing"
    assert states(registered, cycle_id, "document")["closed_missing"] == 2 * found["optional"]
    with registered.connect() as connection:
        scales = Counter(
            connection.scalars(text("SELECT content ->> 'quy_mo' FROM core.list_row WHERE list = 'nhiem_vu'"))
        )
        rules = set(connection.scalars(text("SELECT rule FROM intake.finding")))
        sections = set(connection.scalars(text("SELECT DISTINCT section FROM core.narrative")))
    assert min(scales.values()) > 5
    assert set(scales) == {"Quốc gia", "Liên ngành, liên tỉnh", "Địa phương"}
    assert rules == {"choice_is_offered"}
    assert sections == {"results", "difficulties", "causes", "proposals"}
    assert any("Kết luận số 57-KL/TW" in paragraph for paragraph in report(registered, cycle_id))
