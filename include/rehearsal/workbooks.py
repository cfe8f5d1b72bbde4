"""Filling a workbook as a person in an office would: the received file opened, cells written, the file saved.

The cells are found by the workbook's own tags, as the rows and columns of a returned file may have moved.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from openpyxl import load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from rehearsal.answers import OfficeAnswer, samples
from reporting.forms.models import Form
from reporting.wording.catalogue import text
from reporting.workbook.build import CoverPage, WorkbookIdentity, build_workbook
from reporting.workbook.layout import SEPARATOR, TAG, Table, list_table

_DATE = "dd/mm/yyyy"


@dataclass(frozen=True)
class CoverEntries:
    """What an office writes on the cover. `writes_name` replaces the printed name of the office."""

    report_number: str
    report_on: date
    signer: str
    contact_name: str
    contact_email: str
    prepared_on: date
    writes_name: str | None = None


@dataclass
class _Sheet:
    sheet: Worksheet
    columns: dict[str, int]
    rows: dict[tuple[str, ...], int]

    def cell(self, row: tuple[str, ...], column: str) -> Cell | None:
        if row not in self.rows or column not in self.columns:
            return None
        cell = self.sheet.cell(self.rows[row], self.columns[column])
        return cell if isinstance(cell, Cell) else None


class FilledWorkbook:
    """A workbook under the hands of an office."""

    def __init__(self, data: bytes) -> None:
        """Open it. Raises ValueError when the file is no workbook of the pipeline's."""
        self._book: Workbook = load_workbook(io.BytesIO(data), rich_text=True)
        self._found: dict[Table, _Sheet] = {}
        self._table("cover")

    def fill(self, answer: OfficeAnswer, cover: CoverEntries, form: Form) -> None:
        """Write everything the office has to say over what stands there; blanks are confirmed by the tick."""
        texts = samples()
        self._cover(
            {
                "executing_unit": texts.executing_unit,
                "report_number": cover.report_number,
                "report_on": cover.report_on,
                "report_signer": cover.signer,
                "signing_capacity": text("workbook.cover.choice.capacity.head"),
                "status": text("workbook.cover.choice.status.official"),
                "blank_means_no": answer.mark,
                "nothing_occurred": answer.mark if answer.is_nil else None,
                "contact_name": cover.contact_name,
                "contact_position": texts.contact_position,
                "contact_department": texts.contact_department,
                "contact_email": cover.contact_email,
                "prepared_by": cover.contact_name,
                "checked_by": cover.signer,
                "prepared_on": cover.prepared_on,
                "remark": texts.remark,
            }
        )
        if cover.writes_name is not None:
            self._cover({"organization_name": cover.writes_name})
        for indicator in form.indicators:
            for year in form.years:
                evidence = answer.marks.get((indicator.code, year))
                self.write_mark(
                    indicator.code,
                    year,
                    {
                        "mark": answer.mark if evidence else None,
                        "document_number": evidence.document_number if evidence else None,
                        "document_on": evidence.document_on if evidence else None,
                        "remark": texts.remark if evidence else None,
                    },
                )
        for section, body in answer.narratives.items():
            _write(self._table("sections").cell((section,), "body"), body)
        for (quantity, year), number in answer.numbers.items():
            self.write_number(quantity, year, number)
        for code, rows in answer.rows.items():
            for place, cells in enumerate(rows, 1):
                for column, value in cells.items():
                    self.write_list_cell(code, place, column, value)

    def write_mark(self, indicator: str, year: int, values: Mapping[str, str | date | None]) -> None:
        """Write cells of one row of the table of marks; a row the workbook does not have is passed over."""
        for column, value in values.items():
            _write(self._table("marks").cell((indicator, str(year)), column), value)

    def write_number(self, indicator: str, year: int, value: int | str | None) -> None:
        """Write one number. Raises ValueError when the workbook has no table of numbers."""
        _write(self._table("quantities").cell((indicator,), str(year)), value)

    def write_list_cell(self, table: str, place: int, column: str, value: int | str | date | None) -> None:
        """Write one cell of the row at `place` (from 1) of an open table. Raises ValueError when the workbook
        has no such table.
        """
        _write(self._table(list_table(table)).cell((str(place),), column), value)

    def forget_identity(self) -> None:
        """Lose the signed identity, as a file that was copied together by hand does."""
        for sheet, row, column, value in _tags(self._book):
            if value == SEPARATOR.join((TAG, "identity", "row", "token")):
                sheet.cell(row, column + 1).value = None

    def save(self) -> bytes:
        """The file as it is now."""
        buffer = io.BytesIO()
        self._book.save(buffer)
        return buffer.getvalue()

    def _cover(self, values: Mapping[str, str | date | None]) -> None:
        for key, value in values.items():
            _write(self._table("cover").cell((key,), "value"), value)

    def _table(self, table: Table) -> _Sheet:
        if table not in self._found:
            self._found[table] = _find(self._book, table)
        return self._found[table]


def workbook_of_old_form(form: Form, reference_code: str, office_name: str, on: date) -> bytes:
    """The file of an earlier form that still lies in the office: right in its day, wrong now, without an
    identity.
    """
    identity = WorkbookIdentity("", reference_code, form.code, form.version)
    cover = CoverPage(
        report_title=form.title,
        letter_number="",
        letter_on=on,
        period_label=" - ".join(map(str, form.years)),
        deadline_phrase="",
        last_day_phrase="",
        organization_name=office_name,
        ministry_name="",
        unit_name="",
        contact_line="",
    )
    filled = FilledWorkbook(build_workbook(form, identity, cover, "signed by an earlier installation"))
    filled.forget_identity()
    return filled.save()


def _find(book: Workbook, table: Table) -> _Sheet:
    for sheet in book.worksheets:
        found = _Sheet(sheet, {}, {})
        for _, row, column, value in _tags_of(sheet):
            _, named, *rest = value.split(SEPARATOR)
            if named != table:
                continue
            if rest[0] == "column":
                found.columns[rest[1]] = column
            elif rest[0] == "row":
                found.rows[tuple(rest[1:])] = row
        if found.rows:
            return found
    raise ValueError(f"the workbook holds no table {table!r}: it is not one that the ministry sent")


def _tags(book: Workbook) -> Iterator[tuple[Worksheet, int, int, str]]:
    for sheet in book.worksheets:
        yield from _tags_of(sheet)


def _tags_of(sheet: Worksheet) -> Iterator[tuple[Worksheet, int, int, str]]:
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, str) and cell.value.startswith(TAG + SEPARATOR):
                yield sheet, cell.row, cell.column, cell.value


def _write(cell: Cell | None, value: int | str | date | None) -> None:
    if cell is None:
        return
    cell.value = value
    if isinstance(value, date):
        cell.number_format = _DATE
