"""Check a batch of workbooks: whose answer each is, what is to be mended, what is accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from reporting.forms.models import Form
from reporting.validation.cells import cell_findings
from reporting.validation.expectations import failures
from reporting.validation.findings import Finding, worst_first
from reporting.validation.frame import Frame
from reporting.validation.models import (
    CheckContext,
    CheckedWorkbook,
    ListRow,
    MarkValue,
    NarrativeText,
    Outcome,
    QuantityState,
    QuantityValue,
    SubmissionKind,
    WorkbookFile,
)
from reporting.validation.ownership import Owner, find_owner
from reporting.validation.readings import Answers, ListReading, MarkReading, QuantityReading, understand
from reporting.validation.suite import suite_in_use
from reporting.wording.catalogue import text
from reporting.workbook.read import ReadWorkbook, read_workbook
from reporting.workbook.values import Cell

__all__ = [
    "CheckContext",
    "CheckedWorkbook",
    "ListRow",
    "MarkValue",
    "NarrativeText",
    "Outcome",
    "QuantityState",
    "QuantityValue",
    "SubmissionKind",
    "WorkbookFile",
    "check_workbooks",
]


@dataclass
class _Work:
    file: WorkbookFile
    workbook: ReadWorkbook
    owner: Owner
    findings: list[Finding]
    answers: Answers = field(default_factory=Answers)

    @property
    def is_stopped(self) -> bool:
        """An error at an early gate: the cells are not looked at."""
        return any(finding.severity == "error" for finding in self.findings)


def check_workbooks(files: Sequence[WorkbookFile], context: CheckContext) -> list[CheckedWorkbook]:
    """Check the files in one Great Expectations pass; the results stand in the order of the files.

    Never raises for a bad file. What it does raise is a fault of ours (an expectation that cannot be
    evaluated): the caller keeps the files, says so to nobody but the operator, and may try them singly.
    """
    works = [_open(file, context) for file in files]
    frame = Frame(context.form, context.period_from, context.period_to)
    for place, work in enumerate(works):
        if not work.is_stopped:
            work.answers = understand(work.workbook, context.form)
            prior = context.prior.get(work.owner.reference_code or "", {})
            frame.add(place, work.workbook, work.answers, prior)
    if frame.entries:
        failed = failures(frame.to_pandas(), suite_in_use(context.form))
        found = cell_findings(
            frame, lambda place: (works[place].workbook, works[place].owner.reference_code), failed, context
        )
        for place, of_cells in found.items():
            works[place].findings += of_cells
    return [_conclude(work, context.form) for work in works]


def _open(file: WorkbookFile, context: CheckContext) -> _Work:
    workbook = read_workbook(file.data, file.filename, context.workbook_form or context.form)
    owner = find_owner(file, workbook, context)
    if workbook.findings:  # the file or the template: nothing later is tried
        return _Work(file, workbook, owner, list(workbook.findings))
    return _Work(file, workbook, owner, [*owner.findings, *workbook.notes])


def _conclude(work: _Work, form: Form) -> CheckedWorkbook:
    findings = worst_first(work.findings)
    outcome = _outcome(findings, form)
    answers, is_accepted = work.answers, outcome in ("accepted", "accepted_with_warnings")
    return CheckedWorkbook(
        filename=work.file.filename,
        outcome=outcome,
        reference_code=work.owner.reference_code,
        question=work.owner.question,
        findings=findings,
        marks=_mark_values(answers, form) if is_accepted else (),
        narratives=_narratives(work.workbook) if is_accepted else (),
        blank_means_no=work.workbook.blank_means_no,
        cover={key: _text(cell) or "" for key, cell in work.workbook.cover.items()},
        quantities=_quantity_values(answers) if is_accepted else (),
        list_rows=_list_rows(answers) if is_accepted else (),
        kind=answers.kind,
        is_nil=answers.is_nil,
        is_partial=bool(answers.following),
    )


def _outcome(findings: Sequence[Finding], form: Form) -> Outcome:
    """Errors keep a workbook from being accepted, and warnings that must be explained and are not; what is
    allowed by a waiver does not count at all.
    """
    asking = [finding for finding in findings if finding.rule_waiver_id is None]
    errors = [finding for finding in asking if finding.severity == "error"]
    if any(finding.stage == "container" for finding in errors):
        return "unreadable"
    unexplained = (
        finding.is_open and finding.indicator is not None and form.asks_explanation_for(finding.rule)
        for finding in asking
    )
    if errors or any(unexplained):
        return "to_complete"
    return "accepted_with_warnings" if asking else "accepted"


def _narratives(workbook: ReadWorkbook) -> tuple[NarrativeText, ...]:
    return tuple(
        NarrativeText(key, body, cell.sheet, cell.address)
        for key, cell in workbook.sections.items()
        if (body := _text(cell)) is not None
    )


def _mark_values(answers: Answers, form: Form) -> tuple[MarkValue, ...]:
    if "marks" in answers.following:
        return ()
    return tuple(_mark_value(mark, form) for mark in answers.marks)


def _mark_value(mark: MarkReading, form: Form) -> MarkValue:
    row = mark.row
    # an invalid mark is never accepted; a blank one only as a stated "no"
    meaning = "no" if mark.meaning == "blank" or mark.meaning == "invalid" else mark.meaning
    explanation = _text(row.explanation)
    notes = [form.marks.not_applicable[0] if meaning == "not_applicable" else None, _text(row.remark)]
    if explanation:
        notes.append(text("findings.note.explanation", explanation=explanation))
    return MarkValue(
        indicator=row.indicator,
        year=row.year,
        meaning=meaning,
        document_number=mark.document_number,
        document_on=mark.document_on.on,
        note="; ".join(note for note in notes if note) or None,
        sheet=row.mark.sheet,
        cell=row.mark.address,
        explanation=explanation,
    )


def _quantity_values(answers: Answers) -> tuple[QuantityValue, ...]:
    if "quantities" in answers.following:
        return ()
    return tuple(_quantity_value(one, answers.is_nil) for one in answers.quantities)


def _quantity_value(one: QuantityReading, is_nil: bool) -> QuantityValue:
    states: dict[str, QuantityState] = {
        "number": "value",
        "nil": "nil",
        "not_applicable": "not_applicable",
        "blank": "nil" if is_nil else "blank",
    }
    return QuantityValue(
        indicator=one.quantity.code,
        year=one.row.year,
        state=states[one.reading.state],
        value=one.reading.value,
        unit=one.quantity.unit,
        note=_text(one.row.remark),
        explanation=_text(one.row.explanation),
        sheet=one.row.value.sheet,
        cell=one.row.value.address,
    )


def _list_rows(answers: Answers) -> tuple[ListRow, ...]:
    rows: dict[tuple[str, int], list[ListReading]] = {}
    for one in answers.lists:
        rows.setdefault((one.table, one.row.position), []).append(one)
    return tuple(
        ListRow(
            table,
            position,
            {one.column.code: content for one in cells if (content := one.content) is not None},
            cells[0].cell.sheet,
            cells[0].cell.address,
        )
        for (table, position), cells in rows.items()
    )


def _text(cell: Cell) -> str | None:
    return None if cell.value is None else cell.text or None
