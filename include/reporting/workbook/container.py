"""The gate before reading: is it a workbook at all, small enough to be opened safely, and what is in it?"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

import python_calamine

from reporting.workbook.apart import ApartError, sheets_read_apart
from reporting.workbook.delimited import decoded, read_delimited
from reporting.workbook.package import MAX_CELLS, Package, Refusal, Refused, SheetPart, inspect
from reporting.workbook.values import CellValue

MAX_FILE_BYTES = 25 * 1024 * 1024
_WHOLE_BYTES = 6 * 1024 * 1024  # of XML; held whole, it takes some fifty times as much

Rows = Sequence[Sequence[CellValue]]
Area = tuple[tuple[int, int], tuple[int, int]]

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_OLE_WORKBOOKS = tuple(name.encode("utf-16-le") for name in ("Workbook", "Book"))
_OLE_DOCUMENTS = tuple(name.encode("utf-16-le") for name in ("WordDocument", "PowerPoint Document"))
_OLE_MESSAGE = "__properties_version1.0".encode("utf-16-le")  # a mail saved by Outlook
_OLE_MACROS = "_VBA_PROJECT".encode("utf-16-le")
# The first record of an .xls, perhaps a note of write protection, then the one that asks for the password.
_FILEPASS = re.compile(
    rb"\x09\x08(?:\x10\x00.{16}|\x08\x00.{8})(?:\x86\x00\x00\x00)?\x2f\x00[\x04-\xff]\x00", re.DOTALL
)
_OLD_WORKBOOK = re.compile(rb"\x09[\x00\x02\x04\x08][\x04\x06\x08]\x00")  # Excel 2 to 4, without a container
_ARCHIVES = (b"Rar!", b"7z\xbc\xaf'\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"MSCF")
_DOCUMENTS = (b"%PDF", b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"BM")
_MARKUP = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*(?:<!doctype html|<html|<table|<head|<meta|<body|<style|<div"
    r"|mime-version:|<\?mso-application|<workbook|<(?:ss:)?workbook|<office:document)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass
class Sheet:
    """A sheet as the sender sees it. Rows and columns count from zero; `merged` areas are first and last
    cell, both inclusive; `part` is what the sheet says besides its values.
    """

    name: str
    part: SheetPart
    merged: tuple[Area, ...]
    _rows: Rows | Callable[[], tuple[Rows, tuple[Area, ...]]] = field(repr=False)

    @property
    def rows(self) -> Rows:
        """The values; read at the first look."""
        if callable(self._rows):
            self._rows, self.merged = self._rows()
        return self._rows


@dataclass(frozen=True)
class Book:
    """The sheets of a file, in its order. `is_single_sheet`: a text file, which holds one sheet only."""

    sheets: tuple[Sheet, ...]
    has_macros: bool = False
    counts_from_1904: bool = False
    is_single_sheet: bool = False


def refuse(data: bytes) -> Refusal | None:
    """Why these bytes are not opened, as a variant of findings.rule.file_is_readable; None if they may be.

    A sheet with values too far out is refused here; `open_book` reads it without them.
    """
    try:
        package = _refused_or_package(data)
    except Refused as refused:
        return refused.reason
    if package is not None and any(sheet.far for sheet in package.sheets):
        return "too_large"
    return None


def openable_whole(data: bytes) -> bytes | None:
    """The bytes for a reader that holds a whole .xlsx in memory, styles and all: the file itself or, where
    its sheets are swollen with blank cells, a copy without these. None when even that would not fit, when
    values stand too far out, or for any other kind of file.
    """
    try:
        package = _refused_or_package(data)
    except Refused:
        return None
    if package is None or package.kind != "xlsx" or any(sheet.far for sheet in package.sheets):
        return None
    return package.data if sum(sheet.size for sheet in package.sheets) <= _WHOLE_BYTES else None


def open_book(data: bytes, filename: str) -> Book:
    """The sheets of a file: .xlsx, .xlsm, .xls, .xlsb, .ods, or one sheet as text (.csv, .tsv, .txt).

    Goes by the bytes, not by the name. Raises Refused when the file is not opened, or cannot be read.
    """
    if (rows := _text_rows(data)) is not None:
        return Book((Sheet(PurePath(filename).stem, SheetPart(), (), rows),), is_single_sheet=True)
    package = _refused_or_package(data)
    if package is None or package.kind != "xlsx" or package.is_large:
        return _read_apart(data, package)
    return _read_here(package)


def _refused_or_package(data: bytes) -> Package | None:
    """The package of a zipped workbook, None for an old one; raises Refused for anything else."""
    if not data:
        raise Refused("empty")
    if len(data) > MAX_FILE_BYTES:
        raise Refused("too_large")
    if data.startswith(b"PK"):
        return inspect(data)
    if data.startswith(_OLE):
        _refuse_ole(data)
        return None
    if _OLD_WORKBOOK.match(data):
        return None
    if data.startswith(_DOCUMENTS):
        raise Refused("document")
    if data.startswith(_ARCHIVES):
        raise Refused("archive")
    words = decoded(data[:4000])
    raise Refused("other_format" if words is not None and _MARKUP.match(words) else "not_a_workbook")


def _refuse_ole(data: bytes) -> None:
    if _ENCRYPTED_STREAM in data or _FILEPASS.search(data):
        raise Refused("encrypted")
    if any(name in data for name in _OLE_WORKBOOKS):
        return
    if any(name in data for name in _OLE_DOCUMENTS):
        raise Refused("document")
    raise Refused("not_a_workbook" if _OLE_MESSAGE in data else "damaged")


def _text_rows(data: bytes) -> Rows | None:
    """The rows of a text table; None for everything that is to be told something else."""
    if not data or data.startswith((b"PK", _OLE, *_DOCUMENTS, *_ARCHIVES)) or _OLD_WORKBOOK.match(data):
        return None
    words = decoded(data[:4000])
    if words is None or not words.strip() or _MARKUP.match(words):
        return None
    return read_delimited(data)


def _read_apart(data: bytes, package: Package | None) -> Book:
    try:
        found = sheets_read_apart(package.data if package else data)
    except ApartError as error:
        is_document = package is None and any(name in data for name in _OLE_DOCUMENTS)
        raise Refused("document" if is_document and error.reason == "damaged" else error.reason) from error
    parts = package.sheets if package else ()
    sheets = tuple(
        Sheet(name, parts[place] if len(parts) == len(found) else SheetPart(is_hidden), (), rows)
        for place, (name, is_hidden, rows) in enumerate(found)
    )
    return Book(
        sheets,
        package.has_macros if package else _OLE_MACROS in data,
        package.counts_from_1904 if package else False,
    )


def _read_here(package: Package) -> Book:
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(package.unpacked or package.data))
        listed = book.sheets_metadata
    except python_calamine.PasswordError as error:
        raise Refused("encrypted") from error
    except BaseException as error:
        raise _damaged(error) from error
    fits = len(listed) == len(package.sheets)
    budget = [MAX_CELLS]
    return Book(
        tuple(
            Sheet(
                meta.name,
                package.sheets[place] if fits else SheetPart(),
                (),
                _reader(book, meta.name, budget),
            )
            for place, meta in enumerate(listed)
            if meta.typ == python_calamine.SheetTypeEnum.WorkSheet
        ),
        package.has_macros,
        package.counts_from_1904,
    )


def _reader(
    book: python_calamine.CalamineWorkbook, name: str, budget: list[int]
) -> Callable[[], tuple[Rows, tuple[Area, ...]]]:
    def read() -> tuple[Rows, tuple[Area, ...]]:
        try:
            sheet = book.get_sheet_by_name(name)
            budget[0] -= sheet.total_height * sheet.total_width
            if budget[0] < 0:
                raise Refused("too_large")
            return sheet.to_python(skip_empty_area=False), tuple(sheet.merged_cell_ranges or ())
        except Refused:
            raise
        except BaseException as error:
            raise _damaged(error) from error

    return read


def _damaged(error: BaseException) -> Exception:
    """What a foreign file made the reader raise; its panics are no Exception. All else is passed on."""
    if isinstance(error, Exception) or type(error).__name__ == "PanicException":
        return Refused("damaged")
    raise error
