"""What the sheet of instructions says for a form, with examples that pass the form's rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reporting.forms.models import Form
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import short_date

_MARKS = (
    "mark_yes",
    "mark_no",
    "mark_not_applicable",
    "blank_means_no",
    "document_number",
    "document_on",
)
_WITH_EXAMPLE = (
    "mark_yes",
    "mark_no",
    "mark_not_applicable",
    "blank_means_no",
    "section",
    "report",
    "quantity",
    "quantity_nil",
    "nothing_occurred",
    "rest_follows",
)


def instructions(form: Form, *, shows_prior: bool = False) -> list[tuple[str, str, str]]:
    """The instructions in order: key, text, example or ""; with `shows_prior` what the figures of the last
    period are there for.
    """
    examples = instruction_examples(form)
    sheets = ", ".join(f'"{table.sheet}"' for table in form.lists)
    return [
        (item, text(f"workbook.instructions.item.{item}", sheets=sheets), examples.get(item, ""))
        for item in _items(form, shows_prior=shows_prior)
    ]


def instruction_examples(form: Form) -> dict[str, str]:
    """The examples on the sheet of instructions, by instruction; what each shows passes the checks of
    `form`.
    """
    items = set(_items(form))
    examples = {
        item: text(f"workbook.instructions.example.{item}") for item in _WITH_EXAMPLE if item in items
    }
    if form.indicators:
        examples["document_number"] = form.indicators[0].evidence.number_example
        examples["document_on"] = short_date(date(form.years[-1], 12, 28))
    return examples


def _items(form: Form, *, shows_prior: bool = False) -> Iterator[str]:
    yield "area"
    if shows_prior:
        yield "prior"
    if form.indicators:
        yield from _MARKS
    if form.quantities is not None:
        yield from ("quantity", "quantity_nil")
        if any(row.total_of for row in form.quantity_rows):
            yield "quantity_total"
    if form.lists:
        yield "list"
    if form.nil is not None:
        yield "nothing_occurred"
    if form.nil is not None or form.quantities is not None or form.lists:
        yield "rest_follows"
    if form.sections:
        yield "section"
    yield "report"
    has_column = form.indicators or form.quantities is not None
    yield "explanation" if has_column else "explanation_by_mail"
    yield from ("send", "secrecy")
