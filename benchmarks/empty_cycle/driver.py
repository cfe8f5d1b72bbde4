"""Plays the empty cycle: steps its clock and answers its questions, as the driver of a rehearsal does."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from benchmarks.empty_cycle.board import Board
from benchmarks.empty_cycle.shape import Shape
from benchmarks.empty_cycle.tasks import INBOX
from rehearsal.airflow_api import AirflowApi, Question

DAG_ID = "empty_cycle"
PAUSE_SECONDS = 0.1
SECONDS_BEFORE_ANSWERING = 3.0
STUCK_SECONDS = 240.0


@dataclass
class EmptyRehearsal:
    """One cycle of the shape in which nothing is done. `phases` collects wall seconds by the same milestones
    as those of a rehearsal. Raises RuntimeError when nothing moves for some minutes.
    """

    api: AirflowApi
    shape: Shape
    cycle: str
    phases: dict[str, float] = field(default_factory=dict)
    _seen_at: dict[tuple[str, str, str], float] = field(default_factory=dict)
    _phase_began: float = 0.0

    def play(self) -> float:
        """Start the run and carry it to its end; returns the seconds it took."""
        board, inbox = Board.of(self.cycle), Board.of(INBOX)
        began = self._phase_began = time.monotonic()
        self.api.start_run(DAG_ID, self.cycle, {}, "")
        for number, stop in enumerate(self.shape.stops):
            for step in stop.due:
                board.say("due", step)
            for arrival in range(stop.arrivals):
                inbox.say("arrived", f"{self.cycle}.{number}.{arrival}")
            self._until_done(board, inbox, stop.due)
        until = time.monotonic() + STUCK_SECONDS
        while self.api.run_state(DAG_ID, self.cycle) in {"queued", "running"} and time.monotonic() < until:
            self._answer_questions()  # those of documents that no step waits for
            time.sleep(PAUSE_SECONDS)
        self._mark_phase(True, "report")
        if (state := self.api.run_state(DAG_ID, self.cycle)) != "success":
            raise RuntimeError(f"the empty cycle {self.cycle} ended as {state}; nothing was measured")
        return round(time.monotonic() - began, 2)

    def _until_done(self, board: Board, inbox: Board, due: tuple[str, ...]) -> None:
        until = time.monotonic() + STUCK_SECONDS
        while True:
            is_open = [step for step in due if not board.says("done", step)]
            self._mark_phase(board.says("done", "issue"), "request")
            self._mark_phase(board.says("done", "close"), "collection")
            if not is_open and not inbox.count("arrived"):
                return
            if is_open:
                self._answer_questions()
            if time.monotonic() > until:
                raise RuntimeError(f"{self.cycle}: nothing moves; open: {', '.join(is_open) or 'arrivals'}")
            time.sleep(PAUSE_SECONDS)

    def _answer_questions(self) -> None:
        for question in self.api.questions():
            if question.state == "awaiting_input" and question.run_id.startswith(f"{self.cycle}__"):
                seen_at = self._seen_at.setdefault(question.key, time.monotonic())
                if time.monotonic() - seen_at >= SECONDS_BEFORE_ANSWERING:
                    self.api.answer(question, question.options[0], _entries(question))
                    del self._seen_at[question.key]

    def _mark_phase(self, is_over: bool, phase: str) -> None:
        if is_over and phase not in self.phases:
            now = time.monotonic()
            self.phases[phase] = round(now - self._phase_began, 2)
            self._phase_began = now


def _entries(question: Question) -> dict[str, str]:
    return {"number": "1"} if question.task_id == "register" else {"reason": "", "overrides": ""}
