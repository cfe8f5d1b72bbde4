"""An office's stack: its parts, what they are told, and what is refused before anything starts."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from local_stack import airflow, office, tls
from local_stack.__main__ import app
from local_stack.airflow import Ports
from local_stack.layout import CLONE, Layout
from local_stack.ports import free_ports
from local_stack.stack import Stack, State
from local_stack.topology import LAPTOP, Topology

OFFICE = Topology(workers=2, concurrency=3)
PORTS = Ports(1, 2, 3, 4, 5, {"redis": 6, "proxy": 7, "worker2": 8})


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    stack = Stack(tmp_path / "stack")
    stack.layout.create()
    stack.layout.state.write_text(State(PORTS, True, {}, OFFICE).dump())
    return stack


def test_a_laptop_has_neither_queue_nor_proxy() -> None:
    assert LAPTOP.parts == (
        "postgres",
        "capture",
        "api-server",
        "scheduler",
        "dag-processor",
        "triggerer",
    )
    assert set(LAPTOP.port_holders.values()) <= set(LAPTOP.parts)


def test_an_office_starts_its_queue_before_and_its_proxy_behind_airflow() -> None:
    shape = Topology(workers=2, schedulers=2, has_storage=True)
    parts = list(shape.parts)
    assert parts[:4] == ["postgres", "redis", "capture", "storage"]
    assert parts[-3:] == ["worker1", "worker2", "proxy"]
    assert {"scheduler", "scheduler-2"} < set(parts)
    assert set(shape.port_holders.values()) <= set(parts)
    hosts = {
        words[words.index("--celery-hostname") + 1] for words in shape.airflow.values() if "celery" in words
    }
    assert hosts == {"worker1@%h", "worker2@%h"}


@pytest.mark.parametrize("wrong", [{"workers": -1}, {"concurrency": 0}, {"schedulers": 0}, {"schedulers": 2}])
def test_a_topology_that_cannot_work_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"scheduler"):
        Topology(**wrong)


def test_the_record_keeps_the_topology_and_a_former_one_is_a_laptops() -> None:
    state = State(PORTS, False, {}, OFFICE)
    assert State.parse(state.dump()) == state
    former = (
        '{"ports": {"api": 1, "postgres": 2, "smtp": 3, "worker_logs": 4, "trigger_logs": 5}, '
        '"rehearsal": true, "parts": {}}'
    )
    assert State.parse(former).topology == LAPTOP


def test_no_more_tasks_are_queued_than_the_workers_begin(stack: Stack) -> None:
    told = stack.environment()
    assert told["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
    assert told["AIRFLOW__CORE__PARALLELISM"] == "6"
    assert told["AIRFLOW__CELERY__WORKER_CONCURRENCY"] == "3"


def test_every_connection_of_an_office_is_encrypted_and_checked(stack: Stack) -> None:
    told = stack.environment()
    authority = stack.layout.tls / "ca.crt"
    secrets = stack.layout.secrets()
    assert told["PGSSLMODE"] == "verify-full"
    assert told["PGSSLROOTCERT"] == told["REPORTING_AIRFLOW_CA"] == str(authority)
    broker = told["AIRFLOW__CELERY__BROKER_URL"]
    assert broker.startswith(f"rediss://:{secrets.redis_password}@127.0.0.1:6/0?ssl_cert_reqs=required")
    assert told["AIRFLOW__API__BASE_URL"] == told["REPORTING_AIRFLOW_URL"] == "https://127.0.0.1:7"
    assert "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS" not in told
    assert told["AIRFLOW__CORE__AUTH_MANAGER"] == airflow.AUTH_MANAGER


def test_every_worker_has_a_log_port_of_its_own(stack: Stack) -> None:
    state = stack._state()
    assert state is not None
    programs = stack._programs(state, stack._part_environment(state))
    ports = [programs[w].environment["AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT"] for w in OFFICE.worker_names]
    assert ports == ["4", "8"]
    assert list(programs) == [name for name in OFFICE.parts if name != "postgres"]


def test_no_password_stands_on_a_command_line(stack: Stack) -> None:
    state = stack._state()
    assert state is not None
    secrets = stack.layout.secrets()
    for program in stack._programs(state, stack._part_environment(state)).values():
        line = " ".join(program.command)
        assert not [v for v in vars(secrets).values() if v in line], program.part


def test_proxy_and_redis_get_no_secret_but_their_own(stack: Stack) -> None:
    state = stack._state()
    assert state is not None
    programs = stack._programs(state, stack._part_environment(state))
    for part in ("proxy", "redis", "capture"):
        given = " ".join(programs[part].environment.values())
        known = stack.layout.secrets()
        assert known.airflow_password not in given
        assert known.fernet_key not in given


def test_every_place_of_the_proxys_template_is_filled_in(stack: Stack) -> None:
    state = stack._state()
    assert state is not None
    stack._programs(state, stack._part_environment(state))
    text = (stack.layout.proxy / "nginx.conf").read_text("utf-8")
    code = "\n".join(line.partition("#")[0] for line in text.splitlines())
    assert "${" not in code
    assert "listen 127.0.0.1:7 ssl;" in code
    assert "proxy_pass http://127.0.0.1:1;" in code
    assert "$binary_remote_addr" in code, "nginx's own places stay"


def test_a_place_that_nothing_was_given_for_is_an_error() -> None:
    with pytest.raises(KeyError, match="PROXY_LISTEN"):
        office.fill_in("listen ${PROXY_LISTEN};", {})


def test_the_proxys_template_names_its_places_in_its_head() -> None:
    text = (CLONE / "docker" / "proxy.conf").read_text("utf-8")
    head = text[: text.index("\n\n")]
    assert set(re.findall(r"\$\{(PROXY_[A-Z]+)\}", text)) == set(re.findall(r"PROXY_[A-Z]+\b", head))


def test_a_missing_program_is_named_with_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "program", lambda name: None)
    result = CliRunner().invoke(app, ["office", "up", "--directory", str(tmp_path / "office")])
    assert result.exit_code == 1
    assert "apt-get install redis-server nginx-light" in result.output


def test_the_data_of_a_laptop_are_not_taken_for_an_offices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office, "missing_programs", dict)
    layout = Layout(tmp_path / "stack")
    layout.create()
    layout.postgres.mkdir()
    layout.state.write_text(State(Ports(*free_ports(5)), False, {}).dump())
    result = CliRunner().invoke(app, ["office", "up", "--directory", str(layout.root)])
    assert result.exit_code == 1
    assert "holds the data of a laptop" in result.output


def test_a_certificate_is_made_once_and_anew_for_other_hosts(tmp_path: Path) -> None:
    first = tls.ensure(tmp_path / "tls", ["127.0.0.1", "localhost"])
    made = first.certificate.read_bytes()
    authority = first.authority.read_bytes()
    assert tls.ensure(tmp_path / "tls", ["127.0.0.1", "localhost"]).certificate.read_bytes() == made
    other = tls.ensure(tmp_path / "tls", ["postgres"])
    assert other.certificate.read_bytes() != made
    assert other.authority.read_bytes() == authority
    assert other.key.stat().st_mode & 0o077 == 0


def test_workers_are_silent_while_the_queue_closes_every_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as queue:
        threading.Thread(target=_hang_up, args=(queue,), daemon=True).start()
        url = f"redis://:bimat@127.0.0.1:{queue.getsockname()[1]}/0"
        assert office.silent_workers(OFFICE, url) == ["worker1", "worker2"]


def test_workers_are_silent_where_no_queue_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as queue:
        port = queue.getsockname()[1]
    assert office.silent_workers(OFFICE, f"redis://:bimat@127.0.0.1:{port}/0") == ["worker1", "worker2"]


def _hang_up(queue: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            queue.accept()[0].close()
