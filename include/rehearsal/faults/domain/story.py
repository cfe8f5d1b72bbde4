"""The cycle that the experiments play, stage by stage: what is laid into the channels, what people do, what
the pipeline does then. Every stage may be played again at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, cast

from sqlalchemy import Connection, Engine

from rehearsal.offices import spoil_mark
from rehearsal.simulated_year.mail_server import returned
from rehearsal.simulated_year.world import answer_by_mail
from reporting import plain_yaml
from reporting.calendar.deadlines import Deadline
from reporting.calendar.working_days import WorkingCalendar
from reporting.clock import VIETNAM
from reporting.cycles import changes, conducting, plan
from reporting.cycles.opening import cycle_id_of, open_cycle
from reporting.database import query
from reporting.documents import editions, replies
from reporting.intake.desk import IncomingDocument, register_at_desk, register_incoming_document
from reporting.regimes.models import Addressees, Regime, load_regime
from reporting.settings import INCLUDE, settings

MAILBOX, FOLDER = Path("inbox/new"), Path("folder")
"""Where mail and files are laid, below the folder of an experiment."""

CLOCK = "rehearsal:fault_experiments"
PDF = b"%PDF-1.4 signed %%EOF"
_REPLY = INCLUDE / "registry" / "replies" / "11062_vpcp_qhqt.yaml"


@dataclass(frozen=True)
class Laid:
    """A mail or file that comes: where it is laid, and its bytes."""

    path: Path
    data: bytes

    def came_at(self, moment: datetime) -> float:
        """The time of change that the file bears, in seconds since 1970."""
        return moment.timestamp()


@dataclass(frozen=True)
class Stage:
    """One stage: the clock is stepped to `moment`, `laid` comes, and then either a person does `event`, or
    the pipeline does what is due (`event` None). `keyed_in` is a workbook that the person has at hand.
    """

    name: str
    moment: datetime
    laid: tuple[Laid, ...] = ()
    event: Event | None = None
    keyed_in: bytes | None = None


@dataclass(frozen=True)
class Event:
    """Something from outside; see story.yaml."""

    at: datetime
    entry: dict[str, Any]

    @property
    def deed(self) -> str | None:
        """What a person does; None for mail."""
        return cast("str | None", self.entry.get("deed"))

    @property
    def office(self) -> int:
        """Whom it is about."""
        return int(self.entry["office"])


@cache
def told() -> dict[str, Any]:
    """The story as the file tells it."""
    found: dict[str, Any] = plain_yaml.load(Path(__file__).with_name("story.yaml").read_text("utf-8"))
    return found


def events() -> list[Event]:
    """What happens from outside, in its order."""
    return [
        Event(datetime.strptime(str(entry["at"])[:16], "%Y-%m-%d %H:%M").replace(tzinfo=VIETNAM), entry)
        for entry in told()["events"]
    ]


def regime() -> Regime:
    """The regime of the story: addressed to few offices, who get copies of the report."""
    found = load_regime(told()["regime"])
    few = Addressees(group=told()["group"], role="owes", salutation=found.addressees[0].salutation)
    assert found.report is not None
    report = found.report.model_copy(update={"mailed_to": (few.group,)})
    return found.model_copy(update={"addressees": (few,), "report": report})


def cycle_id() -> str:
    """The story's cycle."""
    return cycle_id_of(regime(), told()["period"], "rehearsal")


def opening() -> Stage:
    """The first stage: the cycle is opened."""
    start = plan.milestones(regime(), regime().period(told()["period"]), WorkingCalendar.load(regime().code))
    return Stage("open", start[0].due_at, event=Event(start[0].due_at, {"deed": "open"}))


def list_few(engine: Engine) -> None:
    """Make the list of the few offices from the beginning of the regime's own."""
    values = {
        "few": told()["group"],
        "group": load_regime(told()["regime"]).addressees[0].group,
        "count": told()["offices"],
    }
    with engine.begin() as connection:
        connection.execute(query("rehearsal/list_few"), values)


def codes(connection: Connection, cycle_id: str) -> list[str]:
    """The look-up codes of the offices, in the order of the list."""
    rows = connection.execute(query("rehearsal/owed_in_cycle"), {"cycle_id": cycle_id})
    return list(dict.fromkeys(row.reference_code for row in rows))


# --- what comes


def laid_by(
    connection: Connection, cycle_id: str, event: Event, before: dict[tuple[str, int], bytes]
) -> Laid:
    """What comes at an event, made from the mail that the office got; `before` holds what offices mailed
    earlier, by kind and office, and takes what they mail now.
    """
    kind, office = event.entry["mail"], event.office
    code = codes(connection, cycle_id)[office]
    if kind == "bounce":
        data = returned(*_request(connection, cycle_id, code))
    elif kind == "same_answer_again":
        again = message_from_bytes(before["answer", office], policy=policy.default)
        again.replace_header("Message-ID", f"<{code}.again@office.example>")
        again.replace_header("Date", format_datetime(event.at))
        data = again.as_bytes()
    else:
        chance = Random(f"{code}/{'other' if kind == 'other_answer' else 'marks'}")
        nth = 1 if kind in ("answer", "wrong_answer", "damaged_answer") else 2
        spoil = spoil_mark if kind == "wrong_answer" else None
        message = answer_by_mail(connection, cycle_id, code, event.at, chance, nth=nth, spoil=spoil)
        workbook = _workbook_in(message)
        if kind == "damaged_answer":
            _damage(workbook)
        if kind == "answer_in_folder":
            name = workbook.get_filename() or ""
            return Laid(FOLDER / name, cast("bytes", workbook.get_payload(decode=True)))
        data = message.as_bytes()
    before[kind, office] = data
    return Laid(MAILBOX / f"{event.at:%Y%m%d%H%M}.{kind}.{office}", data)


