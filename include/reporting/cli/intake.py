"""`reporting intake`: checking files, and what waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from reporting.cli import checks, replay
from reporting.cli.arguments import AsJson, By, CycleId, Force, Office, Reason, required
from reporting.cli.output import as_json, at, note, say, words, write_file
from reporting.cli.surroundings import warehouse

if TYPE_CHECKING:
    from reporting.intake.waiting import Waiting

_FILES = "files"
_HELP = {"-h", "--help"}


class _FilesByDefault(TyperGroup):
    """`reporting intake PATH…` means `reporting intake files PATH…`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command in front where none is named."""
        if args and args[0] not in self.commands and args[0] not in _HELP:
            args = [_FILES, *args]
        return super().parse_args(ctx, args)


commands = typer.Typer(
    cls=_FilesByDefault, no_args_is_help=True, help="Deliveries: check files, see what waits, settle it."
)
commands.command(_FILES)(checks.files)
commands.command("replay")(replay.replay)


@commands.command()
def collect(json: AsJson = False) -> None:
    """Take over what lies in the channels, without answering it; exit code 1 where one of them fails."""
    from reporting.intake.channels import collect as collect_all
    from reporting.intake.channels import configured
    from reporting.intake.channels.looking import failing

    engine = warehouse()
    channels = configured()
    collected = collect_all(engine, channels)
    for channel in channels:
        channel.close()
    if json:
        as_json({"collected": collected})
    else:
        say(words("collecting.collected", count=collected))
    with engine.connect() as connection:
        broken = failing(connection, [channel.name for channel in channels])
    for name, problem in broken:
        note(words("collecting.failing", channel=name, problem=problem))
    if broken:
        raise typer.Exit(1)


@commands.command()
def health(json: AsJson = False) -> None:
    """Show what the watchdog is concerned about: deliveries not answered, put aside too long, channels that
    are silent; exit code 1 where there is something. Tells nobody.
    """
    from reporting.intake.watchdog import concerns, line

    with warehouse().connect() as connection:
        found = concerns(connection)
    if json:
        as_json([asdict(concern) for concern in found])
    else:
        for concern in found:
            say(words("health.line", kind=words(f"health.{concern.kind}"), line=line(concern)))
    if found:
        raise typer.Exit(1)
    if not json:
        note(words("health.well"))


@commands.command()
def waiting(json: AsJson = False) -> None:
    """List what waits for a person: deliveries put aside, offices and mails that need a look."""
    from reporting.intake.waiting import waiting as all_waiting

    with warehouse().connect() as connection:
        items = all_waiting(connection)
    if json:
        as_json([asdict(item) | {"note": _note(item)} for item in items])
        return
    for item in items:
        office = f"{item.short_name} ({item.reference_code})" if item.short_name else None
        number = words("waiting.number", arrival=item.arrival_id) if item.arrival_id else None
        told = (at(item.since), _word(f"kind.{item.kind}"), number, item.who, office, item.cycle_id)
        say(words("waiting.separator").join(part for part in told if part))
        for line in _note(item).splitlines():
            say(words("waiting.note", line=line))
    if not items:
        note("Nothing waits for a person.")


@commands.command()
def settle(
    arrival: Annotated[int, typer.Argument(help="Number of the delivery, as `intake waiting` shows it.")],
    reason: Reason,
    by: By,
    cycle: Annotated[str | None, typer.Option(metavar="CYCLE", help="The cycle that it answers.")] = None,
    recipient: Annotated[
        str | None, typer.Option(help="Whose answer it is: look-up code or name of the recipient.")
    ] = None,
    ignore: Annotated[bool, typer.Option("--ignore", help="Put it away; nothing of it counts.")] = False,
    teach: Annotated[
        bool,
        typer.Option("--teach", help="The sender's address speaks for this office from now on."),
    ] = False,
) -> None:
    """Settle a delivery that waits: as the answer of a recipient, or --ignore."""
    from reporting.cli.recipients import recipient_of
    from reporting.intake.settling import ignore_arrival, settle_arrival
    from reporting.wording.catalogue import text

    by, reason = required(by, "--by"), required(reason, "--reason")
    engine = warehouse()
    if ignore:
        if cycle or recipient or teach:
            raise typer.BadParameter(
                "give either --ignore, or --cycle with --recipient and perhaps --teach", param_hint="--ignore"
            )
        ignore_arrival(engine, arrival, reason, by)
        say(words("settling.ignored", arrival=arrival))
        return
    if not cycle or not recipient:
        raise typer.BadParameter("name the office with --cycle and --recipient, or give --ignore")
    with engine.connect() as connection:
        office = recipient_of(connection, cycle, recipient)
    settled = settle_arrival(engine, arrival, cycle, office.reference_code, reason, by, teach=teach)
    for outcome in settled.outcomes:
        say(
            words(
                "settling.settled",
                arrival=arrival,
                office=office.short_name,
                code=office.reference_code,
                outcome=text(f"states.submission.{outcome}"),
            )
        )
    if settled.learnt:
        say(words("settling.learnt", email=settled.learnt, office=office.short_name))
    elif teach:
        say(words("settling.known", office=office.short_name))


@commands.command()
def show(
    arrival: Annotated[int, typer.Argument(help="Number of the delivery, as `intake waiting` shows it.")],
    json: AsJson = False,
) -> None:
    """Show a delivery: envelope, signs of its sender, files, outcomes, answers, decisions."""
    from reporting.intake.showing import shown

    with warehouse().connect() as connection:
        found = shown(connection, arrival)
    if json:
        as_json(found)
        return
    _print_delivery(found)


@commands.command()
def prose(
    cycle: CycleId,
    recipient: Office,
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write a Word file instead.", show_default=False)
    ] = None,
    force: Force = False,
    json: AsJson = False,
) -> None:
    """Show what an office's signed report says beside the narrative of its workbook."""
    from reporting.cli.recipients import recipient_of
    from reporting.intake.prose import side_by_side
    from reporting.intake.prose_document import document, shown_source, told

    with warehouse().begin() as connection:
        office = recipient_of(connection, cycle, recipient)
        compared = side_by_side(connection, cycle, office.reference_code)
    if out is not None:
        write_file(out, document(compared), force=force)
    elif json:
        as_json(asdict(compared))
    else:
        say(_phrase("prose.title", office=compared.office))
        say(shown_source(compared))
        for section in compared.sections:
            say("")
            say(section.label.upper())
            for heading, said, missing in (
                ("workbook", section.in_workbook, "blank"),
                ("report", section.in_report, "not_found"),
            ):
                say(_phrase("show.line", label=_phrase(f"prose.heading.{heading}"), value=""))
                for line in (said or _phrase(f"prose.{missing}")).splitlines():
                    say(_phrase("show.remark", line=line))
        if compared.rest:
            say("")
            say(_phrase("prose.rest").upper())
            for line in compared.rest.splitlines():
                say(_phrase("show.remark", line=line))
        for source in compared.others:
            say(_phrase("prose.other", source=told(source)))


