"""Benchmarks: what is measured is what is kept, and a claim beyond its bar is not hidden."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as command
from benchmarks import cycle, scaleout
from benchmarks.figures import Figure, Registry, alternate, duration, ratio, table, write

SLOW = Figure("mail.vs_bare", 3.0, "×", "a bare session", 2.5, "three pairs", (2.9, 3.0, 3.1))
FAST = Figure("mail.vs_bare", 2.5, "×", "a bare session", 2.5, "three pairs", (2.5,))
CLAIMLESS = Figure("mail.deliver_s", 1.25, "s", None, None, "one run", (1.25,))


@pytest.mark.parametrize(("figure", "holds"), [(SLOW, False), (FAST, True), (CLAIMLESS, None)])
def test_a_figure_holds_up_to_its_bar(figure: Figure, holds: bool | None) -> None:
    assert figure.holds is holds


def test_a_speed_that_must_be_reached_holds_from_its_bar_on() -> None:
    quick, slow = (
        Figure("intake.vs_naive", value, "×", "a loop", 40.0, "three rounds", (value,), is_floor=True)
        for value in (40.0, 39.9)
    )
    assert (quick.holds, slow.holds) == (True, False)
    assert ">= 40" in table([quick])


def test_the_file_has_one_object_per_figure_with_its_raw_samples(tmp_path: Path) -> None:
    path = tmp_path / "out" / "bench.json"
    write(path, [SLOW, CLAIMLESS])
    assert json.loads(path.read_text(encoding="utf-8"))["mail.vs_bare"] == {
        "value": 3.0,
        "unit": "×",
        "baseline": "a bare session",
        "bar": 2.5,
        "holds": False,
        "how": "three pairs",
        "samples": [2.9, 3.0, 3.1],
        "is_floor": False,
    }


def test_a_later_run_replaces_its_own_figures_and_keeps_the_others(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    write(path, [SLOW, CLAIMLESS])
    write(path, [FAST])
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert {name: figure["value"] for name, figure in kept.items()} == {
        "mail.vs_bare": 2.5,
        "mail.deliver_s": 1.25,
    }


@pytest.mark.parametrize("content", ["not json", "[1, 2]"])
def test_a_file_of_something_else_is_not_overwritten(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bench.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"bench\.json: not a file of figures .* Delete it"):
        write(path, [SLOW])
    assert path.read_text(encoding="utf-8") == content


def test_a_ratio_is_the_median_over_pairs_of_one_run() -> None:
    found = ratio("x", [2.0, 9.0, 3.0], [1.0, 1.0, 2.0], baseline="bare", bar=2.0, how="pairs")
    assert (found.value, found.samples, found.holds) == (2.0, (2.0, 9.0, 1.5), True)
    with pytest.raises(ValueError):
        ratio("x", [1.0], [1.0, 2.0], baseline="bare", bar=None, how="pairs")


def test_a_duration_claims_nothing() -> None:
    found = duration("x", [0.001, 0.003, 0.002], how="three runs")
    assert (found.value, found.unit, found.bar, found.samples) == (2.0, "ms", None, (1.0, 3.0, 2.0))


def test_both_sides_take_turns_and_the_first_round_is_not_counted() -> None:
    calls: list[str] = []
    sides = {name: (lambda name=name: calls.append(name)) for name in ("ours", "bare")}
    found = alternate(sides, rounds=3)
    assert [len(samples) for samples in found.values()] == [3, 3]
    assert calls == ["bare", "ours", "ours", "bare", "bare", "ours", "ours", "bare"]


@pytest.fixture
def registry() -> Registry:
    """Two benchmarks, one of them beyond its bar."""
    found = Registry()

    @found.family("slow")
    def slow() -> Iterator[Figure]:
        yield SLOW

    @found.family("claimless")
    def claimless() -> Iterator[Figure]:
        yield CLAIMLESS

    return found


def test_benchmarks_run_by_name_or_all(registry: Registry) -> None:
    assert list(registry.run()) == [SLOW, CLAIMLESS]
    assert list(registry.run(["claimless"])) == [CLAIMLESS]
    with pytest.raises(LookupError, match="no benchmark fast; there are: slow, claimless"):
        list(registry.run(["slow", "fast"]))
    with pytest.raises(ValueError, match="two benchmarks called 'slow'"):
        registry.family("slow")(lambda: [])


@pytest.mark.parametrize(("names", "code"), [(["slow"], 1), (["claimless"], 0), ([], 1)])
def test_the_command_tells_by_its_exit_whether_every_bar_holds(
    registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    names: list[str],
    code: int,
) -> None:
    monkeypatch.setattr(command, "registry", lambda: registry)
    assert command.main([*names, "--out", str(tmp_path / "bench.json")]) == code
    assert str(tmp_path / "bench.json") in capsys.readouterr().out


def test_the_command_refuses_an_unknown_name(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "registry", lambda: registry)
    with pytest.raises(SystemExit) as ended:
        command.main(["fast"])
    assert ended.value.code == 2
    assert "there are: slow, claimless" in capsys.readouterr().err


def test_the_table_shows_a_claim_that_does_not_hold() -> None:
    lines = table([SLOW, CLAIMLESS]).splitlines()
    assert lines[0].split() == ["figure", "value", "bar", "holds", "samples", "against"]
    assert "3 ×" in lines[2]
    assert "<= 2.5" in lines[2]
    assert " NO " in lines[2]
    assert "NO" not in lines[3]


def test_the_command_knows_these_benchmarks() -> None:
    assert command.registry().names == [
        "workbook",
        "intake",
        "mail",
        "marts",
        "cycle",
        "report",
        "scaleout",
        "backup",
    ]


def played(up: float = 40.0) -> dict[str, Any]:
    """Two pairs of cycles as they are told of."""
    counts = {
        "empty_cycle": {"instances": 22, "deferrals": 8},
        "empty_intake": {"instances": 4, "deferrals": 2},
    }

    def cycle_of(scale: float, workers: float) -> dict[str, Any]:
        phases = {"request": 10.0 * scale, "collection": 30.0 * scale, "report": 10.0 * scale}
        return {"phases": phases, "processors": {"workers": workers, "scheduler": 5.0}, "counts": counts}

    return {
        "up": up,
        "real": [cycle_of(1.4, 60.0), cycle_of(1.6, 70.0)],
        "empty": [cycle_of(1.0, 20.0), cycle_of(1.0, 20.0)],
    }


def test_a_cycle_has_a_figure_per_phase_and_a_bar_for_the_whole() -> None:
    found = {figure.name: figure for figure in cycle.figures(played())}
    assert [found[f"cycle.seconds_63.{phase}"].value for phase in ("up", "request", "collection")] == [
        40.0,
        15.0,
        45.0,
    ]
    total = found["cycle.seconds_63.total"]
    assert (total.samples, total.bar, total.holds) == ((110.0, 120.0), 240.0, True)
    late = {figure.name: figure for figure in cycle.figures(played(up=180.0))}
    assert late["cycle.seconds_63.total"].holds is False


def test_a_cycle_is_held_against_one_in_which_nothing_is_done() -> None:
    found = {figure.name: figure for figure in cycle.figures(played())}
    whole = found["cycle.vs_empty_dag"]
    assert (whole.samples, whole.value, whole.bar, whole.holds) == ((1.4, 1.6), 1.5, 1.5, True)
    assert "deferrals 10.0 and 10.0" in whole.how
    assert found["cycle.domain_processor_s"].samples == (40.0, 50.0)
    assert found["cycle.processor_s.empty.workers"].value == 20.0


def test_two_workers_are_held_against_one() -> None:
    def intake(answered: float) -> dict[str, Any]:
        return {
            "collected": 10.0, "handled": answered - 1, "answered": answered,
            "processors": {"worker1": answered / 2, "postgres": 5.0},
        }  # fmt: skip

    found = {
        figure.name: figure
        for figure in scaleout.figures({"1": [intake(60), intake(52)], "2": [intake(40), intake(40)]}, 2000)
    }
    ratio_of_both = found["scaleout.two_workers"]
    assert (ratio_of_both.samples, ratio_of_both.value, ratio_of_both.holds) == ((1.5, 1.3), 1.4, True)
    assert "by two: collected after 10 s, handled after 39 s, answered after 40 s" in ratio_of_both.how
    assert found["scaleout.one_worker.processor_s.worker1"].value == 28.0
    assert found["scaleout.two_workers_s"].value == 40.0
