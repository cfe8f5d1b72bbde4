"""The undisturbed play of the story: its stages with what came at each, the state after each, and every point
that was passed. Each stage is kept as a template from which experiments begin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from rehearsal.faults.domain import state, story
from rehearsal.faults.domain.ledger import Sent, ledger
from rehearsal.faults.domain.points import Point
from rehearsal.faults.domain.site import Attempt, Fault, Site, Warehouses
from rehearsal.faults.domain.state import State
from rehearsal.faults.domain.story import Event, Stage
from rehearsal.simulated_year.run import fresh_engine
from reporting import clock
from reporting.cycles import conducting, status
from reporting.database import query

PREPARED = "faults_prepared"
MOST_ATTEMPTS = 4
Say = Callable[[str], None]


class StoryError(RuntimeError):
    """The undisturbed story does not play as it should; the message says where."""


@dataclass
class Recording:
    """What an undisturbed play came to (`plays_again`: of every stage twice). `states[n]` holds what is there
    before stage n, `taken[n]` the Message-IDs of the mail of stage n, `points[n]` what its process passed,
    `ledgers[n]` the messages before it.
    """

    folder: Path
    plays_again: bool = True
    stages: list[Stage] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    taken: list[list[str]] = field(default_factory=list)
    points: list[tuple[Point, ...]] = field(default_factory=list)
    ledgers: list[dict[str, Sent]] = field(default_factory=list)

    def template(self, number: int) -> tuple[str, Path | None]:
        """Warehouse and files from which stage `number` begins."""
        if number == 0:
            return PREPARED, None
        return f"faults_before_{number}", self.folder / f"before_{number}"

    @property
    def strata(self) -> dict[tuple[str, str, str], list[tuple[int, Point]]]:
        """The points by stage's name, place and kind."""
        found: dict[tuple[str, str, str], list[tuple[int, Point]]] = {}
        for number, points in enumerate(self.points):
            for point in points:
                key = (self.stages[number].name, *point.stratum)
                found.setdefault(key, []).append((number, point))
        return found


def record(warehouses: Warehouses, folder: Path, say: Say, *, plays_again: bool = True) -> Recording:
    """Play the story undisturbed and keep it; `plays_again`: every stage twice. Raises StoryError when a
    stage fails, or changes anything when it is played again.
    """
    warehouses.prepare(PREPARED)
    recording = Recording(folder, plays_again)
    with Site(warehouses, folder / "recorded", "faults_recorded").open() as site, fresh_engine() as engine:
        site.reset(PREPARED, None)
        recording.states.append(state.read(engine, site.folder))
        recording.ledgers.append(ledger(engine))
        opening = story.opening()
        _record_stage(recording, site, engine, opening)
        pending, before = story.events(), dict[tuple[str, int], bytes]()
        moment = opening.moment
        _work_of(recording, site, engine, moment, [])
        while True:
            due_at = conducting.next_moment(engine, [story.cycle_id()])
            moments = [m for m in (due_at, pending[0].at if pending else None) if m is not None]
            if not moments:
                return recording
            moment = min(moments)
            _step(engine, moment)
            come = [event for event in pending if event.at <= moment]
            pending = pending[len(come) :]
            for event in come:
                if event.deed is not None:
                    with engine.connect() as connection:
                        stage = _deed(connection, event)
                    _record_stage(recording, site, engine, stage)
            with engine.connect() as connection:
                laid = [
                    story.laid_by(connection, story.cycle_id(), event, before)
                    for event in come
                    if event.deed is None
                ]
            _work_of(recording, site, engine, moment, laid)
            say(f"{moment:%d/%m/%Y %H:%M}  {recording.stages[-1].name}")


def play(
    site: Site, engine: Engine, stage: Stage, faults: Sequence[Fault] = ()
) -> list[tuple[Fault | None, Attempt]]:
    """Play a stage: one process for each fault, then others until one without a fault ends well. The last one
    did not end well where the stage could not be played.
    """
    if stage.event is None or stage.event.deed != "open":
        _step(engine, stage.moment)
    site.lay(stage)
    return attempts(site, stage, faults)


def attempts(site: Site, stage: Stage, faults: Sequence[Fault] = ()) -> list[tuple[Fault | None, Attempt]]:
    """The processes of a stage whose moment and mail have come."""
    made: list[tuple[Fault | None, Attempt]] = []
    for fault in faults:
        made.append((fault, site.attempt(lambda: _do(stage), fault)))
    for _ in range(MOST_ATTEMPTS):
        made.append((None, site.attempt(lambda: _do(stage))))
        if made[-1][1].ended == "well" and not _let_time_pass():
            break
    return made


def _let_time_pass() -> bool:
    """Let the time come for what was put off to a later try; whether there was anything."""
    with fresh_engine() as engine, engine.begin() as connection:
        return bool(connection.execute(query("rehearsal/let_time_pass")).all())


def _do(stage: Stage) -> None:
    with fresh_engine() as engine:
        story.do(engine, story.cycle_id(), stage)


def _step(engine: Engine, moment: datetime) -> None:
    with engine.begin() as connection:
        clock.step_to(connection, story.CLOCK, moment)


def _deed(connection: Connection, event: Event) -> Stage:
    given = story.keyed_in(connection, story.cycle_id(), event) if event.deed == "keyed_in" else None
    return Stage(str(event.deed), event.at, event=event, keyed_in=given)


def _work_of(
    recording: Recording, site: Site, engine: Engine, moment: datetime, laid: list[story.Laid]
) -> None:
    before = _steps(engine)
    stage = Stage("", moment, tuple(laid))
    _record_stage(recording, site, engine, stage)
    steps = [
        step
        for step, (due_at, is_done) in before.items()
        if not is_done and (due_at <= moment or _steps(engine)[step][1])
    ]
    name = "+".join(steps) or ("answers" if laid else f"after {recording.stages[-2].name}")
    recording.stages[-1] = Stage(name, stage.moment, stage.laid)


def _steps(engine: Engine) -> dict[str, tuple[datetime, bool]]:
    """When each step falls due, and whether it is done."""
    with engine.connect() as connection:
        rows = status.milestones(connection, story.cycle_id())
    return {row.step: (row.due_at, row.done_at is not None) for row in rows}


def _record_stage(recording: Recording, site: Site, engine: Engine, stage: Stage) -> None:
    number = len(recording.stages)
    if number:
        site.save(*_named(recording, number))
    before = len(site.taken())
    ((_, first),) = play(site, engine, stage)
    if first.ended != "well":
        raise StoryError(f"stage {number} ({stage.name}) {first.ended}:\n{first.said}")
    found = state.read(engine, site.folder)
    if recording.plays_again:
        ((_, again),) = attempts(site, stage)
        changed = state.differences(found, state.read(engine, site.folder))
        if again.ended != "well" or changed:
            raise StoryError(
                f"stage {number} ({stage.name}), played again: {again.ended} {again.said} {changed[:8]}"
            )
    recording.stages.append(stage)
    recording.states.append(found)
    recording.ledgers.append(ledger(engine))
    recording.points.append(first.passed)
    recording.taken.append(site.taken()[before:])


def _named(recording: Recording, number: int) -> tuple[str, Path]:
    name, files = recording.template(number)
    assert files is not None
    return name, files
