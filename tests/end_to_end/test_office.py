"""An office's topology as processes of one machine: Redis and two Celery workers, services encrypted, FAB's
accounts, a TLS proxy in front. A cycle is carried through it; then every cell of the table of who may do what
is tried; then parts are killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg2
import pytest

from local_stack import office as office_parts
from local_stack.accounts import load_table
from local_stack.layout import ADMINISTRATOR, LEADER
from local_stack.ports import is_open
from local_stack.postgres import EmbeddedPostgres
from local_stack.stack import AIRFLOW_DATABASE, WAREHOUSE, Stack
from tests.end_to_end.outcome import Outcome, rehearse

MISSING = office_parts.missing_programs()
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING.values())}")

TABLE = load_table()
CYCLE_DAG = "reporting_cycle__ttdn_dia_phuong"
CYCLE = "ttdn_dia_phuong__2011_2012__dien_tap_1"
KEPT = (
    "totals",
    "distinct",
    "discrepancies",
    "recipients",
    "requests_sent",
    "reminders_sent",
    "submissions",
)
NOBODYS_RUN = f"/api/v2/dags/{CYCLE_DAG}/dagRuns/none"
REFUSED = {401, 403}


@dataclass
class Office:
    """A running office stack after the rehearsed cycle."""

    outcome: Outcome
    stack: Stack

    @property
    def address(self) -> str:
        """Where people reach it."""
        return self.stack.environment()["REPORTING_AIRFLOW_URL"]

    @property
    def trust(self) -> ssl.SSLContext:
        """Belief in the installation's own authority, and no other."""
        return ssl.create_default_context(cafile=self.stack.environment()["REPORTING_AIRFLOW_CA"])

    @property
    def server(self) -> EmbeddedPostgres:
        return self.stack.postgres()

    def anybody(self) -> httpx.Client:
        """Somebody who did not log in."""
        return httpx.Client(base_url=self.address, verify=self.trust, timeout=60, trust_env=False)

    def user(self, name: str, password: str | None = None) -> httpx.Client:
        """One of the accounts, logged in for the REST interface."""
        client = self.anybody()
        body = {"username": name, "password": password or self.password(name)}
        token = client.post("/auth/token", json=body).raise_for_status().json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        return client

    def visitor(self, name: str, password: str | None = None) -> httpx.Client:
        """One of the accounts, logged in by the form of the web interface."""
        client = self.anybody()
        form = client.get("/auth/login/").raise_for_status().text
        told = {"username": name, "password": password or self.password(name), "csrf_token": token_of(form)}
        answer = client.post("/auth/login/", data=told, headers={"Referer": f"{self.address}/auth/login/"})
        assert answer.status_code == httpx.codes.FOUND, answer.text[:500]
        assert "login" not in answer.headers["location"]
        return client

    def password(self, name: str) -> str:
        return str(getattr(self.stack.layout.secrets(), f"{name}_password"))

    def rows(self, database: str, statement: str) -> list[tuple[Any, ...]]:
        """What a statement finds, asked by the superuser."""
        with closing(self.server.connect(database)) as connection:
            cursor = connection.cursor()
            cursor.execute(statement)
            return list(cursor.fetchall())

    def dags(self) -> list[str]:
        with closing(self.user(ADMINISTRATOR)) as client:
            found = client.get("/api/v2/dags", params={"limit": 500}).raise_for_status().json()
        return sorted(dag["dag_id"] for dag in found["dags"])


def token_of(form: str) -> str:
    """What a form of FAB's wants back."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The rehearsal of 2011-2012 on an office's topology, which goes on running."""
    outcome = rehearse(tmp_path_factory.mktemp("office"), "--workers", "2", keep_running=True)
    stack = Stack(outcome.stack)
    try:
        assert outcome.exit_code == 0, outcome.said
        yield Office(outcome, stack)
    finally:
        stack.down(lambda line: None)


# -- the cycle ---------------------------------------------------------------------------------------


def test_the_cycle_ends_in_the_same_report(undisturbed: Outcome, office: Office) -> None:
    got = office.outcome
    assert {k: got.summary[k] for k in KEPT} == {k: undisturbed.summary[k] for k in KEPT}
    for name in ("tracking.csv", "bao-cao-tong-hop.docx", "phu-luc.xlsx", "phieu-doi-chieu.xlsx"):
        assert (got.out / name).read_bytes() == (undisturbed.out / name).read_bytes(), name


