"""Files of every kind: what is read, what is refused, in which words; nothing takes long or much memory."""

from __future__ import annotations

import csv
import io
import re
import resource
import time
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from reporting.workbook import apart, container, package
from reporting.workbook.read import ReadWorkbook, read_workbook
from tests.unit.workbook.office import COVER, GOOD, MARKS, SECTIONS, fill, form, read, request_workbook, save

ANSWER = fill(request_workbook(), GOOD)
MARKS_XML = "xl/worksheets/sheet2.xml"


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        return {part.filename: opened.read(part) for part in opened.infolist()}


def packed(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, content)
    return buffer.getvalue()


def changed(name: str, change: Callable[[bytes], bytes]) -> bytes:
    parts = parts_of(ANSWER)
    return packed({**parts, name: change(parts[name])})


def with_rows(rows: bytes) -> bytes:
    """The answer with rows added to the sheet of marks."""
    return changed(MARKS_XML, lambda xml: xml.replace(b"</sheetData>", rows + b"</sheetData>"))


def values(book: ReadWorkbook) -> object:
    return (
        [(row.indicator, row.year, *[cell.text for cell in row[2:]]) for row in book.marks],
        {key: cell.text for key, cell in book.sections.items()},
        book.token,
    )


def reason(data: bytes, filename: str = "tra-loi.xlsx") -> str:
    (finding,) = read_workbook(data, filename, form()).findings
    assert (finding.severity, finding.stage, finding.rule) == ("error", "container", "file_is_readable")
    return finding.message


# -- read ------------------------------------------------------------------------------------------


def test_macros_are_never_run_and_named() -> None:
    book = read(packed({**parts_of(ANSWER), "xl/vbaProject.bin": b"\xd0\xcf..."}))
    assert (book.findings, values(book)) == ((), values(read(ANSWER)))
    assert [(n.severity, n.stage, n.message) for n in book.notes] == [
        (
            "warning",
            "container",
            "Tệp có chứa macro; hệ thống chỉ đọc số liệu, không chạy macro. → Lần sau, đề nghị lưu và gửi "
            "tệp với định dạng .xlsx.",
        )
    ]


def test_a_workbook_of_excel_97_reads_the_same() -> None:
    old = (Path(__file__).with_name("data") / "answer.xls").read_bytes()  # ANSWER, saved as .xls
    for filename in ("tra-loi.xls", "tra-loi.xlsx"):  # whatever it was renamed to
        book = read_workbook(old, filename, form())
        assert (book.findings, book.notes, values(book)) == ((), (), values(read(ANSWER)))
    assert container.openable_whole(old) is None


def test_an_old_workbook_with_a_password_or_cut_off_is_told_so() -> None:
    old = bytearray((Path(__file__).with_name("data") / "answer.xls").read_bytes())
    assert "bị lỗi nên chưa mở được" in reason(bytes(old[:6000]), "tra-loi.xls")
    start = old.index(b"\x09\x08\x10\x00")  # the first record of the stream; the second becomes FILEPASS
    second = start + 20
    old[second : second + 4] = b"\x2f\x00\x36\x00"
    assert "Tệp được đặt mật khẩu" in reason(bytes(old), "tra-loi.xls")
    locked = parts_of(ods(ANSWER))
    locked["META-INF/manifest.xml"] = b"<manifest:encryption-data/>"
    assert "Tệp được đặt mật khẩu" in reason(packed(locked), "tra-loi.ods")


def test_a_reader_that_does_not_start_is_no_fault_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    old = (Path(__file__).with_name("data") / "answer.xls").read_bytes()
    monkeypatch.setattr(apart, "__file__", "/nowhere/apart.py")
    with pytest.raises(RuntimeError, match="not read apart"):
        read_workbook(old, "tra-loi.xls", form())


