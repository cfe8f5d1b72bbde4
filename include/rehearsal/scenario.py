"""How the simulated offices behave: who answers when, with which faults first, and who does not.
Deterministic.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rehearsal.answers import chosen
from rehearsal.roster import Office, name_index, offices
from reporting import plain_yaml
from reporting.clock import VIETNAM
from reporting.registry.names import NameIndex

FOLDER = Path(__file__).with_name("scenarios")
MOST_MOMENTS = 16
Fault = Literal["bad_mark", "missing_evidence", "old_form", "workbook_of_another"]
MailKind = Literal["request", "reminder", "completion_request", "receipt"]


class ScenarioError(ValueError):
    """The scenario cannot be played; the message names the file, the place and the remedy."""


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Roster(_Data):
    group: str
    as_of: date


class _Form(_Data):
    code: str
    version: str


class _Exception(_Data):
    """An office that does not simply answer on its day. Names are resolved like any other written name."""

    office: str
    reply_on: date | None = None
    after_reminder_of: date | None = None
    fault: Fault | None = None
    old_version: str | None = None
    other: str | None = None
    writes_name: str | None = None
    signed_report_on: date | None = None
    entered_on: date | None = None
    posted_on: date | None = None
    reason: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.fault == "old_form" and self.old_version is None:
            raise ValueError(f"{self.office}: the fault old_form needs old_version")
        if self.fault == "workbook_of_another" and self.other is None:
            raise ValueError(
                f"{self.office}: the fault workbook_of_another needs other, the office whose it is"
            )
        if self.entered_on is not None and (self.posted_on is None or not self.reason):
            raise ValueError(f"{self.office}: entered_on needs posted_on and reason")
        if sum(day is not None for day in (self.reply_on, self.after_reminder_of, self.entered_on)) > 1:
            raise ValueError(f"{self.office}: give one of reply_on, after_reminder_of, entered_on")
        return self


class _File(_Data):
    code: str
    regime: str
    period: str
    roster: _Roster
    form: _Form
    days: tuple[date, ...] = Field(min_length=1, max_length=MOST_MOMENTS)
    acts_at: time
    writes_between: tuple[time, time]
    reply_on: tuple[date, ...] = Field(min_length=1)
    desk_user: str
    first_incoming_number: dict[int, int]
    recognised_by: dict[MailKind, tuple[str, ...]]
    exceptions: tuple[_Exception, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if list(self.days) != sorted(set(self.days)):
            raise ValueError("days must ascend, each once")
        named = [*self.reply_on]
        for exception in self.exceptions:
            named += [d for d in (exception.reply_on, exception.entered_on, exception.signed_report_on) if d]
        strays = sorted(set(named) - set(self.days))
        if strays:
            raise ValueError(f"{', '.join(d.isoformat() for d in strays)}: not among days; add them there")
        if missing := {day.year for day in self.days} - set(self.first_incoming_number):
            raise ValueError(f"first_incoming_number: no number for {', '.join(map(str, sorted(missing)))}")
        if not self.writes_between[0] < self.writes_between[1] < self.acts_at:
            raise ValueError("writes_between must ascend and end before acts_at")
        return self


@dataclass(frozen=True)
class Behaviour:
    """What one office does.

    `is_silent`: nothing, ever. `entered_on`: never writes; the ministry enters for it that day.
    `after_reminder_of`: answers the first reminder of that day or later; otherwise `reply_on`.
    `signed_report_on` is only given where the signed report comes apart from the workbook.
    """

    office: Office
    reply_on: date | None = None
    after_reminder_of: date | None = None
    fault: Fault | None = None
    old_version: str | None = None
    other: Office | None = None
    writes_name: str | None = None
    signed_report_on: date | None = None
    entered_on: date | None = None
    posted_on: date | None = None
    reason: str | None = None
    is_silent: bool = False


@dataclass(frozen=True)
class Scenario:
    """A scenario with its offices resolved. `behaviours` holds every office of the roster, by organization
    id.
    """

    code: str
    regime: str
    period: str
    form_code: str
    form_version: str
    days: tuple[date, ...]
    acts_at: time
    writes_between: tuple[time, time]
    desk_user: str
    first_incoming_number: Mapping[int, int]
    recognised_by: Mapping[MailKind, tuple[str, ...]]
    behaviours: Mapping[str, Behaviour]
    index: NameIndex

    def moments(self) -> list[datetime]:
        """Every moment at which anything can come from outside; at most 16."""
        return [self.moment(day) for day in self.days]

    def moment(self, day: date) -> datetime:
        """The moment at which the offices' doings of a day take effect."""
        return datetime.combine(day, self.acts_at, VIETNAM)

    def first_day_after(self, at: datetime, wish: date | None = None) -> date | None:
        """The first day of the scenario after the day of `at`, and not before `wish`; None when there is none
        left.
        """
        asked = at.astimezone(VIETNAM).date()
        return next((day for day in self.days if day > asked and (wish is None or day >= wish)), None)

    def written_at(self, office: Office, day: date, *key: object) -> datetime:
        """The time within its day at which an office writes a mail; to the second, always the same for the
        same key.
        """
        start, end = (datetime.combine(day, at, VIETNAM) for at in self.writes_between)
        seconds = int((end - start).total_seconds())
        return start + timedelta(seconds=chosen(seconds, office.organization_id, day, *key))

    def kind_of(self, subject: str) -> MailKind | None:
        """What a mail of the ministry is, by the words of its subject; None for one that needs no action."""
        folded = unicodedata.normalize("NFC", subject).casefold()
        for kind, phrases in self.recognised_by.items():
            if any(phrase.casefold() in folded for phrase in phrases):
                return kind
        return None


