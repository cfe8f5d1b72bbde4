"""An urging letter is planned with its text and with a new deadline before the close, or refused."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
import yaml

from reporting.calendar.working_days import WorkingCalendar
from reporting.clock import VIETNAM
from reporting.cycles import plan
from reporting.regimes.models import FOLDER, UrgingStep, load_regime, parse_regime

CODE = "ttdn_dia_phuong"


def test_a_plan_without_the_letters_text_is_refused_with_file_and_key(tmp_path: Path) -> None:
    content = yaml.safe_load((FOLDER / f"{CODE}.yaml").read_text(encoding="utf-8"))
    del content["urging_letter"]
    path = tmp_path / f"{CODE}.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with pytest.raises(
        ValueError, match=r"ttdn_dia_phuong\.yaml: urging_letter: .*text must be written here"
    ):
        parse_regime(path)
    content["urging"] = None
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    assert parse_regime(path).urging_letter is None


def test_the_letter_is_due_five_working_days_after_the_deadline_a_worked_in_saturday_among_them() -> None:
    regime = load_regime(CODE)
    (period,) = regime.periods
    due = {m.step: m.due_at for m in plan.milestones(regime, period, WorkingCalendar.load())}
    assert due[plan.URGING_LETTER] == datetime(2013, 1, 7, 8, tzinfo=VIETNAM)
    assert due[plan.URGING_ISSUE] == datetime(2013, 1, 7, 14, tzinfo=VIETNAM)
    assert due[plan.DEADLINE] < due[plan.URGING_LETTER] < due[plan.CLOSE]


@pytest.mark.parametrize(("working_days", "is_refused"), [(6, False), (7, True)])
def test_a_new_deadline_after_the_close_is_refused(working_days: int, is_refused: bool) -> None:
    urging = UrgingStep(working_days=5, new_deadline_working_days=working_days)
    regime = load_regime(CODE).model_copy(update={"urging": urging})
    (period,) = regime.periods
    assert period.close_on == date(2013, 1, 15)
    if is_refused:
        with pytest.raises(ValueError, match=r"until 16/01/2013, after the close of 15/01/2013\. Lessen"):
            plan.milestones(regime, period, WorkingCalendar.load())
    else:
        plan.milestones(regime, period, WorkingCalendar.load())
