"""Choosing the faults of a seed, and playing them: alone from the stage they belong to, or several in one
whole cycle.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from random import Random

from sqlalchemy import Engine

from rehearsal.faults.domain import harm
from rehearsal.faults.domain.harm import HARMS, Harm
from rehearsal.faults.domain.judgement import judge
from rehearsal.faults.domain.points import Point
from rehearsal.faults.domain.recording import Recording, Say, play
from rehearsal.faults.domain.site import Attempt, Fault, Site, Warehouses
from rehearsal.faults.report import Experiment
from rehearsal.simulated_year.run import fresh_engine

KILLED_SHARE = 0.65
"""So many of the faults kill the process; the others are errors, where the point has any."""
FAULTS_OF_A_PLAY = 20
_NAMED = re.compile(r"[A-Za-z_][\w.]*: ")


@dataclass(frozen=True)
class Job:
    """Faults by the number of their stage: `is_whole` plays every stage of the cycle, else only theirs."""

    name: str
    faults: dict[int, tuple[Fault, ...]]
    is_whole: bool


@dataclass(frozen=True)
class Injected:
    """A fault, and whether the process came to its point."""

    stage: str
    kind: str
    place: str
    occurrence: int
    harm: str
    is_hit: bool


@dataclass
class Played:
    """What a job came to."""

    experiment: Experiment
    injected: list[Injected] = field(default_factory=list)


def choose(recording: Recording, count: int, seed: int, whole_share: float = 0.3) -> list[Job]:
    """Jobs with `count` faults in all: every place and kind of point once before any twice, then every one of
    each stage; every harm at every kind of point that it fits.
    """
    chance = Random(f"{seed}/faults")
    chosen = _chosen(recording, count, chance)
    chance.shuffle(chosen)
    plays = round(count * whole_share / FAULTS_OF_A_PLAY)
    jobs = []
    for number in range(plays):
        mine: dict[int, tuple[Fault, ...]] = {}
        for stage, fault in list(chosen):
            if sum(map(len, mine.values())) >= FAULTS_OF_A_PLAY:
                break
            if stage not in mine and fault.harm.name != harm.REFUSED_FOR_GOOD:
                mine[stage] = (fault,)
                chosen.remove((stage, fault))
        jobs.append(Job(f"cycle {number + 1}", mine, is_whole=True))
    jobs += [
        Job(f"fault {n + 1}", {stage: (fault,)}, is_whole=False) for n, (stage, fault) in enumerate(chosen)
    ]
    return jobs


def _chosen(recording: Recording, count: int, chance: Random) -> list[tuple[int, Fault]]:
    everywhere = [(number, point) for number, points in enumerate(recording.points) for point in points]
    chance.shuffle(everywhere)
    chosen: list[tuple[int, Fault]] = []
    taken: set[tuple[int, Point]] = set()

    def take(number: int, point: Point, one: Harm) -> None:
        chosen.append((number, Fault(point, one)))
        taken.add((number, point))

    # each way to fail, at each kind of point; then each place and kind, then the same in each stage, then all
    for one, kind in _ways([point for _, point in everywhere], chance):
        found = next((n, p) for n, p in everywhere if p.kind == kind and one.fits(p) and (n, p) not in taken)
        if len(chosen) < count // 3:
            take(*found, one)
    keys: tuple[Callable[[int, Point], object], ...] = (
        lambda number, point: point.stratum,
        lambda number, point: (number, point.stratum),
        lambda number, point: (number, point),
    )
    for key in keys:
        seen = {key(number, fault.point) for number, fault in chosen}
        for number, point in everywhere:
            if len(chosen) >= count:
                return chosen
            if key(number, point) not in seen and (number, point) not in taken:
                seen.add(key(number, point))
                take(number, point, _some_harm(point, chance))
    return chosen


def _ways(points: Sequence[Point], chance: Random) -> list[tuple[Harm, str]]:
    """Each harm with each kind of point that it fits; every harm once before any twice."""
    ways = [(one, kind) for one in HARMS[1:] for kind in sorted({p.kind for p in points if one.fits(p)})]
    chance.shuffle(ways)
    rounds, times = list[int](), Counter[str]()
    for one, _ in ways:
        rounds.append(times[one.name])
        times[one.name] += 1
    return [ways[number] for number in sorted(range(len(ways)), key=rounds.__getitem__)]


def _some_harm(point: Point, chance: Random) -> Harm:
    errors = [one for one in harm.fitting(point) if one.name != harm.REFUSED_FOR_GOOD]
    if not errors or chance.random() < KILLED_SHARE:
        return harm.kill()
    return chance.choice(errors)


def run(
    warehouses: Warehouses, recording: Recording, jobs: Sequence[Job], processes: int, say: Say
) -> list[Played]:
    """Play jobs by so many processes at once, whole cycles first; in the order of `jobs`."""
    order = sorted(range(len(jobs)), key=lambda number: not jobs[number].is_whole)
    following = multiprocessing.Value("i", 0)
    workers = []
    for number in range(processes):
        sys.stdout.flush()
        process = os.fork()
        if process == 0:
            _work_off(warehouses, recording, [(n, jobs[n]) for n in order], following, number, say)
        workers.append(process)
    for process in workers:
        os.waitpid(process, 0)
    found: dict[int, Played] = {}
    for number in range(processes):
        lines = (recording.folder / f"played_{number}.jsonl").read_text(encoding="utf-8").splitlines()
        for place, experiment, injected in map(json.loads, lines):
            found[place] = Played(Experiment(**experiment), [Injected(**one) for one in injected])
    for place, job in enumerate(jobs):
        if place not in found:
            found[place] = Played(
                Experiment(job.name, "was not played", wrong=["the experiment itself broke off"])
            )
    return [found[place] for place in range(len(jobs))]


def _work_off(
    warehouses: Warehouses,
    recording: Recording,
    jobs: Sequence[tuple[int, Job]],
    following: object,
    number: int,
    say: Say,
) -> None:
    """In a process of its own, with a site of its own: the next job, until none is left; never returns."""
    status = 1
    try:
        site = Site(warehouses, recording.folder / f"site_{number}", f"faults_site_{number}")
        path = recording.folder / f"played_{number}.jsonl"
        with path.open("w", encoding="utf-8") as file, site.open(), fresh_engine() as engine:
            while True:
                with following.get_lock():  # type: ignore[attr-defined]
                    mine = following.value  # type: ignore[attr-defined]
                    following.value += 1  # type: ignore[attr-defined]
                if mine >= len(jobs):
                    break
                place, job = jobs[mine]
                played = play_job(recording, job, site, engine)
                injected = [asdict(one) for one in played.injected]
                file.write(
                    json.dumps([place, asdict(played.experiment), injected], ensure_ascii=False) + "\n"
                )
                file.flush()
                say(_told(played))
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def play_job(recording: Recording, job: Job, site: Site, engine: Engine) -> Played:
    """Play one job and hold what it came to against the recording."""
    began = time.monotonic()
    played = Played(Experiment(job.name, ""))
    experiment = played.experiment
    stages = list(range(len(recording.stages))) if job.is_whole else sorted(job.faults)
    site.reset(*recording.template(stages[0]))
    refused = []
    for number in stages:
        faults = job.faults.get(number, ())
        made = play(site, engine, recording.stages[number], faults)
        for fault, attempt in made:
            if fault is not None:
                played.injected.append(_injected(recording, number, fault, attempt))
                if attempt.hit:
                    experiment.faults[fault.harm.name] = experiment.faults.get(fault.harm.name, 0) + 1
                if fault.harm.name == harm.REFUSED_FOR_GOOD:
                    refused.append(number)
        if made[-1][1].ended != "well":
            name, last = recording.stages[number].name, made[-1][1]
            experiment.wrong.append(f"{name} was never done: {last.ended} {_last_error(last.said)}")
            break
        experiment.wrong += [
            f"{recording.stages[number].name}: a process hung" for _, one in made if one.ended == "stuck"
        ]
    else:
        judge(recording, experiment, site, engine, stages, refused)
    experiment.about = "; ".join(
        f"{one.stage}: {one.harm} at {one.kind} in {one.place} ({one.occurrence})" for one in played.injected
    )
    if not any(one.is_hit for one in played.injected) and not job.is_whole:
        experiment.skipped = "its point was not reached"
    experiment.seconds = round(time.monotonic() - began, 2)
    return played


def _injected(recording: Recording, number: int, fault: Fault, attempt: Attempt) -> Injected:
    point = fault.point
    stage = recording.stages[number].name
    return Injected(stage, point.kind, point.place, point.occurrence, fault.harm.name, attempt.hit)


def _last_error(said: str) -> str:
    """The line that names the last exception."""
    named = [line for line in said.splitlines() if _NAMED.match(line)]
    return named[-1] if named else said[-300:]


def _told(played: Played) -> str:
    experiment = played.experiment
    verdict = "skipped" if experiment.skipped else "well" if experiment.is_well else "WRONG"
    return f"{verdict:8}{experiment.seconds:6.1f} s  {experiment.name}  {experiment.about[:150]}"
