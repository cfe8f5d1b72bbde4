"""An SMTP server on loopback that keeps every message and passes none on.

``python -m local_stack.capture --root FOLDER --port PORT`` puts each message into one Maildir per
recipient of its envelope, FOLDER/<address>. It names the installation's token in its greeting, so that
a sender can prove before the first message that it speaks to this server and to no real one.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import itertools
import logging
import os
import secrets
import signal
import socket
import time
from collections.abc import Sequence
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import format_datetime, formatdate, parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote

from aiosmtpd.smtp import SMTP, Envelope, Session

from local_stack.ports import LOOPBACK

CAPTURE_KEYWORD = "X-REPORTING-CAPTURE"
TOKEN_VARIABLE = "REPORTING_CAPTURE_TOKEN"
HOSTNAME = "capture.localhost"
LARGEST_MESSAGE = 64 * 1024 * 1024
_LONGEST_LINE = 1024 * 1024
_LONGEST_FOLDER_NAME = 120
_numbers = itertools.count()
_log = logging.getLogger("local_stack.capture")


def maildir(root: Path, address: str) -> Path:
    """Return the Maildir that takes the messages to ``address``: same folder in every letter case."""
    folded = address.strip().lower()
    name = quote(folded, safe="@+_-.")
    if len(name) > _LONGEST_FOLDER_NAME:
        name = f"{name[:60]}-{hashlib.sha256(folded.encode()).hexdigest()[:16]}"
    if name.startswith("."):
        name = "%2E" + name[1:]
    return root / (name or "%00")


class MaildirStore:
    """Writes messages into Maildirs. A message counts as kept once it is on disk under every recipient."""

    def __init__(self, root: Path, *, stamp_from_date: bool = False) -> None:
        self.root = root
        self.stamp_from_date = stamp_from_date

    def keep(self, content: bytes, client: str, sender: str, recipients: Sequence[str]) -> None:
        """Write ``content`` once per recipient, each with the trace of its journey on top.

        Returns only after everything is on disk; raises OSError and then keeps nothing, unless the
        machine fails between two of the final renames.
        """
        body = content.replace(b"\r\n", b"\n")
        received = self._received(content, client)
        drafts: list[tuple[Path, Path]] = []
        try:
            for recipient in dict.fromkeys(recipients):
                head = (
                    f"Received: {received}\nX-Envelope-From: <{_one_line(sender)}>\n"
                    f"X-Envelope-To: <{_one_line(recipient)}>\n"
                )
                folder = self._folder(recipient)
                name = _unique_name()
                draft = folder / "tmp" / name
                drafts.append((draft, folder / "new" / name))
                with draft.open("xb") as file:
                    file.write(head.encode("utf-8", "surrogateescape"))
                    file.write(body)
                    file.flush()
                    os.fsync(file.fileno())
        except OSError:
            for draft, _ in drafts:
                draft.unlink(missing_ok=True)
            raise
        for draft, final in drafts:
            draft.rename(final)
        for folder in {final.parent for _, final in drafts}:
            _sync_folder(folder)

    def _received(self, content: bytes, client: str) -> str:
        return f"from {_one_line(client)} by {HOSTNAME} with ESMTP; {self._moment(content)}"

    def _moment(self, content: bytes) -> str:
        if self.stamp_from_date:
            head: Message = BytesHeaderParser(policy=compat32).parsebytes(content.partition(b"\r\n\r\n")[0])
            try:
                return format_datetime(parsedate_to_datetime(str(head["Date"])))
            except (TypeError, ValueError):
                _log.warning("a message without a readable Date is stamped with the present time")
        return formatdate(localtime=True)

    def _folder(self, recipient: str) -> Path:
        folder = maildir(self.root, recipient)
        for part in ("tmp", "new", "cur"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        return folder


class CaptureHandler:
    """What the server does with a session; the method names are aiosmtpd's."""

    def __init__(self, store: MaildirStore, token: str) -> None:
        self.store = store
        self.token = token

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Greet, and name the installation's token."""
        session.host_name = hostname
        return [*responses[:-1], f"250-{CAPTURE_KEYWORD} {self.token}", responses[-1]]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the message; 250 only when it is on disk."""
        content = envelope.original_content or b""
        peer = session.peer[0] if session.peer else "unknown"
        client = f"{session.host_name or 'unknown'} ([{peer}])"
        sender = envelope.mail_from or ""
        recipients = [str(recipient) for recipient in envelope.rcpt_tos]
        try:
            await asyncio.to_thread(self.store.keep, content, client, sender, recipients)
        except OSError as error:
            _log.exception("a message to %s could not be kept", ", ".join(recipients))
            return f"451 4.3.0 the message could not be kept: {error.strerror or 'disk error'}"
        return "250 2.0.0 kept"


class CaptureSMTP(SMTP):
    """aiosmtpd's server, tolerant of long lines."""

    line_length_limit = _LONGEST_LINE


async def serve(store: MaildirStore, token: str, port: int) -> None:
    """Listen on loopback until the process is asked to end (SIGTERM, SIGINT)."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)

    def session() -> CaptureSMTP:
        return CaptureSMTP(
            CaptureHandler(store, token),
            data_size_limit=LARGEST_MESSAGE,
            enable_SMTPUTF8=True,
            hostname=HOSTNAME,
            ident="capture",
            loop=loop,
        )

    server = await loop.create_server(session, LOOPBACK, port, backlog=128)
    _log.info("capturing on %s:%d into %s", LOOPBACK, port, store.root)
    await ended.wait()
    server.close()


def main() -> None:
    """Run the capture server from the command line."""
    parser = argparse.ArgumentParser(prog="python -m local_stack.capture", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="folder of the Maildirs")
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument(
        "--stamp-from-date",
        action="store_true",
        help="rehearsals: a message counts as received at the moment its own Date says",
    )
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    token = os.environ.get(TOKEN_VARIABLE)
    if not token:
        parser.error(f"{TOKEN_VARIABLE} is not set: the token that proves this is the capture server")
    os.umask(0o077)
    arguments.root.mkdir(parents=True, exist_ok=True)
    store = MaildirStore(arguments.root, stamp_from_date=arguments.stamp_from_date)
    asyncio.run(serve(store, token, arguments.port))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _unique_name() -> str:
    host = socket.gethostname().replace("/", "\\057").replace(":", "\\072")
    # sortable by time of arrival within this process: the counter is padded
    unique = f"{next(_numbers):08d}P{os.getpid()}R{secrets.token_hex(4)}"
    return f"{int(time.time())}.{unique}.{host}"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    main()
