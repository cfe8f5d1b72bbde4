"""Lists of addressees and names straight from the registry's files, for what runs without a warehouse."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import lru_cache
from pathlib import Path

from reporting.registry.load import FOLDER, Registry, Row, read_registry
from reporting.registry.names import NameIndex
from reporting.registry.roster import Member


@lru_cache(maxsize=4)
def _registry(folder: Path) -> Registry:
    return read_registry(folder)


def members_from_files(group_code: str, on: date, folder: Path = FOLDER) -> list[Member]:
    """The members of a list on a day, in the official order, positions from 1 without gaps.

    Raises LookupError when the list has no member on that day, RegistryDataError when a file is wrong.
    """
    registry = _registry(folder)
    listed = [row for row in registry.groups if row.text("group_code") == group_code and _holds(row, on)]
    if not listed:
        raise LookupError(f"{folder / 'groups.csv'}: the list {group_code!r} has no member on {on:%d/%m/%Y}.")
    names = {row.text("organization_id"): row for row in registry.names if _holds(row, on)}
    listed.sort(key=lambda row: int(row.text("position")))
    return [
        Member(
            row.text("organization_id"),
            names[row.text("organization_id")].text("name"),
            names[row.text("organization_id")].text("short_name"),
            position,
        )
        for position, row in enumerate(listed, start=1)
    ]


def name_index_from_files(members: Collection[Member], folder: Path = FOLDER) -> NameIndex:
    """Finds one of `members` by a written name, also by the registry's other spellings."""
    spellings = {member.organization_id: [member.name, member.short_name] for member in members}
    for alias in _registry(folder).aliases:
        if alias["organization_id"] in spellings:
            spellings[str(alias["organization_id"])].append(str(alias["spelling"]))
    return NameIndex(spellings.items())


def sample_addresses(role: str, folder: Path = FOLDER) -> dict[str, str]:
    """The first sample contact of this role of each office, by organization id; addresses in lower case."""
    addresses: dict[str, str] = {}
    for row in _registry(folder).contacts:
        if row.text("role") == role:
            addresses.setdefault(row.text("organization_id"), row.text("email").lower())
    return addresses


def _holds(row: Row, on: date) -> bool:
    day = on.isoformat()
    return row.text("valid_from") <= day and (not row.text("valid_to") or day < row.text("valid_to"))
