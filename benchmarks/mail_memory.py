"""`python -m benchmarks.mail_memory CYCLE NUMBER…`: deliver what is queued; print the memory held (JSON)."""

from __future__ import annotations

import json
import sys

import psutil

from reporting import database
from reporting.mail.delivery import deliver
from reporting.mail.transport import Prepared, Transport


def main(cycle_id: str, after: list[int]) -> None:
    """Deliver, and print the resident memory (bytes) of this process when so many messages were sent."""
    process = psutil.Process()
    held: dict[int, int] = {}
    sent = 0
    given = Transport.send

    def send(self: Transport, prepared: Prepared) -> bool:
        nonlocal sent
        is_real_server = given(self, prepared)
        sent += 1
        if sent in after:
            held[sent] = process.memory_info().rss
        return is_real_server

    Transport.send = send  # type: ignore[method-assign]
    deliver(database.engine(), cycle_id)
    print(json.dumps({"sent": sent, "held": [held[number] for number in after]}))


if __name__ == "__main__":
    main(sys.argv[1], [int(number) for number in sys.argv[2:]])
