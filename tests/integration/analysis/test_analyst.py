"""What the analysts' role may read and what it may not, tried on a warehouse of its own."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator

import psycopg2
import pytest
from sqlalchemy import Engine, text

from local_stack.postgres import EmbeddedPostgres
from reporting import analyst
from reporting.analyst import AnalystError
from reporting.database import engine as make_engine

_PERSONAL = {
    "email", "phone", "display_name", "sender", "to_address", "from_address", "body_text", "body_html",
    "message_id_header", "in_reply_to", "envelope", "attachments", "spoke_with", "raw_sha256",
}  # fmt: skip


@pytest.fixture
def owner(postgres: EmbeddedPostgres, warehouse_url: str) -> Iterator[Engine]:
    """The owner's engine on an empty warehouse whose server knows the role."""
    postgres.ensure_role("analyst", secrets.token_urlsafe(12))
    engine = make_engine(warehouse_url)
    with engine.begin() as connection:
        database = connection.scalar(text("SELECT current_database()"))
        connection.execute(text(f'GRANT CONNECT ON DATABASE "{database}" TO analyst'))
    yield engine
    engine.dispose()


@pytest.fixture
def session(postgres: EmbeddedPostgres, owner: Engine) -> Iterator[psycopg2.extensions.connection]:
    """A session of the role, without the settings that make it read-only: grants alone must hold."""
    assert analyst.let_read(owner)
    with contextlib.closing(postgres.connect(owner.url.database or "", "analyst")) as connection:
        yield connection


def test_it_reads_the_marts_the_facts_and_the_registry(session: psycopg2.extensions.connection) -> None:
    with session.cursor() as cursor:
        for table in (
            "mart.unit_today",
            "mart.indicator",
            "mart.tracking",
            "core.fact",
            "cycle.cycle",
            "cycle.obligation_status",
            "registry.organization",
            "intake.finding",
        ):
            cursor.execute(f"SELECT * FROM {table}")
        cursor.execute("SELECT organization_id, role, state FROM registry.contact")
        cursor.execute("SELECT step, state, dated_at FROM cycle.message")
        cursor.execute("SELECT registry.region_scheme_on(DATE '2012-12-31')")


@pytest.mark.parametrize(
    "refused",
    [
        "SELECT email FROM registry.contact",
        "SELECT * FROM registry.contact_in_use",
        "SELECT phone FROM registry.contact",
        "SELECT * FROM registry.sender_alias",
        "SELECT body_text FROM cycle.message",
        "SELECT to_address FROM cycle.message",
        "SELECT sender FROM core.current_submission",
        "SELECT * FROM intake.arrival",
        "SELECT * FROM intake.archived_file",
        "SELECT * FROM audit.event",
        "INSERT INTO registry.value_label VALUES ('x', 'x')",
        "UPDATE core.fact SET note = 'x'",
        "DELETE FROM core.fact",
        "TRUNCATE core.fact",
        "CREATE TABLE mart.mine (n int)",
        "CREATE TABLE public.mine (n int)",
        "CREATE TEMP TABLE mine (n int)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mart.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "COPY core.fact TO PROGRAM 'cat'",
        "BEGIN; LOCK TABLE core.fact IN EXCLUSIVE MODE",
        "SELECT mart.writes()",
        "ALTER TABLE core.fact ADD COLUMN mine int",
        "GRANT SELECT ON registry.contact TO analyst",
    ],
)
def test_it_may_neither_see_addresses_nor_change_anything(
    owner: Engine, session: psycopg2.extensions.connection, refused: str
) -> None:
    with owner.begin() as connection:
        connection.execute(
            text("CREATE FUNCTION mart.writes() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1'")
        )
    analyst.let_read(owner)
    with session.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute(refused)


def test_no_column_of_persons_or_messages_is_readable(owner: Engine) -> None:
    with owner.connect() as connection:
        for table, columns in analyst.readable(connection).items():
            assert not _PERSONAL & set(columns), table


def test_granting_again_changes_nothing_and_takes_back_what_the_file_does_not_say(owner: Engine) -> None:
    asked = "SELECT has_table_privilege('analyst', 'intake.arrival', 'SELECT')"
    analyst.let_read(owner)
    with owner.begin() as connection:
        connection.execute(text("GRANT SELECT, DELETE ON intake.arrival TO analyst"))
        assert connection.scalar(text(asked))
    acl = "SELECT string_agg(relname || coalesce(relacl::text, ''), ',' ORDER BY oid) FROM pg_class"
    analyst.let_read(owner)
    with owner.connect() as connection:
        assert not connection.scalar(text(asked))
        before = connection.scalar(text(acl))
    analyst.let_read(owner)
    with owner.connect() as connection:
        assert connection.scalar(text(acl)) == before


def test_a_table_that_was_renamed_is_not_given_out_unawares(owner: Engine) -> None:
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE registry.contact RENAME COLUMN email TO address"))
    with pytest.raises(AnalystError, match=r"analyst\.yaml: the warehouse has no registry\.contact\.email;"):
        analyst.let_read(owner)
