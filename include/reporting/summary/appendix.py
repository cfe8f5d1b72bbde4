"""The appendix of the report: the tracking table as the ministry prints it, and where it comes from."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

from reporting.forms.models import Column, OpenTable
from reporting.letters.cycle import tracking_table
from reporting.letters.text import document_date
from reporting.summary.data import Number, Office, SignedReport, SummaryData
from reporting.summary.workbook import Workbook, headings, rehearsal_mark
from reporting.wording.catalogue import text

_MOST_OF_NAME = 31  # letters that Excel allows in the name of a sheet
CSV_OFFICE_COLUMN = {"department": "so_tttt"}
"""Name of the office column of tracking.csv by kind of office; `co_quan` for the others."""

_MARK_WIDTH = 9  # of a column of marks, in characters


def render_appendix(data: SummaryData) -> bytes:
    """The appendix as xlsx: tracking table, numbers, open tables, who answered, what offices wrote by
    section, evidence.
    """
    book = Workbook(rehearsal_mark(data.mode))
    _tracking_sheet(book, data)
    _numbers_sheet(book, data)
    for table in data.form.lists:
        _list_sheet(book, data, table)
    _answers_sheet(book, data)
    for section in data.form.sections:
        rows = [
            [
                number,
                data.short_name(n.organization_id),
                n.body,
                text("appendix.source", filename=n.filename, sheet=n.sheet, cell=n.cell),
            ]
            for number, n in enumerate((n for n in data.narratives if n.section == section.code), 1)
        ]
        book.table(
            section.label,
            text("appendix.sections.title", label=section.label),
            headings("appendix.sections", (("position", 6), ("office", 22), ("text", 80), ("source", 45))),
            rows,
            none=text("appendix.sections.none"),
        )
    _evidence_sheet(book, data)
    return book.finish()


def render_tracking_csv(data: SummaryData) -> bytes:
    """The tracking table as CSV (UTF-8): stt, office, then one column per indicator and year.

    A mark is X; what does not apply to the office says so in words; the rest is blank.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    columns = [(i.code, year) for i in data.form.indicators for year in data.form.years]
    writer.writerow(
        ["stt", CSV_OFFICE_COLUMN.get(data.words, "co_quan"), *(f"{code}_{year}" for code, year in columns)]
    )
    printed = {
        (m.organization_id, m.indicator, m.year): "X"
        if m.is_marked
        else data.form.marks.offered[2]
        if m.state == "not_applicable"
        else ""
        for m in data.marks
    }
    for number, office in enumerate(data.offices, 1):
        writer.writerow(
            [
                number,
                office.short_name,
                *(printed.get((office.organization_id, code, year), "") for code, year in columns),
            ]
        )
    return buffer.getvalue().encode("utf-8")


