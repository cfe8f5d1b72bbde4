"""A message as it goes onto the wire, read back as a receiver's program reads it."""

from __future__ import annotations

import email
from collections.abc import Iterator
from datetime import datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import compat32, default

import pytest

from reporting.clock import VIETNAM
from reporting.mail.ledger import AttachedFile, message_id
from reporting.mail.transport import Mail, Refused, build
from reporting.settings import settings

SUBJECT = (
    "DIỄN TẬP – [TTDN12-DT1-02] Đề nghị sớm gửi báo cáo tình hình công tác thông tin đối ngoại địa phương "
    "năm 2011 - 2012 (đã hết thời hạn)"
)
LONG_ID = f"<{'SG2PR04MB-' * 12}@apcprd04.prod.outlook.example>"
LONG_NAME = (
    "can-hoan-thien_Biểu số liệu công tác thông tin đối ngoại tỉnh Thừa Thiên Huế năm 2011 - 2012 "
    "(bản cuối).xlsx"
)


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AIRFLOW_CONN_REPORTING_WAREHOUSE", "postgres://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("REPORTING_MINISTRY_ADDRESS", "Bộ chủ trì <baocao@TTDN.bo-chu-tri.example>")
    settings.cache_clear()
    yield
    settings.cache_clear()


def mail(**changes: object) -> Mail:
    values: dict[str, object] = {
        "to_address": "dau-moi@so-2.example",
        "to_name": "Đầu mối Sở Thông tin và Truyền thông tỉnh Bà Rịa - Vũng Tàu, phòng Thông tin - Báo chí - "
        "Xuất bản",
        "from_name": "Cục Thông tin đối ngoại",
        "subject": SUBJECT,
        "body_text": "Kính gửi: Quý Cơ quan\n",
        "body_html": "<p>Kính gửi: Quý Cơ quan</p>",
        "message_id": "<TTDN12-DT1-02.reminder__t_plus_1.1.2@ttdn.bo-chu-tri.example>",
        "in_reply_to": LONG_ID,
        "dated_at": datetime(2013, 1, 2, 9, tzinfo=VIETNAM),
        "list_id": "<ttdn.ttdn.bo-chu-tri.example>",
        "attachments": (
            (
                AttachedFile(
                    LONG_NAME, "x", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
                ),
                b"PK",
            ),
            (
                AttachedFile("thoi-han.ics", "y", "text/calendar; method=PUBLISH"),
                "BEGIN:VCALENDAR Hạn".encode(),
            ),
        ),
    }
    return Mail(**(values | changes))  # type: ignore[arg-type]


def received(wanted: Mail) -> EmailMessage:
    message = email.message_from_bytes(build(wanted), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_headers_arrive_word_for_word() -> None:
    message = received(mail())
    assert message["Subject"] == SUBJECT
    assert message["To"].addresses[0].addr_spec == "dau-moi@so-2.example"
    assert str(message["From"]) == "Cục Thông tin đối ngoại <baocao@TTDN.bo-chu-tri.example>"
    assert message["Date"].datetime.isoformat() == "2013-01-02T09:00:00+07:00"
    assert message["In-Reply-To"] == message["References"] == LONG_ID


def test_an_older_mail_program_reads_the_same_subject() -> None:
    raw = build(mail())
    message = email.message_from_bytes(raw, policy=compat32)
    assert str(make_header(decode_header(message["Subject"]))) == SUBJECT
    assert str(make_header(decode_header(message["To"]))) == f"{mail().to_name} <dau-moi@so-2.example>"
    lines = raw.split(b"\r\n\r\n")[0].split(b"\r\n")
    assert all(len(line) <= 78 for line in lines if b"@" not in line)
    assert raw.isascii(), "it needs no server that takes more than ASCII"
    assert f"In-Reply-To: {LONG_ID}".encode() in lines, "an identifier is never folded or encoded"


def test_text_and_html_are_alternatives_and_files_keep_their_names() -> None:
    message = received(mail())
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().splitlines() == ["Kính gửi: Quý Cơ quan"]
    assert html.get_content().strip() == "<p>Kính gửi: Quý Cơ quan</p>"
    workbook, entry = message.iter_attachments()
    assert workbook.get_filename() == LONG_NAME
    assert workbook.get_content() == b"PK"
    assert entry.get_content_type() == "text/calendar"
    assert entry["Content-Type"].params["method"] == "PUBLISH"
    assert entry.get_content() == "BEGIN:VCALENDAR Hạn"


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(Refused, match="dau moi"):
        build(mail(to_address="dau moi tại sở"))


def test_a_line_break_in_a_subject_cannot_add_a_header() -> None:
    with pytest.raises(ValueError):
        build(mail(subject="Đề nghị\r\nBcc: someone@else.example"))


def test_the_message_id_follows_from_the_key() -> None:
    assert message_id("TTDN12-01", "request", 1, 7) == "<TTDN12-01.request.1.7@ttdn.bo-chu-tri.example>"
    assert message_id("TTDN12/01", "request", 1, 7) == "<TTDN12-01.request.1.7@ttdn.bo-chu-tri.example>"
