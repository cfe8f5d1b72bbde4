"""The supplement to a report: which offices sent or changed something since, what that changes, what is new
in words; with the rows that changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import islice

from reporting.documents.lifecycle import Draft, DraftedFile, hash_of
from reporting.forms.models import Column, OpenTable
from reporting.letters.blocks import Block, Blocks, Cell, Row, Table, heading_cells
from reporting.letters.official import DOCX, XLSX, copy_lines, heading_context, render
from reporting.letters.text import document_date, escape, run_on, unbroken
from reporting.regimes.models import Regime, ReportText
from reporting.summary import snapshot
from reporting.summary.data import SummaryData
from reporting.summary.means import keeps_means, without_means
from reporting.summary.report import written_out
from reporting.summary.sections import Section, block_markdown, roman
from reporting.summary.snapshot import MEDIA_TYPE
from reporting.summary.supplement_changes import (
    ChangedFigure,
    ChangedRow,
    OfficeNews,
    Said,
    changed_figures,
    changed_list_rows,
    changed_rows,
    new_statements,
    office_news,
)
from reporting.summary.supplement_snapshot import About, is_of, packed, unpacked
from reporting.summary.workbook import Workbook, rehearsal_mark
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import join_names, number, short_date

MOST_ROWS = 400
"""Up to so many changed rows stand in the Word file; all of them are in the workbook."""
STATEMENTS_PER_SECTION = 20
_LIST_CM, _LIST_SIZE = 18.1, 9.5
"""Width that the columns of an open table share, and the size of its letters."""

_ABOUT = "supplement.json"
_KINDS_OF_FIGURES = ("first", "changed", "words", "withdrawn", "nil", "confidential", "waived")


@dataclass(frozen=True)
class Supplement:
    """All that a supplement says: the cycle as its report had it (`former`), and as it is now."""

    about: About
    former: SummaryData
    now: SummaryData

    @cached_property
    def offices(self) -> list[OfficeNews]:
        """The offices of which something is new."""
        return office_news(self.former, self.now)


def stored(data: Supplement) -> bytes:
    """The snapshot of a supplement: what it is about, and both snapshots of the cycle."""
    former, now = (without_means(snapshot.stored(d)) for d in (data.former, data.now))
    return packed(_ABOUT, data.about, former=former, now=now)


def is_one(stored_snapshot: bytes) -> bool:
    """Whether the snapshot is a supplement's."""
    return is_of(_ABOUT, stored_snapshot)


def opened(stored_snapshot: bytes) -> Supplement:
    """The data of a supplement's snapshot. Raises SnapshotError when it is none."""
    about, former, now = unpacked(_ABOUT, stored_snapshot)
    return Supplement(about, snapshot.opened(former), snapshot.opened(now))


def held_by(report_snapshot: bytes) -> SummaryData:
    """The cycle as a report of it, an edition or a supplement, had it."""
    return opened(report_snapshot).now if is_one(report_snapshot) else snapshot.opened(report_snapshot)


@keeps_means
def supplement_draft(data: Supplement) -> Draft:
    """The draft of a supplement: the report, the rows that changed as xlsx, and the snapshot from which they
    were rendered and can be again.
    """
    writer = _Writer(data)
    sections = writer.sections()
    cycle = data.now
    rendered = render_supplement(
        cycle.regime,
        mode=cycle.mode,
        year=cycle.report_year,
        report=cycle.report,
        subject=writer.say("subject_line"),
        opening=writer.opening(),
        sections=sections,
        closing=writer.closing(),
        appendix=(writer.say("appendix.name"), writer.say("appendix.rows"), writer.appendix()),
    )
    files = (
        DraftedFile("report", text("editions.files.report"), rendered, DOCX),
        DraftedFile("appendix", text("editions.files.appendix"), render_rows(data), XLSX),
    )
    now, former = (snapshot.data_hash(snapshot.stored(d)) for d in (data.now, data.former))
    return Draft(
        title=writer.title,
        body_markdown=preview(writer.title, cycle.mode, files, writer.opening(), sections, writer.closing()),
        data_hash=hash_of([asdict(data.about), now, former]),
        files=(
            *files,
            DraftedFile("snapshot", text("report.files.snapshot"), stored(data), MEDIA_TYPE),
        ),
    )


