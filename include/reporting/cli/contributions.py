"""`reporting contributions`: whose words the report may use."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from reporting.cli.arguments import AsJson, By, CycleId, Reason, required
from reporting.cli.output import aligned, as_json, note, say
from reporting.cli.surroundings import warehouse

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from reporting.summary.contributions import Contribution

commands = typer.Typer(
    no_args_is_help=True,
    help="Contributions, whose words the report may use: list, confirm, unconfirm.",
)

Offices = Annotated[
    list[str],
    typer.Argument(
        metavar="RECIPIENT...", help="Look-up codes of recipients, or their names in any usual spelling."
    ),
]


@commands.command("list")
def list_contributions(cycle: CycleId, json: AsJson = False) -> None:
    """List the offices that wrote something in words, what it rests on, and whether it may be cited."""
    from reporting.cycles.opening import regime_of
    from reporting.summary.contributions import contributions
    from reporting.wording.catalogue import text

    with warehouse().connect() as connection:
        regime_of(connection, cycle)  # says so when there is no such cycle
        found = contributions(connection, cycle)
    if json:
        as_json([asdict(one) for one in found])
        return
    if not found:
        note(text("contributions.none"))
        return
    columns = ("code", "office", "version", "source", "signed", "confirmed", "is_citable")
    aligned([text(f"contributions.columns.{name}") for name in columns], [_row(one) for one in found])
    say(text("contributions.count", citable=sum(one.is_citable for one in found), count=len(found)))


@commands.command()
def confirm(
    cycle: CycleId,
    recipients: Offices,
    how: Annotated[
        str,
        typer.Option(help='How it was confirmed, and with whom: "điện thoại với bà …".', show_default=False),
    ],
    by: By,
    version: Annotated[
        int,
        typer.Option(
            min=1,
            help="Version that was read, as `list` shows it; refused where another one counts now.",
            show_default=False,
        ),
    ],
) -> None:
    """Confirm what these offices wrote in the version that was read, so that the report may cite it."""
    from reporting.summary.contributions import confirm as confirm_contributions
    from reporting.wording.catalogue import text

    how, by = required(how, "--how"), required(by, "--by")
    engine = warehouse()
    count = confirm_contributions(
        engine, cycle, _codes(engine, cycle, recipients), how=how, by=by, version=version
    )
    say(text("contributions.done" if count else "contributions.known", count=count))


@commands.command()
def unconfirm(cycle: CycleId, recipients: Offices, reason: Reason, by: By) -> None:
    """Take back confirmations entered wrongly."""
    from reporting.summary.contributions import unconfirm as take_back
    from reporting.wording.catalogue import text

    reason, by = required(reason, "--reason"), required(by, "--by")
    engine = warehouse()
    count = take_back(engine, cycle, _codes(engine, cycle, recipients), reason=reason, by=by)
    say(text("contributions.undone", count=count))


def _codes(engine: Engine, cycle: str, recipients: list[str]) -> list[str]:
    from reporting.cli.recipients import recipient_of

    with engine.connect() as connection:
        return [recipient_of(connection, cycle, given).reference_code for given in recipients]


def _row(one: Contribution) -> list[object]:
    from reporting.wording.catalogue import text
    from reporting.wording.vietnamese import moment, short_date

    signed = confirmed = ""
    if one.document_number is not None and one.signed_on is not None:
        signed = text(
            "contributions.signed",
            number=one.document_number,
            date=short_date(one.signed_on),
            registered=one.registered_number,
        )
    if one.confirmed_at is not None:
        confirmed = text(
            "contributions.confirmed", how=one.how, by=one.confirmed_by, at=moment(one.confirmed_at)
        )
    return [
        one.reference_code,
        one.short_name,
        one.version,
        text(f"reconciliation.submissions.sources.{one.source_rank}"),
        signed,
        confirmed,
        text(f"contributions.citable.{'yes' if one.is_citable else 'no'}"),
    ]
