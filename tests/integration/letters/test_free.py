"""Notices, corrections, replacements and recalls, from what a person entered to the printed letter."""

from __future__ import annotations

import io
from datetime import datetime

import pytest
from docx import Document
from docx.document import Document as DocumentObject
from sqlalchemy import Engine

from reporting.clock import VIETNAM
from reporting.database import engine as make_engine
from reporting.documents.extra import Correction, Family, LetterContent, compose, start_letter
from reporting.documents.lifecycle import Draft
from reporting.letters.free import render_free_letter
from reporting.letters.official import ADDRESSEES_NAMED
from tests.integration.letters.ladder import Opened, open_ladder
from tests.integration.letters.test_escalation import MANY


@pytest.fixture
def opened(warehouse_url: str) -> Opened:
    made = open_ladder(make_engine(warehouse_url))
    made.go_to(datetime(2012, 12, 10, 9, tzinfo=VIETNAM))
    return made


def draft_of(opened: Opened, family: Family, content: LetterContent, about: str | None) -> Draft:
    kind = start_letter(opened.engine, opened.cycle_id, family, content, about=about, by="chuyen_vien")
    with opened.engine.begin() as connection:
        return render_free_letter(connection, opened.cycle_id, kind)


def written(opened: Opened, family: Family, about: str | None = "request_letter", **entered: object) -> Draft:
    with opened.engine.begin() as connection:
        content = compose(connection, opened.cycle_id, family, about=about, **entered)  # type: ignore[arg-type]
    return draft_of(opened, family, content, about)


def document(draft: Draft) -> DocumentObject:
    return Document(io.BytesIO(draft.files[0].data))


def lines(draft: Draft) -> list[str]:
    return [" ".join(p.text.split()) for p in document(draft).paragraphs if p.text.strip()]


def head(draft: Draft) -> str:
    return " ".join(document(draft).tables[0].cell(1, 0).text.split())


TO_ALL = "Kính gửi: Sở Thông tin và Truyền thông các tỉnh, thành phố trực thuộc Trung ương"
ABOUT = (
    "Công văn số 3621/BTTTT-TTĐN ngày 03/12/2012 về việc báo cáo tình hình công tác thông tin đối ngoại địa "
    "phương năm 2011 - 2012"
)
KNOW = "Bộ Thông tin và Truyền thông thông báo để Quý Cơ quan biết, thực hiện./."


def test_a_correction_says_what_was_printed_and_what_it_should_be(opened: Opened) -> None:
    draft = written(
        opened,
        "erratum",
        corrections=[
            Correction("đoạn 2, trang 1", "ngày 31/12/2011", "ngày 31/12/2012"),
            Correction("mục 2", "năm nội dung", "sáu nội dung"),
        ],
    )
    assert head(draft) == "Số: /BTTTT-TTĐN V/v đính chính Công văn số 3621/BTTTT-TTĐN"
    assert lines(draft) == [
        TO_ALL,
        f"Bộ Thông tin và Truyền thông đã ban hành {ABOUT}. Bộ Thông tin và Truyền thông đính chính nội dung "
        "sau:",
        "- Tại đoạn 2, trang 1 của Công văn số 3621/BTTTT-TTĐN ngày 03/12/2012 có ghi: “ngày 31/12/2011”. "
        "Nay đính chính thành: “ngày 31/12/2012”.",
        "- Tại mục 2 của Công văn số 3621/BTTTT-TTĐN ngày 03/12/2012 có ghi: “năm nội dung”. Nay đính chính "
        "thành: “sáu nội dung”.",
        "Các nội dung khác của Công văn số 3621/BTTTT-TTĐN không thay đổi.",
        KNOW,
    ]
    made = document(draft)
    assert made.tables[1].cell(0, 0).text.splitlines() == ["Nơi nhận:", "- Như trên;", "- Lưu: VT, TTĐN."]
    assert "KT. BỘ TRƯỞNG" in made.tables[1].cell(0, 1).text
    assert "DIỄN TẬP" in made.sections[0].first_page_header._element.xml
    assert len(made.sections) == 1
    assert draft.files[0].filename == "cong-van-dinh-chinh.docx"
    assert draft.title == "Công văn về việc đính chính Công văn số 3621/BTTTT-TTĐN"


