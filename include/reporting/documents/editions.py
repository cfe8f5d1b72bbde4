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
    """A report that was given out; `is_newest`: no other rests on later data."""

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


def newest(connection: Connection, cycle_id: str) -> PublishedReport | None:
    """The published report that rests on the latest data; None where none is published."""
    return next((report for report in published(connection, cycle_id) if report.is_newest), None)


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
    nothing is published, the cycle was withdrawn, or an open edition was started for another reason
    (`revise_reason` changes it). One that was given up is started again.
    """
    return _start(engine, cycle_id, "edition", reason=reason, by=by)


def start_supplement(engine: Engine, cycle_id: str, *, by: str) -> str:
    """Start a supplement to the newest published report and return its kind, such as supplement_report__1.
    One that was started and is not published is returned, not started again.

    Raises LookupError for an unknown cycle, RefusedEntryError, in Vietnamese, without a person, while nothing
    is published or a new edition is being made, the cycle was withdrawn, nothing came since, or nothing of
    what the report says is otherwise now.
    """
    return _start(engine, cycle_id, "supplement", reason="", by=by)


def revise_reason(engine: Engine, cycle_id: str, *, reason: str, by: str) -> str:
    """Give another reason for the edition that is being made, before it has a number; returns its kind. It is
    drafted and approved anew. The same reason again changes nothing.

    Raises LookupError for an unknown cycle, RefusedEntryError, in Vietnamese, without a reason or person,
    where no edition is being made, or it is registered.
    """
    person, why = _person(by), " ".join(reason.split())
    if not why:
        raise RefusedEntryError(text("editions.no_reason"))
    with engine.begin() as connection:
        _hold(connection, cycle_id)
        found = _open(connection, cycle_id, "edition")
        if found is None:
            raise RefusedEntryError(text("editions.none_open", cycle=cycle_id))
        document = _unregistered(connection, cycle_id, found.kind)
        if document.content != {"reason": why}:
            content = json.dumps({"reason": why}, ensure_ascii=False)
            key = {"document_id": document.document_id}
            connection.execute(query("documents/revise_letter"), key | {"content": content})
            connection.execute(query("documents/overtake"), key | {"version": document.version})
            events.record(
                connection, cycle_id, "reopening_revised", person, clock.now(connection, cycle_id),
                document=document.kind, reason=why,
            )  # fmt: skip
    return found.kind


def abandon(engine: Engine, cycle_id: str, kind: str, *, reason: str, by: str) -> bool:
    """Give up a later edition or supplement that has no number, such as one started by mistake; returns
    whether it was being made until now. Nobody is asked about it any more; what it would have said goes into
    the next one.

    Raises LookupError for a document that is none of these, RefusedEntryError, in Vietnamese, without a
    reason or person, or when it is registered.
    """
    person, why = _person(by), " ".join(reason.split())
    if not why:
        raise RefusedEntryError(text("editions.no_reason_to_abandon"))
    with engine.begin() as connection:
        _hold(connection, cycle_id)
        document = _unregistered(connection, cycle_id, kind)
        moment = clock.now(connection, cycle_id)
        added = connection.execute(
            query("documents/add_abandonment"),
            {
                "document_id": document.document_id,
                "reason": why,
                "abandoned_by": person,
                "abandoned_at": moment,
            },
        ).rowcount
        if added:
            events.record(connection, cycle_id, "report_abandoned", person, moment, document=kind, reason=why)
    return bool(added)


def being_made(connection: Connection, cycle_id: str) -> str:
    """The kind of the edition or supplement that is being made. Raises LookupError where none is."""
    kinds = connection.execute(query("documents/open_reports"), {"cycle_id": cycle_id}).scalars().all()
    if not kinds:
        regime_of(connection, cycle_id)  # says that there is no such cycle
        raise LookupError(f"No later edition or supplement is being made in {cycle_id}.")
    return str(kinds[-1])


def refuse_if_lapsed(connection: Connection, document: Document) -> None:
    """Raise RefusedEntryError, in Vietnamese, for a later edition or supplement that is needed no more."""
    if is_later(document.kind) and lapses(connection, document):
        raise RefusedEntryError(text("editions.lapsed", title=document.title))


def base_of(connection: Connection, document: Document) -> PublishedReport:
    """The published report that a later edition replaces, or a supplement adds to."""
    return next(
        report
        for report in published(connection, document.cycle_id)
        if report.document_id == document.about_document_id
    )


def lapses(connection: Connection, document: Document) -> bool:
    """Whether a report beside the plan is needed no more: the cycle was withdrawn, or it was given up; for a
    supplement also, nothing is left that came since, or a new edition was started, which holds it.
    """
    key = {"document_id": document.document_id}
    if (
        is_withdrawn(connection, document.cycle_id)
        or connection.execute(query("documents/is_abandoned"), key).scalar_one()
    ):
        return True
    if family_of(document.kind) != "supplement":
        return False
    is_overtaken = connection.execute(query("documents/is_supplement_overtaken"), key).scalar_one()
    return bool(is_overtaken) or not news(connection, document.cycle_id).offices


def _start(engine: Engine, cycle_id: str, family: Family, *, reason: str, by: str) -> str:
    person, why = _person(by), " ".join(reason.split())
    if family == "edition" and not why:
        raise RefusedEntryError(text("editions.no_reason"))
    from reporting.summary.later import says_something  # reports know of their editions, too

    with engine.begin() as connection:
        _hold(connection, cycle_id)
        if is_withdrawn(connection, cycle_id):
            raise RefusedEntryError(text("editions.withdrawn", cycle=cycle_id))
        reports = published(connection, cycle_id)
        base = newest(connection, cycle_id)
        if base is None:
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
            cited = {"number": base.number, "date": short_date(base.registered_on)}
            if not news(connection, cycle_id).offices:
                raise RefusedEntryError(text("editions.no_news", **cited))
            if not says_something(connection, cycle_id, base):
                raise RefusedEntryError(text("editions.same_content", **cited))
        else:
            if open_supplement is not None and open_supplement.number is not None:
                raise RefusedEntryError(text("editions.supplement_registered", title=open_supplement.title))
            base = [r for r in reports if family_of(r.kind) == "edition"][-1]
        kind, is_new = _begin(connection, cycle_id, family, base, content)
        if family == "edition" and is_new:
            former = {"cycle_id": cycle_id, "former": base.kind, "kind": kind}
            connection.execute(query("documents/take_over_section_texts"), former)
        events.record(
            connection, cycle_id, "report_reopened" if family == "edition" else "supplement_started", person,
            clock.now(connection, cycle_id), document=kind, about=base.number, reason=why or None,
        )  # fmt: skip
    return kind


def _begin(
    connection: Connection, cycle_id: str, family: Family, base: PublishedReport, content: dict[str, Any]
) -> tuple[str, bool]:
    """Add an edition or supplement, or take the one again that was given up, so that their numbers have no
    gap; returns its kind and whether it is new.
    """
    values = {"about_document_id": base.document_id, "content": json.dumps(content, ensure_ascii=False)}
    given_up = connection.execute(
        query("documents/abandoned_report"),
        {"cycle_id": cycle_id, "family": FIRST if family == "edition" else SUPPLEMENT},
    ).scalar_one_or_none()
    document = None if given_up is None else lifecycle.hold(connection, cycle_id, given_up)
    if document is not None:
        key = {"document_id": document.document_id}
        moment = clock.now(connection, cycle_id)
        connection.execute(query("documents/start_again"), key | values | {"at": moment})
        connection.execute(query("documents/overtake"), key | {"version": document.version})
        return document.kind, False
    kind = kind_of(family, 1 + _count(connection, cycle_id, family))
    first = lifecycle.find(connection, cycle_id, FIRST)
    assert first is not None  # published before
    title = text(f"editions.started_title.{family}", title=first.title, number=number_of(kind))
    connection.execute(
        query("documents/add_letter"), {"cycle_id": cycle_id, "kind": kind, "title": title, **values}
    )
    return kind, True


def _person(by: str) -> str:
    person = by.strip()
    if not person:
        raise RefusedEntryError(text("documents.letter.no_person"))
    return person


def _hold(connection: Connection, cycle_id: str) -> None:
    """Hold the cycle, so that reports are started one after the other. Raises LookupError."""
    if connection.execute(query("documents/hold_cycle"), {"cycle_id": cycle_id}).one_or_none() is None:
        regime_of(connection, cycle_id)  # says that there is no such cycle


def _unregistered(connection: Connection, cycle_id: str, kind: str) -> Document:
    """The later edition or supplement, held. Raises LookupError, RefusedEntryError."""
    document = lifecycle.hold(connection, cycle_id, kind) if is_later(kind) else None
    if document is None:
        raise LookupError(
            f"{cycle_id} has no later edition or supplement {kind!r}; "
            f"`reporting report versions {cycle_id}` lists those that were drafted."
        )
    if document.number is not None:
        raise RefusedEntryError(text("editions.is_registered", title=document.title, number=document.number))
    return document


def _open(connection: Connection, cycle_id: str, family: Family) -> Document | None:
    """The edition or supplement that is being made; not one that was given up, nor a supplement that was
    overtaken or for which nothing is left.
    """
    rows = connection.execute(query("documents/open_reports"), {"cycle_id": cycle_id}).scalars()
    kinds = [kind for kind in rows if family_of(kind) == family]
    return lifecycle.find(connection, cycle_id, kinds[-1]) if kinds else None


def _count(connection: Connection, cycle_id: str, family: Family) -> int:
    """The greatest number that an edition or supplement of the cycle has."""
    rows = connection.execute(query("documents/report_kinds"), {"cycle_id": cycle_id}).scalars()
    return max((number_of(kind) for kind in rows if family_of(kind) == family), default=0)
