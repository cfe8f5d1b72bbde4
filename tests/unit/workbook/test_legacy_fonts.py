"""Texts of fonts from before Unicode are recognised when they surely are, and otherwise left alone."""

from __future__ import annotations

import pytest

from reporting.workbook.legacy_fonts import recognise
from tests.unit.workbook.office import COVER, GOOD, MARKS, SECTIONS, TICK, check, fill, read, request_workbook

TCVN3 = {
    "Bé Th«ng tin vµ TruyÒn th«ng": "Bộ Thông tin và Truyền thông",
    "§· tæ chøc 02 líp tËp huÊn cho 150 c¸n bé chñ chèt; khã kh¨n, v\u00adíng m¾c vÒ kinh phÝ": (
        "Đã tổ chức 02 lớp tập huấn cho 150 cán bộ chủ chốt; khó khăn, vướng mắc về kinh phí"
    ),
    "Së Th«ng tin vµ TruyÒn th«ng tØnh Qu¶ng Ninh ®· ban hµnh KÕ ho¹ch sè 15/KH-UBND": (
        "Sở Thông tin và Truyền thông tỉnh Quảng Ninh đã ban hành Kế hoạch số 15/KH-UBND"
    ),
}
VNI = {
    "Sôû Thoâng tin vaø Truyeàn thoâng": "Sở Thông tin và Truyền thông",
    "ñaõ ban haønh Keá hoaïch coâng taùc thoâng tin ñoái ngoaïi": (
        "đã ban hành Kế hoạch công tác thông tin đối ngoại"
    ),
    "ÑAÕ BAN HAØNH KEÁ HOAÏCH": "ĐÃ BAN HÀNH KẾ HOẠCH",
    "Khoù khaên, vöôùng maéc: kinh phí coøn ít, caùn boä kieâm nhieäm": (
        "Khó khăn, vướng mắc: kinh phí còn ít, cán bộ kiêm nhiệm"
    ),
}


@pytest.mark.parametrize(("typed", "meant"), TCVN3.items())
def test_tcvn3(typed: str, meant: str) -> None:
    assert recognise(typed) == ("TCVN3", meant)


@pytest.mark.parametrize(("typed", "meant"), VNI.items())
def test_vni(typed: str, meant: str) -> None:
    assert recognise(typed) == ("VNI", meant)


@pytest.mark.parametrize(
    "typed",
    [
        "Đã ban hành Kế hoạch số 15/KH-UBND", "không có", "là và có", "Café résumé naïve",
        "Müller & Söhne, Zürich", "25 °C ± 2; © 2012 «Báo»", "Bộ Thông tin vµ Truyền th«ng", "plain ASCII",
        "", "µ", "Đa\u0303 ban ha\u0300nh",
    ],
)  # fmt: skip
def test_what_is_not_surely_an_old_font_stays(typed: str) -> None:
    assert recognise(typed) is None


def test_a_converted_cell_is_named_in_a_warning() -> None:
    data = fill(
        request_workbook(),
        {
            **GOOD,
            (MARKS, "H6"): "§· ban hµnh ngµy 05/3/2011",
            (MARKS, "E7"): "ch\u00ada cã",
            (SECTIONS, "D5"): "§· tæ chøc 02 líp tËp huÊn",
            (SECTIONS, "D6"): "Kinh phí còn ít.",
        },
    )
    book = read(data)
    assert book.marks[0].remark.text == "Đã ban hành ngày 05/3/2011"
    assert book.marks[1].mark.text == "chưa có"
    assert (book.sections["results"].text, book.sections["difficulties"].text) == (
        "Đã tổ chức 02 lớp tập huấn",
        "Kinh phí còn ít.",
    )
    checked = check(data)
    assert checked.outcome == "accepted_with_warnings"
    assert [f.message for f in checked.findings] == [
        'Trang "Biểu 1", các ô E7, H6: nội dung dùng phông chữ cũ (TCVN3); hệ thống đã chuyển sang Unicode. '
        "→ Đề nghị kiểm tra lại nội dung các ô này; lần sau dùng phông chữ Unicode (Times New Roman).",
        'Trang "Thuyết minh", ô D5: nội dung dùng phông chữ cũ (TCVN3); hệ thống đã chuyển sang Unicode. → '
        "Đề nghị kiểm tra lại nội dung các ô này; lần sau dùng phông chữ Unicode (Times New Roman).",
    ]


def test_a_single_odd_word_is_not_converted() -> None:
    book = read(fill(request_workbook(), {TICK: "X", (MARKS, "E6"): "Cã", (COVER, "C27"): "Nguyễn Văn Mẫu"}))
    assert (book.marks[0].mark.text, book.notes) == ("Cã", ())
