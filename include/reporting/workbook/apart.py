"""Reading sheets in a process of its own: of formats into which nobody can look beforehand, and of very large
files. What a hostile file does to the reader then happens to that process alone, within its memory and time.

Run as a script it reads a file from standard input and writes its sheets as JSON; the script imports nothing
of the project.
"""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal

import python_calamine

Reason = Literal["encrypted", "damaged", "too_large"]

MEMORY_BYTES = 400 * 1024 * 1024
SECONDS = 8
MAX_CELLS = 3_000_000
_ENCRYPTED, _TOO_LARGE, _DAMAGED = 3, 4, 5


_MOMENTS: dict[str, Callable[[str], datetime | date | time]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
}


class ApartError(Exception):
    """The sheets were not read."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


def sheets_read_apart(data: bytes) -> list[tuple[str, bool, list[list[Any]]]]:
    """Name, whether hidden, and rows of every sheet. Raises ApartError for what the file is to blame for,
    RuntimeError when the reading process could not even begin.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-P", str(Path(__file__))],
            input=data,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ApartError("too_large") from error
    if done.returncode == 0:
        return [
            (name, is_hidden, [[_decoded(value) for value in row] for row in rows])
            for name, is_hidden, rows in json.loads(done.stdout)
        ]
    if done.returncode in (1, 2):  # the script itself did not run: nothing is said about the file
        raise RuntimeError(f"sheets are not read apart: {done.stderr.decode('utf-8', 'replace')[-500:]}")
    reasons: dict[int, Reason] = {_ENCRYPTED: "encrypted", _DAMAGED: "damaged"}
    raise ApartError(reasons.get(done.returncode, "too_large"))  # it was ended for want of memory


def _encoded(value: object) -> object:
    if isinstance(value, datetime | date | time):
        return {type(value).__name__: value.isoformat()}
    if isinstance(value, timedelta):
        return {"timedelta": value.total_seconds()}
    return str(value)


def _decoded(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, words),) = value.items()
    if kind == "timedelta":
        return timedelta(seconds=words)
    return _MOMENTS[kind](words)


def _main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        sheets = []
        cells = 0
        with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read())) as book:
            for meta in book.sheets_metadata:
                if meta.typ != python_calamine.SheetTypeEnum.WorkSheet:
                    continue
                sheet = book.get_sheet_by_name(meta.name)
                cells += sheet.total_height * sheet.total_width
                if cells > MAX_CELLS:
                    return _TOO_LARGE
                is_hidden = meta.visible != python_calamine.SheetVisibleEnum.Visible
                sheets.append((meta.name, is_hidden, sheet.to_python(skip_empty_area=False)))
        sys.stdout.write(json.dumps(sheets, default=_encoded))
    except python_calamine.PasswordError:
        return _ENCRYPTED
    except MemoryError:
        return _TOO_LARGE
    except BaseException:  # the reader's own panics are no Exception
        return _DAMAGED
    return 0


if __name__ == "__main__":
    sys.exit(_main())
