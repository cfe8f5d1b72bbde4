"""Who opens a period of a schedule: its scheduled run, or the keeper when that was missed; never both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from reporting_airflow import runs, steps
from reporting_airflow.timetables import scheduled_run_id
from sqlalchemy import Engine, text

from reporting import clock
from reporting.clock import VIETNAM
from reporting.cycles import keeping
from reporting.cycles.keeping import note_run, open_missed
from reporting.regimes.models import load_regime
from reporting.settings import settings

REGIME, PERIOD = "ttdn_dinh_ky_quy", "2026_q1"
CYCLE = f"{REGIME}__{PERIOD}"
SCHEDULED = scheduled_run_id(REGIME, PERIOD)
OPENS_AT = datetime(2026, 2, 13, 8, 0, tzinfo=VIETNAM)
FORM = {"period": "", "mode": "rehearsal", "rehearsal_number": 1}


class Airflow:
    """Airflow's runs as the tasks see them, and the machine's clock."""

    def __init__(self) -> None:
        self.living: set[str] = set()
        self.failed: set[str] = set()
        self.moment = OPENS_AT
        self.started: list[str] = []

    def count_runs(self, dag_id: str, run_ids: Sequence[str], states: Sequence[str]) -> int:
        known = (self.living if "running" in states else set()) | (
            self.failed if "failed" in states else set()
        )
        return len(known & set(run_ids))

    def start_run(self, dag_id: str, run_id: str, conf: dict[str, Any], note: str) -> bool:
        self.started.append(run_id)
        self.living.add(run_id)
        return True

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def airflow(registered: Engine, monkeypatch: pytest.MonkeyPatch) -> Airflow:
    found = Airflow()
    monkeypatch.setenv("REPORTING_SCHEDULED_REGIMES", REGIME)
    settings.cache_clear()
    monkeypatch.setattr(clock, "wall_now", found.now)
    monkeypatch.setattr(runs, "count_runs", found.count_runs)
    monkeypatch.setattr(runs, "start_run", found.start_run)
    return found


def cycles(engine: Engine) -> list[tuple[str, str, bool]]:
    """(id, mode, opened late) of every cycle."""
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT cycle_id, mode, opened_late_because IS NOT NULL FROM cycle.cycle ORDER BY cycle_id")
        )
        return [(r[0], r[1], r[2]) for r in rows]


def test_the_scheduled_run_opens_its_period_whatever_the_form_would_say(
    registered: Engine, airflow: Airflow
) -> None:
    airflow.living = {SCHEDULED}
    assert steps.open_cycle(REGIME, FORM, SCHEDULED) == CYCLE
    assert cycles(registered) == [(CYCLE, "live", False)]
    assert steps.open_cycle(REGIME, FORM, SCHEDULED) == CYCLE, "a task that is tried again goes on with it"
    assert cycles(registered) == [(CYCLE, "live", False)]


def test_the_keeper_leaves_an_opening_to_its_run_for_an_hour(registered: Engine, airflow: Airflow) -> None:
    for early in (OPENS_AT - timedelta(hours=7), OPENS_AT, OPENS_AT + timedelta(minutes=59)):
        airflow.moment = early
        assert open_missed(registered) == []
    airflow.moment = OPENS_AT + timedelta(hours=1)
    assert open_missed(registered) == [CYCLE]
    assert open_missed(registered) == []


def test_after_days_down_the_period_is_opened_late_once_and_says_so(
    registered: Engine, airflow: Airflow
) -> None:
    airflow.moment = OPENS_AT + timedelta(days=12)
    assert steps.keep_cycles() == [CYCLE]
    assert cycles(registered) == [(CYCLE, "live", True)]
    assert steps.keep_cycles() == []
    # the run that Airflow's scheduler had noted before it went down starts now, and finds it carried
    airflow.living.add(SCHEDULED)
    assert steps.open_cycle(REGIME, FORM, SCHEDULED) == "", "so that nothing comes after it"
    assert cycles(registered) == [(CYCLE, "live", True)]


def test_the_keeper_starts_no_run_beside_the_scheduled_one(registered: Engine, airflow: Airflow) -> None:
    airflow.living = {SCHEDULED}
    steps.open_cycle(REGIME, FORM, SCHEDULED)
    assert steps.keep_cycles() == []
    airflow.living = set()  # it was deleted
    assert steps.keep_cycles() == [CYCLE]


def test_a_scheduled_run_that_never_carried_the_cycle_keeps_no_other_from_it(
    registered: Engine, airflow: Airflow
) -> None:
    airflow.moment = OPENS_AT + timedelta(days=1)
    airflow.failed = {SCHEDULED}
    assert steps.keep_cycles() == [CYCLE]
    airflow.living = set()  # it was deleted
    assert steps.keep_cycles() == [CYCLE]


def test_a_scheduled_run_that_failed_with_the_cycle_is_left_to_the_operator(
    registered: Engine, airflow: Airflow
) -> None:
    airflow.living = {SCHEDULED}
    steps.open_cycle(REGIME, FORM, SCHEDULED)
    airflow.living, airflow.failed = set(), {SCHEDULED}
    assert steps.keep_cycles() == []


def test_a_run_of_a_person_may_carry_it_too(registered: Engine, airflow: Airflow) -> None:
    airflow.living = {"manual__x"}
    steps.open_cycle(REGIME, {"period": PERIOD, "mode": "live", "rehearsal_number": 1}, "manual__x")
    note_run(registered, CYCLE, "manual__x")
    assert steps.open_cycle(REGIME, FORM, SCHEDULED) == ""


def test_a_scheduled_run_after_the_end_of_its_period_tells_the_operator(
    registered: Engine, airflow: Airflow
) -> None:
    airflow.moment = OPENS_AT + timedelta(days=200)
    with pytest.raises(AirflowFailException, match="Period 2026_q1 was over"):
        steps.open_cycle(REGIME, FORM, SCHEDULED)
    assert cycles(registered) == []


def test_a_period_whose_deadline_is_over_is_left_to_the_operator_who_is_told_once(
    registered: Engine, airflow: Airflow
) -> None:
    period = load_regime(REGIME).period(PERIOD)
    airflow.moment = datetime.combine(period.close_on, time(10), tzinfo=VIETNAM)
    assert period.deadline.day is not None
    assert period.deadline.day < period.close_on
    for _ in range(2):
        assert open_missed(registered) == []
        assert steps.open_cycle(REGIME, FORM, SCHEDULED) == ""
    assert cycles(registered) == []
    with registered.connect() as connection:
        told = connection.execute(text("SELECT alert_key FROM audit.alert")).scalars().all()
    assert told == [f"too_late:{CYCLE}"]


def test_one_regime_that_cannot_be_opened_holds_up_no_other(
    registered: Engine, airflow: Airflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = load_regime(REGIME)
    unlisted = good.addressees[0].model_copy(update={"group": "nobody"})
    bad = good.model_copy(update={"code": "a_bad_one", "addressees": (unlisted,)})
    monkeypatch.setattr(keeping, "all_regimes", lambda: [bad, good])
    monkeypatch.setenv("REPORTING_SCHEDULED_REGIMES", f"{REGIME},a_bad_one")
    settings.cache_clear()
    airflow.moment = OPENS_AT + timedelta(days=1)
    with pytest.raises(RuntimeError, match=f"a_bad_one, period {PERIOD}: LookupError: .*'nobody'"):
        open_missed(registered)
    assert cycles(registered) == [(CYCLE, "live", True)]
