"""The mailbox in which offices' answers arrive, and the first thing done with them: to archive them as they
came.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine

from reporting import archive
from reporting.clock import wall_now
from reporting.database import query
from reporting.intake import message as mail
from reporting.settings import settings

_SCHEME = "maildir:"


@dataclass(frozen=True)
class MailboxMessage:
    """A message as it lies in the mailbox; `key` names it there."""

    key: str
    raw: bytes


class Mailbox(Protocol):
    """A place where messages wait until they are collected."""

    def has_new(self) -> bool:
        """Whether a message waits; cheap enough to ask several times a second."""

    def new_messages(self) -> Iterator[MailboxMessage]:
        """The messages not yet marked as collected, oldest first."""

    def mark_collected(self, key: str) -> None:
        """Never give this message out again; does nothing when it is gone."""


class Maildir:
    """A Maildir: new messages lie in new/; collected ones in cur/, flagged as seen."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def has_new(self) -> bool:
        try:
            with os.scandir(self.folder / "new") as entries:
                return any(not entry.name.startswith(".") for entry in entries)
        except FileNotFoundError:
            return False

    def new_messages(self) -> Iterator[MailboxMessage]:
        for name in self._names():
            try:
                raw = (self.folder / "new" / name).read_bytes()
            except FileNotFoundError:
                continue  # another collector was faster
            yield MailboxMessage(name, raw)

    def mark_collected(self, key: str) -> None:
        seen = self.folder / "cur"
        seen.mkdir(exist_ok=True)
        try:
            (self.folder / "new" / key).rename(seen / f"{key.partition(':')[0]}:2,S")
        except FileNotFoundError:
            return

    def _names(self) -> list[str]:
        try:
            with os.scandir(self.folder / "new") as entries:
                return sorted(entry.name for entry in entries if not entry.name.startswith("."))
        except FileNotFoundError:
            return []


def open_mailbox(address: str | None = None) -> Mailbox:
    """The mailbox at `address` (by default REPORTING_MAILBOX), such as maildir:/srv/mail/bao-cao.

    Raises ValueError for an address of another kind.
    """
    address = settings().mailbox if address is None else address
    if address.startswith(_SCHEME) and Path(address.removeprefix(_SCHEME)).is_absolute():
        return Maildir(Path(address.removeprefix(_SCHEME)))
    raise ValueError(f"REPORTING_MAILBOX is {address!r}: write maildir: and the full path of a Maildir.")


def collect(engine: Engine, mailbox: Mailbox | None = None) -> int:
    """Archive each new message as it came and note its arrival, then mark it collected; return how many were
    new.

    The message counts as collected only after the arrival is committed: a kill in between leaves it in the
    mailbox, where the next pass recognizes it by its content and only marks it. A message that cannot be
    parsed is archived all the same.
    """
    box = open_mailbox() if mailbox is None else mailbox
    mode = settings().mailbox_mode
    collected = 0
    for waiting in box.new_messages():
        with engine.begin() as connection:
            sha256 = archive.store(connection, waiting.raw, "message/rfc822")
            headers = mail.headers(mail.parse_headers(waiting.raw))
            collected += connection.execute(
                query("intake/add_arrival"),
                {
                    "channel": "mail",
                    "mode": mode,
                    "raw_sha256": sha256,
                    "channel_key": waiting.key,
                    "from_address": headers.from_address,
                    "message_id_header": headers.message_id,
                    "in_reply_to": headers.in_reply_to,
                    "subject": headers.subject,
                    "sent_at": headers.sent_at,
                    "received_at": headers.received_at or headers.sent_at or wall_now(),
                },
            ).rowcount
        box.mark_collected(waiting.key)
    return collected
