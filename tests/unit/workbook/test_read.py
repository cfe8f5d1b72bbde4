"""What comes back is read by its tags, wherever the office moved it; a bad file is a finding."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporting.workbook import container, package
from reporting.workbook.values import read_date
from tests.unit.workbook.office import COVER, GOOD, MARKS, SECTIONS, TICK, fill, read, request_workbook, save


def test_cells_come_with_the_addresses_the_sender_sees() -> None:
    book = read(fill(request_workbook(), GOOD))
    assert book.findings == ()
    assert len(book.marks) == 12
    first = book.marks[0]
    assert (first.indicator, first.year) == ("quy_che", 2011)
    assert (first.mark.sheet, first.mark.address) == (MARKS, "E6")
    assert (first.document_number.text, first.document_on.address, first.remark.text) == (
        "15/QĐ-UBND",
        "G6",
        "SỐ LIỆU MẪU",
    )
    assert book.blank_means_no is True
    assert book.sections["results"].address == "D5"
    assert read(request_workbook()).blank_means_no is False


def test_inserted_rows_and_columns_are_followed() -> None:
    book = openpyxl.load_workbook(io.BytesIO(fill(request_workbook(), GOOD)))
    sheet = book[MARKS]
    for area in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(area))
    sheet.insert_rows(3, 4)
    sheet.insert_cols(5, 2)
    sheet.title = "Bieu so 1"
    moved = read(save(book))
    assert moved.findings == ()
    assert (moved.marks[0].mark.sheet, moved.marks[0].mark.address) == ("Bieu so 1", "G10")
    assert moved.marks[0].mark.text == "x"
    assert moved.marks[3].document_on.value in (date(2012, 2, 1), datetime(2012, 2, 1))  # noqa: DTZ001


def test_texts_are_composed() -> None:
    decomposed = unicodedata.normalize("NFD", "Phối hợp với Bộ đội Biên phòng")
    book = read(fill(request_workbook(), {(SECTIONS, "D5"): decomposed}))
    assert book.sections["results"].text == "Phối hợp với Bộ đội Biên phòng"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("05/3/2012", date(2012, 3, 5)), ("5-3-2012", date(2012, 3, 5)), ("05.03.2012", date(2012, 3, 5)),
        ("ngày 05 tháng 3 năm 2012", date(2012, 3, 5)), ("Ngày 5/3/2012", date(2012, 3, 5)),
        ("2012-03-05", date(2012, 3, 5)), ("05/3/12", date(2012, 3, 5)), (40973, date(2012, 3, 5)),
        (datetime(2012, 3, 5), date(2012, 3, 5)),  # noqa: DTZ001 - as Excel stores a date
        ("31/02/2012", None), ("3/2012", None), (2012, None), ("mai", None),
    ],
)  # fmt: skip
def test_dates_are_day_first(typed: str | int | datetime, expected: date | None) -> None:
    reading = read_date(typed)
    assert (reading.state, reading.on) == ("date" if expected else "unreadable", expected)


def test_lost_rows_columns_and_sheets_are_template_findings() -> None:
    book = openpyxl.load_workbook(io.BytesIO(request_workbook()))
    book[MARKS]["A8"] = book[MARKS]["D8"] = None
    book[SECTIONS]["D1"] = book[SECTIONS]["D4"] = None
    messages = [f.message for f in read(save(book)).findings]
    assert messages == [
        'Trang "Biểu 1": thiếu hàng của mẫu (Kế hoạch năm 2011). → Chép số liệu vào tệp mẫu gửi kèm thư này; '
        "không xóa hàng.",
        'Trang "Thuyết minh": hàng tiêu đề hoặc cột của mẫu đã bị xóa. → Chép số liệu vào tệp '
        "mẫu gửi kèm thư "
        "này; không xóa hàng tiêu đề, không xóa cột.",
    ]
    del book[MARKS]
    lost = read(save(book)).findings
    assert lost[0].message.startswith('Tệp không có trang "Biểu 1" của mẫu')
    assert {f.stage for f in lost} == {"template"}


def test_a_workbook_of_their_own_is_not_the_template() -> None:
    book = openpyxl.Workbook()
    book.create_sheet(COVER)
    (finding,) = read(save(book)).findings
    assert (finding.stage, finding.rule) == ("template", "template_is_kept")


def _zip(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return buffer.getvalue()


def test_files_that_are_no_workbook_are_told_so() -> None:
    whole = request_workbook()
    cases = {
        b"": "không có nội dung",
        b"%PDF-1.7 ...": "không phải là tệp Excel",
        _zip({"word/document.xml": b"<w/>"}): "không phải là tệp Excel",
        whole[: len(whole) // 2]: "bị lỗi nên chưa mở được",
        _zip({"xl/workbook.xml": b"<broken"}): "bị lỗi nên chưa mở được",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"): "được đặt mật khẩu",
    }
    for data, words in cases.items():
        (finding,) = read(data).findings
        assert (finding.severity, finding.stage) == ("error", "container")
        assert words in finding.message


def test_what_would_not_fit_into_memory_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    far = openpyxl.Workbook()
    assert far.active is not None
    far.active["XFD1000000"] = "x"
    assert container.refuse(save(far)) == "too_large"
    styled = openpyxl.Workbook()
    assert styled.active is not None
    styled.active["A900000"].font = openpyxl.styles.Font(bold=True)  # a formatted sheet is harmless
    assert container.refuse(save(styled)) is None
    monkeypatch.setattr(package, "MAX_UNPACKED_BYTES", 10_000)
    assert container.refuse(request_workbook()) == "too_large"


def test_formulas_without_a_result_are_not_taken_for_blanks() -> None:
    book = read(fill(request_workbook(), {TICK: "X", (MARKS, "E6"): '=IF(1=1,"X","")'}))
    assert book.marks[0].mark.is_unresolved
    assert book.marks[0].mark.text == '=IF(1=1,"X","")'
    assert not book.marks[1].mark.is_unresolved


def test_a_formula_with_a_result_reads_as_its_result() -> None:
    """As Excel stores it: an error, a text, an empty text."""
    cells = {"E6": ("e", "=1/0", "#DIV/0!"), "E7": ("str", '="X"', "X"), "E8": ("str", '=""', "")}
    data = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(request_workbook())) as old, zipfile.ZipFile(data, "w") as new:
        for part in old.infolist():
            xml = old.read(part)
            if part.filename == "xl/worksheets/sheet2.xml":
                for address, (kind, formula, value) in cells.items():
                    start = xml.index(f'<c r="{address}"'.encode())
                    end = xml.index(b"/>", start)
                    filled = f' t="{kind}"><f>{formula[1:]}</f><v>{value}</v></c>'.encode()
                    xml = xml[:end] + filled + xml[end + 2 :]
            new.writestr(part, xml)
    error, text, blank = (row.mark for row in read(data.getvalue()).marks[:3])
    assert (error.text, error.is_unresolved) == ("#DIV/0!", True)
    assert (text.text, text.is_unresolved) == ("X", False)
    assert (blank.text, blank.is_unresolved) == ("", False)


_ANSWER = fill(request_workbook(), GOOD)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(_ANSWER) - 1), st.binary(min_size=1, max_size=30)), max_size=5))
def test_a_damaged_file_is_a_finding_or_reads_whole(damage: list[tuple[int, bytes]]) -> None:
    data = bytearray(_ANSWER)
    for place, garbage in damage:
        data[place : place + len(garbage)] = garbage
    book = read(bytes(data))
    assert book.findings or len(book.marks) == 12
