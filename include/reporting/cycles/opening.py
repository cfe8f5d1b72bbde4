"""Opening a cycle: the regime, the form and the roster of its day are frozen into it."""

from __future__ import annotations

import json
from datetime import date
from typing import Literal

from dateutil.relativedelta import relativedelta
from sqlalchemy import Connection, Engine

from reporting import clock, events
from reporting.calendar.working_days import WorkingCalendar
from reporting.consolidation.stated import load_stated
from reporting.cycles import follow_up_questions, plan
from reporting.cycles.obligations import oblige
from reporting.database import query
from reporting.documents.lifecycle import hash_of
from reporting.forms.models import Form, load_form
from reporting.letters.text import fill
from reporting.regimes.models import Addressees, Period, Regime
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
    parent_cycle_id: str | None = None,
    officer: str | None = None,
    clock_id: str | None = None,
) -> str:
    """Open a cycle, once, and return its id; a cycle that is open already is left as it is.

    Directions of the Government about earlier reports of the regime that are open are asked about by a form
    derived from the regime's. `stated_figures` names a file of include/registry/stated with which the
    consolidation is compared.

    A rehearsal gets a simulated clock that stands at the opening of the office on the day of the request,
    unless it is given one (`clock_id`) that several rehearsals share. `parent_cycle_id` is the cycle that
    this one follows, `officer` who is in charge of it.

    Raises LookupError for an unknown period, FileNotFoundError for stated figures that do not exist,
    ValueError when a list of addressees is empty on that day or the form differs from the one frozen under
    its version, and for a live cycle whose period is over unless `is_past_meant`: it would write to every
    office at once.
    """
    load_stated(stated_figures)  # a misspelt name is told now, not at the consolidation weeks later
    wanted = regime.period(period)
    regime = _with_written(regime, wanted)
    cycle_id = cycle_id_of(regime, period, mode, number)
    form = None
    if regime.form_code is not None and regime.form_version is not None:
        form = load_form(regime.form_code, regime.form_version)
    calendar = WorkingCalendar.load(regime.code)
    milestones = plan.milestones(regime, wanted, calendar)
    with engine.begin() as connection:
        # Two openings at once: the second waits here and finds the cycle.
        connection.execute(query("cycles/lock_opening"), {"cycle_id": cycle_id})
        if connection.execute(query("cycles/exists"), {"cycle_id": cycle_id}).one_or_none():
            return cycle_id
        if mode == "live" and not is_past_meant and wanted.last_on < clock.wall_now().date():
            raise ValueError(
                f"Period {period} was over on {wanted.last_on:%d/%m/%Y}; a live cycle would write to every "
                "office now. Rehearse it, or say that the past is meant (`reporting cycle open … --past`)."
            )
        if mode == "live":
            clock_id = clock.WALL
            connection.execute(query("cycles/ensure_wall_clock"))
        else:
            clock_id = clock_id or f"rehearsal:{cycle_id}"
            clock.create_simulated(connection, clock_id, milestones[0].due_at)
        if form is not None:
            form = follow_up_questions.extended(connection, form, regime.code, mode, wanted.period_to)
            _freeze_form(connection, form)
        deadline = plan.deadline_of(wanted.deadline)
        late = clock.wall_now().date() > wanted.request_on
        connection.execute(
            query("cycles/insert_cycle"),
            {
                "cycle_id": cycle_id,
                "regime": regime.code,
                "period": period,
                "title": wanted.report_title,
                "subject": fill(
                    regime.request_letter.subject,
                    {"period_label": wanted.label, "report_title": wanted.report_title},
                ),
                "mode": mode,
                "clock_id": clock_id,
                "regime_content": regime.model_dump_json(),
                "form_code": regime.form_code,
                "form_version": None if form is None else form.version,
                "period_from": wanted.period_from,
                "period_to": wanted.period_to,
                "cutoff_on": wanted.cutoff_on,
                "request_on": wanted.request_on,
                "deadline_phrase": plan.deadline_phrase(wanted),
                "due_at": None if deadline is None else deadline.first_late_at,
                "is_reconstruction": wanted.is_reconstruction,
                "stated_figures": stated_figures,
                "opened_late_because": "opened after its planned day" if late and mode == "live" else None,
                "kind": regime.kind,
                "asked_by": regime.asked_by,
                "parent_cycle_id": parent_cycle_id,
                "officer": officer,
                "upstream_due_on": None if wanted.upstream is None else wanted.upstream.due_on,
            },
        )
        if form is not None:
            follow_up_questions.link(connection, cycle_id, form)
        _add_deliverables(connection, cycle_id, regime, wanted)
        marker = "" if mode == "live" else f"DT{number}-"
        count = _add_recipients(connection, cycle_id, regime, period, f"{wanted.reference_prefix}-{marker}")
        _add_plan(connection, cycle_id, milestones)
        oblige(connection, cycle_id, regime, wanted)
        _add_stages(connection, cycle_id, regime, wanted)
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


