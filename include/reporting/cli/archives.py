"""`reporting archive`: what is kept, whether it is whole, and what may go."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from reporting.cli.arguments import AsJson, By, Reason, required
from reporting.cli.output import as_json, note, say, table, words
from reporting.cli.surroundings import warehouse

commands = typer.Typer(no_args_is_help=True, help="The archive: verify it, list and dispose of what is due.")


@commands.command()
def verify(json: AsJson = False) -> None:
    """Read every file of the archive and compare it with its hash; exit code 1 where one is missing or
    altered.
    """
    from reporting.retention import verify as verify_all

    with warehouse().connect() as connection:
        found = list(verify_all(connection))
    damaged = [damage for damage in found if damage is not None]
    if json:
        as_json({"checked": len(found), "damaged": [asdict(damage) for damage in damaged]})
    else:
        for damage in damaged:
            say(words(f"archive.{damage.problem}", sha256=damage.sha256))
        note(words("archive.verified", count=len(found), damaged=len(damaged)))
    if damaged:
        raise typer.Exit(1)


@commands.command()
def due(json: AsJson = False) -> None:
    """List the files whose time of keeping is over; include/retention.yaml says how long what is kept."""
    from reporting.retention import over_its_time

    with warehouse().connect() as connection:
        files = over_its_time(connection)
    if json:
        as_json([asdict(file) for file in files])
        return
    table(
        ["keep_until", "state", "kind", "cycle", "bytes", "sha256"],
        [
            (
                file.keep_until and file.keep_until.isoformat(),
                words(f"archive.state.{file.state}"),
                ", ".join(words(f"archive.kind.{kind}") for kind in file.kinds),
                ", ".join(file.cycles),
                file.byte_count,
                file.sha256,
            )
            for file in files
        ],
    )


@commands.command()
def dispose(
    reason: Reason,
    by: By,
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SHA256…", help="Which files; without them, all that are due.", show_default=False
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Remove the bytes of files that are due; hashes, names and this decision stay on record."""
    from reporting.retention import dispose as dispose_of

    disposed = dispose_of(warehouse(), required(reason, "--reason"), required(by, "--by"), files)
    if json:
        as_json(disposed)
    else:
        say(words("archive.disposed", count=len(disposed)))
