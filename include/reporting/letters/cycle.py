"""What letters and reports need to know of a cycle, read from the warehouse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from reporting.clock import VIETNAM
from reporting.database import query
from reporting.forms.models import Form
from reporting.letters.official import TrackingTable
from reporting.regimes.models import Regime
from reporting.wording.catalogue import text


@dataclass(frozen=True)
class Addressee:
    """An office addressed in the cycle; `owes` is False where it gets a copy only."""

    recipient_id: int
    organization_id: str
    position: int
    name: str
    short_name: str
    owes: bool
    kind: str


@dataclass(frozen=True)
class LetterCycle:
    """A cycle as its letters print it. `report_year` is the year in which the report is due."""

    cycle_id: str
    title: str
    subject: str
    mode: str
    period: str
    period_from: date
    period_to: date
    cutoff_on: date
    request_on: date
    deadline_phrase: str
    due_at: datetime | None
    is_reconstruction: bool
    report_year: int
    regime: Regime
    form: Form | None
    addressees: tuple[Addressee, ...]

    @property
    def owing(self) -> tuple[Addressee, ...]:
        """The offices that owe a report, in the order of the list."""
        return tuple(a for a in self.addressees if a.owes)


def load_letter_cycle(connection: Connection, cycle_id: str) -> LetterCycle:
    """The cycle with its regime as frozen at opening. Raises LookupError when there is no such cycle."""
    row = connection.execute(query("letters/cycle"), {"cycle_id": cycle_id}).one_or_none()
    if row is None:
        raise LookupError(f"There is no cycle {cycle_id!r}; `reporting cycle list` shows those there are.")
    addressees = tuple(
        Addressee(
            r.recipient_id, r.organization_id, r.position, r.name, r.short_name, r.role == "owes", r.kind
        )
        for r in connection.execute(query("letters/addressees"), {"cycle_id": cycle_id})
    )
    return LetterCycle(
        cycle_id=row.cycle_id,
        title=row.title,
        subject=row.subject,
        mode=row.mode,
        period=row.period,
        period_from=row.period_from,
        period_to=row.period_to,
        cutoff_on=row.cutoff_on,
        request_on=row.request_on,
        deadline_phrase=row.deadline_phrase,
        due_at=None if row.due_at is None else row.due_at.astimezone(VIETNAM),
        is_reconstruction=row.is_reconstruction,
        report_year=row.report_due_at.astimezone(VIETNAM).year,
        regime=Regime.model_validate(row.regime_content),
        form=None if row.form_content is None else Form.model_validate(row.form_content),
        addressees=addressees,
    )


def office_words(kinds: Sequence[str]) -> str:
    """The words for offices of these kinds: department, committee, province (both of them) or office."""
    found = set(kinds)
    if found == {"province_department"}:
        return "department"
    if found == {"province_committee"}:
        return "committee"
    if found and found <= {"province_department", "province_committee"}:
        return "province"
    return "office"


def tracking_table(
    form: Form,
    words: str,
    offices: Sequence[tuple[str, str]],
    marked: Mapping[tuple[str, str, int], bool],
    totals: Mapping[tuple[str, int], int | None],
) -> TrackingTable:
    """The tracking table in the shape of the form: `offices` are (organization_id, name) in printing order.

    `marked` is keyed by (organization_id, indicator, year), `totals` by (indicator, year). A total of
    zero or None prints blank, as the ministry's letters print it.
    """
    columns = [(i.code, year) for i in form.indicators for year in form.years]
    return TrackingTable(
        position_heading=text("letters.table.position"),
        office_heading=text(f"letters.table.office.{words}"),
        groups=tuple((i.label, tuple(form.years)) for i in form.indicators),
        rows=tuple(
            (name, tuple(marked.get((organization, code, year), False) for code, year in columns))
            for organization, name in offices
        ),
        totals=tuple(str(totals[column]) if totals.get(column) else "" for column in columns),
    )
