"""What is to be mended of a draft that was sent back: reasons in general, and remarks about single sections.

Who sends back writes lines; one that begins with a section's number or heading and a colon ("II.1: …", "Tồn
tại, hạn chế: …") is a remark about that section, and so are the lines after it up to the next such line or an
empty one. What names no section of the draft belongs to the reason in general.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from reporting.clock import VIETNAM
from reporting.database import query
from reporting.documents.lifecycle import Document
from reporting.documents.sections import numbered, section_named, sections, text_of_report


@dataclass(frozen=True)
class Remark:
    """A remark about a section, by its heading, of the draft `version`."""

    version: int
    step: str
    section: str
    remark: str
    entered_by: str
    entered_at: datetime


@dataclass(frozen=True)
class Reasons:
    """Reasons as read: those in general, and (heading, remark) of each section named, in the order given."""

    general: str
    by_section: tuple[tuple[str, str], ...]


def read(reason: str, body_markdown: str) -> Reasons:
    """What a reason says of which section of a draft."""
    headings = numbered([s.heading for s in text_of_report(sections(body_markdown)) if s.heading])
    general: list[str] = []
    found: list[tuple[str, list[str]]] = []
    is_inside = False
    for line in unicodedata.normalize("NFC", reason).splitlines():
        before, colon, after = line.strip().lstrip("-•* ").partition(":")
        heading = section_named(before, headings) if colon else None
        if heading is not None:
            found.append((heading, [after.strip()]))
            is_inside = True
        elif not line.strip():
            is_inside = False
        elif is_inside:
            found[-1][1].append(line.strip())
        else:
            general.append(line.strip())
    by_section = ((heading, " ".join(filter(None, lines))) for heading, lines in found)
    return Reasons("\n".join(general), tuple(pair for pair in by_section if pair[1]))


def keep(
    connection: Connection, document: Document, step: str, reason: str, by: str, moment: datetime
) -> None:
    """Keep what a reason says of sections of the newest draft; once."""
    for section, remark in read(reason, document.body_markdown).by_section:
        connection.execute(
            query("documents/add_remark"),
            {
                "document_id": document.document_id,
                "version": document.version,
                "step": step,
                "section": section,
                "remark": remark,
                "entered_by": by,
                "entered_at": moment,
            },
        )


def remarks(connection: Connection, document_id: int, version: int) -> tuple[Remark, ...]:
    """The remarks about sections of a draft, in the order in which they were written."""
    rows = connection.execute(query("documents/remarks"), {"document_id": document_id, "version": version})
    return tuple(
        Remark(r.version, r.step, r.section, r.remark, r.entered_by, r.entered_at.astimezone(VIETNAM))
        for r in rows
    )
