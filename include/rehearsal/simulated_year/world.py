"""What people outside do in a simulated year: offices answer on their days, ask for time, name a day.

Who does what follows from the scenario's seed and the office alone, never from how fast anything ran.
"""

from __future__ import annotations

import mailbox
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Literal

from sqlalchemy import Connection, Engine

from rehearsal.answers import Evidence, OfficeAnswer, numbers, rows
from rehearsal.simulated_year.scenario import YearScenario
from rehearsal.workbooks import CoverEntries, FilledWorkbook
from reporting import archive, clock, plain_yaml
from reporting.calendar.deadlines import Deadline
from reporting.cycles import changes, contact_log
from reporting.database import query
from reporting.forms.models import Form
from reporting.intake.desk import IncomingDocument, register_incoming_document
from reporting.settings import settings

Deed = Literal["document", "workbook", "extension", "waiver", "promise"]
_XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


@dataclass(frozen=True, order=True)
class Doing:
    """One thing that an office does at a moment; `deliverables` is what it answers with a document."""

    at: datetime
    cycle_id: str
    reference_code: str
    deed: Deed
    deliverables: tuple[str, ...] = ()


@cache
def words() -> dict[str, Any]:
    """What people say in a simulated year."""
    found: dict[str, Any] = plain_yaml.load(Path(__file__).with_name("words.yaml").read_text("utf-8"))
    return found


class World:
    """The offices of all cycles; a cycle's offices begin when it is open."""

    def __init__(self, engine: Engine, scenario: YearScenario, inbox: Path) -> None:
        self.engine, self.scenario, self.inbox = engine, scenario, inbox
        self._planned: list[Doing] = []
        self._begun: set[str] = set()
        self.done: dict[Deed, int] = dict.fromkeys(
            ("document", "workbook", "extension", "waiver", "promise"), 0
        )
        self.refused: list[str] = []

    def begin(self, cycle_id: str) -> None:
        """Plan what the offices of a cycle will do; does nothing when it is planned already."""
        if cycle_id in self._begun:
            return
        self._begun.add(cycle_id)
        with self.engine.connect() as connection:
            rows = connection.execute(query("rehearsal/owed_in_cycle"), {"cycle_id": cycle_id}).all()
            started = clock.now(connection, cycle_id)
        by_office: dict[str, list[Any]] = {}
        for row in rows:
            by_office.setdefault(row.reference_code, []).append(row)
        for code, owed in by_office.items():
            self._planned += self._doings(cycle_id, code, owed, started)
        specials = sorted(by_office)
        chance = Random(f"{self.scenario.seed}/{cycle_id}/specials")
        chance.shuffle(specials)
        counts: tuple[tuple[Deed, int], ...] = (
            ("extension", self.scenario.extensions),
            ("waiver", self.scenario.waivers),
            ("promise", self.scenario.promises),
        )
        for deed, count in counts:
            for code in [specials.pop() for _ in range(min(count, len(specials)))]:
                dated = [row.due_at for row in by_office[code] if row.due_at is not None]
                about = min(dated) if dated else started + timedelta(days=20)
                at = about.astimezone(clock.VIETNAM) - timedelta(days=2) + timedelta(hours=10)
                self._planned.append(Doing(max(at, started + timedelta(hours=1)), cycle_id, code, deed))
        self._planned.sort()

    def next_moment(self, after: datetime) -> datetime | None:
        """When something is done next, not before `after`."""
        return max(self._planned[0].at, after) if self._planned else None

    def act(self, now: datetime) -> int:
        """Do what is due by now; returns how much was done."""
        count = 0
        while self._planned and self._planned[0].at <= now:
            doing = self._planned.pop(0)
            self._do(doing, now)
            count += 1
        return count

    def mail_ahead(self, now: datetime, until: datetime) -> int:
        """Have the workbooks that would be mailed until then come now; returns how many."""
        early = [d for d in self._planned if d.deed == "workbook" and now < d.at <= until]
        for doing in early:
            self._planned.remove(doing)
            self._do(doing, now)
        return len(early)

    def _doings(self, cycle_id: str, code: str, owed: list[Any], started: datetime) -> Iterator[Doing]:
        behaviour = self.scenario.behaviour
        chance = Random(f"{self.scenario.seed}/{cycle_id}/{code}")
        share = chance.random()
        for kind, deed in (("document", "document"), ("data_form", "workbook")):
            rows = [row for row in owed if row.kind == kind and not row.is_opt_in]
            if not rows or share >= behaviour.on_time + behaviour.late:
                continue
            dated = [row.due_at for row in rows if row.due_at is not None]
            if not dated:
                at = started + timedelta(days=1 + chance.random() * behaviour.undated_within_days)
            elif share < behaviour.on_time:
                at = started + (min(dated) - started) * (0.1 + 0.88 * chance.random())
            else:
                at = min(dated) + timedelta(days=chance.random() * behaviour.late_within_days)
            yield Doing(_in_the_day(at), cycle_id, code, deed, tuple(row.deliverable for row in rows))  # type: ignore[arg-type]

    def _do(self, doing: Doing, now: datetime) -> None:
        try:
            match doing.deed:
                case "document":
                    self._register(doing, now)
                case "workbook":
                    self._mail_workbook(doing, now)
                case "extension":
                    self._extend(doing)
                case "waiver":
                    self._waive(doing)
                case "promise":
                    self._promise(doing, now)
        except (
            LookupError,
            ValueError,
        ) as refusal:  # such as an office that answered before it asked for time
            self.refused.append(f"{doing.reference_code}, {doing.deed}: {refusal}")
            return
        self.done[doing.deed] += 1

    def _register(self, doing: Doing, now: datetime) -> None:
        day = now.date()
        document = IncomingDocument(
            registered_number=f"{self.done['document'] + 1}",
            document_number=words()["document_number"].format(number=Random(str(doing)).randint(10, 900)),
            signed_on=day,
            sent_on=day,
            received_on=day,
            signer=words()["signer"],
            capacity="KT.",
            entered_by=words()["officer"],
            deliverables=doing.deliverables,
        )
        with self.engine.begin() as connection:
            register_incoming_document(connection, doing.cycle_id, doing.reference_code, document)

    def _mail_workbook(self, doing: Doing, now: datetime) -> None:
        """Answer the request's mail with its workbook filled in. Raises LookupError where no mail came."""
        chance = Random(f"{self.scenario.seed}/{doing.reference_code}/marks")
        with self.engine.connect() as connection:
            message = answer_by_mail(connection, doing.cycle_id, doing.reference_code, now, chance)
        mailbox.Maildir(self.inbox, create=True).add(message.as_bytes())

    def _extend(self, doing: Doing) -> None:
        with self.engine.connect() as connection:
            owed = connection.execute(
                query("cycles/owed_by"), {"cycle_id": doing.cycle_id, "reference_code": doing.reference_code}
            ).all()
            close = connection.execute(
                query("cycles/step_state"), {"cycle_id": doing.cycle_id, "step": "close"}
            ).one()
        dated = [row.due_at for row in owed if row.due_at is not None]
        if not dated:
            raise LookupError("nothing that has a day is owed")
        last = min(max(dated) + timedelta(days=4), close.due_at - timedelta(hours=20))
        day = last.astimezone(clock.VIETNAM).date()
        if Deadline("before", day).first_late_at <= max(dated):
            raise ValueError("no time is left before the close")
        changes.extend(
            self.engine, doing.cycle_id, doing.reference_code, Deadline("before", day),
            asked_how="phone", reason=words()["extension"], agreed_by=words()["officer"],
        )  # fmt: skip

    def _waive(self, doing: Doing) -> None:
        changes.waive(
            self.engine, doing.cycle_id, [doing.reference_code],
            asked_how="letter", reason=words()["waiver"], agreed_by=words()["officer"],
        )  # fmt: skip

    def _promise(self, doing: Doing, now: datetime) -> None:
        contact_log.log_call(
            self.engine, doing.cycle_id, doing.reference_code,
            channel="phone", spoke_with=words()["spoke_with"], summary=words()["promise"],
            promised_on=now.date() + timedelta(days=4), by=words()["officer"],
        )  # fmt: skip


