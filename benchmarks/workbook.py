"""Building the workbook that goes out: locks, tags, lists and print layout beside the bare cells."""

from __future__ import annotations

import io
from collections.abc import Iterator

import openpyxl
import xlsxwriter

from benchmarks.answers import requests
from benchmarks.figures import Figure, alternate, duration, ratio

NAME = "workbook"
ROUNDS = 15


def measure() -> Iterator[Figure]:
    """workbook.build_ms and workbook.vs_bare_xlsxwriter."""
    request = requests()[0]
    cells = _cells(request.build())
    seconds = alternate({"ours": request.build, "bare": lambda: _write(cells)}, ROUNDS)
    yield duration("workbook.build_ms", seconds["ours"], how="one workbook of the tracking form, signed")
    yield ratio(
        "workbook.vs_bare_xlsxwriter",
        seconds["ours"],
        seconds["bare"],
        baseline="xlsxwriter writing the same values into the same cells: no format, list or lock",
        bar=None,
        how=f"{ROUNDS} pairs in turn, after one that is not counted; median of the paired ratios",
    )


def _cells(data: bytes) -> dict[str, list[tuple[int, int, object]]]:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return {
        sheet.title: [
            (cell.row - 1, cell.column - 1, cell.value)
            for row in sheet.iter_rows()
            for cell in row
            if cell.value is not None
        ]
        for sheet in book.worksheets
    }


def _write(sheets: dict[str, list[tuple[int, int, object]]]) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    for title, cells in sheets.items():
        sheet = book.add_worksheet(title)
        for row, column, value in cells:
            sheet.write(row, column, value)
    book.close()
    return buffer.getvalue()
