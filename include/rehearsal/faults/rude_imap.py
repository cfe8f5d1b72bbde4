"""An IMAP server with bad manners, on loopback: silent, slow, refusing, dropping, numbering mails anew."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from local_stack.ports import free_ports
from rehearsal.faults.listening import listening
from reporting.intake.channels.imap import KEYWORD

Stage = Literal["greeting", "login", "select", "search", "fetch", "body", "store"]
STAGES: tuple[Stage, ...] = ("greeting", "login", "select", "search", "fetch", "body", "store")
_UID = re.compile(rb"UID (FETCH|STORE) (\d+) (.*)", re.I)


@dataclass(frozen=True)
class Manner:
    """What the server does wrong at one stage, `times` times (None: always).

    `answer` is NO or BAD in place of OK; `is_silent` says nothing more; `hangs_up` ends the connection, at
    `body` in the midst of the message; `is_done_first` carries the command out before that; `delay` waits so
    many seconds before every answer.
    """

    name: str
    stage: Stage = "greeting"
    answer: bytes | None = None
    is_silent: bool = False
    hangs_up: bool = False
    is_done_first: bool = False
    delay: float = 0.0
    times: int | None = None


@dataclass
class Message:
    """A message of the mailbox."""

    uid: int
    raw: bytes
    is_marked: bool = False


@dataclass
class RudeImap:
    """The server: one mailbox, INBOX, that any user may open."""

    port: int
    manner: Manner | None = None
    validity: int = 1
    messages: list[Message] = field(default_factory=list)
    shown: int = 0
    keeps_keywords: bool = True
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _sockets: set[socket.socket] = field(default_factory=set)
    _ended: threading.Event = field(default_factory=threading.Event)

    # -- the mailbox --

    def deliver(self, *raw: bytes) -> None:
        """New messages, under new numbers."""
        with self._lock:
            for data in raw:
                self.messages.append(Message(max((m.uid for m in self.messages), default=0) + 1, data))

    def number_anew(self) -> None:
        """UIDVALIDITY changes: every message gets another number, and the marks are lost."""
        with self._lock:
            self.validity += 1
            self.messages = [Message(number + 101, m.raw) for number, m in enumerate(reversed(self.messages))]

    def behave(self, manner: Manner | None) -> None:
        """Behave so from now on; open sessions are ended."""
        self.manner, self.shown = manner, 0
        self.end_sessions()

    def end_sessions(self) -> None:
        """End what is open, those included that are silent."""
        self._ended.set()
        for connection in list(self._sockets):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            self._sockets.discard(connection)
        self._ended = threading.Event()

    # -- a session --

    def serve(self, connection: socket.socket) -> None:
        """One session."""
        with suppress(OSError, _Over), connection:
            self._sockets.add(connection)
            file = connection.makefile("rb")
            if not self._is_refused(connection, "greeting", b"*"):
                connection.sendall(b"* OK IMAP4rev1 ready\r\n")
            for line in file:
                tag, _, rest = line.strip().partition(b" ")
                self._command(connection, tag, rest)

    def _command(self, connection: socket.socket, tag: bytes, rest: bytes) -> None:
        verb = rest.split(b" ", 2)[:2]
        name = b" ".join(verb).upper() if verb[0].upper() == b"UID" else verb[0].upper()
        lines: list[bytes] = []
        if name == b"CAPABILITY":
            lines = [b"* CAPABILITY IMAP4rev1 UIDPLUS"]
        elif name == b"LOGIN":
            if self._is_refused(connection, "login", tag):
                return
        elif name in (b"SELECT", b"EXAMINE"):
            if self._is_refused(connection, "select", tag):
                return
            flags = b"\\Seen \\*" if self.keeps_keywords else b"\\Seen"
            lines = [
                b"* %d EXISTS" % len(self.messages),
                b"* OK [UIDVALIDITY %d] numbered" % self.validity,
                b"* OK [PERMANENTFLAGS (%s)] kept" % flags,
            ]
        elif name == b"UID SEARCH":
            if self._is_refused(connection, "search", tag):
                return
            is_unmarked = KEYWORD.encode() in rest
            found = [m.uid for m in self.messages if not (is_unmarked and m.is_marked)]
            lines = [b"* SEARCH " + b" ".join(b"%d" % uid for uid in found)]
        elif name == b"LOGOUT":
            connection.sendall(b"* BYE\r\n" + tag + b" OK bye\r\n")
            raise _Over
        elif matched := _UID.match(rest):
            self._one(connection, tag, matched[1].upper(), int(matched[2]), matched[3])
            return
        self._answer(connection, tag, lines)

    def _one(self, connection: socket.socket, tag: bytes, verb: bytes, uid: int, rest: bytes) -> None:
        with self._lock:
            found = next(((n + 1, m) for n, m in enumerate(self.messages) if m.uid == uid), None)
        if verb == b"STORE":
            manner = self._manner("store")
            if found and (manner is None or manner.is_done_first):
                found[1].is_marked = True
            if not self._is_refused(connection, "store", tag):
                self._answer(connection, tag, [])
            return
        if b"BODY" not in rest:
            if not self._is_refused(connection, "fetch", tag):
                lines = [
                    b'* %d FETCH (UID %d RFC822.SIZE %d INTERNALDATE "12-Dec-2012 09:00:00 +0700")'
                    % (found[0], uid, len(found[1].raw))
                ] if found else []  # fmt: skip
                self._answer(connection, tag, lines)
            return
        manner = self._manner("body")
        if manner is not None and manner.hangs_up and found:
            number, message = found
            head = b"* %d FETCH (UID %d BODY[] {%d}\r\n" % (number, uid, len(message.raw))
            connection.sendall(head + message.raw[: len(message.raw) // 2])
        if self._is_refused(connection, "body", tag):
            return
        lines = []
        if found:
            number, message = found
            lines = [
                b"* %d FETCH (UID %d BODY[] {%d}\r\n" % (number, uid, len(message.raw)) + message.raw + b")"
            ]
        self._answer(connection, tag, lines)

    def _answer(self, connection: socket.socket, tag: bytes, lines: list[bytes]) -> None:
        if self.manner is not None and self.manner.delay:
            time.sleep(self.manner.delay)
        connection.sendall(b"".join(line + b"\r\n" for line in (*lines, tag + b" OK done")))

    def _manner(self, stage: Stage) -> Manner | None:
        manner = self.manner
        if manner is None or manner.stage != stage or manner.delay:
            return None
        return None if manner.times is not None and self.shown >= manner.times else manner

    def _is_refused(self, connection: socket.socket, stage: Stage, tag: bytes) -> bool:
        """Behave badly where that is wanted at this stage; whether it was."""
        manner = self._manner(stage)
        if manner is None:
            return False
        with self._lock:
            self.shown += 1
        if manner.is_silent:
            self._ended.wait(60)
            raise _Over
        if manner.hangs_up:
            raise _Over
        connection.sendall(tag + b" " + (manner.answer or b"BAD") + b" not now\r\n")
        return True


class _Over(Exception):
    """The session is over."""


@contextmanager
def running() -> Iterator[RudeImap]:
    """A server until the block ends."""
    (port,) = free_ports(1)
    server = RudeImap(port)
    with listening(port, server.serve, server.end_sessions):
        yield server


def manners() -> Iterator[Manner]:
    """Every bad manner of the suite."""
    for stage in STAGES:
        yield Manner(f"half-open: silent at {stage}", stage, is_silent=True)
        yield Manner(f"hangs up at {stage}", stage, hangs_up=True)
        yield Manner(f"hangs up once at {stage}", stage, hangs_up=True, times=1)
        yield Manner(f"refuses (NO) at {stage}", stage, answer=b"NO")
        yield Manner(f"refuses (BAD) at {stage}", stage, answer=b"BAD")
        yield Manner(f"speaks no IMAP at {stage}", stage, answer=b"NO \xff\x00")
    yield Manner("marks, then hangs up before its yes", "store", hangs_up=True, is_done_first=True)
    yield Manner("slow", delay=0.1)
