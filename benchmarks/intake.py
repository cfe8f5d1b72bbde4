"""Checking a batch of answers, from bytes to findings and facts, beside merely reading the files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from python_calamine import CalamineWorkbook

from benchmarks.answers import context, filled
from benchmarks.figures import Figure, alternate, duration, ratio
from reporting.validation.check import check_workbooks

NAME = "intake"
ROUNDS = 3


def measure() -> Iterator[Figure]:
    """intake.batch_63_s and intake.vs_floor. Raises RuntimeError when an answer is not accepted."""
    files, against = filled(), context()
    outcomes = {checked.outcome for checked in check_workbooks(files, against)}
    if not outcomes <= {"accepted", "accepted_with_warnings"}:
        raise RuntimeError(f"the sample answers are not all accepted ({outcomes}); nothing was measured")
    seconds = alternate(
        {
            "ours": lambda: check_workbooks(files, against),
            "floor": lambda: [_read(file.data) for file in files],
        },
        ROUNDS,
    )
    yield duration(
        "intake.batch_63_s", seconds["ours"], unit="s", how="63 answers in one batch, all accepted"
    )
    yield ratio(
        "intake.vs_floor",
        seconds["ours"],
        seconds["floor"],
        baseline="python-calamine reading every cell of the same 63 files, checking nothing",
        bar=None,
        how=f"{ROUNDS} pairs in turn, after one that is not counted (Great Expectations is imported in it)",
    )


def _read(data: bytes) -> list[list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
