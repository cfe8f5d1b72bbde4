"""Shared blocks of the official layout (Decree 30/2020/NĐ-CP, appendix I) over Word templates.

The templates in include/templates hold the layout; this module fills them, puts tables in their place,
and makes the bytes the same for the same content, so that a content hash is stable.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from docx.document import Document as DocumentObject
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Cm, Pt
from docx.table import Table, _Cell
from docxtpl import DocxTemplate

from reporting.documents.lifecycle import Draft, DraftedFile, ListedDebt, hash_of
from reporting.letters.blocks import Blocks, Printer
from reporting.letters.template_check import check_template, contracts, refusal, strict_environment
from reporting.letters.text import fill, paragraphs, preview, salutation, unbroken
from reporting.regimes.models import CopyTo, LetterText, Regime
from reporting.settings import INCLUDE, settings
from reporting.wording.catalogue import text

if TYPE_CHECKING:
    from reporting.letters.cycle import LetterCycle

TEMPLATES = INCLUDE / "templates"
TRACKING_TABLE_MARK = "[[bảng theo dõi]]"
"""A paragraph of a template that is only this gives its place to the tracking table."""

ADDRESSEES_NAMED = 15
"""Up to so many offices a letter greets by name; more are greeted as those of its list."""

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"

_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_DOCUMENT_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_WATERMARK_WIDTH_PT, _WATERMARK_LETTER_RATIO, _WATERMARK_HEIGHT_PT = 430, 1.7, 110


class TemplateError(ValueError):
    """A Word template lacks a place that must be filled; the message names the file and the place."""


@dataclass(frozen=True)
class TrackingTable:
    """The tracking table as printed: offices down, indicators by year across.

    `groups` are (heading, years); `rows` are (office, one bool per indicator and year); `totals` is one
    text per indicator and year, "" where nothing is printed.
    """

    position_heading: str
    office_heading: str
    groups: tuple[tuple[str, tuple[int, ...]], ...]
    rows: tuple[tuple[str, tuple[bool, ...]], ...]
    totals: tuple[str, ...]


def heading_context(
    regime: Regime, *, mode: str, year: int, is_reconstruction: bool, is_report: bool
) -> dict[str, object]:
    """What every official document says at its head, foot and in its background.

    Number, day and month stay blank: the records office writes them after the signature.
    """
    key = "rehearsal" if mode == "rehearsal" else "draft"
    watermark = text(f"letters.watermark.{key}")
    return {
        "ministry_caps": regime.ministry.name.upper(),
        "unit_caps": regime.unit.name.upper(),
        "number_line": text(
            "letters.number_line.report" if is_report else "letters.number_line.letter",
            ministry_symbol=regime.ministry.symbol,
            unit_symbol=regime.unit.symbol,
        ),
        "place_date": text("letters.place_date", place=regime.ministry.place, year=year),
        "capacity": list(regime.signer.capacity),
        "signer_name": regime.signer.name,
        "watermark": watermark,
        "watermark_width": _WATERMARK_WIDTH_PT,
        "watermark_height": min(
            _WATERMARK_HEIGHT_PT, round(_WATERMARK_WIDTH_PT / len(watermark) * _WATERMARK_LETTER_RATIO)
        ),
        "margin_note": text("letters.reconstruction") if is_reconstruction else "",
    }


def appendix_context(regime: Regime, *, title: str, year: int) -> dict[str, object]:
    """The heading of a letter's appendix, which refers to the letter; its number and day stay blank."""
    return {
        "appendix_name": text("letters.appendix.title"),
        "appendix_title": title,
        "appendix_attached": text(
            "letters.appendix.attached",
            symbol=f"{regime.ministry.symbol}-{regime.unit.symbol}",
            year=year,
            ministry=regime.ministry.name,
        ),
    }


