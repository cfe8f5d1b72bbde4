"""Reading a mail message: its headers, and the workbooks it carries. Never trusts a message to be
well-formed.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import PurePath

from reporting.clock import VIETNAM

WORKBOOK_SUFFIXES = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".xltx", ".fods", ".csv"})
_WORKBOOK_TYPES = frozenset(
    {
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.template",
        "application/vnd.ms-excel",
        "application/vnd.ms-excel.sheet.macroenabled.12",
        "application/vnd.ms-excel.sheet.binary.macroenabled.12",
        "application/vnd.oasis.opendocument.spreadsheet",
    }
)
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_DEEPEST_NESTING = 5


@dataclass(frozen=True)
class Headers:
    """What a message says of itself, as far as it can be read; addresses in lower case, times with a zone."""

    from_address: str | None
    message_id: str | None
    in_reply_to: str | None
    references: tuple[str, ...]
    subject: str | None
    sent_at: datetime | None
    received_at: datetime | None


@dataclass(frozen=True)
class Attachment:
    """A file that came with a message."""

    filename: str
    data: bytes
    media_type: str


def parse(raw: bytes) -> EmailMessage:
    """The message in `raw`. Bytes that are no message at all give one without headers."""
    return message_from_bytes(raw, policy=policy.default)


def parse_headers(raw: bytes) -> Message:
    """The headers of the message in `raw`, its body left unread; no malformed message makes this fail.

    The strict policy fails on some malformed Content-Types while it parses, so it is set afterwards.
    """
    message = BytesHeaderParser(policy=policy.compat32).parsebytes(raw)
    message.policy = policy.default
    return message


def headers(message: Message) -> Headers:
    """The headers of `message`; what is missing or malformed is None.

    `received_at` is taken from the topmost Received header, which our own server wrote.
    """
    in_reply_to = _MESSAGE_ID.findall(_header(message, "In-Reply-To") or "")
    references = _MESSAGE_ID.findall(_header(message, "References") or "")
    ids = _MESSAGE_ID.findall(_header(message, "Message-ID") or "")
    senders = [
        address.strip().lower()
        for _, address in getaddresses([_header(message, "From") or ""])
        if "@" in address
    ]
    subject = _header(message, "Subject")
    return Headers(
        from_address=senders[0] if senders else None,
        message_id=ids[0] if ids else None,
        in_reply_to=in_reply_to[0] if in_reply_to else None,
        references=tuple(dict.fromkeys([*in_reply_to, *reversed(references)])),
        subject=" ".join(subject.split()) if subject else None,
        sent_at=_moment(_header(message, "Date")),
        received_at=_moment((_header(message, "Received") or "").rpartition(";")[2]),
    )


def is_bounce(message: Message) -> bool:
    """Whether a mail server wrote it about a mail of ours (RFC 3464, or by its sender), or its sender is
    empty.
    """
    if message.get_content_type() == "multipart/report" or message.get("X-Failed-Recipients"):
        return True
    senders = getaddresses([_header(message, "From") or ""])
    if any(address.lower().startswith("mailer-daemon@") for _, address in senders):
        return True
    return (_header(message, "Return-Path") or "").strip() == "<>"


def workbooks(message: Message) -> list[Attachment]:
    """The spreadsheets attached to `message`, also inside attached messages, in their order.

    Pictures, signatures and other files are left out. Raises ValueError when an attachment cannot be decoded.
    """
    return list(_workbooks(message, _DEEPEST_NESTING))


def looks_like_workbook(filename: str, media_type: str) -> bool:
    """Whether a file is meant as a spreadsheet, by its name or, failing that, by its declared type."""
    suffix = PurePath(filename.lower()).suffix
    return suffix in WORKBOOK_SUFFIXES or (
        media_type.lower() in _WORKBOOK_TYPES and suffix in {"", ".bin", ".dat"}
    )


def _workbooks(message: Message, depth: int) -> Iterator[Attachment]:
    for number, part in enumerate(message.walk(), start=1):  # walk() goes into attached messages by itself
        if part.is_multipart():
            continue
        media_type = part.get_content_type()
        filename = _filename(part)
        if filename is None and media_type not in _WORKBOOK_TYPES:
            continue
        filename = filename or f"tep-{number}{mimetypes.guess_extension(media_type) or '.xlsx'}"
        if not looks_like_workbook(filename, media_type):
            if PurePath(filename.lower()).suffix == ".eml" and depth > 0:
                yield from _workbooks(parse(_payload(part, filename)), depth - 1)
            continue
        yield Attachment(filename, _payload(part, filename), media_type)


def _payload(part: Message, filename: str) -> bytes:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        raise ValueError(f"attachment {filename!r} cannot be decoded")
    return data


def _filename(part: Message) -> str | None:
    try:
        name = part.get_filename()
    except Exception:  # the standard parser fails in many ways on malformed parameters
        return None
    if not name:
        return None
    return PurePath(_storable(str(name)).replace("\\", "/")).name or None


def _header(message: Message, name: str) -> str | None:
    try:
        value = message.get(name)
        return None if value is None else _storable(str(value))
    except Exception:  # the standard parser fails in many ways on malformed headers
        return None


def _storable(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _moment(value: str | None) -> datetime | None:
    if not value or not value.strip():
        return None
    try:
        moment = parsedate_to_datetime(value.strip())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None or moment.utcoffset() is None:
        moment = moment.replace(tzinfo=VIETNAM)
    try:
        return moment.astimezone(VIETNAM)
    except (OverflowError, ValueError):
        return None
