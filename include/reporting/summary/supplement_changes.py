"""What came after a report: two snapshots of a cycle set side by side, office by office."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import zip_longest

from reporting.summary.data import ListRow, Mark, Narrative, Number, Office, SignedReport, SummaryData
from reporting.summary.synthesis import Statement, province_names, statements
from reporting.summary.tally import tally
from reporting.summary.walking import by_office

NO_FIGURES = "none"
"""State of a mark or number of an office whose figures did not count."""

_SETTLED_OTHERWISE = ("nil", "confidential", "waived")


@dataclass(frozen=True)
class Said:
    """What an office said of a mark or quantity: a state of core.fact, or `none`; `value` of state value; the
    document that it names for it, and its note.
    """

    state: str
    value: Decimal | None = None
    document_number: str | None = None
    document_on: date | None = None
    note: str | None = None

    @property
    def evidence(self) -> tuple[str | None, date | None, str | None]:
        """What it names beside the mark or number."""
        return self.document_number, self.document_on, self.note


@dataclass(frozen=True)
class ChangedRow:
    """A mark or quantity of an office in a year that is otherwise now."""

    office: Office
    indicator: str
    year: int
    former: Said
    now: Said


@dataclass(frozen=True)
class ChangedListRow:
    """A row of an open table that is otherwise now: new (`former` is None), withdrawn (`now` is None), or
    changed.
    """

    office: Office
    list: str
    former: ListRow | None
    now: ListRow | None

    @property
    def change(self) -> str:
        """new, withdrawn or changed."""
        return "new" if self.former is None else "withdrawn" if self.now is None else "changed"


@dataclass(frozen=True)
class OfficeNews:
    """What is new of an office. `figures`: first, changed or withdrawn; nil, confidential or waived where it
    answered so instead; words: only what it wrote in sections; None: nothing of these. `signed`: its signed
    reports registered since.
    """

    office: Office
    figures: str | None
    signed: tuple[SignedReport, ...]


@dataclass(frozen=True)
class ChangedFigure:
    """A figure summed up over all offices: how many have a mark (in a year; in any: year None), or the sum of
    a quantity.
    """

    indicator: str
    year: int | None
    former: Decimal
    now: Decimal


def office_news(former: SummaryData, now: SummaryData) -> list[OfficeNews]:
    """The offices of which something is new, in the order of the list."""
    before = {o.organization_id: o for o in former.offices}
    revised = {row.office.organization_id for row in changed_rows(former, now)}
    revised |= {row.office.organization_id for row in changed_list_rows(former, now)}
    rewritten = _rewritten(former, now)
    found = []
    signed_now = by_office(now.offices, now.signed_reports)
    signed_before = by_office(now.offices, former.signed_reports)
    for (office, signed), (_, known) in zip(signed_now, signed_before, strict=True):
        numbers = {report.registered_number for report in known}
        new_signed = tuple(r for r in signed if r.registered_number not in numbers)
        o = office.organization_id
        figures = _figures(before.get(o), office, is_revised=o in revised)
        if figures is None and o in rewritten:
            figures = "words"
        if figures or new_signed:
            found.append(OfficeNews(office, figures, new_signed))
    return found


def changed_rows(former: SummaryData, now: SummaryData) -> Iterator[ChangedRow]:
    """Every mark and number that is otherwise now, office by office; only one office's are held at a time."""
    walk = zip(
        by_office(now.offices, former.marks),
        by_office(now.offices, now.marks),
        by_office(now.offices, former.numbers),
        by_office(now.offices, now.numbers),
        strict=True,
    )
    codes = [i.code for i in now.form.indicators] + [q.code for q in now.form.quantity_rows]
    places = {code: place for place, code in enumerate(codes)}

    def order(key: tuple[str, int]) -> tuple[int, int]:
        return places.get(key[0], len(places)), key[1]

    for (office, marks_before), (_, marks), (_, numbers_before), (_, numbers) in walk:
        then = _said(marks_before, numbers_before)
        today = _said(marks, numbers)
        for indicator, year in sorted({*then, *today}, key=order):
            was = then.get((indicator, year), Said(NO_FIGURES))
            is_now = today.get((indicator, year), Said(NO_FIGURES))
            if was != is_now:
                yield ChangedRow(office, indicator, year, was, is_now)


