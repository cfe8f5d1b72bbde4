"""`python -m rehearsal demo`: a whole cycle through a real Airflow, on a stack of its own."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from local_stack.layout import CLONE
from local_stack.stack import Stack, StackError
from local_stack.topology import Topology
from rehearsal.airflow_api import AirflowApi
from rehearsal.answers import OfficeAnswer, read_answers
from rehearsal.approver import Approver
from rehearsal.driver import Rehearsal, first_free_number
from rehearsal.offices import Offices
from rehearsal.results import write
from rehearsal.scenario import Scenario, load_scenario
from reporting import database
from reporting.forms.models import load_form
from reporting.regimes.models import load_regime
from reporting.settings import settings

SCENARIO = "tracking_2011_2012"
SAMPLE = Path(__file__).with_name("tracking_2011_2012.csv")
STATED_WITH_SAMPLE = "ttdn_dia_phuong__2011_2012"

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def rehearsal() -> None:
    """Rehearse reporting cycles: simulated clock, simulated offices, captured mail."""


@app.command()
def demo(
    answers: Annotated[
        Path | None, typer.Option(help="Table of answers; by default the sample of 2011-2012")
    ] = None,
    drop: Annotated[str | None, typer.Option(help="Office that stays silent to the end")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the results")] = CLONE / "out" / "demo",
    directory: Annotated[Path, typer.Option(help="Folder of the stack's state")] = CLONE / ".local" / "demo",
    keep_running: Annotated[bool, typer.Option(help="Leave the stack running, to look at it")] = False,
    workers: Annotated[
        int, typer.Option(min=0, help="Celery workers of an office's topology; 0: a laptop's")
    ] = 0,
) -> None:
    """Rehearse the tracking cycle of 2011-2012 and leave its report and figures in out/demo."""
    began = time.monotonic()
    # Ended from outside, it still ends what it started.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    stack = Stack(directory)
    try:
        scenario, table = _inputs(answers, drop)
        _refuse_foreign(out, "summary.json")
        _refuse_foreign(directory, "secrets.json")
    except ValueError as error:
        _say(f"Nothing was started: {error}")
        raise typer.Exit(2) from error
    stack.down(_say)
    shutil.rmtree(directory, ignore_errors=True)
    try:
        with _running(stack, keep_running, Topology(workers, 2 if workers else 4)):
            seconds = {"up": round(time.monotonic() - began, 2)}
            figures = _rehearse(stack, scenario, table, None if answers else STATED_WITH_SAMPLE, out, seconds)
    except (StackError, RuntimeError, ValueError) as error:
        _say(f"The rehearsal did not finish: {error}")
        raise typer.Exit(1) from error
    accepted, recipients = figures["submissions"]["accepted"], figures["recipients"]
    _say(f"{accepted} of {recipients} offices reported. {time.monotonic() - began:.0f} s. Results: {out}")
    for name in sorted(p.name for p in out.iterdir()):
        _say(f"  {name}")


def _inputs(answers: Path | None, drop: str | None) -> tuple[Scenario, dict[str, OfficeAnswer]]:
    """The scenario and the offices' answers. Raises ValueError naming file, place and remedy."""
    scenario = load_scenario(SCENARIO, [drop] if drop else [])
    form = load_form(scenario.form_code, scenario.form_version)
    return scenario, read_answers(answers or SAMPLE, form, scenario.index)


def _refuse_foreign(folder: Path, mark: str) -> None:
    """Raise ValueError for a folder that is to be emptied but was not made by an earlier rehearsal."""
    if folder.exists() and any(folder.iterdir()) and not (folder / mark).exists():
        raise ValueError(
            f"{folder} would be emptied, but holds something else than an earlier rehearsal. "
            "Name another folder, or empty it yourself."
        )


def _rehearse(
    stack: Stack,
    scenario: Scenario,
    table: dict[str, OfficeAnswer],
    stated_figures: str | None,
    out: Path,
    seconds: dict[str, float],
) -> dict[str, Any]:
    # The settings are read from the environment when they are first asked for.
    os.environ.update(stack.environment())
    engine = database.engine()
    regime = load_regime(scenario.regime)
    api = AirflowApi(
        os.environ["REPORTING_AIRFLOW_URL"],
        os.environ["REPORTING_DEMO_USER"],
        os.environ["REPORTING_DEMO_PASSWORD"],
        os.environ.get("REPORTING_AIRFLOW_CA"),
    )
    leader = AirflowApi(
        os.environ["REPORTING_AIRFLOW_URL"],
        os.environ["REPORTING_LEADER_USER"],
        os.environ["REPORTING_LEADER_PASSWORD"],
        os.environ.get("REPORTING_AIRFLOW_CA"),
    )
    _say(f"Airflow: {os.environ['REPORTING_AIRFLOW_URL']}")
    rehearsal = Rehearsal(
        engine=engine,
        api=api,
        offices=Offices(stack.layout.mail, scenario, table, settings().capture_address),
        approver=Approver(api, leader, engine, settings().desk),
        regime=regime,
        period=scenario.period,
        number=first_free_number(engine, regime, scenario.period),
        say=_say,
        stated_figures=stated_figures,
    )
    rehearsal.start()
    rehearsal.run()
    began = time.monotonic()
    seconds |= rehearsal.phases
    figures = write(engine, rehearsal.cycle_id, stack.layout.mail, out, seconds)
    _say(f"results written in {time.monotonic() - began:.1f} s")
    engine.dispose()
    api.close()
    leader.close()
    return figures


@contextmanager
def _running(stack: Stack, keep_running: bool, topology: Topology) -> Iterator[None]:
    stack.up(_say, rehearsal=True, topology=topology)
    try:
        yield
    finally:
        if not keep_running:
            stack.down(_say)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    app()
