"""The request letter, and letter 212/BTTTT-TTĐN of 18/01/2013 generated from the tracking table."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as DocumentObject
from sqlalchemy import Engine, text

from reporting.consolidation.stated import load_stated
from reporting.database import engine as make_engine
from reporting.documents.lifecycle import Draft, add_version
from reporting.letters.follow_up import render_follow_up_letter
from reporting.letters.request import render_request_letter
from tests.integration.letters.filled import fill
from tests.unit.summary.sample import rows

GOLDEN = Path(__file__).parents[2] / "data" / "letter_212_2013.txt"


def docx(draft: Draft) -> DocumentObject:
    return Document(io.BytesIO(draft.files[0].data))


def words(document: DocumentObject) -> list[str]:
    return [" ".join(p.text.split()) for p in document.paragraphs if p.text.strip()]


@pytest.fixture
def warehouse(warehouse_url: str) -> Engine:
    return make_engine(warehouse_url)


@pytest.fixture
def cycle_id(warehouse: Engine) -> str:
    return fill(warehouse)


def follow_up(warehouse: Engine, cycle_id: str, stated: bool) -> Draft:
    figures = load_stated("ttdn_dia_phuong__2011_2012") if stated else None
    with warehouse.begin() as connection:
        return render_follow_up_letter(connection, cycle_id, figures)


SLIPS = {
    "triển khai Quyết định số 79/QĐ-TTg của": "triển khai Quyết định số 79/2010/QĐ-TTg của",
    "tiếp tục thực hiện Quyết định số 79/QĐ-TTg ngày": "tiếp tục thực hiện Quyết định số 79/2010/QĐ-TTg ngày",
    "Trân trọng ./.": "Trân trọng./.",
}
"""What is mended in the letter as typed: the full symbol of the decision, a blank before the closing mark."""


def original() -> tuple[list[str], list[str]]:
    """The paragraphs of the letter as issued, without emphasis and with the slips mended; its copies."""
    typed = GOLDEN.read_text(encoding="utf-8")
    for slip, mended in SLIPS.items():
        assert typed.count(slip) == 1
        typed = typed.replace(slip, mended)
    plain = re.sub(r"\\(?=\*)|(?<!\\)\*+", "", typed)
    body, copies = plain.split("Nơi nhận:")
    listed = [line for line in copies.splitlines() if line.startswith("- ")]
    after = copies.split(listed[-1])[1]
    return [" ".join(p.split()) for p in (body + after).split("\n\n") if p.strip()], listed


def test_the_letter_of_2013_is_generated_word_for_word_from_the_figures_it_stated(
    warehouse: Engine, cycle_id: str
) -> None:
    document = docx(follow_up(warehouse, cycle_id, stated=True))
    body, copies = original()
    assert words(document) == body
    closing = document.tables[1]
    assert closing.cell(0, 0).text.splitlines() == ["Nơi nhận:", *copies]
    assert closing.cell(0, 1).text.split("\n")[:2] == ["KT. BỘ TRƯỞNG", "THỨ TRƯỞNG"]
    assert closing.cell(0, 1).text.split("\n")[-1] == "Đỗ Quý Doãn"
    number = document.tables[0].cell(1, 0).text
    assert "năm\N{NO-BREAK SPACE}2013" in number
    assert " ".join(number.split()) == "Số: /BTTTT-TTĐN V/v triển khai công tác thông tin đối ngoại năm 2013"


def test_with_our_figures_only_the_claim_of_the_regulations_differs(warehouse: Engine, cycle_id: str) -> None:
    stated = words(docx(follow_up(warehouse, cycle_id, stated=True)))
    ours = words(docx(follow_up(warehouse, cycle_id, stated=False)))
    claim = "/63 tỉnh, thành phố ban hành Quy chế"
    assert [line.replace(f"9{claim}", f"8{claim}") for line in ours] == stated
    assert ours != stated


def test_the_table_of_the_letter_has_its_shape(warehouse: Engine, cycle_id: str) -> None:
    document = docx(follow_up(warehouse, cycle_id, stated=True))
    table = document.tables[-1]
    header = [cell.text for cell in table.rows[0].cells]
    assert header[:2] == ["Stt", "Sở TT&TT"]
    assert header[2] == header[3] == "Quy chế QLNN về TTĐN"
    assert [cell.text for cell in table.rows[1].cells[2:]] == ["2011", "2012"] * 6
    source = rows()
    for number, (printed, known) in enumerate(zip(table.rows[2:-1], source, strict=True), 1):
        cells = [cell.text for cell in printed.cells]
        assert cells[:2] == [str(number), known["so_tttt"]]
        assert cells[2:] == [v.strip().upper() for c, v in known.items() if c not in {"stt", "so_tttt"}]
    totals = [cell.text for cell in table.rows[-1].cells]
    assert totals == ["", "Tổng", "2", "6", "32", "14", "10", "20", "59", "50", "", "28", "10", ""]
    ours = docx(follow_up(warehouse, cycle_id, stated=False)).tables[-1]
    assert [c.text for c in ours.rows[-1].cells][2:4] == ["2", "7"]
    assert [c.text for c in ours.rows[-1].cells][-4:] == ["", "28", "10", ""]


def test_the_request_says_the_same_to_all_and_lists_the_departments(warehouse: Engine, cycle_id: str) -> None:
    with warehouse.begin() as connection:
        draft = render_request_letter(connection, cycle_id)
    document = docx(draft)
    body = "\n".join(words(document))
    assert "Kính gửi: Sở Thông tin và Truyền thông các tỉnh, thành phố trực thuộc Trung ương" in body
    assert "ngày 22/4/2011 của Bộ Thông tin và Truyền thông, để có cơ sở tổng hợp" in body
    assert "1. Báo cáo tình hình, kết quả công tác thông tin đối ngoại" in body
    assert "(qua Cục Thông tin đối ngoại) đến hết ngày 31/12/2012;" in body
    assert "{" not in body
    listed = [[cell.text for cell in row.cells] for row in document.tables[-1].rows]
    assert listed[0] == ["STT", "Tên cơ quan"]
    assert len(listed) == 64
    assert listed[1] == ["1", "Sở Thông tin và Truyền thông tỉnh An Giang"]
    head = document.tables[0]
    assert head.cell(1, 0).text.splitlines()[0] == "Số: /BTTTT-TTĐN".replace(" ", "        ")
    assert head.cell(1, 1).text == "Hà Nội, ngày      tháng      năm 2012"
    footer = document.sections[0].first_page_footer.paragraphs[0].text
    assert footer.startswith("Bản phục dựng")
    assert "DIỄN TẬP – KHÔNG CÓ GIÁ TRỊ" in document.sections[0].first_page_header._element.xml
    assert "**Danh sách gửi (63 cơ quan):**" in draft.body_markdown


def test_a_letter_drafted_twice_is_one_version(warehouse: Engine, cycle_id: str) -> None:
    with warehouse.begin() as connection:
        first = render_request_letter(connection, cycle_id)
        second = render_request_letter(connection, cycle_id)
        assert first == second
        assert add_version(connection, cycle_id, "request_letter", first) == 1
        assert add_version(connection, cycle_id, "request_letter", second) == 1


def test_an_unknown_cycle_is_named(warehouse: Engine) -> None:
    with warehouse.begin() as connection, pytest.raises(LookupError, match="khong_co"):
        render_request_letter(connection, "khong_co")


def test_a_regime_without_follow_up_letter_says_where_to_write_it(warehouse: Engine, cycle_id: str) -> None:
    with warehouse.begin() as connection:
        connection.execute(
            text("UPDATE cycle.cycle SET regime_content = regime_content || '{\"follow_up_letter\": null}'")
        )
        with pytest.raises(LookupError, match=r"include/regimes/ttdn_dia_phuong\.yaml"):
            render_follow_up_letter(connection, cycle_id, None)
