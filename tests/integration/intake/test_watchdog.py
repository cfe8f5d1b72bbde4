"""The watchdog: each trouble of the intake is told once while it lasts, and is over when it is over."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import Engine, text

from reporting.clock import VIETNAM
from reporting.intake import watchdog
from reporting.intake.channels import collect
from reporting.intake.watchdog import watch
from reporting.settings import settings
from tests.integration.rehearsed import Rehearsed


def arrive(engine: Engine, minutes_ago: float, outcome: str | None = None, mode: str = "rehearsal") -> int:
    """A delivery collected so long ago; gives its number."""
    with engine.begin() as connection:
        sha256 = f"{connection.execute(text('SELECT count(*) FROM intake.archived_file')).scalar_one():064d}"
        connection.execute(text("INSERT INTO intake.archived_file VALUES (:s, 1, 'x/y')"), {"s": sha256})
        return int(
            connection.execute(
                text(
                    "INSERT INTO intake.arrival (channel, mode, raw_sha256, channel_key, from_address,"
                    " subject, received_at, collected_at, handled_at, outcome)"
                    " SELECT 'mail', :mode, :s, 'k', 'so@tinh.example', 'Báo cáo', t, t,"
                    " CASE WHEN CAST(:o AS text) IS NOT NULL THEN t END, :o"
                    " FROM (SELECT clock_timestamp() - :m * interval '1 minute' AS t) AS moment"
                    " RETURNING arrival_id"
                ),
                {"s": sha256, "m": minutes_ago, "o": outcome, "mode": mode},
            ).scalar_one()
        )


def run(engine: Engine, statement: str, **values: object) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement), values)


def told(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT subject, body FROM audit.alert ORDER BY raised_at")).all()
    return [(row.subject, row.body) for row in rows]


def open_concerns(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT kind, about FROM intake.concern WHERE cleared_at IS NULL ORDER BY 1, 2")
        ).all()
    return [(row.kind, row.about) for row in rows]


def test_a_delivery_without_an_answer_is_told_once_with_a_link_and_is_over_once_answered(
    registered: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORTING_AIRFLOW_URL", "http://airflow.example")
    settings.cache_clear()
    collect(registered)
    arrive(registered, 14)
    arrive(registered, 60, mode="live")
    assert watch(registered) == []
    late = arrive(registered, 16)
    (concern,) = watch(registered)
    assert (concern.kind, concern.about, concern.who) == ("unanswered", str(late), "so@tinh.example")
    assert watch(registered) == []
    ((subject, body),) = told(registered)
    assert subject == "Cần xử lý: 1 thư, tệp đến chưa được trả lời"
    assert f"- số {late}, đến lúc " in body
    assert f"từ so@tinh.example: Báo cáo (reporting intake show {late})" in body
    assert "quá 15 phút" in body
    assert "http://airflow.example/dags/submission_intake" in body
    run(
        registered,
        "UPDATE intake.arrival SET handled_at = now(), outcome = 'reply' WHERE arrival_id = :a",
        a=late,
    )
    assert watch(registered) == []
    assert open_concerns(registered) == []
    run(
        registered,
        "UPDATE intake.arrival SET handled_at = NULL, outcome = NULL WHERE arrival_id = :a",
        a=late,
    )
    assert [concern.about for concern in watch(registered)] == [str(late)]
    assert len(told(registered)) == 2


def test_many_at_once_are_one_mail(registered: Engine) -> None:
    collect(registered)
    for _ in range(25):
        arrive(registered, 30)
    assert len(watch(registered)) == 25
    ((subject, body),) = told(registered)
    assert subject == "Cần xử lý: 25 thư, tệp đến chưa được trả lời"
    assert body.count("\n- ") == 20
    assert "còn 5 mục khác" in body


def test_a_growing_quarantine_is_told_as_a_number_and_what_waits_for_a_working_day_by_itself(
    registered: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect(registered)
    for _ in range(10):
        arrive(registered, 1, "quarantined")
    assert watch(registered) == []
    arrive(registered, 1, "quarantined")
    (concern,) = watch(registered)
    assert (concern.kind, concern.about, concern.who) == ("quarantine", "count", "11")
    assert "11 thư, tệp đang chờ cán bộ quyết định" in told(registered)[0][1]
    old = arrive(registered, 60 * 24 * 15, "quarantined")
    assert [concern.about for concern in watch(registered)] == [str(old)]
    run(
        registered,
        "INSERT INTO audit.event (kind, actor, occurred_at, detail)"
        " SELECT 'arrival_ignored', 'x', now(), jsonb_build_object('arrival_id', arrival_id)"
        " FROM intake.arrival",
    )
    assert watch(registered) == []
    assert open_concerns(registered) == []


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ("2024-03-08T16:00", "2024-03-07T16:00"),  # Friday
        ("2024-03-11T16:00", "2024-03-08T16:00"),  # Monday
        ("2024-03-10T16:00", "2024-03-08T00:00"),  # Sunday: Friday is over
        ("2024-02-15T09:00", "2024-02-07T09:00"),  # the first day after Tết
    ],
)
def test_a_working_day_is_one_by_the_calendar(now: str, before: str) -> None:
    found = watchdog._one_working_day_before(datetime.fromisoformat(now).replace(tzinfo=VIETNAM))
    assert found == datetime.fromisoformat(before).replace(tzinfo=VIETNAM)


def test_a_channel_at_which_nobody_looks_is_told_and_is_well_once_somebody_does(
    registered: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert watch(registered) == [], "it has only just been configured"
    run(registered, "UPDATE intake.channel_look SET watched_since = now() - interval '31 minutes'")
    (concern,) = watch(registered)
    assert (concern.kind, concern.about) == ("silent_channel", settings().channels)
    assert watch(registered) == []
    collect(registered)
    assert watch(registered) == []
    assert open_concerns(registered) == []
    run(registered, "UPDATE intake.channel_look SET looked_at = now() - interval '29 minutes'")
    assert watch(registered) == []
    run(registered, "UPDATE intake.channel_look SET looked_at = now() - interval '31 minutes'")
    assert len(watch(registered)) == 1
    monkeypatch.setenv("REPORTING_CHANNELS", "")
    settings.cache_clear()
    assert watch(registered) == [], "nobody is to look there any more"
    assert open_concerns(registered) == []


@pytest.mark.parametrize("step", ["receipt", "explained", "system_fault__2"])
def test_an_answer_of_a_live_cycle_that_is_not_sent_is_told(
    small: Rehearsed, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    collect(small.engine)
    small.issue()
    small.run(
        "UPDATE cycle.message SET step = :step, state = 'queued',"
        " dated_at = now() - interval '16 minutes'"
        " WHERE message_id = (SELECT min(message_id) FROM cycle.message)",
        step=step,
    )
    monkeypatch.setenv("REPORTING_MAILBOX_MODE", "live")
    settings.cache_clear()
    assert watch(small.engine) == [], "a rehearsal's mail goes by its own clock"
    small.run("INSERT INTO cycle.clock (clock_id, kind) VALUES ('wall', 'wall') ON CONFLICT DO NOTHING")
    small.run("UPDATE cycle.cycle SET clock_id = 'wall'")
    (concern,) = watch(small.engine)
    assert concern.kind == "unsent"
    small.run("UPDATE cycle.message SET state = 'sent'")
    assert watch(small.engine) == []
    assert open_concerns(small.engine) == []


def test_two_watchdogs_at_once_tell_once(registered: Engine) -> None:
    from concurrent.futures import ThreadPoolExecutor

    collect(registered)
    arrive(registered, 30)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: watch(registered), range(4)))
    assert sum(map(len, found)) == 1
    assert len(told(registered)) == 1
