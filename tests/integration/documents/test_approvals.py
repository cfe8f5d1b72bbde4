"""What the approver and the records office see in Airflow, and what becomes of their answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from reporting_airflow import approvals
from reporting_airflow.names import APPROVE_OPTION, SEND_BACK_OPTION
from sqlalchemy.exc import OperationalError

from reporting.documents import approval, lifecycle
from reporting.documents.lifecycle import Document
from reporting.settings import settings
from tests.integration.rehearsed import Rehearsed, draft

KIND = "request_letter"
ENTRY = {
    "number": "3621/BTTTT-TTĐN",
    "registered_on": "2012-12-03",
    "signer": "Đỗ Quý Doãn",
    "signed_file": "Da ky.pdf",
}


@pytest.fixture
def asked(small: Rehearsed, monkeypatch: pytest.MonkeyPatch) -> Rehearsed:
    """A draft about which a person is asked; the signed file lies in the records office's folder."""
    monkeypatch.setattr(approvals, "engine", lambda: small.engine)
    settings().desk.mkdir(parents=True)
    (settings().desk / "Da ky.pdf").write_bytes(b"%PDF-1.4 signed")
    ask(small)
    return small


def ask(cycle: Rehearsed, data: str = "same data") -> str:
    with cycle.engine.begin() as connection:
        lifecycle.add_version(connection, cycle.cycle_id, KIND, draft(data, data.encode()))
        document = lifecycle.find(connection, cycle.cycle_id, KIND)
        assert document is not None
        known = approval.newest_request(connection, document)
        return approval.open_request(connection, document, after=known).run_id


def run_of(cycle: Rehearsed, version: int = 1) -> str:
    return f"{cycle.cycle_id}__{KIND}__v{version}"


def document(cycle: Rehearsed) -> Document:
    with cycle.engine.connect() as connection:
        found = lifecycle.find(connection, cycle.cycle_id, KIND)
    assert found is not None
    return found


def answer(option: str, reason: str = "") -> dict[str, Any]:
    return {
        "chosen_options": [option],
        "params_input": {"reason": reason},
        "responded_by_user": {"id": "7", "name": "truong_phong"},
    }


def enter(cycle: Rehearsed, **changes: str) -> str:
    entry = {"params_input": ENTRY | changes, "responded_by_user": {"id": "9", "name": "van_thu"}}
    return approvals.record_registration(run_of(cycle), entry)


def test_the_approver_reads_the_text_and_finds_the_files_and_their_hash(asked: Rehearsed) -> None:
    shown = approvals.question(run_of(asked))
    assert shown.subject == "Trình duyệt: Đề nghị báo cáo (bản dự thảo 1)"
    assert "Kính gửi" in shown.body
    assert document(asked).content_hash in shown.body
    ((_, _, sha256),) = asked.rows("SELECT role, filename, sha256 FROM cycle.document_file")
    assert f"- Cong van.docx: `{settings().archive / sha256[:2] / sha256}`" in shown.body
    assert Path(settings().archive / sha256[:2] / sha256).read_bytes() == b"same data"
    assert not shown.is_decided


def test_an_approval_is_recorded_with_its_person_and_asks_for_the_registration_next(asked: Rehearsed) -> None:
    assert approvals.record_decision(run_of(asked), answer(APPROVE_OPTION))
    assert asked.rows("SELECT decision, decided_by, reason FROM cycle.document_decision") == [
        ("approved", "truong_phong", None)
    ]
    assert approvals.question(run_of(asked)).is_decided
    assert approvals.record_decision(
        run_of(asked), None
    )  # the task is run again after the answer was recorded


def test_a_draft_that_is_sent_back_keeps_the_reason_and_asks_for_nothing_more(asked: Rehearsed) -> None:
    assert not approvals.record_decision(run_of(asked), answer(SEND_BACK_OPTION, " sửa thời hạn "))
    assert (document(asked).decision, document(asked).reason) == ("sent_back", "sửa thời hạn")


