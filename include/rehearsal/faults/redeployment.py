"""A new version of the DAGs put in place while cycles are open: on a copy of the clone that changes."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from random import Random

from local_stack.stack import Stack
from rehearsal.faults.disturbances import Disturbance, NothingToDisturb, kill_part, up
from rehearsal.faults.rehearsed import DAG, Scene
from reporting.clock import wall_now

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
        _until_read(scene.stack, CYCLE_FILE, DAG)


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
    up(scene.stack)
    with scene.held():
        _until_read(scene.stack, CYCLE_FILE, DAG)


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


def _until_read(stack: Stack, file: str, dag_id: str) -> None:
    """Wait until Airflow has read the DAG anew."""
    since = wall_now()

    def is_read() -> bool:
        parsed = stack.api().get(f"/api/v2/dags/{dag_id}")["last_parsed_time"]
        return bool(parsed) and datetime.fromisoformat(parsed) > since

    _until(is_read, f"{file} to be read")


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
