"""What a rehearsal asks of Airflow through its public REST interface, as a user of its own."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx


@dataclass(frozen=True)
class Question:
    """A task that waits for a person."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    state: str
    subject: str
    options: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells one question from another."""
        return self.dag_id, self.run_id, self.task_id


class AirflowApi:
    """A session with Airflow's REST interface; the token is renewed when it is no longer accepted."""

    def __init__(self, base_url: str, username: str, password: str, authority: str | None = None) -> None:
        """`authority` is the file of the certificate to believe over TLS; the system's where it is None."""
        self._user = {"username": username, "password": password}
        trust = ssl.create_default_context(cafile=authority)
        self._client = httpx.Client(base_url=base_url, timeout=30, trust_env=False, verify=trust)

    def close(self) -> None:
        """End the session."""
        self._client.close()

    def start_run(self, dag_id: str, run_id: str, conf: dict[str, Any], note: str) -> bool:
        """Start a run; False when it exists already. Raises httpx.HTTPError when Airflow refuses or does
        not answer.
        """
        body = {"dag_run_id": run_id, "logical_date": None, "conf": conf, "note": note}
        answer = self._call("POST", f"/api/v2/dags/{dag_id}/dagRuns", json=body)
        if answer.status_code == httpx.codes.CONFLICT:
            return False
        answer.raise_for_status()
        return True

    def run_state(self, dag_id: str, run_id: str) -> str | None:
        """State of a run, or None when there is none of this id."""
        answer = self._call("GET", f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return str(answer.raise_for_status().json()["state"])

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """State of each task of a run."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}/taskInstances"
        answer = self._call("GET", path).raise_for_status().json()
        return {t["task_id"]: t["state"] for t in answer["task_instances"]}

    def questions(self) -> list[Question]:
        """Every question that waits for a person's answer."""
        path = "/api/v2/dags/~/dagRuns/~/hitlDetails"
        answer = self._call("GET", path, params={"response_received": "false", "limit": "100"})
        found = []
        for detail in answer.raise_for_status().json()["hitl_details"]:
            task = detail["task_instance"]
            found.append(
                Question(
                    dag_id=task["dag_id"],
                    run_id=task["dag_run_id"],
                    task_id=task["task_id"],
                    map_index=task["map_index"],
                    state=task["state"] or "",
                    subject=detail["subject"],
                    options=tuple(detail["options"]),
                )
            )
        return found

    def answer(self, question: Question, option: str, entries: dict[str, Any]) -> bool:
        """Answer a question; False when it was answered meanwhile."""
        path = (
            f"/api/v2/dags/{question.dag_id}/dagRuns/{quote(question.run_id, safe='')}"
            f"/taskInstances/{question.task_id}/{question.map_index}/hitlDetails"
        )
        answer = self._call("PATCH", path, json={"chosen_options": [option], "params_input": entries})
        if answer.status_code == httpx.codes.CONFLICT:
            return False
        answer.raise_for_status()
        return True

    def _call(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        answer = self._client.request(method, path, **arguments)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            token = (
                self._client.post("/auth/token", json=self._user).raise_for_status().json()["access_token"]
            )
            self._client.headers["Authorization"] = f"Bearer {token}"
            answer = self._client.request(method, path, **arguments)
        return answer
