"""Faults at points inside the domain's steps, in a short form of `python -m rehearsal.faults domain`; and the
domain broken on purpose, which the experiments must find.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rehearsal.faults.domain import experiments, harm, recording, summary
from rehearsal.faults.domain.experiments import Job, Played, play_job
from rehearsal.faults.domain.points import Point
from rehearsal.faults.domain.readiness import load_libraries
from rehearsal.faults.domain.recording import Recording
from rehearsal.faults.domain.site import Fault, Site, Warehouses
from rehearsal.simulated_year.run import fresh_engine
from reporting.intake.channels import collecting
from reporting.mail import delivery
from reporting.mail.delivery import _Deliverer
from reporting.mail.ledger import record_event

POINTS, SEED = 40, 7


@dataclass(frozen=True)
class Recorded:
    """The undisturbed play, and where experiments begin from it."""

    warehouses: Warehouses
    recording: Recording

    def number_of(self, stage: str) -> int:
        """The first stage of that name."""
        return next(n for n, one in enumerate(self.recording.stages) if one.name == stage)

    def play(self, stage: str, point: Point, name: str = "kill") -> Played:
        """Play one stage with one fault."""
        (how,) = [one for one in harm.HARMS if one.name == name and one.fits(point)]
        number = self.number_of(stage)
        folder = self.recording.folder
        site = Site(self.warehouses, folder / f"site_{len(list(folder.glob('site_*')))}", "faults_mutated")
        with site.open(), fresh_engine() as engine:
            return play_job(self.recording, Job("one", {number: (Fault(point, how),)}, False), site, engine)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    """The undisturbed play."""
    load_libraries()
    folder = tmp_path_factory.mktemp("faults")
    with Warehouses(folder / "postgres") as warehouses:
        yield Recorded(warehouses, recording.record(warehouses, folder, print, plays_again=False))


def test_whatever_dies_where_nothing_is_lost_nothing_doubled_and_all_is_the_same(
    recorded: Recorded, tmp_path: Path
) -> None:
    jobs = experiments.choose(recorded.recording, POINTS, SEED, whole_share=0.5)
    assert [job.is_whole for job in jobs].count(True) == 1
    played = experiments.run(recorded.warehouses, recorded.recording, jobs, 2, print)
    for one in (job.experiment for job in played):
        assert one.is_well, "\n".join([one.about, *one.lost, *one.doubles, *one.wrong])
    content = summary.write(tmp_path, recorded.recording, played, seed=SEED, seconds=0)
    assert content["totals"]["points_hit"] >= POINTS * 0.8
    assert len(content["by_harm"]) >= 10
    assert content["by_harm"]["kill"] >= POINTS / 4
    assert "points hit" in (tmp_path / "domain.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("place", ["workbook.refill:refill", "workbook.annotate:_saved"])
def test_a_full_disk_while_a_return_is_made_changes_no_answer(recorded: Recorded, place: str) -> None:
    """The office was told of a fault of ours once, or was sent its return without the workbook."""
    point = _point(recorded, "answers", "package.close.before", place)
    found = recorded.play("answers", point, "no_space").experiment
    assert found.faults == {"no_space": 1}
    assert found.is_well, (found.lost, found.doubles, found.wrong)


def test_a_mailbox_cleared_before_the_commit_is_found(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_arrival = collecting.note_arrival

    def clears_first(connection, channel, item):  # type: ignore[no-untyped-def]
        channel.mark_collected(item.key)
        return note_arrival(connection, channel, item)

    monkeypatch.setattr(collecting, "note_arrival", clears_first)
    point = _point(recorded, "answers", "statement.before", "intake.channels.collecting:note_arrival")
    found = recorded.play("answers", point).experiment
    assert found.faults == {"kill": 1}
    assert any(line.startswith("intake.arrival: less") for line in found.lost)


def test_a_message_noted_as_sent_before_it_is_sent_is_found(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = _Deliverer._send

    def notes_first(self, transport, row, prepared):  # type: ignore[no-untyped-def]
        self._sent = row.message_id
        self._begin(None)
        send(self, transport, row, prepared)

    monkeypatch.setattr(_Deliverer, "_send", notes_first)
    point = _point(recorded, "issue", "smtp.mail.before", "mail.transport:_Session.hand_over")
    found = recorded.play("issue", point).experiment
    assert any("was never taken" in line for line in found.lost)


def test_a_cut_off_send_that_is_sent_again_unawares_is_found(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgets(connection, number, state, detail):  # type: ignore[no-untyped-def]
        if state != "ambiguous":
            record_event(connection, number, state, detail)

    monkeypatch.setattr(delivery, "record_event", forgets)
    point = _point(recorded, "issue", "smtp.answer.after", "mail.transport:_Session.hand_over")
    found = recorded.play("issue", point).experiment
    assert any("taken 2 times, 0 of unknown outcome" in line for line in found.doubles), found


def _point(recorded: Recorded, stage: str, kind: str, place: str) -> Point:
    """A point that the undisturbed play passed."""
    passed = recorded.recording.points[recorded.number_of(stage)]
    return next(point for point in passed if (point.kind, point.place) == (kind, place))
