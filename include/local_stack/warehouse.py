"""Brings the warehouse to the newest schema, loads the registry and lets the roles work:
``python -m local_stack.warehouse``.

Run by the stack in a process of its own while Airflow migrates its database, in the environment of the
warehouse's owner.
"""

from __future__ import annotations

from reporting import analyst, database, pipeline_role, registry


def prepare() -> None:
    """Run the migrations, the registry's loading and the grants; nothing is done a second time."""
    database.migrate()
    owner = database.engine(database.owner_url())
    registry.load(owner)
    analyst.let_read(owner)
    pipeline_role.let_work(owner)


if __name__ == "__main__":
    prepare()
