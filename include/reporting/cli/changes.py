"""The commands of `reporting cycle` that change a running cycle, check one, or follow an office."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from reporting.cli.arguments import DAY_FORMATS, AsJson, By, CycleId, Office, Reason, day, required
from reporting.cli.cycles import commands
from reporting.cli.output import as_json, at, note, say, table, words
from reporting.cli.surroundings import warehouse

__all__ = ["commands"]

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from reporting.calendar.deadlines import Deadline
    from reporting.cycles.changes import Confirmation
    from reporting.cycles.selection import Selection


class AskedHow(StrEnum):
    """How an office asked; `ministry`: it did not, the ministry acts of its own accord."""

    LETTER = "letter"
    PHONE = "phone"
    MAIL = "mail"
    MINISTRY = "ministry"


class PauseKind(StrEnum):
    """Why an office is not reminded for a time."""

    DISASTER = "disaster"
    AGREEMENT = "agreement"


class Channel(StrEnum):
    """How officers spoke with each other."""

    PHONE = "phone"
    ZALO = "zalo"
    MAIL = "mail"
    MEETING = "meeting"
    LETTER = "letter"


class Confirm(StrEnum):
    """How those concerned are told."""

    MAIL = "mail"
    LETTER = "letter"
    NONE = "none"


Offices = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[RECIPIENT]...", help="Look-up codes or names of recipients.", show_default=False
    ),
]
Region = Annotated[str | None, typer.Option(help="All offices of this socio-economic region.")]
Group = Annotated[str | None, typer.Option(help="All offices of this list of addressees.")]
Deliverables = Annotated[
    list[str] | None,
    typer.Option("--deliverable", help="Only this deliverable (its code); may be given several times."),
]
How = Annotated[AskedHow, typer.Option(help="How the office asked.", show_default=False)]
AskedBy = Annotated[str, typer.Option(help="Who asked: name and office, or number and date of the letter.")]
AgreedBy = Annotated[str, typer.Option(help="Who agreed.", show_default=False)]
AgreedOn = Annotated[datetime | None, typer.Option(formats=DAY_FORMATS, help="When they agreed.")]
Through = Annotated[datetime | None, typer.Option(formats=DAY_FORMATS, help="Last day that is in time.")]
Before = Annotated[datetime | None, typer.Option(formats=DAY_FORMATS, help="First day that is late.")]
Telling = Annotated[
    Confirm, typer.Option(help="Tell those concerned by mail, by a numbered letter (drafted), or not at all.")
]


@commands.command()
def extend(
    cycle: CycleId,
    asked_how: How,
    reason: Reason,
    agreed_by: AgreedBy,
    recipients: Offices = None,
    through: Through = None,
    before: Before = None,
    region: Region = None,
    group: Group = None,
    deliverables: Deliverables = None,
    asked_by: AskedBy = "",
    agreed_on: AgreedOn = None,
    by: Annotated[str, typer.Option(help="Who enters it; who agreed, if not given.")] = "",
    confirm: Telling = Confirm.MAIL,
) -> None:
    """Grant offices a later deadline; their reminders are planned again and they are told."""
    from reporting.cycles import changes

    deadline = _deadline(through, before)
    reason, agreed_by = required(reason, "--reason"), required(agreed_by, "--agreed-by")
    engine = warehouse()
    selection, names = _selection(engine, cycle, recipients, region, group)
    changes.extend(
        engine,
        cycle,
        selection,
        deadline,
        asked_how=asked_how.value,
        asked_by=asked_by,
        reason=reason,
        agreed_by=agreed_by,
        agreed_on=_day(agreed_on),
        deliverables=deliverables,
        by=by.strip() or None,
        confirm=_confirm(confirm),
    )
    values = {"phrase": deadline.phrase, "last_day": deadline.last_day_phrase}
    if len(names) == 1:
        ((code, name),) = names.items()
        say(words("extended", office=name, code=code, **values))
    else:
        offices = "; ".join(part for part in (*names.values(), region, group) if part)
        say(words("extended_several", offices=offices, **values))


@commands.command("undo-extension")
def undo_extension(
    cycle: CycleId,
    by: By,
    reason: Reason,
    recipients: Offices = None,
    region: Region = None,
    group: Group = None,
    deliverables: Deliverables = None,
    confirm: Telling = Confirm.MAIL,
) -> None:
    """Undo the last extension of offices, entered wrongly; the deadline before it holds again."""
    from reporting.cycles import changes

    engine = warehouse()
    selection, _ = _selection(engine, cycle, recipients, region, group)
    count = changes.undo_extension(
        engine, cycle, selection, by=by, reason=reason, deliverables=deliverables, confirm=_confirm(confirm)
    )
    say(words("extension_undone", count=count))


@commands.command()
def waive(
    cycle: CycleId,
    asked_how: How,
    reason: Reason,
    agreed_by: AgreedBy,
    recipients: Offices = None,
    region: Region = None,
    group: Group = None,
    deliverables: Deliverables = None,
    asked_by: AskedBy = "",
    agreed_on: AgreedOn = None,
    by: Annotated[str, typer.Option(help="Who enters it; who agreed, if not given.")] = "",
    confirm: Telling = Confirm.MAIL,
) -> None:
    """Let offices off what they still owe (Miễn báo cáo)."""
    from reporting.cycles import changes

    engine = warehouse()
    selection, _ = _selection(engine, cycle, recipients, region, group)
    count = changes.waive(
        engine,
        cycle,
        selection,
        deliverables,
        asked_how=asked_how.value,
        asked_by=asked_by,
        reason=reason,
        agreed_by=agreed_by,
        agreed_on=_day(agreed_on),
        by=by.strip() or None,
        confirm=_confirm(confirm),
    )
    say(words("waived", count=count))


@commands.command("undo-waiver")
def undo_waiver(
    cycle: CycleId,
    by: By,
    reason: Reason,
    recipients: Offices = None,
    region: Region = None,
    group: Group = None,
    deliverables: Deliverables = None,
    confirm: Telling = Confirm.MAIL,
) -> None:
    """Undo a waiver entered wrongly; the offices owe again."""
    from reporting.cycles import changes

    engine = warehouse()
    selection, _ = _selection(engine, cycle, recipients, region, group)
    count = changes.undo_waiver(
        engine, cycle, selection, by=by, reason=reason, deliverables=deliverables, confirm=_confirm(confirm)
    )
    say(words("waiver_undone", count=count))


@commands.command("move-deadline")
def move_deadline(
    cycle: CycleId,
    by: By,
    reason: Reason,
    agreed_by: AgreedBy,
    through: Through = None,
    before: Before = None,
    agreed_on: AgreedOn = None,
    instrument: Annotated[str, typer.Option(help="Letter that sets the new day: number and date.")] = "",
    confirm: Telling = Confirm.MAIL,
) -> None:
    """Move the cycle's deadline for everybody; the day that the request named stays on record."""
    from reporting.cycles import changes

    deadline = _deadline(through, before)
    changes.move_deadline(
        warehouse(),
        cycle,
        deadline,
        by=by,
        reason=reason,
        agreed_by=agreed_by,
        agreed_on=_day(agreed_on),
        instrument=instrument,
        confirm=_confirm(confirm),
    )
    say(words("deadline_moved", cycle=cycle, phrase=deadline.phrase, last_day=deadline.last_day_phrase))