def common_values(cycle: LetterCycle) -> dict[str, object]:
    """What the text of any letter of a cycle may name in braces, beside what the letter itself provides."""
    regime = cycle.regime
    period = regime.period(cycle.period)
    upstream = period.upstream
    task = "" if upstream is None else upstream.task
    phrase = cycle.deadline_phrase
    return {
        "ministry_name": regime.ministry.name,
        "ministry_symbol": regime.ministry.symbol,
        "unit_name": regime.unit.name,
        "unit_symbol": regime.unit.symbol,
        "unit_address": regime.unit.address,
        "contact": cycle.contact,
        "signer_name": regime.signer.name,
        "signer_title": regime.signer.capacity[-1].capitalize() if regime.signer.capacity else "",
        "report_title": cycle.title,
        "report_to": regime.ministry.report_to,
        "period_label": period.label,
        "request_subject": cycle.subject,
        "office_count": len(cycle.owing),
        "upstream_task": task,
        "upstream_phrase": "" if upstream is None else upstream.phrase,
        "upstream_basis": text("letters.upstream_basis", task=task) if task else "",
        "upstream_promptly": text("letters.upstream_promptly", task=task) if task else "",
        "deadline_phrase": phrase,
        "deadline_clause": text("letters.deadline_clause", deadline_phrase=phrase) if phrase else "",
    }


def letter_draft(
    cycle: LetterCycle,
    letter: LetterText,
    values: Mapping[str, object],
    *,
    name: str,
    template: str,
    year: int,
    subject: str | None = None,
    addressees: Sequence[str] | None = None,
    context: Mapping[str, object] | None = None,
    tracking: TrackingTable | None = None,
    is_reconstruction: bool = False,
    after: Sequence[str] = (),
    more_files: Sequence[DraftedFile] = (),
    listed: Sequence[ListedDebt] = (),
) -> Draft:
    """A letter of the ministry as a draft: the text of `letter` with `values` filled, laid out by `template`.

    `name` is its place in the catalogue (letters.<name>.title and .filename), `year` that of its date line.
    `subject` and `addressees` are the letter's own unless given; `context` is what the template wants beside
    the blocks of every letter. `after` is added to the preview in Markdown, `more_files` to the draft.
    Where the text names a value of `common_values`, `values` need not hold it. Raises KeyError naming a
    placeholder of the text that has no value, TemplateError as `render` does.
    """
    regime = cycle.regime
    values = common_values(cycle) | dict(values)
    subject = fill(letter.subject, values) if subject is None else subject
    body = paragraphs(letter, values)
    greeted = salutation(letter, regime) if addressees is None else list(addressees)
    copies = [fill(line, values) for line in copy_lines(letter.copies)]
    filled = heading_context(
        regime, mode=cycle.mode, year=year, is_reconstruction=is_reconstruction, is_report=False
    )
    filled |= {
        "subject_line": unbroken(text("letters.subject", subject=subject)),
        "addressees": greeted,
        "paragraphs": body,
        "copies": copies,
        **(context or {}),
    }
    title = text(f"letters.{name}.title", subject=subject)
    if is_reconstruction:
        after = [*after, text("letters.reconstruction")]
    data: object = filled
    if tracking is not None:
        data = [filled, tracking.groups, tracking.rows, tracking.totals]
    if more_files:
        data = [data, *(hashlib.sha256(f.data).hexdigest() for f in more_files)]
    return Draft(
        title=title,
        body_markdown=preview(
            title=title,
            subject=subject,
            addressees=greeted,
            body=body,
            copies=copies,
            capacity=regime.signer.capacity,
            signer=regime.signer.name,
            watermark=filled["watermark"],
            after=after,
        ),
        data_hash=hash_of(data),
        files=(
            DraftedFile("letter", text(f"letters.{name}.filename"), render(template, filled, tracking), DOCX),
            *more_files,
        ),
        listed=tuple(listed),
    )


def copy_lines(copies: Sequence[CopyTo]) -> list[str]:
    """The entries of Nơi nhận as printed, without the dash and the closing mark."""
    return [_copy_line(copy) for copy in copies]


