"""One look into the zip package of a workbook before it is read: is it safe, what do its sheets hide?

The bytes of the sheets are searched; XML is taken apart only where the search finds something.
"""

from __future__ import annotations

import html
import io
import lzma
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from reporting.workbook.layout import SEPARATOR, TAG, address

MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_PARTS = 2000
MAX_ROWS = 20_000
MAX_COLUMNS = 500
MAX_SHEETS = 200
MAX_CELLS = 3_000_000
"""Cells of all sheets together, blanks between the filled ones included: what fits into memory."""

_LARGE = 4 * 1024 * 1024  # a sheet above this is taken in pieces and without its blank cells
_HELD = 4 * 1024 * 1024  # so much of the sheets is kept unpacked for the reader
_MAX_OTHER_PART = 40 * 1024 * 1024
_UNPROVEN = 32 * 1024  # a part packed smaller cannot unpack to more than memory bears
_PIECE = 1024 * 1024
_MAX_FAR = 10_000  # cells beyond the form that are passed over

Refusal = Literal[
    "empty", "too_large", "encrypted", "damaged", "not_a_workbook", "document", "archive", "other_format"
]
Kind = Literal["xlsx", "xlsb", "ods"]

_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_MACROS = "xl/vbaproject.bin"
_PACKAGE_RELATIONS = "_rels/.rels"
_ANY_TAG = (TAG + SEPARATOR).encode()

