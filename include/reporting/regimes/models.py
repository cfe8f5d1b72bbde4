"""Reporting regimes: the items of Decree 09/2019/NĐ-CP, art. 8, as data in include/regimes/<code>.yaml."""

from __future__ import annotations

from datetime import date, time
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from reporting.settings import INCLUDE

FOLDER = INCLUDE / "regimes"


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Ministry(_Data):
    """The ministry in charge. `symbol` stands in document numbers (BTTTT)."""

    name: str
    symbol: str
    place: str
    report_to: str


class Unit(_Data):
    """The unit in charge within the ministry."""

    name: str
    symbol: str
    address: str
    contact: str


class Signer(_Data):
    """Who signs the letters: capacity lines as printed, and the name."""

    capacity: tuple[str, ...]
    name: str


class CopyTo(_Data):
    """An entry of Nơi nhận with its purpose; only some get mail."""

    name: str
    purpose: Literal["như trên", "để b/c", "để biết", "để p/h", "lưu", ""] = ""


class Addressees(_Data):
    """A list of the registry that is addressed, and whether its members owe a report."""

    group: str
    role: Literal["owes", "copied"]
    salutation: str


class Deliverable(_Data):
    """Something that is owed: a signed report, a data form."""

    code: str
    label: str


class LetterText(_Data):
    """The paragraphs of a letter as data: V/v, legal basis, opening, numbered requests, closing,
    recipients of copies.
    """

    subject: str
    salutation: tuple[str, ...] = ()  # empty: that of the regime's addressees
    basis: tuple[str, ...] = ()
    opening: tuple[str, ...] = ()
    requests_intro: str = ""
    requests: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    copies: tuple[CopyTo, ...] = ()


class ReportText(_Data):
    """Fixed text of the summary report."""

    addressee: str
    subject: str
    basis: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    copies: tuple[CopyTo, ...] = ()


class DeadlineRule(_Data):
    """`before` a day is late from 00:00 of it; `through` it from 24:00 of it."""

    kind: Literal["before", "through"]
    day: date


class ReminderStep(_Data):
    """A reminder, so many working days from an obligation's own deadline (negative: before it)."""

    step: str = Field(pattern=r"^reminder__t_(minus|plus)_\d+$")
    working_days: int

    @model_validator(mode="after")
    def _named_by_its_day(self) -> ReminderStep:
        side = "minus" if self.working_days < 0 else "plus"
        if self.step != f"reminder__t_{side}_{abs(self.working_days)}":
            raise ValueError(
                f"step {self.step} is {self.working_days} working days from the deadline; "
                f"call it reminder__t_{side}_{abs(self.working_days)}"
            )
        return self


class UrgingStep(_Data):
    """The numbered letter that urges those outstanding, so many working days after the deadline."""

    working_days: int = Field(gt=0)
    new_deadline_working_days: int = Field(gt=0)


class OfficeHours(_Data):
    """When mail that a person did not wait for is sent."""

    opens: time = time(8, 0)
    reminders_at: time = time(9, 0)
    closes: time = time(17, 0)


class Period(_Data):
    """One period of a regime: what it covers and when its cycle runs."""

    code: str = Field(pattern=r"^[a-z0-9_]+$")
    label: str
    reference_prefix: str = Field(pattern=r"^[A-Z0-9]{2,12}$")
    report_title: str
    period_from: date
    period_to: date
    cutoff_on: date
    request_on: date
    deadline: DeadlineRule
    close_on: date
    report_on: date
    is_reconstruction: bool = False
    upstream_task: str = ""
    footnotes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Period:
        days = [self.request_on, self.deadline.day, self.close_on, self.report_on]
        if days != sorted(days):
            raise ValueError(
                f"period {self.code}: request_on, deadline, close_on and report_on must follow one another, "
                f"not {days}"
            )
        return self


class Regime(_Data):
    """A reporting regime. Without a promulgating instrument it may only be run on request, not by a
    schedule.
    """

    code: str = Field(pattern=r"^[a-z0-9_]+$")
    title: str
    instrument: str | None = None
    ministry: Ministry
    unit: Unit
    signer: Signer
    addressees: tuple[Addressees, ...]
    deliverables: tuple[Deliverable, ...]
    form_code: str
    form_version: str
    reminders: tuple[ReminderStep, ...]
    urging: UrgingStep | None = None
    completion_working_days: int = Field(default=3, gt=0)
    office_hours: OfficeHours = OfficeHours()
    request_letter: LetterText
    follow_up_letter: LetterText | None = None
    urging_letter: LetterText | None = Field(default=None, validate_default=True)
    report: ReportText
    periods: tuple[Period, ...]

    @field_validator("urging_letter")
    @classmethod
    def _written_if_planned(cls, letter: LetterText | None, info: ValidationInfo) -> LetterText | None:
        if letter is None and info.data.get("urging") is not None:
            raise ValueError("urging plans an urging letter, so its text must be written here")
        return letter

    @model_validator(mode="after")
    def _each_once(self) -> Regime:
        for key, codes in (
            ("periods", [p.code for p in self.periods]),
            ("reminders", [r.step for r in self.reminders]),
            ("deliverables", [d.code for d in self.deliverables]),
        ):
            twice = sorted({code for code in codes if codes.count(code) > 1})
            if twice:
                raise ValueError(f"{key}: {', '.join(twice)} stands there twice")
        return self

    def period(self, code: str) -> Period:
        """The period with this code. Raises LookupError naming those there are."""
        for period in self.periods:
            if period.code == code:
                return period
        known = ", ".join(p.code for p in self.periods)
        raise LookupError(f"Regime {self.code} has no period {code!r}; it has: {known}.")


def parse_regime(path: Path) -> Regime:
    """Read one regime file. Raises ValueError naming the file, the keys at fault and what is wrong with
    each.
    """
    try:
        return Regime.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: not UTF-8 (byte {error.start}). Save it as UTF-8 and try again."
        ) from error
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: not valid YAML: {error}. Mend the file and try again.") from error
    except ValidationError as error:
        named = ((".".join(map(str, e["loc"])), e["msg"]) for e in error.errors())
        places = "; ".join(": ".join(filter(None, parts)) for parts in named)
        raise ValueError(f"{path}: {places}. Mend these keys and try again.") from error


@lru_cache
def load_regime(code: str) -> Regime:
    """The regime of include/regimes/<code>.yaml. Raises FileNotFoundError or ValueError naming the file."""
    regime = parse_regime(FOLDER / f"{code}.yaml")
    if regime.code != code:
        raise ValueError(
            f"{FOLDER / code}.yaml: code is {regime.code!r}; it must be {code!r}, the name of the file."
        )
    return regime


def all_regimes() -> list[Regime]:
    """Every regime there is, by code."""
    return [load_regime(path.stem) for path in sorted(FOLDER.glob("*.yaml"))]
