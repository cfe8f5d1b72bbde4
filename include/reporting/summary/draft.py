"""The summary report as a draft: its files, and what the approver reads in Airflow."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from reporting.documents.lifecycle import Draft, DraftedFile
from reporting.letters.cycle import load_letter_cycle
from reporting.letters.official import CSV, DOCX, XLSX
from reporting.letters.text import escape
from reporting.summary import snapshot
from reporting.summary.appendix import render_appendix, render_tracking_csv
from reporting.summary.data import Replaced, SummaryData
from reporting.summary.edition import edition_title
from reporting.summary.means import keeps_means
from reporting.summary.received import load_received
from reporting.summary.received_draft import received_draft
from reporting.summary.reconciliation import render_reconciliation
from reporting.summary.report import render_report, report_blocks
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import join_names


def render_summary_report(connection: Connection, cycle_id: str, replaces: Replaced | None = None) -> Draft:
    """The cycle's summary report as it would be from the marts now, with appendix and reconciliation sheet;
    a later edition says which report it `replaces`.

    Of a cycle without a data form it tells which documents came. Raises LookupError when there is no such
    cycle, or its regime leads to no report.
    """
    cycle = load_letter_cycle(connection, cycle_id)
    if cycle.form is None:
        draft = received_draft(load_received(connection, cycle, replaces))
    else:
        draft = summary_draft(snapshot.take(connection, cycle_id, replaces))
    if replaces is None:
        return draft
    return replace(draft, title=edition_title(draft.title, replaces.edition))


@keeps_means
def summary_draft(data: SummaryData) -> Draft:
    """The draft of a summary report: report, appendix, reconciliation sheet, tracking table, and the snapshot
    from which they were rendered and can be again.
    """
    files = (
        DraftedFile("report", text("report.files.report"), render_report(data), DOCX),
        DraftedFile("appendix", text("report.files.appendix"), render_appendix(data), XLSX),
        DraftedFile("reconciliation", text("report.files.reconciliation"), render_reconciliation(data), XLSX),
        DraftedFile("tracking", text("report.files.tracking"), render_tracking_csv(data), CSV),
    )
    kept = snapshot.stored(data)
    return Draft(
        title=text("report.title", subject=data.report.subject),
        body_markdown=summary_preview(data, files),
        data_hash=snapshot.data_hash(kept),
        files=(
            *files,
            DraftedFile("snapshot", text("report.files.snapshot"), kept, snapshot.MEDIA_TYPE),
        ),
    )


def summary_preview(data: SummaryData, files: tuple[DraftedFile, ...]) -> str:
    """The key figures, who is missing, what differs, and the report's text, as Markdown."""
    noun = text(f"report.nouns.{data.words}")
    count = sum(o.has_figures for o in data.offices)
    parts = [text("preview.heading", title=text("report.title", subject=data.report.subject))]
    if data.mode == "rehearsal":
        parts.append(text("preview.rehearsal"))
    parts += [
        text("preview.key_figures"),
        text("preview.answered", count=count, office_count=len(data.offices), noun=noun),
        _figures(data, noun),
        *_offices(data),
        text("preview.discrepancies"),
        _discrepancies(data),
        text("preview.files"),
        "\n".join(
            text("preview.file", filename=f.filename, what=text(f"preview.what.{f.role}")) for f in files
        ),
        text("preview.body"),
    ]
    for block in report_blocks(data):
        words = escape(block.text)
        parts.append(words if block.kind == "body" else f"**{words}**")
    return "\n\n".join(parts) + "\n"


def _figures(data: SummaryData, noun: str) -> str:
    years = [str(year) for year in data.form.years]
    lines = [
        text("preview.table_head", years=" | ".join(years), noun=noun),
        "|---|" + "---:|" * (len(years) + 1),
    ]
    for indicator in data.form.indicators:
        figures = [data.totals.get((indicator.code, year), 0) for year in data.form.years]
        figures.append(data.distinct.get(indicator.code, 0))
        lines.append(f"| {escape(indicator.short_label)} | {' | '.join(map(str, figures))} |")
    return "\n".join(lines)


def _offices(data: SummaryData) -> list[str]:
    missing = [o for o in data.offices if o.owes_figures]
    lines = (
        [_named("missing", [o.short_name for o in missing])] if missing else [text("preview.none_missing")]
    )
    signed_only = [o.short_name for o in missing if o.has_signed_report]
    entered = [o.short_name for o in data.offices if o.is_entered_by_ministry]
    lines += [
        _named(key, names) for key, names in (("signed_only", signed_only), ("entered", entered)) if names
    ]
    for state in ("partial", "nil", "confidential"):
        names = [o.short_name for o in data.offices if o.data_form_state == state]
        if names:
            lines.append(_named(state, names))
    return lines


def _named(key: str, names: list[str]) -> str:
    return text(f"preview.{key}", count=len(names), names=escape(join_names(names)))


def _discrepancies(data: SummaryData) -> str:
    if not data.discrepancies:
        return text("preview.no_discrepancies")
    labels = {i.code: i.short_label for i in data.form.indicators}
    return "\n".join(
        text(
            "preview.discrepancy_year" if d.measure == "total" else "preview.discrepancy_distinct",
            indicator=labels.get(d.indicator, d.indicator),
            year=d.year,
            stated=d.stated,
            computed=d.computed,
            source=escape(d.source),
            names=escape(join_names(d.offices)),
        )
        for d in data.discrepancies
    )
