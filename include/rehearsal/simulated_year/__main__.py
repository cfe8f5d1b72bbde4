"""`python -m rehearsal.simulated_year [SCENARIO]`: play a year in which everything breaks, and audit it."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from rehearsal.simulated_year.audit import audit, write_log
from rehearsal.simulated_year.run import SimulatedYear, fresh_engine
from rehearsal.simulated_year.scenario import load_year

FIGURES, LOG = "figures.json", "log.csv"


def play(
    scenario: Annotated[str, typer.Argument(help="A file of simulated_year/scenarios")] = "year_2024",
    out: Annotated[Path | None, typer.Option(help="Folder for figures.json and log.csv")] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed than the scenario's")] = None,
) -> None:
    """Play a simulated year; exit code 1 when a promise was broken."""
    began = time.monotonic()
    loaded = load_year(scenario)
    if seed is not None:
        loaded = loaded.model_copy(update={"seed": seed})
    with (
        tempfile.TemporaryDirectory(prefix="simulated_year_") as folder,
        SimulatedYear(loaded, Path(folder), _say) as year,
        fresh_engine() as engine,
    ):
        found = audit(engine, year, year.run())
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            (out / FIGURES).write_text(found.as_json() + "\n", encoding="utf-8")
            write_log(engine, out / LOG)
    _say(found.as_json())
    _say(f"{time.monotonic() - began:.0f} s")
    if found.wrong:
        raise typer.Exit(1)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(play)
    app()
