"""Offices that answer by the secret mail: nothing of theirs is read, and nobody counts them as silent."""

from __future__ import annotations

from datetime import date

import pytest

from reporting.consolidation.refresh import refresh
from reporting.cycles.selection import RefusedChange
from reporting.intake import returns
from reporting.intake.channels import collect
from reporting.intake.process import process_arrivals
from reporting.intake.returns.confidential import mark
from reporting.intake.settling import SettlingRefused, settle_arrival
from reporting.mail.notices import queue_reminders
from reporting.summary import snapshot
from reporting.summary.appendix import render_tracking_csv
from reporting.summary.report import report_sections
from tests.integration.intake.conftest import AskedCycle, reply
from tests.integration.intake.returns.conftest import Answered, Content, refusal
from tests.integration.rehearsed import vn
from tests.unit.cli.shell import run

REASON = "Văn bản số 03/STTTT"


def _mark(answered: Answered, *more: str) -> str:
    return run(
        "desk", "confidential", answered.cycle.cycle_id, answered.code, "--reason", REASON, "--by", "van_thu",
        *more,
    ).stdout  # fmt: skip


def test_an_office_marked_so_owes_nothing_here_and_is_not_reminded(answered: Answered) -> None:
    assert _mark(answered) == f"An Giang ({answered.code}): nhận theo đường văn thư mật.\n"
    assert "trước đó" in _mark(answered)
    assert (answered.state, answered.status("is_outstanding")) == ("confidential", False)
    assert answered.cycle.states("signed_report")[0] == "confidential"
    with answered.cycle.engine.connect() as connection:
        cycle = answered.cycle.cycle_id
        others = [office.reference_code for office in answered.cycle.offices[1:]]
        assert returns.is_confidential(connection, cycle, answered.code)
        assert not returns.is_confidential(connection, cycle, others[0])
        assert returns.confidential_offices(connection, cycle) == {answered.code}
        assert returns.confidential_offices(connection, cycle, others) == set()
    answered.cycle.go_to(vn(2012, 12, 20, 9))
    with answered.cycle.engine.begin() as connection:
        assert queue_reminders(connection, cycle, "reminder__t_minus_7") == 2
    done = run("desk", "undo-confidential", cycle, answered.code, "--reason", "nhầm", "--by", "van_thu")
    assert done.stdout == f"An Giang ({answered.code}): đã hủy ghi nhận theo đường văn thư mật.\n"
    assert answered.state == "requested"
    assert answered.events() == ["confidential_marked", "confidential_undone"]


def test_the_day_of_receipt_settles_timeliness(answered: Answered) -> None:
    _mark(answered)
    with answered.cycle.engine.begin() as connection:
        refresh(connection, answered.cycle.cycle_id)
    timeliness = "SELECT data_form_state, timeliness FROM mart.recipient_status WHERE position = 1"
    assert answered.cycle.rows(timeliness) == [("confidential", "confidential")]
    answered.cycle.go_to(vn(2013, 1, 5, 9))
    _mark(answered, "--received", "4/1/2013")
    with answered.cycle.engine.begin() as connection:
        refresh(connection, answered.cycle.cycle_id)
    assert answered.cycle.rows(timeliness) == [("confidential", "late")]


def test_figures_that_count_are_taken_back_in_the_same_step_or_it_is_refused(answered: Answered) -> None:
    answered.send(Content({"vi_tri_chuyen_trach": "X"}))
    engine, cycle = answered.cycle.engine, answered.cycle.cycle_id
    with pytest.raises(RefusedChange) as error:
        mark(engine, cycle, answered.code, reason=REASON, by="van_thu")
    assert refusal(error).startswith("An Giang có 1 bản số liệu đã được chấp nhận.")
    with pytest.raises(RefusedChange) as error:
        mark(engine, cycle, answered.code, reason=REASON, by="van_thu", received_on=date(2013, 2, 1))
    assert refusal(error).startswith("Ngày 1/2/2013 sau ngày hiện tại")
    assert "văn thư mật" in _mark(answered, "--withdraw")
    assert (answered.state, answered.current) == ("confidential", None)


def test_the_report_names_it_without_figures(answered: Answered) -> None:
    _mark(answered)
    answered.send(Content({"vi_tri_chuyen_trach": "X", "ke_hoach_nq_47": "–"}, {"can_bo": 3}), office=1)
    with answered.cycle.engine.begin() as connection:
        refresh(connection, answered.cycle.cycle_id)
        data = snapshot.take(connection, answered.cycle.cycle_id)
    said = [block.text for section in report_sections(data) for block in section.blocks]
    assert (
        "01 tỉnh, thành phố báo cáo theo đường văn thư mật, không nêu nội dung trong Báo cáo này: An Giang."
        in said
    )
    assert not any("chưa có số liệu là: An Giang" in line for line in said)
    rows = render_tracking_csv(data).decode().splitlines()
    assert rows[1].replace(",", "") == "1An Giang"
    assert ",X,Không áp dụng,,3," in rows[2], "what does not apply is told from what is not there yet"
    assert data.totals[("ke_hoach_nq_47", 2024)] == 0


def test_its_mail_is_put_aside_unread_and_nothing_is_entered_for_it(asked: AskedCycle) -> None:
    office, code = "so_tttt_an_giang", asked.code("so_tttt_an_giang")
    data = asked.filled(office).save()
    mark(asked.engine, asked.cycle_id, code, reason=REASON, by="van_thu")
    asked.receive(reply(asked.address(office), ("So lieu.xlsx", data)))
    collect(asked.engine)
    result = process_arrivals(asked.engine)
    assert (result.handled, result.put_aside, result.outcomes) == (1, 1, {})
    ((outcome, note),) = asked.rows("SELECT outcome, note FROM intake.arrival")
    assert outcome == "quarantined"
    assert note == (
        f"Cơ quan có mã tra cứu {code} (đợt {asked.cycle_id}) báo cáo theo đường văn thư mật nên thư, tệp này"
        " không được mở. Đề nghị Văn thư xử lý theo quy định về bảo vệ bí mật nhà nước; sau đó cất thư này"
        " (--ignore)."
    )
    for table in ("intake.submission", "intake.attachment", "core.fact"):
        assert asked.scalar(f"SELECT count(*) FROM {table}") == 0, table
    assert asked.scalar("SELECT count(*) FROM cycle.message WHERE step <> 'request'") == 0
    number = asked.scalar("SELECT arrival_id FROM intake.arrival")
    assert isinstance(number, int)
    with pytest.raises(SettlingRefused, match="đường văn thư mật"):
        settle_arrival(asked.engine, number, asked.cycle_id, code, "của An Giang", "chuyen_vien")
