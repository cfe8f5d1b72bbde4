"""The summary of a cycle without a data form as a draft: report, appendix, reconciliation sheet, CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict

from reporting.documents.lifecycle import Draft, DraftedFile, hash_of
from reporting.letters.official import CSV, DOCX, XLSX
from reporting.letters.text import escape
from reporting.summary import received_snapshot
from reporting.summary.means import keeps_means
from reporting.summary.received import (
    AnsweringOffice,
    Received,
    received_row,
    received_sections,
    render_received_report,
    shown_deliverables,
    timeliness_words,
)
from reporting.summary.reconciliation import reminder_name
from reporting.summary.sections import Section, figures, markdown, own_texts
from reporting.summary.workbook import Workbook, headings, rehearsal_mark
from reporting.wording.catalogue import text


@keeps_means
def received_draft(data: Received) -> Draft:
    """The draft of the summary: what came, what did not, and a marked place for what the documents say; with
    the snapshot from which it was rendered and can be again.
    """
    title = text("report.title", subject=data.report.subject)
    sections = received_sections(data)
    shown = shown_deliverables(data)
    files = (
        DraftedFile("report", text("report.files.report"), render_received_report(data, sections), DOCX),
        DraftedFile("appendix", text("report.files.appendix"), render_received_appendix(data), XLSX),
        DraftedFile(
            "reconciliation", text("report.files.reconciliation"), render_received_reconciliation(data), XLSX
        ),
        DraftedFile("tracking", text("report.files.tracking"), render_received_csv(data), CSV),
    )
    kept = received_snapshot.file_of(data)
    return Draft(
        title=title,
        body_markdown=received_preview(data, title, files, sections),
        data_hash=hash_of(
            [
                data.cycle.regime.model_dump(mode="json"),
                [block.text for section in sections for block in section.blocks],
                [received_row(office, shown) for office in data.offices],
                [[d.office.organization_id, d.answer.registered_number, d.labels] for d in data.documents()],
                None if data.replaces is None else asdict(data.replaces),
            ]
        ),
        files=(*files, kept),
        figures=figures(sections),
    )


def received_preview(
    data: Received, title: str, files: tuple[DraftedFile, ...], sections: Sequence[Section]
) -> str:
    """The key figures and the report's text, as Markdown, for the approver."""
    parts = [text("preview.heading", title=title)]
    if data.cycle.mode == "rehearsal":
        parts.append(text("preview.rehearsal"))
    parts += [
        text("preview.key_figures"),
        text(
            "received.preview.answered",
            count=len(data.standing("complete")),
            office_count=len(data.offices),
            document_count=len(data.documents()),
        ),
        "\n".join([text("received.preview.table_head"), "|---|" + "---:|" * 5, *_figures(data)]),
        text("received.preview.contents_needed"),
        text("preview.files"),
        "\n".join(
            text("preview.file", filename=f.filename, what=text(f"preview.what.{f.role}")) for f in files
        ),
        *own_texts(sections, data.section_texts),
        text("preview.body"),
        *markdown(sections),
    ]
    return "\n\n".join(parts) + "\n"


def _figures(data: Received) -> list[str]:
    lines = []
    for code, label, _ in data.deliverables:
        answers = [answer for _, answer in data.answers(code)]
        in_time = sum(a.timeliness in {"on_time", "extended_on_time"} for a in answers)
        figures = (
            len(answers),
            sum(a.is_received for a in answers),
            in_time,
            sum(a.timeliness == "late" for a in answers),
            sum(a.timeliness in {"missing", "not_due"} for a in answers),
        )
        lines.append(f"| {escape(label)} | {' | '.join(map(str, figures))} |")
    return lines


def render_received_appendix(data: Received) -> bytes:
    """The appendix as xlsx: every office with its answers, the documents that came, who is missing."""
    book = Workbook(rehearsal_mark(data.cycle.mode))
    _answers_sheet(book, data)
    _documents_sheet(book, data)
    _missing_sheet(book, data)
    return book.finish()


