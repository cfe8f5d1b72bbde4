"""The report to the Government: its sentences are computed, and read well whatever was reported."""

from __future__ import annotations

import dataclasses
import io
import itertools
import re

from docx import Document

from reporting.summary.data import SummaryData
from reporting.summary.report import render_report, report_sections
from reporting.summary.report_appendices import appendices
from reporting.summary.tally import tally
from tests.unit.summary.sample import summary, table_of_2011_2012


def lines(data: SummaryData) -> list[str]:
    return [b.text for section in report_sections(data) for b in section.blocks if b.kind != "picture"]


def section(data: SummaryData, code: str) -> list[str]:
    """The paragraphs of a section."""
    return [b.text for s in report_sections(data) if s.code == code for b in s.blocks if b.kind != "picture"]


def below(data: SummaryData, subheading: str) -> list[str]:
    """The paragraphs between a subheading and the next one."""
    listed = [b for s in report_sections(data) for b in s.blocks]
    at = next(n for n, b in enumerate(listed) if b.kind == "subheading" and b.text.startswith(subheading))
    return [b.text for b in itertools.takewhile(lambda b: b.kind in {"body", "item"}, listed[at + 1 :])]


def test_the_real_table_gives_the_sentences_of_the_ministry() -> None:
    data = table_of_2011_2012()
    text = "\n".join(lines(data))
    for claim in (
        "9/63 tỉnh, thành phố ban hành Quy chế quản lý nhà nước về thông tin đối ngoại; "
        "trong đó năm 2011 có 02, năm 2012 có 07 tỉnh, thành phố.",
        "37/63 tỉnh, thành phố xây dựng Kế hoạch công tác thông tin đối ngoại; "
        "trong đó năm 2011 có 32, năm 2012 có 14 tỉnh, thành phố (09 tỉnh, thành phố có trong cả 02 năm).",
        "30/63 tỉnh, thành phố tổ chức tập huấn công tác thông tin đối ngoại cho cán bộ chủ chốt; trong đó",
        "61/63 tỉnh, thành phố có Báo cáo tổng kết công tác thông tin đối ngoại; "
        "trong đó năm 2011 có 59, năm 2012 có 50 tỉnh, thành phố",
        "28/63 tỉnh, thành phố có đề án thông tin đối ngoại; trong đó năm 2011 chưa có, năm 2012 có 28 "
        "tỉnh, thành phố.",
    ):
        assert f"Có {claim}" in text
    assert "Có 10/63 tỉnh, thành phố có Chương trình phối hợp" in text
    assert "giai đoạn 2011 – 2020; trong đó năm 2011 có 10, năm 2012 chưa có tỉnh, thành phố nào." in text
    assert "tổng hợp được số liệu của 63/63 tỉnh, thành phố." in text
    assert "Năm 2011 gồm: Đắk Nông và Tây Ninh." in text
    assert (
        "Còn 02 tỉnh, thành phố chưa có Báo cáo tổng kết công tác thông tin đối ngoại là: Bạc Liêu và "
        "Quảng Nam." in text
    )
    assert "chưa có số liệu" not in text
    assert "Công văn số 4102/BTTTT-TTĐN ngày 03/12/2012" in text


def test_the_outline_is_that_of_a_summary_report() -> None:
    sections = report_sections(table_of_2011_2012())
    assert [s.code for s in sections] == [
        "opening",
        "answers",
        "contents",
        "achieved",
        "limits",
        "causes",
        "directions",
        "proposals",
        "closing",
    ]
    assert [s.title for s in sections if s.title] == [
        "I. TÌNH HÌNH GỬI BÁO CÁO",
        "II. KẾT QUẢ THEO TỪNG NỘI DUNG",
        "I. KẾT QUẢ ĐẠT ĐƯỢC",
        "II. TỒN TẠI, HẠN CHẾ",
        "III. NGUYÊN NHÂN",
        "Phần III PHƯƠNG HƯỚNG, NHIỆM VỤ",
        "Phần IV ĐỀ XUẤT, KIẾN NGHỊ",
    ]
    assert sections[0].blocks[0].text.startswith("Thực hiện Chỉ thị số 21/CT-TTg")
    assert sections[0].blocks[-1].text.endswith("như sau:")
    assert sections[-1].blocks[-1].text.endswith("trân trọng báo cáo Chính phủ./.")


def test_neither_reminders_nor_lateness_nor_discrepancies_reach_the_government() -> None:
    text = "\n".join(lines(table_of_2011_2012())) + "\n".join(lines(table_of_2011_2012(silent=["Hà Giang"])))
    assert not re.search(r"nhắc|chậm|quá hạn|chênh lệch|212/BTTTT|\b8/63|đối chiếu", text, re.IGNORECASE)


def test_an_office_that_stays_silent_is_named_and_counted_nowhere() -> None:
    data = table_of_2011_2012(silent=["Đắk Nông"])
    text = "\n".join(lines(data))
    assert "số liệu của 62/63 tỉnh, thành phố; còn 01 tỉnh, thành phố chưa có số liệu là: Đắk Nông." in text
    assert "Có 8/63 tỉnh, thành phố ban hành Quy chế" in text
    assert "Năm 2011 gồm: Tây Ninh." in text
    assert not any("Đắk Nông" in line for line in section(data, "directions"))


