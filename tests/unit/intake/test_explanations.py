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
        (
            "1/ Kế hoạch được ký lại.\n2/ Báo cáo gộp hai năm.",
            {1: "Kế hoạch được ký lại.", 2: "Báo cáo gộp hai năm."},
        ),
        ("2.Văn bản gộp\nhai năm", {2: "Văn bản gộp hai năm"}),
        ("1. 2012 là năm ký lại", {1: "2012 là năm ký lại"}),
    ],
)  # fmt: skip
def test_numbered_reasons_belong_to_the_numbers_of_the_list(body: str, expected: dict[int, str]) -> None:
    assert read_explanations(body, 3, is_one_open=False) == Explanations(expected)


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
def test_a_reason_without_numbers_is_of_the_one_thing_that_is_open(body: str) -> None:
    read = read_explanations(body, 2, is_one_open=True)
    assert read == Explanations({}, "Số liệu đã được đối chiếu với hồ sơ lưu, ghi như vậy là đúng.")


def test_of_several_open_warnings_nobody_can_tell_which_one_a_text_means() -> None:
    assert read_explanations("Số liệu đã được đối chiếu với hồ sơ lưu.", 2, is_one_open=False) is None


@pytest.mark.parametrize(
    "body",
    [
        "12. Văn bản số 12 ban hành cho cả hai năm",
        "1.200 tờ rơi của năm trước được in lại theo văn bản năm 2012.",
        "2-3 kế hoạch được gộp trong một văn bản.",
    ],
)
def test_not_every_number_is_one_of_the_list(body: str) -> None:
    assert read_explanations(body, 3, is_one_open=True) == Explanations({}, body)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "Văn bản ký muộn vì trong năm 2012\nSở được tách ra từ Sở Văn hóa, Thể thao và Du lịch.",
            "Văn bản ký muộn vì trong năm 2012 Sở được tách ra từ Sở Văn hóa, Thể thao và Du lịch.",
        ),
        (
            "Kế hoạch ban hành theo\n5/QĐ-UBND của tỉnh\nvà đến tháng 3 Sở\nđã nhận bàn giao.",
            "Kế hoạch ban hành theo 5/QĐ-UBND của tỉnh và đến tháng 3 Sở đã nhận bàn giao.",
        ),
        (
            "Kế hoạch được ký muộn.\nSở Thông tin và Truyền thông An Giang\nVăn phòng Sở",
            "Kế hoạch được ký muộn.",
        ),
        (
            "Kế hoạch được ban hành theo đề nghị của Sở Nội vụ.",
            "Kế hoạch được ban hành theo đề nghị của Sở Nội vụ.",
        ),
        (
            "Số liệu đã đối chiếu, đề nghị Quý Cục ghi nhận.",
            "Số liệu đã đối chiếu, đề nghị Quý Cục ghi nhận.",
        ),
    ],
)
def test_a_wrapped_line_belongs_to_its_sentence_and_a_signature_to_none(body: str, expected: str) -> None:
    assert read_explanations(body, 2, is_one_open=True) == Explanations({}, expected)


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
        "Đồng ý.\nSở Thông tin và Truyền thông An Giang",
        "Đề nghị Cục hướng dẫn cách điền hai ô này.",
        "Đề nghị Cục hướng dẫn để Sở ghi nhận cho đúng.",
        "Xin Quý Cục cho biết ngày cần ghi ở ô này.",
        "Chúng tôi sẽ rà soát và gửi lại tệp khác.",
        "Số liệu này nhập nhầm, đề nghị sửa ngày thành 5/3/2011.",
        "1. Ngày này ghi sai, ngày đúng là 5/3/2011.",
        "Kính gửi Quý Cục,\nXin gửi kèm bản quét báo cáo số 45/BC-STTTT đã ký.\nTrân trọng./.",
        "Sở đã gửi báo cáo có chữ ký số qua Trục, đề nghị Cục kiểm tra.",
    ],
)
def test_thanks_questions_corrections_and_promises_are_no_reasons(body: str) -> None:
    assert read_explanations(body, 2, is_one_open=True) is None
