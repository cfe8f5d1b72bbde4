"""The simulated offices: they read the ministry's mail, fill in the workbooks it sent, and answer by mail.

They know nothing of the pipeline but what it mails them. What an office does follows from the mails in its
mailbox and from the scenario alone, so that a driver that was killed comes to the same plans again; a small
journal remembers what was sent, and the Message-IDs are always the same.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import smtplib
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses, parsedate_to_datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Literal, cast

import yagmail

from rehearsal.answers import OfficeAnswer, chosen, samples
from rehearsal.roster import Office
from rehearsal.scenario import Behaviour, Scenario
from rehearsal.workbooks import CoverEntries, FilledWorkbook, workbook_of_old_form
from reporting.clock import VIETNAM
from reporting.forms.models import Form, load_form
from reporting.intake.desk import IncomingDocument

_XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
_CODE = re.compile(r"\[\s*([^\[\]\s]+)\s*\]")
_SECONDS_TO_WAIT = 30
_NUMBERS_A_DAY = 100


class OfficesError(RuntimeError):
    """The offices cannot go on; the message says why."""


@dataclass(frozen=True)
class ReceivedMail:
    """A mail of the ministry's as an office reads it."""

    message_id: str
    subject: str
    sent_at: datetime
    reply_to: str
    code: str
    workbook: bytes | None


@dataclass(frozen=True)
class SignedReport:
    """A signed report that reached the ministry's records desk, to be registered there."""

    key: str
    reference_code: str
    document: IncomingDocument


@dataclass(frozen=True)
class EntryOnBehalf:
    """A workbook that the ministry enters for an office that did not answer by mail."""

    key: str
    reference_code: str
    filename: str
    data: bytes
    reason: str
    entered_by: str


DeskEntry = SignedReport | EntryOnBehalf


@dataclass(frozen=True)
class _Reply:
    """A mail that an office is going to send."""

    key: str  # its Message-ID
    office: Office
    answers: ReceivedMail
    kind: Literal["reply", "correction"]
    moment: datetime
    written_at: datetime
    make_workbook: Callable[[], bytes]


@dataclass(frozen=True)
class _Due:
    """Something that the records desk is going to enter."""

    key: str
    position: int
    moment: datetime
    make: Callable[[], DeskEntry]


@dataclass
class _Desk:
    """What one office has before it: its state follows from the mails it has read so far."""

    behaviour: Behaviour
    answer: OfficeAnswer | None
    code: str | None = None  # look-up code of the cycle that is under way
    request: ReceivedMail | None = None
    has_answered: bool = False


