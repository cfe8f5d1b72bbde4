"""The same cycle, with its stack disturbed in every way that fits into one run.

`python -m rehearsal.faults stack` does the rest.
"""

from __future__ import annotations

import pytest

from rehearsal.faults.rehearsed import Outcome
from rehearsal.faults.report import Experiment
from rehearsal.faults.stack_runs import play, short_run


@pytest.fixture(scope="module")
def disturbed(undisturbed: Outcome, tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    """The rehearsal with kills, a frozen worker, a second scheduler, Airflow's own database lost."""
    return play(short_run(), undisturbed, tmp_path_factory.mktemp("disturbed"), 1, print)


def test_everything_was_done_to_it(disturbed: Experiment) -> None:
    assert disturbed.faults == dict.fromkeys((name for name, _ in short_run().disturbances), 1)


def test_it_ends_in_the_same_report(disturbed: Experiment) -> None:
    assert disturbed.wrong == []


def test_no_submission_is_lost_and_no_message_sent_twice_unawares(disturbed: Experiment) -> None:
    assert disturbed.lost == []
    # A kill between the server's yes and our commit leaves a send of unknown outcome; that is on record.
    assert disturbed.doubles == []
