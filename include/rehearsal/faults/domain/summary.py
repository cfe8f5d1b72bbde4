"""The report of the experiments inside the domain package: domain.json and domain.md."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rehearsal.faults import report
from rehearsal.faults.domain.experiments import Injected, Played
from rehearsal.faults.domain.points import domain_functions
from rehearsal.faults.domain.recording import Recording

NAME, TITLE = "domain", "Inside the domain package"


def write(
    out: Path, recording: Recording, played: Sequence[Played], *, seed: int, seconds: float
) -> dict[str, Any]:
    """Write the report into `out`; returns what stands in domain.json."""
    content = report.write(out, NAME, TITLE, [one.experiment for one in played])
    injected = [one for job in played for one in job.injected]
    hit = [one for one in injected if one.is_hit]
    passed = {point.stratum for points in recording.points for point in points}
    content["totals"] |= {
        "seed": seed,
        "wall_seconds": round(seconds, 1),
        "points_hit": len(hit),
        "points_not_reached": len(injected) - len(hit),
        "whole_cycles": sum(len({one.stage for one in job.injected}) > 1 for job in played),
    }
    content["coverage"] = {
        "stages": [stage.name for stage in recording.stages],
        "points_passed_undisturbed": sum(map(len, recording.points)),
        "places_hit": len({one.place for one in hit}),
        "places_known": len({place for place, _ in passed}),
        "places_and_kinds_hit": len({(one.place, one.kind) for one in hit}),
        "places_and_kinds_known": len(passed),
        "functions_of_the_domain": domain_functions(),
    }
    content["by_kind"] = _counted(hit, "kind")
    content["by_harm"] = _counted(hit, "harm")
    content["by_stage"] = _counted(hit, "stage")
    content["by_place"] = _counted(hit, "place")
    content["injected"] = [vars(one) for one in injected]
    (out / f"{NAME}.json").write_text(
        json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    with (out / f"{NAME}.md").open("a", encoding="utf-8") as file:
        file.write("\n".join(_lines(content)) + "\n")
    return content


def _counted(hit: Iterable[Injected], what: str) -> dict[str, int]:
    return dict(sorted(Counter(str(getattr(one, what)) for one in hit).items()))


def _lines(content: dict[str, Any]) -> Iterable[str]:
    totals, coverage = content["totals"], content["coverage"]
    yield ""
    yield f"### Coverage (seed {totals['seed']}, {totals['wall_seconds']:.0f} s)"
    yield ""
    yield (
        f"{totals['points_hit']} points hit, {totals['points_not_reached']} chosen ones not reached (they "
        f"count as not run). {coverage['places_hit']} of {coverage['places_known']} places of the domain "
        "package that cross a boundary in the undisturbed cycle, "
        f"{coverage['places_and_kinds_hit']} of "
        f"{coverage['places_and_kinds_known']} places by kind of point; the undisturbed cycle passes "
        f"{coverage['points_passed_undisturbed']} points in {len(coverage['stages'])} stages."
    )
    for title, key in (
        ("What was done", "by_harm"), ("At which kind of point", "by_kind"), ("In which stage", "by_stage"),
        ("In which place", "by_place"),
    ):  # fmt: skip
        yield ""
        yield f"| {title} | Times |"
        yield "|---|---|"
        for name, count in content[key].items():
            yield f"| {name} | {count} |"
