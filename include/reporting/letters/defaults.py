"""The texts of letters that a cycle uses where its regime has none: include/letters/defaults.yaml."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from reporting import plain_yaml
from reporting.regimes.models import LetterText
from reporting.settings import INCLUDE

FILE = INCLUDE / "letters" / "defaults.yaml"


def default_letter(name: str) -> LetterText:
    """The default text of a letter: request_letter, urging_letter, escalation_letter, notice_letter,
    erratum_letter, replacement_letter or recall_letter.

    Raises LookupError naming those there are, ValueError naming file and place where the file is malformed.
    """
    found = _texts(FILE)
    if name not in found:
        raise LookupError(f"{FILE} has no letter {name!r}; it has: {', '.join(found)}.")
    return found[name]


@lru_cache(maxsize=4)
def _texts(file: Path) -> dict[str, LetterText]:
    content = plain_yaml.load(unicodedata.normalize("NFC", file.read_text("utf-8")))
    found = {}
    for name, entry in content.items():
        try:
            found[name] = LetterText.model_validate(entry)
        except ValidationError as error:
            places = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise ValueError(f"{file}, {name}: {places}") from error
    return found
