"""How long the archive keeps what: include/retention.yaml, and the disposal of what is over its time."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from sqlalchemy import Connection, Engine

from reporting import archive, clock, events, plain_yaml
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


class Retention(BaseModel):
    """The rules of include/retention.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kinds: dict[str, KindOfContent]

    @model_validator(mode="before")
    @classmethod
    def _holds_are_kept_elsewhere(cls, given: object) -> object:
        if isinstance(given, dict) and "holds" in given:
            raise ValueError(
                "holds are kept in the warehouse: enter each with `reporting archive hold`, remove them here"
            )
        return given


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
        found = Retention.model_validate(plain_yaml.load(file.read_text("utf-8")))
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
    that was named may not be disposed of: its cycle is open, it is held, its time is not over or not
    confirmed; and while a backup is being made, which still has to copy it.
    """
    rules = rules or load_retention()
    with engine.begin() as connection:
        if not connection.execute(query("archive/begin_disposal")).scalar_one():
            raise RetentionError("A backup is being made just now; dispose of the files when it is finished.")
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


@dataclass(frozen=True)
class Hold:
    """What is held back from disposal. `scope` is cycle, office, file or period; `subject` the id of the
    cycle or office, the hash, or the two days. `released_at`: when it ended, None while it holds.
    """

    hold_id: int
    scope: str
    subject: str
    reason: str
    held_by: str
    held_at: datetime
    released_by: str | None
    released_because: str | None
    released_at: datetime | None
    file_count: int


def hold(
    engine: Engine,
    reason: str,
    by: str,
    *,
    cycle_id: str | None = None,
    organization_id: str | None = None,
    sha256: str | None = None,
    period: tuple[date, date] | None = None,
) -> int:
    """Hold exactly one of the four back from disposal, on record with name and reason; returns the hold's
    number.

    What comes to the cycle, office or period later is held too. A disposal that is under way is waited for; a
    file that it decided on and whose bytes are there still is kept after all. Raises RetentionError where
    nothing, or more than one thing, is named, or it is unknown.
    """
    scopes = {"cycle": cycle_id, "office": organization_id, "file": sha256, "period": period}
    named = [scope for scope, subject in scopes.items() if subject is not None]
    if len(named) != 1:
        raise RetentionError("Name one of: a cycle, an office, a file, a period.")
    if period is not None and period[0] > period[1]:
        raise RetentionError("The period ends before it begins; give its first day, then its last.")
    with engine.begin() as connection:
        connection.execute(query("archive/wait_for_disposal"))
        known = {"cycle_id": cycle_id, "organization_id": organization_id, "sha256": sha256}
        if period is None and not connection.execute(query("archive/knows"), known).scalar_one():
            raise RetentionError(f"There is no {named[0]} {scopes[named[0]]!r}; nothing was held.")
        number = connection.execute(
            query("archive/hold"),
            known
            | {
                "scope": named[0],
                "from_on": period and period[0],
                "to_on": period and period[1],
                "reason": reason,
                "held_by": by,
            },
        ).scalar_one()
        rescued = connection.execute(query("archive/rescue_held"), {"hold_id": number}).scalars().all()
        detail = {"hold": number, "scope": named[0], "reason": reason, "rescued": sorted(rescued)}
        events.record(connection, cycle_id, "archive_held", by, clock.wall_now(), **detail)
    return int(number)


def release(engine: Engine, hold_id: int, reason: str, by: str) -> None:
    """End a hold, on record with name and reason. Raises RetentionError where there is none, or it ended."""
    with engine.begin() as connection:
        done = connection.execute(
            query("archive/release"), {"hold_id": hold_id, "reason": reason, "released_by": by}
        ).rowcount
        if not done:
            raise RetentionError(
                f"There is no hold {hold_id} that holds; `reporting archive holds` lists them all."
            )
        events.record(connection, None, "archive_released", by, clock.wall_now(), hold=hold_id, reason=reason)


def holds(connection: Connection) -> list[Hold]:
    """All holds, those that ended too, in their order."""
    return [Hold(**row._mapping) for row in connection.execute(query("archive/holds"))]


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
            "today": clock.wall_now().date(),
            "states": list(states),
            "hashes": list(hashes),
        },
    )
    return [KeptFile(**row._mapping) for row in rows]
