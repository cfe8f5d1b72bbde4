"""What the simulated offices have to report: read from a table of marks, with evidence and prose made up
around it.

The table has the columns of the tracking table: a number, the office's name, then one column per indicator
and year, headed <indicator>_<year>, with marks as the form accepts them. What is made up is the same every
time.
"""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from reporting import plain_yaml
from reporting.forms.models import Column, Form, OpenTable, Quantity, mark_key
from reporting.registry.names import NameIndex

SAMPLES = Path(__file__).with_name("samples.yaml")
_MARK_COLUMN = re.compile(r"(?P<indicator>[a-z][a-z0-9_]*?)_(?P<year>\d{4})")
_MADE_UP = {"amount": 150, "percent": 13, "count": 6}
_NAME_COLUMN = "so_tttt"


class AnswersError(ValueError):
    """The table of answers cannot be used; the message names file, line, column and remedy."""


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EvidencePattern(_Data):
    """How the document behind a mark is numbered, and the first and last month in which it is dated."""

    number: str
    months: tuple[int, int]


class Samples(_Data):
    """What include/rehearsal/samples.yaml holds: sample sentences and patterns."""

    remark: str
    evidence: dict[str, EvidencePattern]
    other_evidence: EvidencePattern
    marks: tuple[str, ...]
    bad_mark: str
    bad_number: str
    bad_choice: str
    signed_report_number: str
    executing_unit: str
    contact_position: str
    contact_department: str
    family_names: tuple[str, ...]
    given_names: tuple[str, ...]
    mail: dict[str, str]
    filenames: dict[str, str]
    narratives: dict[str, tuple[str, ...]]
    nil: str
    list_texts: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Evidence:
    """The document behind a mark."""

    document_number: str
    document_on: date


@dataclass(frozen=True)
class OfficeAnswer:
    """What one office reports: its marks, each with its evidence, how it writes a mark, its prose by section,
    its numbers by indicator and year, and the rows of its open tables by table, cells by column. `is_nil`: it
    says that it has nothing to report.
    """

    organization_id: str
    mark: str
    marks: Mapping[tuple[str, int], Evidence]
    narratives: Mapping[str, str]
    numbers: Mapping[tuple[str, int], int | str] = field(default_factory=dict)
    rows: Mapping[str, Sequence[Mapping[str, int | str | date]]] = field(default_factory=dict)
    is_nil: bool = False


@cache
def samples() -> Samples:
    """The sample sentences and patterns."""
    return Samples.model_validate(
        plain_yaml.load(unicodedata.normalize("NFC", SAMPLES.read_text(encoding="utf-8")))
    )


def chosen(count: int, *key: object) -> int:
    """A number from 0 to count-1 that always is the same for the same key, and otherwise arbitrary."""
    digest = hashlib.sha256("|".join(map(str, key)).encode()).digest()
    return int.from_bytes(digest[:8], "big") % count


