"""A machine's clock that is stepped while a live cycle runs: an hour back, a day ahead and back, across the
deadline.

The work is done by one process of its own whose clock libfaketime turns; mail goes to a server on loopback.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pypdfium2 import PdfDocument
from sqlalchemy import Connection, Engine

from local_stack.ports import LOOPBACK
from rehearsal.faults import rude_smtp
from rehearsal.faults.bench import PERIOD, REGIME, Bench, note, told
from rehearsal.faults.report import Experiment
from rehearsal.faults.rude_smtp import RudeSmtp
from reporting import clock, database
from reporting.calendar.working_days import WorkingCalendar
from reporting.cycles import conducting, plan, status
from reporting.cycles.opening import cycle_id_of, open_cycle
from reporting.database import query
from reporting.documents import lifecycle
from reporting.regimes.models import load_regime
from reporting.settings import settings

_LIBRARIES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib/*/faketime/libfaketime.so.1")
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_DONE = "done"
_MOST_TOLD = 10


def library() -> Path | None:
    """libfaketime, where it is installed."""
    for pattern in _LIBRARIES:
        for found in sorted(Path("/").glob(pattern.lstrip("/"))):
            return found
    return None


@dataclass(frozen=True)
class Worker:
    """The process that does what is due whenever it is asked to, and the file that turns its clock."""

    process: subprocess.Popen[str]
    clock: Path

    def at(self, moment: datetime) -> str:
        """Turn its clock to a moment and let it do what is due; returns what went wrong, or nothing."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        local = moment.astimezone(clock.VIETNAM)
        draft = self.clock.with_suffix(".new")
        draft.write_text(f"@{local:%Y-%m-%d %H:%M:%S}\n", encoding="utf-8")
        draft.replace(self.clock)
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        return "" if answer == _DONE else answer or "the worker ended"


@contextmanager
def worker(folder: Path, start: datetime) -> Iterator[Worker]:
    """A worker until the block ends. Raises FileNotFoundError where libfaketime is not installed."""
    preloaded = library()
    if preloaded is None:
        raise FileNotFoundError("libfaketime is not installed (Debian: faketime)")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "clock"
    file.write_text(f"@{start.astimezone(clock.VIETNAM):%Y-%m-%d %H:%M:%S}\n", encoding="utf-8")
    environment = os.environ | {
        "LD_PRELOAD": str(preloaded),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "TZ": "Asia/Ho_Chi_Minh",
    }
    with (folder / "worker.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "rehearsal.faults.steps_of_clock"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment,
        )
    try:
        yield Worker(process, file)
    finally:
        with suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def clock_stepped(bench: Bench, only: Collection[str] = ()) -> Experiment:
    """A live cycle nobody answers: every reminder goes once, when it is due, however the clock jumps.

    With `only`, after the request, at these steps of the plan alone.
    """
    regime = load_regime(REGIME)
    experiment = Experiment("clock_stepped", "the clock stepped back, ahead and across the deadline")
    cycle_id = cycle_id_of(regime, PERIOD, "live", 1)
    with (
        rude_smtp.running(settings().capture_token.get_secret_value()) as mail,
        told(
            REPORTING_CAPTURE_ADDRESS=f"{LOOPBACK}:{mail.port}",
            AIRFLOW_CONN_REPORTING_SMTP=f"smtp://{LOOPBACK}:{mail.port}?starttls=false",
            REPORTING_MAILBOX_MODE="live",
        ),
    ):
        period, calendar = regime.period(PERIOD), WorkingCalendar.load(regime.code)
        moments = {
            m.step: m.due_at
            for m in plan.milestones(regime, period, calendar)
            if m.step not in (plan.REPORT, plan.PUBLISH)
            and (not only or m.step in (plan.REQUEST_LETTER, plan.ISSUE, *only))
        }
        try:
            with worker(bench.folder / "clock", min(moments.values())) as hand:
                _play(experiment, bench.engine, cycle_id, hand, mail, moments)
        except FileNotFoundError as error:
            experiment.skipped = str(error)
    return experiment


