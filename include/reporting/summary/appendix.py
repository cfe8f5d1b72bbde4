"""The appendix of the report as a workbook, whose totals are live formulas, and the same as a plain table."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from reporting.forms.models import Column, Indicator, OpenTable, Quantity
from reporting.letters.text import document_date
from reporting.letters.totals import check_totals
from reporting.summary.data import Mark, Number, Office, SignedReport, SummaryData
from reporting.summary.walking import by_office
from reporting.summary.workbook import (
    A3,
    A4,
    FORMULA_STARTS,
    HEADING,
    Formula,
    Workbook,
    headings,
    rehearsal_mark,
)
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import short_date

CSV_OFFICE_COLUMN = {"department": "so_tttt"}
"""Name of the office column of tracking.csv by kind of office; `co_quan` for the others."""

MARKED = "X"
SUMMED = frozenset({"count", "amount"})
"""Kinds of numbers that are added up; percentages and numbers such as an index are not."""
_MARK_WIDTH, _NARROW_WIDTH, _BROAD_WIDTH = 9.0, 5.2, 15.0
"""Of a column of marks, in characters: as a rule, in a table of many columns (headings of single years are
upright there), in one of few.
"""
_MOST_SMALL_COLUMNS, _MOST_WIDE_COLUMNS, _MOST_COLUMNS_OF_A_PAGE = 4, 16, 48
_POSITION_WIDTH, _OFFICE_WIDTH = 6.0, 24.0
_TOP = 5
"""Row (from 0) in which the heading of the tracking table begins."""


def render_appendix(data: SummaryData) -> bytes:
    """The appendix as xlsx: tracking table (where anybody gave figures), numbers, open tables, who answered,
    what offices wrote by section and the report may cite; each as far as the form asks for it. It is given
    out: files and cells are named in the reconciliation sheet alone.

    Raises TotalsError where the rows do not add up to the computed totals.
    """
    book = Workbook(rehearsal_mark(data.mode))
    if data.form.indicators and any(office.has_figures for office in data.offices):
        _tracking_sheet(book, data)
    if data.form.quantity_rows:
        _numbers_sheet(book, data)
    for table in data.form.lists:
        _list_sheet(book, data, table)
    _answers_sheet(book, data)
    for section in data.form.sections:
        book.table(
            section.label,
            text("appendix.sections.title", label=section.label).upper(),
            headings("appendix.sections", (("position", 6), ("office", 22), ("text", 125))),
            (
                [number, data.short_name(n.organization_id), n.body]
                for number, n in enumerate(
                    (n for n in data.narratives if n.section == section.code and n.is_citable), 1
                )
            ),
            note=_as_of(data),
            none=text("appendix.sections.none"),
        )
    return book.finish()


def render_tracking_csv(data: SummaryData) -> bytes:
    """What offices reported as CSV (UTF-8): stt, office, one column per mark and number and year, and per
    open table the number of its rows (blank for an office that gave none of all this).

    A mark is X; what does not apply to the office says so in words; the rest is blank. Numbers have a point
    before decimals.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    form = data.form
    marks = [(i.code, year) for i in form.indicators for year in form.years]
    numbers = [(q.code, year) for q in form.quantity_rows for year in form.years]
    writer.writerow(
        [
            "stt",
            CSV_OFFICE_COLUMN.get(data.words, "co_quan"),
            *(f"{code}_{year}" for code, year in (*marks, *numbers)),
            *(f"{table.code}_so_dong" for table in form.lists),
        ]
    )
    walk = zip(
        by_office(data.offices, data.marks),
        by_office(data.offices, data.numbers),
        by_office(data.offices, data.list_rows),
        strict=True,
    )
    for position, ((office, made), (_, given), (_, rows)) in enumerate(walk, 1):
        printed = {
            (m.indicator, m.year): MARKED
            if m.is_marked
            else form.marks.offered[2]
            if m.state == "not_applicable"
            else ""
            for m in made
        }
        values = {(n.indicator, n.year): _plain_number(n, form.marks.offered[2]) for n in given}
        counted = Counter(row.list for row in rows)
        writer.writerow(
            [
                position,
                _plain(office.short_name),
                *(_plain(printed.get(column, "")) for column in marks),
                *(values.get(column, "") for column in numbers),
                *(counted[table.code] if office.has_figures else "" for table in form.lists),
            ]
        )
    return buffer.getvalue().encode("utf-8")


