"""The values that fill a rule's words: what was seen, compared with what, in which unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from reporting.forms.models import Column, Form, Indicator, Quantity, mark_key
from reporting.validation.findings import Finding, Severity, compress, make_finding
from reporting.validation.frame import Entry, Frame
from reporting.validation.models import CheckContext, PriorFact
from reporting.validation.readings import (
    KINDS,
    NUMBER_KINDS,
    Answers,
    ListTotal,
    QuantityReading,
    bounds_of,
    number_of,
)
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import number, short_date
from reporting.workbook.read import mark_label
from reporting.workbook.values import Cell, as_line, read_date

_EXAMPLES: Mapping[str, Decimal] = {"amount": Decimal(1200), "percent": Decimal(75)}
_COMPARED = frozenset({"unit_is_that_of_last_time", "number_is_like_last_time", "number_is_kept"})
_NAMED = 8
"""So much of what was reported last time is named."""
_THOUSAND, _MILLION = Decimal(1_000), Decimal(1_000_000)


def number_example(form: Form) -> str:
    """A number as documents of the form bear it, to show how one is written."""
    if form.indicators:
        return form.indicators[0].evidence.number_example
    return text("findings.number_example")


def finding_of(
    meta: Mapping[str, Any],
    severity: Severity,
    entry: Entry,
    cells: Sequence[Cell],
    frame: Frame,
    answers: Answers,
    context: CheckContext,
) -> Finding:
    """The finding of one row of the frame under one rule."""
    values: dict[str, object] = {
        "variant": None,
        "indicator": None,
        "label": "",
        "value_seen": as_line(cells[0].value),
        "date_example": short_date(context.period_to),
        "period_from": short_date(context.period_from),
        "period_to": short_date(context.period_to),
        "number_example": number_example(context.form),
        "explain": how_to_explain(entry),
        "if_right": if_right(severity, entry),
    }
    rule = meta["rule"]
    if rule == "document_number_is_plausible":
        values["variant"] = "date" if read_date(cells[0].value).state == "date" else "no_digit"
    if entry.kind == "section":
        label = next(section.label for section in context.form.sections if section.code == entry.key)
        values["label"] = label
    elif entry.kind == "cover_date":
        values["label"] = text(f"workbook.cover.label.{entry.key}")
    elif entry.kind == "cover":
        values |= _of_cover(rule, entry, frame)
    elif entry.kind == "list_cell":
        values |= _of_list_cell(rule, entry, cells[0], context.form)
        if rule == "list_total_is_sum_of_rows":
            values |= _of_list_total(next(one for one in answers.list_totals if one.cell == cells[0]))
    elif entry.row is not None and (entry.row.indicator, entry.row.year) in answers.quantity_at:
        values |= _of_quantity(rule, entry, answers, context.form)
    elif entry.row is not None:
        values |= _of_mark(rule, entry, cells, frame, context.form)
    return make_finding(
        rule,
        severity,
        meta["stage"],
        sheet=cells[0].sheet,
        cells=[cell.address for cell in cells],
        **values,  # type: ignore[arg-type]
    )


def how_to_explain(entry: Entry) -> str:
    """Where a reason goes: into the row's own column, or, on sheets without one, into a reply."""
    return text("findings.explain.in_column" if entry.row is not None else "findings.explain.by_reply")


def if_right(severity: Severity, entry: Entry) -> str:
    """What a rule of either severity adds where it only asks: that it may be right."""
    return text("findings.if_right", explain=how_to_explain(entry)) if severity == "warning" else ""


def _of_cover(rule: str, entry: Entry, frame: Frame) -> dict[str, object]:
    values: dict[str, object] = {"label": text(f"workbook.cover.label.{entry.key}")}
    if rule == "nil_is_like_last_time":
        values["reported"] = _reported(frame.reported[entry.file])
    elif entry.key == "status":
        values["choices"] = "; ".join(text(f"workbook.cover.choice.status.{kind}") for kind in KINDS)
    else:
        values["variant"] = "tick"
    return values


