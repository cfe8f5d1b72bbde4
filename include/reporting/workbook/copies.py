"""Tables whose tags are lost, because an office copied the form into a file of its own: found by their
headings and labels, as a person would find them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from reporting.forms.models import Form
from reporting.wording.catalogue import text
from reporting.workbook.anchors import Anchors, Shape
from reporting.workbook.container import Sheet
from reporting.workbook.layout import (
    BODY_COLUMN,
    HEADER_ROW,
    MARK_COLUMNS,
    QUANTITY_COLUMNS,
    SEPARATOR,
    VALUE_COLUMN,
    cover_anchor,
    cover_fields,
    list_table,
)
from reporting.workbook.values import as_text, fold

_HEADINGS_WITHIN = 60  # rows in which a table's headings are looked for
_COVER_WITHIN = 200
_ENOUGH_OF_A_COVER = 6  # labels by which a cover is known


def find(shape: Shape, sheets: Sequence[Sheet], form: Form) -> Anchors | None:
    """The table in the one sheet that plainly is it: every heading once, every row once. None when no sheet
    is, several are, or something is missing or stands twice.
    """
    finder = _finder(shape, form)
    found = [anchors for sheet in sheets if (anchors := finder(sheet)) is not None]
    if len(found) != 1 or any(len(places) > 1 for places in found[0].rows.values()):
        return None
    return found[0]


def _finder(shape: Shape, form: Form) -> Callable[[Sheet], Anchors | None]:
    if shape.table == "cover":
        return lambda sheet: _cover(sheet, form)
    if shape.table == "marks":
        return lambda sheet: _marks(sheet, form, shape)
    if shape.table == "quantities":
        return lambda sheet: _quantities(sheet, form, shape)
    if shape.table == "sections":
        return lambda sheet: _sections(sheet, form, shape)
    return lambda sheet: _list(sheet, form, shape)


def _folded(sheet: Sheet, row: int, column: int) -> str:
    cells = sheet.rows[row]
    return fold(as_text(cells[column])) if column < len(cells) else ""


def _headings(sheet: Sheet, wanted: Mapping[str, str]) -> tuple[int, dict[str, int]] | None:
    """The first row that holds every wanted heading once; its columns by key."""
    by_fold = {fold(words): key for key, words in wanted.items()}
    for row, cells in enumerate(sheet.rows[:_HEADINGS_WITHIN]):
        columns: dict[str, int] = {}
        twice = False
        for column in range(len(cells)):
            key = by_fold.get(_folded(sheet, row, column))
            twice |= key in columns
            if key is not None:
                columns[key] = column
        if len(columns) == len(wanted) and not twice:
            return row, columns
    return None


def _cover(sheet: Sheet, form: Form) -> Anchors | None:
    labels = {fold(text(f"workbook.cover.label.{f.key}")): f.key for f in cover_fields(form)}
    found = [
        (row, column, key)
        for row, cells in enumerate(sheet.rows[:_COVER_WITHIN])
        for column in range(len(cells))
        if (key := labels.get(_folded(sheet, row, column))) is not None
    ]
    if len(found) < _ENOUGH_OF_A_COVER:
        return None
    ((beside, _),) = Counter(column for _, column, _ in found).most_common(1)
    anchors = Anchors(sheet)
    anchors.columns[VALUE_COLUMN] = beside + 1
    for row, column, key in found:
        if column == beside:
            anchors.rows.setdefault(key, []).append(row)
    return anchors if cover_anchor(form) in anchors.rows else None


def _marks(sheet: Sheet, form: Form, shape: Shape) -> Anchors | None:
    wanted = {key: text(f"workbook.marks.column.{key}") for key in ("label", "year", *MARK_COLUMNS)}
    headings = _headings(sheet, wanted)
    if headings is None:
        return None
    header, columns = headings
    labels = {fold(name): i.code for i in form.indicators for name in (i.label, i.short_label)}
    anchors = _with_columns(sheet, columns, MARK_COLUMNS)
    label = ""
    for row in range(header + 1, len(sheet.rows)):
        label = _folded(sheet, row, columns["label"]) or label
        key = SEPARATOR.join((labels.get(label, ""), _folded(sheet, row, columns["year"])))
        if key in shape.rows:
            anchors.rows.setdefault(key, []).append(row)
    return _whole(anchors, shape)


def _quantities(sheet: Sheet, form: Form, shape: Shape) -> Anchors | None:
    wanted = {key: text(f"workbook.quantities.column.{key}") for key in ("label", "unit", *QUANTITY_COLUMNS)}
    wanted |= {str(year): str(year) for year in form.years}
    headings = _headings(sheet, wanted)
    if headings is None:
        return None
    header, columns = headings
    labels = {fold(name): q.code for q in form.quantity_rows for name in (q.label, q.short_label)}
    anchors = _with_columns(sheet, columns, shape.columns)
    for row in range(header + 1, len(sheet.rows)):
        key = labels.get(_folded(sheet, row, columns["label"]))
        if key is not None:
            anchors.rows.setdefault(key, []).append(row)
    return _whole(anchors, shape)


def _sections(sheet: Sheet, form: Form, shape: Shape) -> Anchors | None:
    wanted = {key: text(f"workbook.sections.column.{key}") for key in ("label", BODY_COLUMN)}
    headings = _headings(sheet, wanted)
    if headings is None:
        return None
    header, columns = headings
    labels = {fold(s.label): s.code for s in form.sections}
    labels |= {fold(s.label + s.prompt): s.code for s in form.sections}
    anchors = _with_columns(sheet, columns, shape.columns)
    for row in range(header + 1, len(sheet.rows)):
        key = labels.get(_folded(sheet, row, columns["label"]))
        if key is not None:
            anchors.rows.setdefault(key, []).append(row)
    return _whole(anchors, shape)


def _list(sheet: Sheet, form: Form, shape: Shape) -> Anchors | None:
    table = next(table for table in form.lists if list_table(table.code) == shape.table)
    headings = _headings(sheet, {column.code: heading(column.label, column.unit) for column in table.columns})
    if headings is None:
        return None
    anchors = _with_columns(sheet, headings[1], shape.columns)
    anchors.rows[HEADER_ROW] = [headings[0]]
    return anchors


def heading(label: str, unit: str | None) -> str:
    """The heading of a column: its label, with the unit in brackets if it has one and does not name it."""
    if unit is None or unit in label:
        return label
    return text("workbook.list.column_with_unit", label=label, unit=unit)


def _with_columns(sheet: Sheet, columns: Mapping[str, int], wanted: Sequence[str]) -> Anchors:
    anchors = Anchors(sheet)
    anchors.columns = {key: columns[key] for key in wanted}
    return anchors


def _whole(anchors: Anchors, shape: Shape) -> Anchors | None:
    return anchors if shape.rows.keys() <= anchors.rows.keys() else None