def _copy_line(copy: CopyTo) -> str:
    if copy.purpose == "như trên":
        return text("letters.copies.same")
    if copy.purpose == "lưu":
        return text("letters.copies.filed", name=copy.name)
    if copy.purpose:
        return text("letters.copies.with_purpose", name=copy.name, purpose=copy.purpose)
    return copy.name


def template_path(template: str) -> Path:
    """Where the template is read from: the folder of edited templates (REPORTING_TEMPLATES) if it is there,
    else include/templates.
    """
    edited = settings().templates
    if edited is not None and (edited / template).is_file():
        return edited / template
    return TEMPLATES / template


_USED: ContextVar[dict[str, bytes] | None] = ContextVar("templates_used", default=None)
_FORMER: ContextVar[Mapping[str, bytes] | None] = ContextVar("former_templates", default=None)


@contextmanager
def templates_used() -> Iterator[Mapping[str, bytes]]:
    """Note every template that is filled meanwhile: its name → the file as it was read."""
    used: dict[str, bytes] = {}
    token = _USED.set(used)
    try:
        yield used
    finally:
        _USED.reset(token)


@contextmanager
def templates_as(former: Mapping[str, bytes]) -> Iterator[None]:
    """Fill these templates meanwhile (name → file) instead of those of today; others are today's."""
    token = _FORMER.set(former)
    try:
        yield
    finally:
        _FORMER.reset(token)


def render(template: str, context: Mapping[str, object], tracking: TrackingTable | None = None) -> bytes:
    """Fill a template, such as letter/request.docx, and return the docx, the same bytes for the same content.

    The file is read each time, and checked when it has changed. Raises TemplateError, in Vietnamese, naming
    file and places when it was edited so that it cannot be filled.
    """
    return fill_template(template_path(template), context, tracking, template_file(template))


def template_file(template: str) -> bytes:
    """The template as it is to be filled: that of `templates_as`, else the file in use, which is checked.

    Raises TemplateError as `render` does.
    """
    former = _FORMER.get()
    if former is not None and template in former:
        data = former[template]
    else:
        path = template_path(template)
        changed = path.stat()
        refused = _refusal(path, template, changed.st_mtime_ns, changed.st_size)
        if refused:
            raise TemplateError(refused)
        data = path.read_bytes()
    if (used := _USED.get()) is not None:
        used[template] = data
    return data


@lru_cache(maxsize=64)
def _refusal(path: Path, template: str, modified_ns: int, size: int) -> str:
    """Why the template cannot be used, "" where it can; looked at once for each state of the file."""
    findings = check_template(path, contracts()[template])
    return refusal(path, findings) if findings else ""


def fill_template(
    path: Path,
    context: Mapping[str, object],
    tracking: TrackingTable | None,
    data: bytes | None = None,
) -> bytes:
    """The docx made from the template at `path`, or from `data`, where its bytes are given. A name without a
    value raises jinja2.UndefinedError.

    Raises TemplateError naming the file when a table is given and the template has no place for it.
    """
    filled = DocxTemplate(str(path) if data is None else io.BytesIO(data))
    listed = _blocks_in(context)
    for number, blocks in enumerate(listed):
        blocks.keep_place(_place(number))
    filled.render(dict(context), strict_environment(), autoescape=True)
    document: DocumentObject = filled.docx
    Printer(document).put(listed, _place)
    if tracking is not None:
        places = [p for p in document.paragraphs if p.text.strip() == TRACKING_TABLE_MARK]
        if len(places) != 1:
            raise TemplateError(
                f"{path}: {TRACKING_TABLE_MARK} stands there {len(places)} times as a paragraph of its own. "
                "Write it exactly once where the tracking table belongs."
            )
        table = _tracking_table(document, tracking)
        places[0]._p.addprevious(table._tbl)
        places[0]._p.getparent().remove(places[0]._p)
    fix_properties(document)
    buffer = io.BytesIO()
    document.save(buffer)
    return stable_archive(buffer.getvalue())


def _blocks_in(value: object) -> list[Blocks]:
    """Every run of blocks among the values of a context."""
    if isinstance(value, Blocks):
        return [value]
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [blocks for one in inner for blocks in _blocks_in(one)]