def changed_list_rows(former: SummaryData, now: SummaryData) -> Iterator[ChangedListRow]:
    """Every row of an open table that is new, changed or withdrawn, office by office and table by table.

    Of rows that say the same, none is told, wherever they stand now; the others are set side by side in their
    order.
    """
    walk = zip(by_office(now.offices, former.list_rows), by_office(now.offices, now.list_rows), strict=True)
    for (office, before), (_, today) in walk:
        for table in now.form.lists:
            then = [row for row in before if row.list == table.code]
            rows = []
            for row in (row for row in today if row.list == table.code):
                same = next((old for old in then if old.content == row.content), None)
                if same is None:
                    rows.append(row)
                else:
                    then.remove(same)
            for was, is_now in zip_longest(then, rows):
                yield ChangedListRow(office, table.code, was, is_now)


def changed_figures(former: SummaryData, now: SummaryData) -> list[ChangedFigure]:
    """The sums that are otherwise now, in the order of the form."""
    found: list[ChangedFigure] = []

    def compare(indicator: str, year: int | None, then: Decimal | int, today: Decimal | int) -> None:
        if then != today:
            found.append(ChangedFigure(indicator, year, Decimal(then), Decimal(today)))

    for indicator in now.form.indicators:
        code = indicator.code
        for year in now.form.years:
            compare(code, year, former.totals.get((code, year), 0), now.totals.get((code, year), 0))
        if len(now.form.years) > 1:
            compare(code, None, former.distinct.get(code, 0), now.distinct.get(code, 0))
    if now.form.quantities is not None:
        sums_before, sums = tally(former).numbers, tally(now).numbers
        for row in now.form.quantities.rows:
            for year in now.form.years:
                key = (row.code, year)
                then = sums_before[key].total if key in sums_before else Decimal(0)
                today = sums[key].total if key in sums else Decimal(0)
                compare(row.code, year, then, today)
    return found


def new_statements(former: SummaryData, now: SummaryData) -> dict[str, list[Statement]]:
    """By section of the form, what offices that wrote anew say and did not say before, each statement with
    those alone that say it newly; only words that the report may use.
    """
    new: dict[str, list[Narrative]] = {section.code: [] for section in now.form.sections}
    old: dict[str, list[Narrative]] = {section.code: [] for section in now.form.sections}
    walk = zip(by_office(now.offices, former.narratives), by_office(now.offices, now.narratives), strict=True)
    for (_, before), (_, today) in walk:
        known = {n.section: n for n in before if n.is_citable}
        for narrative in today:
            if not narrative.is_citable or narrative.section not in new:
                continue
            was = known.get(narrative.section)
            if was is not None and was.body == narrative.body:
                continue
            new[narrative.section].append(narrative)
            if was is not None:
                old[narrative.section].append(was)
    ministry = now.regime.ministry.name
    provinces = province_names(now)
    found = {}
    for section, wrote in new.items():
        said = {
            (organization_id, statement.text)
            for statement in statements(old[section], ministry=ministry, provinces=provinces)
            for organization_id in statement.organization_ids
        }
        fresh = []
        for statement in statements(wrote, ministry=ministry, provinces=provinces):
            anew = tuple(o for o in statement.organization_ids if (o, statement.text) not in said)
            if anew:
                fresh.append(replace(statement, organization_ids=anew))
        if fresh:
            found[section] = fresh
    return found


def _rewritten(former: SummaryData, now: SummaryData) -> set[str]:
    """The offices whose words that the report may use are otherwise now."""
    walk = zip(by_office(now.offices, former.narratives), by_office(now.offices, now.narratives), strict=True)
    return {
        office.organization_id
        for (office, before), (_, today) in walk
        if {(n.section, n.body) for n in before if n.is_citable}
        != {(n.section, n.body) for n in today if n.is_citable}
    }


def _figures(was: Office | None, office: Office, *, is_revised: bool) -> str | None:
    had = was is not None and was.has_figures
    if office.has_figures:
        return ("changed" if is_revised else None) if had else "first"
    if office.data_form_state in _SETTLED_OTHERWISE:
        is_new = was is None or was.data_form_state != office.data_form_state
        return office.data_form_state if is_new else None
    return "withdrawn" if had else None


def _said(marks: Iterable[Mark], numbers: Iterable[Number]) -> dict[tuple[str, int], Said]:
    found = {
        (m.indicator, m.year): Said(
            m.state or ("yes" if m.is_marked else "no"), None, m.document_number, m.document_on, m.note
        )
        for m in marks
        if m.is_marked is not None
    }
    found |= {(n.indicator, n.year): Said(n.state, n.value, note=n.note) for n in numbers}
    return found
