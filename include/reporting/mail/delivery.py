"""Delivery: what is queued is sent once, by any number of deliverers at a time.

A deliverer claims one message (state `sending`, committed), sends it, and marks it sent in a transaction of
its own. What it holds is told apart from what a dead one left behind by a lock, not by a time limit: each
deliverer holds a PostgreSQL advisory lock on its name for as long as its connection lives, and makes all its
claims on that very connection, so that one that lost its lock cannot begin another send.
"""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, Row
from sqlalchemy.exc import DBAPIError

from reporting import clock, events
from reporting.database import query
from reporting.mail.ledger import record_event
from reporting.mail.transport import (
    NotACaptureServer,
    NotSentYet,
    OutcomeUnknown,
    Refused,
    ServerUnavailable,
    Transport,
)
from reporting.settings import settings


@dataclass(frozen=True)
class DeliveryResult:
    """What one call of `deliver` did.

    `ambiguous` counts sends of unknown outcome that are left so by the step's policy; `left_queued` what
    waits still (mail is stopped, the server is away or asked to wait). `problem` says why the server could
    not be used; None if it could.
    """

    sent: int = 0
    failed: int = 0
    withdrawn: int = 0
    ambiguous: int = 0
    left_queued: int = 0
    problem: str | None = None


@dataclass
class _Tally:
    sent: int = 0
    failed: int = 0
    withdrawn: int = 0
    ambiguous: int = 0
    problem: str | None = None
    no_capture_server: NotACaptureServer | None = None
    tried: list[int] = field(default_factory=list)
    modes_without_server: set[str] = field(default_factory=set)


def deliver(engine: Engine, cycle_id: str | None = None) -> DeliveryResult:
    """Send what is queued (of one cycle, or of all), after settling sends that were cut off.

    Each message is tried once per call; what the server put off stays queued with its attempts counted, and
    the caller decides when to try again. Raises NotACaptureServer, after everything else was sent, when a
    rehearsal's mail had no capture server to go to.
    """
    with _Deliverer(engine, cycle_id) as deliverer:
        return deliverer.run()


def stop_mail(engine: Engine, by: str, reason: str) -> None:
    """Halt all sending at once: running deliverers end before their next message, everything stays queued."""
    _throw_switch(engine, is_on=True, by=by, reason=reason)


def start_mail(engine: Engine, by: str) -> None:
    """Let mail go again; the next delivery sends what waited."""
    _throw_switch(engine, is_on=False, by=by, reason=None)


def is_stopped(connection: Connection) -> bool:
    """Whether all mail is halted."""
    return bool(connection.execute(query("mail/is_stopped")).scalar_one())


def _throw_switch(engine: Engine, *, is_on: bool, by: str, reason: str | None) -> None:
    at = clock.wall_now()
    with engine.begin() as connection:
        connection.execute(
            query("mail/set_switch"), {"is_on": is_on, "changed_by": by, "changed_at": at, "reason": reason}
        )
        events.record(
            connection, None, "mail_stopped" if is_on else "mail_started", by, at, reason=reason or ""
        )


