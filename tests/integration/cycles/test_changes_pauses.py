"""Pauses and promises: who is left in peace, until when, and what is sent afterwards; calls and the
history.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from reporting.calendar.deadlines import Deadline
from reporting.cycles import changes, pauses, status, work
from reporting.cycles.changes import RefusedChange, Selection
from reporting.cycles.contact_log import ZALO_LIMIT, history, log_call, zalo_text
from reporting.mail import notices
from reporting.mail.delivery import deliver, start_mail, stop_mail
from tests.factories import register_signed_report, submit
from tests.integration.conftest import _empty
from tests.integration.rehearsed import Rehearsed, open_small_cycle, vn

T_MINUS_7, T_MINUS_2, T_PLUS_1 = "reminder__t_minus_7", "reminder__t_minus_2", "reminder__t_plus_1"
STORM = {"kind": "disaster", "reason": "bão số 5", "by": "chuyen_vien"}


@pytest.fixture
def issued(small: Rehearsed) -> Rehearsed:
    """A cycle whose request was sent on 3/12/2012 at 14:00."""
    small.issue()
    return small


def call(cycle: Rehearsed, position: int, promised_on: date | None = None, **more: str) -> int:
    given = {
        "channel": "phone",
        "spoke_with": "bà Trần Thị B",
        "summary": "đang trình ký",
        "by": "chuyen_vien",
    }
    code = cycle.offices[position].reference_code
    return log_call(cycle.engine, cycle.cycle_id, code, promised_on=promised_on, **(given | more))


def remind_at(cycle: Rehearsed, moment: datetime, step: str) -> list[str]:
    cycle.go_to(moment)
    work.remind(cycle.engine, cycle.cycle_id, step)
    return cycle.mails(step)


def test_a_region_hit_by_a_storm_is_left_in_peace_and_reminded_afterwards(issued: Rehearsed) -> None:
    issued.go_to(vn(2012, 12, 19, 16))
    region = Selection(region="Trung du và miền núi phía Bắc")
    assert pauses.pause(issued.engine, issued.cycle_id, region, date(2012, 12, 24), **STORM) == 1
    assert pauses.pause(issued.engine, issued.cycle_id, region, date(2012, 12, 24), **STORM) == 0
    others = ["An Giang", "Bà Rịa - Vũng Tàu"]
    assert remind_at(issued, vn(2012, 12, 20, 9), T_MINUS_7) == others
    assert issued.step(T_MINUS_7)[1] is not None
    issued.go_to(vn(2012, 12, 24, 17))
    work.catch_up(issued.engine, issued.cycle_id)
    assert issued.mails(T_MINUS_7) == others
    with issued.engine.connect() as connection:
        assert status.next_due_at(connection, issued.cycle_id) == vn(2012, 12, 25, 8)
    issued.go_to(vn(2012, 12, 25, 8))
    work.catch_up(issued.engine, issued.cycle_id)
    work.catch_up(issued.engine, issued.cycle_id)
    assert issued.mails(T_MINUS_7) == [*others, "Bắc Giang"]


def test_of_what_a_pause_held_back_only_what_is_still_due_is_sent(issued: Rehearsed) -> None:
    code = issued.offices[0].reference_code
    issued.go_to(vn(2012, 12, 19, 16))
    pauses.pause(issued.engine, issued.cycle_id, code, date(2013, 1, 1), **STORM)
    for moment, step in ((vn(2012, 12, 20, 9), T_MINUS_7), (vn(2012, 12, 27, 9), T_MINUS_2)):
        assert "An Giang" not in remind_at(issued, moment, step)
    issued.go_to(vn(2013, 1, 2, 8))
    work.catch_up(issued.engine, issued.cycle_id)
    assert "An Giang" not in [*issued.mails(T_MINUS_7), *issued.mails(T_MINUS_2)]  # their deadline is over
    assert "An Giang" in remind_at(issued, vn(2013, 1, 2, 9), T_PLUS_1)


def test_a_reminder_in_the_queue_is_put_back_when_the_office_is_paused_before_it_is_sent(
    issued: Rehearsed,
) -> None:
    stop_mail(issued.engine, "van_hanh", "bảo trì")
    issued.go_to(vn(2012, 12, 20, 9))
    with pytest.raises(work.UndeliveredError):
        work.remind(issued.engine, issued.cycle_id, T_MINUS_7)
    issued.go_to(vn(2012, 12, 20, 9, 5))  # after the step was done
    pauses.pause(
        issued.engine, issued.cycle_id, issued.offices[0].reference_code, date(2012, 12, 21), **STORM
    )
    start_mail(issued.engine, "van_hanh")
    deliver(issued.engine, issued.cycle_id)
    assert issued.rows(
        "SELECT r.short_name, m.state FROM cycle.message m JOIN cycle.recipient r USING (recipient_id)"
        " WHERE m.step = :s ORDER BY r.position",
        s=T_MINUS_7,
    ) == [("An Giang", "withdrawn"), ("Bà Rịa - Vũng Tàu", "sent"), ("Bắc Giang", "sent")]
    assert issued.value("SELECT detail FROM cycle.message_event WHERE state = 'withdrawn'") == "paused"
    work.catch_up(issued.engine, issued.cycle_id)
    assert len(issued.mails(T_MINUS_7)) == 3
    issued.go_to(vn(2012, 12, 24, 8))  # the 22nd is a Saturday
    work.remind(issued.engine, issued.cycle_id, T_MINUS_7)
    work.catch_up(issued.engine, issued.cycle_id)
    assert issued.mails(T_MINUS_7).count("An Giang") == 2
    assert issued.value(
        "SELECT count(*) FROM cycle.message WHERE step = :s AND state = 'sent' AND recipient_id = :r",
        s=T_MINUS_7,
        r=issued.offices[0].recipient_id,
    ) == 1  # fmt: skip


def test_a_promised_day_is_waited_for_and_a_later_promise_takes_its_place(issued: Rehearsed) -> None:
    issued.go_to(vn(2012, 12, 26, 10))
    first = call(issued, 0, date(2012, 12, 27))
    assert call(issued, 0, date(2012, 12, 27)) == first
    call(issued, 1)
    assert remind_at(issued, vn(2012, 12, 27, 9), T_MINUS_2) == ["Bà Rịa - Vũng Tàu", "Bắc Giang"]
    call(issued, 0, date(2012, 12, 30), summary="chờ chữ ký")
    assert issued.rows("SELECT kind, until_at, ended_at IS NOT NULL FROM cycle.pause ORDER BY pause_id") == [
        ("promise", vn(2012, 12, 28, 8), True),
        ("promise", vn(2013, 1, 2, 8), False),  # the 31st is a day off in exchange
    ]
    issued.go_to(vn(2013, 1, 2, 9))
    assert remind_at(issued, vn(2013, 1, 2, 9), T_PLUS_1)[0] == "An Giang"


def test_a_pause_ends_when_it_is_ended(issued: Rehearsed) -> None:
    issued.go_to(vn(2012, 12, 19, 16))
    code = issued.offices[0].reference_code
    pauses.pause(issued.engine, issued.cycle_id, code, date(2013, 1, 4), **STORM)
    end = {"by": "chuyen_vien", "reason": "bão tan"}
    assert pauses.unpause(issued.engine, issued.cycle_id, code, **end) == 1
    with pytest.raises(RefusedChange, match="None of these offices is paused"):
        pauses.unpause(issued.engine, issued.cycle_id, code, **end)
    assert "An Giang" in remind_at(issued, vn(2012, 12, 20, 9), T_MINUS_7)


@pytest.mark.parametrize(
    ("until", "said"), [(date(2012, 12, 2), "is over"), (date(2013, 1, 15), "not before the close")]
)
def test_a_pause_lies_ahead_and_before_the_close(issued: Rehearsed, until: date, said: str) -> None:
    with pytest.raises(RefusedChange, match=said):
        pauses.pause(issued.engine, issued.cycle_id, issued.offices[0].reference_code, until, **STORM)
    with pytest.raises(RefusedChange, match="is over" if until.year == 2012 else "after the close"):
        call(issued, 0, until + timedelta(days=until.year - 2012))


def test_the_history_of_an_office_can_be_followed(issued: Rehearsed) -> None:
    office = issued.offices[0]
    issued.go_to(vn(2012, 12, 26, 10))
    call(issued, 0, date(2012, 12, 28))
    changes.extend(
        issued.engine, issued.cycle_id, office.reference_code, Deadline("through", date(2013, 1, 4)),
        asked_how="phone", reason="mưa lũ", agreed_by="Cục trưởng",
    )  # fmt: skip
    with issued.engine.begin() as connection:
        submit(connection, issued.sample, office, received_at=vn(2012, 12, 27, 9))
        lines = history(connection, issued.cycle_id, office.reference_code)
        everything = history(connection, issued.cycle_id)
    assert [line.what.split(" (")[0] for line in lines] == [
        "Mở đợt báo cáo",
        "Gửi thư: Thư đề nghị báo cáo",
        "Trao đổi qua điện thoại với bà Trần Thị B: đang trình ký; hẹn ngày 28/12/2012",
        "Tạm dừng nhắc đến 08:00 2/1/2013; lý do: hẹn ngày 28/12/2012",
        "Lùi hạn đến hết ngày 4/1/2013",
        "Gửi thư: Thư đồng ý lùi thời hạn",
        "Tệp số liệu lần 1: Biểu số liệu An Giang.xlsx",
    ]
    assert "(báo cáo có chữ ký số, tệp số liệu (Excel)); hình thức: điện thoại" in lines[4].what
    assert "Đã làm: Gửi đề nghị báo cáo" in [line.what for line in everything]
    assert len(everything) > len(lines)


def test_the_text_for_zalo_names_what_is_missing_in_300_characters(issued: Rehearsed) -> None:
    with issued.engine.begin() as connection:
        written = zalo_text(connection, issued.cycle_id, issued.offices[0].reference_code)
    assert len(written) <= ZALO_LIMIT
    assert written.startswith("Cục Thông tin đối ngoại kính nhắc: báo cáo tình hình")
    assert "theo CV 3621/BTTTT-TTĐN, hạn hết ngày 31/12/2012 (thứ Hai)." in written
    assert "thiếu: báo cáo có chữ ký số và tệp số liệu (Excel)." in written


@given(
    words=st.integers(1, 60),
    unit=st.text("Cục ", min_size=5, max_size=60),
    labels=st.lists(st.text("báo cáo ", min_size=3, max_size=120), min_size=1, max_size=5),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_longest_names_leave_whole_words(
    words: int, unit: str, labels: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    title = " ".join(f"chữ{n}" for n in range(words))
    debt = notices.Debt(unit, title, "12345/BTTTT-TTĐN", tuple(labels), "ngày 31/12/2012 (thứ Hai)")
    monkeypatch.setattr(notices, "debt_of", lambda *_: debt)
    written = zalo_text(None, "a cycle", "A-01")  # type: ignore[arg-type]
    assert len(written) <= ZALO_LIMIT
    shown = written.split("báo cáo ", 1)[1] if "báo cáo" not in unit else ""
    kept = [word.rstrip("…,") for word in shown.split() if word.startswith("chữ")]
    assert kept == title.split()[: len(kept)]


def test_whoever_owes_nothing_gets_no_text_for_zalo(issued: Rehearsed) -> None:
    with issued.engine.begin() as connection:
        submit(connection, issued.sample, issued.offices[0])
        register_signed_report(connection, issued.sample, issued.offices[0])
        with pytest.raises(LookupError, match="owes nothing"):
            zalo_text(connection, issued.cycle_id, issued.offices[0].reference_code)


# -- whatever is done in whatever order ------------------------------------------------------------------

DAYS = st.integers(0, 20).map(lambda n: date(2012, 12, 20) + timedelta(days=n))
ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(
            ["go on", "go on", "go on", "extend", "undo", "pause", "unpause", "promise", "waive", "answer",
             "move"]
        ),
        st.integers(0, 2),
        DAYS,
    ),
    min_size=6,
    max_size=16,
)  # fmt: skip


@given(actions=ACTIONS)
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),  # each example is a cycle of its own: too slow to shrink
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_reminder_goes_where_nothing_is_owed_or_in_a_pause_or_twice_for_one_deadline(
    registered: Engine, actions: list[tuple[str, int, date]]
) -> None:
    _empty(registered)
    cycle = open_small_cycle(registered)
    cycle.issue()
    now = vn(2012, 12, 19, 10)
    cycle.go_to(now)
    told: dict[tuple[int, str, datetime], int] = {}
    seen = 0
    for action, position, day in [*actions, *[("go on", 0, date.min)] * 3]:
        if action != "go on":
            _do(cycle, action, position, day)
            continue
        now += timedelta(days=2)
        cycle.go_to(now)
        with registered.connect() as connection:
            before = connection.execute(
                text(
                    "SELECT o.recipient_id, p.step, p.due_at, o.due_at AS deadline, o.is_outstanding,"
                    " cycle.is_paused(o.recipient_id, :now) AS is_paused FROM cycle.obligation_status o"
                    " JOIN cycle.reminder_plan p USING (obligation_id)"
                ),
                {"now": now},
            ).all()
        for step in (T_MINUS_7, T_MINUS_2, T_PLUS_1):
            if cycle.step(step)[0] <= now:
                work.remind(registered, cycle.cycle_id, step)
        work.catch_up(registered, cycle.cycle_id)
        fresh = cycle.rows(
            "SELECT message_id, recipient_id, step FROM cycle.message WHERE step LIKE 'reminder%%'"
            " AND state = 'sent' AND message_id > :seen ORDER BY message_id",
            seen=seen,
        )
        for message_id, recipient_id, step in fresh:
            seen = message_id
            owed = [
                row
                for row in before
                if row.recipient_id == recipient_id and row.step == step and row.is_outstanding
            ]
            assert owed, f"{step} went to an office that owes nothing of it"
            assert not owed[0].is_paused
            due = [row for row in owed if row.due_at <= now]
            assert due
            key = (recipient_id, step, max(row.deadline for row in due))
            told[key] = told.get(key, 0) + 1
            assert told[key] == 1, f"{step} twice for one deadline"


def _do(cycle: Rehearsed, action: str, position: int, day: date) -> None:
    engine, cycle_id, office = cycle.engine, cycle.cycle_id, cycle.offices[position]
    code, entered = office.reference_code, {"by": "x", "reason": "y"}
    deadline = Deadline("through", day)
    try:
        match action:
            case "extend":
                changes.extend(engine, cycle_id, code, deadline, asked_how="phone", reason="y", agreed_by="x")
            case "undo":
                changes.undo_extension(engine, cycle_id, code, **entered)
            case "pause":
                pauses.pause(engine, cycle_id, code, day, kind="disaster", **entered)
            case "unpause":
                pauses.unpause(engine, cycle_id, code, **entered)
            case "promise":
                call(cycle, position, day)
            case "waive":
                changes.waive(engine, cycle_id, code, asked_how="phone", reason="y", agreed_by="x")
            case "move":
                changes.move_deadline(engine, cycle_id, deadline, agreed_by="z", **entered)
            case "answer":
                with engine.begin() as connection:
                    submit(
                        connection,
                        cycle.sample,
                        office,
                        data=f"{code}{cycle.value('SELECT count(*) FROM intake.submission')}".encode(),
                        channel="ministry_entry",
                    )
    except RefusedChange:
        pass


def test_where_all_who_are_late_rest_the_urging_letter_waits_for_the_first_of_them(
    registered: Engine,
) -> None:
    cycle = open_small_cycle(registered, is_urging=True)
    cycle.issue()
    urged_at, issued_at = cycle.step("urging_letter")[0], cycle.step("urging_issue")[0]
    cycle.go_to(urged_at - timedelta(hours=12))
    everybody = [office.reference_code for office in cycle.offices]
    last = (urged_at + timedelta(days=1)).date()
    assert pauses.pause(cycle.engine, cycle.cycle_id, everybody, last, **STORM) == len(everybody)
    cycle.go_to(urged_at)
    with pytest.raises(work.NotYetDueError):
        work.draft_document(cycle.engine, cycle.cycle_id, "urging_letter")
    put_off_to, done_at = cycle.step("urging_letter")
    assert done_at is None
    assert put_off_to.date() > last
    assert cycle.step("urging_issue")[0] > issued_at
    cycle.go_to(put_off_to)
    assert work.draft_document(cycle.engine, cycle.cycle_id, "urging_letter") == 1
