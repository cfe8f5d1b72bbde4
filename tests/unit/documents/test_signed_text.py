"""What is signed against what was approved: told apart where it says something else, and nowhere else."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from datetime import date

import pytest
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement

from reporting.documents.signed_text import Comparison, compare
from reporting.pdf import to_pdf

HEAD = (
    ("BỘ THÔNG TIN VÀ TRUYỀN THÔNG", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc"),
    (
        "Số:        /BTTTT-TTĐN\nV/v báo cáo công tác thông tin đối ngoại năm 2011, năm 2012 của địa phương",
        "Hà Nội, ngày      tháng      năm 2012",
    ),
)
BODY = (
    "Kính gửi: Sở Thông tin và Truyền thông các tỉnh, thành phố trực thuộc Trung ương",
    "Ngày 22 tháng 4 năm 2011, Bộ Thông tin và Truyền thông đã có Công văn số 1171/BTTTT-TTĐN về việc triển "
    "khai Quyết định số 79/2010/QĐ-TTg; đến nay 20 tỉnh đã ban hành Quy chế và 30 tỉnh đã ban hành kế hoạch.",
    "Báo cáo gửi về Bộ Thông tin và Truyền thông (qua Cục Thông tin đối ngoại) đến hết ngày 31/12/2012 để "
    "tổng hợp./.",
)
FOOT = (
    (
        "Nơi nhận:\n- Như trên;\n- Bộ trưởng (để b/c);\n- Lưu: VT, TTĐN.",
        "KT. BỘ TRƯỞNG\nTHỨ TRƯỞNG\n\n\nĐỗ Quý Doãn",
    ),
)
OFFICES = (
    ("STT", "Tên cơ quan"),
    *((str(n), f"Sở Thông tin và Truyền thông tỉnh Bà Rịa - Vũng Tàu thứ {n}") for n in range(1, 56)),
)

needs_libreoffice = pytest.mark.skipif(
    not (shutil.which("soffice") or shutil.which("libreoffice")), reason="LibreOffice makes the PDF"
)


def letter(change: Callable[[str], str] = lambda said: said) -> bytes:
    """A letter in the official shape, two columns at its head and foot, a list over two pages behind it."""
    document = Document()
    document.sections[0].header.paragraphs[0].text = "2"
    document.sections[0].footer.paragraphs[0].text = "Bản phục dựng để diễn tập"
    _table(document, HEAD, change)
    for said in BODY:
        paragraph = document.add_paragraph(change(said))
        paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    _table(document, FOOT, change)
    document.add_page_break()
    document.add_paragraph(change("(Kèm theo Công văn số        /BTTTT-TTĐN ngày      tháng      năm 2012)"))
    table = _table(document, OFFICES, change)
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def _table(document, rows, change):  # type: ignore[no-untyped-def]
    table = document.add_table(rows=0, cols=2)
    for row in rows:
        for cell, said in zip(table.add_row().cells, row, strict=True):
            cell.text = change(said)
    return table


def as_pdf(data: bytes) -> bytes:
    pdf = to_pdf(data, ".docx")
    assert pdf is not None
    return pdf


def replaced(*pairs: tuple[str, str]) -> Callable[[str], str]:
    def change(said: str) -> str:
        for old, new in pairs:
            said = said.replace(old, new)
        return said

    return change


REGISTERED = replaced(
    ("Số:        /", "Số: 3621/"),
    ("số        /", "số 3621/"),
    ("ngày      tháng      năm", "ngày 03 tháng 12 năm"),
)


@needs_libreoffice
def test_the_pdf_of_the_draft_says_the_same_whatever_order_its_letters_are_drawn_in() -> None:
    draft = letter()
    assert compare([draft], as_pdf(draft)) == Comparison("same")


@needs_libreoffice
def test_number_and_date_are_no_difference_and_are_read_from_the_head() -> None:
    checked = compare([letter()], as_pdf(letter(REGISTERED)))
    assert checked == Comparison("same", (), "3621/BTTTT-TTĐN", date(2012, 12, 3))


@needs_libreoffice
def test_every_change_is_shown_with_the_words_around_it() -> None:
    signed = letter(
        lambda said: replaced(
            ("hết ngày 31/12/2012", "hết ngày 15/01/2013"),
            ("thứ 33", "thứ 99"),
            (" và 30 tỉnh đã", " và 31 tỉnh đã"),
        )(REGISTERED(said))
    )
    checked = compare([letter()], as_pdf(signed))
    assert checked.outcome == "differs"
    assert checked.difference == "\n".join(checked.differences)
    assert checked.differences[0] == (
        "Bản duyệt: “… hành Quy chế và [30] tỉnh đã ban hành …” / "
        "Bản ký: “… hành Quy chế và [31] tỉnh đã ban hành …”"
    )
    assert any("[31/12/2012]" in line and "[15/01/2013]" in line for line in checked.differences)
    assert any("[33]" in line and "[99]" in line for line in checked.differences)
    assert len(checked.differences) == 3


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            replaced(("20 tỉnh", "30 tỉnh"), ("và 30 tỉnh", "và 20 tỉnh")),
            "differs",
        ),  # the same words, exchanged
        (replaced(("Ngày 22 tháng 4", "Ngày 23 tháng 4")), "differs"),
        (replaced(("Công văn số 1171/", "Công văn số 1172/")), "differs"),
        (replaced(("Đỗ Quý Doãn", "Trần Đức Lai")), "differs"),
        (replaced(("- Bộ trưởng (để b/c);\n", "")), "differs"),
        (replaced(("không", "không")), "same"),
        (replaced((" - ", " – "), ("79/2010", "79 / 2010")), "same"),
        (replaced(("Cục Thông tin", "Cục  Thông\u00a0tin")), "same"),
        (replaced(("đối ngoại", "đối ngoại")), "same"),  # decomposed accents
        (replaced(("trực thuộc", "trực thu\u00adộc")), "same"),
    ],
)
def test_wording_counts_and_spelling_out_does_not(change: Callable[[str], str], expected: str) -> None:
    signed = letter(lambda said: change(REGISTERED(said)))
    assert compare([letter()], signed).outcome == expected


def test_visible_signatures_page_numbers_and_the_watermark_are_no_text() -> None:
    document = Document(io.BytesIO(letter(REGISTERED)))
    for said in ("2", "DỰ THẢO", "Người ký: BỘ THÔNG TIN VÀ TRUYỀN THÔNG", "Thời gian ký: 03/12/2012 14:05"):
        document.add_paragraph(said)
    target = io.BytesIO()
    document.save(target)
    assert compare([letter()], target.getvalue()).outcome == "same"


def test_many_differences_are_capped() -> None:
    checked = compare([letter()], letter(lambda said: said.replace("tỉnh Bà Rịa", "thành phố Bà Rịa")))
    assert len(checked.differences) == 9
    assert checked.differences[-1] == "… và 47 chỗ khác nữa"


@pytest.mark.parametrize("signed", [b"%PDF-1.4 sample", b"%PDF", b"", b"PK no archive", b"a scan"])
def test_a_file_without_text_is_unread(signed: bytes) -> None:
    assert compare([letter()], signed) == Comparison("unread")


def test_a_draft_that_is_no_word_file_leaves_everything_unread() -> None:
    assert compare([b"a letter"], letter()) == Comparison("unread")
    assert compare([], letter()) == Comparison("unread")


@needs_libreoffice
def test_a_scan_that_holds_only_the_text_of_its_stamp_is_unread() -> None:
    document = Document()
    document.add_paragraph("Số: 3621/BTTTT-TTĐN")
    target = io.BytesIO()
    document.save(target)
    assert compare([letter()], as_pdf(target.getvalue())).outcome == "unread"


@pytest.mark.skipif(
    not (shutil.which("soffice") or shutil.which("libreoffice")), reason="LibreOffice makes the PDF"
)
def test_several_tables_of_several_pages_repeat_each_its_own_headings() -> None:
    from reporting.summary.draft import summary_draft
    from tests.unit.summary.sample import table_of_2011_2012

    (report,) = (f for f in summary_draft(table_of_2011_2012()).files if f.role == "report")
    signed = to_pdf(report.data, ".docx")
    assert signed is not None
    assert compare([report.data], signed).differences == ()
