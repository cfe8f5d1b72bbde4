"""The summary of a cycle without a data form: which office sent which document, when, and who did not.

What the documents say is for the unit to sum up; the draft leaves a marked place for it and invents nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from reporting import clock
from reporting.database import query
from reporting.documents import lifecycle
from reporting.documents.lifecycle import Figure
from reporting.documents.section_texts import REPORT, SectionText, section_texts
from reporting.letters.blocks import Block, Cell, Row, Table, heading_cells
from reporting.letters.cycle import LetterCycle, office_words, report_text
from reporting.letters.official import copy_lines, heading_context
from reporting.letters.text import document_date, run_on
from reporting.regimes.models import ReportText
from reporting.summary.data import Replaced, SentMessage, group_titles
from reporting.summary.edition import replacement_sentences
from reporting.summary.report import render_sections
from reporting.summary.report_appendices import MOST_OFFICES, WIDTH_CM, Appendix
from reporting.summary.sections import CODES, Section, arranged, roman
from reporting.summary.tally import LISTED_NAMES
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import join_names

_UNFINISHED = frozenset({"to_complete", "partial", "department_only"})
RECEIVED = frozenset({"on_time", "extended_on_time", "late", "undated"})
_POSITION_CM, _OFFICE_CM = 1.1, 7.0


@dataclass(frozen=True)
class Answer:
    """What an office owes (or may give) and how it answered.

    `timeliness`: on_time, extended_on_time, late or undated once something came (undated: no day was fixed);
    else missing, not_due, optional, waived or confidential (it comes by the secret mail). The document's
    fields are None where none answered it.
    """

    deliverable: str
    is_opt_in: bool
    state: str
    timeliness: str
    days_late: int | None
    first_received_at: datetime | None
    registered_number: str | None
    document_number: str | None
    signed_on: date | None
    sent_on: date | None
    received_on: date | None
    signer: str | None
    capacity: str | None

    @property
    def is_received(self) -> bool:
        """Whether something came."""
        return self.timeliness in RECEIVED

    @property
    def is_missing(self) -> bool:
        """Whether it is owed and nothing came, or what came is to be completed."""
        return self.state in _UNFINISHED or self.timeliness in {"missing", "not_due"}


@dataclass(frozen=True)
class AnsweringOffice:
    """An office that owes something, with its answers by deliverable code; `group` names its part of the
    list.
    """

    organization_id: str
    name: str
    short_name: str
    group: str
    reminder_count: int
    answers: dict[str, Answer]

    @property
    def owed(self) -> list[Answer]:
        """What it owes: not what it may choose to give, nor what it was let off."""
        return [a for a in self.answers.values() if not a.is_opt_in and a.timeliness != "waived"]

    @property
    def standing(self) -> str:
        """complete, partly, nothing, or waived when it was let off everything."""
        if not self.owed:
            return "waived"
        missing = sum(answer.is_missing for answer in self.owed)
        return "complete" if not missing else "partly" if missing < len(self.owed) else "nothing"


@dataclass(frozen=True)
class ReceivedDocument:
    """A document that came, with the labels of what it answers."""

    office: AnsweringOffice
    answer: Answer
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Received:
    """All that the summary of a cycle without a form says. `deliverables` are (code, label, is_opt_in)."""

    cycle: LetterCycle
    report: ReportText
    as_of: date
    request_number: str | None
    request_on: date | None
    deliverables: tuple[tuple[str, str, bool], ...]
    offices: tuple[AnsweringOffice, ...]
    messages: tuple[SentMessage, ...]
    replaces: Replaced | None = None
    section_texts: tuple[SectionText, ...] = ()

    def standing(self, standing: str) -> list[AnsweringOffice]:
        """The offices with this standing, in the order of the list."""
        return [office for office in self.offices if office.standing == standing]

    def answers(self, deliverable: str) -> list[tuple[AnsweringOffice, Answer]]:
        """Who owes a deliverable and was not let off, with the answer."""
        return [
            (office, answer)
            for office in self.offices
            if (answer := office.answers.get(deliverable)) is not None and answer.timeliness != "waived"
        ]

    def documents(self) -> list[ReceivedDocument]:
        """The registered documents, each once whatever it answers, in the order of the list."""
        labels = {code: label for code, label, _ in self.deliverables}
        found: list[ReceivedDocument] = []
        for office in self.offices:
            by_number: dict[str | None, list[Answer]] = {}
            for answer in office.answers.values():
                if answer.registered_number is not None:
                    by_number.setdefault(answer.registered_number, []).append(answer)
            for answers in by_number.values():
                answered = tuple(labels[answer.deliverable] for answer in answers)
                found.append(ReceivedDocument(office, answers[0], answered))
        return found

    def groups(self) -> list[tuple[str, list[AnsweringOffice]]]:
        """The offices by their part of the list, parts in its order."""
        parts: dict[str, list[AnsweringOffice]] = {}
        for office in self.offices:
            parts.setdefault(office.group, []).append(office)
        return list(parts.items())


def load_received(connection: Connection, cycle: LetterCycle, replaces: Replaced | None = None) -> Received:
    """What came in a cycle up to its present moment; for a later edition with the report that it `replaces`.

    Raises LookupError when its regime has no report.
    """
    report = report_text(cycle.regime, cycle.cycle_id, cycle.title)
    key = {"cycle_id": cycle.cycle_id}
    now = clock.now(connection, cycle.cycle_id)
    request = lifecycle.cited_request(connection, cycle.cycle_id)
    titles = group_titles(cycle.regime, (a.group for a in cycle.owing))
    offices: dict[int, AnsweringOffice] = {}
    for row in connection.execute(query("summary/answers"), key | {"now": now}):
        office = offices.setdefault(
            row.recipient_id,
            AnsweringOffice(
                organization_id=row.organization_id,
                name=row.name,
                short_name=row.short_name,
                group=titles.get(row.group_code, ""),
                reminder_count=row.reminder_count,
                answers={},
            ),
        )
        office.answers[row.deliverable] = Answer(
            deliverable=row.deliverable,
            is_opt_in=row.is_opt_in,
            state=row.state,
            timeliness=row.timeliness,
            days_late=row.days_late,
            first_received_at=row.first_received_at and row.first_received_at.astimezone(clock.VIETNAM),
            registered_number=row.registered_number,
            document_number=row.document_number,
            signed_on=row.signed_on,
            sent_on=row.sent_on,
            received_on=row.received_on,
            signer=row.signer,
            capacity=row.capacity,
        )
    return Received(
        cycle=cycle,
        report=report,
        as_of=now.astimezone(clock.VIETNAM).date(),
        request_number=request.number if request else None,
        request_on=request.registered_on if request else None,
        deliverables=tuple(
            (r.deliverable, r.label, r.is_opt_in)
            for r in connection.execute(query("summary/deliverables"), key)
        ),
        offices=tuple(offices.values()),
        messages=tuple(
            SentMessage(r.organization_id, r.step, r.sequence, r.dated_at.astimezone(clock.VIETNAM))
            for r in connection.execute(query("summary/messages"), key)
        ),
        replaces=replaces,
        section_texts=section_texts(connection, cycle.cycle_id, replaces.kind if replaces else REPORT),
    )


def timeliness_words(answer: Answer) -> str:
    """How an answer stands in time: "gửi chậm 3 ngày", "Chưa gửi"."""
    words = text(f"received.timeliness.{answer.timeliness}", days=answer.days_late or 0)
    if answer.is_received and answer.state in _UNFINISHED:
        words = text("received.cell.between").join([words, text(f"received.timeliness.{answer.state}")])
    return words


def answer_cell(answer: Answer | None) -> str:
    """An answer in a table: number, date and timeliness of what came, or that nothing did."""
    if answer is None:
        return text("received.cell.not_owed")
    if answer.state == "nil":
        return text("received.cell.nil")
    if not answer.is_received:
        return timeliness_words(answer)
    if answer.document_number is not None and answer.signed_on is not None:
        what = text(
            "received.cell.document", number=answer.document_number, date=document_date(answer.signed_on)
        )
    else:
        assert answer.first_received_at is not None  # something came
        what = text("received.cell.without_number", date=document_date(answer.first_received_at.date()))
    if answer.timeliness == "undated" and answer.state not in _UNFINISHED:
        return what
    return text("received.cell.between").join([what, timeliness_words(answer)])


def shown_deliverables(data: Received) -> list[tuple[str, str]]:
    """Codes and labels of what at least one office owes or may give."""
    return [
        (code, label[:1].upper() + label[1:])
        for code, label, _ in data.deliverables
        if any(code in office.answers for office in data.offices)
    ]


def received_row(office: AnsweringOffice, shown: Sequence[tuple[str, str]]) -> list[str]:
    """An office and its answer to each of the deliverables, as a line of a table."""
    return [office.name, *(answer_cell(office.answers.get(code)) for code, _ in shown)]


def received_appendix(data: Received) -> Appendix:
    """Offices down, what they owe across, in the parts of the list; of many offices how many of each part."""
    shown = shown_deliverables(data)
    labels = [label for _, label in shown]
    rows: list[Row] = [
        heading_cells([text("received.table.position"), text("received.table.office"), *labels])
    ]
    is_large = len(data.offices) > MOST_OFFICES
    for group, offices in data.groups():
        if group:
            rows.append((Cell(group, is_bold=True, span=2 + len(shown)),))
        if is_large:
            counts = [_came_of(offices, code) for code, _ in shown]
            rows.append((Cell(""), *map(Cell, [text("received.table.came"), *counts])))
            continue
        for place, office in enumerate(offices, 1):
            rows.append((Cell(str(place), align="center"), *map(Cell, received_row(office, shown))))
    rest = (WIDTH_CM - _POSITION_CM - _OFFICE_CM) / max(1, len(shown))
    blocks = [Block("table", table=Table((_POSITION_CM, _OFFICE_CM, *[rest] * len(shown)), tuple(rows)))]
    if is_large:
        short_noun = text("report.short_nouns.office")
        blocks.append(Block("note", text("report.appendices.full_list", short_noun=short_noun)))
    name = text("report.appendices.name", number=roman(1))
    return Appendix("offices", name, text("received.table.title"), tuple(blocks))


def _came_of(offices: Sequence[AnsweringOffice], code: str) -> str:
    answers = [office.answers[code] for office in offices if code in office.answers]
    return text("received.table.count", count=sum(a.is_received for a in answers), office_count=len(answers))


def render_received_report(data: Received, sections: Sequence[Section] | None = None) -> bytes:
    """The report as docx with the table of offices as its appendix; the same bytes for the same data."""
    regime, report = data.cycle.regime, data.report
    context = heading_context(
        regime,
        mode=data.cycle.mode,
        year=data.cycle.report_year,
        is_reconstruction=False,
        is_report=True,
    )
    context |= {
        "subject": report.subject[:1].upper() + report.subject[1:],
        "addressees": [report.addressee],
        "copies": copy_lines(report.copies),
        "appendix_attached": text(
            "letters.appendix.attached_report",
            ministry_symbol=regime.ministry.symbol,
            year=data.cycle.report_year,
            ministry=regime.ministry.name,
        ),
    }
    return render_sections(
        received_sections(data) if sections is None else sections, context, [received_appendix(data)]
    )


def received_sections(data: Received) -> tuple[Section, ...]:
    """The sections of the report that say something; what the documents say is a marked place."""
    return tuple(section for section in received_outline(data) if section.blocks)


def received_outline(data: Received) -> tuple[Section, ...]:
    """Every section that the report may have, also those that the unit may write."""
    found: list[Section] = []
    shared = {
        "ministry": data.cycle.regime.ministry.name,
        "addressee": data.report.addressee,
        "subject": data.report.subject,
        "short_noun_caps": text("report.short_nouns.office").upper(),
    }
    headings = {
        "answers": text("report.headings.answers"),
        "contents": text("received.deliverables.heading"),
        "directions": text("report.parts.directions"),
        "proposals": text("report.parts.proposals"),
    } | {
        code: text(f"report.headings.{code}", **shared)
        for code in ("highlights", "achieved", "limits", "causes")
    }
    written: dict[str, Iterable[Block]] = {
        "opening": _opening(data, shared),
        "answers": _overall(data),
        "contents": _deliverables(data),
        "achieved": _contents_needed(data),
        "directions": _directions(data, shared),
        "closing": [Block("body", text("report.closing", **shared))],
    }
    figures = {
        "answers": {
            "office_count": len(data.offices),
            "complete": len(data.standing("complete")),
            "documents": len(data.documents()),
        },
        "contents": {
            f"received:{code}": sum(answer.is_received for _, answer in data.answers(code))
            for code, _, _ in data.deliverables
        },
    }
    for code in CODES:
        if code in headings or code in written:
            kept = tuple(Figure(f, value, code) for f, value in figures.get(code, {}).items())
            blocks = tuple(written.get(code, ()))
            found.append(Section(code, "", headings.get(code, ""), blocks, kept))
    return arranged(found, data.section_texts)


def _opening(data: Received, shared: Mapping[str, object]) -> Iterable[Block]:
    replaced = replacement_sentences(data.replaces, data.cycle.regime.ministry.name)
    for paragraph in run_on([*replaced, *data.report.basis, text("report.opening", **shared)]):
        yield Block("body", paragraph)


def _deliverables(data: Received) -> Iterable[Block]:
    for number, (code, label, is_opt_in) in enumerate(data.deliverables, 1):
        title = text("received.deliverables.label", number=number, label=label[:1].upper() + label[1:])
        yield Block("subheading", title)
        yield from _deliverable(data, code, is_opt_in)
    yield Block("body", text("received.basis"))


def _contents_needed(data: Received) -> Iterable[Block]:
    """The marked place for what the documents say, until the unit has written it."""
    if any(t.section in {"achieved", "limits", "causes"} for t in data.section_texts):
        return
    count = len(data.documents())
    unit = data.cycle.regime.unit.name
    key = "note" if count else "nothing"
    yield Block("body", text(f"received.contents.{key}", unit=unit, count=count))


def _directions(data: Received, shared: Mapping[str, object]) -> Iterable[Block]:
    if not data.report.directions:
        return
    yield Block("body", text("report.directions.intro", noun=text("report.nouns.office"), **shared))
    for number, item in enumerate(data.report.directions, 1):
        yield Block("body", text("report.directions.item", number=number, text=item))


def _overall(data: Received) -> list[Block]:
    cycle = data.cycle
    blocks = [Block("body", _request(data))]
    complete, partly, nothing, waived = (
        data.standing(standing) for standing in ("complete", "partly", "nothing", "waived")
    )
    values = {
        "date": document_date(data.as_of),
        "count": len(complete),
        "office_count": len(data.offices),
        "ministry": cycle.regime.ministry.name,
    }
    if not complete and not partly:
        blocks.append(Block("body", text("received.overall.none", **values)))
    elif len(complete) == len(data.offices):
        blocks.append(Block("body", text("received.overall.all", **values)))
    else:
        rest = [
            text(f"received.overall.{key}", count=len(offices))
            for key, offices in (("partly", partly), ("missing", nothing), ("waived", waived))
            if offices
        ]
        words = text("received.overall.before_rest") + text("received.overall.between").join(rest)
        blocks.append(Block("body", text("received.overall.some", rest=words, **values)))
    groups = data.groups()
    if len(groups) > 1 and (complete or partly):
        listed = text("received.between_groups").join(
            text(
                "received.group",
                group=group,
                count=sum(office.standing == "complete" for office in offices),
                office_count=len(offices),
            )
            for group, offices in groups
        )
        blocks.append(Block("body", text("received.by_group", groups=listed)))
    return blocks


def _request(data: Received) -> str:
    cycle = data.cycle
    values: dict[str, object] = {
        "ministry": cycle.regime.ministry.name,
        "office_count": len(data.offices),
        "report_title": cycle.title,
        "deadline": text("received.deadline", deadline_phrase=cycle.deadline_phrase)
        if cycle.deadline_phrase
        else "",
    }
    if data.request_number and data.request_on:
        day = document_date(data.request_on)
        return text("received.request", number=data.request_number, date=day, **values)
    return text("received.request_unnumbered", **values)


def _deliverable(data: Received, code: str, is_opt_in: bool) -> Iterable[Block]:
    owed = data.answers(code)
    came = [answer for _, answer in owed if answer.is_received]
    values = {"count": len(came), "office_count": len(owed)}
    if not owed:
        yield Block("body", text("received.deliverables.nobody_owes"))
        return
    if is_opt_in:
        yield Block("body", text("received.deliverables.opt_in", **values))
        return
    times = [
        text(f"received.deliverables.{timeliness}", count=count)
        for timeliness in ("on_time", "extended_on_time", "late")
        if (count := sum(answer.timeliness == timeliness for answer in came))
    ]
    missing = [
        office for office, answer in owed if not answer.is_received and answer.timeliness != "confidential"
    ]
    yield Block(
        "body",
        text(
            "received.deliverables.received",
            times=text("received.deliverables.before_times")
            + text("received.deliverables.between_times").join(times)
            if times
            else "",
            missing=text("received.deliverables.missing", count=len(missing)) if missing else "",
            **values,
        ),
    )
    if 0 < len(missing) <= LISTED_NAMES:
        yield Block("body", text("received.deliverables.names", names=join_names(_names(data, missing))))


def _names(data: Received, offices: Sequence[AnsweringOffice]) -> list[str]:
    """Short names where all are of one kind of place; else official ones, which tell them apart."""
    is_mixed = office_words([addressee.kind for addressee in data.cycle.owing]) == "office"
    return [office.name if is_mixed else office.short_name for office in offices]
