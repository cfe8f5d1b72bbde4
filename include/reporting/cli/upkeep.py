"""`reporting migrate` and `reporting registry load`: bringing a warehouse up to date."""

from __future__ import annotations

import typer

from reporting.cli.output import note
from reporting.cli.surroundings import warehouse

registry = typer.Typer(no_args_is_help=True, help="Registry of offices: load.")


def migrate() -> None:
    """Bring the warehouse to the newest schema, and what its roles may do to include/sql/analyst.yaml and
    pipeline.yaml; does nothing when it is there already. Its owner may (REPORTING_WAREHOUSE_OWNER).
    """
    from reporting.analyst import let_read, reading
    from reporting.database import engine, owner_url
    from reporting.database import migrate as migrate_to_newest
    from reporting.pipeline_role import let_work, working

    warehouse()
    owner = engine(owner_url())
    migrate_to_newest()
    note("The warehouse has the newest schema.")
    if let_read(owner):
        note(f"The role {reading().role} reads what include/sql/analyst.yaml lets it.")
    if let_work(owner):
        note(f"The role {working().role} works as include/sql/pipeline.yaml lets it.")


@registry.command()
def load() -> None:
    """Bring the registry's tables to the files of include/registry; running it again changes nothing. The
    owner of the warehouse may (REPORTING_WAREHOUSE_OWNER).
    """
    from reporting.database import engine, owner_url
    from reporting.registry import load as load_registry

    warehouse()
    load_registry(engine(owner_url()))
    note("The registry is loaded.")


@registry.callback()
def _registry() -> None:
    """Registry of offices: load."""
