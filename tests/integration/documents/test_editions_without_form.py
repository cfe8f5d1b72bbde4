"""Editions, supplements and rebuilding where the cycle asks for documents alone."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine

from reporting.cycles import work
from reporting.cycles.opening import open_cycle
from reporting.documents import editions
from reporting.intake.desk import IncomingDocument, register_incoming_document
from reporting.regimes.models import load_regime
from tests.factories import SampleCycle, formless
from tests.integration.documents.test_editions import FIRST, SECOND, SUPPLEMENT, publish, rebuilt, words_of
from tests.integration.rehearsed import Rehearsed, vn

REPORT_AT = vn(2023, 11, 15, 16)


@pytest.fixture
def published(registered: Engine) -> Rehearsed:
    """The cycle of 2023 without a workbook; its report of two answers is out."""
    cycle_id = open_cycle(registered, formless(load_regime("cthd_kl_57")), "2023", "rehearsal")
    cycle = Rehearsed(registered, SampleCycle(cycle_id, f"rehearsal:{cycle_id}", ()))
    cycle.register(number="3210/BTTTT-TTĐN")
    cycle.go_to(vn(2023, 8, 1, 14))
    work.issue(registered, cycle_id)
    receive(cycle, "bo_quoc_phong", date(2023, 8, 21), 97)
    receive(cycle, "ubnd_an_giang", date(2023, 8, 25), 98, ("signed_report",))
    cycle.go_to(REPORT_AT)
    publish(cycle, FIRST, "200/BC-BTTTT", date(2023, 11, 15))
    return cycle


def receive(
    cycle: Rehearsed,
    organization_id: str,
    on: date,
    number: int,
    deliverables: tuple[str, ...] = ("signed_report", "task_proposals"),
) -> None:
    """The records desk registers a document on the day it was sent."""
    cycle.go_to(vn(on.year, on.month, on.day, 15))
    code = cycle.value(
        "SELECT reference_code FROM cycle.recipient WHERE cycle_id = :c AND organization_id = :o",
        o=organization_id,
    )
    entered = IncomingDocument(
        registered_number=str(1500 + number), document_number=f"{number}/BC-UBND", signed_on=on, sent_on=on,
        received_on=on, signer="Nguyễn Văn An", capacity="KT.", entered_by="van_thu",
        deliverables=deliverables,
    )  # fmt: skip
    with cycle.engine.begin() as connection:
        register_incoming_document(connection, cycle.cycle_id, str(code), entered)


def test_a_supplement_lists_the_documents_that_came_and_the_next_starts_from_it(published: Rehearsed) -> None:
    engine, cycle_id = published.engine, published.cycle_id
    first = rebuilt(published)
    assert first.is_same
    receive(published, "ubnd_ca_mau", date(2023, 11, 20), 99)
    receive(published, "ubnd_an_giang", date(2023, 11, 21), 100, ("task_proposals",))
    editions.start_supplement(engine, cycle_id, by="can_bo")
    publish(published, SUPPLEMENT, "201/BC-BTTTT", date(2023, 11, 21))
    said = words_of(published, SUPPLEMENT)
    assert "Sau Báo cáo số 200/BC-BTTTT, 02 cơ quan đã gửi thêm" in said
    assert "99/BC-UBND" in said
    assert "100/BC-UBND" in said
    assert "97/BC-UBND" not in said, "what the report held is not told again"
    assert rebuilt(published, SUPPLEMENT).is_same
    assert [f.data for f in rebuilt(published).files] == [f.data for f in first.files]

    receive(published, "ubnd_bac_lieu", date(2023, 12, 1), 101)
    editions.start_supplement(engine, cycle_id, by="can_bo")
    publish(published, "supplement_report__2", "202/BC-BTTTT", date(2023, 12, 1))
    second = words_of(published, "supplement_report__2")
    assert "Căn cứ Báo cáo số 201/BC-BTTTT" in second
    assert "101/BC-UBND" in second
    assert "99/BC-UBND" not in second


def test_a_second_edition_replaces_the_first_which_can_be_made_again(published: Rehearsed) -> None:
    receive(published, "ubnd_ca_mau", date(2023, 11, 20), 99)
    editions.reopen(published.engine, published.cycle_id, reason="bổ sung Cà Mau", by="truong_phong")
    publish(published, SECOND, "203/BC-BTTTT", date(2023, 11, 20))
    assert "Báo cáo này thay thế Báo cáo số 200/BC-BTTTT ngày 15/11/2023" in words_of(published, SECOND)
    assert rebuilt(published).is_same
    assert rebuilt(published, SECOND).is_same
