"""The Great Expectations suite of a form version, written from the form's own rules to
expectations/<form>.json.

`python -m reporting.validation.suite` writes every suite anew. One expectation demands one thing; its
`meta` says by which rule a failure is worded, at which gate, how severe it is, and which cell of the row is
meant.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from reporting.forms.models import Column, Form, Quantity, all_forms, mark_key
from reporting.settings import PROJECT
from reporting.validation.readings import KINDS, NUMBER_KINDS, bounds_of

FOLDER = PROJECT / "expectations"

Expectation = dict[str, Any]
_log = logging.getLogger(__name__)
_DOCUMENT_NUMBER = r"^(?!\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}$)(?s:.*)\d"
"""A digit, and more than a date: what Excel makes of 5/12 is none."""
_OWN = "own"
"""Stands for the cell of a row that has but one."""
_COMPARED = ("answer", "subject", "amount")


class SuiteError(ValueError):
    """A suite is missing or does not belong to its form; the message names the file and the remedy."""


def suite_path(form: Form) -> Path:
    """Where the suite of a form version stands."""
    return FOLDER / f"{form.code}@{form.version}.json"


def suite_for(form: Form) -> dict[str, Any]:
    """The suite that the form's rules make, as Great Expectations stores it.

    It checks a frame with one row per thing that can be right or wrong in a batch of workbooks (see
    reporting.validation.frame). A column is filled only in the rows to which its rules apply, so that no
    expectation needs a condition on rows; what depends on the cycle, such as the first day of its period,
    stands in the frame. Raises SuiteError when the form demands explanations under a rule that it has not.
    """
    expectations = list(_expectations(form))
    strays = set(form.must_explain) - {expectation["meta"]["rule"] for expectation in expectations}
    if strays:
        raise SuiteError(
            f"form {form.code}@{form.version}: must_explain names no rule of this form: "
            f"{', '.join(sorted(strays))}; `reporting rules list` shows the rules there are"
        )
    return {
        "name": f"{form.code}@{form.version}",
        "expectations": expectations,
        "meta": {
            "form_code": form.code,
            "form_version": form.version,
            "form_content_hash": form.content_hash,
        },
        "notes": "Written by python -m reporting.validation.suite; change the form, not this file.",
    }


def _expectations(form: Form) -> Iterator[Expectation]:
    yield _expect(
        "expect_column_values_to_be_null", {"column": "formula"}, rule="formula_has_result", cell="formula"
    )
    if form.indicators:
        yield from _marks(form)
    yield _none_of("date_reading", ["unreadable"], rule="date_is_valid", cell="document_on")
    yield _none_of(
        "date_reading", ["implausible"], rule="date_is_plausible", severity="warning", cell="document_on"
    )
    yield from _readings(form)
    if form.indicators:
        yield from _document_dates()
    yield _expect(
        "expect_column_values_to_match_regex",
        {"column": "document_number", "regex": _DOCUMENT_NUMBER},
        rule="document_number_is_plausible",
        severity="warning",
        cell="document_number",
    )
    if any(True for _ in _numbers(form)):
        yield _none_of(
            "number_notation", ["ambiguous"], rule="number_is_unambiguous", severity="warning", cell="value"
        )
    if any(one.kind == "percent" for _, one in _numbers(form)):
        yield _none_of(
            "number_notation", ["fraction"], rule="percent_is_no_fraction", severity="warning", cell="value"
        )
    yield from _required(form)
    yield from _amounts(form)
    if form.nil is not None:
        yield _expect(
            "expect_column_values_to_be_null",
            {"column": "contradicts_nil"},
            rule="nil_is_consistent",
            stage="form",
            cell=_OWN,
        )
    asked_for = [section.code for section in form.sections if section.blank == "warning"]
    if asked_for:
        yield _none_of(
            "blank_section", asked_for, rule="section_is_filled", severity="warning", stage="form", cell=_OWN
        )
    yield from _history(form)


def _marks(form: Form) -> Iterator[Expectation]:
    """Marks that mean something, and go with the document behind them."""
    yield _expect(
        "expect_column_values_to_be_in_set",
        {"column": "mark", "value_set": sorted(form.mark_meanings)},
        rule="mark_is_valid",
        cell="mark",
    )
    yield _none_of("mark_state", ["blank"], rule="blank_mark_is_confirmed", cell="mark")
    contradicted = ["blank_with_evidence", "no_with_evidence"]
    yield _none_of("mark_state", contradicted, rule="evidence_has_mark", cell="mark")
    yield _none_of(
        "mark_state", ["no_but_explained"], rule="evidence_has_mark", severity="warning", cell="mark"
    )
    yield from _evidence(form)


def _document_dates() -> Iterator[Expectation]:
    """Documents dated within the period, and within the year of their mark."""
    for span, rule, severity in (
        ("period", "document_date_is_in_period", "error"),
        ("year", "document_date_is_in_year", "warning"),
    ):
        yield _expect(
            "expect_value_to_lie_between_bounds_of_its_row",
            {
                "column_list": ["document_on", f"{span}_earliest_on", f"{span}_latest_on"],
                "ignore_row_if": "any_value_is_missing",
            },
            rule=rule,
            severity=severity,
            cell="document_on",
        )


def _readings(form: Form) -> Iterator[Expectation]:
    """Numbers that are numbers, choices that are offered."""
    list_columns = [(f"{table.code}.{c.code}", c) for table in form.lists for c in table.columns]
    if form.quantity_rows or any(column.kind in NUMBER_KINDS for _, column in list_columns):
        yield _none_of("number_reading", ["unreadable"], rule="number_is_readable", cell="value")
    choices = [f"{key}={mark_key(c)}" for key, column in list_columns for c in column.choices]
    yield _expect(
        "expect_column_values_to_be_in_set",
        {"column": "choice", "value_set": sorted([*choices, *(f"cover.status={kind}" for kind in KINDS)])},
        rule="choice_is_offered",
        cell=_OWN,
    )


def _required(form: Form) -> Iterator[Expectation]:
    """What may not be left blank among the numbers and in the rows of open tables."""
    numbers = _grouped(form.quantity_rows, lambda one: one.required)
    for (severity, until), quantities in numbers.items():
        codes = [one.code for one in quantities]
        yield _none_of(
            "blank_number", codes, rule="number_is_given", cell="value", stage="form",
            severity=severity, warn_until=until,
        )  # fmt: skip
    columns: dict[tuple[str, str | None], list[str]] = {}
    for table in form.lists:
        for (severity, until), found in _grouped(table.columns, lambda one: one.required).items():
            columns.setdefault((severity, until), []).extend(f"{table.code}.{c.code}" for c in found)
    for (severity, until), keys in columns.items():
        yield _none_of(
            "blank_list_cell", keys, rule="list_cell_is_given", cell=_OWN, stage="form",
            severity=severity, warn_until=until,
        )  # fmt: skip


def _amounts(form: Form) -> Iterator[Expectation]:
    """Whole counts, ranges, totals, comparisons within an answer; one of each per way of being severe."""
    whole = _rule_groups(form, lambda one: one.kind == "count" or None)
    yield from _amount_rules("expect_amounts_to_be_whole", "subjects", whole, "count_is_whole", keyed=False)
    ranges = _rule_groups(form, _range)
    yield from _amount_rules("expect_amounts_to_lie_in_their_ranges", "ranges", ranges, "number_is_in_range")
    totals = _rule_groups(form, lambda one: list(getattr(one, "total_of", ())) or None)
    yield from _amount_rules(
        "expect_totals_to_equal_the_sum_of_their_parts", "totals", totals, "total_is_sum_of_parts",
        columns=_COMPARED,
    )  # fmt: skip
    limits = _rule_groups(form, lambda one: getattr(one, "at_most", None))
    yield from _amount_rules(
        "expect_amounts_to_be_at_most_another", "limits", limits, "number_is_at_most_another",
        columns=_COMPARED,
    )  # fmt: skip
    summed = [
        f"{table.code}.{column.code}"
        for table in form.lists
        for column in table.columns
        if column.kind in NUMBER_KINDS and column.kind != "percent"
    ]
    if summed:
        yield _none_of(
            "list_total", summed, rule="list_total_is_sum_of_rows", severity="warning", stage="form",
            cell=_OWN,
        )  # fmt: skip
    needs = _rule_groups(form, lambda one: getattr(one, "needs_mark", None))
    yield from _amount_rules(
        "expect_amounts_to_have_another", "needs", needs, "number_has_its_mark", columns=_COMPARED
    )


def _amount_rules(
    expectation: str,
    argument: str,
    groups: Mapping[tuple[str, str | None], dict[str, Any]],
    rule: str,
    *,
    columns: tuple[str, ...] = ("subject", "amount"),
    keyed: bool = True,
) -> Iterator[Expectation]:
    for (severity, until), values in groups.items():
        yield _expect(
            expectation,
            {"column_list": list(columns), argument: values if keyed else list(values)},
            rule=rule, stage="form", cell="value", severity=severity, warn_until=until,
        )  # fmt: skip


def _history(form: Form) -> Iterator[Expectation]:
    """Comparisons with the office's last answer; warnings, always."""
    if form.nil is not None:
        yield _none_of(
            "nil_unlike_last_time", ["nothing_occurred"], rule="nil_is_like_last_time", severity="warning",
            stage="history", cell=_OWN,
        )  # fmt: skip
    lasting = [indicator.code for indicator in form.indicators if indicator.is_lasting]
    if lasting:
        yield _none_of(
            "dropped_mark", lasting, rule="mark_is_kept", severity="warning", stage="history", cell="mark"
        )
    amounts = [one.code for one in form.quantity_rows if one.kind == "amount" and one.history.times]
    times = {one.code: one.history.times for one in form.quantity_rows if one.history.times}
    kept = [one.code for one in form.quantity_rows if one.history.drop]
    compared = ["subject", "amount", "prior_amount"]
    if amounts:
        yield _expect(
            "expect_amounts_in_the_unit_of_last_time",
            {"column_list": compared, "subjects": amounts},
            rule="unit_is_that_of_last_time", severity="warning", stage="history", cell="value",
        )  # fmt: skip
    if times:
        yield _expect(
            "expect_amounts_like_last_time",
            {"column_list": compared, "times": times},
            rule="number_is_like_last_time", severity="warning", stage="history", cell="value",
        )  # fmt: skip
    if kept:
        yield _none_of(
            "dropped_number", kept, rule="number_is_kept", severity="warning", stage="history", cell="value"
        )


