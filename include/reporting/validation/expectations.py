"""One pass of Great Expectations over a frame: which rows fail which expectation.

The library takes seconds to import, so it is imported when the first batch is checked. Its context lives in
memory, writes nothing to disk and sends nothing to anybody.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

ROW_ID = "row_id"


class ExpectationsError(RuntimeError):
    """Great Expectations could not evaluate an expectation: a fault of ours, never of the workbook."""


@dataclass(frozen=True)
class Failure:
    """An expectation, by its meta, and the rows that fail it, ascending."""

    meta: Mapping[str, Any]
    row_ids: tuple[int, ...]


def failures(frame: pd.DataFrame, suite: Mapping[str, Any]) -> list[Failure]:
    """Run the suite over the frame once; the failures in the order of the suite's expectations.

    Raises ExpectationsError naming the expectation when one cannot be evaluated.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

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
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    result = batch.validate(
        gx.ExpectationSuite(name=suite["name"], expectations=list(suite["expectations"])),
        result_format={
            "result_format": "COMPLETE",
            "unexpected_index_column_names": [ROW_ID],
            "return_unexpected_index_query": False,
        },
    )
    found: list[Failure] = []
    for outcome in result.results:
        config: Any = outcome.expectation_config
        if outcome.exception_info and _raised(outcome.exception_info):
            raise ExpectationsError(
                f"suite {suite['name']}, {config.type} ({config.meta}): {outcome.exception_info}"
            )
        if outcome.success:
            continue
        rows = outcome.result.get("unexpected_index_list")
        if not rows:
            raise ExpectationsError(
                f"suite {suite['name']}, {config.type} ({config.meta}): failed without naming rows"
            )
        found.append(Failure(dict(config.meta), tuple(sorted(int(row[ROW_ID]) for row in rows))))
    order = {_key(expectation["meta"]): place for place, expectation in enumerate(suite["expectations"])}
    return sorted(found, key=lambda failure: order[_key(failure.meta)])


def _key(meta: Mapping[str, Any]) -> tuple[str, str, str, str]:
    return str(meta["rule"]), str(meta["severity"]), str(meta["warn_until"]), str(meta["cell"])


def _raised(info: Mapping[str, Any]) -> bool:
    """Great Expectations reports one exception flat, several by metric."""
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(isinstance(value, Mapping) and value.get("raised_exception") for value in info.values())
