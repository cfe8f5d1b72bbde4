"""Follow-up questions to chosen offices of a cycle: a small cycle of its own, asked by mail after approval.

Each office is shown the value on record and the cell where it stands. Who is silent after the deadline has
nothing to add: the cycle closes without urging.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Engine, Row
from unidecode import unidecode

from reporting import clock, events
from reporting.calendar.deadlines import Deadline
from reporting.calendar.working_days import WorkingCalendar
from reporting.cycles import plan
from reporting.cycles.opening import Mode, open_cycle, period_of, regime_of
from reporting.database import query
from reporting.documents.lifecycle import Draft, DraftedFile, hash_of
from reporting.forms.models import Form
from reporting.letters.text import escape
from reporting.mail import compose
from reporting.regimes.models import (
    Addressees,
    DeadlineRule,
    Deliverable,
    LetterText,
    Period,
    Regime,
)
from reporting.registry.names import NameIndex
from reporting.registry.roster import members
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import date_with_weekday, join_names, moment, short_date

REGIME = "ad_hoc"
"""The code of regimes that stand in no file: requests, and questions."""

REPLY = "reply"
_SLUG_LENGTH = 40
_MARKDOWN = "text/markdown"
_LINE = re.compile(r"^\[\s*(?P<indicator>[^\[\]]+?)\s+(?P<year>\d{4})\s*\]\s*(?P<wording>.+)$")


class QuestionRefused(ValueError):
    """The question cannot be asked as entered; `problems` says in Vietnamese what to mend, all at once."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class AskedQuestion:
    """A question; of a value of the form where `indicator` (its code) and `year` are given."""

    wording: str
    indicator: str | None = None
    year: int | None = None


def parse_question(line: str, form: Form | None) -> AskedQuestion:
    """A question as an officer writes it in one line: the wording alone, or "[Quy chế 2012] wording" with the
    indicator by its code or its short label.

    Raises QuestionRefused for an indicator or a year that the form does not have.
    """
    found = _LINE.match(line.strip())
    if found is None:
        return AskedQuestion(line.strip())
    if form is None:
        raise QuestionRefused([text("ad_hoc.question.no_form", line=line.strip())])
    name, year = found["indicator"], int(found["year"])
    wanted = unidecode(name).casefold()
    for indicator in form.indicators:
        names = (indicator.code, indicator.short_label, indicator.label)
        if wanted in {unidecode(n).casefold() for n in names}:
            if year in form.years:
                return AskedQuestion(found["wording"], indicator.code, year)
            years = ", ".join(map(str, form.years))
            raise QuestionRefused([text("ad_hoc.question.no_year", year=year, years=years)])
    labels = "; ".join(indicator.short_label for indicator in form.indicators)
    raise QuestionRefused([text("ad_hoc.question.no_indicator", name=name, labels=labels)])


def form_of(connection: Connection, cycle_id: str) -> Form | None:
    """The form of a cycle; None where it asks for no data. Raises LookupError for an unknown cycle."""
    regime_of(connection, cycle_id)  # an unknown cycle is told as such
    key = {"cycle_id": cycle_id, "submission_id": None}
    row = connection.execute(query("returns/form"), key).one_or_none()
    return None if row is None else Form.model_validate_json(row.form)


def chosen_offices(
    connection: Connection, cycle_id: str, names: Sequence[str]
) -> list[Row[tuple[object, ...]]]:
    """The recipients of a cycle that are meant, by look-up code, id or name in any usual spelling, in the
    order of the list.

    Raises QuestionRefused naming every one that is unknown, with those of similar names.
    """
    rows = connection.execute(query("questions/offices"), {"cycle_id": cycle_id}).all()
    by_key = {key: row for row in rows for key in (row.reference_code, row.organization_id)}
    by_id = {row.organization_id: row for row in rows}
    index = NameIndex((row.organization_id, (row.name, row.short_name)) for row in rows)
    wanted, problems = set(), []
    for name in names:
        row = by_key.get(name) or by_id.get(index.resolve(name) or "")
        if row is not None:
            wanted.add(row.organization_id)
            continue
        similar = join_names(by_id[i].short_name for i, _ in index.suggest(name))
        problems.append(text("ad_hoc.question.unknown_office", name=name, cycle=cycle_id, similar=similar))
    if problems:
        raise QuestionRefused(problems)
    return [row for row in rows if row.organization_id in wanted]


