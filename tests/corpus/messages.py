"""The mails of the corpus: one per pitfall, each from an office of its own, so that all go in at once."""

from __future__ import annotations

import binascii
import struct
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from reporting.clock import VIETNAM
from tests.corpus.case import packed, stable
from tests.corpus.workbooks import encrypted_zip
from tests.unit.workbook.office import COVER, MARKS, Entries, fill

MINISTRY = "baocao@ttdn.bo-chu-tri.example"
XLSX = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"
AT = datetime(2012, 12, 12, 9, 30, tzinfo=VIETNAM)


@dataclass(frozen=True)
class Sender:
    """An office that was asked: address and code, the request it got, its workbook well filled in, that of
    another office.
    """

    address: str
    code: str
    request_id: str
    workbook: bytes
    other_workbook: bytes
    other_code: str


@dataclass(frozen=True)
class MessageCase:
    """One or more mails of an office. `arrivals`: outcome of each mail; `versions`: outcome of each version
    of its answer; `answers`: the steps of the mails it gets; `note`: what the officer reads, in part;
    `events`: what its versions are to each other, as the log has it; `current`: the version that counts.
    `is_confidential`: its office answers by the secret mail.
    """

    name: str
    odd: str
    build: Callable[[Sender], list[bytes]]
    arrivals: tuple[str, ...]
    versions: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    note: str | None = None
    events: tuple[str, ...] = ()
    current: int | None = None
    is_confidential: bool = False


