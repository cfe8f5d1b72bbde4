"""What channels keep of what was collected, looked at again."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from reporting.backup.after_restore import message_ids
from reporting.clock import VIETNAM, wall_now
from reporting.intake.channels import Folder, Maildir

LONG_AGO = datetime(2012, 12, 5, 9, tzinfo=VIETNAM)


def laid(path: Path, data: bytes, at: datetime) -> None:
    """A file with a date of its own: that of the mail, or of the file that was copied."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (at.timestamp(), at.timestamp()))


def test_a_maildir_gives_collected_mail_again_under_its_key(tmp_path: Path) -> None:
    channel, before = Maildir(tmp_path), wall_now() - timedelta(minutes=1)
    assert channel.kept(before) == []
    laid(tmp_path / "new" / "1.a", b"second", LONG_AGO)
    laid(tmp_path / "new" / "2.b", b"first", LONG_AGO - timedelta(days=1))
    laid(tmp_path / "new" / "3.c", b"waiting", LONG_AGO)
    for key in ("1.a", "2.b"):
        assert channel.mark_collected(key)
    assert channel.kept(wall_now() + timedelta(minutes=1)) == []
    items = [channel.fetch_kept(key) for key in channel.kept(before)]
    assert [item and (item.key, item.raw) for item in items] == [("2.b", b"first"), ("1.a", b"second")]
    assert channel.waiting() == ["3.c"]
    assert channel.fetch_kept("gone") is None


def test_a_folder_gives_collected_files_again_under_their_keys(tmp_path: Path) -> None:
    channel, moment = Folder(tmp_path, "folder:x", settle_seconds=0), wall_now() - timedelta(minutes=1)
    assert channel.kept(moment) == []
    laid(tmp_path / "Hà Nội" / "bao cao.xlsx", b"copied with its old date", LONG_AGO)
    before = {key: channel.fetch(key) for key in channel.waiting()}
    for key in before:
        assert channel.mark_collected(key)
    assert channel.waiting() == []
    assert channel.kept(wall_now() + timedelta(minutes=1)) == []
    (key,) = channel.kept(moment)
    item = channel.fetch_kept(key)
    assert item is not None
    assert item == before[item.key]
    assert Folder(tmp_path, "folder:x", is_kept=True).kept(moment) == []


def test_message_ids_are_found_in_the_log_of_a_mail_server() -> None:
    log = (
        "Nov 22 10:00:01 mx postfix/cleanup[7]: 4Z: message-id=<TTDN12-02.receipt.1.37@bo-chu-tri.example>\n"
        'Nov 22 10:00:02 mx exim[9]: id=TTDN12-03.request.1.4@bo-chu-tri.example C="250 ok"\n'
    )
    assert {
        "TTDN12-02.receipt.1.37@bo-chu-tri.example",
        "TTDN12-03.request.1.4@bo-chu-tri.example",
    } <= message_ids(log)
