"""Full disks: the archive's, a limit on the size of files, and the disk of the warehouse's tables."""

from __future__ import annotations

import mailbox
import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from psycopg2 import sql
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from local_stack.ports import LOOPBACK
from rehearsal.faults import rude_smtp
from rehearsal.faults.bench import MINISTRY, PERIOD, REGIME, Bench, note, told
from rehearsal.faults.report import Experiment
from reporting import archive, clock, database
from reporting.cycles import conducting
from reporting.cycles.opening import cycle_id_of, open_cycle
from reporting.database import query
from reporting.intake.channels import Maildir, collect
from reporting.regimes.models import load_regime
from reporting.settings import settings

_MAIL_BYTES = 60_000
_REHEARSAL = 77


class NoDiskError(RuntimeError):
    """No small disk can be mounted here; says why."""


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of this size (such as 300k) at `folder`. Raises NoDiskError where that is not allowed."""
    program = shutil.which("mount")
    if os.geteuid() != 0 or program is None:
        raise NoDiskError("only root may mount a small disk")
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [program, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise NoDiskError(done.stderr.strip() or "this machine lets nobody mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def fill(folder: Path, leave: int = 0) -> Path:
    """Fill the disk of a folder but for so many bytes; returns the file that takes the room."""
    filler = folder / "filler"
    free = os.statvfs(folder)
    with filler.open("wb") as file:
        left = free.f_bavail * free.f_frsize - leave
        try:
            while left > 0:
                left -= os.write(file.fileno(), b"\0" * min(left, 1 << 20))
        except OSError:
            return filler
    return filler


def archive_full(bench: Bench) -> Experiment:
    """The archive's disk is full while mails come in: they stay in the mailbox until there is room."""
    experiment = Experiment("archive_full", "the archive's disk full while mail is collected")
    try:
        with (
            small_disk(bench.folder / "small", "400k") as disk,
            told(REPORTING_ARCHIVE=str(disk / "archive")),
        ):
            inbox = bench.folder / "inbox of a full disk"
            sent = _deliver_to(inbox, "full disk", 4)
            filler = fill(disk, leave=_MAIL_BYTES + 30_000)  # room for one, not for the next
            _refused(bench, experiment, inbox, "ENOSPC")
            filler.unlink()
            _taken_over(bench, experiment, inbox, sent)
            parts = [p.name for p in (disk / "archive").glob("*/*") if len(p.name) != 64]
            if parts:
                experiment.wrong.append(f"parts of files were left in the archive: {parts}")
            note(experiment, "archive's disk full")
    except NoDiskError as error:
        experiment.skipped = str(error)
    return experiment


def file_limit(bench: Bench) -> Experiment:
    """A process may write only small files (RLIMIT_FSIZE): the mail stays in the mailbox."""
    experiment = Experiment("file_limit", "files may not grow beyond a limit while mail is collected")
    inbox = bench.folder / "inbox of a limit"
    sent = _deliver_to(inbox, "limit", 3)
    bench.engine.dispose()  # no connection is shared with the child
    process = os.fork()
    if process == 0:
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
            engine = database.engine()
            try:
                collect(engine, [Maildir(inbox, mode="rehearsal", limit=10**8)])
            except OSError:
                code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(process, 0)
    if not (os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0):
        experiment.wrong.append("a file that could not be written was not told")
    note(experiment, "file size limited")
    _still_there(experiment, inbox, len(sent))
    _taken_over(bench, experiment, inbox, sent)
    return experiment


