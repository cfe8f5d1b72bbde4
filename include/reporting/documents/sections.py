"""The sections of a draft as its preview shows them: headings, their numbers, and what stands below each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from unidecode import unidecode

from reporting.wording.catalogue import text

_ROMAN = re.compile(r"(?=[IVX])X{0,3}(?:IX|IV|V?I{0,3})")
_NUMBERED = re.compile(
    rf"(?P<part>[Pp]hần\s+|PHẦN\s+)?(?P<number>{_ROMAN.pattern}|\d{{1,2}})(?:[.)]\s*|\s+|$)(?P<title>.*)"
)
_MARKED_UP = re.compile(r"#{1,6}\s+(?P<hashed>.+)|\*\*(?P<bold>[^*]+)\*\*")
_WORDS_BEFORE_NUMBERS = re.compile(r"\b(?:phần|mục|điểm|khoản|chương|tiểu mục)\b", re.IGNORECASE)
_VALUES = {"I": 1, "V": 5, "X": 10}

SHORTEST_BEGINNING = 5
"""So many letters of a heading's beginning may stand for it."""


@dataclass(frozen=True)
class Heading:
    """A heading with the numbers of those above it and its own: ("I", "II", "1"); () where it has none."""

    words: str
    path: tuple[str, ...]


@dataclass(frozen=True)
class DraftSection:
    """A heading and the paragraphs below it, up to the next heading; "" heads what stands before the first
    one.
    """

    heading: str
    paragraphs: tuple[str, ...]


def sections(body_markdown: str) -> list[DraftSection]:
    """The sections of a preview, in order. A heading is a line of Markdown's (#) or a paragraph in bold; a
    part's number and its title, which stand one below the other, are one.
    """
    found: list[tuple[str, list[str]]] = [("", [])]
    for paragraph in (p.strip() for p in re.split(r"\n\s*\n", body_markdown)):
        heading = _heading(paragraph)
        if heading is None:
            if paragraph:
                found[-1][1].append(paragraph)
        elif _is_bare_part(found[-1][0]) and not found[-1][1]:
            found[-1] = (f"{found[-1][0]} {heading}", found[-1][1])
        else:
            found.append((heading, []))
    return [DraftSection(heading, tuple(listed)) for heading, listed in found if heading or listed]


def text_of_report(listed: Sequence[DraftSection]) -> list[DraftSection]:
    """Those sections that are the document's own text: what follows the heading under which the preview shows
    it; all where there is no such heading.
    """
    head = _heading(text("preview.body"))
    for place, section in enumerate(listed):
        if section.heading == head:
            own = DraftSection("", section.paragraphs)
            return [*([own] if own.paragraphs else []), *listed[place + 1 :]]
    return list(listed)


def numbered(headings: Sequence[str]) -> list[Heading]:
    """The headings with their numbers: "Phần I", below it "II.", below it "1."."""
    found: list[Heading] = []
    above: list[tuple[int, str]] = []
    for words in headings:
        match = _NUMBERED.match(words)
        if match is None:
            found.append(Heading(words, ()))
            continue
        number = match["number"]
        level = 0 if match["part"] else 2 if number.isdigit() else 1
        above = [(other, n) for other, n in above if other < level] + [(level, number)]
        found.append(Heading(words, tuple(n for _, n in above)))
    return found


def section_named(given: str, headings: Sequence[Heading]) -> str | None:
    """The heading that a person means by its number ("II.1", "Phần II mục 1") or by its words, or their
    beginning; None for none and for more than one.
    """
    plain = _WORDS_BEFORE_NUMBERS.sub(" ", given).strip()
    tokens = tuple(token.upper() for token in re.split(r"[\s.,/)\-]+", plain) if token)
    if tokens and all(token.isdigit() or _ROMAN.fullmatch(token) for token in tokens):
        is_part = bool(re.search(r"\bphần\b", given, re.IGNORECASE))
        values = tuple(map(_value, tokens))
        whole = [h for h in headings if h.path and tuple(map(_value, h.path)) == values]
        ends = [h for h in headings if h.path[-len(tokens) :] == tokens]
        for chosen in (whole, ends) if is_part else (ends, whole):
            if len(chosen) == 1:
                return chosen[0].words
        return None
    wanted = _folded(given)
    same = [h for h in headings if wanted in (_folded(h.words), _folded(_title(h.words)))]
    if wanted and not same and len(wanted) >= SHORTEST_BEGINNING:
        same = [h for h in headings if _folded(_title(h.words)).startswith(wanted)]
    return same[0].words if wanted and len(same) == 1 else None


def _heading(paragraph: str) -> str | None:
    match = _MARKED_UP.fullmatch(paragraph)
    return None if match is None else " ".join((match["hashed"] or match["bold"]).split())


def _is_bare_part(heading: str) -> bool:
    match = _NUMBERED.match(heading)
    return match is not None and bool(match["part"]) and not match["title"]


def _title(words: str) -> str:
    match = _NUMBERED.match(words)
    return words if match is None else match["title"]


def _folded(words: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", unidecode(words).lower()))


def _value(number: str) -> int:
    """The value of an Arabic or Roman number up to 39."""
    if number.isdigit():
        return int(number)
    values = [_VALUES[letter] for letter in number]
    return sum(-v if v < after else v for v, after in zip(values, [*values[1:], 0], strict=True))
