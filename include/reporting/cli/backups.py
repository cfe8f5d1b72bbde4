"""`reporting backup`: making, verifying and restoring backups, and what a restore leaves in doubt."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reporting.cli.arguments import AsJson, By, Reason, required
from reporting.cli.output import aligned, as_json, at, note, say
from reporting.cli.surroundings import warehouse

if TYPE_CHECKING:
    from reporting.backup.after_restore import Decision, Doubt
    from reporting.backup.manifest import Manifest
    from reporting.backup.place import Place

AIRFLOW_DATABASE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"

commands = typer.Typer(
    no_args_is_help=True,
    help="Backups: make, list, verify, restore, and what to do after a restore (docs/backup.md).",
)


class Part(StrEnum):
    """What a restore brings back."""

    ARCHIVE = "archive"
    WAREHOUSE = "warehouse"
    AIRFLOW = "airflow"


class Choice(StrEnum):
    """What a person decides of a mail in doubt."""

    SENT = "sent"
    NOT_SENT = "not_sent"
    SEND_AGAIN = "send_again"
    LEAVE = "leave"


PlaceArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="PLACE",
        help="A folder, or an address such as s3://bucket/prefix; by default REPORTING_BACKUP.",
        show_default=False,
    ),
]
NameOption = Annotated[
    str | None, typer.Option("--name", help="Which backup; by default the newest.", show_default=False)
]
MOMENTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"]


@commands.command()
def make(place: PlaceArgument = None, json: AsJson = False) -> None:
    """Back up warehouse, archive and Airflow's database (REPORTING_BACKUP_AIRFLOW); clear old ones away.

    Exit code 1 where the archive has lost files that no backup holds.
    """
    from reporting.backup.making import make as make_backup

    warehouse()
    made = make_backup(_place(place))
    if json:
        as_json(
            made.manifest.model_dump(mode="json") | {"new_files": made.new_files, "removed": made.removed}
        )
    else:
        say(
            _told(
                "made",
                name=made.manifest.name,
                files=made.manifest.file_count,
                new=made.new_files,
                megabytes=_megabytes(made.new_bytes + sum(m.byte_count for m in made.manifest.members)),
            )
        )
        for damaged in made.manifest.damaged:
            note(_told("damaged", sha256=damaged.sha256, problem=_told(f"problem.{damaged.problem}")))
        if made.removed:
            note(_told("removed", names=", ".join(made.removed)))
    if made.manifest.damaged:
        raise typer.Exit(1)


@commands.command("list")
def list_(place: PlaceArgument = None, json: AsJson = False) -> None:
    """List the backups of a place, the oldest first."""
    from reporting.backup.manifest import FOLDER, list_backups
    from reporting.backup.rotation import is_whole

    where = _place(place)
    found, sizes = list_backups(where), where.sizes(FOLDER)
    if json:
        as_json([m.model_dump(mode="json") | {"is_whole": is_whole(m, sizes)} for m in found])
        return
    if not found:
        note(_told("none"))
        return
    aligned(
        [_told(f"column.{column}") for column in ("backup", "taken", "files", "parts", "state")],
        [
            (
                m.name,
                at(m.taken_at),
                m.file_count,
                ", ".join(_told(f"part.{member.role}") for member in m.members if member.role != "files"),
                _told(f"state.{'whole' if is_whole(m, sizes) else 'not_whole'}"),
            )
            for m in found
        ],
    )


@commands.command()
def verify(place: PlaceArgument = None, name: NameOption = None, json: AsJson = False) -> None:
    """Read a backup whole and compare it with its hashes; exit code 1 where a part is not as it was."""
    from reporting.backup.verifying import verify as verify_all

    where = _place(place)
    manifest = _chosen(where, name)
    found = list(verify_all(where, manifest))
    faults = [fault for fault in found if fault is not None]
    if json:
        as_json({"backup": manifest.name, "checked": len(found), "faults": [asdict(f) for f in faults]})
    else:
        for fault in faults:
            say(_told("fault", what=fault.what, problem=_told(f"problem.{fault.problem}")))
        note(_told("verified", name=manifest.name, count=len(found), faults=len(faults)))
    if faults:
        raise typer.Exit(1)


@commands.command()
def restore(
    by: By,
    place: PlaceArgument = None,
    name: NameOption = None,
    only: Annotated[
        list[Part] | None, typer.Option(help="Restore this part alone; may be repeated.", show_default=False)
    ] = None,
    lost_at: Annotated[
        datetime | None,
        typer.Option(
            formats=MOMENTS,
            help="When the lost installation stopped, so that it sent nothing later; by default: now.",
            show_default=False,
        ),
    ] = None,
    rehearsals_lost_at: Annotated[
        datetime | None,
        typer.Option(formats=MOMENTS, help="The same by the simulated clocks.", show_default=False),
    ] = None,
    into_empty: Annotated[
        bool,
        typer.Option("--into-empty", help="The databases are prepared, but nothing is in them: clear them."),
    ] = False,
    despite_faults: Annotated[
        bool, typer.Option("--despite-faults", help="Restore what is there of a backup that is not whole.")
    ] = False,
) -> None:
    """Restore a backup: the warehouse as its owner (REPORTING_WAREHOUSE_OWNER), the archive, and Airflow's
    database where AIRFLOW__DATABASE__SQL_ALCHEMY_CONN names it. Services must be stopped. Mail stays stopped.
    """
    from reporting.backup.after_restore import wall_moment
    from reporting.backup.restoring import PARTS
    from reporting.backup.restoring import restore as restore_backup

    where = _place(place)
    chosen = [part.value for part in only or ()]
    airflow = os.environ.get(AIRFLOW_DATABASE, "")
    if Part.AIRFLOW in (only or ()) and not airflow:
        raise typer.BadParameter(f"{AIRFLOW_DATABASE} is not set", param_hint="--only airflow")
    warehouse()
    done = restore_backup(
        where,
        _chosen(where, name),
        by=required(by, "--by"),
        parts=[part for part in PARTS if part in chosen or not chosen],
        airflow_url=airflow,
        lost_at=lost_at and wall_moment(lost_at),
        rehearsals_lost_at=rehearsals_lost_at and wall_moment(rehearsals_lost_at),
        into_prepared=into_empty,
        despite_faults=despite_faults,
    )
    for sha256 in done.lost:
        note(_told("fault", what=sha256, problem=_told("problem.not_kept")))
    parts = ", ".join(_told(f"part.{part}") for part in done.parts)
    say(_told("restored", name=done.manifest.name, parts=parts, files=done.files, kept=done.kept))
    if "warehouse" in done.parts:
        say(_told("stopped"))


@commands.command()
def recollect(
    by: By,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=MOMENTS,
            help="Look this far back; by default two days before the backup.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Take over again what the channels (REPORTING_CHANNELS) keep of what came since the backup."""
    from reporting.backup import after_restore

    done = after_restore.recollect(
        warehouse(), required(by, "--by"), since=since and after_restore.wall_moment(since)
    )
    for one in done:
        say(_told("recollected", channel=one.channel, kept=one.kept, new=one.new))
        for what in one.unfit:
            note(_told("unfit", channel=one.channel, what=what))


