"""Sections of a draft, remarks about them, and how two drafts differ."""

from __future__ import annotations

import pytest

from reporting.documents.draft_difference import ParagraphChange, changed_paragraphs
from reporting.documents.lifecycle import RefusedEntryError
from reporting.documents.remarks import read
from reporting.documents.section_texts import NamedSection, choose
from reporting.documents.sections import numbered, section_named, sections, text_of_report

BODY = """## Báo cáo tình hình

### Số liệu chính

| Nội dung | 2011 |

### Nội dung báo cáo

Thực hiện Chỉ thị số 21/CT-TTg, Bộ báo cáo như sau:

**Phần I**

**KẾT QUẢ TRIỂN KHAI**

**I. TÌNH HÌNH GỬI BÁO CÁO**

Kết quả, Bộ đã tổng hợp được số liệu của 59/63 tỉnh, thành phố.

**II. KẾT QUẢ THEO TỪNG NỘI DUNG**

**1. Ban hành Quy chế**

Có 03/63 tỉnh, thành phố đã ban hành Quy chế.

**Phần II**

**ĐÁNH GIÁ CHUNG**

**I. KẾT QUẢ ĐẠT ĐƯỢC**

Công tác đạt kết quả tích cực.

**II. TỒN TẠI, HẠN CHẾ**

Còn 04 tỉnh chưa gửi số liệu.
"""
HEADINGS = numbered([s.heading for s in text_of_report(sections(BODY)) if s.heading])


def test_the_text_of_the_report_is_told_from_what_the_preview_shows_beside_it() -> None:
    assert [s.heading for s in text_of_report(sections(BODY))] == [
        "",
        "Phần I KẾT QUẢ TRIỂN KHAI",
        "I. TÌNH HÌNH GỬI BÁO CÁO",
        "II. KẾT QUẢ THEO TỪNG NỘI DUNG",
        "1. Ban hành Quy chế",
        "Phần II ĐÁNH GIÁ CHUNG",
        "I. KẾT QUẢ ĐẠT ĐƯỢC",
        "II. TỒN TẠI, HẠN CHẾ",
    ]


@pytest.mark.parametrize(
    ("given", "heading"),
    [
        ("II.1", "1. Ban hành Quy chế"),
        ("I.II.1", "1. Ban hành Quy chế"),
        ("1", "1. Ban hành Quy chế"),
        ("Phần II mục 1", "I. KẾT QUẢ ĐẠT ĐƯỢC"),
        ("phần II, mục II", "II. TỒN TẠI, HẠN CHẾ"),
        ("Mục II Phần II", "II. TỒN TẠI, HẠN CHẾ"),
        ("Phần I", "Phần I KẾT QUẢ TRIỂN KHAI"),
        ("Tồn tại, hạn chế", "II. TỒN TẠI, HẠN CHẾ"),
        ("ton tai", "II. TỒN TẠI, HẠN CHẾ"),
        ("II. Tồn tại, hạn chế", "II. TỒN TẠI, HẠN CHẾ"),
        ("Kết quả", None),  # three begin so
        ("Phần V", None),
        ("9", None),
        ("Lưu ý", None),
        ("", None),
    ],
)
def test_a_section_is_named_by_number_or_words_or_not_at_all(given: str, heading: str | None) -> None:
    assert section_named(given, HEADINGS) == heading


def test_reasons_are_told_apart_by_section_and_nothing_of_them_is_lost() -> None:
    found = read(
        "Trình lại trước 16:30 hôm nay\n"
        "II.1: nêu rõ số, ngày của Quy chế\n"
        "và cơ quan ban hành\n"
        "\n"
        "Lưu ý: viết ngắn gọn\n"
        "- Tồn tại, hạn chế: bổ sung nguyên nhân\n",
        BODY,
    )
    assert found.by_section == (
        ("1. Ban hành Quy chế", "nêu rõ số, ngày của Quy chế và cơ quan ban hành"),
        ("II. TỒN TẠI, HẠN CHẾ", "bổ sung nguyên nhân"),
    )
    assert found.general == "Trình lại trước 16:30 hôm nay\nLưu ý: viết ngắn gọn"


def test_drafts_differ_by_paragraphs_within_their_sections() -> None:
    later = (
        BODY.replace("59/63", "60/63")
        .replace(
            "Công tác đạt kết quả tích cực.\n",
            "Công tác đạt kết quả tích cực.\n\nNhiều địa phương chủ động.\n",
        )
        .replace("Còn 04 tỉnh chưa gửi số liệu.\n", "Kinh phí chưa được bố trí kịp thời ở cấp xã.\n")
        .replace("| Nội dung | 2011 |", "| Nội dung | 2012 |")
    )
    assert changed_paragraphs(BODY, BODY) == ()
    assert changed_paragraphs(BODY, later) == (
        ParagraphChange(
            "I. TÌNH HÌNH GỬI BÁO CÁO",
            "Kết quả, Bộ đã tổng hợp được số liệu của 59/63 tỉnh, thành phố.",
            "Kết quả, Bộ đã tổng hợp được số liệu của 60/63 tỉnh, thành phố.",
        ),
        ParagraphChange("I. KẾT QUẢ ĐẠT ĐƯỢC", None, "Nhiều địa phương chủ động."),
        ParagraphChange("II. TỒN TẠI, HẠN CHẾ", "Còn 04 tỉnh chưa gửi số liệu.", None),
        ParagraphChange("II. TỒN TẠI, HẠN CHẾ", None, "Kinh phí chưa được bố trí kịp thời ở cấp xã."),
    )


def test_a_section_that_is_no_more_is_told_of() -> None:
    shorter = BODY[: BODY.index("**II. TỒN TẠI")]
    assert changed_paragraphs(BODY, shorter) == (
        ParagraphChange("II. TỒN TẠI, HẠN CHẾ", "Còn 04 tỉnh chưa gửi số liệu.", None),
    )


def test_an_unknown_section_is_refused_with_those_there_are() -> None:
    known = [NamedSection("limits", "II. TỒN TẠI, HẠN CHẾ", has_figures=True)]
    assert choose(known, "limits") == choose(known, "tồn tại") == known[0]
    with pytest.raises(RefusedEntryError, match=r"- limits: II\. TỒN TẠI, HẠN CHẾ"):
        choose(known, "xyz")
