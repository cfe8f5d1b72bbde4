"""The virus scanner before everything that opens what came: found, away, slow, half-open, back again."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import text

from local_stack.ports import free_ports
from reporting.archive import path_of, sha256_of
from reporting.clock import VIETNAM
from reporting.database import query
from reporting.intake import process, virus_scan
from reporting.intake.channels import collect
from reporting.intake.desk import DeskError, enter_for_office
from reporting.intake.process import IntakeResult, process_arrivals
from reporting.intake.settling import SettlingRefused, settle_arrival
from reporting.intake.virus_scan import Clamd, ScanFailed, ScannerAway
from reporting.intake.waiting import waiting
from reporting.settings import settings
from tests.integration.intake import scanner
from tests.integration.intake.conftest import AskedCycle, reply
from tests.integration.intake.scanner import MARKER, SIGNATURE

AN_GIANG, BAC_GIANG = "so_tttt_an_giang", "so_tttt_bac_giang"


@pytest.fixture(scope="session")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real clamd."""
    if scanner.program() is None:
        pytest.skip("clamd is not installed: apt-get install clamav-daemon")
    with scanner.real(tmp_path_factory.mktemp("clamav") / "clamd") as address:
        yield address


@pytest.fixture(autouse=True)
def on_the_twelfth(asked: AskedCycle) -> None:
    asked.set_clock(datetime(2012, 12, 12, 17, tzinfo=VIETNAM))


