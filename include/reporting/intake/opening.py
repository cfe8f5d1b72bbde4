"""Opening what was archived: whose each delivery is and what it carries, before anything in it is checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from functools import cached_property, partial
from typing import Any

from sqlalchemy import Connection, Row

from reporting import archive
from reporting.database import query
from reporting.intake import attachments
from reporting.intake import message as mail
from reporting.intake.attachments import ReceivedFile
from reporting.intake.claims import signed_identity
from reporting.intake.matching import Match, Signs, match_all
from reporting.intake.message import Headers
from reporting.intake.replies import is_automatic, reply_text
from reporting.intake.submissions import Delivery, asks_for_workbook, is_published
from reporting.mail import bounces
from reporting.mail.bounces import Bounce
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import join_names

NOBODY = Match(None, None, None)


@dataclass(frozen=True)
class Reply:
    """An answer in words."""

    cycle_id: str
    reference_code: str
    body: str


@dataclass(frozen=True)
class OpenedArrival:
    """A delivery, with whose it is and what is to be done with it.

    `outcome` None: `files` are to be checked as answers to the cycle of `match`; else it is decided without
    looking into any workbook, and `note` tells a person why, in Vietnamese. `received` is everything that
    came with it.
    """

    row: Row[Any]
    match: Match
    outcome: str | None
    note: str | None
    files: tuple[ReceivedFile, ...] = ()
    received: tuple[ReceivedFile, ...] = ()
    bounce: Bounce | None = None
    reply: Reply | None = None

    @property
    def arrival_id(self) -> int:
        """Its number."""
        return int(self.row.arrival_id)

    @property
    def mode(self) -> str:
        """Whether it can be of a live cycle or of a rehearsal."""
        return str(self.row.mode)

    @property
    def received_at(self) -> datetime:
        """When it reached us."""
        at: datetime = self.row.received_at
        return at

    @property
    def from_address(self) -> str | None:
        """The sender's address."""
        address: str | None = self.row.from_address
        return address

    @property
    def sender_key(self) -> str | None:
        """What tells senders apart whose deliveries are handled in their order; None: nobody can tell."""
        key: str | None = self.row.from_address or self.row.named_code
        return key

    def archived_as(self, file: ReceivedFile) -> str | None:
        """The hash under which a file of it lies in the archive already: where the delivery is that file."""
        return self.row.raw_sha256 if self.row.filename is not None and file.inside is None else None

    @property
    def delivery(self) -> Delivery:
        """How its workbooks came."""
        return Delivery(
            channel=self.row.channel,
            sender=self.from_address or "",
            received_at=self.received_at,
            sent_at=self.row.sent_at,
            arrival_id=self.arrival_id,
        )


@dataclass
class _Content:
    """What is known of a delivery so far."""

    row: Row[Any]
    raw: bytes
    parsed: EmailMessage | None = None
    headers: Headers | None = None
    is_bounce: bool = False
    problem: str | None = None
    match: Match = NOBODY

    @cached_property
    def received(self) -> tuple[ReceivedFile, ...]:
        """Everything that came with it. Raises whatever a stranger's message does to the parser."""
        return tuple(attachments.received_files(self.parsed, self.raw, self.row.filename))


@dataclass
class _Cycles:
    """What is asked of several deliveries' cycles, asked once."""

    connection: Connection
    _known: dict[tuple[Callable[..., Any], str], Any] = field(default_factory=dict)

    def asks_for_workbook(self, cycle_id: str) -> bool:
        return bool(self._once(asks_for_workbook, cycle_id))

    def asks(self, cycle_id: str) -> Row[Any]:
        row: Row[Any] = self._once(_asks_for, cycle_id)
        return row

    def _once(self, asked: Callable[[Connection, str], object], cycle_id: str) -> Any:
        key = (asked, cycle_id)
        if key not in self._known:
            self._known[key] = asked(self.connection, cycle_id)
        return self._known[key]


def open_arrivals(
    connection: Connection, rows: Sequence[Row[Any]]
) -> tuple[list[OpenedArrival], dict[int, str]]:
    """Read archived deliveries (rows of intake/open_arrivals), all of them matched in one query per mode.

    In the order of the rows; with them, by number, why some could not be had from the archive: those wait.
    Never raises for a bad delivery: it is put aside for a person.
    """
    contents: list[_Content] = []
    unread: dict[int, str] = {}
    for row in rows:
        try:
            contents.append(_content(row, archive.read(row.raw_sha256)))
        except OSError as error:  # its file in the archive; the others need not wait for it
            unread[row.arrival_id] = f"{type(error).__name__}: {error}"
    _match(connection, contents)
    cycles = _Cycles(connection)
    return [_opened(cycles, content) for content in contents], unread


def _content(row: Row[Any], raw: bytes) -> _Content:
    if row.filename is not None:
        return _Content(row, raw)
    try:
        parsed = mail.parse(raw)
        return _Content(row, raw, parsed, mail.headers(parsed), mail.is_bounce(parsed))
    except Exception as error:  # whatever a stranger's message does to the parser
        return _Content(row, raw, problem=str(error))


