"""The 63 offices answer the request of 3/12/2012 by mail, and the pipeline's intake takes everything in."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import Engine

from rehearsal.offices import Offices, SignedReport
from reporting import clock
from reporting.intake import desk
from reporting.intake.channels import collect, has_new
from reporting.intake.process import process_arrivals
from reporting.mail.delivery import deliver
from reporting.mail.notices import queue_reminders
from reporting.settings import settings
from tests.integration.intake.conftest import AskedCycle

REMINDERS = ("reminder__t_minus_7", "reminder__t_minus_2", "reminder__t_plus_1")


def _reminders(asked: AskedCycle) -> dict[datetime, str]:
    rows = asked.rows(
        "SELECT due_at, step FROM cycle.milestone WHERE cycle_id = :c AND is_reminder", c=asked.cycle_id
    )
    return {
        due_at.astimezone(clock.VIETNAM): str(step) for due_at, step in rows if isinstance(due_at, datetime)
    }


def play(asked: AskedCycle, offices: Offices) -> tuple[list[datetime], Counter[str]]:
    """Step the clock through reminders and replies to the end; return the reply moments and the outcomes."""
    engine: Engine = asked.engine
    reminders = _reminders(asked)
    moments: list[datetime] = []
    outcomes: Counter[str] = Counter()
    now = datetime(2012, 12, 3, 14, tzinfo=clock.VIETNAM)
    while True:
        offices.receive(now)
        reply_moment = offices.next_moment()
        due = [moment for moment in [*reminders, reply_moment] if moment is not None]
        if not due:
            return moments, outcomes
        now = min(due)
        asked.set_clock(now)
        if now in reminders:
            with engine.begin() as connection:
                queue_reminders(connection, asked.cycle_id, reminders.pop(now))
            deliver(engine, asked.cycle_id)
            continue
        moments.append(now)
        offices.act(now)
        for entry in offices.desk_entries(now):
            if isinstance(entry, SignedReport):
                with engine.begin() as connection:
                    desk.register_incoming_document(
                        connection, asked.cycle_id, entry.reference_code, entry.document
                    )
            else:
                desk.enter_for_office(
                    engine, asked.cycle_id, entry.reference_code, entry.filename, entry.data, entry.reason,
                    entry.entered_by,
                )  # fmt: skip
            offices.entered(entry)
        collect(engine)
        assert not has_new(engine)
        result = process_arrivals(engine)
        outcomes.update(result.outcomes)
        assert result.put_aside == 0, asked.rows(
            "SELECT from_address, note FROM intake.arrival WHERE outcome = 'quarantined'"
        )


def test_all_63_offices_end_with_the_marks_of_the_table(asked: AskedCycle) -> None:
    """Faulty workbooks are completed, the late and the reminded come, one is entered by the ministry: 63 of
    63.
    """
    offices = Offices(asked.mail_root, asked.scenario, asked.answers, settings().capture_address)
    moments, outcomes = play(asked, offices)

    assert len(moments) <= 16
    assert outcomes["to_complete"] == 6, outcomes
    assert asked.scalar("SELECT count(*) FROM core.current_submission") == 63
    assert asked.scalar("SELECT count(*) FROM intake.incoming_document") == 63
    assert asked.scalar("SELECT count(*) FROM cycle.obligation_status WHERE is_outstanding") == 0
    facts = asked.rows(
        "SELECT r.organization_id, f.indicator, f.year FROM core.current_submission s JOIN core.fact f"
        " USING (submission_id) JOIN cycle.recipient r ON r.recipient_id = s.recipient_id WHERE f.is_marked"
    )
    stated = {(o, i, y) for o, answer in asked.answers.items() for i, y in answer.marks}
    assert set(facts) == stated
    entered = asked.rows(
        "SELECT r.short_name FROM intake.submission s JOIN cycle.recipient r USING (recipient_id)"
        " WHERE s.channel = 'ministry_entry'"
    )
    assert entered == [("Bắc Giang",)]
    late = asked.rows(
        "SELECT r.short_name FROM cycle.obligation_status o JOIN cycle.recipient r USING (recipient_id)"
        " WHERE deliverable = 'data_form' AND first_received_at >= due_at ORDER BY r.position"
    )
    assert {name for (name,) in late} == {
        "Hà Giang",
        "Hưng Yên",
        "Lai Châu",
        "Nam Định",
        "Phú Thọ",
        "Vĩnh Long",
    }
    receipts = asked.scalar("SELECT count(*) FROM cycle.message WHERE step = 'receipt' AND state = 'sent'")
    assert receipts == 63
    assert asked.scalar("SELECT count(*) FROM intake.arrival WHERE handled_at IS NULL") == 0
