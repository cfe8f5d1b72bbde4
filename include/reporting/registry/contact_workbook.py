"""The workbook of contacts that officers edit: built, and read back with the places of its cells."""

from __future__ import annotations

import io
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

import python_calamine
import xlsxwriter

from reporting.wording.catalogue import text
from reporting.wording.vietnamese import moment as moment_words
from reporting.workbook import container
from reporting.workbook.layout import address

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

COLUMNS = {
    "organization_id": 30,
    "office": 40,
    "display_name": 32,
    "title": 20,
    "email": 36,
    "phone": 15,
    "role": 14,
    "position": 8,
    "state": 15,
    "note": 30,
}
"""The columns that people see, with their widths in characters."""
HIDDEN = ("contact_id", "exported")
_FIELDS = ("display_name", "title", "email", "phone", "role", "position", "state", "note")
_MANIFEST = "_kbc"
_FONT = "Times New Roman"
_ROWS_TO_ADD = 300
_A4 = 9
_ESCAPE = re.compile(r"_x[0-9A-Fa-f]{1,4}_")


@dataclass(frozen=True)
class ExportedRow:
    """One row of the workbook; an office's empty row has no contact. `held` are the values by field."""

    organization_id: str
    office: str
    contact_id: int | None
    held: Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """One row as read: texts NFC on one line, "" for an empty cell.

    `exported` are the values it was exported with; a row whose hidden cells were damaged has a `contact_id`
    but none. `numeric` are the columns whose cell holds a number.
    """

    row: int
    cells: Mapping[str, str]
    contact_id: int | None
    exported: Mapping[str, Any] | None
    numeric: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether the row says nothing of a contact: an office's empty row, or a row that was cleared."""
        return not any(self.cells[name] for name in _FIELDS)


@dataclass(frozen=True)
class Sheet:
    """The sheet of contacts as read; `exported_ids` are all the contacts that the file was made with."""

    name: str
    columns: Mapping[str, int]
    entries: tuple[Entry, ...]
    exported_ids: tuple[int, ...]

    def cell(self, entry: Entry, column: str) -> str:
        """The address of a cell of a row, such as E7."""
        return address(entry.row - 1, self.columns[column])


def build_contact_workbook(rows: Sequence[ExportedRow], made_at: datetime) -> bytes:
    """The .xlsx of these rows, with drop-down lists, a sheet that says how it is used, and hidden identities.

    Every value is written as text in cells of text format: none is ever a formula, also after it is edited.
    """
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties({"title": text("contacts.title"), "created": made_at.replace(tzinfo=None)})
    _write_list(book, rows, made_at)
    _write_how(book)
    manifest = book.add_worksheet(_MANIFEST)
    manifest.very_hidden()
    ids = [row.contact_id for row in rows if row.contact_id is not None]
    for number, contact_id in enumerate(ids):
        manifest.write_string(number, 0, str(contact_id))
    book.close()
    return buffer.getvalue()


