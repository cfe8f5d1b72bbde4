"""The daily digest to the officer in charge: what is outstanding, waits for a person, or falls due today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import Connection, Engine, Row

from reporting import clock
from reporting.calendar.working_days import WorkingCalendar
from reporting.cycles.plan import last_day_before
from reporting.database import query
from reporting.documents import lapse
from reporting.documents.replies import follow_ups
from reporting.intake.waiting import Waiting, waiting
from reporting.mail.compose import html_of_parts
from reporting.mail.ledger import ministry_domain
from reporting.mail.transport import (
    Mail,
    NotACaptureServer,
    NotSentYet,
    OutcomeUnknown,
    Prepared,
    Refused,
    ServerUnavailable,
    Transport,
    build,
)
from reporting.regimes.models import OfficeHours
from reporting.registry.focal_points import proposals
from reporting.settings import settings
from reporting.wording.catalogue import WordingError, text
from reporting.wording.vietnamese import date_with_weekday, moment, short_date

DUE_SOON = 3
"""Working days ahead within which a deadline is called soon."""
FOLLOW_UP_SOON = timedelta(days=30)
"""How long ahead a direction or a review that was ordered is told of."""
_NAMES_SHOWN = 15
_WAITING_SHOWN = 12


@dataclass(frozen=True)
class Digest:
    """The digest as its reader gets it; `body_text` is cut into parts as mails are."""

    subject: str
    body_text: str


class DigestNotSent(RuntimeError):
    """The digest of the day is made but could not be sent; the next call sends it."""


def send_digest(engine: Engine) -> bool:
    """Send the officer in charge the digest of today; returns whether this call sent it.

    Once per working day, not before the office opens (by the machine's clock), and only when there is
    something to say. What is sent was kept before and is marked in the transaction that sends it: a kill in
    between sends it once more, with the same Message-ID. A digest that could not be sent on its day is not
    sent later. Raises DigestNotSent when no server takes it.
    """
    now, address = clock.wall_now(), settings().officer_address
    today = now.date()
    if not address or now.time() < OfficeHours().opens or not WorkingCalendar.load().is_working_day(today):
        return False
    with engine.begin() as connection:
        if not connection.execute(query("mail/digest_is_made"), {"day": today}).scalar_one():
            digest = compose_digest(connection, now)
            if digest is None:
                return False
            connection.execute(
                query("mail/digest_add"),
                {"day": today, "address": address, "subject": digest.subject, "body": digest.body_text},
            )
    with engine.begin() as connection:
        row = connection.execute(query("mail/digest_to_send"), {"day": today}).one_or_none()
        if row is None:
            return False
        mail = Mail(
            to_address=row.address,
            to_name="",
            from_name=text("digest.sender"),
            subject=row.subject,
            body_text=row.body,
            body_html=html_of_parts(row.body),
            message_id=f"<digest.{today.isoformat()}@{ministry_domain()}>",
            in_reply_to=None,
            dated_at=now,
            list_id=f"<tong-hop.{ministry_domain()}>",
        )
        try:
            with Transport() as transport:
                transport.send(Prepared(settings().mailbox_mode, row.address, build(mail)))
        except (Refused, NotSentYet, ServerUnavailable, NotACaptureServer, OutcomeUnknown) as problem:
            raise DigestNotSent(
                f"The digest of {today} was not sent to {row.address}: {problem}"
            ) from problem
        connection.execute(query("mail/digest_mark_sent"), {"day": today})
    return True


def compose_digest(connection: Connection, now: datetime) -> Digest | None:
    """The digest as of a moment of the machine's clock; None when there is nothing to say.

    Rehearsals are left out.
    """
    cycles = connection.execute(query("mail/digest_cycles")).all()
    parts = [part for cycle in cycles if (part := _cycle_part(connection, cycle, now))]
    parts += _after_report_parts(connection, {cycle.cycle_id for cycle in cycles})
    items = _live_waiting(connection, {cycle.cycle_id for cycle in cycles})
    if items:
        parts.append(_waiting_part(items))
    listed = _contacts_part(connection)
    if listed:
        parts.append(listed)
    followed = _follow_up_part(connection, now)
    if followed:
        parts.append(followed)
    if not parts:
        return None
    outstanding = sum(cycle.outstanding for cycle in cycles if cycle.is_issued)
    summary = [
        text(f"digest.summary.{kind}", count=count)
        for kind, count in (("outstanding", outstanding), ("waiting", len(items)))
        if count
    ]
    told = text("digest.summary.separator").join(summary) or text("digest.summary.other")
    body = [text("digest.opening", moment=moment(now)), *parts, text("digest.closing")]
    return Digest(text("digest.subject", date=short_date(now.date()), summary=told), "\n\n".join(body))


def _cycle_part(connection: Connection, cycle: Row[tuple[object, ...]], now: datetime) -> str:
    """What is to be said of an open cycle; "" when nobody owes anything and no document waits."""
    lines = []
    if cycle.recipients:
        deadline = cycle.deadline_phrase or text("digest.cycle.no_deadline")
        lines.append(
            text(
                f"digest.cycle.{'answered' if cycle.is_issued else 'not_issued'}",
                answered=cycle.answered,
                recipients=cycle.recipients,
                deadline=deadline,
            )
        )
    owing = _office_lines(connection, cycle.cycle_id, now) if cycle.is_issued and cycle.outstanding else []
    documents = [
        line
        for row in connection.execute(query("mail/digest_documents"), {"cycle_id": cycle.cycle_id}).all()
        for line in _document_lines(connection, row)
    ]
    if not owing and not documents:
        return ""
    title = cycle.title[:1].upper() + cycle.title[1:]
    heading = text("digest.cycle.heading", title=title, cycle=cycle.cycle_id)
    return "\n".join([heading, *lines, *owing, *documents])


def _after_report_parts(connection: Connection, told: set[str]) -> list[str]:
    """What came after published reports, with the supplement that is proposed; where another report is being
    made already, for whom it waits, unless the cycle is told of (`told`) anyway.
    """
    parts = []
    for cycle in connection.execute(query("mail/digest_after_report")).all():
        lines = []
        if not cycle.is_open:
            lines.append(
                text(
                    "digest.after_report.news",
                    number=cycle.number,
                    date=short_date(cycle.registered_on),
                    count=len(cycle.offices),
                    offices=_capped(cycle.offices),
                    cycle=cycle.cycle_id,
                )
            )
        elif cycle.cycle_id not in told:
            waiting_documents = connection.execute(
                query("mail/digest_documents"), {"cycle_id": cycle.cycle_id}
            )
            lines += [line for row in waiting_documents.all() for line in _document_lines(connection, row)]
        if lines:
            title = cycle.title[:1].upper() + cycle.title[1:]
            parts.append("\n".join([text("digest.cycle.heading", title=title, cycle=cycle.cycle_id), *lines]))
    return parts


def _document_lines(connection: Connection, row: Row[tuple[object, ...]]) -> list[str]:
    """For whom a document waits; and, where an earlier draft was approved, why that approval lapsed."""
    listed = lapse.steps(connection, row.document_id, row.version)
    who = next((step.label for step in listed if step.step == row.open_step), "")
    lines = [text(f"digest.cycle.{row.awaited}", who=who, title=row.title, at=_short(row.since))]
    lapsed = lapse.of_draft(connection, row.document_id, row.version)
    if lapsed is not None:
        lines.append(text("approval.lapsed_line", lapsed=lapse.in_words(lapsed)))
    return lines


def _office_lines(connection: Connection, cycle_id: str, now: datetime) -> list[str]:
    """The offices that still owe something, by how pressing it is."""
    today = now.date()
    starts_at = datetime.combine(today, time(), clock.VIETNAM)
    rows = connection.execute(
        query("mail/digest_offices"),
        {
            "cycle_id": cycle_id,
            "day": today,
            "day_starts_at": starts_at,
            "day_ends_at": starts_at + timedelta(days=1),
        },
    ).all()
    soon = WorkingCalendar.load().shift(today, DUE_SOON)
    overdue, near, later = [], [], []
    for row in rows:
        if row.due_at is not None and row.due_at <= now:
            overdue.append(row)
        elif row.due_at is not None and last_day_before(row.due_at) <= soon:
            if not row.ends_extension:  # told by itself below
                near.append(row)
        else:
            later.append(row)
    lines = [_offices("overdue", overdue)] if overdue else []
    for last_day in sorted({last_day_before(row.due_at) for row in near}):
        of_day = [row for row in near if last_day_before(row.due_at) == last_day]
        lines.append(_offices("due_soon", of_day, last_day=date_with_weekday(last_day)))
    if later:
        lines.append(_offices("outstanding", later))
    for kind in ("to_complete", "partial", "draft", "extension_ends", "promised"):
        flag = {"extension_ends": "ends_extension"}.get(kind, f"is_{kind}")
        chosen = [row for row in rows if getattr(row, flag)]
        if chosen:
            lines.append(_offices(kind, chosen))
    return lines


def _offices(kind: str, rows: Sequence[Row[tuple[object, ...]]], **values: object) -> str:
    return text(
        f"digest.cycle.{kind}", count=len(rows), offices=_capped([r.short_name for r in rows]), **values
    )


def _capped(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMES_SHOWN])
    left = len(names) - _NAMES_SHOWN
    return text("digest.and_others", names=shown, count=left) if left > 0 else shown


def _short(moment_of: datetime) -> str:
    local = moment_of.astimezone(clock.VIETNAM)
    return text("command_line.moment", hour=local.hour, minute=local.minute, date=short_date(local))


def _live_waiting(connection: Connection, cycle_ids: set[str]) -> list[Waiting]:
    """What waits for a person in live cycles, or came to the live mailbox and belongs to no cycle yet."""
    found = waiting(connection)
    homeless = [item.arrival_id for item in found if item.cycle_id is None and item.arrival_id is not None]
    live = set(connection.scalars(query("mail/digest_live_arrivals"), {"arrivals": homeless}))
    # an office that cannot be reached stands under the contacts
    return [
        item
        for item in found
        if item.kind != "unreachable" and (item.cycle_id in cycle_ids or item.arrival_id in live)
    ]


def _waiting_part(items: Sequence[Waiting]) -> str:
    lines = [text("digest.waiting.heading", count=len(items))]
    lines += [_waiting_line(item) for item in items[:_WAITING_SHOWN]]
    if len(items) > _WAITING_SHOWN:
        lines.append(text("digest.waiting.more", count=len(items) - _WAITING_SHOWN))
    return "\n".join(lines) + "\n\n" + text("digest.waiting.how")


def _waiting_line(item: Waiting) -> str:
    note = item.note
    try:
        state = text(f"states.message.{item.state}") if item.kind == "message" else ""
        note = text(f"intake.waiting.note.{item.kind}", note=item.note or "", state=state)
    except WordingError:
        pass  # of this kind the note is what the officer reads
    return " ".join(
        text(
            f"digest.waiting.{'line' if note else 'line_bare'}",
            kind=text(f"intake.waiting.kind.{item.kind}"),
            office=text("digest.waiting.office", office=item.short_name) if item.short_name else "",
            who=text("digest.waiting.who", who=item.who) if item.who else "",
            note=note,
            at=_short(item.since),
        ).split()
    )


def _follow_up_part(connection: Connection, now: datetime) -> str:
    """Directions and reviews whose day is near or past; "" when there is none."""
    items = follow_ups(connection, due_before=now.date() + FOLLOW_UP_SOON)
    lines = [
        text("digest.follow_up.line", what=item.wording, owner=item.owner, due=short_date(item.due_on))
        for item in items
        if item.due_on is not None
    ]
    if not lines:
        return ""
    return "\n".join([text("digest.follow_up.heading"), *lines]) + "\n\n" + text("digest.follow_up.how")


def _contacts_part(connection: Connection) -> str:
    """Contacts that need a person; "" when none does."""
    rows = connection.execute(query("mail/digest_contacts")).all()
    bouncing = [
        text("digest.contacts.bouncing_one", office=row.office, email=row.email)
        for row in rows
        if row.kind == "bouncing"
    ]
    without = [row.office for row in rows if row.kind == "without"]
    lines = []
    if bouncing:
        lines.append(text("digest.contacts.bouncing", count=len(bouncing), contacts=_capped(bouncing)))
    if without:
        lines.append(text("digest.contacts.without", count=len(without), offices=_capped(without)))
    lines += [
        text(
            "digest.contacts.proposed",
            office=proposal.short_name,
            code=proposal.reference_code,
            name=" ".join((proposal.display_name or text("digest.unknown_name")).split()),
            email=" ".join((proposal.email or text("digest.unknown_email")).split()),
        )
        for proposal in proposals(connection)
        if proposal.mode == "live"
    ]
    if not lines:
        return ""
    return "\n".join([text("digest.contacts.heading"), *lines]) + "\n\n" + text("digest.contacts.how")
