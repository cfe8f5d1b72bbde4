"""What a person decides about a delivery that was put aside: handled as somebody's, or put away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row

from reporting import archive, clock, events
from reporting.database import query
from reporting.intake import attachments, virus_scan
from reporting.intake import message as mail
from reporting.intake.answering import answer_workbook, check_batch
from reporting.intake.attachments import ReceivedFile
from reporting.intake.claims import named_code
from reporting.intake.context import check_context
from reporting.intake.returns import is_confidential
from reporting.intake.submissions import Delivery, Recorded
from reporting.intake.virus_scan import ScanRefused
from reporting.mail.delivery import deliver
from reporting.registry.aliases import learn_alias
from reporting.validation.check import CheckContext, WorkbookFile
from reporting.wording.catalogue import text

_PUT_ASIDE = frozenset({"quarantined", "no_submission", "submission", "duplicate"})


class SettlingRefused(ValueError):
    """A delivery cannot be settled like this; the message says in Vietnamese what to do instead."""


@dataclass(frozen=True)
class Settled:
    """The outcomes of a delivery's workbooks, and the address that speaks for the office from now on."""

    outcomes: tuple[str, ...]
    learnt: str | None = None


def settle_arrival(
    engine: Engine,
    arrival_id: int,
    cycle_id: str,
    reference_code: str,
    reason: str,
    by: str,
    *,
    teach: bool = False,
) -> Settled:
    """Handle a delivery again as this recipient's, as a person decided. With `teach` its sender's address
    speaks for the office from now on, so that the next mail passes.

    The office gets its answers as from any delivery. A workbook that was signed for another office is left,
    and the delivery waits on with it, to be settled for that office. Raises SettlingRefused, and leaves
    everything as it was, when the delivery does not wait, carries no workbook, is of the other mode, its
    workbook is not this recipient's, the office answers by the secret mail, or the address cannot be learnt
    since its domain does not stand for the mail; AliasRefused for a delivery without an address; LookupError
    for an unknown cycle.
    """
    with engine.connect() as connection:
        context = check_context(connection, cycle_id)
        raw = _hold(connection, arrival_id)
        if connection.execute(query("intake/mode_of_cycle"), {"cycle_id": cycle_id}).scalar() != raw.mode:
            raise SettlingRefused(text("intake.settle.other_mode", arrival=arrival_id, cycle=cycle_id))
        organization_id = connection.execute(
            query("intake/organization_of"), {"cycle_id": cycle_id, "reference_code": reference_code}
        ).scalar_one_or_none()
        if organization_id is None:
            raise SettlingRefused(text("intake.desk.unknown_recipient", cycle=cycle_id, code=reference_code))
        if is_confidential(connection, cycle_id, reference_code):
            office = context.recipients[reference_code]
            raise SettlingRefused(text("returns.confidential.entry", office=office))
    received = _received(engine, raw, is_taught=teach)
    files = attachments.workbooks(received)
    if not files:
        raise SettlingRefused(text("intake.settle.no_workbook", arrival=arrival_id, sha256=raw.raw_sha256))
    with engine.connect() as connection:
        files, left = _shared_out(connection, arrival_id, context, reference_code, files)
    note = _of_others(left, context.recipients) if left else None
    if not files:
        raise SettlingRefused(text("intake.settle.of_others", arrival=arrival_id, files=note))
    checked = check_batch([WorkbookFile(f.filename, f.data, reference_code) for f in files], context)
    outcomes = []
    learnt = None
    with engine.begin() as connection:
        row = _hold(connection, arrival_id)
        at = clock.now(connection, cycle_id)
        delivery = Delivery(row.channel, row.from_address or "", row.received_at, row.sent_at, arrival_id)
        for file, one in zip(files, checked, strict=True):
            answered = answer_workbook(
                connection, cycle_id, reference_code, delivery, file, one, at, by, is_decided=True
            )
            if not isinstance(answered, Recorded):
                raise SettlingRefused(text("intake.settle.undecided", arrival=arrival_id, why=answered))
            outcomes.append(answered.outcome)
            recipient_id = answered.recipient_id
        attachments.record(connection, arrival_id, received, cycle_id, recipient_id)
        if teach and learn_alias(
            connection,
            row.from_address,
            organization_id,
            text("intake.alias.learnt_from", arrival=arrival_id),
            reason,
            by,
        ):
            learnt = row.from_address
        connection.execute(
            query("intake/settle_arrival"),
            {"arrival_id": arrival_id, "handled_at": at, "outcome": "submission", "note": note},
        )
        kind = "arrival_settled_in_part" if left else "arrival_settled"
        events.record(
            connection, cycle_id, kind, by, at, arrival_id=arrival_id,
            reference_code=reference_code, outcomes=outcomes, reason=reason, note_before=row.note,
            learnt=learnt,
        )  # fmt: skip
    deliver(engine, cycle_id)
    return Settled(tuple(outcomes), learnt)


