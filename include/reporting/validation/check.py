"""Check a batch of workbooks: whose answer each is, what is to be mended, what is accepted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from reporting.forms.models import Form, MarkMeaning, mark_key
from reporting.validation.expectations import Failure, failures
from reporting.validation.findings import Finding, Severity, make_finding, worst_first
from reporting.validation.frame import FrameRow, frame_rows, to_frame
from reporting.validation.suite import load_suite
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import short_date
from reporting.workbook.identity import IdentityReading, verify
from reporting.workbook.read import MarkRow, ReadWorkbook, mark_label, read_workbook
from reporting.workbook.values import Cell, as_line, read_date

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
class CheckContext:
    """What a workbook is checked against.

    `recipients`: reference code → short name. `resolve`: an office's name → reference code, None if not
    known.
    """

    form: Form
    cycle_id: str
    cycle_title: str
    period_from: date
    period_to: date
    recipients: Mapping[str, str]
    resolve: Callable[[str], str | None]
    signing_key: str


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
    the form. `kind` is what the cover says of it; `is_nil`: nothing occurred in the whole period; `is_partial`:
    a part of the form is blank and said to follow.
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


@dataclass(frozen=True)
class _Owner:
    """Whose workbook it is, and what was to be said about that."""

    reference_code: str | None
    question: str | None = None
    findings: tuple[Finding, ...] = ()


@dataclass
class _Work:
    file: WorkbookFile
    workbook: ReadWorkbook
    owner: _Owner
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_stopped(self) -> bool:
        """An error at an early gate: the cells are not looked at."""
        return any(finding.severity == "error" for finding in self.findings)


def check_workbooks(files: Sequence[WorkbookFile], context: CheckContext) -> list[CheckedWorkbook]:
    """Check the files in one Great Expectations pass; the results stand in the order of the files.

    Never raises for a bad file. What it does raise is a fault of ours (a suite that does not fit its form,
    an expectation that cannot be evaluated): the caller keeps the files, says so to nobody but the
    operator, and may try them singly.
    """
    works = [_open(file, context) for file in files]
    rows: list[FrameRow] = []
    for place, work in enumerate(works):
        if not work.is_stopped:
            rows += frame_rows(place, work.workbook, context.form, context.period_from, context.period_to)
    if rows:
        failed = failures(to_frame(rows), load_suite(context.form))
        for place, work in enumerate(works):
            if not work.is_stopped:
                work.findings += _cell_findings(place, work.workbook, rows, failed, context)
    return [_conclude(work, context.form) for work in works]


def _open(file: WorkbookFile, context: CheckContext) -> _Work:
    workbook = read_workbook(file.data, file.filename, context.form)
    owner = _owner(file, workbook, context)
    if workbook.findings:  # the file or the template: nothing later is tried
        return _Work(file, workbook, owner, list(workbook.findings))
    return _Work(file, workbook, owner, list(owner.findings))


# -- identity ------------------------------------------------------------------------------------


def _owner(file: WorkbookFile, workbook: ReadWorkbook, context: CheckContext) -> _Owner:
    sender = file.sender_reference if file.sender_reference in context.recipients else None
    reading = verify(workbook.token, context.signing_key)
    if reading.state == "foreign":
        finding = make_finding("identity_is_signed", "warning", "identity", variant="foreign")
        return _Owner(None, _question("foreign_signature", sender, workbook, reading, context), (finding,))
    if reading.state == "lost" or reading.identity is None:
        return _unsigned(sender, workbook, reading, context)
    if reading.identity.cycle_id != context.cycle_id:
        finding = make_finding(
            "workbook_is_of_this_cycle", "error", "template", cycle_title=context.cycle_title
        )
        question = None
        if sender is None:
            question = _question("unknown_sender_and_workbook", sender, workbook, reading, context)
        return _Owner(sender, question, (finding,))
    owner = reading.identity.reference_code
    if owner not in context.recipients:
        return _Owner(None, _question("unlisted_recipient", sender, workbook, reading, context))
    if sender is not None and sender != owner:
        names = {"owner": context.recipients[owner], "sender": context.recipients[sender]}
        return _Owner(sender, None, (_not_the_senders(workbook, "identity", names),))
    findings = _name_findings(owner, workbook, context, by_sender=sender is not None)
    if sender is None:
        findings.append(
            make_finding("sender_is_known", "warning", "identity", owner=context.recipients[owner])
        )
    return _Owner(owner, None, tuple(findings))


def _unsigned(
    sender: str | None, workbook: ReadWorkbook, reading: IdentityReading, context: CheckContext
) -> _Owner:
    if sender is None:
        return _Owner(None, _question("unknown_sender_and_workbook", sender, workbook, reading, context))
    findings = _name_findings(sender, workbook, context, by_sender=True)
    findings.append(
        make_finding(
            "identity_is_signed", "warning", "identity", variant="lost", owner=context.recipients[sender]
        )
    )
    return _Owner(sender, None, tuple(findings))


def _name_findings(
    owner: str, workbook: ReadWorkbook, context: CheckContext, *, by_sender: bool
) -> list[Finding]:
    """The cover's name and code against the owner. A slip of diacritics resolves and is never mentioned."""
    findings: list[Finding] = []
    code = workbook.cover.get("reference_code")
    if code is not None and code.text in context.recipients and code.text != owner:
        names = {"owner": context.recipients[code.text], "sender": context.recipients[owner]}
        return [_not_the_senders(workbook, "identity", names, code)]
    cell = workbook.cover.get("organization_name")
    name = as_line(cell.value) if cell is not None else None
    if cell is None or name is None:
        return findings
    named = context.resolve(name)
    owner_name = context.recipients[owner]
    if named is None:
        findings.append(
            make_finding(
                "organization_name_is_known",
                "warning",
                "identity",
                sheet=cell.sheet,
                cells=[cell.address],
                value_seen=name,
                owner=owner_name,
            )
        )
    elif named != owner:
        variant = "cover" if by_sender else "renamed"
        findings.append(
            _not_the_senders(workbook, variant, {"owner": owner_name, "sender": owner_name}, cell)
        )
    return findings