def test_nobody_answered() -> None:
    data = summary({"An Giang": [], "Bắc Giang": []}, silent=["An Giang", "Bắc Giang"])
    text = "\n".join(lines(data))
    assert "chưa nhận được số liệu của tỉnh, thành phố nào." in text
    assert section(data, "contents") == ["Chưa có số liệu để tổng hợp theo từng nội dung."]
    assert not [*section(data, "achieved"), *section(data, "limits"), *section(data, "causes")]
    assert "/2 tỉnh" not in text
    assert "Các báo cáo nhận được" not in text
    assert [s.title for s in report_sections(data) if s.is_part] == [
        "Phần II PHƯƠNG HƯỚNG, NHIỆM VỤ",
        "Phần III ĐỀ XUẤT, KIẾN NGHỊ",
    ]
    printed = Document(io.BytesIO(render_report(data)))
    assert [p.text for p in printed.paragraphs if p.text.startswith("Phần ")] == [
        "Phần I",
        "Phần II",
        "Phần III",
    ]
    assert [a.code for a in appendices(data, tally(data))] == ["offices"]


def test_one_office_answered_with_one_mark() -> None:
    data = summary({"An Giang": ["ke_hoach_2012"], "Bắc Giang": []}, silent=["Bắc Giang"])
    assert below(data, "2. Kế hoạch") == [
        "Có 1/2 tỉnh, thành phố xây dựng Kế hoạch công tác thông tin đối ngoại; "
        "trong đó năm 2011 chưa có, năm 2012 có 01 tỉnh, thành phố.",
        "Gồm: An Giang.",
    ]
    assert below(data, "1. Quy chế")[0].startswith(
        "Trong số 01 tỉnh, thành phố đã có số liệu, chưa có tỉnh, thành phố nào ban hành Quy chế"
    )


def test_everybody_answered_with_nothing() -> None:
    data = summary({"An Giang": [], "Bắc Giang": []})
    assert below(data, "5. Đề án") == ["Chưa có tỉnh, thành phố nào có đề án thông tin đối ngoại."]
    assert "Chưa có nội dung nào được từ một nửa" in section(data, "achieved")[0]


def test_a_signed_report_without_workbook_is_told_apart() -> None:
    data = summary({"An Giang": ["ke_hoach_2012"], "Bắc Giang": []}, silent=["Bắc Giang"])
    offices = tuple(
        dataclasses.replace(o, signed_report_state="completed") if o.short_name == "Bắc Giang" else o
        for o in data.offices
    )
    text = "\n".join(lines(dataclasses.replace(data, offices=offices)))
    assert "01 tỉnh, thành phố đã gửi báo cáo có chữ ký nhưng chưa gửi số liệu: Bắc Giang." in text


def test_what_several_offices_wrote_is_said_once_with_their_names() -> None:
    names = [f"Tỉnh {n}" for n in range(1, 11)]
    data = summary(
        {name: [] for name in names},
        narratives=[
            ("Tỉnh 1", "difficulties", "- Cán bộ chuyên trách còn mỏng.\n- Kinh phí còn ít"),
            ("Tỉnh 2", "difficulties", "cán bộ chuyên trách còn mỏng;"),
            *((name, "proposals", "Tổ chức tập huấn hằng năm") for name in names),
        ],
    )
    difficulties = section(data, "limits")
    assert "- Một số địa phương (Tỉnh 1 và Tỉnh 2) phản ánh: Cán bộ chuyên trách còn mỏng." in difficulties
    assert "- Tỉnh 1 phản ánh: Kinh phí còn ít." in difficulties
    assert section(data, "proposals")[1] == (
        "- 10 địa phương (Tỉnh 1, Tỉnh 2, Tỉnh 3, Tỉnh 4, Tỉnh 5 và 05 địa phương khác) có ý kiến: "
        "Tổ chức tập huấn hằng năm."
    )


def test_long_lists_of_statements_end_with_a_pointer_to_the_appendix() -> None:
    data = summary(
        {"An Giang": [], "Bắc Giang": []},
        narratives=[("An Giang", "results", "\n".join(f"Tổ chức {n} hội nghị" for n in range(15)))],
    )
    found = section(data, "highlights")
    assert len(found) == 13
    assert found[-1].startswith("Ngoài ra còn 03 ý kiến khác của 01 địa phương")


def test_the_document_holds_the_text_and_the_table() -> None:
    data = table_of_2011_2012()
    document = Document(io.BytesIO(render_report(data)))
    paragraphs = [p.text for p in document.paragraphs]
    assert paragraphs[0] == "BÁO CÁO"
    assert paragraphs[1] == (
        "Tình hình công tác thông tin đối ngoại của các tỉnh, thành phố trực thuộc Trung ương năm 2011 - 2012"
    )
    assert "Kính gửi: Chính phủ" in paragraphs
    for line in lines(data):
        assert line in paragraphs
    styles = {p.text: p.style.name for p in document.paragraphs}
    assert styles["Phần I"] == "VB Phần"
    assert styles["I. TÌNH HÌNH GỬI BÁO CÁO"] == "VB Mục"
    assert styles["1. Quy chế quản lý nhà nước về thông tin đối ngoại"] == "VB Tiểu mục"
    totals = [c.text for c in document.tables[-2].rows[-1].cells]
    assert totals == ["", "Tổng", "2", "7", "32", "14", "10", "20", "59", "50", "", "28", "10", ""]
    assert "{{" not in document.element.xml
