"""The internal reconciliation sheet (phiếu đối chiếu): who said what, when, and what differs.

It goes to the ministry's own leadership beside the report, never to the Government.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date
from decimal import Decimal

from reporting.forms.models import Column
from reporting.letters.text import document_date
from reporting.summary.data import Office, ReminderEffect, Submission, SummaryData
from reporting.summary.pictures import province_picture, region_picture, score_picture
from reporting.summary.scorecard import answer_state, mean, score
from reporting.summary.scorecard_sheets import scorecard_sheets
from reporting.summary.walking import by_office
from reporting.summary.workbook import Formula, Workbook, headings, rehearsal_mark
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import join_names, moment, short_date
from reporting.wording.vietnamese import number as in_vietnamese

_REMINDER = re.compile(r"^reminder__t_(?P<side>minus|plus)_(?P<days>\d+)$")
_NAMED = 12
_SHOWN_OF_HASH = 16
_PICTURE_CM = 16.0
_MOST_SOURCES = 100_000
"""Of longer tables of marks, what was reported as not there is left to the tracking table."""


def render_reconciliation(data: SummaryData) -> bytes:
    """The reconciliation sheet as xlsx; the same bytes for the same data."""
    book = Workbook(rehearsal_mark(data.mode))
    _overview(book, data)
    _pictures(book, data)
    scorecard_sheets(book, data, note=_note(data))
    _discrepancies(book, data)
    _offices(book, data)
    _submissions(book, data)
    _findings(book, data)
    _conflicts(book, data)
    _differences(book, data)
    _files(book, data)
    if data.form.indicators:
        _sources(book, data)
    if data.form.quantity_rows:
        _numbers(book, data)
    if data.form.lists:
        _list_rows(book, data)
    if data.form.sections:
        _contributions(book, data)
        _narratives(book, data)
    _effects(book, data)
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
        "never": named(o for o in offices if answer_state(o) == "missing"),
        "signed": sum(o.has_signed_report for o in offices),
        "completion": named(o for o in offices if o.completion_request_count),
        "entered": named(o for o in offices if o.is_entered_by_ministry),
        "submissions": len(data.submissions),
        "reminders": reminders,
        "discrepancies": len(data.discrepancies),
        "conflicts": sum(c.kept_version is None for c in data.intake.conflicts),
        "unexplained": sum(o.warning_count - o.explained_count for o in offices),
    }
    if data.form.sections:
        values["not_used"] = sum(not c.is_citable for c in data.intake.contributions)
    points = mean(score(o).points for o in offices)
    if points is not None:
        values["score"] = points
    before = mean(data.previous_scores.values())
    if before is not None:
        values["previous_score"] = before
    book.table(
        text("reconciliation.sheets.overview"),
        text("reconciliation.title"),
        [(text("reconciliation.overview.label"), 46), (text("reconciliation.overview.value"), 90)],
        [[text(f"reconciliation.overview.rows.{key}"), value] for key, value in values.items()],
        note=text("reconciliation.subtitle", report_title=data.title, internal=_note(data)),
    )


def _pictures(book: Workbook, data: SummaryData) -> None:
    """How the offices answered, by region as bars and province by province as tiles, and their points."""
    provinces = province_picture(data, text("scorecard.pictures.provinces"))
    made = [picture for picture in (region_picture(data), provinces, score_picture(data)) if picture]
    if not made:
        return
    sheet = book.sheet(text("reconciliation.sheets.pictures"), landscape=False)
    sheet.set_column(0, 0, 90)
    sheet.fit_to_pages(1, 1)
    book.write(sheet, 0, 0, _title("pictures"), bold=True, font_size=14)
    book.write(sheet, 1, 0, _note(data), italic=True)
    if book.mark:
        book.write(sheet, 2, 0, book.mark, bold=True, font_color="#C00000")
    row = 3
    for picture in made:
        row += 1 + book.picture(sheet, row, 0, picture, width_cm=_PICTURE_CM)


def _discrepancies(book: Workbook, data: SummaryData) -> None:
    labels = data.short_labels
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
    rows: Iterator[list[object]] = (
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
    )
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
    rows: Iterator[list[object]] = (
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
    )
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
    def rows() -> Iterator[list[object]]:
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
            yield [
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
        rows(),
        note=_note(data),
        none=text("appendix.sections.none"),
    )


def _conflicts(book: Workbook, data: SummaryData) -> None:
    def rows() -> Iterator[list[object]]:
        number = 0
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
            for cell in conflict.cells:
                number += 1
                yield [
                    number,
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
        rows(),
        note=_note(data),
        none=text("appendix.sections.none"),
    )


def _differences(book: Workbook, data: SummaryData) -> None:
    rows: Iterator[list[object]] = (
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
    )
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
    rows: Iterator[list[object]] = (
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
    )
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
    is_long = len(data.offices) * len(order) * len(data.form.years) > _MOST_SOURCES

    def rows() -> Iterator[list[object]]:
        number = 0
        walk = zip(by_office(data.offices, data.marks), _current(data), strict=True)
        for (office, marks), source in walk:
            told = [
                m
                for m in marks
                if m.is_marked is not None
                and m.indicator in order
                and (not is_long or m.is_marked or m.note or m.explanation or m.state == "not_applicable")
            ]
            for mark in sorted(told, key=lambda m: (order[m.indicator], m.year)):
                number += 1
                yield [
                    number,
                    office.short_name,
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

    note = _note(data)
    if is_long:
        note = text("appendix.both", first=note, second=text("reconciliation.sources.only_yes"))
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
        rows(),
        note=note,
    )


def _numbers(book: Workbook, data: SummaryData) -> None:
    asked = {one.code: one for one in data.form.quantity_rows}
    order = {code: n for n, code in enumerate(asked)}

    def rows() -> Iterator[list[object]]:
        position = 0
        for office, given in by_office(data.offices, data.numbers):
            told = [n for n in given if n.indicator in asked]
            for one in sorted(told, key=lambda n: (order[n.indicator], n.year)):
                position += 1
                yield [
                    position,
                    office.short_name,
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
        rows(),
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
    tables = {table.code: table for table in data.form.lists}
    rows: Iterator[list[object]] = (
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
    )
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


def _contributions(book: Workbook, data: SummaryData) -> None:
    """Whose words the report may use: by which signed report, or by whose confirmation."""

    def rows() -> Iterator[list[object]]:
        for number, one in enumerate(data.intake.contributions, 1):
            signed = ""
            if one.document_number is not None and one.signed_on is not None:
                signed = text(
                    "appendix.answers.signed", number=one.document_number, date=document_date(one.signed_on)
                )
            confirmed = ""
            if one.confirmed_by is not None and one.confirmed_at is not None:
                confirmed = text(
                    "reconciliation.contributions.confirmation",
                    by=one.confirmed_by,
                    at=moment(one.confirmed_at),
                    how=one.how or "",
                )
            yield [
                number,
                data.short_name(one.organization_id),
                one.version,
                one.sender,
                text(f"reconciliation.submissions.sources.{one.source_rank}"),
                signed,
                one.signer,
                confirmed,
                text(f"reconciliation.contributions.{'used' if one.is_citable else 'not_used'}"),
            ]

    book.table(
        text("reconciliation.sheets.contributions"),
        _title("contributions"),
        headings(
            "reconciliation.contributions",
            (
                ("position", 6), ("office", 20), ("version", 6), ("sender", 28), ("source", 24),
                ("signed", 30), ("signer", 24), ("confirmed", 44), ("use", 30),
            ),
        ),
        rows(),
        note=_note(data),
        none=text("appendix.sections.none"),
    )  # fmt: skip


def _narratives(book: Workbook, data: SummaryData) -> None:
    labels = {s.code: s.label for s in data.form.sections}

    def rows() -> Iterator[list[object]]:
        number = 0
        walk = zip(by_office(data.offices, data.narratives), _current(data), strict=True)
        for (office, narratives), source in walk:
            for narrative in narratives:
                number += 1
                yield [
                    number,
                    office.short_name,
                    labels.get(narrative.section, narrative.section),
                    narrative.body,
                    narrative.filename,
                    text("appendix.place", sheet=narrative.sheet, cell=narrative.cell),
                    source.sender if source else "",
                    source.received_at if source else None,
                ]

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
        rows(),
        note=_note(data),
        none=text("appendix.sections.none"),
    )


def _messages(book: Workbook, data: SummaryData) -> None:
    rows: Iterator[list[object]] = (
        [number, data.short_name(m.organization_id), reminder_name(m.step), m.dated_at]
        for number, m in enumerate(data.messages, 1)
    )
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


def _effects(book: Workbook, data: SummaryData) -> None:
    """What each reminder brought, and in all."""

    def totals(first: int, last: int) -> list[list[object]]:
        cells: list[object] = [
            Formula(f"=SUM({letter}{first}:{letter}{last})", sum(counts))
            for letter, counts in (
                ("C", [e.sent_count for e in data.reminder_effects]),
                ("D", [e.answered_48h_count for e in data.reminder_effects]),
            )
        ]
        return [["", text("letters.table.total"), *cells, "", ""]]

    book.table(
        text("reconciliation.sheets.effects"),
        _title("effects"),
        headings(
            "reconciliation.effects",
            (
                ("position", 6), ("kind", 40), ("sent", 16), ("answered_48h", 20), ("rate", 16),
                ("answered", 20),
            ),
        ),
        (
            [
                number,
                reminder_name(e.step),
                e.sent_count,
                e.answered_48h_count,
                text("reconciliation.effects.share", percent=in_vietnamese(_percent(e))),
                e.answered_count,
            ]
            for number, e in enumerate(data.reminder_effects, 1)
        ),
        note=_note(data),
        none=text("reconciliation.effects.none"),
        totals=totals,
    )  # fmt: skip


def _percent(effect: ReminderEffect) -> Decimal:
    if not effect.sent_count:
        return Decimal(0)
    share = Decimal(100 * effect.answered_48h_count) / effect.sent_count
    return share.quantize(Decimal("0.1")).normalize()


def _current(data: SummaryData) -> Iterator[Submission | None]:
    """For every office, in the order of the list, the version of its answer that counts."""
    for _, submissions in by_office(data.offices, data.submissions):
        yield next((s for s in submissions if s.is_current), None)
