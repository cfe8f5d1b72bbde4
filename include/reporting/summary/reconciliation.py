"""The internal reconciliation sheet (phiếu đối chiếu): who said what, when, and what differs.

It goes to the ministry's own leadership beside the report, never to the Government.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import date

from reporting.forms.models import Column
from reporting.summary.data import Office, SummaryData
from reporting.summary.workbook import Workbook, headings, rehearsal_mark
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import join_names, moment, short_date
from reporting.wording.vietnamese import number as in_vietnamese

_REMINDER = re.compile(r"^reminder__t_(?P<side>minus|plus)_(?P<days>\d+)$")
_NAMED = 12
_SHOWN_OF_HASH = 16


def render_reconciliation(data: SummaryData) -> bytes:
    """The reconciliation sheet as xlsx; the same bytes for the same data."""
    book = Workbook(rehearsal_mark(data.mode))
    _overview(book, data)
    _discrepancies(book, data)
    _offices(book, data)
    _submissions(book, data)
    _findings(book, data)
    _conflicts(book, data)
    _differences(book, data)
    _files(book, data)
    _sources(book, data)
    _numbers(book, data)
    _list_rows(book, data)
    _narratives(book, data)
    _messages(book, data)
    return book.finish()


def reminder_name(step: str) -> str:
    """What a message of this step is called: "Nhắc trước hạn 7 ngày làm việc"."""
    if step == "completion_request":
        return text("reconciliation.reminders.completion_request")
    found = _REMINDER.match(step)
    if found is None:
        return text("reconciliation.reminders.reminder")
    key = "before" if found["side"] == "minus" else "after"
    return text(f"reconciliation.reminders.{key}", days=int(found["days"]))


def _title(sheet: str) -> str:
    return text("reconciliation.sheet_title", sheet=text(f"reconciliation.sheets.{sheet}"))


def _note(data: SummaryData) -> str:
    return text("reconciliation.internal", unit=data.regime.unit.name)


def _overview(book: Workbook, data: SummaryData) -> None:
    def named(offices: Iterable[Office]) -> object:
        names = [o.short_name for o in offices]
        if 0 < len(names) <= _NAMED:
            return text("reconciliation.overview.names", count=len(names), names=join_names(names))
        return len(names)

    offices = data.offices
    reminders = sum(m.step != "completion_request" for m in data.messages)
    values: dict[str, object] = {
        "offices": len(offices),
        "figures": sum(o.has_figures for o in offices),
        "missing": named(o for o in offices if o.owes_figures),
        "on_time": sum(o.timeliness == "on_time" for o in offices),
        "extended_on_time": named(o for o in offices if o.timeliness == "extended_on_time"),
        "late": named(o for o in offices if o.timeliness == "late"),
        "waived": named(o for o in offices if o.timeliness == "waived"),
        "partial": named(o for o in offices if o.data_form_state == "partial"),
        "nil": named(o for o in offices if o.data_form_state == "nil"),
        "confidential": named(o for o in offices if o.data_form_state == "confidential"),
        "never": named(o for o in offices if o.timeliness == "missing"),
        "signed": sum(o.has_signed_report for o in offices),
        "completion": named(o for o in offices if o.completion_request_count),
        "entered": named(o for o in offices if o.is_entered_by_ministry),
        "submissions": len(data.submissions),
        "reminders": reminders,
        "discrepancies": len(data.discrepancies),
    }
    book.table(
        text("reconciliation.sheets.overview"),
        text("reconciliation.title"),
        [(text("reconciliation.overview.label"), 46), (text("reconciliation.overview.value"), 90)],
        [[text(f"reconciliation.overview.rows.{key}"), value] for key, value in values.items()],
        note=text("reconciliation.subtitle", report_title=data.title, internal=_note(data)),
    )


def _discrepancies(book: Workbook, data: SummaryData) -> None:
    labels = {i.code: i.short_label for i in data.form.indicators}
    rows = [
        [
            number,
            text(f"reconciliation.discrepancies.{d.measure}"),
            labels.get(d.indicator, d.indicator),
            d.year or text("reconciliation.discrepancies.no_year"),
            d.stated,
            d.computed,
            d.computed - d.stated,
            d.source,
            join_names(d.offices),
        ]
        for number, d in enumerate(data.discrepancies, 1)
    ]
    book.table(
        text("reconciliation.sheets.discrepancies"),
        _title("discrepancies"),
        headings(
            "reconciliation.discrepancies",
            (
                ("position", 6),
                ("measure", 24),
                ("indicator", 20),
                ("year", 10),
                ("stated", 10),
                ("computed", 12),
                ("difference", 12),
                ("source", 30),
                ("offices", 60),
            ),
        ),
        rows,
        note=_note(data),
        none=text("reconciliation.discrepancies.none"),
    )


def _offices(book: Workbook, data: SummaryData) -> None:
    rows = [
        [
            number,
            o.short_name,
            text(f"reconciliation.offices.states.{o.data_form_state}"),
            text(f"reconciliation.offices.states.{o.signed_report_state or 'none'}"),
            text(f"reconciliation.offices.timeliness.{o.timeliness}", days=o.days_late or 0),
            o.first_received_at,
            o.accepted_at,
            o.submission_count,
            o.completion_request_count,
            o.reminder_count,
            text("reconciliation.offices.entered") if o.is_entered_by_ministry else "",
        ]
        for number, o in enumerate(data.offices, 1)
    ]
    book.table(
        text("reconciliation.sheets.offices"),
        _title("offices"),
        headings(
            "reconciliation.offices",
            (
                ("position", 6),
                ("office", 22),
                ("state", 20),
                ("signed", 20),
                ("timeliness", 26),
                ("first_received_at", 17),
                ("accepted_at", 17),
                ("submission_count", 10),
                ("completion_request_count", 14),
                ("reminder_count", 10),
                ("entered", 12),
            ),
        ),
        rows,
        note=_note(data),
    )


def _submissions(book: Workbook, data: SummaryData) -> None:
    rows = [
        [
            number,
            data.short_name(s.organization_id),
            s.version,
            text(f"reconciliation.submissions.channels.{s.channel}"),
            s.sender,
            s.filename,
            s.sent_at,
            s.received_at,
            text(f"reconciliation.submissions.outcomes.{s.outcome}"),
            text(f"reconciliation.submissions.kinds.{s.kind}"),
            text(f"reconciliation.submissions.sources.{s.source_rank}"),
            s.error_count,
            s.warning_count,
            text("reconciliation.submissions.current") if s.is_current else "",
            s.entered_for_reason,
        ]
        for number, s in enumerate(data.submissions, 1)
    ]
    book.table(
        text("reconciliation.sheets.submissions"),
        _title("submissions"),
        headings(
            "reconciliation.submissions",
            (
                ("position", 6),
                ("office", 20),
                ("version", 6),
                ("channel", 12),
                ("sender", 28),
                ("filename", 28),
                ("sent_at", 17),
                ("received_at", 17),
                ("outcome", 14),
                ("kind", 14),
                ("source", 20),
                ("error_count", 9),
                ("warning_count", 9),
                ("current", 10),
                ("reason", 30),
            ),
        ),
        rows,
        note=_note(data),
    )


def _findings(book: Workbook, data: SummaryData) -> None:
    rows: list[list[object]] = []
    for number, finding in enumerate(data.intake.findings, 1):
        waiver = ""
        if finding.allowed_by is not None and finding.allowed_until is not None:
            waiver = text(
                "reconciliation.findings.waiver",
                allowed_by=finding.allowed_by,
                until=short_date(finding.allowed_until),
                reason=finding.allowed_because,
            )
        source = ""
        if finding.explanation is not None:
            source = (
                text("reconciliation.findings.in_workbook")
                if finding.explained_at is None
                else text("reconciliation.findings.by_mail", at=moment(finding.explained_at))
            )
        rows.append(
            [
                number,
                data.short_name(finding.organization_id),
                finding.version,
                text(f"reconciliation.findings.severity.{finding.severity}"),
                finding.message,
                finding.value_seen,
                finding.explanation,
                source,
                waiver,
            ]
        )
    book.table(
        text("reconciliation.sheets.findings"),
        _title("findings"),
        headings(
            "reconciliation.findings",
            (
                ("position", 6),
                ("office", 20),
                ("version", 6),
                ("severity", 14),
                ("message", 60),
                ("value_seen", 20),
                ("explanation", 40),
                ("explained", 26),
                ("waiver", 32),
            ),
        ),
        rows,
        note=_note(data),
        none=text("appendix.sections.none"),
    )


def _conflicts(book: Workbook, data: SummaryData) -> None:
    rows: list[list[object]] = []
    for conflict in data.intake.conflicts:
        decision = text("reconciliation.conflicts.open")
        if conflict.kept_version is not None and conflict.decided_at is not None:
            decision = text(
                "reconciliation.conflicts.decided",
                version=conflict.kept_version,
                by=conflict.decided_by,
                at=moment(conflict.decided_at),
                reason=conflict.reason or "",
            )
        rows += [
            [
                len(rows) + place,
                data.short_name(conflict.organization_id),
                cell["label"],
                text("appendix.place", sheet=cell["sheet"], cell=cell["cell"]),
                cell["before"],
                cell["after"],
                text(
                    "reconciliation.conflicts.versions",
                    standing=conflict.standing_version,
                    standing_sender=conflict.standing_sender,
                    other=conflict.other_version,
                    other_sender=conflict.other_sender,
                ),
                decision,
            ]
            for place, cell in enumerate(conflict.cells, 1)
        ]
    book.table(
        text("reconciliation.sheets.conflicts"),
        _title("conflicts"),
        headings(
            "reconciliation.conflicts",
            (
                ("position", 6),
                ("office", 20),
                ("label", 26),
                ("place", 18),
                ("standing", 24),
                ("other", 24),
                ("sources", 40),
                ("decision", 40),
            ),
        ),
        rows,
        note=_note(data),
        none=text("appendix.sections.none"),
    )


def _differences(book: Workbook, data: SummaryData) -> None:
    rows = [
        [
            number,
            data.short_name(d.organization_id),
            d.version,
            d.received_at,
            d.label,
            text("appendix.place", sheet=d.sheet, cell=d.cell) if d.cell else d.sheet,
            d.before,
            d.after,
        ]
        for number, d in enumerate(data.intake.differences, 1)
    ]
    book.table(
        text("reconciliation.sheets.differences"),
        _title("differences"),
        headings(
            "reconciliation.differences",
            (
                ("position", 6),
                ("office", 20),
                ("version", 6),
                ("received_at", 17),
                ("label", 26),
                ("place", 18),
                ("before", 34),
                ("after", 34),
            ),
        ),
        rows,
        note=_note(data),
        none=text("appendix.sections.none"),
    )


def _files(book: Workbook, data: SummaryData) -> None:
    rows = [
        [
            number,
            data.short_name(file.organization_id),
            text(f"reconciliation.files.roles.{file.role}"),
            file.filename,
            file.document_number,
            file.signed_on,
            file.signer,
            file.at.date() if file.role == "registered" else file.at,
            file.file_sha256[:_SHOWN_OF_HASH] if file.file_sha256 else "",
        ]
        for number, file in enumerate(data.intake.files, 1)
    ]
    book.table(
        text("reconciliation.sheets.files"),
        _title("files"),
        headings(
            "reconciliation.files",
            (
                ("position", 6),
                ("office", 20),
                ("role", 22),
                ("filename", 40),
                ("number", 20),
                ("signed_on", 12),
                ("signer", 24),
                ("received_at", 17),
                ("fingerprint", 20),
            ),
        ),
        rows,
        note=_note(data),
        none=text("appendix.sections.none"),
    )


def _sources(book: Workbook, data: SummaryData) -> None:
    labels = {i.code: i.short_label for i in data.form.indicators}
    order = {i.code: n for n, i in enumerate(data.form.indicators)}
    places = {o.organization_id: n for n, o in enumerate(data.offices)}
    current = {s.organization_id: s for s in data.submissions if s.is_current}
    marks = sorted(
        (
            m
            for m in data.marks
            if m.is_marked is not None and m.organization_id in places and m.indicator in order
        ),
        key=lambda m: (places[m.organization_id], order[m.indicator], m.year),
    )
    rows: list[list[object]] = []
    for number, mark in enumerate(marks, 1):
        source = current.get(mark.organization_id)
        rows.append(
            [
                number,
                data.short_name(mark.organization_id),
                labels[mark.indicator],
                mark.year,
                text(f"reconciliation.sources.{mark.state or ('yes' if mark.is_marked else 'no')}"),
                mark.document_number,
                mark.document_on,
                mark.note,
                mark.explanation,
                source.sender if source else "",
                mark.filename,
                text("appendix.place", sheet=mark.sheet, cell=mark.cell) if mark.cell else "",
                source.received_at if source else None,
            ]
        )
    book.table(
        text("reconciliation.sheets.sources"),
        _title("sources"),
        headings(
            "reconciliation.sources",
            (
                ("position", 6),
                ("office", 20),
                ("indicator", 18),
                ("year", 7),
                ("value", 10),
                ("number", 20),
                ("date", 12),
                ("note", 24),
                ("explanation", 24),
                ("sender", 26),
                ("file", 26),
                ("place", 18),
                ("received_at", 17),
            ),
        ),
        rows,
        note=_note(data),
    )


def _numbers(book: Workbook, data: SummaryData) -> None:
    if data.form.quantities is None:
        return
    asked = {one.code: one for one in data.form.quantity_rows}
    order = {code: n for n, code in enumerate(asked)}
    places = {o.organization_id: n for n, o in enumerate(data.offices)}
    given = sorted(
        (n for n in data.numbers if n.indicator in asked and n.organization_id in places),
        key=lambda n: (places[n.organization_id], order[n.indicator], n.year),
    )
    rows: list[list[object]] = [
        [
            position,
            data.short_name(one.organization_id),
            asked[one.indicator].label,
            one.year,
            one.value,
            asked[one.indicator].unit,
            text(f"reconciliation.numbers.state.{one.state}"),
            one.note,
            one.explanation,
            one.filename,
            text("appendix.place", sheet=one.sheet, cell=one.cell),
        ]
        for position, one in enumerate(given, 1)
    ]
    book.table(
        text("reconciliation.sheets.numbers"),
        _title("numbers"),
        headings(
            "reconciliation.numbers",
            (
                ("position", 6),
                ("office", 20),
                ("indicator", 36),
                ("year", 7),
                ("value", 14),
                ("unit", 14),
                ("state", 16),
                ("note", 24),
                ("explanation", 30),
                ("file", 26),
                ("place", 18),
            ),
        ),
        rows,
        note=_note(data),
        none=text("appendix.sections.none"),
    )


def _printed(content: str | float, column: Column) -> str:
    """A cell of an open table as an official writes it."""
    if isinstance(content, int | float):
        return in_vietnamese(content)
    if column.kind == "date":
        with suppress(ValueError):
            return short_date(date.fromisoformat(content))
    return content


def _list_rows(book: Workbook, data: SummaryData) -> None:
    if not data.form.lists:
        return
    tables = {table.code: table for table in data.form.lists}
    rows: list[list[object]] = [
        [
            position,
            data.short_name(row.organization_id),
            tables[row.list].title,
            row.position,
            text("reconciliation.list_rows.between").join(
                text(
                    "reconciliation.list_rows.cell",
                    label=column.label,
                    value=_printed(row.content[column.code], column),
                )
                for column in tables[row.list].columns
                if column.code in row.content
            ),
            row.filename,
            text("appendix.place", sheet=row.sheet, cell=row.first_cell),
        ]
        for position, row in enumerate((r for r in data.list_rows if r.list in tables), 1)
    ]
    book.table(
        text("reconciliation.sheets.list_rows"),
        _title("list_rows"),
        headings(
            "reconciliation.list_rows",
            (
                ("position", 6),
                ("office", 20),
                ("list", 28),
                ("row", 7),
                ("content", 80),
                ("file", 26),
                ("place", 18),
            ),
        ),
        rows,
        note=_note(data),
        none=text("appendix.sections.none"),
    )


def _narratives(book: Workbook, data: SummaryData) -> None:
    labels = {s.code: s.label for s in data.form.sections}
    current = {s.organization_id: s for s in data.submissions if s.is_current}
    rows: list[list[object]] = []
    for number, narrative in enumerate(data.narratives, 1):
        source = current.get(narrative.organization_id)
        rows.append(
            [
                number,
                data.short_name(narrative.organization_id),
                labels.get(narrative.section, narrative.section),
                narrative.body,
                narrative.filename,
                text("appendix.place", sheet=narrative.sheet, cell=narrative.cell),
                source.sender if source else "",
                source.received_at if source else None,
            ]
        )
    book.table(
        text("reconciliation.sheets.narratives"),
        _title("narratives"),
        headings(
            "reconciliation.narratives",
            (
                ("position", 6),
                ("office", 20),
                ("section", 20),
                ("text", 80),
                ("file", 26),
                ("place", 18),
                ("sender", 26),
                ("received_at", 17),
            ),
        ),
        rows,
        note=_note(data),
        none=text("appendix.sections.none"),
    )


def _messages(book: Workbook, data: SummaryData) -> None:
    rows = [
        [number, data.short_name(m.organization_id), reminder_name(m.step), m.dated_at]
        for number, m in enumerate(data.messages, 1)
    ]
    book.table(
        text("reconciliation.sheets.reminders"),
        _title("reminders"),
        headings(
            "reconciliation.reminders", (("position", 6), ("office", 26), ("kind", 40), ("sent_at", 20))
        ),
        rows,
        note=_note(data),
        none=text("appendix.sections.none"),
    )
