"""The copy of the urging letter, word for word as it arrives; tests/data/mail holds what is expected."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import Engine

from reporting.clock import VIETNAM
from reporting.documents import approval, lifecycle, registration
from reporting.letters.urging import render_urging_letter
from reporting.mail import notices
from tests.factories import SampleCycle, make_cycle, register_signed_report, set_clock, submit
from tests.integration.mail.conftest import Server
from tests.integration.mail.test_notices import check, delivered, text_of

KIND = "urging_letter"
LETTER_AT, ISSUE_AT = datetime(2013, 1, 7, 8, tzinfo=VIETNAM), datetime(2013, 1, 7, 14, tzinfo=VIETNAM)
SIGNED = b"%PDF-1.4 signed urging letter"


@pytest.fixture
def urged(warehouse: Engine) -> SampleCycle:
    """One office owes everything, one a workbook to be completed, one its report; the letter has its
    number.
    """
    with warehouse.begin() as connection:
        cycle = make_cycle(connection)
        _, second, third = cycle.offices
        register_signed_report(connection, cycle, second)
        submit(connection, cycle, second, outcome="to_complete", channel="ministry_entry")
        submit(connection, cycle, third, channel="ministry_entry", data=b"another")
        set_clock(connection, cycle, LETTER_AT)
        draft = render_urging_letter(connection, cycle.cycle_id)
        version = lifecycle.add_version(connection, cycle.cycle_id, KIND, draft)
        document = lifecycle.find(connection, cycle.cycle_id, KIND)
        assert document is not None
        approval.record_decision(
            connection, cycle.cycle_id, KIND, version, document.content_hash, "approved", "don_vi"
        )
        registration.record_registration(
            connection,
            cycle.cycle_id,
            KIND,
            number="15/BTTTT-TTĐN",
            registered_on=date(2013, 1, 7),
            signer="Đỗ Quý Doãn",
            signed_file_name="Công văn 15 - đôn đốc.pdf",
            signed_file=SIGNED,
            entered_by="van_thu",
        )
        set_clock(connection, cycle, ISSUE_AT)
    return cycle


def test_each_office_reads_what_is_missing_of_its_own(
    warehouse: Engine, urged: SampleCycle, capture: Server
) -> None:
    for new in (3, 0):
        with warehouse.begin() as connection:
            assert notices.queue_urging(connection, urged.cycle_id) == new
    taken = delivered(warehouse, capture)
    for office, name in zip(urged.offices, ("both", "to_complete", "signed_report"), strict=True):
        (message,) = taken[office.email]
        check(f"urging_{name}", message)
        (copy,) = message.iter_attachments()
        assert copy.get_content() == SIGNED


def test_what_came_in_since_the_letter_is_not_asked_for(
    warehouse: Engine, urged: SampleCycle, capture: Server
) -> None:
    first, _, third = urged.offices
    with warehouse.begin() as connection:
        register_signed_report(connection, urged, first, date(2013, 1, 7))
        register_signed_report(connection, urged, third, date(2013, 1, 7))
        assert notices.queue_urging(connection, urged.cycle_id) == 2
    taken = delivered(warehouse, capture)
    assert third.email not in taken
    (message,) = taken[first.email]
    check("urging_data_form", message)


def test_the_mail_gives_the_day_that_the_letter_gives_however_late_it_is_sent(
    warehouse: Engine, urged: SampleCycle, capture: Server
) -> None:
    with warehouse.begin() as connection:
        set_clock(connection, urged, datetime(2013, 1, 9, 10, tzinfo=VIETNAM))
        notices.queue_urging(connection, urged.cycle_id)
    (message,) = delivered(warehouse, capture)[urged.offices[0].email]
    assert "chậm nhất hết ngày 11/1/2013 (thứ Sáu)" in text_of(message)
