"""DAG ids, task ids and triggers are a public API: runs, waiting tasks and bookmarks hold on to them."""

from __future__ import annotations

import importlib
import inspect
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from reporting_airflow import triggers
from reporting_airflow.names import OWNER, Tag

Parsed = dict[str, Any]

CLONE = Path(__file__).parents[3]

CYCLE = "reporting_cycle__ttdn_dia_phuong"
AD_HOC = "reporting_cycle__ad_hoc"
PERIODIC = "reporting_cycle__ttdn_dinh_ky_quy"

# A changed or missing id strands the runs that are under way: keep the old one, or end them first.
TASKS: dict[str, list[str]] = {
    CYCLE: [
        "open_cycle",
        "request_letter.draft",
        "request_letter.await_approval",
        "request_letter.await_registration",
        "issue",
        "reminder__t_minus_7",
        "reminder__t_minus_2",
        "deadline",
        "reminder__t_plus_1",
        "urging_letter.draft",
        "urging_letter.await_approval",
        "urging_letter.await_registration",
        "urging_letter.issue",
        "close",
        "consolidate",
        "report.draft",
        "report.await_approval",
        "report.await_registration",
        "publish",
        "follow_up_letter.draft",
        "follow_up_letter.await_approval",
        "follow_up_letter.await_registration",
    ],
    AD_HOC: [
        "open_cycle",
        "request_letter.draft",
        "request_letter.await_approval",
        "request_letter.await_registration",
        "issue",
        "reminder__i_plus_10",
        "reminder__i_plus_20",
        "reminder__t_minus_7",
        "reminder__t_minus_2",
        "deadline",
        "reminder__t_plus_1",
        "urging_letter.draft",
        "urging_letter.await_approval",
        "urging_letter.await_registration",
        "urging_letter.issue",
        "escalation_letter.draft",
        "escalation_letter.await_approval",
        "escalation_letter.await_registration",
        "escalation_letter.issue",
        "close",
        "consolidate",
    ],
    "cycle_rehearsal": ["rehearse"],
    "document_approval": ["approve", "record_decision", "register", "record_registration"],
    "cycle_letter": ["open_cycle", "draft", "await_approval", "await_registration", "issue"],
    "incoming_document": ["register"],
    "submission_intake": ["answer_submissions", "answer_share"],
    "mail_delivery": ["deliver_mail"],
    "cycle_keeper": ["keep_cycles"],
    "cycle_change": ["check_change", "ask_consent", "apply_change"],
    "housekeeping": ["send_digest"],
    "intake_watch": ["watch_intake"],
    "tracking_marts": ["refresh_marts"],
    "backup": ["make_backup"],
    "observe": ["measure"],
}

SETTINGS = {
    CYCLE: {"tags": [Tag.CYCLE], "schedule": "None", "max_active_runs": 100},
    PERIODIC: {
        "tags": [Tag.CYCLE],
        "schedule": "ReportingPeriodTimetable(ttdn_dinh_ky_quy, circular_02_2023, quarter)",
        "max_active_runs": 100,
    },
    AD_HOC: {"tags": [Tag.CYCLE], "schedule": "None", "max_active_runs": 100},
    "cycle_rehearsal": {"tags": [Tag.CYCLE], "schedule": "None", "max_active_runs": 4},
    "document_approval": {"tags": [Tag.APPROVAL], "schedule": "None", "max_active_runs": 100},
    "cycle_letter": {"tags": [Tag.CYCLE], "schedule": "None", "max_active_runs": 100},
    "incoming_document": {"tags": [Tag.INTAKE], "schedule": "None", "max_active_runs": 100},
    "submission_intake": {"tags": [Tag.INTAKE], "schedule": "@continuous", "max_active_runs": 1},
    "mail_delivery": {"tags": [Tag.MAIL], "schedule": "0:02:00", "max_active_runs": 1},
    "cycle_change": {"tags": [Tag.CYCLE], "schedule": "None", "max_active_runs": 100},
    "cycle_keeper": {"tags": [Tag.UPKEEP], "schedule": "0:02:00", "max_active_runs": 1},
    "intake_watch": {"tags": [Tag.INTAKE], "schedule": "0:05:00", "max_active_runs": 1},
    "tracking_marts": {"tags": [Tag.UPKEEP], "schedule": "0:02:00", "max_active_runs": 1},
    # every minute where metrics are sent (test_metrics.py)
    "observe": {"tags": [Tag.UPKEEP], "schedule": "None", "max_active_runs": 1},
    "backup": {
        "tags": [Tag.UPKEEP],
        "schedule": "CronTriggerTimetable(expression='30 1 * * *', timezone='Asia/Ho_Chi_Minh', "
        "interval=datetime.timedelta(0), run_immediately=False)",
        "max_active_runs": 1,
    },
    "housekeeping": {
        "tags": [Tag.UPKEEP],
        "schedule": "CronTriggerTimetable(expression='0 8-16 * * *', timezone='Asia/Ho_Chi_Minh', "
        "interval=datetime.timedelta(0), run_immediately=False)",
        "max_active_runs": 1,
    },
}

