"""The appendix and the reconciliation sheet, read back cell by cell."""

from __future__ import annotations

import csv
import dataclasses
import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from reporting.clock import VIETNAM
from reporting.forms.models import load_form
from reporting.summary import snapshot
from reporting.summary.appendix import render_appendix, render_tracking_csv
from reporting.summary.data import ListRow, Number, SummaryData
from reporting.summary.draft import summary_draft
from reporting.summary.intake_record import (
    IntakeRecord,
    ReportedConflict,
    ReportedDifference,
    ReportedFile,
    ReportedFinding,
)
from reporting.summary.reconciliation import reminder_name, render_reconciliation
from reporting.wording.catalogue import text
from tests.unit.summary.sample import TABLE, rows, summary, table_of_2011_2012

EVIL = '=HYPERLINK("http://x.example","mở")'


def sheets(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def cached(data: bytes) -> openpyxl.Workbook:
    """The workbook with the values that its formulas are stored with."""
    return openpyxl.load_workbook(io.BytesIO(data), data_only=True)


def body(sheet: Worksheet) -> list[list[object]]:
    """The rows under the header, which stands in the fourth row."""
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5)]


def test_the_tracking_sheet_has_the_shape_of_the_letters_table() -> None:
    written = render_appendix(table_of_2011_2012())
    sheet = sheets(written)["Bảng theo dõi"]
    assert sheet["A1"].value == "BỘ THÔNG TIN VÀ TRUYỀN THÔNG"
    assert sheet["A2"].value == "CỤC THÔNG TIN ĐỐI NGOẠI"
    assert sheet["A4"].value == (
        "BẢNG THEO DÕI CÔNG TÁC THÔNG TIN ĐỐI NGOẠI CỦA CÁC TỈNH, THÀNH PHỐ NĂM 2011 – 2012"
    )
    assert [sheet.cell(6, c).value for c in (1, 2, 3, 5, 7, 9, 11, 13)] == [
        "Stt",
        "Sở TT&TT",
        "Quy chế QLNN về TTĐN",
        "Kế hoạch công tác TTĐN",
        "Tập huấn công tác TTĐN",
        "Báo cáo tổng kết công tác TTĐN",
        "Đề án TTĐN",
        "Chương trình phối hợp với BĐBP trong công tác thông tin, tuyên truyền và TTĐN",
    ]
    assert [sheet.cell(7, c).value for c in range(3, 15)] == [2011, 2012] * 6
    merged = {str(area) for area in sheet.merged_cells.ranges}
    assert {"A6:A7", "B6:B7", "C6:D6", "E6:F6", "G6:H6", "I6:J6", "K6:L6", "M6:N6"} <= merged
    for number, known in enumerate(rows(), 1):
        printed = [sheet.cell(7 + number, c).value for c in range(1, 15)]
        marks = [v.strip().upper() or None for c, v in known.items() if c not in {"stt", "so_tttt"}]
        assert printed == [number, known["so_tttt"], *marks]
    values = cached(written)["Bảng theo dõi"]
    totals = [values.cell(71, c).value for c in range(1, 15)]
    assert totals == [None, "Tổng", 2, 7, 32, 14, 10, 20, 59, 50, 0, 28, 10, 0]
    assert sheet["C71"].value == '=COUNTIF(C8:C70,"X")'
    assert sheet["K71"].number_format == "0;-0;"  # nothing is printed for none, as in the letter
    distinct = [values.cell(72, c).value for c in range(2, 15)]
    assert distinct == [
        "Số cơ quan có trong ít nhất một năm", 9, None, 37, None, 30, None, 61, None, 28, None, 10, None,
    ]  # fmt: skip
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.print_title_rows == "$6:$7"


