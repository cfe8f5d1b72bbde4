"""The urging letter: to whom it goes, when it lapses, and what is said of one office and of several."""

from __future__ import annotations

import io
from datetime import date

import pytest
from docx import Document
from reporting_airflow import waits
from sqlalchemy import Engine

from reporting.calendar.deadlines import Deadline
from reporting.cycles import changes, pauses, status, work
from reporting.documents import approval, lifecycle, registration
from reporting.letters.urging import NobodyLate, render_urging_letter
from reporting.mail import facts
from reporting.mail.delivery import start_mail, stop_mail
from tests.factories import Office, register_signed_report, submit
from tests.integration.rehearsed import Rehearsed, open_small_cycle, vn

KIND, LETTER_STEP, ISSUE_STEP = "urging_letter", "urging_letter", "urging_issue"
LETTER_AT, ISSUE_AT, CLOSE_AT = vn(2013, 1, 7, 8), vn(2013, 1, 7, 14), vn(2013, 1, 15, 17)
NUMBER = "9002/BTTTT-TTĐN"


@pytest.fixture
def small(registered: Engine) -> Rehearsed:
    """The tracking cycle with three offices and an urging letter in its plan."""
    return open_small_cycle(registered, is_urging=True)


@pytest.fixture
def issued(small: Rehearsed) -> Rehearsed:
    """The same, the request sent as 3621/BTTTT-TTĐN."""
    small.issue()
    return small


def answer(cycle: Rehearsed, *offices: Office) -> None:
    """These offices send both things, and both are accepted."""
    with cycle.engine.begin() as connection:
        for office in offices:
            submit(connection, cycle.sample, office, data=office.name.encode())
            register_signed_report(connection, cycle.sample, office)


def drafted(cycle: Rehearsed) -> lifecycle.Document:
    """The newest draft of the letter."""
    work.draft_document(cycle.engine, cycle.cycle_id, KIND)
    with cycle.engine.connect() as connection:
        document = lifecycle.find(connection, cycle.cycle_id, KIND)
    assert document is not None
    return document


def approve(cycle: Rehearsed) -> None:
    document = drafted(cycle)
    with cycle.engine.begin() as connection:
        assert approval.record_decision(
            connection, cycle.cycle_id, KIND, document.version, document.content_hash, "approved", "don_vi"
        )


def register(cycle: Rehearsed, **entered: str) -> None:
    """The newest draft is approved, and gets its number."""
    approve(cycle)
    enter(cycle, **entered)


def enter(cycle: Rehearsed, **entered: str) -> None:
    """The approved draft gets its number."""
    with cycle.engine.begin() as connection:
        registration.record_registration(
            connection,
            cycle.cycle_id,
            KIND,
            number=NUMBER,
            registered_on=date(2013, 1, 7),
            signer="Đỗ Quý Doãn",
            signed_file_name="Don doc da ky.pdf",
            signed_file=b"%PDF-1.4 signed urging letter",
            entered_by="van_thu",
            **entered,
        )
    assert work.complete_registration(cycle.engine, cycle.cycle_id, KIND)


def events(cycle: Rehearsed) -> list[tuple[str, str | None]]:
    """The completed steps of the letter, and why without one."""
    return [
        (step, lapsed)
        for step, lapsed in cycle.rows(
            "SELECT detail ->> 'step', detail ->> 'lapsed' FROM audit.event"
            " WHERE cycle_id = :c AND kind = 'milestone_done' AND detail ->> 'step' LIKE 'urging%'"
            " ORDER BY event_id"
        )
    ]


def listed(cycle: Rehearsed) -> list[tuple[str, str]]:
    """Whom the newest draft names, for what."""
    return [
        (name, deliverable)
        for name, deliverable in cycle.rows(
            "SELECT r.short_name, a.deliverable FROM cycle.document_addressee a"
            " JOIN cycle.recipient r USING (recipient_id)"
            " WHERE a.version = (SELECT max(version) FROM cycle.document_addressee)"
            " ORDER BY r.position, a.deliverable DESC"
        )
    ]


def words(cycle: Rehearsed) -> tuple[list[str], list[list[str]]]:
    """The letter's paragraphs and its list."""
    with cycle.engine.connect() as connection:
        (file,) = render_urging_letter(connection, cycle.cycle_id).files
    document = Document(io.BytesIO(file.data))
    return (
        [" ".join(p.text.split()) for p in document.paragraphs if p.text.strip()],
        [[cell.text for cell in row.cells] for row in document.tables[-1].rows],
    )


