"""The message catalogue: the sentences that officials read, kept as data in ``include/wording/*.yaml``.

A key is the file's name and the path inside the file, joined by dots; the file may write its own name or
leave it off, and may nest or write in one piece: ``states.obligation.completed`` stands in ``states.yaml`` as
``obligation: completed: …`` or as ``states.obligation.completed: …``. A template may hold
``{placeholders}``. No key may stand twice.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

from reporting import plain_yaml

FOLDER = Path(__file__).resolve().parents[2] / "wording"


class WordingError(LookupError):
    """A sentence is missing, unreadable or lacks a value; the message names key, file and remedy."""


class _UniqueKeyLoader(plain_yaml.Loader):
    """Refuses a mapping that holds one key twice, which YAML would let pass with the last one winning."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands here a second time", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


@lru_cache(maxsize=4096)
def _placeholders(template: str) -> frozenset[str]:
    fields = (field for _, field, _, _ in Formatter().parse(template))
    return frozenset(re.split(r"[.\[]", field)[0] for field in fields if field is not None)


def _leaves(node: object, path: str, file: Path) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if not isinstance(key, str):
                raise WordingError(f"{file}, under {path!r}: the key {key!r} is not text; put it in quotes")
            yield from _leaves(value, f"{path}.{key}" if path else key, file)
    elif isinstance(node, str):
        template = unicodedata.normalize("NFC", node)
        try:
            _placeholders(template)
        except ValueError as error:
            raise WordingError(
                f"{file}, {path!r}: {error}; a literal brace is written twice: {{{{ or }}}}"
            ) from error
        yield path, template
    else:
        raise WordingError(f"{file}, {path!r}: {node!r} is not text; put it in quotes")


def read(file: Path) -> dict[str, str]:
    """Read one catalogue file: full key to template, NFC.

    Raises WordingError if the file is not YAML, holds a key twice or something other than text.
    """
    try:
        node = yaml.load(file.read_text("utf-8"), Loader=_UniqueKeyLoader)
    except yaml.YAMLError as error:
        raise WordingError(f"{file}: not readable as YAML: {error}") from error
    if not isinstance(node, dict):
        raise WordingError(f"{file}: expected a mapping of keys to sentences")
    entries: dict[str, str] = {}
    for path, template in _leaves(node, "", file):
        key = path if path.split(".")[0] == file.stem else f"{file.stem}.{path}"
        if key in entries:
            raise WordingError(
                f"{file}: the key {key!r} stands there twice, nested and in one piece; keep one"
            )
        entries[key] = template
    return entries


_FORMER: ContextVar[Mapping[str, str] | None] = ContextVar("former_sentences", default=None)


@cache
def of_today() -> dict[str, str]:
    """Every sentence as the files have them, read once per process."""
    entries: dict[str, str] = {}
    for file in sorted(FOLDER.glob("*.yaml")):
        entries.update(read(file))
    return entries


def catalogue() -> Mapping[str, str]:
    """Return every sentence of ``include/wording``: full key to template; within `worded_as`, as it was then.

    Raises WordingError if a file is not readable.
    """
    former = _FORMER.get()
    return of_today() if former is None else former


@contextmanager
def worded_as(sentences: Mapping[str, str]) -> Iterator[None]:
    """Let `text` speak as `sentences` (a former `catalogue`) have it; those that it lacks are today's."""
    token = _FORMER.set({**of_today(), **sentences})
    try:
        yield
    finally:
        _FORMER.reset(token)


def text(key: str, **values: object) -> str:
    """Return the sentence ``key`` with its placeholders filled, NFC; values it does not use are ignored.

    Raises WordingError for an unknown key or a placeholder without a value.
    """
    entries = catalogue()
    if key not in entries:
        raise WordingError(f"there is no sentence {key!r}; add it to {FOLDER / key.split('.')[0]}.yaml")
    template = entries[key]
    if not _placeholders(template) <= values.keys():
        missing = sorted(_placeholders(template) - values.keys())
        raise WordingError(f"the sentence {key!r} needs values for: {', '.join(missing)}")
    return unicodedata.normalize("NFC", template.format(**values))
