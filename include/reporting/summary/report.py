"""The summary report to the Government: computed sentences, and what offices wrote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reporting.forms.models import Indicator
from reporting.letters.cycle import tracking_table
from reporting.letters.official import copy_lines, heading_context, printable, render
from reporting.letters.text import document_date, run_on
from reporting.summary.data import SummaryData
from reporting.summary.synthesis import Statement, statements
from reporting.wording.catalogue import catalogue, text
from reporting.wording.vietnamese import join_names

LISTED_NAMES = 12
"""Up to so many offices a list of names stands in the text; longer ones are left to the appendix."""
SYNTHESIS_NAMES, SYNTHESIS_NAMES_OF_MANY = 8, 5
STATEMENTS_PER_SECTION = 12


@dataclass(frozen=True)
class Block:
    """A paragraph of the report; `kind` (part, part_title, heading, subheading, body) is its Word style."""

    kind: str
    text: str


def render_report(data: SummaryData) -> bytes:
    """The report as docx with the tracking table as its appendix; the same bytes for the same data."""
    regime = data.regime
    context = heading_context(
        regime,
        mode=data.mode,
        year=data.report_year,
        is_reconstruction=False,
        is_report=True,
    )
    context |= {
        "kind": text("report.kind"),
        "subject": data.report.subject[:1].upper() + data.report.subject[1:],
        "addressees": [data.report.addressee],
        "blocks": [{"kind": b.kind, "text": b.text} for b in report_blocks(data)],
        "copies": copy_lines(data.report.copies),
        "appendix_name": text("report.appendix_name"),
        "appendix_title": data.form.title.upper(),
        "appendix_attached": text(
            "letters.appendix.attached_report",
            ministry_symbol=regime.ministry.symbol,
            year=data.report_year,
            ministry=regime.ministry.name,
        ),
    }
    return render(
        "report/summary_report.docx",
        context,
        tracking_table(
            data.form,
            data.words,
            [(o.organization_id, o.short_name) for o in data.offices],
            {(m.organization_id, m.indicator, m.year): bool(m.is_marked) for m in data.marks},
            data.totals,
        ),
    )


def report_blocks(data: SummaryData) -> list[Block]:
    """The report's paragraphs from its opening to its closing sentence, in order."""
    writer = _Writer(data)
    return [
        *writer.opening(),
        *writer.results(),
        *writer.assessment(),
        *writer.directions(),
        *writer.proposals(),
    ]


