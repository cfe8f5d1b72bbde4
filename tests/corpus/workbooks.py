"""The workbooks of the corpus: one per pitfall, by gate."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import openpyxl
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation

from reporting.forms.models import load_form
from tests.corpus.case import (
    ACCEPTED,
    MEND,
    UNREADABLE,
    WARNED,
    Case,
    bent,
    cell_xml,
    packed,
    repacked,
    sheet_xml,
    stable,
    typed,
)
from tests.corpus.progress import progress_cases
from tests.unit.workbook.office import (
    COVER,
    GOOD,
    MARKS,
    QUANG_BINH,
    QUANG_NINH,
    SECTIONS,
    TICK,
    Entries,
    fill,
    request_workbook,
)

NAME = (COVER, "C11")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UNREADABLE = (("file_is_readable", None),)


def workbook_cases() -> Iterator[Case]:
    """All of them."""
    yield from _container()
    yield from _template()
    yield from _identity()
    yield from _cells()
    yield from _form()
    yield from progress_cases()


# -- the container -------------------------------------------------------------------------------


def _container() -> Iterator[Case]:
    def refused(name: str, odd: str, data: object, **more: object) -> Case:
        build = data if callable(data) else lambda: data
        # `more` are fields of Case; their types are checked where they are given
        return Case(name, odd, build, UNREADABLE, _UNREADABLE, **more)  # type: ignore[arg-type]

    yield Case("tot.xlsx", "nothing: a good answer", typed, ACCEPTED)
    yield refused("khong-byte.xlsx", "a file without a single byte", b"")
    yield refused("cat-ngang.xlsx", "the second half is missing", lambda: typed()[: len(typed()) // 2])
    yield refused("rac.xlsx", "noise under the name of a workbook", bytes(range(255, 0, -1)) * 8)
    yield refused("anh.xlsx", "a picture under the name of a workbook", b"\x89PNG\r\n\x1a\n" + bytes(64))
    yield refused("bao-cao.pdf.xlsx", "a PDF under the name of a workbook", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    yield refused(
        "bao-cao.docx",
        "a Word document",
        lambda: packed(
            {
                "[Content_Types].xml": b"<Types/>",
                "word/document.xml": b"<w:document/>",
            }
        ),
    )
    yield refused(
        "doc-cu.xls",
        "a Word 97 document under the name of a workbook",
        _OLE + bytes(504) + "WordDocument".encode("utf-16-le") + bytes(512),
    )
    yield refused("nen.rar", "a RAR archive", b"Rar!\x1a\x07\x01\x00" + bytes(40))
    yield refused(
        "trang-web.xls",
        "a web page under the name of a workbook",
        "<html><table><tr><td>Quy chế</td></tr></table></html>".encode(),
    )
    yield refused(
        "mat-khau.xlsx",
        "protected by a password to open it",
        _OLE + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(512),
    )
    yield refused("nen-mat-khau.xlsx", "its package's parts are encrypted", encrypted_zip)
    yield refused(
        "khong-phai-so-tinh.zip",
        "an archive without a workbook in it",
        lambda: packed({"ghi chú.txt": "Kính gửi".encode()}),
    )
    yield refused(
        "hong-xml.xlsx",
        "the list of its sheets is no XML",
        lambda: repacked(lambda n, c: b"<workbook" if n == "xl/workbook.xml" else c),
    )
    yield refused(
        "thieu-phan.xlsx",
        "the sheets it lists are missing",
        lambda: repacked(lambda n, c: None if n.startswith("xl/worksheets/") else c),
    )
    yield refused("bom-nen.xlsx", "unpacks to a thousand times its size", _bomb, is_stored=False)
    yield refused(
        "qua-lon.xlsx", "more than 25 MB", lambda: typed() + bytes(26 * 1024 * 1024), is_stored=False
    )
    yield refused("thuc-the.xlsx", "an XML entity that multiplies itself a billion times", _entities)
    yield Case(
        "co-macro.xlsm",
        "carries a macro",
        lambda: repacked(_with_macro_type, **{"xl/vbaProject.bin": b"VBA"}),
        WARNED,
        (("macros_are_ignored", None),),
    )
    yield Case("ten-cu.xls", "a new workbook under an old program's name", typed, ACCEPTED)
    yield Case(
        "cu.xls",
        "saved in the format of Excel 97 to 2003",
        lambda: _converted("xls"),
        ACCEPTED,
        is_foreign=True,
    )
    yield Case(
        "mo.ods", "saved in the format of LibreOffice", lambda: _converted("ods"), ACCEPTED, is_foreign=True
    )
    yield Case("bieu-1.csv", "one sheet alone, as text", _csv, MEND, (("template_is_kept", None),))
    yield Case(
        "bieu-1-utf16.csv",
        "one sheet alone, as Excel's Unicode text",
        lambda: _csv().decode("utf-8-sig").replace(";", "\t").encode("utf-16"),
        MEND,
        (("template_is_kept", None),),
    )
    yield Case(
        "nen-khong-ep.xlsx",
        "its package is not compressed",
        lambda: packed(_parts(typed()), is_stored=True),
        ACCEPTED,
    )
    yield Case(
        "thua-phan.xlsx",
        "carries a part that nobody knows, and a picture",
        lambda: repacked(lambda n, c: c, custom__item1=b"<x/>", xl__media__image1=b"\x89PNG\r\n\x1a\n"),
        ACCEPTED,
    )


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def encrypted_zip(name: str = "xl/workbook.xml") -> bytes:
    """A zip whose one file is marked as encrypted."""
    data = bytearray(packed({name: b"<workbook/>"}, is_stored=True))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def _bomb() -> bytes:
    return repacked(lambda n, c: bytes(300 * 1024 * 1024) if n == "xl/theme/theme1.xml" else c)


def _entities() -> bytes:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    doctype = f'<!DOCTYPE x [<!ENTITY a0 "X">{entities}]>'.encode()

    def change(name: str, content: bytes) -> bytes:
        if name != "xl/workbook.xml":
            return content
        return doctype + content.replace(b'name="Bi', b'name="&a9;Bi', 1)

    return repacked(change)


def _with_macro_type(name: str, content: bytes) -> bytes:
    if name != "[Content_Types].xml":
        return content
    return content.replace(b"sheet.main+xml", b"sheet.macroEnabled.main+xml").replace(
        b"</Types>",
        b'<Override PartName="/xl/vbaProject.bin"'
        b' ContentType="application/vnd.ms-office.vbaProject"/></Types>',
    )


def _converted(suffix: str) -> bytes:
    """The good answer, saved by LibreOffice in another format. Raises FileNotFoundError without it."""
    program = shutil.which("soffice")
    if program is None:
        raise FileNotFoundError("soffice: LibreOffice is not installed; keep the file as it is.")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.xlsx").write_bytes(typed())
        profile = f"-env:UserInstallation=file://{folder}/profile"
        command = [
            program,
            profile,
            "--headless",
            "--convert-to",
            suffix,
            "--outdir",
            folder,
            f"{folder}/a.xlsx",
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return (Path(folder) / f"a.{suffix}").read_bytes()


def _csv() -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(typed()))
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    for row in book[MARKS].iter_rows(values_only=True):
        writer.writerow(["" if value is None else str(value) for value in row])
    return buffer.getvalue().encode("utf-8-sig")


# -- the template --------------------------------------------------------------------------------


def _template() -> Iterator[Case]:
    bad: Entries = {(MARKS, "E7"): "đang làm"}

    def own(book: Workbook) -> None:
        for sheet in book.worksheets[1:]:
            book.remove(sheet)
        sheet = book.worksheets[0]
        sheet.delete_rows(1, 100)
        sheet["A1"], sheet["B1"], sheet["A2"], sheet["B2"] = "STT", "Nội dung", 1, "Quy chế"

    yield Case(
        "tep-khac.xlsx",
        "a table of the office's own making",
        lambda: bent(own),
        MEND,
        (("template_is_kept", None),),
    )
    yield Case(
        "doi-ten-trang.xlsx",
        "a sheet was given another name",
        lambda: bent(lambda b: setattr(b[MARKS], "title", "Bieu so 1")),
        ACCEPTED,
    )
    yield Case(
        "xoa-trang.xlsx",
        "the sheet of marks was deleted",
        lambda: bent(lambda b: b.remove(b[MARKS])),
        MEND,
        (("template_is_kept", None),),
    )
    yield Case(
        "hai-trang.xlsx",
        "the sheet of marks stands there twice, with different marks",
        lambda: bent(_copy_marks),
        MEND,
        (("template_is_kept", None),),
    )
    yield Case(
        "chen-cot.xlsx",
        "a column was inserted, so that every cell stands further right",
        lambda: bent(lambda b: b[MARKS].insert_cols(3), bad),
        MEND,
        (("mark_is_valid", "F7"),),
    )
    yield Case(
        "chen-hang.xlsx",
        "blank rows were inserted above the table, so that every cell stands lower",
        lambda: bent(lambda b: b[MARKS].insert_rows(4, 3), bad),
        MEND,
        (("mark_is_valid", "E10"),),
    )
    yield Case(
        "chen-hang-giua.xlsx",
        "blank rows were inserted between the table's own",
        lambda: bent(lambda b: b[MARKS].insert_rows(7, 2), bad),
        MEND,
        (("mark_is_valid", "E9"),),
    )
    yield Case(
        "sap-xep-lai.xlsx",
        "the rows were sorted another way",
        lambda: bent(_reverse_marks, {(MARKS, "E16"): "đang làm"}),
        MEND,
        (("mark_is_valid", "E7"),),
    )
    yield Case(
        "xoa-hang.xlsx",
        "a row of the table was deleted",
        lambda: bent(lambda b: b[MARKS].delete_rows(17)),
        MEND,
        (("template_is_kept", None),),
    )
    yield Case(
        "xoa-cot.xlsx",
        "the column of explanations was deleted",
        lambda: bent(lambda b: b[MARKS].delete_cols(9)),
        MEND,
        (("template_is_kept", None),),
    )
    yield Case(
        "nhan-doi-hang.xlsx",
        "a row stands there twice, filled in twice",
        lambda: bent(_double_row),
        MEND,
        (("template_is_kept", "E7, E18"),),
    )
    yield Case(
        "mat-hang-an.xlsx",
        "the hidden row and column that the table is found by were deleted",
        lambda: bent(_without_tags),
        WARNED,
        (("template_is_kept", None),),
    )
    yield Case(
        "phien-ban-cu.xlsx",
        "the form of another year",
        lambda: stable(request_workbook(of_form=load_form("theo_doi_ttdn", "2010.1"))),
        MEND,
        (("form_version_is_current", None),),
    )
    yield Case(
        "dot-khac.xlsx",
        "the workbook of another cycle",
        lambda: stable(fill(request_workbook(cycle_id="ttdn_dia_phuong__2009_2010"), GOOD)),
        MEND,
        (("workbook_is_of_this_cycle", None),),
    )
    yield Case(
        "hang-an.xlsx",
        "a filled row is hidden",
        lambda: bent(lambda b: setattr(b[MARKS].row_dimensions[6], "hidden", True)),
        WARNED,
        (("cell_is_shown", "E6, F6, G6, H6"),),
    )
    yield Case(
        "cot-an.xlsx",
        "a filled column is hidden",
        lambda: bent(lambda b: setattr(b[MARKS].column_dimensions["F"], "hidden", True)),
        WARNED,
        (("cell_is_shown", "F6, F9"),),
    )
    yield Case(
        "trang-an.xlsx",
        "a filled sheet is hidden",
        lambda: bent(lambda b: setattr(b[SECTIONS], "sheet_state", "hidden")),
        WARNED,
        (("cell_is_shown", "D5, D6"),),
    )
    yield Case(
        "gop-o.xlsx",
        "two marks were merged into one cell",
        lambda: bent(
            lambda b: b[MARKS].merge_cells("E6:E7"), {(MARKS, "F7"): "15/QĐ-UBND", (MARKS, "G7"): "05/3/2012"}
        ),
        WARNED,
        (("cell_is_single", "E6, E7"),),
    )
    yield Case(
        "ky-tu-xa.xlsx",
        "a stray character 900,000 rows below",
        lambda: bent(lambda b: b[MARKS].cell(900_000, 5, ".")),
        WARNED,
        (("cell_is_in_reach", "E900000"),),
    )
    yield Case(
        "dinh-dang-het-trang.xlsx",
        "a cell was formatted in the last row of the sheet, and is empty",
        lambda: bent(lambda b: setattr(b[MARKS]["E1048576"], "font", Font(bold=True))),
        ACCEPTED,
    )
    yield Case(
        "danh-sach-hong.xlsx", "a drop-down list points to #REF!", lambda: bent(_broken_list), ACCEPTED
    )
    yield Case(
        "hang-trong-co-kieu.xlsx",
        "a thousand styled blank rows under the table",
        lambda: bent(_styled_rows),
        ACCEPTED,
    )
    yield Case(
        "them-trang.xlsx",
        "a sheet of the office's own beside those of the form",
        lambda: bent(lambda b: b.create_sheet("Tính toán").append([1, 2, 3])),
        ACCEPTED,
    )
    yield Case(
        "bo-bao-ve.xlsx",
        "the protection of the sheets was taken off",
        lambda: bent(lambda b: [setattr(s.protection, "sheet", False) for s in b]),
        ACCEPTED,
    )
    yield Case(
        "khong-kich-thuoc.xlsx",
        "the sheet says of itself that it is empty",
        lambda: sheet_xml(lambda x: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', x)),
        ACCEPTED,
    )


def _copy_marks(book: Workbook) -> None:
    copy = book.copy_worksheet(book[MARKS])
    copy.title = "Biểu 1 (2)"
    copy["E7"] = "X"


def _reverse_marks(book: Workbook) -> None:
    sheet = book[MARKS]
    for area in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(area))
    rows = [[cell.value for cell in sheet[number]] for number in range(6, 18)]
    for number, values in zip(range(6, 18), reversed(rows), strict=True):
        for cell, value in zip(sheet[number], values, strict=True):
            cell.value = value


def _double_row(book: Workbook) -> None:
    sheet = book[MARKS]
    for cell in sheet[7]:
        sheet.cell(18, cell.column, cell.value)
    sheet["E7"], sheet["E18"] = "X", "Chưa có"


def _without_tags(book: Workbook) -> None:
    for sheet in (book[MARKS],):
        sheet.delete_cols(1)
        sheet.delete_rows(1)


def _broken_list(book: Workbook) -> None:
    broken = DataValidation(type="list", formula1="#REF!", allow_blank=False)
    broken.add("E25:E66")
    book[MARKS].add_data_validation(broken)


def _styled_rows(book: Workbook) -> None:
    for number in range(20, 1020):
        for column in range(1, 10):
            book[MARKS].cell(number, column).font = Font(italic=True)


# -- whose it is ---------------------------------------------------------------------------------


def _identity() -> Iterator[Case]:
    def unsigned(name: object = None) -> bytes:
        return bent(lambda b: b.remove(b["_kbc"]), {NAME: name} if name else None)  # type: ignore[dict-item]

    yield Case(
        "mat-ma.xlsx",
        "the signed identity is lost; the sender is known",
        unsigned,
        WARNED,
        (("identity_is_signed", None),),
    )
    yield Case(
        "mat-ma-nguoi-la.xlsx",
        "the signed identity is lost, and nobody knows the sender",
        unsigned,
        ACCEPTED,
        (),
        owner=None,
        sender=None,
    )
    yield Case(
        "ma-la.xlsx",
        "signed with somebody else's key",
        lambda: stable(fill(request_workbook(key="a key of somebody else"), GOOD)),
        WARNED,
        (("identity_is_signed", None),),
        owner=None,
    )
    yield Case(
        "ma-bi-sua.xlsx",
        "the signed identity was typed over",
        lambda: bent(_forge),
        WARNED,
        (("identity_is_signed", None),),
        owner=None,
    )
    yield Case(
        "nguoi-gui-la.xlsx",
        "a signed workbook from an unknown address",
        typed,
        WARNED,
        (("sender_is_known", None),),
        sender=None,
    )
    yield Case(
        "cua-co-quan-khac.xlsx",
        "the workbook of another office",
        lambda: typed(reference_code=QUANG_BINH),
        MEND,
        (("workbook_is_of_the_sender", "C11"),),
        owner=QUANG_NINH,
        sender=QUANG_NINH,
    )
    yield Case(
        "doi-ten-co-quan.xlsx",
        "the cover names another office",
        lambda: typed({NAME: "Quảng Bình"}, reference_code=QUANG_NINH),
        MEND,
        (("workbook_is_of_the_sender", "C11"),),
        owner=QUANG_NINH,
        sender=QUANG_NINH,
    )
    yield Case(
        "thieu-dau.xlsx",
        "a slip of the pen in the office's name",
        lambda: typed({NAME: "Sở TT&TT Đông Nai"}),
        ACCEPTED,
    )
    yield Case(
        "khong-dau.xlsx",
        "the office's name without diacritics",
        lambda: typed({NAME: "So TT va TT tinh Dong Nai"}),
        ACCEPTED,
    )
    yield Case(
        "ten-nfd.xlsx",
        "the office's name with its diacritics apart (NFD)",
        lambda: typed({NAME: unicodedata.normalize("NFD", "Sở Thông tin và Truyền thông Đồng Nai")}),
        ACCEPTED,
    )
    yield Case(
        "chu-eth.xlsx", "the Icelandic Ð in place of the Đ", lambda: typed({NAME: "Ðồng Nai"}), ACCEPTED
    )
    yield Case(
        "ten-la.xlsx",
        "a name that is no office's",
        lambda: typed({NAME: "Sở TT&TT tỉnh Đông Đô"}),
        WARNED,
        (("organization_name_is_known", "C11"),),
    )
    yield Case(
        "ngoai-danh-sach.xlsx",
        "signed for an office that was not asked",
        lambda: stable(fill(request_workbook("TTDN12-99", name="Quảng Đông"), GOOD)),
        ACCEPTED,
        (),
        owner=None,
        sender=None,
    )


def _forge(book: Workbook) -> None:
    for row in book["_kbc"].iter_rows():
        for cell in row:
            if isinstance(cell.value, str) and "." in cell.value and len(cell.value) > 60:
                cell.value = cell.value[:10] + "A" + cell.value[11:]


# -- the cells -----------------------------------------------------------------------------------

_EVIDENCE = {"F": "15/QĐ-UBND", "G": "05/3/{year}"}
_ROWS = range(6, 18)


def every_mark(marks: list[object], **columns: object) -> Entries:
    """A mark for each row, with its evidence where it says yes (and these columns instead)."""
    entries: dict[tuple[str, str], object] = {TICK: None}
    for row, mark in zip(_ROWS, marks, strict=True):
        entries[MARKS, f"E{row}"] = mark
        is_no = str(mark).strip().lower().startswith(("chưa", "không", "chua", "k", "0", "n", "false"))
        for column, value in ({} if is_no else {**_EVIDENCE, **columns}).items():
            entries[MARKS, f"{column}{row}"] = str(value).replace("{year}", str(2011 + row % 2))
        if is_no:
            entries |= {(MARKS, f"{column}{row}"): None for column in "FGH"}
    return entries  # type: ignore[return-value]  # text to text, which edits hold too


def _cells() -> Iterator[Case]:
    nfd = unicodedata.normalize("NFD", "có")
    spellings: list[object] = ["x", "X", "✓", "có", "Có", nfd, 1, 1.0, " X ", "X\u00a0", "x\u200b", "CÓ"]
    refusals: list[object] = [
        "Chưa có",
        "chưa có",
        unicodedata.normalize("NFD", "Chưa có"),
        "Không áp dụng",
        "không thuộc đối tượng",
        "KAD",
        "n/a",
        "Chưa có",
        "Chưa có",
        "Chưa có",
        "Chưa có",
        "Chưa có",
    ]
    dates = [
        "05/3/2011",
        "5/3/12",
        "5.3.2011",
        "5-3-2012",
        "ngày 05 tháng 3 năm 2011",
        "2012-03-05",
        40607,
        datetime(2012, 3, 5),  # noqa: DTZ001 - as Excel stores a day
        "05 / 03 / 2011",
        "05/03/2012.",
        "2011-03-05T00:00:00",
        "ngày 5/3/2012",
    ]

    def one(name: str, odd: str, entries: Entries, outcome: str, *at: tuple[str, str | None]) -> Case:
        return Case(name, odd, lambda: typed(entries), outcome, at)

    no_document: Entries = {(MARKS, f"{column}{row}"): None for column in "FG" for row in range(6, 18)}
    yield one("dau-co.xlsx", "twelve ways to say yes", every_mark(spellings), ACCEPTED)
    yield one(
        "dau-khong.xlsx", "ways to say no, and not applicable", every_mark(refusals) | no_document, ACCEPTED
    )
    yield one(
        "de-trong.xlsx",
        "blanks, and the tick that they mean no is not set",
        {TICK: None},
        MEND,
        ("blank_mark_is_confirmed", "E7, E8, E10:E17"),
    )
    yield one(
        "dau-sai.xlsx",
        "words where a mark belongs",
        {(MARKS, "E7"): "đang làm"},
        MEND,
        ("mark_is_valid", "E7"),
    )
    yield one(
        "dau-so.xlsx", "a count where a mark belongs", {(MARKS, "E7"): 3}, MEND, ("mark_is_valid", "E7")
    )
    yield one(
        "dau-dung-sai.xlsx",
        "FALSE, which says no",
        {(MARKS, "E7"): False},
        ACCEPTED,
    )
    yield one(
        "ngay-cac-kieu.xlsx",
        "one day in twelve notations",
        {
            **every_mark(["X"] * 12),
            **{(MARKS, f"G{row}"): day for row, day in zip(_ROWS, dates, strict=True)},
        },  # type: ignore[dict-item]
        ACCEPTED,
    )
    yield one(
        "ngay-khong-co.xlsx",
        "the 31st of February",
        {(MARKS, "G9"): "31/02/2012"},
        MEND,
        ("date_is_valid", "G9"),
    )
    yield one(
        "ngay-kieu-my.xlsx",
        "the month first, as in America",
        {(MARKS, "G9"): "12/28/2012"},
        MEND,
        ("date_is_valid", "G9"),
    )
    yield one(
        "ngay-thieu-nam.xlsx", "a day without a year", {(MARKS, "G9"): "28/12"}, MEND, ("date_is_valid", "G9")
    )
    yield one(
        "ngay-la-so.xlsx",
        "a year alone, which its cell shows as 4/7/1905",
        {(MARKS, "G9"): 2012},
        MEND,
        ("date_is_valid", "G9"),
    )
    yield one(
        "ngay-ngoai-ky.xlsx",
        "a day after the period",
        {(MARKS, "G9"): "05/03/2013"},
        MEND,
        ("document_date_is_in_period", "G9"),
    )
    yield one(
        "ngay-khac-nam.xlsx",
        "a day of another year than its row's",
        {(MARKS, "G9"): "3/4/2011"},
        WARNED,
        ("document_date_is_in_year", "G9"),
    )
    yield one(
        "ngay-bia-sai.xlsx",
        "words where the cover asks for a day",
        {(COVER, "C18"): "cuối năm"},
        MEND,
        ("date_is_valid", "C18"),
    )
    yield one(
        "thieu-can-cu.xlsx",
        "a mark without its document",
        {(MARKS, "E8"): "X"},
        MEND,
        ("mark_has_evidence", "F8, G8"),
    )
    yield one(
        "thieu-so.xlsx",
        "a mark without its document's number",
        {(MARKS, "F9"): None},
        MEND,
        ("mark_has_evidence", "F9"),
    )
    yield one(
        "thieu-ngay.xlsx",
        "a mark without its document's day",
        {(MARKS, "G9"): None},
        MEND,
        ("mark_has_evidence", "G9"),
    )
    yield one(
        "so-khong-dau.xlsx",
        "a document without a mark",
        {(MARKS, "F12"): "97/BC-STTTT"},
        MEND,
        ("evidence_has_mark", "E12"),
    )
    yield one(
        "so-van-ban-chu.xlsx",
        "a document's number without a figure",
        {(MARKS, "F9"): "Kế hoạch của Sở"},
        WARNED,
        ("document_number_is_plausible", "F9"),
    )
    yield one(
        "so-van-ban-la-so.xlsx",
        "a document's number that Excel took for a number",
        {(MARKS, "F9"): 16},
        ACCEPTED,
    )
    yield one(
        "cong-thuc-moi.xlsx",
        "a formula that no program ever calculated",
        {(MARKS, "E7"): '=IF(1=1,"X","")'},
        MEND,
        ("formula_has_result", "E7"),
    )
    yield Case(
        "cong-thuc-co-so.xlsx",
        "a formula with its result",
        lambda: cell_xml("E6", '<c r="E6" t="str"><f>"X"</f><v>X</v></c>'),
        ACCEPTED,
    )
    yield Case(
        "loi-ref.xlsx",
        "#REF! in place of a value",
        lambda: cell_xml("E7", '<c r="E7" t="e"><f>Sheet9!A1</f><v>#REF!</v></c>'),
        MEND,
        (("formula_has_result", "E7"),),
    )
    yield Case(
        "loi-chia-khong.xlsx",
        "#DIV/0! in place of a value",
        lambda: cell_xml("E7", '<c r="E7" t="e"><v>#DIV/0!</v></c>'),
        MEND,
        (("formula_has_result", "E7"),),
    )
    yield one(
        "tieng-viet-nfd.xlsx",
        "prose with its diacritics apart (NFD)",
        {(SECTIONS, "D5"): unicodedata.normalize("NFD", "Đã tổ chức 12 hội nghị ở cơ sở.")},
        ACCEPTED,
    )
    yield one(
        "tcvn3.xlsx",
        "prose in the old TCVN3 letters",
        {(SECTIONS, "D5"): "Bé Th«ng tin vµ TruyÒn th«ng"},
        WARNED,
        ("text_is_unicode", "D5"),
    )
    yield one(
        "vni.xlsx",
        "prose in the old VNI letters",
        {(SECTIONS, "D5"): "Boä Thoâng tin vaø Truyeàn thoâng ñaõ toå chöùc"},
        WARNED,
        ("text_is_unicode", "D5"),
    )
    yield one(
        "cong-thuc-doc.xlsx",
        "a remark that a spreadsheet would carry out",
        {(MARKS, "H6"): '\'=HYPERLINK("http://a.example")'},
        ACCEPTED,
    )
    yield one(
        "rat-dai.xlsx",
        "the longest text that a cell can hold",
        {(SECTIONS, "D5"): "Đã triển khai. " * 2184},
        ACCEPTED,
    )
    yield one(
        "nhieu-dong.xlsx",
        "prose of several lines",
        {(SECTIONS, "D6"): "Một là thiếu cán bộ.\r\nHai là thiếu kinh phí.\n"},
        ACCEPTED,
    )
    yield Case("chu-nhieu-kieu.xlsx", "a mark written in two colours", lambda: bent(_rich), ACCEPTED)
    yield one(
        "nhieu-loi.xlsx",
        "every row is wrong",
        {**every_mark(["??"] * 12), **{(MARKS, f"G{row}"): "không rõ" for row in _ROWS}},
        MEND,
        *[("mark_is_valid", f"E{row}") for row in _ROWS],
        *[("date_is_valid", f"G{row}") for row in _ROWS],
    )
    yield Case(
        "he-1904.xlsx",
        "its days count from 1904, as on an old Macintosh",
        lambda: repacked(_from_1904, sheet_xml(lambda x: x.replace(b"<v>40940</v>", b"<v>39478</v>"))),
        ACCEPTED,
    )


def _rich(book: Workbook) -> None:
    red = InlineFont(color="FFFF0000")
    book[MARKS]["F6"] = CellRichText("15/", TextBlock(red, "QĐ-UBND"))


def _from_1904(name: str, content: bytes) -> bytes:
    if name != "xl/workbook.xml":
        return content
    changed, count = re.subn(
        rb"<workbookPr\s*/>|<workbookPr ", b'<workbookPr date1904="1"/>', content, count=1
    )
    if not count:
        raise LookupError("the workbook has no properties to change")
    return changed


# -- the form ------------------------------------------------------------------------------------


def _form() -> Iterator[Case]:
    yield Case(
        "thieu-thuyet-minh.xlsx",
        "a section that is asked for is blank",
        lambda: typed({(SECTIONS, "D5"): None}),
        WARNED,
        (("section_is_filled", "D5"),),
    )
    yield Case(
        "giai-trinh.xlsx",
        "a warning that the office explains in the workbook",
        lambda: typed({(MARKS, "G9"): "3/4/2011", (MARKS, "I9"): "Kế hoạch hai năm"}),
        WARNED,
        (("document_date_is_in_year", "G9"),),
    )
    yield Case(
        "trong-mau.xlsx",
        "the form as it was sent, not filled in",
        lambda: stable(request_workbook()),
        MEND,
        (("blank_mark_is_confirmed", "E6:E17"), ("section_is_filled", "D5"), ("section_is_filled", "D6")),
    )
