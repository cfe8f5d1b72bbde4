"""The appendix: live formulas, their stored values, forms of every kind, order and length of its tables."""

from __future__ import annotations

import csv
import dataclasses
import io
import shutil
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporting.forms.models import Form, load_form
from reporting.letters.totals import TotalsError, check_totals
from reporting.summary import workbook
from reporting.summary.appendix import render_appendix, render_tracking_csv
from reporting.summary.data import ListRow, Mark, Number, SummaryData
from reporting.summary.reconciliation import render_reconciliation
from reporting.summary.walking import by_office
from reporting.summary.workbook import Formula, Workbook
from tests.unit.summary.sample import summary, table_of_2011_2012

needs_office = pytest.mark.skipif(
    not (shutil.which("soffice") or shutil.which("libreoffice")), reason="LibreOffice is not installed"
)
PROGRESS, PROPOSALS = ("tien_do_nq_47", "2024.1"), ("de_xuat_kl_57", "2023.1")


def wide(count: int, years: tuple[int, ...]) -> Form:
    """The tracking form with so many marks, in these years."""
    form = load_form("theo_doi_ttdn", "2012.1")
    marks = tuple(
        form.indicators[0].model_copy(update={"code": f"muc_{n:02d}", "label": f"Nội dung theo dõi số {n}"})
        for n in range(count)
    )
    return form.model_copy(update={"indicators": marks, "years": years})


def filled(form: Form, offices: int = 7) -> SummaryData:
    """Answers to every part of a form; the last office sends nothing."""
    base = summary({f"Tỉnh {n}": [] for n in range(offices)}, silent=[f"Tỉnh {offices - 1}"])
    marks, numbers, rows = [], [], []
    for n, office in enumerate(base.offices):
        key, file = office.organization_id, f"{office.organization_id}.xlsx"
        known = n < offices - 1
        for place, indicator in enumerate(form.indicators):
            for year in form.years:
                is_marked = (n * 3 + place + year) % 4 == 0 if known else None
                marks.append(Mark(key, indicator.code, year, is_marked, state="yes" if is_marked else "no"))
        for place, quantity in enumerate(form.quantity_rows if known else ()):
            for year in form.years:
                value = Decimal(n * 100 + place) + Decimal("0.5")
                numbers.append(Number(key, quantity.code, year, "value", value, "Biểu 2", "E5", file))
        for table in form.lists if known else ():
            for position in range(n % 3):
                content: dict[str, str | float | int] = {}
                for column in table.columns:
                    if column.kind == "choice":
                        content[column.code] = column.choices[(n + position) % len(column.choices)]
                    elif column.kind in {"amount", "count"}:
                        content[column.code] = 10.5 * n
                    elif column.kind == "date":
                        content[column.code] = "2025-12-31"
                    else:
                        content[column.code] = f"=cmd|'/C calc'!A{n}"
                rows.append(ListRow(key, table.code, position + 1, content, "Biểu 3", "C6", file))
    marked = [m for m in marks if m.is_marked]
    return dataclasses.replace(
        base,
        form=form,
        marks=tuple(marks),
        numbers=tuple(numbers),
        list_rows=tuple(rows),
        totals={
            (i.code, y): sum((m.indicator, m.year) == (i.code, y) for m in marked)
            for i in form.indicators
            for y in form.years
        },
        distinct={
            i.code: len({m.organization_id for m in marked if m.indicator == i.code}) for i in form.indicators
        },
    )


def formulas(data: bytes) -> Iterator[tuple[str, str, str, object]]:
    """Sheet, cell, formula and stored value of every formula of a workbook."""
    live = openpyxl.load_workbook(io.BytesIO(data))
    stored = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    for sheet in live:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    value = stored[sheet.title][cell.coordinate].value
                    yield sheet.title, cell.coordinate, str(cell.value), value


