"""The people of a rehearsal who approve drafts and give numbers, answering in Airflow as users of their own:
one for the unit and the records office, another for those who approve after the unit.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from rehearsal.airflow_api import AirflowApi, Question
from reporting import archive, clock, plain_yaml
from reporting.documents import approval, lapse, lifecycle
from reporting.pdf import to_pdf

SECONDS_BEFORE_ANSWERING = 3.0
"""Airflow fails a question that is answered the moment it is put."""

APPROVE_TASK, REGISTER_TASK = "approve", "register"
SIGNED_ROLES = ("letter", "report")
"""Roles of the files of a draft that are signed."""


class Approver:
    """Answers every question of one cycle's documents, with the first of its options, some seconds
    after it was put; again if it is put again."""

    def __init__(self, api: AirflowApi, leader: AirflowApi, engine: Engine, desk: Path) -> None:
        """`desk` is the records office's folder, into which signed files are laid."""
        self.api, self.leader, self.engine, self.desk = api, leader, engine, desk
        self._seen_at: dict[tuple[str, str, str], float] = {}
        self._signing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="signing")
        self._signed: dict[str, Future[bytes | None]] = {}
        self._registrations: dict[str, Any] = plain_yaml.load(
            Path(__file__).with_name("registrations.yaml").read_text(encoding="utf-8")
        )

    def answer_questions(self, cycle_id: str) -> int:
        """Answer what has waited long enough; returns how many questions of the cycle still wait."""
        waiting = [q for q in self.api.questions() if q.run_id.startswith(f"{cycle_id}__")]
        for question in waiting:
            if question.state != "awaiting_input":
                continue
            if question.key not in self._seen_at:
                self._seen_at[question.key] = time.monotonic()
                self._sign(*self._draft(question))  # while the question waits anyway
            if time.monotonic() - self._seen_at[question.key] >= SECONDS_BEFORE_ANSWERING:
                self._answer(question)
                del self._seen_at[question.key]
        return len(waiting)

    def _answer(self, question: Question) -> None:
        if question.task_id == APPROVE_TASK:
            given = {"reason": "", "overrides": self._registrations["overrides"]}
            self._user(question).answer(question, question.options[0], given)
        elif question.task_id == REGISTER_TASK:
            self.api.answer(question, question.options[0], self._registration(question))

    def _user(self, question: Question) -> AirflowApi:
        """Who answers: the unit at the first step of an approval, its leader at the others."""
        with self.engine.connect() as connection:
            request, document = approval.request_of_run(connection, question.run_id)
            first = lapse.steps(connection, document.document_id, request.version)[0]
        return self.api if request.step == first.step else self.leader

    def _draft(self, question: Question) -> tuple[str, str]:
        """Name and hash of the file that is to be signed."""
        with self.engine.connect() as connection:
            _, document = approval.request_of_run(connection, question.run_id)
            files = lifecycle.files(connection, document.document_id, document.version)
        _, filename, sha256 = next(f for f in files if f[0] in SIGNED_ROLES and f[1].endswith(".docx"))
        return filename, sha256

    def _sign(self, filename: str, sha256: str) -> Future[bytes | None]:
        """The file as a PDF, made once and beside everything else; None where no LibreOffice is."""
        if sha256 not in self._signed:
            self._signed[sha256] = self._signing.submit(to_pdf, archive.read(sha256), Path(filename).suffix)
        return self._signed[sha256]

    def _registration(self, question: Question) -> dict[str, Any]:
        filename, sha256 = self._draft(question)
        with self.engine.connect() as connection:
            request, _ = approval.request_of_run(connection, question.run_id)
            today = clock.now(connection, request.cycle_id).date()
        # of letters beside the plan a cycle may have several: erratum_letter__2
        family, _, sequence = request.kind.partition("__")
        given = self._registrations[family]
        pdf = self._sign(filename, sha256).result()
        name = (
            given["filename"]
            if pdf is not None
            else Path(given["filename"]).with_suffix(Path(filename).suffix).name
        )
        if sequence:
            name = f"{Path(name).stem}_{sequence}{Path(name).suffix}"
        self.desk.mkdir(parents=True, exist_ok=True)
        (self.desk / name).write_bytes(pdf if pdf is not None else archive.read(sha256))
        return {
            "number": given["number"],
            "registered_on": today.isoformat(),
            "signer": self._registrations["signer"],
            "signed_file": name,
            "difference_reason": None,
        }
