"""Many arrivals in one transaction: none is lost, repeated, out of order, or held up by a bad one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from email.policy import SMTP
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from reporting import archive
from reporting.clock import VIETNAM
from reporting.database import query
from reporting.intake import answering, process
from reporting.intake.channels import collect
from reporting.intake.claims import named_code
from reporting.intake.process import IntakeError, handle_arrivals, process_arrivals, shares
from reporting.intake.submissions import Answer, Recorded
from tests.integration.intake.conftest import AskedCycle, reply

AN_GIANG, BAC_GIANG, CA_MAU = "so_tttt_an_giang", "so_tttt_bac_giang", "so_tttt_ca_mau"
CLONE = Path(__file__).parents[3]
AT = datetime(2012, 12, 12, 9, tzinfo=VIETNAM)
_WORKER = """
import time
from sqlalchemy import text
from reporting.database import engine
from reporting.intake import process
from reporting.intake.channels import collect
process.CHUNK = 4
collect(engine())
handled = 0
for _ in range(1000):  # what another worker holds is not waited for: it is looked for again
    handled += process.process_arrivals(engine()).handled
    waiting = text("SELECT count(*) FROM intake.arrival WHERE handled_at IS NULL")
    with engine().connect() as connection:
        if not connection.execute(waiting).scalar():
            break
    time.sleep(0.05)
