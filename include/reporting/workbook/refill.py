"""Put what an office entered into a fresh copy of its form, where its own file cannot be given back."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, datetime

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, MergedCell
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.formatting.formatting import ConditionalFormatting
from openpyxl.formula.translate import Translator
from openpyxl.workbook import Workbook
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.worksheet import Worksheet

from reporting.forms.models import Form
from reporting.validation.findings import Finding, compress, expand
from reporting.workbook.anchors import Anchors, by_tags
from reporting.workbook.container import open_book
from reporting.workbook.layout import address, end_tag, list_table, row_tag
from reporting.workbook.read import ListCells, MarkRow, QuantityCell, ReadWorkbook, read_workbook
from reporting.workbook.values import Cell

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet may take for a formula."""
_DATE_FORMAT = "dd/mm/yyyy"

_Place = tuple[str, str]


@dataclass(frozen=True)
class Refilled:
    """The fresh form with the office's entries; `places` says where each of its cells went."""

    data: bytes
    places: Mapping[_Place, _Place]

    def relocated(self, findings: Sequence[Finding]) -> list[Finding]:
        """The findings at the places of the fresh form; one whose cells it lacks keeps only its words."""
        return [self._relocated(finding) for finding in findings]

    def _relocated(self, finding: Finding) -> Finding:
        if finding.sheet is None or not finding.cell:
            return finding
        moved = [self.places.get((finding.sheet, address)) for address in expand(finding.cell)]
        known = [place for place in moved if place is not None]
        if not known:
            return replace(finding, cell=None)
        return replace(
            finding, sheet=known[0][0], cell=", ".join(compress([address for _, address in known]))
        )


def refill(fresh: bytes, data: bytes, filename: str, form: Form) -> Refilled:
    """Fill what can be read of `data` into the workbook `fresh`, made from the same form.

    Only cells that an office may fill in are written, texts always as text; one that the office left blank is
    blank, whatever was filled in from the last period. An open table gets as many rows
    as are filled in. What the form has no place for, and formulas without a result, are left out.
    """
    places: dict[_Place, _Place] = {}
    book = openpyxl.load_workbook(io.BytesIO(fresh), rich_text=True)
    sent = read_workbook(data, filename, form)
    for source, target in (
        *_pairs(sent, read_workbook(fresh, filename, form)),
        *_list_pairs(sent, book, by_tags(open_book(fresh, filename).sheets, everywhere=False)),
    ):
        places[source.sheet, source.address] = target
        cell = book[target[0]][target[1]]
        if isinstance(cell, MergedCell) or cell.protection.locked:
            continue
        if source.value is None or source.is_unresolved:
            cell.value = None
        else:
            _write(cell, source)
    buffer = io.BytesIO()
    book.save(buffer)
    return Refilled(buffer.getvalue(), places)


def _pairs(sent: ReadWorkbook, fresh: ReadWorkbook) -> Iterator[tuple[Cell, _Place]]:
    """Each cell of the sender with the place of the same one in the fresh form, but for the open tables."""
    yield from _same_keys(sent.cover, fresh.cover)
    yield from _same_keys(sent.sections, fresh.sections)
    rows: dict[tuple[str, int], MarkRow] = {(row.indicator, row.year): row for row in fresh.marks}
    for row in sent.marks:
        if (own := rows.get((row.indicator, row.year))) is not None:
            yield from zip(row[2:], map(_place, own[2:]), strict=True)
    numbers: dict[tuple[str, int], QuantityCell] = {(q.indicator, q.year): q for q in fresh.quantities}
    for quantity in sent.quantities:
        if (number := numbers.get((quantity.indicator, quantity.year))) is not None:
            yield from zip(quantity[2:], map(_place, number[2:]), strict=True)


def _list_pairs(
    sent: ReadWorkbook, book: Workbook, tables: Mapping[str, Sequence[Anchors]]
) -> Iterator[tuple[Cell, _Place]]:
    """Each cell of the sender's open tables with its place in the fresh one, by row and column of the table:
    the sender's sheet may be named otherwise, and its rows and columns stand elsewhere.
    """
    for code, entries in sent.lists.items():
        table = list_table(code)
        if not entries or table not in tables:
            continue
        anchors = tables[table][0]
        first = anchors.rows["1"][0]
        _make_room(book[anchors.sheet.name], anchors, table, len(entries))
        yield from (pair for entry in entries for pair in _entry_pairs(entry, anchors, first))


def _entry_pairs(entry: ListCells, anchors: Anchors, first: int) -> Iterator[tuple[Cell, _Place]]:
    row = first + entry.position - 1
    for code, cell in entry.cells.items():
        yield cell, (anchors.sheet.name, address(row, anchors.columns[code]))


def _make_room(sheet: Worksheet, anchors: Anchors, table: str, wanted: int) -> None:
    """Add rows like the last one offered, until there are as many as wanted; the table is the last of its
    sheet, so that nothing stands below.
    """
    first = anchors.rows["1"][0] + 1
    end = first + max(int(key) for key in anchors.rows if key.isdecimal())
    last = end - 1
    added = first + wanted - end
    if added <= 0:
        return
    for row in range(end, end + added):
        number = str(row - first + 1)
        for column in range(1, sheet.max_column + 1):
            sheet.cell(row, column)._style = copy(sheet.cell(last, column)._style)  # type: ignore[union-attr]  # nothing is merged in an open table
        sheet.cell(row, 1).value = row_tag(table, number)
        sheet.cell(row, 2).value = number
        sheet.row_dimensions[row].height = sheet.row_dimensions[last].height
    sheet.cell(end + added, 1).value = end_tag(table)
    for check in sheet.data_validations.dataValidation:
        for area in [*check.sqref.ranges]:
            if area.max_row == last:
                check.add(_beneath(area, added))
    _extend_formats(sheet, last, added)


def _extend_formats(sheet: Worksheet, last: int, added: int) -> None:
    """Let the conditional formats that end in the row `last` hold for the rows added under it."""
    shown: list[ConditionalFormatting] = [*sheet.conditional_formatting]
    for one in shown:
        for area in one.sqref.ranges:
            if area.max_row != last:
                continue
            origin, begins = (address(row, area.min_col - 1) for row in (area.min_row - 1, last))
            for rule in one.rules:
                own = copy(rule)
                own.formula = [
                    Translator(f"={formula}", origin=origin).translate_formula(begins)[1:]
                    for formula in rule.formula
                ]
                sheet.conditional_formatting.add(_beneath(area, added), own)


def _beneath(area: CellRange, rows: int) -> str:
    """So many rows under an area, as wide as it is."""
    first, last = address(area.max_row, area.min_col - 1), address(area.max_row + rows - 1, area.max_col - 1)
    return f"{first}:{last}"


def _same_keys(sent: Mapping[str, Cell], fresh: Mapping[str, Cell]) -> Iterator[tuple[Cell, _Place]]:
    for key, cell in sent.items():
        if key in fresh:
            yield cell, _place(fresh[key])


def _place(cell: Cell) -> _Place:
    return cell.sheet, cell.address


def _write(cell: SheetCell, source: Cell) -> None:
    value = source.value
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(FORMULA_STARTS)
    else:
        cell.value = value
        if isinstance(value, date | datetime):
            cell.number_format = _DATE_FORMAT
