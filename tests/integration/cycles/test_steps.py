"""The steps of a cycle: never before their moment, never twice, and only for those whom they concern."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from reporting.calendar.deadlines import Deadline
from reporting.cycles import changes, plan, status, steps, work
from reporting.cycles.opening import open_cycle
from reporting.cycles.work import NotYetDueError
from reporting.mail.delivery import start_mail, stop_mail
from reporting.regimes.models import OPEN, ReminderStep
from tests.factories import SampleCycle, register_signed_report, submit
from tests.integration.rehearsed import ISSUE_AT, PERIOD, Rehearsed, open_small_cycle, small_regime, vn

Step = Callable[[Engine, str], object]

T_MINUS_7, T_MINUS_2, T_PLUS_1 = "reminder__t_minus_7", "reminder__t_minus_2", "reminder__t_plus_1"


def remind(step: str) -> Step:
    return lambda engine, cycle_id: work.remind(engine, cycle_id, step)


@pytest.fixture
def issued(small: Rehearsed) -> Rehearsed:
    """A cycle whose request was sent on 3/12/2012 at 14:00."""
    small.issue()
    return small


def extend(cycle: Rehearsed, position: int, last_day: date) -> datetime:
    return changes.extend(
        cycle.engine, cycle.cycle_id, cycle.offices[position].reference_code, Deadline("through", last_day),
        asked_how="letter", reason="mưa lũ", agreed_by="lanh_dao", confirm="none",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("step", "carry_out"),
    [
        ("issue", work.issue),
        (T_MINUS_7, remind(T_MINUS_7)),
        ("deadline", work.pass_deadline),
        ("close", work.close),
        ("publish", work.publish),
    ],
)
def test_a_step_before_its_moment_is_refused_and_stays_undone(
    small: Rehearsed, step: str, carry_out: Step
) -> None:
    small.register()
    with pytest.raises(
        NotYetDueError, match=rf"{step} of {small.cycle_id} falls due .* now it is 03/12/2012 08:00"
    ):
        carry_out(small.engine, small.cycle_id)
    assert small.step(step)[1] is None
    assert small.value("SELECT count(*) FROM cycle.message") == 0


def test_an_unknown_step_is_named_with_the_command_that_lists_the_plan(small: Rehearsed) -> None:
    with (
        small.engine.connect() as connection,
        pytest.raises(LookupError, match=r"no step 'nhac'.*cycle show"),
    ):
        steps.state(connection, small.cycle_id, "nhac")


def test_the_request_goes_to_every_office_once_however_often_it_is_issued(issued: Rehearsed) -> None:
    names = [office.short_name for office in issued.offices]
    assert issued.mails("request") == names
    assert issued.step("issue") == (ISSUE_AT, ISSUE_AT)
    work.issue(issued.engine, issued.cycle_id)
    assert issued.mails("request") == names
    assert issued.states() == ["requested"] * 3
    assert issued.rows("SELECT state, count(*) FROM cycle.message GROUP BY 1") == [("sent", 3)]


def test_mail_that_was_halted_is_queued_once_and_sent_by_the_next_try(small: Rehearsed) -> None:
    small.register()
    small.go_to(ISSUE_AT)
    stop_mail(small.engine, "lanh_dao", "kiểm tra lại công văn")
    for _ in range(2):
        with pytest.raises(work.UndeliveredError, match=r"3 messages of .* still in the queue"):
            work.issue(small.engine, small.cycle_id)
    assert small.states() == ["not_requested"] * 3
    start_mail(small.engine, "lanh_dao")
    assert work.issue(small.engine, small.cycle_id).sent == 3
    assert small.states() == ["requested"] * 3


def test_reminders_go_only_to_those_outstanding_and_name_only_what_is_missing(issued: Rehearsed) -> None:
    complete, half, silent = issued.offices
    with issued.engine.begin() as connection:
        submit(connection, issued.sample, complete, data=b"1")
        register_signed_report(connection, issued.sample, complete)
        register_signed_report(connection, issued.sample, half)
    issued.go_to(vn(2012, 12, 20, 9))
    for _ in range(2):
        work.remind(issued.engine, issued.cycle_id, T_MINUS_7)
    assert issued.mails(T_MINUS_7) == [half.short_name, silent.short_name]
    written = issued.rows("SELECT body_text FROM cycle.message WHERE step = :s ORDER BY 1", s=T_MINUS_7)
    labels = ("tệp số liệu (Excel)", "báo cáo có chữ ký số")
    assert sorted([label in body for label in labels] for (body,) in written) == [[True, False], [True, True]]
    assert issued.step(T_MINUS_7) == (vn(2012, 12, 20, 9), vn(2012, 12, 20, 9))


def test_an_extended_office_is_reminded_on_its_own_days(issued: Rehearsed) -> None:
    first, second, later = issued.offices
    assert extend(issued, 2, date(2013, 1, 14)) == vn(2013, 1, 15)
    assert issued.rows(
        "SELECT DISTINCT p.step, p.due_at FROM cycle.reminder_plan p"
        " JOIN cycle.obligation o USING (obligation_id)"
        " WHERE o.recipient_id = :r ORDER BY 2",
        r=later.recipient_id,
    ) == [(T_MINUS_7, vn(2013, 1, 4, 9)), (T_MINUS_2, vn(2013, 1, 10, 9)), (T_PLUS_1, vn(2013, 1, 15, 9))]
    assert issued.step(T_MINUS_7)[0] == vn(2012, 12, 20, 9)  # the others' day holds

    issued.go_to(vn(2012, 12, 20, 9))
    work.remind(issued.engine, issued.cycle_id, T_MINUS_7)
    assert issued.mails(T_MINUS_7) == [first.short_name, second.short_name]
    assert issued.step(T_MINUS_7) == (vn(2013, 1, 4, 9), None)

    issued.go_to(vn(2013, 1, 4, 9))
    work.remind(issued.engine, issued.cycle_id, T_MINUS_7)
    assert issued.mails(T_MINUS_7) == [first.short_name, second.short_name, later.short_name]
    assert issued.step(T_MINUS_7) == (vn(2013, 1, 4, 9), vn(2013, 1, 4, 9))


def test_a_step_moves_to_the_first_day_on_which_anybody_still_needs_it(issued: Rehearsed) -> None:
    with issued.engine.begin() as connection:
        for number, office in enumerate(issued.offices[:2]):
            submit(connection, issued.sample, office, data=bytes([number]))
            register_signed_report(connection, issued.sample, office)
    extend(issued, 2, date(2013, 1, 14))
    assert [issued.step(s)[0] for s in (T_MINUS_7, T_MINUS_2, T_PLUS_1)] == [
        vn(2013, 1, 4, 9), vn(2013, 1, 10, 9), vn(2013, 1, 15, 9),
    ]  # fmt: skip


def test_an_extension_after_the_step_was_done_is_caught_up_on_the_new_day_and_not_before(
    issued: Rehearsed,
) -> None:
    for step, moment in ((T_MINUS_7, vn(2012, 12, 20, 9)), (T_MINUS_2, vn(2012, 12, 27, 9))):
        issued.go_to(moment)
        work.remind(issued.engine, issued.cycle_id, step)
    late = issued.offices[1].short_name
    issued.go_to(vn(2012, 12, 31, 10))
    extend(issued, 1, date(2013, 1, 8))  # 7 working days before: 27/12, past; 2 before: Saturday 5/1

    assert work.catch_up(issued.engine, issued.cycle_id).sent == 0
    issued.go_to(vn(2013, 1, 2, 9))
    work.remind(issued.engine, issued.cycle_id, T_PLUS_1)
    assert late not in issued.mails(T_PLUS_1)
    issued.go_to(vn(2013, 1, 5, 9))  # a working day: 31/12/2012 was off for it
    assert [work.catch_up(issued.engine, issued.cycle_id).sent for _ in range(2)] == [1, 0]
    assert issued.mails(T_MINUS_7).count(late) == 1
    assert issued.mails(T_MINUS_2).count(late) == 2
    assert Deadline("through", date(2013, 1, 8)).last_day_phrase in issued.value(
        "SELECT body_text FROM cycle.message WHERE step = :s ORDER BY message_id DESC LIMIT 1", s=T_MINUS_2
    )
    issued.go_to(vn(2013, 1, 9, 9))
    work.remind(issued.engine, issued.cycle_id, T_PLUS_1)
    assert issued.mails(T_PLUS_1).count(late) == 1


@pytest.mark.parametrize(
    ("last_day", "error", "words"),
    [
        (date(2012, 12, 31), ValueError, "must be later than the one that holds, 01/01/2013 00:00"),
        (date(2013, 1, 15), ValueError, "closes 15/01/2013 17:00; choose an earlier day"),
    ],
    ids=["not_later", "after_the_close"],
)
def test_an_extension_that_cannot_hold_is_refused(
    issued: Rehearsed, last_day: date, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        extend(issued, 0, last_day)
    assert issued.value("SELECT count(*) FROM cycle.extension") == 0


def test_an_office_that_owes_nothing_gets_no_extension(issued: Rehearsed) -> None:
    with issued.engine.begin() as connection:
        submit(connection, issued.sample, issued.offices[0])
        register_signed_report(connection, issued.sample, issued.offices[0])
    with pytest.raises(LookupError, match="'TTDN12-DT1-01' owes nothing"):
        extend(issued, 0, date(2013, 1, 8))


def test_closing_early_ends_the_reminders_and_the_wait_for_the_deadline(issued: Rehearsed) -> None:
    issued.go_to(vn(2012, 12, 21, 10))
    changes.close_early(issued.engine, issued.cycle_id, "lanh_dao", "đủ số liệu")
    assert issued.step("close") == (vn(2012, 12, 21, 10), None)
    assert work.close(issued.engine, issued.cycle_id) == 3
    assert issued.states() == ["closed_missing"] * 3

    for step in (T_MINUS_7, T_MINUS_2, T_PLUS_1):
        work.remind(issued.engine, issued.cycle_id, step)
        assert issued.mails(step) == []
        assert issued.step(step)[1] == vn(2012, 12, 21, 10)
    assert work.pass_deadline(issued.engine, issued.cycle_id) == 3
    assert issued.step("deadline")[1] == vn(2012, 12, 21, 10)
    with pytest.raises(ValueError, match="is closed already"):
        changes.close_early(issued.engine, issued.cycle_id, "lanh_dao", "lần nữa")


def test_nobody_is_caught_up_with_after_the_close(issued: Rehearsed) -> None:
    issued.go_to(vn(2012, 12, 20, 9))
    work.remind(issued.engine, issued.cycle_id, T_MINUS_7)
    extend(issued, 0, date(2013, 1, 14))
    issued.go_to(vn(2013, 1, 15, 17))
    work.close(issued.engine, issued.cycle_id)
    assert work.catch_up(issued.engine, issued.cycle_id).sent == 0
    assert len(issued.mails(T_MINUS_7)) == 3


def test_the_count_of_those_outstanding_is_noted_at_deadline_and_close(issued: Rehearsed) -> None:
    with issued.engine.begin() as connection:
        submit(connection, issued.sample, issued.offices[0])
        register_signed_report(connection, issued.sample, issued.offices[0])
    for moment, carry_out in ((vn(2013, 1, 1), work.pass_deadline), (vn(2013, 1, 15, 17), work.close)):
        issued.go_to(moment)
        assert [carry_out(issued.engine, issued.cycle_id) for _ in range(2)] == [2, 2]
    assert issued.rows(
        "SELECT detail ->> 'step', detail ->> 'outstanding' FROM audit.event"
        " WHERE kind = 'milestone_done' AND detail ? 'outstanding' ORDER BY event_id"
    ) == [("deadline", "2"), ("close", "2")]


def test_work_due_names_what_keeps_the_clock_standing(small: Rehearsed) -> None:
    def due() -> list[str]:
        with small.engine.connect() as connection:
            return status.work_due(connection, small.cycle_id)

    def comes_next() -> datetime | None:
        with small.engine.connect() as connection:
            return status.next_due_at(connection, small.cycle_id)

    assert (due(), comes_next()) == (["step request_letter"], ISSUE_AT)
    small.register()
    assert work.complete_registration(small.engine, small.cycle_id, "request_letter")
    assert (due(), comes_next()) == ([], ISSUE_AT)
    small.go_to(ISSUE_AT)
    assert due() == ["step issue"]
    work.issue(small.engine, small.cycle_id)
    assert (due(), comes_next()) == ([], vn(2012, 12, 20, 9))
    with small.engine.begin() as connection:
        submit(connection, small.sample, small.offices[0])
    small.run("UPDATE intake.arrival SET handled_at = NULL")  # nobody answered it yet
    assert [line.split()[0] for line in due()] == ["arrival"]


def test_the_list_of_cycles_and_offices_shows_who_still_owes(issued: Rehearsed) -> None:
    with issued.engine.begin() as connection:
        submit(connection, issued.sample, issued.offices[0])
        register_signed_report(connection, issued.sample, issued.offices[0])
    with issued.engine.connect() as connection:
        (row,) = status.cycles(connection)
        recipients = status.recipients(connection, issued.cycle_id)
        assert not status.is_finished(connection, issued.cycle_id)
        assert [m.step for m in status.milestones(connection, issued.cycle_id)][-1] == plan.PUBLISH
    assert (row.recipients, row.outstanding, row.next_step) == (3, 2, "request_letter")
    assert [(r.position, r.deliverable, r.state) for r in recipients[:3]] == [
        (1, "signed_report", "completed"), (1, "data_form", "completed"), (2, "signed_report", "requested"),
    ]  # fmt: skip


@pytest.mark.parametrize("day", [date(2012, 12, 26), date(2013, 1, 2)], ids=["before_t_minus_2", "overdue"])
def test_a_request_that_goes_out_late_is_not_followed_by_a_reminder_within_a_working_day(
    small: Rehearsed, day: date
) -> None:
    small.go_to(vn(day.year, day.month, day.day, 10))
    small.register()
    work.issue(small.engine, small.cycle_id)
    for step in (T_MINUS_7, T_MINUS_2, T_PLUS_1):
        due_at, done_at = small.step(step)
        if due_at < vn(day.year, day.month, day.day + 1, 10):
            assert done_at is not None
            work.remind(small.engine, small.cycle_id, step)
            assert small.mails(step) == []
        else:
            assert (due_at, done_at) == (vn(2013, 1, 2, 9), None)
    work.catch_up(small.engine, small.cycle_id)
    assert small.value("SELECT count(*) FROM cycle.message WHERE cycle_id = :c AND step <> 'request'") == 0
    assert small.value(
        "SELECT count(*) FROM audit.event WHERE cycle_id = :c AND detail ->> 'lapsed' = 'issued_late'"
    ) == (2 if day.year == 2012 else 3)


def test_a_request_issued_on_its_day_keeps_the_plan(small: Rehearsed) -> None:
    moments = (
        "SELECT step, due_at FROM cycle.milestone WHERE cycle_id = :c UNION ALL"
        " SELECT step || obligation_id, due_at FROM cycle.reminder_plan ORDER BY 1"
    )
    before = small.rows(moments)
    small.issue()
    assert small.rows(moments) == before


@pytest.mark.parametrize(
    ("issued_on", "drafted_at"),
    [
        (date(2012, 12, 14), vn(2013, 1, 7, 8)),
        (date(2013, 1, 2), vn(2013, 1, 8, 8)),
        (date(2013, 1, 9), None),
    ],
    ids=["in_time", "overdue", "too_late_for_a_letter"],
)
def test_nobody_is_urged_before_the_days_that_the_request_gives(
    registered: Engine, issued_on: date, drafted_at: datetime | None
) -> None:
    cycle = open_small_cycle(registered, is_urging=True)
    cycle.go_to(vn(issued_on.year, issued_on.month, issued_on.day, 14))
    cycle.register()
    work.issue(cycle.engine, cycle.cycle_id)
    due_at, done_at = cycle.step("urging_letter")
    assert (due_at if done_at is None else None) == drafted_at
    assert (cycle.step("urging_issue")[1] is None) == (drafted_at is not None)


def test_what_counts_from_the_issue_counts_from_the_day_it_went_out(registered: Engine) -> None:
    regime = small_regime(registered)
    later = ReminderStep(step="reminder__i_plus_5", working_days=5, anchor="issue")
    last = ReminderStep(step="reminder__i_plus_28", working_days=28, anchor="issue")
    undated = tuple(p.model_copy(update={"deadline": OPEN}) for p in regime.periods)
    changed = regime.model_copy(update={"reminders": (later, last), "periods": undated})
    cycle_id = open_cycle(registered, changed, PERIOD, "rehearsal")
    cycle = Rehearsed(registered, SampleCycle(cycle_id, f"rehearsal:{cycle_id}", ()))
    cycle.go_to(vn(2012, 12, 10, 15))
    cycle.register()
    work.issue(registered, cycle_id)
    assert cycle.step("reminder__i_plus_5") == (vn(2012, 12, 17, 9), None)
    assert cycle.step("reminder__i_plus_28")[1] is not None, "it would come after the close"
    cycle.go_to(vn(2012, 12, 17, 9))
    work.remind(registered, cycle_id, "reminder__i_plus_5")
    assert len(cycle.mails("reminder__i_plus_5")) == 3


def test_a_close_and_a_withdrawal_at_once_do_not_stop_one_another(
    registered: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    cycle = open_small_cycle(registered, is_urging=True)
    cycle.issue()
    cycle.go_to(cycle.step("close")[0])
    carry_out = steps.complete

    def slow(*arguments: Any, **detail: Any) -> None:
        carry_out(*arguments, **detail)
        time.sleep(0.1)

    monkeypatch.setattr(steps, "complete", slow)
    with ThreadPoolExecutor(2) as both:
        closing = both.submit(work.close, registered, cycle.cycle_id)
        time.sleep(0.15)
        withdrawing = both.submit(changes.withdraw, registered, cycle.cycle_id, by="a", reason="b")
        assert closing.result(30) == 3
        assert withdrawing.result(30) >= 2


def test_the_close_completes_what_an_edited_regime_left_undone(issued: Rehearsed) -> None:
    issued.go_to(issued.step("close")[0])
    work.close(issued.engine, issued.cycle_id)
    assert issued.rows(
        "SELECT detail ->> 'step', detail ->> 'lapsed' FROM audit.event WHERE cycle_id = :c"
        " AND kind = 'milestone_done' AND detail ->> 'lapsed' IS NOT NULL ORDER BY event_id"
    ) == [(step, "closed") for step in (T_MINUS_7, T_MINUS_2, "deadline", T_PLUS_1)]
    assert issued.rows("SELECT step FROM cycle.milestone WHERE done_at IS NULL ORDER BY due_at") == [
        ("request_letter",),  # registered by hand
        ("report",),
        ("publish",),
    ]


def test_a_reminder_that_no_task_carries_out_is_sent_an_hour_later_once(issued: Rehearsed) -> None:
    issued.go_to(vn(2012, 12, 20, 9, 59))
    work.catch_up(issued.engine, issued.cycle_id)
    assert issued.mails(T_MINUS_7) == [], "its task has an hour"
    issued.go_to(vn(2012, 12, 20, 10))
    for _ in range(2):
        work.catch_up(issued.engine, issued.cycle_id)
    assert len(issued.mails(T_MINUS_7)) == 3
    assert issued.step(T_MINUS_7)[1] == vn(2012, 12, 20, 10)


def test_what_came_to_be_owed_since_the_issue_is_due_by_the_day_that_holds_now(issued: Rehearsed) -> None:
    first = issued.offices[0].recipient_id
    issued.run(
        "DELETE FROM cycle.reminder_plan USING cycle.obligation o"
        " WHERE o.obligation_id = reminder_plan.obligation_id AND o.recipient_id = :r",
        r=first,
    )
    issued.run("DELETE FROM cycle.obligation WHERE recipient_id = :r AND deliverable = 'data_form'", r=first)
    issued.go_to(vn(2012, 12, 26, 10))
    changes.move_deadline(
        issued.engine, issued.cycle_id, Deadline("through", date(2013, 1, 7)),
        by="chuyen_vien", reason="thay đổi kế hoạch", agreed_by="lanh_dao",
    )  # fmt: skip
    for _ in range(2):
        work.catch_up(issued.engine, issued.cycle_id)
    assert issued.rows(
        "SELECT due_at FROM cycle.obligation WHERE recipient_id = :r AND deliverable = 'data_form'", r=first
    ) == [(vn(2013, 1, 8),)]
    assert issued.mails("confirmation__added") == [issued.offices[0].short_name]
    assert issued.value(
        "SELECT min(p.due_at) FROM cycle.reminder_plan p JOIN cycle.obligation o USING (obligation_id)"
        " WHERE o.recipient_id = :r AND o.deliverable = 'data_form'",
        r=first,
    ) > vn(2012, 12, 27, 10)