def _print_delivery(found: dict[str, Any]) -> None:
    from reporting.wording.catalogue import text
    from reporting.wording.vietnamese import short_date

    say(
        _phrase(
            "show.title",
            arrival=found["arrival_id"],
            outcome=text(f"states.arrival.{found['outcome'] or 'not_handled'}"),
        )
    )
    for field, value in _envelope(found):
        for number, line in enumerate(str(value).splitlines()):
            label = _phrase(f"show.envelope.{field}")
            say(
                _phrase("show.remark", line=line) if number else _phrase("show.line", label=label, value=line)
            )
    _heading("signs")
    for sign in found["signs"] or [_phrase("show.no_signs")]:
        say(_phrase("show.remark", line=sign))
    if found["attachments"]:
        _heading("attachments")
    for file in found["attachments"]:
        inside = _phrase("show.inside", inside=file["inside"]) if file["inside"] else ""
        size = _phrase("show.size", kilobytes=max(1, round(file["bytes"] / 1000)))
        role = _phrase(f"show.role.{file['role']}")
        named = {"position": file["position"], "filename": file["filename"]}
        say(_phrase("show.attachment", **named, role=role, size=size, inside=inside))
        if file["problem"]:
            say(_phrase("show.remark", line=file["problem"]))
    if found["submissions"]:
        _heading("submissions")
    for one in found["submissions"]:
        outcome = text(f"states.submission.{one['outcome']}")
        values = {key: one[key] for key in ("office", "version", "filename")}
        say(
            _phrase(
                "show.submission",
                **values,
                code=one["reference_code"],
                cycle=one["cycle_id"],
                outcome=outcome,
            )
        )
        for line in one["findings"]:
            say(_phrase("show.remark", line=line))
    if found["answers"]:
        _heading("answers")
    for one in found["answers"]:
        state = text(f"states.message.{one['state']}")
        when = at(datetime.fromisoformat(one["dated_at"]))
        say(_phrase("show.answer", at=when, to=one["to"], subject=one["subject"], state=state))
    if found["documents"]:
        _heading("documents")
    for one in found["documents"]:
        say(
            _phrase(
                "show.document",
                registered=one["registered_number"],
                number=one["document_number"],
                on=short_date(date.fromisoformat(one["signed_on"])),
                office=one["office"],
                position=one["position"],
            )
        )
    if found["decisions"]:
        _heading("decisions")
    for one in found["decisions"]:
        when = at(datetime.fromisoformat(one["at"]))
        values = {"at": when, "by": one["by"], "code": one["reference_code"], "reason": one["reason"]}
        say(_phrase(f"show.decision.{one['kind']}", **values))
        if one["learnt"]:
            say(_phrase("show.learnt", email=one["learnt"]))


def _envelope(found: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """What the channel said of a delivery, in the order in which it is shown."""
    yield "channel", _phrase(f"show.channel.{found['channel']}")
    for field in (
        "filename", "named_code", "from_address", "subject", "sent_at", "received_at", "handled_at",
        "message_id_header", "in_reply_to", "raw_sha256",
    ):  # fmt: skip
        if found[field] is not None:
            yield field, at(found[field]) if field.endswith("_at") else found[field]
    for key, value in found["envelope"].items():
        field = key.lower().replace("-", "_")
        if field in {"return_path", "to", "cc", "reply_to", "authentication_results", "folder"} and value:
            yield field, value if isinstance(value, str) else "\n".join(map(str, value))
    if found["note"]:
        yield "note", found["note"]


def _heading(key: str) -> None:
    say(_phrase(f"show.heading.{key}"))


def _phrase(key: str, **values: object) -> str:
    from reporting.wording.catalogue import text

    return text(f"intake.{key}", **values)


def _word(key: str, **values: object) -> str:
    from reporting.wording.catalogue import text

    return text(f"intake.waiting.{key}", **values)


def _note(item: Waiting) -> str:
    """What the officer reads: a delivery's own note, or what is to be done about the rest."""
    from reporting.wording.catalogue import text

    if item.kind == "arrival":
        return item.note or ""
    state = text(f"states.message.{item.state}") if item.kind == "message" else ""
    return _word(f"note.{item.kind}", note=item.note or "", state=state)
