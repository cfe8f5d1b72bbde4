"""How a message leaves: one SMTP session per kind of server, kept by yagmail.

The cycle's `mode` decides to which server a message may go, here and nowhere else:

- a live cycle's mail goes to the server of AIRFLOW_CONN_REPORTING_SMTP, but nothing addressed to a sample
  contact (….example) ever goes to a real server;
- a rehearsal's mail goes to the capture server or nowhere: the host must be loopback, its EHLO answer must
  carry this installation's token, and every address must end in .example.

Messages are built here and only sent by yagmail: yagmail 0.16 derives the plain text from the HTML's source,
leaves files that are not application/* without a disposition, and opens a new connection for each send. Its
own retry after a dropped connection is not used either: it would send again what the server may have taken.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import smtplib
import ssl
from binascii import b2a_base64
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from pathlib import PurePath
from types import TracebackType
from typing import Any, Self
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

import yagmail
from sqlalchemy import Row
from unidecode import unidecode

from reporting import archive
from reporting.clock import VIETNAM
from reporting.database import storable
from reporting.mail.ledger import AttachedFile, ministry_domain
from reporting.settings import settings

CAPTURE_KEYWORD = "x-reporting-capture"
SECONDS_TO_WAIT = 60.0
_TOO_LARGE = (523, 552)
_NO_SUCH_ADDRESS = (550, 551, 553)
_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_CLOSING = 421
_LINE = 76
_LONGEST_PLAIN_NAME = 60
_PLAIN = re.compile(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+)*")
_NOT_IN_QUOTES = re.compile(r"[^ !#-\[\]-~]|[/:*?<>|]")
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*"
)
_FIRST_DOT = re.compile(rb"(?m)^\.")
_BYTES_PER_MB = 1_000_000
_SAMPLE_DOMAIN = ".example"


class NotACaptureServer(RuntimeError):
    """A rehearsal's mail was about to go to a server that is not this installation's capture server."""


class ServerUnavailable(RuntimeError):
    """No session could be opened, or the server will take nothing from us now; nothing was sent."""


class NotSentYet(RuntimeError):
    """The server asked to try this message later (4xx); it did not take it."""


class Refused(RuntimeError):
    """The message can never be sent as it is; the text is the server's answer or our reason.

    `is_address_dead` says that the server knows no such mailbox: no other message would reach it either.
    """

    def __init__(self, why: str, *, is_address_dead: bool = False) -> None:
        super().__init__(why)
        self.is_address_dead = is_address_dead


class TooLarge(Refused):
    """Its files are larger together than this installation sends (REPORTING_MAIL_ATTACHMENT_LIMIT)."""


class _Dropped(RuntimeError):
    """The connection ended before the server was given anything of the message."""


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
    content: bytes


def build(mail: Mail) -> bytes:
    """The message as it goes over the wire: ASCII, lines of at most 78 characters but for identifiers.

    Text and HTML are alternatives, in base64 like the files; files bear their Vietnamese names. It is written
    here and not by the standard library, which takes longer for a message than the whole rest of its
    delivery, writes long identifiers as encoded words, and loses blanks where it folds between words with and
    without diacritics.

    Raises Refused when the address cannot be written in a header, ValueError when a header would have more
    than one line.
    """
    outer, inner = _boundaries(mail.message_id)
    lines = [
        f"From: {_mailbox('From', mail.from_name, _ministry_address())}",
        f"To: {_mailbox('To', mail.to_name, mail.to_address)}",
        f"Subject: {encoded_words(_one_line('Subject', mail.subject), len('Subject: '))}",
        f"Date: {format_datetime(mail.dated_at.astimezone(VIETNAM))}",
        f"Message-ID: {_identifier('Message-ID', mail.message_id)}",
    ]
    if mail.in_reply_to:
        answered = _identifier("In-Reply-To", mail.in_reply_to)
        lines += [f"In-Reply-To: {answered}", f"References: {answered}"]
    lines += [
        "Auto-Submitted: auto-generated",
        f"List-Id: {_identifier('List-Id', mail.list_id)}",
        "MIME-Version: 1.0",
    ]
    alternatives = (
        f'Content-Type: multipart/alternative; boundary="{inner}"\r\n\r\n'
        f"--{inner}\r\n{_words('plain', mail.body_text)}"
        f"--{inner}\r\n{_words('html', mail.body_html)}"
        f"--{inner}--\r\n"
    )
    head = "\r\n".join(lines)
    if not mail.attachments:
        return f"{head}\r\n{alternatives}".encode("ascii")
    mixed = f'Content-Type: multipart/mixed; boundary="{outer}"\r\n\r\n--{outer}\r\n'
    parts = [f"{head}\r\n{mixed}{alternatives}".encode("ascii")]
    for file, data in mail.attachments:
        parts.append(f"--{outer}\r\n{_file_head(file)}".encode("ascii"))
        parts.append(_in_base64(data))
    parts.append(f"--{outer}--\r\n".encode("ascii"))
    return b"".join(parts)


def encoded_words(words: str, taken: int) -> str:
    """Words as RFC 2047 encoded words, folded to lines of 76; `taken` characters of the first are taken."""
    if _PLAIN.fullmatch(words) and len(words) + taken <= _LINE:
        return words
    chunks: list[bytes] = []
    chunk, room = b"", (_LINE - taken - 12) // 4 * 3  # bytes; 12 characters surround each encoded word
    for letter in words:
        data = letter.encode("utf-8", "replace")
        if len(chunk) + len(data) > room:
            chunks.append(chunk)
            chunk, room = b"", 45
        chunk += data
    chunks.append(chunk)
    return "\r\n ".join(f"=?utf-8?b?{b2a_base64(one, newline=False).decode()}?=" for one in chunks)


def ascii_name(filename: str) -> str:
    """A file name without diacritics, for programs that know no other."""
    return _NOT_IN_QUOTES.sub("_", unidecode(filename)).strip() or "tep"


@lru_cache(maxsize=512)
def _file_head(file: AttachedFile) -> str:
    """The headers of an attached file.

    The full name stands in `filename*` (RFC 2231), which Outlook, Gmail and Thunderbird read; the plain one
    in `name`, for older programs. Both in one header would make some show the plain one.
    """
    media_type = _one_line("Content-Type", file.media_type).encode("ascii").decode()
    if media_type.lower().startswith("text/") and "charset=" not in media_type.lower():
        media_type += '; charset="utf-8"'
    plain = ascii_name(file.filename)
    if plain == file.filename and len(plain) <= _LONGEST_PLAIN_NAME:
        name = f'\r\n filename="{plain}"'
    else:
        name = _extended("filename", file.filename)
    folded = media_type.replace("; ", ";\r\n ")
    return (
        f"Content-Type: {folded};\r\n"
        f' name="{_shortened(plain)}"\r\n'
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;{name}\r\n\r\n"
    )


def _extended(name: str, value: str) -> str:
    """A parameter in UTF-8, cut into numbered pieces where it is long (RFC 2231)."""
    pieces, piece = [], "utf-8''"
    for letter in value:
        encoded = quote(letter, safe="")
        if len(piece) + len(encoded) > _LINE - len(name) - 8:
            pieces.append(piece)
            piece = ""
        piece += encoded
    pieces.append(piece)
    if len(pieces) == 1:
        return f"\r\n {name}*={piece}"
    return ";".join(f"\r\n {name}*{number}*={piece}" for number, piece in enumerate(pieces))


def _shortened(plain: str) -> str:
    """A plain name that fits its line, its ending kept."""
    if len(plain) <= _LONGEST_PLAIN_NAME:
        return plain
    path = PurePath(plain)
    return path.stem[: _LONGEST_PLAIN_NAME - len(path.suffix)].rstrip() + path.suffix


def _mailbox(header: str, name: str, address: str) -> str:
    if not _ADDRESS.fullmatch(address):
        raise Refused(f"{address!r} is no address that mail can be sent to")
    if not name:
        return address
    try:
        words = encoded_words(_one_line(header, name), len(header) + 2)
    except ValueError as error:
        raise Refused(str(error)) from error
    last = words.rpartition("\r\n")[2]
    is_long = len(last) + len(address) + 3 + (len(header) + 2) * (last == words) > _LINE
    return f"{words}{chr(13) + chr(10) if is_long else ''} <{address}>"


def _one_line(header: str, value: str) -> str:
    if "\r" in value or "\n" in value:
        raise ValueError(f"{header} would have more than one line: {value!r}")
    return value


def _identifier(header: str, value: str) -> str:
    """An identifier is never folded or encoded."""
    return _one_line(header, value).encode("ascii", "replace").decode("ascii")


def _boundaries(message_id: str) -> tuple[str, str]:
    """Boundaries that no content can hold: base64 knows no underscore."""
    mark = hashlib.sha256(message_id.encode()).hexdigest()[:20]
    return f"_ngoai_{mark}", f"_trong_{mark}"


def _words(subtype: str, words: str) -> str:
    data = "\r\n".join(words.splitlines()).encode("utf-8", "replace") + b"\r\n"
    return (
        f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        f"{_in_base64(data).decode()}"
    )


def _in_base64(data: bytes) -> bytes:
    """Base64 in lines of 76 characters, each ended by CR LF; one empty line of nothing."""
    encoded = b2a_base64(data, newline=False)
    if not encoded:
        return b"\r\n"
    return b"".join([encoded[at : at + _LINE] + b"\r\n" for at in range(0, len(encoded), _LINE)])


class _Session(yagmail.SMTP):  # type: ignore[misc]  # yagmail carries no types
    """A yagmail session that stays open over many messages."""

    is_capture: bool = False

    def open(self) -> None:
        """Connect and log in, if the connection is not open. Raises OSError or SMTPException.

        A connection that the server dropped meanwhile is noticed when the next message begins.
        """
        if self.smtp is not None and self.is_closed is False:
            return
        self.login()
        self.smtp.ehlo_or_helo_if_needed()
        self.is_capture = self._shows_token()

    def drop(self) -> None:
        """Leave a connection that can no longer be used."""
        self.is_closed = True
        if self.smtp is not None:
            self.smtp.close()

    def _shows_token(self) -> bool:
        """Whether the server at the other end is this installation's capture server, on this machine."""
        token = settings().capture_token.get_secret_value()
        shown = str(self.smtp.esmtp_features.get(CAPTURE_KEYWORD, ""))
        peer = ipaddress.ip_address(self.smtp.sock.getpeername()[0])
        return bool(token) and peer.is_loopback and hmac.compare_digest(shown.encode(), token.encode())

    def hand_over(self, sender: str, recipient: str, content: bytes) -> None:
        """Give one message to the server over the open connection, once.

        Raises _Dropped when the connection ended before the server could have taken anything,
        OutcomeUnknown when it ended later, smtplib.SMTPResponseException or SMTPRecipientsRefused when the
        server refused.
        """
        try:
            code, answer = self.smtp.mail(
                sender, [f"size={len(content)}"] if self.smtp.has_extn("size") else []
            )
            if code == _CLOSING:
                raise _Dropped(f"{code} {_decoded(answer)}")
            if code != 250:
                self._forget(code)
                raise smtplib.SMTPSenderRefused(code, answer, sender)
            code, answer = self.smtp.rcpt(recipient)
            if code not in (250, 251):
                self._forget(code)
                raise smtplib.SMTPRecipientsRefused({recipient: (code, answer)})
            code, answer = self.smtp.docmd("data")
            if code == _CLOSING:
                raise _Dropped(f"{code} {_decoded(answer)}")
            if code != 354:
                self._forget(code)
                raise smtplib.SMTPDataError(code, answer)
        except smtplib.SMTPServerDisconnected as error:
            raise _Dropped(_said(error)) from error
        except smtplib.SMTPException:
            raise
        except OSError as error:
            raise _Dropped(_said(error)) from error
        try:
            self.smtp.send(_FIRST_DOT.sub(b"..", content) + b".\r\n")
            code, answer = self.smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise OutcomeUnknown(_said(error)) from error
        if code < 200 or 300 <= code < 400:  # neither yes nor no, such as an answer that is no SMTP
            raise OutcomeUnknown(f"{code} {_decoded(answer)}")
        if code >= 400:
            self._forget(code)
            raise smtplib.SMTPDataError(code, answer)
        self.num_mail_sent += 1

    def _forget(self, code: int) -> None:
        """Begin anew after a refusal; a server that closes (421) is left."""
        if code == _CLOSING:
            self.smtp.close()
            self.is_closed = True
            return
        try:
            self.smtp.rset()
        except (OSError, smtplib.SMTPException):
            self.is_closed = True


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

    def prepare(self, row: Row[Any], from_name: str) -> Prepared:
        """Build a message of the ledger, as mail/reserve gives it; nothing is sent.

        Raises Refused when it may not leave in its cycle's mode, its address is malformed or (TooLarge) its
        files are too large, OSError when a file it carries is missing from the archive.
        """
        if row.mode != "live" and not _is_sample(row.to_address):
            raise Refused(
                f"{row.to_address} is not a sample address (.example); a rehearsal writes to no other"
            )
        files = [AttachedFile(**file) for file in row.attachments]
        size = sum(archive.path_of(file.sha256).stat().st_size for file in files)
        limit = settings().mail_attachment_limit
        if size > limit * _BYTES_PER_MB:
            raise TooLarge(
                f"its {len(files)} files have {size / _BYTES_PER_MB:.1f} MB, more than the {limit:g} MB of "
                "REPORTING_MAIL_ATTACHMENT_LIMIT"
            )
        mail = Mail(
            to_address=row.to_address,
            to_name=row.display_name,
            from_name=from_name,
            subject=row.subject,
            body_text=row.body_text,
            body_html=row.body_html,
            message_id=row.message_id_header,
            in_reply_to=row.in_reply_to,
            dated_at=row.dated_at,
            list_id=f"<{row.cycle_id.replace('_', '-')}.{ministry_domain()}>",
            attachments=tuple((file, archive.read(file.sha256)) for file in files),
        )
        return Prepared(row.mode, row.to_address, build(mail))

    def open(self, mode: str) -> bool:
        """See that there is a session for this mode. Returns whether it leads to a real server (not the
        capture server). Raises ServerUnavailable or NotACaptureServer.
        """
        return not self._session(mode).is_capture

    def send(self, prepared: Prepared) -> bool:
        """Send a prepared message. Returns whether it went to a real server (not the capture server).

        A connection that was dropped before the server was given anything is built anew, once. Raises
        Refused, NotSentYet, OutcomeUnknown, ServerUnavailable or NotACaptureServer; of these only
        OutcomeUnknown leaves open whether the message left.
        """
        session = self._session(prepared.mode)
        self._check(session, prepared)
        try:
            _hand_over(session, prepared)
        except _Dropped:
            session.drop()
            session = self._session(prepared.mode)
            self._check(session, prepared)
            try:
                _hand_over(session, prepared)
            except _Dropped as error:
                session.drop()
                raise ServerUnavailable(
                    f"{session.host}:{session.port} ends each session before it takes a message: {error}"
                ) from error
        return not session.is_capture

    def _check(self, session: _Session, prepared: Prepared) -> None:
        if _is_sample(prepared.to_address) and not session.is_capture:
            raise Refused(
                f"{prepared.to_address} is a sample contact; no mail to it leaves through a real server"
            )

    def _session(self, mode: str) -> _Session:
        session = self._sessions.get(mode)
        if session is None:
            session = _live_session() if mode == "live" else _rehearsal_session()
            self._sessions[mode] = session
        try:
            session.open()
        except (OSError, smtplib.SMTPException) as error:
            session.drop()
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


