"""Who speaks in a version: sources rank by who signed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from reporting.database import query

DRAFT = 4
"""The rank of a draft sent ahead, which never counts."""


def ranks(connection: Connection, submission_ids: Sequence[int]) -> dict[int, int]:
    """The rank of each version by itself: 1 the signed report of committee or ministry that it comes with is
    registered, 2 that of the department, 3 a workbook by itself, 4 a draft.
    """
    rows = connection.execute(query("returns/source_ranks"), {"submission_ids": list(submission_ids)})
    return {row.submission_id: row.source_rank for row in rows}


def keep(connection: Connection, submission_id: int, rank: int) -> None:
    """Let a version count as of this rank."""
    connection.execute(
        query("returns/set_source_rank"), {"submission_id": submission_id, "source_rank": rank}
    )
