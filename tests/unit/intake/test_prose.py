"""What a signed report says under which heading; what has no words to read."""

from __future__ import annotations

import io
import zipfile

import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st

from reporting.intake.prose import MAX_UNPACKED_BYTES, by_section, text_of

LABELS = ["Kết quả", "Khó khăn, vướng mắc", "Nguyên nhân", "Đề xuất, kiến nghị"]


def test_parts_are_found_by_headings_however_they_are_numbered() -> None:
    found, rest = by_section(
        "Kính gửi: Bộ\nA. KẾT QUẢ ĐẠT ĐƯỢC\n1. Chỉ đạo\nBa kế hoạch.\n"
        "II. Khó khăn, vướng mắc và nguyên nhân\n"
        "1. Khó khăn, vướng mắc\nThiếu người.\n2. Nguyên nhân\nPhần lớn kiêm nhiệm.\nvi phạm giảm.\n"
        "Phần thứ ba: Phương hướng\nTiếp tục.\nKiến nghị, đề xuất:\nMở lớp.",
        LABELS,
    )
    assert found == {
        "Kết quả": "1. Chỉ đạo\nBa kế hoạch.",
        "Khó khăn, vướng mắc": "Thiếu người.",
        "Nguyên nhân": "Phần lớn kiêm nhiệm.\nvi phạm giảm.",
        "Đề xuất, kiến nghị": "Mở lớp.",
    }
    assert rest == "Kính gửi: Bộ\nPhần thứ ba: Phương hướng\nTiếp tục."


def test_without_headings_all_of_it_is_the_rest() -> None:
    assert by_section("Một.\nHai.", LABELS) == ({}, "Một.\nHai.")
    assert by_section("", LABELS) == ({}, "")


def test_paragraphs_and_tables_of_a_word_file_are_read_in_their_order() -> None:
    made = Document()
    made.add_paragraph("Trước  bảng")
    table = made.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Lớp", "02"
    made.add_paragraph("Sau bảng")
    saved = io.BytesIO()
    made.save(saved)
    assert text_of(saved.getvalue()) == "Trước bảng\nLớp 02\nSau bảng"


@pytest.mark.parametrize(
    "data", [b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 doc", b"\x89PNG", b"%PDF-1.4 broken"]
)
def test_what_has_no_words_gives_none(data: bytes) -> None:
    assert text_of(data) == ""


def test_a_bomb_is_not_opened() -> None:
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", b"\0" * (MAX_UNPACKED_BYTES + 1))
    assert text_of(saved.getvalue()) == ""


@given(st.binary(max_size=300), st.sampled_from([b"PK\x03\x04", b"%PDF-1.7\n", b""]))
def test_no_bytes_break_it(noise: bytes, magic: bytes) -> None:
    assert isinstance(text_of(magic + noise), str)
