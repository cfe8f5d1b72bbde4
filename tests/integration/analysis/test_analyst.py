"""What the analysts' role may read and what it may not, tried on a warehouse of its own."""

from __future__ import annotations

import contextlib
import re
import secrets
from collections.abc import Iterator

import psycopg2
import pytest
from sqlalchemy import Engine, text

from local_stack.postgres import EmbeddedPostgres
from reporting import analyst
from reporting.analyst import AnalystError
from reporting.consolidation.dictionary import tables
from reporting.consolidation.saved_queries import ask, saved_queries
from reporting.database import engine as make_engine
from tests.integration.letters.filled import fill

_PERSONAL = {
    "email", "phone", "display_name", "sender", "to_address", "from_address", "body_text", "body_html",
    "message_id_header", "in_reply_to", "envelope", "attachments", "spoke_with", "raw_sha256",
}  # fmt: skip

_OF_PERSONS = re.compile(
    "Who asked|name and office|[Tt]elephone|with whom|[Ww]ho spoke|What a person entered"
    "|as the approver reads|Reasons when sent back"
)
"""What comments say of columns that hold persons' words and names, or drafts."""


@pytest.fixture
def owner(postgres: EmbeddedPostgres, owner_url: str) -> Iterator[Engine]:
    """The owner's engine on an empty warehouse whose server knows the role."""
    postgres.ensure_role("analyst", secrets.token_urlsafe(12))
    engine = make_engine(owner_url)
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


REFUSED = (
    "SELECT email FROM registry.contact",
    "SELECT * FROM registry.contact_in_use",
    "SELECT phone FROM registry.contact",
    "SELECT * FROM registry.sender_alias",
    "SELECT body_text FROM cycle.message",
    "SELECT to_address FROM cycle.message",
    "SELECT sender FROM core.current_submission",
    "SELECT asked_by FROM cycle.extension",
    "SELECT reason FROM cycle.waiver",
    "SELECT body_markdown FROM cycle.document_version",
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
)


def test_it_may_neither_see_addresses_nor_change_anything(
    owner: Engine, session: psycopg2.extensions.connection
) -> None:
    with owner.begin() as connection:
        connection.execute(
            text("CREATE FUNCTION mart.writes() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1'")
        )
    analyst.let_read(owner)
    for refused in REFUSED:
        with session.cursor() as cursor:
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(refused)
            cursor.execute("ROLLBACK")


def test_no_column_of_persons_or_messages_is_readable(owner: Engine) -> None:
    with owner.connect() as connection:
        readable = analyst.readable(connection)
        for table, columns in readable.items():
            assert not _PERSONAL & set(columns), table
        described = {
            (f"{t.schema}.{t.name}", c.name): c.comment for t in tables(connection) for c in t.columns
        }
    told = [
        f"{table}.{column}: {described[table, column]}"
        for table, columns in readable.items()
        for column in columns
        if _OF_PERSONS.search(described[table, column])
    ]
    assert told == [], "withhold them in analyst.yaml"


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


def test_it_may_ask_everything_that_is_kept_for_it(
    postgres: EmbeddedPostgres, owner: Engine, session: psycopg2.extensions.connection
) -> None:
    """Saved queries, both views of the provinces, and where figures come from, with its own rights."""
    cycle_id = fill(owner, silent=["Đồng Nai"])
    with session.cursor() as cursor:
        cursor.execute("SELECT sum(counts) FROM mart.trace(%s, 'total:quy_che:2012')", (cycle_id,))
        assert cursor.fetchall() == [(7,)]
        cursor.execute("SELECT count(*), count(filename) FROM mart.trace(%s, 'missing')", (cycle_id,))
        assert cursor.fetchall() == [(1, 0)]
        cursor.execute("SELECT count(DISTINCT unit_id) FROM mart.indicator_value_today")
        assert cursor.fetchall() == [(34,)]
    asked = {"cycle_id": cycle_id, "indicator": "ke_hoach", "mode": "rehearsal"}
    role = make_engine(postgres.url(owner.url.database or "", "analyst"))
    with role.connect() as connection:
        for name, query in saved_queries().items():
            known = {parameter.name for parameter in query.parameters}
            ask(connection, name, {key: value for key, value in asked.items() if key in known})
    role.dispose()
