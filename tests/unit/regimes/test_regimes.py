"""A regime file with a mistake is refused by naming file, key and remedy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from reporting.calendar.working_days import WorkingCalendar
from reporting.clock import VIETNAM
from reporting.cycles import plan
from reporting.forms.models import load_form
from reporting.regimes import models
from reporting.regimes.models import all_regimes, load_regime, parse_regime
from reporting.registry.load import read_registry

CODE = "ttdn_dia_phuong"


def content() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((models.FOLDER / f"{CODE}.yaml").read_text(encoding="utf-8"))
    return found


def written(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    data = content()
    change(data)
    path = folder / "che_do.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.pop("ministry"), "ministry: Field required"),
        (lambda d: d.update(remindres=[]), "remindres: Extra inputs are not permitted"),
        (lambda d: d["unit"].pop("symbol"), r"unit\.symbol: Field required"),
        (lambda d: d["periods"][0].update(request_on="3/12/2012"), r"periods\.0\.request_on: .*date"),
        (lambda d: d["periods"][0]["deadline"].update(kind="by"), r"periods\.0\.deadline\.kind: .*'before'"),
        (
            lambda d: d["periods"][0].update(close_on="2012-12-30"),
            r"periods\.0: .*request_on, deadline, close_on and report_on must follow one another",
        ),
        (lambda d: d["periods"][0].update(reference_prefix="ttdn"), r"reference_prefix: .*pattern"),
        (lambda d: d["reminders"][0].update(step="nhac_1"), r"reminders\.0\.step: .*pattern"),
        (
            lambda d: d["reminders"][0].update(working_days=7),
            r"reminders\.0: .*is 7 working days from the deadline; call it reminder__t_plus_7",
        ),
        (lambda d: d["reminders"].append(d["reminders"][0]), "reminder__t_minus_7 stands there twice"),
        (lambda d: d["periods"].append(d["periods"][0]), "periods: 2011_2012 stands there twice"),
        (lambda d: d["addressees"][0].update(role="asked"), r"addressees\.0\.role: .*'owes' or 'copied'"),
        (lambda d: d["urging"].update(working_days=0), r"urging\.working_days"),
        (
            lambda d: d["deliverables"].append(
                {"code": "post", "label": "vị trí", "kind": "task", "is_opt_in": True}
            ),
            r"deliverables\.2: .*post: nothing is owed of a task",
        ),
        (
            lambda d: d["deliverables"].append({"code": "news", "label": "tin", "frequency": "month"}),
            r"deliverables\.2: .*news: only a task is done again and again; what is to be sent each month",
        ),
        (
            lambda d: d["request_letter"].update(lists=[{"code": "pilots", "group": "ministries"}]),
            r"request_letter: .*list pilots: no paragraph names \{pilots\}",
        ),
        (
            lambda d: d["request_letter"].update(lists=[{"code": "pilots"}]),
            r"request_letter\.lists\.0: .*list pilots: give one of group and when",
        ),
        (
            lambda d: d["deliverables"][0].update(owed_by=["ministries"]),
            "signed_report is owed by ministries, which no list of addressees with the role owes is called",
        ),
        (lambda d: d.update(form_code=None), "a deliverable of kind data_form needs form_code"),
        (
            lambda d: d["periods"][0].update(report_on=None),
            "period 2011_2012: report_on and the regime's report go together; give both or none",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_and_key(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], words: str
) -> None:
    with pytest.raises(ValueError, match=rf"che_do\.yaml: .*{words}.*Mend these keys"):
        parse_regime(written(tmp_path, change))


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"code: [a", "not valid YAML"), (b"code: \xd4", "not UTF-8"), (b"- a list", "dictionary")],
    ids=["yaml", "encoding", "shape"],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "che_do.yaml"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=rf"che_do\.yaml: .*{words}"):
        parse_regime(path)


def test_all_mistakes_of_a_file_are_named_at_once(tmp_path: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        data.pop("title")
        data["periods"][0].pop("label")

    with pytest.raises(ValueError, match=r"title: Field required; periods\.0\.label: Field required"):
        parse_regime(written(tmp_path, change))


def test_a_file_named_otherwise_than_its_regime_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, lambda data: None)
    monkeypatch.setattr(models, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=f"che_do.yaml: code is '{CODE}'; it must be 'che_do'"):
        load_regime("che_do")
    with pytest.raises(FileNotFoundError, match=r"khong_co\.yaml"):
        load_regime("khong_co")


@pytest.mark.parametrize("regime", all_regimes(), ids=lambda regime: regime.code)
def test_every_regime_has_its_form_and_a_plan_in_office_hours_of_working_days(regime: models.Regime) -> None:
    if regime.form_code is not None and regime.form_version is not None:
        load_form(regime.form_code, regime.form_version)
    calendar = WorkingCalendar.load(regime.code)
    periods = regime.periods or regime.periods_opening(date(2024, 1, 1), date(2024, 12, 31))
    assert periods
    for period in periods:
        milestones = plan.milestones(regime, period, calendar)
        assert [m.due_at for m in milestones] == sorted(m.due_at for m in milestones)
        assert len({m.step for m in milestones}) == len(milestones)
        assert milestones[0].step == (plan.ISSUE if regime.asked_by == "instrument" else plan.REQUEST_LETTER)
        for milestone in milestones:
            if milestone.is_reminder:
                assert calendar.is_working_day(milestone.due_at.date())
                assert milestone.due_at.time() == regime.office_hours.reminders_at
                assert milestone.due_at.tzinfo is VIETNAM


@pytest.mark.parametrize("regime", all_regimes(), ids=lambda regime: regime.code)
def test_every_list_and_instrument_that_a_regime_names_is_in_the_registry(regime: models.Regime) -> None:
    registry = read_registry()
    groups = {row.text("group_code") for row in registry.groups}
    named = {a.group for a in regime.addressees}
    for deliverable in regime.deliverables:
        named |= {*deliverable.except_groups, *deliverable.only_groups, *deliverable.owed_by}
    named |= {listed.group for listed in regime.request_letter.lists if listed.group is not None}
    assert named <= groups
    stages = {(row.text("subject"), row.text("stage")) for row in registry.instruments}
    wanted = {
        (when.subject, stage)
        for when in (
            *(d.when for d in regime.deliverables),
            *(listed.when for listed in regime.request_letter.lists),
        )
        if when is not None
        for stage in when.stages
    }
    # which committees issued a plan for the conclusion of 2023 no letter tells
    assert wanted - stages <= {("ke_hoach_kl_57", "issued")}


def test_the_codes_of_scheduled_periods_are_never_cut() -> None:
    data = load_regime("ttdn_dinh_ky_quy").model_dump()
    accepted = models.Regime.model_validate(data | {"reference_prefix": "TTDNDF"})
    codes = [p.reference_prefix for p in accepted.periods_opening(date(2026, 1, 1), date(2027, 12, 31))]
    assert "TTDNDF2026Q1" in codes
    assert len(set(codes)) == len(codes)
    with pytest.raises(ValueError, match=r"TTDNDFX is too long: .*2026Q1|9999Q1.* at most 6 letters"):
        models.Regime.model_validate(data | {"reference_prefix": "TTDNDFX"})


def test_a_scheduled_cycle_is_closed_on_a_working_day_after_its_last_reminder() -> None:
    regime = load_regime("ttdn_dinh_ky_quy")
    calendar = WorkingCalendar.load(regime.code)
    for period in regime.periods_opening(date(2023, 6, 1), date(2030, 12, 31)):
        due = {m.step: m.due_at for m in plan.milestones(regime, period, calendar)}
        assert calendar.is_working_day(period.close_on), period.code
        assert all(due[r.step] < due["close"] for r in regime.reminders), period.code


def test_a_reminder_after_the_close_is_refused_naming_the_remedy() -> None:
    regime = load_regime(CODE)
    (period,) = regime.periods
    late = regime.reminders[-1].model_copy(update={"step": "reminder__t_plus_15", "working_days": 15})
    changed = regime.model_copy(update={"reminders": (late,)})
    with pytest.raises(ValueError, match=r"reminder__t_plus_15 of 21/01/2013 .* set close_on later"):
        plan.milestones(changed, period, WorkingCalendar.load(CODE))
