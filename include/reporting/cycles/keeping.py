"""Keeping cycles alive: which are unfinished, and which periods should have been opened."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from reporting import clock
from reporting.cycles.opening import cycle_id_of, open_cycle
from reporting.database import query
from reporting.regimes.models import all_regimes


@dataclass(frozen=True)
class UnfinishedCycle:
    """A cycle with steps left."""

    cycle_id: str
    regime: str
    period: str
    mode: str


def unfinished(engine: Engine) -> list[UnfinishedCycle]:
    """Every cycle with steps left, by id."""
    with engine.connect() as connection:
        return [UnfinishedCycle(**r._mapping) for r in connection.execute(query("cycles/unfinished"))]


def open_missed(engine: Engine) -> list[str]:
    """Open each period of a promulgated regime whose request day has come and that is not open; returns
    their ids.

    A regime without a promulgating instrument is opened by a person only. A period that is over is left
    alone.
    """
    today = clock.wall_now().date()
    opened = []
    for regime in all_regimes():
        for period in regime.periods:
            if regime.instrument and period.request_on <= today <= period.report_on:
                cycle_id = cycle_id_of(regime, period.code, "live")
                with engine.connect() as connection:
                    is_open = connection.execute(query("cycles/exists"), {"cycle_id": cycle_id}).one_or_none()
                if is_open is None:
                    opened.append(open_cycle(engine, regime, period.code, "live"))
    return opened
