"""Contacts kept by people: an edited workbook brought into the registry, and the log of every change.

A workbook is compared three ways: what was exported (kept with each row), what stands in the file, and what
the registry holds now. What a person did not touch is never written, and what somebody else changed meanwhile
is a conflict, never overwritten.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, datetime
from typing import Literal

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import Connection, Engine

from reporting import clock
from reporting.database import query
from reporting.registry.contact_workbook import (
    Entry,
    ExportedRow,
    Sheet,
    build_contact_workbook,
    read_contact_workbook,
)
from reporting.registry.names import NameIndex
from reporting.registry.roster import members, name_index
from reporting.wording.catalogue import text

Kind = Literal["added", "changed", "retired", "reinstated", "bounced", "confirmed"]
ROLES, STATES = ("to", "copy", "escalation"), ("active", "bouncing", "retired")
_LIMITS = {"display_name": 150, "title": 150, "email": 254, "phone": 60, "note": 500}


@dataclass(frozen=True)
class Particulars:
    """What is kept of a contact: texts NFC on one line, the address as every mail server takes it."""

    display_name: str
    title: str | None
    email: str
    phone: str | None
    role: str
    position: int
    state: str
    note: str | None


FIELDS = tuple(item.name for item in fields(Particulars))


@dataclass(frozen=True)
class Contact:
    """A contact of the registry. `office` is the office's full name of the day asked about."""

    contact_id: int
    organization_id: str
    office: str
    short_name: str
    held: Particulars


@dataclass(frozen=True)
class Change:
    """What an import does to one contact; `before` is None for a new one.

    Where the address differs, the contact is retired and `after` becomes a contact of its own, so that the
    mails that went to the old address stay its own.
    """

    kind: Kind
    organization_id: str
    office: str
    contact_id: int | None
    before: Particulars | None
    after: Particulars

    @property
    def is_replacement(self) -> bool:
        """Whether a new contact takes the place of this one."""
        return self.before is not None and self.before.email != self.after.email

    @property
    def differences(self) -> tuple[tuple[str, str, str], ...]:
        """Field, old and new value of everything that changes; the words of `shown`."""
        if self.before is None:
            return ()
        return tuple(
            (name, shown(name, getattr(self.before, name)), shown(name, getattr(self.after, name)))
            for name in FIELDS
            if getattr(self.before, name) != getattr(self.after, name)
        )


@dataclass(frozen=True)
class ImportPlan:
    """What an import would do. `problems` and `warnings` are sentences that name sheet, cell and remedy; with
    a problem nothing is written. `missing` are the contacts that were exported and left the file; they stay.
    """

    filename: str
    changes: tuple[Change, ...]
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    missing: tuple[Contact, ...]
    unchanged: int

    @property
    def counts(self) -> dict[str, int]:
        """How many contacts are added, changed, retired and reinstated."""
        found = Counter(change.kind for change in self.changes)
        return {kind: found[kind] for kind in ("added", "changed", "retired", "reinstated")}


@dataclass(frozen=True)
class LoggedChange:
    """An entry of the log; `differences` are field, old and new value."""

    at: datetime
    organization_id: str
    short_name: str
    office: str
    contact_id: int
    email: str
    display_name: str
    kind: str
    differences: tuple[tuple[str, str, str], ...]
    source: str
    by: str


class ImportRefused(ValueError):
    """A workbook of contacts holds something that must be mended first; nothing was written."""


def shown(name: str, value: object) -> str:
    """A value of a field of Particulars as officials read it; "" for none."""
    if value is None:
        return ""
    return text(f"contacts.{name}.{value}") if name in ("role", "state") else str(value)


def clean_address(given: str) -> str | None:
    """The address in lower case, its domain in ASCII as every mail server takes it; None when malformed."""
    try:
        found = validate_email(
            unicodedata.normalize("NFC", given).strip(), check_deliverability=False, allow_smtputf8=False
        )
    except EmailNotValidError:
        return None
    return found.ascii_email.lower() if found.ascii_email else None


