"""A stack with the project's DAGs and beside them those of the empty cycle."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import psycopg2

from benchmarks import processors
from benchmarks.empty_cycle.board import VARIABLE
from local_stack.layout import CLONE
from local_stack.stack import AIRFLOW_DATABASE, AIRFLOW_ROLE, Stack, State
from rehearsal.airflow_api import AirflowApi

DAGS = Path(__file__).with_name("dags")
_BUNDLE = "airflow.dag_processing.bundles.local.LocalDagBundle"
_PATIENCE = 600.0
_EVERY = re.compile(r"(\d+):(\d\d):(\d\d)")


class TwinStack(Stack):
    """The local stack, whose Airflow also reads the empty DAGs."""

    @property
    def boards(self) -> Path:
        """The folder of the empty cycles' boards."""
        return self.layout.root / "boards"

    def leaders(self) -> dict[str, psutil.Process]:
        """The first process of each part that runs."""
        state = self._state()
        found = {} if state is None else {name: part.process() for name, part in state.parts.items()}
        return {name: process for name, process in found.items() if process is not None}

    def processor_seconds(self) -> dict[str, float]:
        """Processor seconds so far by part."""
        return processors.used(self.leaders())

    def counts(self, runs: Sequence[str], since: float) -> dict[str, dict[str, int]]:
        """Task instances and deferrals of each DAG, as Airflow's database has them: of the runs whose ids
        begin with one of `runs`, and of the intake's since a moment (seconds since 1970).
        """
        rows = self._ask(_COUNTS, {"runs": [f"{run}%" for run in runs], "since": since})
        return {row[0]: {"instances": row[1], "deferrals": row[2]} for row in rows}

    def runs(self, dag_id: str, begins: str) -> list[str]:
        """The ids of a DAG's runs that begin so."""
        statement = "SELECT run_id FROM dag_run WHERE dag_id = %(dag)s AND starts_with(run_id, %(begins)s)"
        return [row[0] for row in self._ask(statement, {"dag": dag_id, "begins": begins})]

    def _ask(self, statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        url = self.postgres().url(AIRFLOW_DATABASE, AIRFLOW_ROLE).replace("+psycopg2", "")
        with contextlib.closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()

    def _part_environment(self, state: State) -> dict[str, str]:
        found = super()._part_environment(state)
        bundles: list[dict[str, Any]] = [
            {"name": "dags-folder", "classpath": _BUNDLE, "kwargs": {}},
            {"name": "empty", "classpath": _BUNDLE, "kwargs": {"path": str(DAGS)}},
        ]
        return found | {
            "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(bundles),
            "PYTHONPATH": os.pathsep.join([found["PYTHONPATH"], str(CLONE)]),
            VARIABLE: str(self.boards),
        }


_COUNTS = """
    SELECT t.dag_id, count(*), coalesce(sum(d.deferrals), 0)::int
    FROM task_instance t
    JOIN dag_run r ON r.dag_id = t.dag_id AND r.run_id = t.run_id
    LEFT JOIN LATERAL (
        SELECT count(*) AS deferrals FROM log l
        WHERE l.dag_id = t.dag_id AND l.run_id = t.run_id AND l.task_id = t.task_id
          AND l.event IN ('deferred', 'awaiting_input')) d ON true
    WHERE t.run_id LIKE ANY (%(runs)s)
       OR (t.dag_id LIKE '%%intake' AND r.start_date >= to_timestamp(%(since)s))
    GROUP BY 1 ORDER BY 1
"""


class Scheduler:
    """Which of the two sets of DAGs Airflow plays: the other one is paused."""

    def __init__(self, api: AirflowApi) -> None:
        self.api = api

    def dags(self) -> dict[str, bool]:
        """Every DAG, and whether it is paused."""
        answer = self.api._call("GET", "/api/v2/dags", params={"limit": "1000"}).raise_for_status().json()
        return {dag["dag_id"]: bool(dag["is_paused"]) for dag in answer["dags"]}

    def periodic(self) -> dict[str, float]:
        """The project's DAGs that a schedule repeats after so many seconds."""
        answer = self.api._call("GET", "/api/v2/dags", params={"limit": "1000"}).raise_for_status().json()
        found = {dag["dag_id"]: _EVERY.fullmatch(dag["timetable_summary"] or "") for dag in answer["dags"]}
        return {
            dag_id: 3600.0 * int(every[1]) + 60.0 * int(every[2]) + int(every[3])
            for dag_id, every in sorted(found.items())
            if every is not None and not dag_id.startswith("empty_")
        }

    def wait_for(self, dag_ids: Sequence[str]) -> None:
        """Wait until Airflow knows these DAGs. Raises RuntimeError after some minutes."""
        until = time.monotonic() + _PATIENCE
        while missing := sorted(set(dag_ids) - set(self.dags())):
            if time.monotonic() > until:
                raise RuntimeError(f"Airflow does not know {', '.join(missing)}; see the dag-processor's log")
            time.sleep(0.5)

    def play(self, is_empty: bool) -> None:
        """Pause one set, let the other one go, and wait until nothing runs but what waits."""
        for dag_id, is_paused in self.dags().items():
            wanted = dag_id.startswith("empty_") != is_empty
            if wanted != is_paused:
                body = {"is_paused": wanted}
                self.api._call("PATCH", f"/api/v2/dags/{dag_id}", json=body).raise_for_status()
        self.settle("empty_intake" if is_empty else "submission_intake")

    def settle(self, intake: str) -> None:
        """Wait until the intake waits and for three seconds no task was queued or ran. Raises RuntimeError
        after some minutes.
        """
        until = time.monotonic() + _PATIENCE
        quiet_since = None
        while quiet_since is None or time.monotonic() - quiet_since < 3:
            busy = self._tasks("~", ("scheduled", "queued", "running", "restarting"))
            is_quiet = not busy and self._tasks(intake, ("deferred",)) > 0
            quiet_since = (quiet_since or time.monotonic()) if is_quiet else None
            if time.monotonic() > until:
                raise RuntimeError(f"Airflow does not come to rest: {busy} tasks are under way")
            time.sleep(0.25)

    def _tasks(self, dag_id: str, states: Sequence[str]) -> int:
        path = f"/api/v2/dags/{dag_id}/dagRuns/~/taskInstances"
        answer = self.api._call("GET", path, params={"state": list(states), "limit": "1"})
        return int(answer.raise_for_status().json()["total_entries"])


def fresh(directory: Path) -> TwinStack:
    """A stack in an empty folder."""
    shutil.rmtree(directory, ignore_errors=True)
    return TwinStack(directory)
