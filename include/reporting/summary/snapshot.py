"""What a report says, stored: the report is rendered from this and can be rendered from it again, as of then.

A snapshot is a zip with fixed dates: header.json, and for each kind of record a file of one JSON object a
line. The same data make the same bytes. Records are read line by line, so that a cycle of ten thousand
offices needs no more memory than one of sixty.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from functools import lru_cache
from itertools import islice
from typing import Any, Generic, TypeVar, get_type_hints

from pydantic import TypeAdapter
from sqlalchemy import Connection

from reporting.documents.section_texts import section_texts
from reporting.forms.models import Form
from reporting.regimes.models import Regime
from reporting.summary import intake_record
from reporting.summary.data import (
    ListRow,
    Mark,
    Narrative,
    Number,
    Office,
    Replaced,
    SentMessage,
    SignedReport,
    Submission,
    SummaryData,
    load_live,
)
from reporting.summary.intake_record import IntakeRecord

Record = TypeVar("Record")

FORMAT = 1
"""Of the stored form; a reader of a later one must go on reading this one."""
MEDIA_TYPE = "application/zip"
RENDERING = "rendering/"
"""Members of a snapshot that tell by what a report was rendered (summary.means), not what it says."""

_RECORDS: Mapping[str, type[Any]] = {
    "marks": Mark,
    "numbers": Number,
    "list_rows": ListRow,
    "narratives": Narrative,
    "submissions": Submission,
    "signed_reports": SignedReport,
    "messages": SentMessage,
}
"""Fields of SummaryData that are stored as records, by the class of these."""
_INTAKE: Mapping[str, type[Any]] = {
    "findings": intake_record.ReportedFinding,
    "conflicts": intake_record.ReportedConflict,
    "differences": intake_record.ReportedDifference,
    "files": intake_record.ReportedFile,
    "contributions": intake_record.ReportedContribution,
}
_INTERNAL = ("reminder_effects", "previous_scores", "follow_ups")
"""Fields for the ministry's own sheets alone: stored, but no part of what an approval rests on."""
_ASIDE = frozenset({*_RECORDS, *_INTERNAL, "offices", "intake", "totals", "regime", "form", "snapshot"})
_INTERNAL_MEMBER = "internal.json"
_DAY_OF_MEMBERS = (1980, 1, 1, 0, 0, 0)
_READ_AT_ONCE = 500
"""So many records are read, and held, together: faster than one by one."""


class SnapshotError(ValueError):
    """A stored snapshot cannot be read."""


class _Stored(Collection[Record], Generic[Record]):
    """Records of one member of a snapshot, read anew each time they are iterated."""

    def __init__(self, snapshot: bytes, member: str, kind: type[Record], count: int) -> None:
        self._snapshot, self._member, self._kind, self._count = snapshot, member, kind, count

    def __iter__(self) -> Iterator[Record]:
        read = _adapter_of_many(self._kind).validate_json
        with (
            zipfile.ZipFile(io.BytesIO(self._snapshot)) as archive,
            archive.open(f"{self._member}.jsonl") as lines,
        ):
            while portion := list(islice(lines, _READ_AT_ONCE)):
                yield from read(b"[" + b",".join(portion) + b"]")

    def __len__(self) -> int:
        return self._count

    def __contains__(self, record: object) -> bool:
        return any(other == record for other in self)


def take(connection: Connection, cycle_id: str, replaces: Replaced | None = None) -> SummaryData:
    """The cycle's figures as the marts have them now, stored, and read from what was stored; for a later
    edition with the report that it `replaces`.

    Raises LookupError when there is no such cycle, or it asks for no data form.
    """
    data = load_live(connection, cycle_id)
    if replaces is not None:
        texts = section_texts(connection, cycle_id, replaces.kind)
        data = replace(data, replaces=replaces, section_texts=texts)
    return opened(stored(data))


