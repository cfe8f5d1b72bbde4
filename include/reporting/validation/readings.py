"""The cells of a workbook understood once: meanings of marks, dates, numbers. Rules and facts go by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from reporting.forms.models import Form, MarkMeaning, mark_key
from reporting.workbook.read import MarkRow, ReadWorkbook
from reporting.workbook.values import Cell, CellValue, DateReading, as_line, as_text, read_date

NO_DATE = DateReading("blank", None)


class MarkReading(NamedTuple):
    """A mark as understood. `key` is the mark folded, None for an empty cell."""

    row: MarkRow
    key: str | None
    meaning: MarkMeaning | Literal["blank", "invalid"]
    document_number: str | None
    document_on: DateReading

    @property
    def has_evidence(self) -> bool:
        """Whether anything stands in the cells of the document behind the mark."""
        return self.document_number is not None or self.document_on.state != "blank"


@dataclass(frozen=True)
class Answers:
    """What one workbook says, cell by cell."""

    marks: tuple[MarkReading, ...]


def understand(workbook: ReadWorkbook, form: Form) -> Answers:
    """Understand the cells of a workbook whose template is kept."""
    meanings = form.mark_meanings
    return Answers(marks=tuple(_mark(row, meanings) for row in workbook.marks))


def _mark(row: MarkRow, meanings: Mapping[str, MarkMeaning]) -> MarkReading:
    key = None if row.mark.value is None else _folded(row.mark.value)
    number, on = row.document_number.value, row.document_on.value
    return MarkReading(
        row,
        key,
        "blank" if key is None else meanings.get(key, "invalid"),
        None if number is None else as_line(number),
        NO_DATE if on is None else read_date(on),
    )


@lru_cache(maxsize=4096, typed=True)
def _folded(value: CellValue) -> str | None:
    return mark_key(as_text(value)) or None


def line_of(cell: Cell) -> str | None:
    """The text of a cell as one line, None for an empty one."""
    return None if cell.value is None else as_line(cell.value)
