"""Parse every file of dags/ and print what came of it as JSON; run as a process of its own.

No connection can be opened meanwhile: a DAG that asks a database or a server while it is parsed fails here.
"""

from __future__ import annotations

import importlib.util
import json
import socket
import sys
import time
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators import hitl, python  # noqa: F401 - what every DAG file imports first
from airflow.sdk import DAG, BaseOperator
from airflow.timetables.base import TimeRestriction

WITHOUT_OUR_CODE = set(sys.modules)


def _refuse(*_: object) -> None:
    raise RuntimeError("A DAG file opened a connection while it was parsed.")


def _described(task: BaseOperator) -> dict[str, Any]:
    return {
        "class": f"{type(task).__module__}.{type(task).__qualname__}",
        "display_name": task.task_display_name,
        "owner": task.owner,
        "retries": task.retries,
        "retry_seconds": task.retry_delay.total_seconds(),
        "trigger_rule": str(task.trigger_rule),
        "downstream": sorted(task.downstream_task_ids),
        "tells_operator": [f.__name__ for f in _listed(task.on_failure_callback)],
        **{name: getattr(task, name) for name in ("step", "work", "kind", "until") if hasattr(task, name)},
    }


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value] if value else []


def _next_runs(dag: DAG) -> list[str]:
    """The logical dates of the first scheduled runs, as the scheduler makes them, one after the other."""
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables.base import DataInterval

    timetable = DagSerialization.from_dict(DagSerialization.to_dict(dag)).timetable
    restriction = TimeRestriction(earliest=dag.start_date, latest=None, catchup=False)
    found: list[str] = []
    last: DataInterval | None = None
    for _ in range(3 if timetable.can_be_scheduled else 0):
        info = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
        if info is None:
            break
        found.append(info.logical_date.isoformat())
        last = info.data_interval
    return found


def main() -> None:
    """Print seconds and modules per file, and every DAG with its tasks in the order of their definition."""
    # every connection is to be refused while DAGs are parsed
    socket.socket.connect = _refuse  # type: ignore[method-assign,assignment]
    seconds, dags = {}, {}
    for path in sorted(Path(sys.argv[1]).glob("*.py")):
        began = time.perf_counter()
        spec = importlib.util.spec_from_file_location(f"parsed_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        seconds[path.name] = time.perf_counter() - began
        for dag in vars(module).values():
            if isinstance(dag, DAG):
                dags[dag.dag_id] = dag
    modules = sorted(set(sys.modules) - WITHOUT_OUR_CODE)
    from airflow.serialization.serialized_objects import DagSerialization

    print(
        json.dumps(
            {
                "seconds": seconds,
                "modules": modules,
                "dags": {
                    dag_id: {
                        "display_name": dag.dag_display_name,
                        "doc_md": dag.doc_md,
                        "tags": sorted(dag.tags),
                        "schedule": str(dag.schedule),
                        "catchup": dag.catchup,
                        "max_active_runs": dag.max_active_runs,
                        "params": sorted(dag.params),
                        "serialized_bytes": len(json.dumps(DagSerialization.to_dict(dag))),
                        "next_runs": _next_runs(dag),
                        "tasks": {task.task_id: _described(task) for task in dag.tasks},
                    }
                    for dag_id, dag in dags.items()
                },
            }
        )
    )


if __name__ == "__main__":
    main()
