"""Numbers and open tables: what is said of which cell, what is accepted of them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from reporting.validation.models import PriorFact, RuleWaiver
from tests.unit.validation.progress import (
    CLEAN,
    FOLLOWS_TICK,
    MARKS,
    NIL_TICK,
    NUMBERS,
    TASKS,
    before,
    check,
    context,
    form,
)
from tests.unit.workbook.office import COVER, DONG_NAI, QUANG_NINH, Entries

TASK: Entries = {
    (TASKS, "C7"): "Đề án quảng bá hình ảnh địa phương",
    (TASKS, "D7"): "địa phương",
    (TASKS, "E7"): "UBND tỉnh",
    (TASKS, "F7"): "31/12/2025",
    (TASKS, "G7"): "1.500,5",
    (TASKS, "H7"): "Đề án",
}


def test_numbers_are_accepted_in_their_units_with_their_cells() -> None:
    checked = check({**CLEAN, (NUMBERS, "F6"): "SỐ LIỆU MẪU", (NUMBERS, "G6"): "Có bổ sung"})
    assert (checked.outcome, checked.findings, checked.kind) == ("accepted", (), "official")
    assert (checked.is_nil, checked.is_partial, len(checked.marks)) == (False, False, 3)
    assert checked.marks[2].meaning == "not_applicable"
    found = [(q.indicator, q.state, q.value, q.unit, q.cell) for q in checked.quantities]
    assert found == [
        ("can_bo", "value", Decimal(12), "người", "E6"),
        ("can_bo_chuyen_trach", "value", Decimal(2), "người", "E7"),
        ("kinh_phi", "value", Decimal(1150), "triệu đồng", "E8"),
        ("kinh_phi_dia_phuong", "value", Decimal(1000), "triệu đồng", "E9"),
        ("kinh_phi_trung_uong", "nil", None, "triệu đồng", "E10"),
        ("kinh_phi_xahoihoa", "value", Decimal(150), "triệu đồng", "E11"),
        ("kinh_phi_da_chi", "nil", None, "triệu đồng", "E12"),
        ("lop_tap_huan", "value", Decimal(3), "lớp", "E13"),
        ("nguoi_tap_huan", "value", Decimal(240), "lượt người", "E14"),
        ("ty_le_cap_huyen", "blank", None, "%", "E15"),
        ("su_kien_nuoc_ngoai", "not_applicable", None, "sự kiện", "E16"),
    ]
    first = checked.quantities[0]
    assert (first.note, first.explanation) == ("SỐ LIỆU MẪU", "Có bổ sung")


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (
            {(NUMBERS, "E9"): "khoảng 1,2 tỷ"},
            'Trang "Biểu 2", ô E9 (Ngân sách địa phương năm 2024, triệu đồng): "khoảng 1,2 tỷ" không phải '
            "là số. → Chỉ nhập số theo đơn vị của chỉ tiêu (triệu đồng), ví dụ 1200; bằng không ghi 0 "
            'hoặc "Không phát sinh"; không thuộc đối tượng ghi "Không áp dụng"; nội dung diễn giải ghi '
            'vào cột '
            '"Ghi chú".',
        ),
        (
            {(NUMBERS, "E13"): "5/10/2024"},
            'Trang "Biểu 2", ô E13 (Lớp tập huấn năm 2024, lớp): ô đang có định dạng ngày ("5/10/2024"), '
            "không phải là số. → Chuyển định dạng ô về dạng số và nhập lại, ví dụ 3.",
        ),
        (
            {(NUMBERS, "E6"): None, (NUMBERS, "E13"): None, (NUMBERS, "E14"): None},
            'Trang "Biểu 2", các ô E6, E13, E14: để trống. → Nhập số theo đơn vị của chỉ tiêu; trong kỳ '
            'không có thì ghi "Không phát sinh"; không thuộc đối tượng thì ghi "Không áp dụng".',
        ),
        (
            {(NUMBERS, "E13"): 2.5},
            'Trang "Biểu 2", ô E13 (Lớp tập huấn năm 2024, lớp): 2,5 không phải là số nguyên. → Nhập số '
            "nguyên, ví dụ 3.",
        ),
        (
            {(NUMBERS, "E15"): 140},
            'Trang "Biểu 2", ô E15 (Tỷ lệ cấp huyện có kế hoạch năm 2024, %): 140 nằm ngoài khoảng cho phép '
            "(từ 0 đến 100). → Kiểm tra lại số liệu và đơn vị tính, nhập số từ 0 đến 100.",
        ),
        (
            {(NUMBERS, "E14"): -3},
            'Trang "Biểu 2", ô E14 (Lượt người được tập huấn năm 2024, lượt người): -3 nằm ngoài khoảng cho '
            "phép (từ 0 trở lên). → Kiểm tra lại số liệu và đơn vị tính, nhập số từ 0 trở lên.",
        ),
        (
            {(NUMBERS, "E8"): 1150000000},
            'Trang "Biểu 2", ô E8 (Kinh phí năm 2024, triệu đồng): 1.150.000.000 nằm ngoài khoảng cho phép '
            "(từ 0 đến 500.000), có thể do nhập nhầm đơn vị tính. → Nếu nhập nhầm đơn vị tính, đổi sang "
            "triệu đồng (1150); nếu không, nhập số từ 0 đến 500.000.",
        ),
        (
            {(NUMBERS, "E8"): 1152},
            'Trang "Biểu 2", ô E8 (Kinh phí năm 2024, triệu đồng): 1.152, trong khi cộng các ô E9:E11 được '
            "1.150 (chênh 2). → Sửa ô chi tiết còn thiếu hoặc sửa ô tổng.",
        ),
        (
            {(NUMBERS, "E7"): 20},
            'Trang "Biểu 2", ô E7 (Cán bộ chuyên trách năm 2024, người): 20, lớn hơn Cán bộ tại ô E6 (12). → '
            "Kiểm tra lại hai số và sửa số chưa đúng.",
        ),
        (
            {(MARKS, "E6"): "Chưa có"},
            'Trang "Biểu 2", ô E7 (Cán bộ chuyên trách năm 2024, người): 2, trong khi ô E6 trang "Biểu 1" '
            "(Vị trí chuyên trách năm 2024) chưa ghi X. → Nếu đã có thì ghi X tại ô E6; nếu chưa có thì "
            "kiểm tra lại số liệu.",
        ),
        (
            {**TASK, (TASKS, "D7"): "Toàn cầu"},
            'Trang "Biểu 3", ô D7 (Quy mô): "Toàn cầu" không có trong danh mục. → Chọn một trong các giá '
            "trị: Quốc gia; Liên tỉnh; Địa phương.",
        ),
        (
            {**TASK, (TASKS, "E7"): None},
            'Trang "Biểu 3", ô E7 (Cơ quan chủ trì): để trống, trong khi cùng hàng đã có nội dung. → Ghi đủ '
            "nội dung của hàng, hoặc xóa nội dung của cả hàng.",
        ),
        (
            {**TASK, (TASKS, "F7"): "31/02/2025"},
            'Trang "Biểu 3", ô F7 (Thời hạn trình): "31/02/2025" không phải ngày hợp lệ. → Nhập theo '
            "ngày/tháng/năm (ví dụ 31/12/2024).",
        ),
        (
            {**TASK, (TASKS, "G7"): "nhiều"},
            'Trang "Biểu 3", ô G7 (Kinh phí dự kiến): "nhiều" không phải là số. → Chỉ nhập số, ví dụ 1200.',
        ),
        (
            {(NUMBERS, "E9"): "=1/0"},
            'Trang "Biểu 2", ô E9 (Ngân sách địa phương năm 2024, triệu đồng): công thức lỗi hoặc chưa có '
            'kết quả ("=1/0"). → Nhập trực tiếp giá trị, hoặc mở tệp bằng Excel, chờ tính xong, lưu lại rồi '
            "gửi.",
        ),
        (
            {NIL_TICK: "X"},
            'Trang "Biểu 1", các ô E6, E7: có số liệu, trong khi ô C26 trang "Thông tin chung" đã đánh dấu '
            "toàn bộ không phát sinh. → Nếu có phát sinh, bỏ dấu tại ô C26; nếu không phát sinh, xóa số liệu "
            "tại các ô này.",
        ),
    ],
    ids=[
        "words", "a date", "blank", "not whole", "percent", "below", "unit", "total", "at most", "needs mark",
        "choice", "list blank", "list date", "list number", "formula", "nil",
    ],
)  # fmt: skip
def test_each_fault_of_a_number_or_a_row_is_said_once(entries: Entries, expected: str) -> None:
    checked = check({**CLEAN, **entries})
    said = [f.message for f in checked.findings if f.sheet != NUMBERS or NIL_TICK not in entries]
    assert said == [expected]
    assert (checked.outcome, checked.quantities, checked.list_rows) == ("to_complete", (), ())
    assert checked.findings[0].severity == "error"


def test_a_total_is_not_spoken_of_while_its_parts_are() -> None:
    checked = check({**CLEAN, (NUMBERS, "E8"): 999, (NUMBERS, "E9"): "một nghìn"})
    assert [(f.rule, f.cell) for f in checked.findings] == [("number_is_readable", "E9")]


def test_a_comma_between_thousands_is_asked_about_and_a_point_is_not() -> None:
    assert check({**CLEAN, (NUMBERS, "E9"): "1.000"}).findings == ()
    checked = check({**CLEAN, (NUMBERS, "E15"): "1,250"})
    assert [(f.severity, f.message) for f in checked.findings] == [
        (
            "warning",
            'Trang "Biểu 2", ô E15 (Tỷ lệ cấp huyện có kế hoạch năm 2024, %): số "1,250" được hiểu là 1,25 '
            "nhưng cũng có thể là 1250. → Nếu là 1250 thì nhập lại, không dùng dấu phân cách hàng nghìn; nếu "
            'giữ nguyên, ghi lý do tại cột "Giải trình".',
        )
    ]


def test_a_number_that_may_be_wrong_is_a_warning_where_the_form_says_so() -> None:
    checked = check({**CLEAN, (NUMBERS, "E12"): 1200})
    assert (checked.outcome, len(checked.quantities)) == ("accepted_with_warnings", 11)
    assert [(f.severity, f.rule, f.cell) for f in checked.findings] == [
        ("warning", "number_is_at_most_another", "E12")
    ]


def test_rows_of_an_open_table_are_kept_typed() -> None:
    (row,) = check({**CLEAN, **TASK}).list_rows
    assert (row.list, row.position, row.sheet, row.first_cell) == ("nhiem_vu", 1, TASKS, "C7")
    assert row.content == {
        "ten": "Đề án quảng bá hình ảnh địa phương",
        "quy_mo": "Địa phương",
        "co_quan_chu_tri": "UBND tỉnh",
        "trinh_truoc": "2025-12-31",
        "kinh_phi_du_kien": 1500.5,
        "san_pham": "Đề án",
    }


# -- history ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prior", "expected"),
    [
        (
            {"kinh_phi_dia_phuong": before("0.001")},
            'Trang "Biểu 2", ô E9 (Ngân sách địa phương năm 2024, triệu đồng): 1.000, gấp khoảng 1.000.000 '
            "lần kỳ trước (0,001). → Nếu nhập theo đồng, đổi sang triệu đồng (0,001); nếu đúng, ghi lý do "
            'tại cột "Giải trình".',
        ),
        (
            {"kinh_phi": before(1_200_000)},
            'Trang "Biểu 2", ô E8 (Kinh phí năm 2024, triệu đồng): 1.150, bằng khoảng 1/1.000 kỳ trước '
            "(1.200.000). → Kiểm tra đơn vị tính (triệu đồng) của số liệu kỳ này và kỳ trước; nếu đúng, ghi "
            'lý do tại cột "Giải trình".',
        ),
        (
            {"can_bo": before(1)},
            'Trang "Biểu 2", ô E6 (Cán bộ năm 2024, người): 12, gấp 12 lần kỳ trước (1). → Kiểm tra lại số '
            'liệu; nếu đúng, ghi lý do tại cột "Giải trình".',
        ),
        (
            {"kinh_phi_da_chi": before(700)},
            'Trang "Biểu 2", ô E12 (Kinh phí đã thực hiện năm 2024, triệu đồng): không phát sinh, trong khi '
            "kỳ trước đã báo cáo 700. → Nếu có phát sinh, nhập số liệu; nếu không, ghi lý do tại cột "
            '"Giải trình".',
        ),
        (
            {"ra_soat_kl_57": PriorFact(2024, "yes", None, "96/KH-UBND")},
            'Trang "Biểu 1", ô E8 (Rà soát kế hoạch KL 57 năm 2024): kỳ trước đã báo cáo có (số 96/KH-UBND), '
            "kỳ này chưa có. → Nếu văn bản còn hiệu lực, ghi lại; nếu đã bãi bỏ, nêu số văn bản bãi bỏ tại "
            'cột "Giải trình".',
        ),
    ],
    ids=["đồng", "smaller unit", "outlier", "dropped number", "dropped mark"],
)
def test_what_departs_from_last_time_is_a_warning(prior: dict[str, PriorFact], expected: str) -> None:
    checked = check(CLEAN, context(prior=prior))
    assert [(f.severity, f.stage, f.message) for f in checked.findings] == [("warning", "history", expected)]
    assert (checked.outcome, len(checked.quantities)) == ("accepted_with_warnings", 11)


def test_faults_are_said_alike_where_there_is_a_last_time() -> None:
    """Every rule of the form's own finds its words, whether or not the office reported before."""
    wrong: Entries = {
        **CLEAN,
        (NUMBERS, "E6"): "khoảng 10",
        (NUMBERS, "E8"): 1152,
        (NUMBERS, "E12"): 1300,
        (NUMBERS, "E13"): 2.5,
        (NUMBERS, "E14"): None,
        (NUMBERS, "E15"): "1,250",
        (NUMBERS, "E16"): -1,
    }
    prior = {quantity.code: before(50) for quantity in form().quantity_rows}
    alone = {f.message for f in check(wrong).findings}
    compared = check(wrong, context(prior=prior)).findings
    assert alone == {f.message for f in compared if f.stage != "history"}
    assert len(alone) == 6  # of the money spent nothing is said while the estimate is wrong