def ask(
    engine: Engine,
    parent_cycle_id: str,
    offices: Sequence[str],
    asked: Sequence[AskedQuestion],
    deadline: Deadline,
    *,
    officer: str,
    by: str,
    mode: Mode | None = None,
    number: int = 1,
    clock_id: str | None = None,
    rehearsed_as: Callable[[Regime, str], tuple[int, str]] | None = None,
) -> str:
    """Open a cycle that puts questions to chosen offices of another one, and return its id; asked twice on
    one day in the same words it is one.

    A rehearsal's number and clock are `number` and `clock_id` (by default the parent's clock), or what
    `rehearsed_as` gives for its regime and period. Each question is kept with the office's value that counts
    and the cell where it stands. `mode` is that of the parent, unless a live cycle's question is to be
    rehearsed. Raises QuestionRefused naming everything that is to be mended, LookupError for an unknown
    parent.
    """
    with engine.connect() as connection:
        parent = connection.execute(query("questions/cycle"), {"cycle_id": parent_cycle_id}).one_or_none()
        if parent is None:
            raise LookupError(
                f"There is no cycle {parent_cycle_id!r}; `reporting cycle list` shows those there are."
            )
        mode = mode or parent.mode
        today = clock.now(connection, parent_cycle_id).date()
        problems = _problems(parent, offices, asked, deadline, today, officer, mode)
        rows: list[Row[tuple[object, ...]]] = []
        try:
            rows = chosen_offices(connection, parent_cycle_id, offices)
        except QuestionRefused as refused:
            problems += refused.problems
        problems += _gone(connection, rows, today)
        if problems:
            raise QuestionRefused(problems)
        regime = _regime(connection, parent, rows, asked, deadline, today)
        form = form_of(connection, parent_cycle_id)
    (period,) = regime.periods
    if mode == "rehearsal" and rehearsed_as is not None:
        number, clock_id = rehearsed_as(regime, period.code)
    elif mode == "rehearsal" and parent.mode == "rehearsal":
        clock_id = clock_id or parent.clock_id
    cycle_id = open_cycle(
        engine,
        regime,
        period.code,
        mode,
        number,
        parent_cycle_id=parent_cycle_id,
        officer=officer,
        clock_id=clock_id,
    )
    with engine.begin() as connection:
        added = 0
        for row in rows:
            for position, question in enumerate(asked, start=1):
                added += connection.execute(
                    query("questions/add"),
                    {"cycle_id": cycle_id, "organization_id": row.organization_id, "position": position}
                    | _on_record(connection, row.recipient_id, question, form),
                ).rowcount
        if added:
            events.record(
                connection, cycle_id, "questions_asked", by, clock.now(connection, cycle_id),
                parent=parent_cycle_id, offices=len(rows), questions=len(asked),
            )  # fmt: skip
    return cycle_id


def mail_values(connection: Connection, cycle_id: str, recipient_id: int) -> dict[str, object]:
    """What the mail to one office says (include/templates/mail/question.txt.j2), frame included.

    Raises LookupError when nothing is asked of it.
    """
    cycle = connection.execute(query("questions/cycle"), {"cycle_id": cycle_id}).one()
    rows = _questions(connection, cycle_id, recipient_id)
    if not rows:
        raise LookupError(f"Nothing is asked of recipient {recipient_id} in {cycle_id}.")
    regime = Regime.model_validate(cycle.regime_content)
    report = connection.execute(query("questions/report"), {"recipient_id": recipient_id}).one_or_none()
    return {
        "recipient_name": rows[0].name,
        "recipient_short_name": rows[0].short_name,
        "reference_code": rows[0].reference_code,
        "title": cycle.title,
        "parent_title": cycle.parent_title,
        "report": ""
        if report is None
        else text("ad_hoc.question.report", number=report.document_number, date=short_date(report.signed_on)),
        "questions": [_shown(row) for row in rows],
        "has_values": any(row.value_seen for row in rows),
        "question_count": len(rows),
        "last_day": date_with_weekday(plan.last_day_before(cycle.due_at)),
        "ministry_name": regime.ministry.name,
        "unit_name": regime.unit.name,
        "contact_line": cycle.officer or regime.unit.contact,
        "at": moment(clock.now(connection, cycle_id)),
    }


