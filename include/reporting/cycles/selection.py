"""Which offices of a cycle a change is about: named ones, a list, a region of the country; and refusals."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row

from reporting import clock
from reporting.clock import VIETNAM
from reporting.database import query
from reporting.regimes.models import Regime
from reporting.wording.catalogue import text


class RefusedChange(ValueError):
    """A change that cannot be made; says what to do instead.

    `in_vietnamese` is the same for the person at the form, from include/wording/changes.yaml.
    """

    def __init__(self, key: str, english: str, **values: object) -> None:
        super().__init__(english)
        self.key, self._values = key, values

    @property
    def in_vietnamese(self) -> str:
        """The refusal in the words of the catalogue."""
        return text(f"changes.refused.{self.key}", **self._values)


class UnknownOffice(RefusedChange, LookupError):
    """An office, a list or a region that the cycle does not have, or that the change does not concern."""


@dataclass(frozen=True)
class Selection:
    """Offices of a cycle by look-up code, or all those of a list (`group`) or a region that owe a report."""

    codes: tuple[str, ...] = ()
    region: str | None = None
    group: str | None = None


OfficeChoice = str | Sequence[str] | Selection


@dataclass(frozen=True)
class ChosenOffice:
    """A recipient of the cycle. `region` is None for central offices."""

    recipient_id: int
    organization_id: str
    reference_code: str
    name: str
    short_name: str
    group_code: str
    role: str
    region: str | None


@dataclass(frozen=True)
class HeldCycle:
    """A cycle that is held while it is changed, at its present moment."""

    cycle_id: str
    regime: Regime
    period: str
    request_on: date
    due_at: datetime | None
    close_at: datetime
    closed_at: datetime | None
    is_issued: bool
    is_withdrawn: bool
    now: datetime

    @property
    def today(self) -> date:
        """The day by the cycle's clock."""
        return self.now.astimezone(VIETNAM).date()


def hold(connection: Connection, cycle_id: str, *, needs_open: bool = True) -> HeldCycle:
    """Hold a cycle until the transaction ends, so that one change after the other is made.

    Raises LookupError for an unknown cycle; RefusedChange, if it `needs_open`, when it was withdrawn or is
    closed.
    """
    row = connection.execute(query("cycles/hold_cycle"), {"cycle_id": cycle_id}).one_or_none()
    if row is None:
        raise UnknownOffice(
            "no_cycle",
            f"There is no cycle {cycle_id!r}; `reporting cycle list` shows those there are.",
            cycle=cycle_id,
        )
    cycle = HeldCycle(
        cycle_id=cycle_id,
        regime=Regime.model_validate(row.regime_content),
        period=row.period,
        request_on=row.request_on,
        due_at=_local(row.due_at),
        close_at=row.close_at.astimezone(VIETNAM),
        closed_at=_local(row.closed_at),
        is_issued=row.is_issued,
        is_withdrawn=row.is_withdrawn,
        now=clock.now(connection, cycle_id),
    )
    if needs_open and cycle.is_withdrawn:
        raise RefusedChange(
            "withdrawn", f"{cycle_id} was withdrawn; nothing in it can be changed any more.", cycle=cycle_id
        )
    if needs_open and cycle.closed_at is not None:
        raise RefusedChange(
            "closed",
            f"{cycle_id} is closed already, since {cycle.closed_at:%d/%m/%Y %H:%M}. "
            "What comes now is entered at the records desk, or asked for in a cycle of its own.",
            cycle=cycle_id,
            at=f"{cycle.closed_at:%d/%m/%Y %H:%M}",
        )
    return cycle


def choose(connection: Connection, cycle: HeldCycle, choice: OfficeChoice) -> list[ChosenOffice]:
    """The offices that are meant, in the order of the list.

    Raises UnknownOffice naming what the cycle does not have.
    """
    selection = _selection(choice)
    offices = [
        ChosenOffice(**row._mapping)
        for row in connection.execute(
            query("cycles/offices"),
            {"cycle_id": cycle.cycle_id, "request_on": cycle.request_on},
        )
    ]
    known = {office.reference_code for office in offices}
    strangers = [code for code in selection.codes if code not in known]
    if strangers:
        raise UnknownOffice(
            "no_such_office",
            f"{', '.join(strangers)}: no recipient of {cycle.cycle_id}; "
            f"`reporting cycle show {cycle.cycle_id}` lists all.",
            offices=", ".join(strangers),
        )
    chosen = set(selection.codes)
    for given, attribute, key in (
        (selection.region, "region", "no_such_region"),
        (selection.group, "group_code", "no_such_group"),
    ):
        if given is None:
            continue
        wanted = _folded(given)
        found = [
            o.reference_code
            for o in offices
            if o.role == "owes" and _folded(getattr(o, attribute) or "") == wanted
        ]
        if not found:
            there = sorted({value for o in offices if (value := getattr(o, attribute))})
            raise UnknownOffice(
                key,
                f"No office of {cycle.cycle_id} is in {given!r}; there are: {'; '.join(there) or 'none'}.",
                given=given,
                known="; ".join(there),
            )
        chosen |= set(found)
    if not chosen:
        raise UnknownOffice("nobody", "Name an office, a list (group) or a region.")
    return [office for office in offices if office.reference_code in chosen]


def obligations(
    connection: Connection, offices: Sequence[ChosenOffice], deliverables: Sequence[str] | None = None
) -> list[Row[Any]]:
    """What these offices owe, or were let off or gave, in order; only these deliverables if they are given.

    Raises UnknownOffice naming a deliverable that none of them owes.
    """
    rows = connection.execute(
        query("cycles/obligations_of"), {"recipient_ids": [o.recipient_id for o in offices]}
    ).all()
    if not deliverables:
        return list(rows)
    known = sorted({row.deliverable for row in rows})
    strangers = sorted(set(deliverables) - set(known))
    if strangers:
        raise UnknownOffice(
            "no_such_deliverable",
            f"{', '.join(strangers)}: nobody of those named owes it; there are: {', '.join(known)}.",
            given=", ".join(strangers),
            known=", ".join(known),
        )
    return [row for row in rows if row.deliverable in deliverables]


def required(**entered: str | None) -> None:
    """Refuse a change without a reason or a name: everything here must hold more than spaces."""
    empty = [name for name, value in entered.items() if not (value or "").strip()]
    if empty:
        raise RefusedChange(
            "empty",
            f"{', '.join(empty)}: empty; write something that can be kept on record.",
            fields=", ".join(text(f"changes.field.{name}") for name in empty),
        )


def _selection(choice: OfficeChoice) -> Selection:
    if isinstance(choice, Selection):
        return choice
    return Selection(codes=(choice,) if isinstance(choice, str) else tuple(choice))


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def _local(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(VIETNAM)
