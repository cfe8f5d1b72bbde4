"""The records desk: what stands in the register, and what it refuses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from reporting_airflow import forms, warehouse
from sqlalchemy import text

from reporting.clock import VIETNAM
from reporting.intake import desk
from reporting.intake.desk import (
    DeskError,
    Entered,
    EntryRefused,
    IncomingDocument,
    enter_for_office,
    proposed_issuer,
    register_incoming_document,
)
from reporting.settings import settings
from tests.integration.intake.conftest import AskedCycle
from tests.unit.cli.shell import run

AN_GIANG = "so_tttt_an_giang"
GOOD = IncomingDocument(
    registered_number="4321/2012",
    document_number="45/BC-STTTT",
    signed_on=date(2012, 12, 10),
    sent_on=date(2012, 12, 11),
    received_on=date(2012, 12, 12),
    signer="Nguyễn Văn An",
    capacity="GĐ",
    entered_by="van_thu",
    filename="bao-cao.pdf",
    file=b"%PDF-1.4 sample",
)


@pytest.fixture(autouse=True)
def on_the_twelfth(asked: AskedCycle) -> None:
    """The clock stands at the afternoon of 12/12/2012."""
    asked.set_clock(datetime(2012, 12, 12, 17, tzinfo=VIETNAM))


def _register(asked: AskedCycle, document: IncomingDocument, organization_id: str = AN_GIANG) -> int:
    with asked.engine.begin() as connection:
        return register_incoming_document(connection, asked.cycle_id, asked.code(organization_id), document)


def test_a_signed_report_fulfils_its_obligation(asked: AskedCycle) -> None:
    assert _register(asked, GOOD) == _register(asked, GOOD)
    assert asked.scalar("SELECT count(*) FROM intake.incoming_document") == 1
    (status,) = asked.rows(
        "SELECT state, first_received_at FROM cycle.obligation_status"
        " JOIN cycle.recipient r USING (recipient_id)"
        " WHERE r.organization_id = :o AND deliverable = 'signed_report'",
        o=AN_GIANG,
    )
    assert status == ("completed", datetime(2012, 12, 11, tzinfo=VIETNAM))
    assert asked.scalar("SELECT count(*) FROM audit.event WHERE kind = 'incoming_document_registered'") == 1
    with pytest.raises(DeskError, match="Số đến 4321/2012 đã được nhập"):
        _register(asked, replace(GOOD, document_number="46/BC-STTTT"))


def test_what_cannot_be_is_refused_with_the_remedy(asked: AskedCycle) -> None:
    for change, words in (
        ({"document_number": "45 / BC-STTTT"}, "45/BC-STTTT"),
        ({"document_number": "số 45"}, "thể thức"),
        ({"registered_number": " "}, "số đến"),
        ({"signed_on": date(2012, 12, 12)}, "thứ tự thời gian"),
        ({"received_on": date(2012, 12, 13)}, "sau ngày hiện tại"),
        ({"capacity": "Giám đốc"}, "TM., KT., TL."),
        ({"signer": ""}, "họ tên người ký"),
        ({"filename": None}, "tên tệp"),
    ):
        with pytest.raises(DeskError, match=words):
            _register(asked, replace(GOOD, **change))
    with asked.engine.begin() as connection, pytest.raises(DeskError, match="TTDN-KHONG-CO"):
        register_incoming_document(connection, asked.cycle_id, "TTDN-KHONG-CO", GOOD)
    assert asked.scalar("SELECT count(*) FROM intake.incoming_document") == 0


@pytest.mark.parametrize(
    ("number", "capacity", "issuer"),
    [
        ("97/BC-UBND", "KT.", "recipient"),
        ("97/UBND-VX", "TUQ.", "recipient"),
        ("97/BC-STTTT", "KT.", "department"),
        ("97/BC-SVHTTDL", "GĐ", "department"),
        ("97/BC-VHTT", "GĐ", "department"),
        ("97/BC-VP", "TL.", "recipient"),
    ],
)
def test_number_and_capacity_propose_who_signed(number: str, capacity: str, issuer: str) -> None:
    assert proposed_issuer(number, capacity) == issuer


def _as_committee(asked: AskedCycle) -> None:
    """Let the committee of An Giang owe what its department owes in the tracking cycle."""
    with asked.engine.begin() as connection:
        connection.execute(
            text("UPDATE cycle.recipient SET organization_id = 'ubnd_an_giang' WHERE organization_id = :o"),
            {"o": AN_GIANG},
        )


def test_a_department_answers_for_its_committee_until_the_committees_own_report(asked: AskedCycle) -> None:
    _as_committee(asked)
    committee = "ubnd_an_giang"

    def status() -> tuple[object, ...]:
        (row,) = asked.rows(
            "SELECT state, is_outstanding, completed_at IS NOT NULL, first_received_at"
            " FROM cycle.obligation_status JOIN cycle.recipient r USING (recipient_id)"
            " WHERE r.organization_id = :o AND deliverable = 'signed_report'",
            o=committee,
        )
        return row

    first = datetime(2012, 12, 11, tzinfo=VIETNAM)
    _register(asked, GOOD, committee)
    assert status() == ("department_only", True, False, first)
    assert asked.rows("SELECT issuer, issuer_id FROM intake.incoming_document") == [("department", AN_GIANG)]
    with pytest.raises(DeskError, match="ủy quyền"):
        _register(asked, replace(GOOD, registered_number="1", capacity="TUQ."), committee)
    own = replace(
        GOOD,
        registered_number="4400/2012",
        document_number="12/BC-UBND",
        capacity="TUQ.",
        authorisation="3/QĐ-UBND ngày 05/01/2012",
    )
    _register(asked, own, committee)
    assert status() == ("completed", False, True, first), "the department's report came in good faith"


def test_an_office_without_a_department_signs_itself(asked: AskedCycle) -> None:
    with pytest.raises(DeskError, match="không phải là Ủy ban nhân dân"):
        _register(asked, replace(GOOD, issuer="department"))


def test_the_shell_registers_a_departments_report_and_says_what_is_still_awaited(asked: AskedCycle) -> None:
    _as_committee(asked)
    told = run(
        "desk", "register", asked.cycle_id, asked.code("ubnd_an_giang"), "--registered-number", "77",
        "--document-number", "45/BC-UBND", "--signed-on", "2012-12-10", "--received-on", "2012-12-12",
        "--signer", "Nguyễn Văn An", "--capacity", "TUQ.", "--authorisation", "3/QĐ-UBND ngày 05/01/2012",
        "--issuer", "department", "--by", "van_thu",
    )  # fmt: skip
    assert told.exit_code == 0, told.stderr
    assert "chờ văn bản do Ủy ban nhân dân ký" in told.stdout
    assert asked.rows("SELECT issuer, authorisation FROM intake.incoming_document") == [
        ("department", "3/QĐ-UBND ngày 05/01/2012")
    ]


def test_what_came_on_paper_is_keyed_in_with_its_document(asked: AskedCycle) -> None:
    data = asked.filled(AN_GIANG).save()
    code = asked.code(AN_GIANG)
    faulty = asked.filled(AN_GIANG)
    faulty.write_mark("quy_che", 2011, {"mark": "đang làm"})
    with pytest.raises(DeskError, match=r"đã vào sổ, số đến 4321/2012.*đang làm"):
        desk.register_at_desk(asked.engine, asked.cycle_id, code, GOOD, ("bieu.xlsx", faulty.save()))
    done = [
        desk.register_at_desk(asked.engine, asked.cycle_id, code, GOOD, ("bieu.xlsx", data)) for _ in range(2)
    ]
    assert done[0] == done[1]
    assert asked.rows("SELECT channel, entered_for_reason FROM intake.submission") == [
        (
            "ministry_entry",
            "Bộ nhập theo biểu giấy kèm văn bản số 45/BC-STTTT ngày 10/12/2012 (số đến 4321/2012)",
        )
    ]


def test_the_ministry_enters_for_an_office_and_the_office_is_told(asked: AskedCycle) -> None:
    def enter(data: bytes, reason: str = "Theo báo cáo giấy nhận ngày 12/12/2012") -> Entered:
        return enter_for_office(
            asked.engine, asked.cycle_id, asked.code(AN_GIANG), "a.xlsx", data, reason, "chuyen_vien"
        )

    faulty = asked.filled(AN_GIANG)
    faulty.write_mark("quy_che", 2011, {"mark": "đang làm"})
    with pytest.raises(EntryRefused, match="đang làm") as refusal:
        enter(faulty.save())
    assert [finding.rule for finding in refusal.value.findings] == ["mark_is_valid"]
    with pytest.raises(DeskError, match="lý do"):
        enter(asked.filled(AN_GIANG).save(), reason=" ")
    with pytest.raises(DeskError, match="Bắc Giang"):
        enter(asked.filled("so_tttt_bac_giang").save())
    assert asked.scalar("SELECT count(*) FROM intake.submission") == 0

    data = asked.filled(AN_GIANG).save()
    assert enter(data) == enter(data)
    assert asked.rows("SELECT channel, sender, entered_for_reason, outcome FROM intake.submission") == [
        ("ministry_entry", "chuyen_vien", "Theo báo cáo giấy nhận ngày 12/12/2012", "accepted")
    ]
    (receipt,) = asked.rows("SELECT to_address, state FROM cycle.message WHERE step = 'receipt'")
    assert receipt == (asked.address(AN_GIANG), "sent")


def test_what_the_desk_enters_after_the_publication_is_for_a_supplement(asked: AskedCycle) -> None:
    number = _register(asked, GOOD)
    asked.publish_report()
    assert _register(asked, GOOD) == number, "what stands in the register stands"
    assert asked.after_report() == []
    _register(asked, replace(GOOD, registered_number="4322/2012"))
    enter_for_office(
        asked.engine, asked.cycle_id, asked.code(AN_GIANG), "a.xlsx", asked.filled(AN_GIANG).save(),
        "Điện thoại", "van_thu",
    )  # fmt: skip
    assert asked.after_report() == [
        (AN_GIANG, "signed_report", "new"), (AN_GIANG, "submission", "new"),
    ]  # fmt: skip
    assert asked.values_of_report() == []


def _add_proposals(asked: AskedCycle) -> None:
    """An Giang owes proposals besides the signed report, as a document too."""
    with asked.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO cycle.deliverable (cycle_id, deliverable, label, position, kind)"
                " VALUES (:c, 'proposals', 'Đề xuất nhiệm vụ', 9, 'document')"
            ),
            {"c": asked.cycle_id},
        )
        connection.execute(
            text(
                "INSERT INTO cycle.obligation (cycle_id, recipient_id, deliverable, due_at)"
                " SELECT cycle_id, recipient_id, 'proposals', '2013-01-01 00:00+07' FROM cycle.recipient"
                " WHERE cycle_id = :c AND organization_id = :o"
            ),
            {"c": asked.cycle_id, "o": AN_GIANG},
        )


def test_one_document_may_answer_several_things_that_are_owed(asked: AskedCycle) -> None:
    _add_proposals(asked)
    with pytest.raises(DeskError, match=r"phải gửi nhiều văn bản: signed_report \(.*\); proposals"):
        _register(asked, GOOD)
    with pytest.raises(DeskError, match="Nội dung plan không thuộc"):
        _register(asked, replace(GOOD, deliverables=("signed_report", "plan")))
    both = replace(GOOD, deliverables=("signed_report", "đề xuất  nhiệm vụ"))
    assert _register(asked, both) == _register(asked, replace(both, registered_number=" 4321/2012 "))
    assert asked.rows(
        "SELECT deliverable, state FROM cycle.obligation_status JOIN cycle.recipient r USING (recipient_id)"
        " WHERE r.organization_id = :o AND kind = 'document' ORDER BY deliverable",
        o=AN_GIANG,
    ) == [("proposals", "completed"), ("signed_report", "completed")]
    with pytest.raises(DeskError, match="đã được nhập"):  # the same number, said to answer less
        _register(asked, replace(GOOD, deliverables=("proposals",)))
    assert asked.scalar("SELECT count(*) FROM intake.document_answer") == 2


def test_two_at_the_desk_at_once_register_one_document(asked: AskedCycle) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: _register(asked, GOOD), range(4)))) == 1
    assert asked.scalar("SELECT count(*) FROM intake.incoming_document") == 1
    assert asked.scalar("SELECT count(*) FROM intake.document_answer") == 1


def test_a_desk_killed_between_scan_and_row_can_begin_again(
    asked: AskedCycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(desk.events, "record", killed)
    with pytest.raises(KeyboardInterrupt):
        _register(asked, GOOD)
    assert asked.scalar("SELECT count(*) FROM intake.incoming_document") == 0
    monkeypatch.undo()
    _register(asked, GOOD)
    assert asked.scalar("SELECT count(*) FROM intake.document_answer") == 1


def test_an_older_version_entered_again_says_that_nothing_changed(asked: AskedCycle) -> None:
    def enter(data: bytes) -> Entered:
        return enter_for_office(
            asked.engine, asked.cycle_id, asked.code(AN_GIANG), "a.xlsx", data, "Điện thoại", "chuyen_vien"
        )

    first = asked.filled(AN_GIANG).save()
    second = asked.filled(AN_GIANG)
    second.write_mark(
        "quy_che", 2011, {"mark": "X", "document_number": "12/QĐ-UBND", "document_on": date(2011, 5, 4)}
    )
    newer = second.save()
    enter(first)
    enter(newer)
    with pytest.raises(DeskError, match="trùng bản lần 1 của An Giang; bản đang dùng là bản lần 2") as told:
        enter(first)
    assert "Không có thay đổi nào được ghi nhận" in str(told.value)
    assert asked.rows("SELECT version FROM core.current_submission") == [(2,)]
    assert enter(newer) == enter(newer)


class _DagRun:
    triggering_user_name = "van_thu"


def _form(asked: AskedCycle, **changes: str) -> int:
    params = {
        "cycle_id": asked.cycle_id,
        "office": "Sở Thông tin và Truyền thông tỉnh An Giang",
        "registered_number": "4321/2012",
        "document_number": "45/BC-STTTT",
        "signed_on": "10/12/2012",
        "sent_on": "",
        "received_on": "2012-12-12",
        "signer": "Nguyễn Văn An",
        "capacity": "GĐ",
        "file": "bao-cao.pdf",
        "answers": "",
    }
    return forms.register_incoming_document(params | changes, _DagRun())


@pytest.fixture
def at_the_form(asked: AskedCycle, monkeypatch: pytest.MonkeyPatch) -> AskedCycle:
    """The scan lies in the records office's folder."""
    monkeypatch.setattr(warehouse, "engine", lambda: asked.engine)
    settings().desk.mkdir(parents=True, exist_ok=True)
    (settings().desk / "bao-cao.pdf").write_bytes(b"%PDF-1.4 sample")
    return asked


