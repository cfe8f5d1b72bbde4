"""`reporting marts`: whether the analysts' tables are up to date, and bringing them up to date."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from reporting.cli.arguments import AsJson
from reporting.cli.output import aligned, as_json, at, note, say
from reporting.cli.surroundings import warehouse

if TYPE_CHECKING:
    from reporting.consolidation.refresh import Refreshed

commands = typer.Typer(no_args_is_help=True, help="The analysts' tables: status, refresh, rebuild.")


@commands.command()
def status(json: AsJson = False) -> None:
    """List the cycles whose tables lag behind, since when, and of how many offices the day has passed."""
    from reporting.consolidation.refresh import pending
    from reporting.wording.catalogue import text

    with warehouse().connect() as connection:
        found = pending(connection)
    if json:
        as_json([asdict(cycle) for cycle in found])
    elif not found:
        note(text("marts.up_to_date"))
    else:
        aligned(
            [text(f"marts.heading.{name}") for name in ("cycle", "changes", "since", "overdue")],
            [
                (one.cycle_id, one.change_count, one.since and at(one.since), one.overdue_count)
                for one in found
            ],
        )


@commands.command()
def refresh(
    cycle: Annotated[
        str | None, typer.Argument(metavar="[CYCLE]", help="The cycle; without it all that lag behind.")
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Fill the tables for all offices of the cycle.")
    ] = False,
) -> None:
    """Bring the tables of a cycle, or of all that lag behind, up to date."""
    from reporting.consolidation.refresh import pending
    from reporting.consolidation.refresh import refresh as refresh_in
    from reporting.wording.catalogue import text

    if whole and cycle is None:
        raise typer.BadParameter("--whole needs a CYCLE; `reporting marts rebuild` fills everything anew")
    engine = warehouse()
    if cycle is not None:
        with engine.begin() as connection:
            _tell(cycle, refresh_in(connection, cycle, whole=whole))
        return
    for _ in range(2):  # what an office reports shows in the next cycle too
        with engine.connect() as connection:
            waiting = pending(connection)
        for one in waiting:
            with engine.begin() as connection:
                _tell(one.cycle_id, refresh_in(connection, one.cycle_id))
    note(text("marts.up_to_date"))


@commands.command()
def rebuild() -> None:
    """Fill every table anew from the facts; who reads them waits until it is done. The owner of the
    warehouse may (REPORTING_WAREHOUSE_OWNER).
    """
    from reporting import database
    from reporting.consolidation.refresh import rebuild as rebuild_all
    from reporting.wording.catalogue import text

    warehouse()
    rebuild_all(database.engine(database.owner_url()))
    note(text("marts.rebuilt"))


def _tell(cycle_id: str, done: Refreshed) -> None:
    from reporting.wording.catalogue import text

    key = "marts.refreshed_whole" if done.is_whole else "marts.refreshed"
    say(text(key, cycle=cycle_id, count=done.recipient_count))