def _plain(words: str) -> str:
    """A text that no spreadsheet program computes when it opens the file."""
    return f"'{words}" if words.startswith(FORMULA_STARTS) else words


def _plain_number(given: Number, not_applicable: str) -> str:
    if given.state == "not_applicable":
        return _plain(not_applicable)
    return "" if given.state == "blank" else f"{(given.value or Decimal(0)).normalize():f}"


def _as_of(data: SummaryData) -> str:
    return text("appendix.as_of", cutoff=short_date(data.cutoff_on))


# --- the tracking table -------------------------------------------------------------------------------


@dataclass
class _Counted:
    """What the rows that were printed make, by column and by indicator."""

    in_year: Counter[tuple[str, int]] = field(default_factory=Counter)
    in_any: Counter[tuple[str, str]] = field(default_factory=Counter)


def _tracking_sheet(book: Workbook, data: SummaryData) -> None:
    """The sheet in the shape of the table that letter 212/BTTTT-TTĐN of 18/01/2013 attaches; a form of many
    columns has narrow ones, their headings upright, on A3.
    """
    columns = [(i.code, year) for i in data.form.indicators for year in data.form.years]
    is_wide, is_small = len(columns) > _MOST_WIDE_COLUMNS, len(columns) <= _MOST_SMALL_COLUMNS
    pages = -(-len(columns) // _MOST_COLUMNS_OF_A_PAGE)
    sheet = book.sheet(
        text("appendix.sheets.tracking"),
        landscape=not is_small,
        paper=A3 if is_wide else A4,
        pages_wide=pages,
    )
    width = _NARROW_WIDTH if is_wide else _BROAD_WIDTH if is_small else _MARK_WIDTH
    last = 1 + len(columns)
    sheet.set_column(0, 0, _POSITION_WIDTH)
    sheet.set_column(1, 1, _OFFICE_WIDTH)
    sheet.set_column(2, last, width)
    _tracking_head(book, sheet, data, last, width, is_wide=is_wide)
    first = _TOP + 2
    counted = _tracking_rows(book, sheet, data, columns, first)
    row = first + len(data.offices)
    check_totals(
        text("appendix.sheets.tracking"),
        {column: counted.in_year[column] for column in columns},
        {(code, year): count for (code, year), count in data.totals.items()},
    )
    total: dict[str, object] = {"bold": True, "border": 1, "align": "center"}
    sheet.set_row(row, 18)
    book.write(sheet, row, 0, "", border=1)
    book.write(sheet, row, 1, text("letters.table.total"), **total)
    for offset, column in enumerate(columns):
        letter = xl_col_to_name(2 + offset)
        formula = Formula(f'=COUNTIF({letter}{first + 1}:{letter}{row},"{MARKED}")', counted.in_year[column])
        book.write(sheet, row, 2 + offset, formula, num_format=_ZERO_BLANK, **total)
    if len(data.form.years) > 1:
        row += 1
        _distinct_row(book, sheet, data, counted, first, row)
    legend = text("appendix.tracking.note", words=data.form.marks.offered[2].lower())
    for offset, note in enumerate([legend, _as_of(data)], 1):
        book.write(sheet, row + offset, 0, note, italic=True)
    sheet.repeat_rows(_TOP, _TOP + 1)
    if pages > 1:
        sheet.repeat_columns(0, 1)
    sheet.freeze_panes(first, 2)
    if data.offices:
        sheet.autofilter(_TOP + 1, 0, first + len(data.offices) - 1, last)


_ZERO_BLANK = "0;-0;"
"""Totals of nothing are left blank, as the ministry's letters print them."""


def _distinct_row(
    book: Workbook, sheet: Any, data: SummaryData, counted: _Counted, first: int, row: int
) -> None:
    """Beneath the totals: offices that have each indicator in at least one of the years."""
    check_totals(
        text("appendix.tracking.distinct"),
        {(i.code, ""): counted.in_any[i.code, ""] for i in data.form.indicators},
        {(code, ""): count for code, count in data.distinct.items()},
    )
    total: dict[str, object] = {"bold": True, "border": 1, "align": "center", "text_wrap": True}
    sheet.set_row(row, 50)
    book.write(sheet, row, 0, "", **total)
    book.write(sheet, row, 1, text("appendix.tracking.distinct"), **total)
    years = len(data.form.years)
    end = first + len(data.offices)
    for place, indicator in enumerate(data.form.indicators):
        left = 2 + place * years
        added = "+".join(
            f'({xl_col_to_name(column)}{first + 1}:{xl_col_to_name(column)}{end}="{MARKED}")'
            for column in range(left, left + years)
        )
        formula = Formula(f"=SUMPRODUCT(--(({added})>0))", counted.in_any[indicator.code, ""])
        book.merge(sheet, (row, left, row, left + years - 1), formula, num_format=_ZERO_BLANK, **total)


def _tracking_head(
    book: Workbook, sheet: Any, data: SummaryData, last: int, width: float, *, is_wide: bool
) -> None:
    ministry, unit = data.regime.ministry.name.upper(), data.regime.unit.name.upper()
    across = min(5, last)
    book.merge(sheet, (0, 0, 0, across), ministry, align="center")
    book.merge(sheet, (1, 0, 1, across), unit, bold=True, align="center")
    if book.mark:
        book.write(sheet, 2, 0, book.mark, bold=True, font_color="#C00000")
    title = data.form.title.upper()
    room = _POSITION_WIDTH + _OFFICE_WIDTH + width * (last - 1)
    sheet.set_row(3, 24 * -(-len(title) * 8 // int(5 * room)))
    book.merge(sheet, (3, 0, 3, last), title, bold=True, font_size=14, align="center", text_wrap=True)
    labels = [_label(i, is_wide=is_wide) for i in data.form.indicators]
    years = data.form.years
    upright = {**HEADING, "rotation": 90} if is_wide and len(years) == 1 else dict(HEADING)
    if is_wide and len(years) == 1:
        height = max(84.0, *(6.2 * -(-len(label) // 2) for label in labels))
    else:
        lines = max(-(-len(label) * 5 // int(4 * width * len(years))) for label in labels)
        height = max(84.0, 16.0 * (lines + 1))
    sheet.set_row(_TOP, height)
    book.write(sheet, _TOP, 0, text("letters.table.position"), **HEADING)
    book.write(sheet, _TOP, 1, text(f"letters.table.office.{data.words}"), **HEADING)
    for place, label in enumerate(labels):
        left = 2 + place * len(years)
        book.merge(sheet, (_TOP, left, _TOP, left + len(years) - 1), label, **upright)
    sheet.set_row(_TOP + 1, 20)
    for column in (0, 1):
        book.write(sheet, _TOP + 1, column, "", **HEADING)
        sheet.join((_TOP, column, _TOP + 1, column))
    for column in range(2, last + 1):
        book.write(sheet, _TOP + 1, column, years[(column - 2) % len(years)], **HEADING)


def _label(indicator: Indicator, *, is_wide: bool) -> str:
    return indicator.short_label if is_wide else indicator.label


def _tracking_rows(
    book: Workbook, sheet: Any, data: SummaryData, columns: Sequence[tuple[str, int]], first: int
) -> _Counted:
    """Print a row for every office, from row `first` on, and count what is printed."""
    counted = _Counted()
    centred, left = book.style(border=1, align="center"), book.style(border=1)
    styles = [centred, left, *[centred] * len(columns)]
    for number, (office, marks) in enumerate(by_office(data.offices, data.marks), 1):
        made = {(m.indicator, m.year): m for m in marks}
        cells = [printed_mark(office, made.get(column)) for column in columns]
        any_year = set()
        for column, cell in zip(columns, cells, strict=True):
            if cell == MARKED:
                counted.in_year[column] += 1
                any_year.add(column[0])
        counted.in_any.update((code, "") for code in any_year)
        book.row(sheet, first + number - 1, [number, office.short_name, *cells], styles, 18.0)
    return counted


def printed_mark(office: Office, mark: Mark | None) -> str:
    """What the tracking table says of an office: X, – where it does not apply, … where there are no figures,
    nothing where it has it not.
    """
    if mark is not None and mark.is_marked is not None:
        apart = text("appendix.tracking.not_applicable")
        return MARKED if mark.is_marked else apart if mark.state == "not_applicable" else ""
    return "" if office.standing == "nil" else text("appendix.tracking.no_figures")


# --- numbers and open tables --------------------------------------------------------------------------


def _numbers_sheet(book: Workbook, data: SummaryData) -> None:
    """Office by office the numbers of the form, and what they add up to; percentages are not added up."""
    assert data.form.quantities is not None  # it has rows
    columns = [(one, year) for one in data.form.quantity_rows for year in data.form.years]
    sums: dict[tuple[str, int], Decimal] = {
        (one.code, year): Decimal() for one, year in columns if one.kind in SUMMED
    }
    for n in data.numbers:
        if (n.indicator, n.year) in sums and n.value is not None:
            sums[n.indicator, n.year] += n.value
    printed: Counter[tuple[str, int]] = Counter()

    def rows() -> Iterator[list[object]]:
        for position, (office, numbers) in enumerate(by_office(data.offices, data.numbers), 1):
            given = {(n.indicator, n.year): n for n in numbers}
            cells = [_number(given.get((one.code, year))) for one, year in columns]
            for (one, year), cell in zip(columns, cells, strict=True):
                if isinstance(cell, Decimal):
                    printed[one.code, year] += cell  # type: ignore[assignment]  # a sum of Decimals
            yield [position, office.short_name, *cells]

    def totals(first: int, last: int) -> list[list[object]]:
        check_totals(
            data.form.quantities.title if data.form.quantities else "",
            {key: Decimal(printed[key]) for key in sums},
            sums,
        )
        return [["", text("letters.table.total"), *_sums(columns, sums, first, last)]]

    is_of_years = len(data.form.years) > 1
    heading = "appendix.numbers.heading_of_year" if is_of_years else "appendix.numbers.heading"
    book.table(
        text("appendix.sheets.numbers"),
        data.form.quantities.title.upper(),
        [
            *headings("appendix.numbers", (("position", 6), ("office", 24))),
            *((text(heading, label=one.short_label, unit=one.unit, year=year), 14) for one, year in columns),
        ],
        rows(),
        note=text("appendix.numbers.note", words=data.form.marks.offered[2].lower(), as_of=_as_of(data)),
        totals=totals,
    )


def _sums(
    columns: Sequence[tuple[Quantity, int]],
    sums: dict[tuple[str, int], Decimal],
    first: int,
    last: int,
) -> list[object]:
    cells: list[object] = []
    for place, (one, year) in enumerate(columns, 2):
        letter = xl_col_to_name(place)
        value = sums.get((one.code, year))
        cells.append("" if value is None else Formula(f"=SUM({letter}{first}:{letter}{last})", value))
    return cells


def _number(given: Number | None) -> object:
    if given is None or given.state == "blank":
        return ""
    if given.state == "not_applicable":
        return text("appendix.tracking.not_applicable")
    return given.value if given.value is not None else Decimal(0)


@dataclass
class _ListTotals:
    """Sums of the columns of amounts and counts, and how often each choice was made, of the printed rows."""

    sums: Counter[str] = field(default_factory=Counter)
    choices: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, table: OpenTable, cells: Sequence[object]) -> None:
        for column, cell in zip(table.columns, cells, strict=True):
            if isinstance(cell, Decimal):
                self.sums[column.code] += cell  # type: ignore[assignment]  # a sum of Decimals
            elif column.kind == "choice" and cell:
                self.choices[column.code, str(cell)] += 1


def _list_sheet(book: Workbook, data: SummaryData, table: OpenTable) -> None:
    """What all offices wrote into one open table, row by row; beneath, sums, and how often each choice was
    made.
    """
    found = _ListTotals()

    def rows() -> Iterator[list[object]]:
        listed = (row for row in data.list_rows if row.list == table.code)
        for number, row in enumerate(listed, 1):
            cells = [_cell(row.content.get(column.code), column) for column in table.columns]
            found.add(table, cells)
            yield [number, data.short_name(row.organization_id), *cells]

    columns: list[tuple[str, float]] = [
        (text("appendix.lists.heading", label=c.label, unit=c.unit) if c.unit else c.label, c.width)
        for c in table.columns
    ]
    first, second = headings("appendix.lists", (("position", 6), ("office", 22)))
    book.table(
        table.title,
        table.title.upper(),
        [first, second, *columns],
        rows(),
        note=text("appendix.both", first=_as_of(data), second=text("appendix.lists.note")),
        none=text("appendix.sections.none"),
        totals=lambda top, end: _list_totals(table, found, top, end),
    )


def _list_totals(table: OpenTable, found: _ListTotals, first: int, last: int) -> list[list[object]]:
    """A row of sums, and a row for each choice; none where the table has neither numbers nor choices."""
    letters = {column.code: xl_col_to_name(place) for place, column in enumerate(table.columns, 2)}
    rows: list[list[object]] = []
    summed = [c.code for c in table.columns if c.kind in SUMMED]
    if summed:
        cells: list[object] = [
            Formula(f"=SUM({letters[c.code]}{first}:{letters[c.code]}{last})", Decimal(found.sums[c.code]))
            if c.code in summed
            else ""
            for c in table.columns
        ]
        rows.append(["", text("appendix.lists.total_of_rows"), *cells])
    for place, column in enumerate(table.columns):
        for choice in column.choices:
            words = choice.replace('"', '""')
            letter = letters[column.code]
            count = Formula(
                f'=COUNTIF({letter}{first}:{letter}{last},"{words}")', found.choices[column.code, choice]
            )
            label = text("appendix.lists.of_choice", label=column.label, choice=choice)
            cells = [""] * len(table.columns)
            cells[place] = count
            rows.append(["", label, *cells])
    return rows


def _cell(content: str | float | None, column: Column) -> object:
    if isinstance(content, int | float):
        return Decimal(str(content))
    if column.kind == "date" and content is not None:
        with suppress(ValueError):
            return date.fromisoformat(content)
    return content


# --- who answered ------------------------------------------------------------------------------------

_TIMES = ("on_time", "extended_on_time", "late", "missing")
"""Timeliness of those whose reports are counted beneath the list; the others are named in their rows."""


def _answers_sheet(book: Workbook, data: SummaryData) -> None:
    """The list of offices: figures, signed report, in time or late; beneath, how many of each."""
    times: Counter[str] = Counter()
    figures: Counter[str] = Counter()

    def rows() -> Iterator[list[object]]:
        for number, (office, signed) in enumerate(by_office(data.offices, data.signed_reports), 1):
            state = _figures(office)
            times[office.timeliness] += 1
            figures[state] += 1
            yield [
                number,
                office.short_name,
                text(f"appendix.answers.{state}"),
                _signed(office, signed[-1] if signed else None),
                text(f"appendix.answers.times.{office.timeliness}"),
                office.first_received_at.date() if office.first_received_at else "",
                office.days_late if office.timeliness == "late" else "",
            ]

    def totals(first: int, last: int) -> list[list[object]]:
        def counted(letter: str, column: str, words: str, count: int) -> list[object]:
            formula = Formula(f'=COUNTIF({letter}{first}:{letter}{last},"{words}")', count)
            label = text(
                "appendix.answers.of_them", column=text(f"appendix.answers.columns.{column}"), words=words
            )
            return ["", label, *(formula if place == letter else "" for place in "CDEFG")]

        made = [
            counted("C", "figures", text(f"appendix.answers.{state}"), figures[state])
            for state in ("has_figures", "partial", "nil", "confidential", "no_figures")
            if figures[state]
        ]
        return made + [
            counted("E", "time", text(f"appendix.answers.times.{time}"), times[time])
            for time in _TIMES
            if times[time]
        ]

    count = sum(o.has_figures for o in data.offices)
    summary = text(
        "appendix.answers.summary",
        count=count,
        office_count=len(data.offices),
        missing_count=sum(o.owes_figures for o in data.offices),
    )
    book.table(
        text("appendix.sheets.answers"),
        text("appendix.answers.title"),
        headings(
            "appendix.answers",
            (
                ("position", 6), ("office", 30), ("figures", 16), ("signed", 38), ("time", 24),
                ("received_on", 14), ("days_late", 12),
            ),
        ),
        rows(),
        note=text("appendix.both", first=summary, second=_as_of(data)),
        totals=totals,
    )  # fmt: skip


def _signed(office: Office, report: SignedReport | None) -> str:
    if report is not None:
        return text(
            "appendix.answers.signed", number=report.document_number, date=document_date(report.signed_on)
        )
    if office.signed_report_state in {"nil", "confidential"}:
        return text(f"appendix.answers.{office.signed_report_state}")
    return text("appendix.answers.no_signed")


def _figures(office: Office) -> str:
    if office.data_form_state in {"partial", "nil", "confidential"}:
        return office.data_form_state
    return "has_figures" if office.has_figures else "no_figures"
