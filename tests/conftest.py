"""Fixtures that several kinds of test share."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Generator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import Connection, Engine, event

_CACHE = Path(__file__).resolve().parents[1] / ".cache"


def _stay_in_the_clone() -> None:
    """Put homes, caches and temporary files of everything the tests start below .cache."""
    home = _CACHE / "home"
    temporary = _CACHE / "tmp"
    for folder in (home, temporary):
        folder.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "AIRFLOW_HOME": str(_CACHE / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "GX_ANALYTICS_ENABLED": "False",
        "PYTEST_DEBUG_TEMPROOT": str(temporary),
    }
    if len(str(temporary)) <= 60:  # socket files below it must fit into 108 bytes
        os.environ["TMPDIR"] = str(temporary)


_stay_in_the_clone()

# the homes and folders above must be set before the project is imported
from local_stack.postgres import EmbeddedPostgres, temporary_postgres  # noqa: E402

_TESTS = Path(__file__).parent
_KINDS = ("unit", "integration", "end_to_end")
_numbers = count(1)
_TEMPLATE = "warehouse_template"
_OWNER = "reporting_owner"
_PIPELINE = "reporting"


_OURS = (str(_TESTS), str(_TESTS.parent / "benchmarks"))
_LIBRARY = str(Path(sqlalchemy.__file__).parent)


def _is_scenery(connection: Connection, statement: str) -> bool:
    """Whether a test itself writes, to set its scene: the software works as the pipeline's role."""
    if connection.engine.url.username != _PIPELINE or statement.lstrip()[:6].upper() == "SELECT":
        return False
    frame = sys._getframe(1)
    while frame.f_back is not None and (
        frame.f_code.co_filename.startswith(_LIBRARY) or frame.f_code.co_filename == __file__
    ):
        frame = frame.f_back
    return frame.f_code.co_filename.startswith(_OURS)


@event.listens_for(Engine, "before_cursor_execute")
def _become_owner(
    connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, _many: bool
) -> None:
    if context is not None and _is_scenery(connection, statement):
        context.was_scenery = True
        cursor.execute(f"SET ROLE {_OWNER}")  # a rollback takes it back


@event.listens_for(Engine, "after_cursor_execute")
def _become_pipeline(
    connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, _many: bool
) -> None:
    if getattr(context, "was_scenery", False):
        with contextlib.closing(cursor.connection.cursor()) as another:
            another.execute("RESET ROLE")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test by the folder it lies in."""
    for item in items:
        if item.path.is_relative_to(_TESTS):
            kind = item.path.relative_to(_TESTS).parts[0]
            if kind in _KINDS:
                item.add_marker(kind)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write halves of characters, which some tests print on purpose, so that reports go between processes."""
    report = yield
    report.sections = [(name, _whole(content)) for name, content in report.sections]
    if report.longrepr is not None and _whole(str(report.longrepr)) != str(report.longrepr):
        report.longrepr = _whole(str(report.longrepr))
    return report


def _whole(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL server of this test session, with the warehouse's owner and the pipeline's role.

    The software of a test works as the pipeline's role. Statements that a test itself writes are the owner's:
    the role may become it here, which it may nowhere else.
    """
    folder: Path = tmp_path_factory.mktemp("postgres")
    with temporary_postgres(folder) as server:
        for role in (_OWNER, _PIPELINE):
            server.ensure_role(role, secrets.token_urlsafe(24))
        with contextlib.closing(server.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(f"GRANT {_OWNER} TO {_PIPELINE} WITH INHERIT FALSE, SET TRUE")
        yield server


@pytest.fixture(scope="session")
def _migrated_template(postgres: EmbeddedPostgres) -> str:
    """The name of a database in which the migrations were run and the pipeline's role was let in once."""
    from reporting.database import engine, migrate
    from reporting.pipeline_role import let_work

    postgres.ensure_database(_TEMPLATE, _OWNER)
    url = postgres.url(_TEMPLATE, _OWNER)
    migrate(url)
    owner = engine(url)
    let_work(owner)
    owner.dispose()
    return _TEMPLATE


@pytest.fixture
def _warehouse_name(postgres: EmbeddedPostgres, _migrated_template: str) -> Iterator[str]:
    name = f"warehouse_{next(_numbers)}"
    postgres.ensure_database(name, _OWNER, template=_migrated_template, workers=(_PIPELINE,))
    yield name
    postgres.drop_database(name)


@pytest.fixture
def warehouse_url(postgres: EmbeddedPostgres, _warehouse_name: str) -> str:
    """The address of an empty warehouse of this test alone, all migrations run, for the pipeline's role."""
    return postgres.url(_warehouse_name, _PIPELINE)


@pytest.fixture
def owner_url(postgres: EmbeddedPostgres, _warehouse_name: str) -> str:
    """The same warehouse for its owner."""
    return postgres.url(_warehouse_name, _OWNER)