def _tracking_sheet(book: Workbook, data: SummaryData) -> None:
    """The sheet in the shape of the table that letter 212/BTTTT-TTĐN of 18/01/2013 attaches."""
    table = tracking_table(
        data.form,
        data.words,
        [(o.organization_id, o.short_name) for o in data.offices],
        {(m.organization_id, m.indicator, m.year): bool(m.is_marked) for m in data.marks},
        data.totals,
    )
    apart = {(m.organization_id, m.indicator, m.year) for m in data.marks if m.state == "not_applicable"}
    columns = [(i.code, year) for i in data.form.indicators for year in data.form.years]
    sheet = book.sheet(text("appendix.sheets.tracking"))
    last = 1 + len(table.totals)
    sheet.set_column(0, 0, 6)
    sheet.set_column(1, 1, 22)
    sheet.set_column(2, last, _MARK_WIDTH)
    ministry, unit = data.regime.ministry.name.upper(), data.regime.unit.name.upper()
    _merge(book, sheet, (0, 0, 0, 5), ministry, align="center")
    _merge(book, sheet, (1, 0, 1, 5), unit, bold=True, align="center")
    if book.mark:
        book.write(sheet, 2, 0, book.mark, bold=True, font_color="#C00000")
    _merge(
        book,
        sheet,
        (3, 0, 3, last),
        data.form.title.upper(),
        bold=True,
        font_size=14,
        align="center",
        text_wrap=True,
    )
    width = 6 + 22 + _MARK_WIDTH * (last - 1)
    sheet.set_row(3, 24 * -(-len(data.form.title) * 8 // (5 * width)))
    top = 5
    heading: dict[str, object] = {"bold": True, "border": 1, "align": "center", "text_wrap": True}
    _merge(book, sheet, (top, 0, top + 1, 0), table.position_heading, **heading)
    _merge(book, sheet, (top, 1, top + 1, 1), table.office_heading, **heading)
    column = 2
    for label, years in table.groups:
        _merge(book, sheet, (top, column, top, column + len(years) - 1), label, **heading)
        for year in years:
            book.write(sheet, top + 1, column, year, **heading)
            column += 1
    lines = max(-(-len(label) * 5 // (4 * _MARK_WIDTH * len(years))) for label, years in table.groups)
    sheet.set_row(top, max(84, 16 * (lines + 1)))
    for body_row in range(top + 1, top + 3 + len(table.rows)):
        sheet.set_row(body_row, 18)
    row = top + 2
    for number, (answering, (office, marks)) in enumerate(zip(data.offices, table.rows, strict=True), 1):
        book.write(sheet, row, 0, number, border=1, align="center")
        book.write(sheet, row, 1, office, border=1)
        for offset, (mark, column_of) in enumerate(zip(marks, columns, strict=True)):
            is_apart = (answering.organization_id, *column_of) in apart
            printed = "X" if mark else text("appendix.tracking.not_applicable") if is_apart else ""
            book.write(sheet, row, 2 + offset, printed, border=1, align="center")
        row += 1
    book.write(sheet, row, 0, "", border=1)
    book.write(sheet, row, 1, text("letters.table.total"), bold=True, border=1, align="center")
    for offset, total in enumerate(table.totals):
        book.write(sheet, row, 2 + offset, int(total) if total else "", bold=True, border=1, align="center")
    if apart:
        note = text("appendix.tracking.note", words=data.form.marks.offered[2].lower())
        book.write(sheet, row + 1, 0, note, italic=True)
    sheet.repeat_rows(top, top + 1)
    sheet.freeze_panes(top + 2, 2)


def _merge(
    book: Workbook, sheet: Any, area: tuple[int, int, int, int], content: str, **wanted: object
) -> None:
    """Write into a block of cells made one; a block of a single cell is just that cell."""
    first_row, first_column, last_row, last_column = area
    if (first_row, first_column) != (last_row, last_column):
        sheet.merge_range(*area, "", book.format(**wanted))
    book.write(sheet, first_row, first_column, content, **wanted)


def _numbers_sheet(book: Workbook, data: SummaryData) -> None:
    """Office by office the numbers of the form, and what they add up to; percentages are not added up."""
    if data.form.quantities is None:
        return
    columns = [(one, year) for one in data.form.quantity_rows for year in data.form.years]
    given = {(n.organization_id, n.indicator, n.year): n for n in data.numbers}
    rows: list[list[object]] = [
        [
            position,
            office.short_name,
            *(_number(given.get((office.organization_id, one.code, year))) for one, year in columns),
        ]
        for position, office in enumerate(data.offices, 1)
    ]
    sums = [
        ""
        if one.kind == "percent"
        else sum(
            (n.value for n in data.numbers if (n.indicator, n.year) == (one.code, year) and n.value),
            Decimal(),
        )
        for one, year in columns
    ]
    rows.append(["", text("letters.table.total"), *sums])
    heading = "appendix.numbers.heading_of_year" if len(data.form.years) > 1 else "appendix.numbers.heading"
    book.table(
        text("appendix.sheets.numbers"),
        data.form.quantities.title.upper(),
        [
            *headings("appendix.numbers", (("position", 6), ("office", 22))),
            *((text(heading, label=one.short_label, unit=one.unit, year=year), 14) for one, year in columns),
        ],
        rows,
        note=text("appendix.numbers.note", words=data.form.marks.offered[2].lower()),
    )


def _number(given: Number | None) -> object:
    if given is None or given.state == "blank":
        return ""
    if given.state == "not_applicable":
        return text("appendix.tracking.not_applicable")
    return given.value or Decimal(0)


def _list_sheet(book: Workbook, data: SummaryData, table: OpenTable) -> None:
    """What all offices wrote into one open table, row by row."""
    rows: list[list[object]] = [
        [
            number,
            data.short_name(row.organization_id),
            *(_cell(row.content.get(column.code), column) for column in table.columns),
            text("appendix.source", filename=row.filename, sheet=row.sheet, cell=row.first_cell),
        ]
        for number, row in enumerate((r for r in data.list_rows if r.list == table.code), 1)
    ]
    columns = [
        (text("appendix.lists.heading", label=c.label, unit=c.unit) if c.unit else c.label, c.width)
        for c in table.columns
    ]
    first, second, last = headings("appendix.lists", (("position", 6), ("office", 22), ("source", 45)))
    book.table(
        table.title[:_MOST_OF_NAME],
        table.title.upper(),
        [first, second, *columns, last],
        rows,
        none=text("appendix.sections.none"),
    )


def _cell(content: str | float | None, column: Column) -> object:
    if isinstance(content, int | float):
        return Decimal(str(content))
    if column.kind == "date" and content is not None:
        with suppress(ValueError):
            return date.fromisoformat(content)
    return content


def _answers_sheet(book: Workbook, data: SummaryData) -> None:
    signed = {r.organization_id: r for r in data.signed_reports}
    rows: list[list[object]] = []
    for number, office in enumerate(data.offices, 1):
        report = signed.get(office.organization_id)
        rows.append(
            [
                number,
                office.short_name,
                text(f"appendix.answers.{_figures(office)}"),
                _signed(office, report),
            ]
        )
    count = sum(o.has_figures for o in data.offices)
    book.table(
        text("appendix.sheets.answers"),
        text("appendix.answers.title"),
        headings("appendix.answers", (("position", 6), ("office", 26), ("figures", 14), ("signed", 40))),
        rows,
        note=text(
            "appendix.answers.summary",
            count=count,
            office_count=len(data.offices),
            missing_count=sum(o.owes_figures for o in data.offices),
        ),
    )


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


def _evidence_sheet(book: Workbook, data: SummaryData) -> None:
    labels = {i.code: i.short_label for i in data.form.indicators}
    order = {i.code: n for n, i in enumerate(data.form.indicators)}
    places = {o.organization_id: n for n, o in enumerate(data.offices)}
    marks = sorted(
        (m for m in data.marks if m.is_marked and m.organization_id in places and m.indicator in order),
        key=lambda m: (places[m.organization_id], order[m.indicator], m.year),
    )
    rows = [
        [
            number,
            data.short_name(m.organization_id),
            labels[m.indicator],
            m.year,
            m.document_number,
            m.document_on,
            m.note,
            m.filename,
            text("appendix.place", sheet=m.sheet, cell=m.cell) if m.cell else "",
        ]
        for number, m in enumerate(marks, 1)
    ]
    book.table(
        text("appendix.sheets.evidence"),
        text("appendix.evidence.title"),
        headings(
            "appendix.evidence",
            (
                ("position", 6),
                ("office", 20),
                ("indicator", 20),
                ("year", 7),
                ("number", 22),
                ("date", 13),
                ("note", 28),
                ("file", 32),
                ("place", 20),
            ),
        ),
        rows,
        none=text("appendix.sections.none"),
    )