def recalculated(data: bytes, folder: Path) -> bytes:
    """The workbook as LibreOffice saves it after computing it anew."""
    (folder / "a.xlsx").write_bytes(data)
    office = shutil.which("soffice") or shutil.which("libreoffice")
    assert office is not None
    profile = (folder / "profile").as_uri()
    subprocess.run(
        [
            office, "--headless", f"-env:UserInstallation={profile}", "--convert-to", "xlsx",
            "--outdir", str(folder / "out"), str(folder / "a.xlsx"),
        ],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    return (folder / "out" / "a.xlsx").read_bytes()


FORMS = [
    load_form("theo_doi_ttdn", "2012.1"),
    load_form(*PROGRESS),
    load_form(*PROPOSALS),
    wide(15, (2011, 2012)),
    wide(40, (2010, 2011, 2012)),
]
NAMES = ["tracking", "progress", "proposals", "15 marks of two years", "40 marks of three years"]


@needs_office
@pytest.mark.parametrize("form", FORMS, ids=NAMES)
def test_every_formula_makes_what_is_stored_with_it(form: Form, tmp_path: Path) -> None:
    written = render_appendix(filled(form))
    bare = _without_values(written)
    assert {value for _, _, _, value in formulas(bare)} == {None}
    made = {(sheet, cell): value for sheet, cell, _, value in formulas(recalculated(bare, tmp_path))}
    stored = list(formulas(written))
    assert stored
    for sheet, cell, formula, value in stored:
        assert made[sheet, cell] == pytest.approx(value), (sheet, cell, formula)


def _without_values(data: bytes) -> bytes:
    """The workbook without the values stored with its formulas, so that these must be computed."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_the_totals_are_those_of_the_data() -> None:
    data = filled(load_form("theo_doi_ttdn", "2012.1"))
    found = {cell: value for sheet, cell, _, value in formulas(render_appendix(data)) if "theo dõi" in sheet}
    columns = [(i.code, y) for i in data.form.indicators for y in data.form.years]
    letters = "CDEFGHIJKLMN"
    assert [found[f"{letter}15"] for letter in letters] == [data.totals[c] for c in columns]
    assert [found[f"{letter}16"] for letter in letters[::2]] == list(data.distinct.values())


def test_numbers_are_summed_and_percentages_are_not() -> None:
    data = filled(load_form(*PROGRESS))
    written = render_appendix(data)
    sheet = openpyxl.load_workbook(io.BytesIO(written))["Số liệu"]
    stored = openpyxl.load_workbook(io.BytesIO(written), data_only=True)["Số liệu"]
    total = 4 + 1 + len(data.offices)
    for column, quantity in enumerate(data.form.quantity_rows, 3):
        value = stored.cell(total, column).value
        if quantity.kind in {"percent", "number"}:
            assert value is None
        else:
            assert str(sheet.cell(total, column).value).startswith("=SUM(")
            assert value == float(sum(n.value or 0 for n in data.numbers if n.indicator == quantity.code))
    assert any(q.kind == "percent" for q in data.form.quantity_rows)


def test_a_form_of_proposals_has_its_table_and_no_tracking_sheet() -> None:
    data = filled(load_form(*PROPOSALS))
    book = openpyxl.load_workbook(io.BytesIO(render_appendix(data)), data_only=True)
    assert "Bảng theo dõi" not in book.sheetnames
    assert "Căn cứ số liệu" not in book.sheetnames
    sheet = book.worksheets[0]
    headings = [cell.value for cell in sheet[4]]
    assert headings[:4] == ["STT", "Cơ quan", "Tên nhiệm vụ, đề án", "Quy mô"]
    rows = len(data.list_rows)
    beneath = {sheet.cell(5 + rows + n, 2).value: n for n in range(6)}
    choices = data.form.lists[0].columns[1].choices
    for choice in choices:
        row = 5 + rows + beneath[f"Quy mô: {choice}"]
        assert sheet.cell(row, 4).value == sum(r.content["quy_mo"] == choice for r in data.list_rows)
    table = list(csv.reader(io.StringIO(render_tracking_csv(data).decode())))
    assert table[0] == ["stt", "co_quan" if data.words != "department" else "so_tttt", "nhiem_vu_so_dong"]
    assert [row[2] for row in table[1:]] == ["0", "1", "2", "0", "1", "2", ""], "the last gave nothing"


def test_the_csv_has_numbers_too_and_no_formula() -> None:
    data = filled(load_form(*PROGRESS))
    evil = dataclasses.replace(data.offices[0], short_name="=cmd|'/C calc'!A0")
    table = list(
        csv.DictReader(
            io.StringIO(
                render_tracking_csv(dataclasses.replace(data, offices=(evil, *data.offices[1:]))).decode()
            )
        )
    )
    first = data.form.quantity_rows[0].code
    assert [row[f"{first}_2024"] for row in table][:2] == ["0.5", "100.5"]
    assert next(iter(table[0].values())) == "1"
    assert table[0]["so_tttt"] == "'=cmd|'/C calc'!A0"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_what_an_office_wrote_is_text_in_every_sheet(start: str) -> None:
    words = f"{start}cmd|'/C calc'!A0"
    data = filled(load_form(*PROPOSALS))
    rows = tuple(
        dataclasses.replace(r, content=dict.fromkeys(r.content, words), filename=words, sheet=words)
        for r in data.list_rows
    )
    data = dataclasses.replace(data, list_rows=rows)
    for written in (render_appendix(data), render_reconciliation(data)):
        book = openpyxl.load_workbook(io.BytesIO(written))
        told = [c for s in book for row in s.iter_rows() for c in row if "calc" in str(c.value)]
        assert told
        assert {c.data_type for c in told} == {"s"}
        # openpyxl reads a carriage return as a line feed, as any XML reader does
        assert all(c.quotePrefix for c in told if str(c.value).startswith((*"=+-@\t\r\n",)))


def test_a_total_that_is_not_that_of_the_rows_stops_the_appendix() -> None:
    data = table_of_2011_2012()
    wrong = dataclasses.replace(data, totals={**data.totals, ("quy_che", 2012): 6})
    with pytest.raises(TotalsError, match=r"Bảng theo dõi: quy_che 2012: 6 stated, the rows make 7"):
        render_appendix(wrong)
    wrong = dataclasses.replace(data, distinct={**data.distinct, "quy_che": 8})
    with pytest.raises(TotalsError, match=r"quy_che : 8 stated, the rows make 9"):
        render_appendix(wrong)


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_totals_of_any_table_pass_and_any_other_figure_does_not(draw: st.DataObject) -> None:
    names = [f"Tỉnh {n}" for n in range(draw.draw(st.integers(1, 5)))]
    columns = [f"{c}_{y}" for c in ("quy_che", "ke_hoach", "de_an") for y in (2011, 2012)]
    data = summary({name: draw.draw(st.lists(st.sampled_from(columns), unique=True)) for name in names})
    values = [value for sheet, _, _, value in formulas(render_appendix(data)) if "theo dõi" in sheet]
    assert values[:12] == [data.totals[i.code, y] for i in data.form.indicators for y in data.form.years]
    spoilt = draw.draw(st.sampled_from(sorted(data.totals)))
    off = draw.draw(st.sampled_from([-1, 1, 5]))
    with pytest.raises(TotalsError, match=f"{spoilt[0]} {spoilt[1]}"):
        render_appendix(dataclasses.replace(data, totals={**data.totals, spoilt: data.totals[spoilt] + off}))


def test_a_total_of_no_column_is_one_too_many() -> None:
    check_totals("Bảng", {("a", 1): 2}, {("a", 1): 2, ("b", 1): 0})
    with pytest.raises(TotalsError, match="b 1: 3 stated, but the table has no such column"):
        check_totals("Bảng", {("a", 1): 2}, {("a", 1): 2, ("b", 1): 3})


def test_records_out_of_the_order_of_the_list_are_refused() -> None:
    data = summary({"A": ["quy_che_2011"], "B": []})
    walked = [(o.short_name, len(marks)) for o, marks in by_office(data.offices, data.marks)]
    assert walked == [("A", 12), ("B", 12)]
    with pytest.raises(ValueError, match="out of the order of the list"):
        list(by_office(data.offices, reversed(tuple(data.marks))))


def test_a_table_longer_than_a_sheet_goes_on_upon_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "ROWS_OF_A_SHEET", 250)
    book = Workbook()
    book.table("Dài", "DÀI", [("STT", 6), ("Chữ", 20)], ([n, f"chữ {n}"] for n in range(1, 501)))
    made = openpyxl.load_workbook(io.BytesIO(book.finish()))
    assert made.sheetnames == ["Dài", "Dài (tiếp 2)"]
    assert [sheet.max_row for sheet in made] == [254, 254]
    assert made["Dài (tiếp 2)"]["A5"].value == 251
    assert [sheet.auto_filter.ref for sheet in made] == ["A4:B254"] * 2
    assert [sheet.freeze_panes for sheet in made] == ["A5"] * 2


def test_names_of_sheets_are_made_fit_and_unlike() -> None:
    book = Workbook()
    for name in ("Khó khăn: [A/B]", "Khó khăn: [A/B]", "Đ" * 40, "Đ" * 41):
        book.table(name, name, [("STT", 6)], [[1]])
    names = openpyxl.load_workbook(io.BytesIO(book.finish())).sheetnames
    assert names == ["Khó khăn   A B", "Khó khăn   A B (2)", "Đ" * 31, "Đ" * 27 + " (2)"]


def test_rows_written_at_once_read_like_those_written_cell_by_cell() -> None:
    values = [1, Decimal("1234.5"), "chữ & <dấu>", " giữ khoảng trắng ", "hai\ndòng", "_x0041_", "=1+1", None]
    book = Workbook()
    sheet = book.sheet("A")
    styles = [book.style(border=1)] * len(values)
    book.row(sheet, 0, values, styles, 20)
    for column, value in enumerate(values):
        book.write(sheet, 1, column, value, border=1)
    book.write(sheet, 2, 0, Formula("=SUM(A1:A2)", 2))
    made = openpyxl.load_workbook(io.BytesIO(book.finish()))["A"]
    first, second = ([(c.value, c.number_format, c.quotePrefix) for c in row] for row in list(made.rows)[:2])
    assert first == second
    # openpyxl leaves the escape of what looks like one as it stands; Excel and LibreOffice read it
    assert [value for value, _, _ in first] == [
        1, 1234.5, "chữ & <dấu>", " giữ khoảng trắng ", "hai\ndòng", "_x005F_x0041_", "=1+1", None,
    ]  # fmt: skip
