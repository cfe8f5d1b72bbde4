"""What a rehearsal showed: which mails and letters there would have been, to whom, on which day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from reporting import archive, clock, events
from reporting.cycles import plan, status
from reporting.database import query
from reporting.letters.text import escape
from reporting.summary.workbook import Workbook, headings
from reporting.wording.catalogue import catalogue, text
from reporting.wording.vietnamese import date_with_weekday, join_names, moment, short_date

MARKDOWN = "text/markdown"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FEW, _NAMED = 3, 8
"""A line of the digest names all offices only where they are few, and of a part of them so many: the workbook
has all.
"""

_MAIL_COLUMNS = (
    ("at", 12.0), ("step", 20.0), ("code", 15.0), ("office", 24.0), ("contact", 22.0), ("address", 30.0),
    ("subject", 44.0), ("files", 34.0),
)  # fmt: skip
_LETTER_COLUMNS = (("day", 12.0), ("document", 30.0), ("title", 70.0), ("number", 22.0), ("listed", 14.0))


@dataclass(frozen=True)
class RehearsedMail:
    """One mail of the ledger. `position` is the office's place in the list of addressees."""

    at: datetime
    step: str
    position: int
    reference_code: str
    office: str
    short_name: str
    is_copied: bool
    contact: str
    address: str
    subject: str
    body: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class RehearsedLetter:
    """One document, as last drafted. `listed` is how many offices its list names; 0: it has none."""

    document_id: int
    version: int
    kind: str
    title: str
    drafted_on: date
    number: str | None
    is_numbered: bool
    listed: int


@dataclass(frozen=True)
class RehearsedStep:
    """A step of the plan. `lapsed` says why nothing was to be done at it; None where something was."""

    step: str
    at: datetime
    lapsed: str | None


@dataclass(frozen=True)
class RehearsalDigest:
    """Everything a rehearsal showed. `answers` is what was supposed about the offices; `findings` are those
    of the check before the launch.
    """

    cycle_id: str
    title: str
    kind: str
    deadline_phrase: str
    due_at: datetime | None
    upstream_due_on: date | None
    ended_at: datetime
    keeps_mail: bool
    answers: str
    owing: int
    copied: int
    outstanding: int
    steps: tuple[RehearsedStep, ...]
    mails: tuple[RehearsedMail, ...]
    letters: tuple[RehearsedLetter, ...]
    unreachable: tuple[str, ...]
    findings: tuple[str, ...]


def digest(
    connection: Connection, cycle_id: str, answers: str, findings: Sequence[str] = ()
) -> RehearsalDigest:
    """Read the digest of a rehearsal from the warehouse. Raises LookupError for an unknown cycle."""
    key = {"cycle_id": cycle_id}
    row = connection.execute(query("conducting/cycle"), key).one_or_none()
    if row is None:
        raise LookupError(f"There is no cycle {cycle_id!r}; `reporting cycle list` shows those there are.")
    lapsed = {r.step: r.reason for r in connection.execute(query("conducting/lapsed_steps"), key)}
    return RehearsalDigest(
        cycle_id=cycle_id,
        title=row.title,
        kind=row.kind,
        deadline_phrase=row.deadline_phrase,
        due_at=row.due_at,
        upstream_due_on=row.upstream_due_on,
        ended_at=clock.now(connection, cycle_id),
        keeps_mail=row.keeps_mail,
        answers=answers,
        owing=row.owing,
        copied=row.copied,
        outstanding=row.outstanding,
        steps=tuple(
            RehearsedStep(m.step, (m.done_at or m.due_at).astimezone(clock.VIETNAM), lapsed.get(m.step))
            for m in status.milestones(connection, cycle_id)
        ),
        mails=tuple(_mail(r) for r in connection.execute(query("conducting/mails"), key)),
        letters=tuple(
            RehearsedLetter(
                r.document_id,
                r.version,
                "question" if row.kind == "question" and r.kind == "request_letter" else r.kind,
                r.title,
                r.registered_on or r.drafted_at.astimezone(clock.VIETNAM).date(),
                r.number,
                r.is_numbered,
                r.listed,
            )
            for r in connection.execute(query("conducting/letters"), key)
        ),
        unreachable=tuple(r.short_name for r in connection.execute(query("conducting/unreachable"), key)),
        findings=tuple(findings),
    )


