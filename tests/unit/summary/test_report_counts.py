"""Every office that was asked is counted in one place, and none is said to lack what it did not speak of."""

from __future__ import annotations

import dataclasses
import io
import re
from decimal import Decimal

import openpyxl
import pytest
from docx import Document
from docx.oxml.ns import qn

from reporting.forms.models import load_form
from reporting.regimes.models import load_regime
from reporting.summary.addressees import addressee_of
from reporting.summary.appendix import render_appendix
from reporting.summary.data import ListRow, Narrative, SummaryData
from reporting.summary.draft import summary_draft
from reporting.summary.report import render_report, report_sections
from reporting.summary.report_appendices import appendices
from reporting.summary.sections import figures
from reporting.summary.tally import tally, task_key
from tests.unit.summary.sample import summary

NAMES = ("An Giang", "Bắc Giang", "Bắc Kạn", "Bến Tre")
ALL = ("quy_che_2011", "quy_che_2012")
MINISTRY, UNIT = "Bộ Thông tin và Truyền thông", "Cục Thông tin đối ngoại"


def said(data: SummaryData, code: str) -> list[str]:
    return [b.text for s in report_sections(data) if s.code == code for b in s.blocks if b.kind != "picture"]


def with_state(data: SummaryData, name: str, state: str, **more: object) -> SummaryData:
    """The data with an office in another state; one without figures then has no marks."""
    offices = tuple(
        dataclasses.replace(o, data_form_state=state, **more) if o.short_name == name else o  # type: ignore[arg-type]
        for o in data.offices
    )
    gone = {o.organization_id for o in offices if not o.has_figures}
    marks = tuple(
        dataclasses.replace(m, is_marked=None, sheet=None, cell=None) if m.organization_id in gone else m
        for m in data.marks
    )
    return counted(dataclasses.replace(data, offices=offices, marks=marks))


def answering(data: SummaryData, name: str, state: str | None) -> SummaryData:
    """The data with an office that says `state` of Quy chế, or nothing."""
    (office,) = (o.organization_id for o in data.offices if o.short_name == name)
    marks = tuple(
        dataclasses.replace(m, is_marked=None if state is None else False, state=state)
        if m.organization_id == office and m.indicator == "quy_che"
        else m
        for m in data.marks
    )
    return counted(dataclasses.replace(data, marks=marks))


def counted(data: SummaryData) -> SummaryData:
    marked = [m for m in data.marks if m.is_marked]
    return dataclasses.replace(
        data,
        totals={k: sum((m.indicator, m.year) == k for m in marked) for k in data.totals},
        distinct={
            i: len({m.organization_id for m in marked if m.indicator == i}) for i in data.distinct
        },
    )  # fmt: skip


def base(**marks: tuple[str, ...]) -> SummaryData:
    return summary({name: marks.get(name, ALL) for name in NAMES})


STATES = (
    ("completed", "completed"), ("partial", "completed"), ("closed_missing", "closed_missing"),
    ("closed_missing", "completed"), ("nil", "completed"), ("confidential", "confidential"),
    ("waived", "waived"), ("optional", "completed"), ("optional", "closed_missing"),
)  # fmt: skip


@pytest.mark.parametrize("second", STATES)
@pytest.mark.parametrize("first", STATES)
def test_the_parts_add_up_to_those_asked(first: tuple[str, str], second: tuple[str, str]) -> None:
    data = base()
    for name, (state, signed) in zip(NAMES, (first, second), strict=False):
        data = with_state(data, name, state, signed_report_state=signed)
    known = {f.code: f.value for f in figures(report_sections(data))}
    parts = ("answered", "missing", "nil", "confidential", "signed_instead", "waived")
    assert sum(known.get(part, 0) for part in parts) == known["office_count"] == len(NAMES)
    answers = " ".join(said(data, "answers"))
    counts = {
        "nil": "báo cáo không phát sinh trong kỳ", "confidential": "đường văn thư mật",
        "signed_instead": "bằng văn bản có chữ ký", "waived": "được miễn báo cáo",
        "missing": "chưa có số liệu là",
    }  # fmt: skip
    for part, words in counts.items():
        assert (part in known) == (words in answers)


