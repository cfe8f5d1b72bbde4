"""Compares a generated letter with the letter as issued, word by word, block by block.

Both are read into the same blocks. White space is folded and emphasis left off; case, marks and spelling are
compared as they are. Words of requests that the regime gives as data are told apart from generated ones.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from docx import Document
from docx.document import Document as DocumentObject
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

BLOCKS = (
    "national",
    "number",
    "subject",
    "place_date",
    "addressees",
    "body",
    "copies",
    "signature",
    "attachments",
    "lists",
)
"""The blocks of a letter, in the order in which they are reported."""

_PLACE_DATE = re.compile(r"Hà Nội, ngày.*?năm \d{4}")
_NUMBER = re.compile(r"Số:\s*\S*?\s*/\s*[A-ZĐ]+-[A-ZĐ]+")
_PART = re.compile(r"(?:[IVX]+\.|Danh sách gửi|Phụ lục$|DANH SÁCH|BẢNG THEO DÕI)")


@dataclass(frozen=True)
class Difference:
    """Words of the issued letter and those that stand in their place in ours; either may be empty."""

    block: str
    issued: str
    ours: str


@dataclass
class Comparison:
    """What was found: words of both sides and those that agree, of the generated text and of all of it."""

    differences: list[Difference]
    generated: tuple[int, int, int]
    whole: tuple[int, int, int]

    @property
    def generated_ratio(self) -> float:
        """Share of words that agree in what is generated, from 0 to 1, as difflib counts it."""
        return _ratio(self.generated)

    @property
    def whole_ratio(self) -> float:
        """The same over the whole letter, requests included."""
        return _ratio(self.whole)


def _ratio(counts: tuple[int, int, int]) -> float:
    issued, ours, alike = counts
    return 2 * alike / (issued + ours)


def issued_lines(text: str) -> list[str]:
    """The lines of a letter as extracted: a paragraph each, entries of lists and headings by themselves."""
    plain = re.sub(r"</?b>", "", text).replace("\\*", "*\u200b")
    plain = re.sub(r"\*{2,}", "\n", plain)
    plain = re.sub(r"\*(?!\u200b)", "", plain).replace("\u200b", "")
    plain = re.sub(r"\n[ \t]*(?=- |\d+\. |Nơi nhận:|[IVX]+\. )", "\n\n", plain)
    return [folded for part in re.split(r"\n[ \t]*\n", plain) if (folded := " ".join(part.split()))]


def our_lines(data: bytes) -> list[str]:
    """The lines of a generated letter in reading order; its tables' rows of a list as "1. Office"."""
    document: DocumentObject = Document(io.BytesIO(data))
    lines: list[str] = []
    for child in document.element.body.iterchildren():
        if child.tag.endswith("}p"):
            lines += Paragraph(child, document).text.split("\n")
        elif child.tag.endswith("}tbl"):
            lines += _table_lines(Table(child, document))
    return [folded for line in lines if (folded := " ".join(line.split()))]


def _table_lines(table: Table) -> Iterable[str]:
    rows = [_distinct(row.cells) for row in table.rows]
    if rows[0] == ["STT", "Tên cơ quan"]:
        yield from (f"{number}. {office}" for number, office in rows[1:])
    elif len(table.columns) > 2:
        seen = [cell for row in table.rows for cell in row.cells]
        yield from (" ".join(_distinct(seen)).split("\n"))
    else:
        yield from (line for row in rows for cell in row for line in cell.split("\n"))


def _distinct(cells: Iterable[_Cell]) -> list[str]:
    """The texts of cells, those of merged cells once."""
    return [cell.text for cell in {id(cell._tc): cell for cell in cells}.values()]


def blocks(lines: Sequence[str]) -> dict[str, list[str]]:
    """The lines by block; blocks that the letter does not have are left out."""
    found: dict[str, list[str]] = {}
    head: list[str] = []
    state = "head"
    for line in lines:
        if line.startswith("Kính gửi"):
            state = "addressees"
        elif state == "addressees" and not line.startswith("- "):
            state = "body"
        if state == "body" and line.startswith("Nơi nhận"):
            state = "copies"
        elif state == "copies" and line.startswith("KT."):
            state = "signature"
        elif state in {"signature", "attachments"} and line.startswith("Văn bản gửi kèm"):
            state = "attachments"
        elif state in {"signature", "attachments"} and _PART.match(line):
            state = "lists"
        (head if state == "head" else found.setdefault(state, [])).append(line)
    return _head(" ".join(head)) | found


def _head(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for block, pattern in (("place_date", _PLACE_DATE), ("number", _NUMBER)):
        match = pattern.search(text)
        if match:
            found[block] = [re.sub(r"\s*/\s*", "/", match[0])]
            text = text[: match.start()] + " " + text[match.end() :]
    before, mark, subject = text.partition("V/v ")
    if before.strip():
        found["national"] = [before]
    if mark:
        found["subject"] = [mark + subject]
    return found


def list_items(lines: Sequence[str]) -> list[str]:
    """The entries of lists as they stand: headings and numbered names."""
    return [line for line in lines if re.match(r"(\d+|[IVX]+)\. ", line)]


def compare(issued: Sequence[str], ours: Sequence[str], given: Sequence[str]) -> Comparison:
    """Compare two letters given as lines; `given` are our lines whose text the regime gives as data.

    Blocks that the extract of the issued letter lost (its head) are not compared.
    """
    left, right = blocks(issued), blocks(ours)
    differences: list[Difference] = []
    counts = {"generated": [0, 0, 0], "whole": [0, 0, 0]}
    as_given = set(given)
    for block in BLOCKS:
        if block not in left and block in {"national", "number", "subject", "place_date"}:
            continue
        a = [word for line in left.get(block, ()) for word in line.split()]
        marked = [(word, line not in as_given) for line in right.get(block, ()) for word in line.split()]
        b = [word for word, _ in marked]
        matcher = SequenceMatcher(None, a, b, autojunk=False)
        alike = [0, 0]
        for tag, i1, i2, j1, j2 in matcher.get_opcodes():
            if tag == "equal":
                generated = sum(is_generated for _, is_generated in marked[j1:j2])
                alike[0] += generated
                alike[1] += j2 - j1
            else:
                differences.append(Difference(block, " ".join(a[i1:i2]), " ".join(b[j1:j2])))
        matched_given = alike[1] - alike[0]
        for place, added in enumerate(
            (len(a) - matched_given, sum(is_generated for _, is_generated in marked), alike[0])
        ):
            counts["generated"][place] += added
        for place, added in enumerate((len(a), len(b), alike[1])):
            counts["whole"][place] += added
    generated, whole = (tuple(counts[key]) for key in ("generated", "whole"))
    return Comparison(differences, generated, whole)  # type: ignore[arg-type]
