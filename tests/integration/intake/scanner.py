"""Virus scanners for tests: a real clamd with a signature of our own, and one that misbehaves."""

from __future__ import annotations

import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from local_stack.layout import CLONE
from local_stack.ports import free_ports
from reporting.intake.virus_scan import Clamd, ScannerAway

MARKER = b"KBC-HARMLESS-TEST-MARKER-0001"
"""What the signature of our own finds; it harms nobody."""

SIGNATURE = "KyBaoCao.Test"


def program() -> str | None:
    """Debian's clamd, if it is installed."""
    return shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin:/usr/local/sbin")


def shipped() -> dict[str, str]:
    """The options of the scanner's container."""
    lines = (CLONE / "docker" / "clamd.conf").read_text("utf-8").splitlines()
    return dict(line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))


@contextmanager
def real(folder: Path) -> Iterator[str]:
    """A clamd as the container's is configured, with smaller limits, whose only signature finds MARKER; its
    address.
    """
    folder.mkdir(parents=True)
    (folder / "own.ndb").write_text(f"{SIGNATURE}:0:*:{MARKER.hex()}\n")
    (port,) = free_ports(1)
    ours = {
        "Foreground": "yes", "TCPSocket": port, "TCPAddr": "127.0.0.1", "LocalSocket": folder / "socket",
        "LogFile": folder / "clamd.log", "DatabaseDirectory": folder, "TemporaryDirectory": folder,
        "StreamMaxLength": "2M", "MaxFileSize": "1M", "ConcurrentDatabaseReload": "no",
    }  # fmt: skip
    options = {**shipped(), **ours}
    (folder / "clamd.conf").write_text("".join(f"{name} {value}\n" for name, value in options.items()))
    command = [str(program()), "--config-file", str(folder / "clamd.conf")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    address = f"127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                Clamd(address).version()
                break
            except ScannerAway:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError((folder / "log").read_text()) from None
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def fake(answer: Callable[[bytes | None], bytes | None]) -> Iterator[str]:
    """A server that speaks as clamd does. `answer` is given the bytes of a file, None when it is asked its
    version, and gives what is answered; None: it keeps the connection and says nothing.
    """
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            command = b""
            while not command.endswith(b"\0"):
                sign = stream.read(1)
                if not sign:
                    return
                command += sign
            data: bytes | None = None
            if command == b"zINSTREAM\0":
                data = b""
                while size := struct.unpack("!L", stream.read(4))[0]:
                    data += stream.read(size)
            said = answer(data)
            if said is None:
                over.wait(30)
            else:
                connection.sendall(said + b"\0")

    def listen() -> None:
        while not over.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=listen, daemon=True).start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            over.set()
