"""The official layout, as an officer would measure it with a ruler (Decree 30/2020/NĐ-CP, appendix I)."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.text.paragraph import Paragraph

from reporting.letters import make_templates, official
from reporting.letters.blocks import printable
from reporting.letters.official import (
    TEMPLATES,
    TemplateError,
    TrackingTable,
    copy_lines,
    heading_context,
    render,
)
from reporting.regimes.models import CopyTo, load_regime

TABLE = TrackingTable(
    "Stt",
    "Sở TT&TT",
    (("Quy chế QLNN về TTĐN", (2011, 2012)), ("Đề án TTĐN", (2011, 2012))),
    (("An Giang", (True, False, False, False)), ("Bắc <Giang> & bạn", (False, False, False, True))),
    ("1", "", "", "1"),
)


def context(**changes: object) -> dict[str, object]:
    made = heading_context(
        load_regime("ttdn_dia_phuong"), mode="live", year=2012, is_reconstruction=False, is_report=False
    )
    return {
        **made,
        "subject_line": "V/v báo cáo",
        "addressees": ["Sở Thông tin và Truyền thông"],
        "paragraphs": ["Đoạn thứ nhất.", "Trân trọng./."],
        "copies": ["Như trên", "Lưu: VT, TTĐN"],
        "attachments": [],
        "appendix_name": "Phụ lục",
        "appendix_title": "DANH SÁCH",
        "appendix_attached": "(Kèm theo)",
        "offices": ["A & B", "C"],
        "sections": [{"title": "", "offices": ["A & B", "C"]}],
        "table_title": "BẢNG THEO DÕI",
        "footnotes": ["03 tỉnh"],
        **changes,
    }


def letter(**changes: object) -> DocumentObject:
    return Document(io.BytesIO(render("letter/request.docx", context(**changes))))


def find(document: DocumentObject, words: str) -> Paragraph:
    cells = (c for t in document.tables for row in t.rows for c in row.cells)
    everything = [*document.paragraphs, *(p for cell in cells for p in cell.paragraphs)]
    return next(p for p in everything if words in p.text)


def size(paragraph: Paragraph) -> float:
    run = paragraph.runs[0]
    for found in (
        run.font.size,
        paragraph.style.font.size,
        paragraph.part.document.styles["Normal"].font.size,
    ):
        if found is not None:
            return found.pt
    raise AssertionError("no size anywhere")


def test_the_page_is_a4_with_the_margins_of_the_decree() -> None:
    section = letter().sections[0]
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)
    assert 2.0 <= round(section.top_margin.cm, 2) <= 2.5
    assert 2.0 <= round(section.bottom_margin.cm, 2) <= 2.5
    assert 3.0 <= round(section.left_margin.cm, 2) <= 3.5
    assert 1.5 <= round(section.right_margin.cm, 2) <= 2.0


@pytest.mark.parametrize(
    ("words", "lowest", "highest", "bold", "italic"),
    [
        ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 12, 13, True, None),
        ("Độc lập - Tự do - Hạnh phúc", 13, 14, True, None),
        ("BỘ THÔNG TIN VÀ TRUYỀN THÔNG", 12, 13, True, None),
        ("/BTTTT-TTĐN", 13, 13, None, None),
        ("V/v báo cáo", 12, 13, None, None),
        ("Hà Nội, ngày", 13, 14, None, True),
        ("Đoạn thứ nhất.", 13, 14, None, None),
        ("Nơi nhận:", 12, 12, True, True),
        ("- Như trên;", 11, 11, None, None),
        ("- Lưu: VT, TTĐN.", 11, 11, None, None),
        ("KT. BỘ TRƯỞNG", 13, 14, True, None),
        ("Đỗ Quý Doãn", 13, 14, True, None),
        ("DANH SÁCH", 13, 14, True, None),
        ("(Kèm theo)", 13, 14, None, True),
    ],
)
def test_sizes_and_weights(
    words: str, lowest: float, highest: float, bold: bool | None, italic: bool | None
) -> None:
    paragraph = find(letter(), words)
    assert lowest <= size(paragraph) <= highest
    assert (paragraph.runs[0].bold, paragraph.runs[0].italic) == (bold, italic)


def test_the_body_is_justified_with_an_indented_first_line_in_times_new_roman() -> None:
    document = letter()
    for words in ("Đoạn thứ nhất.", "Trân trọng./."):
        style = find(document, words).style
        assert style.paragraph_format.alignment == WD_ALIGN_PARAGRAPH.JUSTIFY
        assert style.paragraph_format.first_line_indent == Cm(1.27)
        assert style.paragraph_format.space_before >= Pt(6)
    assert document.styles["Normal"].font.name == "Times New Roman"
    fonts = {f for e in document.element.iter(qn("w:rFonts")) for f in e.attrib.values()}
    assert fonts <= {"Times New Roman"}


def test_the_signature_never_stands_alone_and_nothing_is_signed() -> None:
    document = letter()
    assert find(document, "Trân trọng./.").paragraph_format.keep_with_next
    assert not list(document.element.iter(qn("w:drawing")))


def test_the_page_number_is_centred_in_the_top_margin_from_page_two_and_begins_anew_in_the_appendix() -> None:
    first, appendix = letter().sections
    for section in (first, appendix):
        assert section.different_first_page_header_footer
    number = first.header.paragraphs[0]
    assert number.alignment == WD_ALIGN_PARAGRAPH.CENTER
    assert "PAGE" in number._p.xml
    assert "PAGE" not in first.first_page_header._element.xml.replace("w:pgNumType", "")
    assert appendix._sectPr.find(qn("w:pgNumType")).get(qn("w:start")) == "1"
    assert "PAGE" in appendix.header._element.xml


@pytest.mark.parametrize(
    ("mode", "words"), [("live", "DỰ THẢO"), ("rehearsal", "DIỄN TẬP – KHÔNG CÓ GIÁ TRỊ")]
)
def test_every_page_carries_the_watermark(mode: str, words: str) -> None:
    made = heading_context(
        load_regime("ttdn_dia_phuong"), mode=mode, year=2012, is_reconstruction=False, is_report=False
    )
    section = letter(**made).sections[0]
    for header in (section.first_page_header, section.header):
        assert f'string="{words}"' in header._element.xml


def test_several_addressees_stand_on_lines_of_their_own() -> None:
    document = letter(addressees=["Các bộ", "Ủy ban nhân dân các tỉnh"])
    lines = [p.text for p in document.paragraphs]
    at = lines.index("Kính gửi:")
    assert lines[at + 1 : at + 3] == ["- Các bộ;", "- Ủy ban nhân dân các tỉnh."]


def test_attachments_are_named_only_when_there_are_any() -> None:
    assert "Văn bản gửi kèm:" not in [p.text for p in letter().paragraphs]
    lines = [p.text for p in letter(attachments=["Biểu số liệu", "Danh sách"]).paragraphs]
    at = lines.index("Văn bản gửi kèm:")
    assert lines[at + 1 : at + 3] == ["- Biểu số liệu;", "- Danh sách."]


def test_the_tracking_table_has_a_double_header_that_is_repeated() -> None:
    document = Document(io.BytesIO(render("letter/follow_up.docx", context(), TABLE)))
    table = document.tables[-1]
    assert [c.text for c in table.rows[0].cells] == [
        "Stt", "Sở TT&TT", "Quy chế QLNN về TTĐN", "Quy chế QLNN về TTĐN", "Đề án TTĐN", "Đề án TTĐN",
    ]  # fmt: skip
    assert table.cell(0, 0)._tc is table.cell(1, 0)._tc
    assert table.cell(0, 2)._tc is table.cell(0, 3)._tc
    assert [[c.text for c in row.cells] for row in table.rows[2:]] == [
        ["1", "An Giang", "X", "", "", ""],
        ["2", "Bắc <Giang> & bạn", "", "", "", "X"],
        ["", "Tổng", "1", "", "", "1"],
    ]
    headers = [row._tr.find(f".//{qn('w:tblHeader')}") is not None for row in table.rows]
    assert headers == [True, True, False, False, False]
    landscape = document.sections[1]
    assert landscape.page_width > landscape.page_height
    assert "* 03 tỉnh" in [p.text for p in document.paragraphs]


def test_the_same_content_gives_the_same_bytes() -> None:
    first, second = (render("letter/follow_up.docx", context(), TABLE) for _ in range(2))
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_a_template_without_the_place_of_the_table_is_named() -> None:
    with pytest.raises(TemplateError, match=r"request\.docx.*exactly once"):
        render("letter/request.docx", context(), TABLE)


def test_the_templates_can_be_made_anew_and_say_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "letter").mkdir()
    (tmp_path / "letter" / "watermark.xml").write_bytes((TEMPLATES / "letter" / "watermark.xml").read_bytes())
    kept = render("letter/follow_up.docx", context(), TABLE)
    monkeypatch.setattr(official, "TEMPLATES", tmp_path)
    make_templates.main()
    made = Document(io.BytesIO(render("letter/follow_up.docx", context(), TABLE)))
    assert [p.text for p in made.paragraphs] == [p.text for p in Document(io.BytesIO(kept)).paragraphs]
    assert {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.docx")} == set(
        make_templates.TEMPLATE_MAKERS
    )


def test_copies_are_printed_with_their_purpose() -> None:
    entries = [
        CopyTo(name="Như trên", purpose="như trên"),
        CopyTo(name="Bộ trưởng", purpose="để b/c"),
        CopyTo(name="Ban Tuyên giáo TW"),
        CopyTo(name="VT, TTĐN", purpose="lưu"),
    ]
    assert copy_lines(entries) == ["Như trên", "Bộ trưởng (để b/c)", "Ban Tuyên giáo TW", "Lưu: VT, TTĐN"]


def test_a_report_and_a_letter_have_their_own_number_lines() -> None:
    regime = load_regime("ttdn_dia_phuong")
    lines = [
        heading_context(regime, mode="live", year=2013, is_reconstruction=False, is_report=report)[
            "number_line"
        ]
        for report in (False, True)
    ]
    assert [" ".join(str(line).split()) for line in lines] == ["Số: /BTTTT-TTĐN", "Số: /BC-BTTTT"]


def test_characters_that_no_office_file_can_hold_are_taken_out() -> None:
    assert printable("Ho\u0300a\x0b\x00 B\ufffeình") == "Hòa Bình"
