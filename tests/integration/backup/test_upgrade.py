"""From each released schema to the newest: the same schema as a fresh one, every row kept, cycles go on."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from local_stack.postgres import EmbeddedPostgres
from rehearsal.figures import answer_data_forms
from reporting import clock, database
from reporting.analyst import let_read
from reporting.backup import making, restoring
from reporting.backup.place import place_at
from reporting.backup.verifying import verify
from reporting.cycles import conducting
from reporting.database import SchemaVersionError
from reporting.mail.delivery import start_mail
from reporting.pipeline_role import let_work
from reporting.settings import settings
from reporting.summary.rebuild import find_version, rebuild
from tests.integration.backup.catalogue import catalogue, columns, tables, values
from tests.integration.backup.conftest import OWNER, PIPELINE

FINISHED = "ttdn_dia_phuong__2011_2012__dien_tap_1"
OPEN = "ttdn_dia_phuong__2011_2012__dien_tap_2"


def owner_of(postgres: EmbeddedPostgres, name: str) -> Engine:
    return database.engine_of_any_release(postgres.url(name, OWNER))


def upgrade(owner: Engine) -> None:
    """What `reporting migrate` does."""
    database.migrate(owner.url.render_as_string(hide_password=False))
    let_read(owner)
    let_work(owner)


def test_a_released_warehouse_gets_the_schema_of_a_fresh_one_and_keeps_every_row(
    postgres: EmbeddedPostgres, released: str, owner_url: str
) -> None:
    owner = owner_of(postgres, released)
    had, old = columns(owner), catalogue(owner)
    before = values(owner, had)
    _killed_in_the_middle(postgres, released, owner)
    assert catalogue(owner) == old
    url = postgres.url(released, OWNER)
    at_once = [
        subprocess.Popen([sys.executable, "-c", _MIGRATE, url], env=os.environ, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    said = [process.communicate()[1].decode() for process in at_once]
    assert [process.returncode for process in at_once] == [0, 0], said
    upgrade(owner)
    fresh = database.engine_of_any_release(owner_url)
    upgrade(fresh)  # another test may have made the analysts' role since its grants were given
    expected, found = catalogue(fresh), catalogue(owner)
    for what in expected:
        assert found[what] == expected[what], what
    after = values(owner, had)
    assert {table for table in had if before[table] != after[table]} == {"public.schema_version"}
    with owner.connect() as connection:
        assert len(tables(connection)) > len(had)


def test_the_open_cycle_goes_on_to_its_report_and_the_published_one_is_rebuilt(
    postgres: EmbeddedPostgres,
    released: str,
    _capture: tuple[str, str],  # noqa: PT019 - its value is used
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, token = _capture
    monkeypatch.setenv("REPORTING_CAPTURE_ADDRESS", address)
    monkeypatch.setenv("REPORTING_CAPTURE_TOKEN", token)
    settings.cache_clear()
    owner = owner_of(postgres, released)
    upgrade(owner)
    engine = database.engine(postgres.url(released, PIPELINE))
    with engine.connect() as connection:
        rebuilt = rebuild(connection, find_version(connection, FINISHED))
        codes = list(
            connection.execute(
                text("SELECT reference_code FROM cycle.recipient WHERE cycle_id = :c ORDER BY position"),
                {"c": OPEN},
            ).scalars()
        )
    assert rebuilt.is_same, (rebuilt.lost, rebuilt.software, rebuilt.edited)
    start_mail(engine, "van_hanh")
    answer_data_forms(engine, OPEN, codes[1:])
    while not conducting.is_finished(engine, [OPEN]):
        conducting.do_due(engine, OPEN, conducting.RehearsalApprover())
        with engine.connect() as connection:
            until = clock.now(connection, OPEN) + timedelta(days=30)
        if conducting.advance(engine, "release_2", [OPEN], until=until) is None:
            break
    with engine.connect() as connection:
        states = dict(
            connection.execute(
                text(
                    "SELECT state, count(*) FROM cycle.obligation_status"
                    " WHERE cycle_id = :c AND kind = 'data_form' GROUP BY 1"
                ),
                {"c": OPEN},
            )
            .tuples()
            .all()
        )
        report = find_version(connection, OPEN)
        assert rebuild(connection, report).is_same
        queued = connection.scalar(
            text("SELECT count(*) FROM cycle.message WHERE state IN ('queued', 'sending')")
        )
    assert states == {"completed": len(codes)}
    assert report.number is not None
    assert report.published_at is not None
    assert queued == 0


def test_a_warehouse_that_waits_for_its_upgrade_is_backed_up_and_restored_upgraded(
    postgres: EmbeddedPostgres,
    released: str,
    empty_database: Callable[[], str],
    use: Callable[[str, Path], None],
    tmp_path: Path,
) -> None:
    owner = owner_of(postgres, released)
    had = columns(owner)
    before = values(owner, had)
    place = place_at(tmp_path / "backups")
    made = making.make(place)
    assert made.manifest.schema_version == "0001"
    assert [found for found in verify(place, made.manifest) if found] == []
    target = empty_database()
    use(target, tmp_path / "restored")
    assert restoring.restore(place, made.manifest, by="x").files == made.manifest.file_count
    after = values(owner_of(postgres, target), had)
    changed = {"public.schema_version", "cycle.switch", "audit.event"}  # mail is stopped, on record
    assert {table for table in had if before[table] != after[table]} == changed


_MIGRATE = """
import sys
from reporting import database
database.migrate(sys.argv[1])
"""


def _killed_in_the_middle(postgres: EmbeddedPostgres, name: str, owner: Engine) -> None:
    """Kill a migration while it waits, each time at another place, for what it is about to touch."""
    url = postgres.url(name, OWNER)
    for held in ("intake.archived_file", "intake.concern"):
        with owner.begin() as connection:
            connection.execute(text(f"LOCK TABLE {held} IN ACCESS EXCLUSIVE MODE"))
            process = subprocess.Popen([sys.executable, "-c", _MIGRATE, url], env=os.environ)
            try:
                _wait_until(lambda: _waits_for(postgres, name))
            finally:
                process.send_signal(signal.SIGKILL)
                process.wait()
        _wait_until(lambda: not _others(postgres, name))


def test_a_program_refuses_a_warehouse_of_another_release_and_names_the_remedy(
    owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reporting.cli.app import app

    monkeypatch.setenv("AIRFLOW_CONN_REPORTING_WAREHOUSE", owner_url)
    settings.cache_clear()
    owner = database.engine_of_any_release(owner_url)
    for version, told in (
        ("0001", r"0001 of an older release.*needs 0002.*reporting migrate"),
        ("0999", r"0999.*does not know.*Install the newer release"),
    ):
        with owner.begin() as connection:
            connection.execute(text("UPDATE public.schema_version SET version_num = :v"), {"v": version})
        database._engine.cache_clear()
        with pytest.raises(SchemaVersionError, match=told):
            database.engine(owner_url).connect()
        ended = CliRunner().invoke(app, ["cycle", "list"])
        assert ended.exit_code == 2
        assert re.search(told, ended.stderr)
    with pytest.raises(SchemaVersionError, match="0999"):
        database.migrate(owner_url)
    database._engine.cache_clear()
    settings.cache_clear()


def _wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _waits_for(postgres: EmbeddedPostgres, name: str) -> bool:
    with postgres.connect(name) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock')",
            (name,),
        )
        row = cursor.fetchone()
        return bool(row and row[0])


def _others(postgres: EmbeddedPostgres, name: str) -> bool:
    with postgres.connect(name) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = %s AND state <> 'idle'"
            " AND pid <> pg_backend_pid())",
            (name,),
        )
        row = cursor.fetchone()
        return bool(row and row[0])
