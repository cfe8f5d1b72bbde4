"""A version that a fault of ours kept from being checked is not forgotten, nor opened against the rules."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import text

from reporting.intake import faults
from reporting.intake.message import Attachment
from reporting.intake.returns.confidential import mark
from reporting.intake.submissions import Delivery
from reporting.intake.waiting import waiting
from tests.factories import record_submission
from tests.integration.intake.returns.conftest import Answered, Content
from tests.integration.rehearsed import vn

FIGURES = Content({"vi_tri_chuyen_trach": "X"}, {"can_bo": 12})
FIRST, SECOND = vn(2012, 12, 18, 9), vn(2012, 12, 19, 9)


def fail_on(answered: Answered, data: bytes, at: datetime = FIRST) -> None:
    """The checks fail on a workbook that an office sent."""
    sender = answered.cycle.offices[0].email
    with answered.cycle.engine.begin() as connection:
        record_submission(
            connection,
            answered.cycle.cycle_id,
            answered.code,
            Attachment("a.xlsx", data, "application/octet-stream"),
            None,
            Delivery("mail", sender, at, None),
            at,
            "submission_intake",
        )


def to_check(answered: Answered) -> int:
    count: int = answered.cycle.value("SELECT count(*) FROM intake.fault_to_check")
    with answered.cycle.engine.connect() as connection:
        assert len([one for one in waiting(connection) if one.kind == "fault"]) == count
    return count


def test_a_draft_that_comes_later_does_not_end_it(answered: Answered) -> None:
    fail_on(answered, b"first")
    answered.send(FIGURES, kind="draft", at=SECOND)
    assert answered.state == "in_check"
    assert to_check(answered) == 1


def test_another_fault_ends_it_no_more_than_a_draft_but_a_result_does(answered: Answered) -> None:
    fail_on(answered, b"first")
    fail_on(answered, b"second", at=SECOND)
    assert to_check(answered) == 2
    answered.send(FIGURES, at=vn(2012, 12, 20, 9))
    assert to_check(answered) == 0


def test_the_file_of_an_office_that_answers_by_the_secret_mail_now_is_not_opened(
    answered: Answered, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_on(answered, b"first")
    mark(answered.cycle.engine, answered.cycle.cycle_id, answered.code, reason="Mật", by="chuyen_vien")
    with answered.cycle.engine.begin() as connection:
        connection.execute(text("UPDATE audit.event SET recorded_at = recorded_at - interval '1 hour'"))
    opened: list[str] = []
    monkeypatch.setattr(
        faults, "check_batch", lambda files, _: [opened.append(one.filename) for one in files]
    )
    faults.check_again(answered.cycle.engine)
    assert opened == []
    assert to_check(answered) == 0
