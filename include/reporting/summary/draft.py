"""The summary report as a draft: its files, and what the approver reads in Airflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from reporting.summary.leadership_page import ROLE, render_leadership_page
from reporting.summary.means import keeps_means
from reporting.summary.received import load_received
from reporting.summary.received_draft import received_draft
from reporting.summary.reconciliation import render_reconciliation
from reporting.summary.report import render_report, report_sections, words_given
from reporting.summary.sections import Section, figures, markdown, own_texts
from reporting.summary.tally import Tally, tally
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import join_names, number, short_date


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
    tallied = tally(data)
    sections = report_sections(data, tallied)
    files = (
        DraftedFile("report", text("report.files.report"), render_report(data, sections, tallied), DOCX),
        DraftedFile("appendix", text("report.files.appendix"), render_appendix(data), XLSX),
        DraftedFile("reconciliation", text("report.files.reconciliation"), render_reconciliation(data), XLSX),
        DraftedFile("tracking", text("report.files.tracking"), render_tracking_csv(data), CSV),
        DraftedFile(ROLE, text("report.files.leadership_page"), render_leadership_page(data), DOCX),
    )
    kept = snapshot.stored(data)
    return Draft(
        title=text("report.title", subject=data.report.subject),
        body_markdown=summary_preview(data, files, sections, tallied),
        figures=figures(sections),
        data_hash=snapshot.data_hash(kept),
        files=(
            *files,
            DraftedFile("snapshot", text("report.files.snapshot"), kept, snapshot.MEDIA_TYPE),
        ),
    )


def summary_preview(
    data: SummaryData, files: tuple[DraftedFile, ...], sections: Sequence[Section], tallied: Tally
) -> str:
    """The key figures, who is missing, whose words are not cited, what differs, and the report's text, as
    Markdown.
    """
    noun = text(f"report.nouns.{data.words}")
    count = sum(o.has_figures for o in data.offices)
    parts = [text("preview.heading", title=text("report.title", subject=data.report.subject))]
    if data.mode == "rehearsal":
        parts.append(text("preview.rehearsal"))
    parts += [
        text("preview.key_figures"),
        text(
            "preview.answered",
            figures=text(f"report.figures.{words_given(data)}"),
            count=count,
            office_count=len(data.offices),
            noun=noun,
        ),
        *_figures(data, noun, tallied),
        *_offices(data),
        *_not_cited(data, tallied),
        *_newer_than_signed(data),
        text("preview.discrepancies"),
        _discrepancies(data),
        text("preview.files"),
        "\n".join(
            text("preview.file", filename=f.filename, what=text(f"preview.what.{f.role}")) for f in files
        ),
        *own_texts(sections, data.section_texts),
        text("preview.body"),
        *markdown(sections),
    ]
    return "\n\n".join(parts) + "\n"


def _figures(data: SummaryData, noun: str, tallied: Tally) -> list[str]:
    """Tables of marks, of numbers and of rows, whichever the form asks for."""
    years = data.form.years
    tables = []
    if data.form.indicators:
        lines = [
            text("preview.table_head", years=" | ".join(map(str, years)), noun=noun),
            "|---|" + "---:|" * (len(years) + 1),
        ]
        for indicator in data.form.indicators:
            marked = [data.totals.get((indicator.code, year), 0) for year in years]
            marked.append(data.distinct.get(indicator.code, 0))
            lines.append(f"| {escape(indicator.short_label)} | {' | '.join(map(str, marked))} |")
        tables.append("\n".join(lines))
    summed = [q for q in data.form.quantity_rows if q.kind in {"count", "amount"}]
    if summed and tallied.numbers:
        lines = [text("preview.numbers_head", years=" | ".join(map(str, years)))]
        lines.append("|---|---|" + "---:|" * len(years))
        for quantity in summed:
            found = [tallied.numbers.get((quantity.code, year)) for year in years]
            sums = [text("preview.sum", total=number(f.total), count=f.count) if f else "" for f in found]
            cells = [escape(quantity.short_label), escape(quantity.unit), *sums]
            lines.append(f"| {' | '.join(cells)} |")
        tables.append("\n".join(lines))
    tables += [
        text(
            "preview.rows" if found.tasks == found.rows else "preview.tasks",
            title=escape(table.title),
            tasks=found.tasks,
            rows=found.rows,
            offices=found.offices,
            noun=noun,
        )
        for table, found in ((table, tallied.rows[table.code]) for table in data.form.lists)
    ]
    return tables


def _not_cited(data: SummaryData, tallied: Tally) -> list[str]:
    """Offices whose words are not used, by section; nothing where all are."""
    labels = {s.code: s.label for s in data.form.sections}
    listed = [
        text("preview.not_cited_section", section=escape(labels[code]), count=count)
        for code, count in tallied.not_cited.items()
        if code in labels
    ]
    between = text("preview.between_sections")
    return [text("preview.not_cited", sections=between.join(listed))] if listed else []


def _newer_than_signed(data: SummaryData) -> list[str]:
    """Offices whose words are used on the strength of a signed report that was signed before they came;
    nothing where there are none.
    """
    listed = [
        text(
            "preview.newer_than_signed_office",
            office=escape(data.short_name(one.organization_id)),
            signed=short_date(one.signed_on),
            written=short_date(one.written_at),
        )
        for one in data.intake.contributions
        if one.is_newer_than_signed and one.signed_on and one.written_at
    ]
    between = text("preview.between_sections")
    return (
        [text("preview.newer_than_signed", count=len(listed), offices=between.join(listed))] if listed else []
    )


def _offices(data: SummaryData) -> list[str]:
    missing = [o for o in data.offices if o.owes_figures]
    shared = {key: text(f"report.{key}.{words_given(data)}") for key in ("figures", "nothing")}
    lines = (
        [_named("missing", [o.short_name for o in missing], shared)]
        if missing
        else [text("preview.none_missing", **shared)]
    )
    signed_only = [o.short_name for o in missing if o.has_signed_report]
    entered = [o.short_name for o in data.offices if o.is_entered_by_ministry]
    lines += [
        _named(key, names, shared)
        for key, names in (("signed_only", signed_only), ("entered", entered))
        if names
    ]
    for state in ("partial", "nil", "confidential"):
        names = [o.short_name for o in data.offices if o.data_form_state == state]
        if names:
            lines.append(_named(state, names, shared))
    return lines


def _named(key: str, names: list[str], shared: Mapping[str, str]) -> str:
    return text(f"preview.{key}", count=len(names), names=escape(join_names(names)), **shared)


def _discrepancies(data: SummaryData) -> str:
    if not data.discrepancies:
        return text("preview.no_discrepancies")
    labels = data.short_labels
    return "\n".join(
        text(
            "preview.discrepancy_distinct" if d.measure == "distinct" else "preview.discrepancy_year",
            indicator=labels.get(d.indicator, d.indicator),
            year=d.year,
            stated=number(d.stated),
            computed=number(d.computed),
            source=escape(d.source),
            names=escape(join_names(d.offices)),
        )
        for d in data.discrepancies
    )
