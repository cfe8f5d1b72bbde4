"""One command up, one down: PostgreSQL, the capture server and Airflow on one machine, as on a laptop or
with all that an office has (see ``Topology``).

The stack's parts outlive the command that started them. What runs is recorded with the start time of
every process, so that any later command can tell a living part from a dead one, start what is missing
and end everything, also after a crash.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.metadata
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import FrameType

import psutil
import psycopg2

from local_stack import airflow, capture, office, processes, tls
from local_stack.airflow import Api, Ports
from local_stack.layout import ACCOUNTS, ADMINISTRATOR, DEMO, LEADER, PERSON, Layout, write_private
from local_stack.ports import LOOPBACK, free_ports, is_free, is_open
from local_stack.postgres import EmbeddedPostgres, debian_binaries
from local_stack.processes import Part
from local_stack.topology import (
    API_PART,
    CAPTURE_PART,
    LAPTOP,
    POSTGRES_PART,
    PROXY_PART,
    REDIS_PART,
    STORAGE_PART,
    Topology,
)

MINISTRY_ADDRESS = "baocao@bo-chu-tri.example"
OPERATOR_ADDRESS = "van-hanh@bo-chu-tri.example"
GIVEN_BY_THE_CALLER = (
    "REPORTING_SCHEDULED_REGIMES",
    "REPORTING_TEMPLATES",
    "REPORTING_WORKING_DAYS",
    "REPORTING_BACKUP",
)
"""Settings that the stack takes from whoever starts it."""
OFFICER_ADDRESS = "chuyen-vien@bo-chu-tri.example"
AIRFLOW_DATABASE = "airflow"
AIRFLOW_ROLE = "airflow"
WAREHOUSE = "warehouse"
OWNER_ROLE = "reporting_owner"
PIPELINE_ROLE = "reporting"
ANALYST_ROLE = "analyst"
BACKUP_ROLE = "backup"
ALL_PARTS = LAPTOP.parts
_HEALTHY_SECONDS = 300.0
_AIRFLOW_PATIENCE = 12.0
_HURRIED = (
    "triggerer",
)  # takes ten seconds to see that its runner has ended; what it did is in the database
Say = Callable[[str], None]


class StackError(RuntimeError):
    """The stack could not be started, or what was asked for needs a stack that runs."""


class PartEndedError(StackError):
    """A part ended while it was waited for."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(message)
        self.part = part


