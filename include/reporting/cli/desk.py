"""`reporting desk`: the records desk registers signed reports and enters workbooks for an office."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reporting.cli.arguments import DAY_FORMATS, By, CycleId, Office, Reason, required
from reporting.cli.output import say, words
from reporting.cli.surroundings import warehouse

if TYPE_CHECKING:
    from reporting.cli.recipients import Recipient
    from reporting.intake.desk import Entered

commands = typer.Typer(no_args_is_help=True, help="Records desk: register, enter.")


class Capacity(StrEnum):
    """In which capacity a document was signed (Decree 30/2020)."""

    BEHALF = "TM."
    DEPUTY = "KT."
    ORDER = "TL."
    AUTHORISED = "TUQ."
    ACTING = "Q."
    HEAD = "GĐ"


class Issuer(StrEnum):
    """Who signed a document that a committee owes."""

    RECIPIENT = "recipient"
    DEPARTMENT = "department"


def _attachment(given: str) -> tuple[int, int] | None:
    if not given:
        return None
    arrival, _, position = given.partition(":")
    if not (arrival.isdecimal() and position.isdecimal()):
        raise typer.BadParameter("give it as ARRIVAL:POSITION, such as 12:2", param_hint="--attachment")
    return int(arrival), int(position)


@commands.command()
def register(
    cycle: CycleId,
    recipient: Office,
    registered_number: Annotated[
        str, typer.Option(help="Number in the register of incoming documents.", show_default=False)
    ],
    document_number: Annotated[
        str, typer.Option(help="Number and symbol, such as 97/BC-STTTT.", show_default=False)
    ],
    signed_on: Annotated[
        datetime, typer.Option(formats=DAY_FORMATS, help="Date of the document.", show_default=False)
    ],
    received_on: Annotated[
        datetime, typer.Option(formats=DAY_FORMATS, help="When it reached the ministry.", show_default=False)
    ],
    signer: Annotated[str, typer.Option(help="Who signed.", show_default=False)],
    by: By,
    sent_on: Annotated[
        datetime | None,
        typer.Option(formats=DAY_FORMATS, help="When it was sent; as signed, if not given."),
    ] = None,
    capacity: Annotated[Capacity, typer.Option(help="In which capacity.")] = Capacity.HEAD,
    file: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Its scan.")] = None,
    answers: Annotated[
        str,
        typer.Option(
            metavar="CODES",
            help="What it answers, separated by commas (signed_report,proposals); "
            "may be left out where the recipient owes one document.",
        ),
    ] = "",
    issuer: Annotated[
        Issuer | None,
        typer.Option(
            help="Who issued it: the recipient, or a department for its committee, whose own report is then "
            "still awaited; proposed by the number's symbol and the capacity.",
        ),
    ] = None,
    authorisation: Annotated[
        str, typer.Option(help="Number and date of the authorisation (TUQ.).", show_default=False)
    ] = "",
    attachment: Annotated[
        str,
        typer.Option(
            metavar="ARRIVAL:POSITION",
            help="A file that came by mail before, as `intake show` numbers it: its scan.",
            show_default=False,
        ),
    ] = "",
    workbook: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="The data form that came on paper with it, keyed in here."
        ),
    ] = None,
) -> None:
    """Register the signed report of a recipient that came by the document axis or post."""
    from reporting.cli.recipients import recipient_of
    from reporting.intake.desk import IncomingDocument, register_at_desk

    document = IncomingDocument(
        registered_number=registered_number,
        document_number=document_number,
        signed_on=signed_on.date(),
        sent_on=(sent_on or signed_on).date(),
        received_on=received_on.date(),
        signer=signer,
        capacity=capacity.value,
        entered_by=required(by, "--by"),
        filename=file.name if file else None,
        file=file.read_bytes() if file else None,
        deliverables=tuple(part for code in answers.split(",") if (part := code.strip())),
        issuer=issuer.value if issuer else None,
        authorisation=authorisation or None,
        attachment=_attachment(attachment),
    )
    engine = warehouse()
    with engine.connect() as connection:
        office = recipient_of(connection, cycle, recipient)
    keyed_in = (workbook.name, workbook.read_bytes()) if workbook else None
    registered = register_at_desk(engine, cycle, office.reference_code, document, keyed_in)
    say(
        words(
            "registered_report",
            office=office.short_name,
            code=office.reference_code,
            number=document_number,
            registered=registered_number,
        )
    )
    if registered.issuer == "department":
        say(words("registered_of_department", office=office.short_name))
    if workbook and registered.entered:
        _say_entered(registered.entered, office, workbook.name)


@commands.command()
def enter(
    cycle: CycleId,
    recipient: Office,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The workbook, filled in.")],
    reason: Reason,
    by: By,
) -> None:
    """Enter a workbook for an office that answered on another way; it passes the same checks."""
    from reporting.cli.recipients import recipient_of
    from reporting.intake.desk import enter_for_office

    by = required(by, "--by")
    engine = warehouse()
    with engine.connect() as connection:
        office = recipient_of(connection, cycle, recipient)
    entered = enter_for_office(engine, cycle, office.reference_code, file.name, file.read_bytes(), reason, by)
    _say_entered(entered, office, file.name)


def _say_entered(entered: Entered, office: Recipient, filename: str) -> None:
    values = {"office": office.short_name, "code": office.reference_code, "filename": filename}
    if entered.counts:
        say(words("entered", **values))
    else:
        say(words("entered_aside", **values, version=entered.version, current=entered.counted_version))
