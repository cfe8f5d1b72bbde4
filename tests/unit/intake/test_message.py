"""Mails as offices really send them, and as nobody should."""

from __future__ import annotations

from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.clock import VIETNAM
from reporting.intake import message as mail
from reporting.intake.matching import subject_codes
from reporting.settings import settings


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


def test_the_name_shown_cannot_pose_as_the_address() -> None:
    raw = b"From: =?utf-8?q?dau-moi=40so.example=2C?= <stranger@elsewhere.example>\n\nx"
    assert _headers(raw).from_address == "stranger@elsewhere.example"


@pytest.mark.parametrize(
    ("results", "is_forged"),
    [
        ("mx.bo.example; dmarc=fail header.from=so.example; spf=pass", True),
        ("mx.bo.example; dmarc=pass header.from=so.example; spf=fail", False),
        ("mx.bo.example; spf=softfail smtp.mailfrom=so.example; dkim=none", True),
        ("mx.bo.example; spf=softfail; dkim=fail; dkim=pass header.d=so.example", False),
        ("mx.bo.example; none", False),
        ("mx.other.example; dmarc=fail", False),
        # what a stranger can write into the results of our own server
        ('mx.bo.example; spf=fail smtp.mailfrom="; dkim=pass"@so.example; dkim=none', True),
        ("mx.bo.example; spf=fail (dkim=pass; dkim=pass) smtp.mailfrom=dkim=pass@so.example", True),
    ],
)
def test_what_our_server_found_of_the_sender_is_believed(
    results: str, is_forged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = f"Authentication-Results: {results}\nFrom: a@so.example\n\nx".encode()
    assert not _headers(raw).is_address_forged, "no server is believed unless it is named"
    monkeypatch.setenv("REPORTING_AUTHSERV_ID", "mx.bo.example")
    settings.cache_clear()
    try:
        assert _headers(raw).is_address_forged is is_forged
        below = b"Authentication-Results: mx.bo.example; dmarc=none\n" + raw
        assert not _headers(below).is_address_forged, "the topmost is our own server's"
    finally:
        monkeypatch.undo()
        settings.cache_clear()


@pytest.mark.parametrize("size", [0, 57 * 10, 57 * 19, 57 * 21, 57 * 400, 20_000])
@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_what_is_spared_the_line_by_line_reading_is_read_the_same(size: int, line_end: str) -> None:
    message = _message()
    message.add_attachment(bytes(range(256)) * (size // 256 + 1), maintype="a", subtype="b", filename="a.bin")
    message.add_attachment("chữ " * size, subtype="plain", cte="base64", filename="b.txt")
    raw = message.as_bytes(policy=SMTP.clone(linesep=line_end))
    plain = message_from_bytes(raw)
    parsed = mail.parse(raw)
    assert [part.get_payload(decode=True) for part in parsed.walk()] == [
        part.get_payload(decode=True) for part in plain.walk()
    ]
    assert parsed.as_bytes() == plain.as_bytes()


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


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a@so.example\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 3000 + b"x",
        b"From: a@so.example\r\n"
        + b"".join(
            b'Content-Type: multipart/mixed; boundary="x%d"\r\n\r\n--x%d\r\n' % (n, n) for n in range(2000)
        ),
        b"From: a@so.example\r\n"
        + b"".join(
            b'Content-Type: multipart/mixed; boundary="x%d"\r\n\r\n--x%d\r\n' % (n, n) for n in range(600)
        )
        + b"a line of text that every open boundary would be compared with\r\n" * 40_000,
    ],
    ids=["attached", "nested", "crowded"],
)
def test_a_mail_that_the_parser_cannot_follow_still_gives_its_headers(raw: bytes) -> None:
    message = mail.parse(raw)
    assert mail.headers(message).from_address == "a@so.example"
    assert len(list(message.walk())) < 200
