"""Data files under include/ by which reports are rendered, such as topics.yaml: of today, or as of then.

A renderer reads them through `data_file` alone, each time anew, so that what it used can be kept with the
report (summary.means) and put in the place of today's files when the report is made again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from reporting.settings import INCLUDE

_USED: ContextVar[dict[str, bytes] | None] = ContextVar("data_files_used", default=None)
_FORMER: ContextVar[Mapping[str, bytes] | None] = ContextVar("former_data_files", default=None)


def data_file(path: Path) -> bytes:
    """The content of a file under include/: that of `data_files_as`, else of today. Raises OSError."""
    return derived(_name(path), lambda: today(path))


def derived(name: str, make: Callable[[], bytes]) -> bytes:
    """What a renderer rests on that is made from several files (`make`), kept and put back under a name of
    its own as one file is.
    """
    former = _FORMER.get()
    content = former[name] if former is not None and name in former else make()
    if (used := _USED.get()) is not None:
        used[name] = content
    return content


@contextmanager
def data_files_used() -> Iterator[Mapping[str, bytes]]:
    """Note every file that is read meanwhile: its name → its content."""
    used: dict[str, bytes] = {}
    token = _USED.set(used)
    try:
        yield used
    finally:
        _USED.reset(token)


@contextmanager
def data_files_as(former: Mapping[str, bytes]) -> Iterator[None]:
    """Let renderers read these files meanwhile (name → content); others are today's."""
    token = _FORMER.set(former)
    try:
        yield
    finally:
        _FORMER.reset(token)


def edited_since(former: Mapping[str, bytes]) -> list[str]:
    """Which of the files (name → content) are otherwise today, or are gone; by name."""
    return sorted(
        name
        for name, content in former.items()
        if Path(name).suffix and (not (INCLUDE / name).is_file() or today(INCLUDE / name) != content)
    )


def today(path: Path) -> bytes:
    """The content of a file as it is today; read again when the file has changed."""
    found = path.stat()
    return _read(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=64)
def _read(path: Path, modified_ns: int, size: int) -> bytes:
    return path.read_bytes()


def _name(path: Path) -> str:
    return path.relative_to(INCLUDE).as_posix() if path.is_relative_to(INCLUDE) else str(path)