def test_what_is_like_last_time_is_not_spoken_of() -> None:
    prior = {"can_bo": before(10), "kinh_phi": before(400), "su_kien_nuoc_ngoai": before(2)}
    assert check(CLEAN, context(prior=prior)).findings == ()


def test_an_explained_number_keeps_its_explanation_and_its_finding() -> None:
    explained = {**CLEAN, (NUMBERS, "G6"): "Sáp nhập đơn vị"}
    checked = check(explained, context(prior={"can_bo": before(150)}))
    assert [(f.rule, f.explanation, f.is_open) for f in checked.findings] == [
        ("number_is_like_last_time", "Sáp nhập đơn vị", False)
    ]
    assert checked.quantities[0].explanation == "Sáp nhập đơn vị"


def test_a_form_may_demand_explanations_of_all_warnings() -> None:
    demanding = form().model_copy(update={"explanation": "required"})
    prior = {"can_bo": before(150)}
    asked = check(CLEAN, context(prior=prior, of_form=demanding))
    assert (asked.outcome, asked.quantities) == ("to_complete", ())
    given = check({**CLEAN, (NUMBERS, "G6"): "Tinh giản"}, context(prior=prior, of_form=demanding))
    assert (given.outcome, len(given.quantities)) == ("accepted_with_warnings", 11)


