"""Brings the warehouse to the newest schema and loads the registry: ``python -m local_stack.warehouse``.

Run by the stack in a process of its own while Airflow migrates its database, with the pipeline's
environment.
"""

from __future__ import annotations

from reporting import database, registry


def prepare() -> None:
    """Run the migrations and the registry's loading; both do nothing the second time."""
    database.migrate()
    registry.load(database.engine())


if __name__ == "__main__":
    prepare()
