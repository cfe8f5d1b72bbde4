"""A batch of workbooks as one data frame, and the way back from a row of it to the sender's cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from reporting.forms.models import Form, mark_key
from reporting.workbook.read import MarkRow, ReadWorkbook
from reporting.workbook.values import Cell, as_line, read_date

if TYPE_CHECKING:
    import pandas as pd

COVER_DATES = ("report_on", "prepared_on")
"""The dates an office writes on the cover."""

_TEXTS = ("kind", "key", "indicator", "mark", "meaning", "document_number", "date_reading", "body")
_DATES = ("document_on", "period_earliest_on", "period_latest_on", "year_earliest_on", "year_latest_on")
_TRUTHS = ("blank_means_no", "has_evidence")


@dataclass(frozen=True)
class FrameRow:
    """One row of the frame: which file it is from, the values the suite sees, and the cells they stood in."""

    file: int
    values: Mapping[str, Any]
    cells: Mapping[str, Cell]
    row: MarkRow | None = None


def frame_rows(
    file: int, workbook: ReadWorkbook, form: Form, period_from: date, period_to: date
) -> list[FrameRow]:
    """The rows of one workbook: its marks, its sections, the dates of its cover."""
    rows = [_mark(file, workbook, row, form, period_from, period_to) for row in workbook.marks]
    rows += [
        FrameRow(file, {"kind": "section", "key": key, "body": cell.text or None}, {"body": cell})
        for key, cell in workbook.sections.items()
    ]
    rows += [
        FrameRow(file, {"kind": "cover_date", "key": key, **_date(cell)}, {"document_on": cell})
        for key in COVER_DATES
        if (cell := workbook.cover.get(key)) is not None
    ]
    return rows + list(_formulas(file, workbook))


def _formulas(file: int, workbook: ReadWorkbook) -> Iterator[FrameRow]:
    """A row for every input cell whose formula gives nothing that could be read."""
    for row in workbook.marks:
        for cell in (row.mark, row.document_number, row.document_on, row.remark, row.explanation):
            if cell.is_unresolved:
                yield FrameRow(file, {"kind": "unresolved_formula"}, {"formula": cell}, row)
    for cell in (*workbook.sections.values(), *workbook.cover.values()):
        if cell.is_unresolved:
            yield FrameRow(file, {"kind": "unresolved_formula"}, {"formula": cell})


def _mark(
    file: int, workbook: ReadWorkbook, row: MarkRow, form: Form, period_from: date, period_to: date
) -> FrameRow:
    evidence = form.indicator(row.indicator).evidence
    mark = mark_key(row.mark.text) or None
    meaning = "blank" if mark is None else form.mark_meanings.get(mark, "invalid")
    number = as_line(row.document_number.value)
    on = _date(row.document_on)
    values = {
        "kind": "mark",
        "key": f"{row.indicator}:{row.year}",
        "indicator": row.indicator,
        "mark": mark,
        "meaning": meaning,
        "blank_means_no": bool(workbook.blank_means_no),
        "document_number": number,
        **on,
        "has_evidence": number is not None or on["date_reading"] is not None,
        "period_earliest_on": evidence.earliest(period_from),
        "period_latest_on": evidence.latest(period_to),
        "year_earliest_on": evidence.earliest(date(row.year, 1, 1)),
        "year_latest_on": evidence.latest(date(row.year, 12, 31)),
    }
    cells = {"mark": row.mark, "document_number": row.document_number, "document_on": row.document_on}
    return FrameRow(file, values, cells, row)


def _date(cell: Cell) -> dict[str, Any]:
    reading = read_date(cell.value)
    return {"document_on": reading.on, "date_reading": None if reading.state == "blank" else reading.state}


def to_frame(rows: Iterable[FrameRow]) -> pd.DataFrame:
    """The frame the suite runs over; `row_id` is the place among `rows`. Column types do not depend on the
    batch.
    """
    import pandas as pd

    listed = list(rows)
    columns: dict[str, pd.Series[Any]] = {"row_id": pd.Series(range(len(listed)), dtype="int64")}
    for name in _TEXTS:
        columns[name] = pd.Series([row.values.get(name) for row in listed], dtype="str")
    for name in _DATES:
        columns[name] = pd.Series([row.values.get(name) for row in listed], dtype="object").astype(
            "datetime64[s]"
        )
    for name in _TRUTHS:
        columns[name] = pd.Series([bool(row.values.get(name, False)) for row in listed], dtype="bool")
    return pd.DataFrame(columns)
