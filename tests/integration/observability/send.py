"""Measure and send as the task of the DAG observe does; the environment configures Airflow."""

from __future__ import annotations

from airflow.sdk.configuration import conf
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics import stats_utils
from reporting_airflow.metrics import are_sent, measure, schedule

if __name__ == "__main__":
    # as airflow.sdk.execution_time.task_runner begins every task
    stats.initialize(
        factory=stats_utils.get_stats_factory(),
        export_legacy_names=conf.getboolean("metrics", "legacy_names_on"),
    )
    print(are_sent(), schedule(), measure())