def stored(data: SummaryData) -> bytes:
    """The snapshot of `data`: the one that it was read from, or a new one."""
    if data.snapshot:
        return data.snapshot
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        counts = {"offices": _write(archive, "offices", data.offices)}
        for member in _RECORDS:
            counts[member] = _write(archive, member, getattr(data, member))
        for member in _INTAKE:
            counts[f"intake_{member}"] = _write(archive, f"intake_{member}", getattr(data.intake, member))
        header = {
            "format": FORMAT,
            "counts": counts,
            "data": {f.name: _plain(f.name, getattr(data, f.name)) for f in _header_fields()},
            "totals": [[code, year, count] for (code, year), count in sorted(data.totals.items())],
            "regime": data.regime.model_dump(mode="json"),
            "form": data.form.model_dump(mode="json"),
        }
        content = json.dumps(header, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        archive.writestr(_member("header.json"), content.encode(), zipfile.ZIP_DEFLATED)
        internal = json.dumps(
            {name: _plain(name, getattr(data, name)) for name in _INTERNAL},
            ensure_ascii=False,
            sort_keys=True,
        )
        archive.writestr(_member(_INTERNAL_MEMBER), internal.encode(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def opened(snapshot: bytes) -> SummaryData:
    """The data of a snapshot. Raises SnapshotError when it is none, or of a later form than is read here."""
    try:
        with zipfile.ZipFile(io.BytesIO(snapshot)) as archive:
            header = json.loads(archive.read("header.json"))
            internal = json.loads(archive.read(_INTERNAL_MEMBER))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise SnapshotError(f"This is no stored snapshot of a report: {error}.") from error
    if header["format"] > FORMAT:
        raise SnapshotError(
            f"The snapshot is of form {header['format']}, this version reads up to {FORMAT}; "
            "use the version of the software that made it, or a later one."
        )
    counts: Mapping[str, int] = header["counts"]

    def records(member: str, kind: type[Any]) -> _Stored[Any]:
        return _Stored(snapshot, member, kind, counts[member])

    known = {f.name: f.type for f in _header_fields()}
    values: dict[str, Any] = {member: records(member, kind) for member, kind in _RECORDS.items()}
    values |= {
        name: _adapter_of_field(name).validate_json(json.dumps(value))
        for name, value in header["data"].items()
        if name in known
    }
    values |= {
        name: _adapter_of_field(name).validate_json(json.dumps(value)) for name, value in internal.items()
    }
    return SummaryData(
        **values,
        regime=Regime.model_validate(header["regime"]),
        form=Form.model_validate(header["form"]),
        totals={(code, year): count for code, year, count in header["totals"]},
        offices=tuple(records("offices", Office)),
        intake=IntakeRecord(
            **{member: records(f"intake_{member}", kind) for member, kind in _INTAKE.items()}
        ),
        snapshot=snapshot,
    )


def data_hash(snapshot: bytes) -> str:
    """SHA-256 of what a snapshot says, however packed; changes with any figure, text, name or delivery."""
    digest = hashlib.sha256()
    with zipfile.ZipFile(io.BytesIO(snapshot)) as archive:
        said = {name for name in archive.namelist() if not name.startswith(RENDERING)}
        for name in sorted(said - {_INTERNAL_MEMBER}):
            digest.update(name.encode() + b"\0")
            with archive.open(name) as member:
                while portion := member.read(1 << 16):
                    digest.update(portion)
    return digest.hexdigest()


def changed(data: SummaryData, **values: Any) -> SummaryData:
    """`data` with other values; no longer what its snapshot says."""
    return replace(data, snapshot=b"", **values)


def _write(archive: zipfile.ZipFile, member: str, records: Iterable[Any]) -> int:
    count = 0
    with archive.open(_member(f"{member}.jsonl"), "w", force_zip64=True) as file:
        for record in records:
            file.write(_adapter(type(record)).dump_json(record, exclude_defaults=True) + b"\n")
            count += 1
    return count


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _DAY_OF_MEMBERS)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _plain(name: str, value: Any) -> Any:
    return _adapter_of_field(name).dump_python(value, mode="json")


@lru_cache(maxsize=1)
def _header_fields() -> list[Any]:
    return [f for f in fields(SummaryData) if f.name not in _ASIDE]


_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}
_ADAPTERS_OF_MANY: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def _adapter_of_many(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS_OF_MANY:
        _ADAPTERS_OF_MANY[kind] = TypeAdapter(list[kind])  # type: ignore[valid-type]  # a class, at this moment
    return _ADAPTERS_OF_MANY[kind]


@lru_cache(maxsize=64)
def _adapter_of_field(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(_types()[name])


@lru_cache(maxsize=1)
def _types() -> Mapping[str, Any]:
    return get_type_hints(SummaryData)
