"""The manifest of a backup: what belongs to it, under which hashes, sealed."""

from __future__ import annotations

import csv
import gzip
import hashlib
import hmac
import io
import json
import logging
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from reporting.backup.errors import BackupError
from reporting.backup.place import Place
from reporting.settings import settings

FOLDER, FILES = "backups", "files"
_log = logging.getLogger(__name__)


class Member(BaseModel):
    """A file of the backup itself. `program`: of a dump, the major version of PostgreSQL that wrote it."""

    model_config = ConfigDict(frozen=True)

    role: Literal["warehouse", "airflow", "files"]
    path: str
    sha256: str
    byte_count: int
    program: int | None = None


class Damaged(BaseModel):
    """A file of the archive that was missing or altered there when the backup was made, and in no earlier
    one.
    """

    model_config = ConfigDict(frozen=True)

    sha256: str
    problem: Literal["missing", "altered"]


class Manifest(BaseModel):
    """A whole backup. `taken_at` is the moment of the state in it; `file_count` and `file_bytes` are of the
    archive; `seal` stands over everything else, `is_signed` says whether with the key of the installation.
    """

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    name: str
    taken_at: datetime
    schema_version: str
    members: tuple[Member, ...]
    file_count: int
    file_bytes: int
    damaged: tuple[Damaged, ...] = ()
    is_signed: bool
    seal: str = ""

    def member(self, role: str) -> Member | None:
        """The member of this role, if it has one."""
        return next((member for member in self.members if member.role == role), None)

    def sealed(self) -> Manifest:
        """The same with its seal: by the signing key where there is one, else a plain hash."""
        told = self.model_copy(update={"is_signed": bool(_key()), "seal": ""})
        return told.model_copy(update={"seal": _seal(told)})

    def seal_fault(self) -> str | None:
        """Why the manifest is not to be trusted; None where it is."""
        if self.is_signed and not _key():
            return "it is signed, but REPORTING_SIGNING_KEY is not set, so that nobody can tell by whom"
        if not hmac.compare_digest(self.seal, _seal(self)):
            return (
                "its seal does not fit: it was altered, or signed with another key than REPORTING_SIGNING_KEY"
            )
        return None


class KeptFile(BaseModel):
    """A line of the list of files."""

    model_config = ConfigDict(frozen=True)

    sha256: str
    byte_count: int
    media_type: str

    @property
    def path(self) -> str:
        """Where its bytes lie in the place."""
        return path_of(self.sha256)


def path_of(sha256: str) -> str:
    """Where the bytes of a file of the archive lie in the place."""
    return f"{FILES}/{sha256[:2]}/{sha256}"


def list_backups(place: Place) -> list[Manifest]:
    """The whole backups in a place, the oldest first. One whose manifest cannot be read is left out, with a
    warning.
    """
    found = []
    for path in sorted(place.sizes(FOLDER)):
        name = path.removeprefix(f"{FOLDER}/")
        if "/" in name or not name.endswith(".json"):
            continue
        try:
            found.append(read(place, name.removesuffix(".json")))
        except BackupError as error:
            _log.warning("%s", error)
    return sorted(found, key=lambda manifest: (manifest.taken_at, manifest.name))


def read(place: Place, name: str) -> Manifest:
    """The manifest of a backup. Raises BackupError where there is none, or it cannot be read."""
    try:
        manifest = Manifest.model_validate_json(b"".join(place.read(f"{FOLDER}/{name}.json")))
    except FileNotFoundError as error:
        raise BackupError(
            f"{place.address} has no backup {name}; `reporting backup list` names those there are."
        ) from error
    except ValidationError as error:
        problem = error.errors()[0]
        raise BackupError(
            f"{place.address}/{FOLDER}/{name}.json is no manifest of this program's: "
            f"{'.'.join(map(str, problem['loc'])) or 'the file'}: {problem['msg']}. "
            "Take another backup, or the program that made it."
        ) from error
    if manifest.name != name:
        raise BackupError(f"{place.address}/{FOLDER}/{name}.json is the manifest of {manifest.name}.")
    return manifest


def write(place: Place, manifest: Manifest) -> None:
    """Write the manifest: from now on the backup is there."""
    place.write(f"{FOLDER}/{manifest.name}.json", [manifest.model_dump_json(indent=1).encode()])


def packed(files: Iterable[KeptFile]) -> Iterator[bytes]:
    """The list of files as it is kept: gzip over comma-separated lines."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as packing:
        text = io.TextIOWrapper(packing, encoding="utf-8", newline="")
        writer = csv.writer(text)
        for number, file in enumerate(files):
            writer.writerow((file.sha256, file.byte_count, file.media_type))
            if number % 10_000 == 0 and buffer.tell() > 1 << 16:
                yield _taken(buffer)
        text.flush()
        text.detach()
    yield _taken(buffer)


def files_of(place: Place, manifest: Manifest) -> Iterator[KeptFile]:
    """The files of the archive that belong to a backup, by hash. Raises BackupError for a damaged list."""
    member = manifest.member("files")
    assert member is not None
    digest = hashlib.sha256()
    data = io.BytesIO()
    for chunk in place.read(member.path):
        digest.update(chunk)
        data.write(chunk)
    if digest.hexdigest() != member.sha256:
        raise BackupError(f"{place.address}/{member.path} was altered: take another backup.")
    data.seek(0)
    with gzip.open(data, "rt", encoding="utf-8", newline="") as lines:
        for sha256, byte_count, media_type in csv.reader(lines):
            yield KeptFile(sha256=sha256, byte_count=int(byte_count), media_type=media_type)


def _taken(buffer: io.BytesIO) -> bytes:
    data = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return data


def _key() -> str:
    return settings().signing_key.get_secret_value()


def _seal(manifest: Manifest) -> str:
    told = json.dumps(manifest.model_dump(mode="json", exclude={"seal"}), sort_keys=True).encode()
    if not manifest.is_signed:
        return hashlib.sha256(told).hexdigest()
    return hmac.new(b"reporting.backup:" + _key().encode(), told, hashlib.sha256).hexdigest()
