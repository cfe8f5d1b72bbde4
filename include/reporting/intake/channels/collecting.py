"""Taking over what lies in the channels: archived first, noted, and only then marked."""

from __future__ import annotations

import json
import logging
import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from email.message import Message

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, OperationalError

from reporting import archive, logs
from reporting.clock import wall_now
from reporting.database import query, storable
from reporting.intake import message as mail
from reporting.intake.channels.base import Channel, ChannelError, Item, UnfitItemError
from reporting.intake.channels.configuration import configured
from reporting.intake.channels.looking import known_items, note_failure, note_look
from reporting.intake.claims import named_code

TOGETHER, TOGETHER_BYTES = 20, 8 * 1024 * 1024
"""So many deliveries, or not much more than so many bytes, are noted in one transaction."""

_ENVELOPE = ("Return-Path", "To", "Cc", "Reply-To", "References", "Authentication-Results")
_LONGEST = 10_000  # characters of one header that are kept beside the raw mail
_log = logging.getLogger(__name__)


def collect(engine: Engine, channels: Sequence[Channel] | None = None) -> int:
    """Archive each new delivery of all channels (by default those configured) as it came, note its arrival
    and mark it collected; return how many were new.

    A delivery counts as collected only after the arrival is committed, together with a few others: a kill in
    between leaves it in its channel, where the next pass recognizes it by its content and only marks it.
    Content that cannot be parsed is archived all the same. A delivery that cannot be taken over is tried
    again later and stops no other; a channel that fails stops no other channel: both are noted, and the
    watchdog tells the operator.
    Raises OSError when the archive, SQLAlchemyError when the warehouse fails.
    """
    collected = 0
    for channel in configured() if channels is None else channels:
        try:
            for new in _collect_from(engine, channel):
                collected += new
        except ChannelError as problem:
            _log.warning("Nothing more is collected from %s now: %s", channel.name, problem)
            note_failure(engine, channel, problem)
    return collected


def _collect_from(engine: Engine, channel: Channel) -> Iterator[int]:
    """Collect one delivery after the other, a few together; gives 1 for each that is new, 0 for each
    repeat.
    """
    keys = channel.waiting()
    with engine.begin() as connection:
        note_look(connection, channel)
        known = known_items(connection, channel, keys)
        connection.execute(query("channels/forget_gone"), {"channel": channel.name, "keys": list(keys)})
    fetched: dict[str, Item | None] = {}
    for key in keys:
        if known.get(key, False):
            continue
        try:
            fetched[key] = channel.fetch(key)
        except UnfitItemError as problem:
            _put_off(engine, channel, key, problem, is_lasting=True)
            continue
        except ChannelError as problem:
            yield from _take_over(engine, channel, fetched, known)
            _put_off(engine, channel, key, problem)  # so that the others go first next time
            raise
        held = sum(len(item.raw) for item in fetched.values() if item is not None)
        if len(fetched) >= TOGETHER or held >= TOGETHER_BYTES:
            yield from _take_over(engine, channel, fetched, known)
            fetched = {}
    yield from _take_over(engine, channel, fetched, known)


def _take_over(
    engine: Engine, channel: Channel, fetched: Mapping[str, Item | None], known: Mapping[str, bool]
) -> Iterator[int]:
    """Note these deliveries, then mark each; None is gone from its channel."""
    noted = _noted(engine, channel, {key: item for key, item in fetched.items() if item is not None})
    for key, item in fetched.items():
        if item is not None and key not in noted:
            continue  # put off
        arrival_id = noted.get(key)
        if arrival_id is not None:
            with logs.about(arrival_id=arrival_id):
                _log.info("delivery taken over from %s", channel.name)
        yield int(arrival_id is not None)
        try:
            is_marked = item is None or channel.mark_collected(key)
        except ChannelError as problem:
            # committed: it will be recognised. But not at once again and again
            _put_off(engine, channel, key, problem, is_lasting=problem.is_lasting)
            if problem.is_lasting:
                continue
            raise
        if key in known or not is_marked:
            with engine.begin() as connection:
                done = "channels/forget_item" if is_marked else "channels/remember_item"
                connection.execute(query(done), {"channel": channel.name, "key": key})


def _noted(engine: Engine, channel: Channel, items: Mapping[str, Item]) -> dict[str, int | None]:
    """Note deliveries in one transaction, where that fails each in its own; put off what cannot be noted.

    Returns the numbers of the others' arrivals by key, None for each repeat.
    """
    try:
        with engine.begin() as connection:
            return {key: note_arrival(connection, channel, item) for key, item in items.items()}
    except (DataError, OperationalError, OSError, ValueError):
        if len(items) > 1:
            _log.warning("%d deliveries of %s are noted one by one", len(items), channel.name, exc_info=True)
    found: dict[str, int | None] = {}
    for key, item in items.items():
        try:
            with engine.begin() as connection:
                found[key] = note_arrival(connection, channel, item)
        except (DataError, ValueError) as problem:
            _log.exception("a delivery of %s could not be noted", channel.name)
            _put_off(engine, channel, key, problem, is_lasting=True)
    return found


def note_arrival(connection: Connection, channel: Channel, item: Item, *, again: bool = False) -> int | None:
    """Archive a delivery and note its arrival; returns its number, or None where the same content came before
    through a channel of this kind; in a folder only under the same key, unless it was collected once and is
    looked at `again`, when its key may be another.
    """
    filename = None if item.filename is None else storable(item.filename)
    if filename is None:
        parsed = mail.parse_headers(item.raw)
        told = mail.headers(parsed)
        media_type, envelope = "message/rfc822", _envelope(parsed)
    else:
        told = mail.headers(mail.parse_headers(b""))
        media_type, envelope = mimetypes.guess_type(filename)[0] or "application/octet-stream", {}
    sha256 = archive.store(connection, item.raw, media_type)
    known = query("intake/knows_content")
    if again and filename is not None and connection.execute(known, {"sha256": sha256}).scalar_one():
        return None
    arrival_id: int | None = connection.execute(
        query("intake/add_arrival"),
        {
            "channel": channel.kind,
            "mode": channel.mode,
            "raw_sha256": sha256,
            "channel_key": storable(item.key),
            "filename": filename,
            "envelope": json.dumps({**envelope, **item.envelope, "channel": channel.name}),
            "from_address": told.from_address,
            "named_code": None if filename is None else named_code(item.raw),
            "message_id_header": told.message_id,
            "in_reply_to": told.in_reply_to,
            "subject": told.subject,
            "sent_at": told.sent_at,
            "received_at": told.received_at or item.received_at or told.sent_at or wall_now(),
        },
    ).scalar()
    return arrival_id


def _put_off(
    engine: Engine, channel: Channel, key: str, problem: Exception, *, is_lasting: bool = False
) -> None:
    with engine.begin() as connection:
        connection.execute(
            query("channels/put_off_item"),
            {
                "channel": channel.name,
                "key": key,
                "problem": storable(str(problem))[:_LONGEST],
                "is_lasting": is_lasting,
            },
        )


def _envelope(message: Message) -> dict[str, list[str]]:
    """The headers of the envelope as they stand, those of one name in their order; malformed ones left
    out.
    """
    found: dict[str, list[str]] = {}
    for name in _ENVELOPE:
        try:
            values = [" ".join(str(value).split()) for value in message.get_all(name, [])]
        except Exception:  # the standard parser fails in many ways on malformed headers
            _log.debug("the header %s cannot be read", name)
            continue
        if values:
            found[name] = [storable(value)[:_LONGEST] for value in values]
    return found
