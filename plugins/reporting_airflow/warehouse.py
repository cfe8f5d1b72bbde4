"""The warehouse as Airflow's parts reach it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

log = logging.getLogger(__name__)

CONNECTIONS = ("reporting_warehouse", "reporting_smtp")


def resolve_connections(names: Iterable[str] = CONNECTIONS) -> None:
    """Let the domain see Airflow's connections.

    The domain reads them from the environment; one that is kept in Airflow's own store or a secrets
    backend is fetched here and put there for this process alone. What was read of the environment before,
    such as while the DAG file was parsed, is read again.
    """
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    for name in _unresolved(names):
        try:
            _put(name, Connection.get(name).get_uri())
        except AirflowNotFoundException:
            log.info("Connection %s is not defined.", name)


async def resolve_connections_in_trigger(names: Iterable[str]) -> None:
    """The same inside a trigger, where only its event loop may ask Airflow."""
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    for name in _unresolved(names):
        try:
            connection = await Connection.async_get(name)
            _put(name, await connection.aget_uri())
        except AirflowNotFoundException:
            log.info("Connection %s is not defined.", name)


def _unresolved(names: Iterable[str]) -> list[str]:
    return [name for name in names if not os.environ.get(f"AIRFLOW_CONN_{name.upper()}")]


def _put(name: str, uri: str) -> None:
    from reporting.settings import settings

    os.environ[f"AIRFLOW_CONN_{name.upper()}"] = uri
    settings.cache_clear()


def engine() -> Engine:
    """Engine on the warehouse, inside a task."""
    from reporting import database

    resolve_connections()
    return database.engine()
