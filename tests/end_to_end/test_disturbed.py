"""The same cycle, with parts of the stack killed in its middle and started again by `make up`."""

from __future__ import annotations

import contextlib
import os
import signal
from collections import Counter

import httpx
import psutil
import pytest

from local_stack.stack import Stack
from tests.end_to_end.outcome import Outcome, rehearse


def kill(part: str, stack: Stack) -> None:
    """kill -9 one part of the stack: nothing of it can tidy up."""
    state = stack._state()
    assert state is not None
    os.kill(state.parts[part].pid, signal.SIGKILL)


def kill_a_worker(stack: Stack) -> None:
    """kill -9 a process below the scheduler that carries out a task: the intake's, if it is at work."""
    state = stack._state()
    assert state is not None
    workers = []
    for process in psutil.Process(state.parts["scheduler"].pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if "worker" in " ".join(process.cmdline()):
                workers.append((sum(process.cpu_times()[:2]), process.pid))
    assert workers, "no worker to kill"
    os.kill(max(workers)[1], signal.SIGKILL)


def lose_the_run(stack: Stack) -> None:
    """Delete the cycle's run, as with a lost metadata database; cycle_keeper starts another."""
    environment = stack.environment()
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


DAG, CYCLE = "reporting_cycle__ttdn_dia_phuong", "ttdn_dia_phuong__2011_2012__dien_tap_1"
PLAN = {
    "12/12/2012": lose_the_run,
    "14/12/2012": lambda stack: kill("scheduler", stack),
    "19/12/2012": lambda stack: kill("triggerer", stack),
    "21/12/2012": kill_a_worker,
    "28/12/2012": lambda stack: kill("postgres", stack),
}


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The rehearsal with a lost run and four kills, each followed by `make up`."""
    left = dict(PLAN)

    def meanwhile(line: str, stack: Stack) -> None:
        for day in [d for d in left if line.startswith(d)]:
            left.pop(day)(stack)
            stack.up(lambda said: None)

    outcome = rehearse(tmp_path_factory.mktemp("disturbed"), meanwhile=meanwhile)
    assert left == {}, "every kill happened"
    assert outcome.exit_code == 0, outcome.said
    return outcome


def test_it_ends_in_the_same_report(undisturbed: Outcome, disturbed: Outcome) -> None:
    kept = (
        "totals",
        "distinct",
        "discrepancies",
        "recipients",
        "requests_sent",
        "reminders_sent",
        "submissions",
    )
    assert {k: disturbed.summary[k] for k in kept} == {k: undisturbed.summary[k] for k in kept}
    for name in ("tracking.csv", "bao-cao-tong-hop.docx", "phu-luc.xlsx", "phieu-doi-chieu.xlsx"):
        assert (disturbed.out / name).read_bytes() == (undisturbed.out / name).read_bytes(), name


def test_no_submission_is_lost_and_no_message_sent_twice_unawares(
    undisturbed: Outcome, disturbed: Outcome
) -> None:
    got = Counter(m["Message-ID"] for m in disturbed.all_mails)
    assert set(got) == {m["Message-ID"] for m in undisturbed.all_mails}
    twice = sum(n - 1 for n in got.values())
    # A kill between the server's yes and our commit leaves a send whose outcome is unknown; it is on record.
    assert twice <= disturbed.summary["resent_messages"]
    assert disturbed.summary["submissions"]["accepted"] == 63
