"""The containers' files: complete, without defaults for what is secret, and told the same as the local stack.

No container engine is needed, and none is asked: docs/containers.md says what that leaves unchecked.
"""

from __future__ import annotations

import dataclasses
import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from local_stack import airflow, container
from local_stack.airflow import Ports
from local_stack.layout import LEADER, PERSON, Layout, Secrets
from local_stack.stack import AIRFLOW_DATABASE, AIRFLOW_ROLE, ANALYST_ROLE, PIPELINE_ROLE, WAREHOUSE
from reporting.settings import Settings

CLONE = Path(__file__).parents[2]
COMPOSE = CLONE / "docker-compose.yml"
DOCKERFILE = (CLONE / "Dockerfile").read_text("utf-8")
STACK: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = STACK["services"]
ONCE = {"init", "cli"}  # they end by themselves
AIRFLOW_PARTS = set(airflow.PARTS)
OURS = AIRFLOW_PARTS | ONCE | {"capture"}
PIPELINE = {"scheduler", "dag-processor", "triggerer", *ONCE}
VARIABLE = re.compile(r"\$\{([A-Z_]+)(:?[-?])?([^}]*)\}")
PLACE = re.compile(r"\{secret:([a-z_]+)\??\}")

# Where the containers are told otherwise than the local stack, and why.
OTHERWISE = {
    # addresses and folders of a container
    "AIRFLOW_HOME",
    "AIRFLOW__CORE__DAGS_FOLDER",
    "AIRFLOW__CORE__PLUGINS_FOLDER",
    "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE",
    "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    "AIRFLOW__API__HOST",
    "AIRFLOW__API__PORT",
    "AIRFLOW__API__BASE_URL",
    # put in from files
    "AIRFLOW__CORE__FERNET_KEY",
    "AIRFLOW__API__SECRET_KEY",
    "AIRFLOW__API_AUTH__JWT_SECRET",
    # no user `demo`: the rehearsal that needs it starts a stack of its own
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS",
    # patience: nobody kills parts on purpose there, and a busy machine must not look like a dead one
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL",
}
LOCAL_ALONE = {
    # all parts of the local stack share one machine's name and ports; a container has its own
    "AIRFLOW__CORE__HOSTNAME_CALLABLE",
    "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT",
    "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT",
    # speed of a rehearsal: idle loops cost an office's machine more than a second's wait
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD",
}


@pytest.fixture
def local() -> dict[str, str]:
    """What the local stack tells Airflow."""
    ports = Ports(api=40001, postgres=40002, smtp=40003, worker_logs=40004, trigger_logs=40005)
    url = "postgresql+psycopg2://airflow:x@127.0.0.1:5432/airflow"
    return airflow.configuration(Layout(Path("/somewhere")), Secrets.generate(), ports, url)


def environment(service: str) -> dict[str, str]:
    return dict(SERVICES[service].get("environment", {}))


def airflow_options() -> set[str]:
    """Every option Airflow or an installed provider describes, written as an environment variable."""
    from airflow.configuration import conf

    return {
        f"AIRFLOW__{section.upper().replace('.', '_')}__{option.upper()}"
        for section, described in conf.configuration_description.items()
        for option in described["options"]
    }


