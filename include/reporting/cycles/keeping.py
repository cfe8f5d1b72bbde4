"""Keeping cycles alive: which are unfinished, and which periods should have been opened."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from reporting import clock, events
from reporting.calendar.working_days import WorkingCalendar
from reporting.cycles.opening import cycle_id_of, open_cycle
from reporting.database import query
from reporting.intake.waiting import waiting
from reporting.mail.remarks import tell
from reporting.regimes.models import all_regimes
from reporting.settings import settings
from reporting.wording.catalogue import text

LOOK_BACK = timedelta(days=400)
"""How far back a period may have been due and still be opened late, while it is not over."""


@dataclass(frozen=True)
class UnfinishedCycle:
    """A cycle with steps left; `run_ids` are the Airflow runs that have carried it."""

    cycle_id: str
    regime: str
    period: str
    mode: str
    run_ids: tuple[str, ...]


def unfinished(engine: Engine) -> list[UnfinishedCycle]:
    """Every cycle with steps left, by id."""
    with engine.connect() as connection:
        rows = connection.execute(query("cycles/unfinished"))
        return [UnfinishedCycle(r.cycle_id, r.regime, r.period, r.mode, tuple(r.run_ids)) for r in rows]


def note_run(engine: Engine, cycle_id: str, run_id: str) -> None:
    """Note that an Airflow run carries a cycle, whatever its id: Airflow names the runs of its form."""
    with engine.begin() as connection:
        known = connection.execute(query("cycles/knows_run"), {"cycle_id": cycle_id, "run_id": run_id})
        if not known.scalar_one():
            moment = clock.now(connection, cycle_id)
            events.record(connection, cycle_id, "run_started", "pipeline", moment, run_id=run_id)


def open_missed(engine: Engine) -> list[str]:
    """Open each period of a promulgated regime whose request day has come and that is not open; returns
    their ids.

    A regime without a promulgating instrument, or that this installation does not name as one it runs
    (REPORTING_SCHEDULED_REGIMES), is opened by a person only. A period that is over is left alone.
    """
    moment = clock.wall_now()
    today = moment.date()
    opened = []
    for regime in all_regimes():
        if regime.instrument is None or not settings().opens_by_itself(regime.code):
            continue
        for period in regime.periods_opening(today - LOOK_BACK, today):
            of_schedule = None
            if regime.schedule is not None:
                of_schedule = regime.schedule.period(period.code, WorkingCalendar.load(regime.code))
            if of_schedule is not None and not of_schedule.is_missed(moment):
                continue  # its scheduled run opens it
            if today <= period.last_on:
                cycle_id = cycle_id_of(regime, period.code, "live")
                with engine.connect() as connection:
                    is_open = connection.execute(query("cycles/exists"), {"cycle_id": cycle_id}).one_or_none()
                if is_open is None:
                    opened.append(open_cycle(engine, regime, period.code, "live"))
    return opened


def tell_what_waits(engine: Engine) -> int:
    """Tell the operator once a day (by the machine's clock) how much waits for a person, by kind; returns how
    much does.
    """
    with engine.connect() as connection:
        counts = Counter(item.kind for item in waiting(connection))
    if counts:
        lines = [
            text("intake.waiting_told.line", kind=text(f"intake.waiting.kind.{kind}"), count=count)
            for kind, count in counts.items()
        ]
        tell(
            engine,
            f"waiting:{clock.wall_now().date().isoformat()}",
            subject=text("intake.waiting_told.subject", count=counts.total()),
            body=text("intake.waiting_told.body", lines="\n".join(lines)),
        )
    return counts.total()
