"""The containers' database: what docker/postgres-init.sh makes, who may enter it, what `prepare` grants."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from local_stack.layout import CLONE
from local_stack.postgres import EmbeddedPostgres, binaries, temporary_postgres
from local_stack.stack import OWNER_ROLE
from reporting import analyst, pipeline_role
from reporting.database import engine as make_engine
from reporting.database import migrate

SCRIPT = CLONE / "docker" / "postgres-init.sh"
ROLES = ("airflow", "owner", "reporting", "analyst", "backup")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A fresh server on which the script has run, with passwords that need quoting."""
    folder: Path = tmp_path_factory.mktemp("container")
    passwords = {role: f"'{secrets.token_urlsafe(12)}\"\\$x" for role in ROLES}
    for role, password in passwords.items():
        (folder / f"{role}_password").write_text(password + "\n", "utf-8")
    with temporary_postgres(folder / "postgres") as server:
        done = run_script(server, folder)
        assert done.returncode == 0, done.stderr
        for role, password in passwords.items():
            server.know_role(OWNER_ROLE if role == "owner" else role, password)
        yield server


def run_script(server: EmbeddedPostgres, folder: Path) -> subprocess.CompletedProcess[str]:
    given = {
        "PATH": f"{binaries()}{os.pathsep}{os.environ['PATH']}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(server.port),
        "PGPASSWORD": server._passwords["postgres"],
        "POSTGRES_USER": "postgres",
        "SECRETS_FOLDER": str(folder),
    }
    return subprocess.run([str(SCRIPT)], env=given, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("role", "databases"),
    [
        ("airflow", {"airflow"}),
        (OWNER_ROLE, {"warehouse"}),
        ("reporting", {"warehouse"}),
        ("analyst", {"warehouse"}),
        ("backup", {"airflow", "warehouse"}),
    ],
)
def test_each_role_enters_its_own_database_alone(
    made: EmbeddedPostgres, role: str, databases: set[str]
) -> None:
    entered = set()
    for database in ("airflow", "warehouse", "postgres", "template1"):
        with contextlib.suppress(psycopg2.OperationalError):
            made.connect(database, role).close()
            entered.add(database)
    assert entered == databases


def test_the_owner_grants_the_roles_what_their_files_say(made: EmbeddedPostgres) -> None:
    migrate(made.url("warehouse", OWNER_ROLE))
    engine = make_engine(made.url("warehouse", OWNER_ROLE))
    assert analyst.let_read(engine)
    assert pipeline_role.let_work(engine)
    engine.dispose()
    with contextlib.closing(made.connect("warehouse", "reporting")) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT count(*) FROM cycle.cycle")
        cursor.execute("CREATE TEMPORARY TABLE mine (n int)")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("DROP TABLE cycle.cycle")
    with contextlib.closing(made.connect("warehouse", "backup")) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT count(*) FROM audit.event")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("DELETE FROM cycle.cycle")
    with contextlib.closing(made.connect("warehouse", "analyst")) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT count(*) FROM registry.organization")
        with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
            cursor.execute("CREATE TABLE public.mine (n int)")


def test_the_analysts_sessions_begin_as_the_file_says(made: EmbeddedPostgres) -> None:
    with contextlib.closing(made.connect("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.rolconnlimit, s.setconfig FROM pg_roles r"
            " JOIN pg_db_role_setting s ON s.setrole = r.oid WHERE r.rolname = 'analyst'"
        )
        ((limit, settings),) = cursor.fetchall()
    rules = analyst.reading()
    assert limit == rules.connection_limit
    assert dict(setting.split("=") for setting in settings) == rules.settings


def test_a_missing_password_stops_the_script(made: EmbeddedPostgres, tmp_path: Path) -> None:
    done = run_script(made, tmp_path)
    assert done.returncode == 1
    assert "secrets/airflow_password.txt is missing or empty" in done.stderr