def _write_list(book: Any, rows: Sequence[ExportedRow], made_at: datetime) -> None:
    sheet: Worksheet = book.add_worksheet(text("contacts.sheet.list"))
    base = {"font_name": _FONT, "font_size": 11, "valign": "vcenter", "num_format": "@"}
    boxed = {**base, "border": 1, "border_color": "#A6A6A6"}
    formats: dict[str, Format] = {
        "header": book.add_format(
            {**boxed, "bold": True, "align": "center", "text_wrap": True, "bg_color": "#D9E2F3"}
        ),
        "given": book.add_format({**boxed, "bg_color": "#EDEDED", "text_wrap": True}),
        "empty": book.add_format({**boxed, "bg_color": "#FFF2CC", "text_wrap": True}),
        "text": book.add_format({**boxed, "text_wrap": True}),
        "retired": book.add_format({**boxed, "text_wrap": True, "font_color": "#7F7F7F", "italic": True}),
        "bouncing": book.add_format({**boxed, "text_wrap": True, "font_color": "#9C0006"}),
        "plain": book.add_format({**base, "text_wrap": True}),
    }
    for column, (name, width) in enumerate(COLUMNS.items()):
        sheet.set_column(column, column, width, formats["plain"])
        sheet.write_string(0, column, text(f"contacts.column.{name}"), formats["header"])
    for column, name in enumerate(HIDDEN, start=len(COLUMNS)):
        sheet.set_column(column, column, 12, formats["plain"], {"hidden": True})
        sheet.write_string(0, column, text(f"contacts.column.{name}"), formats["header"])
    sheet.set_row(0, 32)
    for number, row in enumerate(rows, start=1):
        state = row.held.get("state", "empty") if row.contact_id is not None else "empty"
        body = formats[state if state in ("retired", "bouncing", "empty") else "text"]
        office = formats["empty"] if state == "empty" else formats["given"]
        _write(sheet, number, 0, row.organization_id, office)
        _write(sheet, number, 1, row.office, office)
        for column, name in enumerate(COLUMNS):
            if name in _FIELDS:
                value = _shown(name, row.held.get(name))
                if value:
                    _write(sheet, number, column, value, body)
                else:
                    sheet.write_blank(number, column, None, body)
        sheet.set_row(number, _height(row))
        if row.contact_id is not None:
            sheet.write_string(number, len(COLUMNS), str(row.contact_id), formats["plain"])
            held = json.dumps(dict(row.held), ensure_ascii=False).replace("_x", "\\u005fx")
            sheet.write_string(number, len(COLUMNS) + 1, held, formats["plain"])
    last = len(rows) + _ROWS_TO_ADD
    _offer_choices(sheet, last)
    sheet.ignore_errors({"number_stored_as_text": f"A1:{address(last, len(COLUMNS) + 1)}"})
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(1, len(rows)), len(COLUMNS) + len(HIDDEN) - 1)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer(text("contacts.footer", title=text("contacts.title"), moment=moment_words(made_at)))


def _write(sheet: Worksheet, row: int, column: int, value: str, form: Format) -> None:
    """Write a text as it is: LibreOffice reads "_xa_" as a line break, unless it stands in two runs."""
    match = _ESCAPE.search(value)
    if match is None:
        sheet.write_string(row, column, value, form)
    else:
        cut = match.start() + 1
        sheet.write_rich_string(row, column, value[:cut], form, value[cut:], form)


