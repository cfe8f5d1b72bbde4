"""Where the time of one pass goes: the functions of the pipeline, each timed from outside."""

from __future__ import annotations

import functools
import importlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

STAGES = {
    "read from the archive": ("reporting.archive:read",),
    "open and match": ("reporting.intake.process:open_arrivals",),
    "keep by itself": ("reporting.intake.process:_archived",),
    "context of the checks": ("reporting.intake.process:check_context",),
    "read the workbooks": ("reporting.validation.check:read_workbook",),
    "check": ("reporting.intake.process:check_batch",),
    "record": ("reporting.intake.answering:record_submissions",),
    "queue the answers": ("reporting.intake.answering:queue_answers",),
    "note what came": ("reporting.intake.process:_keep", "reporting.intake.process:_note"),
    "commit": ("reporting.intake.process:_settle",),
}
"""Name of each stage and its functions, as module:name where they are looked up."""

_INSIDE = {
    "open and match": ("read from the archive",),
    "check": ("read the workbooks",),
    "commit": ("record", "queue the answers", "note what came"),
}
"""What is measured within another stage is taken off it."""


@contextmanager
def timed() -> Iterator[Callable[[], dict[str, float]]]:
    """Time the stages while the block runs; call what it yields for the seconds of each, by itself."""
    spent = dict.fromkeys(STAGES, 0.0)
    given: list[tuple[object, str, object]] = []
    for stage, places in STAGES.items():
        for place in places:
            module_name, _, name = place.partition(":")
            module = importlib.import_module(module_name)
            given.append((module, name, getattr(module, name)))
            setattr(module, name, _wrapped(getattr(module, name), stage, spent))
    try:
        yield lambda: {
            stage: seconds - sum(spent[inner] for inner in _INSIDE.get(stage, ()))
            for stage, seconds in spent.items()
        }
    finally:
        for owner, name, function in given:
            setattr(owner, name, function)


def lines(seconds: dict[str, float], count: int) -> Sequence[str]:
    """The stages with milliseconds per workbook, for a terminal."""
    return [f"  {seconds[stage] / count * 1000:7.3f} ms  {stage}" for stage in STAGES]


def _wrapped(function: Callable[..., Any], stage: str, spent: dict[str, float]) -> Callable[..., Any]:
    @functools.wraps(function)
    def measured(*arguments: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            spent[stage] += time.perf_counter() - began

    return measured
