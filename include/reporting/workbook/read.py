"""Read a workbook that an office sent: typed cells found by tags, with the addresses the sender sees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from reporting.forms.models import Form, mark_key
from reporting.validation.findings import Finding, make_finding
from reporting.wording.catalogue import text
from reporting.workbook import container, copies, legacy_fonts
from reporting.workbook.anchors import Anchors, AnchorsByTable, Shape, by_tags, mark_label, shapes
from reporting.workbook.container import Book
from reporting.workbook.layout import (
    BODY_COLUMN,
    COVER_FIELDS,
    HEADER_ROW,
    MARK_COLUMNS,
    QUANTITY_COLUMNS,
    SEPARATOR,
    TAG,
    VALUE_COLUMN,
    list_table,
)
from reporting.workbook.package import Refused
from reporting.workbook.values import DAYS_1904, Cell, fold

__all__ = [
    "ListCells",
    "MarkRow",
    "QuantityCell",
    "ReadWorkbook",
    "is_ticked",
    "mark_label",
    "read_workbook",
    "spellings",
]

_COVER_DATES = frozenset(field.key for field in COVER_FIELDS if field.kind == "date")
_MARKED = 200  # so many cells of the form
_NAMED = 12  # so many cells outside the form are named in one note


class MarkRow(NamedTuple):
    """One row of the table of marks, as it stands in the sender's sheet."""

    indicator: str
    year: int
    mark: Cell
    document_number: Cell
    document_on: Cell
    remark: Cell
    explanation: Cell


class QuantityCell(NamedTuple):
    """One number of the table of numbers; remark and explanation are those of its row."""

    indicator: str
    year: int
    value: Cell
    remark: Cell
    explanation: Cell


class ListCells(NamedTuple):
    """One filled row of an open table: its cells by column code. `position` counts the filled rows from 1;
    `number` is what stands in the column of running numbers before them.
    """

    position: int
    cells: Mapping[str, Cell]
    number: str = ""


