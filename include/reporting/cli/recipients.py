"""Which recipient of a cycle the person at the shell means."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from sqlalchemy import Connection

from reporting.cycles.opening import regime_of
from reporting.database import query
from reporting.registry.names import NameIndex


@dataclass(frozen=True)
class Recipient:
    """A recipient by its look-up code and the short name of its cycle."""

    reference_code: str
    short_name: str


def recipient_of(connection: Connection, cycle_id: str, given: str) -> Recipient:
    """The recipient of a cycle with this look-up code, or whose name resolves.

    Similar names are suggested, never taken. Raises LookupError for an unknown cycle or recipient.
    """
    regime_of(connection, cycle_id)  # says so when there is no such cycle
    rows = connection.execute(query("intake/recipients"), {"cycle_id": cycle_id}).all()
    names = {row.reference_code: row.short_name for row in rows}
    code = unicodedata.normalize("NFC", given).strip().upper()
    if code in names:
        return Recipient(code, names[code])
    index = NameIndex((row.reference_code, [row.name, row.short_name, *row.aliases]) for row in rows)
    resolved = index.resolve(given)
    if resolved is None:
        similar = ", ".join(f"{names[code]} ({code})" for code, _ in index.suggest(given))
        raise LookupError(
            f"{given!r} is no recipient of {cycle_id}. Similar names: {similar or 'none'}; "
            f"`reporting cycle show {cycle_id}` lists all."
        )
    return Recipient(resolved, names[resolved])
