"""Tasks as Airflow runs them when something stands in their way: the rest goes on, and somebody is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from reporting_airflow import operators, runs, steps
from reporting_airflow.names import cycle_dag_id
from reporting_airflow.operators import StepOperator
from sqlalchemy import Engine

from reporting.cycles import work
from reporting.mail.delivery import start_mail, stop_mail
from tests.integration.rehearsed import ISSUE_AT, REGIME, Rehearsed, open_small_cycle


@pytest.fixture
def registered_cycle(registered: Engine, monkeypatch: pytest.MonkeyPatch) -> Rehearsed:
    """A cycle whose request letter is registered and falls due to be sent."""
    monkeypatch.setattr(operators, "SECONDS_BEFORE_DEFERRING", 0.0)
    monkeypatch.setattr("reporting_airflow.warehouse.resolve_connections", lambda: None)
    cycle = open_small_cycle(registered)
    cycle.register()
    cycle.go_to(ISSUE_AT)
    return cycle


class _Task:
    """The running task instance, as far as an operator asks it."""

    max_tries = 5

    def __init__(self, cycle_id: str, try_number: int) -> None:
        self.cycle_id, self.try_number = cycle_id, try_number

    def xcom_pull(self, task_ids: str) -> str:
        return self.cycle_id


def test_halted_mail_is_tried_again_and_at_last_left_without_failing_the_cycle(
    registered_cycle: Rehearsed,
) -> None:
    task = StepOperator(task_id="issue", step="issue", work="reporting.cycles.work:issue")
    stop_mail(registered_cycle.engine, "lanh_dao", "kiểm tra lại công văn")
    before_last: Any = {"ti": _Task(registered_cycle.cycle_id, 5)}
    with pytest.raises(work.UndeliveredError):
        task.execute(before_last)
    last: Any = {"ti": _Task(registered_cycle.cycle_id, 6)}
    assert "3 messages" in task.execute(last)
    assert registered_cycle.step("issue") == (ISSUE_AT, ISSUE_AT)
    start_mail(registered_cycle.engine, "lanh_dao")
    assert "sent=3" in steps.deliver_mail()[registered_cycle.cycle_id]


def test_what_hinders_one_cycles_mail_holds_up_no_other_and_is_told(
    registered_cycle: Rehearsed, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_mail(registered_cycle.engine, "lanh_dao", "kiểm tra lại công văn")
    with pytest.raises(work.UndeliveredError):
        work.issue(registered_cycle.engine, registered_cycle.cycle_id)
    start_mail(registered_cycle.engine, "lanh_dao")

    def fail(engine: Engine, cycle_id: str) -> None:
        raise LookupError("this cycle is broken")

    monkeypatch.setattr(work, "catch_up", fail)
    with pytest.raises(RuntimeError, match=f"{registered_cycle.cycle_id}: LookupError: this cycle is broken"):
        steps.deliver_mail()
    assert registered_cycle.states() == ["requested"] * 3


def test_mail_left_when_its_cycle_was_finished_is_still_sent(registered_cycle: Rehearsed) -> None:
    stop_mail(registered_cycle.engine, "lanh_dao", "kiểm tra lại công văn")
    with pytest.raises(work.UndeliveredError):
        work.issue(registered_cycle.engine, registered_cycle.cycle_id)
    start_mail(registered_cycle.engine, "lanh_dao")
    registered_cycle.run("UPDATE cycle.milestone SET done_at = due_at WHERE done_at IS NULL")
    registered_cycle.run(  # an answer; to ask would be of no use any more
        "UPDATE cycle.message SET step = 'receipt' WHERE recipient_id = :r",
        r=registered_cycle.offices[0].recipient_id,
    )
    steps.deliver_mail()
    found = registered_cycle.rows("SELECT step, state, count(*) FROM cycle.message GROUP BY 1, 2 ORDER BY 1")
    assert found == [("receipt", "sent", 1), ("request", "withdrawn", 2)]


class _Airflow:
    """Runs as Airflow knows them, by id."""

    def __init__(self, states: dict[str, str]) -> None:
        self.states, self.started = states, list[str]()

    def count_runs(self, dag_id: str, run_ids: Sequence[str], states: Sequence[str]) -> int:
        assert dag_id == cycle_dag_id(REGIME)
        return sum(self.states.get(run_id) in states for run_id in run_ids)

    def start_run(self, dag_id: str, run_id: str, conf: dict[str, Any], note: str) -> bool:
        assert run_id not in self.states
        self.started.append(run_id)
        return True


def keep(airflow: _Airflow, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(runs, "count_runs", airflow.count_runs)
    monkeypatch.setattr(runs, "start_run", airflow.start_run)
    monkeypatch.setattr("reporting.cycles.keeping.open_missed", lambda engine: [])
    return steps.keep_cycles()


@pytest.mark.parametrize(
    ("states", "started"),
    [
        ({}, ""),
        ({"": "running"}, None),
        ({"": "failed"}, None),
        ({"": "success"}, "__lan_2"),
        ({"__lan_2": "success"}, ""),  # the first run was deleted
        ({"": "success", "__lan_2": "queued"}, None),
    ],
)
def test_a_cycle_without_a_run_gets_one_under_an_id_that_is_free(
    registered_cycle: Rehearsed,
    monkeypatch: pytest.MonkeyPatch,
    states: dict[str, str],
    started: str | None,
) -> None:
    cycle_id = registered_cycle.cycle_id
    airflow = _Airflow({f"{cycle_id}{end}": state for end, state in states.items()})
    assert keep(airflow, monkeypatch) == ([] if started is None else [f"{cycle_id}{started}"])


def test_lost_runs_are_replaced_although_a_period_cannot_be_opened(
    registered_cycle: Rehearsed, monkeypatch: pytest.MonkeyPatch
) -> None:
    airflow = _Airflow({})
    monkeypatch.setattr(runs, "count_runs", airflow.count_runs)
    monkeypatch.setattr(runs, "start_run", airflow.start_run)

    def fail(engine: Engine) -> None:
        raise ValueError("the list has no member")

    monkeypatch.setattr("reporting.cycles.keeping.open_missed", fail)
    with pytest.raises(RuntimeError, match="the list has no member"):
        steps.keep_cycles()
    assert airflow.started == [registered_cycle.cycle_id]