HEAVY = {
    "great_expectations", "pandas", "psycopg2", "asyncpg", "alembic", "docx", "docxtpl", "openpyxl",
    "xlsxwriter", "python_calamine", "holidays", "yagmail", "rapidfuzz", "babel", "icalendar", "rehearsal",
    "local_stack",
}  # fmt: skip


def each_task(parsed: Parsed) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{dag_id}/{task_id}", task)
        for dag_id, dag in parsed["dags"].items()
        for task_id, task in dag["tasks"].items()
    ]


def test_these_and_no_other_dags_are_there(parsed: Parsed) -> None:
    regimes = {f"reporting_cycle__{path.stem}" for path in (CLONE / "include" / "regimes").glob("*.yaml")}
    assert set(parsed["dags"]) == set(TASKS) | regimes


@pytest.mark.parametrize("dag_id", TASKS)
def test_the_tasks_of_a_dag_keep_their_ids_and_order(parsed: Parsed, dag_id: str) -> None:
    assert list(parsed["dags"][dag_id]["tasks"]) == TASKS[dag_id]


@pytest.mark.parametrize("dag_id", SETTINGS)
def test_a_dag_runs_as_often_and_as_many_at_once_as_meant(parsed: Parsed, dag_id: str) -> None:
    dag = parsed["dags"][dag_id]
    assert {key: dag[key] for key in SETTINGS[dag_id]} == SETTINGS[dag_id]
    assert dag["catchup"] is False


def test_every_scheduled_run_has_a_logical_date_of_its_own(parsed: Parsed) -> None:
    """Airflow makes no run whose logical date another one has: such a DAG never runs a second time."""
    scheduled = {dag_id: dag["next_runs"] for dag_id, dag in parsed["dags"].items() if dag["next_runs"]}
    assert {"submission_intake", "mail_delivery", "cycle_keeper", "intake_watch"} <= set(scheduled)
    assert {dag_id: len(set(dates)) for dag_id, dates in scheduled.items() if len(set(dates)) < 3} == {}


def test_a_run_whose_cycle_another_one_carries_does_nothing_after_its_opening(parsed: Parsed) -> None:
    openings = {
        dag_id: dag["tasks"]["open_cycle"]["class"].rpartition(".")[2]
        for dag_id, dag in parsed["dags"].items()
        if dag_id.startswith("reporting_cycle__")
    }
    assert set(openings.values()) == {"ShortCircuitOperator"}, "NONE_FAILED would issue behind a skipped task"


def test_a_dag_shows_its_vietnamese_name_and_explains_itself(parsed: Parsed) -> None:
    for dag_id, dag in parsed["dags"].items():
        assert dag["display_name"] != dag_id
        assert dag["doc_md"].strip().startswith("# ")
        assert set(dag["tags"]) <= set(Tag)
        assert dag["tags"]


def test_every_word_in_the_grid_is_vietnamese_in_nfc(parsed: Parsed) -> None:
    shown = [
        text for dag in parsed["dags"].values() for text in (dag["display_name"], dag["doc_md"], *dag["tags"])
    ]
    for where, task in each_task(parsed):
        assert not task["display_name"].isascii(), where
        shown.append(task["display_name"])
    assert [text for text in shown if unicodedata.normalize("NFC", text) != text] == []


def test_every_task_belongs_to_the_unit_is_tried_again_and_tells_the_operator_in_the_end(
    parsed: Parsed,
) -> None:
    for where, task in each_task(parsed):
        assert task["owner"] == OWNER, where
        assert task["retries"] >= 2, where
        assert 5 <= task["retry_seconds"] <= 30, where
        assert task["tells_operator"] == ["tell_operator"], where


def test_after_the_issue_every_step_waits_for_its_own_day(parsed: Parsed) -> None:
    tasks = parsed["dags"][CYCLE]["tasks"]
    assert tasks["issue"]["downstream"] == [
        "close", "deadline", "reminder__t_minus_2", "reminder__t_minus_7", "reminder__t_plus_1",
        "urging_letter.draft",
    ]  # fmt: skip
    assert tasks["close"]["downstream"] == ["consolidate"]
    assert tasks["consolidate"]["downstream"] == ["follow_up_letter.draft", "report.draft"]
    assert tasks["report.await_registration"]["downstream"] == ["publish"]


