"""Everything a database consists of but its rows, in words that can be compared; its rows, table by table."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from sqlalchemy import Connection, Engine, text

# ruff: noqa: E501 - statements for the catalogue

_WITHIN = "n.nspname NOT IN ('information_schema') AND n.nspname !~ '^pg_'"

CATALOGUE = {
    "schemas": f"""
        SELECT n.nspname, pg_get_userbyid(n.nspowner), obj_description(n.oid, 'pg_namespace'),
               ARRAY(SELECT x::text FROM unnest(n.nspacl) x ORDER BY 1)::text
        FROM pg_namespace n WHERE {_WITHIN}""",
    "relations": f"""
        SELECT n.nspname, c.relname, c.relkind, pg_get_userbyid(c.relowner), obj_description(c.oid, 'pg_class'),
               c.reloptions::text, c.relpersistence, c.relrowsecurity,
               ARRAY(SELECT x::text FROM unnest(c.relacl) x ORDER BY 1)::text
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {_WITHIN} AND c.relkind IN ('r', 'v', 'm', 'S', 'p', 'i')""",
    "columns": f"""
        SELECT n.nspname, c.relname, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
               a.attgenerated, pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum),
               ARRAY(SELECT x::text FROM unnest(a.attacl) x ORDER BY 1)::text
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE {_WITHIN} AND c.relkind IN ('r', 'v', 'm', 'p') AND a.attnum > 0 AND NOT a.attisdropped""",
    "constraints": f"""
        SELECT n.nspname, k.conrelid::regclass::text, k.conname, pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE {_WITHIN}""",
    "indexes": f"""
        SELECT n.nspname, pg_get_indexdef(i.indexrelid), i.indisvalid
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {_WITHIN}""",
    "views": f"""
        SELECT n.nspname, c.relname, pg_get_viewdef(c.oid)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_WITHIN} AND c.relkind IN ('v', 'm')""",
    "triggers": f"""
        SELECT n.nspname, pg_get_triggerdef(t.oid), t.tgenabled
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {_WITHIN} AND NOT t.tgisinternal""",
    "functions": f"""
        SELECT n.nspname, p.oid::regprocedure::text, pg_get_functiondef(p.oid), obj_description(p.oid, 'pg_proc'),
               pg_get_userbyid(p.proowner), ARRAY(SELECT x::text FROM unnest(p.proacl) x ORDER BY 1)::text
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {_WITHIN}""",
}


def catalogue(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Schemas, tables, columns, constraints, indexes, views, triggers, functions, with owners, comments, grants."""
    with engine.connect() as connection:
        found = {
            what: sorted((tuple(row) for row in connection.execute(text(statement))), key=repr)
            for what, statement in CATALOGUE.items()
        }
        found["views"] = [
            (schema, name, _as_read_anew(connection, body)) for schema, name, body in found["views"]
        ]
        connection.rollback()
    return found


def _as_read_anew(connection: Connection, body: str) -> str:
    """A view's statement as PostgreSQL writes it once it was dumped and made again: names of subqueries and
    brackets may be others than after the first CREATE VIEW.
    """
    connection.exec_driver_sql(f"CREATE TEMPORARY VIEW read_anew AS {body}".replace("%", "%%"))
    anew = connection.exec_driver_sql("SELECT pg_get_viewdef('pg_temp.read_anew'::regclass)").scalar_one()
    connection.exec_driver_sql("DROP VIEW read_anew")
    return re.sub(r"\b([a-z]+)_\d+\b", r"\1", str(anew))


def tables(connection: Connection) -> list[str]:
    """Every table, by schema and name."""
    return list(
        connection.execute(
            text(
                "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
                " WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
            )
        ).scalars()
    )


def rows(engine: Engine, without: frozenset[str] = frozenset()) -> dict[str, tuple[int, str]]:
    """Of every table how many rows it has, and one hash over all of them in an order of their own."""
    found = {}
    with engine.connect() as connection:
        for table in tables(connection):
            if table in without:
                continue
            digest, count = hashlib.sha256(), 0
            for (line,) in connection.execute(text(f"SELECT t::text FROM {table} t ORDER BY 1")):
                digest.update(line.encode() + b"\n")
                count += 1
            found[table] = count, digest.hexdigest()
    return found


def columns(engine: Engine) -> dict[str, list[str]]:
    """The columns of every table."""
    with engine.connect() as connection:
        found: dict[str, list[str]] = {}
        for table, column in connection.execute(
            text(
                "SELECT format('%I.%I', table_schema, table_name), column_name FROM information_schema.columns"
                " JOIN information_schema.tables t USING (table_schema, table_name)"
                " WHERE t.table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, ordinal_position"
            )
        ):
            found.setdefault(table, []).append(column)
        return found


def values(engine: Engine, wanted: dict[str, list[str]]) -> dict[str, str]:
    """Of every table one hash over its rows, of these columns alone."""
    found = {}
    with engine.connect() as connection:
        for table, names in wanted.items():
            listed = ", ".join(f'"{name}"' for name in names)
            lines = connection.execute(text(f"SELECT ROW({listed})::text FROM {table} ORDER BY 1")).scalars()
            digest = hashlib.sha256()
            for line in lines:
                digest.update(line.encode() + b"\n")
            found[table] = digest.hexdigest()
    return found
