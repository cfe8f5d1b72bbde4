"""The shape of a cycle: its tasks, its documents, the moments of its clock, and what Airflow counted.

`python -m benchmarks.empty_cycle` plays a real cycle and writes shape.json anew; that is for a change of the
cycle's DAG alone, since figures of before and after such a change cannot be compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

FILE = Path(__file__).with_name("shape.json")
Kind = Literal["opening", "work", "step", "start", "approval", "registration"]


@dataclass(frozen=True)
class TaskShape:
    """One task of the cycle's DAG.

    `kind`: the opening; `work` that waits for nothing; a `step` of the plan, which it ends; the `start` of
    one, which something else ends; the wait for the `approval` or the `registration` of a document. `mark`
    is the step or the document.
    """

    task_id: str
    kind: Kind
    mark: str
    upstream: tuple[str, ...]
    trigger_rule: str


@dataclass(frozen=True)
class Stop:
    """A moment at which the clock stood: the steps of the plan that were due, the mails and files that came
    in.
    """

    at: str
    due: tuple[str, ...]
    arrivals: int


@dataclass(frozen=True)
class Shape:
    """`approvals`: of a document, how many persons were asked one after the other; `periodic`: seconds
    between the runs of each DAG that a schedule repeats; `instances`: how many tasks ran or were skipped, as
    Airflow counted them, in the run of the cycle and in those that asked persons.
    """

    tasks: tuple[TaskShape, ...]
    stops: tuple[Stop, ...]
    approvals: Mapping[str, int]
    periodic: Mapping[str, float]
    instances: int

    def dump(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def parse(cls, text: str) -> Shape:
        """What `dump` wrote. Raises KeyError or TypeError for anything else."""
        data = json.loads(text)
        return cls(
            tuple(TaskShape(**{**task, "upstream": tuple(task["upstream"])}) for task in data["tasks"]),
            tuple(Stop(stop["at"], tuple(stop["due"]), stop["arrivals"]) for stop in data["stops"]),
            data["approvals"],
            data["periodic"],
            data["instances"],
        )


@cache
def frozen() -> Shape:
    """The shape against which cycles are measured."""
    return Shape.parse(FILE.read_text(encoding="utf-8"))


def tasks_of(dag: Any) -> tuple[TaskShape, ...]:
    """The tasks of a cycle's DAG, each after those before it."""
    from airflow.providers.standard.operators.python import ShortCircuitOperator
    from reporting_airflow.operators import AwaitDocumentOperator, StepOperator

    found = []
    for task in dag.topological_sort():
        group = task.task_id.rpartition(".")[0]
        kind, mark = "work", task.task_id
        if isinstance(task, StepOperator):
            kind, mark = ("step" if task.ends_step else "start"), task.step
        elif isinstance(task, AwaitDocumentOperator):
            kind, mark = ("approval" if task.until == "approved" else "registration"), group
        elif isinstance(task, ShortCircuitOperator):
            kind = "opening"
        found.append(
            TaskShape(
                task.task_id,
                kind,  # type: ignore[arg-type]
                mark,
                tuple(sorted(task.upstream_task_ids)),
                str(getattr(task.trigger_rule, "value", task.trigger_rule)),
            )
        )
    return tuple(found)


def stops_of(
    moments: Sequence[tuple[datetime, int]], plan: Iterable[tuple[str, datetime]], marks: Iterable[str]
) -> tuple[Stop, ...]:
    """The stops of the clock, given as moments with their arrivals, with the steps of `plan` due at each.

    Steps due before the first stop are due at its beginning: they come first, without arrivals. Steps that
    no task ends (`marks` are those that one does) are left out. Raises ValueError for one that is due after
    the last stop.
    """
    known, ends = set(marks), [at for at, _ in moments]
    due: list[list[str]] = [[] for _ in moments]
    for step, at in sorted(plan, key=lambda one: one[1]):
        place = next((n for n, moment in enumerate(ends) if at <= moment), None)
        if place is None:
            raise ValueError(f"{step} is due at {at}, after the last stop of the clock")
        if step in known:
            due[place].append(step)
    return tuple(
        Stop(at.isoformat(), tuple(steps), arrivals)
        for (at, arrivals), steps in zip(moments, due, strict=True)
    )


def instances(counts: Mapping[str, Mapping[str, int]]) -> int:
    """The task instances of a cycle and of the runs that asked persons: those that do not depend on how long
    the cycle took.
    """
    return sum(
        found["instances"]
        for dag_id, found in counts.items()
        if dag_id.startswith(("reporting_cycle", "empty_cycle")) or dag_id.endswith("_approval")
    )