def ignore_arrival(engine: Engine, arrival_id: int, reason: str, by: str) -> None:
    """Put a delivery away, as a person decided: it is kept, and waits no more. Raises SettlingRefused when it
    does not wait.
    """
    with engine.begin() as connection:
        row = _hold(connection, arrival_id)
        events.record(
            connection, None, "arrival_ignored", by, clock.wall_now(), arrival_id=arrival_id,
            reason=reason, note=row.note,
        )  # fmt: skip


def _shared_out(
    connection: Connection,
    arrival_id: int,
    context: CheckContext,
    reference_code: str,
    files: Sequence[ReceivedFile],
) -> tuple[list[ReceivedFile], list[tuple[ReceivedFile, str]]]:
    """The workbooks that are to be this office's, and those signed for others of the cycle, with their
    look-up codes, that nobody has settled yet.
    """
    hashes = [archive.sha256_of(file.data) for file in files]
    rows = connection.execute(
        query("intake/recorded_files"),
        {"arrival_id": arrival_id, "cycle_id": context.cycle_id, "file_sha256s": hashes},
    ).all()
    recorded = {(row.file_sha256, row.reference_code) for row in rows}
    given = {row.file_sha256 for row in rows if row.is_of_delivery and row.reference_code != reference_code}
    mine: list[ReceivedFile] = []
    left: list[tuple[ReceivedFile, str]] = []
    for file, sha256 in zip(files, hashes, strict=True):
        code = named_code(file.data)
        if code in context.recipients and code != reference_code:
            if (sha256, code) not in recorded:
                left.append((file, str(code)))
        elif sha256 not in given:
            mine.append(file)
    return mine, left


def _of_others(left: Sequence[tuple[ReceivedFile, str]], offices: Mapping[str, str]) -> str:
    return " ".join(
        text("intake.settle.of_another", filename=file.filename, code=code, office=offices.get(code, "–"))
        for file, code in left
    )


def _hold(connection: Connection, arrival_id: int) -> Row[Any]:
    row = connection.execute(query("intake/hold_arrival"), {"arrival_id": arrival_id}).one_or_none()
    if row is None:
        raise SettlingRefused(text("intake.settle.unknown", arrival=arrival_id))
    # a delivery whose workbooks were all recorded has no note
    if row.is_settled or row.outcome not in _PUT_ASIDE or row.note is None:
        raise SettlingRefused(text("intake.settle.not_waiting", arrival=arrival_id))
    return row


def _received(engine: Engine, row: Row[Any], *, is_taught: bool) -> list[ReceivedFile]:
    """Everything that came with a delivery. Raises SettlingRefused where it cannot be read, its sender's
    address is to be learnt though its domain does not stand for the mail, or the virus scanner lets it not be
    opened.
    """
    raw = archive.read(row.raw_sha256)
    _see_clean(engine, [(row.filename or text("virus_scan.whole"), raw)])
    try:
        parsed = None if row.filename else mail.parse(raw)
        is_forged = parsed is not None and mail.headers(parsed).is_address_forged
        received = attachments.received_files(parsed, raw, row.filename)
    except Exception as error:  # whatever a stranger's message does to the parser
        raise SettlingRefused(
            text("intake.settle.unreadable", arrival=row.arrival_id, sha256=row.raw_sha256)
        ) from error
    _see_clean(engine, [(file.filename, file.data) for file in received])
    if is_taught and is_forged:
        raise SettlingRefused(text("intake.alias.forged", arrival=row.arrival_id))
    return received


def _see_clean(engine: Engine, files: Sequence[tuple[str, bytes]]) -> None:
    try:
        virus_scan.refuse(engine, files)
    except ScanRefused as refused:
        raise SettlingRefused(str(refused)) from refused
