"""Delivering through the ledger, beside yagmail without one: the 63 requests, and many personal messages."""

from __future__ import annotations

import gc
import hashlib
import io
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yagmail
from sqlalchemy import Engine, text

from benchmarks import sink
from benchmarks.answers import PERIOD, REGIME
from benchmarks.figures import Figure, alternate, duration, ratio
from benchmarks.installation import MINISTRY, installation
from local_stack.ports import LOOPBACK, free_ports
from reporting import archive, clock
from reporting.cycles.opening import open_cycle
from reporting.database import query
from reporting.documents import approval, lifecycle, registration
from reporting.documents.lifecycle import Draft, DraftedFile
from reporting.mail.delivery import deliver
from reporting.mail.ledger import AttachedFile, OutgoingMessage, queue
from reporting.mail.notices import queue_requests
from reporting.mail.transport import Transport
from reporting.regimes.models import load_regime
from reporting.registry.load import load as load_registry

NAME = "mail"
ROUNDS = 5
_FULL = 10_000
_FILE_BYTES = 30_000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def measure() -> Iterator[Figure]:
    """mail.deliver_63_s, mail.vs_bare_yagmail, mail.vs_bare_loop and mail.rss_growth.

    BENCH_MESSAGES (1000) is how many messages the last two send; from 10000 each side sends them once.
    """
    with _installation(is_durable=False) as (engine, port):
        cycle_id = _asked(engine)
        finished = _finished(engine)
        seconds = alternate(
            {
                "ours": lambda: _deliver_all(engine, cycle_id, len(finished), is_to_be_queued=True),
                "bare": lambda: _hand_over(port, finished),
            },
            ROUNDS,
        )
    size = sum(len(content) for _, content in finished) // len(finished) // 1000
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
        baseline="one yagmail session handing over the same finished messages: no ledger, nothing built",
        bar=None,
        how=f"{ROUNDS} pairs in turn, after one not counted; ours reserves, builds and settles each message",
    )
    yield from _many(int(os.environ.get("BENCH_MESSAGES", "1000")))


def _many(count: int) -> Iterator[Figure]:
    """The figures of many personal messages."""
    rounds = 1 if count >= _FULL else 3
    with _installation(is_durable=True) as (engine, port):
        cycle_id = _asked(engine)
        messages = _queue_personal(engine, cycle_id, count)
        pairs: dict[str, list[float]] = {"ours": [], "bare": []}
        for number in range(rounds):
            sides = {
                "ours": lambda: _deliver_all(engine, cycle_id, count),
                "bare": lambda: _loop(port, messages),
            }
            for name in sorted(sides, reverse=bool(number % 2)):
                _queue_again(engine)
                gc.collect()
                began = time.perf_counter()
                sides[name]()
                pairs[name].append(time.perf_counter() - began)
        held = _held(engine, cycle_id, count)
    yield ratio(
        "mail.vs_bare_loop",
        pairs["ours"],
        pairs["bare"],
        baseline=(
            "a loop that calls yagmail's send() for each message on one connection kept open (html, file "
            "read from disk, without prettify_html): no ledger"
        ),
        bar=1.3,
        how=(
            f"{count} personal messages with a file of {_FILE_BYTES // 1000} kB each to a server in a "
            f"process of its own; {rounds} pair{'s' if rounds > 1 else ''} in turn; ours with every commit "
            f"on disk; {min(pairs['ours']):.1f} s against {min(pairs['bare']):.1f} s; "
            f"BENCH_MESSAGES={_FULL} for all"
        ),
    )
    yield Figure(
        "mail.rss_growth",
        round(held[-1] / held[0], 3),
        "×",
        f"resident memory of the delivering process after {count // 10} messages",
        1.05,
        f"resident memory after {count} messages, in a process of its own; samples in MB",
        tuple(round(one / 1e6, 1) for one in held),
    )


