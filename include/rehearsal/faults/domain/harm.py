"""What is done at a fail-point: the process is killed as by kill -9, or meets an error as it comes in life.

Where it can be, an error is made where it comes from: the connection is cut below the driver, the server
raises the serialization failure, the mail server is told to hang up.
"""

from __future__ import annotations

import errno
import json
import os
import re
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from rehearsal.faults.domain.points import Answered, Point, Touched

KILL = "kill"
REFUSED_FOR_GOOD = "smtp_5xx"
ORDER = Path("order.json")
"""The mail server's order for the next message, in the working folder of an experiment."""
_LOST = "server closed the connection unexpectedly"


@dataclass(frozen=True)
class Harm:
    """A way to fail, at the kinds of points that `at` fits; `within` narrows it to places."""

    name: str
    at: re.Pattern[str]
    do: Callable[[Touched], None]
    within: re.Pattern[str] = re.compile("")

    def fits(self, point: Point) -> bool:
        """Whether it can happen there."""
        return self.at.fullmatch(point.kind) is not None and self.within.search(point.place) is not None


def _kill(touched: Touched) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _kill_halfway(touched: Touched) -> None:
    touched.half()
    _kill(touched)


def _kill_with_child(touched: Touched) -> None:
    if touched.child_number is not None:
        os.kill(touched.child_number, signal.SIGKILL)


def _cut(touched: Touched) -> None:
    touched.lose_connection()


def _cut_afterwards(touched: Touched) -> None:
    touched.lose_connection()
    raise psycopg2.OperationalError(_LOST)


def _raises(condition: str) -> Callable[[Touched], None]:
    return lambda touched: touched.run_instead(f"DO $$ BEGIN RAISE {condition}; END $$")


def _fails(number: int, *, is_halfway: bool = False) -> Callable[[Touched], None]:
    def fail(touched: Touched) -> None:
        if is_halfway:
            touched.half()
        raise OSError(number, os.strerror(number))

    return fail


def _answers(code: int, text: str) -> Callable[[Touched], None]:
    def answer(touched: Touched) -> None:
        raise Answered(code, text.encode())

    return answer


def _ordered(**order: object) -> Callable[[Touched], None]:
    """Tell the mail server what to do with the message that follows."""

    def tell(touched: Touched) -> None:
        ORDER.write_text(json.dumps(order), encoding="utf-8")

    return tell


def _times_out(touched: Touched) -> None:
    raise TimeoutError("timed out")


HARMS = (
    Harm(KILL, re.compile(r".*"), _kill),
    Harm("kill_halfway", re.compile(r"(file\.write|smtp\.content)\.before"), _kill_halfway),
    Harm("connection_lost", re.compile(r"(statement|commit)\.before"), _cut),
    Harm("connection_lost", re.compile(r"(statement|commit)\.after"), _cut_afterwards),
    Harm("serialization_failure", re.compile(r"statement\.before"), _raises("serialization_failure")),
    Harm("deadlock", re.compile(r"statement\.before"), _raises("deadlock_detected")),
    Harm("no_space", re.compile(r"file\.write\.before"), _fails(errno.ENOSPC, is_halfway=True)),
    Harm("no_space", re.compile(r"(file\.mkdir|package\.\w+)\.before"), _fails(errno.ENOSPC)),
    Harm(
        "io_error", re.compile(r"file\.(write|fsync|rename|replace|link|unlink)\.before"), _fails(errno.EIO)
    ),
    Harm(
        "move_refused",
        re.compile(r"file\.(rename|replace)\.before"),
        _fails(errno.EACCES),
        re.compile(r"^intake\.channels"),
    ),
    Harm("smtp_refused", re.compile(r"smtp\.connect\.before"), _fails(errno.ECONNREFUSED)),
    Harm("smtp_timeout", re.compile(r"smtp\.(connect|mail|rcpt|data|content|answer)\.before"), _times_out),
    Harm("smtp_timeout", re.compile(r"smtp\.answer\.after"), _times_out),
    Harm("smtp_4xx", re.compile(r"smtp\.mail\.before"), _answers(451, "4.3.0 try again later")),
    Harm("smtp_4xx", re.compile(r"smtp\.rcpt\.before"), _answers(450, "4.2.0 greylisted")),
    Harm("smtp_4xx", re.compile(r"smtp\.data\.before"), _answers(451, "4.3.0 try again later")),
    Harm("smtp_4xx", re.compile(r"smtp\.content\.before"), _ordered(answer="451 4.3.0 try again later")),
    Harm("smtp_421", re.compile(r"smtp\.(mail|data)\.before"), _answers(421, "4.3.2 closing")),
    Harm("smtp_5xx_to_us", re.compile(r"smtp\.mail\.before"), _answers(554, "5.7.1 we are not welcome")),
    Harm(REFUSED_FOR_GOOD, re.compile(r"smtp\.content\.before"), _ordered(answer="554 5.7.1 taken for spam")),
    Harm("smtp_hangs_up_having_taken", re.compile(r"smtp\.content\.before"), _ordered(is_taken=True)),
    Harm("smtp_hangs_up_untaken", re.compile(r"smtp\.content\.before"), _ordered(is_taken=False)),
    Harm("smtp_connection_lost", re.compile(r"smtp\.(mail|rcpt|data|content)\.(before|after)"), _cut),
    Harm("no_process", re.compile(r"child\.start\.before"), _fails(errno.EAGAIN)),
    Harm("child_killed", re.compile(r"child\.start\.after"), _kill_with_child),
)


def fitting(point: Point) -> list[Harm]:
    """Everything but the plain kill that can happen at a point."""
    return [harm for harm in HARMS if harm.name != KILL and harm.fits(point)]


def kill() -> Harm:
    """The plain kill."""
    return HARMS[0]
