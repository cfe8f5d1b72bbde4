"""Explanations by reply: what an office writes back to a receipt or a request to complete, kept with the
warnings that it explains.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row

from reporting import events, plain_yaml
from reporting.database import query
from reporting.mail.answers import queue_explanation_receipt
from reporting.settings import INCLUDE
from reporting.validation.findings import NOTICES

PATTERNS = INCLUDE / "explanations.yaml"


@dataclass(frozen=True)
class Explanations:
    """The reasons given in a mail: by the number of what they explain, or of the one thing that is open."""

    by_number: dict[int, str]
    of_the_open: str | None = None


@dataclass(frozen=True)
class _Patterns:
    numbered: re.Pattern[str]
    courtesies: tuple[re.Pattern[str], ...]
    between_sentences: tuple[re.Pattern[str], ...]
    fewest_words: int
    for_a_person: tuple[re.Pattern[str], ...]


def read_explanations(body: str, count: int, *, is_one_open: bool) -> Explanations | None:
    """The reasons in an answer to a mail that listed `count` things.

    Lines that begin with a number of the list explain that thing. A text without any is the reason of the
    one warning that is open (`is_one_open`); of several nobody can tell which one it means. None where no
    reason is given: thanks, a question, a correction, a text that announces or brings a file.
    """
    patterns = _patterns()
    body = unicodedata.normalize("NFC", body)
    said = " ".join(body.split())
    if any(pattern.search(said) for pattern in patterns.for_a_person):
        return None
    lines = _without_courtesies(body.splitlines(), patterns)
    by_number: dict[int, str] = {}
    current: int | None = None
    for line in lines:
        found = patterns.numbered.match(line)
        if found and 1 <= int(found[1]) <= count:
            current = int(found[1])
            by_number[current] = found[2].strip()
        elif current is not None and line.strip():
            by_number[current] += f" {line.strip()}"
    if by_number:
        return Explanations(by_number)
    whole = " ".join(" ".join(lines).split())
    if not is_one_open or len(whole.split()) < patterns.fewest_words:
        return None
    return Explanations({}, whole)


def _without_courtesies(lines: Sequence[str], patterns: _Patterns) -> list[str]:
    kept: list[str] = []
    is_within_sentence = False
    for line in lines:
        if any(pattern.match(line) for pattern in patterns.courtesies) or (
            not is_within_sentence and any(pattern.match(line) for pattern in patterns.between_sentences)
        ):
            is_within_sentence = False
            continue
        kept.append(line)
        is_within_sentence = bool(line.strip()) and not line.rstrip().endswith((".", "!", "./"))
    return kept


def record_explanations(
    connection: Connection,
    reference_code: str,
    body: str,
    *,
    arrival_id: int,
    at: datetime,
    actor: str,
) -> int:
    """Keep what a mail says as the explanation of the open warnings of the version whose answer it replies
    to.

    The office gets a receipt that names what is explained and what is still open. Returns how many warnings
    were explained: 0 where the mail replies to no such answer, nothing is open, or it gives no reason; then
    nothing is kept, and a person reads the mail.
    """
    listed = connection.execute(
        query("intake/explainable"),
        {"arrival_id": arrival_id, "reference_code": reference_code, "notices": sorted(NOTICES)},
    ).all()
    open_now = [finding for finding in listed if finding.explanation is None]
    is_one_open = len(open_now) == 1 and open_now[0].severity == "warning"
    given = read_explanations(body, len(listed), is_one_open=is_one_open) if listed else None
    if given is None:
        return 0
    explained = [
        (finding, reason)
        for number, finding in enumerate(listed, start=1)
        if finding.severity == "warning"
        and (reason := given.by_number.get(number) or (given.of_the_open if finding in open_now else None))
    ]
    if not explained:
        return 0
    submission_id = listed[0].submission_id
    connection.execute(
        query("intake/explain_findings"),
        {
            "submission_id": submission_id,
            "positions": [finding.position for finding, _ in explained],
            "explanations": [reason for _, reason in explained],
            "arrival_ids": [arrival_id] * len(explained),
        },
    )
    events.record(
        connection, listed[0].cycle_id, "warnings_explained", actor, at,
        recipient_id=listed[0].recipient_id, submission_id=submission_id, arrival_id=arrival_id,
        positions=[finding.position for finding, _ in explained],
    )  # fmt: skip
    done = {finding.position for finding, _ in explained}
    still_open = [
        (number, finding.message)
        for number, finding in enumerate(listed, start=1)
        if finding.position not in done and finding.explanation is None
    ]
    queue_explanation_receipt(
        connection, submission_id, arrival_id, [finding.message for finding, _ in explained], still_open
    )
    return len(explained)


def mailed_explanations(connection: Connection, submission_id: int) -> list[Row[Any]]:
    """The findings of a version that a mail explained, to be remembered while they are written anew."""
    rows = connection.execute(query("intake/explained_findings"), {"submission_id": submission_id})
    return [row for row in rows if row.explanation_arrival_id is not None]


def keep_mailed_explanations(connection: Connection, submission_id: int, mailed: Sequence[Row[Any]]) -> None:
    """Give what mails explained (as `mailed_explanations` had it) to the same findings of the version, now
    that they are written anew; what the workbook itself explains otherwise stays.
    """
    if not mailed:
        return
    before = {(row.rule, row.sheet, row.cell): row for row in mailed}
    kept = [
        (row.position, old)
        for row in connection.execute(query("intake/explained_findings"), {"submission_id": submission_id})
        if (old := before.get((row.rule, row.sheet, row.cell))) is not None
        and row.explanation in (None, old.explanation)
    ]
    connection.execute(
        query("intake/explain_findings"),
        {
            "submission_id": submission_id,
            "positions": [position for position, _ in kept],
            "explanations": [old.explanation for _, old in kept],
            "arrival_ids": [old.explanation_arrival_id for _, old in kept],
        },
    )


@lru_cache(maxsize=1)
def _patterns() -> _Patterns:
    data = plain_yaml.load(PATTERNS.read_text(encoding="utf-8"))

    def compiled(pattern: str) -> re.Pattern[str]:
        return re.compile(unicodedata.normalize("NFC", pattern), re.IGNORECASE)

    return _Patterns(
        compiled(data["numbered"]),
        tuple(map(compiled, data["courtesies"])),
        tuple(map(compiled, data["between_sentences"])),
        int(data["fewest_words"]),
        tuple(map(compiled, data["for_a_person"])),
    )
