"""A whole cycle of 63 offices through a real Airflow, as `make demo` rehearses it, by phase, and beside it
one in which nothing is done.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, duration, ratio

NAME = "cycle"
BAR_SECONDS = 240.0
BAR_EMPTY = 1.5
CLONE = Path(__file__).resolve().parents[1]
DOMAIN = ("workers", "postgres", "driver")
"""Parts that do the domain's work: tasks, warehouse, and the offices and persons whom the driver plays."""


def measure() -> Iterator[Figure]:
    """cycle.seconds_63.<phase> and .total, cycle.vs_empty_dag, cycle.domain_processor_s and the processor
    seconds of each part.

    BENCH_ROUNDS (3) is how many pairs are measured. Raises CalledProcessError when a cycle does not end.
    """
    command = [sys.executable, "-m", "benchmarks.empty_cycle"]
    done = subprocess.run(
        [*command, "--rounds", os.environ.get("BENCH_ROUNDS", "3")],
        cwd=CLONE,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield from figures(json.loads(done.stdout.splitlines()[-1]))


def figures(played: Mapping[str, Any]) -> Iterator[Figure]:
    """The figures of `real` and `empty` cycles, as `benchmarks.empty_cycle` tells of them."""
    real: Sequence[Mapping[str, Any]] = played["real"]
    empty: Sequence[Mapping[str, Any]] = played["empty"]
    how = f"{len(real)} rehearsals on one stack, from the wall clock of the driver; seconds of this machine"
    yield duration("cycle.seconds_63.up", [played["up"]], unit="s", how="until the stack is healthy")
    for phase in real[0]["phases"]:
        seconds = [cycle["phases"][phase] for cycle in real]
        yield duration(f"cycle.seconds_63.{phase}", seconds, unit="s", how=how)
    whole, nothing = ([sum(cycle["phases"].values()) for cycle in side] for side in (real, empty))
    total = tuple(round(played["up"] + seconds, 2) for seconds in whole)
    yield Figure(
        "cycle.seconds_63.total",
        statistics.median(total),
        "s",
        None,
        BAR_SECONDS,
        f"{how}; with the start of the stack",
        total,
    )
    phases = ", ".join(
        f"{phase} {statistics.median(cycle['phases'][phase] for cycle in empty):g} s"
        for phase in empty[0]["phases"]
    )
    yield ratio(
        "cycle.vs_empty_dag",
        whole,
        nothing,
        baseline="empty tasks of the same DAGs, runs, waits, questions and moments, on the same stack",
        bar=BAR_EMPTY,
        how=f"{len(real)} pairs in turn, from the start of the run to its end; the empty one: {phases}; "
        f"deferrals {_deferrals(real)} and {_deferrals(empty)}",
    )
    spent = [
        sum(one["processors"].get(part, 0.0) - other["processors"].get(part, 0.0) for part in DOMAIN)
        for one, other in zip(real, empty, strict=True)
    ]
    yield duration(
        "cycle.domain_processor_s",
        spent,
        unit="s",
        how="processor seconds of tasks, PostgreSQL and driver beyond those of the empty cycle",
    )
    for name, side in (("real", real), ("empty", empty)):
        for part in sorted({part for cycle in side for part in cycle["processors"]}):
            yield duration(
                f"cycle.processor_s.{name}.{part}",
                [cycle["processors"].get(part, 0.0) for cycle in side],
                unit="s",
                how="processor seconds of the part and of what it started, while the cycle lasted",
            )


def _deferrals(side: Sequence[Mapping[str, Any]]) -> float:
    return float(
        statistics.median(sum(found["deferrals"] for found in cycle["counts"].values()) for cycle in side)
    )
