"""Replies of the Government (or its office) to the ministry's reports, what they direct, and the letter that
carries it out.

The issuer sends such a reply to everyone itself: it is recorded and linked here, never sent on. Its
directions, like the reviews that a directive orders for later, become items to be followed up.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection, Engine, Row
from unidecode import unidecode

from reporting import archive, clock, events, plain_yaml
from reporting.calendar.deadlines import Deadline
from reporting.cycles.opening import Mode, open_cycle, regime_of
from reporting.database import query
from reporting.documents.lifecycle import Draft, RefusedEntryError
from reporting.letters.cycle import Addressee, LetterCycle
from reporting.letters.request import render_request_of
from reporting.letters.text import document_date
from reporting.regimes.models import (
    OPEN,
    Addressees,
    DeadlineRule,
    Deliverable,
    LetterText,
    Period,
    Regime,
    Upstream,
    all_regimes,
)
from reporting.registry.roster import members
from reporting.wording.catalogue import text

AD_HOC = "ad_hoc"
DAYS_OPEN_WITHOUT_REPORT = 30
"""So long the cycle of a letter that asks for no report stays open."""

_CODE_LENGTH = 40


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Answered(_Data):
    """The report that a reply answers, as the reply cites it."""

    number: str
    signed_on: date | None = None
    title: str = ""


class Direction(_Data):
    """Something that a reply directs; `owner` only where it is not the reply's, `due_on` only where one is
    fixed.
    """

    wording: str = Field(min_length=1)
    owner: str = ""
    due_on: date | None = None


class Reply(_Data):
    """A reply as a file of include/registry/replies holds it."""

    number: str = Field(min_length=3)
    signed_on: date
    issuer: str = Field(min_length=1)
    opinion_of: str = Field(min_length=1)
    signer: str = Field(min_length=1)
    capacity: str = Field(min_length=1)
    subject: str = Field(min_length=1)
    opinion: str
    answers: Answered | None = None
    registered_number: str | None = None
    received_on: date | None = None
    owner: str = Field(min_length=1)
    directions: tuple[Direction, ...] = ()


@dataclass(frozen=True)
class RecordedReply:
    """A reply on record. `answered_cycle` is the cycle whose report it answers, `answered_kind` which of its
    reports (the first, a later edition, a supplement); None where that was not made here.
    """

    reply_id: int
    number: str
    signed_on: date
    issuer: str
    opinion_of: str
    signer: str
    capacity: str
    subject: str
    opinion: str
    answers_number: str | None
    answers_on: date | None
    answered_cycle: str | None
    answered_kind: str | None
    registered_number: str | None
    received_on: date | None
    filename: str | None
    entered_by: str
    item_count: int
    open_count: int


@dataclass(frozen=True)
class FollowUpItem:
    """Something to be followed up: a direction of a reply (`number`) or a review of a cycle (`cycle_id`).

    `asked_in` is the cycle whose form asked about it last, `asked` the offices that it asked, `answered`
    those whose answer counts; None where no form did.
    """

    item_id: int
    number: str | None
    cycle_id: str | None
    position: int
    wording: str
    owner: str
    due_on: date | None
    done_on: date | None
    outcome: str | None
    closed_by: str | None
    asked_in: str | None
    asked: int | None
    answered: int | None


def load_reply(path: Path) -> Reply:
    """Read a reply from its YAML file. Raises ValueError naming file and place."""
    try:
        content = plain_yaml.load(unicodedata.normalize("NFC", path.read_text("utf-8")))
        return Reply.model_validate(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not readable as YAML in UTF-8: {error}") from error
    except ValidationError as error:
        places = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ValueError(f"{path}: {places}") from error


def record_reply(
    connection: Connection, reply: Reply, *, by: str, filename: str | None = None, file: bytes | None = None
) -> int:
    """Put a reply on record with its directions as follow-up items, and return its id; the same reply
    twice is one.

    It is linked to the report that it answers where a document made here has that number and date, else the
    report is only cited. What was not known at first (number in the register, day of arrival, file;
    day or owner of a direction) may be added by recording it again. Raises RefusedEntryError, in Vietnamese,
    when the number stands for another reply, or the days cannot be.
    """
    _validate(reply)
    sha256 = None
    if file is not None and filename:
        sha256 = archive.store(connection, file, "application/pdf")
    answered = reply.answers
    key = {"number": reply.number}
    values: dict[str, Any] = {
        "signed_on": reply.signed_on,
        "issuer": reply.issuer,
        "opinion_of": reply.opinion_of,
        "signer": reply.signer,
        "capacity": reply.capacity,
        "subject": reply.subject,
        "opinion": reply.opinion,
        "answers_number": answered.number if answered else None,
        "answers_on": answered.signed_on if answered else None,
    }
    later = {
        "registered_number": reply.registered_number,
        "received_on": reply.received_on,
        "filename": filename if sha256 else None,
        "file_sha256": sha256,
    }
    link = None
    if answered is not None:
        link = connection.execute(
            query("documents/document_answered"), {"number": answered.number, "on": answered.signed_on}
        ).one_or_none()
    added: int | None = connection.execute(
        query("documents/add_reply"),
        key | values | later | {"document_id": link.document_id if link else None, "entered_by": by},
    ).scalar_one_or_none()
    if added is None:
        return _again(connection, reply, values, later, link.document_id if link else None, by)
    for position, direction in enumerate(reply.directions, start=1):
        connection.execute(
            query("documents/add_follow_up"),
            {
                "reply_id": added,
                "position": position,
                "wording": direction.wording,
                "owner": direction.owner or reply.owner,
                "due_on": direction.due_on,
            },
        )
    events.record(
        connection, link.cycle_id if link else None, "reply_recorded", by, clock.wall_now(),
        number=reply.number, answers=values["answers_number"], directions=len(reply.directions),
    )  # fmt: skip
    return added


def replies(connection: Connection) -> list[RecordedReply]:
    """All replies on record, newest first."""
    return [RecordedReply(**row._mapping) for row in connection.execute(query("documents/replies"))]


def find_reply(connection: Connection, number: str) -> RecordedReply:
    """The reply of that number. Raises LookupError naming those there are."""
    known = replies(connection)
    wanted = unicodedata.normalize("NFC", "".join(number.split())).casefold()
    for reply in known:
        if unicodedata.normalize("NFC", reply.number).casefold() == wanted:
            return reply
    listed = ", ".join(reply.number for reply in known) or "none"
    raise LookupError(f"No reply {number!r} is on record; there are: {listed}.")


def follow_ups(
    connection: Connection,
    *,
    due_before: date | None = None,
    number: str | None = None,
    includes_done: bool = False,
) -> list[FollowUpItem]:
    """What is to be followed up: of one reply (`number`), due before a day (items without a day are then left
    out), by day; those of rehearsals are left out.
    """
    rows = connection.execute(
        query("documents/follow_ups"),
        {"due_before": due_before, "number": number, "includes_done": includes_done},
    )
    return [FollowUpItem(**row._mapping) for row in rows]


def close_follow_up(connection: Connection, item_id: int, outcome: str, by: str) -> FollowUpItem:
    """Note what came of an item; closing it again with the same outcome changes nothing.

    Raises LookupError for an unknown item, RefusedEntryError, in Vietnamese, when it was closed with another
    outcome, or none is given.
    """
    said = " ".join(outcome.split())
    if not said:
        raise RefusedEntryError(text("documents.reply.no_outcome"))
    closed = connection.execute(
        query("documents/close_follow_up"),
        {"item_id": item_id, "outcome": said, "closed_by": by, "done_on": clock.wall_now().date()},
    ).rowcount
    item = _follow_up(connection, item_id)
    if not closed and item.outcome != said:
        raise RefusedEntryError(
            text("documents.reply.closed_before", item=item_id, by=item.closed_by, outcome=item.outcome)
        )
    if closed:
        events.record(
            connection, item.cycle_id, "follow_up_closed", by, clock.wall_now(),
            item_id=item_id, number=item.number, outcome=said,
        )  # fmt: skip
    return item


def set_follow_up(
    connection: Connection, item_id: int, *, due_on: date | None = None, owner: str | None = None, by: str
) -> FollowUpItem:
    """Give an open item a day or an owner, or others than it had; what is None stays, and what it has already
    changes nothing.

    Raises LookupError for an unknown item, RefusedEntryError, in Vietnamese, when it is closed or nothing is
    given.
    """
    who = " ".join((owner or "").split()) or None
    if due_on is None and who is None:
        raise RefusedEntryError(text("documents.reply.nothing_to_set"))
    before = _hold_follow_up(connection, item_id)
    if before.done_on is not None:
        raise RefusedEntryError(
            text("documents.reply.is_closed", item=item_id, by=before.closed_by, outcome=before.outcome)
        )
    return _set(connection, before, due_on, who, by, set_by=by)


def reopen_follow_up(connection: Connection, item_id: int, reason: str, by: str) -> FollowUpItem:
    """Follow an item up again that was closed; how it was closed stays on record.

    Raises LookupError for an unknown item, RefusedEntryError, in Vietnamese, when it is open, or no reason is
    given.
    """
    why = " ".join(reason.split())
    if not why:
        raise RefusedEntryError(text("documents.no_reason"))
    before = _hold_follow_up(connection, item_id)
    if before.done_on is None:
        raise RefusedEntryError(text("documents.reply.is_open", item=item_id))
    connection.execute(query("documents/reopen_follow_up"), {"item_id": item_id})
    events.record(
        connection, before.cycle_id, "follow_up_reopened", by, clock.wall_now(), item_id=item_id,
        number=before.number, reason=why, outcome_before=before.outcome, closed_by=before.closed_by,
    )  # fmt: skip
    return _follow_up(connection, item_id)


def _set(
    connection: Connection,
    before: FollowUpItem,
    due_on: date | None,
    owner: str | None,
    by: str,
    *,
    set_by: str | None,
) -> FollowUpItem:
    connection.execute(
        query("documents/set_follow_up"),
        {"item_id": before.item_id, "due_on": due_on, "owner": owner, "set_by": set_by},
    )
    item = _follow_up(connection, before.item_id)
    if item != before:
        events.record(
            connection, item.cycle_id, "follow_up_set", by, clock.wall_now(), item_id=item.item_id,
            number=item.number, due_on=item.due_on, due_before=before.due_on, owner=item.owner,
            owner_before=before.owner,
        )  # fmt: skip
    return item


def _hold_follow_up(connection: Connection, item_id: int) -> FollowUpItem:
    connection.execute(query("documents/hold_follow_up"), {"item_id": item_id})
    return _follow_up(connection, item_id)


def _follow_up(connection: Connection, item_id: int) -> FollowUpItem:
    row = connection.execute(query("documents/follow_up"), {"item_id": item_id}).one_or_none()
    if row is None:
        raise LookupError(f"There is no follow-up item {item_id}; `reporting follow-up list` shows them.")
    return FollowUpItem(**row._mapping)


def _validate(reply: Reply) -> None:
    days = [reply.answers.signed_on if reply.answers else None, reply.signed_on, reply.received_on]
    known = [day for day in days if day is not None]
    if known != sorted(known) or known[-1] > clock.wall_now().date():
        raise RefusedEntryError(text("documents.reply.bad_days"))


def _again(
    connection: Connection,
    reply: Reply,
    values: Mapping[str, Any],
    later: Mapping[str, Any],
    document_id: int | None,
    by: str,
) -> int:
    """The id of the reply on record, completed by what is known now, also a day or an owner of a direction.
    Raises RefusedEntryError.
    """
    standing = connection.execute(query("documents/reply"), {"number": reply.number}).mappings().one()
    other = [key for key, value in values.items() if standing[key] != value]
    other += [k for k, v in later.items() if v is not None and standing[k] is not None and standing[k] != v]
    kept = connection.execute(query("documents/directions"), {"reply_id": standing["reply_id"]}).all()
    pairs = list(zip(kept, reply.directions, strict=False))
    if len(kept) != len(reply.directions) or any(_is_other(reply, d, row) for row, d in pairs):
        other.append("directions")
    if other:
        fields = ", ".join(text(f"documents.reply.field.{key}") for key in other)
        raise RefusedEntryError(text("documents.reply.number_taken", number=reply.number, fields=fields))
    completed = {"number": reply.number, "document_id": document_id, **later}
    connection.execute(query("documents/complete_reply"), completed)
    for row, direction in pairs:  # a day or an owner that was not known before
        due_on = direction.due_on if row.due_on is None else None
        owner = direction.owner if row.owner == reply.owner else None
        if row.set_by is None and row.done_on is None and (due_on or owner):
            _set(connection, _hold_follow_up(connection, row.item_id), due_on, owner, by, set_by=None)
    return int(standing["reply_id"])


def _is_other(reply: Reply, direction: Direction, kept: Row[tuple[Any, ...]]) -> bool:
    """Whether a direction on record is another one: its words, or a day or owner that it had from the reply
    and that nobody gave it since.
    """
    if kept.wording != direction.wording:
        return True
    if kept.set_by is not None:
        return False
    is_other_owner = kept.owner not in (reply.owner, direction.owner or reply.owner)
    return is_other_owner or kept.due_on not in (None, direction.due_on)


# --- the letter that carries a reply out
# ---------------------------------------------------------------------------------------


def directive_regime(
    connection: Connection,
    number: str,
    base: Regime,
    groups: Sequence[str],
    *,
    request_on: date,
    report_by: date | None = None,
    items: Sequence[int] = (),
) -> Regime:
    """The directive by which the ministry carries out a reply: its open directions (or `items` of them) as
    requests to the members of `groups`, signed and laid out as those of `base`.

    With `report_by`, the last day, the addressees owe a report; without it nothing is owed, only to be done.
    Raises LookupError for an unknown reply or list, RefusedEntryError when nothing is left to be directed or
    the day is past.
    """
    reply = find_reply(connection, number)
    directions = [
        item for item in follow_ups(connection, number=reply.number) if not items or item.item_id in items
    ]
    if not directions:
        raise RefusedEntryError(text("documents.reply.nothing_open", number=reply.number))
    if report_by is not None and report_by <= request_on:
        raise RefusedEntryError(text("documents.reply.report_too_early"))
    cited = {
        "number": reply.number,
        "date": document_date(reply.signed_on),
        "issuer": reply.issuer,
        "opinion_of": reply.opinion_of,
        "subject": _begun(reply.subject),
    }
    task = text("documents.reply.letter.task", **cited)
    closing = "with_report" if report_by else "without_report"
    deadline = OPEN if report_by is None else DeadlineRule(kind="through", day=report_by)
    deliverables = [
        Deliverable(code=f"direction_{n}", label=_begun(item.wording), kind="task")
        for n, item in enumerate(directions, start=1)
    ]
    if report_by is not None:
        report = text("documents.reply.letter.report_label")
        deliverables.insert(0, Deliverable(code="signed_report", label=report, deadline=deadline))
    code = _code(reply.number)
    return Regime(
        code=AD_HOC,
        title=text("documents.reply.letter.title", **cited),
        kind="ad_hoc",
        ministry=base.ministry,
        unit=base.unit,
        signer=base.signer,
        office_hours=base.office_hours,
        addressees=tuple(
            Addressees(group=group, role="owes", salutation=_salutation(group, base)) for group in groups
        ),
        deliverables=tuple(deliverables),
        reminders=base.reminders if report_by else (),
        request_letter=LetterText(
            subject=text("documents.reply.letter.subject", **cited),
            basis=(text("documents.reply.letter.basis", **cited),),
            opening=(text("documents.reply.letter.opening"),),
            requests=tuple(f"{item.wording.rstrip('.;')}." for item in directions),
            closing=tuple(text(f"documents.reply.letter.closing.{closing}").splitlines()),
            attaches_addressees=False,
            copies=base.request_letter.copies,
        ),
        periods=(
            Period(
                code=code,
                label=text("documents.reply.letter.label", **cited),
                reference_prefix=_prefix(reply.number),
                report_title=text("documents.reply.letter.report_title", **cited),
                period_from=reply.signed_on,
                period_to=report_by or request_on,
                cutoff_on=report_by or request_on,
                request_on=request_on,
                deadline=deadline,
                close_on=(report_by or request_on) + timedelta(days=DAYS_OPEN_WITHOUT_REPORT),
                upstream=Upstream(task=task),
            ),
        ),
    )


def draft_letter(connection: Connection, regime: Regime) -> Draft:
    """The request letter of a directive that is not opened, as it would be drafted on its day; nothing is
    kept.
    """
    (period,) = regime.periods
    addressees = [
        Addressee(0, m.organization_id, position, m.name, m.short_name, True, "", group)
        for position, (group, m) in enumerate(
            (
                (a.group, m)
                for a in regime.addressees
                for m in members(connection, a.group, period.request_on)
            ),
            start=1,
        )
    ]
    fixed = None if period.deadline.day is None else Deadline("through", period.deadline.day)
    return render_request_of(
        connection,
        LetterCycle(
            cycle_id=f"{regime.code}__{period.code}",
            title=period.report_title,
            subject=regime.request_letter.subject,
            mode="live",
            period=period.code,
            period_from=period.period_from,
            period_to=period.period_to,
            cutoff_on=period.cutoff_on,
            request_on=period.request_on,
            deadline_phrase="" if fixed is None else fixed.phrase,
            due_at=None if fixed is None else fixed.first_late_at,
            is_reconstruction=False,
            report_year=period.request_on.year,
            regime=regime,
            form=None,
            addressees=tuple(addressees),
        ),
    )


def open_directive(engine: Engine, number: str, regime: Regime, mode: Mode, *, by: str) -> str:
    """Open the cycle of a directive that carries out a reply, once, and return its id.

    The chain stays traceable: the cycle follows the one whose report was answered, and its log names the
    reply. Raises as open_cycle does.
    """
    with engine.connect() as connection:
        reply = find_reply(connection, number)
    (period,) = regime.periods
    cycle_id = open_cycle(engine, regime, period.code, mode, parent_cycle_id=reply.answered_cycle)
    with engine.begin() as connection:
        connection.execute(query("documents/hold_cycle"), {"cycle_id": cycle_id})
        if regime_of(connection, cycle_id) != regime:
            raise RefusedEntryError(
                text("documents.reply.opened_otherwise", cycle=cycle_id, number=reply.number)
            )
        if connection.execute(query("documents/is_opened_for_reply"), {"cycle_id": cycle_id}).scalar_one():
            return cycle_id
        events.record(
            connection, cycle_id, "opened_for_reply", by, clock.now(connection, cycle_id), number=reply.number
        )
    return cycle_id


def _salutation(group: str, base: Regime) -> str:
    """How a list is greeted: by the regime that lends its form, else by any that addresses it. Raises
    LookupError.
    """
    for regime in (base, *all_regimes()):
        for addressees in regime.addressees:
            if addressees.group == group and addressees.salutation:
                return addressees.salutation
    known = sorted({a.group for r in all_regimes() for a in r.addressees if a.salutation})
    raise LookupError(
        f"No regime says how to greet the list {group!r}; lists that are greeted: {', '.join(known)}."
    )


def _code(number: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", unidecode(number).lower()).strip("_")[:_CODE_LENGTH]


def _prefix(number: str) -> str:
    return ("VB" + re.sub(r"[^A-Z0-9]", "", unidecode(number).upper()))[:12]


def _begun(sentence: str) -> str:
    """A sentence as it goes on within another one: without its full stop, its first letter small."""
    return sentence[:1].lower() + sentence[1:].rstrip(".;")
