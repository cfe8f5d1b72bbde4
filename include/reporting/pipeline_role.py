"""What the pipeline's own role may do with the warehouse: include/sql/pipeline.yaml, as grants."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Connection, Engine, text

from reporting import plain_yaml
from reporting.analyst import relations
from reporting.database import SQL, query

FILE = SQL / "pipeline.yaml"
Verb = Literal["select", "insert", "update", "delete"]


class PipelineRoleError(ValueError):
    """The file cannot be read, or names what the warehouse does not have; the message names the remedy."""


class Working(BaseModel):
    """What the role may do: by schema, by table besides, and which columns of a row it may change.

    `held`: columns that are granted for the sake of locks on rows alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: str
    schemas: dict[str, tuple[Verb, ...]]
    tables: dict[str, tuple[Verb, ...]]
    columns: dict[str, tuple[str, ...]]
    held: dict[str, tuple[str, ...]]

    def verbs(self, table: str, *, is_view: bool = False) -> tuple[Verb, ...]:
        """What may be done with whole rows of a table (schema.name), of a view with them: reading at most;
        nothing with one of a schema not named.
        """
        by_schema = self.schemas.get(table.partition(".")[0], ())
        verbs = tuple(dict.fromkeys((*by_schema, *self.tables.get(table, ()))))
        return tuple(verb for verb in verbs if verb == "select") if is_view else verbs

    def changeable(self, table: str) -> tuple[str, ...]:
        """The columns of a table (schema.name) that may be changed of a row."""
        return (*self.columns.get(table, ()), *self.held.get(table, ()))


@lru_cache(maxsize=1)
def working() -> Working:
    """The file. Raises PipelineRoleError naming what is wrong in it."""
    try:
        return Working.model_validate(plain_yaml.load(FILE.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise PipelineRoleError(f"{FILE}: {error}") from error


def let_work(owner: Engine) -> bool:
    """Bring the grants of the pipeline's role to the file, in one transaction; the warehouse's owner may.

    Running it again changes nothing. Returns False where the server has no such role, or where it owns the
    warehouse itself. Raises PipelineRoleError where the file names a table that is not there.
    """
    role = working().role
    with owner.begin() as connection:
        known = connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
        if not known or connection.scalar(text("SELECT current_user")) == role:
            return False
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('reporting.pipeline', 0))"))
        for statement in _statements(connection):
            connection.execute(text(statement))
    return True


def _statements(connection: Connection) -> Iterator[str]:
    quote: Any = connection.dialect.identifier_preparer.quote
    rules, known = working(), relations(connection)
    role = quote(rules.role)
    strays = sorted({*rules.tables, *rules.columns, *rules.held} - known.keys())
    strays += [
        f"{table}.{column}"
        for table, columns in known.items()
        for column in rules.changeable(table)
        if column not in columns
    ]
    if strays:
        raise PipelineRoleError(
            f"{FILE}: the warehouse has no {', '.join(strays)}; name it as it is called now, or remove it"
        )
    for schema in sorted({table.partition(".")[0] for table in known}):
        yield f"REVOKE ALL ON SCHEMA {quote(schema)} FROM {role}"
        yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {quote(schema)} FROM {role}"  # the rights to columns too
        yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {quote(schema)} FROM {role}"
        if schema in rules.schemas or any(table.startswith(f"{schema}.") for table in rules.tables):
            yield f"GRANT USAGE ON SCHEMA {quote(schema)} TO {role}"
    views = {
        f"{row.schema}.{row.name}"
        for row in connection.execute(query("analysis/relations"))
        if row.kind in "vm"
    }
    for table in known:
        name = ".".join(map(quote, table.split(".", 1)))
        if verbs := rules.verbs(table, is_view=table in views):
            yield f"GRANT {', '.join(verbs).upper()} ON {name} TO {role}"
        if columns := rules.changeable(table):
            yield f"GRANT UPDATE ({', '.join(map(quote, columns))}) ON {name} TO {role}"
    for function in connection.execute(query("analysis/functions")).all():
        yield f"REVOKE ALL ON FUNCTION {function.signature} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION {function.signature} TO {role}"