class Offices:
    """All offices of a scenario.

    The driver calls `receive` after each step of the clock, moves the clock to `next_moment`, and there calls
    `act` and enters what `desk_entries` gives, confirming each with `entered`.
    """

    def __init__(
        self,
        mail_root: Path,
        scenario: Scenario,
        answers: Mapping[str, OfficeAnswer],
        smtp_address: str,
        journal: Path | None = None,
    ) -> None:
        """`mail_root` holds one Maildir per address. The journal lies beside it unless another place is
        given.

        Offices without an answer stay silent. Raises OfficesError for answers of offices that are not in the
        roster, ValueError for a malformed address (host:port).
        """
        strays = sorted(set(answers) - set(scenario.behaviours))
        if strays:
            raise OfficesError(
                f"There are answers of offices that the roster does not have: {', '.join(strays)}."
            )
        self.scenario = scenario
        self._mail_root = mail_root
        host, _, port = smtp_address.rpartition(":")
        self._server = (host, int(port))
        self._journal = _Journal(journal or mail_root.parent / "offices.json")
        self._desks = {
            organization_id: _Desk(behaviour, answers.get(organization_id))
            for organization_id, behaviour in scenario.behaviours.items()
        }
        self._seen: set[str] = set()
        self._replies: dict[str, _Reply] = {}
        self._filled_in: dict[str, bytes] = {}
        self._due: dict[str, _Due] = {}

    @cached_property
    def _form(self) -> Form:
        return load_form(self.scenario.form_code, self.scenario.form_version)

    # -- what the driver calls --

    def receive(self, now: datetime) -> int:
        """Read the mail that came up to `now`, plan what to do, and return how many mails were new."""
        fresh: list[tuple[datetime, str, ReceivedMail, _Desk]] = []
        for desk in self._desks.values():
            unread = list(self._unread(desk.behaviour.office))
            for _, mail in unread:
                if mail is not None and self.scenario.kind_of(mail.subject) == "request":
                    self._begin(desk, mail.code)
            for name, mail in unread:
                if mail is None or mail.code != desk.code:
                    self._seen.add(name)
                elif mail.sent_at <= now:
                    fresh.append((mail.sent_at, name, mail, desk))
        for _, name, mail, desk in sorted(fresh, key=lambda entry: entry[:2]):
            self._seen.add(name)
            if desk.answer is not None and not desk.behaviour.is_silent:
                self._consider(desk, desk.answer, mail)
        return len(fresh)

    def next_moment(self) -> datetime | None:
        """When something is to be done next from outside; None when nothing is planned."""
        moments = [reply.moment for reply in self._open_replies()] + [due.moment for due in self._open_dues()]
        return min(moments, default=None)

    def act(self, moment: datetime) -> int:
        """Send everything that is due by `moment`, in the order in which it was written; return how many
        mails.

        A mail that a killed driver had begun to send is looked for in the ministry's mailbox first. Raises
        OfficesError when the server cannot be reached or refuses.
        """
        due = sorted(
            (reply for reply in self._open_replies() if reply.moment <= moment),
            key=lambda reply: (reply.written_at, reply.office.position),
        )
        sent = 0
        if not due:
            return sent
        try:
            with self._mail_program() as session:
                for reply in due:
                    if self._journal.state(reply.key) == "sending" and self._has_arrived(reply):
                        self._journal.note(reply.key, "done")
                        continue
                    message = self._compose(reply)
                    self._journal.note(reply.key, "sending")
                    session.smtp.send_message(message)
                    self._journal.note(reply.key, "done")
                    del self._filled_in[reply.key]
                    sent += 1
        except (OSError, smtplib.SMTPException) as error:
            host, port = self._server
            raise OfficesError(
                f"The offices' mail did not go out over {host}:{port} ({error}). "
                "Check that the capture server runs, and go on: nothing is sent twice."
            ) from error
        return sent

    def _mail_program(self) -> yagmail.SMTP:
        """The offices' mail program, connected to their server."""
        host, port = self._server
        program = yagmail.SMTP(
            user={"": ""},
            password="",
            host=host,
            port=port,
            smtp_ssl=False,
            smtp_starttls=False,
            smtp_skip_login=True,
            soft_email_validation=False,
            timeout=_SECONDS_TO_WAIT,
        )
        program.login()
        return program

    def prepare(self) -> bool:
        """Fill in one of the workbooks that are to be sent, the next one first, while others work; returns
        whether there was one.
        """
        for reply in sorted(self._open_replies(), key=lambda reply: (reply.moment, reply.office.position)):
            if reply.key not in self._filled_in:
                self._workbook(reply)
                return True
        return False

    def desk_entries(self, moment: datetime) -> list[DeskEntry]:
        """What the records desk has to enter by `moment` and has not confirmed, in the order of arrival."""
        due = sorted(
            (due for due in self._open_dues() if due.moment <= moment),
            key=lambda due: (due.moment, due.position, due.key),
        )
        return [due.make() for due in due]

    def entered(self, entry: DeskEntry) -> None:
        """Note that the desk has made this entry."""
        self._journal.note(entry.key, "done")

    # -- what an office does about a mail --

    def _begin(self, desk: _Desk, code: str) -> None:
        """Turn to a new cycle: what was planned for an earlier one is let go."""
        if desk.code == code:
            return
        office = desk.behaviour.office
        self._replies = {key: reply for key, reply in self._replies.items() if reply.office != office}
        self._due = {key: due for key, due in self._due.items() if due.position != office.position}
        desk.code, desk.request, desk.has_answered = code, None, False

    def _consider(self, desk: _Desk, answer: OfficeAnswer, mail: ReceivedMail) -> None:
        kind = self.scenario.kind_of(mail.subject)
        if kind == "request" and desk.request is None and mail.workbook is not None:
            desk.request = mail
            self._plan_from_request(desk, answer, mail)
        elif kind == "reminder":
            wanted = desk.behaviour.after_reminder_of
            if wanted is not None and not desk.has_answered and mail.sent_at.date() >= wanted:
                self._plan_reply(desk, answer, mail, None)
        elif kind == "completion_request" and mail.workbook is not None:
            self._plan_correction(desk, answer, mail)

    def _plan_from_request(self, desk: _Desk, answer: OfficeAnswer, mail: ReceivedMail) -> None:
        behaviour = desk.behaviour
        if behaviour.signed_report_on is not None:
            day = self.scenario.first_day_after(mail.sent_at, behaviour.signed_report_on)
            self._plan_signed_report(desk, mail, day, day)
        if behaviour.entered_on is not None:
            day = self.scenario.first_day_after(mail.sent_at, behaviour.entered_on)
            posted_on = max(behaviour.posted_on or mail.sent_at.date(), mail.sent_at.date())
            self._plan_signed_report(desk, mail, day, posted_on)
            self._plan_entry(desk, answer, mail, day, posted_on)
        elif behaviour.after_reminder_of is None:
            self._plan_reply(desk, answer, mail, behaviour.reply_on)

    def _plan_reply(self, desk: _Desk, answer: OfficeAnswer, mail: ReceivedMail, wish: date | None) -> None:
        desk.has_answered = True
        day = self.scenario.first_day_after(mail.sent_at, wish)
        if day is None:
            return
        if desk.behaviour.signed_report_on is None:
            self._plan_signed_report(desk, mail, day, day)
        self._plan_mail(desk, mail, "reply", day, lambda: self._first_workbook(desk, answer, day))

    def _plan_correction(self, desk: _Desk, answer: OfficeAnswer, mail: ReceivedMail) -> None:
        day = self.scenario.first_day_after(mail.sent_at)
        if day is None:
            return
        # Whoever had attached another office's file takes his own, all others the one that came back.
        took_another = desk.behaviour.fault == "workbook_of_another" and desk.request is not None
        base = desk.request.workbook if took_another and desk.request else mail.workbook
        self._plan_mail(desk, mail, "correction", day, lambda: self._filled(desk, answer, base or b"", day))

    def _plan_mail(
        self,
        desk: _Desk,
        mail: ReceivedMail,
        kind: Literal["reply", "correction"],
        day: date,
        make_workbook: Callable[[], bytes],
    ) -> None:
        office = desk.behaviour.office
        domain = office.address.rpartition("@")[2]
        key = f"<tra-loi.{sha256(mail.message_id.encode()).hexdigest()[:20]}@{domain}>"
        self._replies[key] = _Reply(
            key=key,
            office=office,
            answers=mail,
            kind=kind,
            moment=self.scenario.moment(day),
            written_at=self.scenario.written_at(office, day, kind),
            make_workbook=make_workbook,
        )

    def _plan_signed_report(
        self, desk: _Desk, mail: ReceivedMail, day: date | None, sent_on: date | None
    ) -> None:
        if day is None or sent_on is None:
            return
        office = desk.behaviour.office
        key = f"signed-report {mail.code}"
        nth = self.scenario.days.index(day)
        number = self.scenario.first_incoming_number[day.year] + nth * _NUMBERS_A_DAY + office.position
        document = IncomingDocument(
            registered_number=f"{number}/{day.year}",
            document_number=self._report_number(office),
            signed_on=sent_on,
            sent_on=sent_on,
            received_on=day,
            signer=_person(office, "director"),
            capacity="GĐ",
            entered_by=self.scenario.desk_user,
        )
        self._due[key] = _Due(
            key, office.position, self.scenario.moment(day), lambda: SignedReport(key, mail.code, document)
        )

    def _plan_entry(
        self, desk: _Desk, answer: OfficeAnswer, mail: ReceivedMail, day: date | None, report_on: date
    ) -> None:
        if day is None:
            return
        office = desk.behaviour.office
        key = f"workbook-entry {mail.code}"
        filename = samples().filenames["entry"].format(code=mail.code, short_name=office.short_name)

        def make() -> DeskEntry:
            data = self._filled(desk, answer, mail.workbook or b"", report_on)
            reason = desk.behaviour.reason or ""
            return EntryOnBehalf(key, mail.code, filename, data, reason, self.scenario.desk_user)

        self._due[key] = _Due(key, office.position, self.scenario.moment(day), make)

    # -- what an office writes --

    def _workbook(self, reply: _Reply) -> bytes:
        if reply.key not in self._filled_in:
            self._filled_in[reply.key] = reply.make_workbook()
        return self._filled_in[reply.key]

    def _first_workbook(self, desk: _Desk, answer: OfficeAnswer, day: date) -> bytes:
        """The workbook of the first answer, with the office's fault in it if it has one."""
        behaviour = desk.behaviour
        assert desk.request is not None
        own = desk.request.workbook or b""
        if behaviour.fault == "old_form" and behaviour.old_version is not None:
            old = load_form(self.scenario.form_code, behaviour.old_version)
            base = workbook_of_old_form(old, desk.request.code, behaviour.office.name, day)
            return self._filled(desk, answer, base, day)
        if behaviour.fault == "workbook_of_another" and behaviour.other is not None:
            other = self._desks[behaviour.other.organization_id]
            return self._filled(desk, answer, (other.request or desk.request).workbook or own, day)
        spoil = {"bad_mark": spoil_mark, "missing_evidence": _lose_evidence}.get(behaviour.fault or "")
        return self._filled(desk, answer, own, day, spoil)

    def _filled(
        self,
        desk: _Desk,
        answer: OfficeAnswer,
        base: bytes,
        day: date,
        spoil: Callable[[FilledWorkbook, OfficeAnswer, Form], None] | None = None,
    ) -> bytes:
        office = desk.behaviour.office
        filled = FilledWorkbook(base)
        filled.fill(
            answer,
            CoverEntries(
                report_number=self._report_number(office),
                report_on=day,
                signer=_person(office, "director"),
                contact_name=_person(office, "contact"),
                contact_email=office.address,
                prepared_on=day,
                writes_name=desk.behaviour.writes_name,
            ),
            self._form,
        )
        if spoil is not None:
            spoil(filled, answer, self._form)
        return filled.save()

    def _report_number(self, office: Office) -> str:
        number = 40 + chosen(160, office.organization_id, "signed report")
        return samples().signed_report_number.format(n=number)

    def _compose(self, reply: _Reply) -> EmailMessage:
        """The mail as a person's mail program writes it."""
        office, answered = reply.office, reply.answers
        texts = samples()
        wording = "correction"
        if reply.kind == "reply":
            wording = ("reply", "reply_short")[chosen(2, office.organization_id, "wording")]
        contact = _person(office, "contact")
        message = EmailMessage(policy=policy.SMTP)
        message["From"] = Address(contact, addr_spec=office.address)
        message["To"] = Address(addr_spec=answered.reply_to)
        message["Subject"] = f"Re: {answered.subject}"
        message["Date"] = format_datetime(reply.written_at)
        message["Message-ID"] = reply.key
        message["In-Reply-To"] = answered.message_id
        message["References"] = answered.message_id
        message.set_content(
            texts.mail[wording].format(office=office.name, contact=contact), cte="quoted-printable"
        )
        maintype, subtype = _XLSX
        message.add_attachment(
            self._workbook(reply),
            maintype=maintype,
            subtype=subtype,
            filename=texts.filenames[reply.kind].format(code=answered.code, short_name=office.short_name),
        )
        return message

    # -- mailboxes --

    def _unread(self, office: Office) -> Iterator[tuple[str, ReceivedMail | None]]:
        """The mails not yet considered: the name of each and what it says, None for one that is not
        understood.
        """
        for name, path in _mails(self._mail_root / office.address):
            if name not in self._seen:
                with contextlib.suppress(FileNotFoundError):
                    yield name, _read_mail(path.read_bytes())

    def _has_arrived(self, reply: _Reply) -> bool:
        wanted = f"message-id: {reply.key}".lower().encode()
        for _, path in _mails(self._mail_root / reply.answers.reply_to):
            head = path.read_bytes().partition(b"\n\n")[0].lower()
            if wanted in b" ".join(head.replace(b"\n ", b" ").split(b"  ")):
                return True
        return False

    def _open_replies(self) -> Iterator[_Reply]:
        return (reply for key, reply in self._replies.items() if self._journal.state(key) != "done")

    def _open_dues(self) -> Iterator[_Due]:
        return (due for key, due in self._due.items() if self._journal.state(key) != "done")


