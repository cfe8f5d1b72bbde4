"""A file that comes again counts where it counts now: after a waiver, or after its office took it back."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from reporting.clock import VIETNAM
from reporting.intake.desk import DeskError, Entered, enter_for_office
from reporting.intake.returns.withdrawal import withdraw
from reporting.intake.settling import settle_arrival
from reporting.intake.waivers import waive_rule
from tests.integration.intake.conftest import AskedCycle, reply
from tests.integration.intake.test_explanations import AFTERNOON, take_in

AN_GIANG = "so_tttt_an_giang"


@pytest.fixture(autouse=True)
def on_the_twelfth(asked: AskedCycle) -> None:
    """The clock stands at the afternoon of 12/12/2012."""
    asked.set_clock(datetime(2012, 12, 12, 17, tzinfo=VIETNAM))


def _state(asked: AskedCycle) -> object:
    return asked.scalar(
        "SELECT o.state FROM cycle.obligation_status o JOIN cycle.recipient r USING (recipient_id)"
        " WHERE o.kind = 'data_form' AND r.organization_id = :o",
        o=AN_GIANG,
    )


def _without_number(asked: AskedCycle) -> bytes:
    """A workbook that marks a document as issued and names none."""
    workbook = asked.filled(AN_GIANG)
    workbook.write_mark("quy_che", 2011, {"mark": "X"})
    return workbook.save()


def _send(asked: AskedCycle, data: bytes, at: datetime = AFTERNOON) -> None:
    take_in(asked, reply(asked.address(AN_GIANG), ("a.xlsx", data), at=at))


def _let_off(asked: AskedCycle) -> None:
    ((rule,),) = asked.rows("SELECT DISTINCT rule FROM intake.finding WHERE severity = 'error'")
    with asked.engine.begin() as connection:
        waive_rule(
            connection,
            str(rule),
            reason="Chưa có số",
            allowed_by="Lãnh đạo Cục",
            entered_by="chuyen_vien",
            valid_from=date(2012, 1, 1),
            valid_to=date(2013, 12, 31),
        )


def _take_back(asked: AskedCycle) -> None:
    withdraw(
        asked.engine, asked.cycle_id, asked.code(AN_GIANG), asked_by="An", reason="Gửi nhầm", by="chuyen_vien"
    )


def _enter(asked: AskedCycle, data: bytes) -> Entered:
    code = asked.code(AN_GIANG)
    return enter_for_office(asked.engine, asked.cycle_id, code, "a.xlsx", data, "Điện thoại", "chuyen_vien")


def _steps(asked: AskedCycle) -> list[object]:
    found = asked.rows("SELECT step FROM cycle.message WHERE step NOT IN ('request') ORDER BY message_id")
    return [step for (step,) in found]


def test_the_same_file_passes_once_its_office_is_let_off_the_rule(asked: AskedCycle) -> None:
    data = _without_number(asked)
    _send(asked, data)
    assert _state(asked) == "to_complete"
    _let_off(asked)
    _send(asked, data, at=datetime(2012, 12, 12, 16, tzinfo=VIETNAM))
    assert _state(asked) == "completed"
    assert asked.rows("SELECT version, outcome, revision FROM intake.submission") == [(1, "accepted", 2)]
    assert asked.scalar("SELECT count(*) FROM intake.finding WHERE rule_waiver_id IS NULL") == 0
    assert asked.scalar("SELECT count(*) FROM core.fact") > 0  # type: ignore[operator]
    assert _steps(asked) == ["completion_request", "receipt"]
    _send(asked, data, at=datetime(2012, 12, 12, 16, 30, tzinfo=VIETNAM))
    assert _steps(asked) == ["completion_request", "receipt", "repeat"]


def test_the_desk_enters_the_same_file_once_its_office_is_let_off(asked: AskedCycle) -> None:
    data = _without_number(asked)
    _send(asked, data)
    _let_off(asked)
    entered = _enter(asked, data)
    assert entered.counts
    assert _state(asked) == "completed"
    assert _steps(asked) == ["completion_request", "receipt"]
    assert _enter(asked, data) == entered


def test_a_file_that_was_replaced_meanwhile_passes_only_where_a_person_decides(asked: AskedCycle) -> None:
    data, other = _without_number(asked), asked.filled(AN_GIANG)
    other.write_mark("quy_che", 2011, {"mark": "X", "document_on": date(2011, 5, 4)})
    _send(asked, data)
    _send(asked, other.save(), at=datetime(2012, 12, 12, 15, tzinfo=VIETNAM))
    _let_off(asked)
    _send(asked, data, at=datetime(2012, 12, 12, 16, tzinfo=VIETNAM))
    ((number, outcome),) = asked.rows(
        "SELECT arrival_id, outcome FROM intake.arrival ORDER BY arrival_id DESC LIMIT 1"
    )
    assert outcome == "quarantined"
    settled = settle_arrival(
        asked.engine, int(str(number)), asked.cycle_id, asked.code(AN_GIANG), "Đã hỏi", "chuyen_vien"
    )
    assert settled.outcomes[0].startswith("accepted")
    assert asked.rows("SELECT version FROM core.current_submission") == [(3,)]


def test_the_desk_enters_again_what_the_office_took_back(asked: AskedCycle) -> None:
    data = asked.filled(AN_GIANG).save()
    _send(asked, data)
    _take_back(asked)
    assert _state(asked) != "completed"
    entered = _enter(asked, data)
    assert entered.counts
    assert _state(asked) == "completed"
    assert _steps(asked)[-1] == "receipt"
    assert _enter(asked, data) == entered


def test_the_desk_records_nothing_of_a_draft_and_says_so(asked: AskedCycle) -> None:
    draft = asked.filled(AN_GIANG)
    draft._cover({"status": "Bản thảo"})
    with pytest.raises(DeskError, match="là bản thảo nên không nhập thay; không có thay đổi nào được ghi"):
        _enter(asked, draft.save())
    assert asked.scalar("SELECT count(*) FROM intake.submission") == 0
