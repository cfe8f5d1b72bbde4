"""The containers' files: complete, without defaults for what is secret, each service with what it needs
and no more, and told the same as the office's stack on one machine.

No container engine is needed, and none is asked: docs/containers.md says what that leaves unchecked.
"""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jsonschema
import pytest
import yaml

from local_stack import airflow, container, observability
from local_stack.airflow import Ports
from local_stack.layout import Layout, Secrets
from local_stack.stack import (
    AIRFLOW_DATABASE,
    AIRFLOW_ROLE,
    ANALYST_ROLE,
    BACKUP_ROLE,
    OWNER_ROLE,
    PIPELINE_ROLE,
    WAREHOUSE,
)
from local_stack.topology import Topology
from reporting.intake.virus_scan import FILE_SECONDS
from reporting.settings import Settings

CLONE = Path(__file__).parents[2]
COMPOSE = CLONE / "docker-compose.yml"
DOCKERFILE = (CLONE / "Dockerfile").read_text("utf-8")
STACK: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
SCHEMA = json.loads((CLONE / "tests" / "data" / "compose" / "compose-spec.json").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = STACK["services"]
OFFICE = Topology(workers=1)
ONCE = {"init", "cli", "upkeep"}  # they end by themselves
WORKERS = {"worker": "live,default", "worker-rehearsal": "rehearsal"}
PLANNING = {"api-server", "scheduler", "dag-processor", "triggerer"}
AIRFLOW_PARTS = PLANNING | set(WORKERS)
OURS = AIRFLOW_PARTS | ONCE | {"capture"}
PIPELINE = {"dag-processor", "triggerer", "cli", "upkeep", *WORKERS}
PROFILES = {
    "worker-rehearsal": ["capture"],
    "capture": ["capture"],
    "cli": ["cli"],
    "upkeep": ["upkeep"],
    "clamav": ["clamav"],
}
SERVED_WITH_TLS = {"postgres", "redis", "storage", "api-server", "proxy"}
VARIABLE = re.compile(r"\$\{([A-Z_0-9]+)(:?[-?])?([^}]*)\}")
PLACE = re.compile(r"\{secret:([a-z_]+)\??\}")

# Where the containers are told otherwise than the office's stack on one machine, and why.
OTHERWISE = {
    # addresses and folders of a container
    "AIRFLOW_HOME",
    "AIRFLOW__CORE__DAGS_FOLDER",
    "AIRFLOW__CORE__PLUGINS_FOLDER",
    "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
    "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    "AIRFLOW__CELERY__BROKER_URL",
    "AIRFLOW__CELERY__RESULT_BACKEND",
    "AIRFLOW__API__HOST",
    "AIRFLOW__API__PORT",
    "AIRFLOW__API__BASE_URL",
    # chosen in .env
    "AIRFLOW__CORE__PARALLELISM",
    "AIRFLOW__CELERY__WORKER_CONCURRENCY",
    # put in from files
    "AIRFLOW__CORE__FERNET_KEY",
    "AIRFLOW__API__SECRET_KEY",
    "AIRFLOW__API_AUTH__JWT_SECRET",
    # patience: nobody kills parts on purpose there, and a busy machine must not look like a dead one
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT",
}
MACHINE_ALONE = {
    # all parts of the stack on one machine share its name and ports; a container has its own
    "AIRFLOW__CORE__HOSTNAME_CALLABLE",
    "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT",
    "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT",
    # speed of a rehearsal: idle loops cost an office's machine more than a second's wait
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD",
}
CONTAINERS_ALONE = {
    # the api-server is asked over a network, not over loopback
    "AIRFLOW__API__SSL_CA_FILE",
    "AIRFLOW__API__SSL_CERT",
    "AIRFLOW__API__SSL_KEY",
    # a rehearsal's tasks run where the capture server listens on loopback
    "AIRFLOW__OPERATORS__DEFAULT_QUEUE",
}
UNDOCUMENTED = {"AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES"}
METRICS = {name: ["metrics"] for name in ("statsd-exporter", "prometheus", "alertmanager", "node-exporter")}
# What a container is not told, and why.
NOT_TOLD = {
    "REPORTING_PG_BIN",  # the lock brings pg_dump of the server's version
}


@pytest.fixture(scope="module")
def machine() -> dict[str, str]:
    """What the office's stack on one machine tells Airflow."""
    more = {"redis": 40006, "proxy": 40007}
    ports = Ports(api=40001, postgres=40002, smtp=40003, worker_logs=40004, trigger_logs=40005, more=more)
    url = "postgresql+psycopg2://airflow:x@127.0.0.1:5432/airflow"
    layout = Layout(Path("/somewhere"))
    return airflow.configuration(layout, Secrets.generate(), ports, url, OFFICE, "rediss://x")


def environment(service: str) -> dict[str, str]:
    return dict(SERVICES[service].get("environment", {}))


def secrets_of(service: str) -> set[str]:
    """The names of the secrets that a service is handed."""
    given = SERVICES[service].get("secrets", [])
    return {secret if isinstance(secret, str) else secret["source"] for secret in given}


def volumes_of(service: str) -> list[str]:
    return list(SERVICES[service].get("volumes", []))


def networks_of(service: str) -> set[str]:
    """The networks in which a service can be reached; the capture server's are those of its host."""
    return set(SERVICES[service].get("networks", []))


def airflow_options() -> set[str]:
    """Every option Airflow or an installed provider describes, written as an environment variable."""
    from airflow.configuration import conf

    return {
        f"AIRFLOW__{section.upper().replace('.', '_')}__{option.upper()}"
        for section, described in conf.configuration_description.items()
        for option in described["options"]
    }


# -- the file as a whole -------------------------------------------------------------------------------------


def test_the_file_is_of_the_compose_specification() -> None:
    found = [error.message for error in jsonschema.Draft7Validator(SCHEMA).iter_errors(STACK)]
    assert found == []


def test_the_schema_finds_what_is_no_compose_file() -> None:
    broken = {"services": {"one": {"image": "x:1", "memory_limit": "1g"}}}
    assert list(jsonschema.Draft7Validator(SCHEMA).iter_errors(broken))


def test_the_services_are_the_parts_of_an_office_and_no_more() -> None:
    needed = {"postgres", "redis", "storage", "proxy", "clamav", "capture"}
    assert set(SERVICES) - set(METRICS) == needed | PLANNING | set(WORKERS) | ONCE
    assert {name: s["profiles"] for name, s in SERVICES.items() if "profiles" in s} == PROFILES | METRICS
    for part in PLANNING:
        assert SERVICES[part]["command"] == ["airflow", *OFFICE.airflow[part]]


def test_a_worker_serves_the_queue_of_its_mode_and_starts_as_on_one_machine() -> None:
    on_one_machine = ["airflow", *OFFICE.airflow["worker1"]]
    for name, queue in WORKERS.items():
        command = list(SERVICES[name]["command"])
        at = command.index("--queues")
        assert command.pop(at + 1) == queue
        command.pop(at)
        at = on_one_machine.index("--concurrency")  # by AIRFLOW__CELERY__WORKER_CONCURRENCY
        assert command == [
            *on_one_machine[:at],
            *on_one_machine[at + 2 : -1],
            f"{container.WORKER_PART}@%h",
        ]
    example = dict(re.findall(r"^([A-Z_0-9]+)=(.*)$", (CLONE / ".env.example").read_text("utf-8"), re.M))
    assert example["REPORTING_MAILBOX_MODE"] in WORKERS["worker"].split(",")
    # a task that waits keeps the queue it began with: in release 0.1.0 Airflow's own
    assert "default" in WORKERS["worker"].split(",")
    for part in AIRFLOW_PARTS:
        assert environment(part)["AIRFLOW__OPERATORS__DEFAULT_QUEUE"].startswith("${REPORTING_MAILBOX_MODE:")


def test_workers_scale_and_let_a_task_end() -> None:
    worker = SERVICES["worker"]
    assert not {"container_name", "hostname", "ports", "scale", "network_mode"} & set(worker)
    assert worker["deploy"]["replicas"] == "${WORKERS:-2}", "what --scale says is forgotten by the next `up`"
    example = dict(re.findall(r"^([A-Z_]+)=(\d+)$", (CLONE / ".env.example").read_text("utf-8"), re.M))
    at_once = int(example["WORKERS"]) * int(example["WORKER_CONCURRENCY"])
    assert int(example["AIRFLOW_PARALLELISM"]) == at_once, "what nobody can begin counts as lost after a time"
    assert worker["stop_grace_period"] == "600s"
    assert SERVICES["worker-rehearsal"]["scale"] == 1, (
        "the capture server shares the network of one container"
    )


# -- limits and little power ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_limits_little_power_and_a_way_to_come_back(name: str) -> None:
    service = SERVICES[name]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert service["restart"] == ("no" if name in ONCE else "unless-stopped")
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert service["logging"]["options"]["max-size"]
    assert not {"privileged", "cap_add", "pid", "ipc", "devices"} & set(service)
    check = service["healthcheck"]
    if name in ONCE:
        assert check == {"disable": True}
    else:
        assert check["test"][0] == "CMD"
        assert {"interval", "timeout", "retries", "start_period"} < set(check)


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_runs_as_root(name: str) -> None:
    user = str(SERVICES[name].get("user", ""))
    if name in OURS:
        assert user == ""
        assert "\nUSER 10001:10001\n" in DOCKERFILE
    else:
        assert user
        assert user.split(":")[0] not in {"0", "root"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_what_a_container_of_ours_writes_is_on_tmpfs_or_a_volume(name: str) -> None:
    kept_in_memory = {entry.split(":")[0] for entry in SERVICES[name]["tmpfs"]}
    assert {"/tmp", "/home/reporting", "/opt/airflow"} <= kept_in_memory
    for entry in SERVICES[name]["tmpfs"]:
        options = entry.split(":")[1].split(",")
        assert any(option.startswith("size=") for option in options), "memory is not without bound"
        assert "mode=1777" in options or "uid=10001" in options


@pytest.mark.parametrize("part", sorted(AIRFLOW_PARTS))
def test_a_part_of_airflow_is_asked_about_by_its_own_name(part: str) -> None:
    command = SERVICES[part]["healthcheck"]["test"]
    asked = container.WORKER_PART if part in WORKERS else part
    assert command == ["CMD", "python", "-m", "local_stack.container", "healthy", asked]


def test_a_service_waits_only_for_what_is_there() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            assert other in SERVICES, name
            assert set(SERVICES[other].get("profiles", [])) <= set(service.get("profiles", [])), (
                f"{name} waits for {other}, which its profile does not start"
            )
            if how["condition"] == "service_healthy":
                assert "test" in SERVICES[other]["healthcheck"], f"{name} waits for {other}'s health"
            if how["condition"] == "service_completed_successfully":
                assert other in ONCE, f"{name} waits for the end of {other}"
    assert all("init" in SERVICES[part]["depends_on"] for part in AIRFLOW_PARTS)


def test_images_are_pinned_to_a_full_version() -> None:
    images = {service["image"] for service in SERVICES.values()} | set(
        re.findall(r"^FROM (\S+)", DOCKERFILE, re.M)
    )
    for image in images:
        assert re.search(r":v?\d+\.\d+\.\d+(-[a-z]+)*$|^postgres:\d+\.\d+-[a-z]+$", image), image
    assert re.findall(r"^FROM python:(\d+\.\d+)", DOCKERFILE, re.M) == ["3.12", "3.12"]
    version = re.search(r'^version = "(.+)"', (CLONE / "pyproject.toml").read_text("utf-8"), re.M)
    assert version is not None
    assert {SERVICES[name]["image"] for name in OURS} == {f"ky-bao-cao:{version[1]}"}


# -- networks ------------------------------------------------------------------------------------------------


def test_the_proxy_alone_listens_beyond_this_machine() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"postgres", "proxy", "prometheus"}
    for name in set(published) - {"proxy"}:
        assert all(port.startswith("127.0.0.1:") for port in published[name])


def test_networks_part_what_people_reach_from_what_keeps_the_data() -> None:
    networks = {name: how or {} for name, how in STACK["networks"].items()}
    members = {name: {s for s in SERVICES if name in networks_of(s)} for name in networks}
    assert members["front"] == {"proxy", "api-server"}
    assert members["entrance"] == {"proxy"}
    assert "proxy" not in members["back"], "who breaks into the proxy reaches the api-server alone"
    assert members["analysts"] == {"postgres"}
    assert members["watch"] == set(METRICS)
    assert members["watchers"] == {"prometheus"}, (
        "Prometheus asks for no password: this machine alone reaches it"
    )
    assert members["scan"] == {"clamav", *WORKERS}, "clamd knows no password"
    assert members["outside"] == {"triggerer", "cli", "clamav", "alertmanager", *WORKERS}, (
        "who asks servers of others"
    )
    assert {name for name, how in networks.items() if how.get("internal")} == {
        "front",
        "back",
        "scan",
        "watch",
    }
    masquerade = "com.docker.network.bridge.enable_ip_masquerade"
    for name in ("analysts", "watchers"):
        assert networks[name]["driver_opts"][masquerade] == "false", "in, but not out"


def test_rehearsals_send_to_the_capture_server_over_loopback_and_nobody_else_reaches_it() -> None:
    capture = SERVICES["capture"]
    command = capture["command"]
    port = command[command.index("--port") + 1]
    assert capture["network_mode"] == "service:worker-rehearsal", "whoever sends runs in that container"
    assert not networks_of("capture")
    assert "ports" not in capture
    told = environment("worker-rehearsal")
    assert told["REPORTING_CAPTURE_ADDRESS"] == f"127.0.0.1:{port}"
    root = command[command.index("--root") + 1]
    assert told["REPORTING_CHANNELS"].startswith(f"maildir:{root}/${{REPORTING_MINISTRY_ADDRESS:?")
    assert any(volume.split(":")[1] == root for volume in volumes_of("capture"))


# -- secrets and TLS -----------------------------------------------------------------------------------------


def test_every_secret_is_a_file_that_the_command_draws_and_that_somebody_needs(tmp_path: Path) -> None:
    drawn = set(container.draw_secrets(tmp_path))
    container.make_certificates(tmp_path, "baocao.bo.example")
    made = {path.stem for path in tmp_path.glob("*.txt")}
    declared = STACK["secrets"]
    assert declared == {name: {"file": f"./secrets/{name}.txt"} for name in made - {container.AUTHORITY_KEY}}
    assert drawn < made
    assert set().union(*map(secrets_of, SERVICES)) == set(declared)


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_service_is_handed_the_secrets_that_it_names_and_no_others(name: str) -> None:
    values = environment(name).values()
    named = {secret for value in values for secret in PLACE.findall(value)}
    mounted = {found for value in values for found in re.findall(r"/run/secrets/([a-z_]+)", unquote(value))}
    assert secrets_of(name) == named | mounted


def test_who_needs_no_secret_of_a_kind_has_none() -> None:
    holders = {
        secret: {name for name in SERVICES if secret in secrets_of(name)} for secret in STACK["secrets"]
    }
    assert holders["owner_password"] == {"postgres", "init", "upkeep"}, "migrations alone run as the owner"
    assert holders["signing_key"] == {*WORKERS, "cli", "upkeep"}
    assert holders["smtp_url"] == {*WORKERS, "cli", "upkeep"}, "mail leaves from where tasks run"
    assert holders["reporting_password"] == {"postgres", *PIPELINE}
    assert holders["backup_password"] == {"postgres", *WORKERS, "cli", "upkeep"}
    assert holders["redis_password"] == {"redis", "scheduler", *WORKERS}
    assert holders["postgres_password"] == {"postgres"}
    assert holders["analyst_password"] == {"postgres"}
    for secret, services in holders.items():
        if secret.endswith("_tls_key"):
            assert services == {secret.removesuffix("_tls_key").replace("_", "-")}
    assert not secrets_of("clamav")


def test_no_password_or_key_stands_in_the_files_or_has_a_default() -> None:
    for name in SERVICES:
        for variable, value in environment(name).items():
            if re.search(
                r"PASSWORD$|SECRET|(?<!PROXY_)(?<!ACCESS_)(?<!SSL_)KEY$|TOKEN$|_CONN(_|$)", variable
            ):
                assert PLACE.search(value) or value.startswith("/run/secrets/"), f"{name}: {variable}"
            if variable.endswith("_FILE") and "SSL" not in variable:
                assert value.startswith("/run/secrets/")
            assert not re.search(r"://[^/{]*:[^/{]+@", value), f"{name}: {variable}"
    example = (CLONE / ".env.example").read_text("utf-8")
    assert not re.search(r"^\w*(PASSWORD|SECRET|SIGNING|TOKEN)\w*=", example, re.M)
    assert not re.search(r"PASSWORD=|SECRET=|KEY=|TOKEN=", DOCKERFILE)


def test_every_service_but_the_scanner_is_asked_over_tls() -> None:
    for service in SERVED_WITH_TLS:
        assert set(container.certificate_secrets(service)) <= secrets_of(service)
    for name in OURS - {"capture"}:
        told = environment(name)
        assert told["PGSSLMODE"] == "verify-full"
        assert told["PGSSLROOTCERT"] == "/run/secrets/tls_ca"
        assert not any(value.startswith("http://") for value in told.values())
    for name in ("scheduler", *WORKERS):
        broker = urlsplit(PLACE.sub("x", environment(name)["AIRFLOW__CELERY__BROKER_URL"]))
        assert broker.scheme == "rediss"
        options = {"ssl_cert_reqs": ["required"], "ssl_ca_certs": ["/run/secrets/tls_ca"]}
        assert parse_qs(broker.query) == options
    assert environment("worker")["AWS_ENDPOINT_URL"] == "${S3_ENDPOINT:-https://storage:9000}"
    assert environment("proxy")["PROXY_UPSTREAM"] == "https://api-server:8080"
    access = (CLONE / "docker" / "pg_hba.conf").read_text("utf-8")
    rules = [line.split() for line in access.splitlines() if line and not line.startswith("#")]
    assert [rule[0] for rule in rules] == ["local", "hostssl"]
    assert {rule[-1] for rule in rules} == {"scram-sha-256"}


# -- what the parts are told ---------------------------------------------------------------------------------


def test_every_variable_of_the_file_is_described_in_the_example_and_the_other_way_round() -> None:
    text = re.sub(r"^\s*#.*$", "", COMPOSE.read_text("utf-8"), flags=re.M)
    used = {name: (how, value) for name, how, value in VARIABLE.findall(text)}
    example = dict(re.findall(r"^([A-Z_0-9]+)=(.*)$", (CLONE / ".env.example").read_text("utf-8"), re.M))
    assert set(used) == set(example)
    for name, (how, value) in used.items():
        if how == ":?":
            assert example[name] == "", f"{name} is required: the example gives no value"
        else:
            assert how == ":-"
            assert example[name] == value, f"{name}: the example shows the default"
    assert re.sub(VARIABLE, "", text).count("$") == 0


def test_airflow_is_told_what_the_office_on_one_machine_tells_it(machine: dict[str, str]) -> None:
    told: dict[str, str] = {}
    for part in AIRFLOW_PARTS:
        for name, value in environment(part).items():
            if name.startswith("AIRFLOW_") and not name.startswith("AIRFLOW_CONN_"):
                assert told.setdefault(name, value) == value, f"{part} is told otherwise of {name}"
    metrics = {name: told.pop(name) for name in list(told) if name.startswith("AIRFLOW__METRICS__")}
    assert metrics.pop("AIRFLOW__METRICS__STATSD_ON") == "${METRICS:-False}"
    sections = observability.options({observability.STATSD: "statsd-exporter:9125"})["metrics"]
    wanted = {f"AIRFLOW__METRICS__{name.upper()}": value for name, value in sections.items()}
    wanted.pop("AIRFLOW__METRICS__STATSD_ON")
    assert metrics == wanted
    assert set(machine) - set(told) == MACHINE_ALONE
    assert set(told) - set(machine) == CONTAINERS_ALONE
    assert {name for name in set(told) & set(machine) if told[name] != machine[name]} == OTHERWISE
    own = {"AIRFLOW__API__SSL_CERT", "AIRFLOW__API__SSL_KEY"}
    queue = {"AIRFLOW__CELERY__BROKER_URL", "AIRFLOW__CELERY__RESULT_BACKEND"}
    for part in AIRFLOW_PARTS:
        lacking = set(told) - set(environment(part))
        assert lacking == (set() if part == "api-server" else own) | (
            set() if part in {"scheduler", *WORKERS} else queue
        )


def test_airflow_reads_the_option_that_it_does_not_describe() -> None:
    import inspect

    from airflow.jobs import scheduler_job_runner

    read = inspect.getsource(scheduler_job_runner)
    for option in UNDOCUMENTED:
        name = option.removeprefix("AIRFLOW__SCHEDULER__").lower()
        assert f'section="scheduler",\n            key="{name}"' in read


def test_airflow_knows_every_option() -> None:
    known = airflow_options() | {"AIRFLOW_HOME"} | UNDOCUMENTED
    assert "AIRFLOW__CORE__EXECUTOR" in known
    told = {name for part in AIRFLOW_PARTS for name in environment(part) if name.startswith("AIRFLOW_")}
    assert {name for name in told if not name.startswith("AIRFLOW_CONN_")} - known == set()


def test_the_pipeline_is_told_everything_it_can_be_told_where_it_works() -> None:
    known = {str(field.alias) for field in Settings.model_fields.values()} - NOT_TOLD
    own = {v for v in known if v == "REPORTING_WAREHOUSE_OWNER"}
    for name in SERVICES:
        told = {v for v in environment(name) if v.startswith(("REPORTING_", "AIRFLOW_CONN_"))}
        assert told <= known, name
        if name in {*WORKERS, "cli"}:
            assert told == known - own, name
        if name == "upkeep":
            assert told == known
    assert not known & set(environment("api-server")), (
        "the part that people reach gets nothing of the pipeline"
    )


def test_the_configuration_page_lists_what_the_containers_set() -> None:
    page = (CLONE / "docs" / "configuration.md").read_text("utf-8")
    for name in environment("upkeep"):
        if name.startswith(("REPORTING_", "AIRFLOW_CONN_")):
            assert f"`{name}`" in page


def test_addresses_name_services_databases_and_roles_that_exist() -> None:
    told = environment("worker") | environment("upkeep")
    databases = {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": (AIRFLOW_ROLE, AIRFLOW_DATABASE),
        "AIRFLOW__CELERY__RESULT_BACKEND": (AIRFLOW_ROLE, AIRFLOW_DATABASE),
        "AIRFLOW_CONN_REPORTING_WAREHOUSE": (PIPELINE_ROLE, WAREHOUSE),
        "REPORTING_WAREHOUSE_OWNER": (OWNER_ROLE, WAREHOUSE),
        "REPORTING_BACKUP_WAREHOUSE": (BACKUP_ROLE, WAREHOUSE),
        "REPORTING_BACKUP_AIRFLOW": (BACKUP_ROLE, AIRFLOW_DATABASE),
    }
    for variable, (role, database) in databases.items():
        secret = "owner" if role == OWNER_ROLE else role
        assert told[variable].endswith(f"//{role}:{{secret:{secret}_password}}@postgres:5432/{database}")
    port = told["AIRFLOW__API__PORT"]
    assert told["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == f"https://api-server:{port}/execution/"
    script = (CLONE / "docker" / "postgres-init.sh").read_text("utf-8")
    for role in (AIRFLOW_ROLE, OWNER_ROLE, PIPELINE_ROLE, ANALYST_ROLE, BACKUP_ROLE):
        assert f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE " in script
        assert f"{'owner' if role == OWNER_ROLE else role}_password" in secrets_of("postgres")


def test_what_must_last_lies_on_volumes_that_its_user_owns() -> None:
    named = {
        volume.split(":")[0] for name in SERVICES for volume in volumes_of(name) if volume[0] not in "./"
    }
    assert named == set(STACK["volumes"])
    told = environment("worker")
    for name in {*WORKERS, "cli", "upkeep"}:
        targets = {volume.split(":")[1] for volume in volumes_of(name)}
        backup = told["REPORTING_BACKUP"].partition(":-")[2].rstrip("}")
        assert {told["REPORTING_DESK"], backup, "/srv/reporting/archive"} < targets
        assert f"{told['AIRFLOW_HOME']}/logs" in targets
        assert any(told["REPORTING_CHANNELS"].startswith(f"maildir:{target}/") for target in targets)
    for name in PLANNING:
        changed = {v.split(":")[0] for v in volumes_of(name) if not v.endswith(":ro")}
        assert changed == {"logs"}, f"{name} changes nothing of the pipeline's"
    prepared = DOCKERFILE[DOCKERFILE.index("install --directory") : DOCKERFILE.index("\nCOPY --from")]
    for name in OURS:
        for volume in volumes_of(name):
            if volume[0] != ".":
                assert volume.split(":")[1] in prepared, (
                    f"{volume}: an empty volume takes its owner from the image"
                )


def test_prometheus_asks_and_tells_whom_the_profile_starts() -> None:
    told = yaml.safe_load((CLONE / "docker" / "observability" / "prometheus.yaml").read_text("utf-8"))
    groups = [*told["scrape_configs"], *told["alerting"]["alertmanagers"]]
    named = {
        target.split(":")[0] for group in groups for c in group["static_configs"] for target in c["targets"]
    }
    assert named == set(METRICS) - {"prometheus"} | {"otel-collector"}, "the collector is the other choice"
    assert not [
        volume
        for name in set(SERVICES) - {"node-exporter"}
        for volume in volumes_of(name)
        if volume[0] == "/"
    ]
    (seen,) = volumes_of("node-exporter")
    assert seen.split(":")[2].split(",")[0] == "ro"
    assert networks_of("node-exporter") == {"watch"}


# -- the image and the scripts -------------------------------------------------------------------------------


def test_the_image_runs_as_nobody_in_particular_from_the_lock() -> None:
    last = DOCKERFILE.rindex("\nUSER 10001:10001\n")
    assert "--require-hashes" in DOCKERFILE
    assert "\nRUN " not in DOCKERFILE[last:]
    assert "\nUSER " not in DOCKERFILE[last + 1 :]
    for name in OURS - {"cli", "upkeep"}:
        assert "user" not in SERVICES[name]
        assert "entrypoint" not in SERVICES[name], "it puts in the secrets"
    entry = re.search(r"^ENTRYPOINT \[(.+)\]$", DOCKERFILE, re.M)
    assert entry is not None
    words = [word.strip(' "') for word in entry[1].split(",")]
    for name in ("cli", "upkeep"):
        assert SERVICES[name]["entrypoint"] == [*words, "reporting"]


def test_the_builder_is_given_what_is_copied_and_nothing_else() -> None:
    lines = [
        line for line in (CLONE / ".dockerignore").read_text("utf-8").splitlines() if line[:1] not in "#"
    ]
    assert lines[0] == "*"
    given = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        word for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.M) for word in line.split()[:-1]
    }
    assert copied == given
    assert all((CLONE / name).exists() for name in given)
    ignored = (CLONE / ".gitignore").read_text("utf-8").splitlines()
    assert {"secrets/", ".env"} <= set(ignored)
    assert not any(fnmatch(name, pattern) for name in given for pattern in ("secrets*", ".env*", ".local*"))


