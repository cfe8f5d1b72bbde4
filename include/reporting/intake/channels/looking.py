"""Whether something waits in a channel, asked often and cheaply."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, Engine

from reporting.database import query, storable
from reporting.intake.channels.base import Channel, ChannelError
from reporting.intake.channels.configuration import configured

BACK_OFF_SECONDS = (1, 2, 5, 10, 30, 60)
NOTE_EVERY_SECONDS = 30.0
"""So often a look without news is noted: the watchdog counts in minutes."""

_log = logging.getLogger(__name__)


def has_new(engine: Engine, channels: Sequence[Channel] | None = None) -> bool:
    """Whether a channel (by default of those configured) has something to collect, looked at now.

    A channel that cannot be looked at has nothing; that is noted.
    """
    return Lookout(channels).has_new(engine)


class Lookout:
    """Looks at channels (by default those configured) for as long as a process lives.

    Each is looked at as often as suits its kind, and ever less often while it fails; a broken one keeps no
    other from being looked at. May be shared by threads.
    """

    def __init__(
        self, channels: Sequence[Channel] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._channels, self._clock = channels, clock
        self._next_at: dict[str, float] = {}
        self._noted_at: dict[str, float] = {}
        self._failures: dict[str, int] = {}
        self._lock = threading.Lock()

    def has_new(self, engine: Engine) -> bool:
        """Whether a channel has something to collect. Raises SQLAlchemyError when the warehouse is down."""
        with self._lock:
            channels = configured() if self._channels is None else self._channels
            found = [
                self._look(engine, channel) for channel in channels
            ]  # each of them, whatever the first says
            return any(found)

    def _look(self, engine: Engine, channel: Channel) -> bool:
        name, now = channel.name, self._clock()
        if now < self._next_at.get(name, now):
            return False
        try:
            keys = channel.waiting()
        except ChannelError as problem:
            failures = self._failures.get(name, 0)
            if failures == 0:
                _log.warning("%s cannot be looked at and is tried again: %s", name, problem)
            self._failures[name] = failures + 1
            self._next_at[name] = now + BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)]
            self._noted_at.pop(name, None)
            note_failure(engine, channel, problem)
            return False
        self._failures.pop(name, None)
        is_to_be_noted = now - self._noted_at.get(name, -NOTE_EVERY_SECONDS) >= NOTE_EVERY_SECONDS
        is_new = False
        if is_to_be_noted or keys:
            with engine.begin() as connection:
                if is_to_be_noted:
                    note_look(connection, channel)
                known = known_items(connection, channel, keys)
                is_new = any(not known.get(key, False) for key in keys)
        if is_to_be_noted:
            self._noted_at[name] = now
        self._next_at[name] = now if is_new else now + channel.look_seconds
        return is_new


def failing(connection: Connection, names: Sequence[str]) -> list[tuple[str, str]]:
    """Of the channels with these names, those that could not be looked at last time, each with its
    problem.
    """
    rows = connection.execute(query("channels/failing"), {"channels": list(names)})
    return [(row.channel, row.problem) for row in rows]


def known_items(connection: Connection, channel: Channel, keys: Sequence[str]) -> dict[str, bool]:
    """Of the keys that a channel lists, those that the warehouse knows, each with whether it is not to be
    collected now.
    """
    if not keys:
        return {}
    rows = connection.execute(query("channels/known_items"), {"channel": channel.name, "keys": list(keys)})
    return {row.key: row.is_held for row in rows}


def note_look(connection: Connection, channel: Channel) -> None:
    """Note that the channel was looked at with success."""
    connection.execute(query("channels/note_look"), {"channel": channel.name})


def note_failure(engine: Engine, channel: Channel, problem: ChannelError) -> None:
    """Note that the channel could not be looked at, and why; where a person has to mend it and it is news,
    the operator is told at once.
    """
    from reporting.intake.watchdog import watch

    with engine.begin() as connection:
        is_news = connection.execute(
            query("channels/note_failed_look"),
            {"channel": channel.name, "problem": storable(str(problem)), "is_lasting": problem.is_lasting},
        ).scalar_one()
    if is_news and problem.is_lasting:
        watch(engine)