def _not_the_senders(
    workbook: ReadWorkbook, variant: str, names: Mapping[str, str], cell: Cell | None = None
) -> Finding:
    at = cell or workbook.cover.get("organization_name")
    return make_finding(
        "workbook_is_of_the_sender",
        "error",
        "identity",
        variant=variant,
        sheet=at.sheet if at else None,
        cells=[at.address] if at else (),
        value_seen=as_line(at.value) if at else None,
        **names,
    )


def _question(
    key: str, sender: str | None, workbook: ReadWorkbook, reading: IdentityReading, context: CheckContext
) -> str:
    def shown(field_key: str) -> str:
        cell = workbook.cover.get(field_key)
        return (as_line(cell.value) if cell else None) or text("findings.question.unknown")

    code = reading.identity.reference_code if reading.identity else shown("reference_code")
    return text(
        f"findings.question.{key}",
        organization_name=shown("organization_name"),
        reference_code=code,
        sender=context.recipients[sender] if sender else text("findings.question.unknown"),
    )


# -- cells ---------------------------------------------------------------------------------------


def _cell_findings(
    place: int,
    workbook: ReadWorkbook,
    rows: Sequence[FrameRow],
    failed: Iterable[Failure],
    context: CheckContext,
) -> list[Finding]:
    """The failures of one file as findings, in the order of the suite; a cell that has an error is not
    spoken of twice.
    """
    found: list[Finding] = []
    spoken_of: set[tuple[str, str]] = set()
    for rule, meta, hits in _by_rule(place, rows, failed):
        severity: Severity = _severity(meta, context.period_to)
        open_hits = [
            (row, cells)
            for row, cells in hits
            if not any((cell.sheet, cell.address) in spoken_of for cell in cells)
            and not (severity == "warning" and _is_explained(row))
        ]
        if not open_hits:
            continue
        if rule == "blank_mark_is_confirmed":
            found.append(_blank_finding(open_hits, workbook, severity))
        else:
            found += [
                _finding(rule, severity, meta["stage"], row, cells, context) for row, cells in open_hits
            ]
        spoken_of |= {(cell.sheet, cell.address) for _, cells in open_hits for cell in cells}
    return found


_Hit = tuple[FrameRow, list[Cell]]


def _by_rule(
    place: int, rows: Sequence[FrameRow], failed: Iterable[Failure]
) -> list[tuple[str, Mapping[str, Any], list[_Hit]]]:
    """One file's failures by rule and severity; the cells of one row under one rule come together."""
    groups: dict[tuple[str, str, str | None], tuple[Mapping[str, Any], dict[int, list[Cell]]]] = {}
    for failure in failed:
        meta = failure.meta
        _, by_row = groups.setdefault((meta["rule"], meta["severity"], meta["warn_until"]), (meta, {}))
        for row_id in failure.row_ids:
            if rows[row_id].file == place:
                cells = by_row.setdefault(row_id, [])
                cell = rows[row_id].cells[meta["cell"]]
                if cell not in cells:
                    cells.append(cell)
    return [
        (meta["rule"], meta, [(rows[row_id], by_row[row_id]) for row_id in sorted(by_row)])
        for meta, by_row in groups.values()
        if by_row
    ]


