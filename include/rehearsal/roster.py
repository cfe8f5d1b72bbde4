"""The offices that a rehearsal simulates, from the registry's files: who they are and which mailbox is
theirs.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from reporting.registry.names import NameIndex
from reporting.registry.offline import members_from_files, name_index_from_files, sample_addresses
from reporting.registry.roster import Member


@dataclass(frozen=True)
class Office(Member):
    """A simulated office. `address` is its own mailbox, one of the samples."""

    address: str


def offices(group_code: str, on: date) -> tuple[Office, ...]:
    """The members of a list on a day, in its order.

    Raises LookupError when the list is empty, ValueError when a member has no sample contact of role "to".
    """
    members = members_from_files(group_code, on)
    addresses = sample_addresses("to")
    if missing := [m.organization_id for m in members if m.organization_id not in addresses]:
        raise ValueError(
            f"sample_contacts.csv: no contact of role 'to' for {', '.join(missing)}; add one for each."
        )
    return tuple(
        Office(m.organization_id, m.name, m.short_name, m.position, addresses[m.organization_id])
        for m in members
    )


def name_index(members: Collection[Office]) -> NameIndex:
    """Finds one of `members` by a written name, also by the registry's other spellings."""
    return name_index_from_files(members)
