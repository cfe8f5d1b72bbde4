"""What is said outside this system: calls logged, promised days kept, a text for Zalo; and an office's
history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Engine

from reporting import events
from reporting.clock import VIETNAM
from reporting.cycles import pauses
from reporting.cycles.selection import RefusedChange, UnknownOffice, choose, hold, required
from reporting.database import query
from reporting.mail import notices
from reporting.wording.catalogue import WordingError, text
from reporting.wording.vietnamese import join_names, short_date

Channel = Literal["phone", "zalo", "mail", "meeting", "letter"]
ZALO_LIMIT = 300
"""Longest text for Zalo, in characters."""


@dataclass(frozen=True)
class HistoryLine:
    """Something that happened: when, what in words, by whom; `kind` is its code."""

    at: datetime
    kind: str
    what: str
    actor: str | None
    reference_code: str | None
    short_name: str | None


def log_call(
    engine: Engine,
    cycle_id: str,
    reference_code: str,
    *,
    channel: str,
    spoke_with: str,
    summary: str,
    by: str,
    promised_on: date | None = None,
) -> int:
    """Log a call or message; returns its number, that of the entry when it was logged the same day already.

    A promised day lets the office's reminders rest through it; they go on with the opening on the next
    working day, if it still owes something then. A later promise takes the place of an earlier one.

    Raises UnknownOffice for an unknown office, RefusedChange when the promised day is over or not before the
    close.
    """
    required(spoke_with=spoke_with, summary=summary, by=by)
    if channel not in get_args(Channel):
        known = ", ".join(get_args(Channel))
        raise RefusedChange("bad_kind", f"{channel!r} is no channel; {known}.", given=channel, known=known)
    with engine.begin() as connection:
        cycle = hold(connection, cycle_id, needs_open=promised_on is not None)
        (office,) = choose(connection, cycle, reference_code)
        if promised_on is not None and promised_on < cycle.today:
            raise RefusedChange(
                "promise_is_over",
                f"The promised day {promised_on:%d/%m/%Y} is over; enter one from today on, or none.",
                on=short_date(promised_on),
            )
        if promised_on is not None and promised_on > cycle.close_at.date():
            raise RefusedChange(
                "promise_after_close",
                f"The promised day {promised_on:%d/%m/%Y} is after the close of "
                f"{cycle.close_at:%d/%m/%Y}; grant an extension and move the close, or enter an earlier day.",
                on=short_date(promised_on),
                close=short_date(cycle.close_at.date()),
            )
        entry: dict[str, Any] = {
            "recipient_id": office.recipient_id,
            "channel": channel,
            "spoke_with": spoke_with.strip(),
            "summary": summary.strip(),
            "promised_on": promised_on,
            "logged_by": by.strip(),
        }
        known_id: int | None = connection.execute(
            query("cycles/same_contact_log"), entry | {"now": cycle.now}
        ).scalar_one_or_none()
        if known_id is not None:
            return known_id
        pause_id = None
        if promised_on is not None:
            connection.execute(
                query("cycles/end_pauses"),
                {"recipient_ids": [office.recipient_id], "at": cycle.now, "kind": "promise"},
            )
            reason = text("changes.promise", who=spoke_with.strip(), on=short_date(promised_on))
            pause_id = pauses.insert(
                connection, cycle, office.recipient_id, promised_on, "promise", reason, by
            )
        number: int = connection.execute(
            query("cycles/add_contact_log"),
            entry | {"cycle_id": cycle_id, "pause_id": pause_id, "occurred_at": cycle.now},
        ).scalar_one()
        events.record(
            connection, cycle_id, "call_logged", by, cycle.now,
            **(entry | {"contact_log_id": number, "pause_id": pause_id}),
        )  # fmt: skip
    return number


def history(connection: Connection, cycle_id: str, reference_code: str | None = None) -> list[HistoryLine]:
    """Everything that happened with one office, or in the whole cycle, in order and in words.

    Raises LookupError for an unknown cycle or office.
    """
    recipient_id = None
    if reference_code is not None:
        cycle = hold(connection, cycle_id, needs_open=False)
        recipient_id = choose(connection, cycle, reference_code)[0].recipient_id
    rows = connection.execute(query("cycles/history"), {"cycle_id": cycle_id, "recipient_id": recipient_id})
    labels = {
        row.deliverable: row.label
        for row in connection.execute(query("cycles/deliverable_labels"), {"cycle_id": cycle_id})
    }
    return [
        HistoryLine(
            row.at.astimezone(VIETNAM),
            row.kind,
            _words(row.kind, row.detail, labels),
            row.actor,
            row.reference_code,
            row.short_name,
        )
        for row in rows
    ]


def zalo_text(connection: Connection, cycle_id: str, reference_code: str) -> str:
    """What to write to an office by Zalo or SMS: what it still owes and until when, in at most 300
    characters.

    Where the names are too long, the title of the report is shortened between two words; then what is missing
    is only counted. Raises UnknownOffice when the office owes nothing any more.
    """
    facts = notices.debt_of(connection, cycle_id, reference_code)
    if facts is None:
        raise UnknownOffice(
            "owes_nothing",
            f"{reference_code!r} owes nothing in {cycle_id}; nothing is to be asked by Zalo.",
            offices=reference_code,
        )
    missing = join_names(facts.labels)
    number = text("changes.zalo.by_letter", number=facts.letter_number) if facts.letter_number else ""
    deadline = text("changes.zalo.deadline", last_day=facts.last_day) if facts.last_day else ""
    values = {"unit": facts.unit, "by_letter": number, "deadline": deadline}
    for what in (missing, text("changes.zalo.counted", count=len(facts.labels))):
        for title in _shorter(facts.title):
            for template in ("changes.zalo.text", "changes.zalo.short"):
                written = text(template, title=title, missing=what, **values)
                if len(written) <= ZALO_LIMIT:
                    return written
    raise ValueError(
        f"The text for Zalo of {cycle_id} has more than {ZALO_LIMIT} characters without any title; "
        "shorten changes.zalo.short in include/wording/changes.yaml."
    )


def _shorter(title: str) -> list[str]:
    """The title, then the same with fewer and fewer words (three at least) and an ellipsis."""
    words = title.split()
    ellipsis = text("changes.zalo.ellipsis")
    return [title, *(" ".join(words[:count]) + ellipsis for count in range(len(words) - 1, 2, -1))]


def _words(kind: str, detail: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """An event in words; one that the catalogue does not know is told by its code and what it holds."""
    values = {
        name: _told(name, value, labels) for name, value in detail.items() if value not in (None, "", [])
    }
    if "step" in detail:
        values["step"] = _named("command_line.step", str(detail["step"]))
    if "document" in detail:
        family, _, number = str(detail["document"]).partition("__")
        values["document"] = f"{_named('command_line.document_kind', family)} {number}".strip()
    if kind == "mail":
        values["state"] = text(f"states.message.{detail['state']}")
    if kind == "submission":
        values["outcome"] = text(f"states.submission.{detail['outcome']}")
    if kind == "call":
        values["channel"] = text(f"changes.channel.{detail['channel']}")
        key = "changes.history.call_promised" if detail["promised_on"] else "changes.history.call"
        return text(key, **values)
    try:
        return text(f"changes.history.{kind}", **values)
    except WordingError:
        rest = "; ".join(f"{name}: {value}" for name, value in values.items())
        return text("changes.history.other", kind=kind, rest=rest)


def _named(prefix: str, code: str) -> str:
    kind, _, offset = code.partition("__t_")
    side, _, days = offset.partition("_")
    try:
        return text(f"{prefix}.{kind}_{side}", days=days) if offset else text(f"{prefix}.{code}")
    except WordingError:
        return code


def _told(name: str, value: Any, labels: Mapping[str, str]) -> str:
    if isinstance(value, list):
        return ", ".join(dict.fromkeys(_told(name, item, labels) for item in value if item is not None))
    if name.startswith("deliverable"):
        return labels.get(str(value), str(value))
    if name.endswith(("_at", "_on")) and isinstance(value, str):
        return _moment(name, value)
    if name == "asked_how":
        return text(f"changes.asked_how.{value}")
    return str(value)


def _moment(name: str, value: str) -> str:
    try:
        if name.endswith("_on"):
            return short_date(date.fromisoformat(value))
        at = datetime.fromisoformat(value).astimezone(VIETNAM)
    except ValueError:
        return value
    if name.endswith("due_at") and at.time() == time.min:  # the first instant that is late
        return text("changes.end_of", date=short_date(at.date() - timedelta(days=1)))
    return f"{at:%H:%M} {short_date(at.date())}"
