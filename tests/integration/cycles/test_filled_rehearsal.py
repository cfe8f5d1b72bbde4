"""A period rehearsed to its end with data forms filled in: some are faulty first, and mended."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from rehearsal.figures import answer_data_forms
from reporting.cycles import conducting
from reporting.regimes.models import load_regime
from reporting.settings import settings

REGIME, PERIOD = "tien_do_nq_47", "2024_1"


@pytest.fixture(autouse=True)
def archive_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORTING_ARCHIVE", str(tmp_path / "archive"))
    settings.cache_clear()


def test_every_office_answers_and_faults_are_mended(registered: Engine) -> None:
    found = conducting.rehearse(
        registered,
        load_regime(REGIME),
        PERIOD,
        1,
        answers="filled",
        answer_forms=answer_data_forms,
        is_delivered=False,
    )
    with registered.connect() as connection:
        outcomes = dict(
            connection.execute(
                text("SELECT outcome, count(*) FROM intake.submission GROUP BY outcome ORDER BY 1")
            ).all()  # type: ignore[arg-type]
        )
        states = dict(
            connection.execute(
                text(
                    "SELECT state, count(*) FROM cycle.obligation_status WHERE kind = 'data_form'"
                    " AND cycle_id = :c GROUP BY state"
                ),
                {"c": found.cycle_id},
            ).all()  # type: ignore[arg-type]
        )
        rules = connection.execute(text("SELECT DISTINCT rule FROM intake.finding")).scalars().all()
        open_arrivals = connection.scalar(
            text("SELECT count(*) FROM intake.arrival WHERE outcome <> 'submission'")
        )
    assert states == {"completed": 63}
    assert set(outcomes) == {"accepted", "to_complete"}
    assert (outcomes["accepted"], open_arrivals) == (63, 0)
    assert 5 < outcomes["to_complete"] < 25
    assert rules == ["number_is_readable"]
    assert "receipt" in {mail.step for mail in found.mails}