def _range(one: Quantity | Column) -> list[float | None] | None:
    bounds = bounds_of(one)
    return None if bounds == (None, None) else list(bounds)


_Severe = TypeVar("_Severe", Quantity, Column)


def _grouped(
    rows: Iterable[_Severe], applies: Callable[[_Severe], bool]
) -> dict[tuple[str, str | None], list[_Severe]]:
    """The rows a rule applies to by severity and the day up to which it only warns."""
    groups: dict[tuple[str, str | None], list[_Severe]] = {}
    for row in rows:
        if applies(row):
            until = row.warn_until.isoformat() if row.warn_until else None
            groups.setdefault((row.severity, until), []).append(row)
    return groups


def _rule_groups(
    form: Form, argument: Callable[[Quantity | Column], Any]
) -> dict[tuple[str, str | None], dict[str, Any]]:
    """What a rule demands of each number, of the table of numbers and of open tables, by severity; None: the
    rule does not apply.
    """
    found: dict[tuple[str, str | None], dict[str, Any]] = {}
    for key, one in _numbers(form):
        demanded = argument(one)
        if demanded is not None:
            until = one.warn_until.isoformat() if one.warn_until else None
            found.setdefault((one.severity, until), {})[key] = demanded
    return found


def _numbers(form: Form) -> Iterator[tuple[str, Quantity | Column]]:
    for quantity in form.quantity_rows:
        yield quantity.code, quantity
    for table in form.lists:
        for column in table.columns:
            if column.kind in NUMBER_KINDS:
                yield f"{table.code}.{column.code}", column


