"""Versions beside the others of their office: sent again, followed, signed later, taken back meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from reporting.cycles.selection import RefusedChange
from reporting.database import query
from reporting.intake.answering import CheckedFile, answer_workbooks
from reporting.intake.message import Attachment
from reporting.intake.returns import confidential, nil, withdrawal
from reporting.intake.returns.conflict import conflicts, decide, settle_by_rank
from reporting.intake.submissions import Delivery
from reporting.validation.models import CheckedWorkbook
from tests.integration.intake.returns.conftest import Answered, Content, refusal
from tests.integration.intake.returns.test_conflicts import MINE, OTHER, THEIRS, _register
from tests.integration.rehearsed import vn

MARKS = Content({"vi_tri_chuyen_trach": "X"}, None, (), {"results": "Đã làm."})
REST = Content(None, {"can_bo": 12, "kinh_phi": 1500}, ("Phim tài liệu",))
THIRD = Content({"vi_tri_chuyen_trach": "X"}, {"can_bo": 14})


def _take_back(answered: Answered, version: int) -> None:
    withdrawal.withdraw(
        answered.cycle.engine, answered.cycle.cycle_id, answered.code, version=version, asked_by="ông An",
        reason="gửi nhầm", by="chuyen_vien",
    )  # fmt: skip


def _send_again(answered: Answered, data: bytes) -> None:
    """The office sends the very file of version 1 once more, in another mail."""
    at = vn(2012, 12, 22, 9)
    answered.cycle.go_to(at)
    sender = answered.cycle.offices[0].email
    with answered.cycle.engine.begin() as connection:
        arrival_id = connection.execute(
            text(
                "INSERT INTO intake.archived_file VALUES ('again', 1, 'message/rfc822');"
                "INSERT INTO intake.arrival (channel, mode, raw_sha256, channel_key, from_address,"
                " received_at, handled_at, outcome) VALUES ('mail', 'rehearsal', 'again', 'again', :s, :at,"
                " :at, 'submission') RETURNING arrival_id"
            ),
            {"s": sender, "at": at},
        ).scalar_one()
        checked = CheckedWorkbook(
            filename="Biểu số liệu.xlsx", outcome="accepted", reference_code=answered.code, question=None,
            findings=(), marks=(), narratives=(), blank_means_no=True, cover={},
        )  # fmt: skip
        file = Attachment("Biểu số liệu.xlsx", data, "application/octet-stream")
        delivery = Delivery("mail", sender, at, None, arrival_id)
        one = CheckedFile(answered.code, delivery, file, checked)
        answer_workbooks(connection, answered.cycle.cycle_id, [one], at, "submission_intake")


def _counted(answered: Answered, kind: str) -> int:
    found: int = answered.cycle.value(
        "SELECT count(*) FROM core.fact JOIN core.current_submission c USING (submission_id)"
        f" WHERE c.cycle_id = :c AND kind = '{kind}' AND state <> 'blank'"
    )
    return found


def test_a_part_that_is_sent_again_brings_the_other_part_back(answered: Answered) -> None:
    answered.send(MARKS, is_partial=True, data=b"part one")
    answered.send(REST, is_partial=True, at=vn(2012, 12, 19, 9))
    _take_back(answered, 1)
    assert answered.state == "partial"
    _send_again(answered, b"part one")
    assert (answered.state, answered.current, _counted(answered, "quantity")) == ("completed", 3, 2)


def test_what_is_sent_again_is_compared_with_what_came_meanwhile(answered: Answered) -> None:
    answered.send(MINE, data=b"of the office")
    _take_back(answered, 1)
    answered.send(THEIRS, sender=OTHER, at=vn(2012, 12, 19, 9))
    _send_again(answered, b"of the office")
    with answered.cycle.engine.connect() as connection:
        (found,) = conflicts(connection)
    assert (found.standing.version, found.other.version, answered.current) == (2, 3, 2)


def test_a_report_is_overtaken_when_figures_taken_over_go(answered: Answered) -> None:
    statement = "SELECT core.fingerprint_of(:c, 'summary_report')"
    answered.send(MARKS, is_partial=True)
    answered.send(REST, is_partial=True, at=vn(2012, 12, 19, 9))
    before, marks = answered.cycle.value(statement), _counted(answered, "mark")
    _take_back(answered, 1)
    assert (_counted(answered, "mark"), marks > 0) == (0, True)
    assert answered.cycle.value(statement) != before


def test_a_conflict_moves_to_the_version_that_follows(answered: Answered) -> None:
    answered.send(MINE)
    answered.send(THEIRS, sender=OTHER, at=vn(2012, 12, 19, 9))
    answered.send(THIRD, at=vn(2012, 12, 20, 9))
    engine = answered.cycle.engine
    with engine.connect() as connection:
        (open_one,) = conflicts(connection)
    assert (open_one.standing.version, open_one.other.version) == (3, 2)
    first = open_one.cells[0]
    assert (first["cell"], first["before"], first["after"]) == ("C8", "14 người", "9 người")
    older = answered.cycle.value("SELECT min(conflict_id) FROM intake.conflict WHERE cycle_id = :c")
    with pytest.raises(RefusedChange) as error:
        decide(engine, older, 2, reason="đúng", by="chuyen_vien")
    assert refusal(error) == (
        f"Bản lần 3 đã thay bản lần 1 của mâu thuẫn số {older}. Đề nghị xem lại và quyết định theo mâu thuẫn "
        f"số {open_one.conflict_id}."
    )
    decide(engine, open_one.conflict_id, 2, reason="đúng", by="chuyen_vien")
    assert (answered.current, answered.status("is_in_conflict")) == (2, False)


def test_a_conflict_is_gone_when_the_version_that_follows_says_the_same(answered: Answered) -> None:
    answered.send(MINE)
    answered.send(THEIRS, sender=OTHER, at=vn(2012, 12, 19, 9))
    answered.send(THEIRS, at=vn(2012, 12, 20, 9), data=b"corrected")
    assert (answered.current, answered.status("is_in_conflict")) == (3, False)
    _take_back(answered, 3)
    assert (answered.current, answered.status("is_in_conflict")) == (1, True), "it waits again"


def test_a_version_kept_aside_counts_once_its_report_is_registered(answered: Answered) -> None:
    _register(answered, "97/BC-STTTT")
    answered.send(MINE, cover={"report_number": "97/BC-STTTT"})
    answered.send(THEIRS, sender=OTHER, at=vn(2012, 12, 19, 9), cover={"report_number": "210/BC-UBND"})
    assert (answered.current, answered.events()[-1]) == (1, "submission_kept_aside")
    _register(answered, "210/BC-UBND")
    office = answered.cycle.offices[0].recipient_id
    for count in (1, 0):
        with answered.cycle.engine.begin() as connection:
            found = settle_by_rank(connection, answered.cycle.cycle_id, office, "van_thu", answered.now)
        assert found == count
    assert (answered.current, answered.events()[-1]) == (2, "submission_preferred")


@pytest.mark.parametrize(
    "said", ["Số: 210/BC-UBND", "Báo cáo số 210 /BC-UBND ngày 17/12/2012", "210/bc-ubnd"]
)
def test_a_report_number_is_known_as_people_write_it(answered: Answered, said: str) -> None:
    _register(answered, "97/BC-STTTT")
    _register(answered, "210/BC-UBND")
    answered.send(MINE, cover={"report_number": "97/BC-STTTT"})
    answered.send(THEIRS, sender=OTHER, at=vn(2012, 12, 19, 9), cover={"report_number": said})
    assert answered.current == 2


def _enter_nil(answered: Answered) -> None:
    nil.enter(answered.cycle.engine, answered.cycle.cycle_id, answered.code, basis="Văn bản số 5", by="cv")


def _mark(answered: Answered) -> None:
    confidential.mark(
        answered.cycle.engine, answered.cycle.cycle_id, answered.code, reason="mật", by="cv", withdraws=True
    )


@pytest.mark.parametrize(
    ("module", "read", "change"),
    [
        (withdrawal, "versions_of", lambda answered: _take_back(answered, 1)),
        (confidential, "versions_of", _mark),
        (nil, "obligations", _enter_nil),
    ],
    ids=["taken back", "secret mail", "nothing occurred"],
)  # fmt: skip
def test_the_next_part_waits_while_what_counts_is_changed(
    answered: Answered,
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    read: str,
    change: Callable[[Answered], Any],
) -> None:
    if module is not nil:
        answered.send(MARKS, is_partial=True)
    plain, waited = getattr(module, read), []

    def while_read(*given: Any) -> Any:
        keys = {"cycle_id": answered.cycle.cycle_id, "reference_codes": [answered.code]}
        with answered.cycle.engine.connect() as other:
            other.execute(text("SET LOCAL lock_timeout = '100ms'"))
            with pytest.raises(OperationalError, match="lock timeout"):
                other.execute(query("intake/lock_recipients"), keys)
        waited.append(True)
        return plain(*given)

    monkeypatch.setattr(module, read, while_read)
    change(answered)
    assert waited


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("intake/faults_due", {}),
        ("intake/waiting", {}),
        ("intake/standing_of_repeat", {"submission_id": 1}),
        ("intake/hold_arrival", {"arrival_id": 1}),
        ("returns/versions", {"cycle_id": "x", "reference_code": "y"}),
    ],
)
def test_what_is_asked_often_is_asked_by_index(answered: Answered, name: str, values: dict[str, Any]) -> None:
    with answered.cycle.engine.begin() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = [row[0] for row in connection.execute(text("EXPLAIN " + query(name).text), values)]
    large = ("on event ", "on submission ", "on arrival ", "on message ")
    assert not [line for line in plan if "Seq Scan" in line and any(table in line for table in large)]
    assert not [line for line in plan if "Index Scan using event_pkey" in line]
