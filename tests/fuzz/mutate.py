"""Breaking files: containers, XML, mails, tables as text, compound files. Equal seeds give equal bytes."""

from __future__ import annotations

import base64
import io
import random
import re
import struct
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Way = Callable[[bytes, random.Random], bytes]

_HOSTILE = (
    b"",
    b"\x00",
    b"&#0;",
    b"&#xD800;",
    b"&#x1F4A9;",
    b"&x;",
    b"]]>",
    b"<!--",
    b"<![CDATA[",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"A" * 70_000,
    b"1e308",
    b"-1",
    b"99999999999999999999",
    b"NaN",
    b"0x",
    b"XFD1048576",
    b"A0",
    b"ZZZ9999999",
    b"../../x",
    b"\xe2\x80\xae",
    "Đ".encode() * 9000,
    b"=1+1",
    b"KBC|marks|row|quy_che|2011",
    b"KBC|",
    b"KBC|marks|column|mark",
)
_NUMBER = re.compile(rb'(?<==")\d+(?=")')
_TEXT = re.compile(rb">([^<>]+)<")
_ELEMENT = re.compile(rb"<([\w:]+)[^<>]*/>|<([\w:]+)[^<>]*>[^<]*</\2>")
_STAMP = (2012, 12, 12, 8, 0, 0)


@dataclass(frozen=True)
class Mutant:
    """A broken file. `number` and the run's seed make it again; `ways` say how it was broken."""

    number: int
    name: str
    data: bytes
    base: str
    ways: tuple[str, ...]


def mutant(seed: int, number: int, bases: Sequence[tuple[str, bytes]]) -> Mutant:
    """The file of this number: one base, broken in one to three ways that fit what it is."""
    chance = random.Random(f"{seed}:{number}")
    name, data = chance.choice(bases)
    base, ways = name, []
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3))):
        way = chance.choice(_ways_for(name, data))
        ways.append(way.__name__.strip("_"))
        data = way(data, chance)
    if not name.endswith(".eml") and chance.random() < 0.25:
        ways.append("mail")
        name, data = "thu.eml", mail_around(name, data, chance)
        if chance.random() < 0.5:
            way = chance.choice(_OF_MAIL)
            ways.append(way.__name__.strip("_"))
            data = way(data, chance)
    return Mutant(number, name, data, base, tuple(ways))


def _ways_for(name: str, data: bytes) -> Sequence[Way]:
    if data.startswith(b"PK"):
        return _OF_ZIP
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return _OF_COMPOUND
    if name.endswith(".eml"):
        return _OF_MAIL
    return _OF_TEXT if name.endswith(".csv") else _OF_BYTES


# -- any bytes -----------------------------------------------------------------------------------


def _flip(data: bytes, chance: random.Random) -> bytes:
    broken = bytearray(data)
    for _ in range(chance.choice((1, 3, 20, 200))):
        if broken:
            broken[chance.randrange(len(broken))] = chance.randrange(256)
    return bytes(broken)


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _drop(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data) + 1)
    return data[:start] + data[start + chance.choice((1, 16, 512, 4096)) :]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data) + 1)
    chunk = data[start : start + chance.choice((1, 64, 1024))]
    return data[:start] + chunk * chance.choice((2, 50, 1000)) + data[start:]


def _insert(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data) + 1)
    return data[:start] + chance.choice(_HOSTILE) + data[start:]


def _twice(data: bytes, chance: random.Random) -> bytes:
    return data + data[chance.randrange(len(data) + 1) :]


_OF_BYTES: tuple[Way, ...] = (_flip, _cut, _drop, _repeat, _insert, _twice)

# -- packages ------------------------------------------------------------------------------------


