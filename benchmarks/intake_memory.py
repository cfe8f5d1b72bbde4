"""`python -m benchmarks.intake_memory NUMBER…`: handle what waits; print the memory held (JSON)."""

from __future__ import annotations

import gc
import json
import sys

import psutil

from reporting import database
from reporting.intake.process import handle_arrivals


def main(after: list[int]) -> None:
    """Handle arrivals, and print the resident memory (bytes) of this process when so many were handled."""
    engine, handled, held = database.engine(), 0, []
    for number in after:
        while handled < number:
            done = handle_arrivals(engine, number - handled).handled
            if not done:
                raise RuntimeError(f"only {handled} of {number} arrivals could be handled")
            handled += done
        gc.collect()
        held.append(psutil.Process().memory_info().rss)
    print(json.dumps(held))


if __name__ == "__main__":
    main([int(number) for number in sys.argv[1:]])
