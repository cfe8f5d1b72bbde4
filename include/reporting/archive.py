"""The archive: every file received or given out, by content, written once and never rewritten.

REPORTING_ARCHIVE names a folder, or a place in object storage such as s3://bucket/prefix.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection
from upath import UPath

from reporting.database import query
from reporting.settings import settings


def path_of(sha256: str) -> Path | UPath:
    """Where the bytes with this hash lie."""
    return settings().archive / sha256[:2] / sha256


def store(connection: Connection, data: bytes, media_type: str) -> str:
    """Keep `data` and return its SHA-256 (hex). The bytes are kept for good before the row is written."""
    (sha256,) = store_all(connection, [(data, media_type)])
    return sha256


def store_all(connection: Connection, files: Sequence[tuple[bytes, str]]) -> list[str]:
    """Keep files (bytes and media type), as `store` does one, and return their SHA-256 in the same order.

    Content that was disposed of and comes again is kept again.
    """
    hashes = [sha256_of(data) for data, _ in files]
    contents = dict(zip(hashes, (data for data, _ in files), strict=True))
    storage = _storage(settings().archive)
    for sha256, data in contents.items():
        storage.keep(sha256, data)
    if not files:
        return hashes
    added = connection.execute(
        query("archive/add_files"),
        {
            "hashes": hashes,
            "byte_counts": [len(data) for data, _ in files],
            "media_types": [media_type for _, media_type in files],
        },
    ).rowcount
    if added < len(contents):
        held = connection.execute(query("archive/hold_files"), {"hashes": list(contents)})
        if came_again := [row.sha256 for row in held if row.is_disposed]:
            connection.execute(query("archive/bring_back"), {"hashes": came_again})
            for sha256 in came_again:
                storage.keep(sha256, contents[sha256])  # perhaps removed a moment before the row was ours
    return hashes


def sha256_of(data: bytes) -> str:
    """Under which hash the archive keeps these bytes."""
    return hashlib.sha256(data).hexdigest()


def read(sha256: str) -> bytes:
    """The bytes with this hash.

    Raises FileNotFoundError when they are not in the archive, OSError when they were altered there.
    """
    data = _storage(settings().archive).get(sha256)
    if sha256_of(data) != sha256:
        raise OSError(
            f"{path_of(sha256)} was altered: its content no longer matches its name. "
            "Restore it from the backup."
        )
    return data


def remove(sha256: str) -> None:
    """Remove the bytes with this hash; does nothing when they are gone. For `retention.dispose` alone, which
    notes it first.
    """
    _storage(settings().archive).remove(sha256)


def bring_back(data: bytes) -> str:
    """Keep bytes whose row is in the warehouse already, or about to be; returns their SHA-256. For a restore
    alone.
    """
    sha256 = sha256_of(data)
    _storage(settings().archive).keep(sha256, data)
    return sha256


class _Storage(Protocol):
    def keep(self, sha256: str, data: bytes) -> None: ...

    def get(self, sha256: str) -> bytes: ...

    def remove(self, sha256: str) -> None: ...


@lru_cache(maxsize=8)
def _storage(root: Path | UPath) -> _Storage:
    return _Disk(root) if isinstance(root, Path) else _Objects(root)


class _Disk:
    """A folder; a file appears in it whole and synced, by a rename."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def keep(self, sha256: str, data: bytes) -> None:
        target = self._path(sha256)
        if not target.exists():
            _write_once(target, data)

    def get(self, sha256: str) -> bytes:
        return self._path(sha256).read_bytes()

    def remove(self, sha256: str) -> None:
        self._path(sha256).unlink(missing_ok=True)

    def _path(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256


class _Objects:
    """A place in object storage, or any other file system of fsspec."""

    def __init__(self, root: UPath) -> None:
        self._root = root
        self._fs: Any = root.fs

    def keep(self, sha256: str, data: bytes) -> None:
        with self._asked():
            self._keep(sha256, data)

    def _keep(self, sha256: str, data: bytes) -> None:
        path = self._path(sha256)
        self._fs.invalidate_cache()  # another process may have kept or removed it since
        try:
            # the size, because a server that is no object store may show a file before it is whole
            if self._fs.info(path)["size"] == len(data):
                return
        except FileNotFoundError:
            self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            try:
                self._fs.pipe_file(path, data, mode="create")
            except FileExistsError:
                return  # somebody else was faster with the same content
        else:
            self._fs.pipe_file(path, data)
        if self._fs.info(path)["size"] != len(data):
            raise OSError(f"{self._root}/{sha256[:2]}/{sha256} was not kept whole by the object storage.")

    def get(self, sha256: str) -> bytes:
        with self._asked():
            self._fs.invalidate_cache()
            return bytes(self._fs.cat_file(self._path(sha256)))

    def remove(self, sha256: str) -> None:
        with self._asked(), suppress(FileNotFoundError):
            self._fs.rm_file(self._path(sha256))

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """Make an OSError of whatever a driver raises when its server does not answer."""
        try:
            yield
        except OSError:
            raise
        except Exception as error:
            raise OSError(f"The object storage of {self._root} failed: {error}") from error

    def _path(self, sha256: str) -> str:
        return f"{self._root.path.rstrip('/')}/{sha256[:2]}/{sha256}"


def _write_once(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o440)
        Path(temporary).replace(target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        Path(temporary).unlink(missing_ok=True)