def load_scenario(code: str, drop: Iterable[str] = (), folder: Path = FOLDER) -> Scenario:
    """The scenario of scenarios/<code>.yaml; the offices named in `drop` stay silent to the end.

    Raises ScenarioError naming the file and the keys at fault, an unknown office, or one named twice.
    """
    path = folder / f"{code}.yaml"
    try:
        file = _File.model_validate(
            plain_yaml.load(unicodedata.normalize("NFC", path.read_text(encoding="utf-8")))
        )
    except FileNotFoundError as error:
        known = ", ".join(sorted(p.stem for p in folder.glob("*.yaml")))
        raise ScenarioError(f"{path}: there is no such scenario; there are: {known}.") from error
    except yaml.YAMLError as error:
        raise ScenarioError(f"{path}: not readable as YAML: {error}") from error
    except ValidationError as error:
        places = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'the file'}: {e['msg']}" for e in error.errors()
        )
        raise ScenarioError(f"{path}: {places}") from error
    members = offices(file.roster.group, file.roster.as_of)
    index = name_index(members)
    by_id = {office.organization_id: office for office in members}

    def resolve(name: str, place: str) -> Office:
        found = index.resolve(name)
        if found is None:
            likely = ", ".join(by_id[i].short_name for i, _ in index.suggest(name))
            raise ScenarioError(f"{place}: no office of the roster is called {name!r}. Similar: {likely}.")
        return by_id[found]

    behaviours = _default_behaviours(members, file)
    named: set[str] = set()
    for exception in file.exceptions:
        place = f"{path}, exceptions"
        office = resolve(exception.office, place)
        if office.organization_id in named:
            raise ScenarioError(f"{place}: {exception.office!r} is named twice; keep one of the two.")
        named.add(office.organization_id)
        given = exception.model_dump(exclude={"office", "other"}, exclude_none=True)
        if exception.after_reminder_of or exception.entered_on:
            given["reply_on"] = None
        other = resolve(exception.other, place) if exception.other else None
        behaviours[office.organization_id] = replace(behaviours[office.organization_id], other=other, **given)
    for name in drop:
        office = resolve(name, "drop")
        behaviours[office.organization_id] = Behaviour(office, is_silent=True)
    return Scenario(
        code=file.code,
        regime=file.regime,
        period=file.period,
        form_code=file.form.code,
        form_version=file.form.version,
        days=file.days,
        acts_at=file.acts_at,
        writes_between=file.writes_between,
        desk_user=file.desk_user,
        first_incoming_number=file.first_incoming_number,
        recognised_by=file.recognised_by,
        behaviours=behaviours,
        index=index,
    )


def _default_behaviours(members: Collection[Office], file: _File) -> dict[str, Behaviour]:
    """Everybody answers in time, spread evenly over the days in an arbitrary order, always the same."""
    shuffled = sorted(members, key=lambda office: chosen(2**32, file.code, office.organization_id))
    days = {
        office.organization_id: file.reply_on[n * len(file.reply_on) // len(members)]
        for n, office in enumerate(shuffled)
    }
    return {
        office.organization_id: Behaviour(office, reply_on=days[office.organization_id]) for office in members
    }
