"""The archive: bytes come back as they were, are written once, and an alteration is noticed."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text

from reporting import archive

DATA = b"%PDF-1.4 a signed report"
SHA256 = hashlib.sha256(DATA).hexdigest()


def store(engine: Engine, data: bytes = DATA) -> str:
    with engine.begin() as connection:
        return archive.store(connection, data, "application/pdf")


def test_a_file_comes_back_by_its_content_hash(registered: Engine) -> None:
    assert store(registered) == SHA256
    assert archive.read(SHA256) == DATA
    assert archive.path_of(SHA256).stat().st_mode & 0o777 == 0o440


def test_the_same_file_is_written_once(registered: Engine) -> None:
    store(registered)
    before = archive.path_of(SHA256).stat()
    store(registered)
    after = archive.path_of(SHA256).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    with registered.connect() as connection:
        found = connection.execute(
            text("SELECT sha256, byte_count, media_type FROM intake.archived_file")
        ).all()
    assert [tuple(row) for row in found] == [(SHA256, len(DATA), "application/pdf")]


def test_many_storing_the_same_file_at_once_leave_one_whole_file(registered: Engine) -> None:
    data = bytes(range(256)) * 4096
    with ThreadPoolExecutor(4) as pool:
        hashes = set(pool.map(lambda _: store(registered, data), range(8)))
    assert len(hashes) == 1
    (sha256,) = hashes
    assert archive.read(sha256) == data
    assert [path.name for path in archive.path_of(sha256).parent.iterdir()] == [sha256]


def test_a_file_that_was_altered_on_disk_is_refused_by_name(registered: Engine) -> None:
    path = archive.path_of(store(registered))
    path.chmod(0o640)
    path.write_bytes(DATA + b"!")
    with pytest.raises(OSError, match=rf"{SHA256} was altered.*Restore it from the backup"):
        archive.read(SHA256)


def test_a_file_that_is_missing_is_named(registered: Engine) -> None:
    with pytest.raises(FileNotFoundError, match=SHA256):
        archive.read(SHA256)


def test_bytes_are_on_disk_even_where_the_row_was_rolled_back_and_are_used_by_the_next_try(
    registered: Engine,
) -> None:
    with registered.connect() as connection, connection.begin() as transaction:
        archive.store(connection, DATA, "application/pdf")
        transaction.rollback()
    assert archive.read(SHA256) == DATA
    assert store(registered) == SHA256
