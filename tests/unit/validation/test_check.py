"""Workbooks as offices send them: whose they are, what is said about them, what is accepted."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from reporting.forms.models import load_form
from reporting.validation import suite as suites
from reporting.validation.check import WorkbookFile, check_workbooks
from reporting.validation.summary import Figure, understood_lines
from tests.unit.workbook.office import (
    COVER,
    DONG_NAI,
    GOOD,
    MARKS,
    QUANG_BINH,
    QUANG_NINH,
    SECTIONS,
    TICK,
    Entries,
    check,
    context,
    fill,
    form,
    request_workbook,
    save,
)


def messages(entries: Entries) -> list[str]:
    return [f.message for f in check(fill(request_workbook(), entries)).findings]


def test_a_good_answer_is_accepted_with_every_mark_and_its_cell() -> None:
    checked = check(fill(request_workbook(), GOOD))
    assert (checked.outcome, checked.reference_code, checked.question) == ("accepted", DONG_NAI, None)
    assert checked.findings == ()
    assert checked.blank_means_no is True
    assert len(checked.marks) == 12
    first = checked.marks[0]
    assert (first.indicator, first.year, first.is_marked, first.sheet, first.cell) == (
        "quy_che",
        2011,
        True,
        MARKS,
        "E6",
    )
    assert (first.document_number, first.document_on, first.note) == (
        "15/QĐ-UBND",
        date(2011, 3, 5),
        "SỐ LIỆU MẪU",
    )
    assert [m.is_marked for m in checked.marks].count(True) == 2
    assert [(n.section, n.cell) for n in checked.narratives] == [("results", "D5"), ("difficulties", "D6")]
    assert checked.cover["organization_name"] == "Sở Thông tin và Truyền thông Đồng Nai"


def test_what_was_understood_is_said_by_indicator() -> None:
    checked = check(fill(request_workbook(), GOOD))
    figures = [
        Figure(m.indicator, m.year, m.meaning, None, m.document_number, m.document_on) for m in checked.marks
    ]
    assert understood_lines(figures, {}, [n.section for n in checked.narratives], form()) == [
        "Đánh dấu: có 02 ô, chưa có 10 ô",
        "Quy chế: 2011 có (15/QĐ-UBND, 5/3/2011), 2012 chưa có",
        "Kế hoạch: 2011 chưa có, 2012 có (16/KH-UBND, 1/2/2012)",
        "Tập huấn, Báo cáo tổng kết, Đề án, Phối hợp BĐBP: chưa có",
        "Thuyết minh 02 nội dung: Kết quả; Khó khăn, vướng mắc",
    ]


def test_blank_cells_without_the_tick_are_named_together() -> None:
    (message,) = messages({**GOOD, TICK: None})
    assert message == (
        'Trang "Biểu 1", các ô E7, E8, E10:E17: để trống. → Có thì ghi X; chưa có thì chọn '
        '"Chưa có", hoặc đánh dấu ô '
        'C25 trang "Thông tin chung" ("Các ô để trống là chưa có"); không thuộc đối tượng thì '
        'chọn "Không áp dụng".'
    )


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (
            {(MARKS, "E7"): "đang làm"},
            'Trang "Biểu 1", ô E7 (Quy chế năm 2012): giá trị "đang làm" không phải dấu hợp lệ. → '
            "Đã có thì ghi X; chưa "
            'có thì chọn "Chưa có" và nêu tiến độ tại cột "Ghi chú".',
        ),
        (
            {(MARKS, "E8"): "X"},
            'Trang "Biểu 1", các ô F8, G8 (Kế hoạch năm 2011): đã ghi X nhưng chưa có số, ký hiệu '
            "và ngày văn bản. → "
            "Ghi đủ số, ký hiệu (ví dụ 15/KH-UBND) và ngày ban hành (ví dụ 28/12/2011).",
        ),
        (
            {(MARKS, "G9"): None},
            'Trang "Biểu 1", ô G9 (Kế hoạch năm 2012): đã ghi X nhưng chưa có ngày ban hành của '
            "văn bản. → Ghi ngày ban "
            "hành (ví dụ 28/12/2012).",
        ),
        (
            {(MARKS, "G9"): "31/02/2012"},
            'Trang "Biểu 1", ô G9 (Kế hoạch năm 2012): "31/02/2012" không phải ngày hợp lệ. → '
            "Nhập theo ngày/tháng/năm "
            "(ví dụ 28/12/2012).",
        ),
        (
            {(MARKS, "G9"): "05/03/2013"},
            'Trang "Biểu 1", ô G9 (Kế hoạch năm 2012): ngày 5/3/2013 nằm ngoài kỳ số liệu (từ '
            "1/10/2010 đến 31/12/2012). "
            "→ Nhập ngày ban hành trong kỳ; nếu văn bản thuộc kỳ khác thì không ghi vào biểu này.",
        ),
        (
            {(MARKS, "F12"): "97/BC-STTTT"},
            'Trang "Biểu 1", ô E12 (Báo cáo tổng kết năm 2011): để trống, trong khi cùng hàng đã '
            "ghi số hoặc ngày văn "
            'bản. → Nếu đã có thì ghi X; nếu chưa có thì chọn "Chưa có" và xóa số, ngày văn bản.',
        ),
        (
            {(MARKS, "E12"): "=1/0"},
            'Trang "Biểu 1", ô E12 (Báo cáo tổng kết năm 2011): công thức lỗi hoặc chưa có kết '
            'quả ("=1/0"). → Nhập trực '
            "tiếp giá trị, hoặc mở tệp bằng Excel, chờ tính xong, lưu lại rồi gửi.",
        ),
        (
            {(COVER, "C18"): "cuối năm"},
            'Trang "Thông tin chung", ô C18 (Ngày ban hành): "cuối năm" không phải ngày hợp lệ. → Nhập theo '
            "ngày/tháng/năm (ví dụ 31/12/2012).",
        ),
    ],
    ids=[
        "bad mark",
        "no evidence",
        "no date",
        "no such day",
        "outside period",
        "no mark",
        "formula",
        "cover date",
    ],
)
def test_each_fault_is_said_once_in_the_offices_words(entries: Entries, expected: str) -> None:
    checked = check(fill(request_workbook(), {**GOOD, **entries}))
    assert [f.message for f in checked.findings] == [expected]
    assert (checked.outcome, checked.marks, checked.narratives) == ("to_complete", (), ())
    assert checked.findings[0].severity == "error"


def test_a_warning_is_accepted_and_an_explanation_stays_with_it() -> None:
    other_year = {**GOOD, (MARKS, "G9"): "3/4/2011"}
    warned = check(fill(request_workbook(), other_year))
    assert warned.outcome == "accepted_with_warnings"
    assert [(f.severity, f.rule, f.cell, f.indicator) for f in warned.findings] == [
        ("warning", "document_date_is_in_year", "G9", "ke_hoach")
    ]
    assert len(warned.marks) == 12
    explained = check(fill(request_workbook(), {**other_year, (MARKS, "I9"): "Kế hoạch hai năm"}))
    assert explained.outcome == "accepted_with_warnings"
    assert [(f.rule, f.explanation, f.is_open) for f in explained.findings] == [
        ("document_date_is_in_year", "Kế hoạch hai năm", False)
    ]
    assert [mark.explanation for mark in explained.marks if mark.explanation] == ["Kế hoạch hai năm"]


def test_a_form_may_demand_that_warnings_are_explained() -> None:
    demanding = form().model_copy(update={"must_explain": ("document_date_is_in_year",)})
    other_year = {**GOOD, (MARKS, "G9"): "3/4/2011"}
    unexplained = check(fill(request_workbook(), other_year), against=replace(context(), form=demanding))
    assert (unexplained.outcome, unexplained.marks) == ("to_complete", ())
    assert [(f.severity, f.rule) for f in unexplained.findings] == [("warning", "document_date_is_in_year")]
    data = fill(request_workbook(), {**other_year, (MARKS, "I9"): "Kế hoạch hai năm"})
    explained = check(data, against=replace(context(), form=demanding))
    assert (explained.outcome, len(explained.marks)) == ("accepted_with_warnings", 12)


def test_all_faults_are_told_at_once_errors_first() -> None:
    checked = check(
        fill(request_workbook(), {(MARKS, "E6"): "??", (MARKS, "E7"): "X", (MARKS, "F9"): "1/QĐ", TICK: "X"})
    )
    assert [f.rule for f in checked.findings] == [
        "mark_is_valid",
        "evidence_has_mark",
        "mark_has_evidence",
        "section_is_filled",
        "section_is_filled",
    ]


@pytest.fixture
def lenient_suites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(suites, "FOLDER", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("warn_until", "outcome"), [("2012-12-31", "accepted_with_warnings"), ("2012-12-30", "to_complete")]
)
def test_a_new_demand_is_only_a_warning_at_first(lenient_suites: Path, warn_until: str, outcome: str) -> None:
    content = form().model_dump(mode="json")
    for indicator in content["indicators"]:
        indicator["evidence"]["warn_until"] = warn_until
    lenient = type(form()).model_validate(content)
    suites.suite_path(lenient).write_text(suites.dumps(suites.suite_for(lenient)), encoding="utf-8")
    data = fill(request_workbook(), {**GOOD, (MARKS, "E7"): "X"})
    assert check(data, against=replace(context(), form=lenient)).outcome == outcome


# -- whose it is -----------------------------------------------------------------------------


def test_a_slip_of_diacritics_is_understood_silently() -> None:
    checked = check(fill(request_workbook(), {**GOOD, (COVER, "C11"): "Sở TT&TT Đông Nai"}))
    assert (checked.outcome, checked.reference_code, checked.findings) == ("accepted", DONG_NAI, ())


def test_another_offices_workbook_goes_back_to_the_sender() -> None:
    checked = check(fill(request_workbook(QUANG_BINH), GOOD), sender=QUANG_NINH)
    assert (checked.outcome, checked.reference_code, checked.marks) == ("to_complete", QUANG_NINH, ())
    assert [f.message for f in checked.findings] == [
        'Trang "Thông tin chung", ô C11: tệp được lập cho Quảng Bình, nhưng thư được gửi từ '
        "đầu mối của Quảng Ninh. → "
        "Nếu gửi nhầm tệp, đề nghị gửi lại đúng tệp; nếu gửi thay, đề nghị trả lời thư này nêu rõ."
    ]


def test_another_offices_name_on_the_cover_is_asked_about() -> None:
    renamed = fill(request_workbook(QUANG_NINH), {**GOOD, (COVER, "C11"): "Quảng Bình"})
    (finding,) = check(renamed, sender=QUANG_NINH).findings
    assert finding.rule == "workbook_is_of_the_sender"
    assert finding.message.startswith(
        'Trang "Thông tin chung", ô C11: cơ quan báo cáo là "Quảng Bình", nhưng thư được gửi '
        "từ đầu mối của Quảng Ninh."
    )


def without_identity(data: bytes) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(data), rich_text=True)
    del book["_kbc"]
    return save(book)


def test_a_lost_signature_from_a_known_sender_is_a_warning() -> None:
    checked = check(without_identity(fill(request_workbook(), GOOD)))
    assert (checked.outcome, checked.reference_code, len(checked.marks)) == (
        "accepted_with_warnings",
        DONG_NAI,
        12,
    )
    assert [f.message for f in checked.findings] == [
        "Tệp không còn mã nhận dạng của mẫu; số liệu được ghi nhận cho Đồng Nai theo nơi gửi "
        "thư. → Lần sau, đề nghị "
        "điền trực tiếp vào tệp mẫu gửi kèm thư đề nghị báo cáo."
    ]


def test_without_signature_and_known_sender_a_person_decides() -> None:
    checked = check(without_identity(fill(request_workbook(), GOOD)), sender=None)
    assert checked.reference_code is None
    assert checked.question is not None
    assert checked.question.startswith("Chưa xác định được cơ quan báo cáo")
    assert "Sở Thông tin và Truyền thông Đồng Nai" in checked.question


def test_a_foreign_signature_is_a_question() -> None:
    checked = check(fill(request_workbook(key="somebody else's key"), GOOD))
    assert checked.reference_code is None
    assert checked.question is not None
    assert "không do hệ thống này lập" in checked.question
    assert DONG_NAI in checked.question


def test_a_signed_workbook_from_an_unknown_address_is_its_offices() -> None:
    checked = check(fill(request_workbook(), GOOD), sender=None)
    assert (checked.outcome, checked.reference_code) == ("accepted_with_warnings", DONG_NAI)
    assert [f.rule for f in checked.findings] == ["sender_is_known"]


def test_a_signed_workbook_of_an_unlisted_office_is_a_question() -> None:
    checked = check(fill(request_workbook("TTDN12-99", name="Quảng Đông"), GOOD), sender=None)
    assert checked.reference_code is None
    assert "TTDN12-99" in (checked.question or "")


def test_the_wrong_form_version_is_named() -> None:
    old = request_workbook(of_form=load_form("theo_doi_ttdn", "2010.1"))
    for data in (old, without_identity(old)):
        checked = check(data)
        assert (checked.outcome, checked.reference_code) == ("to_complete", DONG_NAI)
        assert [f.message for f in checked.findings] == [
            "Tệp là mẫu phiên bản 2010.1 (mẫu đang dùng: phiên bản 2012.1). → Chép số liệu vào "
            "tệp mẫu gửi kèm thư đề "
            "nghị báo cáo; không đổi tên trang, không xóa hàng tiêu đề."
        ]


def test_a_workbook_of_another_cycle_is_named() -> None:
    checked = check(fill(request_workbook(cycle_id="ttdn_dia_phuong__2009_2010"), GOOD))
    assert (checked.outcome, checked.reference_code) == ("to_complete", DONG_NAI)
    assert [f.rule for f in checked.findings] == ["workbook_is_of_this_cycle"]
    assert "đợt báo cáo khác" in checked.findings[0].message
    known = replace(context(), other_cycles={"ttdn_dia_phuong__2009_2010": "Kỳ 2009 - 2010"})
    data = fill(request_workbook(cycle_id="ttdn_dia_phuong__2009_2010"), GOOD)
    (named,) = check_workbooks([WorkbookFile("a.xlsx", data, DONG_NAI)], known)
    assert 'đợt báo cáo "Kỳ 2009 - 2010"' in named.findings[0].message


# -- the batch -------------------------------------------------------------------------------


def test_one_pass_keeps_the_order_and_the_files_apart() -> None:
    files = [
        WorkbookFile("a.xlsx", fill(request_workbook(), GOOD), DONG_NAI),
        WorkbookFile("b.xlsx", b"", QUANG_NINH),
        WorkbookFile("c.xlsx", fill(request_workbook(QUANG_BINH), {**GOOD, (MARKS, "E7"): "??"}), QUANG_BINH),
        WorkbookFile(
            "d.xlsx", fill(request_workbook(QUANG_NINH), {**GOOD, (SECTIONS, "D5"): None}), QUANG_NINH
        ),
    ]
    checked = check_workbooks(files, context())
    assert [(c.filename, c.outcome, c.reference_code) for c in checked] == [
        ("a.xlsx", "accepted", DONG_NAI),
        ("b.xlsx", "unreadable", QUANG_NINH),
        ("c.xlsx", "to_complete", QUANG_BINH),
        ("d.xlsx", "accepted_with_warnings", QUANG_NINH),
    ]
    assert [len(c.findings) for c in checked] == [0, 1, 1, 1]


def test_an_empty_batch_needs_no_pass() -> None:
    assert check_workbooks([], context()) == []
