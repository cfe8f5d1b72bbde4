"""Approvals that lapse when figures change on which the document rests only by way of something else; numbers
and publication in a cycle that was withdrawn.
"""

from __future__ import annotations

import unicodedata
from datetime import date, datetime, timedelta

import pytest
from reporting_airflow import approvals, waits
from sqlalchemy import Engine, text

from reporting import clock
from reporting.cycles import changes, work
from reporting.cycles.opening import open_cycle
from reporting.cycles.selection import Selection
from reporting.documents import approval, extra, lifecycle, registration
from reporting.documents.lifecycle import OvertakenError, RefusedEntryError
from reporting.letters.cycle import load_letter_cycle
from reporting.regimes.models import load_regime
from reporting.settings import settings
from reporting.summary.contributions import confirm
from tests.factories import Office, SampleCycle, add_mark, register_signed_report, submit
from tests.integration.documents.test_editions import (
    FIRST,
    MARKS,
    PDF,
    change_a_mark,
    found,
    prepare,
    send,
)
from tests.integration.rehearsed import Rehearsed, approve, vn

LETTER = "follow_up_letter"


def opened(engine: Engine, regime: str, period: str) -> Rehearsed:
    """A cycle of a sample regime, issued on its day."""
    cycle_id = open_cycle(engine, load_regime(regime), period, "rehearsal")
    cycle = Rehearsed(engine, SampleCycle(cycle_id, f"rehearsal:{cycle_id}", ()))
    offices = cycle.rows(
        "SELECT DISTINCT ON (r.position, r.recipient_id) r.recipient_id, r.organization_id, r.name,"
        " r.short_name, r.reference_code, k.contact_id, k.email FROM cycle.recipient r"
        " JOIN registry.contact k USING (organization_id)"
        " WHERE r.cycle_id = :c AND r.role = 'owes' ORDER BY r.position, r.recipient_id"
    )
    cycle = Rehearsed(
        engine, SampleCycle(cycle_id, cycle.sample.clock_id, tuple(Office(*o) for o in offices))
    )
    cycle.register(number="2100/BTTTT-TTĐN")
    cycle.go_to(cycle.step("issue")[0])
    work.issue(engine, cycle_id)
    return cycle


def mark(cycle: Rehearsed, office: Office, at: datetime) -> None:
    """The office reports the first indicator of the form, in its first year."""
    with cycle.engine.begin() as connection:
        form = load_letter_cycle(connection, cycle.cycle_id).form
        assert form is not None
        number = submit(
            connection, cycle.sample, office, received_at=at,
            data=f"{cycle.cycle_id}{office.short_name}".encode(),
            message_id_header=f"<{office.recipient_id}.{at:%d%H%M%S}@so.example>",
        )  # fmt: skip
        add_mark(connection, number, form.indicators[0].code, form.years[0], is_marked=True)


def register(cycle: Rehearsed, kind: str, number: str = "117/BC-BTTTT", on: date = date(2013, 1, 18)) -> None:
    with cycle.engine.begin() as connection:
        registration.record_registration(
            connection, cycle.cycle_id, kind, number=number, registered_on=on, signer="Đỗ Quý Doãn",
            signed_file_name="Da ky.pdf", signed_file=PDF, entered_by="van_thu",
        )  # fmt: skip


def because_of(cycle: Rehearsed, kind: str) -> list[list[str]]:
    """What each lapsed approval of the document lapsed because of."""
    events = cycle.rows(
        "SELECT detail FROM audit.event WHERE kind = 'approval_overtaken' AND cycle_id = :c"
        " AND detail ->> 'document' = :d ORDER BY event_id", d=kind,
    )  # fmt: skip
    return [detail["because"] for (detail,) in events]


def test_an_approval_lapses_when_the_figures_of_the_previous_period_change(registered: Engine) -> None:
    before = opened(registered, "tien_do_nq_47", "2024_1")
    mark(before, before.offices[0], before.step("issue")[0] + timedelta(hours=2))
    before.go_to(before.step("close")[0])
    work.close(registered, before.cycle_id)
    work.consolidate(registered, before.cycle_id)
    now = opened(registered, "tien_do_nq_47", "2024_2")
    issued_at = now.step("issue")[0]
    mark(now, now.offices[0], issued_at + timedelta(hours=2))
    now.go_to(now.step("report")[0])
    work.draft_document(registered, now.cycle_id, FIRST)
    with registered.begin() as connection:
        approve(connection, now.cycle_id, FIRST)
        assert lifecycle.stands(connection, found(now, FIRST))
    mark(before, before.offices[1], issued_at + timedelta(hours=3))
    with registered.connect() as connection:
        assert not lifecycle.stands(connection, found(now, FIRST))
    with pytest.raises(OvertakenError, match="số liệu kỳ trước thay đổi"):
        register(now, FIRST, on=issued_at.date())
    assert work.draft_document(registered, now.cycle_id, FIRST) == 2
    assert found(now, FIRST).open_step == "unit"
    assert because_of(now, FIRST) == [["số liệu kỳ trước thay đổi"]]
    figures = (
        "SELECT max(value) FROM cycle.document_figure JOIN cycle.document USING (document_id)"
        " WHERE cycle_id = :c AND figure LIKE 'previous:%' AND version = :v"
    )
    assert now.value(figures, v=1) == 1
    assert now.value(figures, v=2) == 2


