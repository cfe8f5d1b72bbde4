"""Names of offices: folding of spellings, exact resolution, and suggestions for a person.

A name resolves only if its folded key is exactly that of one office. Similar names of different provinces
are closer to each other than some misspellings are to the right one (Hà Giang and Hậu Giang, Bình Thuận and
Ninh Thuận), so that a similar name is a suggestion for a person and never a resolution.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

from rapidfuzz import fuzz, process
from unidecode import unidecode

OfficeWord = Literal["committee", "department"]

_WORD = re.compile(r"[a-z0-9]+")

# What may stand before the proper name of a province, folded.
_PREFIXES_SAYING: dict[OfficeWord | None, tuple[str, ...]] = {
    "committee": ("uy ban nhan dan", "ubnd", "u b n d"),
    "department": (
        "so thong tin va truyen thong",
        "so thong tin truyen thong",
        "so tt va tt",
        "so tt tt",
        "so tttt",
        "stttt",
        "so khoa hoc va cong nghe",
        "so khoa hoc cong nghe",
        "so kh va cn",
        "so kh cn",
        "so khcn",
    ),
    None: ("thanh pho truc thuoc trung uong", "thanh pho", "thu do", "tinh", "tp", "t p", "t"),
}
_PREFIXES: list[tuple[list[str], OfficeWord | None]] = sorted(
    ((prefix.split(), office) for office, prefixes in _PREFIXES_SAYING.items() for prefix in prefixes),
    key=lambda entry: -len(entry[0]),
)


def _words(name: str) -> list[str]:
    """The letters and digits of a name, word by word, in lower-case ASCII; U+0110 and U+00D0 give d."""
    return _WORD.findall(unidecode(unicodedata.normalize("NFC", name)).lower())


def _analyse(name: str) -> tuple[str, OfficeWord | None]:
    """Return the folded key and the kind of office that the prefix of the name says, if it says one."""
    words = _words(name)
    said: OfficeWord | None = None
    is_stripping = True
    while is_stripping:
        is_stripping = False
        for prefix, office in _PREFIXES:
            if len(words) > len(prefix) and words[: len(prefix)] == prefix:
                words = words[len(prefix) :]
                said = said or office
                is_stripping = True
                break
    return "".join(words), said


def fold(name: str) -> str:
    """Return the key under which spellings of one name meet.

    NFC, Đ and Ð to d, without diacritics (so that Hoà and Hòa meet), without prefixes such as tỉnh, TP.,
    UBND or Sở TT&TT, letters and digits only, lower case: "UBND tỉnh Thừa Thiên - Huế" gives
    "thuathienhue". Folding a key again changes nothing.
    """
    return _analyse(name)[0]


class NameIndex:
    """Finds the office that a written name means.

    It is best built over one kind of office at a time: a province's committee and its department share
    the folded key. Where several offices share a key, a name that says the kind ("UBND …", "Sở TT&TT …")
    narrows them; otherwise the name is ambiguous and resolves to nothing.
    """

    def __init__(self, spellings: Iterable[tuple[str, Iterable[str]]]) -> None:
        """Build from pairs of organization id and its spellings: names, short names, aliases."""
        self._offices: dict[str, set[str]] = defaultdict(set)
        self._office_words: dict[str, set[OfficeWord]] = defaultdict(set)
        self._analysed: dict[str, tuple[str, OfficeWord | None]] = {}  # most names are written as they are
        for organization_id, names in spellings:
            for name in names:
                key, office = self._analysed[name] = _analyse(name)
                if not key:
                    continue
                self._offices[key].add(organization_id)
                if office is not None:
                    self._office_words[organization_id].add(office)

    def resolve(self, name: str) -> str | None:
        """Return the id of the office whose folded name or alias is exactly that of ``name``.

        None if there is no such office, or more than one.
        """
        found = self.candidates(name)
        return next(iter(found)) if len(found) == 1 else None

    def candidates(self, name: str) -> set[str]:
        """Return the ids of all offices whose folded name or alias is exactly that of ``name``."""
        key, office = self._analysed.get(name) or _analyse(name)
        found = self._offices.get(key, set())
        if len(found) > 1 and office is not None:
            found = {candidate for candidate in found if office in self._office_words[candidate]}
        return set(found)

    def suggest(self, name: str, limit: int = 3) -> list[tuple[str, float]]:
        """Return up to ``limit`` offices with similar names and their likeness (0 to 100), the likest first.

        For a person to choose from, never for use without one.
        """
        best: dict[str, float] = {}
        likeness = process.extract(fold(name), list(self._offices), scorer=fuzz.ratio, limit=None)
        for key, score, _ in likeness:
            if not score:
                break
            for organization_id in sorted(self._offices[key]):
                best.setdefault(organization_id, score)
        return sorted(best.items(), key=lambda entry: (-entry[1], entry[0]))[:limit]
