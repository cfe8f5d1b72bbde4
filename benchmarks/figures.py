"""Figures of a benchmark: measuring two sides in turn, the registry of families, the file and the table."""

from __future__ import annotations

import gc
import json
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One figure.

    `value` is in `unit`. A claim about speed is a ratio: `unit` is "×" and `baseline` says what stands below
    the line, measured in the same run. `bar` is the highest value that holds, or with `is_floor` the lowest;
    None where nothing is claimed. `samples` are the measurements behind `value`.
    """

    name: str
    value: float
    unit: str
    baseline: str | None
    bar: float | None
    how: str
    samples: tuple[float, ...]
    is_floor: bool = False

    @property
    def holds(self) -> bool | None:
        """Whether the value is within its bar; None without one."""
        if self.bar is None:
            return None
        return self.value >= self.bar if self.is_floor else self.value <= self.bar


Family = Callable[[], Iterable[Figure]]


class Registry:
    """The benchmarks there are, by the name under which they are called."""

    def __init__(self) -> None:
        self._families: dict[str, Family] = {}

    def family(self, name: str) -> Callable[[Family], Family]:
        """Register a function that yields its figures. Raises ValueError for a name taken already."""

        def register(measure: Family) -> Family:
            if name in self._families:
                raise ValueError(f"there are two benchmarks called {name!r}; rename one")
            self._families[name] = measure
            return measure

        return register

    @property
    def names(self) -> list[str]:
        """The names, in the order of registration."""
        return list(self._families)

    def run(self, names: Sequence[str] = ()) -> Iterator[Figure]:
        """The figures of these benchmarks, or of all. Raises LookupError for an unknown name first."""
        unknown = [name for name in names if name not in self._families]
        if unknown:
            raise LookupError(
                f"there is no benchmark {', '.join(unknown)}; there are: {', '.join(self.names)}"
            )
        for name in names or self.names:
            yield from self._families[name]()


def alternate(sides: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, tuple[float, ...]]:
    """Seconds of each side, one sample per round, after one round that is not counted.

    The sides take turns, in turned order every other round, so that a slow moment of the machine hits both;
    garbage is collected before each sample and not during it.
    """
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name in sorted(sides, reverse=bool(number % 2)):
            gc.collect()
            gc.disable()
            began = time.perf_counter()
            sides[name]()
            elapsed = time.perf_counter() - began
            gc.enable()
            if number:
                seconds[name].append(elapsed)
    return {name: tuple(found) for name, found in seconds.items()}


def ratio(
    name: str,
    ours: Sequence[float],
    floor: Sequence[float],
    *,
    baseline: str,
    bar: float | None,
    how: str,
) -> Figure:
    """The median of the ratios of paired samples."""
    pairs = tuple(round(one / other, 4) for one, other in zip(ours, floor, strict=True))
    return Figure(name, round(statistics.median(pairs), 3), "×", baseline, bar, how, pairs)


def duration(name: str, seconds: Sequence[float], *, unit: str = "ms", how: str) -> Figure:
    """The median of durations; nothing is claimed, since it depends on the machine."""
    factor = {"s": 1, "ms": 1000}[unit]
    samples = tuple(round(one * factor, 3) for one in seconds)
    return Figure(name, round(statistics.median(samples), 3), unit, None, None, how, samples)


def write(path: Path, figures: Sequence[Figure]) -> None:
    """Keep the figures in a JSON file, one object per name; figures of other names that lie there are kept.

    Raises ValueError naming the file when it is no such file.
    """
    kept: dict[str, object] = {}
    if path.exists():
        try:
            kept = dict(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path}: not a file of figures ({error}). Delete it and run again.") from error
    for figure in figures:
        content = asdict(figure) | {"holds": figure.holds}
        kept[str(content.pop("name"))] = content
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def table(figures: Sequence[Figure]) -> str:
    """The figures as a table for a terminal."""
    rows = [("figure", "value", "bar", "holds", "samples", "against")]
    for figure in figures:
        holds = {True: "yes", False: "NO", None: ""}[figure.holds]
        spread = str(len(figure.samples))
        if len(figure.samples) > 1:
            spread += f" ({min(figure.samples):g}-{max(figure.samples):g})"
        bar = "" if figure.bar is None else f"{'>=' if figure.is_floor else '<='} {figure.bar:g}"
        rows.append(
            (figure.name, f"{figure.value:g} {figure.unit}", bar, holds, spread, figure.baseline or "")
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])
