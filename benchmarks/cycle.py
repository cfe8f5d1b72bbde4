"""A whole cycle of 63 offices through a real Airflow, as `make demo` rehearses it, by phase."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure

NAME = "cycle"
BAR_SECONDS = 240.0
CLONE = Path(__file__).resolve().parents[1]


def measure() -> Iterator[Figure]:
    """cycle.seconds_63.<phase> and cycle.seconds_63.total.

    Raises RuntimeError when the rehearsal does not finish.
    """
    (CLONE / ".cache").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=CLONE / ".cache") as folder:
        out, directory = Path(folder) / "out", Path(folder) / "stack"
        ended = subprocess.run(
            [sys.executable, "-m", "rehearsal", "demo", "--directory", directory, "--out", out],
            cwd=CLONE,
            stdout=sys.stderr,
            check=False,
        )
        if ended.returncode != 0:
            raise RuntimeError(f"the rehearsal ended with {ended.returncode}; what it said stands above")
        summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    yield from figures(summary["recipients"], summary["seconds"])


def figures(recipients: int, seconds: dict[str, float]) -> Iterator[Figure]:
    """One figure per phase, and their sum, which has a bar. ValueError unless there were 63 offices."""
    if recipients != 63:
        raise ValueError(f"the rehearsal had {recipients} offices; the bar is one for 63")
    how = "one rehearsal on a stack of its own, from the wall clock of the driver; seconds of this machine"
    for phase, value in seconds.items():
        yield Figure(f"cycle.seconds_63.{phase}", value, "s", None, None, how, (value,))
    total = round(sum(seconds.values()), 2)
    yield Figure(
        "cycle.seconds_63.total", total, "s", None, BAR_SECONDS, f"{how}; sum of the phases", (total,)
    )