def test_the_letter_to_several_names_how_many_and_lists_what_each_owes(issued: Rehearsed) -> None:
    complete, half, silent = issued.offices
    answer(issued, complete)
    with issued.engine.begin() as connection:
        register_signed_report(connection, issued.sample, half)
        submit(connection, issued.sample, half, outcome="to_complete")
    issued.go_to(LETTER_AT)
    paragraphs, table = words(issued)
    assert paragraphs == [
        "Kính gửi: Sở Thông tin và Truyền thông các tỉnh, thành phố (theo danh sách kèm theo)",
        "Ngày 03/12/2012, Bộ Thông tin và Truyền thông có Công văn số 3621/BTTTT-TTĐN đề nghị Sở Thông tin "
        "và Truyền thông các tỉnh, thành phố trực thuộc Trung ương gửi báo cáo tình hình công tác thông tin"
        " đối ngoại địa phương năm 2011 - 2012 đến hết ngày 31/12/2012. Tính đến ngày 07/01/2013, Bộ Thông "
        "tin và Truyền thông đã nhận đủ báo cáo, số liệu của 1/3 Sở; còn 02 Sở chưa gửi hoặc gửi chưa đủ "
        "(danh sách kèm theo).",
        "Để bảo đảm tiến độ tổng hợp, báo cáo Chính phủ theo Chỉ thị số 21/CT-TTg ngày 06/8/2012, Bộ Thông "
        "tin và Truyền thông đề nghị các Sở có tên trong danh sách khẩn trương hoàn thành, gửi báo cáo, số "
        "liệu còn thiếu về Bộ Thông tin và Truyền thông (qua Cục Thông tin đối ngoại) chậm nhất hết ngày "
        "11/1/2013 (thứ Sáu). Sau thời hạn trên, Bộ Thông tin và Truyền thông tổng hợp theo số liệu hiện có"
        " và báo cáo Chính phủ về tình hình gửi báo cáo của các địa phương.",
        "Trường hợp đã gửi, đề nghị cho biết số, ký hiệu, ngày ban hành của văn bản để đối chiếu. Thông tin"
        " chi tiết xin liên hệ chuyên viên đầu mối, Cục Thông tin đối ngoại (thư điện tử dau-moi@ttdn.bo-"
        "chu-tri.example).",
        "Trân trọng./.",
        "Phụ lục",
        "DANH SÁCH CƠ QUAN CHƯA GỬI ĐỦ BÁO CÁO, SỐ LIỆU",
        "(Kèm theo Công văn số /BTTTT-TTĐN ngày tháng năm 2013 của Bộ Thông tin và Truyền thông)",
    ]
    assert table == [
        ["STT", "Tên cơ quan", "Nội dung còn thiếu"],
        ["1", half.name, "Tệp số liệu (Excel): đã nhận, đề nghị hoàn thiện"],
        ["2", silent.name, "Báo cáo có chữ ký số; tệp số liệu (Excel)"],
    ]


def test_the_letter_to_one_office_greets_it_by_name(issued: Rehearsed) -> None:
    answer(issued, *issued.offices[:2])
    issued.go_to(LETTER_AT)
    name = issued.offices[2].name
    paragraphs, table = words(issued)
    assert paragraphs[0] == f"Kính gửi: {name}"
    assert f"của 2/3 Sở; còn {name} chưa gửi hoặc gửi chưa đủ (danh sách kèm theo)." in paragraphs[1]
    assert "đề nghị Quý Sở khẩn trương hoàn thành" in paragraphs[2]
    assert [row[1] for row in table[1:]] == [name]


def test_an_office_with_more_time_is_counted_but_not_urged(issued: Rehearsed) -> None:
    changes.extend(
        issued.engine, issued.cycle_id, issued.offices[1].reference_code,
        Deadline("through", date(2013, 1, 9)),
        asked_how="letter", reason="mưa lũ", agreed_by="lanh_dao",
    )  # fmt: skip
    answer(issued, issued.offices[0])
    issued.go_to(LETTER_AT)
    paragraphs, table = words(issued)
    assert "của 1/3 Sở; còn " in paragraphs[1]
    assert paragraphs[1].endswith("Ngoài ra, 01 Sở đã được thống nhất lùi thời hạn gửi.")
    assert [row[1] for row in table[1:]] == [issued.offices[2].name]