def _severity(meta: Mapping[str, Any], period_to: date) -> Severity:
    until = meta["warn_until"]
    if meta["severity"] == "warning" or (until is not None and period_to <= date.fromisoformat(until)):
        return "warning"
    return "error"


def _is_explained(row: FrameRow) -> bool:
    return row.row is not None and bool(row.row.explanation.text)


def _blank_finding(hits: Sequence[_Hit], workbook: ReadWorkbook, severity: Severity) -> Finding:
    """All blank marks of a workbook in one message."""
    cells = [cell for _, found in hits for cell in found]
    tick = workbook.cover["blank_means_no"]
    rows = [row.row for row, _ in hits if row.row is not None]
    return make_finding(
        "blank_mark_is_confirmed",
        severity,
        "cells",
        sheet=cells[0].sheet,
        cells=[cell.address for cell in cells],
        indicator=rows[0].indicator if len({row.indicator for row in rows}) == 1 else None,
        tick_cell=tick.address,
        tick_sheet=tick.sheet,
    )


def _finding(
    rule: str, severity: Severity, stage: Any, row: FrameRow, cells: Sequence[Cell], context: CheckContext
) -> Finding:
    values: dict[str, object] = {
        "date_example": short_date(context.period_to),
        "period_from": short_date(context.period_from),
        "period_to": short_date(context.period_to),
    }
    variant, at, indicator, label = None, list(cells), None, ""
    value_seen = as_line(cells[0].value)
    if row.row is not None:
        indicator, label = row.row.indicator, mark_label(context.form, row.row.indicator, row.row.year)
        evidence = context.form.indicator(indicator).evidence
        values |= {
            "number_example": evidence.number_example,
            "date_example": short_date(date(row.row.year, 12, 28)),
            "year": row.row.year,
        }
        if rule == "mark_has_evidence":
            variant = (
                "both" if len(cells) > 1 else ("number" if cells[0] == row.row.document_number else "date")
            )
            value_seen = None
    elif row.values["kind"] == "section":
        label = next(section.label for section in context.form.sections if section.code == row.values["key"])
    elif row.values["kind"] == "cover_date":
        label = text(f"workbook.cover.label.{row.values['key']}")
    if rule in ("document_date_is_in_period", "document_date_is_in_year"):
        on = row.values["document_on"]
        value_seen = short_date(on)
        first, last = (row.values[f"period_{edge}_on"] for edge in ("earliest", "latest"))
        values |= {"period_from": short_date(first), "period_to": short_date(last)}
    return make_finding(
        rule,
        severity,
        stage,
        variant=variant,
        sheet=at[0].sheet,
        cells=[cell.address for cell in at],
        indicator=indicator,
        label=label,
        value_seen=value_seen,
        **values,
    )


# -- outcome -------------------------------------------------------------------------------------


def _conclude(work: _Work, form: Form) -> CheckedWorkbook:
    findings = worst_first(work.findings)
    errors = [finding for finding in findings if finding.severity == "error"]
    outcome: Outcome = "accepted_with_warnings" if findings else "accepted"
    if any(finding.stage == "container" for finding in errors):
        outcome = "unreadable"
    elif errors:
        outcome = "to_complete"
    checked = CheckedWorkbook(
        filename=work.file.filename,
        outcome=outcome,
        reference_code=work.owner.reference_code,
        question=work.owner.question,
        findings=findings,
        marks=(),
        narratives=(),
        blank_means_no=work.workbook.blank_means_no,
        cover={key: cell.text for key, cell in work.workbook.cover.items()},
    )
    if errors:
        return checked
    return replace(
        checked,
        marks=tuple(_mark_value(row, form) for row in work.workbook.marks),
        narratives=tuple(
            NarrativeText(key, cell.text, cell.sheet, cell.address)
            for key, cell in work.workbook.sections.items()
            if cell.text
        ),
    )


def _mark_value(row: MarkRow, form: Form) -> MarkValue:
    meaning = form.mark_meanings.get(mark_key(row.mark.text), "no")
    notes = [row.remark.text, ""]
    if meaning == "not_applicable":
        notes.insert(0, form.marks.not_applicable[0])
    if row.explanation.text:
        notes.append(text("findings.note.explanation", explanation=row.explanation.text))
    return MarkValue(
        indicator=row.indicator,
        year=row.year,
        meaning=meaning,
        document_number=as_line(row.document_number.value),
        document_on=read_date(row.document_on.value).on,
        note="; ".join(note for note in notes if note) or None,
        sheet=row.mark.sheet,
        cell=row.mark.address,
        explanation=row.explanation.text or None,
    )
