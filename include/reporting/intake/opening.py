"""Opening what was archived: whose each delivery is and what it carries, before anything in it is checked."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from functools import cached_property, partial
from typing import Any

from sqlalchemy import Connection, Row
from sqlalchemy.exc import SQLAlchemyError

from reporting import archive, logs
from reporting.database import query, storable
from reporting.intake import attachments, virus_scan
from reporting.intake import message as mail
from reporting.intake.attachments import ReceivedFile
from reporting.intake.claims import named_code
from reporting.intake.matching import Match, Signs, match_all
from reporting.intake.message import Headers
from reporting.intake.replies import is_automatic, reply_text
from reporting.intake.returns import confidential_offices
from reporting.intake.submissions import Delivery, asks_for_workbook
from reporting.intake.virus_scan import Scanner, Verdict
from reporting.mail import bounces
from reporting.mail.bounces import Bounce
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import join_names

NOBODY = Match(None, None, None)
_log = logging.getLogger(__name__)


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
    came with it. `explanation` is what may explain warnings about figures that came before. `virus` is what
    the scanner said of a delivery that is not opened.
    """

    row: Row[Any]
    match: Match
    outcome: str | None
    note: str | None
    files: tuple[ReceivedFile, ...] = ()
    received: tuple[ReceivedFile, ...] = ()
    bounce: Bounce | None = None
    reply: Reply | None = None
    explanation: Reply | None = None
    virus: Verdict | None = None

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

    @property
    def is_one_file(self) -> bool:
        """Whether the delivery is nothing but the one file that came with it, which is archived as such."""
        return self.row.filename is not None and len(self.received) == 1 and not self.received[0].inside

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


@dataclass(frozen=True)
class Opening:
    """Deliveries that were opened, in their order; by number why some could not be had from the archive, and
    which wait for the virus scanner.
    """

    arrivals: list[OpenedArrival]
    unread: dict[int, str]
    unscanned: set[int]


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

    @cached_property
    def signed_codes(self) -> tuple[str, ...]:
        """The look-up codes for which its workbooks were signed; nothing else in them is looked at."""
        if self.row.named_code is not None:
            return (self.row.named_code,)
        try:
            files = attachments.workbooks(self.received)
        except Exception:  # whatever a stranger's message does to the parser; it is put aside later
            return ()
        return tuple(dict.fromkeys(code for file in files if (code := named_code(file.data)) is not None))


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

    def confidential_offices(self, cycle_id: str) -> set[str]:
        offices: set[str] = self._once(confidential_offices, cycle_id)
        return offices

    def _once(self, asked: Callable[[Connection, str], object], cycle_id: str) -> Any:
        key = (asked, cycle_id)
        if key not in self._known:
            self._known[key] = asked(self.connection, cycle_id)
        return self._known[key]


def open_arrivals(
    connection: Connection, rows: Sequence[Row[Any]], scanner: Scanner | None = None
) -> Opening:
    """Read archived deliveries (rows of intake/open_arrivals), all of them matched in one query per mode.

    Those that cannot be had from the archive wait. With a `scanner` nothing is opened that it did not find
    clean, first the delivery, then every file in it: the others are put aside, or wait where it has not
    answered. Never raises for a bad delivery: it is put aside for a person.
    """
    raws: list[tuple[Row[Any], bytes]] = []
    unread: dict[int, str] = {}
    unclean: dict[int, OpenedArrival] = {}
    unscanned: set[int] = set()
    for row in rows:
        try:
            raws.append((row, archive.read(row.raw_sha256)))
        except OSError as error:  # its file in the archive; the others need not wait for it
            unread[row.arrival_id] = f"{type(error).__name__}: {error}"
    if scanner is None:
        contents = [_content(row, raw) for row, raw in raws]
    else:
        contents, unclean, unscanned = _scanned(scanner, raws)
    _match(connection, contents)
    cycles = _Cycles(connection)
    opened = {content.row.arrival_id: _put_aside_at_worst(cycles, content) for content in contents} | unclean
    arrivals = [opened[row.arrival_id] for row in rows if row.arrival_id in opened]
    return Opening(arrivals, unread, unscanned)


