"""Putting together what many offices wrote: statements that say the same are grouped, nothing is added."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz

from reporting.summary.data import Narrative

_BULLET = re.compile(r"^\s*(?:[-–—+*•·▪●]|\(?\d{1,2}[.)]|\(?[a-zđ][.)])\s+", re.IGNORECASE)
_NUMBERS = re.compile(r"\d+(?:[.,]\d+)*")
_WORDS = re.compile(r"[^\W\d_]+")
_LIKENESS = 92.0
"""How alike (0 to 100, order of words disregarded) two statements must be to count as one."""
_DECISIVE = frozenset(
    {"không", "chưa", "chẳng", "thiếu", "đủ", "ít", "nhiều", "tăng", "giảm", "khó", "dễ", "hết"}
)
"""Words that turn a statement round: two statements that differ in one of them never count as one."""


@dataclass(frozen=True)
class Statement:
    """What one or more offices wrote: the wording most of them used, and who they are, in list order."""

    text: str
    organization_ids: tuple[str, ...]


def statements(narratives: Iterable[Narrative]) -> list[Statement]:
    """Group the lines of `narratives` (in list order) that say the same.

    Most offices first, then in the order of the list. Lines with different numbers, or that differ in a
    word that turns them round, stay apart; the wording shown is one that an office wrote.
    """
    groups: list[_Group] = []
    for narrative in narratives:
        for line in _lines(narrative.body):
            entry = _Entry(line)
            for group in groups:
                if group.first.says_the_same(entry):
                    group.add(entry, narrative.organization_id)
                    break
            else:
                groups.append(_Group(entry, narrative.organization_id))
    ordered = sorted(groups, key=lambda g: -len(g.organization_ids))
    return [Statement(g.wording(), tuple(g.organization_ids)) for g in ordered]


class _Entry:
    def __init__(self, line: str) -> None:
        self.text = line
        words = _WORDS.findall(line.casefold())
        self.key = " ".join(words)
        self.numbers = Counter(_NUMBERS.findall(line))
        self.decisive = Counter(w for w in words if w in _DECISIVE)

    def says_the_same(self, other: _Entry) -> bool:
        return (
            self.numbers == other.numbers
            and self.decisive == other.decisive
            and fuzz.ratio(self.key, other.key) >= _LIKENESS
        )


class _Group:
    def __init__(self, first: _Entry, organization_id: str) -> None:
        self.first = first
        self.spellings = Counter([first.text])
        self.organization_ids = [organization_id]

    def add(self, entry: _Entry, organization_id: str) -> None:
        self.spellings[entry.text] += 1
        if organization_id not in self.organization_ids:
            self.organization_ids.append(organization_id)

    def wording(self) -> str:
        return self.spellings.most_common(1)[0][0]


def _lines(body: str) -> list[str]:
    """The statements of a text: its lines without bullets, blanks and closing marks."""
    cleaned = (
        _BULLET.sub("", unicodedata.normalize("NFC", line)).strip().rstrip(".;,")
        for line in body.splitlines()
    )
    return [" ".join(line.split()) for line in cleaned if _WORDS.search(line)]
