"""What the stack records, gives to its parts and finds again."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import yaml

from local_stack import airflow, processes
from local_stack.airflow import Ports
from local_stack.ports import free_ports, is_free, is_open
from local_stack.processes import Part
from local_stack.stack import ALL_PARTS, Stack, StackError, State

PORTS = Ports(api=1, postgres=2, smtp=3, worker_logs=4, trigger_logs=5)


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    stack = Stack(tmp_path / "stack")
    stack.layout.create()
    stack.layout.state.write_text(State(PORTS, True, {"scheduler": Part(7, 1.5)}).dump())
    return stack


def test_the_record_is_read_as_it_was_written() -> None:
    state = State(PORTS, True, {"scheduler": Part(7, 1.5)})
    assert State.parse(state.dump()) == state


def test_before_the_first_start_nothing_lives(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "nowhere")
    assert stack.status().missing == ALL_PARTS
    assert not (tmp_path / "nowhere").exists()
    with pytest.raises(StackError, match="make up"):
        stack.environment()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"ports": {"api": 1}, "rehearsal": true, "parts": {}}'])
def test_a_damaged_record_counts_as_none(stack: Stack, text: str) -> None:
    stack.layout.state.write_text(text)
    assert stack.status().ports is None


def test_a_number_used_again_by_another_process_is_not_the_part(stack: Stack) -> None:
    mine = psutil.Process()
    assert Part(mine.pid, mine.create_time()).process() == mine
    assert Part(mine.pid, mine.create_time() - 60).process() is None
    record = State(PORTS, True, {"scheduler": Part(mine.pid, mine.create_time() - 60)})
    stack.layout.state.write_text(record.dump())
    assert "scheduler" in stack.status().missing
    stack.down(print)
    assert mine.is_running()


def test_the_parts_learn_what_they_need_and_no_more(stack: Stack) -> None:
    secrets = stack.layout.secrets()
    full = stack.environment()
    parts = stack._part_environment(State(PORTS, True, {}))
    assert parts["AIRFLOW_CONN_REPORTING_WAREHOUSE"] == (
        f"postgres://reporting:{secrets.reporting_password}@127.0.0.1:2/warehouse"
    )
    assert parts["AIRFLOW_CONN_REPORTING_SMTP"] == "smtp://127.0.0.1:3?starttls=false"
    assert parts["REPORTING_CHANNELS"] == f"maildir:{stack.layout.mail}/baocao@bo-chu-tri.example"
    assert parts["REPORTING_MAILBOX_MODE"] == "rehearsal"
    assert full.items() >= parts.items()
    given = " ".join(parts.values())
    for unknown in (
        secrets.postgres_password,
        secrets.demo_password,
        secrets.can_bo_password,
        secrets.lanh_dao_password,
        secrets.analyst_password,
    ):
        assert unknown not in given


def test_everything_of_airflow_listens_on_loopback_and_writes_below_the_stack(stack: Stack) -> None:
    environment = stack.environment()
    assert environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert environment["AIRFLOW__API__BASE_URL"] == "http://127.0.0.1:1"
    for name in (
        "AIRFLOW_HOME",
        "HOME",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_STATE_HOME",
        "MPLCONFIGDIR",
    ):
        assert Path(environment[name]).is_relative_to(stack.layout.root), name
    assert environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].startswith("postgresql+psycopg2://airflow:")


def test_every_option_set_is_one_that_airflow_knows(stack: Stack) -> None:
    package = importlib.util.find_spec("airflow")
    assert package is not None
    assert package.origin is not None
    text = (Path(package.origin).parent / "config_templates" / "config.yml").read_text("utf-8")
    known = yaml.safe_load(text)
    for variable in stack.environment():
        if variable.startswith("AIRFLOW__"):
            _, section, option = variable.lower().split("__")
            assert option in known[section]["options"], variable


def test_the_callers_own_airflow_settings_do_not_reach_the_parts(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("PGHOST", "db.example")
    environment = airflow.surroundings(stack.layout)
    assert "PGHOST" not in environment
    assert not [name for name in environment if name.startswith("AIRFLOW__")]


def test_what_a_killed_part_left_is_found_and_nothing_else_is(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
        "child = subprocess.Popen(sleep, start_new_session=True)\n"
        "print(child.pid, flush=True)\ntime.sleep(600)\n"
    )
    log = tmp_path / "log"
    part = processes.start(
        [sys.executable, "-c", code],
        stack=tmp_path,
        part="scheduler",
        log=log,
        environment=dict(os.environ),
        folder=tmp_path,
    )
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        while not log.read_text().strip():
            assert part.process() is not None
        child = psutil.Process(int(log.read_text()))
        leader = part.process()
        assert leader is not None
        assert {process.pid for process in processes.of_stack(tmp_path)} == {part.pid, child.pid}
        assert processes.of_stack(tmp_path, "triggerer") == []
        leader.kill()
        leader.wait()
        assert part.process() is None
        assert [process.pid for process in processes.of_stack(tmp_path, "scheduler")] == [child.pid]
        processes.end({}, tmp_path, ["scheduler"], 0)
        assert processes.of_stack(tmp_path) == []
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_free_ports_are_different_and_free() -> None:
    ports = free_ports(5)
    assert len(set(ports)) == 5
    assert all(is_free(port) and not is_open(port) for port in ports)


def test_no_outgoing_connection_is_given_a_port_of_ours() -> None:
    # Linux gives outgoing connections ports from 32768 up: a part that ended would not find its own again.
    assert max(free_ports(50)) < 32_768
