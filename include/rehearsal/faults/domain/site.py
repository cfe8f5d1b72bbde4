"""Where experiments are played: warehouses copied from prepared states, folders, a mail server; and processes
that do one stage's work and die of it.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_stack.capture import TOKEN_VARIABLE
from local_stack.ports import LOOPBACK, free_ports
from local_stack.postgres import EmbeddedPostgres
from rehearsal.faults.domain import points, story
from rehearsal.faults.domain.harm import ORDER, Harm
from rehearsal.faults.domain.points import Point, Watch
from rehearsal.simulated_year.run import await_port, fresh_engine
from reporting import database
from reporting.pipeline_role import let_work
from reporting.registry.load import load as load_registry
from reporting.settings import settings

OWNER, PIPELINE = "reporting_owner", "reporting"
SECONDS_A_PROCESS_MAY_TAKE = 120
_KEPT = ("archive", "inbox", "folder", "desk")


@dataclass(frozen=True)
class Fault:
    """A harm at a point."""

    point: Point
    harm: Harm


@dataclass(frozen=True)
class Attempt:
    """A process that did a stage's work: `ended` well, failed (it raised), killed, or stuck. `hit`: whether
    the fault that was meant for it happened; `said` its last words.
    """

    ended: str
    hit: bool
    said: str
    passed: tuple[Point, ...] = ()


class Warehouses:
    """The PostgreSQL server of the experiments, with states to copy; a context manager."""

    def __init__(self, folder: Path) -> None:
        self._postgres = EmbeddedPostgres(folder, secrets.token_urlsafe(24), durable=False)

    def __enter__(self) -> Warehouses:
        self._postgres.start()
        for role in (OWNER, PIPELINE):
            self._postgres.ensure_role(role, secrets.token_urlsafe(24))
        return self

    def __exit__(self, *_: object) -> None:
        self._postgres.stop()

    def prepare(self, name: str) -> None:
        """Make a warehouse with the registry and the story's list, and no cycle."""
        self._postgres.ensure_database(name, OWNER, workers=(PIPELINE,))
        url = self._postgres.url(name, OWNER)
        database.migrate(url)
        with fresh_engine(url) as owner:
            let_work(owner)
            load_registry(owner)
            story.list_few(owner)

    def copy(self, template: str, name: str) -> None:
        """Make `name` anew as a copy of `template`."""
        self._postgres.drop_database(name)
        self._postgres.ensure_database(name, OWNER, template=template, workers=(PIPELINE,))

    def url(self, name: str) -> str:
        """The address of a warehouse for the pipeline's role."""
        return self._postgres.url(name, PIPELINE)

    def shift_numbers(self, name: str, by: int) -> None:
        """Let every numbering of a warehouse go on later than it would."""
        with fresh_engine(self._postgres.url(name, OWNER)) as owner, owner.begin() as connection:
            connection.execute(database.query("rehearsal/shift_numbers"), {"by": by})