def test_who_says_not_applicable_is_not_named_as_lacking_it_and_not_in_the_base() -> None:
    data = answering(base(), "An Giang", "not_applicable")
    found = said(data, "contents")
    assert found[1].startswith("Có 3/3 tỉnh, thành phố ban hành Quy chế")
    assert not any(line.startswith("Còn") and "An Giang" in line for line in found)
    assert "01 tỉnh, thành phố báo cáo không áp dụng nội dung này, không tính vào tổng số: An Giang." in found
    assert "3/3 tỉnh, thành phố ban hành Quy chế" in said(data, "achieved")[0]
    assert "trừ tỉnh, thành phố không áp dụng" in said(data, "answers")[-1]


def test_who_sent_a_part_without_it_is_not_named_as_lacking_it() -> None:
    data = with_state(base(), "An Giang", "partial")
    found = said(answering(data, "An Giang", None), "contents")
    assert not any(line.startswith("Còn") and "An Giang" in line for line in found)
    assert "01 tỉnh, thành phố đã gửi báo cáo nhưng chưa có số liệu về nội dung này: An Giang." in found


def test_who_says_no_is_named_among_those_that_reported() -> None:
    data = answering(base(), "An Giang", "no")
    assert any(line.startswith("Còn 01") and line.endswith("An Giang.") for line in said(data, "contents"))
    data = answering(data, "Bắc Giang", "not_applicable")
    assert any(
        line.startswith("Trong số đã có số liệu, còn 01") and line.endswith("là: An Giang.")
        for line in said(data, "contents")
    )


def test_nothing_is_said_of_an_office_that_answered_by_the_secret_mail() -> None:
    data = with_state(base(), "An Giang", "confidential", signed_report_state="confidential")
    assert not any(line.startswith("Chưa có tỉnh, thành phố nào") for line in said(data, "contents"))
    assert "Trong số 03 tỉnh, thành phố đã có số liệu, chưa có" in " ".join(said(data, "contents"))


def test_where_nothing_occurred_anywhere_it_is_said_so() -> None:
    data = base()
    for name in NAMES:
        data = with_state(data, name, "nil")
    assert "Kết quả, 4/4 tỉnh, thành phố báo cáo không phát sinh trong kỳ." in said(data, "answers")
    text = " ".join(b.text for s in report_sections(data) for b in s.blocks)
    assert "chưa nhận được số liệu" not in text
    assert "Các báo cáo nhận được" not in text
    assert "Tỷ lệ tính trên" not in text
    assert "tracking" not in {a.code for a in appendices(data, tally(data))}
    assert "Bảng theo dõi" not in openpyxl.load_workbook(io.BytesIO(render_appendix(data))).sheetnames
    assert render_report(data)


def test_the_table_tells_not_there_from_not_reported() -> None:
    data = with_state(summary(dict.fromkeys(NAMES, ())), "Bắc Kạn", "closed_missing")
    data = answering(data, "Bến Tre", "not_applicable")
    (tracking,) = (a for a in appendices(data, tally(data)) if a.code == "tracking")
    assert tracking.blocks[0].table is not None
    rows = {row[1].text: [c.text for c in row[2:]] for row in tracking.blocks[0].table.rows}
    assert set(rows["Bắc Giang"]) == {""}
    assert set(rows["Bắc Kạn"]) == {"…"}
    assert rows["Bến Tre"][:3] == ["–", "–", ""]
    notes = [b.text for b in tracking.blocks if b.kind == "note"]
    assert any("ô trống là chưa có; dấu … là chưa có số liệu" in note for note in notes)
    sheet = openpyxl.load_workbook(io.BytesIO(render_appendix(data)))["Bảng theo dõi"]
    told = {row[1].value: {c.value for c in row[2:14]} for row in sheet.iter_rows(min_row=8)}
    assert told["Bắc Kạn"] == {"…"}
    assert told["Bắc Giang"] == {None}
    beneath = [str(row[0].value) for row in sheet.iter_rows()]
    assert any("ô trống là chưa có; dấu … là chưa có số liệu" in note for note in beneath)