def render_rows(data: Supplement) -> bytes:
    """Every mark, number and row of an open table that changed, as xlsx, then the signed reports registered
    since.
    """
    writer = _Writer(data)
    book = Workbook(rehearsal_mark(data.now.mode))
    columns = ("position", "office", "content", "year", "former", "now", "evidence")
    book.table(
        text("editions.sheets.rows"),
        writer.say("appendix.rows"),
        [
            (writer.say(f"columns.{c}"), width)
            for c, width in zip(columns, (6, 28, 52, 8, 24, 24, 40), strict=True)
        ],
        (
            [n, row.office.name, writer.label(row.indicator), row.year,
             writer.value(row.indicator, row.former), writer.value(row.indicator, row.now),
             writer.evidence(row)]
            for n, row in enumerate(changed_rows(data.former, data.now), 1)
        ),
        none=writer.say("no_rows"),
    )  # fmt: skip
    for place, table in enumerate(writer.changed_tables(), 1):
        book.table(
            text("editions.sheets.list_rows", n=place),
            writer.say("appendix.list_rows", title=table.title.upper()),
            [
                (writer.say("columns.position"), 6),
                (writer.say("columns.office"), 28),
                *((heading, column.width) for heading, column in writer.list_headings(table)),
                (writer.say("columns.change"), 24),
            ],
            ([n, *cells] for n, cells in enumerate(writer.list_cells(table), 1)),
            none=writer.say("no_rows"),
        )
    signed = [(news.office, report) for news in data.offices for report in news.signed]
    of_signed = ("position", "office", "number", "signed_on", "received_on", "registered_number")
    book.table(
        text("editions.sheets.signed"),
        writer.say("appendix.signed"),
        [
            (writer.say(f"columns.{c}"), width)
            for c, width in zip(of_signed, (6, 36, 22, 14, 14, 14), strict=True)
        ],
        [
            [n, office.name, r.document_number, r.signed_on, r.received_on, r.registered_number]
            for n, (office, r) in enumerate(signed, 1)
        ],
        none=writer.say("no_signed"),
    )
    return book.finish()


