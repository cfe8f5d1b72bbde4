"""Answers in words: what an office wrote in its mail, without what the mail quotes, or said on the
telephone.
"""

from __future__ import annotations

import re
from datetime import datetime
from email.message import EmailMessage, Message
from functools import lru_cache
from html.parser import HTMLParser

from sqlalchemy import Connection

from reporting import clock, events, plain_yaml
from reporting.database import query, storable
from reporting.intake.desk import DeskError
from reporting.intake.message import header, with_content
from reporting.settings import INCLUDE
from reporting.wording.catalogue import text

QUOTES = INCLUDE / "mail_quotes.yaml"
_BLOCKS = {"p", "div", "br", "tr", "li", "h1", "h2", "h3"}
_NO_TEXT = {"blockquote", "style", "script", "head"}


def reply_text(message: EmailMessage) -> str:
    """What the sender wrote: the plain text (or that of the HTML), without the mail it quotes and without the
    signature; "" where nothing is left.
    """
    try:
        part = with_content(message).get_body(preferencelist=("plain", "html"))
        content = "" if part is None else str(part.get_content())
        if part is not None and part.get_content_type() == "text/html":
            content = _text_of_html(content)
    except Exception:  # an unknown character set, a malformed part: the standard parser fails in many ways
        return ""
    return _without_quotes(storable(content))


def is_automatic(message: Message) -> bool:
    """Whether a program answered (an absence, a receipt), not a person."""
    if (header(message, "Auto-Submitted") or "no").partition(";")[0].strip().lower() != "no":
        return True
    if (header(message, "Precedence") or "").strip().lower() in {"bulk", "junk", "auto_reply", "list"}:
        return True
    return any(name in message for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress-Reply"))


def record_reply(
    connection: Connection,
    cycle_id: str,
    reference_code: str,
    body: str,
    *,
    by: str,
    received_at: datetime | None = None,
    arrival_id: int | None = None,
) -> int | None:
    """Keep an office's answer in words; returns its id, None when this mail's is kept already.

    It may answer several times: all of it is kept. `received_at` is when it reached us; by the cycle's clock
    now, if not given. Raises DeskError, in Vietnamese, for an office that the cycle does not ask, a cycle
    that asks for no answer in words, or an empty answer.
    """
    if not body.strip():
        raise DeskError(text("intake.desk.reply_empty"))
    recipient = connection.execute(
        query("intake/lock_recipient"), {"cycle_id": cycle_id, "reference_code": reference_code}
    ).one_or_none()
    if recipient is None:
        raise DeskError(text("intake.desk.unknown_recipient", cycle=cycle_id, code=reference_code))
    asked = connection.execute(query("intake/asks_for"), {"cycle_id": cycle_id}).one()
    if not asked.asks_reply:
        raise DeskError(text("intake.desk.asks_no_reply", cycle=cycle_id))
    now = clock.now(connection, cycle_id)
    number: int | None = connection.execute(
        query("intake/add_reply"),
        {
            "cycle_id": cycle_id,
            "recipient_id": recipient.recipient_id,
            "arrival_id": arrival_id,
            "body": body.strip(),
            "received_at": received_at or now,
            "entered_by": by,
        },
    ).scalar_one_or_none()
    if number is not None:
        events.record(
            connection, cycle_id, "reply_received", by, now,
            recipient_id=recipient.recipient_id, reply_id=number, arrival_id=arrival_id,
        )  # fmt: skip
    return number


def _without_quotes(content: str) -> str:
    """The lines above the first that opens a quoted mail, without lines marked as quoted."""
    opening, signature = _patterns()
    kept: list[str] = []
    lines = content.replace("\r\n", "\n").split("\n")
    for number, line in enumerate(lines):
        # mail programs break the line that opens a quotation in two
        both = f"{line.strip()} {lines[number + 1].strip() if number + 1 < len(lines) else ''}"
        if any(pattern.match(line.strip()) or pattern.match(both) for pattern in opening):
            break
        if signature.match(line):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line.rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], ...], re.Pattern[str]]:
    data = plain_yaml.load(QUOTES.read_text(encoding="utf-8"))
    return tuple(re.compile(p, re.IGNORECASE) for p in data["opens_quotation"]), re.compile(data["signature"])


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _NO_TEXT:
            self._hidden.append(tag)
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            while self._hidden and self._hidden.pop() != tag:
                pass
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(re.sub(r"\s+", " ", data))


def _text_of_html(content: str) -> str:
    parser = _Text()
    parser.feed(content)
    parser.close()
    return "\n".join(line.strip() for line in "".join(parser.parts).split("\n"))
