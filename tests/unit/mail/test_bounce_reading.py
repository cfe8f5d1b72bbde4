"""What a bounce says, however the other side's server writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from reporting.intake.message import is_bounce, parse
from reporting.mail import bounces
from reporting.mail.transport import is_address_dead
from reporting.settings import settings
from tests.unit.mail import bounced

OURS = "<TTDN12-DT1-01.request.1.7@ttdn.bo-chu-tri.example>"
ADDRESS = "dau-moi@so-1.example"


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("REPORTING_MINISTRY_ADDRESS", "baocao@ttdn.bo-chu-tri.example")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.parametrize("write", [bounced.report, bounced.exchange, bounced.qmail, bounced.exim])
def test_every_usual_form_tells_address_message_and_reason(write: Callable[[str, str], bytes]) -> None:
    raw = write(OURS, ADDRESS)
    assert is_bounce(parse(raw))
    found = bounces.read(raw)
    assert found is not None
    assert OURS in found.message_ids
    (failure,) = found.failures
    assert failure.addresses == {ADDRESS}
    assert failure.is_given_up
    assert failure.is_address_dead
    assert "5.1.1" in failure.diagnostic


@pytest.mark.parametrize("write", [bounced.out_of_office, bounced.read_receipt])
def test_an_automatic_answer_is_no_bounce(write: Callable[[str, str], bytes]) -> None:
    assert bounces.read(write(OURS, ADDRESS)) is None


def test_a_delay_is_not_given_up() -> None:
    found = bounces.read(
        bounced.report(
            OURS, ADDRESS, action="delayed", status="4.4.1", diagnostic="smtp; connection timed out"
        )
    )
    assert found is not None
    assert not found.failures[0].is_given_up
    assert not found.failures[0].is_address_dead


@pytest.mark.parametrize(
    ("status", "diagnostic"),
    [
        ("5.2.2", "smtp; 552 5.2.2 mailbox full"),
        ("5.7.1", "smtp; 550 5.7.1 message taken for spam"),
        ("5.3.4", "smtp; 552 5.3.4 message too big"),
        ("4.4.7", "smtp; delivery time expired"),
    ],
)
def test_a_refusal_that_says_nothing_about_the_address_leaves_it_alive(status: str, diagnostic: str) -> None:
    found = bounces.read(bounced.report(OURS, ADDRESS, status=status, diagnostic=diagnostic))
    assert found is not None
    assert found.failures[0].is_given_up
    assert not found.failures[0].is_address_dead


def test_a_forwarded_mail_names_both_addresses() -> None:
    found = bounces.read(bounced.report(OURS, "moved@else.example", original=ADDRESS))
    assert found is not None
    assert found.addresses == {ADDRESS, "moved@else.example"}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"Content-Type: multipart/report; boundary=B\n\n--B\nContent-Type: message/delivery-status\n\n\xff\n",
        b"From: mailer-daemon@x.example\nContent-Type: multipart/report\n\nno parts",
        b"From: mailer-daemon@x.example\nContent-Type: text/plain; charset=none-such\n\n<a@b.example>: 550",
    ],
)
def test_a_malformed_bounce_is_read_as_far_as_it_goes(raw: bytes) -> None:
    bounces.read(raw)


@pytest.mark.parametrize(
    ("code", "answer", "dead"),
    [
        (550, "550 5.1.1 no such mailbox", True),
        (550, "550 5.2.1 mailbox disabled", True),
        (550, "550 no such user here", True),
        (551, "551 user not local", True),
        (553, "553 mailbox name not allowed", True),
        (550, "550 5.7.1 relaying denied", False),
        (552, "552 5.2.2 mailbox full", False),
        (554, "554 transaction failed", False),
        (None, "5.4.4 host not found", True),
    ],
)
def test_which_refusals_mean_that_an_address_is_dead(code: int | None, answer: str, dead: bool) -> None:
    assert is_address_dead(code, answer) is dead
