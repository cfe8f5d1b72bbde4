"""`python -m benchmarks [names…]`: measure, print a table, keep the figures in out/bench.json."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks import backup, cycle, intake, mail, marts, report, scaleout, workbook
from benchmarks.figures import Figure, Registry, table, write

OUT = Path(__file__).resolve().parents[1] / "out" / "bench.json"


def registry() -> Registry:
    """Every benchmark: the quick ones first."""
    found = Registry()
    for module in (workbook, intake, mail, marts, cycle, report, scaleout, backup):
        found.family(module.NAME)(module.measure)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run; returns 1 when a figure is beyond its bar, 2 for an unknown name."""
    benchmarks = registry()
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog="BENCH_MESSAGES=10000 in the environment lets `mail` send all 10,000 personal messages, "
        "BENCH_WORKBOOKS=10000 lets `intake` handle as many workbooks, BENCH_MART_OFFICES=500 lets `marts` "
        "fill a smaller warehouse than that of 10,000 offices, BENCH_ROUNDS=1 lets `cycle` and `scaleout` "
        "play one pair instead of three.",
    )
    parser.add_argument("names", nargs="*", help=f"which ones: {', '.join(benchmarks.names)}; by default all")
    parser.add_argument("--out", type=Path, default=OUT, help="file that keeps the figures")
    options = parser.parse_args(arguments)
    figures: list[Figure] = []
    try:
        for figure in benchmarks.run(options.names):
            figures.append(figure)
            write(options.out, [figure])  # what was measured is kept even if a later benchmark fails
            print(f"{figure.name}: {figure.value:g} {figure.unit}", file=sys.stderr)
    except LookupError as error:
        parser.error(str(error.args[0]))
    print(table(figures))
    print(f"Figures: {options.out}")
    return int(any(figure.holds is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
