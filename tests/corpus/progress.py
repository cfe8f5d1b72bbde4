"""The workbooks of the corpus on the form with numbers and an open table: rules, history, waivers, and what
an answer says of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from openpyxl.workbook import Workbook

from reporting.registry.names import fold
from reporting.validation.models import CheckContext, PriorFact, RuleWaiver
from tests.corpus.case import ACCEPTED, MEND, WARNED, Case, bent, sheet_xml, stable
from tests.unit.validation import progress
from tests.unit.validation.progress import CLEAN, CYCLE, FOLLOWS_TICK, MARKS, NIL_TICK, NUMBERS, TASKS
from tests.unit.workbook.office import (
    COVER,
    DONG_NAI,
    GOOD,
    QUANG_NINH,
    RECIPIENTS,
    Entries,
    fill,
    request_workbook,
)

At = tuple[str, str | None]
STATUS = (COVER, "C23")
TASK: Entries = {
    (TASKS, "C6"): "Đề án quảng bá hình ảnh địa phương",
    (TASKS, "D6"): "Địa phương",
    (TASKS, "E6"): "Ủy ban nhân dân tỉnh",
    (TASKS, "F6"): "31/12/2025",
    (TASKS, "G6"): "1.500,5",
    (TASKS, "H6"): "Đề án",
}
_SPENT: Entries = {**CLEAN, (NUMBERS, "E12"): 450}


# -- what is checked against -----------------------------------------------------------------------


def second_half() -> CheckContext:
    """The second half-year; nobody reported before."""
    names = {fold(name): code for code, name in RECIPIENTS.items()}

    def resolve(name: str) -> str | None:
        known = fold(name)
        return next((code for office, code in names.items() if known.endswith(office)), None)

    return replace(progress.context(), resolve=resolve)


def after_first_half() -> CheckContext:
    """The second half-year; Đồng Nai reported for the first."""
    numbers = {
        "can_bo": 10, "can_bo_chuyen_trach": 2, "kinh_phi": 1100, "kinh_phi_dia_phuong": 1000,
        "kinh_phi_xahoihoa": 100, "kinh_phi_da_chi": 500, "lop_tap_huan": 2, "nguoi_tap_huan": 200,
    }  # fmt: skip
    prior = {code: PriorFact(2024, "value", Decimal(value)) for code, value in numbers.items()} | {
        "kinh_phi_trung_uong": PriorFact(2024, "nil"),
        "vi_tri_chuyen_trach": PriorFact(2024, "yes"),
        "ke_hoach_nq_47": PriorFact(2024, "yes", None, "128/KH-UBND"),
    }
    return replace(second_half(), prior={DONG_NAI: {code: (fact,) for code, fact in prior.items()}})


def with_waivers() -> CheckContext:
    """Đồng Nai need not have its estimate add up, nor anybody report trained people."""
    waivers = (
        RuleWaiver(7, "total_is_sum_of_parts", DONG_NAI, "kinh_phi"),
        RuleWaiver(8, "number_is_given", None, "nguoi_tap_huan"),
    )
    return replace(second_half(), waivers=waivers)


def demanding() -> CheckContext:
    """A form that wants every warning explained."""
    return replace(second_half(), form=progress.form().model_copy(update={"explanation": "required"}))


# -- how an office fills it in ---------------------------------------------------------------------


def answered(entries: Entries, *, of: Entries = CLEAN, reference_code: str = DONG_NAI) -> bytes:
    """A good answer with these cells typed over."""
    request = request_workbook(reference_code, of_form=progress.form(), cycle_id=CYCLE)
    return stable(fill(request, {**of, **entries}))


def _in_numbers(**cells: object) -> Entries:
    # openpyxl takes more kinds of values than the type of an edit says
    return {(NUMBERS, address): value for address, value in cells.items()}  # type: ignore[misc]


def _in_tasks(**cells: object) -> Entries:
    # as above
    return {(TASKS, address): value for address, value in cells.items()}  # type: ignore[misc]


def progress_cases() -> Iterator[Case]:
    """All of them."""
    yield from _numbers()
    yield from _sums()
    yield from _open_table()
    yield from _history()
    yield from _waived_and_explained()
    yield from _kinds()


def _case(
    name: str,
    odd: str,
    entries: Entries,
    outcome: str,
    *at: At,
    against: Callable[[], CheckContext] = second_half,
    of: Entries = CLEAN,
) -> Case:
    return Case(name, odd, lambda: answered(entries, of=of), outcome, at, against=against)


def _numbers() -> Iterator[Case]:
    yield _case("td-tot.xlsx", "nothing: a good answer with numbers", {}, ACCEPTED)
    yield _case(
        "td-so-kieu-viet.xlsx",
        "numbers as Vietnamese write them, typed as text",
        _in_numbers(E6=" 12 ", E8="1.150,5", E9="1.000,50", E11="150,0", E14="1 240", E15="12,5%"),
        ACCEPTED,
    )
    yield _case(
        "td-so-kieu-anh.xlsx",
        "numbers in English notation that can be read in no other way",
        _in_numbers(E8="1,150.00", E9="1,000.0", E14="1,240,000"),
        ACCEPTED,
    )
    yield _case(
        "td-so-dem-dau-phay.xlsx",
        "a count with a comma, surely between thousands, unless it was meant as a fraction",
        _in_numbers(E14="1,240"),
        WARNED,
        ("number_is_unambiguous", "E14"),
    )
    yield _case(
        "td-so-hai-cach.xlsx",
        "a comma that may stand between thousands or before the fraction",
        _in_numbers(E12="1,125"),
        WARNED,
        ("number_is_unambiguous", "E12"),
    )
    yield _case(
        "td-so-hai-cach-tong.xlsx",
        "the same, and the total tells that thousands are meant",
        _in_numbers(E9="1,000"),
        MEND,
        ("total_is_sum_of_parts", "E8"),
        ("number_is_unambiguous", "E9"),
    )
    yield _case(
        "td-chu-o-so.xlsx",
        "words in cells of numbers",
        _in_numbers(E6="12-15", E9="khoảng 1,2 tỷ", E13="ba lớp", E14="đang tổng hợp"),
        MEND,
        *[("number_is_readable", cell) for cell in ("E6", "E9", "E13", "E14")],
    )
    yield _case(
        "td-so-kem-don-vi.xlsx",
        "numbers with their unit behind them",
        _in_numbers(E9="1000 triệu", E13="3 lớp", E14="240%"),
        MEND,
        *[("number_is_readable", cell) for cell in ("E9", "E13", "E14")],
    )
    yield _case(
        "td-so-thanh-ngay.xlsx",
        "a number of which Excel made a date",
        _in_numbers(E13=datetime(2024, 10, 3)),  # noqa: DTZ001 - as Excel stores it
        MEND,
        ("number_is_readable", "E13"),
    )
    yield _case(
        "td-dung-sai.xlsx",
        "TRUE in a cell of a number",
        _in_numbers(E13=True),
        MEND,
        ("number_is_readable", "E13"),
    )
    yield _case(
        "td-nhan-dong.xlsx",
        "all money in đồng, by an office that never reported before",
        _in_numbers(E8=1_150_000_000, E9=1_000_000_000, E11=150_000_000),
        MEND,
        ("number_is_in_range", "E8"),
        ("number_is_in_range", "E9"),
        ("number_is_in_range", "E11"),
    )
    yield _case(
        "td-nhan-nghin.xlsx",
        "all money in thousands of đồng, by an office that never reported before",
        _in_numbers(E8=1_150_000, E9=1_000_000, E11=150_000),
        MEND,
        ("number_is_in_range", "E8"),
        ("number_is_in_range", "E9"),
    )
    yield _case(
        "td-so-am.xlsx", "a number below nil", _in_numbers(E14=-3), MEND, ("number_is_in_range", "E14")
    )
    yield _case(
        "td-qua-100.xlsx",
        "more than a hundred per cent",
        _in_numbers(E15="140%"),
        MEND,
        ("number_is_in_range", "E15"),
    )
    yield _case(
        "td-so-le.xlsx",
        "fractions where there is something to count",
        _in_numbers(E6="12,5", E13=2.5),
        MEND,
        ("count_is_whole", "E6"),
        ("count_is_whole", "E13"),
    )
    yield _case(
        "td-so-nil.xlsx",
        "ways to say that nothing occurred, and that it does not apply",
        _in_numbers(E7="kps", E10="-", E12="không có", E13="Không phát sinh", E14="0", E16="KAD"),
        ACCEPTED,
    )
    yield _case(
        "td-so-trong.xlsx",
        "blank cells of numbers; one of them need not be filled in",
        _in_numbers(E6=None, E13=None, E14=None, E15=None),
        MEND,
        ("number_is_given", "E6, E13, E14"),
    )
    yield Case(
        "td-chen-hang.xlsx",
        "rows were inserted between the numbers, so that they stand lower",
        lambda: bent(lambda b: b[NUMBERS].insert_rows(8, 2), data=answered(_in_numbers(E13="ba"))),
        MEND,
        (("number_is_readable", "E15"),),
        against=second_half,
    )
    yield _case(
        "td-cong-thuc-tong.xlsx",
        "a total by a formula that no program ever calculated",
        _in_numbers(E8="=SUM(E9:E11)"),
        MEND,
        ("formula_has_result", "E8"),
    )
    yield Case(
        "td-cong-thuc-co-so.xlsx",
        "a total by a formula, with its result",
        lambda: sheet_xml(
            lambda x: x.replace(b"<v>1150</v>", b"<f>SUM(E9:E11)</f><v>1150</v>"), 3, answered({})
        ),
        ACCEPTED,
        against=second_half,
    )


def _sums() -> Iterator[Case]:
    yield _case(
        "td-tong-sai.xlsx",
        "a total that is not the sum of its parts",
        _in_numbers(E8=1152),
        MEND,
        ("total_is_sum_of_parts", "E8"),
    )
    yield _case(
        "td-tong-lam-tron.xlsx",
        "parts with fractions that add up to the total",
        _in_numbers(E8="1000,3", E9="1000,1", E11="0,2"),
        ACCEPTED,
    )
    yield _case(
        "td-tong-khong.xlsx",
        "a total of nil above parts with money",
        _in_numbers(E8="Không phát sinh"),
        MEND,
        ("total_is_sum_of_parts", "E8"),
    )
    yield _case(
        "td-tong-thieu-o.xlsx",
        "a part is blank: nothing is said of the total until it is given",
        _in_numbers(E9=None),
        MEND,
        ("number_is_given", "E9"),
    )
    yield _case(
        "td-lon-hon.xlsx",
        "more full-time staff than staff",
        _in_numbers(E7=20),
        MEND,
        ("number_is_at_most_another", "E7"),
    )
    yield _case(
        "td-chi-vuot.xlsx",
        "more spent than was given, which may be",
        _in_numbers(E12=1200),
        WARNED,
        ("number_is_at_most_another", "E12"),
    )
    yield _case(
        "td-chua-danh-dau.xlsx",
        "staff of a post that is not marked",
        {(MARKS, "E6"): "Chưa có"},
        MEND,
        ("number_has_its_mark", "E7"),
    )


def _open_table() -> Iterator[Case]:
    second: Entries = {
        (TASKS, address.replace("6", "7")): value for (_, address), value in TASK.items()
    }  # fmt: skip
    yield _case("td-nhiem-vu.xlsx", "two tasks", {**TASK, **second}, ACCEPTED)
    yield Case(
        "td-nhiem-vu-chen.xlsx",
        "a row was inserted between two tasks and filled in",
        lambda: bent(_insert_task, data=answered({**TASK, **second})),
        ACCEPTED,
        against=second_half,
    )
    yield _case(
        "td-nhiem-vu-cach.xlsx",
        "blank rows before and between the tasks",
        {
            (TASKS, address.replace("6", row)): value
            for row in ("8", "12")
            for (_, address), value in TASK.items()
        },
        ACCEPTED,
    )
    yield _case(
        "td-nhiem-vu-duoi.xlsx",
        "a task below the last row of the table",
        {**TASK, **_in_tasks(C23="Đề án khác", D23="Quốc gia")},
        WARNED,
        ("row_is_in_table", "C23, D23"),
    )
    yield _case(
        "td-nhiem-vu-thieu.xlsx",
        "a task without its scale, and without its product, which only is asked about",
        {**TASK, **_in_tasks(D6=None, H6=None)},
        MEND,
        ("list_cell_is_given", "D6"),
        ("list_cell_is_given", "H6"),
    )
    yield _case(
        "td-nhiem-vu-khac-chu.xlsx",
        "a choice in other letters",
        {**TASK, **_in_tasks(D6="LIÊN  TỈNH ")},
        ACCEPTED,
    )
    yield _case(
        "td-nhiem-vu-ngoai.xlsx",
        "a choice that is not offered, no day, words for money",
        {**TASK, **_in_tasks(D6="Toàn cầu", F6="cuối năm 2025", G6="nhiều")},
        MEND,
        ("date_is_valid", "F6"),
        ("number_is_readable", "G6"),
        ("choice_is_offered", "D6"),
    )
    yield _case(
        "td-nhiem-vu-am.xlsx",
        "money below nil in the open table",
        {**TASK, **_in_tasks(G6=-5)},
        MEND,
        ("number_is_in_range", "G6"),
    )


def _insert_task(book: Workbook) -> None:
    sheet = book[TASKS]
    sheet.insert_rows(7)
    for (_, address), value in TASK.items():
        sheet[address.replace("6", "7")] = f"{value} (bổ sung)" if address == "C6" else value


def _history() -> Iterator[Case]:
    def one(name: str, odd: str, entries: Entries, outcome: str, *at: At) -> Case:
        return _case(name, odd, entries, outcome, *at, against=after_first_half, of=_SPENT)

    no_plan: Entries = {(MARKS, "E7"): "Chưa có", (MARKS, "F7"): None, (MARKS, "G7"): None}
    yield one("ks-nhu-truoc.xlsx", "nothing: much as last time", {}, ACCEPTED)
    yield one(
        "ks-mat-dau.xlsx",
        "a plan that was reported last time is gone",
        no_plan,
        WARNED,
        ("mark_is_kept", "E7"),
    )
    yield one(
        "ks-mat-dau-giai-trinh.xlsx",
        "the same, explained in its column",
        {**no_plan, (MARKS, "I7"): "Đã bãi bỏ theo Quyết định số 9/QĐ-UBND"},
        WARNED,
        ("mark_is_kept", "E7"),
    )
    yield one(
        "ks-tang-vot.xlsx",
        "twenty-five times as many as last time",
        _in_numbers(E14=5000),
        WARNED,
        ("number_is_like_last_time", "E14"),
    )
    yield one(
        "ks-giam-manh-giai-trinh.xlsx",
        "a fiftieth of last time, explained in its column",
        _in_numbers(E14=4, G14="Chỉ tổ chức một lớp nhỏ"),
        WARNED,
        ("number_is_like_last_time", "E14"),
    )
    yield one(
        "ks-nham-nghin.xlsx",
        "money in thousands of đồng, which last time's tells where the range does not",
        _in_numbers(E8=1_150_000, E9=1_000_000, E11=150_000, E12=450_000),
        MEND,
        ("number_is_in_range", "E8"),
        ("number_is_in_range", "E9"),
        ("unit_is_that_of_last_time", "E11"),
        ("unit_is_that_of_last_time", "E12"),
    )
    yield one(
        "ks-nham-ty.xlsx",
        "what was spent in thousands of millions",
        _in_numbers(E12="0,45"),
        WARNED,
        ("unit_is_that_of_last_time", "E12"),
    )
    yield one(
        "ks-mat-so.xlsx",
        "money was spent last time, and none now",
        _in_numbers(E12="Không phát sinh"),
        WARNED,
        ("number_is_kept", "E12"),
    )
    yield one(
        "ks-mat-so-khong-ap-dung.xlsx",
        "the same does not apply any more, as its column explains",
        _in_numbers(E12="Không áp dụng", G12="Chuyển về Sở Tài chính theo dõi"),
        WARNED,
        ("number_is_kept", "E12"),
    )
    yield one(
        "ks-mat-so-trong.xlsx",
        "what was given last time is blank: it is asked about once",
        _in_numbers(E12=None),
        WARNED,
        ("number_is_given", "E12"),
    )
    yield Case(
        "ks-co-quan-khac.xlsx",
        "the same numbers of an office that reported nothing last time",
        lambda: answered(_in_numbers(E14=5000), reference_code=QUANG_NINH),
        ACCEPTED,
        owner=QUANG_NINH,
        sender=QUANG_NINH,
        against=after_first_half,
    )


def _waived_and_explained() -> Iterator[Case]:
    too_much = _in_numbers(E8=1152)
    yield _case(
        "mt-duoc-mien.xlsx",
        "a total that need not add up, as a waiver says",
        too_much,
        ACCEPTED,
        ("total_is_sum_of_parts", "E8"),
        against=with_waivers,
    )
    yield Case(
        "mt-khong-duoc-mien.xlsx",
        "the same total of an office that the waiver does not name",
        lambda: answered(too_much, reference_code=QUANG_NINH),
        MEND,
        (("total_is_sum_of_parts", "E8"),),
        owner=QUANG_NINH,
        sender=QUANG_NINH,
        against=with_waivers,
    )
    yield _case(
        "mt-mot-phan.xlsx",
        "of two blank numbers one is waived",
        _in_numbers(E13=None, E14=None),
        MEND,
        ("number_is_given", "E13"),
        ("number_is_given", "E14"),
        against=with_waivers,
    )
    yield _case(
        "mt-quy-tac-khac.xlsx",
        "a number under a waiver of another rule",
        _in_numbers(E8="hơn một tỷ"),
        MEND,
        ("number_is_readable", "E8"),
        against=with_waivers,
    )
    yield _case(
        "gt-chua-giai-trinh.xlsx",
        "a warning that the form wants explained, and is not",
        _in_numbers(E12=1200),
        MEND,
        ("number_is_at_most_another", "E12"),
        against=demanding,
    )
    yield _case(
        "gt-da-giai-trinh.xlsx",
        "a warning that the form wants explained, and is",
        _in_numbers(E12=1200, G12="Gồm kinh phí năm 2023 chuyển sang"),
        WARNED,
        ("number_is_at_most_another", "E12"),
        against=demanding,
    )
    yield _case(
        "gt-o-trong.xlsx",
        "a number that may be blank where that is explained, and is",
        _in_numbers(E12=None, G12="Chưa quyết toán"),
        WARNED,
        ("number_is_given", "E12"),
        against=demanding,
    )
    yield _case(
        "gt-loi-khong-giai-trinh.xlsx",
        "an error is not done with by explaining it",
        _in_numbers(E8=1152, G8="Làm tròn"),
        MEND,
        ("total_is_sum_of_parts", "E8"),
    )


def _kinds() -> Iterator[Case]:
    without_numbers = {key: value for key, value in CLEAN.items() if key[0] != NUMBERS}
    yield _case("td-khong-phat-sinh.xlsx", "nothing occurred", {NIL_TICK: "X"}, ACCEPTED, of={})
    yield _case(
        "td-khong-phat-sinh-sai.xlsx",
        "nothing occurred, and figures beside it",
        {NIL_TICK: "X", **TASK},
        MEND,
        ("nil_is_consistent", "E6, E7"),
        ("nil_is_consistent", "E6:E9, E11, E13, E14"),
        ("nil_is_consistent", "C6, D6, E6, F6, G6, H6"),
    )
    yield _case(
        "td-khong-phat-sinh-ghi-0.xlsx",
        "nothing occurred, and every number says so",
        {NIL_TICK: "x", **_in_numbers(**{f"E{row}": 0 for row in range(6, 17)})},
        ACCEPTED,
        of={},
    )
    yield _case(
        "td-mot-phan.xlsx",
        "a part: the numbers are said to follow",
        {FOLLOWS_TICK: "X"},
        ACCEPTED,
        of=without_numbers,
    )
    yield _case(
        "td-mot-phan-khong-noi.xlsx",
        "a part that does not say that the numbers follow",
        {},
        MEND,
        ("number_is_given", "E6:E11, E13, E14, E16"),
        ("number_is_given", "E12"),
        of=without_numbers,
    )
    yield _case(
        "td-mot-phan-do-dang.xlsx",
        "a part in which a table was begun",
        {FOLLOWS_TICK: "X", **_in_numbers(E13=None)},
        MEND,
        ("number_is_given", "E13"),
    )
    yield _case("td-ban-thao.xlsx", "a draft sent ahead", {STATUS: "Bản thảo"}, ACCEPTED)
    yield _case("td-ban-dieu-chinh.xlsx", "an adjusted version", {STATUS: "BẢN ĐIỀU CHỈNH"}, ACCEPTED)
    yield Case(
        "td-bieu-theo-doi.xlsx",
        "the workbook of another regime",
        lambda: stable(fill(request_workbook(), GOOD)),
        MEND,
        (("form_version_is_current", None),),
        against=second_half,
    )
    yield Case(
        "bieu-tien-do.xlsx",
        "the workbook of the regime with numbers, sent for the one of marks",
        lambda: answered({}),
        MEND,
        (("form_version_is_current", None),),
    )
    yield Case(
        "td-ky-truoc.xlsx",
        "the same form's workbook of the half-year before",
        lambda: stable(
            fill(request_workbook(of_form=progress.form(), cycle_id="tien_do_nq_47__2024_1"), CLEAN)
        ),
        MEND,
        (("workbook_is_of_this_cycle", None),),
        against=second_half,
    )
