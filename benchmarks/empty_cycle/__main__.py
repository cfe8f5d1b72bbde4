"""`python -m benchmarks.empty_cycle`: real and empty cycles in turn, on one stack of its own.

Prints what was measured as one line of JSON; `--record` plays one real cycle and freezes its shape anew.
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from benchmarks import processors
from benchmarks.empty_cycle.driver import EmptyRehearsal
from benchmarks.empty_cycle.shape import FILE, Shape, frozen, instances, stops_of, tasks_of
from benchmarks.empty_cycle.stack import Scheduler, TwinStack, fresh
from local_stack.layout import CLONE
from rehearsal.__main__ import SAMPLE, SCENARIO, STATED_WITH_SAMPLE
from rehearsal.airflow_api import AirflowApi
from rehearsal.answers import read_answers
from rehearsal.approver import Approver
from rehearsal.driver import Rehearsal, first_free_number
from rehearsal.offices import Offices
from rehearsal.results import summary
from rehearsal.scenario import load_scenario
from reporting import database
from reporting.cycles import status
from reporting.forms.models import load_form
from reporting.regimes.models import load_regime
from reporting.settings import settings


@dataclass(frozen=True)
class Played:
    """One cycle as it was played: seconds by phase, processor seconds by part (`driver` is this process), and
    what Airflow counted.
    """

    phases: dict[str, float]
    processors: dict[str, float]
    counts: dict[str, dict[str, int]]

    @property
    def seconds(self) -> float:
        """The whole, from the start of the run to its end."""
        return round(sum(self.phases.values()), 2)


class CountingOffices(Offices):
    """Offices that remember at which moments of the clock they sent how many mails."""

    def act(self, moment: datetime) -> int:
        """As offices do."""
        sent = super().act(moment)
        self.stops: list[tuple[datetime, int]] = [*getattr(self, "stops", ()), (moment, sent)]
        return sent


def main(arguments: list[str] | None = None) -> int:
    """Measure or record; prints JSON. Returns 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.empty_cycle", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="pairs of a real and an empty cycle")
    parser.add_argument("--record", action="store_true", help=f"write {FILE.name} anew from one real cycle")
    options = parser.parse_args(arguments)
    with _stack() as (stack, up):
        table = _Table(stack)
        if options.record:
            FILE.write_text(table.record().dump(), encoding="utf-8")
            print(json.dumps({"recorded": str(FILE)}))
            return 0
        pairs: dict[str, list[Played]] = {"real": [], "empty": []}
        for number in range(options.rounds):
            for side in sorted(pairs, reverse=number % 2 == 0):  # the real one first, then in turned order
                pairs[side].append(table.real() if side == "real" else table.empty(number + 1))
                _tell(f"{side} {number + 1}: {pairs[side][-1].seconds} s {asdict(pairs[side][-1])}")
        played = {side: [asdict(one) for one in found] for side, found in pairs.items()}
        print(json.dumps({"up": up, **played}))
    return 0


