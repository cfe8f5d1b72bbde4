"""The Great Expectations suite of a form version, written from the form's own rules to
expectations/<form>.json.

`python -m reporting.validation.suite` writes every suite anew. One expectation demands one thing; its
`meta` says by which rule a failure is worded, at which gate, how severe it is, and which cell of the row is
meant.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reporting.forms.models import Form, all_forms
from reporting.settings import PROJECT

FOLDER = PROJECT / "expectations"

Expectation = dict[str, Any]


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
    stands in the frame.
    """
    return {
        "name": f"{form.code}@{form.version}",
        "expectations": list(_expectations(form)),
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
    yield _expect(
        "expect_column_values_to_be_in_set",
        {"column": "mark", "value_set": sorted(form.mark_meanings)},
        rule="mark_is_valid",
        cell="mark",
    )
    for state, rule in (("blank", "blank_mark_is_confirmed"), ("blank_with_evidence", "evidence_has_mark")):
        yield _none_of("mark_state", [state], rule=rule, cell="mark")
    yield from _evidence(form)
    yield _none_of("date_reading", ["unreadable"], rule="date_is_valid", cell="document_on")
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
    yield _expect(
        "expect_column_values_to_match_regex",
        {"column": "document_number", "regex": r"\d"},
        rule="document_number_is_plausible",
        severity="warning",
        cell="document_number",
    )
    asked_for = [section.code for section in form.sections if section.blank == "warning"]
    if asked_for:
        yield _none_of(
            "blank_section",
            asked_for,
            rule="section_is_filled",
            severity="warning",
            stage="form",
            cell="body",
        )


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
