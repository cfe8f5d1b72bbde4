"""Services with bad manners, full disks and a stepped clock, in a short form.

`python -m rehearsal.faults stack` makes all of them.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from local_stack.ports import LOOPBACK
from local_stack.postgres import EmbeddedPostgres
from rehearsal.faults import disks, rude_imap, rude_smtp, services, steps_of_clock
from rehearsal.faults.bench import Bench, bench_on, told
from rehearsal.faults.report import Experiment
from reporting.mail.delivery import deliver
from reporting.settings import settings


@pytest.fixture
def bench(registered: Engine, postgres: EmbeddedPostgres, tmp_path: Path) -> Bench:
    """An installation with one open cycle."""
    return bench_on(registered, tmp_path, postgres, seed=1)


def all_well(experiment: Experiment) -> None:
    if experiment.skipped is not None:
        pytest.skip(experiment.skipped)
    assert experiment.lost == []
    assert experiment.doubles == []
    assert experiment.wrong == []
    assert experiment.faults


def test_no_mail_is_lost_or_doubled_by_a_rude_mail_server(bench: Bench) -> None:
    chosen = [
        manner
        for number, manner in enumerate(rude_smtp.manners())
        if manner.stage in ("message", "after") or number % 4 == 0
    ]
    experiment = services.smtp(bench, chosen)
    all_well(experiment)
    # the server fell silent with a message in its hands: in doubt, and settled by the policy of its step
    assert set(experiment.ambiguous) == {"sent again", "left"}


def test_no_mail_is_lost_or_doubled_by_a_rude_mailbox(bench: Bench) -> None:
    # six manners at each of seven stages: each stage once, each manner once, and the mark without a yes
    all_well(services.imap(bench, [m for n, m in enumerate(rude_imap.manners()) if n % 7 == 0]))


@pytest.mark.parametrize("experiment", [disks.archive_full, disks.file_limit])
def test_mail_stays_in_the_mailbox_while_it_cannot_be_kept(bench: Bench, experiment: object) -> None:
    assert callable(experiment)
    all_well(experiment(bench))


def test_a_stepped_clock_repeats_and_leaves_out_nothing(bench: Bench) -> None:
    experiment = steps_of_clock.clock_stepped(bench, only=("reminder__t_minus_2", "deadline"))
    all_well(experiment)
    assert experiment.facts["messages sent"] > 63


@pytest.mark.parametrize(
    ("stage", "states"),
    [("mail", {"queued"}), ("rcpt", {"queued", "failed"}), ("message", {"queued", "ambiguous"})],
)
def test_an_answer_that_is_no_smtp_stops_no_other_mail(bench: Bench, stage: str, states: set[str]) -> None:
    """With a NUL in it: nothing that a server says may keep the ledger from being written."""
    bench.queue()
    with rude_smtp.running(settings().capture_token.get_secret_value()) as server:
        (manner,) = (m for m in rude_smtp.manners() if m.name == f"speaks no SMTP at {stage}")
        server.behave(manner)
        with told(REPORTING_CAPTURE_ADDRESS=f"{LOOPBACK}:{server.port}"):
            deliver(bench.engine, bench.cycle_id)
    with bench.engine.connect() as connection:
        found = connection.execute(text("SELECT state, when_unknown FROM cycle.message")).all()
    assert {row.state for row in found} <= states
    if stage == "message":  # neither yes nor no: a step that is not to be repeated is left
        assert {row.state for row in found if row.when_unknown == "leave"} == {"ambiguous"}


def test_only_root_mounts_a_small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(disks.NoDiskError, match="root"), disks.small_disk(tmp_path / "disk", "100k"):
        pass
