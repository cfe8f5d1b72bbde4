"""How a message leaves: one SMTP session per kind of server, kept by yagmail.

The cycle's `mode` decides to which server a message may go, here and nowhere else:

- a live cycle's mail goes to the server of AIRFLOW_CONN_REPORTING_SMTP, but nothing addressed to a sample
  contact (….example) ever goes to a real server;
- a rehearsal's mail goes to the capture server or nowhere: the host must be loopback, its EHLO answer must
  carry this installation's token, and every address must end in .example.

Messages are built with email.message and only sent by yagmail: yagmail 0.16 derives the plain text from the
HTML's source, leaves files that are not application/* without a disposition, and opens a new connection for
each send. Its own retry after a dropped connection is not used either: it would send again what the server
may have taken.
"""

from __future__ import annotations

import hmac
import ipaddress
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from types import TracebackType
from typing import Any, Self
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import yagmail
from sqlalchemy import Connection, Row

from reporting import archive
from reporting.clock import VIETNAM
from reporting.database import query
from reporting.mail.ledger import AttachedFile, ministry_domain
from reporting.settings import settings

CAPTURE_KEYWORD = "x-reporting-capture"
_SECONDS_TO_WAIT = 60
_TOO_LARGE = (523, 552)
_SAMPLE_DOMAIN = ".example"


class NotACaptureServer(RuntimeError):
    """A rehearsal's mail was about to go to a server that is not this installation's capture server."""


class ServerUnavailable(RuntimeError):
    """No session could be opened, or the server will take nothing from us now; nothing was sent."""


class NotSentYet(RuntimeError):
    """The server asked to try this message later (4xx); it did not take it."""


class Refused(RuntimeError):
    """The message can never be sent as it is; the text is the server's answer or our reason."""


class OutcomeUnknown(RuntimeError):
    """The connection broke while the message was handed over: the server may have taken it."""


@dataclass(frozen=True)
class Mail:
    """A message of the ledger with everything that goes onto the wire."""

    to_address: str
    to_name: str
    from_name: str
    subject: str
    body_text: str
    body_html: str
    message_id: str
    in_reply_to: str | None
    dated_at: datetime
    list_id: str
    attachments: tuple[tuple[AttachedFile, bytes], ...] = ()


@dataclass(frozen=True)
class Prepared:
    """A message built and allowed to leave in its cycle's mode; made by Transport.prepare alone."""

    mode: str
    to_address: str
    message: EmailMessage


class _Policy(EmailPolicy):
    """SMTP's rules, but identifiers are never folded, and words in Vietnamese are encoded in full.

    The library would write long identifiers as encoded words, and loses blanks where it folds between words
    with and without diacritics.
    """

    def fold(self, name: str, value: Any) -> str:
        kind = name.lower()
        if kind in {"message-id", "in-reply-to", "references", "list-id"}:
            return f"{name}: {value}{self.linesep}"
        if kind == "subject":
            return f"{name}: {_encoded(str(value), len(name) + 2, self.linesep)}{self.linesep}"
        if kind in {"from", "to"}:
            listed = [
                f"{_encoded(address.display_name, len(name) + 2, self.linesep)} <{address.addr_spec}>"
                if address.display_name
                else address.addr_spec
                for address in value.addresses
            ]
            return f"{name}: {', '.join(listed)}{self.linesep}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() in {"message-id", "in-reply-to", "references", "list-id", "subject", "from", "to"}:
            return self.fold(name, value).encode("ascii", "replace")
        return super().fold_binary(name, value)


def _encoded(words: str, taken: int, linesep: str) -> str:
    """Words as RFC 2047 encoded words that fit their lines, blanks and all."""
    return Header(words, "utf-8", maxlinelen=75 - taken).encode(linesep=linesep)


_WIRE = _Policy(linesep=SMTP_POLICY.linesep, cte_type="7bit")  # any server takes it


