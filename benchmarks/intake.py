"""From archived bytes to committed facts and queued answers, beside the loop one would write first and beside
merely reading the files.
"""

from __future__ import annotations

import io
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from python_calamine import CalamineWorkbook
from sqlalchemy import Engine, text

from benchmarks import naive, scaled, stages
from benchmarks.answers import requests
from benchmarks.figures import Figure, duration, ratio
from benchmarks.installation import installation
from benchmarks.scaled import Answered
from reporting import clock
from reporting.database import copy_rows
from reporting.intake.process import CHUNK, handle_arrivals

NAME = "intake"
ROUNDS = 3
_FEW = 100
_BATCH = CHUNK
_NAIVE = 30
_SINGLES = 60


def measure() -> Iterator[Figure]:
    """intake.vs_naive, .vs_floor, .vs_floor_mail, .exponent, .rss_growth and .single_p95_s.

    BENCH_WORKBOOKS (1000) is the larger of the two sizes between which time and memory are compared. Raises
    RuntimeError when an answer is not accepted.
    """
    many = max(int(os.environ.get("BENCH_WORKBOOKS", "1000")), _BATCH)
    with installation(is_durable=True) as engine:
        _, answers = scaled.prepare(engine, many + _SINGLES)
        yield from _beside_others(engine, answers[:_BATCH])
        yield from _by_size(engine, answers[:many])
        yield from _one_by_one(engine, answers[many:])


def _beside_others(engine: Engine, answers: Sequence[Answered]) -> Iterator[Figure]:
    count, form = len(answers), requests()[0].form
    scaled.let_arrive(engine, answers, "folder")
    _handle(engine, count)  # everything is imported, every statement planned once
    facts = _facts(engine)
    scaled.forget_results(engine)
    with stages.timed() as spent:
        _handle(engine, count)
    print(f"Where the time goes, per workbook ({count} files of a folder):", file=sys.stderr)
    print("\n".join(stages.lines(spent(), count)), file=sys.stderr)

    pairs: dict[str, list[float]] = {"ours": [], "floor": []}
    for number in range(ROUNDS):
        for side in sorted(pairs, reverse=bool(number % 2)):
            scaled.forget_results(engine)
            began = time.perf_counter()
            _handle(engine, count) if side == "ours" else _floor(engine, answers, facts)
            pairs[side].append(time.perf_counter() - began)
    sample = [answer.data for answer in answers[:_NAIVE]]
    naive.take_in(engine, form, sample[:2])
    loops = []
    for _ in range(ROUNDS):
        naive.forget(engine)
        began = time.perf_counter()
        passed = naive.take_in(engine, form, sample)
        loops.append((time.perf_counter() - began) / len(sample))
        if passed != len(sample):
            raise RuntimeError(f"the loop let {passed} of {len(sample)} files pass; nothing was measured")
    each = [seconds / count for seconds in pairs["ours"]]
    size = sum(len(answer.data) for answer in answers) // count / 1000
    yield duration("intake.per_workbook_ms", each, how=f"{count} accepted workbooks of {size:.0f} kB at once")
    yield _at_least(
        "intake.vs_naive",
        loops,
        each,
        40.0,
        baseline="times as fast as pandas + openpyxl, Great Expectations per file and to_sql, in a loop",
        how=(
            f"per workbook; the loop over {len(sample)} of the same files "
            f"({statistics.median(loops) * 1000:.0f} ms each), ours {count} at once; {ROUNDS} rounds each; "
            "the loop makes a new Great Expectations context for each file, as tutorials do: with one "
            "for all it took about 135 ms a file instead of 170"
        ),
    )
    floor = "python-calamine reading every sheet of the same files, then one COPY of the same facts"
    yield ratio(
        "intake.vs_floor",
        pairs["ours"],
        pairs["floor"],
        baseline=floor,
        bar=4.0,
        how=(
            f"{count} files of a folder, from archived bytes to committed facts and queued answers; {ROUNDS} "
            f"pairs in turn; the floor takes {min(pairs['floor']) / count * 1000:.2f} ms each"
        ),
    )
    scaled.forget_arrivals(engine)
    scaled.let_arrive(engine, answers, "mail")
    mails = []
    for _ in range(ROUNDS):
        scaled.forget_results(engine)
        began = time.perf_counter()
        _handle(engine, count)
        mails.append(time.perf_counter() - began)
    scaled.forget_arrivals(engine)
    how = f"the same files attached to {count} mails; taking mails apart is no part of the floor"
    yield ratio("intake.vs_floor_mail", mails, pairs["floor"], baseline=floor, bar=None, how=how)