# -- waivers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("waiver", "outcome"),
    [
        (RuleWaiver(7, "total_is_sum_of_parts", DONG_NAI, "kinh_phi"), "accepted"),
        (RuleWaiver(7, "total_is_sum_of_parts"), "accepted"),
        (RuleWaiver(7, "total_is_sum_of_parts", DONG_NAI, "can_bo"), "to_complete"),
        (RuleWaiver(7, "total_is_sum_of_parts", QUANG_NINH), "to_complete"),
        (RuleWaiver(7, "number_is_given"), "to_complete"),
    ],
    ids=["of the number", "of everybody", "of another number", "of another office", "of another rule"],
)
def test_a_finding_under_a_waiver_asks_nothing(waiver: RuleWaiver, outcome: str) -> None:
    checked = check({**CLEAN, (NUMBERS, "E8"): 1152}, context(waivers=(waiver,)))
    assert checked.outcome == outcome
    (finding,) = checked.findings
    is_waived = outcome == "accepted"
    assert (finding.rule_waiver_id, finding.severity) == ((7, "warning") if is_waived else (None, "error"))
    assert finding.is_open is not is_waived
    assert len(checked.quantities) == (11 if is_waived else 0)


# -- nothing, a part, a draft ----------------------------------------------------------------


def test_an_answer_that_nothing_occurred_may_leave_everything_blank() -> None:
    checked = check({NIL_TICK: "X"})
    assert (checked.outcome, checked.findings, checked.is_nil) == ("accepted", (), True)
    assert {q.state for q in checked.quantities} == {"nil"}
    assert {m.meaning for m in checked.marks} == {"no"}


