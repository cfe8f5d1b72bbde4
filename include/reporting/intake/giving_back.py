"""The workbook that goes back to its sender with what is to be completed marked in it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from reporting.intake.message import Attachment
from reporting.intake.submissions import workbook_asked_with
from reporting.isolation import Lost, run_apart
from reporting.mail.facts import load_cycle
from reporting.validation.check import CheckedWorkbook
from reporting.validation.findings import Finding
from reporting.workbook.annotate import annotate
from reporting.workbook.refill import refill

_ANSWERED_BY_A_REFILLED_FORM = frozenset({"container", "template"})


def workbook_to_give_back(
    connection: Connection, cycle_id: str, reference_code: str, file: Attachment, checked: CheckedWorkbook
) -> bytes:
    """The sender's own workbook with the findings marked, as a rule.

    Where the file could not be opened, is not the form asked for, or is of a kind that cannot be marked (xls,
    ods, csv), it is the workbook the recipient was asked with, filled with what could be read of the file.
    A file that is another office's, or may be, is given to nobody: the recipient gets the workbook it was
    asked with, as it was. Empty where none of these can be made.
    """
    stages = {finding.stage for finding in checked.findings if finding.severity == "error"}
    fresh = workbook_asked_with(connection, cycle_id, reference_code)
    if "identity" in stages:
        return fresh or b""
    is_foreign = checked.outcome == "unreadable" or stages & _ANSWERED_BY_A_REFILLED_FORM
    if not is_foreign or fresh is None:
        marked = _marked(file.data, checked.findings)
        if marked is not None:
            return marked
    if fresh is None:
        return b""
    form = load_cycle(connection, cycle_id, is_registered=False).form
    refilled = refill(fresh, file.data, file.filename, form)
    return annotate(refilled.data, refilled.relocated(checked.findings)) or b""


def _marked(data: bytes, findings: Sequence[Finding]) -> bytes | None:
    """The sender's file with the findings marked; None where that cannot be done within our limits: a small
    file can hold what takes the library minutes.
    """
    (marked,) = run_apart(lambda file: annotate(file, findings), [data])
    return None if isinstance(marked, Lost) else marked
