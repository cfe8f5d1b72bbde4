"""The office's own workbook comes back marked, and reads right when it is corrected and sent again."""

from __future__ import annotations

import errno
import io
import time
import zipfile
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from xml.sax.saxutils import escape

import openpyxl
import pytest
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.writer.excel import ExcelWriter

from reporting.validation.findings import Finding, make_finding
from reporting.workbook.annotate import annotate
from reporting.workbook.refill import refill
from tests.unit.validation import progress
from tests.unit.workbook.office import (
    COVER,
    GOOD,
    MARKS,
    SECTIONS,
    TICK,
    Entries,
    check,
    fill,
    form,
    request_workbook,
    save,
)

RED, YELLOW, WHITE = "00FFC7CE", "00FFEB9C", "00FFFFFF"
LIST = "Cần hoàn thiện"
FAULTY: Entries = {
    **GOOD,
    (MARKS, "E7"): "đang làm",
    (MARKS, "E8"): "X",
    (MARKS, "G9"): "3/4/2011",
    (SECTIONS, "D6"): None,
}


def with_parts(data: bytes, parts: Mapping[str, bytes]) -> bytes:
    """The package with these parts added."""
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return buffer.getvalue()


def as_ods(data: bytes, replaced: Mapping[str, str] | None = None) -> bytes:
    """The values of a workbook as an OpenDocument file, the kind that openpyxl does not open."""
    tables = []
    for sheet in opened(data).worksheets:
        rows = []
        for row in sheet.iter_rows(values_only=True):
            shown = (
                "" if v is None else v.strftime("%d/%m/%Y") if isinstance(v, date) else str(v) for v in row
            )
            cells = (escape((replaced or {}).get(words, words)) for words in shown)
            typed = (
                f'<table:table-cell office:value-type="string"><text:p>{c}</text:p></table:table-cell>'
                for c in cells
            )
            rows.append(f"<table:table-row>{''.join(typed)}</table:table-row>")
        tables.append(f'<table:table table:name="{escape(sheet.title)}">{"".join(rows)}</table:table>')
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{names}><office:body>'
        f"<office:spreadsheet>{''.join(tables)}</office:spreadsheet></office:body></office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", content)
        package.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return buffer.getvalue()


def opened(data: bytes | None) -> openpyxl.Workbook:
    assert data is not None
    return openpyxl.load_workbook(io.BytesIO(data), rich_text=True)


@pytest.fixture(scope="module")
def returned() -> bytes:
    data = fill(request_workbook(), FAULTY)
    marked = annotate(data, check(data).findings)
    assert marked is not None
    return marked


def test_cells_are_coloured_and_say_what_to_do(returned: bytes) -> None:
    sheet = opened(returned)[MARKS]
    assert sheet["E7"].fill.start_color.rgb == RED
    assert sheet["E7"].comment.text == (
        'Giá trị "đang làm" không phải dấu hợp lệ.\n'
        '→ Đã có thì ghi X; chưa có thì chọn "Chưa có" và nêu tiến độ tại cột "Ghi chú".'
    )
    assert {sheet[a].fill.start_color.rgb for a in ("F8", "G8")} == {RED}
    assert sheet["G9"].fill.start_color.rgb == YELLOW
    assert sheet["E6"].comment is None
    assert sheet["E6"].value == "x"


