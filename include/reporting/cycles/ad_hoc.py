"""Requests opened from a form: what an officer enters becomes a regime of one period, and a cycle of it.

Nothing of the form is taken on trust: everything that is to be mended is told at once, in Vietnamese.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator
from sqlalchemy import Connection, Engine

from reporting import clock, events
from reporting.calendar.deadlines import Deadline
from reporting.calendar.working_days import WorkingCalendar
from reporting.cycles import conducting, plan, questions
from reporting.cycles.digest_of_rehearsal import RehearsalDigest
from reporting.cycles.offer import NO_FORM, Offer, Plan, forms_offered, groups_offered, offer
from reporting.cycles.opening import cycle_id_of, open_cycle
from reporting.cycles.questions import REGIME, AskedQuestion, QuestionRefused, free_prefix, slug
from reporting.database import query
from reporting.documents.lifecycle import hash_of
from reporting.forms.models import Form, FormError, load_form
from reporting.letters.defaults import default_letter
from reporting.regimes.models import (
    Addressees,
    CopyTo,
    DeadlineRule,
    Deliverable,
    LetterText,
    Period,
    Regime,
    ReminderStep,
    Signer,
    Upstream,
)
from reporting.registry.names import NameIndex
from reporting.registry.roster import name_index
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import date_with_weekday, join_names, short_date

Kind = Literal["periodic", "thematic", "ad_hoc", "question"]
Mode = Literal["rehearsal", "live"]

_PURPOSES: dict[str, Literal["để b/c", "để biết", "để p/h", "như trên", "lưu"]] = {
    "b/c": "để b/c",
    "biết": "để biết",
    "p/h": "để p/h",
    "như trên": "như trên",
    "lưu": "lưu",
}


class FormRefused(ValueError):
    """The form cannot stand; `problems` says in Vietnamese everything that is to be mended."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class AdHocForm(BaseModel):
    """The form as entered (wording.md: "Biểu mẫu mở đợt báo cáo"). Number and date of the letter are not
    among its fields: they come at registration. Lists may be given as text, one entry a line.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = ""
    kind: Kind = "ad_hoc"
    instrument: str = ""
    """The instrument that promulgates the regime; only for periodic ones."""
    issued_by: Literal["ministry", "unit"] = "ministry"
    subject: str = ""
    task_document: str = ""
    upstream_due_on: date | None = None
    basis: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    added_offices: tuple[str, ...] = ()
    removed_offices: tuple[str, ...] = ()
    copied_groups: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    form: str = NO_FORM
    """A data form as code@version."""
    attachments: tuple[str, ...] = ()
    signed_report: Literal["committee", "department", "none"] = "committee"
    other_deliverables: tuple[str, ...] = ()
    period_from: date | None = None
    period_to: date | None = None
    cutoff_on: date | None = None
    deadline_on: date | None = None
    deadline_kind: Literal["before", "through", "open"] = "through"
    reminder_plan: str = "standard"
    signer: str = ""
    capacity: str = "kt_bo_truong"
    urgency: Literal["normal", "urgent", "very_urgent", "express"] = "normal"
    officer: str = ""
    approver: str = ""
    mode: Mode = "rehearsal"
    note: str = ""
    parent_cycle_id: str = ""
    questions: tuple[str, ...] = ()
    """Of a follow-up question: one a line, "[Quy chế 2012] wording" where it is about a value."""

    @field_validator(
        "basis", "requests", "added_offices", "removed_offices", "copies", "attachments",
        "other_deliverables", "questions", "groups", "copied_groups", mode="before",
    )  # fmt: skip
    @classmethod
    def _lines(cls, value: object) -> object:
        if value is None:
            return ()
        entries = value.splitlines() if isinstance(value, str) else value
        if isinstance(entries, list | tuple):
            return tuple(str(entry).strip() for entry in entries if str(entry).strip())
        return value

    @field_validator(
        "title", "instrument", "subject", "task_document", "form", "signer", "officer", "approver", "note",
        "parent_cycle_id", mode="before",
    )  # fmt: skip
    @classmethod
    def _words(cls, value: object) -> object:
        return "" if value is None else " ".join(value.split()) if isinstance(value, str) else value

    @property
    def asks_data_form(self) -> bool:
        """Whether a data form is chosen."""
        return self.form not in ("", NO_FORM)

    @field_validator("upstream_due_on", "period_from", "period_to", "cutoff_on", "deadline_on", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value


def read_form(entered: object) -> AdHocForm:
    """The form from what was entered. Raises FormRefused naming each field that cannot be read."""
    try:
        return AdHocForm.model_validate(entered)
    except ValidationError as error:
        raise FormRefused(
            [
                text(
                    "ad_hoc.problem.unreadable",
                    field=field_name(str(e["loc"][0] if e["loc"] else "")),
                    why=e["msg"],
                )
                for e in error.errors()
            ]
        ) from error


def field_name(field: str) -> str:
    """What a field is called in the form."""
    from reporting.wording.catalogue import catalogue

    key = f"ad_hoc.field.{field}"
    return text(key) if key in catalogue() else field


@dataclass(frozen=True)
class _Office:
    organization_id: str
    kind: str
    name: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class _Registry:
    """The offices of a day and the names by which they are found."""

    offices: dict[str, _Office]
    index: NameIndex

    @classmethod
    def read(cls, connection: Connection, on: date) -> _Registry:
        rows = connection.execute(query("ad_hoc/offices"), {"on_day": on})
        offices = {
            r.organization_id: _Office(r.organization_id, r.kind, r.name, tuple(r.groups)) for r in rows
        }
        return cls(offices, name_index(connection, on))

    def find(self, name: str) -> _Office | None:
        """The office of this id or name; None where there is none, or several."""
        return self.offices.get(name) or self.offices.get(self.index.resolve(name) or "")

    def members(self, group: str) -> list[str]:
        """The ids of a list's members."""
        return [o.organization_id for o in self.offices.values() if group in o.groups]

    def problem(self, name: str) -> str:
        """Why a name means no office, with those it may mean."""
        meant = sorted(self.index.candidates(name) & self.offices.keys())
        if meant:
            names = join_names([self.offices[i].name for i in meant], text("ad_hoc.or"))
            return text("ad_hoc.problem.several_offices", name=name, offices=names)
        similar = [self.offices[i].name for i, _ in self.index.suggest(name, 5) if i in self.offices][:3]
        return text(
            "ad_hoc.problem.unknown_office", name=name, similar=join_names(similar, text("ad_hoc.or"))
        )


