"""Partial answers: accepted for what they hold, completed by the next part."""

from __future__ import annotations

from reporting.intake.returns.versions import versions_of
from reporting.intake.returns.withdrawal import withdraw
from reporting.mail.notices import queue_reminders
from tests.integration.intake.returns.conftest import Answered, Content
from tests.integration.rehearsed import vn

MARKS = Content({"vi_tri_chuyen_trach": "X"}, None, (), {"results": "Đã làm."})
REST = Content(None, {"can_bo": 12, "kinh_phi": 1500}, ("Phim tài liệu",))


def test_a_part_counts_and_the_rest_stays_owed(answered: Answered) -> None:
    answered.send(MARKS, is_partial=True)
    assert (answered.state, answered.current, answered.status("is_outstanding")) == ("partial", 1, True)
    assert answered.status("first_received_at") == vn(2012, 12, 18, 9, 30), "the part was sent in time"
    assert answered.status("completed_at") is None
    answered.cycle.go_to(vn(2012, 12, 20, 9))
    with answered.cycle.engine.begin() as connection:
        assert queue_reminders(connection, answered.cycle.cycle_id, "reminder__t_minus_7") == 3
    ((body,),) = answered.cycle.rows(
        "SELECT body_text FROM cycle.message WHERE step = 'reminder__t_minus_7' AND recipient_id = :r",
        r=answered.cycle.offices[0].recipient_id,
    )
    assert (
        'chưa nhận được báo cáo có chữ ký số và phần còn lại (trang "Biểu 2", "Biểu 3") của tệp số liệu'
        " (Excel) của Quý Cơ quan."
    ) in " ".join(body.split())


def test_the_next_part_completes_it_and_each_cell_keeps_its_file(answered: Answered) -> None:
    first = answered.send(MARKS, is_partial=True)
    second = answered.send(REST, is_partial=True)
    assert (answered.state, answered.current) == ("completed", 2)
    assert answered.cycle.rows(
        "SELECT kind, state, carried_from FROM core.fact WHERE submission_id = :s"
        " AND state IN ('yes', 'value') ORDER BY indicator",
        s=second.submission_id,
    ) == [
        ("quantity", "value", None),
        ("quantity", "value", None),
        ("mark", "yes", first.submission_id),
    ]
    assert answered.cycle.rows(
        "SELECT body, carried_from FROM core.narrative WHERE submission_id = :s", s=second.submission_id
    ) == [("Đã làm.", first.submission_id)]
    assert {cell["before"] for cell in answered.difference(second)} == {""}, "only added to"


def test_a_whole_version_replaces_the_parts(answered: Answered) -> None:
    answered.send(MARKS, is_partial=True)
    answered.send(Content({"ke_hoach_nq_47": "X"}, {"can_bo": 9}))
    assert (answered.state, answered.current) == ("completed", 2)
    assert answered.cycle.value("SELECT count(*) FROM core.fact WHERE carried_from IS NOT NULL") == 0
    assert answered.cycle.value("SELECT count(*) FROM core.narrative n JOIN core.current_submission"
                                " USING (submission_id)") == 0  # fmt: skip


def test_a_part_that_is_taken_back_takes_along_what_later_parts_took_over(answered: Answered) -> None:
    answered.send(MARKS, is_partial=True)
    answered.send(REST, is_partial=True)
    taken = withdraw(
        answered.cycle.engine, answered.cycle.cycle_id, answered.code, version=1,
        asked_by="Nguyễn Văn An", reason="nhầm năm", by="chuyen_vien",
    )  # fmt: skip
    assert taken.current == 2
    assert answered.state == "partial"
    assert answered.status(
        "(SELECT missing FROM core.current_submission s"
        " WHERE s.recipient_id = obligation_status.recipient_id)"
    ) == ["marks", "sections"]
    with answered.cycle.engine.connect() as connection:
        assert [v.is_withdrawn for v in versions_of(connection, answered.cycle.cycle_id, answered.code)] == [
            True,
            False,
        ]
