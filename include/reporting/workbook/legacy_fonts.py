"""Texts typed with the fonts that came before Unicode: TCVN3 (.VnTime) and VNI (VNI-Times).

They come as Latin letters and signs that make no Vietnamese word; they are converted only when what comes out
does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Literal, NamedTuple

Encoding = Literal["TCVN3", "VNI"]

# The upper half of TCVN 5712:1993 as its fonts use it; capitals with tones have fonts of their own.
_TCVN3 = dict(
    zip(
        "¡¢£¤¥¦§¨©ª«¬\u00ad®µ¶·¸¹»¼½¾ÆÇÈÉÊËÌÎÏÐÑÒÓÔÕÖ×ØÜÝÞßáâãäåæçèéêëìíîïñòóôõö÷øùúûüýþ",
        "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
        strict=True,
    )
)

# VNI puts the tone, or tone and hat, as a letter of its own behind the vowel.
_TONES = dict(zip("øùûõï", "\u0300\u0301\u0309\u0303\u0323", strict=True))
_HATS = {
    **{sign: "\u0302" + tone for sign, tone in zip("âàáåãä", ("", *_TONES.values()), strict=True)},
    **{sign: "\u0306" + tone for sign, tone in zip("êèéúüë", ("", *_TONES.values()), strict=True)},
}


def _vni() -> dict[str, str]:
    table = {"ô": "ơ", "ö": "ư", "ñ": "đ", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}
    bases = {"a": "a", "e": "e", "o": "o", "u": "u", "y": "y", "ô": "ơ", "ö": "ư"}
    for typed, base in bases.items():
        for sign, tone in _TONES.items():
            table[typed + sign] = unicodedata.normalize("NFC", base + tone)
    for base in "aeo":
        for sign, marks in _HATS.items():
            if marks[0] == "\u0302" or base == "a":
                table[base + sign] = unicodedata.normalize("NFC", base + marks)
    capitals = {key.upper(): value.upper() for key, value in table.items()}
    mixed = {key[0].upper() + key[1:]: value.upper() for key, value in table.items() if len(key) > 1}
    return {**mixed, **capitals, **table}


_VNI = _vni()
_TABLES: Mapping[Encoding, Mapping[str, str]] = {"TCVN3": _TCVN3, "VNI": _VNI}
_PATTERNS = {
    encoding: re.compile("|".join(re.escape(key) for key in sorted(table, key=len, reverse=True)))
    for encoding, table in _TABLES.items()
}
_HINT = re.compile("[" + re.escape("".join(_TCVN3) + "".join(_VNI)) + "]")
_BEYOND = re.compile("[^\u0000-\u00ff\u2010-\u203a]")
_BETWEEN_WORDS = re.compile(r"[\s!-@\[-`{-~\u00a0\u2010-\u203a]+")
_TONE_MARKS = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
_SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnpqrstvx])?"
    r"(?:oai|oay|oao|oeo|uây|uya|uyê|uyu|iêu|yêu|uôi|ươi|ươu|[io]a|iê|yê|ua|uô|uơ|ưa|ươ|oă|oe|oo|uâ|uê|uy"
    r"|ai|ao|au|ay|âu|ây|eo|êu|iu|oi|ôi|ơi|ui|ưi|ưu|[aăâeêioôơuưy])"
    r"(?:ch|ng|nh|[cmnpt])?"
)


class Recognised(NamedTuple):
    """A text that was typed with an old font, and what it says."""

    encoding: Encoding
    text: str


def may_be_legacy(words: str) -> bool:
    """A quick look: whether `recognise` is worth asking."""
    return not words.isascii() and _BEYOND.search(words) is None and _HINT.search(words) is not None


def recognise(words: str, *, at_least: int = 2) -> Recognised | None:
    """What a text in an old encoding says, in Unicode (NFC); None unless it surely is one.

    Sure means: every word with a letter beyond ASCII becomes a Vietnamese syllable, at least one of them was
    none before, and there are `at_least` such words.
    """
    if not may_be_legacy(words):
        return None
    typed = [word for word in _BETWEEN_WORDS.split(words) if not word.isascii()]
    if len(typed) < at_least or all(_is_syllable(word) for word in typed):
        return None
    for encoding in _TABLES:
        if all(_is_syllable(converted(word, encoding)) for word in typed):
            return Recognised(encoding, converted(words, encoding))
    return None


def converted(words: str, encoding: Encoding) -> str:
    """The text in Unicode, NFC."""
    table = _TABLES[encoding]
    return unicodedata.normalize("NFC", _PATTERNS[encoding].sub(lambda m: table[m.group()], words))


def _is_syllable(word: str) -> bool:
    """Whether it is spelt as a Vietnamese syllable is, with one tone at most."""
    letters = unicodedata.normalize("NFD", word.casefold())
    bare, tones = _TONE_MARKS.subn("", letters)
    return tones <= 1 and _SYLLABLE.fullmatch(unicodedata.normalize("NFC", bare)) is not None
