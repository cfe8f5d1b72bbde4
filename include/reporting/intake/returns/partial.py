"""Partial answers: what a part brings, what an earlier part brought, what is still to come."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from reporting.database import query
from reporting.forms.models import Form
from reporting.intake.returns.forms import MARKS, QUANTITIES, SECTIONS, tables_of
from reporting.wording.catalogue import text
from reporting.workbook.layout import sheet_name


def fill(connection: Connection, form: Form, submission_id: int, previous: int | None) -> list[str]:
    """Take over the tables that this part leaves blank from the version that counted before it.

    Each cell taken over keeps the file it stands in. The version is whole when nothing is missing then;
    returned are the tables still to come, as kept with it.
    """
    blank = _blank(connection, form, submission_id)
    if previous is not None and blank:
        carried = [table for table in blank if table not in _blank(connection, form, previous)]
        keys = {"submission_id": submission_id, "tables": carried}
        connection.execute(query("returns/drop_blank"), keys)
        connection.execute(query("returns/carry"), keys | {"previous": previous})
        blank = [table for table in blank if table not in carried]
    connection.execute(query("returns/set_missing"), {"submission_id": submission_id, "missing": blank})
    return blank


def names(form: Form, tables: Sequence[str]) -> str:
    """The tables as an office knows them, by the names of their sheets, each in quotation marks."""
    fixed = {MARKS: "marks", QUANTITIES: "quantities", SECTIONS: "sections"}
    sheets = {table.code: table.sheet for table in form.lists}
    return text("returns.partial.between").join(
        text("returns.partial.sheet", sheet=sheets.get(table) or sheet_name(fixed[table]))  # type: ignore[arg-type]
        for table in tables_of(form)
        if table in tables
    )


def _blank(connection: Connection, form: Form, submission_id: int) -> list[str]:
    filled = set(connection.scalars(query("returns/filled_tables"), {"submission_id": submission_id}))
    return [table for table in tables_of(form) if table not in filled]
