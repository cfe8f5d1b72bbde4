"""Delivery: what is queued is sent once, by any number of deliverers at a time.

A deliverer reserves some messages (they stay `queued`, under its name), builds one, and begins its send
(state `sending`, committed) if that is still right at that moment; the same transaction writes that the one
before was sent. So a kill leaves at most one message whose outcome nobody knows; the reserved ones were not
begun and go back unharmed. What a deliverer holds is told apart from what a dead one left behind by a lock,
not by a time limit: each holds a PostgreSQL advisory lock on its name for as long as its connection lives,
and reserves and begins on that very connection, so that one that lost its lock cannot begin another send.
"""

from __future__ import annotations

import logging
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import zip_longest
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, Row
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.exc import DBAPIError

from reporting import clock, events, logs
from reporting.database import query
from reporting.mail import bounces, remarks
from reporting.mail.alerts import send_alerts
from reporting.mail.ledger import record_event
from reporting.mail.office_hours import closed_cycles
from reporting.mail.transport import (
    NotACaptureServer,
    NotSentYet,
    OutcomeUnknown,
    Prepared,
    Refused,
    ServerUnavailable,
    TooLarge,
    Transport,
)
from reporting.settings import settings
from reporting.wording.catalogue import text

_log = logging.getLogger(__name__)
_RESERVED_AT_ONCE = 50
_RESERVED_SECONDS = 5.0  # of a paced server


class RestoreNotReadError(RuntimeError):
    """Mail may not be started: the channels were not looked through again after a restore."""


@dataclass(frozen=True)
class DeliveryResult:
    """What one call of `deliver` did.

    `ambiguous` counts sends of unknown outcome that are left so for good by the step's policy; `left_queued`
    what waits still (mail is stopped, the server is away or asked to wait), but not reminders that wait for
    office hours. `problem` says why the server could not be used; None if it could.
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
    put_off: set[int] = field(default_factory=set)
    modes_without_server: set[str] = field(default_factory=set)
    is_operator_to_be_told: bool = False


class Pace:
    """Spaces sends evenly; `clock` and `sleep` count seconds."""

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._gap = 1 / per_second if per_second else 0.0
        self._clock = clock
        self._sleep = sleep
        self._next = clock()

    @property
    def delay(self) -> float:
        """Seconds until the next send may begin."""
        return max(0.0, self._next - self._clock())

    def wait(self) -> None:
        """Wait until the next send may begin."""
        if delay := self.delay:
            self._sleep(delay)

    def count(self) -> None:
        """Note that a send begins now."""
        self._next = self._clock() + self._gap


def deliver(engine: Engine, cycle_id: str | None = None) -> DeliveryResult:
    """Send what is queued (of one cycle, or of all), after settling sends that were cut off.

    Reminders and copies of urging letters go in office hours only. Each message is tried once per call; what
    the server put off stays queued with its attempts counted, and the caller decides when to try again.
    Raises NotACaptureServer, after everything else was sent, when a rehearsal's mail had no capture server to
    go to.
    """
    with _Deliverer(engine, cycle_id) as deliverer:
        return deliverer.run()


def stop_mail(engine: Engine, by: str, reason: str) -> None:
    """Halt all sending at once: running deliverers end before their next message, everything stays queued."""
    with engine.begin() as connection:
        stop_in(connection, by, reason)


def start_mail(engine: Engine, by: str) -> None:
    """Let mail go again; the next delivery sends what waited.

    After a restore, only once the channels were looked through again, since an answer that came after the
    backup withdraws reminders; raises RestoreNotReadError until then.
    """
    with engine.begin() as connection:
        if (unread := connection.execute(query("mail/unread_restore")).scalar_one_or_none()) is not None:
            raise RestoreNotReadError(
                f"The warehouse was restored from {unread}, and what the offices sent since that backup was "
                "not taken over again. Run `reporting backup recollect`, then `reporting backup "
                "after-restore`."
            )
        _throw_switch(connection, is_on=False, by=by, reason=None)


def is_stopped(connection: Connection) -> bool:
    """Whether all mail is halted."""
    return bool(connection.execute(query("mail/is_stopped")).scalar_one())


def stop_in(connection: Connection, by: str, reason: str) -> None:
    """`stop_mail` in the caller's transaction."""
    _throw_switch(connection, is_on=True, by=by, reason=reason)


