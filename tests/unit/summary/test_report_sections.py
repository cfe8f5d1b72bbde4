"""Sections beside the marks: numbers, open tables, the last period, the unit's own wording; and what offices
write is never more than text.
"""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest
from docx import Document
from docx.oxml.ns import qn

from reporting.clock import VIETNAM
from reporting.documents.section_texts import SectionText
from reporting.forms.models import FollowUp, Form, Section, load_form
from reporting.letters.official import TEMPLATES
from reporting.letters.template_check import check_template, contracts
from reporting.regimes.models import load_regime
from reporting.summary import snapshot
from reporting.summary.data import ListRow, Narrative, Number, Previous, PreviousFigure, SummaryData
from reporting.summary.report import outline, render_report, report_sections
from reporting.summary.report_appendices import MOST_OFFICES, appendices
from reporting.summary.sections import figures, markdown, named
from reporting.summary.tally import tally
from tests.unit.summary.sample import office, summary

NAMES = ("An Giang", "Bắc Giang", "Bến Tre", "Cà Mau", "Đắk Lắk", "Gia Lai")
NASTY = (
    "{{ 7*7 }}",
    "{% for x in y %}",
    "{_{ 7*7 }_}",
    "<w:p><w:r><w:t>chen</w:t></w:r></w:p>",
    "**đậm** # tiêu đề | ô",
    "ký tự \x00\x07 điều khiển",
    "=HYPERLINK('x')",
    "\ue0000\ue001",
)


def progress(names: Sequence[str] = NAMES, **changes: object) -> SummaryData:
    """A cycle of Resolution 47: the first office has no budget, the last one stays silent."""
    form = load_form("tien_do_nq_47", "2024.1")
    base = summary({name: [] for name in names}, silent=names[-1:])
    numbers = []
    for place, item in enumerate(base.offices[:-1]):
        for code, value in (
            ("kinh_phi", 100 * place),
            ("kinh_phi_dia_phuong", 70 * place),
            ("kinh_phi_trung_uong", 30 * place),
            ("ty_le_cap_huyen", 10 + place),
        ):
            state = "value" if value else "nil"
            given = Decimal(value) if value else None
            numbers.append(
                Number(item.organization_id, code, 2024, state, given, "Biểu 2", "D5", "bieu.xlsx")
            )
    values: dict[str, object] = {
        "form": form,
        "regime": load_regime("tien_do_nq_47"),
        "marks": (),
        "totals": {},
        "distinct": {},
        "numbers": tuple(numbers),
        "list_rows": tuple(
            ListRow(
                item.organization_id, "nhiem_vu", 1,
                {"ten": f"Đề án {n}", "quy_mo": "Quốc gia" if n else "Địa phương",
                 "co_quan_chu_tri": "Bộ Ngoại giao" if n % 2 else "Bộ  ngoại giao", "kinh_phi_du_kien": 12.5},
                "Biểu 3", "B6", "bieu.xlsx",
            )
            for n, item in enumerate(base.offices[:3])
        ),
    }  # fmt: skip
    return dataclasses.replace(base, **{**values, **changes})  # type: ignore[arg-type]


def said(data: SummaryData, code: str) -> list[str]:
    return [b.text for s in report_sections(data) if s.code == code for b in s.blocks if b.kind != "picture"]


def test_numbers_are_summed_with_how_many_gave_them_and_percentages_never() -> None:
    found = said(progress(), "quantities")
    assert (
        "- Kinh phí bố trí cho công tác thông tin đối ngoại: 1.000 triệu đồng (5/6), cao nhất là Đắk Lắk "
        "(400 triệu đồng); trong đó từ ngân sách địa phương 700 triệu đồng (chiếm 70%), từ ngân sách trung "
        "ương 300 triệu đồng (chiếm 30%)."
    ) in found
    assert "- Tỷ lệ đơn vị cấp huyện đã có kế hoạch thông tin đối ngoại: từ 10% đến 14% (5/6)." in found
    known = {f.code: f.value for f in figures(report_sections(progress()))}
    assert known["sum:kinh_phi:2024"] == 1000
    assert known["offices:kinh_phi:2024"] == 5
    assert "sum:ty_le_cap_huyen:2024" not in known


def test_rows_are_counted_by_choice_and_by_the_same_words_whatever_their_case() -> None:
    found = said(progress(), "proposals_table")
    assert found[0] == "Có 3/6 tỉnh, thành phố nêu tổng số 03 nội dung."
    assert "Theo quy mô: Quốc gia 02; Địa phương 01." in found
    assert "Theo cơ quan chủ trì: Bộ ngoại giao 03." in found
    assert "Kinh phí dự kiến được nêu tại 03 nội dung, tổng số 37,5 triệu đồng." in found


