"""Make the Word templates of letters and reports anew: `python -m reporting.letters.make_templates`.

The templates in include/templates are kept in the repository and are meant to be edited in Word; this
script is only for making them again from nothing, and overwrites them. Sizes and places follow Decree
30/2020/NĐ-CP, appendix I. Words in double braces are filled in by docxtpl; `[[...]]` marks the place of
a table.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from copy import deepcopy

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.section import Section
from docx.shared import Cm, Pt
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from reporting.letters import official
from reporting.letters.official import TRACKING_TABLE_MARK, cell_margins, fix_properties, stable_archive
from reporting.summary.sections import PARTS
from reporting.wording.catalogue import catalogue, text

FONT = "Times New Roman"
TEXT_WIDTH_CM = 21.0 - 3.0 - 1.5
LEFT_COLUMN_CM = 7.9
HEAD_OVERHANG_CM = 0.7
CENTER, LEFT, JUSTIFY = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.JUSTIFY


def main() -> None:
    """Write every template."""
    for path, make in TEMPLATE_MAKERS.items():
        target = official.TEMPLATES / path
        target.parent.mkdir(parents=True, exist_ok=True)
        document = _document()
        make(document)
        fix_properties(document)
        buffer = io.BytesIO()
        document.save(buffer)
        target.write_bytes(stable_archive(buffer.getvalue()))


# --- the documents ------------------------------------------------------------------------------------


def make_request(document: DocumentObject) -> None:
    """The request letter: the letter, then the list of addressees as an appendix."""
    _letter_head(document)
    _letter_body(document)
    _closing(document)
    _attachments(document)
    _optional_section(document, "sections")
    _appendix_heading(document)
    _paragraph(document, "{%p for section in sections %}")
    _paragraph(document, "{%p if section.title %}")
    heading = _paragraph(document, "{{ section.title }}", bold=True, before=10, after=4)
    heading.paragraph_format.keep_with_next = True
    _paragraph(document, "{%p for office in section.offices %}")
    entry = _paragraph(document, "{{ loop.index }}. {{ office }}", before=2)
    entry.paragraph_format.left_indent, entry.paragraph_format.first_line_indent = Cm(2.0), Cm(-1.0)
    _paragraph(document, "{%p endfor %}")
    _paragraph(document, "{%p else %}")
    table = _borders(document.add_table(rows=4, cols=2))
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    _widths(table, (1.6, 14.9))
    _fill(table.cell(0, 0), text("letters.columns.position"), bold=True, align=CENTER)
    _fill(table.cell(0, 1), text("letters.columns.office"), bold=True, align=CENTER)
    _repeat(table, 0)
    _fill(table.cell(1, 0), "{%tr for office in section.offices %}")
    _fill(table.cell(2, 0), "{{ loop.index }}", align=CENTER)
    _fill(table.cell(2, 1), "{{ office }}")
    _whole_row(table, 2)
    _fill(table.cell(3, 0), "{%tr endfor %}")
    _paragraph(document, "{%p endif %}")
    _paragraph(document, "{%p endfor %}")
    _paragraph(document, "{%p endif %}")


def make_urging(document: DocumentObject) -> None:
    """The urging letter: the letter, then the list of those outstanding as an appendix."""
    _letter_head(document)
    _letter_body(document)
    _closing(document)
    _new_section(document, landscape=False)
    _debts(document)


def make_escalation(document: DocumentObject) -> None:
    """The letter to the committees themselves; the list is an appendix only where it has several offices."""
    _letter_head(document)
    _letter_body(document)
    _closing(document)
    _optional_section(document, "offices")
    _debts(document)
    _paragraph(document, "{%p endif %}")


def _debts(document: DocumentObject) -> None:
    """The list of those outstanding and what each owes."""
    _appendix_heading(document)
    table = _borders(document.add_table(rows=4, cols=3))
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    _widths(table, (1.2, 9.2, 6.1))
    for column, key in enumerate(("position", "office", "owes")):
        _fill(table.cell(0, column), text(f"letters.columns.{key}"), size=13, bold=True, align=CENTER)
    _repeat(table, 0)
    _fill(table.cell(1, 0), "{%tr for office in offices %}")
    _fill(table.cell(2, 0), "{{ loop.index }}", size=13, align=CENTER)
    _fill(table.cell(2, 1), "{{ office.name }}", size=13)
    _fill(table.cell(2, 2), "{{ office.owes }}", size=13)
    _whole_row(table, 2)
    _fill(table.cell(3, 0), "{%tr endfor %}")


def make_leadership_sheet(document: DocumentObject) -> None:
    """The sheet for the leadership: one page, internal, with narrow margins and small rows."""
    section = document.sections[0]
    section.top_margin = section.bottom_margin = Cm(1.3)
    section.left_margin, section.right_margin = Cm(2.0), Cm(1.5)
    section.header_distance = section.footer_distance = Cm(0.6)
    _paragraph(document, "{{ ministry_caps }}", size=12)
    _paragraph(document, "{{ unit_caps }}", size=12, bold=True)
    _paragraph(document, "{{ title }}", bold=True, align=CENTER, before=6)
    _paragraph(document, "{{ subject }}", size=13, bold=True, align=CENTER)
    _paragraph(document, "{{ as_of }}", size=12, italic=True, align=CENTER, after=4)
    _paragraph(document, "{%p for fact in facts %}")
    _paragraph(document, "- {{ fact }}", size=11.5, align=JUSTIFY)
    _paragraph(document, "{%p endfor %}")
    _paragraph(document, text("letters.leadership.offices_title"), size=12, bold=True, before=4, after=2)
    table = _borders(document.add_table(rows=4, cols=6))
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    _widths(table, (0.9, 3.1, 4.8, 1.2, 1.4, 6.1))
    columns = ("position", "office", "owes", "reminders", "urgings", "spoken")
    for column, key in enumerate(columns):
        heading = text(f"letters.leadership.columns.{key}")
        _fill(table.cell(0, column), heading, size=9.5, bold=True, align=CENTER)
    _repeat(table, 0)
    _fill(table.cell(1, 0), "{%tr for office in offices %}")
    _fill(table.cell(2, 0), "{{ loop.index }}", size=9.5, align=CENTER)
    for column, key in enumerate(columns[1:], 1):
        align = CENTER if key in ("reminders", "urgings") else LEFT
        place = "name" if key == "office" else key
        _fill(table.cell(2, column), f"{{{{ office.{place} }}}}", size=9.5, align=align)
    _whole_row(table, 2)
    _fill(table.cell(3, 0), "{%tr endfor %}")
    _paragraph(document, "{%p if others %}")
    _paragraph(document, "{{ others }}", size=11, italic=True, before=2)
    _paragraph(document, "{%p endif %}")
    _paragraph(document, text("letters.leadership.proposals_title"), size=12, bold=True, before=4)
    _paragraph(document, "{%p for proposal in proposals %}")
    _paragraph(document, "{{ loop.index }}. {{ proposal }}", size=11.5, align=JUSTIFY)
    _paragraph(document, "{%p endfor %}")


def make_leadership_page(document: DocumentObject) -> None:
    """The page that goes to the leadership with a summary report: internal, with narrow margins; beside the
    tables the provinces as tiles, where there are any.
    """
    section = document.sections[0]
    section.top_margin = section.bottom_margin = Cm(1.2)
    section.left_margin, section.right_margin = Cm(2.0), Cm(1.5)
    section.header_distance = section.footer_distance = Cm(0.6)
    _report_styles(document)
    for name in ("VB Hình", "VB Tên bảng"):
        style = document.styles[name]
        assert isinstance(style, ParagraphStyle)
        style.paragraph_format.space_before = Pt(0)
        style.font.size = Pt(10.5)
    _paragraph(document, "{{ ministry_caps }}", size=11)
    _paragraph(document, "{{ unit_caps }}", size=11, bold=True)
    _paragraph(document, "{{ title }}", size=13, bold=True, align=CENTER, before=4)
    _paragraph(document, "{{ subject }}", size=12, bold=True, align=CENTER)
    _paragraph(document, "{{ as_of }}", size=11, italic=True, align=CENTER, after=3)
    _paragraph(document, "{%p for fact in facts %}")
    _paragraph(document, "- {{ fact }}", size=11, align=JUSTIFY)
    _paragraph(document, "{%p endfor %}")
    _paragraph(document, "{%p if tiles %}")
    beside = document.add_table(rows=1, cols=2)
    _widths(beside, (9.8, 7.7))
    _fill(beside.cell(0, 0), "{{p tables }}")
    _fill(beside.cell(0, 1), "{{p tiles }}")
    _paragraph(document, "{%p else %}")
    _paragraph(document, "{{p tables }}")
    _paragraph(document, "{%p endif %}")
    _paragraph(document, text("leadership_page.decisions_title"), size=11.5, bold=True, before=3)
    _paragraph(document, "{%p for decision in decisions %}")
    number = "{% if decisions|length > 1 %}{{ loop.index }}. {% endif %}"
    _paragraph(document, f"{number}{{{{ decision }}}}", size=11, align=JUSTIFY)
    _paragraph(document, "{%p endfor %}")


def make_free(document: DocumentObject) -> None:
    """A letter whose paragraphs a person wrote: notice, correction, replacement, recall."""
    _letter_head(document)
    _letter_body(document)
    _closing(document)
    _optional_section(document, "offices")
    _appendix_heading(document)
    table = _borders(document.add_table(rows=4, cols=2))
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    _widths(table, (1.6, 14.9))
    _fill(table.cell(0, 0), text("letters.columns.position"), bold=True, align=CENTER)
    _fill(table.cell(0, 1), text("letters.columns.office"), bold=True, align=CENTER)
    _repeat(table, 0)
    _fill(table.cell(1, 0), "{%tr for office in offices %}")
    _fill(table.cell(2, 0), "{{ loop.index }}", align=CENTER)
    _fill(table.cell(2, 1), "{{ office }}")
    _whole_row(table, 2)
    _fill(table.cell(3, 0), "{%tr endfor %}")
    _paragraph(document, "{%p endif %}")


def make_follow_up(document: DocumentObject) -> None:
    """The follow-up letter with the tracking table attached, on landscape pages."""
    _letter_head(document)
    _letter_body(document)
    _closing(document)
    _new_section(document, landscape=True)
    _table_title_block(document)
    _paragraph(document, TRACKING_TABLE_MARK)
    _paragraph(document, "{%p for note in footnotes %}")
    note = _paragraph(document, "* {{ note }}", size=12, align=JUSTIFY, before=6)
    note.paragraph_format.keep_together = True
    _paragraph(document, "{%p endfor %}")


def make_summary_report(document: DocumentObject) -> None:
    """The report to the Government: each section a place of its own, then each appendix on its own pages."""
    _report_styles(document)
    _head(document, subject_under_number=False)
    _paragraph(document, "{{ kind }}", size=14, bold=True, align=CENTER, before=14)
    _paragraph(document, "{{ subject }}", size=14, bold=True, align=CENTER)
    _rule(document, left_cm=6.4, right_cm=6.4)
    _addressees(document)
    _paragraph(document, "{{p opening.body }}", style="VB Nội dung")
    for part, codes in PARTS.items():
        if part in ("", "end"):
            continue
        is_section = codes == (part,)
        _paragraph(document, f"{{%p if {part}.body %}}" if is_section else f"{{%p if part_{part} %}}")
        number = f"{part}.number" if is_section else f"part_{part}.number"
        _paragraph(document, f"{{{{ {number} }}}}", style="VB Phần")
        _paragraph(document, text(f"report.parts.{part}"), style="VB Tên phần")
        for code in codes:
            if is_section:
                _paragraph(document, f"{{{{p {code}.body }}}}", style="VB Nội dung")
            else:
                _report_section(document, code)
        _paragraph(document, "{%p endif %}")
    _last_paragraph(document, "{{ closing }}")
    _closing(document)
    _appendices(document)


def make_supplement(document: DocumentObject) -> None:
    """The supplement to a report: its sections one after the other, then the rows that changed."""
    _report_styles(document)
    _head(document, subject_under_number=False)
    _paragraph(document, "{{ kind }}", size=14, bold=True, align=CENTER, before=14)
    _paragraph(document, "{{ subject }}", size=14, bold=True, align=CENTER)
    _rule(document, left_cm=6.4, right_cm=6.4)
    _addressees(document)
    _paragraph(document, "{{p opening.body }}", style="VB Nội dung")
    _paragraph(document, "{%p for section in news %}")
    _paragraph(document, "{{ section.number }}. {{ section.heading }}", style="VB Mục")
    _paragraph(document, "{{p section.body }}", style="VB Nội dung")
    _paragraph(document, "{%p endfor %}")
    _last_paragraph(document, "{{ closing }}")
    _closing(document)
    _appendices(document)


def _appendices(document: DocumentObject) -> None:
    """Each appendix of a report, on landscape pages of its own."""
    _paragraph(document, "{%p for appendix in appendices %}")
    _paragraph(document, "{%p if loop.first %}")
    _new_section(document, landscape=True)
    _paragraph(document, "{%p else %}")
    _new_section(document, landscape=True)
    _paragraph(document, "{%p endif %}")
    _paragraph(document, "{{ appendix.name }}", bold=True, align=CENTER)
    _paragraph(document, "{{ appendix.title }}", bold=True, align=CENTER)
    _paragraph(document, "{{ appendix_attached }}", italic=True, align=CENTER, after=10)
    _paragraph(document, "{{p appendix.body }}", style="VB Nội dung")
    _paragraph(document, "{%p endfor %}")


def _report_section(document: DocumentObject, code: str) -> None:
    """A section with its heading, printed where it says something. A heading that does not depend on form or
    offices stands in words.
    """
    words = catalogue().get(f"report.headings.{code}", "{")
    heading = f"{{{{ {code}.heading }}}}" if "{" in words else words
    _paragraph(document, f"{{%p if {code}.body %}}")
    _paragraph(document, f"{{{{ {code}.number }}}}. {heading}", style="VB Mục")
    _paragraph(document, f"{{{{p {code}.body }}}}", style="VB Nội dung")
    _paragraph(document, "{%p endif %}")


def _report_styles(document: DocumentObject) -> None:
    """Styles of lists, captions, notes and pictures, beside those of every document."""
    for name, align, indent, size, bold, italic in (
        ("VB Gạch đầu dòng", JUSTIFY, 1.27, 14, False, False),
        ("VB Câu dẫn", JUSTIFY, 1.27, 14, False, False),
        ("VB Tên bảng", CENTER, 0.0, 13, True, False),
        ("VB Ghi chú", JUSTIFY, 0.0, 12, False, True),
        ("VB Hình", CENTER, 0.0, 13, False, False),
    ):
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        assert isinstance(style, ParagraphStyle)
        style.base_style = document.styles["VB Nội dung"]
        _style_font(style, size)
        style.font.bold, style.font.italic = bold or None, italic or None
        style.paragraph_format.alignment = align
        style.paragraph_format.first_line_indent = Cm(indent)
        style.paragraph_format.keep_with_next = bold or name == "VB Câu dẫn"


TEMPLATE_MAKERS: dict[str, Callable[[DocumentObject], None]] = {
    "letter/request.docx": make_request,
    "letter/urging.docx": make_urging,
    "letter/escalation.docx": make_escalation,
    "letter/leadership_sheet.docx": make_leadership_sheet,
    "letter/free.docx": make_free,
    "letter/follow_up.docx": make_follow_up,
    "report/summary_report.docx": make_summary_report,
    "report/leadership_page.docx": make_leadership_page,
    "report/supplement.docx": make_supplement,
}


# --- blocks of the decree -----------------------------------------------------------------------------


def _document() -> DocumentObject:
    document = Document()
    body = document.element.body
    for child in list(body):
        if child.tag != qn("w:sectPr"):
            body.remove(child)
    normal = document.styles["Normal"]
    assert isinstance(normal, ParagraphStyle)
    _style_font(normal, 14)
    normal.paragraph_format.space_before = normal.paragraph_format.space_after = Pt(0)
    language = parse_xml(f'<w:lang {nsdecls("w")} w:val="vi-VN" w:eastAsia="vi-VN"/>')
    normal.element.get_or_add_rPr().append(language)
    for name, bold, align, indent in (
        ("VB Nội dung", False, JUSTIFY, 1.27),
        ("VB Phần", True, CENTER, 0.0),
        ("VB Tên phần", True, CENTER, 0.0),
        ("VB Mục", True, JUSTIFY, 1.27),
        ("VB Tiểu mục", True, JUSTIFY, 1.27),
    ):
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        assert isinstance(style, ParagraphStyle)
        style.base_style = normal
        _style_font(style, 14)
        style.font.bold = bold
        form = style.paragraph_format
        form.alignment = align
        form.first_line_indent = Cm(indent)
        form.space_before = Pt({"VB Phần": 12, "VB Tên phần": 0}.get(name, 6))
        form.space_after = Pt(0)
        form.line_spacing_rule = WD_LINE_SPACING.MULTIPLE
        form.line_spacing = 1.15
        form.widow_control = True
        form.keep_with_next = bold
    section = document.sections[0]
    _page(section, landscape=False)
    _margin_texts(section)
    return document


def _style_font(style: ParagraphStyle, size: float) -> None:
    style.font.name = FONT
    style.font.size = Pt(size)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for attribute in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(attribute), FONT)


def _page(section: Section, *, landscape: bool) -> None:
    """A4, margins top and bottom 20 mm, left 30 mm, right 15 mm; page number centred in the top margin."""
    short, long = Cm(21.0), Cm(29.7)
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (long, short) if landscape else (short, long)
    section.top_margin = section.bottom_margin = Cm(2.0)
    section.left_margin, section.right_margin = (Cm(2.0), Cm(2.0)) if landscape else (Cm(3.0), Cm(1.5))
    section.header_distance = section.footer_distance = Cm(1.0)
    section.different_first_page_header_footer = True


def _margin_texts(section: Section) -> None:
    first, later = section.first_page_header, section.header
    first.is_linked_to_previous = later.is_linked_to_previous = False
    _watermark(first.paragraphs[0], 1)
    number = later.paragraphs[0]
    number.alignment = CENTER
    _watermark(number, 2)
    _page_field(number)
    for footer in (section.first_page_footer, section.footer):
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]
        paragraph.alignment = CENTER
        run = paragraph.add_run("{{ margin_note }}")
        run.italic = True
        run.font.size = Pt(10)


def _watermark(paragraph: Paragraph, number: int) -> None:
    """Grey slanted words behind the text, a Word watermark like those of its Design menu."""
    source = (official.TEMPLATES / "letter" / "watermark.xml").read_text(encoding="utf-8")
    paragraph.add_run()._r.append(parse_xml(source.replace("NUMBER", str(number))))


def _page_field(paragraph: Paragraph) -> None:
    for kind, content in (("begin", None), (None, "PAGE"), ("separate", None), ("text", "2"), ("end", None)):
        run = paragraph.add_run()
        run.font.size = Pt(14)
        if kind == "text":
            run.text = content or ""
        elif kind is None:
            run._r.append(
                parse_xml(f'<w:instrText {nsdecls("w")} xml:space="preserve"> {content} </w:instrText>')
            )
        else:
            run._r.append(parse_xml(f'<w:fldChar {nsdecls("w")} w:fldCharType="{kind}"/>'))


def _new_section(document: DocumentObject, *, landscape: bool) -> None:
    """A new page with its own numbering: each appendix is numbered separately."""
    section = document.add_section(WD_SECTION.NEW_PAGE)
    carrier = document.paragraphs[-1]  # an empty line holds the break; it must not fill a page of its own
    form = carrier.paragraph_format
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(1)
    _page(section, landscape=landscape)
    section._sectPr.insert_element_before(
        parse_xml(f'<w:pgNumType {nsdecls("w")} w:start="1"/>'),
        "w:cols", "w:formProt", "w:vAlign", "w:noEndnote", "w:titlePg", "w:textDirection", "w:bidi",
        "w:rtlGutter", "w:docGrid",
    )  # fmt: skip
    first = document.sections[0]._sectPr  # the same texts in the margins, also where it is the only section
    references = [*first.findall(qn("w:headerReference")), *first.findall(qn("w:footerReference"))]
    for reference in reversed(references):
        section._sectPr.insert(0, deepcopy(reference))


def _optional_section(document: DocumentObject, condition: str) -> None:
    """A new section that is printed, with what comes after, only where `condition` holds; to be closed by
    {%p endif %}.
    """
    _paragraph(document, f"{{%p if {condition} %}}")
    _new_section(document, landscape=False)


def _head(document: DocumentObject, *, subject_under_number: bool) -> None:
    table = document.add_table(rows=2, cols=2)
    _widths(table, (LEFT_COLUMN_CM, TEXT_WIDTH_CM + HEAD_OVERHANG_CM - LEFT_COLUMN_CM))
    overhang = -int(HEAD_OVERHANG_CM / 2.54 * 1440)
    table._tbl.tblPr.append(parse_xml(f'<w:tblInd {nsdecls("w")} w:w="{overhang}" w:type="dxa"/>'))
    agency, national = table.cell(0, 0), table.cell(0, 1)
    name = _fill(agency, "{{ ministry_caps }}", size=12, bold=True, align=CENTER)
    tighter = parse_xml(f'<w:spacing {nsdecls("w")} w:val="-4"/>')
    name.runs[0]._r.get_or_add_rPr().insert_element_before(
        tighter, "w:w", "w:kern", "w:position", "w:sz", "w:szCs", "w:lang"
    )
    _rule_in(agency, 2.5, 2.5)
    _fill(national, text("letters.national.title"), size=12, bold=True, align=CENTER)
    _add(national, text("letters.national.motto"), size=13, bold=True, align=CENTER)
    _rule_in(national, 1.72, 1.72)
    number, place = table.cell(1, 0), table.cell(1, 1)
    _fill(number, "{{ number_line }}", size=13, align=CENTER, before=4)
    if subject_under_number:
        _add(number, "{{ subject_line }}", size=12, align=CENTER, before=6)
    _fill(place, "{{ place_date }}", size=13, italic=True, align=CENTER, before=4)


def _letter_head(document: DocumentObject) -> None:
    _head(document, subject_under_number=True)
    _addressees(document)


def _addressees(document: DocumentObject) -> None:
    _paragraph(document, "{%p if addressees|length == 1 %}")
    single = _paragraph(
        document, text("letters.to") + " {{ addressees[0] }}", align=CENTER, before=14, after=8
    )
    single.paragraph_format.left_indent = single.paragraph_format.right_indent = Cm(1.0)
    _paragraph(document, "{%p else %}")
    one = _paragraph(document, text("letters.to"), before=14)
    one.paragraph_format.left_indent = Cm(1.27)
    _paragraph(document, "{%p for addressee in addressees %}")
    line = _paragraph(document, "- {{ addressee }}{{ '.' if loop.last else ';' }}")
    line.paragraph_format.left_indent, line.paragraph_format.first_line_indent = Cm(2.4), Cm(-0.3)
    _paragraph(document, "{%p endfor %}")
    _paragraph(document, "", after=8, size=2)
    _paragraph(document, "{%p endif %}")


def _letter_body(document: DocumentObject) -> None:
    _paragraph(document, "{%p for paragraph in paragraphs[:-1] %}")
    _paragraph(document, "{{ paragraph }}", style="VB Nội dung")
    _paragraph(document, "{%p endfor %}")
    _last_paragraph(document, "{{ paragraphs[-1] }}")


def _last_paragraph(document: DocumentObject, content: str) -> None:
    """The last paragraph stays on the page of the signature, which must not stand alone."""
    _paragraph(document, content, style="VB Nội dung").paragraph_format.keep_with_next = True


def _closing(document: DocumentObject) -> None:
    """Nơi nhận on the left, the signature's place on the right. Nothing is signed or sealed here."""
    _paragraph(document, "", size=8).paragraph_format.keep_with_next = True
    table = document.add_table(rows=1, cols=2)
    _widths(table, (8.0, TEXT_WIDTH_CM - 8.0))
    _whole_row(table, 0)
    copies, signature = table.cell(0, 0), table.cell(0, 1)
    _fill(copies, text("letters.copies.title"), size=12, bold=True, italic=True, align=LEFT)
    _add(copies, "{%p for copy in copies %}", size=11)
    _add(copies, "- {{ copy }}{{ '.' if loop.last else ';' }}", size=11)
    _add(copies, "{%p endfor %}", size=11)
    _fill(signature, "{%p for line in capacity %}")
    _add(signature, "{{ line }}", size=14, bold=True, align=CENTER)
    _add(signature, "{%p endfor %}")
    for _ in range(4):
        _add(signature, "", size=14, align=CENTER)
    _add(signature, "{{ signer_name }}", size=14, bold=True, align=CENTER)


