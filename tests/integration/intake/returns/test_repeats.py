"""A file that comes twice: its receipt says how the version that it repeats stands, and what is owed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sqlalchemy import text

from reporting.intake import replay as replaying
from reporting.intake.answering import answer_workbook
from reporting.intake.message import Attachment
from reporting.intake.replay import apply_replay, plan_replay
from reporting.intake.returns.conflict import conflicts, decide
from reporting.intake.submissions import Delivery
from reporting.validation.models import SubmissionKind
from tests.integration.intake.returns.conftest import Answered, Content
from tests.integration.rehearsed import vn

FIGURES = Content({"vi_tri_chuyen_trach": "X"}, {"can_bo": 12})
OTHERS = Content({"vi_tri_chuyen_trach": "X"}, {"can_bo": 13})
PART = Content({"vi_tri_chuyen_trach": "X"}, None)
FILE = b"the very same file"
RECORDED = "Số liệu của bản này đã được ghi nhận, Quý Cơ quan không cần gửi lại."


def _repeated(answered: Answered) -> str:
    """The same file comes once more; the body of what its sender is answered, on one line."""
    _again(answered)
    return " ".join(answered.mail("repeat")[1].split())


def _again(answered: Answered, *, is_decided: bool = False) -> None:
    sender, at = answered.cycle.offices[0].email, vn(2012, 12, 22, 9)
    answered.cycle.go_to(at)
    with answered.cycle.engine.begin() as connection:
        arrival_id = connection.execute(
            text(
                "INSERT INTO intake.archived_file VALUES ('again', 1, 'message/rfc822');"
                "INSERT INTO intake.arrival (channel, mode, raw_sha256, channel_key, from_address,"
                " received_at, handled_at, outcome) VALUES ('mail', 'rehearsal', 'again', 'again', :sender,"
                " :at, :at, 'duplicate') RETURNING arrival_id"
            ),
            {"sender": sender, "at": at},
        ).scalar_one()
        answer_workbook(
            connection,
            answered.cycle.cycle_id,
            answered.code,
            Delivery("mail", sender, at, None, arrival_id),
            Attachment("Biểu số liệu.xlsx", FILE, "application/octet-stream"),
            None,
            at,
            "submission_intake",
            is_decided=is_decided,
        )


def test_what_counts_need_not_be_sent_again(answered: Answered) -> None:
    answered.send(FIGURES, data=FILE)
    assert RECORDED in _repeated(answered)


def test_a_draft_is_still_a_draft(answered: Answered) -> None:
    answered.send(FIGURES, kind="draft", data=FILE)
    body = _repeated(answered)
    assert (
        "Bản này được ghi là bản thảo, nên số liệu chưa được tính vào tổng hợp. Khi số liệu đã thống" in body
    )
    assert 'kính đề nghị Quý Cơ quan chọn "Bản chính thức" tại trang "Thông tin chung"' in body
    assert "đã được ghi nhận" not in body


def test_of_a_part_the_rest_is_owed(answered: Answered) -> None:
    answered.send(PART, is_partial=True, data=FILE)
    body = _repeated(answered)
    assert (
        "Phần số liệu trong bản này đã được ghi nhận, không cần gửi lại; phần còn lại Quý Cơ quan ghi là gửi"
        " sau. Đề nghị gửi tiếp phần còn lại bằng cách điền vào tệp này và trả lời thư"
    ) in body
    assert RECORDED not in body


def test_what_waits_for_a_decision_is_not_recorded(answered: Answered) -> None:
    answered.send(FIGURES)
    answered.send(OTHERS, sender="khac@an-giang.example", at=vn(2012, 12, 19, 9), data=FILE)
    body = _repeated(answered)
    assert "Bản này có 01 nội dung khác với bản số 01 đã nhận lúc 9 giờ 30" in body
    assert "số liệu tổng hợp tạm lấy theo bản số 01. Nếu bản này thay cho bản đó, đề nghị trả lời" in body
    assert RECORDED not in body


def test_what_must_be_completed_must_be_completed(answered: Answered) -> None:
    answered.send(FIGURES, outcome="to_complete", data=FILE)
    assert "Bản này còn nội dung cần hoàn thiện" in _repeated(answered)


@pytest.mark.parametrize("kind", ["official", "adjusted"])
def test_a_replay_leaves_what_a_person_decided(
    answered: Answered, monkeypatch: pytest.MonkeyPatch, kind: SubmissionKind
) -> None:
    first = answered.send(FIGURES, data=FILE)
    other = answered.send(OTHERS, sender="khac@an-giang.example", at=vn(2012, 12, 19, 9), kind=kind)
    with answered.cycle.engine.connect() as connection:
        for one in conflicts(connection):
            decide(answered.cycle.engine, one.conflict_id, other.version, reason="đúng", by="cv")
    assert answered.current == 2
    _again(answered, is_decided=True)  # the officer lets the first count again
    assert answered.current == 3

    reread = answered.checked(Content({"vi_tri_chuyen_trach": "X"}, {"can_bo": 14}))
    monkeypatch.setattr(replaying, "_context", lambda *_: SimpleNamespace(form=answered.form, waivers=()))
    monkeypatch.setattr(
        replaying,
        "check_batch",
        lambda files, _: [reread if file.data == FILE else None for file in files],
    )
    found = plan_replay(answered.cycle.engine, answered.cycle.cycle_id, "quy tắc mới", "cv")
    assert apply_replay(answered.cycle.engine, found, "cv").changed == 1
    with answered.cycle.engine.connect() as connection:
        assert conflicts(connection) == []
    assert answered.current == 3
    assert (
        answered.cycle.value(
            "SELECT value FROM core.fact WHERE indicator = 'can_bo' AND submission_id = :s",
            s=first.submission_id,
        )
        == 14
    )
