"""A version of a form: its indicators, sections, accepted spellings and rules."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from reporting import plain_yaml
from reporting.settings import INCLUDE

FOLDER = INCLUDE / "forms"

Severity = Literal["error", "warning"]
MarkMeaning = Literal["yes", "no", "not_applicable"]
QuantityKind = Literal["count", "amount", "percent", "number"]
ColumnKind = Literal["text", "count", "amount", "percent", "number", "date", "choice", "document"]


class FormError(ValueError):
    """A form's file is missing or malformed; the message names the file, the key and the remedy."""


def _nfc(value: str) -> str:
    return unicodedata.normalize("NFC", value)


_ESCAPE = re.compile(r"_x[0-9a-f]+_")


def _survives_saving(code: str) -> str:
    """Refuse what spreadsheet programs take for the escape of a character when they save a tag."""
    if found := _ESCAPE.search(code):
        raise ValueError(
            f"{code!r} holds {found.group()!r}, which is an escaped character in a spreadsheet file: the tag "
            "of this code would not survive saving; choose another code"
        )
    return code


Text = Annotated[str, Field(min_length=1), AfterValidator(_nfc)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$"), AfterValidator(_survives_saving)]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Evidence(_Data):
    """The document behind a mark: whether its number and date are asked for, and how it may be dated.

    `warn_until`: in cycles whose period ends on or before this day a missing document is only a warning.
    `months_before_year`, `months_after_year`: how far outside the mark's year the document may be dated.
    """

    required: bool = True
    severity: Severity = "error"
    warn_until: date | None = None
    months_before_year: int = Field(default=0, ge=0, le=24)
    months_after_year: int = Field(default=0, ge=0, le=24)
    number_example: Text

    def earliest(self, first_day: date) -> date:
        """The first day a document may bear for a span that begins on `first_day`."""
        return _add_months(first_day, -self.months_before_year)

    def latest(self, last_day: date) -> date:
        """The last day a document may bear for a span that ends on `last_day`."""
        return _add_months(last_day + timedelta(days=1), self.months_after_year) - timedelta(days=1)


class Indicator(_Data):
    """One thing that is marked for every year of the form.

    `claim` continues the sentence "8/63 tỉnh, thành phố …"; `claim_order` is its place among the claims of
    the ministry's follow-up letter, None where that letter makes none. `is_lasting`: what an office had last
    time it still has, so that one that reports it no longer is asked why.
    """

    code: Code
    label: Text
    short_label: Text
    claim: Text
    claim_order: int | None = None
    evidence: Evidence
    is_lasting: bool = True


class FollowUp(_Data):
    """A direction of the Government's reply to an earlier report: the reply's number, day and issuer, and
    what it directs. `item_id` is the follow-up item.
    """

    item_id: int
    number: Text
    signed_on: date
    issuer: Text
    wording: Text


class Section(_Data):
    """One box of prose. `prompt` says what to write; `blank` what an empty box means. `follow_up`: the
    direction that it asks about; None for the form's own sections.
    """

    code: Code
    label: Text
    prompt: Text
    blank: Literal["warning", "allowed"] = "allowed"
    follow_up: FollowUp | None = None


class History(_Data):
    """How a quantity is compared with the same office's last period: `times` as large or as small is an
    outlier; `drop` asks why something reported then is nil or blank now.
    """

    times: float | None = Field(default=10, gt=1)
    drop: bool = True


class Quantity(_Data):
    """A number asked for in every year of the form (Biểu 2).

    `total_of`: codes of the quantities whose sum it must be. `at_most`: code of one that it may not exceed.
    `needs_mark`: code of an indicator that must be marked in the same year where this is above nil.
    `minimum` and `maximum` are inclusive, in the unit. `warn_until` as for evidence.
    """

    code: Code
    label: Text
    short_label: Text
    kind: QuantityKind
    unit: Text
    required: bool = True
    minimum: float | None = 0
    maximum: float | None = None
    total_of: tuple[Code, ...] = ()
    at_most: Code | None = None
    needs_mark: Code | None = None
    severity: Severity = "error"
    warn_until: date | None = None
    history: History = History()


class Quantities(_Data):
    """The table of numbers: one row per quantity, one column per year."""

    title: Text
    rows: tuple[Quantity, ...] = Field(min_length=1)


class Column(_Data):
    """One column of an open table. `choices` for kind choice; `unit`, and `minimum` and `maximum` (inclusive,
    in the unit) for numbers; `warn_until` as for evidence. `counted`: a report says how many rows name each
    of its words, as it does of choices.
    """

    code: Code
    label: Text
    kind: ColumnKind = "text"
    required: bool = False
    severity: Severity = "error"
    warn_until: date | None = None
    unit: Text | None = None
    minimum: float | None = 0
    maximum: float | None = None
    choices: tuple[Text, ...] = ()
    width: int = Field(default=24, ge=4, le=80)
    counted: bool = False

    @model_validator(mode="after")
    def _has_choices(self) -> Column:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError(f"column {self.code}: choices stand with kind choice, and only there")
        return self


class OpenTable(_Data):
    """A table to which an office adds rows (Biểu 3 …), such as proposed tasks; `rows` are offered blank."""

    code: Code
    sheet: Text
    title: Text
    columns: tuple[Column, ...] = Field(min_length=1)
    rows: int = Field(default=15, ge=1, le=200)


class Marks(_Data):
    """Accepted spellings by meaning; the first of each is what the drop-down offers."""

    yes: tuple[Text, ...] = Field(min_length=1)
    no: tuple[Text, ...] = Field(min_length=1)
    not_applicable: tuple[Text, ...] = Field(min_length=1)

    @property
    def offered(self) -> tuple[str, str, str]:
        """What the drop-down of a mark offers: yes, no, not applicable."""
        return self.yes[0], self.no[0], self.not_applicable[0]


class Form(_Data):
    """One version of a form. Frozen once a cycle has used it; a change makes a new version.

    2024.1.2 is the second form derived from 2024.1: with questions of the cycles that use it, in no file.
    """

    code: Code
    version: str = Field(pattern=r"^\d{4}\.\d+(\.\d+)?$")
    title: Text
    years: tuple[int, ...] = Field(min_length=1)
    marks: Marks
    indicators: tuple[Indicator, ...]
    """None where the form asks for no marks; it then has numbers, open tables or sections."""
    sections: tuple[Section, ...]
    quantities: Quantities | None = None
    lists: tuple[OpenTable, ...] = ()
    nil: Text | None = None
    """What the tick "Toàn bộ không phát sinh" of the cover says of this form; None: it has no such tick."""
    explanation: Literal["asked", "required"] = "asked"
    """Whether a warning that the sender does not explain keeps the answer from being accepted."""
    must_explain: tuple[Code, ...] = ()
    """Rules whose warnings must be explained even where others need not be."""

    @model_validator(mode="after")
    def _consistent(self) -> Form:
        for what, codes in (
            ("indicators", [*(i.code for i in self.indicators), *(q.code for q in self.quantity_rows)]),
            ("sections", [s.code for s in self.sections]),
            ("lists", [table.code for table in self.lists]),
            ("sheets of lists", [table.sheet for table in self.lists]),
            *((f"columns of {t.code}", [c.code for c in t.columns]) for t in self.lists),
            ("years", [str(y) for y in self.years]),
        ):
            twice = sorted({c for c in codes if codes.count(c) > 1})
            if twice:
                raise ValueError(f"{what}: {', '.join(twice)} stands twice; every code may stand once")
        if list(self.years) != sorted(self.years):
            raise ValueError(f"years: {list(self.years)} must ascend")
        meanings: dict[str, str] = {}
        for meaning, spelling in self._spellings():
            other = meanings.setdefault(mark_key(spelling), meaning)
            if other != meaning:
                raise ValueError(
                    f"marks: {spelling!r} stands under both {other} and {meaning}; keep it under one"
                )
        if not (self.indicators or self.quantity_rows or self.lists or self.sections):
            raise ValueError("the form asks for nothing; give indicators, quantities, lists or sections")
        self._check_references()
        return self

    def _check_references(self) -> None:
        known = {row.code for row in self.quantity_rows}
        for row in self.quantity_rows:
            strays = sorted({*row.total_of, *filter(None, (row.at_most,))} - known)
            if strays or row.code in row.total_of:
                raise ValueError(f"quantity {row.code}: total_of and at_most name other quantities: {strays}")
            if row.needs_mark is not None and row.needs_mark not in {i.code for i in self.indicators}:
                raise ValueError(f"quantity {row.code}: needs_mark names no indicator: {row.needs_mark}")

    @property
    def is_derived(self) -> bool:
        """Whether it was made for cycles from a version of the files."""
        return self.version.count(".") == 2

    @property
    def quantity_rows(self) -> tuple[Quantity, ...]:
        """The quantities, in the order of their table; none where the form has no such table."""
        return self.quantities.rows if self.quantities else ()

    def _spellings(self) -> list[tuple[MarkMeaning, str]]:
        return [
            *(("yes", s) for s in self.marks.yes),
            *(("no", s) for s in self.marks.no),
            *(("not_applicable", s) for s in self.marks.not_applicable),
        ]

    @cached_property
    def mark_meanings(self) -> Mapping[str, MarkMeaning]:
        """Every accepted spelling, folded by `mark_key`, with what it means."""
        return {mark_key(spelling): meaning for meaning, spelling in self._spellings()}

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 (hex) of the canonical JSON of the form: equal for equal content, whatever the YAML looks
        like.
        """
        canonical = json.dumps(
            self.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        return hashlib.sha256(canonical.encode("utf-8")).hexdigest()

    def asks_explanation_for(self, rule: str) -> bool:
        """Whether an answer with an unexplained warning under the rule is given back for an explanation."""
        return self.explanation == "required" or rule in self.must_explain

    def quantity(self, code: str) -> Quantity:
        """The quantity of that code. Raises KeyError naming the form when it has none."""
        for quantity in self.quantity_rows:
            if quantity.code == code:
                return quantity
        raise KeyError(f"form {self.code}@{self.version} has no quantity {code!r}")

    def indicator(self, code: str) -> Indicator:
        """The indicator of that code. Raises KeyError naming the form when it has none."""
        for indicator in self.indicators:
            if indicator.code == code:
                return indicator
        raise KeyError(f"form {self.code}@{self.version} has no indicator {code!r}")


def mark_key(text: str) -> str:
    """A mark as compared: NFC, lower case, without surrounding blanks and full stops, inner blanks single."""
    return " ".join(_nfc(text).casefold().split()).rstrip(" .;,") or text.strip()


def _add_months(day: date, months: int) -> date:
    """The first-of-month arithmetic that periods need: `day` moved by whole months, clipped to the month's
    length.
    """
    index = day.year * 12 + day.month - 1 + months
    first = date(index // 12, index % 12 + 1, 1)
    following = date((index + 1) // 12, (index + 1) % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), following - timedelta(days=1))


def form_path(code: str, version: str) -> Path:
    """Where the file of a form version stands."""
    return FOLDER / f"{code}@{version}.yaml"


def read_form(path: Path) -> Form:
    """Read one form file. Raises FormError naming the file and every wrong key."""
    if not path.exists():
        raise FormError(f"{path}: no such form version; there are: {', '.join(form_names()) or 'none'}")
    try:
        form = Form.model_validate(plain_yaml.load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise FormError(f"{path}: not readable as YAML: {error}") from error
    except ValidationError as error:
        places = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc']) or 'the form'}: {problem['msg']}"
            for problem in error.errors()
        )
        raise FormError(f"{path}: {places}") from error
    if path.stem != f"{form.code}@{form.version}":
        raise FormError(
            f"{path}: code {form.code!r} and version {form.version!r} do not match the file's name; "
            f"name it {form.code}@{form.version}.yaml"
        )
    return form


def form_names() -> list[str]:
    """The forms there are, as <code>@<version>, in order."""
    return sorted(path.stem for path in FOLDER.glob("*@*.yaml"))


@lru_cache(maxsize=64)
def load_form(code: str, version: str) -> Form:
    """The form version include/forms/<code>@<version>.yaml.

    Raises FormError naming the file, and the key that is wrong or the versions there are.
    """
    return read_form(form_path(code, version))


def all_forms() -> list[Form]:
    """Every form version there is, in the order of their names."""
    return [load_form(*name.split("@", 1)) for name in form_names()]
