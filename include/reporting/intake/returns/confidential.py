"""Offices that answer by the secret mail (nhận theo đường văn thư mật): no file and no figure of theirs is
taken here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, Engine

from reporting import events
from reporting.cycles.selection import RefusedChange, choose, hold, required
from reporting.database import query
from reporting.intake.returns.versions import hold_office, take_back, versions_of
from reporting.wording.vietnamese import short_date


def is_confidential(connection: Connection, cycle_id: str, reference_code: str) -> bool:
    """Whether this recipient answers by the secret mail, so that nothing of its deliveries may be read."""
    return bool(confidential_offices(connection, cycle_id, [reference_code]))


def confidential_offices(
    connection: Connection, cycle_id: str, reference_codes: Sequence[str] | None = None
) -> set[str]:
    """The look-up codes of those (of all, or of these recipients) that answer by the secret mail."""
    keys = {
        "cycle_id": cycle_id,
        "reference_codes": None if reference_codes is None else list(reference_codes),
    }
    return set(connection.scalars(query("returns/confidential_offices"), keys))


def mark(
    engine: Engine,
    cycle_id: str,
    reference_code: str,
    *,
    reason: str,
    by: str,
    received_on: date | None = None,
    withdraws: bool = False,
) -> bool:
    """Note that an office answers by the secret mail; returns whether anything was new.

    `reason` says on what ground, without anything of the content; `received_on` the day on which the records
    desk received the answer, which may be entered later. Raises RefusedChange while accepted figures of the
    office count, unless it `withdraws` them; for an unknown office or cycle; for a day in the future.
    """
    required(reason=reason, by=by)
    with engine.begin() as connection:
        cycle = hold(connection, cycle_id, needs_open=False)
        (office,) = choose(connection, cycle, reference_code)
        if received_on is not None and received_on > cycle.today:
            raise RefusedChange(
                "received_in_future",
                f"{received_on:%d/%m/%Y} is after the cycle's day {cycle.today:%d/%m/%Y}; "
                "enter the day of receipt.",
                on=short_date(received_on),
                today=short_date(cycle.today),
            )
        hold_office(connection, cycle_id, reference_code)
        held = [v for v in versions_of(connection, cycle_id, reference_code) if v.has_figures]
        if held and not withdraws:
            raise RefusedChange(
                "has_figures",
                f"{len(held)} versions with figures of {office.short_name} are held; "
                "give --withdraw to take them back in the same step.",
                office=office.short_name,
                count=len(held),
            )
        for version in held:
            take_back(connection, cycle, office.recipient_id, version, asked_by=by, reason=reason, by=by)
        number = connection.execute(
            query("returns/add_confidential"),
            {
                "cycle_id": cycle_id,
                "recipient_id": office.recipient_id,
                "reason": reason.strip(),
                "received_on": received_on,
                "by": by.strip(),
                "at": cycle.now,
            },
        ).scalar_one_or_none()
        if number is None:
            return False
        events.record(
            connection, cycle_id, "confidential_marked", by, cycle.now, recipient_id=office.recipient_id,
            reason=reason, received_on=received_on,
        )  # fmt: skip
    return True


def unmark(engine: Engine, cycle_id: str, reference_code: str, *, reason: str, by: str) -> None:
    """Undo the mark: the office owes its files again. Raises RefusedChange when it has none."""
    required(reason=reason, by=by)
    with engine.begin() as connection:
        cycle = hold(connection, cycle_id, needs_open=False)
        (office,) = choose(connection, cycle, reference_code)
        number = connection.execute(
            query("returns/undo_confidential"),
            {
                "recipient_id": office.recipient_id,
                "at": cycle.now,
                "by": by.strip(),
                "reason": reason.strip(),
            },
        ).scalar_one_or_none()
        if number is None:
            raise RefusedChange(
                "not_confidential",
                f"{office.short_name} is not marked as answering by the secret mail.",
                office=office.short_name,
            )
        events.record(
            connection, cycle_id, "confidential_undone", by, cycle.now, recipient_id=office.recipient_id,
            reason=reason,
        )  # fmt: skip
