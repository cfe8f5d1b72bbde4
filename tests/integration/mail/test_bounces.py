"""Mail that came back: its message is marked, its contact no longer used, and the next one asked."""

from __future__ import annotations

import mailbox
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from reporting.cycles.work import catch_up
from reporting.database import query
from reporting.intake.channels import collect
from reporting.intake.process import process_arrivals
from reporting.mail.delivery import deliver
from reporting.mail.notices import queue_reminders, queue_requests
from reporting.settings import settings
from tests.factories import SampleCycle, make_cycle, set_clock
from tests.integration.mail.conftest import Server
from tests.integration.mail.test_delivery import AT_REMINDER, REMINDER, history
from tests.unit.mail import bounced

OPERATOR = "truc-ban@bo-chu-tri.example"


@pytest.fixture
def inbox(surroundings: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> mailbox.Maildir:
    """The ministry's mailbox."""
    made = mailbox.Maildir(tmp_path / "inbox")
    monkeypatch.setenv("REPORTING_CHANNELS", f"maildir:{tmp_path / 'inbox'}")
    monkeypatch.setenv("REPORTING_MAILBOX_MODE", "rehearsal")
    monkeypatch.setenv("REPORTING_OPERATOR_ADDRESS", OPERATOR)
    settings.cache_clear()
    return made


@pytest.fixture
def cycle(warehouse: Engine, inbox: mailbox.Maildir, capture: Server) -> SampleCycle:
    """A cycle whose requests were sent."""
    with warehouse.begin() as connection:
        made = make_cycle(connection)
        queue_requests(connection, made.cycle_id)
    assert deliver(warehouse, made.cycle_id).sent == 3
    return made


def add_contact(engine: Engine, organization_id: str, email: str, role: str, position: int = 1) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO registry.contact (organization_id, email, display_name, role, position) "
                "VALUES (:organization_id, :email, 'Đầu mối khác', :role, :position)"
            ),
            {"organization_id": organization_id, "email": email, "role": role, "position": position},
        )


def rows(engine: Engine, statement: str, **values: object) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement), values)]


def contact_states(engine: Engine) -> list[str]:
    return [str(row[0]) for row in rows(engine, "SELECT state FROM registry.contact ORDER BY contact_id")]


def kinds(engine: Engine) -> list[str]:
    return [
        str(row[0])
        for row in rows(engine, "SELECT kind FROM audit.event WHERE actor = 'bounces' ORDER BY event_id")
    ]


def request_to(engine: Engine, address: str) -> tuple[int, str]:
    ((number, header),) = rows(
        engine,
        "SELECT message_id, message_id_header FROM cycle.message WHERE to_address = :a AND step = 'request'",
        a=address,
    )
    assert isinstance(number, int)
    return number, str(header)


def take_in(engine: Engine, inbox: mailbox.Maildir, *raw: bytes) -> None:
    for one in raw:
        inbox.add(one)
    collect(engine)
    process_arrivals(engine)


def ask_again(engine: Engine, cycle: SampleCycle) -> int:
    with engine.begin() as connection:
        queue_requests(connection, cycle.cycle_id)
    return deliver(engine, cycle.cycle_id).sent