def test_the_services_are_the_parts_of_the_local_stack_and_no_more() -> None:
    assert set(SERVICES) == {"postgres", "capture", *airflow.PARTS, *ONCE}
    for part, arguments in airflow.PARTS.items():
        assert SERVICES[part]["command"] == ["airflow", *arguments]
    assert SERVICES["capture"]["profiles"] == ["capture"]
    assert SERVICES["cli"]["profiles"] == ["cli"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_limits_little_power_and_a_way_to_come_back(name: str) -> None:
    service = SERVICES[name]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert service["restart"] == ("no" if name in ONCE else "unless-stopped")
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["logging"]["options"]["max-size"]
    check = service["healthcheck"]
    if name in ONCE:
        assert check == {"disable": True}
    else:
        assert check["test"][0] == "CMD"
        assert {"interval", "timeout", "retries", "start_period"} < set(check)


@pytest.mark.parametrize("part", sorted(AIRFLOW_PARTS))
def test_a_part_of_airflow_is_asked_about_by_its_own_name(part: str) -> None:
    command = SERVICES[part]["healthcheck"]["test"]
    assert command == ["CMD", "python", "-m", "local_stack.container", "healthy", part]


def test_a_service_waits_only_for_what_is_there() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            assert other in SERVICES, name
            if how["condition"] == "service_healthy":
                assert "test" in SERVICES[other]["healthcheck"], f"{name} waits for {other}'s health"
            if how["condition"] == "service_completed_successfully":
                assert other in ONCE, f"{name} waits for the end of {other}"
    assert all("init" in SERVICES[part]["depends_on"] for part in airflow.PARTS)


def test_images_are_pinned_to_a_full_version() -> None:
    images = {service["image"] for service in SERVICES.values()} | set(
        re.findall(r"^FROM (\S+)", DOCKERFILE, re.M)
    )
    assert len(images) == 3
    for image in images:
        assert re.search(r":\d+\.\d+(\.\d+)?(-[a-z]+)*$", image), image
    assert re.findall(r"^FROM python:(\d+\.\d+)", DOCKERFILE, re.M) == ["3.12", "3.12"]
    version = re.search(r'^version = "(.+)"', (CLONE / "pyproject.toml").read_text("utf-8"), re.M)
    assert version is not None
    assert {SERVICES[name]["image"] for name in OURS} == {f"ky-bao-cao:{version[1]}"}


def test_nothing_listens_beyond_this_machine() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"postgres", "api-server"}
    for ports in published.values():
        assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_secret_is_a_file_that_the_command_draws_and_that_somebody_needs(tmp_path: Path) -> None:
    drawn = container.draw_secrets(tmp_path / "secrets")
    declared = STACK["secrets"]
    assert declared == {name: {"file": f"./secrets/{name}.txt"} for name in drawn}
    assert {name for service in SERVICES.values() for name in service["secrets"]} == set(declared)


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_service_is_handed_the_secrets_that_it_names_and_no_others(name: str) -> None:
    service = SERVICES[name]
    named = {secret for value in environment(name).values() for secret in PLACE.findall(value)}
    if name == "api-server":
        named.update(container.PASSWORDS.values())  # written into Airflow's file of passwords
    assert set(service["secrets"]) == named


def test_no_password_or_key_stands_in_the_files_or_has_a_default() -> None:
    for name in SERVICES:
        for variable, value in environment(name).items():
            if re.search(r"PASSWORD$|SECRET|KEY$|TOKEN$|_CONN(_|$)", variable):
                assert PLACE.search(value), f"{name}: {variable}"
            if variable.endswith("_FILE") and "POSTGRES" in variable:
                assert value.startswith("/run/secrets/")
            assert not re.search(r"://[^/{]*:[^/{]+@", value), f"{name}: {variable}"
    example = (CLONE / ".env.example").read_text("utf-8")
    assert not re.search(r"^\w*(PASSWORD|SECRET|KEY|TOKEN)\w*=", example, re.M)
    assert not re.search(r"PASSWORD=|SECRET=|KEY=|TOKEN=", DOCKERFILE)


def test_every_variable_of_the_file_is_described_in_the_example_and_the_other_way_round() -> None:
    text = re.sub(r"^\s*#.*$", "", COMPOSE.read_text("utf-8"), flags=re.M)
    used = {name: (how, value) for name, how, value in VARIABLE.findall(text)}
    example = dict(re.findall(r"^([A-Z_]+)=(.*)$", (CLONE / ".env.example").read_text("utf-8"), re.M))
    assert set(used) == set(example)
    for name, (how, value) in used.items():
        if how == ":?":
            assert example[name] == "", f"{name} is required: the example gives no value"
        else:
            assert how == ":-"
            assert example[name] == value, f"{name}: the example shows the default"
    assert re.sub(VARIABLE, "", text).count("$") == 0


def test_airflow_is_told_what_the_local_stack_tells_it(local: dict[str, str]) -> None:
    told = {
        name: value
        for name, value in environment("api-server").items()
        if name.startswith("AIRFLOW_") and not name.startswith("AIRFLOW_CONN_")
    }
    assert set(local) - set(told) == LOCAL_ALONE
    assert set(told) - set(local) == set()
    assert {name for name in told if told[name] != local[name]} == OTHERWISE
    for part in AIRFLOW_PARTS:
        assert told.items() <= environment(part).items(), f"{part} is told otherwise than the API server"


def test_airflow_knows_every_option() -> None:
    known = airflow_options() | {"AIRFLOW_HOME"}
    assert "AIRFLOW__CORE__EXECUTOR" in known
    told = {name for part in AIRFLOW_PARTS for name in environment(part) if name.startswith("AIRFLOW_")}
    assert {name for name in told if not name.startswith("AIRFLOW_CONN_")} - known == set()


def test_the_pipeline_is_told_everything_it_can_be_told() -> None:
    known = {str(field.alias) for field in Settings.model_fields.values()}
    for name in PIPELINE:
        told = {v for v in environment(name) if v.startswith(("REPORTING_", "AIRFLOW_CONN_"))}
        assert told == known, name
    assert not known & set(environment("api-server")), (
        "the part that people reach gets nothing of the pipeline"
    )


