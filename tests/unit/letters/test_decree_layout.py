"""Every template against Decree 30/2020/NĐ-CP, appendix I: each row of the table is quoted, then measured in
the document.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

import pytest
from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Length, Pt
from docx.text.paragraph import Paragraph

from reporting.letters.official import TEMPLATES, heading_context
from reporting.letters.template_check import contracts, fill_sample
from reporting.letters.text import document_date
from reporting.regimes.models import load_regime
from reporting.wording.vietnamese import long_date

CENTER, LEFT, JUSTIFY = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.JUSTIFY
INTERNAL = {"letter/leadership_sheet.docx", "report/leadership_page.docx"}
REPORTS = ("report/summary_report.docx", "report/supplement.docx")
OFFICIAL = [name for name in contracts() if name not in INTERNAL]
LETTERS = [name for name in OFFICIAL if name not in REPORTS]
WITH_APPENDIX = [name for name in OFFICIAL if name != "letter/follow_up.docx"]


@cache
def filled(name: str) -> DocumentObject:
    return Document(io.BytesIO(fill_sample(TEMPLATES / name, contracts()[name])))


def everything(document: DocumentObject) -> Iterator[Paragraph]:
    yield from document.paragraphs
    for table in document.tables:
        for row in table.rows:
            for cell in row.cells:
                yield from cell.paragraphs


def find(document: DocumentObject, words: str) -> Paragraph:
    return next(p for p in everything(document) if p.text.startswith(words))


@dataclass(frozen=True)
class Look:
    """How a paragraph is printed, whatever of it stands in the run, the style or the style below that."""

    size: float
    bold: bool
    italic: bool
    align: WD_ALIGN_PARAGRAPH | None
    first_line: Length | None
    before: Length | None
    after: Length | None
    spacing: float | Length | None


def look(paragraph: Paragraph) -> Look:
    run = paragraph.runs[0]
    styles = []
    style = paragraph.style
    while style is not None:
        styles.append(style)
        style = style.base_style
    if styles[-1].name != "Normal":
        styles.append(paragraph.part.document.styles["Normal"])

    def of_font(name: str) -> object:
        found = (getattr(place.font, name) for place in (run, *styles))
        return next((value for value in found if value is not None), None)

    def of_form(name: str) -> object:
        found = (getattr(place.paragraph_format, name) for place in (paragraph, *styles))
        return next((value for value in found if value is not None), None)

    size = of_font("size")
    assert isinstance(size, Length)
    return Look(
        size.pt,
        bool(of_font("bold")),
        bool(of_font("italic")),
        of_form("alignment"),  # type: ignore[arg-type]
        of_form("first_line_indent"),  # type: ignore[arg-type]
        of_form("space_before"),  # type: ignore[arg-type]
        of_form("space_after"),  # type: ignore[arg-type]
        of_form("line_spacing"),  # type: ignore[arg-type]
    )


@dataclass(frozen=True)
class Row:
    """A row of the decree's table: what it says, where it is met, and the sizes and faces that it allows."""

    says: str
    words: str
    sizes: tuple[float, float]
    bold: bool = False
    italic: bool = False
    align: WD_ALIGN_PARAGRAPH | None = None
    caps: bool = False
    where: tuple[str, ...] = tuple(OFFICIAL)


