"""The hooks of the fault experiments: which points a process passes, and that the harm at one is real."""

from __future__ import annotations

import os
import smtplib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.faults.domain import harm
from rehearsal.faults.domain.harm import HARMS, Harm, fitting
from rehearsal.faults.domain.points import Point
from rehearsal.faults.domain.site import Attempt, Fault, attempt
from reporting import archive, isolation
from reporting.settings import settings

PLACE = "archive:_write_once"
DATA = b"0123456789" * 10


@pytest.fixture(autouse=True)
def archive_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("REPORTING_ARCHIVE", str(tmp_path / "archive"))
    settings.cache_clear()
    yield tmp_path / "archive"
    settings.cache_clear()


def keep() -> None:
    archive._write_once(archive.path_of("ab" * 32), DATA)  # the function under test has no warehouse


def named(name: str, point: Point) -> Harm:
    (found,) = [one for one in HARMS if one.name == name and one.fits(point)]
    return found


def disturbed(folder: Path, name: str, kind: str, occurrence: int = 1, place: str = PLACE) -> Attempt:
    point = Point(kind, place, occurrence)
    return attempt(folder, keep, Fault(point, named(name, point)))


def files(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in (folder / "ab").iterdir()}


def test_an_undisturbed_process_tells_what_it_passed_in_order(tmp_path: Path) -> None:
    found = attempt(tmp_path, keep)
    assert found.ended == "well"
    assert {point.place for point in found.passed} == {PLACE}
    kinds = [f"{p.kind} {p.occurrence}" for p in found.passed if not p.kind.startswith("file.mkdir")]
    assert kinds == [
        "file.write.before 1", "file.write.after 1", "file.fsync.before 1", "file.fsync.after 1",
        "file.replace.before 1", "file.replace.after 1", "file.fsync.before 2", "file.fsync.after 2",
        "file.unlink.before 1",
    ]  # fmt: skip


def test_what_others_than_the_domain_do_is_no_point(tmp_path: Path) -> None:
    found = attempt(tmp_path, lambda: (tmp_path / "mine").write_bytes(b"x") and (tmp_path / "mine").unlink())
    assert (found.ended, found.passed) == ("well", ())


def test_a_kill_before_the_rename_leaves_no_file_and_one_after_it_leaves_it_whole(
    tmp_path: Path, archive_of_its_own: Path
) -> None:
    before = disturbed(tmp_path, "kill", "file.replace.before")
    assert (before.ended, before.hit) == ("killed", True)
    assert "ab" * 32 not in files(archive_of_its_own)
    after = disturbed(tmp_path, "kill", "file.replace.after")
    assert (after.ended, after.hit) == ("killed", True)
    assert files(archive_of_its_own)["ab" * 32] == len(DATA)


def test_a_kill_in_the_midst_of_a_write_leaves_half_of_it(tmp_path: Path, archive_of_its_own: Path) -> None:
    assert disturbed(tmp_path, "kill_halfway", "file.write.before").ended == "killed"
    assert list(files(archive_of_its_own).values()) == [len(DATA) // 2]


def test_a_full_disk_is_an_error_that_the_process_may_tidy_up_after(
    tmp_path: Path, archive_of_its_own: Path
) -> None:
    found = disturbed(tmp_path, "no_space", "file.write.before")
    assert (found.ended, found.hit) == ("failed", True)
    assert "No space left on device" in found.said
    assert files(archive_of_its_own) == {}


def test_a_point_that_is_never_reached_counts_as_not_hit(tmp_path: Path) -> None:
    found = disturbed(tmp_path, "kill", "file.fsync.before", occurrence=3)
    assert (found.ended, found.hit) == ("well", False)


def test_a_child_of_the_process_is_not_watched_and_may_be_killed(tmp_path: Path) -> None:
    def ask() -> None:
        (answer,) = isolation.run_apart(lambda number: number + 1, [1])
        os.write(2, f"answer {answer}\n".encode())

    calm = attempt(tmp_path, ask)
    assert "answer 2" in calm.said
    start = next(point for point in calm.passed if point.kind == "child.start.after")
    killed = attempt(tmp_path, ask, Fault(start, named("child_killed", start)))
    assert (killed.ended, killed.hit) == ("well", True)
    assert "answer Lost(why='died')" in killed.said


def test_every_kind_of_harm_fits_some_point_and_a_kill_fits_all() -> None:
    write = Point("file.write.before", PLACE, 1)
    assert {one.name for one in fitting(write)} == {"kill_halfway", "no_space", "io_error"}
    rename = Point("file.rename.before", "intake.channels.maildir:Maildir.mark_collected", 1)
    assert "move_refused" in {one.name for one in fitting(rename)}
    assert fitting(Point("child.answer.after", PLACE, 1)) == []
    assert harm.kill().fits(Point("child.answer.after", PLACE, 1))


def test_an_injected_answer_is_what_the_mail_program_reads(tmp_path: Path) -> None:
    """smtplib is driven as if from the domain, against a server that says yes to all."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_say_yes, args=(server,), daemon=True).start()
        port = server.getsockname()[1]

        def send() -> None:
            program = smtplib.SMTP(timeout=10)
            program.connect("127.0.0.1", port)
            os.write(2, f"{program.mail('a@x.example')} {program.rcpt('b@x.example')}\n".encode())

        from rehearsal.faults.domain import points

        def as_domain() -> None:
            points.place_of = lambda frame: "mail.transport:test"  # in the forked process alone
            send()

        point = Point("smtp.rcpt.before", "mail.transport:test", 1)
        found = attempt(tmp_path, as_domain, Fault(point, named("smtp_4xx", point)))
    assert found.hit
    assert "(250, b'yes') (450, b'4.2.0 greylisted')" in found.said


def _say_yes(server: socket.socket) -> None:
    line, _ = server.accept()
    line.sendall(b"220 here\r\n")
    while line.recv(1000):
        line.sendall(b"250 yes\r\n")
