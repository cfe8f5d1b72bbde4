"""Workbooks that people read and print, written row by row; whatever a sender wrote stays text."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import chain, islice
from typing import Any
from xml.sax.saxutils import escape

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from reporting.letters.blocks import printable
from reporting.letters.text import document_date
from reporting.wording.catalogue import text

FONT = "Times New Roman"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so would be computed by spreadsheet programs."""
_CELL_LIMIT = 32_000
_LINE_PT, _MOST_PT = 16.0, 400.0
_CHARACTERS_PER_WIDTH = 0.92
_SHORT = 8
_DEFAULT_ROW_PT = 15.0
_LOOKED_AT = 200
"""So many rows decide whether a column is centred."""
ROWS_OF_A_SHEET = 1_000_000
"""Longer tables go on upon a further sheet; Excel reads 1,048,576 rows of one."""
_REMEMBERED = 120
"""Longer texts are seldom written twice."""
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
_MOST_OF_NAME = 31
_ESCAPED = re.compile(r"(_x[0-9a-fA-F]{4}_)")

A4, A3 = 9, 8
_WIDE = 190
"""Characters of a row beyond which a table is printed on A3."""


@dataclass(frozen=True)
class Formula:
    """A live formula and the value that it has; always the program's own, never of anybody's text."""

    formula: str
    value: int | float | Decimal


class _Sheet(Worksheet):  # type: ignore[misc]  # xlsxwriter has no types
    """A sheet whose rows are written at once: several times as quick as cell by cell."""

    def write_cells(self, row: int, cells: Sequence[str], height: float | None) -> None:
        """Write a row made by Workbook.row. Rows must come in order, and nothing may follow in this one."""
        if not cells:
            return
        self._write_single_row(row)
        self._check_dimensions(row, 0)
        self._check_dimensions(row, len(cells) - 1)
        size = f' ht="{height:g}" customHeight="1"' if height else ""
        self.fh.write(f'<row r="{row + 1}"{size}>{"".join(cells)}</row>')

    def join(self, area: tuple[int, int, int, int]) -> None:
        """Make a block of cells one (first row, first column, last row, last column); the cells are written
        as others are.
        """
        self.merge.append(list(area))


