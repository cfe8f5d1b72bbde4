"""The form of a request as Airflow shows it: fields in sections, with the words of
include/wording/ad_hoc.yaml.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param

from reporting.cycles.offer import NO_FORM, forms_offered, groups_offered, offer
from reporting.wording.catalogue import FOLDER, read

_SECTIONS: dict[str, tuple[str, ...]] = {
    "request": (
        "title", "kind", "instrument", "issued_by", "subject", "task_document", "upstream_due_on", "basis",
        "requests", "attachments",
    ),
    "addressees": ("groups", "added_offices", "removed_offices", "copied_groups", "copies"),
    "deliverables": (
        "signed_report", "form", "other_deliverables", "period_from", "period_to", "cutoff_on",
    ),
    "days": ("deadline_on", "deadline_kind", "reminder_plan"),
    "people": ("signer", "capacity", "urgency", "officer", "approver"),
    "question": ("parent_cycle_id", "questions"),
    "running": ("mode", "answers", "note", "cycle_id"),
}  # fmt: skip
_MULTILINE = {
    "basis", "requests", "added_offices", "removed_offices", "copies", "attachments", "other_deliverables",
    "questions", "note",
}  # fmt: skip
_DAYS = {"upstream_due_on", "period_from", "period_to", "cutoff_on", "deadline_on"}
_LISTS = {"groups", "copied_groups"}
NOT_OF_THE_FORM = ("answers", "cycle_id")
"""Fields that speak of the run, not of the request."""


def params() -> dict[str, Param]:
    """Every field in its section, in the order of the form."""
    words = read(FOLDER / "ad_hoc.yaml")
    return {
        field: _param(field, words[f"ad_hoc.section.{section}"], words)
        for section, fields in _SECTIONS.items()
        for field in fields
    }


def _param(field: str, section: str, words: dict[str, str]) -> Param:
    shown: dict[str, Any] = {
        "title": words.get(f"ad_hoc.field.{field}") or words[f"ad_hoc.other_field.{field}"],
        "description": words[f"ad_hoc.help.{field}"] or None,
        "section": section,
    }
    if field in _DAYS:
        return Param(None, type=["null", "string"], format="date", **shown)
    if field in _LISTS:
        groups = groups_offered()
        return Param(
            [],
            type="array",
            items={"type": "string", "enum": list(groups)},
            examples=list(groups),
            values_display=groups,
            **shown,
        )
    choices = _choices(field, words)
    if choices:
        first = "rehearsal" if field == "mode" else next(iter(choices))
        return Param(first, type="string", enum=list(choices), values_display=choices, **shown)
    kind: dict[str, Any] = {"format": "multiline"} if field in _MULTILINE else {}
    return Param(None, type=["null", "string"], **kind, **shown)


def _choices(field: str, words: dict[str, str]) -> dict[str, str]:
    """Value → label of a field with a choice; empty for the others."""
    if field == "capacity":
        return {c.code: ", ".join(c.lines) for c in offer().capacities}
    if field == "form":
        # the form in the browser takes an empty choice for one that is missing
        return {NO_FORM: words["ad_hoc.choice.form.none"], **{form: form for form in forms_offered()}}
    begins = f"ad_hoc.choice.{field}."
    return {key.removeprefix(begins): label for key, label in words.items() if key.startswith(begins)}
