"""Operators of the cycle: each asks PostgreSQL what is due, waits without a worker when nothing is, and
does it.
"""

from __future__ import annotations

import functools
import importlib
import math
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from airflow.providers.standard.operators.hitl import HITLEntryOperator, HITLOperator
from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferred

from reporting_airflow.names import APPROVAL_DAG, OPEN_TASK

if TYPE_CHECKING:
    from airflow.sdk import Context

SECONDS_BEFORE_DEFERRING = 2.0
"""A wait that ends within this time is spent in the worker: deferring costs about three seconds."""

ROUNDS_BEFORE_DEFERRING = 5
"""So often a task looks again by itself when there is news; then it leaves the worker to others."""


def domain_function(path: str) -> Callable[..., Any]:
    """The function written as package.module:name; imported when a task runs, never when a DAG is parsed."""
    module, _, name = path.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


def cycle_of(context: Context) -> str:
    """The cycle that this run carries out."""
    return str(context["ti"].xcom_pull(task_ids=OPEN_TASK))


def wait_a_moment(is_ready: Callable[[], bool], seconds: float = SECONDS_BEFORE_DEFERRING) -> bool:
    """Look until `is_ready` or the time is over; returns whether it is."""
    end = time.monotonic() + seconds
    while not is_ready():
        if time.monotonic() >= end:
            return False
        time.sleep(0.1)
    return True


def even_share(count: int, largest: int) -> int:
    """The size of each share of so many arrivals: at most `largest`, and of an even number of shares, so that
    two workers are done together.
    """
    return math.ceil(count / (2 * math.ceil(count / (2 * largest))))


