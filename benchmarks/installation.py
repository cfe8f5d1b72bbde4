"""A warehouse of a benchmark alone, with the settings that lead to it."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from local_stack.postgres import EmbeddedPostgres, temporary_postgres
from reporting import database
from reporting.settings import settings

MINISTRY = "baocao@ttdn.bo-chu-tri.example"
KEY = "signing key of the benchmarks"


@contextmanager
def installation(*, is_durable: bool, **environment: str) -> Iterator[Engine]:
    """An empty warehouse and an archive, with these variables and our own in the environment.

    `is_durable`: every commit of the warehouse is on disk before it returns, as in an office.
    """
    with (
        tempfile.TemporaryDirectory(prefix="bench") as folder,
        _postgres(Path(folder) / "pg", is_durable=is_durable) as server,
    ):
        server.ensure_role("reporting_owner", secrets.token_urlsafe(24))
        server.ensure_database("warehouse", "reporting_owner")
        url = server.url("warehouse", "reporting_owner")
        ours = {
            "AIRFLOW_CONN_REPORTING_WAREHOUSE": url,
            "REPORTING_ARCHIVE": str(Path(folder) / "archive"),
            "REPORTING_MINISTRY_ADDRESS": MINISTRY,
            "REPORTING_SIGNING_KEY": KEY,
        }
        with _environment(ours | environment):
            database.migrate(url)
            engine = database.engine(url)
            try:
                yield engine
            finally:
                engine.dispose()


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ |= variables
    settings.cache_clear()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before
        settings.cache_clear()


@contextmanager
def _postgres(folder: Path, *, is_durable: bool) -> Iterator[EmbeddedPostgres]:
    if not is_durable:
        with temporary_postgres(folder) as server:
            yield server
        return
    server = EmbeddedPostgres(folder, secrets.token_urlsafe(24))
    server.start()
    try:
        yield server
    finally:
        server.stop()
