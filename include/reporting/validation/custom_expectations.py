"""Expectations that Great Expectations does not bring: subclasses of its own classes, for its pandas engine.

Importing this module registers them. It imports the library, which takes seconds: only the pass itself does.
"""

from __future__ import annotations

from typing import Any, ClassVar

import pandas as pd
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import MulticolumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import (
    multicolumn_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_map_metric_provider import (
    MulticolumnMapMetricProvider,
)


class _BetweenBoundsOfRow(MulticolumnMapMetricProvider):
    condition_metric_name = "multicolumn_values.first_between_others"
    condition_value_keys = ()

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, column_list: pd.DataFrame, **kwargs: Any) -> pd.Series[bool]:
        value, lowest, highest = (column_list.iloc[:, n] for n in range(3))
        return (value >= lowest) & (value <= highest)


class ExpectValueToLieBetweenBoundsOfItsRow(MulticolumnMapExpectation):
    """Expect the first column to lie between the second and the third, both included."""

    map_metric: ClassVar[str] = "multicolumn_values.first_between_others"
