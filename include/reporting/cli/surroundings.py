"""Where a command finds warehouse and settings: the environment, else the local stack of this clone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

WAREHOUSE = "AIRFLOW_CONN_REPORTING_WAREHOUSE"


def warehouse() -> Engine:
    """The engine on the warehouse that the environment names, else on that of the running local stack.

    Raises NoWarehouseError when there is neither.
    """
    from reporting.database import NoWarehouseError, engine

    if not os.environ.get(WAREHOUSE):
        folder = _adopt_local_stack(must_run=True)
        if not os.environ.get(WAREHOUSE):
            raise NoWarehouseError(
                f"{WAREHOUSE} is not set and no local stack runs in {folder}. Start one (`make up`) or set "
                f"{WAREHOUSE}=postgres://role:password@host:port/database (docs/configuration.md)."
            )
    return engine()


def without_warehouse() -> bool:
    """Prepare the settings of a command that needs no warehouse; returns whether a signing key is known.

    The key of a local stack serves even while the stack is down, so that signatures can be checked.
    """
    if not os.environ.get(WAREHOUSE):
        _adopt_local_stack(must_run=False)
    from reporting.settings import settings

    settings.cache_clear()
    return bool(settings().signing_key.get_secret_value())


def _adopt_local_stack(*, must_run: bool) -> Path:
    """Take over the unset variables from the local stack; returns the folder in which it was looked for."""
    from local_stack.stack import Stack, StackError
    from local_stack.topology import POSTGRES_PART

    stack = Stack()
    try:
        if must_run and POSTGRES_PART not in stack.status().living:
            return stack.layout.root
        found = stack.environment()
    except StackError:
        return stack.layout.root
    from reporting.settings import Settings, settings

    known = {field.alias for field in Settings.model_fields.values()}
    for name, value in found.items():
        if name in known and not os.environ.get(name):
            os.environ[name] = value
    settings.cache_clear()
    return stack.layout.root