_ELEMENT = re.compile(rb"<(?:\w+:)?(sheet|Relationship|workbookPr)\s([^<>]*)>")
_ATTRIBUTE = re.compile(r"([\w:]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_SUSPECT = re.compile(rb"<(?:\w+:)?f[\s>/]|\bt=[\"']e[\"']")
_CELL = re.compile(rb"<(?:\w+:)?c\s([^<>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^<>]*)?>([^<]*)</")
_FORMULA = re.compile(rb"<(?:\w+:)?f(?:\s[^<>]*)?(?:/>|>([^<]*)</)")
_INLINE = re.compile(rb"<(?:\w+:)?is[\s>]")
# A cell as it mostly is: with an address near by, a style, a type that is no error, and no formula.
_UNUSUAL = re.compile(
    rb'<c(?![a-z])(?! r="[A-R]?[A-Z][0-9]{1,4}"(?: s="[0-9]+")?(?: t="(?:s|inlineStr|n|b)")?(?:/>|>(?!<f)))'
)
_FAR = re.compile(rb"r=[\"'](?:[A-Za-z]{0,3}[0-9]{5}|[A-Za-z]{3}|[Ss][G-Zg-z]|[T-Zt-z][A-Za-z])")
_ROW = re.compile(rb"<(?:\w+:)?row\s([^<>]*)>")
_COLUMN = re.compile(rb"<(?:\w+:)?col\s([^<>]*)>")
_ADDRESS = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
# Blank cells outside the form; those of the first 999 rows and 26 columns keep their look and their lock.
_BLANK_CELL = re.compile(rb'<(?:\w+:)?c\s(?!r="[A-Z][0-9]{1,3}")[^<>]*?(?:/>|>\s*</(?:\w+:)?c>)')
_BLANK_ROW = re.compile(rb'<(?:\w+:)?row\b(?! r="[0-9]{1,3}")[^<>]*?(?:/>|>\s*</(?:\w+:)?row>)')
_ROW_START = re.compile(rb"<(?:\w+:)?row[\s>]")

_ZIP_COMMON = struct.Struct("<5H3L2H")  # what the head of a part and its line in the directory share
_ZIP_PLACE = struct.Struct("<3H2L")
_ZIP_END = struct.Struct("<4H2LH")


class Refused(Exception):
    """The file is not opened; `reason` is a variant of findings.rule.file_is_readable."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason)
        self.reason: Refusal = reason


@dataclass(frozen=True)
class SheetPart:
    """What the XML of a sheet says besides its values; rows and columns count from zero.

    `unresolved`: the error, or the formula without a stored result, by place. `far`: addresses of filled
    cells so far out that they were left unread. `may_hold_tags` False: no tag stands in it. `size`: bytes of
    its XML without blank cells, where it had very many.
    """

    is_hidden: bool = False
    unresolved: Mapping[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    far: tuple[str, ...] = ()
    may_hold_tags: bool = True
    size: int = 0


@dataclass(frozen=True)
class Package:
    """A workbook's package that may be opened. `data` is what to read: the file itself, or, of a file with
    very large sheets, a copy without their blank cells. `sheets` stand in the order of the workbook; they are
    known for .xlsx only. `unpacked`: the parts that hold values, those that were looked into as they were
    unpacked for that, so that nobody does it again; None of a large file.
    """

    kind: Kind
    data: bytes
    sheets: tuple[SheetPart, ...] = ()
    has_macros: bool = False
    counts_from_1904: bool = False
    is_large: bool = False
    unpacked: bytes | None = None


_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError,
    OSError, IndexError, OverflowError,
)  # fmt: skip


def inspect(data: bytes) -> Package:
    """Look into a zip package. Raises Refused when it is no workbook, or not safe to open."""
    try:
        return _inspect(data)
    except _BROKEN as error:
        raise Refused("damaged") from error


def _inspect(data: bytes) -> Package:
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        parts = {part.filename: part for part in opened.infolist()}
        listed = len(opened.infolist())
    if any(part.flag_bits & 0x1 for part in parts.values()):
        raise Refused("encrypted")
    if listed > MAX_PARTS or sum(part.file_size for part in parts.values()) > MAX_UNPACKED_BYTES:
        raise Refused("too_large")
    names = {name.lower() for name in parts}
    if _WORKBOOK not in names:
        return Package(_other_kind(names, parts, data), data, has_macros=_MACROS in names)
    if listed != len(parts) or any(part.compress_type not in (0, 8) for part in parts.values()):
        raise Refused("damaged")
    return _xlsx(data, parts, names)


def _other_kind(names: set[str], parts: Mapping[str, zipfile.ZipInfo], data: bytes) -> Kind:
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "mimetype" in parts and "content.xml" in names:
        kind = _content(data, parts["mimetype"])
        if b"opendocument.spreadsheet" in kind:
            manifest = parts.get("META-INF/manifest.xml")
            if manifest is not None and b"encryption-data" in _content(data, manifest):
                raise Refused("encrypted")
            return "ods"
        raise Refused("document")
    if names & {"word/document.xml", "ppt/presentation.xml"}:
        raise Refused("document")
    if "content.xml" in names:
        return "ods"
    raise Refused("not_a_workbook" if "[content_types].xml" in names else "archive")


def _xlsx(data: bytes, parts: Mapping[str, zipfile.ZipInfo], names: set[str]) -> Package:
    described = parts.get(_WORKBOOK)
    related = parts.get(_RELATIONS)
    if described is None or related is None:
        raise Refused("damaged")
    workbook = _content(data, described)
    relations = _content(data, related)
    elements = [(kind, _attributes(found)) for kind, found in _ELEMENT.findall(workbook)]
    targets = {
        attributes.get("Id", ""): attributes.get("Target", "")
        for kind, attributes in ((k, _attributes(f)) for k, f in _ELEMENT.findall(relations))
        if kind == b"Relationship"
    }
    listed = [attributes for kind, attributes in elements if kind == b"sheet"]
    if len(listed) > MAX_SHEETS:
        raise Refused("too_large")
    is_inline = not any(name.endswith("sharedstrings.xml") for name in names)
    sheets: list[SheetPart] = []
    replaced: dict[str, bytes] = {}
    held = {_WORKBOOK: workbook, _RELATIONS: relations}
    held_bytes = 0
    read: set[str] = set()
    for attributes in listed:
        target = targets.get(next((v for k, v in attributes.items() if k.rpartition(":")[2] == "id"), ""), "")
        name = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
        part = parts.get(name)
        if part is None:
            sheets.append(SheetPart())
            continue
        read.add(name)
        is_hidden = attributes.get("state", "visible") != "visible"
        sheet, xml, is_slim = _sheet(data, part, is_hidden, is_inline)
        sheets.append(sheet)
        held_bytes += len(xml)
        if is_slim:
            replaced[name] = xml
        elif held_bytes <= _HELD:
            held[name] = xml
    for name, part in parts.items():
        if name not in read and _is_read_whole(name):
            _prove(data, part)
    settings = next((attributes for kind, attributes in elements if kind == b"workbookPr"), {})
    return Package(
        "xlsx",
        _repacked(data, replaced) if replaced else data,
        tuple(sheets),
        _MACROS in names,
        settings.get("date1904", "0") in ("1", "true"),
        bool(replaced),
        None if replaced or held_bytes > _HELD else _unpacked(data, parts, held),
    )


def _attributes(found: bytes) -> dict[str, str]:
    words = found.decode("utf-8", "replace")
    pairs = [(key, double or single) for key, double, single in _ATTRIBUTE.findall(words)]
    return {key: html.unescape(value) for key, value in pairs} if "&" in words else dict(pairs)


# -- parts ---------------------------------------------------------------------------------------


def _packed(data: bytes, part: zipfile.ZipInfo) -> bytes:
    head = part.header_offset
    if data[head : head + 4] != b"PK\x03\x04":
        raise Refused("damaged")
    start = head + 30 + int.from_bytes(data[head + 26 : head + 28], "little")
    start += int.from_bytes(data[head + 28 : head + 30], "little")
    return data[start : start + part.compress_size]


def _content(data: bytes, part: zipfile.ZipInfo) -> bytes:
    """A part, unpacked; refused when it is not of the size that the package says."""
    packed = _packed(data, part)
    if part.compress_type == zipfile.ZIP_STORED:
        content = packed
    else:
        content = zlib.decompressobj(-15).decompress(packed, part.file_size + 1)
    if len(content) != part.file_size:
        raise Refused("damaged")
    return content


def _pieces(data: bytes, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """A part unpacked piece by piece, never more than a piece at a time."""
    packed = _packed(data, part)
    if part.compress_type == zipfile.ZIP_STORED:
        for start in range(0, len(packed), _PIECE):
            yield packed[start : start + _PIECE]
        return
    unpacker = zlib.decompressobj(-15)
    total = 0
    while packed and not unpacker.eof:
        piece = unpacker.decompress(packed, _PIECE)
        packed = unpacker.unconsumed_tail
        total += len(piece)
        if total > part.file_size:
            raise Refused("damaged")
        yield piece


def _prove(data: bytes, part: zipfile.ZipInfo) -> None:
    """See that a part that is read whole does not unpack to more than it says, and that this is bearable."""
    if part.file_size > _MAX_OTHER_PART:
        raise Refused("too_large")
    if part.compress_size > _UNPROVEN:
        for _ in _pieces(data, part):
            pass


def _is_read_whole(name: str) -> bool:
    """Whether a part is one that readers of values read."""
    return name.startswith("xl/") and name.endswith((".xml", ".rels"))


def _unpacked(data: bytes, parts: Mapping[str, zipfile.ZipInfo], held: Mapping[str, bytes]) -> bytes:
    """A package of the parts that are read: the held ones stored, the others packed as they are."""
    written: list[bytes] = []
    directory: list[bytes] = []
    offset = 0
    for name, part in parts.items():
        if not _is_read_whole(name) and name.lower() != _PACKAGE_RELATIONS:
            continue
        content = held.get(name)
        method = part.compress_type if content is None else zipfile.ZIP_STORED
        content = _packed(data, part) if content is None else content
        encoded = name.encode()
        common = _ZIP_COMMON.pack(
            20, 0x800, method, 0, 0x21, part.CRC, len(content), part.file_size, len(encoded), 0
        )
        written += (b"PK\x03\x04", common, encoded, content)
        directory += (b"PK\x01\x02\x14\x00", common, _ZIP_PLACE.pack(0, 0, 0, 0, offset), encoded)
        offset += 4 + len(common) + len(encoded) + len(content)
    count = len(directory) // 4
    listed = b"".join(directory)
    end = _ZIP_END.pack(0, 0, count, count, len(listed), offset, 0)
    return b"".join((*written, listed, b"PK\x05\x06", end))


def _repacked(data: bytes, replaced: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for part in old.infolist():
            new.writestr(
                part.filename, replaced[part.filename] if part.filename in replaced else old.read(part)
            )
    return buffer.getvalue()


# -- sheets --------------------------------------------------------------------------------------


def _sheet(
    data: bytes, part: zipfile.ZipInfo, is_hidden: bool, is_inline: bool
) -> tuple[SheetPart, bytes, bool]:
    """What a sheet hides, its XML, and whether that is without blank and far cells, as it could not be read
    whole.
    """
    far: list[str] = []
    is_slim = part.file_size > _LARGE
    xml = _slimmed(_pieces(data, part), far) if is_slim else _content(data, part)
    head, body = _divided(xml)
    unresolved: Mapping[tuple[int, int], str] = {}
    if _UNUSUAL.search(body) or b":c" in body or body is xml:
        if not is_slim and _FAR.search(body):
            xml, is_slim = _slimmed(iter((xml,)), far), True
            head, body = _divided(xml)
        if _has_unaddressed(body):
            _refuse_wide_unaddressed(body)
        if _SUSPECT.search(body):
            unresolved = _unresolved(body)
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    if body.find(b" hidden=", body.find(b"<row", 20)) > 0:  # the row of the tags is always hidden
        hidden_rows = frozenset(_hidden_rows(body))
    if head.count(b" hidden=") > 1 or body is xml:  # and so is their column
        hidden_columns = frozenset(_hidden_columns(head))
    may_hold_tags = not is_inline or _ANY_TAG in xml
    part_of = SheetPart(
        is_hidden, unresolved, hidden_rows, hidden_columns, tuple(far), may_hold_tags, len(xml)
    )
    return part_of, xml, is_slim


def _divided(xml: bytes) -> tuple[bytes, bytes]:
    """What stands before the cells, and the cells; twice the whole where they are not to be told apart."""
    start, end = xml.find(b"<sheetData"), xml.rfind(b"</sheetData>")
    return (xml[:start], xml[start:end]) if 0 <= start < end else (xml, xml)


def _has_unaddressed(xml: bytes) -> bool:
    """Whether there may be cells that do not say where they stand."""
    if xml.count(b"<c ") == xml.count(b'<c r="') and b"<c>" not in xml and b":c" not in xml:
        return False
    return b"<c>" in xml or any(b"r=" not in found for found, _ in _CELL.findall(xml))


def _refuse_wide_unaddressed(body: bytes) -> None:
    """Cells without an address stand one after the other: count what room they would take."""
    rows = _ROW_START.split(body)
    widest = max(row.count(b"<c") + row.count(b":c ") + row.count(b":c>") for row in rows)
    if len(rows) * widest > MAX_CELLS:
        raise Refused("too_large")


def _unresolved(body: bytes) -> dict[tuple[int, int], str]:
    cells: dict[tuple[int, int], str] = {}
    for found, content in _CELL.findall(body):
        attributes = _attributes(found)
        place = _ADDRESS.fullmatch(attributes.get("r", ""))
        if place is None:
            continue
        value = _VALUE.search(content)
        result = html.unescape(value.group(1).decode("utf-8", "replace")) if value else ""
        kind = attributes.get("t")
        if kind == "e":
            cells[_position(place)] = result
        elif not result and kind != "str" and not _INLINE.search(content):
            formula = _FORMULA.search(content)
            if formula:
                words = html.unescape((formula.group(1) or b"").decode("utf-8", "replace"))
                cells[_position(place)] = f"={words}"
    return cells


def _position(place: re.Match[str]) -> tuple[int, int]:
    column = 0
    for letter in place.group(1).upper():
        column = column * 26 + ord(letter) - 64
    return int(place.group(2)) - 1, column - 1


def _hidden_rows(body: bytes) -> Iterator[int]:
    for found in _ROW.findall(body):
        if b"hidden" in found:
            attributes = _attributes(found)
            if attributes.get("hidden") in ("1", "true") and attributes.get("r", "").isdecimal():
                yield int(attributes["r"]) - 1


def _hidden_columns(head: bytes) -> Iterator[int]:
    for found in _COLUMN.findall(head):
        attributes = _attributes(found)
        first, last = attributes.get("min", ""), attributes.get("max", "")
        if attributes.get("hidden") in ("1", "true") and first.isdecimal() and last.isdecimal():
            yield from range(int(first) - 1, min(int(last), MAX_COLUMNS))


# -- large sheets --------------------------------------------------------------------------------


def _slimmed(pieces: Iterator[bytes], far: list[str]) -> bytes:
    """The XML without blank cells and rows outside the form, and without filled cells beyond MAX_ROWS and
    MAX_COLUMNS: their addresses are added to `far`. Refused when what is left is too much, or cells bear no
    addresses.
    """
    kept = bytearray()
    rest = b""
    for piece in pieces:
        rest += piece
        cut = max(rest.rfind(b"<row"), rest.rfind(b":row") - 8)
        if cut > 0 and len(rest) > _PIECE // 2:
            cut = rest.rfind(b"<", 0, cut + 1)
            kept += _without_blanks(rest[:cut], far)
            rest = rest[cut:]
        if len(kept) > 2 * _LARGE or len(rest) > 2 * _LARGE:
            raise Refused("too_large")
    kept += _without_blanks(rest, far)
    if len(kept) > 2 * _LARGE:
        raise Refused("too_large")
    return bytes(kept)


def _without_blanks(xml: bytes, far: list[str]) -> bytes:
    if _has_unaddressed(xml):
        raise Refused("too_large")
    xml = _BLANK_ROW.sub(b"", _BLANK_CELL.sub(b"", xml))
    return _CELL.sub(_dropping(far), xml) if _FAR.search(xml) else xml


def _dropping(far: list[str]) -> Callable[[re.Match[bytes]], bytes]:
    def drop(match: re.Match[bytes]) -> bytes:
        place = _ADDRESS.fullmatch(_attributes(match.group(1)).get("r", ""))
        if place is None:
            return b""
        row, column = _position(place)
        if row < MAX_ROWS and column < MAX_COLUMNS:
            return match.group()
        far.append(address(row, column))
        if len(far) > _MAX_FAR:
            raise Refused("too_large")
        return b""

    return drop
