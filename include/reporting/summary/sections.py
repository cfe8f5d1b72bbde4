"""The outline of a report: its sections in order, each with a code, number and heading, and what it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reporting.documents.lifecycle import Figure
from reporting.documents.section_texts import NamedSection, SectionText
from reporting.letters.blocks import Block
from reporting.letters.text import escape
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import short_date

PARTS: Mapping[str, tuple[str, ...]] = {
    "": ("opening",),
    "results": (
        "answers",
        "contents",
        "quantities",
        "proposals_table",
        "follow_up",
        "highlights",
        "changes",
    ),
    "assessment": ("achieved", "limits", "causes"),
    "directions": ("directions",),
    "proposals": ("proposals",),
    "end": ("closing",),
}
"""The parts of a report and the codes of their sections. Opening and closing stand in none; a part of one
section of its own code is that section.
"""
CODES = tuple(code for codes in PARTS.values() for code in codes)


@dataclass(frozen=True)
class Section:
    """A section of a report. `number` is I, II … within its part, the part's own (Phần III) where it is a
    part by itself, "" for opening and closing, or where the section says nothing.
    """

    code: str
    number: str
    heading: str
    blocks: tuple[Block, ...]
    figures: tuple[Figure, ...] = ()

    @property
    def has_figures(self) -> bool:
        """Whether computed figures stand in it."""
        return bool(self.figures)

    @property
    def is_part(self) -> bool:
        """Whether it is a part by itself."""
        return self.code in PARTS and bool(self.heading)

    @property
    def title(self) -> str:
        """Number and heading as the preview and the Word file show them; "" for opening and closing."""
        if not self.heading or not self.number:
            return self.heading
        if self.is_part:
            return f"{self.number} {self.heading}"
        return text("report.section_heading", number=self.number, heading=self.heading)


def part_of_section(code: str) -> str:
    """The part in which a section stands."""
    return next(part for part, codes in PARTS.items() if code in codes)


def arranged(sections: Iterable[Section], texts: Sequence[SectionText]) -> tuple[Section, ...]:
    """The sections with the unit's own wordings in them, numbered; those that say nothing have no number.

    A wording that stands in place of a section takes its figures from it.
    """
    own = {t.section: t for t in texts}
    return renumbered([_with_text(section, own.get(section.code)) for section in sections])


def renumbered(sections: Iterable[Section]) -> tuple[Section, ...]:
    """The sections with their numbers in this order: I, II … within each part, parts one after another."""
    listed = list(sections)
    parts = part_numbers(listed)
    counts: dict[str, int] = {}
    numbered = []
    for section in listed:
        number = ""
        if section.heading and section.blocks:
            part = part_of_section(section.code)
            counts[part] = counts.get(part, 0) + 1
            number = parts[part] if section.is_part else roman(counts[part])
        numbered.append(replace(section, number=number))
    return tuple(numbered)


def part_numbers(sections: Iterable[Section]) -> dict[str, str]:
    """ "Phần I", "Phần II" … of the parts of which a section says something, in the order of the sections."""
    said = (part_of_section(section.code) for section in sections if section.blocks)
    parts = dict.fromkeys(part for part in said if part not in ("", "end"))
    return {part: text("report.part", number=roman(place)) for place, part in enumerate(parts, 1)}


def named(sections: Iterable[Section]) -> list[NamedSection]:
    """The sections as a person names them; without opening and closing, which have no heading."""
    return [NamedSection(s.code, s.title, s.has_figures) for s in sections if s.heading]


def markdown(sections: Iterable[Section]) -> list[str]:
    """The text of the sections as paragraphs of Markdown: headings in bold, tables as tables, pictures by
    what they show.
    """
    found: list[str] = []
    part = ""
    sections = list(sections)
    numbers = part_numbers(sections)
    for section in sections:
        if not section.blocks:
            continue
        now = part_of_section(section.code)
        if now != part and now not in ("", "end"):
            found.append(f"**{escape(numbers[now])}**")
            found.append(f"**{escape(text(f'report.parts.{now}'))}**")
        part = now
        if section.title and not section.is_part:
            found.append(f"**{escape(section.title)}**")
        for block in section.blocks:
            found.append(block_markdown(block))
    return found


def own_texts(sections: Iterable[Section], texts: Sequence[SectionText]) -> list[str]:
    """Which wordings in the sections are the unit's own, by whom, as Markdown for the preview; [] for
    none.
    """
    titles = {section.code: section.title or section.code for section in sections}
    lines = [
        text(
            f"preview.own_text_{own.mode}",
            section=escape(titles.get(own.section, own.section)),
            by=escape(own.entered_by),
            date=short_date(own.entered_at),
        )
        for own in texts
    ]
    return ["\n".join([text("preview.own_texts"), "", *lines])] if lines else []


def figures(sections: Iterable[Section]) -> tuple[Figure, ...]:
    """The figures of all sections, each once, where it stands first."""
    found: dict[str, Figure] = {}
    for section in sections:
        for figure in section.figures:
            found.setdefault(figure.code, figure)
    return tuple(found.values())


def roman(number: int) -> str:
    """I, II, III, IV … for numbers from 1 to 39."""
    tens, ones = divmod(number, 10)
    return "X" * tens + ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")[ones]


def _with_text(section: Section, own: SectionText | None) -> Section:
    if own is None:
        return section
    written = tuple(Block("body", paragraph) for paragraph in own.paragraphs)
    if own.mode == "replace":
        return replace(section, blocks=written, figures=())
    return replace(section, blocks=(*section.blocks, *written))


def block_markdown(block: Block) -> str:
    """A block as Markdown: a table as one, a picture by what it shows."""
    if block.kind == "table":
        assert block.table is not None  # a block of that kind has one
        rows = [" | ".join(escape(cell.text) for cell in row) for row in block.table.rows]
        width = len(block.table.widths_cm)
        return "\n".join([f"| {rows[0]} |", "|" + "---|" * width, *(f"| {row} |" for row in rows[1:])])
    words = escape(block.text)
    if block.kind == "subheading":
        return f"**{words}**"
    if block.kind in {"picture", "caption", "note"}:
        return f"*{words}*"
    return words
