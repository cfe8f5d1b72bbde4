"""Every file of a delivery, by what it is and not by what it is called; nothing beyond the limits."""

from __future__ import annotations

import binascii
import io
import struct
import unicodedata
import zipfile
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.intake import message as mail
from reporting.intake.attachments import (
    MAX_DEPTH,
    MAX_FILES,
    ReceivedFile,
    problems,
    received_files,
    storable_name,
    workbooks,
)

XLSX = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = b"%PDF-1.7\n"
PNG = b"\x89PNG\r\n\x1a\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def package(*names: str, filler: bytes = b"x") -> bytes:
    """A zip with parts of these names."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, filler)
    return written.getvalue()


WORKBOOK = package("[Content_Types].xml", "xl/workbook.xml")
DOCX = package("[Content_Types].xml", "word/document.xml")


def packed(**files: bytes) -> bytes:
    """A zip of files; `__` in a name stands for its dot."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "."), data)
    return written.getvalue()


def letter(*files: tuple[str, bytes], subtype: str = "octet-stream") -> EmailMessage:
    """A mail with these files."""
    message = EmailMessage()
    message["From"] = "a@b.example"
    message["Subject"] = "Báo cáo"
    message.set_content("Kính gửi Quý Cục.")
    for name, data in files:
        message.add_attachment(data, maintype="application", subtype=subtype, filename=name)
    return message


def files_of(message: EmailMessage) -> list[ReceivedFile]:
    """The files of a mail as it comes over the wire."""
    raw = message.as_bytes(policy=SMTP)
    return received_files(mail.parse(raw), raw)


def roles(message: EmailMessage) -> list[tuple[str, str]]:
    return [(file.filename, file.role) for file in files_of(message)]


def test_the_content_decides_and_not_the_name() -> None:
    assert roles(
        letter(
            ("Biểu số liệu.xlsx", WORKBOOK),
            ("so-lieu.dat", WORKBOOK),
            ("báo cáo.bin", DOCX),
            ("bao-cao.pdf", PDF),
            ("quet.tif", b"II*\x00" + b"x" * 20),
            ("so-lieu.xls", OLE + "Workbook".encode("utf-16-le")),
            ("cong-van.doc", OLE + "WordDocument".encode("utf-16-le")),
            ("bang.csv", b"a;b\n"),
            ("smime.p7s", b"0"),
        )
    ) == [
        ("Biểu số liệu.xlsx", "workbook"),
        ("so-lieu.dat", "workbook"),
        ("báo cáo.bin", "document"),
        ("bao-cao.pdf", "document"),
        ("quet.tif", "document"),
        ("so-lieu.xls", "workbook"),
        ("cong-van.doc", "document"),
        ("bang.csv", "workbook"),
        ("smime.p7s", "other"),
    ]


def test_a_workbook_in_name_only_is_checked_where_there_is_no_other() -> None:
    assert roles(letter(("so-lieu.xlsx", PDF))) == [("so-lieu.xlsx", "workbook")]
    assert roles(letter(("so-lieu.xlsx", PDF), ("b.xlsx", WORKBOOK))) == [
        ("so-lieu.xlsx", "document"),
        ("b.xlsx", "workbook"),
    ]
    assert roles(letter(("so-lieu.xlsx", b"broken"))) == [("so-lieu.xlsx", "workbook")]


def test_a_logo_is_a_picture_and_a_scanned_page_a_document() -> None:
    assert roles(letter(("logo.png", PNG + b"x" * 9000), ("trang-1.png", PNG + b"x" * 90_000))) == [
        ("logo.png", "picture"),
        ("trang-1.png", "document"),
    ]
    message = letter()
    message.add_attachment(
        PNG + b"x" * 90_000,
        maintype="image",
        subtype="png",
        filename="a.png",
        cid="<1@b>",
        disposition="inline",
    )
    assert roles(message) == [("a.png", "picture")]


