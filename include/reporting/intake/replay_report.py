"""The report of a replay as a workbook for the officer: how many versions change how, and every change."""

from __future__ import annotations

import io
from collections.abc import Iterator

import xlsxwriter

from reporting.intake.replay import Change, Replay
from reporting.wording.catalogue import text

_FONT = "Times New Roman"
_CHANGE_COLUMNS = {
    "office": 20, "code": 16, "version": 8, "is_current": 10,
    "kind": 26, "place": 26, "before": 60, "after": 60,
}  # fmt: skip
_OUTCOME_COLUMNS = {"outcome_before": 28, "outcome_after": 28, "versions": 10}


def lines(change: Change) -> Iterator[tuple[str, str, str | None, str | None]]:
    """What changes of one version, in words: kind, place, before, after; the outcome first."""
    before, after = (text(f"states.submission.{s['outcome']}") for s in (change.before, change.after))
    if before != after:
        yield text("replay.kind.outcome"), "", before, after
    if change.question:
        yield text("replay.kind.question"), "", None, change.question
    for difference in change.differences:
        yield text(f"replay.kind.{difference.kind}"), difference.place, difference.before, difference.after


def render_replay(replay: Replay, reason: str) -> bytes:
    """The report as .xlsx: a sheet of outcomes before and after, and one with every change by office."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(buffer, options)
    plain = {"font_name": _FONT, "font_size": 11, "valign": "top", "text_wrap": True}
    cell = book.add_format(plain | {"border": 1, "border_color": "#7F7F7F"})
    head = book.add_format(plain | {"bold": True, "border": 1, "bg_color": "#D9E2F3", "valign": "vcenter"})
    title = book.add_format({"font_name": _FONT, "font_size": 14, "bold": True})
    under = book.add_format({"font_name": _FONT, "font_size": 11, "italic": True})
    outcomes = [
        (text(f"states.submission.{before}"), text(f"states.submission.{after}"), count)
        for (before, after), count in sorted(replay.outcomes.items())
    ]
    changes = [
        (
            change.row.short_name,
            change.row.reference_code,
            change.row.version,
            text("replay.is_current") if change.row.is_current else None,
            *line,
        )
        for change in replay.changes
        for line in lines(change)
    ]
    for name, columns, rows in (
        ("outcomes", _OUTCOME_COLUMNS, outcomes),
        ("changes", _CHANGE_COLUMNS, changes),
    ):
        sheet = book.add_worksheet(text(f"replay.sheet.{name}"))
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.write_string(0, 0, text("replay.heading"), title)
        said = text("replay.subheading", cycle=replay.cycle_id, replay=replay.replay_id, reason=reason)
        sheet.write_string(1, 0, said, under)
        for place, (column, width) in enumerate(columns.items()):
            sheet.set_column(place, place, width)
            sheet.write_string(3, place, text(f"replay.column.{column}"), head)
        sheet.freeze_panes(4, 0)
        sheet.repeat_rows(3)
        for number, row in enumerate(rows, start=4):
            for place, value in enumerate(row):
                if isinstance(value, int):
                    sheet.write_number(number, place, value, cell)
                else:
                    sheet.write_string(number, place, value or "", cell)
        if rows:
            sheet.autofilter(3, 0, 3 + len(rows), len(columns) - 1)
    book.close()
    return buffer.getvalue()