def _scanned(
    scanner: Scanner, raws: Sequence[tuple[Row[Any], bytes]]
) -> tuple[list[_Content], dict[int, OpenedArrival], set[int]]:
    """Deliveries that may be opened, those that may not, and which wait for the scanner."""
    said = scanner.look({row.raw_sha256: raw for row, raw in raws})
    unclean: dict[int, OpenedArrival] = {}
    contents: list[_Content] = []
    for row, raw in raws:
        verdict = said.get(row.raw_sha256)
        if verdict is not None and verdict.is_clean:
            contents.append(_content(row, raw))
        elif verdict is not None:
            unclean[row.arrival_id] = _not_opened(row, verdict)
    inside = {content.row.arrival_id: dict(_files_inside(content)) for content in contents}
    said |= scanner.look({sha256: data for files in inside.values() for sha256, (_, data) in files.items()})
    clean: list[_Content] = []
    for content in contents:
        files = inside[content.row.arrival_id]
        verdicts = [(name, said.get(sha256)) for sha256, (name, _) in files.items()]
        bad = [(name, verdict) for name, verdict in verdicts if verdict is not None and not verdict.is_clean]
        if bad:
            name, verdict = min(bad, key=lambda one: one[1].said != "infected")
            unclean[content.row.arrival_id] = _not_opened(content.row, verdict, name)
        elif all(verdict is not None for _, verdict in verdicts):
            clean.append(content)
    settled = unclean.keys() | {content.row.arrival_id for content in clean}
    return clean, unclean, {row.arrival_id for row, _ in raws} - settled


def _files_inside(content: _Content) -> Iterator[tuple[str, tuple[str, bytes]]]:
    """The files of a delivery, by the hashes of their contents; none where its opening fails."""
    try:
        received = content.received
    except Exception:  # whatever a stranger's message does to the parser; it is put aside later
        return
    for file in received:
        yield archive.sha256_of(file.data), (file.filename, file.data)


def _not_opened(row: Row[Any], verdict: Verdict, filename: str | None = None) -> OpenedArrival:
    return OpenedArrival(row, NOBODY, "quarantined", virus_scan.put_aside(verdict, filename), virus=verdict)


def _put_aside_at_worst(cycles: _Cycles, content: _Content) -> OpenedArrival:
    try:
        return _opened(cycles, content)
    except SQLAlchemyError:  # ours: it is tried again
        raise
    except Exception as error:  # whatever a stranger's message does to us
        with logs.about(arrival_id=content.row.arrival_id):
            _log.exception("the delivery could not be opened")
        return _unreadable(content.row, f"{type(error).__name__}: {error}")


def _content(row: Row[Any], raw: bytes) -> _Content:
    if row.filename is not None:
        return _Content(row, raw)
    try:
        parsed = mail.parse(raw)
        return _Content(row, raw, parsed, mail.headers(parsed), mail.is_bounce(parsed))
    except Exception as error:  # whatever a stranger's message does to the parser
        return _Content(row, raw, problem=str(error))


def _match(connection: Connection, contents: Iterable[_Content]) -> None:
    mails: dict[str, list[tuple[_Content, Signs]]] = defaultdict(list)
    files: dict[str, list[_Content]] = defaultdict(list)
    for content in contents:
        if content.row.filename is not None:
            files[content.row.mode].append(content)
        elif content.headers is not None and not content.is_bounce:
            signs = Signs(content.headers, partial(getattr, content, "signed_codes"))
            mails[content.row.mode].append((content, signs))
    for mode, pairs in mails.items():
        found = match_all(connection, [signs for _, signs in pairs], mode)
        for (content, _), one in zip(pairs, found, strict=True):
            content.match = one
    for mode, ones in files.items():
        asked = sorted({code for content in ones for code in content.signed_codes})
        rows = connection.execute(query("intake/named_recipients"), {"reference_codes": asked, "mode": mode})
        recipients = {row.reference_code: row for row in rows}
        for content in ones:
            named = [recipients[code] for code in content.signed_codes if code in recipients]
            content.match = _match_of_file(content.row.filename, named)


