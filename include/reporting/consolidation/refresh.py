"""Keep the analysts' tables (schema mart) up to date with what was accepted.

Each table has one SELECT in include/sql/marts, from which it is filled for a few recipients, for a cycle, or
for everything. Triggers note in mart.change whose rows something changed; a refresh takes a cycle's notes and
fills those recipients anew, and moves sums by the difference between what they added before and what they add
now.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter
from sqlalchemy import Connection, Engine, TextClause, text
from sqlalchemy.exc import OperationalError

from reporting import clock, plain_yaml
from reporting.database import SQL, query

FOLDER = SQL / "marts"
_BY_CYCLE = {
    "cycle": "consolidation/refill_asked",
    "rows": "consolidation/refill_cycle",
    "sums": "consolidation/sum_cycle",
}
_AT_ONCE_SHARE = 4
"""A cycle is filled as a whole when more than one in so many of its recipients are stale."""

_ATTEMPTS = 600
"""How often a rebuild tries to have the tables to itself: for some minutes."""
_CANCELLED = "57014"
"""SQLSTATE of a statement that took longer than it may."""


class RebuildError(RuntimeError):
    """The tables could not be rebuilt; the message says why and what to do."""


class Mart(BaseModel):
    """One table of marts.yaml. Of sums: the columns by which they are kept, and those that are added up.
    `in_turn`: also when everything is filled, recipient by recipient.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Literal["cycle", "rows", "sums"]
    in_turn: bool = False
    keys: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are added up."""
        return self.counts + self.amounts

    def statement(self, name: str) -> TextClause:
        """A statement of include/sql/queries with the names of this table filled in."""
        return _statement(self, name)


@dataclass(frozen=True)
class Pending:
    """A cycle whose marts lag behind: changes that wait (`since` when), recipients whose day has passed."""

    cycle_id: str
    change_count: int
    since: datetime | None
    overdue_count: int


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did: how many recipients were filled anew; `is_whole`: all of the cycle."""

    recipient_count: int
    is_whole: bool


@lru_cache(maxsize=1)
def marts() -> tuple[Mart, ...]:
    """The tables in the order in which they are filled. Raises ValueError naming a malformed marts.yaml."""
    path = FOLDER / "marts.yaml"
    try:
        return TypeAdapter(tuple[Mart, ...]).validate_python(
            plain_yaml.load(path.read_text(encoding="utf-8"))
        )
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


@lru_cache(maxsize=256)
def _statement(mart: Mart, name: str) -> TextClause:
    template = (SQL / "queries" / f"{name}.sql").read_text(encoding="utf-8")
    return text(
        template.format(
            mart=mart.name,
            select=(FOLDER / f"{mart.name}.sql").read_text(encoding="utf-8"),
            keys=", ".join(mart.keys),
            columns=", ".join(mart.columns),
            sums=", ".join(
                [f"count(*) FILTER (WHERE {c}) AS {c}" for c in mart.counts]
                + [f"trim_scale(coalesce(sum({c}), 0)) AS {c}" for c in mart.amounts]
            ),
            moves=", ".join(
                [f"{c} = kept.{c} + excluded.{c}" for c in mart.counts]
                + [f"{c} = trim_scale(kept.{c} + excluded.{c})" for c in mart.amounts]
            ),
        )
    )


def refresh(connection: Connection, cycle_id: str, *, whole: bool = False) -> Refreshed:
    """Bring the tables of a cycle up to date, in the caller's transaction.

    Only the recipients whom a change concerns since the last refresh, or whose day has passed, are filled
    anew; `whole`: all of them. Readers see the old rows until the transaction commits; two refreshes of one
    cycle run one after the other, and a change that commits meanwhile is left to the next one. Raises
    LookupError when there is no such cycle. Where nothing is stale nobody is waited for.
    """
    clock.now(connection, cycle_id)  # refuses an unknown cycle
    values: dict[str, object] = {"cycle_id": cycle_id}
    if not whole and not _is_stale(connection, values):
        return Refreshed(0, False)
    connection.execute(query("consolidation/hold_marts"), values)
    for previous in connection.scalars(query("consolidation/previous_to_refresh"), values).all():
        refresh(connection, previous)  # later cycles wait for earlier ones, never the other way round
    changes = connection.execute(query("consolidation/take_changes"), values).all()
    stale = {change.recipient_id for change in changes}
    stale |= set(connection.scalars(query("consolidation/overdue_since"), values))
    is_whole = whole or None in stale
    if not is_whole and stale:
        total = connection.execute(query("consolidation/recipient_count"), values).scalar_one()
        is_whole = len(stale) * _AT_ONCE_SHARE > total
    recipient_ids = sorted(stale - {None})
    if is_whole:
        _refill_cycle(connection, cycle_id)
    elif recipient_ids:
        _refill_recipients(connection, cycle_id, recipient_ids)
    reported = {change.recipient_id for change in changes if change.cause == "answer"}
    if reported:
        connection.execute(
            query("consolidation/note_next_cycle"), values | {"recipient_ids": sorted(reported)}
        )
    return Refreshed(len(recipient_ids), is_whole)


def _is_stale(connection: Connection, values: Mapping[str, object]) -> bool:
    """Whether a refresh would find something to do. What another one is doing counts until it commits."""
    if connection.scalar(query("consolidation/has_changes"), values):
        return True
    return any(
        connection.execute(query(f"consolidation/{name}"), values).first() is not None
        for name in ("previous_to_refresh", "overdue_since")
    )


