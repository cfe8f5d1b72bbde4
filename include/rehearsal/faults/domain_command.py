"""`python -m rehearsal.faults domain`: experiments inside the domain package's steps."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from rehearsal.faults.domain import experiments, recording, summary
from rehearsal.faults.domain.readiness import load_libraries
from rehearsal.faults.domain.site import Warehouses


def add_to(app: typer.Typer) -> None:
    """Add the command `domain`."""
    app.command("domain")(domain)


def domain(
    points: Annotated[int, typer.Option(help="How many fail-points", min=1)] = 500,
    seed: Annotated[int, typer.Option(help="Decides which points, and what is done there")] = 1,
    out: Annotated[Path, typer.Option(help="Folder for domain.json and domain.md")] = Path("out/faults"),
    processes: Annotated[int, typer.Option(help="How many experiments at a time", min=1)] = 2,
) -> None:
    """Kill processes at points inside the domain's steps, or let them meet errors there; exit code 1 when
    anything is lost, doubled or otherwise than undisturbed.
    """
    began, out = time.monotonic(), out.resolve()
    load_libraries()
    with (
        tempfile.TemporaryDirectory(prefix="faults_") as name,
        Warehouses(Path(name) / "postgres") as warehouses,
    ):
        recorded = recording.record(warehouses, Path(name), _say)
        jobs = experiments.choose(recorded, points, seed)
        _say(f"{time.monotonic() - began:.0f} s: recorded; {len(jobs)} experiments follow")
        played = experiments.run(warehouses, recorded, jobs, processes, _say)
        content = summary.write(out, recorded, played, seed=seed, seconds=time.monotonic() - began)
    totals = content["totals"]
    _say(", ".join(f"{name}: {value}" for name, value in totals.items()))
    _say(f"Results: {out / 'domain.md'}")
    if totals["lost"] or totals["doubles"] or totals["wrong"]:
        raise typer.Exit(1)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
