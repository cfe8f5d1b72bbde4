"""The page for the leadership: what it says, which figures it chooses, and that it stays one page."""

from __future__ import annotations

import dataclasses
import io
import shutil
from datetime import date, datetime
from decimal import Decimal

import pypdfium2
import pytest
from docx import Document

from reporting.clock import VIETNAM
from reporting.documents.lifecycle import INTERNAL_ROLES
from reporting.forms.models import load_form
from reporting.pdf import to_pdf
from reporting.regimes.models import load_regime
from reporting.registry.load import read_registry
from reporting.summary.data import FollowUpDue, Previous, PreviousFigure, SummaryData
from reporting.summary.draft import summary_draft
from reporting.summary.intake_record import IntakeRecord, ReportedConflict, ReportedContribution
from reporting.summary.leadership_page import key_figures, render_leadership_page
from tests.unit.summary.sample import table_of_2011_2012
from tests.unit.summary.test_appendix import filled

needs_office = pytest.mark.skipif(
    not (shutil.which("soffice") or shutil.which("libreoffice")), reason="LibreOffice is not installed"
)


def words(data: bytes) -> str:
    """Everything that the page says, tables too."""
    document = Document(io.BytesIO(data))
    return "\n".join("".join(t.text or "" for t in p.iter() if t.tag.endswith("}t")) for p in
                     document.element.body.iter() if p.tag.endswith("}p"))  # fmt: skip


def last_time(data: SummaryData) -> SummaryData:
    figures = tuple(
        PreviousFigure(i.code, year, None if year is None else year - 2, 20)
        for i in data.form.indicators
        for year in (*data.form.years, None)
    )
    past = Previous("c", "kỳ trước", date(2009, 1, 1), date(2010, 12, 31), 63, 50, figures)
    return dataclasses.replace(data, previous=past, previous_scores={"x": Decimal("80.7")})


def with_provinces(data: SummaryData) -> SummaryData:
    """The offices as those of the registry, so that they have tiles."""
    listed = [
        row.text("organization_id")
        for row in read_registry().regions
        if row.text("region_scheme") == "region63" and row.text("organization_id").startswith("so_tttt_")
    ]
    regions = {row.text("organization_id"): row.text("region") for row in read_registry().regions[:200]}
    offices = tuple(
        dataclasses.replace(o, organization_id=key, region=regions.get(key, "Vùng khác"))
        for o, key in zip(data.offices, listed, strict=True)
    )
    return dataclasses.replace(data, offices=offices, marks=(), totals={}, distinct={})


def crowded() -> SummaryData:
    """As much as can be said at once."""
    data = with_provinces(last_time(table_of_2011_2012()))
    offices = tuple(
        dataclasses.replace(
            o, timeliness="missing", data_form_state="requested", warning_count=2,
            short_name=f"{o.short_name} dài",
        )
        if n > 10
        else o
        for n, o in enumerate(data.offices)
    )  # fmt: skip
    at = datetime(2012, 12, 30, tzinfo=VIETNAM)
    item = FollowUpDue("Xây dựng chương trình hành động " * 12, "Bộ", date(2013, 6, 30), "1/VPCP-QHQT")
    return dataclasses.replace(
        data,
        offices=offices,
        discrepancies=table_of_2011_2012().discrepancies,
        follow_ups=(item,) * 5,
        intake=IntakeRecord(
            conflicts=tuple(
                ReportedConflict(o.organization_id, 1, "a", 2, "b", [], at, None, None, None, None)
                for o in offices
            ),
            contributions=tuple(
                ReportedContribution(o.organization_id, 1, "a", 3, None, None, None, None, None, None, False)
                for o in offices
            ),
        ),
    )  # fmt: skip


