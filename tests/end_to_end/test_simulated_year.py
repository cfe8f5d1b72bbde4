"""Some months of cycles in which processes are killed, servers go away and addresses bounce.

`make year` plays a whole year.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from rehearsal.simulated_year.audit import Findings, audit, write_log
from rehearsal.simulated_year.run import SimulatedYear, fresh_engine
from rehearsal.simulated_year.scenario import load_year


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Findings, Path]:
    """The short scenario, played to its end."""
    folder = tmp_path_factory.mktemp("year")
    with SimulatedYear(load_year("short"), folder / "state", print) as year, fresh_engine() as engine:
        found = audit(engine, year, year.run())
        write_log(engine, folder / "log.csv")
    return found, folder / "log.csv"


def test_every_promise_holds_whatever_was_killed(played: tuple[Findings, Path]) -> None:
    assert played[0].wrong == []


def test_much_was_killed_and_much_was_sent(played: tuple[Findings, Path]) -> None:
    found = played[0]
    assert (found.cycles, found.recipients_of_largest) == (2, 154)
    # how often a process is still at work when its killer comes depends on the machine
    assert found.kills >= 5
    assert found.mail_server_kills >= 1
    assert found.by_state["sent"] >= 250
    assert found.bounced_contacts >= 4


def test_nothing_was_taken_twice_unawares(played: tuple[Findings, Path]) -> None:
    assert played[0].doubles == played[0].doubles_of_unknown_outcome


def test_the_log_tells_each_office_s_story_in_order(played: tuple[Findings, Path]) -> None:
    with played[1].open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))[1:]
    assert len(rows) > 1000
    one = [row[4] for row in rows if row[3] == "NQ47-DT1-08"]
    assert one[:3] == ["message_queued", "message_sending", "message_sent"]
