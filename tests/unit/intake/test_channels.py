"""Addresses of channels and accounts; the Maildir: what is new is given out until it is marked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reporting.intake.channels import ChannelError, Folder, Imap, Maildir
from reporting.intake.channels.base import TooLargeError
from reporting.intake.channels.configuration import account, connection_ids, names, open_channels


def opened(addresses: str) -> list[object]:
    return list(open_channels(addresses, mode="rehearsal", limit=10))


def _put(folder: Path, name: str, raw: bytes = b"Subject: x\n\n") -> None:
    for part in ("tmp", "new", "cur"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / "new" / name).write_bytes(raw)


def test_each_address_says_what_kind_of_channel_it_is() -> None:
    maildir, folder, kept, bucket, inbox, other = opened(
        "maildir:/srv/mail, folder:/srv/nop,folder:/srv/doc?keep,,folder:memory://kho/nop,"
        "imap:reporting_imap,imap:reporting_imap/B%C3%A1o%20c%C3%A1o?move_to=%C4%90%C3%A3%20nh%E1%BA%ADn"
    )
    assert isinstance(maildir, Maildir)
    assert (maildir.kind, maildir.mode, maildir.limit) == ("mail", "rehearsal", 10)
    assert isinstance(folder, Folder)
    assert (folder.kind, folder.is_kept, folder.is_local) == ("folder", False, True)
    assert isinstance(kept, Folder)
    assert kept.is_kept
    assert isinstance(bucket, Folder)
    assert not bucket.is_local
    assert isinstance(inbox, Imap)
    assert (inbox.name, inbox.folder, inbox.move_to) == ("imap:reporting_imap/INBOX", "INBOX", None)
    assert isinstance(other, Imap)
    assert (other.folder, other.move_to) == ("Báo cáo", "Đã nhận")


@pytest.mark.parametrize(
    "address",
    [
        "maildir:relative/path", "pop3:mail", "folder:nop", "imap:", "imap:a b", "imap:a?delete=1",
        "/srv/mail", "maildir:/srv?keep", "folder:/srv?keep&move_to=x",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_named_with_what_to_write(address: str) -> None:
    with pytest.raises(
        ValueError, match=r"REPORTING_CHANNELS has .* is no channel\. Write maildir:/full/path"
    ):
        opened(f"maildir:/fine,{address}")


def test_a_channel_named_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="names imap:a/INBOX twice"):
        opened("imap:a,imap:a/INBOX")


def test_no_password_stands_in_a_name_or_a_message() -> None:
    assert names("folder:sftp://user:geheim@host/nop") == ["folder:sftp://user@host/nop"]
    with pytest.raises(ValueError, match="pop3://user@host") as told:
        opened("pop3://user:geheim@host")
    assert "geheim" not in str(told.value)


def test_connections_of_channels_are_known_by_their_ids() -> None:
    assert connection_ids(
        "imap:a,imap:a/X,imap:b?move_to=c,folder:s3://kho@bucket/nop,folder:sftp://u:p@host/x,maildir:/y"
    ) == ["a", "b", "kho"]


def test_a_bucket_by_a_connection_is_airflows_alone() -> None:
    (channel,) = open_channels("folder:s3://kho@bucket/nop", mode="live", limit=10)
    with pytest.raises(ChannelError, match="known to Airflow alone"):
        channel.waiting()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("imap://a%40b:p%3A%2F@mail.example:993", ("mail.example", 993, "a@b", "p:/", True)),
        (
            "imap://u:p@127.0.0.1:143/?__extra__=%7B%22use_ssl%22%3A+false%7D",
            ("127.0.0.1", 143, "u", "p", False),
        ),
        (
            json.dumps(
                {"conn_type": "imap", "host": "h", "login": "u", "password": "p", "extra": {"use_ssl": False}}
            ),
            ("h", None, "u", "p", False),
        ),
    ],
)  # fmt: skip
def test_an_account_is_read_as_airflow_writes_connections(
    monkeypatch: pytest.MonkeyPatch, value: str, expected: tuple[object, ...]
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_HOP_THU", value)
    found = account("hop_thu")
    assert (found.host, found.port, found.user, found.password, found.is_encrypted) == expected


@pytest.mark.parametrize(
    "value", ["", "smtp://u:geheim@h:25", "imap://", "{broken", "imap://u:geheim@h:port"]
)
def test_an_account_that_cannot_be_read_names_the_variable_and_no_password(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_HOP_THU", value)
    with pytest.raises(ChannelError, match="AIRFLOW_CONN_HOP_THU") as told:
        account("hop_thu")
    assert told.value.is_lasting
    assert "geheim" not in str(told.value)


def test_messages_of_a_maildir_come_in_order_until_each_is_marked(tmp_path: Path) -> None:
    box = Maildir(tmp_path)
    assert box.waiting() == []
    _put(tmp_path, "2.b", b"second")
    _put(tmp_path, "1.a", b"first")
    assert box.waiting() == ["1.a", "2.b"]
    found = box.fetch("1.a")
    assert found is not None
    assert (found.key, found.raw, found.filename) == ("1.a", b"first", None)
    assert box.mark_collected("1.a")
    assert box.mark_collected("1.a")
    assert box.waiting() == ["2.b"]
    assert box.mark_collected("2.b")
    assert box.waiting() == []
    assert sorted(path.name for path in (tmp_path / "cur").iterdir()) == ["1.a:2,S", "2.b:2,S"]


def test_a_message_that_another_collector_took_is_passed_over(tmp_path: Path) -> None:
    _put(tmp_path, "1.a")
    box = Maildir(tmp_path)
    (key,) = box.waiting()
    Maildir(tmp_path).mark_collected(key)
    assert box.fetch(key) is None


def test_a_message_above_the_limit_stays(tmp_path: Path) -> None:
    _put(tmp_path, "1.a", b"x" * 2_000_001)
    box = Maildir(tmp_path, limit=2_000_000)
    with pytest.raises(
        TooLargeError, match=r"1\.a has 2\.0 MB, more than the 2 MB of REPORTING_ARRIVAL_LIMIT"
    ):
        box.fetch("1.a")
    assert box.waiting() == ["1.a"]