def problems(form: AdHocForm, connection: Connection, today: date | None = None) -> list[str]:
    """Everything that is to be mended before the form can be opened as a request, in Vietnamese; empty when
    it can.

    A deadline on a day off and the like are no problems: the check before the launch tells them to the
    approver.
    """
    today = today or clock.wall_now().date()
    registry = _Registry.read(connection, today)
    return [
        *_problems_of_wording(form),
        *_problems_of_addressees(form, registry, today),
        *_problems_of_days(form, today),
        *_problems_of_content(form),
    ]


def build_regime(form: AdHocForm, connection: Connection, today: date | None = None) -> Regime:
    """The form as a regime of one period that begins today. Raises FormRefused where it has problems."""
    today = today or clock.wall_now().date()
    found = problems(form, connection, today)
    if found:
        raise FormRefused(found)
    registry = _Registry.read(connection, today)
    given = offer()
    rule = DeadlineRule(
        kind=form.deadline_kind, day=form.deadline_on if form.deadline_kind != "open" else None
    )
    deadline = plan.deadline_of(rule)
    calendar = WorkingCalendar.load(REGIME)
    chosen = given.plans[form.reminder_plan]
    start, close = (
        (today, chosen.without_day.close) if deadline is None else (deadline.last_day, chosen.close)
    )
    data_form = _load(form.form) if form.asks_data_form else None
    try:
        return Regime(
            code=REGIME,
            title=form.title,
            kind=form.kind,
            instrument=form.instrument or None,
            ministry=given.ministry,
            unit=given.unit,
            signer=_signer(form, given),
            addressees=_addressees(form, registry, given),
            deliverables=_deliverables(form, data_form, registry),
            form_code=data_form.code if data_form else None,
            form_version=data_form.version if data_form else None,
            reminders=_reminders(chosen, deadline),
            urging=chosen.urging if deadline else None,
            escalation=chosen.escalation if deadline else None,
            request_letter=_letter(form, data_form, given),
            urging_letter=default_letter("urging_letter") if deadline and chosen.urging else None,
            escalation_letter=default_letter("escalation_letter") if deadline and chosen.escalation else None,
            periods=(
                Period(
                    code=f"{today:%Y_%m_%d}_{slug(form.title)}",
                    label=_period_label(form),
                    reference_prefix=free_prefix(connection, f"YC{today:%y%m%d}"),
                    report_title=_report_title(form.title),
                    period_from=form.period_from or form.cutoff_on or today,
                    period_to=form.period_to or form.cutoff_on or today,
                    cutoff_on=form.cutoff_on or form.period_to or today,
                    request_on=today,
                    deadline=rule,
                    close_on=calendar.shift(start, close),
                    upstream=_upstream(form),
                ),
            ),
        )
    except ValidationError as error:
        raise FormRefused([e["msg"] for e in error.errors()]) from error


