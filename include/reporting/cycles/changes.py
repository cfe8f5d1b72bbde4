"""Changes to a cycle while it runs: more time, a waiver, another deadline or close, a withdrawal, an office
more.

Each is one transaction that holds the cycle, is recorded in the audit log with everything that was entered,
and does nothing when it is repeated with the same arguments (a double click). Refusals are RefusedChange: one
sentence that names the remedy, in English, with `in_vietnamese` for the person at the form. Mail of
confirmation is queued in the same transaction and sent by mail_delivery.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Row

from reporting import events
from reporting.calendar.deadlines import Deadline
from reporting.calendar.working_days import WorkingCalendar
from reporting.clock import VIETNAM
from reporting.cycles import plan, steps
from reporting.cycles.selection import (
    ChosenOffice,
    HeldCycle,
    OfficeChoice,
    RefusedChange,
    Selection,
    UnknownOffice,
    choose,
    hold,
    obligations,
    required,
)
from reporting.database import query
from reporting.documents import extra, lifecycle
from reporting.mail import notices
from reporting.mail.notices import ChangeNotice
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import short_date

AskedHow = Literal["letter", "phone", "mail", "ministry"]
Confirmation = Literal["mail", "letter", "none"]
"""How those concerned are told: by mail; by a numbered letter of notice, drafted for approval; or not at all
(they are told otherwise)."""
EXTENSION, WAIVER, DEADLINE_CHANGED, WITHDRAWAL, ADDED = (
    "extension",
    "waiver",
    "deadline_changed",
    "withdrawal",
    "confirmation__added",
)


@dataclass(frozen=True)
class _Told:
    """A mail that tells of a change, or the paragraphs of the letter that does."""

    step: str
    notices: tuple[ChangeNotice, ...]


# -- more time -----------------------------------------------------------------------------------------


def extend(
    engine: Engine,
    cycle_id: str,
    offices: OfficeChoice,
    deadline: Deadline,
    *,
    asked_how: str,
    reason: str,
    agreed_by: str,
    asked_by: str = "",
    agreed_on: date | None = None,
    deliverables: Sequence[str] | None = None,
    by: str | None = None,
    confirm: Confirmation = "mail",
) -> datetime:
    """Grant offices a later deadline for all they still owe (or for these deliverables); returns the new
    first late instant.

    `asked_by` says who asked (name and office, or number and date of the letter), `by` who enters it.
    Reminders are planned again from the new deadline. Of a region or list, those that owe nothing any more,
    or have as much time already, are left out; of offices that were named, that is refused.

    Raises UnknownOffice (a LookupError) when an office is unknown or owes nothing any more, RefusedChange (a
    ValueError) when the new deadline is not later than the one that holds, is over, or falls after the close.
    """
    required(asked_how=asked_how, reason=reason, agreed_by=agreed_by)
    new_due_at = deadline.first_late_at
    with engine.begin() as connection:
        cycle = hold(connection, cycle_id)
        chosen = choose(connection, cycle, offices)
        owed = [o for o in obligations(connection, chosen, deliverables) if o.is_outstanding]
        granted: dict[str, Any] = {
            "due_at": new_due_at,
            "asked_how": asked_how,
            "asked_by": asked_by.strip(),
            "reason": reason.strip(),
            "agreed_by": agreed_by.strip(),
            "agreed_on": agreed_on,
        }
        if _are_granted(connection, owed, granted):
            return new_due_at
        owed = _extensible(cycle, chosen, owed, new_due_at, is_named=_is_named(offices))
        _refuse_past(cycle, new_due_at)
        _refuse_after_close(cycle, new_due_at)
        notice_of: dict[int, int] = {}
        _grant(connection, owed, granted | {"granted_at": cycle.now}, notice_of)
        replan_reminders(connection, cycle, [(o.obligation_id, new_due_at) for o in owed])
        values: dict[str, object] = granted | {
            "names_deliverables": bool(deliverables),
            "is_for_several": len({o.recipient_id for o in owed}) > 1,
            "agreed_on": short_date(agreed_on) if agreed_on else None,
        }
        told = _Told(EXTENSION, _notices(owed, values, notice_of))
        for recipient_id, of_office in _by_recipient(owed).items():
            events.record(
                connection, cycle_id, "deadline_extended", by or agreed_by, cycle.now,
                recipient_id=recipient_id, deliverables=[o.deliverable for o in of_office],
                was_due_at=[_local(o.due_at) for o in of_office], **granted,
            )  # fmt: skip
        _tell_by_mail(connection, cycle_id, told, confirm)
    _tell_by_letter(engine, cycle, told, confirm, by or agreed_by)
    return new_due_at


def undo_extension(
    engine: Engine,
    cycle_id: str,
    offices: OfficeChoice,
    *,
    by: str,
    reason: str,
    deliverables: Sequence[str] | None = None,
    confirm: Confirmation = "mail",
) -> int:
    """Undo the last extension of these offices, which was entered wrongly; the deadline before it holds
    again.

    Returns for how many obligations; the extension is kept, marked as undone. Raises RefusedChange when none
    of them has one.
    """
    required(by=by, reason=reason)
    with engine.begin() as connection:
        cycle = hold(connection, cycle_id)
        rows = {
            o.obligation_id: o
            for o in obligations(connection, choose(connection, cycle, offices), deliverables)
        }
        standing = connection.execute(
            query("cycles/standing_extensions"), {"obligation_ids": list(rows)}
        ).all()
        if not standing:
            raise RefusedChange(
                "no_extension", "None of these offices has an extension that could be undone."
            )
        for extension in standing:
            connection.execute(
                query("cycles/undo_extension"),
                {
                    "extension_id": extension.extension_id,
                    "undone_at": cycle.now,
                    "undone_by": by.strip(),
                    "undone_because": reason.strip(),
                },
            )
        ids = {extension.obligation_id: extension.extension_id for extension in standing}
        again = _read_again(connection, rows, ids)
        replan_reminders(connection, cycle, [(o.obligation_id, o.due_at) for o in again])
        for o in again:
            events.record(
                connection, cycle_id, "extension_undone", by, cycle.now, recipient_id=o.recipient_id,
                deliverable=o.deliverable, extension_id=ids[o.obligation_id], due_at=_local(o.due_at),
                was_due_at=_local(rows[o.obligation_id].due_at), reason=reason,
            )  # fmt: skip
        told = _Told(
            DEADLINE_CHANGED,
            _notices([o for o in again if o.is_outstanding], {"why": "extension_undone"}, ids),
        )
        _tell_by_mail(connection, cycle_id, told, confirm)
    _tell_by_letter(engine, cycle, told, confirm, by)
    return len(standing)


# -- waivers -------------------------------------------------------------------------------------------


def waive(
    engine: Engine,
    cycle_id: str,
    offices: OfficeChoice,
    deliverables: Sequence[str] | None = None,
    *,
    asked_how: str,
    reason: str,
    agreed_by: str,
    asked_by: str = "",
    agreed_on: date | None = None,
    by: str | None = None,
    confirm: Confirmation = "mail",
) -> int:
    """Let offices off what they still owe (Miễn báo cáo), or off these deliverables; returns how many
    obligations.

    Raises UnknownOffice when an office is unknown or owes nothing (of it) any more.
    """
    required(asked_how=asked_how, reason=reason, agreed_by=agreed_by)
    with engine.begin() as connection:
        cycle = hold(connection, cycle_id)
        chosen = choose(connection, cycle, offices)
        all_owed = obligations(connection, chosen, deliverables)
        granted: dict[str, Any] = {
            "asked_how": asked_how,
            "asked_by": asked_by.strip(),
            "reason": reason.strip(),
            "agreed_by": agreed_by.strip(),
            "agreed_on": agreed_on,
        }
        owed = [o for o in all_owed if o.state not in {"completed", "nil", "confidential", "waived"}]
        if not owed and _are_waived(connection, [o for o in all_owed if o.state == "waived"], granted):
            return 0
        _refuse_idle(cycle, chosen, owed, is_named=_is_named(offices))
        waivers = {
            o.obligation_id: connection.execute(
                query("cycles/add_waiver"),
                granted | {"obligation_id": o.obligation_id, "granted_at": cycle.now},
            ).scalar_one()
            for o in owed
        }
        values = granted | {"agreed_on": short_date(agreed_on) if agreed_on else None}
        told = _Told(WAIVER, _notices(owed, values, waivers))
        for recipient_id, of_office in _by_recipient(owed).items():
            events.record(
                connection, cycle_id, "obligation_waived", by or agreed_by, cycle.now,
                recipient_id=recipient_id, deliverables=[o.deliverable for o in of_office], **granted,
            )  # fmt: skip
        _tell_by_mail(connection, cycle_id, told, confirm)
    _tell_by_letter(engine, cycle, told, confirm, by or agreed_by)
    return len(owed)


def undo_waiver(
    engine: Engine,
    cycle_id: str,
    offices: OfficeChoice,
    *,
    by: str,
    reason: str,
    deliverables: Sequence[str] | None = None,
    confirm: Confirmation = "mail",
) -> int:
    """Undo the waivers of these offices, which were entered wrongly: they owe again, by the deadline that
    held.

    Returns for how many obligations. Raises RefusedChange when none of them was let off.
    """
    required(by=by, reason=reason)
    with engine.begin() as connection:
        cycle = hold(connection, cycle_id)
        rows = {
            o.obligation_id: o
            for o in obligations(connection, choose(connection, cycle, offices), deliverables)
        }
        standing = connection.execute(query("cycles/standing_waivers"), {"obligation_ids": list(rows)}).all()
        if not standing:
            raise RefusedChange("no_waiver", "None of these offices was let off anything.")
        for waiver in standing:
            connection.execute(
                query("cycles/undo_waiver"),
                {
                    "waiver_id": waiver.waiver_id,
                    "undone_at": cycle.now,
                    "undone_by": by.strip(),
                    "undone_because": reason.strip(),
                },
            )
        ids = {waiver.obligation_id: waiver.waiver_id for waiver in standing}
        again = _read_again(connection, rows, ids)
        replan_reminders(connection, cycle, [(o.obligation_id, o.due_at) for o in again])
        for recipient_id, of_office in _by_recipient(again).items():
            events.record(
                connection, cycle_id, "waiver_undone", by, cycle.now, recipient_id=recipient_id,
                deliverables=[o.deliverable for o in of_office], reason=reason,
            )  # fmt: skip
        # the numbers of waivers and of extensions are counted apart, their mails are of one step
        sequences = {obligation_id: -waiver_id for obligation_id, waiver_id in ids.items()}
        told = _Told(
            DEADLINE_CHANGED,
            _notices([o for o in again if o.is_outstanding], {"why": "waiver_undone"}, sequences),
        )
        _tell_by_mail(connection, cycle_id, told, confirm)
    _tell_by_letter(engine, cycle, told, confirm, by)
    return len(standing)


# -- the cycle's own days ------------------------------------------------------------------------------


def move_deadline(
    engine: Engine,
    cycle_id: str,
    deadline: Deadline,
    *,
    by: str,
    reason: str,
    agreed_by: str,
    agreed_on: date | None = None,
    instrument: str = "",
    confirm: Confirmation = "mail",
) -> datetime:
    """Move the cycle's deadline for everybody, as a later letter (`instrument`) or the ministry sets it.

    The day that the request named stays on record; what is moved is shown as an extension by the ministry.
    Whoever has more time, or a deadline of its own for a deliverable, keeps it. The steps that are not done
    are planned again; reminders whose step is done are caught up with. Returns the new first late instant.

    Raises RefusedChange when the cycle has no deadline, or the new one is not later, is over, or would bring
    the urging letters or itself after the close.
    """
    required(by=by, reason=reason, agreed_by=agreed_by)
    new_due_at = deadline.first_late_at
    with engine.begin() as connection:
        cycle = hold(connection, cycle_id)
        if cycle.due_at is None:
            raise RefusedChange(
                "no_deadline", f"{cycle_id} fixes no day for everybody; extend the offices that need one."
            )
        granted: dict[str, Any] = {
            "due_at": new_due_at,
            "asked_how": "ministry",
            "asked_by": instrument.strip(),
            "reason": reason.strip(),
            "agreed_by": agreed_by.strip(),
            "agreed_on": agreed_on,
        }
        rows = connection.execute(
            query("cycles/obligations_by_cycle_deadline"), {"cycle_id": cycle_id, "new_due_at": new_due_at}
        ).all()
        if not rows and _was_moved_to(connection, cycle_id, new_due_at):
            return new_due_at
        _refuse_past(cycle, new_due_at)
        if not rows:
            raise RefusedChange(
                "deadline_not_later",
                "The new deadline must be later than the one that holds for everybody, "
                f"{cycle.due_at:%d/%m/%Y %H:%M}. An earlier day is set by a letter that replaces the "
                "request.",
                at=f"{cycle.due_at:%d/%m/%Y %H:%M}",
            )
        _refuse_after_close(cycle, new_due_at)
        was_due = {o.obligation_id: o.due_at for o in rows}
        notice_of: dict[int, int] = {}
        _grant(connection, rows, granted | {"granted_at": cycle.now}, notice_of)
        replan_reminders(connection, cycle, [(obligation_id, new_due_at) for obligation_id in was_due])
        moved = _replan_steps(connection, cycle)
        events.record(
            connection, cycle_id, "deadline_moved", by, cycle.now, obligations=len(rows),
            was_due_at=sorted({at.astimezone(VIETNAM) for at in was_due.values()}), steps=moved, **granted,
        )  # fmt: skip
        values = {
            "why": "moved",
            "instrument": instrument.strip(),
            "agreed_by": agreed_by.strip(),
            "agreed_on": short_date(agreed_on) if agreed_on else None,
        }
        told = _Told(DEADLINE_CHANGED, _notices([o for o in rows if o.is_outstanding], values, notice_of))
        if cycle.is_issued:
            _tell_by_mail(connection, cycle_id, told, confirm)
    if cycle.is_issued:
        _tell_by_letter(engine, cycle, told, confirm, by)
    return new_due_at


def close_early(engine: Engine, cycle_id: str, by: str, reason: str) -> None:
    """Let the cycle close now instead of on its planned day; the waiting run notices by itself."""
    required(by=by, reason=reason)
    with engine.begin() as connection:
        cycle = hold(connection, cycle_id)
        if cycle.close_at <= cycle.now:
            return  # it is closing already
        steps.postpone(connection, cycle_id, plan.CLOSE, cycle.now)
        events.record(
            connection, cycle_id, "closed_early", by, cycle.now, reason=reason, was_due_at=cycle.close_at
        )


def move_close(engine: Engine, cycle_id: str, day: date, *, by: str, reason: str) -> datetime:
    """Move the close to the end of office hours of another day; returns that moment.

    The report is moved behind it where it was planned before. Raises RefusedChange when the day is over, or
    lies before a deadline that holds or an urging letter that is still to come.
    """
    required(by=by, reason=reason)
    with engine.begin() as connection:
        cycle = hold(connection, cycle_id)
        close_at = _at(day, cycle.regime.office_hours.closes)
        if close_at == cycle.close_at:
            return close_at
        _refuse_past(cycle, close_at)
        last_due_at = connection.execute(query("cycles/last_due_at"), {"cycle_id": cycle_id}).scalar_one()
        planned = _undone(connection, cycle_id)
        letters = [planned[s] for s in plan.URGING_STEPS.values() if s in planned]
        latest = max(
            [plan.last_day_before(last_due_at)] * (last_due_at is not None)
            + [letter_at.astimezone(VIETNAM).date() for letter_at in letters],
            default=day,
        )
        if day < latest:
            raise RefusedChange(
                "close_before_deadline",
                f"A deadline or an urging letter falls on {latest:%d/%m/%Y}; close then or later, "
                "or close now (`reporting cycle close`).",
                on=short_date(latest),
            )
        steps.postpone(connection, cycle_id, plan.CLOSE, close_at)
        report_at = _move_report(connection, cycle, planned, close_at)
        events.record(
            connection, cycle_id, "close_moved", by, cycle.now, reason=reason, was_due_at=cycle.close_at,
            due_at=close_at, report_at=report_at,
        )  # fmt: skip
    return close_at


# -- withdrawal ----------------------------------------------------------------------------------------


def withdraw(
    engine: Engine,
    cycle_id: str,
    *,
    by: str,
    reason: str,
    agreed_by: str = "",
    confirm: Confirmation = "mail",
) -> int:
    """Call a cycle off: nothing more is asked, reminded, urged or reported; returns how many steps were left.

    What was queued is not sent; those who were asked are told, by mail or by a letter of recall (`confirm`).
    Its run ends by itself. Questions to approvers lapse. A cycle that is withdrawn stays so. Raises
    RefusedChange when its report is out.
    """
    required(by=by, reason=reason)
    with engine.begin() as connection:
        cycle = hold(connection, cycle_id, needs_open=False)
        if cycle.is_withdrawn:
            return 0
        left = _undone(connection, cycle_id)
        if not left:
            raise RefusedChange(
                "finished",
                f"{cycle_id} is finished; a letter that was sent is recalled by a letter of its own "
                "(`reporting letter`).",
                cycle=cycle_id,
            )
        connection.execute(
            query("cycles/add_withdrawal"),
            {"cycle_id": cycle_id, "reason": reason.strip(), "by": by.strip(), "at": cycle.now},
        )
        for step in left:
            steps.complete(connection, cycle_id, step, by, lapsed="withdrawn")
        dropped = connection.execute(
            query("cycles/withdraw_messages"), {"cycle_id": cycle_id, "at": cycle.now}
        ).rowcount
        asked = connection.scalars(query("cycles/recipients_asked"), {"cycle_id": cycle_id}).all()
        events.record(
            connection, cycle_id, "cycle_withdrawn", by, cycle.now, reason=reason, agreed_by=agreed_by,
            steps=list(left), messages_withdrawn=dropped, told=len(asked),
        )  # fmt: skip
        values = {"reason": reason.strip(), "is_by_letter": confirm == "letter"}
        told = _Told(WITHDRAWAL, tuple(ChangeNotice(r, 1, (), values) for r in asked))
        _tell_by_mail(connection, cycle_id, told, confirm)
    if asked:
        _tell_by_letter(engine, cycle, told, confirm, by)
    return len(left)


# -- who owes what -------------------------------------------------------------------------------------


def add_obligation(
    engine: Engine,
    cycle_id: str,
    reference_code: str,
    deliverable: str,
    *,
    because: str,
    by: str,
    deadline: Deadline | None = None,
    confirm: Confirmation = "mail",
) -> int | None:
    """Let an office owe a deliverable of the cycle that it did not owe; returns the obligation's id, None
    when it owes it already.

    Without `deadline` the regime's own for it holds. Raises UnknownOffice for an unknown office or
    deliverable, RefusedChange for a task (nothing is owed) and when the deadline is over or after the close.
    """
    required(because=because, by=by)
    with engine.begin() as connection:
        cycle = hold(connection, cycle_id)
        (office,) = choose(connection, cycle, reference_code)
        known = {d.code: d for d in cycle.regime.deliverables if d.kind != "task"}
        if deliverable not in known:
            raise UnknownOffice(
                "no_such_deliverable",
                f"{deliverable}: {cycle_id} does not ask for it; there are: {', '.join(known)}.",
                given=deliverable,
                known=", ".join(known),
            )
        if office.role != "owes":
            raise RefusedChange(
                "only_copied",
                f"{office.short_name} ({reference_code}) is copied for information; add it as an "
                "office that owes.",
                office=office.short_name,
            )
        if any(o.deliverable == deliverable for o in obligations(connection, [office])):
            return None
        rule = known[deliverable].deadline or cycle.regime.period(cycle.period).deadline
        wanted = deadline or plan.deadline_of(rule)
        due_at = None if wanted is None else wanted.first_late_at
        if due_at is not None:
            _refuse_past(cycle, due_at)
            _refuse_after_close(cycle, due_at)
        obligation_id = _oblige(connection, cycle, office.recipient_id, deliverable, due_at, because)
        events.record(
            connection, cycle_id, "obligation_added", by, cycle.now, recipient_id=office.recipient_id,
            deliverable=deliverable, due_at=_local(due_at), because=because,
        )  # fmt: skip
        told = _Told(ADDED, (ChangeNotice(office.recipient_id, obligation_id, (obligation_id,), {}),))
        # one that was not asked yet is asked for everything at once, by its request
        asked = connection.scalars(query("cycles/recipients_asked"), {"cycle_id": cycle_id}).all()
        is_asked = office.recipient_id in asked
        if is_asked:
            _tell_by_mail(connection, cycle_id, told, confirm)
    if is_asked:
        _tell_by_letter(engine, cycle, told, confirm, by)
    return obligation_id


def add_recipient(
    engine: Engine,
    cycle_id: str,
    organization_id: str,
    *,
    like: str,
    because: str,
    by: str,
    takes_its_place: bool = False,
    deadline: Deadline | None = None,
) -> str:
    """Add an office to a running cycle; it owes what the office `like` owes, and is asked by the next mails.

    `takes_its_place`: `like` was addressed wrongly (từ chối tiếp nhận, gửi sai nơi) and is let off. Without
    `deadline` the deadlines of `like` hold. Returns its look-up code; that of an office that is there already
    is returned without a change. Raises UnknownOffice for an unknown office, RefusedChange when the deadline
    is over or after the close.
    """
    required(because=because, by=by)
    with engine.begin() as connection:
        cycle = hold(connection, cycle_id)
        (example,) = choose(connection, cycle, like)
        everybody = connection.execute(
            query("cycles/offices"), {"cycle_id": cycle_id, "request_on": cycle.request_on}
        ).all()
        there = {office.organization_id: office.reference_code for office in everybody}
        if organization_id in there:
            return str(there[organization_id])
        position = (
            1
            + connection.execute(
                query("cycles/last_position"), {"cycle_id": cycle_id, "organization_id": organization_id}
            ).scalar_one()
        )
        owed = [o for o in obligations(connection, [example]) if o.state != "completed"]
        due = {o.deliverable: deadline.first_late_at if deadline and o.due_at else o.due_at for o in owed}
        for due_at in due.values():
            if due_at is not None:
                _refuse_past(cycle, due_at)
                _refuse_after_close(cycle, due_at)
        added = connection.execute(
            query("cycles/add_recipient"),
            {
                "cycle_id": cycle_id,
                "organization_id": organization_id,
                "group_code": example.group_code,
                "position": position,
                "reference_code": f"{re.sub(r'[0-9]+$', '', like)}{position:02d}",
                "on_day": cycle.request_on,
            },
        ).one_or_none()
        if added is None:
            raise UnknownOffice(
                "no_such_organization",
                f"{organization_id!r} is no office on {cycle.request_on:%d/%m/%Y}; "
                "`reporting resolve NAME` tells its id.",
                given=organization_id,
            )
        for deliverable, due_at in due.items():
            _oblige(connection, cycle, added.recipient_id, deliverable, due_at, because)
        events.record(
            connection, cycle_id, "recipient_added", by, cycle.now, recipient_id=added.recipient_id,
            organization_id=organization_id, like=like, because=because, deliverables=list(due),
            takes_its_place=takes_its_place,
        )  # fmt: skip
    if takes_its_place:
        waive(
            engine, cycle_id, like, asked_how="ministry", agreed_by=by, by=by, confirm="none",
            reason=text("changes.wrongly_addressed", office=added.name),
        )  # fmt: skip
    return str(added.reference_code)


# -- shared --------------------------------------------------------------------------------------------


def replan_reminders(
    connection: Connection, cycle: HeldCycle, due: Iterable[tuple[int, datetime | None]]
) -> None:
    """Plan the reminders of these obligations anew from their deadlines, as far as their moments lie ahead,
    and move the reminder steps that are not done to the first moment at which one needs them.
    """
    calendar = WorkingCalendar.load(cycle.regime.code)
    plans: dict[datetime | None, dict[str, datetime]] = {}
    for obligation_id, due_at in due:
        if due_at not in plans:
            planned = plan.reminder_plan(cycle.regime, due_at, cycle.request_on, calendar)
            plans[due_at] = {step: at for step, at in planned.items() if at > cycle.now}
        connection.execute(query("cycles/forget_reminders"), {"obligation_id": obligation_id})
        for step, at in plans[due_at].items():
            connection.execute(
                query("cycles/set_reminder"), {"obligation_id": obligation_id, "step": step, "due_at": at}
            )
    connection.execute(query("cycles/replan_reminder_steps"), {"cycle_id": cycle.cycle_id})


def _replan_steps(connection: Connection, cycle: HeldCycle) -> dict[str, datetime]:
    """Move the steps that count from the last deadline and are not done; returns those that moved."""
    last_due_at = connection.execute(query("cycles/last_due_at"), {"cycle_id": cycle.cycle_id}).scalar_one()
    last_day = plan.last_day_before(last_due_at)
    undone = _undone(connection, cycle.cycle_id)
    calendar, hours = WorkingCalendar.load(cycle.regime.code), cycle.regime.office_hours
    moved: dict[str, datetime] = {}
    if plan.DEADLINE in undone:
        moved[plan.DEADLINE] = last_due_at.astimezone(VIETNAM)
    for letter, issue in plan.URGING_STEPS.items():
        urging = plan.urging_of(cycle.regime, letter)
        if urging is None or urging.anchor != "deadline" or letter not in undone:
            continue
        if lifecycle.find(connection, cycle.cycle_id, letter) is not None:
            continue  # it is before its approver already
        day = calendar.shift(last_day, urging.working_days)
        gives_until = calendar.shift(day, urging.new_deadline_working_days)
        if gives_until > cycle.close_at.date():
            raise RefusedChange(
                "urging_after_close",
                f"The urging letter would fall on {day:%d/%m/%Y} and give time until "
                f"{gives_until:%d/%m/%Y}, after "
                f"the close of {cycle.close_at:%d/%m/%Y}; move the close first (`reporting cycle "
                "move-close`).",
                on=short_date(gives_until),
                close=short_date(cycle.close_at.date()),
            )
        moved[letter], moved[issue] = _at(day, hours.opens), _at(day, plan.LETTERS_GO_OUT_AT)
    for step, at in moved.items():
        steps.postpone(connection, cycle.cycle_id, step, at)
    return moved


def _move_report(
    connection: Connection, cycle: HeldCycle, undone: Mapping[str, datetime], close_at: datetime
) -> datetime | None:
    """Move the report behind the close where it was planned before; returns its new moment."""
    if plan.REPORT not in undone or undone[plan.REPORT] > close_at:
        return None
    day = WorkingCalendar.load(cycle.regime.code).shift(close_at.date(), 1)
    report_at = _at(day, cycle.regime.office_hours.opens)
    steps.postpone(connection, cycle.cycle_id, plan.REPORT, report_at)
    if plan.PUBLISH in undone:
        steps.postpone(
            connection, cycle.cycle_id, plan.PUBLISH, max(undone[plan.PUBLISH], _at(day, time(15, 0)))
        )
    return report_at


def _undone(connection: Connection, cycle_id: str) -> dict[str, datetime]:
    rows = connection.execute(query("cycles/undone_steps"), {"cycle_id": cycle_id})
    return {row.step: row.due_at for row in rows}


def _grant(
    connection: Connection,
    rows: Iterable[Row[Any]],
    granted: Mapping[str, object],
    numbers: dict[int, int],
) -> None:
    """Write an extension for each obligation; `numbers` is filled with their ids."""
    for o in rows:
        numbers[o.obligation_id] = connection.execute(
            query("cycles/insert_extension"), {**granted, "obligation_id": o.obligation_id}
        ).scalar_one()


def _oblige(
    connection: Connection,
    cycle: HeldCycle,
    recipient_id: int,
    deliverable: str,
    due_at: datetime | None,
    because: str,
) -> int:
    added = connection.execute(
        query("cycles/add_obligation"),
        {
            "cycle_id": cycle.cycle_id,
            "recipient_id": recipient_id,
            "deliverable": deliverable,
            "due_at": due_at,
            "because": because.strip(),
        },
    ).one()
    replan_reminders(connection, cycle, [(added.obligation_id, due_at)])
    return int(added.obligation_id)


def _read_again(
    connection: Connection, rows: Mapping[int, Row[Any]], ids: Mapping[int, int]
) -> list[Row[Any]]:
    recipients = sorted({rows[obligation_id].recipient_id for obligation_id in ids})
    found = connection.execute(query("cycles/obligations_of"), {"recipient_ids": recipients})
    return [o for o in found if o.obligation_id in ids]


def _is_named(choice: OfficeChoice) -> bool:
    return not (isinstance(choice, Selection) and (choice.region or choice.group))


def _are_granted(connection: Connection, owed: Sequence[Row[Any]], granted: Mapping[str, object]) -> bool:
    """Whether exactly this was granted to all of them before."""
    rows = connection.execute(
        query("cycles/standing_extensions"), {"obligation_ids": [o.obligation_id for o in owed]}
    ).all()
    return bool(owed) and len(rows) == len(owed) and all(_same(row, granted) for row in rows)


def _are_waived(connection: Connection, waived: Sequence[Row[Any]], granted: Mapping[str, object]) -> bool:
    rows = connection.execute(
        query("cycles/standing_waivers"), {"obligation_ids": [o.obligation_id for o in waived]}
    ).all()
    return bool(waived) and any(_same(row, granted) for row in rows)


def _was_moved_to(connection: Connection, cycle_id: str, new_due_at: datetime) -> bool:
    known: datetime | None = connection.execute(
        query("cycles/moved_to"), {"cycle_id": cycle_id}
    ).scalar_one_or_none()
    return known == new_due_at


def _same(row: Row[Any], granted: Mapping[str, object]) -> bool:
    return all(row._mapping[name] == value for name, value in granted.items())


def _extensible(
    cycle: HeldCycle,
    chosen: Sequence[ChosenOffice],
    owed: list[Row[Any]],
    new_due_at: datetime,
    *,
    is_named: bool,
) -> list[Row[Any]]:
    _refuse_idle(cycle, chosen, owed, is_named=is_named)
    early = [o for o in owed if o.due_at is None or o.due_at < new_due_at]
    if (is_named and len(early) < len(owed)) or not early:
        holding = max(o.due_at for o in owed if o.due_at is not None).astimezone(VIETNAM)
        raise RefusedChange(
            "deadline_not_later",
            f"The new deadline must be later than the one that holds, {holding:%d/%m/%Y %H:%M}.",
            at=f"{holding:%d/%m/%Y %H:%M}",
        )
    return early


def _refuse_idle(
    cycle: HeldCycle, chosen: Sequence[ChosenOffice], owed: Sequence[Row[Any]], *, is_named: bool
) -> None:
    """Refuse what is about offices that owe nothing; of a region or list, only when that is all of them."""
    busy = {o.recipient_id for o in owed}
    idle = [office.reference_code for office in chosen if office.recipient_id not in busy]
    if (is_named and idle) or not busy:
        raise UnknownOffice(
            "owes_nothing",
            f"{', '.join(repr(code) for code in idle)} owes nothing in {cycle.cycle_id}; "
            f"`reporting cycle show {cycle.cycle_id}` lists who owes what.",
            offices=", ".join(idle),
        )


def _refuse_past(cycle: HeldCycle, at: datetime) -> None:
    if at <= cycle.now:
        raise RefusedChange(
            "day_is_over",
            f"{at.astimezone(VIETNAM):%d/%m/%Y %H:%M} is over; choose a later day.",
            at=f"{at.astimezone(VIETNAM):%d/%m/%Y %H:%M}",
        )


def _refuse_after_close(cycle: HeldCycle, due_at: datetime) -> None:
    if due_at > cycle.close_at:
        raise RefusedChange(
            "after_close",
            f"The cycle closes {cycle.close_at:%d/%m/%Y %H:%M}; choose an earlier day, or move the "
            "close first.",
            at=f"{cycle.close_at:%d/%m/%Y %H:%M}",
        )


def _by_recipient(rows: Iterable[Row[Any]]) -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.recipient_id, []).append(row)
    return found


def _notices(
    rows: Iterable[Row[Any]], values: Mapping[str, object], numbers: Mapping[int, int]
) -> tuple[ChangeNotice, ...]:
    """One notice per office, numbered by the last of the rows in which the change was written."""
    return tuple(
        ChangeNotice(
            recipient_id,
            max((numbers[o.obligation_id] for o in of_office), key=abs),
            tuple(o.obligation_id for o in of_office),
            values,
        )
        for recipient_id, of_office in _by_recipient(rows).items()
    )


def _tell_by_mail(connection: Connection, cycle_id: str, told: _Told, confirm: Confirmation) -> None:
    # a withdrawal by letter is told by mail as well: the letter takes days, the reminders stop today
    if confirm == "mail" or (confirm == "letter" and told.step == WITHDRAWAL):
        notices.queue_change(connection, cycle_id, told.step, told.notices)


def _tell_by_letter(engine: Engine, cycle: HeldCycle, told: _Told, confirm: Confirmation, by: str) -> None:
    """Start the letter that tells of the change; it is drafted, approved and numbered like any other.

    A withdrawal recalls the request; one that was never registered needs no recall.
    """
    if confirm != "letter" or not told.notices:
        return
    with engine.connect() as connection:
        request = lifecycle.find(connection, cycle.cycle_id, "request_letter")
        is_recall = told.step == WITHDRAWAL
        if is_recall and (request is None or request.number is None):
            return
        content: extra.LetterContent | dict[str, object]
        if is_recall:
            reason = text("changes.letter.withdrawal", reason=told.notices[0].values["reason"])
            content = extra.compose(
                connection, cycle.cycle_id, "recall", about="request_letter", paragraphs=[reason]
            )
        else:
            content = notices.letter_of_change(connection, cycle.cycle_id, told.step, told.notices)
    extra.start_letter(
        engine,
        cycle.cycle_id,
        "recall" if is_recall else "notice",
        content,
        about="request_letter" if is_recall else None,
        by=by,
    )


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, tzinfo=VIETNAM)


def _local(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(VIETNAM)
