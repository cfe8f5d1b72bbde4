"""What is taken as a reason in an office's mail, and what is left to a person."""

from __future__ import annotations

import unicodedata

import pytest

from reporting.intake.explanations import Explanations, read_explanations


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("1. Kế hoạch ban hành cho 2 năm", {1: "Kế hoạch ban hành cho 2 năm"}),
        (
            "Kính gửi Quý Cục,\n1) Kế hoạch 2 năm\n2) Quy chế đã bãi bỏ\ntheo Quyết định số 5/QĐ-UBND\n"
            "Trân trọng.",
            {1: "Kế hoạch 2 năm", 2: "Quy chế đã bãi bỏ theo Quyết định số 5/QĐ-UBND"},
        ),
        (
            "Nội dung 2: đã bãi bỏ\n- Mục 1 – ban hành cuối năm trước",
            {2: "đã bãi bỏ", 1: "ban hành cuối năm trước"},
        ),
        ("(3) đúng như vậy", {3: "đúng như vậy"}),
    ],
)  # fmt: skip
def test_numbered_reasons_belong_to_the_numbers_of_the_list(body: str, expected: dict[int, str]) -> None:
    assert read_explanations(body, 3) == Explanations(expected)


@pytest.mark.parametrize(
    "body",
    [
        "Số liệu đã được đối chiếu với hồ sơ lưu, ghi như vậy là đúng.",
        "Kính gửi Quý Cục\n\nSố liệu đã được đối chiếu với hồ sơ lưu,\nghi như vậy là đúng.\n\n"
        "Trân trọng cảm ơn./.",
        unicodedata.normalize(
            "NFD",
            "Kính gửi Quý Cục\nSố liệu đã được đối chiếu với hồ sơ lưu, ghi như vậy là đúng.\nTrân trọng!",
        ),
    ],
)
def test_a_reason_without_numbers_is_for_all(body: str) -> None:
    read = read_explanations(body, 2)
    assert read == Explanations({}, "Số liệu đã được đối chiếu với hồ sơ lưu, ghi như vậy là đúng.")


def test_a_number_beyond_the_list_is_no_number_of_it() -> None:
    read = read_explanations("12. Văn bản số 12 ban hành cho cả hai năm", 3)
    assert read == Explanations({}, "12. Văn bản số 12 ban hành cho cả hai năm")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "Trân trọng cảm ơn Quý Cục.",
        "Kính gửi Quý Cục,\nXin cảm ơn.\nSở Thông tin và Truyền thông",
        "Đã nhận, cảm ơn đồng chí",
        "ok",
        "Đồng ý.",
        "Xin hỏi ô G9 phải ghi ngày nào cho đúng ạ?",
        "Sở sẽ gửi lại tệp đã sửa trong ngày mai.",
        "1. Ô này ghi thế nào cho đúng?",
    ],
)
def test_thanks_questions_and_promises_are_no_reasons(body: str) -> None:
    assert read_explanations(body, 2) is None
