"""The timetable of a periodic regime: one scheduled run per period of its calendar, when its cycle opens.

Nothing here asks a database. Working days are loaded when the next run is computed, not when a DAG is parsed.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pendulum
from airflow.timetables.base import DagRunInfo, DataInterval, Timetable

from reporting.calendar.periods import OPENING_GRACE, Schedule

if TYPE_CHECKING:
    from airflow.timetables.base import TimeRestriction
    from airflow.utils.types import DagRunType
    from pendulum import DateTime

    from reporting.calendar.periods import ReportingPeriod
    from reporting.calendar.working_days import WorkingCalendar

SCHEDULED_SUFFIX = "__theo_lich"
"""Ends the ids of scheduled runs. The plain id of the cycle is that of runs which the keeper starts: had both
the same, Airflow's scheduler would stumble over a cycle that the keeper opened first."""


class ReportingPeriodTimetable(Timetable):
    """Fires at the opening of each period of a schedule, once per period.

    The data interval of a run is the period's cut-off window in Viet Nam: by it Airflow tells the periods
    apart, so that a period stays the same one when an announcement of working days moves its opening.
    """

    def __init__(self, regime: str, schedule: Schedule) -> None:
        """Raises nothing by itself: a `Schedule` names only calendars and frequencies that there are."""
        self.regime = regime
        self.schedule = schedule

    @property
    def summary(self) -> str:
        """What the list of DAGs shows, in Vietnamese."""
        return self.schedule.summary

    @property
    def description(self) -> str:  # type: ignore[override]
        """What the page of the DAG shows, in Vietnamese."""
        return self.schedule.summary

    def serialize(self) -> dict[str, Any]:
        """The arguments as JSON."""
        return {"regime": self.regime, "schedule": self.schedule.model_dump(mode="json")}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Timetable:
        """The timetable that `serialize` described."""
        return cls(data["regime"], Schedule.model_validate(data["schedule"]))

    def __repr__(self) -> str:
        """Regime and schedule, for logs."""
        return f"ReportingPeriodTimetable({self.regime}, {self.schedule.calendar}, {self.schedule.frequency})"

    def __eq__(self, other: object) -> bool:
        """Whether the other timetable fires for the same regime by the same schedule."""
        if not isinstance(other, ReportingPeriodTimetable):
            return NotImplemented
        return (self.regime, self.schedule) == (other.regime, other.schedule)

    def __hash__(self) -> int:
        """By regime and schedule."""
        return hash((self.regime, self.schedule))

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """The next period's run; without catchup no opening older than an hour."""
        from reporting.clock import wall_now

        not_before: datetime | None = restriction.earliest
        if not restriction.catchup:
            recent = wall_now() - OPENING_GRACE
            not_before = recent if not_before is None else max(recent, not_before)
        last = last_automated_data_interval
        period = self.schedule.next_run(
            None if not_before is None else _vietnam(not_before),
            None if last is None else _vietnam(last.start).date(),
            self._working_days(),
        )
        if period is None:
            return None
        run_after = pendulum.instance(period.opens_at)
        if restriction.latest is not None and run_after > restriction.latest:
            return None
        return DagRunInfo(run_after=run_after, data_interval=_window(period))

    def infer_manual_data_interval(self, *, run_after: DateTime) -> DataInterval:
        """A run that a person starts has no window of its own: its form names the period."""
        return DataInterval.exact(run_after)

    def generate_run_id(
        self,
        *,
        run_type: DagRunType,
        run_after: DateTime,
        data_interval: DataInterval | None,
        **extra: Any,
    ) -> str:
        """`<regime>__<period>__theo_lich` for a scheduled run, Airflow's own for any other."""
        if run_type.value != "scheduled" or data_interval is None:
            return super().generate_run_id(
                run_type=run_type, run_after=run_after, data_interval=data_interval, **extra
            )
        period = self.schedule.starting(_vietnam(data_interval.start).date(), self._working_days())
        return scheduled_run_id(self.regime, period.code)

    def _working_days(self) -> WorkingCalendar:
        from reporting.calendar.working_days import WorkingCalendar

        return WorkingCalendar.load(self.regime)


def scheduled_run_id(regime: str, period: str) -> str:
    """The id of the run that a schedule starts for a period."""
    return f"{regime}__{period}{SCHEDULED_SUFFIX}"


def scheduled_period(regime: str, run_id: str) -> str | None:
    """The code of the period for which a schedule started this run; None for a run that it did not start."""
    begins = f"{regime}__"
    if not (run_id.startswith(begins) and run_id.endswith(SCHEDULED_SUFFIX)):
        return None
    return run_id.removeprefix(begins).removesuffix(SCHEDULED_SUFFIX)


def _window(period: ReportingPeriod) -> DataInterval:
    return DataInterval(_midnight(period.period_from), _midnight(period.period_to + timedelta(days=1)))


def _midnight(day: date) -> DateTime:
    from reporting.clock import VIETNAM

    return pendulum.instance(datetime.combine(day, time.min, tzinfo=VIETNAM))


def _vietnam(moment: datetime) -> datetime:
    from reporting.clock import VIETNAM

    return moment.astimezone(VIETNAM)
