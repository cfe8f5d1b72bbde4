"""The data of a cycle's summary report, read from the marts and the accepted facts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection

from reporting.clock import VIETNAM
from reporting.consolidation.reconcile import Discrepancy
from reporting.database import query
from reporting.documents import lifecycle
from reporting.documents.section_texts import REPORT, SectionText, section_texts
from reporting.forms.models import Form
from reporting.letters.cycle import load_letter_cycle, office_words, report_text
from reporting.regimes.models import Regime, ReportText
from reporting.summary import scorecard
from reporting.summary.intake_record import IntakeRecord, load_intake_record

Record = TypeVar("Record")

_ROMAN = re.compile(r"^[IVX]+\.\s+")


@dataclass(frozen=True)
class Office:
    """How an office answered. `timeliness`: on_time, extended_on_time, late, missing, not_due, waived,
    confidential or optional.

    `region` is that of the day of the request, "" for an office that lies in none. `is_first_pass`: whether
    its first version was accepted as it came; None without one of its own. Of the version that counts:
    `warning_count`, and how many of them are explained or waived.
    """

    organization_id: str
    position: int
    name: str
    short_name: str
    kind: str
    data_form_state: str
    signed_report_state: str | None
    first_received_at: datetime | None
    accepted_at: datetime | None
    timeliness: str
    days_late: int | None
    submission_count: int
    completion_request_count: int
    reminder_count: int
    is_entered_by_ministry: bool
    group_code: str = ""
    region: str = ""
    is_first_pass: bool | None = None
    warning_count: int = 0
    explained_count: int = 0

    @property
    def has_figures(self) -> bool:
        """Whether a workbook of this office (or entered for it) was accepted."""
        return self.data_form_state in {"completed", "partial"}

    @property
    def owes_figures(self) -> bool:
        """Whether its figures are missing: not given though some occurred, and it was not let off nor answers
        by the secret mail; where the workbook is a courtesy, nor gave its signed report instead.
        """
        return self.standing == "missing"

    @property
    def standing(self) -> str:
        """Where it is counted among those asked, in one place alone: figures, missing, nil, confidential,
        waived, or signed_instead (its signed report, where the workbook is a courtesy).
        """
        if self.has_figures:
            return "figures"
        if self.data_form_state in {"nil", "confidential", "waived"}:
            return self.data_form_state
        is_instead = self.data_form_state == "optional" and self.has_signed_report
        return "signed_instead" if is_instead else "missing"

    @property
    def has_signed_report(self) -> bool:
        """Whether the records desk registered its signed report."""
        return self.signed_report_state == "completed"


@dataclass(frozen=True)
class Mark:
    """One mark, its evidence and the place it was read from; `is_marked` is None if nothing was accepted.

    `state`: yes, no or not_applicable.
    """

    organization_id: str
    indicator: str
    year: int
    is_marked: bool | None
    document_number: str | None = None
    document_on: date | None = None
    note: str | None = None
    sheet: str | None = None
    cell: str | None = None
    filename: str | None = None
    state: str | None = None
    explanation: str | None = None


@dataclass(frozen=True)
class Number:
    """One number in the unit of its indicator and the place it was read from, in the states of core.fact;
    `value` is None unless `state` is value.
    """

    organization_id: str
    indicator: str
    year: int
    state: str
    value: Decimal | None
    sheet: str
    cell: str
    filename: str
    note: str | None = None
    explanation: str | None = None


@dataclass(frozen=True)
class ListRow:
    """One row of an open table: column code → text, number or ISO date, and the place it was read from."""

    organization_id: str
    list: str
    position: int
    content: Mapping[str, str | float | int]
    sheet: str
    first_cell: str
    filename: str


@dataclass(frozen=True)
class Narrative:
    """What an office wrote in a section of the form. `is_citable`: whether the report may use its words, as
    its signed report is registered or an officer confirmed them.
    """

    organization_id: str
    section: str
    body: str
    sheet: str
    cell: str
    filename: str
    is_citable: bool = True


@dataclass(frozen=True)
class Submission:
    """A workbook that came in (or was entered by the ministry), as one version of an office's answer."""

    organization_id: str
    version: int
    channel: str
    sender: str
    filename: str
    sent_at: datetime | None
    received_at: datetime
    outcome: str
    entered_for_reason: str | None
    is_current: bool
    error_count: int
    warning_count: int
    kind: str = "official"
    source_rank: int = 3


@dataclass(frozen=True)
class SignedReport:
    """A signed report as registered by the records desk."""

    organization_id: str
    registered_number: str
    document_number: str
    signed_on: date
    sent_on: date
    received_on: date
    signer: str
    capacity: str


@dataclass(frozen=True)
class SentMessage:
    """A reminder (step reminder__…) or a request to complete (completion_request) that left."""

    organization_id: str
    step: str
    sequence: int
    dated_at: datetime


@dataclass(frozen=True)
class ReminderEffect:
    """To how many offices the reminders of a step went; how many answered within 48 hours, how many ever."""

    step: str
    sent_count: int
    answered_48h_count: int
    answered_count: int