def _in_the_day(at: datetime) -> datetime:
    """The same day in office hours, to the minute."""
    local = at.astimezone(clock.VIETNAM)
    return local.replace(hour=8 + local.hour % 9, second=0, microsecond=0)


def answer_by_mail(
    connection: Connection,
    cycle_id: str,
    reference_code: str,
    now: datetime,
    chance: Random,
    *,
    base: bytes | None = None,
    nth: int = 1,
    spoil: Callable[[FilledWorkbook, OfficeAnswer, Form], None] | None = None,
) -> EmailMessage:
    """The mail with which an office answers its request, the workbook filled in; always the same for the same
    chance. Its `nth` answer has a Message-ID of its own.

    `base` is filled in instead of the request's workbook, such as one that came back; `spoil` makes a mistake
    in it. Raises LookupError where no request came.
    """
    key = {"cycle_id": cycle_id, "reference_code": reference_code}
    row = connection.execute(query("rehearsal/request_of_office"), key).one_or_none()
    form = Form.model_validate(
        connection.execute(query("intake/cycle_context"), {"cycle_id": cycle_id}).one().form_content
    )
    if row is None:
        raise LookupError("there is no mail to answer")
    workbook = next(file for file in row.attachments if file["filename"].endswith(".xlsx"))
    filled = FilledWorkbook(archive.read(workbook["sha256"]) if base is None else base)
    answer = _answer(form, chance)
    filled.fill(answer, _cover(row, now.date()), form)
    if spoil is not None:
        spoil(filled, answer, form)
    message = EmailMessage()
    message["From"], message["To"] = row.to_address, settings().ministry_address
    message["Subject"] = f"Re: {row.subject}"
    message["Date"] = format_datetime(now)
    again = f".{nth}" if nth > 1 else ""
    message["Message-ID"] = f"<{reference_code}.answer{again}@office.example>"
    message["In-Reply-To"] = row.message_id_header
    message.set_content(words()["answer"])
    maintype, subtype = _XLSX
    message.add_attachment(filled.save(), maintype=maintype, subtype=subtype, filename=workbook["filename"])
    message.set_boundary(f"answer-{nth}-of-{reference_code}")
    return message


def _answer(form: Form, chance: Random) -> OfficeAnswer:
    number = words()["evidence_number"]
    marks = {
        (indicator.code, year): Evidence(
            number.format(number=chance.randint(1, 99)), date(year, 6, chance.randint(1, 28))
        )
        for indicator in form.indicators
        for year in form.years
        if chance.random() < 0.5
    }
    narratives = {section.code: words()["narrative"] for section in form.sections}
    made_up = chance.random()
    return OfficeAnswer(
        "",
        form.marks.offered[0],
        marks,
        narratives,
        numbers(form, marks.keys(), made_up),
        rows(form, made_up),
    )


def _cover(row: Any, on: date) -> CoverEntries:
    return CoverEntries(
        words()["report_number"], on, words()["signer"], words()["spoke_with"], row.to_address, on
    )
