"""Waits outlive whatever is wrong with a service, and end once there is something to do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from reporting_airflow import operators, triggers, waits
from reporting_airflow.triggers import BACK_OFF_SECONDS, ArrivalTrigger, DocumentTrigger, MilestoneTrigger


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses a trigger makes; none is really waited for."""
    made: list[float] = []
    real_sleep = asyncio.sleep

    async def sleep(seconds: float) -> None:
        made.append(seconds)
        await real_sleep(0)

    monkeypatch.setattr(triggers.asyncio, "sleep", sleep)
    return made


def first_event(trigger: triggers._PollingTrigger) -> Any:
    async def run() -> Any:
        async for event in trigger.run():
            return event.payload
        return None

    return asyncio.run(asyncio.wait_for(run(), timeout=10))


def answers(
    monkeypatch: pytest.MonkeyPatch, question: str, *given: bool | Exception
) -> list[tuple[Any, ...]]:
    """Let the question be answered so, one answer after the other; returns what was asked."""
    asked: list[tuple[Any, ...]] = []
    left = list(given)

    def answer(*arguments: Any) -> bool:
        asked.append(arguments)
        found = left.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(waits, question, answer)
    return asked


def test_a_trigger_looks_at_its_pace_until_there_is_something_to_do(
    monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    asked = answers(monkeypatch, "step_ready", False, False, True)
    assert first_event(MilestoneTrigger("a__2012", "close", 30.0)) == {"ready": True}
    assert asked == [("a__2012", "close")] * 3
    assert pauses == [30.0, 30.0]


def test_a_dead_database_is_waited_out_ever_more_patiently_and_said_once(
    monkeypatch: pytest.MonkeyPatch, pauses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    away = [OSError("the database is away")] * 8
    answers(monkeypatch, "document_ready", *away, False, OSError("again"), True)
    trigger = DocumentTrigger("a__2012", "request_letter", "approved", 1, 0.3)
    trigger.recheck_seconds = None
    assert first_event(trigger) == {"ready": True}
    assert pauses == [*BACK_OFF_SECONDS, 60, 60, 0.3, BACK_OFF_SECONDS[0]]
    assert capsys.readouterr().out.count("Waiting goes on although the look failed") == 2


def test_a_wait_for_a_person_looks_now_and_then_whether_the_question_is_still_asked(
    monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    answers(monkeypatch, "document_ready", *[False] * 1000)
    trigger = DocumentTrigger("a__2012", "request_letter", "approved", 1, 0.3)
    assert trigger.recheck_seconds == 20.0
    trigger.recheck_seconds = 0.01
    assert first_event(trigger) == {"ready": True}


def test_an_arrival_ends_the_wait_of_the_intake(monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> None:
    asked = answers(monkeypatch, "arrivals_ready", False, True)
    assert first_event(ArrivalTrigger(5.0)) == {"ready": True}
    assert (asked, pauses) == ([(), ()], [5.0])


def test_a_short_wait_is_spent_in_the_worker_and_a_long_one_given_up() -> None:
    left = [False, False, True]
    assert operators.wait_a_moment(lambda: left.pop(0), seconds=5)
    assert not operators.wait_a_moment(lambda: False, seconds=0)
