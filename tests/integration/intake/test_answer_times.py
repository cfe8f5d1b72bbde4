"""How long offices wait for an answer is measured of deliveries that were really answered."""

from __future__ import annotations

from datetime import datetime

from reporting.clock import VIETNAM
from reporting.intake.channels import collect
from reporting.intake.process import process_arrivals
from reporting.metrics import measure
from tests.integration.intake.conftest import AskedCycle, reply


def test_every_delivery_that_was_answered_is_measured(asked: AskedCycle) -> None:
    asked.set_clock(datetime(2012, 12, 12, 17, tzinfo=VIETNAM))
    data = asked.filled("so_tttt_an_giang").save()
    asked.receive(reply(asked.address("so_tttt_an_giang"), ("So lieu.xlsx", data)))
    collect(asked.engine)
    process_arrivals(asked.engine)
    assert asked.scalar("SELECT count(*) FROM cycle.message WHERE state = 'sent' AND step <> 'request'") == 1
    seconds = [sample.value for sample in measure(asked.engine) if sample.name == "answer_seconds"]
    assert len(seconds) == 3
    assert all(0 < one < 600 for one in seconds)
