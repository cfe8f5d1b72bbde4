"""A short fuzz run: broken files end in an answer, with the process alive; `make fuzz` runs more."""

from __future__ import annotations

from tests.fuzz.mutate import mutant
from tests.fuzz.run import bases, fuzz


def test_every_broken_file_ends_in_an_answer() -> None:
    report = fuzz(7, range(150))
    assert report.failures == []
    assert report.files == 150
    assert sum(report.outcomes.values()) >= 150
    assert {"unreadable", "to_complete"} <= set(report.outcomes)


def test_a_broken_file_can_be_made_again() -> None:
    origin = bases()
    for number in range(40):
        assert mutant(7, number, origin) == mutant(7, number, origin)
    assert mutant(7, 1, origin) != mutant(8, 1, origin)
