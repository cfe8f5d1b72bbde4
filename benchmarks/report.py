"""The report of a cycle from its snapshot: 63 offices and 10,000, in time and in memory."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.snapshots import made_up

NAME = "report"
_SMALL, _MEDIUM, _LARGE = 63, 1000, 10_000
_INDICATORS = 40
_ROUNDS = 3
_HOW = (
    f"the whole draft (docx, xlsx appendix and reconciliation sheet, csv) of a snapshot of offices with "
    f"{_INDICATORS} marks and numbers each, in a process of its own"
)


def measure() -> Iterator[Figure]:
    """report.seconds_63, report.seconds_10000 and report.rss_growth.

    The last is the peak memory of the report of 10,000 offices beside that of 1,000, without what the process
    holds before it begins.
    """
    with tempfile.TemporaryDirectory() as folder:
        runs = {count: _run(Path(folder), count) for count in (_SMALL, _MEDIUM, _LARGE)}
    for count, bar in ((_SMALL, 10.0), (_LARGE, 60.0)):
        seconds = tuple(run["seconds"] for run in runs[count])
        yield Figure(f"report.seconds_{count}", min(seconds), "s", None, bar, _HOW, seconds)
    medium, large = (min(run["peak"] - run["before"] for run in runs[n]) for n in (_MEDIUM, _LARGE))
    yield Figure(
        "report.rss_growth",
        large / medium,
        "×",
        f"peak memory of the report of {_MEDIUM} offices above that at the start",
        None,
        f"{_HOW}; {medium / 2**20:.0f} MiB for {_MEDIUM} offices, {large / 2**20:.0f} MiB for {_LARGE}",
        (medium, large),
    )


def _run(folder: Path, office_count: int) -> list[dict[str, float]]:
    """The draft of so many offices, each time in a new process."""
    path = folder / f"{office_count}.zip"
    path.write_bytes(made_up(office_count, _INDICATORS))
    rounds = _ROUNDS if office_count <= _SMALL else 1
    return [
        json.loads(
            subprocess.run(  # this interpreter, our own module
                [sys.executable, "-m", "benchmarks.report_memory", str(path)],
                check=True, capture_output=True, text=True,
            ).stdout
        )
        for _ in range(rounds)
    ]  # fmt: skip
