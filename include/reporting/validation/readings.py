"""The cells of a workbook understood once: meanings of marks, dates, numbers. Rules and facts go by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple

from reporting.forms.models import Column, Form, MarkMeaning, OpenTable, Quantity, mark_key
from reporting.validation.models import SubmissionKind
from reporting.workbook.read import ListCells, MarkRow, QuantityCell, ReadWorkbook, is_ticked, spellings
from reporting.workbook.values import (
    Cell,
    CellValue,
    DateReading,
    NumberReading,
    as_line,
    as_text,
    fold,
    read_date,
    read_number,
)

NO_DATE = DateReading("blank", None)
NO_NUMBER = NumberReading("blank")
_FEWEST_LETTERS = 2  # of a reason
NUMBER_KINDS = frozenset({"count", "amount", "percent", "number"})
KINDS: tuple[SubmissionKind, ...] = ("official", "draft", "adjusted")
TICKS = ("blank_means_no", "nothing_occurred", "rest_follows")
"""The ticks of the cover by which an answer is understood."""


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


class ListTotal(NamedTuple):
    """A total that the office typed beneath an open table, and what the rows above it make; `parts` are the
    cells with these.
    """

    table: str
    column: Column
    cell: Cell
    stated: NumberReading
    computed: Decimal
    parts: tuple[Cell, ...]

    @property
    def key(self) -> str:
        return f"{self.table}.{self.column.code}"

    @property
    def differs(self) -> bool:
        """Whether a number is stated, and it is not what the rows make."""
        amount = Decimal(0) if self.stated.state == "nil" else self.stated.value
        return amount is not None and amount != self.computed


@dataclass(frozen=True)
class Answers:
    """What one workbook says, cell by cell; rows of totals are no rows of `lists`.

    `kind` is what the cover says of it. `is_nil`: it says that nothing occurred in the whole period.
    `says_rest_follows`: it says that a part follows; `following`: the tables that then are wholly blank
    (marks, quantities, sections). `unclear`: the fields of the cover whose words leave open what they say.
    """

    marks: tuple[MarkReading, ...] = ()
    quantities: tuple[QuantityReading, ...] = ()
    lists: tuple[ListReading, ...] = ()
    kind: SubmissionKind = "official"
    is_nil: bool = False
    following: frozenset[str] = field(default_factory=frozenset)
    says_rest_follows: bool = False
    unclear: tuple[str, ...] = ()
    list_totals: tuple[ListTotal, ...] = ()

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
    filled = {table.code: _filled_rows(workbook.lists.get(table.code, ())) for table in form.lists}
    lists = tuple(
        ListReading(table.code, row, column, row.cells[column.code])
        for table in form.lists
        for row in filled[table.code]
        if not _is_total(row, table)
        for column in table.columns
        if column.code in row.cells
    )
    totals = tuple(total for table in form.lists for total in _list_totals(table, filled[table.code]))
    said = {tick: _said(workbook, tick, form) for tick in TICKS}
    is_nil = form.nil is not None and bool(said["nothing_occurred"])
    follows = bool(said["rest_follows"])
    following = _blank_tables(workbook, marks, quantities, lists) if follows else frozenset[str]()
    kind = _kind(workbook)
    unclear = [tick for tick, is_set in said.items() if is_set is None]
    if kind is None:
        unclear.append("status")
    return Answers(
        marks, quantities, lists, kind or "official", is_nil, following, follows, tuple(unclear), totals
    )  # fmt: skip


def _filled_rows(rows: Sequence[ListCells]) -> list[ListCells]:
    """The rows of an open table in which something is said; none where the table only says "Không có"."""
    filled = [cell for row in rows for cell in row.cells.values() if cell.text]
    if all(not cell.is_unresolved and read_number(cell.text).state == "nil" for cell in filled):
        return []
    return [row for row in rows if any(cell.text for cell in row.cells.values())]


def _is_total(row: ListCells, table: OpenTable) -> bool:
    """Whether a row of an open table is its sum: it says so, and beside that holds nothing but numbers."""
    words = [row.number] if _is_called_total(row.number) else []
    for column in table.columns:
        cell = row.cells.get(column.code)
        if cell is None or not cell.text or column.kind in NUMBER_KINDS:
            continue
        words.append(cell.text)
    return bool(words) and all(_is_called_total(word) for word in words)


def _is_called_total(words: str) -> bool:
    return bool(words) and fold(words) in spellings("workbook.list.total_rows")


def _list_totals(table: OpenTable, rows: Sequence[ListCells]) -> Iterator[ListTotal]:
    """The totals that stand beneath or between the rows of an open table. Each is compared with all rows
    above it, or else with those since the total before; percentages are not summed.
    """
    columns = [c for c in table.columns if c.kind in NUMBER_KINDS and c.kind != "percent"]
    above: dict[str, list[tuple[Cell, Decimal]]] = {column.code: [] for column in columns}
    since = dict.fromkeys(above, 0)
    for row in rows:
        is_total = _is_total(row, table)
        for column in columns:
            cell = row.cells.get(column.code)
            if cell is None or not cell.text or cell.is_unresolved:
                continue
            reading = number_of(cell.value, column.kind)
            amounts = above[column.code]
            if not is_total:
                if reading.value is not None:
                    amounts.append((cell, reading.value))
                continue
            total = _total(table, column, cell, reading, amounts)
            apart = _total(table, column, cell, reading, amounts[since[column.code] :])
            yield apart if total.differs and not apart.differs else total
            since[column.code] = len(amounts)


def _total(
    table: OpenTable,
    column: Column,
    cell: Cell,
    stated: NumberReading,
    amounts: Sequence[tuple[Cell, Decimal]],
) -> ListTotal:
    computed = sum((amount for _, amount in amounts), Decimal(0))
    return ListTotal(table.code, column, cell, stated, computed, tuple(part for part, _ in amounts))


def _said(workbook: ReadWorkbook, tick: str, form: Form) -> bool | None:
    cell = workbook.cover.get(tick)
    if cell is None or cell.value is None or cell.is_unresolved:
        return False
    return is_ticked(cell, form, tick)


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


def _kind(workbook: ReadWorkbook) -> SubmissionKind | None:
    """What the cover says that the answer is; official if it says nothing, None if that cannot be told."""
    cell = workbook.cover.get("status")
    if cell is None or not cell.text or cell.is_unresolved:
        return "official"
    words = fold(cell.text)
    return next((kind for kind in KINDS if words in _words_for(kind)), None)


@lru_cache(maxsize=8)
def _words_for(kind: SubmissionKind) -> frozenset[str]:
    return spellings(f"workbook.cover.choice.status.{kind}", f"workbook.cover.spelling.status.{kind}")


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
    if kind == "count" and reading.is_ambiguous and reading.value is not None and reading.value < 1000:
        return reading._replace(value=Decimal(int(reading.value * 1000)))
    return reading


@lru_cache(maxsize=4096, typed=True)
def _folded(value: CellValue) -> str | None:
    return mark_key(as_text(value)) or None


def is_reason(cell: Cell) -> bool:
    """Whether an explanation says anything: words, not a mere dot or dash, and no formula."""
    words = cell.text
    letters = sum(letter.isalpha() for letter in words)
    return not cell.is_unresolved and not words.startswith("=") and letters >= _FEWEST_LETTERS