def test_a_table_that_is_said_to_follow_may_be_blank_as_a_whole() -> None:
    part = {key: value for key, value in CLEAN.items() if key[0] != NUMBERS}
    checked = check({**part, FOLLOWS_TICK: "X"})
    assert (checked.outcome, checked.is_partial, checked.quantities) == ("accepted", True, ())
    assert len(checked.marks) == 3
    numbers_only = {key: value for key, value in CLEAN.items() if key[0] == NUMBERS}
    other = check({**numbers_only, FOLLOWS_TICK: "X"})
    assert (other.outcome, other.marks, len(other.quantities)) == ("accepted", (), 11)


@pytest.mark.parametrize(
    "entries",
    [
        {FOLLOWS_TICK: "X"},
        {**{key: value for key, value in CLEAN.items() if key[0] != NUMBERS}},
        {**CLEAN, FOLLOWS_TICK: "X", (NUMBERS, "E6"): None},
    ],
    ids=["nothing at all", "without the tick", "a table half filled in"],
)
def test_what_does_not_follow_is_asked_for(entries: Entries) -> None:
    checked = check(entries)
    assert (checked.outcome, checked.is_partial) == ("to_complete", False)
    assert "number_is_given" in {f.rule for f in checked.findings}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("Bản thảo", "draft"),
        ("Dự thảo", "draft"),
        ("bản nháp", "draft"),
        ("Bản chính thức", "official"),
        ("bản điều chỉnh", "adjusted"),
        ("Điều chỉnh", "adjusted"),
    ],
)
def test_the_cover_says_what_kind_of_answer_it_is(status: str, kind: str) -> None:
    assert check({**CLEAN, (COVER, "C23"): status}).kind == kind