@lru_cache(maxsize=4)
def _address_in(setting: str) -> str:
    return parseaddr(setting)[1]


def _ministry_address() -> str:
    return _address_in(settings().ministry_address)


def _hand_over(session: _Session, prepared: Prepared) -> None:
    """Send, and sort what may go wrong by what it says about the message."""
    try:
        session.hand_over(_ministry_address(), prepared.to_address, prepared.content)
    except smtplib.SMTPRecipientsRefused as error:
        code, _ = next(iter(error.recipients.values()))
        answer = _said(error)
        if code < 500:
            raise NotSentYet(answer) from error
        raise Refused(answer, is_address_dead=is_address_dead(code, answer)) from error
    except smtplib.SMTPSenderRefused as error:
        if error.smtp_code in _TOO_LARGE:  # servers say so when the sender is named (RFC 1870)
            raise Refused(_said(error)) from error
        # about us, not about the recipient: no message would fare better
        raise ServerUnavailable(_said(error)) from error
    except smtplib.SMTPDataError as error:
        raise (Refused(_said(error)) if error.smtp_code >= 500 else NotSentYet(_said(error))) from error
    except (smtplib.SMTPNotSupportedError, UnicodeEncodeError) as error:
        raise Refused(_said(error)) from error
    except OutcomeUnknown:
        session.drop()
        raise


def is_address_dead(code: int | None, answer: str) -> bool:
    """Whether a permanent refusal of an address says that mail can never reach it.

    By its enhanced status (RFC 3463): no such mailbox (5.1.x), disabled (5.2.1), no such host (5.4.4). A full
    mailbox, a file too large or a message taken for spam say nothing about the address. Without one, by the
    SMTP code: 550, 551, 553.
    """
    status = _ENHANCED.search(answer)
    if status is None:
        return code in _NO_SUCH_ADDRESS
    kind, subject, detail = status.groups()
    return kind == "5" and (subject == "1" or (subject, detail) in {("2", "1"), ("4", "4")})


def _said(error: Exception) -> str:
    """What the server answered, or what went wrong, on one line."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
        return f"{code} {_decoded(answer)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_decoded(error.smtp_error)}"
    return storable(f"{type(error).__name__}: {error}")


def _decoded(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return storable(" ".join(text.split()))


def _live_session() -> _Session:
    url = settings().smtp_url
    if url is None or not url.get_secret_value():
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
    options: dict[str, Any] = {"timeout": SECONDS_TO_WAIT}
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
