"""Rehearsals whose stack is disturbed at seeded moments: what is done in which, and how it ends."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx

from local_stack.layout import CLONE
from local_stack.stack import StackError
from rehearsal.faults import disturbances as d
from rehearsal.faults.disks import NoDiskError
from rehearsal.faults.disturbances import Disturbance, NothingToDisturb
from rehearsal.faults.redeployment import copied_clone, redeployments
from rehearsal.faults.rehearsed import Outcome, Scene, compare, rehearse
from rehearsal.faults.report import Experiment

LATEST_DELAY = 2.5
"""So many seconds at most after the clock was stepped something is done: that moment's work is under way."""
_LAST = 3  # moments at the end are left out: the rehearsal might be over before anything is done
Say = Callable[[str], None]


@dataclass(frozen=True)
class Run:
    """One rehearsal and what is done to it, in this order, each at a moment of its own. Redeployed, it
    runs the code of a copy of the clone; `options` are those of `rehearsal demo`.
    """

    name: str
    about: str
    disturbances: tuple[tuple[str, Disturbance], ...]
    is_redeployed: bool = False
    options: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    """The days at whose first moment it is done, where the moments are not drawn."""


_VICTIMS: dict[str, Disturbance] = {
    "scheduler killed": d.kill("scheduler"),
    "triggerer killed": d.kill("triggerer"),
    "worker killed": d.kill_worker,
    "api-server killed": d.kill("api-server"),
    "task killed": d.kill_task,
    "dag-processor killed": d.kill("dag-processor"),
}


def short_run() -> Run:
    """One rehearsal with as many kinds of disturbance as a minute or two hold, each on a day full of work."""
    plan: dict[str, tuple[str, Disturbance]] = {
        "12/12/2012": ("metadata database lost", d.lose_metadata),
        "14/12/2012": ("scheduler killed", d.kill("scheduler")),
        "17/12/2012": ("second scheduler started", d.second_scheduler),
        "19/12/2012": ("triggerer killed", d.kill("triggerer")),
        "20/12/2012": ("worker frozen", d.freeze_worker),
        "21/12/2012": ("worker killed", d.kill_worker),
        "24/12/2012": ("task killed", d.kill_task),
        "26/12/2012": ("second scheduler killed", d.kill_second_scheduler),
        "28/12/2012": ("PostgreSQL killed", d.restart_postgres("kill")),
        "03/01/2013": ("dag-processor and api-server killed", d.kill("dag-processor", "api-server")),
    }
    return Run("short", "as many kinds of disturbance as fit", tuple(plan.values()), days=tuple(plan))


def runs(seed: int) -> Iterator[Run]:
    """The runs of the whole suite: 21 kills of Airflow's processes, drawn by `seed`, in three of them."""
    chance = Random(f"{seed}/victims")
    victims = [*_VICTIMS.items()] * 3 + [(name, _VICTIMS[name]) for name in chance.sample(list(_VICTIMS), 3)]
    chance.shuffle(victims)
    for number in range(3):
        yield Run(
            f"kills_{number + 1}",
            "Airflow's own processes killed (-9); `make up` after a part, nothing after a worker or task",
            tuple(victims[7 * number : 7 * number + 7]),
        )
    yield Run(
        "database",
        "PostgreSQL restarted under the stack, Airflow's own database lost, the disk of its logs full",
        (
            ("PostgreSQL restarted (fast)", d.restart_postgres("fast")),
            ("metadata database lost", d.lose_metadata),
            ("disk of logs and temporary files full", d.fill_logs),
            ("PostgreSQL restarted (immediate)", d.restart_postgres("immediate")),
            ("PostgreSQL killed", d.restart_postgres("kill")),
        ),
    )
    yield Run(
        "frozen",
        "two schedulers; workers stopped past their heartbeat and revived while another does their task",
        (
            ("second scheduler started", d.second_scheduler),
            ("worker frozen", d.freeze_worker),
            ("worker frozen", d.freeze_worker),
            ("second scheduler killed", d.kill_second_scheduler),
            ("run deleted", d.lose_run),
        ),
    )
    yield Run(
        "office",
        "two Celery workers over Redis: workers killed and frozen, Redis killed and emptied, two schedulers",
        (
            ("second scheduler started", d.second_scheduler),
            ("Celery worker killed", d.kill("worker1")),
            ("Celery worker frozen", d.freeze_part("worker2")),
            ("Redis killed", d.kill("redis")),
            ("Redis emptied", d.empty_redis),
            ("Celery worker killed", d.kill("worker2")),
            ("second scheduler killed", d.kill_second_scheduler),
        ),
        options=("--workers", "2"),
    )
    yield Run(
        "redeployed",
        "DAG files changed under the open cycle: a task added, a task renamed, a file that cannot be read",
        redeployments(),
        is_redeployed=True,
    )


def play(run: Run, undisturbed: Outcome, folder: Path, seed: int, say: Say) -> Experiment:
    """Rehearse once more with the disturbances of a run, and hold the outcome against the undisturbed one."""
    began = time.monotonic()
    experiment = Experiment(run.name, run.about)
    chance = Random(f"{seed}/{run.name}")
    moments: Sequence[str] = run.days
    if not moments:
        stamps = undisturbed.stamps[:-_LAST]
        moments = [stamps[n] for n in sorted(chance.sample(range(len(stamps)), len(run.disturbances)))]
    left = dict(zip(moments, run.disturbances, strict=True))
    done: Counter[str] = Counter()

    def meanwhile(line: str, scene: Scene) -> None:
        moment = next((moment for moment in left if line.startswith(moment)), None)
        if moment is None:
            return
        name, disturb = left.pop(moment)
        time.sleep(chance.uniform(0, LATEST_DELAY))
        try:
            disturb(scene, chance)
        except (NothingToDisturb, StackError, httpx.HTTPError) as error:
            experiment.wrong.append(f"{line[:16]}, {name}: {type(error).__name__}: {error}")
        except NoDiskError as error:
            experiment.facts[name] = f"left out: {error}"
        else:
            done[name] += 1
            say(f"  {run.name}: {line[:16]}  {name}")

    if run.is_redeployed:
        copied_clone(CLONE, folder / "clone")
    clone = folder / "clone" if run.is_redeployed else CLONE
    outcome = rehearse(folder, *run.options, meanwhile=meanwhile, clone=clone)
    experiment.faults = dict(done)
    experiment.wrong += [f"{moment}, {name}: never came" for moment, (name, _) in left.items()]
    compare(experiment, undisturbed, outcome)
    experiment.seconds = round(time.monotonic() - began, 1)
    experiment.facts["seconds undisturbed"] = undisturbed.summary["seconds"]
    return experiment
