"""How Airflow runs in the local stack: its configuration by environment, its parts, its health."""

from __future__ import annotations

import json
import os
import ssl
import sys
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from local_stack import observability
from local_stack.layout import CLONE, DEMO, LEADER, PERSON, Layout, Secrets
from local_stack.ports import LOOPBACK
from local_stack.topology import LAPTOP, PROXY_PART, REDIS_PART, STORAGE_PART, Topology

PARTS: Mapping[str, tuple[str, ...]] = LAPTOP.airflow
AUTH_MANAGER = "local_stack.auth_manager.OfficeFabAuthManager"
HEALTH_KEYS = {"scheduler": "scheduler", "dag-processor": "dag_processor", "triggerer": "triggerer"}
INSTANCE_NAME = "Kỳ Báo Cáo"
TIMEZONE = "Asia/Ho_Chi_Minh"
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "SSL_CERT_FILE", "SSL_CERT_DIR", "LD_LIBRARY_PATH")


@dataclass(frozen=True)
class Ports:
    """The ports of one stack, all chosen free; ``more`` are those of an office's further parts, by part."""

    api: int
    postgres: int
    smtp: int
    worker_logs: int
    trigger_logs: int
    more: Mapping[str, int] = field(default_factory=dict)

    @property
    def api_url(self) -> str:
        """Address of the api-server itself, as the other parts use it."""
        return f"http://{LOOPBACK}:{self.api}"

    @property
    def base_url(self) -> str:
        """Address of the user interface: that of the proxy where there is one."""
        proxy = self.more.get(PROXY_PART)
        return self.api_url if proxy is None else f"https://{LOOPBACK}:{proxy}"

    @property
    def storage_url(self) -> str:
        """Address of the object storage that belongs to the stack."""
        return f"http://{LOOPBACK}:{self.more[STORAGE_PART]}"

    def broker_url(self, password: str, authority: Path) -> str:
        """Address of Redis, believed by the certificate of ``authority`` alone."""
        options = f"ssl_cert_reqs=required&ssl_ca_certs={quote(str(authority), safe='')}"
        return f"rediss://:{quote(password, safe='')}@{LOOPBACK}:{self.more[REDIS_PART]}/0?{options}"


def command(*arguments: str) -> list[str]:
    """Return the command line of Airflow's own program in this environment."""
    return [sys.executable, "-m", "airflow", *arguments]


def configuration(
    layout: Layout,
    secrets: Secrets,
    ports: Ports,
    airflow_url: str,
    topology: Topology = LAPTOP,
    broker_url: str = "",
) -> dict[str, str]:
    """Return Airflow's configuration as environment variables; ``airflow_url`` is its database's,
    ``broker_url`` that of the Celery workers' queue, for a topology that has any.
    """
    sections: dict[str, dict[str, str]] = {
        "core": {
            "executor": "LocalExecutor",
            "parallelism": str(topology.concurrency),
            "dags_folder": str(CLONE / "dags"),
            "plugins_folder": str(CLONE / "plugins"),
            "load_examples": "False",
            "dags_are_paused_at_creation": "False",
            "default_timezone": TIMEZONE,
            "fernet_key": secrets.fernet_key,
            "execution_api_server_url": f"{ports.api_url}/execution/",
            "hostname_callable": "local_stack.hostname.loopback",
        },
        "database": {"sql_alchemy_conn": airflow_url},
        "api": {
            "host": LOOPBACK,
            "port": str(ports.api),
            "base_url": ports.base_url,
            "workers": "1",
            "secret_key": secrets.api_secret_key,
            "instance_name": INSTANCE_NAME,
        },
        "api_auth": {"jwt_secret": secrets.jwt_secret},
        "scheduler": {
            "scheduler_idle_sleep_time": "0.1",
            # a killed worker or triggerer is noticed in seconds rather than minutes
            "task_instance_heartbeat_timeout": "15",
            "task_instance_heartbeat_timeout_detection_interval": "5",
            "orphaned_tasks_check_interval": "15",
        },
        "triggerer": {"triggerer_health_check_threshold": "15"},
        # How long a task may have ended unnoticed: an answer that comes before it is noticed fails the task
        "workers": {"min_heartbeat_interval": "1"},
        "dag_processor": {
            "dag_bundle_storage_path": str(layout.airflow / "bundles"),
            "min_file_process_interval": "60",
            "refresh_interval": "30",
            "parsing_processes": "1",
            "print_stats_interval": "0",
        },
        "logging": {
            "logging_level": "INFO",
            "worker_log_server_port": str(ports.worker_logs),
            "trigger_log_server_port": str(ports.trigger_logs),
        },
    }
    if topology.is_office:
        _as_in_an_office(sections, topology, airflow_url, broker_url)
    else:
        sections["core"] |= {
            "simple_auth_manager_users": f"{PERSON}:admin,{LEADER}:admin,{DEMO}:admin",
            "simple_auth_manager_passwords_file": str(passwords_file(layout)),
        }
    for section, found in observability.options(os.environ).items():
        sections[section] = sections.get(section, {}) | found
    variables = {
        f"AIRFLOW__{section.upper()}__{option.upper()}": value
        for section, options in sections.items()
        for option, value in options.items()
    }
    variables["AIRFLOW_HOME"] = str(layout.airflow)
    return variables