def test_the_appendix_tells_who_answered_and_the_reconciliation_sheet_where_figures_stood() -> None:
    data = table_of_2011_2012(silent=["Hà Giang"])
    book = sheets(render_appendix(data))
    answers = body(book["Tình hình gửi báo cáo"])
    assert answers[0] == [
        1, "An Giang", "Đã có", "Số 1/BC-STTTT ngày 18/12/2012", "Đúng hạn", "20/12/2012", None,
    ]  # fmt: skip
    assert answers[21] == [22, "Hà Giang", "Chưa có", "Chưa có", "Chưa gửi", None, None]
    assert answers[63][1:3] == ["Cộng (Số liệu: Đã có)", '=COUNTIF(C5:C67,"Đã có")']
    assert "Căn cứ số liệu" not in book.sheetnames
    kept = sheets(render_reconciliation(data))
    told = [
        row
        for row in body(kept[text("reconciliation.sheets.sources")])
        if row[4] == text("reconciliation.sources.yes")
    ]
    assert told[0][1:8] == ["An Giang", "Kế hoạch", 2011, "X", "1/KH-UBND", "05/3/2011", None]
    assert told[0][10:12] == ["so_tttt_1.xlsx", "Biểu 1, ô C13"]
    assert len(told) == 232 - 2  # all marks of the table but the two of the silent office
    assert not any("Hà Giang" in row for row in told)


def test_what_offices_wrote_stands_by_section() -> None:
    data = summary({"An Giang": []}, narratives=[("An Giang", "proposals", "Tổ chức tập huấn")])
    book = sheets(render_appendix(data))
    assert body(book["Đề xuất, kiến nghị"]) == [[1, "An Giang", "Tổ chức tập huấn"]]
    assert body(book["Khó khăn, vướng mắc"])[0][0] == "Không có nội dung."


def test_reminders_discrepancies_and_scores_are_not_in_the_appendix() -> None:
    with zipfile.ZipFile(io.BytesIO(render_appendix(table_of_2011_2012(silent=["Hà Giang"])))) as archive:
        words = "".join(archive.read(name).decode() for name in archive.namelist() if name.endswith(".xml"))
    assert "An Giang" in words
    for word in ("Nhắc", "Chênh lệch", "212/BTTTT", "Điểm", "Xếp hạng"):
        assert word not in words


@pytest.fixture
def reconciled() -> openpyxl.Workbook:
    return sheets(render_reconciliation(table_of_2011_2012()))


def test_the_two_known_discrepancies_name_the_offices(reconciled: openpyxl.Workbook) -> None:
    letter = "Công văn số 212/BTTTT-TTĐN ngày 18/01/2013"
    assert body(reconciled["Chênh lệch"]) == [
        [
            1, "Tổng theo năm", "Quy chế", 2012, 6, 7, 1, letter,
            "Bình Phước, Hà Nội, TP. Hồ Chí Minh, Lào Cai, Ninh Bình, Quảng Ngãi và Quảng Trị",
        ],
        [
            2, "Số cơ quan khác nhau trong cả kỳ", "Quy chế", "Cả kỳ", 8, 9, 1, letter,
            "Bình Phước, Đắk Nông, Hà Nội, TP. Hồ Chí Minh, Lào Cai, Ninh Bình, Quảng Ngãi, "
            "Quảng Trị và Tây Ninh",
        ],
    ]  # fmt: skip


def test_who_said_what_names_sender_file_cell_and_time(reconciled: openpyxl.Workbook) -> None:
    sources = body(reconciled["Ai báo cáo gì"])
    assert len(sources) == 63 * 12
    assert sources[2] == [
        3, "An Giang", "Kế hoạch", 2011, "X", "1/KH-UBND", "05/3/2011", None, None, "dau-moi@so1.example",
        "so_tttt_1.xlsx", "Biểu 1, ô C13", "09:30 20/12/2012",
    ]  # fmt: skip
    assert sources[0][4] == "Chưa có"


