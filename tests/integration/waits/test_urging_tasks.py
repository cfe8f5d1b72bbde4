"""The tasks of the urging letter as Airflow runs them: skipped where it lapses, waiting where it does not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferred
from reporting_airflow import operators, runs, waits
from reporting_airflow.operators import AwaitDocumentOperator, StepOperator
from sqlalchemy import Engine

from reporting.cycles import pauses, work
from reporting.documents import lifecycle
from reporting.documents.approval import open_request, record_decision
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


def pause_all(cycle: Rehearsed) -> None:
    """Everybody is hit by a storm until Thursday of the week in which the letter is drafted."""
    for office in cycle.offices:
        pauses.pause(
            cycle.engine, cycle.cycle_id, office.reference_code, date(2013, 1, 10),
            kind="disaster", reason="bão", by="chuyen_vien",
        )  # fmt: skip


@pytest.fixture
def drafted(issued: Rehearsed, monkeypatch: pytest.MonkeyPatch) -> Rehearsed:
    """The letter lies with its approver, whose run lives."""
    issued.go_to(LETTER_AT)
    draft().execute(context(issued))
    with issued.engine.begin() as connection:
        document = lifecycle.find(connection, issued.cycle_id, KIND)
        assert document is not None
        open_request(connection, document, None)
    monkeypatch.setattr(runs, "count_runs", lambda dag_id, run_ids, states: "running" in states)
    return issued


def approve(cycle: Rehearsed) -> None:
    with cycle.engine.begin() as connection:
        document = lifecycle.find(connection, cycle.cycle_id, KIND)
        assert document is not None
        record_decision(
            connection, cycle.cycle_id, KIND, document.version, document.content_hash, "approved", "don_vi"
        )


def test_a_pause_while_the_letter_lies_with_its_approver_lets_it_wait(drafted: Rehearsed) -> None:
    pause_all(drafted)
    for _ in range(2):
        with pytest.raises(TaskDeferred):
            approval().execute(context(drafted))
    put_off_to, done_at = drafted.step(KIND)
    assert (put_off_to.date(), done_at) == (date(2013, 1, 11), None)
    approve(drafted)
    assert approval().execute(context(drafted)) == "urging_letter v1 approved"
    registration = AwaitDocumentOperator(task_id="await_registration", kind=KIND, until="registered")
    with pytest.raises(TaskDeferred):
        registration.execute(context(drafted))


def test_a_letter_that_is_approved_is_not_put_off(drafted: Rehearsed) -> None:
    approve(drafted)
    pause_all(drafted)
    assert approval().execute(context(drafted)) == "urging_letter v1 approved"
    assert drafted.step(KIND) == (LETTER_AT, None)


def test_what_comes_in_while_the_letter_is_put_off_is_no_news_before_its_moment(drafted: Rehearsed) -> None:
    pause_all(drafted)
    with pytest.raises(TaskDeferred):
        approval().execute(context(drafted))
    with drafted.engine.begin() as connection:
        register_signed_report(connection, drafted.sample, drafted.offices[0])
    assert not waits.document_ready(drafted.cycle_id, KIND, "approved", 1)
    drafted.go_to(drafted.step(KIND)[0])
    assert waits.document_ready(drafted.cycle_id, KIND, "approved", 1)