def test_what_lies_in_archives_and_attached_mails_is_found_once_and_said_where() -> None:
    inner = letter(("b.xlsx", WORKBOOK))
    outer = letter(("goi.zip", packed(a__xlsx=WORKBOOK, **{"trong__zip": packed(c__docx=DOCX)})))
    outer.add_attachment(inner)
    assert [(f.filename, f.role, f.inside) for f in files_of(outer)] == [
        ("goi.zip", "archive", None),
        ("a.xlsx", "workbook", "goi.zip"),
        ("trong.zip", "archive", "goi.zip"),
        ("c.docx", "document", "trong.zip"),
        ("b.xlsx", "workbook", "Báo cáo"),
    ]
    assert [f.filename for f in workbooks(files_of(outer))] == ["a.xlsx"], "the same file twice is one"
    as_file = letter(("thư.eml", inner.as_bytes(policy=SMTP)))
    assert [(f.filename, f.role) for f in files_of(as_file)] == [
        ("thư.eml", "archive"),
        ("b.xlsx", "workbook"),
    ]


def test_a_workbook_inside_a_zip_named_as_a_workbook_is_found() -> None:
    assert roles(letter(("so-lieu.xlsx", packed(that__xlsx=WORKBOOK)))) == [
        ("so-lieu.xlsx", "archive"),
        ("that.xlsx", "workbook"),
    ]


def test_a_bomb_is_never_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = packed(a__xlsx=b"\0" * (300 * 1024 * 1024))

    def fail(*_: object) -> bytes:
        raise AssertionError("a bomb was opened")

    monkeypatch.setattr(zipfile.ZipFile, "open", fail)
    (file,) = files_of(letter(("goi.zip", bomb)))
    assert file.problem is not None
    assert "quá lớn" in file.problem
    assert file.role == "workbook", "its sender is told"


def test_depth_and_number_are_bounded() -> None:
    data = WORKBOOK
    for _ in range(MAX_DEPTH + 3):
        data = packed(lop__zip=data)
    found = files_of(letter(("lop.zip", data)))
    assert len(found) == MAX_DEPTH + 1
    assert "nhiều lớp" in problems(found)[0]
    many = packed(**{f"tep{n}__txt": b"%d" % n for n in range(MAX_FILES + 50)})
    found = files_of(letter(("nhieu.zip", many)))
    assert len(found) == MAX_FILES
    assert "quá nhiều tệp" in problems(found)[0]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.rar", b"Rar!\x1a\x07\x01\x00", "loại rar"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c", "loại 7z"),
        ("a.zip", b"PK\x03\x04 broken", "bị hỏng"),
        ("thu.msg", OLE + "__substg1.0_".encode("utf-16-le"), "Outlook"),
    ],
)
def test_what_cannot_be_opened_is_named_with_the_remedy(name: str, data: bytes, words: str) -> None:
    found = files_of(letter((name, data)))
    (problem,) = problems(found)
    assert words in problem
    assert name in problem
    assert "Đề nghị" in problem
    assert [f.role for f in found] == ["workbook"]
    beside = files_of(letter((name, data), ("b.xlsx", WORKBOOK)))
    assert [f.role for f in beside] == ["archive", "workbook"]


def test_a_zip_with_a_password_is_named_as_such() -> None:
    data = bytearray(packed(a__xlsx=WORKBOOK))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + place] |= 1
    assert "mật khẩu" in problems(files_of(letter(("a.zip", bytes(data)))))[0]


def _tnef(name: str, data: bytes) -> bytes:
    def attribute(number: int, body: bytes) -> bytes:
        return struct.pack("<BHHI", 2, number, 6, len(body)) + body + struct.pack("<H", sum(body) & 0xFFFF)

    wide = name.encode("utf-16-le") + b"\0\0"
    return (
        struct.pack("<IH", 0x223E9F78, 1)
        + attribute(0x9002, b"\0" * 14)
        + attribute(0x8010, b"SOLIEU~1.XLS\0")
        + attribute(0x800F, data)
        + attribute(
            0x9005, struct.pack("<I", 1) + b"\x1f\0\x07\x37\1\0\0\0" + struct.pack("<I", len(wide)) + wide
        )
    )


