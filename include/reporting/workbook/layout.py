"""What a workbook consists of: sheets, cover fields, tags. Both the builder and the reader go by it.

A table is anchored by tags in a hidden first row (one per column) and a hidden first column (one per row),
so that rows and columns that an office inserts or moves take their tags along.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reporting.forms.models import Form
from reporting.wording.catalogue import text

TAG = "KBC"
"""First part of every tag; the parts are joined by SEPARATOR."""
SEPARATOR = "|"

Table = str
"""cover, marks, quantities, sections, identity, or `list_table` of an open table's code."""
FieldKind = Literal["given", "text", "date", "choice", "tick"]

MARK_COLUMNS = ("mark", "document_number", "document_on", "remark", "explanation")
"""The columns of the table of marks that an office fills in."""
QUANTITY_COLUMNS = ("remark", "explanation")
"""The columns of the table of numbers besides those of the years, whose key is the year."""
HEADER_ROW = "header"
"""The row of an open table above the rows that the office fills in."""
VALUE_COLUMN = "value"
"""The column of the cover, and of the identity, that holds the values."""
BODY_COLUMN = "body"
"""The column of the sections that holds the prose."""

IDENTITY_SHEET = "_kbc"
"""Name of the very hidden sheet with the signed identity; no person reads it."""


@dataclass(frozen=True)
class CoverField:
    """One row of the cover: what is given is locked, the rest is for the office.

    `offered`: on every cover, or only where the form has marks, can be answered as nil, or asks for more than
    marks. `is_shown_empty`: whether a given field stands there where there is nothing to give.
    """

    key: str
    kind: FieldKind
    group: str
    choices: tuple[str, ...] = ()
    hint: str = "none"
    offered: Literal["always", "marks", "nil", "parts"] = "always"
    is_shown_empty: bool = True


_CAPACITIES = tuple(
    f"workbook.cover.choice.capacity.{c}" for c in ("behalf", "deputy", "authorised", "order", "head")
)
_STATUSES = tuple(f"workbook.cover.choice.status.{c}" for c in ("draft", "official", "adjusted"))
_TICK = ("workbook.cover.choice.tick",)

COVER_FIELDS: tuple[CoverField, ...] = (
    CoverField("report_title", "given", "request"),
    CoverField("letter", "given", "request"),
    CoverField("period", "given", "request"),
    CoverField("deadline", "given", "request"),
    CoverField("prior_period", "given", "request", is_shown_empty=False),
    CoverField("ministry", "given", "request"),
    CoverField("contact_line", "given", "request"),
    CoverField("organization_name", "given", "request"),
    CoverField("reference_code", "given", "request"),
    CoverField("form_version", "given", "request"),
    CoverField("executing_unit", "text", "request"),
    CoverField("electronic_code", "text", "request"),
    CoverField("report_number", "text", "report", hint="report_number"),
    CoverField("report_on", "date", "report", hint="report_on"),
    CoverField("report_signer", "text", "report"),
    CoverField("signing_capacity", "choice", "report", _CAPACITIES, "signing_capacity"),
    CoverField("authorisation_number", "text", "report"),
    CoverField("status", "choice", "status", _STATUSES, "status"),
    CoverField("adjustment", "text", "status"),
    CoverField("blank_means_no", "tick", "status", _TICK, "blank_means_no", "marks"),
    CoverField("nothing_occurred", "tick", "status", _TICK, "nothing_occurred", "nil"),
    CoverField("rest_follows", "tick", "status", _TICK, "rest_follows", "parts"),
    CoverField("contact_name", "text", "contact"),
    CoverField("contact_position", "text", "contact"),
    CoverField("contact_department", "text", "contact"),
    CoverField("contact_phone", "text", "contact"),
    CoverField("contact_email", "text", "contact"),
    CoverField("contact_changed", "tick", "contact", _TICK, "tick"),
    CoverField("prepared_by", "text", "preparation"),
    CoverField("checked_by", "text", "preparation"),
    CoverField("prepared_on", "date", "preparation", hint="prepared_on"),
    CoverField("remark", "text", "preparation"),
)


def cover_fields(form: Form) -> tuple[CoverField, ...]:
    """The rows of the cover of a form's workbook, in order."""
    offered = {"always": True, "marks": bool(form.indicators), "nil": form.nil is not None}
    offered["parts"] = form.nil is not None or form.quantities is not None or bool(form.lists)
    return tuple(field for field in COVER_FIELDS if offered[field.offered])


def cover_anchor(form: Form) -> str:
    """The row of the cover by which it is known, and which may not be lost: the tick by which blank marks are
    confirmed, or what kind of answer it is.
    """
    return "blank_means_no" if form.indicators else "status"


def list_table(code: str) -> Table:
    """The name of an open table in tags."""
    return f"list.{code}"


def start_tag(table: Table) -> str:
    """The tag in the corner of a table."""
    return SEPARATOR.join((TAG, table, "START"))


def end_tag(table: Table) -> str:
    """The tag under a table's last row."""
    return SEPARATOR.join((TAG, table, "END"))


def column_tag(table: Table, column: str) -> str:
    """The tag over a column."""
    return SEPARATOR.join((TAG, table, "column", column))


def row_tag(table: Table, *key: str) -> str:
    """The tag left of a row."""
    return SEPARATOR.join((TAG, table, "row", *key))


def sheet_name(
    table: Literal["cover", "marks", "quantities", "sections", "instructions", "to_complete"],
) -> str:
    """The name of a sheet as the office sees it."""
    return text(f"workbook.sheet.{table}")


def address(row: int, column: int) -> str:
    """The A1 address of a cell, from zero-based row and column."""
    letters = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"
