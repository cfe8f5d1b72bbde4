"""Who owes what: deliverables × groups × conditions, as the regime has them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from reporting.calendar.working_days import WorkingCalendar
from reporting.cycles import plan
from reporting.database import query
from reporting.regimes.models import Deliverable, InstrumentCondition, Period, Regime
from reporting.registry.roster import members


def oblige(connection: Connection, cycle_id: str, regime: Regime, period: Period) -> int:
    """Add the obligations that the regime's conditions bring and the cycle does not have; returns how many.

    May be run again later: an office whose own instrument reached the stage that a deliverable depends on
    then owes it, too. Nothing that is owed is ever taken away; for that there are waivers. Reminders of new
    obligations are planned from their own deadlines.
    """
    recipients = connection.execute(query("cycles/owing_recipients"), {"cycle_id": cycle_id}).all()
    rows = []
    for deliverable in regime.deliverables:
        if deliverable.kind == "task":
            continue
        excepted = _members_of(connection, deliverable.except_groups, period.request_on)
        chosen = _members_of(connection, deliverable.only_groups, period.request_on)
        held = _held(connection, deliverable.when, period.request_on)
        deadline = plan.deadline_of(deliverable.deadline or period.deadline)
        rows += [
            {
                "cycle_id": cycle_id,
                "recipient_id": r.recipient_id,
                "deliverable": deliverable.code,
                "due_at": None if deadline is None else deadline.first_late_at,
                "because": _because(deliverable),
            }
            for r in recipients
            if (not deliverable.owed_by or r.group_code in deliverable.owed_by)
            and r.organization_id not in excepted
            and (not deliverable.only_groups or r.organization_id in chosen)
            and (held is None or r.organization_id in held or r.parent_id in held)
        ]
    added = [
        found
        for row in rows
        if (found := connection.execute(query("cycles/add_obligation"), row).one_or_none()) is not None
    ]
    plan_reminders(connection, regime, period, [(o.obligation_id, o.due_at) for o in added])
    return len(added)


def plan_reminders(
    connection: Connection, regime: Regime, period: Period, obligations: list[tuple[int, object]]
) -> None:
    """Plan the reminders of these obligations, given as (id, first late instant or None)."""
    calendar = WorkingCalendar.load(regime.code)
    plans = {
        due_at: plan.reminder_plan(regime, due_at, period.request_on, calendar)  # type: ignore[arg-type]
        for due_at in {due_at for _, due_at in obligations}
    }
    rows = [
        {"obligation_id": obligation_id, "step": step, "due_at": moment}
        for obligation_id, due_at in obligations
        for step, moment in plans[due_at].items()
    ]
    if rows:
        connection.execute(query("cycles/set_reminder"), rows)


def offices_at_stage(connection: Connection, condition: InstrumentCondition, on: date) -> list[str]:
    """The ids of the offices whose own instrument of this subject is at one of these stages on a day."""
    return list(
        connection.scalars(
            query("registry/offices_at_stage"),
            {"subject": condition.subject, "stages": list(condition.stages), "on_day": on},
        )
    )


def _members_of(connection: Connection, groups: tuple[str, ...], on: date) -> set[str]:
    return {member.organization_id for group in groups for member in members(connection, group, on)}


def _held(connection: Connection, condition: InstrumentCondition | None, on: date) -> set[str] | None:
    return None if condition is None else set(offices_at_stage(connection, condition, on))


def _because(deliverable: Deliverable) -> str | None:
    if deliverable.when is None:
        return None
    return f"{deliverable.when.subject}: {', '.join(deliverable.when.stages)}"
