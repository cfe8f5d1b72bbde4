"""A mailbox on an IMAP server."""

from __future__ import annotations

import base64
import imaplib
import logging
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.header import decode_header, make_header
from typing import Any, Literal, TypeVar

from reporting import clock
from reporting.intake import message as mail
from reporting.intake.channels.base import ChannelError, Item, Kind, Mode, TooLargeError, UnfitItemError

KEYWORD = "$KyBaoCao"
"""The keyword on a message that says: collected."""

TIMEOUT_SECONDS = 60.0
"""How long the server may be silent within one command."""

_Mark = Literal["keyword", "move", "remember"]
_LOST = (imaplib.IMAP4.abort, OSError)  # OSError: also a timeout, or TLS that broke off
_REFUSED = "the mail server refused the login. Mend user and password of the connection."
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_INTERNAL_DATE = re.compile(rb'INTERNALDATE "([^"]+)"')
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class Imap:
    """A folder of a mailbox, reached by the client that `connect` makes and logs in.

    What is collected is moved to the folder `move_to` (made where missing), else gets the keyword
    $KyBaoCao; where the server keeps no keywords, or we may only read, the caller has to remember it. Nothing
    is deleted and nothing marked as read, and it does not matter what a person reads there. Keys carry the
    folder's UIDVALIDITY: where the server numbers its messages anew, all that has no mark is given out again.

    A lost connection is made anew once for each command.
    """

    kind: Kind = "mail"
    look_seconds = 5.0
    refusal_seconds = 300.0
    """How long to wait after a refused login: servers lock accounts that try too often."""

    def __init__(
        self,
        name: str,
        connect: Callable[[], imaplib.IMAP4],
        *,
        folder: str = "INBOX",
        move_to: str | None = None,
        mode: Mode = "live",
        limit: int = 10**8,
    ) -> None:
        self.name, self.mode, self.limit = name, mode, limit
        self.folder, self.move_to = folder, move_to
        self._connect = connect
        self._client: imaplib.IMAP4 | None = None
        self._capabilities: frozenset[str] = frozenset()
        self._validity = ""
        self._mark: _Mark = "remember"
        self._lock = threading.RLock()
        self._refused_at: float | None = None

    def waiting(self) -> list[str]:
        def look(client: imaplib.IMAP4) -> list[str]:
            self._select(client)  # anew: the server then tells what came since
            criteria = ["UNDELETED"] if self._mark != "keyword" else ["UNDELETED", "UNKEYWORD", KEYWORD]
            (found,) = _answer(client.uid("SEARCH", *criteria), "SEARCH")[:1] or [b""]
            uids = sorted(map(int, (found or b"").split()))
            return [f"{self._validity}.{uid}" for uid in uids]

        try:
            return self._carry_out(look)
        except imaplib.IMAP4.error as error:
            raise ChannelError(
                f"{self.name}: the mail server refuses to list {self.folder}: {error}"
            ) from error

    def fetch(self, key: str) -> Item | None:
        uid = self._uid(key)
        try:
            return self._carry_out(lambda client: self._fetched(client, key))
        except imaplib.IMAP4.error as error:
            raise UnfitItemError(
                f"The mail server does not give out message {uid} in {self.folder}: {error}"
            ) from error

    def _fetched(self, client: imaplib.IMAP4, key: str) -> Item | None:
        """A message of the folder that is open; None when it is gone."""
        uid = self._uid(key)
        if not self._is_current(key):
            return None
        attributes = _parts(client.uid("FETCH", uid, "(RFC822.SIZE INTERNALDATE)"))
        size = _SIZE.search(attributes)
        if size is None:
            return None  # moved away, or expunged
        if int(size[1]) > self.limit:
            raise TooLargeError(self._described(client, uid), int(size[1]), self.limit)
        raw = _literal(client.uid("FETCH", uid, "(BODY.PEEK[])"))
        if raw is None:
            return None
        return Item(key, raw, envelope={"folder": self.folder}, received_at=_moment(attributes))

    def mark_collected(self, key: str) -> bool:
        uid = self._uid(key)

        def mark(client: imaplib.IMAP4) -> bool:
            if self._mark == "remember":
                return False
            if not self._is_current(key):
                return True
            if self._mark == "keyword":
                _answer(client.uid("STORE", uid, "+FLAGS.SILENT", f"({KEYWORD})"), "STORE")
            else:
                self._move(client, uid)
            return True

        try:
            return self._carry_out(mark)
        except imaplib.IMAP4.error as error:
            raise ChannelError(
                f"{self.name}: the server does not let a message be marked: {error}", is_lasting=True
            ) from error

    def kept(self, since: datetime) -> list[str]:
        def look(client: imaplib.IMAP4) -> list[str]:
            self._select(client)
            if self._mark == "remember":
                return []  # all of it is listed as waiting
            if self._mark == "move" and not self._select_collected(client):
                return []
            # messages are numbered as they come into the folder, but keep their date when a person moves them
            # there: all from the first one of that day on
            later = _numbers(client.uid("SEARCH", "SINCE", _day(since)))
            marked = ["KEYWORD", KEYWORD] if self._mark == "keyword" else ["ALL"]
            first = min(later, default=1)
            return [
                f"{self._validity}.{uid}" for uid in _numbers(client.uid("SEARCH", *marked)) if uid >= first
            ]

        try:
            return self._carry_out(look)
        except imaplib.IMAP4.error as error:
            raise ChannelError(f"{self.name}: the mail server refuses to search: {error}") from error

    def fetch_kept(self, key: str) -> Item | None:
        if self.move_to is None:
            return self.fetch(key)

        def get(client: imaplib.IMAP4) -> Item | None:
            if not self._select_collected(client):
                return None
            try:
                return self._fetched(client, key)
            finally:
                self._select(client)

        try:
            return self._carry_out(get)
        except imaplib.IMAP4.error as error:
            raise UnfitItemError(f"The mail server does not give out message {key}: {error}") from error

    def _select_collected(self, client: imaplib.IMAP4) -> bool:
        """Open the folder of what was collected; False where there is none yet."""
        assert self.move_to is not None
        kind, _ = client.select(_quoted(self.move_to), readonly=True)
        if kind != "OK":
            self._select(client)
            return False
        validity = (client.response("UIDVALIDITY")[1] or [None])[-1]
        if isinstance(validity, bytes):
            self._validity = validity.decode()
        return True

    def close(self) -> None:
        with self._lock:
            client, self._client = self._client, None
            if client is not None:
                try:
                    client.logout()
                except (imaplib.IMAP4.error, OSError):
                    _log.debug("%s: the connection was gone already", self.name)

    def _carry_out(self, work: Callable[[imaplib.IMAP4], _T]) -> _T:
        """Do `work` on the connection; on a new one, once, where it is lost."""
        with self._lock:
            for is_last in (False, True):
                is_old = self._client is not None
                try:
                    return work(self._connected())
                except _LOST as error:
                    self._drop()
                    if is_last or not is_old:
                        raise ChannelError(f"{self.name}: the connection was lost: {error}") from error
            raise AssertionError("not reached")

    def _connected(self) -> imaplib.IMAP4:
        if self._client is None:
            if self._refused_at is not None and time.monotonic() - self._refused_at < self.refusal_seconds:
                raise ChannelError(f"{self.name}: {_REFUSED}", is_lasting=True)
            try:
                client = self._connect()
            except imaplib.IMAP4.abort as error:
                raise ChannelError(f"{self.name}: the connection was lost: {error}") from error
            except imaplib.IMAP4.error as error:
                self._refused_at = time.monotonic()
                problem = f"{self.name}: {_REFUSED} The server says: {_words(error)}"
                raise ChannelError(problem, is_lasting=True) from error
            except OSError as error:
                raise ChannelError(f"{self.name}: the mail server cannot be reached: {error}") from error
            client.sock.settimeout(TIMEOUT_SECONDS)
            try:
                # what a server can do it may tell only after the login
                self._capabilities = frozenset(_joined(client.capability()[1]).decode().upper().split())
                self._select(client)
            except BaseException:
                client.shutdown()
                raise
            self._client = client
        return self._client

    def _select(self, client: imaplib.IMAP4) -> None:
        is_writable = True
        try:
            kind, data = client.select(_quoted(self.folder))
        except client.readonly:
            is_writable = False
            kind, data = client.select(_quoted(self.folder), readonly=True)
        if kind != "OK":
            raise ChannelError(
                f"{self.name}: the mailbox has no folder {self.folder} that can be opened: {_words(data)}. "
                "Mend the address in REPORTING_CHANNELS.",
                is_lasting=True,
            )
        responses = {name: client.response(name)[1] for name in ("UIDVALIDITY", "PERMANENTFLAGS")}
        validity = (responses["UIDVALIDITY"] or [None])[-1]
        if isinstance(validity, bytes):
            self._validity = validity.decode()
        permitted = b" ".join(
            flags for flags in responses["PERMANENTFLAGS"] or [] if isinstance(flags, bytes)
        )
        if not is_writable:
            self._mark = "remember"
        elif self.move_to:
            self._mark = "move"
        else:
            keeps = rb"\*" in permitted or KEYWORD.lower().encode() in permitted.lower()
            self._mark = "keyword" if keeps else "remember"

    def _move(self, client: imaplib.IMAP4, uid: str) -> None:
        assert self.move_to is not None
        target = _quoted(self.move_to)
        command = "MOVE" if "MOVE" in self._capabilities else "COPY"
        kind, data = client.uid(command, uid, target)
        if kind != "OK" and b"TRYCREATE" in _joined(data):
            client.create(target)
            kind, data = client.uid(command, uid, target)
        _answer((kind, data), command)
        if command == "COPY":
            # as MOVE does it; a kill in between leaves a message that is recognised by its content
            _answer(client.uid("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)"), "STORE")
            if "UIDPLUS" in self._capabilities:
                client.uid("EXPUNGE", uid)

    def _described(self, client: imaplib.IMAP4, uid: str) -> str:
        header = _literal(client.uid("FETCH", uid, "(BODY.PEEK[HEADER.FIELDS (FROM SUBJECT DATE)])"))
        told = mail.headers(mail.parse_headers(header or b""))
        return f"The mail {_decoded(told.subject)!r} from {told.from_address}"

    def _uid(self, key: str) -> str:
        return key.rpartition(".")[2]

    def _is_current(self, key: str) -> bool:
        return key.rpartition(".")[0] == self._validity

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            try:
                client.shutdown()
            except OSError:
                _log.debug("%s: the connection was gone already", self.name)


