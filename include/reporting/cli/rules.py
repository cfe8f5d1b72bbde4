"""`reporting rules`: the rules that workbooks are checked by, and who was let off which."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from reporting.cli.arguments import DAY_FORMATS, AsJson, By, Reason, day, required
from reporting.cli.output import as_json, say, table, words
from reporting.cli.surroundings import warehouse

commands = typer.Typer(help="Rules that workbooks are checked by, and waivers of them.", no_args_is_help=True)

Day = typer.Option(formats=DAY_FORMATS)


@commands.command("list")
def list_rules(
    form: Annotated[str, typer.Option(help="Only those of one form, as CODE or CODE@VERSION.")] = "",
    json: AsJson = False,
) -> None:
    """Show each rule: its gate, how it is taken, whether it may be waived, what is said to the office."""
    from reporting.forms.models import FormError, all_forms
    from reporting.validation.rules import rules

    forms = [one for one in all_forms() if form in ("", one.code, f"{one.code}@{one.version}")]
    if not forms:
        known = ", ".join(f"{one.code}@{one.version}" for one in all_forms())
        raise FormError(words("rules.unknown_form", form=form, known=known))
    found = rules(forms)
    if json:
        as_json([asdict(one) for one in found])
        return
    table(
        ["rule", "stage", "severity", "may_be_waived", "rule_title"],
        [
            (
                one.code,
                words(f"rules.stage.{one.stage}"),
                "; ".join(words(f"rules.severity.{severity}") for severity in one.severities),
                words("rules.yes") if one.may_be_waived else words("rules.no"),
                one.title,
            )
            for one in found
        ],
    )
    for one in found:
        say("")
        say(f"{one.code}: {one.title}")
        for what, mend in one.said:
            say(f"  {what} → {mend}")


@commands.command()
def waive(
    rule: Annotated[str, typer.Argument(help="The rule, as `reporting rules list` shows it.")],
    until: Annotated[datetime, Day],
    reason: Reason,
    allowed_by: Annotated[str, typer.Option(help="Who allowed it.", show_default=False)],
    by: By,
    office: Annotated[
        str,
        typer.Option(help="Organization id of the office, as in `reporting resolve`; every office if none."),
    ] = "",
    form: Annotated[str, typer.Option(help="Code of the form; every form if none.")] = "",
    indicator: Annotated[
        str, typer.Option(help="Code of the indicator, number or open table; every one if none.")
    ] = "",
    since: Annotated[datetime | None, Day] = None,
) -> None:
    """Let an office off a rule until a day: what the rule finds is noted and asks nothing of the office.

    The days are days of the cycles' own clocks; without --since from today.
    """
    from reporting.clock import wall_now
    from reporting.intake.waivers import waive_rule

    with warehouse().begin() as connection:
        number = waive_rule(
            connection,
            rule,
            form_code=form or None,
            organization_id=office or None,
            indicator=indicator or None,
            reason=required(reason, "--reason"),
            allowed_by=required(allowed_by, "--allowed-by"),
            entered_by=required(by, "--by"),
            valid_from=day(since) if since else wall_now().date(),
            valid_to=day(until),
        )
    say(words("rules.waived", number=number))


@commands.command()
def unwaive(
    number: Annotated[
        int, typer.Argument(help="Number of the waiver, as `reporting rules waivers` shows it.")
    ],
    by: By,
) -> None:
    """Take a waiver back; what was accepted under it stays."""
    from reporting.intake.waivers import undo_waiver

    with warehouse().begin() as connection:
        undo_waiver(connection, number, required(by, "--by"))
    say(words("rules.unwaived", number=number))


@commands.command()
def waivers(
    on: Annotated[datetime | None, Day] = None,
    json: AsJson = False,
) -> None:
    """List the waivers of rules, the newest first; with --on only those in force on that day."""
    from reporting.intake.waivers import list_waivers
    from reporting.wording.vietnamese import short_date

    with warehouse().connect() as connection:
        rows = list_waivers(connection, day(on) if on else None)
    if json:
        as_json([dict(row._mapping) for row in rows])
        return
    everything = words("rules.every")
    table(
        [
            "waiver", "rule", "form", "organization", "indicator", "valid_from", "valid_through",
            "allowed_by", "reason", "state",
        ],
        [
            (
                row.rule_waiver_id,
                row.rule,
                row.form_code or everything,
                row.organization_id or everything,
                row.indicator or everything,
                short_date(row.valid_from),
                short_date(row.valid_to),
                row.allowed_by,
                row.reason,
                words("rules.undone", by=row.undone_by) if row.undone_at else words("rules.stands"),
            )
            for row in rows
        ],
    )  # fmt: skip
