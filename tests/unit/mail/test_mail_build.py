"""A message as it goes onto the wire, read back as a receiver's program reads it."""

from __future__ import annotations

import email
from collections.abc import Iterator
from datetime import datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import Policy, compat32, default
from email.utils import parseaddr

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


def file_heads(raw: bytes) -> list[str]:
    """The headers of each attached file, as they stand on the wire."""
    return [
        part.partition(b"\r\n\r\n")[0].decode("ascii")
        for part in raw.split(b"\r\n--_ngoai_")[2:]
        if b"\r\n\r\n" in part
    ]


@pytest.mark.parametrize("policy", [default, compat32], ids=["default", "compat32"])
@pytest.mark.parametrize(
    "name",
    [
        "Biểu số liệu An Giang.xlsx",
        LONG_NAME,
        "Cong van 3456.pdf",
        'Báo cáo "quý IV"; số 5/2012 – 100%.docx',
        "Phụ lục 中文 😀.pdf",
        "Đ" * 200 + ".pdf",
    ],
)
def test_file_names_are_read_whole_by_old_and_new_programs(name: str, policy: Policy) -> None:
    file = (AttachedFile(name, "x", "application/pdf"), b"%PDF")
    raw = build(mail(attachments=(file,)))
    message = email.message_from_bytes(raw, policy=policy)
    (part,) = [part for part in message.walk() if part.get_content_type() == "application/pdf"]
    assert part.get_filename() == name
    assert part.get_payload(decode=True) == b"%PDF"
    (head,) = file_heads(raw)
    assert all(len(line) <= 78 for line in head.split("\r\n"))


def test_a_program_that_knows_no_diacritics_shows_a_plain_file_name() -> None:
    file = (AttachedFile("Biểu số liệu Đắk Lắk.xlsx", "x", "application/vnd.ms-excel"), b"PK")
    (head,) = file_heads(build(mail(attachments=(file,))))
    assert head.split("\r\n") == [
        head.split("\r\n")[0],
        "Content-Type: application/vnd.ms-excel;",
        ' name="Bieu so lieu Dak Lak.xlsx"',
        "Content-Transfer-Encoding: base64",
        "Content-Disposition: attachment;",
        " filename*0*=utf-8''Bi%E1%BB%83u%20s%E1%BB%91%20li%E1%BB%87u%20%C4%90;",
        " filename*1*=%E1%BA%AFk%20L%E1%BA%AFk.xlsx",
    ]


def test_a_plain_file_name_is_written_plainly() -> None:
    file = (AttachedFile("Cong van 3456.pdf", "x", "application/pdf"), b"%PDF")
    (head,) = file_heads(build(mail(attachments=(file,))))
    assert 'filename="Cong van 3456.pdf"' in head
    assert "filename*" not in head


def test_a_long_plain_name_is_shortened_and_keeps_its_ending() -> None:
    file = (AttachedFile("Ế" * 200 + ".xlsx", "x", "application/pdf"), b"")
    (head,) = file_heads(build(mail(attachments=(file,))))
    assert f' name="{"E" * 55}.xlsx"' in head


def test_the_deadline_goes_as_a_calendar_entry() -> None:
    data = "BEGIN:VCALENDAR\r\nSUMMARY:Hạn gửi báo cáo\r\nEND:VCALENDAR\r\n".encode()
    file = (AttachedFile("Hạn gửi báo cáo.ics", "x", "text/calendar; method=PUBLISH"), data)
    raw = build(mail(attachments=(file,)))
    for policy in (default, compat32):
        message = email.message_from_bytes(raw, policy=policy)
        (part,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
        assert part.get_param("method") == "PUBLISH"
        assert part.get_content_charset() == "utf-8"
        assert part.get_filename() == "Hạn gửi báo cáo.ics"
        assert part.get_payload(decode=True) == data


def test_every_line_on_the_wire_ends_in_cr_lf_and_is_short() -> None:
    files = ((AttachedFile("Báo cáo.pdf", "x", "application/pdf"), bytes(range(256)) * 40),)
    raw = build(mail(body_text="Kính gửi\n" * 500, body_html="<p>" + "ổ" * 5000 + "</p>", attachments=files))
    lines = raw.split(b"\r\n")
    assert all(b"\r" not in line and b"\n" not in line for line in lines)
    assert all(len(line) <= 78 for line in lines if b"@" not in line)


def test_a_message_of_a_machine_says_so_and_of_which_list_it_is() -> None:
    message = received(mail(in_reply_to=None, attachments=()))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] == "<ttdn.ttdn.bo-chu-tri.example>"
    assert message["MIME-Version"] == "1.0"
    assert message["In-Reply-To"] is None
    assert message["References"] is None
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    "words",
    [
        "",
        "Report 2012",
        "Đ",
        "Sở Thông tin và Truyền thông " * 8,
        "=?utf-8?q?x?=",
        'a, "b" <c@d.example>',
        "😀" * 60,
    ],
)
def test_words_in_a_header_come_back_as_they_were(words: str) -> None:
    raw = build(mail(subject=words, to_name=words))
    assert email.message_from_bytes(raw, policy=default)["Subject"] == words
    # the newer policy of this Python puts blanks between the encoded words of a name
    name, address = parseaddr(email.message_from_bytes(raw, policy=compat32)["To"])
    assert str(make_header(decode_header(name))) == words
    assert address == "dau-moi@so-2.example"


@pytest.mark.parametrize(
    "address",
    ["", "ai-do", "a b@c.example", "a@b.example\r\nBcc: x@y.example", "a@", "@b", "đầu@mối.example"],
)
def test_an_address_that_cannot_stand_in_a_header_is_refused(address: str) -> None:
    with pytest.raises(Refused):
        build(mail(to_address=address))
