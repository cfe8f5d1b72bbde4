"""Whether a signed file says what was approved: its text against the text of the approved draft.

The draft's text is read from its Word file, the signed text from the glyphs of the PDF and the places where
they stand: LibreOffice draws accented letters of another font after the rest of a line, so the order in which
a PDF draws its text is not the order in which a person reads it.

What is not compared: white space, hyphenation, the forms of dashes and quotation marks, page numbers, what
the records office fills into the blanks of number, day and month, visible signatures and stamps, and in which
column of a table something stands.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice, pairwise
from statistics import median
from typing import Any, Literal

from reporting.wording.catalogue import text

Outcome = Literal["same", "differs", "unread"]

_TOKEN = re.compile(r"\w+|[^\w\s]")
_FILLER = re.compile(r"\.{3,}|_{2,}|\u00ad")
_FORMS = str.maketrans(
    dict.fromkeys("‐‑‒–—―−", "-") | dict.fromkeys("“”„″", '"') | dict.fromkeys("‘’‚′", "'")
)
_PAGE_NUMBER = re.compile(r"-?\s*\d{1,4}\s*-?")
_WATERMARKS = ("draft", "rehearsal", "internal")
_SIGNATURE_LINE = re.compile(
    r"(người ký|ký bởi|ký số bởi|ký ngày|ngày ký|thời gian ký|giờ ký|cơ quan|email|e-mail"
    r"|digitally signed by|signature not verified|date|reason|location)\s*:",
    re.IGNORECASE,
)
_PRINTED_NUMBER = re.compile(r"\bSố\s*:\s*(\d{1,6})\s*/\s*([\w&.]+(?:\s*-\s*[\w&.]+)*)")
_PRINTED_DATE = re.compile(r",\s*ngày\s+(\d{1,2})\s+tháng\s+(\d{1,2})\s+năm\s+(\d{4})")
_BLANKS = {("ngày", "tháng"), ("tháng", "năm"), (":", "/"), ("số", "/"), ("Số", "/")}
"""Words between which the draft leaves room for a number, a day or a month."""

_READABLE_SHARE = 0.2
"""A file with less than this share of the draft's words holds no text layer, only the text of its stamps."""

_SHOWN, _CONTEXT_WORDS, _SHOWN_WORDS, _BETWEEN_WORDS = 8, 4, 30, 1
_SAME_LINE, _WORD_GAP = 0.35, 0.08  # shares of a glyph's height


@dataclass(frozen=True)
class Comparison:
    """What the check found. `differences` are lines for the person, one per place, at most a handful.

    `number` and `dated` are what the signed file prints in its head, None where it was not found there.
    """

    outcome: Outcome
    differences: tuple[str, ...] = ()
    number: str | None = None
    dated: date | None = None

    @property
    def difference(self) -> str | None:
        """The differences as one text, a line for each; None where there are none."""
        return "\n".join(self.differences) or None


@dataclass(frozen=True)
class _Word:
    """A word, number or sign. `row` is the table row in which it stands; None in the body."""

    said: str
    row: int | None = None


@dataclass(frozen=True)
class _Draft:
    words: tuple[_Word, ...]
    margins: frozenset[str]  # texts of page heads and feet
    headings: tuple[Counter[str], ...]  # what Word repeats on each page of a table: each row, all its rows


def compare(drafts: Sequence[bytes], signed: bytes) -> Comparison:
    """Compare the approved Word files (letter first, then what is printed behind it) with the signed file.

    `signed` is a PDF, or in a rehearsal without LibreOffice the Word file itself. The outcome is `unread`
    when either side holds no text that can be read: a scan, a sample, a broken file. Never raises for a bad
    file.
    """
    approved = _read_drafts(drafts)
    lines = read_lines(signed)
    if approved is None or lines is None or not approved.words:
        return Comparison("unread")
    kept = [line for line in lines if not _is_margin(line, approved)]
    words = [word for line in kept for word in _words(line)]
    if len(words) < _READABLE_SHARE * len(approved.words):
        return Comparison("unread")
    number, dated = _printed(" ".join(kept[:40]))
    differences = _differences(approved, words)
    return Comparison("differs" if differences else "same", tuple(differences), number, dated)


