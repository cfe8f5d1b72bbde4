"""What a failed expectation says of which cells: our own way back from rows of the frame to findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from reporting.validation.expectations import Failure
from reporting.validation.findings import Finding, Severity, make_finding
from reporting.validation.frame import Entry, Frame
from reporting.validation.models import CheckContext
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import short_date
from reporting.workbook.read import ReadWorkbook, mark_label
from reporting.workbook.values import Cell, as_line, read_date


class _Hit(NamedTuple):
    """A row that fails a rule, and which of its cells do."""

    entry: Entry
    cells: list[Cell]


_Rule = tuple[str, str, str | None]
"""Rule, severity, the day up to which it only warns: failures that agree in them are spoken of together."""


def cell_findings(
    frame: Frame,
    workbooks: Mapping[int, ReadWorkbook],
    failed: Iterable[Failure],
    context: CheckContext,
) -> dict[int, list[Finding]]:
    """The failures as findings by file, in the order of the suite; a cell that was spoken of is not spoken of
    twice. `workbooks`: the files that were looked at, by their place in the batch.
    """
    by_file: dict[int, dict[_Rule, tuple[Mapping[str, Any], dict[int, list[Cell]]]]] = {}
    for failure in failed:
        meta = failure.meta
        rule = meta["rule"], meta["severity"], meta["warn_until"]
        for row in failure.row_ids:
            entry = frame.entries[row]
            _, by_row = by_file.setdefault(entry.file, {}).setdefault(rule, (meta, {}))
            cells = by_row.setdefault(row, [])
            cell = entry.cell_of(meta["cell"])
            if cell not in cells:
                cells.append(cell)
    return {
        file: _findings_of(frame, workbooks[file], list(rules.values()), context)
        for file, rules in by_file.items()
    }


def _findings_of(
    frame: Frame,
    workbook: ReadWorkbook,
    rules: Sequence[tuple[Mapping[str, Any], Mapping[int, list[Cell]]]],
    context: CheckContext,
) -> list[Finding]:
    found: list[Finding] = []
    spoken_of: set[tuple[str, str]] = set()
    for meta, by_row in rules:
        severity: Severity = _severity(meta, context.period_to)
        hits = [
            _Hit(frame.entries[row], by_row[row])
            for row in sorted(by_row)
            if not any((cell.sheet, cell.address) in spoken_of for cell in by_row[row])
            and not (severity == "warning" and _is_explained(frame.entries[row]))
        ]
        if not hits:
            continue
        if meta["rule"] == "blank_mark_is_confirmed":
            found.append(_blank_finding(hits, workbook, severity))
        else:
            found += [_finding(meta, severity, hit, frame, context) for hit in hits]
        spoken_of |= {(cell.sheet, cell.address) for hit in hits for cell in hit.cells}
    return found


def _severity(meta: Mapping[str, Any], period_to: date) -> Severity:
    until = meta["warn_until"]
    if meta["severity"] == "warning" or (until is not None and period_to <= date.fromisoformat(until)):
        return "warning"
    return "error"


def _is_explained(entry: Entry) -> bool:
    return entry.row is not None and bool(entry.row.explanation.text)


def _blank_finding(hits: Sequence[_Hit], workbook: ReadWorkbook, severity: Severity) -> Finding:
    """All blank marks of a workbook in one message."""
    cells = [cell for hit in hits for cell in hit.cells]
    tick = workbook.cover["blank_means_no"]
    indicators = {hit.entry.key for hit in hits}
    return make_finding(
        "blank_mark_is_confirmed",
        severity,
        "cells",
        sheet=cells[0].sheet,
        cells=[cell.address for cell in cells],
        indicator=indicators.pop() if len(indicators) == 1 else None,
        tick_cell=tick.address,
        tick_sheet=tick.sheet,
    )


def _finding(
    meta: Mapping[str, Any], severity: Severity, hit: _Hit, frame: Frame, context: CheckContext
) -> Finding:
    rule, entry, cells = meta["rule"], hit.entry, hit.cells
    values: dict[str, object] = {
        "date_example": short_date(context.period_to),
        "period_from": short_date(context.period_from),
        "period_to": short_date(context.period_to),
    }
    variant, indicator, label = None, None, ""
    value_seen = as_line(cells[0].value)
    if entry.row is not None:
        indicator, year = entry.row.indicator, entry.row.year
        label = mark_label(context.form, indicator, year)
        values |= {
            "number_example": context.form.indicator(indicator).evidence.number_example,
            "date_example": short_date(date(year, 12, 28)),
            "year": year,
        }
        if rule == "mark_has_evidence":
            is_number = cells[0] == entry.row.document_number
            variant = "both" if len(cells) > 1 else ("number" if is_number else "date")
            value_seen = None
        elif rule in ("document_date_is_in_period", "document_date_is_in_year"):
            bounds = frame.bounds(indicator, year)
            first, last = bounds[:2] if rule == "document_date_is_in_period" else bounds[2:]
            values |= {"period_from": short_date(first), "period_to": short_date(last)}
            on = read_date(entry.row.document_on.value).on
            value_seen = short_date(on) if on else value_seen
    elif entry.kind == "section":
        label = next(section.label for section in context.form.sections if section.code == entry.key)
    elif entry.kind == "cover_date":
        label = text(f"workbook.cover.label.{entry.key}")
    return make_finding(
        rule,
        severity,
        meta["stage"],
        variant=variant,
        sheet=cells[0].sheet,
        cells=[cell.address for cell in cells],
        indicator=indicator,
        label=label,
        value_seen=value_seen,
        **values,
    )