def test_only_who_sent_everything_counts_as_received_and_the_figures_add_up(issued: Rehearsed) -> None:
    let_off, resting, _ = issued.offices
    changes.waive(
        issued.engine, issued.cycle_id, let_off.reference_code,
        asked_how="letter", reason="không có nội dung", agreed_by="lanh_dao", confirm="none",
    )  # fmt: skip
    issued.go_to(LETTER_AT)
    pauses.pause(
        issued.engine, issued.cycle_id, resting.reference_code, date(2013, 1, 11),
        kind="disaster", reason="bão", by="chuyen_vien",
    )  # fmt: skip
    paragraphs, _ = words(issued)
    assert "của 0/2 Sở; còn " in paragraphs[1]
    assert paragraphs[1].endswith("Ngoài ra, 01 Sở đang được tạm hoãn đôn đốc.")


def test_a_thing_that_came_in_part_or_that_is_optional_does_not_count_as_everything(
    issued: Rehearsed,
) -> None:
    half, optional, _ = issued.offices
    with issued.engine.begin() as connection:
        register_signed_report(connection, issued.sample, half)
    issued.run(
        "UPDATE cycle.deliverable SET is_opt_in = true WHERE cycle_id = :c AND deliverable = 'data_form'"
    )
    changes.waive(
        issued.engine, issued.cycle_id, optional.reference_code, deliverables=["signed_report"],
        asked_how="letter", reason="không có nội dung", agreed_by="lanh_dao", confirm="none",
    )  # fmt: skip
    issued.go_to(LETTER_AT)
    assert "của 1/2 Sở; còn " in words(issued)[0][1], "who may but need not send anything is not counted"


def test_the_same_data_give_the_same_letter_and_other_data_another_hash(issued: Rehearsed) -> None:
    issued.go_to(LETTER_AT)
    with issued.engine.connect() as connection:
        first, second = (render_urging_letter(connection, issued.cycle_id) for _ in range(2))
    assert first == second
    with issued.engine.begin() as connection:
        register_signed_report(connection, issued.sample, issued.offices[0])
        other = render_urging_letter(connection, issued.cycle_id)
    assert other.data_hash != first.data_hash
    assert other.files[0].data != first.files[0].data


def test_before_the_deadline_there_is_nobody_to_urge(issued: Rehearsed) -> None:
    with issued.engine.connect() as connection, pytest.raises(NobodyLate, match="Nobody is late"):
        render_urging_letter(connection, issued.cycle_id)


def test_a_letter_that_cannot_cite_the_request_says_what_to_do(small: Rehearsed) -> None:
    small.go_to(LETTER_AT)
    with small.engine.connect() as connection, pytest.raises(LookupError, match="Register it first"):
        render_urging_letter(connection, small.cycle_id)


def test_the_letter_is_not_written_before_its_moment(issued: Rehearsed) -> None:
    issued.go_to(vn(2013, 1, 2, 9))
    with pytest.raises(work.NotYetDueError, match=r"urging_letter .* falls due 07/01/2013 08:00"):
        work.draft_document(issued.engine, issued.cycle_id, KIND)
    assert listed(issued) == []


def test_copies_go_to_those_listed_who_still_owe_when_the_letter_is_sent(issued: Rehearsed) -> None:
    complete, late, silent = issued.offices
    answer(issued, complete)
    issued.go_to(LETTER_AT)
    register(issued)
    assert listed(issued) == [
        (name, deliverable)
        for name in (late.short_name, silent.short_name)
        for deliverable in ("signed_report", "data_form")
    ]
    with pytest.raises(work.NotYetDueError):
        work.issue_urging(issued.engine, issued.cycle_id)
    answer(issued, late)
    issued.go_to(ISSUE_AT)
    for sent in (1, 0):
        assert work.issue_urging(issued.engine, issued.cycle_id).sent == sent
    assert issued.mails("urging") == [silent.short_name]
    assert issued.step(LETTER_STEP) == (LETTER_AT, LETTER_AT)
    assert issued.step(ISSUE_STEP) == (ISSUE_AT, ISSUE_AT)
    assert events(issued) == [(LETTER_STEP, None), (ISSUE_STEP, None)]
    assert issued.rows(
        "SELECT when_unknown, state, attachments -> 0 ->> 'filename', jsonb_array_length(attachments)"
        " FROM cycle.message WHERE step = 'urging'"
    ) == [("send_again", "sent", "Don doc da ky.pdf", 1)]
    assert work.draft_document(issued.engine, issued.cycle_id, KIND) == 1, "what is registered stays"


def test_nothing_goes_out_before_the_letter_has_its_number(issued: Rehearsed) -> None:
    issued.go_to(ISSUE_AT)
    approve(issued)
    with pytest.raises(facts.NotRegistered, match="step urging_letter"):
        work.issue_urging(issued.engine, issued.cycle_id)
    assert issued.step(ISSUE_STEP)[1] is None