def _match(connection: Connection, contents: Iterable[_Content]) -> None:
    mails: dict[str, list[tuple[_Content, Headers]]] = defaultdict(list)
    files: dict[str, list[_Content]] = defaultdict(list)
    for content in contents:
        if content.row.filename is not None:
            files[content.row.mode].append(content)
        elif content.headers is not None and not content.is_bounce:
            mails[content.row.mode].append((content, content.headers))
    for mode, pairs in mails.items():
        signs = [Signs(headers, partial(_signed_codes, content)) for content, headers in pairs]
        for (content, _), found_match in zip(pairs, match_all(connection, signs, mode), strict=True):
            content.match = found_match
    for mode, ones in files.items():
        codes = {one.row.arrival_id: one.row.named_code or _named_code(one.raw) for one in ones}
        asked = sorted({code for code in codes.values() if code})
        found = connection.execute(query("intake/named_recipients"), {"reference_codes": asked, "mode": mode})
        recipients = {row.reference_code: row for row in found}
        for one in ones:
            one.match = _match_of_file(one.row.filename, recipients.get(codes[one.row.arrival_id] or ""))


def _signed_codes(content: _Content) -> list[str]:
    """The look-up codes for which the workbooks of a mail were signed."""
    try:
        files = attachments.workbooks(content.received)
    except Exception:  # whatever a stranger's message does to the parser; it is put aside when it is opened
        return []
    codes = (_named_code(file.data) for file in files)
    return list(dict.fromkeys(code for code in codes if code))


def _named_code(data: bytes) -> str | None:
    identity = signed_identity(data)
    return None if identity is None else identity.reference_code


def _match_of_file(filename: str, recipient: Row[Any] | None) -> Match:
    """Whose a file by itself is: the office's for which its signature was made."""
    if recipient is None:
        return Match(None, None, text("intake.put_aside.unsigned_file", filename=filename))
    if recipient.is_published:
        values = {"cycle": recipient.cycle_id, "office": recipient.short_name}
        return Match(None, None, text("intake.put_aside.published", **values))
    return Match(recipient.cycle_id, recipient.reference_code, None)


def _opened(cycles: _Cycles, content: _Content) -> OpenedArrival:
    row, found = content.row, content.match
    if content.problem is not None:
        return _unreadable(row, content.problem)
    if content.is_bounce:
        bounce = bounces.read(content.raw)
        return OpenedArrival(row, NOBODY, "bounce", text("intake.put_aside.bounce"), bounce=bounce)
    try:
        received = content.received
        files = tuple(attachments.workbooks(received))
    except Exception as error:  # whatever a stranger's message does to the parser
        return _unreadable(row, str(error))
    reply = _reply(cycles, content.parsed, found)
    if not files:
        if reply is not None:
            return OpenedArrival(row, found, "reply", None, received=received, reply=reply)
        note = text("intake.put_aside.no_workbook")
        return OpenedArrival(row, found, "no_submission", note, received=received)
    found = _of_workbook(cycles, found)
    if found.cycle_id is None:
        return OpenedArrival(row, found, "quarantined", found.reason, received=received, reply=reply)
    if not cycles.asks_for_workbook(found.cycle_id):
        names = join_names(file.filename for file in files)
        note = text("intake.put_aside.no_form", filenames=names, cycle=found.cycle_id)
        return OpenedArrival(row, found, "quarantined", note, received=received, reply=reply)
    return OpenedArrival(row, found, None, None, files, received, reply=reply)


def _unreadable(row: Row[Any], problem: str) -> OpenedArrival:
    note = text("intake.put_aside.unreadable_message", problem=problem)
    return OpenedArrival(row, NOBODY, "quarantined", note)


def _reply(cycles: _Cycles, message: EmailMessage | None, found: Match) -> Reply | None:
    """The answer in words, where the cycle asks for one and the sender speaks for its office."""
    if message is None or found.cycle_id is None or found.reference_code is None:
        return None
    if not cycles.asks(found.cycle_id).asks_reply or is_automatic(message):
        return None
    body = reply_text(message)
    return Reply(found.cycle_id, found.reference_code, body) if body else None


def _asks_for(connection: Connection, cycle_id: str) -> Row[Any]:
    return connection.execute(query("intake/asks_for"), {"cycle_id": cycle_id}).one()


def _of_workbook(cycles: _Cycles, found: Match) -> Match:
    """Whose workbook comes with a mail: one that comes with the answer to a question is of the cycle asked
    about.
    """
    if found.cycle_id is None or cycles.asks_for_workbook(found.cycle_id):
        return found
    parent = cycles.asks(found.cycle_id).parent_cycle_id
    code = cycles.connection.execute(
        query("intake/same_office"),
        {"cycle_id": found.cycle_id, "reference_code": found.reference_code, "other_cycle_id": parent},
    ).scalar_one_or_none()
    if code is None:
        return found
    if is_published(cycles.connection, parent):
        return Match(None, None, text("intake.put_aside.published", cycle=parent, office=code))
    return Match(parent, code, None)
