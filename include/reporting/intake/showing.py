"""One delivery as a person looks at it: what came, by which signs it was matched, what became of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from reporting import archive
from reporting.database import query
from reporting.intake import attachments, matching
from reporting.intake import message as mail
from reporting.settings import settings
from reporting.wording.catalogue import text


def shown(connection: Connection, arrival_id: int) -> dict[str, Any]:
    """A delivery, fit for JSON: the columns of its arrival; `signs` as they stand in the registry now, in
    Vietnamese; `authentication` as our own server found it; `attachments`, `submissions`, `answers`,
    `documents`, `decisions`.

    The files of a delivery that was not handled yet are those that will be recorded; none where a virus
    scanner is still to look at it. Raises LookupError for a number that no delivery has; OSError where its
    bytes are needed and not in the archive.
    """
    row = connection.execute(query("intake/arrival_shown"), {"arrival_id": arrival_id}).one_or_none()
    if row is None:
        raise LookupError(text("intake.settle.unknown", arrival=arrival_id))
    found = dict(row._mapping)
    raw = archive.read(row.raw_sha256)
    signs: list[str] = []
    authentication: dict[str, str] = {}
    if row.filename is None:
        headers = mail.headers(mail.parse_headers(raw))
        authentication = dict(headers.authentication)
        (by_sign,) = matching.candidates(connection, [headers], row.mode)
        signs = matching.told(by_sign)
    found |= {"signs": signs, "authentication": authentication}
    if not found["attachments"] and row.handled_at is None and not settings().clamav:
        found["attachments"] = _files(raw, row.filename)
    return found


def _files(raw: bytes, filename: str | None) -> list[dict[str, Any]]:
    try:
        files = attachments.received_files(None if filename else mail.parse(raw), raw, filename)
    except Exception:  # whatever a stranger's message does to the parser
        return []
    return [
        {
            "position": position,
            "filename": file.filename,
            "role": file.role,
            "media_type": file.media_type,
            "inside": file.inside,
            "problem": file.problem,
            "bytes": len(file.data),
        }
        for position, file in enumerate(files, start=1)
    ]
