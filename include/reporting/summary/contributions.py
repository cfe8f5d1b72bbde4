"""Whose words the report may use: offices whose signed report is registered, or that an officer confirmed.

The report reads the same from the view core.contribution when its snapshot is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Engine

from reporting import events
from reporting.clock import VIETNAM
from reporting.cycles.selection import OfficeChoice, RefusedChange, choose, hold, required
from reporting.database import query
from reporting.events import Event
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import join_names


@dataclass(frozen=True)
class Contribution:
    """What an office wrote in words, in the version of its answer that counts, and what it rests on.

    `source_rank`: who speaks, 1 highest (decision 13). `document_number`, `signed_on`, `registered_number`:
    the signed report of who owes it; None while none is registered. `how`, `confirmed_by`, `confirmed_at`:
    the officer's confirmation of this version; None without one.
    """

    organization_id: str
    reference_code: str
    short_name: str
    version: int
    source_rank: int
    document_number: str | None
    signed_on: date | None
    registered_number: str | None
    how: str | None
    confirmed_by: str | None
    confirmed_at: datetime | None
    is_citable: bool


def contributions(connection: Connection, cycle_id: str) -> list[Contribution]:
    """Every office whose answer that counts holds prose, in the order of the list."""
    return [
        Contribution(
            **{
                **row._mapping,
                "confirmed_at": row.confirmed_at.astimezone(VIETNAM) if row.confirmed_at else None,
            }
        )
        for row in connection.execute(query("contributions/contributions"), {"cycle_id": cycle_id})
    ]


def confirm(
    engine: Engine, cycle_id: str, offices: OfficeChoice, *, how: str, by: str, version: int | None = None
) -> int:
    """Confirm what these offices wrote in the versions that count; returns for how many that is new.

    `how` says with whom it was confirmed, and by what means; `version` which version was read, None where it
    is the one that counts. A later version of an office needs a confirmation of its own. Raises
    UnknownOffice; RefusedChange for an office that wrote nothing in words, or of which another version counts
    than was read, or without `how` or `by`.
    """
    required(how=how, by=by)
    with engine.begin() as connection:
        cycle = hold(connection, cycle_id, needs_open=False)
        chosen = choose(connection, cycle, offices)
        wanted = {"recipient_ids": [office.recipient_id for office in chosen]}
        if silent := list(connection.execute(query("contributions/without"), wanted).scalars()):
            raise RefusedChange(
                "no_words",
                f"{', '.join(silent)}: nothing in words in what counts of their answers; leave them out.",
                offices=join_names(silent),
            )
        new = connection.execute(
            query("contributions/confirm"),
            wanted | {"how": how.strip(), "by": by.strip(), "at": cycle.now, "version": version},
        ).all()
        if version is not None:  # asked after what was written, so that nothing comes in between
            _refuse_other_version(connection, wanted["recipient_ids"], version)
        events.record_all(
            connection,
            cycle_id,
            by.strip(),
            cycle.now,
            [
                Event(
                    "contribution_confirmed",
                    row.recipient_id,
                    {"submission_id": row.submission_id, "how": how.strip()},
                )
                for row in new
            ],
        )
    return len(new)


def _refuse_other_version(connection: Connection, recipient_ids: list[int], version: int) -> None:
    others = connection.execute(
        query("contributions/in_other_version"), {"recipient_ids": recipient_ids, "version": version}
    ).all()
    if others:
        raise RefusedChange(
            "other_version",
            f"Version {version} was read, but another one counts now: "
            f"{', '.join(f'{r.short_name} (version {r.version})' for r in others)}; read and confirm that.",
            version=version,
            offices=join_names(
                [text("contributions.in_version", office=r.short_name, version=r.version) for r in others]
            ),
        )


def unconfirm(engine: Engine, cycle_id: str, offices: OfficeChoice, *, reason: str, by: str) -> int:
    """Take back confirmations entered wrongly; returns of how many offices.

    Raises UnknownOffice; RefusedChange when none of them stands, or without `reason` or `by`.
    """
    required(reason=reason, by=by)
    with engine.begin() as connection:
        cycle = hold(connection, cycle_id, needs_open=False)
        chosen = choose(connection, cycle, offices)
        undone = connection.execute(
            query("contributions/unconfirm"),
            {
                "recipient_ids": [office.recipient_id for office in chosen],
                "reason": reason.strip(),
                "by": by.strip(),
                "at": cycle.now,
            },
        ).all()
        if not undone:
            names = [office.short_name for office in chosen]
            raise RefusedChange(
                "no_confirmation",
                f"No confirmation of what {', '.join(names)} wrote stands that could be taken back.",
                offices=join_names(names),
            )
        events.record_all(
            connection,
            cycle_id,
            by.strip(),
            cycle.now,
            [
                Event(
                    "contribution_unconfirmed",
                    row.recipient_id,
                    {"submission_id": row.submission_id, "reason": reason.strip()},
                )
                for row in undone
            ],
        )
    return len(undone)