def test_a_workbook_that_outlook_wrapped_is_found_under_its_long_name() -> None:
    found = files_of(letter(("winmail.dat", _tnef("Biểu số liệu.xlsx", WORKBOOK)), subtype="ms-tnef"))
    assert [(f.filename, f.role, f.inside) for f in found] == [
        ("winmail.dat", "archive", None),
        ("Biểu số liệu.xlsx", "workbook", "winmail.dat"),
    ]
    assert found[1].data == WORKBOOK


def test_a_uuencoded_workbook_in_the_text_is_found() -> None:
    lines = [binascii.b2a_uu(WORKBOOK[n : n + 45]).decode() for n in range(0, len(WORKBOOK), 45)]
    message = EmailMessage()
    message["From"] = "a@b.example"
    message.set_content("Kính gửi\n\nbegin 644 so-lieu.xlsx\n" + "".join(lines) + "`\nend\n")
    (file,) = files_of(message)
    assert (file.filename, file.role, file.data) == ("so-lieu.xlsx", "workbook", WORKBOOK)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("..\\..\\etc/passwd.xlsx", "passwd.xlsx"),
        ("/", ""),
        (unicodedata.normalize("NFD", "Biểu số liệu.xlsx"), "Biểu số liệu.xlsx"),
        ("=?UTF-8?B?Qmnhu4N1?==?UTF-8?Q?_s=E1=BB=91?=.xlsx", "Biểu số.xlsx"),
        ("a\x00b\u202excod.xlsx", "abxcod.xlsx"),
        ("x" * 400 + ".xlsx", "x" * 175 + ".xlsx"),
    ],
)
def test_names_are_storable(sent: str, kept: str) -> None:
    assert storable_name(sent) == unicodedata.normalize("NFC", kept)


@pytest.mark.parametrize(
    "disposition",
    [
        "attachment; filename*=UTF-8''Bi%E1%BB%83u%20s%E1%BB%91.xlsx",
        "attachment; filename*0*=UTF-8''Bi%E1%BB%83u; filename*1*=%20s%E1%BB%91.xlsx",
        'attachment; filename="=?UTF-8?B?Qmnhu4N1?= =?UTF-8?B?IHPhu5EueGxzeA==?="',
        'attachment; filename="=?UTF-8?B?Qmnhuw==?= =?UTF-8?B?g3Ugc+G7kS54bHN4?="',
    ],
)
def test_a_name_is_read_however_a_mail_program_wrote_it(disposition: str) -> None:
    raw = (
        "From: a@b.example\r\nContent-Type: application/octet-stream\r\n"
        f"Content-Disposition: {disposition}\r\n\r\nx"
    ).encode()
    assert [f.filename for f in received_files(mail.parse(raw), raw)] == ["Biểu số.xlsx"]


def test_a_plain_file_is_looked_into_like_one_in_a_mail() -> None:
    assert [(f.filename, f.role) for f in received_files(None, packed(a__xlsx=WORKBOOK), "b.zip")] == [
        ("b.zip", "archive"),
        ("a.xlsx", "workbook"),
    ]
    raw = letter(("a.xlsx", WORKBOOK)).as_bytes(policy=SMTP)
    assert [f.role for f in received_files(None, raw, "thu.eml")] == ["archive", "workbook"]
    (nameless,) = received_files(None, WORKBOOK, None)
    assert nameless.filename.endswith(".xlsx")


@given(
    st.binary(max_size=600), st.sampled_from([b"PK\x03\x04", b"PK\x05\x06", OLE, b"\x78\x9f\x3e\x22", b""])
)
def test_no_bytes_break_it(noise: bytes, magic: bytes) -> None:
    received_files(None, magic + noise, "a.zip")
    raw = (
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: "
        + noise
        + b"\r\n\r\n"
        + noise
    )
    received_files(mail.parse(raw), raw)