def as_markdown(found: RehearsalDigest, *, with_texts: bool = True) -> str:
    """The digest for a person to read, in Vietnamese; `with_texts` adds one mail of each kind in full."""
    facts = [text("rehearsal.facts.cycle", cycle_id=found.cycle_id), _deadline(found)]
    if found.upstream_due_on is not None:
        facts.append(text("rehearsal.facts.upstream", day=date_with_weekday(found.upstream_due_on)))
    facts += [
        text(
            "rehearsal.facts.offices",
            owing=found.owing,
            copied=found.copied,
            outstanding=found.outstanding,
        ),
        text(f"rehearsal.answers.{found.answers}"),
    ]
    parts = [
        f"# {text('rehearsal.title', title=escape(found.title))}",
        f"**{text('rehearsal.mark')}**",
        text("rehearsal.kept" if found.keeps_mail else "rehearsal.captured"),
        "\n".join(f"- {fact}" for fact in facts),
        f"## {text('rehearsal.heading.days')}",
        "\n".join([text("rehearsal.days_header"), *_days(found)]),
        f"## {text('rehearsal.heading.letters')}",
        _letters(found),
        f"## {text('rehearsal.heading.findings')}",
        "\n".join(f"- {escape(f)}" for f in found.findings) or text("rehearsal.no_findings"),
        f"## {text('rehearsal.heading.unreachable')}",
        join_names(found.unreachable) or text("rehearsal.all_reachable"),
    ]
    if with_texts:
        parts += [f"## {text('rehearsal.heading.texts')}", *_texts(found)]
    return "\n\n".join(parts) + "\n"


def as_workbook(found: RehearsalDigest) -> bytes:
    """Every mail and every letter, one a row, as xlsx."""
    book = Workbook(text("rehearsal.mark"))
    title = text("rehearsal.title", title=found.title)
    book.table(
        text("rehearsal.sheet.mails"),
        title,
        headings("rehearsal.sheet", _MAIL_COLUMNS),
        [
            (
                m.at.replace(tzinfo=None), step_name(m.step, found.kind), m.reference_code, m.office,
                m.contact, m.address, m.subject, "\n".join(m.files),
            )
            for m in found.mails
        ],
    )  # fmt: skip
    book.table(
        text("rehearsal.sheet.letters"),
        title,
        headings("rehearsal.sheet", _LETTER_COLUMNS),
        [(x.drafted_on, document_name(x.kind), x.title, _number(x), x.listed or None) for x in found.letters],
    )
    return book.finish()


def keep(connection: Connection, found: RehearsalDigest) -> dict[str, str]:
    """Put the digest into the archive and note it in the cycle's history; returns file name → content
    hash.
    """
    files = {
        text("rehearsal.file.text", cycle_id=found.cycle_id): (as_markdown(found).encode(), MARKDOWN),
        text("rehearsal.file.workbook", cycle_id=found.cycle_id): (as_workbook(found), XLSX),
    }
    kept = {name: archive.store(connection, data, kind) for name, (data, kind) in files.items()}
    events.record(
        connection,
        found.cycle_id,
        "rehearsal_ended",
        text("rehearsal.officer"),
        found.ended_at,
        files=kept,
        mails=len(found.mails),
        letters=len(found.letters),
    )
    return kept


def step_name(step: str, kind: str = "") -> str:
    """What a step of the plan or of the ledger is called in the digest."""
    if kind == "question" and step == "request":
        return text("rehearsal.step.question")
    name, _, offset = step.partition("__")
    side, _, days = offset.rpartition("_")
    if name == "reminder" and days:
        key = {"t_minus": "reminder_minus", "t_plus": "reminder_plus", "i_plus": "reminder_issue"}[side]
        return text(f"rehearsal.step.{key}", days=days)
    key = f"rehearsal.step.{step}"
    return text(key) if key in catalogue() else step


def document_name(kind: str) -> str:
    """What a kind of document is called in the digest."""
    key = f"rehearsal.document.{kind.partition('__')[0]}"
    return text(key if key in catalogue() else "rehearsal.document.other")