def postgres_full(bench: Bench) -> Experiment:
    """The disk of the warehouse's tables is full while a cycle is opened and its request goes out."""
    experiment = Experiment("postgres_full", "the disk of PostgreSQL's tables full while a request goes out")
    server, regime = bench.server, load_regime(REGIME)
    cycle_id = cycle_id_of(regime, PERIOD, "rehearsal", _REHEARSAL)
    try:
        with (
            small_disk(bench.folder / "tables", "250m") as disk,
            rude_smtp.running(settings().capture_token.get_secret_value()) as mail,
        ):
            space = disk / "space"
            space.mkdir()
            owner = server.data.stat()
            os.chown(space, owner.st_uid, owner.st_gid)
            bench.engine.dispose()
            with closing(server.connect()) as connection, connection.cursor() as cursor:
                cursor.execute("CREATE TABLESPACE small LOCATION %s", (str(space),))
                made = sql.SQL("CREATE DATABASE {} TEMPLATE {} TABLESPACE small OWNER {}")
                cursor.execute(made.format(*map(sql.Identifier, ("small", "warehouse", "reporting_owner"))))
            url = server.url("small", "reporting")
            with told(
                AIRFLOW_CONN_REPORTING_WAREHOUSE=url, REPORTING_CAPTURE_ADDRESS=f"{LOOPBACK}:{mail.port}"
            ):
                engine = database.engine()
                filler = fill(disk, leave=200_000)

                def work() -> None:
                    clock_id = conducting.prepare(engine, regime, PERIOD, cycle_id, is_delivered=True)
                    open_cycle(engine, regime, PERIOD, "rehearsal", _REHEARSAL, clock_id=clock_id)
                    for _ in range(3):
                        conducting.do_due(engine, cycle_id, conducting.RehearsalApprover())
                        conducting.advance(engine, clock_id, [cycle_id])
                        with engine.connect() as connection:
                            if clock.now(connection, cycle_id).day > 3:
                                break

                for room in (200_000, 1_000_000, 3_000_000):
                    filler.unlink()
                    filler = fill(disk, leave=room)
                    try:
                        work()
                    except DBAPIError as error:
                        note(experiment, "table's disk full")
                        experiment.facts[f"{room} bytes left"] = str(error.orig).splitlines()[0]
                filler.unlink()
                work()
                _each_asked_once(experiment, engine, cycle_id, mail)
                engine.dispose()
            if not experiment.faults:
                experiment.wrong.append("the disk never was full")
            server.drop_database("small")
            with closing(server.connect()) as connection, connection.cursor() as cursor:
                cursor.execute("DROP TABLESPACE small")
    except NoDiskError as error:
        experiment.skipped = str(error)
    return experiment


def _each_asked_once(experiment: Experiment, engine: Engine, cycle_id: str, mail: rude_smtp.RudeSmtp) -> None:
    with engine.connect() as connection:
        recipients = connection.execute(
            query("faults/contacts_of_cycle"), {"cycle_id": cycle_id, "count": 10_000}
        ).all()
        sends = connection.execute(query("faults/sends_of_cycle"), {"cycle_id": cycle_id}).all()
    asked = {row.recipient_id for row in sends if row.step == "request" and row.state == "sent"}
    experiment.lost += [f"{r.short_name} was never asked" for r in recipients if r.recipient_id not in asked]
    experiment.doubles += [
        f"{row.message_id_header} was handed over {mail.handed_over[row.message_id_header]} times"
        for row in sends
        if mail.handed_over[row.message_id_header] > 1
    ]


def _deliver_to(inbox: Path, what: str, count: int) -> list[bytes]:
    box = mailbox.Maildir(inbox, create=True)
    sent = []
    for number in range(count):
        head = f"From: dau-moi@so.example\nTo: {MINISTRY}\nSubject: {what} {number}\n"
        head += f"Message-ID: <{what.replace(' ', '-')}.{number}@so.example>\n\n"
        sent.append(head.encode() + os.urandom(_MAIL_BYTES // 2).hex().encode() + b"\n")
        box.add(sent[-1])
    return sent


def _refused(bench: Bench, experiment: Experiment, inbox: Path, what: str) -> None:
    """Collect, which has to tell that it cannot."""
    waiting = len(list(inbox.glob("new/*")))
    try:
        collect(bench.engine, [Maildir(inbox, mode="rehearsal", limit=10**8)])
    except OSError as error:
        experiment.facts["told"] = str(error)
    else:
        experiment.wrong.append(f"{what} was not told")
    arrived = waiting - len(list(inbox.glob("new/*")))
    experiment.facts["collected before the disk was full"] = arrived
    if arrived == waiting:
        experiment.wrong.append("mail was taken out of the mailbox although there was no room for it")


def _still_there(experiment: Experiment, inbox: Path, count: int) -> None:
    if len(list(inbox.glob("new/*"))) != count:
        experiment.wrong.append("mail was taken out of the mailbox although it could not be kept")


def _taken_over(bench: Bench, experiment: Experiment, inbox: Path, sent: list[bytes]) -> None:
    """Collect again: everything is there once, and whole."""
    collect(bench.engine, [Maildir(inbox, mode="rehearsal", limit=10**8)])
    with bench.engine.connect() as connection:
        for raw in sent:
            sha256 = archive.sha256_of(raw)
            arrived = connection.execute(query("faults/arrivals_of"), {"sha256": sha256}).scalar_one()
            if arrived == 0 or archive.read(sha256) != raw:
                experiment.lost.append("a mail did not arrive whole")
            elif arrived > 1:
                experiment.doubles.append(f"a mail arrived {arrived} times")
    if list(inbox.glob("new/*")):
        experiment.wrong.append("mail that was collected still waits in the mailbox")


EXPERIMENTS: dict[str, Callable[[Bench], Experiment]] = {
    "archive_full": archive_full,
    "file_limit": file_limit,
    "postgres_full": postgres_full,
}
