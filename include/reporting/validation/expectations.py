"""One pass of Great Expectations over a frame: which rows fail which expectation.

The library takes seconds to import, so it is imported when the first batch is checked. Its context lives in
memory, writes nothing to disk and sends nothing to anybody; it is made once per process.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import itemgetter
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_ONE_PASS = Lock()
"""The library keeps the frame of a pass in its context: passes of several threads go one after another."""


class ExpectationsError(RuntimeError):
    """Great Expectations could not evaluate an expectation: a fault of ours, never of the workbook."""


@dataclass(frozen=True)
class Failure:
    """An expectation, by its meta, and the rows that fail it, ascending."""

    meta: Mapping[str, Any]
    row_ids: tuple[int, ...]


def failures(frame: pd.DataFrame, suite: Mapping[str, Any]) -> list[Failure]:
    """Run the suite over the frame; the failures in the order of the suite's expectations. The frame's index
    numbers its rows.

    The pass over the whole suite asks only whether each expectation is met; those that are not are then asked
    for their rows, which is what takes the library long. Raises ExpectationsError naming the expectation when
    one cannot be evaluated.
    """
    expectations = suite["expectations"]
    with _ONE_PASS:
        unmet = [
            expectations[place]
            for place, result in sorted(
                _validate(frame, suite["name"], expectations, "BOOLEAN_ONLY").items(), key=itemgetter(0)
            )
            if not result.success
        ]
        if not unmet:
            return []
        results = _validate(frame, suite["name"], unmet, "COMPLETE")
    return [Failure(unmet[place]["meta"], _rows(results[place], suite["name"])) for place in sorted(results)]


def _rows(result: Any, name: str) -> tuple[int, ...]:
    rows = result.result.get("unexpected_index_list")
    if not rows:
        raise ExpectationsError(f"suite {name}, {_named(result)}: failed without naming rows")
    return tuple(sorted(int(row) for row in rows))


def _validate(
    frame: pd.DataFrame, name: str, expectations: Sequence[Mapping[str, Any]], result_format: str
) -> dict[int, Any]:
    """The results by the place of their expectation."""
    batch = _batch_definition().get_batch({"dataframe": frame})
    validated = batch.validate(
        _suite(json.dumps({"name": name, "expectations": list(expectations)})),
        result_format={"result_format": result_format, "return_unexpected_index_query": False},
    )
    places = {_key(expectation["meta"]): place for place, expectation in enumerate(expectations)}
    results: dict[int, Any] = {}
    for result in validated.results:
        if result.exception_info and _raised(result.exception_info):
            raise ExpectationsError(f"suite {name}, {_named(result)}: {result.exception_info}")
        results[places[_key(result.expectation_config.meta)]] = result
    return results


def _named(result: Any) -> str:
    config = result.expectation_config
    return f"{config.type} ({config.meta})"


@lru_cache(maxsize=64)
def _suite(content: str) -> Any:
    import great_expectations as gx

    return gx.ExpectationSuite(**json.loads(content))


@cache
def _batch_definition() -> Any:
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    import reporting.validation.custom_expectations  # noqa: F401 - registers them

    for name in ("great_expectations", "great_expectations.validator", "great_expectations.data_context"):
        logging.getLogger(name).setLevel(logging.WARNING)
    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
            analytics_enabled=False,
        ),
    )
    asset = context.data_sources.add_pandas("workbooks").add_dataframe_asset("batch")
    return asset.add_batch_definition_whole_dataframe("all")


def _key(meta: Mapping[str, Any]) -> tuple[str, str, str, str]:
    return str(meta["rule"]), str(meta["severity"]), str(meta["warn_until"]), str(meta["cell"])


def _raised(info: Mapping[str, Any]) -> bool:
    """Great Expectations reports one exception flat, several by metric."""
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(isinstance(value, Mapping) and value.get("raised_exception") for value in info.values())
