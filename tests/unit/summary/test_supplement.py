"""What a supplement tells: the difference of two snapshots of a cycle, and nothing else."""

from __future__ import annotations

import dataclasses
import io
from datetime import date

import openpyxl
from docx import Document

from reporting.summary import snapshot
from reporting.summary.data import SummaryData
from reporting.summary.supplement import Supplement, held_by, opened, stored, supplement_draft
from reporting.summary.supplement_changes import changed_figures, changed_rows, new_statements, office_news
from reporting.summary.supplement_snapshot import About
from tests.unit.summary.sample import summary

TRAINING = "Đề nghị Bộ tổ chức tập huấn nghiệp vụ hằng năm."
MONEY = "Đề nghị bố trí kinh phí riêng cho thông tin đối ngoại."
MARKS = {"An Giang": ["quy_che_2011"], "Bắc Kạn": [], "Cà Mau": ["de_an_2012"]}
FORMER = summary(MARKS, silent=["Bắc Kạn"], narratives=[("An Giang", "proposals", TRAINING)])
NOW = summary(
    MARKS | {"An Giang": ["de_an_2011"], "Bắc Kạn": ["quy_che_2012"]},
    narratives=[("An Giang", "proposals", f"- {TRAINING}\n- {MONEY}"), ("Bắc Kạn", "proposals", TRAINING)],
)


def kept(data: SummaryData) -> SummaryData:
    """The data as they are read from their snapshot."""
    return snapshot.opened(snapshot.stored(data))


def made() -> Supplement:
    return Supplement(About(1, "117/BC-BTTTT", date(2013, 1, 18)), kept(FORMER), kept(NOW))


def test_offices_that_sent_first_and_that_changed_something_are_told_and_no_others() -> None:
    found = [(news.office.short_name, news.figures, len(news.signed)) for news in office_news(FORMER, NOW)]
    assert found == [("An Giang", "changed", 0), ("Bắc Kạn", "first", 1)]
    back = [(news.office.short_name, news.figures) for news in office_news(NOW, FORMER)]
    assert back == [("An Giang", "changed"), ("Bắc Kạn", "withdrawn")]
    assert office_news(NOW, NOW) == []


def test_rows_and_sums_are_those_that_differ() -> None:
    rows = [
        (row.office.short_name, row.indicator, row.year, row.former.state, row.now.state)
        for row in changed_rows(FORMER, NOW)
    ]
    assert rows[:2] == [("An Giang", "quy_che", 2011, "yes", "no"), ("An Giang", "de_an", 2011, "no", "yes")]
    assert {row[0] for row in rows[2:]} == {"Bắc Kạn"}
    assert {row[3] for row in rows[2:]} == {"none"}
    assert len(rows[2:]) == len(NOW.form.indicators) * len(NOW.form.years)
    figures = [(f.indicator, f.year, int(f.former), int(f.now)) for f in changed_figures(FORMER, NOW)]
    assert figures == [
        ("quy_che", 2011, 1, 0), ("quy_che", 2012, 0, 1), ("de_an", 2011, 0, 1), ("de_an", None, 1, 2),
    ]  # fmt: skip
    assert changed_figures(NOW, NOW) == []


def test_only_statements_that_an_office_did_not_make_before_are_told() -> None:
    (found,) = new_statements(FORMER, NOW).values()
    said = {statement.text: NOW.names(statement.organization_ids) for statement in found}
    assert said[MONEY.rstrip(".")] == ["An Giang"]
    assert said[TRAINING.rstrip(".")] == ["Bắc Kạn"], "An Giang said so before"
    assert new_statements(NOW, NOW) == {}
    silenced = dataclasses.replace(
        NOW, narratives=tuple(dataclasses.replace(n, is_citable=False) for n in NOW.narratives)
    )
    assert new_statements(FORMER, silenced) == {}, "nobody signed or confirmed it"


def test_the_draft_is_the_same_from_its_snapshot_and_holds_both_sides() -> None:
    draft = supplement_draft(made())
    (kept_file,) = (f for f in draft.files if f.role == "snapshot")
    again = supplement_draft(opened(kept_file.data))
    assert [f.data for f in again.files] == [f.data for f in draft.files]
    assert again.data_hash == draft.data_hash
    assert held_by(kept_file.data).totals == NOW.totals, "from where the next one starts"
    assert stored(opened(kept_file.data)) == stored(made())
    words = "\n".join(p.text for p in Document(io.BytesIO(draft.files[0].data)).paragraphs)
    assert "- 01 tỉnh, thành phố gửi số liệu lần đầu: Bắc Kạn." in words
    assert "- Đề nghị bố trí kinh phí riêng cho thông tin đối ngoại (An Giang)." in words
    assert "TTĐN" not in words.split("Phụ lục")[0].replace("Lưu: VT, TTĐN", "")
    book = openpyxl.load_workbook(io.BytesIO(draft.files[1].data))
    assert book.sheetnames == ["Số liệu thay đổi", "Báo cáo có chữ ký"]
    assert book.worksheets[0].max_row >= 3 + len(list(changed_rows(FORMER, NOW)))
