"""Expectations that Great Expectations does not bring: subclasses of its own classes, for its pandas engine.

Importing this module registers them. It imports the library, which takes seconds: only the pass itself does.
A row in which one of the columns is empty meets every one of them, as with the library's own.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import MulticolumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import (
    multicolumn_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_map_metric_provider import (
    MulticolumnMapMetricProvider,
)

_SLACK = 1e-6
"""Sums of decimal numbers may differ by this much of themselves."""
_SLIPS = (1_000.0, 1_000_000.0)
"""How far apart the units are that are taken for each other: đồng, nghìn đồng, triệu đồng, tỷ đồng."""
_SLIP_WITHIN = 3.0
"""A number this many times off a slip is still taken for one: the true number moved meanwhile."""

Ignore = Literal["all_values_are_missing", "any_value_is_missing", "never"]
_condition = multicolumn_condition_partial(engine=PandasExecutionEngine)


class _BetweenBoundsOfRow(MulticolumnMapMetricProvider):
    condition_metric_name = "kbc.between_bounds_of_row"
    condition_value_keys = ()

    @_condition  # type: ignore[untyped-decorator]
    def _pandas(cls, column_list: pd.DataFrame, **kwargs: Any) -> pd.Series[bool]:
        value, lowest, highest = (column_list.iloc[:, n] for n in range(3))
        return (value >= lowest) & (value <= highest)


class ExpectValueToLieBetweenBoundsOfItsRow(MulticolumnMapExpectation):
    """Expect the first column to lie between the second and the third, both included."""

    map_metric: ClassVar[str] = "kbc.between_bounds_of_row"
    ignore_row_if: Ignore = "any_value_is_missing"


class _Whole(MulticolumnMapMetricProvider):
    condition_metric_name = "kbc.whole"
    condition_value_keys = ("subjects",)

    @_condition  # type: ignore[untyped-decorator]
    def _pandas(cls, column_list: pd.DataFrame, **kwargs: Any) -> pd.Series[bool]:
        subject, amount = column_list.iloc[:, 0], column_list.iloc[:, 1]
        return ~subject.isin(kwargs["subjects"]) | (amount % 1 == 0)


class ExpectAmountsToBeWhole(MulticolumnMapExpectation):
    """Expect the amounts of some subjects to be whole numbers. Columns: subject, amount."""

    map_metric: ClassVar[str] = "kbc.whole"
    success_keys = ("subjects",)
    args_keys = ("column_list", "subjects")
    ignore_row_if: Ignore = "any_value_is_missing"
    subjects: list[str]


class _InRange(MulticolumnMapMetricProvider):
    condition_metric_name = "kbc.in_range"
    condition_value_keys = ("ranges",)

    @_condition  # type: ignore[untyped-decorator]
    def _pandas(cls, column_list: pd.DataFrame, **kwargs: Any) -> pd.Series[bool]:
        subject, amount = column_list.iloc[:, 0], column_list.iloc[:, 1]
        ranges = kwargs["ranges"]
        lowest = subject.map({key: low for key, (low, _) in ranges.items() if low is not None}).astype(float)
        highest = subject.map({key: high for key, (_, high) in ranges.items() if high is not None})
        return ~(amount < lowest) & ~(amount > highest.astype(float))


class ExpectAmountsToLieInTheirRanges(MulticolumnMapExpectation):
    """Expect the amount of each subject to lie in its range, a pair of bounds that are included, None for
    none. Columns: subject, amount.
    """

    map_metric: ClassVar[str] = "kbc.in_range"
    success_keys = ("ranges",)
    args_keys = ("column_list", "ranges")
    ignore_row_if: Ignore = "any_value_is_missing"
    ranges: dict[str, list[float | None]]


class _TotalOfParts(MulticolumnMapMetricProvider):
    condition_metric_name = "kbc.total_of_parts"
    condition_value_keys = ("totals",)

    @_condition  # type: ignore[untyped-decorator]
    def _pandas(cls, column_list: pd.DataFrame, **kwargs: Any) -> pd.Series[bool]:
        answer, subject, amount = (column_list.iloc[:, n] for n in range(3))
        meets = pd.Series(data=True, index=column_list.index)
        for total, parts in kwargs["totals"].items():
            is_part = subject.isin(parts)
            sums = amount[is_part].groupby(answer[is_part]).sum()
            stated = amount[subject == total]
            expected = answer[subject == total].map(sums)
            # without any part there is nothing to compare with
            meets[stated.index] = expected.isna() | np.isclose(stated, expected, rtol=_SLACK, atol=_SLACK)
        return meets


class ExpectTotalsToEqualTheSumOfTheirParts(MulticolumnMapExpectation):
    """Expect the amount of each total to be the sum of its parts in the same answer. Columns: answer,
    subject, amount.
    """

    map_metric: ClassVar[str] = "kbc.total_of_parts"
    success_keys = ("totals",)
    args_keys = ("column_list", "totals")
    ignore_row_if: Ignore = "any_value_is_missing"
    totals: dict[str, list[str]]


class _AtMostAnother(MulticolumnMapMetricProvider):
    condition_metric_name = "kbc.at_most_another"
    condition_value_keys = ("limits",)

    @_condition  # type: ignore[untyped-decorator]
    def _pandas(cls, column_list: pd.DataFrame, **kwargs: Any) -> pd.Series[bool]:
        return ~(column_list.iloc[:, 2] > _others(column_list, kwargs["limits"]) * (1 + _SLACK))


class ExpectAmountsToBeAtMostAnother(MulticolumnMapExpectation):
    """Expect the amount of a subject not to exceed that of another in the same answer. Columns: answer,
    subject, amount.
    """

    map_metric: ClassVar[str] = "kbc.at_most_another"
    success_keys = ("limits",)
    args_keys = ("column_list", "limits")
    ignore_row_if: Ignore = "any_value_is_missing"
    limits: dict[str, str]


class _HasAnother(MulticolumnMapMetricProvider):
    condition_metric_name = "kbc.has_another"
    condition_value_keys = ("needs",)

    @_condition  # type: ignore[untyped-decorator]
    def _pandas(cls, column_list: pd.DataFrame, **kwargs: Any) -> pd.Series[bool]:
        return ~((column_list.iloc[:, 2] > 0) & (_others(column_list, kwargs["needs"]) == 0))


class ExpectAmountsToHaveAnother(MulticolumnMapExpectation):
    """Expect a subject with an amount above nil to come with another that is not nil in the same answer.
    Columns: answer, subject, amount.
    """

    map_metric: ClassVar[str] = "kbc.has_another"
    success_keys = ("needs",)
    args_keys = ("column_list", "needs")
    ignore_row_if: Ignore = "any_value_is_missing"
    needs: dict[str, str]


class _UnitOfLastTime(MulticolumnMapMetricProvider):
    condition_metric_name = "kbc.unit_of_last_time"
    condition_value_keys = ("subjects",)

    @_condition  # type: ignore[untyped-decorator]
    def _pandas(cls, column_list: pd.DataFrame, **kwargs: Any) -> pd.Series[bool]:
        ratio = _ratio(column_list)
        slipped = pd.Series(data=False, index=column_list.index)
        for slip in _SLIPS:
            slipped |= (ratio > slip / _SLIP_WITHIN) & (ratio < slip * _SLIP_WITHIN)
        return ~(slipped & column_list.iloc[:, 0].isin(kwargs["subjects"]))


class ExpectAmountsInTheUnitOfLastTime(MulticolumnMapExpectation):
    """Expect the amounts of some subjects not to be about 1,000 or 1,000,000 times as large or as small as
    last time. Columns: subject, amount, prior amount.
    """

    map_metric: ClassVar[str] = "kbc.unit_of_last_time"
    success_keys = ("subjects",)
    args_keys = ("column_list", "subjects")
    ignore_row_if: Ignore = "any_value_is_missing"
    subjects: list[str]


class _LikeLastTime(MulticolumnMapMetricProvider):
    condition_metric_name = "kbc.like_last_time"
    condition_value_keys = ("times",)

    @_condition  # type: ignore[untyped-decorator]
    def _pandas(cls, column_list: pd.DataFrame, **kwargs: Any) -> pd.Series[bool]:
        times = column_list.iloc[:, 0].map(kwargs["times"]).astype(float)
        return ~(_ratio(column_list) >= times)


class ExpectAmountsLikeLastTime(MulticolumnMapExpectation):
    """Expect the amounts of some subjects not to be so many times as large or as small as last time, or more.
    Columns: subject, amount, prior amount.
    """

    map_metric: ClassVar[str] = "kbc.like_last_time"
    success_keys = ("times",)
    args_keys = ("column_list", "times")
    ignore_row_if: Ignore = "any_value_is_missing"
    times: dict[str, float]


def _others(column_list: pd.DataFrame, other_of: dict[str, str]) -> pd.Series[float]:
    """For every row the amount of the subject that its own is compared with, in the same answer."""
    answer, subject, amount = (column_list.iloc[:, n] for n in range(3))
    by_place = dict(zip(zip(answer, subject, strict=True), amount, strict=True))
    found = [
        by_place.get((where, other_of[what]), np.nan) if what in other_of else np.nan
        for where, what in zip(answer, subject, strict=True)
    ]
    return pd.Series(found, index=column_list.index, dtype=float)


def _ratio(column_list: pd.DataFrame) -> pd.Series[float]:
    """How many times as large or as small as before; empty where one of the two is nil or below."""
    amount = column_list.iloc[:, 1].where(column_list.iloc[:, 1] > 0)
    before = column_list.iloc[:, 2].where(column_list.iloc[:, 2] > 0)
    ratio = amount / before
    return ratio.where(ratio >= 1, 1 / ratio)
