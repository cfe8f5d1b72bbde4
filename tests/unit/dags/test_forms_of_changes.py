"""The form of a running cycle: its fields, kinds and choices are those that the domain reads."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from reporting.cycles import change_form
from reporting.cycles.change_form import NO_CHOICE

CLONE = Path(__file__).parents[3]
Parsed = dict[str, Any]


def test_each_field_of_the_form_is_read_and_has_a_name(parsed: Parsed) -> None:
    assert parsed["dags"]["cycle_change"]["params"] == sorted(
        [*change_form.catalogue_fields(), "group", "region"]
    )


def test_the_choices_of_the_form_are_those_that_can_be_made() -> None:
    params = runpy.run_path(str(CLONE / "dags" / "cycle_change.py"))["dag"].params
    offered = {name: params.get_param(name).schema.get("enum") for name in params}
    assert offered.pop("what") == list(change_form.kinds())
    assert {
        name: tuple(option for option in options if option != NO_CHOICE)
        for name, options in offered.items()
        if options
    } == change_form.CHOICES


def test_what_a_change_needs_are_fields_of_the_form() -> None:
    fields = set(change_form.catalogue_fields())
    assert all(set(kind.needs) <= fields for kind in change_form.kinds().values())