class Site:
    """One place where stages are played, one after the other: a warehouse, a folder, a mail server."""

    def __init__(self, warehouses: Warehouses, folder: Path, name: str) -> None:
        self.warehouses, self.folder, self.name = warehouses, folder, name
        (self._port,) = free_ports(1)
        self._log = folder / "taken.jsonl"
        self._log_at = 0

    @contextmanager
    def open(self) -> Iterator[Site]:
        """Move this process into the site: its folder, its environment; the mail server runs meanwhile."""
        self.folder.mkdir(parents=True)
        token, before, at = secrets.token_urlsafe(16), dict(os.environ), Path.cwd()
        # the same names in every site, so that what is kept of them is the same
        here = "/proc/self/cwd"
        os.environ |= {
            "AIRFLOW_CONN_REPORTING_WAREHOUSE": self.warehouses.url(self.name),
            "REPORTING_ARCHIVE": f"{here}/archive",
            "REPORTING_DESK": f"{here}/desk",
            "REPORTING_CHANNELS": f"maildir:{here}/inbox,folder:{here}/folder",
            "REPORTING_MAILBOX_MODE": "rehearsal",
            "REPORTING_MINISTRY_ADDRESS": "baocao@ttdn.bo-chu-tri.example",
            "REPORTING_SIGNING_KEY": "signing key of the fault experiments",
            "REPORTING_CAPTURE_ADDRESS": f"{LOOPBACK}:{self._port}",
            "REPORTING_CAPTURE_TOKEN": token,
        }
        os.environ.pop("AIRFLOW_CONN_REPORTING_SMTP", None)
        settings.cache_clear()
        os.chdir(self.folder)
        server = subprocess.Popen(
            [
                sys.executable, "-m", "rehearsal.simulated_year.mail_server", "--port", str(self._port),
                "--log", str(self._log), "--inbox", str(self.folder / "inbox"),
                "--order", str(self.folder / ORDER),
            ],
            env=os.environ | {TOKEN_VARIABLE: token},
            cwd="/",
        )  # fmt: skip
        try:
            await_port(self._port)
            yield self
        finally:
            server.kill()
            server.wait()
            os.chdir(at)
            os.environ.clear()
            os.environ |= before
            settings.cache_clear()

    def reset(self, database_name: str, files: Path | None) -> None:
        """Begin from a prepared state: a copy of a warehouse, and of its files (None: none yet)."""
        self.warehouses.copy(database_name, self.name)
        for part in _KEPT:
            shutil.rmtree(self.folder / part, ignore_errors=True)
            if files is None:
                (self.folder / part).mkdir()
            else:
                shutil.copytree(files / part, self.folder / part)
        (self.folder / story.MAILBOX).mkdir(parents=True, exist_ok=True)
        (self.folder / ORDER).unlink(missing_ok=True)
        self._log_at = self._log.stat().st_size if self._log.exists() else 0

    def save(self, database_name: str, files: Path) -> None:
        """Keep the present state under another name."""
        self.warehouses.copy(self.name, database_name)
        for part in _KEPT:
            shutil.copytree(self.folder / part, files / part)

    def taken(self) -> list[str]:
        """The Message-IDs that the mail server took since the last reset, in their order."""
        if not self._log.exists():
            return []
        with self._log.open("rb") as file:
            file.seek(self._log_at)
            return [json.loads(line)["message_id"] for line in file]

    def lay(self, stage: story.Stage) -> None:
        """Lay what comes at a stage into its channel, where it does not lie yet."""
        for laid in stage.laid:
            path = self.folder / laid.path
            path.write_bytes(laid.data)
            came_at = laid.came_at(stage.moment)
            os.utime(path, (came_at, came_at))

    def attempt(self, work: Callable[[], object], fault: Fault | None = None) -> Attempt:
        """Have a process of its own do some work here; see `attempt`."""
        return attempt(self.folder, work, fault)


def attempt(folder: Path, work: Callable[[], object], fault: Fault | None = None) -> Attempt:
    """Have a process of its own do some work, with a fault in the midst of it or (None) its points noted.

    Notes and last words of the process lie in `folder`.
    """
    reading, writing = os.pipe()
    notes, words = folder / "passed.json", folder / "words.txt"
    notes.unlink(missing_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process == 0:
        os.close(reading)
        _work(work, fault, writing, notes, words)
    os.close(writing)
    status = _wait(process, SECONDS_A_PROCESS_MAY_TAKE)
    os.set_blocking(reading, False)  # a child of the process may hold the other end a moment longer
    try:
        is_hit = bool(os.read(reading, 1))
    except BlockingIOError:
        is_hit = False
    finally:
        os.close(reading)
    ended = "stuck"
    if status is not None:
        ended = "killed" if os.WIFSIGNALED(status) else "failed" if os.WEXITSTATUS(status) else "well"
    passed = json.loads(notes.read_text()) if fault is None and notes.exists() else []
    said = words.read_text(encoding="utf-8", errors="replace").strip() if words.exists() else ""
    return Attempt(ended, is_hit, said[-3000:], tuple(Point(*one) for one in passed))


def _work(work: Callable[[], object], fault: Fault | None, hits: int, notes: Path, words: Path) -> None:
    """In a process of its own; never returns."""
    status = 1
    try:
        said = os.open(words, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(said, 1)
        os.dup2(said, 2)
        sys.stdout = sys.stderr = os.fdopen(said, "w", encoding="utf-8")
        watch = Watch(hits, *((fault.point, fault.harm.do) if fault else ()))
        points.arm(watch)
        try:
            work()
            status = 0
        finally:
            watch.is_over = True
            if fault is None:
                passed = [(one.kind, one.place, one.occurrence) for one in watch.passed]
                notes.write_text(json.dumps(passed))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _wait(process: int, seconds: float) -> int | None:
    """How it ended; None where it had to be ended after so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.002)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return None
