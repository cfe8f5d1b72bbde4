"""How long the archive keeps what: include/retention.yaml, and the disposal of what is over its time."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Connection, Engine

from reporting import archive, clock, events
from reporting.database import query
from reporting.settings import INCLUDE

FILE = INCLUDE / "retention.yaml"
KINDS = frozenset({"document", "signed_report", "submission", "sent", "unrelated", "rehearsal"})
OVER = ("held", "unconfirmed", "due")
"""States of files whose time is over."""


class RetentionError(ValueError):
    """The rules cannot be read, or a disposal is refused; the message names file or reason and remedy."""


class KindOfContent(BaseModel):
    """What is kept how long, and on what ground."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    what: str
    years: int | Literal["permanent"]
    ground: str
    confirmed: str | None = None


class Hold(BaseModel):
    """A cycle of which nothing is disposed of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cycle: str
    reason: str


class Retention(BaseModel):
    """The rules of include/retention.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kinds: dict[str, KindOfContent]
    holds: list[Hold] = []


@dataclass(frozen=True)
class KeptFile:
    """A file and how long it is kept.

    `kinds` are its purposes, `cycles` those it belongs to, `keep_until` the first day on which it may go
    (None while its work goes on or where it is kept for ever). `state` is open, permanent, running, held,
    unconfirmed or due.
    """

    sha256: str
    byte_count: int
    media_type: str
    archived_at: datetime
    kinds: list[str]
    cycles: list[str]
    keep_until: date | None
    state: str


@dataclass(frozen=True)
class Damage:
    """A file whose bytes are not as they were: `problem` is missing or altered."""

    sha256: str
    problem: str


def load_retention(file: Path = FILE) -> Retention:
    """The rules. Raises RetentionError naming the file and what is wrong in it."""
    try:
        found = Retention.model_validate(yaml.safe_load(file.read_text("utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise RetentionError(f"{file} cannot be used: {error}") from error
    if found.kinds.keys() != KINDS:
        wrong = ", ".join(sorted(found.kinds.keys() ^ KINDS))
        raise RetentionError(
            f"{file}: every kind of content stands there once and no other; look at {wrong}."
        )
    return found


def over_its_time(connection: Connection, rules: Retention | None = None) -> list[KeptFile]:
    """The files whose time of keeping is over, the longest first: due, held, or of a kind that is not
    confirmed.
    """
    return _files(connection, rules or load_retention(), states=OVER)


def dispose(
    engine: Engine,
    reason: str,
    by: str,
    hashes: Collection[str] | None = None,
    rules: Retention | None = None,
) -> list[str]:
    """Remove the bytes of the files that are due (of those named by `hashes`, where given) and note when, by
    whom and why; returns their hashes. Rows and hashes stay.

    Noted and committed first, removed afterwards, one by one: what a kill leaves is removed by the next call.
    Content that comes again meanwhile is kept. Raises RetentionError, before anything is done, where a file
    that was named may not be disposed of: its cycle is open or held, its time is not over or not confirmed.
    """
    rules = rules or load_retention()
    with engine.begin() as connection:
        is_named = hashes is not None
        if hashes is None:
            hashes = [file.sha256 for file in _files(connection, rules, states=("due",))]
        # whoever uses one of them just now is waited for, and then it is not due any more
        connection.execute(query("archive/lock_files"), {"hashes": list(hashes)})
        named = {file.sha256: file for file in _files(connection, rules, states=(), hashes=hashes)}
        refused = [
            f"{sha256}: {named[sha256].state if sha256 in named else 'unknown, or disposed of already'}"
            for sha256 in hashes
            if sha256 not in named or named[sha256].state != "due"
        ]
        if refused and is_named:
            raise RetentionError(
                "Nothing was disposed of, because some files have to be kept; `reporting archive due` lists "
                f"those that need not. {'; '.join(refused)}"
            )
        due = sorted(sha256 for sha256, file in named.items() if file.state == "due")
        disposed = list(
            connection.execute(
                query("archive/dispose"), {"hashes": due, "by": by, "reason": reason}
            ).scalars()
        )
        if disposed:
            events.record(
                connection,
                None,
                "files_disposed",
                by,
                clock.wall_now(),
                reason=reason,
                hashes=sorted(disposed),
            )
    with engine.connect() as connection:
        to_remove = connection.execute(query("archive/to_remove")).scalars().all()
    for sha256 in to_remove:
        with engine.begin() as connection:
            if connection.execute(query("archive/lock_to_remove"), {"sha256": sha256}).one_or_none():
                archive.remove(sha256)
                connection.execute(query("archive/mark_removed"), {"sha256": sha256})
    return sorted(disposed)


def verify(connection: Connection) -> Iterator[Damage | None]:
    """Read every file that is to be there; gives, for each, None or what is wrong with it."""
    for row in connection.execute(query("archive/all_kept")):
        try:
            archive.read(row.sha256)
        except FileNotFoundError:
            yield Damage(row.sha256, "missing")
        except OSError:
            yield Damage(row.sha256, "altered")
        else:
            yield None


def _files(
    connection: Connection,
    rules: Retention,
    *,
    states: Collection[str],
    hashes: Collection[str] = (),
) -> list[KeptFile]:
    kinds = [
        {
            "kind": name,
            "years": None if kind.years == "permanent" else kind.years,
            "is_confirmed": bool(kind.confirmed),
        }
        for name, kind in rules.kinds.items()
    ]
    rows = connection.execute(
        query("archive/retention"),
        {
            "kinds": json.dumps(kinds),
            "holds": [hold.cycle for hold in rules.holds],
            "today": clock.wall_now().date(),
            "states": list(states),
            "hashes": list(hashes),
        },
    )
    return [KeptFile(**row._mapping) for row in rows]
