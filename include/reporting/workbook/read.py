"""Read a workbook that an office sent: typed cells found by tags, with the addresses the sender sees."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import python_calamine

from reporting.forms.models import Form, mark_key
from reporting.validation.findings import Finding, make_finding
from reporting.wording.catalogue import text
from reporting.workbook import container
from reporting.workbook.formulas import unresolved_cells
from reporting.workbook.layout import (
    BODY_COLUMN,
    MARK_COLUMNS,
    SEPARATOR,
    TAG,
    VALUE_COLUMN,
    Table,
    sheet_name,
)
from reporting.workbook.values import Cell, CellValue

_TABLES: tuple[Literal["cover", "marks", "sections"], ...] = ("cover", "marks", "sections")


@dataclass(frozen=True)
class MarkRow:
    """One row of the table of marks, as it stands in the sender's sheet."""

    indicator: str
    year: int
    mark: Cell
    document_number: Cell
    document_on: Cell
    remark: Cell
    explanation: Cell


@dataclass(frozen=True)
class QuantityCell:
    """One number of the table of numbers; the remark and the explanation stand in its row, for all years."""

    indicator: str
    year: int
    value: Cell
    remark: Cell
    explanation: Cell


@dataclass(frozen=True)
class ListCells:
    """One row of an open table in which something stands; `position` counts from 1, `cells` by column code."""

    position: int
    cells: Mapping[str, Cell]


@dataclass(frozen=True)
class ReadWorkbook:
    """A workbook as read. With an error among `findings` the rest may be empty.

    `cover` and `sections` are by key; `blank_means_no` is None when the tick was not found; `form_code` and
    `form_version` are what the workbook itself says, "" if it does not.
    """

    filename: str
    findings: tuple[Finding, ...] = ()
    token: str | None = None
    form_code: str = ""
    form_version: str = ""
    cover: Mapping[str, Cell] = field(default_factory=dict)
    marks: tuple[MarkRow, ...] = ()
    sections: Mapping[str, Cell] = field(default_factory=dict)
    blank_means_no: bool | None = None
    quantities: tuple[QuantityCell, ...] = ()
    lists: Mapping[str, tuple[ListCells, ...]] = field(default_factory=dict)
    notes: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class _Sheet:
    name: str
    rows: Sequence[Sequence[CellValue]]
    unresolved: Mapping[tuple[int, int], str] = field(default_factory=dict)

    def cell(self, row: int, column: int) -> Cell:
        if (row, column) in self.unresolved:
            return Cell(self.name, row, column, self.unresolved[row, column], is_unresolved=True)
        value: CellValue = None
        if row < len(self.rows) and column < len(self.rows[row]):
            value = self.rows[row][column]
        return Cell(self.name, row, column, None if value == "" else value)


@dataclass
class _Anchors:
    """Where the tags of one table stand in one sheet."""

    sheet: _Sheet
    columns: dict[str, int] = field(default_factory=dict)
    rows: dict[str, list[int]] = field(default_factory=dict)


def read_workbook(data: bytes, filename: str, form: Form) -> ReadWorkbook:
    """Read the bytes of a workbook made from `form`. Never raises for a bad file: what is wrong is a
    finding.

    Container findings (empty, damaged, encrypted, too large, not a workbook) and template findings (another
    form version, a lost sheet, row or column) are errors; with one of them the cells are not to be relied
    on.
    """
    reason = container.refuse(data)
    if reason is not None:
        return _unreadable(filename, reason)
    try:
        sheets = _load(data)
    except python_calamine.PasswordError:
        return _unreadable(filename, "encrypted")
    except Exception:  # whatever a foreign file makes the parser raise, the file is what cannot be read
        return _unreadable(filename, "damaged")
    return _read(sheets, filename, form)


def _unreadable(filename: str, reason: str) -> ReadWorkbook:
    finding = make_finding("file_is_readable", "error", "container", variant=reason, filename=filename)
    return ReadWorkbook(filename, (finding,))


def _load(data: bytes) -> list[_Sheet]:
    unresolved = unresolved_cells(data)
    with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
        return [
            _Sheet(
                meta.name,
                list(book.get_sheet_by_name(meta.name).to_python(skip_empty_area=False)),
                unresolved.get(meta.name, {}),
            )
            for meta in book.sheets_metadata
            if meta.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]


def _anchors(sheets: list[_Sheet]) -> dict[str, list[_Anchors]]:
    """The tagged tables by name, one entry per sheet that holds it."""
    found: dict[str, list[_Anchors]] = {}
    for sheet in sheets:
        here: dict[str, _Anchors] = {}
        for row, cells in enumerate(sheet.rows):
            for column, value in enumerate(cells):
                if not isinstance(value, str) or not value.startswith(TAG + SEPARATOR):
                    continue
                _, table, *rest = value.strip().split(SEPARATOR)
                anchors = here.setdefault(table, _Anchors(sheet))
                if len(rest) == 2 and rest[0] == "column":
                    anchors.columns.setdefault(rest[1], column)
                elif len(rest) >= 2 and rest[0] == "row":
                    anchors.rows.setdefault(SEPARATOR.join(rest[1:]), []).append(row)
        for table, anchors in here.items():
            found.setdefault(table, []).append(anchors)
    return found


