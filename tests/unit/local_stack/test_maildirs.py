"""How a captured message is kept."""

from __future__ import annotations

import mailbox
from datetime import UTC, datetime
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from local_stack.capture import MaildirStore, maildir

MESSAGE = (
    b"Date: Mon, 03 Dec 2012 08:00:00 +0700\r\n"
    b"From: baocao@bo-chu-tri.example\r\nTo: so@tinh.example\r\nSubject: x\r\n\r\nLine\r\n.dot\r\n"
)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("So.TTTT@Tinh.example", "so.tttt@tinh.example"),
        ("../../etc/passwd", "%2E./..%2Fetc%2Fpasswd".replace("/", "%2F")),
        ("..", "%2E."),
        ("a/b@c.example", "a%2Fb@c.example"),
        ("sở@tỉnh.example", "s%E1%BB%9F@t%E1%BB%89nh.example"),
        ("", "%00"),
    ],
)
def test_every_address_has_one_folder_directly_below_the_root(
    tmp_path: Path, address: str, name: str
) -> None:
    folder = maildir(tmp_path, address)
    assert folder.name == name
    assert folder.resolve().parent == tmp_path


def test_long_addresses_are_cut_and_stay_different(tmp_path: Path) -> None:
    one, two = (maildir(tmp_path, "a" * 300 + end + "@x.example") for end in "bc")
    assert one != two
    assert max(len(one.name), len(two.name)) <= 120


def test_one_copy_per_recipient_naming_that_recipient_alone(tmp_path: Path) -> None:
    MaildirStore(tmp_path).keep(
        MESSAGE, "client", "from@a.example", ["b@b.example", "c@c.example", "b@b.example"]
    )
    for address in ("b@b.example", "c@c.example"):
        (path,) = (maildir(tmp_path, address) / "new").iterdir()
        message = message_from_bytes(path.read_bytes())
        assert message["X-Envelope-To"] == f"<{address}>"
        assert message["X-Envelope-From"] == "<from@a.example>"
        assert path.read_bytes().endswith(b"\n\nLine\n.dot\n")
        assert len(mailbox.Maildir(path.parents[1])) == 1
        assert not list((path.parents[1] / "tmp").iterdir())


@pytest.mark.parametrize("stamp_from_date", [True, False])
def test_the_topmost_received_header_is_stamped(tmp_path: Path, stamp_from_date: bool) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    store = MaildirStore(tmp_path, stamp_from_date=stamp_from_date)
    store.keep(
        b"Received: from a by b; Sat, 01 Jan 2000 00:00:00 +0000\r\n" + MESSAGE,
        "pc",
        "a@a.example",
        ["b@b.example"],
    )
    (path,) = (tmp_path / "b@b.example" / "new").iterdir()
    message = message_from_bytes(path.read_bytes())
    assert message.keys()[0] == "Received"
    trace, _, moment = message.get_all("Received", [])[0].rpartition(";")
    assert trace == "from pc by capture.localhost with ESMTP"
    stamped = parsedate_to_datetime(moment)
    if stamp_from_date:
        assert moment.strip() == "Mon, 03 Dec 2012 08:00:00 +0700"
    else:
        assert before <= stamped <= datetime.now(UTC)


@pytest.mark.parametrize("date", [b"", b"Date: gibberish\r\n", b"Date: =?utf-8?q?x?=\r\n"])
def test_without_a_readable_date_the_present_time_is_stamped(tmp_path: Path, date: bytes) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    MaildirStore(tmp_path, stamp_from_date=True).keep(
        date + b"Subject: x\r\n\r\nx", "pc", "", ["b@b.example"]
    )
    (path,) = (tmp_path / "b@b.example" / "new").iterdir()
    received = message_from_bytes(path.read_bytes())["Received"]
    assert before <= parsedate_to_datetime(received.rpartition(";")[2]) <= datetime.now(UTC)


def test_a_client_cannot_add_headers_by_its_name(tmp_path: Path) -> None:
    MaildirStore(tmp_path).keep(MESSAGE, "pc\r\nX-Evil: 1", "a@a.example", ["b@b.example"])
    (path,) = (tmp_path / "b@b.example" / "new").iterdir()
    assert message_from_bytes(path.read_bytes())["X-Evil"] is None


def test_nothing_is_kept_when_one_copy_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "c@c.example").write_text("a file where the folder would be")
    with pytest.raises(OSError, match=r"c@c\.example"):
        MaildirStore(tmp_path).keep(MESSAGE, "pc", "a@a.example", ["b@b.example", "c@c.example"])
    assert not list((tmp_path / "b@b.example" / "new").iterdir())
    assert not list((tmp_path / "b@b.example" / "tmp").iterdir())
