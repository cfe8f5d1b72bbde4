"""Keeping cycles alive: which are unfinished, and which periods should have been opened."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from reporting import clock, events
from reporting.calendar.working_days import WorkingCalendar
from reporting.cycles import plan
from reporting.cycles.opening import cycle_id_of, open_cycle
from reporting.database import query
from reporting.intake.waiting import waiting
from reporting.mail.remarks import tell
from reporting.regimes.models import Period, Regime, all_regimes
from reporting.settings import settings
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import short_date

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
    (REPORTING_SCHEDULED_REGIMES), is opened by a person only. A period that is over is left alone; of one
    whose deadline is over the operator is told once. What stands in the way of one period holds up no
    other; RuntimeError names it at the end.
    """
    moment = clock.wall_now()
    opened, problems = [], []
    for regime in all_regimes():
        if regime.instrument is None or not settings().opens_by_itself(regime.code):
            continue
        try:
            periods = regime.periods_opening(moment.date() - LOOK_BACK, moment.date())
        except Exception as error:  # whatever it is, the other regimes are not to wait for it
            problems.append(f"{regime.code}: {type(error).__name__}: {error}")
            continue
        for period in periods:
            try:
                if _is_to_open(engine, regime, period, moment):
                    opened.append(open_cycle(engine, regime, period.code, "live"))
            except Exception as error:  # nor the other periods
                problems.append(f"{regime.code}, period {period.code}: {type(error).__name__}: {error}")
    if problems:
        raise RuntimeError("Not opened: " + "; ".join(problems))
    return opened


def _is_to_open(engine: Engine, regime: Regime, period: Period, moment: datetime) -> bool:
    of_schedule = None
    if regime.schedule is not None:
        of_schedule = regime.schedule.period(period.code, WorkingCalendar.load(regime.code))
    if of_schedule is not None and not of_schedule.is_missed(moment):
        return False  # its scheduled run opens it
    if moment.date() > period.last_on or _is_open(engine, regime, period):
        return False
    return not tell_if_too_late(engine, regime, period)


def tell_if_too_late(engine: Engine, regime: Regime, period: Period) -> bool:
    """Whether a cycle that is not open yet would ask for something by a day that is over, although the
    period is not; the operator is then told, once.
    """
    rules = [period.deadline, *(d.deadline for d in regime.deliverables if d.deadline is not None)]
    deadlines = [deadline for rule in rules if (deadline := plan.deadline_of(rule)) is not None]
    moment = clock.wall_now()
    if not deadlines or moment.date() > period.last_on or _is_open(engine, regime, period):
        return False
    last = max(deadlines, key=lambda deadline: deadline.first_late_at)
    if last.first_late_at > moment:
        return False
    tell(
        engine,
        f"too_late:{cycle_id_of(regime, period.code, 'live')}",
        subject=text("alerts.too_late_subject", period=period.report_title),
        body=text(
            "alerts.too_late_body",
            period=period.report_title,
            last_day=short_date(last.last_day),
            regime=regime.code,
            code=period.code,
        ),
    )
    return True


def _is_open(engine: Engine, regime: Regime, period: Period) -> bool:
    cycle_id = cycle_id_of(regime, period.code, "live")
    with engine.connect() as connection:
        found = connection.execute(query("cycles/exists"), {"cycle_id": cycle_id}).one_or_none()
    return found is not None


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
