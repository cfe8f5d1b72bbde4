"""Free ports on loopback."""

from __future__ import annotations

import random
import socket

LOOPBACK = "127.0.0.1"
_LASTING = range(15_000, 32_000)


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Say whether a server could listen on ``host``:``port`` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def is_open(port: int, host: str = LOOPBACK) -> bool:
    """Say whether something accepts connections on ``host``:``port``."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def free_ports(count: int) -> list[int]:
    """Return ``count`` different ports that are free on every address.

    They lie below the range from which systems take the ports of outgoing connections (32768 and up on
    Linux, 49152 and up elsewhere), so that a part that ends and comes back finds its port still free.

    Raises:
        OSError: in the whole range not enough ports are free.
    """
    found: list[int] = []
    for port in random.SystemRandom().sample(_LASTING, len(_LASTING)):
        if len(found) == count:
            break
        if is_free(port, ""):
            found.append(port)
    if len(found) < count:
        raise OSError(f"only {len(found)} of {count} ports are free between {_LASTING[0]} and {_LASTING[-1]}")
    return found
