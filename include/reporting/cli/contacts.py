"""`reporting contact`: the contacts of offices, edited as a workbook, tested, changed when an office says so;
`reporting digest`: what the officer in charge is told today.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reporting.cli.arguments import (
    DAY_FORMATS,
    AsJson,
    By,
    CycleId,
    Force,
    Office,
    OutFile,
    Reason,
    day,
    required,
)
from reporting.cli.errors import REFUSED
from reporting.cli.output import aligned, as_json, at, note, say, write_file
from reporting.cli.surroundings import warehouse

if TYPE_CHECKING:
    from reporting.registry.contacts import Change, ImportPlan

commands = typer.Typer(
    no_args_is_help=True,
    help="Contacts: export, import, list, log, test, proposals, confirm, dismiss, aliases, forget-alias.",
)

SomeOffice = Annotated[
    str | None, typer.Argument(metavar="[OFFICE]", help="Id of an office, or its name in any usual spelling.")
]


class HeardHow(StrEnum):
    """How a change of focal point became known."""

    WORKBOOK = "workbook"
    LETTER = "letter"
    PHONE = "phone"
    MAIL = "mail"


def _words(key: str, **values: object) -> str:
    from reporting.wording.catalogue import text

    return text(f"contacts.{key}", **values)


@commands.command()
def export(
    out: OutFile,
    group: Annotated[
        str | None, typer.Option(help="Only the members of this list of the registry.", show_default=False)
    ] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=DAY_FORMATS, help="Offices that exist on this day; today.")
    ] = None,
    force: Force = False,
) -> None:
    """Write the workbook of contacts that an officer edits; offices without a contact have an empty row."""
    from reporting import clock
    from reporting.registry.contact_workbook import read_contact_workbook
    from reporting.registry.contacts import export_contacts

    with warehouse().connect() as connection:
        data = export_contacts(connection, on=day(on) if on else clock.wall_now().date(), group=group)
    write_file(out, data, force=force)
    sheet = read_contact_workbook(data, out.name, ValueError)
    empty = sum(entry.is_empty for entry in sheet.entries)
    note(_words("exported", file=out.name, contacts=len(sheet.entries) - empty, empty=empty))


@commands.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The edited workbook.", show_default=False)
    ],
    by: By,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write the changes; without it they are only shown.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Show what an edited workbook would change, or bring it into the registry, all of it or nothing."""
    from reporting.registry.contacts import apply_import, plan_import

    person, data, engine = required(by, "--by"), file.read_bytes(), warehouse()
    with engine.connect() as connection:
        plan = plan_import(connection, data, file.name)
    if apply and not plan.problems:
        plan = apply_import(engine, data, file.name, person)
    if json:
        as_json(_plan_data(plan, is_applied=apply and not plan.problems))
    else:
        _print_plan(plan, is_applied=apply and not plan.problems)
    if plan.problems:
        raise typer.Exit(REFUSED if apply else 1)


@commands.command("list")
def list_(office: SomeOffice = None, json: AsJson = False) -> None:
    """List the contacts of all offices, or of one."""
    from reporting.registry import contacts as registry

    with warehouse().connect() as connection:
        found = registry.contacts(connection, registry.find_office(connection, office) if office else None)
    if json:
        as_json(
            [
                {"contact_id": c.contact_id, "organization_id": c.organization_id, "office": c.office}
                | asdict(c.held)
                for c in found
            ]
        )
        return
    if not found:
        note(_words("none"))
        return
    columns = ("contact", "office", "name", "title", "email", "phone", "role", "position", "state")
    aligned(
        [_words(f"heading.{column}") for column in columns],
        [
            (
                c.contact_id,
                c.office,
                c.held.display_name,
                c.held.title,
                c.held.email,
                c.held.phone,
                registry.shown("role", c.held.role),
                c.held.position,
                registry.shown("state", c.held.state),
            )
            for c in found
        ],
    )


