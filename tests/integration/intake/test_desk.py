"""The records desk: what stands in the register, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from reporting.clock import VIETNAM
from reporting.intake.desk import (
    DeskError,
    EntryRefused,
    IncomingDocument,
    enter_for_office,
    register_incoming_document,
)
from tests.integration.intake.conftest import AskedCycle

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


def test_the_ministry_enters_for_an_office_and_the_office_is_told(asked: AskedCycle) -> None:
    def enter(data: bytes, reason: str = "Theo báo cáo giấy nhận ngày 12/12/2012") -> int:
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


def test_after_the_publication_nothing_is_entered_any_more(asked: AskedCycle) -> None:
    number = _register(asked, GOOD)
    asked.publish_report()
    assert _register(asked, GOOD) == number, "what stands in the register stands"
    with pytest.raises(DeskError, match="báo cáo bổ sung"):
        _register(asked, replace(GOOD, registered_number="4322/2012"))
    with pytest.raises(DeskError, match="báo cáo bổ sung"):
        enter_for_office(
            asked.engine, asked.cycle_id, asked.code(AN_GIANG), "a.xlsx", asked.filled(AN_GIANG).save(),
            "Điện thoại", "van_thu",
        )  # fmt: skip
    assert asked.scalar("SELECT count(*) FROM intake.incoming_document") == 1
    assert asked.scalar("SELECT count(*) FROM intake.submission") == 0