@contextmanager
def _installation(*, is_durable: bool) -> Iterator[tuple[Engine, int]]:
    """A warehouse and a mail server of this benchmark alone."""
    token = secrets.token_urlsafe(16)
    (port,) = free_ports(1)
    address = f"{LOOPBACK}:{port}"
    with (
        sink.running(port, token),
        installation(
            is_durable=is_durable, REPORTING_CAPTURE_ADDRESS=address, REPORTING_CAPTURE_TOKEN=token
        ) as engine,
    ):
        yield engine, port


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
        approval.record_decision(
            connection, cycle_id, "request_letter", version, document.content_hash, "approved", "benchmark"
        )
        registration.record_registration(
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


def _finished(engine: Engine) -> list[tuple[str, bytes]]:
    """Every queued message as it goes over the wire, with its address."""
    values: dict[str, object] = {
        "deliverer": "benchmark",
        "cycle_id": None,
        "wall_now": clock.wall_now(),
        "tried": [],
        "modes_without_server": [],
        "closed": [],
        "count": 1000,
    }
    with engine.connect() as connection, Transport() as transport:
        rows = connection.execute(query("mail/reserve"), values).all()
        prepared = [transport.prepare(row, "Cục Thông tin đối ngoại") for row in rows]
        connection.rollback()
    return [(one.to_address, one.content) for one in prepared]


@dataclass(frozen=True)
class _Personal:
    """A message as somebody without a ledger would keep it."""

    to_address: str
    subject: str
    html: str
    filename: str
    file: Path


def _queue_personal(engine: Engine, cycle_id: str, count: int) -> list[_Personal]:
    """Queue `count` requests in place of the cycle's own, each with a text and a file of its own."""
    messages = []
    with engine.begin() as connection:
        given = connection.execute(
            text(
                "SELECT m.*, r.reference_code "
                "FROM cycle.message m JOIN cycle.recipient r USING (recipient_id)"
            )
        ).all()
        connection.execute(text("DELETE FROM cycle.message_event"))
        connection.execute(text("DELETE FROM cycle.message"))
        for number in range(count):
            like = given[number % len(given)]
            data = secrets.token_bytes(_FILE_BYTES)
            sha256 = hashlib.sha256(data).hexdigest()
            path = Path(str(archive.path_of(sha256)))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

            def personal(words: str, code: str = like.reference_code, mark: int = number) -> str:
                return words.replace(code, f"{code}.{mark}")

            file = AttachedFile(personal(like.attachments[-1]["filename"]) + f" {number}.xlsx", sha256, _XLSX)
            queue(
                connection,
                OutgoingMessage(
                    cycle_id=cycle_id,
                    recipient_id=like.recipient_id,
                    contact_id=like.contact_id,
                    step="request",
                    sequence=number + 1,
                    to_address=like.to_address,
                    subject=personal(like.subject),
                    body_text=personal(like.body_text),
                    body_html=personal(like.body_html),
                    attachments=(file,),
                ),
            )
            messages.append(
                _Personal(
                    like.to_address, personal(like.subject), personal(like.body_html), file.filename, path
                )
            )
    return messages


def _queue_again(engine: Engine) -> None:
    """As if the messages had just been queued: without the traces of having been sent before."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE cycle.message SET state = 'queued', attempt_count = 0"))
        connection.execute(text("DELETE FROM cycle.message_event WHERE state <> 'queued'"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE cycle.message, cycle.message_event"))


def _deliver_all(engine: Engine, cycle_id: str, count: int, *, is_to_be_queued: bool = False) -> None:
    if is_to_be_queued:
        with engine.begin() as connection:
            connection.execute(text("UPDATE cycle.message SET state = 'queued', attempt_count = 0"))
    sent = deliver(engine, cycle_id).sent
    if sent != count:
        raise RuntimeError(f"{sent} of {count} messages were sent; nothing was measured")


class _KeptOpen(yagmail.SMTP):  # type: ignore[misc]  # yagmail carries no types
    """yagmail connects anew for each send(); this one keeps its connection."""

    def login(self) -> None:
        """Connect, once."""
        if self.smtp is None or self.is_closed:
            super().login()


def _session(port: int, kind: type[yagmail.SMTP] = yagmail.SMTP) -> yagmail.SMTP:
    return kind(
        user={MINISTRY: "Cục Thông tin đối ngoại"}, password="", host=LOOPBACK, port=port, smtp_ssl=False,
        smtp_starttls=False, smtp_skip_login=True, soft_email_validation=False,
    )  # fmt: skip


def _loop(port: int, messages: list[_Personal]) -> None:
    """What one would write without a ledger."""
    session = _session(port, _KeptOpen)
    for message in messages:
        file = io.BytesIO(message.file.read_bytes())
        file.name = message.filename
        session.send(
            to=message.to_address,
            subject=message.subject,
            contents=message.html,
            attachments=[file],
            prettify_html=False,
        )
    if session.num_mail_sent != len(messages):
        raise RuntimeError(
            f"{session.num_mail_sent} of {len(messages)} messages were sent; nothing was measured"
        )
    session.close()


def _hand_over(port: int, messages: list[tuple[str, bytes]]) -> None:
    session = _session(port)
    session.login()
    for address, content in messages:
        session.smtp.sendmail(MINISTRY, [address], content)
    session.close()


def _held(engine: Engine, cycle_id: str, count: int) -> list[int]:
    """Resident memory (bytes) of a process that delivers all, after a tenth of `count` messages and all."""
    _queue_again(engine)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.mail_memory", cycle_id, str(count // 10), str(count)],
        cwd=Path(__file__).parents[1],
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout)
    if found["sent"] != count:
        raise RuntimeError(f"{found['sent']} of {count} messages were sent; nothing was measured")
    return list(found["held"])