@commands.command()
def log(office: SomeOffice = None, json: AsJson = False) -> None:
    """Show what was changed of the contacts, newest first: by whom, from what, old and new values."""
    from reporting.registry import contacts as registry

    with warehouse().connect() as connection:
        found = registry.changes_logged(
            connection, registry.find_office(connection, office) if office else None
        )
    if json:
        as_json([asdict(change) for change in found])
        return
    if not found:
        note(_words("no_log"))
        return
    columns = ("at", "office", "email", "kind", "what", "by", "source")
    aligned(
        [_words(f"heading.{column}") for column in columns],
        [
            (
                at(change.at),
                change.office,
                change.email,
                _words(f"kind.{change.kind}"),
                _words("log.separator").join(
                    _words(
                        "log.field" if any(was for _, was, _ in change.differences) else "log.value",
                        field=_words(f"column.{name}"),
                        old=old or _words("import.empty"),
                        new=new or _words("import.empty"),
                    )
                    for name, old, new in change.differences
                ),
                _person(change.by),
                change.source,
            )
            for change in found
        ],
    )


@commands.command()
def test(
    contact: Annotated[str, typer.Argument(metavar="CONTACT", help="Number of the contact, or its address.")],
    by: By,
) -> None:
    """Send one test mail to a contact; a sample address is reached through the capture server only."""
    from reporting.mail.trial import send_test

    trial = send_test(warehouse(), contact, required(by, "--by"))
    told = _words(
        f"test.{trial.outcome}", email=trial.contact.held.email, office=trial.contact.office, why=trial.why
    )
    if trial.outcome in ("sent", "sent_capture"):
        say(told)
    else:
        note(told)
        raise typer.Exit(REFUSED)


@commands.command("aliases")
def aliases_(office: SomeOffice = None, json: AsJson = False) -> None:
    """List the addresses that a person found to speak for an office though they are none of its contacts."""
    from reporting.registry import aliases as registry_aliases
    from reporting.registry import contacts as registry

    with warehouse().connect() as connection:
        found = registry_aliases.aliases(
            connection, registry.find_office(connection, office) if office else None
        )
    if json:
        as_json([asdict(alias) for alias in found])
        return
    if not found:
        note(_words("no_aliases"))
        return
    columns = ("office", "email", "at", "by", "learnt_from", "reason")
    aligned(
        [_words(f"heading.{column}") for column in columns],
        [(a.office, a.email, at(a.taught_at), a.taught_by, a.learnt_from, a.reason) for a in found],
    )


@commands.command()
def forget_alias(
    office: Annotated[str, typer.Argument(help="Id of the office, or its name in any usual spelling.")],
    email: Annotated[str, typer.Argument(help="The address that speaks for it no more.")],
    by: By,
) -> None:
    """Let an address that was learnt speak for an office no more."""
    from reporting.registry import aliases as registry_aliases
    from reporting.registry import contacts as registry

    with warehouse().begin() as connection:
        organization_id = registry.find_office(connection, office)
        registry_aliases.forget_alias(connection, email, organization_id, required(by, "--by"))
    say(_words("alias_forgotten", email=email, office=office))


@commands.command()
def proposals(json: AsJson = False) -> None:
    """List the changes of focal point that offices ticked on their workbooks and nobody settled yet."""
    from reporting.registry.focal_points import proposals as open_proposals

    with warehouse().connect() as connection:
        found = open_proposals(connection)
    if json:
        as_json([asdict(proposal) for proposal in found])
        return
    if not found:
        note(_words("confirm.no_proposals"))
        return
    columns = ("cycle", "code", "office", "at", "name", "title", "email", "phone", "replaced")
    aligned(
        [_words(f"heading.{column}") for column in columns],
        [
            (
                p.cycle_id,
                p.reference_code,
                p.short_name,
                at(p.received_at),
                p.display_name,
                p.full_title,
                p.email,
                p.phone,
                ", ".join(p.known),
            )
            for p in found
        ],
    )


