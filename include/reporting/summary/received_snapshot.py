"""What the report of a cycle without a data form says, stored: it can be rendered from this again."""

from __future__ import annotations

import io
import zipfile
from functools import lru_cache

from pydantic import TypeAdapter

from reporting.documents.lifecycle import DraftedFile
from reporting.summary.received import Received
from reporting.summary.snapshot import MEDIA_TYPE, SnapshotError
from reporting.wording.catalogue import text

MEMBER = "received.json"
_DAY_OF_MEMBER = (1980, 1, 1, 0, 0, 0)


def stored(data: Received) -> bytes:
    """The snapshot of `data`; the same bytes for the same data."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        member = zipfile.ZipInfo(MEMBER, _DAY_OF_MEMBER)
        member.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(member, _adapter().dump_json(data))
    return buffer.getvalue()


def opened(snapshot: bytes) -> Received:
    """The data of a snapshot. Raises SnapshotError when it is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(snapshot)) as archive:
            return _adapter().validate_json(archive.read(MEMBER))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise SnapshotError(f"This is no stored snapshot of a report: {error}.") from error


def is_one(snapshot: bytes) -> bool:
    """Whether the snapshot is of a report without figures."""
    with zipfile.ZipFile(io.BytesIO(snapshot)) as archive:
        return MEMBER in archive.namelist()


def file_of(data: Received) -> DraftedFile:
    """The snapshot as a file of the draft, which is never given out."""
    return DraftedFile("snapshot", text("report.files.snapshot"), stored(data), MEDIA_TYPE)


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Received]:
    return TypeAdapter(Received)