def contacts(
    connection: Connection, organization_id: str | None = None, on: date | None = None
) -> list[Contact]:
    """All contacts, or one office's: by office, role and order of use; names of the day `on` (today)."""
    rows = connection.execute(
        query("registry/contacts"),
        {"organization_id": organization_id, "on_day": on or clock.wall_now().date()},
    )
    return [
        Contact(
            row.contact_id,
            row.organization_id,
            row.office,
            row.short_name,
            Particulars(**{name: getattr(row, name) for name in FIELDS}),
        )
        for row in rows
    ]


def changes_logged(connection: Connection, organization_id: str | None = None) -> list[LoggedChange]:
    """The log of changes, of all offices or one, newest first."""
    return [
        LoggedChange(
            row.changed_at,
            row.organization_id,
            row.short_name,
            row.office,
            row.contact_id,
            row.email,
            row.display_name,
            row.kind,
            _logged_differences(row.before, row.after),
            row.source,
            row.changed_by,
        )
        for row in connection.execute(query("registry/contact_changes"), {"organization_id": organization_id})
    ]


def find_office(connection: Connection, given: str, on: date | None = None) -> str:
    """The id of the office with this id, or whose name resolves among those that exist on a day (today).

    Raises LookupError with similar names, which are never taken.
    """
    names = _office_names(connection)
    code = given.strip()
    if code in names:
        return code
    index = name_index(connection, on or clock.wall_now().date())
    found = index.candidates(given)
    if len(found) == 1:
        return found.pop()
    if found:
        listed = ", ".join(f"{names[one]} ({one})" for one in sorted(found))
        raise LookupError(text("contacts.ambiguous_office", given=given, candidates=listed))
    raise LookupError(
        text("contacts.unknown_office", given=given, suggestions=_suggestions(index, names, given))
    )


def export_contacts(connection: Connection, *, on: date, group: str | None = None) -> bytes:
    """The workbook (.xlsx) of all contacts of the offices that exist on a day, or of a group's members.

    Every office without a contact in use has one empty row. Raises LookupError for an unknown group.
    """
    offices = (
        [(member.organization_id, member.name) for member in members(connection, group, on)]
        if group
        else [
            (row.organization_id, row.name)
            for row in connection.execute(query("registry/contact_offices"), {"on_day": on})
        ]
    )
    held: dict[str, list[Contact]] = defaultdict(list)
    for contact in contacts(connection, on=on):
        held[contact.organization_id].append(contact)
    rows: list[ExportedRow] = []
    for organization_id, name in offices:
        rows += [
            ExportedRow(organization_id, name, contact.contact_id, asdict(contact.held))
            for contact in held[organization_id]
        ]
        if all(contact.held.state == "retired" for contact in held[organization_id]):
            rows.append(ExportedRow(organization_id, name, None, {}))
    return build_contact_workbook(rows, clock.wall_now())


def plan_import(connection: Connection, data: bytes, filename: str) -> ImportPlan:
    """What bringing an edited workbook into the registry would change; nothing is written.

    Raises ImportRefused when the file is no such workbook; what is wrong in single rows is in the plan.
    """
    sheet = read_contact_workbook(data, filename, ImportRefused)
    return _Planner(connection, sheet).plan(filename)


def apply_import(engine: Engine, data: bytes, filename: str, by: str) -> ImportPlan:
    """Bring an edited workbook into the registry, all of it or nothing; returns what was done.

    Every change is logged with the file's name. The same file a second time changes nothing. Raises
    ImportRefused, with nothing written, when the plan has a problem.
    """
    with engine.begin() as connection:
        connection.execute(query("registry/contact_hold"))
        plan = plan_import(connection, data, filename)
        if plan.problems:
            raise ImportRefused(
                text(
                    "contacts.refused",
                    file=filename,
                    count=len(plan.problems),
                    problems=" ".join(plan.problems),
                )
            )
        for change in plan.changes:
            write_change(connection, change, source=filename, by=by)
    return plan