class _Table:
    """Where the cycles are played: the stack, its users and its offices."""

    def __init__(self, stack: TwinStack) -> None:
        self.stack = stack
        os.environ.update(stack.environment() | {"BENCH_EMPTY_BOARD": str(stack.boards)})
        self.engine: Engine = database.engine()
        url = os.environ["REPORTING_AIRFLOW_URL"]
        self.api, self.leader = (
            AirflowApi(url, os.environ[f"REPORTING_{user}_USER"], os.environ[f"REPORTING_{user}_PASSWORD"])
            for user in ("DEMO", "LEADER")
        )
        self.scheduler = Scheduler(self.api)
        self.scenario = load_scenario(SCENARIO)
        form = load_form(self.scenario.form_code, self.scenario.form_version)
        self.answers = read_answers(SAMPLE, form, self.scenario.index)
        self.regime = load_regime(self.scenario.regime)

    def _rehearsal(self) -> tuple[Rehearsal, CountingOffices]:
        offices = CountingOffices(
            self.stack.layout.mail, self.scenario, self.answers, settings().capture_address
        )
        found = Rehearsal(
            engine=self.engine,
            api=self.api,
            offices=offices,
            approver=Approver(self.api, self.leader, self.engine, settings().desk),
            regime=self.regime,
            period=self.scenario.period,
            number=first_free_number(self.engine, self.regime, self.scenario.period),
            say=_tell,
            stated_figures=STATED_WITH_SAMPLE,
        )
        return found, offices

    def real(self) -> Played:
        """A rehearsed cycle. Raises RuntimeError unless 63 offices were asked."""
        self.scheduler.play(is_empty=False)
        rehearsal, _ = self._rehearsal()
        with _measured(self.stack) as (spent, counts):
            rehearsal.start()
            rehearsal.run()
        with self.engine.connect() as connection:
            found = summary(connection, rehearsal.cycle_id)
        if found["recipients"] != 63:
            raise RuntimeError(f"the cycle had {found['recipients']} offices; nothing was measured")
        return Played(rehearsal.phases, spent, counts(rehearsal.cycle_id))

    def empty(self, number: int) -> Played:
        """An empty cycle of the frozen shape."""
        shape = frozen()
        names = ("cycle", "approval", "intake", *shape.periodic)
        self.scheduler.wait_for([f"empty_{name}" for name in names])
        self.scheduler.play(is_empty=True)
        rehearsal = EmptyRehearsal(self.api, shape, f"empty__{number}")
        with _measured(self.stack) as (spent, counts):
            rehearsal.play()
        played = Played(rehearsal.phases, spent, counts(rehearsal.cycle))
        if instances(played.counts) != shape.instances:
            raise RuntimeError(f"the empty cycle had not the tasks of its shape: {played.counts}")
        return played

    def record(self) -> Shape:
        """Play a real cycle and read its shape."""
        self.scheduler.play(is_empty=False)
        rehearsal, offices = self._rehearsal()
        with _measured(self.stack) as (_, counts):
            rehearsal.start()
            rehearsal.run()
        sys.path.insert(0, str(CLONE / "plugins"))
        dag = runpy.run_path(str(CLONE / "dags" / "reporting_cycle.py"))[rehearsal.dag_id]
        tasks = tasks_of(dag)
        with self.engine.connect() as connection:
            plan = [(one.step, one.due_at) for one in status.milestones(connection, rehearsal.cycle_id)]
        ended = {task.mark for task in tasks if task.kind in ("step", "registration")}
        return Shape(
            tasks,
            stops_of([(min(at for _, at in plan), 0), *offices.stops], plan, ended),
            {
                task.task_id.rpartition(".")[0]: len(
                    self.stack.runs("document_approval", f"{rehearsal.cycle_id}__{task.kind}__")
                )
                for task in dag.tasks
                if getattr(task, "until", None) == "approved"
            },
            self.scheduler.periodic(),
            instances(counts(rehearsal.cycle_id)),
        )


@contextmanager
def _stack() -> Iterator[tuple[TwinStack, float]]:
    """A stack that runs, and how long it took to come up."""
    (CLONE / ".cache").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=CLONE / ".cache") as folder:
        stack = fresh(Path(folder) / "stack")
        began = time.monotonic()
        try:
            stack.up(_tell, rehearsal=True)
            yield stack, round(time.monotonic() - began, 2)
        finally:
            stack.down(_tell)


@contextmanager
def _measured(stack: TwinStack) -> Iterator[tuple[dict[str, float], Any]]:
    """Processor seconds by part inside the block, filled in at its end; and what counts afterwards."""
    spent: dict[str, float] = {}
    since, before, own = time.time(), stack.processor_seconds(), time.process_time()
    yield spent, lambda run: stack.counts([run], since)
    spent |= processors.between(before, stack.processor_seconds())
    spent["driver"] = round(time.process_time() - own, 2)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
