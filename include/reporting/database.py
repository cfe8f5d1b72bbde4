"""The warehouse: engine, queries kept as files, migrations."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, TextClause, create_engine, text

from reporting.settings import INCLUDE, settings

SQL = INCLUDE / "sql"


def sqlalchemy_url(url: str) -> str:
    """The same database with the driver spelt out: a bare postgres:// would pick another driver in SQLAlchemy 2.1."""
    parts = urlsplit(url)
    if parts.scheme.split("+")[0] not in {"postgres", "postgresql"}:
        raise ValueError(
            f"The warehouse must be PostgreSQL, but AIRFLOW_CONN_REPORTING_WAREHOUSE begins with {parts.scheme}://. "
            "Write postgres://role:password@host:port/database."
        )
    return urlunsplit(parts._replace(scheme="postgresql+psycopg2", query=""))


@lru_cache(maxsize=8)
def engine(url: str | None = None) -> Engine:
    """Engine on the warehouse (or on `url`), one per process and address, in UTC, checked before each use."""
    address = sqlalchemy_url(url or settings().warehouse_url.get_secret_value())
    return create_engine(
        address,
        pool_pre_ping=True,
        pool_size=2,
        connect_args={"application_name": "reporting", "options": "-c timezone=UTC", "connect_timeout": 10},
    )


@lru_cache(maxsize=256)
def query(name: str) -> TextClause:
    """The statement of include/sql/queries/<name>.sql, with bound parameters written :like_this.

    Raises FileNotFoundError naming the file.
    """
    return text((SQL / "queries" / f"{name}.sql").read_text(encoding="utf-8"))


def migrate(url: str | None = None) -> None:
    """Bring the warehouse to the newest schema; does nothing when it is there already.

    Alembic keeps the order of revisions; each runs the files of its number in include/sql/schema.
    """
    config = Config()
    config.set_main_option("script_location", str(SQL / "migrations"))
    address = sqlalchemy_url(url or settings().warehouse_url.get_secret_value())
    config.attributes["url"] = address
    command.upgrade(config, "head")
