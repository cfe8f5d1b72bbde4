"""The values for Kubernetes: of the chart's shape, without a secret, and as the containers are."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from local_stack import airflow, observability
from local_stack.airflow import Ports
from local_stack.layout import Layout, Secrets
from local_stack.topology import Topology
from reporting.settings import Settings

CLONE = Path(__file__).parents[2]
VALUES: dict[str, Any] = yaml.safe_load((CLONE / "helm" / "values.yaml").read_text("utf-8"))
JOB: dict[str, Any] = yaml.safe_load((CLONE / "helm" / "prepare.yaml").read_text("utf-8"))
SCHEMA = yaml.safe_load((CLONE / "tests" / "data" / "helm" / "chart-values.yaml").read_text("utf-8"))
COMPOSE = yaml.safe_load((CLONE / "docker-compose.yml").read_text("utf-8"))["services"]
PAGE = (CLONE / "docs" / "kubernetes.md").read_text("utf-8")
POD = JOB["spec"]["template"]["spec"]
(CONTAINER,) = POD["containers"]
PARTS = ("apiServer", "scheduler", "dagProcessor", "triggerer", "workers", "statsd")


def told() -> dict[str, str]:
    """The plain environment of every pod."""
    return {given["name"]: given["value"] for given in VALUES["env"]}


def used_secrets() -> set[tuple[str, str]]:
    """Every secret and key that the values and the job name."""
    keys = {
        (VALUES["data"]["metadataSecretName"], "connection"),
        (VALUES["fernetKeySecretName"], "fernet-key"),
        (VALUES["apiSecretKeySecretName"], "api-secret-key"),
        (VALUES["jwtSecretName"], "jwt-secret"),
    }
    keys |= {(given["secretName"], given["secretKey"]) for given in VALUES["secret"]}
    for given in CONTAINER["env"]:
        if "valueFrom" in given:
            found = given["valueFrom"]["secretKeyRef"]
            keys.add((found["name"], found["key"]))
    return keys


def test_the_values_are_of_the_charts_shape() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(VALUES)] == []


@pytest.mark.parametrize(
    "change",
    [{"schedulers": {}}, {"executor": 1}, {"redis": {"enabled": "no"}}, {"scheduler": {"replica": 2}}],
)
def test_what_the_chart_does_not_know_is_refused(change: dict[str, Any]) -> None:
    assert list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(VALUES | change))


def test_the_chart_and_the_image_are_pinned() -> None:
    assert VALUES["airflowVersion"] == version("apache-airflow")
    assert re.search(r"--version 1\.\d+\.\d+ ", (CLONE / "helm" / "values.yaml").read_text("utf-8"))
    tag = VALUES["images"]["airflow"]["tag"]
    assert tag == COMPOSE["worker"]["image"].partition(":")[2]
    assert CONTAINER["image"] == f"{VALUES['images']['airflow']['repository']}:{tag}"
    assert JOB["metadata"]["name"].endswith(tag.replace(".", "-")), "a job is not run anew under its old name"


def test_airflow_is_told_what_the_containers_are_told() -> None:
    ports = Ports(api=1, postgres=2, smtp=3, worker_logs=4, trigger_logs=5, more={"redis": 6, "proxy": 7})
    layout = Layout(Path("/somewhere"))
    given = dict(VALUES["config"])
    assert given.pop("metrics") == observability.TAGGED
    machine = airflow.configuration(layout, Secrets.generate(), ports, "x://", Topology(workers=1), "y://")
    otherwise = {"AIRFLOW__CORE__PARALLELISM", "AIRFLOW__CORE__DAGS_FOLDER", "AIRFLOW__CORE__PLUGINS_FOLDER"}
    kubernetes_alone = {"KUBERNETES_EXECUTOR", "LOGGING"}
    for section, options in given.items():
        for option, value in options.items():
            name = f"AIRFLOW__{section.upper()}__{option.upper()}"
            if section.upper() in kubernetes_alone or name == "AIRFLOW__API__BASE_URL":
                continue
            inside = COMPOSE["scheduler"]["environment"].get(name)
            assert name in machine
            assert name in otherwise or value == inside, name


def test_the_pipeline_is_told_by_names_that_it_knows() -> None:
    known = {str(field.alias) for field in Settings.model_fields.values()}
    names = [*told(), *(given["envName"] for given in VALUES["secret"])]
    assert len(set(names)) == len(names)
    assert {name for name in names if name.startswith("REPORTING_")} <= known
    assert {"AIRFLOW_CONN_REPORTING_WAREHOUSE", "REPORTING_SIGNING_KEY", "REPORTING_ARCHIVE"} <= set(names)
    assert told()["PGSSLMODE"] == "verify-full"


def test_no_secret_stands_in_the_files_and_each_is_described() -> None:
    for name, value in {**told(), **{g["name"]: g.get("value", "") for g in CONTAINER["env"]}}.items():
        assert not re.search(r"PASSWORD|SECRET|TOKEN|SIGNING|_CONN", name) or value == "", name
        assert not re.search(r"://[^/]*:[^/]+@", value), name
    for secret, key in used_secrets():
        assert f"`{secret}`" in PAGE, secret
        assert f"`{key}`" in PAGE, f"{secret}: {key}"


def test_the_owner_of_the_warehouse_is_the_jobs_alone() -> None:
    owner = {secret for secret, key in used_secrets() if "owner" in secret}
    assert owner == {"ky-bao-cao-owner"}
    assert owner.isdisjoint(given["secretName"] for given in VALUES["secret"])
    names = {given["name"] for given in CONTAINER["env"]}
    assert "REPORTING_WAREHOUSE_OWNER" in names
    assert not {"AIRFLOW_CONN_REPORTING_WAREHOUSE", "REPORTING_SIGNING_KEY"} & names
    assert CONTAINER["args"] == COMPOSE["init"]["command"]
    assert POD["automountServiceAccountToken"] is False


def test_pods_run_as_nobody_in_particular_on_a_folder_that_cannot_be_written() -> None:
    pod = VALUES["securityContexts"]["pod"]
    assert pod == POD["securityContext"]
    assert VALUES["securityContexts"]["containers"] == CONTAINER["securityContext"]
    assert pod["runAsNonRoot"]
    assert pod["runAsUser"] == VALUES["uid"] == 10001
    written = {entry.split(":")[0] for entry in COMPOSE["worker"]["tmpfs"]}
    for mounts, volumes in (
        (VALUES["volumeMounts"], VALUES["volumes"]),
        (CONTAINER["volumeMounts"], POD["volumes"]),
    ):
        assert {mount["name"] for mount in mounts} == {volume["name"] for volume in volumes}
        assert written <= {mount["mountPath"] for mount in mounts}
        assert all("sizeLimit" in volume["emptyDir"] for volume in volumes if "emptyDir" in volume)


def test_the_probes_are_programs_of_our_image() -> None:
    jobs = {"scheduler": "SchedulerJob", "dagProcessor": "DagProcessorJob", "triggerer": "TriggererJob"}
    for part, job in jobs.items():
        commands = [how["command"] for name, how in VALUES[part].items() if name.endswith("Probe")]
        assert commands, f"{part}: the chart's own probe calls /entrypoint, which only Apache's image has"
        assert all(c == ["airflow", "jobs", "check", "--local", "--job-type", job] for c in commands)


def test_each_part_has_limits_and_people_come_in_over_tls_alone() -> None:
    for part in PARTS:
        assert {"cpu", "memory"} == set(VALUES[part]["resources"]["limits"])
    ingress = VALUES["ingress"]["apiServer"]
    assert all(
        host["tls"] == {"enabled": True, "secretName": "ky-bao-cao-ingress"} for host in ingress["hosts"]
    )
    assert ingress["annotations"]["nginx.ingress.kubernetes.io/ssl-redirect"] == "true"
    assert VALUES["config"]["api"]["base_url"] == f"https://{ingress['hosts'][0]['name']}"
    assert VALUES["networkPolicies"]["enabled"]