def test_words_that_may_not_be_cited_and_names_of_files_are_in_nothing_given_out() -> None:
    data = summary(
        dict.fromkeys(NAMES, ALL),
        narratives=[("An Giang", "difficulties", "CHƯA KÝ"), ("Bắc Giang", "difficulties", "ĐÃ KÝ")],
    )
    narratives = tuple(
        dataclasses.replace(n, is_citable=n.body != "CHƯA KÝ") for n in data.narratives
    )  # fmt: skip
    data = dataclasses.replace(data, narratives=narratives)
    book = openpyxl.load_workbook(io.BytesIO(render_appendix(data)))
    words = " ".join(str(c.value) for s in book for row in s.iter_rows() for c in row if c.value)
    assert "ĐÃ KÝ" in words
    assert "CHƯA KÝ" not in words
    assert not re.search(r"\.xlsx|Nguồn|Biểu 1", words)
    (kept,) = (f.data for f in summary_draft(data).files if f.role == "reconciliation")
    book = openpyxl.load_workbook(io.BytesIO(kept))
    words = " ".join(str(c.value) for s in book for row in s.iter_rows() for c in row if c.value)
    assert "CHƯA KÝ" in words
    assert "Biểu 1, ô C12" in words
    assert "so_tttt_1.xlsx" in words


# --- proposals ----------------------------------------------------------------------------------------


def proposing(rows: tuple[tuple[str, str, float | None], ...], *wrote: tuple[str, str]) -> SummaryData:
    """A cycle of proposals: rows (office, task, budget in triệu đồng), and proposals in words."""
    data = summary(dict.fromkeys(NAMES, ()))
    ids = {o.short_name: o.organization_id for o in data.offices}
    listed = sorted(rows, key=lambda row: NAMES.index(row[0]))
    return dataclasses.replace(
        data,
        form=load_form("de_xuat_kl_57", "2023.1"),
        regime=load_regime("cthd_kl_57"),
        cycle_id="cthd_kl_57__2023",
        words="office",
        marks=(), totals={}, distinct={},
        list_rows=tuple(
            ListRow(
                ids[name], "nhiem_vu", n,
                {"ten": task, "quy_mo": "Quốc gia", "co_quan_chu_tri": "Bộ Ngoại giao"}
                | ({} if budget is None else {"kinh_phi_du_kien": budget}),
                "Biểu 1", "B6", "bieu.xlsx",
            )
            for n, (name, task, budget) in enumerate(listed, 1)
        ),
        narratives=tuple(
            Narrative(ids[name], "proposals", body, "Thuyết minh", "C6", "bieu.xlsx") for name, body in wrote
        ),
    )  # fmt: skip


SAME = (
    ("An Giang", "Đề án truyền thông quốc gia", 5000.0),
    ("Bắc Giang", "đề án  truyền thông, quốc gia", 5000.0),
    ("Bắc Kạn", "Đề án truyền thông quốc gia.", None),
    ("Bắc Kạn", "Xây dựng cơ sở dữ liệu", 100.0),
    ("Bến Tre", "Xây dựng cơ sở dữ liệu", 900.0),
    ("Bến Tre", "Tập huấn", 30.5),
)


def test_a_task_that_many_name_is_one_task_with_one_budget() -> None:
    data = proposing(SAME)
    found = said(data, "directions")
    assert found[0] == "Nhiệm vụ, đề án đề xuất đưa vào Chương trình hành động của Chính phủ"
    assert found[1] == "Có 03 nhiệm vụ, nội dung khác nhau (tính theo tên gọi), do 4/4 cơ quan nêu 06 lượt."
    assert "Theo quy mô (số lượt nêu): Quốc gia 06." in found
    assert any("tổng số 5.030,5 triệu đồng của 02 nhiệm vụ" in line for line in found)
    assert any("của 01 nhiệm vụ, nội dung được nêu với mức khác nhau" in line for line in found)
    known = {f.code: f.value for f in figures(report_sections(data))}
    assert known["task_sum:nhiem_vu:kinh_phi_du_kien"] == Decimal("5030.5")
    assert "row_sum:nhiem_vu:kinh_phi_du_kien" not in known
    sheet = openpyxl.load_workbook(io.BytesIO(render_appendix(data))).worksheets[0]
    labels = [row[1].value for row in sheet.iter_rows()]
    assert "Cộng các dòng" in labels
    assert task_key("Hoà bình, phát triển") == task_key("hòa bình phát triển.")


