"""Changes of a running cycle: more time, waivers, another deadline or close, withdrawal, an office more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime

import pytest
from sqlalchemy import Engine

from reporting.calendar.deadlines import Deadline
from reporting.consolidation.refresh import refresh
from reporting.cycles import changes, status, work
from reporting.cycles.changes import RefusedChange, Selection
from reporting.letters.urging import late_offices
from reporting.mail.delivery import start_mail, stop_mail
from tests.factories import register_signed_report, submit
from tests.integration.rehearsed import Rehearsed, open_small_cycle, vn

T_MINUS_7, T_MINUS_2, T_PLUS_1 = "reminder__t_minus_7", "reminder__t_minus_2", "reminder__t_plus_1"
NORTH = "trung du và miền núi phía bắc"


@pytest.fixture
def issued(small: Rehearsed) -> Rehearsed:
    """A cycle whose request was sent on 3/12/2012 at 14:00."""
    small.issue()
    return small


def through(day: date) -> Deadline:
    return Deadline("through", day)


def extend(cycle: Rehearsed, choice: str | Selection, day: date, **more: object) -> datetime:
    given = {
        "asked_how": "letter",
        "asked_by": "Văn bản số 812/STTTT-TTBC ngày 24/12/2012",
        "reason": "mưa lũ",
        "agreed_by": "Cục trưởng",
    }
    return changes.extend(cycle.engine, cycle.cycle_id, choice, through(day), **(given | more))  # type: ignore[arg-type]


def waive(cycle: Rehearsed, position: int, *deliverables: str, **more: str) -> int:
    given = {"asked_how": "phone", "reason": "không phát sinh", "agreed_by": "Cục trưởng"} | more
    code = cycle.offices[position].reference_code
    return changes.waive(cycle.engine, cycle.cycle_id, code, deliverables or None, **given)  # type: ignore[arg-type]


def move(cycle: Rehearsed, day: date, **more: object) -> datetime:
    given = {"by": "chuyen_vien", "reason": "thư ghi nhầm ngày", "agreed_by": "Thứ trưởng"} | more
    return changes.move_deadline(cycle.engine, cycle.cycle_id, through(day), **given)  # type: ignore[arg-type]


def withdraw(cycle: Rehearsed) -> int:
    return changes.withdraw(cycle.engine, cycle.cycle_id, by="chuyen_vien", reason="có Chỉ thị mới")


def due(cycle: Rehearsed, position: int) -> list[datetime]:
    return [
        at
        for (at,) in cycle.rows(
            "SELECT due_at FROM cycle.obligation_status WHERE recipient_id = :r ORDER BY obligation_id",
            r=cycle.offices[position].recipient_id,
        )
    ]


def mail(cycle: Rehearsed, step: str) -> list[tuple[str, str]]:
    return [
        (name, body)
        for name, body in cycle.rows(
            "SELECT r.short_name, m.body_text FROM cycle.message m JOIN cycle.recipient r USING "
            "(recipient_id)"
            " WHERE m.step = :s ORDER BY r.position, m.message_id",
            s=step,
        )
    ]


def kinds(cycle: Rehearsed) -> list[str]:
    return [
        kind
        for (kind,) in cycle.rows(
            "SELECT kind FROM audit.event WHERE kind NOT LIKE 'document_%' AND kind NOT IN"
            " ('cycle_opened', 'milestone_done') ORDER BY event_id"
        )
    ]


# -- more time -----------------------------------------------------------------------------------------


def test_an_extension_is_confirmed_in_the_words_of_how_it_was_asked(issued: Rehearsed) -> None:
    extend(issued, issued.offices[0].reference_code, date(2013, 1, 5), agreed_on=date(2012, 12, 25))
    ((name, body),) = mail(issued, "extension")
    assert name == "An Giang"
    assert (
        "Tiếp nhận đề nghị của Quý Cơ quan tại Văn bản số 812/STTTT-TTBC ngày 24/12/2012, sau khi "
        "báo cáo và được "
        "Cục trưởng đồng ý ngày 25/12/2012, Cục Thông tin đối ngoại thống nhất thời hạn gửi báo cáo" in body
    )
    assert "đến hết ngày 5/1/2013 (thứ Bảy). Thời hạn này chỉ áp dụng đối với Quý Cơ quan." in body
    ((policy, subject),) = issued.rows(
        "SELECT when_unknown, subject FROM cycle.message WHERE step = 'extension'"
    )
    assert policy == "send_again"
    assert subject.endswith(": hết ngày 5/1/2013 (thứ Bảy)")


def test_one_deliverable_alone_is_given_more_time(issued: Rehearsed) -> None:
    extend(issued, issued.offices[1].reference_code, date(2013, 1, 7), deliverables=["data_form"])
    assert due(issued, 1) == [vn(2013, 1, 1), vn(2013, 1, 8)]
    ((_, body),) = mail(issued, "extension")
    assert "- Báo cáo có chữ ký số: đến hết ngày 31/12/2012 (thứ Hai)." in body


def test_a_region_or_list_is_given_more_time_but_for_those_that_have_it_or_owe_nothing(
    issued: Rehearsed,
) -> None:
    extend(issued, Selection(region=NORTH), date(2013, 1, 8), asked_how="ministry")
    assert [name for name, _ in mail(issued, "extension")] == ["Bắc Giang"]
    with issued.engine.begin() as connection:
        submit(connection, issued.sample, issued.offices[0])
        register_signed_report(connection, issued.sample, issued.offices[0])
    extend(issued, Selection(group="first_few"), date(2013, 1, 7), asked_how="ministry")
    assert [due(issued, p)[0] for p in range(3)] == [vn(2013, 1, 1), vn(2013, 1, 8), vn(2013, 1, 9)]
    with pytest.raises(RefusedChange, match=r"in 'Tây Bắc'; there are: .*Đông"):
        extend(issued, Selection(region="Tây Bắc"), date(2013, 1, 8))


def test_a_double_click_changes_nothing(issued: Rehearsed) -> None:
    code = issued.offices[0].reference_code
    extend(issued, code, date(2013, 1, 5))
    waive(issued, 1)
    move(issued, date(2013, 1, 8))
    before = issued.rows("SELECT count(*), (SELECT count(*) FROM cycle.message) FROM audit.event")
    assert move(issued, date(2013, 1, 8)) == vn(2013, 1, 9)
    assert waive(issued, 1) == 0
    assert issued.rows("SELECT count(*), (SELECT count(*) FROM cycle.message) FROM audit.event") == before
    assert kinds(issued) == ["deadline_extended", "obligation_waived", "deadline_moved"]


def test_two_people_who_enter_the_same_at_once_grant_it_once(issued: Rehearsed) -> None:
    code, failures = issued.offices[0].reference_code, []
    start = threading.Barrier(4)

    def enter() -> None:
        start.wait()
        try:
            extend(issued, code, date(2013, 1, 5))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert issued.value("SELECT count(*) FROM cycle.extension") == 2  # one per deliverable
    assert len(mail(issued, "extension")) == 1


def test_an_extension_entered_wrongly_is_undone_and_the_office_told(issued: Rehearsed) -> None:
    office = issued.offices[0]
    issued.go_to(vn(2012, 12, 19, 8))
    extend(issued, office.reference_code, date(2013, 1, 4))
    extend(issued, office.reference_code, date(2013, 1, 8))
    undo = {"by": "chuyen_vien", "reason": "nhầm cơ quan"}
    changes.undo_extension(issued.engine, issued.cycle_id, office.reference_code, **undo)
    assert due(issued, 0) == [vn(2013, 1, 5)] * 2
    changes.undo_extension(issued.engine, issued.cycle_id, office.reference_code, **undo)
    assert due(issued, 0) == [vn(2013, 1, 1)] * 2
    assert issued.value("SELECT count(*) FROM cycle.extension WHERE undone_because = 'nhầm cơ quan'") == 4
    assert not issued.value("SELECT bool_or(is_extended) FROM cycle.obligation_status")
    with pytest.raises(RefusedChange, match=r"no extension|has an extension"):
        changes.undo_extension(issued.engine, issued.cycle_id, office.reference_code, **undo)
    last = mail(issued, "deadline_changed")[-1][1]
    assert "là đến hết ngày 31/12/2012 (thứ Hai)" in last
    issued.go_to(vn(2012, 12, 20, 9))
    work.remind(issued.engine, issued.cycle_id, T_MINUS_7)
    assert "An Giang" in issued.mails(T_MINUS_7)


# -- waivers -------------------------------------------------------------------------------------------


def test_who_was_let_off_is_neither_reminded_nor_urged_nor_missing(registered: Engine) -> None:
    cycle = open_small_cycle(registered, is_urging=True)
    cycle.issue()
    assert waive(cycle, 0) == 2
    assert waive(cycle, 1, "data_form") == 1
    assert cycle.states() == ["waived", "waived", "requested"]
    assert cycle.states("signed_report") == ["waived", "requested", "requested"]
    cycle.go_to(vn(2012, 12, 20, 9))
    work.remind(registered, cycle.cycle_id, T_MINUS_7)
    assert cycle.mails(T_MINUS_7) == ["Bà Rịa - Vũng Tàu", "Bắc Giang"]
    assert "tệp số liệu" not in mail(cycle, T_MINUS_7)[0][1].split("Nhắc")[-1].split("Kính đề nghị")[0]
    cycle.go_to(vn(2013, 1, 7, 8))
    with registered.begin() as connection:
        names = [office.name.rpartition("tỉnh ")[2] for office in late_offices(connection, cycle.cycle_id)]
        refresh(connection, cycle.cycle_id)
    assert names == ["Bà Rịa - Vũng Tàu", "Bắc Giang"]
    assert cycle.rows("SELECT timeliness FROM mart.recipient_status ORDER BY position") == [
        ("waived",),
        ("waived",),
        ("missing",),
    ]


def test_a_waiver_entered_wrongly_is_undone(issued: Rehearsed) -> None:
    waive(issued, 0)
    code = issued.offices[0].reference_code
    undo = {"by": "chuyen_vien", "reason": "nhầm cơ quan"}
    assert changes.undo_waiver(issued.engine, issued.cycle_id, code, **undo) == 2
    assert issued.states() == ["requested"] * 3
    assert "đề nghị Quý Cơ quan tiếp tục gửi" in mail(issued, "deadline_changed")[0][1]
    assert waive(issued, 0) == 2
    assert issued.states()[0] == "waived"


def test_a_request_does_not_ask_for_what_was_waived_before(small: Rehearsed) -> None:
    waive(small, 0, "data_form")
    small.issue()
    body = mail(small, "request")[0][1]
    assert "báo cáo có chữ ký số" in body
    assert "tệp Excel kèm theo" not in body
    assert "tệp Excel kèm theo" in mail(small, "request")[1][1]


def test_what_was_given_cannot_be_waived(issued: Rehearsed) -> None:
    with issued.engine.begin() as connection:
        submit(connection, issued.sample, issued.offices[0])
    with pytest.raises(LookupError, match="owes nothing"):
        waive(issued, 0, "data_form")


# -- the cycle's own days ------------------------------------------------------------------------------


def test_a_moved_deadline_moves_what_counts_from_it_and_keeps_the_day_of_the_letter(
    registered: Engine,
) -> None:
    cycle = open_small_cycle(registered, is_urging=True)
    cycle.issue()
    changes.move_close(registered, cycle.cycle_id, date(2013, 1, 31), by="x", reason="lùi thời hạn")
    assert move(cycle, date(2013, 1, 10)) == vn(2013, 1, 11)
    assert [due(cycle, p) for p in range(3)] == [[vn(2013, 1, 11)] * 2] * 3
    assert cycle.value("SELECT due_at FROM cycle.cycle WHERE cycle_id = :c") == vn(2013, 1, 1)
    assert cycle.value("SELECT bool_and(original_due_at < due_at) FROM cycle.obligation_status")
    assert cycle.step("deadline")[0] == vn(2013, 1, 11)
    assert cycle.step(T_PLUS_1)[0] == vn(2013, 1, 11, 9)
    assert cycle.step("urging_letter")[0] == vn(2013, 1, 17, 8)
    assert cycle.step("urging_issue")[0] == vn(2013, 1, 17, 14)
    assert {
        "thời hạn mới là đến hết ngày 10/1/2013 (thứ Năm)" in body
        for _, body in mail(cycle, "deadline_changed")
    } == {True}


def test_a_deadline_moved_again_and_again_after_its_reminders_still_ends_in_being_overdue(
    issued: Rehearsed,
) -> None:
    """Overdue reminders never went out where each move slid the date on (Hypha #4476)."""
    for moment, step in ((vn(2012, 12, 20, 9), T_MINUS_7), (vn(2012, 12, 27, 9), T_MINUS_2)):
        issued.go_to(moment)
        work.remind(issued.engine, issued.cycle_id, step)
    issued.go_to(vn(2013, 1, 2, 9))
    work.remind(issued.engine, issued.cycle_id, T_PLUS_1)
    assert issued.step(T_PLUS_1)[1] is not None
    assert len(issued.mails(T_PLUS_1)) == 3
    move(issued, date(2013, 1, 4))
    issued.go_to(vn(2013, 1, 3, 8))
    move(issued, date(2013, 1, 8))
    move(issued, date(2013, 1, 8))
    issued.go_to(vn(2013, 1, 9, 8, 59))
    work.catch_up(issued.engine, issued.cycle_id)
    assert len(issued.mails(T_PLUS_1)) == 3
    with issued.engine.connect() as connection:
        assert status.next_due_at(connection, issued.cycle_id) == vn(2013, 1, 9, 9)
    issued.go_to(vn(2013, 1, 9, 9))
    with issued.engine.connect() as connection:
        assert T_PLUS_1 in status.reminders_to_catch_up(connection, issued.cycle_id)
    work.catch_up(issued.engine, issued.cycle_id)
    work.catch_up(issued.engine, issued.cycle_id)
    assert len(issued.mails(T_PLUS_1)) == 6
    with issued.engine.connect() as connection:
        assert T_PLUS_1 not in status.reminders_to_catch_up(connection, issued.cycle_id)


def test_a_reminder_to_catch_up_that_reaches_nobody_is_told(issued: Rehearsed) -> None:
    for moment, step in ((vn(2012, 12, 20, 9), T_MINUS_7), (vn(2013, 1, 2, 9), T_PLUS_1)):
        issued.go_to(moment)
        work.remind(issued.engine, issued.cycle_id, step)
    move(issued, date(2013, 1, 8))
    issued.run("UPDATE registry.contact SET state = 'retired'")
    issued.go_to(vn(2013, 1, 9, 9))
    told = "SELECT count(DISTINCT recipient_id) FROM audit.event WHERE kind = 'no_live_contact'"
    assert issued.value(told) == 0
    with issued.engine.connect() as connection:
        assert status.reminders_to_catch_up(connection, issued.cycle_id) == []  # the clock may go on
    work.catch_up(issued.engine, issued.cycle_id)
    assert issued.value(told) == 3


def test_who_has_more_time_than_the_moved_deadline_keeps_it(issued: Rehearsed) -> None:
    extend(issued, issued.offices[0].reference_code, date(2013, 1, 9))
    extend(issued, issued.offices[1].reference_code, date(2013, 1, 4))
    move(issued, date(2013, 1, 7))
    assert [due(issued, p)[0] for p in range(3)] == [vn(2013, 1, 10), vn(2013, 1, 8), vn(2013, 1, 8)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: move(c, date(2012, 12, 30)), "must be later than the one that holds for everybody"),
        (lambda c: move(c, date(2012, 11, 30)), r"01/12/2012 00:00 is over"),
        (lambda c: move(c, date(2013, 1, 20)), "closes 15/01/2013 17:00; .* move the close first"),
        (lambda c: move(c, date(2013, 1, 8), reason=" "), "reason: empty"),
        (lambda c: extend(c, "TTDN12-99", date(2013, 1, 8)), "TTDN12-99: no recipient"),
        (lambda c: extend(c, Selection(), date(2013, 1, 8)), "Name an office"),
        (lambda c: extend(c, c.offices[0].reference_code, date(2013, 1, 8), deliverables=["x"]), "x: nobody"),
        (lambda c: waive(c, 0, reason=""), "reason: empty"),
        (lambda c: changes.move_close(c.engine, c.cycle_id, date(2012, 12, 28), by="x", reason="y"),
         "falls on 31/12/2012; close then or later"),
        (lambda c: changes.undo_waiver(c.engine, c.cycle_id, c.offices[0].reference_code, by="x", reason="y"),
         "let off"),
        (lambda c: changes.withdraw(c.engine, "keine", by="x", reason="y"), "There is no cycle 'keine'"),
    ],
)  # fmt: skip
def test_nonsense_is_refused_and_the_remedy_named(
    issued: Rehearsed, change: Callable[[Rehearsed], object], said: str
) -> None:
    before = issued.value("SELECT count(*) FROM audit.event")
    with pytest.raises(RefusedChange, match=said) as refused:
        change(issued)
    assert refused.value.in_vietnamese.endswith(".")
    assert issued.value("SELECT count(*) FROM audit.event") == before


