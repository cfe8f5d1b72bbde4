"""Sheets that an office saved as text: values parted by commas, semicolons or tabs, in any usual encoding."""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata

from reporting.workbook.layout import SEPARATOR, TAG

MAX_BYTES = 4 * 1024 * 1024
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = ";,\t"
_VISIBLE_CONTROLS = "\t\r\n\f\v"


def read_delimited(data: bytes) -> list[list[str]] | None:
    """The rows of a text table, NFC; None when the bytes are no text, or text without columns.

    Encodings: UTF-8 with or without a mark, UTF-16, windows-1258. The delimiter is the one that parts the
    tags, or else the most frequent one.
    """
    words = decoded(data) if len(data) <= MAX_BYTES else None
    if words is None:
        return None
    head = next((line for line in words.splitlines() if TAG + SEPARATOR in line), words[:20_000])
    delimiter = max(_DELIMITERS, key=head.count)
    if head.count(delimiter) == 0:
        return None
    try:
        rows = list(csv.reader(io.StringIO(words, newline=""), delimiter=delimiter))
    except csv.Error:
        return None
    return [[unicodedata.normalize("NFC", cell) for cell in row] for row in rows]


def decoded(data: bytes) -> str | None:
    """The text that the bytes hold; None when they hold none."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _strictly(data, encoding)
    zeros = data[:2000].count(0)
    if zeros:
        even = data[:2000:2].count(0)
        return _strictly(data, "utf-16-le" if even * 2 < zeros else "utf-16-be")
    return _strictly(data, "utf-8") or _strictly(data, "cp1258")


def _strictly(data: bytes, encoding: str) -> str | None:
    try:
        words = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    is_text = not any(
        unicodedata.category(letter) in ("Cc", "Cn", "Cs") and letter not in _VISIBLE_CONTROLS
        for letter in words[:20_000]
    )
    return words if is_text else None
