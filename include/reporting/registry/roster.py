"""Who is in a list of addressees on a day, and which office a written name means."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from reporting.database import query
from reporting.registry.names import NameIndex


@dataclass(frozen=True)
class Member:
    """An office in a list of addressees, with the name of the day asked about."""

    organization_id: str
    name: str
    short_name: str
    position: int


def members(connection: Connection, group_code: str, on: date) -> list[Member]:
    """Return the members of a group on a day, in the official order, positions from 1 without gaps.

    The list may be empty on a day before the group's first. Raises LookupError for an unknown group.
    """
    rows = connection.execute(query("registry/group_members"), {"group_code": group_code, "on_day": on})
    found = [Member(row.organization_id, row.name, row.short_name, row.position) for row in rows]
    if not found:
        known = list(connection.scalars(query("registry/group_codes")))
        if group_code not in known:
            raise LookupError(
                f"there is no group {group_code!r} in include/registry/groups.csv; "
                f"there are {', '.join(known) or 'none: load the registry first'}"
            )
    return found


def name_index(
    connection: Connection, on: date | None = None, kinds: Collection[str] | None = None
) -> NameIndex:
    """Return the index of names and aliases of the offices that exist on a day, or of all that ever did.

    ``kinds`` keeps it to kinds of office, such as ``{"province_department"}``: best one at a time, because a
    committee and its department share the name of their province.
    """
    rows = connection.execute(
        query("registry/spellings"),
        {"on_day": on, "kinds": None if kinds is None else sorted(kinds)},
    )
    return NameIndex((row.organization_id, row.spellings) for row in rows)
