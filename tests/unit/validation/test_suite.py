"""The suites in expectations/ are what the forms' rules make."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from reporting.forms.models import Form, all_forms, load_form
from reporting.settings import PROJECT
from reporting.validation import suite as suites
from reporting.validation.expectations import ExpectationsError, failures
from reporting.validation.frame import Frame
from reporting.validation.readings import understand
from reporting.validation.rules import INDISPENSABLE, rules
from reporting.wording.catalogue import catalogue
from tests.unit.workbook.office import GOOD, fill, form, read, request_workbook


@pytest.mark.parametrize("one", all_forms(), ids=lambda f: f"{f.code}@{f.version}")
def test_the_file_is_what_the_form_makes(one: Form) -> None:
    written = suites.suite_path(one).read_text(encoding="utf-8")
    assert written == suites.dumps(suites.suite_for(one)), "run python -m reporting.validation.suite"


def test_no_suite_is_left_over() -> None:
    assert {p.stem for p in suites.FOLDER.glob("*.json")} == {f"{f.code}@{f.version}" for f in all_forms()}


def test_every_rule_has_its_words() -> None:
    rules = {e["meta"]["rule"] for one in all_forms() for e in suites.suite_for(one)["expectations"]}
    worded = {key.split(".")[2] for key in catalogue() if key.startswith("findings.rule.")}
    assert rules <= worded


def test_a_suite_of_another_content_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suites, "FOLDER", tmp_path)
    with pytest.raises(suites.SuiteError, match=r"run python -m reporting\.validation\.suite"):
        suites.load_suite(form())
    suites.write_suites()
    assert suites.load_suite(form())["name"] == "theo_doi_ttdn@2012.1"
    path = suites.suite_path(form())
    path.write_text(path.read_text("utf-8").replace(form().content_hash, "0"), encoding="utf-8")
    with pytest.raises(suites.SuiteError, match="another content"):
        suites.load_suite(form())


def test_a_cycle_that_keeps_an_older_content_of_its_form_is_checked_by_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    kept = Form.model_validate(form().model_dump() | {"title": "Bảng theo dõi, bản cũ"})
    assert kept.content_hash != form().content_hash
    suite = suites.suite_in_use(kept)
    assert suite["meta"]["form_content_hash"] == kept.content_hash
    assert suite["expectations"] == suites.load_suite(form())["expectations"]
    assert "another content" in caplog.text


def frame_of(data: bytes) -> Frame:
    workbook = read(data)
    frame = Frame(form(), date(2011, 1, 1), date(2012, 12, 31))
    frame.add(0, workbook, understand(workbook, form()), {})
    return frame


def test_every_expectation_can_fail_and_names_the_rows_that_do() -> None:
    """Each type of expectation must hand back our row ids on the pinned Great Expectations."""
    collected = frame_of(fill(request_workbook(), GOOD))
    frame = collected.to_pandas()
    assert failures(frame, suites.suite_for(form())) == []
    marks = [n for n, entry in enumerate(collected.entries) if entry.kind == "mark"]
    first, second, third, fourth, fifth, sixth, seventh = marks[:7]
    day = pd.Timestamp
    bounds = ["period_earliest_on", "period_latest_on", "year_earliest_on", "year_latest_on"]
    frame.loc[first, "mark"] = "đang làm"
    frame.loc[second, "mark_state"] = "blank"
    frame.loc[third, "mark_state"] = "blank_with_evidence"
    frame.loc[fourth, ["mark_without_number", "mark_without_date"]] = "ke_hoach"
    frame.loc[fifth, "date_reading"] = "unreadable"
    frame.loc[sixth, "document_number"] = "số"
    for row, on in ((sixth, day(2013, 5, 5)), (seventh, day(2009, 5, 5))):
        frame.loc[row, "document_on"] = on
        frame.loc[row, bounds] = day(2011, 1, 1), day(2012, 12, 31), day(2011, 1, 1), day(2011, 12, 31)
    section = next(n for n, entry in enumerate(collected.entries) if entry.key == "results")
    frame.loc[section, "blank_section"] = "results"
    frame.loc[len(frame) - 1, "formula"] = "=1/0"
    found: dict[str, set[int]] = {}
    for failure in failures(frame, suites.suite_for(form())):
        found.setdefault(failure.meta["rule"], set()).update(failure.row_ids)
    assert found == {
        "formula_has_result": {len(frame) - 1},
        "mark_is_valid": {first},
        "blank_mark_is_confirmed": {second},
        "evidence_has_mark": {third},
        "mark_has_evidence": {fourth},
        "date_is_valid": {fifth},
        "document_date_is_in_period": {sixth, seventh},
        "document_date_is_in_year": {sixth, seventh},
        "document_number_is_plausible": {sixth},
        "section_is_filled": {section},
    }


def test_an_expectation_that_cannot_be_evaluated_is_a_fault_of_ours() -> None:
    broken = json.loads(json.dumps(suites.suite_for(form())))
    broken["expectations"][1]["kwargs"]["column"] = "no_such_column"
    with pytest.raises(ExpectationsError, match="mark_is_valid"):
        failures(frame_of(request_workbook()).to_pandas(), broken)


def test_checking_leaves_nothing_in_the_home_folder(tmp_path: Path) -> None:
    program = (
        "from tests.unit.workbook.office import GOOD, check, fill, request_workbook\n"
        "print(check(fill(request_workbook(), GOOD)).outcome)"
    )
    root = PROJECT
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONPATH": f"{root}:{root / 'include'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "accepted\n"
    assert run.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_the_older_form_has_its_own_suite() -> None:
    assert suites.load_suite(load_form("theo_doi_ttdn", "2010.1"))["meta"]["form_version"] == "2010.1"


def test_a_demand_for_explanations_under_a_rule_that_is_not_there_is_refused() -> None:
    demanding = form().model_copy(update={"must_explain": ("number_is_like_last_time",)})
    with pytest.raises(suites.SuiteError, match="must_explain names no rule of this form"):
        suites.suite_for(demanding)


def test_a_new_demand_on_numbers_and_rows_warns_at_first() -> None:
    content = load_form("tien_do_nq_47", "2024.1").model_dump(mode="json")
    content["quantities"]["rows"][2]["warn_until"] = "2024-12-31"
    content["lists"][0]["columns"][0]["warn_until"] = "2024-06-30"
    found = {
        (e["meta"]["rule"], e["meta"]["warn_until"], e["kwargs"].get("column", ""))
        for e in suites.suite_for(Form.model_validate(content))["expectations"]
        if e["meta"]["warn_until"] and e["meta"]["rule"] != "mark_has_evidence"
    }
    assert found == {
        ("number_is_given", "2024-12-31", "blank_number"),
        ("number_is_in_range", "2024-12-31", ""),
        ("total_is_sum_of_parts", "2024-12-31", ""),
        ("list_cell_is_given", "2024-06-30", "blank_list_cell"),
    }


def test_the_rules_are_listed_with_their_words() -> None:
    listed = {rule.code: rule for rule in rules()}
    assert listed["total_is_sum_of_parts"].forms == ("tien_do_nq_47@2024.1",)
    assert listed["total_is_sum_of_parts"].said == (
        (
            "{amount}, trong khi cộng các ô {parts} được {sum} (chênh {difference}).",
            "Sửa ô chi tiết còn thiếu hoặc sửa ô tổng.",
        ),
    )
    assert {code for code, rule in listed.items() if not rule.may_be_waived} == INDISPENSABLE
    assert listed["mark_has_evidence"].warn_until == ("2024-06-30",)


def test_a_form_made_for_a_cycle_has_the_suite_that_it_makes(caplog: pytest.LogCaptureFixture) -> None:
    content = load_form("tien_do_nq_47", "2024.1").model_dump(mode="json") | {"version": "2024.1.1"}
    content["sections"] = [*content["sections"], content["sections"][0] | {"code": "follow_up_7"}]
    derived = Form.model_validate(content)
    assert derived.is_derived
    suite = suites.suite_in_use(derived)
    (asked,) = [e for e in suite["expectations"] if e["meta"]["rule"] == "section_is_filled"]
    assert asked["kwargs"]["value_set"] == ["results", "follow_up_7"]
    assert not caplog.records
