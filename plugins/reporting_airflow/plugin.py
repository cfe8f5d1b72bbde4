"""What Airflow is told of when it starts: the timetables that DAGs of periodic regimes use.

A file of its own: Airflow loads the plugins folder's files under their bare names (of this one alone, see
.airflowignore), and a timetable must be known by the name under which the DAGs import it.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from reporting_airflow.timetables import ReportingPeriodTimetable

PRELOADED = (
    "reporting_airflow.approvals",
    "reporting_airflow.cycle_tasks",
    "reporting.cycles.work",
    "reporting.cycles.keeping",
    "reporting.intake.process",
    "reporting.intake.watchdog",
    "reporting.mail.digest",
)
"""What most tasks need: without a thread, and without pandas, Great Expectations and matplotlib."""


class ReportingPlugin(AirflowPlugin):
    """The parts of Airflow that this project adds."""

    name = "reporting"
    timetables: list[Any] = [ReportingPeriodTimetable]  # noqa: RUF012 - as Airflow declares it

    @classmethod
    def on_load(cls, *args: Any, **kwargs: Any) -> None:
        """Import in LocalExecutor's scheduler, once, what each task forked from it would import anew: more
        than a second of processor time each.
        """
        if forks_tasks():
            for name in PRELOADED:
                importlib.import_module(name)


def forks_tasks() -> bool:
    """Whether this is a process from which tasks are forked."""
    from airflow.configuration import conf

    return "scheduler" in sys.argv[1:] and "LocalExecutor" in conf.get("core", "executor", fallback="")