def _attachments(document: DocumentObject) -> None:
    _paragraph(document, "{%p if attachments %}")
    _paragraph(document, text("letters.attachments.title"), size=12, bold=True, italic=True, before=12)
    _paragraph(document, "{%p for attachment in attachments %}")
    line = "{{ '- ' if loop.length > 1 }}{{ attachment }}{{ '.' if loop.last else ';' }}"
    _paragraph(document, line, size=11)
    _paragraph(document, "{%p endfor %}")
    _paragraph(document, "{%p endif %}")


def _appendix_heading(document: DocumentObject) -> None:
    for place in ("appendix_name", "appendix_title"):
        _paragraph(document, f"{{%p if {place} %}}")
        _paragraph(document, f"{{{{ {place} }}}}", bold=True, align=CENTER)
        _paragraph(document, "{%p endif %}")
    _paragraph(document, "{%p if appendix_attached %}")
    _paragraph(document, "{{ appendix_attached }}", italic=True, align=CENTER, after=10)
    _paragraph(document, "{%p endif %}")


def _table_title_block(document: DocumentObject) -> None:
    table = document.add_table(rows=1, cols=2)
    _widths(table, (9.5, 16.2))
    _fill(table.cell(0, 0), "{{ ministry_caps }}", size=13, align=CENTER)
    _add(table.cell(0, 0), "{{ unit_caps }}", size=13, bold=True, align=CENTER)
    _rule_in(table.cell(0, 0), 3.2, 3.2)
    _paragraph(document, "{{ table_title }}", bold=True, align=CENTER, before=12, after=10)


