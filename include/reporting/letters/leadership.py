"""The one-page sheet for the ministry's leadership: who is outstanding, what was tried, what is proposed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection

from reporting.clock import VIETNAM
from reporting.database import query
from reporting.documents.lifecycle import DraftedFile
from reporting.letters.cycle import LetterCycle
from reporting.letters.official import DOCX, common_values, heading_context, render
from reporting.letters.text import document_date, unbroken
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import date_with_weekday

ROLE = "leadership_sheet"
OFFICES_SHOWN = 20
"""So many offices fit on the page; the others stand in the list of the letter."""
OWED_LENGTH, SPOKEN_LENGTH = 56, 74
"""So many characters of a cell are printed, so that no row is higher than two lines."""


def leadership_sheet(
    connection: Connection,
    cycle: LetterCycle,
    late: Sequence[tuple[int, str, str]],
    *,
    today: date,
    standing: Mapping[str, int],
    others: Mapping[str, int],
    letters_cited: str,
    new_last_day: date,
) -> DraftedFile:
    """The sheet as a file of the letter's draft; internal, without a number.

    `late` are (recipient_id, name, what it owes) in printing order, `standing` the received_count of the
    office_count asked and the let_off_count beside them, `others` how many sent not everything and yet are
    not urged, by reason; `letters_cited` the letters sent so far.
    """
    tried = {
        row.recipient_id: row
        for row in connection.execute(query("letters/leadership"), {"cycle_id": cycle.cycle_id})
    }
    values = common_values(cycle) | {
        "reviewed_on": document_date(today),
        **standing,
        "late_count": len(late),
        **{f"{reason}_count": count for reason, count in others.items()},
        "letters_cited": letters_cited,
        "new_last_day": date_with_weekday(new_last_day),
    }
    facts = ["standing", "deadline" if cycle.deadline_phrase else "no_deadline"]
    facts += ["letters"] * bool(letters_cited) + list(others)
    facts += ["let_off"] * bool(standing["let_off_count"])
    proposals = ["sign", "call", "consolidate"]
    hidden = len(late) - OFFICES_SHOWN
    context = heading_context(
        cycle.regime, mode=cycle.mode, year=today.year, is_reconstruction=False, is_report=False
    )
    if cycle.mode == "live":
        context["watermark"] = text("letters.watermark.internal")
    context |= {
        "title": text("letters.leadership.title"),
        "subject": unbroken(text("letters.leadership.subject", **values)),
        "as_of": text("letters.leadership.as_of", **values),
        "facts": [text(f"letters.leadership.facts.{key}", **values) for key in facts],
        "offices": [_row(name, owes, tried[recipient]) for recipient, name, owes in late[:OFFICES_SHOWN]],
        "others": text("letters.leadership.others", count=hidden) if hidden > 0 else "",
        "proposals": [text(f"letters.leadership.proposals.{key}", **values) for key in proposals],
    }
    return DraftedFile(
        ROLE, text("letters.leadership.filename"), render("letter/leadership_sheet.docx", context), DOCX
    )


def _row(name: str, owes: str, tried: Any) -> dict[str, object]:
    return {
        "name": name,
        "owes": shortened(owes, OWED_LENGTH),
        "reminders": tried.reminders,
        "urgings": tried.urgings,
        "spoken": shortened(_spoken(tried), SPOKEN_LENGTH),
    }


def _spoken(tried: Any) -> str:
    """The last conversation: its day and channel, and the day that was promised or else what was said."""
    if not tried.contacts:
        return ""
    said = (
        text("letters.leadership.promised", day=_day(tried.promised_on))
        if tried.promised_on
        else tried.summary
    )
    return text(
        "letters.leadership.spoken",
        day=_day(tried.occurred_at.astimezone(VIETNAM).date()),
        channel=text(f"letters.leadership.channel.{tried.channel}"),
        said=" ".join(said.split()),
    )


def _day(day: date) -> str:
    return text("letters.leadership.day", day=day.day, month=day.month)


def shortened(words: str, length: int) -> str:
    """`words`, cut at a blank and marked where they are longer than `length` characters."""
    if len(words) <= length:
        return words
    return words[:length].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
