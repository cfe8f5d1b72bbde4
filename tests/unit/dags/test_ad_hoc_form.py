"""The form of a request: what Airflow refuses at once; it and the domain speak of the same fields."""

from __future__ import annotations

import copy
import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import ParamValidationError
from reporting_airflow.request_form import NOT_OF_THE_FORM, params

from reporting.cycles.ad_hoc import AdHocForm
from reporting.cycles.offer import groups_offered

FILE = Path(__file__).parents[3] / "dags" / "ad_hoc_cycle.py"


@pytest.fixture(scope="module")
def dag() -> DAG:
    """The DAG of requests."""
    spec = importlib.util.spec_from_file_location("ad_hoc_cycle_of_test", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    found = module.dag
    assert isinstance(found, DAG)
    return found


def refused(dag: DAG, **entered: Any) -> bool:
    """Whether Airflow refuses the entries when the form is sent."""
    sent = copy.deepcopy(dag.params)
    try:
        sent.update(entered)
        sent.validate()
    except ParamValidationError:
        return True
    return False


def test_the_form_has_the_fields_of_the_domain_and_no_number_or_date_of_the_letter(dag: DAG) -> None:
    assert set(dag.params) - set(NOT_OF_THE_FORM) == set(AdHocForm.model_fields)
    assert not {"number", "letter_number", "registered_on"} & set(dag.params)


def test_every_field_has_a_title_and_a_section() -> None:
    for name, field in params().items():
        assert field.schema["title"].strip(), name
        assert field.schema["section"].strip(), name
        assert not field.schema["title"].isascii() or name in {"form"}, name


def test_the_form_can_be_sent_as_it_stands_so_that_the_keeper_can_start_a_run(dag: DAG) -> None:
    assert not refused(dag)
    assert not refused(dag, cycle_id="ad_hoc__2026_11_20_x", period="2026_11_20_x", mode="live")


@pytest.mark.parametrize(
    "entered",
    [
        {"kind": "weekly"},
        {"mode": "test"},
        {"deadline_on": "20/11/2026"},
        {"groups": ["no_such_group"]},
        {"groups": "ministries"},
        {"capacity": "chu_tich"},
        {"reminder_plan": "often"},
    ],
)
def test_what_is_of_the_wrong_kind_is_refused_when_it_is_sent(dag: DAG, entered: dict[str, Any]) -> None:
    assert refused(dag, **entered)


def test_lists_of_the_registry_can_be_chosen_by_their_names(dag: DAG) -> None:
    field = dag.params.get_param("groups")
    assert field.schema["examples"] == list(groups_offered())
    assert field.schema["values_display"]["ministries"] == "Các bộ, cơ quan ngang bộ"


def test_the_defaults_of_the_form_are_those_of_the_domain(dag: DAG) -> None:
    supposed = AdHocForm()
    for name, value in dag.params.dump().items():
        if name not in NOT_OF_THE_FORM and value:
            assert value == getattr(supposed, name), name  # an empty entry is read as none
