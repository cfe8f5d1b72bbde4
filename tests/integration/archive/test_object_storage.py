"""The archive, and a channel, in object storage: kept, read, removed, whole whatever dies in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem
from sqlalchemy import Engine, text
from upath import UPath

from local_stack import container
from local_stack.ports import free_ports
from reporting import archive, retention
from reporting.intake.channels.folder import COLLECTED, Folder
from reporting.settings import settings

BUCKET = "archive"
BOUND = 20.0


@pytest.fixture(scope="module")
def storage() -> Iterator[ThreadedMotoServer]:
    """An S3 server on loopback."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=free_ports(1)[0], verbose=False)
    server.start()
    yield server
    server.stop()


def use(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the archive lie in the object storage at this address."""
    told = {
        "REPORTING_ARCHIVE": f"s3://{BUCKET}/kept",
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "reporting",
        "AWS_SECRET_ACCESS_KEY": "for tests",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    forget()


def forget() -> None:
    settings.cache_clear()
    archive._storage.cache_clear()
    S3FileSystem.clear_instance_cache()


@pytest.fixture
def bucket(storage: ThreadedMotoServer, registered: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The archive's bucket, made as the containers' `init` makes it, by another client than the archive's."""
    host, port = storage.get_host_and_port()
    use(f"http://{host}:{port}", monkeypatch)
    container.make_archive()
    container.make_archive()
    found = boto3.resource("s3").Bucket(BUCKET)
    yield found
    found.objects.delete()
    found.delete()
    forget()


def keys(bucket: Any) -> set[str]:
    return {found.key for found in bucket.objects.all()}


def kept(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(
            connection.scalars(text("SELECT sha256 FROM intake.archived_file WHERE disposed_at IS NULL"))
        )


def test_what_is_kept_is_found_by_its_content_once(bucket: Any, registered: Engine) -> None:
    with registered.begin() as connection:
        first = archive.store(connection, b"a workbook", "application/octet-stream")
        assert archive.store(connection, b"a workbook", "application/octet-stream") == first
    assert keys(bucket) == {f"kept/{first[:2]}/{first}"}
    assert archive.read(first) == b"a workbook"
    with registered.connect() as connection:
        assert list(retention.verify(connection)) == [None]


def test_what_somebody_changed_or_took_away_is_found(bucket: Any, registered: Engine) -> None:
    with registered.begin() as connection:
        altered, missing = archive.store_all(connection, [(b"one", "text/plain"), (b"two", "text/plain")])
    bucket.put_object(Key=f"kept/{altered[:2]}/{altered}", Body=b"eno")
    bucket.Object(f"kept/{missing[:2]}/{missing}").delete()
    with pytest.raises(OSError, match="Restore it from the backup"):
        archive.read(altered)
    with registered.connect() as connection:
        found = {(damage.sha256, damage.problem) for damage in retention.verify(connection) if damage}
    assert found == {(altered, "altered"), (missing, "missing")}


def test_what_was_left_half_is_written_anew(bucket: Any, registered: Engine) -> None:
    data = b"a workbook of some length"
    sha256 = archive.sha256_of(data)
    bucket.put_object(Key=f"kept/{sha256[:2]}/{sha256}", Body=data[:7])
    with registered.begin() as connection:
        archive.store(connection, data, "text/plain")
    assert archive.read(sha256) == data


def test_what_is_removed_is_gone_and_may_come_again(bucket: Any, registered: Engine) -> None:
    with registered.begin() as connection:
        sha256 = archive.store(connection, b"a workbook", "text/plain")
    archive.remove(sha256)
    archive.remove(sha256)
    assert keys(bucket) == set()
    with pytest.raises(FileNotFoundError):
        archive.read(sha256)
    with registered.begin() as connection:
        archive.store(connection, b"a workbook", "text/plain")
    assert archive.read(sha256) == b"a workbook"


STORING = """
import itertools, os
from reporting import archive, database
engine = database.engine()
for number in itertools.count():
    with engine.begin() as connection:
        archive.store(connection, os.urandom(1000) * 300, "application/octet-stream")
    print(number, flush=True)
"""


@pytest.mark.parametrize("after", [1, 4])
def test_a_process_killed_while_it_keeps_leaves_no_row_without_its_bytes(
    bucket: Any, registered: Engine, after: int
) -> None:
    process = subprocess.Popen([sys.executable, "-c", STORING], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(after):
        assert process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    rows = kept(registered)
    assert len(rows) >= after
    assert {f"kept/{sha256[:2]}/{sha256}" for sha256 in rows} <= keys(bucket), "the bytes come first"
    with registered.connect() as connection:
        assert set(retention.verify(connection)) == {None}


def test_a_storage_that_does_not_answer_is_an_error_and_loses_nothing(
    bucket: Any, registered: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with registered.begin() as connection:
        before = archive.store(connection, b"kept before", "text/plain")
    answering = os.environ["AWS_ENDPOINT_URL"]
    use(f"http://127.0.0.1:{free_ports(1)[0]}", monkeypatch)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    started = time.monotonic()
    with pytest.raises(OSError, match=r"The object storage of .* failed"), registered.begin() as connection:
        archive.store(connection, b"comes meanwhile", "text/plain")
    with pytest.raises(OSError, match=r"The object storage of .* failed"):
        archive.read(before)
    assert time.monotonic() - started < BOUND, "a task fails in time to be tried again"
    assert kept(registered) == {before}, "no row speaks of bytes that were not kept"
    use(answering, monkeypatch)
    with registered.begin() as connection:
        again = archive.store(connection, b"comes meanwhile", "text/plain")
    assert kept(registered) == {before, again}
    assert archive.read(before) == b"kept before"


def test_a_bucket_into_which_offices_lay_files_is_a_channel(bucket: Any) -> None:
    client = boto3.client("s3")
    client.create_bucket(Bucket="submissions")
    client.put_object(Bucket="submissions", Key="so-a/bao_cao.xlsx", Body=b"a workbook")
    client.put_object(Bucket="submissions", Key="so-a/bao_cao.xlsx.part", Body=b"half")
    channel = Folder(UPath("s3://submissions"), "folder:s3://submissions", settle_seconds=0.0)
    (key,) = channel.waiting()
    item = channel.fetch(key)
    assert item is not None
    assert item.raw == b"a workbook"
    assert channel.mark_collected(key)
    assert channel.waiting() == []
    listed = {found["Key"] for found in client.list_objects_v2(Bucket="submissions")["Contents"]}
    assert listed == {f"{COLLECTED}/so-a/bao_cao.xlsx", "so-a/bao_cao.xlsx.part"}
