"""The empty cycle: its shape is that of the DAG, and its board tells what was said."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from benchmarks import processors
from benchmarks.empty_cycle.board import Board, wait_a_moment
from benchmarks.empty_cycle.shape import Shape, Stop, TaskShape, frozen, instances, stops_of

CLONE = Path(__file__).resolve().parents[3]


def at(day: int) -> datetime:
    return datetime(2012, 12, day, 9, tzinfo=UTC)


def test_steps_are_due_at_the_first_stop_that_is_not_before_them() -> None:
    plan = [("close", at(5)), ("issue", at(2)), ("reminder", at(3)), ("noted", at(3))]
    found = stops_of([(at(1), 0), (at(3), 7), (at(5), 0)], plan, {"issue", "reminder", "close"})
    assert found == (
        Stop(at(1).isoformat(), (), 0),
        Stop(at(3).isoformat(), ("issue", "reminder"), 7),
        Stop(at(5).isoformat(), ("close",), 0),
    )


def test_a_step_after_the_last_stop_is_refused() -> None:
    with pytest.raises(ValueError, match=r"close is due at .*, after the last stop"):
        stops_of([(at(1), 0)], [("close", at(2))], {"close"})


def test_a_shape_is_the_same_when_it_is_read_again() -> None:
    shape = Shape(
        (TaskShape("open_cycle", "opening", "open_cycle", (), "all_success"),),
        (Stop(at(1).isoformat(), ("issue",), 3),),
        {"report": 2},
        {"mail_delivery": 120.0},
        38,
    )
    assert Shape.parse(shape.dump()) == shape


def test_only_the_cycle_and_who_is_asked_are_counted() -> None:
    counts = {
        dag_id: {"instances": number, "deferrals": 1}
        for dag_id, number in (
            ("reporting_cycle__a", 22),
            ("document_approval", 16),
            ("submission_intake", 9),
        )
    }
    assert instances(counts) == 38


def test_every_step_that_is_due_in_the_frozen_shape_is_ended_by_a_task_of_it() -> None:
    shape = frozen()
    ended = [task.mark for task in shape.tasks if task.kind in ("step", "registration")]
    due = [step for stop in shape.stops for step in stop.due]
    assert set(due) <= set(ended)
    assert len(due) == len(set(due))
    assert {task.mark for task in shape.tasks if task.kind in ("step", "start")} <= {*due}
    waiting = {task.mark for task in shape.tasks if task.kind == "approval"}
    assert waiting == set(shape.approvals)
    known: set[str] = set()
    for task in shape.tasks:
        assert set(task.upstream) <= known
        known.add(task.task_id)
    assert shape.instances == len(shape.tasks) + 4 * sum(shape.approvals.values())
    assert sum(stop.arrivals for stop in shape.stops) >= 63


def test_a_board_tells_what_was_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_EMPTY_BOARD", str(tmp_path))
    board = Board.of("empty__1")
    assert not board.says("due", "issue")
    assert board.count("arrived") == 0
    board.say("due", "issue")
    board.say("due", "issue")
    board.say("arrived", "1")
    assert Board.of("empty__1").says("due", "issue")
    assert (board.count("due"), board.count("arrived")) == (1, 1)
    board.clear("arrived")
    assert (board.count("due"), board.count("arrived")) == (1, 0)


def test_a_wait_ends_with_what_it_waits_for_or_with_its_time() -> None:
    looks = iter([False, True])
    assert wait_a_moment(lambda: next(looks), seconds=5)
    assert not wait_a_moment(lambda: False, seconds=0.15)


def test_processor_seconds_grow_with_what_a_process_does() -> None:
    leaders = {"scheduler": psutil.Process(), "ended": psutil.Process()}
    before = processors.used(leaders)
    sum(number * number for number in range(2_000_000))
    spent = processors.between(before, processors.used(leaders))
    assert spent["scheduler"] > 0.02
    assert "workers" in spent


def test_the_empty_dags_have_the_tasks_of_the_shape(tmp_path: Path) -> None:
    code = (
        "import runpy; found = runpy.run_path('benchmarks/empty_cycle/dags/empty_cycle.py');"
        "made = found['_made'];"
        "print(sorted((t.task_id, *sorted(t.upstream_task_ids)) for t in made.values()))"
    )
    environment = {**os.environ, "AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": str(CLONE)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CLONE, env=environment, capture_output=True, text=True, check=True
    )
    wanted = sorted((task.task_id, *task.upstream) for task in frozen().tasks)
    assert done.stdout.splitlines()[-1] == str(wanted)
