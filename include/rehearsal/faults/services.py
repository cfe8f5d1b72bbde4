"""Experiments on the services around the domain: mail servers, mailboxes, disks, the clock.

Each is made on an installation of its own process: a warehouse, an archive, a cycle whose request went out.
After each the fault is mended and nothing else done than what the tasks do anyway: collect and deliver again.
"""

from __future__ import annotations

import imaplib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from local_stack.ports import LOOPBACK, free_ports
from rehearsal.faults import disks, rude_imap, rude_smtp, steps_of_clock
from rehearsal.faults.bench import MINISTRY, Bench, installation, note, note_ambiguous, told
from rehearsal.faults.report import Experiment
from rehearsal.faults.rude_smtp import RudeSmtp
from reporting import archive
from reporting.database import query
from reporting.intake.channels import Imap, collect
from reporting.intake.channels import imap as imap_channel
from reporting.mail import transport
from reporting.mail.delivery import deliver
from reporting.settings import settings

PATIENCE = 0.6
"""Seconds after which a silent server is given up in these experiments; 60 in an installation."""


def smtp(bench: Bench, manners: Sequence[rude_smtp.Manner] | None = None) -> Experiment:
    """A mail server in each bad manner while messages of both policies are delivered; then a good one."""
    experiment = Experiment("smtp", "mail server down, half-open, slow, refusing, dropping, duplicating")
    with rude_smtp.running(settings().capture_token.get_secret_value()) as server, _patience():
        with told(REPORTING_CAPTURE_ADDRESS=f"{LOOPBACK}:{free_ports(1)[0]}"):
            expected = bench.queue()
            note(experiment, "down")
            deliver(bench.engine, bench.cycle_id)
        with told(REPORTING_CAPTURE_ADDRESS=f"{LOOPBACK}:{server.port}"):
            _settled(bench, experiment, server, expected, None)
            for manner in manners or tuple(rude_smtp.manners()):
                server.behave(manner)
                expected = bench.queue()
                began = time.monotonic()
                deliver(bench.engine, bench.cycle_id)
                if time.monotonic() - began > 40 * PATIENCE + 10:
                    experiment.wrong.append(f"{manner.name}: {time.monotonic() - began:.0f} s")
                note(experiment, manner.name)
                if not server.shown and not manner.delay and manner.keeps != 2:
                    experiment.wrong.append(f"{manner.name}: was never shown")
                server.behave(None)
                _settled(bench, experiment, server, expected, manner)
    return experiment


def _settled(
    bench: Bench,
    experiment: Experiment,
    server: RudeSmtp,
    expected: Sequence[str],
    manner: rude_smtp.Manner | None,
) -> None:
    """Deliver with a good server, and hold the ledger against what was delivered."""
    deliver(bench.engine, bench.cycle_id)
    name = "down" if manner is None else manner.name
    with bench.engine.connect() as connection:
        rows = connection.execute(query("faults/states"), {"headers": list(expected)}).all()
    for row in rows:
        header, taken = row.message_id_header, server.handed_over[row.message_id_header]
        delivered = server.delivered[header]
        unknown = int(row.unknown_outcomes)
        if row.state == "sent":
            if not delivered:
                experiment.lost.append(f"{name}: {header} counts as sent and was never delivered")
            if taken > 1 + unknown:
                experiment.doubles.append(f"{name}: {header} was handed over {taken} times unawares")
            if unknown:
                note_ambiguous(experiment, "sent again")
        elif row.state == "ambiguous" and row.when_unknown == "leave" and taken <= 1:
            note_ambiguous(experiment, "left")
        elif row.state == "failed":
            is_refused = manner is not None and (manner.answer or b"").startswith(b"554")
            if not is_refused or delivered:
                experiment.lost.append(f"{name}: {header} failed: {row.last_detail}")
        else:
            experiment.wrong.append(f"{name}: {header} was left {row.state}: {row.last_detail}")


