"""Opening a cycle: the regime, the form and the roster of its day are frozen into it."""

from __future__ import annotations

import json
from typing import Literal

from sqlalchemy import Connection, Engine

from reporting import clock, events
from reporting.calendar.working_days import WorkingCalendar
from reporting.consolidation.stated import load_stated
from reporting.cycles import plan
from reporting.database import query
from reporting.documents.lifecycle import hash_of
from reporting.forms.models import Form, load_form
from reporting.regimes.models import Regime
from reporting.registry.roster import members

Mode = Literal["live", "rehearsal"]


def cycle_id_of(regime: Regime, period: str, mode: Mode, number: int = 1) -> str:
    """The id of a cycle and of its Airflow run. Rehearsals of one period are numbered."""
    base = f"{regime.code}__{period}"
    return base if mode == "live" else f"{base}__dien_tap_{number}"


def open_cycle(
    engine: Engine,
    regime: Regime,
    period: str,
    mode: Mode,
    number: int = 1,
    stated_figures: str | None = None,
    *,
    is_past_meant: bool = False,
) -> str:
    """Open a cycle, once, and return its id; a cycle that is open already is left as it is.

    `stated_figures` names a file of include/registry/stated with which the consolidation is compared.

    A rehearsal gets a simulated clock that stands at the opening of the office on the day of the request.
    Raises LookupError for an unknown period, FileNotFoundError for stated figures that do not exist,
    ValueError when a list of addressees is empty on that day or the form differs from the one frozen under
    its version, and for a live cycle whose period is over unless `is_past_meant`: it would write to every
    office at once.
    """
    load_stated(stated_figures)  # a misspelt name is told now, not at the consolidation weeks later
    wanted = regime.period(period)
    cycle_id = cycle_id_of(regime, period, mode, number)
    form = load_form(regime.form_code, regime.form_version)
    calendar = WorkingCalendar.load()
    milestones = plan.milestones(regime, wanted, calendar)
    with engine.begin() as connection:
        # Two openings at once: the second waits here and finds the cycle.
        connection.execute(query("cycles/lock_opening"), {"cycle_id": cycle_id})
        if connection.execute(query("cycles/exists"), {"cycle_id": cycle_id}).one_or_none():
            return cycle_id
        if mode == "live" and not is_past_meant and wanted.report_on < clock.wall_now().date():
            raise ValueError(
                f"Period {period} was over on {wanted.report_on:%d/%m/%Y}; a live cycle would write to every "
                "office now. Rehearse it, or say that the past is meant (`reporting cycle open … --past`)."
            )
        clock_id = clock.WALL
        if mode == "rehearsal":
            clock_id = f"rehearsal:{cycle_id}"
            clock.create_simulated(connection, clock_id, milestones[0].due_at)
        else:
            connection.execute(query("cycles/ensure_wall_clock"))
        _freeze_form(connection, form)
        late = clock.wall_now().date() > wanted.request_on
        connection.execute(
            query("cycles/insert_cycle"),
            {
                "cycle_id": cycle_id,
                "regime": regime.code,
                "period": period,
                "title": wanted.report_title,
                "subject": regime.request_letter.subject,
                "mode": mode,
                "clock_id": clock_id,
                "regime_content": regime.model_dump_json(),
                "form_code": form.code,
                "form_version": form.version,
                "period_from": wanted.period_from,
                "period_to": wanted.period_to,
                "cutoff_on": wanted.cutoff_on,
                "request_on": wanted.request_on,
                "deadline_phrase": plan.deadline_of(wanted).phrase,
                "due_at": plan.deadline_of(wanted).first_late_at,
                "is_reconstruction": wanted.is_reconstruction,
                "stated_figures": stated_figures,
                "opened_late_because": "opened after its planned day" if late and mode == "live" else None,
            },
        )
        _add_deliverables(connection, cycle_id, regime)
        marker = "" if mode == "live" else f"DT{number}-"
        count = _add_recipients(connection, cycle_id, regime, period, f"{wanted.reference_prefix}-{marker}")
        _add_plan(connection, cycle_id, regime, milestones, calendar)
        events.record(
            connection, cycle_id, "cycle_opened", "pipeline", clock.now(connection, cycle_id),
            mode=mode, recipients=count,
        )  # fmt: skip
    return cycle_id


def regime_of(connection: Connection, cycle_id: str) -> Regime:
    """The regime as it was when the cycle was opened. Raises LookupError when there is no such cycle."""
    content = connection.execute(query("cycles/regime_of_cycle"), {"cycle_id": cycle_id}).scalar_one_or_none()
    if content is None:
        raise LookupError(f"There is no cycle {cycle_id!r}; `reporting cycle list` shows those there are.")
    return Regime.model_validate(content)


def _freeze_form(connection: Connection, form: Form) -> None:
    content = form.model_dump(mode="json")
    frozen = connection.execute(
        query("cycles/freeze_form"),
        {
            "form_code": form.code,
            "version": form.version,
            "content": json.dumps(content, ensure_ascii=False),
            "content_hash": hash_of(content),
        },
    ).scalar_one()
    if frozen != hash_of(content):
        raise ValueError(
            f"include/forms/{form.code}@{form.version}.yaml was changed after a cycle had used it. "
            "Undo the change, or save it as a new version and name that in the regime."
        )


def _add_deliverables(connection: Connection, cycle_id: str, regime: Regime) -> None:
    connection.execute(
        query("cycles/insert_deliverable"),
        [
            {"cycle_id": cycle_id, "deliverable": d.code, "label": d.label, "position": position}
            for position, d in enumerate(regime.deliverables, start=1)
        ],
    )


def _add_recipients(connection: Connection, cycle_id: str, regime: Regime, period: str, prefix: str) -> int:
    request_on = regime.period(period).request_on
    rows: list[dict[str, object]] = []
    for addressees in regime.addressees:
        offices = members(connection, addressees.group, request_on)
        if not offices:
            raise ValueError(
                f"Regime {regime.code}: the list {addressees.group!r} has no member "
                f"on {request_on:%d/%m/%Y}. "
                "Check include/registry/group_members.csv."
            )
        for office in offices:
            rows.append(
                {
                    "cycle_id": cycle_id,
                    "organization_id": office.organization_id,
                    "group_code": addressees.group,
                    "position": len(rows) + 1,
                    "name": office.name,
                    "short_name": office.short_name,
                    "role": addressees.role,
                    "reference_code": f"{prefix}{len(rows) + 1:02d}",
                }
            )
    connection.execute(query("cycles/insert_recipient"), rows)
    return len(rows)


def _add_plan(
    connection: Connection,
    cycle_id: str,
    regime: Regime,
    milestones: list[plan.Milestone],
    calendar: WorkingCalendar,
) -> None:
    connection.execute(query("cycles/insert_obligations"), {"cycle_id": cycle_id})
    connection.execute(
        query("cycles/insert_milestone"),
        [
            {
                "cycle_id": cycle_id,
                "step": m.step,
                "due_at": m.due_at,
                "is_reminder": m.is_reminder,
                "offset_working_days": m.offset_working_days,
            }
            for m in milestones
        ],
    )
    obligations = connection.execute(query("cycles/obligations_with_deadline"), {"cycle_id": cycle_id}).all()
    plans = {
        due_at: plan.reminder_plan(regime, due_at, calendar) for due_at in {o.due_at for o in obligations}
    }
    rows = [
        {"obligation_id": o.obligation_id, "step": step, "due_at": due_at}
        for o in obligations
        for step, due_at in plans[o.due_at].items()
    ]
    if rows:
        connection.execute(query("cycles/set_reminder"), rows)