def _evidence(form: Form) -> Iterator[Expectation]:
    """Number and date behind a mark, one pair of expectations per way of being severe about it."""
    groups: dict[tuple[str, str | None], list[str]] = {}
    for indicator in form.indicators:
        rule = indicator.evidence
        if rule.required:
            until = rule.warn_until.isoformat() if rule.warn_until else None
            groups.setdefault((rule.severity, until), []).append(indicator.code)
    for (severity, until), codes in groups.items():
        for column, cell in (
            ("mark_without_number", "document_number"),
            ("mark_without_date", "document_on"),
        ):
            yield _none_of(
                column, codes, rule="mark_has_evidence", severity=severity, warn_until=until, cell=cell
            )


def _none_of(
    column: str,
    values: list[str],
    *,
    rule: str,
    cell: str,
    severity: str = "error",
    stage: str = "cells",
    warn_until: str | None = None,
) -> Expectation:
    return _expect(
        "expect_column_values_to_not_be_in_set",
        {"column": column, "value_set": values},
        rule=rule,
        cell=cell,
        severity=severity,
        stage=stage,
        warn_until=warn_until,
    )


def _expect(
    expectation: str,
    kwargs: dict[str, Any],
    *,
    rule: str,
    cell: str,
    severity: str = "error",
    stage: str = "cells",
    warn_until: str | None = None,
) -> Expectation:
    """One expectation over the rows in which its columns are not empty."""
    return {
        "type": expectation,
        "kwargs": kwargs,
        "meta": {"rule": rule, "stage": stage, "severity": severity, "warn_until": warn_until, "cell": cell},
        "severity": "warning" if severity == "warning" else "critical",
    }


