"""What Airflow is told of when it starts: the timetables that DAGs of periodic regimes use.

A file of its own: Airflow loads every file of the plugins folder under its bare name, and a timetable must be
known by the name under which the DAGs import it.
"""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

from reporting_airflow.timetables import ReportingPeriodTimetable


class ReportingPlugin(AirflowPlugin):
    """The parts of Airflow that this project adds."""

    name = "reporting"
    timetables: list[Any] = [ReportingPeriodTimetable]  # noqa: RUF012 - as Airflow declares it
