"""`python -m benchmarks.report_memory SNAPSHOT`: draft the report of a snapshot; print seconds and the memory
held before and at most (JSON, bytes).
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import psutil


def main(path: Path) -> None:
    """Draft, and print what it cost."""
    from reporting.summary import snapshot
    from reporting.summary.draft import summary_draft

    data = path.read_bytes()
    before = psutil.Process().memory_info().rss
    began = time.perf_counter()
    draft = summary_draft(snapshot.opened(data))
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # kilobytes on Linux
    sizes = {file.role: len(file.data) for file in draft.files}
    print(json.dumps({"seconds": seconds, "before": before, "peak": peak, "sizes": sizes}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
