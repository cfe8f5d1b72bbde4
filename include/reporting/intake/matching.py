"""Whose message is it: by the mail it answers, the look-up code in its subject, and its sender's address."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row

from reporting.database import query
from reporting.intake.message import Headers
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import join_names

_CODE = re.compile(r"\[\s*([^\[\]\s]{3,60})\s*\]")
_SIGNS = ("thread", "code", "address")


@dataclass(frozen=True)
class Match:
    """The cycle a message belongs to, and the recipient its sender speaks for.

    `cycle_id` is None when a person must decide; `reason` then says why, in Vietnamese. `reference_code` is
    None when the cycle is known but only by a look-up code, which anybody who saw the mail can write.
    """

    cycle_id: str | None
    reference_code: str | None
    reason: str | None


@dataclass(frozen=True)
class _Candidate:
    recipient_id: int
    cycle_id: str
    reference_code: str
    short_name: str
    is_closed: bool
    is_published: bool


def match(connection: Connection, headers: Headers, mode: str) -> Match:
    """Decide by the message's signs; those that are there must agree.

    Only cycles of `mode` can be meant. A closed cycle still takes a late return, until its report is
    published.
    """
    rows = connection.execute(
        query("intake/candidates"),
        {
            "answers": list(headers.references),
            "codes": subject_codes(headers.subject),
            "from_address": headers.from_address,
            "mode": mode,
        },
    ).all()
    by_sign = {sign: _candidates(row for row in rows if row.sign == sign) for sign in _SIGNS}
    present = [sign for sign in _SIGNS if by_sign[sign]]
    if not present:
        return _undecided("unknown_sender", address=headers.from_address or "")
    agreed = set.intersection(*(set(by_sign[sign]) for sign in present))
    if not agreed:
        signs = "; ".join(
            text(f"intake.put_aside.sign.{sign}", offices=_offices(by_sign[sign])) for sign in present
        )
        return _undecided("contradiction", signs=signs)
    candidates = _narrowed(sorted(agreed, key=lambda candidate: candidate.recipient_id))
    if len({candidate.cycle_id for candidate in candidates}) > 1:
        return _undecided(
            "several_cycles",
            address=headers.from_address or "",
            cycles=join_names(sorted({candidate.cycle_id for candidate in candidates})),
        )
    if len(candidates) > 1:
        return _undecided("several_offices", address=headers.from_address or "", offices=_offices(candidates))
    (found,) = candidates
    if found.is_published:
        return _undecided("published", cycle=found.cycle_id, office=found.short_name)
    speaks = "thread" in present or "address" in present
    return Match(found.cycle_id, found.reference_code if speaks else None, None)


def subject_codes(subject: str | None) -> list[str]:
    """What stands in square brackets in a subject line: it may be a look-up code."""
    return _CODE.findall(subject or "")


def _candidates(rows: Iterable[Row[tuple[object, ...]]]) -> list[_Candidate]:
    return [
        _Candidate(
            row.recipient_id,
            row.cycle_id,
            row.reference_code,
            row.short_name,
            row.is_closed,
            row.is_published,
        )
        for row in rows
    ]


def _narrowed(candidates: Sequence[_Candidate]) -> Sequence[_Candidate]:
    """Prefer cycles whose report is not published, then those not closed."""
    if len(candidates) > 1:
        candidates = [c for c in candidates if not c.is_published] or candidates
    if len(candidates) > 1:
        candidates = [c for c in candidates if not c.is_closed] or candidates
    return candidates


def _offices(candidates: Iterable[_Candidate]) -> str:
    return join_names(list(dict.fromkeys(candidate.short_name for candidate in candidates)))


def _undecided(reason: str, **values: str) -> Match:
    return Match(None, None, text(f"intake.put_aside.{reason}", **values))