def ods(data: bytes) -> bytes:
    """The sheets as an OpenDocument spreadsheet."""
    tables = []
    for sheet in openpyxl.load_workbook(io.BytesIO(data)).worksheets:
        rows = []
        for row in sheet.iter_rows(values_only=True):
            cells = "".join(
                f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
                if value is not None
                else "<table:table-cell/>"
                for value in row
            )
            rows.append(f"<table:table-row>{cells}</table:table-row>")
        rows.append(
            '<table:table-row table:number-rows-repeated="1040000">'
            '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
        )
        tables.append(f'<table:table table:name="{sheet.title}">{"".join(rows)}</table:table>')
    names = {key: f"urn:oasis:names:tc:opendocument:xmlns:{key}:1.0" for key in ("office", "table", "text")}
    spaces = " ".join(f'xmlns:{key}="{name}"' for key, name in names.items())
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>{''.join(tables)}"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return packed(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": (
                b'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
            ),
            "content.xml": content.encode(),
        }
    )


def test_ods_reads_the_same() -> None:
    book = read_workbook(ods(ANSWER), "tra-loi.ods", form())
    assert book.findings == ()
    assert [row.mark.text for row in book.marks] == [row.mark.text for row in read(ANSWER).marks]
    assert book.marks[0].mark.address == "E6"
    assert book.sections["results"].text == "Đã quán triệt Quyết định số 79/2010/QĐ-TTg."


def test_a_value_repeated_over_a_whole_sheet_ends_in_an_answer() -> None:
    started = time.monotonic()
    data = parts_of(ods(ANSWER))
    flooded = re.sub(
        rb'<table:table-cell table:number-columns-repeated="16384"/>',
        b'<table:table-cell table:number-columns-repeated="16384" office:value-type="string">'
        b"<text:p>x</text:p></table:table-cell>",
        data["content.xml"],
    )
    assert flooded != data["content.xml"]
    assert "chưa mở được" in reason(packed({**data, "content.xml": flooded}))
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1258"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_one_sheet_saved_as_text_is_told_what_it_lacks(encoding: str, delimiter: str) -> None:
    buffer = io.StringIO()
    sheet = openpyxl.load_workbook(io.BytesIO(ANSWER))[MARKS]
    csv.writer(buffer, delimiter=delimiter).writerows(sheet.iter_rows(values_only=True))
    words = buffer.getvalue()
    if encoding == "cp1258":  # it has tones only as letters of their own
        words = "".join(_for_cp1258(letter) for letter in words)
    book = read_workbook(words.encode(encoding), "Biểu 1.csv", form())
    assert [f.message for f in book.findings] == [
        'Tệp chỉ có trang "Biểu 1", thiếu các trang "Thông tin chung", "Thuyết minh" của mẫu (tệp '
        "dạng .csv chỉ lưu được một trang). → Đề nghị gửi cả tệp mẫu với định dạng .xlsx, không lưu "
        "riêng từng trang."
    ]


def _for_cp1258(letter: str) -> str:
    try:
        letter.encode("cp1258")
    except UnicodeEncodeError:
        parts = unicodedata.normalize("NFD", letter)
        tones = "".join(part for part in parts if part in "\u0300\u0301\u0303\u0309\u0323")
        base = unicodedata.normalize("NFC", "".join(part for part in parts if part not in tones))
        return base + tones
    return letter


# -- refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<html><body><table><tr><td>x</td></tr></table></body></html>", "nội dung là trang web hoặc XML"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', 'chọn "Lưu thành"'),
        (b'<?xml version="1.0"?><office:document office:mimetype="x"/>', "định dạng .xlsx"),
        (b"%PDF-1.7", "là tệp Word, PDF, trình chiếu hoặc ảnh"),
        (
            packed({"[Content_Types].xml": b"", "word/document.xml": b""}),
            "văn bản có chữ ký gửi kèm cùng thư",
        ),
        (packed({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b""}), "là tệp Word"),
        (packed({"tra-loi.xlsx": ANSWER}), "là tệp nén"),
        (b"Rar!\x1a\x07\x00", "giải nén và gửi trực tiếp"),
        (b"\x00\x01\x02" * 50, "không phải là tệp Excel."),
        ("Kính gửi Bộ,".encode(), "Tệp không phải là tệp mẫu"),
        (b"Kinh gui Bo", "không phải là tệp Excel."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "là tệp Word"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"), "bị lỗi nên chưa mở được"),
    ],
)
def test_what_is_no_workbook_is_told_what_it_is(data: bytes, words: str) -> None:
    (finding,) = read_workbook(data, "tra-loi.xls", form()).findings
    assert words in finding.message