def test_a_moved_close_takes_the_report_with_it(issued: Rehearsed) -> None:
    close = {"by": "chuyen_vien", "reason": "chờ số liệu"}
    assert changes.move_close(issued.engine, issued.cycle_id, date(2013, 1, 25), **close) == vn(
        2013, 1, 25, 17
    )
    assert issued.step("close")[0] == vn(2013, 1, 25, 17)
    assert issued.step("report")[0] == vn(2013, 1, 28, 8)
    assert issued.step("publish")[0] >= vn(2013, 1, 28, 15)


# -- withdrawal ----------------------------------------------------------------------------------------


def test_a_withdrawn_cycle_sends_nothing_more_but_that_it_is_withdrawn(issued: Rehearsed) -> None:
    stop_mail(issued.engine, "van_hanh", "bảo trì")
    issued.go_to(vn(2012, 12, 20, 9))
    with pytest.raises(work.UndeliveredError):
        work.remind(issued.engine, issued.cycle_id, T_MINUS_7)
    assert withdraw(issued) > 0
    start_mail(issued.engine, "van_hanh")
    work.catch_up(issued.engine, issued.cycle_id)
    assert issued.rows(
        "SELECT state, count(*) FROM cycle.message WHERE step = :s GROUP BY 1", s=T_MINUS_7
    ) == [("withdrawn", 3)]
    assert [name for name, _ in mail(issued, "withdrawal")] == [o.short_name for o in issued.offices]
    assert "Lý do: có Chỉ thị mới." in mail(issued, "withdrawal")[0][1]
    with issued.engine.connect() as connection:
        assert status.is_finished(connection, issued.cycle_id)
        assert status.work_due(connection, issued.cycle_id) == []
    for moment, step in ((vn(2012, 12, 27, 9), T_MINUS_2), (vn(2013, 1, 2, 9), T_PLUS_1)):
        issued.go_to(moment)
        work.remind(issued.engine, issued.cycle_id, step)
        work.catch_up(issued.engine, issued.cycle_id)
        assert issued.mails(step) == []
    with pytest.raises(work.LapsedError):
        work.draft_document(issued.engine, issued.cycle_id, "summary_report")
    assert withdraw(issued) == 0
    assert kinds(issued).count("cycle_withdrawn") == 1
    with pytest.raises(RefusedChange, match="was withdrawn"):
        extend(issued, issued.offices[0].reference_code, date(2013, 1, 8))


