"""The tables besides the marks: numbers by year, and open tables to which an office adds rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlsxwriter.utility import xl_rowcol_to_cell

from reporting.forms.models import Column, OpenTable, Quantities, Quantity
from reporting.wording.catalogue import text
from reporting.workbook.copies import heading
from reporting.workbook.layout import (
    HEADER_ROW,
    QUANTITY_COLUMNS,
    end_tag,
    list_table,
    row_tag,
    sheet_name,
)

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

    from reporting.workbook.build import Builder

_TEXT_FORMAT = "@"
_WHOLE = "#,##0"
_BROKEN = "#,##0.0##"
_NUMBER_FORMATS = {
    "count": _WHOLE,
    "amount": _WHOLE,
    "number": _WHOLE,
    "percent": _TEXT_FORMAT,  # as a number, Excel would make 0.125 of "12,5%"
    "date": "dd/mm/yyyy",
}
_CENTRED = frozenset(("date", "choice"))
_FIRST_NUMBER = 4  # the column in which numbers begin where nothing stands beside them
_MAX_LISTED = 250  # characters that a list inside a validation may have


def write_quantities(builder: Builder, table: Quantities) -> None:
    """The sheet of numbers: a row for each quantity, with its unit; a column for each year, and before them
    what the office reported last. The labels of totals are set off.
    """
    name = "quantities"
    years = builder.form.years
    sheet = builder.sheet(sheet_name("quantities"), landscape=True)
    shows = builder.last.shows_numbers(builder.form)
    columns = (
        "number", "label", "unit", *(("prior",) if shows else ()), *map(str, years), *QUANTITY_COLUMNS
    )  # fmt: skip
    inputs = (*map(str, years), *QUANTITY_COLUMNS)
    builder.tags(sheet, name, {key: columns.index(key) + 1 for key in inputs})
    widths = (5, 44, 14, *((15,) if shows else ()), *(15 for _ in years), 34, 34)
    for index, width in enumerate(widths, start=1):
        sheet.set_column(index, index, width)
    last = len(columns)
    builder.heading(sheet, 1, (1, last), text("workbook.quantities.heading", title=table.title))
    sheet.set_row(1, 36)
    builder.subheading(sheet, 2, (1, last), name)
    builder.note(sheet, (1, last), text("workbook.quantities.note"), "note_shown" if shows else "")
    header = builder.header()
    for index, column in enumerate(columns, start=1):
        sheet.write_string(4, index, _heading_of(column), header)
    sheet.set_row(4, 32)
    row = 5
    first = columns.index(str(years[0])) + 1
    for number, quantity in enumerate(table.rows, start=1):
        _write_quantity(builder, sheet, row, number, quantity, first)
        row += 1
    sheet.write_string(row, 0, end_tag(name))
    sheet.freeze_panes(5, 4)
    sheet.repeat_rows(4)


def _heading_of(column: str) -> str:
    if column.isdecimal():
        return column
    return text("workbook.prior.column" if column == "prior" else f"workbook.quantities.column.{column}")


def _write_quantity(
    builder: Builder, sheet: Worksheet, row: int, number: int, quantity: Quantity, first: int
) -> None:
    """One row of numbers; its input cells begin in the column `first`."""
    years = builder.form.years
    is_total = bool(quantity.total_of)
    shade = builder.label_shade(is_total)
    sheet.write_string(row, 0, row_tag("quantities", quantity.code))
    sheet.write_string(row, 1, str(number), builder.boxed(align="center", **shade))
    sheet.write_string(row, 2, quantity.label, builder.boxed(indent=1, **shade))
    sheet.write_string(row, 3, quantity.unit, builder.boxed(align="center", **shade))
    bold = {"bold": True} if is_total else {}
    cell = builder.input(align="right", num_format=_NUMBER_FORMATS[quantity.kind], **bold)
    last = first + len(years) - 1
    if first > _FIRST_NUMBER:
        shown = builder.last.number_shown(quantity.code, years)
        builder.prior_cell(sheet, row, first - 1, shown, align="right", indent=1)
    for column in range(first, last + 1):
        sheet.write_blank(row, column, None, cell)
    for column in range(last + 1, last + 1 + len(QUANTITY_COLUMNS)):
        sheet.write_blank(row, column, None, builder.input(align="left", num_format=_TEXT_FORMAT))
    sheet.set_row(row, max(24.0, 16.0 * -(-len(quantity.label) // 40), 16.0 * -(-len(quantity.unit) // 12)))
    _number_helps(builder, sheet, (row, first, row, last), quantity.kind, quantity.unit)


def _number_helps(
    builder: Builder, sheet: Worksheet, area: tuple[int, int, int, int], kind: str, unit: str
) -> None:
    help_key = "percent" if kind == "percent" else "number"
    options: dict[str, object] = {
        "validate": "any",
        "input_title": text("workbook.quantities.input.title"),
        "input_message": text(f"workbook.quantities.input.{help_key}", unit=unit),
    }
    at = xl_rowcol_to_cell(area[0], area[1])
    if kind != "percent":
        words = [text(f"workbook.quantities.{key}") for key in ("nil", "not_applicable")]
        options |= {
            "validate": "custom",
            "value": f"=OR(ISNUMBER({at}),{at}={quoted(words[0])},{at}={quoted(words[1])})",
            "error_type": "warning",
            "error_title": text("workbook.quantities.input.invalid_title"),
            "error_message": text("workbook.quantities.input.invalid"),
        }
    sheet.data_validation(*area, options)
    if kind in ("amount", "number"):
        _show_decimals(builder, sheet, area)


def _show_decimals(builder: Builder, sheet: Worksheet, area: tuple[int, int, int, int]) -> None:
    """Show decimals only of numbers that have some."""
    at = xl_rowcol_to_cell(area[0], area[1])
    broken = builder.book.add_format({"num_format": _BROKEN})
    sheet.conditional_format(
        *area, {"type": "formula", "criteria": f"=IF(ISNUMBER({at}),{at}<>INT({at}))", "format": broken}
    )


def quoted(words: str) -> str:
    """Words as a formula has them."""
    return '"' + words.replace('"', '""') + '"'


def write_list(builder: Builder, table: OpenTable) -> None:
    """The sheet of an open table: its header, the rows offered, and the tag under which it ends."""
    name = list_table(table.code)
    sheet = builder.sheet(table.sheet, landscape=True, rows_may_be_inserted=True)
    last = len(table.columns) + 1
    builder.tags(sheet, name, {column.code: index for index, column in enumerate(table.columns, start=2)})
    sheet.set_column(1, 1, 5)
    for index, column in enumerate(table.columns, start=2):
        sheet.set_column(index, index, column.width)
    title = text("workbook.list.heading", sheet=table.sheet.upper(), title=table.title)
    builder.heading(sheet, 1, (1, last), title)
    sheet.set_row(1, 36)
    builder.subheading(sheet, 2, (1, last), "list")
    note = text("workbook.list.note")
    builder.heading(sheet, 3, (1, last), note, bold=False, font_size=10, italic=True)
    header = builder.header()
    sheet.write_string(4, 0, row_tag(name, HEADER_ROW))
    sheet.write_string(4, 1, text("workbook.list.number"), header)
    lines = 1
    for index, column in enumerate(table.columns, start=2):
        label = heading(column.label, column.unit)
        sheet.write_string(4, index, label, header)
        lines = max(lines, -(-len(label) // max(column.width - 2, 1)))
    sheet.set_row(4, 16.0 * max(lines, 2))
    first, end = 5, 5 + table.rows
    for row in range(first, end):
        sheet.write_string(row, 0, row_tag(name, str(row - first + 1)))
        sheet.write_string(
            row, 1, str(row - first + 1), builder.boxed(align="center", **builder.label_shade())
        )
        for index, column in enumerate(table.columns, start=2):
            sheet.write_blank(row, index, None, _list_input(builder, column))
        sheet.set_row(row, 32)
    for index, column in enumerate(table.columns, start=2):
        _column_helps(builder, sheet, (first, index, end - 1, index), column)
    sheet.write_string(end, 0, end_tag(name))
    sheet.freeze_panes(5, 2)
    sheet.repeat_rows(4)


def _list_input(builder: Builder, column: Column) -> object:
    if column.kind in ("count", "amount", "number", "percent"):
        align = "right"
    else:
        align = "center" if column.kind in _CENTRED else "left"
    return builder.input(align=align, num_format=_NUMBER_FORMATS.get(column.kind, _TEXT_FORMAT))


def _column_helps(
    builder: Builder, sheet: Worksheet, area: tuple[int, int, int, int], column: Column
) -> None:
    if column.kind == "choice":
        listed = ",".join(column.choices)
        fits = len(listed) <= _MAX_LISTED and not any("," in choice for choice in column.choices)
        sheet.data_validation(
            *area,
            {
                "validate": "list",
                "source": list(column.choices) if fits else builder.range_of(column.choices),
                "error_type": "warning",
                "error_title": text("workbook.list.input.invalid_title"),
                "error_message": text("workbook.list.input.invalid"),
            },
        )
    elif column.kind == "date":
        message = text("workbook.list.input.date")
        sheet.data_validation(*area, {"validate": "any", "input_message": message})
    elif column.kind in _NUMBER_FORMATS:
        key = "number" if column.unit else "plain_number"
        message = text(f"workbook.list.input.{key}", unit=column.unit)
        sheet.data_validation(*area, {"validate": "any", "input_message": message})
        if column.kind in ("amount", "number"):
            _show_decimals(builder, sheet, area)