class _Writer:
    """Writes the sections of one supplement; holds the words that its sentences share."""

    def __init__(self, data: Supplement) -> None:
        self.data, self.now = data, data.now
        self.ministry = data.now.regime.ministry.name
        self.report = data.now.report
        self._labels = {i.code: written_out(i.label) for i in data.now.form.indicators}
        self._labels |= {q.code: written_out(q.label) for q in data.now.form.quantity_rows}
        self._units = {q.code: q.unit for q in data.now.form.quantity_rows}

    def say(self, key: str, **values: object) -> str:
        about = self.data.about
        shared: dict[str, object] = {
            "ministry": self.ministry,
            "addressee": self.report.addressee,
            "subject": self.report.subject,
            "noun": text(f"report.nouns.{self.now.words}"),
            "office_count": len(self.now.offices),
            "number": about.number,
            "date": document_date(about.registered_on),
        }
        return text(f"editions.supplement.{key}", **{**shared, **values})

    @property
    def title(self) -> str:
        return self.say("title", sequence=self.data.about.sequence)

    def label(self, code: str) -> str:
        return self._labels.get(code, code)

    def value(self, indicator: str, said: Said) -> str:
        """What an office said, in words."""
        if said.state == "value" and said.value is not None:
            return f"{number(said.value)} {self._units.get(indicator, '')}".strip()
        return text(f"editions.state.{said.state}")

    def evidence(self, row: ChangedRow) -> str:
        """The document and note that an office names for a mark or number, with those of then where they were
        others; "" for none.
        """
        now, former = self._evidence(row.now), self._evidence(row.former)
        if now == former or not former:
            return now
        return self.say("evidence.changed" if now else "evidence.gone", now=now, former=former)

    def _evidence(self, said: Said) -> str:
        number, on, note = said.evidence
        document = number or ""
        if on is not None:
            document = self.say("evidence.document", number=document, on=short_date(on)).strip()
            # a document without a number is given by its date alone
        return "; ".join(part for part in (document, note or "") if part)

    def changed_tables(self) -> list[OpenTable]:
        """The open tables of which rows changed, in the order of the form."""
        changed = {row.list for row in changed_list_rows(self.data.former, self.now)}
        return [table for table in self.now.form.lists if table.code in changed]

    def list_headings(self, table: OpenTable) -> list[tuple[str, Column]]:
        """What the columns of an open table are called, each with its column."""
        return [
            (text("appendix.lists.heading", label=c.label, unit=c.unit) if c.unit else c.label, c)
            for c in table.columns
        ]

    def list_cells(self, table: OpenTable) -> Iterator[list[str]]:
        """The changed rows of an open table: office, its columns, what changed. One that was changed stands
        as it is now and, beneath, as it was.
        """
        for row in changed_list_rows(self.data.former, self.now):
            if row.list != table.code:
                continue
            written = [(row.now or row.former, row.change)]
            if row.change == "changed":
                written.append((row.former, "former"))
            for of, change in written:
                content = {} if of is None else of.content
                cells = [_written(content.get(c.code), c) for c in table.columns]
                yield [row.office.short_name, *cells, self.say(f"list_change.{change}")]

    def opening(self) -> list[Block]:
        opening = run_on([self.say("basis"), self.say("opening")])
        return [Block("body", paragraph) for paragraph in opening]

    def sections(self) -> list[Section]:
        """The sections that say something, numbered; each change is told in one of them."""
        written = [
            ("answers", tuple(self._answers())),
            ("figures", tuple(self._figures())),
            ("statements", tuple(self._statements())),
        ]
        kept = [(code, blocks) for code, blocks in written if blocks]
        return [
            Section(code, roman(n), self.say(f"headings.{code}"), blocks)
            for n, (code, blocks) in enumerate(kept, 1)
        ]

    def closing(self) -> str:
        return self.say("closing")

    def _answers(self) -> Iterator[Block]:
        offices = self.data.offices
        then = sum(o.has_figures for o in self.data.former.offices)
        today = sum(o.has_figures for o in self.now.offices)
        key = "answers.same_count" if then == today else "answers.count"
        yield Block("body", self.say(key, count=len(offices), then=then, now=today))
        for kind in _KINDS_OF_FIGURES:
            names = [news.office.short_name for news in offices if news.figures == kind]
            if names:
                sentence = self.say(f"answers.{kind}", count=len(names), names=join_names(names))
                yield Block("item", sentence)
        signed = [
            self.say(
                "answers.signed_one",
                office=news.office.short_name,
                document=r.document_number,
                on=document_date(r.signed_on),
            )
            for news in offices
            for r in news.signed
        ]
        if signed:
            yield Block("item", self.say("answers.signed", count=len(signed), reports="; ".join(signed)))

    def _figures(self) -> Iterator[Block]:
        changed = changed_figures(self.data.former, self.now)
        if not changed:
            yield Block("body", self.say("figures.none"))
            return
        yield Block("body", self.say("figures.intro"))
        columns = ("position", "content", "year", "former", "now")
        rows: list[Row] = [heading_cells(self.say(f"columns.{c}") for c in columns)]
        for place, figure in enumerate(changed, 1):
            rows.append(
                (
                    Cell(str(place), align="center"),
                    Cell(self._what(figure)),
                    Cell(str(figure.year) if figure.year else self.say("any_year"), align="center"),
                    Cell(number(figure.former), align="right"),
                    Cell(number(figure.now), align="right"),
                )
            )
        yield Block("table", table=Table((1.2, 7.9, 2.2, 2.6, 2.6), tuple(rows)))

    def _what(self, figure: ChangedFigure) -> str:
        unit = self._units.get(figure.indicator)
        label = self.label(figure.indicator)
        return self.say("unit_of", label=label, unit=unit or text(f"report.nouns.{self.now.words}"))

    def _statements(self) -> Iterator[Block]:
        headings = {section.code: section.label for section in self.now.form.sections}
        found = new_statements(self.data.former, self.now)
        if found:
            yield Block("body", self.say("statements.intro"))
        for section, listed in found.items():
            yield Block("subheading", headings[section])
            for statement in listed[:STATEMENTS_PER_SECTION]:
                names = join_names(self.now.names(statement.organization_ids))
                yield Block("item", self.say("statements.item", text=statement.text, names=names))
            rest = len(listed) - STATEMENTS_PER_SECTION
            if rest > 0:
                yield Block("body", self.say("statements.rest", count=rest))

    def appendix(self) -> list[Block]:
        """The rows that changed, as many as belong into a Word file; [] where none did."""
        blocks: list[Block] = []
        rest = Block("note", self.say("rest_of_rows", filename=text("editions.files.appendix")))
        shown = list(islice(changed_rows(self.data.former, self.now), MOST_ROWS + 1))
        if shown:
            columns = ("position", "office", "content", "year", "former", "now", "evidence")
            rows: list[Row] = [heading_cells(self.say(f"columns.{c}") for c in columns)]
            rows += self._rows(shown[:MOST_ROWS])
            blocks.append(Block("table", table=Table((1.2, 4.0, 7.6, 1.5, 3.4, 3.4, 4.6), tuple(rows))))
            if len(shown) > MOST_ROWS:
                blocks.append(rest)
        for table in self.changed_tables():
            blocks.append(Block("caption", self.say("appendix.list_rows", title=table.title)))
            listed = list(islice(self.list_cells(table), MOST_ROWS + 1))
            headings = self.list_headings(table)
            wanted = sum(column.width for _, column in headings)
            widths = (1.2, 3.4, *(round(_LIST_CM * c.width / wanted, 2) for _, c in headings), 3.0)
            rows = [
                heading_cells(
                    [
                        self.say("columns.position"),
                        self.say("columns.office"),
                        *(heading for heading, _ in headings),
                        self.say("columns.change"),
                    ]
                )
            ]
            for place, cells in enumerate(listed[:MOST_ROWS], 1):
                rows.append((Cell(str(place), align="center"), *map(Cell, cells)))
            blocks.append(Block("table", table=Table(widths, tuple(rows), size=_LIST_SIZE)))
            if len(listed) > MOST_ROWS:
                blocks.append(rest)
        return blocks

    def _rows(self, changed: Iterable[ChangedRow]) -> Iterator[Row]:
        for place, row in enumerate(changed, 1):
            yield (
                Cell(str(place), align="center"),
                Cell(row.office.short_name),
                Cell(self.label(row.indicator)),
                Cell(str(row.year), align="center"),
                Cell(self.value(row.indicator, row.former), align="center"),
                Cell(self.value(row.indicator, row.now), align="center"),
                Cell(self.evidence(row)),
            )