def test_a_dead_address_is_used_no_more_and_the_next_contact_is_asked(
    warehouse: Engine, cycle: SampleCycle, inbox: mailbox.Maildir, capture: Server
) -> None:
    office = cycle.offices[0]
    add_contact(warehouse, office.organization_id, "lanh-dao@so-1.example", "escalation")
    add_contact(warehouse, office.organization_id, "hai@so-1.example", "copy", position=2)
    add_contact(warehouse, office.organization_id, "mot@so-1.example", "copy", position=1)
    number, header = request_to(warehouse, office.email)
    assert ask_again(warehouse, cycle) == 0

    take_in(warehouse, inbox, bounced.report(header, office.email))

    state, detail = history(warehouse, number)[-1]
    assert state == "bounced"
    assert "5.1.1" in str(detail)
    assert contact_states(warehouse)[0] == "bouncing"
    assert kinds(warehouse) == ["mail_bounced", "contact_bouncing"]
    assert rows(warehouse, "SELECT kind, before, after, source FROM registry.contact_change") == [
        ("bounced", {"state": "active"}, {"state": "bouncing"}, "<bounce-1@mx.so.example>")
    ]
    assert capture.to(OPERATOR) == [], "somebody can still be reached"
    assert ask_again(warehouse, cycle) == 1
    assert len(capture.to("mot@so-1.example")) == 1
    assert capture.to("hai@so-1.example") == capture.to("lanh-dao@so-1.example") == []
    assert ask_again(warehouse, cycle) == 0, "asked once"

    with warehouse.begin() as connection:
        set_clock(connection, cycle, AT_REMINDER)
        queue_reminders(connection, cycle.cycle_id, REMINDER)
    deliver(warehouse, cycle.cycle_id)
    assert [m["To"].addresses[0].addr_spec for m in capture.captured if "so-1" in m["To"]] == [
        office.email,
        "mot@so-1.example",
        "mot@so-1.example",
    ]


def test_catching_up_asks_the_next_contact_without_anybody_doing_anything(
    warehouse: Engine, cycle: SampleCycle, inbox: mailbox.Maildir, capture: Server
) -> None:
    office = cycle.offices[0]
    add_contact(warehouse, office.organization_id, "mot@so-1.example", "copy")
    with warehouse.begin() as connection:
        connection.execute(text("UPDATE cycle.milestone SET done_at = due_at WHERE step = 'issue'"))
    _, header = request_to(warehouse, office.email)
    take_in(warehouse, inbox, bounced.report(header, office.email))
    assert catch_up(warehouse, cycle.cycle_id).sent == 1
    assert len(capture.to("mot@so-1.example")) == 1
    assert catch_up(warehouse, cycle.cycle_id).sent == 0


def test_the_answer_to_a_submission_goes_to_the_contact_that_took_the_place(
    warehouse: Engine, cycle: SampleCycle, inbox: mailbox.Maildir
) -> None:
    office = cycle.offices[0]
    add_contact(warehouse, office.organization_id, "mot@so-1.example", "copy")
    _, header = request_to(warehouse, office.email)

    def answered(sender: str) -> list[str]:
        with warehouse.connect() as connection:
            found = connection.execute(
                query("mail/contacts_to_answer"),
                {"organization_ids": [office.organization_id], "senders": [sender]},
            )
            return [row.email for row in found]

    assert answered("ai-do@so-1.example") == [office.email]
    assert answered("mot@so-1.example") == ["mot@so-1.example"], "a contact that writes is answered itself"
    take_in(warehouse, inbox, bounced.report(header, office.email))
    assert answered(office.email) == ["mot@so-1.example"]


def test_the_operator_is_told_once_when_the_last_contact_dies(
    warehouse: Engine, cycle: SampleCycle, inbox: mailbox.Maildir, capture: Server
) -> None:
    office = cycle.offices[1]
    _, header = request_to(warehouse, office.email)
    take_in(warehouse, inbox, bounced.exchange(header, office.email))
    assert kinds(warehouse) == ["mail_bounced", "contact_bouncing", "no_live_contact"]
    (alert,) = capture.to(OPERATOR)
    assert office.short_name in alert["Subject"]
    assert office.email in alert.get_body(("plain",)).get_content()  # type: ignore[union-attr]

    take_in(warehouse, inbox, bounced.report(header, office.email, own_id="another@mx.so.example"))
    assert len(capture.to(OPERATOR)) == 1
    assert len(kinds(warehouse)) == 3
    assert ask_again(warehouse, cycle) == 0

    with warehouse.begin() as connection:
        connection.execute(
            text("UPDATE registry.contact SET state = 'active' WHERE contact_id = :c"),
            {"c": office.contact_id},
        )
    take_in(warehouse, inbox, bounced.report(header, office.email, own_id="third@mx.so.example"))
    assert contact_states(warehouse) == ["active"] * 3, (
        "the same mail's bounce does not undo an officer's work"
    )