def write_change(connection: Connection, change: Change, *, source: str, by: str) -> int:
    """Write a change and its entries in the log; returns the number of the contact that holds `after`."""
    if change.before is None or change.contact_id is None:
        number = _add(connection, change.organization_id, change.after)
        log_change(connection, change.organization_id, number, change.kind, None, change.after, source, by)
        return number
    if change.is_replacement:
        retired = replace(change.before, state="retired")
        _update(connection, change.contact_id, retired)
        log_change(
            connection,
            change.organization_id,
            change.contact_id,
            "retired",
            change.before,
            retired,
            source,
            by,
        )
        number = _add(connection, change.organization_id, change.after)
        kind: Kind = "confirmed" if change.kind == "confirmed" else "added"
        log_change(connection, change.organization_id, number, kind, None, change.after, source, by)
        return number
    _update(connection, change.contact_id, change.after)
    log_change(
        connection,
        change.organization_id,
        change.contact_id,
        change.kind,
        change.before,
        change.after,
        source,
        by,
    )
    return change.contact_id


def log_change(
    connection: Connection,
    organization_id: str,
    contact_id: int,
    kind: Kind,
    before: Particulars | None,
    after: Particulars,
    source: str,
    by: str,
) -> None:
    """Append to the log: all of a new contact, of another one only what differs."""
    old, new = (asdict(before) if before else None), asdict(after)
    if old is not None:
        changed = [name for name in FIELDS if old[name] != new[name]]
        old, new = {name: old[name] for name in changed}, {name: new[name] for name in changed}
    connection.execute(
        query("registry/contact_note_change"),
        {
            "organization_id": organization_id,
            "contact_id": contact_id,
            "kind": kind,
            "before": json.dumps(old, ensure_ascii=False) if old else None,
            "after": json.dumps(new, ensure_ascii=False) if new else None,
            "source": source,
            "changed_by": by,
        },
    )


def _add(connection: Connection, organization_id: str, after: Particulars) -> int:
    values = asdict(after) | {
        "organization_id": organization_id,
        "is_sample": after.email.endswith(".example"),
    }
    number: int = connection.execute(query("registry/contact_add"), values).scalar_one()
    return number


def _update(connection: Connection, contact_id: int, after: Particulars) -> None:
    connection.execute(query("registry/contact_change"), asdict(after) | {"contact_id": contact_id})


def _office_names(connection: Connection) -> dict[str, str]:
    return {
        row.organization_id: row.name for row in connection.execute(query("registry/contact_office_names"))
    }


def _suggestions(index: NameIndex, names: Mapping[str, str], given: str) -> str:
    listed = ", ".join(f"{names[code]} ({code})" for code, _ in index.suggest(given) if code in names)
    return listed or text("contacts.problem.no_suggestion")


def _logged_differences(
    before: Mapping[str, object] | None, after: Mapping[str, object] | None
) -> tuple[tuple[str, str, str], ...]:
    old, new = before or {}, after or {}
    return tuple(
        (name, shown(name, old.get(name)), shown(name, new.get(name)))
        for name in FIELDS
        if (name in old or name in new) and old.get(name) != new.get(name)
    )