@commands.command()
def confirm(
    cycle: CycleId,
    recipient: Office,
    heard_how: Annotated[HeardHow, typer.Option(help="How it became known.", show_default=False)],
    by: By,
    email: Annotated[
        str | None, typer.Option(help="Address; as the workbook's cover says, where nothing is given.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name; likewise.")] = None,
    title: Annotated[str | None, typer.Option(help="Position held; likewise.")] = None,
    phone: Annotated[str | None, typer.Option(help="Telephone; likewise.")] = None,
    replaces: Annotated[
        str | None, typer.Option(help="Address of the contact that is no longer to be used.")
    ] = None,
) -> None:
    """Take a focal point that an office told into the registry; its open proposal is settled."""
    from reporting.cli.recipients import recipient_of
    from reporting.registry.focal_points import confirm as confirm_focal_point

    engine = warehouse()
    with engine.connect() as connection:
        office = recipient_of(connection, cycle, recipient)
    done = confirm_focal_point(
        engine,
        cycle,
        office.reference_code,
        email=email,
        name=name,
        title=title,
        phone=phone,
        replaces=replaces,
        heard_how=heard_how.value,
        by=required(by, "--by"),
    )
    told = {"office": office.short_name, "code": office.reference_code}
    say(_words(f"confirm.{done.kind}", **told, name=done.contact.display_name, email=done.contact.email))
    if done.replaced:
        say(_words("confirm.replaced", **told, email=done.replaced))


@commands.command()
def dismiss(cycle: CycleId, recipient: Office, reason: Reason, by: By) -> None:
    """Settle the open proposal of an office without changing a contact."""
    from reporting.cli.recipients import recipient_of
    from reporting.registry.focal_points import dismiss as dismiss_proposal

    engine = warehouse()
    with engine.connect() as connection:
        office = recipient_of(connection, cycle, recipient)
    dismiss_proposal(
        engine,
        cycle,
        office.reference_code,
        reason=required(reason, "--reason"),
        by=required(by, "--by"),
    )
    say(_words("confirm.dismissed", office=office.short_name, code=office.reference_code))


def _person(by: str) -> str:
    """Who changed a contact: a user, or what officials call a part of the pipeline."""
    from reporting.wording.catalogue import WordingError

    try:
        return _words(f"actor.{by}")
    except WordingError:
        return by


def _print_plan(plan: ImportPlan, *, is_applied: bool) -> None:
    for change in plan.changes:
        _print_change(change)
    for contact in plan.missing:
        say(
            _words("missing", office=contact.office, name=contact.held.display_name, email=contact.held.email)
        )
    for kind, told in (("warnings", plan.warnings), ("problems", plan.problems)):
        if told:
            say(_words(f"import.{kind}", count=len(told)))
            for line in told:
                say(_words("import.line", what=line))
    if plan.problems:
        say(_words("import.blocked", count=len(plan.problems)))
    elif not plan.changes:
        say(_words("import.nothing"))
    else:
        result = "applied" if is_applied else "preview"
        say(_words(f"import.{result}", **plan.counts, unchanged=plan.unchanged))


def _print_change(change: Change) -> None:
    from reporting.registry.contacts import shown

    held = change.before or change.after
    say(
        _words(
            f"import.{change.kind}",
            office=change.office,
            code=change.organization_id,
            name=held.display_name,
            email=held.email,
            role=shown("role", held.role),
            position=held.position,
        )
    )
    for name, old, new in change.differences:
        empty = _words("import.empty")
        say(_words("import.field", field=_words(f"column.{name}"), old=old or empty, new=new or empty))
    if change.is_replacement:
        say(_words("import.note", what=_words("replaced")))


def _plan_data(plan: ImportPlan, *, is_applied: bool) -> dict[str, object]:
    return {
        "applied": is_applied,
        "counts": plan.counts | {"unchanged": plan.unchanged},
        "changes": [asdict(change) | {"differences": change.differences} for change in plan.changes],
        "missing": [contact.contact_id for contact in plan.missing],
        "warnings": plan.warnings,
        "problems": plan.problems,
    }


def digest(
    on: Annotated[datetime | None, typer.Option("--day", formats=DAY_FORMATS, help="The day; today.")] = None,
) -> None:
    """Show what the officer in charge is told on a day; nothing is sent or kept."""
    from datetime import datetime as moment
    from datetime import time

    from reporting import clock
    from reporting.mail.digest import compose_digest
    from reporting.wording.catalogue import text

    now = moment.combine(day(on), time(8), clock.VIETNAM) if on else clock.wall_now()
    with warehouse().connect() as connection:
        composed = compose_digest(connection, now)
    if composed is None:
        note(text("digest.nothing"))
    else:
        say(text("mail.preview.heading", subject=composed.subject))
        say("")
        say(composed.body_text)
