"""The files of a delivery: every one that came, what each is by its content, and what lies inside archives
and attached mails. Nothing is executed, nothing is unpacked beyond fixed limits, and no file makes this fail.
"""

from __future__ import annotations

import binascii
import io
import lzma
import mimetypes
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from email.message import EmailMessage, Message
from email.utils import collapse_rfc2231_value
from pathlib import PurePath
from typing import Literal

from sqlalchemy import Connection

from reporting import archive
from reporting.database import query
from reporting.intake import message as mail
from reporting.intake.message import Attachment
from reporting.wording.catalogue import text

Role = Literal["workbook", "document", "picture", "archive", "other"]

MAX_FILES = 300
MAX_DEPTH = 3
MAX_UNPACKED_BYTES = 100 * 1024 * 1024
MAX_RATIO = 200
"""A file that unpacks to more than this many times its size (above a megabyte) is a bomb."""
_SMALL = 1024 * 1024
_LONGEST_NAME = 180
_SCAN_BYTES = 60 * 1024
"""A picture of at least this size is taken for a scanned page unless the mail shows it within its text."""

_PLAIN_MEDIA_TYPE = "application/octet-stream"
_WORKBOOK_SUFFIXES = frozenset(
    {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".xltx", ".xltm", ".fods", ".csv", ".et", ".numbers"}
)
_WORKBOOK_TYPES = ("spreadsheet", "ms-excel")
_DOCUMENT_SUFFIXES = frozenset({".doc", ".docx", ".odt", ".rtf", ".pdf", ".tif", ".tiff"})
_PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".heic", ".svg", ".wmf"})
_ARCHIVE_SUFFIXES = frozenset({".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz"})
_NAMED_AFTER_KIND = frozenset({"docx", "pdf", "zip", "doc", "rtf", "odt", "rar", "7z", "tiff", "msg"})
_BROKEN_ZIP = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError,
    OSError,
)  # fmt: skip
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TNEF = b"\x78\x9f\x3e\x22"
_PACKED = {
    b"Rar!\x1a\x07": "rar", b"7z\xbc\xaf\x27\x1c": "7z", b"\x1f\x8b\x08": "gz", b"BZh": "bz2",
    b"\xfd7zXZ\x00": "xz",
}  # fmt: skip
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM", b"\xd7\xcd\xc6\x9a")
_UUENCODED = re.compile(
    rb"^begin [0-7]{3,4} ([^\r\n]{1,250})\r?\n(.*?)^`?\r?\n?end\r?$", re.DOTALL | re.MULTILINE
)
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]')


@dataclass(frozen=True)
class ReceivedFile(Attachment):
    """A file of a delivery. `inside` names the archive or attached mail in which it lay; `problem` tells, in
    Vietnamese and with the remedy, why nothing inside it was looked at.
    """

    inside: str | None = None
    role: Role = "other"
    problem: str | None = None


def received_files(
    parsed: EmailMessage | None, raw: bytes, filename: str | None = None
) -> list[ReceivedFile]:
    """All files of a mail (`parsed`, whose bytes are `raw`), or the file `raw` of that name, in their order.

    Archives and attached mails come first, then what lay in them, up to limits that no bomb passes. A file's
    role follows its content; one that is only named as a workbook is one too, so that its sender is told,
    unless the delivery holds a real one. Names are storable: no path, NFC, of bounded length.
    """
    walk = _Walk()
    if parsed is None:
        files = list(walk.look_into(_made(filename or "", raw, ""), 0))
    else:
        files = list(walk.mail(parsed, None, 0))
        if b"\nbegin " in raw:
            files += walk.uuencoded(parsed)
    return _settled_roles(files)


def workbooks(files: Iterable[ReceivedFile]) -> list[ReceivedFile]:
    """Those that are checked as answers; a file that came twice in one delivery, once."""
    found: dict[bytes, ReceivedFile] = {}
    for file in files:
        if file.role == "workbook":
            found.setdefault(file.data, file)
    return list(found.values())