def build(mail: Mail) -> EmailMessage:
    """The message as a receiver gets it: text and HTML as alternatives, files under their Vietnamese names.

    Raises Refused when the address cannot be written in a header.
    """
    message = EmailMessage(policy=_WIRE)
    ministry = parseaddr(settings().ministry_address)[1]
    try:
        message["From"] = Address(mail.from_name, addr_spec=ministry)
        message["To"] = Address(mail.to_name, addr_spec=mail.to_address)
    except (ValueError, IndexError) as error:
        raise Refused(f"{mail.to_address!r} is no address that mail can be sent to: {error}") from error
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.dated_at.astimezone(VIETNAM))
    message["Message-ID"] = mail.message_id
    if mail.in_reply_to:
        message["In-Reply-To"] = mail.in_reply_to
        message["References"] = mail.in_reply_to
    message["Auto-Submitted"] = "auto-generated"
    message["List-Id"] = mail.list_id
    message.set_content(mail.body_text)
    message.add_alternative(mail.body_html, subtype="html")
    for file, data in mail.attachments:
        kind = EmailMessage(policy=_WIRE)
        kind["Content-Type"] = file.media_type
        parameters = dict(kind["Content-Type"].params)
        if kind.get_content_maintype() == "text":
            parameters.setdefault("charset", "utf-8")
        message.add_attachment(
            data,
            maintype=kind.get_content_maintype(),
            subtype=kind.get_content_subtype(),
            filename=file.filename,
            params=parameters,
        )
    return message


class _Session(yagmail.SMTP):  # type: ignore[misc]  # yagmail carries no types
    """A yagmail session that stays open over many messages."""

    is_capture: bool = False

    def open(self) -> None:
        """Connect and log in, if the connection is not open and alive. Raises OSError or SMTPException."""
        if self.smtp is not None and self.is_closed is False:
            try:
                if self.smtp.noop()[0] == 250:
                    return
            except (OSError, smtplib.SMTPException):
                pass
            self.close()
        self.login()
        self.smtp.ehlo_or_helo_if_needed()
        self.is_capture = self._shows_token()

    def _shows_token(self) -> bool:
        """Whether the server at the other end is this installation's capture server, on this machine."""
        token = settings().capture_token.get_secret_value()
        shown = str(self.smtp.esmtp_features.get(CAPTURE_KEYWORD, ""))
        peer = ipaddress.ip_address(self.smtp.sock.getpeername()[0])
        return bool(token) and peer.is_loopback and hmac.compare_digest(shown.encode(), token.encode())

    def hand_over(self, sender: str, recipient: str, message: EmailMessage) -> None:
        """Give one message to the server over the open connection, once."""
        self.smtp.sendmail(sender, [recipient], message.as_bytes())
        self.num_mail_sent += 1


class Transport:
    """Sends messages of the ledger over one session per mode; a context manager, closed when done."""

    def __init__(self) -> None:
        self._sessions: dict[str, _Session] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()

    def prepare(self, connection: Connection, number: int) -> Prepared:
        """Read and build message `number` of the ledger; nothing is sent.

        Raises Refused when it may not leave in its cycle's mode or its address is malformed, OSError when a
        file it carries is missing from the archive.
        """
        row = connection.execute(query("mail/message_to_send"), {"message_id": number}).one()
        if row.mode != "live" and not _is_sample(row.to_address):
            raise Refused(
                f"{row.to_address} is not a sample address (.example); a rehearsal writes to no other"
            )
        return Prepared(row.mode, row.to_address, build(_mail(row)))

    def send(self, prepared: Prepared) -> bool:
        """Send a prepared message. Returns whether it went to a real server (not the capture server).

        Raises Refused, NotSentYet, OutcomeUnknown, ServerUnavailable or NotACaptureServer; of these only
        OutcomeUnknown leaves open whether the message left.
        """
        session = self._session(prepared.mode)
        if _is_sample(prepared.to_address) and not session.is_capture:
            raise Refused(
                f"{prepared.to_address} is a sample contact; no mail to it leaves through a real server"
            )
        _hand_over(session, prepared.message, prepared.to_address)
        return not session.is_capture

    def _session(self, mode: str) -> _Session:
        session = self._sessions.get(mode)
        if session is None:
            session = _live_session() if mode == "live" else _rehearsal_session()
            self._sessions[mode] = session
        try:
            session.open()
        except (OSError, smtplib.SMTPException) as error:
            session.is_closed = True
            raise ServerUnavailable(
                f"no session with {session.host}:{session.port}: {_said(error)}"
            ) from error
        if mode != "live" and not session.is_capture:
            session.close()
            raise NotACaptureServer(
                f"{session.host}:{session.port} (REPORTING_CAPTURE_ADDRESS) does not show this "
                f"installation's capture "
                "token, so no mail of a rehearsal goes there. Start the local stack (make up) and try again."
            )
        return session


