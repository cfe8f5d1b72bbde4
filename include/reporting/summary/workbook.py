"""Small helpers for workbooks that people read and print; whatever a sender wrote stays text."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

from reporting.letters.official import printable
from reporting.letters.text import document_date
from reporting.wording.catalogue import text

FONT = "Times New Roman"
_CELL_LIMIT = 32_000
_LINE_PT, _MOST_PT = 16.0, 400.0
_CHARACTERS_PER_WIDTH = 0.92
_SHORT = 8
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Workbook:
    """An xlsx in memory: every value is written as a number, a date or text, never as a formula or a link."""

    def __init__(self, mark: str = "") -> None:
        """`mark` is printed at the head of every page: that a rehearsal's file has no value."""
        self.mark = mark
        self._buffer = io.BytesIO()
        self.book: Any = xlsxwriter.Workbook(
            self._buffer,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self.book.set_properties({"created": _EPOCH.replace(tzinfo=None)})
        self._formats: dict[tuple[tuple[str, object], ...], Any] = {}

    def format(self, **wanted: object) -> Any:
        """A cell format; the same for the same wishes."""
        key = tuple(sorted(wanted.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format(
                {"font_name": FONT, "font_size": 12, "valign": "vcenter", **wanted}
            )
        return self._formats[key]

    def sheet(self, name: str, *, landscape: bool = True) -> Any:
        """A new A4 sheet, one page wide, with page numbers."""
        sheet = self.book.add_worksheet(name[:31])
        sheet.set_paper(9)
        if landscape:
            sheet.set_landscape()
        sheet.set_margins(left=0.6, right=0.6, top=0.7, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(text("appendix.page"))
        if self.mark:
            sheet.set_header(f"&R{self.mark}")
        return sheet

    def write(self, sheet: Any, row: int, column: int, value: object, **wanted: object) -> None:
        """Write one value; a Decimal with points between thousands, an int as it is.

        Text that looks like a formula also gets Excel's mark of text.
        """
        if value is None or value == "":
            sheet.write_blank(row, column, None, self.format(**wanted))
        elif isinstance(value, bool):
            raise TypeError("A truth value has no printed form of its own; pass the word for it.")
        elif isinstance(value, Decimal):
            wanted["num_format"] = "#,##0" if value == int(value) else "#,##0.0##"
            sheet.write_number(row, column, float(value), self.format(**wanted))
        elif isinstance(value, int):
            sheet.write_number(row, column, value, self.format(**wanted))
        elif isinstance(value, datetime):
            sheet.write_string(row, column, f"{value:%H:%M} {document_date(value)}", self.format(**wanted))
        elif isinstance(value, date):
            sheet.write_string(row, column, document_date(value), self.format(**wanted))
        else:
            content = printable(str(value))
            if len(content) > _CELL_LIMIT:
                content = text("appendix.cut", text=content[:_CELL_LIMIT])
            if content.startswith(_BEGINS_FORMULA):
                wanted["quote_prefix"] = True
            sheet.write_string(row, column, content, self.format(**wanted))

    def table(
        self,
        name: str,
        title: str,
        columns: Sequence[tuple[str, float]],
        rows: Sequence[Sequence[object]],
        *,
        note: str = "",
        none: str = "",
    ) -> Any:
        """A titled table on a sheet of its own, its header on each page; `none` stands in for no rows.

        `columns` are (heading, width in characters).
        """
        sheet = self.sheet(name)
        self.write(sheet, 0, 0, title, bold=True, font_size=14)
        if self.mark:
            self.write(sheet, 2, 0, self.mark, bold=True, font_color="#C00000")
        if note:
            self.write(sheet, 1, 0, note, italic=True)
        header = 3
        sheet.set_row(header, _height([heading for heading, _ in columns], columns))
        for number, (heading, width) in enumerate(columns):
            sheet.set_column(number, number, width)
            self.write(
                sheet,
                header,
                number,
                heading,
                bold=True,
                border=1,
                align="center",
                text_wrap=True,
                bg_color="#E7EEF7",
            )
        centred = [
            all(isinstance(row[n], int) or len(str(row[n] or "")) <= _SHORT for row in rows)
            for n in range(len(columns))
        ]
        for offset, row in enumerate(rows, 1):
            sheet.set_row(header + offset, _height(row, columns))
            for number, value in enumerate(row):
                align = "center" if centred[number] else "left"
                self.write(sheet, header + offset, number, value, border=1, text_wrap=True, align=align)
        if not rows and none:
            self.write(sheet, header + 1, 0, none, italic=True)
        sheet.repeat_rows(header)
        sheet.freeze_panes(header + 1, 0)
        if rows:
            sheet.autofilter(header, 0, header + len(rows), len(columns) - 1)
        return sheet

    def finish(self) -> bytes:
        """The file; the same bytes for the same content."""
        self.book.close()
        return self._buffer.getvalue()


def _height(row: Sequence[object], columns: Sequence[tuple[str, float]]) -> float:
    """Height in points that shows the longest wrapped cell of a row: not every program fits rows itself."""
    lines = 1
    for value, (_, width) in zip(row, columns, strict=True):
        if isinstance(value, str):
            room = max(1, int(width * _CHARACTERS_PER_WIDTH))
            lines = max(
                lines, sum(max(1, math.ceil(len(part) / room)) for part in value.splitlines() or [""])
            )
    return min(_MOST_PT, 4 + lines * _LINE_PT)


def rehearsal_mark(mode: str) -> str:
    """What the files of a rehearsal carry; nothing in a live cycle."""
    return text("letters.watermark.rehearsal") if mode == "rehearsal" else ""


def headings(key: str, widths: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """Columns of a table from the catalogue; `widths` are (entry under `<key>.columns`, characters)."""
    return [(text(f"{key}.columns.{name}"), width) for name, width in widths]
