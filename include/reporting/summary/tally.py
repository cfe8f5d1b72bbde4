"""The figures of a report, counted in one walk through the marks, one through the numbers and one through the
rows of open tables.

What is kept does not grow with the number of offices: counts, sums, the first names of each list, as many as
a sentence may hold, and the names of different tasks.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal

from reporting.forms.models import OpenTable
from reporting.summary.data import ListRow, SummaryData
from reporting.summary.topics import spelt
from reporting.summary.walking import by_office

LISTED_NAMES = 12
"""Up to so many offices a list of names stands in the text; longer ones are left to the appendix."""

_WORDS = re.compile(r"\w+")


class Names:
    """How many offices there are, and the first of their names."""

    __slots__ = ("_first", "count")

    def __init__(self) -> None:
        self.count = 0
        self._first: list[str] = []

    def add(self, name: str) -> None:
        """Count one more office."""
        self.count += 1
        if len(self._first) <= LISTED_NAMES:
            self._first.append(name)

    @property
    def listed(self) -> list[str]:
        """Their names, where they are few enough to be listed in a sentence; else none."""
        return self._first if self.count <= LISTED_NAMES else []


@dataclass
class MarkTally:
    """One indicator: who has it in a year, in any, in every one. Of the others that reported: who says that
    it has it not, to whom it does not apply, and who says nothing of it.
    """

    by_year: dict[int, Names] = field(default_factory=lambda: defaultdict(Names))
    in_any: Names = field(default_factory=Names)
    in_every: int = 0
    without: Names = field(default_factory=Names)
    not_applicable: Names = field(default_factory=Names)
    not_given: Names = field(default_factory=Names)


@dataclass
class NumberTally:
    """One quantity in one year: offices that gave a number, their sum, the least and the greatest number, and
    who gave the greatest (None when several did).
    """

    count: int = 0
    total: Decimal = Decimal(0)
    least: Decimal | None = None
    greatest: Decimal | None = None
    greatest_name: str | None = None

    def add(self, value: Decimal, name: str) -> None:
        """Count one more number."""
        self.count += 1
        self.total += value
        if self.least is None or value < self.least:
            self.least = value
        if self.greatest is None or value > self.greatest:
            self.greatest, self.greatest_name = value, name
        elif value == self.greatest:
            self.greatest_name = None


@dataclass
class RowTally:
    """One open table: its rows, from how many offices, and how many different tasks, by name, they are; by
    choice and by the words of counted columns; sums of columns of money and counts over the tasks that have
    one figure, each task once, and how many tasks have several (`unlike`), which no sum can hold.
    """

    rows: int = 0
    offices: int = 0
    tasks: int = 0
    by_column: dict[str, Counter[str]] = field(default_factory=dict)
    sums: dict[str, NumberTally] = field(default_factory=dict)
    unlike: dict[str, int] = field(default_factory=dict)


@dataclass
class Tally:
    """All that the sentences of a report count beside what the marts have counted."""

    marks: dict[str, MarkTally]
    numbers: dict[tuple[str, int], NumberTally]
    rows: dict[str, RowTally]
    marks_by_part: dict[tuple[str, str, int], int]
    numbers_by_part: dict[tuple[str, str, int], NumberTally]
    cited: dict[str, int]
    not_cited: dict[str, int]


def tally(data: SummaryData) -> Tally:
    """Count the data of a report. `…_by_part` are keyed by (part, indicator, year), a part being the office's
    region, or its part of the list where it lies in none. `cited` and `not_cited` count, by section, offices
    whose words may be used and whose may not. "Không phát sinh" counts as a number, nil,
    but not where an office says it of the whole period.
    """
    parts = {o.organization_id: part_of(data, o.organization_id) for o in data.offices}
    reporting = {o.organization_id for o in data.offices if o.has_figures}
    marks, marks_by_part = _marks(data, parts, reporting)
    numbers: dict[tuple[str, int], NumberTally] = defaultdict(NumberTally)
    numbers_by_part: dict[tuple[str, str, int], NumberTally] = defaultdict(NumberTally)
    for number in data.numbers:
        value = Decimal(0) if number.state == "nil" else number.value
        if value is None or number.organization_id not in reporting:
            continue
        name = data.short_name(number.organization_id)
        numbers[number.indicator, number.year].add(value, name)
        part = parts.get(number.organization_id, "")
        numbers_by_part[part, number.indicator, number.year].add(value, name)
    wrote = Counter((n.section, n.is_citable) for n in data.narratives)
    return Tally(
        marks=marks,
        numbers=dict(numbers),
        rows={table.code: _rows(data.list_rows, table) for table in data.form.lists},
        marks_by_part=dict(marks_by_part),
        numbers_by_part=dict(numbers_by_part),
        cited={section: n for (section, is_citable), n in wrote.items() if is_citable},
        not_cited={section: n for (section, is_citable), n in wrote.items() if not is_citable},
    )


def part_of(data: SummaryData, organization_id: str) -> str:
    """The region of an office; its part of the list where it lies in none."""
    office = data.by_id[organization_id]
    return office.region or data.groups.get(office.group_code, "")


def kind_of_parts(data: SummaryData) -> str:
    """What the parts of a report are: region, group (part of the list of offices), or mixed."""
    located = sum(1 for office in data.offices if office.region)
    return "group" if not located else "region" if located == len(data.offices) else "mixed"


def _marks(
    data: SummaryData, parts: dict[str, str], reporting: set[str]
) -> tuple[dict[str, MarkTally], Counter[tuple[str, str, int]]]:
    found = {i.code: MarkTally() for i in data.form.indicators}
    by_part: Counter[tuple[str, str, int]] = Counter()
    years = set(data.form.years)
    for office, marks in by_office(data.offices, data.marks):
        organization_id, name = office.organization_id, office.short_name
        marked: dict[str, set[int]] = defaultdict(set)
        others: dict[str, set[str]] = defaultdict(set)
        for mark in marks:
            if mark.indicator not in found or mark.is_marked is None:
                continue
            if mark.is_marked:
                marked[mark.indicator].add(mark.year)
                by_part[parts.get(organization_id, ""), mark.indicator, mark.year] += 1
            else:
                others[mark.indicator].add(mark.state or "no")
        for code, indicator in found.items():
            of_office = marked.get(code, set())
            for year in sorted(of_office):
                indicator.by_year[year].add(name)
            if of_office:
                indicator.in_any.add(name)
                indicator.in_every += of_office >= years
            elif organization_id in reporting:
                states = others.get(code, set())
                if states - {"not_applicable"}:
                    indicator.without.add(name)
                else:
                    (indicator.not_applicable if states else indicator.not_given).add(name)
    return found, by_part


def _rows(rows: Collection[ListRow], table: OpenTable) -> RowTally:
    found = RowTally()
    counted = [c for c in table.columns if c.kind == "choice" or c.counted]
    summed = [c for c in table.columns if c.kind in {"amount", "count"}]
    spellings: dict[str, dict[str, str]] = {c.code: {} for c in counted}
    found.by_column = {c.code: Counter(dict.fromkeys(c.choices, 0)) for c in counted}
    figures: dict[str, dict[str, Decimal | None]] = {c.code: {} for c in summed}
    tasks: set[str] = set()
    last = None
    for row in rows:
        if row.list != table.code:
            continue
        found.rows += 1
        found.offices += row.organization_id != last
        last = row.organization_id
        task = task_key(row.content.get(table.columns[0].code)) or str(found.rows)
        tasks.add(task)
        for column in counted:
            words = " ".join(str(row.content.get(column.code, "")).split())
            if words:
                first = spellings[column.code].setdefault(words.casefold(), words)
                found.by_column[column.code][first] += 1
        for column in summed:
            value = row.content.get(column.code)
            if isinstance(value, int | float):
                given = Decimal(str(value))
                known = figures[column.code].setdefault(task, given)
                if known != given:
                    figures[column.code][task] = None
    found.tasks = len(tasks)
    for column in summed:
        found.sums[column.code] = NumberTally()
        for figure in figures[column.code].values():
            if figure is not None:
                found.sums[column.code].add(figure, "")
        found.unlike[column.code] = sum(figure is None for figure in figures[column.code].values())
    return found


def task_key(name: str | float | None) -> str:
    """By what a task is known again when another office names it: its words, whatever their case, the signs
    between them and the place of their tones; "" for none.
    """
    return " ".join(spelt(word) for word in _WORDS.findall(unicodedata.normalize("NFC", str(name or ""))))
