"""Waivers of rules as data: which rule, for whom, who allowed it, from when until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, Row

from reporting.database import query
from reporting.forms.models import all_forms
from reporting.validation.rules import rules
from reporting.wording.catalogue import text


class WaiverRefusedError(ValueError):
    """A waiver cannot be entered or undone; the message says in Vietnamese why and what to do."""


def waive_rule(
    connection: Connection,
    rule: str,
    *,
    form_code: str | None = None,
    organization_id: str | None = None,
    indicator: str | None = None,
    reason: str,
    allowed_by: str,
    entered_by: str,
    valid_from: date,
    valid_to: date,
) -> int:
    """Let one office, or every office, off a rule for a time, by the clock of each cycle; returns the
    waiver's number. A waiver that stands already is not entered twice.

    Raises WaiverRefusedError for an unknown rule, form, office or indicator, for a rule that nobody can be
    let off, for days that do not follow one another, and without a reason.
    """
    forms = [form for form in all_forms() if form_code in (None, form.code)]
    if not forms:
        known = ", ".join(sorted({form.code for form in all_forms()}))
        raise WaiverRefusedError(text("command_line.rules.unknown_form", form=form_code, known=known))
    found = next((one for one in rules(forms) if one.code == rule), None)
    if found is None or not found.may_be_waived:
        known = ", ".join(one.code for one in rules(forms) if one.may_be_waived)
        key = "unknown_rule" if found is None else "indispensable"
        raise WaiverRefusedError(text(f"command_line.rules.{key}", rule=rule, known=known))
    codes = {one.code for form in forms for one in form.indicators}
    codes |= {one.code for form in forms for one in form.quantity_rows}
    codes |= {one.code for form in forms for one in form.lists}
    if indicator is not None and indicator not in codes:
        known = ", ".join(sorted(codes))
        raise WaiverRefusedError(
            text("command_line.rules.unknown_indicator", indicator=indicator, known=known)
        )
    if valid_to < valid_from:
        raise WaiverRefusedError(text("command_line.rules.days_reversed"))
    if not reason.strip() or not allowed_by.strip():
        raise WaiverRefusedError(text("command_line.rules.no_reason"))
    values = {
        "rule": rule,
        "form_code": form_code,
        "organization_id": organization_id,
        "indicator": indicator,
        "reason": reason.strip(),
        "allowed_by": allowed_by.strip(),
        "entered_by": entered_by.strip(),
        "valid_from": valid_from,
        "valid_to": valid_to,
    }
    number = connection.execute(query("intake/add_rule_waiver"), values).scalar_one_or_none()
    if number is None:
        raise WaiverRefusedError(text("command_line.rules.unknown_office", office=organization_id))
    return int(number)


def undo_waiver(connection: Connection, rule_waiver_id: int, by: str) -> None:
    """Take a waiver back. Raises WaiverRefusedError when there is none, or it is undone already."""
    undone = connection.execute(
        query("intake/undo_rule_waiver"), {"rule_waiver_id": rule_waiver_id, "by": by.strip()}
    )
    if undone.rowcount != 1:
        raise WaiverRefusedError(text("command_line.rules.unknown_waiver", number=rule_waiver_id))


def list_waivers(connection: Connection, on: date | None = None) -> Sequence[Row[tuple[object, ...]]]:
    """The waivers that were entered, the newest first; with `on` only those in force on that day."""
    return connection.execute(query("intake/rule_waivers"), {"on": on}).all()