def render_received_reconciliation(data: Received) -> bytes:
    """The ministry's own sheet as xlsx: figures, answers with reminders, documents, the reminders sent."""
    book = Workbook(rehearsal_mark(data.cycle.mode))
    note = text("reconciliation.internal", unit=data.cycle.regime.unit.name)
    rows = {
        "offices": len(data.offices),
        "complete": len(data.standing("complete")),
        "partly": len(data.standing("partly")),
        "nothing": len(data.standing("nothing")),
        "waived": len(data.standing("waived")),
        "documents": len(data.documents()),
        "reminders": len(data.messages),
    }
    book.table(
        text("reconciliation.sheets.overview"),
        text("reconciliation.title"),
        [(text("reconciliation.overview.label"), 46), (text("reconciliation.overview.value"), 20)],
        [[text(f"received.overview.rows.{key}"), value] for key, value in rows.items()],
        note=text("reconciliation.subtitle", report_title=data.cycle.title, internal=note),
    )
    _answers_sheet(book, data, note=note)
    _documents_sheet(book, data, note=note)
    _missing_sheet(book, data, note=note)
    names = {office.organization_id: office.name for office in data.offices}
    book.table(
        text("received.sheets.reminders"),
        text("reconciliation.sheet_title", sheet=text("received.sheets.reminders")),
        headings(
            "reconciliation.reminders", (("position", 6), ("office", 40), ("kind", 40), ("sent_at", 20))
        ),
        [
            [number, names.get(m.organization_id, m.organization_id), reminder_name(m.step), m.dated_at]
            for number, m in enumerate(data.messages, 1)
        ],
        note=note,
        none=text("appendix.sections.none"),
    )
    return book.finish()


def render_received_csv(data: Received) -> bytes:
    """The answers as CSV (UTF-8): stt, co_quan, then state and document number for each deliverable."""
    codes = [code for code, _, _ in data.deliverables]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["stt", "co_quan", *(f"{c}_{part}" for c in codes for part in ("timeliness", "number"))])
    for number, office in enumerate(data.offices, 1):
        row: list[object] = [number, office.name]
        for code in codes:
            answer = office.answers.get(code)
            row += ["", ""] if answer is None else [answer.timeliness, answer.document_number or ""]
        writer.writerow(row)
    return buffer.getvalue().encode("utf-8")


def _answers_sheet(book: Workbook, data: Received, note: str = "") -> None:
    shown = shown_deliverables(data)
    offices = [office for _, of_group in data.groups() for office in of_group]
    rows: list[list[object]] = [[n, *received_row(office, shown)] for n, office in enumerate(offices, 1)]
    columns = [
        (text("received.table.position"), 6.0),
        (text("received.table.office"), 44.0),
        *((label, 38.0) for _, label in shown),
    ]
    book.table(
        text("received.sheets.answers"),
        text("received.table.title"),
        columns,
        rows,
        note=note,
    )


def _documents_sheet(book: Workbook, data: Received, note: str = "") -> None:
    rows = [
        [
            number,
            d.office.name,
            _listed(d.labels),
            d.answer.document_number,
            d.answer.signed_on,
            d.answer.sent_on,
            d.answer.received_on,
            d.answer.registered_number,
            text("received.documents.signer", capacity=d.answer.capacity, signer=d.answer.signer),
            timeliness_words(d.answer),
        ]
        for number, d in enumerate(data.documents(), 1)
    ]
    book.table(
        text("received.sheets.documents"),
        text("received.documents.title"),
        headings(
            "received.documents",
            (
                ("position", 6),
                ("office", 34),
                ("deliverables", 34),
                ("number", 16),
                ("signed_on", 11),
                ("sent_on", 11),
                ("received_on", 11),
                ("registered_number", 9),
                ("signer", 22),
                ("timeliness", 16),
            ),
        ),
        rows,
        note=note,
        none=text("received.documents.none"),
    )


def _missing_sheet(book: Workbook, data: Received, note: str = "") -> None:
    labels = {code: label for code, label, _ in data.deliverables}
    rows: list[list[object]] = []
    for office in data.offices:
        missing = _missing_labels(office, labels)
        if missing:
            rows.append([len(rows) + 1, office.name, missing, office.reminder_count])
    book.table(
        text("received.sheets.missing"),
        text("received.missing.title"),
        headings(
            "received.missing", (("position", 6), ("office", 44), ("labels", 70), ("reminder_count", 12))
        ),
        rows,
        note=note,
        none=text("received.missing.none"),
    )


def _missing_labels(office: AnsweringOffice, labels: dict[str, str]) -> str:
    return _listed([labels[answer.deliverable] for answer in office.owed if answer.is_missing])


def _listed(labels: Sequence[str]) -> str:
    """Labels as a line of a table, with a capital; "" for none."""
    line = text("received.between_groups").join(labels)
    return line[:1].upper() + line[1:]
