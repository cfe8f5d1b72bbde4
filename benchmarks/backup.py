"""The restore drill: our backup restored, against bare pg_dump | pg_restore and a copy of the archive.

BENCH_BACKUP_OFFICES in the environment takes other sizes, separated by commas.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine, text

from benchmarks.figures import Figure, ratio
from benchmarks.installation import installation
from benchmarks.marts import load
from local_stack.postgres import temporary_postgres
from reporting import archive
from reporting.backup import making, programs, restoring
from reporting.backup.place import Place, place_at
from reporting.database import engine_of_any_release
from reporting.settings import settings

NAME = "backup"
SIZES = tuple(map(int, os.environ.get("BENCH_BACKUP_OFFICES", "63,500").split(",")))
CYCLES = 8
ROUNDS = 3
FILES_PER_OFFICE = CYCLES
FILE_BYTES = 40_000
BAR = 2.5
_WITHOUT_BYTES = """
UPDATE intake.archived_file
SET disposed_at = clock_timestamp(), disposed_by = 'benchmark', disposed_because = 'it has no bytes'
"""


def measure() -> Iterator[Figure]:
    """Yield, for each size, the seconds of the drill and their ratio to bare copying."""
    for offices in SIZES:
        yield from _drill(offices)


def _drill(offices: int) -> Iterator[Figure]:
    with (
        tempfile.TemporaryDirectory(prefix="drill") as folder,
        installation(is_durable=False) as engine,
    ):
        load(engine, offices, CYCLES)
        root = settings().archive
        with engine.begin() as connection:
            connection.execute(text(_WITHOUT_BYTES))
            files = [
                (bytes(f"{n:08d}", "ascii") + os.urandom(FILE_BYTES), "application/octet-stream")
                for n in range(offices * FILES_PER_OFFICE)
            ]
            archive.store_all(connection, files)
        place = place_at(Path(folder) / "backups")
        made = making.make(place)
        ours, bare = [], []
        for number in range(ROUNDS):
            ours.append(_restored(place, made, Path(folder) / f"ours{number}"))
            bare.append(_copied(engine, Path(str(root)), Path(folder) / f"bare{number}"))
        with engine.connect() as connection:
            facts = connection.execute(text("SELECT count(*) FROM core.fact")).scalar_one()
    size = (
        f"{offices} offices × {CYCLES} cycles, {facts} facts, {len(files)} files of {FILE_BYTES // 1000} kB"
    )
    yield Figure(
        f"backup.restore_drill_{offices}_s",
        round(sorted(ours)[ROUNDS // 2], 2),
        "s",
        None,
        None,
        f"verify, restore into an empty server, upgrade, grants; {size}",
        tuple(round(one, 3) for one in ours),
    )
    yield ratio(
        f"backup.restore_drill_{offices}_vs_bare",
        ours,
        bare,
        baseline="pg_dump | pg_restore of the same warehouse into an empty server, and a copy of the archive",
        bar=BAR,
        how=f"in turn, in the same run; {size}",
    )


def _restored(place: Place, made: making.Made, folder: Path) -> float:
    """Seconds of a restore into an empty database and an empty archive."""
    before = dict(os.environ)
    with temporary_postgres(folder / "pg") as server:
        server.ensure_role("reporting", "drill")
        server.ensure_database("warehouse", "reporting")
        os.environ |= {
            "AIRFLOW_CONN_REPORTING_WAREHOUSE": server.url("warehouse", "reporting"),
            "REPORTING_ARCHIVE": str(folder / "archive"),
        }
        settings.cache_clear()
        try:
            began = time.perf_counter()
            done = restoring.restore(place, made.manifest, by="benchmark")
            seconds = time.perf_counter() - began
        finally:
            os.environ.clear()
            os.environ |= before
            settings.cache_clear()
        if done.files != made.manifest.file_count:
            raise RuntimeError(f"{done.files} of {made.manifest.file_count} files were restored")
    shutil.rmtree(folder)
    return seconds


def _copied(engine: Engine, root: Path, folder: Path) -> float:
    """Seconds of pg_dump | pg_restore into an empty database, and of a copy of the archive."""
    url = engine.url.render_as_string(hide_password=False)
    with temporary_postgres(folder / "pg") as server:
        server.ensure_role("reporting", "drill")
        server.ensure_database("warehouse", "reporting")
        target = server.url("warehouse", "reporting")
        probe = engine_of_any_release(target)
        with probe.connect() as connection:
            version = connection.execute(text("SHOW server_version_num")).scalar_one()
        probe.dispose()
        at_least = int(version) // 10000
        began = time.perf_counter()
        with subprocess.Popen(
            [str(programs.program("pg_dump", at_least)), "--format=custom", "--no-owner", "--no-privileges"],
            stdout=subprocess.PIPE,
            env=programs.environment(url),
        ) as dump:
            restore = subprocess.run(
                [str(programs.program("pg_restore", at_least)), "--no-owner", "--dbname=warehouse"],
                stdin=dump.stdout,
                env=programs.environment(target),
                check=True,
            )
        subprocess.run(["cp", "-r", str(root), str(folder / "archive")], check=True)
        seconds = time.perf_counter() - began
        if restore.returncode or dump.returncode:
            raise RuntimeError("pg_dump | pg_restore failed")
    shutil.rmtree(folder)
    return seconds
