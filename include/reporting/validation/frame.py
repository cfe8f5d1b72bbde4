"""A batch of workbooks as one data frame, and the way back from a row of it to the sender's cells.

There is one row per thing that can be right or wrong: a mark, a number, a section, a date of the cover, a
cell of an open table, a formula. A column holds a value only in the rows to which its rules apply and is
empty in all others, so that the rules need no conditions on rows: those are what costs time. Built column by
column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from reporting.forms.models import Form, Indicator, Quantity
from reporting.validation.models import PriorFact
from reporting.validation.readings import (
    NUMBER_KINDS,
    Answers,
    ListReading,
    ListTotal,
    MarkReading,
    QuantityReading,
    number_of,
)
from reporting.workbook.read import MarkRow, QuantityCell, ReadWorkbook
from reporting.workbook.values import Cell, NumberReading, fold, read_date

if TYPE_CHECKING:
    import pandas as pd

COVER_DATES = ("report_on", "prepared_on")
"""The dates an office writes on the cover."""

_COVER_YEARS, _LIST_YEARS = (0, 2), (10, 20)
"""So many years before and after the period a date of the cover, and of an open table, is not asked about."""

TEXTS = (
    "formula",
    "mark",
    "mark_state",
    "mark_without_number",
    "mark_without_date",
    "document_number",
    "date_reading",
    "number_reading",
    "number_notation",
    "choice",
    "subject",
    "blank_number",
    "blank_list_cell",
    "list_total",
    "blank_section",
    "contradicts_nil",
    "dropped_mark",
    "dropped_number",
    "nil_unlike_last_time",
)
DATES = ("document_on", "period_earliest_on", "period_latest_on", "year_earliest_on", "year_latest_on")
NUMBERS = ("amount", "answer", "prior_amount")
"""`answer` numbers the workbook and the year, so that what belongs together can be compared; `amount` is a
number, nil being 0, or 1 and 0 for a mark that is set or not."""

EntryKind = Literal["mark", "quantity", "list_cell", "section", "cover_date", "cover", "formula"]
Prior = Mapping[str, Sequence[PriorFact]]


class Entry(NamedTuple):
    """A row of the frame: which file it is from, what it is about, and its cells.

    `row` is the row of marks or numbers it belongs to, if any; `cell` its one cell where it has no other;
    `prior` what the office reported last time.
    """

    file: int
    kind: EntryKind
    key: str
    row: MarkRow | QuantityCell | None = None
    cell: Cell | None = None
    prior: PriorFact | None = None

    def cell_of(self, role: str) -> Cell:
        """The cell that an expectation means by `role`; only a row of marks has several."""
        if isinstance(self.row, QuantityCell):
            return self.cell or self.row.value
        if self.row is None or self.cell is not None:
            assert self.cell is not None
            return self.cell
        cells = {"document_number": self.row.document_number, "document_on": self.row.document_on}
        return cells.get(role, self.row.mark)


class Frame:
    """The rows of a batch while they are collected; `entries[n]` is row n, `answers` those of each file,
    `reported` what the office of a file that says that nothing occurred reported last time.
    """

    def __init__(self, form: Form, period_from: date, period_to: date) -> None:
        self.entries: list[Entry] = []
        self.answers: dict[int, Answers] = {}
        self.reported: dict[int, list[tuple[Indicator | Quantity, PriorFact]]] = {}
        self._form = form
        self._period = period_from, period_to
        self._compares = bool(form.quantity_rows)
        self._bounds: dict[tuple[str, int], tuple[date, date, date, date]] = {}
        self._columns: dict[str, tuple[list[int], list[Any]]] = {
            name: ([], []) for name in (*TEXTS, *DATES, *NUMBERS)
        }

    def add(self, file: int, workbook: ReadWorkbook, answers: Answers, prior: Prior) -> None:
        """Add what one workbook says; `file` is its place in the batch, `prior` the facts of its office's
        last answer by indicator.
        """
        self.answers[file] = answers
        marks_may_be_blank = answers.is_nil or "marks" in answers.following
        for mark in answers.marks:
            nil = answers.is_nil and not _is_kept(mark, prior)
            self._add_mark(file, mark, workbook.blank_means_no, marks_may_be_blank, nil)
        if prior and not marks_may_be_blank:
            self._add_dropped_marks(file, answers, prior)
        numbers_may_be_blank = answers.is_nil or "quantities" in answers.following
        for quantity in answers.quantities:
            self._add_quantity(file, quantity, prior, numbers_may_be_blank, answers.is_nil)
        for one in answers.lists:
            self._add_list_cell(file, one, answers.is_nil)
        for total in answers.list_totals:
            self._add_list_total(file, total)
        sections_may_be_blank = answers.is_nil or "sections" in answers.following
        for key, cell in workbook.sections.items():
            row = self._row(Entry(file, "section", key, None, cell))
            if _is_blank(cell) and not sections_may_be_blank:
                self._put("blank_section", row, key)
        for key in COVER_DATES:
            on = workbook.cover.get(key)
            if on is not None and on.value is not None:
                row = self._row(Entry(file, "cover_date", key, None, on))
                self._put("date_reading", row, self._date_state(on, *_COVER_YEARS))
        self._add_cover(file, workbook, answers, prior)
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
        for name in NUMBERS:
            made[name] = _filled(np.full(size, np.nan), *self._columns[name])
        for name in DATES:
            rows, days = self._columns[name]
            made[name] = _filled(
                np.full(size, np.datetime64("NaT"), dtype="datetime64[s]"),
                rows,
                np.array(days, dtype="datetime64[D]"),
            )
        with pd.option_context("mode.string_storage", "python"):  # whatever else is installed
            return pd.DataFrame(made, index=pd.RangeIndex(size), copy=False)

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

    def _row(self, entry: Entry) -> int:
        self.entries.append(entry)
        return len(self.entries) - 1

    def _put(self, column: str, row: int, value: object) -> None:
        rows, values = self._columns[column]
        rows.append(row)
        values.append(value)

    def _put_amount(self, row: int, subject: str, amount: float, answer: int | None = None) -> None:
        self._put("subject", row, subject)
        self._put("amount", row, amount)
        if answer is not None:
            self._put("answer", row, answer)

    def _answer(self, file: int, year: int) -> int:
        return file * 10_000 + year

    def _add_mark(
        self, file: int, mark: MarkReading, blank_means_no: bool | None, may_be_blank: bool, is_nil: bool
    ) -> None:
        """Rows for one mark; `is_nil`: the cover says that nothing occurred, which a set mark contradicts."""
        indicator, year = mark.row.indicator, mark.row.year
        row = self._row(Entry(file, "mark", indicator, mark.row))
        on = mark.document_on
        if on.state != "blank":
            self._put("date_reading", row, on.state)
        follows = "marks" in self.answers[file].following
        if self._compares and mark.meaning != "invalid" and not follows:
            self._put_amount(row, indicator, float(mark.meaning == "yes"), self._answer(file, year))
        if mark.meaning == "blank":
            if mark.has_evidence and (blank_means_no or may_be_blank):
                self._put("mark_state", row, "blank_with_evidence")
            elif not blank_means_no and not may_be_blank:
                self._put("mark_state", row, "blank")
            return
        self._put("mark", row, mark.key)
        if mark.meaning != "yes":
            if mark.meaning != "invalid" and mark.document_number is not None and on.on is not None:
                is_explained = bool(mark.row.explanation.text)
                self._put("mark_state", row, "no_but_explained" if is_explained else "no_with_evidence")
            return
        if is_nil:
            self._put("contradicts_nil", row, indicator)
        if mark.document_number is None:
            self._put("mark_without_number", row, indicator)
        else:
            self._put("document_number", row, mark.document_number)
        if on.state == "blank":  # a date that cannot be read is a date that was given
            self._put("mark_without_date", row, indicator)
        elif on.on is not None:
            self._put("document_on", row, on.on)
            for column, bound in zip(DATES[1:], self.bounds(indicator, year), strict=True):
                self._put(column, row, bound)

    def _add_dropped_marks(self, file: int, answers: Answers, prior: Prior) -> None:
        """A row for every mark that was set last time and is not now: of the same year, where that was asked
        for then, or of none of the years.
        """
        for indicator in self._form.indicators:
            then = {fact.year: fact for fact in prior.get(indicator.code, ())}
            if not then:
                continue
            now = [answers.mark_at[indicator.code, year] for year in self._form.years]
            again = [mark for mark in now if mark.row.year in then]
            if again:
                dropped = [m for m in again if then[m.row.year].state == "yes" and m.meaning != "yes"]
            else:
                last = max(then)
                is_gone = then[last].state == "yes" and all(mark.meaning != "yes" for mark in now)
                dropped = now[:1] if is_gone else []
            for mark in dropped:
                fact = then.get(mark.row.year, then[max(then)])
                entry = Entry(file, "mark", indicator.code, mark.row, prior=fact)
                self._put("dropped_mark", self._row(entry), indicator.code)

    def _add_quantity(
        self, file: int, one: QuantityReading, prior: Prior, may_be_blank: bool, is_nil: bool
    ) -> None:
        code, state = one.quantity.code, one.reading.state
        fact = _prior_of(prior.get(code, ()), one.row.year)
        row = self._row(Entry(file, "quantity", code, one.row, prior=fact))
        before = float(fact.value) if fact is not None and fact.value is not None else None
        self._put_number_reading(row, one.row.value, one.reading, one.quantity.kind)
        if state == "blank" and not may_be_blank:
            self._put("blank_number", row, code)
        if before and not may_be_blank and state in ("blank", "nil", "not_applicable"):
            self._put("dropped_number", row, code)
        amount = one.amount
        if state == "not_applicable" and self._has_parts(file, one):
            amount = Decimal(0)  # what has parts applies: as a total it says nothing
        if amount is None:
            return
        self._put_amount(row, code, float(amount), self._answer(file, one.row.year))
        if before is not None:
            self._put("prior_amount", row, before)
        if is_nil and amount:
            self._put("contradicts_nil", row, code)

    def _has_parts(self, file: int, one: QuantityReading) -> bool:
        """Whether any of the parts of a total is above nil."""
        at = self.answers[file].quantity_at
        parts = (at.get((code, one.row.year)) for code in one.quantity.total_of)
        return any(part is not None and (part.amount or 0) > 0 for part in parts)

    def _add_cover(self, file: int, workbook: ReadWorkbook, answers: Answers, prior: Prior) -> None:
        """Rows for what the cover leaves open, for what contradicts itself, and for the nil answer of an
        office that last time had something to report.
        """
        for key in answers.unclear:
            cell = workbook.cover[key]
            row = self._row(Entry(file, "cover", key, None, cell))
            self._put("choice", row, f"cover.{key}={fold(cell.text)}")
        if not answers.is_nil:
            return
        if answers.says_rest_follows:
            row = self._row(Entry(file, "cover", "rest_follows", None, workbook.cover["rest_follows"]))
            self._put("contradicts_nil", row, "rest_follows")
        kept = {mark.row.indicator for mark in answers.marks if _is_kept(mark, prior)}
        self.reported[file] = [
            (one, fact) for one, fact in _reported(self._form, prior) if one.code not in kept
        ]
        if self.reported[file]:
            tick = workbook.cover["nothing_occurred"]
            row = self._row(Entry(file, "cover", "nothing_occurred", None, tick))
            self._put("nil_unlike_last_time", row, "nothing_occurred")

    def _date_state(self, cell: Cell, years_before: int, years_after: int) -> str:
        reading = read_date(cell.value)
        first, last = self._period[0].year - years_before, self._period[1].year + years_after
        if reading.on is not None and not first <= reading.on.year <= last:
            return "implausible"
        return reading.state

    def _put_number_reading(self, row: int, cell: Cell, reading: NumberReading, kind: str) -> None:
        if reading.state != "blank":
            self._put("number_reading", row, reading.state)
        if reading.is_ambiguous and "," in cell.text:  # a point between thousands is what everybody writes
            self._put("number_notation", row, "ambiguous")
        elif kind == "percent" and isinstance(cell.value, int | float) and 0 < cell.value <= 1:
            self._put("number_notation", row, "fraction")

    def _add_list_cell(self, file: int, one: ListReading, is_nil: bool) -> None:
        row = self._row(Entry(file, "list_cell", one.key, None, one.cell))
        if not one.cell.text:
            self._put("blank_list_cell", row, one.key)
            return
        if is_nil:
            self._put("contradicts_nil", row, one.key)
        kind = one.column.kind
        if kind == "date":
            self._put("date_reading", row, self._date_state(one.cell, *_LIST_YEARS))
        elif kind == "choice":
            self._put("choice", row, f"{one.key}={one.choice}")
        elif kind == "document":
            self._put("document_number", row, one.cell.text)
        elif kind in NUMBER_KINDS:
            reading = number_of(one.cell.value, kind)
            self._put_number_reading(row, one.cell, reading, kind)
            if reading.value is not None:
                self._put_amount(row, one.key, float(reading.value))

    def _add_list_total(self, file: int, total: ListTotal) -> None:
        row = self._row(Entry(file, "list_cell", total.key, None, total.cell))
        self._put_number_reading(row, total.cell, total.stated, total.column.kind)
        if total.differs:
            self._put("list_total", row, total.key)

    def _add_formulas(self, file: int, workbook: ReadWorkbook) -> None:
        """A row for every input cell whose formula gives nothing that could be read."""
        for mark in workbook.marks:
            for cell in (mark.mark, mark.document_number, mark.document_on, mark.remark, mark.explanation):
                if cell.is_unresolved:
                    self._add_formula(file, cell, mark)
        told: set[Cell] = set()  # the remark and the explanation are those of all years of a row
        for quantity in workbook.quantities:
            for cell in (quantity.value, quantity.remark, quantity.explanation):
                if cell.is_unresolved and cell not in told:
                    told.add(cell)
                    self._add_formula(file, cell, quantity)
        for table in workbook.lists.values():
            for row in table:
                for cell in row.cells.values():
                    if cell.is_unresolved:
                        self._add_formula(file, cell, None)
        for cells in (workbook.sections, workbook.cover):
            for cell in cells.values():
                if cell.is_unresolved:
                    self._add_formula(file, cell, None)

    def _add_formula(self, file: int, cell: Cell, row: MarkRow | QuantityCell | None) -> None:
        self._put("formula", self._row(Entry(file, "formula", "", row, cell)), cell.text)


def _is_blank(cell: Cell) -> bool:
    """Whether nothing can be seen in a cell; long prose is not looked through for that."""
    value = cell.value
    return value is None or (not (isinstance(value, str) and len(value) > 20) and not cell.text)


def _is_kept(mark: MarkReading, prior: Prior) -> bool:
    """Whether a mark says of a year what was accepted of it last time, with the same document."""
    return mark.meaning == "yes" and any(
        (fact.year, fact.state, fact.document_number) == (mark.row.year, "yes", mark.document_number)
        for fact in prior.get(mark.row.indicator, ())
    )


def _prior_of(facts: Sequence[PriorFact], year: int) -> PriorFact | None:
    """What is compared with a year: the same year if it was asked for last time, else the last one before."""
    earlier = [fact for fact in facts if fact.year <= year]
    return max(earlier, key=lambda fact: fact.year, default=None)


def _reported(form: Form, prior: Prior) -> list[tuple[Indicator | Quantity, PriorFact]]:
    """What an office reported last, of all that is not expected to come and go: marks, and numbers above
    nil.
    """
    expected: list[Indicator | Quantity] = [
        *(indicator for indicator in form.indicators if indicator.is_lasting),
        *(quantity for quantity in form.quantity_rows if quantity.history.drop),
    ]
    last = [(one, max(prior[one.code], key=lambda f: f.year)) for one in expected if prior.get(one.code)]
    return [(one, fact) for one, fact in last if fact.state == "yes" or (fact.value or 0) > 0]


def _filled(column: Any, rows: Sequence[int], values: Any) -> Any:
    if rows:
        column[np.array(rows)] = values
    return column
