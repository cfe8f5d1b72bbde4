"""`reporting report text`: the unit's own wording of sections, from the shell into the draft."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reporting.cycles import work
from reporting.documents import approval, lifecycle
from tests.factories import add_mark, submit
from tests.integration.rehearsed import Rehearsed, approve, vn
from tests.unit.cli.shell import refused, run

KIND = "summary_report"


@pytest.fixture
def drafted(small: Rehearsed) -> Rehearsed:
    """A cycle with the draft of a report that both steps approved."""
    small.issue()
    with small.engine.begin() as connection:
        number = submit(connection, small.sample, small.offices[0], received_at=vn(2012, 12, 20, 9))
        add_mark(connection, number, "quy_che", 2011)
    small.go_to(vn(2013, 1, 18, 8))
    work.draft_document(small.engine, small.cycle_id, KIND)
    with small.engine.begin() as connection:
        approve(connection, small.cycle_id, KIND)
    return small


def said(*arguments: object) -> str:
    result = run("report", "text", *arguments)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def sections(cycle: Rehearsed) -> dict[str, Any]:
    return {row["code"]: row for row in json.loads(said(cycle.cycle_id, "--json"))}


def body(cycle: Rehearsed) -> tuple[int, str]:
    work.draft_document(cycle.engine, cycle.cycle_id, KIND)
    with cycle.engine.connect() as connection:
        document = lifecycle.find(connection, cycle.cycle_id, KIND)
    assert document is not None
    return document.version, document.body_markdown


def test_a_wording_makes_the_draft_anew_and_lapses_its_approval(drafted: Rehearsed, tmp_path: Path) -> None:
    file = tmp_path / "noi dung.txt"
    file.write_text(
        "Nhận thức của một số cấp ủy được nâng lên.\nKinh phí được bố trí.\n", encoding="utf-8-sig"
    )
    arguments = (drafted.cycle_id, "achieved", "--file", file, "--by", "chuyen_vien")
    assert said(*arguments).startswith("Đã ghi nội dung của đơn vị cho mục")
    assert "không có gì thay đổi" in said(*arguments)
    version, text = body(drafted)
    assert version == 2
    assert "Nhận thức của một số cấp ủy được nâng lên.\n\nKinh phí được bố trí." in text
    assert "### Nội dung do đơn vị tự ghi" in text
    assert "**bổ sung** sau phần tổng hợp (chuyen\\_vien, 18/1/2013)" in text
    (detail,) = next(
        iter(
            drafted.rows("SELECT detail FROM audit.event WHERE kind = 'approval_overtaken' ORDER BY event_id")
        )
    )
    assert detail["because"] == ["đơn vị bổ sung nội dung tự ghi trong báo cáo"]
    said(drafted.cycle_id, "achieved", "--undo", "--by", "chuyen_vien")
    version, text = body(drafted)
    assert version == 3
    assert "Nhận thức" not in text


def test_a_section_with_figures_is_replaced_only_when_that_is_confirmed(drafted: Rehearsed) -> None:
    listed = sections(drafted)
    assert listed["answers"]["has_figures"]
    heading = listed["answers"]["heading"]
    arguments = (drafted.cycle_id, heading, "--text", "Các địa phương đã gửi.", "--replace", "--by", "cv")
    assert "có số liệu được tổng hợp" in refused("report", "text", *arguments)
    assert sections(drafted)["answers"]["text"] is None
    said(*arguments, "--confirm")
    assert sections(drafted)["answers"]["text"]["mode"] == "replace"
    assert "không được đối chiếu" in body(drafted)[1]


def test_remarks_are_listed_by_section_for_who_redrafts(drafted: Rehearsed) -> None:
    with drafted.engine.begin() as connection:
        approval.send_back(connection, drafted.cycle_id, KIND, "Tồn tại, hạn chế: viết gọn hơn", "thu_truong")
    (remark,) = sections(drafted)["limits"]["remarks"]
    assert (remark["remark"], remark["entered_by"]) == ("viết gọn hơn", "thu_truong")
    assert "viết gọn hơn" in run("report", "text", drafted.cycle_id).stderr


def test_what_cannot_stand_is_refused_in_words(drafted: Rehearsed) -> None:
    assert "không có mục" in refused("report", "text", drafted.cycle_id, "xyz", "--text", "a", "--by", "cv")
    assert "Chưa có nội dung" in refused(
        "report", "text", drafted.cycle_id, "achieved", "--text", " ", "--by", "cv"
    )