class _Journal:
    """What was done, by key, in a JSON file that is replaced whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._states: dict[str, str] = {}
        if path.exists():
            self._states = json.loads(path.read_text(encoding="utf-8"))

    def state(self, key: str) -> str | None:
        return self._states.get(key)

    def note(self, key: str, state: Literal["sending", "done"]) -> None:
        self._states[key] = state
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".new")
        with draft.open("w", encoding="utf-8") as file:
            json.dump(self._states, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)


def spoil_mark(workbook: FilledWorkbook, answer: OfficeAnswer, form: Form) -> None:
    """Write something that is no mark where the office has nothing to mark, or over its first mark."""
    keys = [(indicator.code, year) for indicator in form.indicators for year in form.years]
    indicator, year = next((key for key in keys if key not in answer.marks), keys[0])
    workbook.write_mark(indicator, year, {"mark": samples().bad_mark})


def _lose_evidence(workbook: FilledWorkbook, answer: OfficeAnswer, form: Form) -> None:
    """Leave out the document behind a mark; an office without any mark writes a bad one instead."""
    if not answer.marks:
        spoil_mark(workbook, answer, form)
        return
    indicator, year = next(iter(answer.marks))
    workbook.write_mark(indicator, year, {"document_number": None, "document_on": None})


def _person(office: Office, role: str) -> str:
    texts = samples()
    family = texts.family_names[chosen(len(texts.family_names), office.organization_id, role, "family")]
    given = texts.given_names[chosen(len(texts.given_names), office.organization_id, role, "given")]
    return f"{family} {given}"


def _mails(folder: Path) -> Iterator[tuple[str, Path]]:
    """The messages of a Maildir, read or not, by their unchanging name."""
    for part in ("new", "cur"):
        with contextlib.suppress(FileNotFoundError):
            for path in sorted((folder / part).iterdir()):
                yield f"{folder.name}/{path.name.partition(':')[0]}", path


def _read_mail(raw: bytes) -> ReceivedMail | None:
    message = message_from_bytes(raw, policy=policy.default)
    subject = unicodedata.normalize("NFC", " ".join(str(message["Subject"] or "").split()))
    code = _CODE.search(subject)
    senders = [address for _, address in getaddresses([str(message["Reply-To"] or message["From"] or "")])]
    if code is None or not senders or not message["Message-ID"] or not message["Date"]:
        return None
    workbook = next(
        (
            cast("bytes", part.get_payload(decode=True))
            for part in message.iter_attachments()
            if (part.get_filename() or "").lower().endswith(".xlsx")
        ),
        None,
    )
    return ReceivedMail(
        message_id=str(message["Message-ID"]).strip(),
        subject=subject,
        sent_at=parsedate_to_datetime(str(message["Date"])).astimezone(VIETNAM),
        reply_to=senders[0].lower(),
        code=code[1],
        workbook=workbook,
    )
