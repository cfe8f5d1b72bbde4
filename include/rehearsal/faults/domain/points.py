"""The fail-points of a process: every boundary that its steps cross, hooked from outside.

The domain package knows nothing of this. In a process of its own (`arm`), the database driver's cursors and
connections, the calls that move files, the writes of open files, the packages of workbooks and documents, the
commands of SMTP and the beginning of child processes pass by a `Watch`, which notes them or does harm.
"""

from __future__ import annotations

import ast
import builtins
import functools
import io
import json
import multiprocessing.connection
import multiprocessing.context
import os
import smtplib
import socket
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import psycopg2
import psycopg2.extensions

from reporting.settings import INCLUDE

DOMAIN = str(INCLUDE / "reporting") + os.sep
_WRITING = set("wax+")


@dataclass(frozen=True, order=True)
class Point:
    """A crossing of a boundary: what is done there (`kind`, such as `commit.before`), by which function of
    the domain package (`place`, module:function, the nearest on the stack), for the how many-th time.
    """

    kind: str
    place: str
    occurrence: int

    @property
    def stratum(self) -> tuple[str, str]:
        """Place and kind."""
        return self.place, self.kind


@dataclass
class Touched:
    """A boundary as it is crossed; what it cannot do raises NotImplementedError."""

    kind: str
    connection: Any = None
    write_half: Callable[[], None] | None = None
    statement: Callable[[str], None] | None = None
    child_number: int | None = None

    def half(self) -> None:
        """Do half of it."""
        if self.write_half is not None:
            self.write_half()

    def lose_connection(self) -> None:
        """Cut the connection below the driver: it learns of it as it would from a dead server."""
        descriptor = os.dup(self.connection.fileno())
        with socket.socket(fileno=descriptor) as line, suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)

    def run_instead(self, statement: str) -> None:
        """Have the server raise what it raises."""
        if self.statement is None:
            raise NotImplementedError(self.kind)
        self.statement(statement)


Harm = Callable[[Touched], None]


class Watch:
    """Counts the points that this process passes; at the one that is `armed`, once, says so and does harm."""

    def __init__(self, hits: int, armed: Point | None = None, harm: Harm | None = None) -> None:
        """`hits` is a descriptor to which the point is written before the harm is done."""
        self.passed: list[Point] = []
        self.armed, self._harm, self._hits = armed, harm, hits
        self._counts: Counter[tuple[str, str]] = Counter()
        self._process = os.getpid()
        self._is_within = self.is_over = False

    def passing(self, boundary: Touched, phase: str) -> None:
        """A boundary is crossed; does harm where this is the armed point."""
        if self._is_within or self.is_over or os.getpid() != self._process:
            return
        place = place_of(sys._getframe(2))
        if place is None:
            return
        kind = f"{boundary.kind}.{phase}"
        self._counts[place, kind] += 1
        point = Point(kind, place, self._counts[place, kind])
        self.passed.append(point)
        if point == self.armed and self._harm is not None:
            self.armed = None
            os.write(self._hits, (json.dumps(asdict(point)) + "\n").encode())
            self._is_within = True
            try:
                self._harm(boundary)
            finally:
                self._is_within = False


