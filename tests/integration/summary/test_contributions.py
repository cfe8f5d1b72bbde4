"""Whose words the report may use: signed and registered, or confirmed by an officer for what counts."""

from __future__ import annotations

import pytest

from reporting.cycles.selection import RefusedChange, UnknownOffice
from reporting.intake import desk
from reporting.intake.desk import IncomingDocument
from reporting.intake.returns.withdrawal import withdraw
from reporting.summary.contributions import confirm, contributions, unconfirm
from tests.integration.intake.returns.conftest import Answered, Content, answered
from tests.integration.rehearsed import vn
from tests.unit.cli.shell import run

__all__ = ["answered"]

WORDS = Content({}, {"can_bo": 3}, texts={"difficulties": "Kinh phí còn ít."})
OTHER_WORDS = Content({}, {"can_bo": 3}, texts={"difficulties": "Kinh phí đã đủ."})
PHONE = "điện thoại với bà Trần Thị B"


def cited(answered: Answered) -> set[str]:
    with answered.cycle.engine.connect() as connection:
        found = contributions(connection, answered.cycle.cycle_id)
        return {one.organization_id for one in found if one.is_citable}


def fingerprint(answered: Answered) -> str:
    found: str = answered.cycle.value("SELECT core.fingerprint_of(:c, 'summary_report')")
    return found


def register(answered: Answered, number: str, capacity: str) -> None:
    day = answered.now.date()
    document = IncomingDocument(
        registered_number=number, document_number=number, signed_on=day, sent_on=day, received_on=day,
        signer="Nguyễn Văn An", capacity=capacity, entered_by="van_thu",
        deliverables=("signed_report",),
    )  # fmt: skip
    with answered.cycle.engine.begin() as connection:
        desk.register_incoming_document(connection, answered.cycle.cycle_id, answered.code, document)


def test_a_workbook_by_itself_is_not_cited_until_the_signed_report_is_registered(answered: Answered) -> None:
    answered.send(WORDS)
    assert cited(answered) == set()
    before = fingerprint(answered)
    register(answered, "97/BC-STTTT", "GĐ")
    assert cited(answered) == {answered.cycle.offices[0].organization_id}
    assert fingerprint(answered) != before, "a report approved without these words is to be drafted anew"
    with answered.cycle.engine.connect() as connection:
        (found,) = contributions(connection, answered.cycle.cycle_id)
    assert (found.document_number, found.registered_number) == ("97/BC-STTTT", "97/BC-STTTT")
    assert found.how is None


def test_a_department_does_not_speak_for_its_committee(answered: Answered) -> None:
    answered.send(WORDS)
    register(answered, "98/BC-STTTT", "GĐ")
    assert len(cited(answered)) == 1
    # as if its committee owed the report: a department's own then answers nothing
    answered.cycle.run("UPDATE intake.incoming_document SET issuer = 'department' WHERE cycle_id = :c")
    assert cited(answered) == set()


def test_an_officer_confirms_one_version_and_a_later_one_needs_it_again(answered: Answered) -> None:
    answered.send(WORDS)
    first, second = fingerprint(answered), None
    organization_id = answered.cycle.offices[0].organization_id
    assert confirm(answered.cycle.engine, answered.cycle.cycle_id, answered.code, how=PHONE, by="A") == 1
    assert cited(answered) == {organization_id}
    second = fingerprint(answered)
    assert second != first
    assert confirm(answered.cycle.engine, answered.cycle.cycle_id, answered.code, how=PHONE, by="A") == 0
    assert fingerprint(answered) == second

    answered.send(OTHER_WORDS, at=vn(2012, 12, 19, 9))
    assert answered.current == 2
    assert cited(answered) == set()
    withdraw(
        answered.cycle.engine, answered.cycle.cycle_id, answered.code,
        asked_by="bà B", reason="gửi nhầm", by="A",
    )  # fmt: skip
    assert cited(answered) == {organization_id}, "the confirmed version counts again"

    assert (
        unconfirm(answered.cycle.engine, answered.cycle.cycle_id, answered.code, reason="nhầm", by="A") == 1
    )
    assert cited(answered) == set()
    with pytest.raises(RefusedChange, match="No confirmation") as refused:
        unconfirm(answered.cycle.engine, answered.cycle.cycle_id, answered.code, reason="nhầm", by="A")
    assert "An Giang" in refused.value.in_vietnamese
    kinds = [
        kind
        for (kind,) in answered.cycle.rows(
            "SELECT kind FROM audit.event WHERE cycle_id = :c AND kind ~ '^contribution' ORDER BY event_id"
        )
    ]
    assert kinds == ["contribution_confirmed", "contribution_unconfirmed"]