def test_proposed_tasks_stand_among_the_tasks_to_come() -> None:
    data = proposing(SAME)
    sections = {s.code: s for s in report_sections(data)}
    assert "proposals_table" not in sections
    assert sections["directions"].title.startswith("Phần III")
    late = with_state(data, "Bến Tre", "closed_missing", signed_report_state="closed_missing")
    assert not any("Bến Tre" in line for line in said(late, "directions"))
    assert said(proposing(()), "directions")[-1].startswith("Các báo cáo nhận được chưa nêu nội dung")
    preview = summary_draft(late).body_markdown
    assert "Đã có báo cáo theo biểu mẫu của **3/4**" in preview
    assert "ố liệu" not in preview


def test_what_the_ministry_itself_is_asked_for_is_not_passed_on() -> None:
    data = proposing(
        SAME,
        ("An Giang", "Đề nghị Chính phủ sớm ban hành Chương trình"),
        ("Bắc Giang", "Đề nghị Bộ Thông tin và Truyền thông cung cấp tài liệu"),
        ("Bắc Kạn", "Đề nghị Bộ Tài chính hướng dẫn mục chi"),
        ("Bến Tre", "Tăng cường xúc tiến đầu tư"),
    )
    found = said(data, "proposals")
    assert [line for line in found if re.match(r"\d\. ", line)] == [
        "1. Đối với Chính phủ, Thủ tướng Chính phủ",
        "2. Đối với các bộ, ngành, cơ quan khác",
        "3. Đối với Bộ Thông tin và Truyền thông (Bộ tiếp thu, xử lý theo thẩm quyền)",
        "4. Đề xuất, kiến nghị khác",
    ]
    at = found.index("3. Đối với Bộ Thông tin và Truyền thông (Bộ tiếp thu, xử lý theo thẩm quyền)")
    assert found[at + 1].startswith("- Bắc Giang")
    alone = proposing(SAME, ("Bến Tre", "Tăng cường xúc tiến đầu tư"))
    assert not any(line.startswith("1. ") for line in said(alone, "proposals"))


@pytest.mark.parametrize(
    ("proposal", "group"),
    [
        ("Đề nghị Chính phủ sớm ban hành", "government"),
        ("Kiến nghị với Thủ tướng Chính phủ: bố trí kinh phí", "government"),
        ("Đề nghị sớm ban hành Chương trình hành động của Chính phủ", "nobody_named"),
        ("Kính đề nghị Bộ TT&TT hỗ trợ", "ministry"),
        ("Đề nghị Bộ TTTT trình Chính phủ", "ministry"),
        ("Đề nghị Bộ hỗ trợ kinh phí", "ministry"),
        ("Đề nghị Quý Bộ quan tâm", "ministry"),
        ("Đề nghị Cục Thông tin đối ngoại hướng dẫn", "ministry"),
        ("Đề nghị Bộ Tài chính hướng dẫn", "others"),
        ("Đề nghị Bộ, ngành liên quan phối hợp", "others"),
        ("Đề nghị các cơ quan báo chí giới thiệu về địa phương", "others"),
        ("Tổ chức tập huấn cho Bộ Tài chính", "nobody_named"),
        ("Đề nghị bố trí kinh phí", "nobody_named"),
    ],
)
def test_whom_a_proposal_is_for(proposal: str, group: str) -> None:
    assert addressee_of(proposal, ministry=MINISTRY, unit=UNIT) == group


def test_a_sentence_that_leads_to_a_list_stays_with_it() -> None:
    data = summary(dict.fromkeys(NAMES, ALL), narratives=[("An Giang", "difficulties", "Kinh phí còn ít")])
    document = Document(io.BytesIO(render_report(data)))
    (line,) = (p for p in document.paragraphs if p.text.startswith("Khó khăn, vướng mắc do"))
    assert line.style is not None
    assert line.style.element.pPr.find(qn("w:keepNext")) is not None