def test_a_return_that_is_made_again_later_is_the_same_file(
    returned: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a killed process had made is made again as it was: one file in the archive, one attachment."""
    data = fill(request_workbook(), FAULTY)
    a_day_later = time.time() + 86_400
    monkeypatch.setattr(time, "time", lambda: a_day_later)  # zipfile dates its parts by it
    assert annotate(data, check(data).findings) == returned


def test_the_first_sheet_lists_the_worst_first(returned: bytes) -> None:
    book = opened(returned)
    assert book.sheetnames[0] == LIST
    assert book.active is not None
    assert book.active.title == LIST
    assert [sheet.title for sheet in book.worksheets if sheet.sheet_view.tabSelected] == [LIST]
    sheet = book[LIST]
    assert sheet["A2"].value == (
        "2 nội dung cần sửa (ô màu đỏ), 2 nội dung cần bổ sung, giải trình hoặc lưu ý (ô màu vàng)"
    )
    assert [cell.value for cell in sheet[4]] == [
        "STT", "Mức độ", "Trang", "Ô", "Chỉ tiêu", "Nội dung", "Cách sửa", "Giá trị đã nhập",
    ]  # fmt: skip
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5, max_row=8)]
    assert [row[1] for row in rows] == ["Cần sửa", "Cần sửa", "Cần giải trình", "Cần bổ sung"]
    assert rows[0] == [
        "1", "Cần sửa", MARKS, "E7", "Quy chế năm 2012", 'Giá trị "đang làm" không phải dấu hợp lệ.',
        'Đã có thì ghi X; chưa có thì chọn "Chưa có" và nêu tiến độ tại cột "Ghi chú".', "đang làm",
    ]  # fmt: skip
    assert rows[1][3:6] == [
        "F8, G8",
        "Kế hoạch năm 2011",
        "Đã ghi X nhưng chưa có số, ký hiệu và ngày văn bản.",
    ]


def test_nothing_of_the_office_is_lost(returned: bytes) -> None:
    before, after = opened(fill(request_workbook(), FAULTY)), opened(returned)
    assert after.sheetnames[1:] == before.sheetnames
    for name in before.sheetnames:
        old, new = before[name], after[name]
        assert {c.coordinate: str(c.value) for row in old for c in row if c.value is not None} == {
            c.coordinate: str(c.value) for row in new for c in row if c.value is not None
        }
        assert new.protection.sheet
        assert new.sheet_state == old.sheet_state
        assert new.freeze_panes == old.freeze_panes
        assert len(new.data_validations.dataValidation) == len(old.data_validations.dataValidation)


def test_corrected_and_sent_again_it_is_accepted(returned: bytes) -> None:
    again = check(
        fill(
            returned,
            {
                (MARKS, "E7"): "Chưa có",
                (MARKS, "F8"): "2/KH-UBND",
                (MARKS, "G8"): "05/01/2011",
                (MARKS, "I9"): "Kế hoạch 2 năm",
                (SECTIONS, "D6"): "Không có",
            },
        )
    )
    assert again.outcome == "accepted_with_warnings"
    assert [(f.cell, f.explanation) for f in again.findings] == [("G9", "Kế hoạch 2 năm")]
    assert {(m.indicator, m.year) for m in again.marks if m.is_marked} == {
        ("quy_che", 2011),
        ("ke_hoach", 2011),
        ("ke_hoach", 2012),
    }
    assert next(m.note for m in again.marks if (m.indicator, m.year) == ("ke_hoach", 2012)) == (
        "Giải trình: Kế hoạch 2 năm"
    )


def test_a_second_return_replaces_the_first(returned: bytes) -> None:
    half = fill(returned, {(MARKS, "E7"): "Chưa có", (MARKS, "G9"): "3/4/2012"})
    book = opened(annotate(half, check(half).findings))
    assert book.sheetnames.count(LIST) == 1
    assert len([name for name in book.sheetnames if name.startswith(LIST)]) == 1
    sheet = book[MARKS]
    assert (sheet["E7"].fill.start_color.rgb, sheet["E7"].comment) == (WHITE, None)
    assert (sheet["G9"].fill.start_color.rgb, sheet["G9"].comment) == (WHITE, None)
    assert sheet["F8"].fill.start_color.rgb == RED
    assert sheet["F8"].comment.text.count("Đã ghi X") == 1


def test_the_offices_own_comment_stays() -> None:
    book = opened(fill(request_workbook(), FAULTY))
    book[MARKS]["E7"].comment = openpyxl.comments.Comment("Đang trình ký", "Chuyên viên")
    buffer = io.BytesIO()
    book.save(buffer)
    marked = opened(annotate(buffer.getvalue(), check(buffer.getvalue()).findings))
    assert marked[MARKS]["E7"].comment.text.endswith("—\nĐang trình ký")


@pytest.mark.parametrize("typed", ['=HYPERLINK("http://evil.example")', "+1+1", "-2+3", "@SUM(1)"])
def test_what_looks_like_a_formula_is_echoed_as_text(typed: str) -> None:
    data = fill(request_workbook(), {TICK: "X", (MARKS, "H6"): "x"})
    finding = make_finding(
        "mark_is_valid", "error", "cells", sheet=MARKS, cells=["E6"], indicator="quy_che", value_seen=typed
    )
    cell = opened(annotate(data, [finding]))[LIST]["H5"]
    assert (cell.value, cell.data_type, bool(cell.quotePrefix)) == (typed, "s", True)


def cover_finding(number: int, rule: str = "r") -> Finding:
    message = f'Trang "{COVER}", ô C{number}: sai. → Sửa.'
    return Finding("warning", "cells", rule, COVER, f"C{number}", None, None, message)


def test_alike_findings_are_listed_ten_times_then_counted() -> None:
    findings = [cover_finding(n) for n in range(1, 43)] + [cover_finding(50, "other")]
    book = opened(annotate(request_workbook(), findings))
    rows = [[cell.value for cell in row] for row in book[LIST].iter_rows(min_row=5)]
    assert [row[3] for row in rows] == [f"C{n}" for n in range(1, 11)] + [None, "C50"]
    assert rows[11][0] == "43", "the number by which a reply explains it"
    assert rows[10] == [
        "11–42", "Cần giải trình", COVER, None, None, "Còn 32 nội dung cùng loại ở các ô C11:C42.",
        "Sửa theo ghi chú tại từng ô.", None,
    ]  # fmt: skip
    assert book[LIST]["A2"].value == (
        "0 nội dung cần sửa (ô màu đỏ), 43 nội dung cần bổ sung, giải trình hoặc lưu ý (ô màu vàng)"
    )
    assert book[COVER]["C42"].comment.text == "Sai.\n→ Sửa."


def test_the_list_stops_at_two_hundred() -> None:
    findings = [cover_finding(n, f"rule_{n}") for n in range(1, 213)]
    sheet = opened(annotate(request_workbook(), findings))[LIST]
    assert sheet["A204"].value == "200"
    assert sheet["A205"].value == "Còn 12 nội dung khác chưa liệt kê tại đây."


def test_what_was_explained_or_waived_is_not_asked_again() -> None:
    explained = replace(cover_finding(20), explanation="Đã đối chiếu")
    waived = replace(cover_finding(21), rule_waiver_id=1)
    book = opened(annotate(request_workbook(), [explained, waived, cover_finding(22)]))
    assert [cell.value for cell in book[LIST]["D"][4:]] == ["C22"]
    assert (book[COVER]["C20"].comment, book[COVER]["C21"].comment) == (None, None)


def test_formulas_are_worked_out_anew_when_the_copy_is_opened() -> None:
    data = fill(request_workbook(), {(MARKS, "H6"): "=1+1"})
    book = opened(annotate(data, [cover_finding(20)]))
    assert book[MARKS]["H6"].value == "=1+1"
    assert book.calculation.fullCalcOnLoad


def test_what_openpyxl_keeps_and_what_it_does_not() -> None:
    """What docs/answers.md says of the copy, held against the library."""
    book = opened(fill(request_workbook(), FAULTY))
    sheet = book[MARKS]
    sheet.conditional_formatting.add(
        "E6:E9", CellIsRule("equal", ['"X"'], fill=PatternFill(bgColor="00FF00"))
    )
    sheet.print_area = "A1:I17"
    book.defined_names["cua_so"] = DefinedName("cua_so", attr_text=f"'{MARKS}'!$A$1")
    book.create_sheet("Nháp").sheet_state = "veryHidden"
    buffer = io.BytesIO()
    book.save(buffer)
    data = with_parts(
        buffer.getvalue(),
        {"xl/media/image1.png": b"\x89PNG", "xl/threadedComments/threadedComment1.xml": b"<x/>"},
    )
    marked = annotate(data, [cover_finding(20)])
    after = opened(marked)
    assert [str(r.sqref) for r in after[MARKS].conditional_formatting] == ["E6:E9"]
    assert after[MARKS].print_area == "'Biểu 1'!$A$1:$I$17"
    assert "cua_so" in after.defined_names
    assert after["Nháp"].sheet_state == "veryHidden"
    assert after[MARKS].protection.sheet
    assert len(after[MARKS].data_validations.dataValidation) == len(sheet.data_validations.dataValidation)
    assert marked is not None
    with zipfile.ZipFile(io.BytesIO(marked)) as package:
        assert [n for n in package.namelist() if "media" in n or "threaded" in n or "vba" in n] == []


# -- files of other kinds ---------------------------------------------------------------------------


def test_an_ods_comes_back_as_the_form_filled_with_what_it_says() -> None:
    data = as_ods(fill(request_workbook(), FAULTY))
    assert annotate(data, ()) is None
    checked = check(data)
    assert checked.outcome == "to_complete"
    refilled = refill(request_workbook(), data, "so-lieu.ods", form())
    marked = annotate(refilled.data, refilled.relocated(checked.findings))
    book = opened(marked)
    assert book[MARKS]["E7"].value == "đang làm"
    assert book[MARKS]["E7"].fill.start_color.rgb == RED
    assert book[MARKS]["F6"].value == "15/QĐ-UBND"
    assert book[SECTIONS]["D5"].value == FAULTY[SECTIONS, "D5"]
    mended = fill(
        marked or b"",
        {
            (MARKS, "E7"): "Chưa có",
            (MARKS, "F8"): "2/KH-UBND",
            (MARKS, "G8"): "05/01/2011",
            (MARKS, "G9"): "03/04/2012",
            (SECTIONS, "D6"): "Không có",
        },
    )
    assert check(mended).outcome == "accepted"


def test_entries_go_to_where_their_cells_are_in_the_form() -> None:
    book = opened(fill(request_workbook(), FAULTY))
    book[MARKS].insert_rows(3, 2)
    buffer = io.BytesIO()
    book.save(buffer)
    data = buffer.getvalue()
    refilled = refill(request_workbook(), data, "x.xlsx", form())
    assert opened(refilled.data)[MARKS]["E7"].value == "đang làm"
    assert refilled.places[MARKS, "E9"] == (MARKS, "E7")
    stray = cover_finding(99)
    (moved, lost) = refilled.relocated([replace(stray, sheet=MARKS, cell="E9, F10"), stray])
    assert (moved.sheet, moved.cell) == (MARKS, "E7, F8")
    assert (lost.cell, lost.message) == (None, stray.message)


TASKS = "Biểu 3"
PROPOSED = [
    {"C": f"Đề án {n}", "D": "Địa phương", "E": "Sở TT&TT", "F": "30/6/2025", "G": 500 + n, "H": "Báo cáo"}
    for n in range(1, 20)
]


def proposals(count: int, change: Callable[[openpyxl.Workbook], None]) -> tuple[bytes, bytes]:
    """The progress form as sent out, and as .ods with so many proposals and what an office changed beside."""
    asked = request_workbook(of_form=progress.form(), cycle_id=progress.CYCLE)
    book = opened(fill(asked, {**progress.CLEAN, (progress.NUMBERS, "E13"): "ba lớp"}))
    if count > 15:
        book[TASKS].insert_rows(10, count - 15)
    for row, entries in enumerate(PROPOSED[:count], start=6):
        for column, value in entries.items():
            book[TASKS][f"{column}{row}"] = value
    change(book)
    return asked, as_ods(save(book))


def rename(book: openpyxl.Workbook) -> None:
    book[TASKS].title = "Bieu 3 - De xuat"


def drop_tags(book: openpyxl.Workbook) -> None:
    for sheet in book.worksheets:
        if sheet.title != "_kbc":
            for area in list(sheet.merged_cells.ranges):
                sheet.unmerge_cells(str(area))
            sheet.delete_cols(1)
            sheet.delete_rows(1)


@pytest.mark.parametrize(
    ("count", "change"),
    [(2, rename), (2, drop_tags), (19, lambda book: None)],
    ids=["sheet_renamed", "tags_lost", "rows_inserted"],
)
def test_proposals_come_back_wherever_they_stood(
    count: int, change: Callable[[openpyxl.Workbook], None]
) -> None:
    asked, data = proposals(count, change)
    checked = progress.check_file("de-xuat.ods", data)
    assert (checked.outcome, len(checked.findings) > 0) == ("to_complete", True)
    refilled = refill(asked, data, "de-xuat.ods", progress.form())
    marked = annotate(refilled.data, refilled.relocated(checked.findings))
    sheet = opened(marked)[TASKS]
    for row, entries in enumerate(PROPOSED[:count], start=6):
        assert {column: sheet[f"{column}{row}"].value for column in "CDEFH"} == {
            column: entries[column] for column in "CDEFH"
        }
        assert (sheet[f"B{row}"].value, sheet[f"C{row}"].protection.locked) == (str(row - 5), False)
    assert opened(marked)[progress.NUMBERS]["E13"].fill.start_color.rgb == RED
    mended = fill(marked or b"", {(progress.NUMBERS, "E13"): 3})
    again = progress.check_file("de-xuat.xlsx", mended)
    assert (again.outcome, len(again.list_rows)) == ("accepted", count)


def test_rows_added_to_an_open_table_help_as_those_offered() -> None:
    asked, data = proposals(19, lambda book: None)
    sheet = opened(refill(asked, data, "de-xuat.ods", progress.form()).data)[TASKS]
    offers = [one for one in sheet.data_validations.dataValidation if one.type == "list"]
    assert [str(one.sqref) for one in offers] == ["D6:D20 D21:D24"]
    formats = {str(one.sqref): one.rules[0].formula for one in sheet.conditional_formatting}
    assert formats == {
        "G6:G20": ["IF(ISNUMBER(G6),G6<>INT(G6))"],
        "G21:G24": ["IF(ISNUMBER(G21),G21<>INT(G21))"],
    }
    assert sheet["G24"].number_format == sheet["G20"].number_format == "#,##0"


@pytest.mark.parametrize("typed", ['=HYPERLINK("http://evil.example")', "+1+1", "@SUM(1)"])
def test_a_text_like_a_formula_is_refilled_as_text(typed: str) -> None:
    data = as_ods(fill(request_workbook(), {(MARKS, "H6"): "'" + typed}), {"'" + typed: typed})
    cell = opened(refill(request_workbook(), data, "x.ods", form()).data)[MARKS]["H6"]
    assert (cell.value, cell.data_type) == (typed, "s")


def test_what_cannot_be_opened_is_not_returned() -> None:
    assert annotate(b"", []) is None
    assert annotate(b"not a workbook", []) is None
    assert annotate(request_workbook()[:4000], []) is None


@pytest.mark.parametrize(
    ("error", "is_raised"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError("cannot identify image file"), False),
    ],
    ids=["full disk", "foreign picture"],
)
def test_a_full_disk_is_no_fault_of_the_file(
    monkeypatch: pytest.MonkeyPatch, error: OSError, is_raised: bool
) -> None:
    """Nobody is sent an answer without its workbook because there was no space for a moment."""

    def fail(_: ExcelWriter) -> None:
        raise error

    data = fill(request_workbook(), FAULTY)
    findings = check(data).findings
    monkeypatch.setattr(ExcelWriter, "save", fail)
    with pytest.raises(OSError, match="No space") if is_raised else nullcontext():
        assert annotate(data, findings) is None
