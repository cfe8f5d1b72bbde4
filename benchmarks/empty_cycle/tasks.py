"""Tasks that do nothing but wait as those of a real cycle do: a while in the worker, then by a trigger.

Nothing of the project is imported, so that a change of it does not move what it is measured against.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.standard.triggers.file import FileTrigger
from airflow.sdk import BaseOperator

from benchmarks.empty_cycle.board import Board, wait_a_moment

if TYPE_CHECKING:
    from airflow.sdk import Context

OPEN_TASK = "open_cycle"
APPROVAL_DAG = "empty_approval"
POLL_SECONDS = 0.3
ARRIVAL_POLL_SECONDS = 2.0
LINGER_SECONDS = 20.0
INBOX = "inbox"


def cycle_of(context: Context) -> str:
    """The cycle that this run plays."""
    return str(context["ti"].xcom_pull(task_ids=OPEN_TASK))


class EmptyStep(BaseOperator):
    """Wait until the step is due and say that it is done."""

    def __init__(self, *, mark: str, ends_step: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mark, self.ends_step = mark, ends_step

    def execute(self, context: Context, event: Any = None) -> None:
        """Defer where the driver has not said so within two seconds."""
        board = Board.of(cycle_of(context))
        if not wait_a_moment(lambda: board.says("due", self.mark)):
            self.defer(
                trigger=FileTrigger(str(board.path("due", self.mark)), poke_interval=POLL_SECONDS),
                method_name="execute",
            )
        if self.ends_step:
            board.say("done", self.mark)


class EmptyDocument(BaseOperator):
    """Start the runs that ask persons, one after the other, and wait for the answer of each."""

    def __init__(self, *, mark: str, approvals: int, is_registered: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mark, self.approvals, self.is_registered = mark, approvals, is_registered

    def execute(self, context: Context, event: Any = None) -> None:
        """Defer where nobody answers within two seconds."""
        board = Board.of(cycle_of(context))
        if self.is_registered:
            self._wait(board, "done", self.mark)
            return
        for number in range(1, self.approvals + 1):
            name = f"{self.mark}.{number}"
            if not board.says("asked", name):
                board.say("asked", name)
                start_run(
                    f"{board.folder.name}__{name}",
                    {
                        "cycle": board.folder.name,
                        "mark": self.mark,
                        "name": name,
                        "is_last": number == self.approvals,
                    },
                )
            self._wait(board, "decided", name)

    def _wait(self, board: Board, what: str, mark: str) -> None:
        if not wait_a_moment(lambda: board.says(what, mark)):
            self.defer(
                trigger=FileTrigger(str(board.path(what, mark)), poke_interval=POLL_SECONDS),
                method_name="execute",
            )


class EmptyIntake(BaseOperator):
    """Wait for arrivals, take them away, linger for more; returns no shares."""

    def execute(self, context: Context, event: Any = None) -> list[list[int]]:
        """Defer where nothing arrives within two seconds."""
        board = Board.of(INBOX)
        if not wait_a_moment(lambda: board.count("arrived") > 0):
            self.defer(
                trigger=FileTrigger(str(board.path("arrived", "*")), poke_interval=ARRIVAL_POLL_SECONDS),
                method_name="execute",
            )
        while wait_a_moment(lambda: board.count("arrived") > 0, LINGER_SECONDS):
            board.clear("arrived")
        return []


class EmptyShare(BaseOperator):
    """One of the mapped tasks to which many arrivals would be shared out."""

    def __init__(self, *, share: list[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.share = share

    def execute(self, context: Context) -> None:
        """Do nothing."""


def open_cycle(run_id: str) -> str:
    """The name of the cycle: that of its run."""
    return run_id


def nothing() -> None:
    """Do nothing."""


def record_decision(dag_run: Any) -> bool:
    """Say that a person decided; returns whether the document goes to the records office."""
    conf = dag_run.conf
    Board.of(conf["cycle"]).say("decided", conf["name"])
    return bool(conf["is_last"])


def record_registration(dag_run: Any) -> None:
    """Say that the document has its number."""
    Board.of(dag_run.conf["cycle"]).say("done", dag_run.conf["mark"])


def start_run(run_id: str, conf: dict[str, Any]) -> None:
    """Start a run that asks a person. Raises RuntimeError where Airflow refuses."""
    from airflow.sdk.execution_time.comms import ErrorResponse, TriggerDagRun
    from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS

    answer = SUPERVISOR_COMMS.send(TriggerDagRun(dag_id=APPROVAL_DAG, run_id=run_id, conf=conf, note=""))
    if isinstance(answer, ErrorResponse):
        raise RuntimeError(f"Airflow did not start {run_id} of {APPROVAL_DAG}: {answer.detail}")
