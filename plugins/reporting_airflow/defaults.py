"""What the tasks of DAGs have in common."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from reporting_airflow import steps
from reporting_airflow.names import OWNER

PERSISTENT: dict[str, Any] = {
    "owner": OWNER,
    "retries": 5,
    "retry_delay": timedelta(seconds=5),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=10),
    "on_failure_callback": steps.tell_operator,
}
"""Of work that must be done: tried again for some minutes, then the operator is told."""

REPEATED: dict[str, Any] = {
    "owner": OWNER,
    "retries": 2,
    "retry_delay": timedelta(seconds=30),
    "on_failure_callback": steps.tell_operator,
}
"""Of work that a schedule repeats anyway."""
