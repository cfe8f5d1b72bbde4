"""What waits for a person is shown, told once a day, and settled by what the person decides."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from reporting.clock import VIETNAM
from reporting.cycles import work
from reporting.cycles.keeping import tell_what_waits
from reporting.intake.channels import collect
from reporting.intake.process import process_arrivals
from tests.integration.intake.conftest import AskedCycle, reply
from tests.unit.cli.shell import refused, run

AN_GIANG = "so_tttt_an_giang"
CA_MAU = "so_tttt_ca_mau"
STRANGER = "nguoi-la@noi-khac.example"


@pytest.fixture(autouse=True)
def on_the_twelfth(asked: AskedCycle) -> None:
    """The clock stands at the afternoon of 12/12/2012."""
    asked.set_clock(datetime(2012, 12, 12, 17, tzinfo=VIETNAM))


def _take_in(asked: AskedCycle, *messages: Any) -> None:
    for message in messages:
        asked.receive(message)
    collect(asked.engine)
    process_arrivals(asked.engine)


def _waiting() -> list[dict[str, Any]]:
    found = run("intake", "waiting", "--json")
    assert found.exit_code == 0, found.stderr
    listed: list[dict[str, Any]] = json.loads(found.stdout)
    return listed


def test_a_mail_from_a_private_address_is_settled_by_a_person(asked: AskedCycle) -> None:
    _take_in(asked, reply(STRANGER, ("a.xlsx", asked.filled(AN_GIANG).save()), subject="Bao cao"))
    (item,) = _waiting()
    assert (item["kind"], item["who"], item["short_name"]) == ("arrival", STRANGER, None)
    assert item["since"] == "2012-12-12T09:30:00+07:00"
    assert "Chưa xác định được cơ quan gửi" in item["note"]
    number = item["arrival_id"]
    assert str(number) in run("intake", "waiting").stdout

    options = ("--reason", "Gọi điện xác nhận 12/12/2012", "--by", "chuyen_vien")
    office = ("--cycle", asked.cycle_id, "--recipient")
    settled = run("intake", "settle", number, *office, "An Giang", *options)
    assert settled.exit_code == 0, settled.stderr
    assert "Đạt" in settled.stdout
    assert asked.rows(
        "SELECT r.organization_id, s.outcome FROM intake.submission s"
        " JOIN cycle.recipient r USING (recipient_id)"
    ) == [(AN_GIANG, "accepted")]
    assert asked.rows("SELECT to_address, state FROM cycle.message WHERE step = 'receipt'") == [
        (asked.address(AN_GIANG), "sent")
    ]
    (event,) = asked.rows("SELECT actor, detail->>'reason' FROM audit.event WHERE kind = 'arrival_settled'")
    assert event == ("chuyen_vien", "Gọi điện xác nhận 12/12/2012")
    assert _waiting() == []
    assert "không chờ xử lý" in refused("intake", "settle", number, *office, "An Giang", *options)


def test_a_letter_without_workbook_is_seen_and_put_away(asked: AskedCycle) -> None:
    scan = reply(asked.address(CA_MAU))
    scan.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="bao-cao.pdf")
    _take_in(asked, scan, reply("quang-cao@noi-khac.example"))
    (item,) = _waiting()
    assert item["short_name"] == "Cà Mau"
    number = item["arrival_id"]
    office = ("--cycle", asked.cycle_id, "--recipient", item["reference_code"])
    options = ("--reason", "Đã vào sổ", "--by", "van_thu")
    assert "reporting desk enter" in refused("intake", "settle", number, *office, *options)
    assert run("intake", "settle", number, "--ignore", *options).exit_code == 0
    assert _waiting() == []
    assert asked.scalar("SELECT count(*) FROM audit.event WHERE kind = 'arrival_ignored'") == 1


def test_the_operator_is_told_once_a_day_what_waits(asked: AskedCycle) -> None:
    assert tell_what_waits(asked.engine) == 0
    assert asked.rows("SELECT subject FROM audit.alert") == []
    _take_in(asked, reply(STRANGER, ("a.xlsx", b"x")))
    with asked.engine.begin() as connection:
        connection.execute(
            text("UPDATE cycle.message SET state = 'failed' WHERE to_address = :a"),
            {"a": asked.address(CA_MAU)},
        )
    for _ in "ab":
        assert tell_what_waits(asked.engine) == 2
    ((subject, body),) = asked.rows("SELECT subject, body FROM audit.alert")
    assert subject == "Có 2 việc chờ người xử lý"
    assert "Thư không gửi được hoặc không đến được người nhận: 1" in str(body)


def test_an_office_that_gets_a_contact_later_gets_its_request(asked: AskedCycle) -> None:
    requests = "SELECT count(*) FROM cycle.message WHERE step = 'request' AND to_address = :a"
    new = "dau-moi-moi@so-tttt-ca-mau.example"
    with asked.engine.begin() as connection:
        connection.execute(text("UPDATE cycle.milestone SET done_at = due_at WHERE step = 'issue'"))
        connection.execute(
            text("UPDATE registry.contact SET state = 'retired' WHERE email = :a"),
            {"a": asked.address(CA_MAU)},
        )
        connection.execute(
            text(
                "DELETE FROM cycle.message_event USING cycle.message m"
                " WHERE m.message_id = message_event.message_id AND m.to_address = :a"
            ),
            {"a": asked.address(CA_MAU)},
        )
        connection.execute(
            text("DELETE FROM cycle.message WHERE to_address = :a"), {"a": asked.address(CA_MAU)}
        )
    before = asked.scalar("SELECT count(*) FROM cycle.message")
    work.catch_up(asked.engine, asked.cycle_id)
    (item,) = _waiting()
    assert (item["kind"], item["short_name"]) == ("unreachable", "Cà Mau")
    with asked.engine.begin() as connection:
        connection.execute(
            text("UPDATE registry.contact SET state = 'active', email = :new WHERE email = :a"),
            {"a": asked.address(CA_MAU), "new": new},
        )
    for _ in "ab":
        work.catch_up(asked.engine, asked.cycle_id)
    assert asked.scalar(requests, a=new) == 1
    assert asked.scalar("SELECT count(*) FROM cycle.message") == int(str(before)) + 1, (
        "nobody else is asked again"
    )
    assert _waiting() == []
