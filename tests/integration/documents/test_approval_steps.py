"""Approval of a report step by step, bound to what it says: by whom, in which order, until what changes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from reporting_airflow import approvals, waits
from reporting_airflow.names import APPROVE_OPTION, SEND_BACK_OPTION

from reporting.cycles import work
from reporting.documents import approval, lapse, lifecycle, registration, section_texts
from reporting.documents.lifecycle import Document, OvertakenError, RefusedEntryError
from reporting.documents.section_texts import NamedSection
from tests.factories import Office, add_mark, register_signed_report, submit
from tests.integration.rehearsed import Rehearsed, approve, vn

KIND = "summary_report"
UNIT, LEADER = "truong_phong", "thu_truong"
DRAFTED_AT = vn(2013, 1, 18, 8)


@pytest.fixture
def reported(small: Rehearsed, monkeypatch: pytest.MonkeyPatch) -> Rehearsed:
    """A cycle whose first two offices reported, with a draft of its report about which the unit is asked."""
    monkeypatch.setattr(approvals, "engine", lambda: small.engine)
    small.issue()
    for office in small.offices[:2]:
        send(small, office, vn(2012, 12, 20, 9), {"quy_che": True, "de_an": False})
    small.go_to(DRAFTED_AT)
    redraft(small)
    ask(small)
    return small


def send(cycle: Rehearsed, office: Office, at: datetime, marks: dict[str, bool]) -> None:
    """A workbook of an office that was accepted, with marks of 2011."""
    with cycle.engine.begin() as connection:
        number = submit(
            connection, cycle.sample, office, received_at=at, data=f"{office.short_name}{at}".encode(),
            message_id_header=f"<{office.recipient_id}.{at:%H%M%S}@so.example>",
        )  # fmt: skip
        for indicator, is_marked in marks.items():
            add_mark(connection, number, indicator, 2011, is_marked=is_marked)


def redraft(cycle: Rehearsed) -> int:
    return work.draft_document(cycle.engine, cycle.cycle_id, KIND)


def found(cycle: Rehearsed) -> Document:
    with cycle.engine.connect() as connection:
        document = lifecycle.find(connection, cycle.cycle_id, KIND)
    assert document is not None
    return document


def ask(cycle: Rehearsed) -> str:
    with cycle.engine.begin() as connection:
        known = approval.newest_request(connection, found(cycle))
        return approval.open_request(connection, found(cycle), after=known).run_id


def run_of(cycle: Rehearsed, version: int = 1, step: str = "unit") -> str:
    return f"{cycle.cycle_id}__{KIND}__v{version}{'' if step == 'unit' else f'__{step}'}"


def answer(by: str, option: str = APPROVE_OPTION, reason: str = "") -> dict[str, Any]:
    return {
        "chosen_options": [option],
        "params_input": {"reason": reason},
        "responded_by_user": {"id": by.casefold(), "name": by},
    }


def approve_both(cycle: Rehearsed, version: int = 1) -> None:
    assert not approvals.record_decision(run_of(cycle, version), answer(UNIT))
    ask(cycle)
    assert approvals.record_decision(run_of(cycle, version, "leadership"), answer(LEADER))


def register(cycle: Rehearsed, version: int | None = None) -> None:
    with cycle.engine.begin() as connection:
        registration.record_registration(
            connection, cycle.cycle_id, KIND, number="117/BC-BTTTT", registered_on=date(2013, 1, 18),
            signer="Đỗ Quý Doãn", signed_file_name="Da ky.pdf", signed_file=b"%PDF-1.4 signed",
            entered_by="van_thu", version=version,
        )  # fmt: skip


def events_of(cycle: Rehearsed, kind: str) -> list[dict[str, Any]]:
    found = cycle.rows(
        "SELECT detail FROM audit.event WHERE kind = :k AND detail ->> 'document' = :d ORDER BY event_id",
        k=kind, d=KIND,
    )  # fmt: skip
    return [detail for (detail,) in found]


def test_the_leadership_is_asked_after_the_unit_and_reads_who_approved(reported: Rehearsed) -> None:
    first = approvals.question(run_of(reported))
    assert first.subject.startswith("Lãnh đạo Cục duyệt: ")
    assert "Lãnh đạo Cục duyệt (bước 1/2)" in first.body
    assert not approvals.record_decision(run_of(reported), answer(UNIT))
    document = found(reported)
    assert (document.decision, document.open_step) == (None, "leadership")
    with pytest.raises(RefusedEntryError, match="chưa được"):
        register(reported)
    assert waits.document_ready(reported.cycle_id, KIND, "approved", 1), "the next step is to be asked"
    assert ask(reported) == run_of(reported, step="leadership")
    assert not waits.document_ready(reported.cycle_id, KIND, "approved", 2)
    second = approvals.question(run_of(reported, step="leadership"))
    assert second.subject.startswith("Lãnh đạo Bộ duyệt: ")
    assert f"Lãnh đạo Cục đã duyệt: {UNIT.replace('_', chr(92) + '_')}, 08:00 18/1/2013" in second.body
    assert document.content_hash in second.body
    for _, filename, sha256 in _files(reported):
        assert f"{filename}: " in second.body
        assert sha256 in second.body
    assert approvals.record_decision(run_of(reported, step="leadership"), answer(LEADER))
    assert found(reported).decision == "approved"
    # tasks that are run again repeat nothing, and only the last run asks for the registration
    assert not approvals.record_decision(run_of(reported), answer(UNIT))
    assert approvals.record_decision(run_of(reported, step="leadership"), answer(LEADER))
    assert len(events_of(reported, "document_approved")) == 2
    register(reported)
    assert found(reported).number == "117/BC-BTTTT"


def _files(cycle: Rehearsed) -> list[tuple[str, str, str]]:
    document = found(cycle)
    with cycle.engine.connect() as connection:
        return lifecycle.files(connection, document.document_id, document.version)


def test_one_person_does_not_approve_twice_but_may_send_back(reported: Rehearsed) -> None:
    approvals.record_decision(run_of(reported), answer(UNIT))
    ask(reported)
    run = run_of(reported, step="leadership")
    assert not approvals.record_decision(run, answer(UNIT.upper()))
    assert found(reported).open_step == "leadership"
    assert not approvals.record_decision(run, answer(UNIT.upper())), "the task was run again"
    assert reported.value("SELECT count(*) FROM cycle.approval_request") == 3, "asked again once"
    again = f"{run}__lan_2"
    assert "phải do người khác duyệt" in approvals.question(again).body
    assert not approvals.record_decision(again, answer(UNIT, SEND_BACK_OPTION, "sửa phần mở đầu"))
    assert found(reported).decision == "sent_back"


def test_where_the_regime_allows_it_one_person_approves_at_both_steps(reported: Rehearsed) -> None:
    reported.run(
        "UPDATE cycle.cycle SET regime_content = jsonb_set(regime_content,"
        " '{approval,summary_report,1,distinct_people}', 'false')"
    )
    approvals.record_decision(run_of(reported), answer(UNIT))
    ask(reported)
    approvals.record_decision(run_of(reported, step="leadership"), answer(UNIT))
    assert found(reported).decision == "approved"


def test_a_cycle_opened_before_there_were_steps_is_approved_by_the_unit_alone(reported: Rehearsed) -> None:
    reported.run("UPDATE cycle.cycle SET regime_content = regime_content - 'approval'")
    assert approvals.record_decision(run_of(reported), answer(UNIT))
    assert found(reported).decision == "approved"


def test_a_draft_sent_back_at_the_second_step_begins_at_the_first_again(reported: Rehearsed) -> None:
    approvals.record_decision(run_of(reported), answer(UNIT))
    ask(reported)
    reason = "Phần II mục 1: nêu rõ nguyên nhân\nThiếu số liệu năm trước\n\nTồn tại, hạn chế: viết gọn hơn"
    assert not approvals.record_decision(
        run_of(reported, step="leadership"), answer(LEADER, SEND_BACK_OPTION, reason)
    )
    assert waits.document_ready(reported.cycle_id, KIND, "approved", 2)
    kept = reported.rows(
        "SELECT step, section, remark, entered_by FROM cycle.document_remark ORDER BY remark_id"
    )
    assert [(step, by) for step, _, _, by in kept] == [("leadership", LEADER)] * 2
    assert [remark for _, _, remark, _ in kept] == [
        "nêu rõ nguyên nhân Thiếu số liệu năm trước",
        "viết gọn hơn",
    ]
    assert "TỒN TẠI, HẠN CHẾ" in kept[1][1]
    section = NamedSection("limits", kept[1][1], has_figures=True)
    with reported.engine.begin() as connection:
        assert section_texts.enter(
            connection, reported.cycle_id, section, "Một số địa phương gửi báo cáo chậm.", mode="add", by=UNIT
        )
    assert redraft(reported) == 2
    assert found(reported).open_step == "unit"
    ask(reported)
    shown = approvals.question(run_of(reported, 2)).body
    assert f"Bản dự thảo 1 được Lãnh đạo Bộ ({LEADER.replace('_', chr(92) + '_')}) đề nghị" in shown
    assert "theo ý kiến từng mục dưới đây" in shown
    assert "viết gọn hơn (thu\\_truong) – *mục này đã thay đổi*" in shown
    assert shown.count("***mục này chưa thay đổi***") == 1
    assert "viết gọn hơn" in shown
    assert "đơn vị bổ sung nội dung tự ghi trong báo cáo" in shown


def correct(cycle: Rehearsed) -> None:
    """The first office sends again, with one mark otherwise, an hour later."""
    at = cycle.value("SELECT now_at FROM cycle.clock") + timedelta(hours=1)
    cycle.go_to(at)
    sent = cycle.value(
        "SELECT count(*) FROM intake.submission WHERE recipient_id = :r", r=cycle.offices[0].recipient_id
    )
    send(cycle, cycle.offices[0], at, {"quy_che": sent % 2 == 0, "de_an": False})


@pytest.mark.parametrize("steps", [1, 2])
def test_a_mark_that_changes_after_the_approval_lapses_it_and_the_next_question_says_so(
    reported: Rehearsed, steps: int
) -> None:
    before = found(reported)
    if steps == 2:
        approve_both(reported)
    else:
        approvals.record_decision(run_of(reported), answer(UNIT))
    assert not waits.document_ready(reported.cycle_id, KIND, "registered", steps) or steps == 1
    correct(reported)
    assert waits.document_ready(reported.cycle_id, KIND, "registered", steps)
    assert [redraft(reported), redraft(reported)] == [2, 2]
    document = found(reported)
    assert (document.decision, document.open_step) == (None, "unit")
    assert document.content_hash != before.content_hash
    (event,) = events_of(reported, "approval_overtaken")
    office = reported.offices[0].short_name
    assert event["because"] == [f"{office} gửi lại số liệu (lần 2)"]
    assert event["approved_by"] == [UNIT, LEADER][:steps]
    assert (event["version"], event["newest_version"]) == (1, 2)
    ask(reported)
    shown = approvals.question(run_of(reported, 2)).body
    assert "**Bản dự thảo 1 đã được duyệt (Lãnh đạo Cục đã duyệt: truong" in shown
    assert f"hết hiệu lực vì: {office} gửi lại số liệu (lần 2)." in shown
    assert shown.index("hết hiệu lực") < shown.index("SHA-256")
    assert "### Thay đổi so với bản dự thảo 1" in shown
    assert "Quy chế, số cơ quan năm 2011: 2 → **1**" in shown
    assert "2. Kế hoạch" not in shown[: shown.index("---")], "what stayed the same is not told"


def test_between_approval_and_registration_a_change_refuses_the_number_with_words(
    reported: Rehearsed,
) -> None:
    approve_both(reported)
    correct(reported)
    with pytest.raises(OvertakenError, match=r"hết hiệu lực phê duyệt vì: .* gửi lại số liệu \(lần 2\)"):
        register(reported)
    assert found(reported).number is None
    assert redraft(reported) == 2
    with pytest.raises(OvertakenError, match="đã được thay thế bằng bản dự thảo 2"):
        register(reported, version=1)
    with pytest.raises(RefusedEntryError, match="chưa được"):
        register(reported)


def test_what_changes_nothing_in_the_report_keeps_its_approval(reported: Rehearsed) -> None:
    approve_both(reported)
    reported.go_to(DRAFTED_AT + timedelta(days=30))
    with reported.engine.begin() as connection:
        assert not lifecycle.is_overtaken(connection, found(reported)), "time alone changes nothing"
        submit(
            connection, reported.sample, reported.offices[2], outcome="to_complete", received_at=DRAFTED_AT
        )
    assert redraft(reported) == 1
    assert found(reported).decision == "approved"
    assert events_of(reported, "approval_overtaken") == []


LATER = DRAFTED_AT + timedelta(hours=2)


def _withdraw(cycle: Rehearsed) -> None:
    cycle.run(
        "INSERT INTO intake.submission_withdrawal (submission_id, reason, asked_by, withdrawn_by,"
        " withdrawn_at) SELECT min(submission_id), 'nhầm', 'Sở', 'cb', :at FROM intake.submission", at=LATER,
    )  # fmt: skip


def _sign(cycle: Rehearsed) -> None:
    with cycle.engine.begin() as connection:
        register_signed_report(connection, cycle.sample, cycle.offices[0])


def _nil(cycle: Rehearsed) -> None:
    cycle.run(
        "INSERT INTO intake.nil_return (obligation_id, basis, entered_by, confirmed_at, entered_at)"
        " SELECT obligation_id, 'điện thoại', 'cb', :at, :at FROM cycle.obligation"
        " WHERE recipient_id = :r AND deliverable = 'data_form'", at=LATER, r=cycle.offices[2].recipient_id,
    )  # fmt: skip


def _let_off(cycle: Rehearsed) -> None:
    cycle.run(
        "INSERT INTO cycle.waiver (obligation_id, asked_how, reason, agreed_by, granted_at)"
        " SELECT obligation_id, 'letter', 'bão', 'cb', :at FROM cycle.obligation"
        " WHERE recipient_id = :r AND deliverable = 'data_form'", at=LATER, r=cycle.offices[2].recipient_id,
    )  # fmt: skip


def _read_anew(cycle: Rehearsed) -> None:
    cycle.run("UPDATE core.fact SET state = 'no' WHERE recipient_id = :r", r=cycle.offices[0].recipient_id)
    cycle.run(
        "UPDATE intake.submission SET revision = 2 WHERE recipient_id = :r", r=cycle.offices[0].recipient_id
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_withdraw, "số liệu của {0} không còn được tính"),
        (_sign, "văn thư ghi nhận báo cáo có chữ ký số của {0}"),
        (_nil, "{2} báo cáo không phát sinh"),
        (_let_off, "{2} được miễn báo cáo"),
        (_read_anew, "số liệu của {0} được đọc lại"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_all_that_the_report_says_lapses_its_approval_when_it_changes(
    reported: Rehearsed, change: Any, words: str
) -> None:
    approve_both(reported)
    reported.go_to(LATER)
    change(reported)
    assert waits.document_ready(reported.cycle_id, KIND, "registered", 2)
    assert redraft(reported) == 2
    (event,) = events_of(reported, "approval_overtaken")
    names = [office.short_name for office in reported.offices]
    assert [because.casefold() for because in event["because"]] == [words.format(*names).casefold()]


def test_a_kill_while_the_draft_is_made_anew_loses_and_repeats_nothing(
    reported: Rehearsed, monkeypatch: pytest.MonkeyPatch
) -> None:
    approve_both(reported)
    correct(reported)
    real = lapse.keep_basis

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(lapse, "keep_basis", killed)
    with pytest.raises(KeyboardInterrupt):
        redraft(reported)
    assert (found(reported).version, found(reported).decision) == (1, "approved")
    assert events_of(reported, "approval_overtaken") == []
    monkeypatch.setattr(lapse, "keep_basis", real)
    assert [redraft(reported), redraft(reported)] == [2, 2]
    assert len(events_of(reported, "approval_overtaken")) == 1


def test_an_approval_so_far_can_be_taken_back_from_the_shell(reported: Rehearsed) -> None:
    with reported.engine.begin() as connection, pytest.raises(RefusedEntryError):
        approval.send_back(connection, reported.cycle_id, KIND, "sai", UNIT)
    approvals.record_decision(run_of(reported), answer(UNIT))
    with reported.engine.begin() as connection:
        approval.send_back(connection, reported.cycle_id, KIND, "sai số", UNIT)
    assert (found(reported).decision, found(reported).reason) == ("sent_back", "sai số")


def test_a_lapse_is_told_until_somebody_decides_about_a_later_draft(reported: Rehearsed) -> None:
    approve_both(reported)
    correct(reported)
    redraft(reported)
    correct(reported)
    assert redraft(reported) == 3
    document = found(reported)
    with reported.engine.begin() as connection:
        told = lapse.of_draft(connection, document.document_id, 3)
        assert told is not None
        assert told.version == 1
        assert told.because == (f"{reported.offices[0].short_name} gửi lại số liệu (lần 3)",)
        approve(connection, reported.cycle_id, KIND)
    correct(reported)
    assert redraft(reported) == 4
    assert [(e["version"], e["newest_version"]) for e in events_of(reported, "approval_overtaken")] == [
        (1, 2),
        (3, 4),
    ]
