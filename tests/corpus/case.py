"""A case of the corpus, and the hands with which workbooks are bent."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import openpyxl
from openpyxl.workbook import Workbook

from reporting.validation.models import CheckContext
from tests.unit.workbook.office import DONG_NAI, GOOD, Entries, context, fill, request_workbook, save

FOLDER = Path(__file__).parents[1] / "data" / "intake"
EXPECTED = FOLDER / "expected.yaml"
ACCEPTED, WARNED, MEND, UNREADABLE = "accepted", "accepted_with_warnings", "to_complete", "unreadable"
_STAMP = (2012, 12, 12, 8, 0, 0)
_SAVED_AT = datetime(2012, 12, 12, 8)  # noqa: DTZ001 - Excel's own stamp has no zone


@dataclass(frozen=True)
class Case:
    """A file as somebody sent it.

    `odd` says what is odd about it; `outcome` and `at` (rule and cells of each finding, the worst first) what
    is to come of it by the issue, written by hand; the exact words stand in expected.yaml. `owner`: whose
    answer it is, None where a person must decide. `against`: what it is checked against; those that name the
    same are one batch. `is_stored`: it lies in tests/data; else it is made at each run, because it is large.
    `is_foreign`: another program wrote it, so that making it again gives other bytes.
    """

    name: str
    odd: str
    build: Callable[[], bytes]
    outcome: str
    at: tuple[tuple[str, str | None], ...] = ()
    owner: str | None = DONG_NAI
    sender: str | None = DONG_NAI
    against: Callable[[], CheckContext] = context
    is_stored: bool = True
    is_foreign: bool = False

    @property
    def path(self) -> Path:
        """Where it lies."""
        return FOLDER / self.name

    def data(self) -> bytes:
        """The file: as it lies in tests/data, or made anew."""
        return self.path.read_bytes() if self.is_stored else self.build()


def typed(entries: Entries | None = None, *, reference_code: str = DONG_NAI) -> bytes:
    """A good answer with these cells typed over."""
    return stable(fill(request_workbook(reference_code), {**GOOD, **(entries or {})}))


def bent(
    hand: Callable[[Workbook], None], entries: Entries | None = None, data: bytes | None = None
) -> bytes:
    """A good answer (or `data`) opened in a program, changed by `hand`, saved."""
    book = openpyxl.load_workbook(io.BytesIO(data or typed(entries)), rich_text=True)
    hand(book)
    return stable(save(book))


def repacked(
    change: Callable[[str, bytes], bytes | None], data: bytes | None = None, **added: bytes
) -> bytes:
    """A good answer whose package is changed part by part: a part that `change` makes None is left out, those
    named are added (a double underline in a name for the slash).
    """
    parts: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(data or typed())) as package:
        for name in package.namelist():
            content = change(name, package.read(name))
            if content is not None:
                parts[name] = content
    return packed(parts | {name.replace("__", "/"): content for name, content in added.items()})


def packed(parts: Mapping[str, bytes], *, is_stored: bool = False) -> bytes:
    """A zip of these files, the same bytes each time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name, _STAMP)
            info.compress_type = zipfile.ZIP_STORED if is_stored else zipfile.ZIP_DEFLATED
            package.writestr(info, content)
    return buffer.getvalue()


def contents(data: bytes) -> object:
    """What a file holds, apart from how it is compressed: the parts of a zip, else the bytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if any(part.flag_bits & 1 for part in package.infolist()):
                return data
            return {name: package.read(name) for name in package.namelist()}
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, OSError):
        return data


def stable(data: bytes) -> bytes:
    """The same workbook without the moment at which it was saved."""
    stamp = _SAVED_AT.isoformat().encode() + b"Z"

    def still(name: str, content: bytes) -> bytes:
        if name != "docProps/core.xml":
            return content
        return re.sub(rb"(<dcterms:(?:modified|created)[^>]*>)[^<]*", rb"\g<1>" + stamp, content)

    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return packed({name: still(name, package.read(name)) for name in package.namelist()})


def sheet_xml(change: Callable[[bytes], bytes], number: int = 2, data: bytes | None = None) -> bytes:
    """A good answer with the XML of one sheet changed by hand."""
    part = f"xl/worksheets/sheet{number}.xml"
    return repacked(lambda name, content: change(content) if name == part else content, data)


def cell_xml(address: str, xml: str, data: bytes | None = None) -> bytes:
    """A good answer with one cell of the table of marks as this XML."""
    pattern = re.compile(rb'<c r="' + address.encode() + rb'"( s="\d+")?[^>]*?(?:/>|>.*?</c>)', re.DOTALL)

    def change(content: bytes) -> bytes:
        changed, count = pattern.subn(
            lambda found: xml.replace("<c ", f"<c {(found[1] or b'').decode()} ", 1).encode(), content
        )
        if count != 1:
            raise LookupError(f"there is no cell {address}")
        return changed

    return sheet_xml(change, data=data)


def cases_by_name(cases: Iterable[Case]) -> dict[str, Case]:
    """The cases by name. Raises ValueError where two have one name."""
    found: dict[str, Case] = {}
    for case in cases:
        if case.name in found:
            raise ValueError(f"two cases are called {case.name}")
        found[case.name] = case
    return found