ROWS = [
    Row("Quốc hiệu CAPS 12-13 bold", "CỘNG HÒA XÃ HỘI", (12, 13), bold=True, align=CENTER, caps=True),
    Row("Tiêu ngữ 13-14 bold", "Độc lập - Tự do - Hạnh phúc", (13, 14), bold=True, align=CENTER),
    Row("issuer CAPS 12-13 bold", "BỘ THÔNG TIN", (12, 13), bold=True, align=CENTER, caps=True),
    Row("Số, ký hiệu: size 13", "Số:", (13, 13), align=CENTER),
    Row("Địa danh, ngày: 13-14 italic", "Hà Nội, ngày", (13, 14), italic=True, align=CENTER),
    Row("V/v: 12-13 upright, centred under the number", "V/v", (12, 13), align=CENTER, where=tuple(LETTERS)),
    Row("BÁO CÁO caps bold 13-14", "BÁO CÁO", (13, 14), bold=True, align=CENTER, caps=True, where=REPORTS),
    Row("trích yếu bold 13-14", "Tình hình công tác", (13, 14), bold=True, align=CENTER, where=REPORTS),
    Row("Kính gửi 13-14", "Kính gửi:", (13, 14)),
    Row("≥2 addressees: one per line", "- Các bộ, cơ quan ngang bộ, cơ quan thuộc Chính phủ;", (13, 14)),
    Row("Body 13-14 justified", "Để có cơ sở tổng hợp", (13, 14), align=JUSTIFY, where=tuple(LETTERS)),
    Row("Body 13-14 justified, the last one too", "Trân trọng./.", (13, 14), align=JUSTIFY),
    Row("Phần I: bold 13-14", "Phần I", (13, 14), bold=True, align=CENTER, where=REPORTS[:1]),
    Row("headings bold 13-14", "1. Kết quả", (13, 14), bold=True, where=REPORTS[:1]),
    Row("KT. BỘ TRƯỞNG caps bold 13-14", "KT. BỘ TRƯỞNG", (13, 14), bold=True, align=CENTER, caps=True),
    Row("name bold 13-14, no titles", "Đỗ Quý Doãn", (13, 14), bold=True, align=CENTER),
    Row("Nơi nhận: 12 bold-italic, left", "Nơi nhận:", (12, 12), bold=True, italic=True, align=LEFT),
    Row("list 11 upright", "- Như trên;", (11, 11)),
    Row("… - Lưu: VT, TTĐN.", "- Lưu: VT, TTĐN.", (11, 11)),
    Row("Phụ lục 14 bold", "Phụ lục", (14, 14), bold=True, align=CENTER, where=tuple(WITH_APPENDIX)),
    Row(
        "appendix title caps bold 13-14", "DANH SÁCH", (13, 14), bold=True, align=CENTER, caps=True,
        where=tuple(WITH_APPENDIX),
    ),
    Row("(Kèm theo …) italic", "(Kèm theo", (13, 14), italic=True, align=CENTER, where=tuple(WITH_APPENDIX)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "name"), [pytest.param(row, name, id=f"{name}: {row.says}") for row in ROWS for name in row.where]
)
def test_sizes_and_faces_are_those_of_the_decree(row: Row, name: str) -> None:
    paragraph = find(filled(name), row.words)
    seen = look(paragraph)
    assert row.sizes[0] <= seen.size <= row.sizes[1]
    assert (seen.bold, seen.italic) == (row.bold, row.italic)
    if row.align is not None:
        assert (seen.align or LEFT) == row.align
    if row.caps:
        assert paragraph.text == paragraph.text.upper()


@pytest.mark.parametrize("name", list(contracts()))
def test_the_font_is_times_new_roman_in_black(name: str) -> None:
    """ "Times New Roman, Unicode TCVN 6909:2001, black"."""
    document = filled(name)
    xml = [
        document.element,
        *(r.target_part.element for r in document.part.rels.values() if _is_margin(r.reltype)),
    ]
    fonts = {
        value
        for element in (*xml, document.styles["Normal"].element)
        for font in element.iter(qn("w:rFonts"))
        for key, value in font.attrib.items()
        if not key.endswith("Theme")
    }
    assert fonts == {"Times New Roman"}
    colours = {c.get(qn("w:val")) for element in xml for c in element.iter(qn("w:color"))}
    assert colours <= {"000000", "auto"}


def _is_margin(kind: str) -> bool:
    return kind.endswith(("/header", "/footer"))


@pytest.mark.parametrize("name", OFFICIAL)
def test_pages_have_the_margins_of_the_decree(name: str) -> None:
    """ "A4 portrait; top/bottom 20-25 mm, left 30-35, right 15-20"; a wide table lies across the page."""
    sections = filled(name).sections
    first = sections[0]
    assert (round(first.page_width.mm), round(first.page_height.mm)) == (210, 297)
    for section in sections:
        assert 20 <= round(section.top_margin.mm) <= 25
        assert 20 <= round(section.bottom_margin.mm) <= 25
        if section.page_width < section.page_height:
            assert 30 <= round(section.left_margin.mm) <= 35
            assert 15 <= round(section.right_margin.mm) <= 20
        else:
            assert (round(section.page_width.mm), round(section.page_height.mm)) == (297, 210)
            assert min(section.left_margin.mm, section.right_margin.mm) >= 15


