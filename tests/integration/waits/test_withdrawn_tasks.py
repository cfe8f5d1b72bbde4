"""The tasks of a cycle that was withdrawn: none waits, none sends, so that its run ends."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferred
from reporting_airflow import change_tasks, operators, runs, steps
from reporting_airflow.change_tasks import AskConsentOperator
from reporting_airflow.operators import AwaitDocumentOperator, StepOperator
from sqlalchemy import Engine

from reporting.cycles import changes
from tests.integration.rehearsed import Rehearsed, open_small_cycle


@pytest.fixture
def withdrawn(registered: Engine, monkeypatch: pytest.MonkeyPatch) -> Rehearsed:
    monkeypatch.setattr(operators, "SECONDS_BEFORE_DEFERRING", 0.0)
    monkeypatch.setattr("reporting_airflow.warehouse.resolve_connections", lambda: None)
    cycle = open_small_cycle(registered, is_urging=True)
    cycle.issue()
    changes.withdraw(registered, cycle.cycle_id, by="chuyen_vien", reason="có Chỉ thị mới")
    return cycle


def context(cycle: Rehearsed) -> Any:
    return {"ti": SimpleNamespace(xcom_pull=lambda task_ids: cycle.cycle_id, try_number=1, max_tries=1)}


@pytest.mark.parametrize(
    ("step", "work", "passes_step"),
    [
        ("reminder__t_minus_7", "remind", True),
        ("reminder__t_plus_1", "remind", True),
        ("deadline", "pass_deadline", False),
        ("close", "close", False),
    ],
)
def test_a_step_is_over_without_a_mail(withdrawn: Rehearsed, step: str, work: str, passes_step: bool) -> None:
    task = StepOperator(
        task_id=step, step=step, work=f"reporting.cycles.work:{work}", passes_step=passes_step
    )
    task.execute(context(withdrawn))
    assert withdrawn.mails(step) == []


def test_its_letters_and_its_report_are_skipped(withdrawn: Rehearsed) -> None:
    urging = StepOperator(
        task_id="draft",
        step="urging_letter",
        work="reporting.cycles.work:draft_document",
        passes_step=True,
        ends_step=False,
    )
    with pytest.raises(AirflowSkipException):
        urging.execute(context(withdrawn))
    for kind in ("summary_report", "follow_up_letter"):
        with pytest.raises(AirflowSkipException):
            steps.draft(kind, withdrawn.cycle_id)
        with pytest.raises(AirflowSkipException):
            AwaitDocumentOperator(task_id="await_approval", kind=kind, until="approved").execute(
                context(withdrawn)
            )


@pytest.mark.parametrize("is_always_ready", [False, True])
def test_the_letter_that_recalls_the_request_waits_without_a_worker(
    small: Rehearsed, monkeypatch: pytest.MonkeyPatch, is_always_ready: bool
) -> None:
    monkeypatch.setattr(operators, "SECONDS_BEFORE_DEFERRING", 0.0)
    monkeypatch.setattr("reporting_airflow.warehouse.resolve_connections", lambda: None)
    monkeypatch.setattr(runs, "count_runs", lambda dag_id, run_ids, states: "running" in states)
    if is_always_ready:
        monkeypatch.setattr("reporting_airflow.waits.document_ready", lambda *_: True)
    small.issue()
    changes.withdraw(small.engine, small.cycle_id, by="a", reason="có Chỉ thị mới", confirm="letter")
    for until in ("approved", "registered"):
        task = AwaitDocumentOperator(task_id="wait", kind="recall_letter__1", until=until)
        with pytest.raises(TaskDeferred):
            task.execute(context(small))


def test_nobody_is_asked_about_a_change_that_needs_no_consent(small: Rehearsed) -> None:
    small.issue()
    params = {
        "what": "call",
        "cycle_id": small.cycle_id,
        "offices": "An Giang",
        "channel": "phone",
        "spoke_with": "bà B",
        "summary": "chờ ký",
    }
    task = AskConsentOperator(task_id=change_tasks.ASK_TASK, subject="x", options=["Đồng ý", "Không đồng ý"])
    run: Any = {"params": params, "dag_run": SimpleNamespace(triggering_user_name="chuyen_vien")}
    with pytest.raises(AirflowSkipException):
        task.execute(run)
