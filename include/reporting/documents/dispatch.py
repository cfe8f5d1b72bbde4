"""How a document fared on the document axis (Trục liên thông văn bản), per addressee, as a person enters or
imports it. The axis carries the official letter; e-mail only goes beside it.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from reporting import clock, events
from reporting.clock import VIETNAM
from reporting.cycles.opening import regime_of
from reporting.database import query
from reporting.documents import lifecycle
from reporting.documents.lifecycle import Document, RefusedEntryError
from reporting.registry.names import NameIndex
from reporting.wording.catalogue import text

State = Literal["sent", "arrived", "accepted", "refused"]
STATES: tuple[State, ...] = ("sent", "arrived", "accepted", "refused")
"""In the order in which a document passes through them."""

REPORTS = ("summary_report", "supplement_report")
"""Families of documents that are cited as reports, not as letters, and go beyond the offices of the cycle."""

_SEPARATORS = ",;\t"
_MOMENT_FORMATS = (
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%H:%M %d/%m/%Y", "%H:%M:%S %d/%m/%Y", "%d/%m/%Y",
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d",
)  # fmt: skip
_FORMULA_SIGNS = ("=", "+", "@")


@dataclass(frozen=True)
class Entry:
    """One state to be noted. `line` is its line in the imported file, 1 for an entry by hand. `recipient_id`
    is None for an addressee that is not one of the cycle's offices, which is told by its name alone.
    """

    line: int
    recipient_id: int | None
    reference_code: str
    short_name: str
    state: State
    occurred_at: datetime
    note: str | None


@dataclass(frozen=True)
class RefusedRow:
    """A row that cannot be taken: its line in the file, and why, in Vietnamese."""

    line: int
    problem: str


@dataclass(frozen=True)
class Reading:
    """What a file holds: what is new, how many rows are noted already, what cannot be taken."""

    new: tuple[Entry, ...]
    known_count: int
    refused: tuple[RefusedRow, ...]


@dataclass(frozen=True)
class Counts:
    """With how many addressees a document stands in each state now; `refused_by` names those who refused."""

    kind: str
    sent: int
    arrived: int
    accepted: int
    refused: int
    refused_by: tuple[str, ...]


def counts(connection: Connection, cycle_id: str) -> list[Counts]:
    """The documents of a cycle of which any state is known, in their order."""
    rows = connection.execute(query("documents/dispatch_counts"), {"cycle_id": cycle_id})
    return [Counts(**(dict(row._mapping) | {"refused_by": tuple(row.refused_by)})) for row in rows]


def record(
    connection: Connection,
    cycle_id: str,
    kind: str,
    office: str,
    state: State,
    occurred_at: datetime,
    *,
    note: str | None = None,
    source: str | None = None,
    by: str,
) -> bool:
    """Note the state of one addressee (look-up code, id or name of the office); False when it is noted
    already.

    `source` is the name of the imported file, None for an entry by hand. Raises RefusedEntryError, in
    Vietnamese, for a document without number, an office that it was not sent to, and a moment before its
    date or in the future.
    """
    desk = _Desk(connection, cycle_id, kind)
    entry = desk.entry(1, office, state, occurred_at, note)
    return desk.keep([entry], source or text("documents.axis.by_hand"), by) == 1


def read_states(connection: Connection, cycle_id: str, kind: str, data: bytes, filename: str) -> Reading:
    """Read a CSV file of states without noting any: columns Mã cơ quan or Tên cơ quan, Trạng thái, Thời điểm,
    Ghi chú; separated by comma, semicolon or tab; UTF-8.

    A row that cannot stand is refused alone. Raises RefusedEntryError, in Vietnamese, when the file as a
    whole cannot be read or the document has no number.
    """
    return _Desk(connection, cycle_id, kind).read(data, filename)


def import_states(
    connection: Connection, cycle_id: str, kind: str, data: bytes, filename: str, by: str
) -> Reading:
    """Note what `read_states` finds new, and return the same; importing a file again changes nothing."""
    desk = _Desk(connection, cycle_id, kind)
    reading = desk.read(data, filename)
    desk.keep(reading.new, filename, by)
    return reading


class _Desk:
    """What is needed to judge entries about one document."""

    def __init__(self, connection: Connection, cycle_id: str, kind: str) -> None:
        document = lifecycle.find(connection, cycle_id, kind)
        if document is None or document.number is None:
            raise RefusedEntryError(text("documents.axis.not_registered"))
        self.connection, self.document = connection, document
        self.now = clock.now(connection, cycle_id)
        rows = [*addressed(connection, document), *_outside(connection, document)]
        self.offices: Mapping[str, Any] = {row.reference_code: row for row in rows}
        self.by_id = {row.organization_id: row.reference_code for row in rows if row.organization_id}
        self.index = NameIndex((row.reference_code, [row.name, row.short_name, *row.aliases]) for row in rows)

    def read(self, data: bytes, filename: str) -> Reading:
        known = {
            (row.recipient_id or row.addressee, row.state, row.occurred_at)
            for row in self.connection.execute(
                query("documents/known_dispatches"), {"document_id": self.document.document_id}
            )
        }
        new: list[Entry] = []
        refused: list[RefusedRow] = []
        known_count = 0
        for line, row in _rows(data, filename):
            try:
                entry = self._entry_of(line, row)
            except RefusedEntryError as problem:
                refused.append(RefusedRow(line, str(problem)))
                continue
            key = (entry.recipient_id or entry.short_name, entry.state, entry.occurred_at)
            if key in known:
                known_count += 1
            else:
                known.add(key)
                new.append(entry)
        new.sort(key=lambda e: (e.occurred_at, STATES.index(e.state)))
        return Reading(tuple(new), known_count, tuple(refused))

    def _entry_of(self, line: int, row: Mapping[str, str]) -> Entry:
        for column, value in row.items():
            if value.startswith(_FORMULA_SIGNS):
                raise RefusedEntryError(
                    text(
                        "documents.axis.formula", column=text(f"documents.axis.column.{column}"), value=value
                    )
                )
        office = row.get("code") or row.get("name") or ""
        return self.entry(
            line, office, _state(row.get("state", "")), _moment(row.get("at", "")), row.get("note") or None
        )

    def entry(self, line: int, office: str, state: State, occurred_at: datetime, note: str | None) -> Entry:
        """The entry, if it can stand. Raises RefusedEntryError."""
        code = self._resolve(office)
        registered_on = self.document.registered_on
        assert registered_on is not None  # it has a number
        if occurred_at.astimezone(VIETNAM).date() < registered_on:
            raise RefusedEntryError(
                text(
                    "documents.axis.too_early",
                    at=_written(occurred_at),
                    registered=f"{registered_on:%d/%m/%Y}",
                )
            )
        if occurred_at > self.now:
            raise RefusedEntryError(
                text("documents.axis.in_future", at=_written(occurred_at), now=_written(self.now))
            )
        found = self.offices[code]
        return Entry(line, found.recipient_id, code, found.short_name, state, occurred_at, note)

    def _resolve(self, office: str) -> str:
        given = unicodedata.normalize("NFC", office).strip()
        if not given:
            raise RefusedEntryError(text("documents.axis.no_office"))
        code = given.upper() if given.upper() in self.offices else self.by_id.get(given)
        code = code or self.index.resolve(given)
        if code is None:
            similar = "; ".join(
                f"{self.offices[code].short_name} ({code})" for code, _ in self.index.suggest(given)
            )
            key = "documents.axis.unknown_office" if similar else "documents.axis.unknown_office_alone"
            raise RefusedEntryError(text(key, office=given, similar=similar))
        return code

    def keep(self, entries: Sequence[Entry], source: str, by: str) -> int:
        """Note the entries; returns how many were new."""
        added = 0
        for entry in entries:
            values = {
                "document_id": self.document.document_id,
                "recipient_id": entry.recipient_id,
                "addressee": entry.short_name if entry.recipient_id is None else None,
                "state": entry.state,
                "occurred_at": entry.occurred_at,
                "note": entry.note,
                "source": source,
                "entered_by": by,
                "entered_at": self.now,
            }
            if not self.connection.execute(query("documents/add_dispatch"), values).rowcount:
                continue
            added += 1
            events.record(
                self.connection, self.document.cycle_id, "document_dispatched", by, self.now,
                recipient_id=entry.recipient_id, document=self.document.kind, state=entry.state,
                at=entry.occurred_at, note=entry.note, source=source,
                addressee=entry.short_name if entry.recipient_id is None else None,
            )  # fmt: skip
        return added


def addressed(connection: Connection, document: Document) -> list[Any]:
    """The recipients that a document goes to, with recipient_id, organization_id, reference_code, names."""
    return list(connection.execute(query("documents/addressed"), {"document_id": document.document_id}))


@dataclass(frozen=True)
class _Outside:
    """An addressee of a report that is not one of the cycle's offices; its name in place of a code."""

    name: str
    recipient_id: None = None
    organization_id: None = None
    aliases: tuple[str, ...] = ()

    @property
    def reference_code(self) -> str:
        return self.name.upper()

    @property
    def short_name(self) -> str:
        return self.name