def _written(content: str | float | None, column: Column) -> str:
    """What stands in a cell of an open table, in words."""
    if content is None:
        return ""
    if isinstance(content, int | float):
        return number(Decimal(str(content)))
    if column.kind == "date":
        with suppress(ValueError):
            return short_date(date.fromisoformat(content))
    return " ".join(content.split())


def render_supplement(
    regime: Regime,
    *,
    mode: str,
    year: int,
    report: ReportText,
    subject: str,
    opening: Sequence[Block],
    sections: Sequence[Section],
    closing: str,
    appendix: tuple[str, str, Sequence[Block]],
) -> bytes:
    """The docx of a supplement, by include/templates/report/supplement.docx; `appendix`: its name, title and
    content, left out where that is empty. Raises TemplateError as `official.render` does.
    """
    attached = text(
        "letters.appendix.attached_report",
        ministry_symbol=regime.ministry.symbol,
        year=year,
        ministry=regime.ministry.name,
    )
    name, title, content = appendix
    return render(
        "report/supplement.docx",
        heading_context(regime, mode=mode, year=year, is_reconstruction=False, is_report=True)
        | {
            "kind": text("report.kind"),
            "subject": unbroken(subject),
            "addressees": [report.addressee],
            "opening": {"number": "", "heading": "", "body": Blocks(opening)},
            "news": [{"number": s.number, "heading": s.heading, "body": Blocks(s.blocks)} for s in sections],
            "closing": closing,
            "copies": copy_lines(report.copies),
            "appendices": [{"name": name, "title": title, "body": Blocks(content)}] if content else [],
            "appendix_attached": attached,
        },
    )


def preview(
    title: str,
    mode: str,
    files: Sequence[DraftedFile],
    opening: Sequence[Block],
    sections: Sequence[Section],
    closing: str,
) -> str:
    """A supplement as Markdown, for the approver."""
    parts = [text("preview.heading", title=title)]
    if mode == "rehearsal":
        parts.append(text("preview.rehearsal"))
    listing = [text("editions.preview_file", filename=file.filename) for file in files]
    parts += [text("preview.files"), "\n".join(listing), text("preview.body")]
    parts += [block_markdown(block) for block in opening]
    for section in sections:
        parts.append(f"**{escape(section.title)}**")
        parts += [block_markdown(block) for block in section.blocks]
    parts.append(escape(closing))
    return "\n\n".join(parts) + "\n"
