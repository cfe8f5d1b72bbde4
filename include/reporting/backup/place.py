"""Where backups lie: a folder, or object storage. Names in it are relative, with slashes.

files/ab/abcd…        a file of the archive under its hash, once for all backups
backups/NAME/…        the dumps and the list of files of one backup
backups/NAME.json     its manifest, written last: without it there is no backup
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from upath import UPath

CHUNK = 1 << 20
_PART = ".part"


@dataclass(frozen=True)
class Written:
    """What was written under a name."""

    sha256: str
    byte_count: int


class Place(Protocol):
    """The few things that are done with a place."""

    @property
    def address(self) -> str:
        """What people know it by, without any secret."""

    def write(self, name: str, chunks: Iterable[bytes], expected: str | None = None) -> Written:
        """Write a file whole, or not at all. With `expected`, nothing is kept under the name unless the
        content has this SHA-256: raises ValueError.
        """

    def read(self, name: str) -> Iterator[bytes]:
        """The content, piece by piece. Raises FileNotFoundError."""

    def sizes(self, folder: str) -> dict[str, int]:
        """The sizes of all files in a folder and below it, by their names in the place."""

    def remove(self, name: str) -> None:
        """Remove a file; nothing when it is gone."""

    def tidy(self) -> None:
        """Remove what a writer that was killed left behind."""


def place_at(root: Path | UPath | str) -> Place:
    """The place at a folder or an address of object storage; it may come into being with the first backup."""
    if isinstance(root, str):
        root = UPath(root) if "://" in root else Path(root)
    return _Folder(root) if isinstance(root, Path) else _Objects(root)


class _Folder:
    """Files for their owner alone; a file appears whole and synced, by a rename."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    @property
    def address(self) -> str:
        return str(self._root)

    def write(self, name: str, chunks: Iterable[bytes], expected: str | None = None) -> Written:
        target = self._root / name
        self._make(target.parent)
        descriptor, temporary = tempfile.mkstemp(
            dir=target.parent, suffix=_PART
        )  # readable by its owner alone
        digest, count = hashlib.sha256(), 0
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in chunks:
                    digest.update(chunk)
                    count += len(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            _expect(name, digest.hexdigest(), expected)
            Path(temporary).replace(target)
            _sync(target.parent)
        finally:
            Path(temporary).unlink(missing_ok=True)
        return Written(digest.hexdigest(), count)

    def read(self, name: str) -> Iterator[bytes]:
        with (self._root / name).open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk

    def sizes(self, folder: str) -> dict[str, int]:
        found: dict[str, int] = {}
        waiting = [self._root / folder]
        while waiting:
            try:
                with os.scandir(waiting.pop()) as entries:
                    for entry in entries:
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(Path(entry.path))
                        elif not entry.name.endswith(_PART):
                            name = Path(entry.path).relative_to(self._root).as_posix()
                            found[name] = entry.stat().st_size
            except FileNotFoundError:
                continue
        return found

    def remove(self, name: str) -> None:
        path = self._root / name
        path.unlink(missing_ok=True)
        if path.parent.exists() and path.parent != self._root and not any(path.parent.iterdir()):
            path.parent.rmdir()

    def tidy(self) -> None:
        for leftover in self._root.rglob(f"*{_PART}"):
            leftover.unlink(missing_ok=True)

    def _make(self, folder: Path) -> None:
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        for path in reversed(missing):
            path.mkdir(mode=0o700, exist_ok=True)


class _Objects:
    """A place in object storage, or any other file system of fsspec."""

    def __init__(self, root: UPath) -> None:
        self._root = root
        self._fs: Any = root.fs
        self._prefix = root.path.rstrip("/")

    @property
    def address(self) -> str:
        return f"{self._root.protocol}://{self._prefix.lstrip('/')}"

    def write(self, name: str, chunks: Iterable[bytes], expected: str | None = None) -> Written:
        path = f"{self._prefix}/{name}"
        if expected is not None:  # a file of the archive, small enough to be looked at before it is there
            data = b"".join(chunks)
            _expect(name, hashlib.sha256(data).hexdigest(), expected)
            chunks = [data]
        self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        digest, count = hashlib.sha256(), 0
        file = self._fs.open(path, "wb")
        try:
            for chunk in chunks:
                digest.update(chunk)
                count += len(chunk)
                file.write(chunk)
        except BaseException:
            file.discard()
            with suppress(AttributeError):
                file.closed = True  # a close would commit what is there
            raise
        file.close()
        self._fs.invalidate_cache()
        if self._fs.info(path)["size"] != count:
            raise OSError(f"{self.address}/{name} was not kept whole by the object storage.")
        return Written(digest.hexdigest(), count)

    def read(self, name: str) -> Iterator[bytes]:
        with self._fs.open(f"{self._prefix}/{name}", "rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk

    def sizes(self, folder: str) -> dict[str, int]:
        self._fs.invalidate_cache()
        try:
            found = self._fs.find(f"{self._prefix}/{folder}", detail=True)
        except FileNotFoundError:
            return {}
        base = self._prefix.lstrip("/")
        return {
            str(path).lstrip("/").removeprefix(base).lstrip("/"): int(told["size"])
            for path, told in found.items()
        }

    def remove(self, name: str) -> None:
        try:
            self._fs.rm_file(f"{self._prefix}/{name}")
        except FileNotFoundError:
            return

    def tidy(self) -> None:
        """An upload that was not finished shows no object; the storage's own rules clear it away."""


def _expect(name: str, found: str, expected: str | None) -> None:
    if expected is not None and found != expected:
        raise ValueError(f"{name}: the content has the SHA-256 {found}, not {expected}")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