def _height(row: ExportedRow) -> int:
    """The height of a row in points at which its longest text is seen whole; LibreOffice grows no row."""
    shown = {"organization_id": row.organization_id, "office": row.office}
    shown |= {name: _shown(name, row.held.get(name)) for name in _FIELDS}
    return 2 + 15 * max(1, *(-(-len(words) // (COLUMNS[name] * 23 // 20)) for name, words in shown.items()))


def _offer_choices(sheet: Worksheet, last: int) -> None:
    names = list(COLUMNS)
    for name, codes in (("role", ("to", "copy", "escalation")), ("state", ("active", "bouncing", "retired"))):
        column = names.index(name)
        sheet.data_validation(
            1,
            column,
            last,
            column,
            {
                "validate": "list",
                "source": [text(f"contacts.{name}.{code}") for code in codes],
                "input_title": text(f"contacts.column.{name}"),
                "input_message": text(f"contacts.choice.{name}"),
                "error_title": text("contacts.choice.title"),
                "error_message": text(f"contacts.choice.{name}"),
            },
        )
    column = names.index("position")
    sheet.data_validation(
        1,
        column,
        last,
        column,
        {
            # the cells hold text, which Excel compares with no number: the formula reads it
            "validate": "custom",
            "value": f"=AND(ISNUMBER(VALUE({address(1, column)})),VALUE({address(1, column)})>=1)",
            "error_title": text("contacts.choice.position_title"),
            "error_message": text("contacts.choice.position"),
        },
    )


def _write_how(book: Any) -> None:
    sheet: Worksheet = book.add_worksheet(text("contacts.sheet.how"))
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 4)
    sheet.set_column(1, 1, 105)
    base = {"font_name": _FONT, "font_size": 12, "valign": "top", "text_wrap": True}
    sheet.write_string(
        0, 1, text("contacts.how_heading"), book.add_format({**base, "bold": True, "font_size": 14})
    )
    sheet.set_row(0, 26)
    number = book.add_format({**base, "align": "right"})
    body = book.add_format(base)
    for row, line in enumerate(text("contacts.how").splitlines(), start=1):
        sheet.write_string(row, 0, f"{row}.", number)
        sheet.write_string(row, 1, line, body)
        sheet.set_row(row, 17 * -(-len(line) // 112) + 5)
    sheet.set_paper(_A4)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _shown(name: str, value: object) -> str:
    if value is None:
        return ""
    return text(f"contacts.{name}.{value}") if name in ("role", "state") else str(value)


def read_contact_workbook(data: bytes, filename: str, refusal: type[ValueError]) -> Sheet:
    """The rows of an edited workbook of contacts (.xlsx, .xls, .ods), in their order.

    Raises `refusal`, naming file and remedy, when it cannot be read or is no workbook of contacts.
    """
    if container.refuse(data) is not None:
        raise refusal(text("contacts.file.unreadable", file=filename))
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = list(book.sheet_names)
        wanted = text("contacts.sheet.list")
        found = next((name for name in names if unicodedata.normalize("NFC", name) == wanted), None)
        rows = book.get_sheet_by_name(found).to_python(skip_empty_area=False) if found else []
        manifest = (
            book.get_sheet_by_name(_MANIFEST).to_python(skip_empty_area=False) if _MANIFEST in names else []
        )
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise refusal(text("contacts.file.unreadable", file=filename)) from error
    if found is None:
        listed = ", ".join(name for name in names if name != _MANIFEST)
        raise refusal(text("contacts.file.missing_sheet", file=filename, sheet=wanted, found=listed))
    columns = _columns(rows[0] if rows else [], filename, wanted, refusal)
    entries = tuple(
        _entry(number, row, columns)
        for number, row in enumerate(rows[1:], start=2)
        if any(_words(value) for value in row)
    )
    ids = tuple(int(words) for row in manifest if row and (words := _words(row[0])).isdecimal())
    return Sheet(wanted, columns, entries, ids)


def _columns(
    heading: Sequence[object], filename: str, sheet: str, refusal: type[ValueError]
) -> dict[str, int]:
    labels = {text(f"contacts.column.{name}").casefold(): name for name in (*COLUMNS, *HIDDEN)}
    columns: dict[str, int] = {}
    for index, value in enumerate(heading):
        name = labels.get(_words(value).casefold())
        if name is not None and name in columns:
            raise refusal(
                text("contacts.file.double_column", file=filename, sheet=sheet, column=_words(value))
            )
        if name is not None:
            columns[name] = index
    missing = [name for name in (*COLUMNS, *HIDDEN) if name not in columns]
    if missing:
        listed = ", ".join(f'"{text(f"contacts.column.{name}")}"' for name in missing)
        raise refusal(text("contacts.file.missing_columns", file=filename, sheet=sheet, columns=listed))
    return columns


def _entry(number: int, row: Sequence[object], columns: Mapping[str, int]) -> Entry:
    values = {name: row[index] if index < len(row) else None for name, index in columns.items()}
    cells = {name: _words(value) for name, value in values.items()}
    identity = cells["contact_id"]
    exported: Mapping[str, Any] | None = None
    try:
        loaded = json.loads(cells["exported"]) if cells["exported"] else None
        exported = loaded if isinstance(loaded, dict) else None
    except ValueError:
        exported = None
    return Entry(
        row=number,
        cells={name: cells[name] for name in COLUMNS},
        contact_id=int(identity) if identity.isdecimal() else None,
        exported=exported,
        numeric=frozenset(
            name
            for name, value in values.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        ),
    )


def _words(value: object) -> str:
    """The text of a cell: NFC, on one line, whole numbers without a decimal point."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime | date | time):
        value = value.isoformat()
    return " ".join(unicodedata.normalize("NFC", str(value)).split())