def problems(files: Iterable[ReceivedFile]) -> list[str]:
    """What could not be looked into, and what to do about it, in Vietnamese."""
    return [file.problem for file in files if file.problem]


@dataclass(frozen=True)
class Kept:
    """The files of one delivery, the hashes under which they lie in the archive, and, where somebody can
    tell, the recipient they came from.
    """

    arrival_id: int
    files: Sequence[ReceivedFile]
    hashes: Sequence[str]
    cycle_id: str | None
    recipient_id: int | None


def record(
    connection: Connection,
    arrival_id: int,
    files: Sequence[ReceivedFile],
    cycle_id: str | None,
    recipient_id: int | None,
) -> None:
    """Archive every file of a delivery by itself and note it, as `record_all` does for several deliveries."""
    hashes = archive.store_all(connection, [(file.data, file.media_type) for file in files])
    record_all(connection, [Kept(arrival_id, files, hashes, cycle_id, recipient_id)])


def record_all(connection: Connection, deliveries: Sequence[Kept]) -> None:
    """Note the files of deliveries, all of which are archived. Done again, it changes only whose they are."""
    rows = [
        (one.arrival_id, place, file, sha256, one.cycle_id if one.recipient_id else None, one.recipient_id)
        for one in deliveries
        for place, (file, sha256) in enumerate(zip(one.files, one.hashes, strict=True), start=1)
    ]
    if not rows:
        return
    arrival_ids, positions, files, hashes, cycle_ids, recipient_ids = zip(*rows, strict=True)
    connection.execute(
        query("intake/add_attachments"),
        {
            "arrival_ids": list(arrival_ids),
            "positions": list(positions),
            "hashes": list(hashes),
            "filenames": [file.filename for file in files],
            "media_types": [file.media_type for file in files],
            "inside": [file.inside for file in files],
            "roles": [file.role for file in files],
            "problems": [file.problem for file in files],
            "cycle_ids": list(cycle_ids),
            "recipient_ids": list(recipient_ids),
        },
    )


def storable_name(name: str) -> str:
    """A name that may stand in a list or on disk: the last part of a path, NFC, without control characters,
    at most 180 characters; "" where nothing is left.
    """
    name = unicodedata.normalize("NFC", mail.decoded(name)).replace("\\", "/").rstrip("/ ")
    name = _FORBIDDEN.sub("", name.rpartition("/")[2]).strip(" .")
    if len(name) > _LONGEST_NAME:
        suffix = PurePath(name).suffix[:10]
        name = name[: _LONGEST_NAME - len(suffix)].rstrip() + suffix
    return name


# -- what a file is ------------------------------------------------------------------------------


