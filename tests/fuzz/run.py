"""The run: each file is read and answered in a child process with limits, as the intake would."""

from __future__ import annotations

import json
import resource
import statistics
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reporting.intake import message as mail
from reporting.intake.attachments import received_files, workbooks
from reporting.isolation import SECONDS, Lost, run_apart
from reporting.validation.check import WorkbookFile, check_workbooks
from reporting.validation.findings import Finding
from reporting.workbook.annotate import annotate
from reporting.workbook.read import read_workbook
from reporting.workbook.refill import refill
from tests.corpus.case import FOLDER
from tests.fuzz.mutate import Mutant, mutant
from tests.unit.workbook.office import DONG_NAI, context, form, request_workbook

_AT_ONCE = 500
_SECONDS_TO_BEGIN = 60.0
_TOLD_ALREADY = frozenset({"container", "template"})


@dataclass(frozen=True)
class Looked:
    """One file read: how long it took, how much memory the process ever held, how many workbooks it has."""

    seconds: float
    peak: int
    workbooks: int


@dataclass(frozen=True)
class Answered:
    """A batch checked in one pass: of each workbook its outcome, and of those to be marked the findings."""

    outcomes: tuple[tuple[int, str], ...]
    to_mark: tuple[tuple[int, int, tuple[Finding, ...]], ...]
    problems: tuple[str, ...]
    peak: int


@dataclass
class Report:
    """What a run found. `failures`: files that broke a limit, crashed, or got no answer or an empty one."""

    seed: int
    files: int = 0
    workbooks: int = 0
    seconds: list[float] = field(default_factory=list)
    seconds_to_mark: list[float] = field(default_factory=list)
    peak: int = 0
    refilled: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[dict[str, object]] = field(default_factory=list)

    def summary(self) -> dict[str, object]:
        """The figures, fit for JSON: seconds to read a file, and to mark findings in one, memory in MB."""
        return {
            "seed": self.seed,
            "files": self.files,
            "workbooks": self.workbooks,
            "read_s": _spread(self.seconds),
            "mark_s": _spread(self.seconds_to_mark),
            "given_back_refilled": self.refilled,
            "peak_mb": round(self.peak / 1024 / 1024),
            "outcomes": dict(sorted(self.outcomes.items())),
            "failures": len(self.failures),
        }


def bases() -> list[tuple[str, bytes]]:
    """The files of the corpus, by name."""
    return [(path.name, path.read_bytes()) for path in sorted(FOLDER.iterdir()) if path.suffix != ".yaml"]


def fuzz(
    seed: int,
    numbers: Sequence[int],
    out: Path | None = None,
    tell: Callable[[Report], object] = lambda _: None,
) -> Report:
    """Read, check and mark the broken files of these numbers; those that fail are kept in `out`."""
    report = Report(seed)
    origin = bases()

    def made(number: int) -> Mutant:
        return mutant(seed, number, origin)

    for start in range(0, len(numbers), _AT_ONCE):
        batch = numbers[start : start + _AT_ONCE]
        alive = []
        for number, looked in zip(batch, run_apart(lambda n: _look(made(n)), batch), strict=True):
            report.files += 1
            if isinstance(looked, Lost | str):
                why = looked if isinstance(looked, str) else looked.why
                _fail(report, made(number), f"reading: {why}", out)
                continue
            report.seconds.append(looked.seconds)
            report.peak = max(report.peak, looked.peak)
            report.workbooks += looked.workbooks
            if looked.workbooks:
                alive.append(number)
            else:
                report.outcomes["no_submission"] += 1
        _answer(report, made, alive, out)
        tell(report)
    return report


def _answer(report: Report, made: Callable[[int], Mutant], numbers: Sequence[int], out: Path | None) -> None:
    if not numbers:
        return
    whole = [tuple(numbers)]

    def seconds(group: Sequence[int]) -> float:
        return _SECONDS_TO_BEGIN + SECONDS * len(group)

    (first,) = run_apart(lambda group: _check([made(n) for n in group]), whole, seconds=seconds)
    results = [(whole[0], first)]
    if isinstance(first, Lost) or first.problems:
        single = [(number,) for number in numbers]
        again = run_apart(lambda group: _check([made(n) for n in group]), single, seconds=seconds)
        results = list(zip(single, again, strict=True))
    to_mark: list[tuple[int, int, tuple[Finding, ...]]] = []
    for group, answered in results:
        if isinstance(answered, Lost):
            _fail(report, made(group[0]), f"checking: {answered.why}", out)
            continue
        for problem in answered.problems:
            _fail(report, made(group[0]), f"checking: {problem}", out)
        report.peak = max(report.peak, answered.peak)
        report.outcomes.update(outcome for _, outcome in answered.outcomes)
        to_mark += answered.to_mark
    to_refill: list[tuple[int, int, tuple[Finding, ...]]] = []
    for (number, place, findings), marked in zip(
        to_mark, run_apart(lambda one: _mark(made(one[0]), one[1], one[2]), to_mark), strict=True
    ):
        if isinstance(marked, str):
            _fail(report, made(number), f"marking workbook {place}: {marked}", out)
            continue
        if isinstance(marked, Lost) or not marked.workbooks:
            to_refill.append((number, place, findings))
            continue
        report.seconds_to_mark.append(marked.seconds)
        report.peak = max(report.peak, marked.peak)
    for (number, place, _), refilled in zip(
        to_refill, run_apart(lambda one: _refill(made(one[0]), one[1], one[2]), to_refill), strict=True
    ):
        if isinstance(refilled, Lost | str):
            why = refilled if isinstance(refilled, str) else refilled.why
            _fail(report, made(number), f"refilling workbook {place}: {why}", out)
            continue
        report.refilled += 1
        report.seconds_to_mark.append(refilled.seconds)
        report.peak = max(report.peak, refilled.peak)