def test_a_confirmation_is_of_the_version_that_was_read(answered: Answered) -> None:
    engine, cycle_id = answered.cycle.engine, answered.cycle.cycle_id
    answered.send(WORDS)
    answered.send(OTHER_WORDS, at=vn(2012, 12, 19, 9))  # while the officer was on the telephone
    with pytest.raises(RefusedChange, match=r"An Giang \(version 2\)") as refused:
        confirm(engine, cycle_id, answered.code, how=PHONE, by="A", version=1)
    assert "An Giang (bản lần 2)" in refused.value.in_vietnamese
    assert cited(answered) == set()
    told = run(
        "contributions", "confirm", cycle_id, "An Giang", "--version", "1", "--how", PHONE, "--by", "A"
    )
    assert told.exit_code != 0
    assert run("contributions", "confirm", cycle_id, "An Giang", "--how", PHONE, "--by", "A").exit_code == 2
    assert confirm(engine, cycle_id, answered.code, how=PHONE, by="A", version=2) == 1
    assert cited(answered) == {answered.cycle.offices[0].organization_id}


def test_a_version_read_anew_needs_a_confirmation_of_its_own(answered: Answered) -> None:
    answered.send(WORDS)
    confirm(answered.cycle.engine, answered.cycle.cycle_id, answered.code, how=PHONE, by="A")
    answered.cycle.run("UPDATE intake.submission SET revision = revision + 1 WHERE cycle_id = :c")
    assert cited(answered) == set()


def test_who_wrote_nothing_cannot_be_confirmed(answered: Answered) -> None:
    answered.send(Content({}, {"can_bo": 3}))
    with pytest.raises(RefusedChange, match="nothing in words") as refused:
        confirm(answered.cycle.engine, answered.cycle.cycle_id, answered.code, how=PHONE, by="A")
    assert "An Giang" in refused.value.in_vietnamese
    with pytest.raises(RefusedChange, match="how: empty"):
        confirm(answered.cycle.engine, answered.cycle.cycle_id, answered.code, how=" ", by="A")
    with pytest.raises(UnknownOffice):
        confirm(answered.cycle.engine, answered.cycle.cycle_id, "nobody", how=PHONE, by="A")


def test_the_officer_lists_confirms_and_takes_back_at_the_shell(answered: Answered) -> None:
    cycle_id = answered.cycle.cycle_id
    assert "Chưa có cơ quan nào" in run("contributions", "list", cycle_id).stderr
    answered.send(WORDS)
    answered.send(WORDS, office=1)
    listed = run("contributions", "list", cycle_id).stdout
    assert "Được dùng nội dung của 0/2 cơ quan" in listed
    assert "Chỉ có tệp số liệu" in listed
    read = ("--version", "1", "--how", PHONE, "--by", "A")
    done = run("contributions", "confirm", cycle_id, "An Giang", answered.code, *read)
    assert "Đã xác nhận nội dung của 1 cơ quan." in done.stdout
    again = run("contributions", "confirm", cycle_id, "An Giang", *read)
    assert "đã được xác nhận trước đó" in again.stdout
    listed = run("contributions", "list", cycle_id).stdout
    assert f"{PHONE}; A ghi nhận lúc 9 giờ 30 phút" in listed
    assert '"is_citable": true' in run("contributions", "list", cycle_id, "--json").stdout
    log = run("cycle", "log", cycle_id, "An Giang").stdout
    assert f"Xác nhận nội dung bằng lời được dùng trong báo cáo; hình thức: {PHONE}" in log
    back = run("contributions", "unconfirm", cycle_id, "An Giang", "--reason", "nhầm", "--by", "A")
    assert "Đã hủy xác nhận nội dung của 1 cơ quan." in back.stdout
    assert run("contributions", "list", "no_such").exit_code == 2
