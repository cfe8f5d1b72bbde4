"""What the checks say about the corpus, all in one batch."""

from __future__ import annotations

from collections.abc import Sequence

from reporting.validation.check import WorkbookFile, check_workbooks
from tests.corpus.case import Case
from tests.unit.workbook.office import context


def seen(cases: Sequence[Case]) -> list[dict[str, object]]:
    """Of each case: outcome, owner, question, findings as "severity rule cell: words", and what was read."""
    files = [WorkbookFile(case.name, case.data(), case.sender) for case in cases]
    found: list[dict[str, object]] = []
    for checked in check_workbooks(files, context()):
        said: dict[str, object] = {"outcome": checked.outcome, "owner": checked.reference_code}
        if checked.question:
            said["question"] = checked.question
        if checked.findings:
            said["findings"] = [
                {"severity": f.severity, "rule": f.rule, "cell": f.cell, "words": f.message}
                | ({"explanation": f.explanation} if f.explanation else {})
                for f in checked.findings
            ]
        if checked.marks:
            said["marks"] = [
                " ".join(str(part) for part in (m.indicator, m.year, m.meaning, m.cell, m.document_number,
                                                m.document_on) if part is not None)
                for m in checked.marks
                if m.meaning != "no"
            ]  # fmt: skip
            said["texts"] = {text.cell: text.body[:200] for text in checked.narratives}
        found.append(said)
    return found
