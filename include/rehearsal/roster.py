"""The offices that a rehearsal simulates, from the registry's files: who they are and which mailbox is
theirs.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from reporting.registry.names import NameIndex
from reporting.settings import INCLUDE

FOLDER = INCLUDE / "registry"


@dataclass(frozen=True)
class Office:
    """A simulated office. `address` is its own mailbox, one of the samples."""

    organization_id: str
    position: int
    name: str
    short_name: str
    address: str


def offices(group_code: str, on: date, folder: Path = FOLDER) -> tuple[Office, ...]:
    """The members of a list on a day, in its order. Raises ValueError when it is empty or a member has no
    mailbox.
    """
    members = {
        row["organization_id"]: int(row["position"])
        for row in _rows(folder / "groups.csv", on)
        if row["group_code"] == group_code
    }
    if not members:
        raise ValueError(f"{folder / 'groups.csv'}: the list {group_code!r} has no member on {on:%d/%m/%Y}.")
    names = {row["organization_id"]: row for row in _rows(folder / "organization_names.csv", on)}
    addresses: dict[str, str] = {}
    for row in _rows(folder / "sample_contacts.csv"):
        if row["role"] == "to":
            addresses.setdefault(row["organization_id"], row["email"].lower())
    for organization_id in members:
        if organization_id not in addresses:
            raise ValueError(
                f"{folder / 'sample_contacts.csv'}: {organization_id} has no contact of role 'to'."
            )
    return tuple(
        Office(
            organization_id,
            position,
            names[organization_id]["name"],
            names[organization_id]["short_name"],
            addresses[organization_id],
        )
        for organization_id, position in sorted(members.items(), key=lambda member: member[1])
    )


def name_index(members: tuple[Office, ...], folder: Path = FOLDER) -> NameIndex:
    """Finds one of `members` by a written name, also by the registry's other spellings."""
    areas = {row["organization_id"]: row["area_id"] for row in _rows(folder / "organizations.csv")}
    spellings: dict[str, list[str]] = {
        office.organization_id: [office.name, office.short_name] for office in members
    }
    by_area = {areas[organization_id]: organization_id for organization_id in spellings}
    for row in _rows(folder / "aliases.csv"):
        organization_id = row["organization_id"] or by_area.get(row["area_id"], "")
        if organization_id in spellings:
            spellings[organization_id].append(row["spelling"])
    return NameIndex(spellings.items())


def _rows(path: Path, on: date | None = None) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if on is None or _holds(row, on):
                yield row


def _holds(row: dict[str, str], on: date) -> bool:
    starts = not row["valid_from"] or date.fromisoformat(row["valid_from"]) <= on
    return starts and (not row["valid_to"] or on < date.fromisoformat(row["valid_to"]))