@dataclass
class _Planner:
    """Compares one workbook with the registry."""

    connection: Connection
    sheet: Sheet
    changes: list[Change] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unchanged: int = 0

    def __post_init__(self) -> None:
        found = contacts(self.connection)
        self.by_number = {contact.contact_id: contact for contact in found}
        self.by_address = {(contact.organization_id, contact.held.email): contact for contact in found}
        self.of_office: dict[str, list[Contact]] = defaultdict(list)
        for contact in found:
            self.of_office[contact.organization_id].append(contact)
        self.names = _office_names(self.connection)
        self.index = name_index(self.connection, clock.wall_now().date())
        self.rows_of: dict[tuple[str, str], int] = {}
        self.places: dict[tuple[str, str], int] = {}

    def plan(self, filename: str) -> ImportPlan:
        copies = self._copied_rows()
        for entry in self.sheet.entries:
            if not entry.is_empty:
                self._plan_row(
                    replace(entry, contact_id=None, exported=None) if entry.row in copies else entry
                )
        self._warn_of_shared_addresses()
        seen = {entry.contact_id for entry in self.sheet.entries if not entry.is_empty}
        missing = [
            self.by_number[number]
            for number in self.sheet.exported_ids
            if number not in seen and number in self.by_number
        ]
        return ImportPlan(
            filename,
            tuple(self.changes),
            tuple(self.problems),
            tuple(self.warnings),
            tuple(missing),
            self.unchanged,
        )

    # -- one row ------------------------------------------------------------------------------------

    def _plan_row(self, entry: Entry) -> None:
        organization_id = self._office(entry)
        given = self._values(entry)
        if organization_id is None or given is None:
            return
        if entry.contact_id is None:
            self._plan_new(entry, organization_id, given)
        else:
            self._plan_known(entry, organization_id, given)

    def _office(self, entry: Entry) -> str | None:
        """The office of a row, by its code; by its name where no code stands. None after a problem."""
        code, name = entry.cells["organization_id"], entry.cells["office"]
        if not code and not name:
            self._problem(entry, "organization_id", "no_office")
            return None
        candidates = self.index.candidates(name) if name else set()
        if not code:
            if len(candidates) == 1:
                return candidates.pop()
            near = _suggestions(self.index, self.names, name)
            if candidates:
                near = ", ".join(f"{self.names[one]} ({one})" for one in sorted(candidates))
            self._problem(entry, "office", "unknown_name", given=name, suggestions=near)
            return None
        if code.replace(" ", "_xa_") in self.names:  # LibreOffice reads "_xa_" as a line break
            code = code.replace(" ", "_xa_")
        if code not in self.names:
            near = _suggestions(self.index, self.names, name or code.replace("_", " "))
            self._problem(entry, "organization_id", "unknown_code", given=code, suggestions=near)
            return None
        if candidates and code not in candidates and name != self.names[code]:
            others = ", ".join(self.names[one] for one in sorted(candidates))
            self._problem(entry, "office", "name_differs", given=name, code=code, others=others)
            return None
        if name and not candidates and name != self.names[code]:
            self._warn(entry, "office", "name_unknown", given=name, code=code)
        return code

    def _values(self, entry: Entry) -> dict[str, object] | None:
        """What stands in the row, checked; role, position and state are left out where the cell is empty."""
        before = len(self.problems)
        given: dict[str, object] = {}
        for name in ("display_name", "title", "phone", "note"):
            given[name] = entry.cells[name] or None
        if not given["display_name"]:
            self._problem(entry, "display_name", "name_missing")
        for name, limit in _LIMITS.items():
            if len(entry.cells[name]) > limit:
                self._problem(entry, name, "too_long", limit=limit)
        if not entry.cells["email"]:
            self._problem(entry, "email", "email_missing")
        elif (address := clean_address(entry.cells["email"])) is None:
            self._problem(entry, "email", "email_malformed", given=entry.cells["email"])
        else:
            given["email"] = address
        for name, codes in (("role", ROLES), ("state", STATES)):
            self._choice(entry, name, codes, given)
        place = entry.cells["position"]
        if place:
            if place.isdecimal() and 1 <= int(place) <= 999:
                given["position"] = int(place)
            else:
                self._problem(entry, "position", "bad_position", given=place)
        if "phone" in entry.numeric:
            self._warn(entry, "phone", "numeric_phone", given=entry.cells["phone"])
        return given if len(self.problems) == before else None

    def _choice(self, entry: Entry, name: str, codes: Sequence[str], given: dict[str, object]) -> None:
        said = entry.cells[name]
        if not said:
            return
        labels = {shown(name, code).casefold(): code for code in codes}
        if said.casefold() in labels:
            given[name] = labels[said.casefold()]
        else:
            choices = ", ".join(shown(name, code) for code in codes)
            self._problem(entry, name, "unknown_choice", given=said, choices=choices)

    def _plan_new(self, entry: Entry, organization_id: str, given: dict[str, object]) -> None:
        address = str(given["email"])
        if not self._is_first(entry, organization_id, address):
            return
        held = self.by_address.get((organization_id, address))
        if held is not None and held.held.state != "retired":
            differing = [name for name in given if getattr(held.held, name) != given[name]]
            if differing:
                self._problem(entry, "email", "exists", email=address, fields=_labels(differing))
            else:
                self.unchanged += 1
            return
        if given.get("state", "active") != "active":
            if held is not None and all(getattr(held.held, name) == given[name] for name in given):
                self.unchanged += 1
                return
            self._problem(
                entry,
                "state",
                "new_retired",
                state=shown("state", given["state"]),
                active=shown("state", "active"),
            )
            return
        role = str(given.get("role", "to"))
        filled = {
            "role": role,
            "position": self._next_place(organization_id, role),
            "state": "active",
        } | given
        self._change(organization_id, held, Particulars(**filled))  # type: ignore[arg-type]

    def _plan_known(self, entry: Entry, organization_id: str, given: dict[str, object]) -> None:
        current = self.by_number.get(entry.contact_id or 0)
        if current is None:
            self._problem(entry, "organization_id", "unknown_contact", number=entry.contact_id)
            return
        if current.organization_id != organization_id:
            self._problem(entry, "organization_id", "office_moved", office=current.office)
            return
        if entry.exported is None or set(entry.exported) != set(FIELDS):
            self._problem(entry, "organization_id", "broken_identity")
            return
        if not self._is_first(entry, organization_id, str(given["email"])):
            return
        exported = Particulars(**entry.exported)
        wanted = replace(exported, **given)  # type: ignore[arg-type]
        touched = {name for name in FIELDS if getattr(wanted, name) != getattr(exported, name)}
        if "email" in touched:
            self._plan_new_address(entry, current, exported, wanted, touched)
            return
        left = {name for name in touched if getattr(current.held, name) != getattr(wanted, name)}
        if not left:
            self.unchanged += 1
        elif not self._conflicts(entry, current, exported, wanted):
            self._change(
                organization_id,
                current,
                replace(current.held, **{name: getattr(wanted, name) for name in left}),
            )

    def _plan_new_address(
        self, entry: Entry, current: Contact, exported: Particulars, wanted: Particulars, touched: set[str]
    ) -> None:
        if wanted.state == "retired" and "state" in touched:
            self._problem(entry, "state", "retired_and_moved")
            return
        wanted = replace(wanted, state="active")
        other = self.by_address.get((current.organization_id, wanted.email))
        if other is not None and other.held.state != "retired":
            if current.held.state == "retired" and other.held == wanted:
                self.unchanged += 1  # done already
            else:
                differing = [n for n in FIELDS if getattr(other.held, n) != getattr(wanted, n)]
                self._problem(
                    entry, "email", "exists", email=wanted.email, fields=_labels(differing or ["email"])
                )
            return
        if self._conflicts(entry, current, exported, wanted):
            return
        if exported.state == "bouncing" and "state" not in touched:
            self._warn(entry, "email", "reset_state")
        if other is None:
            self._change(current.organization_id, current, wanted)
            return
        self._change(current.organization_id, current, replace(current.held, state="retired"))
        self._change(current.organization_id, other, wanted)

    # -- what several rows have in common -----------------------------------------------------------

    def _copied_rows(self) -> set[int]:
        """Rows that a person made by copying another one, hidden cells and all: they are new contacts."""
        by_number: dict[int, list[Entry]] = defaultdict(list)
        for entry in self.sheet.entries:
            if entry.contact_id is not None and not entry.is_empty:
                by_number[entry.contact_id].append(entry)
        copies: set[int] = set()
        for entries in by_number.values():
            if len(entries) == 1:
                continue
            originals = [
                entry
                for entry in entries
                if entry.exported is not None
                and clean_address(entry.cells["email"]) == entry.exported.get("email")
            ]
            if len(originals) == 1:
                copies |= {entry.row for entry in entries} - {originals[0].row}
            elif not originals:
                for entry in entries[1:]:
                    self._problem(entry, "email", "copied_row", other=entries[0].row)
        return copies

    def _is_first(self, entry: Entry, organization_id: str, address: str) -> bool:
        first = self.rows_of.setdefault((organization_id, address), entry.row)
        if first != entry.row:
            self._problem(entry, "email", "duplicate", email=address, other=first)
        return first == entry.row

    def _conflicts(self, entry: Entry, current: Contact, exported: Particulars, wanted: Particulars) -> bool:
        """Whether somebody changed the contact since it was exported, other than to what this row says."""
        moved = [
            name
            for name in FIELDS
            if getattr(current.held, name) not in (getattr(exported, name), getattr(wanted, name))
        ]
        if moved:
            told = "; ".join(
                text(
                    "contacts.problem.conflict_field",
                    field=text(f"contacts.column.{name}"),
                    exported=shown(name, getattr(exported, name)),
                    current=shown(name, getattr(current.held, name)),
                )
                for name in moved
            )
            self._problem(entry, moved[0], "conflict", fields=told)
        return bool(moved)

    def _next_place(self, organization_id: str, role: str) -> int:
        """The place behind all contacts of this role, those added by this import included."""
        taken = [
            contact.held.position
            for contact in self.of_office[organization_id]
            if contact.held.role == role and contact.held.state != "retired"
        ]
        place = max([*taken, self.places.get((organization_id, role), 0)]) + 1
        self.places[organization_id, role] = place
        return place

    def _warn_of_shared_addresses(self) -> None:
        holders: dict[str, set[str]] = defaultdict(set)
        for contact in self.by_number.values():
            if contact.held.state != "retired":
                holders[contact.held.email].add(contact.organization_id)
        for change in self.changes:
            if change.before is not None and (change.is_replacement or change.after.state == "retired"):
                holders[change.before.email].discard(change.organization_id)
        for change in self.changes:
            if change.after.state != "retired":
                holders[change.after.email].add(change.organization_id)
        for change in self.changes:
            others = holders[change.after.email] - {change.organization_id}
            is_news = change.before is None or change.is_replacement or change.kind == "reinstated"
            if others and is_news and change.after.state != "retired":
                row = self.rows_of[change.organization_id, change.after.email]
                entry = next(one for one in self.sheet.entries if one.row == row)
                offices = ", ".join(self.names[one] for one in sorted(others))
                self._warn(entry, "email", "other_office", email=change.after.email, offices=offices)

    def _change(self, organization_id: str, held: Contact | None, after: Particulars) -> None:
        before = held.held if held else None
        self.changes.append(
            Change(
                _kind(before, after),
                organization_id,
                self.names[organization_id],
                held.contact_id if held else None,
                before,
                after,
            )
        )

    def _problem(self, entry: Entry, column: str, problem: str, **values: object) -> None:
        self.problems.append(self._told(entry, column, f"problem.{problem}", **values))

    def _warn(self, entry: Entry, column: str, warning: str, **values: object) -> None:
        self.warnings.append(self._told(entry, column, f"warning.{warning}", **values))

    def _told(self, entry: Entry, column: str, key: str, **values: object) -> str:
        what = text(f"contacts.{key}", **values)
        return text("contacts.at", sheet=self.sheet.name, cell=self.sheet.cell(entry, column), what=what)


def _kind(before: Particulars | None, after: Particulars) -> Kind:
    if before is None:
        return "added"
    if before.email == after.email and before.state != after.state:
        if after.state == "retired":
            return "retired"
        if after.state == "active":
            return "reinstated"
    return "changed"


def _labels(names: Iterable[str]) -> str:
    return ", ".join(text(f"contacts.column.{name}") for name in names)
