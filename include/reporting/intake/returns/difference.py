"""What one version of an answer says otherwise than another: cell by cell, as people read it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from reporting.database import query
from reporting.forms.models import Form
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import number, short_date
from reporting.workbook.layout import sheet_name

LINES_SHOWN = 8
_VALUE_SHOWN = 80


@dataclass(frozen=True)
class ChangedCell:
    """A cell that two versions give differently; `before` or `after` is "" where one gives nothing.

    `sheet` and `cell` are those of the later version, of the earlier one where only that has it.
    """

    label: str
    sheet: str
    cell: str
    before: str
    after: str

    @property
    def contradicts(self) -> bool:
        """Whether something that was said is said otherwise, or no more; not where it was only added to."""
        return bool(self.before)


def between(connection: Connection, form: Form, before: int, after: int) -> list[ChangedCell]:
    """The cells in which version `after` (a submission id) differs from `before`, in the order of the form.

    Spaces and the order of rows in open tables make no difference; an explanation of a warning is none.
    """
    rows = connection.execute(query("returns/difference"), {"before": before, "after": after}).all()
    order = _order(form)
    rows = sorted(rows, key=lambda row: (order.get((row.what, row.code), len(order)), row.number or 0))
    return [
        ChangedCell(
            _label(form, row.what, row.code, row.number),
            row.sheet,
            row.cell,
            _said(form, row.what, row.code, row.before),
            _said(form, row.what, row.code, row.after),
        )
        for row in rows
    ]


def nil_tick(is_ticked: bool) -> ChangedCell:
    """The tick "Toàn bộ không phát sinh" as a changed cell; `is_ticked` in the later version."""
    ticks = ("", text("returns.nil.ticked"))
    return ChangedCell(
        text("returns.nil.label"), sheet_name("cover"), "", ticks[not is_ticked], ticks[is_ticked]
    )


def keep(connection: Connection, submission_id: int, cells: Sequence[ChangedCell]) -> None:
    """Store what differs with the version: [{label, sheet, cell, before, after}]."""
    connection.execute(
        query("returns/set_difference"),
        {"submission_id": submission_id, "difference": as_data(cells)},
    )


def as_data(cells: Sequence[ChangedCell]) -> str:
    """The cells as JSON."""
    return json.dumps([asdict(cell) for cell in cells], ensure_ascii=False)


def lines(difference: Sequence[Mapping[str, str]] | None, most: int = LINES_SHOWN) -> list[str]:
    """A stored difference in lines that an office reads, one per cell; the last one counts those left out.

    None (a first version) has no lines; an empty one is told as the same content.
    """
    if difference is None:
        return []
    if not difference:
        return [text("returns.difference.same")]
    told = [
        text(
            f"returns.difference.{'line' if cell['cell'] else 'line_of_sheet'}",
            sheet=cell["sheet"],
            cell=cell["cell"],
            label=cell["label"],
            before=shortened(cell["before"]),
            after=shortened(cell["after"]),
        )
        for cell in difference[:most]
    ]
    if len(difference) > most:
        told.append(text("returns.difference.more", count=len(difference) - most))
    return told


def shortened(value: str) -> str:
    """A value as a line shows it: its first words, or that there is none."""
    if not value:
        return text("returns.difference.blank")
    value = " ".join(value.split())
    return value if len(value) <= _VALUE_SHOWN else f"{value[:_VALUE_SHOWN].rsplit(' ', 1)[0]}…"


def _order(form: Form) -> dict[tuple[str, str], int]:
    codes = [
        *(("fact", i.code) for i in form.indicators),
        *(("fact", q.code) for q in form.quantity_rows),
        *(("row", table.code) for table in form.lists),
        *(("prose", section.code) for section in form.sections),
    ]
    return {code: place for place, code in enumerate(codes)}


def _label(form: Form, what: str, code: str, place: int | None) -> str:
    if what == "prose":
        return next((s.label for s in form.sections if s.code == code), code)
    if what == "row":
        title = next((table.sheet for table in form.lists if table.code == code), code)
        return text("returns.difference.row", table=title, number=place)
    labels = {i.code: i.short_label for i in form.indicators}
    labels |= {q.code: q.short_label for q in form.quantity_rows}
    return text("returns.difference.of_year", label=labels.get(code, code), year=place)


def _said(form: Form, what: str, code: str, said: Any) -> str:
    if said is None:
        return ""
    if what == "prose":
        return str(said)
    if what == "row":
        columns = {c.code: c.label for table in form.lists if table.code == code for c in table.columns}
        return text("returns.difference.between").join(
            text("returns.difference.column", column=columns.get(key, key), value=_printed(value))
            for key, value in sorted(said.items(), key=lambda item: [*columns, item[0]].index(item[0]))
        )
    return _fact(form, said)


def _fact(form: Form, said: Mapping[str, Any]) -> str:
    parts = [_value(form, said)]
    if said["number"]:
        parts.append(text("returns.difference.number", number=said["number"]))
    if said["on"]:
        parts.append(text("returns.difference.on", date=short_date(date.fromisoformat(said["on"]))))
    if said["note"] and said["note"] != parts[0]:
        parts.append(text("returns.difference.note", note=said["note"]))
    return text("returns.difference.within").join(parts)


def _value(form: Form, said: Mapping[str, Any]) -> str:
    yes, no, not_applicable = form.marks.offered
    state = said["state"]
    if state == "value":
        return text("returns.difference.value", value=number(Decimal(said["value"])), unit=said["unit"] or "")
    if state == "nil":
        return text("returns.nil.word")
    return {"yes": yes, "no": no, "not_applicable": not_applicable}[state]


def _printed(value: object) -> str:
    if isinstance(value, int | float):
        return number(value)
    try:
        return short_date(date.fromisoformat(str(value)))
    except ValueError:
        return str(value)