def test_a_status_of_other_words_is_asked_about() -> None:
    checked = check({**CLEAN, (COVER, "C23"): "Chờ Chủ tịch ký"})
    assert checked.outcome == "to_complete"
    assert [f.message for f in checked.findings] == [
        'Trang "Thông tin chung", ô C23 (Tình trạng): "Chờ Chủ tịch ký" không có trong danh mục. → Chọn một '
        "trong các giá trị: Bản chính thức; Bản thảo; Bản điều chỉnh."
    ]


@pytest.mark.parametrize("words", ["X", "Đúng", "dung", "Toàn bộ không phát sinh", "Không phát sinh."])
def test_a_tick_may_be_set_in_words(words: str) -> None:
    assert check({NIL_TICK: words}).is_nil


def test_a_tick_whose_words_leave_it_open_is_asked_about() -> None:
    checked = check({**CLEAN, FOLLOWS_TICK: "Biểu 3 gửi tuần sau"})
    assert [(f.severity, f.message) for f in checked.findings] == [
        (
            "error",
            'Trang "Thông tin chung", ô C27 (Phần còn lại gửi sau): chưa rõ "Biểu 3 gửi tuần sau" là có đánh '
            "dấu hay không. → Nếu đúng như tên ô thì chỉ ghi X; nếu không thì để trống; nội dung khác "
            "ghi vào "
            'ô "Ghi chú của cơ quan báo cáo".',
        )
    ]
    assert check({**CLEAN, NIL_TICK: "Không"}).findings == ()