def open_ad_hoc(engine: Engine, form: AdHocForm, by: str) -> str:
    """Open the request, or the follow-up question, that a form describes, and return its cycle's id.

    The form is kept in the cycle's history. The same form sent twice on one day opens one cycle; another form
    of the same name on that day is refused. A form in the mode of rehearsal opens a rehearsal on a simulated
    clock that no run of Airflow carries: `rehearse_form` carries it through. Raises FormRefused.
    """
    return _open(engine, form, by)


def rehearse_form(
    engine: Engine,
    form: AdHocForm,
    by: str,
    answers: conducting.Answers = "nobody",
    answer_forms: conducting.AnswerForms | None = None,
) -> RehearsalDigest:
    """Open the form as a rehearsal, whatever its mode, and carry it through to its end. Raises
    FormRefused.
    """
    cycle_id = _open(engine, form.model_copy(update={"mode": "rehearsal"}), by)
    return conducting.rehearse_opened(engine, cycle_id, answers=answers, answer_forms=answer_forms)


def runs_of(connection: Connection, cycle_id: str) -> list[str]:
    """The runs that have carried a cycle, the earliest first."""
    return list(connection.scalars(query("ad_hoc/runs_in_order"), {"cycle_id": cycle_id}))


def _open(engine: Engine, form: AdHocForm, by: str) -> str:
    if form.kind == "question":
        return _open_question(engine, form, by)
    today = clock.wall_now().date()
    with engine.connect() as connection:
        regime = build_regime(form, connection, today)
    (period,) = regime.periods
    form_hash = hash_of(form.model_dump(mode="json"))
    if form.mode == "rehearsal":
        number, clock_id = _as_rehearsal(engine, regime, period.code)
        cycle_id = open_cycle(
            engine, regime, period.code, "rehearsal", number, officer=form.officer, clock_id=clock_id
        )
    else:
        cycle_id = cycle_id_of(regime, period.code, "live")
        with engine.connect() as connection:
            known = connection.execute(query("ad_hoc/form_of_cycle"), {"cycle_id": cycle_id}).one_or_none()
        if known is not None and known.form_hash != form_hash:
            raise FormRefused([text("ad_hoc.problem.same_name", cycle=cycle_id)])
        open_cycle(engine, regime, period.code, "live", officer=form.officer)
    _keep_form(engine, cycle_id, form, form_hash, by)
    return cycle_id


def _open_question(engine: Engine, form: AdHocForm, by: str) -> str:
    found, asked = _read_questions(engine, form)
    if found or form.deadline_on is None or form.deadline_kind == "open":
        raise FormRefused(found or [text("ad_hoc.problem.question_day")])
    try:
        cycle_id = questions.ask(
            engine,
            form.parent_cycle_id,
            form.added_offices,
            asked,
            Deadline(form.deadline_kind, form.deadline_on),
            officer=form.officer,
            by=by,
            mode=form.mode,
            rehearsed_as=lambda regime, period: _as_rehearsal(engine, regime, period),
        )
    except QuestionRefused as refused:
        raise FormRefused(refused.problems) from refused
    except ValueError as refused:
        raise FormRefused([str(refused)]) from refused
    _keep_form(engine, cycle_id, form, hash_of(form.model_dump(mode="json")), by)
    return cycle_id