def test_late_missing_entered_and_reminded_offices_are_told() -> None:
    data = table_of_2011_2012(silent=["Hà Giang"])
    offices = tuple(
        dataclasses.replace(o, timeliness="late", days_late=3, completion_request_count=1)
        if o.short_name == "Cà Mau"
        else dataclasses.replace(o, is_entered_by_ministry=True)
        if o.short_name == "Sơn La"
        else o
        for o in data.offices
    )
    book = sheets(render_reconciliation(dataclasses.replace(data, offices=offices)))
    by_name = {row[1]: row for row in body(book["Theo cơ quan"])}
    assert by_name["Cà Mau"][2:5] == ["Hoàn thành", "Hoàn thành", "Gửi chậm 3 ngày"]
    assert by_name["Cà Mau"][8] == 1
    assert by_name["Hà Giang"][2:5] == ["Chốt, chưa gửi", "Chốt, chưa gửi", "Không gửi"]
    assert by_name["Hà Giang"][9] == 3
    assert by_name["Sơn La"][10] == "Có"
    overview = {row[0]: row[1] for row in body(book["Tổng quan"])}
    assert overview["Gửi chậm"] == "1 (Cà Mau)"
    assert overview["Chưa có số liệu"] == "1 (Hà Giang)"
    assert overview["Do Bộ nhập thay"] == "1 (Sơn La)"
    assert overview["Số thư nhắc đã gửi"] == 2
    assert [row[1:3] for row in body(book["Nhắc, đề nghị hoàn thiện"])] == [
        ["Hà Giang", "Nhắc trước hạn 2 ngày làm việc"],
        ["Hà Giang", "Nhắc sau hạn 1 ngày làm việc"],
    ]
    assert body(book["Chênh lệch"])[0][0] == "Không có chênh lệch giữa số đã nêu và số tổng hợp."


@pytest.mark.parametrize(
    ("step", "name"),
    [
        ("reminder__t_minus_7", "Nhắc trước hạn 7 ngày làm việc"),
        ("reminder__t_plus_1", "Nhắc sau hạn 1 ngày làm việc"),
        ("completion_request", "Đề nghị hoàn thiện"),
        ("reminder__other", "Thư nhắc"),
    ],
)
def test_messages_have_names(step: str, name: str) -> None:
    assert reminder_name(step) == name


def hostile() -> SummaryData:
    return summary(
        {"An Giang": ["ke_hoach_2012"]},
        narratives=[
            ("An Giang", "results", EVIL),
            ("An Giang", "difficulties", "@SUM(1+1)\x0b"),
            ("An Giang", "causes", "+1-1"),
            ("An Giang", "proposals", "x" * 40_000),
        ],
    )


def intake_record(organization_id: str, words: str) -> IntakeRecord:
    """A record with one entry of each kind, in which an office wrote `words` wherever it can write."""
    at = datetime(2012, 12, 18, 9, 30, tzinfo=VIETNAM)
    message = 'Trang "Biểu 1", ô G9 (Kế hoạch năm 2012): ngày 3/4/2011 không thuộc năm 2012. → Sửa.'
    finding = ReportedFinding(
        organization_id, 2, "warning", "Biểu 1", "G9", message, words, words, None, None, None, None
    )
    cell = {"label": "Kế hoạch năm 2012", "sheet": "Biểu 1", "cell": "E9", "before": words, "after": "X"}
    waived = {"allowed_by": "Cục trưởng", "allowed_until": date(2012, 12, 31), "allowed_because": "bão lũ"}
    return IntakeRecord(
        findings=(
            finding,
            dataclasses.replace(finding, explained_at=at),
            dataclasses.replace(finding, explanation=None, **waived),
        ),
        conflicts=(
            ReportedConflict(
                organization_id, 1, "a@so.example", 2, words, [cell], at, None, None, None, None
            ),
            ReportedConflict(
                organization_id, 1, "a@so.example", 3, "b@so.example", [cell], at, 3, "chuyen_vien", at, words
            ),
        ),
        differences=(
            ReportedDifference(organization_id, 2, at, "Kế hoạch năm 2012", "Biểu 1", "E9", words, "X"),
        ),
        files=(
            ReportedFile(
                organization_id, at, "registered", words, "97/BC-STTTT", at.date(), words, "ab" * 32
            ),
            ReportedFile(organization_id, at, "picture", words, None, None, None, "cd" * 32),
        ),
    )