def _by_size(engine: Engine, answers: Sequence[Answered]) -> Iterator[Figure]:
    many = len(answers)
    scaled.let_arrive(engine, answers, "folder")
    rounds = 1 if many > 2000 else ROUNDS
    seconds: dict[int, list[float]] = {_FEW: [], many: []}
    for _ in range(rounds):
        for count, found in seconds.items():
            scaled.forget_results(engine)
            began = time.perf_counter()
            _handle(engine, count)
            found.append(time.perf_counter() - began)
    exponents = tuple(
        round(math.log(large / small) / math.log(many / _FEW), 3)
        for small, large in zip(seconds[_FEW], seconds[many], strict=True)
    )
    yield Figure(
        "intake.exponent",
        statistics.median(exponents),
        "power",
        None,
        1.05,
        f"growth of time from {_FEW} workbooks ({min(seconds[_FEW]):.2f} s) to {many} "
        f"({min(seconds[many]):.2f} s); 1 is linear; BENCH_WORKBOOKS=10000 for more",
        exponents,
    )
    scaled.forget_results(engine)
    held = _held(_BATCH, many)
    yield Figure(
        "intake.rss_growth",
        round(held[-1] / held[0], 3),
        "×",
        f"resident memory of the process after {_BATCH} workbooks, which are one chunk",
        1.1,
        f"resident memory after {many} workbooks, in a process of its own; samples in MB",
        tuple(round(one / 1e6, 1) for one in held),
    )
    scaled.forget_arrivals(engine)


def _one_by_one(engine: Engine, answers: Sequence[Answered]) -> Iterator[Figure]:
    """Each answer by itself, in a process in which everything is imported."""
    samples = []
    for number, answer in enumerate(answers):
        with engine.begin() as connection:
            at = clock.wall_now() + timedelta(seconds=number)
            scaled.arrive(connection, answer, "mail", at)
        began = time.perf_counter()
        _handle(engine, 1)
        samples.append(time.perf_counter() - began)
    samples = samples[1:]
    yield Figure(
        "intake.single_p95_s",
        round(statistics.quantiles(samples, n=20)[-1], 3),
        "s",
        None,
        1.0,
        f"from the arrival committed to its answer queued; {len(samples)} mails with a workbook, one by one",
        tuple(round(one, 3) for one in samples),
    )


def _at_least(
    name: str, slow: Sequence[float], fast: Sequence[float], bar: float, *, baseline: str, how: str
) -> Figure:
    pairs = tuple(round(one / other, 2) for one, other in zip(slow, fast, strict=True))
    return Figure(name, round(statistics.median(pairs), 2), "×", baseline, bar, how, pairs, is_floor=True)


def _handle(engine: Engine, count: int) -> None:
    result = handle_arrivals(engine, count)
    if result.handled != count or result.accepted != count:
        raise RuntimeError(
            f"{result.accepted} of {count} sample answers were accepted ({dict(result.outcomes)}, "
            f"{list(result.failures.values())[:1]}); nothing was measured"
        )


_COLUMNS = (
    "submission_id", "cycle_id", "recipient_id", "indicator", "year", "kind", "state", "value", "unit",
    "document_number", "document_on", "note", "explanation", "sheet", "cell",
)  # fmt: skip


def _facts(engine: Engine) -> list[tuple[object, ...]]:
    """The facts as they stand, and a bare table for them."""
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE public.floor_fact AS TABLE core.fact WITH NO DATA"))
        rows = connection.execute(text("SELECT * FROM core.fact")).mappings()
        return [tuple(row[name] for name in _COLUMNS) for row in rows]


def _floor(engine: Engine, answers: Sequence[Answered], facts: Sequence[Sequence[object]]) -> None:
    """Read every cell of every file, then copy facts as large as theirs; nothing else."""
    for answer in answers:
        book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
        for name in book.sheet_names:
            book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE public.floor_fact"))
        copy_rows(connection, "public.floor_fact", _COLUMNS, facts)


def _held(*after: int) -> list[int]:
    """Resident memory (bytes) of a process that handles what waits, after so many arrivals."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.intake_memory", *map(str, after)],
        cwd=Path(__file__).parents[1],
        check=True,
        capture_output=True,
        text=True,
    )
    return list(json.loads(done.stdout.splitlines()[-1]))