def test_a_replacement_says_the_new_text_and_what_it_replaces(opened: Opened) -> None:
    draft = written(
        opened, "replacement", paragraphs=["Bộ đề nghị Quý Cơ quan gửi báo cáo trước 15/01/2013."]
    )
    assert head(draft) == "Số: /BTTTT-TTĐN V/v thay thế Công văn số 3621/BTTTT-TTĐN"
    assert lines(draft)[1:] == [
        "Bộ đề nghị Quý Cơ quan gửi báo cáo trước 15/01/2013.",
        f"Công văn này thay thế {ABOUT}.",
        "Trân trọng./.",
    ]


def test_a_recall_says_that_the_letter_is_void(opened: Opened) -> None:
    draft = written(opened, "recall", paragraphs=["Lý do thu hồi: gửi không đúng đối tượng."])
    assert head(draft) == "Số: /BTTTT-TTĐN V/v thu hồi Công văn số 3621/BTTTT-TTĐN"
    assert lines(draft)[1:] == [
        f"Bộ Thông tin và Truyền thông đã ban hành {ABOUT}.",
        "Lý do thu hồi: gửi không đúng đối tượng.",
        "Nay Bộ Thông tin và Truyền thông thu hồi Công văn số 3621/BTTTT-TTĐN ngày 03/12/2012. Văn bản nêu "
        "trên không có giá trị thực hiện kể từ ngày ký Công văn này; đề nghị Quý Cơ quan không sử dụng, "
        "không triển khai theo văn bản đã được thu hồi.",
        KNOW,
    ]


def test_a_notice_goes_to_the_offices_named_and_prints_what_was_entered_as_it_is(opened: Opened) -> None:
    draft = written(
        opened,
        "notice",
        about=None,
        subject="thời hạn gửi báo cáo năm 2012 {lùi}",
        paragraphs=["Thời hạn mới: hết {ngày} 15/01/2013 <b>& các ngày khác</b>."],
        offices=["Bắc Kạn", "An Giang"],
    )
    assert head(draft) == "Số: /BTTTT-TTĐN V/v thời hạn gửi báo cáo năm 2012 {lùi}"
    assert lines(draft)[:4] == [
        "Kính gửi:",
        "- Sở Thông tin và Truyền thông tỉnh An Giang;",
        "- Sở Thông tin và Truyền thông tỉnh Bắc Kạn.",
        "Thời hạn mới: hết {ngày} 15/01/2013 <b>& các ngày khác</b>.",
    ]
    assert "\\<b\\>" in draft.body_markdown


def test_many_offices_are_listed_instead_of_greeted(opened: Opened) -> None:
    draft = written(
        opened, "notice", about=None, paragraphs=["Thông báo."], offices=MANY[: ADDRESSEES_NAMED + 1]
    )
    assert lines(draft)[0] == "Kính gửi: Các cơ quan có tên trong danh sách kèm theo"
    listed = [[c.text for c in row.cells] for row in document(draft).tables[-1].rows]
    assert len(listed) == ADDRESSEES_NAMED + 2
    assert listed[1] == ["1", "Sở Thông tin và Truyền thông tỉnh An Giang"]
    assert "**Danh sách kèm theo:** Sở Thông tin và Truyền thông tỉnh An Giang;" in draft.body_markdown


def test_a_letter_that_was_not_started_is_named(opened: Opened, warehouse_url: str) -> None:
    engine: Engine = opened.engine
    with engine.begin() as connection:
        for kind in ("recall_letter__1", "request_letter", "nothing"):
            with pytest.raises(LookupError, match=kind):
                render_free_letter(connection, opened.cycle_id, kind)