def render_question(connection: Connection, cycle_id: str) -> Draft:
    """The questions as a draft to be approved; it gets no number and goes out by mail.

    Shows the mail to the first office and what is asked of whom. Raises LookupError while no question is
    kept.
    """
    rows = _questions(connection, cycle_id)
    if not rows:
        raise LookupError(f"{cycle_id} asks nothing yet; ask again: `reporting question ask`.")
    cycle = connection.execute(query("questions/cycle"), {"cycle_id": cycle_id}).one()
    offices = list(dict.fromkeys(row.short_name for row in rows))
    mail = compose.compose(
        "question",
        mail_values(connection, cycle_id, rows[0].recipient_id),
        is_rehearsal=cycle.mode == "rehearsal",
    )
    table = [
        text(
            "ad_hoc.question.table_row",
            office=escape(row.short_name),
            question=escape(row.wording),
            value=escape(_value(row)),
            place=escape(_place(row)),
        )
        for row in rows
    ]
    body = text(
        "ad_hoc.question.draft",
        title=escape(cycle.subject),
        parent=escape(cycle.parent_title or ""),
        offices=escape(join_names(offices)),
        count=len(offices),
        last_day=date_with_weekday(plan.last_day_before(cycle.due_at)),
        subject=mail.subject,
        mail=mail.body_text.rstrip(),
        table="\n".join([text("ad_hoc.question.table_head"), *table]),
    )
    kept = [list(row) for row in rows]
    file = DraftedFile("letter", text("ad_hoc.question.file", cycle_id=cycle_id), body.encode(), _MARKDOWN)
    return Draft(
        title=cycle.subject,
        body_markdown=body,
        data_hash=hash_of([cycle.subject, cycle.due_at, kept]),
        files=(file,),
        is_numbered=False,
    )


@dataclass(frozen=True)
class Answer:
    """A question to an office, the value on record, and what it answered; `body` is None while it is
    silent.
    """

    reference_code: str
    short_name: str
    label: str | None
    wording: str | None
    value_seen: str | None
    sheet: str | None
    cell: str | None
    body: str | None
    received_at: datetime | None
    entered_by: str | None


def answers(connection: Connection, cycle_id: str) -> list[Answer]:
    """Every question with its answer, in the order of the offices. Raises LookupError for an unknown
    cycle.
    """
    regime_of(connection, cycle_id)  # refuses an unknown cycle
    rows = connection.execute(query("questions/answers"), {"cycle_id": cycle_id})
    return [
        Answer(
            r.reference_code,
            r.short_name,
            r.label,
            r.wording,
            r.value_seen,
            r.sheet,
            r.cell,
            r.body,
            None if r.received_at is None else r.received_at.astimezone(clock.VIETNAM),
            r.entered_by,
        )
        for r in rows
    ]


def slug(title: str) -> str:
    """A title as part of an id: small letters, digits and _, cut at a word."""
    words = re.findall(r"[a-z0-9]+", unidecode(title).lower())
    found = ""
    for word in words:
        if len(found) + len(word) + 1 > _SLUG_LENGTH and found:
            break
        found = f"{found}_{word}" if found else word[:_SLUG_LENGTH]
    return found or "yeu_cau"


