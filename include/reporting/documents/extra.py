"""Letters that a person starts beside the plan of a cycle: notice, correction (đính chính), replacement,
recall.

Each is a document of its own with its own number: drafted, approved, registered and sent like the others.
What a person entered is kept as its content; the fixed sentences around it come from
include/letters/defaults.yaml.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Connection, Engine

from reporting import clock, events
from reporting.cycles.opening import regime_of
from reporting.database import query
from reporting.documents import dispatch, lifecycle
from reporting.documents.lifecycle import Document, RefusedEntryError
from reporting.letters.defaults import default_letter
from reporting.letters.text import document_date, fill
from reporting.regimes.models import CopyTo, LetterText, Regime
from reporting.registry.names import NameIndex
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import short_date

Family = Literal["notice", "erratum", "replacement", "recall"]
FAMILIES: tuple[Family, ...] = get_args(Family)
ABOUT_ANOTHER: tuple[Family, ...] = ("erratum", "replacement", "recall")
"""Those that speak of a document that was sent before."""

GOES_ON_AFTER_WITHDRAWAL: tuple[Family, ...] = ("notice", "recall")
"""Those that are wanted most when a cycle is called off."""

_KIND = re.compile(rf"({'|'.join(FAMILIES)})_letter__[1-9]\d*")
_PLACE_OF_PARAGRAPHS = "{paragraphs}"
_OF_CORRECTION = "{corrected}"


class LetterContent(BaseModel):
    """What such a letter says: V/v line, who is greeted (empty: the cycle's salutation), paragraphs, Nơi
    nhận, and the look-up codes of the offices it goes to (empty: all that the cycle addresses).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    subject: str
    salutation: tuple[str, ...] = ()
    paragraphs: tuple[str, ...]
    copies: tuple[CopyTo, ...] = ()
    offices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Correction:
    """A place of a letter, what is printed there, and what it should say."""

    place: str
    printed: str
    corrected: str


@dataclass(frozen=True)
class OpenLetter:
    """A letter that was started and not sent yet, and the runs that carried it."""

    cycle_id: str
    kind: str
    title: str
    run_ids: tuple[str, ...]


def family_of(kind: str) -> Family | None:
    """The family of a kind of document (erratum of erratum_letter__2); None for documents of the plan."""
    match = _KIND.fullmatch(kind)
    return next(f for f in FAMILIES if f == match[1]) if match else None


def family_named(name: str) -> Family:
    """The family of that name. Raises RefusedEntryError."""
    for family in FAMILIES:
        if name == family:
            return family
    known = ", ".join(f"{family} ({text(f'documents.family.{family}')})" for family in FAMILIES)
    raise RefusedEntryError(text("documents.letter.unknown_family", family=name, known=known))


def document_named(connection: Connection, cycle_id: str, given: str) -> str | None:
    """The kind of the document that a person names by its number and symbol, or by its kind; None for "".

    Raises RefusedEntryError where there is no such cycle, or it has no such registered document.
    """
    if connection.execute(query("cycles/exists"), {"cycle_id": cycle_id}).one_or_none() is None:
        raise RefusedEntryError(text("documents.letter.unknown_cycle", cycle=cycle_id))
    if not given:
        return None
    rows = connection.execute(query("documents/registered"), {"cycle_id": cycle_id}).all()
    wanted = unicodedata.normalize("NFC", "".join(given.split())).casefold()
    for row in rows:
        if wanted in (row.kind, unicodedata.normalize("NFC", row.number).casefold()):
            return str(row.kind)
    known = "; ".join(f"{row.number} ({row.title})" for row in rows)
    key = "documents.letter.unknown_document" if known else "documents.letter.nothing_registered"
    raise RefusedEntryError(text(key, given=given, known=known))


def known_letter(connection: Connection, cycle_id: str, kind: str) -> Document:
    """The letter of this kind that was started in the cycle. Raises RefusedEntryError."""
    document = lifecycle.find(connection, cycle_id, kind)
    if document is None or document.content is None:
        raise RefusedEntryError(text("documents.letter.unknown_letter", cycle=cycle_id, kind=kind))
    return document


def compose(
    connection: Connection,
    cycle_id: str,
    family: Family,
    *,
    about: str | None = None,
    subject: str = "",
    paragraphs: Sequence[str] = (),
    corrections: Sequence[Correction] = (),
    salutation: Sequence[str] = (),
    offices: Sequence[str] = (),
) -> LetterContent:
    """The content of a letter from what a person entered and the default text of its family.

    `about` is the kind of the document that it corrects, replaces or recalls. Raises LookupError for an
    unknown cycle, RefusedEntryError, in Vietnamese, when a letter that says something needs words and has
    none, or the document that it is about was not registered.
    """
    regime = regime_of(connection, cycle_id)
    letter = default_letter(f"{family}_letter")
    target = _target(connection, cycle_id, family, about)
    entered = [line for p in paragraphs if (line := " ".join(p.split()))]
    if family == "erratum" and not corrections and not entered:
        raise RefusedEntryError(text("documents.letter.no_correction"))
    if family in ("notice", "replacement") and not entered:
        raise RefusedEntryError(text("documents.letter.no_paragraphs"))
    values = _values(connection, cycle_id, regime, target)
    body: list[str] = []
    for template in (*letter.basis, *letter.opening, *letter.requests, *letter.closing):
        if template.strip() == _PLACE_OF_PARAGRAPHS:
            body += entered
        elif _OF_CORRECTION in template:
            body += [
                fill(
                    template,
                    values | {"place": c.place, "printed": c.printed, "corrected": c.corrected},
                )
                for c in corrections
            ]
        else:
            body.append(fill(template, values))
    return LetterContent(
        subject=subject.strip() or fill(letter.subject, values),
        salutation=tuple(salutation),
        paragraphs=tuple(body),
        copies=_copies(letter, values),
        offices=tuple(offices),
    )


def start_letter(
    engine: Engine,
    cycle_id: str,
    family: Family,
    content: LetterContent | Mapping[str, Any],
    *,
    about: str | None = None,
    by: str,
) -> str:
    """Add the letter to the cycle and return its kind, such as erratum_letter__1; the same letter entered
    twice is one.

    It goes only to offices that the cycle addresses, and one about another document only to those which that
    was sent to. Where no Nơi nhận is given, it has that of its default text. Offices may be given by
    look-up code or name; they are kept by code. Raises LookupError for an unknown cycle,
    RefusedEntryError, in Vietnamese, for what cannot stand: nothing is kept then.
    """
    entered = _content(content)
    if not by.strip():
        raise RefusedEntryError(text("documents.letter.no_person"))
    with engine.begin() as connection:
        if connection.execute(query("documents/hold_cycle"), {"cycle_id": cycle_id}).one_or_none() is None:
            regime_of(connection, cycle_id)  # says that there is no such cycle
        target = _target(connection, cycle_id, family, about)
        changes: dict[str, Any] = {"offices": _offices(connection, cycle_id, entered.offices, target)}
        if not entered.copies:
            values = _values(connection, cycle_id, regime_of(connection, cycle_id), target)
            changes["copies"] = _copies(default_letter(f"{family}_letter"), values)
        kept = entered.model_copy(update=changes)
        data = kept.model_dump(mode="json")
        about_id = None if target is None else target.document_id
        standing = connection.execute(
            query("documents/letters_of_family"), {"cycle_id": cycle_id, "family": f"{family}_letter"}
        ).all()
        for row in standing:
            if row.content == data and row.about_document_id == about_id:
                return str(row.kind)
        kind = f"{family}_letter__{1 + max((row.sequence for row in standing), default=0)}"
        connection.execute(
            query("documents/add_letter"),
            {
                "cycle_id": cycle_id,
                "kind": kind,
                "title": kept.subject,
                "about_document_id": about_id,
                "content": json.dumps(data, ensure_ascii=False),
            },
        )
        events.record(
            connection, cycle_id, "letter_started", by.strip(), clock.now(connection, cycle_id),
            document=kind, about=about, content=data,
        )  # fmt: skip
    return kind


def revise_letter(
    engine: Engine, cycle_id: str, kind: str, content: LetterContent | Mapping[str, Any], *, by: str
) -> int:
    """Change what a letter says before it is registered, and draft it anew; returns the draft's version.

    Raises LookupError for an unknown letter, RefusedEntryError, in Vietnamese, when it is registered or
    what is entered cannot stand.
    """
    from reporting.cycles.work import render_document  # the cycle's work knows of these letters, too

    entered = _content(content)
    with engine.begin() as connection:
        document = lifecycle.hold(connection, cycle_id, kind)
        if document is None or document.content is None or family_of(kind) is None:
            raise LookupError(
                f"{cycle_id} has no letter {kind!r}; `reporting letter show {cycle_id}` lists all."
            )
        if document.number is not None:
            raise RefusedEntryError(text("documents.letter.is_registered", number=document.number))
        target = None if document.about_document_id is None else _by_id(connection, document)
        kept = entered.model_copy(update={"offices": _offices(connection, cycle_id, entered.offices, target)})
        data = kept.model_dump(mode="json")
        connection.execute(
            query("documents/revise_letter"),
            {"document_id": document.document_id, "content": json.dumps(data, ensure_ascii=False)},
        )
        events.record(
            connection, cycle_id, "letter_revised", by, clock.now(connection, cycle_id),
            document=kind, content=data,
        )  # fmt: skip
        return lifecycle.add_version(connection, cycle_id, kind, render_document(connection, cycle_id, kind))


def note_run(engine: Engine, cycle_id: str, kind: str, run_id: str, conf: Mapping[str, Any], by: str) -> None:
    """Remember which run carries a letter, who started it and with what; once per run."""
    with engine.begin() as connection:
        connection.execute(query("documents/hold_cycle"), {"cycle_id": cycle_id})
        key = {"cycle_id": cycle_id, "kind": kind}
        if run_id not in connection.execute(query("documents/runs_of_letter"), key).scalars().all():
            events.record(
                connection, cycle_id, "letter_run_started", by, clock.now(connection, cycle_id),
                document=kind, run_id=run_id, conf=dict(conf),
            )  # fmt: skip


def open_letters(connection: Connection) -> list[OpenLetter]:
    """Letters that were started and not sent yet, save those that a withdrawn cycle needs no more."""
    rows = connection.execute(query("documents/open_letters"), {"going_on": list(GOES_ON_AFTER_WITHDRAWAL)})
    return [OpenLetter(r.cycle_id, r.kind, r.title, tuple(r.run_ids)) for r in rows]


# --- what was entered
# ---------------------------------------------------------------------------------------


def _content(content: LetterContent | Mapping[str, Any]) -> LetterContent:
    try:
        entered = content if isinstance(content, LetterContent) else LetterContent.model_validate(content)
    except ValidationError as error:
        places = ", ".join(sorted({".".join(map(str, e["loc"])) for e in error.errors()}))
        raise RefusedEntryError(text("documents.letter.malformed", places=places)) from error
    if not entered.subject:
        raise RefusedEntryError(text("documents.letter.no_subject"))
    if not any(p.strip() for p in entered.paragraphs):
        raise RefusedEntryError(text("documents.letter.no_paragraphs"))
    return entered


def _target(connection: Connection, cycle_id: str, family: Family, about: str | None) -> Document | None:
    """The registered document that a letter is about. Raises RefusedEntryError."""
    if family not in ABOUT_ANOTHER:
        if about is not None:
            raise RefusedEntryError(text("documents.letter.about_nothing"))
        return None
    target = lifecycle.find(connection, cycle_id, about or "")
    if target is None or target.number is None:
        raise RefusedEntryError(text("documents.letter.about_unregistered"))
    recall = connection.execute(
        query("documents/recall_of"), {"document_id": target.document_id}
    ).scalar_one_or_none()
    if recall is not None:
        raise RefusedEntryError(text("documents.letter.recalled", number=target.number, recall=recall))
    return target


def _by_id(connection: Connection, document: Document) -> Document | None:
    kind = connection.execute(
        query("documents/kind_of"), {"document_id": document.about_document_id}
    ).scalar_one()
    return lifecycle.find(connection, document.cycle_id, kind)


def _offices(
    connection: Connection, cycle_id: str, entered: Sequence[str], target: Document | None
) -> tuple[str, ...]:
    """The look-up codes of the offices named; of all to whom the document in question went where none is
    named and that were not all of the cycle. Raises RefusedEntryError.
    """
    everybody = connection.execute(query("intake/recipients"), {"cycle_id": cycle_id}).all()
    reached = everybody if target is None else dispatch.addressed(connection, target)
    if not entered:
        return () if len(reached) == len(everybody) else tuple(row.reference_code for row in reached)
    codes = {row.reference_code: row.short_name for row in reached}
    index = NameIndex((row.reference_code, [row.name, row.short_name, *row.aliases]) for row in reached)
    found: list[str] = []
    for given in entered:
        code = given.upper() if given.upper() in codes else index.resolve(given)
        if code is None:
            similar = "; ".join(f"{codes[code]} ({code})" for code, _ in index.suggest(given))
            raise RefusedEntryError(text("documents.letter.unknown_office", office=given, similar=similar))
        found.append(code)
    order = list(codes)
    return tuple(sorted(dict.fromkeys(found), key=order.index))


# --- the words around it
# ---------------------------------------------------------------------------------------


def _values(
    connection: Connection, cycle_id: str, regime: Regime, target: Document | None
) -> dict[str, object]:
    cycle = connection.execute(query("documents/cycle_words"), {"cycle_id": cycle_id}).one()
    values: dict[str, object] = {
        "report_title": cycle.title,
        "deadline_phrase": cycle.deadline_phrase,
        "ministry_name": regime.ministry.name,
        "unit_name": regime.unit.name,
        "unit_symbol": regime.unit.symbol,
        "contact": regime.unit.contact,
    }
    if target is not None:
        cited = _cited(target, cycle.subject)
        values |= {"about": cited["full"], "about_cited": cited["dated"], "about_short": cited["short"]}
    return values


def _cited(
    document: Document, request_subject: str, written: Callable[[date], str] = document_date
) -> dict[str, str]:
    """How a registered document is cited: full (with its V/v), dated, short (by its number alone)."""
    assert document.registered_on is not None
    subject = subject_of(document) or (request_subject if document.kind == "request_letter" else "")
    noun = "letter" if document.kind.partition("__")[0] not in dispatch.REPORTS else "report"
    values = {
        "number": document.number,
        "date": written(document.registered_on),
        "subject": subject,
    }
    dated, short = (text(f"documents.cited.{noun}.{form}", **values) for form in ("dated", "short"))
    full = text(f"documents.cited.{noun}.full", **values) if subject else dated
    return {"full": full, "dated": dated, "short": short}


def about_cited(connection: Connection, document: Document) -> str:
    """Number and date of the document that a letter corrects, replaces or recalls, as mails write them; ""
    for a notice.
    """
    target = None if document.about_document_id is None else _by_id(connection, document)
    return "" if target is None else _cited(target, "", short_date)["dated"]


def subject_of(document: Document) -> str:
    """The V/v line of a document, without "về việc"; "" where its title has none."""
    if document.content is not None and "subject" in document.content:
        return str(document.content["subject"])
    return document.title.partition(text("documents.cited.about_words"))[2].strip()


def _copies(letter: LetterText, values: Mapping[str, object]) -> tuple[CopyTo, ...]:
    return tuple(copy.model_copy(update={"name": fill(copy.name, values)}) for copy in letter.copies)
