"""Reporting regimes: the items of Decree 09/2019/NĐ-CP, art. 8, as data in include/regimes/<code>.yaml."""

from __future__ import annotations

from datetime import date, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

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

from reporting import plain_yaml
from reporting.calendar.periods import CalendarPeriod, ReportingPeriod, Schedule
from reporting.settings import INCLUDE

FOLDER = INCLUDE / "regimes"
LONGEST_PREFIX = 12
"""So many characters of a look-up code may stand before the number of the office."""

KeyFigure = Annotated[str, Field(pattern=r"^(total|distinct|sum|rows):[a-z][a-z0-9_]*$")]
ApprovedKind = Literal[
    "request_letter",
    "urging_letter",
    "escalation_letter",
    "follow_up_letter",
    "summary_report",
    "supplement_report",
    "notice_letter",
    "erratum_letter",
    "replacement_letter",
    "recall_letter",
]
"""Kinds of documents, of those that a cycle may have several of without their number."""


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
    """A list of the registry that is addressed, and whether its members owe a report.

    `salutation` is the line that greets them; empty where another list's line greets them too, or they are
    copied. `list_title` heads their part of the list attached to the letter; empty where they are not listed.
    `only` and `without` take single offices (organization ids) out of the list, or keep to them.
    """

    group: str
    role: Literal["owes", "copied"]
    salutation: str = ""
    list_title: str = ""
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


class DeadlineRule(_Data):
    """`before` a day is late from 00:00 of it; `through` it from 24:00 of it; `open`: no day is fixed, never
    overdue.
    """

    kind: Literal["before", "through", "open"]
    day: date | None = None

    @model_validator(mode="after")
    def _day_where_fixed(self) -> DeadlineRule:
        if (self.kind == "open") != (self.day is None):
            needs = "has no" if self.kind == "open" else "needs a"
            raise ValueError(f"a deadline of kind {self.kind} {needs} day")
        return self


OPEN = DeadlineRule(kind="open")


class InstrumentCondition(_Data):
    """Holds for an office whose own instrument (registry.local_instrument) is at one of these stages on the
    day of the request.
    """

    subject: str
    stages: tuple[str, ...] = Field(min_length=1)


class Deliverable(_Data):
    """Something that is asked for.

    `document`: a signed document; `data_form`: the workbook; `reply`: an answer by mail; `task`: to be done,
    nothing is owed. `owed_by` are lists of the regime's addressees (none: all that owe), `except_groups`
    lists of the registry whose members do not owe it, `only_groups` such whose members alone do, `when` the
    stage of an office's own instrument on which it depends. `deadline` is its own; None: the period's.
    Opt-in: an office may choose to give it.
    """

    code: str = Field(pattern=r"^[a-z0-9_]+$")
    label: str
    kind: Literal["document", "data_form", "reply", "task"] = "document"
    owed_by: tuple[str, ...] = ()
    except_groups: tuple[str, ...] = ()
    only_groups: tuple[str, ...] = ()
    when: InstrumentCondition | None = None
    deadline: DeadlineRule | None = None
    is_opt_in: bool = False
    frequency: Literal["month", "quarter", "year"] | None = None

    @model_validator(mode="after")
    def _owed_or_done(self) -> Deliverable:
        if self.kind == "task" and (self.deadline is not None or self.is_opt_in):
            raise ValueError(
                f"{self.code}: nothing is owed of a task, so it has no deadline and is not opt-in; "
                "make it a document if it is to be sent"
            )
        if self.kind != "task" and self.frequency is not None:
            raise ValueError(
                f"{self.code}: only a task is done again and again; what is to be sent each "
                f"{self.frequency} is a regime of its own with a schedule"
            )
        return self


class OfficeList(_Data):
    """Offices that a letter names, asked of the registry on the day of the request, never typed.

    Their names fill the placeholder {`code`} and their number {`code`_count}. They are the members of
    `group`, or those of the addressees whose own instrument is at one of the stages of `when`.
    """

    code: str = Field(pattern=r"^[a-z0-9_]+$")
    group: str | None = None
    when: InstrumentCondition | None = None

    @model_validator(mode="after")
    def _one_source(self) -> OfficeList:
        if (self.group is None) == (self.when is None):
            raise ValueError(f"list {self.code}: give one of group and when")
        return self


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
    attaches_addressees: bool = True
    addressees_title: str = ""  # of the attached list; empty: that of the catalogue
    copies: tuple[CopyTo, ...] = ()
    lists: tuple[OfficeList, ...] = ()

    @model_validator(mode="after")
    def _lists_named(self) -> LetterText:
        paragraphs = " ".join(
            (*self.basis, *self.opening, self.requests_intro, *self.requests, *self.closing)
        )
        for listed in self.lists:
            if f"{{{listed.code}}}" not in paragraphs and f"{{{listed.code}_count" not in paragraphs:
                raise ValueError(
                    f"list {listed.code}: no paragraph names {{{listed.code}}} or {{{listed.code}_count}}"
                )
        return self


