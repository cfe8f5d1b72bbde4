"""`python -m tests.fuzz`: break files and see that each is answered, in limits, with the process alive."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from reporting.isolation import MEMORY, SECONDS
from tests.fuzz.run import Report, fuzz


def main() -> int:
    """Run; the exit code is 1 when a file failed."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--files", type=int, default=2000, help="how many files to break (2000)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other files (1)")
    parser.add_argument("--first", type=int, default=0, help="number of the first file (0)")
    parser.add_argument("--only", type=int, help="this one file, by its number")
    parser.add_argument("--out", type=Path, default=Path("out/fuzz"), help="where failing files are kept")
    options = parser.parse_args()
    numbers = range(options.first, options.first + options.files)
    if options.only is not None:
        numbers = range(options.only, options.only + 1)
    began = time.monotonic()

    def told(report: Report) -> dict[str, object]:
        minutes = round((time.monotonic() - began) / 60, 1)
        return report.summary() | {"limit_s": SECONDS, "limit_mb": MEMORY // 1024 // 1024, "minutes": minutes}

    def tell(report: Report) -> None:
        options.out.mkdir(parents=True, exist_ok=True)
        summary = json.dumps(told(report), indent=2) + "\n"
        (options.out / "summary.json").write_text(summary, encoding="utf-8")
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{report.files} files, {len(report.failures)} failed")
            sys.stderr.flush()

    report = fuzz(options.seed, numbers, options.out, tell)
    print(json.dumps(told(report), indent=2))
    for failure in report.failures[:20]:
        print(json.dumps(failure, ensure_ascii=False))
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
