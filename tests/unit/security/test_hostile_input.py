"""Hostile words and files: templates, package parts, names, previews."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from docx import Document
from jinja2.exceptions import SecurityError

from reporting.intake.attachments import received_files, storable_name
from reporting.intake.prose import text_of
from reporting.letters.official import fill_template
from reporting.letters.template_check import strict_environment
from reporting.letters.text import escape
from reporting.settings import settings
from reporting.workbook.container import open_book
from reporting.workbook.package import Refused
from tests.unit.workbook.office import request_workbook

ESCAPES = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ cycle.__init__.__globals__ }}",
    "{{ joined|attr('__class__') }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "{{ '{0.__class__}'.format(1) }}",
)
"""Ways out of a template into Python."""

SENT = "{{ 7 * 7 }}{% for x in y %} ${7*7} #{7*7} <%= 7*7 %>"
"""What a sender may write into a name or a cell."""


@pytest.mark.parametrize("tag", ESCAPES)
def test_no_way_leads_from_an_edited_template_to_python(tag: str) -> None:
    template = strict_environment().from_string(tag)
    try:
        printed = template.render(cycle=Path("x"), joined=["x"])
    except SecurityError:
        return
    assert "class" not in printed
    assert "built-in" not in printed
    assert "<" not in printed


def test_a_word_template_with_a_way_into_python_is_not_filled(tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph("{{ ''.__class__.__mro__[1].__subclasses__() }}")
    path = tmp_path / "edited.docx"
    document.save(str(path))
    with pytest.raises(SecurityError):
        fill_template(path, {}, None)


def test_words_of_a_sender_are_never_a_template(tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph("{{ name }}")
    path = tmp_path / "plain.docx"
    document.save(str(path))
    made = Document(io.BytesIO(fill_template(path, {"name": SENT + "<b>&"}, None)))
    assert made.paragraphs[0].text == SENT + "<b>&"


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/passwd", "C:\\boot.ini", "a/../../b.xlsx",
        "..", ".", "con\x00.xlsx", "x\r\nBcc: y.xlsx", "\u202excod.exe", "~/.ssh/id_rsa",
    ],
)  # fmt: skip
def test_no_name_leaves_its_folder(name: str) -> None:
    kept = storable_name(name)
    assert "/" not in kept
    assert "\\" not in kept
    assert kept not in {".", ".."}
    assert not any(ord(sign) < 32 for sign in kept)
    assert "\u202e" not in kept


def test_members_of_a_zip_leave_no_folder_either() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        for name in ("../../../etc/cron.d/x", "/absolute.xlsx", "..\\up.xlsx", "sub/dir/ok.txt"):
            package.writestr(name, b"data")
    names = [file.filename for file in received_files(None, packed.getvalue(), "x.zip")]
    assert names == ["x.zip", "x", "absolute.xlsx", "up.xlsx", "ok.txt"]


def _with_part(book: bytes, part: str, data: bytes) -> bytes:
    """A copy of a package with one part replaced."""
    copied = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book)) as source,
        zipfile.ZipFile(copied, "w", zipfile.ZIP_DEFLATED) as to,
    ):
        for name in source.namelist():
            to.writestr(name, data if name == part else source.read(name))
    return copied.getvalue()


def _member(package: bytes, part: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(package)) as source:
        return source.read(part)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
SECRET = "KHONG-DUOC-DOC"


def _with_entity(xml: bytes, root: bytes, said: bytes, kind: str, secret: Path) -> bytes:
    """A part of a package in which the words `said` are an entity that its document type declares; `plain`:
    other words, by which it shows that a reader tells what stands there.
    """
    assert said in xml
    if kind == "plain":
        return xml.replace(said, SECRET.encode(), 1)
    declared = {
        "laughs": f'<!ENTITY l0 "{SECRET}">{LAUGHS}<!ENTITY x "&l9;">',
        "external": f'<!ENTITY x SYSTEM "{secret.as_uri()}">',
    }[kind]
    before, found, after = xml.replace(said, b"&x;", 1).partition(b"<" + root)
    return before + f"<!DOCTYPE {root.decode()} [{declared}]>".encode() + found + after


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "bi-mat.txt"
    path.write_text(SECRET)
    return path


def _shown(book: bytes) -> str:
    try:
        return repr([(sheet.name, sheet.rows) for sheet in open_book(book, "x.xlsx").sheets])
    except Refused as refused:
        return repr(refused)


@pytest.mark.parametrize(
    ("part", "root", "said"),
    [
        ("xl/workbook.xml", b"workbook", "Thông tin chung".encode()),
        ("xl/sharedStrings.xml", b"sst", "THÔNG TIN CHUNG".encode()),
    ],
)
@pytest.mark.parametrize("kind", ["plain", "laughs", "external"])
def test_entities_in_a_workbook_are_neither_opened_out_nor_fetched(
    part: str, root: bytes, said: bytes, kind: str, secret_file: Path
) -> None:
    book = request_workbook()
    body = _with_entity(_member(book, part), root, said, kind, secret_file)
    shown = _shown(_with_part(book, part, body))
    assert (SECRET in shown) == (kind == "plain")
    assert len(shown) < 1_000_000


@pytest.mark.parametrize("kind", ["plain", "laughs", "external"])
def test_entities_in_a_document_are_neither_opened_out_nor_fetched(kind: str, secret_file: Path) -> None:
    document = Document()
    document.add_paragraph("chữ thường")
    plain = io.BytesIO()
    document.save(plain)
    part = "word/document.xml"
    words = "chữ thường".encode()
    body = _with_entity(_member(plain.getvalue(), part), b"w:document", words, kind, secret_file)
    said = text_of(_with_part(plain.getvalue(), part, body))
    assert (SECRET in said) == (kind == "plain")
    assert len(said) < 1_000_000


@pytest.mark.parametrize(
    "words",
    ["<script>alert(1)</script>", "[bấm](javascript:alert(1))", "![x](https://theo-doi.example/p.png)",
     "</textarea><img src=x onerror=alert(1)>", "# Đề mục", "| a | b |", "`mã`", "> trích", "- mục"],
)  # fmt: skip
def test_words_of_an_office_show_as_they_are_on_the_approval_page(words: str) -> None:
    from markdown_it import MarkdownIt

    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(escape(words))
    for tag in ("<script", "<a ", "<img", "<h1", "<table", "<code", "<blockquote", "<li", "</textarea"):
        assert tag not in page, page


@pytest.mark.parametrize(
    "address",
    [
        "http://metadata.example/",
        "file:///etc/passwd",
        "host",
        "unix:",
        "a b:3310",
        "host:port",
        "host:3310/x",
    ],
)
def test_the_scanner_is_reached_at_a_socket_alone(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORTING_CLAMAV", address)
    settings.cache_clear()
    with pytest.raises(ValueError, match="REPORTING_CLAMAV"):
        settings()
    settings.cache_clear()
