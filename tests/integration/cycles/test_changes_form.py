"""The form of a running cycle: entries are checked all at once, asked about where needed, made once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from reporting_airflow import change_tasks
from reporting_airflow.names import AGREE_OPTION, DECLINE_OPTION

from reporting.cycles import change_form
from reporting.documents.lifecycle import RefusedEntryError
from tests.integration.rehearsed import Rehearsed

EXTEND = {
    "what": "extend",
    "offices": "An Giang",
    "day": "5/1/2013",
    "asked_how": "letter",
    "asked_by": "Văn bản số 812/STTTT-TTBC",
    "reason": "mưa lũ",
    "agreed_by": "Cục trưởng",
    "agreed_on": "25/12/2012",
    "confirm": "mail",
}
RUN = SimpleNamespace(triggering_user_name="chuyen_vien")


@pytest.fixture
def issued(small: Rehearsed) -> Rehearsed:
    """A cycle whose request was sent on 3/12/2012 at 14:00."""
    small.issue()
    return small


def entered(cycle: Rehearsed, **fields: object) -> dict[str, object]:
    return EXTEND | {"cycle_id": cycle.cycle_id} | fields


def consent(option: str | None) -> Any:
    answer = None
    if option is not None:
        answer = {"chosen_options": [option], "responded_by_user": {"name": "cuc_truong"}}
    return SimpleNamespace(xcom_pull=lambda task_ids: answer)


def apply(params: dict[str, object], option: str | None = None, run_id: str = "run_1") -> str:
    return change_tasks.apply_change(params, run_id, RUN, consent(option))


def test_every_field_that_cannot_stand_is_named_at_once(issued: Rehearsed) -> None:
    params = entered(
        issued, offices="An Giangg\nBắc Giang", day="30/2/2013", reason=" ", asked_how="fax", agreed_on="mai"
    )
    with pytest.raises(AirflowFailException) as refused:
        change_tasks.check_change(params, RUN)
    said = str(refused.value)
    assert said.startswith("Chưa ghi nhận, đề nghị sửa và chạy lại:\n- ")
    for part in (
        'Lý do: chưa nhập; mục "Lùi hạn" cần trường này.',
        'Hình thức đề nghị: "fax" không có trong các lựa chọn',
        'Ngày: "30/2/2013" không phải là ngày. Đề nghị ghi dạng 25/12/2012.',
        'Ngày đồng ý: "mai" không phải là ngày.',
        "Cơ quan, vùng hoặc nhóm: ",
        "An Giang (TTDN12-DT1-01)",
    ):
        assert part in said
    assert issued.value("SELECT count(*) FROM cycle.extension") == 0


def test_a_check_says_what_will_be_done_and_does_nothing(issued: Rehearsed) -> None:
    before = issued.rows("SELECT count(*), (SELECT count(*) FROM cycle.message) FROM audit.event")
    said = change_tasks.check_change(entered(issued), RUN)
    assert "- **Nội dung thay đổi:** Lùi hạn" in said
    assert "- **Hình thức đề nghị:** văn bản" in said
    assert "Áp dụng cho **1** cơ quan: An Giang" in said
    assert "Người ghi nhận: chuyen_vien." in said
    assert issued.rows("SELECT count(*), (SELECT count(*) FROM cycle.message) FROM audit.event") == before
    with pytest.raises(AirflowFailException, match="Thời hạn mới phải sau thời hạn đang áp dụng"):
        change_tasks.check_change(entered(issued, day="30/12/2012"), RUN)


def test_a_change_for_one_office_is_made_once_without_consent(issued: Rehearsed) -> None:
    assert apply(entered(issued)) == "Lùi hạn: đã ghi nhận."
    assert apply(entered(issued)) == "Lùi hạn: đã ghi nhận."
    assert issued.value("SELECT count(*) FROM cycle.extension") == 2
    assert issued.mails("extension") == ["An Giang"]
    assert issued.rows(
        "SELECT kind, actor FROM audit.event WHERE kind IN ('deadline_extended', 'change_applied')"
        " ORDER BY event_id"
    ) == [("deadline_extended", "chuyen_vien"), ("change_applied", "chuyen_vien")]


def test_a_change_for_several_offices_waits_for_consent_and_keeps_the_answer(issued: Rehearsed) -> None:
    params = entered(issued, offices="An Giang; Bắc Giang")
    with pytest.raises(AirflowFailException, match="needs consent"):
        apply(params)
    with pytest.raises(AirflowSkipException, match="cuc_truong không đồng ý"):
        apply(params, DECLINE_OPTION)
    assert issued.value("SELECT count(*) FROM cycle.extension") == 0
    apply(params, AGREE_OPTION, "run_2")
    apply(params, AGREE_OPTION, "run_2")
    assert issued.mails("extension") == ["An Giang", "Bắc Giang"]
    assert issued.rows(
        "SELECT kind, actor FROM audit.event WHERE kind LIKE 'change_%' ORDER BY event_id"
    ) == [
        ("change_refused", "cuc_truong"),
        ("change_approved", "cuc_truong"),
        ("change_applied", "chuyen_vien"),
    ]


@pytest.mark.parametrize(
    ("fields", "asks", "event"),
    [
        ({"what": "waive"}, False, "obligation_waived"),
        ({"what": "pause", "pause_kind": "disaster", "day": "24/12/2012"}, False, "reminders_paused"),
        (
            {
                "what": "call",
                "channel": "phone",
                "spoke_with": "bà B",
                "summary": "chờ ký",
                "day": "27/12/2012",
            },
            False,
            "call_logged",
        ),
        ({"what": "close", "offices": ""}, True, "closed_early"),
        ({"what": "move_close", "offices": "", "day": "25/1/2013"}, False, "close_moved"),
        ({"what": "move_deadline", "offices": "", "day": "8/1/2013"}, True, "deadline_moved"),
        ({"what": "withdraw", "offices": ""}, True, "cycle_withdrawn"),
        (
            {"what": "add_office", "new_office": "so_tttt_bac_kan", "day": "", "replaces": True},
            True,
            "recipient_added",
        ),
    ],
)
def test_each_kind_of_change_can_be_entered(
    issued: Rehearsed, fields: dict[str, object], asks: bool, event: str
) -> None:
    params = entered(issued, **fields)
    change_tasks.check_change(params, RUN)
    assert issued.value("SELECT count(*) FROM audit.event WHERE kind = :k", k=event) == 0
    change = change_form.read(issued.engine, params, "chuyen_vien")
    assert change_form.needs_consent(issued.engine, change) == asks
    for _ in range(2):
        apply(params, AGREE_OPTION if asks else None)
    assert issued.value("SELECT count(*) FROM audit.event WHERE kind = :k", k=event) == 1


def test_a_call_is_about_one_office(issued: Rehearsed) -> None:
    params = entered(
        issued, what="call", channel="zalo", spoke_with="ông A", summary="x", offices="An Giang\nBắc Giang"
    )
    with pytest.raises(RefusedEntryError, match="chỉ ghi cho một cơ quan mỗi lần"):
        change_form.check(issued.engine, params, "x")
