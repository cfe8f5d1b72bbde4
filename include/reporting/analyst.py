"""What analysts may read of the warehouse: include/sql/analyst.yaml, brought into its grants."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Connection, Engine, text

from reporting import plain_yaml
from reporting.database import SQL, query

FILE = SQL / "analyst.yaml"


class AnalystError(ValueError):
    """The file cannot be read, or names what the warehouse does not have; the message names the remedy."""


class Reading(BaseModel):
    """What the role may read, and the settings that whoever makes the role gives it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: str
    schemas: tuple[str, ...]
    tables: tuple[str, ...]
    withheld_tables: tuple[str, ...]
    withheld_columns: dict[str, tuple[str, ...]]
    settings: dict[str, str]
    connection_limit: int

    def columns_of(self, table: str, columns: list[str]) -> list[str]:
        """Which columns of a table (schema.name) may be read, in order; none of one that is withheld."""
        schema = table.partition(".")[0]
        if table in self.withheld_tables or not (schema in self.schemas or table in self.tables):
            return []
        withheld = self.withheld_columns.get(table, ())
        return [column for column in columns if column not in withheld]


@lru_cache(maxsize=1)
def reading() -> Reading:
    """The file. Raises AnalystError naming what is wrong in it."""
    try:
        return Reading.model_validate(plain_yaml.load(FILE.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise AnalystError(f"{FILE}: {error}") from error


def relations(connection: Connection) -> dict[str, list[str]]:
    """Every table and view of the warehouse (schema.name) with its columns, in order."""
    found = connection.execute(query("analysis/relations"))
    return {f"{row.schema}.{row.name}": row.columns for row in found}


def readable(connection: Connection) -> dict[str, list[str]]:
    """Tables and views that analysts may read, with the columns that they may.

    Raises AnalystError naming tables and columns of the file that the warehouse does not have: what was
    renamed must not be given out unawares.
    """
    rules, known = reading(), relations(connection)
    named = {*rules.tables, *rules.withheld_tables, *rules.withheld_columns}
    strays = sorted(named - known.keys())
    for table, withheld in rules.withheld_columns.items():
        strays += [f"{table}.{column}" for column in withheld if column not in known.get(table, withheld)]
    if strays:
        raise AnalystError(
            f"{FILE}: the warehouse has no {', '.join(strays)}; name it as it is called now, or remove it"
        )
    found = ((table, rules.columns_of(table, columns)) for table, columns in known.items())
    return {table: columns for table, columns in found if columns}


def let_read(engine: Engine) -> bool:
    """Bring the grants of the analysts' role to the file, in one transaction; the owner of the warehouse may.

    It reads tables, views and the functions that only read; nothing else. Running it again changes nothing.
    Returns False where the server has no such role. Raises AnalystError as `readable` does.
    """
    role = reading().role
    with engine.begin() as connection:
        if not connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}):
            return False
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('reporting.analyst', 0))"))
        for statement in _statements(connection):
            connection.execute(text(statement))
    return True


def _statements(connection: Connection) -> Iterator[str]:
    quote: Any = connection.dialect.identifier_preparer.quote
    role, known = quote(reading().role), relations(connection)

    def name(table: str) -> str:
        return ".".join(map(quote, table.split(".")))

    granted = readable(connection)
    functions = connection.execute(query("analysis/functions")).all()
    for schema in sorted({table.split(".")[0] for table in known}):
        yield f"REVOKE ALL ON SCHEMA {quote(schema)} FROM {role}"
        yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {quote(schema)} FROM {role}"
        yield f"ALTER DEFAULT PRIVILEGES IN SCHEMA {quote(schema)} REVOKE SELECT ON TABLES FROM {role}"  # noqa: S608 - quoted
    for schema in sorted({table.split(".")[0] for table in granted}):
        yield f"GRANT USAGE ON SCHEMA {quote(schema)} TO {role}"
    for table, columns in granted.items():
        if columns == known[table]:
            yield f"GRANT SELECT ON {name(table)} TO {role}"
        else:
            yield f"GRANT SELECT ({', '.join(map(quote, columns))}) ON {name(table)} TO {role}"
    for function in functions:
        yield f"REVOKE ALL ON FUNCTION {function.signature} FROM PUBLIC, {role}"
        if function.only_reads and function.schema in reading().schemas:
            yield f"GRANT EXECUTE ON FUNCTION {function.signature} TO {role}"