@commands.command("after-restore")
def after_restore(json: AsJson = False) -> None:
    """Tell what a restored warehouse does not know: mail in doubt, steps that people may have done."""
    from reporting.backup import after_restore as after
    from reporting.cli.cycles import step_name

    with warehouse().connect() as connection:
        restores, doubts = after.open_restores(connection), after.doubts(connection)
        steps = after.open_steps(connection) if restores else []
    if json:
        as_json({
            "restores": [asdict(one) for one in restores],
            "doubts": [asdict(one) for one in doubts],
            "steps": [asdict(one) for one in steps],
        })  # fmt: skip
        return
    if not restores:
        note(_told("not_restored"))
        return
    for one in restores:
        say(
            _told(
                "restored_from",
                at=at(one.restored_at),
                name=one.backup,
                taken=at(one.taken_at),
                lost=at(one.lost_at),
            )
        )
        told = "not_read_again" if one.recollected_at is None else "read_again"
        say(_told(told, at=at(one.recollected_at)))
    if not doubts:
        say(_told("no_doubts"))
    else:
        say(_told("doubts", count=len(doubts)))
        _print_doubts([(doubt, None) for doubt in doubts])
    if steps:
        say(_told("steps"))
        for step in steps:
            say(f"  {step.cycle_id}  {step_name(step.step)}  {at(step.due_at)}")