@commands.command()
def close(cycle: CycleId, by: By, reason: Reason) -> None:
    """Close a cycle before its planned day; its run notices by itself and goes on to the report."""
    from reporting.cycles import changes
    from reporting.cycles.opening import regime_of

    by, reason = required(by, "--by"), required(reason, "--reason")
    engine = warehouse()
    with engine.connect() as connection:
        regime_of(connection, cycle)
    changes.close_early(engine, cycle, by, reason)
    say(words("closing", cycle=cycle))


@commands.command("move-close")
def move_close(
    cycle: CycleId,
    on: Annotated[datetime, typer.Option(formats=DAY_FORMATS, help="The new day.", show_default=False)],
    by: By,
    reason: Reason,
) -> None:
    """Move the close to the end of office hours of another day; the report is moved behind it."""
    from reporting.cycles import changes

    moved_to = changes.move_close(warehouse(), cycle, day(on), by=by, reason=reason)
    say(words("close_moved", cycle=cycle, at=at(moved_to)))


@commands.command()
def withdraw(
    cycle: CycleId,
    by: By,
    reason: Reason,
    agreed_by: Annotated[str, typer.Option(help="Who agreed.")] = "",
    confirm: Telling = Confirm.MAIL,
) -> None:
    """Call a cycle off: nothing more is asked, reminded or reported; those who were asked are told."""
    from reporting.cycles import changes

    count = changes.withdraw(
        warehouse(), cycle, by=by, reason=reason, agreed_by=agreed_by, confirm=_confirm(confirm)
    )
    say(words("withdrawn" if count else "withdrawn_before", cycle=cycle, count=count))