def _play(
    experiment: Experiment,
    engine: Engine,
    cycle_id: str,
    hand: Worker,
    mail: RudeSmtp,
    moments: dict[str, datetime],
) -> None:
    sent_at: dict[str, datetime] = {}
    first = moments[plan.REQUEST_LETTER]
    for step, due in sorted(moments.items(), key=lambda one: one[1]):
        # before it; when it is due; an hour back; due again; a day ahead, and back across it
        steps = [("", due - _HOUR / 2), ("", due + _HOUR / 12), ("an hour back", due - 11 * _HOUR / 12)]
        following = min((m for m in moments.values() if m > due + _HOUR), default=None)
        if following is not None and following > due + 2 * _DAY:
            steps += [("a day ahead", due + _DAY + _HOUR / 12), ("a day back", due + _HOUR / 12)]
        if step == plan.DEADLINE:
            steps += [("back across the deadline", due - 2 * _HOUR), ("", due + _HOUR / 6)]
        for what, moment in steps:
            if moment < first:
                continue
            before = dict(mail.handed_over)
            problem = hand.at(moment)
            if problem and len(experiment.wrong) < _MOST_TOLD:
                experiment.wrong.append(f"{step}, {moment:%d/%m %H:%M}: {problem}")
            if what:
                note(experiment, what)
            for header in set(mail.handed_over) - set(before):
                sent_at[header] = moment
            _no_sooner(experiment, engine, cycle_id, moments, moment)
    _each_once(experiment, engine, cycle_id, mail, moments, sent_at)


def _no_sooner(
    experiment: Experiment, engine: Engine, cycle_id: str, moments: dict[str, datetime], now: datetime
) -> None:
    """Nothing is done that was not due by the latest moment the clock has shown."""
    latest = max(now, experiment.facts.get("_latest", now))
    experiment.facts["_latest"] = latest
    with engine.connect() as connection:
        for row in status.milestones(connection, cycle_id):
            if row.done_at is not None and moments.get(row.step, latest) > latest:
                experiment.wrong.append(f"{row.step} was done before it was due ({latest:%d/%m %H:%M})")


def _each_once(
    experiment: Experiment,
    engine: Engine,
    cycle_id: str,
    mail: RudeSmtp,
    moments: dict[str, datetime],
    sent_at: dict[str, datetime],
) -> None:
    experiment.facts.pop("_latest", None)
    with engine.connect() as connection:
        rows = connection.execute(query("faults/sends_of_cycle"), {"cycle_id": cycle_id}).all()
        offices = connection.execute(
            query("faults/contacts_of_cycle"), {"cycle_id": cycle_id, "count": 10_000}
        ).all()
        open_steps = [r.step for r in status.milestones(connection, cycle_id) if r.done_at is None]
    for step in sorted(step for step in moments if step == "issue" or step.startswith("reminder__")):
        name = "request" if step == "issue" else step
        sent = {row.recipient_id for row in rows if row.step == name and row.state == "sent"}
        missing = [o.short_name for o in offices if o.recipient_id not in sent]
        if missing:
            experiment.lost.append(f"{name}: {len(missing)} offices got nothing, such as {missing[0]}")
        early = [
            r
            for r in rows
            if r.step == name and sent_at.get(r.message_id_header, moments[step]) < moments[step]
        ]
        if early:
            experiment.wrong.append(f"{name}: {len(early)} messages went before {moments[step]:%d/%m %H:%M}")
    for header, times in mail.handed_over.items():
        if times > 1:
            experiment.doubles.append(f"{header} was sent {times} times")
    left = [step for step in open_steps if step in moments]
    if left:
        experiment.wrong.append(f"steps left undone: {', '.join(left)}")
    experiment.facts["messages sent"] = sum(mail.handed_over.values())


class _Approver(conducting.RehearsalApprover):
    """Lays an empty page in PDF before the records office: a live cycle takes nothing else."""

    def _signed(self, connection: Connection, document: lifecycle.Document, number: str) -> tuple[str, bytes]:
        name, _ = super()._signed(connection, document, number)
        pdf = PdfDocument.new()
        pdf.new_page(595, 842)
        data = io.BytesIO()
        pdf.save(data)
        return str(Path(name).with_suffix(".pdf")), data.getvalue()


def main() -> None:
    """Open the live cycle, and do what is due of it for every line of the standard input; say `done`, or what
    went wrong.
    """
    engine = database.engine()
    cycle_id = open_cycle(engine, load_regime(REGIME), PERIOD, "live")
    approver = _Approver()
    for _ in sys.stdin:
        try:
            conducting.carry_out_due(engine, cycle_id, approver)
            said = _DONE
        except Exception as error:
            said = f"{type(error).__name__}: {str(error).splitlines()[0]}"
        sys.stdout.write(f"{said}\n")
        sys.stdout.flush()


EXPERIMENTS: dict[str, Callable[[Bench], Experiment]] = {"clock_stepped": clock_stepped}

if __name__ == "__main__":
    main()