def free_prefix(connection: Connection, base: str) -> str:
    """The first look-up prefix that no office has yet: `base`, then `base` with a letter."""
    for letter in ("", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
        used = connection.execute(query("questions/prefixes"), {"prefix": base + letter}).scalar_one()
        if not used:
            return f"{base}{letter}"
    raise ValueError(f"All look-up codes {base}A to {base}Z are in use; open the cycle on another day.")


def _problems(
    parent: Row[tuple[object, ...]],
    offices: Sequence[str],
    asked: Sequence[AskedQuestion],
    deadline: Deadline,
    today: date,
    officer: str,
    mode: str,
) -> list[str]:
    problems = []
    if parent.kind == "question":
        problems.append(text("ad_hoc.question.of_question"))
    if parent.mode == "rehearsal" and mode == "live":
        problems.append(text("ad_hoc.question.of_rehearsal"))
    if not offices:
        problems.append(text("ad_hoc.question.no_offices"))
    if not asked or any(not question.wording.strip() for question in asked):
        problems.append(text("ad_hoc.question.no_wording"))
    if deadline.last_day <= today:
        problems.append(
            text(
                "ad_hoc.question.deadline_past",
                last_day=date_with_weekday(deadline.last_day),
                today=date_with_weekday(today),
            )
        )
    if not officer.strip():
        problems.append(text("ad_hoc.question.no_officer"))
    return problems


def _gone(connection: Connection, rows: Sequence[Row[tuple[object, ...]]], today: date) -> list[str]:
    """Those of the chosen offices that are in their list no more, such as after a merger of provinces."""
    listed = {
        member.organization_id
        for group in {str(row.group_code) for row in rows}
        for member in members(connection, group, today)
    }
    return [
        text("ad_hoc.question.gone", name=row.short_name, group=row.group_code, day=short_date(today))
        for row in rows
        if row.organization_id not in listed
    ]


def _regime(
    connection: Connection,
    parent: Row[tuple[object, ...]],
    rows: Sequence[Row[tuple[object, ...]]],
    asked: Sequence[AskedQuestion],
    deadline: Deadline,
    today: date,
) -> Regime:
    """The question as a regime of one period, addressed to the chosen offices alone."""
    of_parent = regime_of(connection, str(parent.cycle_id))
    covered = of_parent.period(period_of(connection, str(parent.cycle_id)))
    title = text("ad_hoc.question.title", title=parent.title)
    calendar = WorkingCalendar.load(of_parent.code)
    groups = dict.fromkeys(row.group_code for row in rows)
    # the same questions about the same report on the same day are one cycle
    ids = [r.organization_id for r in rows]
    mark = hash_of([parent.cycle_id, ids, [vars(a) for a in asked], deadline.phrase])[:6]
    name = slug(text("ad_hoc.question.slug", title=parent.title))
    code = f"{today:%Y_%m_%d}_{name}_{mark}"
    period = Period(
        code=code,
        label=covered.label,
        reference_prefix=free_prefix(connection, f"BS{today:%y%m%d}"),
        report_title=title,
        period_from=covered.period_from,
        period_to=covered.period_to,
        cutoff_on=covered.cutoff_on,
        request_on=today,
        deadline=DeadlineRule(kind=deadline.kind, day=deadline.on),
        close_on=calendar.shift(deadline.last_day, 1),
    )
    return Regime(
        code=REGIME,
        title=title,
        kind="question",
        asked_by="mail",
        ministry=of_parent.ministry,
        unit=of_parent.unit,
        signer=of_parent.signer,
        office_hours=of_parent.office_hours,
        addressees=tuple(
            Addressees(
                group=group,
                role="owes",
                only=tuple(str(r.organization_id) for r in rows if r.group_code == group),
            )
            for group in groups
        ),
        deliverables=(Deliverable(code=REPLY, label=text("ad_hoc.question.deliverable"), kind="reply"),),
        request_letter=LetterText(
            subject=text("ad_hoc.question.subject", count=len(asked), title=parent.title),
            requests=tuple(question.wording for question in asked),
        ),
        periods=(period,),
    )


def _on_record(
    connection: Connection, parent_recipient_id: object, question: AskedQuestion, form: Form | None
) -> dict[str, object]:
    kept: dict[str, object] = dict.fromkeys(("label", "value_seen", "sheet", "cell"))
    kept["wording"] = question.wording.strip()
    if question.indicator is None or question.year is None or form is None:
        return kept
    label = next((i.short_label for i in form.indicators if i.code == question.indicator), question.indicator)
    kept["label"] = text("ad_hoc.question.label", indicator=label, year=question.year)
    value = connection.execute(
        query("questions/value"),
        {"recipient_id": parent_recipient_id, "indicator": question.indicator, "year": question.year},
    ).one_or_none()
    if value is None:
        kept["value_seen"] = text("ad_hoc.question.value.none")
        return kept
    if not value.is_marked:
        shown = text("ad_hoc.question.value.no")
    elif value.document_number and value.document_on:
        shown = text(
            "ad_hoc.question.value.yes_with", number=value.document_number, date=short_date(value.document_on)
        )
    else:
        shown = text("ad_hoc.question.value.yes")
    if value.note:
        shown = text("ad_hoc.question.value.note", value=shown, note=value.note)
    return kept | {"value_seen": shown, "sheet": value.sheet, "cell": value.cell}


def _questions(
    connection: Connection, cycle_id: str, recipient_id: int | None = None
) -> Sequence[Row[tuple[object, ...]]]:
    return connection.execute(
        query("questions/of_cycle"), {"cycle_id": cycle_id, "recipient_id": recipient_id}
    ).all()


def _shown(row: Row[tuple[object, ...]]) -> dict[str, object]:
    return {
        "wording": row.wording,
        "label": row.label,
        "value": row.value_seen,
        "place": _place(row),
    }


def _value(row: Row[tuple[object, ...]]) -> str:
    if row.label is None:
        return ""
    return text("ad_hoc.question.value_of", label=row.label, value=row.value_seen or "")


def _place(row: Row[tuple[object, ...]]) -> str:
    if not row.sheet:
        return ""
    return text("ad_hoc.question.place", sheet=row.sheet, cell=row.cell)