def _read(sheets: list[_Sheet], filename: str, form: Form) -> ReadWorkbook:
    anchors = _anchors(sheets)
    identity = {key: cell.text for key, cell in _values(anchors.get("identity", []), VALUE_COLUMN).items()}
    code, version = identity.get("form_code", ""), identity.get("form_version", "")
    cover = _values(anchors.get("cover", []), VALUE_COLUMN)
    if not version and "form_version" in cover:
        code, version = _visible_version(cover["form_version"].text)
    token = identity.get("token") or None
    if version and (code, version) != (form.code, form.version):
        finding = make_finding(
            "form_version_is_current",
            "error",
            "template",
            variant="version" if code == form.code else "form",
            found=version if code == form.code else f"{code} {version}",
            expected=form.version,
        )
        return ReadWorkbook(filename, (finding,), token, code, version, cover)
    findings = _template_findings(anchors, form)
    if findings:
        return ReadWorkbook(filename, tuple(findings), token, code, version, cover)
    tick = cover.get("blank_means_no")
    return ReadWorkbook(
        filename,
        (),
        token,
        code,
        version,
        cover,
        _mark_rows(anchors["marks"][0], form),
        _values(anchors["sections"], BODY_COLUMN),
        None if tick is None else is_ticked(tick, form),
    )


def is_ticked(cell: Cell, form: Form) -> bool:
    """Whether a tick of the cover is set: any spelling of yes; what else stands there is taken as a no."""
    return form.mark_meanings.get(mark_key(cell.text)) == "yes"


def _visible_version(words: str) -> tuple[str, str]:
    """Form code and version as the cover shows them: the first and the last word."""
    parts = words.split()
    return (parts[0], parts[-1]) if len(parts) >= 2 else ("", "")


def _values(found: list[_Anchors], column: str) -> dict[str, Cell]:
    """The cells of one column by row key, from the first sheet with the table; of repeated rows the filled
    one.
    """
    if not found or column not in found[0].columns:
        return {}
    anchors = found[0]
    return {
        key: _pick([anchors.sheet.cell(row, anchors.columns[column]) for row in rows])
        for key, rows in anchors.rows.items()
    }


def _pick(cells: list[Cell]) -> Cell:
    return next((cell for cell in cells if cell.value is not None), cells[0])


def _mark_rows(anchors: _Anchors, form: Form) -> tuple[MarkRow, ...]:
    rows: list[MarkRow] = []
    for indicator in form.indicators:
        for year in form.years:
            candidates = anchors.rows[SEPARATOR.join((indicator.code, str(year)))]
            filled = [row for row in candidates if _is_filled(anchors, row)]
            at = (filled or candidates)[0]
            cells = {key: anchors.sheet.cell(at, anchors.columns[key]) for key in MARK_COLUMNS}
            rows.append(MarkRow(indicator.code, year, **cells))
    return tuple(rows)


def _is_filled(anchors: _Anchors, row: int) -> bool:
    return any(anchors.sheet.cell(row, anchors.columns[key]).value is not None for key in MARK_COLUMNS)


def _template_findings(anchors: dict[str, list[_Anchors]], form: Form) -> list[Finding]:
    """Everything that keeps the tables from being read: lost or doubled sheets, lost columns, lost or
    doubled rows.
    """
    if not any(table in anchors for table in _TABLES):
        return [make_finding("template_is_kept", "error", "template", variant="foreign_file")]
    findings: list[Finding] = []
    for table in _TABLES:
        found = anchors.get(table, [])
        name = sheet_name(table)
        if not found:
            findings.append(
                make_finding("template_is_kept", "error", "template", variant="sheet_lost", missing=name)
            )
        elif len(found) > 1:
            names = text("findings.and").join(f'"{a.sheet.name}"' for a in found)
            findings.append(
                make_finding("template_is_kept", "error", "template", variant="sheet_doubled", names=names)
            )
        else:
            findings += _table_findings(table, found[0], form)
    return findings


def _table_findings(table: Table, anchors: _Anchors, form: Form) -> list[Finding]:
    columns, rows = _expected(table, form)
    sheet = anchors.sheet.name
    if any(column not in anchors.columns for column in columns):
        return [make_finding("template_is_kept", "error", "template", variant="columns_lost", sheet=sheet)]
    findings: list[Finding] = []
    lost = [label for key, label in rows.items() if key not in anchors.rows]
    if lost:
        findings.append(
            make_finding(
                "template_is_kept",
                "error",
                "template",
                variant="rows_lost",
                sheet=sheet,
                missing="; ".join(lost),
            )
        )
    if table == "marks":
        for key, label in rows.items():
            filled = [row for row in anchors.rows.get(key, ()) if _is_filled(anchors, row)]
            if len(filled) > 1:
                cells = [anchors.sheet.cell(row, anchors.columns["mark"]).address for row in filled]
                findings.append(
                    make_finding(
                        "template_is_kept",
                        "error",
                        "template",
                        variant="row_doubled",
                        sheet=sheet,
                        cells=cells,
                        indicator=key.split(SEPARATOR)[0],
                        label=label,
                    )
                )
    return findings


def _expected(table: Table, form: Form) -> tuple[tuple[str, ...], dict[str, str]]:
    """The columns a table must have, and its rows: key and label. Of the cover only the tick is
    indispensable.
    """
    if table == "marks":
        return MARK_COLUMNS, {
            SEPARATOR.join((indicator.code, str(year))): mark_label(form, indicator.code, year)
            for indicator in form.indicators
            for year in form.years
        }
    if table == "sections":
        return (BODY_COLUMN,), {section.code: section.label for section in form.sections}
    return (VALUE_COLUMN,), {"blank_means_no": text("workbook.cover.label.blank_means_no")}


def mark_label(form: Form, indicator: str, year: int) -> str:
    """How messages call a mark: "Quy chế năm 2011"."""
    return text("findings.mark_label", indicator=form.indicator(indicator).short_label, year=year)
