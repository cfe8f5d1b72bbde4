"""Making backups: incremental, cut off, damaged, with programs that do not fit; where none is restored."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from local_stack.ports import free_ports
from local_stack.postgres import EmbeddedPostgres
from reporting import archive, clock, database
from reporting.backup import after_restore, making, programs, restoring
from reporting.backup.errors import BackupError
from reporting.backup.manifest import FOLDER, list_backups, path_of
from reporting.backup.place import place_at
from reporting.backup.verifying import verify
from reporting.intake import watchdog
from reporting.mail.delivery import RestoreNotReadError, start_mail
from reporting.settings import settings
from tests.integration.backup.conftest import OWNER, PIPELINE

_KILLED_AT = """
import os, sys
from reporting.backup import making, manifest, place
os.environ["REPORTING_BACKUP"] = sys.argv[1]
if sys.argv[2] == "manifest":
    manifest.write = making.manifests.write = lambda *_: os.kill(os.getpid(), 9)
else:
    real, calls = place._Folder.write, []
    def write(self, *given, **named):
        calls.append(1)
        if len(calls) == int(sys.argv[2]):
            os.kill(os.getpid(), 9)
        return real(self, *given, **named)
    place._Folder.write = write
making.make(place.place_at(sys.argv[1]))
"""


@pytest.fixture
def installed(
    warehouse_url: str,
    owner_url: str,
    _warehouse_name: str,
    use: Callable[[str, Path], None],
    tmp_path: Path,
) -> Engine:
    """A warehouse with three files in its archive."""
    use(_warehouse_name, tmp_path / "archive")
    engine = database.engine(warehouse_url)
    with engine.begin() as connection:
        for data in (b"one", b"two", b"three"):
            archive.store(connection, data, "text/plain")
    return engine


def test_only_what_is_new_is_copied_and_a_kill_leaves_no_backup(installed: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    place = place_at(folder)
    for moment in ("2", "manifest"):
        ended = subprocess.run(
            [sys.executable, "-c", _KILLED_AT, str(folder), moment], env=os.environ, check=False
        )
        assert ended.returncode == -9
        assert list_backups(place) == []
    made = making.make(place)
    assert (made.manifest.file_count, made.new_files) == (3, 0)  # copied before the second kill
    assert {path.partition("/")[2].partition("/")[0] for path in place.sizes(FOLDER)} == {
        made.manifest.name,
        f"{made.manifest.name}.json",
    }
    with installed.begin() as connection:
        archive.store(connection, b"four", "text/plain")
    again = making.make(place)
    assert (again.manifest.file_count, again.new_files, again.manifest.damaged) == (4, 1, ())
    assert [found for found in verify(place, again.manifest) if found] == []
    with installed.connect() as connection:
        noted = connection.execute(
            text("SELECT name, new_file_count FROM audit.backup ORDER BY taken_at")
        ).all()
    assert [tuple(row) for row in noted] == [(made.manifest.name, 0), (again.manifest.name, 1)]


def test_damage_is_named_and_does_not_spread(
    installed: Engine, empty_database: Callable[[], str], use: Callable[[str, Path], None], tmp_path: Path
) -> None:
    place = place_at(tmp_path / "backups")
    with installed.begin() as connection:
        lost = archive.store(connection, b"lost before any backup", "text/plain")
    archive.path_of(lost).unlink()
    made = making.make(place)
    assert [(damaged.sha256, damaged.problem) for damaged in made.manifest.damaged] == [(lost, "missing")]
    one = archive.sha256_of(b"one")
    path = tmp_path / "backups" / path_of(one)
    path.write_bytes(b"ONE")
    ended = CliRunner().invoke(_app(), ["backup", "verify", str(tmp_path / "backups")])
    assert ended.exit_code == 1
    assert one in ended.stdout
    use(empty_database(), tmp_path / "restored")
    with pytest.raises(BackupError, match=rf"not whole.*{one}: altered"):
        restoring.restore(place, made.manifest, by="x")
    done = restoring.restore(place, made.manifest, by="x", despite_faults=True)
    assert sorted(done.lost) == sorted([lost, one])
    assert archive.read(archive.sha256_of(b"two")) == b"two"


def test_the_archive_alone_is_mended(installed: Engine, tmp_path: Path) -> None:
    place = place_at(tmp_path / "backups")
    made = making.make(place)
    missing, altered = archive.sha256_of(b"one"), archive.sha256_of(b"two")
    archive.path_of(missing).unlink()
    archive.path_of(altered).chmod(0o640)
    archive.path_of(altered).write_bytes(b"TWO")
    done = restoring.restore(place, made.manifest, by="x", parts=["archive"])
    assert (done.files, done.kept, done.lost) == (2, 1, [])
    assert (archive.read(missing), archive.read(altered)) == (b"one", b"two")


def test_a_warehouse_in_use_is_never_overwritten_and_a_prepared_one_only_when_told(
    installed: Engine, empty_database: Callable[[], str], use: Callable[[str, Path], None], tmp_path: Path
) -> None:
    place = place_at(tmp_path / "backups")
    made = making.make(place)
    with pytest.raises(BackupError, match=r"in use \(intake.archived_file: 3\)"):
        restoring.restore(place, made.manifest, by="x", into_prepared=True)
    use(empty_database(), tmp_path / "restored")
    database.migrate()
    with pytest.raises(BackupError, match="--into-empty"):
        restoring.restore(place, made.manifest, by="x")
    newer = made.manifest.model_copy(update={"schema_version": "0999"}).sealed()
    with pytest.raises(BackupError, match=r"0999.*Install the newer release"):
        restoring.restore(place, newer, by="x", into_prepared=True)
    restoring.restore(place, made.manifest, by="x", into_prepared=True)
    with database.engine().connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM intake.archived_file")) == 3
        assert connection.scalar(text("SELECT has_schema_privilege('public', 'USAGE')"))
        assert connection.scalar(text("SELECT version_num FROM public.schema_version"))


def test_a_restore_that_was_cut_off_lets_nothing_work_and_goes_on(
    postgres: EmbeddedPostgres,
    installed: Engine,
    empty_database: Callable[[], str],
    use: Callable[[str, Path], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = place_at(tmp_path / "backups")
    source, target, other = empty_database(), empty_database(), empty_database()
    for name, run in ((source, "manual"), (other, "scheduled")):  # upkeep begins as soon as Airflow starts
        with database.engine_of_any_release(postgres.url(name, OWNER)).begin() as connection:
            connection.execute(text("CREATE TABLE dag_run (run_type text)"))
            connection.execute(text("INSERT INTO dag_run VALUES (:run)"), {"run": run})
    monkeypatch.setenv("REPORTING_BACKUP_AIRFLOW", postgres.url(source, OWNER))
    settings.cache_clear()
    made = making.make(place)
    use(target, tmp_path / "restored")

    def restore() -> restoring.Restored:
        return restoring.restore(
            place, made.manifest, by="x", airflow_url=postgres.url(other, OWNER), into_prepared=True
        )

    # at the warehouse, at Airflow's database, before that is noted, after it, at the grants, at the end
    cuts = [(programs, "load", 1), (programs, "load", 2), (restoring, "_set_note", 1)]
    cuts += [(restoring, "_settle_in", 1), (restoring, "let_read", 1), (restoring, "_set_note", 1)]
    for number, (module, name, nth) in enumerate(cuts):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, _killed_at(nth, getattr(module, name)))
            with pytest.raises(KeyboardInterrupt):
                restore()
        with pytest.raises(database.SchemaVersionError, match=r"was cut off.*reporting backup restore"):
            database.migrate()
        if number < 5:
            with (
                pytest.raises(Exception, match=r"permission denied|does not exist"),
                database.engine(postgres.url(target, PIPELINE)).connect() as connection,
            ):
                connection.execute(text("SELECT count(*) FROM cycle.cycle"))
    assert restore().parts == ["archive", "airflow", "warehouse"]
    with database.engine_of_any_release(postgres.url(other, OWNER)).connect() as connection:
        assert connection.scalars(text("SELECT run_type FROM dag_run")).all() == ["manual"]
    with database.engine(postgres.url(target, PIPELINE)).connect() as connection:
        assert connection.scalar(text("SELECT is_on FROM cycle.switch WHERE name = 'mail_stopped'"))
        assert connection.scalar(text("SELECT count(*) FROM audit.restore")) == 1
    database.migrate()
    with pytest.raises(BackupError, match="The warehouse database is in use"):
        restore()
    with pytest.raises(BackupError, match=r"airflow database is in use \(dag_run: 1\)"):
        restoring.restore(
            place,
            made.manifest,
            by="x",
            parts=["airflow"],
            airflow_url=postgres.url(other, OWNER),
            into_prepared=True,
        )


def _killed_at(nth: int, function: Callable[..., object]) -> Callable[..., object]:
    left = [nth]

    def call(*given: object, **named: object) -> object:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return function(*given, **named)

    return call


def test_backups_lie_in_object_storage_too(
    installed: Engine,
    empty_database: Callable[[], str],
    use: Callable[[str, Path], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=free_ports(1)[0], verbose=False)
    server.start()
    try:
        told = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server._port}",
            "AWS_ACCESS_KEY_ID": "reporting",
            "AWS_SECRET_ACCESS_KEY": "for tests",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        S3FileSystem.clear_instance_cache()
        boto3.client("s3").create_bucket(Bucket="sao-luu")
        place = place_at("s3://sao-luu/van-phong")
        first, made = making.make(place), making.make(place)
        assert place.address == "s3://sao-luu/van-phong"
        assert (first.new_files, made.new_files, made.removed) == (3, 0, [first.manifest.name])
        assert [manifest.name for manifest in list_backups(place)] == [made.manifest.name]
        assert [found for found in verify(place, made.manifest) if found] == []

        def broken() -> Iterator[bytes]:
            yield bytes(6 << 20)  # more than one part of an upload
            raise BackupError("pg_dump failed")

        with pytest.raises(BackupError, match="pg_dump failed"):
            place.write("backups/x/warehouse.dump", broken())
        assert not any(path.startswith("backups/x/") for path in place.sizes(FOLDER))
        use(empty_database(), tmp_path / "restored")
        assert restoring.restore(place, made.manifest, by="x").files == 3
        assert archive.read(archive.sha256_of(b"two")) == b"two"
    finally:
        server.stop()
        S3FileSystem.clear_instance_cache()


def test_the_channels_are_looked_through_from_before_the_backup_before_mail_starts(
    installed: Engine, empty_database: Callable[[], str], use: Callable[[str, Path], None], tmp_path: Path
) -> None:
    place = place_at(tmp_path / "backups")
    made = making.make(place)
    use(empty_database(), tmp_path / "restored")
    restoring.restore(place, made.manifest, by="x")
    engine = database.engine()
    with pytest.raises(BackupError, match="REPORTING_CHANNELS names no channel"):
        after_restore.recollect(engine, "x", [])
    after_restore.recollect(engine, "x", since=made.manifest.taken_at + timedelta(hours=1))
    with pytest.raises(RestoreNotReadError):
        start_mail(engine, "x")
    with pytest.raises(BackupError, match="were not looked through"):
        after_restore.close(engine, "x")
    after_restore.recollect(engine, "x")
    start_mail(engine, "x")
    after_restore.close(engine, "x")


def test_a_second_backup_at_the_same_time_is_refused(installed: Engine, tmp_path: Path) -> None:
    place = place_at(tmp_path / "backups")
    source = database.engine_of_any_release(making.source_url())
    with making._alone(source), pytest.raises(BackupError, match="Another backup"):
        making.make(place)
    making.make(place)


def test_a_program_older_than_the_server_is_refused_and_none_shows_a_password(
    installed: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "bin"
    old.mkdir()
    (old / "pg_dump").write_text('#!/bin/sh\necho "pg_dump (PostgreSQL) 15.18"\n')
    (old / "pg_dump").chmod(0o755)
    monkeypatch.setenv("REPORTING_PG_BIN", str(old))
    settings.cache_clear()
    with pytest.raises(BackupError, match=r"PostgreSQL 1[6-9] or newer is needed.*\(15\).*REPORTING_PG_BIN"):
        making.make(place_at(tmp_path / "backups"))
    assert list_backups(place_at(tmp_path / "backups")) == []
    told = programs.environment("postgresql://backup:m%40t@host:5433/warehouse")
    assert (told["PGPASSWORD"], told["PGUSER"], told["PGPORT"]) == ("m@t", "backup", "5433")


def test_the_operator_is_told_once_that_the_newest_backup_is_too_old(
    installed: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORTING_BACKUP", str(tmp_path / "backups"))
    settings.cache_clear()
    with installed.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO audit.backup"
                " (name, place, taken_at, file_count, new_file_count, byte_count, with_airflow)"
                " VALUES ('old', '/x', :at, 0, 0, 0, false)"
            ),
            {"at": clock.wall_now().replace(year=clock.wall_now().year - 1)},
        )
    (raised,) = watchdog.watch(installed)
    assert (raised.kind, raised.who) == ("no_backup", "old")
    assert watchdog.watch(installed) == []
    with installed.connect() as connection:
        (body,) = connection.execute(text("SELECT body FROM audit.alert")).scalars()
    assert "26 giờ" in body
    making.make(place_at(tmp_path / "backups"))
    with installed.connect() as connection:
        assert watchdog.concerns(connection) == []


def _app() -> object:
    from reporting.cli.app import app

    return app