# -- in the child --------------------------------------------------------------------------------


def _look(one: Mutant) -> Looked | str:
    """Everything that the intake reads of a delivery before it is checked; what was raised otherwise."""
    began = time.perf_counter()
    try:
        if one.name.endswith(".eml"):
            mail.headers(mail.parse_headers(one.data))
            mail.is_bounce(mail.parse(one.data))
        found = _workbooks(one)
        for name, data in found:
            read_workbook(data, name, context().form)
    except Exception as error:
        return _told(error)
    return Looked(time.perf_counter() - began, _peak(), len(found))


def _check(mutants: Sequence[Mutant]) -> Answered:
    files = [
        (one.number, place, WorkbookFile(name, data, DONG_NAI))
        for one in mutants
        for place, (name, data) in enumerate(_workbooks(one))
    ]
    try:
        checked = check_workbooks([file for _, _, file in files], context())
    except Exception as error:
        return Answered((), (), (_told(error),), _peak())
    outcomes, to_mark, problems = [], [], []
    for (number, place, _), one in zip(files, checked, strict=True):
        outcomes.append((number, one.outcome))
        if one.outcome in {"to_complete", "unreadable"}:
            if not one.findings or not all(finding.message.strip() for finding in one.findings):
                problems.append(f"file {number}, workbook {place}: {one.outcome} without a word")
            elif not any(f.severity == "error" and f.stage in _TOLD_ALREADY for f in one.findings):
                to_mark.append((number, place, one.findings))
    return Answered(tuple(outcomes), tuple(to_mark), tuple(problems), _peak())


def _mark(one: Mutant, place: int, findings: Sequence[Finding]) -> Looked | str:
    """Mark the findings in the sender's own workbook, if it can be done; what was raised otherwise."""
    began = time.perf_counter()
    try:
        marked = annotate(_workbooks(one)[place][1], findings)
    except Exception as error:
        return _told(error)
    return Looked(time.perf_counter() - began, _peak(), int(marked is not None))


def _refill(one: Mutant, place: int, findings: Sequence[Finding]) -> Looked | str:
    """Mark the findings in the form that was asked with, filled with what the sender's workbook says."""
    began = time.perf_counter()
    name, data = _workbooks(one)[place]
    try:
        refilled = refill(request_workbook(), data, name, form())
        if not annotate(refilled.data, refilled.relocated(findings)):
            return "nothing is given back"
    except Exception as error:
        return _told(error)
    return Looked(time.perf_counter() - began, _peak(), 1)


def _workbooks(one: Mutant) -> list[tuple[str, bytes]]:
    files = received_files(None, one.data, one.name)
    if len(files) == 1 and files[0].role != "archive":
        return [(one.name, one.data)]
    return [(file.filename, file.data) for file in workbooks(files)]


def _told(error: Exception) -> str:
    """An error with the last places of our own code that it came through."""
    places = [
        f"{Path(frame.filename).name}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if "/reporting/" in frame.filename
    ]
    return f"{type(error).__name__}: {str(error)[:200]} ({' < '.join(reversed(places[-3:]))})"


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


# -- what is kept --------------------------------------------------------------------------------


def _fail(report: Report, one: Mutant, why: str, out: Path | None) -> None:
    told = {"seed": report.seed, "number": one.number, "base": one.base, "ways": one.ways, "why": why}
    report.failures.append(told)
    report.outcomes["failed"] += 1
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{report.seed}-{one.number}-{one.name}").write_bytes(one.data)
        with (out / "failures.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(told, ensure_ascii=False) + "\n")


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    if len(seconds) < 2:
        return {"max": round(max(seconds, default=0.0), 3)}
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {"p50": round(cuts[49], 4), "p99": round(cuts[98], 3), "max": round(max(seconds), 3)}
