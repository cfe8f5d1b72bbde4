"""The identity gate: whose workbook it is, and what is to be said about that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reporting.validation.findings import Finding, make_finding
from reporting.validation.models import CheckContext, WorkbookFile
from reporting.wording.catalogue import text
from reporting.workbook.identity import IdentityReading, verify
from reporting.workbook.read import ReadWorkbook
from reporting.workbook.values import Cell, as_line


@dataclass(frozen=True)
class Owner:
    """Whose workbook it is, and what was to be said about that.

    `reference_code` None: a person must decide, and `question` says why.
    """

    reference_code: str | None
    question: str | None = None
    findings: tuple[Finding, ...] = ()


def find_owner(file: WorkbookFile, workbook: ReadWorkbook, context: CheckContext) -> Owner:
    """Whose answer the workbook is: by its signature, its sender, the names and codes on its cover."""
    sender = file.sender_reference if file.sender_reference in context.recipients else None
    reading = verify(workbook.token, context.signing_key)
    if reading.state == "foreign":
        finding = make_finding("identity_is_signed", "warning", "identity", variant="foreign")
        return Owner(None, _question("foreign_signature", sender, workbook, reading, context), (finding,))
    if reading.state == "lost" or reading.identity is None:
        return _unsigned(sender, workbook, reading, context)
    if reading.identity.cycle_id != context.cycle_id:
        other = context.other_cycles.get(reading.identity.cycle_id)
        finding = make_finding(
            "workbook_is_of_this_cycle",
            "error",
            "template",
            variant="named" if other else "unknown",
            cycle_title=context.cycle_title,
            other_title=other or "",
        )
        question = None
        if sender is None:
            question = _question("unknown_sender_and_workbook", sender, workbook, reading, context)
        return Owner(sender, question, (finding,))
    owner = reading.identity.reference_code
    if owner not in context.recipients:
        return Owner(None, _question("unlisted_recipient", sender, workbook, reading, context))
    if sender is not None and sender != owner:
        names = {"owner": context.recipients[owner], "sender": context.recipients[sender]}
        return Owner(sender, None, (_not_the_senders(workbook, "identity", names),))
    findings = _name_findings(owner, workbook, context, by_sender=sender is not None)
    if sender is None:
        findings.append(
            make_finding("sender_is_known", "warning", "identity", owner=context.recipients[owner])
        )
    return Owner(owner, None, tuple(findings))


def _unsigned(
    sender: str | None, workbook: ReadWorkbook, reading: IdentityReading, context: CheckContext
) -> Owner:
    if sender is None:
        return Owner(None, _question("unknown_sender_and_workbook", sender, workbook, reading, context))
    findings = _name_findings(sender, workbook, context, by_sender=True)
    findings.append(
        make_finding(
            "identity_is_signed", "warning", "identity", variant="lost", owner=context.recipients[sender]
        )
    )
    return Owner(sender, None, tuple(findings))


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