def _match_of_file(filename: str, named: Sequence[Row[Any]]) -> Match:
    """Whose a file by itself is: the office's for which it was signed. An archive may hold the files of
    several offices: then only the cycle is known, if it is one.
    """
    if len({row.cycle_id for row in named}) != 1:
        return Match(None, None, text("intake.put_aside.unsigned_file", filename=filename))
    one = named[0]
    return Match(one.cycle_id, one.reference_code if len(named) == 1 else None, None)


def _opened(cycles: _Cycles, content: _Content) -> OpenedArrival:
    row, found = content.row, content.match
    if content.problem is not None:
        return _unreadable(row, content.problem)
    if content.is_bounce:
        bounce = bounces.read(content.raw)
        return OpenedArrival(row, NOBODY, "bounce", text("intake.put_aside.bounce"), bounce=bounce)
    if (unread := _confidential(cycles, content, found)) is not None:
        return unread
    try:
        received = content.received
        files = tuple(attachments.workbooks(received))
        # a file that counts as a workbook is answered as one
        unopened = "\n".join(attachments.problems(one for one in received if one not in files)) or None
    except Exception as error:  # whatever a stranger's message does to the parser
        return _unreadable(row, str(error))
    reply = _reply(cycles, content.parsed, found)
    if not files:
        if reply is not None:
            return OpenedArrival(row, found, "reply", None, received=received, reply=reply)
        if unopened is not None:
            return OpenedArrival(row, found, "quarantined", unopened, received=received)
        documents = [one.filename for one in received if one.role == "document"]
        if documents:  # its words are a covering note: they explain nothing
            note = text("intake.put_aside.document", filenames=join_names(documents))
            return OpenedArrival(row, found, "no_submission", note, received=received)
        note = text("intake.put_aside.no_workbook")
        said = _explanation(cycles, content.parsed, found)
        return OpenedArrival(row, found, "no_submission", note, received=received, explanation=said)
    found = _of_workbook(cycles, found)
    if (unread := _confidential(cycles, content, found)) is not None:
        return unread
    if found.cycle_id is None:
        return OpenedArrival(row, found, "quarantined", found.reason, received=received, reply=reply)
    if not cycles.asks_for_workbook(found.cycle_id):
        names = join_names(file.filename for file in files)
        note = text("intake.put_aside.no_form", filenames=names, cycle=found.cycle_id)
        return OpenedArrival(row, found, "quarantined", note, received=received, reply=reply)
    return OpenedArrival(row, found, None, unopened, files, received, reply=reply)


def _confidential(cycles: _Cycles, content: _Content, found: Match) -> OpenedArrival | None:
    """A delivery is put aside as it came where its office, or one for which a workbook in it was signed,
    answers by the secret mail.
    """
    offices = cycles.confidential_offices(found.cycle_id) if found.cycle_id else set()
    if not offices:
        return None
    codes = (found.reference_code,) if found.reference_code else ()
    for code in (*codes, *content.signed_codes):
        if code in offices:
            note = text("returns.confidential.put_aside", code=code, cycle=found.cycle_id)
            return OpenedArrival(content.row, found, "quarantined", note)
    return None


def _unreadable(row: Row[Any], problem: str) -> OpenedArrival:
    note = text("intake.put_aside.unreadable_message", problem=storable(problem))
    return OpenedArrival(row, NOBODY, "quarantined", note)


def _reply(cycles: _Cycles, message: EmailMessage | None, found: Match) -> Reply | None:
    """The answer in words, where the cycle asks for one and the sender speaks for its office."""
    if message is None or found.cycle_id is None or found.reference_code is None:
        return None
    if not cycles.asks(found.cycle_id).asks_reply or is_automatic(message):
        return None
    body = reply_text(message)
    return Reply(found.cycle_id, found.reference_code, body) if body else None


def _explanation(cycles: _Cycles, message: EmailMessage | None, found: Match) -> Reply | None:
    """What an office writes to a cycle that asks for a workbook, without sending one."""
    if message is None or found.cycle_id is None or found.reference_code is None:
        return None
    if not cycles.asks_for_workbook(found.cycle_id) or is_automatic(message):
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
    return Match(parent, code, None)