def message_cases() -> Iterator[MessageCase]:
    """All of them."""
    good = ("submission",), ("accepted",), ("receipt",)
    yield MessageCase("tra-loi", "nothing: a reply with the workbook", lambda s: [reply(s)], *good)
    yield MessageCase(
        "nguoi-la-tra-loi",
        "a colleague's address, in reply to our request",
        lambda s: [reply(s, sender="dong-nghiep@noi-khac.example", In_Reply_To=s.request_id)],
        *good,
    )
    yield MessageCase(
        "ma-o-tieu-de",
        "a colleague's address, the code of the request in the subject",
        lambda s: [reply(s, sender="van-thu@noi-khac.example", Subject=f"Re: [{s.code}] Báo cáo")],
        ("submission",),
        ("accepted_with_warnings",),
        ("receipt",),
    )
    yield MessageCase(
        "nguoi-la",
        "an unknown address and no sign of our request",
        lambda s: [reply(s, sender="nguoi-la@dau-do.example")],
        ("quarantined",),
        note="nguoi-la@dau-do.example",
    )
    yield MessageCase(
        "mau-thuan",
        "an office's address, another office's code in the subject",
        lambda s: [reply(s, Subject=f"Re: [{s.other_code}] Báo cáo")],
        ("quarantined",),
        note="không khớp nhau",
    )
    yield MessageCase("khong-tep", "no file at all", lambda s: [reply(s, files=[])], ("no_submission",))
    yield MessageCase(
        "tra-lai", "a mail server's report that our request came back", lambda s: [_bounce(s)], ("bounce",)
    )
    yield MessageCase(
        "gui-lai",
        "the very same file, twice",
        lambda s: [reply(s), reply(s, hour=11)],
        ("submission", "duplicate"),
        ("accepted",),
        ("receipt", "repeat"),
    )
    yield MessageCase(
        "nen-zip",
        "the workbook in a zip archive",
        lambda s: [reply(s, files=[("Số liệu.zip", packed({"So lieu.xlsx": s.workbook}), "zip")])],
        *good,
    )
    yield MessageCase(
        "nen-hai-lop",
        "the workbook in a zip in a zip",
        lambda s: [reply(s, files=[("a.zip", packed({"b.zip": packed({"c.xlsx": s.workbook})}), "zip")])],
        *good,
    )
    yield MessageCase(
        "nen-rar",
        "the workbook in a RAR archive, which is not opened",
        lambda s: [reply(s, files=[("a.rar", b"Rar!\x1a\x07\x01\x00" + bytes(90), "x-rar")])],
        ("submission",),
        ("unreadable",),
        ("completion_request",),
    )
    yield MessageCase(
        "kem-rar",
        "the workbook, and beside it a RAR archive, which is not opened",
        lambda s: [
            reply(
                s,
                files=[
                    ("a.rar", b"Rar!\x1a\x07\x01\x00" + bytes(91), "x-rar"),
                    ("So lieu.xlsx", s.workbook, XLSX),
                ],
            )
        ],
        ("submission",),
        ("accepted",),
        ("receipt",),
        note='Tệp nén "a.rar" thuộc loại rar nên hệ thống không mở được',
    )
    yield MessageCase("chuyen-tiep", "forwarded as an attached mail", lambda s: [_forwarded(s)], *good)
    yield MessageCase(
        "kem-ban-ky",
        "with the signed report and a picture of a logo beside it",
        lambda s: [
            reply(
                s,
                files=[
                    ("BC 45.pdf", b"%PDF-1.4\n%%EOF", "pdf"),
                    ("So lieu.xlsx", s.workbook, XLSX),
                    ("image001.png", b"\x89PNG\r\n\x1a\n", "png"),
                ],
            )
        ],
        *good,
    )
    yield MessageCase(
        "chi-ban-ky",
        "the signed report alone, as a PDF",
        lambda s: [reply(s, files=[("BC 45.pdf", b"%PDF-1.4\n%%EOF", "pdf")])],
        ("no_submission",),
    )
    yield MessageCase(
        "ten-nfd",
        "a file name with its diacritics apart (NFD)",
        lambda s: [reply(s, files=[(unicodedata.normalize("NFD", "Số liệu.xlsx"), s.workbook, XLSX)])],
        *good,
    )
    yield MessageCase(
        "ten-thieu-duoi",
        "a workbook without a suffix in its name",
        lambda s: [reply(s, files=[("So lieu", s.workbook, XLSX)])],
        *good,
    )
    yield MessageCase(
        "ten-duong-dan",
        "a file name that is a path",
        lambda s: [reply(s, files=[("..\\..\\C:\\Báo cáo\\So lieu.xlsx", s.workbook, XLSX)])],
        *good,
    )
    yield MessageCase(
        "winmail",
        "a winmail.dat of Outlook with the workbook in it",
        lambda s: [reply(s, files=[("winmail.dat", _tnef("So lieu.xlsx", s.workbook), "ms-tnef")])],
        *good,
    )
    yield MessageCase(
        "uuencode", "the workbook as text in the body (uuencode)", lambda s: [_uuencoded(s)], *good
    )
    yield MessageCase(
        "khong-tieu-de-ngay",
        "no Date, no Message-ID, no subject",
        lambda s: [_without(reply(s), b"Date", b"Message-ID", b"Subject")],
        *good,
    )
    yield MessageCase("ngay-tuong-lai", "dated years ahead", lambda s: [reply(s, year=2031)], *good)
    yield MessageCase(
        "tep-rong",
        "a workbook of no bytes",
        lambda s: [reply(s, files=[("So lieu.xlsx", b"", XLSX)])],
        ("submission",),
        ("unreadable",),
        ("completion_request",),
    )
    yield MessageCase(
        "hong",
        "a torn workbook",
        lambda s: [reply(s, files=[("So lieu.xlsx", s.workbook[:5000], XLSX)])],
        ("submission",),
        ("unreadable",),
        ("completion_request",),
    )
    yield MessageCase(
        "cua-co-quan-khac",
        "another office's workbook",
        lambda s: [reply(s, files=[("So lieu.xlsx", s.other_workbook, XLSX)])],
        ("submission",),
        ("to_complete",),
        ("completion_request",),
    )
    yield MessageCase(
        "mat-bien",
        "its last boundary is missing",
        lambda s: [reply(s).rstrip().rstrip(b"-").rpartition(b"--")[0]],
        *good,
    )

    yield from _versions()


