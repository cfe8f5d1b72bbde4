"""A listener on loopback that hands each connection to a server, in a thread of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from local_stack.ports import LOOPBACK


@contextmanager
def listening(
    port: int, serve: Callable[[socket.socket], None], end_sessions: Callable[[], None]
) -> Iterator[None]:
    """Accept connections until the block ends; then end those that are open."""
    listener = socket.create_server((LOOPBACK, port), backlog=16)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        end_sessions()
        thread.join(5)