# --- small things -------------------------------------------------------------------------------------


def _style_paragraph(
    paragraph: Paragraph,
    content: str,
    *,
    size: float | None = None,
    bold: bool = False,
    italic: bool = False,
    align: WD_ALIGN_PARAGRAPH | None = None,
    before: float | None = None,
    after: float | None = None,
) -> Paragraph:
    run = paragraph.add_run(content)
    run.bold, run.italic = bold or None, italic or None
    if size is not None:
        run.font.size = Pt(size)
    form = paragraph.paragraph_format
    if align is not None:
        form.alignment = align
    if before is not None:
        form.space_before = Pt(before)
    if after is not None:
        form.space_after = Pt(after)
    if not content and size is not None:  # an empty line is as high as the font of its paragraph mark
        mark = parse_xml(f'<w:rPr {nsdecls("w")}><w:sz w:val="{int(size * 2)}"/></w:rPr>')
        paragraph._p.get_or_add_pPr().append(mark)
    return paragraph


def _paragraph(
    document: DocumentObject,
    content: str,
    *,
    style: str | None = None,
    size: float | None = None,
    bold: bool = False,
    italic: bool = False,
    align: WD_ALIGN_PARAGRAPH | None = None,
    before: float | None = None,
    after: float | None = None,
) -> Paragraph:
    return _style_paragraph(
        document.add_paragraph(style=style), content,
        size=size, bold=bold, italic=italic, align=align, before=before, after=after,
    )  # fmt: skip