def test_a_bounce_about_no_mail_of_ours_kills_no_contact(
    warehouse: Engine, cycle: SampleCycle, inbox: mailbox.Maildir
) -> None:
    first, second = cycle.offices[:2]
    number, header = request_to(warehouse, first.email)
    invented = header.replace("request", "reminder__t_minus_7")
    take_in(
        warehouse,
        inbox,
        bounced.report(invented, first.email),
        # the Message-ID of one office's mail, and another office's address
        bounced.report(header, second.email),
    )
    assert contact_states(warehouse) == ["active"] * 3
    assert history(warehouse, number)[-1][0] == "bounced", "a person sees that something came back"
    assert kinds(warehouse) == ["mail_bounced"]


def test_a_bounce_without_message_id_is_known_by_code_and_address_but_kills_no_contact(
    warehouse: Engine, cycle: SampleCycle, inbox: mailbox.Maildir
) -> None:
    office = cycle.offices[2]
    number, _ = request_to(warehouse, office.email)
    raw = bounced.report("<elsewhere@mx.so.example>", office.email).replace(
        b"Subject: Undelivered Mail Returned to Sender",
        f"Subject: Undelivered: [{office.reference_code}]".encode(),
    )
    take_in(warehouse, inbox, raw)
    assert history(warehouse, number)[-1][0] == "bounced"
    assert contact_states(warehouse) == ["active"] * 3
    assert rows(
        warehouse, "SELECT detail ->> 'is_known_by' FROM audit.event WHERE kind = 'mail_bounced'"
    ) == [("reference_code",)]


def test_a_delay_is_only_noted_and_once(
    warehouse: Engine, cycle: SampleCycle, inbox: mailbox.Maildir
) -> None:
    office = cycle.offices[0]
    number, header = request_to(warehouse, office.email)
    delays = [
        bounced.report(
            header,
            office.email,
            action="delayed",
            status="4.4.1",
            diagnostic="smtp; timed out",
            own_id=own_id,
        )
        for own_id in ("a@mx.so.example", "b@mx.so.example")
    ]
    take_in(warehouse, inbox, *delays)
    assert history(warehouse, number)[-2:] == [("sent", None), ("sent", "4.4.1 smtp; timed out")]
    assert contact_states(warehouse) == ["active"] * 3


def test_a_full_mailbox_is_left_to_a_person(
    warehouse: Engine, cycle: SampleCycle, inbox: mailbox.Maildir
) -> None:
    office = cycle.offices[0]
    number, header = request_to(warehouse, office.email)
    take_in(
        warehouse,
        inbox,
        bounced.report(header, office.email, status="5.2.2", diagnostic="smtp; 552 5.2.2 full"),
    )
    assert history(warehouse, number)[-1] == ("bounced", "5.2.2 smtp; 552 5.2.2 full")
    assert contact_states(warehouse) == ["active"] * 3


def test_an_answer_out_of_office_changes_nothing(
    warehouse: Engine, cycle: SampleCycle, inbox: mailbox.Maildir
) -> None:
    office = cycle.offices[0]
    number, header = request_to(warehouse, office.email)
    before = history(warehouse, number)
    take_in(
        warehouse,
        inbox,
        bounced.out_of_office(header, office.email),
        bounced.read_receipt(header, office.email),
    )
    assert history(warehouse, number) == before
    assert contact_states(warehouse) == ["active"] * 3


