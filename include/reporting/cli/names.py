"""`reporting resolve`: which office a written name means, from the registry's files."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import typer

from reporting.cli.arguments import DAY_FORMATS, AsJson
from reporting.cli.output import as_json, note, say, table, words


class OfficeKind(StrEnum):
    """Kinds of office, as an operator calls them."""

    COMMITTEE = "committee"
    DEPARTMENT = "department"
    MINISTRY = "ministry"
    AGENCY = "agency"


KINDS = {
    OfficeKind.COMMITTEE: "province_committee",
    OfficeKind.DEPARTMENT: "province_department",
    OfficeKind.MINISTRY: "ministry",
    OfficeKind.AGENCY: "government_agency",
}


def resolve(
    name: Annotated[str, typer.Argument(help="A name in any usual spelling.")],
    kind: Annotated[OfficeKind | None, typer.Option(help="Only offices of this kind.")] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=DAY_FORMATS, help="Only offices that exist on this day.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Say which office a name means: exactly, or by another spelling of the registry.

    Exit code 1 when it means none; similar names are then suggested, never chosen. Without --kind and --on,
    every office that ever bore the name is listed.
    """
    from reporting.registry.look_up import look_up

    answer = look_up(name, KINDS[kind] if kind else None, on.date() if on else None)
    found = answer.found
    if json:
        as_json(asdict(answer))
    elif found:
        table(
            ["organization", "name", "kind", "valid_from", "valid_to", "successor", "matched"],
            [
                (
                    office.organization_id,
                    office.name,
                    words(f"office_kind.{office.kind}"),
                    _shown(office.valid_from),
                    _shown(office.valid_to),
                    ", ".join(office.successors),
                    words("matched.alias", spelling=office.alias)
                    if office.alias
                    else words("matched.official"),
                )
                for office in found
            ],
        )
        if len(found) > 1:
            note(words("several_offices"))
    else:
        say(words("unknown_office", name=name))
        for office in answer.similar:
            say(words("suggestion", name=office.name, id=office.organization_id))
    if not found:
        raise typer.Exit(1)


def _shown(day: date | None) -> str | None:
    from reporting.wording.vietnamese import short_date

    return short_date(day) if day else None
