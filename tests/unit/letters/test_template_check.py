"""Templates that an officer edited in Word: what may differ, and what is refused, with the place named."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import pairwise
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as DocumentObject
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt
from docx.text.paragraph import Paragraph
from typer.testing import CliRunner

from reporting.cli.app import app
from reporting.letters.official import TEMPLATES, TemplateError, render
from reporting.letters.template_check import check_template, contract_of, contracts, fill_sample
from reporting.settings import settings

REQUEST = "letter/request.docx"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of edited templates, in use."""
    monkeypatch.setenv("REPORTING_TEMPLATES", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def edited(folder: Path, edit: Callable[[DocumentObject], None], name: str = REQUEST) -> Path:
    """A copy of a template in the folder, changed."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    document = Document(str(TEMPLATES / name))
    edit(document)
    document.save(str(path))
    return path


def find(document: DocumentObject, words: str) -> Paragraph:
    cells = (p for t in document.tables for row in t.rows for c in row.cells for p in c.paragraphs)
    return next(p for p in (*document.paragraphs, *cells) if words in p.text)


def split_run(paragraph: Paragraph, *ends: int) -> None:
    """Cut the paragraph's first run as Word does: several runs, with a spelling mark between them."""
    run = paragraph.runs[0]
    words, last = run.text, run._r
    cuts = [0, *ends, len(words)]
    run.text = words[: cuts[1]]
    for start, end in pairwise(cuts[1:]):
        piece = deepcopy(run._r)
        piece.find(qn("w:t")).text = words[start:end]
        mark = parse_xml(f'<w:proofErr {nsdecls("w")} w:type="spellStart"/>')
        last.addnext(mark)
        mark.addnext(piece)
        last = piece


def messages(path: Path, name: str = REQUEST) -> str:
    return "\n".join(f"{f.place}: {f.message}" for f in check_template(path, contract_of(name)))


def delete(paragraph: Paragraph) -> None:
    paragraph._p.getparent().remove(paragraph._p)


@pytest.mark.parametrize("name", list(contracts()))
def test_every_template_of_the_clone_can_be_used(name: str) -> None:
    assert check_template(TEMPLATES / name, contracts()[name]) == []


def test_every_template_of_the_clone_has_a_contract() -> None:
    assert {str(p.relative_to(TEMPLATES)) for p in TEMPLATES.rglob("*.docx")} == set(contracts())


def test_a_template_edited_in_word_is_used_from_its_folder(folder: Path) -> None:
    def edit(document: DocumentObject) -> None:
        find(document, "Nơi nhận:").runs[0].text = "Nơi nhận:"
        find(document, "Kính gửi: {{").runs[0].font.size = Pt(13)
        split_run(find(document, "{{ subject_line }}"), 1, 6, 9, 16)
        split_run(find(document, "{%p for paragraph in"), 1, 2, 3, 8, 21)
        split_run(find(document, "{{ paragraph }}"), 2, 12)
        find(document, "{{ paragraphs[-1] }}").insert_paragraph_before(
            "Đề nghị Quý Cơ quan quan tâm phối hợp."
        )

    path = edited(folder, edit)
    assert messages(path) == ""
    made = Document(io.BytesIO(render(REQUEST, contract_of("request").sample)))
    lines = [p.text for p in made.paragraphs]
    assert "Đề nghị Quý Cơ quan quan tâm phối hợp." in lines
    assert lines.index("1. Xây dựng báo cáo.") < lines.index("Đề nghị Quý Cơ quan quan tâm phối hợp.")
    assert "năm 2011 - 2012" in made.tables[0].cell(1, 0).text
    assert "{" not in "".join(lines)


def test_an_edited_template_is_read_at_each_rendering(folder: Path) -> None:
    sample = contract_of("request").sample
    before = render(REQUEST, sample)
    edited(folder, lambda d: find(d, "{{ paragraphs[-1] }}").insert_paragraph_before("Câu thứ nhất."))
    first = render(REQUEST, sample)
    edited(folder, lambda d: find(d, "{{ paragraphs[-1] }}").insert_paragraph_before("Câu thứ hai khác."))
    second = render(REQUEST, sample)
    shutil.rmtree(folder / "letter")
    assert len({before, first, second}) == 3
    assert render(REQUEST, sample) == before


def test_a_place_that_was_deleted_is_named_and_the_template_refused(folder: Path) -> None:
    path = edited(folder, lambda d: delete(find(d, "{{ subject_line }}")))
    assert messages(path) == (
        "Toàn văn bản: thiếu {{ subject_line }} (dòng V/v). → Chép lại chỗ này từ mẫu gốc."
    )
    with pytest.raises(TemplateError, match=r"request\.docx: mẫu văn bản chưa dùng được.*subject_line.*V/v"):
        render(REQUEST, contract_of("request").sample)


def test_what_a_list_prints_must_stand_in_it(folder: Path) -> None:
    path = edited(folder, lambda d: delete(find(d, "- {{ copy }}")))
    assert "thiếu {% for … in copies %} {{ … }} (các dòng của Nơi nhận)" in messages(path)
    urging = edited(folder, lambda d: delete_runs(find(d, "{{ office.owes }}")), "letter/urging.docx")
    assert "{{ ….owes }}" in messages(urging, "urging")


def delete_runs(paragraph: Paragraph) -> None:
    for run in paragraph.runs:
        run.text = ""


@pytest.mark.parametrize(
    ("words", "written", "told"),
    [
        (
            "{{ number_line }}",
            "{{ number_lin }}",
            "Bảng 1, dòng 2, cột 1 (“{{ number_lin }}”): “number_lin” không phải tên một chỗ điền; "
            "có thể là “number_line”",
        ),
        ("{{ place_date }}", "{{ qqq }}", "“qqq” không phải tên một chỗ điền. → Xóa, hoặc chọn"),
        ("{{ place_date }}", "{ { place_date }}", "dấu ngoặc của chỗ điền bị hỏng"),
        ("{{ place_date }}", "{{ place_date", "dấu ngoặc của chỗ điền bị hỏng"),
        ("{{ place_date }}", "{{ place date }}", "không hiểu được {{ place date }}"),
        ("{%p endif %}", "", "chưa có endif"),
        ("{%p for paragraph in", "", "{%p endfor %} không có dòng mở khối"),
        (
            "{%p for paragraph in",
            "Kính thưa {%p for paragraph in paragraphs[:-1] %}",
            "phải đứng riêng một đoạn",
        ),
        (
            "{{ section.title }}",
            "{{ section.titel }}",
            "“titel” không phải tên một chỗ điền; có thể là “title”",
        ),
        ("{{ signer_name }}", "{% sign %}", "không hiểu được {% sign %}"),
        ("Nơi nhận:", "Gửi:", "thiếu dòng chữ “Nơi nhận:” theo Nghị định số 30/2020/NĐ-CP"),
    ],
)
def test_what_is_broken_is_told_with_its_place(tmp_path: Path, words: str, written: str, told: str) -> None:
    def edit(document: DocumentObject) -> None:
        paragraph = find(document, words)
        delete_runs(paragraph)
        paragraph.runs[0].text = written

    assert told in messages(edited(tmp_path, edit))


def test_the_place_of_the_tracking_table_must_stand_there_once(tmp_path: Path) -> None:
    name = "letter/follow_up.docx"
    path = edited(tmp_path, lambda d: delete(find(d, "[[bảng theo dõi]]")), name)
    assert "đúng một lần; hiện có 0 lần" in messages(path, "follow_up")


def test_a_file_that_is_no_word_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "request.docx"
    path.write_bytes(b"not a Word file")
    assert "không mở được như một tệp Word" in messages(path)


@pytest.mark.parametrize("name", list(contracts()))
def test_the_sample_fills_every_place(name: str) -> None:
    made = Document(io.BytesIO(fill_sample(TEMPLATES / name, contracts()[name])))
    xml = made.element.xml + "".join(
        r.target_part.element.xml for r in made.part.rels.values() if r.reltype.endswith(("header", "footer"))
    )
    assert "{{" not in xml
    assert "{%" not in xml
    assert "BỘ THÔNG TIN VÀ TRUYỀN THÔNG" in xml


def test_the_command_says_whether_a_file_can_be_used(tmp_path: Path) -> None:
    good = edited(tmp_path, lambda d: None)
    printed = CliRunner().invoke(app, ["letter", "template", "check", str(good)])
    assert (printed.exit_code, printed.output) == (0, f"{good}: mẫu dùng được (Công văn đề nghị báo cáo).\n")
    bad = edited(tmp_path, lambda d: delete(find(d, "{{ signer_name }}")))
    printed = CliRunner().invoke(app, ["letter", "template", "check", str(bad)])
    assert printed.exit_code == 1
    assert "còn 1 nội dung cần sửa" in printed.output
    assert "- Toàn văn bản: thiếu {{ signer_name }} (họ tên người ký)" in printed.output


def test_the_command_checks_a_file_of_another_name_and_prints_it_with_sample_data(tmp_path: Path) -> None:
    good = edited(tmp_path, lambda d: None)
    renamed, out = tmp_path / "mau-moi.docx", tmp_path / "in-thu.docx"
    good.rename(renamed)
    asked = ["letter", "template", "check", str(renamed), "--as", "request", "--out", str(out)]
    assert CliRunner().invoke(app, asked).exit_code == 0
    assert "Bộ Ngoại giao" in "\n".join(p.text for p in Document(str(out)).paragraphs)
    assert CliRunner().invoke(app, ["letter", "template", "check", str(tmp_path / "no.docx")]).exit_code == 2


def test_the_command_lists_which_files_are_in_use(folder: Path) -> None:
    path = edited(folder, lambda d: None)
    printed = CliRunner().invoke(app, ["letter", "template", "list"]).output
    assert f"{REQUEST}: Công văn đề nghị báo cáo (mẫu đã sửa: {path})" in printed
    assert f"(mẫu gốc: {TEMPLATES / 'letter/urging.docx'})" in printed
    assert "    subject_line: dòng V/v" in printed
