"""Where obligations are counted, parts, nil returns and secret mail are told for what they are."""

from __future__ import annotations

import io

import openpyxl

from reporting.consolidation.refresh import refresh
from reporting.letters.urging import late_offices
from reporting.summary import snapshot
from reporting.summary.reconciliation import render_reconciliation
from tests.integration.intake.returns.conftest import Answered, Content
from tests.integration.rehearsed import vn
from tests.unit.cli.shell import run

PART = Content({"vi_tri_chuyen_trach": "X"}, None)


def _cells(book: bytes, sheet: str, column: int) -> list[object]:
    rows = openpyxl.load_workbook(io.BytesIO(book))[sheet].iter_rows(min_row=5, values_only=True)
    return [row[column] for row in rows if row[0] is not None]


def test_only_who_owes_is_urged_and_a_part_is_no_silence(answered: Answered) -> None:
    cycle = answered.cycle
    answered.send(PART, is_partial=True)
    nil, secret = (office.reference_code for office in cycle.offices[1:])
    run("desk", "nil", cycle.cycle_id, nil, "--basis", "Văn bản số 12/STTTT", "--by", "chuyen_vien")
    run("desk", "confidential", cycle.cycle_id, secret, "--reason", "x", "--by", "van_thu")
    assert cycle.states() == ["partial", "nil", "confidential"]
    cycle.go_to(vn(2013, 1, 2, 9))
    with cycle.engine.connect() as connection:
        (late,) = late_offices(connection, cycle.cycle_id)
    assert late.owes_line == (
        "Báo cáo có chữ ký số; tệp số liệu (Excel): đã nhận một phần, đề nghị gửi phần còn lại"
    )
    shown = run("cycle", "show", cycle.cycle_id, "--outstanding").stdout
    assert "An Giang" in shown
    assert "Bắc Giang" not in shown


def test_the_reconciliation_sheet_names_what_became_of_each_file(answered: Answered) -> None:
    cycle = answered.cycle
    answered.send(PART, kind="draft", at=vn(2012, 12, 10, 9))
    answered.send(Content({}, {"can_bo": 1}), at=vn(2012, 12, 11, 9))
    answered.send(Content({}, {"can_bo": 2}), sender="khac@an-giang.example", at=vn(2012, 12, 12, 9))
    answered.send(Content({}, {"can_bo": 3}), office=1, at=vn(2012, 12, 13, 9))
    second = cycle.offices[1].reference_code
    run(
        "intake", "withdraw", cycle.cycle_id, second, "--asked-by", "ông An", "--reason", "nhầm", "--by", "cv"
    )
    with cycle.engine.begin() as connection:
        refresh(connection, cycle.cycle_id)
        book = render_reconciliation(snapshot.take(connection, cycle.cycle_id))
    assert _cells(book, "Các lần gửi", 8) == [
        "Bản thảo (gửi trước)", "Đạt", "Mâu thuẫn, chờ chuyên viên", "Đã rút",
    ]  # fmt: skip
    assert _cells(book, "Theo cơ quan", 2) == ["Hoàn thành", "Chưa gửi", "Chưa gửi"]
