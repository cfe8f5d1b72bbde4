"""What the checks say about the corpus, one batch for all that is checked against the same."""

from __future__ import annotations

from collections.abc import Sequence

from reporting.validation.check import CheckedWorkbook, WorkbookFile, check_workbooks
from tests.corpus.case import Case


def seen(cases: Sequence[Case]) -> list[dict[str, object]]:
    """Of each case: outcome, owner, question, findings as "severity rule cell: words", and what was read."""
    found: dict[str, dict[str, object]] = {}
    for against in dict.fromkeys(case.against for case in cases):
        batch = [case for case in cases if case.against is against]
        files = [WorkbookFile(case.name, case.data(), case.sender) for case in batch]
        for case, checked in zip(batch, check_workbooks(files, against()), strict=True):
            found[case.name] = _said(checked)
    return [found[case.name] for case in cases]


def _said(checked: CheckedWorkbook) -> dict[str, object]:
    said: dict[str, object] = {"outcome": checked.outcome, "owner": checked.reference_code}
    kinds = {"nil": checked.is_nil, "partial": checked.is_partial, checked.kind: checked.kind != "official"}
    if any(kinds.values()):
        said["kind"] = [kind for kind, is_so in kinds.items() if is_so]
    if checked.question:
        said["question"] = checked.question
    if checked.findings:
        said["findings"] = [
            {"severity": f.severity, "rule": f.rule, "cell": f.cell, "words": f.message}
            | ({"explanation": f.explanation} if f.explanation else {})
            | ({"waiver": f.rule_waiver_id} if f.rule_waiver_id else {})
            for f in checked.findings
        ]
    if checked.marks:
        said["marks"] = [
            " ".join(str(part) for part in (m.indicator, m.year, m.meaning, m.cell, m.document_number,
                                            m.document_on) if part is not None)
            for m in checked.marks
            if m.meaning != "no"
        ]  # fmt: skip
    if checked.quantities:
        said["numbers"] = [
            " ".join(str(part) for part in (q.cell, q.indicator, q.state if q.value is None else q.value))
            for q in checked.quantities
        ]
    if checked.list_rows:
        said["rows"] = {f"{row.list} {row.position} {row.first_cell}": dict(row.content)
                        for row in checked.list_rows}  # fmt: skip
    if checked.marks or checked.narratives:
        said["texts"] = {text.cell: text.body[:200] for text in checked.narratives}
    return said
