"""Mails as offices really send them, and as nobody should."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.clock import VIETNAM
from reporting.intake import message as mail
from reporting.intake.matching import subject_codes

XLSX = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _message() -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Sở TT&TT An Giang <Dau-Moi@So-TTTT-An-Giang.example>"
    message["Subject"] = "Re: DIỄN TẬP – [TTDN12-DT1-01] Đề nghị báo cáo"
    message["Date"] = "Mon, 10 Dec 2012 09:15:00 +0700"
    message["Message-ID"] = "<b@so-tttt-an-giang.example>"
    message["In-Reply-To"] = "<a@bo.example>"
    message["References"] = "<first@bo.example> <a@bo.example>"
    message.set_content("Kính gửi Quý Cục.")
    return message


def _headers(raw: bytes) -> mail.Headers:
    return mail.headers(mail.parse(raw))


def test_headers_are_read_and_our_own_server_says_when_it_came() -> None:
    raw = (
        b"Received: from them by us with ESMTP; Mon, 10 Dec 2012 02:16:00 +0000\r\n"
        b"Received: from pc by them; Mon, 10 Dec 2012 09:15:30 +0700\r\n" + _message().as_bytes(policy=SMTP)
    )
    headers = _headers(raw)
    assert headers.from_address == "dau-moi@so-tttt-an-giang.example"
    assert headers.received_at == datetime(2012, 12, 10, 9, 16, tzinfo=VIETNAM)
    assert headers.sent_at == datetime(2012, 12, 10, 9, 15, tzinfo=VIETNAM)
    assert headers.references == ("<a@bo.example>", "<first@bo.example>")
    assert subject_codes(headers.subject) == ["TTDN12-DT1-01"]


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Mon, 99 Dec 2012 09:15:00 +0700", "Mon, 10 Dec 9999999 09:15 +0700"]
)
def test_a_malformed_date_is_none(date: str) -> None:
    raw = f"From: a@b.example\nDate: {date}\n\nx".encode()
    assert _headers(raw).sent_at is None


def test_a_date_without_zone_is_taken_as_vietnams() -> None:
    raw = b"From: a@b.example\nDate: Mon, 10 Dec 2012 09:15:00 -0000\n\nx"
    assert _headers(raw).sent_at == datetime(2012, 12, 10, 9, 15, tzinfo=VIETNAM)


def test_workbooks_are_found_by_name_or_type_and_nothing_else_is() -> None:
    message = _message()
    message.add_attachment(b"1", maintype="application", subtype=XLSX, filename="Biểu số liệu.xlsx")
    message.add_attachment(b"2", maintype="application", subtype="octet-stream", filename="cu.XLS")
    message.add_attachment(
        b"3", maintype="application", subtype="vnd.oasis.opendocument.spreadsheet", filename="a.ods"
    )
    message.add_attachment(b"4", maintype="image", subtype="png", filename="logo.png")
    message.add_attachment(b"5", maintype="application", subtype="pkcs7-signature", filename="smime.p7s")
    message.add_attachment(b"6", maintype="application", subtype="pdf", filename="bao-cao.pdf")
    message.add_attachment(b"7", maintype="application", subtype=XLSX)
    found = mail.workbooks(mail.parse(message.as_bytes(policy=SMTP)))
    assert [(f.filename, f.data) for f in found[:3]] == [
        ("Biểu số liệu.xlsx", b"1"),
        ("cu.XLS", b"2"),
        ("a.ods", b"3"),
    ]
    assert [f.data for f in found] == [b"1", b"2", b"3", b"7"]
    assert found[3].filename.endswith(".xlsx")


def test_a_workbook_in_a_forwarded_message_is_found_once() -> None:
    inner = _message()
    inner.add_attachment(b"1", maintype="application", subtype=XLSX, filename="a.xlsx")
    for forward in ("message", "file"):
        outer = _message()
        if forward == "message":
            outer.add_attachment(inner)
        else:
            outer.add_attachment(
                inner.as_bytes(policy=SMTP),
                maintype="application",
                subtype="octet-stream",
                filename="thu.eml",
            )
        assert [f.data for f in mail.workbooks(mail.parse(outer.as_bytes(policy=SMTP)))] == [b"1"]


def test_a_path_in_a_filename_is_dropped() -> None:
    message = _message()
    message.add_attachment(b"1", maintype="application", subtype=XLSX, filename="..\\..\\etc/passwd.xlsx")
    assert [f.filename for f in mail.workbooks(message)] == ["passwd.xlsx"]


@given(st.binary(max_size=400))
def test_no_bytes_break_the_headers(noise: bytes) -> None:
    for raw in (
        noise,
        b"From: " + noise + b"\nSubject: =?utf-8?q?" + noise + b"?=\nDate: " + noise + b"\n\n" + noise,
    ):
        headers = _headers(raw)
        for value in (headers.subject, headers.from_address, headers.message_id):
            assert value is None or "\x00" not in value
            (value or "").encode("utf-8")
