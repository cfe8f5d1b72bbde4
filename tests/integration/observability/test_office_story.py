"""One office's whole story can be found over all logs by its look-up code."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from reporting import logs
from reporting.mail.delivery import deliver
from tests.integration.rehearsed import Rehearsed


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What this process logs as JSON."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.write_json(stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def test_each_mail_that_is_sent_is_a_line_about_its_office_and_names_no_address(
    small: Rehearsed, written: io.StringIO
) -> None:
    small.issue()
    deliver(small.engine)
    # the capture server of the tests runs in this process, too, and logs under its own name
    lines = [
        line
        for line in map(json.loads, written.getvalue().splitlines())
        if line["logger"].startswith("reporting")
    ]
    sent = [
        (line["recipient"], line["cycle_id"], line["step"], line["message_id"])
        for line in lines
        if line["event"] == "mail sent"
    ]
    expected = small.rows(
        "SELECT r.reference_code, m.cycle_id, m.step, m.message_id FROM cycle.message m"
        " JOIN cycle.recipient r USING (recipient_id) WHERE m.state = 'sent' ORDER BY m.message_id"
    )
    assert len(expected) >= len(small.offices)
    assert sorted(sent) == sorted(expected)
    assert "@" not in json.dumps(lines)
