"""The clocks of cycles: a rehearsal's stands until it is stepped, a live cycle's is the machine's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reporting import clock
from reporting.cycles.opening import open_cycle
from tests.integration.rehearsed import PERIOD, REQUEST_AT, Rehearsed, small_regime, vn


def test_a_rehearsal_stands_at_the_opening_of_the_office_and_is_stepped_forward(small: Rehearsed) -> None:
    with small.engine.begin() as connection:
        assert clock.now(connection, small.cycle_id) == REQUEST_AT
        for moment in (vn(2012, 12, 20, 9), vn(2012, 12, 20, 9)):
            clock.step_to(connection, small.sample.clock_id, moment)
        now = clock.now(connection, small.cycle_id)
        assert (now, now.tzinfo) == (vn(2012, 12, 20, 9), clock.VIETNAM)


@pytest.mark.parametrize(
    ("clock_id", "moment"),
    [
        ("rehearsal", REQUEST_AT - timedelta(microseconds=1)),
        ("wall", vn(2030, 1, 1)),
        ("khong_co", vn(2030, 1, 1)),
    ],
    ids=["backwards", "wall", "unknown"],
)
def test_no_clock_is_set_back_and_the_machines_is_not_set_at_all(
    small: Rehearsed, clock_id: str, moment: object
) -> None:
    open_cycle(small.engine, small_regime(small.engine), PERIOD, "live", is_past_meant=True)
    name = small.sample.clock_id if clock_id == "rehearsal" else clock_id
    with small.engine.begin() as connection, pytest.raises(ValueError, match="cannot be stepped to"):
        clock.step_to(connection, name, moment)  # type: ignore[arg-type]
    with small.engine.connect() as connection:
        assert clock.now(connection, small.cycle_id) == REQUEST_AT


def test_adding_a_clock_again_keeps_the_moment_it_stands_at(small: Rehearsed) -> None:
    with small.engine.begin() as connection:
        clock.create_simulated(connection, small.sample.clock_id, vn(2020, 1, 1))
        assert clock.now(connection, small.cycle_id) == REQUEST_AT


def test_a_live_cycle_runs_by_the_machines_clock(small: Rehearsed) -> None:
    cycle_id = open_cycle(small.engine, small_regime(small.engine), PERIOD, "live", is_past_meant=True)
    with small.engine.connect() as connection:
        before, now, after = clock.wall_now(), clock.now(connection, cycle_id), clock.wall_now()
    assert before <= now <= after
    assert now.utcoffset() == timedelta(hours=7)


def test_an_unknown_cycle_has_no_time(small: Rehearsed) -> None:
    with (
        small.engine.connect() as connection,
        pytest.raises(LookupError, match=r"no cycle 'khong_co'; .*cycle list"),
    ):
        clock.now(connection, "khong_co")
