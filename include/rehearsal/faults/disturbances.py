"""What is done to the processes of a rehearsal's stack while it runs, and what an operator does about it."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from random import Random

import httpx
import psutil
from redis import Redis

from local_stack import airflow, processes
from local_stack.ports import free_ports
from local_stack.processes import Part
from local_stack.stack import AIRFLOW_DATABASE, Stack, State
from local_stack.topology import POSTGRES_PART
from rehearsal.faults.disks import fill, small_disk
from rehearsal.faults.rehearsed import CYCLE, DAG, Scene

Disturbance = Callable[[Scene, Random], None]
FROZEN_SECONDS = 24.0
"""Longer than a task may be silent (15 s), and than it takes to be noticed (5 s)."""
SECOND_SCHEDULER = "scheduler-2"
_FAST = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT, "kill": signal.SIGKILL}
_WORK_SECONDS = 60.0


class NothingToDisturb(RuntimeError):
    """What was to be disturbed does not run at this moment."""


def up(stack: Stack) -> None:
    """What an operator does: `make up`."""
    stack.up(lambda line: None)


def kill(*parts: str) -> Disturbance:
    """kill -9 parts of the stack; `make up` some moments later."""

    def disturb(scene: Scene, chance: Random) -> None:
        for part in parts:
            kill_part(scene.stack, part)
        time.sleep(chance.uniform(0, 2))
        up(scene.stack)

    return disturb


def kill_worker(scene: Scene, chance: Random) -> None:
    """kill -9 a worker of the scheduler that carries out a task; nothing is done about it."""
    worker, _ = _at_work(scene.stack)
    _send(worker, signal.SIGKILL)


def kill_task(scene: Scene, chance: Random) -> None:
    """kill -9 the process of a task itself, its worker left alive; nothing is done about it."""
    _, tasks = _at_work(scene.stack)
    for task in tasks:
        _send(task, signal.SIGKILL)


def freeze_worker(scene: Scene, chance: Random) -> None:
    """Stop a worker and its task (SIGSTOP) until Airflow has given the task to another, then let both run."""
    worker, tasks = _at_work(scene.stack)
    frozen = [worker, *tasks]
    for process in frozen:
        _send(process, signal.SIGSTOP)
    time.sleep(FROZEN_SECONDS + chance.uniform(0, 4))
    for process in frozen:
        _send(process, signal.SIGCONT)


def freeze_part(part: str) -> Disturbance:
    """Stop a part with all its processes until Airflow has given its tasks to others, then let it run."""

    def disturb(scene: Scene, chance: Random) -> None:
        frozen = processes.of_stack(scene.stack.layout.root, part)
        if not frozen:
            raise NothingToDisturb(part)
        for process in frozen:
            _send(process, signal.SIGSTOP)
        time.sleep(FROZEN_SECONDS + chance.uniform(0, 4))
        for process in frozen:
            _send(process, signal.SIGCONT)

    return disturb


def empty_redis(scene: Scene, chance: Random) -> None:
    """Lose everything that is queued in Redis (FLUSHALL); nothing is done about it."""
    stack = scene.stack
    environment = stack.environment()
    url = environment["AIRFLOW__CELERY__BROKER_URL"]
    with Redis.from_url(url, ssl_cert_reqs="none") as client:
        client.flushall()


def restart_postgres(how: str) -> Disturbance:
    """Restart PostgreSQL under everything that works on it (fast, immediate, kill), then `make up`."""

    def disturb(scene: Scene, chance: Random) -> None:
        server = scene.stack.postgres()
        leader = server.process()
        if leader is None:
            raise NothingToDisturb("PostgreSQL")
        _send(leader, _FAST[how])
        processes.wait([leader], 30)
        if how == "kill":
            server.stop()  # ends what the killed one left
        time.sleep(chance.uniform(0, 2))
        server.start()
        time.sleep(3)
        up(scene.stack)

    return disturb


def second_scheduler(scene: Scene, chance: Random) -> None:
    """Start another scheduler beside the first, for the rest of the rehearsal."""
    stack = scene.stack
    (port,) = free_ports(1)
    given = set(stack.environment()) - {"REPORTING_WAREHOUSE_OWNER"}
    environment = {name: value for name, value in stack.environment().items() if name in given}
    environment["AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT"] = str(port)
    processes.start(
        airflow.command("scheduler"),
        stack=stack.layout.root,
        part=SECOND_SCHEDULER,
        log=stack.layout.logs / f"{SECOND_SCHEDULER}.log",
        environment=environment,
        folder=stack.layout.airflow,
    )


def kill_second_scheduler(scene: Scene, chance: Random) -> None:
    """kill -9 the second scheduler with its workers: the first goes on with what it had begun."""
    found = processes.of_stack(scene.stack.layout.root, SECOND_SCHEDULER)
    if not found:
        raise NothingToDisturb(SECOND_SCHEDULER)
    for process in found:
        _send(process, signal.SIGKILL)


def lose_metadata(scene: Scene, chance: Random) -> None:
    """Drop Airflow's database under it; the operator ends what is left and starts everything anew."""
    with scene.held():
        scene.stack.postgres().drop_database(AIRFLOW_DATABASE)
        scene.stack.down(lambda line: None)
        scene.stack.up(lambda line: None)