class ReportText(_Data):
    """Fixed text of the summary report.

    `mailed_to`: lists of the cycle whose offices get a copy of the signed report by mail when it is given
    out; empty: none. `axis_addressees`: to whom the document axis carries it, beside the addressee by its own
    name. `key_figures` are what the leadership's page sets against last time: total:<indicator>
    and sum:<quantity> of the form's last year, distinct:<indicator> of all its years, rows:<open table>;
    empty: the first that the form has.
    """

    addressee: str
    subject: str
    basis: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    copies: tuple[CopyTo, ...] = ()
    mailed_to: tuple[str, ...] = ()
    axis_addressees: tuple[str, ...] = ()
    key_figures: tuple[KeyFigure, ...] = Field(default=(), max_length=5)


class ReminderStep(_Data):
    """A reminder, so many working days from an obligation's own deadline (negative: before it), or from the
    issue of the request for obligations without a fixed day.
    """

    step: str = Field(pattern=r"^reminder__(t_(minus|plus)|i_plus)_\d+$")
    working_days: int
    anchor: Literal["deadline", "issue"] = "deadline"

    @model_validator(mode="after")
    def _named_by_its_day(self) -> ReminderStep:
        side = "i_plus" if self.anchor == "issue" else "t_minus" if self.working_days < 0 else "t_plus"
        if self.step != f"reminder__{side}_{abs(self.working_days)}":
            raise ValueError(
                f"step {self.step} is {self.working_days} working days from the {self.anchor}; "
                f"call it reminder__{side}_{abs(self.working_days)}"
            )
        if self.anchor == "issue" and self.working_days <= 0:
            raise ValueError(f"step {self.step}: a reminder counted from the issue comes after it")
        return self


class UrgingStep(_Data):
    """A numbered letter that urges those outstanding, so many working days after the deadline (or the issue,
    for obligations without a fixed day), and the time that it gives.
    """

    working_days: int = Field(gt=0)
    new_deadline_working_days: int = Field(gt=0)
    anchor: Literal["deadline", "issue"] = "deadline"


class ApprovalStep(_Data):
    """One of those who approve a document before it is signed, in order.

    `label` says who it is (Lãnh đạo Cục), `title` what they do (Lãnh đạo Cục duyệt). With `distinct_people`
    who approved at an earlier step may not approve at this one.
    """

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: str = Field(min_length=1)
    title: str = Field(min_length=1)
    distinct_people: bool = True


class OfficeHours(_Data):
    """When mail that a person did not wait for is sent."""

    opens: time = time(8, 0)
    reminders_at: time = time(9, 0)
    closes: time = time(17, 0)


class Upstream(_Data):
    """What the ministry itself must report, as ordered: the document that orders it, the deadline in its
    words and as a day.
    """

    task: str = ""
    phrase: str = ""
    due_on: date | None = None


class Stage(_Data):
    """A review that the directive orders for later, so many months after the request; followed up then."""

    label: str
    months: int = Field(gt=0)
    owner: str = ""


class Period(_Data):
    """One period of a regime: what it covers and when its cycle runs.

    `deadline` of kind open: no day is fixed for what has no deadline of its own. `report_on` is None where no
    report to a higher office comes of it. `upstream` is the ministry's own task and deadline.
    """

    code: str = Field(pattern=r"^[a-z0-9_]+$")
    label: str
    reference_prefix: str = Field(pattern=rf"^[A-Z0-9]{{2,{LONGEST_PREFIX}}}$")
    report_title: str
    period_from: date
    period_to: date
    cutoff_on: date
    request_on: date
    deadline: DeadlineRule
    close_on: date
    report_on: date | None = None
    upstream: Upstream | None = None
    is_reconstruction: bool = False
    upstream_task: str = ""
    footnotes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Period:
        planned = [self.request_on, self.deadline.day, self.close_on, self.report_on]
        days = [day for day in planned if day is not None]
        if days != sorted(days):
            raise ValueError(
                f"period {self.code}: request_on, deadline, close_on and report_on must follow one another, "
                f"not {', '.join(map(str, days))}"
            )
        return self

    @property
    def last_on(self) -> date:
        """The last planned day."""
        return self.report_on or self.close_on


