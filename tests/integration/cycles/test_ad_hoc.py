"""Requests opened from a form: what is refused, what becomes of each field, and rehearsals to the end."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from reporting import clock
from reporting.calendar.working_days import WorkingCalendar
from reporting.cycles import ad_hoc, conducting, digest_of_rehearsal, keeping, status
from reporting.cycles.ad_hoc import AdHocForm, FormRefused
from reporting.cycles.opening import open_cycle, regime_of
from reporting.documents import lifecycle
from reporting.regimes import models
from reporting.regimes.models import Regime, load_regime
from tests.integration.rehearsed import PERIOD, small_regime

TODAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the morning of Friday, 20/11/2026."""
    from datetime import datetime

    now = datetime(2026, 11, 20, 9, 30, tzinfo=clock.VIETNAM)
    monkeypatch.setattr(clock, "wall_now", lambda: now)


ENTERED: dict[str, Any] = {
    "title": "Báo cáo kết quả công tác thông tin đối ngoại năm 2026",
    "kind": "ad_hoc",
    "subject": "báo cáo kết quả công tác thông tin đối ngoại năm 2026",
    "task_document": "Công văn số 1234/VPCP-QHQT ngày 16/11/2026 của Văn phòng Chính phủ",
    "upstream_due_on": "2026-12-31",
    "basis": "Thực hiện Nghị định số 72/2015/NĐ-CP ngày 07/9/2015 của Chính phủ,",
    "requests": "Báo cáo kết quả năm 2026.\nĐề xuất nhiệm vụ năm 2027.\n",
    "groups": ["government_agencies"],
    "copies": "Bộ trưởng (để b/c)\nVăn phòng Chính phủ | để b/c",
    "deadline_on": "2026-12-18",
    "signer": "Nguyễn Văn A",
    "officer": "bà Trần Thị B, chuyên viên, điện thoại 000",
    "approver": "ông Lê Văn C, Phó Cục trưởng",
}


def form(**changes: Any) -> AdHocForm:
    return ad_hoc.read_form(ENTERED | changes)


def problems(engine: Engine, **changes: Any) -> list[str]:
    with engine.connect() as connection:
        return ad_hoc.problems(form(**changes), connection)


def regime(engine: Engine, **changes: Any) -> Regime:
    with engine.connect() as connection:
        return ad_hoc.build_regime(form(**changes), connection)


def one(engine: Engine, statement: str, **values: object) -> Any:
    with engine.connect() as connection:
        return connection.execute(text(statement), values).scalar_one()


def test_a_form_as_it_should_be_has_no_problem(registered: Engine) -> None:
    assert problems(registered) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"title": " ", "subject": ""}, ["Tên đợt báo cáo: chưa ghi.", "Trích yếu (V/v): chưa ghi."]),
        ({"subject": "V/v báo cáo"}, ["không ghi lại “V/v”"]),
        ({"kind": "periodic"}, ["chỉ được mở đột xuất hoặc chuyên đề"]),
        ({"groups": []}, ["Chưa có cơ quan nào phải báo cáo"]),
        ({"groups": ["xyz"]}, ["không có nhóm “xyz”"]),
        ({"groups": ["provincial_departments_2012"]}, ["không có cơ quan nào tại ngày 20/11/2026"]),
        ({"added_offices": "UBND An Gang"}, ["Không có cơ quan nào tên là “UBND An Gang”", "An Giang"]),
        ({"added_offices": "An Giang"}, ["“An Giang” có thể là", "hoặc Ủy ban nhân dân tỉnh An Giang"]),
        ({"removed_offices": "Bộ Công an"}, ["Bớt cơ quan: Bộ Công an không thuộc các nhóm đã chọn"]),
        ({"deadline_on": "2026-11-20"}, ["không sau hôm nay"]),
        ({"deadline_on": "2026-11-21", "deadline_kind": "before"}, ["ngày 20/11/2026 (thứ Sáu), không sau"]),
        ({"deadline_on": ""}, ["Thời hạn gửi: chưa ghi."]),
        ({"deadline_kind": "open"}, ["không ấn định"]),
        ({"upstream_due_on": "2026-12-01"}, ["sau hạn Bộ phải báo cáo cấp trên"]),
        ({"capacity": "tm"}, ["không có trong danh mục", "KT. BỘ TRƯỞNG THỨ TRƯỞNG"]),
        ({"capacity": "cuc_truong"}, ["không dùng cho văn bản do Bộ ban hành"]),
        ({"form": "theo_doi_ttdn@1999.1"}, ["không có biểu “theo_doi_ttdn@1999.1”", "theo_doi_ttdn@2012.1"]),
        ({"reminder_plan": "often"}, ["không có kế hoạch “often”"]),
        ({"signed_report": "none"}, ["Chưa đề nghị gửi gì"]),
        ({"copies": "Bộ trưởng (để xem)"}, ["dòng “Bộ trưởng (để xem)” chưa đúng"]),
        ({"period_from": "2026-12-01", "period_to": "2026-01-01"}, ["Kỳ số liệu: ngày đầu (1/12/2026)"]),
        ({"requests": "Báo cáo {title}."}, ["Nội dung đề nghị: không dùng dấu ngoặc nhọn"]),
    ],
)
def test_what_is_to_be_mended_is_told(registered: Engine, changes: dict[str, Any], told: list[str]) -> None:
    found = "\n".join(problems(registered, **changes))
    for words in told:
        assert words in found


