"""`reporting archive`: what is kept, whether it is whole, and what may go."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from reporting.cli.arguments import DAY_FORMATS, AsJson, By, Reason, required
from reporting.cli.output import aligned, as_json, at, note, say, table, words
from reporting.cli.surroundings import warehouse

commands = typer.Typer(
    no_args_is_help=True, help="The archive: verify it, hold, list and dispose of what is due."
)


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


@commands.command()
def hold(
    reason: Reason,
    by: By,
    cycle: Annotated[str | None, typer.Option(help="Id of a cycle.", show_default=False)] = None,
    office: Annotated[
        str | None,
        typer.Option(help="Id of an office, as `reporting resolve NAME` shows it.", show_default=False),
    ] = None,
    file: Annotated[str | None, typer.Option(metavar="SHA256", help="A file.", show_default=False)] = None,
    period: Annotated[
        tuple[datetime, datetime] | None,
        typer.Option(formats=DAY_FORMATS, help="First and last day of a period.", show_default=False),
    ] = None,
) -> None:
    """Hold a cycle, an office, a file or a period back from disposal, whatever its time of keeping."""
    from reporting.retention import hold as hold_back
    from reporting.retention import holds as all_holds

    engine = warehouse()
    number = hold_back(
        engine,
        required(reason, "--reason"),
        required(by, "--by"),
        cycle_id=cycle,
        organization_id=office,
        sha256=file,
        period=None if period is None else (period[0].date(), period[1].date()),
    )
    with engine.connect() as connection:
        count = next(held.file_count for held in all_holds(connection) if held.hold_id == number)
    say(_told("placed", number=number, files=count))


@commands.command()
def release(
    number: Annotated[int, typer.Argument(help="Number of the hold, as `reporting archive holds` shows it.")],
    reason: Reason,
    by: By,
) -> None:
    """End a hold; what it held may be disposed of once its time is over."""
    from reporting.retention import release as end_hold

    end_hold(warehouse(), number, required(reason, "--reason"), required(by, "--by"))
    say(_told("released", number=number))


@commands.command()
def holds(json: AsJson = False) -> None:
    """List what is held back from disposal and what was: by whom, why, until when."""
    from reporting.retention import holds as all_holds
    from reporting.wording.catalogue import text

    with warehouse().connect() as connection:
        found = all_holds(connection)
    if json:
        as_json([asdict(held) for held in found])
        return
    if not found:
        note(_told("none"))
        return
    columns = ("number", "scope", "subject", "reason", "by", "since", "files", "state")
    aligned(
        [text(f"backup.hold_column.{column}") for column in columns],
        [
            (
                held.hold_id,
                _told(f"scope.{held.scope}"),
                held.subject,
                held.reason,
                held.held_by,
                at(held.held_at),
                held.file_count,
                _told("holds")
                if held.released_at is None
                else _told(
                    "ended", at=at(held.released_at), by=held.released_by, reason=held.released_because
                ),
            )
            for held in found
        ],
    )


def _told(key: str, **values: object) -> str:
    from reporting.wording.catalogue import text

    return text(f"backup.hold.{key}", **values)
