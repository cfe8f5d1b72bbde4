"""What was understood of a checked workbook, in short, for receipts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from reporting.forms.models import Form, Quantity
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import number, short_date

MOST_LINES = 30
"""So many indicators and quantities are named one by one; the rest is counted in one line."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A mark or quantity that was understood, by the states of core.fact."""

    indicator: str
    year: int
    state: str
    value: Decimal | None = None
    document_number: str | None = None
    document_on: date | None = None


def understood_lines(
    figures: Iterable[Figure], list_rows: Mapping[str, int], sections: Sequence[str], form: Form
) -> list[str]:
    """What was understood: how many marks of each kind, then "Quy chế: 2011 chưa có, 2012 có (15/QĐ-UBND,
    5/3/2012)", one entry per indicator that is marked, one per quantity with its unit, one per open table
    with the number of its rows (`list_rows` by code), and the sections (codes) that were filled in; all in
    the form's order.

    Indicators without any mark are named together. Never empty.
    """
    by_key = {(figure.indicator, figure.year): figure for figure in figures}
    marks, quantities = _marks(by_key, form), _quantities(by_key, form)
    named = [*marks, *quantities]
    lines = [*_counts(by_key, form), *named[:MOST_LINES]]
    if len(named) > MOST_LINES:
        lines.append(text("findings.understood.more", n=len(named) - MOST_LINES))
    for table in form.lists:
        if rows := list_rows.get(table.code):
            lines.append(text("findings.understood.list", title=table.title, n=f"{rows:02d}"))
    labels = [section.label for section in form.sections if section.code in sections]
    if labels:
        names = text("findings.understood.section_separator").join(labels)
        lines.append(text("findings.understood.sections", n=f"{len(labels):02d}", names=names))
    return lines or [text("findings.understood.nothing")]


def _counts(figures: Mapping[tuple[str, int], Figure], form: Form) -> list[str]:
    """How many marks mean what, where there are enough that counting them helps."""
    states = Counter(
        figures[indicator.code, year].state
        for indicator in form.indicators
        for year in form.years
        if (indicator.code, year) in figures
    )
    if states.total() < 2:
        return []
    counted = [
        text(f"findings.understood.count.{state}", n=f"{states[state]:02d}")
        for state in ("yes", "no", "not_applicable")
        if states[state]
    ]
    return [
        text("findings.understood.counts", counts=text("findings.understood.mark_separator").join(counted))
    ]


def _marks(figures: Mapping[tuple[str, int], Figure], form: Form) -> list[str]:
    lines: list[str] = []
    without: list[str] = []
    separator = text("findings.understood.mark_separator")
    for indicator in form.indicators:
        own = [figures[indicator.code, year] for year in form.years if (indicator.code, year) in figures]
        if not own:
            continue
        if all(mark.state == "no" for mark in own):
            without.append(indicator.short_label)
            continue
        shown = separator.join(_mark(mark) for mark in own)
        lines.append(text("findings.understood.indicator", indicator=indicator.short_label, marks=shown))
    if without:
        lines.append(text("findings.understood.without", indicators=separator.join(without)))
    return lines


def _mark(mark: Figure) -> str:
    if mark.state != "yes":
        return text(f"findings.understood.mark_{mark.state}", year=mark.year)
    evidence = [
        part for part in (mark.document_number, mark.document_on and short_date(mark.document_on)) if part
    ]
    if not evidence:
        return text("findings.understood.mark_yes", year=mark.year)
    return text("findings.understood.mark_yes_with_evidence", year=mark.year, evidence=", ".join(evidence))


def _quantities(figures: Mapping[tuple[str, int], Figure], form: Form) -> list[str]:
    lines: list[str] = []
    for quantity in form.quantity_rows:
        own = [figures[quantity.code, year] for year in form.years if (quantity.code, year) in figures]
        if own:
            shown = text("findings.understood.mark_separator").join(_value(one, quantity) for one in own)
            lines.append(text("findings.understood.quantity", quantity=quantity.short_label, values=shown))
    return lines


def _value(figure: Figure, quantity: Quantity) -> str:
    if figure.state != "value" or figure.value is None:
        return text(f"findings.understood.quantity_{figure.state}", year=figure.year)
    return text(
        "findings.understood.quantity_value",
        year=figure.year,
        value=number(figure.value.normalize() if figure.value else Decimal(0)),
        unit=quantity.unit,
    )
