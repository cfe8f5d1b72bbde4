"""The form by which a running cycle is changed: entries checked all at once, described, applied once.

What a form needs and whose consent it needs is data (include/cycle_changes.yaml). Refusals are in Vietnamese.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, TypeAdapter
from sqlalchemy import Connection, Engine

from reporting import clock, events, plain_yaml
from reporting.calendar.deadlines import Deadline
from reporting.cycles import changes, contact_log, pauses
from reporting.cycles.selection import RefusedChange, Selection, choose, hold
from reporting.database import query
from reporting.documents.lifecycle import RefusedEntryError
from reporting.intake.desk import office_of
from reporting.registry.roster import name_index
from reporting.settings import INCLUDE
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import join_names

FILE = INCLUDE / "cycle_changes.yaml"
CHOICES: dict[str, tuple[str, ...]] = {
    "deadline_kind": ("through", "before"),
    "asked_how": ("letter", "phone", "mail", "ministry"),
    "confirm": ("mail", "letter", "none"),
    "pause_kind": ("disaster", "agreement"),
    "channel": ("phone", "zalo", "mail", "meeting", "letter"),
}
NO_CHOICE = "-"
"""What the form gives for a choice that was not made."""
_FOR_ONE_OFFICE = ("call", "add_office")
_SHOWN = 10


class Kind(BaseModel):
    """What one kind of change needs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    needs: tuple[str, ...]
    approval: Literal["never", "several", "always"]


@dataclass(frozen=True)
class Change:
    """A change as entered and checked. `codes` are the offices that were named, by look-up code."""

    what: str
    cycle_id: str
    by: str
    codes: tuple[str, ...]
    region: str | None
    group: str | None
    deliverables: tuple[str, ...]
    day: date | None
    agreed_on: date | None
    new_office: str | None
    replaces: bool
    entered: Mapping[str, str]

    @property
    def selection(self) -> Selection:
        """The offices that it is about."""
        return Selection(self.codes, self.region, self.group)


@lru_cache(maxsize=1)
def kinds() -> dict[str, Kind]:
    """include/cycle_changes.yaml, read once per process."""
    content = plain_yaml.load(FILE.read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, Kind]).validate_python(content)


def read(engine: Engine, params: Mapping[str, Any], user: str) -> Change:
    """The change that the form describes. Raises RefusedEntryError naming every field that cannot stand."""
    problems: list[str] = []
    with engine.connect() as connection:
        change = _read(connection, params, user, problems)
    _refuse(problems)
    return change


def check(engine: Engine, params: Mapping[str, Any], user: str) -> Change:
    """The same, tried out on the warehouse and taken back, so that what is agreed to can be made."""
    change = read(engine, params, user)
    try:
        with _trial(engine) as trial:
            _make(trial, change)
    except RefusedChange as refusal:
        _refuse([refusal.in_vietnamese])
    except RefusedEntryError as refusal:
        _refuse([str(refusal)])
    return change


def _refuse(problems: list[str]) -> None:
    if problems:
        listed = "\n".join(f"- {problem}" for problem in problems)
        raise RefusedEntryError(text("changes.form.refused", problems=listed))


def needs_consent(engine: Engine, change: Change) -> bool:
    """Whether somebody must agree before the change is made."""
    approval = kinds()[change.what].approval
    return approval == "always" or (approval == "several" and len(_offices(engine, change)) > 1)


def describe(engine: Engine, change: Change) -> tuple[str, str]:
    """Subject and body (Markdown) of the question to the one who is to agree."""
    offices = _offices(engine, change)
    shown = join_names(offices[:_SHOWN])
    if len(offices) > _SHOWN:
        shown = text("checklist.more", names=", ".join(offices[:_SHOWN]), count=len(offices) - _SHOWN)
    what = text(f"changes.form.kind.{change.what}")
    lines = [text("changes.form.line", field=_field("what"), value=what)] + [
        text("changes.form.line", field=_field(name), value=_named(name, value))
        for name, value in change.entered.items()
        if value and name not in {"offices", "what"}
    ]
    body = text(
        "changes.form.body",
        lines="\n".join(lines),
        count=len(offices),
        offices=shown or text("changes.form.everybody"),
        by=change.by,
    )
    return text("changes.form.subject", what=what, cycle=change.cycle_id), body


