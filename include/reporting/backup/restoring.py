"""Restoring a backup into empty databases and an archive."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, text

from reporting import archive, clock, database
from reporting.analyst import let_read
from reporting.backup import programs
from reporting.backup.errors import BackupError
from reporting.backup.manifest import Manifest, Member, files_of
from reporting.backup.place import Place
from reporting.backup.verifying import Fault, present
from reporting.database import query
from reporting.mail.delivery import stop_in
from reporting.pipeline_role import let_work
from reporting.wording.catalogue import text as words

Part = Literal["archive", "warehouse", "airflow"]
PARTS: tuple[Part, ...] = ("archive", "warehouse", "airflow")
CONTENT = {
    "warehouse": dict.fromkeys(
        ("cycle.cycle", "intake.arrival", "intake.archived_file", "cycle.government_reply"), "true"
    ),
    # the DAGs of upkeep run by themselves as soon as Airflow is started
    "airflow": {"dag_run": "run_type <> 'scheduled'", "connection": "true"},
}
"""Tables, and the rows of them, that there are none of in a database that is only prepared."""
NEVER = datetime.max.replace(tzinfo=clock.VIETNAM)


@dataclass
class Restored:
    """What was restored. `lost` are files of the archive that the backup does not have whole, `kept` those
    that were there already.
    """

    manifest: Manifest
    parts: list[Part] = field(default_factory=list)
    files: int = 0
    kept: int = 0
    lost: list[str] = field(default_factory=list)


def restore(
    place: Place,
    manifest: Manifest,
    *,
    by: str,
    parts: Collection[Part] = PARTS,
    airflow_url: str = "",
    lost_at: datetime | None = None,
    rehearsals_lost_at: datetime | None = None,
    into_prepared: bool = False,
    despite_faults: bool = False,
) -> Restored:
    """Bring the warehouse of REPORTING_WAREHOUSE_OWNER, the archive of REPORTING_ARCHIVE and Airflow's
    database at `airflow_url` to the state of a backup; all of them, or only `parts`.

    The backup is verified first; what it lacks is refused (BackupError) unless `despite_faults`. Databases
    must be empty; with `into_prepared` they may be prepared (migrated, registry loaded, no cycle, no run),
    and what is in them goes. The archive may hold files already: whole ones stay, altered ones are replaced.

    A warehouse of an older release is brought to the newest schema. Mail is stopped in it, and what the lost
    installation may have sent up to `lost_at` (None: up to now) is in doubt; for simulated clocks up to
    `rehearsals_lost_at` of theirs (None: not known). The pipeline's role is let in last: nothing works
    on a warehouse half restored. A restore that was cut off goes on when it is called again.
    """
    known = database.schema_versions()
    if "warehouse" in parts and manifest.schema_version not in known:
        raise BackupError(
            f"The backup {manifest.name} has the schema {manifest.schema_version}, which this program (up to "
            f"{known[-1]}) does not know. Install the newer release, or take an older backup (--name)."
        )
    if faults := [
        f for f in present(place, manifest) if f.problem == "seal" or "archive" in parts or "/" in f.what
    ]:
        _refuse(manifest, faults, despite_faults=despite_faults)
    done = Restored(manifest)
    is_resumed = "warehouse" in parts and _check_target(
        database.owner_url(), "warehouse", manifest, into_prepared=into_prepared
    )
    airflow = manifest.member("airflow") if "airflow" in parts and airflow_url else None
    has_airflow = airflow is not None and is_resumed and _note_of(airflow_url) == _done(manifest)
    if airflow is not None and not has_airflow:
        _check_target(airflow_url, "airflow", manifest, into_prepared=into_prepared)
    if "archive" in parts:
        _bring_files(place, manifest, done)
        if done.lost and not despite_faults:
            not_kept = {damaged.sha256 for damaged in manifest.damaged}
            faults = [Fault(sha, "not_kept" if sha in not_kept else "altered") for sha in done.lost]
            _refuse(manifest, faults, despite_faults=False)
        done.parts.append("archive")
    warehouse = manifest.member("warehouse") if "warehouse" in parts else None
    if warehouse is not None:
        _bring(place, manifest, warehouse, database.owner_url())
    if airflow is not None:
        if not has_airflow:
            _bring(place, manifest, airflow, airflow_url)
            _set_note(airflow_url, _done(manifest))
        done.parts.append("airflow")
    if warehouse is not None:
        _settle_in(manifest, by, lost_at or clock.wall_now(), rehearsals_lost_at or NEVER)
        _set_note(database.owner_url(), None)  # last: until then a call that follows goes on
        done.parts.append("warehouse")
    return done


def _refuse(manifest: Manifest, faults: list[Fault], *, despite_faults: bool) -> None:
    if despite_faults:
        return
    listed = "; ".join(f"{fault.what}: {fault.problem}" for fault in faults[:20])
    raise BackupError(
        f"The backup {manifest.name} is not whole, and no database was touched: {listed}. Take another "
        "backup, or say --despite-faults to restore what is there."
    )


def _marker(manifest: Manifest) -> str:
    return f"{database.RESTORING}{manifest.name}"


def _done(manifest: Manifest) -> str:
    return f"{database.RESTORED}{manifest.name}"


def _check_target(url: str, role: str, manifest: Manifest, *, into_prepared: bool) -> bool:
    """Raise BackupError unless a backup may be brought into this database; returns whether a restore of it
    was cut off there.
    """
    target = database.engine_of_any_release(url)
    try:
        with target.connect() as connection:
            found = connection.execute(query("backup/target")).one()
            if found.note == _marker(manifest):
                return True
            if not found.tables:
                return False
            if found.note is not None and found.note.startswith(database.RESTORING):
                raise BackupError(
                    f"The restore of {found.note.removeprefix(database.RESTORING)} into this {role} database "
                    "was cut off: finish it, or make the database anew."
                )
            counts = {
                table: connection.execute(text(f"SELECT count(*) FROM {table} WHERE {which}")).scalar_one()  # noqa: S608 - names of our own
                for table, which in CONTENT[role].items()
                if table in found.tables
            }
        content = ", ".join(f"{table}: {count}" for table, count in counts.items() if count)
        if content:
            raise BackupError(
                f"The {role} database is in use ({content}); a backup is restored into an empty one alone. "
                "Make a new, empty database, or restore the archive alone (--only archive)."
            )
        if not into_prepared:
            raise BackupError(
                f"The {role} database is prepared, though there is nothing in it yet. Say --into-empty to "
                "have it cleared and the backup brought into it."
            )
    finally:
        target.dispose()
    return False


def _bring(place: Place, manifest: Manifest, member: Member, url: str) -> None:
    """Clear what is prepared there, and bring the dump into the database in one transaction. Nothing where a
    call before that was cut off had done it.
    """
    target = database.engine_of_any_release(url)
    try:
        with target.begin() as connection:
            found = connection.execute(query("backup/target")).one()
            is_begun = found.note == _marker(manifest)
            if is_begun and found.tables:
                return
            if not is_begun:
                for schema in found.schemas:
                    connection.execute(text(f'DROP SCHEMA "{schema}" CASCADE'))
                if found.tables:
                    connection.execute(text("DROP SCHEMA public CASCADE"))
                    connection.execute(text("CREATE SCHEMA public"))
                    connection.execute(text("GRANT USAGE ON SCHEMA public TO PUBLIC"))  # as in a new one
                _note(connection, found.database, _marker(manifest))
            version = int(connection.execute(query("backup/server_version")).scalar_one())
    finally:
        target.dispose()
    programs.load(url, max(version, member.program or 0), place.read(member.path))


def _bring_files(place: Place, manifest: Manifest, done: Restored) -> None:
    lost = {damaged.sha256 for damaged in manifest.damaged}
    for file in files_of(place, manifest):
        try:
            archive.read(file.sha256)
        except FileNotFoundError:
            pass
        except OSError:
            archive.remove(file.sha256)
        else:
            done.kept += 1
            continue
        if file.sha256 in lost:
            done.lost.append(file.sha256)
            continue
        try:
            data = b"".join(place.read(file.path))
        except OSError:
            done.lost.append(file.sha256)
            continue
        if archive.sha256_of(data) != file.sha256:
            done.lost.append(file.sha256)
            continue
        archive.bring_back(data)
        done.files += 1


def _settle_in(manifest: Manifest, by: str, lost_at: datetime, rehearsals_lost_at: datetime) -> None:
    """Upgrade the restored warehouse, stop its mail, note the restore, and only then let the roles in."""
    owner = database.engine_of_any_release(database.owner_url())
    try:
        database.migrate(unfinished_restore=True)
        with owner.begin() as connection:
            stop_in(connection, by, words("backup.mail_stopped", name=manifest.name))
            connection.execute(
                query("backup/note_restore"),
                {
                    "backup": manifest.name,
                    "taken_at": manifest.taken_at,
                    "lost_at": lost_at,
                    "rehearsals_lost_at": "infinity" if rehearsals_lost_at == NEVER else rehearsals_lost_at,
                    "restored_by": by,
                },
            )
        let_read(owner)
        let_work(owner)
    finally:
        owner.dispose()


def _note_of(url: str) -> str | None:
    target = database.engine_of_any_release(url)
    try:
        with target.connect() as connection:
            note: str | None = connection.execute(query("backup/target")).one().note
    finally:
        target.dispose()
    return note


def _set_note(url: str, note: str | None) -> None:
    target = database.engine_of_any_release(url)
    try:
        with target.begin() as connection:
            _note(connection, connection.execute(query("backup/target")).one().database, note)
    finally:
        target.dispose()


def _note(connection: Connection, name: str, note: str | None) -> None:
    """Note on a database how far a restore into it is; None takes the note away."""
    quoted = connection.dialect.identifier_preparer.quote(name)
    told = "NULL" if note is None else "'{}'".format(note.replace("'", "''"))
    connection.execute(text(f"COMMENT ON DATABASE {quoted} IS {told}"))
