"""The check before a request goes out: what it finds, what keeps a letter from approval, what is let pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from reporting_airflow import approvals
from sqlalchemy import Engine, text

from reporting.cycles import changes, checklist, work
from reporting.cycles.checklist import Finding
from reporting.cycles.opening import open_cycle
from reporting.documents import approval, lifecycle
from reporting.documents.lifecycle import RefusedEntryError
from reporting.regimes.models import DeadlineRule, InstrumentCondition, Regime
from tests.integration.rehearsed import PERIOD, Rehearsed, small_regime

USER = {"responded_by_user": {"name": "pho_cuc_truong"}}


def found(engine: Engine, cycle_id: str) -> dict[str, Finding]:
    with engine.connect() as connection:
        return {finding.item: finding for finding in checklist.findings(connection, cycle_id)}


def opened(engine: Engine, change: Callable[[Regime], Regime] = lambda r: r, number: int = 1) -> str:
    return open_cycle(engine, change(small_regime(engine)), PERIOD, "rehearsal", number)


def with_period(**values: object) -> Callable[[Regime], Regime]:
    def change(regime: Regime) -> Regime:
        periods = tuple(p.model_copy(update=values) if p.code == PERIOD else p for p in regime.periods)
        return regime.model_copy(update={"periods": periods})

    return change


@pytest.fixture
def unreachable(small: Rehearsed) -> Iterator[Rehearsed]:
    """The small cycle none of whose offices has a contact in use."""
    small.run("UPDATE registry.contact SET state = 'retired' WHERE organization_id = ANY(:o)", o=ids(small))
    yield small
    small.run("UPDATE registry.contact SET state = 'active' WHERE organization_id = ANY(:o)", o=ids(small))


def ids(cycle: Rehearsed) -> list[str]:
    return [office.organization_id for office in cycle.offices]


def test_the_demo_cycle_is_told_of_its_odd_days_and_may_go_out(small: Rehearsed) -> None:
    result = found(small.engine, small.cycle_id)
    assert not any(finding.is_blocking for finding in result.values())
    assert result["deadline_on_day_off"].message.startswith(
        "Thời hạn rơi vào ngày nghỉ: ngày 31/12/2012 (thứ Hai)."
    )
    assert "cách ngày chốt số liệu 31/12/2012 chưa đủ 01 ngày làm việc" in (
        result["deadline_too_near_cutoff"].message
    )
    with small.engine.connect() as connection:
        assert checklist.unsettled(connection, small.cycle_id) == []
        shown = checklist.markdown(connection, small.cycle_id)
    assert shown.startswith("### Kiểm tra trước khi ban hành\n\n00 mục cần xử lý, ")
    assert "- **Lưu ý** (mã `deadline_on_day_off`): " in shown


def test_offices_without_a_contact_are_counted_once_each_however_many_others_have(small: Rehearsed) -> None:
    """Counting contacts against recipients missed that one person may serve several (MHCLG ca421887)."""
    first = small.offices[0]
    small.run("UPDATE registry.contact SET state = 'bouncing' WHERE contact_id = :k", k=first.contact_id)
    small.run(
        "INSERT INTO registry.contact (organization_id, email, display_name, is_sample)"
        " SELECT :o, 'thu-' || n || '@so-2.example', 'Đầu mối', true FROM generate_series(1, 5) n",
        o=small.offices[1].organization_id,
    )
    finding = found(small.engine, small.cycle_id)["no_contact"]
    small.run("UPDATE registry.contact SET state = 'active' WHERE contact_id = :k", k=first.contact_id)
    small.run("DELETE FROM registry.contact WHERE email LIKE 'thu-%@so-2.example'")
    assert finding.offices == (first.reference_code,)
    assert finding.message.startswith("01 cơ quan chưa có địa chỉ")
    assert not finding.is_blocking


def test_a_list_that_cannot_be_reached_at_all_is_blocking(unreachable: Rehearsed) -> None:
    result = found(unreachable.engine, unreachable.cycle_id)
    assert result["group_unreachable"].is_blocking
    assert len(result["no_contact"].offices) == 3


def test_a_deadline_before_the_request_is_blocking(registered: Engine) -> None:
    cycle_id = opened(registered, with_period(deadline=DeadlineRule(kind="before", day=date(2012, 12, 4))))
    finding = found(registered, cycle_id)["deadline_before_request"]
    assert finding.is_blocking
    assert "ngày 3/12/2012 (thứ Hai)" in finding.message


def test_what_nobody_owes_is_blocking_unless_it_depends_on_a_condition(registered: Engine) -> None:
    def change(regime: Regime) -> Regime:
        report, form = regime.deliverables
        never = InstrumentCondition(subject="quy_che_ttdn", stages=("never",))
        return regime.model_copy(update={"deliverables": (report.model_copy(update={"when": never}), form)})

    cycle_id = opened(registered, change)
    result = found(registered, cycle_id)
    assert "nobody_owes" not in result
    assert "báo cáo có chữ ký số" in result["condition_unmet"].message
    with registered.begin() as connection:
        connection.execute(text("DELETE FROM cycle.reminder_plan"))
        connection.execute(text("DELETE FROM cycle.obligation WHERE deliverable = 'data_form'"))
    assert found(registered, cycle_id)["nobody_owes"].is_blocking


def test_the_list_and_the_form_are_compared_with_the_cycle_before(registered: Engine) -> None:
    earlier = opened(registered)
    later = opened(registered, with_period(request_on=date(2012, 12, 5)), number=2)
    assert {"roster_changed", "form_changed"} & set(found(registered, later)) == set()
    with registered.begin() as connection:
        connection.execute(
            text("UPDATE cycle.recipient SET role = 'copied' WHERE cycle_id = :c AND position = 1"),
            {"c": earlier},
        )
        connection.execute(
            text(
                "INSERT INTO cycle.form_version (form_code, version, content, content_hash)"
                " SELECT form_code, '2011.9', content, content_hash FROM cycle.form_version"
            )
        )
        connection.execute(
            text("UPDATE cycle.cycle SET form_version = '2011.9' WHERE cycle_id = :c"), {"c": earlier}
        )
    result = found(registered, later)
    assert "thêm An Giang; bớt không có" in result["roster_changed"].message
    assert "bản theo_doi_ttdn@2012.1" in result["form_changed"].message
    assert "dùng bản theo_doi_ttdn@2011.9" in result["form_changed"].message


def test_another_cycle_on_the_same_clock_that_asks_the_same_offices_clashes(registered: Engine) -> None:
    regime = small_regime(registered)
    for number in (1, 2):
        open_cycle(registered, regime, PERIOD, "rehearsal", number, clock_id="rehearsal:shared")
    result = found(registered, "ttdn_dia_phuong__2011_2012__dien_tap_1")
    assert "ttdn_dia_phuong__2011_2012__dien_tap_2" in result["clash"].message
    assert "3 cơ quan" in result["clash"].message


def test_planning_that_misses_the_ministrys_own_limit_is_told(registered: Engine) -> None:
    cycle_id = opened(registered)
    assert "tight_planning" not in found(registered, cycle_id)
    with registered.begin() as connection:
        connection.execute(text("UPDATE cycle.cycle SET upstream_due_on = '2013-01-04'"))
    assert "ngày 4/1/2013" in found(registered, cycle_id)["tight_planning"].message


def ask(cycle: Rehearsed) -> str:
    """Draft the request letter and ask for its approval; the run that asks."""
    work.draft_document(cycle.engine, cycle.cycle_id, "request_letter")
    with cycle.engine.begin() as connection:
        document = lifecycle.find(connection, cycle.cycle_id, "request_letter")
        assert document is not None
        return approval.open_request(connection, document).run_id


def answer(run_id: str, overrides: str = "") -> bool:
    inputs = {"reason": "", "overrides": overrides}
    return approvals.record_decision(
        run_id, {"chosen_options": ["Thống nhất trình ký"], "params_input": inputs} | USER
    )


def test_an_approval_waits_until_what_is_blocking_was_let_pass_by_name_with_a_reason(
    unreachable: Rehearsed,
) -> None:
    cycle = unreachable
    run_id = ask(cycle)
    assert "- **Cần xử lý** (mã `group_unreachable`)" in approvals.question(run_id).body
    assert not answer(run_id)
    assert cycle.value("SELECT count(*) FROM cycle.document_decision") == 0
    again = cycle.value("SELECT run_id FROM cycle.approval_request ORDER BY attempt DESC LIMIT 1")
    assert again != run_id
    assert "còn mục kiểm tra cần xử lý: group_unreachable" in approvals.question(again).body
    assert not answer(again, "group_unreachable")
    last = cycle.value("SELECT run_id FROM cycle.approval_request ORDER BY attempt DESC LIMIT 1")
    assert 'Dòng "group_unreachable" chưa đúng dạng' in approvals.question(last).body
    assert answer(last, "group_unreachable: gửi bản giấy qua văn thư\nno_contact: như trên")
    assert cycle.rows("SELECT item, reason, overridden_by FROM cycle.checklist_override ORDER BY item") == [
        ("group_unreachable", "gửi bản giấy qua văn thư", "pho_cuc_truong"),
        ("no_contact", "như trên", "pho_cuc_truong"),
    ]
    assert cycle.value("SELECT decided_by FROM cycle.document_decision") == "pho_cuc_truong"
    assert "Đã bỏ qua (mã `group_unreachable`)" in approvals.question(last).body


def test_what_was_let_pass_does_not_cover_what_is_found_later(small: Rehearsed) -> None:
    first, second = small.offices[:2]
    try:
        small.run("UPDATE registry.contact SET state = 'retired' WHERE contact_id = :k", k=first.contact_id)
        with small.engine.begin() as connection:
            checklist.override(connection, small.cycle_id, "no_contact", reason="gửi bản giấy", by="a")
            checklist.override(connection, small.cycle_id, "no_contact", reason="gửi bản giấy", by="a")
        assert found(small.engine, small.cycle_id)["no_contact"].let_pass_by == "a"
        small.run("UPDATE registry.contact SET state = 'retired' WHERE contact_id = :k", k=second.contact_id)
        assert found(small.engine, small.cycle_id)["no_contact"].let_pass_by is None
    finally:
        small.run(
            "UPDATE registry.contact SET state = 'active' WHERE organization_id = ANY(:o)", o=ids(small)
        )
    assert small.value("SELECT count(*) FROM audit.event WHERE kind = 'checklist_overridden'") == 1


def test_nothing_that_is_not_found_can_be_let_pass(small: Rehearsed) -> None:
    with (
        small.engine.begin() as connection,
        pytest.raises(RefusedEntryError, match=r'Không có mục kiểm tra "clash".*deadline_on_day_off'),
    ):
        checklist.override(connection, small.cycle_id, "clash", reason="x", by="y")


def test_questions_to_approvers_lapse_with_the_cycle(small: Rehearsed) -> None:
    run_id = ask(small)
    changes.withdraw(small.engine, small.cycle_id, by="x", reason="có Chỉ thị mới")
    assert approvals.question(run_id).is_decided
    assert not answer(run_id)
    assert small.value("SELECT count(*) FROM cycle.document_decision") == 0
    assert small.value("SELECT count(*) FROM audit.event WHERE kind = 'approval_lapsed'") == 1