def place_of(frame: Any) -> str | None:
    """The function of the domain package nearest on the stack; None where none is on it."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(DOMAIN):
            module = name.removeprefix(DOMAIN).removesuffix(".py").replace(os.sep, ".")
            return f"{module}:{frame.f_code.co_qualname}"
        frame = frame.f_back
    return None


def arm(watch: Watch) -> None:
    """Hook every boundary of this process, for the rest of its life; children of it are not watched."""
    _watch_database(watch)
    _watch_files(watch)
    _watch_packages(watch)
    _watch_mail(watch)
    _watch_children(watch)


# --- the database


def _watch_database(watch: Watch) -> None:
    class Cursor(psycopg2.extensions.cursor):
        def _crossed(self, call: Callable[[], Any]) -> Any:
            run = functools.partial(psycopg2.extensions.cursor.execute, self)
            touched = Touched("statement", self.connection, statement=run)
            watch.passing(touched, "before")
            found = call()
            watch.passing(touched, "after")
            return found

        def execute(self, query: Any, vars: Any = None) -> Any:
            return self._crossed(lambda: super(Cursor, self).execute(query, vars))

        def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> Any:
            return self._crossed(lambda: super(Cursor, self).copy_expert(sql, file, size))

    class Connection(psycopg2.extensions.connection):
        def commit(self) -> None:
            touched = Touched("commit", self)
            is_open = self.info.transaction_status != psycopg2.extensions.TRANSACTION_STATUS_IDLE
            if is_open:
                watch.passing(touched, "before")
            super().commit()
            if is_open:
                watch.passing(touched, "after")

    connect = psycopg2.connect

    @functools.wraps(connect)
    def watched(*args: Any, **kwargs: Any) -> Any:
        return connect(*args, **kwargs, connection_factory=Connection, cursor_factory=Cursor)

    psycopg2.connect = watched


# --- files


def _watch_files(watch: Watch) -> None:
    for name in ("rename", "replace", "link", "unlink", "remove", "fsync", "mkdir"):
        setattr(os, name, _watched_call(watch, name, getattr(os, name)))
    builtins.open = cast("Any", _watched_open(watch, builtins.open))
    io.open = cast("Any", _watched_open(watch, io.open))  # os.fdopen and pathlib go through it


def _watched_call(watch: Watch, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def watched(*args: Any, **kwargs: Any) -> Any:
        touched = Touched(f"file.{name}")
        watch.passing(touched, "before")
        found = call(*args, **kwargs)
        watch.passing(touched, "after")
        return found

    return watched


def _watched_open(watch: Watch, call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def watched(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        opened = call(file, mode, *args, **kwargs)
        if _WRITING & set(mode) and str(file) != os.devnull:
            write = opened.write

            def watched_write(data: Any) -> Any:
                def half() -> None:
                    write(data[: len(data) // 2])
                    opened.flush()

                touched = Touched("file.write", write_half=half)
                watch.passing(touched, "before")
                count = write(data)
                watch.passing(touched, "after")
                return count

            with suppress(AttributeError):
                opened.write = watched_write
        return opened

    return watched


def _watch_packages(watch: Watch) -> None:
    """The zip packages of workbooks and documents: each part that is written, and the end of each."""
    for name in ("writestr", "close"):
        _watch_method(watch, zipfile.ZipFile, name, "package." + name, lambda z: z.mode in "wax")


def _watch_method(
    watch: Watch,
    owner: type[Any],
    name: str,
    kind: str,
    concerns: Callable[[Any], bool] = lambda _: True,
) -> None:
    call = getattr(owner, name)

    @functools.wraps(call)
    def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not concerns(self):
            return call(self, *args, **kwargs)
        touched = Touched(kind)
        watch.passing(touched, "before")
        found = call(self, *args, **kwargs)
        watch.passing(touched, "after")
        return found

    setattr(owner, name, watched)


# --- mail


def _watch_mail(watch: Watch) -> None:
    """The commands of SMTP; a harm at one may return what the server is to have answered (see Answered)."""
    for name in ("connect", "mail", "rcpt"):
        setattr(smtplib.SMTP, name, _watched_command(watch, "smtp." + name, getattr(smtplib.SMTP, name)))
    docmd, send, getreply = smtplib.SMTP.docmd, smtplib.SMTP.send, smtplib.SMTP.getreply
    data = _watched_command(watch, "smtp.data", docmd)

    def watched_docmd(self: smtplib.SMTP, cmd: str, args: str = "") -> Any:
        if cmd.lower() != "data":
            return docmd(self, cmd, args)
        answer = data(self, cmd, args)
        cast("Any", self).content_follows = answer[0] == 354
        return answer

    def watched_send(self: smtplib.SMTP, content: Any) -> None:
        if not getattr(self, "content_follows", False):
            send(self, content)
            return
        cast("Any", self).content_follows, cast("Any", self).answer_follows = False, True
        halves = Touched("smtp.content", self.sock, lambda: send(self, content[: len(content) // 2]))
        watch.passing(halves, "before")
        send(self, content)
        watch.passing(halves, "after")

    def watched_getreply(self: smtplib.SMTP) -> Any:
        if not getattr(self, "answer_follows", False):
            return getreply(self)
        cast("Any", self).answer_follows = False
        return answered(self)

    answered = _watched_command(watch, "smtp.answer", getreply)
    smtplib.SMTP.docmd = watched_docmd  # type: ignore[method-assign]
    smtplib.SMTP.send = watched_send  # type: ignore[method-assign, assignment]
    smtplib.SMTP.getreply = watched_getreply  # type: ignore[method-assign]


class Answered(Exception):
    """Raised by a harm at a command of SMTP: the server answers so."""

    def __init__(self, code: int, text: bytes) -> None:
        super().__init__(code, text)
        self.code, self.text = code, text


def _watched_command(watch: Watch, kind: str, call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def watched(self: smtplib.SMTP, *args: Any, **kwargs: Any) -> Any:
        touched = Touched(kind, self.sock if kind != "smtp.connect" else None)
        try:
            watch.passing(touched, "before")
            found = call(self, *args, **kwargs)
            watch.passing(touched, "after")
        except Answered as answer:
            return answer.code, answer.text
        return found

    return watched


# --- child processes


def _watch_children(watch: Watch) -> None:
    context = type(multiprocessing.get_context("fork")).Process
    start = context.start

    def watched_start(self: Any) -> None:
        touched = Touched("child.start")
        watch.passing(touched, "before")
        start(self)
        touched.child_number = self.pid
        watch.passing(touched, "after")

    context.start = watched_start  # type: ignore[method-assign]
    _watch_method(watch, multiprocessing.connection.Connection, "send", "child.ask")
    _watch_method(watch, multiprocessing.connection.Connection, "recv", "child.answer")
    _watch_method(watch, subprocess.Popen, "communicate", "child.communicate")


def domain_functions() -> int:
    """How many functions the domain package has in all."""
    return sum(
        isinstance(node, ast.FunctionDef)
        for path in Path(DOMAIN).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )
