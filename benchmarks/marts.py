"""The analysts' tables: what a refresh costs in a full warehouse, a rebuild, the dashboards' queries.

The warehouse is made by SQL: 10,000 offices, 24 quarters, 40 marks and numbers each, about 10 million facts.
BENCH_MART_OFFICES in the environment takes fewer or more offices.
"""

from __future__ import annotations

import math
import os
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from benchmarks.figures import Figure, ratio
from benchmarks.installation import installation
from reporting.consolidation import refresh as consolidation
from reporting.consolidation.refresh import Mart, marts, rebuild_in, refresh
from reporting.database import SQL, query
from reporting.registry.load import load as load_registry

NAME = "marts"
CYCLES = 24
FOLDER = Path(__file__).parent / "marts_sql"
_OFFICES = int(os.environ.get("BENCH_MART_OFFICES", "10000"))
_ROUNDS = 30
_TIMES = 10
_PAGE = 10_000
_SMALL_SECONDS = 0.1
_LAST = text("SELECT max(cycle_id) FROM cycle.cycle")
_INDEXES = {"fact_cycle_idx": "CREATE INDEX fact_cycle_idx ON core.fact (cycle_id, recipient_id)"}
QUERIES = (
    "reporting_rate_by_region",
    "tracking_matrix",
    "totals_year_on_year",
    "who_is_missing",
    "indicator_by_region",
)


def measure(offices: int = _OFFICES, rounds: int = _ROUNDS) -> Iterator[Figure]:
    """Yield the figures of the marts."""
    with installation(is_durable=False) as full, installation(is_durable=False) as empty:
        load(full, offices, CYCLES)
        load(empty, 63, 1, is_answered=False)
        with full.connect() as connection:
            facts = connection.exec_driver_sql("SELECT count(*) FROM core.fact").scalar_one()
        size = f"{offices} offices, {CYCLES} quarters, {facts / 1e6:.2f} million facts"
        yield from _rebuilds(full, size)
        consolidation.rebuild(empty)
        yield _refreshes(full, empty, size, rounds)
        yield _queries(full, size)


def load(engine: Engine, offices: int, cycles: int, *, is_answered: bool = True) -> None:
    """Fill an empty warehouse; without answers, there are only the offices and what they are asked for."""
    load_registry(engine)
    with engine.begin() as connection:
        foreign_keys = _without_keys(connection) if is_answered else []
        values = {"offices": offices, "cycles": cycles, "is_answered": is_answered}
        for statement in (FOLDER / "load.sql").read_text(encoding="utf-8").split(";\n"):
            if statement.strip():
                named = {name: value for name, value in values.items() if f":{name}" in statement}
                connection.execute(text(statement), named)
        facts = text((FOLDER / "load_facts.sql").read_text(encoding="utf-8"))
        for cycle_id in connection.exec_driver_sql("SELECT cycle_id FROM cycle.cycle ORDER BY 1").scalars():
            connection.execute(facts, {"cycle_id": cycle_id})
        for statement in foreign_keys:
            connection.exec_driver_sql(statement)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def _without_keys(connection: Connection) -> list[str]:
    """Take foreign keys and the second index of the facts away while they are loaded; returns what makes them
    again.
    """
    keys = connection.exec_driver_sql(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 'core.fact'::regclass AND contype = 'f'"
    ).all()
    for name, _ in keys:
        connection.exec_driver_sql(f"ALTER TABLE core.fact DROP CONSTRAINT {name}")
    for name in _INDEXES:
        connection.exec_driver_sql(f"DROP INDEX core.{name}")
    return [
        *_INDEXES.values(),
        *(f"ALTER TABLE core.fact ADD CONSTRAINT {name} {definition} NOT VALID" for name, definition in keys),
    ]


def _rebuilds(engine: Engine, size: str) -> Iterator[Figure]:
    """Each table filled anew, against a hand-written CREATE TABLE AS of the same content."""
    pairs = {mart.name: rebuild_and_write_by_hand(engine, mart) for mart in marts()}
    small = [name for name, (_, by_hand) in pairs.items() if by_hand < _SMALL_SECONDS]
    large = {name: pair for name, pair in pairs.items() if name not in small}
    if small:
        large[", ".join(small)] = (sum(pairs[n][0] for n in small), sum(pairs[n][1] for n in small))
    ratios = {name: round(ours / by_hand, 3) for name, (ours, by_hand) in large.items()}
    worst = max(ratios, key=lambda name: ratios[name])
    seconds = "; ".join(f"{n} {ours:.2f} s / {by_hand:.2f} s" for n, (ours, by_hand) in large.items())
    yield Figure(
        "marts.rebuild_vs_sql",
        ratios[worst],
        "×",
        "a hand-written CREATE TABLE AS of the same content, without indexes and statistics",
        1.5,
        f"the worst mart, {worst}; {size}; those below {_SMALL_SECONDS} s by hand as one; {seconds}",
        tuple(ratios.values()),
    )


def rebuild_and_write_by_hand(engine: Engine, mart: Mart) -> tuple[float, float]:
    """Seconds of our rebuild of one table, and of the hand-written statement; of the short ones the median of
    three. What was written by hand stands in by_hand.<name> until the next call.
    """
    statement = (FOLDER / "by_hand" / f"{mart.name}.sql").read_text(encoding="utf-8")

    def by_hand(connection: Connection) -> None:
        connection.execute(text(f"CREATE TABLE by_hand.{mart.name} AS {statement}"))

    def ours(connection: Connection) -> None:
        rebuild_in(connection, mart)

    found: dict[str, list[float]] = {"ours": [], "by_hand": []}
    for number in range(3):
        _fresh_schema(engine)
        sides: list[tuple[str, Callable[[Connection], None]]] = [("by_hand", by_hand), ("ours", ours)]
        for name, work in sides if number % 2 else reversed(sides):
            began = time.perf_counter()
            with engine.begin() as connection:
                work(connection)
            found[name].append(time.perf_counter() - began)
        if sum(found["ours"]) > 20:
            break
    return statistics.median(found["ours"]), statistics.median(found["by_hand"])


def _fresh_schema(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA IF EXISTS by_hand CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA by_hand")


def _refreshes(full: Engine, empty: Engine, size: str, rounds: int) -> Figure:
    """A refresh after one accepted submission, in both warehouses in turn."""
    _fresh_schema(full)
    for engine in (full, empty):
        with engine.begin() as connection:
            connection.execute(query("consolidation/take_all_changes"))  # the tables were filled from nothing
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    seconds: dict[str, list[float]] = {"full": [], "empty": []}
    for number in range(rounds + 1):
        for name, engine in sorted({"full": full, "empty": empty}.items(), reverse=bool(number % 2)):
            with engine.begin() as connection:
                cycle_id = accept(connection, 10 + number)
            began = time.perf_counter()
            with engine.begin() as connection:
                done = refresh(connection, cycle_id)
            elapsed = time.perf_counter() - began
            if done.recipient_count != 1 or done.is_whole:
                raise RuntimeError(f"{done}: another refresh was to be measured")
            if number:
                seconds[name].append(elapsed)
    median = {name: statistics.median(found) * 1000 for name, found in seconds.items()}
    return ratio(
        "marts.refresh_vs_empty",
        [statistics.median(seconds["full"])],
        [statistics.median(seconds["empty"])],
        baseline="the same in a warehouse of one quarter and 63 offices that have not answered yet",
        bar=2.0,
        how=f"median of {rounds} after one accepted submission of 40 marks and numbers, in turn; {size}; "
        f"{median['full']:.0f} ms against {median['empty']:.0f} ms",
    )


def accept(connection: Connection, position: int) -> str:
    """Commit one more version of the office at this place in the newest cycle; returns the cycle."""
    cycle_id = str(connection.execute(_LAST).scalar_one())
    for statement in (FOLDER / "accept.sql").read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            connection.execute(text(statement), {"cycle_id": cycle_id, "position": position})
    return cycle_id


def _queries(engine: Engine, size: str) -> Figure:
    """The dashboards' queries, each a few times, as far as one page of rows."""
    samples: dict[str, list[float]] = {}
    with engine.connect() as connection:
        cycle_id = connection.execute(_LAST).scalar_one()
        values = {"cycle_id": cycle_id, "indicator": "mark_1", "mode": "live", "regime": None}
        for name in QUERIES:
            given = values | {"deliverable": "data_form"}
            if name == "reporting_rate_by_region":
                given["cycle_id"] = None  # over all periods
            statement = (SQL / "analysis" / f"{name}.sql").read_text(encoding="utf-8")
            found = samples.setdefault(name, [])
            for _ in range(_TIMES):
                began = time.perf_counter()
                rows = connection.execute(
                    text(statement), {k: v for k, v in given.items() if f":{k}" in statement}
                ).fetchmany(_PAGE)
                found.append(time.perf_counter() - began)
                if not rows and name != "who_is_missing":
                    raise RuntimeError(f"{name} found nothing; nothing was measured")
    everything = sorted(second for found in samples.values() for second in found)
    p95 = everything[math.ceil(0.95 * len(everything)) - 1]
    each = "; ".join(f"{name} {statistics.median(found):.3f} s" for name, found in samples.items())
    return Figure(
        "marts.query_p95_s",
        round(p95, 3),
        "s",
        None,
        1.0,
        f"{_TIMES} times each, {size}; {each}",
        tuple(round(second, 4) for second in everything),
    )