print(handled)
"""


@pytest.fixture(autouse=True)
def on_the_twelfth(asked: AskedCycle) -> None:
    """The clock stands at the afternoon of 12/12/2012."""
    asked.set_clock(datetime(2012, 12, 12, 17, tzinfo=VIETNAM))


def _versions(asked: AskedCycle) -> list[tuple[object, ...]]:
    return asked.rows(
        "SELECT r.organization_id, s.version, s.outcome, s.filename FROM intake.submission s"
        " JOIN cycle.recipient r USING (recipient_id) ORDER BY 1, 2"
    )


def _receipts(asked: AskedCycle) -> list[str]:
    return [str(a) for (a,) in asked.rows("SELECT to_address FROM cycle.message WHERE step = 'receipt'")]


def _lay_in_folder(asked: AskedCycle, filename: str, data: bytes, at: datetime) -> int:
    """A file as a folder channel notes it; returns the number of its arrival."""
    with asked.engine.begin() as connection:
        values = {
            "channel": "folder",
            "mode": "rehearsal",
            "raw_sha256": archive.store(connection, data, "application/octet-stream"),
            "channel_key": filename,
            "filename": filename,
            "envelope": "{}",
            "named_code": named_code(data),
            "received_at": at,
        }
        mail = ("from_address", "message_id_header", "in_reply_to", "subject", "sent_at")
        connection.execute(query("intake/add_arrival"), values | dict.fromkeys(mail))
        found = connection.execute(text("SELECT max(arrival_id) FROM intake.arrival")).scalar_one()
    return int(found)


def _start(surroundings: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _WORKER],
        env={**os.environ, **surroundings},
        stdout=subprocess.PIPE,
        text=True,
        cwd=CLONE,
    )


def _wait_until(asked: AskedCycle, question: str, worker: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while not asked.scalar(question):
        assert time.monotonic() < deadline
        assert worker.poll() is None
        time.sleep(0.02)


def test_two_processes_on_one_mailbox_handle_each_message_once_though_one_is_killed(
    asked: AskedCycle, surroundings: dict[str, str]
) -> None:
    offices = list(asked.answers)[:24]
    for office in offices:
        asked.receive(reply(asked.address(office), ("a.xlsx", asked.filled(office).save())))
    killed, other = _start(surroundings), _start(surroundings)
    handled = "SELECT count(*) >= 6 FROM intake.arrival WHERE handled_at IS NOT NULL"
    _wait_until(asked, handled, killed)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    printed, _ = other.communicate(timeout=120)
    assert other.returncode == 0
    assert int(printed) > 0, "the other worker had its share"

    collect(asked.engine)
    process_arrivals(asked.engine)
    assert _versions(asked) == sorted((office, 1, "accepted", "a.xlsx") for office in offices)
    assert sorted(_receipts(asked)) == sorted(asked.address(office) for office in offices)
    assert asked.scalar("SELECT count(*) FROM intake.arrival") == len(offices)
    assert asked.scalar("SELECT count(*) FROM core.fact") == 12 * len(offices)
    checked = "SELECT count(*) FROM audit.event WHERE kind = 'submission_checked'"
    assert asked.scalar(checked) == len(offices)
    assert asked.scalar("SELECT count(*) FROM intake.attachment") == len(offices)


def test_a_worker_killed_within_the_transaction_leaves_nothing_half_done(
    asked: AskedCycle, surroundings: dict[str, str]
) -> None:
    offices = [AN_GIANG, BAC_GIANG, CA_MAU]
    for office in offices:
        asked.receive(reply(asked.address(office), ("a.xlsx", asked.filled(office).save())))
    with asked.engine.begin() as holder:
        holder.execute(text("LOCK TABLE cycle.message IN SHARE MODE"))  # nobody can queue an answer
        worker = _start(surroundings)
        waiting = (
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND datname = current_database()"
        )
        _wait_until(asked, waiting, worker)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert _versions(asked) == []
    assert asked.scalar("SELECT count(*) FROM audit.event WHERE kind = 'submission_checked'") == 0

    process_arrivals(asked.engine)
    assert _versions(asked) == [(office, 1, "accepted", "a.xlsx") for office in sorted(offices)]
    assert sorted(_receipts(asked)) == sorted(map(asked.address, offices))


def test_one_that_cannot_be_committed_holds_up_no_other(
    asked: AskedCycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = answering.record_submissions

    def failing(
        connection: Connection, cycle_id: str, answers: Sequence[Answer], checked_at: datetime, actor: str
    ) -> list[Recorded]:
        recorded = real(connection, cycle_id, answers, checked_at, actor)
        if any(answer.file.filename == "la.xlsx" for answer in answers):
            raise OSError("this one cannot be stored")
        return recorded

    for office, filename in ((AN_GIANG, "a.xlsx"), (CA_MAU, "la.xlsx"), (BAC_GIANG, "b.xlsx")):
        asked.receive(reply(asked.address(office), (filename, asked.filled(office).save())))
    collect(asked.engine)
    with monkeypatch.context() as broken:
        broken.setattr(answering, "record_submissions", failing)
        with pytest.raises(IntakeError, match=r"1 arrivals could not be handled.*cannot be stored"):
            process_arrivals(asked.engine)
    assert _versions(asked) == [(AN_GIANG, 1, "accepted", "a.xlsx"), (BAC_GIANG, 1, "accepted", "b.xlsx")]
    process_arrivals(asked.engine)
    assert (CA_MAU, 1, "accepted", "la.xlsx") in _versions(asked)


def test_versions_that_arrive_together_keep_their_order_and_a_repeat_is_one(asked: AskedCycle) -> None:
    second = asked.filled(AN_GIANG)
    second.write_mark(
        "quy_che", 2011, {"mark": "X", "document_number": "9/QĐ-UBND", "document_on": AT.date()}
    )
    first = asked.filled(AN_GIANG).save()
    for hour, name, data in ((9, "a", first), (10, "b", second.save()), (8, "c", first)):
        at = datetime(2012, 12, 12, hour, tzinfo=VIETNAM)
        asked.receive(reply(asked.address(AN_GIANG), (f"{name}.xlsx", data), at=at))
    collect(asked.engine)
    assert process_arrivals(asked.engine).handled == 3
    assert [(version, name) for _, version, _, name in _versions(asked)] == [(1, "c.xlsx"), (2, "b.xlsx")]
    assert sorted(asked.rows("SELECT outcome FROM intake.arrival")) == [
        ("duplicate",),
        ("submission",),
        ("submission",),
    ]


def test_a_file_in_a_folder_is_its_signed_offices_and_waits_for_an_earlier_one(asked: AskedCycle) -> None:
    workbook = asked.filled(AN_GIANG)
    workbook.write_mark("quy_che", 2011, {"mark": "đang làm"})
    earlier = _lay_in_folder(asked, "dau.xlsx", workbook.save(), AT)
    data = asked.filled(AN_GIANG).save()
    later = _lay_in_folder(asked, "sau.xlsx", data, datetime(2012, 12, 12, 10, tzinfo=VIETNAM))

    assert handle_arrivals(asked.engine, only=[later]).handled == 0, "another worker has the earlier one"
    assert handle_arrivals(asked.engine, only=[earlier]).handled == 1
    assert handle_arrivals(asked.engine, only=[later]).handled == 1
    assert [(version, name) for _, version, _, name in _versions(asked)] == [(1, "dau.xlsx"), (2, "sau.xlsx")]
    assert _receipts(asked) == [asked.address(AN_GIANG)]
    kept = asked.rows(
        "SELECT filename, role, file_sha256 FROM intake.attachment WHERE arrival_id = :a", a=later
    )
    assert kept == [("sau.xlsx", "workbook", archive.sha256_of(data))]


def test_a_file_in_a_folder_without_our_signature_is_for_a_person(asked: AskedCycle) -> None:
    workbook = asked.filled(AN_GIANG)
    workbook.forget_identity()
    _lay_in_folder(asked, "la.xlsx", workbook.save(), AT)
    assert process_arrivals(asked.engine).put_aside == 1
    assert "không có dấu xác thực" in str(asked.scalar("SELECT note FROM intake.arrival"))
    assert _versions(asked) == []


def test_many_arrivals_are_shared_out_by_sender(asked: AskedCycle) -> None:
    for number, office in enumerate((AN_GIANG, BAC_GIANG, AN_GIANG, CA_MAU)):
        data = f"tệp {number}".encode()
        asked.receive(reply(asked.address(office), (f"{number}.xlsx", data)))
    collect(asked.engine)
    senders = dict(asked.rows("SELECT arrival_id, from_address FROM intake.arrival"))
    found = shares(asked.engine, 1)
    assert sorted(number for share in found for number in share) == sorted(senders)
    assert sorted(len(share) for share in found) == [1, 1, 2]
    (pair,) = (share for share in found if len(share) == 2)
    assert {senders[number] for number in pair} == {asked.address(AN_GIANG)}
    assert len(shares(asked.engine, 400)) == 1


def test_what_is_larger_than_is_held_at_once_is_handled_in_turn(
    asked: AskedCycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    for office in (AN_GIANG, BAC_GIANG, CA_MAU):
        asked.receive(reply(asked.address(office), ("a.xlsx", asked.filled(office).save())))
    collect(asked.engine)
    size = len(reply(asked.address(AN_GIANG), ("a.xlsx", b"")).as_bytes(policy=SMTP))
    monkeypatch.setattr(process, "CHUNK_BYTES", size)
    opened: list[int] = []
    real = process.open_arrivals

    def counted(connection: Connection, rows: Sequence[object], *more: object) -> object:
        opened.append(len(rows))
        return real(connection, rows, *more)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(process, "open_arrivals", counted)
    assert process_arrivals(asked.engine).handled == 3
    assert opened[:3] == [1, 1, 1]
