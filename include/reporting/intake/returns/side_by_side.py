"""The cells of a conflict side by side, as a workbook for the officer who decides."""

from __future__ import annotations

from reporting.clock import VIETNAM
from reporting.intake.returns.conflict import Conflict, File
from reporting.summary.workbook import Workbook, rehearsal_mark
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import moment


def filename(conflict: Conflict) -> str:
    """What the file is called."""
    return text("returns.conflict.filename", code=conflict.reference_code, conflict=conflict.conflict_id)


def render_side_by_side(conflict: Conflict) -> bytes:
    """The workbook: who sent which file when, then one row per cell; the same bytes for the same conflict."""
    book = Workbook(rehearsal_mark(conflict.mode))
    blank = text("returns.difference.blank")
    columns = [
        (text("returns.conflict.columns.position"), 6.0),
        (text("returns.conflict.columns.label"), 30.0),
        (text("returns.conflict.columns.sheet"), 16.0),
        (text("returns.conflict.columns.cell"), 8.0),
        (text("returns.conflict.columns.standing", version=conflict.standing.version), 46.0),
        (text("returns.conflict.columns.other", version=conflict.other.version), 46.0),
    ]
    sources: list[object] = [
        "",
        text("returns.conflict.received"),
        "",
        "",
        _source(conflict.standing),
        _source(conflict.other),
    ]
    rows: list[list[object]] = [sources]
    rows += [
        [place, cell["label"], cell["sheet"], cell["cell"], cell["before"] or blank, cell["after"] or blank]
        for place, cell in enumerate(conflict.cells, 1)
    ]
    book.table(
        text("returns.conflict.sheet"),
        text("returns.conflict.title", office=conflict.name.upper()),
        columns,
        rows,
        note=text(
            "returns.conflict.note",
            title=conflict.title,
            code=conflict.reference_code,
            conflict=conflict.conflict_id,
            count=len(conflict.cells),
        ),
    )
    return book.finish()


def _source(file: File) -> str:
    return text(
        "returns.conflict.source",
        filename=file.filename,
        sender=file.sender,
        at=moment(file.received_at.astimezone(VIETNAM)),
    )
