"""A mail server in a process of its own that takes every message and keeps none."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from local_stack.ports import LOOPBACK
from reporting.mail.transport import CAPTURE_KEYWORD

_LARGEST = 64 * 1024 * 1024


@contextlib.contextmanager
def running(port: int, token: str) -> Iterator[None]:
    """Run the server for the time of the block; it shows `token` as the capture server does.

    Raises RuntimeError when it does not start.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sink", str(port), token], cwd=Path(__file__).parents[1]
    )
    try:
        for _ in range(1200):
            with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
                break
            time.sleep(0.05)
        else:
            raise RuntimeError(f"no mail server answers at {LOOPBACK}:{port}; nothing was measured")
        yield
    finally:
        process.terminate()
        process.wait()


async def _talk(token: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 sink\r\n")
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                keyword = f"{CAPTURE_KEYWORD.upper()} {token}"
                writer.write(f"250-sink\r\n250-SIZE {_LARGEST}\r\n250-{keyword}\r\n250 8BITMIME\r\n".encode())
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 taken\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 OK\r\n")
        await writer.drain()
    writer.close()


async def _serve(port: int, token: str) -> None:
    server = await asyncio.start_server(
        lambda reader, writer: _talk(token, reader, writer), LOOPBACK, port, limit=_LARGEST
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), sys.argv[2]))
