"""Delivering the 63 requests through the ledger, beside the same yagmail session without one."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import yagmail
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import Engine, text

from benchmarks.answers import PERIOD, REGIME
from benchmarks.figures import Figure, alternate, duration, ratio
from local_stack.ports import LOOPBACK, free_ports
from local_stack.postgres import temporary_postgres
from reporting import database
from reporting.cycles.opening import open_cycle
from reporting.documents import lifecycle
from reporting.documents.lifecycle import Draft, DraftedFile
from reporting.mail.delivery import deliver
from reporting.mail.notices import queue_requests
from reporting.mail.transport import CAPTURE_KEYWORD, Transport
from reporting.regimes.models import load_regime
from reporting.registry.load import load as load_registry
from reporting.settings import settings

NAME = "mail"
ROUNDS = 5
_MINISTRY = "baocao@ttdn.bo-chu-tri.example"


class _Sink:
    """Takes every message and keeps none; names the token as the capture server does."""

    def __init__(self, token: str) -> None:
        self.token = token

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], f"250-{CAPTURE_KEYWORD.upper()} {self.token}", responses[-1]]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        return "250 taken"


def measure() -> Iterator[Figure]:
    """mail.deliver_63_s and mail.vs_bare_yagmail."""
    with _installation() as (engine, port):
        cycle_id = _asked(engine)
        messages = _messages(engine)

        def through_the_ledger() -> None:
            with engine.begin() as connection:
                connection.execute(text("UPDATE cycle.message SET state = 'queued', attempt_count = 0"))
            sent = deliver(engine, cycle_id).sent
            if sent != len(messages):
                raise RuntimeError(f"{sent} of {len(messages)} messages were sent; nothing was measured")

        seconds = alternate({"ours": through_the_ledger, "bare": lambda: _hand_over(port, messages)}, ROUNDS)
    size = sum(len(content) for _, content in messages) // len(messages) // 1000
    yield duration(
        "mail.deliver_63_s",
        seconds["ours"],
        unit="s",
        how=f"63 requests with their files ({size} kB each) to a server on loopback that keeps nothing",
    )
    yield ratio(
        "mail.vs_bare_yagmail",
        seconds["ours"],
        seconds["bare"],
        baseline="one yagmail session handing over the same finished messages: no ledger, no archive",
        bar=None,
        how=f"{ROUNDS} pairs in turn, after one not counted; ours claims, builds and settles each message",
    )


@contextmanager
def _installation() -> Iterator[tuple[Engine, int]]:
    """A warehouse and a mail server of this benchmark alone, with the settings that lead to them."""
    token = secrets.token_urlsafe(16)
    (port,) = free_ports(1)
    controller = Controller(_Sink(token), hostname=LOOPBACK, port=port, data_size_limit=64 * 1024 * 1024)
    with (
        tempfile.TemporaryDirectory(prefix="bench") as folder,
        temporary_postgres(Path(folder) / "pg") as server,
    ):
        server.ensure_role("reporting", secrets.token_urlsafe(24))
        server.ensure_database("warehouse", "reporting")
        url = server.url("warehouse", "reporting")
        before = dict(os.environ)
        os.environ |= {
            "AIRFLOW_CONN_REPORTING_WAREHOUSE": url,
            "REPORTING_ARCHIVE": str(Path(folder) / "archive"),
            "REPORTING_MINISTRY_ADDRESS": _MINISTRY,
            "REPORTING_SIGNING_KEY": "signing key of the benchmarks",
            "REPORTING_CAPTURE_ADDRESS": f"{LOOPBACK}:{port}",
            "REPORTING_CAPTURE_TOKEN": token,
        }
        settings.cache_clear()
        database.migrate(url)
        engine = database.engine(url)
        controller.start()
        try:
            yield engine, port
        finally:
            controller.stop()
            engine.dispose()
            os.environ.clear()
            os.environ |= before
            settings.cache_clear()


def _asked(engine: Engine) -> str:
    """A rehearsed cycle whose requests are queued."""
    load_registry(engine)
    cycle_id = open_cycle(engine, load_regime(REGIME), PERIOD, "rehearsal")
    letter = DraftedFile("letter", "Cong van.docx", b"letter", "application/octet-stream")
    with engine.begin() as connection:
        version = lifecycle.add_version(
            connection, cycle_id, "request_letter", Draft("Đề nghị báo cáo", "", "data", (letter,))
        )
        document = lifecycle.find(connection, cycle_id, "request_letter")
        assert document is not None
        lifecycle.record_decision(
            connection, cycle_id, "request_letter", version, document.content_hash, "approved", "benchmark"
        )
        lifecycle.record_registration(
            connection,
            cycle_id,
            "request_letter",
            number="3621/BTTTT-TTĐN",
            registered_on=date(2012, 12, 3),
            signer="benchmark",
            signed_file_name="Cong van.pdf",
            signed_file=b"%PDF-1.4 " + bytes(60_000),
            entered_by="benchmark",
        )
        queue_requests(connection, cycle_id)
    return cycle_id


def _messages(engine: Engine) -> list[tuple[str, bytes]]:
    """Every queued message as it goes over the wire, with its address."""
    with engine.connect() as connection, Transport() as transport:
        numbers = connection.scalars(text("SELECT message_id FROM cycle.message ORDER BY message_id")).all()
        prepared = [transport.prepare(connection, number) for number in numbers]
    return [(one.to_address, one.message.as_bytes()) for one in prepared]


def _hand_over(port: int, messages: list[tuple[str, bytes]]) -> None:
    session = yagmail.SMTP(
        user={"": ""}, password="", host=LOOPBACK, port=port, smtp_ssl=False, smtp_starttls=False,
        smtp_skip_login=True, soft_email_validation=False,
    )  # fmt: skip
    session.login()
    for address, content in messages:
        session.smtp.sendmail(_MINISTRY, [address], content)
    session.close()
