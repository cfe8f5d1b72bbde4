"""What an office wrote, told apart from what its mail quotes; people told apart from programs."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from reporting.intake.replies import is_automatic, reply_text

OURS = "> Qua tổng hợp báo cáo\n> đề nghị làm rõ\n"


def mail(body: str, subtype: str = "plain", **headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(body, subtype=subtype)
    return message


@pytest.mark.parametrize(
    "quoted",
    [
        f"Vào Th 2, 7 thg 1, 2013 vào lúc 14:00 Cục TTĐN <a@b.example> đã viết:\n{OURS}",
        f"Vào Th 2, 7 thg 1, 2013 vào lúc 14:00 Cục Thông tin đối ngoại\n<a@b.example> đã viết:\n{OURS}",
        f"On Mon, Jan 7, 2013 at 2:00 PM Cục TTĐN <a@b.example> wrote:\n{OURS}",
        "-----Original Message-----\nFrom: Cục TTĐN\n",
        "________________________________\nFrom: Cục TTĐN\nSent: Monday\n",
        "Từ: Cục TTĐN <a@b.example>\nĐã gửi: Thứ Hai, 7 tháng 1, 2013 14:00\n",
        OURS,
        "-- \nPhòng Hành chính\n",
    ],
)
def test_what_a_mail_quotes_is_left_out(quoted: str) -> None:
    assert reply_text(mail(f"Kính gửi Cục,\n\nSố liệu đúng.\n\n{quoted}")) == "Kính gửi Cục,\n\nSố liệu đúng."


def test_words_that_only_look_like_a_quotation_stay() -> None:
    body = "Vào tháng 3 tỉnh đã ban hành.\nTừ: quý II triển khai.\nNgày 5/3 họp."
    assert reply_text(mail(body)) == body


def test_an_answer_written_below_each_quoted_line_is_kept() -> None:
    assert reply_text(mail("> 1. Vì sao?\nĐang trình ký.\n> 2. Kinh phí?\n200 triệu đồng.")) == (
        "Đang trình ký.\n200 triệu đồng."
    )


def test_html_alone_gives_its_text_without_the_quotation() -> None:
    html = "<html><head><style>p {}</style></head><body><p>Số liệu <b>đúng</b>.</p><p>Trân trọng</p>"
    html += "<blockquote><p>Qua tổng hợp</p></blockquote></body></html>"
    assert reply_text(mail(html, "html")) == "Số liệu đúng.\n\nTrân trọng"


def test_nothing_of_one_s_own_is_empty() -> None:
    assert reply_text(mail(OURS)) == ""
    picture = EmailMessage()
    picture.set_content(b"x", maintype="image", subtype="png")
    assert reply_text(picture) == ""


@pytest.mark.parametrize(
    ("headers", "automatic"),
    [
        ({}, False),
        ({"Auto_Submitted": "no"}, False),
        ({"Auto_Submitted": "auto-replied; x=1"}, True),
        ({"Precedence": "auto_reply"}, True),
        ({"X_Autoreply": "yes"}, True),
    ],
)
def test_a_program_is_told_from_a_person(headers: dict[str, str], automatic: bool) -> None:
    assert is_automatic(mail("Tôi đi vắng.", **headers)) is automatic
