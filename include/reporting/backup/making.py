"""Making a backup: the dumps, the list of files in the same state, the files that no earlier backup has."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from reporting import archive
from reporting.backup import manifest as manifests
from reporting.backup import programs
from reporting.backup.errors import BackupError
from reporting.backup.manifest import FILES, FOLDER, Damaged, KeptFile, Manifest, Member
from reporting.backup.place import Place
from reporting.backup.rotation import load_rules, rotate
from reporting.database import (
    engine,
    engine_of_any_release,
    owner_url,
    query,
    schema_versions,
    sqlalchemy_url,
)
from reporting.settings import settings

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Made:
    """A backup that was made: how many files and bytes of the archive it had to copy, and which older backups
    went.
    """

    manifest: Manifest
    new_files: int
    new_bytes: int
    removed: list[str]


def source_url() -> str:
    """The warehouse as backups read it: REPORTING_BACKUP_WAREHOUSE, else its owner's address."""
    told = settings().backup_warehouse.get_secret_value()
    return sqlalchemy_url(told) if told else owner_url()


def make(place: Place) -> Made:
    """Make a backup of the warehouse, of Airflow's database where REPORTING_BACKUP_AIRFLOW names it, and of
    the archive, then remove those that need not stay (include/backup.yaml).

    The warehouse and the list of the archive's files are of one moment; cycles go on meanwhile. Each file is
    checked against its hash while it is copied, and copied once for all backups. The manifest is written
    last, so that a backup that was cut off is none, and the next one clears it away. A file that is missing
    or altered in the archive, and in no earlier backup, is named in the manifest; everything else is kept.

    Raises BackupError where another backup is being made, or a program of PostgreSQL's fails or does not fit;
    OSError where the place cannot be written to.
    """
    rules = load_rules()
    source = engine_of_any_release(source_url())
    try:
        with _alone(source) as watch:
            place.tidy()
            with source.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
                found = connection.execute(query("backup/begin")).one()
                name = f"{found.taken_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
                members = list(_members(connection, place, name, found.snapshot, found.server_version))
                version = _schema_version(connection)
                connection.rollback()
            listed = manifests.files_of(place, _draft(name, found.taken_at, version, members))
            copied = _copy(place, source, listed)
            watch()
            made = Manifest(
                name=name,
                taken_at=found.taken_at,
                schema_version=version,
                members=tuple(members),
                file_count=copied.file_count,
                file_bytes=copied.file_bytes,
                damaged=tuple(copied.damaged),
                is_signed=False,
            ).sealed()
            manifests.write(place, made)
            removed = rotate(place, rules.keep)
            _note(place, made, copied.new_files)
    finally:
        source.dispose()
    return Made(made, copied.new_files, copied.new_bytes, removed)


@dataclass
class _Copied:
    file_count: int = 0
    file_bytes: int = 0
    new_files: int = 0
    new_bytes: int = 0


@dataclass
class _Tally(_Copied):
    def __post_init__(self) -> None:
        self.damaged: list[Damaged] = []


def _members(
    connection: Connection, place: Place, name: str, snapshot: str, server_version: int
) -> Iterator[Member]:
    url = source_url()
    yield _dumped(place, name, "warehouse", url, server_version, snapshot)
    if airflow := settings().backup_airflow.get_secret_value():
        yield _dumped(place, name, "airflow", sqlalchemy_url(airflow), server_version, None)
    path = f"{FOLDER}/{name}/files.csv.gz"
    rows = connection.execution_options(yield_per=10_000).execute(query("backup/files"))
    files = (
        KeptFile(sha256=row.sha256, byte_count=row.byte_count, media_type=row.media_type) for row in rows
    )
    written = place.write(path, manifests.packed(files))
    yield Member(role="files", path=path, sha256=written.sha256, byte_count=written.byte_count)


def _dumped(
    place: Place, name: str, role: str, url: str, server_version: int, snapshot: str | None
) -> Member:
    if role == "airflow":
        other = engine_of_any_release(url)
        try:
            with other.connect() as connection:
                server_version = int(connection.execute(query("backup/server_version")).scalar_one())
        finally:
            other.dispose()
    path = f"{FOLDER}/{name}/{role}.dump"
    written = place.write(path, programs.dump(url, server_version, snapshot))
    return Member.model_validate(
        {
            "role": role,
            "path": path,
            "sha256": written.sha256,
            "byte_count": written.byte_count,
            "program": programs.version("pg_dump", server_version),
        }
    )


def _draft(name: str, taken_at: datetime, version: str, members: list[Member]) -> Manifest:
    return Manifest(
        name=name,
        taken_at=taken_at,
        schema_version=version,
        members=tuple(members),
        file_count=0,
        file_bytes=0,
        is_signed=False,
    )


def _copy(place: Place, source: Engine, files: Iterator[KeptFile]) -> _Tally:
    tally = _Tally()
    there = place.sizes(FILES)
    for file in files:
        tally.file_count += 1
        tally.file_bytes += file.byte_count
        if there.get(file.path) == file.byte_count:
            continue
        try:
            data = archive.read(file.sha256)
        except FileNotFoundError:
            tally.damaged.append(Damaged(sha256=file.sha256, problem="missing"))
            _log.error("%s is not in the archive: it cannot be backed up.", file.sha256)
            continue
        except OSError as error:
            tally.damaged.append(Damaged(sha256=file.sha256, problem="altered"))
            _log.error("%s was altered in the archive: it cannot be backed up: %s", file.sha256, error)
            continue
        place.write(file.path, [data], expected=file.sha256)
        tally.new_files += 1
        tally.new_bytes += file.byte_count
    return tally


def _schema_version(connection: Connection) -> str:
    return str(connection.execute(query("backup/schema_version")).scalar_one())


@contextmanager
def _alone(source: Engine) -> Iterator[Callable[[], None]]:
    """No other backup of this warehouse is made, and no file is disposed of, while the block runs; gives what
    raises BackupError where that could not be kept up.
    """
    with source.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.execute(query("backup/hold_alone")).scalar_one():
            raise BackupError("Another backup of this warehouse is being made; wait until it is finished.")

        def watch() -> None:
            try:
                if connection.execute(query("backup/is_held")).scalar_one():
                    return
            except SQLAlchemyError as error:
                raise BackupError(
                    f"The connection to the warehouse broke off: {error}. Try again."
                ) from error
            raise BackupError("The connection to the warehouse broke off. Try again.")

        try:
            yield watch
        finally:
            connection.invalidate()  # the locks go with the session


def _note(place: Place, made: Manifest, new_files: int) -> None:
    """Write down that there is a backup, for the watchdog; not in a warehouse that waits for its upgrade."""
    if made.schema_version != schema_versions()[-1]:
        return
    with engine().begin() as connection:
        connection.execute(
            query("backup/note"),
            {
                "name": made.name,
                "place": place.address,
                "taken_at": made.taken_at,
                "file_count": made.file_count,
                "new_file_count": new_files,
                "byte_count": sum(member.byte_count for member in made.members),
                "with_airflow": made.member("airflow") is not None,
            },
        )
