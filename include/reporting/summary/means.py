"""By what a report was rendered: its Word templates, the sentences and data files of that day, the software.

They are kept in the report's snapshot beside what it says, so that a template, a sentence or a data file (the
topics, the scorecard) that is edited later does not change what the report said.
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

from reporting.data_files import data_files_as, data_files_used
from reporting.documents.lifecycle import Draft
from reporting.letters.official import templates_as, templates_used
from reporting.summary.snapshot import RENDERING
from reporting.wording.catalogue import catalogue, worded_as

Parameters = ParamSpec("Parameters")

PARTS = ("ky-bao-cao", "docxtpl", "python-docx", "XlsxWriter", "matplotlib", "Jinja2")
"""The software and the libraries whose version may change the bytes of a file."""

_SENTENCES, _SOFTWARE, _TEMPLATES, _FILES = (
    f"{RENDERING}{name}" for name in ("wording.json", "software.json", "templates/", "files/")
)
_DAY_OF_MEMBERS = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Means:
    """By what a report was rendered: template → file, key → sentence, part of the software → version, data
    file under include/ → content. All empty where a snapshot keeps none.
    """

    templates: Mapping[str, bytes]
    sentences: Mapping[str, str]
    software: Mapping[str, str]
    files: Mapping[str, bytes]


def keeps_means(render: Callable[Parameters, Draft]) -> Callable[Parameters, Draft]:
    """Let the snapshot among the files that `render` makes also keep by what they were rendered; one that
    keeps it already stays as it is.
    """

    @functools.wraps(render)
    def rendered(*arguments: Parameters.args, **named: Parameters.kwargs) -> Draft:
        with templates_used() as templates, data_files_used() as files:
            draft = render(*arguments, **named)
        return replace(
            draft,
            files=tuple(
                replace(f, data=_with_means(f.data, templates, files)) if f.role == "snapshot" else f
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

        def under(folder: str) -> dict[str, bytes]:
            return {n.removeprefix(folder): archive.read(n) for n in names if n.startswith(folder)}

        def mapping(member: str) -> dict[str, str]:
            return dict(json.loads(archive.read(member))) if member in names else {}

        return Means(
            templates=under(_TEMPLATES),
            sentences=mapping(_SENTENCES),
            software=mapping(_SOFTWARE),
            files=under(_FILES),
        )


@contextmanager
def as_then(means: Means) -> Iterator[None]:
    """Render by the templates, sentences and data files of then."""
    with templates_as(means.templates), worded_as(means.sentences), data_files_as(means.files):
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


def _with_means(snapshot: bytes, templates: Mapping[str, bytes], files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO(snapshot)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        if _SOFTWARE in archive.namelist():
            return snapshot
        members = {f"{_TEMPLATES}{name}": data for name, data in sorted(templates.items())}
        members |= {f"{_FILES}{name}": data for name, data in sorted(files.items())}
        members |= {_SENTENCES: _json(dict(catalogue())), _SOFTWARE: _json(software())}
        for name, data in members.items():
            info = zipfile.ZipInfo(name, _DAY_OF_MEMBERS)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return buffer.getvalue()


def _json(value: Mapping[str, str]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
