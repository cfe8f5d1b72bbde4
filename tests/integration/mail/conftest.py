"""A capture server in this process that the tests can tell how to answer, and a warehouse to deliver from."""

from __future__ import annotations

import email
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import Engine

from reporting.database import engine as make_engine
from reporting.settings import settings

TOKEN = "token-of-this-test"


@dataclass
class Server:
    """An SMTP server on loopback: what it took, and how it answers."""

    port: int
    token: str | None
    captured: list[EmailMessage] = field(default_factory=list)
    sessions: int = 0
    largest: int = 64 * 1024 * 1024
    at_recipient: Callable[[str], str | None] = lambda address: None
    before_data: Callable[[EmailMessage], str | None] = lambda message: None
    drop_at: str | None = None
    """At which command the server hangs up, once: MAIL, RCPT, or DATA (when it has the message)."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def drops(self, server: SMTP, command: str) -> bool:
        """Hang up if that is wanted at this command."""
        if self.drop_at != command:
            return False
        self.drop_at = None
        server.transport.abort()
        return True

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.sessions += 1
        if self.token is None:
            return responses
        return [*responses[:-1], f"250-X-REPORTING-CAPTURE {self.token}", responses[-1]]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.drops(server, "MAIL"):
            return "421 gone"
        sizes = [int(option.partition("=")[2]) for option in options if option.upper().startswith("SIZE=")]
        if any(size > self.largest for size in sizes):
            return "552 5.3.4 message too big for system"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.drops(server, "RCPT"):
            return "421 gone"
        answer = self.at_recipient(address)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        message = email.message_from_bytes(envelope.original_content or b"", policy=default)
        assert isinstance(message, EmailMessage)
        answer = self.before_data(message)
        if answer is not None:
            return answer
        with self.lock:
            self.captured.append(message)
        if self.drops(server, "DATA"):
            return "421 gone"
        return "250 kept"

    def to(self, address: str) -> list[EmailMessage]:
        """The messages taken for this address."""
        return [m for m in self.captured if m["To"].addresses[0].addr_spec == address]


class _Controller(Controller):
    def factory(self) -> SMTP:
        return SMTP(self.handler, data_size_limit=64 * 1024 * 1024, enable_SMTPUTF8=True)


def _serve(token: str | None) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(port, token)
    controller = _Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


@pytest.fixture
def capture() -> Iterator[Server]:
    """A server that shows this installation's capture token."""
    yield from _serve(TOKEN)


@pytest.fixture
def real_server() -> Iterator[Server]:
    """A server that shows no token: to the pipeline it is the outside world."""
    yield from _serve(None)


@pytest.fixture
def surroundings(
    warehouse_url: str, capture: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """The environment of an installation with its capture server, also for processes of the test."""
    environment = {
        "AIRFLOW_CONN_REPORTING_WAREHOUSE": warehouse_url,
        "REPORTING_ARCHIVE": str(tmp_path / "archive"),
        "REPORTING_MINISTRY_ADDRESS": "baocao@ttdn.bo-chu-tri.example",
        "REPORTING_SIGNING_KEY": "a signing key for tests",
        "REPORTING_CAPTURE_ADDRESS": f"127.0.0.1:{capture.port}",
        "REPORTING_CAPTURE_TOKEN": TOKEN,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AIRFLOW_CONN_REPORTING_SMTP", raising=False)
    settings.cache_clear()
    yield environment
    settings.cache_clear()


@pytest.fixture
def warehouse(surroundings: dict[str, str]) -> Iterator[Engine]:
    """An engine on the empty warehouse of this test."""
    made = make_engine(surroundings["AIRFLOW_CONN_REPORTING_WAREHOUSE"])
    yield made
    made.dispose()