def test_the_page_tells_the_state_the_figures_and_what_is_to_be_decided() -> None:
    said = words(render_leadership_page(last_time(table_of_2011_2012(silent=["Hà Giang"]))))
    assert "Đã có số liệu của 62/63 tỉnh, thành phố (98,4%); kỳ trước 50/63 (79,4%)." in said
    assert "Chưa gửi: Hà Giang." in said
    assert "Còn 1 cơ quan chưa gửi số liệu" in said
    assert "(kỳ trước 80,7)" in said
    assert "Quy chế, cả kỳ (cơ quan)\n9\n20\n−11" in said
    stated = words(render_leadership_page(table_of_2011_2012()))
    assert "Có 2 chênh lệch với số Bộ đã nêu; trong đó Quy chế năm 2012: đã nêu 6 (Công văn số 212" in stated
    assert "Không có cơ quan nào chưa gửi." in stated


def test_without_anything_open_it_says_so() -> None:
    data = dataclasses.replace(table_of_2011_2012(), discrepancies=())
    assert "Không có nội dung cần cho ý kiến." in words(render_leadership_page(data))


def test_the_figures_are_those_of_the_regime_or_the_first_of_the_form() -> None:
    data = last_time(table_of_2011_2012())
    assert [f.label.split(",")[0] for f in key_figures(data)] == [
        i.short_label
        for i in sorted(data.form.indicators, key=lambda i: (i.claim_order is None, i.claim_order or 0))[:5]
    ]
    report = data.regime.report
    assert report is not None
    chosen = report.model_copy(update={"key_figures": ("total:de_an", "distinct:quy_che")})
    regime = data.regime.model_copy(update={"report": chosen})
    figures = key_figures(dataclasses.replace(data, regime=regime))
    assert [(f.label, f.now, f.before) for f in figures] == [
        ("Đề án năm 2012 (cơ quan)", 28, 20),
        ("Quy chế, cả kỳ (cơ quan)", 9, 20),
    ]
    wrong = data.regime.model_copy(
        update={"report": report.model_copy(update={"key_figures": ("sum:kinh_phi",)})}
    )
    with pytest.raises(LookupError, match=r"ttdn_dia_phuong\.yaml: report\.key_figures names sum:kinh_phi"):
        key_figures(dataclasses.replace(data, regime=wrong))


def test_forms_with_numbers_and_tables_show_some_of_each() -> None:
    data = filled(load_form("tien_do_nq_47", "2024.1"))
    labels = [f.label for f in key_figures(data)]
    assert len(labels) == 5
    assert sum("(cơ quan)" in label for label in labels) == 2
    assert sum("(số nội dung)" in label for label in labels) == 1
    proposals = filled(load_form("de_xuat_kl_57", "2023.1"))
    (figure,) = key_figures(proposals)[:1]
    assert figure.now == len(proposals.list_rows)


def test_the_figures_of_the_resolution_have_the_budget_and_last_times_proposals() -> None:
    data = filled(load_form("tien_do_nq_47", "2024.1"))
    past = Previous("c", "kỳ trước", date(2024, 1, 1), date(2024, 6, 30), 63, 59, (), {"nhiem_vu": 120})
    data = dataclasses.replace(data, regime=load_regime("tien_do_nq_47"), previous=past)
    figures = {f.label: f for f in key_figures(data)}
    assert len(figures) == 5
    assert any(label.startswith("Kinh phí năm") for label in figures)
    rows = figures["Đề án, nhiệm vụ đề xuất (số nội dung)"]
    assert (rows.now, rows.before) == (len(data.list_rows), 120)
    said = words(render_leadership_page(data))
    assert all(label in said for label in figures), "no label is cut"


def test_the_page_is_internal() -> None:
    page = next(f for f in summary_draft(table_of_2011_2012()).files if f.role == "leadership_page")
    assert page.role in INTERNAL_ROLES
    assert "TÀI LIỆU NỘI BỘ" in "".join(
        part.blob.decode(errors="replace") for part in Document(io.BytesIO(page.data)).part.package.parts
    )


@needs_office
@pytest.mark.parametrize(
    "data",
    [table_of_2011_2012(), crowded(), filled(load_form("de_xuat_kl_57", "2023.1"))],
    ids=["2011-2012", "crowded", "proposals"],
)
def test_it_is_one_page(data: SummaryData) -> None:
    made = to_pdf(render_leadership_page(data), ".docx")
    assert made is not None
    assert len(pypdfium2.PdfDocument(made)) == 1