def test_a_draft_that_nobody_approved_yet_follows_what_comes_in(issued: Rehearsed) -> None:
    issued.go_to(LETTER_AT)
    assert drafted(issued).version == 1
    answer(issued, issued.offices[0])
    assert drafted(issued).version == 2
    assert {name for name, _ in listed(issued)} == {o.short_name for o in issued.offices[1:]}
    approve(issued)
    answer(issued, issued.offices[1])
    assert drafted(issued).version == 2, "the unit has submitted this one"


def last_days(cycle: Rehearsed) -> list[date]:
    """The last day that each draft of the letter gives."""
    return [
        day
        for day, _ in cycle.rows(
            "SELECT DISTINCT a.new_last_day, a.version FROM cycle.document_addressee a"
            " JOIN cycle.document d USING (document_id) WHERE d.cycle_id = :c ORDER BY a.version"
        )
    ]


def test_a_draft_whose_day_came_before_anybody_decided_is_written_with_a_later_one(issued: Rehearsed) -> None:
    issued.go_to(LETTER_AT)
    drafted(issued)
    (first,) = last_days(issued)
    issued.go_to(vn(first.year, first.month, first.day - 1, 17))
    assert drafted(issued).version == 1
    assert not waits.document_ready(issued.cycle_id, KIND, "approved", 0)
    issued.go_to(vn(first.year, first.month, first.day, 8))
    assert waits.document_ready(issued.cycle_id, KIND, "approved", 0)
    assert drafted(issued).version == 2
    assert last_days(issued) == [first, CLOSE_AT.date()]
    assert not waits.document_ready(issued.cycle_id, KIND, "approved", 0)
    issued.go_to(CLOSE_AT.replace(hour=9))
    assert not waits.document_ready(issued.cycle_id, KIND, "approved", 0), "no later day can be given"
    assert drafted(issued).version == 2


def test_a_letter_whose_day_is_over_gets_no_number_without_a_reason(issued: Rehearsed) -> None:
    issued.go_to(LETTER_AT)
    approve(issued)
    (first,) = last_days(issued)
    issued.go_to(vn(first.year, first.month, first.day, 9))
    with pytest.raises(lifecycle.UnconfirmedError, match="11/1/2013, là ngày đã qua hoặc là hôm nay"):
        enter(issued)
    assert drafted(issued).version == 1, "what the unit approved waits for the answer"
    enter(issued, difference_reason="Lãnh đạo Bộ đã ký ngày 10/1")
    assert issued.value("SELECT difference_accepted_because FROM cycle.document_registration"
                        " JOIN cycle.document USING (document_id) WHERE kind = :k", k=KIND)  # fmt: skip


def test_an_approved_letter_that_was_sent_back_is_written_anew(issued: Rehearsed) -> None:
    def send_back(reason: str = "Hết thời hạn ghi trong văn bản") -> None:
        with issued.engine.begin() as connection:
            approval.send_back(connection, issued.cycle_id, KIND, reason, "van_thu")

    issued.go_to(LETTER_AT)
    drafted(issued)
    with pytest.raises(lifecycle.RefusedEntryError, match="không ở trạng thái chờ cấp số"):
        send_back()
    approve(issued)
    with pytest.raises(lifecycle.RefusedEntryError, match="Chưa ghi lý do"):
        send_back(" ")
    issued.go_to(vn(2013, 1, 14, 9))
    send_back()
    assert waits.document_ready(issued.cycle_id, KIND, "registered", 0)
    assert (drafted(issued).version, drafted(issued).decision) == (2, None)
    assert last_days(issued)[-1] == CLOSE_AT.date()
    assert issued.rows(
        "SELECT kind FROM audit.event WHERE cycle_id = :c AND detail ->> 'document' = :k ORDER BY event_id",
        k=KIND,
    )[-3:] == [("document_approved",), ("document_sent_back",), ("document_drafted",)]


def test_where_nobody_is_late_the_steps_are_done_without_a_letter(issued: Rehearsed) -> None:
    answer(issued, *issued.offices)
    issued.go_to(LETTER_AT)
    for _ in range(2):
        with pytest.raises(work.LapsedError):
            work.draft_document(issued.engine, issued.cycle_id, KIND)
    assert events(issued) == [(LETTER_STEP, "nobody_outstanding"), (ISSUE_STEP, "nobody_outstanding")]
    assert issued.value("SELECT count(*) FROM cycle.document WHERE kind = :k", k=KIND) == 0
    with pytest.raises(work.LapsedError):
        work.issue_urging(issued.engine, issued.cycle_id)
    issued.go_to(CLOSE_AT)
    assert work.close(issued.engine, issued.cycle_id) == 0
    assert len(events(issued)) == 2


