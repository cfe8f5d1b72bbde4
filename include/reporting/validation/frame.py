"""A batch of workbooks as one data frame, and the way back from a row of it to the sender's cells.

There is one row per thing that can be right or wrong: a mark, a section, a date of the cover, a formula. A
column holds a value only in the rows to which its rules apply and is empty in all others, so that the rules
need no conditions on rows: those are what costs time. Built column by column.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from reporting.forms.models import Form
from reporting.validation.readings import Answers, MarkReading
from reporting.workbook.read import MarkRow, ReadWorkbook
from reporting.workbook.values import Cell, read_date

if TYPE_CHECKING:
    import pandas as pd

COVER_DATES = ("report_on", "prepared_on")
"""The dates an office writes on the cover."""

TEXTS = (
    "formula",
    "mark",
    "mark_state",
    "mark_without_number",
    "mark_without_date",
    "document_number",
    "date_reading",
    "blank_section",
)
DATES = ("document_on", "period_earliest_on", "period_latest_on", "year_earliest_on", "year_latest_on")

EntryKind = Literal["mark", "section", "cover_date", "formula"]


class Entry(NamedTuple):
    """A row of the frame: which file it is from, what it is about, and its cells.

    `row` is the row of marks that it belongs to, if any; `cell` the one cell of every other kind.
    """

    file: int
    kind: EntryKind
    key: str
    row: MarkRow | None
    cell: Cell | None

    def cell_of(self, role: str) -> Cell:
        """The cell that an expectation means by `role`."""
        if self.cell is not None:
            return self.cell
        cell: Cell = getattr(self.row, role)
        return cell


class Frame:
    """The rows of a batch while they are collected; `entries[n]` is row n."""

    def __init__(self, form: Form, period_from: date, period_to: date) -> None:
        self.entries: list[Entry] = []
        self._form = form
        self._period = period_from, period_to
        self._bounds: dict[tuple[str, int], tuple[date, date, date, date]] = {}
        self._columns: dict[str, tuple[list[int], list[Any]]] = {name: ([], []) for name in (*TEXTS, *DATES)}

    def add(self, file: int, workbook: ReadWorkbook, answers: Answers) -> None:
        """Add what one workbook says; `file` is its place in the batch."""
        for mark in answers.marks:
            self._add_mark(file, mark, bool(workbook.blank_means_no))
        for key, cell in workbook.sections.items():
            row = self._row(Entry(file, "section", key, None, cell))
            if not cell.text:
                self._put("blank_section", row, key)
        for key in COVER_DATES:
            on = workbook.cover.get(key)
            if on is not None and on.value is not None:
                row = self._row(Entry(file, "cover_date", key, None, on))
                self._put("date_reading", row, read_date(on.value).state)
        self._add_formulas(file, workbook)

    def to_pandas(self) -> pd.DataFrame:
        """The frame the suite runs over; its index is the place among `entries`. Column types do not depend
        on the batch.
        """
        import pandas as pd

        size = len(self.entries)
        made: dict[str, Any] = {}
        for name in TEXTS:
            made[name] = _filled(np.full(size, None, dtype=object), *self._columns[name])
        for name in DATES:
            rows, days = self._columns[name]
            made[name] = _filled(
                np.full(size, np.datetime64("NaT"), dtype="datetime64[s]"),
                rows,
                np.array(days, dtype="datetime64[D]"),
            )
        return pd.DataFrame(made, index=pd.RangeIndex(size), copy=False)

    def _row(self, entry: Entry) -> int:
        self.entries.append(entry)
        return len(self.entries) - 1

    def _put(self, column: str, row: int, value: object) -> None:
        rows, values = self._columns[column]
        rows.append(row)
        values.append(value)

    def _add_mark(self, file: int, mark: MarkReading, blank_means_no: bool) -> None:
        indicator = mark.row.indicator
        row = self._row(Entry(file, "mark", indicator, mark.row, None))
        on = mark.document_on
        if on.state != "blank":
            self._put("date_reading", row, on.state)
        if mark.meaning == "blank":
            if not blank_means_no:
                self._put("mark_state", row, "blank")
            elif mark.has_evidence:
                self._put("mark_state", row, "blank_with_evidence")
            return
        self._put("mark", row, mark.key)
        if mark.meaning != "yes":
            return
        if mark.document_number is None:
            self._put("mark_without_number", row, indicator)
        else:
            self._put("document_number", row, mark.document_number)
        if on.state == "blank":  # a date that cannot be read is a date that was given
            self._put("mark_without_date", row, indicator)
        elif on.on is not None:
            self._put("document_on", row, on.on)
            for column, bound in zip(DATES[1:], self.bounds(indicator, mark.row.year), strict=True):
                self._put(column, row, bound)

    def bounds(self, indicator: str, year: int) -> tuple[date, date, date, date]:
        """Between which days a document may be dated: by the period, and by the mark's year."""
        known = self._bounds.get((indicator, year))
        if known is None:
            evidence = self._form.indicator(indicator).evidence
            known = (
                evidence.earliest(self._period[0]),
                evidence.latest(self._period[1]),
                evidence.earliest(date(year, 1, 1)),
                evidence.latest(date(year, 12, 31)),
            )
            self._bounds[indicator, year] = known
        return known

    def _add_formulas(self, file: int, workbook: ReadWorkbook) -> None:
        """A row for every input cell whose formula gives nothing that could be read."""
        for row in workbook.marks:
            for cell in _mark_cells(row):
                if cell.is_unresolved:
                    self._add_formula(file, cell, row)
        for cells in (workbook.sections, workbook.cover):
            for cell in cells.values():
                if cell.is_unresolved:
                    self._add_formula(file, cell, None)

    def _add_formula(self, file: int, cell: Cell, row: MarkRow | None) -> None:
        self._put("formula", self._row(Entry(file, "formula", "", row, cell)), cell.text)


def _mark_cells(row: MarkRow) -> tuple[Cell, ...]:
    return row.mark, row.document_number, row.document_on, row.remark, row.explanation


def _filled(column: Any, rows: Sequence[int], values: Any) -> Any:
    if rows:
        column[np.array(rows)] = values
    return column
