"""The tasks of the urging letter as Airflow runs them: skipped where it lapses, waiting where it does not."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferred
from reporting_airflow import operators
from reporting_airflow.operators import AwaitDocumentOperator, StepOperator
from sqlalchemy import Engine

from reporting.cycles import work
from tests.factories import register_signed_report, submit
from tests.integration.rehearsed import Rehearsed, open_small_cycle, vn

LETTER_AT, CLOSE_AT = vn(2013, 1, 7, 8), vn(2013, 1, 15, 17)
KIND = "urging_letter"


class _Task:
    """The running task instance, as far as an operator asks it: which cycle is this?"""

    def __init__(self, cycle_id: str) -> None:
        self.cycle_id = cycle_id

    def xcom_pull(self, task_ids: str) -> str:
        return self.cycle_id


@pytest.fixture
def issued(registered: Engine, monkeypatch: pytest.MonkeyPatch) -> Rehearsed:
    monkeypatch.setattr(operators, "SECONDS_BEFORE_DEFERRING", 0.0)
    monkeypatch.setattr("reporting_airflow.warehouse.resolve_connections", lambda: None)
    cycle = open_small_cycle(registered, is_urging=True)
    cycle.issue()
    return cycle


def context(cycle: Rehearsed) -> Any:
    return {"ti": _Task(cycle.cycle_id)}


def draft() -> StepOperator:
    return StepOperator(
        task_id="draft",
        step=KIND,
        work="reporting.cycles.work:draft_document",
        passes_step=True,
        ends_step=False,
    )


def issue() -> StepOperator:
    return StepOperator(task_id="issue", step="urging_issue", work="reporting.cycles.work:issue_urging")


def approval() -> AwaitDocumentOperator:
    return AwaitDocumentOperator(task_id="await_approval", kind=KIND, until="approved")


def test_the_draft_waits_for_its_moment_and_is_made_once(issued: Rehearsed) -> None:
    with pytest.raises(TaskDeferred):
        draft().execute(context(issued))
    issued.go_to(LETTER_AT)
    for _ in range(2):
        assert draft().execute(context(issued)) == "1"
    assert issued.step(KIND)[1] is None, "the step is over when the letter has its number"


def test_where_everybody_answered_the_draft_is_skipped(issued: Rehearsed) -> None:
    with issued.engine.begin() as connection:
        for office in issued.offices:
            submit(connection, issued.sample, office, data=office.name.encode())
            register_signed_report(connection, issued.sample, office)
    issued.go_to(LETTER_AT)
    with pytest.raises(AirflowSkipException):
        draft().execute(context(issued))


def test_at_the_close_whatever_waits_for_the_letter_is_skipped(issued: Rehearsed) -> None:
    issued.go_to(LETTER_AT)
    draft().execute(context(issued))
    issued.go_to(CLOSE_AT)
    work.close(issued.engine, issued.cycle_id)
    for task in (approval(), issue()):
        with pytest.raises(AirflowSkipException):
            task.execute(context(issued))
