"""Whose delivery is it: by the mail it answers, the look-up code in its subject, its sender, and where these
leave it open the signature of its workbook. Signs that contradict each other are for a person.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from reporting.database import query
from reporting.intake.message import Headers
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import join_names

_CODE = re.compile(r"\[\s*([^\[\]\s]{3,60})\s*\]")
_SENDER_SIGNS = ("address", "department", "alias")
"""As what the sender speaks, the strongest first: as a contact of the office, as a contact of a department of
the committee that owes, as an address that a person taught us."""
SIGNS = ("thread", "code", *_SENDER_SIGNS, "signature")


@dataclass(frozen=True)
class Match:
    """The cycle a message belongs to, and the recipient its sender speaks for.

    `cycle_id` is None when a person must decide; `reason` then says why, in Vietnamese. `reference_code` is
    None when the cycle is known but only by a look-up code or a workbook, which anybody who has it can send.
    """

    cycle_id: str | None
    reference_code: str | None
    reason: str | None


@dataclass(frozen=True)
class Signs:
    """What a delivery shows of itself. `signed_codes` gives the look-up codes for which its workbooks were
    signed with our key; it is asked only where the other signs leave something open: it opens the files.
    """

    headers: Headers
    signed_codes: Callable[[], Sequence[str]] = tuple


@dataclass(frozen=True)
class Candidate:
    """A recipient that a sign points to."""

    recipient_id: int
    cycle_id: str
    reference_code: str
    short_name: str
    is_closed: bool
    is_published: bool


_BySign = Mapping[str, Sequence[Candidate]]


def match_all(connection: Connection, deliveries: Sequence[Signs], mode: str) -> list[Match]:
    """Decide for each delivery by its signs; those that are there must agree. In the order given.

    Two queries at most, however many there are. Only cycles of `mode` can be meant. A closed cycle still
    takes a late return, even once its report is published. A sender whose domain does not stand for the mail
    (`Headers.is_address_forged`) proves nothing; the thread or a signed workbook must tell then. A workbook
    of another cycle, still open, for which its sender speaks goes to that cycle.
    """
    found = candidates(connection, [one.headers for one in deliveries], mode)
    open_questions = {
        number: codes
        for number, one in enumerate(deliveries)
        if _needs_signature(one.headers, found[number]) and (codes := list(one.signed_codes()))
    }
    signed = _signed(connection, open_questions, mode)
    return [
        _decide(one.headers, {**found[number], "signature": signed.get(number, ())})
        for number, one in enumerate(deliveries)
    ]


def candidates(connection: Connection, headers: Sequence[Headers], mode: str) -> list[_BySign]:
    """To which recipients each sign in these headers points; the sender's signs are not weighed."""
    asked = [
        {
            "number": number,
            "answers": list(one.references),
            "codes": subject_codes(one.subject),
            "from_address": one.from_address,
            "signed": [],
        }
        for number, one in enumerate(headers)
    ]
    by_number = _ask(connection, asked, mode)
    return [by_number.get(number, {}) for number in range(len(headers))]


def subject_codes(subject: str | None) -> list[str]:
    """What stands in square brackets in a subject line: it may be a look-up code."""
    return _CODE.findall(subject or "")


def told(by_sign: _BySign) -> list[str]:
    """Each sign that is there, in Vietnamese, with the offices to which it points."""
    return [
        text(f"intake.put_aside.sign.{sign}", offices=_offices(by_sign[sign]))
        for sign in SIGNS
        if by_sign.get(sign)
    ]


def _ask(
    connection: Connection, asked: Sequence[Mapping[str, object]], mode: str
) -> dict[int, dict[str, list[Candidate]]]:
    if not asked:
        return {}
    rows = connection.execute(
        query("intake/candidates"), {"deliveries": json.dumps(asked, ensure_ascii=True), "mode": mode}
    )
    found: dict[int, dict[str, list[Candidate]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row.number][row.sign].append(
            Candidate(
                row.recipient_id,
                row.cycle_id,
                row.reference_code,
                row.short_name,
                row.is_closed,
                row.is_published,
            )
        )
    return found


def _signed(
    connection: Connection, codes: Mapping[int, Sequence[str]], mode: str
) -> dict[int, Sequence[Candidate]]:
    asked = [
        {"number": number, "answers": [], "codes": [], "from_address": None, "signed": signed}
        for number, signed in codes.items()
    ]
    return {number: by_sign["signature"] for number, by_sign in _ask(connection, asked, mode).items()}


def _needs_signature(headers: Headers, by_sign: _BySign) -> bool:
    """Whether the headers alone decide nothing, or the sender speaks in other open cycles, too."""
    decided = _decide(headers, by_sign)
    if decided.cycle_id is None:
        return True
    return any(not one.is_closed and one.cycle_id != decided.cycle_id for one in _of_sender(headers, by_sign))


def _decide(headers: Headers, by_sign: _BySign) -> Match:
    address = headers.from_address or ""
    senders = _of_sender(headers, by_sign)
    sets = {
        "thread": by_sign.get("thread", ()),
        "code": by_sign.get("code", ()),
        "sender": senders,
    }
    present = [sign for sign, ones in sets.items() if ones]
    signed = by_sign.get("signature", ())
    if not present:
        return _by_workbook(headers, by_sign)
    agreed = set.intersection(*(set(sets[sign]) for sign in present))
    if not agreed:
        return _undecided("contradiction", signs="; ".join(told(_believed(headers, by_sign))))
    if signed and agreed.isdisjoint(signed):  # of another cycle, sent in this one's thread
        others = [one for one in signed if one in senders and not one.is_closed]
        if len(others) == 1:
            return _match(others[0], speaks=True)
    found = _narrowed(
        sorted(agreed.intersection(signed) or agreed, key=lambda one: one.recipient_id), by_sign
    )
    if len({one.cycle_id for one in found}) > 1:
        cycles = join_names(sorted({one.cycle_id for one in found}))
        return _undecided("several_cycles", address=address, cycles=cycles)
    if len(found) > 1:
        return _undecided("several_offices", address=address, offices=_offices(found))
    return _match(found[0], speaks=present != ["code"])


def _by_workbook(headers: Headers, by_sign: _BySign) -> Match:
    """A workbook proves an address whose domain does not; by itself it makes no stranger an office."""
    address = headers.from_address or ""
    signed = by_sign.get("signature", ())
    if headers.is_address_forged:
        claimed = {one for sign in _SENDER_SIGNS for one in by_sign.get(sign, ())}
        both = [one for one in signed if one in claimed]
        if len(both) == 1:
            return _match(both[0], speaks=True)
        results = "; ".join(f"{kind}={result}" for kind, result in headers.authentication.items())
        return _undecided("forged_address", address=address, results=results)
    if signed:
        return _undecided("stranger_with_workbook", address=address, offices=_offices(signed))
    return _undecided("unknown_sender", address=address)


def _match(found: Candidate, *, speaks: bool) -> Match:
    return Match(found.cycle_id, found.reference_code if speaks else None, None)


def _of_sender(headers: Headers, by_sign: _BySign) -> list[Candidate]:
    """All for whom the sender may speak, by whichever sign; nobody, where the address proves nothing."""
    if headers.is_address_forged:
        return []
    return list(dict.fromkeys(one for sign in _SENDER_SIGNS for one in by_sign.get(sign, ())))


def _believed(headers: Headers, by_sign: _BySign) -> _BySign:
    if not headers.is_address_forged:
        return by_sign
    return {sign: ones for sign, ones in by_sign.items() if sign not in _SENDER_SIGNS}


def _narrowed(found: Sequence[Candidate], by_sign: _BySign) -> Sequence[Candidate]:
    """Prefer cycles whose report is not published, then those not closed, then the stronger sender's sign."""
    preferred: list[Callable[[Candidate], bool]] = [
        lambda one: not one.is_published,
        lambda one: not one.is_closed,
        *(lambda one, sign=sign: one in by_sign.get(sign, ()) for sign in _SENDER_SIGNS),
    ]
    for prefers in preferred:
        if len(found) > 1:
            found = [one for one in found if prefers(one)] or found
    return found


def _offices(found: Iterable[Candidate]) -> str:
    return join_names(list(dict.fromkeys(one.short_name for one in found)))


def _undecided(reason: str, **values: str) -> Match:
    return Match(None, None, text(f"intake.put_aside.{reason}", **values))
