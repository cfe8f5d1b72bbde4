"""Running a simulated year: the work is done by processes that are killed at random, the world goes on.

One process at a time does what is due at the present moment of the clock, and is killed (SIGKILL) in the
midst of it as often as the scenario says; the mail server and PostgreSQL are killed too. The supervisor knows
nothing but the clock and what people outside do: what is done and due stands in PostgreSQL.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import psutil
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from local_stack.capture import TOKEN_VARIABLE
from local_stack.ports import LOOPBACK, free_ports
from local_stack.postgres import EmbeddedPostgres
from rehearsal.simulated_year.scenario import Outage, YearScenario
from rehearsal.simulated_year.world import World
from reporting import clock, database
from reporting.calendar.working_days import WorkingCalendar
from reporting.cycles import conducting
from reporting.cycles.opening import cycle_id_of, open_cycle
from reporting.database import query
from reporting.intake.channels import collect
from reporting.regimes.models import OfficeHours
from reporting.registry.load import load as load_registry
from reporting.settings import settings

CLOCK = "rehearsal:simulated_year"
MOST_ATTEMPTS = 60
MAIL_AHEAD, READ_AFTER = timedelta(days=2), timedelta(hours=1)
"""Where the intake is late: the mail of so long has come by then; so much later it is read."""
_SECONDS_A_PROCESS_MAY_TAKE = 600
Say = Callable[[str], None]


class YearStuckError(RuntimeError):
    """The work of one moment did not come to an end."""


@dataclass
class Tally:
    """What was done to the processes."""

    moments: int = 0
    processes: int = 0
    kills: int = 0
    mail_server_kills: int = 0
    database_kills: int = 0
    moments_before_intake: int = 0
    failures: list[str] = field(default_factory=list)


class SimulatedYear:
    """One run of a scenario; a context manager that ends every process it started."""

    def __init__(self, scenario: YearScenario, folder: Path, say: Say) -> None:
        self.scenario, self.folder, self.say = scenario, folder, say
        self.tally = Tally()
        self.server_log = folder / "taken.jsonl"
        self._inbox = folder / "inbox"
        self._chance = Random(f"{scenario.seed}/kills")
        self._intake = Random(f"{scenario.seed}/intake")
        self._token = secrets.token_urlsafe(16)
        (self._port,) = free_ports(1)
        self._postgres = EmbeddedPostgres(folder / "postgres", secrets.token_urlsafe(24), durable=False)
        self._mail: subprocess.Popen[bytes] | None = None
        self._returned: list[str] = []
        self._refused: list[str] = []
        self._environment = dict(os.environ)

    def __enter__(self) -> SimulatedYear:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._postgres.start()
        self._postgres.ensure_role("reporting", secrets.token_urlsafe(24))
        self._postgres.ensure_database("warehouse", "reporting")
        os.environ |= {
            "AIRFLOW_CONN_REPORTING_WAREHOUSE": self._postgres.url("warehouse", "reporting"),
            "REPORTING_ARCHIVE": str(self.folder / "archive"),
            "REPORTING_DESK": str(self.folder / "desk"),
            "REPORTING_CHANNELS": f"maildir:{self._inbox}",
            "REPORTING_MAILBOX_MODE": "rehearsal",
            "REPORTING_MINISTRY_ADDRESS": "baocao@ttdn.bo-chu-tri.example",
            "REPORTING_SIGNING_KEY": "signing key of the simulated year",
            "REPORTING_CAPTURE_ADDRESS": f"{LOOPBACK}:{self._port}",
            "REPORTING_CAPTURE_TOKEN": self._token,
        }
        os.environ.pop("AIRFLOW_CONN_REPORTING_SMTP", None)
        settings.cache_clear()
        database.migrate(settings().warehouse_url.get_secret_value())
        with fresh_engine() as engine:
            load_registry(engine)
        return self

    def __exit__(self, *_: object) -> None:
        self._end_mail_server()
        self._postgres.stop()
        os.environ.clear()
        os.environ |= self._environment
        settings.cache_clear()

    @property
    def cycles(self) -> list[str]:
        """The ids of the year's cycles."""
        return [cycle_id_of(regime, period.code, "rehearsal") for regime, period in self.scenario.regimes()]

    def run(self) -> World:
        """Play the year to its end. Raises YearStuckError when the work of a moment does not end."""
        openings = sorted(
            datetime.combine(period.request_on, regime.office_hours.opens, clock.VIETNAM)
            for regime, period in self.scenario.regimes()
        )
        now = openings[0] - timedelta(hours=1)
        with fresh_engine() as engine:
            conducting.create_clock(engine, CLOCK, now)
            self._choose_addresses(engine)
        self._start_mail_server()
        moments = sorted({*openings, *self._ends_of_outages()})
        mail_kills = self._times(self.scenario.mail_server_kills, openings[0])
        database_kills = self._times(self.scenario.database_kills, openings[0])
        end = datetime.combine(self.scenario.ends_on, datetime.max.time(), clock.VIETNAM)
        with fresh_engine() as outside:
            world = World(outside, self.scenario, self._inbox)
            while True:
                self._mail_as_due(now)
                for cycle_id in self._open_cycles(outside):
                    world.begin(cycle_id)
                world.act(now)
                if not any(outage.holds(now) for outage in self.scenario.scheduler_away):
                    at_reminders = now.astimezone(clock.VIETNAM).time() == OfficeHours().reminders_at
                    is_late = at_reminders and self._intake.random() < self.scenario.intake_late_share
                    reads_mail = not is_late
                    if not reads_mail and world.mail_ahead(now, now + MAIL_AHEAD) == 0:
                        reads_mail = True
                    if not reads_mail:
                        self.tally.moments_before_intake += 1
                        moments.append(now + READ_AFTER)
                        moments.sort()
                    self._work(now, mail_kills, database_kills, reads_mail=reads_mail)
                following = [m for m in moments if m > now]
                planned = [self._next_step(outside, now), world.next_moment(now + timedelta(seconds=1))]
                candidates = [m for m in (*following[:1], *planned) if m is not None]
                if not candidates or min(candidates) > end:
                    return world
                now = min(candidates)
                with outside.begin() as connection:
                    clock.step_to(connection, CLOCK, now)
                self.tally.moments += 1

    # --- the processes

    def _work(
        self, now: datetime, mail_kills: list[datetime], database_kills: list[datetime], *, reads_mail: bool
    ) -> None:
        """Have the work of this moment done, killing who does it now and then, until one ends well."""
        for _ in range(MOST_ATTEMPTS):
            kill_mail = bool(mail_kills) and mail_kills[0] <= now and self._mail is not None
            kill_database = bool(database_kills) and database_kills[0] <= now
            wants_kill = self._chance.random() < self.scenario.kills_per_moment
            longest = 0.15 if kill_mail or kill_database else self._chance.choice((0.15, 0.4, 1.5))
            after = 0.02 + longest * self._chance.random()
            process = os.fork()
            if process == 0:
                _do_due(self.scenario, now, reads_mail=reads_mail)
            self.tally.processes += 1
            ended_well = None
            if wants_kill or kill_mail or kill_database:
                ended_well = self._wait_in_the_midst(process, after)
                if ended_well is None and kill_mail:
                    mail_kills.pop(0)
                    self._kill_mail_server()
                elif ended_well is None and kill_database:
                    database_kills.pop(0)
                    self._kill_database()
                elif ended_well is None:
                    os.kill(process, signal.SIGKILL)
                    self.tally.kills += 1
            if ended_well is None:
                ended_well = _wait(process, _SECONDS_A_PROCESS_MAY_TAKE)
            if ended_well:
                return
        raise YearStuckError(f"the work of {now:%d/%m/%Y %H:%M} did not end in {MOST_ATTEMPTS} attempts")

    def _wait_in_the_midst(self, process: int, seconds: float) -> bool | None:
        """Wait so long, or every other time until the mail server took some messages of this process; whether
        it ended well meanwhile, None while it runs.
        """
        if self._chance.random() < 0.5:
            return _wait(process, seconds)
        enough = self._size_of_log() + self._chance.randint(1, 6000)
        while self._size_of_log() < enough:
            ended_well = _wait(process, 0.002)
            if ended_well is not None:
                return ended_well
        return None

    def _size_of_log(self) -> int:
        return self.server_log.stat().st_size if self.server_log.exists() else 0

    def _kill_database(self) -> None:
        process = self._postgres.process()
        if process is not None:
            for one in [process, *process.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):  # a session of ours that ended just now
                    one.kill()
            with suppress(psutil.NoSuchProcess):
                process.wait(20)
        self.tally.database_kills += 1
        self._postgres.start()

    def _start_mail_server(self) -> None:
        self._mail = subprocess.Popen(
            [
                sys.executable, "-m", "rehearsal.simulated_year.mail_server",
                "--port", str(self._port), "--log", str(self.server_log), "--inbox", str(self._inbox),
                "--returned", ",".join(self._returned), "--refused", ",".join(self._refused),
            ],
            env=os.environ | {TOKEN_VARIABLE: self._token},
        )  # fmt: skip
        await_port(self._port)

    def _end_mail_server(self) -> None:
        if self._mail is not None:
            self._mail.kill()
            self._mail.wait()
            self._mail = None

    def _kill_mail_server(self) -> None:
        self._end_mail_server()
        self.tally.mail_server_kills += 1
        self._start_mail_server()

    def _mail_as_due(self, now: datetime) -> None:
        is_away = any(outage.holds(now) for outage in self.scenario.mail_server_away)
        if is_away:
            self._end_mail_server()
        elif self._mail is None:
            self._start_mail_server()

    # --- the clock

    def _next_step(self, engine: Engine, now: datetime) -> datetime | None:
        return conducting.next_moment(engine, self._open_cycles(engine))

    def _open_cycles(self, engine: Engine) -> list[str]:
        with engine.connect() as connection:
            found = set(connection.scalars(query("conducting/cycles_of_clock"), {"clock_id": CLOCK}))
        return [cycle_id for cycle_id in self.cycles if cycle_id in found]

    def _ends_of_outages(self) -> Iterator[datetime]:
        """When each outage begins and ends, and every morning within it."""
        outages: tuple[Outage, ...] = (*self.scenario.mail_server_away, *self.scenario.scheduler_away)
        for outage in outages:
            yield outage.starts_at
            for day in range(outage.days):
                yield outage.starts_at + timedelta(days=day, hours=9, minutes=30)
            yield back_at(outage)
            yield in_office_hours(back_at(outage))

    def _times(self, count: int, start: datetime) -> list[datetime]:
        end = datetime.combine(self.scenario.ends_on, datetime.min.time(), clock.VIETNAM)
        return sorted(start + (end - start) * self._chance.random() * 0.5 for _ in range(count))

    def _choose_addresses(self, engine: Engine) -> None:
        """Choose the addresses that bounce: of some offices the first contact, of others all."""
        with engine.connect() as connection:
            rows = connection.execute(query("rehearsal/contacts_of_groups"), {"groups": self._groups()}).all()
        by_office: dict[str, list[str]] = {}
        for row in rows:
            by_office.setdefault(row.organization_id, []).append(row.email)
        offices = sorted(by_office)
        Random(f"{self.scenario.seed}/addresses").shuffle(offices)
        for organization_id in offices[: self.scenario.unreachable_offices]:
            self._returned += by_office[organization_id]
        rest = offices[self.scenario.unreachable_offices :]
        count = self.scenario.returned_addresses
        self._returned += [by_office[o][0] for o in rest[:count]]
        self._refused += [by_office[o][0] for o in rest[count : count + self.scenario.refused_addresses]]

    def _groups(self) -> list[str]:
        return sorted({a.group for regime, _ in self.scenario.regimes() for a in regime.addressees})


