"""The driver of a rehearsal: it steps the cycle's clock from one due moment to the next.

The clock stands still while anything is due at its present moment, so that the outcome does not depend on
how slow the machine is. Whatever dies meanwhile is waited for: the driver goes on when the stack is back.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import httpx
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from rehearsal.airflow_api import AirflowApi
from rehearsal.approver import Approver
from rehearsal.offices import DeskEntry, Offices, OfficesError, SignedReport
from reporting import clock
from reporting.cycles import opening, status
from reporting.cycles.steps import state
from reporting.database import query
from reporting.intake import desk
from reporting.intake.channels import Lookout
from reporting.regimes.models import Regime

PAUSE_SECONDS = 0.1
STUCK_SECONDS = 240.0
Say = Callable[[str], None]


class RehearsalStuckError(RuntimeError):
    """Nothing has moved for too long; the message says what is pending and which tasks failed."""


@dataclass
class Rehearsal:
    """One rehearsal of one period of a regime.

    `phases` collects the wall seconds between the milestones of the story.
    """

    engine: Engine
    api: AirflowApi
    offices: Offices
    approver: Approver
    regime: Regime
    period: str
    number: int
    say: Say
    stated_figures: str | None = None
    phases: dict[str, float] = field(default_factory=dict)
    _phase_began: float = 0.0
    _moved_at: float = 0.0
    _last_work: tuple[str, ...] = ()
    _lookout: Lookout = field(default_factory=Lookout)

    @property
    def dag_id(self) -> str:
        """The DAG whose runs are the regime's cycles."""
        return f"reporting_cycle__{self.regime.code}"

    @property
    def cycle_id(self) -> str:
        """The rehearsed cycle."""
        return opening.cycle_id_of(self.regime, self.period, "rehearsal", self.number)

    def start(self) -> None:
        """Start the cycle's run; does nothing when it was started before."""
        conf = {
            "period": self.period,
            "mode": "rehearsal",
            "rehearsal_number": self.number,
            "stated_figures": self.stated_figures,
        }
        self.api.start_run(
            self.dag_id, self.cycle_id, conf, f"Diễn tập lần {self.number}: {self.regime.title}"
        )

    def run(self) -> None:
        """Carry the cycle through to its publication. Raises RehearsalStuckError when nothing moves any
        more.
        """
        self._phase_began = self._moved_at = time.monotonic()
        while True:
            try:
                if self._advance():
                    return
            except (DBAPIError, httpx.HTTPError, OSError, OfficesError) as error:
                # A part of the stack is down. It is somebody else's task to start it again.
                self._note(f"waiting for the stack: {type(error).__name__}")
            time.sleep(PAUSE_SECONDS)

    def _advance(self) -> bool:
        """Do one thing; returns whether the cycle is finished."""
        # Asked before the warehouse: what is collected in between is seen there as an arrival.
        has_mail = self._lookout.has_new(self.engine)
        with self.engine.connect() as connection:
            if connection.execute(query("cycles/exists"), {"cycle_id": self.cycle_id}).one_or_none() is None:
                self._note("waiting for the cycle to be opened")
                return False
            self._mark_phase(state(connection, self.cycle_id, "issue").is_done, "request")
            self._mark_phase(state(connection, self.cycle_id, "close").is_done, "collection")
            work = status.work_due(connection, self.cycle_id)
            if not work and not has_mail and status.is_finished(connection, self.cycle_id):
                if self.approver.answer_questions(self.cycle_id) or self._has_live_run():
                    self._note("waiting for the run to end")
                    return False
                self._mark_phase(True, "report")
                return True
        if has_mail:
            work.append("mail in the ministry's inbox")
        if work:
            if any(w.startswith("step ") for w in work):
                self.approver.answer_questions(self.cycle_id)
            self._note("; ".join(work))
            self.offices.prepare()
            return False
        with self.engine.connect() as connection:
            now, due_at = clock.now(connection, self.cycle_id), status.next_due_at(connection, self.cycle_id)
        self.offices.receive(now)
        moments = [m for m in (due_at, self.offices.next_moment()) if m is not None]
        if not moments:
            raise RehearsalStuckError(
                f"{self.cycle_id} is not finished, yet nothing is planned after {now:%d/%m/%Y %H:%M}."
            )
        self._step(max(min(moments), now))
        return False

    def _step(self, moment: datetime) -> None:
        with self.engine.begin() as connection:
            clock.step_to(connection, f"rehearsal:{self.cycle_id}", moment)
        # The desk first, so that a receipt always says the same about the signed report.
        entries = self.offices.desk_entries(moment)
        for entry in entries:
            self._enter(entry)
        sent = self.offices.act(moment)
        self._moved_at = time.monotonic()
        what = f"{moment:%d/%m/%Y %H:%M}"
        if sent or entries:
            what += f"  {sent} replies by mail, {len(entries)} entries at the records desk"
        self.say(what)

    def _enter(self, entry: DeskEntry) -> None:
        if isinstance(entry, SignedReport):
            with self.engine.begin() as connection:
                desk.register_incoming_document(
                    connection, self.cycle_id, entry.reference_code, entry.document
                )
        else:
            desk.enter_for_office(
                self.engine,
                self.cycle_id,
                entry.reference_code,
                entry.filename,
                entry.data,
                entry.reason,
                entry.entered_by,
            )
        self.offices.entered(entry)

    def _has_live_run(self) -> bool:
        return self.api.run_state(self.dag_id, self.cycle_id) in {"queued", "running"}

    def _mark_phase(self, is_over: bool, phase: str) -> None:
        if is_over and phase not in self.phases:
            now = time.monotonic()
            self.phases[phase] = round(now - self._phase_began, 2)
            self._phase_began = now

    def _note(self, work: str) -> None:
        """Remember that nothing moved; give up after a long time, saying why."""
        if (work,) != self._last_work:
            self._last_work, self._moved_at = (work,), time.monotonic()
        elif time.monotonic() - self._moved_at > STUCK_SECONDS:
            try:
                tasks = self.api.task_states(self.dag_id, self.cycle_id)
            except (httpx.HTTPError, OSError):
                tasks = {}
            failed = ", ".join(
                t for t, s in tasks.items() if s in {"failed", "upstream_failed", "up_for_retry"}
            )
            raise RehearsalStuckError(
                f"Nothing has moved for {STUCK_SECONDS:.0f} s. Pending: {work}. "
                f"Tasks in trouble: {failed or 'none'}. "
                "See the logs named by `make status`."
            )


def first_free_number(engine: Engine, regime: Regime, period: str) -> int:
    """The number of the next rehearsal of this period."""
    number = 1
    with engine.connect() as connection:
        while connection.execute(
            query("cycles/exists"), {"cycle_id": opening.cycle_id_of(regime, period, "rehearsal", number)}
        ).one_or_none():
            number += 1
    return number