def _kind(data: bytes) -> str | None:
    """What the bytes are, by their beginning and, for packages, their list of parts; None: unknown."""
    head = data[:16]
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return _kind_of_package(data)
    if head.startswith(_OLE):
        return _kind_of_ole(data)
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if head.startswith(b"{\\rtf"):
        return "rtf"
    if head.startswith(_TNEF):
        return "tnef"
    if head.startswith((b"II*\x00", b"MM\x00*")):
        return "tiff"
    if head.startswith(_PICTURES) or (head[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        return "picture"
    if head[4:8] == b"ftyp" and head[8:12] in {b"heic", b"heix", b"mif1", b"msf1"}:
        return "picture"
    for magic, kind in _PACKED.items():
        if head.startswith(magic):
            return kind
    return None


def _kind_of_package(data: bytes) -> str | None:
    names = _part_names(data)
    if names is None:
        return None
    for name in names:
        if name.startswith("xl/workbook."):
            return "workbook"
        if name.startswith("word/document"):
            return "docx"
    if names and names[0] == "mimetype":
        declared = data[38:100]
        if declared.startswith(b"application/vnd.oasis.opendocument."):
            return "workbook" if declared[35:].startswith(b"spreadsheet") else "odt"
    if "[content_types].xml" in names:
        return None  # another package of Office
    return "zip"


def _part_names(data: bytes) -> list[str] | None:
    """The names in a zip's directory, lower case; None where there is none to be read."""
    end = data.rfind(b"PK\x05\x06")
    if end < 0 or end + 22 > len(data):
        return None
    size, offset = struct.unpack_from("<II", data, end + 12)
    place = min(offset, end - size) if end >= size else -1
    names: list[str] = []
    while 0 <= place <= end - 46 and data[place : place + 4] == b"PK\x01\x02" and len(names) <= 5000:
        name, extra, comment = struct.unpack_from("<HHH", data, place + 28)
        names.append(data[place + 46 : place + 46 + name].decode("utf-8", "replace").lower())
        place += 46 + name + extra + comment
    return names


def _kind_of_ole(data: bytes) -> str | None:
    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if has("EncryptedPackage"):
        return "encrypted"
    if has("Workbook") or has("Book\x00"):
        return "workbook"
    if has("WordDocument"):
        return "doc"
    if has("__substg1.0_") or has("__properties_version1"):
        return "msg"
    return None


def _role(kind: str | None, suffix: str, media_type: str, size: int, *, is_inline: bool) -> Role:
    if kind == "workbook":
        return "workbook"
    if kind in {"pdf", "docx", "doc", "odt", "rtf", "tiff"}:
        return "document"
    if kind == "picture":
        return "document" if size >= _SCAN_BYTES and not is_inline else "picture"
    if kind in {"zip", "rar", "7z", "gz", "bz2", "xz", "tnef", "msg"}:
        return "archive"
    if suffix in _WORKBOOK_SUFFIXES or (
        any(word in media_type for word in _WORKBOOK_TYPES) and suffix in {"", ".bin", ".dat"}
    ):
        return "workbook"  # a broken, protected or plain one: its check tells the sender
    if suffix in _DOCUMENT_SUFFIXES:
        return "document"
    if suffix in _PICTURE_SUFFIXES:
        return "picture"
    return "archive" if suffix in _ARCHIVE_SUFFIXES else "other"


def _made(
    name: str, data: bytes, media_type: str, inside: str | None = None, *, is_inline: bool = False
) -> ReceivedFile:
    """The file with its role by content and, in `problem`, nothing yet."""
    name = storable_name(name)
    kind = _kind(data)
    media_type = media_type.lower() if "/" in media_type else ""
    if not name:
        name = text("intake.attachment.unnamed", suffix=_suffix_for(kind, media_type))
    media_type = media_type or mimetypes.guess_type(name)[0] or _PLAIN_MEDIA_TYPE
    role = _role(kind, PurePath(name.lower()).suffix, media_type, len(data), is_inline=is_inline)
    return ReceivedFile(name, data, media_type, inside, role)


def _suffix_for(kind: str | None, media_type: str) -> str:
    by_kind = {
        "workbook": ".xlsx",
        "docx": ".docx",
        "pdf": ".pdf",
        "zip": ".zip",
        "doc": ".doc",
        "rtf": ".rtf",
    }
    return by_kind.get(kind or "") or mimetypes.guess_extension(media_type) or ""


def _settled_roles(files: Sequence[ReceivedFile]) -> list[ReceivedFile]:
    """Where nothing else in the delivery is a workbook, what is named as one and archives that could not be
    looked into are checked as one, for the sender to be told.
    """
    if any(file.role == "workbook" for file in files):
        return list(files)
    return [
        replace(file, role="workbook")
        if file.problem is not None or PurePath(file.filename.lower()).suffix in _WORKBOOK_SUFFIXES
        else file
        for file in files
    ]


# -- what lies inside ----------------------------------------------------------------------------


class _Walk:
    """One walk through a delivery; the limits hold for all of it together."""

    def __init__(self) -> None:
        self.files_left = MAX_FILES
        self.bytes_left = MAX_UNPACKED_BYTES

    def look_into(self, file: ReceivedFile, depth: int) -> Iterator[ReceivedFile]:
        """The file and what lies in it."""
        if self.files_left <= 0:
            return
        self.files_left -= 1
        if file.role != "archive":
            if self._is_mail(file):
                yield replace(file, role="archive")
                if depth < MAX_DEPTH:
                    yield from self.mail(mail.parse(file.data), file.filename, depth + 1)
                return
            yield file
            return
        kind = _kind(file.data) or PurePath(file.filename.lower()).suffix.lstrip(".")
        if depth >= MAX_DEPTH:
            yield replace(file, problem=_problem("too_deep", file))
        elif kind == "zip":
            yield from self._zip(file, depth)
        elif kind == "tnef":
            yield file
            for name, data in _tnef(file.data):
                yield from self.look_into(_made(name, data, "", file.filename), depth + 1)
        elif kind == "msg":
            yield replace(file, problem=_problem("outlook_message", file))
        else:
            yield replace(file, problem=_problem("other_archive", file, kind=kind))

    @staticmethod
    def _is_mail(file: ReceivedFile) -> bool:
        return file.media_type == "message/rfc822" or file.filename.lower().endswith(".eml")

    def mail(self, message: Message, inside: str | None, depth: int) -> Iterator[ReceivedFile]:
        """The files of a mail, those of the mails attached to it included."""
        for part in _parts(message):
            if self.files_left <= 0:
                return
            media_type = _content_type(part)
            if media_type == "message/rfc822" and part.is_multipart():
                attached = part.get_payload(0)
                name = _filename(part) or mail.header(attached, "Subject") or ""  # type: ignore[arg-type]
                name = storable_name(name) or text("intake.attachment.attached_mail")
                if depth < MAX_DEPTH:
                    yield from self.mail(attached, name, depth + 1)  # type: ignore[arg-type]
                continue
            said = _filename(part)
            is_attached = (mail.header(part, "Content-Disposition") or "").strip().lower().startswith("att")
            is_text = media_type.startswith(("text/", "multipart/", "message/")) or not part.get_payload()
            if said is None and not is_attached and is_text:
                continue  # what the mail itself says
            is_inline = not is_attached and mail.header(part, "Content-ID") is not None
            file = _made(said or "", _payload(part), media_type, inside, is_inline=is_inline)
            yield from self.look_into(file, depth)

    def uuencoded(self, message: Message) -> Iterator[ReceivedFile]:
        """Files written into the text of a mail, as old programs do."""
        for part in _parts(message):
            if _content_type(part) != "text/plain" or _filename(part) is not None:
                continue
            for match in _UUENCODED.finditer(_payload(part)):
                data = bytearray()
                for line in match[2].splitlines():
                    try:
                        data += binascii.a2b_uu(line)
                    except binascii.Error:  # some programs count one too many
                        try:
                            data += binascii.a2b_uu(line[: 1 + ((line[0] - 32 & 63) * 4 + 5) // 3])
                        except (binascii.Error, IndexError):
                            break
                name = match[1].decode("utf-8", "replace")
                yield from self.look_into(_made(name, bytes(data), ""), 0)

    def _zip(self, file: ReceivedFile, depth: int) -> Iterator[ReceivedFile]:
        try:
            package = zipfile.ZipFile(io.BytesIO(file.data))
        except _BROKEN_ZIP:
            yield replace(file, problem=_problem("damaged_archive", file))
            return
        with package:
            members = [member for member in package.infolist() if not member.is_dir()]
            trouble = self._refusal(members)
            yield replace(file, problem=_problem(trouble, file) if trouble else None)
            if trouble in {"bomb", "encrypted"}:
                return
            for member in members[: self.files_left]:
                self.bytes_left -= member.file_size
                name = _member_name(member)
                if name.startswith("__MACOSX/") or not storable_name(name):
                    continue
                data = _unpacked(package, member)
                if data is not None:
                    yield from self.look_into(_made(name, data, "", file.filename), depth + 1)

    def _refusal(self, members: Sequence[zipfile.ZipInfo]) -> str | None:
        if any(member.flag_bits & 0x1 for member in members):
            return "encrypted"
        if sum(member.file_size for member in members) > self.bytes_left or any(
            member.file_size > max(_SMALL, MAX_RATIO * max(member.compress_size, 1)) for member in members
        ):
            return "bomb"
        return "too_many" if len(members) > self.files_left else None


def _problem(key: str, file: ReceivedFile, **values: object) -> str:
    return text(f"intake.attachment.problem.{key}", filename=file.filename, **values)


def _unpacked(package: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes | None:
    """The member's bytes, no more than it declares; None where they cannot be had."""
    try:
        with package.open(member) as stream:
            data = stream.read(member.file_size + 1)
    except _BROKEN_ZIP:
        return None
    return data if len(data) <= member.file_size else None


def _member_name(member: zipfile.ZipInfo) -> str:
    """The name as its maker meant it: without the flag for UTF-8 it was often written in it all the same."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        data = member.filename.encode("cp437")
    except UnicodeEncodeError:
        return member.filename
    for charset in ("utf-8", "cp1258"):
        try:
            return data.decode(charset)
        except UnicodeDecodeError:
            continue
    return member.filename


def _parts(message: Message) -> Iterator[Message]:
    """The parts of a mail, without going into attached mails."""
    if _content_type(message) == "message/rfc822" or not message.is_multipart():
        yield message
        return
    for part in message.get_payload():
        if isinstance(part, Message):
            yield from _parts(part)


def _content_type(part: Message) -> str:
    value = (mail.header(part, "Content-Type") or "").partition(";")[0].strip().lower()
    return value if value.count("/") == 1 else "text/plain"


def _payload(part: Message) -> bytes:
    payload = part.get_payload()
    encoding = (mail.header(part, "Content-Transfer-Encoding") or "").strip().lower()
    if encoding == "base64" and isinstance(payload, str):
        try:
            return binascii.a2b_base64(payload)
        except ValueError:
            pass  # the standard reader mends the usual mistakes
    try:
        data = part.get_payload(decode=True)
    except Exception:  # the standard parser fails in many ways on malformed parts
        data = None
    if isinstance(data, bytes):
        return data
    return str(part.get_payload() or "").encode("utf-8", "surrogateescape")


def _filename(part: Message) -> str | None:
    """The name under which a part was sent (RFC 2231, or encoded words as many programs write them)."""
    for header, parameter in (("content-disposition", "filename"), ("content-type", "name")):
        try:
            value = part.get_param(parameter, None, header)
        except Exception:  # the standard parser fails in many ways on malformed parameters
            continue
        if not value:
            continue
        try:
            name = collapse_rfc2231_value(value) if isinstance(value, tuple) else str(value)
        except (LookupError, ValueError):
            name = str(value[2])
        if storable_name(name):
            return name
    return None


# -- winmail.dat ---------------------------------------------------------------------------------

_ATTACH_RENDER, _ATTACH_TITLE, _ATTACH_DATA, _ATTACH_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_LONG_NAME = re.compile(rb"([\x1e\x1f])\x00\x07\x37\x01\x00\x00\x00(....)", re.DOTALL)


def _tnef(data: bytes) -> list[tuple[str, bytes]]:
    """(name, bytes) of the files that Outlook wrapped into a winmail.dat, as far as they can be read."""
    found: list[tuple[str, bytes]] = []
    name: str = ""
    content: bytes | None = None
    place = 6
    while place + 9 <= len(data):
        attribute, size = struct.unpack_from("<xHxxI", data, place)
        body = data[place + 9 : place + 9 + size]
        place += 9 + size + 2
        if attribute == _ATTACH_RENDER:
            if content is not None:
                found.append((name, content))
            name, content = "", None
        elif attribute == _ATTACH_TITLE:
            name = name or mail.decoded(body.rstrip(b"\x00").decode("ascii", "surrogateescape"))
        elif attribute == _ATTACH_DATA:
            content = body
        elif attribute == _ATTACH_PROPERTIES:
            name = _long_name(body) or name
    if content is not None:
        found.append((name, content))
    return found


def _long_name(properties: bytes) -> str | None:
    match = _LONG_NAME.search(properties)
    if match is None:
        return None
    (size,) = struct.unpack("<I", match[2])
    value = properties[match.end() : match.end() + size]
    charset = "utf-16-le" if match[1] == b"\x1f" else "cp1258"
    return value.decode(charset, "replace").partition("\x00")[0]
