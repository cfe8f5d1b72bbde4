"""Resubmission: what differs from the version that counted before, cell by cell."""

from __future__ import annotations

import json

from reporting.intake.returns import difference
from tests.integration.intake.returns.conftest import Answered, Content
from tests.unit.cli.shell import run

FIRST = Content(
    {"vi_tri_chuyen_trach": "X", "ke_hoach_nq_47": "X 128/KH-UBND"},
    {"can_bo": 12, "kinh_phi": 1500, "lop_tap_huan": "nil"},
    ("Tuần lễ văn hóa", "Cổng thông tin"),
    {"results": "Đã ban hành  kế hoạch."},
)
SECOND = Content(
    {"vi_tri_chuyen_trach": "–", "ke_hoach_nq_47": "X 129/KH-UBND"},
    {"can_bo": 12, "kinh_phi": 1200, "lop_tap_huan": 2, "nguoi_tap_huan": 40},
    ("Cổng thông tin", "Tuần lễ văn hóa", "Phim tài liệu"),
    {"results": "Đã ban hành kế hoạch."},
)


def test_what_a_correction_changes_is_told_cell_by_cell(answered: Answered) -> None:
    assert answered.difference(answered.send(FIRST)) is None
    second = answered.send(SECOND)
    cells = answered.difference(second)
    assert [(c["label"], c["sheet"], c["cell"], c["before"], c["after"]) for c in cells] == [
        ("Vị trí chuyên trách năm 2024", "Biểu 1", "C12", "X", "Không áp dụng"),
        ("Kế hoạch NQ 47 năm 2024", "Biểu 1", "C13", "X, số 128/KH-UBND", "X, số 129/KH-UBND"),
        ("Kinh phí năm 2024", "Biểu 2", "C10", "1.500 triệu đồng", "1.200 triệu đồng"),
        ("Lớp tập huấn năm 2024", "Biểu 2", "C15", "Không phát sinh", "2 lớp"),
        ("Lượt người được tập huấn năm 2024", "Biểu 2", "C16", "", "40 lượt người"),
        ("Biểu 3, dòng 3", "Biểu 3", "B9", "", "Tên đề án, nhiệm vụ: Phim tài liệu"),
    ], "neither spaces nor the order of rows make a difference"
    assert difference.lines(cells, most=1) == [
        'Trang "Biểu 1", ô C12 (Vị trí chuyên trách năm 2024): "X" → "Không áp dụng".',
        "Còn 5 ô khác.",
    ]
    assert answered.current == 2, "the same sender speaks in the place of its earlier version"
    _, receipt = answered.mail("receipt")
    assert 'ô C10 (Kinh phí năm 2024): "1.500 triệu đồng" → "1.200 triệu đồng".' in receipt
    (kind,) = answered.events()
    assert kind == "submission_replaced"


def test_other_bytes_of_the_same_content_are_told_as_such(answered: Answered) -> None:
    answered.send(FIRST)
    again = answered.send(FIRST, data=b"saved again")
    assert (again.version, again.outcome) == (2, "accepted")
    assert answered.difference(again) == []
    assert answered.events() == ["submission_same"]
    assert "Nội dung không thay đổi so với bản đang dùng." in answered.mail("receipt")[1]


def test_two_versions_are_compared_from_the_shell(answered: Answered) -> None:
    cycle = answered.cycle.cycle_id
    assert run("intake", "diff", cycle, answered.code).stdout == (
        f"An Giang ({answered.code}): chưa có bản nào.\n"
    )
    answered.send(FIRST)
    assert "mới có một bản" in run("intake", "diff", cycle, "an giang").stdout
    answered.send(SECOND)
    answered.send(FIRST, data=b"back again")
    printed = run("intake", "diff", cycle, answered.code, "--versions", "1", "2").stdout
    assert printed.startswith(f"An Giang ({answered.code}): bản lần 2 so với bản lần 1.\n")
    assert '(Lượt người được tập huấn năm 2024): "trống" → "40 lượt người".' in printed
    told = json.loads(run("intake", "diff", cycle, answered.code, "--json").stdout)
    assert (told["before"], told["after"], len(told["cells"])) == (2, 3, 6)
    refused = run("intake", "diff", cycle, answered.code, "--versions", "1", "9")
    assert "has no version 9; it has: 1, 2, 3." in refused.stderr
