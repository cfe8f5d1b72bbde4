"""The schema: complete, documented, and the same after a second migration."""

from __future__ import annotations

from sqlalchemy import text

from reporting import database

UNDOCUMENTED = """
SELECT c.oid::regclass::text || coalesce('.' || a.attname, '')
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname IN ('registry', 'cycle', 'intake', 'core', 'mart', 'audit') AND c.relkind IN ('r', 'v',
'm', 'p')
  AND (obj_description(c.oid) IS NULL OR (a.attnum IS NOT NULL AND col_description(c.oid, a.attnum) IS NULL))
"""


def test_every_table_view_and_column_has_a_comment(warehouse_url: str) -> None:
    with database.engine(warehouse_url).connect() as connection:
        assert connection.execute(text(UNDOCUMENTED)).scalars().all() == []
        tables = connection.execute(
            text(
                "SELECT count(*) FROM pg_tables"
                " WHERE schemaname IN ('registry', 'cycle', 'intake', 'core', 'mart', 'audit')"
            )
        ).scalar_one()
    assert tables > 30


def test_migrating_again_changes_nothing(owner_url: str) -> None:
    database.migrate(owner_url)
    with database.engine(owner_url).connect() as connection:
        assert connection.execute(text("SELECT version_num FROM schema_version")).scalars().all() == ["0002"]
