"""Drafts, late returns, what settles timeliness, and withdrawal."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import text

from reporting.calendar.deadlines import Deadline
from reporting.consolidation.refresh import refresh
from reporting.cycles.selection import RefusedChange
from reporting.intake.answering import answer_workbook
from reporting.intake.message import Attachment
from reporting.intake.returns.conflict import decide
from reporting.intake.returns.withdrawal import withdraw
from reporting.intake.submissions import Delivery, Recorded
from reporting.mail.notices import queue_reminders
from reporting.validation.models import CheckedWorkbook
from tests.integration.intake.returns.conftest import Answered, Content, refusal
from tests.integration.rehearsed import vn
from tests.unit.cli.shell import run

FIGURES = Content({"vi_tri_chuyen_trach": "X"}, {"can_bo": 12})
OTHERS = Content({"vi_tri_chuyen_trach": "X"}, {"can_bo": 13})


def _timeliness(answered: Answered) -> tuple[str, int | None]:
    with answered.cycle.engine.begin() as connection:
        refresh(connection, answered.cycle.cycle_id)
    ((timeliness, days),) = answered.cycle.rows(
        "SELECT timeliness, days_late FROM mart.recipient_status WHERE position = 1"
    )
    return timeliness, days


def _withdraw(answered: Answered, **more: object) -> int | None:
    values = {"asked_by": "ông Nguyễn Văn An", "reason": "nhầm năm", "by": "chuyen_vien"} | more
    return withdraw(
        answered.cycle.engine,
        answered.cycle.cycle_id,
        answered.code,
        **values,  # type: ignore[arg-type]
    ).current


def test_a_draft_is_kept_and_answered_but_counts_for_nothing(answered: Answered) -> None:
    answered.send(FIGURES, kind="draft")
    assert (answered.state, answered.current, answered.status("is_outstanding")) == ("requested", None, True)
    assert answered.status("first_received_at") is None, "a draft does not settle timeliness"
    assert answered.status("draft_received_at") == vn(2012, 12, 18, 9, 30)
    assert answered.events() == ["draft_received"]
    assert answered.cycle.value("SELECT count(*) FROM core.fact") > 0, "its figures are kept"
    assert "Đã gửi đề nghị; Bản thảo (gửi trước)" in run("cycle", "show", answered.cycle.cycle_id).stdout
    subject, body = answered.mail("receipt")
    assert "Đã nhận bản thảo báo cáo" in subject
    assert "Tệp được ghi là bản thảo" in body
    answered.cycle.go_to(vn(2012, 12, 20, 9))
    with answered.cycle.engine.begin() as connection:
        assert queue_reminders(connection, answered.cycle.cycle_id, "reminder__t_minus_7") == 3
    answered.send(OTHERS, sender="khac@an-giang.example", at=vn(2012, 12, 21, 9))
    assert (answered.state, answered.current) == ("completed", 2), "nothing stands against a draft"
    assert answered.status("first_received_at") == vn(2012, 12, 21, 9)


def test_a_draft_with_errors_leaves_the_obligation_as_it_is(answered: Answered) -> None:
    answered.send(kind="draft", outcome="to_complete")
    assert (answered.state, answered.status("first_received_at")) == ("requested", None)


@pytest.mark.parametrize(
    ("sent_at", "timeliness"),
    [
        (vn(2012, 12, 31, 23, 59), ("on_time", None)),
        (vn(2013, 1, 1, 0, 1), ("late", 1)),
        (vn(2013, 1, 1, 23, 59), ("late", 1)),
        (vn(2013, 1, 2, 0, 1), ("late", 2)),
    ],
    ids=lambda value: f"{value:%d/%m %H:%M}" if isinstance(value, datetime) else None,
)
def test_midnight_in_viet_nam_divides_in_time_from_late(
    answered: Answered, sent_at: datetime, timeliness: tuple[str, int | None]
) -> None:
    recorded = answered.send(FIGURES, at=sent_at, sent_at=sent_at)
    assert recorded.outcome == "accepted", "a late return is accepted"
    assert _timeliness(answered) == timeliness
    due_at = answered.status("due_at")
    assert Deadline("through", due_at.date().replace(year=2012, month=12, day=31)).first_late_at == due_at
    assert (sent_at >= due_at) == (timeliness[0] == "late")
    _, body = answered.mail("receipt")
    assert ("Báo cáo được gửi sau thời hạn" in body) == (timeliness[0] == "late")


def test_the_first_delivery_in_good_faith_settles_timeliness(answered: Answered) -> None:
    answered.send(FIGURES, kind="draft", at=vn(2012, 12, 18, 9))
    answered.cycle.run(  # a stranger's mail waits for a person: it is nobody's delivery
        "INSERT INTO intake.archived_file VALUES ('x', 1, 'message/rfc822');"
        "INSERT INTO intake.arrival (channel, mode, raw_sha256, channel_key, from_address, received_at,"
        " handled_at, outcome) VALUES ('mail', 'rehearsal', 'x', 'x', 'la@la.example', '2012-12-19',"
        " '2012-12-19', 'quarantined')"
    )
    assert answered.status("first_received_at") is None
    answered.send(outcome="unreadable", at=vn(2012, 12, 31, 23, 59))
    answered.send(FIGURES, at=vn(2013, 1, 3, 9))
    assert answered.status("first_received_at") == vn(2012, 12, 31, 23, 59)
    assert _timeliness(answered) == ("on_time", None)


def test_what_is_taken_back_counts_no_more_and_the_one_before_does(answered: Answered) -> None:
    answered.send(FIGURES)
    answered.send(OTHERS, at=vn(2012, 12, 19, 9))
    assert _withdraw(answered) == 1
    assert answered.current == 1
    assert answered.events()[-1] == "submission_withdrawn"
    subject, body = answered.mail("version_withdrawn")
    assert "Ghi nhận rút tệp số liệu báo cáo" in subject
    said = " ".join(body.split())
    assert (
        "Theo đề nghị của Quý Cơ quan (ông Nguyễn Văn An), Cục Thông tin đối ngoại đã ghi nhận việc rút tệp"
        ' "Biểu số liệu.xlsx" gửi lúc 9 giờ 00 phút, ngày 19/12/2012 (thứ Tư)'
    ) in said
    assert 'Số liệu tổng hợp hiện lấy theo tệp "Biểu số liệu.xlsx" Quý Cơ quan gửi lúc 9 giờ 30 phút' in said


def test_with_the_last_one_the_office_owes_again_and_is_reminded(answered: Answered) -> None:
    answered.send(FIGURES, data=b"the file")
    printed = run(
        "intake", "withdraw", answered.cycle.cycle_id, answered.code, "--asked-by", "Văn bản số 5/STTTT",
        "--reason", "nhầm năm", "--by", "chuyen_vien",
    ).stdout  # fmt: skip
    assert printed == (
        f"An Giang ({answered.code}): đã rút bản lần 1.\n"
        "Không còn bản nào được dùng; cơ quan được tính là chưa gửi tệp số liệu.\n"
    )
    assert (answered.state, answered.current, answered.status("is_outstanding")) == ("requested", None, True)
    assert answered.status("first_received_at") is None, "what was taken back does not settle timeliness"
    assert "Kính đề nghị Quý Cơ quan gửi lại tệp số liệu" in " ".join(
        answered.mail("version_withdrawn")[1].split()
    )
    assert _withdraw(answered, version=1) is None, "repeated, nothing changes"
    assert answered.cycle.value("SELECT count(*) FROM cycle.message WHERE step = 'version_withdrawn'") == 1
    answered.cycle.go_to(vn(2012, 12, 20, 9))
    with answered.cycle.engine.begin() as connection:
        assert queue_reminders(connection, answered.cycle.cycle_id, "reminder__t_minus_7") == 3


def _sent_again(answered: Answered, *, is_decided: bool = False) -> Recorded | str:
    checked = CheckedWorkbook("a.xlsx", "accepted", answered.code, None, (), (), (), True, {})
    with answered.cycle.engine.begin() as connection:
        arrival_id = connection.execute(
            text(
                "INSERT INTO intake.archived_file VALUES ('y', 1, 'message/rfc822');"
                "INSERT INTO intake.arrival (channel, mode, raw_sha256, channel_key, received_at) VALUES"
                " ('mail', 'rehearsal', 'y', 'y', '2012-12-19') RETURNING arrival_id"
            )
        ).scalar_one()
        return answer_workbook(
            connection,
            answered.cycle.cycle_id,
            answered.code,
            Delivery("mail", answered.cycle.offices[0].email, vn(2012, 12, 19, 9), None, arrival_id),
            Attachment("a.xlsx", b"the file", "application/octet-stream"),
            checked,
            vn(2012, 12, 19, 9),
            "submission_intake",
            is_decided=is_decided,
        )


def test_the_same_file_sent_again_undoes_it(answered: Answered) -> None:
    answered.send(FIGURES, data=b"the file")
    _withdraw(answered)
    done = _sent_again(answered)
    assert isinstance(done, Recorded)
    assert (done.version, answered.current, answered.state) == (2, 2, "completed")


def test_a_person_may_let_the_loser_of_a_conflict_count_when_it_comes_again(answered: Answered) -> None:
    answered.send(FIGURES, data=b"the file")
    answered.send(OTHERS, sender="khac@an-giang.example")
    (number,) = answered.cycle.rows("SELECT conflict_id FROM intake.conflict")[0]
    decide(answered.cycle.engine, number, 2, reason="đã trao đổi", by="chuyen_vien")
    assert isinstance(_sent_again(answered), str), "an older version is for a person"
    answered.cycle.run("DELETE FROM intake.arrival WHERE raw_sha256 = 'y'")
    answered.cycle.run("DELETE FROM intake.archived_file WHERE sha256 = 'y'")
    done = _sent_again(answered, is_decided=True)
    assert isinstance(done, Recorded)
    assert (done.version, answered.current) == (3, 3)


def test_what_cannot_be_taken_back_is_refused_with_the_remedy(answered: Answered) -> None:
    with pytest.raises(RefusedChange) as error:
        _withdraw(answered)
    assert refusal(error) == "An Giang chưa có bản nào được dùng để rút."
    answered.send(outcome="to_complete")
    with pytest.raises(RefusedChange) as error:
        _withdraw(answered, version=1)
    assert refusal(error).startswith("Bản lần 1 của An Giang không phải bản được chấp nhận")
    with pytest.raises(RefusedChange) as error:
        _withdraw(answered, version=4)
    assert refusal(error) == "An Giang không có bản lần 4; các bản: 1."
    with pytest.raises(RefusedChange) as error:
        _withdraw(answered, asked_by=" ")
    assert refusal(error) == "Chưa ghi: Người đề nghị."
