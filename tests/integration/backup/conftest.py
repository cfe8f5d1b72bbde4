"""Warehouses side by side: one to back up, empty ones to restore into; the frozen releases."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from local_stack.postgres import EmbeddedPostgres
from reporting.backup import programs
from reporting.settings import settings

RELEASES = Path(__file__).parents[2] / "data" / "releases"
OWNER, PIPELINE = "reporting_owner", "reporting"
_numbers = count(1)


@pytest.fixture
def empty_database(postgres: EmbeddedPostgres) -> Iterator[Callable[[], str]]:
    """Makes an empty database of the warehouse's owner, in which the pipeline's role may connect; gives its
    name.
    """
    made: list[str] = []

    def make() -> str:
        name = f"target_{next(_numbers)}"
        postgres.ensure_database(name, OWNER, workers=(PIPELINE,))
        made.append(name)
        return name

    yield make
    for name in made:
        postgres.drop_database(name)


@pytest.fixture
def use(
    postgres: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str, Path], None]]:
    """Makes the environment that of an installation with this database and this archive."""

    def turn(name: str, archive: Path) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_REPORTING_WAREHOUSE", postgres.url(name, PIPELINE))
        monkeypatch.setenv("REPORTING_WAREHOUSE_OWNER", postgres.url(name, OWNER))
        monkeypatch.setenv("REPORTING_ARCHIVE", str(archive))
        monkeypatch.setenv("REPORTING_CHANNELS", f"maildir:{tmp_path / 'inbox'}")
        monkeypatch.setenv("REPORTING_MAILBOX_MODE", "rehearsal")
        monkeypatch.setenv("REPORTING_MINISTRY_ADDRESS", "baocao@ttdn.bo-chu-tri.example")
        monkeypatch.setenv("REPORTING_SIGNING_KEY", "a signing key for tests")
        settings.cache_clear()

    yield turn
    settings.cache_clear()


@pytest.fixture
def released(
    postgres: EmbeddedPostgres,
    empty_database: Callable[[], str],
    use: Callable[[str, Path], None],
    tmp_path: Path,
) -> str:
    """The name of a database with the warehouse of release 0.1.0, whose archive is in use with it."""
    name = empty_database()
    folder = tmp_path / "released"
    with tarfile.open(RELEASES / "0.1.0" / "archive.tar.xz") as packed:
        packed.extractall(folder, filter="data")
    use(name, folder)
    programs.load(postgres.url(name, OWNER), 18, [(RELEASES / "0.1.0" / "warehouse.dump").read_bytes()])
    return name
