"""The gate before reading: is it a workbook at all, and small enough to be opened safely?"""

from __future__ import annotations

import io
import re
import zipfile
import zlib

MAX_FILE_BYTES = 25 * 1024 * 1024
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_PARTS = 2000
MAX_ROWS = 20_000
MAX_COLUMNS = 500

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_WORKSHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_FILLED_CELL = re.compile(
    rb"<(?:\w+:)?c\s[^>]*?\br=\"([A-Z]{1,3})([0-9]{1,7})\"[^>]*(?<!/)>\s*<(?:\w+:)?(?:v|is|f)\b[^>]*(?<!/)>(?!</)"
)


def refuse(data: bytes) -> str | None:
    """Why these bytes are not opened, as a variant of findings.rule.file_is_readable; None if they may be."""
    if not data:
        return "empty"
    if len(data) > MAX_FILE_BYTES:
        return "too_large"
    if data.startswith(_OLE):
        return "encrypted" if _ENCRYPTED_STREAM in data else None
    if not data.startswith(b"PK"):
        return "not_a_workbook"
    try:
        return _refuse_package(data)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError):
        return "damaged"


def _refuse_package(data: bytes) -> str | None:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = package.infolist()
        if any(part.flag_bits & 0x1 for part in parts):
            return "encrypted"
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
            return "too_large"
        names = {part.filename.lower() for part in parts}
        if not names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
            return "not_a_workbook"
        for part in parts:
            if _WORKSHEET.fullmatch(part.filename) and _is_too_wide(package.read(part)):
                return "too_large"
    return None


def _is_too_wide(xml: bytes) -> bool:
    """Whether a value stands so far out that the range of the sheet would not fit into memory."""
    for match in _FILLED_CELL.finditer(xml):
        column = 0
        for letter in match.group(1):
            column = column * 26 + letter - 64
        if int(match.group(2)) > MAX_ROWS or column > MAX_COLUMNS:
            return True
    return False