def test_a_cycle_withdrawn_before_its_request_tells_nobody(small: Rehearsed) -> None:
    withdraw(small)
    assert small.value("SELECT count(*) FROM cycle.message") == 0
    with pytest.raises(work.LapsedError):
        work.draft_document(small.engine, small.cycle_id, "request_letter")
    work.issue(small.engine, small.cycle_id)
    assert small.value("SELECT count(*) FROM cycle.message") == 0


# -- who owes what -------------------------------------------------------------------------------------


def test_an_obligation_is_added_to_an_office_that_did_not_owe_it(issued: Rehearsed) -> None:
    office = issued.offices[0]
    issued.run(
        "DELETE FROM cycle.reminder_plan USING cycle.obligation o WHERE reminder_plan.obligation_id ="
        " o.obligation_id AND o.recipient_id = :r AND o.deliverable = 'data_form'",
        r=office.recipient_id,
    )
    issued.run(
        "DELETE FROM cycle.obligation WHERE recipient_id = :r AND deliverable = 'data_form'",
        r=office.recipient_id,
    )
    arguments = (issued.engine, issued.cycle_id, office.reference_code, "data_form")
    added = changes.add_obligation(*arguments, because="có kế hoạch thực hiện", by="chuyen_vien")
    assert added is not None
    assert changes.add_obligation(*arguments, because="có kế hoạch thực hiện", by="chuyen_vien") is None
    assert due(issued, 0) == [vn(2013, 1, 1)] * 2
    assert issued.value("SELECT count(*) FROM cycle.reminder_plan WHERE obligation_id = :o", o=added) == 3
    ((_, body),) = mail(issued, "confirmation__added")
    assert "gửi thêm tệp số liệu (Excel), thời hạn đến hết ngày 31/12/2012 (thứ Hai)" in body