def read_lines(data: bytes, most_pages: int | None = None) -> list[str] | None:
    """The text of a PDF line by line, as it is read, of its first `most_pages`; of a Word file its paragraphs
    and rows of tables in their order. None where it cannot be opened; a scan has no line.
    """
    return _pdf_lines(data, most_pages) if data.startswith(b"%PDF") else _docx_lines(data)


# --- reading both sides
# ---------------------------------------------------------------------------------------


def _fold(value: str) -> str:
    return _FILLER.sub(" ", unicodedata.normalize("NFKC", value.translate(_FORMS)))


def _words(line: str) -> list[str]:
    return _TOKEN.findall(_fold(line))


def _read_drafts(files: Sequence[bytes]) -> _Draft | None:
    words: list[_Word] = []
    margins: set[str] = set()
    tables: list[list[Counter[str]]] = [[]]  # the heading rows of each table
    row = 0
    for data in files:
        document = _open_docx(data)
        if document is None:
            return None
        for section in document.sections:
            for part in (
                section.header, section.footer, section.first_page_header, section.first_page_footer,
            ):  # fmt: skip
                margins |= {_flat(p.text) for p in part.paragraphs if p.text.strip()}
        for block, is_heading, in_table in _blocks(document.element.body):
            row += in_table
            said = [_Word(word, row if in_table else None) for word in _words(block)]
            words += said
            if is_heading:
                tables[-1].append(Counter(word.said for word in said))
            elif tables[-1]:
                tables.append([])
    headings = [heading for rows in tables if rows for heading in (*rows, sum(rows, Counter()))]
    return _Draft(tuple(words), frozenset(margins), tuple(headings))


def _open_docx(data: bytes) -> Any:
    from docx import Document  # slow to import

    try:
        return Document(io.BytesIO(data))
    except (zipfile.BadZipFile, KeyError, ValueError, OSError):
        return None


def _blocks(element: Any) -> Iterator[tuple[str, bool, bool]]:
    """(text, is repeated on each page, is a table row) of paragraphs and table rows in reading order."""
    from docx.oxml.ns import qn
    from docx.text.paragraph import Paragraph

    for child in element.iterchildren():
        if child.tag == qn("w:p"):
            yield Paragraph(child, None).text, False, False  # type: ignore[arg-type]
        elif child.tag == qn("w:tbl"):
            for tr in child.iterchildren(qn("w:tr")):
                cells = (" ".join(block for block, _, _ in _blocks(tc)) for tc in tr.iterchildren(qn("w:tc")))
                is_heading = tr.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None
                yield " ".join(cells), is_heading, True
        elif child.tag in (qn("w:sdt"), qn("w:sdtContent"), qn("w:ins")):
            yield from _blocks(child)


def _docx_lines(data: bytes) -> list[str] | None:
    document = _open_docx(data)
    return None if document is None else [block for block, _, _ in _blocks(document.element.body)]


@dataclass(frozen=True)
class _Glyph:
    said: str
    left: float
    right: float
    baseline: float
    height: float


def _pdf_lines(data: bytes, most_pages: int | None) -> list[str] | None:
    """The lines of a PDF as they are read, page by page; None where it cannot be opened."""
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        return None
    try:
        lines: list[str] = []
        for page in islice(pdf, most_pages):
            lines += _lines_of(_glyphs(page))
        return lines
    except pypdfium2.PdfiumError:
        return None
    finally:
        pdf.close()


