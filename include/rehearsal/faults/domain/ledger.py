"""The messages of the story's cycle."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Engine

from rehearsal.faults.domain import story
from reporting.database import query

_HEADER = re.compile(r"<(?P<about>.+)\.(?P<sequence>\d+)\.(?P<contact>\d+)@")


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
    """The messages of the story's cycle by Message-ID, as it stands in the mail."""
    with engine.connect() as connection:
        rows = connection.execute(query("rehearsal/year_ledger"), {"clock_id": story.CLOCK}).all()
    return {
        r.message_id_header: Sent(r.state, r.when_unknown, r.unknown_outcomes, r.sent_outcomes) for r in rows
    }


def ranked(headers: Iterable[str]) -> dict[str, str]:
    """What each Message-ID of the ledger is called in comparisons: with its place among the messages of its
    recipient, step and contact instead of its sequence, which for some steps is the number of a row.
    """
    groups: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for header in headers:
        match = _HEADER.match(header)
        if match is not None:
            key = (match["about"], match["contact"])
            groups.setdefault(key, []).append((int(match["sequence"]), header))
    return {
        header: f"<{about} no. {place} to {contact}>"
        for (about, contact), found in groups.items()
        for place, (_, header) in enumerate(sorted(found), 1)
    }