def _reported(facts: Sequence[tuple[Indicator | Quantity, PriorFact]]) -> str:
    """What was reported last time, in the order of the form: "Kế hoạch NQ 47; Cán bộ 12 người"."""
    named = [
        one.short_label
        if isinstance(one, Indicator) or fact.value is None
        else text(
            "findings.reported.number", indicator=one.short_label, value=number(fact.value), unit=one.unit
        )
        for one, fact in facts[:_NAMED]
    ]
    if len(facts) > _NAMED:
        named.append(text("findings.reported.more", n=len(facts) - _NAMED))
    return "; ".join(named)


def _of_mark(rule: str, entry: Entry, cells: Sequence[Cell], frame: Frame, form: Form) -> dict[str, object]:
    assert entry.row is not None
    indicator, year = entry.row.indicator, entry.row.year
    values: dict[str, object] = {
        "indicator": indicator,
        "label": mark_label(form, indicator, year),
        "number_example": form.indicator(indicator).evidence.number_example,
        "date_example": short_date(date(year, 12, 28)),
        "year": year,
    }
    mark = next((m for m in frame.answers[entry.file].marks if m.row is entry.row), None)
    if rule == "evidence_has_mark" and mark is not None:
        values["variant"] = "blank" if mark.meaning == "blank" else "answered"
    elif rule == "mark_has_evidence" and mark is not None:
        is_number = cells[0] == mark.row.document_number
        values["variant"] = "both" if len(cells) > 1 else ("number" if is_number else "date")
        values["value_seen"] = None
    elif rule in ("document_date_is_in_period", "document_date_is_in_year") and mark is not None:
        bounds = frame.bounds(indicator, year)
        first, last = bounds[:2] if rule == "document_date_is_in_period" else bounds[2:]
        values |= {"period_from": short_date(first), "period_to": short_date(last)}
        if mark.document_on.on is not None:
            values["value_seen"] = short_date(mark.document_on.on)
    elif rule == "mark_is_kept" and entry.prior is not None:
        document = entry.prior.document_number
        values |= {"variant": "with_document" if document else "without_document", "document": document}
    return values


def _of_quantity(rule: str, entry: Entry, answers: Answers, form: Form) -> dict[str, object]:
    assert entry.row is not None
    year = entry.row.year
    one = answers.quantity_at[entry.row.indicator, year]
    values = _number_values(one.quantity, one.quantity.unit) | {
        "indicator": one.quantity.code,
        "label": quantity_label(one.quantity, year),
    }
    values["amount"] = one.row.value.text if one.amount is None else number(one.amount)
    if one.amount is not None:
        values |= _readings(rule, one.amount)
    if rule == "number_is_readable":
        values["variant"] = "date" if one.reading.fault == "date" else "quantity"
    elif rule == "number_is_in_range":
        values |= _of_range(one.quantity, one.amount)
    elif rule == "total_is_sum_of_parts":
        values |= _of_total(one, answers, year)
    elif rule == "number_is_at_most_another" and one.quantity.at_most:
        other = answers.quantity_at[one.quantity.at_most, year]
        values |= {
            "other": other.quantity.short_label,
            "other_cell": other.row.value.address,
            "other_amount": number(other.amount or 0),
        }
    elif rule == "number_has_its_mark" and one.quantity.needs_mark:
        mark = answers.mark_at[one.quantity.needs_mark, year].row
        values |= {
            "mark": mark_label(form, mark.indicator, year),
            "mark_sheet": mark.mark.sheet,
            "mark_cell": mark.mark.address,
        }
    elif rule in _COMPARED and entry.prior is not None and entry.prior.value is not None:
        values |= _of_history(rule, one, entry.prior.value)
    return values


def quantity_label(quantity: Quantity, year: int) -> str:
    """How messages call a number: "Kinh phí năm 2024, triệu đồng"."""
    return text("findings.quantity_label", indicator=quantity.short_label, year=year, unit=quantity.unit)


def _number_values(asked: Quantity | Column, unit: str) -> dict[str, object]:
    example = _EXAMPLES.get(asked.kind, Decimal(3))
    return {"unit": unit, "number_example": f"{example}"}