def test_both_workers_carried_tasks_of_it(office: Office) -> None:
    for name in ("worker1", "worker2"):
        log = (office.stack.layout.logs / f"{name}.log").read_text("utf-8", errors="replace")
        assert len(re.findall(r"Task execute_workload\S+ succeeded", log)) >= 3, name


def test_who_answered_is_recorded_by_the_name_they_log_in_with(office: Office) -> None:
    found = office.rows(WAREHOUSE, "SELECT DISTINCT decided_by, decided_by_id FROM cycle.document_decision")
    assert set(found) == {("demo", "demo"), (LEADER, LEADER)}, "two approvals take two people"


# -- encrypted, and with a password ------------------------------------------------------------------


def test_nothing_is_told_to_who_does_not_log_in(office: Office) -> None:
    with office.anybody() as client:
        assert client.get("/api/v2/dags").status_code == httpx.codes.UNAUTHORIZED
        wrong = {"username": ADMINISTRATOR, "password": "wrong-wrong-wrong"}
        assert client.post("/auth/token", json=wrong).status_code == httpx.codes.UNAUTHORIZED
        assert client.get("/execution/").status_code == httpx.codes.NOT_FOUND, "tasks do not come this way"


def test_the_proxy_speaks_tls_alone_and_hides_what_it_is(office: Office) -> None:
    with office.anybody() as client:
        answer = client.get("/api/v2/monitor/health")
    assert answer.headers["server"] == "nginx"
    assert answer.headers["strict-transport-security"]
    plain = httpx.get(office.address.replace("https", "http"), trust_env=False, timeout=10)
    assert plain.status_code == httpx.codes.BAD_REQUEST
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(office.address, trust_env=False, timeout=10)


def test_postgresql_accepts_no_connection_in_the_open(office: Office) -> None:
    secrets = office.stack.layout.secrets()
    with pytest.raises(psycopg2.OperationalError, match="no encryption"):
        psycopg2.connect(
            host="127.0.0.1",
            port=office.server.port,
            dbname=AIRFLOW_DATABASE,
            user="airflow",
            password=secrets.airflow_password,
            sslmode="disable",
        )


def test_redis_wants_encryption_and_a_password(office: Office) -> None:
    import redis

    ports = office.stack.status().ports
    assert ports is not None
    authority = str(office.stack.layout.tls / "ca.crt")
    port = ports.more["redis"]
    with pytest.raises(redis.exceptions.ConnectionError):
        redis.Redis(port=port).ping()
    with pytest.raises(redis.exceptions.AuthenticationError):
        redis.Redis(host="127.0.0.1", port=port, ssl=True, ssl_ca_certs=authority).ping()
    url = ports.broker_url(office.stack.layout.secrets().redis_password, Path(authority))
    assert redis.Redis.from_url(url).ping()


# -- who may do what ---------------------------------------------------------------------------------

ROLES = [*TABLE.roles, TABLE.administrator]
WRONG: dict[str, Any] = {"logical_date": "no date"}
"""A body that Airflow refuses once it knows that the account may ask: nothing is started."""


