"""Where the tables of a form stand in a workbook, found by the tags in its hidden first row and column."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from reporting.forms.models import Form
from reporting.wording.catalogue import text
from reporting.workbook.container import Rows, Sheet
from reporting.workbook.layout import (
    BODY_COLUMN,
    HEADER_ROW,
    MARK_COLUMNS,
    QUANTITY_COLUMNS,
    SEPARATOR,
    TAG,
    VALUE_COLUMN,
    Table,
    cover_anchor,
    list_table,
    sheet_name,
)
from reporting.workbook.values import Cell, CellValue

_ANY_TAG = TAG + SEPARATOR
Place = tuple[int, int]


@dataclass(frozen=True)
class Shape:
    """What a table of a form must have: its columns, and its rows with the label that messages call them by.
    `sheet` is the name of its sheet as sent.
    """

    table: Table
    sheet: str
    columns: tuple[str, ...]
    rows: Mapping[str, str]


class Anchors:
    """Where the columns and rows of one table stand in one sheet, and what its cells hold.

    `rows` may name several places for one row; `end` is the row under the last one, None if it is not marked.
    """

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.columns: dict[str, int] = {}
        self.rows: dict[str, list[int]] = {}
        self.end: int | None = None
        self._name = sheet.name
        self._values = sheet.rows
        self._unresolved = sheet.part.unresolved
        self._shared: dict[Place, Place] = {}

    def cell(self, row: int, column: int) -> Cell:
        """The cell at a place; a cell in an area merged over one column has the value that the area shows."""
        if self._shared or self._unresolved:
            at = self._shared.get((row, column), (row, column))
            if at in self._unresolved:
                return Cell(self._name, row, column, self._unresolved[at], True)
            return Cell(self._name, row, column, self._value(*at))
        return Cell(self._name, row, column, self._value(row, column))

    def _value(self, row: int, column: int) -> CellValue:
        try:
            value = self._values[row][column]
        except IndexError:
            return None
        return None if value == "" else value

    def is_filled(self, row: int, columns: Iterable[str]) -> bool:
        """Whether anything stands in one of the columns of a row."""
        return any(self.cell(row, self.columns[key]).value is not None for key in columns)

    def row(self, key: str, columns: Iterable[str]) -> int:
        """The place of a row; of a repeated one, that of the first filled."""
        places = self.rows[key]
        if len(places) == 1:
            return places[0]
        return next((place for place in places if self.is_filled(place, columns)), places[0])

    def share_merged(self) -> Iterator[tuple[Place, ...]]:
        """Let the input cells of an area that was merged over one column share its value. Yields the input
        cells of every merged area that has a value and covers more than one of them.
        """
        if not self.sheet.merged or not self.columns or not self.rows:
            return
        columns = sorted(set(self.columns.values()))
        rows: list[int] = []
        for (top, first), (bottom, last) in self.sheet.merged:
            if last < columns[0] or first > columns[-1] or (top == bottom and len(columns) == 1):
                continue
            rows = rows or sorted({row for found in self.rows.values() for row in found})
            inside = tuple(
                (row, column)
                for row in rows[bisect_left(rows, top) : bisect_right(rows, bottom)]
                for column in columns
                if first <= column <= last
            )
            if len(inside) < 2 or self.cell(top, first).value is None:
                continue
            if first == last:
                self._shared |= dict.fromkeys(inside, (top, first))
            yield inside


AnchorsByTable = dict[Table, list[Anchors]]
"""The tables found, by name, with one entry per sheet that holds them."""


def by_tags(sheets: Iterable[Sheet], *, everywhere: bool) -> AnchorsByTable:
    """The tagged tables. Tags are looked for in the first row and the first column, or `everywhere`."""
    found: AnchorsByTable = {}
    for sheet in sheets:
        here: dict[Table, Anchors] = {}
        for row, column, value in _tags(sheet.rows, everywhere):
            table, kind, key = _understood(value)
            anchors = here.get(table)
            if anchors is None:
                anchors = here[table] = Anchors(sheet)
            if kind == "row":
                anchors.rows.setdefault(key, []).append(row)
            elif kind == "column":
                anchors.columns.setdefault(key, column)
            elif kind == "end":
                anchors.end = row
        for table, anchors in here.items():
            found.setdefault(table, []).append(anchors)
    return found


@lru_cache(maxsize=4096)
def _understood(tag: str) -> tuple[Table, Literal["row", "column", "end", ""], str]:
    """The table that a tag is of, what it marks, and the key of that row or column."""
    _, table, *rest = tag.strip().split(SEPARATOR)
    if len(rest) == 2 and rest[0] == "column":
        return table, "column", rest[1]
    if len(rest) >= 2 and rest[0] == "row":
        return table, "row", SEPARATOR.join(rest[1:])
    return table, "end" if rest == ["END"] else "", ""


def _tags(rows: Rows, everywhere: bool) -> list[tuple[int, int, str]]:
    if everywhere or not rows:
        return [
            (row, column, value)
            for row, cells in enumerate(rows)
            for column, value in enumerate(cells)
            if isinstance(value, str) and value.startswith(_ANY_TAG)
        ]
    places = [
        (0, column, value)
        for column, value in enumerate(rows[0])
        if isinstance(value, str) and value.startswith(_ANY_TAG)
    ]
    for row, cells in enumerate(rows):
        value = cells[0] if row and cells else None
        if isinstance(value, str) and value.startswith(_ANY_TAG):
            places.append((row, 0, value))
    return places


_SHAPES: dict[str, tuple[Shape, ...]] = {}


def shapes(form: Form) -> tuple[Shape, ...]:
    """The tables of a form, in the order of their sheets. Of the cover only one row is indispensable (see
    `cover_anchor`), of an open table only its columns and their header.
    """
    if form.content_hash not in _SHAPES:
        _SHAPES[form.content_hash] = tuple(_shapes(form))
    return _SHAPES[form.content_hash]


def _shapes(form: Form) -> Iterator[Shape]:
    known_by = cover_anchor(form)
    kept = {known_by: text(f"workbook.cover.label.{known_by}")}
    yield Shape("cover", sheet_name("cover"), (VALUE_COLUMN,), kept)
    marks = {
        SEPARATOR.join((indicator.code, str(year))): mark_label(form, indicator.code, year)
        for indicator in form.indicators
        for year in form.years
    }
    if marks:
        yield Shape("marks", sheet_name("marks"), MARK_COLUMNS, marks)
    if form.quantities is not None:
        columns = (*map(str, form.years), *QUANTITY_COLUMNS)
        rows = {quantity.code: quantity.short_label for quantity in form.quantity_rows}
        yield Shape("quantities", sheet_name("quantities"), columns, rows)
    for table in form.lists:
        columns = tuple(column.code for column in table.columns)
        yield Shape(list_table(table.code), table.sheet, columns, {HEADER_ROW: table.title})
    sections = {section.code: section.label for section in form.sections}
    if sections:
        yield Shape("sections", sheet_name("sections"), (BODY_COLUMN,), sections)


def mark_label(form: Form, indicator: str, year: int) -> str:
    """How messages call a mark: "Quy chế năm 2011"."""
    return text("findings.mark_label", indicator=form.indicator(indicator).short_label, year=year)
