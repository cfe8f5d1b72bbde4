"""The messages of the story's cycle."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from rehearsal.faults.domain import story
from reporting.database import query


@dataclass(frozen=True)
class Sent:
    """A message in the ledger; `unknown` counts its sends of unknown outcome, `sent` how often it was noted
    as sent.
    """

    state: str
    when_unknown: str
    unknown: int
    sent: int


def ledger(engine: Engine) -> dict[str, Sent]:
    """The messages of the story's cycle by Message-ID."""
    with engine.connect() as connection:
        rows = connection.execute(query("rehearsal/year_ledger"), {"clock_id": story.CLOCK}).all()
    return {
        r.message_id_header: Sent(r.state, r.when_unknown, r.unknown_outcomes, r.sent_outcomes) for r in rows
    }
