"""The warehouse as Airflow's parts reach it."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

log = logging.getLogger(__name__)

CONNECTIONS = ("reporting_warehouse", "reporting_smtp")


def resolve_connections() -> None:
    """Let the domain see Airflow's connections.

    The domain reads them from the environment; one that is kept in Airflow's own store or a secrets
    backend is fetched here and put there for this process alone. What was read of the environment before,
    such as while the DAG file was parsed, is read again.
    """
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    from reporting.settings import settings

    for name in CONNECTIONS:
        variable = f"AIRFLOW_CONN_{name.upper()}"
        if not os.environ.get(variable):
            try:
                os.environ[variable] = Connection.get(name).get_uri()
                settings.cache_clear()
            except AirflowNotFoundException:
                log.info("Connection %s is not defined.", name)


def engine() -> Engine:
    """Engine on the warehouse, inside a task."""
    from reporting import database

    resolve_connections()
    return database.engine()
