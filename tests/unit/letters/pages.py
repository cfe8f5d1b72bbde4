"""Pages as a reader sees them: a PDF's pages, and every word with its place, by poppler's pdftotext."""

from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape

import pytest

_PAGE = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', re.DOTALL)
_WORD = re.compile(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)</word>')

_NO_GAP = 0.6
"""Points; a blank is wider."""


@dataclass(frozen=True)
class Word:
    """A word and its place on the page, in points from the upper left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Page:
    """A page, in points."""

    width: float
    height: float
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """Its words in reading order of the file."""
        return " ".join(word.text for word in self.words)

    def find(self, phrase: str) -> tuple[Word, ...]:
        """The words of a phrase, where it stands first. Fails the test when it is not there."""
        wanted = phrase.split()
        texts = [word.text for word in self.words]
        for start in range(len(texts) - len(wanted) + 1):
            if texts[start : start + len(wanted)] == wanted:
                return self.words[start : start + len(wanted)]
        raise AssertionError(f"{phrase!r} does not stand on the page: {self.text}")

    def box(self, phrase: str) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of a phrase."""
        words = self.find(phrase)
        return (
            min(w.left for w in words), min(w.top for w in words),
            max(w.right for w in words), max(w.bottom for w in words),
        )  # fmt: skip


def pages(pdf: bytes) -> list[Page]:
    """The pages of a PDF. Skips the test where poppler is not installed."""
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext (poppler) is not installed")
    made = subprocess.run(
        [program, "-bbox", "-", "-"], input=pdf, capture_output=True, check=True, timeout=60
    )
    html = unicodedata.normalize("NFC", made.stdout.decode())
    return [
        Page(
            float(page[1]),
            float(page[2]),
            _joined(
                Word(unescape(w[5]), float(w[1]), float(w[2]), float(w[3]), float(w[4]))
                for w in _WORD.finditer(page[3])
            ),
        )
        for page in _PAGE.finditer(html)
    ]


def _joined(pieces: Iterable[Word]) -> tuple[Word, ...]:
    """Whole words: where a font lacks a letter, that of another one is a piece by itself, without a gap."""
    words: list[Word] = []
    for piece in pieces:
        last = words[-1] if words else None
        if (
            last
            and abs(piece.left - last.right) < _NO_GAP
            and piece.top < last.bottom
            and last.top < piece.bottom
        ):
            words[-1] = Word(
                last.text + piece.text,
                last.left,
                min(last.top, piece.top),
                piece.right,
                max(last.bottom, piece.bottom),
            )
        else:
            words.append(piece)
    return tuple(words)


def page_count(pdf: bytes) -> int:
    """How many pages a PDF has."""
    return len(pages(pdf))
