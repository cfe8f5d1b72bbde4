"""Lines of the log say what they are about, as data, in every process."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reporting import logs

CLONE = Path(__file__).parents[3]


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged as JSON during a test; the loggers of this process are afterwards as before."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.write_json(stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_carries_what_it_is_about_and_inner_fields_end_with_their_block(written: io.StringIO) -> None:
    log = logging.getLogger("reporting.somewhere")
    with logs.about(cycle_id="c__1", recipient="TTDN12-19", step=None):
        with logs.about(message_id=7):
            log.info("mail sent %s", "once")
        log.warning("Đồng Nai")
    log.debug("not said")
    first, second = lines(written)
    assert first.pop("timestamp").endswith("Z")  # type: ignore[attr-defined]
    assert first == {
        "event": "mail sent once", "level": "info", "logger": "reporting.somewhere", "cycle_id": "c__1",
        "recipient": "TTDN12-19", "message_id": 7,
    }  # fmt: skip
    assert (second["event"], second["recipient"], "message_id" in second) == ("Đồng Nai", "TTDN12-19", False)


def test_one_search_finds_an_office_as_in_the_lines_of_airflow(written: io.StringIO) -> None:
    page = (CLONE / "docs" / "observability.md").read_text("utf-8")
    (pattern,) = re.findall(r"grep -rh '([^']+)'", page)
    with logs.about(recipient="TTDN12-19"):
        logging.getLogger("x").info("mail sent")
    assert pattern in written.getvalue()


def test_an_exception_is_one_line(written: io.StringIO) -> None:
    try:
        raise ValueError("broken\nin two")
    except ValueError:
        with logs.about(arrival_id=3):
            logging.getLogger("x").exception("failed")
    (line,) = lines(written)
    assert line["arrival_id"] == 3
    assert "ValueError: broken" in str(line["exception"])


def test_fields_are_few_and_known() -> None:
    with pytest.raises(ValueError, match="address"), logs.about(address="a@so.example"):
        pass
