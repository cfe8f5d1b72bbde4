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
from reporting.letters.text import fill
from reporting.regimes.models import LetterText, OfficeList, Regime, ReportText
from reporting.registry.roster import members
from reporting.wording.catalogue import text


@dataclass(frozen=True)
class Addressee:
    """An office addressed in the cycle through the list `group`; `owes`: False where it gets a copy only."""

    recipient_id: int
    organization_id: str
    position: int
    name: str
    short_name: str
    owes: bool
    kind: str
    group: str


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
    officer: str | None = None

    @property
    def contact(self) -> str:
        """Whom the letters name for questions: the officer in charge, or else the unit's contact."""
        return self.officer or self.regime.unit.contact

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
            r.recipient_id,
            r.organization_id,
            r.position,
            r.name,
            r.short_name,
            r.role == "owes",
            r.kind,
            r.group_code,
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
        officer=row.officer or None,
    )


def list_values(connection: Connection, cycle: LetterCycle, letter: LetterText) -> dict[str, object]:
    """The offices that a letter names, as the registry has them on the day of the request, for its text.

    A list `pilots` fills {pilots} with their names and {pilots_count} with their number. Raises LookupError
    for a list of a group that the registry does not know.
    """
    values: dict[str, object] = {}
    for listed in letter.lists:
        names = [written_out(name) for name in _listed(connection, cycle, listed)]
        values[listed.code] = text("letters.list.between").join(names)
        values[f"{listed.code}_count"] = len(names)
    return values


def written_out(name: str) -> str:
    """A short name as running text has it: "TP. Hồ Chí Minh" is written "Thành phố Hồ Chí Minh"."""
    short, full = text("letters.list.city.short"), text("letters.list.city.full")
    return name.replace(short, full, 1) if name.startswith(short) else name


def _listed(connection: Connection, cycle: LetterCycle, listed: OfficeList) -> list[str]:
    if listed.group is not None:
        return [m.short_name for m in members(connection, listed.group, cycle.request_on)]
    assert listed.when is not None  # a list has one source
    return list(
        connection.scalars(
            query("letters/offices_at_stage"),
            {
                "cycle_id": cycle.cycle_id,
                "subject": listed.when.subject,
                "stages": list(listed.when.stages),
                "on_day": cycle.request_on,
            },
        )
    )


def list_sections(cycle: LetterCycle) -> list[dict[str, object]]:
    """The list of addressees as its parts, each {title, offices}: those lists of the regime that have a
    title, in its order; where none has one, all that owe a report as one part without title.
    """
    titled = {a.group: a.list_title for a in cycle.regime.addressees if a.list_title}
    if not titled:
        return [{"title": "", "offices": [a.name for a in cycle.owing]}]
    sections: list[dict[str, object]] = []
    for group, title in titled.items():
        offices = [a.name for a in cycle.addressees if a.group == group]
        sections.append({"title": title.format(count=len(offices)), "offices": offices})
    return sections


def report_text(regime: Regime, cycle_id: str, title: str) -> ReportText:
    """The fixed text of a cycle's summary report, the cycle's `title` filled in where it says {report_title}.

    Raises LookupError when the regime leads to no report.
    """
    if regime.report is None:
        raise LookupError(
            f"Regime {regime.code} of {cycle_id} leads to no report; "
            f"write report and report_on in include/regimes/{regime.code}.yaml."
        )
    subject = fill(regime.report.subject, {"report_title": title})
    return regime.report.model_copy(update={"subject": subject})


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
