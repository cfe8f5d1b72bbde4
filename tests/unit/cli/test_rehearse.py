"""Rehearsals from the shell find the simulated offices by their entry point, which nothing else names."""

from __future__ import annotations

import importlib.metadata

import pytest

from rehearsal.figures import answer_data_forms
from reporting.cli import rehearse
from reporting.cli.rehearse import Answers, form_answers


def test_filled_answers_come_from_the_simulated_offices() -> None:
    assert form_answers(Answers.FILLED) is answer_data_forms
    assert form_answers(Answers.ON_TIME) is None


def test_without_them_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearse, "entry_points", lambda **_: importlib.metadata.EntryPoints())
    with pytest.raises(LookupError, match="make setup"):
        form_answers(Answers.FILLED)