def test_the_configuration_page_lists_what_the_containers_set() -> None:
    page = (CLONE / "docs" / "configuration.md").read_text("utf-8")
    for name in environment("scheduler"):
        if name.startswith(("REPORTING_", "AIRFLOW_CONN_")):
            assert f"`{name}`" in page


def test_addresses_name_services_databases_and_roles_that_exist(tmp_path: Path) -> None:
    told = environment("scheduler")
    assert told["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].endswith(f"@postgres:5432/{AIRFLOW_DATABASE}")
    assert f"//{AIRFLOW_ROLE}:" in told["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    assert told["AIRFLOW_CONN_REPORTING_WAREHOUSE"].endswith(f"@postgres:5432/{WAREHOUSE}")
    assert f"//{PIPELINE_ROLE}:" in told["AIRFLOW_CONN_REPORTING_WAREHOUSE"]
    port = told["AIRFLOW__API__PORT"]
    assert told["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == f"http://api-server:{port}/execution/"
    assert SERVICES["api-server"]["ports"][0].endswith(f":{port}")
    assert told["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"] == f"{PERSON}:admin,{LEADER}:admin"
    script = (CLONE / "docker" / "postgres-init.sh").read_text("utf-8")
    for role in (AIRFLOW_ROLE, PIPELINE_ROLE, ANALYST_ROLE):
        assert f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE " in script
        assert f"{role}_password" in SERVICES["postgres"]["secrets"]


def test_rehearsals_send_to_the_capture_server_over_loopback() -> None:
    capture = SERVICES["capture"]
    command = capture["command"]
    port = command[command.index("--port") + 1]
    assert capture["network_mode"] == "service:scheduler", "whoever sends runs in the scheduler's container"
    assert environment("scheduler")["REPORTING_CAPTURE_ADDRESS"] == f"127.0.0.1:{port}"
    root = command[command.index("--root") + 1]
    mailbox = environment("scheduler")["REPORTING_CHANNELS"]
    assert mailbox.startswith(f"maildir:{root}/${{REPORTING_MINISTRY_ADDRESS:?")
    assert any(volume.split(":")[1] == root for volume in capture["volumes"])


def test_what_must_last_lies_on_volumes_that_its_user_owns() -> None:
    mounted = {name: service.get("volumes", []) for name, service in SERVICES.items()}
    named = {volume.split(":")[0] for volumes in mounted.values() for volume in volumes if volume[0] != "."}
    assert named == set(STACK["volumes"])
    told = environment("scheduler")
    for name in PIPELINE:
        targets = {volume.split(":")[1] for volume in mounted[name]}
        assert {told["REPORTING_ARCHIVE"], told["REPORTING_DESK"]} < targets
        assert f"{told['AIRFLOW_HOME']}/logs" in targets
        assert any(told["REPORTING_CHANNELS"].startswith(f"maildir:{target}/") for target in targets)
    prepared = DOCKERFILE[DOCKERFILE.index("install --directory") : DOCKERFILE.index("COPY --from")]
    for name in OURS:
        for volume in mounted[name]:
            assert volume.split(":")[1] in prepared, (
                f"{volume}: an empty volume takes its owner from the image"
            )


def test_the_image_runs_as_nobody_in_particular_from_the_lock() -> None:
    last = DOCKERFILE.rindex("\nUSER 10001:10001\n")
    assert "--require-hashes" in DOCKERFILE
    assert "\nRUN " not in DOCKERFILE[last:]
    assert "\nUSER " not in DOCKERFILE[last + 1 :]
    for name in OURS - {"cli"}:
        assert "user" not in SERVICES[name]
        assert "entrypoint" not in SERVICES[name], "it puts in the secrets"
    entry = re.search(r"^ENTRYPOINT \[(.+)\]$", DOCKERFILE, re.M)
    assert entry is not None
    words = [word.strip(' "') for word in entry[1].split(",")]
    assert SERVICES["cli"]["entrypoint"] == [*words, "reporting"]
    assert SERVICES["postgres"]["user"] == "postgres"


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


def test_the_script_that_makes_the_roles_is_a_program() -> None:
    script = CLONE / "docker" / "postgres-init.sh"
    assert script.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    mounted = [volume for volume in SERVICES["postgres"]["volumes"] if script.name in volume]
    assert mounted == [f"./docker/{script.name}:/docker-entrypoint-initdb.d/10-roles.sh:ro"]


def test_every_field_of_the_secrets_is_drawn_or_known_to_be_unused(tmp_path: Path) -> None:
    drawn = set(container.draw_secrets(tmp_path))
    fields = {field.name for field in dataclasses.fields(Secrets)}
    assert drawn - fields == {"smtp_url"}
    assert fields - drawn == {"demo_password"}
