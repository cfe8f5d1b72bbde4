"""The stored form of a supplement: which report it adds to, and both snapshots of the cycle in one zip."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict, dataclass
from datetime import date

from reporting.summary.snapshot import SnapshotError

_NOW, _FORMER = "now.zip", "former.zip"
_DAY_OF_MEMBERS = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class About:
    """The report that a supplement adds to, and the supplement's own number among those of the cycle."""

    sequence: int
    number: str
    registered_on: date


def packed(member: str, about: About, *, former: bytes, now: bytes) -> bytes:
    """The snapshot of a supplement whose kind is told by `member`, where `about` stands."""
    facts = asdict(about) | {"registered_on": about.registered_on.isoformat()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as written:
        for name, content in (
            (member, json.dumps(facts, ensure_ascii=False, sort_keys=True).encode()),
            (_NOW, now),
            (_FORMER, former),
        ):
            written.writestr(zipfile.ZipInfo(name, _DAY_OF_MEMBERS), content)
    return buffer.getvalue()


def is_of(member: str, stored_snapshot: bytes) -> bool:
    """Whether the snapshot is of a supplement of that kind."""
    with zipfile.ZipFile(io.BytesIO(stored_snapshot)) as archive:
        return member in archive.namelist()


def unpacked(member: str, stored_snapshot: bytes) -> tuple[About, bytes, bytes]:
    """What it is about, the former snapshot and that of now. Raises SnapshotError when it is none of that
    kind.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(stored_snapshot)) as archive:
            facts = json.loads(archive.read(member))
            former, now = archive.read(_FORMER), archive.read(_NOW)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise SnapshotError(f"This is no stored snapshot of a supplement: {error}.") from error
    facts["registered_on"] = date.fromisoformat(facts["registered_on"])
    return About(**facts), former, now