def scanned_by(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("REPORTING_CLAMAV", address)
    settings.cache_clear()


def take_in(asked: AskedCycle) -> IntakeResult:
    collect(asked.engine)
    return process_arrivals(asked.engine)


def send(asked: AskedCycle, office: str, *files: tuple[str, bytes]) -> None:
    asked.receive(reply(asked.address(office), *files))


def zipped(*files: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in files:
            package.writestr(name, data)
    return packed.getvalue()


def wake(asked: AskedCycle) -> None:
    """Let the minute pass for which the scanner is left alone."""
    with asked.engine.begin() as connection:
        connection.execute(text("UPDATE intake.virus_scanner SET next_try_at = clock_timestamp()"))


def told(asked: AskedCycle) -> list[tuple[object, ...]]:
    return asked.rows("SELECT subject FROM audit.alert ORDER BY raised_at")


def is_ready(asked: AskedCycle) -> bool:
    with asked.engine.connect() as connection:
        return bool(connection.scalar(query("waits/arrivals_ready")))


def test_clean_files_are_answered_and_each_is_scanned_once(
    asked: AskedCycle, clamd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanned_by(monkeypatch, clamd)
    data = asked.filled(AN_GIANG).save()
    send(asked, AN_GIANG, ("So lieu.zip", zipped(("a.xlsx", data))))
    assert take_in(asked).accepted == 1
    said = asked.rows("SELECT verdict, signature, try_count, engine ~ '^ClamAV ' FROM intake.virus_scan")
    assert said == [("clean", None, 1, True)] * 3  # the mail, the zip, the workbook
    send(asked, AN_GIANG, ("So lieu lan hai.xlsx", data))
    take_in(asked)
    assert asked.rows("SELECT try_count FROM intake.virus_scan") == [(1,)] * 4  # the second mail alone
    assert told(asked) == []


@pytest.mark.parametrize("is_packed", [False, True])
def test_an_infected_delivery_is_kept_unopened_and_told_once(
    asked: AskedCycle, clamd: str, monkeypatch: pytest.MonkeyPatch, *, is_packed: bool
) -> None:
    scanned_by(monkeypatch, clamd)
    good, bad = asked.filled(AN_GIANG).save(), b"MZ " + MARKER
    files = [("So lieu.xlsx", good), ("Phu luc.exe", bad)]
    send(asked, AN_GIANG, *([("Tat ca.zip", zipped(*files))] if is_packed else files))
    send(asked, BAC_GIANG, ("So lieu.xlsx", asked.filled(BAC_GIANG).save()))
    result = take_in(asked)
    assert (result.handled, result.accepted, result.put_aside) == (2, 1, 1)
    # nothing of it was opened, recorded or answered; all of it is in the archive
    assert asked.scalar("SELECT count(*) FROM intake.submission") == 1
    arrival, note, raw = asked.rows(
        "SELECT arrival_id, note, raw_sha256 FROM intake.arrival WHERE outcome = 'quarantined'"
    )[0]
    assert SIGNATURE in str(note)
    assert "không mở" in str(note)
    assert asked.scalar("SELECT count(*) FROM intake.attachment WHERE arrival_id = :a", a=arrival) == 0
    assert b"boundary" in path_of(str(raw)).read_bytes()
    answered = "SELECT count(*) FROM cycle.message WHERE to_address = :a AND step <> 'request'"
    assert asked.scalar(answered, a=asked.address(AN_GIANG)) == 0
    # it waits for a person, the operator is told once, what was found is on record
    with asked.engine.connect() as connection:
        assert [one.arrival_id for one in waiting(connection) if one.kind == "arrival"] == [arrival]
    take_in(asked)
    assert [SIGNATURE in str(body) for body in asked.rows("SELECT body FROM audit.alert")] == [True]
    found = "SELECT detail ->> 'signature' FROM audit.event WHERE kind = 'virus_found'"
    assert SIGNATURE in str(asked.scalar(found))
    # and no person's decision opens it
    with pytest.raises(SettlingRefused, match=SIGNATURE):
        settle_arrival(
            asked.engine, int(str(arrival)), asked.cycle_id, asked.code(AN_GIANG), "đã gọi điện", "van_thu"
        )
    assert asked.scalar("SELECT count(*) FROM intake.submission") == 1


def test_a_false_alarm_ends_with_the_signatures_that_are_mended(
    asked: AskedCycle, clamd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def alarmed(data: bytes | None) -> bytes:
        return b"ClamAV 1/1" if data is None else b"stream: Too.Eager FOUND"

    send(asked, AN_GIANG, ("So lieu.xlsx", asked.filled(AN_GIANG).save()))
    with scanner.fake(alarmed) as address:
        scanned_by(monkeypatch, address)
        assert take_in(asked).put_aside == 1
        arrival = int(str(asked.scalar("SELECT arrival_id FROM intake.arrival")))
        decision = (arrival, asked.cycle_id, asked.code(AN_GIANG), "đã gọi điện", "van_thu")
        with pytest.raises(SettlingRefused, match=r"Too\.Eager"):
            settle_arrival(asked.engine, *decision)
    scanned_by(monkeypatch, clamd)
    settle_arrival(asked.engine, *decision)
    assert asked.scalar("SELECT outcome FROM intake.submission") == "accepted"
    assert {*asked.rows("SELECT verdict FROM intake.virus_scan")} == {("clean",)}


def test_a_scan_that_fails_takes_no_verdict_back(asked: AskedCycle) -> None:
    kept = query("virus_scan/keep")
    with asked.engine.begin() as connection:
        for said in ("infected", "unscanned", "clean", "unscanned"):
            why = None if said == "clean" else "x"
            connection.execute(
                kept, {"sha256": "a" * 64, "verdict": said, "signature": why, "engine": "1"}
            ).scalar()
    assert asked.rows("SELECT verdict, try_count FROM intake.virus_scan") == [("clean", 2)]


def test_nothing_is_entered_at_the_desk_that_is_infected(
    asked: AskedCycle, clamd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanned_by(monkeypatch, clamd)
    entry = (asked.engine, asked.cycle_id, asked.code(AN_GIANG), "Từ đĩa.xlsx", MARKER, "đĩa CD", "van_thu")
    with pytest.raises(DeskError, match=rf"{SIGNATURE}.*Từ đĩa\.xlsx"):
        enter_for_office(*entry)
    scanned_by(monkeypatch, f"127.0.0.1:{free_ports(1)[0]}")
    with pytest.raises(DeskError, match="không trả lời"):
        enter_for_office(*entry[:4], b"another", *entry[5:])


def test_while_the_scanner_is_away_deliveries_wait_and_go_on_when_it_is_back(
    asked: AskedCycle, clamd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanned_by(monkeypatch, f"127.0.0.1:{free_ports(1)[0]}")
    data = asked.filled(AN_GIANG).save()
    send(asked, AN_GIANG, ("So lieu.xlsx", data))
    for _ in range(3):  # neither lost nor let through, however often it is tried
        result = take_in(asked)
        assert (result.handled, len(result.unscanned)) == (0, 1)
        assert not is_ready(asked)  # nobody runs in circles meanwhile
        with asked.engine.begin() as connection:  # the clock was a day ahead and is put back
            connection.execute(
                text("UPDATE intake.virus_scanner SET next_try_at = next_try_at + interval '1 day'")
            )
        assert is_ready(asked)
        wake(asked)
        assert is_ready(asked)
    assert asked.scalar("SELECT count(*) FROM intake.arrival WHERE handled_at IS NULL") == 1
    assert asked.rows("SELECT verdict FROM intake.virus_scan") == []
    assert told(asked) == [("Cần xử lý: phần mềm quét mã độc không trả lời",)]
    monkeypatch.setattr(process, "CHUNK", 1)
    send(asked, BAC_GIANG, ("So lieu.xlsx", data[:-1]))
    assert len(take_in(asked).unscanned) == 1  # of many the others are not even read
    wake(asked)
    with asked.engine.begin() as connection:  # the scanner of that address is back
        connection.execute(text("UPDATE intake.virus_scanner SET address = :a"), {"a": clamd})
    scanned_by(monkeypatch, clamd)
    assert take_in(asked).handled == 2
    assert asked.rows("SELECT failing_since, problem, next_try_at FROM intake.virus_scanner") == [
        (None, None, None)
    ]
    scanned_by(monkeypatch, "127.0.0.1:1")  # away another time: told another time
    send(asked, BAC_GIANG, ("So lieu.xlsx", data))
    take_in(asked)
    assert len(told(asked)) == 2


def test_a_half_open_scanner_costs_seconds_and_lets_nothing_through(
    asked: AskedCycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(virus_scan, "ANSWER_SECONDS", 0.3)
    for office in (AN_GIANG, BAC_GIANG):
        send(asked, office, ("So lieu.xlsx", asked.filled(office).save()))
    with scanner.fake(lambda _: None) as address:
        scanned_by(monkeypatch, address)
        assert len(take_in(asked).unscanned) == 2
        assert asked.rows("SELECT sha256 FROM intake.virus_scan") == []
        with pytest.raises(ScannerAway):
            Clamd(address).version()


def test_a_file_on_which_the_scanner_fails_holds_up_nobody_and_is_put_aside_after_three_tries(
    asked: AskedCycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(virus_scan, "FILE_SECONDS", 0.5)
    slow = b"takes for ever"

    def answer(data: bytes | None) -> bytes | None:
        if data is None:
            return b"ClamAV 1.4.6/1/today"
        return None if data == slow else b"stream: OK"

    send(asked, AN_GIANG, ("cham.bin", slow))
    send(asked, BAC_GIANG, ("So lieu.xlsx", asked.filled(BAC_GIANG).save()))
    with scanner.fake(answer) as address:
        scanned_by(monkeypatch, address)
        first = take_in(asked)
        assert (first.accepted, len(first.unscanned)) == (1, 1)
        assert is_ready(asked)
        take_in(asked)
        third = take_in(asked)
        assert (third.put_aside, third.unscanned) == (1, set())
    tries = asked.rows(
        "SELECT verdict, try_count FROM intake.virus_scan WHERE sha256 = :s", s=sha256_of(slow)
    )
    assert tries == [("unscanned", 3)]
    note = asked.scalar("SELECT note FROM intake.arrival WHERE outcome = 'quarantined'")
    assert 'không quét được tệp "cham.bin"' in str(note)
    assert told(asked) == []  # the scanner answered all the time


def test_a_real_scanner_refuses_what_is_larger_than_it_takes(clamd: str) -> None:
    with pytest.raises(ScanFailed, match="size limit exceeded"):
        Clamd(clamd).scan(b"x" * 5_000_000)
    with pytest.raises(ScanFailed, match=r"Limits\.Exceeded"):  # no virus, but not looked through either
        Clamd(clamd).scan(b"x" * 1_500_000)
    assert Clamd(clamd).scan(b"x" * 1_000_000) is None


def test_answers_that_are_none_count_as_no_result() -> None:
    for said in (b"", b"stream: MAYBE", b"stream: OK FOUND?", b"PONG"):
        with scanner.fake(lambda data, said=said: said) as address, pytest.raises(ScanFailed):
            Clamd(address).scan(b"x")
