"""Starting runs and asking about them from inside a task.

Airflow has no public call for a task to start a run and go on, so its task runner's messages are used;
this is the only module that does. tests/end_to_end covers it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

LIVE_STATES = ("queued", "running")
ENDED_STATES = ("success", "failed")


def start_run(dag_id: str, run_id: str, conf: dict[str, Any], note: str) -> bool:
    """Start a run; returns False when a run of this id exists already. Raises RuntimeError when Airflow
    refuses.
    """
    from airflow.sdk.exceptions import ErrorType
    from airflow.sdk.execution_time.comms import ErrorResponse, TriggerDagRun
    from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS

    answer = SUPERVISOR_COMMS.send(TriggerDagRun(dag_id=dag_id, run_id=run_id, conf=conf, note=note))
    if isinstance(answer, ErrorResponse):
        if answer.error == ErrorType.DAGRUN_ALREADY_EXISTS:
            return False
        raise RuntimeError(f"Airflow did not start {run_id} of {dag_id}: {answer.detail}")
    return True


def count_runs(dag_id: str, run_ids: Sequence[str], states: Sequence[str]) -> int:
    """How many of these runs are in one of these states."""
    from airflow.sdk.execution_time.comms import DRCount, GetDRCount
    from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS

    answer = SUPERVISOR_COMMS.send(GetDRCount(dag_id=dag_id, run_ids=list(run_ids), states=list(states)))
    if not isinstance(answer, DRCount):
        raise RuntimeError(f"Airflow did not say how many runs of {dag_id} there are: {answer}")
    return int(answer.count)