def _versions() -> Iterator[MessageCase]:
    """Several files of one office, and what the cover says of them."""
    colleague = "van-phong@noi-khac.example"
    other_plan: Entries = {(MARKS, "E7"): "X", (MARKS, "F7"): "9/QĐ-UBND", (MARKS, "G7"): "4/5/2012"}

    def changed(sender: Sender, entries: Entries) -> list[tuple[str, bytes, str]]:
        return [("So lieu.xlsx", stable(fill(sender.workbook, entries)), XLSX)]

    twice = ("submission", "submission"), ("accepted", "accepted")
    receipts = ("receipt", "receipt")
    yield MessageCase(
        "zip-mat-khau",
        "the workbook in a zip archive with a password",
        lambda s: [reply(s, files=[("So lieu.zip", encrypted_zip("So lieu.xlsx"), "zip")])],
        ("submission",),
        ("unreadable",),
        ("completion_request",),
    )
    yield MessageCase(
        "noi-dung-cu-tep-moi",
        "the same content again, saved anew",
        lambda s: [reply(s), reply(s, files=changed(s, {}), hour=11)],
        *twice,
        receipts,
        events=("submission_same",),
        current=2,
    )
    yield MessageCase(
        "gui-lai-da-sua",
        "a second version by the same sender, which says otherwise",
        lambda s: [reply(s), reply(s, files=changed(s, other_plan), hour=11)],
        *twice,
        receipts,
        events=("submission_replaced",),
        current=2,
    )
    yield MessageCase(
        "hai-nguoi-hai-tep",
        "two colleagues answer our request with files that contradict each other",
        lambda s: [
            reply(s, files=changed(s, {**other_plan, (MARKS, "F7"): "8/QĐ-UBND"})),
            reply(s, sender=colleague, In_Reply_To=s.request_id, files=changed(s, other_plan), hour=11),
        ],
        *twice,
        receipts,
        events=("conflict_found",),
        current=1,
    )
    yield MessageCase(
        "dong-nghiep-dieu-chinh",
        "the same, and the second is marked as adjusted",
        lambda s: [
            reply(s, files=changed(s, {**other_plan, (MARKS, "F7"): "8/QĐ-UBND"})),
            reply(
                s,
                sender=colleague,
                In_Reply_To=s.request_id,
                files=changed(s, {**other_plan, (COVER, "C23"): "Bản điều chỉnh"}),
                hour=11,
            ),
        ],
        *twice,
        receipts,
        events=("submission_replaced",),
        current=2,
    )
    yield MessageCase(
        "ban-thao",
        "a draft alone",
        lambda s: [reply(s, files=changed(s, {(COVER, "C23"): "Bản thảo"}))],
        ("submission",),
        ("accepted",),
        ("receipt",),
        events=("draft_received",),
    )
    yield MessageCase(
        "ban-thao-roi-chinh-thuc",
        "a draft, and the answer itself",
        lambda s: [reply(s, files=changed(s, {(COVER, "C23"): "Bản thảo"})), reply(s, hour=11)],
        *twice,
        receipts,
        events=("draft_received",),
        current=2,
    )
    yield MessageCase(
        "hong-roi-tot",
        "a torn workbook, and then a good one",
        lambda s: [reply(s, files=[("a.xlsx", s.workbook[:5000], XLSX)]), reply(s, hour=11)],
        ("submission", "submission"),
        ("unreadable", "accepted"),
        ("completion_request", "receipt"),
        current=2,
    )
    yield MessageCase(
        "van-thu-mat",
        "a workbook of an office that answers by the secret mail: put aside unread",
        lambda s: [reply(s)],
        ("quarantined",),
        note="văn thư mật",
        is_confidential=True,
    )
    yield MessageCase(
        "van-thu-mat-rac",
        "of such an office not even a torn file is looked at",
        lambda s: [reply(s, files=[("a.xlsx", b"PK\x03\x04" + bytes(50), XLSX)])],
        ("quarantined",),
        note="văn thư mật",
        is_confidential=True,
    )