def _fill(
    cell: _Cell,
    content: str,
    *,
    size: float | None = None,
    bold: bool = False,
    italic: bool = False,
    align: WD_ALIGN_PARAGRAPH | None = None,
    before: float | None = None,
) -> Paragraph:
    return _style_paragraph(
        cell.paragraphs[0], content, size=size, bold=bold, italic=italic, align=align, before=before
    )


def _add(
    cell: _Cell,
    content: str,
    *,
    size: float | None = None,
    bold: bool = False,
    italic: bool = False,
    align: WD_ALIGN_PARAGRAPH | None = None,
    before: float | None = None,
) -> Paragraph:
    return _style_paragraph(
        cell.add_paragraph(), content, size=size, bold=bold, italic=italic, align=align, before=before
    )


def _rule(document: DocumentObject, left_cm: float, right_cm: float) -> None:
    _draw_rule(document.add_paragraph(), left_cm, right_cm)


def _rule_in(cell: _Cell, left_cm: float, right_cm: float) -> None:
    _draw_rule(cell.add_paragraph(), left_cm, right_cm)


def _draw_rule(paragraph: Paragraph, left_cm: float, right_cm: float) -> None:
    """A thin line of its own, shorter than the column by the two indents."""
    form = paragraph.paragraph_format
    form.left_indent, form.right_indent = Cm(left_cm), Cm(right_cm)
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(4)
    properties = paragraph._p.get_or_add_pPr()
    border = parse_xml(
        f'<w:pBdr {nsdecls("w")}><w:top w:val="single" w:sz="6" w:space="1" w:color="000000"/></w:pBdr>'
    )
    properties.insert_element_before(
        border, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def _widths(table: Table, widths_cm: tuple[float, ...]) -> None:
    table.autofit = False
    properties = table._tbl.tblPr
    properties.append(cell_margins(28))
    for column, width in zip(table.columns, widths_cm, strict=True):
        column.width = Cm(width)
        for cell in column.cells:
            cell.width = Cm(width)


def _borders(table: Table) -> Table:
    table.style = "Table Grid"
    return table


def _whole_row(table: Table, row: int) -> None:
    """A row that no page break divides."""
    table.rows[row]._tr.get_or_add_trPr().append(parse_xml(f"<w:cantSplit {nsdecls('w')}/>"))


def _repeat(table: Table, row: int) -> None:
    table.rows[row]._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))


if __name__ == "__main__":
    main()