@commands.command("add-obligation")
def add_obligation(
    cycle: CycleId,
    recipient: Office,
    deliverable: Annotated[str, typer.Argument(help="Code of a deliverable of the cycle.")],
    because: Annotated[str, typer.Option(help="Why the office owes it.", show_default=False)],
    by: By,
    through: Through = None,
    before: Before = None,
    confirm: Telling = Confirm.MAIL,
) -> None:
    """Let an office owe a deliverable that it did not owe, and tell it."""
    from reporting.cli.recipients import recipient_of
    from reporting.cycles import changes

    engine = warehouse()
    with engine.connect() as connection:
        office = recipient_of(connection, cycle, recipient)
    added = changes.add_obligation(
        engine,
        cycle,
        office.reference_code,
        deliverable,
        because=because,
        by=by,
        deadline=_deadline(through, before) if through or before else None,
        confirm=_confirm(confirm),
    )
    key = "obligation_there" if added is None else "obligation_added"
    say(words(key, office=office.short_name, code=office.reference_code, deliverable=deliverable))


@commands.command("add-office")
def add_office(
    cycle: CycleId,
    organization: Annotated[str, typer.Argument(help="Id of the office, as `reporting resolve` tells it.")],
    like: Annotated[str, typer.Option(help="Recipient whose list and duties it shares.", show_default=False)],
    because: Annotated[str, typer.Option(help="Why it is added.", show_default=False)],
    by: By,
    in_its_place: Annotated[
        bool, typer.Option("--in-its-place", help="The other was addressed wrongly and is let off.")
    ] = False,
    through: Through = None,
    before: Before = None,
) -> None:
    """Add an office to a running cycle; it is asked by the next mails."""
    from reporting.cli.recipients import recipient_of
    from reporting.cycles import changes

    engine = warehouse()
    with engine.connect() as connection:
        example = recipient_of(connection, cycle, like)
    code = changes.add_recipient(
        engine,
        cycle,
        organization,
        like=example.reference_code,
        because=because,
        by=by,
        takes_its_place=in_its_place,
        deadline=_deadline(through, before) if through or before else None,
    )
    say(words("office_added", organization=organization, code=code))


@commands.command()
def pause(
    cycle: CycleId,
    until: Annotated[
        datetime, typer.Option(formats=DAY_FORMATS, help="Last day of the pause.", show_default=False)
    ],
    reason: Reason,
    by: By,
    recipients: Offices = None,
    region: Region = None,
    group: Group = None,
    kind: Annotated[PauseKind, typer.Option(help="Why.")] = PauseKind.DISASTER,
) -> None:
    """Let reminders to offices rest through a day; what is still due then is sent afterwards."""
    from reporting.cycles import pauses
    from reporting.wording.vietnamese import date_with_weekday

    engine = warehouse()
    selection, _ = _selection(engine, cycle, recipients, region, group)
    count = pauses.pause(engine, cycle, selection, day(until), kind=kind.value, reason=reason, by=by)
    say(words("paused", count=count, last_day=date_with_weekday(day(until))))


@commands.command()
def unpause(
    cycle: CycleId,
    reason: Reason,
    by: By,
    recipients: Offices = None,
    region: Region = None,
    group: Group = None,
) -> None:
    """End the pauses of offices now."""
    from reporting.cycles import pauses

    engine = warehouse()
    selection, _ = _selection(engine, cycle, recipients, region, group)
    say(words("unpaused", count=pauses.unpause(engine, cycle, selection, by=by, reason=reason)))