def test_everything_is_told_at_once_and_nothing_is_opened(registered: Engine) -> None:
    wrong = form(title="", kind="periodic", groups=[], deadline_on="2026-01-01", capacity="x")
    with pytest.raises(FormRefused) as refused:
        ad_hoc.open_ad_hoc(registered, wrong, "A")
    assert len(refused.value.problems) == 5
    assert one(registered, "SELECT count(*) FROM cycle.cycle") == 0


def test_a_field_that_cannot_be_read_is_named_in_vietnamese() -> None:
    with pytest.raises(FormRefused) as refused:
        form(deadline_on="ngày mai", number="212/BTTTT")
    assert [p.partition(":")[0] for p in refused.value.problems] == ["Thời hạn gửi", "number"]


def test_each_field_has_its_place_in_the_regime(registered: Engine) -> None:
    found = regime(registered, form="theo_doi_ttdn@2012.1", other_deliverables="kế hoạch năm 2027")
    (period,) = found.periods
    assert (found.code, found.kind, found.instrument) == ("ad_hoc", "ad_hoc", None)
    assert period.report_title == "kết quả công tác thông tin đối ngoại năm 2026"
    assert period.code == "2026_11_20_bao_cao_ket_qua_cong_tac_thong_tin_doi"
    assert (period.deadline.kind, period.deadline.day) == ("through", date(2026, 12, 18))
    assert period.upstream is not None
    assert period.upstream.due_on == date(2026, 12, 31)
    assert [(d.code, d.kind) for d in found.deliverables] == [
        ("signed_report", "document"), ("data_form", "data_form"), ("other_1", "document"),
    ]  # fmt: skip
    assert [r.step for r in found.reminders] == [
        "reminder__t_minus_7",
        "reminder__t_minus_2",
        "reminder__t_plus_1",
    ]
    assert found.urging is not None
    assert found.escalation is not None
    assert found.request_letter.requests == ("Báo cáo kết quả năm 2026.", "Đề xuất nhiệm vụ năm 2027.")
    assert [(c.name, c.purpose) for c in found.request_letter.copies] == [
        ("Như trên", "như trên"), ("Bộ trưởng", "để b/c"),
        ("Văn phòng Chính phủ", "để b/c"), ("VT, TTĐN", "lưu"),
    ]  # fmt: skip
    assert found.signer.capacity == ("KT. BỘ TRƯỞNG", "THỨ TRƯỞNG")


@pytest.mark.parametrize(
    ("plan", "steps"),
    [
        ("light", ["issue", "reminder__t_minus_2", "deadline", "reminder__t_plus_1", "close"]),
        ("none", ["issue", "deadline", "close"]),
    ],
)
def test_a_lighter_plan_has_fewer_steps(registered: Engine, plan: str, steps: list[str]) -> None:
    cycle_id = ad_hoc.open_ad_hoc(registered, form(reminder_plan=plan, mode="live"), "A")
    with registered.connect() as connection:
        found = [m.step for m in status.milestones(connection, cycle_id)]
    assert found == ["request_letter", *steps]


def test_without_a_fixed_day_reminders_count_from_the_issue(registered: Engine) -> None:
    open_form = form(deadline_on=None, deadline_kind="open", mode="live")
    cycle_id = ad_hoc.open_ad_hoc(registered, open_form, "A")
    with registered.connect() as connection:
        found = [m.step for m in status.milestones(connection, cycle_id)]
    assert found == ["request_letter", "issue", "reminder__i_plus_10", "reminder__i_plus_20", "close"]