def test_a_live_mailbox_reads_no_bounce_of_a_rehearsal(
    warehouse: Engine, cycle: SampleCycle, inbox: mailbox.Maildir, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = cycle.offices[0]
    number, header = request_to(warehouse, office.email)
    monkeypatch.setenv("REPORTING_MAILBOX_MODE", "live")
    settings.cache_clear()
    take_in(warehouse, inbox, bounced.report(header, office.email))
    assert history(warehouse, number)[-1][0] == "sent"
    assert contact_states(warehouse) == ["active"] * 3


def test_a_server_that_knows_no_such_mailbox_has_the_same_effect_as_a_bounce(
    warehouse: Engine, inbox: mailbox.Maildir, capture: Server
) -> None:
    with warehouse.begin() as connection:
        cycle = make_cycle(connection)
        queue_requests(connection, cycle.cycle_id)
    gone, other, _ = cycle.offices
    add_contact(warehouse, other.organization_id, "mot@so-2.example", "copy")
    refused = {gone.email: "550 5.1.1 no such mailbox", other.email: "551 user not local"}
    capture.at_recipient = refused.get
    result = deliver(warehouse, cycle.cycle_id)
    assert (result.sent, result.failed) == (1, 2)
    assert contact_states(warehouse) == ["bouncing", "bouncing", "active", "active"]
    (alert,) = capture.to(OPERATOR)
    assert gone.short_name in alert["Subject"]
    assert ask_again(warehouse, cycle) == 1
    assert len(capture.to("mot@so-2.example")) == 1


def test_a_refusal_that_is_not_about_the_address_leaves_the_contact_in_use(
    warehouse: Engine, inbox: mailbox.Maildir, capture: Server
) -> None:
    with warehouse.begin() as connection:
        cycle = make_cycle(connection)
        queue_requests(connection, cycle.cycle_id)
    capture.at_recipient = lambda address: "550 5.7.1 not from you" if "so-1" in address else None
    assert deliver(warehouse, cycle.cycle_id).failed == 1
    assert contact_states(warehouse) == ["active"] * 3
    assert ask_again(warehouse, cycle) == 0, "a person decides about another try"
    add_contact(warehouse, cycle.offices[0].organization_id, "hai@van-phong.example", "to")
    assert ask_again(warehouse, cycle) == 1
    assert len(capture.to("hai@van-phong.example")) == 1
    assert ask_again(warehouse, cycle) == 0


def test_a_contact_that_is_used_again_after_its_mail_came_back_is_asked_again(
    warehouse: Engine, cycle: SampleCycle, inbox: mailbox.Maildir, capture: Server
) -> None:
    office = cycle.offices[0]
    _, header = request_to(warehouse, office.email)
    take_in(warehouse, inbox, bounced.report(header, office.email))
    assert ask_again(warehouse, cycle) == 0
    with warehouse.begin() as connection:
        connection.execute(text("UPDATE registry.contact SET state = 'active' WHERE state = 'bouncing'"))
        connection.execute(
            text(
                "INSERT INTO registry.contact_change (organization_id, contact_id, kind, source, changed_by)"
                " VALUES (:o, :c, 'reinstated', 'gọi điện xác nhận', 'chuyen_vien')"
            ),
            {"o": office.organization_id, "c": office.contact_id},
        )
    assert ask_again(warehouse, cycle) == 1
    first, second = capture.to(office.email)
    assert first["Message-ID"] != second["Message-ID"]
    assert ask_again(warehouse, cycle) == 0, "asked once"


@pytest.mark.parametrize("finds_another", [True, False])
def test_a_reminder_that_came_back_goes_to_the_next_contact(
    warehouse: Engine, cycle: SampleCycle, inbox: mailbox.Maildir, capture: Server, finds_another: bool
) -> None:
    office = cycle.offices[0]
    with warehouse.begin() as connection:
        set_clock(connection, cycle, AT_REMINDER)
        queue_reminders(connection, cycle.cycle_id, REMINDER)
        connection.execute(
            text("UPDATE cycle.milestone SET done_at = due_at WHERE step IN ('issue', :s)"), {"s": REMINDER}
        )
    assert deliver(warehouse, cycle.cycle_id).sent == 3
    if finds_another:
        add_contact(warehouse, office.organization_id, "mot@so-1.example", "copy")
    header = capture.to(office.email)[-1]["Message-ID"]
    take_in(warehouse, inbox, bounced.report(header, office.email))
    for _ in range(2):
        catch_up(warehouse, cycle.cycle_id)
    subjects = [message["Subject"] for message in capture.to("mot@so-1.example")]
    assert len(subjects) == (2 if finds_another else 0)
    assert sum("Nhắc thời hạn" in subject for subject in subjects) == finds_another
