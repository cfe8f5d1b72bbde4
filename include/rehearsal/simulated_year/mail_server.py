"""The outside world's mail server of a simulated year, a process of its own so that it can be taken away.

It writes one line of JSON for each message that it takes, on disk before it says yes; refuses some addresses
at once (550), and takes mail for others and returns it later, as a DSN in the ministry's inbox.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import mailbox
import os
import signal
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, make_msgid, parsedate_to_datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from local_stack.capture import CAPTURE_KEYWORD, TOKEN_VARIABLE
from local_stack.ports import LOOPBACK

LARGEST_MESSAGE = 64 * 1024 * 1024


class Handler:
    """What the server does with a session; the method names are aiosmtpd's."""

    def __init__(
        self,
        log: Path,
        inbox: Path,
        refused: frozenset[str],
        returned: frozenset[str],
        token: str,
        order: Path | None = None,
    ) -> None:
        self._log = log.open("a", encoding="utf-8")
        self._inbox = inbox
        self._refused, self._returned = refused, returned
        self._token, self._order = token, order

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Greet, and name the installation's token."""
        session.host_name = hostname
        return [*responses[:-1], f"250-{CAPTURE_KEYWORD} {self._token}", responses[-1]]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse the addresses that do not exist."""
        if address.lower() in self._refused:
            return "550 5.1.1 no such user here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take the message; 250 only when its line is on disk."""
        content = envelope.original_content or b""
        order = self._taken_order()
        if "answer" in order:
            return str(order["answer"])
        if order and not order["is_taken"]:
            return _hang_up(server)
        message = message_from_bytes(content, policy=policy.default)
        for address in envelope.rcpt_tos:
            line = {
                "message_id": str(message["Message-ID"]),
                "to": address,
                "date": str(message["Date"]),
                "subject": str(message["Subject"]),
            }
            self._log.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._log.flush()
        os.fsync(self._log.fileno())
        for address in envelope.rcpt_tos:
            if address.lower() in self._returned:
                self._return(message, address)
        return _hang_up(server) if order else "250 2.0.0 taken"

    def _taken_order(self) -> dict[str, object]:
        """What is to be done with this message alone, as it was ordered; nothing where nothing was."""
        if self._order is None:
            return {}
        try:
            order: dict[str, object] = json.loads(self._order.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        self._order.unlink()
        return order

    def _return(self, message: EmailMessage | Message, address: str) -> None:
        """Put a DSN into the ministry's inbox."""
        mailbox.Maildir(self._inbox, create=True).add(returned(message, address))


def returned(message: EmailMessage | Message, address: str) -> bytes:
    """The DSN (RFC 3464) that returns a message to its sender, dated as the message that it returns."""
    notice = MIMEMultipart("report")
    notice.set_param("report-type", "delivery-status")
    notice["From"] = "Mail Delivery Subsystem <mailer-daemon@mx.example>"
    notice["To"] = str(message["From"])
    notice["Subject"] = "Undelivered Mail Returned to Sender"
    notice["Date"] = format_datetime(parsedate_to_datetime(str(message["Date"])))
    notice["Message-ID"] = make_msgid(domain="mx.example")
    notice["Auto-Submitted"] = "auto-replied"
    notice.attach(MIMEText(f"Your message to {address} could not be delivered: user unknown.\n"))
    status = MIMEBase("message", "delivery-status")
    status.set_payload(
        [
            _headers({"Reporting-MTA": "dns; mx.example"}),
            _headers(
                {
                    "Final-Recipient": f"rfc822; {address}",
                    "Action": "failed",
                    "Status": "5.1.1",
                    "Diagnostic-Code": "smtp; 550 5.1.1 user unknown",
                }
            ),
        ]
    )
    notice.attach(status)
    headers = MIMEBase("text", "rfc822-headers")
    headers.set_payload(
        "".join(f"{name}: {value}\n" for name, value in message.items()).encode("ascii", "replace")
    )
    notice.attach(headers)
    return notice.as_bytes()


def _hang_up(server: SMTP) -> str:
    """End the session before the answer is sent."""
    if server.transport is not None:
        server.transport.close()
    return "421 4.3.2 closing"


def _headers(values: dict[str, str]) -> Message:
    part = Message()
    for name, value in values.items():
        part[name] = value
    return part


async def serve(handler: Handler, port: int) -> None:
    """Take mail until the process is ended."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(
        lambda: SMTP(
            handler, data_size_limit=LARGEST_MESSAGE, enable_SMTPUTF8=True, hostname="mx.example", loop=loop
        ),
        LOOPBACK,
        port,
        backlog=128,
    )
    await ended.wait()
    server.close()


def main() -> None:
    """Run the server from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m rehearsal.simulated_year.mail_server", description=__doc__
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", type=Path, required=True, help="one line of JSON per message taken")
    parser.add_argument("--inbox", type=Path, required=True, help="the ministry's Maildir, for returned mail")
    parser.add_argument("--refused", default="", help="addresses refused at once, with commas")
    parser.add_argument("--returned", default="", help="addresses whose mail is returned later, with commas")
    parser.add_argument(
        "--order",
        type=Path,
        help="file with an order for the next message, removed when it is taken: {answer: LINE} refuses it, "
        "{is_taken: true or false} ends the session without an answer",
    )
    arguments = parser.parse_args()
    handler = Handler(
        arguments.log,
        arguments.inbox,
        frozenset(filter(None, arguments.refused.split(","))),
        frozenset(filter(None, arguments.returned.split(","))),
        os.environ[TOKEN_VARIABLE],
        arguments.order,
    )
    asyncio.run(serve(handler, arguments.port))


if __name__ == "__main__":
    main()