def test_the_last_period_is_set_beside_this_one() -> None:
    before = Previous(
        "tien_do_nq_47__2023", "tiến độ", date(2023, 1, 1), date(2023, 12, 31), 6, 6,
        (PreviousFigure("kinh_phi", 2024, 2023, 6, Decimal(1200)),),
    )  # fmt: skip
    (table,) = [
        b.table
        for s in report_sections(progress(previous=before))
        for b in s.blocks
        if s.code == "changes" and b.table is not None
    ]
    assert [c.text for c in table.rows[1]] == ["1", "Kinh phí", "triệu đồng", "1.200", "1.000", "−200"]
    assert not said(progress(), "changes")
    assert any("không bằng nhau" in line for line in said(progress(previous=before), "changes"))


def test_a_form_of_proposals_alone_tells_results_difficulties_and_tasks() -> None:
    form = load_form("de_xuat_kl_57", "2023.1")
    data = progress(
        form=form,
        numbers=(),
        narratives=(
            Narrative("so_tttt_1", "results", "Tổ chức tuần văn hóa", "Thuyết minh", "C6", "b.xlsx"),
        ),
    )
    codes = [s.code for s in report_sections(data)]
    assert "contents" not in codes
    assert any("tổng hợp được báo cáo theo biểu mẫu của 5/6" in line for line in said(data, "answers"))
    assert "quantities" not in codes
    assert said(data, "achieved")[-1] == "- An Giang báo cáo: Tổ chức tuần văn hóa."
    assert [a.name for a in appendices(data, tally(data))] == ["Phụ lục I", "Phụ lục II"]
    assert render_report(data)


def test_what_nobody_signed_or_confirmed_is_not_cited() -> None:
    unsigned = Narrative("so_tttt_2", "difficulties", "Thiếu kinh phí", "Thuyết minh", "C9", "b.xlsx", False)
    data = progress(narratives=(unsigned,))
    assert not any("kinh phí" in line for line in said(data, "limits"))
    assert tally(data).not_cited == {"difficulties": 1}
    assert "difficulties" not in {a.code for a in appendices(data, tally(data))}


def test_the_form_asks_what_became_of_a_direction_of_the_government() -> None:
    direction = FollowUp(
        item_id=1, number="11062/VPCP-QHQT", signed_on=date(2020, 12, 31), issuer="Văn phòng Chính phủ",
        wording="Đổi mới công tác thông tin đối ngoại.",
    )  # fmt: skip
    form = load_form("tien_do_nq_47", "2024.1")
    asked = Section(code="chi_dao_1", label="Kết quả", prompt="Nêu kết quả", follow_up=direction)
    data = progress(
        form=Form.model_validate({**form.model_dump(), "sections": [*form.sections, asked]}),
        narratives=(
            Narrative("so_tttt_1", "chi_dao_1", "Đã đổi mới nội dung", "Thuyết minh", "C12", "b.xlsx"),
        ),
    )
    assert said(data, "follow_up") == [
        "1. Đổi mới công tác thông tin đối ngoại (Văn bản số 11062/VPCP-QHQT ngày 31/12/2020 của Văn phòng "
        "Chính phủ)",
        "1/6 tỉnh, thành phố đã báo cáo kết quả thực hiện:",
        "- An Giang báo cáo: Đã đổi mới nội dung.",
    ]


def test_the_units_own_wording_is_added_or_stands_in_place_with_its_figures_gone() -> None:
    def written(section: str, mode: Literal["add", "replace"]) -> SectionText:
        return SectionText(
            section,
            mode,
            "Đoạn một.\nĐoạn hai.",
            "cv",
            datetime(2024, 12, 1, tzinfo=VIETNAM),
        )

    added = progress(section_texts=(written("quantities", "add"),))
    assert said(added, "quantities")[-2:] == ["Đoạn một.", "Đoạn hai."]
    replaced = progress(section_texts=(written("quantities", "replace"), written("causes", "replace")))
    assert said(replaced, "quantities") == ["Đoạn một.", "Đoạn hai."]
    (section,) = [s for s in report_sections(replaced) if s.code == "quantities"]
    assert not section.has_figures
    assert [s.title for s in report_sections(replaced) if s.code == "causes"] == ["III. NGUYÊN NHÂN"]
    assert not said(progress(), "causes")
    assert {"causes", "follow_up"} <= {s.code for s in named(outline(progress()))}