def _mail(row: Any) -> RehearsedMail:
    return RehearsedMail(
        at=row.dated_at.astimezone(clock.VIETNAM),
        step=row.step,
        position=row.position,
        reference_code=row.reference_code,
        office=row.name,
        short_name=row.short_name,
        is_copied=row.role == "copied",
        contact=row.contact,
        address=row.to_address,
        subject=row.subject,
        body=row.body_text,
        files=tuple(file["filename"] for file in row.attachments),
    )


def _deadline(found: RehearsalDigest) -> str:
    if found.due_at is None:
        return text("rehearsal.facts.no_deadline")
    last_day = date_with_weekday(plan.last_day_before(found.due_at))
    return text("rehearsal.facts.deadline", phrase=found.deadline_phrase, last_day=last_day)


def _days(found: RehearsalDigest) -> list[str]:
    """One line per step and per batch of mail, in the order of time."""
    lines: list[tuple[datetime, int, str]] = []
    sent = {"issue", *plan.URGING_STEPS.values()}
    steps_with_mail = {m.step for m in found.mails}
    for order, s in enumerate(found.steps):
        if s.step in steps_with_mail and s.lapsed is None:
            continue
        if s.step in sent and s.lapsed is None:
            continue  # its mails stand for it
        reason = "" if s.lapsed is None else _lapsed(s.lapsed)
        shown = text(
            "rehearsal.day_row",
            at=moment(s.at),
            step=step_name(s.step),
            count="",
            offices=reason,
        )
        lines.append((s.at, order, shown))
    for (at, step), batch in groupby(found.mails, key=lambda m: (m.at, m.step)):
        mails = list(batch)
        shown = text(
            "rehearsal.day_row",
            at=moment(at),
            step=step_name(step, found.kind),
            count=len(mails),
            offices=_offices(found, mails),
        )
        lines.append((at, len(found.steps), shown))
    return [line for _, _, line in sorted(lines, key=lambda entry: entry[:2])]


def _lapsed(reason: str) -> str:
    key = f"rehearsal.lapsed.{reason}"
    return text(key if key in catalogue() else "rehearsal.lapsed.other")


def _offices(found: RehearsalDigest, mails: Iterable[RehearsedMail]) -> str:
    by_position = {m.position: m for m in mails}
    names = [escape(by_position[p].short_name) for p in sorted(by_position)]
    if all(m.is_copied for m in by_position.values()) and len(names) == found.copied > _FEW:
        return text("rehearsal.everybody_copied", count=len(names))
    if len(names) == found.owing > _FEW:
        return text("rehearsal.everybody", count=len(names))
    if len(names) > _NAMED:
        return text("rehearsal.many", count=len(names), first=", ".join(names[:_NAMED]))
    return join_names(names)


def _letters(found: RehearsalDigest) -> str:
    rows = [
        text(
            "rehearsal.letter_row",
            day=short_date(x.drafted_on),
            kind=document_name(x.kind),
            title=escape(x.title),
            number=_number(x),
            listed=x.listed or "",
        )
        for x in found.letters
    ]
    if not rows:
        return text("rehearsal.no_letters")
    return "\n".join([text("rehearsal.letters_header"), *rows])


def _number(letter: RehearsedLetter) -> str:
    return letter.number or ("" if letter.is_numbered else text("rehearsal.no_number"))


def _texts(found: RehearsalDigest) -> list[str]:
    """The first mail of each step in full."""
    parts = []
    seen: set[str] = set()
    for mail in found.mails:
        if mail.step in seen:
            continue
        seen.add(mail.step)
        heading = text(
            "rehearsal.text_of",
            step=step_name(mail.step, found.kind),
            office=escape(mail.office),
            at=moment(mail.at),
        )
        body = [text("rehearsal.subject", subject=mail.subject), "", mail.body.rstrip()]
        if mail.files:
            body += ["", text("rehearsal.attachments", files="; ".join(mail.files))]
        fence = "~~~~"
        parts.append("\n".join([f"### {heading}", "", f"{fence}text", *body, fence]))
    return parts