def attempts(ability: str, dags: list[str]) -> list[tuple[str, str, Any]]:
    """Method, path and body of requests that take an ability and leave nothing behind."""
    log = f"{NOBODYS_RUN}/taskInstances/open_cycle/logs/1"

    def starts(group: str) -> list[tuple[str, str, Any]]:
        found = TABLE.group(group, dags)
        assert found, group
        return [("POST", f"/api/v2/dags/{dag}/dagRuns", WRONG) for dag in found]

    def everything_in(*names: str) -> list[tuple[str, str, Any]]:
        return [("GET", f"/api/v2/{name}", None) for name in names]

    def changes(name: str, one: str) -> list[tuple[str, str, Any]]:
        return [
            ("POST", f"/api/v2/{name}", {}),
            ("PATCH", f"/api/v2/{name}/{one}", {}),
            ("DELETE", f"/api/v2/{name}/{one}", None),
        ]

    task = f"{NOBODYS_RUN}/taskInstances/approve"
    return {
        "see_cycles": everything_in(
            "dags", "dags/~/dagRuns", "dags/~/dagRuns/~/taskInstances", f"dags/{CYCLE_DAG}/dagRuns/{CYCLE}"
        ),
        "see_data_flow": [
            *everything_in("assets", f"dagSources/{CYCLE_DAG}"),
            ("GET", "/ui/dependencies", None),
        ],
        "see_questions": everything_in("dags/~/dagRuns/~/hitlDetails"),
        "see_logs": [("GET", log, None), ("GET", f"{task}/xcomEntries", None)],
        "start_official": starts("official"),
        "answer": [
            (
                "PATCH",
                f"/api/v2/dags/{dag}/dagRuns/none/taskInstances/approve/-1/hitlDetails",
                {"chosen_options": ["x"]},
            )
            for dag in TABLE.group("approval", dags)
        ],
        "start_rehearsal": starts("rehearsal"),
        "start_upkeep": starts("upkeep"),
        "mend": [
            ("POST", f"/api/v2/dags/{dag}/clearTaskInstances", {"dry_run": True, "dag_run_id": "none"})
            for dag in (CYCLE_DAG, "document_approval", "housekeeping")
        ]
        + [("PATCH", NOBODYS_RUN, {"state": "failed"}), ("POST", f"{NOBODYS_RUN}/clear", {"dry_run": True})],
        "pause": [("PATCH", f"/api/v2/dags/{dag}", {"is_paused": False}) for dag in dags],
        "see_installation": everything_in(
            "connections", "variables", "pools", "jobs", "plugins", "providers", "importErrors", "eventLogs"
        ),
        "change_installation": [
            *changes("connections", "none"),
            *changes("variables", "none"),
            *changes("pools", "none"),
        ],
        "delete_history": [
            ("DELETE", "/api/v2/dags/none", None),
            ("DELETE", NOBODYS_RUN, None),
            ("DELETE", task, None),
            ("POST", f"{task}/xcomEntries", {"key": "return_value", "value": "x"}),
        ],
        "manage_accounts": [
            ("GET", "/auth/fab/v1/users", None),
            ("POST", "/auth/fab/v1/users", {}),
            ("GET", "/auth/fab/v1/roles", None),
            ("PATCH", "/auth/fab/v1/roles/none", {}),
        ],
    }[ability]


@pytest.fixture(scope="module")
def dags(office: Office) -> list[str]:
    return office.dags()


@pytest.fixture(scope="module")
def people(office: Office) -> Iterator[dict[str, httpx.Client]]:
    """One account of each role, logged in."""
    names = {role: role for role in TABLE.roles} | {TABLE.administrator: ADMINISTRATOR}
    with contextlib.ExitStack() as logged_in:
        yield {role: logged_in.enter_context(closing(office.user(n))) for role, n in names.items()}


@pytest.mark.parametrize("ability", [name for name in TABLE.abilities if name != "own_password"])
@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_what_the_table_says_and_no_more(
    role: str, ability: str, people: dict[str, httpx.Client], dags: list[str]
) -> None:
    allowed = role == TABLE.administrator or role in TABLE.abilities[ability].roles
    for method, path, body in attempts(ability, dags):
        answer = people[role].request(method, path, json=body)
        said = f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        assert (answer.status_code not in REFUSED) == allowed, said
        assert answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR, said
        if method == "GET" and allowed and "none" not in path:
            assert answer.status_code == httpx.codes.OK, said


def test_no_start_that_is_tried_here_starts_anything(office: Office, dags: list[str]) -> None:
    for dag in dags:
        with closing(office.user(ADMINISTRATOR)) as client:
            answer = client.post(f"/api/v2/dags/{dag}/dagRuns", json=WRONG)
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY, dag


def test_connections_show_no_password_to_who_may_see_them(people: dict[str, httpx.Client]) -> None:
    answer = people["van_hanh"].get("/api/v2/connections").raise_for_status().json()
    assert [c for c in answer["connections"] if c.get("password") not in (None, "", "***")] == []


