"""The archive: every file received or given out, by content, written once and never rewritten."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection

from reporting.database import query
from reporting.settings import settings


def path_of(sha256: str) -> Path:
    """Where the bytes with this hash lie."""
    return settings().archive / sha256[:2] / sha256


def store(connection: Connection, data: bytes, media_type: str) -> str:
    """Keep `data` and return its SHA-256 (hex). The bytes are on disk, synced, before the row is written."""
    (sha256,) = store_all(connection, [(data, media_type)])
    return sha256


def store_all(connection: Connection, files: Sequence[tuple[bytes, str]]) -> list[str]:
    """Keep files (bytes and media type), as `store` does one, and return their SHA-256 in the same order."""
    hashes = [sha256_of(data) for data, _ in files]
    for (data, _), sha256 in zip(files, hashes, strict=True):
        target = path_of(sha256)
        if not target.exists():
            _write_once(target, data)
    if files:
        connection.execute(
            query("archive/add_files"),
            {
                "hashes": hashes,
                "byte_counts": [len(data) for data, _ in files],
                "media_types": [media_type for _, media_type in files],
            },
        )
    return hashes


def sha256_of(data: bytes) -> str:
    """Under which hash the archive keeps these bytes."""
    return hashlib.sha256(data).hexdigest()


def read(sha256: str) -> bytes:
    """The bytes with this hash.

    Raises FileNotFoundError when they are not in the archive, OSError when they were altered on disk.
    """
    data = path_of(sha256).read_bytes()
    if sha256_of(data) != sha256:
        raise OSError(
            f"{path_of(sha256)} was altered: its content no longer matches its name. "
            "Restore it from the backup."
        )
    return data


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