def test_nothing_at_all_and_the_rest_later_exclude_each_other() -> None:
    checked = check({NIL_TICK: "X", FOLLOWS_TICK: "X"})
    assert [f.message for f in checked.findings] == [
        'Trang "Thông tin chung", ô C27: đã đánh dấu phần còn lại gửi sau, trong khi ô C26 đánh dấu toàn bộ '
        "không phát sinh. → Chỉ giữ một trong hai dấu."
    ]


def test_nothing_where_there_was_something_is_asked_about_once() -> None:
    prior = {"can_bo": before(12), "kinh_phi": before(1150), "ke_hoach_nq_47": PriorFact(2024, "yes")}
    prior["su_kien_nuoc_ngoai"] = before(2)  # comes and goes
    checked = check({NIL_TICK: "X"}, context(prior=prior))
    assert (checked.outcome, checked.is_nil) == ("accepted_with_warnings", True)
    assert [f.message for f in checked.findings] == [
        'Trang "Thông tin chung", ô C26 (Toàn bộ không phát sinh): toàn bộ không phát sinh, trong khi '
        "kỳ trước "
        "đã báo cáo: Kế hoạch NQ 47; Cán bộ 12 người; Kinh phí 1.150 triệu đồng. → Nếu có phát sinh, bỏ "
        "dấu và "
        "điền số liệu; nếu đúng, đề nghị trả lời thư này nêu lý do."
    ]
    nothing_either = {"can_bo": PriorFact(2024, "nil"), "ke_hoach_nq_47": PriorFact(2024, "no")}
    assert check({NIL_TICK: "X"}, context(prior=nothing_either)).findings == ()


def test_only_a_whole_table_may_follow_and_that_is_said() -> None:
    checked = check({**CLEAN, FOLLOWS_TICK: "X", (NUMBERS, "E13"): None})
    assert [f.message for f in checked.findings] == [
        'Trang "Biểu 2", ô E13: để trống. → Nhập số theo đơn vị của chỉ tiêu; trong kỳ không có thì ghi '
        '"Không '
        'phát sinh"; không thuộc đối tượng thì ghi "Không áp dụng". Dấu "Phần còn lại gửi sau" chỉ áp '
        "dụng cho "
        "biểu để trống toàn bộ, khi đã điền ít nhất một biểu khác."
    ]


def test_a_total_is_not_inapplicable_beside_its_parts() -> None:
    checked = check({**CLEAN, (NUMBERS, "E8"): "Không áp dụng"})
    assert [f.message for f in checked.findings] == [
        'Trang "Biểu 2", ô E8 (Kinh phí năm 2024, triệu đồng): Không áp dụng, trong khi cộng các ô '
        "E9:E11 được "
        "1.150 (chênh 1.150). → Sửa ô chi tiết còn thiếu hoặc sửa ô tổng."
    ]
    inapplicable = dict.fromkeys(((NUMBERS, f"E{row}") for row in range(8, 13)), "Không áp dụng")
    assert check({**CLEAN, **inapplicable}).findings == ()


def test_a_document_beside_a_no_contradicts_it_unless_explained() -> None:
    entries: Entries = {**CLEAN, (MARKS, "E7"): "Chưa có"}
    checked = check(entries)
    assert checked.outcome == "to_complete"
    assert [f.message for f in checked.findings] == [
        'Trang "Biểu 1", ô E7 (Kế hoạch NQ 47 năm 2024): đã chọn "Chưa có", trong khi cùng hàng đã ghi số và '
        "ngày văn bản. → Nếu đã có thì ghi X; nếu không, xóa số, ngày văn bản; nếu đúng như đã ghi, nêu "
        "lý do "
        'tại cột "Giải trình".'
    ]
    explained = check({**entries, (MARKS, "I7"): "Văn bản cũ, đã bãi bỏ"})
    assert [(f.severity, f.explanation) for f in explained.findings] == [("warning", "Văn bản cũ, đã bãi bỏ")]
    assert check({**entries, (MARKS, "G7"): None, (MARKS, "F7"): "Dự thảo lần 2"}).findings == ()


