"""Every type of expectation that a suite uses names the rows that fail it, on the pinned library."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from reporting.forms.models import all_forms
from reporting.validation import suite as suites
from reporting.validation.expectations import failures

SUBJECT = ["a", "b", "c", None, "a", "b", "c"]
ANSWER = [1.0, 1.0, 1.0, np.nan, 2.0, 2.0, 2.0]
COMPARED = ["answer", "subject", "amount"]
PRIOR = ["subject", "amount", "prior"]

CASES: dict[str, list[tuple[dict[str, Any], dict[str, list[Any]], set[int]]]] = {
    "expect_column_values_to_be_null": [({"column": "x"}, {"x": [None, "=1/0", None]}, {1})],
    "expect_column_values_to_be_in_set": [
        ({"column": "x", "value_set": ["a", "b"]}, {"x": ["a", None, "c", "b"]}, {2})
    ],
    "expect_column_values_to_not_be_in_set": [
        ({"column": "x", "value_set": ["a", "b"]}, {"x": ["a", None, "c", "b"]}, {0, 3})
    ],
    "expect_column_values_to_match_regex": [
        ({"column": "x", "regex": r"\d"}, {"x": ["12/QĐ", None, "số"]}, {2})
    ],
    "expect_value_to_lie_between_bounds_of_its_row": [
        (
            {"column_list": ["x", "low", "high"], "ignore_row_if": "any_value_is_missing"},
            {"x": [1.0, 2.0, 3.0, np.nan], "low": [1.0, 3.0, 0.0, 1.0], "high": [1.0, 4.0, 2.0, 1.0]},
            {1, 2},
        )
    ],
    "expect_amounts_to_be_whole": [
        (
            {"column_list": ["subject", "amount"], "subjects": ["a", "c"]},
            {"subject": SUBJECT, "amount": [1.5, 1.5, 2.0, np.nan, -3.0, 0.0, 0.25]},
            {0, 6},
        )
    ],
    "expect_amounts_to_lie_in_their_ranges": [
        (
            {"column_list": ["subject", "amount"], "ranges": {"a": [0, 100], "b": [0, None]}},
            {"subject": SUBJECT, "amount": [100.0, 1e9, -5.0, np.nan, 100.1, -0.1, 7.0]},
            {4, 5},
        ),
        (
            {"column_list": ["subject", "amount"], "ranges": {"c": [None, 3]}},
            {"subject": SUBJECT, "amount": [9.0, 9.0, 3.5, np.nan, 9.0, 9.0, -9.0]},
            {2},
        ),
    ],
    "expect_totals_to_equal_the_sum_of_their_parts": [
        (
            {"column_list": COMPARED, "totals": {"a": ["b", "c"]}},
            {"answer": ANSWER, "subject": SUBJECT, "amount": [0.3, 0.1, 0.2, np.nan, 45.0, 40.0, 3.0]},
            {4},
        ),
        (  # a part that is blank is left out; without any part there is nothing to compare with
            {"column_list": COMPARED, "totals": {"a": ["b", "c"]}},
            {"answer": ANSWER, "subject": SUBJECT, "amount": [5.0, np.nan, np.nan, 1.0, 5.0, np.nan, 4.0]},
            {4},
        ),
    ],
    "expect_amounts_to_be_at_most_another": [
        (
            {"column_list": COMPARED, "limits": {"b": "a"}},
            {"answer": ANSWER, "subject": SUBJECT, "amount": [2.0, 2.0, 9.0, np.nan, 2.0, 2.5, 9.0]},
            {5},
        )
    ],
    "expect_amounts_to_have_another": [
        (
            {"column_list": COMPARED, "needs": {"b": "a"}},
            {"answer": ANSWER, "subject": SUBJECT, "amount": [0.0, 0.0, 9.0, np.nan, 0.0, 2.5, 9.0]},
            {5},
        ),
        (  # what is not known is not held against it
            {"column_list": COMPARED, "needs": {"b": "a"}},
            {"answer": ANSWER, "subject": SUBJECT, "amount": [1.0, 4.0, 9.0, np.nan, np.nan, 2.5, 9.0]},
            set(),
        ),
    ],
    "expect_amounts_in_the_unit_of_last_time": [
        (
            {"column_list": PRIOR, "subjects": ["a", "b"]},
            {
                "subject": SUBJECT,
                "amount": [1_200_000_000.0, 1.0, 5_000.0, np.nan, 100.0, 0.0, 1.0],
                "prior": [1_150.0, 1_500.0, 5.0, np.nan, 1.0, 1_000.0, np.nan],
            },
            {0, 1},
        )
    ],
    "expect_amounts_like_last_time": [
        (
            {"column_list": PRIOR, "times": {"a": 10, "b": 3}},
            {
                "subject": SUBJECT,
                "amount": [99.0, 1.0, 5_000.0, np.nan, 100.0, 0.0, 1.0],
                "prior": [10.0, 3.0, 5.0, np.nan, 10.0, 1_000.0, np.nan],
            },
            {1, 4},
        )
    ],
}  # fmt: skip


def test_every_type_that_is_used_is_tried_here() -> None:
    used = {e["type"] for form in all_forms() for e in suites.suite_for(form)["expectations"]}
    assert used == set(CASES)


@pytest.mark.parametrize(
    ("kind", "kwargs", "columns", "failing"),
    [(kind, *case) for kind, cases in CASES.items() for case in cases],
    ids=[f"{kind}-{n}" for kind, cases in CASES.items() for n in range(len(cases))],
)
def test_the_rows_that_fail_are_named(
    kind: str, kwargs: dict[str, Any], columns: dict[str, list[Any]], failing: set[int]
) -> None:
    meta = {"rule": kind, "severity": "error", "warn_until": None, "cell": "x"}
    suite = {"name": "tried", "expectations": [{"type": kind, "kwargs": kwargs, "meta": meta}]}
    frame = pd.DataFrame(
        {
            name: np.array(v, dtype=object if isinstance(v[0], str | None) else float)
            for name, v in columns.items()
        }
    )
    found = failures(frame, suite)
    assert {row for failure in found for row in failure.row_ids} == failing
    assert all(failure.meta == meta for failure in found)
