"""What fault experiments came to: one record per experiment, written as JSON and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Experiment:
    """One experiment: what was done to the software, and what became of it.

    `faults` counts what was injected, by kind. `lost` names submissions or messages that are gone, `doubles`
    messages sent twice unawares, `wrong` every other promise that was broken: all three are empty when all is
    well. `ambiguous` counts sends of unknown outcome by how they were settled. `skipped` says why an
    experiment could not be made here.
    """

    name: str
    about: str
    faults: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    doubles: list[str] = field(default_factory=list)
    ambiguous: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    skipped: str | None = None

    @property
    def is_well(self) -> bool:
        """Whether every promise held (also of an experiment that was skipped)."""
        return not (self.lost or self.doubles or self.wrong)


def totals(experiments: Sequence[Experiment]) -> dict[str, Any]:
    """The sums over all experiments: made, skipped, faults, losses, doubles, ambiguous, seconds."""
    made = [e for e in experiments if e.skipped is None]
    ambiguous: dict[str, int] = {}
    for experiment in made:
        for how, count in experiment.ambiguous.items():
            ambiguous[how] = ambiguous.get(how, 0) + count
    return {
        "experiments": len(made),
        "skipped": len(experiments) - len(made),
        "faults": sum(sum(e.faults.values()) for e in made),
        "lost": sum(len(e.lost) for e in made),
        "doubles": sum(len(e.doubles) for e in made),
        "ambiguous": ambiguous,
        "wrong": sum(len(e.wrong) for e in made),
        "seconds": round(sum(e.seconds for e in made), 1),
    }


def write(out: Path, name: str, title: str, experiments: Sequence[Experiment]) -> dict[str, Any]:
    """Write `<name>.json` and `<name>.md` into `out`; returns what stands in the former."""
    out.mkdir(parents=True, exist_ok=True)
    content = {"totals": totals(experiments), "experiments": [asdict(e) for e in experiments]}
    (out / f"{name}.json").write_text(
        json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    (out / f"{name}.md").write_text("\n".join(_markdown(title, experiments)) + "\n", encoding="utf-8")
    return content


def _markdown(title: str, experiments: Sequence[Experiment]) -> Iterable[str]:
    found = totals(experiments)
    yield f"## {title}"
    yield ""
    yield (
        f"{found['experiments']} experiments, {found['faults']} faults injected in {found['seconds']:.0f} s: "
        f"{found['lost']} lost, {found['doubles']} sent twice unawares, {found['wrong']} other promises "
        f"broken; sends of unknown outcome: {_counts(found['ambiguous'])}."
    )
    yield ""
    yield "| Experiment | Faults | Lost | Doubles | Ambiguous | Wrong | Seconds |"
    yield "|---|---|---|---|---|---|---|"
    for e in experiments:
        if e.skipped is not None:
            yield f"| {e.name}: {e.about} | skipped: {e.skipped} | | | | | |"
            continue
        yield (
            f"| {e.name}: {e.about} | {_counts(e.faults)} | {len(e.lost)} | {len(e.doubles)} "
            f"| {_counts(e.ambiguous)} | {len(e.wrong)} | {e.seconds:.1f} |"
        )
    for e in experiments:
        for line in (*e.lost, *e.doubles, *e.wrong):
            yield ""
            yield f"- **{e.name}**: {line}"


def _counts(counted: dict[str, int]) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(counted.items())) or "none"
