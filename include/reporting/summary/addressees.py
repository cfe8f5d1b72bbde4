"""Whom the proposals of offices are for: the Government, other ministries, the ministry that reports."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from reporting import plain_yaml
from reporting.data_files import data_file
from reporting.settings import INCLUDE
from reporting.wording.catalogue import text

GROUPS = ("government", "others", "ministry", "nobody_named")
"""Whom proposals are for, in the order of the report."""

_FILE = INCLUDE / "addressees.yaml"
_BOUND = r"(?!\w)"


def addressee_of(proposal: str, *, ministry: str, unit: str = "") -> str:
    """The one of GROUPS that `proposal` asks by name right behind "Đề nghị" or a word like it; of several the
    first. `ministry` is the full name of the one that reports, `unit` that of its unit.
    """
    rules = data_file(_FILE)
    asked = _asking(rules).match(_nfc(proposal))
    if asked is None:
        return "nobody_named"
    behind = _nfc(proposal)[asked.end() :]
    for group, pattern in _patterns(rules, _nfc(ministry), _nfc(unit)).items():
        if pattern.match(behind):
            return group
    named = _named(rules).match(behind)
    if named is None:
        return "nobody_named"
    if behind[named.end() :][:1].isupper():
        return "others"
    # its kind with no name behind it: "Đề nghị Bộ tổ chức …"
    return "ministry" if named[1].casefold() == ministry.partition(" ")[0].casefold() else "nobody_named"


@lru_cache(maxsize=4)
def _parsed(content: bytes) -> Mapping[str, Any]:
    rules: Mapping[str, Any] = plain_yaml.load(_nfc(content.decode("utf-8")))
    return rules


@lru_cache(maxsize=4)
def _asking(content: bytes) -> re.Pattern[str]:
    rules = _parsed(content)
    return re.compile(
        rf"\W*(?:{_either(rules['asks'])}){_BOUND}\s*(?:(?:{_either(rules['before'])}){_BOUND}\s*)*",
        re.IGNORECASE,
    )


@lru_cache(maxsize=8)
def _patterns(content: bytes, ministry: str, unit: str) -> dict[str, re.Pattern[str]]:
    rules = _parsed(content)
    own = [*rules["ministry"], *_spellings(ministry), *([unit] if unit else [])]
    return {
        group: re.compile(rf"(?:{_either(phrases)}){_BOUND}", re.IGNORECASE)
        for group, phrases in (
            ("government", rules["government"]), ("ministry", own), ("others", rules["others"])
        )
    }  # fmt: skip


@lru_cache(maxsize=4)
def _named(content: bytes) -> re.Pattern[str]:
    return re.compile(rf"({_either(_parsed(content)['named'])}){_BOUND}\s*")


def _spellings(name: str) -> list[str]:
    """A ministry's name, and its initials with and without the sign for "and": Bộ TT&TT, Bộ TTTT."""
    kind, *words = name.split()
    conjunction = text("dates.list.conjunction")
    initials = "".join("&" if word == conjunction else word[0].upper() for word in words)
    return [name, f"{kind} {initials}", f"{kind} {initials.replace('&', '')}"]


def _either(phrases: Iterable[str]) -> str:
    """A pattern of any of the phrases, the longest first."""
    escaped = (re.escape(_nfc(phrase)).replace(r"\ ", r"\s+") for phrase in phrases)
    return "|".join(sorted(escaped, key=len, reverse=True))


def _nfc(value: str) -> str:
    return unicodedata.normalize("NFC", value)
