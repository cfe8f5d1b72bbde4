"""The unit's own wording of sections of a report: added to what is generated, or in its place.

A report is made from data; what nobody could compute, a person writes here. It is part of the data of the
report, so that a draft is made anew when it changes. Computed figures are not changed by it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from reporting import clock, events
from reporting.clock import VIETNAM
from reporting.database import query
from reporting.documents.lifecycle import RefusedEntryError, find, hold
from reporting.documents.sections import numbered, section_named
from reporting.wording.catalogue import text

Mode = Literal["add", "replace"]
REPORT = "summary_report"


@dataclass(frozen=True)
class SectionText:
    """The unit's wording of a section, a paragraph per line of `body`; `section` is its code."""

    section: str
    mode: Mode
    body: str
    entered_by: str
    entered_at: datetime

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The paragraphs, without empty ones."""
        return tuple(line.strip() for line in self.body.splitlines() if line.strip())


@dataclass(frozen=True)
class NamedSection:
    """A section of a report as a person names it, by its code or its heading, and whether computed figures
    stand in it.
    """

    code: str
    heading: str
    has_figures: bool


def section_texts(connection: Connection, cycle_id: str, kind: str = REPORT) -> tuple[SectionText, ...]:
    """The unit's wordings that stand, by code of section; at most one of each."""
    rows = connection.execute(query("documents/section_texts"), {"cycle_id": cycle_id, "kind": kind})
    return tuple(
        SectionText(r.section, r.mode, r.body, r.entered_by, r.entered_at.astimezone(VIETNAM)) for r in rows
    )


def report_in_work(connection: Connection, cycle_id: str) -> str:
    """The kind of the report that is being prepared: the newest edition that has no number yet, if there is
    one.
    """
    found = connection.execute(query("documents/report_in_work"), {"cycle_id": cycle_id})
    return str(found.scalar_one_or_none() or REPORT)


def enter(
    connection: Connection,
    cycle_id: str,
    section: NamedSection,
    body: str,
    *,
    mode: Mode,
    by: str,
    confirm: bool = False,
    kind: str = REPORT,
) -> bool:
    """Keep the unit's wording of a section; that which stood is taken back. Returns False when the same
    stands already.

    Raises RefusedEntryError (in Vietnamese) without text, for a report that has its number, and for a section
    with computed figures that is to be replaced without `confirm`.
    """
    body = unicodedata.normalize("NFC", body).strip()
    if not body:
        raise RefusedEntryError(text("section_text.empty"))
    _refuse_registered(connection, cycle_id, kind)
    if mode == "replace" and section.has_figures and not confirm:
        raise RefusedEntryError(text("section_text.has_figures", section=section.heading))
    standing = {t.section: t for t in section_texts(connection, cycle_id, kind)}.get(section.code)
    if standing is not None and (standing.mode, standing.body) == (mode, body):
        return False
    key = {"cycle_id": cycle_id, "kind": kind, "section": section.code}
    now = clock.now(connection, cycle_id)
    connection.execute(query("documents/undo_section_text"), key | {"undone_at": now, "undone_by": by})
    connection.execute(
        query("documents/add_section_text"),
        key | {"mode": mode, "body": body, "entered_by": by, "entered_at": now},
    )
    events.record(
        connection, cycle_id, "section_text_entered", by, now, document=kind, section=section.code, mode=mode
    )
    return True


def undo(
    connection: Connection, cycle_id: str, section: NamedSection, *, by: str, kind: str = REPORT
) -> bool:
    """Take the unit's wording of a section back; returns whether one stood. Raises RefusedEntryError for a
    report that has its number.
    """
    _refuse_registered(connection, cycle_id, kind)
    now = clock.now(connection, cycle_id)
    key = {"cycle_id": cycle_id, "kind": kind, "section": section.code}
    undone = connection.execute(
        query("documents/undo_section_text"), key | {"undone_at": now, "undone_by": by}
    ).rowcount
    if undone:
        events.record(
            connection, cycle_id, "section_text_undone", by, now, document=kind, section=section.code
        )
    return bool(undone)


def choose(sections: Sequence[NamedSection], given: str) -> NamedSection:
    """The section that a person means by its code, its heading or the heading's number ("II.1", "2").

    Raises RefusedEntryError naming the sections there are.
    """
    by_code = {s.code: s for s in sections}
    if given.strip() in by_code:
        return by_code[given.strip()]
    headings = [s.heading for s in sections]
    heading = section_named(given, numbered(headings))
    if heading is None:
        known = "\n".join(text("section_text.known", code=s.code, heading=s.heading) for s in sections)
        raise RefusedEntryError(text("section_text.unknown", given=given, known=known))
    return sections[headings.index(heading)]


def _refuse_registered(connection: Connection, cycle_id: str, kind: str) -> None:
    """Hold the report, so that no draft is made meanwhile; refuse one that has its number."""
    hold(connection, cycle_id, kind)
    document = find(connection, cycle_id, kind)
    if document is not None and document.number is not None:
        raise RefusedEntryError(text("section_text.registered", number=document.number))