@pytest.mark.parametrize("name", OFFICIAL)
def test_pages_are_numbered_in_the_top_margin(name: str) -> None:
    """ "Arabic from 1, size 13-14, upright, centred in the top margin, hidden on p.1; each appendix numbered
    separately".
    """
    sections = filled(name).sections
    assert len(sections) == 2
    for section in sections:
        assert section.different_first_page_header_footer
        number = section.header.paragraphs[0]
        assert number.alignment == CENTER
        assert re.search(r"<w:instrText[^>]*> PAGE ", number._p.xml)
        assert "PAGE" not in section.first_page_header._element.xml
        assert section.header_distance < section.top_margin
        sizes = {r.font.size.pt for r in number.runs if r.font.size is not None}
        assert sizes == {14}
        assert not any(r.font.bold or r.font.italic for r in number.runs)
    assert sections[1]._sectPr.find(qn("w:pgNumType")).get(qn("w:start")) == "1"


@pytest.mark.parametrize("name", OFFICIAL)
def test_the_body_is_indented_and_spaced(name: str) -> None:
    """ "first line 1 or 1.27 cm, ≥6 pt between paragraphs, spacing single-1.5"."""
    words = ["Trân trọng./."] + (["Nội dung."] if name in REPORTS else ["Để có", "1. Xây dựng"])
    for word in words:
        seen = look(find(filled(name), word))
        assert seen.first_line in (Cm(1), Cm(1.27))
        assert (seen.before or 0) + (seen.after or 0) >= Pt(6)
        assert isinstance(seen.spacing, float)
        assert 1.0 <= seen.spacing <= 1.5


@pytest.mark.parametrize("name", OFFICIAL)
def test_header_and_signature_are_two_columns_without_borders(name: str) -> None:
    """ "Implement header and footer as borderless 2-column tables"."""
    document = filled(name)
    head = document.tables[0]
    closing = next(t for t in document.tables if t.cell(0, 0).text.startswith("Nơi nhận"))
    for table in (head, closing):
        assert len(table.columns) == 2
        assert table._tbl.find(f".//{qn('w:tblBorders')}") is None
        assert table.style is None or table.style.name != "Table Grid"
    assert head.cell(0, 0).text.startswith("BỘ")
    assert head.cell(0, 1).text.startswith("CỘNG HÒA")
    assert head.cell(1, 0).text.startswith("Số:")
    assert head.cell(1, 1).text.startswith("Hà Nội")
    assert closing.cell(0, 1).text.startswith("KT. BỘ TRƯỞNG\nTHỨ TRƯỞNG\n")
    assert closing.cell(0, 1).text.endswith("\nĐỗ Quý Doãn")


@pytest.mark.parametrize("name", OFFICIAL)
def test_a_rule_stands_below_the_motto_and_below_the_issuer(name: str) -> None:
    """ "full-width rule below" the motto; below the issuer "rule 1/3-1/2 of line"."""
    head = filled(name).tables[0]
    for column, shortest, longest in ((0, 1 / 3, 1 / 2), (1, 0.55, 0.75)):
        cell = head.cell(0, column)
        rule = cell.paragraphs[-1]
        border = rule._p.find(f".//{qn('w:pBdr')}/{qn('w:top')}")
        assert border is not None
        assert border.get(qn("w:val")) == "single"
        form = rule.paragraph_format
        assert form.left_indent == form.right_indent
        share = (cell.width - 2 * form.left_indent) / cell.width
        assert shortest <= share <= longest


@pytest.mark.parametrize("name", LETTERS)
def test_the_subject_stands_six_points_below_the_number(name: str) -> None:
    """ "centred under the number, 6 pt gap"."""
    cell = filled(name).tables[0].cell(1, 0)
    number, subject = cell.paragraphs
    assert number.text.startswith("Số:")
    assert subject.text.startswith("V/v")
    assert subject.paragraph_format.space_before == Pt(6)


