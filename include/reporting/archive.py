"""The archive: every file received or given out, by content, written once and never rewritten."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from sqlalchemy import Connection

from reporting.database import query
from reporting.settings import settings


def path_of(sha256: str) -> Path:
    """Where the bytes with this hash lie."""
    return settings().archive / sha256[:2] / sha256


def store(connection: Connection, data: bytes, media_type: str) -> str:
    """Keep `data` and return its SHA-256 (hex). The bytes are on disk, synced, before the row is written."""
    sha256 = hashlib.sha256(data).hexdigest()
    target = path_of(sha256)
    if not target.exists():
        _write_once(target, data)
    connection.execute(
        query("archive/add_file"), {"sha256": sha256, "byte_count": len(data), "media_type": media_type}
    )
    return sha256


def read(sha256: str) -> bytes:
    """The bytes with this hash.

    Raises FileNotFoundError when they are not in the archive, OSError when they were altered on disk.
    """
    data = path_of(sha256).read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
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