def _throw_switch(connection: Connection, *, is_on: bool, by: str, reason: str | None) -> None:
    at = clock.wall_now()
    connection.execute(
        query("mail/set_switch"), {"is_on": is_on, "changed_by": by, "changed_at": at, "reason": reason}
    )
    events.record(connection, None, "mail_stopped" if is_on else "mail_started", by, at, reason=reason or "")


@lru_cache(maxsize=1)
def _claim_statement() -> tuple[str, tuple[str, ...]]:
    """mail/claim_next as PostgreSQL prepares it, with its parameters in their order.

    It is run once per message, and planning it takes longer than running it.
    """
    compiled = query("mail/claim_next").compile(dialect=PGDialect(paramstyle="numeric_dollar"))  # type: ignore[no-untyped-call]
    return compiled.string, tuple(compiled.positiontup or ())


def _about(row: Row[Any]) -> AbstractContextManager[None]:
    """Lines of the log inside are about this message."""
    return logs.about(
        cycle_id=row.cycle_id, recipient=row.reference_code, step=row.step, message_id=row.message_id
    )


class _Deliverer:
    def __init__(self, engine: Engine, cycle_id: str | None) -> None:
        self.engine = engine
        self.cycle_id = cycle_id
        self.name = f"deliverer {os.getpid()} {secrets.token_hex(6)}"
        self.tally = _Tally()
        self._sent: int | None = None  # taken by the server, not yet written down
        self._connection = engine.connect()
        self._builder = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")

    def __enter__(self) -> Self:
        try:
            with self._connection.begin():
                self._connection.execute(query("mail/hold_deliverer_lock"), {"deliverer": self.name})
                cursor = self._connection.connection.cursor()
                cursor.execute(f"PREPARE claim_next AS {_claim_statement()[0]}")
                cursor.close()
        except BaseException:
            self._connection.invalidate()
            self._connection.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._builder.shutdown(wait=True, cancel_futures=True)
        # The lock belongs to the database session: the session must not go back to the pool with it.
        try:
            if not self._connection.invalidated:
                if self._connection.in_transaction():
                    self._connection.rollback()
                self._write_sent()
                self._release()
                with self._connection.begin():
                    self._connection.exec_driver_sql("DEALLOCATE claim_next")
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
        if tally.is_operator_to_be_told:
            send_alerts(self.engine)
        if tally.no_capture_server is not None:
            raise tally.no_capture_server
        with self._connection.begin():
            left = self._connection.execute(
                query("mail/count_queued"),
                {"cycle_id": self.cycle_id, "closed": closed_cycles(self._connection, self.cycle_id)},
            ).scalar_one()
        return DeliveryResult(tally.sent, tally.failed, tally.withdrawn, tally.ambiguous, left, tally.problem)

    def _drain(self, transport: Transport) -> None:
        """Send until nothing is queued that was not put off already, or mail is stopped."""
        rate = settings().mail_per_second
        pace = Pace(rate, time.monotonic, time.sleep)
        count = min(_RESERVED_AT_ONCE, max(1, int(rate * _RESERVED_SECONDS))) if rate else _RESERVED_AT_ONCE
        while reserved := self._reserve(count):
            for row, prepared in self._built(transport, reserved):
                with _about(row):
                    if row.mode not in self.tally.modes_without_server and not self._handle(
                        transport, row, prepared, pace
                    ):
                        break
            self._write_sent()
            if row is not reserved[-1] or self.tally.modes_without_server:
                self._release()
        pace.wait()  # so that a call right after this one keeps it too

    def _settle_cut_off(self) -> int:
        """Settle, by each step's policy, sends whose deliverer no longer lives, and give back what such ones
        had reserved; returns how many there were.
        """
        with self._connection.begin():
            rows = self._connection.execute(query("mail/cut_off")).all()
            for row in rows:
                self._settle(
                    self._connection, row, f"the send was cut off: {row.claimed_by} ended before its outcome"
                )
            released: int = self._connection.execute(query("mail/release_dead")).rowcount
        return len(rows) + released

    def _settle(self, connection: Connection, row: Row[Any], why: str) -> None:
        policy = f"settled by the policy of its step, {row.when_unknown}"
        with _about(row):
            _log.warning("mail of unknown outcome, %s", policy)
        connection.execute(query("mail/settle"), {"message_id": row.message_id, "state": "ambiguous"})
        if row.when_unknown == "send_again":
            record_event(connection, row.message_id, "ambiguous", why)
            connection.execute(query("mail/settle"), {"message_id": row.message_id, "state": "queued"})
            record_event(
                connection, row.message_id, "queued", f"{policy}: to be sent again under the same Message-ID"
            )
        else:
            record_event(connection, row.message_id, "ambiguous", f"{why}; {policy}: not sent again")
            self.tally.ambiguous += 1

    def _reserve(self, count: int) -> list[Row[Any]]:
        """The next messages to send, reserved and committed, in their order."""
        with self._connection.begin():
            rows = self._connection.execute(
                query("mail/reserve"),
                {
                    "deliverer": self.name,
                    "cycle_id": self.cycle_id,
                    "wall_now": clock.wall_now(),
                    "tried": sorted(self.tally.put_off),
                    "modes_without_server": sorted(self.tally.modes_without_server),
                    "closed": closed_cycles(self._connection, self.cycle_id),
                    "count": count,
                },
            ).all()
        return sorted(rows, key=lambda row: int(row.message_id))

    def _release(self) -> None:
        """Give back what is reserved and was not begun."""
        with self._connection.begin():
            self._connection.execute(query("mail/release"), {"deliverer": self.name})

    def _built(
        self, transport: Transport, reserved: Sequence[Row[Any]]
    ) -> Iterator[tuple[Row[Any], Prepared | Exception]]:
        """Each reserved message as it goes over the wire, or why it cannot be built; the next one is built
        while one is on its way.
        """
        names = self._sender_names(reserved)

        def build(row: Row[Any]) -> Prepared | Exception:
            try:
                return transport.prepare(row, names[row.cycle_id])
            except Exception as error:
                return error

        following = None
        try:
            for row, next_row in zip_longest(reserved, reserved[1:]):
                prepared = build(row) if following is None else following.result()
                following = None if next_row is None else self._builder.submit(build, next_row)
                yield row, prepared
        finally:
            if following is not None:
                following.cancel()

    def _sender_names(self, reserved: Sequence[Row[Any]]) -> dict[str, str]:
        """The name under which each cycle writes."""
        cycles = {row.cycle_id for row in reserved}
        with self._connection.begin():
            rows = self._connection.execute(query("mail/sender_names"), {"cycle_ids": sorted(cycles)}).all()
        return {row.cycle_id: row.unit_name or "" for row in rows}

    def _handle(
        self, transport: Transport, row: Row[Any], prepared: Prepared | Exception, pace: Pace
    ) -> bool:
        """Begin and send one reserved message. Returns whether to go on: not when mail is stopped."""
        is_real_server = False
        if isinstance(prepared, Prepared):
            try:
                is_real_server = transport.open(row.mode)
            except (ServerUnavailable, NotACaptureServer) as error:
                self._give_up(row, error)
                with self._connection.begin():
                    record_event(self._connection, row.message_id, "queued", str(error))
                return True
        if is_real_server and pace.delay:
            self._write_sent()  # nothing is left open while we wait
            pace.wait()
        is_stopped, is_begun = self._begin(row.message_id)
        if not is_begun:
            return not is_stopped
        if isinstance(prepared, Prepared):
            if is_real_server:
                pace.count()
            self._send(transport, row, prepared)
        elif isinstance(prepared, Refused):
            self._fail(row, prepared)
        else:
            # it cannot be built, such as from a file that cannot be read; the others need not wait for it
            self.tally.problem = (
                f"message {row.message_id} could not be built: {type(prepared).__name__}: {prepared}"
            )
            self._put_off(row.message_id, self.tally.problem)
        return True

    def _begin(self, number: int | None) -> tuple[bool, bool]:
        """Write that the last message was sent, and begin the send of message `number`, in one transaction.

        Returns whether mail is stopped and whether the send has begun. What became obsolete is withdrawn.
        """
        values = {"sent": self._sent, "deliverer": self.name, "next": number, "wall_now": clock.wall_now()}
        names = _claim_statement()[1]
        places = ", ".join(["%s"] * len(names))
        try:
            with self._in_one_statement():
                found = self._connection.exec_driver_sql(
                    f"EXECUTE claim_next({places})", tuple(values[name] for name in names)
                ).one()
        except DBAPIError as error:
            if error.connection_invalidated and self._sent is not None:
                # over another connection: what the server has taken is known
                sent, self._sent = self._sent, None
                with self.engine.begin() as connection:
                    self._finish(connection, sent, "sent", None)
            raise
        self._sent = None
        if found.state == "withdrawn":
            self.tally.withdrawn += 1
            _log.info("mail withdrawn: it is not right any more")
        return found.is_stopped, found.state == "sending"

    @contextmanager
    def _in_one_statement(self) -> Iterator[None]:
        """A transaction of one statement, which needs no BEGIN and COMMIT of its own.

        It is set on the driver's connection: SQLAlchemy would keep a note of every change until the end.
        """
        driver: Any = self._connection.connection.dbapi_connection
        driver.autocommit = True
        try:
            with self._connection.begin():
                yield
        finally:
            if not driver.closed:
                driver.autocommit = False

    def _write_sent(self) -> None:
        """Write that the last message was sent, if that is not written yet."""
        if self._sent is not None:
            self._begin(None)

    def _send(self, transport: Transport, row: Row[Any], prepared: Prepared) -> None:
        """Send one message whose send has begun, and write what became of it, unless it was sent: that is
        written with the beginning of the next.
        """
        try:
            transport.send(prepared)
        except Refused as error:
            self._fail(row, error)
        except NotSentYet as error:
            self._put_off(row.message_id, str(error))
        except (ServerUnavailable, NotACaptureServer) as error:
            self._give_up(row, error)
            self._put_off(row.message_id, str(error))
        except OutcomeUnknown as error:
            self.tally.put_off.add(row.message_id)
            with self._connection.begin():
                self._settle(self._connection, row, str(error))
        else:
            self._sent = row.message_id
            self.tally.sent += 1
            _log.info("mail sent")

    def _fail(self, row: Row[Any], error: Refused) -> None:
        """Write that it can never be sent; who is to know, is told."""
        self.tally.failed += 1
        _log.warning("mail refused for good")  # the server's words may name the address
        with self._connection.begin():
            self._finish(self._connection, row.message_id, "failed", str(error))
            if error.is_address_dead and bounces.mark_contact(
                self._connection, row, str(error), source=row.message_id_header
            ):
                self.tally.is_operator_to_be_told = True
            if isinstance(error, TooLarge):
                self.tally.is_operator_to_be_told |= remarks.keep(
                    self._connection,
                    f"mail_too_large:{row.cycle_id}:{row.step}",
                    subject=text("alerts.mail_too_large_subject", cycle=row.cycle_id),
                    body=text(
                        "alerts.mail_too_large_body",
                        cycle=row.cycle_id,
                        step=row.step,
                        address=row.to_address,
                        files="; ".join(file["filename"] for file in row.attachments),
                        limit=f"{settings().mail_attachment_limit:g}",
                    ),
                )

    def _put_off(self, number: int, why: str) -> None:
        """Back into the queue, until the next delivery."""
        self.tally.put_off.add(number)
        _log.warning("mail put off until the next delivery")
        with self._connection.begin():
            self._finish(self._connection, number, "queued", why)

    def _give_up(self, row: Row[Any], error: ServerUnavailable | NotACaptureServer) -> None:
        """Nothing more of this mode is tried in this call."""
        self.tally.modes_without_server.add(row.mode)
        self.tally.problem = str(error)
        if isinstance(error, NotACaptureServer):
            self.tally.no_capture_server = error

    def _finish(self, connection: Connection, number: int, state: str, detail: str | None) -> None:
        moved = connection.execute(
            query("mail/set_state"), {"message_id": number, "state": state, "deliverer": self.name}
        ).one_or_none()
        if moved is not None:
            record_event(connection, number, state, detail)