def test_the_record_of_the_intake_is_told_sheet_by_sheet() -> None:
    data = table_of_2011_2012()
    office = data.offices[0]
    record = intake_record(office.organization_id, "Kế hoạch 2 năm")
    book = sheets(render_reconciliation(dataclasses.replace(data, intake=record)))
    checked = body(book["Nội dung kiểm tra"])
    assert [row[6:] for row in checked] == [
        ["Kế hoạch 2 năm", "Ghi trong tệp", None],
        ["Kế hoạch 2 năm", "Thư trả lời nhận lúc 9 giờ 30 phút, ngày 18/12/2012 (thứ Ba)", None],
        [None, None, "Cục trưởng cho phép đến hết 31/12/2012: bão lũ"],
    ]
    conflicts = body(book["Số liệu mâu thuẫn"])
    assert [row[4:6] for row in conflicts] == [["Kế hoạch 2 năm", "X"]] * 2
    assert [row[7] for row in conflicts] == [
        "Chờ chuyên viên quyết định",
        "Dùng bản lần 3, chuyen_vien quyết định lúc 9 giờ 30 phút, ngày 18/12/2012 (thứ Ba). Kế hoạch 2 năm",
    ]
    assert body(book["Khác nhau giữa các bản"])[0][5:] == ["Biểu 1, ô E9", "Kế hoạch 2 năm", "X"]
    files = body(book["Tệp kèm theo"])
    assert [row[2] for row in files] == ["Văn bản đã vào sổ", "Ảnh kèm thư"]
    assert files[0][4:7] == ["97/BC-STTTT", "18/12/2012", "Kế hoạch 2 năm"]


def test_nothing_in_the_record_becomes_a_formula() -> None:
    data = table_of_2011_2012()
    record = intake_record(data.offices[0].organization_id, EVIL)
    book = sheets(render_reconciliation(dataclasses.replace(data, intake=record)))
    shown = [
        cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value == EVIL
    ]
    assert len(shown) == 11
    assert {cell.data_type for cell in shown} == {"s"}
    assert all(cell.quotePrefix for cell in shown)


@pytest.mark.parametrize("render", [render_appendix, render_reconciliation])
def test_what_a_sender_wrote_never_becomes_a_formula_or_a_link(
    render: Callable[[SummaryData], bytes],
) -> None:
    data = render(hostile())
    book = sheets(data)
    found = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in found} <= {"s", "n", "f"}
    ours = ("=COUNTIF(", "=SUM(", "=SUMPRODUCT(")
    assert all(str(cell.value).startswith(ours) for cell in found if cell.data_type == "f")
    evil = [cell for cell in found if cell.value == EVIL]
    assert evil
    assert all(cell.quotePrefix for cell in evil)
    assert not any(cell.hyperlink for cell in found)
    assert any(str(cell.value).startswith("xxx") and "phần còn lại" in str(cell.value) for cell in found)


def test_tracking_csv_has_the_columns_of_the_input_and_its_marks() -> None:
    with TABLE.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    written = list(csv.reader(io.StringIO(render_tracking_csv(table_of_2011_2012()).decode("utf-8"))))
    assert written[0] == header
    assert written[1:] == [
        [v.strip().upper() if c not in {"stt", "so_tttt"} else v for c, v in row.items()] for row in rows()
    ]


def test_equal_data_give_equal_files_and_hashes() -> None:
    first, second = summary_draft(table_of_2011_2012()), summary_draft(table_of_2011_2012())
    assert first == second
    changed = table_of_2011_2012(silent=["Hà Giang"])
    assert snapshot.data_hash(snapshot.stored(changed)) != first.data_hash
    assert [(f.role, f.filename) for f in first.files] == [
        ("report", "bao-cao-tong-hop.docx"),
        ("appendix", "phu-luc.xlsx"),
        ("reconciliation", "phieu-doi-chieu.xlsx"),
        ("tracking", "tracking.csv"),
        ("leadership_page", "trang-tom-tat-lanh-dao.docx"),
        ("snapshot", "so-lieu-cua-ban-du-thao.zip"),
    ]


