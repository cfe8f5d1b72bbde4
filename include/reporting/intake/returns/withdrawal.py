"""Withdrawal: an office takes back what it sent; the version before counts again, or none."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from reporting.cycles.changes import replan_reminders
from reporting.cycles.selection import RefusedChange, choose, hold, obligations, required
from reporting.intake.returns.versions import Version, hold_office, take_back, versions_of
from reporting.mail.delivery import deliver
from reporting.mail.notices import ChangeNotice, queue_change
from reporting.wording.vietnamese import moment

VERSION_WITHDRAWN = "version_withdrawn"


@dataclass(frozen=True)
class Withdrawn:
    """What was taken back, and which version counts now; None for none."""

    version: int
    current: int | None


def withdraw(
    engine: Engine,
    cycle_id: str,
    reference_code: str,
    *,
    asked_by: str,
    reason: str,
    by: str,
    version: int | None = None,
) -> Withdrawn:
    """Take back a version of an office, as it asked: the one that counts, if no other is named.

    The office is told by mail, and what it owes again is reminded of as its plan has it from now on;
    repeated, nothing changes. Sending a file again undoes it. Raises UnknownOffice; RefusedChange for a
    version that it has not or that was not accepted, or when none counts.
    """
    required(asked_by=asked_by, reason=reason, by=by)
    with engine.begin() as connection:
        cycle = hold(connection, cycle_id, needs_open=False)
        (office,) = choose(connection, cycle, reference_code)
        hold_office(connection, cycle_id, reference_code)
        known = versions_of(connection, cycle_id, reference_code)
        chosen = _chosen(known, version, office.short_name)
        if not chosen.is_withdrawn:
            take_back(connection, cycle, office.recipient_id, chosen, asked_by=asked_by, reason=reason, by=by)
        now = versions_of(connection, cycle_id, reference_code)
        current = next((v for v in now if v.is_current), None)
        owed = [row for row in obligations(connection, [office]) if row.kind == "data_form"]
        if not chosen.is_withdrawn:
            again = [(row.obligation_id, row.due_at) for row in owed if row.is_outstanding]
            if again and cycle.closed_at is None:
                replan_reminders(connection, cycle, again)
            values: dict[str, object] = {
                "asked_by": asked_by.strip(),
                "filename": chosen.filename,
                "received_at": moment(chosen.received_at),
                "counted_filename": current.filename if current else None,
                "counted_received_at": moment(current.received_at) if current else None,
                "is_late": any(row.due_at is not None and row.due_at <= cycle.now for row in owed),
            }
            ids = tuple(row.obligation_id for row in owed)
            notice = ChangeNotice(office.recipient_id, chosen.submission_id, ids, values)
            queue_change(connection, cycle_id, VERSION_WITHDRAWN, [notice])
    deliver(engine, cycle_id)
    return Withdrawn(chosen.version, current.version if current else None)


def _chosen(known: list[Version], version: int | None, office: str) -> Version:
    if version is None:
        current = next((v for v in known if v.is_current), None)
        if current is None:
            raise RefusedChange(
                "nothing_to_withdraw",
                f"No version of {office} counts, so none can be taken back.",
                office=office,
            )
        return current
    found = next((v for v in known if v.version == version), None)
    numbers = ", ".join(str(v.version) for v in known) or "–"
    if found is None:
        raise RefusedChange(
            "no_version",
            f"{office} has no version {version}; it has: {numbers}.",
            office=office,
            version=version,
            known=numbers,
        )
    if not found.has_figures and not found.is_withdrawn:
        raise RefusedChange(
            "not_countable",
            f"Version {version} of {office} was not accepted; it counts for nothing to be taken back.",
            office=office,
            version=version,
        )
    return found
