"""Refresh the analysts' tables of one cycle from the accepted facts."""

from __future__ import annotations

from sqlalchemy import Connection, text

from reporting import clock
from reporting.database import SQL


def refresh(connection: Connection, cycle_id: str) -> None:
    """Rebuild every table of include/sql/marts for this cycle, in the caller's transaction.

    Readers see the old tables until it commits; two refreshes of one cycle run one after the other.
    """
    moment = clock.now(connection, cycle_id)
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('reporting.refresh:' || :c, 0))"), {"c": cycle_id}
    )
    for file in sorted((SQL / "marts").glob("*.sql")):
        for statement in file.read_text(encoding="utf-8").split(";\n"):
            if statement.strip():
                connection.execute(text(statement), {"cycle_id": cycle_id, "now": moment})