class Regime(_Data):
    """A reporting regime, or a single directive. Without a promulgating instrument it may only be run on
    request, not by a schedule.

    `asked_by`: a numbered letter asks; or the instrument does, and mail only tells of the opening; or, for a
    question to chosen offices, a mail that the unit approved. `calendar` names the working-day corrections of
    its own. `approval` lists per kind of document who approves it, one after the other; where it lists
    nobody, the unit alone does.
    """

    code: str = Field(pattern=r"^[a-z0-9_]+$")
    title: str
    kind: Literal["periodic", "thematic", "ad_hoc", "question"] = "thematic"
    instrument: str | None = None
    asked_by: Literal["letter", "instrument", "mail"] = "letter"
    ministry: Ministry
    unit: Unit
    signer: Signer
    addressees: tuple[Addressees, ...] = Field(min_length=1)
    deliverables: tuple[Deliverable, ...]
    form_code: str | None = None
    form_version: str | None = None
    reminders: tuple[ReminderStep, ...] = ()
    urging: UrgingStep | None = None
    escalation: UrgingStep | None = None
    completion_working_days: int = Field(default=3, gt=0)
    office_hours: OfficeHours = OfficeHours()
    request_letter: LetterText
    follow_up_letter: LetterText | None = None
    urging_letter: LetterText | None = Field(default=None, validate_default=True)
    escalation_letter: LetterText | None = Field(default=None, validate_default=True)
    report: ReportText | None = None
    approval: dict[ApprovedKind, tuple[ApprovalStep, ...]] = Field(default_factory=dict)
    stages: tuple[Stage, ...] = ()
    schedule: Schedule | None = None
    schedule_close_working_days: int = Field(default=5, gt=0)
    reference_prefix: str = Field(default="", pattern=r"^[A-Z]{0,8}$")
    periods: tuple[Period, ...] = ()

    @field_validator("urging_letter", "escalation_letter")
    @classmethod
    def _written_if_planned(cls, letter: LetterText | None, info: ValidationInfo) -> LetterText | None:
        name = str(info.field_name)
        step = name.removesuffix("_letter")
        if letter is None and info.data.get(step) is not None:
            raise ValueError(f"{step} plans this letter, so its text must be written here")
        return letter

    @field_validator("approval")
    @classmethod
    def _steps_once(
        cls, approval: dict[ApprovedKind, tuple[ApprovalStep, ...]]
    ) -> dict[ApprovedKind, tuple[ApprovalStep, ...]]:
        for kind, steps in approval.items():
            codes = [step.code for step in steps]
            if not codes or len(codes) != len(set(codes)):
                raise ValueError(f"{kind}: give at least one step, each with a code of its own")
        return approval

    @model_validator(mode="after")
    def _each_once(self) -> Regime:
        for key, codes in (
            ("periods", [p.code for p in self.periods]),
            ("reminders", [r.step for r in self.reminders]),
            ("deliverables", [d.code for d in self.deliverables]),
            ("addressees", [a.group for a in self.addressees if not a.only]),
        ):
            twice = sorted({code for code in codes if codes.count(code) > 1})
            if twice:
                raise ValueError(f"{key}: {', '.join(twice)} stands there twice")
        return self

    @model_validator(mode="after")
    def _whole(self) -> Regime:
        owing = {a.group for a in self.addressees if a.role == "owes"}
        for deliverable in self.deliverables:
            strays = sorted(set(deliverable.owed_by) - owing)
            if strays:
                raise ValueError(
                    f"deliverables: {deliverable.code} is owed by {', '.join(strays)}, "
                    "which no list of addressees with the role owes is called"
                )
        has_form = any(d.kind == "data_form" for d in self.deliverables)
        if {self.form_code is not None, self.form_version is not None} != {has_form}:
            raise ValueError(
                "a deliverable of kind data_form needs form_code and form_version, and they need such a one"
            )
        if not any(a.role == "owes" for a in self.addressees):
            raise ValueError("addressees: nobody has the role owes")
        if self.schedule is not None and (self.instrument is None or not self.reference_prefix):
            raise ValueError(
                "schedule: only a regime with an instrument runs by one, and it needs a reference_prefix"
            )
        if self.schedule is not None:
            longest = _in_codes(CalendarPeriod(date.max.year, self.schedule.frequency, 1).code)
            room = LONGEST_PREFIX - len(longest)
            if len(self.reference_prefix) > room:
                raise ValueError(
                    f"reference_prefix: {self.reference_prefix} is too long: look-up codes begin with it and "
                    f"the period ({longest}), {LONGEST_PREFIX} characters together; give it at most "
                    f"{room} letters"
                )
        if not self.periods and self.schedule is None:
            raise ValueError("periods: none, and there is no schedule either")
        for period in self.periods:
            if (period.report_on is None) != (self.report is None):
                raise ValueError(
                    f"period {period.code}: report_on and the regime's report go together; give both or none"
                )
        return self

    @property
    def has_deadline(self) -> bool:
        """Whether a day is fixed for anything that is asked for, in any of its periods."""
        rules = [d.deadline for d in self.deliverables if d.deadline is not None]
        rules += [p.deadline for p in self.periods]
        return self.schedule is not None or any(rule.kind != "open" for rule in rules)

    def period(self, code: str) -> Period:
        """The period with this code, written out or of the schedule. Raises LookupError naming those there
        are.
        """
        for period in self.periods:
            if period.code == code:
                return period
        if self.schedule is not None:
            from reporting.calendar.working_days import WorkingCalendar  # the library is slow to import

            found = self.schedule.period(code, WorkingCalendar.load(self.code))
            if found is not None:
                return self._scheduled(found)
        known = ", ".join(p.code for p in self.periods) or "those of its schedule"
        raise LookupError(f"Regime {self.code} has no period {code!r}; it has: {known}.")

    def periods_opening(self, first: date, last: date) -> list[Period]:
        """The periods whose request day lies between two days (both included), in order."""
        found = [p for p in self.periods if first <= p.request_on <= last]
        if self.schedule is not None:
            from reporting.calendar.working_days import WorkingCalendar  # the library is slow to import

            written = {p.code for p in self.periods}
            found += [
                self._scheduled(p)
                for p in self.schedule.periods_between(first, last, WorkingCalendar.load(self.code))
                if p.code not in written
            ]
        return sorted(found, key=lambda p: p.request_on)

    def _scheduled(self, period: ReportingPeriod) -> Period:
        from reporting.calendar.working_days import WorkingCalendar  # the library is slow to import

        calendar = WorkingCalendar.load(self.code)
        last_day = period.report_by.last_day
        given = calendar.shift(last_day, self.schedule_close_working_days)
        close_on = max(last_day, min(given, period.consolidate_on))
        # a working day, and not before the last reminder has had its day
        reminders = [r.working_days for r in self.reminders if r.anchor == "deadline" and r.working_days > 0]
        if reminders:
            last_reminder = calendar.reminder_day(last_day, max(reminders))
            close_on = max(close_on, last_reminder + timedelta(days=1))
        if not calendar.is_working_day(close_on):
            close_on = calendar.shift(close_on, 1)
        return Period(
            code=period.code,
            label=period.label,
            reference_prefix=f"{self.reference_prefix}{_in_codes(period.code)}",
            report_title=f"{self.title[:1].lower()}{self.title[1:]} {period.label}",
            period_from=period.period_from,
            period_to=period.period_to,
            cutoff_on=period.cutoff_on,
            request_on=period.opens_on,
            deadline=DeadlineRule(kind=period.report_by.kind, day=period.report_by.on),
            close_on=close_on,
            report_on=None if self.report is None else max(close_on, period.upstream_on),
            upstream=Upstream(due_on=period.upstream_on),
        )


def _in_codes(period: str) -> str:
    """A period's code as it stands in look-up codes: 2026_q1 → 2026Q1."""
    return period.upper().replace("_", "")


def parse_regime(path: Path) -> Regime:
    """Read one regime file. Raises ValueError naming the file, the keys at fault and what is wrong with
    each.
    """
    try:
        return Regime.model_validate(plain_yaml.load(path.read_text(encoding="utf-8")))
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
