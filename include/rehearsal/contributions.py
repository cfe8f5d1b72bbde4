"""What simulated offices answer to the forms of single cycles: when, how much, in their own words.

Who answers late, not at all or with nothing follows from the office alone: it behaves alike from period to
period.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from rehearsal.answers import Evidence, OfficeAnswer, chosen, evidence_number, numbers, samples
from reporting import plain_yaml
from reporting.forms.models import Form

FILE = Path(__file__).with_name("contributions.yaml")
LATEST = 9
"""So many working days at most a late answer comes after its last day."""
_MOST_STATEMENTS = 3
_MOST_ROWS = 3
_MARKED = (55, 80)
"""Of a hundred offices so many have a mark by the middle, and by the end, of the form's last year."""
_GROWTH = 25
"""By so many percent at most a number of the first half of the year grows in the second."""

Timing = Literal["in_time", "late", "never"]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Statement(_Data):
    """One thing that is said, in several wordings, by offices of a kind."""

    by: Literal["any", "province", "central"]
    wordings: tuple[str, ...] = Field(min_length=1)


class Row(_Data):
    """A row of an open table, cells by column."""

    by: Literal["any", "province", "central"]
    cells: dict[str, int | date | str]


class Contributions(_Data):
    """What the offices asked by one form say; `late`, `missing` and `nothing` are offices of a hundred."""

    late: int = Field(ge=0)
    missing: int = Field(ge=0)
    nothing: int = Field(ge=0)
    narratives: dict[str, tuple[Statement, ...]]
    rows: dict[str, tuple[Row, ...]]


@dataclass(frozen=True)
class Contributor:
    """An office that answers."""

    organization_id: str
    office: str
    short_name: str
    is_province: bool

    def fits(self, by: str) -> bool:
        """Whether offices like it say what is said `by` such."""
        return by == "any" or (by == "province") == self.is_province

    def says(self, words: str) -> str:
        """The words with its names in their places."""
        return words.format(office=self.office, short_name=self.short_name)


@cache
def contributions(form_code: str) -> Contributions | None:
    """What is said on a form; None where only arbitrary content is made up for it."""
    content = plain_yaml.load(unicodedata.normalize("NFC", FILE.read_text(encoding="utf-8")))
    return TypeAdapter(dict[str, Contributions]).validate_python(content).get(form_code)


def timing(form_code: str | None, organization_id: str) -> Timing:
    """When an office answers a request with that form, in all that it owes."""
    found = contributions(form_code) if form_code else None
    if found is None:
        return "in_time"
    place = chosen(100, form_code, organization_id)
    if place < found.missing:
        return "never"
    return "late" if place < found.missing + found.late else "in_time"


def days_late(organization_id: str) -> int:
    """So many working days after the last day a late office answers: 1 to LATEST."""
    return 1 + chosen(LATEST, organization_id, "late")


def contribution(form: Form, latest: date, office: Contributor) -> OfficeAnswer:
    """What an office answers on a form that `contributions` knows, no document dated after `latest`.

    Raises LookupError for a form of which nothing is known.
    """
    found = contributions(form.code)
    if found is None:
        raise LookupError(f"include/rehearsal/contributions.yaml says nothing of form {form.code}")
    who = office.organization_id
    texts = samples()
    mark = texts.marks[chosen(len(texts.marks), who, "mark")]
    if chosen(100, who, "nothing") < found.nothing:
        return OfficeAnswer(who, mark, {}, {}, is_nil=True)
    marks = _marks(form, latest, who)
    half = latest.year, latest.month > 6
    return OfficeAnswer(
        organization_id=who,
        mark=mark,
        marks=marks,
        narratives={
            section.code: _prose(found.narratives.get(section.code, ()), office, section.code, half)
            for section in form.sections
        },
        numbers=numbers(form, marks.keys(), who, growth=_growth(latest, who)),
        rows={
            table.code: _rows(found.rows.get(table.code, ()), office, table.code, half)
            for table in form.lists
        },
    )


def _marks(form: Form, latest: date, who: str) -> dict[tuple[str, int], Evidence]:
    """The marks set by then: what was set stays set, with the same document."""
    set_by: dict[tuple[str, int], Evidence] = {}
    for indicator in form.indicators:
        for year in form.years:
            place = chosen(100, who, indicator.code, year)
            begins = samples().evidence.get(indicator.code, samples().other_evidence).months[0]
            first, last = date(year, begins, 1), date(year, 6, 20)
            if place >= _MARKED[0]:
                first, last = date(year, 7, 1), date(year, 12, 15)
            on = first + timedelta(days=chosen((last - first).days, who, indicator.code, year, "day"))
            on -= timedelta(days=max(0, on.weekday() - 4))
            if place < _MARKED[1] and on <= latest:
                set_by[indicator.code, year] = Evidence(evidence_number(who, indicator.code, year), on)
    return set_by


def _growth(latest: date, who: str) -> int:
    return chosen(_GROWTH, who, "growth") if latest.month > 6 else 0


def _picked(count: int, most: int, *key: object) -> list[int]:
    """At least one and at most `most` different places out of `count`, in order."""
    wanted = min(count, 1 + chosen(most, *key, "count"))
    ranked = sorted(range(count), key=lambda place: chosen(1_000_000, *key, place))
    return sorted(ranked[:wanted])


def _prose(known: Sequence[Statement], office: Contributor, section: str, *key: object) -> str:
    statements = [one for one in known if office.fits(one.by)]
    who = office.organization_id
    lines = []
    for place in _picked(len(statements), _MOST_STATEMENTS, who, section, *key):
        wordings = statements[place].wordings
        lines.append(office.says(wordings[chosen(len(wordings), who, section, place, "wording")]))
    return "\n".join(lines)


def _rows(known: Sequence[Row], office: Contributor, *key: object) -> list[dict[str, int | str | date]]:
    rows = [one.cells for one in known if office.fits(one.by)]
    return [
        {column: office.says(value) if isinstance(value, str) else value for column, value in row.items()}
        for row in (rows[place] for place in _picked(len(rows), _MOST_ROWS, office.organization_id, *key))
    ]
