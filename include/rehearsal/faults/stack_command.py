"""`python -m rehearsal.faults stack`: experiments on the services and on Airflow's own processes."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from rehearsal.faults import report, services, stack_runs
from rehearsal.faults.rehearsed import rehearse
from rehearsal.faults.report import Experiment

NAME, TITLE = "stack", "Services and Airflow's own processes"


def add_to(app: typer.Typer) -> None:
    """Add the command `stack`."""
    app.command("stack")(stack)


def stack(
    out: Annotated[Path, typer.Option(help="Folder for stack.json and stack.md")] = Path("out/faults"),
    seed: Annotated[int, typer.Option(help="Decides what is done when")] = 1,
    only: Annotated[list[str] | None, typer.Option(help="These experiments alone")] = None,
    keep: Annotated[Path | None, typer.Option(help="Keep stacks and results in this folder")] = None,
) -> None:
    """Services down, slow, rude; kills, restarts, frozen workers, lost databases over cycles in Airflow.

    Exit code 1 when a promise was broken.
    """
    began = time.monotonic()
    made: list[Experiment] = []

    def note(experiment: Experiment) -> None:
        made.append(experiment)
        report.write(out, NAME, TITLE, made)  # after each: what is known stays if this is ended
        how = experiment.skipped or ("well" if experiment.is_well else "NOT WELL")
        _say(f"{experiment.name}: {how}, {experiment.seconds:.0f} s")
        for line in (*experiment.lost, *experiment.doubles, *experiment.wrong):
            _say(f"  {line}")

    with tempfile.TemporaryDirectory(prefix="faults_", ignore_cleanup_errors=True) as temporary:
        folder = keep or Path(temporary)
        for experiment in services.play(folder / "services", seed, only):
            note(experiment)
        wanted = [run for run in stack_runs.runs(seed) if not only or run.name in only]
        if wanted:
            undisturbed = rehearse(folder / "undisturbed")
            if undisturbed.exit_code != 0:
                _say(undisturbed.said)
                raise typer.Exit(1)
            for run in wanted:
                note(stack_runs.play(run, undisturbed, folder / run.name, seed, _say))
    _say(f"{time.monotonic() - began:.0f} s. Results: {out}")
    if not all(experiment.is_well for experiment in made):
        raise typer.Exit(1)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
