"""`python -m benchmarks.two_workers`: the intake of many workbooks with one and with two Celery workers.

On an office's topology of its own, one task at a time in each worker. All mails come in at once while the
intake waits for them; before each round the warehouse and the archive are as they were. Prints one line of
JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from email.policy import SMTP
from pathlib import Path

import psycopg2
import psycopg2.extensions
from sqlalchemy import Engine, text

from benchmarks import processors, scaled
from benchmarks.installation import KEY
from local_stack import capture
from local_stack.layout import CLONE
from local_stack.stack import AIRFLOW_DATABASE, AIRFLOW_ROLE, MINISTRY_ADDRESS, Stack, State
from local_stack.topology import Topology
from reporting import database
from reporting.clock import VIETNAM
from reporting.settings import settings

INTAKE = "submission_intake"
PATIENCE = 900.0
WARMING = 500
"""So many mails are more than the intake handles alone: they are shared out over all workers."""
_WAITS = (
    "SELECT count(*) FILTER (WHERE t.dag_id = %(intake)s AND t.state = 'deferred'),"
    " count(*) FILTER (WHERE t.state IN ('queued', 'running', 'restarting')"
    " OR t.state = 'scheduled' AND NOT d.is_paused)"
    " FROM task_instance t JOIN dag d USING (dag_id)"
)
_SENT = datetime(2012, 12, 12, 8, tzinfo=VIETNAM)


@dataclass(frozen=True)
class TakenIn:
    """One intake. Seconds until all was collected, handled, and answered; processor seconds by part."""

    collected: float
    handled: float
    answered: float
    processors: dict[str, float]


class OfficeStack(Stack):
    """An office's stack that knows the signature of the sample workbooks."""

    def processor_seconds(self) -> dict[str, float]:
        """Processor seconds so far by part; of the workers with the tasks that they started."""
        state = self._state()
        parts = {} if state is None else {name: part.process() for name, part in state.parts.items()}
        return processors.used({name: one for name, one in parts.items() if one is not None})

    def pause_all_but_the_intake(self) -> None:
        """Let nothing else be scheduled."""
        with self._airflow() as cursor:
            cursor.execute("UPDATE dag SET is_paused = (dag_id <> %s)", [INTAKE])

    def is_waiting(self) -> bool:
        """Whether the intake waits in the triggerer and no task is under way; what is scheduled in a paused
        DAG stays so.
        """
        with self._airflow() as cursor:
            cursor.execute(_WAITS, {"intake": INTAKE})
            found = cursor.fetchone()
        return found == (1, 0)

    @contextlib.contextmanager
    def _airflow(self) -> Iterator[psycopg2.extensions.cursor]:
        url = self.postgres().url(AIRFLOW_DATABASE, AIRFLOW_ROLE).replace("+psycopg2", "")
        with (
            contextlib.closing(psycopg2.connect(url)) as connection,
            connection,
            connection.cursor() as cursor,
        ):
            yield cursor

    def _part_environment(self, state: State) -> dict[str, str]:
        return super()._part_environment(state) | {
            "REPORTING_SIGNING_KEY": KEY,
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "1",  # Airflow's own, as the containers have it
        }