def request_day(connection: Connection, cycle_id: str) -> date:
    """The planned day of the cycle's request. Raises LookupError when there is no such cycle."""
    found: date | None = connection.execute(
        query("cycles/request_day"), {"cycle_id": cycle_id}
    ).scalar_one_or_none()
    if found is None:
        raise LookupError(f"There is no cycle {cycle_id!r}; `reporting cycle list` shows those there are.")
    return found


def period_of(connection: Connection, cycle_id: str) -> str:
    """The code of the cycle's period. Raises NoResultFound when there is no such cycle."""
    return str(connection.execute(query("cycles/period_of_cycle"), {"cycle_id": cycle_id}).scalar_one())


def asked_by(connection: Connection, cycle_id: str) -> str:
    """How the cycle asks: letter, instrument or mail."""
    return str(connection.execute(query("cycles/asked_by"), {"cycle_id": cycle_id}).scalar_one())


def is_withdrawn(connection: Connection, cycle_id: str) -> bool:
    """Whether the cycle was called off."""
    return bool(connection.execute(query("cycles/is_withdrawn"), {"cycle_id": cycle_id}).scalar_one())


def _with_written(regime: Regime, period: Period) -> Regime:
    """The regime with this period written out: one of its schedule keeps its days, whatever is announced
    about days off while its cycle runs.
    """
    if period in regime.periods:
        return regime
    return regime.model_copy(update={"periods": (*regime.periods, period)})


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


def _add_deliverables(connection: Connection, cycle_id: str, regime: Regime, period: Period) -> None:
    connection.execute(
        query("cycles/insert_deliverable"),
        [
            {
                "cycle_id": cycle_id,
                "deliverable": d.code,
                "label": fill(d.label, {"period_label": period.label}),
                "position": position,
                "kind": d.kind,
                "is_opt_in": d.is_opt_in,
                "frequency": d.frequency,
            }
            for position, d in enumerate(regime.deliverables, start=1)
        ],
    )


def _add_recipients(connection: Connection, cycle_id: str, regime: Regime, period: str, prefix: str) -> int:
    request_on = regime.period(period).request_on
    rows: list[dict[str, object]] = []
    listed: set[str] = set()
    for addressees in regime.addressees:
        offices = members(connection, addressees.group, request_on)
        if addressees.only:
            _refuse_strangers(regime, addressees, [o.organization_id for o in offices])
            offices = [o for o in offices if o.organization_id in addressees.only]
        offices = [o for o in offices if o.organization_id not in addressees.without]
        if not offices:
            raise ValueError(
                f"Regime {regime.code}: the list {addressees.group!r} has no member "
                f"on {request_on:%d/%m/%Y}. "
                "Check include/registry/group_members.csv."
            )
        for office in offices:
            if office.organization_id in listed:
                continue
            listed.add(office.organization_id)
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


def _refuse_strangers(regime: Regime, addressees: Addressees, known: list[str]) -> None:
    strays = sorted(set(addressees.only) - set(known))
    if strays:
        raise ValueError(
            f"Regime {regime.code}: {', '.join(strays)} is not in the list {addressees.group!r} on the day "
            "of the request. Check the ids with `reporting resolve NAME`."
        )


def _add_stages(connection: Connection, cycle_id: str, regime: Regime, period: Period) -> None:
    """The reviews that the directive orders for later become follow-up items with their day."""
    for position, stage in enumerate(regime.stages, start=1):
        connection.execute(
            query("cycles/add_stage"),
            {
                "cycle_id": cycle_id,
                "position": position,
                "wording": stage.label,
                "owner": stage.owner or regime.unit.name,
                "due_on": period.request_on + relativedelta(months=stage.months),
            },
        )


def _add_plan(connection: Connection, cycle_id: str, milestones: list[plan.Milestone]) -> None:
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