def test_single_offices_are_added_and_taken_out(registered: Engine) -> None:
    changed = form(
        added_offices="Bộ Công an\nUBND tỉnh An Giang",
        removed_offices="Đài Truyền hình Việt Nam",
        mode="live",
    )
    cycle_id = ad_hoc.open_ad_hoc(registered, changed, "A")
    with registered.connect() as connection:
        names = list(
            connection.scalars(
                text("SELECT name FROM cycle.recipient WHERE cycle_id = :c ORDER BY position"),
                {"c": cycle_id},
            )
        )
        whole = list(
            connection.scalars(
                text(
                    "SELECT n.name FROM registry.group_member g"
                    " JOIN registry.organization_name n USING (organization_id)"
                    " WHERE g.group_code = 'government_agencies' AND g.valid_from <= :d"
                    " AND (g.valid_to IS NULL OR g.valid_to > :d) AND n.valid_from <= :d"
                    " AND (n.valid_to IS NULL OR n.valid_to > :d) ORDER BY g.position"
                ),
                {"d": TODAY},
            )
        )
    assert names == [
        *(name for name in whole if name != "Đài Truyền hình Việt Nam"), "Bộ Công an",
        "Ủy ban nhân dân tỉnh An Giang",
    ]  # fmt: skip
    assert len(names) == len(whole) + 1


def test_a_form_sent_twice_opens_one_cycle_and_keeps_the_form(registered: Engine) -> None:
    live = form(mode="live")
    cycle_id = ad_hoc.open_ad_hoc(registered, live, "chuyen_vien")
    assert ad_hoc.open_ad_hoc(registered, live, "chuyen_vien") == cycle_id
    assert cycle_id == "ad_hoc__2026_11_20_bao_cao_ket_qua_cong_tac_thong_tin_doi"
    assert one(registered, "SELECT count(*) FROM cycle.cycle") == 1
    assert one(registered, "SELECT officer FROM cycle.cycle") == ENTERED["officer"]
    kept = one(registered, "SELECT detail -> 'form' FROM audit.event WHERE kind = 'form_entered'")
    assert AdHocForm.model_validate(kept) == live
    with pytest.raises(FormRefused, match="cùng tên với nội dung khác"):
        ad_hoc.open_ad_hoc(registered, form(mode="live", requests="Việc khác."), "chuyen_vien")
    other = ad_hoc.open_ad_hoc(registered, form(mode="live", title="Báo cáo nhanh"), "chuyen_vien")
    assert other == "ad_hoc__2026_11_20_bao_cao_nhanh"


def test_the_keeper_of_cycles_carries_a_live_request_on(registered: Engine) -> None:
    cycle_id = ad_hoc.open_ad_hoc(registered, form(mode="live"), "A")
    assert [(c.cycle_id, c.regime) for c in keeping.unfinished(registered)] == [(cycle_id, "ad_hoc")]


def test_a_request_is_rehearsed_to_its_end_and_its_letter_reads_well(registered: Engine) -> None:
    found = ad_hoc.rehearse_form(registered, form(form="theo_doi_ttdn@2012.1", mode="live"), "A")
    assert found.cycle_id.endswith("__dien_tap_1")
    assert {m.step for m in found.mails} == {
        "request", "reminder__t_minus_7", "reminder__t_minus_2", "reminder__t_plus_1", "urging", "escalation",
    }  # fmt: skip
    with registered.connect() as connection:
        letter = lifecycle.find(connection, found.cycle_id, "request_letter")
    assert letter is not None
    body = " ".join(letter.body_markdown.split())
    for words in (
        "V/v báo cáo kết quả công tác thông tin đối ngoại năm 2026".removeprefix("V/v "),
        "Cơ quan thuộc Chính phủ",
        "1. Báo cáo kết quả năm 2026.",
        "(qua Cục Thông tin đối ngoại) đến hết ngày 18/12/2026; tệp số liệu gửi bằng cách",
        "bà Trần Thị B, chuyên viên, điện thoại 000",
        "KT. BỘ TRƯỞNG",
    ):
        assert words in body
    assert "{" not in body
    assert one(registered, "SELECT count(*) FROM cycle.cycle WHERE mode = 'live'") == 0


def test_offices_that_answer_in_time_are_not_reminded_afterwards(registered: Engine) -> None:
    found = ad_hoc.rehearse_form(registered, form(), "A", answers="on_time")
    assert found.outstanding == 0
    assert {m.step for m in found.mails} == {"request", "reminder__t_minus_7", "reminder__t_minus_2"}
    assert "Giả định: mọi cơ quan gửi văn bản" in digest_of_rehearsal.as_markdown(found)