class _Writer:
    """Writes the parts of one report; holds the words that all its sentences share."""

    def __init__(self, data: SummaryData) -> None:
        self.data = data
        self.ministry = data.regime.ministry.name
        self.office_count = len(data.offices)
        self.noun = text(f"report.nouns.{data.words}")
        self.short_noun = text(f"report.short_nouns.{data.words}")
        self.reporting = {o.organization_id for o in data.offices if o.has_figures}
        self.missing = [o for o in data.offices if o.owes_figures]

    def say(self, key: str, **values: object) -> str:
        shared: dict[str, object] = {
            "ministry": self.ministry,
            "noun": self.noun,
            "short_noun": self.short_noun,
            "short_noun_caps": self.short_noun.upper(),
            "office_count": self.office_count,
            "addressee": self.data.report.addressee,
            "subject": self.data.report.subject,
        }
        return text(f"report.{key}", **{**shared, **values})

    def body(self, key: str, **values: object) -> Block:
        return Block("body", self.say(key, **values))

    def part(self, name: str) -> Iterator[Block]:
        yield Block("part", self.say(f"parts.{name}.number"))
        yield Block("part_title", self.say(f"parts.{name}.title"))

    # --- opening and part I

    def opening(self) -> Iterator[Block]:
        for paragraph in run_on([*self.data.report.basis, self.say("opening")]):
            yield Block("body", paragraph)

    def results(self) -> Iterator[Block]:
        yield from self.part("results")
        yield from self._answers()
        yield Block("heading", self.say("contents.heading"))
        if not self.reporting:
            yield self.body("contents.no_data")
        for number, indicator in enumerate(self.data.form.indicators if self.reporting else (), 1):
            yield Block(
                "subheading",
                self.say("contents.indicator", number=number, label=written_out(indicator.label)),
            )
            yield from self._indicator(indicator)
        highlights = self._section("results")
        if highlights:
            yield Block("heading", self.say("highlights.heading"))
            yield from highlights

    def _answers(self) -> Iterator[Block]:
        data = self.data
        yield Block("heading", self.say("answers.heading"))
        asked = text(f"report.asked.{data.words}")
        request = {"asked": asked, "report_title": data.title, "deadline_phrase": data.deadline_phrase}
        if data.request_number and data.request_on:
            yield self.body(
                "answers.request", number=data.request_number, date=document_date(data.request_on), **request
            )
        else:
            yield self.body("answers.request_unnumbered", **request)
        if not self.reporting:
            yield self.body("answers.none")
        elif not self.missing:
            yield self.body("answers.all", count=len(self.reporting))
        else:
            yield self.body(
                "answers.some",
                count=len(self.reporting),
                missing_count=len(self.missing),
                names=join_names([o.short_name for o in self.missing]),
            )
        signed_only = [o.short_name for o in self.missing if o.has_signed_report]
        if signed_only:
            yield self.body("answers.signed_only", count=len(signed_only), names=join_names(signed_only))
        for state in ("partial", "nil", "confidential"):
            names = [o.short_name for o in data.offices if o.data_form_state == state]
            if names:
                yield self.body(f"answers.{state}", count=len(names), names=join_names(names))
        if self.reporting:
            yield self.body("answers.basis", cutoff=document_date(data.cutoff_on))

    def _indicator(self, indicator: Indicator) -> Iterator[Block]:
        data = self.data
        claim = " ".join(indicator.claim.split())
        count = data.distinct.get(indicator.code, 0)
        if not count:
            key = "contents.none_so_far" if self.missing else "contents.none"
            yield self.body(key, count=len(self.reporting), claim=claim)
            return
        sentence = self.say("contents.claim", count=count, claim=claim)
        years = [(year, data.totals.get((indicator.code, year), 0)) for year in data.form.years]
        with_marks = [year for year, n in years if n]
        if len(data.form.years) == 1:
            yield self.body("contents.claim_end", claim=sentence)
        else:
            last = years[-1][0]
            parts = []
            for year, n in years:
                key = f"contents.year{'_last' if year == last else ''}{'' if n else '_none'}"
                parts.append(self.say(key, year=year, count=n))
            every_year = set.intersection(*(data.marked_offices(indicator.code, y) for y in data.form.years))
            yield self.body(
                f"contents.claim_with_years{'_both' if every_year else ''}",
                claim=sentence,
                years=self.say("contents.between").join(parts),
                count=len(every_year),
                year_count=len(years),
            )
        if count <= LISTED_NAMES:
            if len(with_marks) > 1:
                for year in with_marks:
                    names = data.names(data.marked_offices(indicator.code, year))
                    yield self.body("contents.names_year", year=year, names=join_names(names))
            else:
                names = data.names(data.marked_offices(indicator.code))
                yield self.body("contents.names", names=join_names(names))
        without = self.reporting - data.marked_offices(indicator.code)
        if 0 < len(without) <= LISTED_NAMES and len(without) < count:
            yield self.body(
                "contents.without" if self.missing else "contents.without_all",
                count=len(without),
                claim=claim,
                names=join_names(data.names(without)),
            )

    # --- parts II to IV

    def assessment(self) -> Iterator[Block]:
        yield from self.part("assessment")
        if not self.reporting:
            yield self.body("no_data")
            return
        common: list[str] = []
        rare: list[str] = []
        for indicator in self.data.form.indicators:
            count = self.data.distinct.get(indicator.code, 0)
            claim = self.say("claim", count=count, claim=" ".join(indicator.claim.split()))
            (common if 2 * count >= self.office_count else rare).append(claim)
        between = self.say("between_claims")
        yield Block("heading", self.say("achieved.heading"))
        yield (
            self.body("achieved.intro", claims=between.join(common)) if common else self.body("achieved.none")
        )
        yield Block("heading", self.say("limits.heading"))
        yield self.body("limits.intro", claims=between.join(rare)) if rare else self.body("limits.none")
        if self.missing:
            yield self.body("limits.answers", count=len(self.missing))
        difficulties = self._section("difficulties")
        if difficulties:
            yield self.body("difficulties.intro")
            yield from difficulties
        yield Block("heading", self.say("causes.heading"))
        yield from self._section("causes") or [self.body("causes.none")]

    def directions(self) -> Iterator[Block]:
        yield from self.part("directions")
        items = list(self.data.report.directions)
        if self.missing:
            items.append(
                self.say(
                    "directions.missing",
                    count=len(self.missing),
                    names=join_names([o.short_name for o in self.missing]),
                )
            )
        if not items:
            yield self.body("directions.none")
            return
        yield self.body("directions.intro")
        for number, item in enumerate(items, 1):
            yield self.body("directions.item", number=number, text=item)

    def proposals(self) -> Iterator[Block]:
        yield from self.part("proposals")
        proposals = self._section("proposals")
        if proposals:
            yield self.body("proposals.intro")
            yield from proposals
        else:
            yield self.body("proposals.none")
        yield self.body("closing")

    def _section(self, section: str) -> list[Block]:
        """What offices wrote in a section, the statements of most offices first; [] when nobody wrote."""
        found = statements(n for n in self.data.narratives if n.section == section)
        shown, rest = found[:STATEMENTS_PER_SECTION], found[STATEMENTS_PER_SECTION:]
        blocks = [self.body("synthesis.item", sentence=self._statement(section, s)) for s in shown]
        if rest:
            offices = {o for s in rest for o in s.organization_ids}
            blocks.append(self.body("synthesis.rest", count=len(rest), office_count=len(offices)))
        return blocks

    def _statement(self, section: str, statement: Statement) -> str:
        names = self.data.names(statement.organization_ids)
        values: dict[str, object] = {"text": printable(statement.text), "count": len(names)}
        if len(names) <= 1:
            return self.say(f"synthesis.one.{section}", names="".join(names), **values)
        if len(names) <= SYNTHESIS_NAMES:
            return self.say(f"synthesis.few.{section}", names=join_names(names), **values)
        listed = names[:SYNTHESIS_NAMES_OF_MANY]
        return self.say(
            f"synthesis.many.{section}",
            names=", ".join(listed),
            rest_count=len(names) - len(listed),
            **values,
        )


def written_out(label: str) -> str:
    """`label` with the form's abbreviations written out, as a report to the Government has them."""
    prefix = "report.abbreviation."
    for key, full in catalogue().items():
        if key.startswith(prefix):
            label = label.replace(key.removeprefix(prefix), full)
    return label