def _as_in_an_office(
    sections: dict[str, dict[str, str]], topology: Topology, airflow_url: str, broker_url: str
) -> None:
    """Let Celery workers run the tasks and people log in with accounts of their own, behind a proxy."""
    sections["core"] |= {
        "executor": "CeleryExecutor",
        # no more tasks are queued than workers can begin: one that waits in a queue is told from a lost one
        "parallelism": str(topology.workers * topology.concurrency),
        "auth_manager": AUTH_MANAGER,
    }
    sections["celery"] = {
        "broker_url": broker_url,
        "result_backend": f"db+{airflow_url}",
        "worker_concurrency": str(topology.concurrency),
        "worker_prefetch_multiplier": "1",
        "sync_parallelism": "1",
        # a second, Airflow's own measure, passes on a busy machine before Redis has the task
        "operation_timeout": "15",
    }
    # so many seconds an api-server at work may take to answer a task
    sections["workers"]["execution_api_timeout"] = "30"
    # longer than any task: what a worker left behind is found by its heartbeat and by the time in the queue
    sections["celery_broker_transport_options"] = {"visibility_timeout": "86400"}
    # what was queued when a worker or Redis died is queued again
    sections["scheduler"] |= {
        "task_queued_timeout": "60",
        "task_queued_timeout_check_interval": "15",
        # as often as it takes: after Airflow's own 2, tasks fail for good if workers or Redis are away
        "num_stuck_in_queued_retries": "100000",
    }
    sections["fab"] = {
        "enable_proxy_fix": "True",
        "cookie_secure": "True",
        "session_lifetime_minutes": "480",
        "session_max_lifetime_minutes": "480",  # the web interface's token besides
    }