def test_a_wrongly_addressed_office_is_replaced_and_the_other_one_asked(issued: Rehearsed) -> None:
    wrong = issued.offices[2]
    arguments = {"like": wrong.reference_code, "because": "gửi sai nơi", "by": "chuyen_vien"}
    code = changes.add_recipient(
        issued.engine, issued.cycle_id, "so_tttt_bac_kan", takes_its_place=True, **arguments
    )
    assert code == f"{wrong.reference_code[:-2]}04"
    assert changes.add_recipient(issued.engine, issued.cycle_id, "so_tttt_bac_kan", **arguments) == code
    assert issued.states() == ["requested", "requested", "waived", "not_requested"]
    work.catch_up(issued.engine, issued.cycle_id)
    assert issued.mails("request")[-1] == "Bắc Kạn"
    assert issued.states()[3] == "requested"
    with pytest.raises(RefusedChange, match="'nowhere' is no office"):
        changes.add_recipient(issued.engine, issued.cycle_id, "nowhere", **arguments)


# -- told by letter ------------------------------------------------------------------------------------


def test_a_letter_of_notice_is_started_where_one_is_due(issued: Rehearsed) -> None:
    extend(issued, issued.offices[0].reference_code, date(2013, 1, 5), confirm="letter")
    ((kind, content),) = issued.rows("SELECT kind, content FROM cycle.document WHERE content IS NOT NULL")
    assert kind == "notice_letter__1"
    assert content["offices"] == [issued.offices[0].reference_code]
    assert "thống nhất thời hạn gửi báo cáo" in content["paragraphs"][0]
    assert "đến hết ngày 5/1/2013" in content["paragraphs"][0]
    assert mail(issued, "extension") == []


def test_a_withdrawal_by_letter_recalls_the_request_and_tells_by_mail_at_once(issued: Rehearsed) -> None:
    changes.withdraw(issued.engine, issued.cycle_id, by="x", reason="có Chỉ thị mới", confirm="letter")
    ((kind, about),) = issued.rows(
        "SELECT d.kind, a.kind FROM cycle.document d JOIN cycle.document a"
        " ON a.document_id = d.about_document_id"
    )
    assert (kind, about) == ("recall_letter__1", "request_letter")
    bodies = [body for _, body in mail(issued, "withdrawal")]
    assert len(bodies) == 3
    assert all("Văn bản thông báo chính thức sẽ được gửi" in body for body in bodies)
