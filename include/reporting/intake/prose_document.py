"""The signed report beside the workbook, as a Word file for an officer."""

from __future__ import annotations

import io
import re
from typing import Any

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import Table, _Cell

from reporting.intake.prose import SideBySide, Source
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import moment, short_date

_FONT = "Times New Roman"
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LABEL, _COLUMN = Cm(3.6), Cm(11.2)
_GREY = RGBColor(0x59, 0x59, 0x59)


def document(compared: SideBySide) -> bytes:
    """A landscape page: each section a row, the workbook's words to the left, the report's to the right;
    behind it what the report says under no such heading, and which files there are.
    """
    made: DocumentObject = Document()
    _page(made)
    title = made.add_paragraph()
    _say(title, text("intake.prose.title", office=compared.office), size=15, bold=True)
    _say(made.add_paragraph(), text("intake.prose.cycle", cycle=compared.cycle_title), size=12)
    _say(made.add_paragraph(), shown_source(compared), size=11, colour=_GREY)
    table = made.add_table(rows=1, cols=3)
    table.style = "Table Grid"
    table.autofit = False
    headings = ("section", "workbook", "report")
    for cell, heading in zip(table.rows[0].cells, headings, strict=True):
        _fill(cell, text(f"intake.prose.heading.{heading}"), bold=True, shade="D9E2F3")
    _repeat_heading(table)
    for section in compared.sections:
        label, workbook, report = table.add_row().cells
        _fill(label, section.label, bold=True)
        _fill(workbook, section.in_workbook or text("intake.prose.blank"), grey=not section.in_workbook)
        _fill(report, section.in_report or text("intake.prose.not_found"), grey=not section.in_report)
    for column, width in zip(table.columns, (_LABEL, _COLUMN, _COLUMN), strict=True):
        column.width = width
        for cell in column.cells:
            cell.width = width
    if compared.rest:
        _say(made.add_paragraph(), text("intake.prose.rest"), size=12, bold=True, before=12)
        for line in compared.rest.split("\n"):
            _say(made.add_paragraph(), line, size=11)
    if compared.others:
        _say(made.add_paragraph(), text("intake.prose.others"), size=12, bold=True, before=12)
        for source in compared.others:
            _say(made.add_paragraph(), text("intake.prose.other", source=told(source)), size=11)
    saved = io.BytesIO()
    made.save(saved)
    return saved.getvalue()


def shown_source(compared: SideBySide) -> str:
    """Which report is shown, or why there is none, in Vietnamese."""
    if compared.source is not None:
        return text("intake.prose.source", source=told(compared.source))
    return text("intake.prose.only_scans" if compared.others else "intake.prose.no_report")


def told(source: Source) -> str:
    """A file by the document it is, or by the delivery it came with; a scan is named as one."""
    if source.registered_number is not None and source.signed_on is not None:
        named = text(
            f"intake.prose.registered.{source.issuer}",
            number=source.document_number or "",
            on=short_date(source.signed_on),
            registered=source.registered_number,
            filename=source.filename,
        )
    else:
        named = text(
            "intake.prose.attached",
            filename=source.filename,
            attachment=f"{source.arrival_id}:{source.position}",
            at=moment(source.received_at) if source.received_at else "",
        )
    return named if source.prose else text("intake.prose.scan", source=named)


def _page(made: DocumentObject) -> None:
    section = made.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(29.7), Cm(21)
    section.left_margin = section.right_margin = Cm(1.8)
    section.top_margin = section.bottom_margin = Cm(1.6)
    style = made.styles["Normal"]
    style.font.name = _FONT
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    style.paragraph_format.space_after = Pt(4)


def _fill(
    cell: _Cell, said: str, *, bold: bool = False, grey: bool = False, shade: str | None = None
) -> None:
    for number, line in enumerate(said.split("\n")):
        paragraph = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
        _say(paragraph, line, size=11, bold=bold, colour=_GREY if grey else None, italic=grey)
    if shade:
        properties = cell._tc.get_or_add_tcPr()
        filling = OxmlElement("w:shd")
        filling.set(qn("w:val"), "clear")
        filling.set(qn("w:fill"), shade)
        properties.append(filling)


def _say(
    paragraph: Any,
    said: str,
    *,
    size: int,
    bold: bool = False,
    italic: bool = False,
    before: int = 0,
    colour: RGBColor | None = None,
) -> None:
    run = paragraph.add_run(_NOT_IN_XML.sub("", said))
    run.font.name, run.font.size, run.bold, run.italic = _FONT, Pt(size), bold, italic
    if colour is not None:
        run.font.color.rgb = colour
    paragraph.paragraph_format.space_before = Pt(before)


def _repeat_heading(table: Table) -> None:
    properties = table.rows[0]._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:tblHeader"))