def _readings(rule: str, amount: Decimal) -> dict[str, object]:
    """How a number that could be read in two ways was understood, and how else it could be."""
    other = amount * 1000 if amount < 1000 else amount / 1000
    if rule == "percent_is_no_fraction":
        other = amount * 100
    return {"understood": _as_typed(amount), "other": _as_typed(other)}


def _of_range(asked: Quantity | Column, amount: Decimal | None) -> dict[str, object]:
    lowest, highest = bounds_of(asked)
    least = "" if lowest is None else number(lowest)
    most = "" if highest is None else number(highest)
    which = "both" if least and most else ("least" if least else "most")
    values: dict[str, object] = {
        "variant": "bounds",
        "bounds": text(f"findings.bounds.{which}", minimum=least, maximum=most),
    }
    if amount is not None and highest is not None and asked.kind == "amount":
        for slip in (_THOUSAND, _MILLION):
            # a number that would fit in a unit so much larger, and not by being close to nothing
            if highest / 1000 <= amount / slip <= highest < amount and amount / slip >= (lowest or 0):
                return values | {"variant": "unit", "converted": _as_typed(amount / slip)}
    return values


def _of_total(one: QuantityReading, answers: Answers, year: int) -> dict[str, object]:
    parts = [answers.quantity_at.get((code, year)) for code in one.quantity.total_of]
    present = [part for part in parts if part is not None and part.amount is not None]
    total = sum((part.amount or Decimal(0) for part in present), Decimal(0))
    cells = [part.row.value.address for part in parts if part is not None]
    return {
        "parts": ", ".join(compress(cells)),
        "sum": number(total),
        "difference": number(abs((one.amount or Decimal(0)) - total)),
    }


def _of_list_total(one: ListTotal) -> dict[str, object]:
    stated = one.stated.value or Decimal(0)
    return {
        "amount": number(stated),
        "parts": ", ".join(compress([part.address for part in one.parts])),
        "variant": "parts" if one.parts else "no_parts",
        "sum": number(one.computed),
        "difference": number(abs(stated - one.computed)),
    }


def _of_history(rule: str, one: QuantityReading, before: Decimal) -> dict[str, object]:
    values: dict[str, object] = {"prior": number(before)}
    if rule == "number_is_kept":
        return values | {"variant": one.reading.state}
    amount = one.amount
    if not amount or not before:
        return values
    is_larger = amount > before
    ratio = amount / before if is_larger else before / amount
    values["times"] = number(round(ratio, 1 if ratio < 10 else 0))
    values["variant"] = "larger" if is_larger else "smaller"
    if rule == "unit_is_that_of_last_time":
        slip = min((_THOUSAND, _MILLION), key=lambda one: abs((ratio / one).ln()))
        values |= {"times": number(slip), "converted": _as_typed(amount / slip)}
        if is_larger and mark_key(one.quantity.unit) == mark_key(text("findings.unit.million_dong")):
            which = "dong" if slip == _MILLION else "thousand_dong"
            values |= {"variant": "in_dong", "entered_unit": text(f"findings.unit.{which}")}
    return values


def _as_typed(value: Decimal) -> str:
    """A number as it is to be typed: without points between thousands."""
    return f"{value.normalize():f}".replace(".", ",")


def _of_list_cell(rule: str, entry: Entry, cell: Cell, form: Form) -> dict[str, object]:
    table_code, _, code = entry.key.partition(".")
    table = next(table for table in form.lists if table.code == table_code)
    column = next(column for column in table.columns if column.code == code)
    values = _number_values(column, column.unit or "") | {
        "label": column.label,
        "choices": "; ".join(column.choices),
    }
    if column.kind not in NUMBER_KINDS:
        values["number_example"] = number_example(form)
        return values
    reading = number_of(cell.value, column.kind)
    if reading.value is not None:
        values |= {"amount": number(reading.value)} | _readings(rule, reading.value)
    if rule == "number_is_readable":
        values["variant"] = "date" if reading.fault == "date" else "list"
    elif rule == "number_is_in_range":
        values |= _of_range(column, reading.value)
    return values