def main(arguments: list[str] | None = None) -> int:
    """Measure; prints JSON. Returns 0; raises RuntimeError when an answer is not accepted."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.two_workers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="pairs of an intake by one and one by two")
    parser.add_argument("--workbooks", type=int, default=2000)
    options = parser.parse_args(arguments)
    (CLONE / ".cache").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=CLONE / ".cache") as folder:
        stack = OfficeStack(Path(folder) / "stack")
        try:
            found = _play(stack, Path(folder) / "mails", options.workbooks, options.rounds)
        finally:
            stack.down(_tell)
    print(json.dumps({str(workers): [asdict(one) for one in taken] for workers, taken in found.items()}))
    return 0


def _play(stack: OfficeStack, mails: Path, count: int, rounds: int) -> dict[int, list[TakenIn]]:
    found: dict[int, list[TakenIn]] = {1: [], 2: []}
    owner: Engine | None = None
    for number in range(rounds):
        for workers in sorted(found, reverse=bool(number % 2)):
            stack.up(_tell, rehearsal=True, topology=Topology(workers=workers, concurrency=1))
            os.environ.update(stack.environment())
            settings.cache_clear()
            if owner is not None:
                owner.dispose()
            owner = database.engine(database.owner_url())
            if not mails.exists():
                _write_mails(owner, mails, count)
            stack.pause_all_but_the_intake()
            sent = sorted(mails.iterdir())
            for share in (sent[:WARMING], sent):  # every worker has had a task before anything is measured
                _empty(stack, owner)
                _at_rest(stack)
                taken = _take_in(stack, owner, share)
            found[workers].append(taken)
            _tell(f"{workers} workers: {found[workers][-1]}")
    return found


def _write_mails(owner: Engine, mails: Path, count: int) -> None:
    """Open a cycle for so many offices, and write the mail with which each answers."""
    _, answers = scaled.prepare(owner, count)
    mails.mkdir()
    for number, answer in enumerate(answers):
        mail = scaled.mail_of(answer, _SENT - timedelta(seconds=count - number))
        (mails / f"{number:06d}.bench").write_bytes(mail.as_bytes(policy=SMTP))


def _empty(stack: OfficeStack, owner: Engine) -> None:
    """Everything as before the first mail came."""
    scaled.forget_arrivals(owner)
    shutil.rmtree(stack.layout.archive, ignore_errors=True)
    stack.layout.archive.mkdir(parents=True)
    box = capture.maildir(stack.layout.mail, MINISTRY_ADDRESS)
    for folder in ("cur", "new", "tmp"):
        shutil.rmtree(box / folder, ignore_errors=True)
        (box / folder).mkdir(parents=True)


def _take_in(stack: OfficeStack, owner: Engine, mails: Sequence[Path]) -> TakenIn:
    """These mails come in at once, while the intake waits for them."""
    count = len(mails)
    box = capture.maildir(stack.layout.mail, MINISTRY_ADDRESS)
    before, began = stack.processor_seconds(), time.monotonic()
    for mail in mails:
        os.link(mail, box / "new" / mail.name)
    reached: dict[str, float] = {}
    while "answered" not in reached:
        with owner.connect() as connection:
            row = connection.execute(text(_REACHED)).one()
        passed = round(time.monotonic() - began, 2)
        if row.collected == count:
            reached.setdefault("collected", passed)
        if row.handled == count:
            reached.setdefault("handled", passed)
            if row.waiting == 0:
                reached["answered"] = passed
        if passed > PATIENCE:
            raise RuntimeError(f"after {passed:.0f} s: {row._mapping} of {count}; see {stack.layout.logs}")
        time.sleep(0.25)
    spent = processors.between(before, stack.processor_seconds())
    with owner.connect() as connection:
        ended = connection.execute(text(_ENDED)).one()
    if ended.accepted != count or ended.sent != count:
        raise RuntimeError(f"of {count} sample answers {ended._mapping}; nothing was measured")
    return TakenIn(reached["collected"], reached["handled"], reached["answered"], spent)


_REACHED = (
    "SELECT (SELECT count(*) FROM intake.arrival) AS collected,"
    " (SELECT count(*) FROM intake.arrival WHERE handled_at IS NOT NULL) AS handled,"
    " (SELECT count(*) FROM cycle.message WHERE state IN ('queued', 'sending')) AS waiting"
)
_ENDED = (
    "SELECT (SELECT count(*) FROM intake.submission WHERE outcome LIKE 'accepted%') AS accepted,"
    " (SELECT count(*) FROM cycle.message WHERE state = 'sent') AS sent"
)


def _at_rest(stack: OfficeStack) -> None:
    """Wait until the intake waits without a worker and nothing else runs. Raises RuntimeError."""
    until = time.monotonic() + 180
    quiet = 0
    while quiet < 3:
        quiet = quiet + 1 if stack.is_waiting() else 0
        if time.monotonic() > until:
            raise RuntimeError("Airflow's tasks do not come to rest")
        time.sleep(1)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
