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
from reporting.validation.readings import Answers, MarkReading, understand
from reporting.validation.suite import load_suite
from reporting.wording.catalogue import text
from reporting.workbook.read import ReadWorkbook, read_workbook

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
    answers: Answers = field(default_factory=lambda: Answers(()))

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
    frame = Frame(context.form, context.period_from, context.period_to)
    for place, work in enumerate(works):
        if not work.is_stopped:
            work.answers = understand(work.workbook, context.form)
            frame.add(place, work.workbook, work.answers)
    if frame.entries:
        failed = failures(frame.to_pandas(), load_suite(context.form))
        workbooks = {place: work.workbook for place, work in enumerate(works)}
        for place, found in cell_findings(frame, workbooks, failed, context).items():
            works[place].findings += found
    return [_conclude(work, context.form) for work in works]


def _open(file: WorkbookFile, context: CheckContext) -> _Work:
    workbook = read_workbook(file.data, file.filename, context.workbook_form or context.form)
    owner = find_owner(file, workbook, context)
    if workbook.findings:  # the file or the template: nothing later is tried
        return _Work(file, workbook, owner, list(workbook.findings))
    return _Work(file, workbook, owner, list(owner.findings))


def _conclude(work: _Work, form: Form) -> CheckedWorkbook:
    findings = worst_first(work.findings)
    errors = [finding for finding in findings if finding.severity == "error"]
    outcome: Outcome = "accepted_with_warnings" if findings else "accepted"
    if any(finding.stage == "container" for finding in errors):
        outcome = "unreadable"
    elif errors:
        outcome = "to_complete"
    is_accepted = not errors
    return CheckedWorkbook(
        filename=work.file.filename,
        outcome=outcome,
        reference_code=work.owner.reference_code,
        question=work.owner.question,
        findings=findings,
        marks=tuple(_mark_value(mark, form) for mark in work.answers.marks) if is_accepted else (),
        narratives=_narratives(work.workbook) if is_accepted else (),
        blank_means_no=work.workbook.blank_means_no,
        cover={key: cell.text for key, cell in work.workbook.cover.items()},
    )


def _narratives(workbook: ReadWorkbook) -> tuple[NarrativeText, ...]:
    return tuple(
        NarrativeText(key, cell.text, cell.sheet, cell.address)
        for key, cell in workbook.sections.items()
        if cell.text
    )


def _mark_value(mark: MarkReading, form: Form) -> MarkValue:
    row = mark.row
    # an invalid mark is never accepted; a blank one only as a stated "no"
    meaning = "no" if mark.meaning == "blank" or mark.meaning == "invalid" else mark.meaning
    explanation = (row.explanation.text or None) if row.explanation.value is not None else None
    notes = [row.remark.text] if row.remark.value is not None else []
    if meaning == "not_applicable":
        notes.insert(0, form.marks.not_applicable[0])
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