def _as_rehearsal(engine: Engine, regime: Regime, period: str) -> tuple[int, str]:
    """The number of the next rehearsal of a period, and its clock, made for it to be conducted."""
    number = conducting.first_free_number(engine, regime, period)
    cycle_id = cycle_id_of(regime, period, "rehearsal", number)
    return number, conducting.prepare(engine, regime, period, cycle_id)


def _read_questions(engine: Engine, form: AdHocForm) -> tuple[list[str], list[AskedQuestion]]:
    """What is to be mended about the questions' cycle and lines, and the questions."""
    found: list[str] = []
    asked: list[AskedQuestion] = []
    if not form.parent_cycle_id:
        return [text("ad_hoc.problem.no_parent")], asked
    with engine.connect() as connection:
        try:
            data_form = questions.form_of(connection, form.parent_cycle_id)
        except LookupError:
            return [text("ad_hoc.problem.unknown_parent", cycle=form.parent_cycle_id)], asked
    for line in form.questions:
        try:
            asked.append(questions.parse_question(line, data_form))
        except QuestionRefused as refused:
            found += refused.problems
    if not form.questions:
        found.append(text("ad_hoc.question.no_wording"))
    return found, asked


def _keep_form(engine: Engine, cycle_id: str, form: AdHocForm, form_hash: str, by: str) -> None:
    with engine.begin() as connection:
        if connection.execute(query("ad_hoc/form_of_cycle"), {"cycle_id": cycle_id}).one_or_none() is None:
            events.record(
                connection, cycle_id, "form_entered", by, clock.now(connection, cycle_id),
                form_hash=form_hash, form=form.model_dump(mode="json"),
            )  # fmt: skip


# --- what is to be mended


def _problems_of_wording(form: AdHocForm) -> list[str]:
    needed = [
        field
        for field, value in (
            ("title", form.title),
            ("subject", form.subject),
            ("requests", form.requests),
            ("signer", form.signer),
            ("officer", form.officer),
            ("approver", form.approver),
        )
        if not value
    ]
    found = [text("ad_hoc.problem.missing", field=field_name(field)) for field in needed]
    found += [
        text("ad_hoc.problem.braces", field=field_name(field))
        for field, value in form.model_dump(mode="json").items()
        if any(
            brace in str(part) for part in (value if isinstance(value, list) else [value]) for brace in "{}"
        )
    ]
    if re.match(r"(?i)v/v\b|về việc\b", form.subject):
        found.append(text("ad_hoc.problem.subject_prefix"))
    if form.kind == "periodic" and not form.instrument:
        found.append(text("ad_hoc.problem.periodic"))
    capacity = offer().capacity(form.capacity)
    if capacity is None:
        known = "; ".join(" ".join(c.lines) for c in offer().capacities)
        found.append(text("ad_hoc.problem.capacity", entered=form.capacity, known=known))
    elif capacity.of != form.issued_by:
        found.append(
            text(
                "ad_hoc.problem.capacity_of",
                capacity=", ".join(capacity.lines),
                issuer=text(f"ad_hoc.issued_by.{form.issued_by}"),
            )
        )
    return found