def test_the_form_registers_a_document_once(at_the_form: AskedCycle) -> None:
    assert _form(at_the_form) == _form(at_the_form, office=at_the_form.code(AN_GIANG))
    assert at_the_form.rows(
        "SELECT registered_number, signed_on, sent_on, received_on, filename, entered_by"
        " FROM intake.incoming_document"
    ) == [("4321/2012", date(2012, 12, 10), date(2012, 12, 10), date(2012, 12, 12), "bao-cao.pdf", "van_thu")]
    assert at_the_form.scalar("SELECT count(*) FROM intake.document_answer") == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cycle_id": "khong_co"}, "Không có đợt báo cáo nào mang mã khong_co"),
        ({"office": "Sở Thông tin và Truyền thông tỉnh An Gian"}, r"Tên gần giống: An Giang \("),
        ({"signed_on": "hôm qua"}, 'Ngày ký: ngày "hôm qua" không hợp lệ'),
        ({"received_on": ""}, "Ngày nhận"),
        ({"file": "khac.pdf"}, 'Không tìm thấy tệp "khac.pdf"'),
        ({"file": "../warehouse.txt"}, "Không tìm thấy tệp"),
        ({"registered_number": " "}, "Chưa có số đến"),
        ({"answers": "plan"}, "Nội dung plan"),
        ({"received_on": "13/12/2012"}, "sau ngày hiện tại"),
        ({"capacity": "TUQ."}, "văn bản ủy quyền"),
        ({"issuer": "department"}, "không phải là Ủy ban nhân dân"),
        ({"file": "", "attachment": "thu 12"}, "Không có tệp nào mang số thu 12"),
        ({"workbook": "khong-co.xlsx"}, 'Không tìm thấy tệp "khong-co.xlsx"'),
    ],
)
def test_a_form_that_cannot_stand_ends_at_once_and_leaves_nothing(
    at_the_form: AskedCycle, changes: dict[str, str], words: str
) -> None:
    (settings().desk.parent / "warehouse.txt").write_text("not for the desk", encoding="utf-8")
    with pytest.raises(AirflowFailException, match=words):
        _form(at_the_form, **changes)
    assert at_the_form.scalar("SELECT count(*) FROM intake.incoming_document") == 0
