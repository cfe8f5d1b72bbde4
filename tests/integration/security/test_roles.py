"""Each role of the database tries what it may not: the grants alone must hold."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator

import psycopg2
import pytest
from psycopg2.extensions import connection as Session

from local_stack.postgres import EmbeddedPostgres
from reporting import analyst, pipeline_role
from reporting.database import engine as make_engine
from tests.factories import make_cycle

AIRFLOW_DATABASE = "airflow_of_roles"
REFUSED = psycopg2.errors.InsufficientPrivilege


@pytest.fixture(scope="module")
def server(postgres: EmbeddedPostgres) -> Iterator[EmbeddedPostgres]:
    """The server with all roles of an installation, none of which may become another."""
    for role, member_of in (("analyst", None), ("airflow", None), ("backup", "pg_read_all_data")):
        postgres.ensure_role(role, secrets.token_urlsafe(12), member_of=member_of)
    reading = analyst.reading()
    postgres.limit_role("analyst", reading.settings, reading.connection_limit)
    postgres.reserve_maintenance()
    postgres.ensure_database(AIRFLOW_DATABASE, "airflow", readers=("backup",))
    with contextlib.closing(postgres.connect()) as session, session.cursor() as cursor:
        cursor.execute("REVOKE reporting_owner FROM reporting")
        try:
            yield postgres
        finally:
            cursor.execute("GRANT reporting_owner TO reporting WITH INHERIT FALSE, SET TRUE")
            cursor.execute("ALTER ROLE analyst RESET ALL")
            cursor.execute("ALTER ROLE analyst CONNECTION LIMIT -1")
    postgres.drop_database(AIRFLOW_DATABASE)


@pytest.fixture(scope="module")
def warehouse(server: EmbeddedPostgres, _migrated_template: str) -> Iterator[str]:
    """The name of a warehouse with a cycle, granted as `reporting migrate` does."""
    name = "warehouse_of_roles"
    server.ensure_database(
        name,
        "reporting_owner",
        readers=("analyst", "backup"),
        template=_migrated_template,
        workers=("reporting",),
    )
    owner = make_engine(server.url(name, "reporting_owner"))
    analyst.let_read(owner)
    pipeline_role.let_work(owner)
    with owner.begin() as connection:
        make_cycle(connection)
    owner.dispose()
    yield name
    server.drop_database(name)


def refused(session: Session, statement: str) -> None:
    with session.cursor() as cursor:
        with pytest.raises(REFUSED):
            cursor.execute(statement)
        cursor.execute("ROLLBACK")


OF_NOBODY = (
    "COPY cycle.cycle TO PROGRAM 'cat'",
    "CREATE TEMP TABLE hole (t text); COPY hole FROM PROGRAM 'id'",
    "COPY (SELECT 1) TO '/tmp/hole'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('.')",
    "SELECT lo_import('/etc/passwd')",
    "CREATE EXTENSION plpython3u",
    "CREATE ROLE hole SUPERUSER",
    "CREATE DATABASE hole",
    "ALTER SYSTEM SET log_statement = 'none'",
    "ALTER ROLE postgres PASSWORD 'x'",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "SET session_replication_role = replica",
    "CREATE SERVER hole FOREIGN DATA WRAPPER postgres_fdw",
)
"""What no role may: leave the database for the machine, or become somebody else."""


@pytest.mark.parametrize("role", ["reporting", "reporting_owner", "analyst", "backup"])
@pytest.mark.parametrize("statement", OF_NOBODY)
def test_nobody_leaves_the_database_or_becomes_another(
    server: EmbeddedPostgres, warehouse: str, role: str, statement: str
) -> None:
    with contextlib.closing(server.connect(warehouse, role)) as session, session.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = off")  # the grants alone must hold
        with pytest.raises((REFUSED, psycopg2.errors.FeatureNotSupported, psycopg2.errors.UndefinedFile,
                            psycopg2.errors.UndefinedObject)):  # fmt: skip
            cursor.execute(statement)


@pytest.mark.parametrize(
    ("role", "others"),
    [
        ("reporting", ("reporting_owner", "analyst", "backup", "airflow", "pg_read_all_data")),
        ("reporting_owner", ("reporting", "backup", "airflow", "pg_write_all_data")),
        ("analyst", ("reporting", "reporting_owner", "backup")),
        ("backup", ("reporting", "reporting_owner", "airflow")),
    ],
)
def test_no_role_becomes_another(
    server: EmbeddedPostgres, warehouse: str, role: str, others: tuple[str, ...]
) -> None:
    with contextlib.closing(server.connect(warehouse, role)) as session:
        for other in others:
            refused(session, f"SET ROLE {other}")


@pytest.mark.parametrize(
    ("role", "database"),
    [
        ("reporting", AIRFLOW_DATABASE),
        ("reporting_owner", AIRFLOW_DATABASE),
        ("analyst", AIRFLOW_DATABASE),
        ("airflow", "warehouse"),
        *((role, "postgres") for role in ("reporting", "reporting_owner", "analyst", "backup", "airflow")),
    ],
)
def test_a_role_stays_in_its_own_database(
    server: EmbeddedPostgres, warehouse: str, role: str, database: str
) -> None:
    name = warehouse if database == "warehouse" else database
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        server.connect(name, role)


OF_THE_OWNER = (
    "CREATE TABLE public.hole (n int)",
    "CREATE TABLE cycle.hole (n int)",
    "CREATE SCHEMA hole",
    "CREATE FUNCTION cycle.hole() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "ALTER TABLE audit.event ADD COLUMN hole text",
    "ALTER TABLE audit.event DISABLE TRIGGER ALL",
    "ALTER TABLE intake.submission DISABLE TRIGGER submission_revised",
    "DROP TABLE audit.event",
    "DROP TRIGGER submission_revised ON intake.submission",
    "CREATE RULE hole AS ON INSERT TO audit.event DO INSTEAD NOTHING",
    "TRUNCATE audit.event",
    "TRUNCATE cycle.message_event",
    "TRUNCATE mart.recipient",
    "BEGIN; LOCK TABLE audit.event IN ACCESS EXCLUSIVE MODE",
    "ALTER DEFAULT PRIVILEGES FOR ROLE reporting_owner GRANT ALL ON TABLES TO PUBLIC",
    "ALTER TABLE audit.event OWNER TO reporting",
    "UPDATE public.schema_version SET version_num = '9999'",
)
"""What the owner of the warehouse alone may."""

RECORDS = (
    "audit.event", "cycle.message_event", "cycle.document_registration", "cycle.document_file",
    "cycle.publication", "cycle.withdrawal", "cycle.contact_log", "core.former_content", "intake.arrival",
    "intake.archived_file", "intake.submission", "intake.reply", "cycle.document_decision", "cycle.message",
    "registry.contact_change", "intake.virus_scan",
)  # fmt: skip
"""Tables of which the pipeline removes no row."""

NOT_CHANGED = (
    "UPDATE audit.event SET actor = 'x'",
    "UPDATE cycle.message_event SET state = 'sent'",
    "UPDATE cycle.message SET to_address = 'x@y.example'",
    "UPDATE cycle.message SET body_text = 'x'",
    "UPDATE intake.arrival SET raw_sha256 = 'x'",
    "UPDATE intake.arrival SET from_address = 'x@y.example'",
    "UPDATE intake.arrival SET received_at = now()",
    "UPDATE intake.submission SET file_sha256 = 'x'",
    "UPDATE intake.submission SET received_at = now()",
    "UPDATE intake.archived_file SET sha256 = 'x'",
    "UPDATE cycle.document_registration SET number = '1/X'",
    "UPDATE cycle.document_version SET content_hash = 'x'",
    "UPDATE cycle.cycle SET due_at = now()",
    "UPDATE core.fact SET state = 'yes'",
    "UPDATE registry.organization SET kind = 'ministry'",
    "DELETE FROM registry.contact",
    "DELETE FROM cycle.cycle",
    "INSERT INTO registry.organization (organization_id, kind, valid_from) VALUES ('x', 'ministry', now())",
    "INSERT INTO public.schema_version VALUES ('9999')",
)


@pytest.mark.parametrize("role", ["reporting", "analyst", "backup"])
def test_the_schema_is_its_owners_alone(server: EmbeddedPostgres, warehouse: str, role: str) -> None:
    with contextlib.closing(server.connect(warehouse, role)) as session, session.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = off")
        for statement in OF_THE_OWNER:
            refused(session, statement)


def test_the_pipeline_neither_removes_nor_rewrites_what_happened(
    server: EmbeddedPostgres, warehouse: str
) -> None:
    with contextlib.closing(server.connect(warehouse, "reporting")) as session:
        for table in RECORDS:
            refused(session, f"DELETE FROM {table}")
        for statement in NOT_CHANGED:
            refused(session, statement)
        with session.cursor() as cursor:  # and what it is there for works
            cursor.execute("UPDATE cycle.milestone SET done_at = now() WHERE false")
            cursor.execute("CREATE TEMP TABLE mine (n int)")
            cursor.execute("SELECT cycle_id FROM cycle.cycle FOR NO KEY UPDATE")


def test_nothing_is_written_through_a_view(server: EmbeddedPostgres, warehouse: str) -> None:
    """A view works with the rights of its owner: what may be written through it could not be held back."""
    asked = (
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind = 'v' AND n.nspname !~ '^(pg_|information_schema)'"
        " AND (%s OR has_table_privilege(c.oid, 'INSERT') OR has_table_privilege(c.oid, 'DELETE')"
        " OR has_any_column_privilege(c.oid, 'UPDATE'))"
    )
    for role in ("reporting", "analyst", "backup"):
        with contextlib.closing(server.connect(warehouse, role)) as session, session.cursor() as cursor:
            cursor.execute(asked, (True,))
            assert len(cursor.fetchall()) > 20
            cursor.execute(asked, (False,))
            assert cursor.fetchall() == []


def test_passwords_are_seen_by_nobody_who_works(server: EmbeddedPostgres, warehouse: str) -> None:
    """The backup alone reads their SCRAM verifiers, as it reads everything."""
    for role in ("reporting", "reporting_owner", "analyst"):
        with contextlib.closing(server.connect(warehouse, role)) as session:
            refused(session, "SELECT rolpassword FROM pg_authid")


def test_the_key_by_which_a_row_is_held_cannot_be_changed(server: EmbeddedPostgres, warehouse: str) -> None:
    with contextlib.closing(server.connect(warehouse, "reporting")) as session, session.cursor() as cursor:
        for statement in (
            "UPDATE cycle.cycle SET cycle_id = 'x'",
            "UPDATE cycle.recipient SET recipient_id = recipient_id + 1000",
        ):
            with pytest.raises((psycopg2.errors.ForeignKeyViolation, psycopg2.errors.GeneratedAlways)):
                cursor.execute(statement)


def test_the_backup_reads_everything_and_writes_nothing(server: EmbeddedPostgres, warehouse: str) -> None:
    with contextlib.closing(server.connect(warehouse, "backup")) as session:
        with session.cursor() as cursor:
            cursor.execute(
                "SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information_schema)'"
            )
            tables = [".".join(row) for row in cursor.fetchall()]
            assert len(tables) > 60
            for table in tables:
                cursor.execute(f"SELECT * FROM {table} LIMIT 1")
        for table in tables:
            refused(session, f"DELETE FROM {table}")
            refused(session, f"INSERT INTO {table} DEFAULT VALUES")
        refused(session, "SELECT nextval(pg_get_serial_sequence('audit.event', 'event_id'))")
        refused(session, "CREATE TEMP TABLE mine (n int)")


def test_the_analyst_sees_no_addresses_and_changes_nothing(server: EmbeddedPostgres, warehouse: str) -> None:
    with contextlib.closing(server.connect(warehouse, "analyst")) as session:
        with session.cursor() as cursor, pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
            cursor.execute("CREATE TEMP TABLE mine (n int)")  # its sessions begin read-only
        with session.cursor() as cursor:
            cursor.execute("ROLLBACK")
            cursor.execute("SET default_transaction_read_only = off")  # and it may not either way
        for statement in (
            "SELECT email FROM registry.contact",
            "SELECT * FROM intake.arrival",
            "SELECT * FROM intake.virus_scan",
            "SELECT * FROM audit.event",
            "SELECT to_address FROM cycle.message",
            *(f"DELETE FROM {table}" for table in RECORDS),
            *NOT_CHANGED,
        ):
            refused(session, statement)


def test_airflow_owns_its_database_and_nothing_else(server: EmbeddedPostgres, warehouse: str) -> None:
    with contextlib.closing(server.connect(AIRFLOW_DATABASE, "airflow")) as session:
        with session.cursor() as cursor:
            cursor.execute("CREATE SCHEMA works")
        for statement in ("SELECT pg_read_file('/etc/passwd')", "CREATE ROLE hole", "SET ROLE reporting"):
            refused(session, statement)
