"""Triggers that wait by re-reading PostgreSQL, so that an extension or an early close takes effect at once.

They never fail on a dead database or channel: they back off, say so once, and go on when it is back. Class
paths and arguments are stored in Airflow's database with every waiting task: a public API.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

BACK_OFF_SECONDS = (1, 2, 5, 10, 30, 60)


class _PollingTrigger(BaseTrigger):
    """Look every `poll_seconds`; fire when there is something to do."""

    poll_seconds: float
    recheck_seconds: float | None = None

    @abstractmethod
    def look(self) -> bool:
        """Whether the task may go on. Called in a thread; may raise when a service is down."""

    async def prepare(self) -> None:
        """Ask Airflow what its event loop alone may ask. Called before each look; may raise."""

    async def run(self) -> AsyncIterator[TriggerEvent]:
        failures = 0
        loop = asyncio.get_running_loop()
        recheck_at = loop.time() + self.recheck_seconds if self.recheck_seconds else float("inf")
        while True:
            try:
                await self.prepare()
                if await asyncio.to_thread(self.look) or loop.time() >= recheck_at:
                    yield TriggerEvent({"ready": True})  # type: ignore[no-untyped-call]
                    return
                failures = 0
                pause = self.poll_seconds
            except Exception as error:  # the wait must outlive whatever is wrong with a service
                if failures == 0:
                    self.log.warning("Waiting goes on although the look failed: %s", error)
                pause = BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)]
                failures += 1
            await asyncio.sleep(pause)


class MilestoneTrigger(_PollingTrigger):
    """Wait until a step of a cycle is due by the cycle's clock."""

    def __init__(self, cycle_id: str, step: str, poll_seconds: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.cycle_id, self.step, self.poll_seconds = cycle_id, step, poll_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return (
            "reporting_airflow.triggers.MilestoneTrigger",
            {"cycle_id": self.cycle_id, "step": self.step, "poll_seconds": self.poll_seconds},
        )

    def look(self) -> bool:
        from reporting_airflow.waits import step_ready

        return step_ready(self.cycle_id, self.step)


class DocumentTrigger(_PollingTrigger):
    """Wait until there is news about a document: decided, registered, to be asked again.

    Fires now and then without news, so that the task can see whether the run that asks a person is still
    alive.
    """

    def __init__(self, cycle_id: str, kind: str, until: str, attempt: int, poll_seconds: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.cycle_id, self.kind, self.until, self.attempt = cycle_id, kind, until, attempt
        self.poll_seconds = poll_seconds
        self.recheck_seconds = max(20.0, 20 * poll_seconds)

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return (
            "reporting_airflow.triggers.DocumentTrigger",
            {
                "cycle_id": self.cycle_id,
                "kind": self.kind,
                "until": self.until,
                "attempt": self.attempt,
                "poll_seconds": self.poll_seconds,
            },
        )

    def look(self) -> bool:
        from reporting_airflow.waits import document_ready

        return document_ready(self.cycle_id, self.kind, self.until, self.attempt)


class ArrivalTrigger(_PollingTrigger):
    """Wait until something lies in a channel or an arrival waits for its answer."""

    def __init__(self, poll_seconds: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.poll_seconds = poll_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return ("reporting_airflow.triggers.ArrivalTrigger", {"poll_seconds": self.poll_seconds})

    async def prepare(self) -> None:
        from reporting_airflow.channels import resolve_connections_in_trigger

        await resolve_connections_in_trigger()

    def look(self) -> bool:
        from reporting_airflow.waits import arrivals_ready

        return arrivals_ready()
