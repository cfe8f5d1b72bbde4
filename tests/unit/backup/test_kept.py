"""What channels keep of what was collected, looked at again."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from reporting.backup.after_restore import message_ids
from reporting.clock import VIETNAM
from reporting.intake.channels import Folder, Maildir

THEN = datetime(2026, 11, 20, 9, tzinfo=VIETNAM)


def laid(path: Path, data: bytes, at: datetime) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (at.timestamp(), at.timestamp()))


def test_a_maildir_gives_collected_mail_again_under_its_key(tmp_path: Path) -> None:
    channel = Maildir(tmp_path)
    assert channel.kept(THEN) == []
    laid(tmp_path / "new" / "1.a", b"old", THEN - timedelta(days=3))
    laid(tmp_path / "new" / "2.b", b"new", THEN + timedelta(hours=1))
    laid(tmp_path / "new" / "3.c", b"waiting", THEN + timedelta(hours=2))
    for key in ("1.a", "2.b"):
        assert channel.mark_collected(key)
    (key,) = channel.kept(THEN)
    item = channel.fetch_kept(key)
    assert item is not None
    assert (item.key, item.raw) == ("2.b", b"new")
    assert channel.waiting() == ["3.c"]
    assert channel.fetch_kept("gone") is None


def test_a_folder_gives_collected_files_again_under_their_keys(tmp_path: Path) -> None:
    channel = Folder(tmp_path, "folder:x", settle_seconds=0)
    assert channel.kept(THEN) == []
    laid(tmp_path / "Hà Nội" / "bao cao.xlsx", b"answer", THEN + timedelta(hours=1))
    laid(tmp_path / "old.xlsx", b"old", THEN - timedelta(days=3))
    before = {key: channel.fetch(key) for key in channel.waiting()}
    for key in before:
        assert channel.mark_collected(key)
    assert channel.waiting() == []
    (key,) = channel.kept(THEN)
    item = channel.fetch_kept(key)
    assert item is not None
    assert item == before[item.key]
    assert Folder(tmp_path, "folder:x", is_kept=True).kept(THEN) == []


def test_message_ids_are_found_in_the_log_of_a_mail_server() -> None:
    log = (
        "Nov 22 10:00:01 mx postfix/cleanup[7]: 4Z: message-id=<TTDN12-02.receipt.1.37@bo-chu-tri.example>\n"
        'Nov 22 10:00:02 mx exim[9]: id=TTDN12-03.request.1.4@bo-chu-tri.example C="250 ok"\n'
    )
    assert {
        "TTDN12-02.receipt.1.37@bo-chu-tri.example",
        "TTDN12-03.request.1.4@bo-chu-tri.example",
    } <= message_ids(log)
