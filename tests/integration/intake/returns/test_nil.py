"""Nil returns: by the tick of the workbook, or entered by an officer."""

from __future__ import annotations

import pytest

from reporting.consolidation.refresh import refresh
from reporting.cycles.selection import RefusedChange
from reporting.intake.returns.nil import enter, undo
from reporting.mail.notices import queue_reminders
from tests.integration.intake.returns.conftest import Answered, Content, refusal
from tests.integration.rehearsed import vn
from tests.unit.cli.shell import run

NOTHING = Content({}, {"can_bo": "nil"})


def _reminded(answered: Answered) -> int:
    answered.cycle.go_to(vn(2012, 12, 20, 9))
    with answered.cycle.engine.begin() as connection:
        queue_reminders(connection, answered.cycle.cycle_id, "reminder__t_minus_7")
    return int(
        answered.cycle.value(
            "SELECT count(*) FROM cycle.message WHERE step LIKE 'reminder%' AND recipient_id = :r",
            r=answered.cycle.offices[0].recipient_id,
        )
    )


def test_a_workbook_ticked_as_nil_is_a_report(answered: Answered) -> None:
    answered.send(NOTHING, is_nil=True)
    assert (answered.state, answered.status("is_outstanding")) == ("nil", False)
    assert answered.status("first_received_at") == vn(2012, 12, 18, 9, 30)
    subject, body = answered.mail("receipt")
    assert subject.endswith(
        f"[{answered.code}] Ghi nhận không phát sinh số liệu tình hình công tác thông tin đối ngoại địa"
        " phương năm 2011 - 2012"
    )
    said = " ".join(body.split())
    assert (
        "ghi nhận: trong kỳ năm 2011 - 2012, Sở Thông tin và Truyền thông tỉnh An Giang không phát sinh"
        " nội dung thuộc Tiến độ thực hiện Nghị quyết số 47/NQ-CP ngày 15/4/2024 về thông tin đối ngoại"
        ' (theo tệp "Biểu số liệu.xlsx" gửi lúc 9 giờ 30 phút, ngày 18/12/2012 (thứ Ba)).'
        " Quý Cơ quan được tính là đã gửi báo cáo."
    ) in said
    assert "Báo cáo có chữ ký số: đến hết ngày 31/12/2012" in said, "what is owed besides is named"
    assert answered.cycle.value("SELECT count(*) FROM cycle.message WHERE step = 'receipt'") == 1
    answered.send(Content({"vi_tri_chuyen_trach": "X"}, {"can_bo": 3}))
    assert (answered.state, answered.current) == ("completed", 2), "figures sent later take its place"


def test_an_officer_enters_what_an_office_confirmed(answered: Answered) -> None:
    cycle, code = answered.cycle.cycle_id, answered.code
    said = run("desk", "nil", cycle, "An Giang", "--confirmed-by", "ông Nguyễn Văn An", "--by", "chuyen_vien")
    assert said.stdout == (
        f"An Giang ({code}): đã ghi nhận không phát sinh (2 nội dung), theo xác nhận của ông Nguyễn Văn An,"
        " ngày 3/12/2012.\n"
    )
    again = run("desk", "nil", cycle, code, "--basis", "Văn bản số 12/STTTT", "--by", "chuyen_vien")
    assert "đã được ghi nhận trước đó" in again.stdout
    assert (answered.state, answered.cycle.states("signed_report")[0]) == ("nil", "nil")
    assert _reminded(answered) == 0
    _, body = answered.mail("nil_return")
    assert "(theo xác nhận của ông Nguyễn Văn An, ngày 3/12/2012)." in " ".join(body.split())
    with answered.cycle.engine.begin() as connection:
        refresh(connection, cycle)
    assert answered.cycle.rows(
        "SELECT data_form_state, timeliness FROM mart.recipient_status WHERE position = 1"
    ) == [("nil", "on_time")]
    done = run("desk", "undo-nil", cycle, code, "--reason", "nhầm cơ quan", "--by", "chuyen_vien")
    assert done.stdout == f"An Giang ({code}): đã hủy ghi nhận không phát sinh (2 nội dung).\n"
    assert (answered.state, answered.status("is_outstanding")) == ("requested", True)
    assert answered.events() == ["nil_entered", "nil_undone"]


def test_the_day_on_which_it_was_said_settles_its_timeliness(answered: Answered) -> None:
    answered.cycle.go_to(vn(2013, 1, 4, 9))
    run(
        "desk", "nil", answered.cycle.cycle_id, answered.code,
        "--basis", "Văn bản số 12/STTTT ngày 31/12/2012", "--on", "31/12/2012", "--by", "chuyen_vien",
    )  # fmt: skip
    assert answered.status("first_received_at") == vn(2012, 12, 31)
    assert answered.status("first_received_at < original_due_at") is True


def test_what_cannot_be_is_refused(answered: Answered) -> None:
    engine, cycle = answered.cycle.engine, answered.cycle.cycle_id
    with pytest.raises(RefusedChange) as error:
        undo(engine, cycle, answered.code, reason="x", by="y")
    assert refusal(error) == "Không có ghi nhận không phát sinh nào của An Giang để hủy."
    answered.send(Content({"vi_tri_chuyen_trach": "X"}))
    with pytest.raises(RefusedChange) as error:
        enter(engine, cycle, answered.code, basis="Văn bản số 1", by="y")
    assert refusal(error).startswith("Số liệu của An Giang đang được dùng. Đề nghị rút bản đó trước")
    with pytest.raises(RefusedChange) as error:
        enter(engine, cycle, answered.code, basis="Văn bản số 1", by="y", said_on=vn(2013, 5, 1).date())
    assert refusal(error).startswith("Ngày 1/5/2013 sau ngày hiện tại của đợt (18/12/2012).")