def surroundings(layout: Layout) -> dict[str, str]:
    """Return the rest of a part's environment: homes and caches below the stack's folder, import paths."""
    home = layout.home
    variables = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    variables |= observability.passed_on(os.environ)
    variables.setdefault("LANG", "C.UTF-8")
    # the programs of this environment come first, `make up` need not have activated it
    variables["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{variables.get('PATH', os.defpath)}"
    variables |= {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
        "MPLCONFIGDIR": str(home / ".config" / "matplotlib"),
        "PYTHONPATH": os.pathsep.join([str(CLONE / "include"), str(CLONE / "plugins")]),
        "PYTHONUNBUFFERED": "1",
        # process titles would otherwise overwrite the variables by which a stack's processes are found
        "SPT_NOENV": "1",
        "GX_ANALYTICS_ENABLED": "False",
        "DO_NOT_TRACK": "1",
        "NO_PROXY": f"{LOOPBACK},localhost",
        "no_proxy": f"{LOOPBACK},localhost",
    }
    if layout.temporary is not None:
        variables["TMPDIR"] = str(layout.temporary)
    return variables


def passwords_file(layout: Layout) -> Path:
    """Return where Airflow's simple auth manager reads its users' passwords."""
    return layout.airflow / "passwords.json"


@dataclass
class Api:
    """Airflow's REST interface for one user; over TLS the certificate of ``authority`` is believed."""

    base_url: str
    username: str
    password: str
    authority: Path | None = None
    _token: str | None = field(default=None, repr=False)

    def get(self, path: str) -> Any:
        """Return the JSON that ``GET path`` answers. Raises OSError if Airflow does not answer."""
        if self._token is None and path.startswith("/api/v2/") and not path.startswith("/api/v2/monitor"):
            body = {"username": self.username, "password": self.password}
            self._token = str(self._call("POST", "/auth/token", body)["access_token"])
        return self._call("GET", path)

    def _call(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Any:
        request = urllib.request.Request(self.base_url + path, method=method)
        request.add_header("Content-Type", "application/json")
        if self._token is not None:
            request.add_header("Authorization", f"Bearer {self._token}")
        data = None if body is None else json.dumps(body).encode()
        trust = None if self.authority is None else ssl.create_default_context(cafile=str(self.authority))
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust)
        )
        with opener.open(request, data, timeout=10) as answer:
            return json.load(answer)


def unhealthy_parts(api: Api, since: Mapping[str, float]) -> list[str]:
    """Return the parts that have not reported themselves healthy since they were started.

    ``since`` maps each part to its start in seconds since 1970: the heartbeat of a part that was killed
    a moment ago looks healthy for a while.
    """
    try:
        health = api.get("/api/v2/monitor/health")
    except (OSError, ValueError):
        return list(PARTS)
    waiting = []
    for part, key in HEALTH_KEYS.items():
        state = health.get(key) or {}
        beat = state.get(f"latest_{key}_heartbeat")
        started = datetime.fromtimestamp(since[part], UTC)
        if state.get("status") != "healthy" or not beat or datetime.fromisoformat(beat) < started:
            waiting.append(part)
    return waiting


@dataclass(frozen=True)
class Parsing:
    """What Airflow made of the files in dags/: still to come, and what could not be read."""

    waiting: tuple[str, ...]
    errors: tuple[str, ...]


def parsing(api: Api, since: float) -> Parsing:
    """Compare the files in dags/ with what Airflow has parsed since the moment ``since``.

    Raises OSError if Airflow does not answer.
    """
    expected = {path.name for path in dag_files()}
    found = api.get("/api/v2/dags?limit=1000&exclude_stale=false")["dags"]
    after = datetime.fromtimestamp(since, UTC)
    parsed = {
        Path(dag["fileloc"]).name
        for dag in found
        if dag.get("last_parsed_time") and datetime.fromisoformat(dag["last_parsed_time"]) >= after
    }
    errors = {
        Path(error["filename"]).name: str(error["stack_trace"]).strip().splitlines()[-1]
        for error in api.get("/api/v2/importErrors?limit=100")["import_errors"]
        if error.get("filename") and datetime.fromisoformat(error["timestamp"]) >= after
    }
    waiting = sorted(expected - parsed - set(errors))
    return Parsing(tuple(waiting), tuple(f"dags/{name}: {error}" for name, error in sorted(errors.items())))


def dag_files() -> list[Path]:
    """Return the files that define DAGs, told as Airflow tells them: both words occur."""
    found = []
    for path in sorted((CLONE / "dags").glob("*.py")):
        text = path.read_text("utf-8").lower()
        if "dag" in text and "airflow" in text:
            found.append(path)
    return found