def _parts(data: bytes) -> list[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            return [
                (part.filename, package.read(part)) for part in package.infolist() if not part.flag_bits & 1
            ]
    except Exception:  # broken already
        return []


def _pack(parts: Sequence[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, content in parts:
            info = zipfile.ZipInfo(name or "x", _STAMP)
            info.compress_type = method
            package.writestr(info, content, compresslevel=1)
    return buffer.getvalue()


def _in_part(change: Callable[[bytes, random.Random], bytes]) -> Way:
    """The way that changes one part of a package, most often a sheet."""

    def way(data: bytes, chance: random.Random) -> bytes:
        parts = _parts(data)
        if not parts:
            return _flip(data, chance)
        liked = [
            n
            for n, (name, _) in enumerate(parts)
            if "sheet" in name or "content" in name or "workbook" in name
        ]
        place = chance.choice(liked) if liked and chance.random() < 0.8 else chance.randrange(len(parts))
        name, content = parts[place]
        parts[place] = (name, change(content, chance))
        return _pack(parts)

    way.__name__ = f"part{change.__name__}"
    return way


def _nest(xml: bytes, chance: random.Random) -> bytes:
    depth = chance.choice((100, 5_000, 200_000))
    middle = _spot(xml, chance)
    return xml[:middle] + b"<a>" * depth + (b"</a>" * depth if chance.random() < 0.5 else b"") + xml[middle:]


def _huge_attribute(xml: bytes, chance: random.Random) -> bytes:
    return re.sub(rb'="[^"]*"', b'="' + b"9" * chance.choice((10_000, 3_000_000)) + b'"', xml, count=1)


def _entities(xml: bytes, chance: random.Random) -> bytes:
    levels = chance.choice((3, 10, 30))
    text = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, levels))
    outside = b'<!ENTITY b SYSTEM "file:///etc/hostname">'
    body = _TEXT.sub(b">&a%d;&b;<" % (levels - 1), xml, count=2)
    return b'<!DOCTYPE x [<!ENTITY a0 "ha">' + text + outside + b"]>" + body.partition(b"?>")[2]


def _numbers(xml: bytes, chance: random.Random) -> bytes:
    values = (
        b"0",
        b"-1",
        b"1",
        b"65535",
        b"2147483647",
        b"4294967296",
        b"99999999999999999999",
        b"1048576",
        b"x",
    )
    rate = chance.choice((0.01, 0.1, 1.0))
    return _NUMBER.sub(lambda found: chance.choice(values) if chance.random() < rate else found[0], xml)


def _references(xml: bytes, chance: random.Random) -> bytes:
    values = (
        b'r="XFD1048576"',
        b'r="A0"',
        b'r=""',
        b'r="ZZZZ1"',
        b'r="A99999999999"',
        b'ref="A1:XFD1048576"',
        b'r="E7"',
    )
    rate = chance.choice((0.01, 0.3))
    return re.sub(
        rb'\b(?:r|ref)="[^"]*"',
        lambda found: chance.choice(values) if chance.random() < rate else found[0],
        xml,
    )


def _types(xml: bytes, chance: random.Random) -> bytes:
    kinds = (b"s", b"str", b"inlineStr", b"e", b"b", b"n", b"d", b"", b"zzz")
    return re.sub(rb'\bt="[^"]*"', lambda found: b't="' + chance.choice(kinds) + b'"', xml)


def _texts(xml: bytes, chance: random.Random) -> bytes:
    rate = chance.choice((0.02, 0.5))
    return _TEXT.sub(
        lambda found: b">" + chance.choice(_HOSTILE) + b"<" if chance.random() < rate else found[0], xml
    )


def _without_element(xml: bytes, chance: random.Random) -> bytes:
    found = list(_ELEMENT.finditer(xml))
    if not found:
        return _flip(xml, chance)
    one = chance.choice(found)
    return xml[: one.start()] + xml[one.end() :]


def _many_elements(xml: bytes, chance: random.Random) -> bytes:
    found = list(_ELEMENT.finditer(xml))
    if not found:
        return _flip(xml, chance)
    one = chance.choice(found)
    return xml[: one.end()] + one[0] * chance.choice((10, 1000, 100_000)) + xml[one.end() :]


def _other_encoding(xml: bytes, chance: random.Random) -> bytes:
    encoding = chance.choice(("utf-16", "utf-16-be", "utf-32", "cp037", "utf-7"))
    return xml.decode("utf-8", "replace").encode(encoding, "replace")


def _spot(xml: bytes, chance: random.Random) -> int:
    places = [found.end() for found in re.finditer(rb">", xml)]
    return chance.choice(places) if places else 0


def _part_lost(data: bytes, chance: random.Random) -> bytes:
    parts = _parts(data)
    chance.shuffle(parts)
    return _pack(parts[chance.choice((1, 1, 2, 5)) :])


def _part_renamed(data: bytes, chance: random.Random) -> bytes:
    names = (
        "../../../etc/passwd",
        "/xl/workbook.xml",
        "xl\\workbook.xml",
        "XL/WORKBOOK.XML",
        "a/" * 3000,
        "\u202exl",
        "",
    )
    return _pack(
        [(chance.choice(names) if chance.random() < 0.2 else name, content) for name, content in _parts(data)]
    )


def _part_twice(data: bytes, chance: random.Random) -> bytes:
    parts = _parts(data)
    if not parts:
        return data
    name, content = chance.choice(parts)
    return _pack([*parts, (name, _flip(content, chance))])


def _many_parts(data: bytes, chance: random.Random) -> bytes:
    count = chance.choice((50, 3000))
    return _pack(
        _parts(data) + [(f"xl/worksheets/sheet{n}.xml", b"<worksheet/>") for n in range(100, 100 + count)]
    )


def _bomb(data: bytes, chance: random.Random) -> bytes:
    parts = _parts(data)
    if not parts:
        return data
    place = chance.randrange(len(parts))
    filler = chance.choice((b"\x00", b" ", b"<c/>")) * chance.choice((1_000_000, 5_000_000))
    parts[place] = (parts[place][0], parts[place][1] + filler)
    return _pack(parts)


def _within(data: bytes, chance: random.Random) -> bytes:
    for depth in range(chance.choice((1, 2, 6))):
        data = _pack([(f"trong {depth}.{chance.choice(('zip', 'xlsx', 'eml'))}", data)])
    return data


def _directory(data: bytes, chance: random.Random) -> bytes:
    """Sizes, methods, offsets and checksums of the archive's directory that are not true."""
    broken = bytearray(data)
    heads = [found.start() for found in re.finditer(rb"PK\x01\x02", data)] or [0]
    for _ in range(chance.choice((1, 3))):
        head = chance.choice(heads)
        field, size = chance.choice(((8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (42, 4)))
        if head + field + size <= len(broken):
            value = chance.choice((0, 1, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)) % (1 << (8 * size))
            struct.pack_into("<H" if size == 2 else "<I", broken, head + field, value)
    return bytes(broken)


def _stored(data: bytes, chance: random.Random) -> bytes:
    return _pack(_parts(data), chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)))