def test_every_step_names_a_function_of_the_domain_that_takes_what_it_is_given(parsed: Parsed) -> None:
    steps = {name: task for name, task in parsed["dags"][CYCLE]["tasks"].items() if "work" in task}
    assert set(steps) == {
        "issue", "reminder__t_minus_7", "reminder__t_minus_2", "deadline", "reminder__t_plus_1",
        "urging_letter.draft", "urging_letter.issue", "close", "publish",
    }  # fmt: skip
    named = {"urging_letter.draft": "urging_letter", "urging_letter.issue": "urging_issue"}
    for name, task in steps.items():
        module, _, function = task["work"].partition(":")
        parameters = list(inspect.signature(getattr(importlib.import_module(module), function)).parameters)
        passed = {"urging_letter.draft": ["kind"]} | {n: ["step"] for n in steps if n.startswith("reminder")}
        assert parameters == ["engine", "cycle_id", *passed.get(name, [])], name
        assert task["step"] == named.get(name, name)


def test_every_task_that_waits_for_a_document_names_a_kind_that_can_be_drafted(parsed: Parsed) -> None:
    waits = {
        name: (task["kind"], task["until"])
        for name, task in parsed["dags"][CYCLE]["tasks"].items()
        if "until" in task
    }
    assert waits == {
        f"{group}.await_{ending}": (kind, until)
        for group, kind in (
            ("request_letter", "request_letter"),
            ("urging_letter", "urging_letter"),
            ("report", "summary_report"),
            ("follow_up_letter", "follow_up_letter"),
        )
        for ending, until in (("approval", "approved"), ("registration", "registered"))
    }


def test_the_form_of_a_run_asks_for_these_parameters(parsed: Parsed) -> None:
    assert parsed["dags"][CYCLE]["params"] == [
        "cycle_id",
        "mode",
        "period",
        "rehearsal_number",
        "stated_figures",
    ]


def test_parsing_a_file_takes_less_than_a_second_once_airflow_is_there(parsed: Parsed) -> None:
    assert len(parsed["seconds"]) == len(list((CLONE / "dags").glob("*.py")))
    assert {name: seconds for name, seconds in parsed["seconds"].items() if seconds >= 1} == {}


def test_parsing_imports_nothing_heavy(parsed: Parsed) -> None:
    ours = {name for name in parsed["modules"] if name.split(".")[0] in ("reporting", "reporting_airflow")}
    assert {name.split(".")[0] for name in parsed["modules"]} & HEAVY == set()
    assert ours == {
        "reporting", "reporting.calendar", "reporting.calendar.periods", "reporting.cycles",
        "reporting.cycles.offer", "reporting.plain_yaml", "reporting.regimes", "reporting.regimes.models",
        "reporting.settings",
        "reporting.wording", "reporting.wording.catalogue",
        "reporting_airflow", "reporting_airflow.change_tasks", "reporting_airflow.cycle_tasks",
        "reporting_airflow.defaults", "reporting_airflow.forms",
        "reporting_airflow.names",
        "reporting_airflow.operators",
        "reporting_airflow.metrics",
        "reporting_airflow.request_form",
        "reporting_airflow.steps",
        "reporting_airflow.timetables",
    }  # fmt: skip


def test_every_dag_fits_easily_into_airflows_database(parsed: Parsed) -> None:
    assert {
        dag_id for dag_id, dag in parsed["dags"].items() if not 500 < dag["serialized_bytes"] < 100_000
    } == set()


@pytest.mark.parametrize(
    ("trigger", "path", "arguments"),
    [
        (
            triggers.MilestoneTrigger("a__2012", "issue", 30.0),
            "reporting_airflow.triggers.MilestoneTrigger",
            {"cycle_id": "a__2012", "step": "issue", "poll_seconds": 30.0},
        ),
        (
            triggers.DocumentTrigger("a__2012", "request_letter", "approved", 2, 0.3),
            "reporting_airflow.triggers.DocumentTrigger",
            {
                "cycle_id": "a__2012",
                "kind": "request_letter",
                "until": "approved",
                "attempt": 2,
                "poll_seconds": 0.3,
            },
        ),
        (
            triggers.ArrivalTrigger(30.0),
            "reporting_airflow.triggers.ArrivalTrigger",
            {"poll_seconds": 30.0},
        ),
    ],
    ids=["milestone", "document", "arrival"],
)
def test_a_trigger_is_stored_under_its_frozen_path_and_comes_back_the_same(
    trigger: triggers._PollingTrigger, path: str, arguments: dict[str, object]
) -> None:
    assert trigger.serialize() == (path, arguments)
    module, _, name = path.rpartition(".")
    assert getattr(importlib.import_module(module), name)(**arguments).serialize() == (path, arguments)
