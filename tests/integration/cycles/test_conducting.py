"""Carrying rehearsed cycles through without Airflow: once each, in order, resumable, several on one clock."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine, text

from reporting.cycles import conducting, digest_of_rehearsal, keeping, work
from reporting.cycles.conducting import NotARehearsalError, RehearsalApprover
from reporting.cycles.opening import open_cycle
from reporting.documents import approval, extra, lifecycle, registration
from reporting.mail import delivery
from reporting.regimes.models import all_regimes, load_regime
from tests.integration.rehearsed import PERIOD, draft, small_regime, vn

START = vn(2012, 12, 3, 8)
APPROVER = RehearsalApprover()


def rows(engine: Engine, statement: str, **values: object) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement), values)]


def conduct(engine: Engine, clock_id: str, cycles: list[str]) -> list[tuple[str, str]]:
    """Carry cycles to their end; every step done, in order."""
    story = []
    while True:
        for cycle_id, steps in conducting.do_all_due(engine, cycles, APPROVER).items():
            story += [(cycle_id, step) for step in steps]
        if conducting.advance(engine, clock_id, cycles) is None:
            return story


def opened(engine: Engine, number: int = 1, clock_id: str = "shared", *, keeps_mail: bool = False) -> str:
    conducting.create_clock(engine, clock_id, START, keeps_mail=keeps_mail)
    regime = small_regime(engine, is_urging=True)
    return open_cycle(engine, regime, PERIOD, "rehearsal", number, clock_id=clock_id)


def ledger(engine: Engine, cycle_id: str) -> list[tuple[Any, ...]]:
    return rows(
        engine,
        "SELECT step, state, count(*) FROM cycle.message WHERE cycle_id = :c"
        " GROUP BY 1, 2 ORDER BY min(message_id)",
        c=cycle_id,
    )


WHOLE_STORY = [
    "request_letter", "issue", "reminder__t_minus_7", "reminder__t_minus_2", "deadline", "reminder__t_plus_1",
    "urging_letter", "urging_issue", "close", "follow_up_letter", "report", "publish",
]  # fmt: skip


def test_a_cycle_is_carried_to_its_end_with_every_step_done_once(registered: Engine) -> None:
    cycle_id = opened(registered)
    story = conduct(registered, "shared", [cycle_id])
    assert sorted(step for _, step in story) == sorted(WHOLE_STORY)
    assert [step for _, step in story if step != "follow_up_letter"] == [
        step for step in WHOLE_STORY if step != "follow_up_letter"
    ]
    assert conducting.is_finished(registered, [cycle_id])
    assert ledger(registered, cycle_id) == [
        (step, "sent", 3)
        for step in ("request", "reminder__t_minus_7", "reminder__t_minus_2", "reminder__t_plus_1", "urging")
    ]


def test_documents_get_numbers_of_one_sequence_in_the_name_of_the_rehearsal(registered: Engine) -> None:
    cycle_id = opened(registered)
    conduct(registered, "shared", [cycle_id])
    registrations = rows(
        registered,
        "SELECT r.number, r.entered_by, x.decided_by FROM cycle.document_registration r"
        " JOIN cycle.document_decision x USING (document_id, version) ORDER BY r.entered_at, r.number",
    )
    numbers = [number for number, _, _ in registrations]
    # the report was approved at two steps
    assert sorted({number.partition("/")[0] for number in numbers}) == ["01", "02", "03", "04"]
    assert all(registration.NUMBER.fullmatch(number) and "/DT-" in number for number in numbers)
    assert {by for _, *names in registrations for by in names} == {
        "đơn vị (diễn tập)",
        "Lãnh đạo Cục (diễn tập)",
        "Lãnh đạo Bộ (diễn tập)",
        "Văn thư (diễn tập)",
    }


def test_doing_what_is_due_again_does_nothing(registered: Engine) -> None:
    cycle_id = opened(registered)
    assert conducting.do_due(registered, cycle_id, APPROVER) == ["request_letter"]
    before = rows(registered, "SELECT count(*) FROM audit.event")
    assert conducting.do_due(registered, cycle_id, APPROVER) == []
    assert rows(registered, "SELECT count(*) FROM audit.event") == before


KILLS = {
    *(("record_decision", call) for call in (1, 3, 5, 7)),
    *(("record_registration", call) for call in (1, 3, 5, 7)),
    *(("complete", call) for call in (1, 3, 6, 8, 12, 20)),
}


@pytest.mark.parametrize("killed_in", ["record_registration", "record_decision", "complete"])
def test_a_process_that_is_killed_is_simply_started_again(
    registered: Engine, killed_in: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cycle_id = opened(registered)
    owners = {"complete": work.steps, "record_decision": approval, "record_registration": registration}
    owner = owners[killed_in]
    real, calls = getattr(owner, killed_in), count(1)

    def dies_now_and_then(*arguments: Any, **named: Any) -> Any:
        if (killed_in, next(calls)) in KILLS:
            raise KeyboardInterrupt
        return real(*arguments, **named)

    monkeypatch.setattr(owner, killed_in, dies_now_and_then)
    kills = 0
    while not conducting.is_finished(registered, [cycle_id]):
        try:
            conduct(registered, "shared", [cycle_id])
        except KeyboardInterrupt:
            kills += 1
    assert kills >= 4
    assert [number for _, _, number in ledger(registered, cycle_id)] == [3] * 5
    assert rows(registered, "SELECT count(*) FROM cycle.document_registration") == [(4,)]


def test_several_cycles_share_one_clock(registered: Engine) -> None:
    first, second = opened(registered, 1), opened(registered, 2)
    story = conduct(registered, "shared", [first, second])
    assert [cycle_id for cycle_id, step in story if step == "issue"] == [first, second]
    assert [cycle_id for cycle_id, step in story if step == "publish"] == [first, second]
    assert story.index((second, "issue")) < story.index((first, "deadline"))
    assert rows(registered, "SELECT count(*) FROM cycle.clock WHERE kind = 'simulated'") == [(1,)]


def test_the_clock_stops_at_the_moment_of_something_else(registered: Engine) -> None:
    cycle_id = opened(registered)
    noon = vn(2012, 12, 3, 12)
    assert conducting.advance(registered, "shared", [cycle_id], until=noon) == noon
    assert conducting.advance(registered, "shared", [cycle_id]) == vn(2012, 12, 3, 14)


def test_a_live_cycle_is_not_conducted(registered: Engine) -> None:
    cycle_id = open_cycle(registered, small_regime(registered), PERIOD, "live", is_past_meant=True)
    with pytest.raises(NotARehearsalError, match="is live"):
        conducting.do_due(registered, cycle_id, APPROVER)
    assert rows(registered, "SELECT count(*) FROM cycle.document") == [(0,)]


def test_no_run_is_started_for_a_conducted_cycle(registered: Engine) -> None:
    conducted = opened(registered)
    by_airflow = open_cycle(registered, small_regime(registered), PERIOD, "rehearsal", 2)
    assert conducted != by_airflow
    assert [cycle.cycle_id for cycle in keeping.unfinished(registered)] == [by_airflow]


def test_mail_that_is_kept_goes_to_no_server_whoever_delivers(registered: Engine) -> None:
    cycle_id = opened(registered, keeps_mail=True)
    conduct(registered, "shared", [cycle_id])
    assert {state for _, state, _ in ledger(registered, cycle_id)} == {"queued"}
    result = delivery.deliver(registered)
    assert (result.sent, result.failed, result.left_queued) == (0, 0, 0)
    assert {state for _, state, _ in ledger(registered, cycle_id)} == {"queued"}


def test_a_draft_that_nobody_approves_holds_up_what_comes_after_it(registered: Engine) -> None:
    class Nobody:
        def answer(self, engine: Engine, cycle_id: str, kind: str) -> bool:
            return False

    cycle_id = opened(registered)
    assert conducting.do_due(registered, cycle_id, Nobody()) == []
    while conducting.advance(registered, "shared", [cycle_id]):
        assert conducting.do_due(registered, cycle_id, Nobody()) == []
    assert ledger(registered, cycle_id) == []


def test_a_draft_that_is_sent_back_is_made_anew(registered: Engine) -> None:
    class SendsBackOnce:
        sent_back = 0

        def answer(self, engine: Engine, cycle_id: str, kind: str) -> bool:
            with engine.begin() as connection:
                document = lifecycle.find(connection, cycle_id, kind)
                assert document is not None
                if document.decision is None and not self.sent_back:
                    self.sent_back = document.version
                    approval.record_decision(
                        connection,
                        cycle_id,
                        kind,
                        document.version,
                        document.content_hash,
                        "sent_back",
                        "A",
                        "x",
                    )
                    return True
            return APPROVER.answer(engine, cycle_id, kind)

    cycle_id = opened(registered)
    assert conducting.do_due(registered, cycle_id, SendsBackOnce()) == ["request_letter"]
    with registered.connect() as connection:
        document = lifecycle.find(connection, cycle_id, "request_letter")
    assert document is not None
    assert (document.version, document.decision) == (2, "approved")
    assert document.number is not None


def test_what_is_signed_is_the_letter_whatever_comes_with_it(registered: Engine) -> None:
    cycle_id = opened(registered)
    files = (
        lifecycle.DraftedFile("leadership", "A phieu trinh.docx", b"a sheet", "application/octet-stream"),
        lifecycle.DraftedFile("letter", "Cong van.docx", b"the letter", "application/octet-stream"),
    )
    with registered.begin() as connection:
        lifecycle.add_version(
            connection, cycle_id, "request_letter", replace(draft(), files=files, body_markdown="Kính gửi")
        )
    assert APPROVER.answer(registered, cycle_id, "request_letter")
    ((sha256,),) = rows(registered, "SELECT signed_file_sha256 FROM cycle.document_registration")
    assert sha256 == hashlib.sha256(b"the letter").hexdigest()


# --- rehearsals of whole periods


def test_a_rehearsal_tells_what_would_have_kept_the_letter_from_its_approval(registered: Engine) -> None:
    with registered.begin() as connection:
        connection.execute(text("UPDATE registry.contact SET state = 'retired'"))
    found = conducting.rehearse_opened(registered, opened(registered))
    blocking = [f for f in found.findings if f.startswith("Đợt thật sẽ không duyệt được công văn: ")]
    assert len(blocking) == 1
    assert len(found.findings) > len(blocking), "the others are told as they are"


def every_period() -> list[tuple[str, str]]:
    """Each regime's written periods; of a schedule the first of 2024."""
    found = []
    for regime in all_regimes():
        periods = list(regime.periods) or regime.periods_opening(date(2024, 1, 1), date(2024, 12, 31))[:1]
        found += [(regime.code, period.code) for period in periods]
    return found