def test_the_letter_after_the_report_is_bound_to_the_marks_that_it_states(
    small: Rehearsed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approvals, "engine", lambda: small.engine)
    prepare(small)
    engine, cycle_id = small.engine, small.cycle_id
    work.draft_document(engine, cycle_id, LETTER)
    with engine.begin() as connection:
        approval.open_request(connection, found(small, LETTER))
        approve(connection, cycle_id, LETTER)
    assert not waits.document_ready(cycle_id, LETTER, "registered", 1)
    # the same once more changes nothing that it says: the approval stays
    small.go_to(vn(2013, 1, 25, 9))
    send(small, small.offices[0], vn(2013, 1, 25, 7), MARKS)
    assert waits.document_ready(cycle_id, LETTER, "registered", 1)
    assert work.draft_document(engine, cycle_id, LETTER) == 1
    assert found(small, LETTER).decision == "approved"
    assert not waits.document_ready(cycle_id, LETTER, "registered", 1)
    # other marks: the approval lapses, though nobody has refreshed the marts
    change_a_mark(small)
    with pytest.raises(OvertakenError, match="gửi lại số liệu"):
        register(small, LETTER, "212/BTTTT-TTĐN", date(2013, 1, 25))
    assert work.draft_document(engine, cycle_id, LETTER) == 2
    assert found(small, LETTER).decision is None
    assert because_of(small, LETTER) == [[f"{small.offices[0].short_name} gửi lại số liệu (lần 3)"]]
    # an undecided one is made anew
    send(small, small.offices[2], vn(2013, 1, 25, 8, 30), MARKS)
    assert work.draft_document(engine, cycle_id, LETTER) == 3


def test_what_a_letter_does_not_state_leaves_its_approval(small: Rehearsed) -> None:
    prepare(small)
    work.draft_document(small.engine, small.cycle_id, LETTER)
    with small.engine.begin() as connection:
        approve(connection, small.cycle_id, LETTER)
    small.run(
        "INSERT INTO intake.nil_return (obligation_id, basis, entered_by, confirmed_at, entered_at)"
        " SELECT obligation_id, 'điện thoại', 'cb', :at, :at FROM cycle.obligation"
        " WHERE recipient_id = :r AND deliverable = 'data_form'",
        at=vn(2013, 1, 25, 9), r=small.offices[2].recipient_id,
    )  # fmt: skip
    with small.engine.connect() as connection:
        assert lifecycle.stands(connection, found(small, LETTER))


@pytest.mark.parametrize("kind", [FIRST, "request_letter"])
def test_nothing_of_a_withdrawn_cycle_gets_a_number(small: Rehearsed, kind: str) -> None:
    if kind == FIRST:
        small.issue()
        send(small, small.offices[0], vn(2012, 12, 20, 9), MARKS)
        small.go_to(vn(2013, 1, 18, 16))
    work.draft_document(small.engine, small.cycle_id, kind)
    with small.engine.begin() as connection:
        approve(connection, small.cycle_id, kind)
    changes.withdraw(small.engine, small.cycle_id, by="truong_phong", reason="trùng với đợt khác")
    with pytest.raises(RefusedEntryError, match="đã được hủy"):
        register(small, kind, on=date(2012, 11, 28))
    assert found(small, kind).number is None
    with pytest.raises(work.LapsedError, match="was not published"):
        work.publish(small.engine, small.cycle_id)


def test_a_letter_that_tells_of_the_withdrawal_gets_its_number(small: Rehearsed) -> None:
    small.issue()
    kind = extra.start_letter(
        small.engine, small.cycle_id, "notice",
        extra.LetterContent(paragraphs=("Đợt báo cáo được hủy.",), subject="hủy đợt báo cáo"), by="can_bo",
    )  # fmt: skip
    work.draft_document(small.engine, small.cycle_id, kind)
    with small.engine.begin() as connection:
        approve(connection, small.cycle_id, kind)
    changes.withdraw(small.engine, small.cycle_id, by="truong_phong", reason="trùng với đợt khác")
    with small.engine.connect() as connection:
        today = clock.now(connection, small.cycle_id).date()
    register(small, kind, "3800/BTTTT-TTĐN", today)
    assert found(small, kind).number == "3800/BTTTT-TTĐN"


