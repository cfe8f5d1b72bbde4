"""Put what an office entered into a fresh copy of its form, where its own file cannot be given back."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, MergedCell
from openpyxl.cell.cell import Cell as SheetCell

from reporting.forms.models import Form
from reporting.validation.findings import Finding, compress, expand
from reporting.workbook.read import MarkRow, QuantityCell, ReadWorkbook, read_workbook
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

    Only cells that an office may fill in are written, texts always as text. What the form has no place for,
    and formulas without a result, are left out.
    """
    places: dict[_Place, _Place] = {}
    book = openpyxl.load_workbook(io.BytesIO(fresh), rich_text=True)
    for source, target in _pairs(read_workbook(data, filename, form), read_workbook(fresh, filename, form)):
        places[source.sheet, source.address] = target
        cell = book[target[0]][target[1]]
        if (
            isinstance(cell, MergedCell)
            or cell.protection.locked
            or source.value is None
            or source.is_unresolved
        ):
            continue
        _write(cell, source)
    buffer = io.BytesIO()
    book.save(buffer)
    return Refilled(buffer.getvalue(), places)


def _pairs(sent: ReadWorkbook, fresh: ReadWorkbook) -> Iterator[tuple[Cell, _Place]]:
    """Each cell of the sender with the place of the same one in the fresh form."""
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
    for listed in sent.lists.values():  # of blank rows nothing is read: the address is the same
        for entry in listed:
            yield from ((cell, _place(cell)) for cell in entry.cells.values())


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