@commands.command()
def call(
    cycle: CycleId,
    recipient: Office,
    spoke_with: Annotated[str, typer.Option("--with", help="With whom.", show_default=False)],
    summary: Annotated[str, typer.Option(help="What was said.", show_default=False)],
    by: By,
    channel: Annotated[Channel, typer.Option(help="How.")] = Channel.PHONE,
    promised: Annotated[
        datetime | None, typer.Option(formats=DAY_FORMATS, help="The day that the office named (hẹn ngày).")
    ] = None,
) -> None:
    """Log a call or message; a promised day lets the office's reminders rest until it is over."""
    from reporting.cli.recipients import recipient_of
    from reporting.cycles.contact_log import log_call

    engine = warehouse()
    with engine.connect() as connection:
        office = recipient_of(connection, cycle, recipient)
    number = log_call(
        engine,
        cycle,
        office.reference_code,
        channel=channel.value,
        spoke_with=spoke_with,
        summary=summary,
        promised_on=_day(promised),
        by=by,
    )
    say(words("call_logged", office=office.short_name, code=office.reference_code, number=number))


@commands.command("log")
def log(
    cycle: CycleId,
    recipient: Annotated[
        str | None, typer.Argument(metavar="[RECIPIENT]", help="One office; all, if not given.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Everything that happened with an office (or in the cycle), in order: mails, calls, files, changes."""
    from reporting.cli.recipients import recipient_of
    from reporting.cycles.contact_log import history

    with warehouse().begin() as connection:
        code = None if recipient is None else recipient_of(connection, cycle, recipient).reference_code
        lines = history(connection, cycle, code)
    if json:
        as_json([asdict(line) for line in lines])
        return
    columns = ["at", "what", "actor"] if recipient else ["at", "office", "what", "actor"]
    table(
        columns,
        [
            (at(line.at), line.what, line.actor)
            if recipient
            else (at(line.at), line.short_name, line.what, line.actor)
            for line in lines
        ],
    )


@commands.command()
def zalo(cycle: CycleId, recipient: Office) -> None:
    """A text to copy into Zalo or SMS, 300 characters at most: what the office still owes, and until when."""
    from reporting.cli.recipients import recipient_of
    from reporting.cycles.contact_log import zalo_text

    with warehouse().connect() as connection:
        office = recipient_of(connection, cycle, recipient)
        say(zalo_text(connection, cycle, office.reference_code))


@commands.command()
def check(cycle: CycleId, json: AsJson = False) -> None:
    """Check a cycle before its launch; exit code 1 when something must be mended or let pass first."""
    from reporting.cycles import checklist
    from reporting.wording.catalogue import text

    with warehouse().connect() as connection:
        found = checklist.findings(connection, cycle)
    if json:
        as_json([asdict(finding) for finding in found])
    elif found:
        table(
            ["severity", "check_item", "finding", "let_pass"],
            [
                (text(f"checklist.severity.{f.severity}"), f.item, f.message, f.let_pass_because)
                for f in found
            ],
        )
    else:
        say(text("checklist.clean"))
    if any(finding.is_blocking and finding.let_pass_by is None for finding in found):
        note("`reporting cycle override CYCLE ITEM --reason … --by …` lets an item pass.")
        raise typer.Exit(1)


@commands.command()
def override(
    cycle: CycleId,
    item: Annotated[str, typer.Argument(help="Item of the check, as `reporting cycle check` names it.")],
    reason: Reason,
    by: By,
) -> None:
    """Let what the check found of an item pass, by name; it does not cover what is found later."""
    from reporting.cycles import checklist
    from reporting.wording.catalogue import text

    reason, by = required(reason, "--reason"), required(by, "--by")
    with warehouse().begin() as connection:
        checklist.override(connection, cycle, item, reason=reason, by=by)
    say(text("checklist.passed", cycle=cycle, item=item))


def _selection(
    engine: Engine, cycle: str, recipients: list[str] | None, region: str | None, group: str | None
) -> tuple[Selection, dict[str, str]]:
    """The offices that are meant, and the names of those that were named, by look-up code."""
    from reporting.cli.recipients import recipient_of
    from reporting.cycles.selection import Selection

    with engine.connect() as connection:
        found = [recipient_of(connection, cycle, given) for given in recipients or []]
    names = {office.reference_code: office.short_name for office in found}
    return Selection(tuple(names), region, group), names


def _deadline(through: datetime | None, before: datetime | None) -> Deadline:
    from reporting.calendar.deadlines import Deadline

    if through is not None and before is None:
        return Deadline("through", day(through))
    if before is not None and through is None:
        return Deadline("before", day(before))
    raise typer.BadParameter("give one of them: --through 2013-01-05, or --before 2013-01-06")


def _day(entered: datetime | None) -> date | None:
    return None if entered is None else day(entered)


def _confirm(confirm: Confirm) -> Confirmation:
    return confirm.value