def test_the_approver_reads_figures_missing_offices_and_discrepancies() -> None:
    shown = summary_draft(table_of_2011_2012()).body_markdown
    assert "| Quy chế | 2 | 7 | 9 |" in shown
    assert "nêu **6**, tổng hợp được **7** (gồm: Bình Phước, Hà Nội," in shown
    assert "nêu **8**, tổng hợp được **9**" in shown
    assert "**Chưa có số liệu:** không có." in shown
    fewer = summary_draft(table_of_2011_2012(silent=["Hà Giang", "Sơn La"], mode="rehearsal")).body_markdown
    assert "**Chưa có số liệu (2):** Hà Giang và Sơn La." in fewer
    assert "Không có chênh lệch." in fewer
    assert "Đợt diễn tập" in fewer


def test_another_table_gives_its_own_figures() -> None:
    data = summary({"Hà Nội": ["de_an_2011", "de_an_2012"], "Huế": ["de_an_2012"]})
    sheet = cached(render_appendix(data))["Bảng theo dõi"]
    assert [sheet.cell(10, c).value for c in range(2, 15)] == ["Tổng", *[0] * 8, 1, 2, 0, 0]


@pytest.mark.parametrize("render", [render_appendix, render_reconciliation])
def test_the_files_of_a_rehearsal_say_that_they_have_no_value(render: Callable[[SummaryData], bytes]) -> None:
    mark = "DIỄN TẬP – KHÔNG CÓ GIÁ TRỊ"
    for sheet in sheets(render(table_of_2011_2012(mode="rehearsal"))):
        assert sheet["A3"].value == mark
        assert sheet.oddHeader.right.text == mark
    for sheet in sheets(render(table_of_2011_2012())):
        assert sheet["A3"].value is None
        assert not sheet.oddHeader.right.text


def test_a_committee_that_only_its_department_reported_for_is_told_apart() -> None:
    data = table_of_2011_2012()
    first = dataclasses.replace(data.offices[0], signed_report_state="department_only")
    sheet = sheets(render_reconciliation(dataclasses.replace(data, offices=(first, *data.offices[1:]))))
    assert sheet["Theo cơ quan"]["D5"].value == "Có báo cáo của Sở, chờ UBND"


def test_numbers_and_open_tables_stand_with_unit_state_explanation_and_place() -> None:
    data = table_of_2011_2012()
    first = data.offices[0]
    key, file = first.organization_id, "a.xlsx"
    sheet = "Biểu 2"
    changed = dataclasses.replace(
        data,
        form=load_form("tien_do_nq_47", "2024.1"),
        marks=(),
        numbers=(
            Number(key, "kinh_phi", 2024, "value", Decimal("1150.5"), sheet, "E8", file, EVIL, "Tăng"),
            Number(key, "can_bo", 2024, "nil", None, sheet, "E6", file),
        ),
        list_rows=(
            ListRow(key, "nhiem_vu", 1, {"ten": EVIL, "kinh_phi_du_kien": 500}, "Biểu 3", "C6", file),
        ),
    )
    book = sheets(render_reconciliation(changed))
    numbers, rows = book["Số liệu theo cơ quan"], book["Biểu liệt kê"]
    assert body(numbers) == [
        [
            1, first.short_name, "Cán bộ làm công tác thông tin đối ngoại (chuyên trách và kiêm nhiệm)", 2024,
            None, "người", "Không phát sinh", None, None, file, "Biểu 2, ô E6",
        ],
        [
            2, first.short_name, "Kinh phí bố trí cho công tác thông tin đối ngoại", 2024, 1150.5,
            "triệu đồng", "Có số liệu", EVIL, "Tăng", file, "Biểu 2, ô E8",
        ],
    ]  # fmt: skip
    assert (numbers["H6"].data_type, bool(numbers["H6"].quotePrefix)) == ("s", True)
    assert body(rows) == [
        [
            1, first.short_name, "Đề án, nhiệm vụ đề xuất", 1,
            f"Tên đề án, nhiệm vụ: {EVIL}; Kinh phí dự kiến: 500", file, "Biểu 3, ô C6",
        ]
    ]  # fmt: skip