@dataclass(frozen=True)
class FollowUpDue:
    """A direction of the Government (in the reply of that number), or a review ordered, that is not done."""

    wording: str
    owner: str | None
    due_on: date | None
    number: str | None


@dataclass(frozen=True)
class PreviousFigure:
    """What an indicator came to in the last period: how many offices had it (a mark) or gave a number, and
    the sum of these (a quantity). `year` is the year of this period's form with which it is compared; None
    for distinct offices over all years. `previous_year` is the year it is of.
    """

    indicator: str
    year: int | None
    previous_year: int | None
    office_count: int
    total: Decimal | None = None


@dataclass(frozen=True)
class Previous:
    """The cycle of the same regime and form before this one, as its marts have it; `row_counts` are the rows
    of its open tables, by table.
    """

    cycle_id: str
    title: str
    period_from: date
    period_to: date
    office_count: int
    answered_count: int
    figures: tuple[PreviousFigure, ...]
    row_counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Replaced:
    """The published report that a later edition (`edition`: 2, 3 …) replaces, and why; `supplements` are
    those to it that were given out, number and date, which it replaces, too.
    """

    edition: int
    number: str
    registered_on: date
    reason: str
    supplements: tuple[tuple[str, date], ...] = ()

    @property
    def kind(self) -> str:
        """The kind of document that the later edition is."""
        return f"{REPORT}__{self.edition}"


@dataclass(frozen=True)
class SummaryData:
    """All that the summary report, its appendix and the reconciliation sheet say.

    The collections are in the order of the list of offices. What grows with offices and indicators (marks,
    numbers, rows, narratives, submissions, messages, the intake record) may be read from its stored form anew
    each time it is iterated: walk through it, and keep no whole copy. `totals` is keyed by (indicator, year),
    `distinct` by indicator. `words` chooses how offices are spoken of (department, committee, province,
    office). `request_number` is None until the request is registered. `previous` is None in the first period;
    `section_texts` are the unit's own wordings. `previous_scores` is what the scorecard gives the offices (by
    organization_id) for the cycle before. `snapshot` is the stored form that this was read from
    (reporting.summary.snapshot), empty where it was made otherwise.
    """

    cycle_id: str
    title: str
    mode: str
    period_from: date
    period_to: date
    cutoff_on: date
    deadline_phrase: str
    due_at: datetime | None
    report_year: int
    request_number: str | None
    request_on: date | None
    regime: Regime
    form: Form
    words: str
    offices: tuple[Office, ...]
    marks: Collection[Mark]
    totals: Mapping[tuple[str, int], int]
    distinct: Mapping[str, int]
    narratives: Collection[Narrative]
    submissions: Collection[Submission]
    signed_reports: Collection[SignedReport]
    messages: Collection[SentMessage]
    discrepancies: tuple[Discrepancy, ...]
    intake: IntakeRecord = field(default_factory=IntakeRecord)
    numbers: Collection[Number] = ()
    list_rows: Collection[ListRow] = ()
    reminder_effects: tuple[ReminderEffect, ...] = ()
    follow_ups: tuple[FollowUpDue, ...] = ()
    previous_scores: Mapping[str, Decimal] = field(default_factory=dict)
    replaces: Replaced | None = None
    previous: Previous | None = None
    section_texts: tuple[SectionText, ...] = ()
    snapshot: bytes = field(default=b"", repr=False, compare=False)

    @property
    def report(self) -> ReportText:
        """The fixed text of the report. Raises LookupError when the regime leads to none."""
        return report_text(self.regime, self.cycle_id, self.title)

    @cached_property
    def groups(self) -> Mapping[str, str]:
        """What the parts of the list of offices are called, by their group_code."""
        return group_titles(self.regime, (office.group_code for office in self.offices))

    @cached_property
    def short_labels(self) -> Mapping[str, str]:
        """What marks and numbers are called in short, by their code."""
        numbers = {quantity.code: quantity.short_label for quantity in self.form.quantity_rows}
        return {indicator.code: indicator.short_label for indicator in self.form.indicators} | numbers

    @cached_property
    def by_id(self) -> Mapping[str, Office]:
        """The offices by their organization_id."""
        return {office.organization_id: office for office in self.offices}

    def names(self, organization_ids: Sequence[str] | set[str]) -> list[str]:
        """Short names of these offices, in the order of the list."""
        found = [self.by_id[o] for o in set(organization_ids) if o in self.by_id]
        return [office.short_name for office in sorted(found, key=lambda office: office.position)]

    def short_name(self, organization_id: str) -> str:
        """Short name of an office; its id when it is not among those that owe a report."""
        office = self.by_id.get(organization_id)
        return organization_id if office is None else office.short_name


