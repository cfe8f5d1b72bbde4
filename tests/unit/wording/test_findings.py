"""One catalogue of what is not right in a workbook: every rule has its words, no message is empty, none
contradicts the instructions, and the usual faults are told as the ministry drafted them.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
import yaml

from reporting.settings import INCLUDE
from reporting.validation.findings import MEND, NOTICES, make_finding
from reporting.wording.catalogue import catalogue
from reporting.workbook.instructions import instruction_examples
from tests.unit.workbook.office import (
    GOOD,
    MARKS,
    SECTIONS,
    TICK,
    Entries,
    check,
    fill,
    form,
    read,
    request_workbook,
)

PREFIX = "findings.rule."
SUITES = INCLUDE.parent / "expectations"
SAID: dict[str, object] = {
    "reported": "Cán bộ 12 người",
    "explain": 'ghi lý do tại cột "Giải trình"',
    "filename": "a.xlsx", "found": "2010.1",
    "expected": "2012.1", "missing": "Biểu 1", "names": "Biểu 1", "there": "Biểu 1", "n": 3,
    "encoding": "TCVN3", "other_title": "x", "cycle_title": "y", "owner": "An Giang", "sender": "Cà Mau",
    "tick_cell": "C18", "tick_sheet": "Thông tin chung", "number_example": "15/KH-UBND",
    "date_example": "5/1/2012", "period_from": "1/1/2011", "period_to": "31/12/2012", "year": 2012,
    "unit": "triệu đồng", "understood": "1,2", "choices": "A, B", "amount": "45", "bounds": "từ 0 đến 9",
    "converted": "1.200", "parts": "H8:H19", "sum": "43", "difference": "2", "other": "Tổng",
    "other_cell": "H9", "other_amount": "44", "mark_cell": "E6", "mark_sheet": "Biểu 1", "mark": "Quy chế",
    "times": "10", "prior": "1.150", "entered_unit": "đồng", "document": "15/QĐ-UBND",
}  # fmt: skip


HARSH = re.compile(r"yêu cầu|(?<!không )(?<!chưa )phải |vi phạm|từ chối|trả lại|\bbạn\b|!", re.IGNORECASE)


def told() -> dict[str, set[str | None]]:
    """The rules of the catalogue with their variants."""
    rules: dict[str, set[str | None]] = {}
    for key in catalogue():
        if key.startswith(PREFIX) and key.endswith(".what"):
            rule, _, variant = key.removeprefix(PREFIX).removesuffix(".what").partition(".")
            rules.setdefault(rule, set()).add(variant or None)
    return rules


def rules_of_suites() -> set[str]:
    """What the suites that are checked in can find."""
    found: set[str] = set()
    for file in sorted(SUITES.glob("*.json")):
        found |= set(
            re.findall(r'"rule": "([a-z_]+)"', json.dumps(json.loads(file.read_text(encoding="utf-8"))))
        )
    return found


def rules_named_in_code() -> set[str]:
    """The first words of every call that makes a finding."""
    named: set[str] = set()
    for folder in ("workbook", "validation"):
        for file in (INCLUDE / "reporting" / folder).glob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                    continue
                first = node.args[0]
                if node.func.id in {"make_finding", "_note"} and isinstance(first, ast.Constant):
                    named.add(str(first.value))
    return named


def test_every_rule_that_is_given_has_words() -> None:
    assert rules_of_suites()
    assert len(rules_named_in_code()) > 8
    assert rules_of_suites() | rules_named_in_code() | NOTICES <= told().keys()


@pytest.mark.parametrize(
    ("rule", "variant"),
    [(rule, variant) for rule, variants in sorted(told().items()) for variant in sorted(variants, key=str)],
)
def test_every_message_says_what_and_how_to_mend(rule: str, variant: str | None) -> None:
    finding = make_finding(
        rule, "error", "cells", variant=variant, sheet="Biểu 1", cells=["C12"], label="Quy chế năm 2011",
        value_seen="đang làm", **SAID,
    )  # fmt: skip
    place, _, rest = finding.message.partition(": ")
    what, arrow, mend = rest.partition(MEND)
    assert place == 'Trang "Biểu 1", ô C12 (Quy chế năm 2011)'
    assert arrow
    assert len(what.split()) >= 2
    assert len(mend.split()) >= 2
    assert finding.message.endswith((".", ".)"))
    assert "{" not in finding.message
    assert not HARSH.search(finding.message)


EXAMPLES = {
    "mark_yes": (MARKS, "E6"),
    "mark_no": (MARKS, "E6"),
    "mark_not_applicable": (MARKS, "E6"),
    "document_number": (MARKS, "F6"),
    "document_on": (MARKS, "G7"),
    "blank_means_no": TICK,
    "section": (SECTIONS, "D5"),
}


def test_what_the_instructions_show_is_accepted() -> None:
    examples = instruction_examples(form())
    assert EXAMPLES.keys() <= examples.keys()
    in_2012: Entries = {(MARKS, "E7"): "X", (MARKS, "F7"): "7/QĐ-UBND", (MARKS, "G7"): "5/3/2012"}
    complete: Entries = {**GOOD, **in_2012}
    for key, place in EXAMPLES.items():
        entries = {**complete, place: examples[key]}
        if key in {"mark_no", "mark_not_applicable"}:
            entries |= {(MARKS, "F6"): None, (MARKS, "G6"): None}
        checked = check(fill(request_workbook(), entries))
        assert (key, [finding.message for finding in checked.findings]) == (key, [])


def near(message: str) -> set[str]:
    return set(re.findall(r"\w+", message.casefold()))


USUAL = yaml.safe_load((Path(__file__).parents[2] / "data" / "usual_faults.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("usual", USUAL, ids=lambda usual: usual["rule"])
def test_the_usual_faults_are_told_as_drafted(usual: dict[str, str]) -> None:
    finding = make_finding(
        usual["rule"], "error", "cells", variant=usual["variant"], value_seen="đang làm", **SAID
    )
    wanted = near(usual["drafted"])
    assert len(wanted & near(finding.message)) >= 0.85 * len(wanted), finding.message


_NAME = read(request_workbook()).cover["organization_name"]
ORGANIZATION_NAME = (_NAME.sheet, _NAME.address)
FAULTS: list[Entries] = [
    {**GOOD, TICK: None},
    {**GOOD, (MARKS, "E7"): "đang làm"},
    {**GOOD, (MARKS, "E8"): "X"},
    {**GOOD, (MARKS, "G6"): "31/02/2011"},
    {**GOOD, ORGANIZATION_NAME: "Sở Thông tin và Truyền thông Quảng Bình"},
]


@pytest.mark.parametrize("entries", FAULTS)
def test_what_goes_back_names_a_place(entries: Entries) -> None:
    checked = check(fill(request_workbook(), entries))
    errors = [finding for finding in checked.findings if finding.severity == "error"]
    assert (checked.outcome == "to_complete") == bool(errors)
    assert all(finding.sheet and finding.cell for finding in errors)
