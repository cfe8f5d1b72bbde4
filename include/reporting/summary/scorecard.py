"""The scorecard of the offices: how well each answered, in points; for the ministry's leadership alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from reporting import plain_yaml
from reporting.data_files import data_file
from reporting.settings import INCLUDE

if TYPE_CHECKING:
    from reporting.summary.data import Office

PATH = INCLUDE / "scorecard.yaml"
FULL = 100
_TENTH = Decimal("0.1")
ANSWER_STATES = (
    "waived", "confidential", "not_asked", "not_due", "in_time", "late", "to_complete", "missing",
)  # fmt: skip
"""How an office answered, each in one of these: from what needs no look to what needs one most."""
_NOT_SCORED = frozenset({"waived", "confidential", "not_due", "not_asked"})

Measure = Literal["timeliness", "completeness", "first_pass", "explained", "signed"]


class ScorecardError(ValueError):
    """include/scorecard.yaml is missing or malformed; the message names file, place and remedy."""


class Criterion(BaseModel):
    """One thing that is scored: `weight` points of a hundred, by a measure between 0 and 1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: str = Field(min_length=1)
    weight: int = Field(gt=0, le=FULL)
    measure: Measure
    per_day_late: float = Field(default=0.1, gt=0, le=1)
    partial: float = Field(default=0.5, ge=0, le=1)

    def of(self, office: Office) -> Decimal | None:
        """Between 0 and 1; None where the measure says nothing of the office."""
        if answer_state(office) == "missing":
            return Decimal(0)
        if self.measure == "timeliness":
            late = Decimal(office.days_late or 1) if office.timeliness == "late" else Decimal(0)
            return max(Decimal(0), 1 - late * Decimal(str(self.per_day_late)))
        if self.measure == "completeness":
            if office.data_form_state == "partial":
                return Decimal(str(self.partial))
            if office.data_form_state == "optional":
                return Decimal(office.has_signed_report)
            return Decimal(office.data_form_state in {"completed", "nil"})
        if self.measure == "first_pass":
            return None if office.is_first_pass is None else Decimal(office.is_first_pass)
        if self.measure == "signed":
            asked = office.signed_report_state not in {None, "waived", "optional"}
            return Decimal(office.has_signed_report) if asked else None
        if not office.warning_count:
            return Decimal(1) if office.submission_count else None
        return Decimal(office.explained_count) / office.warning_count


class Scorecard(BaseModel):
    """What is scored, and how much each thing weighs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    criteria: tuple[Criterion, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _adds_up(self) -> Scorecard:
        total = sum(c.weight for c in self.criteria)
        if total != FULL:
            raise ValueError(f"the weights add up to {total}; make them {FULL}")
        if len({c.code for c in self.criteria}) < len(self.criteria):
            raise ValueError("a code stands twice; every code may stand once")
        return self


@dataclass(frozen=True)
class Score:
    """The points of an office, of a hundred, with those of each criterion (between 0 and 1; None: it says
    nothing of the office). `points` is None where the office is not scored; `reason` then says why.
    """

    points: Decimal | None
    measures: tuple[Decimal | None, ...]
    reason: str = ""


def load_scorecard(path: Path = PATH) -> Scorecard:
    """The scorecard as include/scorecard.yaml says. Raises ScorecardError naming the file and the place."""
    try:
        return _parsed(path, data_file(path))
    except OSError as error:
        raise ScorecardError(f"{path}: {error}. Put the file there again.") from error


@lru_cache(maxsize=4)
def _parsed(path: Path, content: bytes) -> Scorecard:
    try:
        return Scorecard.model_validate(plain_yaml.load(content.decode()))
    except (yaml.YAMLError, ValidationError) as error:
        raise ScorecardError(
            f"{path}: {error}. Write `criteria`, each with code, label, weight and measure; weights of 100."
        ) from error


def answer_state(office: Office) -> str:
    """How an office answered: one of ANSWER_STATES. What it owed at the close and did not give is missing;
    what came but cannot be used is to_complete.
    """
    forms = {office.timeliness, office.data_form_state}
    if state := next((s for s in ("waived", "confidential") if s in forms), None):
        return state
    owed = office.signed_report_state if office.data_form_state == "optional" else office.data_form_state
    if office.timeliness == "missing" or owed == "closed_missing":
        return "missing"
    if office.timeliness == "withdrawn" or (office.timeliness == "optional" and owed in {None, "optional"}):
        return "not_asked"
    if office.owes_figures:
        return "not_due" if office.timeliness in {"not_due", "optional"} else "to_complete"
    return "late" if office.timeliness == "late" else "in_time"


def score(office: Office, card: Scorecard | None = None) -> Score:
    """What an office scores: each criterion's share of its weight, of those that say anything of it."""
    criteria = (card or load_scorecard()).criteria
    if (state := answer_state(office)) in _NOT_SCORED:
        return Score(None, tuple(None for _ in criteria), state)
    measures = tuple(criterion.of(office) for criterion in criteria)
    said = [(c.weight, m) for c, m in zip(criteria, measures, strict=True) if m is not None]
    points = FULL * sum(weight * m for weight, m in said) / Decimal(sum(weight for weight, _ in said))
    return Score(points.quantize(_TENTH, ROUND_HALF_UP), measures)


def ranks(points: Sequence[Decimal | None]) -> list[int | None]:
    """The place of each, 1 for the most points; equal points share one, and the next are left out."""
    ordered = sorted((p for p in points if p is not None), reverse=True)
    first: dict[Decimal, int] = {}
    for place, p in enumerate(ordered, 1):
        first.setdefault(p, place)
    return [None if p is None else first[p] for p in points]


def mean(points: Iterable[Decimal | None]) -> Decimal | None:
    """The mean to one decimal of those that have points; None where none has."""
    scored = [p for p in points if p is not None]
    return (sum(scored, Decimal(0)) / len(scored)).quantize(_TENTH, ROUND_HALF_UP) if scored else None
