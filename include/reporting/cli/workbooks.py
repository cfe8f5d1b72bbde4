"""`reporting workbook`: the workbook of a recipient as mailed, or an empty form."""

from __future__ import annotations

from typing import Annotated

import typer

from reporting.cli.arguments import CycleId, Force, Office, OutFile
from reporting.cli.output import words, write_file
from reporting.cli.surroundings import warehouse, without_warehouse

commands = typer.Typer(no_args_is_help=True, help="Workbooks: make, blank.")


@commands.command()
def make(cycle: CycleId, recipient: Office, out: OutFile, force: Force = False) -> None:
    """Write the workbook with which a recipient was asked, byte for byte, to hand it out again."""
    from reporting.cli.recipients import recipient_of
    from reporting.intake.submissions import workbook_asked_with

    with warehouse().connect() as connection:
        office = recipient_of(connection, cycle, recipient)
        data = workbook_asked_with(connection, cycle, office.reference_code)
    if data is None:
        raise LookupError(
            f"{office.short_name} ({office.reference_code}) was not asked yet; its workbook is made with the "
            "request, once the request letter is registered (step issue)."
        )
    write_file(out, data, force=force)


@commands.command()
def blank(
    form: Annotated[str, typer.Argument(help="Code of the form: a file of include/forms.")],
    version: Annotated[str, typer.Argument(help="Its version, such as 2012.1.")],
    out: OutFile,
    force: Force = False,
) -> None:
    """Write an empty workbook of a form, to look at: it is nobody's, and is not accepted from anybody."""
    import secrets

    from reporting import clock
    from reporting.forms.models import load_form
    from reporting.settings import settings
    from reporting.workbook.build import CoverPage, WorkbookIdentity, build_workbook

    without_warehouse()
    content = load_form(form, version)
    pending = words("blank.ellipsis")
    cover = CoverPage(
        report_title=content.title,
        letter_number="",
        letter_on=clock.wall_now().date(),
        period_label=pending,
        deadline_phrase=pending,
        last_day_phrase=pending,
        organization_name=pending,
        ministry_name=pending,
        unit_name=pending,
        contact_line=pending,
    )
    identity = WorkbookIdentity("", words("blank.reference_code"), content.code, content.version)
    # Nobody's identity needs no key of ours: where none is known, one is drawn and forgotten.
    key = settings().signing_key.get_secret_value() or secrets.token_urlsafe(32)
    write_file(out, build_workbook(content, identity, cover, key), force=force)