def test_a_follow_up_question_is_opened_and_rehearsed_from_the_form(registered: Engine) -> None:
    parent = ad_hoc.open_ad_hoc(registered, form(mode="live", form="theo_doi_ttdn@2012.1"), "A")
    question = form(
        kind="question", parent_cycle_id=parent, added_offices="Đài Truyền hình Việt Nam",
        questions="[quy_che 2012] Vì sao chưa có?",
        deadline_on="2026-11-27", mode="live",
    )  # fmt: skip
    found = ad_hoc.rehearse_form(registered, question, "A", answers="on_time")
    assert [m.step for m in found.mails] == ["request"]
    assert (found.kind, found.outstanding) == ("question", 0)
    cycle_id = ad_hoc.open_ad_hoc(registered, question, "A")
    assert ad_hoc.open_ad_hoc(registered, question, "A") == cycle_id
    assert (
        one(registered, "SELECT parent_cycle_id FROM cycle.cycle WHERE cycle_id = :c", c=cycle_id) == parent
    )
    with pytest.raises(FormRefused) as refused:
        ad_hoc.open_ad_hoc(
            registered, question.model_copy(update={"questions": ("[quy 2012] a", "[quy_che 1999] b")}), "A"
        )
    assert len(refused.value.problems) == 2


def test_an_office_that_is_no_more_cannot_be_asked(registered: Engine) -> None:
    parent = open_cycle(registered, small_regime(registered), PERIOD, "live", is_past_meant=True)
    question = form(
        kind="question", parent_cycle_id=parent, added_offices="Bắc Giang", questions="Vì sao?",
        deadline_on="2026-11-27", mode="live",
    )  # fmt: skip
    with pytest.raises(FormRefused, match="Bắc Giang không còn trong danh sách"):
        ad_hoc.open_ad_hoc(registered, question, "A")


def test_a_regime_without_an_instrument_is_never_opened_by_itself(
    registered: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = regime(registered)
    assert due.instrument is None
    assert due.periods_opening(TODAY - timedelta(days=1), TODAY)
    monkeypatch.setattr(keeping, "all_regimes", lambda: [due])
    assert keeping.open_missed(registered) == []
    assert one(registered, "SELECT count(*) FROM cycle.cycle") == 0
    with pytest.raises(ValueError, match="only a regime with an instrument runs by"):
        Regime.model_validate(
            due.model_dump()
            | {"schedule": load_regime("ttdn_dinh_ky_quy").schedule, "reference_prefix": "YC"}
        )


def test_a_rehearsal_that_was_cut_off_goes_on_where_it_was(
    registered: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_file = load_regime("ttdn_dia_phuong")
    small = small_regime(registered, is_urging=True)
    real, calls = conducting.advance, []

    def dies_once(*arguments: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*arguments, **named)

    monkeypatch.setattr(conducting, "advance", dies_once)
    with pytest.raises(KeyboardInterrupt):
        conducting.rehearse(registered, small, PERIOD, 1)
    found = conducting.rehearse(registered, small, PERIOD, 1)
    assert of_file.code in found.cycle_id
    assert len([m for m in found.mails if m.step == "request"]) == 3
    assert one(registered, "SELECT count(*) FROM cycle.cycle") == 1


def test_working_days_and_models_are_those_of_the_file() -> None:
    assert WorkingCalendar.load(ad_hoc.REGIME).is_working_day(TODAY)
    assert models.load_regime("ttdn_dia_phuong").ministry == ad_hoc.offer().ministry


def test_the_regime_that_was_opened_is_kept_whole(registered: Engine) -> None:
    cycle_id = ad_hoc.open_ad_hoc(registered, form(mode="live"), "A")
    with registered.connect() as connection:
        kept = regime_of(connection, cycle_id)
    assert kept.request_letter.subject == ENTERED["subject"]


@pytest.mark.parametrize(
    ("groups", "signed_report", "label"),
    [
        (["provincial_committees"], "committee", "báo cáo có chữ ký số của Ủy ban nhân dân"),
        (["provincial_departments"], "department", "báo cáo có chữ ký số của Sở"),
        (["ministries", "provincial_committees"], "committee", "báo cáo có chữ ký số"),
    ],
)
def test_the_signed_report_is_named_by_who_signs_it(
    registered: Engine, groups: list[str], signed_report: str, label: str
) -> None:
    found = regime(registered, groups=groups, signed_report=signed_report)
    assert [d.label for d in found.deliverables] == [label]
