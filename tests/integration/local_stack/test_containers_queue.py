"""The containers' queue as docker/redis.sh starts it, and the question whether a worker lives."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from local_stack.container import is_worker_alive, make_certificates
from local_stack.layout import CLONE
from local_stack.ports import free_ports

SCRIPT = CLONE / "docker" / "redis.sh"
PATIENCE = 30.0

pytestmark = pytest.mark.skipif(
    shutil.which("redis-server") is None, reason="redis-server is not installed (Debian: redis-server)"
)


@dataclass
class Queue:
    folder: Path
    port: int
    password: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "SECRETS_FOLDER": str(self.folder),
            "REDIS_FOLDER": str(self.folder / "run"),
            "REDIS_DATA": str(self.folder / "data"),
            "REDIS_PORT": str(self.port),
        }

    @property
    def broker(self) -> str:
        authority = str(self.folder / "tls_ca").replace("/", "%2F")
        return (
            f"rediss://:{self.password}@localhost:{self.port}/0"
            f"?ssl_cert_reqs=required&ssl_ca_certs={authority}"
        )

    def is_healthy(self) -> bool:
        asked = subprocess.run([SCRIPT, "healthy"], env=self.environment, capture_output=True, check=False)
        return asked.returncode == 0

    def start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [SCRIPT, "serve"], env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(self.is_healthy)
        return process


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.1)


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    make_certificates(tmp_path, "h")
    for path in list(tmp_path.glob("*.txt")):
        path.rename(path.with_suffix(""))
    (tmp_path / "redis_password").write_text(secrets.token_urlsafe(12) + "\n", "utf-8")
    for name in ("run", "data"):
        (tmp_path / name).mkdir()
    return Queue(tmp_path, free_ports(1)[0], (tmp_path / "redis_password").read_text("utf-8").strip())


def test_the_queue_speaks_to_who_knows_the_password_alone_and_keeps_what_was_queued(queue: Queue) -> None:
    import redis

    process = queue.start()
    try:
        authority = str(queue.folder / "tls_ca")
        right = redis.Redis(
            "localhost", queue.port, password=queue.password, ssl=True, ssl_ca_certs=authority
        )
        right.lpush("live", "a task")
        with pytest.raises(redis.AuthenticationError):
            redis.Redis("localhost", queue.port, password="x", ssl=True, ssl_ca_certs=authority).ping()
        with pytest.raises(redis.ConnectionError):
            redis.Redis("localhost", queue.port, password=queue.password).ping()
        assert queue.password not in Path(f"/proc/{process.pid}/cmdline").read_text("utf-8")
        time.sleep(1.1)  # the file is forced to disk every second
        process.kill()
        process.wait()
        assert not queue.is_healthy()
        process = queue.start()
        assert right.lrange("live", 0, -1) == [b"a task"]
    finally:
        process.terminate()
        process.wait()


def test_a_worker_is_alive_while_it_answers_under_its_own_name(queue: Queue) -> None:
    process = queue.start()
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "-b", queue.broker, "worker", "-P", "solo", "-n", "worker@here"],
        cwd=queue.folder,
        env=os.environ | {"C_FORCE_ROOT": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: is_worker_alive(queue.broker, "worker@here"))
        assert not is_worker_alive(queue.broker, "worker@elsewhere")
        worker.kill()
        worker.wait()
        assert not is_worker_alive(queue.broker, "worker@here")
    finally:
        worker.kill()
        worker.wait()
        process.terminate()
        process.wait()


def test_a_missing_secret_stops_the_queue(queue: Queue) -> None:
    (queue.folder / "redis_password").unlink()
    done = subprocess.run(
        [SCRIPT, "serve"], env=queue.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "secrets/redis_password.txt is missing or empty" in done.stderr
