"""What an office's topology has beside Airflow's parts: Redis, an object storage, the proxy, accounts."""

from __future__ import annotations

import re
import shutil
import sys
import time
import urllib.request
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from local_stack.layout import (
    ADMINISTRATOR,
    CLONE,
    DEMO,
    LEADER,
    PERSON,
    Layout,
    Secrets,
    write_private,
)
from local_stack.ports import LOOPBACK, is_open
from local_stack.topology import PROXY_PART, REDIS_PART, STORAGE_PART, Topology

if TYPE_CHECKING:
    from local_stack.airflow import Ports
    from local_stack.tls import Certificates

PROGRAMS = {"redis-server": "redis-server", "nginx": "nginx-light"}
"""Programs of the system that an office needs, with the Debian package of each."""
BUCKET = "archive"
STORAGE_USER = "reporting"
_PROXY_TEMPLATE = CLONE / "docker" / "proxy.conf"
_ASKED_FOR_SECONDS = 1.0
_STORAGE_SECONDS = 60.0
_PLACE = re.compile(r"\$\{(PROXY_[A-Z]+)\}")
_ACCOUNTS = {
    ADMINISTRATOR: ("Admin", "Quản trị hệ thống"),
    "nguoi_xem": ("nguoi_xem", "Người xem"),
    "phan_tich": ("phan_tich", "Người phân tích số liệu"),
    "van_hanh": ("van_hanh", "Người vận hành"),
    PERSON: ("can_bo", "Cán bộ phụ trách"),
    LEADER: ("can_bo", "Lãnh đạo đơn vị"),
    DEMO: ("can_bo", "Người diễn tập"),
}


def program(name: str) -> str | None:
    """Return the path of a program of the system, also where only root has its folder on the path."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")


def missing_programs() -> dict[str, str]:
    """Return the programs that are not installed, with the packages that bring them."""
    return {name: package for name, package in PROGRAMS.items() if program(name) is None}


def redis_command(layout: Layout, secrets: Secrets, ports: Ports, certificates: Certificates) -> list[str]:
    """Write Redis's configuration and return its command line.

    It listens on loopback alone, encrypted, wants a password, and appends every change to a file before it
    answers: what was queued is there again when it was killed.
    """
    layout.redis.mkdir(mode=0o700, exist_ok=True)
    settings = {
        "bind": LOOPBACK,
        "port": "0",
        "tls-port": str(ports.more[REDIS_PART]),
        "tls-cert-file": f'"{certificates.certificate}"',
        "tls-key-file": f'"{certificates.key}"',
        "tls-ca-cert-file": f'"{certificates.authority}"',
        "tls-auth-clients": "no",
        "requirepass": secrets.redis_password,
        "dir": f'"{layout.redis}"',
        "appendonly": "yes",
        "save": '""',
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "set-proc-title": "no",  # it would be written over the variables that mark a stack's processes
        "logfile": '""',
    }
    file = layout.redis / "redis.conf"
    write_private(file, "".join(f"{name} {value}\n" for name, value in settings.items()))
    return [str(program("redis-server")), str(file)]


def proxy_command(layout: Layout, ports: Ports, certificates: Certificates) -> list[str]:
    """Fill in the containers' proxy configuration for this stack and return nginx's command line."""
    layout.proxy.mkdir(mode=0o700, exist_ok=True)
    given = {
        "PROXY_LISTEN": f"{LOOPBACK}:{ports.more[PROXY_PART]}",
        "PROXY_CERTIFICATE": str(certificates.certificate),
        "PROXY_KEY": str(certificates.key),
        "PROXY_UPSTREAM": f"http://{LOOPBACK}:{ports.api}",
        "PROXY_AUTHORITY": str(certificates.authority),
        "PROXY_FOLDER": str(layout.proxy),
    }
    file = layout.proxy / "nginx.conf"
    write_private(file, fill_in(_PROXY_TEMPLATE.read_text("utf-8"), given))
    # one process, as whoever started the stack: a killed one leaves no child, which would hold the port and
    # could not be found, because nginx writes its titles over the variables that mark a stack's processes
    directives = "daemon off; master_process off;"
    command = [str(program("nginx")), "-e", "stderr", "-p", str(layout.proxy), "-c", str(file)]
    return [*command, "-g", directives]


def fill_in(template: str, given: dict[str, str]) -> str:
    """Replace every ``${PROXY_…}`` as envsubst does; anything else with a dollar is nginx's own.

    Raises KeyError for a place that nothing was given for.
    """
    return _PLACE.sub(lambda place: given[place[1]], template)


def storage_command(ports: Ports) -> list[str]:
    """Return the command line of an S3-compatible object storage that forgets everything when it ends."""
    return [sys.executable, "-m", "moto.server", "-H", LOOPBACK, "-p", str(ports.more[STORAGE_PART])]


def make_bucket(ports: Ports) -> None:
    """Make the archive's bucket once the stack's object storage answers. Raises OSError if it does not."""
    deadline = time.monotonic() + _STORAGE_SECONDS
    while not is_open(ports.more[STORAGE_PART]) and time.monotonic() < deadline:
        time.sleep(0.1)
    request = urllib.request.Request(f"{ports.storage_url}/{BUCKET}", method="PUT")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30):
        pass


def storage_environment(ports: Ports, secrets: Secrets) -> dict[str, str]:
    """Return the variables by which the archive lies in the stack's object storage."""
    return {
        "REPORTING_ARCHIVE": f"s3://{BUCKET}",
        "FSSPEC_S3_ENDPOINT_URL": ports.storage_url,
        "AWS_ACCESS_KEY_ID": STORAGE_USER,
        "AWS_SECRET_ACCESS_KEY": secrets.storage_password,
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def write_accounts(layout: Layout) -> Path:
    """Write this stack's file of accounts, beside it the first password of each; returns the file."""
    layout.accounts.mkdir(mode=0o700, exist_ok=True)
    secrets = asdict(layout.secrets())
    for name in _ACCOUNTS:
        write_private(layout.accounts / f"{name}_password", secrets[f"{name}_password"] + "\n")
    accounts = [
        {"name": name, "full_name": full, "email": f"{name}@bo-chu-tri.example", "role": role}
        for name, (role, full) in _ACCOUNTS.items()
    ]
    file = layout.accounts / "accounts.yaml"
    write_private(file, yaml.safe_dump({"accounts": accounts}, allow_unicode=True, sort_keys=False))
    return file


def silent_workers(topology: Topology, broker_url: str) -> list[str]:
    """Return the Celery workers that do not answer a call over the queue; all of them where it is closed."""
    from celery import Celery  # type: ignore[import-untyped]  # it takes a second
    from kombu.exceptions import OperationalError

    with Celery("local_stack", broker=broker_url, set_as_current=False) as app:
        app.conf.broker_transport_options = {"max_retries": 1, "interval_start": 0}  # who asks, asks again
        try:
            answers = app.control.ping(timeout=_ASKED_FOR_SECONDS) or []
        except (OSError, OperationalError, *app.connection_for_read().connection_errors):
            return list(topology.worker_names)
    heard = {name.partition("@")[0] for answer in answers for name in answer}
    return [name for name in topology.worker_names if name not in heard]