def _is_sample(address: str) -> bool:
    return address.lower().endswith(_SAMPLE_DOMAIN)


def _mail(row: Row[Any]) -> Mail:
    files = [AttachedFile(**file) for file in row.attachments]
    return Mail(
        to_address=row.to_address,
        to_name=row.display_name,
        from_name=row.unit_name or "",
        subject=row.subject,
        body_text=row.body_text,
        body_html=row.body_html,
        message_id=row.message_id_header,
        in_reply_to=row.in_reply_to,
        dated_at=row.dated_at,
        list_id=f"<{row.cycle_id.replace('_', '-')}.{ministry_domain()}>",
        attachments=tuple((file, archive.read(file.sha256)) for file in files),
    )


def _hand_over(session: _Session, message: EmailMessage, recipient: str) -> None:
    """Send, and sort what may go wrong by what it says about the message."""
    sender = parseaddr(settings().ministry_address)[1]
    try:
        session.hand_over(sender, recipient, message)
    except smtplib.SMTPRecipientsRefused as error:
        code, _ = next(iter(error.recipients.values()))
        answer = _said(error)
        raise (Refused(answer) if code >= 500 else NotSentYet(answer)) from error
    except smtplib.SMTPSenderRefused as error:
        if error.smtp_code in _TOO_LARGE:  # servers say so when the sender is named (RFC 1870)
            raise Refused(_said(error)) from error
        # about us, not about the recipient: no message would fare better
        raise ServerUnavailable(_said(error)) from error
    except smtplib.SMTPDataError as error:
        raise (Refused(_said(error)) if error.smtp_code >= 500 else NotSentYet(_said(error))) from error
    except (smtplib.SMTPNotSupportedError, UnicodeEncodeError) as error:
        raise Refused(_said(error)) from error
    except (smtplib.SMTPException, OSError) as error:
        session.is_closed = True
        raise OutcomeUnknown(_said(error)) from error


def _said(error: Exception) -> str:
    """What the server answered, or what went wrong, on one line."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
        return f"{code} {_decoded(answer)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_decoded(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _decoded(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())


def _live_session() -> _Session:
    url = settings().smtp_url
    if url is None:
        raise ServerUnavailable(
            "AIRFLOW_CONN_REPORTING_SMTP is not set, so a live cycle has no server to send through. "
            "Set it to smtp://user:password@host:587 (or smtps://…:465)."
        )
    parts = urlsplit(url.get_secret_value())
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ServerUnavailable(
            f"AIRFLOW_CONN_REPORTING_SMTP begins with {parts.scheme}://; "
            "write smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465."
        )
    return _new_session(parts, is_starttls_wanted=_flag(parts, "starttls", default=True))


def _rehearsal_session() -> _Session:
    address = settings().capture_address
    parts = urlsplit(f"smtp://{address}")
    try:
        is_loopback = ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback or parts.port is None or not settings().capture_token.get_secret_value():
        raise NotACaptureServer(
            f"REPORTING_CAPTURE_ADDRESS is {address!r}: a rehearsal sends only to a loopback address with a "
            f"port "
            "(127.0.0.1:port) whose token REPORTING_CAPTURE_TOKEN names. Start the local stack (make up) and "
            "try again."
        )
    return _new_session(parts, is_starttls_wanted=False)


def _new_session(parts: SplitResult, *, is_starttls_wanted: bool) -> _Session:
    is_ssl = parts.scheme == "smtps"
    user = unquote(parts.username or "")
    options: dict[str, Any] = {"timeout": _SECONDS_TO_WAIT}
    if is_ssl:
        options["context"] = ssl.create_default_context()
    return _Session(
        # as a mapping: yagmail would add @gmail.com to a login name without @
        user={user: user},
        password=unquote(parts.password or ""),
        host=parts.hostname,
        port=parts.port,
        smtp_ssl=is_ssl,
        smtp_starttls={"context": ssl.create_default_context()}
        if is_starttls_wanted and not is_ssl
        else False,
        smtp_skip_login=not user,
        soft_email_validation=False,
        **options,
    )


def _flag(parts: SplitResult, name: str, *, default: bool) -> bool:
    return parse_qs(parts.query).get(name, [str(default)])[-1].lower() in {"true", "1", "yes"}
