"""Work on what strangers sent, in a child process with limits: what breaks it breaks the child alone."""

from __future__ import annotations

import contextlib
import errno
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Generic, Literal, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MEMORY = 512 * 1024 * 1024
"""Bytes that a child may take beyond what it has from its parent, for its libraries and the file."""
SECONDS = 10.0
"""How long one file may take."""

_LACKING = frozenset({
    errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS,
    errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN,
})  # fmt: skip


@dataclass(frozen=True)
class Lost:
    """What was asked of a child and never came back. `why`: it took too long, or the child died of it (of a
    crash, or of the limit on memory).
    """

    why: Literal["time", "died"]


@dataclass(frozen=True)
class _Failed:
    error: Exception | None
    words: str


@dataclass
class _Child(Generic[Item, Result]):
    process: multiprocessing.process.BaseProcess
    pipe: Connection

    def end(self) -> None:
        self.pipe.close()
        if self.process.is_alive():
            self.process.kill()
        self.process.join()


def is_of_the_machine(error: BaseException) -> bool:
    """Whether an error tells that the machine lacks something for now, such as space or processes; then it
    says nothing of the file, and another try mends it.
    """
    return isinstance(error, OSError) and error.errno in _LACKING


def run_apart(
    task: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    seconds: Callable[[Item], float] = lambda _: SECONDS,
    memory: int = MEMORY,
) -> Iterator[Result | Lost]:
    """`task` on each of `items`, in order, in one child process that takes at most `memory` bytes beyond what
    it has from this one.

    An item on which the child dies, or takes longer than `seconds` says, gives Lost, and a new child goes on
    behind it. What `task` raises is raised here, except MemoryError, which gives Lost. Results travel
    through a pipe, so they must be picklable; items need not be.
    """
    child: _Child[Item, Result] | None = None
    try:
        for place, item in enumerate(items):
            if child is None:
                child = _start(task, items, memory)
            answer = _ask(child, place, seconds(item))
            if isinstance(answer, Lost):
                child.end()
                child = None
            elif isinstance(answer, _Failed):
                raise answer.error or RuntimeError(answer.words)
            yield answer
    finally:
        if child is not None:
            child.end()


def _ask(child: _Child[Item, Result], place: int, seconds: float) -> Result | Lost | _Failed:
    try:
        child.pipe.send(place)
        if not child.pipe.poll(seconds):
            return Lost("time")
        answer: Result | Lost | _Failed = child.pipe.recv()
    except (EOFError, OSError):
        return Lost("died")
    return answer


def _start(task: Callable[[Item], Result], items: Sequence[Item], memory: int) -> _Child[Item, Result]:
    # forked, so that items and libraries need not travel; the parent has no threads of its own at this point
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    with _allowed_a_child():
        process = context.Process(target=_serve, args=(task, items, memory, theirs, ours), daemon=True)
        process.start()
    theirs.close()
    return _Child(process, ours)


@contextlib.contextmanager
def _allowed_a_child() -> Iterator[None]:
    """A Celery worker's processes are daemonic, and multiprocessing refuses these a child lest it be left
    behind; ours ends by itself when its pipe is closed.
    """
    kept: dict[str, object] = vars(multiprocessing.current_process()).get("_config", {})
    is_daemonic = kept.pop("daemon", None)
    try:
        yield
    finally:
        if is_daemonic is not None:
            kept["daemon"] = is_daemonic


def _serve(
    task: Callable[[Item], Result], items: Sequence[Item], memory: int, pipe: Connection, ours: Connection
) -> None:
    ours.close()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit = _held() + memory
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # each thread would reserve memory of its own
    _be_silent()
    while True:
        try:
            place = pipe.recv()
        except EOFError:
            os._exit(0)
        try:
            answer: object = task(items[place])
        except MemoryError:
            answer = Lost("died")
        except Exception as error:
            answer = _Failed(error, f"{type(error).__name__}: {error}")
        try:
            pipe.send(answer)
        except OSError:
            os._exit(0)
        except Exception:  # the error itself cannot be pickled
            pipe.send(_Failed(None, getattr(answer, "words", "the result cannot be sent")))


def _held() -> int:
    """Bytes that this process holds from its parent; 0 where the system does not tell."""
    try:
        told = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in told.splitlines() if line.startswith("VmData")), 0)


def _be_silent() -> None:
    """What a crashing library prints concerns nobody: the parent tells of it."""
    with contextlib.suppress(OSError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
