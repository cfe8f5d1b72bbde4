"""Addresses that a person found to speak for an office though they are none of its contacts.

An alias is weaker than a contact: nothing is sent to it, the answers go to the office's contacts, and where
signs disagree it loses against them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from reporting import clock, events
from reporting.database import query
from reporting.wording.catalogue import text


class AliasRefused(ValueError):
    """An address cannot be learnt or forgotten like this; the message says in Vietnamese what to do."""


@dataclass(frozen=True)
class SenderAlias:
    """An address that speaks for an office, from what it was learnt, why and by whom."""

    email: str
    organization_id: str
    office: str
    learnt_from: str
    reason: str
    taught_by: str
    taught_at: datetime


def learn_alias(
    connection: Connection, email: str | None, organization_id: str, learnt_from: str, reason: str, by: str
) -> bool:
    """Learn that mail from this address speaks for this office; False where it is one of its contacts or was
    learnt before. Raises AliasRefused without an address.
    """
    if not email:
        raise AliasRefused(text("intake.alias.no_address"))
    keys = {"email": email.strip().lower(), "organization_id": organization_id}
    if connection.execute(query("registry/speaks_for"), keys).scalar_one():
        return False
    connection.execute(
        query("registry/learn_alias"),
        {
            **keys,
            "learnt_from": learnt_from,
            "reason": reason,
            "taught_by": by,
            "taught_at": clock.wall_now(),
        },
    )
    events.record(
        connection, None, "sender_alias_learnt", by, clock.wall_now(), learnt_from=learnt_from, reason=reason,
        email=keys["email"], organization_id=organization_id,
    )  # fmt: skip
    return True


def forget_alias(connection: Connection, email: str, organization_id: str, by: str) -> None:
    """Let an address speak for this office no more. Raises AliasRefused where it does not."""
    keys = {"email": email.strip().lower(), "organization_id": organization_id}
    done = connection.execute(
        query("registry/forget_alias"), {**keys, "undone_by": by, "undone_at": clock.wall_now()}
    ).one_or_none()
    if done is None:
        raise AliasRefused(text("intake.alias.unknown", email=email))
    events.record(
        connection, None, "sender_alias_forgotten", by, clock.wall_now(), email=keys["email"],
        organization_id=organization_id,
    )  # fmt: skip


def aliases(connection: Connection, organization_id: str | None = None) -> list[SenderAlias]:
    """The addresses that were learnt and not forgotten, of all offices or of one."""
    rows = connection.execute(query("registry/aliases"), {"organization_id": organization_id})
    return [SenderAlias(**row._mapping) for row in rows]
