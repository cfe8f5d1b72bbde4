"""Who owes what: deliverables × groups × conditions, as the regime has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from reporting import clock
from reporting.calendar.working_days import WorkingCalendar
from reporting.cycles import plan, steps
from reporting.database import query
from reporting.regimes.models import Deliverable, InstrumentCondition, Period, Regime
from reporting.registry.roster import members


@dataclass(frozen=True)
class Owed:
    """Something that a recipient owes, late from `due_at`; None: no day is fixed."""

    obligation_id: int
    recipient_id: int
    due_at: datetime | None


def oblige(connection: Connection, cycle_id: str, regime: Regime, period: Period) -> int:
    """Add the obligations that the regime's conditions bring and the cycle does not have; returns how many.

    May be run again later: an office whose own instrument reached the stage that a deliverable depends on
    then owes it, too. Nothing that is owed is ever taken away; for that there are waivers. Reminders of new
    obligations are planned from their own deadlines.
    """
    added = _add(connection, cycle_id, regime, period, None)
    _plan_reminders(connection, regime, period.request_on, added, None)
    return len(added)


def oblige_since_issue(connection: Connection, cycle_id: str, regime: Regime, period: Period) -> list[Owed]:
    """The same in a cycle whose request is out; returns what came to be owed, by office.

    The deadline holds to which that of the cycle was moved. What counts from the issue counts from the day
    on which the request went out, and no reminder comes within a working day.
    """
    moved_to = connection.execute(
        query("cycles/deadline_moved_to"), {"cycle_id": cycle_id}
    ).scalar_one_or_none()
    added = _add(connection, cycle_id, regime, period, moved_to)
    issued_at = steps.state(connection, cycle_id, plan.ISSUE).done_at
    issued_on = period.request_on if issued_at is None else issued_at.astimezone(clock.VIETNAM).date()
    now = clock.now(connection, cycle_id)
    _plan_reminders(connection, regime, max(period.request_on, issued_on), added, now)
    return sorted(added, key=lambda owed: (owed.recipient_id, owed.obligation_id))


def _add(
    connection: Connection, cycle_id: str, regime: Regime, period: Period, moved_to: datetime | None
) -> list[Owed]:
    recipients = connection.execute(query("cycles/owing_recipients"), {"cycle_id": cycle_id}).all()
    rows = []
    for deliverable in regime.deliverables:
        if deliverable.kind == "task":
            continue
        excepted = _members_of(connection, deliverable.except_groups, period.request_on)
        chosen = _members_of(connection, deliverable.only_groups, period.request_on)
        held = _held(connection, deliverable.when, period.request_on)
        deadline = plan.deadline_of(deliverable.deadline or period.deadline)
        due_at = None if deadline is None else deadline.first_late_at
        if deliverable.deadline is None and due_at is not None:
            due_at = moved_to or due_at
        rows += [
            {
                "cycle_id": cycle_id,
                "recipient_id": r.recipient_id,
                "deliverable": deliverable.code,
                "due_at": due_at,
                "because": _because(deliverable),
            }
            for r in recipients
            if (not deliverable.owed_by or r.group_code in deliverable.owed_by)
            and r.organization_id not in excepted
            and (not deliverable.only_groups or r.organization_id in chosen)
            and (held is None or r.organization_id in held or r.parent_id in held)
        ]
    return [
        Owed(found.obligation_id, found.recipient_id, found.due_at)
        for row in rows
        if (found := connection.execute(query("cycles/add_obligation"), row).one_or_none()) is not None
    ]


def _plan_reminders(
    connection: Connection, regime: Regime, issue_on: date, added: list[Owed], asked_at: datetime | None
) -> None:
    """Plan the reminders of these obligations; where they are asked for at a moment, none within a working
    day of it.
    """
    if not added:
        return
    calendar = WorkingCalendar.load(regime.code)
    first = None if asked_at is None else plan.earliest_reminder(asked_at, calendar)
    plans = {
        due_at: plan.reminder_plan(regime, due_at, issue_on, calendar)
        for due_at in {owed.due_at for owed in added}
    }
    rows = [
        {"obligation_id": owed.obligation_id, "step": step, "due_at": moment}
        for owed in added
        for step, moment in plans[owed.due_at].items()
        if first is None or moment >= first
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
