"""What is checked, against what, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from reporting.forms.models import Form, MarkMeaning
from reporting.validation.findings import Finding

Outcome = Literal["accepted", "accepted_with_warnings", "to_complete", "unreadable"]
QuantityState = Literal["value", "nil", "not_applicable", "blank"]
SubmissionKind = Literal["draft", "official", "adjusted"]


@dataclass(frozen=True)
class WorkbookFile:
    """A file as it came. `sender_reference`: reference code of the recipient for whom the sender's address,
    or the thread replied to, speaks; None if unknown.
    """

    filename: str
    data: bytes
    sender_reference: str | None


@dataclass(frozen=True)
class RuleWaiver:
    """A rule that an office need not meet. `reference_code` None: no office need; `indicator` None: for none
    of the form's indicators.
    """

    rule_waiver_id: int
    rule: str
    reference_code: str | None = None
    indicator: str | None = None


@dataclass(frozen=True)
class PriorFact:
    """What an office last reported for an indicator: a mark or a number, in the states of core.fact."""

    year: int
    state: str
    value: Decimal | None = None
    document_number: str | None = None


@dataclass(frozen=True)
class CheckContext:
    """What a workbook is checked against.

    `recipients`: reference code → short name. `resolve`: an office's name → reference code, None if not
    known. `waivers`: those in force. `prior`: reference code → indicator → what the office's last answer in
    an earlier cycle says of it, by year. `workbook_form`: the version of the form that the workbooks were
    made from, where they are judged by another (a replay); it has the same tables. `other_cycles`: id →
    title, to name the cycle of a workbook that is not of this one.
    """

    form: Form
    cycle_id: str
    cycle_title: str
    period_from: date
    period_to: date
    recipients: Mapping[str, str]
    resolve: Callable[[str], str | None]
    signing_key: str
    waivers: tuple[RuleWaiver, ...] = ()
    prior: Mapping[str, Mapping[str, tuple[PriorFact, ...]]] = field(default_factory=dict)
    workbook_form: Form | None = None
    other_cycles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MarkValue:
    """One mark that is accepted, with its evidence and the cell it stood in."""

    indicator: str
    year: int
    meaning: MarkMeaning
    document_number: str | None
    document_on: date | None
    note: str | None
    sheet: str
    cell: str
    explanation: str | None = None

    @property
    def is_marked(self) -> bool:
        """Whether the office has it."""
        return self.meaning == "yes"


@dataclass(frozen=True)
class QuantityValue:
    """One number that is accepted, in the unit of its indicator. `value` is None unless `state` is value."""

    indicator: str
    year: int
    state: QuantityState
    value: Decimal | None
    unit: str
    note: str | None
    explanation: str | None
    sheet: str
    cell: str


@dataclass(frozen=True)
class ListRow:
    """One row of an open table: column code → text, number or ISO date; blank cells are left out."""

    list: str
    position: int
    content: Mapping[str, str | float | int]
    sheet: str
    first_cell: str


@dataclass(frozen=True)
class NarrativeText:
    """The prose of one section, NFC; sections left blank have none."""

    section: str
    body: str
    sheet: str
    cell: str


@dataclass(frozen=True)
class CheckedWorkbook:
    """What became of a file.

    `reference_code` None: a person must decide, and `question` says why. Marks, quantities, rows and
    narratives are filled only when the workbook is accepted; then there is one mark per indicator and year of
    the form. `kind` is what the cover says of it; `is_nil`: nothing occurred in the whole period;
    `is_partial`: a part of the form is blank and said to follow.
    """

    filename: str
    outcome: Outcome
    reference_code: str | None
    question: str | None
    findings: tuple[Finding, ...]
    marks: tuple[MarkValue, ...]
    narratives: tuple[NarrativeText, ...]
    blank_means_no: bool | None
    cover: Mapping[str, str]
    quantities: tuple[QuantityValue, ...] = ()
    list_rows: tuple[ListRow, ...] = ()
    kind: SubmissionKind = "official"
    is_nil: bool = False
    is_partial: bool = False
