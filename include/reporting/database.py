"""The warehouse: engine, queries kept as files, migrations."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from alembic import command
from alembic.config import Config
from psycopg2 import Error as DriverError
from sqlalchemy import Connection, Engine, ExceptionContext, TextClause, create_engine, event, text

from reporting.settings import INCLUDE, settings

_HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")

SQL = INCLUDE / "sql"


class NoWarehouseError(RuntimeError):
    """No warehouse is named."""


class SchemaVersionError(RuntimeError):
    """The warehouse has the schema of another release than this program; the message names the remedy."""


def sqlalchemy_url(url: str | None = None) -> str:
    """Address of the warehouse (or of `url`) with the driver spelt out: a bare postgres:// would pick
    another one.

    Raises NoWarehouseError when there is neither, ValueError for another kind of database.
    """
    address = url or settings().warehouse_url.get_secret_value()
    if not address:
        raise NoWarehouseError(
            "AIRFLOW_CONN_REPORTING_WAREHOUSE is not set, so there is no warehouse to work on. "
            "Start the local stack (make up), or set it to postgres://role:password@host:port/database."
        )
    parts = urlsplit(address)
    if parts.scheme.split("+")[0] not in {"postgres", "postgresql"}:
        raise ValueError(
            "The warehouse must be PostgreSQL, but AIRFLOW_CONN_REPORTING_WAREHOUSE begins with "
            f"{parts.scheme}://. "
            "Write postgres://role:password@host:port/database."
        )
    return urlunsplit(parts._replace(scheme="postgresql+psycopg2", query=""))


def owner_url() -> str:
    """Address of the warehouse as its owner, who alone may change the schema: REPORTING_WAREHOUSE_OWNER,
    else the warehouse's own address. Raises as `sqlalchemy_url` does.
    """
    return sqlalchemy_url(settings().owner_url.get_secret_value() or None)


def engine(url: str | None = None) -> Engine:
    """Engine on the warehouse (or on `url`), one per process and address, in UTC, checked before each use.

    A warehouse with the schema of another release is not worked on: connecting raises SchemaVersionError. One
    that has no schema yet is.
    """
    return _engine(sqlalchemy_url(url))


@lru_cache(maxsize=8)
def _engine(address: str) -> Engine:
    found = engine_of_any_release(address)
    event.listen(found, "connect", _refuse_other_release)
    return found


def engine_of_any_release(url: str) -> Engine:
    """A new engine on the warehouse of `url`, whatever its schema is: for backups and restores alone.

    Its errors name no values: rows hold addresses and what people wrote, and errors end in logs.
    """
    found = create_engine(
        sqlalchemy_url(url),
        pool_pre_ping=True,
        pool_size=2,
        hide_parameters=True,
        connect_args={"application_name": "reporting", "options": "-c timezone=UTC", "connect_timeout": 10},
    )
    event.listen(found, "handle_error", _without_values)
    return found


_OF_VALUES = ("22", "23", "42")
"""Classes of SQLSTATE (data, violated constraints, statements that do not fit) whose details quote rows, or
the statement with its values.
"""


def _without_values(context: ExceptionContext) -> None:
    """Leave of what PostgreSQL says its first line, which names the constraint, and its hints."""
    said, told = context.original_exception, context.sqlalchemy_exception
    if isinstance(said, DriverError):
        long = str(said)
        _shorten(said)
        if told is not None:
            told.args = tuple(str(one).replace(long, str(said)) for one in told.args)


def _shorten(error: DriverError) -> None:
    if (error.pgcode or "").startswith(_OF_VALUES):
        first, *others = str(error).splitlines() or [""]
        error.args = ("\n".join([first, *(line for line in others if line.startswith("HINT:"))]),)


@lru_cache(maxsize=1)
def schema_versions() -> tuple[str, ...]:
    """The versions of the schema that this program knows, oldest first; the last is the one it needs."""
    return tuple(sorted(path.stem[1:] for path in (SQL / "migrations" / "versions").glob("r[0-9]*.py")))


def schema_fault(found: str) -> str | None:
    """Why this program cannot work on a warehouse with the schema `found`, and the remedy; None: it can."""
    known = schema_versions()
    if found == known[-1]:
        return None
    if found in known:
        return (
            f"The warehouse has the schema {found} of an older release; this program needs {known[-1]}. "
            "Stop the services, make a backup (`reporting backup make`), then run `reporting migrate` as the "
            "warehouse's owner."
        )
    return (
        f"The warehouse has the schema {found}, which this program (up to {known[-1]}) does not know: it was "
        "upgraded. Install the newer release here too, or restore the backup made before the upgrade."
    )


def _refuse_other_release(connection: Any, _: object) -> None:
    """Asked once for each new connection to the server, not for each use of it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT version_num FROM public.schema_version")
            row = cursor.fetchone()
    except DriverError as error:
        if error.pgcode not in {"42P01", "42501"}:  # no schema yet; a role that may not see which
            raise
        row = None
    connection.rollback()
    if row is not None and (fault := schema_fault(row[0])) is not None:
        raise SchemaVersionError(fault)


