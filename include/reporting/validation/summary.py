"""What was understood of a checked workbook, in short, for receipts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Protocol

from reporting.forms.models import Form
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import short_date


class MarkLike(Protocol):
    """A mark of a checked workbook, or a row of core.fact."""

    @property
    def indicator(self) -> str: ...
    @property
    def year(self) -> int: ...
    @property
    def is_marked(self) -> bool: ...
    @property
    def document_number(self) -> str | None: ...
    @property
    def document_on(self) -> date | None: ...


def understood_lines(marks: Iterable[MarkLike], section_count: int, form: Form) -> list[str]:
    """What was understood: "Quy chế: 2011 chưa có, 2012 có (15/QĐ-UBND, 5/3/2012)", one entry per indicator
    that has a mark, in the form's order, then the number of sections.

    Indicators without any mark are named together in one entry.
    """
    by_key = {(mark.indicator, mark.year): mark for mark in marks}
    lines: list[str] = []
    without: list[str] = []
    for indicator in form.indicators:
        own = [by_key[indicator.code, year] for year in form.years if (indicator.code, year) in by_key]
        if not own:
            continue
        if not any(mark.is_marked for mark in own):
            without.append(indicator.short_label)
            continue
        shown = text("findings.understood.mark_separator").join(_mark(mark) for mark in own)
        lines.append(text("findings.understood.indicator", indicator=indicator.short_label, marks=shown))
    if without:
        names = text("findings.understood.mark_separator").join(without)
        lines.append(text("findings.understood.without", indicators=names))
    if section_count:
        lines.append(text("findings.understood.sections", n=section_count))
    return lines or [text("findings.understood.nothing")]


def _mark(mark: MarkLike) -> str:
    if not mark.is_marked:
        return text("findings.understood.mark_no", year=mark.year)
    evidence = [
        part for part in (mark.document_number, mark.document_on and short_date(mark.document_on)) if part
    ]
    if not evidence:
        return text("findings.understood.mark_yes", year=mark.year)
    return text("findings.understood.mark_yes_with_evidence", year=mark.year, evidence=", ".join(evidence))
