"""Letters on paper: rendered by LibreOffice, every word measured where it stands on the page."""

from __future__ import annotations

import io
from functools import cache

import pytest
from docx import Document

from reporting.letters.blocks import Block, Blocks
from reporting.letters.official import TEMPLATES
from reporting.letters.template_check import contracts, fill_sample
from reporting.pdf import to_pdf
from reporting.summary.sections import CODES
from tests.unit.letters.pages import Page, pages

CM = 72 / 2.54
LEFT_EDGE, RIGHT_EDGE = 3.0 * CM, (21.0 - 1.5) * CM
SENTENCE = (
    "Bộ Thông tin và Truyền thông đề nghị Quý Cơ quan chỉ đạo các đơn vị liên quan tổng hợp tình hình, kết "
    "quả thực hiện nhiệm vụ, nêu rõ khó khăn, vướng mắc, nguyên nhân và đề xuất, kiến nghị để kịp thời báo "
    "cáo cấp có thẩm quyền theo quy định."
)
LONG = ["letter/request.docx", "letter/follow_up.docx"]
"""Of these a letter of several pages is printed: with an upright, and with a lying appendix."""

LETTERS = [name for name in contracts() if name.startswith("letter/") and "leadership" not in name]


@cache
def printed(name: str, paragraphs: int = 2) -> tuple[bytes, list[Page]]:
    """The template with so many long paragraphs before the last: the docx, and its pages as printed."""
    contract = contracts()[name]
    body = [f"{n}. {SENTENCE}" for n in range(1, paragraphs + 1)]
    sample = {**contract.sample, "paragraphs": [*body, "Trân trọng cảm ơn./."]}
    changed = type(contract)(**{**contract.__dict__, "sample": sample})
    docx = fill_sample(TEMPLATES / name, changed)
    pdf = to_pdf(docx, ".docx")
    if pdf is None:
        pytest.skip("LibreOffice is not installed")
    return docx, pages(pdf)


def middle(box: tuple[float, float, float, float]) -> float:
    return (box[0] + box[2]) / 2


@pytest.mark.parametrize("name", LETTERS)
def test_every_block_is_at_its_place(name: str) -> None:
    _, (page, *_) = printed(name)
    assert (round(page.width / CM, 1), round(page.height / CM, 1)) == (21.0, 29.7)
    agency = page.box("BỘ THÔNG TIN VÀ TRUYỀN THÔNG")
    national = page.box("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")
    motto = page.box("Độc lập - Tự do - Hạnh phúc")
    number, place = page.box("/BTTTT-TTĐN"), page.box("Hà Nội, ngày tháng năm 2012")
    subject = page.box("V/v báo cáo")
    to, body = page.box("Kính gửi:"), page.box("1. Bộ Thông tin")
    copies, capacity = page.box("Nơi nhận:"), page.box("KT. BỘ TRƯỞNG")
    signer = page.box("Đỗ Quý Doãn")

    assert agency[2] < national[0]  # two columns that do not touch, each on one line, at the same height
    assert agency[1] == pytest.approx(national[1], abs=2)
    assert agency[3] - agency[1] < 20
    assert national[3] - national[1] < 20
    assert middle(motto) == pytest.approx(middle(national), abs=3)
    assert motto[1] > national[1] + 10
    assert agency[1] == pytest.approx(2.0 * CM, abs=8)
    assert number[1] == pytest.approx(place[1], abs=4)
    assert number[1] > motto[3]
    assert middle(place) == pytest.approx(middle(national), abs=3)
    assert subject[1] > number[3]
    subject_words = [w for w in page.words if subject[1] - 1 <= w.top < to[1] - 1 and w.right < national[0]]
    lines = {round(w.top) for w in subject_words}
    centres = [
        (min(w.left for w in line) + max(w.right for w in line)) / 2
        for top in lines
        if (line := [w for w in subject_words if round(w.top) == top])
    ]
    assert all(c == pytest.approx(middle(agency), abs=4) for c in centres)
    assert to[1] > max(w.bottom for w in subject_words)
    assert body[1] > to[3]
    assert body[0] == pytest.approx(LEFT_EDGE + 1.27 * CM, abs=2)  # first line
    assert copies[0] == pytest.approx(LEFT_EDGE, abs=4)
    assert copies[1] == pytest.approx(capacity[1], abs=5)  # "level with the signature"
    assert middle(signer) == pytest.approx(middle(capacity), abs=3)
    assert signer[1] - page.box("THỨ TRƯỞNG")[3] > 2 * CM  # room to sign
    assert capacity[0] > page.width / 2


@pytest.mark.parametrize("name", LETTERS)
def test_lines_fill_the_width_between_the_margins(name: str) -> None:
    _, (page, *_) = printed(name)
    start, end = page.box("1. Bộ Thông tin")[1], page.box("Trân trọng cảm ơn./.")[1]
    body = [w for w in page.words if start - 1 < w.top < end - 1]
    assert min(w.left for w in body) == pytest.approx(LEFT_EDGE, abs=1)
    assert max(w.right for w in body) == pytest.approx(RIGHT_EDGE, abs=1)
    tops = sorted({round(w.top, 1) for w in body})
    ends = [max(w.right for w in body if round(w.top, 1) == top) for top in tops]
    justified = [right for right in ends if right == pytest.approx(RIGHT_EDGE, abs=1)]
    assert len(justified) >= len(tops) - 2  # but the last line of each of the two paragraphs


