"""The prose of signed reports: read once out of Word files and PDFs with text, and shown to an officer beside
the workbook's narrative, section by section as far as the headings can be told.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from rapidfuzz import fuzz
from sqlalchemy import Connection
from unidecode import unidecode

from reporting import archive
from reporting.database import query, storable
from reporting.documents.signed_text import read_lines
from reporting.forms.models import Form
from reporting.wording.catalogue import text

MAX_CHARACTERS = 400_000
MAX_PAGES = 150
MAX_FILE_BYTES = 60 * 1024 * 1024
MAX_UNPACKED_BYTES = 150 * 1024 * 1024

_HEADING = re.compile(
    r"^(?:(?:phần|mục|chương)\s+(?:thứ\s+\w+|(?-i:[IVX]+|[A-D])|\d+)\b"
    r"|(?-i:[IVX]{1,5}|[A-D])(?=\s*[.)/:–-])|(?P<number>\d{1,2})(?=[.)/:]\s*[^\d\s]))[\s.)/:–-]*",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^(?:[-+•*–]\s|[a-zđ]\)\s|\d{1,2}(?:\.\d{1,2})*[.)]\s)", re.IGNORECASE)
_LONGEST_HEADING = 160
_ALIKE = 82.0
_PAGE_NUMBER = re.compile(r"^[-–\s]*\d{1,3}[-–\s]*$")


@dataclass(frozen=True)
class Source:
    """A file that an office sent as its report: registered by the records desk (`registered_number`), or an
    attachment of a delivery (`arrival_id`, `position`). `prose` is "" where it has none, such as a scan.
    """

    filename: str
    prose: str
    registered_number: str | None
    document_number: str | None
    signed_on: date | None
    issuer: str | None
    arrival_id: int | None
    position: int | None
    received_at: datetime | None


@dataclass(frozen=True)
class Compared:
    """One section: what the workbook says, and what the report says under a heading like it."""

    label: str
    in_workbook: str
    in_report: str


@dataclass(frozen=True)
class SideBySide:
    """An office's narrative and its report. `source` is the report whose prose is shown, None where no file
    has any; `others` are its further files; `rest` is what stands under no heading that a section has.
    """

    cycle_title: str
    office: str
    source: Source | None
    others: tuple[Source, ...]
    sections: tuple[Compared, ...]
    rest: str


def text_of(data: bytes) -> str:
    """The prose of a Word file (paragraphs and tables in their order) or of a PDF with text, a paragraph a
    line, NFC, at most MAX_CHARACTERS; "" for everything else. Never raises for a bad file.
    """
    if len(data) > MAX_FILE_BYTES or not _may_be_opened(data):
        return ""
    try:
        lines = read_lines(data, MAX_PAGES) or []
    except Exception:  # whatever a stranger's file does to the reader
        return ""
    said = [unicodedata.normalize("NFC", " ".join(line.split())) for line in lines]
    said = [line for line in said if line and not _PAGE_NUMBER.match(line)]
    if data.startswith(b"%PDF"):
        said = list(_paragraphs(said))
    return storable("\n".join(said))[:MAX_CHARACTERS]


def sources(connection: Connection, cycle_id: str, reference_code: str) -> list[Source]:
    """The reports of an office, those signed by itself first, then newest first. Files whose prose nobody
    asked for yet are read now, and what they say is kept.
    """
    rows = connection.execute(
        query("intake/prose_sources"), {"cycle_id": cycle_id, "reference_code": reference_code}
    ).all()
    found = []
    for row in rows:
        prose = row.prose
        if prose is None:
            prose = text_of(archive.read(row.file_sha256))
            connection.execute(
                query("intake/keep_prose"),
                {
                    "incoming_document_id": row.incoming_document_id,
                    "arrival_id": row.arrival_id,
                    "position": row.position,
                    "prose": prose,
                },
            )
        found.append(
            Source(
                row.filename, prose, row.registered_number, row.document_number, row.signed_on, row.issuer,
                row.arrival_id, row.position, row.received_at,
            )
        )  # fmt: skip
    return found


def side_by_side(connection: Connection, cycle_id: str, reference_code: str) -> SideBySide:
    """What an office's workbook tells, beside what its signed report does.

    Raises LookupError for an unknown cycle or recipient.
    """
    row = connection.execute(
        query("intake/narrative_of"), {"cycle_id": cycle_id, "reference_code": reference_code}
    ).one_or_none()
    if row is None:
        raise LookupError(text("intake.desk.unknown_recipient", cycle=cycle_id, code=reference_code))
    found = sources(connection, cycle_id, reference_code)
    shown = next((source for source in found if source.prose), None)
    form = Form.model_validate(row.form_content) if row.form_content else None
    labels = {section.code: section.label for section in form.sections} if form else {}
    report, rest = by_section(shown.prose if shown else "", list(labels.values()))
    said = row.narrative or {}
    return SideBySide(
        row.title,
        row.short_name,
        shown,
        tuple(source for source in found if source is not shown),
        tuple(Compared(label, said.get(code, ""), report.get(label, "")) for code, label in labels.items()),
        rest,
    )


def by_section(prose: str, labels: Sequence[str]) -> tuple[dict[str, str], str]:
    """(label → what stands under a heading like it, all the rest). A heading is a numbered line, or a short
    one that says little beside the label; its part ends at the next heading.
    """
    parts: dict[str, list[str]] = {}
    rest: list[str] = []
    current: str | None = None
    for line in prose.split("\n"):
        heading = _HEADING.match(line)
        if heading and len(line) <= _LONGEST_HEADING:
            label = _like(line[heading.end() :], labels)
            # a number within a part that we know is a point of it, unless it opens a section itself
            if label is not None or current is None or heading["number"] is None:
                current = label
        elif len(line) <= _LONGEST_HEADING / 2 and (label := _like(line, labels, least=94)) is not None:
            current = label
            continue
        if current is None:
            rest.append(line)
        elif not (heading and _like(line[heading.end() :], labels) == current):
            parts.setdefault(current, []).append(line)
    return {label: "\n".join(lines).strip() for label, lines in parts.items()}, "\n".join(rest).strip()


def _like(said: str, labels: Sequence[str], least: float = _ALIKE) -> str | None:
    """The label that a heading means, of several the one that it names first; None where it means none."""
    folded = _folded(said)
    meant = [
        (folded.find(_folded(label).partition(" ")[0]), -score, label)
        for label in labels
        if folded and (score := fuzz.token_set_ratio(folded, _folded(label))) >= least
    ]
    return min(meant)[2] if meant else None


def _folded(said: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", unidecode(unicodedata.normalize("NFC", said)).lower()))


def _paragraphs(lines: Sequence[str]) -> Iterator[str]:
    """Lines as printed, as paragraphs: each goes on until a full stop, a heading or a bullet."""
    pending = ""
    for line in lines:
        begins = _HEADING.match(line) or _BULLET.match(line)
        ends = pending.endswith((".", ";", ":", "!", "?", "./.")) or pending.isupper()
        if pending and (begins or ends or (_HEADING.match(pending) and len(pending) < 60)):
            yield pending
            pending = line
        else:
            pending = f"{pending} {line}".strip()
    if pending:
        yield pending


def _may_be_opened(data: bytes) -> bool:
    if data.startswith(b"%PDF"):
        return True
    if not data.startswith(b"PK"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            return sum(part.file_size for part in package.infolist()) <= MAX_UNPACKED_BYTES
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False