@dataclass(frozen=True)
class ReadWorkbook:
    """A workbook as read. With an error among `findings` the rest may be empty.

    `cover` and `sections` are by key, `lists` by the code of the open table; `blank_means_no` is None when
    the tick was not found; `form_code` and `form_version` are what the workbook itself says, or "".
    `notes` are warnings about how the file was made or filled in; nothing is left unread for them.
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


def read_workbook(data: bytes, filename: str, form: Form) -> ReadWorkbook:
    """Read the bytes of a workbook made from `form`. Never raises for a bad file: what is wrong is a
    finding.

    Container findings (empty, damaged, encrypted, too large, not a workbook) and template findings (another
    form version, a lost sheet, row or column) are errors; with one of them the cells are not to be relied
    on. A table without its tags is read by its headings and labels, where these are complete, with a note.
    """
    try:
        return _read(container.open_book(data, filename), filename, form)
    except Refused as refused:
        finding = make_finding(
            "file_is_readable", "error", "container", variant=refused.reason, filename=filename
        )
        return ReadWorkbook(filename, (finding,))


def is_ticked(cell: Cell, form: Form, tick: str) -> bool | None:
    """Whether a tick of the cover, by its key, is set: any spelling of yes, "đúng", or what the tick says
    itself. None for words that leave it open.
    """
    if not cell.text:
        return False
    meaning = form.mark_meanings.get(mark_key(cell.text))
    if meaning is not None:
        return meaning == "yes"
    words = fold(cell.text)
    return True if words in _words_of(tick) else False if words in _words_of("not_ticked") else None


@lru_cache(maxsize=16)
def _words_of(tick: str) -> frozenset[str]:
    """What is written into a tick instead of a mark, folded."""
    if tick == "not_ticked":
        return spellings("workbook.cover.spelling.not_ticked")
    label = fold(text(f"workbook.cover.label.{tick}"))
    return spellings("workbook.cover.spelling.ticked", f"workbook.cover.spelling.{tick}") | {label}


def spellings(*keys: str) -> frozenset[str]:
    """The spellings that stand under keys of the catalogue, separated by semicolons, folded."""
    return frozenset(fold(words) for key in keys for words in text(key).split(";"))


def _read(book: Book, filename: str, form: Form) -> ReadWorkbook:
    wanted = shapes(form)
    anchors = by_tags((sheet for sheet in book.sheets if sheet.part.may_hold_tags), everywhere=False)
    findings = _template_findings(anchors, wanted, book)
    if findings or "identity" not in anchors:
        anchors = by_tags(book.sheets, everywhere=True)
        findings = _template_findings(anchors, wanted, book)
    notes = list(_container_notes(book))
    said = _said_version(anchors)
    other = _other_version(said, form)
    if findings and other is None:
        notes += _complete_by_labels(anchors, wanted, book, form)
        findings = _template_findings(anchors, wanted, book)
        said = _said_version(anchors)
        other = _other_version(said, form)
    if other is not None:
        findings = [other]
    if findings:
        cover = _values(anchors.get("cover", []), VALUE_COLUMN)
        code, version, token = said
        return ReadWorkbook(filename, tuple(findings), token, code, version, cover, notes=tuple(notes))
    return _cells(_Tables(anchors, book, form), filename, said, notes)


# -- whose version ---------------------------------------------------------------------------------


_Said = tuple[str, str, str | None]


def _said_version(anchors: AnchorsByTable) -> _Said:
    """Form code, form version and token: what the hidden sheet says, or else what the cover shows."""
    identity = {key: cell.text for key, cell in _values(anchors.get("identity", []), VALUE_COLUMN).items()}
    code, version = identity.get("form_code", ""), identity.get("form_version", "")
    shown = _values(anchors.get("cover", []), VALUE_COLUMN, ("form_version",)).get("form_version")
    if not version and shown is not None:
        words = shown.text.split()
        code, version = (words[0], words[-1]) if len(words) >= 2 else ("", "")
    return code, version, identity.get("token") or None


def _other_version(said: _Said, form: Form) -> Finding | None:
    code, version, _ = said
    if not version or (code, version) == (form.code, form.version):
        return None
    return make_finding(
        "form_version_is_current",
        "error",
        "template",
        variant="version" if code == form.code else "form",
        found=version if code == form.code else f"{code} {version}",
        expected=form.version,
    )


# -- template --------------------------------------------------------------------------------------


def _template_findings(anchors: AnchorsByTable, wanted: Sequence[Shape], book: Book) -> list[Finding]:
    """Everything that keeps the tables from being read: lost or doubled sheets, lost columns, lost or
    doubled rows.
    """
    if not any(shape.table in anchors for shape in wanted):
        return [_not_kept("foreign_file")]
    findings: list[Finding] = []
    lost = [shape.sheet for shape in wanted if shape.table not in anchors]
    if lost and book.is_single_sheet:
        there = next(shape.sheet for shape in wanted if shape.table in anchors)
        names = ", ".join(f'"{name}"' for name in lost)
        findings.append(_not_kept("one_sheet_only", there=there, missing=names))
    else:
        findings += [_not_kept("sheet_lost", missing=name) for name in lost]
    for shape in wanted:
        found = anchors.get(shape.table, ())
        if len(found) > 1:
            names = text("findings.and").join(f'"{a.sheet.name}"' for a in found)
            findings.append(_not_kept("sheet_doubled", names=names))
        elif found:
            findings += _table_findings(shape, found[0])
    return findings


def _not_kept(variant: str, **values: object) -> Finding:
    return make_finding("template_is_kept", "error", "template", variant=variant, **values)  # type: ignore[arg-type]  # names of placeholders


def _table_findings(shape: Shape, anchors: Anchors) -> list[Finding]:
    if any(column not in anchors.columns for column in shape.columns):
        return [_not_kept("columns_lost", sheet=anchors.sheet.name)]
    findings: list[Finding] = []
    lost = [label for key, label in shape.rows.items() if key not in anchors.rows]
    if lost:
        findings.append(_not_kept("rows_lost", sheet=anchors.sheet.name, missing="; ".join(lost)))
    if shape.table in ("marks", "quantities"):
        findings += _doubled_rows(shape, anchors)
    return findings


def _doubled_rows(shape: Shape, anchors: Anchors) -> Iterator[Finding]:
    for key, label in shape.rows.items():
        places = anchors.rows.get(key, ())
        if len(places) < 2:
            continue
        filled = [row for row in places if anchors.is_filled(row, shape.columns)]
        if len(filled) > 1:
            yield _not_kept(
                "row_doubled",
                sheet=anchors.sheet.name,
                cells=[anchors.cell(row, anchors.columns[shape.columns[0]]).address for row in filled],
                indicator=key.split(SEPARATOR)[0],
                label=label,
            )


def _complete_by_labels(
    anchors: AnchorsByTable, wanted: Sequence[Shape], book: Book, form: Form
) -> Iterator[Finding]:
    """Put the tables that their labels tell in place of those whose tags do not."""
    for shape in wanted:
        tagged = anchors.get(shape.table, [])
        if len(tagged) > 1 or (tagged and _keeps_its_tags(shape, tagged[0])):
            continue
        sheets = [tagged[0].sheet] if tagged else book.sheets
        found = copies.find(shape, sheets, form)
        if found is not None:
            anchors[shape.table] = [found]
            yield make_finding(
                "template_is_kept", "warning", "template", variant="read_by_labels", sheet=found.sheet.name
            )


def _keeps_its_tags(shape: Shape, anchors: Anchors) -> bool:
    """Whether no tag is missing, or a row with entries stands twice, of which a person must choose one."""
    is_whole = anchors.columns.keys() >= set(shape.columns) and anchors.rows.keys() >= shape.rows.keys()
    return is_whole or (anchors.columns.keys() >= set(shape.columns) and any(_doubled_rows(shape, anchors)))


def _container_notes(book: Book) -> Iterator[Finding]:
    if book.has_macros:
        yield make_finding("macros_are_ignored", "warning", "container")
    for sheet in book.sheets:
        if far := sheet.part.far:
            yield make_finding(
                "cell_is_in_reach", "warning", "container", sheet=sheet.name, cells=far[:_NAMED], n=len(far)
            )


# -- cells -----------------------------------------------------------------------------------------


def _values(found: list[Anchors], column: str, keys: Iterable[str] | None = None) -> dict[str, Cell]:
    """The cells of one column by row key, from the first sheet with the table; of repeated rows the filled
    one.
    """
    if not found or column not in found[0].columns:
        return {}
    anchors, at = found[0], found[0].columns[column]
    return {
        key: anchors.cell(anchors.row(key, (column,)), at)
        for key in (anchors.rows if keys is None else keys)
        if key in anchors.rows
    }


class _Tables:
    """The cells of all tables of a workbook whose template is kept."""

    def __init__(self, anchors: AnchorsByTable, book: Book, form: Form) -> None:
        self.anchors, self.book, self.form = anchors, book, form
        self.merged = {shape.table: list(anchors[shape.table][0].share_merged()) for shape in shapes(form)}
        self.cover = _values(anchors["cover"], VALUE_COLUMN)
        self.outside: list[Cell] = []
        for table in ("marks", "quantities", "sections"):
            if found := anchors.get(table):
                top = min(places[0] for places in found[0].rows.values())
                self.outside += _outside(found[0], top - 1, range(top, len(found[0].sheet.rows)))
        self.marks = tuple(self._marks(anchors["marks"][0])) if form.indicators else ()
        self.sections = _values(anchors["sections"], BODY_COLUMN) if form.sections else {}
        self.quantities = tuple(self._quantities())
        self.beneath: list[Cell] = []
        self.lists = {table.code: tuple(self._list(table.code)) for table in form.lists}

    def _marks(self, anchors: Anchors) -> Iterator[MarkRow]:
        columns = [anchors.columns[key] for key in MARK_COLUMNS]
        cell = anchors.cell
        for indicator in self.form.indicators:
            for year in self.form.years:
                at = anchors.row(f"{indicator.code}{SEPARATOR}{year}", MARK_COLUMNS)
                yield MarkRow(indicator.code, year, *[cell(at, column) for column in columns])

    def _quantities(self) -> Iterator[QuantityCell]:
        if self.form.quantities is None:
            return
        anchors = self.anchors["quantities"][0]
        columns = (*map(str, self.form.years), *QUANTITY_COLUMNS)
        for quantity in self.form.quantity_rows:
            at = anchors.row(quantity.code, columns)
            remark, explanation = (anchors.cell(at, anchors.columns[key]) for key in QUANTITY_COLUMNS)
            for year in self.form.years:
                value = anchors.cell(at, anchors.columns[str(year)])
                yield QuantityCell(quantity.code, year, value, remark, explanation)

    def _list(self, code: str) -> Iterator[ListCells]:
        """The filled rows between the header and the end, whether they bear a tag or not, and those that go
        on beneath a full table.
        """
        anchors = self.anchors[list_table(code)][0]
        table = next(table for table in self.form.lists if table.code == code)
        first = anchors.rows[HEADER_ROW][0] + 1
        end = len(anchors.sheet.rows) if anchors.end is None else anchors.end
        before = min(anchors.columns[column.code] for column in table.columns) - 1
        position, last = 0, first - 1
        for row in range(first, len(anchors.sheet.rows)):
            cells = {column.code: anchors.cell(row, anchors.columns[column.code]) for column in table.columns}
            filled = [cell for cell in cells.values() if cell.text]
            if filled and (row < end or last == row - 1 >= first):
                position, last = position + 1, row
                yield ListCells(position, cells, anchors.cell(row, before).text if before >= 0 else "")
            elif row >= end:
                self.beneath += filled
        self.outside += _outside(anchors, first - 1, range(0))

    def all(self) -> Iterator[Cell]:
        """Every cell that an office may have filled in."""
        yield from self.cover.values()
        for row in self.marks:
            yield from row[2:]
        remarks: str | None = None
        for quantity in self.quantities:
            yield quantity.value
            if quantity.indicator != remarks:
                remarks = quantity.indicator
                yield quantity.remark
                yield quantity.explanation
        for rows in self.lists.values():
            for listed in rows:
                yield from listed.cells.values()
        yield from self.sections.values()

    def replace(self, changed: Mapping[Cell, Cell]) -> None:
        """Put cells in the place of others."""

        def now(cell: Cell) -> Cell:
            return changed.get(cell, cell)

        self.cover = {key: now(cell) for key, cell in self.cover.items()}
        self.sections = {key: now(cell) for key, cell in self.sections.items()}
        self.marks = tuple(MarkRow(row.indicator, row.year, *map(now, row[2:])) for row in self.marks)
        self.quantities = tuple(QuantityCell(q.indicator, q.year, *map(now, q[2:])) for q in self.quantities)
        self.lists = {
            code: tuple(
                row._replace(cells={key: now(cell) for key, cell in row.cells.items()}) for row in rows
            )
            for code, rows in self.lists.items()
        }

    def dates(self) -> Iterator[Cell]:
        """The cells that are meant to hold a date."""
        yield from (cell for key, cell in self.cover.items() if key in _COVER_DATES)
        yield from (row.document_on for row in self.marks)
        for table in self.form.lists:
            for column in table.columns:
                if column.kind == "date":
                    yield from (row.cells[column.code] for row in self.lists[table.code])


def _outside(anchors: Anchors, header: int, rows: Iterable[int]) -> list[Cell]:
    """What stands beneath the header in a column that is none of the form's, or in one of these rows that
    none of the form's tables has.
    """
    tagged = {row for places in anchors.rows.values() for row in places}
    width = max(map(len, anchors.sheet.rows), default=0)
    known = set(anchors.columns.values())
    strange = [
        column
        for column in range(width)
        if column not in known and fold(anchors.cell(header, column).text) not in _headings()
    ]
    found: list[Cell] = []
    for row, values in enumerate(anchors.sheet.rows):
        if row <= header:
            continue
        columns = range(width) if row in rows and row not in tagged else strange
        for column in columns:
            value = values[column] if column < len(values) else None
            if value in (None, "") or (isinstance(value, str) and value.startswith(TAG + SEPARATOR)):
                continue
            found.append(anchors.cell(row, column))
    return [cell for cell in found if cell.text]


@lru_cache(maxsize=1)
def _headings() -> frozenset[str]:
    """The headings of the columns that are given, folded."""
    keys = (
        "marks.column.number", "marks.column.label", "marks.column.year", "quantities.column.unit",
        "prior.column",
    )  # fmt: skip
    return spellings(
        *(f"workbook.{key}" for key in keys), "workbook.sections.column.label", "workbook.list.number"
    )


def _cells(tables: _Tables, filename: str, said: _Said, notes: list[Finding]) -> ReadWorkbook:
    if tables.book.counts_from_1904:
        tables.replace(
            {
                cell: cell._replace(value=cell.value + DAYS_1904)
                for cell in tables.dates()
                if isinstance(cell.value, int | float) and not isinstance(cell.value, bool)
            }
        )
    notes += _font_notes(tables)
    notes += _place_notes(tables)
    code, version, token = said
    tick = tables.cover.get("blank_means_no")
    return ReadWorkbook(
        filename,
        (),
        token,
        code,
        version,
        tables.cover,
        tables.marks,
        tables.sections,
        None if tick is None else bool(is_ticked(tick, tables.form, "blank_means_no")),
        tables.quantities,
        tables.lists,
        tuple(notes),
    )


# -- notes -----------------------------------------------------------------------------------------


def _font_notes(tables: _Tables) -> Iterator[Finding]:
    """Convert what was typed with fonts older than Unicode, and say where. A single word is converted only
    beside longer texts that surely are.
    """
    legacy = [
        cell
        for cell in tables.all()
        if isinstance(cell.value, str) and not cell.value.isascii() and legacy_fonts.may_be_legacy(cell.value)
    ]
    if not any(legacy_fonts.recognise(str(cell.value)) for cell in legacy):
        return
    changed: dict[Cell, Cell] = {}
    places: dict[tuple[str, str], list[Cell]] = {}
    for cell in legacy:
        recognised = legacy_fonts.recognise(str(cell.value), at_least=1)
        if recognised is not None:
            changed[cell] = cell._replace(value=recognised.text)
            places.setdefault((cell.sheet, recognised.encoding), []).append(cell)
    tables.replace(changed)
    for (sheet, encoding), cells in places.items():
        yield _note("text_is_unicode", sheet, cells, encoding=encoding)


def _place_notes(tables: _Tables) -> Iterator[Finding]:
    """Say which cells lie in merged areas, in hidden places, or beneath an open table."""
    for table, areas in tables.merged.items():
        anchors = tables.anchors[table][0]
        by_variant: dict[str, list[Cell]] = {}
        for area in areas:
            variant = "shared" if len({column for _, column in area}) == 1 else "first_only"
            by_variant.setdefault(variant, []).extend(anchors.cell(row, column) for row, column in area)
        for variant, cells in by_variant.items():
            yield _note("cell_is_single", anchors.sheet.name, cells, variant=variant)
    hidden: dict[str, list[Cell]] = {}
    for shape in shapes(tables.form):
        part = tables.anchors[shape.table][0].sheet.part
        if part.is_hidden or part.hidden_rows or part.hidden_columns:
            name = tables.anchors[shape.table][0].sheet.name
            hidden[name] = [
                cell
                for cell in tables.all()
                if cell.sheet == name
                and cell.value is not None
                and (part.is_hidden or cell.row in part.hidden_rows or cell.column in part.hidden_columns)
            ]
    for name, cells in hidden.items():
        if cells:
            yield _note("cell_is_shown", name, cells)
    outside: dict[str, list[Cell]] = {}
    for cell in tables.outside:
        outside.setdefault(cell.sheet, []).append(cell)
    for name, cells in outside.items():
        yield _note("cell_is_in_reach", name, cells[:_NAMED], n=len(cells))
    beneath: dict[str, list[Cell]] = {}
    for cell in tables.beneath:
        beneath.setdefault(cell.sheet, []).append(cell)
    for name, cells in beneath.items():
        yield _note("row_is_in_table", name, cells)


def _note(
    rule: str, sheet: str, cells: Sequence[Cell], variant: str | None = None, **values: object
) -> Finding:
    by_column = sorted(cells, key=lambda cell: (cell.column, cell.row))
    return make_finding(
        rule,
        "warning",
        "cells",
        variant=variant,
        sheet=sheet,
        cells=[cell.address for cell in by_column[:_MARKED]],
        **values,  # type: ignore[arg-type]  # names of placeholders
    )
