"""The mails of the corpus, all through the intake at once: archived, matched, checked, kept, answered."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

import pytest

from local_stack.capture import maildir
from reporting.clock import VIETNAM
from reporting.intake.channels import collect
from reporting.intake.process import process_arrivals
from reporting.intake.returns import confidential
from tests.corpus.messages import MINISTRY, MessageCase, Sender, message_cases
from tests.integration.intake.conftest import AskedCycle, _prepared, asked, surroundings

__all__ = ["_prepared", "asked", "surroundings"]  # fixtures

CASES = list(message_cases())
_EVENTS = "^(draft_|submission_(replaced|same|preferred|kept)|conflict)"
RECEIVED = b"Received: from mx.example by bo.example; Wed, 12 Dec 2012 12:00:00 +0700\r\n"


@pytest.fixture
def taken_in(asked: AskedCycle) -> dict[str, dict[str, list[object]]]:
    """What became of every case: outcomes of its mails with their notes, its versions, its answers."""
    offices = list(asked.scenario.behaviours)[: len(CASES) + 1]
    workbooks = [asked.filled(office).save() for office in offices]
    requests = dict(
        asked.rows(
            "SELECT r.organization_id, m.message_id_header FROM cycle.message m"
            " JOIN cycle.recipient r USING (recipient_id) WHERE m.step = 'request'"
        )  # type: ignore[arg-type]
    )
    inbox = maildir(asked.mail_root, MINISTRY) / "new"
    inbox.mkdir(parents=True, exist_ok=True)
    case_of: dict[str, str] = {}
    office_of: dict[object, str] = {}
    for number, case in enumerate(CASES):
        office, other = offices[number], offices[number + 1]
        sender = Sender(
            asked.address(office), asked.code(office), str(requests[office]), workbooks[number],
            workbooks[number + 1], asked.code(other),
        )  # fmt: skip
        office_of[office] = case.name
        if case.is_confidential:
            confidential.mark(asked.engine, asked.cycle_id, sender.code, reason="Văn bản số 03", by="van_thu")
        for raw in case.build(sender):
            raw = RECEIVED + raw
            (inbox / f"{len(case_of):04d}.corpus").write_bytes(raw)
            case_of[hashlib.sha256(raw).hexdigest()] = case.name
    asked.set_clock(datetime(2012, 12, 12, 17, tzinfo=VIETNAM))
    collect(asked.engine)
    process_arrivals(asked.engine)
    found: dict[str, dict[str, list[object]]] = defaultdict(lambda: defaultdict(list))
    for sha256, outcome, note in asked.rows(
        "SELECT raw_sha256, outcome, note FROM intake.arrival ORDER BY arrival_id"
    ):
        one = found[case_of[str(sha256)]]
        one["arrivals"].append(outcome)
        one["notes"].append(note)
    of_office = " FROM {} x JOIN cycle.recipient r USING (recipient_id) WHERE {} ORDER BY {}"
    for office, outcome in asked.rows(
        "SELECT organization_id, outcome" + of_office.format("intake.submission", "true", "version")
    ):
        found[office_of[office]]["versions"].append(outcome)
    for office, step in asked.rows(
        "SELECT organization_id, step" + of_office.format("cycle.message", "step <> 'request'", "message_id")
    ):
        found[office_of[office]]["answers"].append(step)
    for office, kind in asked.rows(
        "SELECT organization_id, kind" + of_office.format("audit.event", f"kind ~ '{_EVENTS}'", "event_id")
    ):
        found[office_of[office]]["events"].append(kind)
    for office, version in asked.rows(
        "SELECT organization_id, version" + of_office.format("core.current_submission", "true", "version")
    ):
        found[office_of[office]]["current"].append(version)
    return found


def test_each_mail_of_the_corpus_is_kept_and_answered(taken_in: dict[str, dict[str, list[object]]]) -> None:
    wrong = [f"{case.name}: {why}" for case in CASES for why in _wrong(case, taken_in[case.name])]
    assert wrong == []
    assert sum(len(one["arrivals"]) for one in taken_in.values()) == sum(len(case.arrivals) for case in CASES)


def _wrong(case: MessageCase, found: dict[str, list[object]]) -> Iterator[str]:
    for what in ("arrivals", "versions", "answers", "events"):
        if tuple(found[what]) != getattr(case, what):
            yield f"{case.odd}: {what} {found[what]} in place of {getattr(case, what)}; {found['notes']}"
    if case.events and found["current"] != ([] if case.current is None else [case.current]):
        yield f"{case.odd}: version {found['current']} counts in place of {case.current}"
    if case.note is not None and not any(case.note in str(note) for note in found["notes"]):
        yield f"{case.odd}: {case.note!r} is not in {found['notes']}"
