"""Looks for the secrets of an installation where none may stand: logs, mails, archive, databases, results.

`found_in_files` and `found_in_databases` serve every test that leaves a stack behind.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from psycopg2 import sql

from local_stack.postgres import EmbeddedPostgres

_SHORTEST = 8
"""Shorter words would be found by chance."""

_KEPT_THERE = ("secrets.json", "passwords.json")
"""Files that are there to keep secrets, readable by their owner alone."""

_KEPT_BELOW = ("accounts", "tls", "redis", "proxy", "postgres")
"""Folders of a stack with the configuration of services, and the files of the database server, which is asked
by itself.
"""


def secrets_of(stack: Path) -> dict[str, str]:
    """The secrets of a stack by their names."""
    kept: Mapping[str, str] = json.loads((stack / "secrets.json").read_text("utf-8"))
    return {name: value for name, value in kept.items() if len(value) >= _SHORTEST}


def _forms(value: str) -> set[bytes]:
    """A secret as it may be written: plain, percent-encoded, in Base64."""
    plain = value.encode()
    return {plain, quote(value, safe="").encode(), b64encode(plain).rstrip(b"=")}


def found_in(data: bytes, secrets: Mapping[str, str]) -> set[str]:
    """The names of the secrets that stand in `data`, or in what is packed in it."""
    pieces = list(_unpacked(data))
    return {
        name
        for name, value in secrets.items()
        for form in _forms(value)
        if any(form in piece for piece in pieces)
    }


def _unpacked(data: bytes) -> Iterator[bytes]:
    yield data
    if data.startswith(b"PK\x03\x04"):
        with contextlib.suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(data)) as package:
            for name in package.namelist():
                yield package.read(name)
    elif data.startswith(b"\x1f\x8b"):
        with contextlib.suppress(OSError, EOFError):
            yield gzip.decompress(data)


def found_in_files(folders: Iterable[Path], secrets: Mapping[str, str]) -> tuple[list[str], int]:
    """(what stands where it may not, as "path: name of the secret"; how many files were looked into)."""
    found, count = [], 0
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            below = path.relative_to(folder).parts
            if path.is_symlink() or not path.is_file() or path.name in _KEPT_THERE or below[0] in _KEPT_BELOW:
                continue
            count += 1
            found += [f"{path}: {name}" for name in sorted(found_in(path.read_bytes(), secrets))]
    return found, count


def found_in_databases(
    server: EmbeddedPostgres, databases: Iterable[str], secrets: Mapping[str, str]
) -> tuple[list[str], int]:
    """The same of every row of every table: XComs, rendered fields, connections, events, messages."""
    patterns = [f"%{form.decode()}%" for value in secrets.values() for form in _forms(value)]
    found, count = [], 0
    for database in databases:
        with contextlib.closing(server.connect(database)) as session, session.cursor() as cursor:
            cursor.execute(
                "SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information_schema)'"
            )
            for schema, table in cursor.fetchall():
                statement = sql.SQL("SELECT count(*), count(*) FILTER (WHERE t::text LIKE ANY(%s)) FROM {} t")
                cursor.execute(statement.format(sql.Identifier(schema, table)), (patterns,))
                rows, hits = cursor.fetchone() or (0, 0)
                count += rows
                if hits:
                    found.append(f"{database}: {schema}.{table}: {hits} rows")
    return found, count