@lru_cache(maxsize=256)
def query(name: str) -> TextClause:
    """The statement of include/sql/queries/<name>.sql, with bound parameters written :like_this.

    Raises FileNotFoundError naming the file.
    """
    return text((SQL / "queries" / f"{name}.sql").read_text(encoding="utf-8"))


def copy_rows(
    connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Append `rows` to `table` with one COPY, in the caller's transaction; nothing when there are none.

    Each row has one value per column, None for NULL; what str() makes of a value must be what PostgreSQL
    reads. Characters that no text in PostgreSQL can hold (U+0000) are left out. Raises whatever PostgreSQL
    finds wrong with a row.
    """
    lines = [_line(row) for row in rows]
    if not lines:
        return
    cursor: Any = connection.connection.cursor()  # psycopg2's, which alone speaks COPY
    with cursor:
        try:
            cursor.copy_expert(
                f"COPY {table} ({', '.join(columns)}) FROM STDIN", io.StringIO("\n".join(lines))
            )
        except DriverError as error:
            _shorten(error)
            raise


def _line(row: Sequence[object]) -> str:
    """A row as COPY reads it in its text format; most need no escapes."""
    values = ["\\N" if value is None else str(value) for value in row]
    joined = "".join(values)
    if joined.isprintable() and joined.count("\\") == row.count(None):
        return "\t".join(values)
    return "\t".join(map(_field, row))


def storable(text: str) -> str:
    """A stranger's text as the warehouse can keep it: without U+0000, with U+FFFD for half a character."""
    return _HALF_A_CHARACTER.sub("\ufffd", text.replace("\x00", ""))


def _field(value: object) -> str:
    """A value as COPY reads it in its text format."""
    if value is None:
        return "\\N"
    written = str(value)
    if "\\" in written:
        written = written.replace("\\", "\\\\")
    if written.isprintable():  # neither tabs nor line ends nor U+0000
        return written
    return storable(written).replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def migrate(url: str | None = None, *, unfinished_restore: bool = False) -> None:
    """Bring the warehouse (or that of `url`, its owner's) to the newest schema; does nothing when it is
    there already.

    Alembic keeps the order of revisions; each runs the files of its number in include/sql/schema, all in one
    transaction. Several processes may migrate at once. Raises SchemaVersionError for a warehouse with the
    schema of a newer release, and for one into which a backup is being restored, unless by the restore
    itself (`unfinished_restore`).
    """
    address = sqlalchemy_url(url) if url else owner_url()
    _refuse_to_migrate(address, unfinished_restore=unfinished_restore)
    config = Config()
    config.set_main_option("script_location", str(SQL / "migrations"))
    config.attributes["url"] = address
    command.upgrade(config, "head")


RESTORING = "reporting: restoring "
"""How the comment on a database begins into which a backup is being restored; the backup's name follows."""
RESTORED = "reporting: restored "
"""The same on Airflow's database once it is there, so that a restore that is cut off later finds it done."""


def _refuse_to_migrate(address: str, *, unfinished_restore: bool) -> None:
    warehouse = engine_of_any_release(address)
    try:
        with warehouse.connect() as connection:
            found = connection.execute(query("migration/state")).one()
            if found.note is not None and found.note.startswith(RESTORING) and not unfinished_restore:
                raise SchemaVersionError(
                    f"The restore of {found.note.removeprefix(RESTORING)} into this warehouse was cut off. "
                    "Run `reporting backup restore` again; it goes on where it was."
                )
            version = found.has_schema and connection.execute(query("backup/schema_version")).scalar()
    finally:
        warehouse.dispose()
    if version and version not in schema_versions():
        raise SchemaVersionError(schema_fault(version))