def _outside(connection: Connection, document: Document) -> list[_Outside]:
    """To whom the axis carries a report beyond the offices of the cycle: whom it addresses, by the regime."""
    report = regime_of(connection, document.cycle_id).report
    if report is None or document.kind.partition("__")[0] not in REPORTS:
        return []
    return [_Outside(name) for name in dict.fromkeys((report.addressee, *report.axis_addressees))]


def _rows(data: bytes, filename: str) -> list[tuple[int, dict[str, str]]]:
    """The rows of a CSV file with their line, keyed by code, name, state, at, note; empty ones left out."""
    try:
        content = unicodedata.normalize("NFC", data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise RefusedEntryError(text("documents.axis.not_utf8", filename=filename)) from error
    first = content.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator)
    columns: list[str | None] = []
    rows: list[tuple[int, dict[str, str]]] = []
    try:
        for cells in reader:
            values = [_unwrapped(cell) for cell in cells]
            if not any(values):
                continue
            if not columns:
                columns = _columns(values, filename)
                continue
            named = {
                column: value for column, value in zip(columns, values, strict=False) if column is not None
            }
            rows.append((reader.line_num, named))
    except csv.Error as error:
        raise RefusedEntryError(
            text("documents.axis.not_csv", filename=filename, line=reader.line_num)
        ) from error
    if not columns:
        raise RefusedEntryError(text("documents.axis.empty", filename=filename))
    return rows


