"""The board of an empty cycle: empty files in a folder, by which its driver and its tasks tell each other."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "BENCH_EMPTY_BOARD"
"""Names the folder of all boards to Airflow's parts."""


@dataclass(frozen=True)
class Board:
    """The board of one cycle. `due` is written by the driver; `done`, `asked` and `decided` by tasks."""

    folder: Path

    @classmethod
    def of(cls, cycle: str) -> Board:
        """The board of a cycle, in the folder that the environment names. Raises KeyError without it."""
        return cls(Path(os.environ[VARIABLE]) / cycle)

    def path(self, what: str, mark: str) -> Path:
        """The file that says so."""
        return self.folder / what / mark

    def say(self, what: str, mark: str) -> None:
        """Say it; again changes nothing."""
        path = self.path(what, mark)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    def says(self, what: str, mark: str) -> bool:
        """Whether it was said."""
        return self.path(what, mark).exists()

    def count(self, what: str) -> int:
        """How many things were said of the kind."""
        folder = self.folder / what
        return sum(1 for _ in folder.iterdir()) if folder.exists() else 0

    def clear(self, what: str) -> None:
        """Take back everything of the kind."""
        folder = self.folder / what
        for path in folder.iterdir() if folder.exists() else ():
            path.unlink(missing_ok=True)


def wait_a_moment(is_ready: Callable[[], bool], seconds: float = 2.0) -> bool:
    """Look until `is_ready` or the time is over; returns whether it is."""
    end = time.monotonic() + seconds
    while not is_ready():
        if time.monotonic() >= end:
            return False
        time.sleep(0.1)
    return True