@pytest.mark.parametrize("role", [*TABLE.roles])
def test_everybody_may_change_their_own_password(role: str, office: Office) -> None:
    with closing(office.visitor(role)) as client:
        page = client.get("/auth/resetmypassword/form")
        assert page.status_code == httpx.codes.OK
        assert client.get("/auth/users/list/").status_code != httpx.codes.OK


# -- accounts are brought to their file ---------------------------------------------------------------

BRING = """
import json, sys
from pathlib import Path
from local_stack import accounts
runs = zip(sys.argv[1::2], sys.argv[2::2])
said = [accounts.bring(Path(file), None, json.loads(reset)) for file, reset in runs]
sys.stderr.write("RESULT " + json.dumps(said) + chr(10))
"""


def test_roles_and_accounts_are_brought_back_to_their_files(office: Office, tmp_path: Path) -> None:
    given = office.stack.layout.accounts / "accounts.yaml"
    fewer = given.with_name("fewer.yaml")
    text = given.read_text("utf-8")
    gone = text[text.index("- name: phan_tich") : text.index("- name: van_hanh")]
    fewer.write_text(text.replace(gone, ""), "utf-8")
    (given.with_name("nguoi_xem_password")).write_text("mot-mat-khau-khac\n", "utf-8")
    with closing(office.server.connect(AIRFLOW_DATABASE)) as connection:
        connection.cursor().execute(
            "INSERT INTO ab_permission_view_role (id, permission_view_id, role_id) "
            "SELECT nextval('ab_permission_view_role_id_seq'), p.permission_view_id, viewer.id "
            "FROM ab_permission_view_role p JOIN ab_role o ON o.id = p.role_id AND o.name = 'van_hanh' "
            "JOIN ab_permission_view v ON v.id = p.permission_view_id "
            "JOIN ab_permission a ON a.id = v.permission_id AND a.name = 'can_edit' "
            "JOIN ab_view_menu m ON m.id = v.view_menu_id AND m.name = 'DAGs' "
            "CROSS JOIN ab_role viewer WHERE viewer.name = 'nguoi_xem'"
        )
    try:
        runs = [str(fewer), '["nguoi_xem"]', str(given), "[]", str(given), "[]"]
        done = subprocess.run(
            [sys.executable, "-c", BRING, *runs],
            env=os.environ | office.stack.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        result = next(line for line in done.stderr.splitlines() if line.startswith("RESULT "))
        first, second, third = json.loads(result.removeprefix("RESULT "))
        assert "nguoi_xem: - can_edit DAGs" in first
        assert "nguoi_xem: password set anew" in first
        assert "phan_tich: closed" in first
        assert second == ["phan_tich: active, phan_tich"]
        assert third == []
        with pytest.raises(httpx.HTTPStatusError, match="401"):
            office.user("nguoi_xem")
        office.user("nguoi_xem", "mot-mat-khau-khac").close()
        office.user("phan_tich").close()
    finally:
        fewer.unlink()


# -- parts die ------------------------------------------------------------------------------------------


def test_parts_that_were_killed_are_started_again(office: Office) -> None:
    state = office.stack._state()
    assert state is not None
    killed = ("redis", "worker1", "proxy")
    for part in killed:
        os.kill(state.parts[part].pid, signal.SIGKILL)
    psutil.wait_procs(
        [psutil.Process(state.parts[p].pid) for p in killed if psutil.pid_exists(state.parts[p].pid)], 5
    )
    assert set(office.stack.status().missing) == set(killed)
    assert office.stack.up(lambda line: None)
    assert office.stack.status().is_up
    with closing(office.user(ADMINISTRATOR)) as client:
        assert client.get("/api/v2/dags").status_code == httpx.codes.OK


def test_down_leaves_no_process_and_no_port(office: Office) -> None:
    status = office.stack.status()
    assert status.ports is not None
    office.stack.down(lambda line: None)
    stack = str(office.stack.layout.root)
    mine = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if stack in " ".join(process.cmdline()) or process.environ().get("REPORTING_STACK") == stack:
                mine.append(process.cmdline())
    assert mine == []
    ports = status.ports
    assert not any(is_open(port) for port in (ports.api, ports.postgres, ports.smtp, *ports.more.values()))
