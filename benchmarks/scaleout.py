"""The intake of 2,000 workbooks by one Celery worker and by two, on an office's topology."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, duration

NAME = "scaleout"
BAR = 1.3
WORKBOOKS = 2000
CLONE = Path(__file__).resolve().parents[1]


def measure() -> Iterator[Figure]:
    """scaleout.two_workers, the seconds of both sides and the processor seconds of each part.

    BENCH_WORKBOOKS (2000) is how many arrive, BENCH_ROUNDS (3) how many pairs are measured. Raises
    CalledProcessError when an intake does not end.
    """
    count = int(os.environ.get("BENCH_WORKBOOKS", str(WORKBOOKS)))
    command = [sys.executable, "-m", "benchmarks.two_workers", "--workbooks", str(count)]
    done = subprocess.run(
        [*command, "--rounds", os.environ.get("BENCH_ROUNDS", "3")],
        cwd=CLONE,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield from figures(json.loads(done.stdout.splitlines()[-1]), count)


def figures(taken: Mapping[str, Sequence[Mapping[str, Any]]], count: int) -> Iterator[Figure]:
    """The figures of intakes by `1` and by `2` workers, as `benchmarks.two_workers` tells of them."""
    one, two = taken["1"], taken["2"]
    pairs = tuple(
        round(first["answered"] / second["answered"], 3) for first, second in zip(one, two, strict=True)
    )
    phases = "; ".join(
        f"by {workers}: collected after {_median(found, 'collected'):g} s, handled after "
        f"{_median(found, 'handled'):g} s, answered after {_median(found, 'answered'):g} s"
        for workers, found in (("one", one), ("two", two))
    )
    yield Figure(
        "scaleout.two_workers",
        round(statistics.median(pairs), 3),
        "×",
        "times as fast as one Celery worker, one task at a time in each",
        BAR,
        f"{count} mails with a workbook in the Maildir, from its start to the last answer sent; "
        f"{len(pairs)} pairs in turn; {phases}",
        pairs,
        is_floor=True,
    )
    for name, found in (("one_worker", one), ("two_workers", two)):
        yield duration(
            f"scaleout.{name}_s",
            [intake["answered"] for intake in found],
            unit="s",
            how=f"{count} mails with a workbook; seconds of this machine",
        )
        parts = sorted({part for intake in found for part in intake["processors"]})
        for part in parts:
            yield duration(
                f"scaleout.{name}.processor_s.{part}",
                [intake["processors"].get(part, 0.0) for intake in found],
                unit="s",
                how="processor seconds of the part and of what it started, while the intake lasted",
            )


def _median(found: Sequence[Mapping[str, Any]], what: str) -> float:
    return round(float(statistics.median(intake[what] for intake in found)), 1)