@pytest.mark.parametrize(("code", "period"), every_period())
def test_each_regime_can_be_rehearsed_to_its_end(registered: Engine, code: str, period: str) -> None:
    regime = load_regime(code)
    found = conducting.rehearse(registered, regime, period, 1, is_delivered=False)
    assert conducting.is_finished(registered, [found.cycle_id])
    asked = {m.reference_code for m in found.mails if m.step == "request"}
    assert len(asked) == found.owing - len(found.unreachable) > 0
    planned = {r.step for r in regime.reminders}
    assert {m.step for m in found.mails} >= planned
    assert {m.step for m in found.mails} >= ({"urging"} if regime.urging else set())
    assert ledger_states(registered, found.cycle_id) == {"withdrawn"}
    told = digest_of_rehearsal.as_markdown(found)
    assert found.title.split()[0] in told
    assert "DIỄN TẬP" in told
    assert unicodedata.is_normalized("NFC", told)


def ledger_states(engine: Engine, cycle_id: str) -> set[str]:
    return {state for _, state, _ in ledger(engine, cycle_id)}


def test_a_letter_beside_the_plan_is_approved_numbered_and_sent(registered: Engine) -> None:
    cycle_id = opened(registered)
    conducting.do_due(registered, cycle_id, APPROVER)
    conducting.advance(registered, "shared", [cycle_id])
    conducting.do_due(registered, cycle_id, APPROVER)
    content = {"subject": "thông báo về biểu số liệu", "paragraphs": ["Biểu số liệu không thay đổi."]}
    kind = extra.start_letter(registered, cycle_id, "notice", content, by="chuyên viên")
    assert conducting.do_due(registered, cycle_id, APPROVER) == [kind]
    assert conducting.do_due(registered, cycle_id, APPROVER) == []
    with registered.connect() as connection:
        letter = lifecycle.find(connection, cycle_id, kind)
    assert letter is not None
    assert (letter.number, letter.is_published) == ("02/DT-BTTTT-TTĐN", True)
    sent = [(state, number) for step, state, number in ledger(registered, cycle_id) if step != "request"]
    assert sent == [("sent", 3)]
