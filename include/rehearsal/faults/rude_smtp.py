"""A mail server with bad manners, on loopback: it is silent, slow, refuses, hangs up, or delivers twice."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from local_stack.capture import CAPTURE_KEYWORD
from local_stack.ports import free_ports
from rehearsal.faults.listening import listening

Stage = Literal["greeting", "ehlo", "mail", "rcpt", "data", "message", "after"]
STAGES: tuple[Stage, ...] = ("greeting", "ehlo", "mail", "rcpt", "data", "message")
_MESSAGE_ID = re.compile(rb"(?im)^Message-ID:\s*(<[^>]+>)")


@dataclass(frozen=True)
class Manner:
    """What the server does wrong at one stage of a session; `after` is the moment after its yes to a message.

    `answer` is said in place of the right one; `is_silent` says nothing more and waits; `hangs_up` ends the
    connection; `delay` waits so many seconds before every answer. `keeps` is how many times a message is
    delivered that was handed over to it in this manner. `times` limits it to so many sessions.
    """

    name: str
    stage: Stage = "greeting"
    answer: bytes | None = None
    is_silent: bool = False
    hangs_up: bool = False
    delay: float = 0.0
    keeps: int = 1
    times: int | None = None


@dataclass
class RudeSmtp:
    """The server: how it behaves now; what it kept of what was handed over to it, and what it delivered."""

    port: int
    token: str
    manner: Manner | None = None
    delivered: Counter[str] = field(default_factory=Counter)
    handed_over: Counter[str] = field(default_factory=Counter)
    shown: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _sockets: set[socket.socket] = field(default_factory=set)
    _ended: threading.Event = field(default_factory=threading.Event)

    def serve(self, connection: socket.socket) -> None:
        """One session."""
        with suppress(OSError, _Over), connection:
            self._sockets.add(connection)
            file = connection.makefile("rb")
            self._say(connection, "greeting", b"220 mx.example ESMTP")
            while line := file.readline():
                verb = line[:4].upper()
                if verb in (b"EHLO", b"HELO"):
                    words = f"250-mx.example\r\n250 {CAPTURE_KEYWORD} {self.token}".encode()
                    self._say(connection, "ehlo", words)
                elif verb == b"MAIL":
                    self._say(connection, "mail", b"250 ok")
                elif verb == b"RCPT":
                    self._say(connection, "rcpt", b"250 ok")
                elif verb == b"DATA":
                    self._say(connection, "data", b"354 go on")
                    self._take(connection, file)
                elif verb == b"QUIT":
                    connection.sendall(b"221 bye\r\n")
                    return
                else:
                    connection.sendall(b"250 ok\r\n")

    def _take(self, connection: socket.socket, file: Iterator[bytes]) -> None:
        lines = []
        for line in file:
            if line == b".\r\n":
                break
            lines.append(line)
        else:
            return  # hung up in the midst: nothing was handed over
        found = _MESSAGE_ID.search(b"".join(lines))
        header = found[1].decode() if found else ""
        manner = self._manner("message") or self._manner("after")
        kept = 1 if manner is None else manner.keeps
        with self._lock:
            self.handed_over[header] += kept > 0
            self.delivered[header] += kept
        self._say(connection, "message", b"250 taken")
        if self._manner("after"):
            self._behave(connection, "after")

    def _say(self, connection: socket.socket, stage: Stage, right: bytes) -> None:
        manner = self.manner
        if manner is not None and manner.delay:
            time.sleep(manner.delay)
        if self._manner(stage):
            right = self._behave(connection, stage) or right
        connection.sendall(right + b"\r\n")

    def _manner(self, stage: Stage) -> Manner | None:
        manner = self.manner
        if (
            manner is None
            or manner.stage != stage
            or (manner.times is not None and self.shown >= manner.times)
        ):
            return None
        return manner

    def _behave(self, connection: socket.socket, stage: Stage) -> bytes | None:
        manner = self._manner(stage)
        assert manner is not None
        with self._lock:
            self.shown += 1
        if manner.is_silent:
            self._ended.wait(60)
            raise _Over
        if manner.hangs_up:
            if manner.answer is not None:
                connection.sendall(manner.answer + b"\r\n")
            raise _Over
        return manner.answer

    def behave(self, manner: Manner | None) -> None:
        """Behave so from now on, beginning with new sessions: those that are open are ended."""
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


class _Over(Exception):
    """The session is over."""


@contextmanager
def running(token: str) -> Iterator[RudeSmtp]:
    """A server until the block ends."""
    (port,) = free_ports(1)
    server = RudeSmtp(port, token)
    with listening(port, server.serve, server.end_sessions):
        yield server


def manners() -> Iterator[Manner]:
    """Every bad manner of the suite."""
    for stage in STAGES:
        yield Manner(f"half-open: silent at {stage}", stage, is_silent=True, keeps=0)
        yield Manner(f"hangs up at {stage}", stage, hangs_up=True, keeps=0)
        yield Manner(f"refuses for now (4xx) at {stage}", stage, answer=b"451 4.3.0 try again later", keeps=0)
        yield Manner(f"refuses for good (5xx) at {stage}", stage, answer=b"554 5.7.1 refused", keeps=0)
        yield Manner(f"closes (421) at {stage}", stage, answer=b"421 4.3.2 closing", hangs_up=True, keeps=0)
        yield Manner(f"speaks no SMTP at {stage}", stage, answer=b"HTTP/1.1 400 \xff\x00Bad", keeps=0)
    yield Manner("takes the message, then speaks no SMTP", "message", answer=b"HTTP/1.1 200 \x00OK")
    yield Manner("takes the message, then is silent", "message", is_silent=True)
    yield Manner("takes the message, then hangs up before its yes", "message", hangs_up=True)
    yield Manner("delivers twice what it took and hangs up", "message", hangs_up=True, keeps=2)
    yield Manner("hangs up after its yes", "after", hangs_up=True)
    yield Manner("delivers everything twice", "after", keeps=2)
    yield Manner("slow", delay=0.15)
    yield Manner("hangs up once while it is named the sender", "mail", hangs_up=True, keeps=0, times=1)
