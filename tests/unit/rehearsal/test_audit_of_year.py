"""The audit of a simulated year excuses a missing reminder for what held at that time, and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from rehearsal.simulated_year.audit import _reason
from rehearsal.simulated_year.run import in_office_hours
from rehearsal.simulated_year.scenario import load_year
from reporting.clock import VIETNAM


def at(day: int, hour: int = 9) -> datetime:
    """A moment of May 2024; the 14th is a Tuesday."""
    return datetime(2024, 5, day, hour, tzinfo=VIETNAM)


def missing(**known: Any) -> dict[str, Any]:
    """A reminder due on the 14th for something due on the 16th, about which nothing else is known."""
    return {
        "due_at": at(14), "deadline": at(16, 0), "completed_at": None, "let_off_at": None,
        "closed_at": at(31), "withdrawn_at": None, "why": None,
        "rested_until": None, "is_superseded": False,
        "is_unreachable": False,
    } | known  # fmt: skip


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({}, None),
        ({"is_unreachable": True}, "unreachable"),
        ({"completed_at": at(15)}, None),
        ({"completed_at": at(15), "withdrawn_at": at(15), "why": "nothing_outstanding"}, "answered"),
        ({"completed_at": at(20), "withdrawn_at": at(15), "why": "nothing_outstanding"}, None),
        ({"why": "paused", "withdrawn_at": at(14)}, None),
        ({"rested_until": at(15)}, None),
        ({"rested_until": at(15), "let_off_at": at(14, 12)}, "let_off"),
        ({"rested_until": at(17)}, "deadline_passed"),
        ({"why": "superseded", "withdrawn_at": at(14)}, None),
        ({"is_superseded": True}, "superseded"),
        ({"why": "answer_unread", "withdrawn_at": at(14)}, None),
        ({"why": "answer_unread", "withdrawn_at": at(14), "completed_at": at(14, 10)}, "answer_read_later"),
        ({"why": "answer_unread", "withdrawn_at": at(14), "completed_at": at(20)}, None),
        ({"why": "cycle_closed", "withdrawn_at": at(14)}, None),
        ({"why": "cycle_closed", "withdrawn_at": at(14, 17), "closed_at": at(14, 17)}, "closed"),
    ],
)
def test_only_what_held_then_excuses_a_missing_reminder(known: dict[str, Any], reason: str | None) -> None:
    assert _reason(missing(**known), load_year("short")) == reason  # type: ignore[arg-type]


def test_what_came_before_work_went_on_after_an_outage_excuses_it() -> None:
    scenario = load_year("short")
    outage = scenario.scheduler_away[0]
    found = missing(
        due_at=outage.starts_at + timedelta(hours=9),
        deadline=None,
        completed_at=outage.starts_at,
        closed_at=None,
    )
    assert _reason(found | {"completed_at": outage.ends_at}, scenario) == "answered"  # type: ignore[arg-type]
    late = found | {"completed_at": outage.ends_at + timedelta(days=4)}
    assert _reason(late, scenario) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        (at(14), at(14)),
        (at(14, 7), at(14, 8)),
        (at(14, 17), at(15, 8)),
        (at(18, 9), at(20, 8)),
        (at(18, 7), at(20, 8)),
    ],
)
def test_what_comes_due_outside_office_hours_waits_for_the_next_morning(
    moment: datetime, opens: datetime
) -> None:
    assert in_office_hours(moment) == opens