@dataclass(frozen=True)
class State:
    """What ``stack.json`` records."""

    ports: Ports
    rehearsal: bool
    parts: dict[str, Part]
    topology: Topology = LAPTOP

    def dump(self) -> str:
        """Return the record as JSON."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def parse(cls, text: str) -> State:
        """Read what ``dump`` wrote. Raises ValueError, KeyError or TypeError on anything else."""
        data = json.loads(text)
        parts = {name: Part(**part) for name, part in data["parts"].items()}
        topology = Topology(**data.get("topology", {}))
        return cls(Ports(**data["ports"]), bool(data["rehearsal"]), parts, topology)

    def without_parts(self) -> State:
        """The same when nothing of it lives."""
        return replace(self, parts={})


@dataclass(frozen=True)
class Status:
    """Which parts live, and where they listen; ``ports`` is None where the stack was never started."""

    living: tuple[str, ...]
    missing: tuple[str, ...]
    ports: Ports | None
    rehearsal: bool

    @property
    def is_up(self) -> bool:
        """Whether every part lives."""
        return not self.missing


@dataclass(frozen=True)
class Program:
    """How a part is started."""

    part: str
    command: list[str]
    environment: dict[str, str]
    folder: Path


class Stack:
    """The stack whose state lies in one folder (see ``Layout.choose``)."""

    def __init__(self, directory: Path | None = None) -> None:
        self.layout = Layout.choose(directory)

    # -- questions ---------------------------------------------------------------------------------

    def status(self) -> Status:
        """Say what lives. Never changes anything."""
        state = self._state()
        if state is None:
            return Status((), ALL_PARTS, None, False)
        parts = state.topology.parts
        living = tuple(name for name in parts if self._lives(name, state))
        missing = tuple(name for name in parts if name not in living)
        return Status(living, missing, state.ports, state.rehearsal)

    def environment(self) -> dict[str, str]:
        """Return the variables with which a command works on this stack as its parts do.

        Also REPORTING_WAREHOUSE_OWNER, REPORTING_AIRFLOW_URL, REPORTING_DEMO_USER,
        REPORTING_DEMO_PASSWORD, REPORTING_LEADER_USER,
        REPORTING_LEADER_PASSWORD and REPORTING_ANALYST_URL, which the parts themselves are not given;
        of an office besides REPORTING_AIRFLOW_CA, the certificate that its proxy is believed by.
        Raises StackError if the stack was never started.
        """
        state = self._state()
        if state is None:
            raise StackError(f"nothing has been started in {self.layout.root}: run `make up`")
        secrets = self.layout.secrets()
        return (
            self._part_environment(state)
            | self._owner_environment()
            | {
                "REPORTING_AIRFLOW_URL": state.ports.base_url,
                "REPORTING_DEMO_USER": DEMO,
                "REPORTING_DEMO_PASSWORD": secrets.demo_password,
                "REPORTING_LEADER_USER": LEADER,
                "REPORTING_LEADER_PASSWORD": secrets.lanh_dao_password,
                "REPORTING_ANALYST_URL": self.postgres()
                .url(WAREHOUSE, ANALYST_ROLE)
                .replace("+psycopg2", ""),
                "REPORTING_LOCAL_DIR": str(self.layout.root),
            }
            | self._trust(state, "REPORTING_AIRFLOW_CA")
        )

    def api(self, username: str = DEMO) -> Api:
        """Return Airflow's REST interface for one of its users. Raises StackError as above."""
        state = self._state()
        if state is None:
            raise StackError(f"nothing has been started in {self.layout.root}: run `make up`")
        return self._api(state, username)

    def _api(self, state: State, username: str) -> Api:
        authority = self._certificates().authority if state.topology.is_office else None
        return Api(state.ports.base_url, username, self._user_passwords()[username], authority)

    def postgres(self) -> EmbeddedPostgres:
        """Return the database server's handle, knowing every role's password."""
        secrets = self.layout.secrets()
        state = self._state()
        port = state.ports.postgres if state else None
        is_office = state is not None and state.topology.is_office
        server = EmbeddedPostgres(
            self.layout.postgres,
            secrets.postgres_password,
            port,
            programs=debian_binaries() if is_office else None,
            certificates=self._certificates() if is_office else None,
        )
        server.know_role(AIRFLOW_ROLE, secrets.airflow_password)
        server.know_role(OWNER_ROLE, secrets.owner_password)
        server.know_role(PIPELINE_ROLE, secrets.reporting_password)
        server.know_role(ANALYST_ROLE, secrets.analyst_password)
        server.know_role(BACKUP_ROLE, secrets.backup_password)
        return server

    # -- up and down -------------------------------------------------------------------------------

    def up(self, say: Say, rehearsal: bool | None = None, topology: Topology | None = None) -> bool:
        """Start whatever does not run and return when all of it is healthy and the DAGs are parsed.

        ``rehearsal`` makes the capture server stamp mail with its own dates and the pipeline believe
        them; None leaves it as it was, as for ``topology`` (a laptop's at first). A stack of one topology
        is ended before it is started with another. Returns False if everything ran already. Raises
        StackError, and then nothing is left running; the same on Ctrl-C.
        """
        with self._locked(say):
            while True:
                before = self._state()
                wanted = before.rehearsal if rehearsal is None and before else bool(rehearsal)
                shape = topology or (before.topology if before else LAPTOP)
                self._refuse(before, shape)
                if before is not None and before.topology != shape:
                    self._end_everything()
                    before = replace(before.without_parts(), topology=shape)
                    self._record(before)
                status = self.status()
                try:
                    if before is not None and status.is_up and wanted == before.rehearsal:
                        self._wait_until_healthy(before, say)
                        return False
                    with _ended_like_interrupted():
                        self._start_missing(before, wanted, shape, say)
                except PartEndedError as error:
                    if error.part in status.living:  # it was killed a moment before we looked
                        say(f"{error.part} has ended this moment")
                        continue
                    self._end_everything()
                    raise
                except BaseException:
                    self._end_everything()
                    raise
                return True

    def down(self, say: Say) -> bool:
        """End every part; returns False if nothing ran. The data stay."""
        with self._locked(say):
            ran = bool(self.status().living) or bool(processes.of_stack(self.layout.root))
            self._end_everything()
            return ran

    def _refuse(self, before: State | None, topology: Topology) -> None:
        """Raise StackError where a stack of this topology cannot be started here."""
        if topology.is_office:
            missing = office.missing_programs()
            if missing:
                raise StackError(
                    f"{' and '.join(missing)} missing: as an administrator, run "
                    f"`apt-get install {' '.join(missing.values())}`"
                )
        was_office = before is not None and before.topology.is_office
        if before is not None and was_office != topology.is_office and self.layout.postgres.exists():
            raise StackError(
                f"{self.layout.root} holds the data of {'an office' if was_office else 'a laptop'}: name "
                "another folder with --directory"
            )

    def _start_missing(self, before: State | None, rehearsal: bool, topology: Topology, say: Say) -> None:
        self.layout.create()
        living = set() if before is None else {n for n in topology.parts if self._lives(n, before)}
        if before is not None and before.rehearsal != rehearsal:
            living = living & {POSTGRES_PART, REDIS_PART}  # the others were told otherwise
        if POSTGRES_PART not in living:
            living = set()  # Airflow's parts do not outlive their database by long: all anew
        if living:
            say(f"missing: {', '.join(name for name in topology.parts if name not in living)}")
        if before is not None:
            self._end_parts([name for name in topology.parts if name not in living], before)
        ports = self._choose_ports(before, living, topology)
        kept = {name: before.parts[name] for name in living} if before is not None else {}
        state = State(ports, rehearsal, kept, topology)
        self._record(state)

        server = self.postgres()
        if POSTGRES_PART not in living:
            say("PostgreSQL")
            server.start()
            if server.port != ports.postgres:
                state = replace(state, ports=replace(ports, postgres=server.port))
            leader = server.process()
            if leader is None:
                raise StackError(f"PostgreSQL ended at once, see {server.log}")
            state.parts[POSTGRES_PART] = Part(leader.pid, leader.create_time())
            self._record(state)
        self._prepare_databases(server)
        environment = self._part_environment(state)
        programs = self._programs(state, environment)
        for name in topology.services:
            if name in programs and name not in living:
                self._start(programs[name], state)
        if topology.has_storage and STORAGE_PART not in living:
            office.make_bucket(state.ports)
        if living.isdisjoint(topology.airflow):
            say("databases")
            self._migrate(environment | self._owner_environment(), server)
            if topology.is_office:
                self._bring_accounts(environment)
        started = [name for name in topology.airflow if name not in living]
        if started:
            say(f"Airflow: {', '.join(started)}")
        for name in programs:
            if name not in topology.services and name not in living:
                if name in topology.worker_names:
                    self._wait_until_answering(state)  # a task that cannot ask the api-server fails
                self._start(programs[name], state)
        self._wait_until_healthy(state, say)

    def _start(self, program: Program, state: State) -> None:
        state.parts[program.part] = processes.start(
            program.command,
            stack=self.layout.root,
            part=program.part,
            log=self.layout.logs / f"{program.part}.log",
            environment=program.environment,
            folder=program.folder,
        )
        self._record(state)

    def _end_everything(self) -> None:
        state = self._state()
        self._end_parts(list(ALL_PARTS if state is None else state.topology.parts), state)
        processes.end({}, self.layout.root, [None], 0)
        if self.layout.temporary is not None:
            shutil.rmtree(self.layout.temporary, ignore_errors=True)
        if state is not None:
            self._record(state.without_parts())

    def _end_parts(self, names: list[str], state: State | None) -> None:
        """End these parts with all they started, those that send before those that receive."""
        topology = LAPTOP if state is None else state.topology
        recorded = {} if state is None else {name: state.parts[name] for name in names if name in state.parts}
        servers = tuple(name for name in topology.services if name != POSTGRES_PART)
        for group in ((PROXY_PART, *topology.airflow), servers):
            wanted = [name for name in group if name in names]
            leaders = {name: process for name in wanted if (process := _process_of(recorded.get(name)))}
            if wanted:
                hurried = (*_HURRIED, *topology.worker_names)
                processes.end(leaders, self.layout.root, wanted, _AIRFLOW_PATIENCE, hurried)
        if POSTGRES_PART in names and self.layout.secrets_file.exists():
            self.postgres().stop()

    # -- the parts ---------------------------------------------------------------------------------

    def _choose_ports(self, before: State | None, living: set[str], topology: Topology) -> Ports:
        """Keep the ports of what lives, and of the last time where nobody else took them."""
        holders = topology.port_holders
        chosen = dict(zip(holders, free_ports(len(holders)), strict=True))
        known: dict[str, int] = {}
        if before is not None:
            known = {**before.ports.more, **{k: v for k, v in asdict(before.ports).items() if k != "more"}}
        taken = {
            name
            for name, part in holders.items()
            if name in known and part not in living and not is_free(known[name], "")
        }
        if taken and living:
            wanted = ", ".join(str(known[name]) for name in sorted(taken))
            raise StackError(
                f"port {wanted} was taken by another program in the meantime: run `make down`, then `make up`"
            )
        chosen |= {name: known[name] for name in holders if name in known and name not in taken}
        own = {name: chosen.pop(name) for name in LAPTOP.port_holders}
        return Ports(**own, more=chosen)

    def _prepare_databases(self, server: EmbeddedPostgres) -> None:
        from reporting import analyst

        secrets = self.layout.secrets()
        try:
            server.reserve_maintenance()
        except psycopg2.OperationalError as error:
            raise StackError(
                f"PostgreSQL does not accept the password in {self.layout.secrets_file}: restore that file "
                f"as it was when {self.layout.postgres} was made, or remove both ({str(error).strip()})"
            ) from error
        server.ensure_role(AIRFLOW_ROLE, secrets.airflow_password)
        server.ensure_role(OWNER_ROLE, secrets.owner_password)
        server.ensure_role(PIPELINE_ROLE, secrets.reporting_password)
        server.ensure_role(ANALYST_ROLE, secrets.analyst_password)
        server.ensure_role(BACKUP_ROLE, secrets.backup_password, member_of="pg_read_all_data")
        rules = analyst.reading()
        server.limit_role(ANALYST_ROLE, rules.settings, rules.connection_limit)
        if server.ensure_database(AIRFLOW_DATABASE, AIRFLOW_ROLE, readers=(BACKUP_ROLE,)):
            self._migrated.unlink(missing_ok=True)
        server.hand_over(WAREHOUSE, PIPELINE_ROLE, OWNER_ROLE)  # of release 0.1.0
        readers = (PIPELINE_ROLE, ANALYST_ROLE, BACKUP_ROLE)
        server.ensure_database(WAREHOUSE, OWNER_ROLE, readers=readers, workers=(PIPELINE_ROLE,))
        if not server.certificates:
            write_private(airflow.passwords_file(self.layout), json.dumps(self._user_passwords()) + "\n")

    @property
    def _migrated(self) -> Path:
        """Names the version of Airflow whose schema its database has."""
        return self.layout.airflow / "migrated"

    def _migrate(self, environment: dict[str, str], server: EmbeddedPostgres) -> None:
        """Bring both databases to their newest schema, side by side."""
        commands = {"warehouse": [sys.executable, "-m", "local_stack.warehouse"]}
        done = self._migrated
        version = importlib.metadata.version("apache-airflow")
        if not done.exists() or done.read_text("utf-8") != version:
            commands["airflow"] = airflow.command("db", "migrate")
        self._run_to_their_end(commands, environment, "the database of {} could not be migrated")
        done.write_text(version, "utf-8")

    def _bring_accounts(self, environment: dict[str, str]) -> None:
        """Bring roles and accounts to what the stack's files say."""
        given = office.write_accounts(self.layout)
        command = [sys.executable, "-m", "local_stack.accounts", "--accounts", str(given)]
        self._run_to_their_end({"accounts": command}, environment, "{} could not be brought to their file")

    def _run_to_their_end(
        self, commands: Mapping[str, list[str]], environment: dict[str, str], complaint: str
    ) -> None:
        """Run preparations side by side. Raises StackError with what the first that failed has logged."""
        running = {}
        for name, command in commands.items():
            log = self.layout.logs / f"prepare-{name}.log"
            log.unlink(missing_ok=True)
            part = processes.start(
                command,
                stack=self.layout.root,
                part=f"prepare-{name}",
                log=log,
                environment=environment,
                folder=self.layout.airflow,
            )
            running[name] = (part, log)
        for name, (part, log) in running.items():
            if processes.exit_code(part) != 0:
                raise StackError(f"{complaint.format(name)}, see {log}:\n{_tail(log)}")

    def _programs(self, state: State, environment: dict[str, str]) -> dict[str, Program]:
        """What is to be started for each part but PostgreSQL, in that order."""
        layout, secrets, ports = self.layout, self.layout.secrets(), state.ports
        plain = airflow.surroundings(layout)
        stamped = ("--stamp-from-date",) if state.rehearsal else ()
        command = [sys.executable, "-m", "local_stack.capture"]
        command += ["--root", str(layout.mail), "--port", str(ports.smtp), *stamped]
        token = {capture.TOKEN_VARIABLE: secrets.capture_token}
        found = {CAPTURE_PART: Program(CAPTURE_PART, command, plain | token, layout.root)}
        if STORAGE_PART in state.topology.services:
            found[STORAGE_PART] = Program(STORAGE_PART, office.storage_command(ports), plain, layout.root)
        for name, words in state.topology.airflow.items():
            told = dict(environment)
            if name in state.topology.worker_names:
                log_port = ports.more.get(name, ports.worker_logs)
                told["AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT"] = str(log_port)
                words = (*words, "--pid", str(layout.airflow / f"{name}.pid"))
            found[name] = Program(name, airflow.command(*words), told, layout.airflow)
        if state.topology.is_office:
            certificates = self._certificates()
            redis = office.redis_command(layout, secrets, ports, certificates)
            proxy = office.proxy_command(layout, ports, certificates)
            found = {REDIS_PART: Program(REDIS_PART, redis, plain, layout.root), **found}
            found[PROXY_PART] = Program(PROXY_PART, proxy, plain, layout.root)
        return found

    def _certificates(self) -> tls.Certificates:
        return tls.ensure(self.layout.tls, [LOOPBACK, "localhost"])

    def _trust(self, state: State, *variables: str) -> dict[str, str]:
        """These variables with the file of the authority to believe, where the stack has one."""
        if not state.topology.is_office:
            return {}
        return dict.fromkeys(variables, str(self._certificates().authority))

    def _wait_until_answering(self, state: State) -> None:
        """Return when the api-server accepts connections, or has ended, or after a long time."""
        deadline = time.monotonic() + _HEALTHY_SECONDS
        while not is_open(state.ports.api) and self._lives(API_PART, state) and time.monotonic() < deadline:
            time.sleep(0.1)

    def _wait_until_healthy(self, state: State, say: Say) -> None:
        """Return when every part answers and the DAGs are there. Raises StackError with what was logged."""
        api = self._api(state, ADMINISTRATOR if state.topology.is_office else DEMO)
        since = {name: part.created for name, part in state.parts.items()}
        deadline = time.monotonic() + _HEALTHY_SECONDS
        waiting = list(airflow.PARTS)
        while time.monotonic() < deadline:
            for name in state.topology.parts:
                if not self._lives(name, state):
                    log = self.layout.logs / f"{name}.log"
                    raise PartEndedError(name, f"{name} ended while starting, see {log}:\n{_tail(log)}")
            waiting = airflow.unhealthy_parts(api, since)
            if not is_open(state.ports.smtp):
                waiting.append(CAPTURE_PART)
            if not waiting and state.topology.is_office:
                waiting += office.silent_workers(state.topology, self._broker_url(state))
            if not waiting:
                with contextlib.suppress(OSError):
                    found = airflow.parsing(api, since["dag-processor"])
                    if not found.waiting:
                        for error in found.errors:
                            say(f"a DAG could not be read: {error}")
                        return
                    waiting = [f"dags/{name}" for name in found.waiting]
            time.sleep(0.25)
        raise StackError(
            f"not healthy after {_HEALTHY_SECONDS:.0f} s: {', '.join(waiting)}; see {self.layout.logs}"
        )

    def _part_environment(self, state: State) -> dict[str, str]:
        """Return what Airflow's parts, and with them the pipeline's tasks, are given."""
        layout, secrets = self.layout, self.layout.secrets()
        server = self.postgres()
        mailbox = capture.maildir(layout.mail, MINISTRY_ADDRESS)
        airflow_url = server.url(AIRFLOW_DATABASE, AIRFLOW_ROLE)
        topology = state.topology
        broker_url = self._broker_url(state) if topology.is_office else ""
        return {
            **airflow.surroundings(layout),
            **airflow.configuration(layout, secrets, state.ports, airflow_url, topology, broker_url),
            **({"PGSSLMODE": "verify-full"} if topology.is_office else {}),
            **self._trust(state, "PGSSLROOTCERT"),
            "AIRFLOW_CONN_REPORTING_WAREHOUSE": server.connection_uri(WAREHOUSE, PIPELINE_ROLE),
            "AIRFLOW_CONN_REPORTING_SMTP": f"smtp://{LOOPBACK}:{state.ports.smtp}?starttls=false",
            "REPORTING_ARCHIVE": str(layout.archive),
            **(office.storage_environment(state.ports, secrets) if topology.has_storage else {}),
            "REPORTING_BACKUP": str(layout.backups),
            "REPORTING_BACKUP_WAREHOUSE": server.connection_uri(WAREHOUSE, BACKUP_ROLE),
            "REPORTING_BACKUP_AIRFLOW": server.connection_uri(AIRFLOW_DATABASE, BACKUP_ROLE),
            "REPORTING_DESK": str(layout.desk),
            "REPORTING_OPERATOR_ADDRESS": OPERATOR_ADDRESS,
            "REPORTING_OFFICER_ADDRESS": OFFICER_ADDRESS,
            "REPORTING_AIRFLOW_URL": state.ports.base_url,
            "REPORTING_POLL_SECONDS": "2",
            "REPORTING_CHANNELS": f"maildir:{mailbox}",
            "REPORTING_MAILBOX_MODE": "rehearsal" if state.rehearsal else "live",
            "REPORTING_MINISTRY_ADDRESS": MINISTRY_ADDRESS,
            "REPORTING_SIGNING_KEY": secrets.signing_key,
            "REPORTING_CAPTURE_ADDRESS": f"{LOOPBACK}:{state.ports.smtp}",
            "REPORTING_CAPTURE_TOKEN": secrets.capture_token,
            **{name: os.environ[name] for name in GIVEN_BY_THE_CALLER if os.environ.get(name)},
        }

    def _owner_environment(self) -> dict[str, str]:
        """What whoever changes the schema is given, and no part of Airflow."""
        return {"REPORTING_WAREHOUSE_OWNER": self.postgres().connection_uri(WAREHOUSE, OWNER_ROLE)}

    def _broker_url(self, state: State) -> str:
        password = self.layout.secrets().redis_password
        return state.ports.broker_url(password, self._certificates().authority)

    def _user_passwords(self) -> dict[str, str]:
        secrets = self.layout.secrets()
        return {
            **{name: getattr(secrets, f"{name}_password") for name in ACCOUNTS},
            PERSON: secrets.can_bo_password,
            LEADER: secrets.lanh_dao_password,
            DEMO: secrets.demo_password,
        }

    # -- the record --------------------------------------------------------------------------------

    def _state(self) -> State | None:
        try:
            return State.parse(self.layout.state.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError):
            return None  # a damaged record: what runs is still found by its marks

    def _record(self, state: State) -> None:
        write_private(self.layout.state, state.dump())

    def _lives(self, name: str, state: State) -> bool:
        if name == POSTGRES_PART:
            return self.layout.secrets_file.exists() and self.postgres().is_running()
        part = state.parts.get(name)
        return part is not None and part.process() is not None

    @contextlib.contextmanager
    def _locked(self, say: Say) -> Iterator[None]:
        """Let one command at a time start or end this stack."""
        self.layout.root.mkdir(parents=True, exist_ok=True)
        with self.layout.lock.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("another command is starting or ending this stack; waiting for it")
                fcntl.flock(file, fcntl.LOCK_EX)
            yield


def environment(directory: Path | None = None) -> dict[str, str]:
    """Return the variables of the running stack, see ``Stack.environment``."""
    return Stack(directory).environment()


def run(command: list[str], directory: Path | None = None) -> int:
    """Run a command in the stack's environment and return its exit code."""
    stack = Stack(directory)
    if not stack.status().is_up:
        raise StackError("the stack does not run: run `make up`")
    return subprocess.run(command, env=os.environ | stack.environment(), check=False).returncode


@contextlib.contextmanager
def _ended_like_interrupted() -> Iterator[None]:
    """Treat being asked to end while starting like Ctrl-C, so that nothing half-started stays."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not in the main thread: the caller's affair
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _process_of(part: Part | None) -> psutil.Process | None:
    return None if part is None else part.process()


def _tail(path: Path, lines: int = 20) -> str:
    try:
        return "\n".join(path.read_text("utf-8", errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""
