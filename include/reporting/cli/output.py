"""How commands print: aligned tables for people, JSON for programs, files into folders."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

import typer

_GAP = "  "


def words(key: str, **values: object) -> str:
    """A sentence or heading of include/wording/command_line.yaml."""
    from reporting.wording.catalogue import text

    return text(f"command_line.{key}", **values)


def say(line: str) -> None:
    """Print one line on stdout."""
    typer.echo(unicodedata.normalize("NFC", line))


def note(line: str) -> None:
    """Print one line on stderr: a remark beside the result."""
    typer.echo(unicodedata.normalize("NFC", line), err=True)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under headings (keys of command_line.column), each column as wide as its widest cell.

    Numbers stand to the right. Vietnamese letters are one cell wide once composed (NFC).
    """
    headings = [words(f"column.{column}") for column in columns]
    aligned(headings, rows)


def aligned(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under the headings as given; see `table`."""
    listed = [list(row) for row in rows]
    cells = [[_cell(value) for value in row] for row in listed]
    is_number = [
        bool(listed) and all(isinstance(row[n], int) or row[n] is None for row in listed)
        for n in range(len(headings))
    ]
    widths = [max(len(line[n]) for line in [list(headings), *cells]) for n in range(len(headings))]
    for line in [list(headings), ["─" * width for width in widths], *cells]:
        padded = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, is_number, strict=True)
        )
        say(_GAP.join(padded).rstrip())


def _cell(value: object) -> str:
    return unicodedata.normalize("NFC", " ".join(str(value).split())) if value is not None else ""


def as_json(value: object) -> None:
    """Print a value as JSON, moments in ISO 8601 with their offset from UTC."""
    say(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def as_json_line(value: object) -> None:
    """Print a value as one line of JSON; its texts stay as they are, such as the name of a file."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=_plain))


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        from reporting.clock import VIETNAM

        return value.astimezone(VIETNAM).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def at(moment: datetime | None) -> str | None:
    """A moment, short enough for a table: "9:00 20/12/2012", in Vietnam's time."""
    if moment is None:
        return None
    from reporting.clock import VIETNAM
    from reporting.wording.vietnamese import short_date

    local = moment.astimezone(VIETNAM)
    return words("moment", hour=local.hour, minute=local.minute, date=short_date(local))


def last_day(due_at: datetime | None) -> str | None:
    """The last day in time, when `due_at` is the first instant that is late: "31/12/2012"."""
    if due_at is None:
        return None
    from reporting.cycles.plan import last_day_before
    from reporting.wording.vietnamese import short_date

    return short_date(last_day_before(due_at))


def write_file(path: Path, data: bytes, *, force: bool) -> None:
    """Write a file and say so. Raises FileExistsError when it is there and not to be replaced."""
    if path.exists() and not force:
        raise FileExistsError(f"{path} is there already: give --force to replace it, or another name.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    say(str(path))