class _Rows(Collection[Record], Generic[Record]):
    """Records of a query, asked for anew each time they are iterated, a portion at a time."""

    def __init__(
        self, connection: Connection, name: str, key: Mapping[str, str], record: Callable[..., Record]
    ):
        self._connection, self._query, self._key, self._record = (
            connection,
            query(f"summary/{name}"),
            key,
            record,
        )

    def __iter__(self) -> Iterator[Record]:
        options = {"stream_results": True, "yield_per": 5000}
        for row in self._connection.execute(self._query, self._key, execution_options=options):
            yield self._record(**row._mapping)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, record: object) -> bool:
        return any(other == record for other in self)


def load_live(connection: Connection, cycle_id: str) -> SummaryData:
    """The cycle's figures as the marts have them now, read from the warehouse while they are iterated; made
    to be stored (reporting.summary.snapshot.take).

    Raises LookupError when there is no such cycle, or it asks for no data form.
    """
    cycle = load_letter_cycle(connection, cycle_id)
    if cycle.form is None:
        raise LookupError(f"{cycle_id} asks for no data form, so there are no figures to sum up.")
    key = {"cycle_id": cycle_id}
    request = lifecycle.cited_request(connection, cycle_id)
    offices = _offices(connection, cycle_id)
    return SummaryData(
        cycle_id=cycle.cycle_id,
        title=cycle.title,
        mode=cycle.mode,
        period_from=cycle.period_from,
        period_to=cycle.period_to,
        cutoff_on=cycle.cutoff_on,
        deadline_phrase=cycle.deadline_phrase,
        due_at=cycle.due_at,
        report_year=cycle.report_year,
        request_number=request.number if request else None,
        request_on=request.registered_on if request else None,
        regime=cycle.regime,
        form=cycle.form,
        words=office_words([o.kind for o in offices]),
        offices=offices,
        marks=_Rows(connection, "marks", key, Mark),
        totals={
            (r.indicator, r.year): r.office_count for r in connection.execute(query("summary/totals"), key)
        },
        distinct={r.indicator: r.office_count for r in connection.execute(query("summary/distinct"), key)},
        narratives=_Rows(connection, "narratives", key, Narrative),
        submissions=_Rows(connection, "submissions", key, _submission),
        signed_reports=_Rows(connection, "signed_reports", key, SignedReport),
        messages=_Rows(connection, "messages", key, _message),
        discrepancies=tuple(
            Discrepancy(r.measure, r.indicator, r.year, r.stated, r.computed, r.source, tuple(r.offices))
            for r in connection.execute(query("summary/discrepancies"), key)
        ),
        intake=load_intake_record(connection, cycle_id),
        numbers=_Rows(connection, "numbers", key, Number),
        list_rows=_Rows(connection, "list_rows", key, ListRow),
        reminder_effects=tuple(
            ReminderEffect(**row._mapping)
            for row in connection.execute(query("summary/reminder_effects"), key)
        ),
        previous_scores=_previous_scores(connection, cycle_id),
        follow_ups=tuple(
            FollowUpDue(**row._mapping) for row in connection.execute(query("summary/follow_ups"), key)
        ),
        previous=_previous(connection, cycle_id),
        section_texts=section_texts(connection, cycle_id),
    )


def group_titles(regime: Regime, group_codes: Iterable[str]) -> dict[str, str]:
    """What the parts of the list of those that owe a report are called, without their numbers, by group;
    `group_codes` has the group of every office.
    """
    counts = Counter(group_codes)
    return {
        a.group: _ROMAN.sub("", a.list_title).format(count=counts[a.group])
        for a in regime.addressees
        if a.role == "owes"
    }


def _previous(connection: Connection, cycle_id: str) -> Previous | None:
    key = {"cycle_id": cycle_id}
    row = connection.execute(query("summary/previous"), key).one_or_none()
    if row is None:
        return None
    figures = tuple(
        PreviousFigure(**r._mapping) for r in connection.execute(query("summary/previous_figures"), key)
    )
    rows = connection.execute(query("summary/previous_rows"), {"cycle_id": row.cycle_id})
    return Previous(**row._mapping, figures=figures, row_counts={r.list: r.row_count for r in rows})


def _previous_scores(connection: Connection, cycle_id: str) -> dict[str, Decimal]:
    previous = connection.scalar(query("summary/previous"), {"cycle_id": cycle_id})
    before = _offices(connection, previous) if previous else ()
    return {o.organization_id: p for o in before if (p := scorecard.score(o).points) is not None}


def _offices(connection: Connection, cycle_id: str) -> tuple[Office, ...]:
    return tuple(
        Office(
            **{
                **row._mapping,
                "first_received_at": _local(row.first_received_at),
                "accepted_at": _local(row.accepted_at),
            }
        )
        for row in connection.execute(query("summary/offices"), {"cycle_id": cycle_id})
    )


def _submission(**row: Any) -> Submission:
    return Submission(
        **{**row, "sent_at": _local(row["sent_at"]), "received_at": row["received_at"].astimezone(VIETNAM)}
    )


def _message(**row: Any) -> SentMessage:
    return SentMessage(
        row["organization_id"], row["step"], row["sequence"], row["dated_at"].astimezone(VIETNAM)
    )


def _local(moment: datetime | None) -> datetime | None:
    return moment.astimezone(VIETNAM) if moment is not None else None