def _request(connection: Connection, cycle_id: str, code: str) -> tuple[EmailMessage, str]:
    key = {"cycle_id": cycle_id, "reference_code": code}
    row = connection.execute(query("rehearsal/request_of_office"), key).one()
    message = EmailMessage()
    message["From"], message["To"] = settings().ministry_address, row.to_address
    message["Subject"], message["Message-ID"] = row.subject, row.message_id_header
    message["Date"] = format_datetime(row.dated_at)
    return message, row.to_address


def _workbook_in(message: EmailMessage) -> EmailMessage:
    return next(message.iter_attachments())


def _damage(part: EmailMessage) -> None:
    data = cast("bytes", part.get_payload(decode=True))
    half, name = data[: len(data) // 2], part.get_filename()
    part.set_content(half, part.get_content_maintype(), part.get_content_subtype(), filename=name)


def keyed_in(connection: Connection, cycle_id: str, event: Event) -> bytes:
    """The workbook that the records desk fills in from an office's paper."""
    code = codes(connection, cycle_id)[event.office]
    message = answer_by_mail(connection, cycle_id, code, event.at, Random(f"{code}/marks"))
    return cast("bytes", _workbook_in(message).get_payload(decode=True))


# --- what is done


def do(engine: Engine, cycle_id: str, stage: Stage) -> None:
    """Do what is done at a stage, by whomever; raises what that raises."""
    if stage.event is None:
        approver = conducting.RehearsalApprover()
        while conducting.do_all_due(engine, [cycle_id], approver):
            pass
    else:
        _DEEDS[str(stage.event.deed)](engine, cycle_id, stage)


def _entry(stage: Stage) -> dict[str, Any]:
    assert stage.event is not None
    return stage.event.entry


def _code(engine: Engine, cycle_id: str, office: int) -> str:
    with engine.connect() as connection:
        return codes(connection, cycle_id)[office]


def _extend(engine: Engine, cycle_id: str, stage: Stage) -> None:
    changes.extend(
        engine, cycle_id, _code(engine, cycle_id, _entry(stage)["office"]),
        Deadline("through", _entry(stage)["until"]),
        asked_how="phone", reason=told()["extension_reason"], agreed_by=told()["officer"],
    )  # fmt: skip


def _document(number: int, on: date) -> IncomingDocument:
    return IncomingDocument(
        registered_number=told()["registered_number"].format(number=number),
        document_number=told()["document_number"].format(number=number),
        signed_on=on,
        sent_on=on,
        received_on=on,
        signer=told()["signer"],
        capacity="GĐ",
        entered_by=told()["records_desk"],
        filename=told()["scan_file"],
        file=PDF + str(number).encode(),
    )


def _register(engine: Engine, cycle_id: str, stage: Stage) -> None:
    for place, office in enumerate(_entry(stage)["offices"]):
        code = _code(engine, cycle_id, office)
        document = _document(_entry(stage)["first_number"] + place, stage.moment.date())
        with engine.begin() as connection:
            register_incoming_document(connection, cycle_id, code, document)


def _key_in(engine: Engine, cycle_id: str, stage: Stage) -> None:
    assert stage.keyed_in is not None
    code = _code(engine, cycle_id, _entry(stage)["office"])
    document = _document(_entry(stage)["number"], stage.moment.date())
    register_at_desk(engine, cycle_id, code, document, (f"{code}.xlsx", stage.keyed_in))


def _reply(engine: Engine, cycle_id: str, stage: Stage) -> None:
    with engine.begin() as connection:
        report = editions.published(connection, cycle_id)[0]
        came_on = stage.moment.date()
        reply = replies.load_reply(_REPLY).model_copy(
            update={
                "number": told()["reply_number"].format(number=_entry(stage)["number"]),
                "signed_on": came_on,
                "answers": replies.Answered(number=report.number, signed_on=report.registered_on),
            }
        )
        name = told()["reply_file"]
        replies.record_reply(connection, reply, by=told()["officer"], filename=name, file=PDF)


def _supplement(engine: Engine, cycle_id: str, stage: Stage) -> None:
    editions.start_supplement(engine, cycle_id, by=told()["officer"])


def _open(engine: Engine, cycle_id: str, stage: Stage) -> None:
    conducting.create_clock(engine, CLOCK, stage.moment)
    open_cycle(engine, regime(), told()["period"], "rehearsal", clock_id=CLOCK)


_DEEDS = {
    "open": _open,
    "extension": _extend,
    "signed_reports": _register,
    "keyed_in": _key_in,
    "government_reply": _reply,
    "supplement": _supplement,
}