def dumps(suite: dict[str, Any]) -> str:
    """The text of a suite's file."""
    return json.dumps(suite, ensure_ascii=False, indent=2) + "\n"


def load_suite(form: Form) -> dict[str, Any]:
    """The suite of a form version, read from its file.

    Raises SuiteError when there is none or when it was written for another content of the form.
    """
    path = suite_path(form)
    remedy = "run python -m reporting.validation.suite"
    if not path.exists():
        raise SuiteError(f"{path}: there is no suite for form {form.code}@{form.version}; {remedy}")
    try:
        suite: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SuiteError(f"{path}: not readable as JSON ({error}); {remedy}") from error
    if suite.get("meta", {}).get("form_content_hash") != form.content_hash:
        raise SuiteError(f"{path}: written for another content of form {form.code}@{form.version}; {remedy}")
    return suite


def suite_in_use(form: Form) -> dict[str, Any]:
    """The suite by which answers on a form are checked: its file, or, where that was written for another
    content, the one that the form itself makes.

    A cycle keeps the form as it was when the cycle was opened; a file that was changed since must not keep
    its offices from being answered. A form made for a cycle has no file.
    """
    if form.is_derived:
        return suite_for(form)
    try:
        return load_suite(form)
    except SuiteError as error:
        _log.warning("%s; the suite is made from the form as its cycle keeps it", error)
        return suite_for(form)


def write_suites() -> list[Path]:
    """Write the suite of every form version; returns their files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    paths = []
    for form in all_forms():
        path = suite_path(form)
        path.write_text(dumps(suite_for(form)), encoding="utf-8")
        paths.append(path)
    return paths


if __name__ == "__main__":
    write_suites()
