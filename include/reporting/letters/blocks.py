"""What a document's text is made of: paragraphs, lists, tables and pictures, and their form in Word.

Everything is written with Word's own styles, found by name, so that an officer changes them in the template.
What offices wrote is only ever text here: nothing in it is read as XML, as a place of a template or as
Markdown.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from docx.document import Document as DocumentObject
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Cm

BlockKind = Literal["body", "item", "lead", "subheading", "caption", "note", "table", "picture"]
Align = Literal["left", "center", "right"]

STYLES: dict[str, tuple[str, ...]] = {
    "body": ("VB Nội dung",),
    "item": ("VB Gạch đầu dòng", "VB Nội dung"),
    "lead": ("VB Câu dẫn", "VB Nội dung"),
    "subheading": ("VB Tiểu mục", "VB Nội dung"),
    "caption": ("VB Tên bảng", "VB Tiểu mục"),
    "note": ("VB Ghi chú", "VB Nội dung"),
    "picture": ("VB Hình", "VB Tên bảng"),
}
"""The Word style of each kind of paragraph; the next one where a template has not got it."""

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_MARGIN_TWIPS = 60
_TWIPS_PER_CM = 1440 / 2.54


@dataclass(frozen=True)
class Cell:
    """A cell of a table. `span`: over so many columns; `down`: first or further row of one over several."""

    text: str
    is_bold: bool = False
    align: Align = "left"
    span: int = 1
    down: Literal["", "first", "further"] = ""


Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """A table as printed: the first `heading_rows` are repeated on every page, the last `kept_rows` stay with
    what follows. `size` in points.
    """

    widths_cm: tuple[float, ...]
    rows: tuple[Row, ...]
    heading_rows: int = 1
    kept_rows: int = 0
    size: float = 11


@dataclass(frozen=True)
class Block:
    """A piece of a document's text. `text` is the paragraph, or what a picture shows in words; `draw` gives
    the picture as PNG, `width_cm` wide.
    """

    kind: BlockKind
    text: str = ""
    table: Table | None = None
    draw: Callable[[], bytes] | None = None
    width_cm: float = 16.0


def printable(value: str) -> str:
    """`value` in NFC without the characters that no Word or Excel file can hold."""
    return unicodedata.normalize("NFC", _NOT_IN_XML.sub("", value))


def heading_cells(headings: Iterable[str]) -> Row:
    """A row of headings."""
    return tuple(Cell(heading, is_bold=True, align="center") for heading in headings)


class Blocks:
    """Blocks in a template's place: `{{p answers.body }}`. Empty ones are false, for `{%p if … %}`.

    The place is kept while the template is filled, and the blocks are put there by `Printer` afterwards: they
    are never part of what Jinja reads.
    """

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = tuple(blocks)
        self._place = ""

    def __bool__(self) -> bool:
        return bool(self.blocks)

    def __html__(self) -> str:
        return f"<w:p><w:r><w:t>{self._place}</w:t></w:r></w:p>"

    __str__ = __html__

    def keep_place(self, place: str) -> None:
        """Remember by which words its place is found again."""
        self._place = place


class Printer:
    """Puts blocks into a document whose places were kept."""

    def __init__(self, document: DocumentObject) -> None:
        self._document = document
        self._ids: dict[str, str] = {}

    def put(self, listed: Iterable[Blocks], place_of: Callable[[int], str]) -> None:
        """Put each of `listed` where its place stands; one whose place the template lost is left out."""
        found = {place_of(number): blocks.blocks for number, blocks in enumerate(listed)}
        for paragraph in list(self._document.element.body.iter(_tag("p"))):
            words = "".join(t.text or "" for t in paragraph.iter(_tag("t")))
            blocks = found.get(words)
            if blocks is None:
                continue
            for element in self.elements(blocks):
                paragraph.addprevious(element)
            parent = paragraph.getparent()
            assert parent is not None  # it stands in the document's body
            parent.remove(paragraph)

    def elements(self, blocks: Sequence[Block]) -> Iterator[BaseOxmlElement]:
        """The blocks as Word has them."""
        for number, block in enumerate(blocks):
            if block.kind == "table":
                assert block.table is not None  # a block of that kind has one
                yield parse_xml(table_xml(block.table, self._style("Table Grid")))
                if number + 1 == len(blocks) or blocks[number + 1].kind == "table":
                    yield parse_xml(_spacer())
            elif block.kind == "picture":
                yield self._picture(block)
            else:
                yield parse_xml(self._paragraph(block))

    def _paragraph(self, block: Block) -> str:
        words = escape(printable(block.text), quote=False)
        return (
            f"<w:p {nsdecls('w')}><w:pPr>{self._style_xml(block.kind)}</w:pPr>"
            f'<w:r><w:t xml:space="preserve">{words}</w:t></w:r></w:p>'
        )

    def _picture(self, block: Block) -> BaseOxmlElement:
        assert block.draw is not None  # a block of that kind has one
        paragraph = parse_xml(
            f"<w:p {nsdecls('w')}><w:pPr>{self._style_xml('picture')}</w:pPr><w:r><w:drawing/></w:r></w:p>"
        )
        inline = self._document.part.new_pic_inline(io.BytesIO(block.draw()), Cm(block.width_cm))
        inline.docPr.set("descr", printable(block.text))
        paragraph[1][0].append(inline)
        return paragraph

    def _style_xml(self, kind: str) -> str:
        names = STYLES[kind]
        style = next((found for name in names if (found := self._style(name))), "")
        return f'<w:pStyle w:val="{style}"/>' if style else ""

    def _style(self, name: str) -> str:
        """The id of a style of the document; "" where it has none of that name."""
        if not self._ids:
            self._ids = {s.name: s.style_id for s in self._document.styles if s.name}
        return self._ids.get(name, "")


def table_xml(table: Table, style: str = "") -> str:
    """The table as a w:tbl element, written at once: as fast for long tables as for short ones."""
    columns = [round(width * _TWIPS_PER_CM) for width in table.widths_cm]
    parts = [
        f"<w:tbl {nsdecls('w')}><w:tblPr>",
        f'<w:tblStyle w:val="{escape(style)}"/>' if style else "",
        f'<w:tblW w:w="{sum(columns)}" w:type="dxa"/><w:jc w:val="center"/>{_borders()}'
        f'<w:tblLayout w:type="fixed"/>{_cell_margins()}</w:tblPr><w:tblGrid>',
        *(f'<w:gridCol w:w="{width}"/>' for width in columns),
        "</w:tblGrid>",
    ]
    half_points = round(table.size * 2)
    for number, row in enumerate(table.rows):
        is_heading = number < table.heading_rows
        is_kept = is_heading or number >= len(table.rows) - table.kept_rows
        parts.append(f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' if is_heading else ''}</w:trPr>")
        column = 0
        for cell in row:
            width = sum(columns[column : column + cell.span])
            column += cell.span
            parts.append(_cell_xml(cell, width, half_points, is_kept=is_kept))
        parts.append("</w:tr>")
    parts.append("</w:tbl>")
    return "".join(parts)


def _cell_xml(cell: Cell, width: int, half_points: int, *, is_kept: bool) -> str:
    span = f'<w:gridSpan w:val="{cell.span}"/>' if cell.span > 1 else ""
    down = {"": "", "first": '<w:vMerge w:val="restart"/>', "further": "<w:vMerge/>"}[cell.down]
    bold = "<w:b/>" if cell.is_bold else ""
    kept = "<w:keepNext/>" if is_kept else ""
    form = f'{bold}<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>'
    lines = printable(cell.text).split("\n")
    words = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line, quote=False)}</w:t>' for line in lines)
    run = f"<w:r><w:rPr>{form}</w:rPr>{words}</w:r>" if cell.text else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{span}{down}<w:vAlign w:val="center"/></w:tcPr>'
        f'<w:p><w:pPr>{kept}<w:spacing w:before="20" w:after="20"/><w:jc w:val="{cell.align}"/>'
        f"<w:rPr>{form}</w:rPr></w:pPr>{run}</w:p></w:tc>"
    )


def _borders() -> str:
    sides = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="auto"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    return f"<w:tblBorders>{sides}</w:tblBorders>"


def _cell_margins() -> str:
    sides = "".join(f'<w:{side} w:w="{_MARGIN_TWIPS}" w:type="dxa"/>' for side in ("left", "right"))
    return f"<w:tblCellMar>{sides}</w:tblCellMar>"


def _spacer() -> str:
    """A line of next to no height, which Word wants after a table."""
    return (
        f'<w:p {nsdecls("w")}><w:pPr><w:spacing w:before="0" w:after="0" w:line="120" w:lineRule="exact"/>'
        "</w:pPr></w:p>"
    )


def _tag(name: str) -> str:
    return f"{{http://schemas.openxmlformats.org/wordprocessingml/2006/main}}{name}"