def _problems_of_addressees(form: AdHocForm, registry: _Registry, today: date) -> list[str]:
    found = []
    known = groups_offered()
    for group in (*form.groups, *form.copied_groups):
        if group not in known:
            found.append(text("ad_hoc.problem.unknown_group", group=group, known=", ".join(known)))
        elif not registry.members(group):
            found.append(text("ad_hoc.problem.empty_group", group=known[group], day=short_date(today)))
    both = [known.get(g, g) for g in form.groups if g in form.copied_groups]
    if both:
        found.append(text("ad_hoc.problem.group_twice", groups=join_names(both)))
    if not form.groups and not form.added_offices:
        found.append(text("ad_hoc.problem.no_addressee"))
    listed = {i for group in form.groups for i in registry.members(group)}
    for name in form.added_offices:
        office = registry.find(name)
        if office is None:
            found.append(registry.problem(name))
        elif not office.groups:
            found.append(text("ad_hoc.problem.in_no_list", name=office.name))
    for name in form.removed_offices:
        office = registry.find(name)
        if office is None:
            found.append(registry.problem(name))
        elif office.organization_id not in listed:
            found.append(text("ad_hoc.problem.not_listed", name=office.name))
        else:
            listed.discard(office.organization_id)
    if form.groups and not listed and not form.added_offices and not found:
        found.append(text("ad_hoc.problem.no_addressee"))
    return found


def _problems_of_days(form: AdHocForm, today: date) -> list[str]:
    found = []
    if form.deadline_kind == "open":
        if form.deadline_on is not None:
            found.append(text("ad_hoc.problem.open_with_day"))
    elif form.deadline_on is None:
        found.append(text("ad_hoc.problem.missing", field=field_name("deadline_on")))
    elif (last_day := Deadline(form.deadline_kind, form.deadline_on).last_day) <= today:
        found.append(
            text(
                "ad_hoc.problem.deadline_past",
                last_day=date_with_weekday(last_day),
                today=date_with_weekday(today),
            )
        )
    if form.period_from and form.period_to and form.period_from > form.period_to:
        found.append(
            text("ad_hoc.problem.period", first=short_date(form.period_from), last=short_date(form.period_to))
        )
    if form.upstream_due_on and form.deadline_on and form.upstream_due_on < form.deadline_on:
        found.append(
            text(
                "ad_hoc.problem.after_upstream",
                deadline=short_date(form.deadline_on),
                upstream=short_date(form.upstream_due_on),
            )
        )
    return found


def _problems_of_content(form: AdHocForm) -> list[str]:
    found = []
    if form.reminder_plan not in offer().plans:
        found.append(text("ad_hoc.problem.plan", entered=form.reminder_plan, known=", ".join(offer().plans)))
    if form.asks_data_form:
        try:
            _load(form.form)
        except (FormError, OSError, ValueError):
            found.append(text("ad_hoc.problem.form", form=form.form, known=", ".join(forms_offered())))
    if form.signed_report == "none" and not form.asks_data_form and not form.other_deliverables:
        found.append(text("ad_hoc.problem.nothing_asked"))
    found += [text("ad_hoc.problem.copy", entry=entry) for entry in form.copies if _copy(entry) is None]
    return found


# --- the parts of the regime


def _load(form: str) -> Form:
    code, _, version = form.partition("@")
    return load_form(code, version)


def _signer(form: AdHocForm, given: Offer) -> Signer:
    capacity = given.capacity(form.capacity)
    assert capacity is not None  # validated
    return Signer(capacity=capacity.lines, name=form.signer)


def _addressees(form: AdHocForm, registry: _Registry, given: Offer) -> tuple[Addressees, ...]:
    removed = {o.organization_id for name in form.removed_offices if (o := registry.find(name)) is not None}
    listed: set[str] = set()
    found = []
    several = len(form.groups) + len(form.added_offices) > 1
    for group in form.groups:
        ids = set(registry.members(group))
        if not ids - removed:
            continue
        listed |= ids - removed
        words = given.groups.get(group)
        found.append(
            Addressees(
                group=group,
                role="owes",
                salutation=words.salutation if words else group,
                list_title=words.list_title if words and several else "",
                without=tuple(sorted(ids & removed)),
            )
        )
    for name in form.added_offices:
        office = registry.find(name)
        assert office is not None  # validated
        if office.organization_id not in listed:
            listed.add(office.organization_id)
            found.append(
                Addressees(
                    group=office.groups[0],
                    role="owes",
                    salutation=office.name,
                    only=(office.organization_id,),
                )
            )
    found += [Addressees(group=group, role="copied") for group in form.copied_groups]
    return tuple(found)


