"""Channels: every delivery is taken over once, marked only after it is committed, and none is lost."""

from __future__ import annotations

import errno
import imaplib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text
from upath import UPath

from reporting import archive
from reporting.backup.after_restore import recollect
from reporting.clock import wall_now
from reporting.intake.channels import Folder, Imap, Lookout, Maildir, collect, collecting, has_new
from reporting.intake.channels.base import ChannelError, Item, Kind, UnfitItemError
from reporting.intake.channels.configuration import connect_by_environment
from reporting.intake.channels.imap import KEYWORD, _quoted
from reporting.settings import settings
from tests.integration.intake.dovecot import Dovecot

CONNECTION = "reporting_imap"
CLONE = Path(__file__).parents[3]


def mail(number: int, body: bytes = b"Kinh gui Quy Cuc.") -> bytes:
    return (
        b"Return-Path: <so@tinh.example>\r\nReceived: from a by b; Wed, 12 Dec 2012 09:30:00 +0700\r\n"
        b"From: So <So@tinh.example>\r\nTo: baocao@bo.example\r\nCc: ubnd@tinh.example\r\n"
        b"Subject: Bao cao so %d\r\nMessage-ID: <%d@tinh.example>\r\n\r\n%s\r\n" % (number, number, body)
    )


def rows(engine: Engine, statement: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def subjects(engine: Engine) -> list[object]:
    return [s for (s,) in rows(engine, "SELECT subject FROM intake.arrival ORDER BY arrival_id")]


def alerts(engine: Engine) -> list[tuple[object, ...]]:
    return rows(engine, "SELECT subject, body FROM audit.alert ORDER BY raised_at")


def imap(folder: str = "INBOX", move_to: str | None = None, limit: int = 10**8) -> Imap:
    name = f"imap:{CONNECTION}/{folder}"
    connect = connect_by_environment(CONNECTION)
    return Imap(name, connect, folder=folder, move_to=move_to, limit=limit)


# ---- IMAP, on a real server


def test_a_mailbox_is_collected_once_and_marked_without_being_read(
    registered: Engine, server: Dovecot, user: str
) -> None:
    server.deliver(user, mail(1), mail(2))
    box = imap()
    assert has_new(registered, [box])
    assert collect(registered, [box]) == 2
    assert subjects(registered) == ["Bao cao so 1", "Bao cao so 2"]
    for flags in server.flags(user):
        assert KEYWORD in flags
        assert "\\Seen" not in flags
    assert not has_new(registered, [box])
    assert collect(registered, [box]) == 0
    server.deliver(user, mail(3))
    assert has_new(registered, [box])
    assert collect(registered, [box]) == 1
    box.close()


@pytest.mark.parametrize("move_to", [None, "Da nhan"])
def test_a_mailbox_is_looked_through_again_after_a_restore(
    registered: Engine, registered_owner: Engine, server: Dovecot, user: str, move_to: str | None
) -> None:
    long_ago = imaplib.Time2Internaldate(datetime(2012, 12, 5, 9, tzinfo=UTC))
    client = server.login(user)
    for number, date in ((1, long_ago), (2, ""), (3, long_ago)):  # the third was in another folder until now
        client.append("INBOX", "", date, mail(number))
    client.logout()
    box = imap(move_to=move_to)
    assert collect(registered, [box]) == 3
    with registered_owner.begin() as connection:
        connection.execute(text("DELETE FROM intake.arrival WHERE subject <> 'Bao cao so 2'"))
    server.deliver(user, mail(4))
    kept = [item.raw for key in box.kept(wall_now() - timedelta(days=2)) if (item := box.fetch_kept(key))]
    assert kept == [mail(2), mail(3)]
    (again,) = recollect(registered, "van_hanh", [box], wall_now() - timedelta(days=2))
    assert (again.kept, again.new) == (2, 1)
    assert collect(registered, [box]) == 1  # what waits there still comes as ever
    assert subjects(registered) == ["Bao cao so 2", "Bao cao so 3", "Bao cao so 4"]
    (again,) = recollect(registered, "van_hanh", [box], datetime(2012, 1, 1, tzinfo=UTC))
    assert (again.kept, again.new) == (4, 1)
    box.close()


def test_what_a_person_read_or_flagged_is_collected_all_the_same(
    registered: Engine, server: Dovecot, user: str
) -> None:
    server.deliver(user, mail(1))
    client = server.login(user)
    client.select()
    client.store("1", "+FLAGS", "(\\Seen \\Flagged)")
    client.logout()
    assert collect(registered, [imap()]) == 1


def test_an_arrival_keeps_envelope_and_the_moment_it_reached_our_server(
    registered: Engine, server: Dovecot, user: str
) -> None:
    server.deliver(user, mail(1))
    collect(registered, [imap()])
    ((channel, filename, sender, received_at, envelope, sha256),) = rows(
        registered,
        "SELECT channel, filename, from_address, received_at AT TIME ZONE 'Asia/Ho_Chi_Minh', envelope,"
        " raw_sha256 FROM intake.arrival",
    )
    assert (channel, filename, sender) == ("mail", None, "so@tinh.example")
    assert str(received_at) == "2012-12-12 09:30:00"
    assert envelope == {
        "Return-Path": ["<so@tinh.example>"],
        "To": ["baocao@bo.example"],
        "Cc": ["ubnd@tinh.example"],
        "folder": "INBOX",
        "channel": "imap:reporting_imap/INBOX",
    }
    assert archive.read(str(sha256)) == mail(1)


def test_a_mail_is_marked_only_after_its_arrival_is_committed(
    registered: Engine, server: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.deliver(user, mail(1))
    committed: list[list[object]] = []
    mark = Imap.mark_collected

    def watched(box: Imap, key: str) -> bool:
        committed.append(subjects(registered))  # by another connection
        assert KEYWORD not in server.flags(user)[0]
        return mark(box, key)

    monkeypatch.setattr(Imap, "mark_collected", watched)
    collect(registered, [imap()])
    assert committed == [["Bao cao so 1"]]


_KILLED = """
import os, signal
from reporting.database import engine
from reporting.intake.channels import Imap, collect, configured
Imap.mark_collected = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
collect(engine(), configured())
"""

_COLLECTOR = """
from reporting.database import engine
from reporting.intake.channels import collect
print("ready", flush=True)
input()
print(collect(engine()))
"""


def process(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(CLONE / "include")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("options", ["", "?move_to=Da%20nhan"])
def test_a_collector_killed_between_commit_and_mark_leaves_a_repeat_that_is_recognised(
    registered: Engine, server: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch, options: str
) -> None:
    monkeypatch.setenv("REPORTING_CHANNELS", f"imap:{CONNECTION}{options}")
    settings.cache_clear()
    server.deliver(user, mail(1), mail(2))
    killed = process(_KILLED)
    assert killed.wait(60) == -signal.SIGKILL
    assert subjects(registered) == ["Bao cao so 1", "Bao cao so 2"]  # noted together
    assert not any(KEYWORD in flags for flags in server.flags(user))
    server.deliver(user, mail(3))
    assert collect(registered) == 1  # the third; the others are recognised and marked
    assert subjects(registered) == ["Bao cao so 1", "Bao cao so 2", "Bao cao so 3"]
    assert not has_new(registered)
    if options:
        assert server.flags(user) == []
        assert len(server.flags(user, '"Da nhan"')) == 3


def test_a_delivery_that_finds_no_room_keeps_none_of_those_before_it(
    registered: Engine, server: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = archive.store_all

    def full(connection: Connection, files: Sequence[tuple[bytes, str]]) -> list[str]:
        if b"Bao cao so 3" in files[0][0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        return keep(connection, files)

    server.deliver(user, mail(1), mail(2), mail(3), mail(4))
    with monkeypatch.context() as patch:
        patch.setattr(archive, "store_all", full)
        with pytest.raises(OSError, match="No space left"):
            collect(registered, [imap()])
    assert subjects(registered) == ["Bao cao so 1", "Bao cao so 2"]
    assert collect(registered, [imap()]) == 2
    assert subjects(registered) == [f"Bao cao so {n}" for n in (1, 2, 3, 4)]


def test_more_deliveries_than_are_noted_together_all_come(
    registered: Engine, server: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "TOGETHER", 2)
    server.deliver(user, *(mail(n) for n in range(1, 6)))
    assert collect(registered, [imap()]) == 5
    assert subjects(registered) == [f"Bao cao so {n}" for n in range(1, 6)]
    assert not has_new(registered, [imap()])


def test_two_collectors_at_once_take_each_mail_over_once(
    registered: Engine, server: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORTING_CHANNELS", f"imap:{CONNECTION}")
    settings.cache_clear()
    server.deliver(user, *(mail(n) for n in range(60)))
    collectors = [process(_COLLECTOR) for _ in "ab"]
    for collector in collectors:
        assert collector.stdout is not None
        assert collector.stdout.readline() == "ready\n"
    for collector in collectors:
        assert collector.stdin is not None
        collector.stdin.write("\n")
        collector.stdin.flush()
    said = [collector.communicate(timeout=60)[0] for collector in collectors]
    assert [collector.returncode for collector in collectors] == [0, 0]
    assert sum(map(int, said)) == 60
    assert sorted(map(str, subjects(registered))) == sorted(f"Bao cao so {n}" for n in range(60))
    assert all(KEYWORD in flags for flags in server.flags(user))


def test_a_connection_lost_in_the_middle_is_made_anew(registered: Engine, server: Dovecot, user: str) -> None:
    server.deliver(user, *(mail(n) for n in range(5)))

    class Unlucky(Imap):
        fetched = 0

        def fetch(self, key: str) -> Item | None:
            self.fetched += 1
            if self.fetched in (2, 4):
                assert server.break_connections() > 0
            return super().fetch(key)

    box = Unlucky(f"imap:{CONNECTION}/INBOX", connect_by_environment(CONNECTION))
    assert collect(registered, [box]) == 5
    server.break_connections()
    assert not has_new(registered, [box])
    assert alerts(registered) == []


def test_a_folder_made_anew_with_the_same_mails_brings_nothing_new(
    registered: Engine, server: Dovecot, user: str
) -> None:
    folder = "Báo cáo & đề xuất"
    encoded = _quoted(folder)
    client = server.login(user)
    assert client.create(encoded)[0] == "OK"
    server.deliver(user, mail(1), mail(2), folder=encoded)
    box = imap(folder)
    (first, _) = box.waiting()
    assert collect(registered, [box]) == 2
    time.sleep(1.1)  # UIDVALIDITY is a time in seconds
    client.delete(encoded)
    client.create(encoded)
    client.logout()
    server.deliver(user, mail(1), mail(3), mail(2), folder=encoded)
    assert box.waiting()[0] != first
    assert box.fetch(first) is None
    assert box.mark_collected(first)
    assert collect(registered, [box]) == 1
    assert subjects(registered) == ["Bao cao so 1", "Bao cao so 2", "Bao cao so 3"]
    assert not has_new(registered, [box])


def test_names_of_folders_are_written_as_the_standard_shows() -> None:
    assert _quoted("~peter/mail/台北/日本語") == '"~peter/mail/&U,BTFw-/&ZeVnLIqe-"'
    assert _quoted('a & "b"') == r'"a &- \"b\""'


def test_a_mailbox_that_can_only_be_read_is_remembered_in_the_warehouse(
    registered: Engine, server: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.deliver(user, mail(1), mail(2))
    box = imap()
    select = Imap._select

    def read_only(self: Imap, client: object) -> None:
        select(self, client)  # type: ignore[arg-type]
        self._mark = "remember"

    monkeypatch.setattr(Imap, "_select", read_only)
    assert collect(registered, [box]) == 2
    assert not any(KEYWORD in flags for flags in server.flags(user))
    assert not has_new(registered, [box])
    assert collect(registered, [box]) == 0
    server.deliver(user, mail(3))
    assert has_new(registered, [box])
    assert collect(registered, [box]) == 1


def test_a_wrong_password_is_told_once_and_keeps_no_other_channel_waiting(
    registered: Engine, server: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    maildir = tmp_path / "inbox"
    monkeypatch.setenv("REPORTING_CHANNELS", f"imap:{CONNECTION},maildir:{maildir}")
    monkeypatch.setenv(f"AIRFLOW_CONN_{CONNECTION.upper()}", server.uri(user, "sai"))
    settings.cache_clear()
    (maildir / "new").mkdir(parents=True)
    (maildir / "new" / "1").write_bytes(mail(1))
    broken, whole = imap(), Maildir(maildir)
    tries = count_logins(monkeypatch)
    assert has_new(registered, [broken, whole])
    assert collect(registered, [broken, whole]) == 1
    assert collect(registered, [broken, whole]) == 0
    assert not has_new(registered, [broken, whole])
    ((subject, body),) = alerts(registered)
    assert subject == "Cần xử lý: không nhận được thư, tệp từ nơi tiếp nhận"
    assert "imap:reporting_imap/INBOX" in str(body)
    assert "refused the login" in str(body)
    assert "sai" not in str(body).split()
    assert len(tries) == 1, "servers lock accounts that try too often"

    broken.refusal_seconds = 0
    monkeypatch.setenv(f"AIRFLOW_CONN_{CONNECTION.upper()}", server.uri(user))
    server.deliver(user, mail(2))
    assert collect(registered, [broken]) == 1
    assert rows(registered, "SELECT failing_since, problem FROM intake.channel_look WHERE looked_at > now() - interval '1 minute'") == [(None, None)] * 2  # fmt: skip  # noqa: E501


def count_logins(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    tries: list[str] = []
    login = imaplib.IMAP4.login

    def counted(self: imaplib.IMAP4, user: str, password: str) -> object:
        tries.append(user)
        return login(self, user, password)

    monkeypatch.setattr(imaplib.IMAP4, "login", counted)
    return tries


def test_a_mail_of_30_megabytes_is_kept_whole(registered: Engine, server: Dovecot, user: str) -> None:
    large = mail(1, b"\r\n".join([b"0123456789" * 7] * 420_000))
    assert len(large) > 30_000_000
    server.deliver(user, large)
    assert collect(registered, [imap()]) == 1
    ((sha256, size),) = rows(registered, "SELECT sha256, byte_count FROM intake.archived_file")
    assert size == len(large)
    assert archive.read(str(sha256)) == large


def test_a_mail_above_the_limit_stays_whole_is_told_once_and_comes_when_the_limit_is_raised(
    registered: Engine, server: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORTING_CHANNELS", f"imap:{CONNECTION}")
    settings.cache_clear()
    server.deliver(user, mail(1, b"x" * 3000), mail(2))
    assert collect(registered, [imap(limit=2000)]) == 1
    assert subjects(registered) == ["Bao cao so 2"]
    assert not has_new(registered, [imap(limit=2000)])
    from reporting.intake.watchdog import watch

    assert [concern.kind for concern in watch(registered)] == ["unfit_item"]
    assert watch(registered) == []
    ((_, body),) = alerts(registered)
    assert "'Bao cao so 1' from so@tinh.example" in str(body)
    assert "REPORTING_ARRIVAL_LIMIT" in str(body)
    with registered.begin() as connection:
        connection.execute(text("UPDATE intake.channel_item SET next_try_at = now()"))
    assert collect(registered, [imap()]) == 1
    watch(registered)
    assert rows(registered, "SELECT count(*) FROM intake.concern WHERE cleared_at IS NULL") == [(0,)]
    assert len(alerts(registered)) == 1


# ---- Folders


@pytest.fixture
def dropped(tmp_path: Path) -> Path:
    folder = tmp_path / "nộp"
    folder.mkdir()
    return folder


def put(path: Path, data: bytes, age: float = 60) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (time.time() - age,) * 2)


def test_a_file_is_collected_whole_and_moved_away(registered: Engine, dropped: Path) -> None:
    put(dropped / "Báo cáo.xlsx", b"PK\x03\x04 one")
    put(dropped / "Sở A" / "b.xlsx", b"PK\x03\x04 two")
    channel = Folder(dropped, "folder:x")
    assert has_new(registered, [channel])
    assert collect(registered, [channel]) == 2
    assert rows(
        registered,
        "SELECT channel, filename, envelope ->> 'folder', from_address FROM intake.arrival"
        " ORDER BY envelope ->> 'folder'",
    ) == [("folder", "b.xlsx", "Sở A", None), ("folder", "Báo cáo.xlsx", None, None)]
    assert sorted(str(p.relative_to(dropped)) for p in dropped.rglob("*.xlsx")) == [
        "da_nhan/Báo cáo.xlsx",
        "da_nhan/Sở A/b.xlsx",
    ]
    assert not has_new(registered, [channel])
    put(dropped / "Báo cáo.xlsx", b"PK\x03\x04 three")
    assert collect(registered, [channel]) == 1
    assert (dropped / "da_nhan" / "Báo cáo (2).xlsx").read_bytes() == b"PK\x03\x04 three"
    assert (dropped / "da_nhan" / "Báo cáo.xlsx").read_bytes() == b"PK\x03\x04 one"


def test_a_file_still_being_written_is_left_alone(registered: Engine, dropped: Path) -> None:
    for name in ("a.xlsx.part", "~$a.xlsx", ".a.xlsx.swp", "b.TMP", "Thumbs.db"):
        put(dropped / name, b"unfinished")
    put(dropped / "fresh.xlsx", b"begun", age=0)
    channel = Folder(dropped, "folder:x", settle_seconds=0.5)
    assert collect(registered, [channel]) == 0
    time.sleep(0.6)
    put(dropped / "fresh.xlsx", b"begun and ended", age=0)
    assert collect(registered, [channel]) == 0
    time.sleep(0.6)
    assert collect(registered, [channel]) == 1
    ((sha256,),) = rows(registered, "SELECT raw_sha256 FROM intake.arrival")
    assert archive.read(str(sha256)) == b"begun and ended"


def test_a_file_from_a_machine_whose_clock_goes_before_ours_is_collected(
    registered: Engine, dropped: Path
) -> None:
    put(dropped / "a.xlsx", b"x", age=-3600)
    channel = Folder(dropped, "folder:x", settle_seconds=0.3)
    assert collect(registered, [channel]) == 0
    time.sleep(0.4)
    assert collect(registered, [channel]) == 1


def test_a_file_replaced_between_reading_and_moving_is_not_lost(registered: Engine, dropped: Path) -> None:
    put(dropped / "a.xlsx", b"first")
    channel = Folder(dropped, "folder:x")
    (key,) = channel.waiting()
    assert channel.fetch(key) is not None
    put(dropped / "a.xlsx", b"second version")
    assert channel.mark_collected(key)
    assert (dropped / "a.xlsx").read_bytes() == b"second version"
    assert channel.fetch(key) is None
    assert collect(registered, [channel]) == 1


def test_a_folder_in_which_nothing_may_be_moved_is_remembered(registered: Engine, dropped: Path) -> None:
    put(dropped / "a.xlsx", b"x")
    put(dropped / "copy of a.xlsx", b"x")
    channel = Folder(dropped, "folder:x", is_kept=True)
    assert collect(registered, [channel]) == 2, "the same content laid in twice is two deliveries"
    assert collect(registered, [channel]) == 0
    assert not has_new(registered, [Folder(dropped, "folder:x", is_kept=True)])
    assert sorted(p.name for p in dropped.iterdir()) == ["a.xlsx", "copy of a.xlsx"]
    put(dropped / "a.xlsx", b"xy")
    assert has_new(registered, [channel])
    assert collect(registered, [channel]) == 1
    for path in dropped.iterdir():
        path.unlink()
    collect(registered, [channel])
    assert rows(registered, "SELECT count(*) FROM intake.channel_item") == [(0,)]


def test_a_bucket_is_collected_as_a_folder_is(registered: Engine) -> None:
    bucket = UPath("memory://bucket/nop")
    bucket.mkdir(parents=True)
    (bucket / "tinh").mkdir()
    (bucket / "tinh" / "a.xlsx").write_bytes(b"in a bucket")
    channel = Folder(bucket, "folder:memory://bucket/nop")
    try:
        assert collect(registered, [channel]) == 1
        assert not has_new(registered, [channel])
        assert (bucket / "da_nhan" / "tinh" / "a.xlsx").read_bytes() == b"in a bucket"
    finally:
        bucket.fs.rm("/bucket", recursive=True)


# ---- whatever the kind


class Faulty:
    """A channel in which some deliveries cannot be had, or which falls silent at one."""

    kind: Kind = "mail"
    mode = "live"
    look_seconds = 5.0
    name = "maildir:/faulty"

    def __init__(self, unfit: str = "", deadly: str = "") -> None:
        self.items = {str(n): mail(n) for n in range(1, 6)}
        self.unfit, self.deadly = unfit, deadly
        self.is_dead, self.looks = False, 0

    def waiting(self) -> list[str]:
        self.looks += 1
        if self.is_dead:
            raise ChannelError("dead")
        return list(self.items)

    def fetch(self, key: str) -> Item | None:
        if key == self.unfit:
            raise UnfitItemError("cannot be had")
        if key == self.deadly:
            raise ChannelError("fell silent")
        return Item(key, self.items[key])

    def mark_collected(self, key: str) -> bool:
        del self.items[key]
        return True

    def close(self) -> None:
        """Nothing."""


def test_one_bad_delivery_stops_no_other_and_is_not_asked_for_all_the_time(registered: Engine) -> None:
    channel = Faulty(unfit="2")
    assert collect(registered, [channel]) == 4
    assert list(channel.items) == ["2"]
    assert not has_new(registered, [channel])
    channel.unfit = ""
    assert collect(registered, [channel]) == 0, "it is not due yet"
    with registered.begin() as connection:
        connection.execute(text("UPDATE intake.channel_item SET next_try_at = now()"))
    assert collect(registered, [channel]) == 1
    assert rows(registered, "SELECT count(*) FROM intake.channel_item") == [(0,)]


def test_a_delivery_at_which_the_channel_falls_silent_lets_the_others_go_first(registered: Engine) -> None:
    channel = Faulty(deadly="2")
    assert collect(registered, [channel]) == 1
    assert collect(registered, [channel]) == 3
    assert list(channel.items) == ["2"]


def test_what_cannot_be_marked_is_taken_over_once_and_told_once(
    registered: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unmarkable(Faulty):
        name = settings().channels  # the configured one: only those are watched

        def mark_collected(self, key: str) -> bool:
            raise ChannelError("no right to write there", is_lasting=True)

    from reporting.intake.watchdog import watch

    channel = Unmarkable()
    assert collect(registered, [channel]) == 5
    assert not has_new(registered, [channel])
    assert len(watch(registered)) == 5
    for _ in range(3):
        with registered.begin() as connection:
            connection.execute(text("UPDATE intake.channel_item SET next_try_at = now()"))
        assert collect(registered, [channel]) == 0
        assert watch(registered) == []
    assert len(alerts(registered)) == 1


def test_a_lookout_looks_ever_less_often_at_a_dead_channel_and_never_raises(registered: Engine) -> None:
    now = [0.0]
    dead, alive = Faulty(), Faulty()
    dead.is_dead = True
    dead.name = "maildir:/dead"
    alive.items = {}
    lookout = Lookout([dead, alive], clock=lambda: now[0])
    for second in range(60):
        now[0] = float(second)
        assert not lookout.has_new(registered)
    assert dead.looks == 6, "at 0, 1, 3, 8, 18 and 48"
    assert alive.looks == 12
    alive.items = {"9": mail(9)}
    now[0] = 65.0
    assert lookout.has_new(registered)
    assert rows(
        registered, "SELECT channel, problem, looked_at IS NULL FROM intake.channel_look ORDER BY 1"
    ) == [
        ("maildir:/dead", "dead", True),
        ("maildir:/faulty", None, False),
    ]


def test_configured_channels_are_collected_by_command_line(
    registered: Engine, server: Dovecot, user: str, dropped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from reporting.cli.app import app

    server.deliver(user, mail(1))
    put(dropped / "a.xlsx", b"x")
    missing = dropped.parent / "missing"
    monkeypatch.setenv("REPORTING_CHANNELS", f"folder:{missing},imap:{CONNECTION},folder:{dropped}")
    settings.cache_clear()
    ended = CliRunner().invoke(app, ["intake", "collect", "--json"])
    assert json.loads(ended.stdout) == {"collected": 2}
    assert ended.exit_code == 1
    assert "missing" in ended.stderr
    health = CliRunner().invoke(app, ["intake", "health", "--json"])
    (concern,) = json.loads(health.stdout)
    assert concern["kind"] == "silent_channel"
    assert concern["about"] == f"folder:{missing}"
    assert health.exit_code == 1