def apply(engine: Engine, change: Change, run_id: str) -> str:
    """Make the change, once however often the run's task is carried out; returns what was done, in words.

    Raises RefusedEntryError when it cannot be made any more.
    """
    done = text("changes.form.done", what=text(f"changes.form.kind.{change.what}"))
    if _is_noted(engine, change, run_id, "change_applied"):
        return done
    try:
        _make(engine, change)
    except RefusedChange as refusal:
        raise RefusedEntryError(refusal.in_vietnamese) from refusal
    note(engine, change, run_id, "change_applied", change.by)
    return done


def note(engine: Engine, change: Change, run_id: str, kind: str, actor: str) -> None:
    """Write into the log that a change was agreed to, refused or applied; once per run."""
    if _is_noted(engine, change, run_id, kind):
        return
    with engine.begin() as connection:
        events.record(
            connection, change.cycle_id, kind, actor, clock.now(connection, change.cycle_id), run_id=run_id,
            change=text(f"changes.form.kind.{change.what}"), entered=dict(change.entered),
        )  # fmt: skip


def _make(engine: Engine, change: Change) -> None:
    entered, by = change.entered, change.by
    asked = {
        "asked_how": entered["asked_how"],
        "asked_by": entered["asked_by"],
        "reason": entered["reason"],
        "agreed_by": entered["agreed_by"],
        "agreed_on": change.agreed_on,
        "by": by,
        "confirm": cast("changes.Confirmation", entered["confirm"] or "mail"),
    }
    arguments = (engine, change.cycle_id)
    confirm = cast("changes.Confirmation", entered["confirm"] or "mail")
    reason = entered["reason"]
    match change.what:
        case "extend":
            changes.extend(
                *arguments,
                change.selection,
                _deadline(change),
                deliverables=change.deliverables or None,
                **cast("Any", asked),
            )
        case "waive":
            changes.waive(*arguments, change.selection, change.deliverables or None, **cast("Any", asked))
        case "pause":
            pauses.pause(
                *arguments, change.selection, _day(change), kind=entered["pause_kind"], reason=reason, by=by
            )
        case "call":
            contact_log.log_call(
                *arguments,
                change.codes[0],
                channel=entered["channel"],
                spoke_with=entered["spoke_with"],
                summary=entered["summary"],
                promised_on=change.day,
                by=by,
            )
        case "close":
            changes.close_early(*arguments, by, reason)
        case "move_close":
            changes.move_close(*arguments, _day(change), by=by, reason=reason)
        case "move_deadline":
            changes.move_deadline(
                *arguments,
                _deadline(change),
                by=by,
                reason=reason,
                agreed_by=entered["agreed_by"],
                agreed_on=change.agreed_on,
                instrument=entered["instrument"],
                confirm=confirm,
            )
        case "withdraw":
            changes.withdraw(
                *arguments, by=by, reason=reason, agreed_by=entered["agreed_by"], confirm=confirm
            )
        case "add_office":
            changes.add_recipient(
                *arguments,
                change.new_office or "",
                like=change.codes[0],
                because=reason,
                by=by,
                takes_its_place=change.replaces,
                deadline=None if change.day is None else _deadline(change),
            )


def _read(connection: Connection, params: Mapping[str, Any], user: str, problems: list[str]) -> Change:
    """The entries, in types; what cannot stand is added to `problems`."""
    entered = {
        name: " ".join(str(params.get(name) or "").split())
        for name in catalogue_fields()
        if name not in {"offices", "deliverables", "replaces"}
    }
    entered |= {name: "" for name in CHOICES if entered[name] == NO_CHOICE}
    what = entered["what"]
    if what not in kinds():
        known = ", ".join(text(f"changes.form.kind.{kind}") for kind in kinds())
        problems.append(_problem("bad_choice", "what", entered=what, known=known))
    needs = kinds()[what].needs if what in kinds() else ()
    label = text(f"changes.form.kind.{what}") if what in kinds() else what
    lines = {name: _lines(params, name) for name in ("offices", "deliverables")}
    region, group = (" ".join(str(params.get(name) or "").split()) for name in ("region", "group"))
    for name in ("cycle_id", *needs):
        is_there = entered.get(name) or lines.get(name) or (name == "offices" and (region or group))
        if not is_there:
            problems.append(_problem("missing", name, what=label))
    for name, known_values in CHOICES.items():
        if entered[name] and entered[name] not in known_values:
            problems.append(
                _problem("bad_choice", name, entered=entered[name], known=", ".join(known_values))
            )
    if what in _FOR_ONE_OFFICE and (len(lines["offices"]) > 1 or region or group):
        problems.append(_problem("one_office", "offices", what=label))
    days = {name: _read_day(name, entered[name], problems) for name in ("day", "agreed_on")}
    codes: list[str] = []
    if entered["cycle_id"]:
        codes = _read_offices(connection, entered["cycle_id"], lines["offices"], problems)
    new_office = None
    if entered["new_office"] and what == "add_office":
        new_office = _read_new_office(connection, entered["cycle_id"], entered["new_office"], problems)
    return Change(
        what=what,
        cycle_id=entered["cycle_id"],
        by=entered["entered_by"] or user,
        codes=tuple(codes),
        region=region or None,
        group=group or None,
        deliverables=tuple(lines["deliverables"]),
        day=days["day"],
        agreed_on=days["agreed_on"],
        new_office=new_office,
        replaces=bool(params.get("replaces")),
        entered=entered | {name: "; ".join(found) for name, found in lines.items()},
    )