def _glyphs(page: Any) -> list[_Glyph]:
    """What is printed upright on a page; neither blanks nor a watermark across it."""
    import ctypes

    from pypdfium2 import raw

    text_page = page.get_textpage()
    found = []
    x, y = ctypes.c_double(), ctypes.c_double()
    for index in range(text_page.count_chars()):
        said = chr(raw.FPDFText_GetUnicode(text_page, index))
        if said.isspace() or not said.isprintable() or raw.FPDFText_IsGenerated(text_page, index) == 1:
            continue
        if abs(raw.FPDFText_GetCharAngle(text_page, index)) > 0.1:
            continue
        left, bottom, right, top = text_page.get_charbox(index, loose=True)
        raw.FPDFText_GetCharOrigin(text_page, index, x, y)
        found.append(_Glyph(said, left, right, y.value, top - bottom))
    return found


def _lines_of(glyphs: Sequence[_Glyph]) -> Iterator[str]:
    """Glyphs on one baseline, from left to right, with a blank wherever there is room for one."""
    line: list[_Glyph] = []
    for glyph in sorted(glyphs, key=lambda g: -g.baseline):
        if line and line[0].baseline - glyph.baseline > _SAME_LINE * median(g.height for g in line):
            yield _spelt(line)
            line = []
        line.append(glyph)
    if line:
        yield _spelt(line)


def _spelt(line: Sequence[_Glyph]) -> str:
    ordered = sorted(line, key=lambda g: g.left)
    said = ordered[0].said
    for before, glyph in pairwise(ordered):
        gap = glyph.left - before.right
        said += (" " if gap > _WORD_GAP * min(glyph.height, before.height) else "") + glyph.said
    return said


def _is_margin(line: str, approved: _Draft) -> bool:
    """Whether a line is no part of the text: page number, page foot, watermark, visible signature."""
    flat = _flat(line)
    return (
        _PAGE_NUMBER.fullmatch(flat) is not None
        or flat in approved.margins
        or flat in {_flat(text(f"letters.watermark.{key}")) for key in _WATERMARKS}
        or _SIGNATURE_LINE.match(flat) is not None
    )


def _flat(line: str) -> str:
    return " ".join(_fold(line).split())


def _printed(head: str) -> tuple[str | None, date | None]:
    folded = _fold(head)
    number, dated = _PRINTED_NUMBER.search(folded), _PRINTED_DATE.search(folded)
    try:
        day = date(int(dated[3]), int(dated[2]), int(dated[1])) if dated else None
    except ValueError:
        day = None
    return (f"{number[1]}/{''.join(number[2].split())}" if number else None), day


# --- telling them apart
# ---------------------------------------------------------------------------------------


@dataclass
class _Place:
    """A run of words that one side says otherwise, where it stands in each."""

    approved: list[int]
    signed: list[int]
    at: tuple[int, int]
    rows: tuple[int | None, ...]


def _differences(approved: _Draft, signed: Sequence[str]) -> list[str]:
    places = _places(approved.words, signed)
    _settle_rows(approved, signed, places)
    _fill_blanks(approved, signed, places)
    told = _merged([place for place in places if not _is_spelling(approved.words, signed, place)])
    lines = [_told(approved.words, signed, place) for place in told[:_SHOWN]]
    if len(told) > _SHOWN:
        lines.append(text("documents.difference.more", count=len(told) - _SHOWN))
    return lines


def _places(approved: Sequence[_Word], signed: Sequence[str]) -> list[_Place]:
    from rapidfuzz.distance import Indel

    places: list[_Place] = []
    end: tuple[int, int] | None = None
    for step in Indel.opcodes([w.said for w in approved], list(signed)):
        if step.tag == "equal":
            continue
        a1, a2, s1, s2 = step.src_start, step.src_end, step.dest_start, step.dest_end
        rows = (
            approved[a1 - 1].row if a1 else None,
            *(approved[a].row for a in range(a1, a2)),
            approved[a2].row if a2 < len(approved) else None,
        )
        if end == (a1, s1):
            last = places[-1]
            last.approved += range(a1, a2)
            last.signed += range(s1, s2)
            last.rows += rows
        else:
            places.append(_Place([*range(a1, a2)], [*range(s1, s2)], (a1, s1), rows))
        end = (a2, s2)
    return places


