"""The embedded server: passwords, roles, crashes, and root in folders that only root may enter."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from local_stack import postgres as module
from local_stack.layout import Layout, write_private
from local_stack.postgres import EmbeddedPostgres, PostgresError, binaries, temporary_postgres
from local_stack.stack import Stack, StackError
from reporting import database

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="root alone has this trouble")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server with the databases and roles of the stack."""
    layout = Layout(tmp_path_factory.mktemp("stack"))
    layout.create()
    with temporary_postgres(layout.postgres) as running:
        stack = Stack(layout.root)
        stack._prepare_databases(running)
        yield running


def query(server: EmbeddedPostgres, database: str, role: str, statement: str) -> list[tuple[object, ...]]:
    with contextlib.closing(server.connect(database, role)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_it_is_a_recent_server_that_knows_vietnamese_letters(server: EmbeddedPostgres) -> None:
    ((version, lowered, encoding),) = query(
        server,
        "warehouse",
        "reporting",
        "SELECT current_setting('server_version_num')::int, lower('ĐỒNG NAI'), getdatabaseencoding()",
    )
    assert isinstance(version, int)
    assert version >= 160000
    assert (lowered, encoding) == ("đồng nai", "UTF8")


def test_the_address_works_with_sqlalchemy_whatever_the_password(server: EmbeddedPostgres) -> None:
    server.ensure_role("odd", "p@ss:/?#[]% w")
    server.ensure_database("odd", "odd")
    engine = create_engine(server.url("odd", "odd"))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT current_user")).scalar_one() == "odd"
    engine.dispose()


@pytest.mark.parametrize(
    ("role", "database"),
    [
        ("reporting", "airflow"),
        ("airflow", "warehouse"),
        ("analyst", "airflow"),
        ("reporting", "postgres"),
        ("analyst", "template1"),
    ],
)
def test_no_role_enters_a_database_that_is_not_its_own(
    server: EmbeddedPostgres, role: str, database: str
) -> None:
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        server.connect(database, role)


@pytest.mark.parametrize("role", ["postgres", "reporting"])
def test_nobody_enters_without_the_password(server: EmbeddedPostgres, role: str) -> None:
    for wrong in ({"password": "wrong"}, {}):
        with pytest.raises(psycopg2.OperationalError, match=r"authentication failed|no password supplied"):
            psycopg2.connect(host="127.0.0.1", port=server.port, dbname="warehouse", user=role, **wrong)


def test_passwords_are_kept_as_scram_alone(server: EmbeddedPostgres) -> None:
    rows = query(server, "postgres", "postgres", "SELECT rolpassword FROM pg_authid WHERE rolcanlogin")
    assert len(rows) >= 4
    assert all(str(password).startswith("SCRAM-SHA-256$") for (password,) in rows)


def test_it_listens_on_loopback_alone_and_has_no_socket_file(server: EmbeddedPostgres) -> None:
    leader = server.process()
    assert leader is not None
    listening = {c.laddr.ip for c in leader.net_connections() if c.status == psutil.CONN_LISTEN}
    assert listening == {"127.0.0.1"}
    assert query(server, "postgres", "postgres", "SHOW unix_socket_directories") == [("",)]


def test_a_limited_role_begins_its_sessions_as_it_is_told(server: EmbeddedPostgres) -> None:
    server.limit_role("analyst", {"default_transaction_read_only": "on", "statement_timeout": "60s"}, 10)
    assert query(server, "warehouse", "analyst", "SHOW default_transaction_read_only") == [("on",)]
    assert query(server, "warehouse", "analyst", "SHOW statement_timeout") == [("1min",)]
    with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
        query(server, "warehouse", "analyst", "CREATE TABLE public.mine (n int)")


def test_killed_with_a_client_connected_it_starts_again_with_its_data(tmp_path: Path) -> None:
    password = secrets.token_urlsafe()
    server = EmbeddedPostgres(tmp_path / "server", password)
    try:
        server.start()
        port = server.port
        query(server, "postgres", "postgres", "CREATE TABLE kept AS SELECT 42 AS n")
        client = server.connect()
        leader = server.process()
        assert leader is not None
        backends = leader.children(recursive=True)
        leader.kill()
        psutil.wait_procs([leader], timeout=5)
        assert not server.is_running()
        server.start()
        client.close()
        assert server.is_running()
        assert server.port == port
        assert not [process for process in backends if process.is_running() and process.status() != "zombie"]
        # a handle made by another command knows it too
        again = EmbeddedPostgres(tmp_path / "server", password)
        assert again.is_running()
        assert query(again, "postgres", "postgres", "SELECT n FROM kept") == [(42,)]
        again.stop()
        assert not server.is_running()
    finally:
        server.stop()
    assert server._leftovers() == []


def test_another_command_starts_a_killed_server_that_its_parent_has_not_asked_after(tmp_path: Path) -> None:
    password = secrets.token_urlsafe()
    server = EmbeddedPostgres(tmp_path / "server", password)
    again = EmbeddedPostgres(tmp_path / "server", password)
    try:
        server.start()
        leader = server.process()
        assert leader is not None
        leader.kill()
        while leader.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        again.start()
        assert again.is_running()
    finally:
        again.stop()
        server.stop()


def test_a_stale_lock_file_naming_a_foreign_process_is_no_running_server(tmp_path: Path) -> None:
    with temporary_postgres(tmp_path) as server:
        lock = (server.data / "postmaster.pid").read_text().splitlines()
        server.stop()
        lock[0] = str(os.getpid())
        (server.data / "postmaster.pid").write_text("\n".join(lock) + "\n")
        assert not server.is_running()
        server.stop()
        assert psutil.Process().is_running()


def test_a_taken_port_is_replaced(tmp_path: Path, server: EmbeddedPostgres) -> None:
    other = EmbeddedPostgres(tmp_path / "other", "x", port=server.port, durable=False)
    try:
        other.start()
        assert other.port != server.port
    finally:
        other.stop()


def test_an_initialisation_cut_off_is_begun_anew(tmp_path: Path) -> None:
    draft = tmp_path / "data.draft"
    draft.mkdir(mode=0o700)
    (draft / "half").write_text("x")
    with temporary_postgres(tmp_path) as server:
        assert server.is_running()
        assert not draft.exists()
        assert not (tmp_path / "password").exists()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with temporary_postgres(tmp_path) as server:
        server.stop()
        with (server.data / "postgresql.conf").open("a") as file:
            file.write("no_such_setting = 1\n")
        with pytest.raises(PostgresError, match=r"did not start, see .*server\.log:[\s\S]*no_such_setting"):
            server.start()


def capabilities(process: psutil.Process) -> int:
    status = Path(f"/proc/{process.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("CapEff:")]
    return int(line.split()[1], 16)


@AS_ROOT
def test_root_in_a_folder_others_may_enter_gives_no_capability(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    # below /tmp: the folders of pytest and of the clone may be closed to others
    folder = Path("/tmp") / f"kbc-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o755)
    try:
        with temporary_postgres(folder / "server") as server:
            leader = server.process()
            assert leader is not None
            assert 0 not in leader.uids()
            if all(stat.S_IMODE(above.stat().st_mode) & 0o005 == 0o005 for above in binaries().parents):
                assert capabilities(leader) == 0
    finally:
        shutil.rmtree(folder)


@AS_ROOT
@pytest.mark.parametrize("closed_files", [False, True], ids=["closed folder", "closed folder and files"])
def test_root_in_a_closed_folder_changes_no_mode_and_adds_no_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed_files: bool
) -> None:
    accounts = Path("/etc/passwd").read_bytes()
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    programs = binaries().parent
    package = programs.parent
    # programs and libraries keep their places to each other
    shutil.copytree(programs, closed / "site" / package.name / programs.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(libraries, closed / "site" / libraries.name, symlinks=True)
    if closed_files:
        for path in [closed, *closed.rglob("*")]:
            if not path.is_symlink():
                path.chmod(stat.S_IMODE(path.stat().st_mode) & 0o700)
    monkeypatch.setattr(module, "binaries", lambda: closed / "site" / package.name / programs.name / "bin")
    modes = {path: path.stat().st_mode for path in [closed, *closed.parents]}
    with temporary_postgres(closed / "state" / "postgres") as server:
        leader = server.process()
        assert leader is not None
        assert 0 not in leader.uids()
        assert Path(leader.exe()).is_relative_to(closed)
        # one capability at most: read and search, or override where the programs are closed too
        assert capabilities(leader) == (1 << 1 if closed_files else 1 << 2)
        assert (server.data.stat().st_uid, stat.S_IMODE(server.data.stat().st_mode)) == (
            leader.uids().real,
            0o700,
        )
        assert query(server, "postgres", "postgres", "SELECT 1") == [(1,)]
        started = time.monotonic()
    assert time.monotonic() - started < 10
    assert {path: path.stat().st_mode for path in modes} == modes
    assert Path("/etc/passwd").read_bytes() == accounts


def test_secrets_that_are_not_the_servers_are_told_with_the_remedy(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    layout = Layout(tmp_path)
    layout.create()
    stranger = EmbeddedPostgres(server.directory, layout.secrets().postgres_password)
    with pytest.raises(StackError, match=r"does not accept the password in .*secrets\.json: restore"):
        Stack(tmp_path)._prepare_databases(stranger)


RELEASE_0_1_0 = (
    "postgres_password",
    "airflow_password",
    "reporting_password",
    "analyst_password",
    "fernet_key",
    "api_secret_key",
    "jwt_secret",
    "signing_key",
    "capture_token",
    "can_bo_password",
    "lanh_dao_password",
    "demo_password",
)
"""Its secrets; its warehouse belonged to the pipeline's role."""


def test_a_stack_of_release_0_1_0_comes_up_also_when_it_was_cut_off_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = Layout(tmp_path)
    layout.create()
    kept = {name: secrets.token_urlsafe(32) for name in RELEASE_0_1_0}
    write_private(layout.secrets_file, json.dumps(kept))
    with temporary_postgres(layout.postgres) as server:
        for role in ("airflow", "reporting", "analyst"):
            server.ensure_role(role, kept[f"{role}_password"])
        server.ensure_database("airflow", "airflow")
        server.ensure_database("warehouse", "reporting", readers=("analyst",))
        config = Config()
        config.set_main_option("script_location", str(database.SQL / "migrations"))
        config.attributes["url"] = server.url("warehouse", "reporting")
        command.upgrade(config, "0001")
        stack = Stack(layout.root)
        with contextlib.closing(server.connect("warehouse")) as other:
            other.autocommit = False
            other.cursor().execute("LOCK TABLE cycle.cycle IN ACCESS SHARE MODE")
            monkeypatch.setenv("PGOPTIONS", "-c lock_timeout=100ms")
            with pytest.raises(psycopg2.errors.LockNotAvailable):
                stack._prepare_databases(server)
        monkeypatch.delenv("PGOPTIONS")
        stack._prepare_databases(server)
        environment = os.environ | {
            "AIRFLOW_CONN_REPORTING_WAREHOUSE": server.connection_uri("warehouse", "reporting"),
            "REPORTING_WAREHOUSE_OWNER": server.connection_uri("warehouse", "reporting_owner"),
        }
        migrate = [sys.executable, "-m", "local_stack.warehouse"]
        done = subprocess.run(migrate, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        left = "SELECT relname FROM pg_class WHERE relowner = 'reporting'::regrole"
        assert query(server, "warehouse", "postgres", left) == []
        assert query(server, "warehouse", "reporting", "SELECT count(*) FROM cycle.cycle") == [(0,)]
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            query(server, "warehouse", "reporting", "DROP TABLE cycle.cycle")
        drawn = json.loads(layout.secrets_file.read_text("utf-8"))
        assert {name: drawn[name] for name in kept} == kept
        assert {"owner_password", "backup_password", "redis_password"} < set(drawn)