def catalogue_fields() -> tuple[str, ...]:
    """The fields of the form, as the catalogue names them."""
    from reporting.wording.catalogue import catalogue

    prefix = "changes.form.field."
    return tuple(key.removeprefix(prefix) for key in catalogue() if key.startswith(prefix))


def _read_offices(connection: Connection, cycle_id: str, given: list[str], problems: list[str]) -> list[str]:
    codes = []
    for name in given:
        try:
            codes.append(office_of(connection, cycle_id, name))
        except (LookupError, ValueError) as refusal:
            problems.append(_problem("problem", "offices", problem=str(refusal)))
    return codes


def _read_new_office(connection: Connection, cycle_id: str, name: str, problems: list[str]) -> str | None:
    day = connection.execute(query("cycles/request_day"), {"cycle_id": cycle_id}).scalar_one_or_none()
    if day is None:
        return name
    index = name_index(connection, on=day)
    found = index.resolve(name)
    if (
        found is None
        and connection.execute(query("cycles/is_office"), {"organization_id": name}).scalar_one()
    ):
        found = name
    if found is None:
        similar = ", ".join(identity for identity, _ in index.suggest(name)) or text("changes.form.nothing")
        problems.append(_problem("unknown_office", "new_office", entered=name, similar=similar))
    return found


def _read_day(name: str, entered: str, problems: list[str]) -> date | None:
    if not entered:
        return None
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(entered, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    problems.append(_problem("bad_date", name, entered=entered))
    return None


def _lines(params: Mapping[str, Any], name: str) -> list[str]:
    entered = str(params.get(name) or "").replace(";", "\n")
    return [line for part in entered.splitlines() if (line := " ".join(part.split()))]


def _problem(key: str, name: str, **values: object) -> str:
    return text(f"changes.form.{key}", field=_field(name), **values)


def _field(name: str) -> str:
    return text(f"changes.form.field.{name}")


def _named(name: str, value: str) -> str:
    """What was chosen, in words; what was written, as it is."""
    keys = {
        "asked_how": "changes.asked_how",
        "confirm": "changes.form.confirm",
        "pause_kind": "changes.pause_kind",
        "channel": "changes.channel",
        "deadline_kind": "changes.deadline_kind",
    }
    return text(f"{keys[name]}.{value}") if name in keys else value


def _day(change: Change) -> date:
    assert change.day is not None  # the kinds that use it need it
    return change.day


def _deadline(change: Change) -> Deadline:
    kind = change.entered["deadline_kind"] or "through"
    return Deadline(cast("Literal['before', 'through']", kind), _day(change))


def _offices(engine: Engine, change: Change) -> list[str]:
    """Short names of the offices that the change is about; none where it is about the whole cycle."""
    if not (change.codes or change.region or change.group):
        return []
    with engine.begin() as connection:
        cycle = hold(connection, change.cycle_id, needs_open=False)
        return [office.short_name for office in choose(connection, cycle, change.selection)]


def _is_noted(engine: Engine, change: Change, run_id: str, kind: str) -> bool:
    with engine.connect() as connection:
        return bool(
            connection.execute(
                query("cycles/is_noted"), {"cycle_id": change.cycle_id, "run_id": run_id, "kind": kind}
            ).scalar_one()
        )


class _Trial:
    """An engine whose transactions all lie within one that is taken back."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with self._connection.begin_nested():
            yield self._connection

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        yield self._connection


@contextmanager
def _trial(engine: Engine) -> Iterator[Engine]:
    with engine.connect() as connection:
        transaction = connection.begin()
        try:
            yield cast("Engine", _Trial(connection))
        finally:
            transaction.rollback()