def test_the_records_office_answers_after_the_withdrawal(
    small: Rehearsed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approvals, "engine", lambda: small.engine)
    small.issue()
    send(small, small.offices[0], vn(2012, 12, 20, 9), MARKS)
    small.go_to(vn(2013, 1, 18, 16))
    work.draft_document(small.engine, small.cycle_id, FIRST)
    with small.engine.begin() as connection:
        approve(connection, small.cycle_id, FIRST)
        run = approval.open_request(connection, found(small, FIRST)).run_id
    changes.withdraw(small.engine, small.cycle_id, by="truong_phong", reason="trùng với đợt khác")
    settings().desk.mkdir(parents=True, exist_ok=True)
    (settings().desk / "s.pdf").write_bytes(PDF)
    entry = {"number": "117/BC-BTTTT", "registered_on": "2013-01-18", "signer": "A", "signed_file": "s.pdf"}
    told = approvals.record_registration(
        run, {"params_input": entry, "responded_by_user": {"name": "van_thu"}}
    )
    assert "đã được hủy" in told
    assert found(small, FIRST).number is None
    assert small.value("SELECT count(*) FROM audit.event WHERE kind = 'registration_lapsed'") == 1
    with small.engine.connect() as connection:
        newest = approval.newest_request(connection, found(small, FIRST))
    assert newest is not None
    assert newest.run_id == run, "nobody is asked again"


@pytest.mark.parametrize(
    ("first", "second", "is_refused"),
    [
        (("nguyễn.văn.a", None), (unicodedata.normalize("NFD", "Nguyễn.Văn.A") + " ", None), True),
        (("Nguyễn Văn A", "7"), ("  nguyễn   văn a", None), True),
        (("Nguyễn Văn A", "7"), ("A, Cục trưởng", "7"), True),
        (("Nguyễn Văn A", "7"), ("Nguyễn Văn A", "8"), False),
        (("Nguyễn Văn A", None), ("Trần Thị B", None), False),
    ],
)
def test_one_person_does_not_approve_twice_however_the_name_is_written(
    small: Rehearsed, first: tuple[str, str | None], second: tuple[str, str | None], is_refused: bool
) -> None:
    small.issue()
    send(small, small.offices[0], vn(2012, 12, 20, 9), MARKS)
    small.go_to(vn(2013, 1, 18, 16))
    work.draft_document(small.engine, small.cycle_id, FIRST)
    shown = found(small, FIRST)

    def decide(by: str, user_id: str | None) -> None:
        with small.engine.begin() as connection:
            approval.record_decision(
                connection,
                small.cycle_id,
                FIRST,
                1,
                shown.content_hash,
                "approved",
                by,
                decided_by_id=user_id,
            )

    decide(*first)
    if is_refused:
        with pytest.raises(RefusedEntryError, match="phải do người khác duyệt"):
            decide(*second)
        assert found(small, FIRST).open_step == "leadership"
    else:
        decide(*second)
        assert found(small, FIRST).decision == "approved"


def write(cycle: Rehearsed, office: Office, at: datetime, *bodies: str) -> None:
    """The office sends marks and words, one body a section."""
    with cycle.engine.begin() as connection:
        form = load_letter_cycle(connection, cycle.cycle_id).form
        assert form is not None
        number = submit(
            connection, cycle.sample, office, received_at=at, data=f"{office.short_name}{at}".encode(),
            message_id_header=f"<{office.recipient_id}.{at:%d%H%M%S}@so.example>",
        )  # fmt: skip
        for indicator, is_marked in MARKS.items():
            add_mark(connection, number, indicator, 2011, is_marked=is_marked)
        for section, body in zip(form.sections, bodies, strict=False):
            connection.execute(
                text(
                    "INSERT INTO core.narrative (submission_id, cycle_id, recipient_id, section, body, sheet,"
                    " cell) VALUES (:n, :c, :r, :s, :b, 'TM', 'B2')"
                ),
                {
                    "n": number, "c": cycle.cycle_id, "r": office.recipient_id, "s": section.code, "b": body,
                },
            )  # fmt: skip


def test_the_approver_reads_whose_words_are_newer_than_the_signed_report(small: Rehearsed) -> None:
    small.issue()
    first, second, third = small.offices[:3]
    for office in (first, second, third):
        write(small, office, vn(2012, 12, 18, 9), "Kinh phí còn hạn hẹp.")
    with small.engine.begin() as connection:
        for office in (first, second, third):
            register_signed_report(connection, small.sample, office, date(2012, 12, 19))
    write(small, first, vn(2012, 12, 28, 9), "Đề nghị tăng mười biên chế chuyên trách.")
    write(small, second, vn(2012, 12, 28, 9), "Kinh phí còn hạn hẹp.")  # other figures, the same words
    write(small, third, vn(2012, 12, 28, 9), "Cần đào tạo cán bộ.")
    confirm(
        small.engine,
        small.cycle_id,
        Selection(codes=(third.reference_code,)),
        how="điện thoại",
        by="A",
        version=2,
    )
    small.go_to(vn(2013, 1, 18, 16))
    work.draft_document(small.engine, small.cycle_id, FIRST)
    (told,) = [
        line for line in found(small, FIRST).body_markdown.splitlines() if "gửi sau ngày ký báo cáo" in line
    ]
    assert "(1):" in told
    assert f"{first.short_name} (ký 19/12/2012, gửi 28/12/2012)" in told
