"""What the workbooks of a cycle are checked against: its form, its offices, what stood last time, waivers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from sqlalchemy import Connection

from reporting import clock
from reporting.database import query
from reporting.forms.models import Form
from reporting.intake.submissions import NoFormError
from reporting.registry.names import NameIndex
from reporting.settings import settings
from reporting.validation.models import CheckContext, PriorFact, RuleWaiver
from reporting.wording.catalogue import text


def check_context(connection: Connection, cycle_id: str) -> CheckContext:
    """What the checks need to know of a cycle, by one query each: the cycle, its offices, the waivers of
    rules in force today by its clock, what each office last reported in an earlier cycle of the regime.

    Raises LookupError when there is no such cycle, NoFormError when it asks for no workbook.
    """
    row = connection.execute(query("intake/cycle_context"), {"cycle_id": cycle_id}).one_or_none()
    if row is None:
        raise LookupError(f"There is no cycle {cycle_id!r}; `reporting cycle list` shows those there are.")
    if row.form_content is None:
        raise NoFormError(text("intake.no_form", cycle=cycle_id))
    recipients = connection.execute(query("intake/recipients"), {"cycle_id": cycle_id}).all()
    index = _names(tuple((r.reference_code, (r.name, r.short_name, *r.aliases)) for r in recipients))
    return CheckContext(
        form=Form.model_validate(row.form_content),
        cycle_id=cycle_id,
        cycle_title=row.title,
        period_from=row.period_from,
        period_to=row.period_to,
        recipients={r.reference_code: r.short_name for r in recipients},
        resolve=lru_cache(maxsize=1024)(index.resolve),
        signing_key=settings().signing_key.get_secret_value(),
        waivers=_waivers(connection, cycle_id),
        prior=_prior(connection, cycle_id),
        other_cycles=row.other_cycles,
    )


@lru_cache(maxsize=8)
def _names(spellings: tuple[tuple[str, tuple[str, ...]], ...]) -> NameIndex:
    """The index of these very spellings: of a large cycle it takes longer than the checks of many answers."""
    return NameIndex(spellings)


def _waivers(connection: Connection, cycle_id: str) -> tuple[RuleWaiver, ...]:
    today = clock.now(connection, cycle_id).date()
    rows = connection.execute(
        query("intake/rule_waivers_in_force"), {"cycle_id": cycle_id, "on": today}
    ).all()
    return tuple(RuleWaiver(row.rule_waiver_id, row.rule, row.reference_code, row.indicator) for row in rows)


def _prior(connection: Connection, cycle_id: str) -> Mapping[str, Mapping[str, tuple[PriorFact, ...]]]:
    found: dict[str, dict[str, tuple[PriorFact, ...]]] = {}
    for row in connection.execute(query("intake/prior_facts"), {"cycle_id": cycle_id}):
        facts = found.setdefault(row.reference_code, {})
        fact = PriorFact(row.year, row.state, row.value, row.document_number)
        facts[row.indicator] = (*facts.get(row.indicator, ()), fact)
    return found