def fill_logs(scene: Scene, chance: Random) -> None:
    """The disk of Airflow's logs and of temporary files is full for some seconds. Raises NoDiskError where no
    small disk can be mounted.
    """
    layout = scene.stack.layout
    with contextlib.ExitStack() as disks:
        for folder in (layout.airflow / "logs", layout.temporary):
            if folder is not None:
                fill(disks.enter_context(small_disk(folder, "64k")))
        time.sleep(chance.uniform(8, 12))


def lose_run(scene: Scene, chance: Random) -> None:
    """Delete the cycle's run; `cycle_keeper`, asked to look at once, starts another."""
    environment = scene.stack.environment()
    user = {
        "username": environment["REPORTING_DEMO_USER"],
        "password": environment["REPORTING_DEMO_PASSWORD"],
    }
    with httpx.Client(base_url=environment["REPORTING_AIRFLOW_URL"], timeout=30, trust_env=False) as client:
        token = client.post("/auth/token", json=user).raise_for_status().json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        run = f"/api/v2/dags/{DAG}/dagRuns/{CYCLE}"
        client.patch(run, json={"state": "failed"}).raise_for_status()
        client.delete(run).raise_for_status()
        body = {"logical_date": None}
        client.post("/api/v2/dags/cycle_keeper/dagRuns", json=body).raise_for_status()


def _parts(stack: Stack) -> dict[str, Part]:
    return State.parse(stack.layout.state.read_text("utf-8")).parts


def kill_part(stack: Stack, part: str) -> None:
    """kill -9 one part. Raises NothingToDisturb when it does not run."""
    recorded = _parts(stack).get(part)
    if part == POSTGRES_PART:
        leader = stack.postgres().process()
    else:
        leader = None if recorded is None else recorded.process()
    if leader is None:
        raise NothingToDisturb(part)
    os.kill(leader.pid, signal.SIGKILL)


def _at_work(stack: Stack) -> tuple[psutil.Process, list[psutil.Process]]:
    """The worker of the scheduler that has worked most of those with a task just now, and its task's
    processes; waits for one.
    """
    deadline = time.monotonic() + _WORK_SECONDS
    while time.monotonic() < deadline:
        found: list[tuple[float, psutil.Process, list[psutil.Process]]] = []
        leader = _parts(stack)["scheduler"].process()
        for process in leader.children() if leader is not None else []:
            with contextlib.suppress(psutil.Error):
                tasks = process.children(recursive=True)
                if "worker" in " ".join(process.cmdline()) and tasks:
                    found.append((sum(sum(t.cpu_times()[:2]) for t in tasks), process, tasks))
        if found:
            _, worker, tasks = max(found, key=lambda one: one[0])
            return worker, tasks
        time.sleep(0.02)
    raise NothingToDisturb("a worker")


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.Error):
        process.send_signal(number)