@pytest.mark.parametrize("name", LONG)
def test_pages_of_letter_and_appendix_are_numbered_each_from_one(name: str) -> None:
    _, sheets = printed(name, 12)
    appendix = next(
        n for n, page in enumerate(sheets) if "(Kèm" in page.text or "CỤC THÔNG TIN ĐỐI NGOẠI" in page.text
    )
    assert appendix >= 2
    for start, end in ((0, appendix), (appendix, len(sheets))):
        for number, page in enumerate(sheets[start:end], 1):
            above = [w for w in page.words if w.bottom < 2.0 * CM - 1]
            if number == 1:
                assert above == []
                continue
            assert [w.text for w in above] == [str(number)]
            assert (above[0].left + above[0].right) / 2 == pytest.approx(
                LEFT_EDGE + (page.width - LEFT_EDGE - 1.5 * CM) / 2
                if page.width < page.height
                else page.width / 2,
                abs=2,
            )


@pytest.mark.parametrize("paragraphs", [6, 7, 8])
def test_the_signature_never_stands_alone_on_a_page(paragraphs: int) -> None:
    _, sheets = printed("letter/escalation.docx", paragraphs)
    (signed,) = [page for page in sheets if "KT. BỘ TRƯỞNG" in page.text]
    assert "Trân trọng cảm ơn./." in signed.text
    assert "Nơi nhận:" in signed.text
    assert "Đỗ Quý Doãn" in signed.text
    assert signed.box("Đỗ Quý Doãn")[3] < signed.height - 2.0 * CM


def test_short_letters_take_one_page_and_one_for_the_list() -> None:
    assert len(printed("letter/urging.docx")[1]) == 2
    assert len(printed("letter/free.docx")[1]) == 2


def test_an_attached_list_is_left_out_with_its_page_where_there_is_none() -> None:
    for name, lists in (("letter/request.docx", "sections"), ("letter/escalation.docx", "offices")):
        contract = contracts()[name]
        empty = type(contract)(**{**contract.__dict__, "sample": {**contract.sample, lists: []}})
        pdf = to_pdf(fill_sample(TEMPLATES / name, empty), ".docx")
        if pdf is None:
            pytest.skip("LibreOffice is not installed")
        (page,) = pages(pdf)
        assert "Phụ lục" not in [w.text for w in page.words[-3:]]
        assert "Đỗ Quý Doãn" in page.text


@pytest.mark.parametrize("name", LONG)
def test_the_text_on_paper_is_the_text_of_the_file(name: str) -> None:
    docx, sheets = printed(name, 12)
    # without blanks: a letter that comes from another font is read as a word of its own
    on_paper = "".join(word.text for page in sheets for word in page.words if word.bottom >= 2.0 * CM - 1)
    document = Document(io.BytesIO(docx))
    cells = [cell for table in document.tables[:2] for row in table.rows for cell in row.cells]
    for paragraph in [*document.paragraphs, *(p for cell in cells for p in cell.paragraphs)]:
        for line in paragraph.text.splitlines():
            assert "".join(line.split()) in on_paper


def test_a_list_of_many_offices_repeats_its_heading_and_divides_no_row() -> None:
    contract = contracts()["letter/urging.docx"]
    offices = [
        {
            "name": f"Sở Thông tin và Truyền thông tỉnh Bà Rịa - Vũng Tàu số {n}",
            "owes": "Báo cáo có chữ ký số; tệp số liệu",
        }
        for n in range(1, 41)
    ]
    long = type(contract)(**{**contract.__dict__, "sample": {**contract.sample, "offices": offices}})
    pdf = to_pdf(fill_sample(TEMPLATES / contract.name, long), ".docx")
    if pdf is None:
        pytest.skip("LibreOffice is not installed")
    listed = pages(pdf)[1:]
    assert len(listed) >= 2
    for page in listed:
        heading, first = (
            page.box("STT Tên cơ quan"),
            min((w for w in page.words if w.text == "Sở"), key=lambda w: w.top),
        )
        assert heading[3] < first.bottom
        starts = [w for w in page.words if w.text == "Sở"]
        assert page.text.count(" số ") >= len(starts)  # each name that begins on the page ends there


def test_the_report_has_its_title_in_the_middle_and_its_headings_with_their_text() -> None:
    contract = contracts()["report/summary_report.docx"]
    parts = [
        block
        for n in range(1, 13)
        for block in (Block("subheading", f"{n}. Nội dung"), Block("body", SENTENCE))
    ]
    contents = {"number": "I", "heading": "KẾT QUẢ", "body": Blocks(parts)}
    nothing = {"number": "", "heading": "", "body": Blocks([])}
    others = {code: nothing for code in CODES if code not in ("closing", "contents")}
    sample = {**contract.sample, **others, "contents": contents}
    report = type(contract)(**{**contract.__dict__, "sample": sample})
    pdf = to_pdf(fill_sample(TEMPLATES / contract.name, report), ".docx")
    if pdf is None:
        pytest.skip("LibreOffice is not installed")
    sheets = pages(pdf)
    first = sheets[0]
    between = (LEFT_EDGE + RIGHT_EDGE) / 2
    assert middle(first.box("BÁO CÁO")) == pytest.approx(between, abs=2)
    assert first.box("Kính gửi:")[1] > first.box("Tình hình công tác")[3] > first.box("BÁO CÁO")[3]
    headings = [(page, w) for page in sheets for w in page.words if w.text == "Nội"]
    assert len(headings) == 12
    assert len({id(page) for page, _ in headings}) >= 2
    for page, heading in headings:
        assert heading.bottom < page.height - 2.0 * CM - 20  # none at the foot of a page
