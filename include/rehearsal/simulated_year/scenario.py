"""The scenario of a simulated year as data: which cycles, how offices behave, what breaks when."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from reporting import plain_yaml
from reporting.clock import VIETNAM
from reporting.regimes.models import DeadlineRule, Period, Regime, load_regime

FOLDER = Path(__file__).with_name("scenarios")


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CycleOfYear(_Data):
    """A cycle of the year: a period of a regime, moved as a whole so that its request falls on `request_on`
    (None: as it stands). `close_on` shortens a cycle that would last longer than the year.
    """

    regime: str
    period: str
    request_on: date | None = None
    close_on: date | None = None


class Behaviour(_Data):
    """How offices answer, in shares of all: the rest never does. Late ones answer within so many days."""

    on_time: float = Field(ge=0, le=1)
    late: float = Field(ge=0, le=1)
    late_within_days: int = Field(gt=0)
    undated_within_days: int = Field(gt=0)

    @model_validator(mode="after")
    def _shares(self) -> Behaviour:
        if self.on_time + self.late > 1:
            raise ValueError("on_time and late are shares of all offices: together at most 1")
        return self


class Outage(_Data):
    """Days on which a part is away, from 00:00 of the first to 00:00 after the last."""

    first_on: date
    days: int = Field(gt=0)

    def holds(self, at: datetime) -> bool:
        """Whether it is away at a moment."""
        return self.starts_at <= at < self.ends_at

    @property
    def starts_at(self) -> datetime:
        """The moment at which it goes."""
        return datetime.combine(self.first_on, time.min, VIETNAM)

    @property
    def ends_at(self) -> datetime:
        """The moment at which it is back."""
        return self.starts_at + timedelta(days=self.days)


class YearScenario(_Data):
    """A simulated year. Counts are per cycle where not said otherwise; `seed` decides who does what.

    In `intake_late_share` of the moments at which reminders go out, the workbooks of the next days have come
    already, and are collected but not read before the work is done.
    """

    code: str
    seed: int
    ends_on: date
    cycles: tuple[CycleOfYear, ...] = Field(min_length=1)
    behaviour: Behaviour
    extensions: int = Field(ge=0)
    waivers: int = Field(ge=0)
    promises: int = Field(ge=0)
    returned_addresses: int = Field(ge=0)
    refused_addresses: int = Field(ge=0)
    unreachable_offices: int = Field(ge=0)
    mail_server_away: tuple[Outage, ...] = ()
    scheduler_away: tuple[Outage, ...] = ()
    kills_per_moment: float = Field(ge=0, lt=1)
    mail_server_kills: int = Field(ge=0)
    database_kills: int = Field(ge=0)
    intake_late_share: float = Field(default=0, ge=0, lt=1)

    def regimes(self) -> list[tuple[Regime, Period]]:
        """Each cycle's regime, with the one period that it has in this year."""
        return [_moved(cycle) for cycle in self.cycles]


def load_year(code: str) -> YearScenario:
    """The scenario of scenarios/<code>.yaml. Raises ValueError naming the file and what is wrong with it."""
    path = FOLDER / f"{code}.yaml"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.yaml")))
        raise ValueError(f"{path}: there is no such scenario; there are: {known}.")
    try:
        return YearScenario.model_validate(plain_yaml.load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


def _moved(cycle: CycleOfYear) -> tuple[Regime, Period]:
    regime = load_regime(cycle.regime)
    period = regime.period(cycle.period)
    by = timedelta(0) if cycle.request_on is None else cycle.request_on - period.request_on

    def rule(given: DeadlineRule) -> DeadlineRule:
        return given if given.day is None else given.model_copy(update={"day": given.day + by})

    def day(given: date | None) -> date | None:
        return None if given is None else given + by

    moved = period.model_copy(
        update={
            "request_on": period.request_on + by,
            "cutoff_on": period.cutoff_on + by,
            "deadline": rule(period.deadline),
            "close_on": cycle.close_on or period.close_on + by,
            "report_on": day(period.report_on),
        }
    )
    deliverables = tuple(
        d if d.deadline is None else d.model_copy(update={"deadline": rule(d.deadline)})
        for d in regime.deliverables
    )
    return regime.model_copy(
        update={"periods": (moved,), "deliverables": deliverables, "schedule": None}
    ), moved