def _place(number: int) -> str:
    """Words that keep the place of blocks while a template is filled; no keyboard writes them."""
    return f"\ue000{number}\ue001"


def fix_properties(document: DocumentObject) -> None:
    """Take from a document who made it and when, which would differ each time."""
    properties = document.core_properties
    properties.created = properties.modified = _DOCUMENT_EPOCH
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.revision = 1


def stable_archive(data: bytes) -> bytes:
    """The same Office file with every entry dated alike, so that equal content gives equal bytes."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written,
    ):
        for entry in source.infolist():
            fixed = zipfile.ZipInfo(entry.filename, _ZIP_EPOCH)
            fixed.compress_type = zipfile.ZIP_DEFLATED
            fixed.external_attr = 0o600 << 16
            written.writestr(fixed, source.read(entry))
    return target.getvalue()


# --- the tracking table -------------------------------------------------------------------------------

_TABLE_WIDTH_CM = 25.7
_POSITION_CM, _OFFICE_CM = 1.1, 4.0


def _tracking_table(document: DocumentObject, content: TrackingTable) -> Table:
    years = [year for _, group_years in content.groups for year in group_years]
    table: Table = document.add_table(rows=3 + len(content.rows), cols=2 + len(years))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    table._tbl.tblPr.append(cell_margins(40))
    year_cm = (_TABLE_WIDTH_CM - _POSITION_CM - _OFFICE_CM) / max(1, len(years))
    widths = [Cm(_POSITION_CM), Cm(_OFFICE_CM), *[Cm(year_cm)] * len(years)]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for text_, column in ((content.position_heading, 0), (content.office_heading, 1)):
        _write(table.cell(0, column).merge(table.cell(1, column)), text_, bold=True)
    column = 2
    for heading, group_years in content.groups:
        last = column + len(group_years) - 1
        _write(table.cell(0, column).merge(table.cell(0, last)), heading, bold=True)
        for year in group_years:
            _write(table.cell(1, column), str(year), bold=True)
            column += 1
    for position, (office, marks) in enumerate(content.rows, 1):
        cells = table.rows[1 + position].cells
        _write(cells[0], str(position))
        _write(cells[1], office, align=WD_ALIGN_PARAGRAPH.LEFT)
        for cell, mark in zip(cells[2:], marks, strict=True):
            _write(cell, "X" if mark else "")
    cells = table.rows[-1].cells
    _write(cells[0], "")
    _write(cells[1], text("letters.table.total"), bold=True)
    for cell, total in zip(cells[2:], content.totals, strict=True):
        _write(cell, total, bold=True)
    for number, row in enumerate(table.rows):
        properties = row._tr.get_or_add_trPr()
        properties.append(parse_xml(f"<w:cantSplit {nsdecls('w')}/>"))
        if number < 2:
            properties.append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
        for cell, width in zip(row.cells, widths, strict=True):
            if number >= len(table.rows) - 2:  # totals stand with an office and the notes
                cell.paragraphs[0].paragraph_format.keep_with_next = True
            cell.width = width if number >= 2 else cell.width or width
    return table


def cell_margins(twips: int) -> BaseOxmlElement:
    """The left and right margins of a table's cells, in twentieths of a point."""
    sides = "".join(f'<w:{side} w:w="{twips}" w:type="dxa"/>' for side in ("left", "right"))
    return parse_xml(f"<w:tblCellMar {nsdecls('w')}>{sides}</w:tblCellMar>")


def _write(
    cell: _Cell, content: str, *, bold: bool = False, align: WD_ALIGN_PARAGRAPH = WD_ALIGN_PARAGRAPH.CENTER
) -> None:
    cell.vertical_alignment = 1  # type: ignore[assignment]  # WD_CELL_VERTICAL_ALIGNMENT.CENTER
    paragraph = cell.paragraphs[0]
    paragraph.alignment = align
    run = paragraph.add_run(content)
    run.bold = bold or None
    run.font.size = Pt(11)