@pytest.mark.parametrize("nasty", NASTY)
def test_what_offices_write_is_never_more_than_text(nasty: str) -> None:
    """No place of the template, no XML, no Markdown comes of it, wherever it stands."""
    base = progress()
    first, *others = base.offices
    data = dataclasses.replace(
        base,
        offices=(dataclasses.replace(first, short_name=f"X {nasty}"), *others),
        narratives=tuple(
            Narrative("so_tttt_1", section, f"abc {nasty} xyz", "Thuyết minh", "C9", "b.xlsx")
            for section in ("results", "difficulties", "proposals")
        ),
        list_rows=tuple(
            dataclasses.replace(row, content={**row.content, "ten": nasty, "co_quan_chu_tri": nasty})
            for row in base.list_rows
        ),
        section_texts=(SectionText("limits", "add", nasty, "cv", datetime(2024, 12, 1, tzinfo=VIETNAM)),),
    )
    document = Document(io.BytesIO(render_report(data)))
    printed = "\n".join(
        "".join(t.text or "" for t in p.iter(qn("w:t"))) for p in document.element.body.iter(qn("w:p"))
    )
    assert "49" not in printed
    harmless = "".join(c for c in nasty if c >= " ")
    assert printed.count(f"abc {harmless} xyz") >= 3
    assert document.tables[0].cell(0, 0).text.startswith("BỘ")
    lines = markdown(report_sections(data))
    assert not any(line.startswith(("#", "<")) or "**đậm**" in line for line in lines)


def test_the_same_data_give_the_same_bytes_through_a_snapshot() -> None:
    data = progress()
    stored = snapshot.opened(snapshot.stored(data))
    assert render_report(stored) == render_report(data)


def test_many_offices_are_told_by_region_and_the_list_is_left_to_the_workbook() -> None:
    names = [f"Đơn vị {n}" for n in range(1, MOST_OFFICES + 3)]
    data = progress(names)
    parted = tuple(
        office(
            o.short_name,
            o.position,
            answered=o.has_figures,
            region=("Tây Nguyên", "Đông Nam Bộ")[o.position % 2],
        )
        for o in data.offices
    )
    data = dataclasses.replace(data, offices=parted)
    found = {a.code: a for a in appendices(data, tally(data))}
    for code in ("tracking", "offices", "list:nhiem_vu", "data"):
        table = found[code].blocks[0].table
        assert table is not None
        assert {row[1].text for row in table.rows} >= {"Tây Nguyên", "Đông Nam Bộ"}
        assert len(table.rows) <= 5
        assert "tệp Phụ lục" in found[code].blocks[-1].text
    total = found["data"].blocks[0].table
    assert total is not None
    codes = [q.code for q in data.form.quantity_rows]
    assert total.rows[-1][2 + codes.index("kinh_phi")].text == "2.010.000"


def test_a_template_that_lost_a_section_is_told_in_words(tmp_path: Path) -> None:
    name = "report/summary_report.docx"
    document = Document(str(TEMPLATES / name))
    at = next(n for n, p in enumerate(document.paragraphs) if p.text == "{%p if limits.body %}")
    for paragraph in document.paragraphs[at : at + 4]:
        paragraph._p.getparent().remove(paragraph._p)
    document.save(str(tmp_path / "edited.docx"))
    messages = [f.message for f in check_template(tmp_path / "edited.docx", contracts()[name])]
    assert any("Tồn tại, hạn chế" in message and "limits.body" in message for message in messages)


@pytest.mark.parametrize("place", ["part_results", "part_assessment", "directions", "proposals"])
def test_a_template_that_lost_the_line_of_a_part_is_told_in_words(tmp_path: Path, place: str) -> None:
    name = "report/summary_report.docx"
    document = Document(str(TEMPLATES / name))
    (line,) = (p for p in document.paragraphs if p.text == f"{{{{ {place}.number }}}}")
    line._p.getparent().remove(line._p)
    document.save(str(tmp_path / "edited.docx"))
    messages = [f.message for f in check_template(tmp_path / "edited.docx", contracts()[name])]
    assert any(f"{place}.number" in message for message in messages)


def test_numbers_follow_the_order_of_an_edited_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "report/summary_report.docx"
    document = Document(str(TEMPLATES / name))
    listed = document.paragraphs
    first = next(n for n, p in enumerate(listed) if p.text == "{%p if achieved.body %}")
    second = next(n for n, p in enumerate(listed) if p.text == "{%p if limits.body %}")
    for paragraph in listed[second : second + 4]:
        listed[first]._p.addprevious(paragraph._p)
    (tmp_path / "report").mkdir()
    document.save(str(tmp_path / name))
    monkeypatch.setattr("reporting.letters.official.template_path", lambda template: tmp_path / template)
    printed = [p.text for p in Document(io.BytesIO(render_report(progress()))).paragraphs]
    at = printed.index("I. TỒN TẠI, HẠN CHẾ")
    assert "II. KẾT QUẢ ĐẠT ĐƯỢC" in printed[at:]