def test_a_letter_not_needed_any_more_lapses_while_it_waits_for_its_number(issued: Rehearsed) -> None:
    issued.go_to(LETTER_AT)
    approve(issued)
    answer(issued, *issued.offices)
    with pytest.raises(work.LapsedError):
        work.draft_document(issued.engine, issued.cycle_id, KIND)
    assert [lapsed for _, lapsed in events(issued)] == ["nobody_outstanding"] * 2


@pytest.mark.parametrize("is_approved", [False, True])
def test_a_letter_that_nobody_signed_lapses_at_the_close(issued: Rehearsed, is_approved: bool) -> None:
    issued.go_to(LETTER_AT)
    if is_approved:
        approve(issued)
    else:
        drafted(issued)
    issued.go_to(CLOSE_AT)
    assert _steps_due(issued) == ["step close", "step urging_issue", "step urging_letter"]
    work.close(issued.engine, issued.cycle_id)
    assert _steps_due(issued) == []
    assert events(issued) == [(LETTER_STEP, "closed"), (ISSUE_STEP, "closed")]
    for carry_out in (lambda e, c: work.draft_document(e, c, KIND), work.issue_urging):
        with pytest.raises(work.LapsedError):
            carry_out(issued.engine, issued.cycle_id)
    assert issued.mails("urging") == []


def test_what_ends_the_letter_or_overtakes_its_draft_ends_the_wait_for_its_approval(
    issued: Rehearsed,
) -> None:
    def is_ready(until: str) -> bool:
        return waits.document_ready(issued.cycle_id, KIND, until, 0)

    issued.go_to(LETTER_AT)
    drafted(issued)
    assert not is_ready("approved")
    answer(issued, issued.offices[0])
    assert is_ready("approved")
    approve(issued)
    answer(issued, issued.offices[1])
    assert not is_ready("registered")
    issued.go_to(CLOSE_AT)
    work.close(issued.engine, issued.cycle_id)
    assert is_ready("registered")


def test_a_cycle_opened_before_its_regime_planned_a_letter_goes_without(registered: Engine) -> None:
    cycle = open_small_cycle(registered)
    with pytest.raises(work.LapsedError):
        work.draft_document(cycle.engine, cycle.cycle_id, KIND)


def test_an_early_close_ends_a_letter_whose_day_has_not_come(issued: Rehearsed) -> None:
    changes.close_early(issued.engine, issued.cycle_id, "lanh_dao", "đủ số liệu")
    work.close(issued.engine, issued.cycle_id)
    with pytest.raises(work.LapsedError):
        work.draft_document(issued.engine, issued.cycle_id, KIND)
    assert issued.step(LETTER_STEP)[1] == issued.step("close")[1]


def test_a_registered_letter_that_was_not_sent_by_the_close_is_not_sent(issued: Rehearsed) -> None:
    issued.go_to(LETTER_AT)
    register(issued)
    issued.go_to(CLOSE_AT)
    work.close(issued.engine, issued.cycle_id)
    assert events(issued) == [(LETTER_STEP, None), (ISSUE_STEP, "closed")]
    with pytest.raises(work.LapsedError):
        work.issue_urging(issued.engine, issued.cycle_id)
    assert issued.mails("urging") == []


@pytest.mark.parametrize("is_closed", [True, False], ids=["closed", "answered"])
def test_a_copy_that_was_held_back_too_long_is_withdrawn(issued: Rehearsed, is_closed: bool) -> None:
    answer(issued, *issued.offices[:2])
    issued.go_to(LETTER_AT)
    register(issued)
    issued.go_to(ISSUE_AT)
    stop_mail(issued.engine, "lanh_dao", "rà soát")
    with pytest.raises(work.UndeliveredError):
        work.issue_urging(issued.engine, issued.cycle_id)
    if is_closed:
        issued.go_to(CLOSE_AT)
        work.close(issued.engine, issued.cycle_id)
    else:
        answer(issued, issued.offices[2])
    start_mail(issued.engine, "lanh_dao")
    assert work.issue_urging(issued.engine, issued.cycle_id).sent == 0
    assert issued.rows("SELECT state FROM cycle.message WHERE step = 'urging'") == [("withdrawn",)]


def _steps_due(cycle: Rehearsed) -> list[str]:
    with cycle.engine.connect() as connection:
        return sorted(
            line
            for line in status.work_due(connection, cycle.cycle_id)
            if line in {"step close", "step urging_letter", "step urging_issue"}
        )