@pytest.mark.parametrize("script", sorted((CLONE / "docker").glob("*.sh")), ids=lambda path: path.name)
def test_the_scripts_are_programs(script: Path) -> None:
    assert script.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0


def test_what_is_mounted_from_the_clone_is_there_and_cannot_be_changed() -> None:
    for name in SERVICES:
        for volume in volumes_of(name):
            if volume.startswith("./"):
                source, _, how = volume.split(":")
                assert how == "ro"
                assert (CLONE / source).exists() or source.startswith("./secrets/")
    assert "./docker/postgres-init.sh:/docker-entrypoint-initdb.d/10-roles.sh:ro" in volumes_of("postgres")


def test_postgres_starts_with_tls_and_a_key_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "docker-entrypoint.sh"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', "utf-8")
    program.chmod(0o755)
    script = CLONE / "docker" / "postgres.sh"
    given = {
        "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
        "SECRETS_FOLDER": str(tmp_path),
        "TLS_FOLDER": str(tmp_path / "bin"),
    }
    missing = subprocess.run([script], env=given, capture_output=True, text=True, check=False)
    assert missing.returncode == 1
    assert "secrets/postgres_tls_certificate.txt is missing" in missing.stderr
    for name in container.certificate_secrets("postgres"):
        (tmp_path / name).write_text("pem\n", "utf-8")
    started = subprocess.run([script], env=given, capture_output=True, text=True, check=True).stdout.split()
    assert started[0] == "postgres"
    assert {"ssl=on", f"hba_file={script.parent / 'pg_hba.conf'}"} < set(started)
    key = tmp_path / "bin" / "server.key"
    assert f"ssl_key_file={key}" in started
    assert key.stat().st_mode & 0o777 == 0o600, "PostgreSQL takes no key that others may read"


def test_every_field_of_the_secrets_is_drawn_or_a_persons(tmp_path: Path) -> None:
    drawn = set(container.draw_secrets(tmp_path))
    fields = {field.name for field in dataclasses.fields(Secrets)}
    assert drawn - fields == {"smtp_url", "alertmanager"}
    people = {"quan_tri", "nguoi_xem", "phan_tich", "van_hanh", "can_bo", "lanh_dao", "demo"}
    assert fields - drawn == {f"{name}_password" for name in people}, "they lie beside the file of accounts"


def test_the_scanner_never_calls_clean_what_it_could_not_look_through() -> None:
    lines = (CLONE / "docker" / "clamd.conf").read_text("utf-8").splitlines()
    told = dict(line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))
    assert "./docker/clamd.conf:/etc/clamav/clamd.conf:ro" in SERVICES["clamav"]["volumes"]
    assert told["AlertExceedsMax"] == "yes"
    limit = Settings.model_fields["arrival_limit"].default
    for option in ("StreamMaxLength", "MaxFileSize", "MaxScanSize"):
        assert float(told[option].removesuffix("M")) > limit, option
    assert int(told["MaxScanTime"]) / 1000 < FILE_SECONDS
    assert told["TCPSocket"] == "3310"
