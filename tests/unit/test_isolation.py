"""Work apart from within a worker's process, as Celery starts it: daemonic."""

from __future__ import annotations

import importlib
import os
from typing import Any

import pytest

from reporting.isolation import run_apart


def work(items: list[str]) -> None:
    """Exit code 0 when the child answered, and the process is as daemonic as before."""
    import multiprocessing

    answers = list(run_apart(len, items))
    os._exit(0 if answers == [2, 3] and multiprocessing.current_process().daemon else 1)


@pytest.mark.parametrize("library", ["multiprocessing", "billiard"])
def test_a_daemonic_worker_has_a_child(library: str) -> None:
    processes: Any = importlib.import_module(library)
    worker = processes.get_context("fork").Process(target=work, args=(["ab", "abc"],), daemon=True)
    worker.start()
    worker.join(60)
    assert worker.exitcode == 0