def test_an_approval_of_a_draft_that_was_overtaken_meanwhile_asks_for_nothing_more(asked: Rehearsed) -> None:
    ask(asked, data="a later answer came")
    assert not approvals.record_decision(run_of(asked), answer(APPROVE_OPTION))
    assert document(asked).decision is None


def test_the_records_office_is_told_where_the_signed_file_is_to_be_laid(asked: Rehearsed) -> None:
    shown = approvals.registration_question(run_of(asked))
    assert str(settings().desk) in shown.body
    assert "212/BTTTT-TTĐN" in shown.body
    assert "Lần nhập trước" not in shown.body


def test_what_the_records_office_enters_is_recorded_with_the_bytes_that_were_signed(asked: Rehearsed) -> None:
    approvals.record_decision(run_of(asked), answer(APPROVE_OPTION))
    assert enter(asked) == "3621/BTTTT-TTĐN"
    assert document(asked).number == "3621/BTTTT-TTĐN"
    assert asked.rows("SELECT signed_file_name, entered_by FROM cycle.document_registration") == [
        ("Da ky.pdf", "van_thu")
    ]
    assert approvals.registration_question(run_of(asked)).is_decided


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number": "3621"}, "chưa đúng thể thức"),
        ({"registered_on": "3/12/2012"}, 'Ngày "3/12/2012" không hợp lệ'),
        ({"registered_on": "2012-12-04"}, "sau ngày hiện tại"),
        ({"signed_file": "Khac.pdf"}, 'Không tìm thấy tệp "Khac.pdf"'),
        ({"signed_file": "../warehouse.txt"}, "Không tìm thấy tệp"),
        ({"signed_file": ""}, "Không tìm thấy tệp"),
    ],
)
def test_an_entry_that_cannot_stand_is_asked_for_again_by_a_new_run_that_says_why(
    asked: Rehearsed, changes: dict[str, str], words: str
) -> None:
    (settings().desk.parent / "warehouse.txt").write_text("not for the records office", encoding="utf-8")
    approvals.record_decision(run_of(asked), answer(APPROVE_OPTION))
    assert words in enter(asked, **changes)
    assert document(asked).number is None
    again = f"{run_of(asked)}__lan_2"
    shown = approvals.registration_question(again)
    assert "**Lần nhập trước chưa ghi nhận được:**" in shown.body
    assert words in shown.body
    assert approvals.record_decision(again, None)  # the unit is not asked a second time


def test_the_signed_file_of_a_draft_is_never_registered_for_a_later_one(asked: Rehearsed) -> None:
    approvals.record_decision(run_of(asked), answer(APPROVE_OPTION))
    later = ask(asked, data="a later answer came")
    assert approvals.record_decision(later, answer(APPROVE_OPTION))
    assert "đã được thay thế bằng bản dự thảo 2" in enter(asked)
    assert document(asked).number is None
    assert asked.rows("SELECT kind, actor FROM audit.event WHERE kind LIKE '%lapsed'") == [
        ("registration_lapsed", "van_thu")
    ]
    assert (
        asked.value("SELECT count(*) FROM cycle.approval_request") == 2
    )  # the later draft is asked about once
    assert approvals.registration_question(run_of(asked)).is_decided
    assert not approvals.registration_question(later).is_decided


def test_a_draft_made_while_its_predecessor_is_registered_is_refused(asked: Rehearsed) -> None:
    approvals.record_decision(run_of(asked), answer(APPROVE_OPTION))
    snapshot = asked.engine.execution_options(isolation_level="REPEATABLE READ")
    with snapshot.begin() as connection:
        assert lifecycle.find(connection, asked.cycle_id, KIND) is not None
        enter(asked)
        with pytest.raises(OperationalError, match="could not serialize access"):
            lifecycle.add_version(connection, asked.cycle_id, KIND, draft("later data", b"later data"))
    assert document(asked).version == 1
