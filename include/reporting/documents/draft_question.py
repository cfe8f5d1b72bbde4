"""What a person who decides about a draft reads: at the head who approved before, which approval lapsed and
because of what, and what changed since the last draft; then the draft, its files and their hashes.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from reporting import archive
from reporting.documents import draft_difference, lapse, remarks
from reporting.documents.approval import ApprovalRequest
from reporting.documents.lifecycle import Document, files, version_of
from reporting.letters.text import escape
from reporting.wording.catalogue import text


@dataclass(frozen=True)
class DraftQuestion:
    """Subject and body (Markdown), and whether the answer is not needed any more."""

    subject: str
    body: str
    is_decided: bool


def of_request(connection: Connection, request: ApprovalRequest, document: Document) -> DraftQuestion:
    """The question that a run of document_approval puts at its step."""
    version = request.version
    shown = version_of(connection, document.document_id, version)
    listed = lapse.steps(connection, document.document_id, version)
    asked = next(step for step in listed if step.step == request.step)
    files_of = [
        text("approval.file", filename=filename, path=archive.path_of(sha256), sha256=sha256)
        for _, filename, sha256 in files(connection, document.document_id, version)
    ]
    draft = text(
        "documents.approval_body",
        body=shown.body_markdown,
        files="\n".join(files_of),
        content_hash=shown.content_hash,
    )
    head = _head(connection, document, version, asked, listed)
    subject = text(
        f"documents.approval_subject{'_of_step' if len(listed) > 1 else ''}",
        title=document.title,
        version=version,
        step=asked.title,
    )
    body = f"{head}\n\n---\n\n{draft}" if head else draft
    return DraftQuestion(subject, body, asked.decision is not None or shown.decision is not None)


def _head(
    connection: Connection,
    document: Document,
    version: int,
    asked: lapse.Step,
    listed: tuple[lapse.Step, ...],
) -> str:
    parts = []
    if len(listed) > 1:
        lines = [text("approval.step", title=asked.title, position=asked.position, count=len(listed))]
        lines += [
            "- " + escape(lapse.given(s))
            for s in listed
            if s.position < asked.position and s.decision == "approved"
        ]
        parts.append("\n".join([lines[0], "", *lines[1:]]).strip())
    lapsed = lapse.of_draft(connection, document.document_id, version)
    if lapsed is not None:
        parts.append(text("approval.lapsed_head", lapsed=escape(lapse.in_words(lapsed))))
    changed = draft_difference.difference(connection, document, version)
    if changed is not None:
        earlier = version_of(connection, document.document_id, changed.earlier)
        parts += [
            text(
                "approval.sent_back",
                version=changed.earlier,
                label=step.label,
                by=escape(step.decided_by or ""),
                at=lapse.short_moment(step.decided_at),
                reason=escape(_general(step.reason or "", earlier.body_markdown)),
            )
            for step in lapse.steps(connection, document.document_id, changed.earlier)
            if step.decision == "sent_back"
        ]
        parts.append(draft_difference.in_words(connection, document, changed))
    return "\n\n".join(parts)


def _general(reason: str, body_markdown: str) -> str:
    """What a reason says beside the remarks about sections, which are listed for themselves."""
    found = remarks.read(reason, body_markdown)
    said = text("approval.between").join(found.general.splitlines())
    return said or text("approval.by_section" if found.by_section else "approval.no_reason")
