"""A form is data: read strictly, compared by content."""

from __future__ import annotations

import unicodedata
from datetime import date
from pathlib import Path

import pytest

from reporting.forms import models
from reporting.forms.models import FormError, all_forms, form_path, load_form, mark_key, read_form

ORIGINAL = form_path("theo_doi_ttdn", "2012.1")


def written(folder: Path, old: str, new: str, name: str = "theo_doi_ttdn@2012.1.yaml") -> Path:
    content = ORIGINAL.read_text(encoding="utf-8")
    assert old in content
    path = folder / name
    path.write_text(content.replace(old, new), encoding="utf-8")
    return path


def test_the_tracking_form_has_the_columns_of_the_letters_table() -> None:
    form = load_form("theo_doi_ttdn", "2012.1")
    assert form.years == (2011, 2012)
    assert {i.code: i.label for i in form.indicators} == {
        "quy_che": "Quy chế QLNN về TTĐN",
        "ke_hoach": "Kế hoạch công tác TTĐN",
        "tap_huan": "Tập huấn công tác TTĐN",
        "bao_cao_tong_ket": "Báo cáo tổng kết công tác TTĐN",
        "de_an": "Đề án TTĐN",
        "phoi_hop_bdbp": "Chương trình phối hợp với BĐBP trong công tác thông tin, tuyên truyền và TTĐN",
    }
    assert [s.code for s in form.sections] == ["results", "difficulties", "causes", "proposals"]


def test_the_claims_stand_in_the_order_of_the_letter() -> None:
    form = load_form("theo_doi_ttdn", "2012.1")
    claimed = sorted((i for i in form.indicators if i.claim_order), key=lambda i: i.claim_order or 0)
    assert [i.code for i in claimed] == ["quy_che", "tap_huan", "ke_hoach", "de_an", "phoi_hop_bdbp"]
    assert claimed[1].claim == "tổ chức tập huấn công tác thông tin đối ngoại cho cán bộ chủ chốt"


@pytest.mark.parametrize(
    ("written_mark", "meaning"),
    [
        ("x", "yes"), (" X ", "yes"), ("✓", "yes"), ("Có", "yes"), ("CÓ.", "yes"), ("1", "yes"),
        (unicodedata.normalize("NFD", "có"), "yes"), ("Chưa có", "no"), ("chưa  có", "no"), ("không", "no"),
        ("0", "no"), ("-", "no"), ("Không áp dụng", "not_applicable"), ("đang làm", None), ("xx", None),
    ],
)  # fmt: skip
def test_a_mark_may_be_written_in_many_ways(written_mark: str, meaning: str | None) -> None:
    assert load_form("theo_doi_ttdn", "2012.1").mark_meanings.get(mark_key(written_mark)) == meaning


def test_the_content_hash_is_of_the_content_not_of_the_file(tmp_path: Path) -> None:
    form = load_form("theo_doi_ttdn", "2012.1")
    with_comment = read_form(written(tmp_path, "years: [2011, 2012]", "years: [2011, 2012]  # two years"))
    other = read_form(written(tmp_path, "short_label: Đề án", "short_label: Các đề án"))
    assert with_comment.content_hash == form.content_hash
    assert other.content_hash != form.content_hash


def test_an_error_names_file_and_key(tmp_path: Path) -> None:
    path = written(tmp_path, "    short_label: Đề án\n", "")
    with pytest.raises(FormError, match=r"2012\.1\.yaml: indicators\.4\.short_label: Field required"):
        read_form(path)
    path = written(tmp_path, "blank: allowed", "blank: perhaps")
    with pytest.raises(FormError, match=r"sections\.2\.blank"):
        read_form(path)


def test_one_spelling_cannot_mean_two_things(tmp_path: Path) -> None:
    path = written(tmp_path, '"không có",', '"không có", "CÓ",')
    with pytest.raises(FormError, match="'CÓ' stands under both yes and no"):
        read_form(path)


def test_the_file_is_named_after_the_version(tmp_path: Path) -> None:
    path = written(tmp_path, "years", "years", name="theo_doi_ttdn@2012.2.yaml")
    with pytest.raises(FormError, match=r"name it theo_doi_ttdn@2012\.1\.yaml"):
        read_form(path)


def test_an_unknown_version_names_those_there_are() -> None:
    with pytest.raises(FormError, match=r"theo_doi_ttdn@2010\.1, theo_doi_ttdn@2012\.1"):
        load_form("theo_doi_ttdn", "2099.1")


def test_the_older_version_can_be_told_apart() -> None:
    assert [form.version for form in all_forms() if form.code == "theo_doi_ttdn"] == ["2010.1", "2012.1"]
    assert load_form("theo_doi_ttdn", "2010.1").years == (2009, 2010)


def test_a_plan_may_be_dated_before_its_year_and_a_report_after_it() -> None:
    form = load_form("theo_doi_ttdn", "2012.1")
    assert form.indicator("ke_hoach").evidence.earliest(date(2012, 1, 1)) == date(2011, 10, 1)
    assert form.indicator("bao_cao_tong_ket").evidence.latest(date(2012, 12, 31)) == date(2013, 3, 31)
    assert form.indicator("quy_che").evidence.latest(date(2012, 12, 31)) == date(2012, 12, 31)
    assert models.FOLDER.name == "forms"


def test_a_code_that_would_not_survive_saving_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LibreOffice takes "_xa_" in a tag for an escaped line break and writes one in its place."""
    monkeypatch.setattr(models, "FOLDER", tmp_path)
    with pytest.raises(FormError, match=r"indicators\.0\.code: .*'kinh_phi_xa_hoi' holds '_xa_'"):
        read_form(written(tmp_path, "code: quy_che", "code: kinh_phi_xa_hoi"))
