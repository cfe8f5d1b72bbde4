"""Arguments and options that several commands share."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

DAY_FORMATS = ["%Y-%m-%d", "%d/%m/%Y"]

CycleId = Annotated[
    str,
    typer.Argument(metavar="CYCLE", help="Id of the cycle, as `reporting cycle list` shows it."),
]
Office = Annotated[
    str,
    typer.Argument(
        metavar="RECIPIENT", help="Look-up code of the recipient, or its name in any usual spelling."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
By = Annotated[str, typer.Option(help="Who does it, for the record.", show_default=False)]
Reason = Annotated[str, typer.Option(help="Why, for the record.", show_default=False)]
OutFolder = Annotated[
    Path, typer.Option(file_okay=False, help="Folder to write into; made if missing.", show_default=False)
]
OutFile = Annotated[Path, typer.Option(dir_okay=False, help="File to write.", show_default=False)]
Force = Annotated[bool, typer.Option("--force", help="Replace files that are there.")]


def day(entered: datetime) -> date:
    """The day that an option names."""
    return entered.date()


def required(value: str, option: str) -> str:
    """What an option says, without outer spaces. Raises BadParameter when nothing is left."""
    if not value.strip():
        raise typer.BadParameter("it is empty; write something that can be kept on record", param_hint=option)
    return value.strip()
