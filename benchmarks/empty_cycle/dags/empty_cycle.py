"""The DAGs of an empty cycle, made from the shape that was recorded of a real one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.hitl import HITLEntryOperator, HITLOperator
from airflow.providers.standard.operators.python import PythonOperator, ShortCircuitOperator
from airflow.sdk import DAG, BaseOperator, Param, TriggerRule

from benchmarks.empty_cycle import tasks
from benchmarks.empty_cycle.shape import TaskShape, frozen

SHAPE = frozen()
RETRIED = {"retries": 5, "retry_delay": timedelta(seconds=5)}


def _task(shape: TaskShape) -> BaseOperator:
    rule = TriggerRule(shape.trigger_rule)
    if shape.kind == "opening":
        return ShortCircuitOperator(
            task_id=shape.task_id, python_callable=tasks.open_cycle, trigger_rule=rule
        )
    if shape.kind == "work":
        return PythonOperator(task_id=shape.task_id, python_callable=tasks.nothing, trigger_rule=rule)
    if shape.kind in ("step", "start"):
        return tasks.EmptyStep(
            task_id=shape.task_id, mark=shape.mark, ends_step=shape.kind == "step", trigger_rule=rule
        )
    return tasks.EmptyDocument(
        task_id=shape.task_id,
        mark=shape.mark,
        approvals=SHAPE.approvals.get(shape.mark, 1),
        is_registered=shape.kind == "registration",
        trigger_rule=rule,
    )


with DAG(
    "empty_cycle",
    schedule=None,
    catchup=False,
    max_active_runs=100,
    is_paused_upon_creation=True,
    default_args=RETRIED,
):
    _made = {shape.task_id: _task(shape) for shape in SHAPE.tasks}
    for _shape in SHAPE.tasks:
        for _upstream in _shape.upstream:
            _made[_upstream] >> _made[_shape.task_id]

with DAG(
    tasks.APPROVAL_DAG,
    schedule=None,
    catchup=False,
    max_active_runs=100,
    is_paused_upon_creation=True,
    default_args=RETRIED,
):
    (
        HITLOperator(
            task_id="approve",
            subject="Approve",
            options=["approve", "send back"],
            params={
                "reason": Param(None, type=["null", "string"]),
                "overrides": Param(None, type=["null", "string"]),
            },
        )
        >> ShortCircuitOperator(
            task_id="record_decision", python_callable=tasks.record_decision, trigger_rule="none_failed"
        )
        >> HITLEntryOperator(
            task_id="register", subject="Register", params={"number": Param("", type="string")}
        )
        >> PythonOperator(task_id="record_registration", python_callable=tasks.record_registration)
    )

with DAG(
    "empty_intake",
    schedule="@continuous",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=True,
    default_args=RETRIED,
):
    _answer = tasks.EmptyIntake(task_id="answer_submissions")
    tasks.EmptyShare.partial(task_id="answer_share", max_active_tis_per_dagrun=4).expand(share=_answer.output)

for _name, _seconds in SHAPE.periodic.items():
    with DAG(
        f"empty_{_name}",
        schedule=timedelta(seconds=_seconds),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=True,
        default_args=RETRIED,
    ) as _dag:
        PythonOperator(task_id=_name, python_callable=tasks.nothing)
    globals()[_dag.dag_id] = _dag