def _columns(headings: Sequence[str], filename: str) -> list[str | None]:
    known = {
        _folded(text(f"documents.axis.column.{column}")): column
        for column in ("code", "name", "state", "at", "note")
    }
    columns = [known.get(_folded(heading)) for heading in headings]
    missing = [column for column in ("state", "at") if column not in columns]
    if "code" not in columns and "name" not in columns:
        missing.insert(0, "code")
    if missing:
        raise RefusedEntryError(
            text(
                "documents.axis.missing_columns",
                filename=filename,
                missing=", ".join(text(f"documents.axis.column.{column}") for column in missing),
            )
        )
    return columns


def _unwrapped(cell: str) -> str:
    """A cell without the marks by which spreadsheets keep codes as text: ="H57", 'H57."""
    value = " ".join(cell.split())
    if value.startswith('="') and value.endswith('"'):
        return value[2:-1].strip()
    return value.removeprefix("'")


def _folded(value: str) -> str:
    return " ".join(unicodedata.normalize("NFC", value).casefold().split())


def _state(given: str) -> State:
    for state in STATES:
        if _folded(given) in (state, _folded(text(f"documents.axis.state.{state}"))):
            return state
    known = ", ".join(text(f"documents.axis.state.{state}") for state in STATES)
    raise RefusedEntryError(text("documents.axis.unknown_state", state=given, known=known))


def _moment(given: str) -> datetime:
    """A moment as spreadsheets and the axis write it; without a zone it is Viet Nam's time."""
    for form in _MOMENT_FORMATS:
        try:
            return datetime.strptime(given, form).replace(tzinfo=VIETNAM)
        except ValueError:
            continue
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise RefusedEntryError(text("documents.axis.bad_moment", given=given)) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(VIETNAM):%d/%m/%Y %H:%M}"