@commands.command()
def settle(
    by: By,
    reason: Reason,
    sent: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            exists=True,
            help="Text that holds the Message-IDs of what was sent, such as the mail server's log.",
            show_default=False,
        ),
    ] = None,
    complete: Annotated[
        bool, typer.Option("--complete", help="The text of --sent holds all that was sent up to the loss.")
    ] = False,
    policy: Annotated[
        bool, typer.Option("--policy", help="Decide the rest by include/mail_policies.yaml.")
    ] = False,
    message: Annotated[
        list[int] | None,
        typer.Option(help="Decide about this mail alone; may be repeated.", show_default=False),
    ] = None,
    decision: Annotated[
        Choice | None, typer.Option(help="What is decided of --message.", show_default=False)
    ] = None,
    close: Annotated[
        bool, typer.Option("--close", help="Afterwards nothing is in doubt any more after these restores.")
    ] = False,
) -> None:
    """Decide about the mails of which a restored warehouse does not know whether they were sent."""
    from reporting.backup import after_restore as after

    engine, who, why = warehouse(), required(by, "--by"), required(reason, "--reason")
    if bool(message) != (decision is not None):
        raise typer.BadParameter("--message and --decision go together")
    if complete and sent is None:
        raise typer.BadParameter("it says something of --sent alone", param_hint="--complete")
    decided: list[tuple[Doubt, Decision]] = []
    if message and decision is not None:
        decided += after.decide(engine, message, decision.value, who, why)
    if sent is not None or policy:
        known = (
            None if sent is None else after.message_ids(sent.read_text(encoding="utf-8", errors="replace"))
        )
        decided += after.settle(engine, who, why, sent=known, is_complete=complete, by_policy=policy)
    if decided:
        _print_doubts(decided)
    else:
        note(_told("nothing_decided"))
    if close:
        say(_told("closed", names=", ".join(after.close(engine, who))))


def _print_doubts(rows: Sequence[tuple[Doubt, Decision | None]]) -> None:
    from reporting.cli.cycles import step_name
    from reporting.cli.output import table
    from reporting.wording.catalogue import text

    table(
        ["message", "cycle", "reference_code", "office", "step", "to", "since", "detail"],
        [
            (
                doubt.message_id,
                doubt.cycle_id,
                doubt.reference_code,
                doubt.short_name,
                step_name(doubt.step),
                doubt.to_address,
                at(doubt.since),
                "" if decision is None else text(f"backup.decision.{decision}"),
            )
            for doubt, decision in rows
        ],
    )


def _place(given: str | None) -> Place:
    from reporting.backup.place import place_at
    from reporting.settings import settings

    told = given or settings().backup
    if told is None:
        raise typer.BadParameter("name the place, or set REPORTING_BACKUP", param_hint="PLACE")
    return place_at(told)


def _chosen(place: Place, name: str | None) -> Manifest:
    from reporting.backup.errors import BackupError
    from reporting.backup.manifest import list_backups, read

    if name is not None:
        return read(place, name)
    found = list_backups(place)
    if not found:
        raise BackupError(f"There is no backup in {place.address}.")
    return found[-1]


def _megabytes(byte_count: int) -> str:
    from reporting.wording.vietnamese import number

    return number(round(byte_count / 1e6, 1))


def _told(key: str, **values: object) -> str:
    from reporting.wording.catalogue import text

    return text(f"backup.{key}", **values)
