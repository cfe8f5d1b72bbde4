"""What a restored warehouse does not know: what came and what was sent between the backup and the loss.

What came lies in the channels still, marked as collected: `recollect` takes it over again. What was sent
nobody can tell from the warehouse: every mail for which there was a reason before the loss, and that the
restored warehouse has not sent, is in doubt (`cycle.in_doubt_since`) and stays queued until it is decided
about.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, Engine

from reporting import clock
from reporting.backup.errors import BackupError
from reporting.database import query
from reporting.intake.channels.base import Channel, ChannelError, UnfitItemError
from reporting.intake.channels.collecting import note_arrival
from reporting.intake.channels.configuration import configured
from reporting.mail.ledger import record_event

Decision = Literal["sent", "not_sent", "send_again", "leave"]
MARGIN = timedelta(days=2)
"""So much earlier than the backup the channels are looked through: their clocks and dates are others."""

NUMBERED_BY_ARRIVAL = frozenset({"repeat", "explained"})
"""Steps whose Message-IDs count deliveries, which a restored warehouse may number otherwise."""

_MESSAGE_ID = re.compile(r"<?([A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+)>?")


@dataclass(frozen=True)
class OpenRestore:
    """A restore after which mail may be in doubt. `recollected_at`: None until the channels were looked
    through again.
    """

    restore_id: int
    backup: str
    taken_at: datetime
    lost_at: datetime
    restored_at: datetime
    restored_by: str
    recollected_at: datetime | None


@dataclass(frozen=True)
class Doubt:
    """A mail of which nobody knows whether it was sent before the loss. `since`: when there was a reason for
    it; `when_unknown` is the policy of its step, send_again or leave.
    """

    message_id: int
    restore_id: int
    cycle_id: str
    reference_code: str
    short_name: str
    step: str
    to_address: str
    subject: str
    message_id_header: str
    when_unknown: str
    since: datetime


@dataclass(frozen=True)
class OpenStep:
    """A step of a plan that was due at the loss and is not done here; people may have done it meanwhile."""

    cycle_id: str
    title: str
    step: str
    due_at: datetime


@dataclass(frozen=True)
class Recollected:
    """What was looked through: how many deliveries each channel keeps since then, and how many were new."""

    channel: str
    kept: int
    new: int
    unfit: tuple[str, ...]


def open_restores(connection: Connection) -> list[OpenRestore]:
    """The restores that no person has closed, the newest first."""
    return [OpenRestore(**row._mapping) for row in connection.execute(query("backup/open_restores"))]


def doubts(connection: Connection) -> list[Doubt]:
    """The mails that wait for a decision, in the order in which they were written."""
    return [Doubt(**row._mapping) for row in connection.execute(query("backup/doubts"))]


def open_steps(connection: Connection) -> list[OpenStep]:
    """The steps of open cycles that were due at the loss and are not done."""
    return [OpenStep(**row._mapping) for row in connection.execute(query("backup/open_steps"))]


def recollect(
    engine: Engine, by: str, channels: Sequence[Channel] | None = None, since: datetime | None = None
) -> list[Recollected]:
    """Take over again what the channels keep as collected since two days before the backup (or `since`):
    what the restored warehouse knows already is recognised by its content. The intake answers it as ever,
    by the day on which it came first. A look that begins later than a backup is taken over too, but leaves
    open what came after that backup.

    Raises BackupError where there is no channel, or one cannot be looked at: mail is not started until all
    of them were.
    """
    with engine.connect() as connection:
        restores = open_restores(connection)
    if since is None:
        if not restores:
            raise BackupError(
                "This warehouse was not restored; name a moment to look through again (--since)."
            )
        since = min(restore.taken_at for restore in restores) - MARGIN
    channels = configured() if channels is None else channels
    if not channels:
        raise BackupError(
            "REPORTING_CHANNELS names no channel, so nothing can be looked through again: set it as the "
            "services have it."
        )
    found = []
    for channel in channels:
        try:
            found.append(_recollect(engine, channel, since))
        except ChannelError as problem:
            raise BackupError(
                f"{channel.name} cannot be looked through again: {problem}. Mend it and run this again; what "
                "was taken over stays."
            ) from problem
    told = {one.channel: {"kept": one.kept, "new": one.new, "unfit": list(one.unfit)} for one in found}
    with engine.begin() as connection:
        for restore in restores:
            if since > restore.taken_at:
                continue
            connection.execute(
                query("backup/done"),
                {
                    "restore_id": restore.restore_id,
                    "step": "recollected",
                    "done_by": by,
                    "detail": json.dumps({"since": since.isoformat(), "channels": told}, ensure_ascii=False),
                },
            )
    return found


def _recollect(engine: Engine, channel: Channel, since: datetime) -> Recollected:
    keys, new, unfit = channel.kept(since), 0, []
    for key in keys:
        try:
            item = channel.fetch_kept(key)
        except UnfitItemError as problem:
            unfit.append(f"{key}: {problem}")
            continue
        if item is None:
            continue
        with engine.begin() as connection:
            new += note_arrival(connection, channel, item, again=True) is not None
    return Recollected(channel.name, len(keys), new, tuple(unfit))


def message_ids(text: str) -> set[str]:
    """The Message-IDs in any text, such as the log of a mail server, without their brackets."""
    return {found[1] for found in _MESSAGE_ID.finditer(text)}


def settle(
    engine: Engine,
    by: str,
    reason: str,
    *,
    sent: Collection[str] | None = None,
    is_complete: bool = False,
    by_policy: bool = False,
) -> list[tuple[Doubt, Decision]]:
    """Decide about the mails in doubt; returns each that was decided about, with the decision.

    `sent` are Message-IDs that the mail server is known to have taken: such a mail was sent. With
    `is_complete` they are all it took up to the loss, so that every other mail was not, and goes. What is
    open after that is decided `by_policy` of its step: it goes again under the same Message-ID, or is left.
    Mails whose Message-ID counts deliveries are decided by policy alone.
    """
    told = {one.strip("<>").lower() for one in sent or ()}

    def decision(doubt: Doubt) -> Decision | None:
        if sent is not None and doubt.step not in NUMBERED_BY_ARRIVAL:
            if doubt.message_id_header.strip("<>").lower() in told:
                return "sent"
            if is_complete:
                return "not_sent"
        if not by_policy:
            return None
        return "send_again" if doubt.when_unknown == "send_again" else "leave"

    with engine.begin() as connection:
        decided = [(doubt, what) for doubt in doubts(connection) if (what := decision(doubt)) is not None]
        return _decide(connection, decided, by, reason)


def decide(
    engine: Engine, numbers: Collection[int], decision: Decision, by: str, reason: str
) -> list[tuple[Doubt, Decision]]:
    """Decide about single mails in doubt. Raises BackupError naming those that are in no doubt."""
    with engine.begin() as connection:
        known = {doubt.message_id: doubt for doubt in doubts(connection)}
        if strays := sorted(set(numbers) - known.keys()):
            raise BackupError(
                f"In no doubt, or decided about already: {', '.join(map(str, strays))}; nothing was changed. "
                "`reporting backup after-restore` lists those that are."
            )
        return _decide(connection, [(known[number], decision) for number in sorted(numbers)], by, reason)


def close(engine: Engine, by: str) -> list[str]:
    """Say of all open restores that nothing is in doubt any more; returns their backups. Raises BackupError
    while mails wait for a decision, or the channels were not looked through.
    """
    with engine.begin() as connection:
        if waiting := doubts(connection):
            raise BackupError(
                f"{len(waiting)} mails wait for a decision: `reporting backup settle`. Nothing was closed."
            )
        restores = open_restores(connection)
        if unread := [restore.backup for restore in restores if restore.recollected_at is None]:
            raise BackupError(
                f"The channels were not looked through again after the restore of {', '.join(unread)}: "
                "`reporting backup recollect`. Nothing was closed."
            )
        for restore in restores:
            connection.execute(
                query("backup/done"),
                {"restore_id": restore.restore_id, "step": "closed", "done_by": by, "detail": "{}"},
            )
    return [restore.backup for restore in restores]


def _decide(
    connection: Connection, decided: Sequence[tuple[Doubt, Decision]], by: str, reason: str
) -> list[tuple[Doubt, Decision]]:
    numbers = [doubt.message_id for doubt, _ in decided]
    held = set(connection.execute(query("backup/hold_doubts"), {"message_ids": numbers}).scalars())
    done = [(doubt, decision) for doubt, decision in decided if doubt.message_id in held]
    for doubt, decision in done:
        connection.execute(
            query("backup/decide"),
            {"message_id": doubt.message_id, "decision": decision, "decided_by": by, "reason": reason},
        )
        state = {"sent": "sent", "leave": "ambiguous"}.get(decision, "queued")
        if state != "queued":
            connection.execute(query("backup/settle"), {"message_id": doubt.message_id, "state": state})
        record_event(connection, doubt.message_id, state, f"restore: {decision}, {by}: {reason}")
    return done


def wall_moment(told: datetime) -> datetime:
    """A moment as a person writes it: without a zone, Viet Nam's."""
    return told if told.tzinfo is not None else told.replace(tzinfo=clock.VIETNAM)
