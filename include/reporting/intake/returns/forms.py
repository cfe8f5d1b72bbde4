"""The form with which a cycle asks, as far as returns need it: parsed once per process."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import Connection

from reporting.database import query
from reporting.forms.models import Form

MARKS, QUANTITIES, SECTIONS = "marks", "quantities", "sections"


def form_of(connection: Connection, cycle_id: str) -> Form:
    """The form frozen into the cycle. Raises LookupError when it asks with none."""
    row = connection.execute(
        query("returns/form"), {"cycle_id": cycle_id, "submission_id": None}
    ).one_or_none()
    if row is None:
        raise LookupError(f"{cycle_id} is no cycle that asks with a form.")
    return _parsed(row.form)


def cycle_of(connection: Connection, submission_id: int) -> tuple[str, Form]:
    """The cycle of a submission, and the form frozen into it."""
    row = connection.execute(query("returns/form"), {"cycle_id": None, "submission_id": submission_id}).one()
    return row.cycle_id, _parsed(row.form)


def tables_of(form: Form) -> list[str]:
    """The tables that an office fills: marks, quantities, codes of open tables, sections; in this order."""
    tables = [MARKS] if form.indicators else []
    tables += [QUANTITIES] if form.quantities else []
    tables += [table.code for table in form.lists]
    tables += [SECTIONS] if form.sections else []
    return tables


@lru_cache(maxsize=16)
def _parsed(content: str) -> Form:
    return Form.model_validate_json(content)