def imap(bench: Bench, manners: Sequence[rude_imap.Manner] | None = None) -> Experiment:
    """A mailbox in each bad manner while three mails wait in it, one of them twice; then a good one."""
    experiment = Experiment("imap", "mailbox down, half-open, slow, refusing, dropping, duplicating")
    numbers = count(1)

    def mails(manner: str) -> list[bytes]:
        return [_mail(manner, next(numbers)) for _ in range(3)]

    with rude_imap.running() as server, _patience():
        for manner in (None, *(manners or tuple(rude_imap.manners()))):
            for renumbered in (False, True):
                name = ("down" if manner is None else manner.name) + (
                    ", then numbered anew" if renumbered else ""
                )
                server.messages.clear()
                sent = mails(name)
                server.deliver(*sent, sent[0])
                server.behave(manner)
                port = free_ports(1)[0] if manner is None else server.port
                channel = _channel(port)
                try:
                    collect(bench.engine, [channel])
                    collect(bench.engine, [channel])
                except Exception as error:
                    experiment.wrong.append(f"{name}: {type(error).__name__}: {error}")
                channel.close()
                note(experiment, name)
                if manner is not None and not server.shown and not manner.delay:
                    experiment.wrong.append(f"{name}: was never shown")
                if renumbered:
                    server.number_anew()
                server.behave(None)
                with bench.engine.begin() as connection:
                    connection.execute(query("faults/try_items_again"))
                channel = _channel(server.port)
                for _ in range(3):
                    collect(bench.engine, [channel])
                channel.close()
                with bench.engine.connect() as connection:
                    for raw in sent:
                        key = {"sha256": archive.sha256_of(raw)}
                        arrived = connection.execute(query("faults/arrivals_of"), key).scalar_one()
                        if arrived == 0:
                            experiment.lost.append(f"{name}: a mail never arrived")
                        elif arrived > 1:
                            experiment.doubles.append(f"{name}: a mail arrived {arrived} times")
                unmarked = [m.uid for m in server.messages if not m.is_marked]
                if unmarked:
                    experiment.wrong.append(f"{name}: {len(unmarked)} mails were never marked as collected")
    return experiment


EXPERIMENTS: dict[str, Callable[[Bench], Experiment]] = {
    "smtp": smtp,
    "imap": imap,
    **disks.EXPERIMENTS,
    **steps_of_clock.EXPERIMENTS,
}


def play(folder: Path, seed: int, only: Sequence[str] | None) -> Iterator[Experiment]:
    """Make the experiments (by default all), one after the other on one installation."""
    wanted = [name for name in EXPERIMENTS if not only or name in only]
    if not wanted:
        return
    with installation(folder, seed) as bench:
        for name in wanted:
            began = time.monotonic()
            experiment = EXPERIMENTS[name](bench)
            experiment.seconds = round(time.monotonic() - began, 1)
            yield experiment


def _channel(port: int) -> Imap:
    def connect() -> imaplib.IMAP4:
        client = imaplib.IMAP4(LOOPBACK, port, timeout=PATIENCE)
        try:
            client.login("bao-cao", "mat-khau")
        except BaseException:
            client.shutdown()
            raise
        return client

    channel = Imap("imap:faults/INBOX", connect, mode="rehearsal")
    channel.refusal_seconds = 0.0
    return channel


@contextmanager
def _patience() -> Iterator[None]:
    """Give up silent servers soon."""
    before = transport.SECONDS_TO_WAIT, imap_channel.TIMEOUT_SECONDS
    transport.SECONDS_TO_WAIT = imap_channel.TIMEOUT_SECONDS = PATIENCE
    try:
        yield
    finally:
        transport.SECONDS_TO_WAIT, imap_channel.TIMEOUT_SECONDS = before


def _mail(what: str, number: int) -> bytes:
    head = f"From: dau-moi@so.example\r\nTo: {MINISTRY}\r\nSubject: {what} {number}\r\n"
    head += f"Message-ID: <{number}.faults@so.example>\r\nDate: Wed, 12 Dec 2012 09:00:00 +0700\r\n\r\n"
    return head.encode() + b"noi dung\r\n" * 200
