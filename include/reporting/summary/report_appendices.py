"""The appendices of the report in Word: tracking table, who reported, proposed tasks, difficulties, numbers.

Of more offices than fit on a few pages they give the sums by region (or part of the list) and refer to the
workbook for the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from reporting.forms.models import Column, OpenTable, Quantity
from reporting.letters.blocks import Block, Cell, Row, Table, heading_cells
from reporting.letters.text import document_date, document_number
from reporting.letters.totals import check_totals
from reporting.summary.appendix import MARKED, printed_mark
from reporting.summary.data import Number, Office, SignedReport, SummaryData
from reporting.summary.sections import roman
from reporting.summary.tally import NumberTally, Tally, kind_of_parts, part_of
from reporting.summary.walking import by_office
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import number, short_date

MOST_OFFICES = 200
"""Of so many offices each has its line; of more, each region (or part of the list)."""
MOST_ROWS = 400
"""So many rows of an open table, or contributions, stand in the Word file; more only in the workbook."""

WIDTH_CM = 25.7
_POSITION_CM, _OFFICE_CM = 1.1, 4.0
_FULL_SIZE, _SMALL_SIZE = 11.0, 9.5
_NARROW_CM = 2.2
"""Columns narrower than this are set in small type."""


@dataclass(frozen=True)
class Appendix:
    """An appendix on its own pages; `name` is "Phụ lục I"."""

    code: str
    name: str
    title: str
    blocks: tuple[Block, ...]


def appendix_names(data: SummaryData, tallied: Tally) -> dict[str, str]:
    """What the appendices of this report are called, by code: tracking where anybody gave figures, offices,
    list:<code> of each open table with rows, difficulties, data.
    """
    codes = ["tracking"] if data.form.indicators and any(o.has_figures for o in data.offices) else []
    codes.append("offices")
    codes += [f"list:{table.code}" for table in data.form.lists if tallied.rows[table.code].rows]
    if tallied.cited.get("difficulties"):
        codes.append("difficulties")
    if tallied.numbers:
        codes.append("data")
    return {code: text("report.appendices.name", number=roman(place)) for place, code in enumerate(codes, 1)}


def appendices(data: SummaryData, tallied: Tally) -> tuple[Appendix, ...]:
    """The appendices in their order."""
    made = _Appendices(data, tallied)
    found = []
    for code, name in appendix_names(data, tallied).items():
        title, blocks = made.of(code)
        found.append(Appendix(code, name, title, tuple(blocks)))
    return tuple(found)


class _Appendices:
    """Makes the appendices of one report."""

    def __init__(self, data: SummaryData, tallied: Tally) -> None:
        self.data = data
        self.tally = tallied
        self.is_large = len(data.offices) > MOST_OFFICES
        self.noun = text(f"report.nouns.{data.words}")
        self.short_noun = text(f"report.short_nouns.{data.words}")
        self.parts: dict[str, list[Office]] = {}
        for office in data.offices:
            self.parts.setdefault(part_of(data, office.organization_id), []).append(office)
        self.part_word = text(f"report.appendices.part.{kind_of_parts(data)}")

    def of(self, code: str) -> tuple[str, Iterable[Block]]:
        """Title and blocks of an appendix."""
        if code == "tracking":
            return self.data.form.title.upper(), self.tracking()
        if code == "offices":
            return self.say("offices_title"), self.offices()
        if code == "difficulties":
            return self.say("difficulties_title"), self.difficulties()
        if code == "data":
            assert self.data.form.quantities is not None  # numbers were counted
            return self.data.form.quantities.title.upper(), self.numbers()
        table = next(t for t in self.data.form.lists if code == f"list:{t.code}")
        return table.title.upper(), self.open_table(table)

    def say(self, key: str, **values: object) -> str:
        return text(
            f"report.appendices.{key}",
            **{"noun_caps": self.noun.upper(), "short_noun": self.short_noun, **values},
        )

    def _notes(self, *keys: str) -> Iterator[Block]:
        yield Block("note", self.say("cutoff", cutoff=document_date(self.data.cutoff_on)))
        for key in keys:
            yield Block("note", self.say(key))

    def _office_heading(self) -> str:
        return self.noun[:1].upper() + self.noun[1:]

    # --- I: marks

    def tracking(self) -> Iterator[Block]:
        data, years = self.data, self.data.form.years
        indicators = data.form.indicators
        columns = [(i.code, year) for i in indicators for year in years]
        first = _POSITION_CM, 6.0 if self.is_large else _OFFICE_CM
        headings: tuple[Row, ...] = (
            (
                Cell(self.say("position"), is_bold=True, align="center", down="first"),
                Cell(
                    self.part_word if self.is_large else self._office_heading(),
                    is_bold=True, align="center", down="first",
                ),
                *(Cell(i.label, is_bold=True, align="center", span=len(years)) for i in indicators),
            ),
            (
                Cell("", down="further"),
                Cell("", down="further"),
                *heading_cells(str(year) for _ in indicators for year in years),
            ),
        )  # fmt: skip
        totals = [data.totals.get(column, 0) for column in columns]
        total: Row = (
            Cell(""),
            Cell(text("letters.table.total"), is_bold=True, align="center"),
            *(Cell(str(n) if n else "", is_bold=True, align="center") for n in totals),
        )
        rows = tuple(self._parts_marked(columns) if self.is_large else self._offices_marked(columns))
        check_totals(
            text("appendix.sheets.tracking"),
            {
                column: sum(_counted(row[place].text) for row in rows)
                for place, column in enumerate(columns, 2)
            },
            dict(zip(columns, totals, strict=True)),
        )
        yield _table(first, len(columns), (*headings, *rows, total), heading_rows=2)
        yield from self._notes("full_list" if self.is_large else "marks_note")

    def _offices_marked(self, columns: Sequence[tuple[str, int]]) -> Iterator[Row]:
        for place, (office, marks) in enumerate(by_office(self.data.offices, self.data.marks), 1):
            made = {(m.indicator, m.year): m for m in marks}
            cells = (Cell(printed_mark(office, made.get(column)), align="center") for column in columns)
            yield (Cell(str(place), align="center"), Cell(office.short_name), *cells)

    def _parts_marked(self, columns: Sequence[tuple[str, int]]) -> Iterator[Row]:
        counts = self.tally.marks_by_part
        for place, part in enumerate(self.parts, 1):
            cells = (Cell(str(counts.get((part, *column), 0)), align="center") for column in columns)
            yield (Cell(str(place), align="center"), Cell(part), *cells)

    # --- II: who reported

    def offices(self) -> Iterator[Block]:
        if self.is_large:
            yield from self._parts_reported()
            return
        signed: dict[str, list[SignedReport]] = {}
        for report in self.data.signed_reports:
            signed.setdefault(report.organization_id, []).append(report)
        asks_signed = any(o.signed_report_state is not None for o in self.data.offices)
        columns = ["figures", *(["signed"] if asks_signed else [])]
        headings = (self.say(f"offices_columns.{column}") for column in columns)
        rows: list[Row] = [heading_cells([self.say("position"), self._office_heading(), *headings])]
        for place, office in enumerate(self.data.offices, 1):
            name = office.name if self.data.words == "office" else office.short_name
            row = [Cell(str(place), align="center"), Cell(name), Cell(self._figures(office))]
            if asks_signed:
                row.append(Cell(self._signed(office, signed.get(office.organization_id, []))))
            rows.append(tuple(row))
        widths = (_POSITION_CM, 7.0, 8.6, 9.0) if asks_signed else (_POSITION_CM, 12.0, 12.6)
        yield Block("table", table=Table(widths, tuple(rows)))

    def _figures(self, office: Office) -> str:
        state = office.data_form_state
        if state in {"nil", "confidential", "waived"}:
            return self.say(f"figures.{state}")
        if not office.has_figures:
            is_optional = state == "optional" and office.has_signed_report
            return self.say("figures.optional" if is_optional else "figures.missing")
        words = self.say("figures.late" if office.timeliness == "late" else "figures.in_time")
        return self.say("figures.partial", words=words) if state == "partial" else words

    def _signed(self, office: Office, reports: Sequence[SignedReport]) -> str:
        if reports:
            return text("appendix.answers.signed", number=document_number(reports[-1].document_number),
                        date=document_date(reports[-1].signed_on))  # fmt: skip
        state = office.signed_report_state
        if state is None:
            return ""
        if state in {"nil", "confidential", "waived"}:
            return self.say(f"figures.{state}")
        return self.say("figures.missing")

    def _parts_reported(self) -> Iterator[Block]:
        columns = (self.say(f"parts_columns.{c}") for c in ("asked", "reported", "late", "missing", "signed"))
        rows: list[Row] = [heading_cells([self.say("position"), self.part_word, *columns])]
        totals = [0] * 5
        for place, (part, offices) in enumerate(self.parts.items(), 1):
            counts = [
                len(offices),
                sum(o.has_figures for o in offices),
                sum(o.has_figures and o.timeliness == "late" for o in offices),
                sum(o.owes_figures for o in offices),
                sum(o.has_signed_report for o in offices),
            ]
            totals = [a + b for a, b in zip(totals, counts, strict=True)]
            rows.append((Cell(str(place), align="center"), Cell(part), *(_amount(n) for n in counts)))
        rows.append(
            (
                Cell(""),
                Cell(text("letters.table.total"), is_bold=True, align="center"),
                *(_amount(n, is_bold=True) for n in totals),
            )
        )
        yield _table((_POSITION_CM, 9.0), 5, rows)
        yield from self._notes("full_list")

    # --- III: open tables, and IV: what offices wrote

    def open_table(self, table: OpenTable) -> Iterator[Block]:
        if self.is_large or self.tally.rows[table.code].rows > MOST_ROWS:
            yield from self._counted_by_part(
                (row.organization_id for row in self.data.list_rows if row.list == table.code),
                self.say("rows"),
            )
            return
        columns = table.columns
        rest = WIDTH_CM - _POSITION_CM - 3.2
        wanted = sum(c.width for c in columns)
        widths = (_POSITION_CM, 3.2, *(round(rest * c.width / wanted, 2) for c in columns))
        headings = heading_cells(
            [
                self.say("position"),
                self._office_heading(),
                *(
                    text("appendix.lists.heading", label=c.label, unit=c.unit) if c.unit else c.label
                    for c in columns
                ),
            ]
        )
        rows: list[Row] = [headings]
        for row in self.data.list_rows:
            if row.list == table.code:
                cells = (_content(row.content.get(c.code), c) for c in columns)
                office = Cell(self.data.short_name(row.organization_id))
                rows.append((Cell(str(len(rows)), align="center"), office, *cells))
        yield Block("table", table=Table(widths, tuple(rows), size=_FULL_SIZE))
        yield from self._notes()

    def difficulties(self) -> Iterator[Block]:
        wrote = (n for n in self.data.narratives if n.section == "difficulties" and n.is_citable)
        if self.is_large or self.tally.cited["difficulties"] > MOST_ROWS:
            yield from self._counted_by_part((n.organization_id for n in wrote), self.say("contributions"))
            return
        rows: list[Row] = [
            heading_cells([self.say("position"), self._office_heading(), self.say("difficulties_column")])
        ]
        for n in wrote:
            lines = [" ".join(line.split()) for line in n.body.splitlines()]
            body = Cell("\n".join(line for line in lines if line))
            rows.append(
                (Cell(str(len(rows)), align="center"), Cell(self.data.short_name(n.organization_id)), body)
            )
        widths = (_POSITION_CM, 5.0, WIDTH_CM - _POSITION_CM - 5.0)
        yield Block("table", table=Table(widths, tuple(rows)))
        yield from self._notes()

    def _counted_by_part(self, organization_ids: Iterable[str], what: str) -> Iterator[Block]:
        """How many rows, and of how many offices, each part has."""
        rows_of: dict[str, int] = {}
        offices_of: dict[str, set[str]] = {}
        for organization_id in organization_ids:
            part = part_of(self.data, organization_id)
            rows_of[part] = rows_of.get(part, 0) + 1
            offices_of.setdefault(part, set()).add(organization_id)
        rows: list[Row] = [
            heading_cells(
                [
                    self.say("position"),
                    self.part_word,
                    self.say("parts_columns.asked"),
                    self.say("parts_columns.wrote"),
                    what,
                ]
            )
        ]
        for place, (part, offices) in enumerate(self.parts.items(), 1):
            counts = (len(offices), len(offices_of.get(part, ())), rows_of.get(part, 0))
            rows.append((Cell(str(place), align="center"), Cell(part), *(_amount(n) for n in counts)))
        totals = (len(self.data.offices), sum(map(len, offices_of.values())), sum(rows_of.values()))
        rows.append(
            (
                Cell(""),
                Cell(text("letters.table.total"), is_bold=True, align="center"),
                *(_amount(n, is_bold=True) for n in totals),
            )
        )
        yield _table((_POSITION_CM, 9.0), 3, rows)
        yield from self._notes("full_list")

    # --- V: numbers

    def numbers(self) -> Iterator[Block]:
        quantities = self.data.form.quantity_rows
        years = self.data.form.years
        given = {} if self.is_large else self._given()
        for year in years:
            if len(years) > 1:
                yield Block("caption", self.say("year", year=year))
            headings = heading_cells(
                [
                    self.say("position"),
                    self.part_word if self.is_large else self._office_heading(),
                    *(text("appendix.numbers.heading", label=q.short_label, unit=q.unit) for q in quantities),
                ]
            )
            rows = [
                self._sums_row(place, part, year)
                for place, part in enumerate(self.parts, 1)
            ] if self.is_large else [
                (
                    Cell(str(place), align="center"),
                    Cell(office.short_name),
                    *(given.get((office.organization_id, q.code, year), Cell("")) for q in quantities),
                )
                for place, office in enumerate(self.data.offices, 1)
            ]  # fmt: skip
            total: Row = (
                Cell(""),
                Cell(text("letters.table.total"), is_bold=True, align="center"),
                *(self._sum(q, self.tally.numbers.get((q.code, year)), is_bold=True) for q in quantities),
            )
            yield _table((_POSITION_CM, 3.6), len(quantities), (headings, *rows, total))
        keys = ["numbers_note"]
        if any(q.kind in {"percent", "number"} for q in quantities):
            keys.append("percent_note")
        yield from self._notes(*keys, *(("full_list",) if self.is_large else ()))

    def _given(self) -> Mapping[tuple[str, str, int], Cell]:
        """What each office gave, as printed."""
        return {(n.organization_id, n.indicator, n.year): _number_cell(n) for n in self.data.numbers}

    def _sums_row(self, place: int, part: str, year: int) -> Row:
        by_part = self.tally.numbers_by_part
        sums = (self._sum(q, by_part.get((part, q.code, year))) for q in self.data.form.quantity_rows)
        return (Cell(str(place), align="center"), Cell(part), *sums)

    def _sum(self, quantity: Quantity, found: NumberTally | None, *, is_bold: bool = False) -> Cell:
        if found is None:
            return Cell("")
        if quantity.kind not in {"percent", "number"}:
            return _amount(found.total, is_bold=is_bold)
        assert found.least is not None  # one number was counted
        assert found.greatest is not None
        if found.least == found.greatest:
            return _amount(found.least, is_bold=is_bold)
        words = self.say("range", least=number(found.least), greatest=number(found.greatest))
        return Cell(words, is_bold=is_bold, align="right")


def _table(
    first_cm: tuple[float, float], columns: int, rows: Iterable[Row], *, heading_rows: int = 1
) -> Block:
    """A table over the whole width: position, office, and columns of one width; its last row stays with the
    notes.
    """
    width = (WIDTH_CM - sum(first_cm)) / max(1, columns)
    size = _FULL_SIZE if width >= _NARROW_CM or heading_rows > 1 else _SMALL_SIZE
    widths = (*first_cm, *[round(width, 3)] * columns)
    return Block("table", table=Table(widths, tuple(rows), heading_rows, kept_rows=2, size=size))


def _amount(value: int | Decimal, *, is_bold: bool = False) -> Cell:
    return Cell(number(value), is_bold=is_bold, align="right")


def _number_cell(given: Number) -> Cell:
    if given.state == "not_applicable":
        return Cell(text("appendix.tracking.not_applicable"), align="center")
    value = Decimal(0) if given.state == "nil" else given.value
    return Cell("") if value is None else _amount(value)


def _content(content: str | float | None, column: Column) -> Cell:
    """A cell of an open table: numbers as numbers, dates as dates, all else as it was written."""
    if content is None:
        return Cell("")
    if isinstance(content, int | float):
        return _amount(Decimal(str(content)))
    if column.kind == "date":
        return Cell(_date(content), align="center")
    return Cell(" ".join(content.split()), align="center" if column.kind == "choice" else "left")


def _date(content: str) -> str:
    try:
        return short_date(date.fromisoformat(content))
    except ValueError:
        return content


def _counted(printed: str) -> int:
    """What a cell of the tracking table adds to the total beneath it: a mark, or the count of a part."""
    return int(printed) if printed.isdecimal() else int(printed == MARKED)
