"""The virus scanner (clamd), where one is configured: nothing that came is opened before it was asked.

What it said is kept by content, so that a file is scanned once, and anew when a person asks for it. While it
does not answer, nothing is let through: what came waits, archived, and goes on by itself once the scanner is
back.
"""

from __future__ import annotations

import logging
import re
import socket
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import Engine

from reporting import archive, clock
from reporting.database import query, storable
from reporting.mail.remarks import tell
from reporting.settings import settings
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import moment

ANSWER_SECONDS = 5.0
"""Within which the scanner must take a connection and tell its version."""

FILE_SECONDS = 60.0
"""Within which it must have scanned a file."""

PASS_SECONDS = 300.0
"""For so long one pass asks; what is left waits for the next pass."""

REST_SECONDS = 60
"""After a failure it is left alone for so long."""

MOST_TRIES = 3
"""A file on which the scanner failed so often while it answered otherwise is put aside for a person."""

_CHUNK = 256 * 1024
_LONGEST_ANSWER = 4096
_FOUND = re.compile(r"stream: (.+) FOUND")
_BEYOND_LIMITS = "Heuristics.Limits.Exceeded"
_log = logging.getLogger(__name__)

Said = Literal["clean", "infected", "unscanned"]


class ScannerAway(RuntimeError):
    """The scanner does not answer, or not in time."""


class ScanFailed(RuntimeError):
    """The scanner failed on one file; the message is what it said."""


class ScanRefused(ValueError):
    """A file that a person gave must not be opened; the message says in Vietnamese why and what to do."""


@dataclass(frozen=True)
class Verdict:
    """What was said of a file. `signature` names what was found, or why the scanner failed."""

    said: Said
    signature: str | None
    engine: str

    @property
    def is_clean(self) -> bool:
        """Whether the file may be opened."""
        return self.said == "clean"


@dataclass(frozen=True)
class Clamd:
    """A clamd at `host:port`, `[host]:port` or `unix:/path`, spoken to as its manual has it (INSTREAM)."""

    address: str

    def version(self) -> str:
        """The version of scanner and signatures; short. Raises ScannerAway."""
        try:
            with self._connected(ANSWER_SECONDS) as connection:
                connection.sendall(b"zVERSION\0")
                return storable(_answer(connection, time.monotonic() + ANSWER_SECONDS))[:200]
        except OSError as error:
            raise ScannerAway(f"{type(error).__name__}: {error}") from error

    def scan(self, data: bytes) -> str | None:
        """The name of what was found in `data`, None where nothing was.

        Raises ScannerAway when no connection can be had; ScanFailed when the scanner refuses the file, as one
        that is larger than it takes, breaks off, could not look through all of it within its limits, or has
        no answer in FILE_SECONDS.
        """
        deadline = time.monotonic() + FILE_SECONDS
        try:
            connected = self._connected(ANSWER_SECONDS)
            connection = connected.__enter__()
        except OSError as error:
            raise ScannerAway(f"{type(error).__name__}: {error}") from error
        try:
            said = _streamed(connection, data, deadline)
        except OSError as error:
            raise ScanFailed(f"{type(error).__name__}: {error}") from error
        finally:
            connected.__exit__(None, None, None)
        if said == "stream: OK":
            return None
        found = _FOUND.fullmatch(said)
        if found is None or found[1].startswith(_BEYOND_LIMITS):
            raise ScanFailed(storable(said)[:300] or "no answer")
        return storable(found[1])[:300]

    @contextmanager
    def _connected(self, seconds: float) -> Iterator[socket.socket]:
        if self.address.startswith("unix:"):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(seconds)
            with connection:
                connection.connect(str(Path(self.address.removeprefix("unix:"))))
                yield connection
            return
        host, _, port = self.address.rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port)), timeout=seconds) as connection:
            yield connection


def _streamed(connection: socket.socket, data: bytes, deadline: float) -> str:
    """Hand a file over in pieces; what is answered. An answer before the end is a refusal."""
    try:
        connection.sendall(b"zINSTREAM\0")
        for start in range(0, len(data), _CHUNK):
            connection.settimeout(max(0.1, deadline - time.monotonic()))
            piece = data[start : start + _CHUNK]
            connection.sendall(struct.pack("!L", len(piece)) + piece)
        connection.sendall(struct.pack("!L", 0))
    except (BrokenPipeError, ConnectionResetError):
        said = _answer(connection, min(deadline, time.monotonic() + ANSWER_SECONDS))
        if not said:
            raise
        return said
    return _answer(connection, deadline)


def _answer(connection: socket.socket, deadline: float) -> str:
    """One answer, up to its zero byte. Raises OSError when none comes in time or the connection ends."""
    said = b""
    while not said.endswith(b"\0"):
        connection.settimeout(max(0.1, deadline - time.monotonic()))
        piece = connection.recv(_LONGEST_ANSWER)
        if not piece:
            break
        said += piece
        if len(said) > _LONGEST_ANSWER or time.monotonic() > deadline:
            break
    if not said:
        raise ConnectionError("the scanner closed the connection without an answer")
    return said.rstrip(b"\0\r\n").decode("utf-8", "replace")


