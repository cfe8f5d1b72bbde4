"""Later editions of a published report, and supplements to it.

A published report is never changed. A reopened cycle gets a report of its own (summary_report__2 …) that
replaces the former one; what came after a report goes into a supplement (supplement_report__1 …) beside it.
Each is drafted, approved, registered and published like the first.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine

from reporting import clock, events
from reporting.cycles.opening import is_withdrawn, regime_of
from reporting.database import query
from reporting.documents import lifecycle
from reporting.documents.lifecycle import Document, RefusedEntryError
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import short_date

FIRST = "summary_report"
SUPPLEMENT = "supplement_report"
Family = Literal["edition", "supplement"]

_KIND = re.compile(rf"{FIRST}(?:__(?P<edition>[2-9]|[1-9]\d+))?|{SUPPLEMENT}__(?P<supplement>[1-9]\d*)")


@dataclass(frozen=True)
class PublishedReport:
    """A report that was given out; `is_newest`: no other was after it."""

    document_id: int
    kind: str
    version: int
    number: str
    registered_on: date
    published_at: datetime
    is_newest: bool


@dataclass(frozen=True)
class News:
    """How many offices sent, changed or took back something that the newest published report does not hold,
    by kind of it; `offices` are their short names, in the order of the list.
    """

    counts: dict[str, int]
    offices: tuple[str, ...]


def family_of(kind: str) -> Family | None:
    """edition or supplement for a kind of document that is a report; None for letters."""
    match = _KIND.fullmatch(kind)
    if match is None:
        return None
    return "supplement" if match["supplement"] else "edition"


def number_of(kind: str) -> int:
    """Which edition, or which supplement, a report is; summary_report is 1. Raises ValueError for letters."""
    match = _KIND.fullmatch(kind)
    if match is None:
        raise ValueError(f"{kind} is no report.")
    return int(match["edition"] or match["supplement"] or 1)


def kind_of(family: Family, number: int) -> str:
    """The kind of an edition or supplement by its number, from 1."""
    if family == "supplement":
        return f"{SUPPLEMENT}__{number}"
    return FIRST if number == 1 else f"{FIRST}__{number}"


def is_later(kind: str) -> bool:
    """Whether the document is a later edition or a supplement, which a person started beside the plan."""
    return kind != FIRST and family_of(kind) is not None


def published(connection: Connection, cycle_id: str) -> list[PublishedReport]:
    """The reports of a cycle that were given out, in their order."""
    rows = connection.execute(query("documents/published_reports"), {"cycle_id": cycle_id})
    return [PublishedReport(**row._mapping) for row in rows]


def news(connection: Connection, cycle_id: str) -> News:
    """What came, changed or was taken back since what the newest published report rests on; nothing where
    none is published.
    """
    rows = connection.execute(query("documents/after_report"), {"cycle_id": cycle_id}).all()
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.kind] = counts.get(row.kind, 0) + 1
    return News(counts, tuple(dict.fromkeys(row.short_name for row in rows)))


def reopen(engine: Engine, cycle_id: str, *, reason: str, by: str) -> str:
    """Start a new edition of the cycle's published report and return its kind, such as summary_report__2; an
    edition that was started and is not published is returned, not started again.

    What its office then sends, corrects or takes back goes into it; the former edition stays as it is. Raises
    LookupError for an unknown cycle, RefusedEntryError, in Vietnamese, without a reason or person, while
    nothing is published, the cycle was withdrawn, or an open edition was started for another reason.
    """
    return _start(engine, cycle_id, "edition", reason=reason, by=by)


def start_supplement(engine: Engine, cycle_id: str, *, by: str) -> str:
    """Start a supplement to the newest published report and return its kind, such as supplement_report__1.
    One that was started and is not published is returned, not started again.

    Raises LookupError for an unknown cycle, RefusedEntryError, in Vietnamese, without a person, while nothing
    is published or a new edition is being made, the cycle was withdrawn, or nothing came since.
    """
    return _start(engine, cycle_id, "supplement", reason="", by=by)


def base_of(connection: Connection, document: Document) -> PublishedReport:
    """The published report that a later edition replaces, or a supplement adds to."""
    return next(
        report
        for report in published(connection, document.cycle_id)
        if report.document_id == document.about_document_id
    )


def lapses(connection: Connection, document: Document) -> bool:
    """Whether a report beside the plan is needed no more: the cycle was withdrawn; for a supplement also,
    nothing is left that came since, or a new edition was started, which holds it.
    """
    if is_withdrawn(connection, document.cycle_id):
        return True
    if family_of(document.kind) != "supplement":
        return False
    key = {"document_id": document.document_id}
    is_overtaken = connection.execute(query("documents/is_supplement_overtaken"), key).scalar_one()
    return bool(is_overtaken) or not news(connection, document.cycle_id).offices


def _start(engine: Engine, cycle_id: str, family: Family, *, reason: str, by: str) -> str:
    person, why = by.strip(), " ".join(reason.split())
    if not person:
        raise RefusedEntryError(text("documents.letter.no_person"))
    if family == "edition" and not why:
        raise RefusedEntryError(text("editions.no_reason"))
    with engine.begin() as connection:
        if connection.execute(query("documents/hold_cycle"), {"cycle_id": cycle_id}).one_or_none() is None:
            regime_of(connection, cycle_id)  # says that there is no such cycle
        if is_withdrawn(connection, cycle_id):
            raise RefusedEntryError(text("editions.withdrawn", cycle=cycle_id))
        reports = published(connection, cycle_id)
        if not reports:
            raise RefusedEntryError(text("editions.nothing_published", cycle=cycle_id))
        content: dict[str, Any] = {"reason": why} if family == "edition" else {}
        open_edition = _open(connection, cycle_id, "edition")
        if open_edition is not None:
            title = open_edition.title
            if family == "supplement":
                raise RefusedEntryError(text("editions.edition_open", title=title))
            if open_edition.content != content:
                raise RefusedEntryError(text("editions.other_reason", title=title))
            return open_edition.kind
        open_supplement = _open(connection, cycle_id, "supplement")
        if family == "supplement":
            if open_supplement is not None:
                return open_supplement.kind
            if not news(connection, cycle_id).offices:
                newest = reports[-1]
                raise RefusedEntryError(
                    text("editions.no_news", number=newest.number, date=short_date(newest.registered_on))
                )
            base = reports[-1]
        else:
            if open_supplement is not None and open_supplement.number is not None:
                raise RefusedEntryError(text("editions.supplement_registered", title=open_supplement.title))
            base = [r for r in reports if family_of(r.kind) == "edition"][-1]
        kind = kind_of(family, 1 + _count(connection, cycle_id, family))
        first = lifecycle.find(connection, cycle_id, FIRST)
        assert first is not None  # published above
        title = text(f"editions.started_title.{family}", title=first.title, number=number_of(kind))
        connection.execute(
            query("documents/add_letter"),
            {
                "cycle_id": cycle_id,
                "kind": kind,
                "title": title,
                "about_document_id": base.document_id,
                "content": json.dumps(content, ensure_ascii=False),
            },
        )
        if family == "edition":
            former = {"cycle_id": cycle_id, "former": base.kind, "kind": kind}
            connection.execute(query("documents/take_over_section_texts"), former)
        events.record(
            connection, cycle_id, "report_reopened" if family == "edition" else "supplement_started", person,
            clock.now(connection, cycle_id), document=kind, about=base.number, reason=why or None,
        )  # fmt: skip
    return kind


def _open(connection: Connection, cycle_id: str, family: Family) -> Document | None:
    """The edition or supplement that was started and not published; a supplement that a later edition has
    overtaken is not open any more.
    """
    rows = connection.execute(query("documents/open_reports"), {"cycle_id": cycle_id}).scalars()
    kinds = [kind for kind in rows if family_of(kind) == family]
    return lifecycle.find(connection, cycle_id, kinds[-1]) if kinds else None


def _count(connection: Connection, cycle_id: str, family: Family) -> int:
    """The greatest number that an edition or supplement of the cycle has."""
    rows = connection.execute(query("documents/report_kinds"), {"cycle_id": cycle_id}).scalars()
    return max((number_of(kind) for kind in rows if family_of(kind) == family), default=0)