def _settle_rows(approved: _Draft, signed: Sequence[str], places: list[_Place]) -> None:
    """Take out what only stands in another order within a row of a table: cells are read one after the other
    in a Word file, line by line across the row in a PDF. Repeated headings of a table go too.
    """
    missing: dict[int, dict[str, list[tuple[_Place, int]]]] = {}
    for place in places:
        for index in place.approved:
            word = approved.words[index]
            if word.row is not None:
                missing.setdefault(word.row, {}).setdefault(word.said, []).append((place, index))
    for place in places:
        if set(place.rows) == {None}:
            continue
        for position in list(place.signed):
            for row in dict.fromkeys(r for r in place.rows if r is not None):
                candidates = missing.get(row, {}).get(signed[position])
                if candidates:
                    other, index = candidates.pop()
                    other.approved.remove(index)
                    place.signed.remove(position)
                    break
        left = Counter(signed[position] for position in place.signed)
        for heading in approved.headings:
            if heading and left == heading:
                place.signed.clear()


def _fill_blanks(approved: _Draft, signed: Sequence[str], places: list[_Place]) -> None:
    """Take out the digits that the records office wrote where the draft leaves room for them."""
    said = [word.said for word in approved.words]
    room = Counter(pair for pair in pairwise(said) if pair in _BLANKS)
    for place in places:
        for position in list(place.signed):
            if not signed[position].isdigit() or not 0 < position < len(signed) - 1:
                continue
            pair = (signed[position - 1], signed[position + 1])
            if room[pair] > 0:
                room[pair] -= 1
                place.signed.remove(position)


def _merged(places: Sequence[_Place]) -> list[_Place]:
    """Places with hardly a word between them as one: a date that differs in day and month is told once."""
    merged: list[_Place] = []
    for place in places:
        last = merged[-1] if merged else None
        if last is not None and all(
            0 <= _begin(place, side) - _end(last, side) <= _BETWEEN_WORDS for side in (0, 1)
        ):
            last.approved += place.approved
            last.signed += place.signed
        else:
            merged.append(place)
    return merged


def _begin(place: _Place, side: int) -> int:
    indexes = (place.approved, place.signed)[side]
    return indexes[0] if indexes else place.at[side]


def _end(place: _Place, side: int) -> int:
    indexes = (place.approved, place.signed)[side]
    return indexes[-1] + 1 if indexes else place.at[side]


def _is_spelling(approved: Sequence[_Word], signed: Sequence[str], place: _Place) -> bool:
    """Whether both sides say the same letters here, set apart or hyphenated otherwise."""
    before = "".join(approved[a].said for a in place.approved)
    after = "".join(signed[s] for s in place.signed)
    return before.replace("-", "") == after.replace("-", "")


def _told(approved: Sequence[_Word], signed: Sequence[str], place: _Place) -> str:
    return text(
        "documents.difference.place",
        approved=_excerpt([w.said for w in approved], place.approved, place.at[0]),
        signed=_excerpt(signed, place.signed, place.at[1]),
    )


def _excerpt(words: Sequence[str], indexes: Sequence[int], at: int) -> str:
    """The words of a place with some before and after them; an empty mark where one side says nothing."""
    first, end = (indexes[0], indexes[-1] + 1) if indexes else (at, at)
    middle = _joined(words[first : min(end, first + _SHOWN_WORDS)]) or text("documents.difference.nothing")
    cut = " …" if end - first > _SHOWN_WORDS else ""
    before = _joined(words[max(0, first - _CONTEXT_WORDS) : first])
    after = _joined(words[end : end + _CONTEXT_WORDS])
    return text("documents.difference.excerpt", before=before, middle=middle + cut, after=after).strip()


def _joined(words: Iterable[str]) -> str:
    said = re.sub(r"\s+([,.;:!?)\]/])", r"\1", " ".join(words))
    return re.sub(r"([(\[/])\s+", r"\1", said)