_OF_ZIP: tuple[Way, ...] = (
    *(
        _in_part(way)
        for way in (
            _flip,
            _cut,
            _drop,
            _repeat,
            _insert,
            _nest,
            _huge_attribute,
            _entities,
            _numbers,
            _references,
            _types,
            _texts,
            _texts,
            _without_element,
            _without_element,
            _many_elements,
            _other_encoding,
        )
    ),
    _part_lost,
    _part_renamed,
    _part_twice,
    _many_parts,
    _bomb,
    _within,
    _directory,
    _directory,
    _stored,
    _flip,
    _cut,
    _drop,
    _repeat,
    _twice,
)

# -- compound files (.xls) -----------------------------------------------------------------------


def _header(data: bytes, chance: random.Random) -> bytes:
    broken = bytearray(data)
    for _ in range(chance.choice((1, 4))):
        place = chance.randrange(0, min(512, len(broken) - 4), 2)
        struct.pack_into("<H", broken, place, chance.choice((0, 1, 9, 12, 0xFFFE, 0xFFFF)))
    return bytes(broken)


def _sectors(data: bytes, chance: random.Random) -> bytes:
    broken = bytearray(data)
    for _ in range(chance.choice((1, 10, 100))):
        place = chance.randrange(0, max(4, len(broken) - 4), 4)
        value = chance.choice((0, 1, 2, 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF, chance.randrange(200)))
        struct.pack_into("<I", broken, place, value)
    return bytes(broken)


def _records(data: bytes, chance: random.Random) -> bytes:
    """Lengths and kinds of the records of a workbook's stream."""
    broken = bytearray(data)
    for found in re.finditer(rb"\xfd\x00\x0a\x00|\x03\x02\x0e\x00|\xfc\x00|\x09\x08", data):
        if chance.random() < 0.05 and found.end() + 2 <= len(broken):
            struct.pack_into("<H", broken, found.start() + 2, chance.choice((0, 1, 0x2020, 0xFFFF)))
    return bytes(broken)


_OF_COMPOUND: tuple[Way, ...] = (*_OF_BYTES, _header, _sectors, _sectors, _records)

# -- tables as text ------------------------------------------------------------------------------


def _quotes(data: bytes, chance: random.Random) -> bytes:
    return data.replace(
        chance.choice((b";", b",", b"\r\n")),
        chance.choice((b'"', b';"', b'""";', b"\t")),
        chance.choice((1, 50)),
    )


