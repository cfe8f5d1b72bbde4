"""The summary report to the Government: computed sentences, and what offices wrote, by sections."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import partial

from docx import Document

from reporting.documents.lifecycle import Figure
from reporting.forms.models import Column, Indicator, OpenTable, Quantity
from reporting.letters.blocks import Block, Blocks, Cell, Row, Table, heading_cells
from reporting.letters.official import copy_lines, heading_context, render, template_file
from reporting.letters.text import document_date, run_on
from reporting.summary import charts
from reporting.summary.addressees import GROUPS, addressee_of
from reporting.summary.data import Office, Previous, PreviousFigure, SummaryData
from reporting.summary.edition import replacement_sentences
from reporting.summary.report_appendices import Appendix, appendices, appendix_names
from reporting.summary.sections import PARTS, Section, arranged, part_numbers, renumbered
from reporting.summary.synthesis import Statement, citable_statements
from reporting.summary.tally import LISTED_NAMES, MarkTally, NumberTally, Tally, kind_of_parts, part_of, tally
from reporting.summary.topics import topics
from reporting.wording.catalogue import catalogue, text
from reporting.wording.vietnamese import join_names, name_separator, number

TEMPLATE = "report/summary_report.docx"
_NUMBER_PLACE = re.compile(r"\{\{\s*(\w+)\.number\s*\}\}")
SYNTHESIS_NAMES, SYNTHESIS_NAMES_OF_MANY = 8, 5
STATEMENTS_PER_SECTION = 12
COUNTED_WORDS = 8
"""So many of the words that rows are counted by are named; the others are summed up."""
_OWN_WORDS = frozenset({"results", "difficulties", "causes", "proposals"})
"""Sections of which it is said in words of their own who wrote what; the others are told as results."""
_CHART_INDICATORS, _CHART_YEARS, _CHART_REGIONS = 3, 3, 2
"""From so many indicators or regions, and up to so many years, a chart says more than the sentences."""
_FEWEST_BY_TOPIC = 4
"""From so many statements on they stand under their topics."""
_FEWEST_TO_COMPARE = 5
"""From so many numbers on the greatest one is named."""


def render_report(
    data: SummaryData, sections: Sequence[Section] | None = None, tallied: Tally | None = None
) -> bytes:
    """The report as docx with its appendices; the same bytes for the same data.

    `sections` and `tallied` are those of the data, where they were made before. Raises TemplateError as
    `official.render` does.
    """
    tallied = tally(data) if tallied is None else tallied
    sections = report_sections(data, tallied) if sections is None else sections
    return render_sections(
        sections,
        heading_context(
            data.regime, mode=data.mode, year=data.report_year, is_reconstruction=False, is_report=True
        )
        | {
            "subject": data.report.subject[:1].upper() + data.report.subject[1:],
            "addressees": [data.report.addressee],
            "copies": copy_lines(data.report.copies),
            "appendix_attached": text(
                "letters.appendix.attached_report",
                ministry_symbol=data.regime.ministry.symbol,
                year=data.report_year,
                ministry=data.regime.ministry.name,
            ),
        },
        appendices(data, tallied),
    )


def render_sections(
    sections: Sequence[Section], context: Mapping[str, object], attached: Sequence[Appendix]
) -> bytes:
    """The docx of a report of these sections and appendices, by include/templates/report."""
    by_code = {section.code: section for section in _numbered_as_in_template(sections)}
    numbers = part_numbers(by_code.values())
    places: dict[str, object] = {"kind": text("report.kind")}
    for part, codes in PARTS.items():
        if codes != (part,) and part not in ("", "end"):
            places[f"part_{part}"] = {"number": numbers[part]} if part in numbers else {}
        for code in codes:
            section = by_code.get(code)
            places[code] = {
                "number": section.number if section else "",
                "heading": section.heading if section else "",
                "body": Blocks(section.blocks if section else ()),
            }
    places["closing"] = " ".join(block.text for block in by_code["closing"].blocks)
    places["appendices"] = [{"name": a.name, "title": a.title, "body": Blocks(a.blocks)} for a in attached]
    return render(TEMPLATE, {**context, **places})


def _numbered_as_in_template(sections: Sequence[Section]) -> Sequence[Section]:
    """The sections with the numbers that they have in the order of the template."""
    document = Document(io.BytesIO(template_file(TEMPLATE)))
    words = "\n".join(paragraph.text for paragraph in document.paragraphs)
    order = {code: place for place, code in enumerate(_NUMBER_PLACE.findall(words))}
    return renumbered(sorted(sections, key=lambda section: order.get(section.code, len(order))))


def report_sections(data: SummaryData, tallied: Tally | None = None) -> tuple[Section, ...]:
    """The sections of the report that say something, from its opening to its closing sentence."""
    return tuple(section for section in outline(data, tallied) if section.blocks)


def outline(data: SummaryData, tallied: Tally | None = None) -> tuple[Section, ...]:
    """Every section that the report may have, in order, also those that say nothing this time."""
    return arranged(_Writer(data, tally(data) if tallied is None else tallied).sections(), data.section_texts)


class _Writer:
    """Writes the sections of one report; holds the words that all its sentences share."""

    def __init__(self, data: SummaryData, tallied: Tally) -> None:
        self.data = data
        self.tally = tallied
        self.ministry = data.regime.ministry.name
        self.office_count = len(data.offices)
        self.noun = text(f"report.nouns.{data.words}")
        self.short_noun = text(f"report.short_nouns.{data.words}")
        gives = words_given(data)
        self.given = {key: text(f"report.{key}.{gives}") for key in ("figures", "nothing")}
        self.reporting = [o for o in data.offices if o.has_figures]
        self.missing = [o for o in data.offices if o.owes_figures]
        self.is_of_proposals = not (data.form.indicators or data.form.quantity_rows)
        self.section_codes = {s.code for s in data.form.sections}
        self._appendices = appendix_names(data, tallied)
        self._figures: list[Figure] = []
        self._section = ""

    def sections(self) -> Iterator[Section]:
        """All sections, those that say nothing without blocks."""
        for code, heading, write in (
            ("opening", "", self.opening),
            ("answers", self.heading("answers"), self.answers),
            ("contents", self.heading("contents"), self.contents),
            ("quantities", self._quantities_heading(), self.quantities),
            ("proposals_table", self._tables_heading(), self.tables),
            ("follow_up", self.heading("follow_up"), self.follow_up),
            ("highlights", self.heading("highlights"), self.highlights),
            ("changes", self.heading("changes"), self.changes),
            ("achieved", self.heading("achieved"), self.achieved),
            ("limits", self.heading("limits"), self.limits),
            ("causes", self.heading("causes"), self.causes),
            ("directions", text("report.parts.directions"), self.directions),
            ("proposals", text("report.parts.proposals"), self.proposals),
            ("closing", "", self.closing),
        ):
            self._figures, self._section = [], code
            blocks = tuple(write())
            yield Section(code, "", heading, blocks, tuple(self._figures))

    def say(self, key: str, **values: object) -> str:
        shared: dict[str, object] = {
            "ministry": self.ministry,
            "noun": self.noun,
            "short_noun": self.short_noun,
            "short_noun_caps": self.short_noun.upper(),
            "office_count": self.office_count,
            "addressee": self.data.report.addressee,
            "subject": self.data.report.subject,
            **self.given,
        }
        return text(f"report.{key}", **{**shared, **values})

    def body(self, key: str, **values: object) -> Block:
        return Block("body", self.say(key, **values))

    def lead(self, key: str, **values: object) -> Block:
        """A sentence that leads to the list behind it."""
        return Block("lead", self.say(key, **values))

    def figure(self, code: str, value: int | Decimal) -> int | Decimal:
        """Keep a figure of the section that is being written; returns it."""
        self._figures.append(Figure(code, value, self._section))
        return value

    def heading(self, code: str) -> str:
        return self.say(f"headings.{code}")

    def names(self, found: Sequence[str], *, aside: bool = True) -> str:
        """Names after a colon; a pointer to the appendix where they are too many."""
        if len(found) <= LISTED_NAMES:
            return self.say("answers.names", names=join_names(found))
        return self.say("answers.names_aside", appendix=self.appendix("offices")) if aside else ""

    def appendix(self, code: str) -> str:
        return self._appendices[code]

    # --- opening and part I

    def opening(self) -> Iterator[Block]:
        replaced = replacement_sentences(self.data.replaces, self.ministry)
        for paragraph in run_on([*replaced, *self.data.report.basis, self.say("opening")]):
            yield Block("body", paragraph)

    def answers(self) -> Iterator[Block]:
        data = self.data
        deadline = (
            self.say("answers.deadline", deadline_phrase=data.deadline_phrase) if data.deadline_phrase else ""
        )
        request = {
            "asked": text(f"report.asked.{data.words}"), "report_title": data.title, "deadline": deadline,
        }  # fmt: skip
        self.figure("office_count", self.office_count)
        if data.request_number and data.request_on:
            yield self.body(
                "answers.request", number=data.request_number, date=document_date(data.request_on), **request
            )
        else:
            yield self.body("answers.request_unnumbered", **request)
        yield from self._answered()
        yield from self._of_some_offices()
        if self.reporting and self.missing:
            yield from self._regions_chart()
        if not all(o.standing in {"missing", "waived"} and not o.has_signed_report for o in data.offices):
            yield Block("body", " ".join(self._references()))

    def _answered(self) -> Iterator[Block]:
        """How many gave figures, and who still owes them."""
        count = self.figure("answered", len(self.reporting))
        missing = [o.short_name for o in self.missing]
        if missing:
            self.figure("missing", len(missing))
        if not self.reporting:
            others = {o.standing for o in self.data.offices} - {"missing", "waived"}
            if len(self._standing("nil")) == self.office_count:
                yield self.body("answers.nil_of_all", count=self.office_count)
                return
            key = "none" if not others else "none_some_missing" if missing else "none_to_sum_up"
            yield self.body(f"answers.{key}", missing_count=len(missing), names=self.names(missing))
        elif not missing:
            yield self.body("answers.all", count=count)
        else:
            yield self.body(
                "answers.some" if len(missing) <= LISTED_NAMES else "answers.some_many",
                count=count,
                missing_count=len(missing),
                names=join_names(missing),
                appendix=self.appendix("offices"),
            )

    def _references(self) -> Iterator[str]:
        """As of which day the figures are, of how many offices the rates, and where the tables stand."""
        yield self.say(f"answers.basis.{words_given(self.data)}", cutoff=document_date(self.data.cutoff_on))
        if self.reporting and not self.is_of_proposals:
            is_for_all = not any(m.not_applicable.count for m in self.tally.marks.values())
            yield self.say("answers.rates" if is_for_all else "answers.rates_where_applicable")
        if "tracking" in self._appendices:
            yield self.say("answers.tracking", appendix=self.appendix("tracking"))
        yield self.say("answers.offices", appendix=self.appendix("offices"))

    def _of_some_offices(self) -> Iterator[Block]:
        """Signed reports, parts, nil returns, answers by the secret mail."""
        data = self.data
        signing = [o for o in data.offices if o.signed_report_state not in (None, "waived")]
        signed = [o for o in signing if o.has_signed_report]
        if signed:
            self.figure("signed", len(signed))
            yield self.body("answers.signed", count=len(signed), asked_count=len(signing))
        signed_only = [o.short_name for o in self.missing if o.has_signed_report]
        if signed_only:
            self.figure("signed_only", len(signed_only))
            yield self.body("answers.signed_only", count=len(signed_only), names=self.names(signed_only))
        partial = [o.short_name for o in data.offices if o.data_form_state == "partial"]
        for state, names in (
            ("partial", partial),
            *((s, self._standing(s)) for s in ("nil", "confidential", "signed_instead", "waived")),
        ):
            if not names:
                continue
            self.figure(state, len(names))
            if state != "nil" or len(names) < self.office_count:
                yield self.body(f"answers.{state}", count=len(names), names=self.names(names))

    def _standing(self, standing: str) -> list[str]:
        """The names of those that are counted there."""
        return [o.short_name for o in self.data.offices if o.standing == standing]

    def _regions_chart(self) -> Iterator[Block]:
        regions: dict[str, list[Office]] = {}
        for office in self.data.offices:
            regions.setdefault(part_of(self.data, office.organization_id), []).append(office)
        if "" in regions or len(regions) < _CHART_REGIONS or self.office_count <= LISTED_NAMES:
            return
        title = self.say(f"answers.chart.{kind_of_parts(self.data)}")
        reported = [sum(o.has_figures for o in offices) for offices in regions.values()]
        asked = [len(offices) for offices in regions.values()]
        yield self._chart(title, partial(charts.rate_by_region, title, list(regions), reported, asked))

    def _chart(self, title: str, draw: Callable[[], bytes]) -> Block:
        return Block("picture", title, draw=draw, width_cm=charts.WIDTH)

    def contents(self) -> Iterator[Block]:
        indicators = self.data.form.indicators
        if indicators and not self.reporting:
            yield self.body("contents.no_data")
            return
        for place, indicator in enumerate(indicators, 1):
            label = written_out(indicator.label)
            yield Block("subheading", self.say("contents.indicator", number=place, label=label))
            yield from self._indicator(indicator)
        years = self.data.form.years[-_CHART_YEARS:]
        if len(indicators) >= _CHART_INDICATORS and any(self.data.distinct.values()):
            series = [
                charts.Series(
                    self.say("contents.chart_year", year=year),
                    [self.data.totals.get((i.code, year), 0) for i in indicators],
                )
                for year in years
            ]
            title = self.say("contents.chart")
            labels = [i.short_label for i in indicators]
            draw = partial(charts.bar_by_indicator, title, labels, series, unit=self.noun)
            yield self._chart(title, draw)

    def _indicator(self, indicator: Indicator) -> Iterator[Block]:
        data = self.data
        found = self.tally.marks[indicator.code]
        claim = " ".join(indicator.claim.split())
        count = self.figure(f"distinct:{indicator.code}", data.distinct.get(indicator.code, 0))
        base = self._base(indicator)
        is_of_all = found.in_any.count + found.without.count == self.office_count
        if not count:
            answered = found.without.count
            key = "none" if is_of_all else "none_so_far" if answered else "none_known"
            yield self.body(f"contents.{key}", count=answered, claim=claim)
            yield from self._apart(indicator, found)
            return
        sentence = self.say("contents.claim", count=count, base=base, claim=claim)
        years = [(year, data.totals.get((indicator.code, year), 0)) for year in data.form.years]
        for year, n in years:
            self.figure(f"total:{indicator.code}:{year}", n)
        if len(years) == 1:
            yield self.body("contents.claim_end", claim=sentence)
        else:
            parts = []
            for year, n in years:
                key = f"contents.year{'_last' if year == years[-1][0] else ''}{'' if n else '_none'}"
                parts.append(self.say(key, year=year, count=n))
            if found.in_every:
                self.figure(f"every_year:{indicator.code}", found.in_every)
            yield self.body(
                f"contents.claim_with_years{'_both' if found.in_every else ''}",
                claim=sentence,
                years=self.say("contents.between").join(parts),
                count=found.in_every,
                year_count=len(years),
            )
        if names := found.in_any.listed:
            with_marks = [year for year, n in years if n]
            if len(with_marks) > 1:
                for year in with_marks:
                    listed = join_names(found.by_year[year].listed)
                    yield self.body("contents.names_year", year=year, names=listed)
            else:
                yield self.body("contents.names", names=join_names(names))
        without = found.without
        if 0 < without.count <= LISTED_NAMES and without.count < count:
            self.figure(f"without:{indicator.code}", without.count)
            yield self.body(
                "contents.without_all" if is_of_all else "contents.without",
                count=without.count,
                claim=claim,
                names=join_names(without.listed),
            )
        yield from self._apart(indicator, found)

    def _apart(self, indicator: Indicator, found: MarkTally) -> Iterator[Block]:
        """Those that reported and have neither yes nor no to say of an indicator."""
        for key, names in (("not_applicable", found.not_applicable), ("not_given", found.not_given)):
            if names.count:
                self.figure(f"{key}:{indicator.code}", names.count)
                listed = self.say("answers.names", names=join_names(names.listed)) if names.listed else ""
                yield self.body(f"contents.{key}", count=names.count, names=listed)

    def _base(self, indicator: Indicator) -> int:
        """Of how many offices those that have an indicator are counted: all but to whom it does not apply."""
        return self.office_count - self.tally.marks[indicator.code].not_applicable.count

    # --- numbers

    def _quantities_heading(self) -> str:
        table = self.data.form.quantities
        return table.title.upper() if table else ""

    def quantities(self) -> Iterator[Block]:
        rows = self.data.form.quantity_rows
        if not rows:
            return
        if not self.tally.numbers:
            yield self.body("quantities.no_data")
            return
        yield self.body("quantities.intro")
        parts = {code for row in rows for code in row.total_of}
        for row in rows:
            if row.code not in parts:
                yield Block("item", self._quantity(row))
        for row in rows:
            yield from self._budget_chart(row)
        yield self.body("quantities.appendix", appendix=self.appendix("data"))

    def _quantity(self, row: Quantity) -> str:
        data = self.data
        found = {year: self.tally.numbers.get((row.code, year)) for year in data.form.years}
        values = [
            self._number(row, year, one) if one else self.say("quantities.none")
            for year, one in found.items()
        ]
        if len(values) > 1:
            values = [
                self.say("quantities.year", year=year, value=value)
                for year, value in zip(found, values, strict=True)
            ]
        last = max((year for year, one in found.items() if one), default=None)
        return self.say(
            "quantities.item",
            label=row.label,
            years=self.say("quantities.between").join(values),
            parts=self._parts(row, last) if last is not None else "",
            greatest=self._greatest(row, found) if len(values) == 1 else "",
        )

    def _number(self, row: Quantity, year: int, found: NumberTally) -> str:
        key = f"{row.code}:{year}"
        count = self.figure(f"offices:{key}", found.count)
        if row.kind in {"percent", "number"}:
            assert found.least is not None  # one number was counted
            assert found.greatest is not None
            self.figure(f"least:{key}", found.least)
            self.figure(f"greatest:{key}", found.greatest)
            return self.say(
                "quantities.one_value" if found.least == found.greatest else "quantities.range",
                least=number(found.least),
                greatest=number(found.greatest),
                unit=self.say(
                    "quantities.percent_unit" if row.kind == "percent" else "quantities.other_unit",
                    unit=row.unit,
                ),
                count=count,
            )
        total = self.figure(f"sum:{key}", found.total)
        return self.say("quantities.value", total=number(total), unit=row.unit, count=count)

    def _parts(self, row: Quantity, year: int) -> str:
        whole = self.tally.numbers.get((row.code, year))
        written = []
        for code in row.total_of:
            part = self.data.form.quantity(code)
            found = self.tally.numbers.get((code, year))
            if found is None or whole is None:
                continue
            self.figure(f"sum:{code}:{year}", found.total)
            values = {"label": _lower(part.label), "total": number(found.total), "unit": part.unit}
            if whole.total and found.total:
                written.append(
                    self.say("quantities.part_share", percent=percent(found.total, whole.total), **values)
                )
            else:
                written.append(self.say("quantities.part", **values))
        if not written:
            return ""
        listed = self.say("quantities.between_parts").join(written)
        key = "quantities.parts" if len(self.data.form.years) == 1 else "quantities.parts_of_year"
        return self.say(key, parts=listed, year=year)

    def _greatest(self, row: Quantity, found: Mapping[int, NumberTally | None]) -> str:
        (year, one), *_ = found.items()
        if one is None or row.kind in {"percent", "number"} or one.count < _FEWEST_TO_COMPARE:
            return ""
        if not one.greatest or one.greatest_name is None:
            return ""
        self.figure(f"greatest:{row.code}:{year}", one.greatest)
        return self.say(
            "quantities.greatest", name=one.greatest_name, value=number(one.greatest), unit=row.unit
        )

    def _budget_chart(self, row: Quantity) -> Iterator[Block]:
        years = self.data.form.years[-_CHART_YEARS:]
        if len(row.total_of) < _CHART_REGIONS or not any(
            (one := self.tally.numbers.get((row.code, year))) and one.total for year in years
        ):
            return
        sources = [self.data.form.quantity(code) for code in row.total_of]
        series = [
            charts.Series(
                self.say("contents.chart_year", year=year),
                [self.tally.numbers.get((s.code, year), NumberTally()).total for s in sources],
            )
            for year in years
        ]
        labels = [s.short_label for s in sources]
        draw = partial(charts.budget_by_source, row.label, labels, series, unit=row.unit)
        yield self._chart(row.label, draw)

    # --- open tables

    def _tables_heading(self) -> str:
        lists = self.data.form.lists
        return lists[0].title.upper() if len(lists) == 1 else self.heading("proposals_tables")

    def tables(self) -> Iterator[Block]:
        if not self.is_of_proposals:
            yield from self._tables(is_titled=len(self.data.form.lists) > 1)

    def _tables(self, *, is_titled: bool) -> Iterator[Block]:
        for place, table in enumerate(self.data.form.lists if self._is_answered() else (), 1):
            if is_titled:
                is_alone = len(self.data.form.lists) == 1
                title = self.say("tables.title", number=place, title=table.title)
                yield Block("subheading", table.title if is_alone else title)
            yield from self._table(table)

    def _is_answered(self) -> bool:
        """Whether anybody sent words or figures."""
        return bool(self.reporting or self.tally.cited)

    def _table(self, table: OpenTable) -> Iterator[Block]:
        found = self.tally.rows[table.code]
        if not found.rows:
            yield self.body("tables.none")
            return
        self.figure(f"rows:{table.code}", found.rows)
        self.figure(f"row_offices:{table.code}", found.offices)
        is_repeated = found.tasks < found.rows
        if is_repeated:
            self.figure(f"tasks:{table.code}", found.tasks)
        key = "tables.summary_repeated" if is_repeated else "tables.summary"
        yield self.body(key, count=found.offices, rows=found.rows, tasks=found.tasks)
        columns = {c.code: c for c in table.columns}
        for code, counts in found.by_column.items():
            column = columns[code]
            is_choice = column.kind == "choice"
            listed = [(w, n) for w, n in counts.items() if n] if is_choice else counts.most_common()
            shown = listed if is_choice else listed[:COUNTED_WORDS]
            if not shown:
                continue
            parts = []
            for words, n in shown:
                self.figure(f"rows:{table.code}:{code}:{words}", n)
                parts.append(self.say("tables.count", words=words, count=n))
            if rest := sum(n for _, n in listed[len(shown) :]):
                parts.append(self.say("tables.other", count=rest))
            yield self.body(
                "tables.by_times" if is_repeated else "tables.by_choice",
                column=_lower(column.label),
                counts=self.say("tables.between").join(parts),
            )
        for code, sums in found.sums.items():
            yield from self._task_sum(table, columns[code], sums, found.unlike[code], is_repeated=is_repeated)
        yield self.body("tables.appendix", appendix=self.appendix(f"list:{table.code}"))

    def _task_sum(
        self, table: OpenTable, column: Column, sums: NumberTally, unlike: int, *, is_repeated: bool
    ) -> Iterator[Block]:
        """What the tasks come to, each once; of one with several figures only that it has them."""
        values: dict[str, object] = {
            "column": column.label, "count": sums.count, "total": number(sums.total),
            "unit": column.unit or "", "unlike": unlike,
        }  # fmt: skip
        if sums.total:
            self.figure(f"{'task_sum' if is_repeated else 'row_sum'}:{table.code}:{column.code}", sums.total)
            yield self.body("tables.sum_of_tasks" if is_repeated else "tables.sum", **values)
        if unlike:
            self.figure(f"unlike:{table.code}:{column.code}", unlike)
            yield self.body("tables.unlike", **values)

    # --- words of offices, and the last period

    def follow_up(self) -> Iterator[Block]:
        """What offices say about directions of the Government that their form asks about."""
        asked = [s for s in self.data.form.sections if s.follow_up is not None]
        for place, section in enumerate(asked if self.reporting else [], 1):
            direction = section.follow_up
            assert direction is not None  # it was chosen for that
            count = self.figure(f"wrote:{section.code}", self.tally.cited.get(section.code, 0))
            yield Block(
                "subheading",
                self.say(
                    "follow_up.direction",
                    place=place,
                    number=direction.number,
                    date=document_date(direction.signed_on),
                    issuer=direction.issuer,
                    wording=direction.wording.rstrip(" .;"),
                ),
            )
            if not count:
                yield self.body("follow_up.none")
                continue
            yield self.body("follow_up.reported", count=count)
            yield from self._synthesis(section.code)

    def highlights(self) -> Iterator[Block]:
        if self.data.form.indicators or self.data.form.quantity_rows:
            yield from self._synthesis("results")

    def changes(self) -> Iterator[Block]:
        previous = self.data.previous
        rows = self._changes() if previous is not None and self.reporting else []
        if previous is None or not rows:
            return
        self.figure("previous:answered", previous.answered_count)
        yield self.body(
            "changes.intro",
            period_from=document_date(previous.period_from),
            period_to=document_date(previous.period_to),
            previous_count=previous.answered_count,
            previous_office_count=previous.office_count,
            count=len(self.reporting),
        )
        columns = ("position", "label", "unit", "before", "after", "change")
        headings = heading_cells(self.say(f"changes.columns.{column}") for column in columns)
        yield Block("table", table=Table((1.1, 6.6, 2.6, 2.1, 2.1, 2.0), (headings, *rows), size=12))
        if previous.answered_count != len(self.reporting):
            yield self.body("changes.note")
        yield from self._changes_chart(previous)

    def _changes_chart(self, previous: Previous) -> Iterator[Block]:
        before = {f.indicator: f.office_count for f in previous.figures if f.year is None}
        known = [i for i in self.data.form.indicators if i.code in before]
        if len(known) < _CHART_INDICATORS:
            return
        title = self.say("changes.chart")
        draw = partial(
            charts.change_by_indicator,
            title,
            [i.short_label for i in known],
            charts.Series(self.say("changes.columns.before"), [before[i.code] for i in known]),
            charts.Series(
                self.say("changes.columns.after"), [self.data.distinct.get(i.code, 0) for i in known]
            ),
            unit=self.noun,
        )
        yield self._chart(title, draw)

    def _changes(self) -> list[Row]:
        assert self.data.previous is not None  # the caller looked
        before = {(f.indicator, f.year): f for f in self.data.previous.figures}
        rows: list[Row] = []
        for indicator in self.data.form.indicators:
            known = before.get((indicator.code, None))
            if known is not None:
                after = self.data.distinct.get(indicator.code, 0)
                code = f"distinct:{indicator.code}"
                rows.append(
                    self._change(
                        len(rows) + 1, indicator.short_label, self.noun, code, known.office_count, after
                    )
                )
        year = self.data.form.years[-1]
        for quantity in self.data.form.quantity_rows:
            earlier: PreviousFigure | None = before.get((quantity.code, year))
            now = self.tally.numbers.get((quantity.code, year))
            if quantity.kind in {"percent", "number"} or earlier is None or not earlier.office_count:
                continue
            total = earlier.total or Decimal(0)
            code = f"sum:{quantity.code}:{year}"
            after_total = None if now is None else now.total
            rows.append(
                self._change(len(rows) + 1, quantity.short_label, quantity.unit, code, total, after_total)
            )
        return rows

    def _change(
        self,
        place: int,
        label: str,
        unit: str,
        code: str,
        before: int | Decimal,
        after: int | Decimal | None,
    ) -> Row:
        self.figure(f"previous:{code}", before)
        written = change = self.say("changes.no_value")
        if after is not None:
            self.figure(code, after)
            written = number(after)
            difference = Decimal(after) - Decimal(before)
            key = "increase" if difference > 0 else "decrease"
            change = self.say(f"changes.{key}", number=number(abs(difference))) if difference else number(0)
        return (
            Cell(str(place), align="center"),
            Cell(label),
            Cell(unit, align="center"),
            Cell(number(before), align="right"),
            Cell(written, align="right"),
            Cell(change, align="right"),
        )

    # --- parts II to IV

    def achieved(self) -> Iterator[Block]:
        if not self.reporting:
            return
        if not self.data.form.indicators:
            if self.data.form.quantity_rows:
                return
            found = self._synthesis("results")
            yield self.lead("achieved.reported") if found else self.body("achieved.nothing")
            yield from found
            return
        common, _ = self._claims()
        between = self.say("between_claims")
        yield (
            self.body("achieved.intro", claims=between.join(common)) if common else self.body("achieved.none")
        )

    def limits(self) -> Iterator[Block]:
        if not self.reporting:
            return
        if self.data.form.indicators:
            _, rare = self._claims()
            between = self.say("between_claims")
            yield self.body("limits.intro", claims=between.join(rare)) if rare else self.body("limits.none")
        if self.missing:
            yield self.body("limits.answers", count=len(self.missing))
        difficulties = self._synthesis("difficulties")
        if difficulties:
            yield self.lead("difficulties.intro")
            yield from difficulties
        elif not self.data.form.indicators:
            yield self.body("limits.nothing")

    def _claims(self) -> tuple[list[str], list[str]]:
        """What at least half of the offices have, and what fewer have."""
        common: list[str] = []
        rare: list[str] = []
        for indicator in self.data.form.indicators:
            count, base = self.data.distinct.get(indicator.code, 0), self._base(indicator)
            if not base:
                continue
            is_common = 2 * count >= base
            self.figure(f"distinct:{indicator.code}", count)
            claim = self.say("claim", count=count, base=base, claim=" ".join(indicator.claim.split()))
            (common if is_common else rare).append(claim)
        return common, rare

    def causes(self) -> Iterator[Block]:
        if self.reporting and "causes" in self.section_codes:
            yield from self._synthesis("causes") or [self.body("causes.none")]

    def directions(self) -> Iterator[Block]:
        """The tasks to come: those that offices propose, where the form is for that, and the regime's."""
        items = self.data.report.directions
        tables = list(self._tables(is_titled=True)) if self.is_of_proposals else []
        yield from tables
        if items:
            yield self.lead("directions.intro")
        elif not tables:
            yield self.body("directions.none")
        for place, item in enumerate(items, 1):
            yield self.body("directions.item", number=place, text=item)

    def proposals(self) -> Iterator[Block]:
        """What offices ask for, by whom they ask: the ministry's own part is not passed on as a request."""
        if not self._is_answered():
            yield self.body("proposals.nobody")
            return
        found, rest = self._statements("proposals")
        if not found:
            yield self.body("proposals.none")
            return
        regime = self.data.regime
        groups: dict[str, list[Statement]] = {group: [] for group in GROUPS}
        for statement in found:
            group = addressee_of(statement.text, ministry=self.ministry, unit=regime.unit.name)
            groups[group].append(statement)
        yield self.lead("proposals.intro")
        if len(groups["nobody_named"]) == len(found):
            yield from self._by_topic("proposals", found)
        else:
            named = [(group, listed) for group, listed in groups.items() if listed]
            for place, (group, listed) in enumerate(named, 1):
                yield Block("subheading", self.say(f"proposals.{group}", number=place))
                yield from self._items("proposals", listed)
        yield from rest

    def closing(self) -> Iterator[Block]:
        yield self.body("closing")

    def _synthesis(self, section: str) -> list[Block]:
        """What offices wrote in a section, by topic, the statements of most offices first; [] when nobody
        whose words may be used wrote anything.
        """
        shown, rest = self._statements(section)
        return [*self._by_topic(section, shown), *rest]

    def _statements(self, section: str) -> tuple[list[Statement], list[Block]]:
        """The statements of a section that are shown, and what is said of the others."""
        found = citable_statements(self.data, section)
        shown, rest = found[:STATEMENTS_PER_SECTION], found[STATEMENTS_PER_SECTION:]
        if not rest:
            return shown, []
        offices = {o for s in rest for o in s.organization_ids}
        place = self._appendices.get(section) or self.say("synthesis.rest_place")
        return shown, [self.body("synthesis.rest", count=len(rest), office_count=len(offices), place=place)]

    def _by_topic(self, section: str, shown: Sequence[Statement]) -> Iterator[Block]:
        by_topic = {topic.label: [s for s in shown if s.topic == topic.code] for topic in topics()}
        if sum(map(bool, by_topic.values())) <= 1 or len(shown) < _FEWEST_BY_TOPIC:
            yield from self._items(section, shown)
            return
        for label, of_topic in by_topic.items():
            if of_topic:
                is_rest = label == topics()[-1].label
                key = "synthesis.rest_topic" if is_rest else "synthesis.topic"
                yield self.lead(key, topic=label if is_rest else _lower(label))
                yield from self._items(section, of_topic)

    def _items(self, section: str, shown: Sequence[Statement]) -> Iterator[Block]:
        for statement in shown:
            sentence = self._statement(section, statement)
            yield Block("item", self.say("synthesis.item", sentence=sentence))

    def _statement(self, section: str, statement: Statement) -> str:
        names = self.data.names(statement.organization_ids)
        values: dict[str, object] = {"text": statement.text, "count": len(names)}
        section = section if section in _OWN_WORDS else "results"
        if len(names) <= 1:
            return self.say(f"synthesis.one.{section}", names="".join(names), **values)
        if len(names) <= SYNTHESIS_NAMES:
            return self.say(f"synthesis.few.{section}", names=join_names(names), **values)
        listed = names[:SYNTHESIS_NAMES_OF_MANY]
        return self.say(
            f"synthesis.many.{section}",
            names=name_separator(listed).join(listed),
            rest_count=len(names) - len(listed),
            **values,
        )


def words_given(data: SummaryData) -> str:
    """What offices give by the cycle's form: figures, or words alone."""
    return "figures" if data.form.indicators or data.form.quantity_rows else "words"


def percent(part: Decimal, whole: Decimal) -> str:
    """The share in percent with one decimal, as written: "62,5"."""
    share = (100 * part / whole).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return number(share.normalize() if share % 1 == 0 else share)


def written_out(label: str) -> str:
    """`label` with the form's abbreviations written out, as a report to the Government has them."""
    prefix = "report.abbreviation."
    for key, full in catalogue().items():
        if key.startswith(prefix):
            label = label.replace(key.removeprefix(prefix), full)
    return label


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]
