"""A delivery that carries the workbooks of several offices is settled office by office; no answer is lost."""

from __future__ import annotations

from datetime import datetime

import pytest

from reporting.clock import VIETNAM
from reporting.intake.settling import SettlingRefused, settle_arrival
from reporting.intake.waiting import waiting
from tests.integration.intake.conftest import AskedCycle, reply
from tests.integration.intake.test_explanations import take_in

AN_GIANG, CA_MAU, BAC_GIANG = "so_tttt_an_giang", "so_tttt_ca_mau", "so_tttt_bac_giang"


def _settle(asked: AskedCycle, office: str) -> tuple[str, ...]:
    number = asked.scalar("SELECT max(arrival_id) FROM intake.arrival")
    code = asked.code(office)
    return settle_arrival(
        asked.engine, int(str(number)), asked.cycle_id, code, "Đã gọi", "chuyen_vien"
    ).outcomes


def test_workbooks_of_two_offices_from_a_stranger_are_each_their_offices_answer(asked: AskedCycle) -> None:
    asked.set_clock(datetime(2012, 12, 12, 17, tzinfo=VIETNAM))
    files = [("a.xlsx", asked.filled(AN_GIANG).save()), ("b.xlsx", asked.filled(CA_MAU).save())]
    take_in(asked, reply("la@la.example", *files))
    with pytest.raises(SettlingRefused, match=r'Tệp "a.xlsx" được lập cho cơ quan khác: An Giang'):
        _settle(asked, BAC_GIANG)
    assert _settle(asked, AN_GIANG) == ("accepted",)
    with asked.engine.connect() as connection:
        (left,) = waiting(connection)
    assert left.note == (
        f'Tệp "b.xlsx" được lập cho cơ quan khác: Cà Mau ({asked.code(CA_MAU)}). Đề nghị ghi nhận tệp này cho'
        " cơ quan đó, hoặc cất nếu không dùng."
    )
    assert _settle(asked, CA_MAU) == ("accepted",)
    with asked.engine.connect() as connection:
        assert waiting(connection) == []
    assert asked.rows(
        "SELECT r.organization_id, s.filename, s.outcome FROM intake.submission s"
        " JOIN cycle.recipient r USING (recipient_id) ORDER BY submission_id"
    ) == [(AN_GIANG, "a.xlsx", "accepted"), (CA_MAU, "b.xlsx", "accepted")]
    assert asked.rows(
        "SELECT step, to_address FROM cycle.message WHERE step <> 'request' ORDER BY message_id"
    ) == [("receipt", asked.address(AN_GIANG)), ("receipt", asked.address(CA_MAU))]