@dataclass(frozen=True)
class Scanner:
    """The scanner with what it said so far."""

    engine: Engine
    clamd: Clamd

    def look(self, files: Mapping[str, bytes], *, patient: bool = True) -> dict[str, Verdict]:
        """What is said of these files, by their sha256: asked of the scanner where it was not yet.

        A file left out of the result waits: the scanner does not answer, the pass has lasted long enough, or
        it failed on the file and is to try again. The operator is told once of each time that it does not
        answer. Without `patient` an answer is wanted now, by the signatures of today: whatever it said
        before, it is asked again, so that a false alarm can end, and ScannerAway is raised.
        """
        if not files:
            return {}
        found = self._known(files)
        left = [sha256 for sha256 in files if not patient or sha256 not in found]
        if not left or (patient and self.is_resting()):
            return found
        try:
            self._ask(files, left, found)
        except ScannerAway as error:
            self._note_failure(str(error))
            if not patient:
                raise
        return found

    def _known(self, files: Mapping[str, bytes]) -> dict[str, Verdict]:
        with self.engine.connect() as connection:
            rows = connection.execute(query("virus_scan/known"), {"hashes": list(files)}).all()
        return {
            row.sha256: Verdict(row.verdict, row.signature, row.engine)
            for row in rows
            if row.verdict != "unscanned" or row.try_count >= MOST_TRIES
        }

    def _ask(self, files: Mapping[str, bytes], left: list[str], found: dict[str, Verdict]) -> None:
        """Ask of the files that are left and keep each answer at once. Raises ScannerAway."""
        version = self.clamd.version()
        began = time.monotonic()
        for sha256 in left:
            try:
                signature = self.clamd.scan(files[sha256])
            except ScanFailed as error:
                verdict = Verdict("unscanned", storable(str(error)), version)
                if self._keep(sha256, verdict) >= MOST_TRIES:
                    found[sha256] = verdict
                self.clamd.version()  # away altogether: the others need not be tried
                continue
            verdict = Verdict("infected" if signature else "clean", signature, version)
            self._keep(sha256, verdict)
            found[sha256] = verdict
            if time.monotonic() - began > PASS_SECONDS:
                break
        with self.engine.begin() as connection:
            connection.execute(query("virus_scan/note_answer"), {"address": self.clamd.address})

    def _keep(self, sha256: str, verdict: Verdict) -> int:
        values = {
            "sha256": sha256,
            "verdict": verdict.said,
            "signature": verdict.signature,
            "engine": verdict.engine,
        }
        with self.engine.begin() as connection:
            return int(connection.execute(query("virus_scan/keep"), values).scalar() or 0)

    def is_resting(self) -> bool:
        """Whether it is left alone for a while, since it did not answer."""
        with self.engine.connect() as connection:
            return bool(connection.scalar(query("virus_scan/is_resting"), {"address": self.clamd.address}))

    def _note_failure(self, problem: str) -> None:
        values = {"address": self.clamd.address, "problem": storable(problem)[:500]}
        with self.engine.begin() as connection:
            since = connection.execute(
                query("virus_scan/note_failure"), values | {"seconds": REST_SECONDS}
            ).scalar_one()
        _log.warning("the virus scanner at %s does not answer: %s", self.clamd.address, problem)
        told = values | {"since": moment(since.astimezone(clock.VIETNAM))}
        tell(
            self.engine,
            f"virus_scanner/{since.isoformat()}",
            subject=text("virus_scan.told.away.subject", **told),
            body=text("virus_scan.told.away.body", **told),
        )


def scanner(engine: Engine) -> Scanner | None:
    """The scanner of REPORTING_CLAMAV; None where none is configured."""
    address = settings().clamav
    return Scanner(engine, Clamd(address)) if address else None


def put_aside(verdict: Verdict, filename: str | None = None) -> str:
    """Why a delivery is put aside unopened, in Vietnamese; `filename` of the file in it, None: all of it."""
    what = text("virus_scan.whole") if filename is None else text("virus_scan.file", filename=filename)
    if verdict.said == "infected":
        return text("virus_scan.put_aside", signature=verdict.signature, what=what)
    return text("virus_scan.unscanned", problem=verdict.signature, what=what)


def refuse(engine: Engine, files: Sequence[tuple[str, bytes]]) -> None:
    """See that files (name, bytes) that a person gives, or that came before, may be opened. Raises
    ScanRefused.
    """
    asked = scanner(engine)
    if asked is None:
        return
    names = {archive.sha256_of(data): name for name, data in files}
    contents = {archive.sha256_of(data): data for _, data in files}
    try:
        found = asked.look(contents, patient=False)
    except ScannerAway as error:
        raise ScanRefused(text("virus_scan.away", problem=str(error))) from error
    for sha256, filename in names.items():
        verdict = found.get(sha256)
        if verdict is None:
            raise ScanRefused(
                text("virus_scan.refused_unscanned", filename=filename, problem=text("virus_scan.no_answer"))
            )
        if verdict.said == "infected":
            raise ScanRefused(text("virus_scan.refused", filename=filename, signature=verdict.signature))
        if not verdict.is_clean:
            raise ScanRefused(
                text("virus_scan.refused_unscanned", filename=filename, problem=verdict.signature)
            )
