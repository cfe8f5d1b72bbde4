"""The tasks of the forms of requests and rehearsals, as Airflow runs them."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from reporting_airflow import operators, runs, steps
from reporting_airflow.operators import StepOperator
from sqlalchemy import Engine, text

from reporting import clock
from reporting.cycles import conducting, questions
from reporting.cycles.conducting import RehearsalApprover


class Task:
    """The running task instance, as far as the form's task uses it."""

    max_tries, try_number = 5, 1

    def __init__(self, cycle_id: str = "") -> None:
        self.cycle_id = cycle_id
        self.pushed: dict[str, str] = {}

    def xcom_push(self, key: str, value: str) -> None:
        self.pushed[key] = value

    def xcom_pull(self, task_ids: str) -> str:
        return self.cycle_id


@pytest.fixture
def living(registered: Engine, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The runs that live, as Airflow would tell."""
    found: set[str] = set()
    monkeypatch.setattr("reporting_airflow.warehouse.resolve_connections", lambda: None)
    monkeypatch.setattr(operators, "SECONDS_BEFORE_DEFERRING", 0.0)
    monkeypatch.setattr(runs, "count_runs", lambda dag_id, ids, states: len(found & set(ids)))
    return found


def entered(**changes: Any) -> dict[str, Any]:
    today = clock.wall_now().date()
    return {
        "title": "Báo cáo nhanh", "kind": "ad_hoc", "subject": "báo cáo nhanh", "requests": "Báo cáo nhanh.",
        "groups": ["government_agencies"], "deadline_on": (today + timedelta(days=30)).isoformat(),
        "reminder_plan": "light", "signer": "Nguyễn Văn A", "officer": "bà B", "approver": "ông C",
        "note": None, "mode": "live", "answers": "nobody", "cycle_id": None,
    } | changes  # fmt: skip


def open_request(run_id: str, task: Task | None = None, **changes: Any) -> str:
    run = SimpleNamespace(triggering_user_name="chuyen_vien")
    return steps.open_request(entered(**changes), run_id, run, task or Task())


def count(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_a_double_click_opens_one_cycle_carried_by_the_first_run(
    registered: Engine, living: set[str]
) -> None:
    living |= {"manual__1", "manual__2"}
    cycle_id = open_request("manual__1")
    assert cycle_id.startswith("ad_hoc__")
    assert open_request("manual__2") == ""
    assert open_request("manual__1") == cycle_id  # tried again
    assert count(registered, "cycle.cycle") == 1


def test_a_later_run_goes_on_when_the_first_is_gone(registered: Engine, living: set[str]) -> None:
    cycle_id = open_request("manual__1")
    assert open_request("kept", cycle_id=cycle_id, title=None, subject=None, groups=[]) == cycle_id


def test_a_form_that_cannot_stand_fails_at_once_with_everything_to_mend(
    registered: Engine, living: set[str]
) -> None:
    with pytest.raises(AirflowFailException) as failed:
        open_request("manual__1", signer=None, groups=[], deadline_on=None)
    assert [line[:2] for line in str(failed.value).splitlines()[1:]] == ["- "] * 3
    assert "Chưa mở được đợt báo cáo" in str(failed.value)
    assert count(registered, "cycle.cycle") == 0


def test_a_rehearsed_form_ends_in_its_first_task_with_the_digest(
    registered: Engine, living: set[str]
) -> None:
    task = Task()
    assert open_request("manual__1", task, mode="rehearsal") == ""
    assert "Diễn biến theo ngày" in task.pushed["digest"]
    assert count(registered, "cycle.cycle") == 1
    with registered.connect() as connection:
        by = connection.execute(
            text("SELECT actor FROM audit.event WHERE kind = 'form_entered'")
        ).scalar_one()
    assert by == "chuyen_vien"


def test_steps_that_the_plan_does_not_have_are_skipped(registered: Engine, living: set[str]) -> None:
    cycle_id = open_request("manual__1")
    for step, work, passes in (
        ("reminder__i_plus_10", "remind", True),
        ("reminder__t_minus_7", "remind", True),
        ("urging_letter", "draft_document", True),
        ("escalation_issue", "issue_escalation", False),
    ):
        task = StepOperator(
            task_id=step, step=step, work=f"reporting.cycles.work:{work}", passes_step=passes, ends_step=False
        )
        context: Any = {"ti": Task(cycle_id)}
        with pytest.raises(AirflowSkipException):
            task.execute(context)


def test_a_question_passes_the_registration_without_a_number(
    registered: Engine, living: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = open_request("manual__1")
    question = open_request(
        "manual__2", kind="question", parent_cycle_id=parent, added_offices="Đài Truyền hình Việt Nam",
        questions="Vì sao?", title=None, groups=[],
    )  # fmt: skip
    with registered.connect() as connection:
        assert questions.answers(connection, question)[0].wording == "Vì sao?"
    from reporting.cycles.work import complete_registration, draft_document

    draft_document(registered, question, "request_letter")
    assert not complete_registration(registered, question, "request_letter")
    assert RehearsalApprover().answer(registered, question, "request_letter")
    task = operators.AwaitDocumentOperator(task_id="x", kind="request_letter", until="registered")
    context: Any = {"ti": Task(question)}
    assert "approved" in task.execute(context)
    with registered.connect() as connection:
        done = connection.execute(
            text("SELECT done_at FROM cycle.milestone WHERE cycle_id = :c AND step = 'request_letter'"),
            {"c": question},
        ).scalar_one()
    assert done is not None


def test_a_period_is_rehearsed_from_its_form(registered: Engine, living: set[str]) -> None:
    task: Any = Task()
    form = {"regime": "ttdn_dinh_ky_quy", "period": "2024_q1", "answers": "nobody"}
    found = steps.rehearse(form, task)
    assert found["cycle_id"] == "ttdn_dinh_ky_quy__2024_q1__dien_tap_1"
    assert found["mails"] > 0
    assert "DIỄN TẬP" in task.pushed["digest"]
    assert conducting.is_finished(registered, [found["cycle_id"]])
    with pytest.raises(AirflowFailException, match="1999"):
        steps.rehearse(form | {"period": "1999_q1"}, task)