@pytest.mark.parametrize("name", OFFICIAL)
def test_the_last_lines_go_with_the_signature(name: str) -> None:
    document = filled(name)
    last = find(document, "Trân trọng./.")
    assert last.paragraph_format.keep_with_next
    gap = Paragraph(last._p.getnext(), last._parent)
    assert gap.text == ""
    assert gap.paragraph_format.keep_with_next
    closing = gap._p.getnext()
    assert closing.tag == qn("w:tbl")
    assert closing.find(f".//{qn('w:cantSplit')}") is not None


def test_one_addressee_stands_on_the_line_of_the_salutation() -> None:
    """ "one addressee same line; ≥2: one per line "- …;" last "."."""
    contract = contracts()["letter/request.docx"]
    lines = [p.text for p in filled(contract.name).paragraphs]
    at = lines.index("Kính gửi:")
    assert lines[at + 1 : at + 3] == [
        "- Các bộ, cơ quan ngang bộ, cơ quan thuộc Chính phủ;",
        "- Ủy ban nhân dân các tỉnh, thành phố trực thuộc Trung ương.",
    ]


def test_a_list_in_parts_is_numbered_anew_in_each_and_a_plain_one_is_a_table() -> None:
    document = filled("letter/request.docx")
    lines = [p.text for p in document.paragraphs]
    at = lines.index("I. Bộ, cơ quan ngang bộ")
    assert lines[at + 1 : at + 3] == ["1. Bộ Ngoại giao", "2. Bộ Tài chính"]
    heading = next(p for p in document.paragraphs if p.text == lines[at])
    assert heading.paragraph_format.keep_with_next
    assert look(heading).bold
    table = document.tables[-1]
    assert [[c.text for c in row.cells] for row in table.rows] == [
        ["STT", "Tên cơ quan"],
        ["1", "Ủy ban nhân dân tỉnh An Giang"],
    ]


@pytest.mark.parametrize("name", OFFICIAL)
def test_headings_of_long_tables_are_repeated_and_rows_kept_whole(name: str) -> None:
    table = filled(name).tables[-1]
    assert table.rows[0]._tr.find(f".//{qn('w:tblHeader')}") is not None
    assert all(row._tr.find(f".//{qn('w:cantSplit')}") is not None for row in table.rows[1:])


@pytest.mark.parametrize("is_report", [False, True])
def test_the_number_line_has_no_blank_round_its_marks(is_report: bool) -> None:
    """ "no spaces round "/" or "-"; công văn = agency-unit, report = …/BC-BTTTT"; blank until registered."""
    regime = load_regime("ttdn_dia_phuong")
    line = heading_context(regime, mode="live", year=2012, is_reconstruction=False, is_report=is_report)[
        "number_line"
    ]
    expected = "/BC-BTTTT" if is_report else "/BTTTT-TTĐN"
    assert re.fullmatch(rf"Số: {{8}}{expected}", str(line))


@pytest.mark.parametrize(
    ("day", "cited", "in_full"),
    [
        (date(2012, 1, 5), "05/01/2012", "ngày 05 tháng 01 năm 2012"),
        (date(2012, 2, 29), "29/02/2012", "ngày 29 tháng 02 năm 2012"),
        (date(2012, 3, 9), "09/3/2012", "ngày 09 tháng 3 năm 2012"),
        (date(2012, 6, 29), "29/6/2012", "ngày 29 tháng 6 năm 2012"),
        (date(2012, 10, 10), "10/10/2012", "ngày 10 tháng 10 năm 2012"),
        (date(2012, 12, 1), "01/12/2012", "ngày 01 tháng 12 năm 2012"),
    ],
)
def test_days_below_ten_and_the_first_two_months_have_a_zero(day: date, cited: str, in_full: str) -> None:
    """ "day <10 and months 1, 2 only zero-padded"."""
    assert document_date(day) == cited
    assert long_date(day) == in_full
