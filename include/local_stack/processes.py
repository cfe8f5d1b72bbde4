"""The processes of a stack: started, recorded, found again, ended, and never mistaken for another's.

A part is known by its process number together with its start time, and every process it ever starts
carries two environment variables naming the stack and the part. So what a killed part left behind is
found although it has no parent any more, and a number the system has used again is never touched.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import psutil

STACK_VARIABLE = "REPORTING_STACK"
PART_VARIABLE = "REPORTING_STACK_PART"
_LARGE_LOG = 20 * 1024 * 1024  # bytes


_started: list[subprocess.Popen[bytes]] = []  # held, or Python would wait for them at odd moments


@dataclass(frozen=True)
class Part:
    """A recorded process: its number and when it started, in seconds since 1970."""

    pid: int
    created: float

    def process(self) -> psutil.Process | None:
        """Return the living process this was recorded of, or None."""
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self.pid)
            # the second's tolerance is for a clock that was set; a number is not used again so soon
            if abs(process.create_time() - self.created) < 1.0 and lives(process):
                return process
        return None


def start(
    command: Sequence[str], *, stack: Path, part: str, log: Path, environment: Mapping[str, str], folder: Path
) -> Part:
    """Start one part in a session of its own, its output appended to ``log``."""
    marked = {**environment, STACK_VARIABLE: str(stack), PART_VARIABLE: part}
    with open_log(log) as output:
        process = subprocess.Popen(
            list(command),
            cwd=folder,
            env=marked,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    _started.append(process)
    return Part(process.pid, psutil.Process(process.pid).create_time())


def open_log(path: Path) -> BinaryIO:
    """Open a log to append to; one that has grown large is put aside first, replacing the last such."""
    if path.exists() and path.stat().st_size > _LARGE_LOG:
        path.replace(path.with_name(f"{path.name}.1"))
    return path.open("ab")


def exit_code(part: Part) -> int:
    """Wait for a part that this process started and return how it ended. Raises KeyError for any other."""
    for process in _started:
        if process.pid == part.pid:
            return process.wait()
    raise KeyError(part.pid)


def of_stack(stack: Path, part: str | None = None) -> list[psutil.Process]:
    """Return every living process that a part of the stack started, or that part alone."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            environment = process.environ()
            if environment.get(STACK_VARIABLE) != str(stack) or not lives(process):
                continue
            if part is None or environment.get(PART_VARIABLE) == part:
                found.append(process)
    return found


def end(
    leaders: Mapping[str, psutil.Process],
    stack: Path,
    parts: Iterable[str | None],
    patience: float,
    hurried: Iterable[str] = (),
) -> None:
    """Ask the leaders (by part) to end, wait ``patience`` seconds, then end all that is left.

    The parts in ``hurried`` are given two seconds at most. ``None`` among the parts means the whole
    stack. Returns when no such process lives; raises RuntimeError naming those that do not end.
    """
    asked = list(leaders.values())
    wanted = list(parts)
    _signal(asked, signal.SIGTERM)
    slow = wait(asked, min(2.0, patience))
    for name in hurried:
        if leaders.get(name) in slow:
            _signal(of_stack(stack, name), signal.SIGKILL)
    wait(slow, max(0.0, patience - 2.0))
    for _ in range(20):
        remaining = {process.pid: process for part in wanted for process in of_stack(stack, part)}
        remaining |= {process.pid: process for process in asked if lives(process)}
        if not remaining:
            return
        _signal(remaining.values(), signal.SIGKILL)
        wait(list(remaining.values()), 1.0)
    numbers = ", ".join(str(number) for number in sorted(remaining))
    raise RuntimeError(f"these processes of the stack in {stack} could not be ended: {numbers}")


def wait(waited_for: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until the processes have ended and return those that have not after ``seconds``.

    One that its parent has not asked after yet (a zombie) has ended: the parent may be one that never asks.
    """
    deadline = time.monotonic() + seconds
    remaining = list(waited_for)
    while True:
        for child in _started:
            child.poll()
        remaining = [process for process in remaining if lives(process)]
        if not remaining or time.monotonic() > deadline:
            return remaining
        time.sleep(0.03)


def lives(process: psutil.Process) -> bool:
    """Say whether the process has not ended."""
    try:
        return process.is_running() and process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.Error:
        return False


def _signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        if process.pid == os.getpid():
            continue
        with contextlib.suppress(psutil.Error):
            process.send_signal(number)
