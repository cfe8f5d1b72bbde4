"""A real IMAP server of one test session: Dovecot in the foreground, on loopback, with a configuration of its
own; nothing of the machine's own server is read or touched.
"""

from __future__ import annotations

import imaplib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psutil

from local_stack.ports import LOOPBACK, free_ports

PASSWORD = "mat-khau"
_numbers = count(1)

_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
listen = {host}
protocols = imap
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = {uid}
first_valid_gid = {gid}
mail_location = maildir:{folder}/mail/%u
mail_max_keyword_length = 50
namespace inbox {{
  inbox = yes
  separator = /
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """A running server. Any user may log in with PASSWORD and has a mailbox of his own."""

    folder: Path
    port: int
    pid: int

    def new_user(self) -> str:
        """A user whose mailbox is empty."""
        return f"co-quan-{next(_numbers)}"

    def uri(self, user: str, password: str = PASSWORD) -> str:
        """The Airflow connection to the mailbox of `user`."""
        return f"imap://{user}:{password}@{LOOPBACK}:{self.port}/?__extra__=%7B%22use_ssl%22%3A+false%7D"

    def login(self, user: str) -> imaplib.IMAP4:
        """A client in the mailbox of `user`."""
        client = imaplib.IMAP4(LOOPBACK, self.port, timeout=30)
        client.login(user, PASSWORD)
        return client

    def deliver(self, user: str, *messages: bytes, folder: str = "INBOX") -> None:
        """Put messages into a folder."""
        client = self.login(user)
        for message in messages:
            kind, said = client.append(folder, "", "", message)
            assert kind == "OK", said
        client.logout()

    def flags(self, user: str, folder: str = "INBOX") -> list[str]:
        """The flags of each message of a folder, in its order."""
        client = self.login(user)
        messages = client.select(folder, readonly=True)[1]
        found = client.fetch("1:*", "(FLAGS)")[1] if messages != [b"0"] else []
        client.logout()
        return [line.decode().split("FLAGS (")[1].split(")")[0] for line in found if isinstance(line, bytes)]

    def break_connections(self, user: str | None = None) -> int:
        """Kill the server's processes that serve somebody; returns how many."""
        serving = [p for p in psutil.Process(self.pid).children(recursive=True) if p.name() == "imap"]
        for process in serving:
            process.kill()
        return len(serving)


def executable() -> str | None:
    """Where Dovecot is installed; None where it is not."""
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@contextmanager
def running() -> Iterator[Dovecot]:
    """A server until the block ends. As root it runs as nobody: Dovecot serves no mail of root's."""
    is_root = os.getuid() == 0
    user = pwd.getpwnam("nobody") if is_root else pwd.getpwuid(os.getuid())
    # not below pytest's folders: nobody may not enter them, and the sockets' paths have to be short
    folder = Path(tempfile.mkdtemp(prefix="dovecot-", dir="/tmp" if is_root else None))
    (port,) = free_ports(1)
    import grp

    (folder / "mail").mkdir()
    (folder / "dovecot.conf").write_text(
        _CONFIGURATION.format(
            folder=folder, host=LOOPBACK, port=port, user=user.pw_name, uid=user.pw_uid, gid=user.pw_gid,
            group=grp.getgrgid(user.pw_gid).gr_name, password=PASSWORD,
        )
    )  # fmt: skip
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid)
    program = executable()
    assert program is not None
    identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if is_root else {}
    process = subprocess.Popen(
        [program, "-F", "-c", str(folder / "dovecot.conf")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        **identity,  # type: ignore[call-overload]
    )
    try:
        _wait(process, folder, port)
        yield Dovecot(folder, port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(process: subprocess.Popen[bytes], folder: Path, port: int) -> None:
    for _ in range(100):
        if process.poll() is not None:
            break
        try:
            imaplib.IMAP4(LOOPBACK, port, timeout=5).logout()
        except OSError:
            time.sleep(0.1)
        else:
            return
    log = folder / "log"
    said = process.stdout.read().decode() if process.stdout and process.poll() is not None else ""
    raise RuntimeError(f"Dovecot does not start: {said}{log.read_text() if log.exists() else ''}")
