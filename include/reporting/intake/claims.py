"""Whose answer a file says that it is, before anything but its signature is read."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

from reporting.settings import settings
from reporting.workbook.identity import WorkbookIdentity, verify

_TOKEN = re.compile(rb"(?<![\w.-])\.?[A-Za-z0-9_-]{40,4000}\.[A-Za-z0-9_-]{27}(?![\w-])")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FIRST_PARTS = ("xl/sharedStrings.xml", "content.xml")
_SHEETS = re.compile(r"xl/worksheets/[^/]+\.xml")
_MOST_BYTES = 32 * 1024 * 1024
_MOST_TOKENS = 20


def signed_identity(data: bytes) -> WorkbookIdentity | None:
    """The identity in a workbook that is signed with our key; None where there is none to be found.

    Never raises for a bad file, and unpacks no more than 32 MB of it; nothing else in it is looked at.
    """
    key = settings().signing_key.get_secret_value()
    for number, token in enumerate(_tokens(data)):
        reading = verify(token.decode("ascii"), key)
        if reading.state == "valid":
            return reading.identity
        if number >= _MOST_TOKENS:
            break
    return None


def named_code(data: bytes) -> str | None:
    """The look-up code that the signature in a workbook names, if there is one."""
    identity = signed_identity(data)
    return None if identity is None else identity.reference_code


def _tokens(data: bytes) -> Iterator[bytes]:
    if data.startswith(_OLE):
        yield from _TOKEN.findall(data)
        return
    if not data.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = package.namelist()
            parts = [name for name in _FIRST_PARTS if name in names]
            # ours is the last sheet
            parts += reversed([name for name in names if _SHEETS.fullmatch(name)])
            left = _MOST_BYTES
            for name in parts:
                with package.open(name) as part:
                    content = part.read(left)
                yield from _TOKEN.findall(content)
                left -= len(content)
                if left <= 0:
                    return
    except Exception:  # whatever a foreign file makes the unpacker raise: it names nobody
        return
