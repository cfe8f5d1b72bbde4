"""Reading a backup whole and comparing it with its hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from reporting.backup.errors import BackupError
from reporting.backup.manifest import FILES, Manifest, files_of
from reporting.backup.place import Place


@dataclass(frozen=True)
class Fault:
    """A part of a backup that is not as it was: `what` names it; `problem` is seal, missing or altered, or
    not_kept for a file that the archive itself had lost when the backup was made.
    """

    what: str
    problem: str


def verify(place: Place, manifest: Manifest) -> Iterator[Fault | None]:
    """Read every part of a backup; gives, for each, None or what is wrong with it."""
    yield Fault(manifest.seal_fault() or "", "seal") if manifest.seal_fault() else None
    for member in manifest.members:
        yield _checked(place, member.path, member.sha256)
    lost = {damaged.sha256 for damaged in manifest.damaged}
    try:
        for file in files_of(place, manifest):
            yield (
                Fault(file.sha256, "not_kept")
                if file.sha256 in lost
                else _checked(place, file.path, file.sha256)
            )
    except (BackupError, FileNotFoundError):
        return  # the list itself was told of above


def present(place: Place, manifest: Manifest) -> list[Fault]:
    """What is missing of a backup, or has another size: a look that reads the dumps and no file."""
    found = [Fault(fault, "seal")] if (fault := manifest.seal_fault()) else []
    found += [f for m in manifest.members if (f := _checked(place, m.path, m.sha256)) is not None]
    if any(fault.problem != "seal" for fault in found):
        return found
    sizes, lost = place.sizes(FILES), {damaged.sha256 for damaged in manifest.damaged}
    for file in files_of(place, manifest):
        if file.sha256 not in lost and sizes.get(file.path) != file.byte_count:
            found.append(Fault(file.sha256, "altered" if file.path in sizes else "missing"))
    return found


def _checked(place: Place, path: str, sha256: str) -> Fault | None:
    digest = hashlib.sha256()
    try:
        for chunk in place.read(path):
            digest.update(chunk)
    except FileNotFoundError:
        return Fault(path, "missing")
    except OSError:
        return Fault(path, "altered")
    return None if digest.hexdigest() == sha256 else Fault(path, "altered")