def _answer(response: tuple[str, list[Any]], command: str) -> list[Any]:
    kind, data = response
    if kind != "OK":
        raise imaplib.IMAP4.error(f"{command}: {_words(data)}")
    return data


def _parts(response: tuple[str, list[Any]]) -> bytes:
    return _joined(_answer(response, "FETCH"))


def _literal(response: tuple[str, list[Any]]) -> bytes | None:
    for part in _answer(response, "FETCH"):
        if isinstance(part, tuple) and b"BODY[" in part[0]:
            return bytes(part[1])
    return None


def _joined(data: list[Any]) -> bytes:
    return b" ".join(part[0] if isinstance(part, tuple) else part or b"" for part in data)


def _words(data: object) -> str:
    """What a server said, on one line."""
    if isinstance(data, list):
        data = _joined(data)
    elif isinstance(data, Exception) and data.args and isinstance(data.args[0], bytes):
        data = data.args[0]
    return " ".join((data.decode("utf-8", "replace") if isinstance(data, bytes) else str(data)).split())


def _moment(attributes: bytes) -> datetime | None:
    found = _INTERNAL_DATE.search(attributes)
    if found is None:
        return None
    try:
        moment = datetime.strptime(found[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z")
    except ValueError:
        return None
    return moment.astimezone(UTC).astimezone(clock.VIETNAM)


def _numbers(answer: tuple[str, list[Any]]) -> list[int]:
    """The message numbers that a search found, in their order."""
    (found,) = _answer(answer, "SEARCH")[:1] or [b""]
    return sorted(map(int, (found or b"").split()))


def _day(moment: datetime) -> str:
    """A day as IMAP writes it, whatever the language of the machine: 05-Dec-2012."""
    day = moment.astimezone(UTC)
    return f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year}"


def _decoded(subject: str | None) -> str:
    try:
        return str(make_header(decode_header(subject or "")))
    except (LookupError, ValueError):
        return subject or ""


def _quoted(folder: str) -> str:
    """The name of a folder as IMAP writes it: modified UTF-7 (RFC 3501, 5.1.3), in quotation marks."""
    written = re.sub(r"[^\x20-\x7e]+|&", _shifted, folder)
    return '"' + written.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _shifted(found: re.Match[str]) -> str:
    if found[0] == "&":
        return "&-"
    encoded = base64.b64encode(found[0].encode("utf-16-be")).decode().rstrip("=")
    return f"&{encoded.replace('/', ',')}-"