def _refill_cycle(connection: Connection, cycle_id: str) -> None:
    values = {"cycle_id": cycle_id}
    for mart in marts():
        connection.execute(mart.statement("consolidation/clear_cycle"), values)
        connection.execute(mart.statement(_BY_CYCLE[mart.kind]), values)


def _refill_recipients(connection: Connection, cycle_id: str, recipient_ids: Sequence[int]) -> None:
    values = {"recipient_ids": list(recipient_ids)}
    sums = [mart for mart in marts() if mart.kind == "sums"]
    before = {mart.name: _contributions(connection, mart, values) for mart in sums}
    for mart in marts():
        if mart.kind == "rows":
            connection.execute(mart.statement("consolidation/clear_recipients"), values)
            connection.execute(mart.statement("consolidation/refill_recipients"), values)
    for mart in sums:
        after = _contributions(connection, mart, values)
        differences = list(_differences(mart, before[mart.name], after))
        if not differences:
            continue
        connection.execute(
            mart.statement("consolidation/move_sums"), {"differences": json.dumps(differences)}
        )
        if any(int(str(one["row_count"])) < 0 for one in differences):
            connection.execute(mart.statement("consolidation/drop_empty_sums"), {"cycle_id": cycle_id})


_Sums = Mapping[tuple[str, ...], Mapping[str, Decimal]]


def _contributions(connection: Connection, mart: Mart, values: Mapping[str, object]) -> _Sums:
    """What the recipients add to the sums of a table, by its keys."""
    found = connection.execute(mart.statement("consolidation/contributions"), dict(values)).mappings()
    names = (*mart.columns, "row_count")
    return {
        tuple(row[key] for key in mart.keys): {name: Decimal(row[name]) for name in names} for row in found
    }


def _differences(mart: Mart, before: _Sums, after: _Sums) -> Iterable[dict[str, object]]:
    """By how much each sum moves, as rows of the table; those that stay are left out."""
    names = (*mart.columns, "row_count")
    none = dict.fromkeys(names, Decimal(0))
    for key in sorted(before.keys() | after.keys(), key=str):
        old, new = before.get(key, none), after.get(key, none)
        moves = {name: new[name] - old[name] for name in names}
        if any(moves.values()):
            whole: dict[str, object] = {name: int(moves[name]) for name in (*mart.counts, "row_count")}
            yield dict(zip(mart.keys, key, strict=True)) | whole | {n: str(moves[n]) for n in mart.amounts}


def rebuild(engine: Engine) -> None:
    """Fill every table anew for everything, in one transaction.

    It first takes all tables for itself; who reads them from then on, or refreshes, waits for its end. While
    others hold some of them it gives back what it has and tries again, sooner than the server looks for
    deadlocks, so that no reader ever fails on its account. Raises RebuildError when the tables were never
    free together for some minutes. Indexes are taken away first and made again over the filled table. What
    changes meanwhile is left to the next refresh.
    """
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(random.uniform(0.05, 0.4))
        with engine.connect() as connection, connection.begin() as transaction:
            if not _hold_all(connection):
                transaction.rollback()
                continue
            connection.execute(query("consolidation/take_all_changes"))
            for mart in marts():
                rebuild_in(connection, mart)
            return
    raise RebuildError(
        "Somebody read or refreshed the marts all the time: they could not be rebuilt. Nothing was changed; "
        "end long sessions that read schema mart, or try again at a quieter hour."
    )


def _hold_all(connection: Connection) -> bool:
    """Take all tables in one statement; False, with the transaction of no more use, if somebody holds one."""
    if not connection.scalar(query("consolidation/hold_all_marts")):
        return False
    connection.execute(query("consolidation/wait_briefly"))
    names = ", ".join(f"mart.{mart.name}" for mart in marts())
    try:
        connection.exec_driver_sql(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
    except OperationalError as error:
        if getattr(error.orig, "pgcode", None) != _CANCELLED:
            raise
        return False
    connection.exec_driver_sql("SET LOCAL statement_timeout TO DEFAULT")
    return True


def rebuild_in(connection: Connection, mart: Mart) -> None:
    """Fill one table anew for everything, from those before it, in the caller's transaction."""
    indexes = connection.execute(query("consolidation/mart_indexes"), {"mart": f"mart.{mart.name}"}).all()
    run = connection.exec_driver_sql
    connection.execute(query("consolidation/allow_memory"))
    run(f"TRUNCATE mart.{mart.name}")
    for index in indexes:
        if index.constraint_name:
            run(f'ALTER TABLE mart.{mart.name} DROP CONSTRAINT "{index.constraint_name}"')
        else:
            run(f'DROP INDEX mart."{index.name}"')
    if mart.in_turn:
        connection.execute(mart.statement("consolidation/refill_in_turn"))
    else:
        aside, taken = ("sum_all", "unstage") if mart.kind == "sums" else ("stage_rows", "take_rows")
        connection.execute(mart.statement(f"consolidation/{aside}"))
        connection.execute(mart.statement(f"consolidation/{taken}"))
        run("DROP TABLE staged")
    for index in indexes:
        if index.constraint_name:
            definition = f'"{index.constraint_name}" {index.constraint_definition}'
            run(f"ALTER TABLE mart.{mart.name} ADD CONSTRAINT {definition}")
        else:
            run(index.definition)
    run(f"ANALYZE mart.{mart.name}")


def pending(connection: Connection) -> list[Pending]:
    """The cycles whose tables lag behind, by their ids."""
    return [Pending(**row._mapping) for row in connection.execute(query("consolidation/pending"))]