@contextmanager
def fresh_engine(url: str | None = None) -> Iterator[Engine]:
    """An engine (on the warehouse, or on `url`) whose connections are closed after each use, so that no
    forked process shares one.
    """
    engine = create_engine(url or settings().warehouse_url.get_secret_value(), poolclass=NullPool)
    try:
        yield engine
    finally:
        engine.dispose()


def back_at(outage: Outage) -> datetime:
    """When work goes on after an outage."""
    return outage.ends_at + timedelta(hours=8, minutes=30)


def in_office_hours(moment: datetime) -> datetime:
    """This moment, or when offices open next: before that no reminder is handed over."""
    hours, calendar, local = OfficeHours(), WorkingCalendar.load(), moment.astimezone(clock.VIETNAM)
    if calendar.is_working_day(local.date()) and hours.opens <= local.time() < hours.closes:
        return moment
    is_today = calendar.is_working_day(local.date()) and local.time() < hours.opens
    day = local.date() if is_today else calendar.shift(local.date(), 1)
    return datetime.combine(day, hours.opens, clock.VIETNAM)


def _do_due(scenario: YearScenario, now: datetime, *, reads_mail: bool) -> None:
    """In a process of its own: open what is due, do what is due; never returns. What came by mail is
    collected in any case, but left unread unless `reads_mail`.
    """
    status = 1
    try:
        with fresh_engine() as engine:
            cycles = []
            for regime, period in scenario.regimes():
                opens_at = datetime.combine(period.request_on, regime.office_hours.opens, clock.VIETNAM)
                if opens_at <= now:
                    cycles.append(open_cycle(engine, regime, period.code, "rehearsal", clock_id=CLOCK))
            approver = conducting.RehearsalApprover()
            if not reads_mail:
                collect(engine)
                for cycle_id in cycles:
                    conducting.do_due(engine, cycle_id, approver)
            while reads_mail and conducting.do_all_due(engine, cycles, approver):
                pass
        status = 0
    except DBAPIError as error:
        sys.stderr.write(f"{now:%d/%m/%Y %H:%M} {type(error).__name__}: tried again\n")
    except Exception as error:
        sys.stderr.write(f"{now:%d/%m/%Y %H:%M} {type(error).__name__}: {error}\n")
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _wait(process: int, seconds: float) -> bool | None:
    """Whether the process ended well; None while it runs after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0
        if time.monotonic() >= end:
            return None
        time.sleep(0.001)


def await_port(port: int) -> None:
    """Wait until the mail server listens. Raises YearStuckError."""
    for _ in range(400):
        with socket.socket() as probe:
            if probe.connect_ex((LOOPBACK, port)) == 0:
                return
        time.sleep(0.025)
    raise YearStuckError(f"the mail server does not listen on port {port}")