def reply(
    sender_: Sender,
    *,
    sender: str | None = None,
    files: list[tuple[str, bytes, str]] | None = None,
    hour: int = 9,
    year: int = 2012,
    **headers: str,
) -> bytes:
    """A mail to the ministry with the office's workbook, or these files."""
    message = EmailMessage()
    address = sender or sender_.address
    message["From"] = f"Đầu mối <{address}>"
    message["To"] = MINISTRY
    message["Date"] = format_datetime(AT.replace(hour=hour, year=year))
    message["Message-ID"] = (
        f"<{uuid.uuid5(uuid.NAMESPACE_URL, f'{address} {hour} {headers}')}@corpus.example>"
    )
    for name, value in ({"Subject": "Re: Báo cáo"} | headers).items():
        message[name.replace("_", "-")] = value
    message.set_content("Kính gửi Quý Cục.")
    for name, data, kind in [("So lieu.xlsx", sender_.workbook, XLSX)] if files is None else files:
        message.add_attachment(data, maintype="application", subtype=kind, filename=name)
    return message.as_bytes(policy=SMTP)


def _bounce(sender: Sender) -> bytes:
    lines = [
        f"From: MAILER-DAEMON@{sender.address.partition('@')[2]}",
        f"To: {MINISTRY}",
        "Subject: Undelivered Mail Returned to Sender",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "It could not be delivered.",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example",
        "",
        f"Final-Recipient: rfc822; {sender.address}",
        "Action: failed",
        "Status: 4.2.2",
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()


def _forwarded(sender: Sender) -> bytes:
    inner = EmailMessage()
    inner["From"], inner["To"], inner["Subject"] = "phong@noi-bo.example", sender.address, "Số liệu của phòng"
    inner.set_content("Gửi anh.")
    inner.add_attachment(sender.workbook, maintype="application", subtype=XLSX, filename="So lieu.xlsx")
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender.address, MINISTRY, "FW: Số liệu"
    message["Date"], message["Message-ID"] = format_datetime(AT), "<forwarded@corpus.example>"
    message.set_content("Kính chuyển.")
    message.add_attachment(inner)
    return message.as_bytes(policy=SMTP)


def _without(raw: bytes, *names: bytes) -> bytes:
    head, _, body = raw.partition(b"\r\n\r\n")
    kept = [line for line in head.split(b"\r\n") if not line.startswith(tuple(name + b":" for name in names))]
    return b"\r\n".join(kept) + b"\r\n\r\n" + body


def _uuencoded(sender: Sender) -> bytes:
    lines = [
        binascii.b2a_uu(sender.workbook[start : start + 45]).rstrip(b"\n")
        for start in range(0, len(sender.workbook), 45)
    ]
    head = f"From: {sender.address}\r\nTo: {MINISTRY}\r\nSubject: So lieu\r\n"
    head += "Message-ID: <uu@corpus.example>\r\n\r\n"
    body = [b"Kinh gui", b"", b"begin 644 So lieu.xlsx", *lines, b"`", b"end", b""]
    return head.encode() + b"\r\n".join(body)


def _tnef(name: str, data: bytes) -> bytes:
    """An attachment as old Outlooks wrap it."""

    def attribute(level: int, number: int, value: bytes) -> bytes:
        head = struct.pack("<BII", level, number, len(value))
        return head + value + struct.pack("<H", sum(value) & 0xFFFF)

    return (
        struct.pack("<IH", 0x223E9F78, 1)
        + attribute(2, 0x00069002, bytes(14))
        + attribute(2, 0x00018010, name.encode("cp1258") + b"\0")
        + attribute(2, 0x0006800F, data)
    )
