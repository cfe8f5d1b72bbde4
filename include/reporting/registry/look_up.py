"""Which offices a written name means, over the whole registry and straight from its files."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from reporting.registry.load import FOLDER, Row, read_registry
from reporting.registry.names import NameIndex, fold


@dataclass(frozen=True)
class Office:
    """An office of the registry with its newest name.

    `valid_to` is the first day on which it is no more; `alias` the other spelling by which it was found,
    None where an official or short name of it was written.
    """

    organization_id: str
    kind: str
    name: str
    valid_from: date
    valid_to: date | None
    successors: tuple[str, ...]
    alias: str | None


@dataclass(frozen=True)
class LookUp:
    """The offices that a name means; where it means none, those with similar names, for a person."""

    name: str
    found: tuple[Office, ...]
    similar: tuple[Office, ...]


def look_up(name: str, kind: str | None = None, on: date | None = None, folder: Path = FOLDER) -> LookUp:
    """Every office of this kind, existing on this day, that the name means; of all kinds and days by default.

    Raises RegistryDataError when a file of the registry is wrong.
    """
    registry = read_registry(folder)
    names: dict[str, list[Row]] = defaultdict(list)
    for row in registry.names:
        names[row.text("organization_id")].append(row)
    aliases: dict[str, list[str]] = defaultdict(list)
    for alias in registry.aliases:
        aliases[str(alias["organization_id"])].append(str(alias["spelling"]))
    successors: dict[str, list[str]] = defaultdict(list)
    for row in registry.successions:
        successors[row.text("predecessor_id")].append(row.text("successor_id"))

    offices: dict[str, Office] = {}
    spellings: dict[str, list[str]] = {}
    for row in registry.organizations:
        if (kind and row.text("kind") != kind) or not _exists(row, on):
            continue
        organization_id = row.text("organization_id")
        official = [n.text(column) for n in names[organization_id] for column in ("name", "short_name")]
        is_official = fold(name) in {fold(spelling) for spelling in official}
        alias_meant = next((s for s in aliases[organization_id] if fold(s) == fold(name)), None)
        newest = max(names[organization_id], key=lambda n: n.text("valid_from"))
        offices[organization_id] = Office(
            organization_id,
            row.text("kind"),
            newest.text("name"),
            date.fromisoformat(row.text("valid_from")),
            date.fromisoformat(row.text("valid_to")) if row.text("valid_to") else None,
            tuple(successors[organization_id]),
            None if is_official else alias_meant,
        )
        spellings[organization_id] = [*official, *aliases[organization_id]]
    index = NameIndex(spellings.items())
    found = sorted(index.candidates(name), key=list(offices).index)
    similar = [] if found else [organization_id for organization_id, _ in index.suggest(name)]
    return LookUp(name, tuple(offices[i] for i in found), tuple(offices[i] for i in similar))


def _exists(row: Row, on: date | None) -> bool:
    if on is None:
        return True
    day = on.isoformat()
    return row.text("valid_from") <= day and (not row.text("valid_to") or day < row.text("valid_to"))