def test_a_bomb_is_refused_unopened(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = packed({**parts_of(ANSWER), "xl/sharedStrings.xml": b"<sst>" + b" " * 60_000_000})
    assert len(bomb) < 100_000
    monkeypatch.setattr(package.zlib, "decompressobj", pytest.fail)
    monkeypatch.setattr(package, "MAX_UNPACKED_BYTES", 50_000_000)
    assert "vượt giới hạn" in reason(bomb)


def test_a_part_that_lies_about_its_size_is_damaged() -> None:
    data = bytearray(packed({**parts_of(ANSWER), "xl/sharedStrings.xml": b"<sst>" + b" " * 60_000_000}))
    size = (60_000_005).to_bytes(4, "little")
    while (at := data.find(size)) >= 0:
        data[at : at + 4] = (1000).to_bytes(4, "little")
    assert "bị lỗi nên chưa mở được" in reason(bytes(data))


def test_what_was_looked_into_is_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked = package.inspect(ANSWER).unpacked
    assert unpacked is not None
    with zipfile.ZipFile(io.BytesIO(unpacked)) as kept:
        assert kept.testzip() is None
        assert {name: kept.read(name) for name in kept.namelist()}.items() <= parts_of(ANSWER).items()
        assert kept.getinfo("xl/worksheets/sheet2.xml").compress_type == zipfile.ZIP_STORED
    held = values(read(ANSWER))
    monkeypatch.setattr(package, "_HELD", 0)  # as of a large file
    assert package.inspect(ANSWER).unpacked is None
    assert values(read(ANSWER)) == held


def test_cells_without_addresses_cannot_take_more_room_than_there_is() -> None:
    wide = b"<row>" + b"<c><v>1</v></c>" * 20_000 + b"</row>" + b"<row><c><v>1</v></c></row>" * 20_000
    assert "vượt giới hạn" in reason(with_rows(wide))


# -- swollen ---------------------------------------------------------------------------------------


def test_a_sheet_formatted_to_its_end_reads_like_any_other() -> None:
    blank = b"".join(
        b'<row r="%d" s="3" customFormat="1"><c r="A%d" s="3"/><c r="B%d" s="3"/></row>' % (row, row, row)
        for row in range(19, 1_048_577, 4)
    )
    swollen = with_rows(blank)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    book = read(swollen)
    assert time.monotonic() - started < 10
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 200
    assert (book.findings, book.notes, values(book)) == ((), (), values(read(ANSWER)))
    whole = container.openable_whole(swollen)
    assert whole is not None
    sheet = openpyxl.load_workbook(io.BytesIO(whole))[MARKS]
    assert sheet.max_row < 1000
    assert not sheet["E10"].protection.locked


@pytest.mark.parametrize("place", ["C60000", "XFD1048576", "ZZ7"])
def test_a_stray_character_far_out_is_passed_over_and_named(place: str) -> None:
    row = re.sub("[A-Z]", "", place).encode()
    cell = b'<c r="%s" t="inlineStr"><is><t>.</t></is></c>' % place.encode()
    book = read(with_rows(b'<row r="%s">%s</row>' % (row, cell)))
    assert (book.findings, values(book)) == ((), values(read(ANSWER)))
    assert [note.message for note in book.notes] == [
        f'Trang "Biểu 1", ô {place}: có nội dung nằm ngoài phạm vi của biểu (1 ô), không được ghi nhận. → '
        "Nếu là nội dung cần báo cáo, đề nghị chuyển vào ô của biểu; nếu không, xóa nội dung đó."
    ]
    assert container.openable_whole(with_rows(b'<row r="%s">%s</row>' % (row, cell))) is None


# -- as people leave their sheets ------------------------------------------------------------------


def test_serial_numbers_of_a_workbook_that_counts_from_1904() -> None:
    mac = changed("xl/workbook.xml", lambda xml: xml.replace(b"<workbookPr/>", b'<workbookPr date1904="1"/>'))
    before, after = read(ANSWER).marks[3].document_on, read(mac).marks[3].document_on
    assert (before.text, after.text) == ("1/2/2012", "2/2/2016")  # stored as a date: the same serial
    untyped = fill(request_workbook(), {**GOOD, (MARKS, "G9"): 39479})
    book = openpyxl.load_workbook(io.BytesIO(untyped))
    book[MARKS]["G9"].number_format = "General"
    parts = parts_of(save(book))
    xml = parts["xl/workbook.xml"].replace(b"<workbookPr/>", b'<workbookPr date1904="true"/>')
    assert read(packed({**parts, "xl/workbook.xml": xml})).marks[3].document_on.value == 39479 + 1462


def test_hidden_places_are_read_and_named() -> None:
    book = openpyxl.load_workbook(io.BytesIO(ANSWER))
    book[MARKS].row_dimensions[6].hidden = True
    book[MARKS].row_dimensions[7].hidden = True
    book[MARKS].column_dimensions["H"].hidden = True
    book[SECTIONS].sheet_state = "hidden"
    found = read(save(book))
    assert values(found) == values(read(ANSWER))
    assert [(note.sheet, note.cell) for note in found.notes] == [
        (MARKS, "E6, F6, G6, H6"),
        (SECTIONS, "D5, D6"),
    ]
    assert found.notes[0].message == (
        'Trang "Biểu 1", các ô E6, F6, G6, H6: có nội dung nằm ở hàng, cột hoặc trang bị ẩn; nội dung này '
        "vẫn được ghi nhận. → Đề nghị kiểm tra lại; nếu không đúng, bỏ ẩn và sửa lại."
    )


def test_merged_input_cells_share_a_value_down_and_not_across() -> None:
    book = openpyxl.load_workbook(io.BytesIO(ANSWER))
    book[MARKS].merge_cells("E6:E7")
    book[MARKS].merge_cells("H6:I6")
    found = read(save(book))
    assert [row.mark.text for row in found.marks[:3]] == ["x", "x", ""]
    assert (found.marks[0].remark.text, found.marks[0].explanation.text) == ("SỐ LIỆU MẪU", "")
    assert sorted(note.message for note in found.notes) == [
        'Trang "Biểu 1", các ô E6, E7: các ô đã bị gộp; giá trị của ô gộp được ghi nhận cho từng ô. → '
        "Đề nghị kiểm tra lại; nếu chưa đúng, bỏ gộp ô và nhập riêng từng ô.",
        'Trang "Biểu 1", các ô H6, I6: các ô đã bị gộp; giá trị chỉ được ghi nhận cho ô đầu, các ô còn lại '
        "coi như để trống. → Đề nghị bỏ gộp ô và nhập riêng từng ô.",
    ]


def test_an_error_in_a_cell_of_the_list_touches_no_other_row() -> None:
    cell = re.compile(rb'<c r="E7"( s="\d+")?( t="n")?(/>|></c>)')
    data = changed(MARKS_XML, lambda xml: cell.sub(rb'<c r="E7"\1 t="e"><v>#REF!</v></c>', xml))
    book = read(data)
    assert (book.marks[1].mark.text, book.marks[1].mark.is_unresolved) == ("#REF!", True)
    assert [row.mark.is_unresolved for row in book.marks].count(True) == 1
    assert book.cover["organization_name"].sheet == COVER