class _Deliverer:
    def __init__(self, engine: Engine, cycle_id: str | None) -> None:
        self.engine = engine
        self.cycle_id = cycle_id
        self.name = f"deliverer {os.getpid()} {secrets.token_hex(6)}"
        self.tally = _Tally()
        self._connection = engine.connect()

    def __enter__(self) -> Self:
        try:
            with self._connection.begin():
                self._connection.execute(query("mail/hold_deliverer_lock"), {"deliverer": self.name})
        except BaseException:
            self._connection.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The lock belongs to the database session: the session must not go back to the pool with it.
        try:
            if not self._connection.invalidated:
                if self._connection.in_transaction():
                    self._connection.rollback()
                with self._connection.begin():
                    self._connection.execute(query("mail/release_deliverer_lock"), {"deliverer": self.name})
        except DBAPIError:
            self._connection.invalidate()
        finally:
            self._connection.close()

    def run(self) -> DeliveryResult:
        tally = self.tally
        self._settle_cut_off()
        with Transport() as transport:
            self._drain(transport)
            if self._settle_cut_off():  # another deliverer ended while this one was sending
                self._drain(transport)
        if tally.no_capture_server is not None:
            raise tally.no_capture_server
        with self._connection.begin():
            left = self._connection.execute(
                query("mail/count_queued"), {"cycle_id": self.cycle_id}
            ).scalar_one()
        return DeliveryResult(tally.sent, tally.failed, tally.withdrawn, tally.ambiguous, left, tally.problem)

    def _drain(self, transport: Transport) -> None:
        """Send until nothing is queued that was not tried already, or mail is stopped."""
        while (claim := self._claim()) is not None:
            self.tally.tried.append(claim.message_id)
            started = time.monotonic()
            is_real_server = self._send(transport, claim)
            if is_real_server and settings().mail_per_second:
                time.sleep(max(0.0, 1 / settings().mail_per_second - (time.monotonic() - started)))

    def _settle_cut_off(self) -> int:
        """Settle, by each step's policy, sends whose deliverer no longer lives; returns how many."""
        with self._connection.begin():
            rows = self._connection.execute(query("mail/cut_off")).all()
            for row in rows:
                self._settle(
                    self._connection, row, f"the send was cut off: {row.claimed_by} ended before its outcome"
                )
        return len(rows)

    def _settle(self, connection: Connection, row: Row[Any], why: str) -> None:
        connection.execute(query("mail/settle"), {"message_id": row.message_id, "state": "ambiguous"})
        record_event(connection, row.message_id, "ambiguous", why)
        if row.is_resendable:
            connection.execute(query("mail/settle"), {"message_id": row.message_id, "state": "queued"})
            record_event(connection, row.message_id, "queued", "to be sent again under the same Message-ID")
        else:
            self.tally.ambiguous += 1

    def _claim(self) -> Row[Any] | None:
        """The next message to send, claimed and committed; what became obsolete is withdrawn on the way."""
        while True:
            with self._connection.begin():
                claim = self._connection.execute(
                    query("mail/claim_next"),
                    {
                        "deliverer": self.name,
                        "cycle_id": self.cycle_id,
                        "wall_now": clock.wall_now(),
                        "tried": self.tally.tried,
                        "modes_without_server": sorted(self.tally.modes_without_server),
                    },
                ).one_or_none()
                if claim is None:
                    return None
                if claim.obsolete is None:
                    record_event(
                        self._connection, claim.message_id, "sending", f"attempt {claim.attempt_count}"
                    )
                    return claim
                self._finish(self._connection, claim.message_id, "withdrawn", claim.obsolete)
                self.tally.withdrawn += 1

    def _send(self, transport: Transport, claim: Row[Any]) -> bool:
        """Send one claimed message and write what became of it. Returns whether a real server took it."""
        number: int = claim.message_id
        try:
            with self._connection.begin():
                prepared = transport.prepare(self._connection, number)
        except Refused as error:
            self._write(number, "failed", str(error))
            self.tally.failed += 1
            return False
        except DBAPIError:
            raise
        except Exception as error:
            # it cannot be built, such as from a file that cannot be read; the others need not wait for it
            self.tally.problem = f"message {number} could not be built: {type(error).__name__}: {error}"
            self._write(number, "queued", self.tally.problem)
            return False
        try:
            is_real_server = transport.send(prepared)
        except Refused as error:
            self._write(number, "failed", str(error))
            self.tally.failed += 1
            return False
        except NotSentYet as error:
            self._write(number, "queued", str(error))
            return False
        except (ServerUnavailable, NotACaptureServer) as error:
            self._write(number, "queued", str(error))
            self.tally.modes_without_server.add(claim.mode)
            self.tally.problem = str(error)
            if isinstance(error, NotACaptureServer):
                self.tally.no_capture_server = error
            return False
        except OutcomeUnknown as error:
            with self._connection.begin():
                self._settle(self._connection, claim, str(error))
            return False
        self._write(number, "sent", None)
        self.tally.sent += 1
        return is_real_server

    def _write(self, number: int, state: str, detail: str | None) -> None:
        """Write the outcome of a send; if our connection broke meanwhile, over another one: it is known."""
        try:
            with self._connection.begin():
                self._finish(self._connection, number, state, detail)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            with self.engine.begin() as connection:
                self._finish(connection, number, state, detail)
            raise

    def _finish(self, connection: Connection, number: int, state: str, detail: str | None) -> None:
        moved = connection.execute(
            query("mail/set_state"), {"message_id": number, "state": state, "deliverer": self.name}
        ).one_or_none()
        if moved is not None:
            record_event(connection, number, state, detail)