def _deliverables(form: AdHocForm, data_form: Form | None, registry: _Registry) -> tuple[Deliverable, ...]:
    found = []
    if form.signed_report != "none":
        asked = {registry.offices[i].kind for group in form.groups for i in registry.members(group)}
        asked |= {o.kind for name in form.added_offices if (o := registry.find(name)) is not None}
        is_provincial = asked <= {"province_committee", "province_department"}
        label = text(f"ad_hoc.deliverable.{form.signed_report if is_provincial else 'signed'}")
        found.append(Deliverable(code="signed_report", label=label))
    if data_form is not None:
        found.append(
            Deliverable(code="data_form", label=text("ad_hoc.deliverable.data_form"), kind="data_form")
        )
    found += [
        Deliverable(code=f"other_{number}", label=label)
        for number, label in enumerate(form.other_deliverables, start=1)
    ]
    return tuple(found)


def _reminders(chosen: Plan, deadline: Deadline | None) -> tuple[ReminderStep, ...]:
    if deadline is None:
        return tuple(
            ReminderStep(step=f"reminder__i_plus_{days}", working_days=days, anchor="issue")
            for days in chosen.without_day.reminders
        )
    return tuple(
        ReminderStep(step=f"reminder__t_{'minus' if days < 0 else 'plus'}_{abs(days)}", working_days=days)
        for days in chosen.reminders
    )


def _letter(form: AdHocForm, data_form: Form | None, given: Offer) -> LetterText:
    default = default_letter("request_letter")
    attachments = [*form.attachments, *([data_form.title] if data_form else [])]
    sends = []
    if form.signed_report != "none" or form.other_deliverables:
        sends.append(text("ad_hoc.letter.by_axis", deadline="{deadline_phrase}"))
    if data_form is not None:
        sends.append(text("ad_hoc.letter.by_mail"))
    closing = text("ad_hoc.letter.closing", sends="; ".join(sends))
    copies = [copy for entry in form.copies if (copy := _copy(entry)) is not None]
    own = {copy.name for copy in copies}
    kept = text("ad_hoc.letter.kept", unit=given.unit.symbol)
    return LetterText(
        subject=form.subject,
        basis=tuple(line for line in form.basis),
        opening=default.opening,
        requests=tuple(line for line in form.requests),
        closing=(closing[:1].upper() + closing[1:], *default.closing[1:]),
        attachments=tuple(line for line in attachments),
        copies=(
            CopyTo(name=text("ad_hoc.letter.as_above"), purpose="như trên"),
            *(copy for copy in copies if copy.purpose != "lưu"),
            *(() if kept in own else (CopyTo(name=kept, purpose="lưu"),)),
        ),
    )


def _copy(entry: str) -> CopyTo | None:
    """ "Bộ trưởng (để b/c)" or "Bộ trưởng | để b/c"; without a purpose: for information. None: unreadable."""
    found = re.fullmatch(r"(?P<name>[^()|]+?)\s*(?:\|\s*(?P<a>[^()|]+)|\((?P<b>[^()|]+)\))?", entry.strip())
    if found is None:
        return None
    said = (found["a"] or found["b"] or "để biết").strip().lower()
    purpose = _PURPOSES.get(said.removeprefix("để "))
    return None if purpose is None else CopyTo(name=found["name"], purpose=purpose)


def _upstream(form: AdHocForm) -> Upstream | None:
    if not form.task_document and form.upstream_due_on is None:
        return None
    return Upstream(task=form.task_document, due_on=form.upstream_due_on)


def _period_label(form: AdHocForm) -> str:
    if form.period_from and form.period_to:
        return text("ad_hoc.period", first=short_date(form.period_from), last=short_date(form.period_to))
    if form.cutoff_on:
        return text("ad_hoc.until", last=short_date(form.cutoff_on))
    return text("ad_hoc.no_period")


def _report_title(title: str) -> str:
    """The title as it stands after "báo cáo": without that word, its first word in lower case unless it is an
    abbreviation.
    """
    rest = re.sub(r"(?i)^báo cáo\s+", "", title)
    first = rest.split()[0] if rest.split() else ""
    return rest if len(first) > 1 and first.isupper() else rest[:1].lower() + rest[1:]
