"""The data of a cycle's summary report, read from the marts and the accepted facts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection

from reporting.clock import VIETNAM
from reporting.consolidation.reconcile import Discrepancy
from reporting.database import query
from reporting.documents import lifecycle
from reporting.forms.models import Form
from reporting.letters.cycle import load_letter_cycle, office_words, report_text
from reporting.regimes.models import Regime, ReportText
from reporting.summary.intake_record import IntakeRecord, load_intake_record

Record = TypeVar("Record")


@dataclass(frozen=True)
class Office:
    """How an office answered. `timeliness`: on_time, extended_on_time, late, missing, not_due, waived or
    confidential.
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

    @property
    def has_figures(self) -> bool:
        """Whether a workbook of this office (or entered for it) was accepted."""
        return self.data_form_state in {"completed", "partial"}

    @property
    def owes_figures(self) -> bool:
        """Whether its figures are missing: not given though some occurred, and it was not let off nor answers
        by the secret mail; where the workbook is a courtesy, nor gave its signed report instead.
        """
        if self.data_form_state == "optional" and self.has_signed_report:
            return False
        return not self.has_figures and self.data_form_state not in {"nil", "confidential", "waived"}

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
    """What an office wrote in a section of the form."""

    organization_id: str
    section: str
    body: str
    sheet: str
    cell: str
    filename: str


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
class SummaryData:
    """All that the summary report, its appendix and the reconciliation sheet say.

    The collections are in the order of the list of offices. What grows with offices and indicators (marks,
    numbers, rows, narratives, submissions, messages, the intake record) may be read from its stored form anew
    each time it is iterated: walk through it, and keep no whole copy. `totals` is keyed by (indicator, year),
    `distinct` by indicator. `words` chooses how offices are spoken of (department, committee, province,
    office). `request_number` is None until the request is registered. `snapshot` is the stored form that this
    was read from (reporting.summary.snapshot), empty where it was made otherwise.
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
    snapshot: bytes = field(default=b"", repr=False, compare=False)

    @property
    def report(self) -> ReportText:
        """The fixed text of the report. Raises LookupError when the regime leads to none."""
        return report_text(self.regime, self.cycle_id, self.title)

    def names(self, organization_ids: Sequence[str] | set[str]) -> list[str]:
        """Short names of these offices, in the order of the list."""
        wanted = set(organization_ids)
        return [o.short_name for o in self.offices if o.organization_id in wanted]

    def short_name(self, organization_id: str) -> str:
        """Short name of an office; its id when it is not among those that owe a report."""
        return next(
            (o.short_name for o in self.offices if o.organization_id == organization_id), organization_id
        )

    def marked_offices(self, indicator: str, year: int | None = None) -> set[str]:
        """Ids of the offices that reported the indicator in that year, or in any."""
        return {
            m.organization_id
            for m in self.marks
            if m.indicator == indicator and m.is_marked and (year is None or m.year == year)
        }


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
    offices = tuple(
        Office(
            organization_id=r.organization_id,
            position=r.position,
            name=r.name,
            short_name=r.short_name,
            kind=r.kind,
            data_form_state=r.data_form_state,
            signed_report_state=r.signed_report_state,
            first_received_at=_local(r.first_received_at),
            accepted_at=_local(r.accepted_at),
            timeliness=r.timeliness,
            days_late=r.days_late,
            submission_count=r.submission_count,
            completion_request_count=r.completion_request_count,
            reminder_count=r.reminder_count,
            is_entered_by_ministry=r.is_entered_by_ministry,
        )
        for r in connection.execute(query("summary/offices"), key)
    )
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
