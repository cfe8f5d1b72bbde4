"""By what a report was rendered: its Word templates, the sentences of that day, the software.

They are kept in the report's snapshot beside what it says, so that a template or a sentence that is edited
later does not change what the report said.
"""

from __future__ import annotations

import functools
import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import ParamSpec

from reporting.documents.lifecycle import Draft
from reporting.letters.official import templates_as, templates_used
from reporting.summary.snapshot import RENDERING
from reporting.wording.catalogue import catalogue, worded_as

Parameters = ParamSpec("Parameters")

PARTS = ("ky-bao-cao", "docxtpl", "python-docx", "XlsxWriter", "matplotlib", "Jinja2")
"""The software and the libraries whose version may change the bytes of a file."""

_SENTENCES, _SOFTWARE, _TEMPLATES = (
    f"{RENDERING}{name}" for name in ("wording.json", "software.json", "templates/")
)
_DAY_OF_MEMBERS = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Means:
    """By what a report was rendered: template → file, key → sentence, part of the software → version. All
    empty where a snapshot keeps none.
    """

    templates: Mapping[str, bytes]
    sentences: Mapping[str, str]
    software: Mapping[str, str]


def keeps_means(render: Callable[Parameters, Draft]) -> Callable[Parameters, Draft]:
    """Let the snapshot among the files that `render` makes also keep by what they were rendered; one that
    keeps it already stays as it is.
    """

    @functools.wraps(render)
    def rendered(*arguments: Parameters.args, **named: Parameters.kwargs) -> Draft:
        with templates_used() as templates:
            draft = render(*arguments, **named)
        return replace(
            draft,
            files=tuple(
                replace(f, data=_with_means(f.data, templates)) if f.role == "snapshot" else f
                for f in draft.files
            ),
        )

    return rendered


def software() -> dict[str, str]:
    """The version of the software, and of the libraries on which the bytes of files depend."""
    versions = {}
    for part in PARTS:
        try:
            versions[part] = version(part)
        except PackageNotFoundError:
            continue
    return versions


def kept(snapshot: bytes) -> Means:
    """By what the report of this snapshot was rendered."""
    with zipfile.ZipFile(io.BytesIO(snapshot)) as archive:
        names = set(archive.namelist())
        templates = {name for name in names if name.startswith(_TEMPLATES)}

        def mapping(member: str) -> dict[str, str]:
            return dict(json.loads(archive.read(member))) if member in names else {}

        return Means(
            templates={name.removeprefix(_TEMPLATES): archive.read(name) for name in templates},
            sentences=mapping(_SENTENCES),
            software=mapping(_SOFTWARE),
        )


@contextmanager
def as_then(means: Means) -> Iterator[None]:
    """Render by the templates and sentences of then."""
    with templates_as(means.templates), worded_as(means.sentences):
        yield


def without_means(snapshot: bytes) -> bytes:
    """The snapshot without by what it was rendered; the same bytes for the same data."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(snapshot)) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as written,
    ):
        for entry in source.infolist():
            if not entry.filename.startswith(RENDERING):
                info = zipfile.ZipInfo(entry.filename, _DAY_OF_MEMBERS)
                info.compress_type = zipfile.ZIP_DEFLATED
                with source.open(entry) as member, written.open(info, "w", force_zip64=True) as copy:
                    shutil.copyfileobj(member, copy)
    return buffer.getvalue()


def _with_means(snapshot: bytes, templates: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO(snapshot)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        if _SOFTWARE in archive.namelist():
            return snapshot
        members = {f"{_TEMPLATES}{name}": data for name, data in sorted(templates.items())}
        members |= {_SENTENCES: _json(dict(catalogue())), _SOFTWARE: _json(software())}
        for name, data in members.items():
            info = zipfile.ZipInfo(name, _DAY_OF_MEMBERS)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return buffer.getvalue()


def _json(value: Mapping[str, str]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
