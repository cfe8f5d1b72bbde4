"""From a figure of a mart or a report back to the cells that offices sent.

The warehouse answers by itself: view mart.lineage, function mart.trace. Here is what a person at a shell
needs besides: the figures of the newest draft, who sent each file, and the files themselves from the archive.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from sqlalchemy import Connection

from reporting import archive
from reporting.cycles.opening import regime_of
from reporting.database import query

_LONGEST_NAME = 255
"""Bytes that a file system bears in a name."""
_UNFIT = re.compile(r'[\x00-\x1f/\\:*?"<>|]+')


@dataclass(frozen=True)
class TracedFigure:
    """A figure of a cycle: what the facts give now, and what stands in the newest draft of its report.

    `figure` is its name (answered, total:quy_che:2011); `value` is None where the figure is of a kind that is
    not traced, such as how many offices wrote something; the four last are None where no draft names it,
    `short_label` where it is of no indicator.
    """

    figure: str
    value: Decimal | None
    short_label: str | None
    drafted_value: Decimal | None
    document: str | None
    version: int | None
    section: str | None

    @property
    def has_moved(self) -> bool:
        """Whether the draft says otherwise than the facts do now."""
        return None not in (self.value, self.drafted_value) and self.drafted_value != self.value


@dataclass(frozen=True)
class Contribution:
    """What one office adds to a figure (`counts`), and the version, file, sheet and cell it stands in.

    The file is that of `carried_from` where an earlier part brought it. Without a `filename` nothing was
    sent. `sheet` and `cell` are None where the figure counts offices.
    """

    organization_id: str
    position: int
    short_name: str
    region: str
    indicator: str | None
    year: int | None
    state: str | None
    value: Decimal | None
    counts: Decimal
    submission_id: int | None
    version: int | None
    received_at: datetime | None
    carried_from: int | None
    file_version: int | None
    arrival_id: int | None
    filename: str | None
    file_sha256: str | None
    archive_path: str | None
    sheet: str | None
    cell: str | None
    sender: str | None
    channel: str | None


def figures(connection: Connection, cycle_id: str, *, with_regions: bool = False) -> list[TracedFigure]:
    """The figures of a cycle, in the order of its form; those of single regions only if asked for.

    Raises LookupError for an unknown cycle.
    """
    regime_of(connection, cycle_id)
    rows = connection.execute(query("analysis/figures"), {"cycle_id": cycle_id, "with_regions": with_regions})
    return [TracedFigure(**row._mapping) for row in rows]


def contributions(
    connection: Connection, cycle_id: str, figure: str, organization_id: str | None = None
) -> list[Contribution]:
    """What is behind a figure, in the order of the list of offices; their `counts` add up to it.

    Raises LookupError for an unknown cycle, or a name that is no figure of it, or one that is not traced.
    """
    known = {traced.figure: traced for traced in figures(connection, cycle_id, with_regions="@" in figure)}
    if figure in known and known[figure].value is None:
        raise LookupError(
            f"{figure!r} stands in draft {known[figure].version}, but counts what stands in no cell and "
            "is not traced; the sheets beside the draft name the offices."
        )
    if figure not in known:
        raise LookupError(
            f"{figure!r} is no figure of {cycle_id}; `reporting trace {cycle_id}` lists them. "
            "One region's is written with its name behind: total:<indicator>:<year>@<region>."
        )
    rows = connection.execute(
        query("analysis/contributions"),
        {"cycle_id": cycle_id, "figure": figure, "organization_id": organization_id},
    )
    return [Contribution(**row._mapping) for row in rows]


def organization_of(connection: Connection, reference_code: str) -> str:
    """The office that a look-up code was given to. Raises LookupError when nobody has it."""
    found = connection.scalar(query("analysis/organization_of"), {"reference_code": reference_code})
    if found is None:
        raise LookupError(f"{reference_code!r} is nobody's look-up code.")
    return str(found)


def write_files(found: Iterable[Contribution], folder: Path) -> list[Path]:
    """Write the archived workbooks behind contributions into a folder, one file each, and return their paths.

    A file is named after the office's place in the list, the version and the name under which it was sent,
    cut to what file systems bear with its ending kept; it is the file as it was sent. Raises
    FileNotFoundError or OSError when the archive does not have it unaltered.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, Path] = {}
    for one in found:
        if one.file_sha256 is None or one.file_sha256 in written:
            continue
        name = _UNFIT.sub(" ", one.filename or "").strip(" .") or one.file_sha256
        path = folder / _cut(f"{one.position:02d}_v{one.file_version}_{name}")
        path.write_bytes(archive.read(one.file_sha256))
        written[one.file_sha256] = path
    return list(written.values())


def _cut(name: str) -> str:
    """The name in at most as many bytes as a file system bears; its ending stays, no letter is cut in two."""
    ending = Path(name).suffix
    if len(ending.encode()) > _LONGEST_NAME // 4:
        ending = ""
    stem = name.removesuffix(ending).encode()[: _LONGEST_NAME - len(ending.encode())]
    return stem.decode(errors="ignore").rstrip() + ending if len(name.encode()) > _LONGEST_NAME else name