def _wide(data: bytes, chance: random.Random) -> bytes:
    return data + chance.choice((b";", b",", b"\n", b"\t")) * chance.choice((100, 100_000, 2_000_000))


def _recoded(data: bytes, chance: random.Random) -> bytes:
    words = data.decode("utf-8", "replace")
    return words.encode(chance.choice(("utf-16", "utf-16-le", "utf-8-sig", "cp1258", "utf-32")), "replace")


_OF_TEXT: tuple[Way, ...] = (*_OF_BYTES, _quotes, _wide, _recoded)

# -- mails ---------------------------------------------------------------------------------------


def mail_around(name: str, data: bytes, chance: random.Random) -> bytes:
    """A mail as offices write it, with the file attached."""
    encoded = base64.encodebytes(data)
    headers = (
        b"From: dau-moi@so-1.example\r\nTo: baocao@bo.example\r\nSubject: =?utf-8?B?QsOhbyBjw6Fv?=\r\n"
        b"Date: Wed, 12 Dec 2012 09:30:00 +0700\r\nMessage-ID: <%d@so-1.example>\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="b1"\r\n\r\n' % chance.randrange(10**9)
    )
    body = b"--b1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nK\xc3\xadnh g\xe1\xbb\xadi\r\n"
    part = (
        b"--b1\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        b"Content-Disposition: attachment; filename*=UTF-8''" + _quoted(name) + b"\r\n\r\n" + encoded
    )
    return headers + body + part + b"\r\n--b1--\r\n"


def _quoted(name: str) -> bytes:
    return "".join(f"%{byte:02X}" for byte in name.encode("utf-8", "replace")).encode()


def _lines(change: Callable[[list[bytes], random.Random], object], name: str) -> Way:
    def way(data: bytes, chance: random.Random) -> bytes:
        lines = data.split(b"\r\n")
        change(lines, chance)
        return b"\r\n".join(lines)

    way.__name__ = name
    return way


def _drop_line(lines: list[bytes], chance: random.Random) -> None:
    del lines[chance.randrange(min(len(lines), 25))]


def _odd_header(lines: list[bytes], chance: random.Random) -> None:
    odd = (
        b"Content-Type: text/plain; charset*",
        b"Content-Type: multipart/mixed",
        b"Content-Type: multipart/mixed; boundary=",
        b"Content-Type: message/rfc822",
        b"Content-Type: multipart/" + b"x" * 5000,
        b"Content-Transfer-Encoding: x-uuencode",
        b"Content-Transfer-Encoding: \xff\xfe",
        b"From: " + b"a@b.example," * 20_000,
        b"From: =?utf-8?Q?=FF=FE?= <x",
        b"Date: 99",
        b"Date: Wed, 31 Feb 20120 99:99:99 +9999",
        b"Message-ID: <<>>",
        b"Subject: =?x-unknown?B?????=",
        b"\x00: \x00",
        b"Content-Disposition: attachment; filename*0*=x''%; filename*1*=%ZZ; filename=\"..\\..\\a.xlsx\"",
        b'Content-Disposition: attachment; filename="' + b"a" * 100_000 + b'.xlsx"',
        b"References: " + b"<a@b>" * 20_000,
        b"Received: ;",
        b"Subject: " + b"=?utf-8?q?=C3?=" * 3000,
        b" folded",
        b"X" * 500_000,
    )
    lines.insert(chance.randrange(min(len(lines), 14)), chance.choice(odd))


def _deep(lines: list[bytes], chance: random.Random) -> None:
    depth = chance.choice((5, 200, 3000))
    wrapped: list[bytes] = []
    for n in range(depth):
        wrapped += [f'Content-Type: multipart/mixed; boundary="x{n}"'.encode(), b"", f"--x{n}".encode()]
    lines[:] = wrapped + lines


def _attached_mails(lines: list[bytes], chance: random.Random) -> None:
    depth = chance.choice((2, 50, 2000))
    lines[:] = [b"Content-Type: message/rfc822", b""] * depth + lines


_OF_MAIL: tuple[Way, ...] = (
    *_OF_BYTES,
    *(
        _lines(change, change.__name__)
        for change in (_drop_line, _odd_header, _odd_header, _odd_header, _deep, _attached_mails)
    ),
)