def test_a_year_alone_is_no_date_and_a_far_one_is_asked_about() -> None:
    alone = check({**CLEAN, **TASK, (TASKS, "F7"): 2025, (COVER, "C18"): 2024})
    assert {(f.rule, f.cell) for f in alone.findings} == {("date_is_valid", "C18"), ("date_is_valid", "F7")}
    far = check({**CLEAN, **TASK, (TASKS, "F7"): "31/12/2205", (COVER, "C18"): "28/12/2042"})
    assert {f.cell for f in far.findings} == {"C18", "F7"}
    assert far.findings[-1].message == (
        'Trang "Thông tin chung", ô C18 (Ngày ban hành): ngày 28/12/2042 cách xa kỳ số liệu (từ 1/7/2024 đến '
        "31/12/2024). → Đề nghị kiểm tra lại năm; nếu nhầm thì nhập lại."
    )


def test_a_count_with_a_comma_is_named_both_ways() -> None:
    (finding,) = check({**CLEAN, (NUMBERS, "E14"): "1,000"}).findings
    assert finding.message == (
        'Trang "Biểu 2", ô E14 (Lượt người được tập huấn năm 2024, lượt người): số "1,000" được hiểu là 1000 '
        "nhưng cũng có thể là 1. → Nếu là 1 thì nhập lại, không dùng dấu phân cách hàng nghìn; nếu giữ "
        "nguyên, "
        'ghi lý do tại cột "Giải trình".'
    )


def test_a_share_pasted_as_a_fraction_is_asked_about() -> None:
    (finding,) = check({**CLEAN, (NUMBERS, "E15"): 0.75}).findings
    assert (finding.severity, finding.message) == (
        "warning",
        'Trang "Biểu 2", ô E15 (Tỷ lệ cấp huyện có kế hoạch năm 2024, %): 0,75 được hiểu là 0,75% nhưng '
        "cũng có "
        "thể là 75%. → Nếu là 75% thì nhập lại 75; nếu giữ nguyên, ghi lý do tại cột "
        '"Giải trình".',
    )
    assert check({**CLEAN, (NUMBERS, "E15"): "0,75"}).findings == ()


def test_money_in_dong_is_told_from_millions_in_every_row() -> None:
    checked = check({**CLEAN, **TASK, (NUMBERS, "E12"): 900_000_000, (TASKS, "G7"): 5_000_000_000})
    said = {f.cell: f.message for f in checked.findings if f.rule == "number_is_in_range"}
    assert said.keys() == {"E12", "G7"}
    assert "đổi sang triệu đồng (5000)" in said["G7"]


# -- floods ----------------------------------------------------------------------------------


def test_beyond_some_findings_of_a_rule_the_rest_is_one_message_with_the_cells() -> None:
    prior = {code: before(100_000) for code in ("can_bo", "lop_tap_huan", "nguoi_tap_huan")}
    prior |= {code: before(40_000) for code in ("kinh_phi", "kinh_phi_dia_phuong", "kinh_phi_xahoihoa")}
    prior["can_bo_chuyen_trach"] = before(90)
    checked = check({**CLEAN, (NUMBERS, "E9"): 900, (NUMBERS, "E11"): 250}, context(prior=prior))
    rules = [f.rule for f in checked.findings]
    assert rules.count("number_is_like_last_time") == 6
    assert checked.findings[-1].message == (
        'Trang "Biểu 2", các ô E13, E14: còn 2 ô có cùng nội dung cần xem xét (Chênh lệch lớn so với kỳ '
        'trước). → Đề nghị rà soát; nếu số liệu đúng, ghi lý do tại cột "Giải trình".'
    )