class Workbook:
    """An xlsx whose rows are put into temporary files while they are written: no more memory for ten thousand
    offices than for sixty. Every sheet must be written from top to bottom.

    Every value is written as a number, a date or text, never as a formula or a link, but for Formula.
    """

    def __init__(self, mark: str = "") -> None:
        """`mark` is printed at the head of every page: that a rehearsal's file has no value."""
        self.mark = mark
        self._buffer = io.BytesIO()
        self.book: Any = xlsxwriter.Workbook(
            self._buffer,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self.book.set_properties({"created": _EPOCH.replace(tzinfo=None)})
        self._formats: dict[tuple[tuple[str, object], ...], Any] = {}
        self._names: set[str] = set()

    def format(self, **wanted: object) -> Any:
        """A cell format; the same for the same wishes."""
        key = tuple(sorted(wanted.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format(
                {"font_name": FONT, "font_size": 12, "valign": "vcenter", **wanted}
            )
        return self._formats[key]

    def sheet(self, name: str, *, landscape: bool = True, paper: int = A4, pages_wide: int = 1) -> Any:
        """A new sheet, so many pages wide, with page numbers; its name is made fit and unlike the others'."""
        sheet = self.book.add_worksheet(self._name(name), worksheet_class=_Sheet)
        sheet.set_paper(paper)
        if landscape:
            sheet.set_landscape()
        sheet.set_margins(left=0.6, right=0.6, top=0.7, bottom=0.7)
        sheet.fit_to_pages(pages_wide, 0)
        sheet.set_footer(text("appendix.page"))
        if self.mark:
            sheet.set_header(f"&R{self.mark}")
        return sheet

    def _name(self, name: str) -> str:
        plain = _NOT_IN_NAMES.sub(" ", name).strip(" '")
        made, number = plain[:_MOST_OF_NAME].strip(" '"), 1
        while made.casefold() in self._names:
            number += 1
            end = f" ({number})"
            made = plain[: _MOST_OF_NAME - len(end)] + end
        self._names.add(made.casefold())
        return made

    def write(self, sheet: Any, row: int, column: int, value: object, **wanted: object) -> None:
        """Write one value; a Decimal with points between thousands, an int as it is.

        Text that looks like a formula also gets Excel's mark of text.
        """
        if value is None or value == "":
            sheet.write_blank(row, column, None, self.format(**wanted))
        elif isinstance(value, Formula):
            if isinstance(value.value, Decimal):
                wanted = {"num_format": _number_format(value.value), **wanted}
            shown = float(value.value) if isinstance(value.value, Decimal) else value.value
            sheet.write_formula(row, column, value.formula, self.format(**wanted), shown)
        elif isinstance(value, Decimal):
            sheet.write_number(
                row, column, float(value), self.format(**{**wanted, "num_format": _number_format(value)})
            )
        elif isinstance(value, int) and not isinstance(value, bool):
            sheet.write_number(row, column, value, self.format(**wanted))
        else:
            content = _words(value)
            if content.startswith(FORMULA_STARTS):
                wanted["quote_prefix"] = True
            sheet.write_string(row, column, content, self.format(**wanted))

    def merge(self, sheet: Any, area: tuple[int, int, int, int], content: object, **wanted: object) -> None:
        """Write into a block of cells made one, as far as its first row goes; the others are written, blank,
        with the rows in which they stand. A block of a single cell is just that cell.
        """
        first_row, first_column, last_row, last_column = area
        self.write(sheet, first_row, first_column, content, **wanted)
        for column in range(first_column + 1, last_column + 1):
            self.write(sheet, first_row, column, "", **wanted)
        if (first_row, first_column) != (last_row, last_column):
            sheet.join(area)

    def row(
        self, sheet: Any, row: int, values: Sequence[object], styles: Sequence[Style], height: float | None
    ) -> None:
        """Write a whole row at once, each value in the style of its column."""
        number = row + 1
        sheet.write_cells(
            row,
            [
                _cell(value, f"{_letters(column)}{number}", style)
                for column, (value, style) in enumerate(zip(values, styles, strict=True))
            ],
            height,
        )

    def style(self, **wanted: object) -> Style:
        """The style of a column, for `row`."""
        return Style(self, wanted)

    def table(
        self,
        name: str,
        title: str,
        columns: Sequence[tuple[str, float]],
        rows: Iterable[Sequence[object]],
        *,
        note: str = "",
        none: str = "",
        totals: Callable[[int, int], Sequence[Sequence[object]]] | None = None,
    ) -> Any:
        """A titled table on a sheet of its own, its header on each page; `none` stands in for no rows.

        `columns` are (heading, width in characters); `rows` are taken one after the other. `totals` gives the
        rows beneath the table, told the numbers that its first and last row have in Excel. A table longer
        than a sheet can be goes on upon further ones. Returns the last sheet.
        """
        waiting = iter(rows)
        sheet: Any = None
        part, is_more = 0, True
        while is_more:
            part += 1
            named = name if part == 1 else text("appendix.continued", name=name, part=part)
            first = list(islice(waiting, _LOOKED_AT))
            portion = chain(first, islice(waiting, ROWS_OF_A_SHEET - len(first)))
            sheet, count = self._part(named, title, columns, first, portion, note)
            if part == 1 and not count and none:
                self.write(sheet, _HEADER + 1, 0, none, italic=True)
            ahead = next(waiting, None) if count == ROWS_OF_A_SHEET else None
            is_more = ahead is not None
            if ahead is not None:
                waiting = chain([ahead], waiting)
            elif totals and count:
                self._totals(sheet, count, totals(_HEADER + 2, _HEADER + 1 + count), columns)
        return sheet

    def _part(
        self,
        name: str,
        title: str,
        columns: Sequence[tuple[str, float]],
        looked_at: Sequence[Sequence[object]],
        rows: Iterator[Sequence[object]],
        note: str,
    ) -> tuple[Any, int]:
        sheet = self.sheet(name, paper=A3 if sum(width for _, width in columns) > _WIDE else A4)
        self.write(sheet, 0, 0, title, bold=True, font_size=14)
        if note:
            self.write(sheet, 1, 0, note, italic=True)
        if self.mark:
            self.write(sheet, 2, 0, self.mark, bold=True, font_color="#C00000")
        sheet.set_row(_HEADER, _height([heading for heading, _ in columns], _rooms(columns)))
        for number, (heading, width) in enumerate(columns):
            sheet.set_column(number, number, width)
            self.write(sheet, _HEADER, number, heading, **HEADING)
        styles = [
            self.style(
                border=1,
                text_wrap=True,
                align="center"
                if all(isinstance(row[n], int) or len(str(row[n] or "")) <= _SHORT for row in looked_at)
                else "left",
            )
            for n in range(len(columns))
        ]
        rooms = _rooms(columns)
        count = 0
        for count, row in enumerate(rows, 1):
            self.row(sheet, _HEADER + count, row, styles, _height(row, rooms))
        sheet.repeat_rows(_HEADER)
        sheet.freeze_panes(_HEADER + 1, 0)
        if count:
            sheet.autofilter(_HEADER, 0, _HEADER + count, len(columns) - 1)
        return sheet, count

    def _totals(
        self,
        sheet: Any,
        count: int,
        rows: Sequence[Sequence[object]],
        columns: Sequence[tuple[str, float]],
    ) -> None:
        for offset, row in enumerate(rows, 1):
            at = _HEADER + count + offset
            sheet.set_row(at, _height(row, _rooms(columns)))
            for number, value in enumerate(row):
                is_figure = isinstance(value, int | Decimal | Formula)
                self.write(
                    sheet, at, number, value,
                    bold=True, border=1, text_wrap=True, align="center" if is_figure else "left",
                )  # fmt: skip

    def picture(self, sheet: Any, row: int, column: int, png: bytes, *, width_cm: float) -> int:
        """Put a picture (PNG) onto a sheet, so wide, its upper left corner in that cell; returns how many
        rows it takes, which are to stay as high as they are.
        """
        across, down = int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
        scale = width_cm / 2.54 * _dpi(png) / across
        sheet.insert_image(
            row, column, "picture.png", {"image_data": io.BytesIO(png), "x_scale": scale, "y_scale": scale}
        )
        return math.ceil(width_cm / 2.54 * 72 * down / across / _DEFAULT_ROW_PT)

    def finish(self) -> bytes:
        """The file; the same bytes for the same content."""
        self.book.close()
        return self._buffer.getvalue()


_HEADER = 3
HEADING: Mapping[str, object] = {
    "bold": True,
    "border": 1,
    "align": "center",
    "text_wrap": True,
    "bg_color": "#E7EEF7",
}
"""How the heading of a table looks."""


class Style:
    """The look of a column's cells, with the numbers that it has in the file by kind of value."""

    def __init__(self, book: Workbook, wanted: Mapping[str, object]) -> None:
        self._book, self._wanted = book, dict(wanted)
        self._numbers: dict[str, int] = {}

    def number(self, kind: str = "") -> int:
        """The number of this look in the file; `kind`: a format of numbers, "text" for text that looks like a
        formula, "" for anything else.
        """
        found = self._numbers.get(kind)
        if found is None:
            more: dict[str, object] = (
                {} if not kind else {"quote_prefix": True} if kind == "text" else {"num_format": kind}
            )
            found = self._numbers[kind] = self._book.format(**self._wanted, **more)._get_xf_index()
        return found


def _cell(value: object, place: str, style: Style) -> str:
    if value is None or value == "":
        return f'<c r="{place}" s="{style.number()}"/>'
    if isinstance(value, str):
        kind, content = _inline(value) if len(value) <= _REMEMBERED else _inline.__wrapped__(value)
        return f'<c r="{place}" s="{style.number(kind)}" t="inlineStr"><is>{content}</is></c>'
    if isinstance(value, Decimal):
        kind = _number_format(value)
        return f'<c r="{place}" s="{style.number(kind)}"><v>{float(value):.16G}</v></c>'
    if isinstance(value, int) and not isinstance(value, bool):
        return f'<c r="{place}" s="{style.number()}"><v>{value}</v></c>'
    return _cell(_words(value), place, style)


@lru_cache(maxsize=16_384)
def _inline(value: str) -> tuple[str, str]:
    """The kind of style that a text needs, and its element."""
    content = _words(value)
    kind = "text" if content.startswith(FORMULA_STARTS) else ""
    kept = ' xml:space="preserve"' if content != content.strip() or "\n" in content else ""
    if "_x" in content:
        content = _ESCAPED.sub(r"_x005F\1", content)
    return kind, f"<t{kept}>{escape(content)}</t>"


def _words(value: object) -> str:
    """A value as text: moments and days as officials write them, all else without what no file may hold."""
    if isinstance(value, bool):
        raise TypeError("A truth value has no printed form of its own; pass the word for it.")
    if isinstance(value, date):
        return _day(value)
    content = printable(str(value))
    return text("appendix.cut", text=content[:_CELL_LIMIT]) if len(content) > _CELL_LIMIT else content


@lru_cache(maxsize=4096)
def _day(value: date) -> str:
    if isinstance(value, datetime):
        return f"{value:%H:%M} {document_date(value)}"
    return document_date(value)


_letters = lru_cache(maxsize=1024)(xl_col_to_name)


def _number_format(value: Decimal) -> str:
    return "#,##0" if value == int(value) else "#,##0.0##"


def _rooms(columns: Sequence[tuple[str, float]]) -> list[int]:
    """How many characters fit on a line of each column."""
    return [max(1, int(width * _CHARACTERS_PER_WIDTH)) for _, width in columns]


def _height(row: Sequence[object], rooms: Sequence[int]) -> float:
    """Height in points that shows the longest wrapped cell of a row: not every program fits rows itself."""
    lines = 1
    for value, room in zip(row, rooms, strict=True):
        if isinstance(value, str) and (len(value) > room or "\n" in value):
            lines = max(lines, sum(max(1, math.ceil(len(part) / room)) for part in value.splitlines()))
    return min(_MOST_PT, 4 + lines * _LINE_PT)


def _dpi(png: bytes) -> float:
    """Dots per inch of a PNG, from its pHYs chunk; 96 where it says nothing."""
    at = png.find(b"pHYs")
    return 96.0 if at < 0 else int.from_bytes(png[at + 4 : at + 8], "big") * 0.0254


def rehearsal_mark(mode: str) -> str:
    """What the files of a rehearsal carry; nothing in a live cycle."""
    return text("letters.watermark.rehearsal") if mode == "rehearsal" else ""


def headings(key: str, widths: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """Columns of a table from the catalogue; `widths` are (entry under `<key>.columns`, characters)."""
    return [(text(f"{key}.columns.{name}"), width) for name, width in widths]
