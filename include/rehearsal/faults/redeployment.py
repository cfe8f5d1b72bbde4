"""A new version of the DAGs put in place while cycles are open: on a copy of the clone that changes."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from local_stack.stack import Stack, StackError
from rehearsal.faults.disturbances import Disturbance, NothingToDisturb, kill_part
from rehearsal.faults.rehearsed import DAG, Scene

COPIED = ("include", "plugins", "dags", "expectations")
CYCLE_FILE, BROKEN_FILE = "reporting_cycle.py", "submission_intake.py"
_READ_SECONDS = 120.0


def copied_clone(clone: Path, folder: Path) -> None:
    """Copy what the stack runs of a clone into `folder`."""
    for name in COPIED:
        if (clone / name).exists():
            shutil.copytree(clone / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))


def redeployments() -> tuple[tuple[str, Disturbance], ...]:
    """What is changed while the cycle is open, in this order."""
    return (
        ("task added to the DAG", add_task),
        ("DAG file broken and mended", break_file),
        ("task of the DAG renamed", rename_task),
    )


def add_task(scene: Scene, chance: Random) -> None:
    """A new version of the cycle's DAG has one task more; Airflow is not restarted."""
    file = scene.clone / "dags" / CYCLE_FILE
    _change(file, "    return dag\n", _ADDED)
    with scene.held():
        _until(lambda: _has_task(scene.stack, "added_later"), f"{CYCLE_FILE} to be read anew")


def rename_task(scene: Scene, chance: Random) -> None:
    """A new version of the plugin names a task differently that is still to come; Airflow's parts that read
    DAGs are restarted, as one does for a plugin.
    """
    _change(
        scene.clone / "plugins" / "reporting_airflow" / "cycle_tasks.py",
        'task_id="consolidate"',
        'task_id="consolidate_anew"',
    )
    for part in ("dag-processor", "scheduler", "triggerer"):
        kill_part(scene.stack, part)
    _up(scene)
    with scene.held():
        _until(lambda: _has_task(scene.stack, "consolidate_anew"), "the plugin to be read anew")


def break_file(scene: Scene, chance: Random) -> None:
    """The file of the intake's DAG cannot be read for a while: its tasks fail, and are tried again."""
    file = scene.clone / "dags" / BROKEN_FILE
    sound = file.read_text("utf-8")
    file.write_text(f"{sound}\nraise RuntimeError('deployed by mistake')\n", "utf-8")
    try:
        with scene.held():
            _until(lambda: _has_import_error(scene.stack, BROKEN_FILE), f"{BROKEN_FILE} to be found broken")
        time.sleep(chance.uniform(5, 15))
    finally:
        file.write_text(sound, "utf-8")
    with scene.held():
        _until(lambda: not _has_import_error(scene.stack, BROKEN_FILE), f"{BROKEN_FILE} to be read again")


_ADDED = """\
    from airflow.providers.standard.operators.empty import EmptyOperator

    with dag:
        opening >> EmptyOperator(task_id="added_later")
    return dag
"""


def _change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    if old not in text:
        raise NothingToDisturb(f"{old!r} in {file}")
    file.write_text(text.replace(old, new), "utf-8")


def _up(scene: Scene) -> None:
    """`make up` in the copy: this process would start its own clone's code."""
    command = [sys.executable, "-m", "local_stack", "up", "--directory", str(scene.stack.layout.root)]
    environment = os.environ | {"PYTHONPATH": str(scene.clone / "include")}
    done = subprocess.run(
        command, cwd=scene.clone, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise StackError(done.stderr[-1500:])


def _has_task(stack: Stack, task_id: str) -> bool:
    """Whether the newest version of the cycle's DAG that Airflow has read has the task."""
    tasks = stack.api().get(f"/api/v2/dags/{DAG}/tasks")["tasks"]
    return any(task["task_id"] == task_id for task in tasks)


def _has_import_error(stack: Stack, file: str) -> bool:
    errors = stack.api().get("/api/v2/importErrors?limit=100")["import_errors"]
    return any(str(error.get("filename", "")).endswith(file) for error in errors)


def _until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _READ_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if holds():
                return
        time.sleep(0.5)
    raise NothingToDisturb(f"waited {_READ_SECONDS:.0f} s for {what}")
