"""Brings the warehouse to the newest schema, loads the registry and lets analysts read:
``python -m local_stack.warehouse``.

Run by the stack in a process of its own while Airflow migrates its database, with the pipeline's
environment.
"""

from __future__ import annotations

from reporting import analyst, database, registry


def prepare() -> None:
    """Run the migrations, the registry's loading and the analysts' grants; nothing is done a second time."""
    database.migrate()
    registry.load(database.engine())
    analyst.let_read(database.engine())


if __name__ == "__main__":
    prepare()