def read_answers(path: Path, form: Form, index: NameIndex) -> dict[str, OfficeAnswer]:
    """The answers in a table, by organization id.

    Raises AnswersError for a file that is not UTF-8, a missing or unknown column, an office that is unknown,
    ambiguous or there twice.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
    except FileNotFoundError as error:
        raise AnswersError(
            f"{path}: there is no such file; give the path of a table like the sample's."
        ) from error
    except UnicodeDecodeError as error:
        raise AnswersError(f"{path}: not UTF-8 (byte {error.start}); save it as CSV UTF-8.") from error
    except csv.Error as error:
        raise AnswersError(f"{path}: not readable as CSV: {error}; save it as CSV UTF-8.") from error
    if not rows:
        raise AnswersError(f"{path}: empty; its first line must hold the names of the columns.")
    header = [cell.strip() for cell in rows[0]]
    name_at, columns = _columns(path, header, form)
    answers: dict[str, OfficeAnswer] = {}
    lines: dict[str, int] = {}
    for line, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            raise AnswersError(
                f"{path}, line {line}: {len(row)} cells where the header has {len(header)}; "
                "put names that hold a comma in quotes, and give every line all its cells."
            )
        name = unicodedata.normalize("NFC", row[name_at]).strip()
        organization_id = index.resolve(name)
        if organization_id is None:
            likely = "; ".join(office for office, _ in index.suggest(name)) or "none"
            raise AnswersError(
                f"{path}, line {line}, column {header[name_at]}: no office of the cycle is called {name!r}. "
                f"Write its name as in the list of addressees, or delete the line. Similar: {likely}."
            )
        if organization_id in lines:
            raise AnswersError(
                f"{path}, line {line}, column {header[name_at]}: {name!r} is there already, "
                f"in line {lines[organization_id]}; keep one of the two."
            )
        lines[organization_id] = line
        marked = [
            key for at, key in columns.items() if _is_mark(path, line, header[at], row[at].strip(), form)
        ]
        answers[organization_id] = _answer(organization_id, marked, form)
    return answers


def _columns(path: Path, header: Sequence[str], form: Form) -> tuple[int, dict[int, tuple[str, int]]]:
    """The place of the name, and the indicator and year of each column of marks."""
    if _NAME_COLUMN not in header:
        raise AnswersError(
            f"{path}, line 1: no column {_NAME_COLUMN!r}; it must hold the names of the offices. "
            f"There are: {', '.join(header)}."
        )
    wanted = {(indicator.code, year) for indicator in form.indicators for year in form.years}
    columns: dict[int, tuple[str, int]] = {}
    for at, title in enumerate(header):
        found = _MARK_COLUMN.fullmatch(title)
        if found is None:
            continue
        key = (found["indicator"], int(found["year"]))
        if key not in wanted:
            raise AnswersError(
                f"{path}, line 1, column {title}: no such indicator or year in the form "
                f"{form.code}@{form.version}; it has {_listed(wanted)}."
            )
        if key in columns.values():
            raise AnswersError(f"{path}, line 1, column {title}: there twice; keep one of the two.")
        columns[at] = key
    missing = wanted - set(columns.values())
    if missing:
        raise AnswersError(
            f"{path}, line 1: missing columns {_listed(missing)}; add them (blank means: not there)."
        )
    return header.index(_NAME_COLUMN), columns


def _listed(columns: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{code}_{year}" for code, year in sorted(columns))


def _is_mark(path: Path, line: int, title: str, cell: str, form: Form) -> bool:
    if not cell:
        return False
    meaning = form.mark_meanings.get(mark_key(cell))
    if meaning is None:
        raise AnswersError(
            f"{path}, line {line}, column {title}: {cell!r} is no mark; "
            f"write {form.marks.yes[0]}, or leave it blank."
        )
    return meaning == "yes"


def _answer(organization_id: str, marked: Sequence[tuple[str, int]], form: Form) -> OfficeAnswer:
    texts = samples()
    return OfficeAnswer(
        organization_id=organization_id,
        mark=texts.marks[chosen(len(texts.marks), organization_id, "mark")],
        marks={key: _evidence(organization_id, *key) for key in marked},
        narratives={section.code: _narrative(organization_id, section.code) for section in form.sections},
        numbers=numbers(form, frozenset(marked), organization_id),
        rows=rows(form, organization_id),
    )


def made_up(form: Form, latest: date, *key: object) -> OfficeAnswer:
    """An answer to any form, made up as a whole: three in four marks are set, no document is dated after
    `latest`.
    """
    marked = [
        (one.code, year) for one in form.indicators for year in form.years if chosen(4, *key, one.code, year)
    ]
    answer = _answer("|".join(map(str, key)), marked, form)
    marks = {
        where: evidence
        if evidence.document_on <= latest
        else replace(evidence, document_on=latest - timedelta(days=chosen(60, *key, *where)))
        for where, evidence in answer.marks.items()
    }
    return replace(answer, marks=marks)


def numbers(
    form: Form, marked: Collection[tuple[str, int]], *key: object, growth: int = 0
) -> dict[tuple[str, int], int | str]:
    """Made-up numbers for every quantity and year of a form, that agree with each other and with the marks
    that are set: totals add up, what may not exceed another does not. Nil is said in words. All but
    percentages are `growth` percent larger than without it.
    """
    asked = {quantity.code: quantity for quantity in form.quantity_rows}
    made: dict[tuple[str, int], int] = {}

    def number(one: Quantity, year: int) -> int:
        if (one.code, year) not in made:
            made[one.code, year] = _number(one, year)
        return made[one.code, year]

    def _number(one: Quantity, year: int) -> int:
        if one.total_of:
            return sum(number(asked[part], year) for part in one.total_of)
        if one.needs_mark and (one.needs_mark, year) not in marked:
            return 0
        arbitrary = chosen(7, *key, one.code, year)
        other = asked[one.at_most] if one.at_most else None
        if other is not None and one.code not in other.total_of:
            return number(other, year) * arbitrary // 7
        if one.kind == "percent":
            return _MADE_UP["percent"] * (arbitrary + 1)
        return _MADE_UP.get(one.kind, 5) * arbitrary * (100 + growth) // 100

    return {
        (one.code, year): number(one, year) or samples().nil
        for one in form.quantity_rows
        for year in form.years
    }


def rows(form: Form, *key: object) -> dict[str, list[dict[str, int | str | date]]]:
    """Up to two made-up rows for each open table of a form, every cell filled in."""
    return {
        table.code: [
            {column.code: _cell(table, column, form, *key, row) for column in table.columns}
            for row in range(chosen(3, *key, table.code))
        ]
        for table in form.lists
    }


def _cell(table: OpenTable, column: Column, form: Form, *key: object) -> int | str | date:
    arbitrary = chosen(1000, *key, table.code, column.code)
    if column.kind == "choice":
        return column.choices[arbitrary % len(column.choices)]
    if column.kind == "date":
        return date(form.years[-1] + 1, 1 + arbitrary % 12, 28)
    if column.kind == "document":
        return samples().other_evidence.number.format(n=f"{arbitrary:02d}", year=form.years[-1])
    if column.kind == "text":
        texts = samples().list_texts.get(column.code, (samples().remark,))
        return texts[arbitrary % len(texts)]
    return _MADE_UP.get(column.kind, 5) * (1 + arbitrary % 7)


def _evidence(organization_id: str, indicator: str, year: int) -> Evidence:
    pattern = samples().evidence.get(indicator, samples().other_evidence)
    first = date(year, pattern.months[0], 1)
    span = (date(year, pattern.months[1], 28) - first).days
    day = first + timedelta(days=chosen(span + 1, organization_id, indicator, year, "day"))
    if day.weekday() >= 5:
        day += timedelta(days=7 - day.weekday())
    return Evidence(evidence_number(organization_id, indicator, year), day)


def evidence_number(organization_id: str, indicator: str, year: int) -> str:
    """The number of the document behind a mark, as such documents are numbered."""
    pattern = samples().evidence.get(indicator, samples().other_evidence)
    number = 3 + chosen(180, organization_id, indicator, year, "number")
    return pattern.number.format(n=f"{number:02d}", year=year)


def _narrative(organization_id: str, section: str) -> str:
    """One or two sentences, a line each; the prose of a section unknown to the samples is left empty."""
    variants = samples().narratives.get(section, ())
    if not variants:
        return ""
    first = chosen(len(variants), organization_id, section)
    second = (first + 3 + chosen(len(variants) - 5, organization_id, section, "second")) % len(variants)
    both = chosen(3, organization_id, section, "count") > 0
    return "\n".join([variants[first], variants[second]] if both else [variants[first]])
