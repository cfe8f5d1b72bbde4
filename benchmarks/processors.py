"""Processor seconds of a stack by its parts."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

import psutil


def used(leaders: Mapping[str, psutil.Process]) -> dict[str, float]:
    """Processor seconds so far of each part with all it started, those that ended included;
    what LocalExecutor's scheduler started is `workers`, a part of its own.
    """
    found: dict[str, float] = {}
    for name, leader in leaders.items():
        with contextlib.suppress(psutil.NoSuchProcess):
            own = leader.cpu_times()
            of_children = own.children_user + own.children_system
            for process in leader.children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    of_children += sum(process.cpu_times()[:4])
            found[name] = found.get(name, 0.0) + own.user + own.system
            part = "workers" if name == "scheduler" else name
            found[part] = found.get(part, 0.0) + of_children
    return found


def between(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """What each part used between two moments, to a hundredth of a second."""
    return {name: round(seconds - before.get(name, 0.0), 2) for name, seconds in after.items()}
