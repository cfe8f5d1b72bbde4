"""The cells of a workbook understood once: meanings of marks, dates, numbers. Rules and facts go by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple

from reporting.forms.models import Column, Form, MarkMeaning, Quantity, mark_key
from reporting.validation.models import SubmissionKind
from reporting.wording.catalogue import text
from reporting.workbook.read import ListCells, MarkRow, QuantityCell, ReadWorkbook, is_ticked
from reporting.workbook.values import (
    Cell,
    CellValue,
    DateReading,
    NumberReading,
    as_line,
    as_text,
    read_date,
    read_number,
)

NO_DATE = DateReading("blank", None)
NO_NUMBER = NumberReading("blank")
NUMBER_KINDS = frozenset({"count", "amount", "percent", "number"})
_KINDS: tuple[SubmissionKind, ...] = ("draft", "adjusted")


class MarkReading(NamedTuple):
    """A mark as understood. `key` is the mark folded, None for an empty cell."""

    row: MarkRow
    key: str | None
    meaning: MarkMeaning | Literal["blank", "invalid"]
    document_number: str | None
    document_on: DateReading

    @property
    def has_evidence(self) -> bool:
        """Whether anything stands in the cells of the document behind the mark."""
        return self.document_number is not None or self.document_on.state != "blank"


class QuantityReading(NamedTuple):
    """A number as understood, in the unit of its quantity."""

    row: QuantityCell
    quantity: Quantity
    reading: NumberReading

    @property
    def amount(self) -> Decimal | None:
        """The number, nil being 0; None where there is none."""
        return Decimal(0) if self.reading.state == "nil" else self.reading.value


class ListReading(NamedTuple):
    """One cell of an open table's row in which something stands; `key` is "<table>.<column>"."""

    table: str
    row: ListCells
    column: Column
    cell: Cell

    @property
    def key(self) -> str:
        return f"{self.table}.{self.column.code}"

    @property
    def choice(self) -> str:
        """What stands in a cell that offers choices, as compared."""
        return mark_key(self.cell.text)

    @property
    def content(self) -> str | float | int | None:
        """The value as it is kept: text, number, ISO date, choice as offered; None for an empty cell."""
        if self.cell.value is None:
            return None
        if self.column.kind == "date":
            on = read_date(self.cell.value).on
            return on.isoformat() if on else self.cell.text
        if self.column.kind in NUMBER_KINDS:
            reading = number_of(self.cell.value, self.column.kind)
            if reading.value is not None:
                return int(reading.value) if reading.value == int(reading.value) else float(reading.value)
            return 0 if reading.state == "nil" else self.cell.text or None
        if self.column.kind == "choice":
            return next((c for c in self.column.choices if mark_key(c) == self.choice), self.cell.text)
        return self.cell.text or None


@dataclass(frozen=True)
class Answers:
    """What one workbook says, cell by cell.

    `kind` is what the cover says of it. `is_nil`: it says that nothing occurred in the whole period.
    `following`: the tables that are wholly blank and said to follow (marks, quantities, sections).
    """

    marks: tuple[MarkReading, ...] = ()
    quantities: tuple[QuantityReading, ...] = ()
    lists: tuple[ListReading, ...] = ()
    kind: SubmissionKind = "official"
    is_nil: bool = False
    following: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def quantity_at(self) -> Mapping[tuple[str, int], QuantityReading]:
        """The numbers by indicator and year."""
        return {(one.row.indicator, one.row.year): one for one in self.quantities}

    @cached_property
    def mark_at(self) -> Mapping[tuple[str, int], MarkReading]:
        """The marks by indicator and year."""
        return {(one.row.indicator, one.row.year): one for one in self.marks}


def understand(workbook: ReadWorkbook, form: Form) -> Answers:
    """Understand the cells of a workbook whose template is kept."""
    meanings = form.mark_meanings
    marks = tuple(_mark(row, meanings) for row in workbook.marks)
    quantities: tuple[QuantityReading, ...] = ()
    if workbook.quantities:
        asked = {quantity.code: quantity for quantity in form.quantity_rows}
        quantities = tuple(_quantity(row, asked[row.indicator]) for row in workbook.quantities)
    lists = tuple(
        ListReading(table.code, row, column, row.cells[column.code])
        for table in form.lists
        for row in workbook.lists.get(table.code, ())
        if any(cell.text for cell in row.cells.values())
        for column in table.columns
        if column.code in row.cells
    )
    is_nil = form.nil is not None and _is_set(workbook, "nothing_occurred", form)
    following = frozenset[str]()
    if _is_set(workbook, "rest_follows", form):
        following = _blank_tables(workbook, marks, quantities, lists)
    return Answers(marks, quantities, lists, _kind(workbook), is_nil, following)


def _is_set(workbook: ReadWorkbook, tick: str, form: Form) -> bool:
    cell = workbook.cover.get(tick)
    return cell is not None and is_ticked(cell, form)


def _blank_tables(
    workbook: ReadWorkbook,
    marks: tuple[MarkReading, ...],
    quantities: tuple[QuantityReading, ...],
    lists: tuple[ListReading, ...],
) -> frozenset[str]:
    """The tables in which nothing stands; none when nothing stands anywhere: a rest follows a beginning."""
    blank = {
        "marks": all(mark.meaning == "blank" and not mark.has_evidence for mark in marks),
        "quantities": all(one.reading.state == "blank" for one in quantities),
        "sections": not any(cell.text for cell in workbook.sections.values()),
    }
    if all(blank.values()) and not lists:
        return frozenset()
    has_any = {"marks": marks, "quantities": quantities, "sections": workbook.sections}
    return frozenset(table for table, is_blank in blank.items() if is_blank and has_any[table])


def _kind(workbook: ReadWorkbook) -> SubmissionKind:
    cell = workbook.cover.get("status")
    if cell is not None and cell.value is not None:
        said = mark_key(cell.text)
        for kind in _KINDS:
            if said == mark_key(text(f"workbook.cover.choice.status.{kind}")):
                return kind
    return "official"


def _mark(row: MarkRow, meanings: Mapping[str, MarkMeaning]) -> MarkReading:
    key = None if row.mark.value is None else _folded(row.mark.value)
    number, on = row.document_number.value, row.document_on.value
    return MarkReading(
        row,
        key,
        "blank" if key is None else meanings.get(key, "invalid"),
        None if number is None else as_line(number),
        NO_DATE if on is None else read_date(on),
    )


def _quantity(row: QuantityCell, quantity: Quantity) -> QuantityReading:
    value = row.value.value
    return QuantityReading(row, quantity, NO_NUMBER if value is None else number_of(value, quantity.kind))


def bounds_of(asked: Quantity | Column) -> tuple[float | None, float | None]:
    """Between which numbers a number must lie, both included: as the form says, and 0 to 100 for a percentage
    of which it says nothing else. None for no bound.
    """
    if asked.kind == "percent":
        return asked.minimum or 0, 100 if asked.maximum is None else asked.maximum
    return asked.minimum, asked.maximum


def number_of(value: CellValue, kind: str) -> NumberReading:
    """A number of that kind: a percent sign is right behind a percentage only, and what could be read in two
    ways is the whole number where something is counted.
    """
    reading = read_number(value)
    if reading.is_percent and kind != "percent" and reading.state == "number":
        return NumberReading("unreadable", fault="unit")
    if kind == "count" and reading.is_ambiguous and reading.value is not None and reading.value % 1:
        return NumberReading("number", Decimal(int(reading.value * 1000)))
    return reading


@lru_cache(maxsize=4096, typed=True)
def _folded(value: CellValue) -> str | None:
    return mark_key(as_text(value)) or None