class StepOperator(BaseOperator):
    """Carry out one step of a cycle when it falls due.

    `work` names the domain function, called with (engine, cycle_id) and, for reminders, the step. It may
    be run again at any time; a step that moved meanwhile is waited for again, and one whose work leaves it
    undone (a reminder that other offices get later) is carried out once more at its next moment. With
    `ends_step` off, the task only begins the step, and is over when its work was done once. A step that
    lapsed is skipped. Mail that could not be delivered is tried again by the task's retries; what is left
    after the last (mail is halted, the server away or greylisting) is for the DAG mail_delivery, and the
    cycle goes on.
    """

    def __init__(
        self, *, step: str, work: str, passes_step: bool = False, ends_step: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.step, self.work, self.passes_step, self.ends_step = step, work, passes_step, ends_step

    def execute(self, context: Context, event: dict[str, Any] | None = None) -> str:
        from reporting import logs

        cycle_id = cycle_of(context)
        with logs.about(cycle_id=cycle_id, step=self.step):
            return self._carry_out(context, cycle_id)

    def _carry_out(self, context: Context, cycle_id: str) -> str:
        from reporting.cycles.steps import state
        from reporting.cycles.work import LapsedError, NotYetDueError, UndeliveredError
        from reporting_airflow import waits
        from reporting_airflow.triggers import MilestoneTrigger
        from reporting_airflow.warehouse import engine

        warehouse = engine()
        work = domain_function(self.work)
        arguments = (warehouse, cycle_id, self.step) if self.passes_step else (warehouse, cycle_id)
        while wait_a_moment(lambda: waits.step_ready(cycle_id, self.step)):
            try:
                result = work(*arguments)
            except NotYetDueError:
                time.sleep(0.2)  # the step moved, or this machine's clock is behind PostgreSQL's
                continue
            except LapsedError as lapsed:
                raise AirflowSkipException(str(lapsed)) from lapsed
            except UndeliveredError as left:
                if context["ti"].try_number <= context["ti"].max_tries:
                    raise
                self.log.warning("Left to mail_delivery: %s", left)
                result = left
            with warehouse.connect() as connection:
                if not self.ends_step or state(connection, cycle_id, self.step).is_done:
                    self.log.info("%s of %s: %s", self.step, cycle_id, result)
                    return str(result)
        raise TaskDeferred(
            trigger=MilestoneTrigger(cycle_id, self.step, waits.poll_seconds(cycle_id)), method_name="execute"
        )


class AwaitDocumentOperator(BaseOperator):
    """Wait until the newest draft of a document is approved at every step, or the document registered.

    Starts a run of document_approval for each draft and step of its approval, and again when none is live or
    an entry has to be repeated. A draft that is sent back, or whose data changed, is drafted anew; one whose
    step was put off since (all who are late were paused) is waited for. A document that is not needed any
    more is skipped. `kind` may be a template, where a run's form says which document it carries.
    """

    template_fields: Sequence[str] = ("kind",)

    def __init__(self, *, kind: str, until: Literal["approved", "registered"], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind, self.until = kind, until

    def execute(self, context: Context, event: dict[str, Any] | None = None) -> str:
        from reporting import logs

        cycle_id = cycle_of(context)
        with logs.about(cycle_id=cycle_id, document=self.kind):
            return self._await(cycle_id)

    def _await(self, cycle_id: str) -> str:
        from reporting.cycles.work import (
            LapsedError,
            NotYetDueError,
            complete_registration,
            draft_document,
        )
        from reporting.documents import approval, lifecycle
        from reporting.wording.catalogue import text
        from reporting_airflow import waits
        from reporting_airflow.runs import ENDED_STATES, LIVE_STATES, count_runs, start_run
        from reporting_airflow.triggers import DocumentTrigger
        from reporting_airflow.warehouse import engine

        warehouse = engine()
        rounds = 0
        while True:
            rounds += 1
            is_put_off = False
            try:
                draft_document(warehouse, cycle_id, self.kind)
            except LapsedError as lapsed:
                raise AirflowSkipException(str(lapsed)) from lapsed
            except NotYetDueError as early:
                self.log.info("Waiting on: %s", early)
                is_put_off = True
            with warehouse.begin() as connection:
                document = lifecycle.find(connection, cycle_id, self.kind)
                if document is None:
                    raise LookupError(
                        f"{cycle_id} has no draft of {self.kind}; clear the task that drafts it."
                    )
                if document.is_done or (self.until == "approved" and document.decision == "approved"):
                    break
                request = approval.newest_request(connection, document)
                is_for_next = request is not None and document.open_step not in (None, request.step)
                if not is_put_off and (
                    request is None or is_for_next or count_runs(APPROVAL_DAG, [request.run_id], ENDED_STATES)
                ):
                    # Never asked, or at the step before, or the run that asked left no answer: ask (again).
                    problem = None if request is None or is_for_next else request.problem
                    request = approval.open_request(connection, document, problem, after=request)
            if request is not None and not is_put_off:
                note = text("documents.run_note", title=document.title, version=document.version)
                if not count_runs(APPROVAL_DAG, [request.run_id], LIVE_STATES):
                    start_run(APPROVAL_DAG, request.run_id, {}, note)
            attempt = 0 if request is None else request.attempt
            is_ready = functools.partial(waits.document_ready, cycle_id, self.kind, self.until, attempt)
            if not wait_a_moment(is_ready) or rounds >= ROUNDS_BEFORE_DEFERRING:
                self.defer(
                    trigger=DocumentTrigger(
                        cycle_id, self.kind, self.until, attempt, waits.poll_seconds(cycle_id)
                    ),
                    method_name="execute",
                )
            time.sleep(0.2)  # what is news to PostgreSQL may not be for this task: never spin
        if self.until == "registered":
            complete_registration(warehouse, cycle_id, self.kind)
        return f"{document.kind} v{document.version} {document.number or document.decision}"


class ApproveDraftOperator(HITLOperator):
    """Show the draft that this run is about to who decides at its step and take the decision."""

    def execute(self, context: Context) -> Any:
        from reporting_airflow.approvals import question

        asked = question(context["run_id"])
        if asked.is_decided:
            raise AirflowSkipException("The draft is decided upon already.")
        self.subject, self.body = asked.subject, asked.body
        return super().execute(context)


class RegisterDocumentOperator(HITLEntryOperator):
    """Ask for number, date and signed file of the document, as the records office gave them."""

    def execute(self, context: Context) -> Any:
        from reporting_airflow.approvals import registration_question

        asked = registration_question(context["run_id"])
        if asked.is_decided:
            raise AirflowSkipException("The document is registered already, or was drafted anew.")
        self.subject, self.body = asked.subject, asked.body
        return super().execute(context)


class AnswerSubmissionsOperator(BaseOperator):
    """Collect what arrived, check it, answer it; wait without a worker when nothing is there.

    The process lingers for a while after the last arrival, because importing Great Expectations costs
    seconds and offices answer in bursts. Of more than `alone` arrivals at once it handles none itself and
    returns an even number of lists of their numbers, for AnswerShareOperator; usually it returns no list.
    """

    def __init__(self, *, linger_seconds: float = 20.0, alone: int = 400, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.linger_seconds, self.alone = linger_seconds, alone

    def execute(self, context: Context, event: dict[str, Any] | None = None) -> list[list[int]]:
        from reporting.settings import settings
        from reporting_airflow import waits
        from reporting_airflow.channels import configured, resolve_connections
        from reporting_airflow.triggers import ArrivalTrigger
        from reporting_airflow.warehouse import engine

        warehouse = engine()
        resolve_connections()
        if not wait_a_moment(waits.arrivals_ready):
            self.defer(trigger=ArrivalTrigger(min(settings().poll_seconds, 30.0)), method_name="execute")
        from reporting.intake.channels import collect
        from reporting.intake.process import CHUNK, process_arrivals, shares

        try:
            while wait_a_moment(waits.arrivals_ready, self.linger_seconds):
                collect(warehouse, configured())
                found = shares(warehouse, self.alone)
                if len(found) > 1:
                    found = shares(warehouse, even_share(sum(map(len, found)), CHUNK))
                    self.log.info("%d arrivals, shared out in %d lists", sum(map(len, found)), len(found))
                    return found
                self.log.info("%s", process_arrivals(warehouse))
        finally:
            for channel in configured():
                channel.close()
        return []


class AnswerShareOperator(BaseOperator):
    """Check and answer some of many arrivals, beside other tasks of the kind.

    What another worker has or had is left to it; what this task leaves, the next run finds.
    """

    def __init__(self, *, arrival_ids: list[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.arrival_ids = arrival_ids

    def execute(self, context: Context) -> str:
        from reporting.intake.process import process_arrivals
        from reporting_airflow.channels import resolve_connections
        from reporting_airflow.warehouse import engine

        resolve_connections()
        result = process_arrivals(engine(), limit=len(self.arrival_ids), only=self.arrival_ids)
        self.log.info("%s", result)
        return str(result)
