"""Tables and saved queries given out as CSV or Parquet, row by row."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, CursorResult, text

from reporting.analyst import readable
from reporting.clock import VIETNAM

Format = Literal["csv", "parquet"]
SCHEMAS = ("mart", "core", "registry")
BATCH = 10_000
DECIMAL_DIGITS, DECIMAL_PLACES = 38, 10
"""Numbers of Parquet files; more places are rounded half to even, more digits refused."""

_OPENS_A_FORMULA = re.compile(r"[=+\-@\t\r\n]")
_SMALLEST = Decimal(1).scaleb(-DECIMAL_PLACES)


class ExportError(LookupError):
    """There is no such table, or it cannot be given out as asked; the message names what there is."""


class UnknownTable(ExportError):
    """There is no such table; the message names those that there are."""


@dataclass(frozen=True)
class _Kind:
    """How a type of PostgreSQL goes into a file: its name in Arrow, and what is made of a value."""

    arrow: str
    plain: Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


def _exact(value: Decimal) -> Decimal:
    if not value.is_finite() or value.adjusted() >= DECIMAL_DIGITS - DECIMAL_PLACES:
        raise ExportError(
            f"the number {value} does not fit into {DECIMAL_DIGITS} digits with {DECIMAL_PLACES} places; "
            "write CSV, which has no such limit"
        )
    return value.quantize(_SMALLEST, rounding=ROUND_HALF_EVEN)


def _as_json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


_KINDS: Mapping[int, _Kind] = {
    16: _Kind("bool", _same),
    20: _Kind("int64", _same),
    21: _Kind("int16", _same),
    23: _Kind("int32", _same),
    700: _Kind("float32", _same),
    701: _Kind("float64", _same),
    1700: _Kind("decimal", _exact),
    1082: _Kind("date32", _same),
    1184: _Kind("moment", _same),
    114: _Kind("string", _as_json),
    3802: _Kind("string", _as_json),
    1009: _Kind("strings", _same),
}
"""By the number that PostgreSQL gives a type; whatever is not here is text."""
_TEXT = _Kind("string", str)


def tables(connection: Connection) -> dict[str, list[str]]:
    """The tables and views that may be given out (schema.name) with their columns: what analysts may read
    of marts, facts and registry.
    """
    found = readable(connection)
    return {table: columns for table, columns in found.items() if table.split(".")[0] in SCHEMAS}


def export_table(
    connection: Connection,
    table: str,
    path: Path,
    file_format: Format,
    *,
    cycle_id: str | None = None,
    with_bom: bool = False,
) -> int:
    """Write a table, or the rows of one cycle, into a file and return the number of rows.

    A name without a schema means one of mart. Rows are read and written a portion at a time, ordered by the
    columns as they stand; the file appears whole or not at all. Raises UnknownTable naming the tables there
    are, ExportError for a table that has no cycle_id when one is given.
    """
    known = tables(connection)
    name = table if "." in table else f"mart.{table}"
    if name not in known:
        raise UnknownTable(f"{table!r} is no table that is given out; there are: {', '.join(known)}.")
    if cycle_id is not None and "cycle_id" not in known[name]:
        raise ExportError(f"{name} does not tell cycles apart; leave the cycle away.")
    quote: Any = connection.dialect.identifier_preparer.quote
    columns = ", ".join(map(quote, known[name]))
    where = "" if cycle_id is None else "WHERE cycle_id = :cycle_id"
    statement = f"SELECT {columns} FROM {'.'.join(map(quote, name.split('.')))} {where}"  # noqa: S608 - quoted
    return export_statement(
        connection, statement, {} if cycle_id is None else {"cycle_id": cycle_id}, path, file_format, with_bom
    )


def export_statement(
    connection: Connection,
    statement: str,
    values: Mapping[str, object],
    path: Path,
    file_format: Format,
    with_bom: bool = False,
) -> int:
    """Write the rows of one SELECT into a file and return their number; otherwise as `export_table`."""
    options = {"stream_results": True, "max_row_buffer": BATCH}
    result = connection.execute(text(statement), dict(values), execution_options=options)
    with result, _appearing(path) as partial:
        if file_format == "csv":
            return _write_csv(result, partial, with_bom=with_bom)
        return _write_parquet(result, partial)


@contextmanager
def _appearing(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its place when all went well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _columns(result: CursorResult[Any]) -> list[tuple[str, _Kind]]:
    cursor: Any = result.cursor  # psycopg2's, which alone knows the types
    description = cursor.description
    return [(column[0], _KINDS.get(column[1], _TEXT)) for column in description]


def _write_csv(result: CursorResult[Any], path: Path, *, with_bom: bool) -> int:
    count = 0
    with path.open("w", encoding="utf-8-sig" if with_bom else "utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(result.keys())
        for rows in result.partitions(BATCH):
            writer.writerows([cell(value) for value in row] for row in rows)
            count += len(rows)
    return count


def cell(value: object) -> str:
    """A value as a cell of CSV: moments of Viet Nam in ISO 8601, numbers plain, nothing for NULL.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, datetime):
        return (value if value.tzinfo is None else value.astimezone(VIETNAM)).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return f"'{written}" if _OPENS_A_FORMULA.match(written) else written


def _write_parquet(result: CursorResult[Any], path: Path) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = _columns(result)
    schema = pa.schema([(name, _arrow(kind)) for name, kind in columns])
    count = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for rows in result.partitions(BATCH):
            writer.write_batch(_batch(rows, columns, schema))
            count += len(rows)
    return count


def _batch(rows: Sequence[Any], columns: Sequence[tuple[str, _Kind]], schema: Any) -> Any:
    import pyarrow as pa

    arrays = [
        pa.array([None if row[n] is None else kind.plain(row[n]) for row in rows], type=schema.field(n).type)
        for n, (_, kind) in enumerate(columns)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _arrow(kind: _Kind) -> Any:
    import pyarrow as pa

    special = {
        "decimal": lambda: pa.decimal128(DECIMAL_DIGITS, DECIMAL_PLACES),
        "moment": lambda: pa.timestamp("us", tz=VIETNAM.key),
        "strings": lambda: pa.list_(pa.string()),
        "bool": pa.bool_,
    }
    return special[kind.arrow]() if kind.arrow in special else getattr(pa, kind.arrow)()
