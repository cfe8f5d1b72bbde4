"""Reports of earlier days made again: from the snapshot kept with each draft, by the templates, sentences and
data files of then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from reporting import archive
from reporting.data_files import edited_since
from reporting.database import query
from reporting.documents.lifecycle import Draft
from reporting.summary import later, means

FIRST = "summary_report"


@dataclass(frozen=True)
class ReportVersion:
    """A draft of a report: `number`, `registered_on` and `published_at` only of the one that was signed;
    `source_count` is how many offices' submissions stood behind it.
    """

    document_id: int
    kind: str
    version: int
    title: str
    drafted_at: datetime
    decision: str | None
    number: str | None
    registered_on: date | None
    published_at: datetime | None
    source_count: int
    snapshot_sha256: str | None


@dataclass(frozen=True)
class RebuiltFile:
    """A file of a draft made again. `is_same`: byte for byte what the archive has; None where it has none of
    this name.
    """

    role: str
    filename: str
    data: bytes
    is_same: bool | None


@dataclass(frozen=True)
class Rebuilt:
    """A draft made again. `lost` names files of the archive that were not made again; `software` tells by
    what version each part of the software was of then and is of now, where these differ; `edited` names the
    data files under include/ that were edited since, in whose place those of then were read.
    """

    version: ReportVersion
    files: tuple[RebuiltFile, ...]
    lost: tuple[str, ...]
    software: Mapping[str, tuple[str | None, str | None]]
    edited: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Whether every file is byte for byte what the archive has."""
        return not self.lost and all(file.is_same for file in self.files)


def versions(connection: Connection, cycle_id: str) -> list[ReportVersion]:
    """Every draft of the reports of a cycle: of its editions and supplements, in their order."""
    rows = connection.execute(query("documents/report_versions"), {"cycle_id": cycle_id})
    return [ReportVersion(**row._mapping) for row in rows]


def find_version(
    connection: Connection, cycle_id: str, kind: str = FIRST, version: int | None = None
) -> ReportVersion:
    """A draft of a report; None: the one that was signed, else the newest. Raises LookupError naming those
    there are.
    """
    known = [v for v in versions(connection, cycle_id) if v.kind == kind]
    if version is not None:
        found = [v for v in known if v.version == version]
    else:
        found = [v for v in known if v.number is not None] or known
    if found:
        return found[-1]
    listed = ", ".join(str(v.version) for v in known) or "none"
    wanted = "draft" if version is None else f"draft {version}"
    raise LookupError(
        f"{cycle_id} has no {wanted} of {kind} (there are: {listed}); "
        f"`reporting report versions {cycle_id}` lists all."
    )


def rebuild(connection: Connection, version: ReportVersion) -> Rebuilt:
    """Render the files of a draft again from its snapshot and compare them with the archived ones.

    Raises LookupError when the draft has no snapshot, or it is not in the archive any more.
    """
    if version.snapshot_sha256 is None:
        raise LookupError(
            f"Draft {version.version} of {version.kind} has no snapshot, so it cannot be made again; "
            "its files are in the archive."
        )
    try:
        stored = archive.read(version.snapshot_sha256)
    except FileNotFoundError as error:
        raise LookupError(
            f"The snapshot of draft {version.version} of {version.kind} is not in the archive: {error}."
        ) from error
    kept = means.kept(stored)
    draft = draft_of(stored)
    key = {"document_id": version.document_id, "version": version.version}
    archived = {
        row.filename: row.sha256 for row in connection.execute(query("documents/files_of_version"), key)
    }
    return Rebuilt(
        version,
        tuple(
            RebuiltFile(
                f.role,
                f.filename,
                f.data,
                None if f.filename not in archived else archive.sha256_of(f.data) == archived[f.filename],
            )
            for f in draft.files
        ),
        tuple(sorted({*archived} - {f.filename for f in draft.files})),
        _differing(kept.software),
        tuple(edited_since(kept.files)),
    )


def draft_of(stored: bytes) -> Draft:
    """The draft that a snapshot holds, rendered by the means that it keeps. Raises SnapshotError."""
    with means.as_then(means.kept(stored)):
        return later.draft_of(stored)


def _differing(then: Mapping[str, str]) -> dict[str, Any]:
    now = means.software()
    return {
        part: (then.get(part), now.get(part))
        for part in sorted({*then, *now})
        if then.get(part) != now.get(part)
    }
