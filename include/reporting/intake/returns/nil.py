"""Nil returns: an office says, without a workbook, that nothing occurred in the period (Không phát sinh)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from sqlalchemy import Connection, Engine

from reporting import events
from reporting.clock import VIETNAM
from reporting.cycles.changes import replan_reminders
from reporting.cycles.selection import HeldCycle, RefusedChange, choose, hold, obligations, required
from reporting.database import query
from reporting.intake.returns.versions import hold_office
from reporting.mail.delivery import deliver
from reporting.mail.facts import last_correction_day, load_cycle
from reporting.mail.notices import ChangeNotice, queue_change
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import short_date

NIL_RETURN = "nil_return"


def confirmed_by(who: str, on: date) -> str:
    """The basis of a nil return that a person of the office confirmed, as the office reads it."""
    return text("returns.nil.confirmed", by=who.strip(), date=short_date(on))


def enter(
    engine: Engine,
    cycle_id: str,
    reference_code: str,
    *,
    basis: str,
    by: str,
    said_on: date | None = None,
    deliverables: Sequence[str] | None = None,
) -> int:
    """Enter that nothing occurred for an office, for all it still owes or for these deliverables; returns for
    how many, 0 when that is entered already. The office is told by mail.

    `basis` is the document ("Văn bản số … ngày …") or who confirmed it; `said_on` the day on which the office
    said so, from which its timeliness counts; today, if not given. Raises UnknownOffice; RefusedChange while
    figures of the office count (they are to be withdrawn first), when it owes nothing, or for a day in
    the future.
    """
    required(basis=basis, by=by)
    with engine.begin() as connection:
        cycle = hold(connection, cycle_id, needs_open=False)
        (office,) = choose(connection, cycle, reference_code)
        said_at = cycle.now
        if said_on is not None and said_on > cycle.today:
            raise RefusedChange(
                "received_in_future",
                f"{said_on:%d/%m/%Y} is after the cycle's day {cycle.today:%d/%m/%Y}; "
                "enter the day on which the office said so.",
                on=short_date(said_on),
                today=short_date(cycle.today),
            )
        if said_on is not None and said_on < cycle.today:
            said_at = datetime.combine(said_on, time(), VIETNAM)
        hold_office(connection, cycle_id, reference_code)
        rows = obligations(connection, [office], deliverables)
        if any(row.kind == "data_form" and row.state in {"completed", "partial"} for row in rows):
            raise RefusedChange(
                "figures_count",
                f"Figures of {office.short_name} count; withdraw that version first "
                "(`reporting intake withdraw`), then enter the nil return.",
                office=office.short_name,
            )
        owed = [row for row in rows if row.is_outstanding]
        if not owed and any(row.state == "nil" for row in rows):
            return 0
        if not owed:
            raise RefusedChange(
                "owes_nothing",
                f"{office.short_name} owes nothing in {cycle_id} that could be nil.",
                offices=office.short_name,
            )
        numbers = [
            connection.execute(
                query("returns/add_nil"),
                {
                    "obligation_id": row.obligation_id,
                    "basis": basis.strip(),
                    "by": by.strip(),
                    "confirmed_at": said_at,
                    "at": cycle.now,
                },
            ).scalar_one()
            for row in owed
        ]
        events.record(
            connection, cycle_id, "nil_entered", by, cycle.now, recipient_id=office.recipient_id,
            deliverables=[row.deliverable for row in owed], basis=basis, said_on=said_on,
        )  # fmt: skip
        _tell(connection, cycle, office.recipient_id, [row.obligation_id for row in owed], basis, numbers[0])
    deliver(engine, cycle_id)
    return len(owed)


def undo(engine: Engine, cycle_id: str, reference_code: str, *, reason: str, by: str) -> int:
    """Undo a nil return entered wrongly: the office owes its answer again; returns for how many obligations.

    Its reminders are planned again as far as their moments lie ahead. Raises RefusedChange when none stands.
    """
    required(reason=reason, by=by)
    with engine.begin() as connection:
        cycle = hold(connection, cycle_id, needs_open=False)
        (office,) = choose(connection, cycle, reference_code)
        undone = connection.execute(
            query("returns/undo_nil"),
            {
                "recipient_id": office.recipient_id,
                "at": cycle.now,
                "by": by.strip(),
                "reason": reason.strip(),
            },
        ).all()
        if not undone:
            raise RefusedChange(
                "no_nil",
                f"No nil return of {office.short_name} stands that could be undone.",
                office=office.short_name,
            )
        ids = {row.obligation_id for row in undone}
        again = [row for row in obligations(connection, [office]) if row.obligation_id in ids]
        if cycle.closed_at is None:
            replan_reminders(connection, cycle, [(row.obligation_id, row.due_at) for row in again])
        events.record(
            connection, cycle_id, "nil_undone", by, cycle.now, recipient_id=office.recipient_id,
            deliverables=[row.deliverable for row in again], reason=reason,
        )  # fmt: skip
    return len(undone)


def _tell(
    connection: Connection,
    cycle: HeldCycle,
    recipient_id: int,
    obligation_ids: Sequence[int],
    basis: str,
    number: int,
) -> None:
    values = values_of(connection, cycle.cycle_id, basis.strip())
    notice = ChangeNotice(recipient_id, number, tuple(obligation_ids), values)
    queue_change(connection, cycle.cycle_id, NIL_RETURN, [notice])


def values_of(connection: Connection, cycle_id: str, basis: str) -> dict[str, object]:
    """What the mail says that notes a nil return, besides what every mail of the cycle says."""
    cycle = load_cycle(connection, cycle_id, is_registered=False)
    return {
        "period": cycle.regime.period(cycle.row.period).label,
        "form_title": cycle.form.title if cycle.row.form_content is not None else cycle.row.title,
        "basis": basis,
        "last_correction_day": last_correction_day(cycle),
    }
