"""The Maildir: what is new is given out until it is marked."""

from __future__ import annotations

from pathlib import Path

import pytest

from reporting.intake.mailbox import Maildir, open_mailbox


def _put(folder: Path, name: str, raw: bytes = b"Subject: x\n\n") -> None:
    for part in ("tmp", "new", "cur"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / "new" / name).write_bytes(raw)


def test_new_messages_come_in_order_until_each_is_marked(tmp_path: Path) -> None:
    box = Maildir(tmp_path)
    assert not box.has_new()
    assert list(box.new_messages()) == []
    _put(tmp_path, "2.b", b"second")
    _put(tmp_path, "1.a", b"first")
    assert box.has_new()
    assert [(m.key, m.raw) for m in box.new_messages()] == [("1.a", b"first"), ("2.b", b"second")]
    box.mark_collected("1.a")
    box.mark_collected("1.a")
    assert [m.key for m in box.new_messages()] == ["2.b"]
    box.mark_collected("2.b")
    assert not box.has_new()
    assert sorted(path.name for path in (tmp_path / "cur").iterdir()) == ["1.a:2,S", "2.b:2,S"]


def test_a_message_that_another_collector_took_is_passed_over(tmp_path: Path) -> None:
    _put(tmp_path, "1.a")
    _put(tmp_path, "2.b")
    box = Maildir(tmp_path)
    messages = box.new_messages()
    assert next(messages).key == "1.a"
    box.mark_collected("2.b")
    assert list(messages) == []


def test_the_address_says_what_kind_of_mailbox_it_is(tmp_path: Path) -> None:
    assert isinstance(open_mailbox(f"maildir:{tmp_path}"), Maildir)
    for address in ("", "maildir:relative/path", "pop3:mail"):
        with pytest.raises(ValueError, match="REPORTING_MAILBOX"):
            open_mailbox(address)
