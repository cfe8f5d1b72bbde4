"""Return an office's own workbook with what is to be completed: cells coloured and commented, a list in
front.

What openpyxl does not keep of a foreign workbook (pictures, shapes, charts made elsewhere, form controls,
threaded comments, rules of newer Excel versions, macros, the last results of formulas) is not in the copy;
docs/answers.md says so. Everything typed into cells is.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter
from openpyxl.xml.constants import ARC_CORE

from reporting.isolation import is_of_the_machine
from reporting.validation.findings import (
    NOTICES,
    Finding,
    compress,
    expand,
    split_message,
    worst_first,
)
from reporting.wording.catalogue import text
from reporting.workbook import container
from reporting.workbook.build import FONT, HEADER_SHADE, SHADE
from reporting.workbook.layout import sheet_name
from reporting.workbook.refill import FORMULA_STARTS

MAX_LISTED = 200
"""Lines of the list on the first sheet; the rest is counted in one line."""
MAX_ALIKE = 10
"""Findings of one rule and sheet that are listed one by one; the cells of the rest stand in one line."""

_ASK_FOR_CONTENT = frozenset({"section_is_filled", "list_cell_is_given"})
"""Rules whose warnings ask for what was left blank rather than for a reason."""
_RED = "FFC7CE"
_YELLOW = "FFEB9C"
_COLOURS = {"error": _RED, "warning": _YELLOW}
_UNDATED = (1980, 1, 1, 0, 0, 0)
_COLUMNS = (
    ("number", 6),
    ("severity", 14),
    ("sheet", 15),
    ("cell", 12),
    ("indicator", 22),
    ("what", 40),
    ("mend", 46),
    ("value_seen", 18),
)


def annotate(data: bytes, findings: Sequence[Finding]) -> bytes | None:
    """The same workbook with the findings shown in it, as .xlsx; None when it cannot be opened for that.

    Cells with an error are red, with a warning yellow, each with the message as a comment; the first sheet
    lists the findings, worst first. Warnings that were explained or waived ask nothing and are not shown.
    Marks of an earlier return are removed. Everything the office entered stays as it is. Raises OSError when
    the machine lacks something for it, such as space: the library writes sheets into temporary files.
    """
    book = _open(data)
    if book is None:
        return None
    ordered = worst_first(finding for finding in findings if finding.is_open)
    author = text("workbook.to_complete.comment_author")
    for sheet in book.worksheets:
        _clear(sheet, author)
    _mark_cells(book, ordered, author)
    _list(book, ordered)
    if book.calculation is not None:  # the copy has no results of formulas: they are to be worked out anew
        book.calculation.fullCalcOnLoad = True
    try:
        return _saved(book)
    except Exception as error:
        if is_of_the_machine(error):
            raise
        return None  # the library read something that it cannot write


def _saved(book: Workbook) -> bytes:
    """The file, the same for the same workbook: a return that is made again after a process died is the same
    file. The library would write the present moment into its properties and beside each of its parts.
    """
    written, buffer = io.BytesIO(), io.BytesIO()
    ExcelWriter(book, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED)).save()
    with zipfile.ZipFile(written) as parts, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for part in parts.infolist():
            undated = zipfile.ZipInfo(part.filename, _UNDATED)
            undated.compress_type = zipfile.ZIP_DEFLATED
            undated.external_attr = part.external_attr
            file.writestr(undated, parts.read(part))
    return buffer.getvalue()


def _open(data: bytes) -> Workbook | None:
    whole = container.openable_whole(data)
    if whole is None:
        return None
    try:
        book = openpyxl.load_workbook(io.BytesIO(whole), rich_text=True)
        with zipfile.ZipFile(io.BytesIO(whole)) as parts:
            if ARC_CORE not in parts.namelist() or book.properties.created is None:
                # the library would take the present moment; it knows no zones
                book.properties.created = datetime(*_UNDATED)  # noqa: DTZ001
    except Exception:  # whatever a foreign file makes the library raise, it cannot be marked
        return None
    book.properties.modified = book.properties.created
    return book


def _clear(sheet: Worksheet, author: str) -> None:
    """Remove the comments of an earlier return, and its colour from the cells that have one."""
    for row in sheet.iter_rows():
        for cell in row:
            if cell.comment is None or cell.comment.author != author:
                continue
            cell.comment = None
            if isinstance(cell, Cell) and cell.fill.start_color.rgb in {f"00{_RED}", f"00{_YELLOW}"}:
                shade = SHADE.lstrip("#") if cell.protection.locked else "FFFFFF"
                cell.fill = PatternFill("solid", start_color=shade)


def _mark_cells(book: Workbook, findings: Sequence[Finding], author: str) -> None:
    messages: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if finding.sheet in book.sheetnames and finding.cell:
            for address in expand(finding.cell):
                messages.setdefault((finding.sheet, address), []).append(finding)
    for (name, address), about in messages.items():
        cell = _top_left(book[name], address)
        cell.fill = PatternFill("solid", start_color=_COLOURS[about[0].severity])
        words = "\n".join(_comment(finding) for finding in about)
        comment = Comment(words, author, width=320, height=40 + 18 * (len(words) // 42 + 1))
        if cell.comment is not None:  # the sender's own remark stays readable
            comment.text = f"{words}\n—\n{cell.comment.text}"
        cell.comment = comment


def _comment(finding: Finding) -> str:
    parts = split_message(finding)
    return f"{parts.what}\n→ {parts.mend}" if parts.mend else parts.what


def _top_left(sheet: Worksheet, address: str) -> Cell:
    """The cell, or the first cell of the merged area it lies in."""
    cell: Any = sheet[address]
    if isinstance(cell, MergedCell):
        for area in sheet.merged_cells.ranges:
            if cell.coordinate in area:
                return sheet.cell(area.min_row, area.min_col)  # type: ignore[return-value]  # the anchor is a Cell
    assert isinstance(cell, Cell)
    return cell


def _list(book: Workbook, findings: Sequence[Finding]) -> None:
    """Put the list of findings first, in place of the list of an earlier return."""
    name = sheet_name("to_complete")
    if name in book.sheetnames:
        del book[name]
    sheet: Worksheet = book.create_sheet(name, 0)
    errors = sum(finding.severity == "error" for finding in findings)
    last = len(_COLUMNS)
    headings = (
        (text("workbook.to_complete.heading"), Font(FONT, 14, bold=True), 24),
        (
            text("workbook.to_complete.subheading", errors=errors, warnings=len(findings) - errors),
            Font(FONT, 12, bold=True),
            20,
        ),
        (text("workbook.to_complete.how"), Font(FONT, 11, italic=True), 34),
    )
    for row, (words, font, height) in enumerate(headings, start=1):
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=last)
        _write(sheet, row, 1, words, font, centred=True, boxed=False)
        sheet.row_dimensions[row].height = height
    for column, (key, width) in enumerate(_COLUMNS, start=1):
        letter = get_column_letter(column)
        sheet.column_dimensions[letter].width = width
        cell = _write(
            sheet,
            4,
            column,
            text(f"workbook.to_complete.column.{key}"),
            Font(FONT, 11, bold=True),
            centred=True,
        )
        cell.fill = PatternFill("solid", start_color=HEADER_SHADE.lstrip("#"))
    sheet.row_dimensions[4].height = 24
    lines = _listed(findings)
    row = 4
    for row, line in enumerate(lines[:MAX_LISTED], start=5):
        _write_row(sheet, row, (line.numbers, *line.values), line.severity)
    if len(lines) > MAX_LISTED:
        left_out = sum(line.count for line in lines[MAX_LISTED:])
        words = text("workbook.to_complete.more", n=left_out)
        sheet.merge_cells(start_row=row + 1, start_column=1, end_row=row + 1, end_column=last)
        _write(sheet, row + 1, 1, words, Font(FONT, 11, italic=True), boxed=False)
    _set_up(book, sheet)


@dataclass(frozen=True)
class _Line:
    """A line of the list. `numbers` are the places of its findings among all: replies name them by these.
    `count` findings stand behind it.
    """

    severity: str
    numbers: str
    values: tuple[str, ...]
    count: int = 1


def _listed(findings: Sequence[Finding]) -> list[_Line]:
    """The lines of the list: of one rule and sheet the first findings one by one, then where the rest are."""
    alike: dict[tuple[str, str, str | None], list[tuple[int, Finding]]] = {}
    for number, finding in enumerate(findings, start=1):
        alike.setdefault((finding.severity, finding.rule, finding.sheet), []).append((number, finding))
    lines: list[tuple[int, _Line]] = []
    for group in alike.values():
        whole = len(group) <= MAX_ALIKE + 1
        shown = group if whole else group[:MAX_ALIKE]
        lines += [(number, _line(number, finding)) for number, finding in shown]
        if not whole:
            rest = group[MAX_ALIKE:]
            lines.append((rest[0][0], _line_of_rest(rest)))
    return [line for _, line in sorted(lines, key=lambda one: one[0])]


def _line(number: int, finding: Finding) -> _Line:
    parts = split_message(finding)
    values = (finding.sheet or "", finding.cell or "", parts.label, parts.what, parts.mend)
    return _Line(finding.severity, str(number), (_asks(finding), *values, finding.value_seen or ""))


def _line_of_rest(rest: Sequence[tuple[int, Finding]]) -> _Line:
    first = rest[0][1]
    addresses = dict.fromkeys(cell for _, one in rest if one.cell for cell in expand(one.cell))
    cells = ", ".join(compress([*addresses]))
    what = text("workbook.to_complete.alike", n=len(rest), cells=cells)
    return _Line(
        first.severity,
        _numbers([number for number, _ in rest]),
        (_asks(first), first.sheet or "", "", "", what, text("workbook.to_complete.alike_mend"), ""),
        len(rest),
    )


def _asks(finding: Finding) -> str:
    """What a finding asks of the office: to mend, to explain, to add, or only to look."""
    kind: str = finding.severity
    if kind == "warning" and finding.rule in NOTICES:
        kind = "notice"
    elif kind == "warning" and finding.rule in _ASK_FOR_CONTENT:
        kind = "blank"
    return text(f"workbook.to_complete.severity.{kind}")


def _numbers(numbers: Sequence[int]) -> str:
    """Numbers as read: 11–19, 24."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _write_row(sheet: Worksheet, row: int, values: Sequence[str], severity: str) -> None:
    lines = 1
    for column, (value, (key, width)) in enumerate(zip(values, _COLUMNS, strict=True), start=1):
        cell = _write(
            sheet, row, column, value, Font(FONT, 11), centred=key in {"number", "severity", "cell"}
        )
        if key == "severity":
            cell.fill = PatternFill("solid", start_color=_COLOURS[severity])
        lines = max(lines, sum(-(-max(len(part), 1) * 10 // (width * 10 - 5)) for part in value.split("\n")))
    sheet.row_dimensions[row].height = min(15.5 * lines + 4, 300)


def _write(
    sheet: Worksheet,
    row: int,
    column: int,
    value: str,
    font: Font,
    *,
    centred: bool = False,
    boxed: bool = True,
) -> Cell:
    """Write text as text: what begins like a formula is never one."""
    cell: Any = sheet.cell(row, column)
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
    cell.data_type = "s"
    if value.startswith(FORMULA_STARTS):
        cell.quotePrefix = True
    cell.font = font
    cell.alignment = Alignment(
        horizontal="center" if centred else "left",
        vertical="center",
        wrap_text=True,
        indent=0 if centred else 1,
    )
    if boxed:
        side = Side("thin", color="7F7F7F")
        cell.border = Border(left=side, right=side, top=side, bottom=side)
    assert isinstance(cell, Cell)
    return cell


def _set_up(book: Workbook, sheet: Worksheet) -> None:
    sheet.freeze_panes = "A5"
    sheet.print_title_rows = "4:4"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.sheet_view.showGridLines = False
    for other in book.worksheets:  # one sheet selected: typing must not go into several at once
        other.sheet_view.tabSelected = other is sheet
    book.active = 0
